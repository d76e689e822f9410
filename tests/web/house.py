"""A house without bedsides: views that tests change as they like, and what was told to it."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from decimal import Decimal
from typing import Any

from drivers.base.observations import Instant, WaveformChunk
from drivers.base.vocabulary import Parameter, Priority, Unit, WaveformName
from monitor.core.changes import (
    AlertChanged,
    AlertKind,
    AlertsGrouped,
    AlertState,
    AlertView,
    AudioPauseChanged,
    ChairView,
    Change,
    CommandChanged,
    Criterion,
    DeviceChanged,
    DeviceView,
    HouseTold,
    LimitsChanged,
    LineState,
    NibpChanged,
    NibpSchedule,
    Patient,
    Phase,
    RateStep,
    ReadingTaken,
    SessionChanged,
    SessionView,
    Vital,
    WaveformArrived,
)
from monitor.core.entries import Actor, Beat, Body, Entry, HouseChanged, Role
from monitor.errors import ActionNotAllowed, NotPermitted
from monitor.web.hub import Clinic

START: Instant = 1_750_000_000_000_000
NURSE = Actor("L. Moreno", Role.NURSE)
OBSERVER = Actor("O. Brandt", Role.OBSERVER)
PHYSICIAN = Actor("Dr. Haas", Role.PHYSICIAN)
CLINIC = Clinic("Infusion room", "UTC", "0.1.0")


class FakeHouse:
    """Stands for the station."""

    def __init__(self, *chairs: str) -> None:
        self.at = START
        self.chairs = dict.fromkeys(chairs or ("1", "2"))
        self.seqs = dict.fromkeys(self.chairs, 0)
        self.views = {chair: empty_view(chair) for chair in self.chairs}
        self.told: list[tuple[str, bool, str]] = []
        self.acted: list[tuple[str, Actor, str, dict[str, Any]]] = []
        self.presets: list[tuple[dict[str, Decimal], str]] = []
        self.delays: list[dict[str, int]] = []
        self.max_dose_mg = Decimal(200)
        self.settings: list[dict[str, Decimal]] = []
        self.subscribers: list[Callable[[Entry, list[Change]], None]] = []

    def now(self) -> Instant:
        return self.at

    def view(self, chair: str) -> tuple[int, ChairView]:
        return self.seqs[chair], replace(self.views[chair], at=self.at)

    def criteria(self, chair: str) -> tuple[Criterion, ...]:
        return (Criterion("baseline", "Baseline locked", met=False),) if self.views[chair].session else ()

    def tell(self, what: str, ailing: bool, text: str) -> None:
        self.told.append((what, ailing, text))
        for chair in self.chairs:
            self.happen(chair, body=HouseChanged(what, ailing, text))

    def set_preset(
        self,
        limits: Mapping[str, Decimal],
        responses: Mapping[str, str],
        version: str,
        delays: Mapping[str, int],
        max_dose_mg: Decimal,
        settings: Mapping[str, Decimal],
    ) -> None:
        self.settings.append(dict(settings))
        self.max_dose_mg = max_dose_mg
        self.presets.append((dict(limits), version))
        self.delays.append(dict(delays))

    async def act(self, chair: str, actor: Actor, action: str, arguments: dict[str, Any]) -> int:
        if actor.role is Role.OBSERVER:
            raise NotPermitted("an observer may look, not act")
        if action == "resume":
            raise ActionNotAllowed("the infusion is not paused")
        self.acted.append((chair, actor, action, arguments))
        self.happen(chair)
        return self.seqs[chair]

    def happen(self, chair: str, *changes: Change, body: Body | None = None) -> None:
        """Let an entry happen at a chair that changes this."""
        self.at += 1000
        self.seqs[chair] += 1
        for change in changes:
            self.views[chair] = changed(self.views[chair], change)
        for subscriber in self.subscribers:
            subscriber(Entry(chair, self.seqs[chair], self.at, body or Beat()), list(changes))


def changed(view: ChairView, change: Change) -> ChairView:
    """Return the view after the change; says once more, and otherwise than a client, what changes mean."""
    match change:
        case ReadingTaken(vitals=vitals):
            by_name = {one.parameter: one for one in (*view.vitals, *vitals)}
            return replace(view, vitals=tuple(by_name.values()))
        case DeviceChanged(device=device, demo=demo):
            return replace(view, demo=demo, devices=tuple({one.id: one for one in (*view.devices, device)}.values()))
        case SessionChanged(session=session):
            return replace(view, session=session)
        case AlertChanged(alert=alert):
            by_id = {one.id: one for one in (*view.alerts, alert)}
            still = tuple(one for one in by_id.values() if one.state is not AlertState.ENDED)
            return replace(view, alerts=still)
        case AlertsGrouped(group=group):
            return replace(view, group=group)
        case AudioPauseChanged(until=until, by=by):
            return replace(view, audio_paused_until=until, audio_paused_by=by)
        case LimitsChanged(limits=limits):
            return replace(view, limits=limits)
        case CommandChanged(command=command):
            return replace(view, commands=tuple({one.id: one for one in (*view.commands, command)}.values()))
        case NibpChanged(nibp=nibp):
            return replace(view, nibp=nibp)
        case HouseTold(house=house, offset_us=offset_us):
            return replace(view, house=house, offset_us=offset_us)
    return view


def empty_view(chair: str) -> ChairView:
    return ChairView(
        chair=chair,
        name=f"Chair {chair}",
        at=START,
        demo=False,
        offset_us=0,
        session=None,
        vitals=(),
        devices=(),
        alerts=(),
        limits=(),
        commands=(),
        nibp=NibpSchedule(None, None),
        audio_paused_until=None,
        audio_paused_by="",
        house=(),
    )


def spo2(value: int | None, at: Instant = START) -> ReadingTaken:
    return ReadingTaken(at, "oximeter", None, (Vital(Parameter.SPO2, value, Unit.PERCENT, at, "oximeter"),))


def alert(state: AlertState = AlertState.ACTIVE, code: str = "spo2_low", began: Instant = START) -> AlertChanged:
    view = AlertView(
        id=f"1:{code}:{began}",
        chair="1",
        number="1",
        code=code,
        kind=AlertKind.PHYSIOLOGICAL,
        priority=Priority.HIGH,
        state=state,
        text="SpO₂ 84 < 85",
        began=began,
        changed=began,
        ended_at=began + 1 if state is AlertState.ENDED else None,
    )
    return AlertChanged(began, view, "ended" if state is AlertState.ENDED else "began")


def session(phase: Phase = Phase.INFUSING, admitted_at: Instant = START) -> SessionChanged:
    view = SessionView(
        id=f"1:{admitted_at}",
        phase=phase,
        patient=Patient("A.B.", 1980),
        weight_kg=Decimal("78"),
        order="0.5 mg/kg in 40 min",
        rate_mg_h=Decimal("58.5"),
        rate_mg_kg_h=Decimal("0.75"),
        rate_ml_h=None,
        duration_s=2400,
        total_mg=Decimal("39"),
        total_mg_kg=Decimal("0.5"),
        concentration_mg_ml=None,
        admitted_at=admitted_at,
        began_at=admitted_at,
        planned_end_at=None,
        paused_at=None,
        pause_reason="",
        stopped_at=None,
        closed_at=None,
        steps=(RateStep(admitted_at, Decimal("58.5")),),
        as_of=admitted_at,
        infused_us=0,
        dose_mg=Decimal("0"),
        dose_mg_kg=Decimal("0"),
    )
    return SessionChanged(admitted_at, view, "started", NURSE)


def device(demo: bool = False) -> DeviceChanged:
    view = DeviceView("oximeter", "nonin", "Nonin", "/dev/x", LineState.LIVE, START, "", (), (), 0, 0, demo, ())
    return DeviceChanged(START, view, demo)


def pleth(first_index: int, *samples: int, run: int = 1) -> WaveformArrived:
    chunk = WaveformChunk(WaveformName.PLETH, START, 75.0, run, first_index, samples)
    return WaveformArrived(START, "oximeter", chunk)
