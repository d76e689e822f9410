"""Simulated infusions for the study: who is infused, what disturbs the measurement, and what truly happens. All from one seed.

The physiology is the simulators' (clinical §4.4); here stand the artefacts of §4.4 and the planted events. Values are those of
once a second; the oximeter and the ECG average over four. Where the sheet gives no size (how long a probe stays off, what motion does
to a number), the choice stands here and was made before the first run.
"""

import random
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Literal

import numpy as np

from simulators.base.physiology import Person, Physiology

SECOND = 1_000_000
BEFORE_S = 300
AVERAGING_S = 4

Regimen = Literal["40 min", "120 min"]
REGIMENS: tuple[Regimen, ...] = ("40 min", "120 min")
MINUTES = {"40 min": 40, "120 min": 120}
INTERVAL_S = {"40 min": 600, "120 min": 300}
"""NIBP every 10 min at low dose, every 5 at 60 mg/h (clinical §1.3, tiers 1 and 2)."""

WITH_ECG = {"40 min": 0.5, "120 min": 0.8}
SAME_ARM = 0.2
"""Of the chairs with an ECG: cuff and probe on one arm. Without an ECG "ready to start" does not allow it (§2.7.12)."""

MOTION_SHARE, PROBE_OFF_SHARE, MILD_SHARE, MOTION_PER_HOUR = 0.6, 0.3, 0.02, 3.0

KINDS = (
    "desaturation to medium",
    "desaturation to high",
    "slow desaturation",
    "hypertension",
    "hypotension",
    "bradycardia",
    "slow breathing",
    "apnoea",
    "pulse loss with ECG",
    "pulse loss without ECG",
    "device silent",
    "NIBP failing",
)
NEEDS_ECG = {
    "bradycardia": None,
    "slow breathing": True,
    "apnoea": True,
    "pulse loss with ECG": True,
    "pulse loss without ECG": False,
}


@dataclass(frozen=True, slots=True)
class Span:
    """Something that lasts: from second ``begins`` of the infusion for ``lasts`` s; ``size`` is what it is drawn to."""

    what: str
    begins: int
    lasts: int
    size: float = 0.0


@dataclass(frozen=True, slots=True)
class Plan:
    """One session: everything that chance decided. ``physician``: one answers when a pressure reminds."""

    seed: str
    regimen: Regimen
    person: Person
    ecg: bool
    same_arm: bool
    planted: Span | None
    artefacts: tuple[Span, ...]
    late_s: int
    physician: bool = False

    @property
    def infusion_s(self) -> int:
        return MINUTES[self.regimen] * 60

    @property
    def ends_s(self) -> int:
        """When the nurse ends it, seconds of the infusion."""
        return self.infusion_s + self.late_s


@dataclass(slots=True)
class Second:
    """What the probes say in one second, and what is true. None: missing; ``flag`` says why the oximeter gives nothing."""

    at_s: int
    spo2: int | None
    pulse: int | None
    flag: str
    hr: int | None
    rr: int | None
    silent: bool
    apnoea: bool
    true: dict[str, float | None] = field(default_factory=dict)


def plan(seed: str, regimen: Regimen, kind: str | None, motion: bool = False, physician: bool = False) -> Plan:
    """Draw a session; ``kind`` is the planted event, None a calm one."""
    rng = random.Random(seed)
    ecg = rng.random() < WITH_ECG[regimen]
    needs = NEEDS_ECG.get(kind or "")
    ecg = ecg if needs is None else needs
    infusion_s = MINUTES[regimen] * 60
    return Plan(
        seed=seed,
        regimen=regimen,
        person=_person(rng, regimen),
        ecg=ecg,
        same_arm=ecg and rng.random() < SAME_ARM,
        planted=None if kind is None else _event(rng, kind, infusion_s),
        artefacts=tuple(_artefacts(rng, infusion_s, motion)),
        late_s=rng.randrange(0, 120),
        physician=physician,
    )


