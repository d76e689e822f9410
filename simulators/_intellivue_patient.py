"""What a simulated IntelliVue monitor measures: its patient as numerics, waves and alarms, encoded as objects of a poll."""

import struct
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime

from drivers.base.observations import Instant
from drivers.intellivue import (
    TICKS_PER_SECOND,
    AlarmCode,
    AlarmInfo,
    AlarmState,
    AlarmType,
    Attribute,
    Group,
    ObjectClass,
    Physio,
    SampleFlag,
    State,
    UnitCode,
)
from simulators._intellivue_encoding import Entry, attribute, bcd_time, float_type, listed, u16, u32, wide
from simulators.base.simulator import Determination, Signals

SCADA = 2 << 16
"""Partition of the labels of measurements."""
BLOCK_US = 256_000
BLOCK_TICKS = BLOCK_US * TICKS_PER_SECOND // 1_000_000

_MICROSECONDS_PER_TICK = 1_000_000 // TICKS_PER_SECOND
_METRICS = 1
"""MDS context of measurements; the alert monitor is in context 0."""
_NIBP_HANDLE = 0x8272
_ALERT_HANDLE = 1

_Value = tuple[int, int, bytes]
"""State, unit and FLOAT-Type of a numeric."""


@dataclass(frozen=True, slots=True)
class Condition:
    """What ails the monitor beside the patient."""

    sensor_off: bool = False
    leads_off: bool = False
    demo: bool = False
    test: bool = False

    @property
    def state(self) -> int:
        """The bits that every measurement bears."""
        return (State.DEMO if self.demo else 0) | (State.TEST if self.test else 0)

    @property
    def alarm_state(self) -> int:
        return (AlarmState.DEMO if self.demo else 0) | (AlarmState.TEST if self.test else 0)


@dataclass(frozen=True, slots=True)
class Cuff:
    """The cuff: its last determination with its time, whether it is measuring now and whether that failed."""

    last: Determination | None = None
    taken: datetime | None = None
    measuring: bool = False
    failed: bool = False


