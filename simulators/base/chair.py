"""A simulated chair: one patient, the devices at him, their lines and ports, and the story that happens to them.

Driven by whoever has a clock: ``tick`` lets everything come to a moment and hands out what is due on the wires.
"""

import random
from collections.abc import Callable
from pathlib import Path
from typing import Protocol

from drivers.base.decoder import Line
from drivers.base.observations import Instant
from drivers.base.registry import driver_named
from simulators.base.effects import PATIENT_EVENTS
from simulators.base.errors import ScenarioError
from simulators.base.line import LINE_FAULTS, PacedLine
from simulators.base.network import NetworkPort
from simulators.base.playback import Captured, Playback
from simulators.base.registry import simulator_named
from simulators.base.scenario import Event, Story, Timeline
from simulators.base.simulator import Signals, Simulator
from simulators.base.terminal import Terminal
from simulators.base.waves import SECOND

AT_ONCE = Line(baud=10_000_000)
"""A capture's pieces were paced by the line they came over."""

LOOK_US = SECOND // 75
"""How often a chair's devices are asked for bytes: at the pace of the fastest frames, an oximeter's 75 a second."""

LONGEST_LOOK_US = SECOND
"""What a chair catches up at once. A process too slow for its speed then falls behind evenly and still hears its host."""


class Subject(Signals, Protocol):
    """A patient to whom a story can happen."""

    def begin(self, what: str, size: float | None, at: Instant) -> None: ...

    def end(self, what: str, at: Instant) -> None: ...


class SimulatedDevice:
    """One device on its port."""

    def __init__(
        self,
        driver: str,
        signals: Signals,
        seed: str,
        start: Instant,
        terminal: Terminal | NetworkPort,
        captured: Captured | None = None,
    ) -> None:
        self.driver = driver
        self.terminal = terminal
        self.simulator: Simulator
        line = driver_named(driver).line
        if captured is None:
            self.simulator = simulator_named(driver).make(signals, random.Random(seed), start)
        else:
            self.simulator, line = Playback(captured, signals, random.Random(seed), start), AT_ONCE
        self.line = PacedLine(line, random.Random(f"{seed}/line"), start)

    def tick(self, at: Instant) -> None:
        data = self.simulator.advance(at)
        if data:
            self.line.push(data)
        for piece in self.line.due(at):
            self.terminal.write(piece)

    def receive(self, data: bytes, at: Instant) -> None:
        if not self.line.is_silent:
            self.simulator.receive(data, at)
            self.tick(at)

    def misbehave(self, event: Event, on: bool) -> None:
        if event.what not in LINE_FAULTS:
            self.simulator.misbehave(event.what, on)
        elif event.what != "unplug":
            self.line.fault(event.what, on, event.size)
        elif on:
            self.terminal.unplug()
        else:
            self.terminal.plug()


class SimulatedChair:
    """One chair with its story; ``id`` counts from 1."""

    def __init__(
        self, id: str, story: Story, patient: Subject, seed: str, start: Instant, captured: Captured | None = None
    ) -> None:
        self.id = id
        self.story = story
        self.patient = patient
        self.devices: dict[str, SimulatedDevice] = {}
        self._captured = captured
        self._seed = seed
        self._start = self._at = start
        self._timeline = Timeline(story.events)

    def connect(self, links: Path, now: "Clock") -> None:
        """Make the devices and their ports. Raises ``SimulatorError`` or ``DriverError`` for what the story cannot have."""
        for name, driver in self.story.devices.items():

            def received(data: bytes, name: str = name) -> None:
                self.devices[name].receive(data, self._reach(now()))

            terminal = self._port(name, driver, links, received)
            seed = f"{self._seed}/{name}"
            self.devices[name] = SimulatedDevice(driver, self.patient, seed, self._start, terminal, self._captured)
        self._check_faults()
        for device in self.devices.values():
            device.terminal.plug()

    def _port(self, name: str, driver: str, links: Path, received: Callable[[bytes], None]) -> Terminal | NetworkPort:
        if name not in self.story.udp:
            return Terminal(links / f"chair-{self.id}-{name}", received)
        network = simulator_named(driver).network
        if network is None:
            raise ScenarioError(f"the story '{self.story.name}' cannot happen: {driver} is not met over UDP")
        return NetworkPort(self.story.udp[name], network, received)

    def disconnect(self) -> None:
        for device in self.devices.values():
            device.terminal.unplug()

    def tick(self, now: Instant) -> Instant:
        """Let story and devices come to ``now``, or as near as one look can; return when to come back."""
        at = self._at = self._reach(now)
        for at_s, begins, event in self._timeline.due((at - self._start) / SECOND):
            self._happen(event, begins, self._start + int(at_s * SECOND))
        back = at + LOOK_US
        for device in self.devices.values():
            device.tick(at)
            due = device.line.next_due
            if due is not None and due < back:
                back = due
        return back

    def _reach(self, now: Instant) -> Instant:
        return min(now, self._at + LONGEST_LOOK_US)

    def _happen(self, event: Event, begins: bool, at: Instant) -> None:
        if event.device is not None:
            self.devices[event.device].misbehave(event, begins)
        elif begins:
            self.patient.begin(event.what, event.size, at)
        else:
            self.patient.end(event.what, at)

    def _check_faults(self) -> None:
        """Refuse a fault that a device does not have before anything is shown."""
        for event in self.story.events:
            if event.device is not None and event.what not in LINE_FAULTS:
                try:
                    self.devices[event.device].simulator.misbehave(event.what, False)
                except ValueError as error:
                    hint = " (an event of the patient takes no device)" if event.what in PATIENT_EVENTS else ""
                    raise ScenarioError(f"the story '{self.story.name}' cannot happen: {error}{hint}") from None


class Clock(Protocol):
    """Says how far simulated time has come."""

    def __call__(self) -> Instant: ...
