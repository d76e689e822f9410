"""ProtoCentral HealthyPi v3, v4 and v5: the "OpenView" stream of ECG, respiration, pleth, SpO₂, HR, RR and temperature.

Development boards, not cleared monitors. Follows the maker's firmware (see ``_healthypi_wire``). Nothing is sent. Frames have
neither checksum nor escaping: after a loss two good ones on end are wanted, and a number counts when five bear it
(``_healthypi_numbers``). Bytes 17 and 18 of v3 and v4 are no blood pressure.
"""

from struct import Struct

from drivers import _healthypi_wire
from drivers._healthypi_numbers import Frame, Numbers
from drivers._healthypi_wire import (
    BIOZ_FRESH,
    BIOZ_SKIPPED,
    BP_CONSTANT,
    BP_CONSTANT_V4,
    DATA,
    ECG_LEAD_OFF,
    FRAMES_PER_S,
    HEAD_SIZE,
    HEADER,
    HEADER_LINE,
    LINE,
    LOFF_STAT,
    PROBE_OPEN,
    SPLIT_ECG,
    SPLIT_PPG,
    SPO2_WRAPPED,
    STOP,
    V5_LENGTH,
    frame_size,
)
from drivers.base.curve import Curve
from drivers.base.decoder import Decoder, Driver
from drivers.base.framing import STRANGE_BYTES, Intake
from drivers.base.observations import Instant, Observation
from drivers.base.statuses import Statuses
from drivers.base.vocabulary import FaultKind, Parameter, StatusCode, WaveformName

__all__ = [
    "BIOZ_FRESH",
    "BIOZ_SKIPPED",
    "BP_CONSTANT",
    "BP_CONSTANT_V4",
    "DATA",
    "DRIVER",
    "ECG_LEAD_OFF",
    "FRAMES_PER_S",
    "HEADER",
    "HEADER_LINE",
    "LINE",
    "LOFF_STAT",
    "PROBE_OPEN",
    "SPLIT_ECG",
    "SPLIT_PPG",
    "SPO2_WRAPPED",
    "STOP",
    "WIRE",
    "HealthyPiDecoder",
]

WIRE = tuple(name for name in __all__ if name in vars(_healthypi_wire))

PAUSE_US = 500_000  # within a frame there is never such a silence
UNSYNCED_US = 2_000_000  # after such a silence two good frames on end are wanted again
BYTE_US = 87
BOOT_TEXT = 1000  # bytes: v4 tells of its start in text before the stream begins
LONGEST = 80  # bytes, more than any frame
SPLIT_FRAMES = 50  # of other types on end, before it is told that no data will come
HELD_SAMPLES = 8  # a BioZ sample that is not fresh is drawn again so often at most

PPG_SHIFT, V5_SHIFT = 6, 2  # 22-bit counts, and the v5's 18-bit ones, made to fit 16 bits

PARAMETERS = (Parameter.SPO2, Parameter.HR, Parameter.RR, Parameter.TEMPERATURE)

_V4 = Struct("<hhiihBBBBBB")  # ECG, respiration, IR, red, temperature, RR, SpO2, HR, bytes 17, 18, 19
_V5 = Struct("<iiBiihBBB")  # ECG, BioZ, its flag, red, IR, temperature, SpO2, HR, RR


