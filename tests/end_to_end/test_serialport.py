"""A serial port on a real (pseudo-)line: reading, writing in parts, losing it, and what is said when it cannot be opened."""

import asyncio
import fcntl
import os
import pty
import select
import struct
import termios
import tty
from collections.abc import Iterator
from pathlib import Path

import pytest

from drivers.base.decoder import Line
from drivers.base.serialport import OUTPUT_LIMIT, PortError, SerialPort, is_pseudo_terminal, open_port

LINE = Line(9600)


class Wire:
    """A pseudo-terminal: the device's end, and the path of ours, reached by a link as udev makes it."""

    def __init__(self, folder: Path) -> None:
        self.device, self._ours = pty.openpty()
        tty.setraw(self._ours)
        os.set_blocking(self.device, False)
        folder.mkdir(exist_ok=True)
        self.link = folder / "by-id"
        self.link.symlink_to(os.ttyname(self._ours))

    async def holds(self, count: int) -> None:
        """Wait until so many bytes lie at our end, unread."""
        async with asyncio.timeout(60):
            while struct.unpack("i", fcntl.ioctl(self._ours, termios.FIONREAD, bytes(4)))[0] < count:
                await asyncio.sleep(0.01)

    def read(self, count: int) -> bytes:
        """What has come at the device's end: so many bytes."""
        data = b""
        while len(data) < count and select.select([self.device], [], [], 60)[0]:
            data += os.read(self.device, 100)
        return data

    def unplug(self) -> None:
        for end in (self.device, self._ours):
            if end >= 0:
                os.close(end)
        self.device = self._ours = -1


class Heard:
    """What a port said."""

    def __init__(self, port: SerialPort) -> None:
        self.received = bytearray()
        self.written = bytearray()
        self.lost: list[str] = []
        self.news = asyncio.Event()
        port.start(self._received, self._written, self._lost)

    def _received(self, data: bytes) -> None:
        self.received += data
        self.news.set()

    def _written(self, data: bytes) -> None:
        self.written += data
        self.news.set()

    def _lost(self, why: str) -> None:
        self.lost.append(why)
        self.news.set()

    async def next(self) -> None:
        await asyncio.wait_for(self.news.wait(), 60)
        self.news.clear()


@pytest.fixture
def wire(tmp_path: Path) -> Iterator[Wire]:
    wire = Wire(tmp_path)
    yield wire
    wire.unplug()


async def test_bytes_come_and_go(wire: Wire) -> None:
    port = open_port(str(wire.link), LINE)
    heard = Heard(port)
    assert port.simulated
    os.write(wire.device, b"\x01\x80\xff\x00")
    await heard.next()
    assert heard.received == b"\x01\x80\xff\x00"
    port.write(b"\x3a\x20")
    assert heard.written == b"\x3a\x20"
    assert wire.read(2) == b"\x3a\x20"
    port.close()
    assert heard.lost == []


async def test_what_came_before_anybody_read_is_thrown_away_and_counted(wire: Wire) -> None:
    port = open_port(str(wire.link), LINE)
    os.write(wire.device, bytes(1000))
    await wire.holds(1000)
    assert port.discard_old() == 1000
    heard = Heard(port)
    os.write(wire.device, b"new")
    await heard.next()
    assert heard.received == b"new"
    port.close()


async def test_a_line_that_takes_little_gets_the_rest_later(wire: Wire) -> None:
    port = open_port(str(wire.link), LINE)
    heard = Heard(port)
    data = bytes(range(256)) * 200
    port.write(data)
    assert port.unwritten
    taken = bytearray()
    while len(taken) < len(data):
        try:
            taken += os.read(wire.device, 4096)
        except BlockingIOError:
            await heard.next()
    assert taken == data == heard.written
    assert not port.unwritten
    port.close()


async def test_a_line_that_takes_nothing_counts_as_lost(wire: Wire) -> None:
    port = open_port(str(wire.link), LINE)
    heard = Heard(port)
    port.write(bytes(OUTPUT_LIMIT))
    port.write(bytes(OUTPUT_LIMIT))
    assert heard.lost == [f"{wire.link} takes no more bytes"]
    port.write(b"x")
    assert len(heard.lost) == 1


