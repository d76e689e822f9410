"""Runs one session through a real bedside and through the peers, on the same stream, with a nurse who answers and acknowledges."""

import heapq
import random
from collections.abc import Callable
from dataclasses import dataclass, field

from drivers.base.decoder import Driver, Line
from drivers.base.observations import (
    CommandReply,
    DeviceAlarm,
    DeviceStatus,
    Numeric,
    Observation,
    Reading,
)
from drivers.base.vocabulary import CommandOutcome, Parameter, Priority, Quality, StatusCode
from monitor.core import entries
from monitor.core.bedside import Bedside
from monitor.core.changes import AlertChanged, AlertState, CommandChanged, CommandState
from monitor.core.entries import Actor, Body, ChairConfig, DeviceConfig, Entry, Role
from tests.standin import DRIVERS, TextDecoder
from tests.study.peers import HOSPITAL, PLAIN, Peer
from tests.study.world import BEFORE_S, INTERVAL_S, SECOND, Plan, Second, World

NURSE = Actor("L. Moreno", Role.NURSE)
PHYSICIAN = Actor("Dr A. Chen", Role.PHYSICIAN)
ACCEPTED = {
    "sbp_high": Parameter.NIBP_SYS,
    "sbp_alone": Parameter.NIBP_SYS,
    "dbp_high": Parameter.NIBP_DIA,
    "map_high": Parameter.NIBP_MEAN,
}
"""The medium limits of a pressure that a physician widens for a patient, and what is read for each."""
BEYOND_MMHG = 10
START = 1_700_000_000 * SECOND
ONE_SOUND_S = 10
REMINDS = ("realarmed", "escalated")
SOUNDS = ("began", "rose", "resumed", *REMINDS)
"""Steps of an alert with which it is heard anew; the last two remind of what has not gone."""
INFLATION_S = (25, 40)

MONITOR = Driver(
    "monitor",
    "Bedside monitor",
    Line(9600),
    (Parameter.SPO2, Parameter.PR, Parameter.HR, Parameter.RR),
    (),
    (),
    TextDecoder,
    5.0,
)
"""Oximeter and ECG in one box; where no ECG is on, there is an oximeter alone."""
DEVICES = DRIVERS | {MONITOR.name: MONITOR}


@dataclass(slots=True)
class Alarmed:
    """An alert of Vigil: when each priority was first told (s of the infusion), its family, and when it was over."""

    code: str
    technical: bool
    told: dict[str, float] = field(default_factory=dict)
    over: float | None = None

    @property
    def priority(self) -> str:
        return next(one for one in ("high", "medium", "low") if one in self.told)


@dataclass(slots=True)
class Outcome:
    """What a session gave. Times are seconds of the infusion."""

    plan: Plan
    hours: float
    alerts: list[Alarmed]
    sounds: list[float]
    reminders: int
    causes: list[str]
    peers: dict[str, list[tuple[float, str]]]
    passed: dict[str, float]


