"""What a simulated S/5 monitor measures: its patient as classes of values, curves and alarm texts."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from drivers.base.observations import Instant
from drivers.datex_dri import (
    Arrhythmia,
    BreathSource,
    Class,
    Co2Status,
    Colour,
    EcgStatus,
    GroupStatus,
    Lead,
    NibpLabel,
    RateSource,
    Silence,
    Special,
    Wave,
    WaveStatus,
)
from simulators._datex_encoding import u16, u32
from simulators.base.simulator import Determination, Signals

SECOND = 1_000_000
RESULT_EARLIER_US = 2 * SECOND
"""A cuff's result is there before the cuff has ended: 1 to 3 s in recordings."""
CLASS_WORD_LOW = 0xA1
"""Low byte of a subrecord's last word at level 10."""

PRESENT = GroupStatus.EXISTS | GroupStatus.ACTIVE
_ECG_LABEL = 1 << 12 | Lead.II << 8
_ARRHYTHMIA_STATUS = 0x8000
"""Set in recordings; what it means is not known."""
_NIBP_LABEL = 0x0003
"""Bits set in recordings; what they mean is not known."""
_AMBIENT = 7598


@dataclass
class Cuff:
    """The cuff: its result with its time, and until when it measures."""

    result: Determination | None = None
    taken_at: Instant = 0
    ends_at: Instant | None = None
    cycles: bool = False

    def label(self, at: Instant) -> int:
        label = _NIBP_LABEL | (NibpLabel.AUTO if self.cycles else 0)
        if self.ends_at is not None:
            label |= NibpLabel.MEASURING
        if self.result is not None and at - self.taken_at > 60 * SECOND:
            label |= NibpLabel.OLDER_THAN_60_S
        return label


@dataclass
class Bedside:
    """The patient as this monitor sees him."""

    signals: Signals
    sensor_is_off: bool = False
    leads_are_off: bool = False
    has_capnometer: bool = False
    silence: int = Silence.NONE
    cuff: Cuff = field(default_factory=Cuff)

    @property
    def finger_off(self) -> bool:
        return self.sensor_is_off or self.signals.finger_off

    @property
    def leads_off(self) -> bool:
        return self.leads_are_off or self.signals.leads_off


def short(value: float | None, scale: int = 1) -> bytes:
    return u16(Special.INVALID if value is None else round(value * scale))


def group(status: int, label: int, *fields: bytes) -> bytes:
    return u32(status) + u16(label) + b"".join(fields)


def absent(label: int, fields: int) -> bytes:
    """A group whose module is not there."""
    return group(0, label, *[short(None)] * fields)


def class_data(bedside: Bedside, class_: Class, at: Instant) -> bytes:
    """Return the 270 bytes of a class. Nothing that ext2 and ext3 tell is measured."""
    if class_ is Class.BASIC:
        return _basic(bedside, at).ljust(270, b"\0")
    return _ext1(bedside).ljust(270, b"\0") if class_ is Class.EXT1 else bytes(270)


def subrecord(bedside: Bedside, class_: Class, at: Instant, time_s: int) -> bytes:
    """Return one class as it stands in a record: 278 bytes."""
    return u32(time_s) + class_data(bedside, class_, at) + bytes(2) + u16(class_ << 8 | CLASS_WORD_LOW)


def _basic(bedside: Bedside, at: Instant) -> bytes:
    signals = bedside.signals
    rate = None if bedside.leads_off else round(signals.hr or 0)
    spread = (short(rate), short(rate and rate + 1), short(rate and rate - 1))
    pressures = (
        b"".join(group(GroupStatus.EXISTS, label, *[short(None)] * 4) for label in (1, 2))
        + absent(16, 4)
        + absent(3, 4)
    )
    temperatures = b"".join(absent(label, 1) for label in (11, 12, 13, 14))
    gases = absent(0, 2) + absent(0, 2) + absent(0, 3) + absent(0, 8) + absent(0, 4)
    relaxation = group(0, 0, short(None), short(None), u16(0x1F))
    return b"".join(
        (
            _ecg(bedside, rate),
            pressures,
            _nibp(bedside.cuff, at),
            temperatures,
            _oximeter(bedside),
            _capnometer(bedside),
            gases,
            relaxation,
            *spread,
            absent(0, 1),
            absent(0, 4),
            absent(0, 4),
        )
    )


def _ecg(bedside: Bedside, rate: int | None) -> bytes:
    signals, off = bedside.signals, bedside.leads_off
    status = PRESENT | RateSource.ECG << 3
    if off:
        status = PRESENT | EcgStatus.CHANNEL_1_OFF
    elif not signals.hr:
        status |= EcgStatus.ASYSTOLE
    if signals.motion and not off:
        status |= EcgStatus.NOISE
    breath = None if off else round(signals.rr or 0)
    return group(status, _ECG_LABEL, short(rate), *[short(None)] * 3, short(breath))


