"""A curve in the making: samples are gathered and handed out in chunks that have no hole."""

from collections.abc import Collection

from drivers.base.observations import Instant, WaveformChunk
from drivers.base.vocabulary import Unit, WaveformName


class Curve:
    """The samples of one waveform. What cannot be counted starts a new run."""

    __slots__ = ("_first", "_index", "_run", "_samples", "offset", "rate_hz", "scale", "unit", "waveform")

    def __init__(
        self,
        waveform: WaveformName,
        rate_hz: float,
        scale: float | None = None,
        offset: int = 0,
        unit: Unit = Unit.ONE,
    ) -> None:
        self.waveform, self.rate_hz, self.scale, self.offset, self.unit = waveform, rate_hz, scale, offset, unit
        self._run = self._index = self._first = 0
        self._samples: list[int] = []

    def add(self, sample: int) -> None:
        """Take the next sample; it must fit 16 bits with sign."""
        self._samples.append(sample)
        self._index += 1

    def extend(self, samples: Collection[int]) -> None:
        """Take the next samples, in order."""
        self._samples += samples
        self._index += len(samples)

    def chunk(self, at: Instant) -> list[WaveformChunk]:
        """What was gathered since the last chunk, its last sample received at ``at``."""
        if not self._samples:
            return []
        samples, first = tuple(self._samples), self._first
        self._samples.clear()
        self._first = self._index
        start = at - round((len(samples) - 1) * 1_000_000 / self.rate_hz)
        return [
            WaveformChunk(
                self.waveform, start, self.rate_hz, self._run, first, samples, self.scale, self.offset, self.unit
            )
        ]

    def restart(self, at: Instant) -> list[WaveformChunk]:
        """Nobody knows how many samples were lost: what was gathered, and a new run from here."""
        said = self.chunk(at)
        if self._index:
            self._run += 1
        self._index = self._first = 0
        return said
