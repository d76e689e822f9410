"""The journal's form: what goes in comes out, and damage is never taken for entries."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.base.observations import LinkFault, Numeric, Reading
from drivers.base.vocabulary import FaultKind, Parameter, Quality
from monitor.core.entries import (
    Actor,
    Beat,
    Body,
    Bytes,
    BytesSent,
    ChairConfig,
    ClockStepped,
    Configured,
    DeviceConfig,
    Entry,
    HouseChanged,
    Observed,
    OperatorAction,
    PortClosing,
    PortLost,
    PortOpened,
    Resumed,
    Role,
)
from monitor.errors import StoreError
from monitor.storage.blocks import Block, BlockBuilder, unpack

T0 = 1_750_000_000_000_000
CONFIG = ChairConfig("1", "Chair 1", (DeviceConfig("oximeter", "nonin", "/dev/x"),), {"spo2_low.high": Decimal("84")})
EVERY_BODY: list[Body] = [
    Configured(CONFIG, "0.1.0"),
    Bytes("oximeter", bytes(range(256))),
    BytesSent("nibp", b"\x00"),
    Observed("x", (Reading(T0, (Numeric(Parameter.SPO2, 96, (Quality.HELD,)),)), LinkFault(T0, FaultKind.SYNC, 3))),
    PortOpened("oximeter", True),
    PortLost("oximeter", "gone"),
    PortClosing(),
    OperatorAction(Actor("L. Moreno", Role.NURSE), "admit", {"weight_kg": "78", "order": {"kind": "rate"}}),
    HouseChanged("record", True, "The record cannot be written"),
    ClockStepped(-3_600_000_000),
    Resumed(5_000_000, "restarted", "0.1.0"),
    Beat(),
]


def packed(entries: list[Entry]) -> Block:
    builder = BlockBuilder(entries[0].chair)
    for entry in entries:
        builder.add(entry)
    block = builder.take()
    assert block
    return block


def unpacked(block: Block, stored: bytes | None = None) -> list[Entry]:
    data = block.stored() if stored is None else stored
    return list(unpack(block.chair, block.first_seq, block.last_seq, block.first_at, data))


def numbered(bodies: list[Body], steps_us: list[int] | None = None) -> list[Entry]:
    at, entries = T0, []
    for number, body in enumerate(bodies):
        at += steps_us[number] if steps_us else 13_000
        entries.append(Entry("1", 41 + number, at, body))
    return entries


def test_every_body_comes_back_as_it_was() -> None:
    entries = numbered(EVERY_BODY)
    block = packed(entries)
    assert (block.first_seq, block.last_seq) == (41, 52)
    assert (block.first_at, block.last_at) == (entries[0].at, entries[-1].at)
    assert unpacked(block) == entries


@given(st.lists(st.tuples(st.integers(0, 10**12), st.binary(max_size=300)), min_size=1, max_size=30))
def test_any_bytes_at_any_times_come_back(given_: list[tuple[int, bytes]]) -> None:
    entries = numbered([Bytes("oximeter", data) for _, data in given_], [step for step, _ in given_])
    assert unpacked(packed(entries)) == entries


def test_a_builder_begins_anew_after_each_block() -> None:
    builder = BlockBuilder("1")
    first, second = numbered([Beat(), Beat()])
    assert builder.take() is None
    builder.add(first)
    assert builder.take()
    builder.add(second)
    block = builder.take()
    assert block
    assert unpacked(block) == [second]
    assert builder.take() is None


@given(st.data())
def test_a_changed_byte_or_a_cut_is_told_or_harmless(data: st.DataObject) -> None:
    entries = numbered(EVERY_BODY)
    block = packed(entries)
    stored = bytearray(block.stored())
    position = data.draw(st.integers(0, len(stored) - 1))
    if data.draw(st.booleans()):
        del stored[position:]
    else:
        stored[position] ^= data.draw(st.integers(1, 255))
    try:
        found = unpacked(block, bytes(stored))
    except StoreError:
        return
    assert found == entries


def test_a_form_of_the_future_is_told() -> None:
    block = packed(numbered([Beat()]))
    with pytest.raises(StoreError, match="form that this version does not know"):
        unpacked(block, b"\x02" + block.stored()[1:])


def test_a_block_with_more_than_its_entries_is_damaged() -> None:
    block = packed(numbered([Beat(), Beat()]))
    with pytest.raises(StoreError, match="more than its entries"):
        list(unpack("1", 41, 41, block.first_at, block.stored()))
