"""The heart of the house: one chair, as a pure object. An entry goes in with its time, a list of changes comes out.

It reads no clock, does no I/O and starts no task. Before an entry is applied, every deadline up to its time fires, in order and
stamped with its own time, so how often anyone looks in changes nothing. It wires the rooms of this package together and holds
the one broad ``except`` of the house, around decoder calls; it decides nothing that another room could.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Protocol

from drivers.base.decoder import Command, CommandNotSupported, Decoder, Driver
from drivers.base.observations import (
    CommandReply,
    DeviceAlarm,
    DeviceStatus,
    Instant,
    LinkFault,
    Observation,
    Reading,
    WaveformChunk,
)
from drivers.base.vocabulary import CommandKind, CommandOutcome, Parameter, Quality, StatusCode
from monitor.core import entries, limits
from monitor.core.actions import deed
from monitor.core.alerts import Alert, Alerts, AudioPause
from monitor.core.changes import (
    AlertState,
    ChairView,
    Change,
    CommandChanged,
    CommandState,
    CommandView,
    DeviceChanged,
    HouseTold,
    LimitsChanged,
    LimitView,
    NibpChanged,
    ReadingTaken,
    Send,
    SessionChanged,
    Vital,
    WaveformArrived,
)
from monitor.core.codec import from_json, to_json
from monitor.core.commands import Commands
from monitor.core.cuff import Cuff, CuffReading
from monitor.core.detection import Detection
from monitor.core.devices import SECOND_US, Line
from monitor.core.entries import Actor, ChairConfig, Entry, OperatorAction
from monitor.core.session import LIVE, RUNNING, Session
from monitor.core.situations import Ailment, Present
from monitor.core.vitals import Vitals
from monitor.errors import MonitorError

AILING_US = 60 * SECOND_US
"""How long a replaced decoder counts as a monitoring fault after the last time one failed."""

WAKES = 100
"""A decoder that wants to be woken so often at one instant does not get on."""

SCHEDULE = "schedule"


@dataclass(frozen=True, slots=True)
class Survivors:
    """What outlives a gap: the content of a checkpoint."""

    config: ChairConfig
    software: str
    demo: bool
    offset_us: int
    session: Session | None
    cuff: Cuff
    spots: tuple[Vital, ...]
    seen: frozenset[Parameter]
    limits: tuple[LimitView, ...]
    alerts: tuple[Alert, ...]
    pause: AudioPause | None
    commands: tuple[CommandView, ...]
    made: int
    house: dict[str, Ailment]


class _Room(Protocol):
    def next_deadline(self) -> Instant | None: ...


class Bedside:
    """One chair. ``checkpoint_version`` counts up whenever ``checkpoint()`` has become another."""

    def __init__(self, chair: str, drivers: Mapping[str, Driver]) -> None:
        self.chair = chair
        self.checkpoint_version = 0
        self._drivers = drivers
        self._out: list[Change] = []
        self._seq = 0
        self._now: Instant = 0
        self._due: Instant | None = None
        self._due_known = False
        self._touched = False
        self._config = ChairConfig(chair, chair, ())
        self._software = ""
        self._offset_us = 0
        self._make_anew(0)
        self._survivors = self._what_survives()

    def apply(self, entry: Entry) -> list[Change]:
        """Fire the deadlines up to ``entry.at``, then take the entry; return all that was said, in order.

        After ``Configured`` and ``Resumed`` every line counts as closed: the shell tells again which ports are open and what
        ails the house. An action that the state no longer allows is void.
        """
        body, at = entry.body, entry.at
        if isinstance(body, entries.Resumed) or (isinstance(body, entries.Configured) and self.present.phase in LIVE):
            self._seq = entry.seq
            self._forget(at)
        self._advance(at)
        if not isinstance(body, entries.Beat):
            self._seq, self._now = entry.seq, at
            _HANDLERS[type(body)](self, body, at)
        changes, self._out = self._out, []
        if self._touched:
            self._count_version()
        return changes

    def next_deadline(self) -> Instant | None:
        """The next moment at which something may happen by itself. It may be early; then nothing does."""
        if not self._due_known:
            rooms: list[_Room] = [self.present.vitals, self._detection, self.alerts, self.commands]
            rooms += self.present.lines.values()
            due = [self.present.cuff.next_at, *(room.next_deadline() for room in rooms)]
            self._due = min((instant for instant in due if instant is not None), default=None)
            self._due_known = True
        return self._due

    def check(self, body: OperatorAction, at: Instant) -> None:
        """Raise what an action would fail with; change nothing."""
        deed(self, body, at)

    def view(self, at: Instant) -> ChairView:
        """The present state, as the last entry left it, with derived values as of ``at``."""
        present, pause = self.present, self.alerts.pause
        return ChairView(
            chair=self.chair,
            name=self._config.name,
            at=at,
            demo=self._demo,
            offset_us=self._offset_us,
            session=None if present.session is None else present.session.view(at),
            vitals=tuple(present.vitals.values.values()),
            devices=tuple(line.view() for line in present.lines.values()),
            alerts=tuple(alert.view for alert in self.alerts.open.values()),
            limits=tuple(present.limits.values()),
            commands=self.commands.recent,
            nibp=present.cuff.view(),
            audio_paused_until=None if pause is None else pause.until,
            audio_paused_by="" if pause is None else pause.by,
            house=self._house(),
        )

    def checkpoint(self) -> dict[str, Any]:
        """What must survive, as JSON values."""
        data: dict[str, Any] = to_json(self._what_survives())
        return data

    @classmethod
    def restore(cls, chair: str, drivers: Mapping[str, Driver], checkpoint: dict[str, Any]) -> "Bedside":
        """Make the bedside of a checkpoint; the shell then applies ``Resumed``."""
        bedside = cls(chair, drivers)
        kept: Survivors = from_json(Survivors, checkpoint)
        bedside._config, bedside._software = kept.config, kept.software
        bedside._make_anew(0)
        bedside._demo, bedside._offset_us = kept.demo, kept.offset_us
        present = bedside.present
        present.session, present.cuff, present.house = kept.session, kept.cuff, kept.house
        present.limits = {(limit.code, limit.priority): limit for limit in kept.limits}
        present.vitals.keep(kept.spots, kept.seen)
        bedside.alerts.open = {alert.key: alert for alert in kept.alerts}
        bedside.alerts.pause = kept.pause
        bedside.commands = Commands(kept.commands, kept.made)
        bedside._resume_detection()
        bedside._survivors = bedside._what_survives()
        return bedside

    # What actions need (actions.Place).

    @property
    def cycling(self) -> bool:
        """Whether the house times the cuff now."""
        return self.present.phase in RUNNING and any(
            line.can(CommandKind.NIBP_START) for line in self.present.lines.values()
        )

    def admit(self, session: Session, actor: Actor, at: Instant) -> None:
        self.set_limits(limits.preset(self._config.limits), at)
        self.step(session, "admitted", actor, at)

    def start(self, session: Session, actor: Actor, at: Instant) -> None:
        self.step(session, "started", actor, at)
        if self.cycling:
            self.set_cuff(self.present.cuff.begin(at), at)

    def step(self, session: Session, step: str, actor: Actor, at: Instant) -> None:
        self.present.session = session
        self._say(SessionChanged(at, session.view(at), step, actor))

    def close(self, session: Session, actor: Actor, at: Instant) -> None:
        self.step(session, "closed", actor, at)
        self.set_cuff(self.present.cuff.end(), at)
        self.alerts.end_pause(at)

    def set_limits(self, changed: dict[limits.Key, LimitView], at: Instant) -> None:
        if changed != self.present.limits:
            self.present.limits = changed
            self._say(LimitsChanged(at, tuple(changed.values())))

    def set_cuff(self, cuff: Cuff, at: Instant) -> None:
        before, self.present.cuff = self.present.cuff, cuff
        self._touched = True
        if cuff.view() != before.view():
            self._say(NibpChanged(at, cuff.view()))

    def start_cuff(self, device: str, by: str, at: Instant) -> None:
        self.set_cuff(self.present.cuff.started(at, self.cycling), at)
        self.command(device, CommandKind.NIBP_START, by, at)

    def command(self, device: str, kind: CommandKind, by: str, at: Instant) -> None:
        command = self.commands.request(device, kind, by, at)
        self._say(CommandChanged(at, command))
        self._ask(self.present.lines[device], at, lambda decoder: _give(decoder, Command(command.id, kind), at))

    def is_measuring(self, device: str) -> bool:
        under_way = self.commands.under_way(device, CommandKind.NIBP_START)
        return under_way is not None or StatusCode.MEASURING in self.present.lines[device].statuses

    # Time.

    def _advance(self, until: Instant) -> None:
        while (due := self.next_deadline()) is not None and due <= until:
            self._now = max(due, self._now)
            self._tick(self._now)

    def _tick(self, at: Instant) -> None:
        self._due_known = False
        for line in self.present.lines.values():
            self._wake_line(line, at)
        self._tell_blanked(self.present.vitals.wake(at), at)
        for command in self.commands.time_out(at):
            self._command_changed(command, at)
        if self.present.cuff.next_at is not None and self.present.cuff.next_at <= at:
            self._cycle(at)
        self._settle(at)
        self.alerts.wake(at)

    def _wake_line(self, line: Line, at: Instant) -> None:
        for _ in range(WAKES):
            if line.wake_at is None or line.wake_at > at:
                break
            self._ask(line, at, lambda decoder: decoder.wake(at))
        else:
            self._replace_decoder(line, RuntimeError("it asks without end to be woken"), at)
        if line.wake(at):
            self._tell_device(line, at)
        if line.ailing_until is not None and line.ailing_until <= at:
            line.ailing_until = None
            self.present.house = {
                what: ailment for what, ailment in self.present.house.items() if what != _decoder_of(line)
            }
            self._tell_house(at)

    def _settle(self, at: Instant) -> None:
        """Bring the alerts in line with what is so now."""
        declared = self._detection.look(self.present, self._repeats(), at, self._seq)
        self.alerts.settle(declared, self.present.now, at)
        self._due_known = False

    # Gaps and configurations.

    def _make_anew(self, at: Instant) -> None:
        cuff = Cuff(self._config.nibp_interval_s or None)
        self._demo = False
        self.commands = Commands()
        self.alerts = Alerts(self.chair, self._say)
        self._detection = Detection()
        self.present = Present({}, Vitals({}, at), cuff, limits.preset(self._config.limits), None, {})
        self._make_lines(at)

    def _make_lines(self, at: Instant) -> None:
        """All lines closed, and no value but spots: what no checkpoint holds is forgotten."""
        present = self.present
        present.lines = {device.id: Line(device, self._drivers[device.driver], at) for device in self._config.devices}
        vitals = Vitals({name: line.fresh_us for name, line in present.lines.items()}, at)
        vitals.keep(present.vitals.spots(), present.vitals.seen)
        present.vitals = vitals
        self._due_known = False

    def _forget(self, at: Instant) -> None:
        for name in self.present.lines:
            self._tell_blanked(self.present.vitals.blank(name, at), at)
        self.present.house = {what: ill for what, ill in self.present.house.items() if not what.startswith(_DECODER)}
        for command in self.commands.interrupt(at, "interrupted: monitoring began anew"):
            self._say(CommandChanged(at, command))
        self._make_lines(at)
        self._resume_detection()

    def _resume_detection(self) -> None:
        open_alerts = [alert for alert in self.alerts.open.values() if alert.view.state is not AlertState.LATCHED]
        self._detection.resume({alert.key: (alert.view.priority, alert.view.text) for alert in open_alerts})

    def _configured(self, body: entries.Configured, at: Instant) -> None:
        self._config, self._software = body.config, body.software
        if self.present.phase in LIVE:
            self._make_lines(at)
            self.set_limits(self._preset_with_changes(), at)
        else:
            self.alerts.end_all(at)
            self._make_anew(at)
            self._say(SessionChanged(at, None, "configured", None))
            self._say(LimitsChanged(at, tuple(self.present.limits.values())))
        for line in self.present.lines.values():
            self._tell_device(line, at)
        self._say(NibpChanged(at, self.present.cuff.view()))
        self._tell_house(at)
        self._settle(at)

    def _preset_with_changes(self) -> dict[limits.Key, LimitView]:
        """The new pre-set, with the changes made for this session."""
        preset = limits.preset(self._config.limits)
        changes = {
            key: limit for key, limit in self.present.limits.items() if limit.changed_by is not None and key in preset
        }
        return preset | {key: replace(limit, preset=preset[key].preset) for key, limit in changes.items()}

    def _resumed(self, body: entries.Resumed, at: Instant) -> None:
        for line in self.present.lines.values():
            self._tell_device(line, at)
        self._tell_house(at)
        self._settle(at)

    # Lines and decoders.

    def _port_opened(self, body: entries.PortOpened, at: Instant) -> None:
        line = self.present.lines.get(body.device)
        if line is not None:
            self._open(line, body.simulated, at)
            self._settle(at)

    def _open(self, line: Line, simulated: bool, at: Instant) -> None:
        line.open(at, line.driver.decoder(), simulated)
        self._demo = self._demo or simulated
        self._tell_device(line, at)
        self._ask(line, at, lambda decoder: decoder.opened(at))

    def _port_lost(self, body: entries.PortLost, at: Instant) -> None:
        line = self.present.lines.get(body.device)
        if line is None:
            return
        before = line.view()
        line.close(at, body.why)
        self._tell_blanked(self.present.vitals.blank(body.device, at), at)
        for command in self.commands.interrupt(at, "the line was lost", body.device):
            self._command_changed(command, at)
        if line.view() != before:
            self._tell_device(line, at)
        self._settle(at)

    def _port_closing(self, body: entries.PortClosing, at: Instant) -> None:
        for line in self.present.lines.values():
            self._ask(line, at, lambda decoder: decoder.closing(at))

    def _bytes(self, body: entries.Bytes, at: Instant) -> None:
        line = self.present.lines.get(body.device)
        if line is None:
            return
        if line.decoder is None:
            self._open(line, line.simulated, at)
        if line.heard(at):
            self._tell_device(line, at)
            self._settle(at)
        self._ask(line, at, lambda decoder: decoder.feed(body.data, at))

    def _observed(self, body: entries.Observed, at: Instant) -> None:
        line = self.present.lines.get(body.device)
        if line is None:
            return
        if line.heard(at):
            self._tell_device(line, at)
        for observation in body.observations:
            _OBSERVERS[type(observation)](self, line, observation, at)

    def _ask(self, line: Line, at: Instant, call: Callable[[Decoder], Iterable[Observation] | None]) -> None:
        """Call a decoder, drain it, and take what it observed. A decoder that raises is replaced."""
        decoder = line.decoder
        if decoder is None:
            return
        try:
            observations = call(decoder) or ()
            data = decoder.bytes_to_send()
            wake_at = decoder.next_deadline()
        except Exception as fault:
            self._replace_decoder(line, fault, at)
            return
        if wake_at != line.wake_at:
            line.wake_at = wake_at
            self._due_known = False
        if data:
            self._say(Send(at, line.config.id, data))
        for observation in observations:
            _OBSERVERS[type(observation)](self, line, observation, at)

    def _replace_decoder(self, line: Line, fault: Exception, at: Instant) -> None:
        """Our own bug: tell it as a monitoring fault and go on with a fresh decoder."""
        line.decoder, line.wake_at = line.driver.decoder(), None
        line.ailing_until = at + AILING_US
        text = f"{line.label}: its decoder failed and was replaced ({type(fault).__name__}: {fault})"
        house = dict(self.present.house)
        house[_decoder_of(line)] = Ailment(text, at)
        self.present.house = house
        self._tell_house(at)
        self._settle(at)

    # Observations.

    def _waveform(self, line: Line, chunk: WaveformChunk, at: Instant) -> None:
        self._say(WaveformArrived(at, line.config.id, chunk))

    def _reading(self, line: Line, reading: Reading, at: Instant) -> None:
        seen = self.present.vitals.seen
        taken = self.present.vitals.take(line.config.id, reading, at)
        if reading.spot or self.present.vitals.seen is not seen:
            self._touched = True
        self._say(ReadingTaken(at, line.config.id, reading, taken))
        if any(_MADE_UP & set(numeric.quality) for numeric in reading.numerics):
            self._mark_demo(line, at)
        values = {vital.parameter: vital for vital in taken}
        if Parameter.CUFF_PRESSURE in values:
            self._cuff_pressure(line, values[Parameter.CUFF_PRESSURE], at)
        if Parameter.NIBP_SYS in values:
            self._cuff_reading(values[Parameter.NIBP_SYS], values[Parameter.NIBP_DIA], at)
        self._settle(at)

    def _cuff_pressure(self, line: Line, vital: Vital, at: Instant) -> None:
        pressure = None if vital.value is None else round(vital.value)
        command = self.commands.inflate(line.config.id, pressure)
        if command is not None:
            self._say(CommandChanged(at, command))

    def _cuff_reading(self, systolic: Vital, diastolic: Vital, at: Instant) -> None:
        if systolic.value is None or diastolic.value is None:
            return
        self.set_cuff(self.present.cuff.took(CuffReading(systolic.at, systolic.value, diastolic.value)), at)
        if self._repeats() and self._detection.wants_repeat(self.present):
            self.set_cuff(self.present.cuff.repeat(at), at)

    def _status(self, line: Line, status: DeviceStatus, at: Instant) -> None:
        line.set_status(status, at)
        if status.code in _STATUS_MADE_UP and status.on:
            self._demo = True
        self._tell_device(line, at)
        cuff = self.present.cuff
        if status.code is StatusCode.MEASUREMENT_FAILED and status.on:
            self.set_cuff(cuff.failed(at), at)
        elif status.code is StatusCode.CYCLING_STOPPED:
            self.set_cuff(
                cuff.cycling_stopped(status.text) if status.on else cuff.cycling_allowed(at, self.cycling), at
            )
        self._settle(at)

    def _device_alarm(self, line: Line, alarm: DeviceAlarm, at: Instant) -> None:
        line.set_alarm(alarm)
        self._tell_device(line, at)

    def _command_reply(self, line: Line, reply: CommandReply, at: Instant) -> None:
        command = self.commands.reply(reply.command, reply.outcome, reply.text, at)
        if command is not None:
            self._command_changed(command, at)
            self._settle(at)

    def _link_fault(self, line: Line, fault: LinkFault, at: Instant) -> None:
        line.faults += 1
        line.discarded += fault.discarded
        if at - line.told_at >= SECOND_US:
            self._tell_device(line, at)

    # The cuff.

    def _repeats(self) -> bool:
        """Whether the house can have a reading repeated by itself."""
        return self.cycling and not self.present.cuff.stopped_why and self._cuff_line() is not None

    def _cuff_line(self) -> Line | None:
        able = (
            line
            for line in self.present.lines.values()
            if line.can(CommandKind.NIBP_START) and line.decoder is not None
        )
        return next(able, None)

    def _cycle(self, at: Instant) -> None:
        """A determination is due: begin it, or let it go by when the cuff cannot."""
        line = self._cuff_line()
        if line is None or self.is_measuring(line.config.id):
            self.set_cuff(self.present.cuff.skipped(at), at)
        else:
            self.start_cuff(line.config.id, SCHEDULE, at)

    def _command_changed(self, command: CommandView, at: Instant) -> None:
        self._say(CommandChanged(at, command))
        failed = command.kind is CommandKind.NIBP_START and command.state is CommandState.TIMED_OUT
        if failed and not self.present.cuff.failure_counted:
            self.set_cuff(self.present.cuff.failed(at), at)

    # Actions, the house, the clock.

    def _operator_action(self, body: OperatorAction, at: Instant) -> None:
        try:
            do = deed(self, body, at)
        except MonitorError:
            return
        do()
        if self.present.cuff.next_at is not None and self.present.cuff.next_at <= at:
            self._cycle(at)
        self._settle(at)

    def _house_changed(self, body: entries.HouseChanged, at: Instant) -> None:
        house = {what: ailment for what, ailment in self.present.house.items() if what != body.what}
        if body.ailing:
            house[body.what] = Ailment(body.text, at)
        self.present.house = house
        self._tell_house(at)
        self._settle(at)

    def _clock_stepped(self, body: entries.ClockStepped, at: Instant) -> None:
        self._offset_us = body.offset_us
        self._tell_house(at)

    def _bytes_sent(self, body: entries.BytesSent, at: Instant) -> None:
        """The record's matter alone."""

    # Saying.

    def _say(self, change: Change) -> None:
        self._out.append(change)
        if type(change) not in _PASSING:
            self._touched = True

    def _tell_device(self, line: Line, at: Instant) -> None:
        line.told_at = at
        self._say(DeviceChanged(at, line.view(), self._demo))

    def _tell_blanked(self, vitals: Iterable[Vital], at: Instant) -> None:
        for vital in vitals:
            self._say(ReadingTaken(at, vital.device, None, (vital,)))

    def _house(self) -> tuple[str, ...]:
        return tuple(ailment.text for ailment in self.present.house.values())

    def _tell_house(self, at: Instant) -> None:
        self._say(HouseTold(at, self._house(), self._offset_us))

    def _mark_demo(self, line: Line, at: Instant) -> None:
        if not self._demo:
            self._demo = True
            self._tell_device(line, at)

    # What survives.

    def _what_survives(self) -> Survivors:
        present = self.present
        return Survivors(
            config=self._config,
            software=self._software,
            demo=self._demo,
            offset_us=self._offset_us,
            session=present.session,
            cuff=present.cuff,
            spots=present.vitals.spots(),
            seen=present.vitals.seen,
            limits=tuple(present.limits.values()),
            alerts=tuple(self.alerts.open.values()),
            pause=self.alerts.pause,
            commands=self.commands.without_pressure(),
            made=self.commands.made,
            house={what: ailment for what, ailment in present.house.items() if not what.startswith(_DECODER)},
        )

    def _count_version(self) -> None:
        self._touched = False
        survivors = self._what_survives()
        if survivors != self._survivors:
            self._survivors = survivors
            self.checkpoint_version += 1


