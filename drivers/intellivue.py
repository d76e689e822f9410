"""Philips IntelliVue patient monitors (MP, MX and X2 series) over the MIB/RS-232 data export port, or over LAN (UDP).

Follows the "IntelliVue Data Export Interface Programming Guide", 4535 642 59271 rev. G. Reads numerics, waves and
alarms; the interface can neither start the cuff nor set anything of the patient's. The parts: ``_intellivue_frames``
(line), ``_intellivue_messages`` and ``_intellivue_association`` (layouts), ``_intellivue_sets`` (linked results),
``_intellivue_numerics``, ``_intellivue_waves``, ``_intellivue_alarms`` (meaning), ``_intellivue_conversation`` (what is sent).
Over UDP the same messages travel without frames, one a datagram; the port puts them into frames (``DRIVER.datagrams``).
"""

from collections.abc import Iterable

from drivers._intellivue_alarms import EXPLANATIONS, Alarms
from drivers._intellivue_association import granted
from drivers._intellivue_conversation import Conversation
from drivers._intellivue_frames import Damage, FrameReader, frame, messages
from drivers._intellivue_messages import (
    EventReport,
    Malformed,
    OwnEcho,
    PollResult,
    WavePriorities,
    read,
)
from drivers._intellivue_numerics import CONTINUOUS, CUFF, Circumstances, Numerics
from drivers._intellivue_sets import ResultSet, SetAssembly
from drivers._intellivue_statuses import Statuses
from drivers._intellivue_values import absolute_time, variable_labels, wide_text
from drivers._intellivue_waves import WAVEFORMS, Waves
from drivers._intellivue_wire import (
    INDICATION_PORT,
    LINE,
    MONITOR_PORT,
    TICKS_PER_SECOND,
    Action,
    AlarmCode,
    AlarmInfo,
    AlarmState,
    AlarmType,
    Attribute,
    Event,
    Failure,
    Group,
    LinkState,
    Message,
    Mode,
    ObjectClass,
    Operation,
    Option,
    Physio,
    SampleFlag,
    Service,
    State,
    UnitCode,
)
from drivers.base.decoder import Datagrams, Decoder, Driver
from drivers.base.observations import Instant, LinkFault, Observation
from drivers.base.vocabulary import FaultKind, Quality, StatusCode

__all__ = [
    "INDICATION_PORT",
    "LINE",
    "MONITOR_PORT",
    "TICKS_PER_SECOND",
    "Action",
    "AlarmCode",
    "AlarmInfo",
    "AlarmState",
    "AlarmType",
    "Attribute",
    "Event",
    "Failure",
    "Group",
    "LinkState",
    "Message",
    "Mode",
    "ObjectClass",
    "Operation",
    "Option",
    "Physio",
    "SampleFlag",
    "Service",
    "State",
    "UnitCode",
]
WIRE = tuple(__all__)
"""What the simulator may know of the driver."""

FRAME_PATIENCE = 1_000_000
"""µs after which a frame whose rest does not come is given up; the longest takes 0.4 s."""
ECHO_PATIENCE = 5_000_000
"""µs without a word of a monitor after which one's own words are taken for a looped line."""

_IDLE_MODES = Mode.STANDBY | Mode.SERVICE | Mode.CONFIGURATION


