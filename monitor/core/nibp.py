"""Has the cuff measure: by hand, by its schedule, once more to confirm; and counts what fails. Judges no pressure."""

from collections.abc import Callable, Iterable

from drivers.base.decoder import Command, CommandNotSupported, Decoder
from drivers.base.observations import CommandReply, DeviceStatus, Instant, Observation
from drivers.base.vocabulary import CommandKind, CommandOutcome, Parameter, StatusCode
from monitor.core.changes import CommandChanged, CommandState, CommandView, Vital
from monitor.core.commands import Commands
from monitor.core.cuff import CuffReading
from monitor.core.devices import Line
from monitor.core.present import Present
from monitor.core.settings import REPEAT

SCHEDULE = "schedule"
"""Who asks for a determination that nobody asked for."""

_FILLING = frozenset({CommandState.SENT, CommandState.ACCEPTED})

Ask = Callable[[Line, Instant, Callable[[Decoder], Iterable[Observation] | None]], None]


class Nibp:
    """The commands of a chair, and its cuff. ``ask`` calls a line's decoder and takes what it observes."""

    def __init__(self, present: Present, commands: Commands, ask: Ask) -> None:
        self._present = present
        self.commands = commands
        self._ask = ask

    @property
    def cycling(self) -> bool:
        """Whether the house times the cuff now: an infusion runs, and a device of the chair takes commands."""
        able = any(line.can(CommandKind.NIBP_START) for line in self._present.lines.values())
        return able and self._present.is_running

    @property
    def repeats(self) -> bool:
        """Whether the house can have a reading repeated by itself."""
        return self.cycling and not self._present.cuff.stopped_why and self._cuff_line() is not None

    def begin(self, at: Instant) -> None:
        """The infusion starts, and with it the cycle."""
        if self.cycling:
            self._present.set_cuff(self._present.cuff.begin(at), at)
            self.wake(at)

    def start(self, device: str, by: str, at: Instant) -> None:
        """Begin a determination."""
        self._present.set_cuff(self._present.cuff.started(at, self.cycling), at)
        self.command(device, CommandKind.NIBP_START, by, at)

    def command(self, device: str, kind: CommandKind, by: str, at: Instant) -> None:
        """Give a device a command."""
        command = self.commands.request(device, kind, by, at)
        self._present.say(CommandChanged(at, command))
        self._ask(self._present.lines[device], at, lambda decoder: _give(decoder, Command(command.id, kind), at))

    def is_measuring(self, device: str) -> bool:
        under_way = self.commands.under_way(device, CommandKind.NIBP_START)
        return under_way is not None or StatusCode.MEASURING in self._present.lines[device].statuses

    def wake(self, at: Instant) -> None:
        """Time out commands; begin the determination that is due, or let it go by when the cuff cannot."""
        for command in self.commands.time_out(at):
            self.changed(command, at)
        cuff = self._present.cuff
        if cuff.next_at is None or cuff.next_at > at:
            return
        line = self._cuff_line()
        if line is None or self.is_measuring(line.config.id):
            self._present.set_cuff(cuff.skipped(at), at)
        else:
            self.start(line.config.id, SCHEDULE, at)

    def reply(self, reply: CommandReply, at: Instant) -> None:
        command = self.commands.reply(reply.command, reply.outcome, reply.text, at)
        if command is not None:
            self.changed(command, at)

    def changed(self, command: CommandView, at: Instant) -> None:
        """Tell how far a command got. A determination that timed out has failed."""
        self._present.say(CommandChanged(at, command))
        if command.kind is CommandKind.NIBP_START:
            self._inflation(command.state in _FILLING, at)
        timed_out = command.kind is CommandKind.NIBP_START and command.state is CommandState.TIMED_OUT
        if timed_out and not self._present.cuff.failure_counted:
            self._failed(at)

    def interrupt(self, at: Instant, why: str) -> None:
        """A gap ends every command under way; that is no failure of the cuff."""
        for command in self.commands.interrupt(at, why):
            self._present.say(CommandChanged(at, command))

    def _inflation(self, begins: bool, at: Instant) -> None:
        cuff = self._present.cuff
        self._present.set_cuff(cuff.inflating(at) if begins else cuff.deflated(at), at)

    def take_status(self, status: DeviceStatus, at: Instant) -> None:
        """See what a device says of its cuff."""
        if status.code is StatusCode.MEASURING:
            self._inflation(status.on, at)
        cuff = self._present.cuff
        if status.code is StatusCode.MEASUREMENT_FAILED and status.on:
            self._failed(at)
            self._try_again(at)
        elif status.code is StatusCode.CYCLING_STOPPED:
            stopped = cuff.cycling_stopped(status.text) if status.on else cuff.cycling_allowed(at, self.cycling)
            self._present.set_cuff(stopped, at)

    def _failed(self, at: Instant) -> None:
        """Count a failure; a determination that a person aborted is none."""
        cuff = self._present.cuff
        if not self.commands.aborted_since(cuff.started_at):
            self._present.set_cuff(cuff.failed(at), at)

    def _try_again(self, at: Instant) -> None:
        """The first reading in a row that the device could not take is taken once more soon, where the house times the cuff."""
        cuff = self._present.cuff
        if cuff.failures == 1 and cuff.failed_at == at and cuff.interval_s is not None and self.repeats:
            self.repeat(at)

    def take_values(self, device: str, taken: Iterable[Vital], at: Instant) -> bool:
        """Take a cuff's values; return whether they were a whole reading."""
        values = {vital.parameter: vital for vital in taken}
        if Parameter.CUFF_PRESSURE in values:
            pressure = values[Parameter.CUFF_PRESSURE].value
            command = self.commands.inflate(device, None if pressure is None else round(pressure))
            if command is not None:
                self._present.say(CommandChanged(at, command))
        if Parameter.NIBP_SYS not in values:
            return False
        systolic, diastolic = values[Parameter.NIBP_SYS], values[Parameter.NIBP_DIA]
        assert systolic.value is not None
        assert diastolic.value is not None
        mean = values[Parameter.NIBP_MEAN].value if Parameter.NIBP_MEAN in values else None
        reading = CuffReading(systolic.at, systolic.value, diastolic.value, mean)
        self._present.set_cuff(self._present.cuff.took(reading, self._present.phase).deflated(at), at)
        return True

    def repeat(self, at: Instant) -> None:
        """The last reading asks for another soon."""
        soon = at + self._present.numbers.us(REPEAT)
        self._present.set_cuff(self._present.cuff.repeat(soon), at)

    def _cuff_line(self) -> Line | None:
        able = (line for line in self._present.lines.values() if line.can(CommandKind.NIBP_START))
        return next((line for line in able if line.decoder is not None and line.bond.refused is None), None)


def _give(decoder: Decoder, command: Command, at: Instant) -> list[Observation]:
    try:
        return decoder.command(command, at)
    except CommandNotSupported as refusal:
        return [CommandReply(at, command.id, CommandOutcome.REFUSED, str(refusal))]
