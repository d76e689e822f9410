"""Finds the simulators: the modules of this folder, and packages that register under the entry-point group ``vigil.simulators``."""

import importlib
import pkgutil
from functools import cache
from importlib.metadata import entry_points

import simulators
from simulators.base.errors import UnknownSimulator
from simulators.base.simulator import Kind


@cache
def all_simulators() -> dict[str, Kind]:
    """Every simulator by its driver's name, built-ins first.

    A module without ``SIMULATOR`` is a part of another one.
    """
    found: dict[str, Kind] = {}
    for module in pkgutil.iter_modules(simulators.__path__):
        if not module.ispkg and not module.name.startswith("_"):
            kind = getattr(importlib.import_module(f"simulators.{module.name}"), "SIMULATOR", None)
            if isinstance(kind, Kind):
                found[kind.name] = kind
    for entry_point in entry_points(group="vigil.simulators"):
        kind = entry_point.load()
        found.setdefault(kind.name, kind)
    return found


def simulator_named(name: str) -> Kind:
    """Return the simulator called ``name``; raises ``UnknownSimulator`` with the names there are."""
    try:
        return all_simulators()[name]
    except KeyError:
        known = ", ".join(sorted(all_simulators())) or "none"
        raise UnknownSimulator(f"there is no simulator '{name}'; known are: {known}") from None
