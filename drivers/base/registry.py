"""Finds the drivers: the public modules of this folder, and packages that register under the entry-point group ``vigil.drivers``."""

import importlib
import pkgutil
from functools import cache
from importlib.metadata import entry_points

import drivers
from drivers.base.decoder import Driver, DriverError

API = 1


class UnknownDriver(DriverError):
    """No driver bears this name."""


@cache
def all_drivers() -> dict[str, Driver]:
    """Every driver by name, built-ins first. A driver made for another contract version is left out."""
    found: dict[str, Driver] = {}
    for module in pkgutil.iter_modules(drivers.__path__):
        if not module.ispkg and not module.name.startswith("_"):
            driver: Driver = importlib.import_module(f"drivers.{module.name}").DRIVER
            found[driver.name] = driver
    for entry_point in entry_points(group="vigil.drivers"):
        driver = entry_point.load()
        if driver.api == API:
            found.setdefault(driver.name, driver)
    return found


def driver_named(name: str) -> Driver:
    """Return the driver called ``name``; raises ``UnknownDriver`` with the names there are."""
    try:
        return all_drivers()[name]
    except KeyError:
        known = ", ".join(sorted(all_drivers()))
        raise UnknownDriver(f"there is no driver '{name}'; known are: {known}") from None
