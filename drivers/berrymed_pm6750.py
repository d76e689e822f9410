"""BerryMed PM6750: a six-parameter module that streams ECG, respiration, SpO2 and temperature, and measures NIBP when told to.

Follows the "PM6750 Patient Monitor Protocol V3.2" and two or more independent programs; rates as measured on a real unit.
A frame that is found out of step counts only when another good one follows at once, or silence. How numbers earn their
place stands in ``_berrymed_numbers``, the cuff in ``_berrymed_cuff``, what is sent in ``_berrymed_conversation``.

A determination is never started by itself, and neither start nor stop is ever repeated.
"""

from drivers import _berrymed_wire
from drivers._berrymed_conversation import Conversation
from drivers._berrymed_cuff import PRESSURES, Cuff
from drivers._berrymed_numbers import CARDIAC, OXIMETER, Cardiac, Oximeter, Thermometer
from drivers._berrymed_wire import (
    ADULT,
    ANALYSING,
    ASK_FIRMWARE,
    ASK_HARDWARE,
    ASYSTOLE,
    BRADYCARDIA,
    CHILD,
    CUFF_LOOSE,
    DISTURBED,
    ECG,
    ECG_FILTER,
    ECG_GAIN,
    ECG_ON,
    ECG_RATE,
    ECG_WAVE,
    ECG_WAVE_ON,
    ERROR,
    FILTER_SHIFT,
    FINISHED,
    FIRMWARE,
    GAIN_SHIFT,
    HARDWARE,
    HEAD,
    INITIALISED,
    INITIALISING,
    LEADS_OFF,
    LENGTHS,
    LINE,
    LONGEST,
    MEASURING,
    MIDDLE,
    NEONATE,
    NIBP,
    NIBP_MEASURE,
    NIBP_MODE,
    NIBP_PRESSURE,
    NO_FINGER,
    NO_RATE,
    NO_RESULT,
    NO_SENSOR,
    NORMAL,
    OFF,
    ON,
    OVERHEAD,
    OVERPRESSURE,
    PULSE_NONE,
    QRS_MARK,
    RESP_GAIN,
    RESP_RATE,
    RESP_WAVE,
    RESP_WAVE_ON,
    SEARCHING,
    SHORTEST,
    SPO2,
    SPO2_NONE,
    SPO2_OK,
    SPO2_ON,
    SPO2_WAVE,
    SPO2_WAVE_ON,
    SPO2_WAVE_RATE,
    STATE_SHIFT,
    STOPPED,
    T1_OFF,
    T2_OFF,
    TACHYCARDIA,
    TEMPERATURE,
    TEMPERATURE_ON,
    TIME_OUT,
    TOO_LONG,
    WEAK,
)
from drivers.base.curve import Curve
from drivers.base.decoder import Command, Decoder, Driver
from drivers.base.framing import STRANGE_BYTES, Intake
from drivers.base.observations import Instant, Observation
from drivers.base.statuses import Statuses
from drivers.base.vocabulary import CommandKind, FaultKind, Parameter, StatusCode, WaveformName

__all__ = [
    "ADULT",
    "ANALYSING",
    "ASK_FIRMWARE",
    "ASK_HARDWARE",
    "ASYSTOLE",
    "BRADYCARDIA",
    "CHILD",
    "CUFF_LOOSE",
    "DISTURBED",
    "DRIVER",
    "ECG",
    "ECG_FILTER",
    "ECG_GAIN",
    "ECG_ON",
    "ECG_RATE",
    "ECG_WAVE",
    "ECG_WAVE_ON",
    "ERROR",
    "FILTER_SHIFT",
    "FINISHED",
    "FIRMWARE",
    "GAIN_SHIFT",
    "HARDWARE",
    "INITIALISED",
    "INITIALISING",
    "LEADS_OFF",
    "LINE",
    "MEASURING",
    "MIDDLE",
    "NEONATE",
    "NIBP",
    "NIBP_MEASURE",
    "NIBP_MODE",
    "NIBP_PRESSURE",
    "NORMAL",
    "NO_FINGER",
    "NO_RATE",
    "NO_RESULT",
    "NO_SENSOR",
    "OFF",
    "ON",
    "OVERPRESSURE",
    "PULSE_NONE",
    "QRS_MARK",
    "RESP_GAIN",
    "RESP_RATE",
    "RESP_WAVE",
    "RESP_WAVE_ON",
    "SEARCHING",
    "SPO2",
    "SPO2_NONE",
    "SPO2_OK",
    "SPO2_ON",
    "SPO2_WAVE",
    "SPO2_WAVE_ON",
    "SPO2_WAVE_RATE",
    "STATE_SHIFT",
    "STOPPED",
    "T1_OFF",
    "T2_OFF",
    "TACHYCARDIA",
    "TEMPERATURE",
    "TEMPERATURE_ON",
    "TIME_OUT",
    "TOO_LONG",
    "WEAK",
    "WIRE",
    "BerryMedDecoder",
]

