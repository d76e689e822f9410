"""Sixteen chairs in sixteen states, as the server would tell them: what the display must be able to show."""

from dataclasses import replace
from decimal import Decimal
from typing import Any, Literal

from drivers.base.observations import Instant
from drivers.base.vocabulary import UNITS, CommandKind, Parameter, Priority, Quality, StatusCode
from monitor.core.changes import (
    AlertKind,
    AlertState,
    AlertView,
    ChairView,
    DeviceView,
    LimitView,
    LineState,
    NibpSchedule,
    Patient,
    Phase,
    RateStep,
    SessionView,
    StatusView,
    Vital,
)
from monitor.core.entries import Actor, Role

SECOND = 1_000_000
MINUTE = 60 * SECOND
NURSE = Actor("L. Moreno", Role.NURSE)

P = Parameter


def vital(parameter: Parameter, value: float | None, at: Instant, device: str, *, spot: bool = False) -> Vital:
    quality = (Quality.SENSOR_OFF,) if value is None else ()
    return Vital(parameter, value, UNITS[parameter], at, device, quality, spot)


def vitals(
    at: Instant, hr: int | None, spo2: int | None, nibp: tuple[int, int], rr: int | None, nibp_age: int
) -> tuple[Vital, ...]:
    """Return the vitals of a chair at ``at``; ``nibp_age`` in minutes."""
    cuffed = at - nibp_age * MINUTE - 10 * SECOND
    return (
        vital(P.HR, hr, at, "monitor"),
        vital(P.RR, rr, at, "monitor"),
        vital(P.SPO2, spo2, at, "oximeter"),
        vital(P.PR, hr, at, "oximeter"),
        vital(P.PI, 1.8, at, "oximeter"),
        vital(P.NIBP_SYS, nibp[0], cuffed, "cuff", spot=True),
        vital(P.NIBP_DIA, nibp[1], cuffed, "cuff", spot=True),
        vital(P.NIBP_MEAN, round((nibp[0] + 2 * nibp[1]) / 3), cuffed, "cuff", spot=True),
    )


def limits() -> tuple[LimitView, ...]:
    table: tuple[tuple[str, Parameter, Literal["<", ">", ">="], tuple[tuple[str, int], ...]], ...] = (
        ("spo2_low", P.SPO2, "<", (("low", 92), ("medium", 90), ("high", 85))),
        ("hr_high", P.HR, ">", (("low", 110), ("medium", 120), ("high", 140))),
        ("hr_low", P.HR, "<", (("low", 50), ("medium", 45), ("high", 40))),
        ("sbp_high", P.NIBP_SYS, ">=", (("low", 150), ("medium", 160), ("high", 180))),
        ("sbp_low", P.NIBP_SYS, "<", (("low", 100), ("medium", 90), ("high", 80))),
        ("rr_low", P.RR, "<", (("low", 10), ("medium", 8), ("high", 6))),
        ("rr_high", P.RR, ">", (("low", 24), ("medium", 30))),
    )
    return tuple(
        LimitView(code, Priority(priority), parameter, comparison, Decimal(value), Decimal(value))
        for code, parameter, comparison, steps in table
        for priority, value in steps
    )


def session(chair: str, at: Instant, phase: Phase, patient: Patient, minutes: float, rate: str = "60") -> SessionView:
    """Return a 90-minute session ``minutes`` into the infusion; its rate was halved for the first ten minutes."""
    weight = Decimal(78)
    infused = round(minutes * MINUTE)
    began = at - infused
    half = Decimal(rate) / 2
    steps = (RateStep(began, half), RateStep(began + 10 * MINUTE, Decimal(rate)))
    dose = (
        half * 10 / 60 + Decimal(rate) * (Decimal(str(minutes)) - 10) / 60
        if minutes > 10
        else half * Decimal(str(minutes)) / 60
    )
    running = phase is Phase.INFUSING
    return SessionView(
        id=f"{chair}-1",
        phase=phase,
        patient=patient,
        weight_kg=weight,
        order="60 mg/h for 90 min",
        rate_mg_h=Decimal(0) if phase in (Phase.PAUSED, Phase.RECOVERY) else Decimal(rate),
        rate_mg_kg_h=Decimal(rate) / weight,
        rate_ml_h=Decimal(30),
        duration_s=5400,
        total_mg=Decimal(85),
        total_mg_kg=Decimal(85) / weight,
        concentration_mg_ml=Decimal(2),
        admitted_at=began - 12 * MINUTE,
        began_at=None if phase is Phase.PLANNED else began,
        planned_end_at=began + 90 * MINUTE if running else None,
        paused_at=at - 134 * SECOND if phase is Phase.PAUSED else None,
        pause_reason="nausea" if phase is Phase.PAUSED else "",
        stopped_at=at - 24 * MINUTE if phase is Phase.RECOVERY else None,
        closed_at=None,
        steps=() if phase is Phase.PLANNED else steps,
        as_of=at,
        infused_us=0 if phase is Phase.PLANNED else infused,
        dose_mg=Decimal(0) if phase is Phase.PLANNED else dose,
        dose_mg_kg=Decimal(0) if phase is Phase.PLANNED else dose / weight,
        nurse="L. Moreno",
    )


