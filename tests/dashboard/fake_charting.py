"""A made-up session that people have charted in: every kind of charting at its infusion minute."""

from dataclasses import replace
from decimal import Decimal
from typing import Any

from drivers.base.observations import Instant
from monitor.core.changes import Baseline, Bolus, ChairView, Charted
from tests.dashboard.chairs import MINUTE, NURSE

_TABLE: tuple[tuple[float, dict[str, Any]], ...] = (
    (-11, {"pain": 7, "moaas": 5, "dissociation": 0, "nausea": 0}),
    (10, {"pain": 6, "moaas": 5, "dissociation": 0, "nausea": 0}),
    (25, {"pain": 4, "moaas": 5, "dissociation": 1, "nausea": 0}),
    (40, {"pain": 3, "moaas": 4, "dissociation": 2}),
)


def charted(began: Instant) -> tuple[Charted, ...]:
    """Return what was charted in an infusion that began at ``began``: scales four times, a drug, a side effect, its line."""

    def at(minute: float) -> Instant:
        return began + round(minute * MINUTE)

    levels = [
        Charted(at(minute), NURSE.name, kind, level=level)  # type: ignore[arg-type]
        for minute, row in _TABLE
        for kind, level in row.items()
    ]
    others = [
        Charted(at(-9.5), NURSE.name, "drug", "glycopyrrolate", text="0.2 mg"),
        Charted(at(-9), NURSE.name, "line_site", "clean"),
        Charted(at(26), NURSE.name, "side_effect", "dizziness", severity="mild", text="eyes closed"),
    ]
    return tuple(sorted([*levels, *others], key=lambda one: one.at))


def charted_in(chair: ChairView, due_in_s: float = 250) -> ChairView:
    """Return ``chair`` with what people charted, a bolus, its baseline, and scales due in so many seconds."""
    session = chair.session
    assert session is not None
    assert session.began_at is not None
    return replace(
        chair,
        session=replace(
            session,
            charted=charted(session.began_at),
            charting_due_at=chair.at + round(due_in_s * 1e6),
            boluses=(Bolus(session.began_at + 20 * MINUTE, Decimal(10), NURSE.name),),
            baseline=Baseline(session.began_at - 5 * MINUTE, NURSE.name, 128, 78, 95, 98, 77, 2),
        ),
    )
