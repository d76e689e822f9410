"""The session: its table of moves, its dose, what an order may hold, and who may do what."""

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from drivers.base.vocabulary import Priority
from monitor.core.changes import Phase, RateStep
from monitor.core.entries import Actor, Beat, Configured, OperatorAction, Role
from monitor.core.infusion import dose_mg, infused_us, plan_from
from monitor.core.limits import preset
from monitor.core.session import MOVES, next_phase
from monitor.errors import ActionNotAllowed, BadRequest, ConfigError, NotFound, NotPermitted
from tests.timetable import NURSE, START, Chair, clock, instant

PHYSICIAN = Actor("Dr. Haas", Role.PHYSICIAN)


def order(kind: str, amount: str, minutes: int) -> dict[str, Any]:
    names = {"dose": "dose_mg_kg", "rate_by_weight": "rate_mg_kg_h", "rate": "rate_mg_h"}
    return {"kind": kind, names[kind]: amount, "duration_min": minutes}


@pytest.mark.parametrize(
    ("given_order", "rate", "total", "text"),
    [
        (order("dose", "0.5", 40), "58.5", "39.0", "0.5 mg/kg over 40 min"),
        (order("rate_by_weight", "0.3", 60), "23.4", "23.4", "0.3 mg/kg/h over 60 min"),
        (order("rate", "60", 90), "60", "90", "60 mg/h over 90 min"),
    ],
)
def test_any_two_of_an_order_give_the_third(given_order: dict[str, Any], rate: str, total: str, text: str) -> None:
    plan = plan_from("78", given_order, None)
    assert (plan.rate_mg_h, plan.total_mg, plan.text) == (Decimal(rate), Decimal(total), text)


@pytest.mark.parametrize(
    ("weight", "given_order", "sentence"),
    [
        ("19.9", order("rate", "60", 90), "weight_kg must be 20 to 300 kg, not 19.9"),
        (78.5, order("rate", "60", 90), "weight_kg must be a decimal string"),
        (True, order("rate", "60", 90), "weight_kg must be a decimal string"),
        ("78 kg", order("rate", "60", 90), "weight_kg must be a decimal number in kg"),
        ("NaN", order("rate", "60", 90), "weight_kg must be 20 to 300 kg"),
        (None, order("rate", "60", 90), "weight_kg must be a decimal string"),
        ("78", None, "order must have a kind"),
        ("78", {"kind": "bolus"}, "order must have a kind"),
        ("78", order("rate", "60", 90) | {"x": 1}, "an order of kind rate has"),
        ("78", order("rate", "60", 4), "duration_min must be 5 to 480 min"),
        ("78", order("rate", "60", 0) | {"duration_min": "7.33"}, "whole number of seconds"),
        ("20", order("rate", "400", 10), "up to 5 mg/kg/h"),
        ("300", order("dose", "5", 60), "0.5 to 500 mg/h"),
    ],
)
def test_an_order_out_of_bounds_is_refused_in_a_sentence(weight: Any, given_order: Any, sentence: str) -> None:
    with pytest.raises(BadRequest, match=sentence.replace("(", "\\(")):
        plan_from(weight, given_order, None)


def test_times_and_dose_follow_the_rate_history() -> None:
    chair = Chair("oximeter")
    chair.infuse(concentration_mg_ml="2", patient_id="0815")
    chair.until("30:00")
    chair.act("change_rate", rate_mg_h="45", reason="blood pressure")
    chair.until("60:00")
    chair.act("pause", reason="nausea")
    chair.until("70:00")
    session = chair.bedside.view(chair.now).session
    assert session is not None
    assert (session.phase, session.pause_reason, session.planned_end_at) == (Phase.PAUSED, "nausea", None)
    assert session.dose_mg == Decimal("52.500")
    assert session.total_mg == Decimal("75")
    assert session.rate_ml_h == Decimal("22.5")
    chair.act("change_rate", rate_mg_h="30")
    chair.act("resume")
    session = chair.bedside.view(chair.now).session
    assert session is not None
    assert session.planned_end_at is not None
    assert clock(session.planned_end_at) == "100:00"
    assert session.total_mg == Decimal("67.5")
    chair.until("100:00")
    chair.act("stop", reason="done")
    chair.until("110:00")
    session = chair.bedside.view(chair.now).session
    assert session is not None
    assert (session.dose_mg, session.infused_us) == (Decimal("67.500"), 90 * 60_000_000)
    assert session.dose_mg_kg == Decimal("0.865")
    assert session.phase is Phase.RECOVERY
    assert session.planned_end_at == instant("100:00")