def alert(
    chair: str,
    code: str,
    priority: str,
    text: str,
    began: Instant,
    *,
    state: AlertState = AlertState.ACTIVE,
    kind: AlertKind = AlertKind.PHYSIOLOGICAL,
    parameter: Parameter | None = None,
    value: float | None = None,
    limit: float | None = None,
    worst: float | None = None,
    again_in_s: int = 96,
) -> AlertView:
    acknowledged = state is AlertState.ACKNOWLEDGED
    return AlertView(
        id=f"{chair}:{code}:{began}",
        chair=chair,
        number="1",
        code=code,
        kind=kind,
        priority=Priority(priority),
        state=state,
        text=text,
        began=began,
        changed=began,
        parameter=parameter,
        value=value,
        limit=limit,
        worst=worst,
        sounding=state is AlertState.ACTIVE and priority != "low",
        latching=priority == "high",
        acknowledged_by=NURSE if acknowledged else None,
        acknowledged_at=began + 5 * SECOND if acknowledged else None,
        sounds_again_at=began + again_in_s * SECOND + 42 * SECOND if acknowledged else None,
        cause=7,
        response="Look at the patient. Oxygen by the clinic's rule.",
    )


def device(name: str, title: str, at: Instant, **changes: Any) -> DeviceView:
    can = (CommandKind.NIBP_START, CommandKind.NIBP_STOP) if name == "cuff" else ()
    plain = DeviceView(name, name, title, f"/dev/{name}", LineState.LIVE, at, "", (), (), 0, 0, False, can)
    return replace(plain, **changes)


def calm(chair: str, at: Instant, initials: str = "M.K.", year: int = 1971) -> ChairView:
    """Return a chair that needs nothing."""
    return ChairView(
        chair=chair,
        name=f"Chair {chair}",
        at=at,
        demo=False,
        offset_us=0,
        session=session(chair, at, Phase.INFUSING, Patient(initials, year, "20417"), 42 + 10 / 60),
        vitals=vitals(at, 86, 97, (134, 82), 14, 2),
        devices=(
            device("monitor", "Cardiac monitor", at),
            device("oximeter", "Oximeter", at),
            device("cuff", "NIBP module", at),
        ),
        alerts=(),
        limits=limits(),
        commands=(),
        nibp=NibpSchedule(300, at + 172 * SECOND),
        audio_paused_until=None,
        audio_paused_by="",
        house=(),
    )


def with_vital(chair: ChairView, *changed: Vital) -> ChairView:
    told = {one.parameter: one for one in changed}
    return replace(chair, vitals=tuple(told.get(one.parameter, one) for one in chair.vitals))


