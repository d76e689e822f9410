"""The cuff of a PM6750: one determination from its start to its one reading, or to the sentence that says why not.

The module sends no acknowledgement: what became of a command shows in its NIBP packets, which come twice a second while it
measures. A start is sent once and never again by itself; a stop likewise. What ends a determination is believed when a
second packet says the same, or when none follows for 1.2 s on a line that was not damaged lately.
"""

from collections.abc import Callable
from enum import Enum, auto

from drivers._berrymed_numbers import Agreement
from drivers._berrymed_wire import (
    ADULT,
    CHILD,
    CUFF_LOOSE,
    DISTURBED,
    ERROR,
    FINISHED,
    INITIALISED,
    INITIALISING,
    MEASURING,
    NEONATE,
    NIBP_MEASURE,
    NO_RESULT,
    OFF,
    ON,
    OVERPRESSURE,
    STATE_SHIFT,
    STOPPED,
    TIME_OUT,
)
from drivers.base.observations import CommandReply, Instant, Numeric, Observation, Reading
from drivers.base.statuses import Statuses
from drivers.base.vocabulary import CommandOutcome, Parameter, StatusCode

PRESSURES = (Parameter.NIBP_SYS, Parameter.NIBP_DIA, Parameter.NIBP_MEAN)

HOLD_US = 1_200_000  # packets come every 0.5 s; a second one would have been here
CONFIRM_US = 10_000_000  # a start shows in the packets by then, or never
LONGEST_US = 120_000_000  # the sheet's watchdog
GONE_US = 5_000_000  # a determination without packets for so long is over
IDLE_STOP_US = 3_000_000  # a module that sends no NIBP packet for so long after a stop measures nothing
STOP_US = 10_000_000

NO_READING = "NIBP gave no reading"
LOST = "NIBP communication lost; check cuff"
CLOSED = "the line to the module is not open"
SENTENCES = {
    FINISHED: NO_READING,
    STOPPED: "NIBP was stopped",
    OVERPRESSURE: "NIBP cuff overpressure: check the hose and the patient's arm",
    CUFF_LOOSE: "NIBP failed: cuff loose or not connected",
    TIME_OUT: "NIBP time-out: check that the cuff is empty",
    ERROR: "NIBP module fault",
    DISTURBED: "NIBP failed: disturbed, keep the arm still",
    NO_RESULT: "NIBP failed: no result, or out of range",
}
HARMLESS = (FINISHED, STOPPED, DISTURBED, NO_RESULT)  # any other stops automatic cycling (project's rule)
FAULTS = (ERROR,)
MODES = {ADULT: "", CHILD: " (set to child)", NEONATE: " (set to neonate)"}

Send = Callable[[bytes, Instant], None]


def sentence(state: int) -> str:
    """What a nurse reads of a determination that ended in this state."""
    return SENTENCES.get(state, f"NIBP measurement failed (state {state})")


def _is_result(content: bytes) -> bool:
    """Whether a packet tells pressures that make sense of a determination that has finished."""
    status, _, systolic, mean, diastolic = content
    return status >> STATE_SHIFT & 0x0F == FINISHED and 0 < diastolic < mean < systolic


class Phase(Enum):
    """Where a determination stands."""

    IDLE = auto()
    STARTING = auto()  # the start was sent and shows nowhere yet
    MEASURING = auto()
    STOPPING = auto()


