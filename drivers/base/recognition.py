"""Which device speaks on a line: every driver listens to the same bytes, and what each understood is compared.

Pure: whoever listens hands in the bytes with their times. A driver is believed when it understood nearly all that came and
made several readings or a stretch of curve of it; being able to read one frame out of noise counts for nothing.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from drivers.base.decoder import Driver, Line
from drivers.base.observations import DeviceStatus, Instant, LinkFault, Observation, Reading, WaveformChunk
from drivers.base.vocabulary import StatusCode

ENOUGH = 3.0
"""Points that make a device known; each reading is one, so is a quarter of a second of curve."""
PLENTY = 8.0
"""Points from which more listening would tell nothing new."""
UNDERSTOOD = 0.9
"""Share of the bytes that must be understood, those before the first good frame left out."""
_LEAD = 400
_SOME = 20
"""So many bytes at least say something of what they are."""
_KEPT = 4096
_TRIES = 16


class Confidence(StrEnum):
    """How sure a recognition is."""

    CERTAIN = "certain"
    LIKELY = "likely"


@dataclass(frozen=True, slots=True)
class Recognised:
    """The device on a line. ``format`` and ``identity`` are what it told of itself, None or "" when it does not tell."""

    driver: Driver
    line: Line
    confidence: Confidence
    why: str
    format: str = ""
    identity: DeviceStatus | None = None
    rival: str = ""


class Candidate:
    """One driver, listening at one line. ``asks`` after ``ask``: it may then have bytes to send."""

    def __init__(self, driver: Driver, line: Line) -> None:
        self.driver = driver
        self.line = line
        self.asks = False
        self._has_sent = False
        self.heard = 0
        self.points = 0.0
        self._decoder = driver.decoder()
        self._discarded = self._lead = 0
        self._readings = self._samples = 0
        self._on: dict[StatusCode, DeviceStatus] = {}
        self._kept: list[tuple[bytes, Instant]] = []

    def ask(self, at: Instant) -> None:
        """Begin the driver's conversation; to be called only for a driver that is ``harmless_to_open``."""
        assert self.driver.harmless_to_open
        self.asks = True
        self._take(self._decoder.opened(at))

    def feed(self, data: bytes, at: Instant) -> None:
        """Hear ``data`` at ``at``."""
        self.heard += len(data)
        if self.heard <= _KEPT:
            self._kept.append((data, at))
        self._take(self._decoder.feed(data, at))

    def come_to(self, at: Instant) -> None:
        """Fire the decoder's deadlines up to ``at``."""
        while (due := self._decoder.next_deadline()) is not None and due <= at:
            self._take(self._decoder.wake(due))

    def bytes_to_send(self) -> bytes:
        """What the conversation wants written; nothing before ``ask``."""
        sent = self._decoder.bytes_to_send() if self.asks else b""
        self._has_sent |= bool(sent)
        return sent

    def farewell(self, at: Instant) -> bytes:
        """Take leave of the device; return what is to be written for it."""
        self._decoder.closing(at)
        return self.bytes_to_send()

    @property
    def is_refused(self) -> bool:
        """Whether the driver says that this is another device, or that nobody answers."""
        return StatusCode.NOT_THIS_DEVICE in self._on or StatusCode.NOT_ANSWERING in self._on

    @property
    def refusal(self) -> str:
        """Why a device whose bytes the driver understands well shows no values, such as one that sends its memory; else ""."""
        status = self._on.get(StatusCode.NOT_THIS_DEVICE if self.points else StatusCode.STANDBY)
        return status.text if status is not None and self.share >= UNDERSTOOD else ""

    @property
    def is_hopeful(self) -> bool:
        """Whether more bytes may yet make sense: some did, or not half of them were thrown away."""
        return self.points > 0 or 2 * self._discarded < self.heard

    @property
    def is_mute(self) -> bool:
        """Whether it has nothing to ask, now or later: a device that only talks."""
        return self.asks and not self._has_sent and self._decoder.next_deadline() is None

    @property
    def share(self) -> float:
        """How much of what came was understood, 0 to 1."""
        counted = self.heard - self._lead
        return 1 - (self._discarded - self._lead) / counted if counted > 0 else 0.0

    @property
    def is_believed(self) -> bool:
        """Whether this is the device, if no other driver understands it better."""
        return not self.is_refused and self.share >= UNDERSTOOD and self._weight >= ENOUGH

    @property
    def is_plain(self) -> bool:
        """Whether more listening would tell nothing new."""
        return self.is_believed and self._weight >= PLENTY

    @property
    def _weight(self) -> float:
        """The points; an answer that fits the question to the last byte says as much as several readings."""
        answered = self.asks and self.heard and not self._discarded
        return self.points + (ENOUGH if answered else 0.0)

    def rank(self) -> tuple[float, float]:
        """Sorts candidates: who understood more bytes, then who made more of them."""
        return round(self.share, 2), self._weight

    def recognised(self, rival: str = "") -> Recognised:
        """What is to be said of the device."""
        identity = self._on.get(StatusCode.IDENTITY)
        format_ = self._on.get(StatusCode.FORMAT)
        parts = [f"{self.heard} bytes, {self.share:.0%} of them understood"]
        parts += [f"{self._readings} readings"] if self._readings else []
        parts += [f"{self._samples} samples of curves"] if self._samples else []
        noticed = 1.0 if identity or self.asks else self._damage_noticed()
        parts += ["it answered"] if self.asks else []
        parts += ["the format has little to check a frame by"] if noticed < 0.5 else []
        sure = noticed >= 0.5 and self.share >= 0.97 and self.heard >= _SOME and not rival
        return Recognised(
            self.driver,
            self.line,
            Confidence.CERTAIN if sure else Confidence.LIKELY,
            "; ".join(parts),
            "" if format_ is None else format_.text,
            identity,
            rival,
        )

    def _take(self, said: Iterable[Observation]) -> None:
        for observation in said:
            if isinstance(observation, LinkFault):
                self._discarded += observation.discarded
                if not self.points and self._discarded <= _LEAD:
                    self._lead = self._discarded
            elif isinstance(observation, Reading):
                self._readings += 1
                self.points += 1
            elif isinstance(observation, WaveformChunk):
                self._samples += len(observation.samples)
                self.points += 4 * len(observation.samples) / observation.rate_hz
            elif isinstance(observation, DeviceStatus):
                self._take_status(observation)

    def _take_status(self, status: DeviceStatus) -> None:
        if not status.on:
            self._on.pop(status.code, None)
            return
        self._on[status.code] = status
        self.points += {StatusCode.FORMAT: 1.0, StatusCode.IDENTITY: 2.0}.get(status.code, 0.0)

    def _damage_noticed(self) -> float:
        """Share of single turned bits in what was heard that the driver notices: what its checks are worth."""
        intact = self._discarded_of(self._kept)
        noticed = 0
        for number in range(_TRIES):
            index = len(self._kept) // 3 + number * len(self._kept) // (2 * _TRIES)
            data, at = self._kept[index]
            harmed = bytearray(data)
            harmed[number * 7 % len(data)] ^= 1 << number % 8
            noticed += self._discarded_of([*self._kept[:index], (bytes(harmed), at), *self._kept[index + 1 :]]) > intact
        return noticed / _TRIES

    def _discarded_of(self, chunks: Sequence[tuple[bytes, Instant]]) -> int:
        decoder = self.driver.decoder()
        said = [observation for data, at in chunks for observation in decoder.feed(data, at)]
        return sum(observation.discarded for observation in said if isinstance(observation, LinkFault))


