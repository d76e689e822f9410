"""What a chair's changes leave in the tables: sessions, alerts, readings for trends. Nothing here decides anything.

Rows are gathered until the recorder takes them along with the entries that they follow from.
"""

from typing import Any

from drivers.base.observations import Instant
from monitor.core.changes import (
    AlertChanged,
    AudioPauseChanged,
    Change,
    LimitsChanged,
    ReadingTaken,
    SessionChanged,
    SessionView,
)
from monitor.core.entries import Configured, Entry, OperatorAction, Resumed
from monitor.storage.blocks import to_json

Row = dict[str, Any]

_AT_ONCE = (SessionChanged, AudioPauseChanged, LimitsChanged)


class Projection:
    """The rows of one chair that wait to be written."""

    def __init__(self, chair: str) -> None:
        self._chair = chair
        self._rows: dict[str, list[Row]] = {}
        self._seconds: dict[str, int] = {}
        self._sessions: dict[str, int] = {}

    def take(self) -> dict[str, list[Row]]:
        """Return the rows gathered since the last time."""
        rows, self._rows = self._rows, {}
        return rows

    def begin(self, entry: Entry, checkpoint: bytes | None) -> None:
        """Note where a replay may begin, and from what the bedside was made there."""
        body = entry.body
        assert isinstance(body, Configured | Resumed)
        row: Row = {"seq": entry.seq, "at": entry.at, "kind": body.type, "software": body.software}
        row["config"] = to_json(body.config) if isinstance(body, Configured) else None
        row["checkpoint"] = checkpoint
        self._add("beginning", row)

    def follow(self, entry: Entry, changes: list[Change]) -> bool:
        """Gather what ``changes`` leave behind; return whether they must be on disk at once."""
        at_once = False
        if type(entry.body) is OperatorAction:
            self._deed(entry, entry.body)
        for n, change in enumerate(changes):
            kind = type(change)
            if kind is ReadingTaken:
                self._reading(change)  # type: ignore[arg-type]
            elif kind is AlertChanged:
                at_once |= self._alert(entry, n, change)  # type: ignore[arg-type]
            elif kind in _AT_ONCE:
                at_once = True
                if kind is SessionChanged:
                    self._session(entry, n, change)  # type: ignore[arg-type]
        return at_once

    def _add(self, table: str, row: Row) -> None:
        row["chair"] = self._chair
        self._rows.setdefault(table, []).append(row)

    def _reading(self, change: ReadingTaken) -> None:
        """A row a second of each device is enough for a trend; spot values and blanked ones are all kept."""
        spot = change.reading is not None and change.reading.spot
        if change.reading is not None and not spot:
            second = change.at // 1_000_000
            if self._seconds.get(change.device) == second:
                return
            self._seconds[change.device] = second
        values = {vital.parameter: vital.value for vital in change.vitals}
        self._add("reading", {"at": change.at, "device": change.device, "spot": spot, "vitals": to_json(values)})

    def _alert(self, entry: Entry, n: int, change: AlertChanged) -> bool:
        alert = change.alert
        common = {"state": alert.state, "priority": alert.priority}
        self._add(
            "alert_change",
            {
                "seq": entry.seq,
                "n": n,
                "at": change.at,
                "alert": alert.id,
                "event": change.event,
                "sounding": alert.sounding,
                "text": alert.text,
                **common,
            },
        )
        self._add(
            "alert",
            {
                "id": alert.id,
                "code": alert.code,
                "began": alert.began,
                "ended_at": alert.ended_at,
                "view": to_json(alert),
                **common,
            },
        )
        return change.event != "updated"

    def _session(self, entry: Entry, n: int, change: SessionChanged) -> None:
        session, actor = change.session, change.actor
        if session is not None:
            self._add("session", self._session_row(entry.seq, session))
        self._add(
            "session_step",
            {
                "seq": entry.seq,
                "n": n,
                "at": change.at,
                "session": session.id if session else None,
                "step": change.step,
                "rate_mg_h": _rate_in_force(session, change.at),
                "actor_name": actor.name if actor else None,
                "actor_role": actor.role if actor else None,
            },
        )

    def _deed(self, entry: Entry, body: OperatorAction) -> None:
        """Who did what. One that changed nothing was void, and leaves nothing here."""
        actor = {"actor_name": body.actor.name, "actor_role": body.actor.role}
        self._add(
            "deed",
            {"seq": entry.seq, "at": entry.at, "action": body.action, "arguments": to_json(body.arguments), **actor},
        )

    def _session_row(self, seq: int, session: SessionView) -> Row:
        # The station writes a Configured right before an admission: there the session's journal begins.
        first_seq = self._sessions.setdefault(session.id, max(1, seq - 1))
        return {
            "id": session.id,
            "phase": session.phase,
            "admitted_at": session.admitted_at,
            "closed_at": session.closed_at,
            "first_seq": first_seq,
            "last_seq": seq,
            "view": to_json(session),
        }


def _rate_in_force(session: SessionView | None, at: Instant) -> str | None:
    if session is None:
        return None
    rates = [step.rate_mg_h for step in session.steps if step.at <= at]
    return format(rates[-1], "f") if rates else None
