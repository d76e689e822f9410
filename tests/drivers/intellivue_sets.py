"""A decoder that is only listened with, and sets of numerics, curves and alarms for it to hear."""

from collections.abc import Iterable
from typing import TypeVar

from drivers.base.observations import Instant, Observation, Reading
from drivers.intellivue import Action, IntellivueDecoder, ObjectClass, Physio, UnitCode
from simulators._intellivue_encoding import (
    Entry,
    Poll,
    attribute,
    float_type,
    framed,
    listed,
    poll_results,
    sized,
    u16,
    u32,
    wide,
)

S = 1_000_000
START: Instant = 1_800_000_000 * S
SET = 8192
Said = TypeVar("Said", bound=Observation)
BLOCK = 2048


class Line:
    """A decoder that is only listened with."""

    def __init__(self) -> None:
        self.decoder = IntellivueDecoder()
        self.at = START

    def hear(self, *user_data: bytes) -> list[Observation]:
        said: list[Observation] = []
        for message in user_data:
            self.at += 20_000
            said += self.decoder.feed(framed(message), self.at)
        return said

    def wait(self, seconds: float) -> list[Observation]:
        self.at += int(seconds * S)
        said: list[Observation] = []
        while (due := self.decoder.next_deadline()) is not None and due <= self.at:
            said += self.decoder.wake(due)
        return said


def numeric_set(
    *entries: Entry, sequence: int = 1, ticks: int = SET, mtu: int = 996, single: bool = False
) -> list[bytes]:
    poll = Poll(4, Action.SINGLE_POLL if single else Action.EXTENDED_POLL, 1, ObjectClass.NUMERIC, 0x0803)
    return poll_results(poll, sequence, ticks, entries, mtu)


def value(
    physio: int, number: float | None, unit: int, state: int = 0, decimals: int = 0, handle: int | None = None
) -> Entry:
    return Entry(1, handle or physio, (attribute(0x0950, nu(physio, number, unit, state, decimals)),))


def nu(physio: int, number: float | None, unit: int, state: int = 0, decimals: int = 0) -> bytes:
    return u16(physio) + u16(state) + u16(unit) + float_type(number, decimals)


def hr(number: float | None, state: int = 0) -> Entry:
    return value(Physio.HEART_RATE, number, UnitCode.BEATS_PER_MINUTE, state)


def spo2(number: float | None, state: int = 0) -> Entry:
    return value(Physio.SPO2, number, UnitCode.PERCENT, state)


def cuff(
    *pressures: float | None,
    state: int = 0,
    unit: int = UnitCode.MMHG,
    decimals: int = 0,
    stamp: tuple[bytes, ...] = (attribute(0x0990, bytes.fromhex("2026010210281200")),),
) -> Entry:
    values = [nu(0x4A05 + place, number, unit, state, decimals) for place, number in enumerate(pressures)]
    return Entry(1, 0x8272, (*stamp, attribute(0x094B, listed(values))))


def alert_set(
    technical: Iterable[bytes] | None,
    patient: Iterable[bytes] | None = (),
    condition: tuple[int, ...] | None = (0, 1, 1, 1, 1),
    sequence: int = 1,
) -> list[bytes]:
    attributes = []
    if condition is not None:
        attributes.append(attribute(0x0916, b"".join(map(u16, condition))))
    if technical is not None:
        attributes.append(attribute(0x0904, listed([*technical])))
    if patient is not None:
        attributes.append(attribute(0x0902, listed([*patient])))
    poll = Poll(6, Action.EXTENDED_POLL, 3, ObjectClass.ALERT_MONITOR, 0x0801)
    return poll_results(poll, sequence, SET, [Entry(0, 1, tuple(attributes))], 996)


def alarm(source: int, code: int, kind: int, text: str | None = None, state: int = 0) -> bytes:
    information = u16(0) + u32(0) + u16(0) + u16(0) + (b"" if text is None else wide(text))
    shape = 0x0201 if text is None else 0x0204
    return b"".join(map(u16, (source, code, kind, state, 6, 1, 0x8400, shape))) + sized(information)


SENSOR_OFF = alarm(0x4BB8, 308, 1, "SpO2 SENSOR OFF")
LEADS_OFF = alarm(0x4182, 274, 2, "ECG LEADS OFF")


def wave_set(*entries: Entry, ticks: int = BLOCK, sequence: int = 1, mtu: int = 996) -> list[bytes]:
    poll = Poll(5, Action.EXTENDED_POLL, 2, ObjectClass.WAVE, 0)
    return poll_results(poll, sequence, ticks, entries, mtu)


def context(
    label: int | None,
    period: int,
    bits: tuple[int, int] = (16, 12),
    scale: bytes | None = None,
    unit: int = UnitCode.DIMENSIONLESS,
    fixed: tuple[int, ...] = (),
) -> tuple[bytes, ...]:
    found = [attribute(0x096D, u16(32) + bytes(bits) + u16(0x8000)), attribute(0x098D, u32(period))]
    found += [] if label is None else [attribute(0x0924, u32(0x20000 | label))]
    found += [] if scale is None else [attribute(0x096F, scale)]
    found += [attribute(0x0A16, listed([u16(1) + u16(mark) for mark in fixed]))] if fixed else []
    return (*found, attribute(0x0996, u16(unit)))


def samples(physio: int, *counts: int, state: int = 0) -> bytes:
    return u16(physio) + u16(state) + sized(b"".join(map(u16, counts)))


def block(physio: int, *counts: int, state: int = 0, handle: int = 0x0402, about: tuple[bytes, ...] = ()) -> Entry:
    return Entry(1, handle, (*about, attribute(0x096E, samples(physio, *counts, state=state))))


ECG_SCALE = float_type(-40.96, 2) + float_type(40.955, 3) + u16(0) + u16(16383)
PLETH = context(0x4BB4, 64)


def of(kind: type[Said], said: Iterable[Observation]) -> list[Said]:
    return [one for one in said if isinstance(one, kind)]


def shown(said: Iterable[Observation]) -> list[dict[str, object]]:
    return [{n.parameter.value: n.value for n in reading.numerics} for reading in of(Reading, said)]
