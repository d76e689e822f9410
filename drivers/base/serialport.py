"""A serial port on the event loop: bytes are handed on as they come, what is written goes out as the line takes it.

It collects nothing, decodes nothing and reconnects nothing. A port that is lost says so once and is then closed.

A port is named by a path (best a link of /dev/serial/by-id or by-path), or "usb:" and its adapter's USB serial number. What the name
leads to is looked up at each opening, so that an adapter is found in whichever socket it is.
"""

import asyncio
import fcntl
import os
import re
import stat
import struct
import sys
import termios
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import serial
from serial.tools import list_ports
from serial.tools.list_ports_common import ListPortInfo

from drivers.base.decoder import Line

READ_SIZE = 4096
OUTPUT_LIMIT = 64 * 1024
"""A line that lets so many bytes wait does not take any."""
OLD_BYTES_LIMIT = 1 << 20
_TIOCGICOUNT = 0x545D  # Linux, include/uapi/linux/serial.h: struct serial_icounter_struct
USB = "usb:"
"""What a port's name begins with when the rest is a USB serial number."""
BY_ID = Path("/dev/serial/by-id")
BY_PATH = Path("/dev/serial/by-path")
_LINE_ERRORS = (OSError, termios.error, serial.SerialException)


class PortError(Exception):
    """The port cannot be opened or was lost; a sentence for a person."""


class SerialPort:
    """An open port. ``received`` gets every read at once, ``written`` what was truly written, ``lost`` why it ended.

    Made by ``open_port``; the loop's reader runs from ``start`` on.
    """

    def __init__(self, device: serial.Serial, name: str, path: str) -> None:
        self.path = name
        self.simulated = is_pseudo_terminal(path)
        self._device = device
        self._fd: int = device.fileno()
        self._leads_to = path
        self._node = _node(os.fstat(self._fd))
        self._output = bytearray()
        self._loop: asyncio.AbstractEventLoop | None = None

    def start(
        self,
        received: Callable[[bytes], None],
        written: Callable[[bytes], None],
        lost: Callable[[str], None],
    ) -> None:
        """Begin to read on the running loop."""
        self._received, self._written, self._lost = received, written, lost
        self._loop = asyncio.get_running_loop()
        self._loop.add_reader(self._fd, self._read)

    def discard_old(self) -> int:
        """Throw away what the line has buffered; return how many bytes that were."""
        discarded = 0
        with suppress(*_LINE_ERRORS):
            while discarded < OLD_BYTES_LIMIT and (data := os.read(self._fd, READ_SIZE)):
                discarded += len(data)
            self._device.reset_input_buffer()
        return discarded

    def write(self, data: bytes) -> None:
        """Write ``data``, in parts if the line wants it so. A line that takes nothing any more counts as lost."""
        if not self._loop or not data:
            return
        waiting = bool(self._output)
        self._output += data
        if len(self._output) > OUTPUT_LIMIT:
            self._end(f"{self.path} takes no more bytes")
        elif not waiting:
            self._flush()

    def line_errors(self) -> int | None:
        """Bytes with a broken frame or a wrong parity that the adapter has counted so far; None where it does not count."""
        counts = bytearray(20 * 4)
        try:
            fcntl.ioctl(self._fd, _TIOCGICOUNT, counts)
        except OSError:
            return None
        _, _, _, _, _, _, frame, _, parity = struct.unpack_from("9i", counts)
        return int(frame + parity)

    def look(self) -> None:
        """See whether the name still leads to this device; a port whose link is gone, or leads elsewhere, is lost."""
        try:
            same = _node(os.stat(self._leads_to)) == self._node
        except OSError:
            same = False
        if self._loop and not same:
            self._end(f"{self.path} was lost: it has been unplugged")

    @property
    def unwritten(self) -> int:
        """Bytes that wait to be written."""
        return len(self._output)

    def close(self) -> None:
        """Stop reading and let go of the port. What was not written yet is dropped."""
        if self._loop:
            self._loop.remove_reader(self._fd)
            self._loop.remove_writer(self._fd)
            self._loop = None
        with suppress(*_LINE_ERRORS):
            self._device.reset_output_buffer()  # else the kernel would wait for a line that takes nothing
        self._device.close()

    def _read(self) -> None:
        try:
            data = os.read(self._fd, READ_SIZE)
        except (BlockingIOError, InterruptedError):
            return
        except OSError as error:
            self._end(f"{self.path} was lost: {os.strerror(error.errno or 0)}")
            return
        if data:
            self._received(data)
        else:
            self._end(f"{self.path} was lost: it has been unplugged or closed")

    def _flush(self) -> None:
        assert self._loop
        try:
            count = os.write(self._fd, self._output)
        except (BlockingIOError, InterruptedError):
            count = 0
        except OSError as error:
            self._end(f"{self.path} was lost: {os.strerror(error.errno or 0)}")
            return
        if count:
            data = bytes(self._output[:count])
            del self._output[:count]
            self._written(data)
        if self._output and self._loop:
            self._loop.add_writer(self._fd, self._flush)
        elif self._loop:
            self._loop.remove_writer(self._fd)

    def _end(self, why: str) -> None:
        self.close()
        self._lost(why)