def best(candidates: Iterable[Candidate]) -> Recognised | None:
    """Return the device that these candidates, who all heard the same, agree on; None when none is believed."""
    believed = sorted((each for each in candidates if each.is_believed), key=Candidate.rank, reverse=True)
    if not believed:
        return None
    first, *others = believed
    rival = next((other.driver.name for other in others if other.rank()[0] >= first.rank()[0]), "")
    return first.recognised(rival)


# What unknown bytes look like

_NMEA = re.compile(rb"\$[A-Z]{4,5}[,*][ -~]*")
_MODEM = re.compile(rb"(?:OK|ERROR|RING|NO CARRIER|NO DIALTONE|BUSY|CONNECT.*|AT[ -~]*|\+C[A-Z]+[:=?].*|\^[A-Z]+:.*)")
_RUNS = frozenset(0xFF << shift & 0xFF for shift in range(9))
"""What a slow device's bits read as at many times its speed: ones after zeros, never a change back."""


def is_echo(heard: bytes, sent: bytes) -> bool:
    """Whether only what was sent came back: a looped adapter, or a modem that repeats what it is told."""
    return bool(heard) and bool(sent) and sent.startswith(heard)


def parity_of_text(data: bytes) -> str:
    """Return "E" or "O" when ``data`` is text of seven bits with that parity in the eighth, else ""."""
    text = bytes(byte & 0x7F for byte in data)
    marked = sum(byte > 0x7F for byte in data)
    if len(data) < _SOME or marked < 0.15 * len(data) or not _is_text(text):
        return ""
    odd = sum(byte.bit_count() & 1 for byte in data) / len(data)
    return "E" if odd < 0.05 else "O" if odd > 0.95 else ""


class Look(StrEnum):
    """What bytes look like that no driver understands, the most telling first."""

    EVEN = "the parity is wrong: this is text of 7 bits with even parity; set the device to 8 bits, no parity"
    ODD = "the parity is wrong: this is text of 7 bits with odd parity; set the device to 8 bits, no parity"
    GPS = "unknown: it sends NMEA sentences as a GPS receiver does; no device that Vigil knows does"
    MODEM = "unknown: it answers as a modem or a phone does; no device that Vigil knows does"
    TEXT = "unknown: it sends lines of text that no driver understands"
    SLOW = "the speed is wrong: the device sends much slower than the line was read at"
    UNKNOWN = "unknown bytes: no driver understands them"


def looks_like(data: bytes) -> Look:
    """Say what bytes that no driver understands look like."""
    lines = [line for line in re.split(rb"[\r\n]+", data)[1:-1] if line]
    if parity := parity_of_text(data):
        return Look.EVEN if parity == "E" else Look.ODD
    if lines and 2 * sum(bool(_NMEA.fullmatch(line)) for line in lines) > len(lines):
        return Look.GPS
    if lines and 2 * sum(bool(_MODEM.fullmatch(line)) for line in lines) > len(lines):
        return Look.MODEM
    if len(data) >= _SOME and sum(byte in _RUNS for byte in data) > 0.9 * len(data):
        return Look.SLOW
    return Look.TEXT if len(data) >= _SOME and _is_text(data) else Look.UNKNOWN


def _is_text(data: bytes) -> bool:
    return sum(32 <= byte < 127 or byte in b"\r\n\t" for byte in data) > 0.95 * len(data)
