"""From IntelliVue sample arrays to waveform chunks: scaled, counted by the monitor's relative time, gaps shown as gaps.

Samples that come before their context (rate, sample size, scale) are kept for some seconds and told once it is known.
"""

import struct
from collections import deque
from dataclasses import dataclass, field

from drivers._intellivue_messages import Cursor, Polled, PollResult
from drivers._intellivue_values import float_type, ticks_between
from drivers._intellivue_wire import TICKS_PER_SECOND, Attribute, Physio, State, UnitCode
from drivers.base.observations import Instant, WaveformChunk
from drivers.base.vocabulary import Unit, WaveformName

WAVEFORMS: dict[int, WaveformName] = {
    Physio.ECG_I: WaveformName.ECG_I,
    Physio.ECG_II: WaveformName.ECG_II,
    Physio.ECG_III: WaveformName.ECG_III,
    Physio.ECG_AVR: WaveformName.ECG_AVR,
    Physio.ECG_AVL: WaveformName.ECG_AVL,
    Physio.ECG_AVF: WaveformName.ECG_AVF,
    Physio.ECG_V: WaveformName.ECG_V,
    Physio.PLETH: WaveformName.PLETH,
    Physio.RESPIRATION: WaveformName.RESP,
    Physio.CO2: WaveformName.CO2,
    Physio.ART: WaveformName.ABP,
    Physio.ABP: WaveformName.ABP,
}
MOST_WAITING = 32
"""Blocks of one waveform that wait for their context: 8 s."""
LONGEST_GAP = 60 * TICKS_PER_SECOND
"""After a longer pause a new run begins."""
MOST_CONTEXTS = 64
MICROSECONDS_PER_TICK = 1_000_000 // TICKS_PER_SECOND
MAX_CREEP = 50
"""µs by which the estimate of the monitor's clock may rise with each message, so that drift is followed."""

_UNUSABLE = State.INVALID | State.UNAVAILABLE | State.CALIBRATING
_UNITS: dict[int, tuple[Unit, float]] = {
    UnitCode.MILLIVOLT: (Unit.MILLIVOLT, 1.0),
    UnitCode.MICROVOLT: (Unit.MILLIVOLT, 0.001),
    UnitCode.MMHG: (Unit.MMHG, 1.0),
    UnitCode.KILOPASCAL: (Unit.MMHG, 7.50062),
    UnitCode.DIMENSIONLESS: (Unit.ONE, 1.0),
    UnitCode.PERCENT: (Unit.PERCENT, 1.0),
}
_CONTEXT = (
    Attribute.SAMPLE_SPEC,
    Attribute.SAMPLE_PERIOD,
    Attribute.SCALE_RANGE,
    Attribute.UNIT,
    Attribute.FIXED_VALUES,
)
_SAMPLE_ARRAY = struct.Struct(">HH")
_SPEC = struct.Struct(">HBBH")
_SCALE = struct.Struct(">IIHH")
_FIXED_VALUE = struct.Struct(">HH")

_Attributes = dict[int, bytes]
_Place = tuple[int, int]


@dataclass(frozen=True, slots=True)
class _Block:
    """The samples of one message, not yet understood."""

    ticks: int
    state: int
    data: bytes


@dataclass(frozen=True, slots=True)
class _Format:
    """How the samples of a wave are to be read."""

    period_ticks: int
    sample_bytes: int
    mask: int
    shift: int
    markers: frozenset[int]
    scale: float | None
    offset: int
    unit: Unit

    @property
    def rate_hz(self) -> float:
        return TICKS_PER_SECOND / self.period_ticks

    def samples(self, data: bytes) -> tuple[int, ...]:
        """Return the samples as int16."""
        raw: tuple[int, ...] = tuple(data)
        if self.sample_bytes == 2:
            raw = struct.unpack(f">{len(data) // 2}H", data[: len(data) & ~1])
        if raw and max(raw) > self.mask:
            raw = self._unmarked(raw)
        return tuple(sample - self.shift for sample in raw) if self.shift else raw

    def _unmarked(self, raw: tuple[int, ...]) -> tuple[int, ...]:
        """Take off the bits that are not sample; a mark that stands in a sample's place repeats the one before."""
        cleaned: list[int] = []
        for sample in raw:
            is_mark = sample > self.mask and sample in self.markers and cleaned
            cleaned.append(cleaned[-1] if is_mark else sample & self.mask)
        return tuple(cleaned)


