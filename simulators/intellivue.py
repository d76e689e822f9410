"""A Philips IntelliVue monitor on the RS-232 data export port, or on LAN, with the shared patient behind it.

It does what the guide says and recordings show; what neither tells is chosen simply and said where it stands. Layouts,
scaling and check sums are in ``_intellivue_encoding`` and ``_intellivue_patient``.
"""

import random
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

from drivers.base.observations import Instant
from drivers.intellivue import (
    INDICATION_PORT,
    TICKS_PER_SECOND,
    Action,
    Attribute,
    Event,
    Failure,
    Group,
    Message,
    Mode,
    ObjectClass,
    Operation,
    Option,
    Service,
)
from simulators._intellivue_encoding import (
    ABORTED,
    LEAST_MTU,
    MDS,
    MOST_MTU,
    REFUSE,
    RELEASED,
    Deframer,
    Entry,
    Poll,
    Wish,
    answer,
    association_response,
    attribute,
    bcd_time,
    connect_indication,
    failure,
    framed,
    listed,
    operation,
    poll_results,
    read_list,
    sized,
    u16,
    u32,
    wish,
)
from simulators._intellivue_patient import (
    BLOCK_TICKS,
    BLOCK_US,
    DEFAULT_LABELS,
    SERVED,
    AlertMonitor,
    Bedside,
    Cuff,
    served,
    wave_entry,
)
from simulators.base.network import OverNetwork
from simulators.base.simulator import Kind, Signals, Simulator

SECOND = 1_000_000
FIRST_TICKS = 0x00100000
"""Relative time at the start: a little more than two minutes after power-on."""
FIRST_RESULT_US = 20_000
"""From a poll request to its first result; nothing is known of the real delay."""
CREATE_AGAIN_US = 3_100_000
CREATE_AGAIN = 3
CREATE_TIMEOUT_US = 10 * SECOND
CUFF_INTERVAL_US = 300 * SECOND
CUFF_DURATION_US = 30 * SECOND
WAVES_MTU = 500
CONTEXT_EVERY = 4
"""Wave results from one object's context to the next one's: 1.024 s."""

CREATE_INVOKE_ID = 1
REPLACE, TO_DEFAULT = u16(0), u16(3)

_NUMERIC_PERIODS = {
    Option.NUMERICS_1S: 1_024_000,
    Option.NUMERICS_12S: 6 * SECOND,
    Option.NUMERICS_1MIN: 30 * SECOND,
    Option.NUMERICS_5MIN: 150 * SECOND,
}
"""The shortest period asked for is granted."""
_FAULTS = {"sensor_off", "leads_off", "demo", "test"}


@dataclass
class Stream:
    """An extended poll: its results go on until its time is over."""

    poll: Poll
    until: Instant
    next_at: Instant
    period_us: int
    sequence: int = 0
    sent: int = 0


@dataclass
class Association:
    """One association from its acceptance on. Nothing is polled before the client confirmed the creation of the MDS."""

    granted: Wish
    numeric_period_us: int
    confirmed: bool = False
    labels: tuple[int, ...] = DEFAULT_LABELS
    streams: dict[int, Stream] = field(default_factory=dict)
    single_polls: dict[int, Instant] = field(default_factory=dict)

    @property
    def patience_us(self) -> int:
        """How long the client may be silent, which depends on the poll period granted (guide, "Association")."""
        period_us = self.granted.min_poll_ticks * SECOND // TICKS_PER_SECOND
        if period_us < 3_300_000:
            return 10 * SECOND
        return 3 * period_us if period_us <= 43 * SECOND else 130 * SECOND


