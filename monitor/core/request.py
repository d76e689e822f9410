"""An operator's action on its way: where, by whom, with what, when; and how its arguments are read."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Protocol

from drivers.base.observations import Instant
from monitor.core import limits
from monitor.core.alerts import Alerts
from monitor.core.changes import LimitView
from monitor.core.entries import Actor, Role
from monitor.core.nibp import Nibp
from monitor.core.present import Present
from monitor.core.session import LIVE, Session, next_phase
from monitor.errors import ActionNotAllowed, BadRequest

Deed = Callable[[], None]

CLINICAL = frozenset({Role.NURSE, Role.PHYSICIAN, Role.SERVICE})


class Place(Protocol):
    """What actions need of a bedside."""

    chair: str
    present: Present
    alerts: Alerts
    nibp: Nibp

    @property
    def max_dose_mg(self) -> Decimal: ...
    def preset(self) -> Mapping[limits.Key, LimitView]: ...
    def accept_unit(self, device: str, by: str, at: Instant) -> None: ...


@dataclass(frozen=True, slots=True)
class Request:
    """An action on its way: where, who, with what, when."""

    place: Place
    actor: Actor
    arguments: Mapping[str, Any]
    at: Instant

    def text(self, name: str, longest: int = 200, needed: bool = True) -> str:
        value = self.arguments.get(name) or ""
        if not isinstance(value, str) or len(value.strip()) > longest or (needed and not value.strip()):
            raise BadRequest(f"{name} must be a text of {'1' if needed else '0'} to {longest} characters")
        return value.strip()

    def whole(self, name: str, low: int, high: int) -> int:
        value = self.arguments.get(name)
        if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
            raise BadRequest(f"{name} must be a whole number from {low} to {high}, not {value!r}")
        return value

    def session_for(self, action: str) -> Session:
        """The session, in a phase from which the action leads on. Raises ``ActionNotAllowed``."""
        session = self.place.present.session
        next_phase(session, action)
        assert session is not None
        return session

    def live_session(self) -> Session:
        """The session of the patient at the chair. Raises ``ActionNotAllowed``."""
        session = self.place.present.session
        if session is None or session.phase not in LIVE:
            raise ActionNotAllowed("no patient is admitted at this chair")
        return session
