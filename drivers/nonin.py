"""Nonin pulse oximeters: serial data formats 2, 7 and 8, told apart by the stream.

Follows the "Onyx II Model 9560 Bluetooth OEM specification" (6470-000-01, 2008) and the OEM III/Xpod sheets.
The format is found, never asked for: an oximeter keeps its format, so nothing is ever sent. Formats 1 and 13 are not
decoded here; their bytes count as not understood.

How a number earns its place. The checksums are weak (format 8 has none), so a number is said only when two frames of
format 8, or two whole packets of 25 good frames, agree. A missing value is said at once: it can only be too careful.
"""

from collections.abc import Callable
from dataclasses import dataclass

from drivers.base.decoder import Decoder, Driver, Line
from drivers.base.framing import STRANGE_BYTES, Intake
from drivers.base.observations import Instant, Numeric, Observation, Reading, WaveformChunk
from drivers.base.statuses import Statuses
from drivers.base.vocabulary import FaultKind, Parameter, Quality, StatusCode, WaveformName

LINE = Line(baud=9600)

# STATUS byte of formats 2 and 7
SNSD = 0x40  # sensor unplugged or faulty (reserved on the 9560)
ARTF = 0x20  # this pulse is artefact
OOT = 0x10  # out of track: a run of bad pulses
SNSA = 0x08  # sensor alarm: the finger is out
RPRF = 0x04  # red perfusion: low or no pulse signal; with GPRF yellow: marginal
GPRF = 0x02  # green perfusion: good pulse signal
SYNC = 0x01  # first frame of a packet

# FLOAT bytes of a packet, counted from 1
FRAMES_PER_PACKET = 25
HR_MSB, HR_LSB, SPO2, STAT2 = 1, 2, 3, 8
LOW_BAT = 0x01  # in STAT2, and in byte 4 of format 8

# Format 8, byte 1; byte 4 has SNSA and LOW_BAT at the same bits as above
OOT_8, LPRF_8, MPRF_8, ARTF_8 = 0x20, 0x10, 0x08, 0x04

HR_MISSING = 511
SPO2_MISSING = 127
FRAMES_PER_S = 75

STX, ETX, ACK, NAK = 0x02, 0x03, 0x06, 0x15
SELECT_FORMAT, CLOCK = 0x70, 0x72  # operations of host commands
REPLY = 0x80  # added to the operation in a reply

WIRE = (
    *("LINE", "SNSD", "ARTF", "OOT", "SNSA", "RPRF", "GPRF", "SYNC", "FRAMES_PER_PACKET", "LOW_BAT", "FRAMES_PER_S"),
    *("OOT_8", "LPRF_8", "MPRF_8", "ARTF_8", "HR_MISSING", "SPO2_MISSING"),
    *("STX", "ETX", "ACK", "NAK", "SELECT_FORMAT", "CLOCK", "REPLY"),
)

PAUSE_US = 500_000  # within a frame or packet there is never such a silence; between frames of format 8 always
GIVE_UP_US = 1_900_000  # a lone frame of format 8 would have been followed by another by now
BYTE_US = 1042
LINK_LOST_US = {"2": 1_000_000, "7": 1_000_000, "8": 3_000_000}  # project's sheet, section 8.7

PR_RANGE = range(18, 322)
SPO2_RANGE = range(101)
SLACK = {Parameter.SPO2: 3, Parameter.PR: 5}  # two packets "agree within a few units"

SENSOR = (Parameter.SPO2, Parameter.PR)


@dataclass(frozen=True, slots=True)
class Format:
    """How frames look. ``fits`` tells of a frame, whole or only begun, whether it is good as far as it goes.

    ``needed`` frames on end put a decoder in step.
    """

    name: str
    title: str
    size: int
    needed: int
    fits: Callable[[bytes | bytearray], bool]

    def in_step(self, held: bytearray) -> bool | None:
        """Whether ``held`` begins with as many good frames as it takes; None when that needs more bytes."""
        for start in range(0, self.size * self.needed, self.size):
            frame = held[start : start + self.size]
            if not self.fits(frame):
                return False
            if len(frame) < self.size:
                return None
        return True

    def bursts(self, held: bytearray) -> int:
        """How many good frames ``held`` is made of, and of nothing else; 0 otherwise."""
        count, rest = divmod(len(held), self.size)
        frames = (held[start : start + self.size] for start in range(0, len(held), self.size))
        return count if not rest and all(self.fits(frame) for frame in frames) else 0