WIRE = tuple(name for name in __all__ if name in vars(_berrymed_wire))

PAUSE_US = 250_000  # within a frame there is never such a silence; a radio link may take its breath
LINK_LOST_US = 3_000_000
SILENT_US = 10_000_000
CALM = 350  # good frames on end, a second of them all
NOT_OURS = "these bytes are not a BerryMed PM6750's; check the device and 115200 8N1"
SILENT = "patient module sends nothing; check that it is on and its cable"
ALL = (*CARDIAC, *OXIMETER, *PRESSURES, Parameter.TEMPERATURE)

FIRST_LEAD, FULL_ECG = (
    4,
    12,
)  # place of lead I in a frame, size of a frame with seven leads: I, II, III, aVR, aVL, aVF, V
ECG_HEAD = HEAD + bytes([FULL_ECG - OVERHEAD, ECG_WAVE])
LEADS = {WaveformName.ECG_I: FIRST_LEAD, WaveformName.ECG_II: FIRST_LEAD + 1, WaveformName.ECG_V: FIRST_LEAD + 6}


class Curves:
    """ECG I, II and V (the other four leads follow from I and II), pleth and respiration."""

    __slots__ = ("_all", "_leads", "ecg", "pleth", "resp")

    def __init__(self) -> None:
        self.ecg: list[bytes] = []  # frames whose samples are not handed out yet
        self._leads = tuple(Curve(name, ECG_RATE, offset=-MIDDLE) for name in LEADS)
        self.pleth = Curve(WaveformName.PLETH, SPO2_WAVE_RATE)
        self.resp = Curve(WaveformName.RESP, RESP_RATE, offset=-MIDDLE)
        self._all = (*self._leads, self.pleth, self.resp)

    def chunks(self, at: Instant) -> list[Observation]:
        self._gather()
        return [chunk for curve in self._all for chunk in curve.chunk(at)]

    def restart(self, at: Instant) -> list[Observation]:
        self._gather()
        return [chunk for curve in self._all for chunk in curve.restart(at)]

    def _gather(self) -> None:
        """An old module sends lead I alone."""
        if self.ecg:
            for curve, place in zip(self._leads, LEADS.values(), strict=True):
                curve.extend([frame[place] for frame in self.ecg if len(frame) == FULL_ECG or place == FIRST_LEAD])
            self.ecg.clear()


