"""The conversation with a V7.0 oximeter: set up, keep alive, ask once more, report; with a legacy one: none at all."""

from collections.abc import Callable
from enum import Enum, auto

from drivers._contec_numbers import SENSOR
from drivers._contec_wire import (
    ASK_PI,
    COMMAND,
    FEEDBACK,
    FREE,
    KEEP_ALIVE,
    KEEP_ALIVE_S,
    PI_SUPPORT,
    START,
    STOP,
)
from drivers.base.observations import Instant, Observation
from drivers.base.statuses import Statuses
from drivers.base.vocabulary import StatusCode

LISTEN_US = 200_000  # a stream that runs already is taken over, a legacy device is never written to
ANSWER_US = 1_000_000  # the maker's host gives up after 1 s
STREAM_LOST_US = 1_000_000
KEEP_ALIVE_US = int(KEEP_ALIVE_S * 1_000_000 * 0.4)  # one may be lost and the next still comes in time

SILENT = "oximeter sends no data: switch it on and put a finger in; an older one needs its line set to 19200 8O1"


def _command(operation: int) -> bytes:
    return bytes([COMMAND, 0x81, operation]) + b"\x80" * 6


class Phase(Enum):
    """Where the set-up stands."""

    LISTENING = auto()
    STOPPING = auto()  # A2 was sent: whatever runs is to end
    ASKING = auto()  # AC was sent: is there a PI?
    STARTING = auto()  # A1 was sent; the first real-time package is its answer
    STREAMING = auto()
    LEGACY = auto()


class Conversation:
    """What is sent and when. Begins with the opened line."""

    def __init__(self, statuses: Statuses, at: Instant) -> None:
        self.outbox = bytearray()
        self._statuses = statuses
        self._phase = Phase.LISTENING
        self._due: Instant | None = at + LISTEN_US
        self._keep_at: Instant = at
        self._starts = 0

    def awaits(self, kind: int) -> bool:
        """Whether a package of this type would answer what was asked."""
        answers = {Phase.STOPPING: (FREE, FEEDBACK), Phase.ASKING: (PI_SUPPORT, FEEDBACK), Phase.STARTING: (FEEDBACK,)}
        return kind in answers.get(self._phase, ())

    def next_deadline(self) -> Instant | None:
        if self._phase is Phase.STREAMING and self._due is not None:
            return min(self._due, self._keep_at)
        return self._due

    def answered(self, at: Instant) -> None:
        """The answer came, be it a refusal."""
        if self._phase is Phase.STOPPING:
            self._go(Phase.ASKING, ASK_PI, at)
        elif self._phase is Phase.ASKING:
            self._start(at)

    def streams(self, at: Instant) -> list[Observation]:
        """Real-time packages come. Those that were on their way while the stream was being stopped count as nothing."""
        if self._phase in (Phase.STOPPING, Phase.ASKING):
            return []
        if self._phase is not Phase.STREAMING:
            self._phase = Phase.STREAMING
            self._keep_at = at + KEEP_ALIVE_US if self._starts else at
        self._due = at + STREAM_LOST_US
        self._starts = 0
        return [*self._statuses.set(at, StatusCode.NOT_ANSWERING, False, SILENT, SENSOR)]

    def speaks_legacy(self, at: Instant) -> list[Observation]:
        """A device that streams by itself is left in peace."""
        self._phase, self._due = Phase.LEGACY, None
        return [*self._statuses.set(at, StatusCode.NOT_ANSWERING, False, SILENT, SENSOR)]

    def wake(self, at: Instant) -> list[Observation]:
        if self._phase is Phase.STREAMING and at >= self._keep_at:
            self._keep_at = at + KEEP_ALIVE_US
            self.outbox += _command(KEEP_ALIVE)
        if self._due is None or at < self._due:
            return []
        moves: dict[Phase, Callable[[], None]] = {
            Phase.LISTENING: lambda: self._go(Phase.STOPPING, STOP, at),
            Phase.STOPPING: lambda: self._go(Phase.ASKING, ASK_PI, at),
            Phase.ASKING: lambda: self._start(at),
            Phase.STREAMING: lambda: self._start(at, already=1),
        }
        move = moves.get(self._phase)
        if move is not None:
            move()
        elif self._starts < 2:
            self._start(at, self._starts)
        else:
            self._go(Phase.STOPPING, STOP, at)
            return [*self._statuses.set(at, StatusCode.NOT_ANSWERING, True, SILENT, SENSOR)]
        return []

    def farewell(self) -> None:
        """Let the device rest."""
        if self._phase in (Phase.STARTING, Phase.STREAMING):
            self.outbox += _command(STOP)
        self._due = None
        self._phase = Phase.LEGACY

    def _start(self, at: Instant, already: int = 0) -> None:
        """Send A1; after a stream that broke off it was sent once before."""
        self._starts = already + 1
        self._go(Phase.STARTING, START, at)

    def _go(self, phase: Phase, operation: int, at: Instant) -> None:
        self._phase = phase
        self.outbox += _command(operation)
        self._due = at + ANSWER_US
