"""The curves of a moment that has passed: decoded again from the journal's bytes, for bytes are what is kept.

A bedside without a patient is fed the wanted piece and a little of what lies before it, so that its decoders have found their step.
It may take a tenth of a second: call it in a worker thread, never on the loop.
"""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from statistics import median

from drivers.base.decoder import Driver
from drivers.base.observations import Instant, WaveformChunk
from drivers.base.vocabulary import Unit, WaveformName
from monitor.core.bedside import Bedside
from monitor.core.changes import AlertView, WaveformArrived
from monitor.core.entries import Bytes, ChairConfig, Configured, Entry, Observed, PortLost, PortOpened, Resumed
from monitor.storage.queries import Records
from monitor.web.past_messages import PastWave, WavePiece

LEAD_US = 8_000_000
"""So much is decoded before the wanted piece: some devices tell only every few seconds what their curves are."""
LAG_US = 2_000_000
"""So much after it: a device may send a curve's piece when its last sample is taken, and later."""
WRONG_UNIT = "wrong_unit"

_FED = (Bytes, Observed, PortOpened, PortLost, Resumed, Configured)
_Kind = tuple[str, WaveformName, float, float | None, int, Unit]


def waves_of(
    records: Records, drivers: Mapping[str, Driver], chair: str, since: Instant, until: Instant
) -> tuple[PastWave, ...]:
    """Return the curves of ``chair`` in [since, until), each in pieces without a gap.

    What another unit said while the record told that it was refused is left out, as it was on the screens.
    """
    refusals = [one for one in records.alerts_between(chair, since, until) if one.code == WRONG_UNIT]
    runs: dict[_Kind, dict[int, list[WaveformChunk]]] = {}
    for change in _changes(records, drivers, chair, since, until):
        if any(_refuses(one, change) for one in refusals):
            continue
        chunk = change.chunk
        kind = (change.device, chunk.waveform, chunk.rate_hz, chunk.scale, chunk.offset, chunk.unit)
        runs.setdefault(kind, {}).setdefault(chunk.run, []).append(chunk)
    waves = (_wave(kind, by_run, since, until) for kind, by_run in runs.items())
    return tuple(wave for wave in waves if wave.pieces)


def _changes(
    records: Records, drivers: Mapping[str, Driver], chair: str, since: Instant, until: Instant
) -> Iterator[WaveformArrived]:
    begin = since - LEAD_US
    bedside = Bedside(chair, drivers)
    for _, config in records.configurations(chair, begin, begin + 1):  # none where the record begins later
        bedside.apply(Entry(chair, 0, begin, Configured(_unbound(config), "")))
    for entry in records.entries_between(chair, begin, until + LAG_US):
        body = entry.body
        if not isinstance(body, _FED):
            continue
        if isinstance(body, Configured):
            entry = replace(entry, body=Configured(_unbound(body.config), ""))
        for change in bedside.apply(entry):
            if type(change) is WaveformArrived:
                yield change


def _unbound(config: ChairConfig) -> ChairConfig:
    """Who was refused stands in the record; here every unit may speak."""
    return replace(config, devices=tuple(replace(device, serial_number="") for device in config.devices))


def _refuses(alert: AlertView, change: WaveformArrived) -> bool:
    device = alert.id.partition(f":{WRONG_UNIT}.")[2].rpartition(":")[0]
    ended = alert.ended_at is not None and change.at >= alert.ended_at
    return device == change.device and change.at >= alert.began and not ended


def _wave(kind: _Kind, by_run: Mapping[int, list[WaveformChunk]], since: Instant, until: Instant) -> PastWave:
    device, name, rate_hz, scale, offset, unit = kind
    pieces = [piece for chunks in by_run.values() for piece in _pieces(chunks, rate_hz, since, until)]
    return PastWave(name, device, rate_hz, scale, offset, unit, tuple(sorted(pieces, key=lambda piece: piece.at)))


def _pieces(chunks: list[WaveformChunk], rate_hz: float, since: Instant, until: Instant) -> Iterator[WavePiece]:
    """Join the chunks of a run where their indices follow; within a run the index alone says when a sample was."""
    step = 1e6 / rate_hz
    zero = median(chunk.start - chunk.first_index * step for chunk in chunks)
    first, samples = 0, list[int]()
    for chunk in chunks:
        if samples and chunk.first_index != first + len(samples):
            yield from _cut(zero, step, first, samples, since, until)
            samples = []
        if not samples:
            first = chunk.first_index
        samples.extend(chunk.samples)
    yield from _cut(zero, step, first, samples, since, until)


def _cut(
    zero: float, step: float, first: int, samples: list[int], since: Instant, until: Instant
) -> Iterator[WavePiece]:
    """What of the piece lies in [since, until)."""
    begin = max(first, round((since - zero) / step))
    end = min(first + len(samples), round((until - zero) / step))
    if begin < end:
        yield WavePiece(round(zero + begin * step), tuple(samples[begin - first : end - first]))
