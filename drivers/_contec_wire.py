"""What stands on the wire of a Contec CMS50/CMS60: package types, commands, flags, reasons, and how bit 7 travels.

Numbers and names alone; ``drivers.contec_cms50`` hands them on in its ``WIRE``. Follows Contec Medical, "Communication
protocol of pulse oximeter V7.0" (2010-07-08); the legacy stream follows three open implementations.
"""

from drivers.base.decoder import Line

LINE = Line(baud=115200)
LEGACY_LINE = Line(baud=19200, parity="O")
PACKETS_PER_S = 60

# Package types of V7.0 that are understood; the length counts type and high byte
REALTIME, MODEL, VENDOR, IDENTIFIER, USER = 0x01, 0x02, 0x03, 0x04, 0x05
START_DATE, STORAGE_LENGTH, STORED_PI, SEGMENTS = 0x07, 0x08, 0x09, 0x0A
FEEDBACK, FREE, DISCONNECT, PI_SUPPORT = 0x0B, 0x0C, 0x0D, 0x0E
STORED, USERS, NOTICE, START_TIME, STORAGE_IDS = 0x0F, 0x10, 0x11, 0x12, 0x15

LENGTHS = {
    REALTIME: 9,
    MODEL: 9,
    VENDOR: 9,
    IDENTIFIER: 9,
    USER: 9,
    0x06: 4,  # answer to A0, meaning unknown
    START_DATE: 8,
    STORAGE_LENGTH: 8,
    STORED_PI: 6,
    SEGMENTS: 4,
    FEEDBACK: 4,
    FREE: 2,
    DISCONNECT: 3,
    PI_SUPPORT: 3,
    STORED: 8,
    USERS: 3,
    NOTICE: 9,
    START_TIME: 8,
    0x13: 9,  # answers to B3, meaning unknown
    0x14: 9,
    STORAGE_IDS: 9,
}

# Commands: type 7D, then high byte, operation and six arguments
COMMAND = 0x7D
START, STOP, ASK_PI, KEEP_ALIVE = 0xA1, 0xA2, 0xAC, 0xAF
KEEP_ALIVE_S = 5.0  # "at least every 5 s"

# Real-time data after unpacking (section A4); bytes counted from the first data byte
STRENGTH = 0x0F
TOO_LONG, SPO2_LOW, BEEP, PROBE_ERROR = 0x10, 0x20, 0x40, 0x80  # byte 0
SEARCHING = 0x80  # byte 1, beside the pleth
PI_INVALID, BAR_RESERVED = 0x10, 0xE0  # byte 2, beside the bar graph
PR_INVALID, SPO2_INVALID, PI_MISSING = 0xFF, 0x7F, 0xFFFF
PI_HIGHEST = 2200  # 22.00 %

# Legacy stream, byte 3: the other flags of byte 1 are those above
LEGACY_PR_BIT_7, LEGACY_SEARCHING, LEGACY_PROBE_ERROR = 0x40, 0x20, 0x10
LEGACY_SIZE = 5
MEMORY_DUMP = b"\xf2\x80\x00"  # begins recorded data of a legacy device

# Reasons in a feedback (0B) and a disconnect notice (0D)
DONE, SHUTTING_DOWN, USER_CHANGE, RECORDING, DELETE_FAILED, NOT_SUPPORTED, UNKNOWN = 0, 1, 2, 3, 4, 5, 0xFF


def unpack(package: bytes | bytearray) -> bytes:
    """Data of a V7.0 package: bit 7 of data byte k stands in bit k of the high byte."""
    high = package[1]
    return bytes(byte & 0x7F | (high >> place & 1) << 7 for place, byte in enumerate(package[2:]))
