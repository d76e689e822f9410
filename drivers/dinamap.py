"""GE / Critikon DINAMAP by its host communications: NIBP asked for and followed, SpO₂, pulse rate, temperature.

Follows open implementations of the protocol (PRO 100–400, ProCare, Carescape V100, Dash 2500; see ``_dinamap_wire``).
Only messages with a good checksum are looked at, and only what two of them agree on is said (``_dinamap_panel``). A
result stays readable for 90 minutes, so it is charted once, by its age (``_dinamap_cuff``). The host times the cycle
and starts a determination only when told to, never twice (``_dinamap_conversation``).

The PRO 1000 speaks another, binary language at its native port: it is recognised and refused with a sentence, for what
its parameter bytes mean is not known.
"""

from drivers import _dinamap_wire
from drivers._dinamap_conversation import Conversation
from drivers._dinamap_panel import NIBP, Panel
from drivers._dinamap_wire import (
    ADULT,
    BLOCK,
    BUSY,
    CANCEL,
    COMPLETED,
    CR,
    CUFF_RATE,
    FAILED,
    FROM_NIBP,
    FROM_OXIMETER,
    LEAK,
    LF,
    LINE,
    LONGEST,
    MONITORED,
    NEONATE,
    NIBP_DISPLAYED,
    NIBP_STATUS,
    NO_DATA,
    NO_TEMPERATURE,
    NONE_RECENT,
    NOT_USED,
    OVERPRESSURE,
    OXIMETER,
    PREDICTIVE,
    RATE,
    SEQUENCES,
    SIZES,
    STANDBY,
    START_NORMAL,
    STAT,
    STEP_TIME_OUT,
    TEMP_ABORTED,
    TEMP_CONTACT_LOST,
    TEMP_IDLE,
    TEMP_MEASURING,
    TEMP_TIME_OUT,
    TEMPERATURE,
    TOTAL_TIME_OUT,
    UNDOCUMENTED,
    UNKNOWN,
    UNPLUGGED,
    VALID,
    BlockFinder,
    is_block,
    is_message,
    is_request,
)
from drivers.base.decoder import Command, Decoder, Driver
from drivers.base.framing import STRANGE_BYTES, Intake
from drivers.base.observations import CommandReply, Instant, Observation
from drivers.base.statuses import Statuses
from drivers.base.vocabulary import CommandKind, CommandOutcome, FaultKind, Parameter, StatusCode

__all__ = [
    "ADULT",
    "BLOCK",
    "BUSY",
    "CANCEL",
    "COMPLETED",
    "CR",
    "CUFF_RATE",
    "DRIVER",
    "FAILED",
    "FROM_NIBP",
    "FROM_OXIMETER",
    "LEAK",
    "LF",
    "LINE",
    "MONITORED",
    "NEONATE",
    "NIBP_DISPLAYED",
    "NIBP_STATUS",
    "NONE_RECENT",
    "NOT_USED",
    "NO_DATA",
    "NO_TEMPERATURE",
    "OVERPRESSURE",
    "OXIMETER",
    "PREDICTIVE",
    "RATE",
    "SEQUENCES",
    "STANDBY",
    "START_NORMAL",
    "STAT",
    "STEP_TIME_OUT",
    "TEMPERATURE",
    "TEMP_ABORTED",
    "TEMP_CONTACT_LOST",
    "TEMP_IDLE",
    "TEMP_MEASURING",
    "TEMP_TIME_OUT",
    "TOTAL_TIME_OUT",
    "UNDOCUMENTED",
    "UNKNOWN",
    "UNPLUGGED",
    "VALID",
    "WIRE",
    "DinamapDecoder",
]

WIRE = tuple(name for name in __all__ if name in vars(_dinamap_wire))

BYTE_US = 1042
GAP_US = 300_000  # a longer silence inside a message ends it
NATIVE_PAUSE_US = 5_000_000  # after the last bytes of a PRO 1000, before anything is asked again

ALL = (*NIBP, Parameter.SPO2, Parameter.PR, Parameter.TEMPERATURE)
UNDERSTOOD = "DINAMAP is understood again"
STRANGE = "these bytes are not DINAMAP host communications; check the device, its host port and 9600 8N1"
NATIVE = "this is a DINAMAP PRO 1000 in its own binary format, which Vigil does not read; no values"


