"""Every message of the websocket and every body of the HTTP API, typed once; what a review asks stands in ``past_messages``.

Server messages are frozen dataclasses, since they are made for every change; what clients send are pydantic models,
since it must be checked. The state inside them is that of ``monitor.core.changes``. In JSON a Decimal is a string,
an enum its word, an instant an integer (µs). This module sends nothing and decides nothing.
"""

from dataclasses import dataclass
from decimal import Decimal
from typing import Annotated, Any, Literal

import orjson
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

from drivers.base.observations import Instant
from drivers.base.vocabulary import CommandKind, Parameter, Priority, Unit, WaveformName
from monitor.core.changes import (
    AlertChanged,
    AlertsGrouped,
    AlertView,
    AudioPauseChanged,
    ChairView,
    ChartKind,
    CommandChanged,
    Criterion,
    DeviceChanged,
    HouseTold,
    LimitsChanged,
    NibpChanged,
    Phase,
    ReadingTaken,
    SessionChanged,
    SessionView,
)
from monitor.core.entries import Actor, Role

PROTOCOL = 1
"""Version of the websocket's messages: counts up when a client must change."""

VisibleChange = Annotated[
    ReadingTaken
    | DeviceChanged
    | SessionChanged
    | AlertChanged
    | AlertsGrouped
    | AudioPauseChanged
    | LimitsChanged
    | CommandChanged
    | NibpChanged
    | HouseTold,
    Field(discriminator="type"),
]
"""What ``changes`` may hold: every Change but the curves, which go in binary, and the bytes for devices."""


def encode(message: Any) -> bytes:
    """Return ``message`` (any dataclass or model of this module, or plain data) as JSON."""
    return orjson.dumps(message, default=_plain, option=orjson.OPT_NON_STR_KEYS)


def _plain(value: Any) -> Any:
    if isinstance(value, Decimal):
        return format(value, "f")
    if isinstance(value, BaseModel):
        return value.model_dump(by_alias=True)
    raise TypeError(f"{type(value).__name__} has no place in a message")


# From the server


@dataclass(frozen=True, slots=True)
class ChairName:
    """A chair; ``index`` is its u16 in the wave frames."""

    id: str
    name: str
    index: int


@dataclass(frozen=True, slots=True)
class Waveform:
    """What a waveform number means: physical value = (sample + offset) × scale, in ``unit``.

    ``scale`` null: the curve has no absolute unit. A number stands for one kind of curve of one device place, in all chairs.
    """

    number: int
    name: WaveformName
    device: str
    rate_hz: float
    scale: float | None
    offset: int
    unit: Unit


@dataclass(frozen=True, slots=True)
class Welcome:
    """The answer to ``hello``. ``now`` is the house's time; ``zone`` the clinic's time zone."""

    version: str
    viewer: str
    clinic: str
    zone: str
    now: Instant
    chairs: tuple[ChairName, ...]
    waveforms: tuple[Waveform, ...]
    protocol: int = PROTOCOL
    type: Literal["welcome"] = "welcome"


@dataclass(frozen=True, slots=True)
class Waveforms:
    """The whole list again, because a new curve appeared; always before its first frame."""

    waveforms: tuple[Waveform, ...]
    type: Literal["waveforms"] = "waveforms"


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The whole state of a chair. It holds all up to ``seq``; ``ended`` are the alerts of the last hour that have ended."""

    chair: str
    seq: int
    state: ChairView
    ended: tuple[AlertView, ...]
    type: Literal["snapshot"] = "snapshot"


@dataclass(frozen=True, slots=True)
class Changes:
    """What one entry changed at a chair. ``prev`` is the seq of the chair's ``changes`` before this one."""

    chair: str
    seq: int
    prev: int
    at: Instant
    changes: tuple[VisibleChange, ...]
    type: Literal["changes"] = "changes"


@dataclass(frozen=True, slots=True)
class Screens:
    """How many screens are connected, and how many of them could sound an alarm now."""

    connected: int
    sounding: int


