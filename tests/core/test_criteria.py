"""What is asked for before the start and before the way home; what bars the start; a session's own steps (clinical §1.1, §1.4, §3.3)."""

from decimal import Decimal
from typing import Any

import pytest

from monitor.core.charting import side_effects
from monitor.core.entries import Actor, Role
from monitor.core.numbers import SHIPPED
from monitor.core.screening import BY_CODE, CONFIRMATIONS
from monitor.core.settings import CHARTED
from monitor.errors import ActionNotAllowed, BadRequest, NotPermitted
from tests.timetable import NURSE, SECOND, Chair, clock, instant

PHYSICIAN = Actor("B. Physician", Role.PHYSICIAN)
SCREENING: dict[str, Any] = {
    "indication": "mood disorder",
    "answers": dict.fromkeys(BY_CODE, False),
    "confirmed": dict.fromkeys(CONFIRMATIONS, True),
}
ALL_BEFORE = [
    "devices",
    "values",
    "baseline",
    "screening",
    "order",
    "limits_seen",
    "sound_heard",
    "premedication",
    "arms",
]


def unmet(chair: Chair) -> list[str]:
    return [criterion.code for criterion in chair.bedside.criteria(chair.now) if not criterion.met]


def detail(chair: Chair, code: str) -> str:
    [found] = [criterion.detail for criterion in chair.bedside.criteria(chair.now) if criterion.code == code]
    return found


def session(chair: Chair) -> Any:
    return chair.bedside.view(chair.now).session


def screening(**yes: bool) -> dict[str, Any]:
    return SCREENING | {"answers": SCREENING["answers"] | yes}


def test_an_empty_chair_asks_for_nothing() -> None:
    assert Chair().bedside.criteria(0) == ()


def test_all_is_missing_before_anything_was_done_and_all_is_met_at_the_end() -> None:
    chair = Chair("oximeter", "cuff")
    chair.admit()
    assert unmet(chair) == [code for code in ALL_BEFORE if code != "order"]
    assert detail(chair, "devices") == "not heard: Oximeter"
    assert detail(chair, "values") == "missing: SpO₂, heart rate"
    chair.measure(spo2=97, pr=70)
    chair.says("cuff", "nibp=120/75/90")
    assert detail(chair, "baseline").startswith(
        "missing: two NIBP readings at least 3 min apart (there is 1); two minutes"
    )
    chair.until("04:00")
    chair.says("cuff", "nibp=122/76/91")
    assert detail(chair, "baseline") == "measured, to be locked: 121/75.5, SpO₂ 97, HR 70"
    chair.act("lock_baseline")
    assert detail(chair, "baseline") == "121/75.5, SpO₂ 97, HR 70, by L. Moreno"
    chair.act("screen", **SCREENING)
    chair.act("chart", kind="check", term="limits_seen")
    chair.act("chart", kind="check", term="sound_heard", level=1)
    chair.act("chart", kind="drug", term="glycopyrrolate", text="0.2 mg IV")
    chair.act("chart", kind="cuff_arm", term="other")
    assert unmet(chair) == []
    assert detail(chair, "premedication") == "glycopyrrolate 0.2 mg IV"
    chair.act("start")
    assert session(chair).started.without == ()
    assert chair.bedside.criteria(chair.now) == ()


def test_a_check_can_be_taken_back_and_no_premedication_is_an_answer() -> None:
    chair = Chair()
    chair.admit()
    chair.act("chart", kind="check", term="limits_seen")
    chair.act("chart", kind="check", term="no_premedication")
    assert not {"limits_seen", "premedication"} & set(unmet(chair))
    chair.act("chart", kind="check", term="limits_seen", level=0)
    assert "limits_seen" in unmet(chair)


