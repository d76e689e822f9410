"""From IntelliVue alert lists to alarms that begin and end, and to what they say of sensors and leads.

A list is always the full set of what is active now: what is absent has ended. A list that did not come says nothing.
"""

from collections.abc import Collection
from dataclasses import dataclass

from drivers._intellivue_messages import Cursor, Malformed, Polled
from drivers._intellivue_values import wide_text
from drivers._intellivue_wire import AlarmCode, AlarmInfo, AlarmState, AlarmType, Attribute, Physio
from drivers.base.observations import DeviceAlarm, Instant
from drivers.base.vocabulary import Parameter, Priority, Quality, StatusCode

_LISTS = {Attribute.TECHNICAL_ALARMS: False, Attribute.PATIENT_ALARMS: True}
_PRIORITIES: dict[int, Priority] = {
    AlarmType.TECHNICAL_LOW: Priority.LOW,
    AlarmType.TECHNICAL_MEDIUM: Priority.MEDIUM,
    AlarmType.TECHNICAL_HIGH: Priority.HIGH,
    AlarmType.PATIENT_LOW: Priority.LOW,
    AlarmType.PATIENT_MEDIUM: Priority.MEDIUM,
    AlarmType.PATIENT_HIGH: Priority.HIGH,
}
_RANKS = list(Priority)
_SOURCES: dict[int, str] = {
    Physio.ECG: "ECG",
    Physio.HEART_RATE: "HR",
    Physio.SPO2: "SpO₂",
    Physio.PLETH: "Pleth",
    Physio.PULSE: "Pulse",
    Physio.NIBP: "NIBP",
    Physio.NIBP_SYSTOLIC: "NIBP systolic",
    Physio.NIBP_DIASTOLIC: "NIBP diastolic",
    Physio.NIBP_MEAN: "NIBP mean",
    Physio.RESPIRATION: "Resp",
    Physio.RESPIRATORY_RATE: "RR",
    Physio.AIRWAY_RESPIRATORY_RATE: "Airway RR",
    Physio.CO2: "CO₂",
    Physio.ETCO2: "EtCO₂",
}
_HAPPENINGS: dict[int, str] = {
    4: "absent",
    22: "disconnected",
    24: "disturbed",
    26: "empty",
    32: "erratic",
    36: "exhausted",
    38: "failed",
    40: "high",
    58: "irregular",
    62: "low",
    70: "malfunction",
    74: "noisy",
    80: "obstructed",
    110: "unavailable",
    124: "warming up",
    128: "weak",
    136: "no breath",
    138: "calibration failed",
    194: "battery low",
    230: "cuff not deflated",
    232: "cuff over-inflated",
    242: "equipment malfunction",
    250: "tube occluded",
    268: "lead disconnected",
    274: "leads off",
    308: "sensor disconnected",
    310: "sensor malfunction",
    312: "sensor problem",
    326: "tube disconnected",
    352: "measurement disconnected",
    354: "measurement error",
    356: "measurement failed",
    358: "measurement inoperative",
    362: "measurement interrupted",
    364: "over range",
    366: "under range",
    380: "signal low",
    384: "cannot analyse",
    400: "unsupported",
    432: "artefact",
    434: "bad signal quality",
    436: "interference",
    442: "not pulsatile",
    3072: "apnoea",
    3076: "asystole",
    3086: "extreme bradycardia",
    3108: "pause",
    3122: "extreme tachycardia",
    3224: "ventricular tachycardia",
    3246: "desaturation",
    6144: "alarms off",
    6170: "zeroing",
    6224: "learning",
    6226: "off",
    6228: "standby",
    61444: "ventricular fibrillation or tachycardia",
    61766: "bradycardia",
    61768: "tachycardia",
    61830: "extremely high",
    61832: "extremely low",
}


@dataclass(frozen=True, slots=True)
class Alarm:
    """An entry of an alert list."""

    source: int
    code: int
    priority: Priority
    physiological: bool
    state: int
    text: str

    @property
    def name(self) -> str:
        """What stays the same while the alarm lasts."""
        return f"{'alarm' if self.physiological else 'inop'}.{self.source:04x}.{self.code}"


@dataclass(frozen=True, slots=True)
class Explanation:
    """A technical alarm that says why values are missing. ``sources`` None: whoever says so."""

    status: StatusCode
    quality: Quality
    text: str
    codes: frozenset[int]
    sources: Collection[int] | None
    parameters: tuple[Parameter, ...]

    def explains(self, alarm: Alarm) -> bool:
        """Whether this is what the alarm says."""
        return alarm.code in self.codes and (self.sources is None or alarm.source in self.sources)


_OXIMETER = frozenset({Physio.SPO2, Physio.PLETH, Physio.PULSE, Physio.PERFUSION})
_OXIMETRY = (Parameter.SPO2, Parameter.PR, Parameter.PI)
_NIBP = frozenset({Physio.NIBP, Physio.NIBP_SYSTOLIC, Physio.NIBP_DIASTOLIC, Physio.NIBP_MEAN})

