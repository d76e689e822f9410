"""The house's clock: one timeline of whole milliseconds, which the wall clock cannot bend.

``SystemClock`` counts a clock that goes on while the machine sleeps, from an anchor that is set from UTC once a boot.
``ManualClock`` is for tests. Bedsides never see a clock: the station alone asks.
"""

import asyncio
import heapq
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

Instant = int
"""Microseconds since the Unix epoch on the house's own timeline."""

_COUNTER = time.CLOCK_MONOTONIC if sys.platform == "darwin" else time.CLOCK_BOOTTIME


@dataclass(frozen=True, slots=True)
class Anchor:
    """The counter stood at ``count_ns`` when the timeline stood at ``at``; valid during one boot and for one speed."""

    boot: str
    count_ns: int
    at: Instant
    speed: float


class Timer(Protocol):
    """A call that has been planned and may be called off."""

    def cancel(self) -> None: ...


class Clock(Protocol):
    """What the station asks."""

    @property
    def speed(self) -> float:
        """Seconds of the timeline in a second of the world."""

    def now(self) -> Instant:
        """The present on the house's timeline, in whole milliseconds."""

    def wall_offset(self) -> int:
        """How far the wall clock (UTC) is ahead of the timeline, µs."""

    def settle(self, kept: Anchor | None, not_before: Instant) -> Anchor:
        """Take up the timeline where ``kept`` has it, never before ``not_before``; return the anchor to keep."""

    def call_at(self, at: Instant, callback: Callable[[], None]) -> Timer:
        """Call ``callback`` once the timeline has come to ``at``."""

    async def sleep_until(self, at: Instant) -> None:
        """Return once the timeline has come to ``at``."""


class SystemClock:
    """The real one. ``speed`` other than 1 is for demonstrations: it then has no wall clock to differ from."""

    def __init__(self, speed: float = 1.0) -> None:
        self.speed = speed
        self._boot = _boot_name()
        self._take(Anchor(self._boot, _count_ns(), _utc_us(), speed))

    def _take(self, anchor: Anchor) -> None:
        self._count_ns, self._at = anchor.count_ns, anchor.at

    def now(self) -> Instant:
        elapsed_ns = time.clock_gettime_ns(_COUNTER) - self._count_ns
        if self.speed != 1.0:
            elapsed_ns = int(elapsed_ns * self.speed)
        return (self._at + elapsed_ns // 1000) // 1000 * 1000

    def wall_offset(self) -> int:
        return 0 if self.speed != 1.0 else _utc_us() - self.now()

    def settle(self, kept: Anchor | None, not_before: Instant) -> Anchor:
        count_ns = _count_ns()
        if kept and (kept.boot, kept.speed) == (self._boot, self.speed) and self._boot and kept.count_ns <= count_ns:
            self._take(kept)
            if self.now() >= not_before:
                return kept
        # A new boot, or a timeline that would run backwards: begin again from UTC.
        anchor = Anchor(self._boot, count_ns, max(_utc_us(), not_before), self.speed)
        self._take(anchor)
        return anchor

    def call_at(self, at: Instant, callback: Callable[[], None]) -> Timer:
        # One millisecond more, for the loop may call a little early and now() counts whole ones only.
        delay_s = max(0, at - self.now() + 1000) / 1e6 / self.speed
        return asyncio.get_running_loop().call_later(delay_s, callback)

    async def sleep_until(self, at: Instant) -> None:
        await _sleep(self, at)


@dataclass(order=True)
class _Planned:
    at: Instant
    order: int
    callback: Callable[[], None] | None = field(compare=False)

    def cancel(self) -> None:
        self.callback = None


class ManualClock:
    """A clock that stands still until it is told how far to go. The wall clock is ``offset`` µs ahead of it."""

    speed = 1.0

    def __init__(self, start: Instant = 1_750_000_000_000_000) -> None:
        self._now = start
        self._order = 0
        self._planned: list[_Planned] = []
        self.offset = 0

    def now(self) -> Instant:
        return self._now // 1000 * 1000

    def wall_offset(self) -> int:
        return self.offset

    def settle(self, kept: Anchor | None, not_before: Instant) -> Anchor:
        self._now = max(self._now, not_before)
        return Anchor("", 0, self._now, self.speed)

    def jump(self, seconds: float) -> None:
        """Let time pass without anybody waking: what a suspended machine sees."""
        self._now += round(seconds * 1e6)

    async def advance(self, seconds: float = 0.0) -> None:
        """Go on by ``seconds``, waking on the way whoever sleeps, each at the time asked for."""
        goal = self._now + round(seconds * 1e6)
        await _let_run()
        while self._planned and self._planned[0].at <= goal:
            planned = heapq.heappop(self._planned)
            if planned.callback is not None:
                self._now = max(self._now, planned.at)
                planned.callback()
                await _let_run()
        self._now = goal

    def call_at(self, at: Instant, callback: Callable[[], None]) -> Timer:
        self._order += 1
        planned = _Planned(at, self._order, callback)
        heapq.heappush(self._planned, planned)
        return planned

    async def sleep_until(self, at: Instant) -> None:
        await _sleep(self, at)


async def _sleep(clock: Clock, at: Instant) -> None:
    if at > clock.now():
        woken = asyncio.Event()
        timer = clock.call_at(at, woken.set)
        try:
            await woken.wait()
        finally:
            timer.cancel()


async def _let_run() -> None:
    """Give every task that can go on the chance to."""
    for _ in range(5):
        await asyncio.sleep(0)


def _utc_us() -> int:
    return time.time_ns() // 1000


def _count_ns() -> int:
    return time.clock_gettime_ns(_COUNTER)


def _boot_name() -> str:
    """A name that changes with each boot of the machine; empty where there is none, then no anchor outlives the process."""
    try:
        if sys.platform == "darwin":
            command = ["/usr/sbin/sysctl", "-n", "kern.bootsessionuuid"]
            return subprocess.run(command, capture_output=True, text=True, timeout=2).stdout.strip()  # noqa: S603
        return Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    except (OSError, subprocess.SubprocessError):
        return ""
