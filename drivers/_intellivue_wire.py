"""The numbers of the IntelliVue data export protocol, with the guide's meaning beside them.

Philips "IntelliVue Data Export Interface Programming Guide", 4535 642 59271 rev. G. ``drivers/intellivue.py`` hands
them on in its ``WIRE``. No layout, scaling or check sum lives here, so that driver and simulator check each other.
"""

from enum import IntEnum

from drivers.base.decoder import Line

LINE = Line(baud=115200)
"""MIB/RS-232, fixed baud rate: 8N1, no flow control."""

MONITOR_PORT = 24105
"""UDP port of the monitor for data export over LAN."""
INDICATION_PORT = 24005
"""UDP port to which a monitor broadcasts every 10 s that it is there."""

TICKS_PER_SECOND = 8000
"""Relative time counts 125 µs ticks in 32 bits."""


class Message(IntEnum):
    """First byte of the user data."""

    RELEASE_REQUEST = 0x09
    RELEASE_RESPONSE = 0x0A
    REFUSE = 0x0C
    ASSOCIATION_REQUEST = 0x0D
    ASSOCIATION_RESPONSE = 0x0E
    ABORT = 0x19
    DATA_EXPORT = 0xE1


class Operation(IntEnum):
    """Remote operation (ro_type)."""

    INVOKE = 1
    RESULT = 2
    ERROR = 3
    LINKED_RESULT = 5


class Service(IntEnum):
    """Command type of an operation."""

    EVENT_REPORT = 0
    CONFIRMED_EVENT_REPORT = 1
    GET = 3
    SET = 4
    CONFIRMED_SET = 5
    CONFIRMED_ACTION = 7


class LinkState(IntEnum):
    """Place of a linked result in its set."""

    FIRST = 1
    MIDDLE = 2
    LAST = 3


class Failure(IntEnum):
    """Error of an operation (ROER)."""

    NO_SUCH_OBJECT_CLASS = 0
    NO_SUCH_OBJECT_INSTANCE = 1
    ACCESS_DENIED = 2
    GET_LIST_ERROR = 7
    SET_LIST_ERROR = 8
    NO_SUCH_ACTION = 9
    PROCESSING_FAILURE = 10
    INVALID_ARGUMENT_VALUE = 15


class Action(IntEnum):
    """Action type."""

    SINGLE_POLL = 0x0C16
    EXTENDED_POLL = 0xF13B


class Event(IntEnum):
    """Event type."""

    MDS_CREATE = 0x0D06
    CONNECT_INDICATION = 0x0D17


class ObjectClass(IntEnum):
    """What is polled."""

    ENUMERATION = 0x0005
    NUMERIC = 0x0006
    WAVE = 0x0009
    MDS = 0x0021
    DEMOGRAPHICS = 0x002A
    ALERT_MONITOR = 0x0036


class Group(IntEnum):
    """Attribute group of a poll; ``ALL`` brings values and, in turns, context."""

    ALL = 0x0000
    ALERTS = 0x0801
    OBSERVED_VALUES = 0x0803
    SYSTEM_PRODUCTION = 0x080C
    DYNAMIC_CONTEXT = 0x0810
    STATIC_CONTEXT = 0x0811


class Attribute(IntEnum):
    """Attribute identifiers."""

    POLL_PROFILE = 0x0001
    PATIENT_ALARMS = 0x0902
    TECHNICAL_ALARMS = 0x0904
    APPLICATION_AREA = 0x090D
    COLOUR = 0x0911
    ALERT_CONDITION = 0x0916
    DISPLAY_RESOLUTION = 0x0917
    BED_LABEL = 0x091E
    HANDLE = 0x0921
    LABEL = 0x0924
    LABEL_STRING = 0x0927
    MODEL = 0x0928
    TYPE = 0x092F
    LINE_FREQUENCY = 0x0935
    LOCALISATION = 0x0937
    METRIC_SPEC = 0x093F
    METRIC_STATE = 0x0940
    OPERATING_MODE = 0x0946
    NOMENCLATURE_VERSION = 0x0948
    COMPOUND_VALUE = 0x094B
    NUMERIC_VALUE = 0x0950
    CALIBRATION = 0x0964
    COMPOUND_SAMPLES = 0x0967
    SAMPLE_SPEC = 0x096D
    SAMPLES = 0x096E
    SCALE_RANGE = 0x096F
    SYSTEM_ID = 0x0984
    SYSTEM_TYPE = 0x0986
    ABSOLUTE_TIME = 0x0987
    SAMPLE_PERIOD = 0x098D
    RELATIVE_TIME = 0x098F
    VALUE_TIME = 0x0990
    VALUE_TICKS = 0x0991
    UNIT = 0x0996
    MDS_STATUS = 0x09A7
    FIXED_VALUES = 0x0A16
    POLL_OPTIONS = 0xF001
    NETWORK_ADDRESS = 0xF100
    PROTOCOL_SUPPORT = 0xF101
    ACTIVE_PERIOD = 0xF13E
    WAVE_PRIORITIES = 0xF23A


