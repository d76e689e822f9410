"""Finds out what is on a port: listens at the line settings of the known drivers, and asks where asking is harmless.

It first only listens. Whoever speaks is never spoken to: bytes go out only on a line that was silent, and only those with which
a driver that is ``harmless_to_open`` begins its conversation. No command is ever given, so no cuff is started.
"""

from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Protocol

from drivers.base.decoder import Driver, Line
from drivers.base.observations import Instant
from drivers.base.recognition import Candidate, Look, Recognised, best, is_echo, looks_like

SECOND = 1_000_000
STEP_S = 0.02
QUIET_S = 2.3
"""A device that speaks by itself does so within two seconds."""
SECOND_S, GLANCE_S = 1.2, 0.4
"""At the second speed and at further ones, while none has been heard to speak: at a wrong speed a device is heard too."""
HOPELESS_S, HOPELESS_BYTES = 1.2, 200
BURST_S, BURST_BYTES = 0.7, 20
"""A line is left when so many bytes in so long meant nothing to anyone, or so many before so long a silence,"""
LONGEST_S = 5.0
"""or after so long; slow devices send a line every two seconds."""
SETTLED_S = 2.5
ANSWER_S, ANSWERS_S = 2.5, 7.0
"""Who was asked answers within so long; and has sent its first values within so long."""
FAREWELL_S = 0.2
SAMPLE = 64


class OpenPort(Protocol):
    """What is needed of ``drivers.base.serialport.SerialPort``."""

    def start(
        self, received: Callable[[bytes], None], written: Callable[[bytes], None], lost: Callable[[str], None]
    ) -> None: ...

    def discard_old(self) -> int: ...

    def write(self, data: bytes) -> None: ...

    def line_errors(self) -> int | None: ...

    def close(self) -> None: ...


