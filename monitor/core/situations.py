"""What is wrong besides a number: a value unknown, a line silent, a reading overdue, an end passed, the house ailing.

Each function answers from present facts alone since when something is so, and when each priority is due. They keep nothing:
``detection.py`` holds the time, ``present.numbers`` the delays.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from drivers.base.observations import Instant
from drivers.base.vocabulary import Parameter, Priority, Quality, StatusCode
from monitor.core.changes import LineState, Phase
from monitor.core.devices import SECOND_US, Line
from monitor.core.present import Present
from monitor.core.session import LIVE
from monitor.core.settings import (
    ETCO2_MISSING,
    FAILURES,
    GRACE_LONG,
    GRACE_SHORT,
    HIGH,
    LEADS_OFF,
    LOW,
    MEDIUM,
    NO_HEART_RATE,
    NO_SPO2,
    OVERDUE_FACTOR,
    OVERDUE_GRACE,
    PAST_END,
    PROBE_OFF,
    PROBE_OFF_HIGH,
    PULSE_WITH_ECG,
    PULSE_WITHOUT_ECG,
    TOO_MUCH,
)
from monitor.core.words import number

OFF = frozenset({"sensor_off", "no_sensor"})
"""What a device says of a probe that is off, or that is not there."""

Met = tuple[Priority, Instant, str]
"""A priority, the time from which it is declared, and its text."""


@dataclass(frozen=True, slots=True)
class Situation:
    """One thing that is so. ``instance`` tells two of a kind apart. From ``covers_from`` on the parameters in ``covers`` are unknowable.

    ``from_when_seen``: the times in ``met`` are delays (µs) from when it was first seen to be so.
    """

    instance: str
    met: tuple[Met, ...]
    parameter: Parameter | None = None
    covers: frozenset[Parameter] = frozenset()
    covers_from: Instant = 0
    from_when_seen: bool = False


def device_silent(present: Present, at: Instant) -> Iterator[Situation]:
    """R5. Told from the start of the infusion on; before it only, as low, for a device that had spoken."""
    for line in present.lines.values():
        since = line.down_since()
        if since is None:
            continue
        due = since + line.lost_after_us
        text = _silence(line)
        met: tuple[Met, ...] = ()
        if present.is_running:
            met = ((MEDIUM, due, text),)
        elif present.phase is Phase.PLANNED and line.ever_live:
            met = ((LOW, due, text),)
        yield Situation(line.config.id, met, covers=frozenset(line.driver.parameters), covers_from=due)


def _silence(line: Line) -> str:
    if line.state is LineState.CLOSED:
        return f"{line.label} not connected: {line.why}"
    told = line.statuses.get(StatusCode.NOT_ANSWERING) or line.statuses.get(StatusCode.NOT_THIS_DEVICE)
    return f"{line.label} line silent" if told is None else f"{line.label}: {told.text}"


def device_fault(present: Present, at: Instant) -> Iterator[Situation]:
    """R8. What the device says of itself, in its driver's words."""
    if present.phase not in LIVE:
        return
    priority = MEDIUM if present.is_running else LOW
    for line in present.lines.values():
        told = line.statuses.get(StatusCode.DEVICE_FAULT) or line.statuses.get(StatusCode.CYCLING_STOPPED)
        if told is not None:
            yield Situation(line.config.id, ((priority, told.since, f"{line.label}: {told.text}"),))


def wrong_unit(present: Present, at: Instant) -> Iterator[Situation]:
    """R9. In every phase; low while no session runs. It stays while the line is down: only the right unit, or a person, ends it."""
    priority = MEDIUM if present.is_running else LOW
    for line in present.lines.values():
        bond = line.bond
        if bond.refused is not None:
            text = f"{line.label} is another unit ({bond.refused}), not {bond.known}: its values are not shown"
            covers = frozenset(line.driver.parameters)
            yield Situation(line.config.id, ((priority, bond.since, text),), covers=covers, covers_from=bond.since)


def sensor_off(present: Present, at: Instant) -> Iterator[Situation]:
    """R3. Not told while every device that could measure it is lost: that is R5; nor beside a lost pulse: that is R12."""
    since = _missing_since(present, Parameter.SPO2, at)
    if since is None:
        return
    since = _after_shade(present, since)
    text = f"SpO₂ {_why_missing(present, Parameter.SPO2)}{_last(present, Parameter.SPO2)}"
    numbers, flagged = present.numbers, _flags(present, Parameter.SPO2) & OFF
    due = since + numbers.us(PROBE_OFF if flagged else NO_SPO2)
    met: tuple[Met, ...] = ()
    if present.is_running:
        met = ((MEDIUM, due, text),)
    elif present.phase is Phase.PLANNED and Parameter.SPO2 in present.vitals.seen:
        met = ((LOW, due, text),)
    running = None if present.session is None else present.session.running_since
    if running is not None:
        met = (*met, (HIGH, max(since, running) + numbers.us(PROBE_OFF_HIGH), text))
    if _pulse_is_lost(present, at) or present.is_not_monitored(Parameter.SPO2):
        met = ()
    yield Situation("", met, Parameter.SPO2, frozenset({Parameter.SPO2, Parameter.PR}), due)


