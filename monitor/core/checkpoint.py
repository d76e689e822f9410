"""What outlives a gap: the content of a checkpoint. Decoders, values but spots, and running delays do not."""

from dataclasses import dataclass, field
from typing import Any

from drivers.base.observations import Instant
from drivers.base.vocabulary import Parameter
from monitor.core.alerts import Alert, AudioPause
from monitor.core.changes import CommandView, LimitView, Vital
from monitor.core.codec import from_json, to_json
from monitor.core.cuff import Cuff
from monitor.core.entries import ChairConfig
from monitor.core.present import Ailment
from monitor.core.session import Session
from monitor.core.units import Bond


@dataclass(frozen=True, slots=True)
class Survivors:
    """All of it frozen, so that two can be compared: then one has become another."""

    config: ChairConfig
    software: str
    demo: bool
    offset_us: int
    session: Session | None
    attended_at: Instant
    cuff: Cuff
    spots: tuple[Vital, ...]
    seen: frozenset[Parameter]
    limits: tuple[LimitView, ...]
    alerts: tuple[Alert, ...]
    pause: AudioPause | None
    commands: tuple[CommandView, ...]
    made: int
    house: dict[str, Ailment]
    bonds: dict[str, Bond] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        data: dict[str, Any] = to_json(self)
        return data

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> "Survivors":
        kept: Survivors = from_json(cls, data)
        return kept
