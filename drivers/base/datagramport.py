"""A device on the network, reached over UDP, seen from behind like a serial port: same bytes, same calls.

Each datagram that comes is handed on in the protocol's own serial frame, and each frame to be sent goes out as one datagram, so that
journal, decoder and replay know one shape of bytes (docs/decisions/0005). It collects nothing, decodes nothing and
repeats nothing. UDP knows no connection: that a device does not answer is for its decoder to tell. This port is lost only when the
machine's own network is.

A port is named "udp://" and the device's address or name, with ":" and a port where it is not the protocol's usual one.
"""

import asyncio
import errno
import os
import socket
from collections.abc import Callable
from contextlib import suppress
from ipaddress import ip_address
from urllib.parse import urlsplit

from drivers.base.decoder import Datagrams, Driver, Line
from drivers.base.serialport import PortError, SerialPort, open_port

UDP = "udp://"
"""What a port's name begins with when the rest is an address on the network."""
LONGEST = 65536
OLD_DATAGRAMS_LIMIT = 4096
_NETWORK_GONE = (errno.ENETUNREACH, errno.ENETDOWN, errno.EADDRNOTAVAIL)
"""Our own side is down. All else that the network says (nobody listens there, no such host) tells of the device, which may be
switched on any moment: nothing is lost by it."""


class DatagramPort:
    """An open port. ``received`` gets every datagram at once in its frame, ``written`` what was sent, ``lost`` why it ended.

    Made by ``open_datagram_port``; the loop's reader runs from ``start`` on. Only datagrams of the device's own address and port come
    through. A device at this machine's loopback address is a simulated one.
    """

    unwritten = 0
    """A datagram goes out at once or not at all."""

    def __init__(self, peer: socket.socket, name: str, datagrams: Datagrams) -> None:
        self.path = name
        self.simulated = is_loopback(peer.getpeername()[0])
        self._socket = peer
        self._datagrams = datagrams
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
        self._loop.add_reader(self._socket.fileno(), self._read)

    def discard_old(self) -> int:
        """Throw away what has come unread; return how many bytes that were."""
        discarded = 0
        with suppress(OSError):
            for _ in range(OLD_DATAGRAMS_LIMIT):
                discarded += len(self._socket.recv(LONGEST))
        return discarded

    def write(self, data: bytes) -> None:
        """Send the messages of whole frames, a datagram each. What the network cannot take now is lost, as datagrams may be."""
        for message in self._datagrams.unwrap(data):
            if not self._loop:
                return
            if self._send(message):
                self._written(self._datagrams.wrap(message))

    def look(self) -> None:
        """A network address has nothing that could be unplugged here."""

    def close(self) -> None:
        """Stop reading and let go of the port."""
        if self._loop:
            self._loop.remove_reader(self._socket.fileno())
            self._loop = None
        self._socket.close()

    def _send(self, message: bytes) -> bool:
        """Whether it went out. What came back from an earlier one is told here, and then nothing has been sent yet."""
        for _ in range(2):
            try:
                self._socket.send(message)
            except BlockingIOError:
                return False
            except OSError as error:
                if error.errno in _NETWORK_GONE:
                    self._end(error)
                    return False
            else:
                return True
        return False

    def _read(self) -> None:
        try:
            data = self._socket.recv(LONGEST)
        except (BlockingIOError, InterruptedError):
            return
        except OSError as error:
            if error.errno in _NETWORK_GONE:
                self._end(error)
            return
        if data:
            self._received(self._datagrams.wrap(data))

    def _end(self, error: OSError) -> None:
        self.close()
        self._lost(f"{self.path} was lost: {os.strerror(error.errno or 0)}")


Port = SerialPort | DatagramPort


def open_named(name: str, line: Line, driver: Driver, serial: Callable[[str, Line], Port] = open_port) -> Port:
    """Open the driver's port of this name, whatever kind it is; one on the network has no line settings. Raises ``PortError``."""
    if not name.startswith(UDP):
        return serial(name, line)
    if driver.datagrams is None:
        raise PortError(f"{name} is on the network, where devices of driver '{driver.name}' are not met")
    return open_datagram_port(name, driver.datagrams)


def open_datagram_port(name: str, datagrams: Datagrams) -> DatagramPort:
    """Get ready to talk to the device of this name; may take a while where a name must be looked up. Raises ``PortError``."""
    host, port = address_of(name, datagrams.port)
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_DGRAM)[0]
    except socket.gaierror:
        raise PortError(f"the network does not know the name {host} of {name}: write the device's address") from None
    peer = socket.socket(family, kind, protocol)
    try:
        peer.setblocking(False)
        peer.connect(address)
    except OSError as error:
        peer.close()
        raise PortError(
            f"{name} cannot be reached ({os.strerror(error.errno or 0)}): is this computer on its network?"
        ) from None
    return DatagramPort(peer, name, datagrams)


def is_loopback(host: str) -> bool:
    """Whether ``host`` is an address of this computer that no cable leads to: a simulated device."""
    try:
        address = ip_address(host)
    except ValueError:
        return host == "localhost"
    return (getattr(address, "ipv4_mapped", None) or address).is_loopback


def address_of(name: str, usual_port: int) -> tuple[str, int]:
    """Return host and port of "udp://host" or "udp://host:port". Raises ``PortError`` that says what would be right."""
    try:
        parts = urlsplit(name)
        host, port = parts.hostname, parts.port
    except ValueError:
        host = port = None
    else:
        if name != f"{UDP}{parts.netloc}" or "@" in parts.netloc or parts.netloc.endswith(":") or port == 0:
            host = None
    if not host:
        raise PortError(
            f"'{name}' is no address; write one like '{UDP}192.168.1.20' or '{UDP}192.168.1.20:{usual_port}'"
        )
    return host, usual_port if port is None else port