@dataclass(frozen=True, slots=True)
class HouseBeat:
    """The house is alive; each second. ``speed`` is how fast its clock runs (1 but in demonstrations)."""

    n: int
    at: Instant
    screens: Screens
    speed: float
    type: Literal["beat"] = "beat"


@dataclass(frozen=True, slots=True)
class Error:
    """The client's last message could not be used; ``sentence`` says why."""

    sentence: str
    type: Literal["error"] = "error"


ServerMessage = Annotated[
    Welcome | Waveforms | Snapshot | Changes | HouseBeat | Error,
    Field(discriminator="type"),
]


# From the client


class FromClient(BaseModel):
    """What clients send is checked strictly: an unknown field is a mistake."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Hello(FromClient):
    """The first message; sent again it changes what the client wants to see. ``chairs`` null: all of them."""

    type: Literal["hello"]
    protocol: int
    chairs: Annotated[list[str], Field(max_length=256)] | None = None
    waves: bool = True


class Seen(FromClient):
    """Each second: the last beat drawn, whether this page can sound an alarm, and whether it is visible."""

    type: Literal["seen"]
    beat: Annotated[int, Field(ge=0)]
    sound: bool
    visible: bool


ClientMessage = Annotated[Hello | Seen, Field(discriminator="type")]
client_message: TypeAdapter[Hello | Seen] = TypeAdapter(ClientMessage)


# HTTP: what is sent

DecimalText = Annotated[
    str,
    Field(pattern=r"^[0-9]{1,7}(\.[0-9]{1,6})?$", description="a decimal number as a string", examples=["0.5"]),
]
Words = Annotated[str, Field(max_length=200)]


class DoseOrder(FromClient):
    """So many mg/kg over so many minutes."""

    kind: Literal["dose"]
    dose_mg_kg: DecimalText
    duration_min: Annotated[int, Field(gt=0, le=1440)]


class RateByWeightOrder(FromClient):
    """So many mg/kg/h for so many minutes."""

    kind: Literal["rate_by_weight"]
    rate_mg_kg_h: DecimalText
    duration_min: Annotated[int, Field(gt=0, le=1440)]


class RateOrder(FromClient):
    """So many mg/h for so many minutes."""

    kind: Literal["rate"]
    rate_mg_h: DecimalText
    duration_min: Annotated[int, Field(gt=0, le=1440)]


class VolumeOrder(FromClient):
    """So many mL/h for so many minutes; the admission then names the concentration."""

    kind: Literal["rate_by_volume"]
    rate_ml_h: DecimalText
    duration_min: Annotated[int, Field(gt=0, le=1440)]


class Screen(FromClient):
    """What is asked before an infusion: yes (true) or no to every question and confirmation of docs/session.md.

    ``reason`` overrides an absolute answer and takes a physician.
    """

    indication: Annotated[str, Field(min_length=1, max_length=64)]
    answers: dict[str, bool]
    confirmed: dict[str, bool]
    reason: Words = ""


class OrderedBy(FromClient):
    """The clinic's protocol that the order began with, as the pre-set tells it."""

    name: Annotated[str, Field(min_length=1, max_length=80)]
    tier: Literal["low", "pain", "dissociative"]
    nibp_interval_min: Annotated[int, Field(ge=1, le=60)]
    recovery_min: Annotated[int, Field(ge=0, le=480)]
    charting_first_min: Annotated[int, Field(ge=1, le=60)] = 10
    charting_every_min: Annotated[int, Field(ge=1, le=60)] = 15


class Admit(FromClient):
    """Who sits down, and what is ordered."""

    initials: Annotated[str, Field(min_length=1, max_length=8)]
    birth_year: Annotated[int, Field(ge=1900, le=2100)] | None = None
    patient_id: Annotated[str, Field(max_length=64)] | None = None
    weight_kg: DecimalText
    order: Annotated[DoseOrder | RateByWeightOrder | RateOrder | VolumeOrder, Field(discriminator="kind")]
    concentration_mg_ml: DecimalText | None = None
    screening: Screen | None = None
    protocol: OrderedBy | None = None


class Nothing(FromClient):
    """No arguments."""


class Start(FromClient):
    """The infusion begins; ``reason`` says why in spite of what is missing."""

    reason: Words = ""


