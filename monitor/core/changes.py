"""Everything a bedside says: ``Change`` and the views of its present state.

Views are what a snapshot shows and what a change replaces: the same types, so that a screen that applies changes to a
snapshot holds what the next snapshot would bring. Decimals travel as strings. Times are Instants (µs); ages,
elapsed times and doses are computed by whoever shows them.
"""

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import Literal

from drivers.base.observations import DeviceAlarm, Instant, Reading, WaveformChunk
from drivers.base.vocabulary import CommandKind, Parameter, Priority, Quality, StatusCode, Unit
from monitor.core.entries import Actor
from monitor.core.guards import Guards
from monitor.core.screening import Screening


class Phase(StrEnum):
    """Where a session stands. ``none``: no patient at the chair."""

    NONE = "none"
    PLANNED = "planned"
    INFUSING = "infusing"
    PAUSED = "paused"
    RECOVERY = "recovery"
    CLOSED = "closed"


class AlertState(StrEnum):
    """Where an alert stands. ``latched``: its condition has gone, nobody has acknowledged it."""

    ACTIVE = "active"
    ACKNOWLEDGED = "acknowledged"
    LATCHED = "latched"
    ENDED = "ended"


class AlertKind(StrEnum):
    """Family of an alarm condition."""

    PHYSIOLOGICAL = "physiological"
    TECHNICAL = "technical"
    INFUSION = "infusion"


class CommandState(StrEnum):
    """Life of a command to a device."""

    REQUESTED = "requested"
    SENT = "sent"
    ACCEPTED = "accepted"
    DONE = "done"
    REFUSED = "refused"
    TIMED_OUT = "timed_out"


class LineState(StrEnum):
    """What a device's line does now."""

    CLOSED = "closed"
    OPEN = "open"
    LIVE = "live"
    SILENT = "silent"


@dataclass(frozen=True, slots=True)
class Vital:
    """The newest value of a parameter at a chair. ``value`` None: the device says it has no valid one.

    ``at`` is the time of this statement, ``last_value``/``last_at`` the last valid value and its time: shown with its time in
    words, never in the number's place. ``spot``: a cuff or spot value whose age is told in minutes.
    """

    parameter: Parameter
    value: int | float | None
    unit: Unit
    at: Instant
    device: str
    quality: tuple[Quality, ...] = ()
    spot: bool = False
    last_value: int | float | None = None
    last_at: Instant | None = None


@dataclass(frozen=True, slots=True)
class DeviceView:
    """A device of the chair: what its line says. ``statuses`` are those that are on.

    ``unit`` is the unit bound here, as far as it tells itself; ``accepted_by`` who took it for the right one, if that was in doubt.
    ``refused``, if not empty, is another unit that speaks in its stead: nothing it says is shown.
    """

    id: str
    driver: str
    title: str
    port: str
    line: LineState
    last_byte_at: Instant | None
    why: str
    statuses: tuple["StatusView", ...]
    alarms: tuple[DeviceAlarm, ...]
    faults: int
    discarded: int
    simulated: bool
    can: tuple[CommandKind, ...]
    unit: str = ""
    refused: str = ""
    accepted_by: str = ""


@dataclass(frozen=True, slots=True)
class StatusView:
    """A device status that is on."""

    code: StatusCode
    text: str
    since: Instant


@dataclass(frozen=True, slots=True)
class Patient:
    """No more personal data than is needed to tell chairs apart."""

    initials: str
    birth_year: int | None
    id: str | None = None


@dataclass(frozen=True, slots=True)
class RateStep:
    """From ``at`` on the infusion runs at ``rate_mg_h`` (0 while paused or stopped)."""

    at: Instant
    rate_mg_h: Decimal


@dataclass(frozen=True, slots=True)
class Baseline:
    """The patient's own values before the infusion, locked by a person; relative limits count from them.

    ``readings`` is how many NIBP readings they are the median of; 0: typed in. ``reason`` stands where a locked one was changed.
    A value that is None has no baseline.
    """

    at: Instant
    by: str
    systolic: int | float
    diastolic: int | float
    mean: int | float | None
    spo2: int | float | None
    hr: int | float | None
    readings: int
    reason: str = ""


