"""What can happen to a simulated patient beside the drug: each happening comes on, holds and goes at its own pace."""

from dataclasses import dataclass

from drivers.base.observations import Instant


@dataclass(frozen=True, slots=True)
class Pace:
    """How long an effect takes to come on and to go, seconds; ``size`` is used when a scenario gives none."""

    rise_s: float
    fall_s: float
    size: float
    meaning: str


PATIENT_EVENTS = {
    "infusion": Pace(0, 0, 60, "ketamine rate, mg/h"),
    "desaturation": Pace(10, 12, 82, "lowest SpO2, %"),
    "hypertension": Pace(60, 120, 182, "systolic pressure reached, mmHg"),
    "hypotension": Pace(60, 120, 82, "systolic pressure reached, mmHg"),
    "bradycardia": Pace(8, 15, 38, "heart rate reached, /min"),
    "tachycardia": Pace(15, 30, 128, "heart rate reached, /min"),
    "asystole": Pace(0, 0, 1, "no size"),
    "apnoea": Pace(0, 0, 1, "no size"),
    "low_perfusion": Pace(5, 10, 0.3, "perfusion index reached, %"),
    "motion": Pace(0, 0, 1, "strength, 1 is usual"),
    "finger_off": Pace(0, 0, 1, "no size"),
    "leads_off": Pace(0, 0, 1, "no size"),
}
"""Every event a patient understands, by its name in a scenario."""


@dataclass(slots=True)
class Effect:
    """One occurrence. ``ended`` is None while it holds."""

    what: str
    size: float
    began: Instant
    ended: Instant | None = None

    def strength(self, at: Instant) -> float:
        """Return how far it has come on at ``at``, 0 to 1."""
        pace = PATIENT_EVENTS[self.what]
        until = at if self.ended is None else min(at, self.ended)
        risen = _share(until - self.began, pace.rise_s)
        gone = 0.0 if self.ended is None or at < self.ended else _share(at - self.ended, pace.fall_s)
        return max(0.0, risen - gone)

    def is_over(self, at: Instant) -> bool:
        return self.ended is not None and at >= self.ended and self.strength(at) <= 0.0


def _share(elapsed_us: int, whole_s: float) -> float:
    if elapsed_us < 0:
        return 0.0
    return 1.0 if whole_s <= 0 else min(1.0, elapsed_us / 1e6 / whole_s)