class Bedside:
    """The patient as this monitor sees him."""

    def __init__(self, signals: Signals) -> None:
        self._signals = signals
        self.condition = Condition()
        self.cuff = Cuff()

    @property
    def finger_off(self) -> bool:
        return self._signals.finger_off or self.condition.sensor_off

    @property
    def leads_off(self) -> bool:
        return self._signals.leads_off or self.condition.leads_off

    def numerics(self, group: int, context_only: bool) -> list[Entry]:
        """The numeric objects; which attributes they bring depends on the group asked for."""
        with_context = group in (Group.ALL, Group.STATIC_CONTEXT, Group.DYNAMIC_CONTEXT)
        with_value = group in (Group.ALL, Group.OBSERVED_VALUES) and not context_only
        entries = []
        for handle, physio, name, value in self._values():
            told = _numeric_context(handle, physio, name) if with_context else ()
            if with_value:
                told += (value,)
            entries.append(Entry(_METRICS, handle, told))
        for handle, physio, name in _IDLE:
            entries.append(Entry(_METRICS, handle, _numeric_context(handle, physio, name) if with_context else ()))
        cuff = self._cuff() if with_value else ()
        if with_context or cuff:
            context = _numeric_context(_NIBP_HANDLE, Physio.NIBP, "NBP") if with_context else ()
            entries.append(Entry(_METRICS, _NIBP_HANDLE, context + cuff))
        return entries

    def _values(self) -> Iterable[tuple[int, int, str, bytes]]:
        signals = self._signals
        heart = None if self.leads_off else signals.hr or 0
        breath = None if self.leads_off else signals.rr or 0
        moved = State.QUESTIONABLE if signals.motion else 0
        finger: Callable[[float | None], float | None] = lambda value: None if self.finger_off else value  # noqa: E731
        beats, per_minute = UnitCode.BEATS_PER_MINUTE, UnitCode.BREATHS_PER_MINUTE
        yield 0x82CF, Physio.HEART_RATE, "HR", self._simple(Physio.HEART_RATE, heart, beats)
        yield 0x82D0, Physio.BEAT_TO_BEAT_RATE, "btbHR", self._simple(Physio.BEAT_TO_BEAT_RATE, heart, beats)
        yield 0x82DA, Physio.VENTRICULAR_BEATS, "PVC", self._simple(Physio.VENTRICULAR_BEATS, heart and 0, beats)
        yield 0x82D6, Physio.RESPIRATORY_RATE, "RR", self._simple(Physio.RESPIRATORY_RATE, breath, per_minute)
        spo2, pulse = finger(signals.spo2), finger(signals.pulse_rate)
        yield 0x8400, Physio.SPO2, "SpO2", self._simple(Physio.SPO2, spo2, UnitCode.PERCENT, moved)
        yield 0x8406, Physio.PULSE, "Pulse", self._simple(Physio.PULSE, pulse, beats, moved)
        perfusion = self._simple(Physio.PERFUSION, finger(signals.pi), UnitCode.DIMENSIONLESS, decimals=1)
        yield 0x840A, Physio.PERFUSION, "Perf", perfusion
        yield 0x82DB, Physio.ST, "ST", attribute(Attribute.COMPOUND_VALUE, listed([*self._st_segments()]))

    def _st_segments(self) -> Iterable[bytes]:
        for lead in _ST_LEADS:
            yield self._observed(Physio.ST | lead & 0xFF, None if self.leads_off else 0.1, UnitCode.MILLIMETRE, 0, 1)

    def _simple(self, physio: int, value: float | None, unit: int, state: int = 0, decimals: int = 0) -> bytes:
        return attribute(Attribute.NUMERIC_VALUE, self._observed(physio, value, unit, state, decimals))

    def _observed(self, physio: int, value: float | None, unit: int, state: int = 0, decimals: int = 0) -> bytes:
        state = (State.INVALID if value is None else state) | self.condition.state
        return u16(physio) + u16(state) + u16(unit) + float_type(value, decimals)

    def _cuff(self) -> tuple[bytes, ...]:
        cuff = self.cuff
        if cuff.last is None or cuff.taken is None:
            return ()
        state = State.ONGOING if cuff.measuring else 0
        pressures = (
            (Physio.NIBP_SYSTOLIC, cuff.last.systolic),
            (Physio.NIBP_DIASTOLIC, cuff.last.diastolic),
            (Physio.NIBP_MEAN, cuff.last.mean),
        )
        values = [self._observed(physio, pressure, UnitCode.MMHG, state) for physio, pressure in pressures]
        return (
            attribute(Attribute.VALUE_TIME, bcd_time(cuff.taken)),
            attribute(Attribute.COMPOUND_VALUE, listed(values)),
        )

    def alarms(self) -> tuple[list[bytes], list[bytes], int, int]:
        """Technical and patient alarms that are active, and the highest type of each."""
        technical, patient = [*self._technical()], [*self._physiological()]
        worst_technical, worst_patient = (max((kind for kind, _ in found), default=0) for found in (technical, patient))
        return [entry for _, entry in technical], [entry for _, entry in patient], worst_technical, worst_patient

    def _technical(self) -> Iterable[tuple[int, bytes]]:
        if self.finger_off:
            code = AlarmCode.SENSOR_DISCONNECTED
            yield self._alarm(Physio.SPO2, code, AlarmType.TECHNICAL_LOW, 0x8400, "SpO2 SENSOR OFF")
        if self.leads_off:
            yield self._alarm(
                Physio.HEART_RATE, AlarmCode.LEADS_OFF, AlarmType.TECHNICAL_MEDIUM, 0x82CF, "ECG LEADS OFF"
            )
        if self.cuff.failed:
            code = AlarmCode.MEASUREMENT_FAILED
            yield self._alarm(Physio.NIBP, code, AlarmType.TECHNICAL_LOW, _NIBP_HANDLE, "NBP MEASURE FAILED")

    def _physiological(self) -> Iterable[tuple[int, bytes]]:
        hr, spo2, rr = self._signals.hr, self._signals.spo2, self._signals.rr
        high, medium = AlarmType.PATIENT_HIGH, AlarmType.PATIENT_MEDIUM
        if not self.leads_off:
            if not hr:
                yield self._alarm(Physio.HEART_RATE, AlarmCode.ASYSTOLE, high, 0x82CF, "*** ASYSTOLE")
            elif hr > 120:
                text = f"** HR {hr:.0f} > 120"
                yield self._alarm(Physio.HEART_RATE, AlarmCode.TACHYCARDIA, medium, 0x82CF, text)
            elif hr < 50:
                text = f"** HR {hr:.0f} < 50"
                yield self._alarm(Physio.HEART_RATE, AlarmCode.BRADYCARDIA, medium, 0x82CF, text)
            if not rr:
                yield self._alarm(Physio.RESPIRATORY_RATE, AlarmCode.APNEA, high, 0x82D6, "*** APNEA")
        if not self.finger_off and spo2 is not None:
            if spo2 < 80:
                yield self._alarm(Physio.SPO2, AlarmCode.DESATURATION, high, 0x8400, f"*** DESAT {spo2:.0f} < 80")
            elif spo2 < 90:
                yield self._alarm(Physio.SPO2, AlarmCode.LOW, medium, 0x8400, f"** SpO2 {spo2:.0f} < 90")

    def _alarm(self, source: int, code: int, kind: int, handle: int, text: str) -> tuple[int, bytes]:
        thing = u16(ObjectClass.NUMERIC) + u16(_METRICS) + u16(handle)
        information = u16(0) + u32(0) + u16(0) + u16(0) + wide(text)
        entry = u16(source) + u16(code) + u16(kind) + u16(self.condition.alarm_state) + thing
        return kind, entry + u16(AlarmInfo.TEXT) + u16(len(information)) + information


