"""Timetables: tests of the core as a nurse would tell them, without a clock.

    at 00:30 spo2 88
    expect 00:45 spo2_low began medium

A ``Chair`` drives a bedside over stand-in lines. Devices repeat their values every second until told otherwise, as real ones do.
``play`` takes a timetable and compares *all* alert steps (but rewordings) with those expected, to the second; escalations, which
only tell that nobody answered, where it expects one.
"""

from collections.abc import Iterable
from typing import Any

from drivers.base.observations import Instant
from drivers.base.vocabulary import CommandKind, Parameter
from monitor.core import entries
from monitor.core.bedside import Bedside
from monitor.core.changes import AlertChanged, AlertView, Change, CommandChanged, CommandState
from monitor.core.entries import Actor, Body, ChairConfig, DeviceConfig, Entry, Role
from monitor.core.observing_actions import BASELINE
from tests.standin import DRIVERS

SECOND = 1_000_000
START: Instant = 1_700_000_000 * SECOND
NURSE = Actor("L. Moreno", Role.NURSE)
ORDER = {"kind": "rate", "rate_mg_h": "60", "duration_min": 90}
ADMISSION: dict[str, Any] = {"initials": "MK", "birth_year": 1971, "weight_kg": "78", "order": ORDER}


def clock(at: Instant) -> str:
    seconds, rest = divmod(at - START, SECOND)
    text = f"{seconds // 60:02d}:{seconds % 60:02d}"
    return text if not rest else f"{text}.{rest // 1000:03d}"


def instant(text: str) -> Instant:
    minutes, _, seconds = text.partition(":")
    return START + int(minutes) * 60 * SECOND + round(float(seconds) * SECOND)


def chair_config(devices: Iterable[str] = ("oximeter", "ecg"), **settings: Any) -> ChairConfig:
    return ChairConfig("1", "Chair 1", tuple(DeviceConfig(name, name, f"/dev/{name}") for name in devices), **settings)


class Chair:
    """A bedside with stand-in devices. ``values`` are what each device says every second, or every ``every_s``."""

    def __init__(self, *devices: str, every_s: int = 1, **settings: Any) -> None:
        self.config = chair_config(devices or ("oximeter", "ecg"), **settings)
        self.bedside = Bedside("1", DRIVERS)
        self.values: dict[str, dict[str, str]] = {device.id: {} for device in self.config.devices}
        self.quiet: set[str] = set()
        self.changes: list[Change] = []
        self.every_us = every_s * SECOND
        self.now = START
        self.seq = 0
        self.take(entries.Configured(self.config, "0.1.0"))
        for name in self.values:
            self.take(entries.PortOpened(name))

    def take(self, body: Body) -> list[Change]:
        """Apply one entry now."""
        self.seq += 1
        changes = self.bedside.apply(Entry("1", self.seq, self.now, body))
        self.changes += changes
        return changes

    def act(self, action: str, **arguments: Any) -> list[Change]:
        """Let somebody act (``actor``, else a nurse) as the station does: what is due first, checked, applied."""
        body = entries.OperatorAction(arguments.pop("actor", NURSE), action, arguments)
        self.take(entries.Beat())
        self.bedside.check(body, self.now)
        return self.take(body)

    def admit(self, **arguments: Any) -> None:
        self.act("admit", **(ADMISSION | arguments))

    def infuse(self, **arguments: Any) -> None:
        self.admit(**arguments)
        self.act("start")

    def says(self, device: str, text: str) -> list[Change]:
        return self.take(entries.Bytes(device, text.encode() + b"\n"))

    def measure(self, **values: object) -> None:
        """Set what the devices say from now on: ``spo2=97``; None is a missing value, "-?sensor_off" a flagged one.

        A pulse that is measured goes with the heart rate, unless it is told too.
        """
        follows = self.values.get("oximeter", {}).get("pr", "-").isdigit() and str(values.get("hr", "-")).isdigit()
        if follows and "pr" not in values:
            values["pr"] = values["hr"]
        speaking = []
        for name, value in values.items():
            device = next(d.id for d in self.config.devices if name in DRIVERS[d.driver].parameters)
            self.values[device][name] = "-" if value is None else str(value)
            speaking.append(device)
        for device in dict.fromkeys(speaking):
            self._speak(device)

    def until(self, text: str) -> None:
        """Let time pass, each device speaking now and again."""
        end = instant(text)
        while (next_at := self.now + self.every_us - self.now % self.every_us) <= end:
            self.now = next_at
            for device in self.values:
                self._speak(device)
        self.now = end
        self.take(entries.Beat())

    def _speak(self, device: str) -> None:
        values = self.values[device]
        if values and device not in self.quiet:
            self.says(device, " ".join(f"{name}={value}" for name, value in values.items()))

    @property
    def open(self) -> dict[str, AlertView]:
        """Open alerts by code."""
        return {alert.code: alert for alert in self.bedside.view(self.now).alerts}

    def steps(self, without: tuple[str, ...] = ("updated",)) -> list[str]:
        """All alert steps but rewordings: "00:45 spo2_low began medium"."""
        told = [change for change in self.changes if isinstance(change, AlertChanged) and change.event not in without]
        return [f"{clock(step.at)} {step.alert.code} {step.event} {step.alert.priority}" for step in told]