def test_an_ecg_stands_for_different_arms() -> None:
    chair = Chair("oximeter", "ecg")
    chair.admit()
    chair.act("chart", kind="cuff_arm", term="same")
    assert "arms" in unmet(chair)
    chair.measure(spo2=97, pr=70)
    chair.measure(hr=70)
    assert "arms" not in unmet(chair)


def test_who_starts_in_spite_of_what_is_missing_is_written_down_with_it() -> None:
    chair = Chair()
    chair.admit()
    chair.act("start", reason="known patient")
    started = session(chair).started
    assert (started.by, started.reason) == (NURSE.name, "known patient")
    assert "Baseline locked" in started.without


def test_an_absolute_answer_bars_the_start_until_a_physician_overrides_it() -> None:
    chair = Chair()
    chair.admit(screening=screening(psychosis=True))
    with pytest.raises(ActionNotAllowed, match="'Active or poorly controlled psychosis' bars the start"):
        chair.act("start", reason="in a hurry")
    assert "screening" in unmet(chair)
    with pytest.raises(NotPermitted, match="may be overridden by a physician"):
        chair.act("screen", **screening(psychosis=True), reason="seen")
    chair.act("screen", actor=PHYSICIAN, **screening(psychosis=True), reason="in remission for years")
    assert "screening" not in unmet(chair)
    told = "Active or poorly controlled psychosis; overridden by B. Physician: in remission for years"
    assert detail(chair, "screening") == told
    chair.act("start")


def test_an_escort_that_is_not_confirmed_is_asked_for() -> None:
    chair = Chair()
    chair.admit(screening=SCREENING | {"confirmed": SCREENING["confirmed"] | {"escort": False}})
    assert "home" in unmet(chair)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ("no", "screening has indication, answers, confirmed, reason"),
        ({"mood": 1}, "screening has indication"),
        (SCREENING | {"reason": 5}, "reason must be a text"),
        (SCREENING | {"reason": "x" * 201}, "reason must be a text of up to 200"),
    ],
)
def test_a_screening_that_is_none_is_refused(given: Any, said: str) -> None:
    with pytest.raises(BadRequest, match=said):
        Chair().admit(screening=given)


def test_the_questions_are_asked_before_the_infusion() -> None:
    chair = Chair()
    chair.infuse()
    with pytest.raises(ActionNotAllowed, match="before the infusion begins"):
        chair.act("screen", **SCREENING)


# The order


@pytest.mark.parametrize(
    ("weight", "order", "asks"),
    [
        ("78", {"kind": "rate", "rate_mg_h": "78", "duration_min": 90}, ()),
        (
            "78",
            {"kind": "rate", "rate_mg_h": "78.5", "duration_min": 90},
            ("1.01 mg/kg/h is above the low-dose range of 1 mg/kg/h",),
        ),
        ("60", {"kind": "dose", "dose_mg_kg": "2", "duration_min": 120}, ()),
        (
            "60",
            {"kind": "dose", "dose_mg_kg": "2.001", "duration_min": 150},
            ("2.01 mg/kg in all is more than 2 mg/kg",),
        ),
        ("150", {"kind": "rate", "rate_mg_h": "100", "duration_min": 121}, ("201.67 mg in all is more than 200 mg",)),
        ("78", {"kind": "dose", "dose_mg_kg": "0.1", "duration_min": 19}, ("19 min is outside 20 to 300 min",)),
        ("78", {"kind": "rate", "rate_mg_h": "10", "duration_min": 301}, ("301 min is outside 20 to 300 min",)),
        (
            "34.9",
            {"kind": "dose", "dose_mg_kg": "0.5", "duration_min": 40},
            ("a weight of 34.9 kg is outside 35 to 200 kg",),
        ),
    ],
)
def test_what_is_unusual_of_an_order_is_asked_of_a_physician(weight: str, order: Any, asks: tuple[str, ...]) -> None:
    chair = Chair()
    chair.admit(weight_kg=weight, order=order)
    assert session(chair).asks == asks
    assert ("order" in unmet(chair)) is bool(asks)


