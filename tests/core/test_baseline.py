"""The baseline: what it is made of, what is missing for it, and that it moves only by a person with a reason. And what is charted."""

import pytest

from drivers.base.vocabulary import Parameter
from monitor.core import entries
from monitor.core.bedside import Bedside
from monitor.core.changes import Baseline, SessionChanged
from monitor.core.entries import Actor, Role
from monitor.errors import ActionNotAllowed, BadRequest
from tests.standin import DRIVERS
from tests.timetable import NURSE, Chair, clock


def prepared(*devices: str) -> Chair:
    """A patient at a chair, measured for three and a half minutes before the infusion."""
    chair = Chair(*(devices or ("oximeter", "ecg", "cuff")))
    chair.admit()
    chair.measure(spo2=97, pr=70)
    if "ecg" in chair.values:
        chair.measure(hr=70)
    chair.says("cuff", "nibp=120/80/93")
    chair.until("03:00")
    chair.measure(spo2=98)
    chair.until("03:30")
    chair.says("cuff", "nibp=131/85/100")
    return chair


def baseline(chair: Chair) -> Baseline | None:
    session = chair.bedside.view(chair.now).session
    assert session is not None
    return session.baseline


def test_it_is_the_median_of_the_readings_and_the_mean_of_two_clean_minutes() -> None:
    chair = prepared()
    changes = chair.act("lock_baseline")
    assert baseline(chair) == Baseline(chair.now, NURSE.name, 125.5, 82.5, 96.5, 97.3, 70, 2)
    told = [change for change in changes if isinstance(change, SessionChanged)]
    assert [(change.step, change.actor) for change in told] == [("baseline_locked", NURSE)]


def test_without_an_ecg_the_pulse_is_the_heart_rate_and_without_means_there_is_none() -> None:
    chair = prepared("oximeter", "cuff")
    chair.says("cuff", "nibp=124/80")
    chair.act("lock_baseline")
    locked = baseline(chair)
    assert locked is not None
    assert (locked.systolic, locked.mean, locked.hr, locked.readings) == (124, None, 70, 3)


def test_all_that_is_missing_is_named() -> None:
    chair = Chair("oximeter", "cuff")
    chair.admit()
    with pytest.raises(ActionNotAllowed) as refused:
        chair.act("lock_baseline")
    assert str(refused.value) == (
        "the baseline is not complete; missing: two NIBP readings at least 3 min apart (there is none), "
        "two minutes of SpO₂ without a flag or a gap, two minutes of heart rate without a flag or a gap"
    )


def test_two_readings_must_be_three_minutes_apart() -> None:
    chair = Chair("oximeter", "cuff")
    chair.admit()
    chair.measure(spo2=97, pr=70)
    chair.says("cuff", "nibp=120/80")
    chair.until("02:50")
    chair.says("cuff", "nibp=120/80")
    with pytest.raises(ActionNotAllowed, match="missing: an NIBP reading at least 3 min after the first"):
        chair.act("lock_baseline")


@pytest.mark.parametrize("disturbance", ["-?sensor_off", "97?artefact"])
def test_a_flag_or_a_missing_value_begins_the_two_minutes_anew(disturbance: str) -> None:
    chair = prepared()
    chair.measure(spo2=disturbance)
    chair.until("03:40")
    chair.measure(spo2=97)
    chair.until("05:30")
    with pytest.raises(ActionNotAllowed, match="missing: two minutes of SpO₂ without"):
        chair.act("lock_baseline")
    chair.until("05:40")
    chair.act("lock_baseline")


def test_a_silence_begins_the_two_minutes_anew() -> None:
    chair = prepared("oximeter", "cuff")
    chair.quiet.add("oximeter")
    chair.until("03:40")
    with pytest.raises(ActionNotAllowed, match="two minutes of SpO₂"):
        chair.act("lock_baseline")
    chair.quiet.clear()
    chair.until("04:00")
    with pytest.raises(ActionNotAllowed, match="two minutes of SpO₂"):
        chair.act("lock_baseline")


def test_what_a_demonstration_says_is_clean() -> None:
    chair = Chair("oximeter", "cuff")
    chair.admit()
    chair.measure(spo2="97?demo", pr="70?demo")
    chair.says("cuff", "nibp=120/80")
    chair.until("03:30")
    chair.says("cuff", "nibp=120/80")
    chair.act("lock_baseline")
    assert baseline(chair) is not None


def test_readings_of_before_the_admission_are_nobodys() -> None:
    chair = Chair("oximeter", "cuff")
    chair.says("cuff", "nibp=180/110")
    chair.until("05:00")
    chair.admit()
    chair.says("cuff", "nibp=120/80")
    with pytest.raises(ActionNotAllowed, match="there is 1"):
        chair.act("lock_baseline")


