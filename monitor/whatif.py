"""What a recorded session would have told under other numbers: the same bytes, another pre-set, the alerts side by side.

People cannot be played again: what they did at the time is applied where it is still possible, and what is not is noted.
Both sides are worked out by this version of the software, so that nothing but the limits differs. It changes no record.

``python -m monitor.whatif`` is told in JSON on its standard input what to try, and tells of each session in a line of JSON: a
process of its own, so that no alarm of the house waits for it.
"""

import json
import os
import sys
import tomllib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal
from pathlib import Path
from typing import Any

from drivers.base.decoder import Driver
from drivers.base.observations import Instant
from drivers.base.vocabulary import Priority
from monitor.core import limits
from monitor.core.bedside import Bedside
from monitor.core.changes import AlertChanged, AlertState, Change, SessionChanged
from monitor.core.entries import ChairConfig, Configured, Entry, OperatorAction, Resumed
from monitor.core.limit_watches import check_delays
from monitor.core.numbers import check_settings
from monitor.core.words import RANK
from monitor.errors import ConfigError, MonitorError
from monitor.storage.blocks import to_json
from monitor.storage.store import Store, read_store


@dataclass(frozen=True, slots=True)
class Rules:
    """Limits, delays and other numbers of the rules to try: "spo2_low.medium" → 88, and → seconds; "nibp_failed.times" → 3. What is not
    named stays as it was recorded."""

    limits: Mapping[str, Decimal]
    delays: Mapping[str, int]
    settings: Mapping[str, Decimal] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Told:
    """An alert from beginning to end (None: still there when the record ends), with the highest priority it had.

    ``sounded`` counts how often it asked for sound.
    """

    code: str
    began: Instant
    ended: Instant | None
    priority: Priority
    text: str
    sounded: int


@dataclass(slots=True)
class Side:
    """What one set of rules told, by when it began; ``skipped`` are deeds of people that were not possible."""

    alerts: list[Told] = field(default_factory=list)
    skipped: list[str] = field(default_factory=list)

    def sounds(self, priority: Priority) -> int:
        """How often alerts of this priority asked for sound."""
        return sum(alert.sounded for alert in self.alerts if alert.priority is priority)


@dataclass(frozen=True, slots=True)
class Comparison:
    """One session under the recorded rules and under others. ``began`` is the start of the infusion, else of the record, for minutes."""

    session: str
    chair: str
    began: Instant
    recorded: Side
    changed: Side

    def rows(self) -> list[tuple[Told | None, Told | None]]:
        """The alerts side by side, by time: those of one rule that overlap stand in one row."""
        waiting = list(self.changed.alerts)
        rows: list[tuple[Told | None, Told | None]] = []
        for one in self.recorded.alerts:
            match = next((other for other in waiting if other.code == one.code and _overlap(one, other)), None)
            if match is not None:
                waiting.remove(match)
            rows.append((one, match))
        rows += [(None, other) for other in waiting]
        return sorted(rows, key=lambda row: min(told.began for told in row if told is not None))


def read_rules(path: Path) -> Rules:
    """Read a TOML file with ``[limits]``, ``[delays]`` and ``[settings]``. Raises ``ConfigError``."""
    try:
        data = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ConfigError(f"{path} cannot be read: {error.strerror}") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path} is not TOML: {error}") from None
    extra = set(data) - {"limits", "delays", "settings"}
    if extra or not all(isinstance(table, dict) for table in data.values()):
        raise ConfigError(f"{path} may hold the tables [limits], [delays] and [settings], and nothing else")
    made, settings = (_numbers(path, name, data.get(name, {})) for name in ("limits", "settings"))
    delays = data.get("delays", {})
    limits.preset(made)
    check_delays(delays)
    check_settings(settings)
    if not made and not delays and not settings:
        raise ConfigError(f"{path} names no limit, no delay and no other number: there is nothing to try")
    return Rules(made, delays, settings)


def _numbers(path: Path, name_of_table: str, table: dict[str, Any]) -> dict[str, Decimal]:
    for name, value in table.items():
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise ConfigError(f"{path}: '{name}' of [{name_of_table}] is {value!r}; write a number")
    return {name: Decimal(str(value)) for name, value in table.items()}


def what_if(
    store: Store,
    session: str,
    drivers: Mapping[str, Driver],
    rules: Rules,
    tell: Callable[[float], None] = lambda share: None,
) -> Comparison:
    """Apply a recorded session under its own rules and under ``rules``. Raises ``NotFound``, ``StoreError`` or ``ConfigError``.

    ``tell`` hears now and then what share is done, 0 to 1, where the session is closed.
    """
    chair, first_seq, last_seq = store.session_span(session)
    kept = store.beginnings(chair).get(first_seq)
    checkpoint = kept.checkpoint if kept else None
    began: Instant = 0
    sides = []
    entries = 2 * (last_seq - first_seq + 1) if last_seq else 0
    for side, tried in enumerate((Rules({}, {}), rules)):
        trial = _Trial(chair, drivers, tried, None if checkpoint is None else json.loads(checkpoint))
        for entry in store.journal(chair, first_seq, last_seq):
            trial.apply(entry)
            if entries and entry.seq % TOLD_EVERY == 0:
                tell(side / 2 + (entry.seq - first_seq) / entries)
        began = trial.began or trial.first_at
        sides.append(trial.side())
    return Comparison(session, chair, began, *sides)


