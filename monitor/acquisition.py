"""The ports of the house: one task each that opens, reads, and opens again; and what is to be sent goes out.

Bytes go to the station as they come; nothing is collected and nothing is understood here. What a line has buffered before
anybody read it is thrown away and counted: it would be taken for fresh.
"""

import asyncio
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace

import structlog

from drivers.base.datagramport import Port, open_named
from drivers.base.decoder import Driver, Line
from drivers.base.serialport import PortError, open_port
from monitor.core.changes import Change, Send
from monitor.core.entries import (
    Bytes,
    BytesSent,
    Configured,
    DeviceConfig,
    Entry,
    PortClosing,
    PortLost,
    PortOpened,
    Resumed,
)
from monitor.station import Station
from monitor.tasks import supervised

RETRY_S = 0.25
"""A port that cannot be opened is tried again so often: a device that is plugged in again shows its values within 2 s of its
first byte, and most of that time is its own. A try costs 0.2 ms of processor time."""
LOOK_S = 0.5
"""How often it is seen whether a port's name still leads to the device that is open."""
FAREWELL_S = 0.3
"""How long the lines get to take a farewell."""

OpenPort = Callable[[str, Line], Port]
log = structlog.get_logger()


@dataclass(slots=True)
class Counts:
    """What a port has seen since the server began; ``old`` bytes were thrown away unread."""

    received: int = 0
    sent: int = 0
    old: int = 0
    opened: int = 0


class PortTask:
    """One device's port."""

    def __init__(self, station: Station, chair: str, device: DeviceConfig, driver: Driver, opening: OpenPort) -> None:
        self.counts = Counts()
        self._station = station
        self._chair = chair
        self._device = device
        self._line = _line(device, driver)
        self._open: Callable[[], Port] = lambda: open_named(device.port, self._line, driver, opening)
        self._port: Port | None = None
        self._ended = asyncio.Event()
        self._told: str | None = None
        self._log = log.bind(chair=chair, device=device.id, port=device.port)

    async def run(self) -> None:
        """Keep the port open for ever; when it cannot be, try again and again."""
        try:
            while True:
                try:
                    port = await asyncio.to_thread(self._open)
                except PortError as error:
                    self._tell_lost(str(error))
                else:
                    self._begin(port)
                    await self._ended.wait()
                await asyncio.sleep(RETRY_S)
        finally:
            self.close()

    def send(self, data: bytes) -> None:
        """Write to the line; to a port that is not open nothing is sent, and the device is known to be lost."""
        if self._port:
            self._port.write(data)

    def announce(self) -> None:
        """The bedside was made anew: throw away what is old and tell it that the line is open."""
        if self._port:
            if old := self._discard(self._port):
                self._log.warning("old bytes thrown away", count=old)
            self._station.submit(self._chair, PortOpened(self._device.id, self._port.simulated))

    def look(self) -> None:
        """See whether the port is still the one that was opened."""
        if self._port:
            self._port.look()

    @property
    def unwritten(self) -> int:
        """Bytes that the line has not taken yet."""
        return self._port.unwritten if self._port else 0

    def close(self) -> None:
        """Let go of the port."""
        if self._port:
            self._port.close()
            self._port = None

    def _begin(self, port: Port) -> None:
        self._ended.clear()
        self._port = port
        self._told = None
        self.counts.opened += 1
        old = self._discard(port)
        self._log.info("port opened", simulated=port.simulated, line=str(self._line), old_bytes=old)
        port.start(self._received, self._written, self._lost)
        self._station.submit(self._chair, PortOpened(self._device.id, port.simulated))

    def _discard(self, port: Port) -> int:
        old = port.discard_old()
        self.counts.old += old
        return old

    def _received(self, data: bytes) -> None:
        if self._station.submit(self._chair, Bytes(self._device.id, data)):
            self.counts.received += len(data)
        else:
            self.counts.old += len(data)

    def _written(self, data: bytes) -> None:
        self.counts.sent += len(data)
        self._station.submit(self._chair, BytesSent(self._device.id, data))

    def _lost(self, why: str) -> None:
        self._port = None
        self._ended.set()
        self._tell_lost(why)

    def _tell_lost(self, why: str) -> None:
        """The chair is told each new reason, the log once that the port is gone."""
        if self._told is None:
            self._log.warning("port lost", why=why)
        if why != self._told:
            self._told = why
            self._station.submit(self._chair, PortLost(self._device.id, why))


def _line(device: DeviceConfig, driver: Driver) -> Line:
    """The line's settings: the driver's, unless the configuration says otherwise. The handshake is always the driver's."""
    return replace(Line.parse(device.line), rts_cts=driver.line.rts_cts) if device.line else driver.line


class Acquisition:
    """All ports of the house. Subscribes itself to the station."""

    def __init__(self, station: Station, drivers: Mapping[str, Driver], opening: OpenPort = open_port) -> None:
        self._station = station
        self.ports: dict[tuple[str, str], PortTask] = {
            (chair, device.id): PortTask(station, chair, device, drivers[device.driver], opening)
            for chair, place in station.chairs.items()
            for device in place.config.devices
        }
        station.subscribe(self._take)

    async def run(self) -> None:
        """Keep every port until cancelled."""
        async with asyncio.TaskGroup() as tasks:
            for (chair, device), port in self.ports.items():
                name = f"port {chair}/{device}"
                tasks.create_task(supervised(name, port.run, self._tell), name=name)
            tasks.create_task(supervised("ports", self._look, self._tell), name="ports")

    async def _look(self) -> None:
        while True:
            await asyncio.sleep(LOOK_S)
            for port in self.ports.values():
                port.look()

    async def farewell(self) -> None:
        """Let the decoders take leave of their devices, and the lines a moment to carry it."""
        for chair in self._station.chairs:
            self._station.submit(chair, PortClosing())
        patience = FAREWELL_S
        while patience > 0 and any(port.unwritten for port in self.ports.values()):
            await asyncio.sleep(0.02)
            patience -= 0.02

    def _tell(self, ailing: bool, text: str) -> None:
        self._station.tell("monitor", ailing, text)

    def _take(self, entry: Entry, changes: Iterable[Change]) -> None:
        if type(entry.body) in (Configured, Resumed):
            for (chair, _), port in self.ports.items():
                if chair == entry.chair:
                    port.announce()
        for change in changes:
            if type(change) is Send:
                self.ports[entry.chair, change.device].send(change.data)
