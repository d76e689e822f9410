"""Devices unplugged and plugged in again, in any order and into any socket, on pseudo-terminals behind links as udev makes them."""

import asyncio
import os
import time
import tty
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
import structlog.testing

from drivers.base.registry import all_drivers
from drivers.base.vocabulary import Parameter, StatusCode
from monitor.acquisition import Acquisition
from monitor.clock import SystemClock
from monitor.core.changes import ChairView, DeviceView
from monitor.core.entries import ChairConfig, DeviceConfig
from monitor.station import Station
from tests.bench.lines import Cuff
from tests.shells.making import ADMISSION, NURSE, MemoryRecord

LIVE_S = 2.0
"""Values are live so long after the device's first byte."""
AT_ONCE_S = 0.3
PATIENCE = 10
"""A loaded machine is slow, not wrong: so many times as long is waited."""
SPEED = 5.0

Port = tuple[int, int]


class Oximeter:
    """A Nonin oximeter in data format 2 (75 frames a second), on a pseudo-terminal of its own each time it is plugged in."""

    def __init__(self, link: Path, spo2: int) -> None:
        self.link, self.spo2 = link, spo2
        self.first_byte_at = 0.0
        self.sockets: list[Port] = []
        self._talking: asyncio.Task[None] | None = None

    def plug(self, link: Path | None = None) -> None:
        """Into a socket that udev gives this link (else its own)."""
        self.sockets.append(_socket())
        _lead(link or self.link, self.sockets[-1])
        self.first_byte_at = time.monotonic()
        self._talking = asyncio.create_task(self._talk(self.sockets[-1][0]))

    def unplug(self, link: Path | None = None) -> None:
        """The plug is pulled: the host's end hangs up, and the link goes."""
        self.fall_silent()
        for end in self.sockets.pop():
            os.close(end)
        (link or self.link).unlink()

    def fall_silent(self) -> None:
        assert self._talking
        self._talking.cancel()

    async def _talk(self, ours: int) -> None:
        while True:
            for number in range(1, 26):
                frame = bytes((1, 0x80 | (number == 1), 100, {2: 72, 3: self.spo2, 9: self.spo2}.get(number, 0)))
                with_sum = frame + bytes((sum(frame) & 0xFF,))
                _write(ours, with_sum)
                await asyncio.sleep(1 / 75)


def _write(ours: int, data: bytes) -> None:
    """What nobody reads is lost, as on a UART."""
    try:
        os.write(ours, data)
    except BlockingIOError:
        return


def _socket() -> Port:
    ours, theirs = os.openpty()
    tty.setraw(theirs)
    os.set_blocking(ours, False)
    return ours, theirs


def _lead(link: Path, socket: Port) -> None:
    link.unlink(missing_ok=True)
    link.symlink_to(os.ttyname(socket[1]))


class House:
    """Chairs on real ports, without a web."""

    def __init__(self, station: Station, log: list[Any]) -> None:
        self.station = station
        self._log = log

    def chair(self, chair: str = "1") -> ChairView:
        return self.station.view(chair)[1]

    def value(self, parameter: Parameter, chair: str = "1") -> float | None:
        return next((v.value for v in self.chair(chair).vitals if v.parameter is parameter), None)

    def spo2(self, chair: str = "1") -> float | None:
        return self.value(Parameter.SPO2, chair)

    def device(self, name: str, chair: str = "1") -> DeviceView:
        return next(device for device in self.chair(chair).devices if device.id == name)

    def statuses(self, name: str) -> list[StatusCode]:
        return [status.code for status in self.device(name).statuses]

    def told(self) -> list[tuple[str, str]]:
        """What the log has said of ports since the last time: (event, chair)."""
        told = [(entry["event"], entry["chair"]) for entry in self._log]
        self._log.clear()
        return told


async def until(so: Callable[[], bool], seconds: float) -> float:
    """Wait until it is so, patiently; return how long that took."""
    began = time.monotonic()
    while not so():
        assert time.monotonic() - began < max(1.0, seconds) * PATIENCE, f"not so within {seconds} s, nor long after"
        await asyncio.sleep(0.01)
    return time.monotonic() - began


async def begun(house: House, oximeter: Oximeter, chair: str = "1") -> None:
    await until(lambda: house.spo2(chair) == oximeter.spo2, 10)


async def live(house: House, oximeter: Oximeter, chair: str = "1") -> None:
    """Within 2 s of the device's first byte its value is there."""
    await until(lambda: house.spo2(chair) == oximeter.spo2, oximeter.first_byte_at + LIVE_S - time.monotonic())


@asynccontextmanager
async def house_of(*chairs: Sequence[tuple[str, str, Path]], speed: float = 1.0) -> AsyncIterator[House]:
    """A house; each chair is a list of (device, driver, port)."""
    configs = [
        ChairConfig(
            str(n), f"Chair {n}", tuple(DeviceConfig(name, driver, str(port)) for name, driver, port in devices)
        )
        for n, devices in enumerate(chairs, 1)
    ]
    station = Station(SystemClock(speed), configs, all_drivers(), "0.1.0")
    with structlog.testing.capture_logs() as log:
        acquisition = Acquisition(station, all_drivers())
        station.start(MemoryRecord(), {})
        tasks = [asyncio.create_task(station.run()), asyncio.create_task(acquisition.run())]
        try:
            yield House(station, log)
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)


