"""Commands to devices and how far each got, as a state × outcome table. Time-outs are the backstop of the drivers' own."""

from dataclasses import replace

from drivers.base.observations import Instant
from drivers.base.vocabulary import CommandKind, CommandOutcome
from monitor.core.changes import CommandState, CommandView
from monitor.core.devices import SECOND_US

FINAL = frozenset({CommandState.DONE, CommandState.REFUSED, CommandState.TIMED_OUT})

_REQUESTED, _SENT, _ACCEPTED = CommandState.REQUESTED, CommandState.SENT, CommandState.ACCEPTED

MOVES: dict[tuple[CommandState, CommandOutcome], CommandState] = {
    (_REQUESTED, CommandOutcome.SENT): _SENT,
    (_REQUESTED, CommandOutcome.ACCEPTED): _ACCEPTED,
    (_REQUESTED, CommandOutcome.DONE): CommandState.DONE,
    (_REQUESTED, CommandOutcome.REFUSED): CommandState.REFUSED,
    (_REQUESTED, CommandOutcome.TIMED_OUT): CommandState.TIMED_OUT,
    (_SENT, CommandOutcome.ACCEPTED): _ACCEPTED,
    (_SENT, CommandOutcome.DONE): CommandState.DONE,
    (_SENT, CommandOutcome.REFUSED): CommandState.REFUSED,
    (_SENT, CommandOutcome.TIMED_OUT): CommandState.TIMED_OUT,
    (_ACCEPTED, CommandOutcome.DONE): CommandState.DONE,
    (_ACCEPTED, CommandOutcome.REFUSED): CommandState.REFUSED,
    (_ACCEPTED, CommandOutcome.TIMED_OUT): CommandState.TIMED_OUT,
}
"""What is not listed changes nothing: a late or repeated reply."""

PATIENCE_US = {_REQUESTED: 15 * SECOND_US, _SENT: 15 * SECOND_US, _ACCEPTED: 200 * SECOND_US}
"""How long a command may stay in a state. A determination takes at most 180 s (IEC 80601-2-30)."""

KEPT = 6


class Commands:
    """The last few commands of a chair, oldest first."""

    def __init__(self, recent: tuple[CommandView, ...] = (), made: int = 0) -> None:
        self.recent = recent
        self.made = made

    def request(self, device: str, kind: CommandKind, by: str, at: Instant) -> CommandView:
        self.made += 1
        command = CommandView(f"{device}-{at}-{self.made}", device, kind, CommandState.REQUESTED, "", at, at, by)
        self.recent = (*self.recent[1 - KEPT :], command)
        return command

    def reply(self, id: str, outcome: CommandOutcome, text: str, at: Instant) -> CommandView | None:
        """Take a reply; return the command as it stands now, or None when that changed nothing."""
        for command in self.recent:
            if command.id == id and (command.state, outcome) in MOVES:
                return self._put(replace(command, state=MOVES[command.state, outcome], text=text, changed=at))
        return None

    def under_way(self, device: str, kind: CommandKind) -> CommandView | None:
        """Return the command of this kind that the device has not finished."""
        for command in self.recent:
            if command.device == device and command.kind is kind and command.state not in FINAL:
                return command
        return None

    def aborted_since(self, started_at: Instant | None) -> bool:
        """Whether somebody has had a determination aborted since then."""
        stops = [command for command in self.recent if command.kind is CommandKind.NIBP_STOP]
        return any(stop.state is not CommandState.REFUSED and stop.requested_at >= (started_at or 0) for stop in stops)

    def inflate(self, device: str, pressure: int | None) -> CommandView | None:
        """The cuff's pressure while it measures, mmHg; return the command when it changed."""
        command = self.under_way(device, CommandKind.NIBP_START)
        if command is None or command.cuff_pressure == pressure:
            return None
        return self._put(replace(command, cuff_pressure=pressure))

    def without_pressure(self) -> tuple[CommandView, ...]:
        """The commands as they survive a gap."""
        return tuple(
            command if command.cuff_pressure is None else replace(command, cuff_pressure=None)
            for command in self.recent
        )

    def time_out(self, at: Instant) -> list[CommandView]:
        """Time out the commands whose patience has ended."""
        due = [command for command in self.recent if _deadline(command, at + 1) <= at]
        return [self._time_out(command, "no answer from the device", at) for command in due]

    def interrupt(self, at: Instant, why: str, device: str | None = None) -> list[CommandView]:
        """Time out every command under way, of one device or of all."""
        broken = [command for command in self.recent if command.state not in FINAL and device in (None, command.device)]
        return [self._time_out(command, why, at) for command in broken]

    def next_deadline(self) -> Instant | None:
        waiting = [_deadline(command, 0) for command in self.recent if command.state not in FINAL]
        return min(waiting, default=None)

    def _time_out(self, command: CommandView, why: str, at: Instant) -> CommandView:
        return self._put(replace(command, state=CommandState.TIMED_OUT, text=why, changed=at))

    def _put(self, command: CommandView) -> CommandView:
        if command.state in FINAL:
            command = replace(command, cuff_pressure=None)
        self.recent = tuple(command if old.id == command.id else old for old in self.recent)
        return command


def _deadline(command: CommandView, never: Instant) -> Instant:
    return never if command.state in FINAL else command.changed + PATIENCE_US[command.state]