ChartKind = Literal[
    "pain",
    "moaas",
    "dissociation",
    "cadss6",
    "nausea",
    "anxiety",
    "aldrete",
    "padss",
    "side_effect",
    "drug",
    "line_site",
    "pump",
    "check",
    "cuff_arm",
    "note",
    "emergency",
]


@dataclass(frozen=True, slots=True)
class Charted:
    """What a person saw or did.

    ``level`` of a scale or score, or 1 and 0 for a check made or taken back; ``points`` of a score, item by item. ``term``: the
    side effect (with ``severity``; none: it is over), the drug, the state of line site, pump or cuff's arm, the check.
    ``text`` is in the person's own words: the action taken, the amount and way of a drug, what the pump says, the note.
    """

    at: Instant
    by: str
    kind: ChartKind
    term: str = ""
    level: int | None = None
    severity: Literal["", "none", "mild", "moderate", "severe"] = ""
    text: str = ""
    points: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Bolus:
    """A dose given at once, beside the rate."""

    at: Instant
    mg: Decimal
    by: str


@dataclass(frozen=True, slots=True)
class Confirmation:
    """A physician has looked at what is unusual of the order: ``asks`` are the sentences confirmed."""

    at: Instant
    by: str
    asks: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Protocol:
    """The clinic's protocol that the order began with: how closely the patient is watched (clinical §1.3), how often the cuff
    measures and scales are charted, and how long the recovery lasts at least."""

    name: str
    tier: Literal["low", "pain", "dissociative"]
    nibp_interval_min: int
    recovery_min: int
    charting_first_min: int = 10
    charting_every_min: int = 15


@dataclass(frozen=True, slots=True)
class NotMonitored:
    """A measurement that is not connected, and that a person said is not to be missed: alarm off, until a value comes.

    Neither a restart nor another configuration ends it.
    """

    parameter: Parameter
    at: Instant
    by: str
    reason: str


@dataclass(frozen=True, slots=True)
class Criterion:
    """Something that is asked for before a step. ``met`` is what is known now; a person decides."""

    code: str
    text: str
    met: bool
    detail: str = ""


@dataclass(frozen=True, slots=True)
class TakenWithout:
    """A step that a person took although something was missing: ``without`` is what, ``reason`` why."""

    at: Instant
    by: str
    without: tuple[str, ...]
    reason: str


@dataclass(frozen=True, slots=True)
class SessionView:
    """One infusion of one patient.

    ``rate_mg_h`` is the ordered rate, ``duration_s`` the ordered infusion time (pauses not counted), ``total_mg`` what the order gives in all.
    ``steps`` is the rate history: dose given = its integral. ``planned_end_at`` moves with pauses; None while paused or not begun.
    ``infused_us`` is the infusion time up to ``as_of``; while infusing it counts on from there.
    ``dose_mg`` is the dose given up to ``as_of``, ``boluses`` among it. ``charted`` is what people saw, oldest first.
    ``asks`` is what of the order a physician has yet to confirm. ``charting_due_at`` is when scales are to be charted next.
    ``last_weight_kg`` is that of the patient's last visit, where it is known; ``max_dose_mg`` the clinic's maximum,
    ``guards`` what it has a physician confirm.
    ``started`` and ``left`` tell what was missing then. ``returned_at``, told at the close, is the reading in
    recovery from which on both pressures stayed within 20 % of the baseline.
    """

    id: str
    phase: Phase
    patient: Patient
    weight_kg: Decimal
    order: str
    rate_mg_h: Decimal
    rate_mg_kg_h: Decimal
    rate_ml_h: Decimal | None
    duration_s: int
    total_mg: Decimal
    total_mg_kg: Decimal
    concentration_mg_ml: Decimal | None
    admitted_at: Instant
    began_at: Instant | None
    planned_end_at: Instant | None
    paused_at: Instant | None
    pause_reason: str
    stopped_at: Instant | None
    closed_at: Instant | None
    steps: tuple[RateStep, ...]
    as_of: Instant
    infused_us: int
    dose_mg: Decimal
    dose_mg_kg: Decimal
    nurse: str = ""
    baseline: Baseline | None = None
    charted: tuple[Charted, ...] = ()
    screening: Screening | None = None
    asks: tuple[str, ...] = ()
    confirmed: Confirmation | None = None
    boluses: tuple[Bolus, ...] = ()
    charting_due_at: Instant | None = None
    started: TakenWithout | None = None
    left: TakenWithout | None = None
    handover: str = ""
    returned_at: Instant | None = None
    protocol: Protocol | None = None
    last_weight_kg: Decimal | None = None
    max_dose_mg: Decimal | None = None
    not_monitored: tuple[NotMonitored, ...] = ()
    guards: Guards | None = None


