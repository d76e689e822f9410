"""A Nonin oximeter on the shared patient's finger: data formats 2, 7, 8, 13 and 1, format selection and clock.

Written afresh from the maker's specification; what that leaves open (the pleth without a finger, OOT together with
SNSA, what reserved bytes hold) is drawn from the seed, so that nobody comes to rely on it. In format 13 somebody makes a
spot check every two minutes.
"""

import random
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from drivers.base.observations import Instant
from drivers.nonin import (
    ACK,
    ARTF,
    ARTF_8,
    CENTURY_13,
    CLOCK,
    ETX,
    FRAMES_PER_PACKET,
    FRAMES_PER_S,
    GPRF,
    HR_MISSING,
    LOW_BAT,
    LOW_BAT_13,
    LPRF_8,
    MEM_13,
    MPRF_8,
    NAK,
    NOMS_13,
    OOT,
    OOT_8,
    PACKET_13,
    REPLY,
    RPRF,
    SELECT_FORMAT,
    SNSA,
    SNSD,
    SNSD_1,
    SPA_13,
    SPO2_MISSING,
    STX,
    SYNC,
)
from simulators.base.simulator import Kind, Signals, Simulator

SREV = 148
LIT_FRAMES = 12  # a perfusion bit stays lit so long around a beat
NO_PULSE_S = 4.0
OUT_OF_TRACK_S = 5.0  # of motion on end
HOLD_S = 10.0  # display values after the finger is out
DISPLAY_S = 1.5  # between refreshes of the display values
SELECTION_S = 5.0  # after connecting, in which a format may be selected
NO_FINGER_PLETH = 0.5
SPOT_S = 12.0  # a spot check takes so long
SPOT_EVERY_S = 120.0
STORED = 3  # measurements in the memory

FAULTS = (
    "sensor_off",
    "no_sensor",
    "low_battery",
    "low_perfusion",
    "marginal_perfusion",
    "artefact",
    "stored",
    "df1",
    "df2",
    "df7",
    "df8",
    "df13",
)


@dataclass
class Averages:
    """The oximeter's numbers over the last beats; None where there is none."""

    rates: deque[float] = field(default_factory=lambda: deque(maxlen=8))
    saturations: deque[float] = field(default_factory=lambda: deque(maxlen=8))

    def clear(self) -> None:
        self.rates.clear()
        self.saturations.clear()

    def hr(self, beats: int) -> int | None:
        return _mean(self.rates, beats, range(18, 322))

    def spo2(self, beats: int) -> int | None:
        return _mean(self.saturations, beats, range(101))


def _mean(values: deque[float], beats: int, valid: range) -> int | None:
    last = list(values)[-beats:]
    mean = round(sum(last) / len(last)) if len(last) >= min(beats, 4) else None
    return mean if mean in valid else None


@dataclass(frozen=True, slots=True)
class Shown:
    """Numbers as the display versions hold them."""

    hr: int | None = None
    spo2: int | None = None
    hr_8: int | None = None
    spo2_8: int | None = None