class BerryMedDecoder(Decoder):
    """Cuts frames out of the bytes and hands each to whom it concerns."""

    def __init__(self) -> None:
        self._intake = Intake()
        self._in_step = self._understood_once = False
        self._abandoned = False
        self._calm = CALM
        self._fed_at: Instant | None = None
        self._heard_at: Instant | None = None
        self._deadline: Instant | None = None
        self._silent_at: Instant | None = None
        self._conversation: Conversation | None = None
        self._versions: dict[int, str] = {}
        self._statuses = Statuses()
        self._oximeter = Oximeter(self._statuses)
        self._cardiac = Cardiac(self._statuses)
        self._thermometer = Thermometer()
        self._cuff = Cuff(self._statuses, lambda: self._calm >= CALM)
        self._curves = Curves()
        self._kinds: set[int] = set()  # types of frames taken from this feed

    def feed(self, data: bytes, at: Instant) -> list[Observation]:
        """See ``Decoder.feed``. A number comes with the second report that bears it out."""
        if not data:
            return []
        said: list[Observation] = []
        if self._fed_at is not None and at - self._fed_at > LINK_LOST_US:
            self._lose_link(at, said)
        self._fed_at = at
        self._intake.held += data
        self._go_on(at, said)
        self._deadline = at + PAUSE_US if self._intake.held or self._intake.discarded else None
        return said

    def opened(self, at: Instant) -> list[Observation]:
        """Begin to ask for the streams."""
        said: list[Observation] = []
        self._lose_link(at, said)
        self._intake = Intake()
        self._in_step, self._understood_once, self._calm = False, False, CALM
        self._fed_at = self._heard_at = self._deadline = None
        self._silent_at = at + SILENT_US
        self._versions.clear()
        self._conversation = Conversation(at)
        return said + self._cuff.opened(self._conversation.send, at)

    def command(self, command: Command, at: Instant) -> list[Observation]:
        """``NIBP_START`` begins a determination with the module's own settings, ``NIBP_STOP`` ends it."""
        if command.kind not in DRIVER.commands:
            return super().command(command, at)
        start = command.kind is CommandKind.NIBP_START
        return self._cuff.start(command.id, at) if start else self._cuff.stop(command.id, at)

    def bytes_to_send(self) -> bytes:
        return self._conversation.bytes_to_send() if self._conversation else b""

    def next_deadline(self) -> Instant | None:
        asking = self._conversation.next_deadline() if self._conversation else None
        dues = (self._deadline, self._silent_at, self._cuff.next_deadline(), asking)
        return min((due for due in dues if due is not None), default=None)

    def wake(self, at: Instant) -> list[Observation]:
        said: list[Observation] = []
        if self._deadline is not None and at >= self._deadline:
            self._deadline = None
            self._abandoned = True
            self._go_on(at, said)
            self._abandoned = False
            said += self._faults(at)
        if self._silent_at is not None and at >= self._silent_at:
            self._silent_at = None
            said += self._statuses.set(at, StatusCode.NOT_ANSWERING, True, SILENT, ALL)
        if self._conversation is not None:
            self._conversation.wake(at)
        alive = self._heard_at is not None and at - self._heard_at < LINK_LOST_US
        return said + self._cuff.wake(at, alive)

    # -- cutting

    def _go_on(self, at: Instant, said: list[Observation]) -> None:
        """Take what is whole. After a silence (``_abandoned``) what is not whole never will be."""
        held = self._intake.held
        while held:
            if (
                self._in_step
                and held.startswith(ECG_HEAD)
                and sum(held[2:FULL_ECG]) & 0xFF == 0xFF
                and len(held) >= FULL_ECG
            ):
                self._take_ecg()  # nine bytes in ten: the short way
                continue
            size = _good(held, 0)
            if size and not (self._in_step and held[3] in LENGTHS):
                follows = _good(held, size) if len(held) > size else None
                size = size if follows or (follows is None and self._abandoned and len(held) == size) else follows
            if size is None and not self._abandoned:
                break
            if size:
                self._take(size, at, said)
            else:
                self._discard(at, said)
        if self._kinds:
            self._heard(at, said)

    def _discard(self, at: Instant, said: list[Observation]) -> None:
        headed = self._intake.held.startswith(HEAD)
        kind = FaultKind.SHORT if self._abandoned else FaultKind.CHECKSUM if headed else FaultKind.SYNC
        self._in_step = False
        self._intake.discard(1, kind)
        if self._intake.discarded >= STRANGE_BYTES:
            said += self._faults(at)
        if self._intake.strange >= STRANGE_BYTES:
            said += self._statuses.set(at, StatusCode.NOT_THIS_DEVICE, True, NOT_OURS, ALL)

    def _faults(self, at: Instant) -> list[Observation]:
        """End a spot of damage: no curve counts on across it, and numbers must agree exactly for a while."""
        faults = self._intake.told(at)
        if not faults:
            return []
        if self._understood_once:
            self._calm = 0
            for report in (self._oximeter, self._cardiac, self._thermometer, self._cuff):
                report.agreement.damaged()
        return [*self._curves.restart(at), *faults]

    def _lose_link(self, at: Instant, said: list[Observation]) -> None:
        """Nothing came for a while: no report before vouches for the next."""
        for report in (self._oximeter, self._cardiac, self._thermometer, self._cuff):
            report.agreement.forget()
        said += self._curves.restart(at)

    def _heard(self, at: Instant, said: list[Observation]) -> None:
        """Good frames came."""
        said += self._curves.chunks(at)
        self._heard_at = at
        if self._conversation is not None:
            self._silent_at = at + SILENT_US
            self._conversation.heard(self._kinds, at)
            said += self._statuses.set(at, StatusCode.NOT_ANSWERING, False, SILENT, ALL)
        self._kinds.clear()

    # -- frames

    def _take(self, size: int, at: Instant, said: list[Observation]) -> None:
        frame = self._intake.take(size)
        if not self._in_step:
            self._step_found(at, said)
        self._calm += 1
        kind = frame[3]
        self._kinds.add(kind)
        if kind == ECG_WAVE:
            self._curves.ecg.append(frame)
        elif kind == SPO2_WAVE:
            self._curves.pleth.add(frame[4])
        elif kind == RESP_WAVE:
            self._curves.resp.add(frame[4])
        else:
            said += self._report(kind, frame[4:-1], at)

    def _take_ecg(self) -> None:
        self._curves.ecg.append(self._intake.take(FULL_ECG))
        self._calm += 1
        self._kinds.add(ECG_WAVE)

    def _step_found(self, at: Instant, said: list[Observation]) -> None:
        said += self._faults(at)
        self._in_step = self._understood_once = True
        said += self._statuses.set(at, StatusCode.NOT_THIS_DEVICE, False, "patient module is understood again", ALL)
        said += self._statuses.set(at, StatusCode.FORMAT, True, "BerryMed PM6750", detail="PM6750")

    def _report(self, kind: int, content: bytes, at: Instant) -> list[Observation]:
        if kind == SPO2:
            return self._oximeter.take(content, at)
        if kind == ECG:
            return self._cardiac.take(content, at)
        if kind == TEMPERATURE:
            return self._thermometer.take(content, at)
        if kind == NIBP:
            return self._cuff.take(content, at)
        if kind in (FIRMWARE, HARDWARE):
            return self._version(kind, content, at)
        return []  # marks of beats; types that nobody described

    def _version(self, kind: int, content: bytes, at: Instant) -> list[Observation]:
        """The only thing the module tells of itself; it has no serial number."""
        text = content.decode("ascii", "replace").strip("\0 ")
        if self._calm < CALM or not text or not text.isascii() or not text.isprintable():
            return []
        self._versions[kind] = f"{'firmware' if kind == FIRMWARE else 'hardware'} {text}"
        detail = "; ".join(self._versions[known] for known in sorted(self._versions))
        return [*self._statuses.set(at, StatusCode.IDENTITY, True, "BerryMed PM6750", detail=detail)]