class Run:
    """One session on its way. ``through_bytes``: what the devices say goes through a decoder."""

    def __init__(self, plan: Plan, through_bytes: bool = False) -> None:
        self.plan, self.world = plan, World(plan)
        self.through_bytes = through_bytes
        self.bedside = Bedside("1", DEVICES)
        self._watcher = "monitor" if plan.ecg else "oximeter"
        self.seq, self.now_s = 0, float(-BEFORE_S)
        self.told: list[AlertChanged] = []
        self._margin = _margin(plan)
        self._rng = random.Random(plan.seed + "/nurse")
        self._agenda: list[tuple[float, int, Callable[[], None]]] = []
        self._command = ""
        self._scheduled = True
        self.peers = [Peer("hospital", HOSPITAL), Peer("plain", PLAIN)]
        devices = [self._watcher, "cuff"]
        config = ChairConfig(
            "1",
            "1",
            tuple(DeviceConfig(name, name, f"/{name}") for name in devices),
            nibp_interval_s=INTERVAL_S[plan.regimen],
        )
        self.take(entries.Configured(config, "study"))
        for name in devices:
            self.take(entries.PortOpened(name))

    def take(self, body: Body) -> None:
        self.seq += 1
        changes = self.bedside.apply(Entry("1", self.seq, START + int(self.now_s * SECOND), body))
        for change in changes:
            if isinstance(change, AlertChanged):
                self._alerted(change)
            elif isinstance(change, CommandChanged) and change.command.state is CommandState.REQUESTED:
                self._command = change.command.id
                self._inflate(self.now_s)

    def act(self, action: str, actor: Actor = NURSE, **arguments: object) -> None:
        self.take(entries.OperatorAction(actor, action, arguments))

    def later(self, after_s: float, what: Callable[[], None]) -> None:
        heapq.heappush(self._agenda, (self.now_s + after_s, len(self._agenda) + self.seq * 1000, what))

    def says(self, device: str, *observations: Observation) -> None:
        if self.through_bytes:
            self.take(entries.Bytes(device, b"".join(map(_as_text, observations))))
        else:
            self.take(entries.Observed(device, observations))

    # The nurse

    def _alerted(self, change: AlertChanged) -> None:
        self.told.append(change)
        if change.alert.sounding and change.event in SOUNDS:
            self.later(self._rng.uniform(15, 60), self._acknowledge)
        if self.plan.physician and change.event == "realarmed" and change.alert.code == "nibp_high":
            self.later(120, lambda: self._accept_pressure(change.alert.priority))

    def _accept_pressure(self, priority: Priority) -> None:
        """A physician who was called accepts the pressure for this session, up to 10 mmHg more; past the high limit only if it is passed."""
        view = self.bedside.view(self._at)
        now = {vital.parameter: vital.value for vital in view.vitals}
        steps = {(limit.code, limit.priority): int(limit.value) for limit in view.limits}
        for code, parameter in ACCEPTED.items():
            value, high = now.get(parameter), steps.get((code, Priority.HIGH), steps["sbp_high", Priority.HIGH])
            wider = 0 if value is None else round(value) + BEYOND_MMHG
            if priority is Priority.HIGH and wider > high:
                high = wider
                self._widen(code, Priority.HIGH, wider)
            if wider > steps[code, Priority.MEDIUM]:
                self._widen(code, Priority.MEDIUM, min(high - 1, wider))

    def _widen(self, code: str, priority: Priority, value: int) -> None:
        arguments = {"code": code, "priority": priority.value, "value": str(value), "reason": "no symptom"}
        self.take(entries.OperatorAction(PHYSICIAN, "set_limit", arguments))

    def _acknowledge(self) -> None:
        for alert in self.bedside.view(START + int(self.now_s * SECOND)).alerts:
            if alert.state is not AlertState.ACKNOWLEDGED and alert.priority is not Priority.LOW:
                self.act("acknowledge", alert=alert.id)

    def _begin(self) -> None:
        self.act("confirm_order", PHYSICIAN)  # void where nothing of the order is unusual
        self.act("start")
        self._chart()

    def _chart(self) -> None:
        self.act("chart", kind="moaas", level=5)
        self.later(900, self._chart)

    # The cuff

    def _inflate(self, now_s: float) -> None:
        lasts = self._rng.uniform(*INFLATION_S)
        self.world.cuff_squeezes = self.plan.same_arm
        self.later(lasts, self._finish)
        self.later(0.05, lambda: self.says("cuff", CommandReply(self._at, self._command, CommandOutcome.ACCEPTED)))

    @property
    def _at(self) -> int:
        return START + int(self.now_s * SECOND)

    def _finish(self) -> None:
        self.world.cuff_squeezes = False
        found = self.world.determine()
        if found is None:
            self.says("cuff", DeviceStatus(self._at, StatusCode.MEASUREMENT_FAILED, True, "no reading"))
            self.says("cuff", CommandReply(self._at, self._command, CommandOutcome.REFUSED, "no reading"))
            self.says("cuff", DeviceStatus(self._at, StatusCode.MEASUREMENT_FAILED, False, ""))
            return
        names = (Parameter.NIBP_SYS, Parameter.NIBP_DIA, Parameter.NIBP_MEAN)
        numerics = tuple(Numeric(name, value) for name, value in zip(names, found, strict=True))
        self.says("cuff", CommandReply(self._at, self._command, CommandOutcome.DONE))
        self.says("cuff", Reading(self._at, numerics, spot=True))
        if self.now_s >= 0 and self.now_s >= self._peers_next_s:
            self._peers_next_s += INTERVAL_S[self.plan.regimen]
            for peer in self.peers:
                peer.pressure(self.now_s, *found)

    _peers_next_s = 0.0

    # The session

    def go(self) -> Outcome:
        plan = self.plan
        order = {"kind": "dose", "dose_mg_kg": "0.5", "duration_min": 40}
        if plan.regimen == "120 min":
            order = {"kind": "rate", "rate_mg_h": "60", "duration_min": 120}
        self.act("admit", initials="MK", weight_kg=f"{plan.person.weight_kg:.1f}", order=order)
        if plan.same_arm:
            self.act("chart", kind="cuff_arm", term="same")
        for before in (280, 65):
            self.later(BEFORE_S - before, self._rest)
        self.later(BEFORE_S - 5, lambda: self.act("lock_baseline"))
        self.later(BEFORE_S, self._begin)
        self.later(BEFORE_S + plan.ends_s, lambda: self.act("stop"))
        passed: dict[str, float] = {}
        for at_s in range(-BEFORE_S, plan.ends_s + 30):
            self._until(at_s)
            self._second(passed)
        return self._outcome(passed)

    def _rest(self) -> None:
        """A reading before the infusion, taken until one succeeds."""
        found = self.world.determine() or self.world.determine() or self.world.determine()
        assert found is not None
        names = (Parameter.NIBP_SYS, Parameter.NIBP_DIA, Parameter.NIBP_MEAN)
        self.says("cuff", Reading(self._at, tuple(Numeric(n, v) for n, v in zip(names, found, strict=True)), spot=True))

    def _until(self, at_s: float) -> None:
        while self._agenda and self._agenda[0][0] <= at_s:
            due, _, what = heapq.heappop(self._agenda)
            self.now_s = max(self.now_s, due)
            what()
        self.now_s = float(at_s)

    def _second(self, passed: dict[str, float]) -> None:
        second = self.world.second()
        if not second.silent:
            self._measure(second)
        if self.now_s >= 0:
            for peer in self.peers:
                peer.second(second)
        if self._margin is not None:
            _note(passed, second, self.now_s, *self._margin)

    def _measure(self, second: Second) -> None:
        flags = (Quality(second.flag),) if second.flag else ()
        values = [Numeric(Parameter.SPO2, second.spo2, flags), Numeric(Parameter.PR, second.pulse, flags)]
        if self.plan.ecg:
            values += [Numeric(Parameter.HR, second.hr), Numeric(Parameter.RR, second.rr)]
        self.says(self._watcher, Reading(self._at, tuple(values)))
        if second.apnoea is not self._apnoea:
            self._apnoea = second.apnoea
            self.says(self._watcher, DeviceAlarm(self._at, "apnoea", second.apnoea, Priority.HIGH, True, "APNOEA"))

    _apnoea = False

    def _outcome(self, passed: dict[str, float]) -> Outcome:
        plan = self.plan
        alerts: dict[str, Alarmed] = {}
        sounds: list[float] = []
        causes: list[str] = []
        reminders = 0
        for change in self.told:
            at_s = (change.at - START) / SECOND
            if not 0 <= at_s <= plan.ends_s:
                continue
            view = change.alert
            alarmed = alerts.setdefault(view.id, Alarmed(view.code, view.kind.value == "technical"))
            if change.event in ("began", "rose", "resumed"):
                alarmed.told.setdefault(view.priority.value, at_s)
                alarmed.over = None
            elif change.event in ("ended", "latched"):
                alarmed.over = at_s
            if view.sounding and change.event in SOUNDS:
                if not sounds or at_s - sounds[-1] > ONE_SOUND_S:
                    sounds.append(at_s)
                    reminders += change.event in REMINDS
                causes.append(f"{view.code} {view.priority} {change.event}")
        kept = [alarmed for alarmed in alerts.values() if alarmed.told]
        peers = {peer.name: peer.sounds for peer in self.peers}
        return Outcome(plan, plan.ends_s / 3600, kept, sounds, reminders, causes, peers, passed)


