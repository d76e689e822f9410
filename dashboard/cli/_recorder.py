"""Records what passes on one port, with its times: the shell of ``vigil capture``.

The driver's decoder listens along only to know what to ask; what it says is not kept, for it can be had from the bytes again.
"""

import asyncio
import signal
import time
from collections.abc import Callable
from contextlib import suppress
from typing import BinaryIO

from drivers.base.datagramport import Port, open_named
from drivers.base.decoder import Decoder, Driver, Line
from drivers.base.observations import Instant, Observation
from monitor import __version__
from monitor.core.entries import (
    Body,
    Bytes,
    BytesSent,
    ChairConfig,
    Configured,
    DeviceConfig,
    Entry,
    PortClosing,
    PortLost,
    PortOpened,
)
from monitor.storage.blocks import BlockBuilder
from monitor.storage.capture import CHAIR, DEVICE, MAGIC, packed

FLUSH_S = 0.25
"""What a kill may cost."""
FAREWELL_S = 0.2


class _Deaf(Decoder):
    """Understands nothing and asks nothing."""

    def feed(self, data: bytes, at: Instant) -> list[Observation]:
        return []


def unknown_device(line: Line) -> Driver:
    """Stands in for the driver of a device that none knows; its name is empty."""
    return Driver("", "unknown device", line, (), (), (), _Deaf)


class Recorder:
    """Records one port into a file. ``count`` bytes were received so far."""

    def __init__(self, out: BinaryIO, driver: Driver, port: str, line: Line) -> None:
        self.count = 0
        self._out = out
        self._driver = driver
        self._path = port
        self._line = line
        self._builder = BlockBuilder(CHAIR)
        self._seq = 0
        self._wall = time.time_ns() // 1000
        self._began = self._last = time.monotonic_ns() // 1000
        self._lost = ""
        self._port: Port | None = None
        self._decoder = driver.decoder()

    @property
    def seconds(self) -> float:
        """How long it has recorded."""
        return (self._last - self._began) / 1e6

    async def run(self, seconds: float | None, asking: bool) -> str:
        """Record until the time is over, Ctrl-C, or the port is lost: then return why. Raises ``PortError`` and ``OSError``."""
        stop = asyncio.Event()
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, stop.set)
        self._port = port = await asyncio.to_thread(open_named, self._path, self._line, self._driver)
        try:
            port.discard_old()
            self._out.write(MAGIC)
            self._enter(self._configured())
            port.start(self._received, self._written, self._ended(stop))
            if asking:
                at = self._enter(PortOpened(DEVICE, port.simulated))
                self._decoder.opened(at)
                self._send()
            end = None if seconds is None else self._now() + round(seconds * 1e6)
            while not stop.is_set() and (end is None or self._now() < end):
                self._flush()
                await self._wait(stop, end, asking)
            if asking and not self._lost:
                self._decoder.closing(self._now())
                self._send()
                await asyncio.sleep(FAREWELL_S)
            self._enter(PortLost(DEVICE, self._lost) if self._lost else PortClosing())
            self._flush()
        finally:
            port.close()
        return self._lost

    def _ended(self, stop: asyncio.Event) -> Callable[[str], None]:
        def lost(why: str) -> None:
            self._lost = why
            stop.set()

        return lost

    async def _wait(self, stop: asyncio.Event, end: Instant | None, asking: bool) -> None:
        """Wait for the end, the decoder's next deadline or the next flush."""
        deadline = self._decoder.next_deadline() if asking else None
        ends = [moment for moment in (end, deadline) if moment is not None]
        pause_s = min([FLUSH_S, *((moment - self._now()) / 1e6 for moment in ends)])
        with suppress(TimeoutError):
            await asyncio.wait_for(stop.wait(), max(0.001, pause_s))
        if asking:
            self._wake(self._now())

    def _wake(self, at: Instant) -> None:
        while (due := self._decoder.next_deadline()) is not None and due <= at:
            self._decoder.wake(due)
            self._send()

    def _received(self, data: bytes) -> None:
        self.count += len(data)
        at = self._enter(Bytes(DEVICE, data))
        self._wake(at)
        self._decoder.feed(data, at)
        self._send()

    def _written(self, data: bytes) -> None:
        self._enter(BytesSent(DEVICE, data))

    def _send(self) -> None:
        data = self._decoder.bytes_to_send()
        if data and self._port is not None:
            self._port.write(data)

    def _now(self) -> Instant:
        return self._wall + time.monotonic_ns() // 1000 - self._began

    def _enter(self, body: Body) -> Instant:
        at = self._now()
        self._last = self._began + at - self._wall
        self._seq += 1
        self._builder.add(Entry(CHAIR, self._seq, at, body))
        return at

    def _flush(self) -> None:
        block = self._builder.take()
        if block is not None:
            self._out.write(packed(block))
            self._out.flush()

    def _configured(self) -> Body:
        device = DeviceConfig(DEVICE, self._driver.name, self._path, self._driver.title, str(self._line))
        return Configured(ChairConfig(CHAIR, "Capture", (device,)), __version__)
