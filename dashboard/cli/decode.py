"""``vigil decode``: raw bytes of a device, or a capture, in; one JSON object a line out.

Raw bytes get the times at which the driver's line would have brought them. A capture has its own, and the decoder is led
through it as it was when it was taken, so it says the same. Nothing is asked of any device.
"""

import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

import typer

from drivers.base.decoder import Decoder, Driver
from drivers.base.observations import Instant, Observation, Reading, WaveformChunk
from monitor.errors import BadRequest

if TYPE_CHECKING:
    from monitor.storage.capture import Capture

CHUNK_S = 0.02
"""Time on the line of the bytes given to the decoder at once: less than any gap that a protocol takes for a break."""
AFTERWARDS_US = 2_000_000
"""How long the decoder is listened to after the last byte: a record may wait for a confirmation that never comes."""


def decode(
    file: str = typer.Argument(
        "-", help="A file of raw bytes, or a capture of `vigil capture`; - reads standard input."
    ),
    driver: str | None = typer.Option(
        None, "--driver", "-d", help="Which device sent them; see `vigil drivers`. A capture knows it."
    ),
) -> None:
    """Decode the bytes of a device into JSON, one object a line. Bad bytes are told as faults; any bytes at all may be given.

    Of a capture each line has its time as well: "at", in microseconds since 1970.
    """
    import orjson

    from drivers.base.registry import driver_named

    told: Counter[str] = Counter()
    discarded = 0
    out = sys.stdout.buffer
    captured = _capture(file)
    name = driver or (captured.device.driver if captured else "")
    if not name:
        raise BadRequest("say which device sent these bytes with --driver; see `vigil drivers`")
    chosen = driver_named(name)
    with ExitStack() as stack:
        source = (
            observations(chosen, stack.enter_context(_opened(file))) if captured is None else replayed(chosen, captured)
        )
        for observation in source:
            line = spoken(observation)
            told[line["type"]] += 1
            discarded += line.get("discarded", 0)
            out.write(orjson.dumps(_timed(line, observation) if captured else line) + b"\n")
        out.flush()
    if captured is not None and captured.cut_off:
        print(
            f"vigil decode: {file} was cut off: {captured.cut_off} bytes at its end are no whole block", file=sys.stderr
        )
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


def replayed(driver: Driver, captured: "Capture") -> Iterator[Observation]:
    """Everything a decoder of ``driver`` said while this capture was taken."""
    from monitor.core.entries import Bytes, PortClosing, PortOpened

    decoder = driver.decoder()
    for entry in captured.entries:
        yield from _woken(decoder, entry.at)
        if isinstance(entry.body, Bytes):
            yield from decoder.feed(entry.body.data, entry.at)
        elif isinstance(entry.body, PortOpened):
            yield from decoder.opened(entry.at)
        elif isinstance(entry.body, PortClosing):
            decoder.closing(entry.at)
        decoder.bytes_to_send()  # it has been sent then


def _timed(line: dict[str, Any], observation: Observation) -> dict[str, Any]:
    at = observation.start if isinstance(observation, WaveformChunk) else observation.at
    return {"type": line.pop("type"), "at": at, **line}


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


def _capture(file: str) -> "Capture | None":
    """Read ``file`` if it is a capture."""
    from monitor.storage.capture import MAGIC, is_capture, read_capture

    if file == "-":
        if is_capture(getattr(sys.stdin.buffer, "peek", bytes)(len(MAGIC))):
            raise BadRequest("this is a capture: give it as a file, not as standard input")
        return None
    with _opened(file) as source:
        beginning = source.read(len(MAGIC))
    return read_capture(Path(file)) if is_capture(beginning) else None


def _opened(file: str) -> BinaryIO:
    if file == "-":
        return sys.stdin.buffer
    try:
        return Path(file).open("rb")
    except OSError as error:
        raise BadRequest(f"{file} cannot be read: {error.strerror}") from None
