"""The numbers of the rules in force: the clinic's in the place of the shipped ones. Made when a pre-set is taken, not with readings."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from monitor.core.guards import Guards
from monitor.core.settings import RISING, SETTINGS, Setting
from monitor.core.words import Number, plain
from monitor.errors import ConfigError

_US = {"s": 1_000_000, "min": 60_000_000}

_OF: dict[str, list[Setting]] = {}
for _setting in SETTINGS.values():
    _OF.setdefault(_setting.rule, []).append(_setting)


class Numbers:
    """``overrides``: a setting's name → its number ("spo2_low.clear_s" → 15). Raises ``ConfigError`` for one that cannot be."""

    def __init__(self, overrides: Mapping[str, Decimal]) -> None:
        check_settings(overrides)
        exact = {setting: overrides.get(name, setting.shipped) for name, setting in SETTINGS.items()}
        self._exact = exact
        self._numbers = {setting: _number(value) for setting, value in exact.items()}
        self._us = {setting: int(value * _US[setting.unit]) for setting, value in exact.items() if setting.unit in _US}

    def __getitem__(self, setting: Setting) -> Number:
        return self._numbers[setting]

    def us(self, setting: Setting) -> int:
        """A time, µs."""
        return self._us[setting]

    def exact(self, setting: Setting) -> Decimal:
        return self._exact[setting]

    def over(self, setting: Setting) -> float:
        """A rise in percent as a factor: 20 → 1.2."""
        return 1 + self._numbers[setting] / 100

    def whole(self, setting: Setting) -> int:
        """A count."""
        return int(self._exact[setting])

    def words(self, setting: Setting) -> str:
        """The number as it is written."""
        return plain(self._exact[setting])

    def of(self, rule: str) -> dict[Setting, Decimal]:
        """All that belong to a rule or a part."""
        return {setting: self._exact[setting] for setting in _OF.get(rule, ())}

    def guards(self) -> Guards:
        """What asks a physician to confirm an order."""
        return Guards(**{setting.own: value for setting, value in self.of("order").items()})


def check_settings(overrides: Mapping[str, Any]) -> None:
    """Raise ``ConfigError`` for a number that no rule has, that is out of bounds, or that cannot stand beside another."""
    for name, value in overrides.items():
        if name not in SETTINGS:
            raise ConfigError(f"[settings] knows no '{name}'; {_known(name)}")
        _check(SETTINGS[name], value)
    for lower, upper in RISING:
        low, high = (overrides.get(name, SETTINGS[name].shipped) for name in (lower, upper))
        if low > high:
            raise ConfigError(f"'{lower}' must not be more than '{upper}': {plain(low)} and {plain(high)}")


def _check(setting: Setting, value: Any) -> None:
    fits = isinstance(value, Decimal) and value.is_finite() and setting.least <= value <= setting.most
    if not fits or value % setting.grain:
        kind = "a whole number" if setting.grain == 1 else f"a multiple of {setting.grain}"
        bounds = f"{plain(setting.least)} to {plain(setting.most)} {setting.unit}".rstrip()
        given = plain(value) if isinstance(value, Decimal) and value.is_finite() else repr(value)
        raise ConfigError(f"'{setting.name}' must be {kind} from {bounds}, not {given}")


def _known(name: str) -> str:
    of_rule = [setting.name for setting in _OF.get(name.partition(".")[0], ())]
    return f"known are {', '.join(of_rule)}" if of_rule else f"rules with numbers are {', '.join(_OF)}"


def _number(value: Decimal) -> Number:
    return int(value) if value == value.to_integral_value() else float(value)


SHIPPED = Numbers({})
SHIPPED_GUARDS = SHIPPED.guards()
