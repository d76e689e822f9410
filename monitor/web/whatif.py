"""What closed sessions would have told under other limits and delays: tried in a process of its own, one trial at a time.

It changes nothing. Both sides come from the same bytes; what people would have done differently nobody knows.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Annotated, Any, Protocol

import orjson
from fastapi import APIRouter, Query, Response
from pydantic import Field

from monitor.core.request import CLINICAL
from monitor.errors import ActionNotAllowed, BadRequest, NotPermitted
from monitor.storage.presets import trouble_with
from monitor.web.answers import Answer, Rooms, SignedIn, failures
from monitor.web.messages import DecimalText, FromClient
from monitor.worker import Worker

MOST_SESSIONS = 20
LIMIT_S = 3600
CAUTION = (
    "The same bytes under other limits. It says what would have been told, and nothing of what people would have done."
)


class Trial(FromClient):
    """Closed sessions, and the limits, delays (whole seconds) and other numbers of the rules (``settings``) to try on them. What is not
    named stays as it was recorded."""

    sessions: Annotated[
        tuple[Annotated[str, Field(min_length=1, max_length=64)], ...], Field(min_length=1, max_length=MOST_SESSIONS)
    ]
    limits: dict[str, DecimalText] = Field(default_factory=dict)
    delays: dict[str, int] = Field(default_factory=dict)
    settings: dict[str, DecimalText] = Field(default_factory=dict)


class Trying(Protocol):
    """What works a trial out: ``monitor.worker.Worker``."""

    lines: list[dict[str, Any]]
    trouble: str

    @property
    def running(self) -> bool: ...
    async def start(self, *arguments: str, given: bytes = b"") -> None: ...
    async def cancel(self, why: str = "") -> None: ...


@dataclass(frozen=True, slots=True)
class TrialView:
    """The last trial. ``now`` is the session that is worked on, ``share`` how much of it is done, 0 to 1.

    ``number`` counts trials, ``done`` the sessions worked out; ``results`` are those after the ones that were ``seen``. They hold, a
    session each, the counts by priority of both sides (``recorded``, ``changed``) and the alerts side by side, or ``error``;
    seconds count from the start of the infusion.
    """

    number: int
    running: bool
    of: int
    done: int
    now: str
    share: float
    trouble: str
    limits: Mapping[str, str]
    delays: Mapping[str, int]
    settings: Mapping[str, str]
    results: tuple[dict[str, Any], ...]
    caution: str = CAUTION
    most: int = MOST_SESSIONS


def router(rooms: Rooms, worker: Trying | None = None) -> APIRouter:
    routes = APIRouter(prefix="/api/what-if", tags=["preset"])
    trying = worker or Worker("monitor.whatif", LIMIT_S, "a trial is being worked out: wait for it, or end it")
    asked: dict[int, Trial] = {}  # the last one, by its number

    @routes.get("", summary="The last trial of other limits, as far as it is worked out", response_model=TrialView)
    async def trial(seen: Annotated[int, Query(ge=0, le=MOST_SESSIONS)] = 0) -> Response:
        return Answer(_view(trying, asked, seen))

    @routes.post(
        "",
        summary="Try other limits and delays on closed sessions; changes nothing",
        response_model=TrialView,
        responses=failures(
            _401="nobody is signed in",
            _403="this role may not do that",
            _409="another trial is being worked out",
            _422="these numbers cannot stand together",
        ),
    )
    async def begin(actor: SignedIn, body: Trial) -> Response:
        assert actor is not None  # the access layer lets no other write through
        _check_role(actor)
        if rooms.data_dir is None:
            raise ActionNotAllowed("this server keeps no record that could be read")
        made, settings = (
            {key: Decimal(value) for key, value in table.items()} for table in (body.limits, body.settings)
        )
        if trouble := trouble_with(made, body.delays, settings):
            raise BadRequest(trouble)
        given = {"data_dir": str(rooms.data_dir), **body.model_dump(mode="json")}
        await trying.start(given=orjson.dumps(given))
        number = max(asked, default=0) + 1
        asked.clear()
        asked[number] = body
        return Answer(_view(trying, asked))

    @routes.post("/end", summary="End the trial that is being worked out", response_model=TrialView)
    async def end(actor: SignedIn) -> Response:
        assert actor is not None
        _check_role(actor)
        await trying.cancel(f"{actor.name} ended it before all sessions were worked out")
        return Answer(_view(trying, asked))

    return routes


def _check_role(actor: Any) -> None:
    if actor.role not in CLINICAL:
        raise NotPermitted(f"{actor.name} is signed in as {actor.role}; a nurse or physician may do this")


def _view(trying: Trying, asked: Mapping[int, Trial], seen: int = 0) -> TrialView:
    results = tuple(line for line in trying.lines if "session" in line)
    begun = [line["begins"] for line in trying.lines if "begins" in line]
    number = max(asked, default=0)
    trial = asked.get(number)
    busy = trying.running and len(begun) > len(results)
    return TrialView(
        number=number,
        running=trying.running,
        done=len(results),
        of=len(trial.sessions) if trial else 0,
        now=begun[-1] if busy else "",
        share=trying.lines[-1].get("share", 0.0) if busy else 0.0,
        trouble=trying.trouble,
        limits={name: str(value) for name, value in trial.limits.items()} if trial else {},
        delays=trial.delays if trial else {},
        settings={name: str(value) for name, value in trial.settings.items()} if trial else {},
        results=results[seen:],
    )
