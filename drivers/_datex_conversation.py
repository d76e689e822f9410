"""What is asked of the monitor: displayed values, curves and alarms, and again when they do not come.

Nothing is acknowledged; only what comes tells. Displayed values are asked for each 5 s, the least that the specification
allows, and each second once the monitor has told that it is a CARESCAPE, where that was seen to work. Until ``open``
nothing is sent.
"""

import struct
from collections.abc import Iterable

from drivers._datex_frames import HEADER, Record, escaped
from drivers._datex_wire import (
    CANCEL,
    CARESCAPE_LEVEL,
    END_OF_LIST,
    LEAST_INTERVAL_S,
    REQUEST,
    AlarmCommand,
    MainType,
    Values,
    Wanted,
    Wave,
    WaveCommand,
)
from drivers.base.observations import Instant, Observation
from drivers.base.statuses import Statuses
from drivers.base.vocabulary import StatusCode

SECOND = 1_000_000
QUICK_S = 1
ALL_CLASSES = Wanted.EXT1 | Wanted.EXT2 | Wanted.EXT3
QUICK_CLASSES = Wanted.EXT1
"""19200 baud do not carry four classes a second beside the curves."""
WAVES = (Wave.ECG1, Wave.PLETH, Wave.RESP, Wave.CO2)
"""450 samples a second, of the 600 a monitor gives."""
UNHEARD = 7 * SECOND
"""Patience with a monitor that has not said anything yet: longer than the interval that was asked for."""
SILENCE = 5 * SECOND
NO_WAVES = 15 * SECOND
"""How often curves are asked for that have never come: perhaps there are none."""
ALARMS_FIRST, ALARMS_AGAIN = 3 * SECOND, 30 * SECOND


def request(kind: MainType, body: bytes) -> bytes:
    """Return the frame of a request."""
    head = struct.pack("<hBBHIBBHh", HEADER + len(body), 0, 0, 0, 0, 0, 0, 0, kind)
    descriptors = struct.pack("<hBhB", 0, REQUEST, 0, END_OF_LIST).ljust(HEADER - len(head), b"\0")
    record = head + descriptors + body
    return b"\x7e" + escaped(record + bytes((sum(record) & 0xFF,))) + b"\x7e"


def values_request(interval_s: int, classes: int, values: Values = Values.DISPLAYED) -> bytes:
    """Return the request for values of these classes at this interval (section 5.1)."""
    return request(MainType.PHYSIOLOGICAL, struct.pack("<BhIh", values, interval_s, classes, 0))


def wave_request(command: WaveCommand, waves: Iterable[Wave] = ()) -> bytes:
    """Return the request for these curves (section 5.2)."""
    wanted = bytes((*waves, END_OF_LIST)).ljust(24, b"\0")
    return request(MainType.WAVEFORM, struct.pack("<hh24shh", command, 0, wanted, 0, 0))


def alarm_request(command: AlarmCommand) -> bytes:
    """Return the request for alarms (section 5.3)."""
    return request(MainType.ALARM, struct.pack("<6h", command, 0, 0, 0, 0, 0))