class _Trial:
    """A session under one set of rules."""

    def __init__(
        self, chair: str, drivers: Mapping[str, Driver], rules: Rules, checkpoint: dict[str, Any] | None
    ) -> None:
        self.began: Instant | None = None
        self.first_at: Instant = 0
        self._chair = chair
        self._drivers = drivers
        self._rules = rules
        self._told: dict[str, Told] = {}
        self._skipped: list[str] = []
        self._bedside = Bedside(chair, drivers) if checkpoint is None else Bedside.restore(chair, drivers, checkpoint)

    def side(self) -> Side:
        """What was told."""
        return Side(sorted(self._told.values(), key=lambda told: told.began), self._skipped)

    def apply(self, entry: Entry) -> None:
        """Apply an entry as it was recorded, but for the configuration."""
        body = entry.body
        self.first_at = self.first_at or entry.at
        if isinstance(body, Configured):
            entry = replace(entry, body=replace(body, config=self._changed(body.config)))
        elif isinstance(body, Resumed):
            checkpoint = json.loads(to_json(self._bedside.checkpoint()))
            self._bedside = Bedside.restore(self._chair, self._drivers, checkpoint)
        elif isinstance(body, OperatorAction) and not self._is_possible(body, entry.at):
            return
        for change in self._bedside.apply(entry):
            self._take(change)

    def _changed(self, config: ChairConfig) -> ChairConfig:
        changed = {**config.limits, **self._rules.limits}
        settings = {**config.settings, **self._rules.settings}
        limits.preset(changed)
        check_settings(settings)
        return replace(config, limits=changed, delays={**config.delays, **self._rules.delays}, settings=settings)

    def _is_possible(self, body: OperatorAction, at: Instant) -> bool:
        try:
            self._bedside.check(body, at)
        except MonitorError as error:
            self._skipped.append(f"'{body.action}' by {body.actor.name} was not possible: {error}")
            return False
        return True

    def _take(self, change: Change) -> None:
        if isinstance(change, SessionChanged) and change.session is not None and self.began is None:
            self.began = change.session.began_at
        if not isinstance(change, AlertChanged):
            return
        view, before = change.alert, self._told.get(change.alert.id)
        sounds = change.event in ("began", "rose", "resumed", "realarmed") and view.sounding
        highest = max(view.priority, before.priority if before else view.priority, key=RANK.__getitem__)
        self._told[view.id] = Told(
            view.code,
            view.began,
            view.ended_at if view.state is AlertState.ENDED else None,
            highest,
            view.text if before is None or highest is not before.priority else before.text,
            (before.sounded if before else 0) + sounds,
        )


def _overlap(one: Told, other: Told) -> bool:
    return _ends(one) >= other.began and _ends(other) >= one.began


def _ends(told: Told) -> float:
    return float("inf") if told.ended is None else told.ended


def differing(comparison: Comparison) -> Iterator[str]:
    """Say in sentences what of the people's deeds could not be applied under the other rules."""
    known = set(comparison.recorded.skipped)
    yield from (sentence for sentence in comparison.changed.skipped if sentence not in known)


TOLD_EVERY = 2000
"""So many entries between two words of how far it is."""
MOST_ROWS = 200
"""So many rows of one session are told; the counts are always of all."""


def work(
    asked: Mapping[str, Any], drivers: Mapping[str, Driver], tell: Callable[[float], None] = lambda share: None
) -> Iterator[dict[str, Any]]:
    """Try ``asked`` (data_dir, sessions, limits, delays, settings) and tell as JSON: that a session begins, then what came of it, or ``error``.

    ``tell`` hears what share of a session is done.
    """
    made, settings = (
        {name: Decimal(value) for name, value in asked.get(table, {}).items()} for table in ("limits", "settings")
    )
    rules = Rules(made, asked["delays"], settings)
    try:
        store = read_store(Path(asked["data_dir"]))
    except MonitorError as error:
        yield {"session": "", "error": str(error)}
        return
    try:
        for session in asked["sessions"]:
            yield {"begins": session}
            try:
                yield _as_told(what_if(store, session, drivers, rules, tell))
            except MonitorError as error:
                yield {"session": session, "error": str(error)}
    finally:
        store.close()


def _as_told(comparison: Comparison) -> dict[str, Any]:
    rows = comparison.rows()
    return {
        "session": comparison.session,
        "chair": comparison.chair,
        "began": comparison.began,
        "recorded": _counts(comparison.recorded),
        "changed": _counts(comparison.changed),
        "rows": [[_told(one, comparison.began), _told(other, comparison.began)] for one, other in rows[:MOST_ROWS]],
        "rows_left_out": max(0, len(rows) - MOST_ROWS),
        "not_possible": list(differing(comparison)),
    }


def _counts(side: Side) -> dict[str, dict[str, int]]:
    return {
        priority.value: {
            "alerts": sum(alert.priority is priority for alert in side.alerts),
            "sounds": side.sounds(priority),
        }
        for priority in Priority
    }


def _told(one: Told | None, began: Instant) -> dict[str, Any] | None:
    """Times in seconds from the start of the infusion."""
    if one is None:
        return None
    ended = None if one.ended is None else (one.ended - began) / 1e6
    return {
        "code": one.code,
        "priority": one.priority.value,
        "text": one.text,
        "began_s": (one.began - began) / 1e6,
        "ended_s": ended,
        "sounded": one.sounded,
    }


def _main() -> None:
    from drivers.base.registry import all_drivers

    os.nice(10)

    def tell(share: float) -> None:
        print(json.dumps({"share": round(share, 3)}), flush=True)

    for told in work(json.load(sys.stdin), all_drivers(), tell):
        print(json.dumps(told), flush=True)


if __name__ == "__main__":
    _main()
