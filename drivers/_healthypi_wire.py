"""What stands on the wire of a HealthyPi v3, v4 or v5 board: the frame, its types, the marks in its payload.

Follows the maker's firmware and desktop sources (``healthypi3_streaming``, ``Healthypiv4_Arduino``, ``HPIOpenView``, the
Zephyr ``data_module``). ``drivers.healthypi`` hands the names on in its ``WIRE``.
"""

from drivers.base.decoder import Line

LINE = Line(baud=115200)
HEADER_LINE = Line(baud=57600)  # v3 at the UART of its Raspberry Pi header

HEADER, STOP = b"\x0a\xfa", b"\x00\x0b"
DATA = 0x02
SPLIT_ECG, SPLIT_PPG = 0x03, 0x04  # a v5 in its other format
TYPES = range(0x01, 0x07)
HEAD_SIZE, TAIL_SIZE = 5, 2
V4_LENGTH, V5_LENGTH = 20, 22  # payload of data frames; v3's is v4's
LONGEST_PAYLOAD = 64

FRAMES_PER_S = 125

BP_CONSTANT = 80  # byte 17 on v3 ("diastolic") and v4
BP_CONSTANT_V4 = 120  # byte 18 on v4; on v3 a BP module's value, normally 0
ECG_LEAD_OFF, PROBE_OPEN = 0x01, 0x02  # byte 19 on v3
LOFF_STAT = {0x10: "RLD", 0x08: "IN2N", 0x04: "IN2P", 0x02: "IN1N", 0x01: "IN1P"}  # byte 19 on v4, bits 4 to 0
SPO2_WRAPPED = 0x19  # v3: the low byte of -999
BIOZ_FRESH, BIOZ_SKIPPED = 0x00, 0xFF  # byte 8 on v5


def frame_size(held: bytes | bytearray) -> int | None:
    """Size of the good frame that ``held`` begins with; 0 when it begins with none, None when that needs more bytes."""
    if not HEADER.startswith(held[:2]):
        return 0
    if len(held) < HEAD_SIZE:
        return None
    length, kind = held[2] | held[3] << 8, held[4]
    if kind not in TYPES or length > LONGEST_PAYLOAD or (kind == DATA and length not in (V4_LENGTH, V5_LENGTH)):
        return 0
    size = HEAD_SIZE + length + TAIL_SIZE
    if len(held) < size:
        return None
    return size if held[size - TAIL_SIZE : size] == STOP else 0
