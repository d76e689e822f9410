"""One infusion of one patient, from admission to closing, as a table of moves over frozen values.

A ``Session`` is never changed: a move returns the next one or raises. Dose and times are derived, never kept.
"""

from dataclasses import dataclass, replace
from decimal import Decimal

from drivers.base.observations import Instant
from drivers.base.vocabulary import Parameter
from monitor.core.changes import (
    Baseline,
    Bolus,
    Charted,
    Confirmation,
    NotMonitored,
    Patient,
    Phase,
    Protocol,
    RateStep,
    SessionView,
    TakenWithout,
)
from monitor.core.guards import Guards
from monitor.core.infusion import (
    MAX_DOSE_MG,
    MICROGRAM,
    US_PER_HOUR,
    InfusionPlan,
    above_tier,
    another_weight,
    check_rate,
    dose_mg,
    infused_us,
    unusual,
)
from monitor.core.numbers import SHIPPED_GUARDS
from monitor.core.schedule import MINUTE_US, next_due
from monitor.core.scores import SCALES
from monitor.core.screening import Screening
from monitor.core.words import plain
from monitor.errors import ActionNotAllowed

MOVES: dict[tuple[Phase, str], Phase] = {
    (Phase.NONE, "admit"): Phase.PLANNED,
    (Phase.CLOSED, "admit"): Phase.PLANNED,
    (Phase.PLANNED, "start"): Phase.INFUSING,
    (Phase.PLANNED, "close"): Phase.CLOSED,
    (Phase.INFUSING, "pause"): Phase.PAUSED,
    (Phase.INFUSING, "change_rate"): Phase.INFUSING,
    (Phase.INFUSING, "bolus"): Phase.INFUSING,
    (Phase.INFUSING, "stop"): Phase.RECOVERY,
    (Phase.PAUSED, "resume"): Phase.INFUSING,
    (Phase.PAUSED, "change_rate"): Phase.PAUSED,
    (Phase.PAUSED, "stop"): Phase.RECOVERY,
    (Phase.RECOVERY, "close"): Phase.CLOSED,
}

RUNNING = frozenset({Phase.INFUSING, Phase.PAUSED, Phase.RECOVERY})
LIVE = RUNNING | {Phase.PLANNED}

NEEDED = frozenset({Parameter.SPO2, Parameter.HR})
"""Never without alarm while an infusion runs or is paused; nor is the cuff, which stands in no list at all (alarms §1.5)."""

_WORDS = {
    Phase.NONE: "no patient is admitted",
    Phase.PLANNED: "the session is planned",
    Phase.INFUSING: "the infusion runs",
    Phase.PAUSED: "the infusion is paused",
    Phase.RECOVERY: "the patient is in recovery",
    Phase.CLOSED: "the session is closed",
}


