"""``vigil probe`` over make-believe ports: every simulated device is named, everything else is unknown, and nobody is harmed."""

import random
from collections.abc import Callable
from dataclasses import replace

import pytest

from drivers.base.decoder import Line
from drivers.base.observations import Instant
from drivers.base.recognition import Confidence
from drivers.base.registry import all_drivers, driver_named
from monitor.probe import SECOND, Finding, Probe, World
from simulators.base.line import PacedLine
from simulators.base.patient import Patient
from simulators.base.physiology import Person
from simulators.base.registry import all_simulators, simulator_named

START: Instant = 1_750_000_000 * SECOND


class Wire:
    """A make-believe port with a device at ``line``: at other settings bytes come broken, and what is sent arrives broken."""

    def __init__(self, line: Line, seed: int = 1) -> None:
        self.line = line
        self.now = START
        self.sent = bytearray()
        self.opened_at: list[Line] = []
        self.broken: int | None = None
        self.is_pseudo_terminal = False
        self.unplug_at: Instant | None = None
        self._rng = random.Random(seed)
        self._open: Line | None = None

    def produced(self, at: Instant) -> bytes:
        """What the device sent since the last call."""
        return b""

    def hear(self, data: bytes, at: Instant) -> None:
        """The device gets ``data``."""

    async def open(self, path: str, line: Line) -> "Wire":
        self._open = line
        self.opened_at.append(line)
        return self

    async def sleep(self, seconds: float) -> None:
        end = self.now + round(seconds * SECOND)
        while self.now < end:
            self.now += min(10_000, end - self.now)
            data = self.produced(self.now)
            if data and self._open is not None:
                if self.broken is not None and not self._fits:
                    self.broken += len(data)
                self._received(data if self._fits else self._rng.randbytes(len(data)))
        if self.unplug_at is not None and self.now >= self.unplug_at:
            self._lost("/dev/ttyX was lost: it has been unplugged or closed")

    @property
    def _fits(self) -> bool:
        assert self._open is not None
        return self.is_pseudo_terminal or replace(self._open, rts_cts=False) == replace(self.line, rts_cts=False)

    def start(
        self, received: Callable[[bytes], None], written: Callable[[bytes], None], lost: Callable[[str], None]
    ) -> None:
        self._received, self._lost = received, lost

    def discard_old(self) -> int:
        return 0

    def write(self, data: bytes) -> None:
        self.sent += data
        if self._fits:
            self.hear(data, self.now)

    def line_errors(self) -> int | None:
        return self.broken

    def close(self) -> None:
        self._open = None


class Simulated(Wire):
    """A simulated device at its own line settings, or behind a pseudo-terminal where they mean nothing."""

    def __init__(self, name: str, seed: int = 1) -> None:
        driver = driver_named(name)
        super().__init__(driver.line, seed)
        self.patient = Patient(Person(response=1.0), seed, START)
        self.device = simulator_named(name).make(self.patient, random.Random(seed), START)
        self.paced = PacedLine(driver.line, random.Random(seed), START)

    def produced(self, at: Instant) -> bytes:
        self.patient.advance(at)
        self.paced.push(self.device.advance(at))
        return b"".join(self.paced.due(at))

    def hear(self, data: bytes, at: Instant) -> None:
        self.device.receive(data, at)


class Sender(Wire):
    """Something that sends ``data`` over and over, at 1000 bytes a second."""

    def __init__(self, data: bytes, line: Line | None = None) -> None:
        super().__init__(line or Line(9600))
        self._data = data
        self._place = 0

    def produced(self, at: Instant) -> bytes:
        self._place += 10
        return bytes(self._data[(self._place + index) % len(self._data)] for index in range(10))


async def probe(wire: Wire, *, pseudo_terminal: bool = False, may_ask: bool = True, only: str = "") -> Finding:
    drivers = [driver_named(only)] if only else list(all_drivers().values())
    wire.is_pseudo_terminal = pseudo_terminal
    world = World(wire.open, lambda path: pseudo_terminal, lambda: wire.now, wire.sleep)
    return await Probe("/dev/ttyX", drivers, world, may_ask=may_ask).run()


