"""Captures: what was recorded is read back, by the monitor and by the simulators' own reader; damage has a sentence."""

import random
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import pytest

from dashboard.cli.decode import observations, replayed, spoken
from drivers.base.observations import Observation, Reading
from drivers.base.registry import driver_named
from monitor.core.entries import (
    Body,
    Bytes,
    ChairConfig,
    Configured,
    DeviceConfig,
    Entry,
    PortClosing,
    PortOpened,
)
from monitor.errors import StoreError
from monitor.storage.blocks import BlockBuilder
from monitor.storage.capture import CHAIR, DEVICE, MAGIC, packed, read_capture
from simulators.base.conversation import START, good_wire, wake_until
from simulators.base.errors import RecordingError
from simulators.base.patient import Patient
from simulators.base.physiology import Person
from simulators.base.playback import Playback, is_capture, read_captured
from simulators.base.registry import simulator_named

SECOND = 1_000_000


def blocks(bodies: list[tuple[int, Body]], size: int = 40) -> list[bytes]:
    """Entries at their times as blocks of ``size`` entries."""
    builder, found = BlockBuilder(CHAIR), []
    for number, (at, body) in enumerate(bodies, 1):
        builder.add(Entry(CHAIR, number, at, body))
        if number % size == 0 or number == len(bodies):
            block = builder.take()
            assert block is not None
            found.append(packed(block))
    return found


def head(driver: str) -> Configured:
    return Configured(ChairConfig(CHAIR, "Capture", (DeviceConfig(DEVICE, driver, "/dev/ttyX"),)), "0")


def taken(driver_name: str, seconds: float) -> tuple[list[tuple[int, Body]], list[Observation]]:
    """Let a simulated device talk; return what a capture records of it and what its decoder said live."""
    driver = driver_named(driver_name)
    patient = Patient(Person(response=1.0), 1, START)
    device = simulator_named(driver_name).make(patient, random.Random(1), START)
    decoder = driver.decoder()
    bodies: list[tuple[int, Body]] = [(START, head(driver_name)), (START, PortOpened(DEVICE))]
    said = list(decoder.opened(START))
    for at in range(START, START + int(seconds * SECOND), 10_000):
        patient.advance(at)
        device.receive(decoder.bytes_to_send(), at)
        for data in good_wire(device.advance(at), at):
            said += wake_until(decoder, at)
            said += decoder.feed(data, at)
            bodies.append((at, Bytes(DEVICE, data)))
        said += wake_until(decoder, at)
    bodies.append((at, PortClosing()))
    return bodies, said


@pytest.fixture
def capture(tmp_path: Path) -> Callable[[bytes], Path]:
    def made(data: bytes) -> Path:
        path = tmp_path / "some.capture"
        path.write_bytes(data)
        return path

    return made


def readings(said: Iterable[Observation]) -> list[dict[str, Any]]:
    return [spoken(each) for each in said if isinstance(each, Reading)]


def _told(path: Path) -> bool:
    """Whether the reader says that something is wrong with this capture."""
    try:
        return bool(read_capture(path).cut_off)
    except StoreError as error:
        return "is damaged at its byte" in str(error)


@pytest.mark.parametrize("driver", ["nonin", "intellivue"])
def test_a_capture_decodes_to_what_was_said_live(driver: str, capture: Callable[[bytes], Path]) -> None:
    bodies, said = taken(driver, 8)

    read = read_capture(capture(MAGIC + b"".join(blocks(bodies))))

    assert read.device.driver == driver
    assert read.cut_off == 0
    assert list(replayed(driver_named(driver), read)) == said
    assert said


def test_a_capture_that_was_cut_off_anywhere_is_read_to_its_last_whole_block(capture: Callable[[bytes], Path]) -> None:
    bodies, _ = taken("nonin", 4)
    parts = blocks(bodies)
    whole = MAGIC + b"".join(parts)
    for end in range(len(MAGIC) + len(parts[0]), len(whole), 97):
        read = read_capture(capture(whole[:end]))
        assert read.entries == tuple(
            Entry(CHAIR, number, *bodies[number - 1]) for number in range(1, len(read.entries) + 1)
        )
        assert read.cut_off == end - max(
            place for n in range(len(parts) + 1) if (place := len(MAGIC) + len(b"".join(parts[:n]))) <= end
        )


