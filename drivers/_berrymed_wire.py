"""What stands on the wire of a BerryMed PM6750: frames, types, commands and status codes.

Numbers and names alone; ``drivers.berrymed_pm6750`` hands them on in its ``WIRE``. Follows the "PM6750 Patient Monitor
Protocol V3.2" as read by two or more independent programs; rates as measured on a real unit.
"""

from drivers.base.decoder import Line

LINE = Line(baud=115200)

HEAD = b"\x55\xaa"
OVERHEAD = 2  # a frame has two bytes more than its length byte says, which counts itself, content and checksum
SHORTEST, LONGEST = 3, 12  # length byte; only a version text may be longer
LONGEST_VERSION = 32

# Types, module to host
ECG_WAVE, ECG, NIBP, SPO2, TEMPERATURE = 0x01, 0x02, 0x03, 0x04, 0x05
QRS_MARK, PULSE_MARK, FIRMWARE, HARDWARE, SPO2_WAVE, RESP_WAVE = 0x30, 0x31, 0xFC, 0xFD, 0xFE, 0xFF

LENGTHS = {
    ECG_WAVE: (4, 10),  # lead I alone (old), or seven leads
    ECG: (6, 7, 8),  # short forms lack rhythm, or ST and rhythm
    NIBP: (8,),
    SPO2: (6,),
    TEMPERATURE: (6, 8),  # the short form has T1 alone
    QRS_MARK: (3, 4),
    PULSE_MARK: (3, 4),
    FIRMWARE: range(SHORTEST, LONGEST_VERSION + 1),
    HARDWARE: range(SHORTEST, LONGEST_VERSION + 1),
    SPO2_WAVE: (4,),
    RESP_WAVE: (4,),
}

# Commands, host to module; each has one parameter
ECG_ON, NIBP_MEASURE, SPO2_ON, TEMPERATURE_ON = 0x01, 0x02, 0x03, 0x04
ECG_WAVE_ON, ASK_FIRMWARE, ASK_HARDWARE, SPO2_WAVE_ON, RESP_WAVE_ON = 0xFB, 0xFC, 0xFD, 0xFE, 0xFF
ECG_GAIN, ECG_FILTER, RESP_GAIN, NIBP_MODE, NIBP_PRESSURE = 0x07, 0x08, 0x0F, 0x09, 0x0A
OFF, ON = 0, 1

ECG_RATE, SPO2_WAVE_RATE, RESP_RATE = 250, 50, 50
MIDDLE = 128  # of ECG and respiration

# ECG status
WEAK, LEADS_OFF = 0x01, 0x02
GAIN_SHIFT, FILTER_SHIFT = 2, 4
NO_RATE, HIGHEST_RATE = 0, 250
ANALYSING, NORMAL, ASYSTOLE, FIBRILLATION, R_ON_T, MULTIPLE_PVC, COUPLET = range(7)
SINGLE_PVC, BIGEMINY, TRIGEMINY, TACHYCARDIA, BRADYCARDIA, MISSED_BEAT = range(7, 13)

# SpO2 status, an enumeration
SPO2_OK, NO_SENSOR, NO_FINGER, SEARCHING, TOO_LONG = range(5)
SPO2_NONE, PULSE_NONE = 127, 255

# NIBP status: mode in bits 1-0, state in bits 5-2
ADULT, CHILD, NEONATE = range(3)
STATE_SHIFT = 2
FINISHED, MEASURING, STOPPED, OVERPRESSURE, CUFF_LOOSE, TIME_OUT, ERROR, DISTURBED, NO_RESULT = range(9)
INITIALISING, INITIALISED = 9, 10

# Temperature status, an enumeration
T1_OFF, T2_OFF = 1, 2  # 3: both

SENT_APART_US = 50_000  # between commands
