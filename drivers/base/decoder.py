"""The contract of every driver, free of I/O: bytes go in with their time, a list of observations comes out.

A decoder is the state of one protocol on one line. It reads no clock, starts no task and never raises on bad bytes.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from drivers.base.observations import Instant, Observation
from drivers.base.vocabulary import CommandKind, Parameter, WaveformName


class DriverError(Exception):
    """Root of the errors a driver raises; each is a sentence for a person."""


class CommandNotSupported(DriverError):
    """The device of this driver has no such command."""


@dataclass(frozen=True, slots=True)
class Line:
    """Settings of a serial line. ``parity`` is N, E or O."""

    baud: int
    bits: int = 8
    parity: str = "N"
    stop_bits: int = 1
    rts_cts: bool = False

    @property
    def seconds_per_byte(self) -> float:
        return (1 + self.bits + (self.parity != "N") + self.stop_bits) / self.baud

    def __str__(self) -> str:
        return f"{self.baud} {self.bits}{self.parity}{self.stop_bits}"

    @classmethod
    def parse(cls, text: str) -> "Line":
        """Make a line of its words, such as "19200 8O1". Raises ``ValueError``. RTS/CTS is never on in a line so made."""
        match = re.fullmatch(r"(\d{2,7}) ([78])([NEO])([12])", text)
        if match is None:
            raise ValueError(f"'{text}' is no line; write one like '9600 8N1' or '19200 8O1'")
        baud, bits, parity, stop_bits = match.groups()
        return cls(int(baud), int(bits), parity, int(stop_bits))


@dataclass(frozen=True, slots=True)
class Command:
    """Something asked of a device. ``id`` comes back in every ``CommandReply``."""

    id: str
    kind: CommandKind
    arguments: Mapping[str, int] = field(default_factory=lambda: MappingProxyType({}))


class Decoder:
    """One line's protocol state. Only ``feed`` must be written."""

    def feed(self, data: bytes, at: Instant) -> list[Observation]:
        """Take bytes in any chunking, received at ``at``; return what they say, in order. Never raises on bad bytes."""
        raise NotImplementedError

    def opened(self, at: Instant) -> list[Observation]:
        """The line was opened at ``at`` and may be written to. Protocols that must ask begin here.

        Not called for a recording: a decoder that was not opened never has bytes to send.
        """
        return []

    def closing(self, at: Instant) -> None:
        """The line will be closed: queue a farewell if the protocol has one."""

    def command(self, command: Command, at: Instant) -> list[Observation]:
        """Queue a command. Raises ``CommandNotSupported`` for one the device does not have."""
        raise CommandNotSupported(f"this device cannot do {command.kind.value}")

    def bytes_to_send(self) -> bytes:
        """What is to be written now; the shell drains it after every other call."""
        return b""

    def next_deadline(self) -> Instant | None:
        """The next moment at which ``wake`` wants to be called, or None."""
        return None

    def wake(self, at: Instant) -> list[Observation]:
        """A deadline at or before ``at`` has come: poll, keep alive, time out."""
        return []


@dataclass(frozen=True, slots=True)
class Datagrams:
    """How a protocol also travels over UDP, one message a datagram; the device listens at ``port``.

    A decoder knows one shape of bytes, those of the serial line: ``wrap`` puts a received datagram into it, and ``unwrap``
    takes the messages out of whole frames that the decoder wants sent.
    """

    port: int
    wrap: Callable[[bytes], bytes]
    unwrap: Callable[[bytes], list[bytes]]


@dataclass(frozen=True, slots=True)
class Driver:
    """What the house knows of a protocol.

    ``silent_after_s``: a line of this device without a byte for so long is silent; None where silence is
    normal (a cuff between determinations that is not polled).
    ``other_lines``: settings at which devices of this driver are met beside ``line``, the usual ones; which it is
    stands in the configuration, the decoder need not know.
    ``harmless_to_open``: all that the decoder sends of itself once it was ``opened`` only asks: whatever device is on
    the line, no cuff moves and no setting changes. Without it ``vigil probe`` listens to such a device and never opens.
    ``datagrams``: the device can also be reached over the network, at a port written "udp://192.168.1.20".
    ``numbered``: the device tells by a number of its own which unit it is: a status ``IDENTITY`` whose ``detail`` holds
    "serial number 123" (or "system id", "plug id"), set apart by semicolons.
    """

    name: str
    title: str
    line: Line
    parameters: tuple[Parameter, ...]
    waveforms: tuple[WaveformName, ...]
    commands: tuple[CommandKind, ...]
    decoder: Callable[[], Decoder]
    silent_after_s: float | None = 5.0
    api: int = 1
    other_lines: tuple[Line, ...] = ()
    harmless_to_open: bool = False
    datagrams: Datagrams | None = None
    numbered: bool = False
