"""What the HTTP API answers about times that have passed: trends, curves, lists of sessions, who did what.

The same rules as in ``messages``: frozen, a Decimal is a string, an enum its word, an instant an integer (µs).
"""

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from drivers.base.observations import Instant
from drivers.base.vocabulary import Parameter, Unit, WaveformName
from monitor.core.changes import AlertView, LimitView, SessionView
from monitor.core.entries import Actor
from monitor.storage.queries import SessionLine


@dataclass(frozen=True, slots=True)
class NibpPoint:
    """One determination of blood pressure, mmHg; null where it failed to tell."""

    at: Instant
    systolic: int | float | None
    diastolic: int | float | None
    mean: int | float | None


@dataclass(frozen=True, slots=True)
class Mark:
    """A step of the session, for the trend."""

    at: Instant
    step: str
    rate_mg_h: Decimal | None
    actor: Actor | None


class Trend(BaseModel):
    """A chair's past. ``parameters``: for each the values as [seconds since ``from``, value or null], at most one per ``step_s``."""

    model_config = ConfigDict(serialize_by_alias=True)

    since: Instant = Field(alias="from")
    until: Instant
    step_s: int
    parameters: dict[Parameter, list[tuple[int, int | float | None]]]
    nibp: list[NibpPoint]
    alerts: list[AlertView]
    session: SessionView | None
    marks: list[Mark]


@dataclass(frozen=True, slots=True)
class WavePiece:
    """Samples that follow each other without a gap; ``at`` is the time of the first."""

    at: Instant
    samples: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class PastWave:
    """A curve of a time that has passed. Physical value = (sample + offset) × scale; what lies between two pieces is not known."""

    name: WaveformName
    device: str
    rate_hz: float
    scale: float | None
    offset: int
    unit: Unit
    pieces: tuple[WavePiece, ...]


class PastWaves(BaseModel):
    """The curves of a session between two instants."""

    model_config = ConfigDict(serialize_by_alias=True)

    since: Instant = Field(alias="from")
    until: Instant
    waves: tuple[PastWave, ...]


@dataclass(frozen=True, slots=True)
class SessionLines:
    """Sessions, newest first. ``older``: give it as ``before`` to get those that follow; null: there are no more."""

    sessions: tuple[SessionLine, ...]
    older: Instant | None


@dataclass(frozen=True, slots=True)
class DeedDone:
    """What a person did at the chair. ``arguments`` as they were sent; empty for what the session itself tells (admit, screen)."""

    at: Instant
    by: Actor
    action: str
    arguments: dict[str, Any]


@dataclass(frozen=True, slots=True)
class LimitStep:
    """An alarm limit from ``at`` on."""

    at: Instant
    limit: LimitView


@dataclass(frozen=True, slots=True)
class Deeds:
    """What people did during a session, and the limits in force: each as it was at the admission, then its changes.

    ``demo``: a simulator or a recording spoke on a line when it began, so this is no patient.
    """

    deeds: tuple[DeedDone, ...]
    limits: tuple[LimitStep, ...]
    demo: bool = False