class Bolus(FromClient):
    """A dose given at once, mg."""

    bolus_mg: DecimalText


class Close(FromClient):
    """The session ends. ``reason`` says why in spite of what is missing, ``handover`` what the next must know."""

    handover: Annotated[str, Field(max_length=1000)] = ""
    reason: Words = ""


class Pause(FromClient):
    """Why the infusion stands still."""

    reason: Annotated[str, Field(min_length=1, max_length=200)]


class ChangeRate(FromClient):
    """The new rate, from now on."""

    rate_mg_h: DecimalText
    reason: Words = ""


class Stop(FromClient):
    """The infusion ends; recovery begins."""

    reason: Words = ""


class Acknowledge(FromClient):
    """Which alert a person has taken notice of, by its id."""

    alert: Annotated[str, Field(min_length=1, max_length=200)]


class AudioPause(FromClient):
    """Silence for so long; it always ends by itself."""

    seconds: Annotated[int, Field(ge=1, le=120)] = 120


class SetLimit(FromClient):
    """An alarm limit for this session, and why."""

    code: Annotated[str, Field(max_length=64)]
    priority: Priority
    value: DecimalText
    reason: Annotated[str, Field(min_length=1, max_length=200)]


class LockBaseline(FromClient):
    """The patient's own values before the infusion. All null: what was measured; else as typed, with a reason."""

    systolic: int | None = None
    diastolic: int | None = None
    mean: int | None = None
    spo2: int | None = None
    hr: int | None = None
    reason: Words = ""


class Chart(FromClient):
    """What a person saw or did. docs/session.md lists the kinds and what each needs.

    ``level`` for a scale, or 1 and 0 for a check; ``points`` item by item for a score; ``term`` with ``severity`` for a side
    effect; ``term`` for drug, line_site, pump, check and cuff_arm (same or other arm than the probe); ``text`` in own words.
    """

    kind: ChartKind
    level: Annotated[int, Field(ge=0, le=24)] | None = None
    term: Annotated[str, Field(max_length=64)] = ""
    severity: Literal["", "none", "mild", "moderate", "severe"] = ""
    text: Annotated[str, Field(max_length=500)] = ""
    points: Annotated[tuple[int, ...], Field(max_length=5)] = ()


class WhichDevice(FromClient):
    """A device of the chair; null: the only one that can."""

    device: Annotated[str, Field(max_length=64)] | None = None


class NibpInterval(FromClient):
    """Minutes between determinations; null: by hand only."""

    minutes: Annotated[int, Field(ge=1, le=120)] | None


class NotConnected(FromClient):
    """A measurement that is not connected is not to be missed."""

    parameter: Literal["spo2", "hr", "etco2"]
    reason: Annotated[str, Field(min_length=1, max_length=200)]


class ConnectedAgain(FromClient):
    """A measurement is to be missed again where it is missing."""

    parameter: Literal["spo2", "hr", "etco2"]


class AcceptDevice(FromClient):
    """A person takes a refused unit for the right one: ``unit`` as the device's view names it in ``refused``."""

    device: Annotated[str, Field(min_length=1, max_length=64)]
    unit: Annotated[str, Field(min_length=1, max_length=200)]


class Amend(FromClient):
    """What is added to a closed session; a ``correction`` says what stands there wrongly."""

    text: Annotated[str, Field(min_length=1, max_length=2000)]
    kind: Literal["addition", "correction"] = "addition"


class SignIn(FromClient):
    """Who is at the screen."""

    name: Annotated[str, Field(min_length=1, max_length=100)]


