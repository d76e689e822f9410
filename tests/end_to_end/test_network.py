"""A monitor met over UDP on this computer's loopback: the port, the simulated house, and the driver at its end. Here time is real."""

import asyncio
import socket
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from drivers.base.datagramport import DatagramPort, open_datagram_port
from drivers.base.decoder import Datagrams
from drivers.base.observations import DeviceStatus, Observation, Reading, WaveformChunk
from drivers.base.vocabulary import Parameter, StatusCode
from drivers.intellivue import DRIVER
from simulators.base.errors import ScenarioError, SimulatorError
from simulators.base.house import SimulatedHouse
from simulators.base.network import NetworkPort
from simulators.base.scenario import parse
from simulators.intellivue import SIMULATOR
from tests.drivers import intellivue_messages as messages

assert DRIVER.datagrams is not None
LAN: Datagrams = DRIVER.datagrams
PATIENCE_S = 60.0
"""A loaded machine is slow, not wrong: so long is waited before a test fails."""


class Monitor:
    """The monitor's end of the network."""

    def __init__(self) -> None:
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind(("127.0.0.1", 0))
        self.socket.settimeout(PATIENCE_S)
        self.name = f"udp://127.0.0.1:{self.socket.getsockname()[1]}"
        self.peer: tuple[str, int] = ("", 0)

    def hear(self) -> bytes:
        data, self.peer = self.socket.recvfrom(65536)
        return data

    def say(self, *datagrams: bytes) -> None:
        for datagram in datagrams:
            self.socket.sendto(datagram, self.peer)


class Heard:
    """What a port said."""

    def __init__(self, port: DatagramPort) -> None:
        self.received: list[bytes] = []
        self.written: list[bytes] = []
        self.lost: list[str] = []
        port.start(self.received.append, self.written.append, self.lost.append)


async def until(found: object, seconds: float = PATIENCE_S) -> None:
    end = time.monotonic() + seconds
    while not (found() if callable(found) else found):
        assert time.monotonic() < end, "did not come in time"
        await asyncio.sleep(0.01)


@pytest.fixture
def monitor() -> Iterator[Monitor]:
    monitor = Monitor()
    yield monitor
    monitor.socket.close()


@pytest.fixture
async def port(monitor: Monitor) -> AsyncIterator[DatagramPort]:
    port = open_datagram_port(monitor.name, LAN)
    yield port
    port.close()


async def test_frames_here_are_datagrams_there(monitor: Monitor, port: DatagramPort) -> None:
    heard = Heard(port)
    frames = LAN.wrap(messages.ASSOCIATION_REQUEST) + LAN.wrap(messages.RELEASE_REQUEST)
    port.write(frames)
    assert [monitor.hear(), monitor.hear()] == [messages.ASSOCIATION_REQUEST, messages.RELEASE_REQUEST]
    assert b"".join(heard.written) == frames
    monitor.say(messages.ASSOCIATION_RESPONSE, b"", messages.ABORT)
    await until(lambda: len(heard.received) == 2)
    assert heard.received == [LAN.wrap(messages.ASSOCIATION_RESPONSE), LAN.wrap(messages.ABORT)]
    assert (port.simulated, port.unwritten) == (True, 0)


async def test_nobody_else_is_heard_and_what_is_old_is_thrown_away(monitor: Monitor, port: DatagramPort) -> None:
    port.start(lambda data: None, lambda data: None, lambda why: None)
    port.write(LAN.wrap(b"\x09"))
    monitor.hear()
    port.close()
    fresh = open_datagram_port(monitor.name, LAN)
    ours = fresh._socket.getsockname()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as stranger:
        stranger.sendto(messages.ABORT, ours)
    monitor.peer = ours
    monitor.say(b"12345", b"678")
    assert fresh.discard_old() == 8
    heard = Heard(fresh)
    monitor.say(messages.ABORT)
    await until(lambda: heard.received)
    assert heard.received == [LAN.wrap(messages.ABORT)]
    fresh.close()
    fresh.write(LAN.wrap(b"\x09"))
    assert heard.written == []


async def test_that_nobody_is_there_is_no_loss(monitor: Monitor, port: DatagramPort) -> None:
    """Switched on later, the monitor is heard at once: UDP knows no connection."""
    heard = Heard(port)
    address = monitor.socket.getsockname()
    monitor.socket.close()
    for _ in range(3):
        port.write(LAN.wrap(b"\x09"))
        await asyncio.sleep(0.02)
    assert heard.lost == []
    monitor.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    monitor.socket.bind(address)
    monitor.socket.settimeout(PATIENCE_S)
    port.write(LAN.wrap(b"\x0a"))
    assert monitor.hear() == b"\x0a"
    port.look()
    assert heard.lost == []


class GoneNetwork:
    """A socket whose network interface has been taken down, or that cannot take more."""

    def __init__(self, error: OSError) -> None:
        self.error = error

    def getpeername(self) -> tuple[str, int]:
        return ("192.0.2.1", 24105)

    def send(self, data: bytes) -> int:
        raise self.error

    def recv(self, size: int) -> bytes:
        raise self.error

    def fileno(self) -> int:
        return 999

    def close(self) -> None:
        pass