def _good(held: bytearray, start: int) -> int | None:
    """Size of the good frame at ``start``; 0: none begins there; None: that needs more bytes."""
    if held[start : start + 2] != HEAD:
        return None if len(held) - start < 2 and held[start] == HEAD[0] else 0
    if len(held) - start < 4:
        return 0 if len(held) - start == 3 and held[start + 2] < SHORTEST else None
    length, kind = held[start + 2], held[start + 3]
    if length not in LENGTHS.get(kind, range(SHORTEST, LONGEST + 1)):
        return 0
    end = start + length + OVERHEAD
    if len(held) < end:
        return None
    return length + OVERHEAD if sum(held[start + 2 : end]) & 0xFF == 0xFF else 0


DRIVER = Driver(
    name="berrymed_pm6750",
    title="BerryMed PM6750 patient module (ECG, SpO₂, NIBP, temperature)",
    line=LINE,
    parameters=(*CARDIAC, *OXIMETER, *PRESSURES, Parameter.CUFF_PRESSURE, Parameter.TEMPERATURE),
    waveforms=(*LEADS, WaveformName.PLETH, WaveformName.RESP),
    commands=(CommandKind.NIBP_START, CommandKind.NIBP_STOP),
    decoder=BerryMedDecoder,
    harmless_to_open=True,
)
"""``harmless_to_open``: streams are switched on and versions asked for; no setting is changed and no cuff moved."""
