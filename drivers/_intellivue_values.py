"""The data types of IntelliVue values: FLOAT-Type, times, strings, observed values (guide chapter "Data Types")."""

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from drivers._intellivue_messages import Cursor, Malformed
from drivers._intellivue_wire import State

_SPECIAL_MANTISSAS = frozenset({0x7FFFFF, 0x800000, 0x7FFFFE, 0x800002, 0x800001})
"""Not a number, not at this resolution, +infinity, -infinity, reserved; whatever the exponent."""
_OBSERVED = struct.Struct(">HHHI")
_UNUSABLE = 0xFF00 & ~(State.QUESTIONABLE | State.DEMO | State.TEST)
"""State bits that say there is no value. Demo and test values are shown, marked as such."""


def float_type(raw: int) -> int | float | None:
    """Return the value of a FLOAT-Type, an int where it is whole; None for the special ones."""
    mantissa = raw & 0xFFFFFF
    if mantissa in _SPECIAL_MANTISSAS:
        return None
    mantissa -= (mantissa & 0x800000) << 1
    exponent = raw >> 24
    exponent -= (exponent & 0x80) << 1
    if exponent >= 0:
        return mantissa * int(10**exponent)
    divisor: int = 10**-exponent
    return mantissa / divisor if mantissa % divisor else mantissa // divisor


@dataclass(frozen=True, slots=True)
class Observed:
    """A NuObsValue: what was measured, its state, unit and value (None: special)."""

    physio: int
    state: int
    unit: int
    number: int | float | None

    @property
    def value(self) -> int | float | None:
        """The value where the state allows it to be used."""
        return None if self.state & _UNUSABLE else self.number


def observed(cursor: Cursor) -> Observed:
    """Read a NuObsValue."""
    physio, state, unit, raw = cursor.unpack(_OBSERVED)
    return Observed(physio, state, unit, float_type(raw))


def observed_list(raw: bytes) -> Iterator[Observed]:
    """Read a compound value."""
    for entry in Cursor(raw).entries():
        yield observed(entry)


def wide_text(raw: bytes) -> str:
    """Return a UTF-16 string up to its first NUL, without the spaces it is padded with."""
    text = Cursor(raw).part().rest().decode("utf-16-be", errors="replace")
    return text.partition("\0")[0].strip()


def variable_labels(raw: bytes) -> list[str]:
    """Return the 8-bit labels that follow one another in ``raw`` (manufacturer, model)."""
    cursor = Cursor(raw)
    labels: list[str] = []
    while True:
        try:
            label = cursor.part().rest()
        except Malformed:
            return labels
        labels.append(label.partition(b"\0")[0].decode("latin-1").strip())


def absolute_time(raw: bytes) -> datetime | None:
    """Return a BCD time of the monitor's own clock, which has no zone; None for one that is not set."""
    digits = raw.hex()
    if len(digits) != 16 or not digits.isdecimal():
        return None
    try:
        return datetime.fromisoformat(
            f"{digits[:4]}-{digits[4:6]}-{digits[6:8]}T{digits[8:10]}:{digits[10:12]}:{digits[12:14]}"
        )
    except ValueError:
        return None


def ticks_between(earlier: int, later: int) -> int:
    """Return the signed distance of two relative times, which wrap."""
    return (later - earlier + 0x80000000) % 0x100000000 - 0x80000000