def leads_off(present: Present, at: Instant) -> Iterator[Situation]:
    """R4. Only where the ECG had given a heart rate: a monitor without electrodes on is not monitored, not an alarm."""
    since = _missing_since(present, Parameter.HR, at)
    if since is None or Parameter.HR not in present.vitals.seen:
        return
    flagged = _flags(present, Parameter.HR) & {"leads_off"}
    due = since + present.numbers.us(LEADS_OFF if flagged else NO_HEART_RATE)
    text = ("ECG leads off" if flagged else "No heart rate from ECG") + _last(present, Parameter.HR)
    pulse = present.vitals.known(Parameter.PR) is not None
    met: tuple[Met, ...] = ()
    told_off = present.is_not_monitored(Parameter.HR)
    if present.phase in LIVE and not _pulse_is_lost(present, at) and not told_off:
        met = ((LOW if pulse or present.phase is Phase.PLANNED else MEDIUM, due, text),)
    yield Situation("", met, Parameter.HR, frozenset({Parameter.HR, Parameter.RR}), due)


def etco2_missing(present: Present, at: Instant) -> Iterator[Situation]:
    """13c. Only where EtCO2 had come."""
    since = _missing_since(present, Parameter.ETCO2, at)
    if since is None or Parameter.ETCO2 not in present.vitals.seen or not present.is_running:
        return
    due = since + present.numbers.us(ETCO2_MISSING)
    text = f"No CO₂ from the breath{_last(present, Parameter.ETCO2)}"
    met = () if present.is_not_monitored(Parameter.ETCO2) else ((HIGH, due, text),)
    yield Situation("", met, Parameter.ETCO2, frozenset({Parameter.ETCO2}), due)


def pulse_lost_due(present: Present, at: Instant) -> Instant | None:
    """R12: when a pulse that is missing becomes an alert; None while it is there, or while another reason is known.

    A probe that says it is off is R3, a lost line R5; with a heart rate from the ECG a missing pulse is the probe's matter. A cuff
    on the probe's arm explains what the probe misses, never what the ECG misses too.
    """
    if not present.is_running or Parameter.PR not in present.vitals.seen:
        return None
    pulse, spo2 = (_missing_since(present, parameter, at) for parameter in (Parameter.PR, Parameter.SPO2))
    if pulse is None or spo2 is None or _flags(present, Parameter.SPO2) & OFF:
        return None
    missing = max(pulse, spo2)
    since = _after_shade(present, missing)
    without_ecg_us = present.numbers.us(PULSE_WITHOUT_ECG)
    if Parameter.HR not in present.vitals.seen or _flags(present, Parameter.HR) & {"leads_off"}:
        return since + without_ecg_us
    if all(line.is_lost(at) for line in present.measuring(Parameter.HR)):
        return since + without_ecg_us
    heart = present.vitals.unknown_since(Parameter.HR)
    return None if heart is None else max(missing, heart) + present.numbers.us(PULSE_WITH_ECG)


def _pulse_is_lost(present: Present, at: Instant) -> bool:
    due = pulse_lost_due(present, at)
    return due is not None and due <= at


def _after_shade(present: Present, since: Instant) -> Instant:
    """What went missing behind a cuff on the probe's arm is counted from when the cuff lets the blood through again."""
    began, until = present.shade
    return until if began <= since < until else since


def _missing_since(present: Present, parameter: Parameter, at: Instant) -> Instant | None:
    """Since when the value has been unknown although a device that measures it is not lost."""
    lines = present.measuring(parameter)
    return None if all(line.is_lost(at) for line in lines) else present.vitals.unknown_since(parameter)


def _flags(present: Present, parameter: Parameter) -> set[str]:
    vital = present.vitals.values.get(parameter)
    statuses = {code.value for line in present.measuring(parameter) for code in line.statuses}
    return statuses | (set() if vital is None or vital.value is not None else {flag.value for flag in vital.quality})


def _why_missing(present: Present, parameter: Parameter) -> str:
    flags = _flags(present, parameter)
    words = {
        Quality.NO_SENSOR: "probe not connected",
        Quality.SENSOR_OFF: "probe off",
        Quality.SEARCHING: "searching for a pulse",
    }
    vital = present.vitals.values.get(parameter)
    otherwise = "without a valid value" if vital is None or not vital.spot else "only spot-checked, not monitored live"
    return next((word for flag, word in words.items() if flag.value in flags), otherwise)


