"""The life of alerts: acknowledging, rising, latching, sounding again, and the audio pause."""

import pytest

from drivers.base.vocabulary import Priority
from monitor.core import entries
from monitor.core.alerts import LIFE, Event
from monitor.core.bedside import Bedside
from monitor.core.changes import AlertChanged, AlertsGrouped, AlertState, AlertView, AudioPauseChanged
from monitor.core.entries import Actor, Role
from monitor.errors import ActionNotAllowed, BadRequest, NotFound
from tests.standin import DRIVERS
from tests.timetable import Chair, clock, play


def desaturated(value: int = 88) -> Chair:
    """A chair whose SpO2 alert began at 00:15 (medium) or 00:05 (high)."""
    chair = Chair()
    chair.infuse()
    chair.measure(spo2=value, pr=74, hr=75)
    chair.until("00:15")
    return chair


def test_an_alert_tells_all_a_person_needs() -> None:
    chair = desaturated()
    chair.measure(spo2=86)
    alert = chair.open["spo2_low"]
    assert alert.id == f"1:spo2_low:{alert.began}"
    assert clock(alert.began) == "00:15"
    assert (alert.number, alert.value, alert.limit, alert.worst) == ("1", 86, 90, 86)
    assert alert.sounding
    assert alert.latching
    assert alert.response.startswith("Limit passed; clinic rule:")


def test_the_cause_is_the_entry_that_set_the_condition_going() -> None:
    chair = Chair("oximeter")
    chair.infuse()
    chair.measure(spo2=97)
    chair.until("01:00")
    chair.measure(spo2=88)
    began = chair.seq
    chair.until("02:00")
    assert chair.open["spo2_low"].cause == began


def test_acknowledged_by_a_person_it_is_silent() -> None:
    chair = desaturated()
    chair.act("acknowledge", alert=chair.open["spo2_low"].id)
    alert = chair.open["spo2_low"]
    assert alert.state is AlertState.ACKNOWLEDGED
    assert not alert.sounding
    assert alert.acknowledged_by is not None
    assert alert.acknowledged_by.name == "L. Moreno"
    assert alert.sounds_again_at is not None
    assert clock(alert.sounds_again_at) == "05:15"


def test_acknowledging_twice_is_refused_with_the_name() -> None:
    chair = desaturated()
    alert = chair.open["spo2_low"].id
    chair.act("acknowledge", alert=alert)
    with pytest.raises(ActionNotAllowed, match=r"already acknowledged by L. Moreno"):
        chair.act("acknowledge", actor=Actor("Dr. Haas", Role.PHYSICIAN), alert=alert)
    chair.measure(spo2=97)
    chair.until("01:00")
    with pytest.raises(NotFound, match="no open alert"):
        chair.act("acknowledge", alert=alert)


@pytest.mark.parametrize(("value", "again"), [(84, "02:20"), (88, "05:20")])
def test_acknowledged_it_sounds_again_after_2_min_when_high_5_when_medium(value: int, again: str) -> None:
    priority = "high" if value < 85 else "medium"
    began = "00:05" if value < 85 else "00:15"
    play(f"""
        at 00:00 spo2 {value}
        expect {began} spo2_low began {priority}
        at 00:20 acknowledge spo2_low
        expect 00:20 spo2_low acknowledged {priority}
        expect {again} spo2_low realarmed {priority}
        at 05:20 spo2 {value}
    """)


def test_a_low_alert_never_sounds() -> None:
    chair = desaturated(93)
    chair.until("01:00")
    assert chair.open["spo2_low"].priority is Priority.LOW
    assert not chair.open["spo2_low"].sounding
    chair.act("acknowledge", alert=chair.open["spo2_low"].id)
    assert chair.open["spo2_low"].sounds_again_at is None


def test_a_rise_is_the_same_alert_unacknowledged_anew() -> None:
    play("""
        at 00:00 spo2 88
        expect 00:15 spo2_low began medium
        at 00:20 acknowledge spo2_low
        expect 00:20 spo2_low acknowledged medium
        at 01:00 spo2 84
        expect 01:05 spo2_low rose high
        at 01:10 acknowledge spo2_low
        expect 01:10 spo2_low acknowledged high
        at 01:30 spo2 88
        expect 01:40 spo2_low fell medium
        expect 06:10 spo2_low realarmed medium
    """)


def test_a_high_that_was_acknowledged_ends_when_its_condition_does() -> None:
    play("""
        at 00:00 spo2 84
        expect 00:05 spo2_low began high
        at 00:10 acknowledge spo2_low
        expect 00:10 spo2_low acknowledged high
        at 00:20 spo2 97
        expect 00:30 spo2_low ended high
    """)


