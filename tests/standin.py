"""A stand-in protocol for tests of the core: lines of text, so that a test can say what a device says.

    spo2=97 pr=74                 a reading; "-" is a missing value, "97?sensor_off" a flagged one
    nibp=164/94 or nibp=-         a cuff reading (spot), mean left out; nibp=164/94/117 with it
    wave=1,2,3                    samples of the pleth
    status=sensor_off,on,words    a device status (or off); a fourth word is its detail
    alarm=x,on,words              an alarm of the device itself
    accepted | done | refused     what became of the newest command
    boom                          the decoder raises
Anything else is a fault. A decoder asked for a determination sends START, to abort it STOP; opened, it sends HELLO.
"""

from drivers.base.decoder import Command, CommandNotSupported, Decoder, Driver, Line
from drivers.base.observations import (
    CommandReply,
    DeviceAlarm,
    DeviceStatus,
    Instant,
    LinkFault,
    Numeric,
    Observation,
    Reading,
    WaveformChunk,
)
from drivers.base.vocabulary import (
    CommandKind,
    CommandOutcome,
    FaultKind,
    Parameter,
    Priority,
    Quality,
    StatusCode,
    WaveformName,
)


class TextDecoder(Decoder):
    """Reads the lines above."""

    def __init__(self) -> None:
        self._buffer = b""
        self._sending = b""
        self._command = ""
        self._empty = True
        self._samples = 0
        self._wake_at: Instant | None = None

    def opened(self, at: Instant) -> list[Observation]:
        self._sending += b"HELLO\n"
        return []

    def closing(self, at: Instant) -> None:
        self._sending += b"BYE\n"

    def command(self, command: Command, at: Instant) -> list[Observation]:
        if command.kind is CommandKind.NIBP_STOP:
            if self._empty:
                raise CommandNotSupported("this cuff cannot be aborted now")
            self._sending += b"STOP\n"
            return [CommandReply(at, command.id, CommandOutcome.DONE)]
        self._empty = False
        self._command = command.id
        self._sending += b"START\n"
        return [CommandReply(at, command.id, CommandOutcome.SENT)]

    def bytes_to_send(self) -> bytes:
        sending, self._sending = self._sending, b""
        return sending

    def next_deadline(self) -> Instant | None:
        return self._wake_at

    def wake(self, at: Instant) -> list[Observation]:
        """After "wake=s" it reports the pulse once, s seconds on; after "stuck" it asks for ever."""
        if self._wake_at is not None and self._wake_at > 0:
            self._wake_at = None
            return [Reading(at, (Numeric(Parameter.PR, 60),))]
        return []

    def feed(self, data: bytes, at: Instant) -> list[Observation]:
        *lines, self._buffer = (self._buffer + data).split(b"\n")
        return [observation for line in lines for observation in self._read(line.decode(), at)]

    def _read(self, line: str, at: Instant) -> list[Observation]:
        key, _, rest = line.partition("=")
        if line == "boom":
            raise RuntimeError("boom")
        if line == "stuck":
            self._wake_at = 0
            return []
        if key == "wake":
            self._wake_at = at + int(float(rest) * 1e6)
            return []
        if key == "wave":
            samples = tuple(int(sample) for sample in rest.split(","))
            first, self._samples = self._samples, self._samples + len(samples)
            return [WaveformChunk(WaveformName.PLETH, at, 75.0, 1, first, samples)]
        if key == "status":
            code, on, words, *detail = rest.split(",")
            return [DeviceStatus(at, StatusCode(code), on == "on", words, detail=detail[0] if detail else None)]
        if key == "alarm":
            code, on, words = rest.split(",")
            return [DeviceAlarm(at, code, on == "on", Priority.MEDIUM, True, words)]
        if line in ("accepted", "done", "refused", "timed_out"):
            return [CommandReply(at, self._command, CommandOutcome(line), "device says so")]
        if key == "nibp":
            return [Reading(at, _pressures(rest), spot=True)]
        if "=" not in line:
            return [LinkFault(at, FaultKind.SYNC, len(line) + 1)]
        return [Reading(at, tuple(_numeric(word) for word in line.split()))]


def _pressures(text: str) -> tuple[Numeric, ...]:
    values = (None, None) if text == "-" else (int(part) for part in text.split("/"))
    names = (Parameter.NIBP_SYS, Parameter.NIBP_DIA, Parameter.NIBP_MEAN)
    return tuple(Numeric(name, value) for name, value in zip(names, values, strict=False))


def _numeric(word: str) -> Numeric:
    name, _, rest = word.partition("=")
    value, *flags = rest.split("?")
    return Numeric(Parameter(name), None if value == "-" else int(value), tuple(Quality(flag) for flag in flags))


def _driver(
    name: str, parameters: tuple[Parameter, ...], commands: tuple[CommandKind, ...], silent_s: float | None
) -> Driver:
    return Driver(name, name, Line(9600), parameters, (), commands, TextDecoder, silent_s)


P = Parameter
DRIVERS = {
    driver.name: driver
    for driver in (
        _driver("oximeter", (P.SPO2, P.PR, P.PI), (), 5.0),
        _driver("capnograph", (P.ETCO2,), (), 5.0),
        _driver("ecg", (P.HR, P.RR), (), 5.0),
        _driver("cuff", (P.NIBP_SYS, P.NIBP_DIA, P.PR), (CommandKind.NIBP_START, CommandKind.NIBP_STOP), None),
        _driver("dumb_cuff", (P.NIBP_SYS, P.NIBP_DIA), (), None),
        _driver("monitor", (P.SPO2, P.PR, P.HR, P.NIBP_SYS, P.NIBP_DIA), (), 5.0),
    )
}
