"""The simulated house: all chairs on one asyncio loop, in simulated time that can run faster than the wall's."""

import asyncio
import random
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

from drivers.base.observations import Instant
from simulators.base.chair import LOOK_US, SimulatedChair, Subject
from simulators.base.patient import Patient
from simulators.base.playback import Captured
from simulators.base.recording import RecordedPatient, Recording
from simulators.base.scenario import Scenario, Story
from simulators.base.waves import SECOND

_SHORTEST_SLEEP_S = 0.002
_TURNS = 4
"""Chairs take turns within a look, so that not all write at once; few enough that the process may sleep between."""


class SimulatedClock:
    """Microseconds since the Unix epoch, counted from ``start`` at ``speed`` times the real pace."""

    def __init__(self, start: Instant, speed: float = 1.0) -> None:
        self.speed = speed
        self._start = start
        self._began = time.monotonic()

    def __call__(self) -> Instant:
        return self._start + int((time.monotonic() - self._began) * SECOND * self.speed)


class SimulatedHouse:
    """All chairs of a scenario. ``recording`` takes the place of the patient, or of the devices, at ``recorded_chair``."""

    def __init__(
        self,
        scenario: Scenario,
        *,
        chairs: int | None = None,
        seed: int = 1,
        speed: float = 1.0,
        recording: Recording | Captured | None = None,
        recorded_chair: int = 1,
    ) -> None:
        start = int(time.time() * SECOND)
        self.clock = SimulatedClock(start, speed)
        self.chairs = []
        self._timers: dict[str, asyncio.TimerHandle] = {}
        for number, story in enumerate(scenario.cast(chairs, random.Random(f"{seed}/cast")), 1):
            recorded = recording if number == recorded_chair else None
            captured = recorded if isinstance(recorded, Captured) else None
            played = story if captured is None else _with_captured(story, captured)
            patient = _patient(story, recorded, random.Random(f"{seed}/{number}").getrandbits(32), start)
            self.chairs.append(SimulatedChair(str(number), played, patient, f"{seed}/{number}", start, captured))

    def open(self, links: Path) -> None:
        """Make all ports and begin. Call within a running loop."""
        for chair in self.chairs:
            chair.connect(links, self.clock)
        for number, chair in enumerate(self.chairs):
            self._tick(chair, number % _TURNS * LOOK_US // _TURNS)

    def close(self) -> None:
        """Stop and take all ports and links away."""
        for timer in self._timers.values():
            timer.cancel()
        self._timers.clear()
        for chair in self.chairs:
            chair.disconnect()

    def description(self) -> dict[str, Any]:
        """Return what the server must know of the chairs, as JSON values."""
        return {"chairs": [_described(chair) for chair in self.chairs]}

    def _tick(self, chair: SimulatedChair, phase: int) -> None:
        """Let a chair come to now, and come back at its turn in the next look."""
        now = self.clock()
        due = min(chair.tick(now), now - (now - phase) % LOOK_US + LOOK_US)
        delay_s = max(_SHORTEST_SLEEP_S, (due - self.clock()) / SECOND / self.clock.speed)
        self._timers[chair.id] = asyncio.get_running_loop().call_later(delay_s, self._tick, chair, phase)


def _patient(story: Story, recording: Recording | Captured | None, seed: int, start: Instant) -> Subject:
    if isinstance(recording, Recording):
        return RecordedPatient(recording, seed, start)
    return Patient(story.person, seed, start)


def _with_captured(story: Story, captured: Captured) -> Story:
    """The story with the captured device alone; what happens to the story's own devices does not happen."""
    events = tuple(event for event in story.events if event.device is None)
    return replace(story, devices={captured.place: captured.driver}, events=events, udp={})


def _described(chair: SimulatedChair) -> dict[str, Any]:
    return {
        "id": chair.id,
        "name": f"Chair {chair.id}",
        "story": chair.story.name,
        "devices": [
            {"id": name, "driver": device.driver, "port": str(device.terminal.link)}
            for name, device in chair.devices.items()
        ],
        "session": chair.story.session,
    }
