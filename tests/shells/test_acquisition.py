"""The ports: opened, lost, opened again; what comes is handed on, what is old is not, what is to be sent goes out."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

import pytest
import structlog.testing

from drivers.base.decoder import Line
from drivers.base.serialport import PortError
from monitor.acquisition import Acquisition, PortTask
from monitor.core.changes import Change
from monitor.core.entries import Body, Bytes, BytesSent, DeviceConfig, Entry, PortLost, PortOpened
from tests.shells.making import ADMISSION, DRIVERS, NURSE, House, house


@pytest.fixture(autouse=True)
def _at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("monitor.acquisition.RETRY_S", 0.0)


class FakePort:
    """A port as the test wants it. ``old`` bytes wait unread."""

    simulated = True
    unwritten = 0

    def __init__(self, old: int = 0) -> None:
        self.old = old
        self.sent: list[bytes] = []
        self.closed = False

    def start(
        self, received: Callable[[bytes], None], written: Callable[[bytes], None], lost: Callable[[str], None]
    ) -> None:
        self.received, self._written, self.lost = received, written, lost

    def discard_old(self) -> int:
        old, self.old = self.old, 0
        return old

    def look(self) -> None:
        """Still there."""

    def write(self, data: bytes) -> None:
        self.sent.append(data)
        self._written(data)

    def close(self) -> None:
        self.closed = True


class Plug:
    """Where the device is plugged in: each opening gives the next of ``ports``, or raises it; then it waits for ever."""

    def __init__(self, *ports: FakePort | PortError) -> None:
        self._ports: Iterator[FakePort | PortError] = iter(ports)

    def __call__(self, path: str, line: Line) -> Any:
        assert (path, line) == ("/dev/port-1", Line(9600))
        port = next(self._ports, PortError("nothing there any more"))
        if isinstance(port, PortError):
            raise port
        return port


class Acquiring:
    """A house with its ports."""

    def __init__(self, at_house: House, acquisition: Acquisition) -> None:
        self.house = at_house
        self.acquisition = acquisition
        self._bodies: asyncio.Queue[Body] = asyncio.Queue()
        at_house.station.subscribe(self._take)

    def _take(self, entry: Entry, changes: list[Change]) -> None:
        self._bodies.put_nowait(entry.body)

    async def comes(self, body: Body) -> None:
        """Wait for an entry with this body."""
        while await self._bodies.get() != body:
            pass

    @property
    def counts(self) -> Any:
        return self.acquisition.ports["1", "oximeter"].counts


@asynccontextmanager
async def acquiring(*ports: FakePort | PortError) -> AsyncIterator[Acquiring]:
    async with house() as h:
        acquisition = Acquisition(h.station, DRIVERS, Plug(*ports))
        a = Acquiring(h, acquisition)
        running = asyncio.create_task(acquisition.run())
        try:
            yield a
        finally:
            running.cancel()
            await asyncio.gather(running, return_exceptions=True)


OPENED = PortOpened("oximeter", simulated=True)


async def test_bytes_are_handed_on_as_they_come_and_the_decoder_s_are_sent() -> None:
    port = FakePort(old=7)
    async with acquiring(port) as a:
        await a.comes(OPENED)
        await a.comes(BytesSent("oximeter", b"hello"))
        port.received(b"\x60")
        port.received(b"\x5f\x5e")
        assert a.house.record.bodies()[-2:] == [Bytes("oximeter", b"\x60"), Bytes("oximeter", b"\x5f\x5e")]
        assert port.sent == [b"hello"]
        counts = a.counts
        assert (counts.received, counts.sent, counts.old, counts.opened) == (3, 5, 7, 1)
    assert port.closed


async def test_a_port_that_cannot_be_opened_is_told_once_a_reason_and_tried_again() -> None:
    missing, busy = PortError("it does not exist"), PortError("it is in use")
    async with acquiring(missing, missing, missing, busy, FakePort()) as a:
        await a.comes(OPENED)
        assert [body for body in a.house.record.bodies() if isinstance(body, PortLost)] == [
            PortLost("oximeter", "it does not exist"),
            PortLost("oximeter", "it is in use"),
        ]


async def test_the_log_says_once_that_a_port_is_lost_and_once_that_it_is_open_again() -> None:
    first, second, missing = FakePort(), FakePort(old=40), PortError("it does not exist")
    with structlog.testing.capture_logs() as log:
        async with acquiring(first, missing, missing, second) as a:
            await a.comes(OPENED)
            first.lost("it was unplugged")
            await a.comes(PortLost("oximeter", "it does not exist"))
            await a.comes(OPENED)
    said = [(line["event"], line.get("why"), line.get("old_bytes")) for line in log if line["event"] != "gap"]
    assert said == [
        ("port opened", None, 0),
        ("port lost", "it was unplugged", None),
        ("port opened", None, 40),
    ]


async def test_a_port_is_looked_at_while_it_is_open(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("monitor.acquisition.LOOK_S", 0.0)

    class Gone(FakePort):
        def look(self) -> None:
            self.lost("its link leads elsewhere")

    async with acquiring(Gone(), FakePort()) as a:
        await a.comes(PortLost("oximeter", "its link leads elsewhere"))
        await a.comes(OPENED)


async def test_a_port_that_is_lost_is_told_and_opened_again() -> None:
    first, second = FakePort(), FakePort(old=40)
    async with acquiring(first, second) as a:
        await a.comes(OPENED)
        first.received(b"\x60")
        first.lost("it was unplugged")
        await a.comes(PortLost("oximeter", "it was unplugged"))
        assert a.house.station.view("1")[1].vitals == () or all(
            vital.value is None for vital in a.house.station.view("1")[1].vitals
        )
        await a.comes(OPENED)
        second.received(b"\x5d")
        assert a.house.record.bodies()[-1] == Bytes("oximeter", b"\x5d")
        assert (a.counts.opened, a.counts.old) == (2, 40)


async def test_a_device_s_own_line_settings_replace_the_driver_s_but_not_its_handshake() -> None:
    device = DeviceConfig("oximeter", "talker", "/dev/port-1", line="19200 8O1")
    driver = replace(DRIVERS["talker"], line=Line(9600, rts_cts=True))
    opened: asyncio.Queue[Line] = asyncio.Queue()

    def opening(path: str, line: Line) -> Any:
        loop.call_soon_threadsafe(opened.put_nowait, line)
        raise PortError("nothing there")

    loop = asyncio.get_running_loop()
    async with house() as h:
        running = asyncio.create_task(PortTask(h.station, "1", device, driver, opening).run())
        assert await opened.get() == Line(19200, parity="O", rts_cts=True)
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)


async def test_a_bedside_made_anew_hears_that_the_line_is_open_and_gets_nothing_old() -> None:
    port = FakePort()
    async with acquiring(port) as a:
        await a.comes(OPENED)
        port.old = 12
        await a.house.station.act("1", NURSE, "admit", ADMISSION)
        await a.comes(OPENED)
        assert a.counts.old == 12
        assert port.sent == [b"hello", b"hello"]


async def test_after_a_standstill_what_was_read_first_is_thrown_away_too() -> None:
    port = FakePort()
    async with acquiring(port) as a:
        await a.comes(OPENED)
        port.old = 100
        a.house.clock.jump(60)
        port.received(b"\x40\x41")
        assert Bytes("oximeter", b"\x40\x41") not in a.house.record.bodies()
        assert a.counts.old == 102
        port.received(b"\x60")
        assert a.house.record.bodies()[-1] == Bytes("oximeter", b"\x60")


async def test_a_farewell_is_sent_before_the_ports_close() -> None:
    port = FakePort()
    async with acquiring(port) as a:
        await a.comes(OPENED)
        await a.acquisition.farewell()
        assert port.sent == [b"hello", b"bye"]
        assert not port.closed


async def test_a_task_that_fails_is_told_and_started_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("monitor.tasks.RESTART_S", 0.0)
    monkeypatch.setattr("monitor.tasks.RECOVERED_S", 0.0)

    class Bug(FakePort):
        def discard_old(self) -> int:
            raise RuntimeError("a bug in the house")

    async with acquiring(Bug(), FakePort()) as a:
        await a.comes(OPENED)
        told = [body.text for body in a.house.record.bodies() if body.type == "house_changed"]
        assert told[0] == "Monitor fault in port 1/oximeter: RuntimeError"