def open_port(name: str, line: Line) -> SerialPort:
    """Open the port of this name for us alone; may take a while on some adapters. Raises ``PortError``."""
    path = path_of(name)
    try:
        device = serial.Serial(
            path,
            baudrate=line.baud,
            bytesize=line.bits,
            parity=line.parity,
            stopbits=line.stop_bits,
            rtscts=line.rts_cts,
            timeout=0,
            write_timeout=0,
            exclusive=True,
        )
    except (*_LINE_ERRORS, ValueError) as error:
        raise PortError(_sentence(name, path, error)) from None
    os.set_blocking(device.fileno(), False)
    if line.parity != "N":
        with suppress(*_LINE_ERRORS):
            _check_parity(device.fileno())
    # Saves up to 16 ms on some USB adapters; others, and pseudo-terminals, do not know it.
    with suppress(*_LINE_ERRORS, ValueError, NotImplementedError, AttributeError):
        device.set_low_latency_mode(True)
    return SerialPort(device, name, path)


def path_of(name: str) -> str:
    """Return the path that the port's name leads to now; it may not exist. Raises ``PortError`` for a USB serial number
    that no adapter has, or more than one port.
    """
    if not name.startswith(USB):
        return name
    number = name.removeprefix(USB)
    found = sorted(port.device for port in list_ports.comports() if port.serial_number == number)
    if not found:
        raise PortError(f"no adapter with the USB serial number {number} is there: is it plugged in?")
    if len(found) > 1:
        raise PortError(
            f"{len(found)} ports have the USB serial number {number} ({', '.join(found)}): "
            f"name the one that is meant by its link in {BY_PATH}"
        )
    return found[0]


def lasting_link(path: str) -> str | None:
    """Return the link that stays the same when cables are plugged in another order; None when there is none.

    That is the one by-id, unless another adapter bears the same number, as cheap ones do: then the one by-path.
    """
    real = os.path.realpath(path)
    for folder in (BY_PATH,) if has_twin(path) else (BY_ID, BY_PATH):
        links = sorted(str(link) for link in folder.glob("*") if os.path.realpath(link) == real)
        if links:
            return links[0]
    return None


def has_twin(path: str) -> bool:
    """Whether another adapter has the USB serial number of the one at ``path``: a link by-id may then lead to either."""
    real, ports = os.path.realpath(path), list_ports.comports()
    mine = next((port for port in ports if port.device == real and port.serial_number), None)
    if mine is None:
        return False
    return any(port.serial_number == mine.serial_number and _socket(port) != _socket(mine) for port in ports)


def _socket(port: ListPortInfo) -> str:
    """Where an adapter is plugged in, without which of its ports it is: "1-1.4:1.0"."""
    return (port.location or port.device).partition(":")[0]


def _node(status: os.stat_result) -> tuple[int, int]:
    """The device itself, and the file in /dev that was made for it: after unplugging and plugging in that is another one."""
    return status.st_rdev, status.st_ino


def _check_parity(fd: int) -> None:
    """Let the line leave out bytes with a wrong parity bit: pyserial sets parity for what is sent and checks nothing."""
    settings = termios.tcgetattr(fd)
    settings[0] = (settings[0] | termios.INPCK | termios.IGNPAR) & ~termios.PARMRK
    termios.tcsetattr(fd, termios.TCSANOW, settings)


def is_pseudo_terminal(path: str) -> bool:
    """Whether ``path`` leads to a pseudo-terminal: a simulated device."""
    real = os.path.realpath(path)
    if sys.platform == "darwin":
        return re.fullmatch(r"/dev/ttys\d+", real) is not None
    try:
        device = os.stat(real)
    except OSError:
        return real.startswith("/dev/pts/")
    # Unix98 pseudo-terminals: Linux Documentation/admin-guide/devices.txt, majors 136-143
    return stat.S_ISCHR(device.st_mode) and 136 <= os.major(device.st_rdev) <= 143


def _sentence(name: str, path: str, error: Exception) -> str:
    number = getattr(error, "errno", None)
    if not Path(path).exists():
        return f"the port {name} does not exist: is the device plugged in?"
    if isinstance(error, PermissionError) or number in (1, 13):
        return f"no permission to open {name}: add the user to the group 'dialout' (on Linux) and sign in again"
    if "exclusively lock" in str(error) or number == 16:
        return f"the port {name} is in use by another program, or by another device of this configuration"
    if "configure port" in str(error) or number == 25:
        return f"{name} is no serial port"
    return f"the port {name} cannot be opened: {os.strerror(number) if number else error}"
