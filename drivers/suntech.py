"""SunTech OEM NIBP modules (Advantage, LX, 2.0, Mini): a cuff that measures when told to.

Follows three open implementations and the annotated record of one of them ("Operations Manual Rev K p. 55").
The host times the cycle, the module has none. This driver starts, follows, reads and stops a determination when asked
to; it never starts one by itself and never repeats a start. It does not touch pump or valves.

Two ways of listening. On an opened line (``_suntech_conversation``) it asks and takes only what fits the question. Of
bytes that nobody here asked for, a recording, (``_suntech_results``, ``Overheard``) it makes what can be made.

While idle it reads the cuff pressure every 10 s, the one read that says both that the line is alive and that the cuff
is empty; polling is known to be allowed while measuring, and a read changes nothing in the module.
"""

from drivers import _suntech_wire
from drivers._suntech_conversation import Conversation
from drivers._suntech_results import NIBP, Listener, Overheard, Results
from drivers._suntech_wire import (
    ABORT_DATA,
    ABORTED,
    BUSY,
    CALIBRATION_LOST,
    CONTROL,
    DONE,
    ERROR,
    HARDWARE,
    HOST,
    INITIAL_PRESSURE,
    LEAK,
    LINE,
    LONGEST,
    MODULE,
    MODULE_DATA,
    NOT_DEFINED,
    NOT_RECOGNISED,
    OUT_OF_RANGE,
    OVERPRESSURE,
    PERMISSION,
    PNEUMATICS,
    PRESSURE_DATA,
    RECEIVED,
    RECORD_DATA,
    RESET,
    SAFETY_TIME_OUT,
    SHORTEST,
    SLEEPING,
    START_ADULT,
    START_NEONATE,
    START_PAEDIATRIC,
    STOPPED_BY_USER,
    TIME_OUT,
    TRANSDUCER,
    VALID,
)
from drivers.base.decoder import Command, Decoder, Driver
from drivers.base.framing import STRANGE_BYTES, Intake
from drivers.base.observations import CommandReply, Instant, Observation
from drivers.base.statuses import Statuses
from drivers.base.vocabulary import CommandKind, CommandOutcome, FaultKind, Parameter, StatusCode

__all__ = [
    "ABORTED",
    "ABORT_DATA",
    "BUSY",
    "CALIBRATION_LOST",
    "CONTROL",
    "DONE",
    "DRIVER",
    "ERROR",
    "HARDWARE",
    "HOST",
    "INITIAL_PRESSURE",
    "LEAK",
    "LINE",
    "MODULE",
    "MODULE_DATA",
    "NOT_DEFINED",
    "NOT_RECOGNISED",
    "OUT_OF_RANGE",
    "OVERPRESSURE",
    "PERMISSION",
    "PNEUMATICS",
    "PRESSURE_DATA",
    "RECEIVED",
    "RECORD_DATA",
    "RESET",
    "SAFETY_TIME_OUT",
    "SLEEPING",
    "START_ADULT",
    "START_NEONATE",
    "START_PAEDIATRIC",
    "STOPPED_BY_USER",
    "TIME_OUT",
    "TRANSDUCER",
    "VALID",
    "WIRE",
    "SunTechDecoder",
]

WIRE = tuple(name for name in __all__ if name in vars(_suntech_wire))

BYTE_US = 1042
GAP_US = 100_000  # a longer silence inside a packet ends it


class SunTechDecoder(Decoder):
    """Cuts the module's packets out of the bytes; who listens depends on whether the line was opened."""

    def __init__(self) -> None:
        self._intake = Intake()
        self._statuses = Statuses()
        self._results = Results(self._statuses)
        self._conversation: Conversation | None = None
        self._listener: Listener = Overheard(self._results)
        self._fed_at = 0

    def feed(self, data: bytes, at: Instant) -> list[Observation]:
        """See ``Decoder.feed``."""
        due = self.next_deadline()
        began = at - len(data) * BYTE_US
        said = self.wake(began) if due is not None and began >= due else []
        if data:
            self._fed_at = at
            self._intake.held += data
            self._take_packets(at, False, said)
        return said

    def opened(self, at: Instant) -> list[Observation]:
        """Begin to ask: first whether anyone is there, and whether the cuff is empty."""
        said = self._conversation.dropped(at) if self._conversation else []
        self._intake = Intake()
        self._listener = self._conversation = Conversation(self._statuses, self._results, at)
        return said

    def command(self, command: Command, at: Instant) -> list[Observation]:
        """``NIBP_START`` begins an adult determination, ``NIBP_STOP`` aborts and deflates."""
        if command.kind not in DRIVER.commands:
            return super().command(command, at)
        if self._conversation is None:
            return [CommandReply(at, command.id, CommandOutcome.REFUSED, "the line to the NIBP module is not open")]
        if command.kind is CommandKind.NIBP_START:
            return self._conversation.start(command.id, at)
        return self._conversation.stop(command.id, at)

    def bytes_to_send(self) -> bytes:
        if self._conversation is None:
            return b""
        out = bytes(self._conversation.outbox)
        self._conversation.outbox.clear()
        return out

    def next_deadline(self) -> Instant | None:
        due = self._listener.next_deadline()
        if not (self._intake.held or self._intake.discarded):
            return due
        gap = self._fed_at + GAP_US + 1
        return gap if due is None else min(due, gap)

    def wake(self, at: Instant) -> list[Observation]:
        said: list[Observation] = []
        if at - self._fed_at > GAP_US:
            self._take_packets(at, True, said)
            self._tell_faults(at, said)
        return said + self._listener.wake(at)

    def _take_packets(self, at: Instant, abandoned: bool, said: list[Observation]) -> None:
        """``abandoned``: a silence ended the packet that was begun, so only whole ones are left to be found."""
        held = self._intake.held
        while held:
            size = _packet_size(held)
            if size > len(held) and not abandoned:
                return
            if 0 < size <= len(held) and not sum(held[:size]) & 0xFF:
                packet = self._intake.take(size)
                self._tell_faults(at, said)
                text = "NIBP module is understood again"
                said += self._statuses.set(at, StatusCode.NOT_THIS_DEVICE, False, text, NIBP)
                said += self._listener.take(packet, at)
                continue
            kind = FaultKind.SYNC if not size else FaultKind.SHORT if size > len(held) else FaultKind.CHECKSUM
            self._intake.discard(1, kind)
            if self._intake.discarded >= STRANGE_BYTES:
                self._tell_faults(at, said)
            if self._intake.strange >= STRANGE_BYTES:
                text = "these bytes are not a SunTech NIBP module's; check the device and 9600 8N1"
                said += self._statuses.set(at, StatusCode.NOT_THIS_DEVICE, True, text, NIBP)

    def _tell_faults(self, at: Instant, said: list[Observation]) -> None:
        faults = self._intake.told(at)
        if faults:
            said += faults
            self._listener.fault()


def _packet_size(held: bytearray) -> int:
    """Size of the packet that may begin here, as far as it can be told; 0: none begins here."""
    if held[0] != MODULE:
        return 0
    if len(held) < 2:
        return SHORTEST
    return held[1] if SHORTEST <= held[1] <= LONGEST else 0


DRIVER = Driver(
    name="suntech",
    title="SunTech OEM NIBP module",
    line=LINE,
    parameters=(*NIBP, Parameter.PR, Parameter.CUFF_PRESSURE),
    waveforms=(),
    commands=(CommandKind.NIBP_START, CommandKind.NIBP_STOP),
    decoder=SunTechDecoder,
    silent_after_s=None,
    harmless_to_open=True,
)
