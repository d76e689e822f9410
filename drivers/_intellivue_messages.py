"""The data messages of the IntelliVue protocol: read into plain values, and the client's requests written.

It knows the layouts (guide chapters "Data Export Protocol" and "Data Types") and not what a value means.
A message whose lengths do not fit one another raises ``Malformed``; nothing of it is used.
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass

from drivers._intellivue_wire import Action, Attribute, Event, Group, Message, ObjectClass, Operation, Service

MDS_OBJECT = b"\x00\x21\x00\x00\x00\x00"
ONE_PART = b"\x00\x01"
"""Object partition of everything that is polled."""

_HEADER = bytes((Message.DATA_EXPORT, 0x00, 0x00, 0x02))
_POLL_REPLY = struct.Struct(">I8xHHH")  # relative time, absolute time (never set), partition, class, group
_ATTRIBUTE = struct.Struct(">HH")
_OBJECT_AND_TIME = 10


class Malformed(ValueError):
    """A message that passed its check sum and yet cannot be read."""


class Cursor:
    """Reads big-endian fields one after the other; raises ``Malformed`` past the end."""

    __slots__ = ("_at", "_data")

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._at = 0

    def take(self, count: int) -> bytes:
        """Return the next ``count`` bytes."""
        end = self._at + count
        if end > len(self._data):
            raise Malformed(f"{count} bytes wanted, {len(self._data) - self._at} there")
        taken = self._data[self._at : end]
        self._at = end
        return taken

    def rest(self) -> bytes:
        """Return all that is left."""
        return self.take(len(self._data) - self._at)

    def number(self, size: int = 2) -> int:
        """Return an unsigned number of ``size`` bytes."""
        return int.from_bytes(self.take(size), "big")

    def unpack(self, layout: struct.Struct) -> tuple[int, ...]:
        """Return the fields of a fixed layout."""
        return layout.unpack(self.take(layout.size))

    def part(self) -> "Cursor":
        """Return a cursor on the next part, which a 16-bit length precedes."""
        return Cursor(self.take(self.number()))

    def entries(self) -> Iterator["Cursor"]:
        """Go through a list: its count, the length of all, then the entries, which the caller must read."""
        count = self.number()
        entries = self.part()
        for _ in range(count):
            yield entries


@dataclass(frozen=True, slots=True)
class Polled:
    """One object of a poll result. ``context`` and ``handle`` name it within one association only."""

    context: int
    handle: int
    attributes: dict[int, bytes]


@dataclass(frozen=True, slots=True)
class PollResult:
    """One message of polled data. ``link`` is 0 for a plain or closing result; ``sequence`` is None for a single poll."""

    invoke_id: int
    link: int
    part: int
    sequence: int | None
    ticks: int
    object_class: int
    objects: tuple[Polled, ...]


@dataclass(frozen=True, slots=True)
class EventReport:
    """An event of the monitor; ``echo`` is what its confirmation repeats: object, time and type."""

    invoke_id: int
    confirmed: bool
    event: int
    echo: bytes
    attributes: dict[int, bytes]


@dataclass(frozen=True, slots=True)
class WavePriorities:
    """The labels of the waves that the monitor says it serves now."""

    labels: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Refusal:
    """An operation that the monitor would not do (ROER)."""

    invoke_id: int
    error: int


@dataclass(frozen=True, slots=True)
class OwnEcho:
    """What only a client sends: the line is looped."""


Data = PollResult | EventReport | WavePriorities | Refusal | OwnEcho | None
"""What a data message may be; None is of no interest."""


def attribute_list(cursor: Cursor) -> dict[int, bytes]:
    """Read an AttributeList; unknown identifiers are kept with their bytes."""
    found = {}
    for entry in cursor.entries():
        attribute, length = entry.unpack(_ATTRIBUTE)
        found[attribute] = entry.take(length)
    return found


def read(user_data: bytes) -> Data:
    """Read a data message (first byte ``E1``). Raises ``Malformed``."""
    cursor = Cursor(user_data)
    cursor.take(len(_HEADER))
    operation = cursor.number()
    body = cursor.part()
    if operation == Operation.INVOKE:
        return _invoke(body)
    if operation == Operation.RESULT:
        return _result(body, link=0, part=0)
    if operation == Operation.LINKED_RESULT:
        return _result(body, link=body.number(1), part=body.number(1))
    if operation == Operation.ERROR:
        return Refusal(invoke_id=body.number(), error=body.number())
    return None


def _invoke(body: Cursor) -> EventReport | OwnEcho | None:
    invoke_id, service = body.number(), body.number()
    if service in (Service.GET, Service.CONFIRMED_SET, Service.CONFIRMED_ACTION):
        return OwnEcho()
    if service not in (Service.EVENT_REPORT, Service.CONFIRMED_EVENT_REPORT):
        return None
    report = body.part()
    echo = report.take(_OBJECT_AND_TIME)
    event = report.number()
    information = report.part()
    attributes = {}
    if event == Event.MDS_CREATE:
        information.take(len(MDS_OBJECT))
        attributes = attribute_list(information)
    confirmed = service == Service.CONFIRMED_EVENT_REPORT
    return EventReport(invoke_id, confirmed, event, echo + event.to_bytes(2, "big"), attributes)


def _result(body: Cursor, link: int, part: int) -> PollResult | WavePriorities | None:
    invoke_id, service = body.number(), body.number()
    result = body.part()
    if service == Service.CONFIRMED_ACTION:
        return _action_result(result, invoke_id, link, part)
    if service not in (Service.GET, Service.CONFIRMED_SET):
        return None
    result.take(len(MDS_OBJECT))
    labels = attribute_list(result).get(Attribute.WAVE_PRIORITIES)
    if labels is None:
        return None
    return WavePriorities(tuple(entry.number(4) for entry in Cursor(labels).entries()))


def _action_result(result: Cursor, invoke_id: int, link: int, part: int) -> PollResult | None:
    result.take(len(MDS_OBJECT))
    action = result.number()
    if action not in (Action.SINGLE_POLL, Action.EXTENDED_POLL):
        return None
    reply = result.part()
    reply.number()  # our own number of the poll
    sequence = reply.number() if action == Action.EXTENDED_POLL else None
    ticks, _partition, object_class, _group = reply.unpack(_POLL_REPLY)
    objects = []
    for context in reply.entries():
        context_id = context.number()
        for polled in context.entries():
            objects.append(Polled(context_id, polled.number(), attribute_list(polled)))
    return PollResult(invoke_id, link, part, sequence, ticks, object_class, tuple(objects))


def _sized(data: bytes) -> bytes:
    return len(data).to_bytes(2, "big") + data


def _listed(entries: list[bytes]) -> bytes:
    return len(entries).to_bytes(2, "big") + _sized(b"".join(entries))


def _invocation(operation: Operation, invoke_id: int, service: Service, body: bytes) -> bytes:
    numbered = struct.pack(">HH", invoke_id, service) + _sized(body)
    return _HEADER + operation.to_bytes(2, "big") + _sized(numbered)


def confirmation(report: EventReport) -> bytes:
    """Answer a confirmed event report."""
    body = report.echo + _sized(b"")
    return _invocation(Operation.RESULT, report.invoke_id, Service.CONFIRMED_EVENT_REPORT, body)


def wave_priorities_request(invoke_id: int, labels: tuple[int, ...]) -> bytes:
    """Ask the monitor to serve these waves, the first before the next."""
    value = _listed([label.to_bytes(4, "big") for label in labels])
    replace = struct.pack(">HH", 0, Attribute.WAVE_PRIORITIES) + _sized(value)
    body = MDS_OBJECT + bytes(4) + _listed([replace])
    return _invocation(Operation.INVOKE, invoke_id, Service.CONFIRMED_SET, body)


def poll_request(invoke_id: int, poll: int, object_class: ObjectClass, group: Group, active_ticks: int = 0) -> bytes:
    """Ask for one result, or for results during ``active_ticks``."""
    body = poll.to_bytes(2, "big") + ONE_PART + struct.pack(">HH", object_class, group)
    action = Action.SINGLE_POLL
    if active_ticks:
        action = Action.EXTENDED_POLL
        body += _listed([struct.pack(">HHI", Attribute.ACTIVE_PERIOD, 4, active_ticks)])
    argument = MDS_OBJECT + bytes(4) + action.to_bytes(2, "big") + _sized(body)
    return _invocation(Operation.INVOKE, invoke_id, Service.CONFIRMED_ACTION, argument)
