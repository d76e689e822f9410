"""A house without ports: chairs with one talking device each, a clock that waits for the test, a record in memory."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from drivers.base.decoder import Decoder, Driver, Line
from drivers.base.observations import Instant, Numeric, Observation, Reading
from drivers.base.vocabulary import Parameter
from monitor.clock import ManualClock
from monitor.core.changes import Change
from monitor.core.entries import Actor, Body, ChairConfig, Configured, DeviceConfig, Entry, Role
from monitor.station import Station
from monitor.storage.blocks import to_json
from monitor.storage.store import Tail

NURSE = Actor("L. Moreno", Role.NURSE)
ADMISSION: dict[str, Any] = {
    "initials": "A.B.",
    "birth_year": 1980,
    "patient_id": None,
    "weight_kg": "80",
    "order": {"kind": "dose", "dose_mg_kg": "0.5", "duration_min": 40},
    "concentration_mg_ml": "2",
}


class Talker(Decoder):
    """Every byte is an SpO2 value. It greets a line that is opened and says goodbye to one that closes."""

    made = 0

    def __init__(self) -> None:
        if Talker.broken:
            raise RuntimeError("a bug in the house")
        self._out = b""

    broken = False

    def opened(self, at: Instant) -> list[Observation]:
        self._out += b"hello"
        return []

    def closing(self, at: Instant) -> None:
        self._out += b"bye"

    def bytes_to_send(self) -> bytes:
        out, self._out = self._out, b""
        return out

    def feed(self, data: bytes, at: Instant) -> list[Observation]:
        return [Reading(at, (Numeric(Parameter.SPO2, value),)) for value in data]


DRIVERS = {"talker": Driver("talker", "Talker", Line(9600), (Parameter.SPO2,), (), (), Talker)}


def chair(name: str = "1", title: str = "") -> ChairConfig:
    device = DeviceConfig("oximeter", "talker", f"/dev/port-{name}", "Talker")
    return ChairConfig(name, title or f"Chair {name}", (device,))


class MemoryRecord:
    """Takes what the recorder would, and says it is written when ``open_gate`` is set."""

    def __init__(self) -> None:
        self.entries: dict[str, list[Entry]] = {}
        self.checkpoints: dict[str, dict[str, Any]] = {}
        self.gate = asyncio.Event()
        self.gate.set()

    def follow(self, chair: str, checkpoint: bytes | None) -> None:
        self.entries.setdefault(chair, [])

    def take(self, entry: Entry, changes: list[Change], checkpoint: dict[str, Any] | None) -> None:
        self.entries[entry.chair].append(entry)
        if checkpoint is not None:
            self.checkpoints[entry.chair] = checkpoint

    async def committed(self, chair: str, seq: int) -> None:
        await self.gate.wait()
        assert self.entries[chair][-1].seq >= seq

    def bodies(self, chair: str = "1") -> list[Body]:
        return [entry.body for entry in self.entries[chair]]

    def kinds(self, chair: str = "1") -> list[str]:
        return [body.type for body in self.bodies(chair)]

    def tails(self) -> dict[str, Tail | None]:
        """What a restart would find."""
        return {chair: self._tail(chair, entries) for chair, entries in self.entries.items()}

    def _tail(self, chair: str, entries: list[Entry]) -> Tail:
        configs = [entry.body.config for entry in entries if isinstance(entry.body, Configured)]
        return Tail(entries[-1].seq, entries[-1].at, to_json(self.checkpoints[chair]), to_json(configs[-1]))


class House:
    """A station that runs."""

    def __init__(self, station: Station, clock: ManualClock, record: MemoryRecord) -> None:
        self.station = station
        self.clock = clock
        self.record = record

    def alerts(self, chair: str = "1") -> dict[str, str]:
        """The open alerts: code → state."""
        return {alert.code: alert.state.value for alert in self.station.view(chair)[1].alerts}


@asynccontextmanager
async def house(
    *chairs: ChairConfig, record: MemoryRecord | None = None, clock: ManualClock | None = None
) -> AsyncIterator[House]:
    """A house of ``chairs`` (one, when none is given), taken up from ``record`` when that holds something."""
    record, clock = record or MemoryRecord(), clock or ManualClock()
    station = Station(clock, chairs or [chair()], DRIVERS, "0.1.0")
    station.start(record, record.tails())
    running = asyncio.create_task(station.run())
    await clock.advance()
    try:
        yield House(station, clock, record)
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