def sixteen(at: Instant) -> list[ChairView]:  # one line a state reads best in one place
    """Return the sixteen chairs of the sheet of states, in its order."""
    spo2: dict[str, Any] = {"parameter": P.SPO2, "value": 84, "limit": 85, "worst": 82}
    sbp: dict[str, Any] = {"parameter": P.NIBP_SYS, "value": 164, "limit": 160, "worst": 164}
    began = at - 42 * SECOND

    def one(number: int, initials: str, year: int, **changes: Any) -> ChairView:
        return replace(calm(str(number), at, initials, year), **changes)

    low = vitals(at, 104, 84, (148, 90), 12, 2)
    high = vitals(at, 88, 96, (164, 94), 16, 0)
    probe: dict[str, Any] = {"kind": AlertKind.TECHNICAL, "parameter": P.SPO2}
    off = replace(vital(P.SPO2, None, at, "oximeter"), last_value=97, last_at=at - 48 * SECOND)
    many = (
        alert(
            "14",
            "sbp_high",
            "high",
            "SBP 186 ≥ 180",
            at - 9 * SECOND,
            parameter=P.NIBP_SYS,
            value=186,
            limit=180,
            worst=186,
        ),
        alert("14", "hr_high", "medium", "HR 124 > 120", began, parameter=P.HR, value=124, limit=120, worst=126),
        alert("14", "spo2_low", "low", "SpO₂ 91 < 92", began, parameter=P.SPO2, value=91, limit=92, worst=91),
    )
    old = at - 4 * SECOND
    silent = device("oximeter", "Oximeter", at - 13 * SECOND, line=LineState.SILENT, why="no byte for 13 s")
    lifted = device(
        "oximeter", "Oximeter", at, statuses=(StatusView(StatusCode.SENSOR_OFF, "Probe off the finger", began),)
    )
    return [
        one(1, "R.B.", 1964),
        one(2, "M.K.", 1971, vitals=low, alerts=(alert("2", "spo2_low", "high", "SpO₂ 84 < 85", began, **spo2),)),
        one(
            3,
            "J.S.",
            1988,
            devices=(device("monitor", "Cardiac monitor", at), lifted, device("cuff", "NIBP module", at)),
            alerts=(alert("3", "spo2_sensor", "medium", "SpO₂ probe off", at - 48 * SECOND, **probe),),
            audio_paused_until=at + 1200 * SECOND,
            audio_paused_by="L. Moreno",
            vitals=tuple(
                off if v.parameter is P.SPO2 else replace(v, value=None) if v.parameter in (P.PR, P.PI) else v
                for v in calm("3", at).vitals
            ),
        ),
        one(
            4,
            "T.A.",
            1957,
            session=session("4", at, Phase.RECOVERY, Patient("T.A.", 1957), 90),
            vitals=vitals(at, 66, 98, (126, 76), 15, 9),
            nibp=NibpSchedule(900, at + 330 * SECOND),
        ),
        one(
            5,
            "E.V.",
            1979,
            vitals=high,
            alerts=(
                alert(
                    "5",
                    "sbp_high",
                    "medium",
                    "SBP 164 ≥ 160",
                    began,
                    state=AlertState.ACKNOWLEDGED,
                    again_in_s=268,
                    **sbp,
                ),
            ),
        ),
        one(
            6,
            "D.O.",
            1992,
            vitals=low,
            alerts=(
                alert(
                    "6",
                    "spo2_low",
                    "high",
                    "SpO₂ 84 < 85",
                    began,
                    state=AlertState.ACKNOWLEDGED,
                    again_in_s=276,
                    **spo2,
                ),
            ),
        ),
        one(
            7,
            "P.L.",
            1960,
            devices=(device("monitor", "Cardiac monitor", at), silent, device("cuff", "NIBP module", at)),
            alerts=(alert("7", "silent", "medium", "Oximeter line silent", at - 13 * SECOND, **probe),),
            vitals=vitals(at, 69, 97, (131, 79), 14, 3),
        ),
        replace(calm("8", at), session=None, vitals=(), devices=()),
        one(
            9,
            "A.N.",
            1983,
            session=session("9", at, Phase.PLANNED, Patient("A.N.", 1983), 0),
            vitals=vitals(at, 77, 98, (128, 78), 15, 1),
        ),
        one(
            10,
            "H.G.",
            1955,
            vitals=vitals(at, 84, 96, (152, 88), 15, 1),
            alerts=(
                alert(
                    "10",
                    "sbp_high",
                    "low",
                    "SBP 152 ≥ 150",
                    at - 65 * SECOND,
                    parameter=P.NIBP_SYS,
                    value=152,
                    limit=150,
                    worst=152,
                ),
            ),
        ),
        one(
            11,
            "S.W.",
            1990,
            session=session("11", at, Phase.PAUSED, Patient("S.W.", 1990), 47 + 1 / 3),
            vitals=vitals(at, 79, 98, (129, 80), 14, 2),
        ),
        one(
            12,
            "C.F.",
            1968,
            vitals=vitals(at, 62, 96, (124, 74), 13, 4),
            alerts=(
                alert(
                    "12",
                    "spo2_low",
                    "high",
                    "SpO₂ 83 < 85",
                    at - 35 * SECOND,
                    state=AlertState.LATCHED,
                    parameter=P.SPO2,
                    value=96,
                    limit=85,
                    worst=83,
                ),
            ),
        ),
        one(
            13,
            "B.R.",
            1974,
            vitals=vitals(at, 88, 96, (164, 94), 16, 0),
            alerts=(alert("13", "sbp_high", "medium", "SBP 164 ≥ 160", at - 18 * SECOND, **sbp),),
        ),
        one(14, "K.D.", 1961, vitals=vitals(at, 124, 91, (186, 108), 22, 0), alerts=many),
        one(
            15,
            "I.M.",
            1966,
            vitals=vitals(at, 78, 97, (134, 82), 14, 8),
            nibp=NibpSchedule(300, old),
            alerts=(
                alert(
                    "15",
                    "nibp_overdue",
                    "low",
                    "NIBP overdue, every 5 min",
                    at - 160 * SECOND,
                    kind=AlertKind.TECHNICAL,
                ),
            ),
        ),
        one(16, "SIM", 1970, demo=True, vitals=vitals(at, 75, 98, (127, 79), 14, 0)),
    ]
