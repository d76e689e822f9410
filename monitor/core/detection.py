"""Watches all conditions of a chair: answers what is declared now, and what one condition hides of another.

What is declared depends on facts and their times alone, so how often it is asked changes nothing. People, and what
they have acknowledged, are no matter here.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from operator import is_

from drivers.base.observations import Instant
from drivers.base.vocabulary import Parameter, Priority
from monitor.core.changes import Phase
from monitor.core.charting import is_compared
from monitor.core.conditions import AlarmCondition, conditions_in_force
from monitor.core.cuff_watch import CuffWatch
from monitor.core.limit_watches import LimitWatches
from monitor.core.numbers import Numbers
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
from monitor.core.words import RANK

BY_CUFF = ("nibp_high", "nibp_low")

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


@dataclass(slots=True)
class SituationWatch:
    """What is kept of a situation: what set it going, when it was seen, when it first matters, and what an alert from before a
    gap says of it."""

    seen_at: Instant
    cause: int = 0
    due: Instant | None = None
    kept: tuple[Priority, str] | None = None


class Detection:
    """All conditions of a chair, with the clinic's numbers. ``declared`` is what is so as of the last look, by key."""

    def __init__(self, delays: Mapping[str, int], numbers: Numbers) -> None:
        self.declared: dict[str, Declared] = {}
        self._conditions = conditions_in_force(delays, numbers)
        self._limits = LimitWatches(self._conditions)
        self._cuffs = [CuffWatch(self._conditions[code], numbers) for code in BY_CUFF]
        self._situations: dict[str, SituationWatch] = {}
        self._due: Instant | None = None
        self._of_situations: list[Declared] = []
        self._of_cuffs: list[Declared] = []
        self._seen: tuple[object, ...] = ()
        self._shape = -1
        self._compares = False

    def look(self, present: Present, repeats: bool, at: Instant, seq: int) -> None:
        """See all there is. ``repeats``: the house can have a cuff reading repeated."""
        covered: set[Parameter] = set()
        self._of_situations = self._look_situations(present, at, seq, covered)
        self._seen, self._shape = _facts(present), present.vitals.shape
        self._compares = present.session is not None and is_compared(present.session.charted)
        if present.phase is Phase.CLOSED:
            self.resume({})
            self._of_cuffs = []
        else:
            self._limits.look(present, frozenset(covered), at, seq)
            looked = (watch.look(present.cuff, present.limits, present.baseline, repeats, seq) for watch in self._cuffs)
            self._of_cuffs = [declared for declared in looked if declared is not None]
        self._sum_up()

    def stands(self, present: Present, at: Instant) -> bool:
        """Whether nothing but continuous values can have changed since the last look, as far as one can see from here: whoever
        asks answers for the lines. No situation is due, and nobody has charted what values are compared with."""
        if self._compares or present.vitals.shape != self._shape or (self._due is not None and self._due <= at):
            return False
        return all(map(is_, _facts(present), self._seen))

    def look_at_numbers(self, present: Present, at: Instant, seq: int) -> bool:
        """Where all else ``stands``: see the values alone; return whether anything is declared otherwise, or due otherwise."""
        changed = self._limits.look_again(present, at, seq)
        if changed:
            self._sum_up()
        return changed

    @property
    def mask(self) -> tuple[Instant, Instant] | None:
        """From when until when the cuff hides the probe's values from the rules, as of the last look."""
        return self._limits.mask

    def _sum_up(self) -> None:
        found = (*self._of_situations, *self._limits.declared, *self._of_cuffs)
        self.declared = {declared.key: declared for declared in found}

    def wants_repeat(self, present: Present) -> bool:
        """Whether the last cuff reading asks for another soon."""
        return any(watch.wants_repeat(present.cuff, present.limits, present.baseline) for watch in self._cuffs)

    def resume(self, open_alerts: Mapping[str, tuple[Priority, str]]) -> None:
        """Forget running delays; keep as declared what the open alerts (key → priority, text) say was."""
        self._limits.resume(open_alerts)
        for watch in self._cuffs:
            kept = open_alerts.get(watch.condition.code)
            watch.resume(None if kept is None else kept[0])
        self._shape = -1
        self._situations = {key: SituationWatch(0, kept=kept) for key, kept in open_alerts.items()}

    def next_deadline(self) -> Instant | None:
        return min((due for due in (self._limits.due, self._due) if due is not None), default=None)

    def _look_situations(self, present: Present, at: Instant, seq: int, covered: set[Parameter]) -> list[Declared]:
        found, seen = [], {}
        due = list(present.shade[1:])
        for code, situations in (*SITUATIONS.items(), *PATTERNS.items()):
            for situation in situations(present, at):
                key = f"{code}.{situation.instance}" if situation.instance else code
                watch = seen[key] = self._watch(key, situation, at, seq)
                met = _from_when_seen(situation, watch.seen_at)
                due += [*(step[1] for step in met), situation.covers_from]
                if situation.covers and situation.covers_from <= at:
                    covered |= situation.covers
                found += _declared(self._conditions[code], situation, met, watch, at)
        self._situations = seen
        self._due = min((instant for instant in due if instant > at), default=None)
        return found

    def _watch(self, key: str, situation: Situation, at: Instant, seq: int) -> SituationWatch:
        """What is kept of it; when its time has moved, the present entry is what set it going."""
        watch = self._situations.get(key) or SituationWatch(at)
        due = situation.met[0][1] if situation.met else None
        if watch.due != due:
            watch.due, watch.cause = due, seq
        return watch


def _facts(present: Present) -> tuple[object, ...]:
    """What is replaced by another when it changes, so that one sees at a glance whether it has."""
    return present.session, present.cuff, present.house, present.limits, present.vitals


def _from_when_seen(situation: Situation, seen_at: Instant) -> tuple[Met, ...]:
    if not situation.from_when_seen:
        return situation.met
    return tuple((priority, seen_at + delay, text) for priority, delay, text in situation.met)


def _declared(
    condition: AlarmCondition, situation: Situation, met: tuple[Met, ...], watch: SituationWatch, at: Instant
) -> list[Declared]:
    declared = [(priority, text) for priority, due, text in met if due <= at]
    if watch.kept is not None:
        declared.append(watch.kept)
    if not declared:
        return []
    priority, text = max(declared, key=lambda step: RANK[step[0]])
    return [Declared(condition, situation.instance, priority, text, watch.cause, situation.parameter)]