@given(st.lists(st.tuples(st.integers(1, 10**9), st.integers(0, 300_000)), max_size=8), st.integers(0, 10**10))
@settings(deadline=None)
def test_dose_is_the_integral_of_the_rate_history_to_the_microgram(runs: list[tuple[int, int]], beyond: int) -> None:
    steps, at, integral = [], START, 0
    for gap, rate in runs:
        at += gap
        steps.append(RateStep(at, Decimal(rate) / 1000))
    until = START + beyond
    for step, end in zip(steps, [*(step.at for step in steps[1:]), until], strict=True) if steps else ():
        integral += int(step.rate_mg_h * 1000) * max(0, min(end, until) - step.at)
    assert abs(dose_mg(steps, until) * 1000 - Decimal(integral) / 3_600_000_000) < Decimal("0.000001")
    assert 0 <= infused_us(steps, until) <= max(0, until - START)


def test_the_table_refuses_everything_else_and_names_what_is_possible() -> None:
    actions = {action for _, action in MOVES}
    chair = Chair("oximeter")
    chair.admit()
    session = chair.bedside.present.session
    assert session is not None
    for action in actions - {"start", "close"}:
        with pytest.raises(ActionNotAllowed, match="the session is planned; possible now: start, close"):
            next_phase(session, action)
    with pytest.raises(ActionNotAllowed, match="no patient is admitted; possible now: admit"):
        next_phase(None, "start")


def test_from_admission_to_closing_and_again() -> None:
    chair = Chair("oximeter")
    chair.infuse()
    chair.measure(spo2=97)
    chair.act("stop")
    chair.act("close")
    assert chair.bedside.view(chair.now).session.phase is Phase.CLOSED  # type: ignore[union-attr]
    chair.measure(spo2=80)
    chair.until("01:00")
    assert chair.steps() == []
    chair.take(Configured(chair.config, "0.1.0"))
    assert chair.bedside.view(chair.now).session is None
    chair.admit()
    chair.act("close")


def test_closing_waits_for_a_high_alert_to_be_seen() -> None:
    chair = Chair("oximeter")
    chair.infuse()
    chair.measure(spo2=80)
    chair.until("00:10")
    chair.act("stop")
    with pytest.raises(ActionNotAllowed, match="awaits acknowledgement"):
        chair.act("close")
    chair.act("acknowledge", alert=chair.open["spo2_low"].id)
    chair.act("audio_pause")
    chair.act("close")
    assert not chair.open
    assert chair.bedside.view(chair.now).audio_paused_until is None


@pytest.mark.parametrize("role", [Role.OBSERVER, Role.ADMINISTRATOR])
def test_only_clinical_roles_act(role: Role) -> None:
    chair = Chair("oximeter")
    with pytest.raises(NotPermitted, match=f"signed in as {role}"):
        chair.act("admit", actor=Actor("A. B.", role))


@pytest.mark.parametrize(
    ("action", "arguments", "sentence"),
    [
        ("explode", {}, "there is no action 'explode'"),
        ("resume", {"now": 1}, "'resume' knows no 'now'; known are: none"),
        ("pause", {}, "reason must be a text of 1 to 200"),
        ("change_rate", {"rate_mg_h": "0"}, "rate_mg_h must be 0.5 to 500"),
        ("change_rate", {"rate_mg_h": "500"}, "up to 5 mg/kg/h"),
        ("nibp_interval", {}, "minutes must be a whole number from 1 to 60, or null"),
        ("nibp_interval", {"minutes": 0}, "minutes must be a whole number from 1 to 60"),
        ("set_limit", {"code": "spo2_low", "priority": "urgent"}, "priority must be low, medium, high"),
        ("set_limit", {"code": "spo2_low", "priority": "high", "value": "x"}, "value must be a number"),
        ("set_limit", {"code": "spo2_low", "priority": "high", "value": 84.5}, "value must be a number"),
    ],
)
def test_wrong_arguments_get_a_sentence(action: str, arguments: dict[str, Any], sentence: str) -> None:
    chair = Chair("oximeter")
    chair.infuse()
    with pytest.raises(BadRequest, match=sentence):
        chair.act(action, **arguments)


@pytest.mark.parametrize(
    ("name", "value"), [("initials", ""), ("initials", 7), ("birth_year", 1850), ("patient_id", 5)]
)
def test_a_patient_is_told_apart_by_little(name: str, value: object) -> None:
    with pytest.raises(BadRequest, match=name):
        Chair("oximeter").admit(**{name: value})


def test_an_action_that_came_too_late_is_void() -> None:
    chair = Chair("oximeter")
    seen = chair.take(OperatorAction(NURSE, "start", {}))
    assert seen == []


