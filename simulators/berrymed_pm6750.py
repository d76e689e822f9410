"""A BerryMed PM6750 on the shared patient: it streams what was switched on, measures pressure when told, and fails as the sheet says.

Written afresh from the project's sheet. What that leaves open (whether it streams before it is asked, how often the packet that
ends a determination comes, what an ECG without electrodes looks like) is drawn from the seed.
"""

import random
from collections import deque
from dataclasses import dataclass

from drivers.base.observations import Instant
from drivers.berrymed_pm6750 import (
    ADULT,
    ANALYSING,
    ASK_FIRMWARE,
    ASK_HARDWARE,
    ASYSTOLE,
    BRADYCARDIA,
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
    GAIN_SHIFT,
    LEADS_OFF,
    MEASURING,
    MIDDLE,
    NIBP,
    NIBP_MEASURE,
    NIBP_MODE,
    NIBP_PRESSURE,
    NO_FINGER,
    NO_RESULT,
    NO_SENSOR,
    NORMAL,
    OVERPRESSURE,
    PULSE_NONE,
    QRS_MARK,
    RESP_WAVE,
    RESP_WAVE_ON,
    SEARCHING,
    SPO2,
    SPO2_NONE,
    SPO2_OK,
    SPO2_ON,
    SPO2_WAVE,
    SPO2_WAVE_ON,
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
from simulators.base.simulator import Kind, Signals, Simulator

S = 1_000_000
TICK_US = S // ECG_RATE
WAVE_TICKS = 5  # 50 a second
NIBP_TICKS = ECG_RATE // 2
COUNTS_PER_MV = (12.5, 25.0, 50.0, 100.0)  # by gain code
INFLATION_MMHG_S = 35.0
FIRST_PRESSURE = {0: 150, 1: 100, 2: 70}
BEATS, FEWEST_BEATS = 8, 3
NO_PULSE_S, TOO_LONG_S = 4.0, 10.0
TEMPERATURE_C = 36.5

ENDS = {
    "overpressure": OVERPRESSURE,
    "cuff_loose": CUFF_LOOSE,
    "nibp_timeout": TIME_OUT,
    "nibp_error": ERROR,
    "disturbed": DISTURBED,
    "no_result": NO_RESULT,
}
"""Faults that end a determination, with the state its packet tells."""

OTHER_FAULTS = ("no_sensor", "sensor_off", "searching", "weak_ecg", "t1_off", "silent", "no_end")
SWITCHES = (ECG_ON, ECG_WAVE_ON, SPO2_ON, TEMPERATURE_ON, SPO2_WAVE_ON, RESP_WAVE_ON)


@dataclass(frozen=True, slots=True)
class Inflation:
    """One determination: pumped up to ``target`` mmHg, let down evenly until ``ends``."""

    began: Instant
    target: float
    ends: Instant
    state: int

    def pressure(self, at: Instant) -> float:
        elapsed = max(0, at - self.began) / S  # a late wake tells ticks from before the command
        pumped = INFLATION_MMHG_S * elapsed
        if self.state == CUFF_LOOSE:
            return min(pumped, 20.0)
        left = (self.ends - at) / max(1, self.ends - self.began)
        return min(pumped, 30.0 + (self.target - 30.0) * left * 1.3, self.target)


class Rates:
    """A rate and a saturation as averages over the last beats."""

    def __init__(self) -> None:
        self._last: Instant | None = None
        self._rates: deque[float] = deque(maxlen=BEATS)
        self._saturations: deque[float] = deque(maxlen=BEATS)

    def beat(self, at: Instant, saturation: float | None = None) -> None:
        if self._last is not None and at > self._last:
            self._rates.append(60 * S / (at - self._last))
        if saturation is not None:
            self._saturations.append(saturation)
        self._last = at

    def lapse(self, at: Instant) -> None:
        """Forget a heart that has not beaten for a while."""
        if self._last is not None and at - self._last > NO_PULSE_S * S:
            self.clear()

    def clear(self) -> None:
        self._last = None
        self._rates.clear()
        self._saturations.clear()

    @property
    def rate(self) -> int | None:
        return min(250, round(sum(self._rates) / len(self._rates))) if len(self._rates) >= FEWEST_BEATS else None

    @property
    def saturation(self) -> int | None:
        known = self.rate is not None and self._saturations
        return min(100, max(1, round(sum(self._saturations) / len(self._saturations)))) if known else None


class BerryMedSimulator(Simulator):
    """A module with everything attached, but T2."""

    def __init__(self, signals: Signals, rng: random.Random, start: Instant) -> None:
        super().__init__(signals, rng, start)
        self._faults: set[str] = set()
        self._on = set(SWITCHES) if rng.random() < 0.25 else set()
        self._gain, self._filter, self._mode = 2, 1, ADULT
        self._first_pressure = FIRST_PRESSURE[ADULT]
        self._count = 0
        self._seen_until = start
        self._heart, self._finger = Rates(), Rates()
        self._searching_since: Instant | None = start
        self._inflation: Inflation | None = None
        self._ending: deque[bytes] = deque()
        self._received = bytearray()
        self._answers = bytearray()

    def misbehave(self, what: str, on: bool) -> None:
        """A fault that ends a determination works from the next start on; "no_end": its end is never told."""
        if what not in ENDS and what not in OTHER_FAULTS:
            raise ValueError(f"a PM6750 has no fault '{what}'; it has {', '.join((*ENDS, *OTHER_FAULTS))}")
        if on:
            self._faults.add(what)
        else:
            self._faults.discard(what)

    def advance(self, at: Instant) -> bytes:
        out = bytearray()
        while (due := self.start + self._count * TICK_US) <= at:
            out += self._answers
            self._answers.clear()
            self.signals.advance(due)
            self._tick(due, self._count, out)
            self._count += 1
        if "silent" in self._faults:
            return b""
        return bytes(out)

    def _tick(self, at: Instant, count: int, out: bytearray) -> None:
        if count % WAVE_TICKS == 0:
            self._sense(at, out)
        if {ECG_ON, ECG_WAVE_ON} <= self._on:
            out += self._leads(at)
        if count % WAVE_TICKS == 0:
            if SPO2_WAVE_ON in self._on:
                level = 0.0 if self._off else min(1.0, max(0.0, self.signals.pleth(at)))
                out += _framed(SPO2_WAVE, round(level * 100))
            if RESP_WAVE_ON in self._on:
                out += _framed(RESP_WAVE, _count(MIDDLE + 60 * self.signals.resp(at)))
        second = count % ECG_RATE
        if second == 60 and ECG_ON in self._on:
            out += self._ecg(at)
        elif second == 120 and SPO2_ON in self._on:
            out += self._spo2(at)
        elif second == 180 and TEMPERATURE_ON in self._on:
            out += self._temperature()
        if count % NIBP_TICKS == 0:
            out += self._nibp(at)

    # -- heart and finger

    @property
    def _off(self) -> bool:
        return self.signals.finger_off or not {"sensor_off", "no_sensor"}.isdisjoint(self._faults)

    def _sense(self, at: Instant, out: bytearray) -> None:
        for beat in self.signals.beats(self._seen_until, at):
            if not self.signals.leads_off:
                self._heart.beat(beat)
                if ECG_ON in self._on:
                    out += _framed(QRS_MARK)
        for pulse in self.signals.pulses(self._seen_until, at):
            self._finger.beat(pulse, self.signals.spo2)
        self._seen_until = at
        self._heart.lapse(at)
        self._finger.lapse(at)
        if self.signals.leads_off:
            self._heart.clear()
        if self._off or "searching" in self._faults:
            self._finger.clear()
        found = self._finger.rate is not None
        self._searching_since = None if found or self._off else self._searching_since or at

    def _leads(self, at: Instant) -> bytes:
        """Seven leads of one instant; only I, II and V are their own, the others follow (section 4)."""
        if self.signals.leads_off:
            return _framed(ECG_WAVE, *(self.rng.choice((0, 250)) for _ in range(7)))
        two = self.signals.ecg_mv(at) * COUNTS_PER_MV[self._gain]
        one, chest = 0.55 * two, 1.2 * two
        three = two - one
        leads = (one, two, three, -(one + two) / 2, (one - three) / 2, (two + three) / 2, chest)
        return _framed(ECG_WAVE, *[_count(MIDDLE + lead) for lead in leads])

    def _ecg(self, at: Instant) -> bytes:
        status = (self._gain << GAIN_SHIFT) + (self._filter << FILTER_SHIFT)
        status += WEAK if "weak_ecg" in self._faults else 0
        if self.signals.leads_off:
            return _framed(ECG, status + LEADS_OFF, 0, 0, 0, ANALYSING)
        rate, breaths = self._heart.rate, round(self.signals.rr or 0)
        rhythm = NORMAL if rate else ANALYSING
        if self.signals.hr is None:
            rhythm = ASYSTOLE
        elif rate and not 50 <= rate <= 120:
            rhythm = BRADYCARDIA if rate < 50 else TACHYCARDIA
        return _framed(ECG, status, rate or 0, breaths, 6, rhythm)

    def _spo2(self, at: Instant) -> bytes:
        if self._off:
            return _framed(SPO2, NO_SENSOR if "no_sensor" in self._faults else NO_FINGER, SPO2_NONE, PULSE_NONE)
        if self._searching_since is not None:
            long = at - self._searching_since > TOO_LONG_S * S
            return _framed(SPO2, TOO_LONG if long else SEARCHING, SPO2_NONE, PULSE_NONE)
        return _framed(SPO2, SPO2_OK, self._finger.saturation or SPO2_NONE, self._finger.rate or PULSE_NONE)

    def _temperature(self) -> bytes:
        if "t1_off" in self._faults:
            return _framed(TEMPERATURE, T1_OFF + T2_OFF, 0, 0, 0, 0)
        whole, tenths = divmod(round(TEMPERATURE_C * 10), 10)
        return _framed(TEMPERATURE, T2_OFF, whole, tenths, 0, 0)

    # -- the cuff

    def _nibp(self, at: Instant) -> bytes:
        inflation = self._inflation
        if inflation is None:
            return self._ending.popleft() if self._ending else b""
        if at < inflation.ends:
            return self._packet(MEASURING, inflation.pressure(at))
        self._inflation = None
        if "no_end" not in self._faults:
            self._end(inflation.state, at)
        return self._ending.popleft() if self._ending else b""

    def _end(self, state: int, at: Instant) -> None:
        """Tell the end, once or a few times."""
        packet = self._packet(state, 0.0)
        if state == FINISHED:
            result = self.signals.determine(at)
            if result is None:
                packet = self._packet(self.rng.choice((DISTURBED, NO_RESULT)), 0.0)
            else:
                packet = self._packet(FINISHED, 0.0, result.systolic, result.mean, result.diastolic)
        self._ending.extend([packet] * self.rng.randint(1, 3))

    def _packet(self, state: int, pressure: float, *values: int) -> bytes:
        status = self._mode + (state << STATE_SHIFT)
        return _framed(NIBP, status, round(pressure / 2), *(min(255, value) for value in values or (0, 0, 0)))

    def _measure(self, on: int, at: Instant) -> None:
        if not on:
            if self._inflation is not None:
                self._inflation = None
                self._ending.append(self._packet(STOPPED, 0.0))
        elif self._inflation is None:
            state = next((state for name, state in ENDS.items() if name in self._faults), FINISHED)
            lasts_s = {CUFF_LOOSE: 12.0, OVERPRESSURE: 8.0, TIME_OUT: 100.0}.get(state, self.rng.uniform(20.0, 36.0))
            self._ending.clear()
            self._inflation = Inflation(at, float(self._first_pressure), at + round(lasts_s * S), state)

    # -- commands

    def receive(self, data: bytes, at: Instant) -> None:
        """Nothing is acknowledged; what is no good frame is passed over byte by byte."""
        held = self._received
        held += data
        while len(held) >= 6:
            if held[0] == 0x55 and held[1] == 0xAA and held[2] == 4 and (4 + held[3] + held[4] + held[5]) % 256 == 255:
                command, value = held[3], held[4]
                del held[:6]
                if "silent" not in self._faults:
                    self._obey(command, value, at)
            else:
                del held[0]

    def _obey(self, command: int, value: int, at: Instant) -> None:
        if command in SWITCHES:
            (self._on.add if value else self._on.discard)(command)
            if command == ECG_ON and value:
                self._on.add(ECG_WAVE_ON)  # a revision without FB has the curve with this alone; FB 0 takes it off
        elif command == NIBP_MEASURE:
            self._measure(value, at)
        elif command in (ASK_FIRMWARE, ASK_HARDWARE):
            self._answers += _framed(command, *(b"V2.4.1" if command == ASK_FIRMWARE else b"V1.2"))
        elif command == ECG_GAIN and 1 <= value <= 4:
            self._gain = value - 1
        elif command == ECG_FILTER and 1 <= value <= 3:
            self._filter = value - 1
        elif command == NIBP_MODE and 1 <= value <= 3:
            self._mode = value - 1
            self._first_pressure = FIRST_PRESSURE[self._mode]
        elif command == NIBP_PRESSURE:
            self._first_pressure = value * 2


def _count(value: float) -> int:
    return min(250, max(0, round(value)))


def _framed(kind: int, *content: int) -> bytes:
    """Head, how many bytes follow but for this count's own place, type, content, and what makes their sum FF."""
    length = len(content) + 3
    return bytes([0x55, 0xAA, length, kind, *content, 255 - (length + kind + sum(content)) % 256])


SIMULATOR = Kind(name="berrymed_pm6750", title="Simulated BerryMed PM6750 patient module", make=BerryMedSimulator)
