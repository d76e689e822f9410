"""How an S/5 monitor writes records and reads requests: flags, escapes, sums, headers. Written afresh from the sheet."""

from dataclasses import dataclass

LONGEST_REQUEST = 2 * 80
"""Bytes that wait for a flag at most; the longest request has 73 before escaping."""


def u16(value: int) -> bytes:
    return (value & 0xFFFF).to_bytes(2, "little")


def u32(value: int) -> bytes:
    return (value & 0xFFFFFFFF).to_bytes(4, "little")


def framed(record: bytes) -> bytes:
    """Put a record between flags, its sum behind it."""
    out = bytearray(b"\x7e")
    for byte in record + bytes([sum(record) % 256]):
        if byte in (0x7D, 0x7E):
            out += bytes([0x7D, byte & 0xDF])
        else:
            out.append(byte)
    out += b"\x7e"
    return bytes(out)


def record(main_type: int, number: int, unit: tuple[int, int], time_s: int, parts: list[tuple[int, bytes]]) -> bytes:
    """Put subrecords, given with their types, behind a header; ``unit`` is interface level and plug id."""
    descriptors, body = b"", b""
    for kind, part in parts:
        descriptors += u16(len(body)) + bytes([kind])
        body += part
    if len(parts) < 8:
        descriptors += b"\x00\x00\xff"
    level, plug_id = unit
    head = u16(40 + len(body)) + bytes([number & 0xFF, level]) + u16(plug_id) + u32(time_s) + bytes(4) + u16(main_type)
    return head + descriptors.ljust(24, b"\x00") + body


@dataclass(frozen=True, slots=True)
class Request:
    """What a host asked: main type and the request's own bytes."""

    main_type: int
    body: bytes


class Deframer:
    """Takes requests out of the host's bytes; what has a wrong length or sum is passed over."""

    def __init__(self) -> None:
        self._held = bytearray()

    def feed(self, data: bytes) -> list[Request]:
        found = []
        for byte in data:
            if byte != 0x7E:
                self._held.append(byte)
                continue
            request = _request(bytes(self._held))
            self._held.clear()
            if request is not None:
                found.append(request)
        del self._held[:-LONGEST_REQUEST]
        return found


def _request(segment: bytes) -> Request | None:
    out = bytearray()
    is_escaped = False
    for byte in segment:
        if is_escaped:
            out.append(byte | 0x20)
            is_escaped = False
        elif byte == 0x7D:
            is_escaped = True
        else:
            out.append(byte)
    if is_escaped or len(out) < 42 or sum(out[:-1]) % 256 != out[-1]:
        return None
    length, main_type = int.from_bytes(out[:2], "little"), int.from_bytes(out[14:16], "little")
    is_request = length == len(out) - 1 and out[16:19] == b"\x00\x00\x00" and out[21] == 0xFF
    return Request(main_type, bytes(out[40:-1])) if is_request else None
