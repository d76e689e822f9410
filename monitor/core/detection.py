"""Watches all conditions of a chair: answers what is declared now, and what one condition hides of another.

What is declared depends on facts and their times alone, so how often it is asked changes nothing. People, and what
they have acknowledged, are no matter here.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace

from drivers.base.observations import Instant
from drivers.base.vocabulary import Parameter, Priority, Quality
from monitor.core.changes import Phase, Vital
from monitor.core.charting import is_compared
from monitor.core.conditions import CONDITIONS, AlarmCondition, Step
from monitor.core.cuff_watch import CuffWatch
from monitor.core.limit_watch import LimitWatch
from monitor.core.patterns import (
    brain_pressure,
    distress,
    not_recovering,
    over_sedation,
    pressure_symptom,
    pulse_lost,
    trend,
    unattended,
)
from monitor.core.present import Present
from monitor.core.situations import SITUATIONS, Met, Situation
from monitor.core.threshold import Declared
from monitor.core.words import RANK, Number, number
from monitor.errors import ConfigError

BY_LIMIT = ("spo2_low", "hr_high", "hr_low", "hr_rise", "rr_low", "rr_high", "etco2_high", "etco2_low", "hr_apart")
BY_CUFF = ("nibp_high", "nibp_low")

LONGEST_DELAY_S = 120

PATTERNS: Mapping[str, Callable[[Present, Instant], Iterator[Situation]]] = {
    "trend": trend,
    "pulse_lost": pulse_lost,
    "over_sedation": over_sedation,
    "pressure_symptom": pressure_symptom,
    "distress": distress,
    "brain_pressure": brain_pressure,
    "not_recovering": not_recovering,
    "unattended": unattended,
}

SAYS = {"hr_low": ("asystole",), "rr_low": ("apnoea", "apnea")}
"""What a monitor's own alarm says of a condition: high at once (clinical §2.3 lines 4 and 11, §2.7.3)."""


@dataclass(slots=True)
class SituationWatch:
    """What is kept of a situation: what set it going, when it was seen, when it first matters, and what an alert from before a
    gap says of it."""

    seen_at: Instant
    cause: int = 0
    due: Instant | None = None
    kept: tuple[Priority, str] | None = None


def delayed(condition: AlarmCondition, delays: Mapping[str, int]) -> AlarmCondition:
    """Return the condition with the delays of ``delays`` ("spo2_low.medium" → seconds) in the place of its own."""
    steps = tuple(replace(step, delay_s=delays.get(_named(step), step.delay_s)) for step in condition.steps)
    return replace(condition, steps=steps)


def _named(step: Step) -> str:
    """Name a step by its limit, for a condition may hold steps of several: "spo2_fall.medium"."""
    return f"{step.passes[0][0]}.{step.priority}" if step.passes else ""


def check_delays(delays: Mapping[str, int]) -> None:
    """Raise ``ConfigError`` for a delay of a rule that has none to choose, or one that is out of bounds."""
    known = {_named(step) for code in BY_LIMIT for step in CONDITIONS[code].steps if step.passes}
    for name, seconds in delays.items():
        if name not in known:
            raise ConfigError(f"[delays] knows no '{name}'; known are {', '.join(sorted(known))}")
        if isinstance(seconds, bool) or not isinstance(seconds, int) or not 0 <= seconds <= LONGEST_DELAY_S:
            raise ConfigError(f"'{name}' of [delays] must be 0 to {LONGEST_DELAY_S} whole seconds, not {seconds!r}")


