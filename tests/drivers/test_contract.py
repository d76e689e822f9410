"""Every driver found keeps the contract; a driver that lands is tried without a line here."""

import pytest

from drivers.base.decoder import Driver
from drivers.base.registry import all_drivers
from simulators.base.conformance import CHECKS, Check, Trial
from simulators.base.registry import all_simulators


@pytest.mark.untraced
@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
@pytest.mark.parametrize("driver", all_drivers().values(), ids=lambda driver: driver.name)
def test_contract(driver: Driver, check: Check) -> None:
    check(Trial(driver))


def test_every_driver_has_its_simulator() -> None:
    assert set(all_drivers()) == set(all_simulators())
