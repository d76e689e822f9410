"""The clock runs on when the machine sleeps, never backwards, and the wall clock cannot bend it."""

import time

import pytest

from monitor.clock import Anchor, ManualClock, SystemClock

HOUR_US = 3_600_000_000


@pytest.fixture
def counter(monkeypatch: pytest.MonkeyPatch) -> "Machine":
    return Machine(monkeypatch)


class Machine:
    """The two clocks of a machine, as the test sets them."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.count_ns = 5_000_000_000
        self.utc_us = 1_750_000_000_123_456
        monkeypatch.setattr(time, "clock_gettime_ns", lambda _: self.count_ns)
        monkeypatch.setattr(time, "time_ns", lambda: self.utc_us * 1000)

    def pass_us(self, us: int) -> None:
        self.count_ns += us * 1000
        self.utc_us += us


def test_it_begins_with_utc_in_whole_milliseconds(counter: Machine) -> None:
    clock = SystemClock()
    assert clock.now() == 1_750_000_000_123_000
    counter.pass_us(2_000_900)
    assert clock.now() == 1_750_000_002_124_000


def test_a_wall_clock_that_steps_is_an_offset_and_nothing_else(counter: Machine) -> None:
    clock = SystemClock()
    before = clock.now()
    counter.utc_us -= HOUR_US
    assert clock.now() == before
    assert clock.wall_offset() == pytest.approx(-HOUR_US, abs=1000)


def test_within_a_boot_the_timeline_goes_on_through_a_restart_and_a_step(counter: Machine) -> None:
    first = SystemClock()
    anchor = first.settle(None, 0)
    counter.pass_us(10_000_000)
    last = first.now()
    counter.utc_us += HOUR_US
    second = SystemClock()
    assert second.settle(anchor, last) == anchor
    assert second.now() == last


@pytest.mark.parametrize("change", ["boot", "speed", "counter"])
def test_an_anchor_of_another_boot_speed_or_counter_is_not_used(counter: Machine, change: str) -> None:
    clock = SystemClock()
    anchor = clock.settle(None, 0)
    kept = {
        "boot": Anchor("another", anchor.count_ns, anchor.at - HOUR_US, 1.0),
        "speed": Anchor(anchor.boot, anchor.count_ns, anchor.at - HOUR_US, 2.0),
        "counter": Anchor(anchor.boot, anchor.count_ns + 10**18, anchor.at - HOUR_US, 1.0),
    }[change]
    clock.settle(kept, 0)
    assert clock.now() == counter.utc_us // 1000 * 1000


def test_it_never_begins_before_what_was_written(counter: Machine) -> None:
    clock = SystemClock()
    written = counter.utc_us + HOUR_US
    anchor = clock.settle(None, written)
    assert anchor.at == written
    assert clock.now() == written // 1000 * 1000
    assert clock.wall_offset() == pytest.approx(-HOUR_US, abs=1000)


def test_speed_scales_it_and_leaves_it_no_wall_clock(counter: Machine) -> None:
    clock = SystemClock(speed=10.0)
    before = clock.now()
    counter.pass_us(1_000_000)
    assert clock.now() - before == 10_000_000
    assert clock.wall_offset() == 0


async def test_the_manual_clock_wakes_everybody_at_their_own_time() -> None:
    clock = ManualClock(0)
    woken: list[tuple[str, int]] = []

    def wake(name: str) -> None:
        woken.append((name, clock.now()))

    clock.call_at(3_000_000, lambda: wake("late"))
    clock.call_at(1_000_000, lambda: wake("early"))
    clock.call_at(2_000_000, lambda: wake("called off")).cancel()
    await clock.advance(2.5)
    assert woken == [("early", 1_000_000)]
    await clock.advance(1)
    assert woken == [("early", 1_000_000), ("late", 3_000_000)]
    assert clock.now() == 3_500_000


async def test_system_sleep_of_a_time_that_has_come_returns_at_once() -> None:
    clock = SystemClock()
    await clock.sleep_until(clock.now())
