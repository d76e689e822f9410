"""What of a bedside survives: gaps, restarts, other configurations, checkpoints."""

import json
from dataclasses import replace
from decimal import Decimal

import pytest

from drivers.base.vocabulary import Parameter
from monitor.core import entries
from monitor.core.bedside import Bedside
from monitor.core.changes import (
    AlertChanged,
    AlertState,
    CommandState,
    ReadingTaken,
)
from monitor.core.entries import DeviceConfig, Entry
from tests.standin import DRIVERS
from tests.timetable import NURSE, SECOND, START, Chair, begun, chair_config, commands, instant, of, play

# Gaps


def test_a_restart_keeps_session_limits_alerts_and_the_cuffs_reading() -> None:
    chair = Chair("oximeter", "cuff")
    chair.infuse()
    chair.measure(spo2=84, pr=74)
    chair.says("cuff", "nibp=152/80")
    chair.until("01:00")
    chair.act("set_limit", code="hr_low", priority="low", value="48", reason="athlete")
    chair.act("acknowledge", alert=chair.open["spo2_low"].id)
    chair.act("audio_pause")
    before = chair.bedside.view(chair.now)
    checkpoint = json.loads(json.dumps(chair.bedside.checkpoint()))
    chair.bedside = Bedside.restore("1", DRIVERS, checkpoint)
    assert chair.bedside.checkpoint() == checkpoint
    after = chair.bedside.view(chair.now)
    for kept in (
        "session",
        "alerts",
        "limits",
        "commands",
        "nibp",
        "audio_paused_until",
        "audio_paused_by",
        "name",
        "demo",
    ):
        assert getattr(after, kept) == getattr(before, kept), kept
    assert [view.parameter for view in after.vitals] == [Parameter.NIBP_SYS, Parameter.NIBP_DIA]


def test_alerts_of_a_gap_are_told_with_their_own_times() -> None:
    chair = Chair("oximeter")
    chair.infuse(order={"kind": "rate", "rate_mg_h": "60", "duration_min": 10})
    chair.measure(spo2=84, pr=74)
    chair.until("01:00")
    chair.act("acknowledge", alert=chair.open["spo2_low"].id)
    chair.act("audio_pause")
    chair.bedside = Bedside.restore("1", DRIVERS, chair.bedside.checkpoint())
    chair.now = instant("20:00")
    chair.take(entries.Resumed(19 * 60 * SECOND, "restart"))
    assert chair.steps() == [
        "00:05 spo2_low began high",
        "01:00 spo2_low acknowledged high",
        "03:00 spo2_low realarmed high",
        "04:00 spo2_low escalated high",
        "05:00 spo2_low escalated high",
        "10:00 past_end began low",
        "15:00 past_end rose high",
        "16:00 past_end escalated high",
        "17:00 past_end escalated high",
    ]
    assert chair.bedside.view(chair.now).audio_paused_until is None


@pytest.mark.parametrize("at", ["00:20", "03:00", "08:00"])
def test_resumed_live_and_from_the_checkpoint_are_the_same(at: str) -> None:
    ends = []
    for through_checkpoint in (False, True):
        chair = Chair("oximeter", "cuff")
        chair.infuse()
        chair.measure(spo2=84, pr=74)
        chair.until("00:30")
        chair.says("cuff", "nibp=182/80")
        chair.take(entries.HouseChanged("record", True, "disk full"))
        chair.says("oximeter", "boom")
        chair.until("01:30")
        chair.measure(spo2=96)
        chair.until("02:00")
        if through_checkpoint:
            chair.bedside = Bedside.restore("1", DRIVERS, chair.bedside.checkpoint())
        chair.now = instant("02:00") + instant(at) - START
        told = chair.take(entries.Resumed(0, "restart"))
        told += chair.take(entries.PortOpened("oximeter"))
        mark = len(chair.changes)
        chair.until("15:00")
        told += chair.changes[mark:]
        vitals = [change for change in told if not isinstance(change, ReadingTaken)]
        ends.append((vitals, chair.bedside.view(chair.now), chair.bedside.checkpoint()))
    assert ends[0][0] == ends[1][0]
    assert ends[0][1:] == ends[1][1:]


def test_an_alert_from_before_a_gap_stands_until_values_clear_it() -> None:
    play("""
        at 01:00 spo2 88
        expect 01:15 spo2_low began medium
        at 02:00 restart
        at 02:01 spo2 96
        expect 02:11 spo2_low ended medium
    """)
    play("""
        at 01:00 spo2 88
        expect 01:15 spo2_low began medium
        at 02:00 silence oximeter
        at 02:00 restart
        expect 02:10 spo2_low ended medium
        expect 02:10 device_silent began medium
    """)


def test_a_technical_alert_from_before_a_gap_stands_until_its_condition_has_gone() -> None:
    play("""
        at 01:00 silence oximeter
        expect 01:10 device_silent began medium
        at 02:00 restart
        at 02:05 speak oximeter
        expect 02:06 device_silent ended medium
    """)


