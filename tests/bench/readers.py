"""What the peers share: a thread a port reads and decodes, as one would write it without Vigil; the newest numbers and curves."""

import json
import threading
import time
from collections import defaultdict, deque
from pathlib import Path
from typing import Any

import serial

from drivers.base.observations import Reading, WaveformChunk
from drivers.base.registry import driver_named
from drivers.base.vocabulary import CommandKind

SHOWN = 1500
"""Samples of a curve that a peer shows."""
CURVES = ("ecg_ii", "pleth")

numbers: dict[tuple[str, str], Any] = {}
curves: dict[tuple[str, str], deque[int]] = defaultdict(lambda: deque(maxlen=SHOWN))
counts: dict[tuple[str, str], int] = defaultdict(int)
"""How many samples there have been."""


def start(chairs: str) -> list[str]:
    """Begin to read the chairs of this file; return their names."""
    told = json.loads(Path(chairs).read_text(encoding="utf-8"))
    for chair in told:
        for device in chair["devices"]:
            if CommandKind.NIBP_START not in driver_named(device["driver"]).commands:
                threading.Thread(target=_read, args=(chair["id"], device), daemon=True).start()
    return [chair["id"] for chair in told]


def fresh(chair: str, name: str, since: int) -> tuple[int, list[int]]:
    """Return how many samples there have been, and those after the first ``since``."""
    count, samples = counts[chair, name], list(curves[chair, name])
    return count, samples[max(0, len(samples) - (count - since)) :] if count > since else []


def _read(chair: str, device: dict[str, str]) -> None:
    driver = driver_named(device["driver"])
    decoder = driver.decoder()
    with serial.Serial(device["port"], driver.line.baud, timeout=0.05) as port:
        decoder.opened(time.time_ns() // 1000)
        while True:
            port.write(decoder.bytes_to_send())
            data = port.read(port.in_waiting or 1)
            now = time.time_ns() // 1000
            said = decoder.feed(data, now) if data else []
            if (deadline := decoder.next_deadline()) is not None and deadline <= now:
                said += decoder.wake(now)
            for observation in said:
                if isinstance(observation, Reading):
                    numbers.update(((chair, numeric.parameter), numeric.value) for numeric in observation.numerics)
                elif isinstance(observation, WaveformChunk):
                    curves[chair, observation.waveform].extend(observation.samples)
                    counts[chair, observation.waveform] += len(observation.samples)