class Detection:
    """All conditions of a chair."""

    def __init__(self, delays: Mapping[str, int]) -> None:
        self._limits = [LimitWatch(delayed(CONDITIONS[code], delays)) for code in BY_LIMIT]
        self._cuffs = [CuffWatch(CONDITIONS[code]) for code in BY_CUFF]
        self._situations: dict[str, SituationWatch] = {}
        self._due: list[Instant] = []
        self._found: list[Declared] = []
        self._covered: set[Parameter] = set()
        self._shape = -1
        self._shaded_from: Instant = 0
        self._hides = False

    def look(
        self, present: Present, repeats: bool, at: Instant, seq: int, numbers_only: bool = False
    ) -> dict[str, Declared]:
        """Return all that is declared at ``at``, by key. ``repeats``: the house can have a cuff reading repeated.

        ``numbers_only``: since the last look nothing but continuous values has changed; then situations are looked at only when
        one is due, a value has come or gone, or somebody has charted what values are compared with.
        """
        if not (numbers_only and self._stands(present, at)):
            self._covered.clear()
            self._found = self._look_situations(present, at, seq, self._covered)
            self._shape = present.vitals.shape
        found, covered = list(self._found), self._covered
        if present.phase is Phase.CLOSED:
            self.resume({})
        else:
            found += self._look_limits(present, covered, at, seq)
            baseline = present.baseline
            looked = (watch.look(present.cuff, present.limits, baseline, repeats, seq) for watch in self._cuffs)
            found += [declared for declared in looked if declared is not None]
        return {declared.key: declared for declared in found}

    def _stands(self, present: Present, at: Instant) -> bool:
        """Whether situations are as they were when last looked at."""
        if present.vitals.shape != self._shape or (self._due and min(self._due) <= at):
            return False
        return present.session is None or not is_compared(present.session.charted)

    def wants_repeat(self, present: Present) -> bool:
        """Whether the last cuff reading asks for another soon."""
        return any(watch.wants_repeat(present.cuff, present.limits, present.baseline) for watch in self._cuffs)

    def resume(self, open_alerts: Mapping[str, tuple[Priority, str]]) -> None:
        """Forget running delays; keep as declared what the open alerts (key → priority, text) say was."""
        watches: list[LimitWatch | CuffWatch] = [*self._limits, *self._cuffs]
        for watch in watches:
            kept = open_alerts.get(watch.condition.code)
            watch.resume(None if kept is None else kept[0])
        self._shape = -1
        self._situations = {key: SituationWatch(0, kept=kept) for key, kept in open_alerts.items()}

    def next_deadline(self) -> Instant | None:
        delays = [due for watch in self._limits for due in watch.deadlines()]
        return min(delays + self._due, default=None)

    def _look_situations(self, present: Present, at: Instant, seq: int, covered: set[Parameter]) -> list[Declared]:
        found, seen = [], {}
        self._due = [due for due in present.shade[1:] if due > at]
        for code, situations in (*SITUATIONS.items(), *PATTERNS.items()):
            for situation in situations(present, at):
                key = f"{code}.{situation.instance}" if situation.instance else code
                watch = seen[key] = self._watch(key, situation, at, seq)
                met = _from_when_seen(situation, watch.seen_at)
                self._due += [due for due in (*(step[1] for step in met), situation.covers_from) if due > at]
                if situation.covers and situation.covers_from <= at:
                    covered |= situation.covers
                found += _declared(code, situation, met, watch, at)
        self._situations = seen
        return found

    def _watch(self, key: str, situation: Situation, at: Instant, seq: int) -> SituationWatch:
        """What is kept of it; when its time has moved, the present entry is what set it going."""
        watch = self._situations.get(key) or SituationWatch(at)
        due = situation.met[0][1] if situation.met else None
        if watch.due != due:
            watch.due, watch.cause = due, seq
        return watch

    def _look_limits(self, present: Present, covered: set[Parameter], at: Instant, seq: int) -> Iterator[Declared]:
        hides = self._hides_pulse(present, at)
        found = _values(present, hides)
        for watch in self._limits:
            code = watch.condition.code
            parameter, value = found[_OF.get(code, "rate")]
            if value is None and _unknowable(code, present, covered):
                watch.resume(None)
                continue
            declared = watch.look(parameter, value, present.limits, present.baseline, at, seq)
            said = _said(code, present) if code in SAYS else ""
            if said:
                yield Declared(watch.condition, "", Priority.HIGH, said, seq, parameter, value)
            elif declared is not None:
                yield _told_apart(declared, present) if code == "hr_apart" else declared

    def _hides_pulse(self, present: Present, at: Instant) -> bool:
        """Whether a cuff on the probe's arm hides its values now: never a fall that began before it (clinical §2.7.13)."""
        began, until = present.shade
        if began != self._shaded_from:
            self._shaded_from = began
            self._hides = not any(watch.stirred for watch in self._limits if watch.condition.code == "spo2_low")
        return self._hides and began <= at < until