def _last(present: Present, parameter: Parameter) -> str:
    vital = present.vitals.values.get(parameter)
    return "" if vital is None or vital.last_value is None else f", last {number(vital.last_value)}"


def nibp_overdue(present: Present, at: Instant) -> Iterator[Situation]:
    """R1. Counted from the last successful reading, or from the start of the infusion."""
    interval_s, session = present.cuff.interval_s, present.session
    if interval_s is None or session is None or not present.is_running or not present.measuring(Parameter.NIBP_SYS):
        return
    assert session.began_at is not None
    last = present.cuff.last
    since = max(session.began_at, last.at if last else 0)
    numbers, interval_us = present.numbers, interval_s * SECOND_US
    grace_us = numbers.us(GRACE_SHORT if interval_s <= 300 else GRACE_LONG)
    text = f"NIBP overdue, every {number(interval_s / 60)} min"
    met = (
        (LOW, since + interval_us + grace_us, text),
        (MEDIUM, since + int(numbers[OVERDUE_FACTOR] * interval_us) + numbers.us(OVERDUE_GRACE), text),
    )
    yield Situation("", met, Parameter.NIBP_SYS)


def nibp_failed(present: Present, at: Instant) -> Iterator[Situation]:
    """R2."""
    cuff, times = present.cuff, present.numbers.whole(FAILURES)
    if cuff.failures >= times and cuff.failed_at is not None and present.phase in LIVE:
        priority = MEDIUM if present.is_running else LOW
        text = f"NIBP failed {_TIMES.get(times, f'{times} times')}"
        yield Situation("", ((priority, cuff.failed_at, text),), Parameter.NIBP_SYS)


def past_end(present: Present, at: Instant) -> Iterator[Situation]:
    """R6. Only while the infusion runs: a paused one has no planned end. The dose is this clock's, not the pump's; with boluses the
    whole of it may be given before the end."""
    session = present.session
    if session is None or session.phase is not Phase.INFUSING or session.planned_end_at is None:
        return
    end, numbers = session.planned_end_at, present.numbers
    late = end + numbers.us(PAST_END)
    too_much = session.total_mg * numbers.exact(TOO_MUCH) / 100
    whole = session.reaches(session.total_mg)
    early = () if whole is None or whole >= end else ((LOW, whole, "The whole planned dose is given, by this clock"),)
    met = (
        *early,
        (LOW, end, "Infusion at its planned end"),
        (MEDIUM, late, f"Infusion {numbers.words(PAST_END)} min past its planned end"),
        (
            HIGH,
            max(late, session.reaches(too_much) or late),
            f"Over {numbers.words(TOO_MUCH)} % of the planned dose, by this clock",
        ),
    )
    yield Situation("", met)


def max_dose(present: Present, at: Instant) -> Iterator[Situation]:
    """R20. The dose is this clock's, not the pump's; boluses count."""
    session = present.session
    if session is None or session.phase not in (Phase.INFUSING, Phase.PAUSED):
        return
    due = session.reaches(session.max_dose_mg)
    if due is not None:
        yield Situation(
            "", ((HIGH, due, f"Over the clinic's maximum of {number(session.max_dose_mg)} mg, by this clock"),)
        )


def dose_rate(present: Present, at: Instant) -> Iterator[Situation]:
    """R19. At once from the step that brought the rate; a physician's word ends it."""
    session = present.session
    if session is None or session.phase is not Phase.INFUSING or not (above := session.rate_asks()):
        return
    yield Situation("", ((MEDIUM, session.steps[-1].at, f"{above}; no physician has confirmed it"),))


def monitoring_fault(present: Present, at: Instant) -> Iterator[Situation]:
    """R7. In every phase; low while no session runs. Screens that cannot sound are told by the screens themselves, not at each chair."""
    priority = MEDIUM if present.is_running else LOW
    for what, ailment in present.house.items():
        if what != "screens":
            yield Situation(what, ((priority, ailment.since, ailment.text),))


_TIMES = {1: "once", 2: "twice"}

SITUATIONS: Mapping[str, Callable[[Present, Instant], Iterator[Situation]]] = {
    "device_silent": device_silent,
    "sensor_off": sensor_off,
    "leads_off": leads_off,
    "nibp_overdue": nibp_overdue,
    "nibp_failed": nibp_failed,
    "past_end": past_end,
    "max_dose": max_dose,
    "dose_rate": dose_rate,
    "monitoring_fault": monitoring_fault,
    "device_fault": device_fault,
    "etco2_missing": etco2_missing,
    "wrong_unit": wrong_unit,
}