def test_a_confirmation_is_a_physicians_and_another_rate_is_asked_anew() -> None:
    chair = Chair()
    chair.infuse(order={"kind": "rate", "rate_mg_h": "80", "duration_min": 60})
    with pytest.raises(NotPermitted, match="confirmed by a physician"):
        chair.act("confirm_order")
    chair.act("confirm_order", actor=PHYSICIAN)
    assert session(chair).asks == ()
    assert (session(chair).confirmed.by, len(session(chair).confirmed.asks)) == (PHYSICIAN.name, 1)
    with pytest.raises(ActionNotAllowed, match="nothing of the order waits"):
        chair.act("confirm_order", actor=PHYSICIAN)
    chair.act("change_rate", rate_mg_h="90")
    assert session(chair).asks == ("1.16 mg/kg/h is above the low-dose range of 1 mg/kg/h",)
    chair.act("confirm_order", actor=PHYSICIAN)
    assert len(session(chair).confirmed.asks) == 2


def test_an_order_in_millilitres_takes_the_concentration() -> None:
    chair = Chair()
    order = {"kind": "rate_by_volume", "rate_ml_h": "30", "duration_min": 90}
    with pytest.raises(BadRequest, match="needs concentration_mg_ml"):
        chair.admit(order=order)
    chair.admit(order=order, concentration_mg_ml="2")
    assert (session(chair).rate_mg_h, session(chair).total_mg, session(chair).order) == (60, 90, "30 mL/h over 90 min")


def test_a_bolus_counts_at_once_and_against_the_order() -> None:
    chair = Chair()
    chair.infuse(order={"kind": "rate", "rate_mg_h": "60", "duration_min": 60})
    chair.until("10:00")
    chair.act("bolus", bolus_mg="12.5")
    assert session(chair).dose_mg == Decimal("22.5")
    assert session(chair).total_mg == 60
    assert [(clock(one.at), one.mg, one.by) for one in session(chair).boluses] == [
        ("10:00", Decimal("12.5"), NURSE.name)
    ]
    chair.act("pause", reason="nausea")
    with pytest.raises(ActionNotAllowed, match="'bolus' is not possible: the infusion is paused"):
        chair.act("bolus", bolus_mg="5")
    chair.act("resume")
    with pytest.raises(BadRequest, match=r"bolus_mg must be 0\.5 to 100 mg"):
        chair.act("bolus", bolus_mg="500")


# The way home


PROTOCOL = {"name": "0.5 mg/kg over 40 min", "tier": "low", "nibp_interval_min": 10, "recovery_min": 30}


def recovering(**order: Any) -> Chair:
    chair = Chair("oximeter", "cuff")
    chair.admit(**order)
    chair.act("lock_baseline", systolic=120, diastolic=80, spo2=97, hr=70, reason="from the last visit")
    chair.act("start")
    chair.until("10:00")
    chair.act("stop")
    return chair


ALL_AFTER = [
    "aldrete",
    "pressures",
    "recovery_check",
    "moaas",
    "oriented",
    "steady_gait",
    "nausea",
    "dissociation",
    "time",
    "escort_here",
    "handout_given",
]


