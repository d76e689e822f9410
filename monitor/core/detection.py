"""Watches the conditions over time: delays, hysteresis, confirmation, inhibition. Answers what is declared now.

What is declared depends on facts and their times alone, so how often it is asked changes nothing. People, and what
they have acknowledged, are no matter here.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from drivers.base.observations import Instant
from drivers.base.vocabulary import Parameter, Priority
from monitor.core.changes import LimitView, Phase
from monitor.core.conditions import CONDITIONS, HIGH, LOW, MEDIUM, TABLE, AlarmCondition, Step
from monitor.core.cuff import Cuff, CuffReading
from monitor.core.devices import SECOND_US
from monitor.core.limits import Key
from monitor.core.situations import SITUATIONS, Present, Situation
from monitor.core.words import RANK, Number, higher, passed

FIRST_READING = {"sbp_high": 200, "dbp_high": 120, "sbp_low": 0}
"""One reading past this, and past the high limit, is high without confirmation (clinical §2.3 lines 6, 7, 9)."""


@dataclass(frozen=True, slots=True)
class Declared:
    """A condition that is so now. ``text`` is empty while its value has left the limit but not cleared."""

    condition: AlarmCondition
    instance: str
    priority: Priority
    text: str
    cause: int
    parameter: Parameter | None = None
    value: Number | None = None
    limit: Number | None = None

    @property
    def key(self) -> str:
        return f"{self.condition.code}.{self.instance}" if self.instance else self.condition.code


def meets(value: Number, limit: LimitView, by: Number = 0) -> bool:
    """Whether a value passes a limit; with ``by``, a limit moved so far inwards."""
    if limit.comparison == "<":
        return value < limit.value + Decimal(by)
    if limit.comparison == "<=":
        return value <= limit.value + Decimal(by)
    if limit.comparison == ">":
        return value > limit.value - Decimal(by)
    return value >= limit.value - Decimal(by)


def _as_number(value: Decimal) -> Number:
    return int(value) if value == value.to_integral_value() else float(value)


@dataclass(slots=True)
class StepWatch:
    """One step of a condition by limit: idle → pending → declared ⇄ clearing."""

    step: Step
    pending_since: Instant | None = None
    cause: int = 0
    declared: bool = False
    clearing_since: Instant | None = None
    held: bool = False

    def look(self, met: bool, clear: bool, at: Instant, seq: int, clear_us: int) -> None:
        """See the value. It counts as met, as clear, or as between the two: then nothing is declared or cleared."""
        self.held = False
        if self.declared:
            self._look_declared(clear, at, clear_us)
        elif not met:
            self.pending_since = None
        else:
            if self.pending_since is None:
                self.pending_since, self.cause = at, seq
            self.declared = at >= self.pending_since + self.step.delay_s * SECOND_US

    def _look_declared(self, clear: bool, at: Instant, clear_us: int) -> None:
        if not clear:
            self.clearing_since = None
        elif self.clearing_since is None:
            self.clearing_since = at
        elif at >= self.clearing_since + clear_us:
            self.reset()

    def hold(self) -> None:
        """The value is missing: nothing is declared, nothing cleared, and what was pending goes on when it returns as bad."""
        self.held = True
        self.clearing_since = None

    def reset(self, declared: bool = False) -> None:
        self.pending_since = self.clearing_since = None
        self.declared, self.held = declared, False

    def next_deadline(self, clear_us: int) -> Instant | None:
        if self.clearing_since is not None:
            return self.clearing_since + clear_us
        if self.declared or self.held or self.pending_since is None:
            return None
        return self.pending_since + self.step.delay_s * SECOND_US


class LimitWatch:
    """A condition of one continuous value against the three steps of its limit."""

    def __init__(self, condition: AlarmCondition) -> None:
        self.condition = condition
        self._clear_us = condition.clear_s * SECOND_US
        self.steps = [StepWatch(step) for step in condition.steps]

    def look(
        self, parameter: Parameter, value: Number | None, limits: Mapping[Key, LimitView], at: Instant, seq: int
    ) -> Declared | None:
        code, by = self.condition.limits[0], self.condition.hysteresis
        for watch in self.steps:
            if value is None:
                watch.hold()
                continue
            limit = limits[code, watch.step.priority]
            # Back by the hysteresis means: at the limit moved inwards, the value no longer passes it.
            watch.look(meets(value, limit), _back(value, limit, by), at, seq, self._clear_us)
        return self._declared(parameter, value, limits)

    def _declared(self, parameter: Parameter, value: Number | None, limits: Mapping[Key, LimitView]) -> Declared | None:
        declared = [watch for watch in self.steps if watch.declared]
        if not declared:
            return None
        watch = declared[-1]
        limit = limits[self.condition.limits[0], watch.step.priority]
        text = (
            passed(parameter, value, limit.comparison, limit.value) if value is not None and meets(value, limit) else ""
        )
        return Declared(
            self.condition, "", watch.step.priority, text, watch.cause, parameter, value, _as_number(limit.value)
        )

    def resume(self, priority: Priority | None) -> None:
        """Begin anew, with what an open alert says was declared."""
        for watch in self.steps:
            watch.reset(priority is not None and RANK[watch.step.priority] <= RANK[priority])

    def next_deadline(self) -> Iterator[Instant]:
        for watch in self.steps:
            due = watch.next_deadline(self._clear_us)
            if due is not None:
                yield due


def _back(value: Number, limit: LimitView, by: int) -> bool:
    if limit.comparison.startswith("<"):
        return value >= limit.value + by
    return value <= limit.value - by


@dataclass(frozen=True, slots=True)
class Evidence:
    """The value of a pressure that counts, and the limit that it passes."""

    limit: LimitView
    value: Number
    note: str = ""

    @property
    def text(self) -> str:
        return passed(self.limit.parameter, self.value, self.limit.comparison, self.limit.value) + self.note


def _pressure(reading: CuffReading, limit: LimitView) -> Number:
    return reading.systolic if limit.parameter is Parameter.NIBP_SYS else reading.diastolic


class CuffWatch:
    """A condition of cuff readings: it counts readings, not seconds, and looks at the last two only."""

    def __init__(self, condition: AlarmCondition) -> None:
        self.condition = condition
        self._declared: dict[Priority, int] = {}
        self._evidence: Evidence | None = None

    def look(self, cuff: Cuff, limits: Mapping[Key, LimitView], repeats: bool, seq: int) -> Declared | None:
        if cuff.last is None:
            return None
        for step in self.condition.steps:
            evidence = self._met(step.priority, cuff, limits, repeats)
            if evidence is not None:
                self._declared.setdefault(step.priority, seq)
            elif self._cleared(step.priority, cuff, limits):
                self._declared.pop(step.priority, None)
        if not self._declared:
            return None
        priority = max(self._declared, key=RANK.__getitem__)
        evidence = self._met(priority, cuff, limits, repeats)
        self._evidence = evidence or self._evidence or self._any(priority, limits)
        value = evidence.value if evidence else _pressure(cuff.last, self._evidence.limit)
        limit, text = self._evidence.limit, evidence.text if evidence else ""
        return Declared(
            self.condition,
            "",
            priority,
            text,
            self._declared[priority],
            limit.parameter,
            value,
            _as_number(limit.value),
        )

    def resume(self, priority: Priority | None) -> None:
        steps = (
            []
            if priority is None
            else [step.priority for step in self.condition.steps if RANK[step.priority] <= RANK[priority]]
        )
        self._declared = {step: self._declared.get(step, 0) for step in steps}
        self._evidence = None

    def wants_repeat(self, cuff: Cuff, limits: Mapping[Key, LimitView]) -> bool:
        """Whether the last reading, taken alone, is medium or high for the first time. Low never is repeated."""
        if cuff.last is None:
            return False
        alone = self._alone(cuff.last, limits)
        before = None if cuff.previous is None else self._alone(cuff.previous, limits)
        return alone is not None and higher(alone, before) is not before

    def _alone(self, reading: CuffReading, limits: Mapping[Key, LimitView]) -> Priority | None:
        passed_limits = (
            priority
            for priority in (HIGH, MEDIUM)
            for code in self.condition.limits
            if meets(_pressure(reading, limits[code, priority]), limits[code, priority])
        )
        return next(passed_limits, None)

    def _met(self, priority: Priority, cuff: Cuff, limits: Mapping[Key, LimitView], repeats: bool) -> Evidence | None:
        return next(
            (
                evidence
                for code in self.condition.limits
                for evidence in self._of(code, priority, cuff, limits, repeats)
            ),
            None,
        )

    def _of(
        self, code: str, priority: Priority, cuff: Cuff, limits: Mapping[Key, LimitView], repeats: bool
    ) -> Iterator[Evidence]:
        """All that speaks for a priority, by one limit: one reading, the mean of two, or one that is beyond waiting."""
        assert cuff.last is not None
        limit, last = limits[code, priority], _pressure(cuff.last, limits[code, priority])
        pair = cuff.pair()
        if priority is LOW and meets(last, limit):
            yield Evidence(limit, last)
        if priority is HIGH and meets(last, limit) and _beyond(code, last):
            yield Evidence(limit, last)
        if priority is not LOW and pair is not None:
            mean = (_pressure(pair[0], limit) + last) / 2
            if meets(mean, limit):
                yield Evidence(limit, mean, ", mean of two")
        if priority is MEDIUM and not repeats and meets(last, limits[code, HIGH]):
            yield Evidence(limits[code, HIGH], last, ", repeat now")

    def _cleared(self, priority: Priority, cuff: Cuff, limits: Mapping[Key, LimitView]) -> bool:
        """Two readings running are back by the hysteresis, in every pressure."""
        if len(cuff.readings) < 2:
            return False
        rows = [limits[code, priority] for code in self.condition.limits]
        return all(
            _back(_pressure(reading, limit), limit, self.condition.hysteresis)
            for limit in rows
            for reading in cuff.readings
        )

    def _any(self, priority: Priority, limits: Mapping[Key, LimitView]) -> Evidence:
        return Evidence(limits[self.condition.limits[0], priority], 0)


def _beyond(code: str, value: Number) -> bool:
    first = FIRST_READING[code]
    return not first or value >= first


@dataclass(slots=True)
class SituationWatch:
    """What is kept of a situation: what set it going, when it first matters, and what an alert from before a gap says was declared."""

    cause: int
    due: Instant | None = None
    kept: tuple[Priority, str] | None = None


@dataclass(slots=True)
class Detection:
    """All conditions of a chair."""

    limits: tuple[LimitWatch, ...] = field(
        default_factory=lambda: tuple(LimitWatch(CONDITIONS[code]) for code in ("spo2_low", "hr_high", "hr_low"))
    )
    cuffs: tuple[CuffWatch, ...] = field(
        default_factory=lambda: tuple(CuffWatch(CONDITIONS[code]) for code in ("nibp_high", "nibp_low"))
    )
    _situations: dict[str, SituationWatch] = field(default_factory=dict)
    _due: list[Instant] = field(default_factory=list)

    def look(self, present: Present, repeats: bool, at: Instant, seq: int) -> dict[str, Declared]:
        """Return all that is declared at ``at``, by key. ``repeats``: a cuff can repeat a reading by itself."""
        self._due = []
        if present.phase is Phase.CLOSED:
            self.resume({})
        covered: set[Parameter] = set()
        found = list(self._look_situations(present, at, seq, covered))
        if present.phase is not Phase.CLOSED:
            found += self._look_limits(present, covered, at, seq)
            found += [
                declared for watch in self.cuffs if (declared := watch.look(present.cuff, present.limits, repeats, seq))
            ]
        return {declared.key: declared for declared in found}

    def wants_repeat(self, present: Present) -> bool:
        return any(watch.wants_repeat(present.cuff, present.limits) for watch in self.cuffs)

    def resume(self, open_alerts: Mapping[str, tuple[Priority, str]]) -> None:
        """Forget running delays; keep as declared what the open alerts (key → priority, text) say was."""
        watches: list[LimitWatch | CuffWatch] = [*self.limits, *self.cuffs]
        for watch in watches:
            kept = open_alerts.get(watch.condition.code)
            watch.resume(kept and kept[0])
        codes = tuple(SITUATIONS)
        self._situations = {
            key: SituationWatch(0, kept=kept) for key, kept in open_alerts.items() if key.split(".")[0] in codes
        }

    def next_deadline(self) -> Instant | None:
        delays = [due for watch in self.limits for due in watch.next_deadline()]
        return min(delays + self._due, default=None)

    def _look_situations(self, present: Present, at: Instant, seq: int, covered: set[Parameter]) -> Iterator[Declared]:
        seen: dict[str, SituationWatch] = {}
        for code, situations in SITUATIONS.items():
            for situation in situations(present, at):
                key = f"{code}.{situation.instance}" if situation.instance else code
                seen[key] = self._watch(key, min((met[1] for met in situation.met), default=None), seq)
                if situation.covers and situation.covers_from <= at:
                    covered |= situation.covers
                self._due += [due for due in (*(met[1] for met in situation.met), situation.covers_from) if due > at]
                yield from self._declare(code, situation, seen[key], at)
        self._situations = seen

    def _watch(self, key: str, due: Instant | None, seq: int) -> SituationWatch:
        """What is kept of it; when its time has moved, the present entry is what set it going."""
        watch = self._situations.get(key) or SituationWatch(seq)
        if watch.due != due:
            watch.due, watch.cause = due, seq
        return watch

    def _declare(self, code: str, situation: Situation, watch: SituationWatch, at: Instant) -> Iterable[Declared]:
        declared = [(priority, text) for priority, due, text in situation.met if due <= at]
        if watch.kept is not None:
            declared.append(watch.kept)
        if not declared:
            return ()
        priority, text = max(declared, key=lambda step: RANK[step[0]])
        return (Declared(CONDITIONS[code], situation.instance, priority, text, watch.cause, situation.parameter),)

    def _look_limits(self, present: Present, covered: set[Parameter], at: Instant, seq: int) -> Iterator[Declared]:
        vitals = present.vitals
        for watch in self.limits:
            if watch.condition.code == "spo2_low":
                sources, parameter, value = {Parameter.SPO2}, Parameter.SPO2, vitals.known(Parameter.SPO2)
            else:
                sources, (parameter, value) = {Parameter.HR, Parameter.PR}, vitals.heart_rate()
            if value is None and sources & vitals.seen <= covered:
                watch.resume(None)
                continue
            declared = watch.look(parameter, value, present.limits, at, seq)
            if declared is not None:
                yield declared


assert {condition.code for condition in TABLE} == {
    *SITUATIONS,
    "spo2_low",
    "hr_high",
    "hr_low",
    "nibp_high",
    "nibp_low",
}
