"""Applies a recorded journal again and compares: the same entries must bring the same alerts, at the same times.

It reads a record, changes nothing, and knows no clock. A journal that was made by another version of the software is told
as such: it may well differ.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from drivers.base.decoder import Driver
from drivers.base.observations import Instant
from monitor.core.bedside import Bedside
from monitor.core.changes import AlertChanged, Change
from monitor.core.entries import Configured, Entry, Resumed
from monitor.storage.blocks import to_json
from monitor.storage.store import AlertStep, Beginning, Store

MOST_DIFFERENCES = 20


@dataclass(slots=True)
class Outcome:
    """What came of replaying a chair. ``differences`` are sentences, at most 20; ``notes`` tell what bears on them."""

    chair: str
    entries: int = 0
    first_at: Instant | None = None
    last_at: Instant | None = None
    alert_steps: int = 0
    differing: int = 0
    differences: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    @property
    def agrees(self) -> bool:
        """Whether every alert step was found again, and no other."""
        return self.differing == 0

    @property
    def recorded_s(self) -> float:
        """How long the journal lasted."""
        return ((self.last_at or 0) - (self.first_at or 0)) / 1e6


def replay(
    store: Store,
    chair: str,
    drivers: Mapping[str, Driver],
    software: str,
    first_seq: int = 1,
    last_seq: int | None = None,
) -> Outcome:
    """Replay the entries of ``chair`` from ``first_seq`` on. Raises ``StoreError`` where the journal is damaged."""
    replaying = _Replay(chair, drivers, software, store.beginnings(chair))
    replaying.run(store.journal(chair, first_seq, last_seq), store.alert_steps(chair, first_seq, last_seq))
    return replaying.outcome


class _Replay:
    def __init__(
        self, chair: str, drivers: Mapping[str, Driver], software: str, beginnings: Mapping[int, Beginning]
    ) -> None:
        self.outcome = Outcome(chair)
        self._drivers = drivers
        self._software = software
        self._beginnings = beginnings
        self._versions: set[str] = set()
        self._bedside: Bedside | None = None
        self._seq: int | None = None

    def run(self, entries: Iterable[Entry], recorded: Iterable[AlertStep]) -> None:
        steps = iter(recorded)
        step = next(steps, None)
        for entry in entries:
            made = self._apply(entry)
            if made is None:
                while step and step.seq <= entry.seq:
                    step = next(steps, None)
                continue
            expected: list[AlertStep] = []
            while step and step.seq <= entry.seq:
                expected.append(step)
                step = next(steps, None)
            if made or expected:
                self._compare(made, expected)

    def _apply(self, entry: Entry) -> list[AlertStep] | None:
        """Apply one entry; return the alert steps, or None while no beginning has been met yet."""
        outcome = self.outcome
        if self._seq is not None and entry.seq != self._seq + 1:
            outcome.notes.append(f"entries {self._seq + 1} to {entry.seq - 1} were not recorded")
            self._bedside = None
        self._seq = entry.seq
        if isinstance(entry.body, Configured | Resumed):
            self._begin(entry)
        if self._bedside is None:
            return None
        changes = self._bedside.apply(entry)
        outcome.entries += 1
        outcome.first_at = entry.at if outcome.first_at is None else outcome.first_at
        outcome.last_at = entry.at
        return _steps(entry.seq, changes)

    def _begin(self, entry: Entry) -> None:
        """Make the bedside as the station made it there."""
        chair = self.outcome.chair
        beginning = self._beginnings.get(entry.seq)
        kept = beginning.checkpoint if beginning else None
        if beginning and beginning.software != self._software and beginning.software not in self._versions:
            self._versions.add(beginning.software)
            self.outcome.notes.append(
                f"recorded by version {beginning.software} from entry {entry.seq} on; this is version {self._software}"
            )
        if self._bedside is None:
            if kept is not None:
                self._bedside = Bedside.restore(chair, self._drivers, json.loads(kept))
            elif isinstance(entry.body, Configured):
                self._bedside = Bedside(chair, self._drivers)
        elif isinstance(entry.body, Resumed):
            state = json.loads(to_json(self._bedside.checkpoint()))
            if kept is not None and state != json.loads(kept):
                self._differ(f"entry {entry.seq}: what had to survive differs: {_unlike(state, json.loads(kept))}")
            self._bedside = Bedside.restore(chair, self._drivers, state)

    def _compare(self, made: list[AlertStep], expected: list[AlertStep]) -> None:
        self.outcome.alert_steps += len(expected)
        for step in expected:
            if step not in made:
                self._differ(f"recorded, not replayed: {_shown(step)}")
        for step in made:
            if step not in expected:
                self._differ(f"replayed, not recorded: {_shown(step)}")
        if made != expected and sorted(map(repr, made)) == sorted(map(repr, expected)):
            self._differ(f"entry {expected[0].seq}: the same alerts in another order")

    def _differ(self, sentence: str) -> None:
        self.outcome.differing += 1
        if len(self.outcome.differences) < MOST_DIFFERENCES:
            self.outcome.differences.append(sentence)


def _steps(seq: int, changes: list[Change]) -> list[AlertStep]:
    return [
        AlertStep(
            seq,
            change.at,
            change.alert.id,
            change.event,
            change.alert.state.value,
            change.alert.priority.value,
            change.alert.sounding,
            change.alert.text,
        )
        for change in changes
        if type(change) is AlertChanged
    ]


def _shown(step: AlertStep) -> str:
    return f"entry {step.seq}, {step.alert} {step.event} ({step.priority}, {step.state}) at {step.at}: {step.text}"


def _unlike(state: dict[str, object], kept: dict[str, object]) -> str:
    return ", ".join(sorted(key for key in state.keys() | kept.keys() if state.get(key) != kept.get(key)))