WATCHED = frozenset(
    {
        Parameter.SPO2,
        Parameter.HR,
        Parameter.PR,
        Parameter.RR,
        Parameter.ETCO2,
        Parameter.NIBP_SYS,
    }
)
"""The parameters that conditions look at."""

_OF = {
    "spo2_low": "spo2",
    "rr_low": "rr",
    "rr_high": "rr",
    "etco2_high": "etco2",
    "etco2_low": "etco2",
    "hr_apart": "apart",
}
_RATE = frozenset({Parameter.HR, Parameter.PR})
_SOURCES = {
    "spo2": frozenset({Parameter.SPO2}),
    "rr": frozenset({Parameter.RR}),
    "etco2": frozenset({Parameter.ETCO2}),
}
"""What each condition by limit looks at, else the heart rate; and where that may come from."""


def _values(present: Present, hides: bool) -> dict[str, tuple[Parameter, Number | None]]:
    """What there is to look at now: each value and where it comes from."""
    known = present.vitals.known
    source, rate = present.vitals.heart_rate()
    return {
        "spo2": (Parameter.SPO2, None if hides else known(Parameter.SPO2)),
        "rate": (source, None if hides and source is Parameter.PR else rate),
        "rr": (Parameter.RR, known(Parameter.RR)),
        "etco2": (Parameter.ETCO2, known(Parameter.ETCO2)),
        "apart": (Parameter.HR, None if hides else _apart(present)),
    }


def _unknowable(code: str, present: Present, covered: set[Parameter]) -> bool:
    """Whether every source of the value is known to be gone; two rates are compared only while both are there."""
    if code == "hr_apart":
        return not _RATE.isdisjoint(covered)
    return _SOURCES.get(_OF.get(code, "rate"), _RATE) & present.vitals.seen <= covered


def _apart(present: Present) -> Number | None:
    """How far heart rate and pulse are apart, both clean; over 100 /min in shares of it, so that 15 is 15 %."""
    vitals = present.vitals
    heart, pulse = vitals.known(Parameter.HR), vitals.known(Parameter.PR)
    if heart is None or pulse is None or not all(_is_clean(vitals.values[parameter]) for parameter in _RATE):
        return None
    return abs(heart - pulse) * min(1.0, 100 / heart)


_MADE_UP = frozenset({Quality.DEMO, Quality.TEST})


def _is_clean(vital: Vital) -> bool:
    return not vital.quality or _MADE_UP.issuperset(vital.quality)


def _told_apart(declared: Declared, present: Present) -> Declared:
    heart, pulse = present.vitals.known(Parameter.HR), present.vitals.known(Parameter.PR)
    text = "HR and PR disagreed"
    if heart is not None and pulse is not None:
        text = f"HR {number(heart)} and PR {number(pulse)} disagree"
    return replace(declared, text=text, parameter=None, value=None, limit=None)


def _said(code: str, present: Present) -> str:
    """What an alarm of a device says of a condition."""
    for line in present.lines.values():
        for alarm in line.alarms.values():
            if alarm.physiological and any(word in alarm.text.lower() for word in SAYS[code]):
                return f"{line.label} says: {alarm.text}"
    return ""


def _from_when_seen(situation: Situation, seen_at: Instant) -> tuple[Met, ...]:
    if not situation.from_when_seen:
        return situation.met
    return tuple((priority, seen_at + delay, text) for priority, delay, text in situation.met)


def _declared(
    code: str, situation: Situation, met: tuple[Met, ...], watch: SituationWatch, at: Instant
) -> list[Declared]:
    declared = [(priority, text) for priority, due, text in met if due <= at]
    if watch.kept is not None:
        declared.append(watch.kept)
    if not declared:
        return []
    priority, text = max(declared, key=lambda step: RANK[step[0]])
    return [Declared(CONDITIONS[code], situation.instance, priority, text, watch.cause, situation.parameter)]