def test_a_high_that_sounded_again_unseen_latches() -> None:
    play("""
        at 00:00 spo2 84
        expect 00:05 spo2_low began high
        at 00:10 acknowledge spo2_low
        expect 00:10 spo2_low acknowledged high
        expect 02:10 spo2_low realarmed high
        at 02:20 spo2 97
        expect 02:30 spo2_low latched high
    """)


def test_a_latched_alert_tells_the_present_value_and_is_silent() -> None:
    chair = desaturated(83)
    chair.measure(spo2=96)
    chair.until("01:00")
    chair.measure(spo2=95)
    alert = chair.open["spo2_low"]
    assert alert.state is AlertState.LATCHED
    assert alert.text == "SpO₂ was 83, now 95"
    assert not alert.sounding
    chair.measure(spo2=92)
    chair.until("02:00")
    assert chair.open["spo2_low"].state is AlertState.LATCHED
    assert chair.open["spo2_low"].text == "SpO₂ 92 ≤ 93"
    chair.act("acknowledge", alert=alert.id)
    ended = [change for change in chair.changes if isinstance(change, AlertChanged)][-2]
    assert ended.event == "ended"
    assert ended.alert.acknowledged_by is not None


def test_the_pause_ends_by_itself() -> None:
    chair = desaturated()
    chair.act("audio_pause", seconds=60)
    assert chair.bedside.view(chair.now).audio_paused_by == "L. Moreno"
    chair.until("05:00")
    told = [change for change in chair.changes if isinstance(change, AudioPauseChanged)]
    assert [(clock(change.at), change.until and clock(change.until)) for change in told] == [
        ("00:15", "01:15"),
        ("01:15", None),
    ]


def paused_at(seconds: str, *values: int) -> str:
    """When the pause begun at 00:20 over the first value ended, when the next one comes at 00:30."""
    chair = Chair()
    chair.infuse()
    chair.measure(spo2=values[0], pr=74, hr=75)
    chair.until("00:20")
    chair.act("audio_pause")
    chair.until("00:30")
    if values[1] > 100:
        chair.measure(hr=values[1])
    else:
        chair.measure(spo2=values[1])
    chair.until("04:00")
    ended = [change.at for change in chair.changes if isinstance(change, AudioPauseChanged) and change.until is None]
    assert len(ended) == 1
    return clock(ended[0])


@pytest.mark.parametrize(
    ("before", "after", "ended"),
    [
        (97, 125, "00:45"),  # nothing was open: a new medium ends it
        (97, 115, "02:20"),  # a low one never does
        (88, 125, "00:45"),  # as urgent as what it was begun for
        (84, 125, "02:20"),  # less urgent
        (84, 141, "00:40"),  # as urgent
        (88, 84, "00:35"),  # a rise
    ],
)
def test_the_pause_breaks_for_what_is_as_urgent(before: int, after: int, ended: str) -> None:
    assert paused_at("00:20", before, after) == ended


def test_a_returning_alert_breaks_the_pause() -> None:
    chair = desaturated(83)
    chair.measure(spo2=97)
    chair.until("00:30")
    chair.act("audio_pause")
    chair.measure(spo2=83)
    chair.until("00:36")
    assert chair.bedside.view(chair.now).audio_paused_until is None


def test_a_pause_can_be_ended_and_lasts_at_most_120_s() -> None:
    chair = desaturated()
    for seconds in (0, 121, "60", True):
        with pytest.raises(BadRequest, match="1 to 120"):
            chair.act("audio_pause", seconds=seconds)
    chair.act("audio_pause")
    chair.act("end_audio_pause")
    with pytest.raises(ActionNotAllowed, match="not paused"):
        chair.act("end_audio_pause")


def test_every_move_of_the_table_leads_somewhere_sensible() -> None:
    assert not [start for start, _ in LIFE if start is AlertState.ENDED]
    assert {LIFE[state, Event.ROSE] for state in (AlertState.ACTIVE, AlertState.ACKNOWLEDGED)} == {AlertState.ACTIVE}


# Escalation: what nobody acknowledges is told to more people


def test_a_high_escalates_after_60_and_120_s_and_no_further() -> None:
    chair = play("""
        at 00:00 spo2 84
        expect 00:05 spo2_low began high
        expect 01:05 spo2_low escalated high
        expect 02:05 spo2_low escalated high
        at 20:00 spo2 84
        expect 20:00 unattended began low
    """)
    alert = chair.open["spo2_low"]
    assert (alert.escalation, alert.sounding) == (2, True)
    assert alert.waiting_since == alert.began