def _fits_2(frame: bytes | bytearray) -> bool:
    if len(frame) == 5:
        good = frame[0] == 0x01 and frame[1] >= 0x80
        return good and (frame[0] + frame[1] + frame[2] + frame[3]) & 0xFF == frame[4]
    return not frame or (frame[0] == 0x01 and (len(frame) < 2 or frame[1] >= 0x80))


def _fits_7(frame: bytes | bytearray) -> bool:
    if len(frame) == 5:
        return frame[0] >= 0x80 and (frame[0] + frame[1] + frame[2] + frame[3]) & 0xFF == frame[4]
    return not frame or frame[0] >= 0x80


def _fits_8(frame: bytes | bytearray) -> bool:
    return not frame or (frame[0] >= 0x80 and all(byte < 0x80 for byte in frame[1:]))


DF2 = Format("2", "data format 2", size=5, needed=3, fits=_fits_2)
DF7 = Format("7", "data format 7", size=5, needed=5, fits=_fits_7)
# No checksum: eight on end, or (with silence around, see ``NoninDecoder.wake``) fewer.
DF8 = Format("8", "data format 8", size=4, needed=8, fits=_fits_8)


class Numbers:
    """Turns what packets hold into readings, and holds a number back until the next packet agrees."""

    __slots__ = ("_before",)

    def __init__(self) -> None:
        self._before: dict[Parameter, int] = {}

    def forget(self) -> None:
        """The packet before cannot vouch for the next one: something was lost between them."""
        self._before = {}

    def reading(self, at: Instant, numbers: dict[Parameter, int], quality: tuple[Quality, ...]) -> list[Observation]:
        """The reading of a packet; what cannot be said yet is left out."""
        before, self._before = self._before, {}
        blanked = quality[0] if quality and quality[0] in BLANKING else None
        said = []
        for name, value in numbers.items():
            why = blanked or _missing(name, value)
            if why is not None:
                said.append(Numeric(name, None, (why,)))
                continue
            self._before[name] = value
            if name in before and abs(value - before[name]) <= SLACK[name]:
                said.append(Numeric(name, value, quality))
        return [Reading(at, tuple(said))] if said else []


BLANKING = (Quality.NO_SENSOR, Quality.SENSOR_OFF, Quality.OUT_OF_TRACK)
"""Under these a number, however healthy it looks, is none."""


def _missing(name: Parameter, value: int) -> Quality | None:
    """Why ``value`` is no number, or None. What lies outside the sheet's ranges is undefined there."""
    if value == (HR_MISSING if name is Parameter.PR else SPO2_MISSING):
        return Quality.SEARCHING
    return None if value in (PR_RANGE if name is Parameter.PR else SPO2_RANGE) else Quality.INVALID


