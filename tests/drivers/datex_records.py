"""Records of an S/5 monitor for the tests: the two worked ones of the sheet (section 9), and changed copies of them.

Written neither by the driver nor by the simulator. The requests are the sheet's too (section 5).
"""

WORKED_VALUES = bytes.fromhex(
    """
    7e3e01010a0000559e57690000000000000000010000ff000000000000000000000000000000000000559e57690b000000001248000180018001800e
    000100000001000180018001800180010000000200018001800180018000000000100001800180018001800000000003000180018001800180030000
    000b00442f781ef0230180000000000b000180000000000c000180000000000d000180000000000e000180030000000000e4254700b4000180030000
    000100f40103000e00ae1d00000000000001800180000000000000018001800000000000000180018001800000000000000180018001800180018001
    80018001800000000000000180018001800180000000000000018001801f004800490047000000000000000180000000000000018001800180018000
    00000000000180018001800180000000000000217e
    """
)
"""Basic class only, 2026-01-02 10:30:45: HR 72, RR 14, NIBP 121/78/92 auto, SpO2 97 pulse 71 modulation 1.8 %, CO2 5.00 %."""
WORKED_CURVES = bytes.fromhex(
    """
    7e8400010a0000559e57690000000001000000081a00010000ff0000000000000000000000000000000a000200000000000c001900250030003c0046
    00500058005f001e0002000000000000000000000000000000000000000000000064002c018403900138ff0000000000000000000000000000000000
    00000000000000000000000000747e
    """
)
"""PLETH, 10 samples, and ECG1, 30 samples."""

VALUES_10_S = bytes.fromhex(
    """
    7e310000000000000000000000000000000000000000ff000000000000000000000000000000000000010a000e0000000000497e
    """
)
VALUES_5_S_BASIC = bytes.fromhex(
    """
    7e310000000000000000000000000000000000000000ff000000000000000000000000000000000000010500000000000000367e
    """
)
SINGLE_SHOT = bytes.fromhex(
    """
    7e310000000000000000000000000000000000000000ff00000000000000000000000000000000000001ffff020000000000317e
    """
)
CANCEL = bytes.fromhex(
    """
    7e310000000000000000000000000000000000000000ff000000000000000000000000000000000000010000000000000000317e
    """
)
TREND_60_S = bytes.fromhex(
    """
    7e310000000000000000000000000000000000000000ff000000000000000000000000000000000000033c000e00000000007d5d7e
    """
)
START_ECG1 = bytes.fromhex(
    """
    7e480000000000000000000000000001000000000000ff0000000000000000000000000000000000000000000001ff00000000000000000000000000
    00000000000000000000000000487e
    """
)
START_ECG1_PLETH = bytes.fromhex(
    """
    7e480000000000000000000000000001000000000000ff000000000000000000000000000000000000000000000108ff000000000000000000000000
    00000000000000000000000000507e
    """
)
STOP = bytes.fromhex(
    """
    7e480000000000000000000000000001000000000000ff00000000000000000000000000000000000001000000ff0000000000000000000000000000
    00000000000000000000000000487e
    """
)
ENTER_DIFFERENTIAL = bytes.fromhex(
    """
    7e340000000000000000000000000004000000000000ff000000000000000000000000000000000000020000000000000000000000397e
    """
)

HEAD = 40
TIME_S = 0x6957_9E55
"""2026-01-02 10:30:45."""


def framed(record: bytes) -> bytes:
    """Put a record, of any content, between flags with its sum; its length is set."""
    record = len(record).to_bytes(2, "little") + record[2:]
    escaped = (record + bytes([sum(record) & 0xFF])).replace(b"\x7d", b"\x7d\x5d").replace(b"\x7e", b"\x7d\x5e")
    return b"\x7e" + escaped + b"\x7e"


def header(
    kind: int, number: int, time_s: int, parts: list[tuple[int, bytes]], level: int = 10, plug: int = 0
) -> bytes:
    """The 40 bytes before subrecords of these types."""
    listed, offset = b"", 0
    for type_, part in parts:
        listed += offset.to_bytes(2, "little") + bytes([type_])
        offset += len(part)
    fixed = bytes([0, 0, number & 0xFF, level]) + plug.to_bytes(2, "little") + time_s.to_bytes(4, "little")
    return (fixed + bytes(4) + kind.to_bytes(2, "little") + listed + b"\0\0\xff").ljust(HEAD, b"\0")[:HEAD]


def record(kind: int, number: int, time_s: int, *parts: tuple[int, bytes], level: int = 10, plug: int = 0) -> bytes:
    """A whole frame."""
    body = b"".join(part for _, part in parts)
    return framed(header(kind, number, time_s, list(parts), level, plug) + body)


def class_part(
    time_s: int, class_: int = 0, changes: dict[int, bytes] | None = None, data: bytes | None = None
) -> bytes:
    """A subrecord of 278 bytes: the worked one's data, with bytes changed at offsets of the class data."""
    if data is None:
        data = WORKED_VALUES[1 + HEAD + 4 : 1 + HEAD + 274] if class_ == 0 else bytes(270)
    changed = bytearray(data)
    for offset, new in (changes or {}).items():
        changed[offset : offset + len(new)] = new
    return time_s.to_bytes(4, "little") + bytes(changed) + bytes([0, 0, 0xA1, class_])


def values(step: int, changes: dict[int, bytes] | None = None, *others: tuple[int, bytes], level: int = 10) -> bytes:
    """The ``step``-th displayed record, a second after the one before; ``others`` are further subrecords."""
    time_s = TIME_S + step
    return record(0, step, time_s, (1, class_part(time_s, 0, changes)), *others, level=level)


def curves(step: int, *parts: tuple[int, int, tuple[int, ...]], number: int | None = None) -> bytes:
    """A record of curves: type, status and samples of each."""
    made = []
    for type_, status, samples in parts:
        raw = b"".join(sample.to_bytes(2, "little", signed=True) for sample in samples)
        made.append((type_, len(samples).to_bytes(2, "little") + status.to_bytes(2, "little") + bytes(2) + raw))
    return record(1, step if number is None else number, TIME_S + step, *made)


def short(value: int) -> bytes:
    return value.to_bytes(2, "little", signed=True)
