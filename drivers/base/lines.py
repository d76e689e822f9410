"""Lines of text that bear no checksum: bytes cut into lines, and what it takes before a line is believed.

Knows no protocol. Three parts: ``LineDecoder`` cuts and counts, ``Agreement`` holds a number back until a neighbouring
line bears it out, ``Words`` takes a state for begun or ended when two lines on end say so.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import ClassVar

from drivers.base.decoder import Decoder
from drivers.base.framing import STRANGE_BYTES, Intake
from drivers.base.observations import DeviceAlarm, Instant, Numeric, Observation, Reading
from drivers.base.statuses import Statuses
from drivers.base.vocabulary import FaultKind, Parameter, Priority, Quality, StatusCode

PAUSE_US = 800_000
"""Within a line there is never such a silence."""
ALONE_US = 1_500_000
"""After such a silence a recording's only line is told, as one that nothing bears out."""
WITNESSES = 3
"""So many lines before may bear a number out: enough for one that wavers by 1 or 2."""
STEPS = 10
"""So many steps from line to line tell how restless a number is."""


class LineDecoder(Decoder):
    """Cuts a stream at LF and gives each line to ``line``, which must be written.

    A line that is none is searched for a good one behind its spoiled beginning, from each place that ``begins`` fits.
    More than ``longest`` bytes without LF are thrown away from the front, so that a good line behind them is kept.
    ``stranger`` is the sentence for bytes of which so many on end hold no line; ``affects`` what they make unknowable.
    """

    longest: ClassVar[int]
    begins: ClassVar[re.Pattern[bytes]]
    stranger: ClassVar[str]
    affects: ClassVar[tuple[Parameter, ...]]

    def __init__(self) -> None:
        self.statuses = Statuses()
        self._intake = Intake()
        self._deadline: Instant | None = None
        self._alone_at: Instant | None = None
        self._may_be_alone = True

    def only_line(self) -> list[Observation]:
        """Return what is waiting of the only line there was; nothing when there were none or more."""
        return []

    def line(self, text: bytes, at: Instant) -> list[Observation] | None:
        """Return what a line without its end says; None when it is damaged or no line at all."""
        raise NotImplementedError

    def feed(self, data: bytes, at: Instant) -> list[Observation]:
        """See ``Decoder.feed``. The empty lines that some devices send are passed over."""
        if not data:
            return []
        said: list[Observation] = []
        self._intake.held += data
        while self._go_on(at, said):
            pass
        self._deadline = at + PAUSE_US if self._intake.held or self._intake.discarded else None
        self._alone_at = at + ALONE_US if self._may_be_alone and self.only_line() else None
        return said

    def opened(self, at: Instant) -> list[Observation]:
        """A line opened anew begins with nothing held; nothing is sent."""
        self._intake = Intake()
        self._deadline = self._alone_at = None
        self._may_be_alone = False
        return []

    def next_deadline(self) -> Instant | None:
        return min((due for due in (self._deadline, self._alone_at) if due is not None), default=None)

    def wake(self, at: Instant) -> list[Observation]:
        """The line fell silent within a text line: what is held will never be whole. Or a recording has ended."""
        said: list[Observation] = []
        if self._deadline is not None and at >= self._deadline:
            self._deadline = None
            if self._intake.held:
                self._discard(len(self._intake.held), FaultKind.SHORT, at, said)
            said += self._intake.told(at)
        if self._alone_at is not None and at >= self._alone_at:
            self._alone_at, self._may_be_alone = None, False
            said += self.only_line()
        return said

    def recognised(self, at: Instant, sentence: str) -> list[Observation]:
        """A line of this device came: it is no stranger, or no longer."""
        return [*self.statuses.set(at, StatusCode.NOT_THIS_DEVICE, False, sentence, self.affects)]

    def _go_on(self, at: Instant, said: list[Observation]) -> bool:
        held = self._intake.held
        end = held.find(b"\n") + 1
        excess = (end or len(held)) - self.longest
        if excess > 0:
            self._discard(excess, FaultKind.OVERRUN, at, said)
        elif end:
            self._take_line(end, at, said)
        return bool(excess > 0 or end)

    def _take_line(self, end: int, at: Instant, said: list[Observation]) -> None:
        held = self._intake.held
        text = bytes(held[:end]).rstrip(b"\r\n")
        if not text.strip():
            del held[:end]
            return
        for start in (0, *(found.start() for found in self.begins.finditer(text) if found.start())):
            understood = self.line(text[start:], at)
            if understood is not None:
                if start:
                    self._discard(start, FaultKind.SYNC, at, said)
                said += self._intake.told(at)
                self._intake.take(end - start)
                said += understood
                return
        self._discard(end, FaultKind.SYNC, at, said)
        said += self._intake.told(at)

    def _discard(self, count: int, kind: FaultKind, at: Instant, said: list[Observation]) -> None:
        intake = self._intake
        intake.discard(count, kind)
        if intake.discarded >= STRANGE_BYTES:
            said += intake.told(at)
        if intake.strange >= max(STRANGE_BYTES, self.longest):
            said += self.statuses.set(at, StatusCode.NOT_THIS_DEVICE, True, self.stranger, self.affects)