class Pleth:
    """Gathers the samples of one feed into chunks that have no hole."""

    __slots__ = ("_first", "_index", "_offset", "_run", "_samples")

    def __init__(self) -> None:
        self._run = self._index = self._first = self._offset = 0
        self._samples: list[int] = []

    def add(self, sample: int) -> None:
        self._samples.append(sample)
        self._index += 1

    def chunk(self, at: Instant) -> list[Observation]:
        """What was gathered, its last sample received at ``at``."""
        samples, first = tuple(self._samples), self._first
        self._first = self._index
        if not samples:
            return []
        self._samples.clear()
        start = at - (len(samples) - 1) * 1_000_000 // FRAMES_PER_S
        return [WaveformChunk(WaveformName.PLETH, start, FRAMES_PER_S, self._run, first, samples, offset=self._offset)]

    def skip(self, at: Instant, count: int) -> list[Observation]:
        """``count`` samples were lost."""
        said = self.chunk(at)
        self._index = self._first = self._index + count
        return said

    def restart(self, at: Instant, offset: int | None = None) -> list[Observation]:
        """Nobody knows how many samples were lost: a new run."""
        said = self.chunk(at)
        if self._index:
            self._run += 1
        self._index = self._first = 0
        self._offset = self._offset if offset is None else offset
        return said


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
        self._statuses = Statuses()
        self._colour = 0
        self._flags = self._last_flags = 0
        self._frame = 0  # number of the last frame in its packet; 0 until the next SYNC
        self._packet = bytearray(FRAMES_PER_PACKET + 1)
        self._packet_flags = 0

    def feed(self, data: bytes, at: Instant) -> list[Observation]:
        """See ``Decoder.feed``. A frame of formats 2 and 7 is a pleth sample; every 25th may bring a reading."""
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

        Silence is what tells format 8 (a burst a second) without a checksum: two bursts and nothing else do, or three
        after bytes that were not understood or a format with checksums, whose remnants may look alike.
        """
        if self._deadline is None or at < self._deadline:
            return []
        self._deadline = None
        said: list[Observation] = []
        held = self._intake.held
        if self._format is not None and held:
            said += self._lose_step(at)
            self._go_on(at, said)
        bursts = DF8.bursts(held)
        if self._format is None and bursts >= (3 if self._had_checksums or self._intake.strange else 2):
            self._find_step(DF8, at, said)
            self._go_on(at, said)
        elif bursts and self._fed_at is not None and at < self._fed_at + GIVE_UP_US:
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
            elif self._format is DF8:
                more = self._take_8(at, said)
            else:
                more = self._take_frame(self._format, at, said)
            if not more:
                break
        said += self._pleth.chunk(at)

    # -- out of step

    def _search(self, at: Instant, said: list[Observation]) -> bool:
        held = self._intake.held
        undecided = False
        for format_ in (DF2, DF7, DF8):
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
            text = "these bytes are not Nonin data format 2, 7 or 8; check the device, its format and 9600 8N1"
            said += self._statuses.set(at, StatusCode.NOT_THIS_DEVICE, True, text, SENSOR)
        return True

    def _find_step(self, format_: Format, at: Instant, said: list[Observation]) -> None:
        said += self._intake.told(at)
        said += self._statuses.set(at, StatusCode.NOT_THIS_DEVICE, False, "Nonin data is understood again", SENSOR)
        said += self._statuses.set(at, StatusCode.FORMAT, True, f"Nonin {format_.title}", detail=format_.name)
        said += self._pleth.restart(at, offset=32768 if format_ is DF7 else 0)
        self._format = format_
        self._intake.strange = 0
        self._had_checksums |= format_ is not DF8

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
        quality = _quality(flags & SNSD, flags & SNSA, flags & OOT, flags & ARTF, self._colour)
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
        size = _answer_size(held)
        if size > len(held):
            return False
        if size == 1 or (size and held[size - 1] == ETX):
            self._intake.take(size)
            return True
        said += self._lose_step(at)
        return True

    # -- in step with format 8

    def _take_8(self, at: Instant, said: list[Observation]) -> bool:
        held = self._intake.held
        frame = held[: DF8.size]
        if DF8.fits(frame):
            if len(frame) == DF8.size:
                self._intake.take(DF8.size)
                self._frame_8(frame, at, said)
            return len(frame) == DF8.size
        return self._skip_answer(at, said)

    def _frame_8(self, frame: bytearray, at: Instant, said: list[Observation]) -> None:
        """The numbers are display versions: for 10 s after the finger is out they look healthy, SNSA alone tells."""
        first, last = frame[0], frame[3]
        flags = last & SNSA
        flags |= OOT if first & OOT_8 else 0
        flags |= ARTF if first & ARTF_8 else 0
        flags |= RPRF if first & LPRF_8 else RPRF | GPRF if first & MPRF_8 else GPRF
        if flags != self._flags:
            self._flags = flags
            self._status_changed(flags, at, said)
        numbers = {Parameter.SPO2: frame[2], Parameter.PR: (first & 0x03) << 7 | frame[1]}
        quality = _quality(0, flags & SNSA, flags & OOT, flags & ARTF, self._colour)
        said += self._numbers.reading(at, numbers, quality)
        said += self._low_battery(at, last)

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


def _answer_size(held: bytearray) -> int:
    """Length, as far as it can be told, of the answer that begins here; 0 when none does."""
    if held[0] in (ACK, NAK):
        return 1
    if held[0] != STX or (len(held) > 1 and held[1] < REPLY):
        return 0
    return held[2] + 4 if len(held) > 2 else 3


def _quality(no_sensor: int, off: int, out_of_track: int, artefact: int, colour: int) -> tuple[Quality, ...]:
    """The words for a packet; one that blanks its numbers stands alone."""
    if no_sensor or off or out_of_track:
        return (Quality.NO_SENSOR if no_sensor else Quality.SENSOR_OFF if off else Quality.OUT_OF_TRACK,)
    perfusion = {RPRF: (Quality.LOW_PERFUSION,), RPRF | GPRF: (Quality.MARGINAL_PERFUSION,)}.get(colour, ())
    return (Quality.ARTEFACT, *perfusion) if artefact else perfusion


DRIVER = Driver(
    name="nonin",
    title="Nonin pulse oximeter (data formats 2, 7, 8)",
    line=LINE,
    parameters=(Parameter.SPO2, Parameter.PR),
    waveforms=(WaveformName.PLETH,),
    commands=(),
    decoder=NoninDecoder,
)
