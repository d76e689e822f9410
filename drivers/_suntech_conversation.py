"""The conversation with a SunTech NIBP module: start, follow, read twice, stop; never a start repeated."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum, auto

from drivers._suntech_results import ACKS, HIGHEST_MMHG, NIBP, Record, Results, cuff, pressure_of, sentence
from drivers._suntech_wire import (
    ABORT_DATA,
    ABORTED,
    ACK_SIZE,
    BUSY,
    CONTROL,
    DONE,
    ERROR,
    HOST,
    NOT_DEFINED,
    NOT_RECOGNISED,
    PRESSURE_DATA,
    PRESSURE_SIZE,
    RECEIVED,
    RECORD_DATA,
    RECORD_SIZE,
    SAFETY_TIME_OUT,
    SLEEPING,
    START_ADULT,
    TIME_OUT,
)
from drivers.base.observations import CommandReply, Instant, LinkFault, Observation
from drivers.base.statuses import Statuses
from drivers.base.vocabulary import CommandOutcome, FaultKind, StatusCode

LOST = "NIBP communication lost; check cuff"
RESIDUAL = "residual pressure"

REPLY_US = 500_000
TRIES = 3  # of a read; a start has one
MEASURING_POLL_US = 250_000
WATCH_POLL_US = 1_000_000
IDLE_POLL_US = 10_000_000
CONFIRM_US = 10_000_000  # a start without an answer shows in the cuff by then, or never
MISSED_DONE_US = 100_000_000  # from here an empty cuff means that K was missed
LONGEST_US = 190_000_000  # a determination takes 180 s at most
READ_LIMIT_US = 10_000_000
SILENCE_LIMIT_US = 10_000_000  # a determination whose module says nothing for so long is given up
EMPTYING_US = 10_000_000
INFLATED_MMHG, RESIDUAL_MMHG, EMPTY_MMHG = 20, 15, 10


def _host(command: int, data: bytes = b"") -> bytes:
    body = bytes([HOST, command]) + data
    return body + bytes([-sum(body) & 0xFF])


START = _host(START_ADULT)
ABORT = _host(CONTROL, ABORT_DATA)
READ_PRESSURE = _host(CONTROL, PRESSURE_DATA)
READ_RECORD = _host(CONTROL, RECORD_DATA)


class Phase(Enum):
    """Where a conversation stands."""

    IDLE = auto()
    STARTING = auto()  # a start is to be sent, or was sent and not answered
    MEASURING = auto()
    READING = auto()  # the determination has ended, its record is being read twice
    STOPPING = auto()  # an abort was sent, the cuff is being emptied


POLLS = {Phase.MEASURING: MEASURING_POLL_US, Phase.STOPPING: MEASURING_POLL_US}


@dataclass(slots=True)
class Ask:
    """A question under way and the size of its answer."""

    packet: bytes
    size: int
    due: Instant
    tries: int = 1


class Conversation:
    """Asks one thing at a time and takes only what fits it; K alone may come unasked."""

    def __init__(self, statuses: Statuses, results: Results, at: Instant) -> None:
        self.outbox = bytearray()
        self._statuses = statuses
        self._results = results
        self._phase = Phase.IDLE
        self._ask: Ask | None = None
        self._late = 0  # size of an answer that an abort overtook
        self._next_at = at
        self._limit: Instant | None = None
        self._start: str | None = None
        self._stop: str | None = None
        self._sent_at = self._heard_at = at
        self._accepted = self._inflated = self._in_error = False
        self._owed = False  # a K that an aborted determination still has to send
        self._copy: bytes | None = None
        self._last_pressure: int | None = None
        self._residual_since: Instant | None = None
        self._request(at)

    # -- what the decoder calls

    def next_deadline(self) -> Instant | None:
        next_at = self._ask.due if self._ask else self._next_at
        return next_at if self._limit is None else min(next_at, self._limit)

    def fault(self) -> None:
        """A damaged answer is a missing one: it is asked for again when it is overdue."""

    def take(self, packet: bytes, at: Instant) -> list[Observation]:
        self._heard_at = at
        said: list[Observation] = [*self._statuses.set(at, StatusCode.NOT_ANSWERING, False, LOST, NIBP)]
        takers: dict[int, Callable[[bytes, Instant], list[Observation]]] = {
            ACK_SIZE: self._take_ack,
            PRESSURE_SIZE: self._take_pressure,
            RECORD_SIZE: self._take_record,
        }
        if len(packet) == self._late and not (self._ask and self._ask.size == self._late):
            self._late = 0
            return said
        said += takers.get(len(packet), self._unasked)(packet, at)
        return said + self._request(at)

    def wake(self, at: Instant) -> list[Observation]:
        said: list[Observation] = []
        if self._ask is not None and at >= self._ask.due:
            said += self._unanswered(self._ask, at)
        if self._limit is not None and at >= self._limit:
            said += self._too_long(at)
        return said + self._request(at)

    def start(self, command: str, at: Instant) -> list[Observation]:
        """Start a determination, unless one is under way or nobody answers."""
        why = ""
        if self._statuses[StatusCode.NOT_ANSWERING]:
            why = LOST
        elif self._phase is Phase.STOPPING:
            why = "the cuff is being emptied; start again when it is empty"
        elif self._phase is not Phase.IDLE:
            why = "a determination is under way"
        if why:
            return [CommandReply(at, command, CommandOutcome.REFUSED, why)]
        self._start = command
        self._phase = Phase.STARTING
        return self._results.cleared(at) + self._request(at)

    def stop(self, command: str, at: Instant) -> list[Observation]:
        """Abort and deflate at once, whatever is under way; also when nothing is."""
        said = self._stop_ended(at, CommandOutcome.REFUSED, "a newer stop was given")
        if self._phase is Phase.STARTING and not (self._ask and self._ask.packet == START):
            said += self._start_ended(at, CommandOutcome.REFUSED, "stopped before it was sent")
        self._stop = command
        self._abort(at)
        return [*said, CommandReply(at, command, CommandOutcome.SENT)]

    def dropped(self, at: Instant) -> list[Observation]:
        """The line was closed and opened again: what was under way is unknown."""
        return [
            *self._start_ended(at, CommandOutcome.TIMED_OUT, LOST),
            *self._stop_ended(at, CommandOutcome.TIMED_OUT, LOST),
        ]

    # -- questions

    def _request(self, at: Instant) -> list[Observation]:
        """Ask what is due, when nothing is under way."""
        if self._ask is not None:
            return []
        if self._phase is Phase.STARTING:
            self._sent_at = at
            self._accepted = self._inflated = self._in_error = False
            self._send(START, ACK_SIZE, at)
            return [CommandReply(at, self._start or "", CommandOutcome.SENT)]
        if at < self._next_at:
            return []
        if self._phase is Phase.READING:
            self._send(READ_RECORD, RECORD_SIZE, at)
        else:
            self._send(READ_PRESSURE, PRESSURE_SIZE, at)
            idle = WATCH_POLL_US if self._last_pressure else IDLE_POLL_US
            self._next_at = at + POLLS.get(self._phase, idle)
        return []

    def _send(self, packet: bytes, size: int, at: Instant) -> None:
        self.outbox += packet
        self._ask = Ask(packet, size, at + REPLY_US)

    def _unanswered(self, ask: Ask, at: Instant) -> list[Observation]:
        """An answer is overdue. Reads and the abort are repeated, a start never: whether it began shows in the cuff."""
        overtaken = ask.packet == READ_PRESSURE and self._phase in (Phase.STARTING, Phase.READING)
        if ask.packet == START:
            self._phase = Phase.MEASURING
            self._limit = self._sent_at + CONFIRM_US
        if ask.packet == START or overtaken:
            self._ask = None
            self._next_at = at
            return []
        if ask.tries < TRIES:
            self.outbox += ask.packet
            ask.tries += 1
            ask.due = at + REPLY_US
            return []
        self._ask = None
        return self._lost(ask, at)

    def _lost(self, ask: Ask, at: Instant) -> list[Observation]:
        said: list[Observation] = [*self._statuses.set(at, StatusCode.NOT_ANSWERING, True, LOST, NIBP)]
        waiting = self._phase in (Phase.MEASURING, Phase.STOPPING) and ask.packet != ABORT
        self._next_at = at + (WATCH_POLL_US if waiting else IDLE_POLL_US)
        if self._phase is not Phase.IDLE and not (waiting and at - self._heard_at < SILENCE_LIMIT_US):
            said += self._over(at, CommandOutcome.TIMED_OUT, LOST)
        return said

    # -- answers

    def _unasked(self, packet: bytes, at: Instant) -> list[Observation]:
        return [LinkFault(at, FaultKind.SYNC, len(packet))]

    def _take_ack(self, packet: bytes, at: Instant) -> list[Observation]:
        letter, ask = packet[2], self._ask
        if letter not in ACKS:
            return self._unasked(packet, at)
        if letter == DONE:
            return self._take_done(at)
        if ask is not None and ask.packet == START:
            self._ask = None
            return self._start_answered(letter, at)
        if ask is not None and ask.packet == ABORT:
            return self._abort_answered(letter, at)
        if letter == RECEIVED and self._phase is Phase.MEASURING and not self._accepted:
            return self._start_accepted(at)
        if letter == ERROR and self._phase is Phase.MEASURING:
            self._ask = None
            self._in_error = True
            return self._read_result(at)
        if ask is None or letter in (RECEIVED, ABORTED):
            return self._unasked(packet, at)
        self._ask = None
        self._next_at = at + REPLY_US
        return []

    def _take_done(self, at: Instant) -> list[Observation]:
        """K. Only one that ends a determination begun here leads to its record; one owed after an abort may come late."""
        owed, self._owed = self._owed, False
        if owed and not self._inflated:
            return []
        if self._phase is Phase.MEASURING and (self._accepted or self._inflated):
            return self._read_result(at)
        return []

    def _start_answered(self, letter: int, at: Instant) -> list[Observation]:
        if letter == RECEIVED:
            return self._start_accepted(at)
        if letter == ERROR:
            self._in_error = True
            return self._read_result(at)
        self._phase = Phase.IDLE
        why = {
            BUSY: "NIBP module is busy; start again later",
            SLEEPING: "NIBP module was asleep; start again",
            NOT_RECOGNISED: "the start was not understood (line noise) and is not repeated; start again",
            NOT_DEFINED: "NIBP module does not know this start",
            TIME_OUT: "NIBP module reports a time-out; start again",
        }.get(letter, "NIBP module stopped the start")
        return self._start_ended(at, CommandOutcome.REFUSED, why)

    def _start_accepted(self, at: Instant) -> list[Observation]:
        self._phase = Phase.MEASURING
        self._accepted = True
        self._limit = self._sent_at + LONGEST_US
        if self._ask is None:
            self._next_at = at
        said: list[Observation] = [*self._statuses.set(at, StatusCode.MEASURING, True, "NIBP is measuring")]
        return [*said, CommandReply(at, self._start or "", CommandOutcome.ACCEPTED)]

    def _take_pressure(self, packet: bytes, at: Instant) -> list[Observation]:
        pressure = pressure_of(packet)
        if pressure > HIGHEST_MMHG:
            return [LinkFault(at, FaultKind.CHECKSUM, len(packet))]
        if self._ask is None or self._ask.size != PRESSURE_SIZE:
            return self._unasked(packet, at)
        self._ask = None
        shown = self._phase is not Phase.IDLE or bool(self._last_pressure) or pressure > EMPTY_MMHG
        self._last_pressure = pressure
        said: list[Observation] = [cuff(at, pressure)] if shown else []
        if self._phase is Phase.MEASURING:
            return said + self._follow(pressure, at)
        if self._phase is Phase.STOPPING and pressure < EMPTY_MMHG:
            return said + self._over(at, CommandOutcome.DONE, "the cuff is empty")
        return said + self._residual(pressure, at)

    def _follow(self, pressure: int, at: Instant) -> list[Observation]:
        """The cuff tells what lost acknowledgements did not."""
        if pressure >= INFLATED_MMHG:
            self._inflated = True
            return [] if self._accepted else self._start_accepted(at)
        if self._inflated and pressure < EMPTY_MMHG and at - self._sent_at >= MISSED_DONE_US:
            return self._read_result(at)
        return []

    def _residual(self, pressure: int, at: Instant) -> list[Observation]:
        """A cuff that nobody here is inflating must be empty, at the latest when a determination would have ended."""
        if pressure < EMPTY_MMHG:
            self._residual_since = None
            before = self._statuses[StatusCode.DEVICE_FAULT]
            if before and before.detail == RESIDUAL:
                return [*self._statuses.set(at, StatusCode.DEVICE_FAULT, False, "NIBP cuff is empty", (), RESIDUAL)]
        elif self._residual_since is None:
            self._residual_since = at
        elif self._phase is Phase.IDLE and pressure > RESIDUAL_MMHG and at - self._residual_since >= LONGEST_US:
            return self._still_full(at)
        return []

    def _still_full(self, at: Instant) -> list[Observation]:
        text = "NIBP cuff still holds pressure; take it off the arm"
        return [
            *self._statuses.set(at, StatusCode.DEVICE_FAULT, True, text, (), RESIDUAL),
            *self._statuses.set(at, StatusCode.CYCLING_STOPPED, True, f"automatic NIBP stopped: {text}", (), RESIDUAL),
        ]

    # -- result

    def _read_result(self, at: Instant) -> list[Observation]:
        self._phase = Phase.READING
        self._copy = None
        self._next_at = at
        self._limit = at + READ_LIMIT_US
        return []

    def _take_record(self, packet: bytes, at: Instant) -> list[Observation]:
        if self._ask is None or self._ask.size != RECORD_SIZE:
            return self._unasked(packet, at)
        self._ask = None
        copy, self._copy = self._copy, packet
        if copy is None:
            return []
        if copy != packet:
            return [LinkFault(at, FaultKind.CHECKSUM, RECORD_SIZE)]
        record = Record.of(packet)
        if self._in_error and record.error == 0:
            text = "NIBP module reports an error without a code"
            return [*self._results.failed(at, 0, text), *self._over(at, CommandOutcome.REFUSED, text)]
        said = self._results.judge(record, at)
        if record.valid:
            return [*said, *self._over(at, CommandOutcome.DONE, "")]
        return [*said, *self._over(at, CommandOutcome.REFUSED, sentence(record.error))]

    # -- stopping

    def _abort(self, at: Instant) -> None:
        self._late = self._ask.size if self._ask else 0
        self._owed = self._phase is Phase.MEASURING
        self._phase = Phase.STOPPING
        self._last_pressure = None
        self._limit = at + EMPTYING_US
        self._send(ABORT, ACK_SIZE, at)

    def _abort_answered(self, letter: int, at: Instant) -> list[Observation]:
        """A; anything else is waited out, and the abort repeated."""
        if letter != ABORTED:
            return []
        self._ask = None
        self._late = 0
        self._next_at = at
        said = self._start_ended(at, CommandOutcome.REFUSED, "stopped")
        if self._stop is not None:
            said.append(CommandReply(at, self._stop, CommandOutcome.ACCEPTED, "the cuff is being emptied"))
        return said

    # -- ends

    def _too_long(self, at: Instant) -> list[Observation]:
        if self._phase is Phase.READING:
            text = "NIBP result could not be read twice alike"
            return [*self._results.failed(at, 0, text), *self._over(at, CommandOutcome.TIMED_OUT, text)]
        if self._phase is Phase.STOPPING:
            pressure = self._last_pressure
            if pressure is not None and pressure <= RESIDUAL_MMHG:
                return self._over(at, CommandOutcome.DONE, "the cuff is empty")
            text = "it is not known whether the cuff is empty; check cuff"
            said = [] if pressure is None else self._still_full(at)
            return [*said, *self._over(at, CommandOutcome.TIMED_OUT, text)]
        if not self._accepted:
            return self._over(at, CommandOutcome.TIMED_OUT, "NIBP module did not confirm the start; it is not repeated")
        text = "NIBP took longer than 180 s; it was told to stop, check cuff"
        failed = self._results.failed(at, SAFETY_TIME_OUT, text)
        said = [*failed, *self._start_ended(at, CommandOutcome.TIMED_OUT, text)]
        self._abort(at)
        return said

    def _over(self, at: Instant, outcome: CommandOutcome, text: str) -> list[Observation]:
        """Back to idle, the cuff being watched until it is empty."""
        self._phase = Phase.IDLE
        self._limit = None
        self._ask = None
        self._next_at = max(self._next_at, at + WATCH_POLL_US) if self._statuses[StatusCode.NOT_ANSWERING] else at
        self._residual_since = None
        return [*self._start_ended(at, outcome, text), *self._stop_ended(at, outcome, text)]

    def _start_ended(self, at: Instant, outcome: CommandOutcome, text: str) -> list[Observation]:
        command, self._start = self._start, None
        said: list[Observation] = [*self._statuses.set(at, StatusCode.MEASURING, False, "NIBP is measuring")]
        return said if command is None else [*said, CommandReply(at, command, outcome, text)]

    def _stop_ended(self, at: Instant, outcome: CommandOutcome, text: str) -> list[Observation]:
        command, self._stop = self._stop, None
        return [] if command is None else [CommandReply(at, command, outcome, text)]
