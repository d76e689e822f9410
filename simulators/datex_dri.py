"""A GE / Datex-Ohmeda monitor on the S/5 Computer Interface, with the shared patient behind it.

It sends what it was asked for and nothing else, and acknowledges nothing. What neither specification nor recordings
tell is chosen here and said where it stands.
"""

import random
from collections.abc import Callable
from dataclasses import dataclass, replace

from drivers.base.observations import Instant
from drivers.datex_dri import (
    CANCEL,
    CARESCAPE_LEVEL,
    LEAST_INTERVAL_S,
    SINGLE_SHOT,
    AlarmCommand,
    Class,
    MainType,
    Silence,
    Values,
    Wanted,
    Wave,
    WaveCommand,
    WaveStatus,
)
from simulators._datex_encoding import Deframer, Request, framed, record
from simulators._datex_patient import (
    RATES,
    RESULT_EARLIER_US,
    Bedside,
    alarm_part,
    alarm_texts,
    served,
    subrecord,
    wave_part,
)
from simulators.base.simulator import Kind, Signals, Simulator

SECOND = 1_000_000
FIRST_US = 200_000
"""From a request for values to the first record; nothing is known of the real delay."""
BETWEEN_SHOTS_US = 5 * SECOND
BUDGET = 600
"""Samples a second; CARESCAPE software 3 has no limit, which is the later level here."""
NO_BUDGET_LEVEL = 11
PERIODS = ((300, SECOND), (600, SECOND // 2))
"""Up to so many samples a second a record covers so much; 200 a second and 1 s were seen, the rest is chosen."""
SHORTEST_PERIOD_US = SECOND // 4
BETWEEN_ALARMS_US = 2 * SECOND
CUFF_INTERVAL_US = 300 * SECOND
CUFF_DURATION_US = 30 * SECOND
LEFT_OVER_S = 33
"""How old a record left over from an earlier request was in a recording."""
ALWAYS, COUNT = 0x0002, 0x0010
"""Bits of a curve's status that real monitors set: one always, from bit 4 on a counter."""


@dataclass
class _Curves:
    """Curves under way: whose samples are sent up to which index, counted from ``began``."""

    waves: tuple[Wave, ...]
    began: Instant
    period_us: int
    sent: dict[Wave, int]
    is_first: bool = True


class DatexSimulator(Simulator):
    """The monitor. ``level`` is its interface level, ``plug_id`` its own number. By itself it measures no blood pressure: ``measure_each``."""

    level = 10
    plug_id = 0

    def __init__(self, signals: Signals, rng: random.Random, start: Instant) -> None:
        super().__init__(signals, rng, start)
        self.bedside = Bedside(signals)
        self._deframer = Deframer()
        self._out = bytearray()
        self._timers: dict[Callable[[Instant], None], Instant] = {}
        self._numbers: dict[int, int] = {}
        self._intervals: dict[Values, int] = {}
        self._classes: dict[Values, tuple[Class, ...]] = {}
        self._shot_at: Instant | None = None
        self._curves: _Curves | None = None
        self._count = 0
        self._alarms: tuple[object, ...] = ()
        self._deaf = self._left_over = False
        self._cuff_interval_us: int | None = None
        self._now = start

    def receive(self, data: bytes, at: Instant) -> None:
        """Take the host's bytes; what is due before them comes first."""
        self._run(at)
        for request in self._deframer.feed(data):
            if not self._deaf:
                self._understand(request, at)

    def advance(self, at: Instant) -> bytes:
        """Return all records due up to ``at``."""
        self._run(at)
        out = bytes(self._out)
        self._out.clear()
        return out

    def misbehave(self, what: str, on: bool) -> None:
        """Faults: ``sensor_off``, ``leads_off``; ``deaf`` (takes no request and sends nothing any more), ``left_over`` (the
        first values are an earlier client's), ``silenced``; and ``own_cuff`` (measures each 5 min), ``capnometer``."""
        if what == "sensor_off":
            self.bedside.sensor_is_off = on
        elif what == "leads_off":
            self.bedside.leads_are_off = on
        elif what == "capnometer":
            self.bedside.has_capnometer = on
        elif what == "silenced":
            self.bedside.silence = Silence.TWO_MINUTES if on else Silence.NONE
        elif what == "left_over":
            self._left_over = on
        elif what == "own_cuff":
            self.measure_each(CUFF_INTERVAL_US if on else None)
        elif what == "deaf":
            self._deaf = on
            self._stop_all()
        else:
            super().misbehave(what, on)

    def measure_each(self, interval_us: int | None) -> None:
        """Let the cuff measure by itself, at once and then at this interval; None: no more."""
        self._cuff_interval_us = interval_us
        self.bedside.cuff.cycles = interval_us is not None
        if interval_us is None:
            self._timers.pop(self._begin_cuff, None)
        elif self.bedside.cuff.ends_at is None:
            self._timers[self._begin_cuff] = self._now

    def _run(self, at: Instant) -> None:
        """Do what is due up to ``at``, each thing at its own time."""
        while self._timers:
            timer = min(self._timers, key=self._timers.__getitem__)
            due = self._timers[timer]
            if due > at:
                break
            del self._timers[timer]
            self.signals.advance(due)
            timer(due)
        self.signals.advance(at)
        self._now = at

    def _stop_all(self) -> None:
        self._intervals.clear()
        self._curves = None
        for timer in (*self._senders.values(), self._send_curves, self._watch_alarms):
            self._timers.pop(timer, None)

    @property
    def _senders(self) -> dict[Values, Callable[[Instant], None]]:
        return {
            Values.DISPLAYED: self._send_displayed,
            Values.TREND_10_S: self._send_trend_10_s,
            Values.TREND_60_S: self._send_trend_60_s,
        }

    def _understand(self, request: Request, at: Instant) -> None:
        sizes = {MainType.PHYSIOLOGICAL: 9, MainType.WAVEFORM: 32, MainType.ALARM: 12}
        if request.main_type not in sizes or len(request.body) != sizes[MainType(request.main_type)]:
            return
        if request.main_type == MainType.PHYSIOLOGICAL:
            self._ask_values(request.body, at)
        elif request.main_type == MainType.WAVEFORM:
            self._ask_curves(request.body, at)
        else:
            self._ask_alarms(int.from_bytes(request.body[:2], "little"), at)

    def _send(self, main_type: MainType, time_s: int, parts: list[tuple[int, bytes]]) -> None:
        number = self._numbers.get(main_type, 0)
        self._numbers[main_type] = number + 1
        self._out += framed(record(main_type, number, (self.level, self.plug_id), time_s, parts))

    def _ask_values(self, body: bytes, at: Instant) -> None:
        interval_s = int.from_bytes(body[1:3], "little", signed=True)
        mask = int.from_bytes(body[3:7], "little")
        if body[0] not in (Values.DISPLAYED, Values.TREND_10_S, Values.TREND_60_S):
            return
        kind = Values(body[0])
        classes = (() if mask & Wanted.NOT_BASIC else (Class.BASIC,)) + tuple(
            class_
            for class_, bit in ((Class.EXT1, Wanted.EXT1), (Class.EXT2, Wanted.EXT2), (Class.EXT3, Wanted.EXT3))
            if mask & bit
        )
        if interval_s == CANCEL:
            self._intervals.pop(kind, None)
            self._timers.pop(self._senders[kind], None)
        elif interval_s == SINGLE_SHOT:
            self._single_shot(kind, classes, at)
        elif interval_s >= self._least_interval_s(kind) and classes:
            self._intervals[kind], self._classes[kind] = interval_s, classes
            first_us = FIRST_US if kind is Values.DISPLAYED else interval_s * SECOND
            self._timers[self._senders[kind]] = at + first_us
            if kind is Values.DISPLAYED and self._left_over:
                self._left_over = False
                self._send_values(kind, classes, at, at // SECOND - LEFT_OVER_S)

    def _least_interval_s(self, kind: Values) -> int:
        """Displayed values each second were seen at level 10; before, the specification's least is taken to be kept."""
        return LEAST_INTERVAL_S if kind is Values.DISPLAYED and self.level < CARESCAPE_LEVEL else 1

    def _single_shot(self, kind: Values, classes: tuple[Class, ...], at: Instant) -> None:
        if self._shot_at is not None and at - self._shot_at < BETWEEN_SHOTS_US:
            return
        if kind is Values.DISPLAYED and classes:
            self._shot_at = at
            self._send_values(kind, classes, at, at // SECOND)

    def _send_displayed(self, at: Instant) -> None:
        self._send_periodic(Values.DISPLAYED, at)

    def _send_trend_10_s(self, at: Instant) -> None:
        self._send_periodic(Values.TREND_10_S, at)

    def _send_trend_60_s(self, at: Instant) -> None:
        self._send_periodic(Values.TREND_60_S, at)

    def _send_periodic(self, kind: Values, at: Instant) -> None:
        """Send what is due; trends only while displayed values are sent (a patient case is always running here)."""
        self._timers[self._senders[kind]] = at + self._intervals[kind] * SECOND
        if kind is Values.DISPLAYED or Values.DISPLAYED in self._intervals:
            self._send_values(kind, self._classes[kind], at, at // SECOND)

    def _send_values(self, kind: Values, classes: tuple[Class, ...], at: Instant, time_s: int) -> None:
        parts = [(int(kind), subrecord(self.bedside, class_, at, time_s)) for class_ in classes]
        self._send(MainType.PHYSIOLOGICAL, time_s, parts)

    def _ask_curves(self, body: bytes, at: Instant) -> None:
        command = int.from_bytes(body[:2], "little")
        if command not in set(WaveCommand):
            return
        self._curves = None
        self._timers.pop(self._send_curves, None)
        wanted = body[4:12].partition(b"\xff")[0]
        if len(wanted) == 8 and self.level >= CARESCAPE_LEVEL:
            wanted += body[12:28].partition(b"\xff")[0].partition(b"\0")[0]
        waves = served(self.bedside, wanted, None if self.level >= NO_BUDGET_LEVEL else BUDGET)
        if command == WaveCommand.STOP_ALL or not waves:
            return
        load = sum(RATES[wave] for wave in waves)
        period_us = next((period for most, period in PERIODS if load <= most), SHORTEST_PERIOD_US)
        self._curves = _Curves(waves, at, period_us, dict.fromkeys(waves, 0))
        self._timers[self._send_curves] = at + period_us

    def _send_curves(self, at: Instant) -> None:
        """Send the samples since the last record; their number is now and then one more or less."""
        curves = self._curves
        assert curves is not None
        jitter = self.rng.choice((0, 0, 1))
        status = ALWAYS | (COUNT * self._count & 0xFFF0) | (WaveStatus.GAP if curves.is_first else 0)
        parts: list[tuple[int, bytes]] = []
        for wave in curves.waves:
            rate, first = RATES[wave], curves.sent[wave]
            last = (at - curves.began) * rate // SECOND - jitter
            times = [curves.began + index * SECOND // rate for index in range(first, last)]
            curves.sent[wave] = last
            parts.append((int(wave), wave_part(self.bedside, wave, times, status)))
        self._count += 1
        curves.is_first = False
        self._send(MainType.WAVEFORM, at // SECOND, parts)
        self._timers[self._send_curves] = at + curves.period_us

    def _ask_alarms(self, command: int, at: Instant) -> None:
        """Alarms on request, and on each change in differential mode, which is taken to begin with a message."""
        if self.level < CARESCAPE_LEVEL:
            return
        if command == AlarmCommand.STATUS_ONCE:
            self._send_alarms(at)
        elif command == AlarmCommand.ENTER_DIFFERENTIAL:
            self._alarms = ()
            self._timers[self._watch_alarms] = at
        elif command == AlarmCommand.EXIT_DIFFERENTIAL:
            self._timers.pop(self._watch_alarms, None)

    def _watch_alarms(self, at: Instant) -> None:
        now = (*alarm_texts(self.bedside), self.bedside.silence)
        if now != self._alarms:
            self._alarms = now
            self._send_alarms(at)
        self._timers[self._watch_alarms] = at + BETWEEN_ALARMS_US

    def _send_alarms(self, at: Instant) -> None:
        self._send(MainType.ALARM, at // SECOND, [(1, alarm_part(self.bedside))])

    def _begin_cuff(self, at: Instant) -> None:
        self.bedside.cuff.ends_at = at + CUFF_DURATION_US
        self._timers[self._determine] = at + CUFF_DURATION_US - RESULT_EARLIER_US
        self._timers[self._end_cuff] = at + CUFF_DURATION_US

    def _determine(self, at: Instant) -> None:
        """The result stands in the records before the cuff has ended. One that fails leaves the old result (chosen)."""
        found = self.signals.determine(at)
        if found is not None:
            self.bedside.cuff = replace(self.bedside.cuff, result=found, taken_at=at)

    def _end_cuff(self, at: Instant) -> None:
        self.bedside.cuff = replace(self.bedside.cuff, ends_at=None)
        if self._cuff_interval_us is not None:
            self._timers[self._begin_cuff] = at + self._cuff_interval_us


SIMULATOR = Kind(name="datex_dri", title="Simulated GE / Datex-Ohmeda monitor", make=DatexSimulator)
