"""The two lines that the bench plays itself, so that it knows when each byte was written: an oximeter and a cuff.

Bytes are made here from the manuals, apart from the drivers; when a byte makes a number known is found by a decoder of its own.
"""

import os
import threading
import time
import tty
from collections.abc import Callable
from itertools import cycle
from pathlib import Path

from drivers.base.decoder import Decoder
from drivers.base.observations import Reading
from drivers.base.registry import driver_named
from drivers.base.vocabulary import Parameter

FRAME_S = 1 / 75
PACKETS_A_VALUE = 3


class PseudoTerminal:
    """A port whose other end is ours, under a link with a stable name."""

    def __init__(self, link: Path) -> None:
        self.ours, self._theirs = os.openpty()
        tty.setraw(self._theirs)
        link.unlink(missing_ok=True)
        link.symlink_to(os.ttyname(self._theirs))
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._stopped.set()
        self._thread.join(timeout=5)
        os.close(self.ours)
        os.close(self._theirs)

    def _run(self) -> None:
        raise NotImplementedError


class Oximeter(PseudoTerminal):
    """Nonin data format 2 at 75 frames a second; SpO2 takes a new value every few packets.

    ``known`` holds (value, epoch seconds of the write of the byte that makes it known).
    """

    def __init__(self, link: Path) -> None:
        super().__init__(link)
        self.known: list[tuple[int, float]] = []
        self._decoder: Decoder = driver_named("nonin").decoder()

    def _run(self) -> None:
        due = time.perf_counter()
        last = None
        for value in cycle((95, 97, 96, 98)):
            for frame in range(25 * PACKETS_A_VALUE):
                due += FRAME_S
                time.sleep(max(0.0, due - time.perf_counter()))
                if self._stopped.is_set():
                    return
                data = self._frame(frame % 25 + 1, value)
                at = time.time()
                os.write(self.ours, data)
                for observation in self._decoder.feed(data, int(at * 1e6)):
                    if isinstance(observation, Reading):
                        for numeric in observation.numerics:
                            if numeric.parameter is Parameter.SPO2 and numeric.value not in (None, last):
                                last = numeric.value
                                self.known.append((int(last), at))

    @staticmethod
    def _frame(number: int, spo2: int) -> bytes:
        floats = {2: 72, 3: spo2, 9: spo2, 10: spo2, 11: spo2, 15: 72, 16: spo2, 17: spo2, 21: 72, 23: 72}
        frame = bytes((1, 0x80 | (number == 1), 100 + number, floats.get(number, 0)))
        return frame + bytes((sum(frame) & 0xFF,))


class Cuff(PseudoTerminal):
    """A SunTech module whose determinations take no time; ``next_reading`` (systolic, diastolic, mean) is what they find.

    ``answered`` is called with the epoch seconds of each write of a record.
    """

    def __init__(self, link: Path, answered: Callable[[float], None]) -> None:
        super().__init__(link)
        self.next_reading = (120, 75, 90)
        self._answered = answered

    def _run(self) -> None:
        held = b""
        os.set_blocking(self.ours, False)
        while not self._stopped.is_set():
            try:
                held += os.read(self.ours, 256)
            except OSError:
                time.sleep(0.001)
                continue
            held = self._answer(held)

    def _answer(self, held: bytes) -> bytes:
        while (start := held.find(b"\x3a")) >= 0 and len(held) >= start + 3:
            held = held[start:]
            size = {0x20: 3, 0x79: 5, 0x17: 5}.get(held[1], 3)
            if len(held) < size:
                return held
            request, held = held[:size], held[size:]
            self._reply(request)
        return held

    def _reply(self, request: bytes) -> None:
        if request[1] == 0x20:
            self._write(b"O")
            time.sleep(0.02)
            self._write(b"K")
        elif request[1:3] == b"\x79\x05":
            self._write(b"\x00\x00")
        elif request[1:3] == b"\x79\x03":
            at = time.time()
            self._write(self._record())
            self._answered(at)
        elif request[1:3] == b"\x79\x01":
            self._write(b"A")
        else:
            self._write(b"K")

    def _record(self) -> bytes:
        systolic, diastolic, mean = self.next_reading
        words = (value.to_bytes(2, "little") for value in (systolic, diastolic))
        return b"".join(words) + bytes((30, 1)) + bytes(8) + bytes((70, 0)) + mean.to_bytes(2, "little") + bytes(3)

    def _write(self, data: bytes) -> None:
        packet = bytes((0x3E, len(data) + 3)) + data
        os.write(self.ours, packet + bytes((-sum(packet) & 0xFF,)))


def matched(known: list[tuple[int, float]], shown: list[tuple[str | None, float]]) -> list[float]:
    """Milliseconds from each byte that made a value known to the first showing of that value after it."""
    found = []
    for (value, at), (_, until) in zip(known, [*known[1:], (0, float("inf"))], strict=True):
        times = [when for text, when in shown if text == str(value) and at <= when < until]
        if times:
            found.append((times[0] - at) * 1000)
    return found