@pytest.mark.parametrize(
    ("code", "priority", "value", "sentence"),
    [
        ("spo2_low", "high", "79", "spo2_low must be a whole number from 80 to 98"),
        ("hr_high", "high", "181", "from 70 to 180"),
        ("sbp_high", "high", "221", "from 110 to 220"),
        ("spo2_low", "high", "84.5", "whole number"),
        ("spo2_low", "high", "90", "must grow more urgent.*low ≤ 93, medium < 90, high < 90"),
        ("hr_high", "low", "69", "from 70 to 180"),
    ],
)
def test_a_limit_stays_within_its_bounds(code: str, priority: str, value: str, sentence: str) -> None:
    chair = Chair("oximeter")
    chair.infuse()
    with pytest.raises(BadRequest, match=sentence):
        chair.act("set_limit", code=code, priority=priority, value=value, reason="x")


def test_a_low_and_a_high_limit_stay_apart() -> None:
    chair = Chair("oximeter")
    chair.infuse()
    chair.act("set_limit", code="hr_low", priority="low", value="80", reason="x")
    with pytest.raises(BadRequest, match="hr_low and hr_high must stay 20 apart, not 19"):
        chair.act("set_limit", code="hr_high", priority="low", value="99", reason="x")


def test_the_clinics_pre_set_is_checked_like_any_change() -> None:
    assert preset({"spo2_low.high": Decimal(84)})["spo2_low", Priority.HIGH].preset == 84
    with pytest.raises(ConfigError, match=r"knows no 'spo2.high'; known are spo2_low.low"):
        preset({"spo2.high": Decimal(84)})
    with pytest.raises(ConfigError, match="from 80 to 98"):
        preset({"spo2_low.high": Decimal(70)})


def test_limits_belong_to_a_session() -> None:
    chair = Chair("oximeter")
    change = {"code": "spo2_low", "priority": "high", "value": "84", "reason": "known lung disease"}
    with pytest.raises(ActionNotAllowed, match="admit the patient first"):
        chair.act("set_limit", **change)
    chair.infuse()
    chair.measure(spo2=84)
    with pytest.raises(NotPermitted, match=r"a high limit is widened by a physician; L\. Moreno is signed in as nurse"):
        chair.act("set_limit", **change)
    chair.act("set_limit", actor=PHYSICIAN, **change)
    limit = next(limit for limit in chair.bedside.view(chair.now).limits if limit.changed_by)
    assert (limit.code, str(limit.value), str(limit.preset), limit.changed_by) == ("spo2_low", "84", "85", "Dr. Haas")
    chair.until("01:00")
    assert chair.open["spo2_low"].priority == "medium"
    with pytest.raises(NotFound, match="there is no limit rr_lower"):
        chair.act("set_limit", **(change | {"code": "rr_lower"}))
    chair.act("stop")
    chair.act("close")
    chair.admit()
    assert not [limit for limit in chair.bedside.view(chair.now).limits if limit.changed_by]


def test_a_nurse_narrows_a_high_limit_and_takes_it_back_to_the_clinics() -> None:
    chair = Chair("oximeter")
    chair.infuse()
    for code, values in {"hr_high": ("135", "140"), "hr_low": ("42", "40")}.items():
        for value in values:
            chair.act("set_limit", code=code, priority="high", value=value, reason="x")
    with pytest.raises(NotPermitted):
        chair.act("set_limit", code="hr_high", priority="high", value="141", reason="x")
    chair.act("set_limit", actor=PHYSICIAN, code="hr_high", priority="high", value="150", reason="x")
    chair.act("set_limit", code="hr_high", priority="high", value="145", reason="narrower again")
    chair.act("set_limit", code="hr_high", priority="medium", value="130", reason="not a high one")


PROTOCOL = {"name": "0.5 mg/kg over 40 min", "tier": "low", "nibp_interval_min": 10, "recovery_min": 30}


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"tier": "deep"}, "the tier of a protocol is one of low, pain, dissociative, not 'deep'"),
        ({"name": " "}, "1 to 80 characters"),
        ({"recovery_min": 481}, "recovery_min of a protocol must be 0 to 480 whole minutes, not 481"),
        ({"nibp_interval_min": True}, "nibp_interval_min of a protocol must be 1 to 60"),
        ({"dose": 1}, "protocol has name, tier, nibp_interval_min, recovery_min, and may have charting_first_min"),
        ({"charting_every_min": 0}, "charting_every_min of a protocol must be 1 to 60"),
    ],
)
def test_a_protocol_that_cannot_be_is_refused(wrong: dict[str, Any], sentence: str) -> None:
    with pytest.raises(BadRequest, match=sentence):
        Chair().admit(protocol=PROTOCOL | wrong)


def test_the_session_tells_the_protocol_and_its_tier_asks() -> None:
    chair = Chair("oximeter")
    chair.admit(protocol=PROTOCOL, order=order("rate_by_weight", "0.8", 60))
    view = chair.bedside.view(chair.now).session
    assert view is not None
    assert view.protocol is not None
    assert (view.protocol.name, view.protocol.recovery_min) == ("0.5 mg/kg over 40 min", 30)
    assert view.asks == ("0.8 mg/kg/h is above the 0.75 mg/kg/h of the protocol's tier",)