@pytest.mark.parametrize("by", ["sending", "reading"])
async def test_a_network_that_is_gone_is_a_lost_port(by: str) -> None:
    port = DatagramPort(GoneNetwork(OSError(101, "")), "udp://192.0.2.1", LAN)  # type: ignore[arg-type]
    lost: list[str] = []
    port._received, port._written, port._lost = lost.append, lost.append, lost.append  # type: ignore[assignment]
    port._loop = asyncio.get_running_loop()
    port.write(LAN.wrap(b"\x09") * 2) if by == "sending" else port._read()
    assert lost == ["udp://192.0.2.1 was lost: Network is unreachable"]


async def test_a_network_that_is_busy_loses_a_datagram() -> None:
    port = DatagramPort(GoneNetwork(BlockingIOError(11, "")), "udp://192.0.2.1", LAN)  # type: ignore[arg-type]
    port._loop = asyncio.get_running_loop()
    port.write(LAN.wrap(b"\x09"))
    port._read()
    assert not port.simulated
    port._socket.error = OSError(1, "")  # type: ignore[attr-defined]
    port.write(LAN.wrap(b"\x09"))
    port._read()
    port._loop = None


# The simulated house

SCENARIO = '[[chair]]\nname = "LAN"\ndevices = { cardiac = "intellivue" }\nudp = { cardiac = 0 }\n'


class Client:
    """The driver at the end of a port, woken when it wants to be."""

    def __init__(self, name: str) -> None:
        self.said: list[Observation] = []
        self._decoder = DRIVER.decoder()
        self._port = open_datagram_port(name, LAN)
        self._port.start(self._take, lambda data: None, lambda why: None)
        self.said += self._decoder.opened(self._now())
        self._port.write(self._decoder.bytes_to_send())

    def _now(self) -> int:
        return time.monotonic_ns() // 1000

    def _take(self, data: bytes) -> None:
        self.said += self._decoder.feed(data, self._now())
        self._port.write(self._decoder.bytes_to_send())

    def has(self, kind: type, count: int = 1) -> bool:
        now = self._now()
        while (due := self._decoder.next_deadline()) is not None and due <= now:
            self.said += self._decoder.wake(due)
        self._port.write(self._decoder.bytes_to_send())
        return sum(isinstance(one, kind) for one in self.said) >= count

    def leave(self) -> None:
        self._decoder.closing(self._now())
        self._port.write(self._decoder.bytes_to_send())
        self._port.close()


async def test_the_driver_reads_a_monitor_on_the_network(tmp_path: Path) -> None:
    house = SimulatedHouse(parse("own.toml", SCENARIO))
    house.open(tmp_path)
    (device,) = house.description()["chairs"][0]["devices"]
    assert device["port"].startswith("udp://127.0.0.1:")
    client = Client(device["port"])
    try:
        await until(lambda: client.has(Reading, 2) and client.has(WaveformChunk, 2))
    finally:
        client.leave()
        house.close()
    shown = {
        n.parameter for one in client.said if isinstance(one, Reading) for n in one.numerics if n.value is not None
    }
    assert {Parameter.HR, Parameter.SPO2} <= shown
    assert StatusCode.CONNECTED in [one.code for one in client.said if isinstance(one, DeviceStatus)]
    assert list(tmp_path.iterdir()) == []


async def test_a_monitor_tells_that_it_is_there_and_answers_whoever_spoke_last() -> None:
    assert SIMULATOR.network is not None
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as listener:
        listener.bind(("127.0.0.1", 0))
        listener.settimeout(PATIENCE_S)
        network = SIMULATOR.network
        network = type(network)(network.wrap, network.reader, network.announcement, listener.getsockname()[1])
        received: list[bytes] = []
        port = NetworkPort(0, network, received.append)
        port.plug()
        port.plug()
        told = listener.recv(4096)
        number = int(port.link.rpartition(":")[2])
        assert told == network.announcement("127.0.0.1", number)
        port.write(network.wrap(messages.ABORT))
        assert port.overrun == len(messages.ABORT)
        listener.sendto(messages.ASSOCIATION_REQUEST, ("127.0.0.1", number))
        await until(lambda: received)
        assert received == [LAN.wrap(messages.ASSOCIATION_REQUEST)]
        whole = network.wrap(messages.ASSOCIATION_RESPONSE)
        port.write(whole[:62])
        port.write(whole[62:] + network.wrap(messages.MDS_CREATE)[:-1])
        assert listener.recv(4096) == messages.ASSOCIATION_RESPONSE
        port.unplug()
        port.unplug()
        port.write(whole)
        with pytest.raises(SimulatorError, match="cannot listen at udp"):
            NetworkPort(listener.getsockname()[1], network, received.append).plug()
        port.plug()
        assert port.link.endswith(f":{number}")
        port.unplug()


async def test_a_device_that_has_no_network_socket_is_refused(tmp_path: Path) -> None:
    text = '[[chair]]\nname = "A"\ndevices = { oximeter = "nonin" }\nudp = { oximeter = 0 }\n'
    with pytest.raises(ScenarioError, match="the story 'A' cannot happen: nonin is not met over UDP"):
        SimulatedHouse(parse("own.toml", text)).open(tmp_path)