class DinamapDecoder(Decoder):
    """Cuts messages out of the bytes. Whether they answer a request depends on whether the line was opened."""

    def __init__(self) -> None:
        self._intake = Intake()
        self._statuses = Statuses()
        self._panel = Panel(self._statuses, 0, live=False)
        self._conversation: Conversation | None = None
        self._finder = BlockFinder()
        self._native = False
        self._fed_at = 0

    def feed(self, data: bytes, at: Instant) -> list[Observation]:
        """See ``Decoder.feed``."""
        due = self.next_deadline()
        began = at - len(data) * BYTE_US
        said = self.wake(began) if due is not None and began >= due else []
        if data:
            self._fed_at = at
            self._intake.held += data
            self._take_messages(at, False, said)
        return said

    def opened(self, at: Instant) -> list[Observation]:
        """Begin to ask. It may be another device than before: nothing it showed counts."""
        said = self._conversation.dropped(at) if self._conversation else []
        self._intake = Intake()
        self._finder.clear()
        said += self._leave_native(at)
        self._panel = Panel(self._statuses, at, live=True)
        self._conversation = Conversation(self._statuses, self._panel, at)
        return said

    def command(self, command: Command, at: Instant) -> list[Observation]:
        """``NIBP_START`` begins one determination, ``NIBP_STOP`` cancels and deflates."""
        if command.kind not in DRIVER.commands:
            return super().command(command, at)
        if self._conversation is None:
            return [CommandReply(at, command.id, CommandOutcome.REFUSED, "the line to the DINAMAP is not open")]
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
        held = self._intake.held or self._intake.discarded
        dues = (
            self._fed_at + GAP_US + 1 if held else None,
            self._panel.next_deadline(),
            self._conversation.next_deadline() if self._conversation else None,
        )
        return min((due for due in dues if due is not None), default=None)

    def wake(self, at: Instant) -> list[Observation]:
        said: list[Observation] = []
        if at - self._fed_at > GAP_US:
            self._take_messages(at, True, said)
            self._tell_faults(at, said)
        said += self._panel.wake(at)
        if self._conversation is not None:
            said += self._conversation.ended(at)
            said += self._conversation.wake(at)
        return said

    # -- messages

    def _take_messages(self, at: Instant, abandoned: bool, said: list[Observation]) -> None:
        """``abandoned``: a silence ended what was begun, so nothing is waited for."""
        held = self._intake.held
        while held:
            if self._native and len(held) < BLOCK and not abandoned:
                return
            if self._native and len(held) >= BLOCK and is_block(bytes(held[:BLOCK])):
                self._intake.take(BLOCK)
                self._hold(at)
                continue
            end = held.find(CR)
            if end < 0 and len(held) < LONGEST and not abandoned:
                return
            if held[0] in (CR, LF):
                self._pass_over(1, at, said)
            elif 0 < end < LONGEST and is_message(frame := bytes(held[: end + 1])):
                self._intake.take(end + 1)
                self._understood(frame, at, said)
            else:
                self._throw_away(end, at, said)

    def _understood(self, frame: bytes, at: Instant, said: list[Observation]) -> None:
        self._tell_faults(at, said)
        self._finder.clear()
        said += self._leave_native(at)
        said += self._statuses.set(at, StatusCode.NOT_THIS_DEVICE, False, UNDERSTOOD, ALL)
        if frame[:3] in SIZES and not is_request(frame):
            said += self._statuses.set(at, StatusCode.FORMAT, True, "DINAMAP host communications", detail="host")
        if self._conversation is not None:
            said += self._conversation.take(frame, at)
        elif not is_request(frame):
            said += self._panel.take(frame[:-3], at)

    def _pass_over(self, count: int, at: Instant, said: list[Observation]) -> None:
        """Ends of lines between messages are nothing, unless they belong to something else."""
        passed = bytes(self._intake.held[:count])
        del self._intake.held[:count]
        self._look_for_blocks(passed, at, said)

    def _throw_away(self, end: int, at: Instant, said: list[Observation]) -> None:
        """No message begins here: on to the next space, where one may."""
        held = self._intake.held
        space = held.find(b" ", 1)
        count = 1 if self._native else min(place for place in (space, end, len(held), STRANGE_BYTES) if place > 0)
        thrown = bytes(held[:count])
        self._intake.discard(count, FaultKind.CHECKSUM if thrown[:1] == b" " and end > 0 else FaultKind.SYNC)
        if self._intake.discarded >= STRANGE_BYTES:
            self._tell_faults(at, said)
        self._look_for_blocks(thrown, at, said)
        if self._intake.strange >= STRANGE_BYTES and not self._native:
            said += self._statuses.set(at, StatusCode.NOT_THIS_DEVICE, True, STRANGE, ALL)

    def _tell_faults(self, at: Instant, said: list[Observation]) -> None:
        faults = self._intake.told(at)
        if faults:
            said += faults
            self._panel.doubt()
            if self._conversation is not None:
                self._conversation.fault()

    # -- PRO 1000

    def _look_for_blocks(self, data: bytes, at: Instant, said: list[Observation]) -> None:
        if not self._finder.found_in(data):
            return
        self._finder.clear()
        self._tell_faults(at, said)
        self._native = True
        self._hold(at)
        text = "DINAMAP PRO 1000 native stream (recognised, not read)"
        said += self._statuses.set(at, StatusCode.FORMAT, True, text, detail="pro1000")
        said += self._statuses.set(at, StatusCode.NOT_THIS_DEVICE, True, NATIVE, ALL)

    def _hold(self, at: Instant) -> None:
        """A device that speaks by itself is not spoken to."""
        if self._conversation is not None:
            self._conversation.hold(at + NATIVE_PAUSE_US)

    def _leave_native(self, at: Instant) -> list[Observation]:
        if not self._native:
            return []
        self._native = False
        return [*self._statuses.set(at, StatusCode.NOT_THIS_DEVICE, False, UNDERSTOOD, ALL)]


DRIVER = Driver(
    name="dinamap",
    title="GE / Critikon DINAMAP (host communications)",
    line=LINE,
    parameters=ALL,
    waveforms=(),
    commands=(CommandKind.NIBP_START, CommandKind.NIBP_STOP),
    decoder=DinamapDecoder,
    harmless_to_open=True,
)
