"""The conversation with a DINAMAP: one request at a time, the status each second; a start is never repeated.

Each second it asks for status, oximeter and rate, every ten for the temperature, and at once again whenever a reply
differs from the one before, for only two that agree count. All these only read.
"""

from collections import deque
from dataclasses import dataclass
from enum import Enum, auto

from drivers._dinamap_cuff import Copy, S
from drivers._dinamap_panel import LONGEST_US, NIBP, Panel
from drivers._dinamap_wire import (
    BUSY,
    CANCEL,
    CUFF_RATE,
    NIBP_STATUS,
    OXIMETER,
    RATE,
    REQUEST_SIZES,
    SIZES,
    START_NORMAL,
    TEMPERATURE,
    is_request,
    message,
)
from drivers.base.observations import CommandReply, Instant, LinkFault, Observation
from drivers.base.statuses import Statuses
from drivers.base.vocabulary import CommandOutcome, FaultKind, StatusCode

SILENT = "no answer; check the cable, 9600 8N1 and that the host port is set to host communications"
LOST = "NIBP communication lost; check cuff"
UNDER_WAY = "a determination is under way"
NOT_BEGUN = "DINAMAP did not begin to measure; the start is not repeated"

REPLY_US = 500_000
TRIES = 3  # of the status and the cancel; a start has one
CYCLE_US = S
TEMPERATURE_US = 10 * S
ABSENT_US = 60 * S  # how often an option that never answered is asked for
STATE_US = 5 * S  # how long a start waits for the device to tell its state
CONFIRM_US = 10 * S  # a start shows as busy by then, or never
GRACE_US = 3 * S  # between busy and the new result
FORGET_US = 10 * S  # after such a silence another device may be on the line
STOP_AGAIN_US = 2 * S
STOPPED_US = 10 * S


class Phase(Enum):
    """Where a determination asked for here stands."""

    IDLE = auto()
    STARTING = auto()  # a start is to be sent, or was sent and not answered
    MEASURING = auto()
    STOPPING = auto()


@dataclass(slots=True)
class Ask:
    """A request under way. ``harmed``: bytes came back, but damaged."""

    text: bytes
    due: Instant
    tries: int = 1
    harmed: bool = False

    @property
    def kind(self) -> bytes:
        return self.text[:3]


@dataclass(slots=True)
class Option:
    """Something a device may not have: whether it ever answered, and how often it did not since."""

    every_us: int
    next_at: Instant
    answered: bool = False
    missed: int = 0


@dataclass(slots=True)
class Order:
    """The command that is under way in a phase, and what has become of it."""

    start: str | None = None
    stop: str | None = None
    sent_at: Instant = 0
    accepted: bool = False
    was_busy: bool = False
    quiet_since: Instant | None = None
    stops_sent: int = 0