def test_nothing_is_met_when_recovery_begins_and_all_when_all_was_seen() -> None:
    chair = recovering()
    assert unmet(chair) == ALL_AFTER
    assert detail(chair, "pressures") == "no reading in recovery, baseline 120/80"
    chair.until("15:00")
    chair.says("cuff", "nibp=150/80/100")
    chair.until("20:00")
    chair.says("cuff", "nibp=144/96/110")
    chair.until("29:59")
    chair.says("cuff", "nibp=100/70/80")
    assert "pressures" in unmet(chair)
    chair.until("30:00")
    chair.says("cuff", "nibp=96/64/75")
    assert "pressures" not in unmet(chair)
    chair.act("chart", kind="aldrete", points=[2, 2, 2, 2, 1])
    chair.act("chart", kind="moaas", level=5)
    for code in ("nausea", "dissociation"):
        chair.act("chart", kind=code, level=1)
    for code in ("oriented", "steady_gait", "escort_here", "handout_given"):
        chair.act("chart", kind="check", term=code)
    assert unmet(chair) == ["time"]
    assert detail(chair, "recovery_check") == "0 min ago"
    chair.until("39:59")
    assert (unmet(chair), detail(chair, "time")) == (["time"], "29 min")
    chair.until("40:00")
    assert unmet(chair) == []
    chair.act("close", handover="drank, voided")
    closed = session(chair)
    assert (closed.left.by, closed.left.without, closed.handover) == (NURSE.name, (), "drank, voided")
    assert clock(closed.returned_at) == "20:00"


def test_what_was_charted_before_the_end_does_not_count_for_the_way_home() -> None:
    chair = Chair("oximeter", "cuff")
    chair.infuse()
    chair.act("chart", kind="moaas", level=5)
    chair.act("chart", kind="check", term="escort_here")
    chair.until("01:00")
    chair.act("stop")
    assert unmet(chair) == ALL_AFTER
    assert detail(chair, "pressures") == "no baseline is locked"
    assert detail(chair, "moaas") == "not charted since the end"


@pytest.mark.parametrize(
    ("kind", "given", "told"),
    [
        ("aldrete", {"points": [2, 2, 2, 2, 0]}, "charted 8"),
        ("moaas", {"level": 4}, "charted 4"),
        ("nausea", {"level": 2}, "charted 2"),
        ("dissociation", {"level": 2}, "charted 2"),
    ],
)
def test_what_was_seen_and_is_not_enough_is_told(kind: str, given: dict[str, Any], told: str) -> None:
    chair = recovering()
    chair.act("chart", kind=kind, **given)
    assert kind in unmet(chair)
    assert detail(chair, kind) == told


def test_after_more_than_half_a_milligram_per_kilogram_recovery_takes_an_hour() -> None:
    chair = recovering(weight_kg="78", order={"kind": "dose", "dose_mg_kg": "0.6", "duration_min": 10})
    chair.until("69:59")
    assert "time" in unmet(chair)
    chair.until("70:00")
    assert "time" not in unmet(chair)


@pytest.mark.parametrize("minutes", [45, 5])
def test_a_protocols_recovery_is_the_least_but_never_less_than_the_doses(minutes: int) -> None:
    chair = recovering(protocol=PROTOCOL | {"recovery_min": minutes})
    shown = next(one.text for one in chair.bedside.criteria(chair.now) if one.code == "time")
    assert shown == f"{max(30, minutes)} min since the end"
    chair.now = instant("10:00") + (max(30, minutes) - 1) * 60 * SECOND
    assert "time" in unmet(chair)
    chair.now += 60 * SECOND
    assert "time" not in unmet(chair)


def test_a_pressure_of_long_ago_says_nothing_of_who_goes_home() -> None:
    chair = recovering()
    chair.says("cuff", "nibp=120/80")
    assert "recovery_check" not in unmet(chair)
    chair.now = instant("28:00") - 1
    assert "recovery_check" not in unmet(chair)
    chair.now = instant("28:00")
    assert "recovery_check" in unmet(chair)
    assert detail(chair, "recovery_check") == "18 min ago"


def test_who_closes_in_spite_of_what_is_missing_is_written_down_with_it() -> None:
    chair = recovering()
    chair.act("close", reason="left against advice")
    left = session(chair).left
    assert left.reason == "left against advice"
    assert len(left.without) == len(ALL_AFTER)


def test_a_planned_session_is_withdrawn_without_criteria() -> None:
    chair = Chair()
    chair.admit()
    chair.act("close", reason="not today")
    assert session(chair).left.without == ()
    assert session(chair).charting_due_at is None


# Charting