def run_plan(plan: Plan) -> Outcome:
    return Run(plan).go()


def is_same_through_bytes(plan: Plan) -> bool:
    """Whether a decoder between device and bedside changes no alert."""
    told = []
    for through in (False, True):
        one = Run(plan, through_bytes=through)
        one.go()
        told.append([(step.at, step.event, step.alert.code, step.alert.priority, step.alert.text) for step in one.told])
    return told[0] == told[1]


MARGINS = {
    "desaturation to medium": ("spo2", 89.0, -1),
    "desaturation to high": ("spo2", 84.0, -1),
    "slow desaturation": ("spo2", 84.0, -1),
    "hypertension": ("systolic", 185.0, 1),
    "hypotension": ("systolic", 75.0, -1),
    "bradycardia": ("hr", 38.0, -1),
    "slow breathing": ("rr", 5.5, -1),
}
"""When an event has passed its limit by 1 point SpO2, 2 /min or 5 mmHg; breathing by half a breath already."""


def _margin(plan: Plan) -> tuple[int, str, float, int] | None:
    """From which second the planted event is there, and which parameter must pass which number on which side."""
    planted = plan.planted
    return None if planted is None or planted.what not in MARGINS else (planted.begins, *MARGINS[planted.what])


def _note(
    passed: dict[str, float], second: Second, now_s: float, begins: int, name: str, limit: float, sign: int
) -> None:
    """Keep from when, and until when, the planted event has truly passed its limit by the margin."""
    value = second.true[name]
    if now_s >= begins and value is not None and (value - limit) * sign >= 0:
        passed.setdefault("from", now_s)
        passed["until"] = now_s


def _as_text(observation: Observation) -> bytes:
    """An observation in the stand-in's bytes."""
    if isinstance(observation, Reading) and observation.spot:
        return f"nibp={'/'.join(str(numeric.value) for numeric in observation.numerics)}\n".encode()
    if isinstance(observation, Reading):
        words = [
            f"{n.parameter}={'-' if n.value is None else n.value}{''.join('?' + flag for flag in n.quality)}"
            for n in observation.numerics
        ]
        return f"{' '.join(words)}\n".encode()
    if isinstance(observation, DeviceStatus):
        return f"status={observation.code},{'on' if observation.on else 'off'},{observation.text}\n".encode()
    if isinstance(observation, DeviceAlarm):
        return f"alarm={observation.code},{'on' if observation.active else 'off'},{observation.text}\n".encode()
    assert isinstance(observation, CommandReply)
    return f"{observation.outcome}\n".encode()
