"""The S/5 Computer Interface's own numbers: line, main types, record types, requests, status bits.

After the "S/5 Computer Interface Specification" M1017617 (12th ed., 2020) and the "S/5 DRI Specification" 8005313
(12th ed.); sections given are those of the project's sheet. All numbers on the wire are little-endian.
"""

from enum import IntEnum, IntFlag

from drivers.base.decoder import Line

LINE = Line(baud=19200, parity="E", rts_cts=True)
FAST_LINE = Line(baud=115200, parity="E", rts_cts=True)  # CARESCAPE software 3 and later

FLAG, ESCAPE, BIT_5 = 0x7E, 0x7D, 0x20
END_OF_LIST = 0xFF
"""Type of the descriptor that ends the list."""
REQUEST = 0
"""Type of the subrecord of a request: only a host sends it."""
CARESCAPE_LEVEL = 10
"""From this interface level on there are alarms, and values each second have been seen."""


class MainType(IntEnum):
    """``r_maintype`` (section 4)."""

    PHYSIOLOGICAL = 0
    WAVEFORM = 1
    ALARM = 4
    NETWORK = 5
    EVENT = 8


class Values(IntEnum):
    """Types of physiological subrecords (sections 5.1 and 6)."""

    DISPLAYED = 1
    TREND_10_S = 2
    TREND_60_S = 3
    AUXILIARY = 4


class Class(IntEnum):
    """Classes of displayed and trend values: bits 8 to 11 of the subrecord's last word."""

    BASIC = 0
    EXT1 = 1
    EXT2 = 2
    EXT3 = 3


class Wanted(IntFlag):
    """Class mask of a request for values."""

    NOT_BASIC = 0x01
    EXT1 = 0x02
    EXT2 = 0x04
    EXT3 = 0x08


SINGLE_SHOT, CANCEL = -1, 0
"""Intervals of a request for values that are no seconds."""
LEAST_INTERVAL_S = 5
"""Shortest interval of displayed values that the specification knows."""


class WaveCommand(IntEnum):
    """Section 5.2."""

    START = 0
    STOP_ALL = 1


class AlarmCommand(IntEnum):
    """Section 5.3."""

    STATUS_ONCE = 0
    ENTER_DIFFERENTIAL = 2
    EXIT_DIFFERENTIAL = 3


class Wave(IntEnum):
    """Types of waveform subrecords (section 7)."""

    ECG1 = 1
    ECG2 = 2
    ECG3 = 3
    INVP1 = 4
    INVP2 = 5
    INVP3 = 6
    INVP4 = 7
    PLETH = 8
    CO2 = 9
    O2 = 10
    N2O = 11
    AGENT = 12
    AWP = 13
    FLOW = 14
    RESP = 15
    INVP5 = 16
    INVP6 = 17
    EEG1 = 18
    EEG2 = 19
    EEG3 = 20
    EEG4 = 21
    ECG12 = 22
    VOLUME = 23
    ENTROPY = 32
    BIS = 35
    INVP7 = 36
    INVP8 = 37
    PLETH2 = 38
    RESP_100 = 39


class WaveStatus(IntFlag):
    """Status word of a waveform subrecord; real monitors set bit 1 always and count in bits 4 to 15."""

    GAP = 0x0001
    PACER = 0x0004
    LEAD_OFF = 0x0008


class Special(IntEnum):
    """Shorts that are no measurement (section 6)."""

    INVALID = -32767
    NOT_UPDATED = -32766
    UNDER_RANGE = -32764
    OVER_RANGE = -32763
    NOT_CALIBRATED = -32762


LEAST_VALUE = -31999
"""What is below is no measurement, whatever its code."""


class GroupStatus(IntFlag):
    """The bits that begin every group's status."""

    EXISTS = 0x01
    ACTIVE = 0x02


class EcgStatus(IntFlag):
    """Status of the ECG group; bits 3 to 6 hold the source of the heart rate."""

    ASYSTOLE = 0x0004
    NOISE = 0x0080
    ARTIFACT = 0x0100
    LEARNING = 0x0200
    PACER_ON = 0x0400
    CHANNEL_1_OFF = 0x0800
    CHANNEL_2_OFF = 0x1000
    CHANNEL_3_OFF = 0x2000


