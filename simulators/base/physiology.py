"""The body behind the curves: what ketamine, chance and the happenings of a scenario make of a person, a second at a time.

Holds no beats and no curves (``patient``) and knows no device. Not for teaching physiology.
"""

import math
from dataclasses import dataclass
from datetime import UTC, datetime

import numpy as np

from drivers.base.observations import Instant
from simulators.base.effects import PATIENT_EVENTS, Effect
from simulators.base.pharmacology import KAMP, Kinetics, Model, heart_rate_rise, pressure_rise
from simulators.base.simulator import Determination
from simulators.base.waves import SECOND


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """Who sits in the chair, at rest. Pressures mmHg, rates per minute, SpO2 and PI in %.

    ``response`` multiplies the drug's pressure rise; None draws it (log-normal, CV 70 %, §4.4).
    """

    weight_kg: float = 78.0
    birth_year: int | None = None
    hr: float = 72.0
    systolic: float = 122.0
    diastolic: float = 77.0
    spo2: float = 97.0
    rr: float = 14.0
    pi: float = 3.0
    hypertensive: bool = False
    glycopyrrolate: bool = False
    response: float | None = None


class Physiology:
    """The state of one body. ``hr`` is None in asystole; ``rr`` is 0 in apnoea. Every number of chance comes from ``rng``."""

    def __init__(self, person: Person, rng: np.random.Generator, start: Instant, model: Model = KAMP) -> None:
        self.person = person
        self.start = self.at = start
        self.hr: float | None = person.hr
        self.spo2, self.rr, self.pi = person.spo2, person.rr, person.pi
        self.systolic, self.diastolic = person.systolic, person.diastolic
        self.motion = self.finger_off = self.leads_off = False
        self._rng = rng
        volume, clearance = self._log_normal(0.40), self._log_normal(0.30)
        self.kinetics = Kinetics(model.scaled(person.weight_kg, volume=volume, clearance=clearance))
        self.response = self._draw_response() if person.response is None else person.response
        self._glycopyrrolate = max(0.0, rng.normal(8, 4)) if person.glycopyrrolate else 0.0
        self._effects: list[Effect] = []
        self._hr_drift = self._spo2_drift = self._rr_drift = 0.0
        self._breathless_s = 0.0
        self._anxious_until, self._anxiety = start, 0.0

    def begin(self, what: str, size: float | None, at: Instant) -> None:
        """Begin an event of ``PATIENT_EVENTS``; ``size`` None takes the usual one."""
        self._effects.append(Effect(what, PATIENT_EVENTS[what].size if size is None else size, at))
        self._flag()

    def end(self, what: str, at: Instant) -> None:
        """End the oldest event of this name that still holds."""
        for effect in self._effects:
            if effect.what == what and effect.ended is None:
                effect.ended = at
                break
        self._flag()

    def step(self, at: Instant) -> None:
        """Bring the body to ``at``, one second on."""
        self._effects = [effect for effect in self._effects if not effect.is_over(at)]
        infusing = [effect.size for effect in self._effects if effect.what == "infusion" and effect.ended is None]
        self.kinetics.advance((infusing[-1] if infusing else 0.0) / 60, 1 / 60)
        self._drift()
        self._breathe(at)
        self._circulate(at)
        self.at = at

    def determine(self) -> Determination | None:
        """Measure the pressure with §4.4's noise: SD 4 mmHg, 3 of 100 fail; motion makes half of them fail."""
        fails, noise, split = self._rng.random(), self._rng.normal(0, 4), self._rng.normal(0, 1)
        if self.hr is None or fails < (0.5 if self.motion else 0.03):
            return None
        systolic = self.systolic + noise
        diastolic = min(self.diastolic + 0.7 * noise + split, systolic - 12)
        mean = diastolic + (systolic - diastolic) / 3
        return Determination(round(systolic), round(diastolic), round(mean), round(self.hr))

    def _flag(self) -> None:
        """Probes fall off and hands move at once, between two steps."""
        held = {effect.what for effect in self._effects if effect.ended is None}
        self.motion, self.finger_off, self.leads_off = "motion" in held, "finger_off" in held, "leads_off" in held

    def _log_normal(self, cv: float) -> float:
        """Draw a factor with mean 1 and this coefficient of variation."""
        sigma = math.sqrt(math.log(1 + cv * cv))
        return float(self._rng.lognormal(-sigma * sigma / 2, sigma))

    def _draw_response(self) -> float:
        year = datetime.fromtimestamp(self.start / SECOND, UTC).year
        is_older = self.person.birth_year is not None and year - self.person.birth_year >= 50
        return min(3.0, self._log_normal(0.70) * (1.3 if self.person.hypertensive or is_older else 1.0))

    def _strongest(self, what: str, at: Instant) -> tuple[float, float]:
        """Return strength and size of the effect of this name that is furthest on."""
        found = [(effect.strength(at), effect.size) for effect in self._effects if effect.what == what]
        return max(found) if found else (0.0, 0.0)

    def _bend(self, value: float, what: str, at: Instant) -> float:
        """Draw a value towards the size of an effect, as far as it has come on."""
        strength, size = self._strongest(what, at)
        return value + (size - value) * strength if strength else value

    def _drift(self) -> None:
        """Slow first-order noise: HR SD 3, RR SD 2 (§4.4); SpO2 SD 0.6, which rounding widens to about 1."""
        hr, spo2, rr = self._rng.standard_normal(3)
        self._hr_drift = 0.97 * self._hr_drift + 3.0 * 0.243 * hr
        self._spo2_drift = 0.99 * self._spo2_drift + 0.6 * 0.141 * spo2
        self._rr_drift = 0.99 * self._rr_drift + 2.0 * 0.141 * rr

    def _breathe(self, at: Instant) -> None:
        """Breathing; an apnoea is paid for by saturation after about 20 s and for a while after."""
        is_apnoeic = self._strongest("apnoea", at)[0] > 0
        self.rr = 0.0 if is_apnoeic else max(6.0, self.person.rr + self._rr_drift)
        self._breathless_s = min(120.0, self._breathless_s + 1) if is_apnoeic else self._breathless_s * 0.94
        spo2 = min(100.0, self.person.spo2 + self._spo2_drift) - 0.35 * max(0.0, self._breathless_s - 20)
        self.spo2 = max(40.0, self._bend(spo2, "desaturation", at))

    def _circulate(self, at: Instant) -> None:
        person, effect = self.person, self.kinetics.effect_ng_ml
        rise = pressure_rise(effect, person.diastolic + (person.systolic - person.diastolic) / 3, self.response)
        systolic = person.systolic + rise.systolic
        bent = self._bend(self._bend(systolic, "hypertension", at), "hypotension", at)
        self.systolic = bent
        self.diastolic = max(30.0, person.diastolic + rise.diastolic + 0.55 * (bent - systolic))
        minutes = (at - self.start) / SECOND / 60
        hr = person.hr + heart_rate_rise(effect, person.hr) + self._hr_drift + self._worry(at)
        hr += self._glycopyrrolate * (1 - math.exp(-minutes / 2)) * 0.5 ** (minutes / 60)
        hr = self._bend(self._bend(hr, "tachycardia", at), "bradycardia", at)
        self.hr = None if self._strongest("asystole", at)[0] > 0 else max(25.0, hr)
        self.pi = max(0.1, self._bend(person.pi, "low_perfusion", at))

    def _worry(self, at: Instant) -> float:
        """Anxiety: about once in 40 minutes, 10 to 20 /min for 1 to 3 min (§4.4)."""
        if at >= self._anxious_until and self._rng.random() < 1 / 2400:
            self._anxious_until = at + int(self._rng.uniform(60, 180) * SECOND)
            self._anxiety = self._rng.uniform(10, 20)
        return self._anxiety if at < self._anxious_until else 0.0
