"""``vigil decode``: raw bytes of a device in, one JSON object a line out.

The bytes get the times at which the driver's line would have brought them; nothing is asked of any device.
"""

import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any, BinaryIO

import typer

from drivers.base.decoder import Decoder, Driver
from drivers.base.observations import Instant, Observation, Reading, WaveformChunk
from monitor.errors import BadRequest

CHUNK_S = 0.02
"""Time on the line of the bytes given to the decoder at once: less than any gap that a protocol takes for a break."""
AFTERWARDS_US = 2_000_000
"""How long the decoder is listened to after the last byte: a record may wait for a confirmation that never comes."""


def decode(
    file: str = typer.Argument("-", help="A file of raw bytes; - reads standard input."),
    driver: str = typer.Option(..., "--driver", "-d", help="Which device sent them; see `vigil drivers`."),
) -> None:
    """Decode raw bytes of a device into JSON, one object a line. Bad bytes are told as faults; any bytes at all may be given."""
    import orjson

    from drivers.base.registry import driver_named

    chosen = driver_named(driver)
    with _opened(file) as source:
        told: Counter[str] = Counter()
        discarded = 0
        out = sys.stdout.buffer
        for observation in observations(chosen, source):
            line = spoken(observation)
            told[line["type"]] += 1
            discarded += line.get("discarded", 0)
            out.write(orjson.dumps(line) + b"\n")
        out.flush()
    summary = ", ".join(f"{count} {kind}" for kind, count in sorted(told.items())) or "nothing understood"
    print(f"vigil decode: {chosen.name}: {summary}; {discarded} bytes discarded", file=sys.stderr)


def observations(driver: Driver, source: BinaryIO) -> Iterator[Observation]:
    """Everything a fresh decoder of ``driver`` says of ``source``, its deadlines met in their order."""
    decoder = driver.decoder()
    byte_us = driver.line.seconds_per_byte * 1e6
    chunk = max(1, int(CHUNK_S / driver.line.seconds_per_byte))
    count = 0
    while data := source.read(chunk):
        count += len(data)
        at = round(count * byte_us)
        yield from _woken(decoder, at)
        yield from decoder.feed(data, at)
    yield from _woken(decoder, round(count * byte_us) + AFTERWARDS_US)


def _woken(decoder: Decoder, until: Instant) -> Iterator[Observation]:
    while (deadline := decoder.next_deadline()) is not None and deadline <= until:
        yield from decoder.wake(deadline)


def spoken(observation: Observation) -> dict[str, Any]:
    """An observation in the words of ``vigil decode``."""
    if isinstance(observation, Reading):
        quality = dict.fromkeys(word.value for numeric in observation.numerics for word in numeric.quality)
        line: dict[str, Any] = {
            "type": "reading",
            "values": {numeric.parameter.value: numeric.value for numeric in observation.numerics},
            "quality": list(quality),
        }
        return line | {"device_time": observation.device_time} if observation.device_time else line
    if isinstance(observation, WaveformChunk):
        return {
            "type": "waveform",
            "name": observation.waveform.value,
            "rate_hz": observation.rate_hz,
            "run": observation.run,
            "first_index": observation.first_index,
            "scale": observation.scale,
            "offset": observation.offset,
            "samples": observation.samples,
        }
    line = asdict(observation)
    del line["at"]
    return {"type": line.pop("type"), **line}


def _opened(file: str) -> BinaryIO:
    if file == "-":
        return sys.stdin.buffer
    try:
        return Path(file).open("rb")
    except OSError as error:
        raise BadRequest(f"{file} cannot be read: {error.strerror}") from None
