"""How an IntelliVue monitor writes and reads its bytes: frames, nested lists, data types, association blocks.

Written afresh from the guide and from recordings; it shares with the driver only the numbers of the wire.
"""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from drivers.intellivue import Action, Attribute, Event, LinkState, Message, ObjectClass, Operation, Service

MDS = bytes((0x00, 0x21, 0, 0, 0, 0))
NOT_A_NUMBER = 0x007FFFFF
LONGEST_FRAME = 4096
LEAST_MTU = 300
MOST_MTU = 996
_NO_TIME = b"\xff" * 8


def _crc_table() -> tuple[int, ...]:
    table = []
    for value in range(256):
        for _ in range(8):
            value = (value >> 1) ^ 0x8408 if value & 1 else value >> 1
        table.append(value)
    return tuple(table)


_CRC = _crc_table()


def fcs(data: Iterable[int]) -> int:
    """CRC-16/X-25, the reflected way, bit by bit from a table."""
    crc = 0xFFFF
    for byte in data:
        crc = (crc >> 8) ^ _CRC[(crc ^ byte) & 0xFF]
    return crc ^ 0xFFFF


def framed(user_data: bytes) -> bytes:
    """Put a message on the line."""
    inner = b"\x11\x01" + u16(len(user_data)) + user_data
    inner += fcs(inner).to_bytes(2, "little")
    # 7D first, for the other two put new ones in.
    inner = inner.replace(b"\x7d", b"\x7d\x5d").replace(b"\xc0", b"\x7d\xe0").replace(b"\xc1", b"\x7d\xe1")
    return b"\xc0" + inner + b"\xc1"


class Deframer:
    """Finds the client's messages; a damaged frame is as if it had not come."""

    def __init__(self) -> None:
        self._frame: bytearray | None = None
        self._escaped = False

    def feed(self, data: bytes) -> list[bytes]:
        messages = []
        for byte in data:
            if byte == 0xC0:
                self._frame, self._escaped = bytearray(), False
            elif self._frame is None:
                continue
            elif byte == 0xC1:
                messages += self._checked(bytes(self._frame))
                self._frame = None
            elif byte == 0x7D:
                self._escaped = True
            else:
                self._frame.append(byte ^ 0x20 if self._escaped else byte)
                self._escaped = False
                if len(self._frame) > LONGEST_FRAME:
                    self._frame = None
        return messages

    def _checked(self, frame: bytes) -> list[bytes]:
        whole = len(frame) > 6 and frame[:2] == b"\x11\x01" and int.from_bytes(frame[2:4], "big") == len(frame) - 6
        if self._escaped or not whole or fcs(frame[:-2]) != int.from_bytes(frame[-2:], "little"):
            return []
        return [frame[4:-2]]


def u16(number: int) -> bytes:
    return (number & 0xFFFF).to_bytes(2, "big")


def u32(number: int) -> bytes:
    return (number & 0xFFFFFFFF).to_bytes(4, "big")


def sized(data: bytes) -> bytes:
    return u16(len(data)) + data


def listed(entries: Sequence[bytes]) -> bytes:
    """A list: how many, how long, the entries."""
    return u16(len(entries)) + sized(b"".join(entries))


def attribute(identifier: int, value: bytes) -> bytes:
    return u16(identifier) + sized(value)


def float_type(value: float | None, decimals: int = 0) -> bytes:
    """FLOAT-Type with so many decimals; None is not a number."""
    if value is None or math.isnan(value):
        return u32(NOT_A_NUMBER)
    mantissa = round(value * 10**decimals)
    return u32((-decimals & 0xFF) << 24 | mantissa & 0xFFFFFF)


def bcd_time(when: datetime) -> bytes:
    """Absolute time: century to second, and a fraction that is not used."""
    return bytes.fromhex(when.strftime("%Y%m%d%H%M%S") + "00")


def wide(text: str) -> bytes:
    """A string with its NUL."""
    return sized((text + "\0").encode("utf-16-be"))