async def test_an_unplugged_device_is_told_once(wire: Wire) -> None:
    port = open_port(str(wire.link), LINE)
    heard = Heard(port)
    wire.unplug()
    await heard.next()
    assert len(heard.lost) == 1
    assert heard.lost[0].startswith(f"{wire.link} was lost")
    port.close()
    assert len(heard.lost) == 1


def test_a_port_belongs_to_one(wire: Wire) -> None:
    port = open_port(str(wire.link), LINE)
    with pytest.raises(PortError, match=f"the port {wire.link} is in use by another program"):
        open_port(str(wire.link), LINE)
    port.close()
    open_port(str(wire.link), LINE).close()


def test_a_port_that_does_not_exist_and_one_that_is_none(tmp_path: Path) -> None:
    with pytest.raises(PortError, match=r"the port .*/none does not exist: is the device plugged in\?"):
        open_port(str(tmp_path / "none"), LINE)
    (tmp_path / "file").touch()
    with pytest.raises(PortError, match="file is no serial port"):
        open_port(str(tmp_path / "file"), LINE)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may open everything")
def test_a_port_without_permission_names_the_group(wire: Wire) -> None:
    os.chmod(wire.link, 0)
    with pytest.raises(PortError, match="'dialout'"):
        open_port(str(wire.link), LINE)


def test_what_is_no_terminal_is_not_simulated(wire: Wire, tmp_path: Path) -> None:
    assert is_pseudo_terminal(str(wire.link))
    (tmp_path / "file").touch()
    assert not is_pseudo_terminal(str(tmp_path / "file"))
    assert not is_pseudo_terminal(str(tmp_path / "none"))
    assert not is_pseudo_terminal("/dev/null")


async def test_a_port_whose_link_leads_elsewhere_is_lost(wire: Wire, tmp_path: Path) -> None:
    port = open_port(str(wire.link), LINE)
    heard = Heard(port)
    port.look()
    assert heard.lost == []
    other = Wire(tmp_path / "other")
    wire.link.unlink()
    wire.link.symlink_to(os.path.realpath(other.link))
    port.look()
    assert heard.lost == [f"{wire.link} was lost: it has been unplugged"]
    port.look()
    assert len(heard.lost) == 1
    again = Heard(open_port(str(wire.link), LINE))
    os.write(other.device, b"other")
    await again.next()
    assert again.received == b"other"
    other.unplug()


async def test_a_port_whose_link_is_gone_is_lost(wire: Wire) -> None:
    port = open_port(str(wire.link), LINE)
    heard = Heard(port)
    wire.link.unlink()
    port.look()
    assert heard.lost == [f"{wire.link} was lost: it has been unplugged"]


class Adapter:
    """A port as the operating system lists it."""

    def __init__(self, device: str, serial_number: str | None) -> None:
        self.device, self.serial_number = device, serial_number


def test_an_adapter_is_found_by_its_usb_serial_number_wherever_it_is_plugged_in(
    wire: Wire, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plugged = [Adapter("/dev/ttyS0", None), Adapter(os.path.realpath(wire.link), "A1")]
    monkeypatch.setattr("serial.tools.list_ports.comports", lambda: plugged)
    port = open_port("usb:A1", LINE)
    assert (port.path, port.simulated) == ("usb:A1", True)
    with pytest.raises(PortError, match="the port usb:A1 is in use by another program"):
        open_port("usb:A1", LINE)
    port.close()
    other = Wire(tmp_path / "other")
    plugged[1] = Adapter(os.path.realpath(other.link), "A1")
    open_port("usb:A1", LINE).close()
    with pytest.raises(PortError, match="no adapter with the USB serial number A2 is there: is it plugged in"):
        open_port("usb:A2", LINE)
    plugged.append(Adapter("/dev/ttyUSB0", "A1"))
    with pytest.raises(PortError, match=r"2 ports have the USB serial number A1 \(/dev/pts/\d+, /dev/ttyUSB0\)"):
        open_port("usb:A1", LINE)
    other.unplug()
