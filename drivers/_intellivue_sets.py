"""Puts linked results together again: the parts of one set become one ``ResultSet``.

Sets of several polls interleave on the line, and a client that asks again restarts the sequence numbers; so parts
belong together only if invoke id, sequence and relative time agree.
"""

from dataclasses import dataclass, field

from drivers._intellivue_messages import Polled, PollResult
from drivers._intellivue_wire import LinkState
from drivers.base.observations import Instant

PATIENCE = 1_000_000
"""µs after which a set whose rest does not come is told as it is."""
MOST_OPEN = 8
MOST_PARTS = 64

_Key = tuple[int, int | None, int]


@dataclass(frozen=True, slots=True)
class ResultSet:
    """All objects of one poll result. Only of a ``complete`` set may an absent object be taken as gone."""

    object_class: int
    ticks: int
    complete: bool
    objects: tuple[Polled, ...]


@dataclass(slots=True)
class _Open:
    object_class: int
    ticks: int
    until: Instant
    objects: list[Polled] = field(default_factory=list)
    links: list[tuple[int, int]] = field(default_factory=list)

    def finished(self, closed: bool) -> ResultSet:
        return ResultSet(self.object_class, self.ticks, closed and self._whole(), tuple(self.objects))

    def _whole(self) -> bool:
        states, counts = zip(*self.links, strict=True)
        ends = states[0] == LinkState.FIRST and states[-1] == LinkState.LAST
        return ends and counts == tuple(range(1, len(counts) + 1))


class SetAssembly:
    """The sets under way."""

    def __init__(self) -> None:
        self._open: dict[_Key, _Open] = {}

    def add(self, result: PollResult, at: Instant) -> list[ResultSet]:
        """Take one message; return the sets that it finished, in order."""
        key = (result.invoke_id, result.sequence, result.ticks)
        done = self._overtaken(key)
        if result.link:
            done += self._part(key, result, at)
        elif key in self._open:
            closing = self._open.pop(key)
            closing.objects += result.objects
            done.append(closing.finished(closed=True))
        else:
            done.append(ResultSet(result.object_class, result.ticks, bool(result.objects), result.objects))
        return done

    def next_deadline(self) -> Instant | None:
        """When the oldest set is given up."""
        return min((opened.until for opened in self._open.values()), default=None)

    def expire(self, at: Instant) -> list[ResultSet]:
        """Give up the sets whose time has come."""
        late = [key for key, opened in self._open.items() if opened.until <= at]
        return [self._open.pop(key).finished(closed=False) for key in late]

    def _overtaken(self, key: _Key) -> list[ResultSet]:
        """A poll's sets come one after the other: what is open of an earlier one stays incomplete."""
        earlier = [other for other in self._open if other[0] == key[0] and other != key]
        return [self._open.pop(other).finished(closed=False) for other in earlier]

    def _part(self, key: _Key, result: PollResult, at: Instant) -> list[ResultSet]:
        opened = self._open.get(key)
        if opened is None:
            opened = self._open[key] = _Open(result.object_class, result.ticks, at)
        opened.until = at + PATIENCE
        opened.objects += result.objects
        opened.links.append((result.link, result.part))
        if len(opened.links) >= MOST_PARTS:
            return [self._open.pop(key).finished(closed=False)]
        if len(self._open) > MOST_OPEN:
            return [self._open.pop(next(iter(self._open))).finished(closed=False)]
        return []
