"""The numbers of Nonin's serial data formats, with the makers' names.

"Onyx II Model 9560 Bluetooth OEM specification" (6470-000-01, 2008) and the OEM III/Xpod sheets. ``drivers/nonin.py`` hands
them on in its ``WIRE``. No layout, scaling or checksum lives here, so that driver and simulator check each other.
"""

from drivers.base.decoder import Line

LINE = Line(baud=9600)

# STATUS byte of formats 2 and 7
SNSD = 0x40  # sensor unplugged or faulty (reserved on the 9560)
ARTF = 0x20  # this pulse is artefact
OOT = 0x10  # out of track: a run of bad pulses
SNSA = 0x08  # sensor alarm: the finger is out
RPRF = 0x04  # red perfusion: low or no pulse signal; with GPRF yellow: marginal
GPRF = 0x02  # green perfusion: good pulse signal
SYNC = 0x01  # first frame of a packet

# FLOAT bytes of a packet, counted from 1
FRAMES_PER_PACKET = 25
HR_MSB, HR_LSB, SPO2, STAT2 = 1, 2, 3, 8
LOW_BAT = 0x01  # in STAT2, and in byte 4 of format 8

# Formats 8 and 1, byte 1; byte 4 of format 8 has SNSA and LOW_BAT at the same bits as above
OOT_8, LPRF_8, MPRF_8, ARTF_8 = 0x20, 0x10, 0x08, 0x04
SNSD_1 = 0x40  # format 1: sensor disconnected; reserved in format 8

# Format 13: the high and the low byte of STATUS
SPA_13, NOMS_13 = 0x02, 0x01  # good SmartPoint (highest quality); no measurement
MEM_13, LOW_BAT_13 = 0x10, 0x01  # came from memory
PACKET_13 = 0x0D  # packet type
CENTURY_13 = 0x20  # BCD, as the whole time is

HR_MISSING = 511
SPO2_MISSING = 127
FRAMES_PER_S = 75

STX, ETX, ACK, NAK = 0x02, 0x03, 0x06, 0x15
SELECT_FORMAT, CLOCK = 0x70, 0x72  # operations of host commands
REPLY = 0x80  # added to the operation in a reply