EXPLANATIONS = (
    Explanation(
        StatusCode.SENSOR_OFF,
        Quality.SENSOR_OFF,
        "SpO₂ sensor off",
        frozenset({AlarmCode.SENSOR_DISCONNECTED}),
        _OXIMETER,
        _OXIMETRY,
    ),
    Explanation(
        StatusCode.NO_SENSOR,
        Quality.NO_SENSOR,
        "No SpO₂ sensor",
        frozenset({AlarmCode.ABSENT, AlarmCode.DISCONNECTED, AlarmCode.MEASUREMENT_DISCONNECTED}),
        _OXIMETER,
        _OXIMETRY,
    ),
    Explanation(
        StatusCode.LEADS_OFF,
        Quality.LEADS_OFF,
        "ECG leads off",
        frozenset({AlarmCode.LEADS_OFF, AlarmCode.LEAD_DISCONNECTED}),
        None,
        (Parameter.HR, Parameter.RR),
    ),
    Explanation(
        StatusCode.MEASUREMENT_FAILED,
        Quality.INVALID,
        "NIBP measurement failed",
        frozenset(
            {
                AlarmCode.FAIL,
                AlarmCode.CUFF_NOT_DEFLATED,
                AlarmCode.CUFF_OVER_INFLATED,
                AlarmCode.MEASUREMENT_ERROR,
                AlarmCode.MEASUREMENT_FAILED,
                AlarmCode.MEASUREMENT_INTERRUPTED,
            }
        ),
        _NIBP,
        (),
    ),
)


class Alarms:
    """The alarms that one monitor has active."""

    def __init__(self) -> None:
        self._active: dict[str, Alarm] = {}
        self.state = 0

    def take(self, polled: Polled, at: Instant) -> list[DeviceAlarm]:
        """Compare the lists of an alert monitor object with what was active; return what began, changed and ended."""
        condition = polled.attributes.get(Attribute.ALERT_CONDITION)
        worst = {}
        if condition is not None:
            cursor = Cursor(condition)
            self.state, _, patient, technical = (cursor.number() for _ in range(4))
            worst = {True: patient, False: technical}
        said: list[DeviceAlarm] = []
        for attribute, physiological in _LISTS.items():
            listed = polled.attributes.get(attribute)
            if listed is not None:
                said += self._replace(_alarms(listed, physiological), physiological, at)
            elif worst.get(physiological) == 0:
                said += self._replace({}, physiological, at)
        return said

    def has_state(self, bit: AlarmState) -> bool:
        """Whether the alert monitor, or an alarm of it, bears this state."""
        return bool(bit & self.state) or any(bit & alarm.state for alarm in self._active.values())

    def reasons(self) -> list[Explanation]:
        """Return the explanations that hold now, each once."""
        technical = [alarm for alarm in self._active.values() if not alarm.physiological]
        return [reason for reason in EXPLANATIONS if any(reason.explains(alarm) for alarm in technical)]

    def _replace(self, now: dict[str, Alarm], physiological: bool, at: Instant) -> list[DeviceAlarm]:
        before = {name: alarm for name, alarm in self._active.items() if alarm.physiological is physiological}
        said = [_told(alarm, at, active=False) for name, alarm in before.items() if name not in now]
        said += [_told(alarm, at, active=True) for name, alarm in now.items() if _differs(alarm, before.get(name))]
        for name in before:
            del self._active[name]
        self._active |= now
        return said


def _told(alarm: Alarm, at: Instant, active: bool) -> DeviceAlarm:
    return DeviceAlarm(at, alarm.name, active, alarm.priority, alarm.physiological, alarm.text)


def _differs(alarm: Alarm, before: Alarm | None) -> bool:
    return before is None or (alarm.priority, alarm.text) != (before.priority, before.text)


def _alarms(raw: bytes, physiological: bool) -> dict[str, Alarm]:
    """Read a list; of several entries with the same source and code the one of highest priority counts."""
    found: dict[str, Alarm] = {}
    for entry in Cursor(raw).entries():
        alarm = _alarm(entry, physiological)
        other = found.setdefault(alarm.name, alarm)
        if _RANKS.index(alarm.priority) > _RANKS.index(other.priority):
            found[alarm.name] = alarm
    return found


def _alarm(entry: Cursor, physiological: bool) -> Alarm:
    source, code, kind, state = (entry.number() for _ in range(4))
    entry.take(6)  # the object's class, context and handle
    shape = entry.number()
    information = entry.part()
    text = ""
    if shape == AlarmInfo.TEXT:
        try:
            information.take(10)  # instance, text id, priority, flags
            text = wide_text(information.rest())
        except Malformed:
            text = ""  # an alarm counts even when its words cannot be read
    source |= (code & 1) << 16  # bit 0 is not part of the code: the source is an object class, not a measurement
    code &= 0xFFFE
    priority = _PRIORITIES.get(kind, Priority.LOW)
    return Alarm(source, code, priority, physiological, state, text or _words(source, code))


def _words(source: int, code: int) -> str:
    who = _SOURCES.get(source, f"Source {source:04x}")
    return f"{who} {_HAPPENINGS.get(code, f'code {code}')}"