class RateSource(IntEnum):
    """Where ``hr`` comes from."""

    NONE = 0
    ECG = 1
    BP1 = 2
    BP2 = 3
    BP3 = 4
    BP4 = 5
    PLETH = 6
    BP5 = 7
    BP6 = 8
    ECG_MORTARA = 9
    BP7 = 10
    BP8 = 11
    PLETH2 = 12


class Lead(IntEnum):
    """Leads in the ECG group's label: channel 1 in bits 8 to 11, 2 in 4 to 7, 3 in 0 to 3."""

    NONE = 0
    I = 1  # noqa: E741 (its name)
    II = 2
    III = 3
    AVR = 4
    AVL = 5
    AVF = 6
    V = 7


class PressureStatus(IntFlag):
    """Status of an invasive pressure."""

    ZEROING = 0x04
    ZEROED = 0x08


class NibpLabel(IntFlag):
    """The label of the NIBP group is a bit field; bits not named here are arbitrary."""

    AUTO = 0x0008
    STAT = 0x0010
    MEASURING = 0x0020
    STASIS = 0x0040
    CALIBRATING = 0x0080
    OLDER_THAN_60_S = 0x0100


class Co2Status(IntFlag):
    """Status of the CO2 group."""

    APNEA = 0x0004
    CALIBRATING = 0x0008
    ZEROING = 0x0010
    OCCLUSION = 0x0020
    AIR_LEAK = 0x0040
    APNEA_FROM_RESP = 0x0080
    APNEA_DEACTIVATED = 0x0100
    WET = 0x0200


class BreathSource(IntEnum):
    """Source of the respiration rate in the CO2 group: bits 0 to 2 of its label."""

    CO2 = 1
    IMPEDANCE = 2


class GasStatus(IntFlag):
    """Status of the O2, N2O and agent groups."""

    CALIBRATING = 0x04
    OFF = 0x08


class Svo2Status(IntFlag):
    """Status of the SvO2 group."""

    CALIBRATED_LONG_AGO = 0x04
    FAULTY_CABLE = 0x08
    NO_CABLE = 0x10
    NOT_CALIBRATED = 0x20
    OUT_OF_RANGE = 0x80


class Arrhythmia(IntFlag):
    """Arrhythmia bits of class ext1."""

    ASYSTOLE = 1 << 0
    VF = 1 << 1
    RAPID_VT = 1 << 2
    VT = 1 << 3
    EXTREME_BRADY = 1 << 4
    EXTREME_TACHY = 1 << 5
    RUN = 1 << 6
    LONG_RR = 1 << 7
    TRIPLET = 1 << 8
    COUPLET = 1 << 9
    R_ON_T = 1 << 10
    IDIOVENTRICULAR = 1 << 11
    BIGEMINY = 1 << 12
    TRIGEMINY = 1 << 13
    FREQUENT_PVC = 1 << 14
    MULTIFOCAL = 1 << 15
    SVT = 1 << 16
    MISSED_BEAT = 1 << 18
    NOISY = 1 << 20
    LOW_AMPLITUDE = 1 << 22
    PACER_NOT_FUNCTIONING = 1 << 24
    PACER_NOT_CAPTURING = 1 << 25
    BRADY = 1 << 27
    TACHY = 1 << 28
    OFF = 1 << 30
    NO_TELEMETRY = 1 << 31


class Colour(IntEnum):
    """Colour of an alarm text."""

    NONE = 0
    WHITE = 1
    YELLOW = 2
    RED = 3


class Silence(IntEnum):
    """What of the monitor's alarm sound is silenced."""

    NONE = 0
    APNEA = 1
    ASYSTOLE = 2
    APNEA_AND_ASYSTOLE = 3
    ALL = 4
    TWO_MINUTES = 5
    FIVE_MINUTES = 6
    TWENTY_SECONDS = 7
