"""From waveform records to curves: named by what the channel shows, counted by the monitor's record numbers.

Sample counts jitter by one a second, so a curve's time is that of its records, never its count. Samples that are control
codes, and those of an ECG whose lead is off, are no curve: a gap stands there.
"""

import struct
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from drivers._datex_frames import Record
from drivers._datex_neighbours import Displayed
from drivers._datex_numerics import group, leads
from drivers._datex_wire import LEAST_VALUE, Class, Lead, Wave, WaveStatus
from drivers.base.observations import Instant, WaveformChunk
from drivers.base.vocabulary import Unit, WaveformName

LEADS = {
    Lead.I: WaveformName.ECG_I,
    Lead.II: WaveformName.ECG_II,
    Lead.III: WaveformName.ECG_III,
    Lead.AVR: WaveformName.ECG_AVR,
    Lead.AVL: WaveformName.ECG_AVL,
    Lead.AVF: WaveformName.ECG_AVF,
    Lead.V: WaveformName.ECG_V,
}
ARTERIAL = (1, 8, 16, 17)
"""Labels of a pressure that is an artery's: ART, ABP, FEM, UAC."""
WAVEFORMS = (*LEADS.values(), WaveformName.PLETH, WaveformName.RESP, WaveformName.CO2, WaveformName.ABP)

_ECG = {Wave.ECG1: 1, Wave.ECG2: 2, Wave.ECG3: 3}
_PRESSURES = {
    Wave.INVP1: (Class.BASIC, 16),
    Wave.INVP2: (Class.BASIC, 30),
    Wave.INVP3: (Class.BASIC, 44),
    Wave.INVP4: (Class.BASIC, 58),
    Wave.INVP5: (Class.BASIC, 240),
    Wave.INVP6: (Class.BASIC, 254),
    Wave.INVP7: (Class.EXT1, 78),
    Wave.INVP8: (Class.EXT1, 92),
}


@dataclass(frozen=True, slots=True)
class _Shape:
    """Rate and scale of a curve; a pleth and a breathing curve have no unit of ours."""

    rate_hz: int
    scale: float | None = None
    unit: Unit = Unit.ONE


_ECG_SHAPE = _Shape(300, 0.001, Unit.MILLIVOLT)
_PRESSURE_SHAPE = _Shape(100, 0.01, Unit.MMHG)
_OTHERS = {
    Wave.PLETH: (WaveformName.PLETH, _Shape(100)),
    Wave.CO2: (WaveformName.CO2, _Shape(25, 0.01, Unit.PERCENT)),
    Wave.RESP: (WaveformName.RESP, _Shape(25)),
    Wave.RESP_100: (WaveformName.RESP, _Shape(100)),
}


@dataclass(slots=True)
class _Run:
    """Where a curve has come to."""

    run: int = -1
    next_index: int = 0


class Waves:
    """The curves of one monitor. Until it tells which lead channel 1 shows, that is taken for lead II, the usual one."""

    def __init__(self) -> None:
        self._runs: dict[WaveformName, _Run] = {}
        self._sources: dict[WaveformName, int] = {}
        self._number: int | None = None
        self.forget()

    def forget(self) -> None:
        """The line begins anew."""
        self._leads: Mapping[int, Lead] = {}
        self._arteries: tuple[int, ...] = ()
        self.interrupt()

    def interrupt(self) -> None:
        """Nobody knows what was lost: whatever comes next begins a new run."""
        self._number = None

    def describe(self, record: Displayed) -> None:
        """A record that is believed tells what the channels show."""
        self._leads = leads(record)
        places = {wave: group(record, *place) for wave, place in _PRESSURES.items()}
        self._arteries = tuple(wave for wave, p in places.items() if p.active and p.label in ARTERIAL)

    def take(self, record: Record, at: Instant) -> list[WaveformChunk]:
        """Turn a record that came at ``at`` into chunks."""
        follows = self._number is not None and record.number == (self._number + 1) & 0xFF
        self._number = record.number
        chunks: list[WaveformChunk] = []
        sources: dict[WaveformName, int] = {}
        for type_, part in record.parts:
            shown = self._shown(type_)
            if shown is None or shown[0] in sources:
                continue
            name, shape = shown
            sources[name] = type_
            status = int.from_bytes(part[2:4], "little")
            goes_on = follows and self._sources.get(name) == type_ and not status & WaveStatus.GAP
            samples = struct.unpack(f"<{len(part) // 2 - 3}h", part[6:])
            is_off = type_ in _ECG and bool(status & WaveStatus.LEAD_OFF)
            chunks += self._chunks(name, shape, samples, goes_on, is_off, at)
        self._sources = sources
        return chunks

    def _shown(self, type_: int) -> tuple[WaveformName, _Shape] | None:
        """Return what a subrecord of this type shows, or None when it is nothing of ours."""
        if type_ in _OTHERS:
            return _OTHERS[Wave(type_)]
        if self._arteries[:1] == (type_,):
            return WaveformName.ABP, _PRESSURE_SHAPE
        channel = _ECG.get(Wave(type_)) if type_ in _ECG else None
        lead = self._leads.get(channel, Lead.II if channel == 1 else Lead.NONE) if channel else Lead.NONE
        return (LEADS[lead], _ECG_SHAPE) if lead else None

    def _chunks(
        self, name: WaveformName, shape: _Shape, samples: tuple[int, ...], goes_on: bool, is_off: bool, at: Instant
    ) -> Iterator[WaveformChunk]:
        run = self._runs.setdefault(name, _Run())
        if not goes_on:
            run.run, run.next_index = run.run + 1, 0
        first, run.next_index = run.next_index, run.next_index + len(samples)
        began = at - len(samples) * 1_000_000 // shape.rate_hz
        for place, stretch in _stretches(() if is_off else samples):
            start = began + place * 1_000_000 // shape.rate_hz
            yield WaveformChunk(
                name, start, shape.rate_hz, run.run, first + place, stretch, shape.scale, unit=shape.unit
            )


def _stretches(samples: tuple[int, ...]) -> Iterator[tuple[int, tuple[int, ...]]]:
    """Yield the stretches between control codes, each with its place."""
    first = 0
    for place, sample in enumerate((*samples, LEAST_VALUE - 1)):
        if sample < LEAST_VALUE:
            if place > first:
                yield first, samples[first:place]
            first = place + 1