def test_a_medium_escalates_once_after_180_s_a_low_never() -> None:
    play("""
        at 00:00 spo2 88
        expect 00:15 spo2_low began medium
        expect 03:15 spo2_low escalated medium
        at 10:00 spo2 97
        expect 10:10 spo2_low ended medium
        at 10:20 spo2 92
        expect 10:50 spo2_low began low
        at 19:00 spo2 97
        expect 19:10 spo2_low ended low
    """)


def test_acknowledged_it_escalates_no_more_until_it_has_sounded_again_unanswered() -> None:
    play("""
        at 00:00 spo2 84
        expect 00:05 spo2_low began high
        expect 01:05 spo2_low escalated high
        at 01:30 acknowledge spo2_low
        expect 01:30 spo2_low acknowledged high
        expect 03:30 spo2_low realarmed high
        expect 04:30 spo2_low escalated high
        at 05:00 acknowledge spo2_low
        expect 05:00 spo2_low acknowledged high
        at 05:10 spo2 97
        expect 05:20 spo2_low ended high
    """)


def test_acknowledging_takes_the_escalation_back() -> None:
    chair = desaturated(84)
    chair.until("01:10")
    assert chair.open["spo2_low"].escalation == 1
    chair.act("acknowledge", alert=chair.open["spo2_low"].id)
    alert = chair.open["spo2_low"]
    assert (alert.escalation, alert.waiting_since) == (0, None)


def test_a_rise_begins_the_wait_anew_and_keeps_who_was_told() -> None:
    chair = play("""
        at 00:00 spo2 88
        expect 00:15 spo2_low began medium
        expect 03:15 spo2_low escalated medium
        at 03:20 spo2 84
        expect 03:25 spo2_low rose high
        expect 05:25 spo2_low escalated high
    """)
    assert chair.open["spo2_low"].escalation == 2


def test_a_value_that_swings_about_its_limit_begins_no_new_wait() -> None:
    play("""
        at 00:00 spo2 84
        expect 00:05 spo2_low began high
        at 00:20 spo2 88
        expect 00:30 spo2_low fell medium
        at 00:40 spo2 84
        expect 00:45 spo2_low rose high
        expect 01:05 spo2_low escalated high
        at 01:10 acknowledge spo2_low
        expect 01:10 spo2_low acknowledged high
    """)


def test_while_latched_the_wait_stands_still_and_goes_on_when_it_returns() -> None:
    chair = play("""
        at 00:00 spo2 84
        expect 00:05 spo2_low began high
        expect 01:05 spo2_low escalated high
        at 01:25 spo2 97
        expect 01:35 spo2_low latched high
        at 08:00 spo2 84
        expect 08:05 spo2_low resumed high
        expect 08:35 spo2_low escalated high
    """)
    assert chair.open["spo2_low"].escalation == 2


def test_an_audio_pause_holds_no_escalation_up() -> None:
    chair = desaturated(84)
    chair.act("audio_pause", seconds=120)
    chair.until("01:10")
    assert chair.open["spo2_low"].escalation == 1
    assert chair.bedside.view(chair.now).audio_paused_until is not None


def test_an_escalation_is_told_with_its_own_time_after_a_gap() -> None:
    play("""
        at 00:00 spo2 84
        expect 00:05 spo2_low began high
        expect 01:05 spo2_low escalated high
        at 01:30 restart
        expect 02:05 spo2_low escalated high
        at 02:10 acknowledge spo2_low
        expect 02:10 spo2_low acknowledged high
    """)


# A crowd of alerts is told as one


def ails(chair: Chair, count: int, begin: int = 0) -> None:
    """So many conditions begin now."""
    for n in range(begin, begin + count):
        chair.take(entries.HouseChanged(f"part {n}", True, f"Part {n} ails"))


def crowded() -> Chair:
    """A chair where a low SpO2 and five faults began within a minute."""
    chair = desaturated(84)
    ails(chair, 3)
    chair.until("01:05")
    ails(chair, 2, begin=3)
    return chair


def test_more_than_five_conditions_within_a_minute_are_told_as_one() -> None:
    chair = crowded()
    group = chair.bedside.view(chair.now).group
    assert group is not None
    assert (group.text, group.priority, clock(group.began)) == ("Multiple conditions (6)", Priority.HIGH, "00:05")
    assert group.alerts[0] == chair.open["spo2_low"].id
    assert set(group.alerts) == {alert.id for alert in chair.bedside.view(chair.now).alerts}
    ails(chair, 1, begin=5)
    told = [change.group for change in chair.changes if isinstance(change, AlertsGrouped)]
    assert [group and group.text for group in told] == ["Multiple conditions (6)", "Multiple conditions (7)"]