ACTIONS: dict[str, tuple[type[FromClient], str]] = {
    "admit": (Admit, "Admit a patient to the chair, with the order"),
    "screen": (Screen, "Answer what is asked before the infusion"),
    "confirm_order": (Nothing, "A physician confirms what is unusual of the order"),
    "start": (Start, "The infusion begins"),
    "pause": (Pause, "The infusion is paused"),
    "resume": (Nothing, "The infusion goes on"),
    "change_rate": (ChangeRate, "The rate is changed"),
    "bolus": (Bolus, "A dose was given at once"),
    "stop": (Stop, "The infusion ends; recovery begins"),
    "close": (Close, "The session is closed; the chair is free"),
    "acknowledge": (Acknowledge, "Acknowledge an alert"),
    "audio_pause": (AudioPause, "Pause the chair's sound for a time"),
    "end_audio_pause": (Nothing, "Let the chair sound again"),
    "set_limit": (SetLimit, "Change an alarm limit for this session"),
    "lock_baseline": (LockBaseline, "Lock the patient's baseline, or change it with a reason"),
    "not_monitored": (
        NotConnected,
        "A measurement that is not connected is not monitored: no alert tells that it is missing",
    ),
    "monitored": (ConnectedAgain, "Let an alert tell again that a measurement is missing"),
    "chart": (Chart, "Chart what a person saw or did"),
    "nibp_start": (WhichDevice, "Measure blood pressure now"),
    "nibp_stop": (WhichDevice, "Let the cuff go"),
    "nibp_interval": (NibpInterval, "Set how often blood pressure is measured"),
    "accept_device": (AcceptDevice, "Take another unit of a device for the right one"),
}
"""The operator's actions: the body of each POST /api/chairs/{chair}/{action}, and what it is for."""


# HTTP: what is answered


@dataclass(frozen=True, slots=True)
class Failure:
    """Every 4xx and 5xx: one sentence for a person."""

    detail: str


@dataclass(frozen=True, slots=True)
class Done:
    """The action is on disk; ``seq`` is its entry's."""

    seq: int


@dataclass(frozen=True, slots=True)
class Health:
    """The server is alive; ``record`` says whether what happens reaches the disk."""

    status: Literal["alive"]
    record: Literal["writing", "ailing"]
    chairs: int
    viewers: int
    sounding: int
    ails: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Version:
    """Which software answers, and the version of its websocket."""

    version: str
    protocol: int


@dataclass(frozen=True, slots=True)
class DriverInfo:
    """A protocol that the house can read."""

    name: str
    title: str
    line: str
    parameters: tuple[Parameter, ...]
    waveforms: tuple[WaveformName, ...]
    commands: tuple[CommandKind, ...]


@dataclass(frozen=True, slots=True)
class DriverList:
    drivers: tuple[DriverInfo, ...]


@dataclass(frozen=True, slots=True)
class ChairInfo:
    """A chair at a glance. ``priority`` is the highest of its alerts."""

    id: str
    name: str
    index: int
    demo: bool
    phase: Phase
    alerts: int
    priority: Priority | None


@dataclass(frozen=True, slots=True)
class CriteriaList:
    """What is asked for before the session's next step, met or not. A person decides."""

    phase: Phase
    criteria: tuple[Criterion, ...]


@dataclass(frozen=True, slots=True)
class ChairList:
    chairs: tuple[ChairInfo, ...]


@dataclass(frozen=True, slots=True)
class AlertList:
    alerts: tuple[AlertView, ...]


@dataclass(frozen=True, slots=True)
class Amendment:
    """What a person added to a closed session: it stands beside the journal, which stays as it is."""

    at: Instant
    by: Actor
    kind: Literal["addition", "correction"]
    text: str


@dataclass(frozen=True, slots=True)
class LastVisit:
    """When a patient was last infused here, and the weight of that day; null: not on record."""

    at: Instant | None = None
    weight_kg: Decimal | None = None


@dataclass(frozen=True, slots=True)
class SessionRecord:
    """A session and where it took place. ``amendments``, oldest first, come with one session alone, not in a list."""

    chair: str
    session: SessionView
    amendments: tuple[Amendment, ...] = ()


@dataclass(frozen=True, slots=True)
class SessionList:
    sessions: tuple[SessionRecord, ...]


@dataclass(frozen=True, slots=True)
class User:
    """Somebody who may sign in."""

    name: str
    role: Role


@dataclass(frozen=True, slots=True)
class UserList:
    users: tuple[User, ...]


@dataclass(frozen=True, slots=True)
class Me:
    """Who is signed in at this browser; null: nobody."""

    actor: Actor | None
