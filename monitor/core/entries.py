"""Everything that may influence what happens at a chair: ``Entry`` and its bodies.

The station alone makes entries; it gives each its chair's next ``seq`` and its time ``at``. Bodies are plain
frozen data with a ``type`` word, so that they can stand in the journal.
"""

from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum
from typing import Any, Literal

from drivers.base.observations import Instant, Observation
from monitor.core.units import Unit


class Role(StrEnum):
    """What a person may do; ``service`` is the software itself."""

    NURSE = "nurse"
    PHYSICIAN = "physician"
    OBSERVER = "observer"
    ADMINISTRATOR = "administrator"
    SERVICE = "service"


@dataclass(frozen=True, slots=True)
class Actor:
    """Who did it."""

    name: str
    role: Role


@dataclass(frozen=True, slots=True)
class DeviceConfig:
    """A device of a chair: ``id`` is its place ("oximeter", "nibp", "cardiac"), ``driver`` a driver's name.

    ``line`` overrides the driver's line settings ("19200 8O1"); empty: the driver's own.
    ``serial_number``: the unit's own, as its protocol gives it; a line that tells another is refused.
    """

    id: str
    driver: str
    port: str
    title: str = ""
    line: str = ""
    serial_number: str = ""


@dataclass(frozen=True, slots=True)
class ChairConfig:
    """What a bedside is made from. ``limits`` overrides the shipped pre-set: "spo2_low.high" → 84.

    ``delays`` does so for how many seconds a limit of a continuous value must be passed: "spo2_low.medium" → 20.
    ``settings`` does so for the other numbers of the rules: "nibp_failed.times" → 3 (``settings.py``).
    ``responses``: a rule's code → what the clinic wants to be shown with its alert, in the place of the shipped words.
    ``max_dose_mg``: the most that a session may give by the clinic's rule.
    """

    id: str
    name: str
    devices: tuple[DeviceConfig, ...]
    limits: dict[str, Decimal] = field(default_factory=dict)
    nibp_interval_s: int = 300
    version: str = ""
    delays: dict[str, int] = field(default_factory=dict)
    responses: dict[str, str] = field(default_factory=dict)
    max_dose_mg: Decimal = Decimal(200)
    settings: dict[str, Decimal] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Configured:
    """The bedside is made (anew) with this configuration, by this version of the software.

    ``units`` are the units that told themselves before: a device that goes on speaking does not introduce itself again.
    """

    config: ChairConfig
    software: str
    units: dict[str, Unit] = field(default_factory=dict)
    type: Literal["configured"] = "configured"


@dataclass(frozen=True, slots=True)
class Bytes:
    """Bytes received from a device's port. Not stored as JSON: the journal keeps them raw."""

    device: str
    data: bytes
    type: Literal["bytes"] = "bytes"


@dataclass(frozen=True, slots=True)
class BytesSent:
    """Bytes that were truly written to a device's port."""

    device: str
    data: bytes
    type: Literal["bytes_sent"] = "bytes_sent"


@dataclass(frozen=True, slots=True)
class Observed:
    """Observations without bytes (timetables, studies; never a live line)."""

    device: str
    observations: tuple[Observation, ...]
    type: Literal["observed"] = "observed"


@dataclass(frozen=True, slots=True)
class PortOpened:
    """A device's port was opened. ``simulated`` is true for a pseudo-terminal: its chair is marked DEMO for good."""

    device: str
    simulated: bool = False
    type: Literal["port_opened"] = "port_opened"


@dataclass(frozen=True, slots=True)
class PortLost:
    """A device's port could not be opened, or was lost; ``why`` is a sentence."""

    device: str
    why: str
    type: Literal["port_lost"] = "port_lost"


@dataclass(frozen=True, slots=True)
class PortClosing:
    """The server stops in good order: decoders say farewell."""

    type: Literal["port_closing"] = "port_closing"


@dataclass(frozen=True, slots=True)
class OperatorAction:
    """A person's action. ``arguments`` hold JSON values only; numbers of a dose travel as decimal strings."""

    actor: Actor
    action: str
    arguments: dict[str, Any] = field(default_factory=dict)
    type: Literal["operator_action"] = "operator_action"


@dataclass(frozen=True, slots=True)
class HouseChanged:
    """What ails the house, told to every chair. ``what`` is one of record, screens, decoder; ``ailing`` whether it does."""

    what: str
    ailing: bool
    text: str
    type: Literal["house_changed"] = "house_changed"


@dataclass(frozen=True, slots=True)
class ClockStepped:
    """The wall clock moved: shown time = at + ``offset_us``."""

    offset_us: int
    type: Literal["clock_stepped"] = "clock_stepped"


@dataclass(frozen=True, slots=True)
class Resumed:
    """Time was lost (restart, suspension, stall): the bedside was made from its checkpoint after ``gap_us``."""

    gap_us: int
    why: str
    software: str = ""
    type: Literal["resumed"] = "resumed"


@dataclass(frozen=True, slots=True)
class Beat:
    """A deadline came and nothing else did."""

    type: Literal["beat"] = "beat"


Body = (
    Configured
    | Bytes
    | BytesSent
    | Observed
    | PortOpened
    | PortLost
    | PortClosing
    | OperatorAction
    | HouseChanged
    | ClockStepped
    | Resumed
    | Beat
)


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing that happened at a chair. ``seq`` counts from 1 without holes, each chair's own."""

    chair: str
    seq: int
    at: Instant
    body: Body