class NoninSimulator(Simulator):
    """An oximeter that was connected at ``start``. Its format is the one it kept from last time."""

    def __init__(self, signals: Signals, rng: random.Random, start: Instant, data_format: int = 2) -> None:
        super().__init__(signals, rng, start)
        self.data_format = data_format
        self._faults: set[str] = set()
        self._count = 0  # frames of 1/75 s since the start
        self._packet_count = 0
        self._packet: list[int] = []
        self._averages = Averages()
        self._shown = Shown()
        self._seen_until = start
        self._last_pulse: Instant | None = None
        self._lit = 0
        self._artefact = False
        self._motion_since: Instant | None = None
        self._off_since: Instant | None = None
        self._off_with_oot = False
        self._received = bytearray()
        self._answers = bytearray()
        self._clock = datetime(2026, 1, 1, tzinfo=UTC)
        self._clock_at = start

    def misbehave(self, what: str, on: bool) -> None:
        """``df1`` to ``df13`` switch the format, as someone else's software would; ``stored`` makes an oximeter in format 13
        send what is in its memory, once; the others are states."""
        if what not in FAULTS:
            raise ValueError(f"a Nonin oximeter has no fault '{what}'; it has {', '.join(FAULTS)}")
        if what.startswith("df"):
            self._use_format(int(what[2:]) if on else 2)
        elif what == "stored":
            self._answers += b"".join(self._stored()) if on and self.data_format == 13 else b""
        elif on:
            self._faults.add(what)
        else:
            self._faults.discard(what)

    def advance(self, at: Instant) -> bytes:
        out = bytearray()
        while (frame_at := self.start + self._count * 1_000_000 // FRAMES_PER_S) <= at:
            out += self._answers
            self._answers.clear()
            self.signals.advance(frame_at)
            self._sense(frame_at)
            out += self._frame(frame_at)
            self._count += 1
        return bytes(out)

    # -- the finger

    @property
    def _unplugged(self) -> bool:
        return "no_sensor" in self._faults

    @property
    def _off(self) -> bool:
        return self._off_since is not None

    @property
    def _out_of_track(self) -> bool:
        moved = self._motion_since is not None and self._seen_until - self._motion_since > OUT_OF_TRACK_S * 1_000_000
        return moved or (self._off and self._off_with_oot)

    def _sense(self, at: Instant) -> None:
        """Follow the patient up to ``at``."""
        off = self.signals.finger_off or "sensor_off" in self._faults or self._unplugged
        if off and not self._off:
            self._off_since = at
            self._off_with_oot = self.rng.random() < 0.5
        elif not off:
            self._off_since = None
        moving = self.signals.motion or "artefact" in self._faults
        self._motion_since = (self._motion_since or at) if moving else None
        self._artefact = moving and not off and (self._artefact or self.rng.random() < 0.05)
        pulses = self.signals.pulses(self._seen_until, at)
        self._seen_until = at
        self._lit = max(0, self._lit - 1)
        for pulse in () if off else pulses:
            self._beat(pulse)
        if (
            off
            or self._out_of_track
            or (self._last_pulse is not None and at - self._last_pulse > NO_PULSE_S * 1_000_000)
        ):
            self._averages.clear()
            self._last_pulse = None
        if self._count % round(DISPLAY_S * FRAMES_PER_S) == 0:
            self._refresh(at)

    def _beat(self, pulse: Instant) -> None:
        self._lit = LIT_FRAMES
        self._artefact = False
        if self._last_pulse is not None and pulse > self._last_pulse:
            self._averages.rates.append(60_000_000 / (pulse - self._last_pulse))
            if self.signals.spo2 is not None:
                self._averages.saturations.append(self.signals.spo2)
        self._last_pulse = pulse

    def _refresh(self, at: Instant) -> None:
        """Renew the display versions; with the finger out they hold for 10 s."""
        if self._off_since is not None and at - self._off_since < HOLD_S * 1_000_000:
            return
        averages = self._averages
        self._shown = Shown(averages.hr(4), averages.spo2(4), averages.hr(8), averages.spo2(8))

    def _perfusion(self) -> int:
        """0 none, else the colour's bits as formats 2 and 7 have them."""
        if "low_perfusion" in self._faults or self.signals.pi < 0.3:
            return RPRF
        return RPRF | GPRF if "marginal_perfusion" in self._faults or self.signals.pi < 0.6 else GPRF

    # -- formats

    def _use_format(self, data_format: int) -> None:
        self.data_format = data_format
        self._packet = []

    def _frame(self, at: Instant) -> bytes:
        if self.data_format in (1, 8):
            return self._frame_slow() if self._count % FRAMES_PER_S == 0 else b""
        if self.data_format == 13:
            in_turn = self._count % round(SPOT_EVERY_S * FRAMES_PER_S) == round(SPOT_S * FRAMES_PER_S)
            return self._spot_check(at) if in_turn and not self._off else b""
        if not self._packet:
            self._packet = self._floats()
            status = SYNC
        else:
            status = 0
        level = min(1.0, max(0.0, NO_FINGER_PLETH if self._off else self.signals.pleth(at)))
        body = [0x80 | status | self._status()]
        if self.data_format == 2:
            body = [1, *body, round(level * 255)]
        else:
            body += divmod(round(level * 65535), 256)
        body.append(self._packet.pop(0))
        return bytes([*body, sum(body) % 256])

    def _status(self) -> int:
        status = SNSD if self._unplugged else 0
        status |= SNSA if self._off else 0
        status |= OOT if self._out_of_track else 0
        status |= ARTF if self._artefact else 0
        return status | (self._perfusion() if self._lit and not self._off else 0)

    def _floats(self) -> list[int]:
        """The FLOAT bytes of a packet, frames 1 to 25; reserved ones may hold anything."""
        averages, shown = self._averages, self._shown
        floats = [self.rng.randrange(256) for _ in range(FRAMES_PER_PACKET)]

        def put(frame: int, *values: int) -> None:
            floats[frame - 1 : frame - 1 + len(values)] = values

        put(1, *_rate(averages.hr(4)))
        put(3, _saturation(averages.spo2(4)))
        put(4, SREV)
        put(6, self._packet_count >> 7 & 0x7F, self._packet_count & 0x7F)
        put(8, 0x20 | LOW_BAT if "low_battery" in self._faults else 0x20)
        put(9, _saturation(shown.spo2))
        put(10, _saturation(averages.spo2(2)))
        put(11, _saturation(averages.spo2(1)))
        put(14, *_rate(averages.hr(8)))
        put(16, _saturation(averages.spo2(8)))
        put(17, _saturation(shown.spo2_8))
        put(20, *_rate(shown.hr))
        put(22, *_rate(shown.hr_8))
        self._packet_count += 1
        return floats

    def _frame_slow(self) -> bytes:
        """Format 8, or its first three bytes with a disconnected sensor told in the first: format 1."""
        msb, lsb = _rate(self._shown.hr)
        colour = 0 if self._off else self._perfusion()
        first = 0x80 | msb
        first |= OOT_8 if self._out_of_track else 0
        first |= {RPRF: LPRF_8, RPRF | GPRF: MPRF_8}.get(colour, 0)
        first |= ARTF_8 if self._artefact else 0
        last = (SNSA if self._off else 0) | (LOW_BAT if "low_battery" in self._faults else 0)
        if self.data_format == 1:
            return bytes([first | (SNSD_1 if self._unplugged else 0), lsb, _saturation(self._shown.spo2)])
        return bytes([first, lsb, _saturation(self._shown.spo2), last])

    def _spot_check(self, at: Instant) -> bytes:
        hr, spo2 = self._averages.hr(4), self._averages.spo2(4)
        good = self._perfusion() == GPRF and not self._artefact
        high = NOMS_13 if hr is None or spo2 is None else SPA_13 if good else 0
        low = LOW_BAT_13 if "low_battery" in self._faults else 0
        return _message(self._now(at), high, low, hr, spo2)

    def _stored(self) -> list[bytes]:
        """Somebody's measurements of the hours before, oldest first."""
        began = self._now(self._seen_until)
        times = (began - timedelta(hours=hours, minutes=self.rng.randrange(60)) for hours in range(STORED, 0, -1))
        return [_message(when, SPA_13, MEM_13, self.rng.randint(55, 110), self.rng.randint(85, 99)) for when in times]

    # -- commands

    def receive(self, data: bytes, at: Instant) -> None:
        """STX, operation, number of data bytes, data, ETX; whatever is not so is passed over."""
        held = self._received
        held += data
        while held:
            if held[0] != STX:
                del held[0]
                continue
            if len(held) < 3 or len(held) < held[2] + 4:
                return
            size = held[2] + 4
            if held[size - 1] != ETX:
                del held[0]
                continue
            operation, arguments = held[1], bytes(held[3 : size - 1])
            del held[:size]
            answer: Callable[[bytes, Instant], bytes] | None = {
                SELECT_FORMAT: self._select_format,
                CLOCK: self._answer_clock,
            }.get(operation)
            self._answers += answer(arguments, at) if answer else bytes([NAK])

    def _select_format(self, arguments: bytes, at: Instant) -> bytes:
        """``02 ff`` (9560) or ``04 ff opt ck`` counted with its length byte (3150); answered in the first 5 s alone."""
        if at - self.start > SELECTION_S * 1_000_000:
            return b""
        long_form = len(arguments) == 4
        good = len(arguments) == 2 and arguments[0] == 0x02
        if long_form:
            good = (SELECT_FORMAT + 0x04 + sum(arguments[:3])) % 256 == arguments[3] and arguments[0] == 0x02
        if not good or arguments[1] not in (2, 7, 8, 13):
            return bytes([NAK])
        self._use_format(arguments[1])
        return bytes([ACK])

    def _answer_clock(self, arguments: bytes, at: Instant) -> bytes:
        """With six bytes set the clock (no answer), with none tell it."""
        if arguments:
            try:
                year, month, day, hour, minute, second = arguments
                self._clock = datetime(2000 + year, month, day, hour, minute, second, tzinfo=UTC)
                self._clock_at = at
            except ValueError:
                return bytes([NAK])
            return b""
        now = self._now(at)
        fields = (now.year % 100, now.month, now.day, now.hour, now.minute, now.second)
        return bytes([STX, CLOCK + REPLY, len(fields), *fields, ETX])

    def _now(self, at: Instant) -> datetime:
        return self._clock + timedelta(microseconds=at - self._clock_at)


def _message(when: datetime, high: int, low: int, hr: int | None, spo2: int | None) -> bytes:
    """Format 13: header, length, then 14 bytes of data, their sum, and the end."""
    digits = [CENTURY_13, *(int(f"{part % 100}", 16) for part in (when.year, *when.timetuple()[1:6])), 0]
    data = [*digits, high, low, *divmod(HR_MISSING if hr is None else hr, 256), 0, _saturation(spo2)]
    return bytes([0, STX, 0, PACKET_13, 0, len(data), *data, sum(data) % 256, ETX])


def _rate(value: int | None) -> tuple[int, int]:
    """Rate per minute as MSB (2 bits) and LSB (7 bits)."""
    return divmod(HR_MISSING if value is None else value, 128)


def _saturation(value: int | None) -> int:
    return SPO2_MISSING if value is None else value


SIMULATOR = Kind(name="nonin", title="Simulated Nonin oximeter", make=NoninSimulator)