_PASSING = {WaveformArrived, ReadingTaken, Send}
"""Changes that leave what must survive as it is, as a rule."""

_DECODER = "decoder of "
_MADE_UP = {Quality.DEMO, Quality.TEST}
_STATUS_MADE_UP = {StatusCode.DEMO, StatusCode.TEST}


def _decoder_of(line: Line) -> str:
    return _DECODER + line.config.id


def _give(decoder: Decoder, command: Command, at: Instant) -> list[Observation]:
    try:
        return decoder.command(command, at)
    except CommandNotSupported as refusal:
        return [CommandReply(at, command.id, CommandOutcome.REFUSED, str(refusal))]


_OBSERVERS: dict[type[Any], Callable[[Bedside, Line, Any, Instant], None]] = {
    WaveformChunk: Bedside._waveform,
    Reading: Bedside._reading,
    DeviceStatus: Bedside._status,
    DeviceAlarm: Bedside._device_alarm,
    CommandReply: Bedside._command_reply,
    LinkFault: Bedside._link_fault,
}

_HANDLERS: dict[type[Any], Callable[[Bedside, Any, Instant], None]] = {
    entries.Configured: Bedside._configured,
    entries.Bytes: Bedside._bytes,
    entries.BytesSent: Bedside._bytes_sent,
    entries.Observed: Bedside._observed,
    entries.PortOpened: Bedside._port_opened,
    entries.PortLost: Bedside._port_lost,
    entries.PortClosing: Bedside._port_closing,
    entries.OperatorAction: Bedside._operator_action,
    entries.HouseChanged: Bedside._house_changed,
    entries.ClockStepped: Bedside._clock_stepped,
    entries.Resumed: Bedside._resumed,
}