def connect_indication(host: str, port: int) -> bytes:
    """What a monitor broadcasts over LAN: that it is there, and how it is reached.

    A nomenclature (here version 1.0; its magic number is not known) stands in the place of the session header. The hardware
    address is a made-up one that no maker has.
    """
    data_out, over_udp = 5, 1
    support = listed([u16(data_out) + u16(over_udp) + u16(port) + u16(0)])
    address = bytes.fromhex("020000000001") + bytes(int(part) for part in host.split(".")) + bytes((255, 255, 255, 0))
    attributes = listed(
        [
            attribute(Attribute.SYSTEM_TYPE, bytes.fromhex("0001114d")),
            attribute(Attribute.PROTOCOL_SUPPORT, support),
            attribute(Attribute.LOCALISATION, bytes.fromhex("062d062d0001000b")),
            attribute(Attribute.NETWORK_ADDRESS, address),
        ]
    )
    report = MDS + u32(0) + u16(Event.CONNECT_INDICATION) + sized(attributes)
    return bytes((0, 0, 1, 0)) + u16(Operation.INVOKE) + sized(u16(0) + u16(Service.EVENT_REPORT) + sized(report))


@dataclass(frozen=True, slots=True)
class Entry:
    """An object of a result: where it is and what is told of it."""

    context: int
    handle: int
    attributes: tuple[bytes, ...]

    def encoded(self) -> bytes:
        return u16(self.handle) + listed(self.attributes)


@dataclass(frozen=True, slots=True)
class Poll:
    """What a poll request asks, and so what its results repeat."""

    invoke_id: int
    action: int
    number: int
    object_class: int
    group: int

    def head(self, sequence: int, ticks: int) -> bytes:
        """The part of a reply before its objects; a single poll has no sequence number."""
        order = u16(sequence) if self.action == Action.EXTENDED_POLL else b""
        return u16(self.number) + order + u32(ticks) + _NO_TIME + u16(1) + u16(self.object_class) + u16(self.group)


def operation(kind: int, body: bytes) -> bytes:
    """A data message."""
    return bytes((Message.DATA_EXPORT, 0, 0, 2)) + u16(kind) + sized(body)


def answer(invoke_id: int, service: Service, body: bytes) -> bytes:
    return operation(Operation.RESULT, u16(invoke_id) + u16(service) + sized(body))


def failure(invoke_id: int, error: int) -> bytes:
    return operation(Operation.ERROR, u16(invoke_id) + u16(error) + sized(b""))


def poll_results(poll: Poll, sequence: int, ticks: int, entries: Sequence[Entry], mtu: int) -> list[bytes]:
    """Write a result: one message, or linked ones and the empty message that closes them, none longer than ``mtu``."""
    head = poll.head(sequence, ticks)
    parts = _parts(entries, mtu - _overhead(head))
    if len(parts) == 1:
        return [_poll_result(poll, head, parts[0])]
    messages = []
    for number, part in enumerate(parts, start=1):
        state = LinkState.LAST if number == len(parts) else LinkState.MIDDLE if number > 1 else LinkState.FIRST
        messages.append(_poll_result(poll, head, part, bytes((state, number))))
    return [*messages, _poll_result(poll, head, [])]


def _overhead(head: bytes) -> int:
    """Bytes of a linked message besides its objects: numbering, operation, object and action, poll list, two contexts."""
    return 2 + 6 + 10 + len(head) + 4 + 12


def _poll_result(poll: Poll, head: bytes, entries: Sequence[Entry], link: bytes = b"") -> bytes:
    contexts: dict[int, list[bytes]] = {}
    if poll.object_class == ObjectClass.WAVE and entries:
        contexts[0] = []  # real monitors send it, empty, before the one that holds the waves
    for entry in entries:
        contexts.setdefault(entry.context, []).append(entry.encoded())
    polled = listed([u16(context) + listed(objects) for context, objects in contexts.items()])
    result = MDS + u16(poll.action) + sized(head + polled)
    body = u16(poll.invoke_id) + u16(Service.CONFIRMED_ACTION) + sized(result)
    return operation(Operation.LINKED_RESULT if link else Operation.RESULT, link + body)


def _parts(entries: Sequence[Entry], room: int) -> list[list[Entry]]:
    parts: list[list[Entry]] = [[]]
    used = 0
    for entry in (piece for whole in entries for piece in _cut(whole, room)):
        size = len(entry.encoded())
        if used + size > room and parts[-1]:
            parts.append([])
            used = 0
        parts[-1].append(entry)
        used += size
    return parts