class _TimeBase:
    """Maps relative time to the station's: the quickest message tells the true distance, slow drift is followed."""

    def __init__(self) -> None:
        self._distance: int | None = None
        self._ticks = 0

    def heard(self, ticks: int, at: Instant) -> None:
        """A message that bears ``ticks`` came at ``at``."""
        if self._distance is None:
            self._distance, self._ticks = at, ticks
        self._distance = min(self._distance + MAX_CREEP, at - self._since(ticks))

    def time_of(self, ticks: int) -> Instant:
        """Return when it was ``ticks``, after ``heard``."""
        assert self._distance is not None
        return self._distance + self._since(ticks)

    def _since(self, ticks: int) -> int:
        return ticks_between(self._ticks, ticks) * MICROSECONDS_PER_TICK


@dataclass(slots=True)
class _Wave:
    """One waveform under way."""

    format: _Format | None = None
    run: int = -1
    next_index: int = 0
    next_ticks: int = 0
    anew: bool = True
    waiting: deque[_Block] = field(default_factory=lambda: deque(maxlen=MOST_WAITING))

    def place(self, block: _Block, count: int, period_ticks: int) -> bool:
        """Find the index of a block's first sample; False for a block that was already told."""
        length = count * period_ticks
        gap = ticks_between(self.next_ticks, block.ticks)
        if gap == -length and not self.anew:
            return False
        if self.anew or gap % period_ticks or not 0 <= gap <= LONGEST_GAP:
            self.run += 1
            self.next_index = 0
        else:
            self.next_index += gap // period_ticks
        self.anew = False
        self.next_ticks = block.ticks + length
        return True


class Waves:
    """The waveforms of one monitor."""

    def __init__(self) -> None:
        self._contexts: dict[tuple[_Place, int], _Attributes] = {}
        self._waves: dict[WaveformName, _Wave] = {}
        self._formats: dict[tuple[_Place, int], _Format | None] = {}
        self._time = _TimeBase()
        self.demo = False
        self.test = False

    def forget(self) -> None:
        """A new association: handles, contexts and relative time begin anew."""
        self._contexts.clear()
        self._formats.clear()
        self._time = _TimeBase()
        for wave in self._waves.values():
            wave.waiting.clear()
            wave.anew = True

    def heard(self, ticks: int, at: Instant) -> None:
        """Any poll result that bears ``ticks`` came at ``at``."""
        self._time.heard(ticks, at)

    def take(self, result: PollResult) -> list[WaveformChunk]:
        """Turn one message into chunks. Parts of a linked set need not wait for one another."""
        chunks: list[WaveformChunk] = []
        states = 0
        for polled in result.objects:
            place = (polled.context, polled.handle)
            compound, arrays = _arrays(polled)
            self._learn(place, polled.attributes, Physio.ECG if compound else _about(polled.attributes, arrays))
            for physio, (state, data) in arrays.items():
                states |= state
                if physio in WAVEFORMS:
                    known = self._formats.get((place, Physio.ECG if compound else physio))
                    chunks += self._add(WAVEFORMS[physio], _Block(result.ticks, state, data), known)
            if arrays:
                self.demo, self.test = bool(states & State.DEMO), bool(states & State.TEST)
        return chunks

    def _learn(self, place: _Place, attributes: _Attributes, about: int | None) -> None:
        context: _Attributes = {key: attributes[key] for key in _CONTEXT if key in attributes}
        if not context or about is None:
            return
        if len(self._contexts) >= MOST_CONTEXTS:
            self._contexts.clear()
            self._formats.clear()
        known = self._contexts.setdefault((place, about), {})
        if known | context != known:
            known.update(context)
            self._formats[place, about] = _format(known)

    def _add(self, name: WaveformName, block: _Block, known: _Format | None) -> list[WaveformChunk]:
        wave = self._waves.setdefault(name, _Wave())
        wave.waiting.append(block)
        if known is None:
            return []
        if known != wave.format:
            wave.format = known
            wave.anew = True
        chunks = []
        while wave.waiting:
            chunk = self._chunk(name, wave, wave.waiting.popleft(), known)
            if chunk is not None:
                chunks.append(chunk)
        return chunks

    def _chunk(self, name: WaveformName, wave: _Wave, block: _Block, known: _Format) -> WaveformChunk | None:
        samples = () if block.state & _UNUSABLE else known.samples(block.data)
        if not samples or not wave.place(block, len(samples), known.period_ticks):
            return None
        first = wave.next_index
        wave.next_index += len(samples)
        start = self._time.time_of(block.ticks)
        return WaveformChunk(
            name, start, known.rate_hz, wave.run, first, samples, known.scale, known.offset, known.unit
        )


