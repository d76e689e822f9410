"""Nonin pulse oximeters: serial data formats 2, 7, 8, 13 and 1, told apart by the stream.

Follows the "Onyx II Model 9560 Bluetooth OEM specification" (6470-000-01, 2008) and the OEM III/Xpod sheets.
The format is found, never asked for: an oximeter keeps its format, so nothing is ever sent. The parts:
``_nonin_formats`` (what frames look like), ``_nonin_numbers`` (what they are worth), ``_nonin_spot`` (format 13).

How a number earns its place. The checksums are weak (formats 8 and 1 have none), so a live number is said only when two
frames of format 8 or 1, or two whole packets of 25 good frames, agree. A missing value is said at once: it can only be too careful.
"""

from drivers._nonin_formats import DF2, DF7, DF8, LIVE, Format, answer_size
from drivers._nonin_numbers import Numbers, Pleth, quality_of
from drivers._nonin_spot import SpotChecks, low_battery_bits, message_size
from drivers._nonin_wire import (
    ACK,
    ARTF,
    ARTF_8,
    CENTURY_13,
    CLOCK,
    ETX,
    FRAMES_PER_PACKET,
    FRAMES_PER_S,
    GPRF,
    HR_LSB,
    HR_MISSING,
    HR_MSB,
    LINE,
    LOW_BAT,
    LOW_BAT_13,
    LPRF_8,
    MEM_13,
    MPRF_8,
    NAK,
    NOMS_13,
    OOT,
    OOT_8,
    PACKET_13,
    REPLY,
    RPRF,
    SELECT_FORMAT,
    SNSA,
    SNSD,
    SNSD_1,
    SPA_13,
    SPO2,
    SPO2_MISSING,
    STAT2,
    STX,
    SYNC,
)
from drivers.base.decoder import Decoder, Driver
from drivers.base.framing import STRANGE_BYTES, Intake
from drivers.base.observations import Instant, Observation
from drivers.base.statuses import Statuses
from drivers.base.vocabulary import FaultKind, Parameter, Quality, StatusCode, WaveformName

__all__ = [
    "ACK",
    "ARTF",
    "ARTF_8",
    "CENTURY_13",
    "CLOCK",
    "ETX",
    "FRAMES_PER_PACKET",
    "FRAMES_PER_S",
    "GPRF",
    "HR_MISSING",
    "LINE",
    "LOW_BAT",
    "LOW_BAT_13",
    "LPRF_8",
    "MEM_13",
    "MPRF_8",
    "NAK",
    "NOMS_13",
    "OOT",
    "OOT_8",
    "PACKET_13",
    "REPLY",
    "RPRF",
    "SELECT_FORMAT",
    "SNSA",
    "SNSD",
    "SNSD_1",
    "SPA_13",
    "SPO2_MISSING",
    "STX",
    "SYNC",
]
WIRE = tuple(__all__)
"""What the simulator may know of the driver."""

PAUSE_US = 500_000  # within a frame or packet there is never such a silence; between frames of formats 8 and 1 always
GIVE_UP_US = 1_900_000  # a lone frame of format 8 or 1 would have been followed by another by now
BYTE_US = 1042
LINK_LOST_US = {"2": 1_000_000, "7": 1_000_000, "8": 3_000_000, "1": 3_000_000}  # project's sheet, section 8.7

SENSOR = (Parameter.SPO2, Parameter.PR)