@pytest.mark.parametrize(
    ("rhythm", "due"), [({}, "10:00"), ({"charting_first_min": 5, "charting_every_min": 20}, "05:00")]
)
def test_scales_are_due_by_the_protocols_rhythm(rhythm: dict[str, int], due: str) -> None:
    chair = Chair("oximeter")
    chair.admit(protocol=PROTOCOL | rhythm)
    chair.act("chart", kind="moaas", level=5)
    chair.now += 1
    chair.act("start")
    view = chair.bedside.view(chair.now).session
    assert view is not None
    assert view.charting_due_at is not None
    assert clock(view.charting_due_at - 1) == due


@pytest.mark.parametrize(("last", "asks"), [("78", 0), ("71", 0), ("86.6", 0), ("70.9", 1), ("86.7", 1), (None, 0)])
def test_a_weight_far_from_the_last_visits_is_asked(last: str | None, asks: int) -> None:
    chair = Chair()
    chair.admit(weight_kg="78", last_weight_kg=last)
    view = chair.bedside.view(chair.now).session
    assert view is not None
    assert len(view.asks) == asks
    if asks:
        assert f"78 kg is more than 10 % off the {last} kg of the last visit" in view.asks[0]
        chair.act("confirm_order", actor=PHYSICIAN)


def test_rule_r19_rate_above_the_tier() -> None:
    chair = Chair("oximeter")
    chair.infuse(order=order("rate_by_weight", "0.9", 60), weight_kg="70")
    chair.measure(spo2=97)
    assert "dose_rate" not in chair.open
    chair.act("change_rate", rate_mg_h="70.1")
    assert chair.open["dose_rate"].priority == "medium"
    assert chair.open["dose_rate"].text.startswith(
        "1.01 mg/kg/h is above the low-dose range of 1 mg/kg/h; no physician"
    )
    chair.act("pause", reason="nausea")
    assert "dose_rate" not in chair.open
    chair.act("resume")
    assert "dose_rate" in chair.open
    chair.act("confirm_order", actor=PHYSICIAN)
    assert "dose_rate" not in chair.open


def test_rule_r20_over_the_clinics_maximum() -> None:
    chair = Chair("oximeter", max_dose_mg=Decimal(20))
    chair.infuse()  # 60 mg/h
    chair.measure(spo2=97)
    chair.act("bolus", bolus_mg="10")
    chair.now = instant("10:00")
    chair.take(Beat())
    assert "max_dose" not in chair.open
    chair.act("bolus", bolus_mg="0.5")
    chair.act("pause", reason="nausea")
    alert = chair.open["max_dose"]
    assert (alert.priority, clock(alert.began)) == ("high", "10:00")
    assert alert.text == "Over the clinic's maximum of 20 mg, by this clock"
    chair.act("stop")
    assert "max_dose" not in chair.open


@pytest.mark.parametrize(
    ("mg", "at"),
    [
        ("9.9", "09:54"),
        ("10", "10:00"),
        ("14", "10:00"),
        ("15", "20:00"),
        ("19", "24:00"),
        ("21", "26:00"),
        ("30", "35:00"),
    ],
)
def test_when_a_dose_is_reached_counts_rates_pauses_and_boluses(mg: str, at: str) -> None:
    chair = Chair("oximeter")
    chair.infuse()  # 60 mg/h: 10 mg at 10:00, a bolus of 5 there, paused to 20:00, 6 mg more by 26:00, then twice as fast from 40:00
    for when, action, arguments in (
        ("10:00", "bolus", {"bolus_mg": "5"}),
        ("10:00", "pause", {"reason": "x"}),
        ("20:00", "resume", {}),
        ("40:00", "change_rate", {"rate_mg_h": "120"}),
    ):
        chair.now = instant(when)
        chair.act(action, **arguments)
    session = chair.bedside.present.session
    assert session is not None
    reached = session.reaches(Decimal(mg))
    assert reached is not None
    assert 0 <= reached - instant(at) <= 1


def test_a_dose_that_a_paused_infusion_does_not_reach_is_never_reached() -> None:
    chair = Chair("oximeter")
    chair.infuse()
    chair.now = instant("10:00")
    chair.act("pause", reason="x")
    session = chair.bedside.present.session
    assert session is not None
    assert session.reaches(Decimal(11)) is None
    assert session.reaches(Decimal(9)) is not None


def test_a_new_limit_is_looked_at_at_once() -> None:
    chair = Chair("oximeter")
    chair.infuse()
    chair.measure(spo2=95)
    chair.until("01:00")
    chair.act("set_limit", code="spo2_low", priority="low", value="95", reason="watch closely")
    chair.until("01:30")
    assert chair.steps() == ["01:30 spo2_low began low"]
