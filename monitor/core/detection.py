"""Watches all conditions of a chair: answers what is declared now, and what one condition hides of another.

What is declared depends on facts and their times alone, so how often it is asked changes nothing. People, and what
they have acknowledged, are no matter here.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from drivers.base.observations import Instant
from drivers.base.vocabulary import Parameter, Priority
from monitor.core.changes import Phase
from monitor.core.conditions import CONDITIONS
from monitor.core.cuff_watch import CuffWatch
from monitor.core.limit_watch import LimitWatch
from monitor.core.present import Present
from monitor.core.situations import SITUATIONS, Situation
from monitor.core.threshold import Declared
from monitor.core.words import RANK, Number

BY_LIMIT = ("spo2_low", "hr_high", "hr_low")
BY_CUFF = ("nibp_high", "nibp_low")


@dataclass(slots=True)
class SituationWatch:
    """What is kept of a situation: what set it going, when it first matters, and what an alert from before a gap says of it."""

    cause: int = 0
    due: Instant | None = None
    kept: tuple[Priority, str] | None = None


class Detection:
    """All conditions of a chair."""

    def __init__(self) -> None:
        self._limits = [LimitWatch(CONDITIONS[code]) for code in BY_LIMIT]
        self._cuffs = [CuffWatch(CONDITIONS[code]) for code in BY_CUFF]
        self._situations: dict[str, SituationWatch] = {}
        self._due: list[Instant] = []

    def look(self, present: Present, repeats: bool, at: Instant, seq: int) -> dict[str, Declared]:
        """Return all that is declared at ``at``, by key. ``repeats``: the house can have a cuff reading repeated."""
        covered: set[Parameter] = set()
        found = self._look_situations(present, at, seq, covered)
        if present.phase is Phase.CLOSED:
            self.resume({})
        else:
            found += self._look_limits(present, covered, at, seq)
            looked = (watch.look(present.cuff, present.limits, repeats, seq) for watch in self._cuffs)
            found += [declared for declared in looked if declared is not None]
        return {declared.key: declared for declared in found}

    def wants_repeat(self, present: Present) -> bool:
        """Whether the last cuff reading asks for another soon."""
        return any(watch.wants_repeat(present.cuff, present.limits) for watch in self._cuffs)

    def resume(self, open_alerts: Mapping[str, tuple[Priority, str]]) -> None:
        """Forget running delays; keep as declared what the open alerts (key → priority, text) say was."""
        watches: list[LimitWatch | CuffWatch] = [*self._limits, *self._cuffs]
        for watch in watches:
            kept = open_alerts.get(watch.condition.code)
            watch.resume(None if kept is None else kept[0])
        self._situations = {key: SituationWatch(kept=kept) for key, kept in open_alerts.items()}

    def next_deadline(self) -> Instant | None:
        delays = [due for watch in self._limits for due in watch.deadlines()]
        return min(delays + self._due, default=None)

    def _look_situations(self, present: Present, at: Instant, seq: int, covered: set[Parameter]) -> list[Declared]:
        found, seen = [], {}
        self._due = []
        for code, situations in SITUATIONS.items():
            for situation in situations(present, at):
                key = f"{code}.{situation.instance}" if situation.instance else code
                watch = seen[key] = self._watch(key, situation, seq)
                self._due += [due for due in (*(met[1] for met in situation.met), situation.covers_from) if due > at]
                if situation.covers and situation.covers_from <= at:
                    covered |= situation.covers
                found += _declared(code, situation, watch, at)
        self._situations = seen
        return found

    def _watch(self, key: str, situation: Situation, seq: int) -> SituationWatch:
        """What is kept of it; when its time has moved, the present entry is what set it going."""
        watch = self._situations.get(key) or SituationWatch()
        due = situation.met[0][1] if situation.met else None
        if watch.due != due:
            watch.due, watch.cause = due, seq
        return watch

    def _look_limits(self, present: Present, covered: set[Parameter], at: Instant, seq: int) -> Iterator[Declared]:
        for watch in self._limits:
            sources, parameter, value = _source(watch.condition.code, present)
            if value is None and sources & present.vitals.seen <= covered:
                watch.resume(None)
                continue
            declared = watch.look(parameter, value, present.limits, at, seq)
            if declared is not None:
                yield declared


WATCHED = frozenset({Parameter.SPO2, Parameter.HR, Parameter.PR, Parameter.NIBP_SYS})
"""The parameters that conditions look at."""

_SPO2 = frozenset({Parameter.SPO2})
_RATE = frozenset({Parameter.HR, Parameter.PR})


def _source(code: str, present: Present) -> tuple[frozenset[Parameter], Parameter, Number | None]:
    """What a condition by limit looks at: where its value may come from, where it does, and the value."""
    if code == "spo2_low":
        return _SPO2, Parameter.SPO2, present.vitals.known(Parameter.SPO2)
    return (_RATE, *present.vitals.heart_rate())


def _declared(code: str, situation: Situation, watch: SituationWatch, at: Instant) -> list[Declared]:
    declared = [(priority, text) for priority, due, text in situation.met if due <= at]
    if watch.kept is not None:
        declared.append(watch.kept)
    if not declared:
        return []
    priority, text = max(declared, key=lambda step: RANK[step[0]])
    return [Declared(CONDITIONS[code], situation.instance, priority, text, watch.cause, situation.parameter)]
