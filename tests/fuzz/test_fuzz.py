"""A short run of the fuzz target on every decoder, the same each time; ``make fuzz`` runs it long and guided by coverage."""

import os
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from drivers.base.decoder import Decoder, Driver
from drivers.base.observations import Instant, LinkFault, Numeric, Observation, Reading
from drivers.base.registry import all_drivers, driver_named
from drivers.base.vocabulary import FaultKind, Parameter
from simulators.base.registry import all_simulators
from tests.fuzz.target import exercise, seeds

EXAMPLES = int(os.environ.get("VIGIL_FUZZ_EXAMPLES", "12"))
DRIVERS = [driver for driver in all_drivers().values() if driver.name in all_simulators()]

any_driver = pytest.mark.parametrize("driver", DRIVERS, ids=lambda driver: driver.name)
short = settings(
    max_examples=EXAMPLES,
    deadline=None,
    derandomize=EXAMPLES < 100,
    suppress_health_check=list(HealthCheck),
    database=None,
)


@any_driver
@pytest.mark.timeout(0 if EXAMPLES > 1000 else 60)
def test_no_bytes_harm_a_decoder(driver: Driver) -> None:
    @short
    @given(st.binary(max_size=600))
    def any_bytes(data: bytes) -> None:
        exercise(driver, data)

    any_bytes()


@any_driver
def test_the_inputs_a_long_run_begins_with_are_good(driver: Driver) -> None:
    for data in seeds(driver, 4):
        exercise(driver, data)


class Careless(Decoder):
    """The oximeter's decoder behind a mistake."""

    def __init__(self) -> None:
        self.inner = driver_named("nonin").decoder()
        self.kept = b""

    def feed(self, data: bytes, at: Instant) -> list[Observation]:
        return self.inner.feed(data, at)


class Raises(Careless):
    def feed(self, data: bytes, at: Instant) -> list[Observation]:
        if data[-1:] == b"\n" or data.count(0) > 2:
            raise IndexError("list index out of range")
        return []


class TellsTooMuch(Careless):
    def feed(self, data: bytes, at: Instant) -> list[Observation]:
        return [LinkFault(at, FaultKind.SYNC, len(data) + 1)]


class Believes(Careless):
    def feed(self, data: bytes, at: Instant) -> list[Observation]:
        return [*super().feed(data, at), *(Reading(at, (Numeric(Parameter.SPO2, byte),)) for byte in data[2::5])]


class Keeps(Careless):
    def feed(self, data: bytes, at: Instant) -> list[Observation]:
        self.kept += data * 300
        return []


class NeverSleeps(Careless):
    def next_deadline(self) -> Instant | None:
        return 0


@pytest.mark.parametrize("broken", [Raises, TellsTooMuch, Believes, Keeps, NeverSleeps], ids=lambda kind: kind.__name__)
def test_the_target_finds_a_mistake(broken: type[Decoder]) -> None:
    driver = replace(driver_named("nonin"), decoder=broken)
    with pytest.raises((AssertionError, IndexError)):
        exercise_all(driver)


def exercise_all(driver: Driver) -> None:
    for data in seeds(driver_named("nonin")):
        exercise(driver, data)
