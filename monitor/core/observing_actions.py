"""What people add to the numbers: the patient's baseline, and what they see and do; each as a deed that cannot fail."""

from collections.abc import Callable, Mapping
from dataclasses import replace

from drivers.base.vocabulary import Parameter
from monitor.core.baseline import measured
from monitor.core.changes import Baseline, NotMonitored, Phase
from monitor.core.chartable import charted_from
from monitor.core.request import Deed, Request
from monitor.core.session import NEEDED
from monitor.errors import ActionNotAllowed, BadRequest

BASELINE = {"systolic": (60, 250), "diastolic": (30, 150), "mean": (40, 200), "spo2": (70, 100), "hr": (30, 200)}
"""What a baseline that is typed in may be."""


def _lock_baseline(request: Request) -> Deed:
    """Lock what was measured; or, with values, what a person types, with a reason."""
    present, session = request.place.present, request.live_session()
    typed = [name for name in BASELINE if request.arguments.get(name) is not None]
    reason = request.text("reason", needed=bool(typed) or session.baseline is not None)
    if typed:
        baseline = _typed_baseline(request, session.baseline, reason)
    elif session.phase is not Phase.PLANNED:
        raise ActionNotAllowed(
            "the baseline is measured before the infusion; now it can only be typed in, with a reason"
        )
    else:
        baseline = measured(present, session, request.actor.name, reason, request.at)
    step = "baseline_locked" if session.baseline is None else "baseline_changed"
    return lambda: present.step(replace(session, baseline=baseline), step, request.actor, request.at)


def _typed_baseline(request: Request, before: Baseline | None, reason: str) -> Baseline:
    values = {name: _typed(request, name, before) for name in BASELINE}
    systolic, diastolic, mean = values["systolic"], values["diastolic"], values["mean"]
    if systolic is None or diastolic is None or systolic <= diastolic:
        raise BadRequest("a baseline has a systolic and a diastolic pressure, the systolic the higher one")
    if mean is not None and not diastolic <= mean <= systolic:
        raise BadRequest(f"the mean pressure of a baseline lies between the others, not at {mean}")
    spo2, heart = values["spo2"], values["hr"]
    return Baseline(request.at, request.actor.name, systolic, diastolic, mean, spo2, heart, readings=0, reason=reason)


def _typed(request: Request, name: str, before: Baseline | None) -> int | float | None:
    """A value as typed; what nobody typed stays as it was. A mean pressure without new others would belong to the old ones."""
    if request.arguments.get(name) is not None:
        return request.whole(name, *BASELINE[name])
    pressures_move = any(request.arguments.get(other) is not None for other in ("systolic", "diastolic"))
    if before is None or (name == "mean" and pressures_move):
        return None
    kept: int | float | None = getattr(before, name)
    return kept


def _chart(request: Request) -> Deed:
    """Chart what a person saw or did."""
    session = request.live_session()
    entry = charted_from(request.text("kind"), request.arguments, request.actor.name, request.at)
    charted = replace(session, charted=(*session.charted, entry))
    return lambda: request.place.present.step(charted, "charted", request.actor, request.at)


MAY_BE_OFF = {Parameter.SPO2: "SpO₂", Parameter.HR: "the ECG", Parameter.ETCO2: "EtCO₂"}
"""What may be said to be not monitored while it is not connected."""


def _not_monitored(request: Request) -> Deed:
    """Alarm off for a measurement that is not connected, with a reason; a value that comes ends it."""
    present, session, parameter = request.place.present, request.live_session(), _off(request)
    reason = request.text("reason")
    if parameter in NEEDED and session.phase in (Phase.INFUSING, Phase.PAUSED):
        raise ActionNotAllowed(f"{MAY_BE_OFF[parameter]} is monitored as long as the infusion runs or is paused")
    if present.vitals.known(parameter) is not None:
        raise ActionNotAllowed(
            f"{MAY_BE_OFF[parameter]} gives a value: only what is not connected can be without alarm"
        )
    told = NotMonitored(parameter, request.at, request.actor.name, reason)
    others = tuple(one for one in session.not_monitored if one.parameter is not parameter)
    return lambda: present.step(
        replace(session, not_monitored=(*others, told)), "not_monitored", request.actor, request.at
    )


def _monitored(request: Request) -> Deed:
    """Take it back: a missing value alarms again."""
    present, session, parameter = request.place.present, request.live_session(), _off(request)
    others = tuple(one for one in session.not_monitored if one.parameter is not parameter)
    if len(others) == len(session.not_monitored):
        raise ActionNotAllowed(f"{MAY_BE_OFF[parameter]} was not said to be not monitored")
    return lambda: present.step(replace(session, not_monitored=others), "monitored", request.actor, request.at)


def _off(request: Request) -> Parameter:
    name = request.text("parameter")
    if name not in {parameter.value for parameter in MAY_BE_OFF}:
        raise BadRequest(f"parameter must be {', '.join(MAY_BE_OFF)}, not '{name}'")
    return Parameter(name)


OBSERVING_ACTIONS: Mapping[str, tuple[Callable[[Request], Deed], tuple[str, ...]]] = {
    "lock_baseline": (_lock_baseline, (*BASELINE, "reason")),
    "not_monitored": (_not_monitored, ("parameter", "reason")),
    "monitored": (_monitored, ("parameter",)),
    "chart": (_chart, ("kind", "level", "term", "severity", "text", "points")),
}