@dataclass(frozen=True, slots=True)
class World:
    """The outside: how a port is opened (raises ``PortError``), which are simulated, what time it is, how one waits."""

    open_port: Callable[[str, Line], Awaitable[OpenPort]]
    is_simulated: Callable[[str], bool]
    now: Callable[[], Instant]
    sleep: Callable[[float], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Finding:
    """What is to be said of a port. ``sample`` are some of the bytes when no driver understood them; ``unopened``: it never came to that."""

    port: str
    recognised: Recognised | None
    sentence: str
    simulated: bool = False
    sample: bytes = b""
    unopened: bool = False


@dataclass(slots=True)
class _Listening:
    """One line setting, listened to once."""

    line: Line
    candidates: list[Candidate]
    data: bytearray = field(default_factory=bytearray)
    sent: bytearray = field(default_factory=bytearray)
    first_at: Instant | None = None
    last_at: Instant = 0
    lost: str = ""
    errors: int = 0

    @property
    def partly(self) -> Candidate | None:
        """The candidate who understood something, though not enough."""
        found = max(self.candidates, key=Candidate.rank)
        return found if found.points >= 2 and found.share > 0.3 and not found.is_refused else None


class _Gone(Exception):
    """The port went away while it was listened to."""


def settings(drivers: Iterable[Driver], simulated: bool) -> list[tuple[Line, list[Driver]]]:
    """Return the line settings to try, those of most drivers first. On a pseudo-terminal they mean nothing: once is enough."""
    known = list(drivers)
    by_line: dict[Line, list[Driver]] = {}
    for driver in known:
        by_line.setdefault(driver.line, []).append(driver)
    if simulated:
        return [(max(by_line, key=lambda line: len(by_line[line])), known)]
    order = dict(sorted(by_line.items(), key=lambda item: -len(item[1])))
    for driver in known:
        for line in driver.other_lines:
            others = order.setdefault(replace(line, rts_cts=driver.line.rts_cts), [])
            if driver not in others:
                others.append(driver)
    return list(order.items())


class Probe:
    """One port on trial with these drivers."""

    def __init__(self, path: str, drivers: Sequence[Driver], world: World, *, may_ask: bool = True) -> None:
        self.path = path
        self._drivers = drivers
        self._world = world
        self._may_ask = may_ask
        self._simulated = world.is_simulated(path)
        self._heard: list[_Listening] = []

    async def run(self) -> Finding:
        """Find out. Raises ``PortError`` when the port cannot be opened."""
        plan = settings(self._drivers, self._simulated)
        try:
            found = await self._listen_at_all(plan)
            if found is None and self._may_ask and not self._speaks:
                found = await self._ask_at_all(plan)
        except _Gone as error:
            return Finding(self.path, None, f"{error}", self._simulated)
        if found is not None:
            return Finding(self.path, found, "", self._simulated)
        sentence, sample = self._explained(plan)
        return Finding(self.path, None, sentence, self._simulated, sample[-SAMPLE:])

    @property
    def _speaks(self) -> bool:
        """Whether somebody speaks by itself; a byte or two may come of opening the line."""
        return any(len(listening.data) > 4 and not listening.sent for listening in self._heard)

    async def _listen_at_all(self, plan: list[tuple[Line, list[Driver]]]) -> Recognised | None:
        bauds: set[int] = set()
        for line, drivers in plan:
            if line.baud in bauds and not self._speaks:
                continue  # with another parity, too, nothing comes
            bauds.add(line.baud)
            quiet_s = QUIET_S if self._speaks or len(bauds) == 1 else SECOND_S if len(bauds) == 2 else GLANCE_S
            candidates = [Candidate(driver, _own(driver, line, self._simulated)) for driver in drivers]
            listening = await self._listen(_Listening(line, candidates), quiet_s)
            found = best(listening.candidates)
            if found is not None or any(candidate.refusal for candidate in candidates):
                return found
        return None

    async def _ask_at_all(self, plan: list[tuple[Line, list[Driver]]]) -> Recognised | None:
        for line, drivers in plan:
            for driver in drivers:
                if driver.harmless_to_open:
                    candidate = Candidate(driver, _own(driver, line, self._simulated))
                    listening = await self._listen(_Listening(line, [candidate]), ANSWER_S, asking=True)
                    if is_echo(bytes(listening.data), bytes(listening.sent)):
                        return None
                    if candidate.is_believed:
                        return candidate.recognised()
        return None

    async def _listen(self, listening: _Listening, quiet_s: float, *, asking: bool = False) -> _Listening:
        world = self._world
        self._heard.append(listening)
        port = await world.open_port(self.path, listening.line)
        try:
            port.discard_old()
            before = port.line_errors()

            def received(data: bytes) -> None:
                at = world.now()
                listening.first_at = at if listening.first_at is None else listening.first_at
                listening.last_at = at
                listening.data += data
                for candidate in listening.candidates:
                    candidate.come_to(at)
                    candidate.feed(data, at)

            def lost(why: str) -> None:
                listening.lost = why

            port.start(received, lambda data: None, lost)
            began = world.now()
            if asking:
                for candidate in listening.candidates:
                    candidate.ask(began)
            self._speak(port, listening)
            while not listening.lost and not self._is_done(listening, world.now(), began, quiet_s, asking):
                self._speak(port, listening)
                await world.sleep(STEP_S)
                for candidate in listening.candidates:
                    candidate.come_to(world.now())
            await self._take_leave(port, listening)
            after = port.line_errors()
            listening.errors = 0 if before is None or after is None else after - before
        finally:
            port.close()
        if listening.lost:
            raise _Gone(listening.lost)
        return listening

    def _speak(self, port: OpenPort, listening: _Listening) -> None:
        for candidate in listening.candidates:
            if data := candidate.bytes_to_send():
                listening.sent += data
                port.write(data)

    async def _take_leave(self, port: OpenPort, listening: _Listening) -> None:
        if listening.sent and not listening.lost:
            for candidate in listening.candidates:
                port.write(candidate.farewell(self._world.now()))
            await self._world.sleep(FAREWELL_S)

    def _is_done(self, listening: _Listening, at: Instant, began: Instant, quiet_s: float, asking: bool) -> bool:
        candidates = listening.candidates
        if any(candidate.is_plain for candidate in candidates):
            return True
        if asking and all(candidate.is_refused or candidate.is_mute for candidate in candidates):
            return True
        if listening.first_at is None:
            return at - began >= quiet_s * SECOND
        since_s = (at - listening.first_at) / SECOND
        if any(candidate.is_believed for candidate in candidates):
            return since_s >= SETTLED_S
        if asking:
            return since_s >= ANSWERS_S
        if since_s >= LONGEST_S or any(candidate.refusal for candidate in candidates):
            return since_s >= SETTLED_S
        hopeless = len(listening.data) >= HOPELESS_BYTES and since_s >= HOPELESS_S
        hopeless |= len(listening.data) >= BURST_BYTES and at - listening.last_at >= BURST_S * SECOND
        return hopeless and not any(candidate.is_hopeful for candidate in candidates)

    def _explained(self, plan: list[tuple[Line, list[Driver]]]) -> tuple[str, bytes]:
        """Say in a sentence why no device was found, and hand out the bytes that it is about."""
        at_lines = f"read at {', '.join(str(line) for line, _ in plan)}"
        heard = [listening for listening in self._heard if listening.data]
        if not heard:
            asked = " and answers nothing it was asked" if any(listening.sent for listening in self._heard) else ""
            return (
                f"silent: nothing comes{asked} ({at_lines}); is the device on, is its output switched on in its menu, "
                "is it the right cable (crossed or straight)?"
            ), b""
        for listening in heard:
            if is_echo(bytes(listening.data), bytes(listening.sent)):
                sentence = (
                    "only what was sent comes back: a looped adapter, or a modem that repeats it; no device answers"
                )
                return sentence, bytes(listening.data)
            for candidate in listening.candidates:
                if candidate.refusal:
                    sentence = f"it speaks as {candidate.driver.name} does at {listening.line}, but no values: {candidate.refusal}"
                    return sentence, bytes(listening.data)
            if (half := listening.partly) is not None:
                return (
                    f"partly understood as {half.driver.name} at {listening.line}, {half.share:.0%} of the bytes: "
                    "the parity may be wrong, the cable bad, or it is another device"
                ), bytes(listening.data)
        if all(listening.errors > len(listening.data) // 20 for listening in heard):
            return (
                f"the speed or the parity is wrong: at every line that was tried bytes come broken ({at_lines}); "
                "look up the device's settings"
            ), bytes(heard[0].data)
        order = list(Look)
        told = min(heard, key=lambda listening: order.index(looks_like(bytes(listening.data))))
        look = looks_like(bytes(told.data))
        where = at_lines if look is Look.UNKNOWN else f"read at {told.line}"
        return f"{look} ({where})", bytes(told.data)


def _own(driver: Driver, line: Line, simulated: bool) -> Line:
    """The line to name in the configuration: on a pseudo-terminal the driver's own."""
    return driver.line if simulated else line
