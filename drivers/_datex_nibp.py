"""Determinations of the monitor's cuff: each told once, with its own time, and never one that was there before.

The last result stays in every record until the next one replaces it. What is told must stand in two records on end.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from drivers._datex_neighbours import Displayed
from drivers._datex_wire import Class, GroupStatus, NibpLabel
from drivers.base.observations import Instant, Numeric, Observation, Reading
from drivers.base.statuses import Statuses
from drivers.base.vocabulary import Parameter, Quality, StatusCode

CUFF = {Parameter.NIBP_SYS: 78, Parameter.NIBP_DIA: 80, Parameter.NIBP_MEAN: 82}
"""Systolic, diastolic, mean in this order, 1/100 mmHg."""
_GROUP = 72

_Pressures = tuple[int | None, ...]


@dataclass(frozen=True, slots=True)
class _Seen:
    """What one record says of the cuff."""

    label: NibpLabel
    pressures: _Pressures
    time_s: int | None

    @property
    def is_measuring(self) -> bool:
        return bool(self.label & NibpLabel.MEASURING)

    @property
    def is_old(self) -> bool:
        return bool(self.label & NibpLabel.OLDER_THAN_60_S)

    @property
    def has_result(self) -> bool:
        return None not in self.pressures[:2]


_MATTERS = NibpLabel.MEASURING | NibpLabel.OLDER_THAN_60_S | NibpLabel.STAT


class Cuff:
    """What is known of the cuff. ``live``: a result there at first sight was made before us and is told as held."""

    def __init__(self, statuses: Statuses) -> None:
        self._statuses = statuses
        self._told: _Pressures | None = None
        self.forget()

    def forget(self) -> None:
        """The line begins anew. The last result is remembered, lest it come twice."""
        self._last: _Seen | None = None
        self._since: tuple[Instant, int] = (0, 0)
        self._state: _Seen | None = None
        self._was_old = False

    def lost(self, at: Instant) -> list[Observation]:
        """The monitor is not heard any more: whether it measures is not known."""
        if self._state is not None and self._state.is_measuring:
            self._state = None
        return [*self._statuses.set(at, StatusCode.MEASURING, False, "NIBP is measuring")]

    def take(self, record: Displayed, at: Instant, live: bool) -> list[Observation]:
        """Take the next record; return a determination that has ended, and what changed."""
        seen = _seen(record)
        if seen is None:
            return []
        if seen != self._last:
            self._last, self._since = seen, (at, record.time_s)
            return []
        if seen == self._state:
            return []
        before, self._state = self._state, seen
        said = self._say_measuring(seen, at)
        if not seen.is_measuring:
            said += self._first(seen, live) if before is None else self._idle(before, seen, at)
        self._was_old = self._was_old or seen.is_old
        return said

    def alone(self, record: Displayed, at: Instant) -> list[Observation]:
        """A recording holds this record alone: its result is told, as one that nothing confirms."""
        seen = _seen(record)
        if seen is None or seen.is_measuring or seen.is_old or not seen.has_result:
            return []
        self._told = seen.pressures  # the records after it tell the same determination
        return [_reading(seen, (at, record.time_s), (Quality.UNCONFIRMED,))]

    def _say_measuring(self, seen: _Seen, at: Instant) -> list[Observation]:
        text = "NIBP is measuring"
        if seen.label & NibpLabel.STAT:
            text = "NIBP is measuring again and again (STAT)"
        said: list[Observation] = [*self._statuses.set(at, StatusCode.MEASURING, seen.is_measuring, text)]
        return said + self._fail(at, False) if seen.is_measuring else said

    def _first(self, seen: _Seen, live: bool) -> list[Observation]:
        before, self._told = self._told, seen.pressures
        if not seen.has_result or seen.is_old or before == seen.pressures:
            return []
        return [_reading(seen, self._since, (Quality.HELD,) if live and before is None else ())]

    def _idle(self, before: _Seen, seen: _Seen, at: Instant) -> list[Observation]:
        """The cuff rests. A result is new when it differs, or when one that was old is not so any more."""
        newer = before.time_s is not None and seen.time_s is not None and seen.time_s > before.time_s
        is_new = seen.pressures != self._told or (self._was_old and not seen.is_old) or newer
        if is_new and seen.has_result:
            self._told, self._was_old = seen.pressures, seen.is_old
            said: list[Observation] = [*self._fail(at, False)]
            # One that turns up older than 60 s ended while nothing was heard: its own time is not known.
            return said if seen.is_old else [*said, _reading(seen, self._since)]
        if not seen.has_result:
            self._told = seen.pressures
        return [*self._fail(at, True)] if before.is_measuring else []

    def _fail(self, at: Instant, on: bool) -> list[Observation]:
        return [*self._statuses.set(at, StatusCode.MEASUREMENT_FAILED, on, "NIBP ended without a new result")]


def clock(time_s: int) -> str:
    """Return the monitor's wall clock in ISO 8601, without a zone: it tells none."""
    return (datetime(1970, 1, 1) + timedelta(seconds=time_s)).isoformat()  # noqa: DTZ001


def hundredths(raw: int | None) -> int | float | None:
    """Return a value told in hundredths, whole where it is whole."""
    if raw is None or raw % 100:
        return None if raw is None else raw / 100
    return raw // 100


def _seen(record: Displayed) -> _Seen | None:
    data = record.classes.get(Class.BASIC)
    if data is None or not data[_GROUP] & GroupStatus.EXISTS:
        return None
    label = NibpLabel(int.from_bytes(data[_GROUP + 4 : _GROUP + 6], "little") & _MATTERS)
    active = bool(data[_GROUP] & GroupStatus.ACTIVE)
    pressures = (record.raw((Class.BASIC, offset)) for offset in CUFF.values())
    return _Seen(
        label, tuple(raw if active and raw is not None and raw > 0 else None for raw in pressures), record.nibp_time_s
    )


def _reading(seen: _Seen, since: tuple[Instant, int], quality: tuple[Quality, ...] = ()) -> Reading:
    at, time_s = since
    numerics = []
    for parameter, raw in zip(CUFF, seen.pressures, strict=True):
        numerics.append(Numeric(parameter, hundredths(raw), quality if raw is not None else (Quality.INVALID,)))
    return Reading(at, tuple(numerics), spot=True, device_time=clock(time_s if seen.time_s is None else seen.time_s))