def _nibp(cuff: Cuff, at: Instant) -> bytes:
    if cuff.result is None:
        return group(PRESENT, cuff.label(at), *[short(None)] * 4)
    result = cuff.result
    pressures = (short(pressure, 100) for pressure in (result.systolic, result.diastolic, result.mean))
    return group(PRESENT, cuff.label(at), *pressures, short(None))


def _oximeter(bedside: Bedside) -> bytes:
    signals = bedside.signals
    if bedside.finger_off:
        return group(GroupStatus.EXISTS, 0, *[short(None)] * 4)
    values = (short(signals.spo2, 100), short(signals.pulse_rate), short(signals.pi, 100), short(None))
    return group(PRESENT, 0, *values)


def _capnometer(bedside: Bedside) -> bytes:
    """EtCO2 is not the shared patient's: 5 % while he breathes."""
    if not bedside.has_capnometer:
        return group(GroupStatus.EXISTS, 0, short(None), short(None), short(None), short(_AMBIENT))
    rr = bedside.signals.rr
    status = PRESENT if rr else PRESENT | Co2Status.APNEA
    return group(status, BreathSource.CO2, short(500 if rr else 3), short(3), short(rr or 0), short(_AMBIENT))


def _ext1(bedside: Bedside) -> bytes:
    signals, off = bedside.signals, bedside.leads_off
    rate = None if off else signals.hr or 0
    bits = Arrhythmia.OFF if off else 0 if signals.hr else Arrhythmia.ASYSTOLE
    rhythm = group(PRESENT | _ARRHYTHMIA_STATUS, 0, short(rate), short(60_000 / rate if rate else None), short(0))
    st = absent(0, 12)
    pressures = absent(20, 4) + absent(21, 4)
    temperatures = group(0, 17, short(0)) + group(0, 18, short(0))  # 0 and not invalid, as level 10 does
    return rhythm + u32(bits) + bytes(32) + st + pressures + absent(0, 4) + temperatures


RATES = {Wave.ECG1: 300, Wave.PLETH: 100, Wave.CO2: 25, Wave.RESP: 25}
"""Curves this monitor has, samples a second."""


def served(bedside: Bedside, asked: Iterable[int], budget: int | None) -> tuple[Wave, ...]:
    """Return which of the curves asked for are sent: those there are, in order, while samples are left."""
    found: list[Wave] = []
    for kind in asked:
        if kind in RATES and kind not in found and (kind != Wave.CO2 or bedside.has_capnometer):
            rate = RATES[Wave(kind)]
            if budget is None or rate <= budget:
                found.append(Wave(kind))
                budget = None if budget is None else budget - rate
    return tuple(found)


def wave_part(bedside: Bedside, wave: Wave, times: list[Instant], status: int) -> bytes:
    """Return a waveform subrecord with the samples at these times."""
    if wave is Wave.ECG1 and bedside.leads_off:
        status |= WaveStatus.LEAD_OFF
    samples = b"".join(_sample(bedside, wave, at) for at in times)
    return u16(len(times)) + u16(status) + u16(0) + samples


def _sample(bedside: Bedside, wave: Wave, at: Instant) -> bytes:
    signals = bedside.signals
    if wave is Wave.ECG1:
        return short(None if bedside.leads_off else signals.ecg_mv(at), 1000)
    if wave is Wave.PLETH:
        return short(None if bedside.finger_off else signals.pleth(at) * signals.pi, 100)
    if wave is Wave.CO2:
        return short(5.0 if signals.resp(at) < 0 and signals.rr else 0.03, 100)
    return short(None if bedside.leads_off else signals.resp(at), 50)


def alarm_texts(bedside: Bedside) -> list[tuple[str, Colour]]:
    """Return what the monitor alarms of, the worst first."""
    return sorted(_alarms(bedside), key=lambda alarm: -alarm[1])[:5]


def _alarms(bedside: Bedside) -> Iterator[tuple[str, Colour]]:
    signals = bedside.signals
    if bedside.leads_off:
        yield "ECG leads off", Colour.YELLOW
    elif not signals.hr:
        yield "Asystole", Colour.RED
    elif signals.hr > 120:
        yield "HR high", Colour.YELLOW
    elif signals.hr < 50:
        yield "HR low", Colour.YELLOW
    if bedside.finger_off:
        yield "SpO2 probe off", Colour.WHITE
    elif signals.spo2 is not None and signals.spo2 < 90:
        yield "SpO2 low", Colour.RED if signals.spo2 < 80 else Colour.YELLOW
    if not signals.rr:
        yield "Apnea", Colour.RED


def alarm_part(bedside: Bedside) -> bytes:
    """Return the alarm subrecord: 510 bytes."""
    entries = b""
    for text, colour in alarm_texts(bedside):
        entries += text.encode("latin-1").ljust(80, b"\0") + u16(0) + u16(colour) + u16(0) + bytes(12)
    return u16(0) + u16(1) + bytes(4) + u16(bedside.silence) + entries.ljust(490, b"\0") + bytes(10)
