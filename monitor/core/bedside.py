"""The heart of the house: one chair, as a pure object. An entry goes in with its time, a list of changes comes out.

It reads no clock, does no I/O and starts no task. Before an entry is applied, every deadline up to its time fires, in order and
stamped with its own time, so how often anyone looks in changes nothing. It wires the rooms of this package together and holds
the one broad ``except`` of the house, around decoder calls; it decides nothing that another room could.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from decimal import Decimal
from typing import Any, Protocol

from drivers.base.decoder import Decoder, Driver
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
from drivers.base.vocabulary import Quality, StatusCode
from monitor.core import entries, limits
from monitor.core.actions import deed
from monitor.core.alerts import Alerts
from monitor.core.changes import (
    AlertState,
    ChairView,
    Change,
    Criterion,
    DeviceChanged,
    LimitsChanged,
    LimitView,
    NibpChanged,
    ReadingTaken,
    Send,
    SessionChanged,
    WaveformArrived,
)
from monitor.core.checkpoint import Survivors
from monitor.core.commands import Commands
from monitor.core.criteria import criteria
from monitor.core.cuff import Cuff
from monitor.core.detection import Detection
from monitor.core.devices import SECOND_US, Line
from monitor.core.entries import ChairConfig, DeviceConfig, Entry, OperatorAction
from monitor.core.limit_watches import WATCHED
from monitor.core.nibp import Nibp
from monitor.core.numbers import Numbers
from monitor.core.present import Present
from monitor.core.session import LIVE
from monitor.core.settings import SILENT
from monitor.core.units import Bond, Unit, bond_to, unit_of
from monitor.core.vitals import Vitals
from monitor.errors import MonitorError

AILING_US = 60 * SECOND_US
"""How long a replaced decoder counts as a monitoring fault after the last time one failed."""

WAKES = 100
"""A decoder that wants to be woken so often at one instant does not get on."""


class _Room(Protocol):
    def next_deadline(self) -> Instant | None: ...


class Bedside:
    """One chair. ``checkpoint_version`` counts up whenever ``checkpoint()`` has become another."""

    def __init__(self, chair: str, drivers: Mapping[str, Driver]) -> None:
        self.chair = chair
        self.checkpoint_version = 0
        self._drivers = drivers
        self._config = ChairConfig(chair, chair, ())
        self._software = ""
        self._out: list[Change] = []
        self._seq = 0
        self._now: Instant = 0
        self._due: Instant | None = None
        self._due_known = False
        self._touched = False
        self._make_anew(0)
        self._survivors = self._what_survives()

    def apply(self, entry: Entry) -> list[Change]:
        """Fire the deadlines up to ``entry.at``, then take the entry; return all that was said, in order.

        After ``Configured`` and ``Resumed`` every line counts as closed: the shell tells again which ports are open and what
        ails the house. An action that the state no longer allows is void.
        """
        body, at = entry.body, entry.at
        if isinstance(body, entries.Resumed):
            self._forget(entry.seq, at - body.gap_us, at)
        elif isinstance(body, entries.Configured) and self.present.phase in LIVE:
            self._forget(entry.seq, at, at)
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
            rooms: list[_Room] = [self.present.vitals, self._detection, self.alerts, self.nibp.commands]
            rooms += self.present.lines.values()
            due = [self.present.cuff.next_at, *(room.next_deadline() for room in rooms)]
            self._due = min((instant for instant in due if instant is not None), default=None)
            self._due_known = True
        return self._due

    def check(self, body: OperatorAction, at: Instant) -> None:
        """Raise what an action would fail with; change nothing."""
        deed(self, body, at)

    def preset(self) -> dict[limits.Key, LimitView]:
        """The clinic's limits, with which every session begins."""
        return limits.preset(self._config.limits)

    @property
    def max_dose_mg(self) -> Decimal:
        """The most that a session may give by the clinic's rule."""
        return self._config.max_dose_mg

    def view(self, at: Instant) -> ChairView:
        """The present state, as the last entry left it, with derived values as of ``at``."""
        present, pause = self.present, self.alerts.pause
        return ChairView(
            chair=self.chair,
            name=self._config.name,
            at=at,
            demo=self._demo,
            offset_us=present.offset_us,
            session=None if present.session is None else present.session.view(at),
            vitals=tuple(present.vitals.values.values()),
            devices=tuple(line.view() for line in present.lines.values()),
            alerts=tuple(alert.view for alert in self.alerts.open.values()),
            limits=tuple(present.limits.values()),
            commands=self.nibp.commands.recent,
            nibp=present.nibp_view(),
            audio_paused_until=None if pause is None else pause.until,
            audio_paused_by="" if pause is None else pause.by,
            house=present.sentences(),
            group=self.alerts.group,
        )

    def criteria(self, at: Instant) -> tuple[Criterion, ...]:
        """What is asked for before the next step of the session: before the start, or before the patient goes home."""
        return criteria(self.present, at)

    def units(self) -> dict[str, Unit]:
        """The units that speak on the lines, as far as they told themselves, accepted or not."""
        told = {name: line.bond.refused or line.bond.known for name, line in self.present.lines.items()}
        return {name: unit for name, unit in told.items() if unit is not None}

    def checkpoint(self) -> dict[str, Any]:
        """What must survive, as JSON values."""
        return self._what_survives().to_json()

    @classmethod
    def restore(cls, chair: str, drivers: Mapping[str, Driver], checkpoint: dict[str, Any]) -> "Bedside":
        """Make the bedside of a checkpoint; the shell then applies ``Resumed``."""
        bedside = cls(chair, drivers)
        bedside._take_over(Survivors.from_json(checkpoint))
        return bedside

    # Time

    def _advance(self, until: Instant) -> None:
        while (due := self.next_deadline()) is not None and due <= until:
            self._now = max(due, self._now)
            self._tick(self._now)

    def _tick(self, at: Instant) -> None:
        changed = [self._wake_line(line, at) for line in self.present.lines.values()]
        self.present.tell_blanked(self.present.vitals.wake(at), at)
        self.nibp.wake(at)
        if any(changed):
            self._settle(at)
        else:
            self._settle_numbers(at)
        self.alerts.wake(at)
        self._due_known = False

    def _wake_line(self, line: Line, at: Instant) -> bool:
        """Let a line do what is due; return whether it has fallen silent."""
        for _ in range(WAKES):
            if line.wake_at is None or line.wake_at > at:
                break
            self._ask(line, at, lambda decoder: decoder.wake(at))
        else:
            self._replace_decoder(line, RuntimeError("it asks without end to be woken"), at)
            self._begin_decoder(line, at)
        silent = line.wake(at)
        if silent:
            self._tell_device(line, at)
        if line.ailing_until is not None and line.ailing_until <= at:
            line.ailing_until = None
            self.present.set_ailment(_decoder_of(line), None, at)
        return silent

    def _settle(self, at: Instant) -> None:
        """Bring the alerts in line with what is so now."""
        self._detection.look(self.present, self.nibp.repeats, at, self._seq)
        self.present.set_mask(self._detection.mask, at)
        self.alerts.settle(self._detection.declared, self.present.now, at)
        self._due_known = False

    def _settle_numbers(self, at: Instant) -> None:
        """The same where no line has changed: quick, for it runs with each reading. A latched alert tells values too."""
        if not self._detection.stands(self.present, at):
            self._settle(at)
            return
        changed = self._detection.look_at_numbers(self.present, at, self._seq)
        if changed or len(self.alerts.open) > len(self._detection.declared):
            self.alerts.settle(self._detection.declared, self.present.now, at)
            self._due_known = False

    # Gaps and configurations

    def _make_anew(self, at: Instant) -> None:
        self._demo = False
        self.alerts = Alerts(self.chair, self._say, self._config.responses)
        numbers = self._take_numbers()
        cuff = Cuff(self._config.nibp_interval_s or None)
        self.present = Present(self._say, {}, Vitals({}, at), cuff, self.preset(), None, {}, numbers=numbers)
        self.nibp = Nibp(self.present, Commands(), self._ask)
        self._close_lines(at)

    def _take_numbers(self) -> Numbers:
        numbers = Numbers(self._config.settings)
        self._detection = Detection(self._config.delays, numbers)
        return numbers

    def _close_lines(self, at: Instant) -> None:
        """All lines closed, and no value but spots: what no checkpoint holds is forgotten."""
        present = self.present
        silent_us = present.numbers.us(SILENT)
        present.lines = {
            device.id: Line(device, self._drivers[device.driver], at, self._bond(device), silent_us)
            for device in self._config.devices
        }
        vitals = Vitals({name: line.fresh_us for name, line in present.lines.items()}, at, present.numbers)
        vitals.keep(present.vitals.spots(), present.vitals.seen)
        present.vitals = vitals
        present.mask = None
        self._due_known = False

    def _bond(self, device: DeviceConfig) -> Bond:
        """What binds a place to its unit outlives a gap, as long as the place is configured as before."""
        before = self.present.lines.get(device.id)
        return bond_to(device.serial_number) if before is None or before.config != device else before.bond

    def _forget(self, seq: int, since: Instant, at: Instant) -> None:
        """Time was lost from ``since`` to ``at``: keep what a checkpoint holds, and stand at the gap's beginning."""
        self._seq, self._now = seq, since
        present = self.present
        for name in present.lines:
            present.tell_blanked(present.vitals.blank(name, at), at)
        present.house = _without_decoders(present.house)
        self.nibp.interrupt(at, "interrupted: monitoring began anew")
        self._close_lines(at)
        self._resume_detection()
        self._settle(since)

    def _resume_detection(self) -> None:
        standing = [alert for alert in self.alerts.open.values() if alert.view.state is not AlertState.LATCHED]
        self._detection.resume({alert.key: (alert.view.priority, alert.view.text) for alert in standing})

    def _configured(self, body: entries.Configured, at: Instant) -> None:
        self._config, self._software = body.config, body.software
        if self.present.phase in LIVE:
            self.present.numbers = self._take_numbers()
            self._close_lines(at)
            self._resume_detection()
            self.present.set_limits(self._preset_with_changes(), at)
        else:
            self.alerts.end_all(at)
            self._make_anew(at)
            self._bind_to(body.units, at)
            self._say(SessionChanged(at, None, "configured", None))
            self._say(LimitsChanged(at, tuple(self.present.limits.values())))
            self._say(NibpChanged(at, self.present.cuff.view()))
        self._tell_all(at)

    def _bind_to(self, units: Mapping[str, Unit], at: Instant) -> None:
        for name, line in self.present.lines.items():
            if name in units:
                line.bond = line.bond.meet(units[name], bool(line.config.serial_number), at)

    def _preset_with_changes(self) -> dict[limits.Key, LimitView]:
        """The new pre-set, with the changes made for this session."""
        preset = self.preset()
        changed = {key: limit for key, limit in self.present.limits.items() if limit.changed_by is not None}
        return preset | {key: replace(limit, preset=preset[key].preset) for key, limit in changed.items()}

    def _resumed(self, body: entries.Resumed, at: Instant) -> None:
        self._tell_all(at)

    def _tell_all(self, at: Instant) -> None:
        for line in self.present.lines.values():
            self._tell_device(line, at)
        self.present.tell_house(at)
        self._settle(at)

    # Lines and decoders

    def _port_opened(self, body: entries.PortOpened, at: Instant) -> None:
        line = self.present.lines.get(body.device)
        if line is not None:
            self._open(line, body.simulated, at)
            self._settle(at)

    def _open(self, line: Line, simulated: bool, at: Instant) -> None:
        line.open(at, line.driver.decoder(), simulated)
        self._demo = self._demo or simulated
        self._interrupt(line, "the line was opened anew", at)
        self._tell_device(line, at)
        self._begin_decoder(line, at)

    def _begin_decoder(self, line: Line, at: Instant) -> None:
        self._ask(line, at, lambda decoder: decoder.opened(at), beginning=True)

    def _interrupt(self, line: Line, why: str, at: Instant) -> None:
        for command in self.nibp.commands.interrupt(at, why, line.config.id):
            self.nibp.changed(command, at)

    def _port_lost(self, body: entries.PortLost, at: Instant) -> None:
        line = self.present.lines.get(body.device)
        if line is None:
            return
        before = line.view()
        line.close(at, body.why)
        self.present.tell_blanked(self.present.vitals.blank(body.device, at), at)
        self._interrupt(line, "the line was lost", at)
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
        self._heard(line, at)
        self._ask(line, at, lambda decoder: decoder.feed(body.data, at))

    def _observed(self, body: entries.Observed, at: Instant) -> None:
        line = self.present.lines.get(body.device)
        if line is not None:
            self._heard(line, at)
            self._observe(line, body.observations, at)

    def _heard(self, line: Line, at: Instant) -> None:
        if line.heard(at):
            self._tell_device(line, at)
            self._settle(at)

    def _ask(
        self,
        line: Line,
        at: Instant,
        call: Callable[[Decoder], Iterable[Observation] | None],
        beginning: bool = False,
    ) -> None:
        """Call a decoder, drain it, and take what it observed. One that raises is replaced, and begun unless it fell at that."""
        decoder = line.decoder
        if decoder is None:
            return
        try:
            observations = call(decoder) or ()
            data = decoder.bytes_to_send()
            wake_at = decoder.next_deadline()
        except Exception as fault:
            self._replace_decoder(line, fault, at)
            if not beginning:
                self._begin_decoder(line, at)
            return
        if wake_at != line.wake_at:
            line.wake_at = wake_at
            self._due_known = False
        if data:
            self._say(Send(at, line.config.id, data))
        self._observe(line, observations, at)

    def _replace_decoder(self, line: Line, fault: Exception, at: Instant) -> None:
        """Our own bug: tell it as a monitoring fault and go on with a fresh decoder."""
        line.decoder, line.wake_at = line.driver.decoder(), None
        line.ailing_until = at + AILING_US
        text = f"{line.label}: its decoder failed and was replaced ({type(fault).__name__}: {fault})"
        self.present.set_ailment(_decoder_of(line), text, at)
        self._interrupt(line, "its decoder failed", at)
        self._settle(at)

    # Observations

    def _observe(self, line: Line, observations: Iterable[Observation], at: Instant) -> None:
        for observation in observations:
            _OBSERVERS[type(observation)](self, line, observation, at)

    def _waveform(self, line: Line, chunk: WaveformChunk, at: Instant) -> None:
        if line.is_believed(at):
            self._say(WaveformArrived(at, line.config.id, chunk))

    def _reading(self, line: Line, reading: Reading, at: Instant) -> None:
        if not line.is_believed(at):
            return
        vitals, device = self.present.vitals, line.config.id
        seen, shape = vitals.seen, vitals.shape
        taken = vitals.take(device, reading, at)
        self._touched = self._touched or reading.spot or vitals.seen is not seen
        self._due_known = self._due_known and vitals.shape == shape
        self._say(ReadingTaken(at, device, reading, taken))
        self.present.monitor_what_came(at)
        if not self._demo and any(not _MADE_UP.isdisjoint(numeric.quality) for numeric in reading.numerics):
            self._demo = True
            self._tell_device(line, at)
        whole = self.nibp.take_values(device, taken, at)
        if whole and self.nibp.repeats and self._detection.wants_repeat(self.present):
            self.nibp.repeat(at)
        self._touched = self._touched or whole
        if any(vital.parameter in WATCHED for vital in taken):
            self._settle_numbers(at)

    def _status(self, line: Line, status: DeviceStatus, at: Instant) -> None:
        line.set_status(status, at)
        self._demo = self._demo or (status.on and status.code in (StatusCode.DEMO, StatusCode.TEST))
        if status.code is StatusCode.IDENTITY and status.on:
            firm = self.present.phase in LIVE or bool(line.config.serial_number)
            line.bond = line.bond.meet(unit_of(status), firm, at)
        self._tell_device(line, at)
        if line.is_believed(at):
            self.nibp.take_status(status, at)
        else:
            self.present.tell_blanked(self.present.vitals.blank(line.config.id, at), at)
        self._settle(at)

    def accept_unit(self, device: str, by: str, at: Instant) -> None:
        """A person takes the unit that was refused for the right one: its line begins anew, so that it tells all of itself."""
        line = self.present.lines[device]
        line.bond = line.bond.accept(by)
        if line.decoder is None:
            self._tell_device(line, at)
        else:
            self._open(line, line.simulated, at)

    def _device_alarm(self, line: Line, alarm: DeviceAlarm, at: Instant) -> None:
        line.set_alarm(alarm)
        self._tell_device(line, at)
        self._settle(at)

    def _command_reply(self, line: Line, reply: CommandReply, at: Instant) -> None:
        self.nibp.reply(reply, at)
        self._settle(at)

    def _link_fault(self, line: Line, fault: LinkFault, at: Instant) -> None:
        line.faults += 1
        line.discarded += fault.discarded
        if at - line.told_at >= SECOND_US:
            self._tell_device(line, at)

    # Actions, the house, the clock

    def _operator_action(self, body: OperatorAction, at: Instant) -> None:
        try:
            do = deed(self, body, at)
        except MonitorError:
            return
        do()
        if body.actor.role is not entries.Role.SERVICE:
            self.present.attended_at = at
            self._touched = True
        self._settle(at)

    def _house_changed(self, body: entries.HouseChanged, at: Instant) -> None:
        self.present.set_ailment(body.what, body.text if body.ailing else None, at)
        self._settle(at)

    def _clock_stepped(self, body: entries.ClockStepped, at: Instant) -> None:
        self.present.offset_us = body.offset_us
        self.present.tell_house(at)

    def _bytes_sent(self, body: entries.BytesSent, at: Instant) -> None:
        """The record's matter alone."""

    # Saying, and what survives

    def _say(self, change: Change) -> None:
        self._out.append(change)
        if type(change) not in _PASSING:
            self._touched = True

    def _tell_device(self, line: Line, at: Instant) -> None:
        line.told_at = at
        self._say(DeviceChanged(at, line.view(), self._demo))

    def _what_survives(self) -> Survivors:
        present, commands = self.present, self.nibp.commands
        return Survivors(
            config=self._config,
            software=self._software,
            demo=self._demo,
            offset_us=present.offset_us,
            session=present.session,
            attended_at=present.attended_at,
            cuff=present.cuff,
            spots=present.vitals.spots(),
            seen=present.vitals.seen,
            limits=tuple(present.limits.values()),
            alerts=tuple(self.alerts.open.values()),
            pause=self.alerts.pause,
            commands=commands.without_pressure(),
            made=commands.made,
            house=_without_decoders(present.house),
            bonds={name: line.bond for name, line in present.lines.items()},
        )

    def _take_over(self, kept: Survivors) -> None:
        self._config, self._software = kept.config, kept.software
        self._make_anew(0)
        self._demo = kept.demo
        for name, line in self.present.lines.items():
            line.bond = kept.bonds.get(name, line.bond)
        present, commands = self.present, self.nibp.commands
        present.session, present.cuff = kept.session, kept.cuff
        present.attended_at = kept.attended_at
        present.house, present.offset_us = kept.house, kept.offset_us
        present.limits = {(limit.code, limit.priority): limit for limit in kept.limits}
        present.vitals.keep(kept.spots, kept.seen)
        self.alerts.resume(kept.alerts, kept.pause)
        commands.recent, commands.made = kept.commands, kept.made
        self._resume_detection()
        self._survivors = self._what_survives()
        self._touched = False

    def _count_version(self) -> None:
        self._touched = False
        survivors = self._what_survives()
        if survivors != self._survivors:
            self._survivors = survivors
            self.checkpoint_version += 1


_PASSING = {WaveformArrived, ReadingTaken, Send}
"""Changes that leave what must survive as it is, as a rule."""

_MADE_UP = frozenset({Quality.DEMO, Quality.TEST})

_DECODER = "decoder of "


def _decoder_of(line: Line) -> str:
    return _DECODER + line.config.id


def _without_decoders(house: Mapping[str, Any]) -> dict[str, Any]:
    """What ails the house, without what a fresh decoder has cured."""
    return {what: ailment for what, ailment in house.items() if not what.startswith(_DECODER)}


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