class AlertMonitor:
    """The object that tells the alarms; it counts how often they changed."""

    def __init__(self, bedside: Bedside) -> None:
        self._bedside = bedside
        self._changes = 0
        self._last: object = None

    def entries(self, group: int, context_only: bool) -> list[Entry]:
        attributes: list[bytes] = []
        if group in (Group.ALL, Group.STATIC_CONTEXT):
            attributes.append(attribute(Attribute.HANDLE, u16(_ALERT_HANDLE)))
            attributes.append(attribute(Attribute.TYPE, u16(1) + u16(ObjectClass.ALERT_MONITOR)))
        if group in (Group.ALL, Group.ALERTS) and not context_only:
            attributes += self._lists()
        return [Entry(0, _ALERT_HANDLE, tuple(attributes))]

    def _lists(self) -> Iterable[bytes]:
        technical, patient, worst_technical, worst_patient = self._bedside.alarms()
        if (technical, patient) != self._last:
            self._last = (technical, patient)
            self._changes += 1
        state = self._bedside.condition.alarm_state
        worst = (worst_patient, worst_technical, worst_patient or worst_technical)
        condition = b"".join(map(u16, (state, self._changes, *worst)))
        yield attribute(Attribute.ALERT_CONDITION, condition)
        yield attribute(Attribute.TECHNICAL_ALARMS, listed(technical))
        yield attribute(Attribute.PATIENT_ALARMS, listed(patient))


@dataclass(frozen=True, slots=True)
class WaveObject:
    """A wave that can be served: its label, its samples and how they are written."""

    label: int
    handle: int
    name: str
    leads: tuple[int, ...]
    period_ticks: int
    significant_bits: int
    flags: int
    unit: int

    @property
    def is_ecg(self) -> bool:
        return self.handle == _ECG_HANDLE

    @property
    def count(self) -> int:
        return BLOCK_TICKS // self.period_ticks


_ECG_HANDLE = 0x02CA
_ST_LEADS = (
    Physio.ECG_I,
    Physio.ECG_II,
    Physio.ECG_III,
    Physio.ECG_AVR,
    Physio.ECG_AVL,
    Physio.ECG_AVF,
    Physio.ECG_V,
)
_IDLE = (
    (0x8500, Physio.ETCO2, "etCO2"),
    (0x8504, Physio.INSPIRED_CO2, "imCO2"),
    (0x8508, Physio.AIRWAY_RESPIRATORY_RATE, "awRR"),
    (0x8600, Physio.TEMPERATURE, "Temp"),
    (0x8604, Physio.TEMPERATURE_RECTAL, "Trect"),
    (0x8700, Physio.ART, "ART"),
    (0x827A, Physio.NIBP_PULSE, "Pulse"),
)
"""Objects of modules that are plugged in and measure nothing: they have no value at all."""
_ECG_FLAGS = SampleFlag.STATIC_SCALE | SampleFlag.EXTENDED_RANGE
_ECG_LEADS = (Physio.ECG_I, Physio.ECG_II, Physio.ECG_III)
_LEAD_NAMES = {Physio.ECG_I: "I", Physio.ECG_II: "II", Physio.ECG_III: "III"}
_SHARES = {Physio.ECG_I: 0.55, Physio.ECG_II: 1.0, Physio.ECG_III: 0.45}
"""Of lead II; I + III = II."""

COMPOUND = WaveObject(SCADA | Physio.ECG, _ECG_HANDLE, "ECG", _ECG_LEADS, 32, 14, _ECG_FLAGS, UnitCode.MILLIVOLT)
SERVED = {
    wave.label: wave
    for wave in (
        COMPOUND,
        *(
            WaveObject(SCADA | lead, _ECG_HANDLE, _LEAD_NAMES[lead], (lead,), 16, 14, _ECG_FLAGS, UnitCode.MILLIVOLT)
            for lead in _ECG_LEADS
        ),
        WaveObject(
            SCADA | Physio.PLETH, 0x0402, "Pleth", (Physio.PLETH,), 64, 12, SampleFlag.SMOOTH, UnitCode.DIMENSIONLESS
        ),
        WaveObject(
            SCADA | Physio.RESPIRATION,
            0x02D2,
            "Resp",
            (Physio.RESPIRATION,),
            128,
            12,
            SampleFlag.SMOOTH,
            UnitCode.DIMENSIONLESS,
        ),
    )
}
DEFAULT_LABELS = (SCADA | Physio.ECG, SCADA | Physio.PLETH, SCADA | Physio.RESPIRATION)