def test_a_latched_alert_stays_latched_across_a_gap() -> None:
    chair = play("""
        at 01:00 spo2 83
        expect 01:05 spo2_low began high
        at 01:10 spo2 96
        expect 01:20 spo2_low latched high
        at 02:00 restart
        at 03:00 spo2 95
    """)
    assert chair.open["spo2_low"].state is AlertState.LATCHED
    assert chair.open["spo2_low"].text == "SpO₂ was 83, now 95"


def test_a_cuff_alert_stands_across_a_gap_and_clears_by_two_readings() -> None:
    play("""
        at 00:30 nibp 165/80
        expect 00:30 nibp_high began low
        at 00:40 restart
        at 00:50 nibp 140/80
        at 00:55 nibp 140/80
        expect 00:55 nibp_high ended low       SBP was 165, now 140
    """, "oximeter", "dumb_cuff")  # fmt: skip


def test_commands_under_way_end_in_a_gap_and_nothing_is_made_up_for() -> None:
    chair = Chair("oximeter", "cuff")
    chair.infuse()
    chair.says("cuff", "accepted")
    chair.bedside = Bedside.restore("1", DRIVERS, chair.bedside.checkpoint())
    chair.now = instant("12:00")
    chair.take(entries.Resumed(12 * 60 * SECOND, "restart"))
    assert commands(chair)[-1] == ("12:00", CommandState.TIMED_OUT)
    chair.take(entries.PortOpened("cuff"))
    chair.until("15:30")
    assert begun(chair) == ["00:00", "15:00"]


# Configurations


def test_configured_makes_an_empty_chair_anew() -> None:
    chair = Chair("oximeter")
    chair.measure(spo2=83)
    chair.until("00:10")
    chair.act("audio_pause")
    changes = chair.take(entries.Configured(chair_config(["oximeter"], limits={"spo2_low.high": Decimal(82)}), "0.1.0"))
    assert [change.event for change in of(AlertChanged, changes)] == ["ended"]
    view = chair.bedside.view(chair.now)
    assert (view.vitals, view.alerts, view.session, view.audio_paused_until) == ((), (), None, None)
    assert next(limit.value for limit in view.limits if limit.priority == "high") == 82


def test_configured_in_a_session_works_like_resumed_with_other_numbers() -> None:
    chair = Chair("oximeter")
    chair.infuse()
    chair.measure(spo2=83)
    chair.until("00:10")
    chair.act("set_limit", code="hr_low", priority="low", value="48", reason="athlete")
    config = replace(
        chair_config(["oximeter", "ecg"], limits={"spo2_low.high": Decimal(84), "hr_low.low": Decimal(52)}), name="One"
    )
    chair.take(entries.Configured(config, "0.1.1"))
    view = chair.bedside.view(chair.now)
    assert view.session is not None
    assert [view.code for view in view.alerts] == ["spo2_low"]
    assert [device.id for device in view.devices] == ["oximeter", "ecg"]
    assert view.name == "One"
    values = {(limit.code, limit.priority.value): (str(limit.value), str(limit.preset)) for limit in view.limits}
    assert values["spo2_low", "high"] == ("84", "84")
    assert values["hr_low", "low"] == ("48", "52")


def test_the_checkpoint_counts_up_when_it_has_become_another() -> None:
    chair = Chair("oximeter", "cuff")
    chair.infuse()
    seen, at = chair.bedside.checkpoint(), chair.bedside.checkpoint_version
    for second in range(1, 120):
        value = 84 if 20 < second < 40 else 97
        chair.measure(spo2=value)
        chair.until(f"{second // 60:02d}:{second % 60:02d}")
        if second == 50:
            chair.says("cuff", "nibp=165/80")
        version, checkpoint = chair.bedside.checkpoint_version, chair.bedside.checkpoint()
        assert (version == at) == (checkpoint == seen)
        seen, at = checkpoint, version


def test_a_device_may_bear_a_title() -> None:
    bedside = Bedside("1", DRIVERS)
    config = replace(
        chair_config(),
        devices=(DeviceConfig("nibp", "cuff", "/dev/x"), DeviceConfig("b", "cuff", "/dev/y", "Left arm")),
    )
    bedside.apply(Entry("1", 1, START, entries.Configured(config, "0.1.0")))
    assert [view.title for view in bedside.view(START).devices] == ["NIBP", "Left arm"]


def test_checking_an_action_changes_nothing() -> None:
    chair = Chair("oximeter")
    chair.admit()
    before = (chair.bedside.checkpoint(), chair.bedside.view(START))
    chair.bedside.check(entries.OperatorAction(NURSE, "start", {}), START)
    assert (chair.bedside.checkpoint(), chair.bedside.view(START)) == before