def _person(rng: random.Random, regimen: Regimen) -> Person:
    """Resting SBP 128 ± 14, DBP 78 ± 9 (§2.2), correlated; SpO2 97 ± 1, RR 14 ± 2, HR 72 ± 9."""
    common = rng.gauss(0, 1)
    systolic = 128 + 14 * common
    diastolic = 78 + 9 * (0.7 * common + 0.714 * rng.gauss(0, 1))
    return Person(
        weight_kg=min(120.0, max(45.0, rng.gauss(76, 14))),
        birth_year=rng.randrange(1950, 2003),
        hr=min(95.0, max(56.0, rng.gauss(72, 9))),
        systolic=min(160.0, max(104.0, systolic)),
        diastolic=min(98.0, max(58.0, min(diastolic, systolic - 25))),
        spo2=min(99.0, max(95.5, rng.gauss(97.2, 0.8))),
        rr=min(18.0, max(11.0, rng.gauss(14, 1.5))),
        hypertensive=rng.random() < 0.2,
        glycopyrrolate=regimen == "120 min",
    )


def _artefacts(rng: random.Random, infusion_s: int, motion: bool) -> Iterator[Span]:
    bursts = round(MOTION_PER_HOUR * infusion_s / 3600) if motion else int(rng.random() < MOTION_SHARE)
    for _ in range(bursts):
        yield Span("motion", rng.randrange(0, infusion_s), round(min(90.0, rng.lognormvariate(3.2, 0.5))), rng.random())
    if rng.random() < PROBE_OFF_SHARE:
        yield Span("probe off", rng.randrange(0, infusion_s), round(min(240.0, rng.lognormvariate(3.2, 0.7))))
    if rng.random() < MILD_SHARE:
        yield Span("mild", rng.randrange(0, infusion_s - 120), rng.randrange(30, 90), rng.uniform(88, 91))


def _event(rng: random.Random, kind: str, infusion_s: int) -> Span:
    long = {"hypertension": 1500, "hypotension": 1200, "NIBP failing": 1500, "slow desaturation": 1080}.get(kind, 0)
    short = {
        "pulse loss with ECG": 40,
        "pulse loss without ECG": 40,
        "device silent": 60,
        "apnoea": 60,
        "slow breathing": 90,
    }
    lasts = long or short.get(kind, rng.randrange(60, 120))
    begins = rng.randrange(240, max(241, infusion_s - lasts - 60))
    size = {
        "desaturation to medium": rng.uniform(86, 88),
        "desaturation to high": rng.uniform(76, 82),
        "slow desaturation": rng.uniform(79, 82),
        "hypertension": rng.uniform(190, 205),
        "hypotension": rng.uniform(64, 72),
        "bradycardia": rng.uniform(30, 35),
        "slow breathing": rng.uniform(4.0, 5.4),
    }.get(kind, 0.0)
    return Span(kind, begins, lasts, size)


_BODY = {
    "desaturation to medium": "desaturation",
    "desaturation to high": "desaturation",
    "mild": "desaturation",
    "hypertension": "hypertension",
    "hypotension": "hypotension",
    "bradycardia": "bradycardia",
    "apnoea": "apnoea",
    "pulse loss with ECG": "asystole",
    "pulse loss without ECG": "asystole",
    "motion": "motion",
}


