"""Nonin data format 13: the result of a finished measurement, sent once. Onyx II 9560 and WristOx2 3150.

Its additive checksum lets 1 in 256 damaged messages pass, and there is no second one that could agree; so the header, the
century, the decimal digits of the time and the end are all demanded as well.
"""

from datetime import datetime

from drivers._nonin_numbers import missing
from drivers._nonin_wire import CENTURY_13, ETX, MEM_13, NOMS_13, PACKET_13, SPA_13, STX
from drivers.base.observations import Instant, Numeric, Reading
from drivers.base.vocabulary import Parameter, Quality

_HEADER = bytes((0x00, STX, 0x00, PACKET_13, 0x00))  # null, STX, packet type, high byte of the data's length
_LENGTHS = range(14, 65)
"""Bytes of data: 14 in the specification, which says that there may be more one day."""
_TIME = slice(0, 7)


def message_size(held: bytearray) -> int | None:
    """Length of the good message that ``held`` begins with; 0: none does; None: that needs more bytes."""
    begun = held[: len(_HEADER)]
    if begun != _HEADER[: len(begun)]:
        return 0
    if len(held) <= len(_HEADER):
        return None
    if held[5] not in _LENGTHS:
        return 0
    size = held[5] + 8
    if len(held) < size:
        return None
    return size if _is_good(held[6 : size - 2], held[size - 2 : size]) else 0


def _is_good(data: bytearray, end: bytearray) -> bool:
    digits = data[_TIME].hex().isdecimal()
    return digits and data[0] == CENTURY_13 and end == bytes((sum(data) & 0xFF, ETX))


def low_battery_bits(message: bytes) -> int:
    """The byte of STATUS that tells of the battery."""
    return message[15]


class SpotChecks:
    """Charts each measurement once: one that the device sends again says nothing new."""

    __slots__ = ("_last",)

    def __init__(self) -> None:
        self._last = b""

    def reading(self, message: bytes, at: Instant) -> list[Reading]:
        """What a message says. A measurement from the device's memory may be days old, so its values are marked as held."""
        data = message[6:-2]
        measured = data[:8] + data[10:14]
        time = device_time(data[_TIME])
        if measured == self._last and time is not None:
            return []
        self._last = measured
        numbers = {Parameter.SPO2: data[13] & 0x7F, Parameter.PR: (data[10] & 0x01) << 8 | data[11]}
        none = Quality.SEARCHING if data[8] & NOMS_13 else None
        quality: tuple[Quality, ...] = (Quality.HELD,) if data[9] & MEM_13 else ()
        if not data[8] & SPA_13:
            quality += (Quality.QUESTIONABLE,)
        numerics = []
        for name, value in numbers.items():
            why = none or missing(name, value)
            numerics.append(Numeric(name, value, quality) if why is None else Numeric(name, None, (why,)))
        return [Reading(at, tuple(numerics), spot=True, device_time=time)]


def device_time(digits: bytes) -> str | None:
    """The device's clock in ISO 8601; None when it is no time (the clock is lost with the batteries)."""
    century, *parts = (int(f"{byte:02x}") for byte in digits)
    year, month, day, hour, minute, second = parts
    try:
        return datetime(century * 100 + year, month, day, hour, minute, second).isoformat()  # noqa: DTZ001 (it has no zone)
    except ValueError:
        return None
