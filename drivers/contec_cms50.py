"""Contec CMS50/CMS60 pulse oximeters on a serial line: V7.0 packages and the legacy 5-byte stream, told apart by the stream.

Follows Contec Medical, "Communication protocol of pulse oximeter V7.0" (2010-07-08); the legacy stream follows three
open implementations. The model's name does not tell which one a device speaks, so the bytes do: a package begins with
the only byte whose bit 7 is clear, a legacy frame with the only one whose bit 7 is set. Three good ones on end decide.

Neither format has a checksum: see ``_contec_numbers`` for how a number earns its place. Recorded data is never asked for;
where it comes by itself it is not taken for live.
"""

from drivers import _contec_wire
from drivers._contec_conversation import Conversation
from drivers._contec_numbers import AGREEING, SENSOR, Agreement, Told, of_frame, of_package
from drivers._contec_wire import (
    ASK_PI,
    BAR_RESERVED,
    BEEP,
    COMMAND,
    DELETE_FAILED,
    DISCONNECT,
    DONE,
    FEEDBACK,
    FREE,
    IDENTIFIER,
    KEEP_ALIVE,
    KEEP_ALIVE_S,
    LEGACY_LINE,
    LEGACY_PR_BIT_7,
    LEGACY_PROBE_ERROR,
    LEGACY_SEARCHING,
    LEGACY_SIZE,
    LENGTHS,
    LINE,
    MEMORY_DUMP,
    MODEL,
    NOT_SUPPORTED,
    NOTICE,
    PACKETS_PER_S,
    PI_INVALID,
    PI_MISSING,
    PI_SUPPORT,
    PR_INVALID,
    PROBE_ERROR,
    REALTIME,
    RECORDING,
    SEARCHING,
    SHUTTING_DOWN,
    SPO2_INVALID,
    SPO2_LOW,
    START,
    STOP,
    STRENGTH,
    TOO_LONG,
    UNKNOWN,
    USER_CHANGE,
    unpack,
)
from drivers.base.curve import Curve
from drivers.base.decoder import Decoder, Driver
from drivers.base.framing import STRANGE_BYTES, Intake
from drivers.base.observations import Instant, Numeric, Observation, Reading
from drivers.base.statuses import Statuses
from drivers.base.vocabulary import FaultKind, Parameter, StatusCode, WaveformName

__all__ = [
    "ASK_PI",
    "BAR_RESERVED",
    "BEEP",
    "COMMAND",
    "DELETE_FAILED",
    "DISCONNECT",
    "DONE",
    "DRIVER",
    "FEEDBACK",
    "FREE",
    "IDENTIFIER",
    "KEEP_ALIVE",
    "KEEP_ALIVE_S",
    "LEGACY_LINE",
    "LEGACY_PROBE_ERROR",
    "LEGACY_PR_BIT_7",
    "LEGACY_SEARCHING",
    "LINE",
    "MEMORY_DUMP",
    "MODEL",
    "NOTICE",
    "NOT_SUPPORTED",
    "PACKETS_PER_S",
    "PI_INVALID",
    "PI_MISSING",
    "PI_SUPPORT",
    "PROBE_ERROR",
    "PR_INVALID",
    "REALTIME",
    "RECORDING",
    "SEARCHING",
    "SHUTTING_DOWN",
    "SPO2_INVALID",
    "SPO2_LOW",
    "START",
    "STOP",
    "STRENGTH",
    "TOO_LONG",
    "UNKNOWN",
    "USER_CHANGE",
    "WIRE",
    "ContecDecoder",
]

WIRE = tuple(name for name in __all__ if name in vars(_contec_wire))

V7, LEGACY = "V7.0", "legacy"
PAUSE_US = 300_000  # within a package there is never such a silence
LINK_LOST_US = 1_000_000
BYTE_US = 1_000_000 // (PACKETS_PER_S * LEGACY_SIZE)  # at the stream's own pace: a long chunk is no silence

NOT_OURS = "these bytes are not a Contec oximeter's: check the device and its line, 115200 8N1 or (older) 19200 8O1"
REASONS = {
    DONE: "it ended the data",
    SHUTTING_DOWN: "it is shutting down",
    USER_CHANGE: "its user was changed",
    RECORDING: "it is recording; end the recording on the device",
    DELETE_FAILED: "deleting failed",
    NOT_SUPPORTED: "it does not support this",
    UNKNOWN: "it tells no reason",
}
MEMORY = "oximeter sends recorded data, which is not live; end that on the device"


