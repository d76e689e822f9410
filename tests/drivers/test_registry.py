"""The registry of drivers, and the quiet defaults of a driver that only listens."""

from collections.abc import Iterator

import pytest

from drivers.base import registry
from drivers.base.decoder import Command, CommandNotSupported, Decoder, Driver
from drivers.base.observations import Instant, Observation
from drivers.base.registry import UnknownDriver, all_drivers, driver_named
from drivers.base.vocabulary import CommandKind


class Listener(Decoder):
    def feed(self, data: bytes, at: Instant) -> list[Observation]:
        return []


class FoundElsewhere:
    def __init__(self, driver: Driver) -> None:
        self._driver = driver

    def load(self) -> Driver:
        return self._driver


@pytest.fixture
def fresh_registry() -> Iterator[None]:
    all_drivers.cache_clear()
    yield
    all_drivers.cache_clear()


def driver(name: str, api: int) -> Driver:
    built_in = driver_named("nonin")
    return Driver(
        name=name,
        title="A device from elsewhere",
        line=built_in.line,
        parameters=(),
        waveforms=(),
        commands=(),
        decoder=Listener,
        api=api,
    )


@pytest.mark.usefixtures("fresh_registry")
def test_a_package_may_register_a_driver_but_not_replace_a_built_in(monkeypatch: pytest.MonkeyPatch) -> None:
    elsewhere, impostor, outdated = driver("elsewhere", 1), driver("nonin", 1), driver("outdated", 99)

    def entry_points(group: str) -> list[FoundElsewhere]:
        assert group == "vigil.drivers"
        return [FoundElsewhere(each) for each in (elsewhere, impostor, outdated)]

    built_in = driver_named("nonin")
    all_drivers.cache_clear()
    monkeypatch.setattr(registry, "entry_points", entry_points)

    assert driver_named("elsewhere") is elsewhere
    assert driver_named("nonin") is built_in
    assert "outdated" not in all_drivers()


def test_an_unknown_driver_is_told_with_the_names_there_are() -> None:
    with pytest.raises(UnknownDriver, match=r"no driver 'nonsuch'; known are: .*nonin.*suntech"):
        driver_named("nonsuch")


def test_a_driver_that_only_listens_needs_nothing_but_feed() -> None:
    decoder = Listener()

    assert decoder.opened(0) == []
    assert decoder.bytes_to_send() == b""
    assert decoder.next_deadline() is None
    assert decoder.wake(0) == []
    decoder.closing(0)
    with pytest.raises(CommandNotSupported, match="cannot do"):
        decoder.command(Command("1", CommandKind.NIBP_START), 0)