class IntellivueSimulator(Simulator):
    """The monitor. ``mtu`` is the most it grants. By itself it measures no blood pressure: ``measure_each``."""

    mtu = MOST_MTU

    def __init__(self, signals: Signals, rng: random.Random, start: Instant) -> None:
        super().__init__(signals, rng, start)
        self.cuff_interval_us: int | None = None
        self._bedside = Bedside(signals)
        self._alerts = AlertMonitor(self._bedside)
        self._deframer = Deframer()
        self._association: Association | None = None
        self._timers: dict[Callable[[Instant], None], Instant] = {}
        self._creations = 0
        self._out = bytearray()
        self._deaf = False
        self._now = start

    def receive(self, data: bytes, at: Instant) -> None:
        """Take the client's bytes; what is due before them comes first."""
        self._run(at)
        for message in self._deframer.feed(data):
            if not self._deaf:
                self._understand(message, at)

    def advance(self, at: Instant) -> bytes:
        """Return all frames due up to ``at``."""
        self._run(at)
        out = bytes(self._out)
        self._out.clear()
        return out

    def misbehave(self, what: str, on: bool) -> None:
        """Faults: ``sensor_off``, ``leads_off``, ``demo``, ``test``; ``short_messages`` (grants 300 bytes a message, so that
        results are linked), ``deaf`` (answers nothing), ``own_cuff`` (measures blood pressure by itself each 5 min)."""
        if what in _FAULTS:
            self._bedside.condition = replace(self._bedside.condition, **{what: on})
        elif what == "short_messages":
            self.mtu = LEAST_MTU if on else MOST_MTU
        elif what == "deaf":
            self._deaf = on
        elif what == "own_cuff":
            self.measure_each(CUFF_INTERVAL_US if on else None)
        else:
            super().misbehave(what, on)

    def measure_each(self, interval_us: int | None) -> None:
        """Let the cuff measure by itself, at once and then at this interval; None: no more."""
        self.cuff_interval_us = interval_us
        if interval_us is None:
            self._timers.pop(self._begin_cuff, None)
        elif self._end_cuff not in self._timers:
            self._timers[self._begin_cuff] = self._now

    def _ticks(self, at: Instant) -> int:
        return FIRST_TICKS + (at - self.start) * TICKS_PER_SECOND // SECOND

    def _clock(self, at: Instant) -> datetime:
        return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=at)

    def _send(self, message: bytes) -> None:
        self._out += framed(message)

    def _run(self, at: Instant) -> None:
        """Do what is due up to ``at``, each thing at its own time."""
        while self._timers:
            timer = min(self._timers, key=self._timers.__getitem__)
            due = self._timers[timer]
            if due > at:
                break
            del self._timers[timer]
            self.signals.advance(due)
            timer(due)
        self.signals.advance(at)
        self._now = at

    def _understand(self, message: bytes, at: Instant) -> None:
        kind = message[0]
        association = self._association
        if kind == Message.ASSOCIATION_REQUEST:
            self._associate(message, at)
        elif association is None:
            return
        elif kind == Message.ABORT:
            self._end()
        elif kind == Message.RELEASE_REQUEST and association.confirmed:
            self._send(RELEASED)
            self._end()
        elif kind == Message.DATA_EXPORT:
            if association.confirmed:
                self._timers[self._abandon] = at + association.patience_us
            self._operation(message, association, at)

    def _associate(self, message: bytes, at: Instant) -> None:
        """Accept, or refuse: a second association (the real reaction is unknown), or a wish that cannot be met."""
        asked = wish(message)
        if self._association is not None or asked is None or min(asked.receives, asked.sends) < LEAST_MTU:
            self._send(REFUSE)
            return
        period = next((option for option in _NUMERIC_PERIODS if asked.options & option), None)
        transmits = min(asked.receives, self.mtu)
        options = 0 if period is None else period
        if period is not None and transmits >= WAVES_MTU:
            options |= asked.options & Option.WAVES
        granted = Wish(asked.min_poll_ticks, min(asked.sends, self.mtu), transmits, options)
        self._association = Association(granted, _NUMERIC_PERIODS.get(period or Option.NUMERICS_1S, SECOND))
        self._send(association_response(granted))
        self._creations = 0
        self._create(at)
        self._timers[self._abandon] = at + CREATE_TIMEOUT_US

    def _create(self, at: Instant) -> None:
        """Tell the creation of the MDS, again and again until it is confirmed."""
        event = MDS + u32(self._ticks(at)) + u16(Event.MDS_CREATE)
        report = event + sized(MDS + listed(self._mds(at)))
        service = Service.CONFIRMED_EVENT_REPORT
        self._send(operation(Operation.INVOKE, u16(CREATE_INVOKE_ID) + u16(service) + sized(report)))
        self._creations += 1
        if self._creations <= CREATE_AGAIN:
            self._timers[self._create] = at + CREATE_AGAIN_US

    def _abandon(self, at: Instant) -> None:
        """The client has been silent for too long."""
        self._send(ABORTED)
        self._end()

    def _end(self) -> None:
        self._association = None
        for timer in (self._create, self._abandon, self._serve):
            self._timers.pop(timer, None)

    def _operation(self, message: bytes, association: Association, at: Instant) -> None:
        kind, invoke_id, service = (int.from_bytes(message[place : place + 2], "big") for place in (4, 8, 10))
        body = message[14:]
        if kind == Operation.RESULT and service == Service.CONFIRMED_EVENT_REPORT and invoke_id == CREATE_INVOKE_ID:
            self._confirm(association, at)
        elif kind != Operation.INVOKE or not association.confirmed:
            return  # what is asked before the confirmation is ignored (the real reaction is unknown)
        elif service == Service.CONFIRMED_ACTION:
            self._action(invoke_id, body, association, at)
        elif service == Service.CONFIRMED_SET:
            self._set(invoke_id, body, association)
        elif service == Service.GET:
            self._get(invoke_id, body, association)

    def _confirm(self, association: Association, at: Instant) -> None:
        association.confirmed = True
        self._timers.pop(self._create, None)
        self._timers[self._abandon] = at + association.patience_us

    def _get(self, invoke_id: int, body: bytes, association: Association) -> None:
        if body[14:16] != u16(Attribute.WAVE_PRIORITIES):
            self._send(failure(invoke_id, Failure.GET_LIST_ERROR))
            return
        self._send(answer(invoke_id, Service.GET, MDS + listed([_priorities(association.labels)])))

    def _set(self, invoke_id: int, body: bytes, association: Association) -> None:
        """Replace the wave priorities, or go back to the default ones; nothing else can be set."""
        operator, what, labels = body[14:16], body[16:18], body[24:]
        if what != u16(Attribute.WAVE_PRIORITIES) or operator not in (REPLACE, TO_DEFAULT):
            self._send(failure(invoke_id, Failure.SET_LIST_ERROR))
            return
        asked = (int.from_bytes(labels[place : place + 4], "big") for place in range(0, len(labels), 4))
        association.labels = served(asked) if operator == REPLACE else DEFAULT_LABELS
        self._send(answer(invoke_id, Service.CONFIRMED_SET, MDS + listed([_priorities(association.labels)])))

    def _action(self, invoke_id: int, body: bytes, association: Association, at: Instant) -> None:
        action = int.from_bytes(body[10:12], "big")
        number, _partition, object_class, group = (int.from_bytes(body[n : n + 2], "big") for n in range(14, 22, 2))
        if action not in (Action.SINGLE_POLL, Action.EXTENDED_POLL):
            self._send(failure(invoke_id, Failure.NO_SUCH_ACTION))
        elif object_class not in set(ObjectClass):
            self._send(failure(invoke_id, Failure.NO_SUCH_OBJECT_CLASS))
        elif action == Action.EXTENDED_POLL:
            poll = Poll(invoke_id, action, number, object_class, group)
            self._open_stream(poll, body[22:], association, at)
        elif at - association.single_polls.get(object_class, at - SECOND) >= SECOND:  # more often is ignored
            association.single_polls[object_class] = at
            poll = Poll(invoke_id, action, number, object_class, group)
            self._result(poll, 0, self._entries(poll, at, first=False), association, self._ticks(at))

    def _open_stream(self, poll: Poll, options: bytes, association: Association, at: Instant) -> None:
        """Begin an extended poll, or renew one: its results then count from 0 again and keep their pace."""
        try:
            active = int.from_bytes(read_list(options).get(Attribute.ACTIVE_PERIOD, b""), "big")
        except ValueError:
            self._send(failure(poll.invoke_id, Failure.INVALID_ARGUMENT_VALUE))
            return
        wave = poll.object_class == ObjectClass.WAVE
        if wave and not association.granted.options & Option.WAVES:
            self._send(failure(poll.invoke_id, Failure.ACCESS_DENIED))
            return
        until = at + max(active * SECOND // TICKS_PER_SECOND, FIRST_RESULT_US)  # without a period: one result
        running = association.streams.get(poll.object_class)
        if running is not None and running.poll.group == poll.group:
            association.streams[poll.object_class] = replace(running, poll=poll, until=until, sequence=0)
        else:
            period_us = BLOCK_US if wave else association.numeric_period_us
            if poll.object_class == ObjectClass.ALERT_MONITOR:
                period_us = SECOND
            association.streams[poll.object_class] = Stream(poll, until, at + FIRST_RESULT_US, period_us)
        self._plan_streams(association)

    def _plan_streams(self, association: Association) -> None:
        self._timers.pop(self._serve, None)
        if association.streams:
            self._timers[self._serve] = min(stream.next_at for stream in association.streams.values())

    def _serve(self, at: Instant) -> None:
        """Send the results that are due, and forget the polls whose time is over."""
        association = self._association
        assert association is not None
        for object_class, stream in list(association.streams.items()):
            if stream.until < at:
                del association.streams[object_class]
            elif stream.next_at <= at:
                self._stream(stream, association, at)
        self._plan_streams(association)

    def _stream(self, stream: Stream, association: Association, at: Instant) -> None:
        first, group = stream.sent == 0, stream.poll.group
        stream.next_at = at + stream.period_us
        ticks = self._ticks(at)
        if stream.poll.object_class == ObjectClass.WAVE:
            block = (at - self.start) // BLOCK_US
            stream.next_at = self.start + (block + 1) * BLOCK_US
            # The first result of a recording bore a time 128 ms after the second one's.
            ticks = (
                FIRST_TICKS + block * BLOCK_TICKS + BLOCK_TICKS // 2
                if first
                else FIRST_TICKS + (block - 1) * BLOCK_TICKS
            )
            entries = self._waves(stream, association, self.start + (block - 1) * BLOCK_US)
        else:
            entries = self._entries(stream.poll, at, first=first and group == Group.ALL)
        self._result(stream.poll, stream.sequence, entries, association, ticks)
        stream.sequence = stream.sequence + 1 & 0xFFFF
        stream.sent += 1

    def _result(self, poll: Poll, sequence: int, entries: list[Entry], association: Association, ticks: int) -> None:
        for message in poll_results(poll, sequence, ticks, entries, association.granted.sends):
            self._send(message)

    def _entries(self, poll: Poll, at: Instant, first: bool) -> list[Entry]:
        """The objects of a class with the attributes of a group; the first result of group 0 has context alone."""
        match poll.object_class:
            case ObjectClass.NUMERIC:
                return self._bedside.numerics(poll.group, context_only=first)
            case ObjectClass.ALERT_MONITOR:
                return self._alerts.entries(poll.group, context_only=first)
            case ObjectClass.MDS:
                return [Entry(0, 0, tuple(self._mds(at)))]
            case ObjectClass.WAVE:
                context = poll.group != Group.OBSERVED_VALUES
                return [
                    wave_entry(self._bedside, self.signals, SERVED[label], at, context, samples=False)
                    for label in DEFAULT_LABELS
                ]
            case _:
                return []

    def _waves(self, stream: Stream, association: Association, begin: Instant) -> list[Entry]:
        """The waves served, the context of one of them in turn."""
        group, waves = stream.poll.group, [SERVED[label] for label in association.labels]
        first = stream.sent == 0 and group == Group.ALL
        turn, now = divmod(stream.sent - 1, CONTEXT_EVERY)
        entries = []
        for place, wave in enumerate(waves):
            its_turn = first or (now == 0 and turn % len(waves) == place)
            context = group in _CONTEXT_GROUPS or (group == Group.ALL and its_turn)
            samples = group not in _CONTEXT_GROUPS and not first
            entries.append(wave_entry(self._bedside, self.signals, wave, begin, context, samples))
        return entries

    def _mds(self, at: Instant) -> list[bytes]:
        mode = Mode.DEMO if self._bedside.condition.demo else Mode.MONITORING
        return [
            attribute(Attribute.SYSTEM_TYPE, bytes.fromhex("0001114d")),
            attribute(Attribute.SYSTEM_ID, sized(bytes.fromhex("0009fb000001"))),
            attribute(Attribute.MODEL, sized(b"Philips\0") + sized(b"M8000\0")),
            attribute(Attribute.NOMENCLATURE_VERSION, bytes.fromhex("00010000")),
            attribute(Attribute.LOCALISATION, bytes.fromhex("062d062d0001000b")),
            attribute(Attribute.OPERATING_MODE, u16(mode)),
            attribute(Attribute.APPLICATION_AREA, u16(2)),
            attribute(Attribute.LINE_FREQUENCY, u16(1)),
            attribute(Attribute.MDS_STATUS, u16(6)),
            attribute(Attribute.BED_LABEL, sized(bytes(34))),
            attribute(Attribute.ABSOLUTE_TIME, bcd_time(self._clock(at))),
            attribute(Attribute.RELATIVE_TIME, u32(self._ticks(at))),
        ]

    def _begin_cuff(self, at: Instant) -> None:
        self._bedside.cuff = replace(self._bedside.cuff, measuring=True, failed=False)
        self._timers[self._end_cuff] = at + CUFF_DURATION_US

    def _end_cuff(self, at: Instant) -> None:
        found = self.signals.determine(at)
        if found is None:
            self._bedside.cuff = replace(self._bedside.cuff, measuring=False, failed=True)
        else:
            self._bedside.cuff = Cuff(found, self._clock(at))
        if self.cuff_interval_us is not None:
            self._timers[self._begin_cuff] = at + self.cuff_interval_us


_CONTEXT_GROUPS = (Group.STATIC_CONTEXT, Group.DYNAMIC_CONTEXT)


def _priorities(labels: tuple[int, ...]) -> bytes:
    return attribute(Attribute.WAVE_PRIORITIES, listed([u32(label) for label in labels]))


SIMULATOR = Kind(
    name="intellivue",
    title="Simulated Philips IntelliVue monitor",
    make=IntellivueSimulator,
    network=OverNetwork(framed, lambda: Deframer().feed, connect_indication, INDICATION_PORT),
)
