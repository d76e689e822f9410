"""What is sent to a PM6750, and when: it is asked for its streams, again for one that is missing, its versions once.

Gain, filter and the cuff's settings are left as the module has them; only what is data is switched on.
"""

from collections import deque
from collections.abc import Iterable

from drivers._berrymed_wire import (
    ASK_FIRMWARE,
    ASK_HARDWARE,
    ECG,
    ECG_ON,
    ECG_WAVE,
    ECG_WAVE_ON,
    NIBP_MEASURE,
    OFF,
    ON,
    RESP_WAVE,
    RESP_WAVE_ON,
    SENT_APART_US,
    SPO2,
    SPO2_ON,
    SPO2_WAVE,
    SPO2_WAVE_ON,
    TEMPERATURE,
    TEMPERATURE_ON,
)
from drivers.base.observations import Instant

MISSING_US = 3_000_000
ENABLES = {
    ECG_WAVE: (ECG_ON, ECG_WAVE_ON),
    ECG: (ECG_ON,),
    SPO2: (SPO2_ON,),
    TEMPERATURE: (TEMPERATURE_ON,),
    SPO2_WAVE: (SPO2_WAVE_ON,),
    RESP_WAVE: (RESP_WAVE_ON,),
}
"""What switches each stream on. ECG alone is known to some revisions, wave and reports apart to others: both are sent."""


def frame(content: bytes) -> bytes:
    """Wrap content: head, length, and the complement of their sum."""
    body = bytes([len(content) + 2]) + content
    return b"\x55\xaa" + body + bytes([~sum(body) & 0xFF])


class Outbox:
    """Commands wait here until the one before is 50 ms old."""

    def __init__(self) -> None:
        self._waiting: deque[bytes] = deque()
        self._ready = bytearray()
        self._free_at: Instant = 0

    def put(self, content: bytes, at: Instant, urgent: bool = False) -> None:
        """Queue a command; one that waits already is not queued twice. The cuff's are urgent."""
        if content not in self._waiting:
            if urgent:
                self._waiting.appendleft(content)
            else:
                self._waiting.append(content)
        self.release(at)

    def withdraw(self, content: bytes) -> None:
        """Do not send it after all, if it is not on the wire yet."""
        if content in self._waiting:
            self._waiting.remove(content)

    def release(self, at: Instant) -> None:
        if self._waiting and at >= self._free_at:
            self._ready += frame(self._waiting.popleft())
            self._free_at = at + SENT_APART_US

    def taken(self) -> bytes:
        out = bytes(self._ready)
        self._ready.clear()
        return out

    def next_deadline(self) -> Instant | None:
        return self._free_at if self._waiting else None


class Conversation:
    """Keeps the streams coming."""

    def __init__(self, at: Instant) -> None:
        self._outbox = Outbox()
        self._due = dict.fromkeys(ENABLES, at)
        self.wake(at)
        for query in (ASK_FIRMWARE, ASK_HARDWARE):
            self._outbox.put(bytes([query, OFF]), at)

    def heard(self, kinds: Iterable[int], at: Instant) -> None:
        """Frames of these types came."""
        for kind in kinds:
            if kind in self._due:
                self._due[kind] = at + MISSING_US

    def send(self, content: bytes, at: Instant) -> None:
        """Send a command of the cuff before anything else. A stop overtakes a start that was not sent yet."""
        if content == bytes([NIBP_MEASURE, OFF]):
            self._outbox.withdraw(bytes([NIBP_MEASURE, ON]))
        self._outbox.put(content, at, urgent=True)

    def bytes_to_send(self) -> bytes:
        return self._outbox.taken()

    def next_deadline(self) -> Instant:
        due, waiting = min(self._due.values()), self._outbox.next_deadline()
        return due if waiting is None else min(due, waiting)

    def wake(self, at: Instant) -> None:
        missing = [kind for kind, due in self._due.items() if at >= due]
        for command in dict.fromkeys(command for kind in missing for command in ENABLES[kind]):
            self._outbox.put(bytes([command, ON]), at)
        self._due.update(dict.fromkeys(missing, at + MISSING_US))
        self._outbox.release(at)
