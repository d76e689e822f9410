"""The turnstile: every entry of every chair gets its time and number here, is applied, recorded and handed on.

``at`` never goes backwards and ``seq`` has no holes. The station also keeps the beat: it sleeps until the next deadline,
and notices when the house itself stood still. It draws no conclusions from what passes.
"""

import asyncio
import json
from collections import deque
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal
from types import MappingProxyType
from typing import Any, Protocol

import structlog
from pydantic import TypeAdapter, ValidationError

from drivers.base.decoder import Driver
from drivers.base.observations import Instant
from monitor.clock import Clock
from monitor.core.bedside import Bedside
from monitor.core.changes import ChairView, Change, Criterion
from monitor.core.entries import (
    Actor,
    Beat,
    Body,
    Bytes,
    ChairConfig,
    ClockStepped,
    Configured,
    Entry,
    HouseChanged,
    OperatorAction,
    Resumed,
)
from monitor.core.infusion import MAX_DOSE_MG
from monitor.core.session import LIVE
from monitor.errors import NotFound
from monitor.storage.blocks import to_json
from monitor.storage.store import Tail

BEAT_US = 1_000_000
STALL_US = 5_000_000
"""No beat for so long is a gap; in the world's time, whatever the clock's speed."""
OFFSET_TOLERATED_US = 1_000_000
FAULT_SHOWN_US = 60_000_000
"""A monitoring fault is told for so long after it last happened."""

_config: TypeAdapter[ChairConfig] = TypeAdapter(ChairConfig)
Subscriber = Callable[[Entry, list[Change]], None]
log = structlog.get_logger()


class Record(Protocol):
    """What the station needs of the recorder."""

    def follow(self, chair: str, checkpoint: bytes | None) -> None: ...
    def take(self, entry: Entry, changes: list[Change], checkpoint: dict[str, Any] | None) -> None: ...
    async def committed(self, chair: str, seq: int) -> None: ...


@dataclass(slots=True)
class Place:
    """A chair as the station knows it. ``index`` is its place in the configuration."""

    id: str
    index: int
    config: ChairConfig
    bedside: Bedside
    seq: int = 0
    at: Instant = 0
    version: int = 0
    checkpoint: dict[str, Any] | None = None
    deadline: Instant | None = None
    fault_until: Instant | None = None
    house: dict[str, HouseChanged] = field(default_factory=dict)


