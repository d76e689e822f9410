"""What every router needs: the rooms it asks, the form of its answers, and who is signed in."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Any, Protocol

from fastapi import Depends, Request
from starlette.responses import Response

from drivers.base.observations import Instant
from monitor.core.changes import ChairView, Criterion
from monitor.core.entries import Actor
from monitor.errors import NotFound
from monitor.storage.audit import AuditLog
from monitor.storage.queries import Records
from monitor.web.access import ScriptPolicy, Seal
from monitor.web.hub import Clinic, Hub, Watched
from monitor.web.messages import encode


class House(Watched, Protocol):
    """What the API needs of the station."""

    def criteria(self, chair: str) -> tuple[Criterion, ...]: ...
    async def act(self, chair: str, actor: Actor, action: str, arguments: dict[str, Any]) -> int: ...
    def set_preset(
        self,
        limits: Mapping[str, Decimal],
        responses: Mapping[str, str],
        version: str,
        delays: Mapping[str, int],
        max_dose_mg: Decimal,
        settings: Mapping[str, Decimal],
    ) -> None: ...


def _writing() -> bool:
    return True


@dataclass(frozen=True, slots=True)
class Rooms:
    """The rooms behind the web. ``record_is_writing`` says whether what happens reaches the disk; ``data_dir`` is where the record
    is, for processes of their own that read it."""

    house: House
    hub: Hub
    records: Records
    audit: AuditLog
    now: Callable[[], Instant]
    clinic: Clinic
    seal: Seal
    policy: ScriptPolicy = field(default_factory=ScriptPolicy)
    record_is_writing: Callable[[], bool] = _writing
    hosts: Iterable[str] = ()
    data_dir: Path | None = None

    def view(self, chair: str) -> ChairView:
        """Return the present state of a chair; raises ``NotFound`` for one that is not there."""
        if chair not in self.house.chairs:
            raise NotFound(f"there is no chair '{chair}'; there are {', '.join(self.house.chairs)}")
        return self.house.view(chair)[1]


class Answer(Response):
    """A message of ``monitor.web.messages`` as JSON, encoded as on the websocket."""

    media_type = "application/json"

    def __init__(self, content: Any, status_code: int = 200, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(content, status_code, headers)

    def render(self, content: Any) -> bytes:
        return encode(content)


def failures(**sentences: str) -> dict[int | str, dict[str, Any]]:
    """Describe the failures of a route for the API's documentation: ``failures(_404="no such chair")``.

    By reference to the one ``Failure``, which the house's version route brings in: a model for each would slow the start.
    """
    schema = {"schema": {"$ref": "#/components/schemas/Failure"}}
    content = {"application/json": schema}
    return {int(name[1:]): {"content": content, "description": sentence} for name, sentence in sentences.items()}


def _signed_in(request: Request) -> Actor | None:
    actor: Actor | None = getattr(request.state, "actor", None)
    return actor


SignedIn = Annotated[Actor | None, Depends(_signed_in)]
"""Who is signed in at this browser. Writes never come this far without one (see ``access``)."""