def test_what_is_no_capture_or_damaged_is_refused_with_a_sentence(capture: Callable[[bytes], Path]) -> None:
    parts = blocks(taken("nonin", 4)[0])
    whole = bytearray(MAGIC + b"".join(parts))
    with pytest.raises(StoreError, match="is no capture: one begins with the words 'VIGIL CAPTURE 1'"):
        read_capture(capture(b"Time [s],II\n"))
    with pytest.raises(StoreError, match="was cut off before anything was recorded"):
        read_capture(capture(MAGIC + parts[0][:-1]))
    with pytest.raises(StoreError, match="does not say which device"):
        read_capture(capture(MAGIC + b"".join(blocks([(START, PortClosing())]))))
    with pytest.raises(StoreError, match="cannot be read: No such file"):
        read_capture(Path("/nowhere/a.capture"))
    for place in range(len(MAGIC) + 4, len(whole), 211):
        harmed = whole.copy()
        harmed[place] ^= 0x10
        path = capture(bytes(harmed))
        assert _told(path), f"byte {place} was changed and nobody noticed"


def test_a_capture_is_played_with_its_own_times(capture: Callable[[bytes], Path]) -> None:
    bodies, _ = taken("nonin", 3)
    path = capture(MAGIC + b"".join(blocks(bodies)))
    assert is_capture(path)
    captured = read_captured(path)
    assert (captured.driver, captured.place) == ("nonin", "oximeter")
    device = Playback(captured, Patient(Person(), 1, START), random.Random(1), START)

    played = [(at, data) for at in range(START, START + 3 * SECOND, 10_000) if (data := device.advance(at))]

    assert played == [(at, body.data) for at, body in bodies if isinstance(body, Bytes)]
    length = bodies[-1][0] - START
    assert device.advance(START + length + 2 * SECOND - 1) == b""
    assert device.advance(START + length + 2 * SECOND + 20_000)


@pytest.mark.parametrize("driver", ["suntech", "intellivue", "nonin"])
def test_a_captured_device_has_its_usual_place(driver: str, capture: Callable[[bytes], Path]) -> None:
    path = capture(MAGIC + b"".join(blocks([(START, head(driver)), (START + 5, Bytes(DEVICE, b"ab"))])))
    assert read_captured(path).place == {"suntech": "nibp", "intellivue": "cardiac", "nonin": "oximeter"}[driver]


def test_a_capture_that_cannot_be_played_is_refused_with_a_sentence(capture: Callable[[bytes], Path]) -> None:
    parts = blocks(taken("nonin", 1)[0])
    assert not is_capture(Path("/nowhere"))
    with pytest.raises(RecordingError, match="cannot be read: No such file"):
        read_captured(Path("/nowhere/a.capture"))
    with pytest.raises(RecordingError, match="is damaged or was cut off at once"):
        read_captured(capture(MAGIC + parts[0][:-1]))
    with pytest.raises(RecordingError, match="is of a device that no driver knows"):
        read_captured(capture(MAGIC + b"".join(blocks([(START, head(""))]))))
    with pytest.raises(RecordingError, match="holds no bytes of a device"):
        read_captured(capture(MAGIC + b"".join(blocks([(START, head("nonin"))]))))


def test_raw_bytes_of_a_capture_say_what_the_capture_says(capture: Callable[[bytes], Path], tmp_path: Path) -> None:
    """Beside the times: raw bytes get those of the line."""
    bodies, said = taken("nonin", 8)
    raw = tmp_path / "raw"
    raw.write_bytes(read_capture(capture(MAGIC + b"".join(blocks(bodies)))).received)

    with raw.open("rb") as source:
        assert readings(observations(driver_named("nonin"), source)) == readings(said)