@dataclass(frozen=True, slots=True)
class AlertMark:
    """What became of an alert among people, for the record.

    ``escalated``: to whose screens (``to``), because nobody had acknowledged it. ``acknowledged``: who (``by``). ``realarmed``: it
    sounded again, unresolved. ``grouped``: from then on it was told as one with others.
    """

    at: Instant
    what: Literal["escalated", "acknowledged", "realarmed", "grouped"]
    to: Literal["", "nurses", "physicians", "all"] = ""
    by: str = ""


@dataclass(frozen=True, slots=True)
class AlertView:
    """One occurrence of an alarm condition, with its life.

    ``id`` is "chair:code:began". ``priority`` is that of now, once ended the highest it has had.
    ``text`` is number and limit first ("SpO₂ 84 < 85"). ``worst`` is the worst value since
    ``began``. ``sounding`` is whether it asks for sound by itself (active, and its condition's priority sounds); audio pauses
    are the chair's. ``sounds_again_at``: when an acknowledged alert becomes active again. ``cause`` is the seq that set it going.
    ``response`` is the clinic's rule in words. ``waiting_since``: since when it waits to be acknowledged; time in which its
    condition was gone is not counted. ``escalation``: who else was told because nobody did. 1: of a high one the physicians'
    screens, of a medium one the nurses'; 2: all screens. ``life`` keeps all of that, oldest first, also what has been taken back.
    """

    id: str
    chair: str
    number: str
    code: str
    kind: AlertKind
    priority: Priority
    state: AlertState
    text: str
    began: Instant
    changed: Instant
    parameter: Parameter | None = None
    value: int | float | None = None
    limit: int | float | None = None
    worst: int | float | None = None
    sounding: bool = False
    latching: bool = False
    acknowledged_by: Actor | None = None
    acknowledged_at: Instant | None = None
    sounds_again_at: Instant | None = None
    ended_at: Instant | None = None
    cause: int = 0
    response: str = ""
    waiting_since: Instant | None = None
    escalation: int = 0
    life: tuple[AlertMark, ...] = ()


@dataclass(frozen=True, slots=True)
class AlertGroup:
    """More than five conditions of a chair that began within a minute, told as one while more than five wait to be acknowledged.

    ``text`` is "Multiple conditions (6)", ``alerts`` are their ids, the most urgent first, ``priority`` is the highest among them.
    """

    text: str
    priority: Priority
    began: Instant
    alerts: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class LimitView:
    """An alarm limit in force: "spo2_low" at ``priority``; ``preset`` is the clinic's. ``changed_by`` None: as the pre-set.

    ``basis``: ``absolute`` is a value of the parameter. ``percent`` and ``points`` are a distance from the patient's baseline.
    ``beside``: a value at which the step is met although its distance from the baseline is small; or a difference of two values.
    Only absolute limits are lines to draw.
    """

    code: str
    priority: Priority
    parameter: Parameter
    comparison: Literal["<", "<=", ">", ">="]
    value: Decimal
    preset: Decimal
    changed_by: str | None = None
    reason: str = ""
    basis: Literal["absolute", "percent", "points", "beside"] = "absolute"


@dataclass(frozen=True, slots=True)
class CommandView:
    """A command to a device and how far it got. ``cuff_pressure`` mmHg while a cuff measures."""

    id: str
    device: str
    kind: CommandKind
    state: CommandState
    text: str
    requested_at: Instant
    changed: Instant
    by: str
    cuff_pressure: int | None = None