@pytest.fixture
async def two(tmp_path: Path) -> AsyncIterator[tuple[Oximeter, Oximeter]]:
    """Two oximeters, plugged in."""
    oximeters = Oximeter(tmp_path / "by-id-A", 95), Oximeter(tmp_path / "by-id-B", 98)
    for oximeter in oximeters:
        oximeter.plug()
    yield oximeters
    for oximeter in oximeters:
        oximeter.fall_silent()
        for socket in oximeter.sockets:
            for end in socket:
                os.close(end)


async def test_unplugged_it_is_blank_at_once_plugged_in_it_is_live_and_the_log_says_each_once(
    two: tuple[Oximeter, Oximeter],
) -> None:
    oximeter = two[0]
    async with house_of([("oximeter", "nonin", oximeter.link)]) as house:
        await begun(house, oximeter)
        assert house.told() == [("port opened", "1")]
        for _ in range(2):
            oximeter.unplug()
            await until(lambda: house.spo2() is None, AT_ONCE_S)
            await asyncio.sleep(1.2)
            assert house.told() == [("port lost", "1")]
            assert house.device("oximeter").why.endswith("does not exist: is the device plugged in?")
            oximeter.plug()
            await live(house, oximeter)
            assert house.told() == [("port opened", "1")]


async def test_h3_plugged_in_again_in_reverse_order_each_is_found_by_its_own_link(
    two: tuple[Oximeter, Oximeter],
) -> None:
    first, second = two
    async with house_of([("oximeter", "nonin", first.link)], [("oximeter", "nonin", second.link)]) as house:
        await begun(house, first, "1")
        await begun(house, second, "2")
        house.told()
        first.unplug()
        second.unplug()
        await until(lambda: house.spo2("1") is None and house.spo2("2") is None, AT_ONCE_S)
        second.plug()
        await live(house, second, "2")
        assert house.spo2("1") is None
        first.plug()
        await live(house, first, "1")
        assert house.spo2("2") == second.spo2
        assert sorted(house.told()) == [(event, chair) for event in ("port lost", "port opened") for chair in "12"]


async def test_h3_two_sockets_that_swap_their_links_swap_their_values_though_no_line_hung_up(
    two: tuple[Oximeter, Oximeter],
) -> None:
    first, second = two
    async with house_of([("oximeter", "nonin", first.link)], [("oximeter", "nonin", second.link)]) as house:
        await begun(house, first, "1")
        await begun(house, second, "2")
        _lead(first.link, second.sockets[0])
        _lead(second.link, first.sockets[0])
        await until(lambda: (house.spo2("1"), house.spo2("2")) == (second.spo2, first.spo2), LIVE_S)


async def test_h3_an_oximeter_in_the_socket_of_a_cuff_shows_no_values_and_is_a_technical_alarm(
    two: tuple[Oximeter, Oximeter], tmp_path: Path
) -> None:
    oximeter, nibp = two[0], tmp_path / "by-id-nibp"
    cuff = Cuff(nibp, lambda at: None)
    cuff.start()
    devices = [("oximeter", "nonin", oximeter.link), ("nibp", "suntech", nibp)]
    try:
        async with house_of(devices, speed=SPEED) as house:
            await until(lambda: house.device("nibp").line != "closed" and house.spo2() == oximeter.spo2, LIVE_S)
            await house.station.act("1", NURSE, "admit", ADMISSION)
            await until(lambda: house.device("nibp").line != "closed", LIVE_S)
            await house.station.act("1", NURSE, "start", {})
            await until(lambda: house.value(Parameter.NIBP_SYS) == 120, 5)
            taken = [v for v in house.chair().vitals if v.spot]
            theirs = os.readlink(nibp)
            oximeter.unplug()
            nibp.unlink()
            oximeter.plug(nibp)
            oximeter.link.symlink_to(theirs)
            await until(lambda: StatusCode.NOT_THIS_DEVICE in house.statuses("nibp"), LIVE_S)
            await until(lambda: sum(a.code == "device_silent" for a in house.chair().alerts) == 2, 15 / SPEED)
            assert {a.kind for a in house.chair().alerts if a.code == "device_silent"} == {"technical"}
            vitals = house.chair().vitals
            assert [v for v in vitals if v.spot] == taken
            assert {v.value for v in vitals if not v.spot} == {None}
            oximeter.link.unlink()
            oximeter.unplug(nibp)
            nibp.symlink_to(theirs)
            oximeter.plug()
            await live(house, oximeter)
            await house.station.act("1", NURSE, "nibp_start", {})
            await until(lambda: [v for v in house.chair().vitals if v.spot] != taken, 5)
            await until(lambda: all(a.code != "device_silent" for a in house.chair().alerts), LIVE_S)
    finally:
        cuff.stop()