def _arrays(polled: Polled) -> tuple[bool, dict[int, tuple[int, bytes]]]:
    """Return whether the arrays are of a compound object, and state and data of each by what it measures."""
    compound = polled.attributes.get(Attribute.COMPOUND_SAMPLES)
    single = polled.attributes.get(Attribute.SAMPLES)
    arrays = {}
    if compound is not None:
        for entry in Cursor(compound).entries():
            physio, state = entry.unpack(_SAMPLE_ARRAY)
            arrays[physio] = (state, entry.part().rest())
    if single is not None:
        cursor = Cursor(single)
        physio, state = cursor.unpack(_SAMPLE_ARRAY)
        arrays[physio] = (state, cursor.part().rest())
    return compound is not None, arrays


def _about(attributes: _Attributes, arrays: dict[int, tuple[int, bytes]]) -> int | None:
    """Return which wave a context belongs to. Single ECG leads share a handle, so the label must tell."""
    label = attributes.get(Attribute.LABEL)
    return next(iter(arrays), None) if label is None else int.from_bytes(label[-2:], "big")


def _format(context: _Attributes) -> _Format | None:
    """Read a wave's context; None while rate or sample size are not known or make no sense."""
    if Attribute.SAMPLE_SPEC not in context or Attribute.SAMPLE_PERIOD not in context:
        return None
    _, bits, significant, _flags = Cursor(context[Attribute.SAMPLE_SPEC]).unpack(_SPEC)
    period_ticks = Cursor(context[Attribute.SAMPLE_PERIOD]).number(4)
    if bits not in (8, 16) or not 0 < significant <= bits or not 0 < period_ticks <= TICKS_PER_SECOND:
        return None
    shift = 0x8000 if significant == 16 else 0
    unit, factor = _UNITS.get(Cursor(context.get(Attribute.UNIT, b"\0\0")).number(), (Unit.ONE, 1.0))
    scale, offset = _scale(context.get(Attribute.SCALE_RANGE))
    return _Format(
        period_ticks=period_ticks,
        sample_bytes=bits // 8,
        mask=(1 << significant) - 1,
        shift=shift,
        markers=_markers(context.get(Attribute.FIXED_VALUES)),
        scale=None if scale is None else _rounded(scale * factor),
        offset=offset + shift,
        unit=unit if scale is not None else Unit.ONE,
    )


def _scale(raw: bytes | None) -> tuple[float | None, int]:
    """Return units a step, and the offset that makes a sample zero where its value is; no scale without absolutes."""
    if raw is None:
        return None, 0
    low, high, first, last = Cursor(raw).unpack(_SCALE)
    lowest, highest = float_type(low), float_type(high)
    if lowest is None or highest is None or highest == lowest or first == last:
        return None, 0
    step = _rounded((highest - lowest) / (last - first))
    return step, round(lowest / step) - first


def _rounded(number: float) -> float:
    """Take off what floating point adds: 0.005 mV is 0.005 mV."""
    return float(f"{number:.9g}")


def _markers(raw: bytes | None) -> frozenset[int]:
    """Return the sample values that are marks (pacer, defibrillation, saturation) and not samples."""
    if raw is None:
        return frozenset()
    return frozenset(entry.unpack(_FIXED_VALUE)[1] for entry in Cursor(raw).entries())