@pytest.mark.parametrize("name", all_simulators())
async def test_each_device_is_named_at_its_own_line(name: str) -> None:
    wire = Simulated(name)

    found = await probe(wire)

    assert found.recognised is not None, found.sentence
    assert (found.recognised.driver.name, found.recognised.rival) == (name, "")
    assert replace(found.recognised.line, rts_cts=False) == replace(wire.line, rts_cts=False)
    if not wire.sent:  # it speaks by itself
        assert wire.now - START < 15 * SECOND


@pytest.mark.parametrize("name", all_simulators())
async def test_each_device_is_named_on_a_pseudo_terminal_by_its_bytes_alone(name: str) -> None:
    wire = Simulated(name)

    found = await probe(wire, pseudo_terminal=True)

    assert found.recognised is not None, found.sentence
    assert (found.recognised.driver.name, found.recognised.line) == (name, driver_named(name).line)
    assert found.recognised.confidence is Confidence.CERTAIN or wire.sent or "little to check" in found.recognised.why


NMEA = (
    b"$GPGGA,123519,4807.038,N,01131.000,E,1,08,0.9,545.4,M,46.9,M,,*47\r\n"
    b"$GPGSA,A,3,04,05,,09,12,,,24,,,,,2.5,1.3,2.1*39\r\n"
    b"$GPRMC,123519,A,4807.038,N,01131.000,E,022.4,084.4,230394,003.1,W*6A\r\n"
)
MODEM = b'AT\r\r\nOK\r\nAT+CREG?\r\r\n+CREG: 0,1\r\n\r\nOK\r\n\r\nRING\r\n+CLIP: "0",129\r\n\r\nNO CARRIER\r\n'
RANDOM = random.Random(99).randbytes(100_000)


def with_parity(text: bytes, odd: bool) -> bytes:
    return bytes(byte | (0x80 if (byte.bit_count() & 1) != odd else 0) for byte in text)


@pytest.mark.parametrize("pseudo_terminal", [False, True])
@pytest.mark.parametrize(
    ("data", "words"),
    [
        (RANDOM, "unknown bytes: no driver understands them"),
        (NMEA, "unknown: it sends NMEA sentences as a GPS receiver does"),
        (MODEM, "unknown: it answers as a modem or a phone does"),
        (b"temperature 21.4, humidity 40\r\n", "unknown: it sends lines of text that no driver understands"),
        (b"\x00\x00\x80\x00\xf0\x00\xe0\xff", "the speed is wrong: the device sends much slower"),
        (with_parity(NMEA, odd=False), "the parity is wrong: this is text of 7 bits with even parity"),
        (with_parity(NMEA, odd=True), "the parity is wrong: this is text of 7 bits with odd parity"),
    ],
    ids=["random", "gps", "modem", "text", "slow", "even", "odd"],
)
async def test_what_is_no_known_device_is_unknown_and_never_spoken_to(
    data: bytes, words: str, pseudo_terminal: bool
) -> None:
    wire = Sender(data)

    found = await probe(wire, pseudo_terminal=pseudo_terminal)

    assert found.recognised is None
    assert words in found.sentence
    assert found.sample
    assert wire.sent == b""


async def test_a_device_that_is_understood_but_sends_no_live_values_is_refused_by_its_driver() -> None:
    """The line is the example of the Rad-8 manual."""
    found = await probe(Sender(b"09/21/08 09:56:08 SpO2=000 PR=000 PI=00.00 EXC=820:OffPat,SET\r\n"))

    assert found.recognised is None
    assert found.sentence.startswith(
        "it speaks as masimo does at 9600 8N1, but no values: the oximeter sends its memory"
    )


@pytest.mark.parametrize(
    ("name", "what", "words"),
    [
        ("healthypi", "split", "this HealthyPi sends its split format"),
        ("dinamap", "pro1000", "this is a DINAMAP PRO 1000 in its own binary format"),
        ("contec_cms50", "recording", "oximeter sends no live data: it is recording"),
    ],
)
async def test_a_simulated_device_that_sends_no_live_values_is_told_in_its_drivers_words(
    name: str, what: str, words: str
) -> None:
    wire = Simulated(name)
    wire.device.misbehave(what, True)

    found = await probe(wire)

    assert found.sentence.startswith(f"it speaks as {name} does at {wire.line}, but no values: {words}")