class Option(IntEnum):
    """Extended poll options of an association; the monitor clears what it does not grant."""

    NUMERICS_1S = 0x80000000
    NUMERICS_12S = 0x40000000
    NUMERICS_1MIN = 0x20000000
    NUMERICS_5MIN = 0x10000000
    WAVES = 0x08000000


class State(IntEnum):
    """Measurement state of a numeric or a wave."""

    INVALID = 0x8000
    QUESTIONABLE = 0x4000
    UNAVAILABLE = 0x2000
    CALIBRATING = 0x1000
    TEST = 0x0800
    DEMO = 0x0400
    EARLY = 0x0040
    ONGOING = 0x0020


class AlarmState(IntEnum):
    """State of an alarm and of the alert monitor."""

    INHIBITED = 0x8000
    SUSPENDED = 0x4000
    LATCHED = 0x2000
    SILENCED = 0x1000
    TEST = 0x0400
    STANDBY = 0x0200
    DEMO = 0x0100
    NEW = 0x0008


class AlarmType(IntEnum):
    """Type, and so priority, of an alarm."""

    TECHNICAL_LOW = 0x0001
    TECHNICAL_MEDIUM = 0x0002
    TECHNICAL_HIGH = 0x0004
    PATIENT_LOW = 0x0100
    PATIENT_MEDIUM = 0x0200
    PATIENT_HIGH = 0x0400


class AlarmInfo(IntEnum):
    """Which information follows an alarm entry."""

    GENERAL = 0x0201
    TEXT = 0x0204


class AlarmCode(IntEnum):
    """Alarm codes that the driver understands; bit 0 is not part of a code."""

    ABSENT = 4
    DISCONNECTED = 22
    FAIL = 38
    HIGH = 40
    LOW = 62
    CUFF_NOT_DEFLATED = 230
    CUFF_OVER_INFLATED = 232
    LEAD_DISCONNECTED = 268
    LEADS_OFF = 274
    SENSOR_DISCONNECTED = 308
    MEASUREMENT_DISCONNECTED = 352
    MEASUREMENT_ERROR = 354
    MEASUREMENT_FAILED = 356
    MEASUREMENT_INTERRUPTED = 362
    APNEA = 3072
    ASYSTOLE = 3076
    DESATURATION = 3246
    BRADYCARDIA = 61766
    TACHYCARDIA = 61768


class Mode(IntEnum):
    """Operating mode of the monitor."""

    UNSPECIFIED = 0x8000
    MONITORING = 0x4000
    DEMO = 0x2000
    SERVICE = 0x1000
    STANDBY = 0x0002
    CONFIGURATION = 0x0001


class Physio(IntEnum):
    """What a numeric or a wave measures (SCADA partition)."""

    ECG = 0x0100
    ECG_I = 0x0101
    ECG_II = 0x0102
    ECG_III = 0x013D
    ECG_AVR = 0x013E
    ECG_AVL = 0x013F
    ECG_AVF = 0x0140
    ECG_V = 0x0143
    ST = 0x0300
    HEART_RATE = 0x4182
    BEAT_TO_BEAT_RATE = 0x418A
    VENTRICULAR_BEATS = 0x4261
    PULSE = 0x4822
    NIBP = 0x4A04
    NIBP_SYSTOLIC = 0x4A05
    NIBP_DIASTOLIC = 0x4A06
    NIBP_MEAN = 0x4A07
    ART = 0x4A10
    ABP = 0x4A14
    TEMPERATURE = 0x4B48
    TEMPERATURE_CORE = 0x4B60
    TEMPERATURE_OESOPHAGEAL = 0x4B64
    TEMPERATURE_NASOPHARYNGEAL = 0x4B6C
    TEMPERATURE_RECTAL = 0xE004
    PERFUSION = 0x4BB0
    PLETH = 0x4BB4
    SPO2 = 0x4BB8
    RESPIRATION = 0x5000
    RESPIRATORY_RATE = 0x500A
    AIRWAY_RESPIRATORY_RATE = 0x5012
    CO2 = 0x50AC
    ETCO2 = 0x50B0
    INSPIRED_CO2 = 0x50BA
    NIBP_PULSE = 0xF0E5


class UnitCode(IntEnum):
    """Units of measurement."""

    DIMENSIONLESS = 0x0200
    PERCENT = 0x0220
    MILLIMETRE = 0x0512
    PER_MINUTE = 0x09E0
    BEATS_PER_MINUTE = 0x0AA0
    PULSES_PER_MINUTE = 0x0AC0
    BREATHS_PER_MINUTE = 0x0AE0
    KILOPASCAL = 0x0F03
    MMHG = 0x0F20
    MILLIVOLT = 0x10B2
    MICROVOLT = 0x10B3
    FAHRENHEIT = 0x1140
    CELSIUS = 0x17A0


class SampleFlag(IntEnum):
    """Flags of a wave's sample specification."""

    SMOOTH = 0x8000
    DELAYED = 0x4000
    STATIC_SCALE = 0x2000
    EXTENDED_RANGE = 0x1000