class Station:
    """All chairs of the house. ``start`` it with what the record holds, then keep ``run`` going."""

    def __init__(
        self,
        clock: Clock,
        chairs: Iterable[ChairConfig],
        drivers: Mapping[str, Driver],
        software: str,
    ) -> None:
        self.clock = clock
        self._drivers = drivers
        self._software = software
        self._places = {
            config.id: Place(config.id, index, config, Bedside(config.id, drivers))
            for index, config in enumerate(chairs)
        }
        self.chairs: Mapping[str, Place] = MappingProxyType(self._places)
        self._record: Record | None = None
        self._subscribers: list[Subscriber] = []
        self._queue: deque[tuple[Place, Body]] = deque()
        self._busy = False
        self._alive = clock.now()
        self._stall_us = round(STALL_US * max(1.0, clock.speed))
        self._offset = 0
        self._waking_at: Instant = 0
        self._wake: asyncio.Event | None = None

    # What the shells call

    def subscribe(self, callback: Subscriber) -> None:
        """Have ``callback`` called with every entry and its changes, after they were recorded."""
        self._subscribers.append(callback)

    def view(self, chair: str) -> tuple[int, ChairView]:
        """Return the seq of the newest entry and the present state. Raises ``NotFound``."""
        place = self._place(chair)
        return place.seq, place.bedside.view(max(self.clock.now(), place.at))

    def criteria(self, chair: str) -> tuple[Criterion, ...]:
        """Return what is asked for before the next step of the chair's session. Raises ``NotFound``."""
        place = self._place(chair)
        return place.bedside.criteria(max(self.clock.now(), place.at))

    def submit(self, chair: str, body: Body) -> bool:
        """Let something happen at a chair; return False for bytes that came through a stall: those are too old to use."""
        place = self._places[chair]
        if self._busy:
            self._queue.append((place, body))
            return True
        now = self.clock.now()
        if now - self._alive > self._stall_us:
            self._stalled()
            if type(body) is Bytes:
                log.warning("old bytes thrown away", chair=chair, device=body.device, count=len(body.data))
                return False
        self._apply(place, body, now)
        if self._queue:
            self._drain()
        return True

    async def act(self, chair: str, actor: Actor, action: str, arguments: dict[str, Any]) -> int:
        """Let a person act; return the action's seq once it is on disk. Raises ``MonitorError`` when it may not be."""
        seq = self._act(self._place(chair), OperatorAction(actor, action, arguments))
        if self._record:
            await self._record.committed(chair, seq)
        return seq

    def tell(self, what: str, ailing: bool, text: str) -> None:
        """Tell every chair what ails the house, or no longer does."""
        for chair in self._places:
            self.submit(chair, HouseChanged(what, ailing, text))

    def set_preset(
        self,
        limits: Mapping[str, Decimal],
        responses: Mapping[str, str],
        version: str,
        delays: Mapping[str, int],
        max_dose_mg: Decimal = MAX_DOSE_MG,
        settings: Mapping[str, Decimal] | None = None,
    ) -> None:
        """Have this pre-set count at every chair from its next admission on; a session keeps the one that it began with."""
        for place in self._places.values():
            place.config = replace(
                place.config,
                limits=dict(limits),
                delays=dict(delays),
                responses=dict(responses),
                version=version,
                max_dose_mg=max_dose_mg,
                settings=dict(settings or {}),
            )

    def resume(self, chair: str, why: str) -> None:
        """Make the bedside anew from what must survive, as after a gap."""
        self._resume(self._place(chair), self.clock.now() - self._alive, why)
        self._drain()

    # Start and beat

    def start(self, record: Record, tails: Mapping[str, Tail | None]) -> None:
        """Take up every chair where its record ends, or begin it."""
        self._record = record
        self._alive = self.clock.now()
        for place in self._places.values():
            tail = tails.get(place.id)
            record.follow(place.id, tail.checkpoint if tail else None)
            self._begin(place, tail)
        self._drain()
        self._check_wall_clock()

    async def run(self) -> None:
        """Keep the beat: wake for each deadline and at least once a second."""
        self._wake = asyncio.Event()
        while True:
            now = self.clock.now()
            if now - self._alive > self._stall_us:
                self._stalled()
            self._alive = now
            self._beat(now)
            self._check_wall_clock()
            await self._sleep()

    async def _sleep(self) -> None:
        assert self._wake
        deadlines = [place.deadline for place in self._places.values() if place.deadline is not None]
        beat_us = round(BEAT_US * self.clock.speed)
        self._waking_at = min([*deadlines, self.clock.now() + beat_us])
        self._wake.clear()
        timer = self.clock.call_at(self._waking_at, self._wake.set)
        try:
            await self._wake.wait()
        finally:
            timer.cancel()

    def _beat(self, now: Instant) -> None:
        for place in self._places.values():
            if place.deadline is not None and place.deadline <= now:
                self._apply(place, Beat(), now)
            if place.fault_until is not None and place.fault_until <= now:
                place.fault_until = None
                self._queue.append((place, HouseChanged("monitor", False, "the chair is watched again")))
        self._drain()

    def _check_wall_clock(self) -> None:
        offset = self.clock.wall_offset()
        if abs(offset - self._offset) > OFFSET_TOLERATED_US:
            log.warning("wall clock stepped", offset_s=round(offset / 1e6, 3))
            self._offset = offset
            for chair in self._places:
                self.submit(chair, ClockStepped(offset))

    # The turnstile

    def _drain(self) -> None:
        """Apply what waits; what subscribers submit meanwhile waits its turn."""
        while self._queue and not self._busy:
            place, body = self._queue.popleft()
            self._apply(place, body, self.clock.now())

    def _act(self, place: Place, body: OperatorAction) -> int:
        self._drain()
        at = max(self.clock.now(), place.at)
        if at - self._alive > self._stall_us:
            self._stalled()
        if place.deadline is not None and place.deadline <= at:
            self._apply(place, Beat(), at)
        place.bedside.check(body, at)
        if body.action == "admit":
            self._configure(place, at)
        seq = self._apply(place, body, at)
        if body.action == "close":
            self._configure(place, at)
        self._drain()
        return seq

    def _apply(self, place: Place, body: Body, now: Instant) -> int:
        """Stamp, apply, record, hand on. A beat that changed nothing leaves no trace."""
        at = now if now > place.at else place.at
        entry = Entry(place.id, place.seq + 1, at, body)
        bedside = place.bedside
        self._busy = True
        try:
            changes = bedside.apply(entry)
            place.deadline = bedside.next_deadline()
            version = bedside.checkpoint_version
            checkpoint = None
            if version != place.version:
                place.version = version
                checkpoint = place.checkpoint = bedside.checkpoint()
        except Exception:
            log.exception("entry not applied", chair=place.id, seq=entry.seq, at=at, body=_described(body))
            self._busy = False
            return self._replace(place, body, at)
        finally:
            self._busy = False
        if type(body) is Beat and not changes and checkpoint is None:
            return place.seq
        place.seq, place.at = entry.seq, at
        if type(body) is HouseChanged:
            place.house[body.what] = body
        self._hand_on(entry, changes, checkpoint)
        if place.deadline is not None and place.deadline < self._waking_at and self._wake:
            self._wake.set()
        return entry.seq

    def _hand_on(self, entry: Entry, changes: list[Change], checkpoint: dict[str, Any] | None) -> None:
        self._busy = True
        try:
            if self._record:
                self._record.take(entry, changes, checkpoint)
            for subscriber in self._subscribers:
                try:
                    subscriber(entry, changes)
                except Exception:
                    log.exception("entry not shown", chair=entry.chair, seq=entry.seq)
        finally:
            self._busy = False

    # Beginnings and gaps

    def _begin(self, place: Place, tail: Tail | None) -> None:
        now = self.clock.now()
        if tail:
            place.seq, place.at = tail.last_seq, tail.last_at
        if tail is None or tail.checkpoint is None or tail.config is None:
            self._configure(place, now)
            return
        place.checkpoint = json.loads(tail.checkpoint)
        try:
            place.bedside = Bedside.restore(place.id, self._drivers, json.loads(tail.checkpoint))
        except Exception:
            log.exception("checkpoint not understood, the chair begins anew", chair=place.id, seq=place.seq)
            self._fault(place, now, _FORGOTTEN)
            self._configure(place, now)
            return
        config = _begun_with(place, tail.config)
        if json.loads(tail.config) == json.loads(to_json(config)):
            self._resume(place, max(0, now - place.at), "the server was started again")
        else:
            self._configure(place, now, config)
        # What ailed the house then is told anew by whoever finds that it still does.
        for what in place.checkpoint.get("house", {}):
            self._queue.append((place, HouseChanged(what, False, "the server was started again")))

    def _configure(self, place: Place, at: Instant, config: ChairConfig | None = None) -> None:
        self._apply(place, Configured(config or place.config, self._software, place.bedside.units()), at)
        self._retell(place)

    def _resume(self, place: Place, gap_us: int, why: str) -> None:
        log.warning("gap", chair=place.id, gap_s=round(gap_us / 1e6, 3), why=why)
        if place.checkpoint is not None:
            # Through JSON, so that it is what a restart would find on disk.
            checkpoint = json.loads(to_json(place.checkpoint))
            place.bedside = Bedside.restore(place.id, self._drivers, checkpoint)
            place.version = place.bedside.checkpoint_version
        self._apply(place, Resumed(gap_us, why, self._software), self.clock.now())
        self._retell(place)

    def _retell(self, place: Place) -> None:
        """A bedside that was made anew does not know what ails the house, nor how the wall clock stands."""
        for told in place.house.values():
            if told.ailing:
                self._queue.append((place, told))
        if self._offset:
            self._queue.append((place, ClockStepped(self._offset)))

    def _stalled(self) -> None:
        now = self.clock.now()
        gap_us, self._alive = now - self._alive, now
        for place in self._places.values():
            self._resume(place, gap_us, "the house stood still")
        self._drain()

    def _replace(self, place: Place, body: Body, at: Instant) -> int:
        """The bedside failed on an entry: make it anew without that entry, and say so."""
        if isinstance(body, Configured):
            raise RuntimeError(f"the bedside of chair {place.id} cannot be made")
        self._fault(place, at, _FAULT)
        if place.checkpoint is None or isinstance(body, Resumed):
            place.bedside = Bedside(place.id, self._drivers)
            self._configure(place, at)
        else:
            self._resume(place, 0, "the monitor failed on an entry")
        return place.seq

    def _fault(self, place: Place, at: Instant, sentence: str) -> None:
        """Note a fault of our own, to be told to the bedside that is made next, for a while."""
        place.fault_until = at + FAULT_SHOWN_US
        place.house["monitor"] = HouseChanged("monitor", True, sentence)

    def _place(self, chair: str) -> Place:
        try:
            return self._places[chair]
        except KeyError:
            known = ", ".join(self._places)
            raise NotFound(f"there is no chair '{chair}'; there are {known}") from None


_FAULT = "Monitor fault: something that was received could not be used; the server's log has the details"
_FORGOTTEN = "Monitor fault: the session at this chair could not be taken up after the restart; admit the patient again"


def _begun_with(place: Place, kept: bytes) -> ChairConfig:
    """The chair as it is configured now, with the pre-set of ``kept`` where a session runs that began with that."""
    if place.bedside.present.phase not in LIVE:
        return place.config
    try:
        before = _config.validate_json(kept)
    except ValidationError:
        return place.config
    return replace(
        place.config,
        limits=before.limits,
        delays=before.delays,
        responses=before.responses,
        version=before.version,
        max_dose_mg=before.max_dose_mg,
        settings=before.settings,
    )


def _described(body: Body) -> str:
    """A body for the log: whole where it holds nothing personal."""
    if isinstance(body, OperatorAction):
        return f"operator_action {body.action} {sorted(body.arguments)}"
    return repr(body)