class NoninDecoder(Decoder):
    """One oximeter's stream: out of step it searches, in step it takes frame after frame."""

    def __init__(self) -> None:
        self._intake = Intake()
        self._format: Format | None = None
        self._had_checksums = False
        self._fed_at: Instant | None = None
        self._deadline: Instant | None = None
        self._numbers = Numbers()
        self._pleth = Pleth()
        self._spot_checks = SpotChecks()
        self._statuses = Statuses()
        self._colour = 0
        self._flags = self._last_flags = 0
        self._frame = 0  # number of the last frame in its packet; 0 until the next SYNC
        self._packet = bytearray(FRAMES_PER_PACKET + 1)
        self._packet_flags = 0

    def feed(self, data: bytes, at: Instant) -> list[Observation]:
        """See ``Decoder.feed``. A frame of formats 2 and 7 is a pleth sample; every 25th may bring a reading.

        A message of format 13 brings a reading marked as ``spot``, at the time it came.
        """
        if not data:
            return []
        said = self._after_silence(at - len(data) * BYTE_US)
        self._fed_at = at
        self._intake.held += data
        self._go_on(at, said)
        self._deadline = at + PAUSE_US if self._intake.held or self._intake.discarded else None
        return said

    def opened(self, at: Instant) -> list[Observation]:
        """A line opened anew begins out of step; nothing is sent."""
        self._intake = Intake()
        self._deadline = self._fed_at = None
        return self._lose_step(at)

    def next_deadline(self) -> Instant | None:
        return self._deadline

    def wake(self, at: Instant) -> list[Observation]:
        """The line fell silent with bytes held.

        Silence is what tells formats 8 and 1 (a burst a second) without a checksum: two bursts (format 1: three) and nothing
        else do, or one more after bytes that were not understood or a format with checksums, whose remnants may look alike.
        """
        if self._deadline is None or at < self._deadline:
            return []
        self._deadline = None
        said: list[Observation] = []
        held = self._intake.held
        if self._format is not None and held:
            said += self._lose_step(at)
            self._go_on(at, said)
        slow = next((one for one in LIVE if one.bursts_needed and one.bursts(held)), None)
        doubt = bool(self._had_checksums or self._intake.strange)
        if self._format is None and slow is not None and slow.bursts(held) >= slow.bursts_needed + doubt:
            self._find_step(slow, at, said)
            self._go_on(at, said)
        elif slow is not None and self._fed_at is not None and at < self._fed_at + GIVE_UP_US:
            self._deadline = self._fed_at + GIVE_UP_US
        else:
            self._intake.discard(len(held), FaultKind.SHORT)
        return said + self._intake.told(at)

    def _after_silence(self, at: Instant) -> list[Observation]:
        """The link was lost for a while before ``at``: nothing counts on across it."""
        if self._format is None or self._fed_at is None or at - self._fed_at <= LINK_LOST_US[self._format.name]:
            return []
        self._numbers.forget()
        self._frame = 0
        return self._pleth.restart(at)

    def _go_on(self, at: Instant, said: list[Observation]) -> None:
        held = self._intake.held
        while held:
            if self._format is None:
                more = self._search(at, said)
            elif self._format.bursts_needed:
                more = self._take_slow(self._format, at, said)
            else:
                more = self._take_frame(self._format, at, said)
            if not more:
                break
        said += self._pleth.chunk(at)

    # -- out of step

    def _search(self, at: Instant, said: list[Observation]) -> bool:
        held = self._intake.held
        size = message_size(held)
        if size:
            self._take_spot_check(self._intake.take(size), at, said)
            return True
        undecided = size is None
        for format_ in LIVE:
            verdict = format_.in_step(held)
            if verdict:
                self._find_step(format_, at, said)
                return True
            undecided |= verdict is None
        if undecided:
            return False
        self._intake.discard(1, FaultKind.SYNC)
        if self._intake.discarded >= STRANGE_BYTES:
            said += self._intake.told(at)
        if self._intake.strange >= STRANGE_BYTES:
            text = "these bytes are not Nonin data format 1, 2, 7, 8 or 13; check the device, its format and 9600 8N1"
            said += self._statuses.set(at, StatusCode.NOT_THIS_DEVICE, True, text, SENSOR)
        return True

    def _find_step(self, format_: Format, at: Instant, said: list[Observation]) -> None:
        self._understood(format_.name, format_.title, at, said)
        said += self._pleth.restart(at, offset=32768 if format_ is DF7 else 0)
        self._format = format_
        self._intake.strange = 0
        self._had_checksums |= not format_.bursts_needed

    def _understood(self, name: str, title: str, at: Instant, said: list[Observation]) -> None:
        said += self._intake.told(at)
        said += self._statuses.set(at, StatusCode.NOT_THIS_DEVICE, False, "Nonin data is understood again", SENSOR)
        said += self._statuses.set(at, StatusCode.FORMAT, True, f"Nonin {title}", detail=name)

    def _take_spot_check(self, message: bytes, at: Instant, said: list[Observation]) -> None:
        """A finished measurement; what a live format said of the sensor before it no longer holds."""
        self._understood("13", "data format 13: spot checks, nothing live", at, said)
        self._had_checksums = True
        self._flags = self._last_flags = 0
        self._status_changed(0, at, said)
        said += self._spot_checks.reading(message, at)
        said += self._low_battery(at, low_battery_bits(message))

    def _lose_step(self, at: Instant) -> list[Observation]:
        self._format = None
        self._frame = 0
        self._numbers.forget()
        return self._pleth.restart(at)

    # -- in step with format 2 or 7

    def _take_frame(self, format_: Format, at: Instant, said: list[Observation]) -> bool:
        held = self._intake.held
        if len(held) < 5:
            return False
        frame = held[:5]
        if not format_.fits(frame):
            return self._mend(format_, at, said)
        self._intake.take(5)
        if format_ is DF2:
            status = frame[1]
            self._pleth.add(frame[2])
        else:
            status = frame[0]
            self._pleth.add((frame[1] << 8 | frame[2]) - 32768)
        flags = status & ~SYNC
        if flags != self._flags and flags == self._last_flags:
            self._flags = flags
            self._status_changed(flags, at, said)
        self._last_flags = flags
        self._number(status, frame[3], at, said)
        return True

    def _number(self, status: int, float_: int, at: Instant, said: list[Observation]) -> None:
        """Give the frame its number in the packet; only a packet that begins with SYNC and has no hole brings numbers."""
        if status & SYNC:
            if self._frame != FRAMES_PER_PACKET:
                self._numbers.forget()
            self._frame = 1
            self._packet_flags = status
        elif self._frame in (0, FRAMES_PER_PACKET):
            self._frame = 0
            return
        else:
            self._frame += 1
            self._packet_flags |= status
        self._packet[self._frame] = float_
        if self._frame == FRAMES_PER_PACKET:
            self._packet_ended(at, said)

    def _packet_ended(self, at: Instant, said: list[Observation]) -> None:
        packet, flags = self._packet, self._packet_flags
        numbers = {
            Parameter.SPO2: packet[SPO2] & 0x7F,
            Parameter.PR: (packet[HR_MSB] & 0x03) << 7 | packet[HR_LSB] & 0x7F,
        }
        quality = quality_of(flags & SNSD, flags & SNSA, flags & OOT, flags & ARTF, self._colour)
        said += self._numbers.reading(at, numbers, quality)
        said += self._low_battery(at, packet[STAT2])

    def _mend(self, format_: Format, at: Instant, said: list[Observation]) -> bool:
        """The next five bytes are no frame: one bad frame, an answer to some host's command, or the step is lost."""
        held = self._intake.held
        if len(held) < 10:
            return False
        if format_.fits(held[5:10]):
            self._frame = 0
            said += self._pleth.skip(at, 1)
            self._intake.discard(5, FaultKind.CHECKSUM)
            said += self._intake.told(at)
            return True
        return self._skip_answer(at, said)

    def _skip_answer(self, at: Instant, said: list[Observation]) -> bool:
        """An answer to a host's command (someone else's: we send none) is passed over; else the step is lost."""
        held = self._intake.held
        size = answer_size(held)
        if size > len(held):
            return False
        if size == 1 or (size and held[size - 1] == ETX):
            self._intake.take(size)
            return True
        said += self._lose_step(at)
        return True

    # -- in step with format 8 or 1

    def _take_slow(self, format_: Format, at: Instant, said: list[Observation]) -> bool:
        held = self._intake.held
        frame = held[: format_.size]
        if not format_.fits(frame):
            return self._skip_answer(at, said)
        if len(frame) < format_.size:
            return False
        self._intake.take(format_.size)
        if format_ is DF8:
            self._frame_slow(frame, frame[3] & SNSA, (), at, said)
            said += self._low_battery(at, frame[3])
        else:
            self._frame_slow(frame, frame[0] & SNSD_1, (Quality.QUESTIONABLE,), at, said)
        return True

    def _frame_slow(
        self, frame: bytearray, off: int, doubt: tuple[Quality, ...], at: Instant, said: list[Observation]
    ) -> None:
        """The numbers are display versions: for 10 s after the finger is out they look healthy.

        In format 8 SNSA alone tells; format 1 has nothing that does, so its numbers are never more than questionable.
        """
        first = frame[0]
        flags = off
        flags |= OOT if first & OOT_8 else 0
        flags |= ARTF if first & ARTF_8 else 0
        flags |= RPRF if first & LPRF_8 else RPRF | GPRF if first & MPRF_8 else GPRF
        if flags != self._flags:
            self._flags = flags
            self._status_changed(flags, at, said)
        numbers = {Parameter.SPO2: frame[2], Parameter.PR: (first & 0x03) << 7 | frame[1]}
        quality = quality_of(flags & SNSD, flags & SNSA, flags & OOT, flags & ARTF, self._colour)
        said += self._numbers.reading(at, numbers, (*quality, *doubt))

    # -- states

    def _status_changed(self, flags: int, at: Instant, said: list[Observation]) -> None:
        """Perfusion bits are lit around a beat only, so the last colour stands until another comes or the finger goes."""
        off = flags & (SNSA | SNSD)
        self._colour = 0 if off else flags & (RPRF | GPRF) or self._colour
        states = (
            (StatusCode.NO_SENSOR, flags & SNSD, "SpO₂ sensor unplugged or faulty", SENSOR),
            (StatusCode.SENSOR_OFF, flags & SNSA, "SpO₂ sensor off the finger", SENSOR),
            (StatusCode.OUT_OF_TRACK, flags & OOT, "SpO₂ out of track: too many bad pulses", SENSOR),
            (StatusCode.ARTEFACT, flags & ARTF, "SpO₂ pulse is artefact", ()),
            (StatusCode.LOW_PERFUSION, self._colour == RPRF, "SpO₂ low or no pulse signal", ()),
        )
        for code, on, text, affects in states:
            said += self._statuses.set(at, code, bool(on), text, affects)

    def _low_battery(self, at: Instant, bits: int) -> list[Observation]:
        return [*self._statuses.set(at, StatusCode.LOW_BATTERY, bool(bits & LOW_BAT), "oximeter battery low")]


DRIVER = Driver(
    name="nonin",
    title="Nonin pulse oximeter (data formats 1, 2, 7, 8, 13)",
    line=LINE,
    parameters=(Parameter.SPO2, Parameter.PR),
    waveforms=(WaveformName.PLETH,),
    commands=(),
    decoder=NoninDecoder,
)