def run(timetable: str, *devices: str, every_s: int = 1, **settings: Any) -> Chair:
    """Run the ``at`` lines of a timetable; one without a deed only lets time pass. It begins with an infusion and good values."""
    chair = _begun(*devices, every_s=every_s, **settings)
    for at, *deed in (line.split()[1:] for line in timetable.splitlines()):
        chair.until(at)
        if deed:
            _do(chair, deed[0], deed[1:])
    return chair


def _begun(*devices: str, every_s: int, **settings: Any) -> Chair:
    chair = Chair(*devices, every_s=every_s, **settings)
    chair.infuse()
    chair.measure(**{name: value for name, value in _GOOD.items() if _measured(chair, name)})
    return chair


def play(timetable: str, *devices: str, every_s: int = 1, **settings: Any) -> Chair:
    """Run a timetable and compare all alert steps with its ``expect`` lines. It begins with an infusion and good values."""
    chair = _begun(*devices, every_s=every_s, **settings)
    expected = []
    for line in (line.partition("#")[0].split() for line in timetable.splitlines()):
        if line[:1] == ["at"]:
            chair.until(line[1])
            _do(chair, line[2], line[3:])
        elif line[:1] == ["expect"]:
            chair.until(line[1])
            expected.append(" ".join(line[1:5]))
            if line[5:]:
                assert _text_at(chair, line[1], line[2]) == " ".join(line[5:])
    escalates = any(" escalated " in line for line in expected)
    told = chair.steps(("updated",) if escalates else ("updated", "escalated"))
    assert told == expected, "\n".join(["told:", *told, "expected:", *expected])
    return chair


_GOOD = {"spo2": 97, "pr": 74, "hr": 75}


def _measured(chair: Chair, name: str) -> bool:
    return any(name in DRIVERS[device.driver].parameters for device in chair.config.devices)


def _text_at(chair: Chair, at: str, code: str) -> str:
    told = [change.alert for change in chair.changes if isinstance(change, AlertChanged)]
    return next(alert.text for alert in reversed(told) if alert.code == code and clock(alert.changed) == at)


def _do(chair: Chair, word: str, rest: list[str]) -> None:
    if word in ("spo2", "pr", "hr", "rr", "pi", "etco2"):
        chair.measure(**{word: rest[0]})
    elif word == "measure":
        chair.measure(**dict(part.split("=") for part in rest))
    elif word == "nibp":
        device = next(name for name in chair.values if "cuff" in name)
        chair.says(device, f"nibp={rest[0]}")
    elif word == "say":
        chair.says(rest[0], " ".join(rest[1:]))
    elif word in ("silence", "speak"):
        (chair.quiet.add if word == "silence" else chair.quiet.discard)(rest[0])
    elif word == "unplug":
        chair.quiet.add(rest[0])
        chair.take(entries.PortLost(rest[0], " ".join(rest[1:])))
    elif word == "plug":
        chair.quiet.discard(rest[0])
        chair.take(entries.PortOpened(rest[0]))
    elif word == "acknowledge":
        chair.act("acknowledge", alert=chair.open[rest[0]].id)
    elif word == "restart":
        chair.bedside = Bedside.restore("1", DRIVERS, chair.bedside.checkpoint())
        chair.take(entries.Resumed(0, "restart"))
        for name in chair.values:
            chair.take(entries.PortOpened(name))
    else:
        parts = (part.split("=") for part in rest)
        arguments = {name: value if name == "kind" else value.replace("_", " ") for name, value in parts}
        numbers = {"seconds", "minutes", "level", *BASELINE}
        chair.act(word, **{name: int(value) if name in numbers else value for name, value in arguments.items()})


def device(chair: Chair, name: str) -> Any:
    return next(view for view in chair.bedside.view(chair.now).devices if view.id == name)


def vital(chair: Chair, parameter: Parameter) -> Any:
    return next(view for view in chair.bedside.view(chair.now).vitals if view.parameter is parameter)


def of(kind: type[Any], changes: list[Any]) -> list[Any]:
    return [change for change in changes if isinstance(change, kind)]


def commands(chair: Chair) -> list[tuple[str, CommandState]]:
    return [(clock(change.at), change.command.state) for change in of(CommandChanged, chair.changes)]


def begun(chair: Chair) -> list[str]:
    return [
        clock(change.at)
        for change in of(CommandChanged, chair.changes)
        if change.command.state is CommandState.REQUESTED and change.command.kind is CommandKind.NIBP_START
    ]