@pytest.mark.parametrize(
    ("name", "what", "line"),
    [
        ("contec_cms50", "legacy", Line(19200, parity="O")),
        ("healthypi", "v3", Line(57600)),
        ("nellcor", "", Line(19200)),
        ("datex_dri", "", Line(115200, parity="E")),
    ],
)
async def test_a_device_is_named_at_its_other_lines(name: str, what: str, line: Line) -> None:
    wire = Simulated(name)
    wire.line = line
    if what:
        wire.device.misbehave(what, True)

    found = await probe(wire)

    assert found.recognised is not None, found.sentence
    assert found.recognised.driver.name == name
    assert replace(found.recognised.line, rts_cts=False) == line


@pytest.mark.parametrize("format_", ["df1", "df7", "df8"])
async def test_an_oximeter_is_named_in_its_other_formats(format_: str) -> None:
    wire = Simulated("nonin")
    wire.device.misbehave(format_, True)

    found = await probe(wire)

    assert found.recognised is not None, found.sentence
    assert (found.recognised.driver.name, found.recognised.rival) == ("nonin", "")
    assert format_.removeprefix("df") in found.recognised.format
    assert wire.now - START < 15 * SECOND


async def test_a_silent_line_is_asked_what_is_harmless_and_said_to_be_silent() -> None:
    wire = Wire(Line(9600))

    found = await probe(wire)

    assert found.recognised is None
    assert found.sentence.startswith("silent: nothing comes and answers nothing it was asked (read at 9600 8N1, ")
    assert wire.sent


async def test_one_that_may_only_listen_sends_nothing() -> None:
    wire = Simulated("suntech")

    found = await probe(wire, may_ask=False)

    assert found.sentence.startswith("silent: nothing comes (read at ")
    assert wire.sent == b""


@pytest.mark.parametrize("name", [name for name, driver in all_drivers().items() if driver.commands])
async def test_no_cuff_is_ever_started(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Everything that any driver asks goes to the module, also what was meant for other devices."""
    asked = Wire(Line(9600))
    await probe(asked)
    wire = Simulated(name)
    determinations: list[Instant] = []
    monkeypatch.setattr(wire.patient, "determine", determinations.append)

    wire.hear(bytes(asked.sent), wire.now)
    await probe(wire, pseudo_terminal=True)
    await wire.open("", wire.line)
    wire.start(lambda data: None, lambda data: None, lambda why: None)
    await wire.sleep(60)

    assert determinations == []


async def test_an_echo_is_no_device() -> None:
    class Loop(Wire):
        waiting = b""

        def produced(self, at: Instant) -> bytes:
            data, self.waiting = self.waiting, b""
            return data

        def hear(self, data: bytes, at: Instant) -> None:
            self.waiting += data

    found = await probe(Loop(Line(9600)), pseudo_terminal=True)

    assert found.recognised is None
    assert found.sentence.startswith("only what was sent comes back")


async def test_a_line_at_which_the_adapter_counts_broken_bytes_has_the_wrong_speed() -> None:
    wire = Simulated("nonin")
    wire.line = Line(12_345)
    wire.broken = 0

    found = await probe(wire)

    assert found.sentence.startswith("the speed or the parity is wrong: at every line that was tried bytes come broken")


async def test_a_device_partly_understood_is_named_as_such() -> None:
    """Every fourth packet of an oximeter is lost in noise: no device is claimed, but what it may be is said."""

    class Noisy(Simulated):
        def produced(self, at: Instant) -> bytes:
            data = super().produced(at)
            return self._rng.randbytes(len(data)) if at // 100_000 % 3 == 0 else data

    found = await probe(Noisy("nonin"), only="nonin")

    assert found.recognised is None
    assert found.sentence.startswith("partly understood as nonin at 9600 8N1, ")


async def test_a_port_that_goes_away_is_said_to_be_gone() -> None:
    wire = Simulated("nonin")
    wire.unplug_at = START + SECOND

    found = await probe(wire)

    assert found.recognised is None
    assert "has been unplugged" in found.sentence


async def test_the_monitor_tells_who_it_is_and_is_left_as_it_was_found() -> None:
    wire = Simulated("intellivue")

    found = await probe(wire)

    assert found.recognised is not None
    assert found.recognised.identity
    assert found.recognised.confidence is Confidence.CERTAIN
    received: list[bytes] = []
    await wire.open("", wire.line)
    wire.start(received.append, lambda data: None, lambda why: None)
    await wire.sleep(5)
    assert b"".join(received) == b"", "the association was not released"