class HealthyPiDecoder(Decoder):
    """One board's stream: out of step it searches, in step it takes frame after frame."""

    def __init__(self) -> None:
        self._intake = Intake()
        self._statuses = Statuses()
        self._numbers = Numbers(self._statuses)
        self._ecg = Curve(WaveformName.ECG_II, FRAMES_PER_S)
        self._resp = Curve(WaveformName.RESP, FRAMES_PER_S)
        self._pleth = Curve(WaveformName.PLETH, FRAMES_PER_S)
        self._in_step = False
        self._length = 0  # of the payloads before
        self._others = 0
        self._bioz: int | None = None
        self._held_samples = 0
        self._fed_at: Instant | None = None
        self._deadline: Instant | None = None

    def feed(self, data: bytes, at: Instant) -> list[Observation]:
        """See ``Decoder.feed``. Each data frame is a sample of three curves; numbers come about once a second."""
        if not data:
            return []
        said: list[Observation] = []
        if self._fed_at is not None and at - len(data) * BYTE_US - self._fed_at > UNSYNCED_US:
            said += self._lose_step(at)
        self._fed_at = at
        self._intake.held += data
        self._go_on(at, said)
        self._deadline = at + PAUSE_US if self._intake.held or self._intake.discarded else None
        return said

    def opened(self, at: Instant) -> list[Observation]:
        """A line opened anew begins out of step, perhaps with another board; nothing is sent."""
        self._intake = Intake()
        self._deadline = self._fed_at = None
        self._numbers = Numbers(self._statuses)
        return self._lose_step(at)

    def next_deadline(self) -> Instant | None:
        return self._deadline

    def wake(self, at: Instant) -> list[Observation]:
        """The line fell silent with bytes held: they will be no frame."""
        if self._deadline is None or at < self._deadline:
            return []
        self._deadline = None
        said: list[Observation] = []
        while self._intake.held:
            self._intake.discard(1, FaultKind.SHORT)
            said += self._lose_step(at)
            self._go_on(at, said)
        return said + self._intake.told(at)

    def _go_on(self, at: Instant, said: list[Observation]) -> None:
        held = self._intake.held
        while held:
            size = frame_size(held)
            if size and not self._in_step:
                following = frame_size(held[size : size + LONGEST])
                if following:
                    self._find_step(at, said)
                size = size if following else following
            if size is None:
                break
            if size:
                self._frame(self._intake.take(size), at, said)
            else:
                self._miss(at, said)
        for curve in (self._ecg, self._resp, self._pleth):
            said += curve.chunk(at)

    def _miss(self, at: Instant, said: list[Observation]) -> None:
        """No frame begins here: on to the next byte where one may."""
        said += self._lose_step(at)
        place = self._intake.held.find(HEADER[0], 1)
        count = min(place if place > 0 else len(self._intake.held), STRANGE_BYTES)
        self._intake.discard(count, FaultKind.SYNC)
        if self._intake.discarded >= STRANGE_BYTES:
            said += self._intake.told(at)
        if self._intake.strange >= BOOT_TEXT:
            text = "these bytes are not a HealthyPi stream; check the board, its mode switch and the speed"
            said += self._statuses.set(at, StatusCode.NOT_THIS_DEVICE, True, text, PARAMETERS)

    def _find_step(self, at: Instant, said: list[Observation]) -> None:
        self._in_step = True
        said += self._intake.told(at)

    def _lose_step(self, at: Instant) -> list[Observation]:
        if not self._in_step:
            return []
        self._in_step = False
        return self._break_off(at)

    def _break_off(self, at: Instant) -> list[Observation]:
        """Frames were lost, nobody knows how many."""
        self._numbers.forget()
        self._bioz = None
        return [piece for curve in (self._ecg, self._resp, self._pleth) for piece in curve.restart(at)]

    # -- frames

    def _frame(self, frame: bytes, at: Instant, said: list[Observation]) -> None:
        if frame[4] != DATA:
            self._other(at, said)
            return
        text = "HealthyPi is understood again"
        said += self._statuses.set(at, StatusCode.NOT_THIS_DEVICE, False, text, PARAMETERS)
        self._others = 0
        if frame[2] != self._length:
            said += self._break_off(at)
            self._length = frame[2]
        if self._length == V5_LENGTH:
            ecg, numbers = self._take_v5(frame, at, said)
        else:
            ecg, numbers = self._take_v4(frame)
        said += self._numbers.take(numbers, ecg, at)

    def _other(self, at: Instant, said: list[Observation]) -> None:
        """Frames of other types are passed over; nothing but such is a format that is not read."""
        self._others += 1
        if self._others < SPLIT_FRAMES:
            return
        text = "this HealthyPi sends its split format (OV3), which Vigil does not read; set it to OpenView"
        said += self._statuses.set(at, StatusCode.FORMAT, True, "HealthyPi v5 split format (OV3)", detail="ov3")
        said += self._statuses.set(at, StatusCode.NOT_THIS_DEVICE, True, text, PARAMETERS)

    def _take_v4(self, frame: bytes) -> tuple[int, Frame]:
        """v3 and v4: the same layout, other meanings of bytes 17 to 19."""
        ecg, resp, infrared, _, temperature, rr, spo2, hr, first, second, status = _V4.unpack_from(frame, HEAD_SIZE)
        self._ecg.add(ecg)
        self._resp.add(resp)
        self._pleth.add(_fitted(-infrared, PPG_SHIFT))
        return ecg, Frame(spo2, hr, rr, temperature, status, (first, second))

    def _take_v5(self, frame: bytes, at: Instant, said: list[Observation]) -> tuple[int, Frame]:
        ecg, bioz, skipped, _, infrared, temperature, spo2, hr, rr = _V5.unpack_from(frame, HEAD_SIZE)
        self._ecg.add(_fitted(ecg, V5_SHIFT))
        self._pleth.add(_fitted(-infrared, PPG_SHIFT))
        self._add_bioz(bioz, skipped == BIOZ_FRESH, at, said)
        return ecg, Frame(spo2, hr, rr, temperature)

    def _add_bioz(self, value: int, fresh: bool, at: Instant, said: list[Observation]) -> None:
        """BioZ comes slower than frames: a sample stands until the next, though not for long."""
        self._held_samples = 0 if fresh else self._held_samples + 1
        if fresh:
            self._bioz = _fitted(value, V5_SHIFT)
        if self._bioz is not None and self._held_samples <= HELD_SAMPLES:
            self._resp.add(self._bioz)
        elif self._bioz is not None:
            self._bioz = None
            said += self._resp.restart(at)


def _fitted(value: int, shift: int) -> int:
    """A sample made to fit 16 bits; one that does not is damaged, or at the end of its scale."""
    return max(-32768, min(32767, value >> shift))


DRIVER = Driver(
    name="healthypi",
    title="ProtoCentral HealthyPi v3, v4, v5 (development boards)",
    line=LINE,
    parameters=PARAMETERS,
    waveforms=(WaveformName.ECG_II, WaveformName.RESP, WaveformName.PLETH),
    commands=(),
    decoder=HealthyPiDecoder,
    other_lines=(HEADER_LINE,),
    harmless_to_open=True,
)