class Cuff:
    """Until the line is ``opened`` no command is taken. ``calm`` tells whether the line was not damaged lately."""

    def __init__(self, statuses: Statuses, calm: Callable[[], bool]) -> None:
        self.agreement = Agreement()
        self._send: Send | None = None
        self._calm = calm
        self._statuses = statuses
        self._phase = Phase.IDLE
        self._start: str | None = None
        self._stop: str | None = None
        self._limit: Instant | None = None
        self._gone_at: Instant | None = None
        self._held: bytes | None = None
        self._until: Instant | None = None
        self._measuring = 0  # packets on end that say so
        self._measured = False  # the result to come is of a determination that was seen
        self._unknown = True  # nothing was seen yet: a recording may begin with a result

    def opened(self, send: Send, at: Instant) -> list[Observation]:
        """The line may be written to. Live, a result counts only when its determination was seen: else it may be old."""
        said = self._ended(at, CommandOutcome.TIMED_OUT, LOST)
        self._send = send
        self._unknown = self._measured = False
        self._held = self._until = None
        return said

    def next_deadline(self) -> Instant | None:
        return min((due for due in (self._limit, self._gone_at, self._until) if due is not None), default=None)

    # -- packets

    def take(self, content: bytes, at: Instant) -> list[Observation]:
        state = content[0] >> STATE_SHIFT & 0x0F
        if state == MEASURING:
            return self._take_measuring(content, at)
        self._measuring = 0
        if state in (INITIALISING, INITIALISED):
            text = "NIBP module is starting up"
            return [*self._statuses.set(at, StatusCode.STANDBY, state == INITIALISING, text, PRESSURES)]
        if self._gone_at is not None:
            self._gone_at = at + GONE_US
        if not (self._measured or self._counts_unseen(state, content)):
            return []
        if self._held == content:
            return self._settle(at)
        self._held, self._until = content, at + HOLD_US
        return []

    def _counts_unseen(self, state: int, content: bytes) -> bool:
        """Whether an end counts whose determination was not seen: an answer to a command, or where a recording begins."""
        if self._phase is Phase.STOPPING:
            return True
        if state == FINISHED:
            return self._unknown and any(content[2:])
        return self._unknown or self._phase is Phase.STARTING

    def _take_measuring(self, content: bytes, at: Instant) -> list[Observation]:
        """What was held as an end was none, the cuff is at it still; unless it was a result on a line without damage: then this
        is the next determination. One packet nobody asked for proves nothing yet.
        """
        if self._held is not None and _is_result(self._held) and self._calm():
            return [*self._settle(at), *self._take_measuring(content, at)]
        self._held = self._until = None
        self._measuring += 1
        if self._measuring < 2 and self._phase is not Phase.STARTING and not self._measured:
            return []
        said: list[Observation] = []
        if not self._measured:
            said += self._began(content[0] & 0x03, at)
        self._gone_at = at + GONE_US
        shown = self.agreement.said((Numeric(Parameter.CUFF_PRESSURE, 2 * content[1]),))
        return [*said, Reading(at, shown)] if shown else said

    def _began(self, mode: int, at: Instant) -> list[Observation]:
        self._measured, self._unknown = True, False
        said = self._cleared(at)
        text = f"NIBP is measuring{MODES.get(mode, '')}"
        said += self._statuses.set(at, StatusCode.MEASURING, True, text)
        if self._phase is Phase.STOPPING:
            return said
        self._phase = Phase.MEASURING
        self._limit = at + LONGEST_US
        if self._start is not None:
            said.append(CommandReply(at, self._start, CommandOutcome.ACCEPTED))
        return said

    # -- ends

    def wake(self, at: Instant, alive: bool) -> list[Observation]:
        """``alive``: the module still sends something."""
        said: list[Observation] = []
        if self._until is not None and at >= self._until:
            said += self._settle(at)
        if self._gone_at is not None and at >= self._gone_at:
            said += self._packets_gone(at, alive)
        if self._limit is not None and at >= self._limit:
            said += self._too_long(at, alive)
        return said

    def _packets_gone(self, at: Instant, alive: bool) -> list[Observation]:
        """The module stopped telling of its cuff without telling an end."""
        if self._phase is Phase.STOPPING:
            return self._ended(at, CommandOutcome.REFUSED, "stopped") if alive else self._unsure(at)
        text = "NIBP result did not arrive; measure again" if alive else LOST
        return [*self._failed(at, FINISHED, text), *self._give_up(at, text)]

    def _settle(self, at: Instant) -> list[Observation]:
        """The held packet is the end: two alike, or nothing followed."""
        content, confirmed = self._held or b"", self._until is not None and at < self._until
        self._held = self._until = None
        state = content[0] >> STATE_SHIFT & 0x0F
        if self._phase is Phase.STOPPING and (state == STOPPED or not self._measured):
            return self._ended(at, CommandOutcome.REFUSED, "stopped")
        if not confirmed and not self._calm():
            text = "NIBP result was damaged on the line; measure again"
            return [*self._failed(at, FINISHED, text), *self._ended(at, CommandOutcome.REFUSED, text)]
        if _is_result(content):
            _, _, systolic, mean, diastolic = content
            values = zip(PRESSURES, (systolic, diastolic, mean), strict=True)
            reading = Reading(at, tuple(Numeric(name, value) for name, value in values), spot=True)
            return [*self._cleared(at), reading, *self._ended(at, CommandOutcome.DONE, "")]
        text = sentence(state)
        return [*self._failed(at, state, text), *self._ended(at, CommandOutcome.REFUSED, text)]

    def _too_long(self, at: Instant, alive: bool) -> list[Observation]:
        if self._phase is Phase.STOPPING:
            nothing = alive and not self._measured
            return self._ended(at, CommandOutcome.REFUSED, "stopped") if nothing else self._unsure(at)
        if self._phase is Phase.STARTING:
            return self._give_up(at, "NIBP module did not confirm the start; it is not repeated" if alive else LOST)
        text = "NIBP took longer than 120 s; it was told to stop, check cuff"
        return [*self._failed(at, TIME_OUT, text), *self._give_up(at, text)]

    def _unsure(self, at: Instant) -> list[Observation]:
        return self._ended(at, CommandOutcome.TIMED_OUT, "it is not known whether the cuff is empty; check cuff")

    def _give_up(self, at: Instant, text: str) -> list[Observation]:
        """Nobody knows what the module does: it is told to stop, once."""
        if self._send is not None:
            self._send(bytes([NIBP_MEASURE, OFF]), at)
        return self._ended(at, CommandOutcome.TIMED_OUT, text)

    def _ended(self, at: Instant, outcome: CommandOutcome, text: str) -> list[Observation]:
        """Back to idle; ``outcome`` is the start's. A stop is done when nothing is measured any more, however that came."""
        start, stop = self._start, self._stop
        self._start = self._stop = self._limit = self._gone_at = None
        self._phase, self._measured, self._unknown, self._measuring = Phase.IDLE, False, False, 0
        said: list[Observation] = [*self._statuses.set(at, StatusCode.MEASURING, False, "NIBP is not measuring")]
        if said:  # the last pressure is no live one
            said.append(Reading(at, (Numeric(Parameter.CUFF_PRESSURE, None),)))
        if start is not None:
            said.append(CommandReply(at, start, outcome, text))
        if stop is not None:
            unsure = outcome is CommandOutcome.TIMED_OUT
            said.append(CommandReply(at, stop, outcome if unsure else CommandOutcome.DONE, text if unsure else ""))
        return said

    def _failed(self, at: Instant, state: int, text: str) -> list[Observation]:
        """A determination failed; said each time, even when the one before failed alike."""
        statuses, detail = self._statuses, str(state)
        statuses.set(at, StatusCode.MEASUREMENT_FAILED, False, "")
        said: list[Observation] = [*statuses.set(at, StatusCode.MEASUREMENT_FAILED, True, text, (), detail)]
        if state not in HARMLESS:
            said += statuses.set(at, StatusCode.CYCLING_STOPPED, True, f"automatic NIBP stopped: {text}", (), detail)
        if state in FAULTS:
            said += statuses.set(at, StatusCode.DEVICE_FAULT, True, text, PRESSURES, detail)
        return said

    def _cleared(self, at: Instant) -> list[Observation]:
        """A determination that begins or succeeds leaves the failures before behind."""
        said: list[Observation] = []
        for code in (StatusCode.MEASUREMENT_FAILED, StatusCode.CYCLING_STOPPED, StatusCode.DEVICE_FAULT):
            before = self._statuses[code]
            said += self._statuses.set(at, code, False, before.text if before else "", before.affects if before else ())
        return said

    # -- commands

    def start(self, command: str, at: Instant) -> list[Observation]:
        """Send the start, once, unless something is under way."""
        silent = self._statuses[StatusCode.NOT_ANSWERING]
        if self._send is None or silent or self._phase is not Phase.IDLE:
            why = CLOSED if self._send is None else silent.text if silent else "a determination is under way"
            return [CommandReply(at, command, CommandOutcome.REFUSED, why)]
        self._phase, self._start = Phase.STARTING, command
        self._held = self._until = None
        self._limit = at + CONFIRM_US
        self._send(bytes([NIBP_MEASURE, ON]), at)
        return [*self._cleared(at), CommandReply(at, command, CommandOutcome.SENT)]

    def stop(self, command: str, at: Instant) -> list[Observation]:
        """Send the stop, once, whatever is under way; also when nothing is known to be."""
        if self._send is None:
            return [CommandReply(at, command, CommandOutcome.REFUSED, CLOSED)]
        said: list[Observation] = []
        if self._stop is not None:
            said.append(CommandReply(at, self._stop, CommandOutcome.REFUSED, "a newer stop was given"))
        self._limit = at + (IDLE_STOP_US if self._phase is Phase.IDLE else STOP_US)
        self._gone_at = None
        self._phase, self._stop = Phase.STOPPING, command
        self._send(bytes([NIBP_MEASURE, OFF]), at)
        return [*said, CommandReply(at, command, CommandOutcome.SENT)]
