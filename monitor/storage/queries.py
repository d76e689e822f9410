"""What pages ask of the record: trends, alerts, sessions. Reads only; called in a worker thread, never on the loop."""

import json
from bisect import bisect_left
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Literal

import orjson
from pydantic import TypeAdapter
from sqlalchemy import Connection, Engine, Select, Text, cast, func, select, text

from drivers.base.observations import Instant
from drivers.base.vocabulary import Parameter, Priority
from monitor.core.changes import AlertState, AlertView, Patient, Phase, SessionView
from monitor.core.entries import Actor, ChairConfig, Entry, Role
from monitor.storage import excerpt, tables

Value = int | float | None
Points = list[tuple[int, Value]]
SECOND_US = 1_000_000
GAP_S = 5
"""Values further apart have a gap between them."""

_alert_view: TypeAdapter[AlertView] = TypeAdapter(AlertView)
_session_view: TypeAdapter[SessionView] = TypeAdapter(SessionView)

_READINGS = """
    SELECT group_concat(second), CAST(group_concat(vitals) AS BLOB)
    FROM (SELECT (at - :since) / 1000000 AS second, vitals FROM reading
          WHERE chair = :chair AND at >= :since AND at < :until AND NOT spot ORDER BY at)
"""
"""One row for all: SQLite gathers it while other threads run. It keeps the order of what group_concat is given."""
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


@dataclass(frozen=True, slots=True)
class SessionLine:
    """A session in one line of a list. ``alerts``: how many began in it, by priority."""

    id: str
    chair: str
    phase: Phase
    patient: Patient
    order: str
    admitted_at: Instant
    began_at: Instant | None
    stopped_at: Instant | None
    closed_at: Instant | None
    dose_mg: Decimal
    alerts: dict[Priority, int]


@dataclass(frozen=True, slots=True)
class Deed:
    """What a person did at a chair."""

    at: Instant
    actor: Actor
    action: str
    arguments: dict[str, Any]


class Records:
    """Reads the record of all chairs."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def values_by_second(self, chair: str, since: Instant, until: Instant, step_s: int = 1) -> dict[Parameter, Points]:
        """Return the continuous values in [since, until): for each parameter (whole seconds after ``since``, value).

        The newest of a second stands for it; steps of more than a second are ``thinned``.
        """
        with self._engine.connect() as connection:
            cursor = connection.connection.cursor()
            seconds, vitals = cursor.execute(_READINGS, {"chair": chair, "since": since, "until": until}).fetchone()
        if seconds is None:
            return {}
        # One parse for all rows, and no tuple for each: a trend of eight hours must not keep anybody waiting.
        at, told = orjson.loads(f"[{seconds}]"), orjson.loads(b"[" + vitals + b"]")
        found = {}
        for name in sorted({name for values in told for name in values}):
            points = {second: values[name] for second, values in zip(at, told, strict=True) if name in values}
            found[Parameter(name)] = list(points.items()) if step_s == 1 else thinned(points, step_s)
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
        """Return the chair's alerts that were there at any time in [since, until), oldest first.

        One that ended at ``since`` is none of them: at an admission all that was there of somebody else ends.
        """
        alert = tables.alert
        query = (
            select(alert.c.view)
            .where(alert.c.chair == chair, alert.c.began < until)
            .where((alert.c.ended_at.is_(None)) | (alert.c.ended_at > since))
            .order_by(alert.c.began)
        )
        return list(self._alerts(query))

    def alerts(
        self, state: Literal["open", "ended"], limit: int, since: Instant = 0, until: Instant | None = None
    ) -> list[AlertView]:
        """Return the house's alerts that are open, or that have ended, newest first; those that began in [since, until)."""
        alert = tables.alert
        ended = alert.c.state == AlertState.ENDED.value
        query = select(alert.c.view).where(ended if state == "ended" else ~ended, alert.c.began >= since)
        if until is not None:
            query = query.where(alert.c.began < until)
        return list(self._alerts(query.order_by(alert.c.began.desc()).limit(limit)))

    def alerts_ended_since(self, at: Instant) -> list[AlertView]:
        """Return the house's alerts that ended at ``at`` or later, oldest first."""
        alert = tables.alert
        return list(self._alerts(select(alert.c.view).where(alert.c.ended_at >= at).order_by(alert.c.ended_at)))

    def sessions(self, limit: int = 200) -> list[StoredSession]:
        """Return the sessions of the house, newest first."""
        session = tables.session
        return list(self._sessions(select(session.c.chair, session.c.view), limit))

    def sessions_listed(
        self, chair: str | None, since: Instant, before: Instant | None, limit: int
    ) -> list[SessionLine]:
        """Return sessions admitted in [since, before), of one chair or of all, newest first."""
        session = tables.session
        query = select(session.c.chair, session.c.view).where(session.c.admitted_at >= since)
        if chair is not None:
            query = query.where(session.c.chair == chair)
        if before is not None:
            query = query.where(session.c.admitted_at < before)
        with self._engine.connect() as connection:
            rows = connection.execute(query.order_by(session.c.admitted_at.desc()).limit(limit)).all()
            return [_listed(name, orjson.loads(view), connection) for name, view in rows]

    def deeds(self, chair: str, since: Instant, until: Instant) -> list[Deed]:
        """Return what people did at the chair in [since, until), oldest first."""
        deed = tables.deed
        query = (
            select(deed.c.at, deed.c.actor_name, deed.c.actor_role, deed.c.action, deed.c.arguments)
            .where(deed.c.chair == chair, deed.c.at >= since, deed.c.at < until)
            .order_by(deed.c.seq)
        )
        with self._engine.connect() as connection:
            return [
                Deed(at, Actor(name, Role(role)), action, json.loads(arguments))
                for at, name, role, action, arguments in connection.execute(query)
            ]

    def entries_between(self, chair: str, since: Instant, until: Instant) -> Iterator[Entry]:
        """Yield the journal's entries of the chair in [since, until). Raises ``StoreError`` where it is damaged."""
        return excerpt.entries_between(self._engine, chair, since, until)

    def configurations(self, chair: str, since: Instant, until: Instant) -> list[tuple[Instant, ChairConfig]]:
        """Return the configurations in force in [since, until), each with the time it came."""
        return excerpt.configurations(self._engine, chair, since, until)

    def session(self, session_id: str) -> StoredSession | None:
        """Return one session, or None."""
        session = tables.session
        return next(self._sessions(select(session.c.chair, session.c.view).where(session.c.id == session_id), 1), None)

    def last_visit(self, patient_id: str, before: Instant) -> StoredSession | None:
        """Return the newest session of this patient that had begun and was admitted before ``before``."""
        session = tables.session
        patient = func.json_extract(cast(session.c.view, Text), "$.patient.id")
        query = select(session.c.chair, session.c.view).where(patient == patient_id, session.c.admitted_at < before)
        return next((one for one in self._sessions(query, 20) if one.view.began_at is not None), None)

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


