"""What the bits of a Masimo line's EXC and ALARM fields mean, and what a nurse reads of each.

Rad-8 operator's manual, exception table, for the low 12 bits of EXC; the rest from two open implementations, of which the
bits above ALARM 20 and above EXC 800 rest on one alone.
"""

from drivers.base.lines import Word
from drivers.base.vocabulary import Priority, Quality, StatusCode

# EXC
NO_SENSOR = 0x000001
SENSOR_DEFECTIVE = 0x000002
LOW_PERFUSION = 0x000004
PULSE_SEARCH = 0x000008
INTERFERENCE = 0x000010
SENSOR_OFF = 0x000020
AMBIENT_LIGHT = 0x000040
SENSOR_UNRECOGNISED = 0x000080
SENSOR_INCOMPATIBLE = 0x000100  # reserved in the manual
RESERVED = 0x000200
LOW_SIGNAL_IQ = 0x000400
SET = 0x000800  # Masimo SET is running: the healthy state
NO_CABLE = 0x001000
CABLE_LIFE = 0x002000
CABLE_INCOMPATIBLE = 0x004000
CABLE_UNRECOGNISED = 0x008000
CABLE_DEFECTIVE = 0x010000
CALIBRATING = 0x020000
SENSOR_LIFE = 0x040000
EMITTER_TEMPERATURE = 0x080000
SENSOR_CURRENT = 0x100000
SPCO_DOUBTFUL = 0x200000
SPMET_DOUBTFUL = 0x400000

# ALARM
SPO2_HIGH = 0x01
SPO2_LOW = 0x02
PR_HIGH = 0x04
PR_LOW = 0x08
ALARM_ACTIVE = 0x10
AUDIO_PAUSED = 0x20
LOW_BATTERY = 0x40
SPCO_HIGH, SPCO_LOW, SPMET_HIGH, SPMET_LOW = 0x0100, 0x0200, 0x0400, 0x0800
DESATURATION_INDEX = 0x1000
PI_CHANGE = 0x2000

WIRE = (
    *("NO_SENSOR", "SENSOR_DEFECTIVE", "LOW_PERFUSION", "PULSE_SEARCH", "INTERFERENCE", "SENSOR_OFF", "AMBIENT_LIGHT"),
    *("LOW_SIGNAL_IQ", "SET", "CALIBRATING"),
    *("SPO2_HIGH", "SPO2_LOW", "PR_HIGH", "PR_LOW", "ALARM_ACTIVE", "AUDIO_PAUSED", "LOW_BATTERY"),
)

SILENT = SET | RESERVED | SPCO_DOUBTFUL | SPMET_DOUBTFUL
"""Bits of EXC that say nothing of what is shown here."""

_DOUBT = (Quality.QUESTIONABLE,)


def _fault(text: str, missing: Quality = Quality.INVALID) -> Word:
    return Word(text, StatusCode.DEVICE_FAULT, missing=missing)


def _limit(text: str) -> Word:
    """The line does not tell an alarm's priority."""
    return Word(text, alarm=Priority.MEDIUM, physiological=True)


