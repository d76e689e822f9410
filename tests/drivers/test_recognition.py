"""How recognition weighs what a driver says, told with drivers that say what the test wants."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from drivers.base.decoder import Decoder, Driver, Line
from drivers.base.observations import (
    CommandReply,
    DeviceStatus,
    Instant,
    LinkFault,
    Numeric,
    Observation,
    Reading,
    WaveformChunk,
)
from drivers.base.recognition import Candidate, Confidence, Look, best, is_echo, looks_like, parity_of_text
from drivers.base.vocabulary import CommandOutcome, FaultKind, Parameter, StatusCode, WaveformName

Says = Callable[[bytes, Instant], list[Observation]]


class Scripted(Decoder):
    def __init__(self, says: Says) -> None:
        self._says = says

    def feed(self, data: bytes, at: Instant) -> list[Observation]:
        return self._says(data, at)


def driver(name: str, says: Says) -> Driver:
    return Driver(name, name, Line(9600), (Parameter.SPO2,), (), (), lambda: Scripted(says))


def reading(at: Instant) -> Reading:
    return Reading(at, (Numeric(Parameter.SPO2, 97),))


def checked(data: bytes, at: Instant) -> list[Observation]:
    """Understands "good" alone."""
    return [reading(at)] if data == b"good" else [LinkFault(at, FaultKind.CHECKSUM, len(data))]


def believing(data: bytes, at: Instant) -> list[Observation]:
    """Understands anything."""
    return [reading(at)]


def heard(driver: Driver, *chunks: bytes) -> Candidate:
    candidate = Candidate(driver, driver.line)
    for number, chunk in enumerate(chunks):
        candidate.feed(chunk, number)
    return candidate


def test_frames_that_are_checked_make_a_device_certain() -> None:
    found = best([heard(driver("checked", checked), *[b"good"] * 5)])

    assert found is not None
    assert (found.driver.name, found.confidence) == ("checked", Confidence.CERTAIN)
    assert found.why == "20 bytes, 100% of them understood; 5 readings"


def test_a_driver_that_checks_nothing_is_likely_at_most() -> None:
    found = best([heard(driver("believing", believing), *[b"good"] * 5)])

    assert found is not None
    assert found.confidence is Confidence.LIKELY
    assert "the format has little to check a frame by" in found.why


def test_who_understood_more_bytes_wins() -> None:
    def half(data: bytes, at: Instant) -> list[Observation]:
        return [reading(at), LinkFault(at, FaultKind.SYNC, 1)] if at == 4 else [reading(at)]

    chunks = [b"good"] * 6
    found = best([heard(driver("half", half), *chunks), heard(driver("checked", checked), *chunks)])

    assert found is not None
    assert (found.driver.name, found.rival) == ("checked", "")


def test_two_who_understood_as_much_are_told_as_rivals() -> None:
    chunks = [b"good"] * 6
    found = best([heard(driver("one", checked), *chunks), heard(driver("other", checked), *chunks)])

    assert found is not None
    assert (found.rival, found.confidence) == ("other", Confidence.LIKELY)


def test_a_few_readings_out_of_noise_are_nothing() -> None:
    assert best([heard(driver("checked", checked), *[b"good", b"noise", b"noise"] * 5)]) is None
    assert best([heard(driver("checked", checked), b"good", b"good")]) is None


def test_what_came_before_the_first_good_frame_does_not_count() -> None:
    found = best([heard(driver("checked", checked), b"x" * 300, *[b"good"] * 5)])

    assert found is not None
    assert best([heard(driver("checked", checked), b"x" * 500, *[b"good"] * 5)]) is None


def test_a_driver_that_says_it_is_another_device_is_believed() -> None:
    def refusing(data: bytes, at: Instant) -> list[Observation]:
        return [reading(at), DeviceStatus(at, StatusCode.NOT_THIS_DEVICE, at != 4, "another device")]

    assert best([heard(driver("refusing", refusing), *[b"good"] * 4)]) is None
    assert best([heard(driver("refusing", refusing), *[b"good"] * 5)]) is not None


def test_what_the_device_tells_of_itself_is_handed_on() -> None:
    def telling(data: bytes, at: Instant) -> list[Observation]:
        return [
            reading(at),
            CommandReply(at, "c", CommandOutcome.DONE),
            DeviceStatus(at, StatusCode.FORMAT, True, "format 3"),
            DeviceStatus(at, StatusCode.IDENTITY, True, "Model 5", detail="serial 12"),
        ]

    found = best([heard(driver("telling", telling), *[b"good"] * 5)])

    assert found is not None
    assert (found.format, found.confidence) == ("format 3", Confidence.CERTAIN)
    assert found.identity is not None
    assert (found.identity.text, found.identity.detail) == ("Model 5", "serial 12")


def test_only_the_beginning_of_a_long_listening_is_kept() -> None:
    found = best([heard(driver("believing", believing), *[b"good" * 500] * 5)])

    assert found is not None


def test_only_a_driver_that_is_harmless_to_open_asks() -> None:
    harmful = driver("harmful", believing)
    with pytest.raises(AssertionError):
        Candidate(harmful, harmful.line).ask(0)
    harmless = Candidate(replace(harmful, harmless_to_open=True), harmful.line)
    harmless.ask(0)
    assert harmless.is_mute
    assert harmless.bytes_to_send() == harmless.farewell(1) == b""


def test_nothing_heard_is_nothing_understood() -> None:
    assert Candidate(driver("any", believing), Line(9600)).share == 0


def test_an_echo_is_the_beginning_of_what_was_sent() -> None:
    assert is_echo(b"ab", b"abc")
    assert not is_echo(b"abd", b"abc")
    assert not is_echo(b"", b"abc")
    assert not is_echo(b"abc", b"")


def test_unknown_bytes_get_a_sentence() -> None:
    assert looks_like(b"") is Look.UNKNOWN
    assert looks_like(b"\r\n$GPGGA,1*00\r\n\r\n$GPGSA,2*00\r\n") is Look.GPS
    assert looks_like(b"\r\nOK\r\n") is Look.MODEM
    assert looks_like(bytes(20)) is Look.SLOW
    assert looks_like(b"some words and more words") is Look.TEXT
    assert looks_like(bytes(range(256))) is Look.UNKNOWN


def test_parity_is_told_from_text_of_seven_bits() -> None:
    text = b"SN=0000070986 SPO2=097% BPM=067"
    even = bytes(byte | (byte.bit_count() & 1) << 7 for byte in text)
    assert parity_of_text(even) == "E"
    odd = bytes(byte ^ 0x80 for byte in even)
    assert parity_of_text(odd) == "O"
    assert (looks_like(even), looks_like(odd)) == (Look.EVEN, Look.ODD)
    assert parity_of_text(text) == parity_of_text(even[:10]) == ""
    assert parity_of_text(bytes(byte | 0x80 for byte in text[:15]) + text[15:]) == ""
    assert parity_of_text(bytes(range(128, 256))) == ""


def test_a_wave_of_four_seconds_weighs_as_much_as_sixteen_readings() -> None:
    wave = WaveformChunk(WaveformName.PLETH, 0, 75, 1, 0, (0,) * 300)

    candidate = heard(driver("waves", lambda data, at: [wave]), b"some bytes")

    assert candidate.points == 16
    assert candidate.is_hopeful


def test_bytes_thrown_away_leave_no_hope_and_whole_frames_soon_leave_no_doubt() -> None:
    lost, sure = heard(driver("checked", checked), b"noise"), heard(driver("checked", checked), *[b"good"] * 40)

    assert not lost.is_hopeful
    assert not lost.is_plain
    assert sure.is_plain


def test_a_device_that_is_understood_and_shows_nothing_says_why() -> None:
    standby = DeviceStatus(0, StatusCode.STANDBY, True, "The device sends its memory.")

    assert heard(driver("memory", lambda data, at: [standby]), b"memory").refusal == "The device sends its memory."
    assert heard(driver("checked", checked), b"good").refusal == ""


def test_a_decoder_is_woken_at_its_own_time() -> None:
    class Sleeper(Scripted):
        due: Instant | None = 5

        def next_deadline(self) -> Instant | None:
            return self.due

        def wake(self, at: Instant) -> list[Observation]:
            self.due = None
            return [reading(at)]

    candidate = Candidate(replace(driver("sleeper", checked), decoder=lambda: Sleeper(checked)), Line(9600))
    candidate.come_to(4)
    assert candidate.points == 0
    candidate.come_to(6)
    assert candidate.points == 1


def test_a_line_is_written_as_it_is_read() -> None:
    assert str(Line.parse("19200 8O1")) == "19200 8O1"
    assert Line.parse("19200 8O1").seconds_per_byte == 11 / 19200
    with pytest.raises(ValueError, match="'fast' is no line"):
        Line.parse("fast")
