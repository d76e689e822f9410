"""Whether a record of displayed values may be believed, told by its neighbours.

About one damaged record in 200 passes the sum, and its numbers can be wrong anywhere. But a monitor's records hardly
differ from one to the next, and damage hits any byte. So a record is believed when one of the last few was like it: the
same status and label words, and values no further off than a patient goes in one step. One that differs waits for the
next to say the same. A place that differs again and again by itself, as an EEG does, is soon no longer looked at; a
value of ours there is then left out of the reading until it settles, or goes on the same way.
"""

import struct
from collections import Counter, deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from drivers._datex_frames import AUXILIARY, Record
from drivers._datex_wire import LEAST_VALUE, Class, Values

Place = tuple[int, int]
"""Class, and offset in its data."""

LONGEST_STEP_S = 20
"""A record after a longer time, or before its neighbour, is no neighbour: it may be left over from an earlier client."""
RESTLESS = 3
"""So many strong changes make a place one that is not looked at."""
SLACK: dict[Place, int] = {
    (Class.BASIC, 6): 12,  # HR, 1/min
    (Class.BASIC, 14): 8,  # RR, impedance
    (Class.BASIC, 124): 150,  # SpO2, 1/100 %
    (Class.BASIC, 126): 12,  # PR
    (Class.BASIC, 128): 60,  # modulation, 1/100 %
    (Class.BASIC, 138): 80,  # EtCO2, 1/100 %
    (Class.BASIC, 142): 8,  # RR, airway
    (Class.BASIC, 144): 20,  # ambient pressure, 1/10 mmHg
    (Class.BASIC, 92): 20,  # temperatures, 1/100 °C
    (Class.BASIC, 100): 20,
    (Class.BASIC, 108): 20,
    (Class.BASIC, 116): 20,
    (Class.BASIC, 226): 12,  # HR of the ECG
    (Class.BASIC, 228): 25,  # its highest and lowest
    (Class.BASIC, 230): 25,
    (Class.EXT1, 126): 20,
    (Class.EXT1, 134): 20,
}
"""How far a value of ours goes in a second."""
_OTHER_SLACK = 200
"""The same for any other field that holds a value."""
MOST_STEPS = 5
"""Slack grows with the seconds between two records, up to so many times."""
NUMBER, RUBBISH = (-1, 0), (-1, 2)
"""Places of the header: its counter, and what stands behind its list."""
LONGEST_COUNT = 8
"""The counter goes on by so much at most, or too much was lost for a neighbour."""
_WORDS = {
    Class.BASIC: (0, 16, 30, 44, 58, 72, 86, 94, 102, 110, 118, 132, 146, 156, 166, 178, 200, 214, 232, 240, 254),
    Class.EXT1: (0, 48, 78, 92, 106, 120, 128),
}
_SHORTS = struct.Struct("<137h")


def _headers() -> frozenset[Place]:
    """Return the places where nothing is close: status and label words, arrhythmia bits, the cuff's pressures."""
    heads = {(int(c), group + word) for c, groups in _WORDS.items() for group in groups for word in (0, 2, 4)}
    heads |= {(Class.EXT1, 12), (Class.EXT1, 14), *((Class.BASIC, pressure) for pressure in (78, 80, 82))}
    return frozenset(heads | {(int(c), tail) for c in Class for tail in (270, 272)})


_EXACT = _headers()


@dataclass(frozen=True, slots=True)
class Displayed:
    """A record of displayed values: the data of each class from its first group on, and what is told beside them."""

    time_s: int
    classes: Mapping[int, bytes]
    nibp_time_s: int | None = None
    number: int = 0
    rubbish: bytes = b""

    def raw(self, place: Place) -> int | None:
        """Return the short there, of a class that came; None when it is no measurement."""
        class_, offset = place
        value = int.from_bytes(self.classes[class_][offset : offset + 2], "little", signed=True)
        return value if value >= LEAST_VALUE else None


def displayed(record: Record) -> Displayed | None:
    """Return the displayed values of a physiological record, or None when it holds none."""
    classes = {part[277] & 0x0F: part[4:] for type_, part in record.parts if type_ == Values.DISPLAYED}
    other = [part for type_, part in record.parts if type_ == Values.AUXILIARY and len(part) == AUXILIARY]
    time_s = int.from_bytes(other[0][:4], "little") if other else 0
    if not classes:
        return None
    return Displayed(record.time_s, classes, time_s or None, record.number, record.rubbish)


class Neighbours:
    """The last few records of displayed values."""

    def __init__(self) -> None:
        self._known: deque[Displayed] = deque(maxlen=3)
        self._last: Displayed | None = None
        self._step_s = 0
        self._steep: dict[Place, bool] = {}
        self._changes: Counter[Place] = Counter()
        self._restless: frozenset[Place] = frozenset()

    def restless(self, record: Displayed) -> frozenset[Place] | None:
        """Take the next record. None: it is not to be believed yet; else the places in it that are not."""
        found = [set(_strange(other, record)) for other in self._known if self._follows(other, record)]
        if self._last is not None:
            steps = _strange(self._last, record)
            # Two steep steps on end the same way are no damage: a patient goes there.
            found = [strange - {p for p, up in self._steep.items() if steps.get(p) is up} for strange in found]
            self._steep = {place: up for place, up in steps.items() if up is not None}
            self._learn(steps)
            self._step_s = record.time_s - self._last.time_s
        self._last = record
        alike = [frozenset(strange) for strange in found if strange <= self._restless]
        if alike:
            self._known.clear()
        self._known.append(record)
        return min(alike, key=len) if alike else None

    def _follows(self, other: Displayed, record: Displayed) -> bool:
        step_s = record.time_s - other.time_s
        usual = self._step_s > 0 and abs(step_s - self._step_s) <= 2
        comparable = (Class.BASIC in other.classes) == (Class.BASIC in record.classes)
        return comparable and (0 <= step_s <= LONGEST_STEP_S or usual)

    def _learn(self, strange: Iterable[Place]) -> None:
        self._changes.update(tuple(strange))
        self._restless = frozenset(place for place, count in self._changes.items() if count >= RESTLESS)


def _strange(one: Displayed, other: Displayed) -> dict[Place, bool | None]:
    """Return the places where two records differ more than one step would make them; at values of ours, whether it rose."""
    strange: dict[Place, bool | None] = {}
    if not 0 < (other.number - one.number) & 0xFF <= LONGEST_COUNT:
        strange[NUMBER] = None
    if one.rubbish != other.rubbish and len(one.rubbish) == len(other.rubbish):
        strange[RUBBISH] = None
    steps = min(max(1, other.time_s - one.time_s), MOST_STEPS)
    for class_, data in other.classes.items():
        before = one.classes.get(class_, data)
        if before == data:
            continue
        for n, (a, b) in enumerate(zip(_SHORTS.unpack(before), _SHORTS.unpack(data), strict=True)):
            place = (class_, 2 * n)
            if a != b and not _close(place, a, b, steps):
                is_value = place in SLACK and a >= LEAST_VALUE and b >= LEAST_VALUE
                strange[place] = b > a if is_value else None
    return strange


def _close(place: Place, one: int, other: int, steps: int) -> bool:
    if place in _EXACT or one < LEAST_VALUE or other < LEAST_VALUE:
        return False
    slack = SLACK.get(place, _OTHER_SLACK if one and other else 0)  # most noughts are fields that are not used
    return abs(one - other) <= slack * steps
