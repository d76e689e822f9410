"""A simulated patient: one physiology behind all the devices of a chair.

Every beat of the heart is an instant from which ECG, pleth, pulse and rate all follow. All chance comes from one seed:
the same seed and the same events give the same patient, however finely time is cut.
"""

import math
from bisect import bisect_right

import numpy as np

from drivers.base.observations import Instant
from simulators.base.pharmacology import KAMP, Model
from simulators.base.physiology import Person, Physiology
from simulators.base.simulator import Determination
from simulators.base.waves import ECG_BEFORE_S, SAMPLE_US, SECOND, TAIL_S, Curve, Strip, draw_ecg, draw_pulses

TRANSIT_US = 225_000
"""From the R peak to the pulse's arrival at the finger."""

_BLOCK = 250  # samples drawn at once: half a second, two blocks to a step of the physiology
_BLOCK_US = _BLOCK * SAMPLE_US
_LOOK_AHEAD_US = int(ECG_BEFORE_S * SECOND)
_LOOK_BACK_US = int(TAIL_S * SECOND) + TRANSIT_US
_KEPT_BEATS = 400  # more than a minute's; the strips hold no more
_MOTION_HZ = np.array([0.7, 1.3, 2.3])


class Patient:
    """``Signals`` of a simulated person. At an asystole ``hr`` is None, in apnoea ``rr`` is 0, off the finger SpO2 is None."""

    def __init__(self, person: Person, seed: int, start: Instant, model: Model = KAMP) -> None:
        self.person = person
        self.body = Physiology(person, np.random.default_rng([seed, 0]), start, model)
        self._rng = np.random.default_rng([seed, 1])
        self._start = self._drawn_to = start
        self._breath = 0.0
        self._beats: list[Instant] = [start]
        self._intervals = [60.0 / person.hr]
        self._next_beat = start + int(SECOND * self._intervals[0])
        self._ecg, self._pleth, self._resp = Strip(start), Strip(start), Strip(start)
        self._motion_hz = _MOTION_HZ * self._rng.uniform(0.8, 1.2, 3)
        self._show()

    def begin(self, what: str, size: float | None, at: Instant) -> None:
        """Begin an event of ``PATIENT_EVENTS``; ``size`` None takes the usual one."""
        self.body.begin(what, size, at)
        self._show()

    def end(self, what: str, at: Instant) -> None:
        """End the oldest event of this name that still holds."""
        self.body.end(what, at)
        self._show()

    def advance(self, at: Instant) -> None:
        while self._drawn_to <= at:
            if self._drawn_to >= self.body.at:
                self.body.step(self.body.at + SECOND)
                self._show()
            self._draw()

    def beats(self, after: Instant, until: Instant) -> list[Instant]:
        return self._beats[bisect_right(self._beats, after) : bisect_right(self._beats, until)]

    def pulses(self, after: Instant, until: Instant) -> list[Instant]:
        return [beat + TRANSIT_US for beat in self.beats(after - TRANSIT_US, until - TRANSIT_US)]

    def ecg_mv(self, at: Instant) -> float:
        return 0.0 if self.leads_off else self._ecg.at(at)

    def pleth(self, at: Instant) -> float:
        return 0.0 if self.finger_off else self._pleth.at(at)

    def resp(self, at: Instant) -> float:
        return self._resp.at(at)

    def determine(self, at: Instant) -> Determination | None:
        self.advance(at)
        return self.body.determine()

    def _show(self) -> None:
        """Publish what the probes can know."""
        body = self.body
        has_pulse = body.hr is not None and not body.finger_off
        self.motion, self.finger_off, self.leads_off = body.motion, body.finger_off, body.leads_off
        self.hr: float | None = body.hr
        self.pulse_rate: float | None = body.hr if has_pulse else None
        self.spo2: float | None = body.spo2 if has_pulse else None
        self.rr: float | None = body.rr
        self.pi = body.pi

    def _beat_until(self, until: Instant) -> None:
        """Set the beats up to ``until``: RR follows the rate, breathing (3 %) and a little chance (1 %)."""
        hr = self.body.hr
        if hr is None:
            self._next_beat = max(self._next_beat, until)
            return
        while self._next_beat <= until:
            interval = 60 / hr * (1 + 0.03 * math.sin(self._breath) + 0.01 * self._rng.standard_normal())
            self._beats.append(self._next_beat)
            self._intervals.append(interval)
            self._next_beat += int(interval * SECOND)
        if len(self._beats) > _KEPT_BEATS:
            del self._beats[: _KEPT_BEATS // 2], self._intervals[: _KEPT_BEATS // 2]

    def _draw(self) -> None:
        """Draw the next half second of all curves."""
        first, last = self._drawn_to, self._drawn_to + _BLOCK_US
        self._beat_until(last + _LOOK_AHEAD_US)
        since = bisect_right(self._beats, first - _LOOK_BACK_US)
        beats = (np.array(self._beats[since:], dtype=np.float64) - first) / SECOND
        intervals = np.array(self._intervals[since:])
        times = np.arange(_BLOCK) * (SAMPLE_US / SECOND)
        resp = self._draw_resp(times)
        ecg = draw_ecg(times, beats, intervals) + 0.04 * resp + 0.008 * self._rng.standard_normal(_BLOCK)
        height = 0.7 * min(1.0, math.sqrt(self.pi / 3))
        pulses = height * draw_pulses(times, beats + TRANSIT_US / SECOND, intervals) * (1 + 0.04 * resp)
        pleth = 0.12 + 0.02 * resp + pulses + 0.003 * self._rng.standard_normal(_BLOCK)
        if self.motion:
            shake = self._shake(times + (first - self._start) / SECOND)
            ecg, pleth = ecg + 0.25 * shake, pleth + 0.2 * shake
        self._ecg.append(ecg)
        self._pleth.append(np.clip(pleth, 0.0, 1.0))
        self._resp.append(resp)
        self._drawn_to = last

    def _draw_resp(self, times: Curve) -> Curve:
        """Return breathing, a rounded sine; the phase stands still in apnoea."""
        speed = 2 * math.pi * self.body.rr / 60
        phases = self._breath + speed * times
        self._breath = math.fmod(self._breath + speed * _BLOCK_US / SECOND, 2 * math.pi)
        return np.asarray(0.85 * np.sin(phases) + 0.12 * np.sin(2 * phases))

    def _shake(self, times: Curve) -> Curve:
        """Return the movement of a hand: a few slow sines and some roughness, about -1 to 1."""
        swing = np.sin(2 * math.pi * self._motion_hz[:, None] * times[None, :]).mean(axis=0)
        return np.asarray(swing + 0.1 * self._rng.standard_normal(len(times)))
