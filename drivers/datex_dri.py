"""GE / Datex-Ohmeda patient monitors over the S/5 Computer Interface (Datex-Ohmeda Record Interface, DRI).

AS/3, CS/3, S/5, Cardiocap/5, B20 to B125 and CARESCAPE Bx50. Follows the "S/5 Computer Interface Specification"
M1017617 (12th ed., 2020) and the "S/5 DRI Specification" 8005313 (12th ed.). Reads displayed values, curves and alarms; the
interface can neither start the cuff nor set anything. The parts: ``_datex_frames`` (line), ``_datex_neighbours`` (what may
be believed), ``_datex_numerics``, ``_datex_nibp``, ``_datex_words``, ``_datex_waves``, ``_datex_alarms`` (meaning),
``_datex_conversation`` (what is sent).
"""

from collections import deque

from drivers._datex_alarms import Alarms
from drivers._datex_conversation import Conversation
from drivers._datex_frames import LONGEST, FrameReader, Record
from drivers._datex_neighbours import Displayed, Neighbours, displayed
from drivers._datex_nibp import CUFF, Cuff
from drivers._datex_numerics import CONTINUOUS, Numerics
from drivers._datex_waves import WAVEFORMS, Waves
from drivers._datex_wire import (
    CANCEL,
    CARESCAPE_LEVEL,
    FAST_LINE,
    LEAST_INTERVAL_S,
    LINE,
    SINGLE_SHOT,
    AlarmCommand,
    Arrhythmia,
    BreathSource,
    Class,
    Co2Status,
    Colour,
    EcgStatus,
    GasStatus,
    GroupStatus,
    Lead,
    MainType,
    NibpLabel,
    PressureStatus,
    RateSource,
    Silence,
    Special,
    Svo2Status,
    Values,
    Wanted,
    Wave,
    WaveCommand,
    WaveStatus,
)
from drivers._datex_words import Words
from drivers.base.decoder import Decoder, Driver
from drivers.base.observations import Instant, LinkFault, Observation
from drivers.base.statuses import Statuses
from drivers.base.vocabulary import StatusCode

__all__ = [
    "CANCEL",
    "CARESCAPE_LEVEL",
    "FAST_LINE",
    "LEAST_INTERVAL_S",
    "LINE",
    "SINGLE_SHOT",
    "AlarmCommand",
    "Arrhythmia",
    "BreathSource",
    "Class",
    "Co2Status",
    "Colour",
    "EcgStatus",
    "GasStatus",
    "GroupStatus",
    "Lead",
    "MainType",
    "NibpLabel",
    "PressureStatus",
    "RateSource",
    "Silence",
    "Special",
    "Svo2Status",
    "Values",
    "Wanted",
    "Wave",
    "WaveCommand",
    "WaveStatus",
]
WIRE = tuple(__all__)
"""What the simulator may know of the driver."""

FRAME_PATIENCE = 1_000_000
"""µs after the last byte when a record whose rest does not come is given up."""
ALONE = 1_500_000
"""µs after which a recording's only record is told although no neighbour confirms it."""
ECHO_PATIENCE = 5_000_000
"""µs without a word of a monitor after which one's own words are taken for a looped line."""
DISTURBED, MINUTE = 5, 60_000_000
"""So many rejected segments in a minute are a disturbed line."""

_LEVELS = {2: "'95", 3: "'97", 4: "'98", 5: "'99", 6: "'01", 7: "'02", 8: "'03", 9: "'05", 10: "'09", 11: "'15"}