class Agreement:
    """Holds numbers back until a neighbouring line bears them out, for a changed digit leaves a line as good as before.

    A number is said at once when one of the three lines before had the same, and one line late, with its own time, when it
    lies between those before and after it (a fall is not silenced because it is steep), or no farther from the nearer
    of them than this number has lately moved from line to line: one that changes with every line is shown like any
    other. What is left is the lone outlier, and a number's first moves after a calm time; they are never said.
    A missing value is said at once, for it can only be too careful, and vouches for nothing.
    Across a silence of more than ``gap_us`` nothing counts on.
    """

    __slots__ = ("_at", "_gap_us", "_lines", "_seen", "_waiting")

    def __init__(self, gap_us: int) -> None:
        self._gap_us = gap_us
        self._at: Instant = 0
        self._lines = 0
        self._seen: dict[Parameter, tuple[int | float, ...]] = {}
        self._waiting: Reading | None = None

    def forget(self) -> None:
        """Something was lost: the lines before cannot vouch for the next one."""
        self._seen, self._waiting = {}, None

    def alone(self) -> list[Observation]:
        """Return the numbers of the only line there was, marked as unconfirmed."""
        if self._lines != 1 or self._waiting is None or not self._waiting.numerics:
            return []
        marked = (replace(one, quality=(*one.quality, Quality.UNCONFIRMED)) for one in self._waiting.numerics)
        return [replace(self._waiting, numerics=tuple(marked))]

    def readings(self, line: Reading) -> list[Observation]:
        """Return what may be said now that ``line`` has come: numbers of the line before it, then its own."""
        self._lines += 1
        if line.at - self._at > self._gap_us:
            self.forget()
        self._at = line.at
        waiting = self._waiting
        held = {} if waiting is None else {numeric.parameter: numeric for numeric in waiting.numerics}
        seen: dict[Parameter, tuple[int | float, ...]] = {}
        late: list[Numeric] = []
        said: list[Numeric] = []
        unsaid: list[Numeric] = []
        for numeric in line.numerics:
            name, value = numeric.parameter, numeric.value
            if value is None:
                said.append(numeric)
                continue
            before = self._seen.get(name, ())
            seen[name] = (*before[-STEPS - 1 :], value)
            if name in held and value != before[-1] and _bears_out(before, value):
                late.append(held[name])
            (said if value in before[-WITNESSES:] else unsaid).append(numeric)
        self._seen, self._waiting = seen, replace(line, numerics=tuple(unsaid))
        found: list[Observation] = []
        if late and waiting is not None:
            found.append(replace(waiting, numerics=tuple(late)))
        if said:
            found.append(replace(line, numerics=tuple(said)))
        return found


def _bears_out(before: tuple[float, ...], after: float) -> bool:
    """Whether the number that came last is borne out by those before it and the one ``after`` it."""
    *earlier, last = before
    if not earlier:
        return False
    if earlier[-1] < last < after or earlier[-1] > last > after:
        return True
    return min(abs(last - earlier[-1]), abs(last - after)) <= _usual_step(earlier)


def _usual_step(numbers: Sequence[float]) -> float:
    """How far a number lately moved from line to line: the third greatest of its steps, for one outlier makes two."""
    steps = sorted((abs(one - other) for one, other in pairwise(numbers)), reverse=True)
    return 1.5 * steps[min(2, len(steps) - 1)] if steps else 0.0


@dataclass(frozen=True, slots=True)
class Word:
    """What a status word of a device means: its sentence, the state it is or (``alarm``) the device's alarm.

    ``missing``: under it a number, however healthy it looks, is none. ``doubts``: under it a number stands, so marked.
    """

    text: str
    status: StatusCode | None = None
    missing: Quality | None = None
    doubts: tuple[Quality, ...] = ()
    alarm: Priority | None = None
    physiological: bool = False


class Words:
    """The status words of a device as its lines bear them. One is on, or off again, when two lines on end say so."""

    __slots__ = ("_affects", "_before", "_meaning", "_statuses", "on")

    def __init__(self, statuses: Statuses, meaning: Callable[[str], Word], affects: tuple[Parameter, ...]) -> None:
        self.on: frozenset[str] = frozenset()
        self._before: frozenset[str] = frozenset()
        self._statuses, self._meaning, self._affects = statuses, meaning, affects

    def take(self, at: Instant, now: frozenset[str]) -> list[Observation]:
        """Take the words of a line; return the states and alarms that have begun or ended with it."""
        on = (self.on | now & self._before) & (now | self._before)
        changed, self.on, self._before = on ^ self.on, on, now
        words = {name: self._meaning(name) for name in sorted(changed)}
        said: list[Observation] = []
        for code in dict.fromkeys(word.status for word in words.values() if word.status):
            said += self._state(at, code)
        for name, word in words.items():
            if word.alarm:
                said.append(DeviceAlarm(at, name, name in on, word.alarm, word.physiological, word.text))
        return said

    def missing(self, now: frozenset[str]) -> Quality | None:
        """Why numbers of a line with these words are none, or None. One line is enough for that."""
        found = (self._meaning(name).missing for name in sorted(now))
        return next((why for why in found if why), None)

    def doubts(self, now: frozenset[str]) -> tuple[Quality, ...]:
        """How numbers of a line with these words are marked; a doubt lasts until two lines are without it."""
        return tuple(dict.fromkeys(doubt for name in sorted(now | self.on) for doubt in self._meaning(name).doubts))

    def says(self, code: StatusCode, now: frozenset[str]) -> bool:
        """Whether one of these words means this state."""
        return any(self._meaning(name).status is code for name in now)

    def _state(self, at: Instant, code: StatusCode) -> list[Observation]:
        """Several words may mean one state: their sentences stand side by side."""
        words = [word for word in map(self._meaning, sorted(self.on)) if word.status is code]
        before = self._statuses[code]
        text = "; ".join(word.text for word in words) or (before.text if before else "")
        affects = self._affects if any(word.missing for word in words) else ()
        return [*self._statuses.set(at, code, bool(words), text, affects)]