def test_it_is_measured_before_the_infusion_alone() -> None:
    chair = prepared()
    chair.act("start")
    with pytest.raises(
        ActionNotAllowed, match="measured before the infusion; now it can only be typed in, with a reason"
    ):
        chair.act("lock_baseline")


def test_a_locked_one_changes_only_with_a_reason() -> None:
    chair = prepared()
    chair.act("lock_baseline")
    with pytest.raises(BadRequest, match="reason"):
        chair.act("lock_baseline")
    with pytest.raises(BadRequest, match="reason"):
        chair.act("lock_baseline", systolic=118)
    chair.act("start")
    changes = chair.act(
        "lock_baseline", systolic=118, diastolic=76, reason="white coat", actor=Actor("A. Diaz", Role.PHYSICIAN)
    )
    assert [change.step for change in changes if isinstance(change, SessionChanged)] == ["baseline_changed"]
    assert baseline(chair) == Baseline(chair.now, "A. Diaz", 118, 76, None, 97.3, 70, 0, "white coat")
    chair.act("lock_baseline", hr=64, reason="read wrongly")
    changed = baseline(chair)
    assert changed is not None
    assert (changed.systolic, changed.diastolic, changed.hr) == (118, 76, 64)


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"systolic": 120}, "a systolic and a diastolic pressure"),
        ({"systolic": 80, "diastolic": 90}, "the systolic the higher one"),
        ({"systolic": 120, "diastolic": 80, "mean": 130}, "lies between the others, not at 130"),
        ({"systolic": 20, "diastolic": 10}, "systolic must be a whole number from 60 to 250"),
    ],
)
def test_a_typed_one_is_checked(values: dict[str, int], words: str) -> None:
    chair = Chair()
    chair.admit()
    with pytest.raises(BadRequest, match=words):
        chair.act("lock_baseline", reason="x", **values)


def test_it_outlives_a_restart_and_goes_with_the_patient() -> None:
    chair = prepared()
    before = chair.bedside.checkpoint()
    chair.bedside = Bedside.restore("1", DRIVERS, before)
    assert len(chair.bedside.present.cuff.resting) == 2
    chair.take(entries.Resumed(0, "restart"))
    chair.measure(spo2=97, hr=70)
    chair.until("05:40")
    chair.act("lock_baseline")
    locked = baseline(chair)
    chair.bedside = Bedside.restore("1", DRIVERS, chair.bedside.checkpoint())
    assert baseline(chair) == locked
    chair.act("close")
    with pytest.raises(ActionNotAllowed, match="no patient is admitted"):
        chair.act("lock_baseline")
    chair.admit()
    assert baseline(chair) is None


def test_what_people_chart_stands_in_the_session() -> None:
    chair = Chair()
    chair.infuse()
    chair.until("01:00")
    chair.act("chart", kind="moaas", level=4)
    chair.act("chart", kind="side_effect", term="nausea", severity="mild")
    session = chair.bedside.view(chair.now).session
    assert session is not None
    assert [(clock(e.at), e.by, e.kind, e.level, e.term, e.severity) for e in session.charted] == [
        ("01:00", NURSE.name, "moaas", 4, "", ""),
        ("01:00", NURSE.name, "side_effect", None, "nausea", "mild"),
    ]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"kind": "moaas", "level": 6}, "MOAA/S goes from 0 to 5 in whole steps"),
        ({"kind": "side_effect", "term": "hunger", "severity": "mild"}, "term must be one of: sedation, "),
        ({"kind": "side_effect", "term": "nausea", "severity": "awful"}, "severity must be one of: none, mild"),
        ({"kind": "cuff_arm", "term": "left"}, "term must be one of: same, other"),
        ({"kind": "mood"}, "kind must be one of pain, moaas"),
    ],
)
def test_what_is_no_such_thing_is_refused(arguments: dict[str, object], words: str) -> None:
    chair = Chair()
    chair.infuse()
    with pytest.raises(BadRequest, match=words):
        chair.act("chart", **arguments)


def test_nothing_is_charted_without_a_patient() -> None:
    with pytest.raises(ActionNotAllowed, match="no patient is admitted"):
        Chair().act("chart", kind="moaas", level=5)


def test_the_software_attends_nobody() -> None:
    chair = Chair("oximeter", "cuff")
    chair.infuse()
    chair.measure(spo2=97, pr=70)
    chair.act("nibp_interval", minutes=None)
    chair.until("10:00")
    chair.act("chart", kind="moaas", level=5, actor=Actor("Vigil", Role.SERVICE))
    chair.until("20:10")
    assert chair.steps() == ["20:00 unattended began low"]
    assert Parameter.SPO2 in chair.bedside.present.vitals.values