def test_each_kind_is_charted_as_it_was_said() -> None:
    chair = Chair()
    chair.infuse()
    for given in (
        {"kind": "pain", "level": 3},
        {"kind": "side_effect", "term": "nausea", "severity": "mild", "text": "ondansetron asked for"},
        {"kind": "drug", "term": " ondansetron ", "text": "4 mg IV"},
        {"kind": "line_site", "term": "clean"},
        {"kind": "pump", "term": "running", "text": "45 mg given"},
        {"kind": "padss", "points": [2, 2, 1, 2, 2]},
        {"kind": "note", "text": "asks for music"},
        {"kind": "emergency"},
    ):
        chair.act("chart", **given)
    assert [(e.kind, e.term, e.level, e.severity, e.text, e.points) for e in session(chair).charted] == [
        ("pain", "", 3, "", "", ()),
        ("side_effect", "nausea", None, "mild", "ondansetron asked for", ()),
        ("drug", "ondansetron", None, "", "4 mg IV", ()),
        ("line_site", "clean", None, "", "", ()),
        ("pump", "running", None, "", "45 mg given", ()),
        ("padss", "", 9, "", "", (2, 2, 1, 2, 2)),
        ("note", "", None, "", "asks for music", ()),
        ("emergency", "", None, "", "", ()),
    ]


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"kind": "pain", "level": 11}, r"Pain \(NRS\) goes from 0 to 10"),
        ({"kind": "pain", "level": 1, "term": "knee"}, "'pain' has no term"),
        ({"kind": "aldrete", "points": [2]}, "aldrete has 5 items"),
        ({"kind": "drug", "term": "", "text": "4 mg"}, "term must name the drug"),
        ({"kind": "drug", "term": "ondansetron"}, "text must have 1 to 500"),
        ({"kind": "pump", "term": "fine"}, "term must be one of: running"),
        ({"kind": "check", "term": "all_well"}, "term must be one of: limits_seen"),
        ({"kind": "check", "term": "oriented", "level": 2}, "level of a check is 1"),
        ({"kind": "note", "text": "x" * 501}, "text must have 1 to 500"),
        ({"kind": "note", "text": 5}, "text must have"),
        ({"kind": "side_effect", "term": "hunger", "severity": "mild"}, "term must be one of: sedation"),
    ],
)
def test_what_cannot_be_charted_is_told(given: dict[str, Any], said: str) -> None:
    chair = Chair()
    chair.infuse()
    with pytest.raises(BadRequest, match=said):
        chair.act("chart", **given)


def test_scales_are_due_by_the_rhythm_and_only_scales_meet_it() -> None:
    chair = Chair()
    chair.admit()
    assert clock(session(chair).charting_due_at) == "00:00"
    chair.act("chart", kind="pain", level=2)
    chair.act("start")
    assert clock(session(chair).charting_due_at) == "10:00"
    chair.until("06:00")
    chair.act("chart", kind="note", text="asleep")
    assert clock(session(chair).charting_due_at) == "10:00"
    chair.act("chart", kind="moaas", level=4)
    assert clock(session(chair).charting_due_at) == "25:00"


@pytest.mark.parametrize(
    ("charted", "counts"),
    [
        ([("dissociation", 3)], {"dissociation": "severe"}),
        ([("dissociation", 2)], {}),
        ([("anxiety", 7)], {"anxiety": "severe"}),
        ([("anxiety", 8), ("anxiety", 6)], {}),
        ([("nausea", 3), ("pain", 9)], {}),
    ],
)
def test_a_scale_at_its_height_counts_as_its_side_effect(
    charted: list[tuple[str, int]], counts: dict[str, str]
) -> None:
    chair = Chair()
    chair.infuse()
    for kind, level in charted:
        chair.act("chart", kind=kind, level=level)
    assert side_effects(session(chair).charted, chair.now, SHIPPED.us(CHARTED)) == counts
