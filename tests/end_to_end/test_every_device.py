"""One of every device on one wall: each is understood, none is taken for something else."""

from collections.abc import Callable
from functools import partial

from drivers.base.registry import all_drivers
from tests.end_to_end.conftest import Demo, until

REFUSALS = {"not_this_device", "not_answering"}


def test_every_device_is_live(start_demo: Callable[..., Demo]) -> None:
    demo = start_demo("--scenario", "every-device")

    def live() -> set[str]:
        devices = [device for chair in "1234" for device in demo.state(chair)["devices"]]
        return {
            device["driver"]
            for device in devices
            if device["line"] == "live" and REFUSALS.isdisjoint(status["code"] for status in device["statuses"])
        }

    until(lambda: live() == set(all_drivers()))
    for chair in "1234":
        until(partial(demo.value, chair, "spo2"))
        assert demo.state(chair)["demo"] is True
