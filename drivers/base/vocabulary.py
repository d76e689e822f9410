"""The closed lists of words that drivers, the core and the displays share.

Every member's value is the word used in the journal, on the websocket and by ``vigil decode``.
Nothing here knows of a device.
"""

from enum import StrEnum


class Parameter(StrEnum):
    """A measured quantity; the unit is fixed by the parameter (``UNITS``)."""

    SPO2 = "spo2"
    PR = "pr"
    PI = "pi"
    HR = "hr"
    RR = "rr"
    NIBP_SYS = "nibp_sys"
    NIBP_DIA = "nibp_dia"
    NIBP_MEAN = "nibp_mean"
    CUFF_PRESSURE = "cuff_pressure"
    ETCO2 = "etco2"
    TEMPERATURE = "temperature"


class WaveformName(StrEnum):
    """A curve."""

    ECG_I = "ecg_i"
    ECG_II = "ecg_ii"
    ECG_III = "ecg_iii"
    ECG_AVR = "ecg_avr"
    ECG_AVL = "ecg_avl"
    ECG_AVF = "ecg_avf"
    ECG_V = "ecg_v"
    PLETH = "pleth"
    RESP = "resp"
    CO2 = "co2"
    ABP = "abp"


class Unit(StrEnum):
    """Units, in UCUM."""

    PERCENT = "%"
    PER_MIN = "/min"
    MMHG = "mm[Hg]"
    MILLIVOLT = "mV"
    CELSIUS = "Cel"
    ONE = "1"


UNITS = {
    Parameter.SPO2: Unit.PERCENT,
    Parameter.PR: Unit.PER_MIN,
    Parameter.PI: Unit.PERCENT,
    Parameter.HR: Unit.PER_MIN,
    Parameter.RR: Unit.PER_MIN,
    Parameter.NIBP_SYS: Unit.MMHG,
    Parameter.NIBP_DIA: Unit.MMHG,
    Parameter.NIBP_MEAN: Unit.MMHG,
    Parameter.CUFF_PRESSURE: Unit.MMHG,
    Parameter.ETCO2: Unit.MMHG,
    Parameter.TEMPERATURE: Unit.CELSIUS,
}


class Quality(StrEnum):
    """Why a value is missing or doubtful. A value with none of these is as good as the device can make it."""

    SENSOR_OFF = "sensor_off"
    NO_SENSOR = "no_sensor"
    LEADS_OFF = "leads_off"
    SEARCHING = "searching"
    ARTEFACT = "artefact"
    OUT_OF_TRACK = "out_of_track"
    LOW_PERFUSION = "low_perfusion"
    MARGINAL_PERFUSION = "marginal_perfusion"
    QUESTIONABLE = "questionable"
    INVALID = "invalid"
    UNCONFIRMED = "unconfirmed"
    HELD = "held"
    DEMO = "demo"
    TEST = "test"


class StatusCode(StrEnum):
    """States a device reports of itself. The displays and conditions know these; a driver words the sentence."""

    SENSOR_OFF = "sensor_off"
    NO_SENSOR = "no_sensor"
    LEADS_OFF = "leads_off"
    SEARCHING = "searching"
    ARTEFACT = "artefact"
    OUT_OF_TRACK = "out_of_track"
    LOW_PERFUSION = "low_perfusion"
    LOW_BATTERY = "low_battery"
    MEASURING = "measuring"
    MEASUREMENT_FAILED = "measurement_failed"
    CYCLING_STOPPED = "cycling_stopped"
    DEVICE_FAULT = "device_fault"
    NOT_ANSWERING = "not_answering"
    NOT_THIS_DEVICE = "not_this_device"
    CONNECTED = "connected"
    STANDBY = "standby"
    DEMO = "demo"
    TEST = "test"
    FORMAT = "format"
    IDENTITY = "identity"


class Priority(StrEnum):
    """Priority of an alarm condition (IEC 60601-1-8), low to high."""

    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"


class FaultKind(StrEnum):
    """How bytes failed: a checksum, lost step, a frame cut short, more than a frame may hold."""

    CHECKSUM = "checksum"
    SYNC = "sync"
    SHORT = "short"
    OVERRUN = "overrun"


class CommandKind(StrEnum):
    """What an operator may ask of a device."""

    NIBP_START = "nibp_start"
    NIBP_STOP = "nibp_stop"


class CommandOutcome(StrEnum):
    """What the device made of a command. The last three are final."""

    SENT = "sent"
    ACCEPTED = "accepted"
    DONE = "done"
    REFUSED = "refused"
    TIMED_OUT = "timed_out"