class IntellivueDecoder(Decoder):
    """One monitor on one line. Polled data are decoded whoever asked for them."""

    def __init__(self) -> None:
        self._reader = FrameReader()
        self._sets = SetAssembly()
        self._statuses = Statuses()
        self._numerics = Numerics(self._statuses)
        self._waves = Waves()
        self._alarms = Alarms()
        self._conversation = Conversation(self._statuses)
        self._mode = 0
        self._last_byte_at: Instant = 0
        self._monitor_heard_at: Instant | None = None

    def feed(self, data: bytes, at: Instant) -> list[Observation]:
        """Take bytes in any chunking."""
        self._last_byte_at = at
        said: list[Observation] = []
        for found in self._reader.feed(data):
            if isinstance(found, Damage):
                said.append(LinkFault(at, found.kind, found.discarded))
            else:
                said += self._understand(found, at)
        return said

    def opened(self, at: Instant) -> list[Observation]:
        """Ask for an association."""
        return self._conversation.open(at)

    def closing(self, at: Instant) -> None:
        """Release the association."""
        self._conversation.close()

    def bytes_to_send(self) -> bytes:
        """Frames for the monitor, never more than it can take."""
        return self._conversation.bytes_to_send()

    def next_deadline(self) -> Instant | None:
        """The earliest of: something to send, an association lost, a set or a frame given up."""
        deadlines = [self._conversation.next_deadline(), self._sets.next_deadline(), self._frame_deadline()]
        return min((deadline for deadline in deadlines if deadline is not None), default=None)

    def wake(self, at: Instant) -> list[Observation]:
        """Do what is due."""
        said: list[Observation] = []
        deadline = self._frame_deadline()
        if deadline is not None and deadline <= at:
            said += [LinkFault(at, damage.kind, damage.discarded) for damage in self._reader.give_up()]
        for results in self._sets.expire(at):
            said += self._take(results, at)
        return said + self._conversation.wake(at)

    def _frame_deadline(self) -> Instant | None:
        return self._last_byte_at + FRAME_PATIENCE if self._reader.unfinished else None

    def _understand(self, user_data: bytes, at: Instant) -> list[Observation]:
        kind = user_data[:1]
        try:
            if kind == bytes((Message.DATA_EXPORT,)):
                return self._data(user_data, at)
            if kind == bytes((Message.ASSOCIATION_RESPONSE,)):
                return self._accepted(user_data, at)
        except Malformed:
            return [LinkFault(at, FaultKind.SHORT, len(user_data))]
        if kind == bytes((Message.ASSOCIATION_REQUEST,)):
            return self._own_echo(at)
        if kind == bytes((Message.REFUSE,)):
            return self._conversation.refused(at)
        if kind in (bytes((Message.ABORT,)), bytes((Message.RELEASE_REQUEST,)), bytes((Message.RELEASE_RESPONSE,))):
            return self._conversation.ended(at, released=kind == bytes((Message.RELEASE_REQUEST,)))
        return []

    def _accepted(self, user_data: bytes, at: Instant) -> list[Observation]:
        self._conversation.accepted(at, granted(user_data))
        self._forget()
        return self._monitor_heard(at)

    def _data(self, user_data: bytes, at: Instant) -> list[Observation]:
        message = read(user_data)
        if message is None:
            return []
        if isinstance(message, OwnEcho):
            return self._own_echo(at)
        said = self._monitor_heard(at)
        if isinstance(message, PollResult):
            return said + self._polled(message, at)
        if isinstance(message, EventReport):
            return said + self._event(message, at)
        if isinstance(message, WavePriorities):
            self._conversation.serves(message.labels, at)
        else:
            self._conversation.failed(message.invoke_id)
        return said

    def _own_echo(self, at: Instant) -> list[Observation]:
        """Only a client says this: the line is looped, or a recording holds both sides."""
        if self._monitor_heard_at is not None and at - self._monitor_heard_at < ECHO_PATIENCE:
            return []
        text = "No monitor on this line: only what is sent comes back (looped adapter?)"
        return [*self._statuses.enter(at, StatusCode.NOT_THIS_DEVICE, text)]

    def _monitor_heard(self, at: Instant) -> list[Observation]:
        self._monitor_heard_at = at
        return [*self._statuses.leave(at, StatusCode.NOT_THIS_DEVICE)]

    def _forget(self) -> None:
        """A new association: contexts and handles mean nothing any more."""
        self._sets = SetAssembly()
        self._numerics.forget()
        self._waves.forget()

    def _event(self, report: EventReport, at: Instant) -> list[Observation]:
        said: list[Observation] = []
        if report.event == Event.MDS_CREATE:
            if not self._conversation.is_active:
                self._forget()
            said += self._describe(report.attributes, at)
        return said + self._conversation.event(report, at)

    def _polled(self, result: PollResult, at: Instant) -> list[Observation]:
        said = self._conversation.result(result.object_class, at)
        if result.sequence is not None:
            self._waves.heard(result.ticks, at)
        if result.object_class == ObjectClass.WAVE:  # every part stands by itself: not to be kept waiting
            chunks = self._waves.take(result)
            return [*said, *self._states(at), *chunks]
        for results in self._sets.add(result, at):
            said += self._take(results, at)
        return said

    def _take(self, results: ResultSet, at: Instant) -> list[Observation]:
        try:
            return self._meaning(results, at)
        except Malformed:
            return [LinkFault(at, FaultKind.SHORT, 0)]

    def _meaning(self, results: ResultSet, at: Instant) -> list[Observation]:
        said: list[Observation] = []
        if results.object_class == ObjectClass.NUMERIC:
            said += self._numerics.take(results, self._circumstances(at))
            return [*self._states(at), *self._explain(at), *said]
        for polled in results.objects:
            if results.object_class == ObjectClass.ALERT_MONITOR:
                said += self._alarms.take(polled, at)
            elif results.object_class == ObjectClass.MDS:
                said += self._describe(polled.attributes, at)
        return [*said, *self._states(at), *self._explain(at)]

    def _circumstances(self, at: Instant) -> Circumstances:
        reasons = {parameter: reason.quality for reason in self._alarms.reasons() for parameter in reason.parameters}
        marks = ((StatusCode.DEMO, Quality.DEMO), (StatusCode.TEST, Quality.TEST))
        on = tuple(quality for code, quality in marks if self._statuses.is_on(code))
        return Circumstances(at, reasons, on, live=self._conversation.is_open)

    def _explain(self, at: Instant) -> Iterable[Observation]:
        """Say which sensors and leads are off; a value that is there nevertheless is not made unknowable by it."""
        now = self._alarms.reasons()
        for reason in EXPLANATIONS:
            if reason in now:
                affects = tuple(name for name in reason.parameters if not self._numerics.has_value(name))
                yield from self._statuses.enter(at, reason.status, reason.text, affects)
            else:
                yield from self._statuses.leave(at, reason.status)

    def _states(self, at: Instant) -> Iterable[Observation]:
        """Say whether this is a patient at all. Monitor, alarms, values and curves may each tell that it is none."""
        alarms, parts = self._alarms, (self._numerics, self._waves)
        demo = self._mode & Mode.DEMO or alarms.has_state(AlarmState.DEMO) or any(part.demo for part in parts)
        test = alarms.has_state(AlarmState.TEST) or any(part.test for part in parts)
        idle = self._mode & _IDLE_MODES or alarms.has_state(AlarmState.STANDBY)
        for on, code, text in (
            (demo, StatusCode.DEMO, "The monitor is in demo mode: no patient data"),
            (test, StatusCode.TEST, "The monitor sends test data: no patient data"),
            (idle, StatusCode.STANDBY, "The monitor is in standby, service or configuration mode"),
        ):
            yield from self._statuses.enter(at, code, text) if on else self._statuses.leave(at, code)

    def _describe(self, attributes: dict[int, bytes], at: Instant) -> list[Observation]:
        """Take what the monitor tells of itself."""
        mode = attributes.get(Attribute.OPERATING_MODE)
        if mode is not None:
            self._mode = int.from_bytes(mode, "big")
        now = absolute_time(attributes.get(Attribute.ABSOLUTE_TIME, b""))
        ticks = attributes.get(Attribute.RELATIVE_TIME)
        if now is not None and ticks is not None:
            self._numerics.set_clock(now, int.from_bytes(ticks, "big"))
        said: list[Observation] = []
        if Attribute.MODEL in attributes:
            name = " ".join(variable_labels(attributes[Attribute.MODEL]))
            bed = wide_text(attributes.get(Attribute.BED_LABEL, b"\0\0"))
            system = attributes.get(Attribute.SYSTEM_ID, b"")[2:].hex()
            detail = "; ".join(f"{what} {which}" for what, which in (("bed", bed), ("system id", system)) if which)
            said += self._statuses.enter(at, StatusCode.IDENTITY, name, detail=detail or None)
        return [*said, *self._states(at)]


DRIVER = Driver(
    name="intellivue",
    title="Philips IntelliVue patient monitor (data export over RS-232 or UDP)",
    line=LINE,
    parameters=(*CONTINUOUS, *CUFF),
    waveforms=tuple(dict.fromkeys(WAVEFORMS.values())),
    commands=(),
    decoder=IntellivueDecoder,
    harmless_to_open=True,
    datagrams=Datagrams(MONITOR_PORT, wrap=frame, unwrap=messages),
    numbered=True,
)