def _listed(chair: str, view: dict[str, Any], connection: Connection) -> SessionLine:
    alert = tables.alert.c
    counted = (
        select(alert.priority, func.count())
        .where(alert.chair == chair, alert.began >= view["admitted_at"])
        .group_by(alert.priority)
    )
    if view["closed_at"] is not None:
        counted = counted.where(alert.began <= view["closed_at"])
    return SessionLine(
        id=view["id"],
        chair=chair,
        phase=Phase(view["phase"]),
        patient=Patient(**view["patient"]),
        order=view["order"],
        admitted_at=view["admitted_at"],
        began_at=view["began_at"],
        stopped_at=view["stopped_at"],
        closed_at=view["closed_at"],
        dose_mg=Decimal(view["dose_mg"]),
        alerts={Priority(priority): count for priority, count in connection.execute(counted)},
    )


def thinned(points: Mapping[int, Value], step_s: int) -> Points:
    """Return at most five points for each ``step_s``: first, least, greatest, last, and where values ceased. No spike is lost.

    ``points``: value by second, in order of time. Values further apart than ``GAP_S`` get a None between them, since the steps
    themselves are wider than that.
    """
    kept: Points = []
    seconds, values = list(points), list(points.values())
    begin, come = 0, None
    while begin < len(points):
        first = seconds[begin]
        end = bisect_left(seconds, (first // step_s + 1) * step_s, begin)
        if come is not None and first - come > GAP_S:
            kept.append((come + 1, None))
        chunk = values[begin:end]
        if None in chunk or seconds[end - 1] - first != end - begin - 1:
            _pour(_with_gaps(list(zip(seconds[begin:end], chunk, strict=True))), kept)
        else:  # as it nearly always is; then it is to go quickly
            wanted = {0, chunk.index(min(chunk)), chunk.index(max(chunk)), end - begin - 1}  # type: ignore[type-var]
            kept += [(seconds[begin + index], chunk[index]) for index in sorted(wanted)]
        begin, come = end, None if chunk[-1] is None else seconds[end - 1]
    return kept


def _with_gaps(bucket: Points) -> Points:
    told = bucket[:1]
    for point in bucket[1:]:
        second, value = told[-1]
        if value is not None and point[0] - second > GAP_S:
            told.append((second + 1, None))
        told.append(point)
    return told


def _pour(bucket: Points, kept: Points) -> None:
    if len(bucket) < 4:
        kept += bucket
        return
    values = [value for _, value in bucket]
    valid = [value for value in values if value is not None]
    wanted = {0, len(values) - 1}
    if len(valid) < len(values):
        wanted.add(values.index(None))
    if valid:
        wanted |= {values.index(min(valid)), values.index(max(valid))}
    kept += [bucket[index] for index in sorted(wanted)]