def _cut(entry: Entry, room: int) -> list[Entry]:
    """An object too large for any message is told in two: what describes it, then its value."""
    if len(entry.encoded()) <= room or len(entry.attributes) < 2:
        return [entry]
    *context, value = entry.attributes
    return [Entry(entry.context, entry.handle, tuple(context)), Entry(entry.context, entry.handle, (value,))]


@dataclass(frozen=True, slots=True)
class Wish:
    """What an association request asks for."""

    min_poll_ticks: int
    receives: int
    sends: int
    options: int


def wish(request: bytes) -> Wish | None:
    """Read an association request; None for one that cannot be understood."""
    try:
        place = request.index(b"\xbe\x80\x28\x80") + 4
        while request[place] in (0x06, 0x02):
            place += 2 + request[place + 1]
        if request[place] != 0x81:
            return None
        place += 1
        length, place = request[place], place + 1
        if length & 0x80:
            size = length & 0x7F
            length, place = int.from_bytes(request[place : place + size], "big"), place + size
        if place + length > len(request):
            return None
        return _profile(request[place : place + length])
    except (IndexError, ValueError, KeyError):
        return None


def read_list(data: bytes) -> dict[int, bytes]:
    """Read an attribute list. Raises ValueError where its lengths do not fit."""
    count, size = int.from_bytes(data[:2], "big"), int.from_bytes(data[2:4], "big")
    place, found = 4, {}
    for _ in range(count):
        length = int.from_bytes(data[place + 2 : place + 4], "big")
        found[int.from_bytes(data[place : place + 2], "big")] = data[place + 4 : place + 4 + length]
        place += 4 + length
    if place > len(data) or place != 4 + size:
        raise ValueError("an attribute list whose lengths do not fit")
    return found


def _profile(information: bytes) -> Wish:
    options_size = int.from_bytes(information[22:24], "big")
    profile = read_list(information[24 + options_size :])[Attribute.POLL_PROFILE]
    words = [int.from_bytes(profile[place : place + 4], "big") for place in range(0, 24, 4)]
    extension = read_list(profile[24:])[Attribute.POLL_OPTIONS]
    return Wish(words[1], words[2], words[3], int.from_bytes(extension[:4], "big"))


_RESPONSE_TO_USER_INFORMATION = bytes.fromhex(
    "31 80 a0 80 80 01 01 00 00 a2 80 a0 03 00 00 01 a5 80 30 80 80 01 00 81 02 51 01 00 00"
    "30 80 80 01 00 81 0c 2a 86 48 ce 14 02 01 00 00 00 02 01 00 00 00 00"
    "61 80 30 80 02 01 01 a0 80 61 80 a1 80 06 0c 2a 86 48 ce 14 02 01 00 00 00 03 01 00 00"
    "a2 03 02 01 00 a3 05 a1 03 02 01 00 be 80 28 80 02 01 02 81"
)


def association_response(granted: Wish) -> bytes:
    """Accept, and say what is granted."""
    options = attribute(Attribute.POLL_OPTIONS, u32(granted.options) + listed([]))
    profile = b"".join(
        map(u32, (0x80000000, granted.min_poll_ticks, granted.receives, granted.sends, 0xFFFFFFFF, 0x60000000))
    )
    profiles = listed([attribute(Attribute.POLL_PROFILE, profile + listed([options]))])
    # Versions as asked, functional units, system type server, startup hot, no options.
    information = b"".join(map(u32, (0x80000000, 0x40000000, 0, 0x00800000, 0x80000000))) + listed([]) + profiles
    presentation = _RESPONSE_TO_USER_INFORMATION + bytes((len(information),)) + information + bytes(16)
    session = bytes.fromhex("05 08 13 01 00 16 01 02 80 00 14 02 00 02") + b"\xc1" + _li(presentation)
    return bytes((Message.ASSOCIATION_RESPONSE,)) + _li(session)


def _li(data: bytes) -> bytes:
    return (bytes((len(data),)) if len(data) < 0xFF else b"\xff" + u16(len(data))) + data


REFUSE = bytes.fromhex("0c 03 32 01 00")
RELEASED = bytes.fromhex("0a 18 c1 16 61 80 30 80 02 01 01 a0 80 63 80 80 01 00") + bytes(8)
ABORTED = bytes.fromhex(
    "19 2e 11 01 03 c1 29 a0 80 a0 80 30 80 02 01 01 06 02 51 01 00 00 00 00 61 80 30 80 02 01 01 a0 80 64 80 80 01 01"
) + bytes(10)