class ContecDecoder(Decoder):
    """One oximeter's stream. Out of step it searches; in step it takes one package or frame after the other."""

    def __init__(self) -> None:
        self._intake = Intake()
        self._statuses = Statuses()
        self._agreement = Agreement()
        self._pleth = Curve(WaveformName.PLETH, PACKETS_PER_S)
        self._conversation: Conversation | None = None
        self._format: str | None = None
        self._fed_at: Instant | None = None
        self._deadline: Instant | None = None
        self._abandoned = False
        self._flags = (False, False, False)
        self._alike = 0
        self._pi_supported = True
        self._pi_seen = False
        self._last_told: Told | None = None
        self._numerics: tuple[Numeric, ...] = ()

    def feed(self, data: bytes, at: Instant) -> list[Observation]:
        """See ``Decoder.feed``. Every package is a pleth sample; the third that says the same brings a reading."""
        if not data:
            return []
        said: list[Observation] = []
        if self._fed_at is not None and at - len(data) * BYTE_US - self._fed_at > LINK_LOST_US:
            self._lose_link(at, said)
        self._fed_at = at
        self._intake.held += data
        self._go_on(at, said)
        self._deadline = at + PAUSE_US if self._intake.held or self._intake.discarded else None
        return said

    def opened(self, at: Instant) -> list[Observation]:
        """Begin to listen, then to ask."""
        said: list[Observation] = []
        self._lose_link(at, said)
        self._intake = Intake()
        self._format = self._fed_at = self._deadline = None
        self._pi_supported, self._pi_seen, self._last_told = True, False, None
        self._conversation = Conversation(self._statuses, at)
        return said

    def closing(self, at: Instant) -> None:
        if self._conversation is not None:
            self._conversation.farewell()

    def bytes_to_send(self) -> bytes:
        if self._conversation is None:
            return b""
        out = bytes(self._conversation.outbox)
        self._conversation.outbox.clear()
        return out

    def next_deadline(self) -> Instant | None:
        due = self._conversation.next_deadline() if self._conversation else None
        return min((one for one in (due, self._deadline) if one is not None), default=None)

    def wake(self, at: Instant) -> list[Observation]:
        said: list[Observation] = []
        if self._deadline is not None and at >= self._deadline:
            self._deadline = None
            self._abandoned = True
            self._go_on(at, said)
            self._abandoned = False
            said += self._faults(at)
        return said + (self._conversation.wake(at) if self._conversation else [])

    # -- cutting

    def _go_on(self, at: Instant, said: list[Observation]) -> None:
        """Take what is whole. After a silence (``_abandoned``) what is not whole never will be."""
        held = self._intake.held
        while held:
            low = held[0] < 0x80
            if (self._take_low(at, said) if low else self._take_high(at, said)) is not None:
                continue
            if not self._abandoned:
                break
            self._discard(at, FaultKind.SHORT, said)
        said += self._pleth.chunk(at)

    def _take_low(self, at: Instant, said: list[Observation]) -> bool | None:
        """A package may begin here. True: taken or thrown away; None: that needs more bytes."""
        held = self._intake.held
        kind = held[0]
        size = LENGTHS.get(kind)
        if size is None or (kind != REALTIME and self._format == LEGACY):
            return self._discard(at, FaultKind.SYNC, said)
        if kind == REALTIME and self._format != V7:
            return self._search(V7, at, said)
        if any(byte < 0x80 for byte in held[1:size]):
            return self._discard(at, FaultKind.SHORT, said)
        if len(held) < size:
            return None
        if kind == REALTIME:
            return self._take_package(at, said)
        return self._take_other(size, at, said)

    def _take_high(self, at: Instant, said: list[Observation]) -> bool | None:
        """A legacy frame may begin here, or recorded data of a legacy device."""
        held = self._intake.held
        if self._format != V7 and MEMORY_DUMP.startswith(held[: len(MEMORY_DUMP)]) and held[1:] != b"":
            if len(held) < len(MEMORY_DUMP):
                return None
            self._intake.take(len(MEMORY_DUMP))
            self._format = None
            said += self._statuses.set(at, StatusCode.STANDBY, True, MEMORY, SENSOR)
            return True
        if self._format != LEGACY:
            return self._search(LEGACY, at, said)
        if not _fits_legacy(held[:LEGACY_SIZE]):
            return self._discard(at, FaultKind.SYNC, said)
        if len(held) < LEGACY_SIZE:
            return None
        self._understood(at, said)
        self._sample(*of_frame(self._intake.take(LEGACY_SIZE)), at, said)
        return True

    def _search(self, format_: str, at: Instant, said: list[Observation]) -> bool | None:
        """Three good ones on end put it in step."""
        held = self._intake.held
        size, fits = (LENGTHS[REALTIME], _fits_v7) if format_ == V7 else (LEGACY_SIZE, _fits_legacy)
        for start in range(0, AGREEING * size, size):
            if not fits(held[start : start + size]):
                return self._discard(at, FaultKind.SYNC, said)
        if len(held) < AGREEING * size:
            return None
        self._understood(at, said)
        self._format = format_
        self._agreement = Agreement()
        title = "Contec V7.0 packages" if format_ == V7 else "Contec 5-byte stream"
        said += self._statuses.set(at, StatusCode.FORMAT, True, title, detail=format_)
        return True

    def _discard(self, at: Instant, kind: FaultKind, said: list[Observation], count: int = 1) -> bool:
        self._intake.discard(count, kind)
        if self._intake.discarded >= STRANGE_BYTES:
            said += self._faults(at)
        if self._intake.strange >= STRANGE_BYTES and not self._statuses[StatusCode.STANDBY]:
            said += self._statuses.set(at, StatusCode.NOT_THIS_DEVICE, True, NOT_OURS, SENSOR)
        return True

    def _faults(self, at: Instant) -> list[Observation]:
        """End a spot of damage: nothing counts on across it."""
        faults = self._intake.told(at)
        if not faults:
            return []
        self._agreement.damaged()
        self._alike = 0
        return [*self._pleth.restart(at), *faults]

    def _understood(self, at: Instant, said: list[Observation]) -> None:
        said += self._faults(at)
        said += self._statuses.set(at, StatusCode.NOT_THIS_DEVICE, False, "oximeter is understood again", SENSOR)

    def _lose_link(self, at: Instant, said: list[Observation]) -> None:
        """The stream was interrupted: nothing counts on across that."""
        self._agreement.forget()
        self._alike = 0
        said += self._pleth.restart(at)

    # -- V7.0

    def _take_package(self, at: Instant, said: list[Observation]) -> bool:
        size = LENGTHS[REALTIME]
        sample = of_package(unpack(self._intake.held[:size]))
        if sample is None:
            return self._discard(at, FaultKind.SYNC, said, size)
        self._intake.take(size)
        self._understood(at, said)
        self._sample(*sample, at, said)
        return True

    def _take_other(self, size: int, at: Instant, said: list[Observation]) -> bool | None:
        """Take a package that is no data, when it answers what was asked, or when the next one or silence follows."""
        held = self._intake.held
        asked = self._conversation is not None and self._conversation.awaits(held[0])
        if not asked and len(held) == size and not self._abandoned:
            return None
        if not asked and len(held) > size and held[size] >= 0x80:
            return self._discard(at, FaultKind.SYNC, said)
        package = self._intake.take(size)
        said += self._faults(at)
        self._told(package[0], unpack(package), asked, at, said)
        return True

    def _told(self, kind: int, data: bytes, asked: bool, at: Instant, said: list[Observation]) -> None:
        if kind == PI_SUPPORT and (asked or self._format is None):
            self._pi_supported, self._last_told = data[0] == 0, None
        elif kind == DISCONNECT or (kind == FEEDBACK and data[0] == START and data[1] != DONE):
            said += self._withheld(data[-1], at)
        if asked and self._conversation is not None:
            self._conversation.answered(at)

    def _withheld(self, reason: int, at: Instant) -> list[Observation]:
        text = f"oximeter sends no live data: {REASONS.get(reason, f'reason {reason}')}"
        return [*self._statuses.set(at, StatusCode.STANDBY, True, text, SENSOR, str(reason))]

    # -- what a package says

    def _sample(self, pleth: int, told: Told, at: Instant, said: list[Observation]) -> None:
        self._pleth.add(pleth)
        if self._conversation is not None:
            legacy = self._format == LEGACY
            said += self._conversation.speaks_legacy(at) if legacy else self._conversation.streams(at)
        said += self._statuses.set(at, StatusCode.STANDBY, False, "oximeter sends live data", SENSOR)
        said += self._states((told.off, told.searching, told.too_long), at)
        if told != self._last_told:  # most packages differ in their pleth alone
            self._last_told, self._numerics = told, told.numerics(self._pi_supported)
        numerics = self._agreement.take(self._numerics)
        self._pi_seen |= any(n.parameter is Parameter.PI and n.value is not None for n in numerics)
        shown = tuple(n for n in numerics if self._pi_seen or n.parameter is not Parameter.PI)
        if shown:
            said.append(Reading(at, shown))

    def _states(self, flags: tuple[bool, bool, bool], at: Instant) -> list[Observation]:
        """Three packages on end must agree on a state, too."""
        self._alike = self._alike + 1 if flags == self._flags else 1
        self._flags = flags
        if self._alike != AGREEING:
            return []
        off, searching, too_long = flags
        text = "SpO₂: no pulse found, put the finger in again" if too_long else "SpO₂ searches for a pulse"
        return [
            *self._statuses.set(at, StatusCode.SENSOR_OFF, off, "SpO₂ sensor off the finger", SENSOR),
            *self._statuses.set(at, StatusCode.SEARCHING, not off and (searching or too_long), text, SENSOR),
        ]


def _fits_v7(package: bytes | bytearray) -> bool:
    """Whether a real-time package, whole or only begun, is good as far as it goes."""
    if package[:1] not in (b"", bytes([REALTIME])) or any(byte < 0x80 for byte in package[1:]):
        return False
    return len(package) < LENGTHS[REALTIME] or of_package(unpack(package)) is not None


def _fits_legacy(frame: bytes | bytearray) -> bool:
    return not frame or (frame[0] >= 0x80 and all(byte < 0x80 for byte in frame[1:]))


DRIVER = Driver(
    name="contec_cms50",
    title="Contec CMS50/CMS60 pulse oximeter (V7.0 packages, legacy stream)",
    line=LINE,
    parameters=SENSOR,
    waveforms=(WaveformName.PLETH,),
    commands=(),
    decoder=ContecDecoder,
    other_lines=(LEGACY_LINE,),
    harmless_to_open=True,
)