class Conversation:
    """Asks, takes only what answers the request, and follows one determination."""

    def __init__(self, statuses: Statuses, panel: Panel, at: Instant) -> None:
        self.outbox = bytearray()
        self._statuses = statuses
        self._panel = panel
        self._phase = Phase.IDLE
        self._order = Order()
        self._ask: Ask | None = None
        self._late: set[bytes] = set()  # letters of answers that a cancel overtook
        self._queue: deque[bytes] = deque()
        self._repeats = 0  # of the request asked last, for want of two replies alike
        self._cycle_at = at
        self._limit: Instant | None = None
        self._heard_at = at
        self._ever_heard = False
        self._options = {
            OXIMETER: Option(CYCLE_US, at),
            RATE: Option(CYCLE_US, at),
            TEMPERATURE: Option(TEMPERATURE_US, at),
        }
        self._request(at)

    # -- what the decoder calls

    def next_deadline(self) -> Instant | None:
        next_at = self._ask.due if self._ask else self._cycle_at
        return next_at if self._limit is None else min(next_at, self._limit)

    def fault(self) -> None:
        """A damaged answer is a missing one: the status is asked for again when it is overdue."""
        if self._ask is not None:
            self._ask.harmed = True

    def hold(self, until: Instant) -> None:
        """Another device speaks: ask nothing before ``until``."""
        self._ask = None
        self._queue.clear()
        self._cycle_at = until

    def take(self, frame: bytes, at: Instant) -> list[Observation]:
        """Take a good message."""
        ask, text = self._ask, frame[:-3]
        if is_request(frame) or (ask and text[:3] == ask.kind and len(frame) in REQUEST_SIZES):
            return []  # an echo, be it of a half-duplex adapter; what it answers shows in the status
        said = self._heard(at)
        if ask is None or text[:3] != ask.kind:
            return [*said, *self._unasked(frame, ask, at)]
        if ask.text in SIZES:
            if len(frame) != SIZES[ask.text]:
                return [*said, LinkFault(at, FaultKind.SYNC, len(frame))]
            said += self._replied(ask, text, at)
        else:
            self._ask = None
            self._ask_status()
            said += self._accept(at) if ask.text == START_NORMAL else self._stop_accepted(at)
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
        said = self._panel.cuff.said
        why = ""
        if self._statuses[StatusCode.NOT_ANSWERING] or self._statuses[StatusCode.NOT_THIS_DEVICE]:
            why = LOST
        elif self._phase is Phase.STOPPING:
            why = "NIBP is being stopped; start again when it has ended"
        elif self._phase is not Phase.IDLE or (said and said.status == BUSY):
            why = UNDER_WAY
        if why:
            return [CommandReply(at, command, CommandOutcome.REFUSED, why)]
        self._phase = Phase.STARTING
        self._order = Order(start=command)
        self._limit = at + STATE_US
        return self._panel.cleared(at, everything=True) + self._request(at)

    def stop(self, command: str, at: Instant) -> list[Observation]:
        """Cancel and deflate at once, whatever is under way; also when nothing is."""
        said = self._end_stop(at, CommandOutcome.REFUSED, "a newer stop was given")
        if self._phase is Phase.STARTING and not (self._ask and self._ask.text == START_NORMAL):
            said += self._end_start(at, CommandOutcome.REFUSED, "stopped before it was sent")
        self._order.stop = command
        self._cancel(at)
        return [*said, CommandReply(at, command, CommandOutcome.SENT)]

    def dropped(self, at: Instant) -> list[Observation]:
        """The line was closed and opened again: what was under way is unknown."""
        return self._over(at, CommandOutcome.TIMED_OUT, LOST)

    # -- requests

    def _request(self, at: Instant) -> list[Observation]:
        """Ask what is due, when nothing is under way."""
        if self._ask is not None:
            return []
        if self._phase is Phase.STARTING and self._panel.cuff.said is not None:
            return self._send_start(self._panel.cuff.said, at)
        if not self._queue and at >= self._cycle_at:
            self._cycle_at = at + CYCLE_US
            self._queue.append(NIBP_STATUS)
            for kind, option in self._options.items():
                if at >= option.next_at:
                    self._queue.append(kind)
                    option.next_at = at + (option.every_us if option.answered or option.missed < TRIES else ABSENT_US)
        if self._queue:
            self._repeats = 0
            self._send(self._queue.popleft(), at)
        return []

    def _send_start(self, said: Copy, at: Instant) -> list[Observation]:
        """Once the device has told its state, and only when it does not measure already."""
        if said.status == BUSY:
            return self._over(at, CommandOutcome.REFUSED, UNDER_WAY)
        self._order.sent_at = at
        self._limit = at + CONFIRM_US
        self._panel.doubt()
        self._send(START_NORMAL, at)
        return [CommandReply(at, self._order.start or "", CommandOutcome.SENT)]

    def _ask_status(self) -> None:
        """The status comes next, before what waits."""
        if not self._queue or self._queue[0] != NIBP_STATUS:
            self._queue.appendleft(NIBP_STATUS)

    def _send(self, text: bytes, at: Instant, tries: int = 1) -> None:
        self.outbox += message(text)
        self._ask = Ask(text, at + REPLY_US, tries)

    def _unanswered(self, ask: Ask, at: Instant) -> list[Observation]:
        """An answer is overdue. The status is asked for three times, a start once: whether it began shows in the status."""
        self._ask = None
        if ask.text == START_NORMAL:
            self._phase = Phase.MEASURING
        elif ask.kind in self._options:
            return self._option_missed(ask, at)
        elif ask.text == NIBP_STATUS and ask.tries < TRIES:
            self._send(NIBP_STATUS, at, ask.tries + 1)
            return []
        elif ask.text == NIBP_STATUS:
            return self._lost(at)
        self._ask_status()
        return []

    def _option_missed(self, ask: Ask, at: Instant) -> list[Observation]:
        """The status, which every device answers, tells whether it is the line or a thing this device does not have."""
        self._ask_status()
        option = self._options[ask.kind]
        option.missed += 0 if ask.harmed else 1
        return self._panel.lost(ask.kind, at) if option.missed == TRIES else []

    def _lost(self, at: Instant) -> list[Observation]:
        self._queue.clear()
        self._cycle_at = max(self._cycle_at, at)
        text = LOST if self._ever_heard else SILENT
        said: list[Observation] = [*self._statuses.set(at, StatusCode.NOT_ANSWERING, True, text, NIBP)]
        if at - self._heard_at >= FORGET_US:
            self._panel.forget(at)
            said += self._over(at, CommandOutcome.TIMED_OUT, LOST)
        elif self._phase in (Phase.STOPPING, Phase.STARTING):
            said += self._over(at, CommandOutcome.TIMED_OUT, LOST)
        return said

    # -- replies

    def _heard(self, at: Instant) -> list[Observation]:
        self._ever_heard = True
        self._heard_at = at
        return [*self._statuses.set(at, StatusCode.NOT_ANSWERING, False, LOST, NIBP)]

    def _unasked(self, frame: bytes, ask: Ask | None, at: Instant) -> list[Observation]:
        """Nothing asked for this. Letters that no reply has may be a refusal, whose form is not known: its text is told."""
        text = frame[:-3]
        if text[:3] in self._late:
            self._late.discard(text[:3])
            return []
        if ask is not None and text[:3] not in SIZES:
            words = f"DINAMAP answered '{text.decode('ascii').strip()}' to '{ask.text.decode('ascii').strip()}'"
            if ask.text == START_NORMAL:
                self._ask = None
                return [*self._over(at, CommandOutcome.REFUSED, f"{words}; start again"), *self._request(at)]
            before = self._statuses[StatusCode.CONNECTED]
            said = self._statuses.set(
                at, StatusCode.CONNECTED, True, before.text if before else "DINAMAP answers", (), words
            )
            return [LinkFault(at, FaultKind.SYNC, len(frame)), *said]
        return [LinkFault(at, FaultKind.SYNC, len(frame))]

    def _replied(self, ask: Ask, text: bytes, at: Instant) -> list[Observation]:
        self._ask = None
        option = self._options.get(ask.kind)
        if option is not None:
            option.answered, option.missed = True, 0
        waited = self._panel.pending
        said = self._panel.take(text, at)
        if self._panel.pending and not waited:
            self._queue.appendleft(CUFF_RATE)
        if not self._panel.agreed and self._repeats < TRIES - 1:
            self._repeats += 1
            self._send(ask.text, at)
        elif ask.text == NIBP_STATUS and self._panel.agreed:
            said += self._follow(at)
        return said + self.ended(at)

    def ended(self, at: Instant) -> list[Observation]:
        """A determination has ended if the panel says so; called whenever it may."""
        outcome, self._panel.outcome = self._panel.outcome, None
        if outcome is None or self._phase is not Phase.MEASURING:
            return []
        if outcome:
            return self._over(at, CommandOutcome.REFUSED, outcome)
        return self._over(at, CommandOutcome.DONE, "")

    # -- a determination

    def _follow(self, at: Instant) -> list[Observation]:
        """Two reads since the start or stop agree on what the device does."""
        said, order = self._panel.cuff.said, self._order
        busy = said is not None and said.status == BUSY
        if self._phase is Phase.STOPPING:
            if not busy:
                return self._over(at, CommandOutcome.DONE, "DINAMAP measures no more")
            if order.stops_sent < TRIES and at - order.sent_at >= STOP_AGAIN_US:
                self._cancel_again(at)
            return []
        if self._phase is not Phase.MEASURING or self._panel.outcome is not None or self._panel.pending:
            return []
        if busy:
            order.was_busy, order.quiet_since = True, None
            return self._accept(at)
        if not order.was_busy:
            return []
        order.quiet_since = at if order.quiet_since is None else order.quiet_since
        if at - order.quiet_since < GRACE_US:
            return []
        return self._over(at, CommandOutcome.REFUSED, "NIBP ended without a new result; was it stopped at the device?")

    def _accept(self, at: Instant) -> list[Observation]:
        self._phase = Phase.MEASURING
        order = self._order
        if order.was_busy:
            self._limit = order.sent_at + LONGEST_US
        if order.accepted:
            return []
        order.accepted = True
        return [CommandReply(at, order.start or "", CommandOutcome.ACCEPTED)]

    def _too_long(self, at: Instant) -> list[Observation]:
        if self._phase is Phase.STOPPING:
            text = "DINAMAP still measures after the stop; check cuff"
            return self._over(at, CommandOutcome.TIMED_OUT, text)
        if self._phase is Phase.STARTING:
            return self._over(at, CommandOutcome.REFUSED, "DINAMAP does not tell its state; it was not started")
        if not self._order.was_busy:
            return self._over(at, CommandOutcome.TIMED_OUT, NOT_BEGUN)
        text = "NIBP took longer than 180 s; it was told to stop, check cuff"
        said = self._panel.failed(at, text, "180 s", stops_cycling=True)
        self._panel.outcome = None
        said += self._end_start(at, CommandOutcome.TIMED_OUT, text)
        self._cancel(at)
        return said

    # -- stopping

    def _cancel(self, at: Instant) -> None:
        if self._ask is not None:
            self._late.add(self._ask.kind)
        self._phase = Phase.STOPPING
        self._panel.stopping = True
        self._order.stops_sent = 0
        self._limit = at + STOPPED_US
        self._cancel_again(at)

    def _cancel_again(self, at: Instant) -> None:
        """A cancel may be repeated: it can only deflate."""
        self._order.stops_sent += 1
        self._order.sent_at = at
        self._panel.doubt()
        self._send(CANCEL, at)

    def _stop_accepted(self, at: Instant) -> list[Observation]:
        stop = self._order.stop
        said = self._end_start(at, CommandOutcome.REFUSED, "stopped")
        return said if stop is None else [*said, CommandReply(at, stop, CommandOutcome.ACCEPTED, "told to deflate")]

    # -- ends

    def _over(self, at: Instant, outcome: CommandOutcome, text: str) -> list[Observation]:
        self._phase = Phase.IDLE
        self._panel.stopping = False
        self._limit = None
        stopped = self._order.stop is not None
        said = self._end_start(at, CommandOutcome.REFUSED if stopped else outcome, "stopped" if stopped else text)
        return [*said, *self._end_stop(at, outcome, text)]

    def _end_start(self, at: Instant, outcome: CommandOutcome, text: str) -> list[Observation]:
        command, self._order.start = self._order.start, None
        return [] if command is None else [CommandReply(at, command, outcome, text)]

    def _end_stop(self, at: Instant, outcome: CommandOutcome, text: str) -> list[Observation]:
        command, self._order.stop = self._order.stop, None
        return [] if command is None else [CommandReply(at, command, outcome, text)]
