"""Exemplar 1, a pulse oximeter that nobody makes: four frames a second, nothing is ever sent to it.

A frame, 7 bytes: ``A5 5A``, status, SpO2 (%), pulse rate (/min), and the CRC-16/CCITT (start FFFF) of these five, high byte first.
Status bit 0: the finger is out; the two numbers are then those of the last moment, not live ones. FF: no number.
"""

from binascii import crc_hqx

from drivers.base.decoder import Decoder, Driver, Line
from drivers.base.framing import STRANGE_BYTES, Intake
from drivers.base.observations import Instant, Numeric, Observation, Reading
from drivers.base.statuses import Statuses
from drivers.base.vocabulary import FaultKind, Parameter, Quality, StatusCode

LINE = Line(baud=9600)
HEAD = b"\xa5\x5a"
SIZE = 7
FINGER_OUT = 0x01
MISSING = 0xFF
FRAMES_PER_S = 4

WIRE = ("LINE", "HEAD", "FINGER_OUT", "MISSING", "FRAMES_PER_S")
"""What the simulator may know of the driver; layout and checksum it writes by itself."""

VALUES = (Parameter.SPO2, Parameter.PR)


class ExemplarDecoder(Decoder):
    """Takes frames off the front of the line; what begins none is thrown away byte by byte, and told."""

    def __init__(self) -> None:
        self._intake = Intake()
        self._statuses = Statuses()

    def feed(self, data: bytes, at: Instant) -> list[Observation]:
        said: list[Observation] = []
        held = self._intake.held
        held += data
        while held:
            if not HEAD.startswith(bytes(held[:2])):
                self._discard(FaultKind.SYNC, at, said)
            elif len(held) < SIZE:
                break
            elif crc_hqx(held[:5], 0xFFFF) != int.from_bytes(held[5:7], "big"):
                self._discard(FaultKind.CHECKSUM, at, said)
            else:
                said += self._intake.told(at)
                said += self._frame(self._intake.take(SIZE), at)
        return said

    def _discard(self, kind: FaultKind, at: Instant, said: list[Observation]) -> None:
        self._intake.discard(1, kind)
        if self._intake.discarded >= STRANGE_BYTES:
            said += self._intake.told(at)
        if self._intake.strange >= STRANGE_BYTES:
            text = "these bytes are not an Exemplar's; check the device and 9600 8N1"
            said += self._statuses.set(at, StatusCode.NOT_THIS_DEVICE, True, text, VALUES)

    def _frame(self, frame: bytes, at: Instant) -> list[Observation]:
        off = bool(frame[2] & FINGER_OUT)
        said: list[Observation] = []
        said += self._statuses.set(at, StatusCode.NOT_THIS_DEVICE, False, "the Exemplar is understood again", VALUES)
        said += self._statuses.set(at, StatusCode.SENSOR_OFF, off, "SpO₂ sensor off the finger", VALUES)
        numerics = tuple(_numeric(name, value, off) for name, value in zip(VALUES, frame[3:5], strict=True))
        return [*said, Reading(at, numerics)]


def _numeric(name: Parameter, value: int, off: bool) -> Numeric:
    """The status wins over the number: a finger that is out leaves the old one standing."""
    if off:
        return Numeric(name, None, (Quality.SENSOR_OFF,))
    return Numeric(name, None, (Quality.SEARCHING,)) if value == MISSING else Numeric(name, value)


DRIVER = Driver(
    name="exemplar",
    title="Exemplar 1 pulse oximeter (made up)",
    line=LINE,
    parameters=VALUES,
    waveforms=(),
    commands=(),
    decoder=ExemplarDecoder,
)