class DatexDecoder(Decoder):
    """One monitor on one line. Records are decoded whoever asked for them."""

    def __init__(self) -> None:
        self._statuses = Statuses()
        self._conversation = Conversation(self._statuses)
        self._numerics = Numerics(self._statuses)
        self._cuff = Cuff(self._statuses)
        self._words, self._alarms, self._waves = Words(), Alarms(), Waves()
        self._unit: tuple[int, int] | None = None
        self._alone: tuple[Displayed, Instant] | None = None
        self._monitor_heard_at: Instant | None = None
        self._begin(0)

    def feed(self, data: bytes, at: Instant) -> list[Observation]:
        """Take bytes in any chunking."""
        self._last_byte_at = at
        said: list[Observation] = []
        for found in self._reader.feed(data, at):
            if isinstance(found, LinkFault):
                said.append(found)
                said += self._disturbed(at)
            else:
                said += self._understand(found, at)
        return said

    def opened(self, at: Instant) -> list[Observation]:
        """Ask for displayed values and curves."""
        self._begin(at)
        self._conversation.open(at)
        return []

    def closing(self, at: Instant) -> None:
        """Ask for nothing any more."""
        self._conversation.close()

    def bytes_to_send(self) -> bytes:
        """Requests."""
        return self._conversation.bytes_to_send()

    def next_deadline(self) -> Instant | None:
        """The earliest of: a request to repeat, a record given up, one that stays alone, a line that is quiet again."""
        deadlines = [self._conversation.next_deadline(), self._frame_deadline(), self._quiet_deadline()]
        deadlines += [self._alone[1] + ALONE] if self._alone else []
        return min((deadline for deadline in deadlines if deadline is not None), default=None)

    def wake(self, at: Instant) -> list[Observation]:
        """Do what is due."""
        said: list[Observation] = []
        deadline = self._frame_deadline()
        if deadline is not None and deadline <= at:
            said += self._reader.give_up(at)
        if self._alone and self._alone[1] + ALONE <= at:
            record, self._alone = self._alone[0], None
            said += self._numerics.alone(record, at) + self._cuff.alone(record, at)
        quiet = self._quiet_deadline()
        if quiet is not None and quiet <= at:
            self._faults.popleft()
            said += self._tell_disturbed(at)
        was_answering = self._statuses[StatusCode.NOT_ANSWERING] is None
        said += self._conversation.wake(at)
        if was_answering and self._statuses[StatusCode.NOT_ANSWERING] is not None:
            said += self._lost(at)
        return said

    def _begin(self, at: Instant) -> None:
        self._reader = FrameReader()
        self._unit = self._monitor_heard_at = None
        self._good = 2
        self._rejected = 0
        self._faults: deque[Instant] = deque(maxlen=DISTURBED)
        self._last_byte_at = at
        self._forget()

    def _forget(self) -> None:
        """Another monitor, or the line begins anew."""
        self._neighbours = Neighbours()
        self._is_first = True
        self._alone = None
        self._numerics.forget()
        self._cuff.forget()
        self._waves.forget()

    def _lost(self, at: Instant) -> list[Observation]:
        """Nothing comes any more: what the monitor said of itself is not known."""
        self._neighbours = Neighbours()
        self._waves.interrupt()
        return [*self._words.forget(at), *self._alarms.forget(at), *self._cuff.lost(at)]

    def _frame_deadline(self) -> Instant | None:
        return self._last_byte_at + FRAME_PATIENCE if self._reader.is_unfinished else None

    def _quiet_deadline(self) -> Instant | None:
        return self._faults[0] + MINUTE if self._faults else None

    def _disturbed(self, at: Instant) -> list[Observation]:
        """Bytes were thrown away: curves have a gap, and numbers wait until two records on end are good."""
        self._waves.interrupt()
        if self._reader.rejected != self._rejected:
            self._rejected = self._reader.rejected
            self._good = 0
            self._alone = None
            self._faults.append(at)
        return self._tell_disturbed(at)

    def _tell_disturbed(self, at: Instant) -> list[Observation]:
        if self._monitor_heard_at is None:
            is_other = self._reader.strange > LONGEST
            text = "These bytes are no S/5 monitor's: check the device, 19200 baud, even parity"
            return [*self._statuses.set(at, StatusCode.NOT_THIS_DEVICE, is_other, text)] if is_other else []
        many = len(self._faults) == DISTURBED and self._faults[0] + MINUTE > at
        text = "Line disturbed: check cable and parity" if many else "Line is undisturbed again"
        return [*self._statuses.set(at, StatusCode.DEVICE_FAULT, many, text)]

    def _understand(self, record: Record, at: Instant) -> list[Observation]:
        if record.is_request:
            return self._own_echo(at)
        self._monitor_heard_at = at
        self._good += 1
        said: list[Observation] = []
        said += self._statuses.set(at, StatusCode.NOT_THIS_DEVICE, False, "The monitor is understood")
        said += self._identify(at)
        said += self._conversation.heard(record, at)
        if record.kind == MainType.PHYSIOLOGICAL:
            said += self._physiological(record, at)
        elif record.kind == MainType.WAVEFORM:
            said += self._waves.take(record, at)
        elif record.kind == MainType.ALARM:
            said += self._alarms.take(record, at)
        return said

    def _own_echo(self, at: Instant) -> list[Observation]:
        """Only a host says this: the line is looped, or a recording holds both sides."""
        if self._monitor_heard_at is not None and at - self._monitor_heard_at < ECHO_PATIENCE:
            return []
        text = "No monitor on this line: only what is sent comes back (looped adapter?)"
        return [*self._statuses.set(at, StatusCode.NOT_THIS_DEVICE, True, text)]

    def _identify(self, at: Instant) -> list[Observation]:
        """Say which monitor this is, once two records told it; another one begins anew."""
        if self._reader.unit == self._unit or self._reader.unit is None:
            return []
        if self._unit is not None:
            self._forget()
        self._unit = level, plug = self._reader.unit
        text = f"GE / Datex-Ohmeda monitor, interface level {level} ({_LEVELS.get(level, 'unknown')})"
        detail = f"plug id {plug}" if plug else None  # 0 tells no unit from another
        return [*self._statuses.set(at, StatusCode.IDENTITY, True, text, detail=detail)]

    def _physiological(self, record: Record, at: Instant) -> list[Observation]:
        values = displayed(record)
        if values is None:
            is_trend = any(type_ in (Values.TREND_10_S, Values.TREND_60_S) for type_, _ in record.parts)
            text = "The monitor sends trend values: averages, not shown here"
            return [*self._statuses.set(at, StatusCode.FORMAT, True, text)] if is_trend else []
        doubtful = self._neighbours.restless(values)
        is_first, self._is_first = self._is_first, False
        if self._good < 2:
            return self._numerics.take_missing(values, at)
        said = self._cuff.take(values, at, self._conversation.is_open)
        if is_first:
            self._waves.describe(values)
        if doubtful is None:
            self._alone = (values, at) if is_first and not self._conversation.is_open else None
            return said + self._numerics.take_missing(values, at)
        if self._alone:  # the second record confirms the first
            first, self._alone = self._alone, None
            said = [*self._numerics.take(first[0], frozenset(), first[1]), *said]
        self._waves.describe(values)
        return [*said, *self._words.take(values, at), *self._numerics.take(values, doubtful, at)]


DRIVER = Driver(
    name="datex_dri",
    title="GE / Datex-Ohmeda S/5 and CARESCAPE monitors (Computer Interface)",
    line=LINE,
    parameters=(*CONTINUOUS, *CUFF),
    waveforms=WAVEFORMS,
    commands=(),
    decoder=DatexDecoder,
    silent_after_s=7.0,
    other_lines=(FAST_LINE,),
    harmless_to_open=True,
    numbered=True,
)