@dataclass(frozen=True, slots=True)
class Session:
    """What is known of the session; ``rate_mg_h`` is the ordered rate, ``steps`` what ran (0 in a pause)."""

    id: str
    phase: Phase
    patient: Patient
    plan: InfusionPlan
    rate_mg_h: Decimal
    total_mg: Decimal
    nurse: str
    admitted_at: Instant
    began_at: Instant | None = None
    planned_end_at: Instant | None = None
    paused_at: Instant | None = None
    pause_reason: str = ""
    stopped_at: Instant | None = None
    closed_at: Instant | None = None
    steps: tuple[RateStep, ...] = ()
    baseline: Baseline | None = None
    charted: tuple[Charted, ...] = ()
    screening: Screening | None = None
    confirmed: Confirmation | None = None
    boluses: tuple[Bolus, ...] = ()
    started: TakenWithout | None = None
    left: TakenWithout | None = None
    handover: str = ""
    returned_at: Instant | None = None
    protocol: Protocol | None = None
    last_weight_kg: Decimal | None = None
    max_dose_mg: Decimal = MAX_DOSE_MG
    not_monitored: tuple[NotMonitored, ...] = ()
    guards: Guards = SHIPPED_GUARDS

    def dose(self, until: Instant) -> Decimal:
        """Return the dose given up to ``until``, mg: the integral of the rate history, and the boluses."""
        at_once = sum((bolus.mg for bolus in self.boluses if bolus.at <= until), Decimal(0))
        return dose_mg(self.steps, until) + at_once

    def asks(self) -> tuple[str, ...]:
        """What is unusual of the order as it stands now, and no physician has confirmed."""
        asked = unusual(self.plan, self.rate_mg_h, self.total_mg, self._tier, self.guards)
        weighed = another_weight(self.plan.weight_kg, self.last_weight_kg, self.guards)
        return tuple(one for one in (*asked, *([weighed] if weighed else [])) if not self._is_confirmed(one))

    def rate_asks(self) -> str:
        """What is unusual of the rate, as long as no physician has confirmed it; else ""."""
        above = above_tier(self.plan.weight_kg, self.rate_mg_h, self._tier, self.guards)
        return "" if self._is_confirmed(above) else above

    def _is_confirmed(self, sentence: str) -> bool:
        return self.confirmed is not None and sentence in self.confirmed.asks

    @property
    def _tier(self) -> str:
        return "" if self.protocol is None else self.protocol.tier

    @property
    def running_since(self) -> Instant | None:
        """Since when the infusion has run without a pause; None while it does not."""
        since = None
        for step in reversed(self.steps):
            if not step.rate_mg_h:
                break
            since = step.at
        return since

    def reaches(self, mg: Decimal) -> Instant | None:
        """Return the first moment at which more than ``mg`` is given if all goes on as it does now; None: it never is."""
        rates = {step.at: step.rate_mg_h for step in self.steps}
        rate, since = Decimal(0), self.steps[0].at
        for at in sorted({*rates, *(bolus.at for bolus in self.boluses)}):
            if self.dose(at) > mg:
                return min(at, self._passes(mg, since, rate) or at)
            rate, since = rates.get(at, rate), at
        return self._passes(mg, since, rate)

    def _passes(self, mg: Decimal, since: Instant, rate_mg_h: Decimal) -> Instant | None:
        """When more than ``mg`` is given at this rate from ``since`` on."""
        return since + int((mg - self.dose(since)) / rate_mg_h * US_PER_HOUR) + 1 if rate_mg_h else None

    def start(self, at: Instant) -> "Session":
        kept = tuple(one for one in self.not_monitored if one.parameter not in NEEDED)
        session = replace(self, phase=next_phase(self, "start"), began_at=at, not_monitored=kept)
        return session._step(at, self.rate_mg_h)

    def pause(self, at: Instant, reason: str) -> "Session":
        session = replace(self, phase=next_phase(self, "pause"), paused_at=at, pause_reason=reason)
        return session._step(at, Decimal(0))

    def resume(self, at: Instant) -> "Session":
        session = replace(self, phase=next_phase(self, "resume"), paused_at=None, pause_reason="")
        return session._step(at, self.rate_mg_h)

    def change_rate(self, at: Instant, rate_mg_h: Decimal) -> "Session":
        """Order another rate; the infusion time stays, so what the order gives in all becomes another."""
        phase = next_phase(self, "change_rate")
        check_rate(rate_mg_h, self.plan.weight_kg)
        total = self.dose(at) + rate_mg_h * self._left_us(at) / 3_600_000_000
        session = replace(self, phase=phase, rate_mg_h=rate_mg_h, total_mg=total)
        return session._step(at, rate_mg_h) if phase is Phase.INFUSING else session

    def bolus(self, at: Instant, mg: Decimal, by: str) -> "Session":
        """Give a dose at once. It counts against the order, whose total stays."""
        return replace(self, phase=next_phase(self, "bolus"), boluses=(*self.boluses, Bolus(at, mg, by)))

    def stop(self, at: Instant) -> "Session":
        phase = next_phase(self, "stop")
        session = replace(self, phase=phase, stopped_at=at, paused_at=None, pause_reason="")
        return replace(session._step(at, Decimal(0)), planned_end_at=self.planned_end_at)

    def close(self, at: Instant) -> "Session":
        return replace(self, phase=next_phase(self, "close"), closed_at=at)

    def _left_us(self, at: Instant) -> int:
        return max(0, self.plan.duration_s * 1_000_000 - infused_us(self.steps, at))

    def _step(self, at: Instant, rate_mg_h: Decimal) -> "Session":
        steps = (*self.steps, RateStep(at, rate_mg_h))
        left_us = self.plan.duration_s * 1_000_000 - infused_us(steps, at)
        return replace(self, steps=steps, planned_end_at=at + left_us if rate_mg_h else None)

    def charting_due_at(self) -> Instant | None:
        """Return when scales are to be charted next; None once the session is closed."""
        if self.phase is Phase.CLOSED:
            return None
        charted = max((entry.at for entry in self.charted if entry.kind in SCALES), default=None)
        if self.protocol is None:
            return next_due(self.admitted_at, self.began_at, self.stopped_at, charted)
        first, every = self.protocol.charting_first_min, self.protocol.charting_every_min
        rhythm = first * MINUTE_US, every * MINUTE_US
        return next_due(self.admitted_at, self.began_at, self.stopped_at, charted, *rhythm)

    def view(self, at: Instant) -> SessionView:
        """The session as shown, with its derived values as of ``at``."""
        plan, weight, dose = self.plan, self.plan.weight_kg, self.dose(at)
        strength = plan.concentration_mg_ml
        return SessionView(
            id=self.id,
            phase=self.phase,
            patient=self.patient,
            weight_kg=weight,
            order=plan.text,
            rate_mg_h=_shown(self.rate_mg_h),
            rate_mg_kg_h=_shown(self.rate_mg_h / weight),
            rate_ml_h=None if strength is None else _shown(self.rate_mg_h / strength),
            duration_s=plan.duration_s,
            total_mg=_shown(self.total_mg),
            total_mg_kg=_shown(self.total_mg / weight),
            concentration_mg_ml=strength,
            admitted_at=self.admitted_at,
            began_at=self.began_at,
            planned_end_at=self.planned_end_at,
            paused_at=self.paused_at,
            pause_reason=self.pause_reason,
            stopped_at=self.stopped_at,
            closed_at=self.closed_at,
            steps=tuple(RateStep(step.at, _shown(step.rate_mg_h)) for step in self.steps),
            as_of=at,
            infused_us=infused_us(self.steps, at),
            dose_mg=dose.quantize(MICROGRAM),
            dose_mg_kg=(dose / weight).quantize(MICROGRAM),
            nurse=self.nurse,
            baseline=self.baseline,
            charted=self.charted,
            screening=self.screening,
            asks=self.asks(),
            confirmed=self.confirmed,
            boluses=self.boluses,
            charting_due_at=self.charting_due_at(),
            started=self.started,
            left=self.left,
            handover=self.handover,
            returned_at=self.returned_at,
            protocol=self.protocol,
            last_weight_kg=self.last_weight_kg,
            max_dose_mg=self.max_dose_mg,
            not_monitored=self.not_monitored,
            guards=self.guards,
        )


def phase_of(session: Session | None) -> Phase:
    """Return where the session stands; without one, ``none``."""
    return Phase.NONE if session is None else session.phase


def next_phase(session: Session | None, action: str) -> Phase:
    """Return where ``action`` leads; raises ``ActionNotAllowed`` naming what is possible now."""
    phase = phase_of(session)
    try:
        return MOVES[phase, action]
    except KeyError:
        possible = ", ".join(move for start, move in MOVES if start is phase)
        raise ActionNotAllowed(f"'{action}' is not possible: {_WORDS[phase]}; possible now: {possible}") from None


def admit(chair: str, before: Session | None, patient: Patient, plan: InfusionPlan, nurse: str, at: Instant) -> Session:
    """Admit a patient to an empty chair, or after a closed session; raises ``ActionNotAllowed``."""
    return Session(
        id=f"{chair}:{at}",
        phase=next_phase(before, "admit"),
        patient=patient,
        plan=plan,
        rate_mg_h=plan.rate_mg_h,
        total_mg=plan.total_mg,
        nurse=nurse,
        admitted_at=at,
    )


def _shown(value: Decimal) -> Decimal:
    return Decimal(plain(value.quantize(Decimal("0.000001"))))