@dataclass(frozen=True, slots=True)
class NibpSchedule:
    """How often the cuff measures. ``next_at`` None: no determination is planned (manual).

    From ``masks_from`` until ``masks_until`` the cuff, on the probe's arm, takes its pulse: SpO2 and pulse are not looked at.
    """

    interval_s: int | None
    next_at: Instant | None
    stopped_why: str = ""
    masks_from: Instant | None = None
    masks_until: Instant | None = None


@dataclass(frozen=True, slots=True)
class ChairView:
    """The whole present state of a chair: the body of a snapshot."""

    chair: str
    name: str
    at: Instant
    demo: bool
    offset_us: int
    session: SessionView | None
    vitals: tuple[Vital, ...]
    devices: tuple[DeviceView, ...]
    alerts: tuple[AlertView, ...]
    limits: tuple[LimitView, ...]
    commands: tuple[CommandView, ...]
    nibp: NibpSchedule
    audio_paused_until: Instant | None
    audio_paused_by: str
    house: tuple[str, ...]
    group: AlertGroup | None = None


@dataclass(frozen=True, slots=True)
class ReadingTaken:
    """Vitals changed: each replaces the one of its parameter. ``reading`` is as the device said it; None when values were blanked."""

    at: Instant
    device: str
    reading: Reading | None
    vitals: tuple[Vital, ...]
    type: Literal["reading"] = "reading"


@dataclass(frozen=True, slots=True)
class WaveformArrived:
    """A piece of a curve. Goes out in binary, not as JSON."""

    at: Instant
    device: str
    chunk: WaveformChunk
    type: Literal["waveform"] = "waveform"


@dataclass(frozen=True, slots=True)
class DeviceChanged:
    """A device's view replaces the one with its id. ``demo`` is the chair's."""

    at: Instant
    device: DeviceView
    demo: bool
    type: Literal["device"] = "device"


@dataclass(frozen=True, slots=True)
class SessionChanged:
    """The session took a step; None: the chair is empty (again)."""

    at: Instant
    session: SessionView | None
    step: str
    actor: Actor | None
    type: Literal["session"] = "session"


@dataclass(frozen=True, slots=True)
class AlertChanged:
    """An alert began, rose, was acknowledged, latched, re-alarmed, escalated or ended; ``event`` says which."""

    at: Instant
    alert: AlertView
    event: Literal[
        "began", "rose", "fell", "updated", "acknowledged", "latched", "resumed", "realarmed", "escalated", "ended"
    ]
    type: Literal["alert"] = "alert"


@dataclass(frozen=True, slots=True)
class AlertsGrouped:
    """The alerts of the chair are told as one, in another composition than before; None: no longer."""

    at: Instant
    group: AlertGroup | None
    type: Literal["group"] = "group"


@dataclass(frozen=True, slots=True)
class AudioPauseChanged:
    """Audio of the chair is paused until a time, or no longer (None)."""

    at: Instant
    until: Instant | None
    by: str
    type: Literal["audio_pause"] = "audio_pause"


@dataclass(frozen=True, slots=True)
class LimitsChanged:
    """All limits in force, after one changed."""

    at: Instant
    limits: tuple[LimitView, ...]
    type: Literal["limits"] = "limits"


@dataclass(frozen=True, slots=True)
class CommandChanged:
    """A command's view replaces the one with its id."""

    at: Instant
    command: CommandView
    type: Literal["command"] = "command"


@dataclass(frozen=True, slots=True)
class NibpChanged:
    """The cuff's schedule changed."""

    at: Instant
    nibp: NibpSchedule
    type: Literal["nibp"] = "nibp"


@dataclass(frozen=True, slots=True)
class HouseTold:
    """What ails the house, as sentences; and the offset of shown time."""

    at: Instant
    house: tuple[str, ...]
    offset_us: int
    type: Literal["house"] = "house"


@dataclass(frozen=True, slots=True)
class Send:
    """Bytes for a device's port. Consumed by acquisition, never shown."""

    at: Instant
    device: str
    data: bytes
    type: Literal["send"] = "send"


Change = (
    ReadingTaken
    | WaveformArrived
    | DeviceChanged
    | SessionChanged
    | AlertChanged
    | AlertsGrouped
    | AudioPauseChanged
    | LimitsChanged
    | CommandChanged
    | NibpChanged
    | HouseTold
    | Send
)