def served(labels: Iterable[int]) -> tuple[int, ...]:
    """Return which of these waves are served: the compound ECG takes the place of single leads."""
    known = [label for label in dict.fromkeys(labels) if label in SERVED]
    if COMPOUND.label in known:
        known = [label for label in known if label == COMPOUND.label or not SERVED[label].is_ecg]
    return tuple(known)


def wave_entry(
    bedside: Bedside, signals: Signals, wave: WaveObject, begin: Instant, context: bool, samples: bool
) -> Entry:
    """One wave object of a result: its context, the samples of the block that began at ``begin``, or both."""
    attributes = _wave_context(wave) if context else ()
    if samples:
        attributes += (_samples(bedside, signals, wave, begin),)
    return Entry(_METRICS, wave.handle, attributes)


def _samples(bedside: Bedside, signals: Signals, wave: WaveObject, begin: Instant) -> bytes:
    step = wave.period_ticks * _MICROSECONDS_PER_TICK
    times = range(begin, begin + wave.count * step, step)
    state = bedside.condition.state
    if wave.is_ecg:
        if bedside.leads_off:
            state |= State.INVALID
        heights = [0.0 if bedside.leads_off else signals.ecg_mv(at) for at in times]
        shares = [(lead, _SHARES[Physio(lead)] / 0.005) for lead in wave.leads]
        arrays = [
            u16(lead) + u16(state) + _packed([8192 + height * share for height in heights]) for lead, share in shares
        ]
    elif wave.label == SCADA | Physio.PLETH:
        # A sensor that is off sends a flat curve that says it is valid; real monitors do so.
        counts = [2048.0 if bedside.finger_off else 400 + 3200 * signals.pleth(at) for at in times]
        arrays = [u16(Physio.PLETH) + u16(state) + _packed(counts)]
    else:
        arrays = [u16(Physio.RESPIRATION) + u16(state) + _packed([2048 + 1500 * signals.resp(at) for at in times])]
    if wave is COMPOUND:
        return attribute(Attribute.COMPOUND_SAMPLES, listed(arrays))
    return attribute(Attribute.SAMPLES, arrays[0])


def _packed(counts: list[float]) -> bytes:
    samples = [min(0x3FFF, max(0, round(count))) for count in counts]
    return struct.pack(f">{len(samples) + 1}H", 2 * len(samples), *samples)


def _wave_context(wave: WaveObject) -> tuple[bytes, ...]:
    top = (1 << wave.significant_bits) - 1
    absolutes = (-40.96, 40.955) if wave.is_ecg else (None, None)
    low, high = (float_type(value, 3) for value in absolutes)
    context = (
        attribute(Attribute.HANDLE, u16(wave.handle)),
        attribute(Attribute.TYPE, u16(1) + u16(ObjectClass.WAVE)),
        attribute(Attribute.SAMPLE_SPEC, u16(wave.count) + bytes((16, wave.significant_bits)) + u16(wave.flags)),
        attribute(Attribute.SAMPLE_PERIOD, u32(wave.period_ticks)),
        attribute(Attribute.LABEL, u32(wave.label)),
        attribute(Attribute.UNIT, u16(wave.unit)),
        attribute(Attribute.SCALE_RANGE, low + high + u16(0) + u16(top)),
    )
    if not wave.is_ecg:
        return context
    calibration = float_type(0) + float_type(1) + u16(8092) + u16(8292) + u16(200) + u16(0)
    fixed = [u16(kind) + u16(value) for kind, value in ((4, 0x8000), (3, 0x4001), (2, 0x8004))]
    return (
        *context,
        attribute(Attribute.CALIBRATION, calibration),
        attribute(Attribute.FIXED_VALUES, listed(fixed)),
    )


def _numeric_context(handle: int, physio: int, name: str) -> tuple[bytes, ...]:
    period = u32(TICKS_PER_SECOND)
    return (
        attribute(Attribute.HANDLE, u16(handle)),
        attribute(Attribute.TYPE, u16(1) + u16(ObjectClass.NUMERIC)),
        attribute(Attribute.METRIC_SPEC, period + u16(0x0080) + u16(0) + bytes((0, 1)) + u16(0)),
        attribute(Attribute.LABEL, u32(SCADA | physio)),
        attribute(Attribute.LABEL_STRING, wide(name.ljust(6))),
        attribute(Attribute.DISPLAY_RESOLUTION, bytes((3, 0))),
        attribute(Attribute.COLOUR, u16(2)),
    )
