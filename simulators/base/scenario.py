"""Scenarios: what each chair's story is, and when what happens in it. Read from TOML, checked to the last key.

A scenario names devices and events; it neither makes patients nor lines (``chair``). Times are scenario seconds from the
start of the simulators.
"""

import heapq
import random
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal, InvalidOperation
from importlib.resources import files
from pathlib import Path
from typing import Any

from simulators.base.effects import PATIENT_EVENTS
from simulators.base.errors import ScenarioError
from simulators.base.line import LINE_FAULTS
from simulators.base.physiology import Person

DEVICES = {"oximeter": "nonin", "nibp": "suntech", "cardiac": "intellivue"}
"""Devices of a story that names none: its name at the chair, and the simulator."""

ORDERS = {
    "dose": ("dose_mg_kg", "duration_min"),
    "rate_by_weight": ("rate_mg_kg_h", "duration_min"),
    "rate": ("rate_mg_h", "duration_min"),
}
_MAX_S = 7 * 24 * 3600.0


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happens at ``at_s``, for ``for_s`` (None: to the end), again each ``every_s``.

    ``what`` is an event of the patient, or with ``device`` a fault of that device or of its line.
    """

    at_s: float
    what: str
    for_s: float | None = None
    every_s: float | None = None
    size: float | None = None
    device: str | None = None


@dataclass(frozen=True, slots=True)
class Story:
    """One chair: its devices, its person, the arguments its session is admitted with, and the events.

    ``udp``: devices that are met over the network, each with its port (0: any).
    """

    name: str
    devices: Mapping[str, str]
    person: Person
    session: Mapping[str, Any] | None
    events: tuple[Event, ...]
    udp: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Scenario:
    """A named list of stories."""

    name: str
    title: str
    stories: tuple[Story, ...]

    def cast(self, chairs: int | None, rng: random.Random) -> list[Story]:
        """Return a story for each chair; when there are more chairs, stories repeat with other people."""
        count = len(self.stories) if chairs is None else chairs
        return [
            story if index < len(self.stories) else _with_someone_else(story, rng)
            for index, story in ((i, self.stories[i % len(self.stories)]) for i in range(count))
        ]


def _with_someone_else(story: Story, rng: random.Random) -> Story:
    letters = "ABCDEFGHJKLMNPRSTVW"
    age = rng.randint(-8, 8)
    born = None if story.person.birth_year is None else story.person.birth_year + age
    session = story.session and {**story.session, "initials": "".join(rng.sample(letters, 2)), "birth_year": born}
    person = replace(story.person, birth_year=born, hr=story.person.hr + rng.randint(-4, 4))
    return replace(story, session=session, person=person)


class Timeline:
    """The events of a story in order of time, repetitions made as they are needed. Ends come before beginnings."""

    def __init__(self, events: tuple[Event, ...]) -> None:
        self._queue: list[tuple[float, bool, int, Event]] = []
        for number, event in enumerate(events):
            heapq.heappush(self._queue, (event.at_s, True, number, event))

    @property
    def next_s(self) -> float | None:
        return self._queue[0][0] if self._queue else None

    def due(self, now_s: float) -> list[tuple[float, bool, Event]]:
        """Return what has begun (True) or ended (False) up to ``now_s`` since the last call, each with its time."""
        happened = []
        while self._queue and self._queue[0][0] <= now_s:
            at_s, begins, number, event = heapq.heappop(self._queue)
            happened.append((at_s, begins, event))
            if begins and event.for_s is not None:
                heapq.heappush(self._queue, (at_s + event.for_s, False, number, event))
            if begins and event.every_s is not None:
                heapq.heappush(self._queue, (at_s + event.every_s, True, number, event))
        return happened


def scenario_names() -> dict[str, str]:
    """Return the scenarios that come with Vigil: name and title."""
    folder = files("simulators") / "scenarios"
    names = sorted(entry.name.removesuffix(".toml") for entry in folder.iterdir() if entry.name.endswith(".toml"))
    return {name: load(name).title for name in names}


def load(name: str) -> Scenario:
    """Return the scenario of this name, or in this file. Raises ``ScenarioError`` with what is wrong and what would be right."""
    path = Path(name)
    if path.suffix == ".toml" or path.exists():
        source, text = name, _read(path)
    else:
        resource = files("simulators") / "scenarios" / f"{name}.toml"
        if not resource.is_file():
            known = ", ".join(scenario_names())
            raise ScenarioError(f"there is no scenario '{name}'; known are: {known}; or give a .toml file")
        source, text = f"{name}.toml", resource.read_text("utf-8")
    return parse(source, text)


def _read(path: Path) -> str:
    try:
        return path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8 text"
        raise ScenarioError(f"the scenario {path} cannot be read: {reason}") from None


def parse(source: str, text: str) -> Scenario:
    """Return the scenario written in ``text``; ``source`` is what a complaint calls it."""
    try:
        tree = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ScenarioError(f"{source} is not TOML: {error}") from None
    top = _Table(source, "", tree)
    title = top.text("title", Path(source).stem)
    stories = tuple(_story(chair) for chair in top.tables("chair"))
    top.nothing_else()
    if not stories:
        raise ScenarioError(f"{source}: there is no [[chair]]; a scenario needs at least one")
    return Scenario(Path(source).stem, title, stories)


class _Table:
    """One table of a scenario: keys are taken from it, and what is left over is a mistake."""

    def __init__(self, source: str, path: str, values: Any) -> None:
        self.source, self.path = source, path
        if not isinstance(values, dict):
            raise self.wrong("", values, "a table")
        self.values = dict(values)
        self._known: list[str] = []

    def wrong(self, key: str, value: Any, right: str) -> ScenarioError:
        where = ".".join(part for part in (self.path, key) if part)
        if value is None:
            return ScenarioError(f"{self.source}: {where} is missing; it should be {right}")
        return ScenarioError(f"{self.source}: {where} is {value!r}; it should be {right}")

    def take(self, key: str, default: Any = None) -> Any:
        self._known.append(key)
        return self.values.pop(key, default)

    def text(self, key: str, default: str | None = None) -> str:
        value = self.take(key, default)
        if not isinstance(value, str) or not value:
            raise self.wrong(key, value, "a text")
        return value

    def flag(self, key: str, default: bool) -> bool:
        value = self.take(key, default)
        if not isinstance(value, bool):
            raise self.wrong(key, value, "true or false")
        return value

    def number(self, key: str, low: float, high: float, default: float | None = None) -> float | None:
        value = self.take(key, default)
        if value is None:
            return None
        if isinstance(value, bool) or not isinstance(value, int | float) or not low <= value <= high:
            raise self.wrong(key, value, f"a number from {low:g} to {high:g}")
        return float(value)

    def decimal(self, key: str, *, required: bool = True) -> str | None:
        value = self.take(key)
        if value is None and not required:
            return None
        try:
            if isinstance(value, bool) or not Decimal(str(value)) > 0:
                raise InvalidOperation
        except InvalidOperation:
            raise self.wrong(key, value, 'a number above 0, such as "78"') from None
        return str(value)

    def table(self, key: str) -> "_Table | None":
        value = self.take(key)
        return None if value is None else _Table(self.source, f"{self.path}.{key}" if self.path else key, value)

    def tables(self, key: str) -> list["_Table"]:
        value = self.take(key, [])
        if not isinstance(value, list):
            raise self.wrong(key, value, f"a list of [[{key}]] tables")
        return [
            _Table(self.source, f"{self.path}{'.' if self.path else ''}{key} #{n}", v) for n, v in enumerate(value, 1)
        ]

    def nothing_else(self) -> None:
        for key in self.values:
            where = f"[{self.path}] " if self.path else ""
            raise ScenarioError(
                f"{self.source}: {where}has an unknown key '{key}'; known are: {', '.join(self._known)}"
            )


def _story(table: _Table) -> Story:
    name = table.text("name")
    devices = _devices(table)
    udp = _udp(table, devices)
    patient = table.table("patient") or _Table(table.source, f"{table.path}.patient", {})
    initials, weight = patient.text("initials", "XX"), patient.decimal("weight_kg", required=False) or "78"
    person = _person(patient, float(weight))
    session = table.table("session")
    arguments = None if session is None else _session(session, initials, person, weight)
    events = tuple(_event(event, devices) for event in table.tables("event"))
    table.nothing_else()
    return Story(name, devices, person, arguments, events + _ordered_infusion(arguments, events), udp)


def _devices(table: _Table) -> dict[str, str]:
    devices = table.take("devices", DEVICES)
    if not isinstance(devices, dict) or not devices or not all(isinstance(v, str) for v in devices.values()):
        raise table.wrong("devices", devices, 'a table such as { oximeter = "nonin" }')
    return dict(devices)


def _udp(table: _Table, devices: Mapping[str, str]) -> dict[str, int]:
    ports = table.take("udp", {})
    if not isinstance(ports, dict) or not all(
        name in devices and isinstance(port, int) and not isinstance(port, bool) and 0 <= port <= 65535
        for name, port in ports.items()
    ):
        raise table.wrong(
            "udp", ports, f"a table such as {{ {next(iter(devices))} = 24105 }}; a port of 0 is any free one"
        )
    return dict(ports)


def _person(table: _Table, weight_kg: float) -> Person:
    usual = Person()
    ranges = {"hr": (35, 150), "systolic": (70, 220), "diastolic": (30, 130), "spo2": (70, 100), "rr": (6, 40)}
    values = {key: table.number(key, *bounds, getattr(usual, key)) for key, bounds in ranges.items()}
    born = table.number("birth_year", 1900, 2100)
    person = Person(
        weight_kg=weight_kg,
        birth_year=None if born is None else int(born),
        pi=table.number("pi", 0.1, 20, usual.pi) or usual.pi,
        hypertensive=table.flag("hypertensive", False),
        glycopyrrolate=table.flag("glycopyrrolate", False),
        response=table.number("response", 0, 5),
        **{key: value for key, value in values.items() if value is not None},
    )
    table.nothing_else()
    return person


def _session(table: _Table, initials: str, person: Person, weight_kg: str) -> dict[str, Any]:
    order = table.table("order")
    if order is None:
        raise ScenarioError(f"{table.source}: [{table.path}] has no order; it should have one such as {_ORDER_EXAMPLE}")
    arguments = {
        "initials": initials,
        "birth_year": person.birth_year,
        "patient_id": table.take("patient_id"),
        "weight_kg": weight_kg,
        "order": _order(order),
        "concentration_mg_ml": table.decimal("concentration_mg_ml", required=False),
        "start": table.flag("start", True),
    }
    table.nothing_else()
    return arguments


_ORDER_EXAMPLE = '{ kind = "dose", dose_mg_kg = "0.5", duration_min = 40 }'


def _order(table: _Table) -> dict[str, Any]:
    kind = table.text("kind")
    if kind not in ORDERS:
        raise table.wrong("kind", kind, f"one of {', '.join(ORDERS)}")
    amount, duration = ORDERS[kind]
    minutes = table.number(duration, 1, 600)
    if minutes is None:
        raise table.wrong(duration, None, "a number from 1 to 600")
    order = {"kind": kind, amount: table.decimal(amount), duration: int(minutes)}
    table.nothing_else()
    return order


def _event(table: _Table, devices: Mapping[str, str]) -> Event:
    what, device = table.text("what"), table.take("device")
    if device is not None and device not in devices:
        raise table.wrong("device", device, f"one of the chair's devices: {', '.join(devices)}")
    if device is None and what not in PATIENT_EVENTS:
        right = f"one of {', '.join(PATIENT_EVENTS)}; or with a device a fault of it, or of its line: {', '.join(LINE_FAULTS)}"
        raise table.wrong("what", what, right)
    event = Event(
        at_s=table.number("at_s", 0, _MAX_S, 0.0) or 0.0,
        what=what,
        for_s=table.number("for_s", 0.1, _MAX_S),
        every_s=table.number("every_s", 1, _MAX_S),
        size=table.number("size", 0, 1000),
        device=device,
    )
    table.nothing_else()
    if event.every_s is not None and (event.for_s is None or event.for_s > event.every_s):
        raise table.wrong("every_s", event.every_s, "longer than for_s, which a repeated event must have")
    return event


def _ordered_infusion(session: Mapping[str, Any] | None, events: tuple[Event, ...]) -> tuple[Event, ...]:
    """Return the infusion that a started session's order gives, when the scenario has none of its own."""
    if session is None or not session["start"] or any(event.what == "infusion" for event in events):
        return ()
    order, weight_kg = session["order"], float(session["weight_kg"])
    hours = order["duration_min"] / 60
    amount = float(order[ORDERS[order["kind"]][0]])
    rate = {"dose": amount * weight_kg / hours, "rate_by_weight": amount * weight_kg, "rate": amount}[order["kind"]]
    return (Event(0.0, "infusion", for_s=hours * 3600, size=rate),)
