"""What holds for every timetable: looking in changes nothing, nothing is lost, silence ends, and a gap is one thing."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.base.observations import Instant
from drivers.base.vocabulary import Priority
from monitor.core import entries
from monitor.core.alerts import CROWD, ESCALATION_US, REALARM_US
from monitor.core.bedside import Bedside
from monitor.core.changes import AlertChanged, AlertsGrouped, AlertState, AudioPauseChanged, Change, Phase, Send
from monitor.core.entries import Body, Bytes, Entry, OperatorAction
from monitor.core.words import RANK
from monitor.errors import MonitorError
from tests.standin import DRIVERS
from tests.timetable import ADMISSION, NURSE, SECOND, START, chair_config

pytestmark = pytest.mark.untraced

CONFIG = chair_config(["oximeter", "ecg", "cuff"])

Made = Callable[[Bedside], Body]


def says(device: str, text: str) -> Made:
    return lambda bedside: Bytes(device, text.encode() + b"\n")


def acts(action: str, **arguments: Any) -> Made:
    return lambda bedside: OperatorAction(NURSE, action, arguments)


def ails(part: int) -> Made:
    return lambda bedside: entries.HouseChanged(f"part {part}", True, "it ails")


def acknowledges(bedside: Bedside) -> Body:
    """Acknowledge what waits longest; without an alert, nothing that is allowed."""
    waiting = [alert.id for alert in bedside.view(START).alerts if alert.state is not AlertState.ACKNOWLEDGED]
    return OperatorAction(NURSE, "acknowledge", {"alert": waiting[0] if waiting else "none"})


ORDER = {"kind": "rate", "rate_mg_h": "60", "duration_min": 5}
ADMIT = acts("admit", **(ADMISSION | {"order": ORDER}))
HAPPENINGS: st.SearchStrategy[Made] = st.one_of(
    st.sampled_from([97, 94, 93, 91, 89, 86, 84, 80]).map(lambda value: says("oximeter", f"spo2={value} pr=74")),
    st.sampled_from([75, 105, 111, 121, 141, 55, 49, 44, 39]).map(lambda value: says("ecg", f"hr={value}")),
    st.sampled_from(["120/80", "152/80", "165/104", "181/80", "201/80", "95/60", "79/50"]).map(
        lambda value: says("cuff", f"nibp={value}")
    ),
    st.sampled_from(["accepted", "done", "refused", "timed_out", "status=measurement_failed,on,leak"]).map(
        lambda value: says("cuff", value)
    ),
    st.sampled_from(
        [
            says("oximeter", "spo2=-?sensor_off pr=-"),
            says("ecg", "hr=-?leads_off"),
            says("oximeter", "boom"),
            says("oximeter", "wake=2.5"),
            says("oximeter", "wave=1,2"),
            says("cuff", "status=cycling_stopped,on,leak"),
            says("cuff", "status=cycling_stopped,off,"),
            says("cuff", "status=not_answering,on,no answer"),
            lambda bedside: entries.PortLost("oximeter", "unplugged"),
            lambda bedside: entries.PortOpened("oximeter"),
            lambda bedside: entries.HouseChanged("record", True, "disk full"),
            lambda bedside: entries.HouseChanged("record", False, ""),
            acknowledges,
            acknowledges,
            acts("audio_pause", seconds=60),
            acts("end_audio_pause"),
            ADMIT,
            acts("start"),
            acts("pause", reason="nausea"),
            acts("resume"),
            acts("stop"),
            acts("close"),
            acts("nibp_start"),
            acts("nibp_interval", minutes=1),
            acts("nibp_interval", minutes=None),
            acts("set_limit", code="spo2_low", priority="high", value="86", reason="x"),
        ]
    ),
)
GAPS = st.sampled_from([0, 1, 300, 1000, 3000, 5000, 10_000, 15_000, 31_000, 130_000]).map(lambda ms: ms * 1000)
STEADY = st.lists(st.tuples(GAPS, HAPPENINGS), max_size=40)
STALLS: st.SearchStrategy[Made] = st.just(lambda bedside: entries.Resumed(0, "stall"))
TIMETABLES = st.lists(st.tuples(GAPS, HAPPENINGS | STALLS), max_size=40)


@dataclass
class Run:
    """A bedside and what it said."""

    bedside: Bedside = field(default_factory=lambda: Bedside("1", DRIVERS))
    changes: list[Change] = field(default_factory=list)
    at: Instant = START
    seq: int = 0
    done: list[tuple[int, Body]] = field(default_factory=list)

    def take(self, body: Body) -> None:
        self.seq += 1
        self.changes += self.bedside.apply(Entry("1", self.seq, self.at, body))

    def begin(self) -> "Run":
        self.take(entries.Configured(CONFIG, "0.1.0"))
        for device in CONFIG.devices:
            self.take(entries.PortOpened(device.id))
        self.take(ADMIT(self.bedside))
        self.take(OperatorAction(NURSE, "start", {}))
        return self

    def told(self) -> list[Change]:
        """All changes, but for the numbers of entries, which extra entries shift."""
        return [
            replace(change, alert=replace(change.alert, cause=0)) if isinstance(change, AlertChanged) else change
            for change in self.changes
        ]

    def alerts(self) -> list[AlertChanged]:
        return [change for change in self.changes if isinstance(change, AlertChanged)]


def played(timetable: list[tuple[int, Made]]) -> Run:
    """What is done of ``timetable`` is done on what was last seen, not on what the same instant brings."""
    run = Run().begin()
    for gap, make in timetable:
        run.at += gap
        body = make(run.bedside)
        run.done.append((gap, body))
        run.take(body)
    run.at += 20 * 60 * SECOND
    run.take(entries.Beat())
    return run


@given(STEADY, st.lists(st.integers(0, 100), max_size=20), st.booleans())
def test_how_often_anyone_looks_in_changes_nothing(
    timetable: list[tuple[int, Made]], glances: list[int], every_deadline: bool
) -> None:
    """Nor how the bytes are cut. (What a gap forgets before its deadlines fire is the one exception, and not in here.)"""
    plain = played(timetable)
    run = Run().begin()
    for place, (gap, body) in enumerate(plain.done):
        end = run.at + gap
        if every_deadline:
            while (due := run.bedside.next_deadline()) is not None and due <= end:
                run.at = max(run.at, due)
                run.take(entries.Beat())
        elif place < len(glances):
            run.at += gap * glances[place] // 100
            run.take(entries.Beat())
            run.bedside.view(run.at)
            run.bedside.checkpoint()
        run.at = end
        if isinstance(body, Bytes):
            for byte in body.data:
                run.take(Bytes(body.device, bytes([byte])))
        else:
            run.take(body)
    run.at += 20 * 60 * SECOND
    run.take(entries.Beat())
    assert run.told() == plain.told()


@given(TIMETABLES)
def test_no_alert_is_lost(timetable: list[tuple[int, Made]]) -> None:
    """Every alert that began is open or has ended; a high one that ended was seen by a person, or its session closed."""
    run = played(timetable)
    life: dict[str, list[AlertChanged]] = {}
    for change in run.alerts():
        life.setdefault(change.alert.id, []).append(change)
    open_now = {alert.id: alert for alert in run.bedside.view(run.at).alerts}
    for id, steps in life.items():
        assert [step.event for step in steps].count("began") == 1
        assert steps[0].event == "began"
        assert [step.at for step in steps] == sorted(step.at for step in steps)
        if steps[-1].event == "ended":
            assert id not in open_now
        else:
            assert open_now[id] == steps[-1].alert
        unseen = False
        for step in steps:
            if step.event == "acknowledged":
                unseen = False
            elif step.alert.priority is Priority.HIGH and step.alert.state is AlertState.ACTIVE:
                unseen = True
            elif step.event == "ended" and unseen and step.alert.latching:
                assert step.alert.acknowledged_by is not None


@given(TIMETABLES)
def test_no_pause_outlives_its_end_and_nothing_acknowledged_sounds_too_early(timetable: list[tuple[int, Made]]) -> None:
    run = played(timetable)
    until = None
    acknowledged: dict[str, AlertChanged] = {}
    for change in run.changes:
        if isinstance(change, AudioPauseChanged):
            assert until is None or change.at <= until
            assert change.until is None or change.at < change.until <= change.at + 120 * SECOND
            until = change.until
        if not isinstance(change, AlertChanged):
            continue
        before = acknowledged.get(change.alert.id)
        if before is not None and change.alert.sounding:
            rose = RANK[change.alert.priority] > RANK[before.alert.priority]
            assert rose or change.at >= (before.alert.acknowledged_at or 0) + REALARM_US[change.alert.priority]
        acknowledged.pop(change.alert.id, None)
        if change.alert.state is AlertState.ACKNOWLEDGED:
            acknowledged[change.alert.id] = change
    assert until is None


@given(TIMETABLES)
def test_an_alert_escalates_step_by_step_never_twice_and_never_once_somebody_has_acknowledged_it(
    timetable: list[tuple[int, Made]],
) -> None:
    run = played(timetable)
    before: dict[str, AlertChanged] = {}
    for change in run.alerts():
        alert, last = change.alert, before.get(change.alert.id)
        level = last.alert.escalation if last else 0
        if change.event == "escalated":
            assert last is not None
            assert last.alert.state is AlertState.ACTIVE
            assert alert.acknowledged_by is None
            assert alert.escalation == level + 1 <= len(ESCALATION_US[alert.priority])
            assert alert.waiting_since is not None
            assert change.at >= alert.waiting_since + ESCALATION_US[alert.priority][level]
        elif change.event == "acknowledged":
            assert (alert.escalation, alert.waiting_since) == (0, None)
        elif change.event != "ended":
            assert alert.escalation == level
        before[alert.id] = change
    for alert in run.bedside.view(run.at).alerts:
        waited = run.at - (alert.waiting_since or run.at)
        due = [step for step in ESCALATION_US.get(alert.priority, ()) if step <= waited]
        assert alert.state is not AlertState.ACTIVE or alert.escalation >= len(due)


@given(TIMETABLES)
def test_a_crowd_is_what_waits_and_never_hides_one(timetable: list[tuple[int, Made]]) -> None:
    run = played([*timetable, *((0, ails(n)) for n in range(CROWD + 1))])
    crowds = [change.group for change in run.changes if isinstance(change, AlertsGrouped)]
    assert crowds
    assert all(one != other for one, other in pairwise(crowds))
    view = run.bedside.view(run.at)
    assert view.group == crowds[-1]
    if view.group is not None:
        waiting = {alert.id for alert in view.alerts if alert.state is not AlertState.ACKNOWLEDGED}
        assert set(view.group.alerts) == waiting


@given(TIMETABLES, st.integers(0, 40), st.sampled_from([0, 5, 200, 4000]))
def test_a_gap_is_the_same_live_and_from_the_checkpoint(
    timetable: list[tuple[int, Made]], cut: int, gap_s: int
) -> None:
    ends = []
    for restored in (False, True):
        run = Run().begin()
        for place, (gap, make) in enumerate([*timetable, (0, acts("start"))]):
            run.at += gap
            if place == min(cut, len(timetable)):
                run.at += gap_s * SECOND
                if restored:
                    run.bedside = Bedside.restore("1", DRIVERS, run.bedside.checkpoint())
                run.changes.clear()
                run.take(entries.Resumed(gap_s * SECOND, "restart"))
            run.take(make(run.bedside))
        ends.append((run, run.bedside.view(run.at), run.bedside.checkpoint()))
    live, restored_run = ends
    assert [c for c in restored_run[0].changes if c.type != "reading"] == [
        c for c in live[0].changes if c.type != "reading"
    ]
    assert restored_run[2] == live[2]
    assert restored_run[1].alerts == live[1].alerts
    assert restored_run[1].session == live[1].session


@given(TIMETABLES)
def test_whatever_happens_the_session_and_the_checkpoint_stay_whole(timetable: list[tuple[int, Made]]) -> None:
    run = Run().begin()
    for gap, make in timetable:
        run.at += gap
        version, checkpoint = run.bedside.checkpoint_version, run.bedside.checkpoint()
        run.take(make(run.bedside))
        assert (run.bedside.checkpoint_version == version) == (run.bedside.checkpoint() == checkpoint)
        view = run.bedside.view(run.at)
        due = run.bedside.next_deadline()
        assert due is None or due >= START
        assert view.session is not None
        assert (view.session.planned_end_at is None) or view.session.phase in (
            Phase.INFUSING,
            Phase.RECOVERY,
            Phase.CLOSED,
        )
        if view.session.phase is Phase.CLOSED:
            assert not [alert for alert in view.alerts if alert.code != "monitoring_fault"]
        if view.session.phase not in (Phase.INFUSING, Phase.PAUSED, Phase.RECOVERY):
            assert view.nibp.next_at is None


@given(TIMETABLES, st.sampled_from(["start", "stop", "close", "nibp_start", "audio_pause", "end_audio_pause", "pause"]))
def test_checking_and_doing_never_disagree(timetable: list[tuple[int, Made]], action: str) -> None:
    run = Run().begin()
    for gap, make in timetable:
        run.at += gap
        run.take(make(run.bedside))
    body = OperatorAction(NURSE, action, {"reason": "nausea"} if action in ("pause", "stop") else {})
    before = run.bedside.checkpoint()
    run.changes.clear()
    try:
        run.bedside.check(body, run.at)
        allowed = True
    except MonitorError:
        allowed = False
    run.take(body)
    said = [change for change in run.changes if not isinstance(change, Send)]
    assert bool(said) == allowed
    assert allowed or run.bedside.checkpoint() == before