class Conversation:
    """What was asked and when it was last answered."""

    def __init__(self, statuses: Statuses) -> None:
        self._statuses = statuses
        self._sending = bytearray()
        self.is_open = False
        self._refuses_quick = False
        self._heard: Instant | None = None
        self._values_at: Instant | None = None
        self._waves_at: Instant | None = None
        self._reset(0)

    def bytes_to_send(self) -> bytes:
        """Return what is to be written now."""
        sending = bytes(self._sending)
        self._sending.clear()
        return sending

    def open(self, at: Instant) -> None:
        """Stop what an earlier client asked for, then ask."""
        self.is_open = True
        self._refuses_quick = False
        self._reset(at)
        self._sending[:] = wave_request(WaveCommand.STOP_ALL) + values_request(CANCEL, 0)
        self._ask(at)

    def close(self) -> None:
        """Ask for nothing any more."""
        if self.is_open:
            if self._has_alarms:
                self._sending += alarm_request(AlarmCommand.EXIT_DIFFERENTIAL)
            self._sending += wave_request(WaveCommand.STOP_ALL) + values_request(CANCEL, 0)
        self.is_open = False

    def next_deadline(self) -> Instant | None:
        """When ``wake`` is due."""
        if not self.is_open:
            return None
        due = min(self._values_due(), self._waves_due())
        return min(due, self._alarms_due()) if self._wants_alarms else due

    def wake(self, at: Instant) -> list[Observation]:
        """Ask again for what does not come."""
        if not self.is_open:
            return []
        if self._values_due() <= at:
            return self._values_missing(at)
        if self._waves_due() <= at:
            self._ask_for_waves(at)
        if self._wants_alarms and self._alarms_due() <= at:
            self._ask_for_alarms(at)
        return []

    def heard(self, record: Record, at: Instant) -> list[Observation]:
        """A good record came. What its level allows is asked at once: where that is wrong, it is not answered."""
        if not self.is_open:
            return []
        self._heard = at
        said: list[Observation] = []
        if record.kind == MainType.WAVEFORM and record.parts:
            self._waves_at = at
        elif record.kind == MainType.PHYSIOLOGICAL and any(type_ == Values.DISPLAYED for type_, _ in record.parts):
            self._values_at = at
            said += self._statuses.set(at, StatusCode.NOT_ANSWERING, False, "The monitor answers again")
            said += self._statuses.set(at, StatusCode.CONNECTED, True, "The monitor is connected")
        if record.level >= CARESCAPE_LEVEL:
            self._quicken(at)
        return said

    def _reset(self, at: Instant) -> None:
        self._interval_s = LEAST_INTERVAL_S
        self._wants_alarms = self._has_alarms = False
        self._heard = self._values_at = self._waves_at = None
        self._asked_values = self._asked_waves = self._asked_alarms = at

    def _values_due(self) -> Instant:
        if self._heard is None:
            return self._asked_values + UNHEARD
        due = max(self._asked_values, self._values_at or 0) + max(3 * self._interval_s * SECOND, SILENCE)
        if self._waves_at is None:
            return due
        return min(due, max(self._asked_values, self._heard) + SILENCE)  # curves come each second

    def _waves_due(self) -> Instant:
        if self._waves_at is None:
            return self._asked_waves + NO_WAVES
        return max(self._asked_waves, self._waves_at) + SILENCE

    def _alarms_due(self) -> Instant:
        return self._asked_alarms + ALARMS_AGAIN

    def _values_missing(self, at: Instant) -> list[Observation]:
        """Ask for everything again, at the interval that every monitor knows."""
        text = "The monitor does not answer; asking again. Are RTS and CTS wired?"
        if self._values_at is not None:
            text = "The monitor sends no values any more; asking again"
        elif self._heard is not None:
            text = "The monitor sends no values; asking again"
        if self._interval_s == QUICK_S and self._heard is not None and at - self._heard < SILENCE:
            self._refuses_quick = True
        self._reset(at)
        self._ask(at)
        said = self._statuses.set(at, StatusCode.CONNECTED, False, "The monitor is not connected")
        if self._statuses[StatusCode.NOT_ANSWERING] is None:
            said += self._statuses.set(at, StatusCode.NOT_ANSWERING, True, text)
        return [*said]

    def _quicken(self, at: Instant) -> None:
        """Values come first: alarms are long, and wait for the first numbers."""
        if self._interval_s != QUICK_S and not self._refuses_quick:
            self._interval_s = QUICK_S
            self._asked_values = at
            self._sending += values_request(QUICK_S, QUICK_CLASSES)
        if not self._wants_alarms:
            self._wants_alarms = True
            self._asked_alarms = at - ALARMS_AGAIN + ALARMS_FIRST

    def _ask(self, at: Instant) -> None:
        self._asked_values = at
        self._sending += values_request(self._interval_s, ALL_CLASSES)
        self._ask_for_waves(at)

    def _ask_for_waves(self, at: Instant) -> None:
        self._asked_waves = at
        self._sending += wave_request(WaveCommand.START, WAVES)

    def _ask_for_alarms(self, at: Instant) -> None:
        """First for what is and what changes; then for what is, now and then, since a message may have been lost."""
        self._asked_alarms = at
        self._sending += alarm_request(AlarmCommand.STATUS_ONCE)
        if not self._has_alarms:
            self._has_alarms = True
            self._sending += alarm_request(AlarmCommand.ENTER_DIFFERENTIAL)