class World:
    """A session as it goes by. ``second()`` is asked once a second, in order; ``determine()`` when the cuff measures."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self._rng = random.Random(plan.seed + "/world")
        numbers = np.random.default_rng(self._rng.getrandbits(63))
        self.body = Physiology(plan.person, numbers, -BEFORE_S * SECOND)
        self._at_s = -BEFORE_S
        self._recent: dict[str, deque[float]] = {
            name: deque(maxlen=AVERAGING_S) for name in ("spo2", "hr", "pulse", "rr")
        }
        self._spans = [*plan.artefacts, *([plan.planted] if plan.planted else [])]
        dose = {"40 min": 0.5 * plan.person.weight_kg / 40 * 60, "120 min": 60.0}[plan.regimen]
        self._happenings = sorted(
            [(0, "infusion", dose, True), (plan.ends_s, "infusion", dose, False), *self._body_events()],
            key=lambda h: h[0],
        )
        self.cuff_squeezes = False
        self._apnoea_s = 0

    def _body_events(self) -> Iterator[tuple[int, str, float, bool]]:
        for span in self._spans:
            if span.what in _BODY:
                size = span.size or 1.0
                yield span.begins, _BODY[span.what], size, True
                yield span.begins + span.lasts, _BODY[span.what], size, False

    def holds(self, what: str) -> Span | None:
        """The artefact or event of this name that holds now."""
        return next((s for s in self._spans if s.what == what and s.begins <= self._at_s < s.begins + s.lasts), None)

    def second(self) -> Second:
        """Let a second pass."""
        while self._happenings and self._happenings[0][0] <= self._at_s:
            _, what, size, begins = self._happenings.pop(0)
            if begins:
                self.body.begin(what, size, self._at_s * SECOND)
            else:
                self.body.end(what, self._at_s * SECOND)
        self.body.step(self._at_s * SECOND)
        second = self._measured(self._truth())
        self._at_s += 1
        return second

    def _truth(self) -> dict[str, float | None]:
        body = self.body
        spo2, rr = body.spo2, body.rr
        slow = self.holds("slow desaturation")
        if slow is not None:
            spo2 = max(slow.size, spo2 - (self._at_s - slow.begins) / 60)
        breathing = self.holds("slow breathing")
        if breathing is not None:
            rr = breathing.size
        return {"spo2": spo2, "hr": body.hr, "rr": rr, "systolic": body.systolic, "diastolic": body.diastolic}

    def _measured(self, true: dict[str, float | None]) -> Second:
        hr, spo2, rr = true["hr"], true["spo2"], true["rr"]
        assert spo2 is not None
        assert rr is not None
        motion, flag, pulse = self.holds("motion"), "", hr
        if self.holds("probe off"):
            flag = "sensor_off"
        elif hr is None or self.cuff_squeezes:
            flag = "searching"
        elif motion is not None:
            spo2, pulse, flag = self._shaken(spo2, hr, motion)
        if flag or pulse is None:
            self._recent["spo2"].clear()
            self._recent["pulse"].clear()
        rate = (
            None
            if hr is None or not self.plan.ecg
            else self._average("hr", hr + (self._rng.gauss(0, 4) if motion else 0))
        )
        if hr is None:
            self._recent["hr"].clear()
        self._apnoea_s = self._apnoea_s + 1 if rr == 0 else 0
        return Second(
            at_s=self._at_s,
            spo2=None if flag else self._average("spo2", spo2),
            pulse=None if flag or pulse is None else self._average("pulse", pulse),
            flag=flag,
            hr=rate,
            rr=self._average("rr", rr) if self.plan.ecg else None,
            silent=self.holds("device silent") is not None,
            apnoea=self.plan.ecg and self._apnoea_s >= 20,
            true=true,
        )

    def _shaken(self, spo2: float, hr: float, motion: Span) -> tuple[float, float, str]:
        """What a moving hand makes of the oximeter: half of the bursts give nothing for most of their time, half read low."""
        if motion.size < 0.5:
            return spo2, hr, "artefact" if self._rng.random() < 0.85 else ""
        depth = 1 + 14 * (motion.size - 0.5)
        return spo2 - abs(self._rng.gauss(depth, 2)), hr + self._rng.gauss(6, 10), ""

    def _average(self, name: str, value: float) -> int:
        recent = self._recent[name]
        recent.append(value)
        return round(sum(recent) / len(recent))

    def determine(self) -> tuple[int, int, int] | None:
        """Measure the pressure once; None: it failed."""
        found = self.body.determine()
        if found is None or self.holds("NIBP failing"):
            return None
        return found.systolic, found.diastolic, found.mean
