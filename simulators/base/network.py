"""A UDP socket that a simulated device sits behind instead of a pseudo-terminal: at this computer's loopback address alone.

The device itself goes on speaking its serial frames; here they become datagrams, one message each, and the other way round. A frame that the
line has harmed is a datagram that never came.
"""

import asyncio
import socket
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass

from simulators.base.errors import SimulatorError

HOST = "127.0.0.1"
ANNOUNCE_EVERY_S = 10.0
_LONGEST = 65536


@dataclass(frozen=True, slots=True)
class OverNetwork:
    """How a device is met on the network. ``wrap`` makes of a datagram what the device reads; ``reader`` makes a function that
    takes the device's bytes, in any pieces, and returns the messages in them. The device tells ``announced_to``, a port,
    that it is there: ``announcement`` of its address and port."""

    wrap: Callable[[bytes], bytes]
    reader: Callable[[], Callable[[bytes], list[bytes]]]
    announcement: Callable[[str, int], bytes]
    announced_to: int


class NetworkPort:
    """One device's socket, with the calls of a ``Terminal``. ``port`` 0: any that is free, and then always that one.

    It answers whoever spoke last; ``overrun`` counts bytes that nobody was there for or that the network did not take.
    """

    def __init__(self, port: int, over: OverNetwork, received: Callable[[bytes], None]) -> None:
        self.overrun = 0
        self._port = port
        self._over = over
        self._received = received
        self._read = over.reader()
        self._socket: socket.socket | None = None
        self._peer: tuple[str, int] | None = None
        self._timer: asyncio.TimerHandle | None = None

    @property
    def link(self) -> str:
        """The port as a configuration names it."""
        return f"udp://{HOST}:{self._port}"

    def plug(self) -> None:
        """Listen. Call within a running loop. Raises ``SimulatorError``."""
        if self._socket is not None:
            return
        listening = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        listening.setblocking(False)
        try:
            listening.bind((HOST, self._port))
        except OSError as error:
            listening.close()
            raise SimulatorError(f"the device cannot listen at {self.link}: {error.strerror}") from None
        self._socket, self._peer = listening, None
        self._port = listening.getsockname()[1]
        asyncio.get_running_loop().add_reader(listening.fileno(), self._readable, listening)
        self._announce()

    def unplug(self) -> None:
        """Stop listening: the network says that nobody is there."""
        if self._socket is None:
            return
        if self._timer is not None:
            self._timer.cancel()
        asyncio.get_running_loop().remove_reader(self._socket.fileno())
        self._socket.close()
        self._socket = None

    def write(self, data: bytes) -> None:
        """Send what is whole of the device's bytes."""
        for message in self._read(data):
            self._send(message, self._peer)

    def _send(self, message: bytes, to: tuple[str, int] | None) -> None:
        if self._socket is None or to is None:
            self.overrun += len(message)
            return
        try:
            self._socket.sendto(message, to)
        except OSError:
            self.overrun += len(message)

    def _announce(self) -> None:
        self._send(self._over.announcement(HOST, self._port), (HOST, self._over.announced_to))
        self._timer = asyncio.get_running_loop().call_later(ANNOUNCE_EVERY_S, self._announce)

    def _readable(self, listening: socket.socket) -> None:
        with suppress(OSError):
            message, self._peer = listening.recvfrom(_LONGEST)
            self._received(self._over.wrap(message))
