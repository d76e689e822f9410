"""Every driver found keeps the contract; a driver that lands is tried without a line here."""

from collections.abc import Callable

import pytest

from drivers.base.decoder import Driver
from drivers.base.registry import all_drivers
from simulators.base.conformance import CHECKS
from simulators.base.registry import all_simulators


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
@pytest.mark.parametrize("driver", all_drivers().values(), ids=lambda driver: driver.name)
def test_contract(driver: Driver, check: Callable[[Driver], None]) -> None:
    check(driver)


def test_every_driver_has_its_simulator() -> None:
    assert set(all_drivers()) == set(all_simulators())
