"""What the monitor's status bits say of the patient and of its modules, as sentences that begin and end.

The priorities are ours: the specification gives none for these bits.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from drivers._datex_neighbours import Displayed
from drivers._datex_numerics import CO2, ECG, group
from drivers._datex_wire import (
    Arrhythmia,
    Class,
    Co2Status,
    EcgStatus,
    GasStatus,
    NibpLabel,
    PressureStatus,
    Svo2Status,
)
from drivers.base.observations import DeviceAlarm, Instant
from drivers.base.vocabulary import Priority

_LOW, _MEDIUM, _HIGH = Priority.LOW, Priority.MEDIUM, Priority.HIGH


@dataclass(frozen=True, slots=True)
class Word:
    """One bit and its sentence."""

    bit: int
    code: str
    text: str
    priority: Priority = Priority.LOW
    physiological: bool = False


ECG_WORDS = (
    Word(EcgStatus.ASYSTOLE, "ecg/asystole", "Asystole", _HIGH, True),
    Word(EcgStatus.LEARNING, "ecg/learning", "ECG: learning the beats"),
)
CO2_WORDS = (
    Word(Co2Status.APNEA, "co2/apnoea", "Apnoea (CO₂)", _HIGH, True),
    Word(Co2Status.CALIBRATING, "co2/calibrating", "CO₂: calibrating"),
    Word(Co2Status.ZEROING, "co2/zeroing", "CO₂: zeroing"),
    Word(Co2Status.OCCLUSION, "co2/occlusion", "CO₂: sample line blocked", _MEDIUM),
    Word(Co2Status.AIR_LEAK, "co2/air_leak", "CO₂: air leak in the sample line", _MEDIUM),
    Word(Co2Status.APNEA_FROM_RESP, "co2/apnoea_resp", "Apnoea (respiration)", _HIGH, True),
    Word(Co2Status.APNEA_DEACTIVATED, "co2/apnoea_off", "Apnoea alarm is switched off"),
    Word(Co2Status.WET, "co2/wet", "CO₂: water in the sample line"),
)
NIBP_WORDS = (
    Word(NibpLabel.STASIS, "nibp/stasis", "NIBP: the cuff holds its pressure (venous stasis)"),
    Word(NibpLabel.CALIBRATING, "nibp/calibrating", "NIBP: calibrating"),
)
SVO2_WORDS = (
    Word(Svo2Status.CALIBRATED_LONG_AGO, "svo2/old_calibration", "SvO₂: calibrated more than 24 h ago"),
    Word(Svo2Status.FAULTY_CABLE, "svo2/faulty_cable", "SvO₂: faulty cable"),
    Word(Svo2Status.NO_CABLE, "svo2/no_cable", "SvO₂: no cable"),
    Word(Svo2Status.NOT_CALIBRATED, "svo2/not_calibrated", "SvO₂: not calibrated"),
    Word(Svo2Status.OUT_OF_RANGE, "svo2/out_of_range", "SvO₂: out of range"),
)
ARRHYTHMIA_WORDS = (
    Word(Arrhythmia.ASYSTOLE, "arrhythmia/asystole", "Asystole", _HIGH, True),
    Word(Arrhythmia.VF, "arrhythmia/vf", "Ventricular fibrillation", _HIGH, True),
    Word(Arrhythmia.RAPID_VT, "arrhythmia/rapid_vt", "Rapid ventricular tachycardia", _HIGH, True),
    Word(Arrhythmia.VT, "arrhythmia/vt", "Ventricular tachycardia", _HIGH, True),
    Word(Arrhythmia.EXTREME_BRADY, "arrhythmia/extreme_brady", "Extreme bradycardia", _HIGH, True),
    Word(Arrhythmia.EXTREME_TACHY, "arrhythmia/extreme_tachy", "Extreme tachycardia", _HIGH, True),
    Word(Arrhythmia.RUN, "arrhythmia/run", "Run of more than three ventricular beats", _MEDIUM, True),
    Word(Arrhythmia.LONG_RR, "arrhythmia/long_rr", "Long pause between beats", _MEDIUM, True),
    Word(Arrhythmia.TRIPLET, "arrhythmia/triplet", "Ventricular triplet", _LOW, True),
    Word(Arrhythmia.COUPLET, "arrhythmia/couplet", "Ventricular couplet", _LOW, True),
    Word(Arrhythmia.R_ON_T, "arrhythmia/r_on_t", "R on T", _MEDIUM, True),
    Word(Arrhythmia.IDIOVENTRICULAR, "arrhythmia/idioventricular", "Idioventricular rhythm", _MEDIUM, True),
    Word(Arrhythmia.BIGEMINY, "arrhythmia/bigeminy", "Bigeminy", _LOW, True),
    Word(Arrhythmia.TRIGEMINY, "arrhythmia/trigeminy", "Trigeminy", _LOW, True),
    Word(Arrhythmia.FREQUENT_PVC, "arrhythmia/frequent_pvc", "Frequent ventricular beats", _LOW, True),
    Word(Arrhythmia.MULTIFOCAL, "arrhythmia/multifocal", "Multifocal ventricular beats", _LOW, True),
    Word(Arrhythmia.SVT, "arrhythmia/svt", "Supraventricular tachycardia", _MEDIUM, True),
    Word(Arrhythmia.MISSED_BEAT, "arrhythmia/missed_beat", "Missed beat", _LOW, True),
    Word(Arrhythmia.NOISY, "arrhythmia/noisy", "ECG too noisy to judge the rhythm"),
    Word(Arrhythmia.LOW_AMPLITUDE, "arrhythmia/low_amplitude", "ECG too small to judge the rhythm"),
    Word(Arrhythmia.PACER_NOT_FUNCTIONING, "arrhythmia/pacer_fails", "Pacemaker does not pace", _MEDIUM, True),
    Word(Arrhythmia.PACER_NOT_CAPTURING, "arrhythmia/no_capture", "Pacemaker beats are not answered", _MEDIUM, True),
    Word(Arrhythmia.BRADY, "arrhythmia/brady", "Bradycardia", _MEDIUM, True),
    Word(Arrhythmia.TACHY, "arrhythmia/tachy", "Tachycardia", _MEDIUM, True),
    Word(Arrhythmia.OFF, "arrhythmia/off", "The monitor does not watch for arrhythmias"),
    Word(Arrhythmia.NO_TELEMETRY, "arrhythmia/no_telemetry", "ECG telemetry is lost"),
)


def _gas_words(name: str, title: str) -> tuple[Word, ...]:
    return (
        Word(GasStatus.CALIBRATING, f"{name}/calibrating", f"{title}: calibrating"),
        Word(GasStatus.OFF, f"{name}/off", f"{title} is switched off"),
    )


def _pressure_words(name: str) -> tuple[Word, ...]:
    return (Word(PressureStatus.ZEROING, f"{name.lower()}/zeroing", f"Pressure {name} is being zeroed"),)


_STATUSES: tuple[tuple[int, int, tuple[Word, ...]], ...] = (
    (Class.BASIC, ECG, ECG_WORDS),
    (Class.BASIC, CO2, CO2_WORDS),
    (Class.BASIC, 146, _gas_words("o2", "O₂")),
    (Class.BASIC, 156, _gas_words("n2o", "N₂O")),
    (Class.BASIC, 166, _gas_words("agent", "Anaesthetic gas")),
    (Class.BASIC, 232, SVO2_WORDS),
    *((Class.BASIC, 16 + 14 * n, _pressure_words(f"P{n + 1}")) for n in range(4)),
    *((Class.BASIC, 240 + 14 * n, _pressure_words(f"P{n + 5}")) for n in range(2)),
    *((Class.EXT1, 78 + 14 * n, _pressure_words(f"P{n + 7}")) for n in range(2)),
)


class Words:
    """Which of the sentences hold now."""

    def __init__(self) -> None:
        self._on: dict[str, Word] = {}

    def take(self, record: Displayed, at: Instant) -> list[DeviceAlarm]:
        """Return what began and what ended."""
        now = {word.code: word for word in _holding(record)}
        return self._become(now, at)

    def forget(self, at: Instant) -> list[DeviceAlarm]:
        """Nothing is known any more: whatever held has ended."""
        return self._become({}, at)

    def _become(self, now: dict[str, Word], at: Instant) -> list[DeviceAlarm]:
        before, self._on = self._on, now
        said = [_told(word, False, at) for code, word in before.items() if code not in now]
        return said + [_told(word, True, at) for code, word in now.items() if code not in before]


def _holding(record: Displayed) -> Iterator[Word]:
    for class_, offset, words in _STATUSES:
        status = group(record, class_, offset)
        if status.exists:
            yield from (word for word in words if status.status & word.bit)
    cuff, rhythm = group(record, Class.BASIC, 72), group(record, Class.EXT1, 0)
    if cuff.exists:
        yield from (word for word in NIBP_WORDS if cuff.label & word.bit)
    if rhythm.active:
        bits = int.from_bytes(record.classes[Class.EXT1][12:16], "little")
        yield from (word for word in ARRHYTHMIA_WORDS if bits & word.bit)


def _told(word: Word, active: bool, at: Instant) -> DeviceAlarm:
    return DeviceAlarm(at, word.code, active, word.priority, word.physiological, word.text)