def test_five_are_no_crowd_nor_are_six_that_took_longer() -> None:
    chair = desaturated(84)
    ails(chair, 4)
    chair.until("01:06")
    ails(chair, 1, begin=4)
    assert chair.bedside.view(chair.now).group is None
    assert not [change for change in chair.changes if isinstance(change, AlertsGrouped)]


def test_a_crowd_is_acknowledged_one_by_one_and_then_is_none() -> None:
    chair = crowded()
    chair.act("acknowledge", alert=chair.open["spo2_low"].id)
    assert chair.bedside.view(chair.now).group is None
    assert [change.group for change in chair.changes if isinstance(change, AlertsGrouped)][1:] == [None]
    assert sum(alert.state is AlertState.ACTIVE for alert in chair.bedside.view(chair.now).alerts) == 5


def test_a_crowd_stands_after_a_restart_and_is_not_told_twice() -> None:
    chair = crowded()
    before = chair.bedside.view(chair.now).group
    chair.bedside = Bedside.restore("1", DRIVERS, chair.bedside.checkpoint())
    assert chair.bedside.view(chair.now).group == before
    chair.changes.clear()
    chair.take(entries.Resumed(0, "restart"))
    assert not [change for change in chair.changes if isinstance(change, AlertsGrouped)]


def test_a_closed_session_leaves_no_crowd() -> None:
    chair = crowded()
    chair.take(entries.Configured(chair.config, "0.1.0"))
    for n in range(5):
        chair.take(entries.HouseChanged(f"part {n}", False, ""))
    chair.act("acknowledge", alert=chair.open["spo2_low"].id)
    chair.act("stop")
    chair.act("close")
    assert chair.bedside.view(chair.now).group is None


# What the record keeps of it


def life_of(chair: Chair, code: str = "spo2_low") -> list[tuple[str, str, str]]:
    """When, what, and to or by whom: of an alert that is open or has ended."""
    alerts = [
        change.alert for change in chair.changes if isinstance(change, AlertChanged) and change.alert.code == code
    ]
    return [(clock(mark.at), mark.what, mark.to or mark.by) for mark in alerts[-1].life]


def test_the_record_keeps_who_was_told_and_who_answered_after_all_of_it_is_over() -> None:
    chair = play("""
        at 00:00 spo2 84
        expect 00:05 spo2_low began high
        expect 01:05 spo2_low escalated high
        expect 02:05 spo2_low escalated high
        at 02:30 acknowledge spo2_low
        expect 02:30 spo2_low acknowledged high
        expect 04:30 spo2_low realarmed high
        expect 05:30 spo2_low escalated high
        at 05:40 acknowledge spo2_low
        expect 05:40 spo2_low acknowledged high
        at 05:50 restart
        at 06:00 spo2 97
        expect 06:10 spo2_low ended high
    """)
    assert life_of(chair) == [
        ("01:05", "escalated", "physicians"),
        ("02:05", "escalated", "all"),
        ("02:30", "acknowledged", "L. Moreno"),
        ("04:30", "realarmed", ""),
        ("05:30", "escalated", "physicians"),
        ("05:40", "acknowledged", "L. Moreno"),
    ]


def test_a_rise_tells_others_at_once_and_the_record_says_so_once() -> None:
    chair = play("""
        at 00:00 spo2 88
        expect 00:15 spo2_low began medium
        expect 03:15 spo2_low escalated medium
        at 03:20 spo2 84
        expect 03:25 spo2_low rose high
        at 03:30 spo2 88
        expect 03:40 spo2_low fell medium
        at 03:50 spo2 84
        expect 03:55 spo2_low rose high
        at 04:00 acknowledge spo2_low
        expect 04:00 spo2_low acknowledged high
    """)
    assert life_of(chair)[:-1] == [("03:15", "escalated", "nurses"), ("03:25", "escalated", "physicians")]


def test_each_alert_of_a_crowd_keeps_since_when_it_was_told_with_others() -> None:
    chair = crowded()
    assert life_of(chair) == [("01:05", "escalated", "physicians"), ("01:05", "grouped", "")]
    ails(chair, 1, begin=5)
    assert [mark.what for mark in chair.bedside.view(chair.now).alerts[-1].life] == ["grouped"]
    assert len([mark for _, mark, _ in life_of(chair) if mark == "grouped"]) == 1
    assert [alert.life for alert in told_alerts(chair)] == [
        alert.life for alert in chair.bedside.view(chair.now).alerts
    ]


def told_alerts(chair: Chair) -> list[AlertView]:
    """The open alerts as a screen holds them that took every change."""
    told: dict[str, AlertView] = {}
    for change in chair.changes:
        if isinstance(change, AlertChanged):
            told[change.alert.id] = change.alert
    return [alert for alert in told.values() if alert.state is not AlertState.ENDED]