EXCEPTIONS = {
    NO_SENSOR: Word("no SpO₂ sensor connected", StatusCode.NO_SENSOR, missing=Quality.NO_SENSOR),
    SENSOR_DEFECTIVE: _fault("SpO₂ sensor defective: use another"),
    LOW_PERFUSION: Word(
        "SpO₂ pulse signal weak (low perfusion): warm the hand or use another finger",
        StatusCode.LOW_PERFUSION,
        doubts=(*_DOUBT, Quality.LOW_PERFUSION),
    ),
    PULSE_SEARCH: Word("SpO₂ sensor is searching for a pulse", StatusCode.SEARCHING, doubts=_DOUBT),
    INTERFERENCE: Word(
        "SpO₂ disturbed by movement or electrical noise", StatusCode.ARTEFACT, doubts=(*_DOUBT, Quality.ARTEFACT)
    ),
    SENSOR_OFF: Word("SpO₂ sensor off the patient", StatusCode.SENSOR_OFF, missing=Quality.SENSOR_OFF),
    AMBIENT_LIGHT: Word("too much light on the SpO₂ sensor: cover it", StatusCode.ARTEFACT, doubts=_DOUBT),
    SENSOR_UNRECOGNISED: _fault("SpO₂ sensor not recognised by the oximeter"),
    SENSOR_INCOMPATIBLE: _fault("SpO₂ sensor perhaps does not fit this oximeter (exception 100)"),
    LOW_SIGNAL_IQ: Word("SpO₂ signal of low quality: look at the sensor", StatusCode.ARTEFACT, doubts=_DOUBT),
    NO_CABLE: _fault("no SpO₂ patient cable connected", Quality.NO_SENSOR),
    CABLE_LIFE: _fault("SpO₂ patient cable is at the end of its life: replace it"),
    CABLE_INCOMPATIBLE: _fault("SpO₂ patient cable does not fit this oximeter"),
    CABLE_UNRECOGNISED: _fault("SpO₂ patient cable not recognised by the oximeter"),
    CABLE_DEFECTIVE: _fault("SpO₂ patient cable defective: replace it"),
    CALIBRATING: Word("SpO₂ sensor is calibrating", StatusCode.SEARCHING, missing=Quality.SEARCHING),
    SENSOR_LIFE: _fault("SpO₂ sensor is at the end of its life: replace it"),
    EMITTER_TEMPERATURE: _fault("SpO₂ sensor too hot or too cold (emitter temperature)"),
    SENSOR_CURRENT: _fault("SpO₂ sensor draws too much current: use another"),
}

ALARMS = {
    SPO2_HIGH: _limit("SpO₂ above the oximeter's own high limit"),
    SPO2_LOW: _limit("SpO₂ below the oximeter's own low limit"),
    PR_HIGH: _limit("pulse rate above the oximeter's own high limit"),
    PR_LOW: _limit("pulse rate below the oximeter's own low limit"),
    ALARM_ACTIVE: Word("the oximeter has an alarm of its own: look at it", alarm=Priority.MEDIUM),
    AUDIO_PAUSED: Word("the oximeter's own alarm sound is off", alarm=Priority.LOW),
    LOW_BATTERY: Word("oximeter battery low", StatusCode.LOW_BATTERY),
    SPCO_HIGH: _limit("SpCO above the oximeter's own high limit"),
    SPCO_LOW: _limit("SpCO below the oximeter's own low limit"),
    SPMET_HIGH: _limit("SpMet above the oximeter's own high limit"),
    SPMET_LOW: _limit("SpMet below the oximeter's own low limit"),
    DESATURATION_INDEX: _limit("repeated falls of SpO₂ (the oximeter's desaturation index alarm)"),
    PI_CHANGE: _limit("perfusion index changes fast (the oximeter's own alarm)"),
}


def names(exceptions: int, alarms: int) -> frozenset[str]:
    """Return a name for each bit that says something, such as "EXC 000020" or "ALARM 000002"."""
    exc = (f"EXC {bit:06x}" for bit in _bits(exceptions & ~SILENT))
    return frozenset((*exc, *(f"ALARM {bit:06x}" for bit in _bits(alarms))))


def meaning(name: str) -> Word:
    """Return what the bit of this name means. One that is not known makes values doubtful, or is an alarm of its own."""
    field, digits = name.split()
    bit = int(digits, 16)
    if field == "EXC":
        return EXCEPTIONS.get(bit) or Word(
            f"the oximeter reports an exception that is not known here ({digits})", StatusCode.ARTEFACT, doubts=_DOUBT
        )
    return ALARMS.get(bit) or Word(f"the oximeter has an alarm that is not known here ({digits})", alarm=Priority.LOW)


def _bits(number: int) -> list[int]:
    return [1 << place for place in range(number.bit_length()) if number >> place & 1]
