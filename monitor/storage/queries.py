"""What pages ask of the record: trends, alerts, sessions. Reads only; called in a worker thread, never on the loop."""

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Literal

from pydantic import TypeAdapter
from sqlalchemy import Engine, Select, select, text

from drivers.base.observations import Instant
from drivers.base.vocabulary import Parameter
from monitor.core.changes import AlertState, AlertView, SessionView
from monitor.core.entries import Actor, Role
from monitor.storage import tables

Value = int | float | None

_alert_view: TypeAdapter[AlertView] = TypeAdapter(AlertView)
_session_view: TypeAdapter[SessionView] = TypeAdapter(SessionView)

# The newest value of each parameter in each second: SQLite gives the other columns of the row that max() found.
_BY_SECOND = text(
    """
    SELECT each.key, (reading.at - :since) / 1000000 AS second, each.value, max(reading.at)
    FROM reading, json_each(CAST(reading.vitals AS TEXT)) AS each
    WHERE reading.chair = :chair AND reading.at >= :since AND reading.at < :until AND NOT reading.spot
    GROUP BY each.key, second ORDER BY each.key, second
    """
)
_DETERMINATIONS = text(
    """
    SELECT at, json_extract(vitals, '$.nibp_sys'), json_extract(vitals, '$.nibp_dia'), json_extract(vitals, '$.nibp_mean')
    FROM (SELECT at, CAST(vitals AS TEXT) AS vitals FROM reading
          WHERE chair = :chair AND at >= :since AND at < :until AND spot ORDER BY at)
    """
)


@dataclass(frozen=True, slots=True)
class Determination:
    """One measurement of blood pressure, mmHg."""

    at: Instant
    systolic: Value
    diastolic: Value
    mean: Value


@dataclass(frozen=True, slots=True)
class SessionStep:
    """A step a session took."""

    at: Instant
    step: str
    rate_mg_h: Decimal | None
    actor: Actor | None


@dataclass(frozen=True, slots=True)
class StoredSession:
    """A session as the record has it, and its chair."""

    chair: str
    view: SessionView


class Records:
    """Reads the record of all chairs."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def values_by_second(self, chair: str, since: Instant, until: Instant) -> dict[Parameter, list[tuple[int, Value]]]:
        """Return the continuous values in [since, until): for each parameter (whole seconds after ``since``, value)."""
        found: dict[Parameter, list[tuple[int, Value]]] = {}
        with self._engine.connect() as connection:
            rows = connection.execute(_BY_SECOND, {"chair": chair, "since": since, "until": until})
            for parameter, second, value, _ in rows:
                found.setdefault(Parameter(parameter), []).append((second, value))
        return found

    def determinations(self, chair: str, since: Instant, until: Instant) -> list[Determination]:
        """Return the blood pressure measurements in [since, until) that told anything."""
        with self._engine.connect() as connection:
            rows = connection.execute(_DETERMINATIONS, {"chair": chair, "since": since, "until": until})
            return [Determination(*row) for row in rows if row[1:] != (None, None, None)]

    def steps(self, chair: str, since: Instant, until: Instant) -> list[SessionStep]:
        """Return what the chair's sessions did in [since, until)."""
        step = tables.session_step
        query = (
            select(step.c.at, step.c.step, step.c.rate_mg_h, step.c.actor_name, step.c.actor_role)
            .where(step.c.chair == chair, step.c.at >= since, step.c.at < until)
            .order_by(step.c.seq, step.c.n)
        )
        with self._engine.connect() as connection:
            return [
                SessionStep(at, word, Decimal(rate) if rate else None, Actor(name, Role(role)) if name else None)
                for at, word, rate, name, role in connection.execute(query)
            ]

    def alerts_between(self, chair: str, since: Instant, until: Instant) -> list[AlertView]:
        """Return the chair's alerts that were there at any time in [since, until), oldest first."""
        alert = tables.alert
        query = (
            select(alert.c.view)
            .where(alert.c.chair == chair, alert.c.began < until)
            .where((alert.c.ended_at.is_(None)) | (alert.c.ended_at >= since))
            .order_by(alert.c.began)
        )
        return list(self._alerts(query))

    def alerts(self, state: Literal["open", "ended"], limit: int) -> list[AlertView]:
        """Return the house's alerts that are open, or that have ended, newest first."""
        alert = tables.alert
        ended = alert.c.state == AlertState.ENDED.value
        query = select(alert.c.view).where(ended if state == "ended" else ~ended)
        return list(self._alerts(query.order_by(alert.c.began.desc()).limit(limit)))

    def alerts_ended_since(self, at: Instant) -> list[AlertView]:
        """Return the house's alerts that ended at ``at`` or later, oldest first."""
        alert = tables.alert
        return list(self._alerts(select(alert.c.view).where(alert.c.ended_at >= at).order_by(alert.c.ended_at)))

    def sessions(self, limit: int = 200) -> list[StoredSession]:
        """Return the sessions of the house, newest first."""
        session = tables.session
        return list(self._sessions(select(session.c.chair, session.c.view), limit))

    def session(self, session_id: str) -> StoredSession | None:
        """Return one session, or None."""
        session = tables.session
        return next(self._sessions(select(session.c.chair, session.c.view).where(session.c.id == session_id), 1), None)

    def session_between(self, chair: str, since: Instant, until: Instant) -> SessionView | None:
        """Return the chair's newest session that was there at any time in [since, until)."""
        session = tables.session
        query = (
            select(session.c.chair, session.c.view)
            .where(session.c.chair == chair, session.c.admitted_at < until)
            .where((session.c.closed_at.is_(None)) | (session.c.closed_at >= since))
        )
        found = next(self._sessions(query, 1), None)
        return found.view if found else None

    def _alerts(self, query: Select[Any]) -> Iterator[AlertView]:
        with self._engine.connect() as connection:
            for (view,) in connection.execute(query).all():
                yield _alert_view.validate_json(view)

    def _sessions(self, query: Select[Any], limit: int) -> Iterator[StoredSession]:
        newest_first = query.order_by(tables.session.c.admitted_at.desc()).limit(limit)
        with self._engine.connect() as connection:
            for chair, view in connection.execute(newest_first).all():
                yield StoredSession(chair, _session_view.validate_json(view))
