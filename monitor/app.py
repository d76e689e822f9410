"""The server's composition root: makes every room, connects them, and runs them for as long as the app lives."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from functools import partial

import structlog
from fastapi import FastAPI

from drivers.base.registry import all_drivers
from monitor import __version__
from monitor.acquisition import Acquisition
from monitor.clock import Clock
from monitor.config import Config
from monitor.core.entries import Actor
from monitor.errors import MonitorError, StoreError
from monitor.station import Station
from monitor.storage.audit import AuditLog
from monitor.storage.presets import Preset, Presets, trouble_with, usable
from monitor.storage.queries import Records
from monitor.storage.recorder import Recorder
from monitor.storage.store import Store
from monitor.tasks import supervised
from monitor.web.access import Seal, kept_secret
from monitor.web.answers import Rooms
from monitor.web.api import create
from monitor.web.hub import REMEMBERED_US, Clinic, Hub

SECRET = "sign-in.key"  # noqa: S105
Begin = Callable[[Station], Awaitable[None]]
log = structlog.get_logger()


def build(config: Config, clock: Clock) -> FastAPI:
    """Make the whole server. It runs while the app's lifespan lasts, which raises ``StoreError`` when the record cannot be used."""
    server = Server(config, clock)
    api = create(server.rooms, server.lifespan)
    api.state.server = server
    return api


class Server:
    """All rooms of one house. ``refused`` says why the lifespan could not begin, when that is the user's to mend.

    ``begin``, when set before, is called once all runs and before anybody is answered. ``is_new``, so set: the house has just
    been set up, and version 1 of its pre-set is made as shipped, signed by ``signer`` if there is one.
    """

    def __init__(self, config: Config, clock: Clock) -> None:
        self.config = config
        self.clock = clock
        self.store = Store(config.data_dir)
        self.audit = AuditLog(self.store.engine, clock.now)
        self.station = Station(clock, config.chairs, all_drivers(), __version__)
        self.acquisition = Acquisition(self.station, all_drivers())
        self.recorder: Recorder | None = None
        self.refused: MonitorError | None = None
        self.begin: Begin | None = None
        self.is_new = False
        self.signer: Actor | None = None
        clinic = Clinic(config.clinic, config.zone, __version__, clock.speed)
        self.hub = Hub(self.station, clock.now, clinic)
        self.station.subscribe(self.hub.take)
        self.rooms = Rooms(
            house=self.station,
            hub=self.hub,
            records=Records(self.store.engine),
            audit=self.audit,
            now=clock.now,
            clinic=clinic,
            seal=self._seal(),
            record_is_writing=lambda: self.recorder is not None and not self.recorder.ailing,
            hosts=[config.host],
            data_dir=config.data_dir,
        )

    def _seal(self) -> Seal:
        users = {user.name: Actor(user.name, user.role) for user in self.config.users}
        try:
            return Seal(kept_secret(self.config.data_dir / SECRET), users)
        except OSError as error:
            raise StoreError(f"the data directory {self.config.data_dir} cannot be used: {error.strerror}") from None

    @asynccontextmanager
    async def lifespan(self, _app: FastAPI) -> AsyncIterator[None]:
        """Run the house: from the record that is taken up to the last entry that is written."""
        async with AsyncExitStack() as stack:
            try:
                self.store.open()
            except StoreError as error:
                self.refused = error
                raise
            stack.callback(self.store.close)
            self.store.keep_anchor(self.clock.settle(self.store.anchor(), self.store.last_at()))
            self._look_at_audit_log()
            stack.push_async_callback(self.audit.close)
            trouble = await self._take_preset()
            recorder = self.recorder = Recorder(self.store, partial(self.station.tell, "record"), self.station.resume)
            stack.push_async_callback(recorder.close)
            self.hub.remember(self.rooms.records.alerts_ended_since(self.clock.now() - REMEMBERED_US))
            self.station.start(recorder, {chair: self.store.tail(chair) for chair in self.station.chairs})
            if trouble:
                self.station.tell("preset", True, trouble)
            tasks = [
                self._keep("station", self.station.run),
                self._keep("recorder", recorder.run),
                self._keep("audit", self.audit.run),
                self._keep("hub", self.hub.run),
                self._keep("acquisition", self.acquisition.run),
            ]
            log.info("watching", chairs=len(self.station.chairs), version=__version__)
            try:
                if self.begin:
                    await self._begin(self.begin)
                yield
            finally:
                await self.acquisition.farewell()
                for task in tasks:
                    task.cancel()
                await asyncio.gather(*tasks, return_exceptions=True)
        log.info("stopped")

    def _look_at_audit_log(self) -> None:
        """A broken chain is told, in the log and to whoever asks for the server's health; it keeps nobody from working."""
        if broken := self.audit.check().broken:
            log.error(broken, record=str(self.store.path))

    async def _take_preset(self) -> str:
        """The store's pre-set counts; the first is made of the limits of the configuration, if it has any.

        Return why it cannot be used, as a sentence for the chairs, or "".
        """
        presets, in_file = Presets(self.audit), self.config.chairs[0].limits
        current = presets.current()
        if in_file and not current.version:
            try:
                current = await presets.take_over(in_file)
            except StoreError as error:
                self.refused = error
                raise
            log.warning("pre-set taken from [limits]; from now on it is changed on the settings page")
        elif self.is_new and not current.version:
            current = await self._first_preset(presets)
        elif in_file:
            log.warning("[limits] of the configuration no longer counts", preset=current.version)
        trouble = trouble_with(current.limits, current.delays, current.settings)
        if current.version:
            used = usable(current)
            self.station.set_preset(
                used.limits, used.responses, str(used.version), used.delays, used.max_dose_mg, used.settings
            )
        if trouble:
            return (
                f"The clinic's pre-set, version {current.version}, cannot be used ({trouble}): the shipped limits count"
            )
        return ""

    async def _first_preset(self, presets: Presets) -> Preset:
        try:
            return await presets.begin(self.signer)
        except StoreError as error:
            self.refused = error
            raise

    async def _begin(self, begin: Begin) -> None:
        try:
            await begin(self.station)
        except MonitorError as error:
            self.refused = error
            raise

    def _keep(self, name: str, run: Callable[[], Awaitable[None]]) -> asyncio.Task[None]:
        return asyncio.create_task(supervised(name, run, partial(self.station.tell, "monitor")), name=name)
