"""Everything a decoder may say: ``Observation`` is the union at the end.

All are frozen values that bear the time ``at`` of the bytes they came from. They travel unchanged
from the driver to the journal, the websocket and the screen; ``type`` tells them apart there.
"""

from dataclasses import dataclass
from typing import Literal

from drivers.base.vocabulary import (
    UNITS,
    CommandOutcome,
    FaultKind,
    Parameter,
    Priority,
    Quality,
    StatusCode,
    Unit,
    WaveformName,
)

Instant = int
"""Microseconds since the Unix epoch on the station's timeline."""


@dataclass(frozen=True, slots=True)
class Numeric:
    """One value. ``value`` is None when the device has no valid one: missing is never zero and never the last value."""

    parameter: Parameter
    value: int | float | None
    quality: tuple[Quality, ...] = ()

    @property
    def unit(self) -> Unit:
        return UNITS[self.parameter]


@dataclass(frozen=True, slots=True)
class Reading:
    """The numerics of one determination, which stay together.

    ``spot`` marks a measurement made once (a cuff, a spot check), whose age is told in minutes; others
    are continuous. ``device_time`` is the device's own clock (ISO 8601, as far as it tells), never used for order.
    """

    at: Instant
    numerics: tuple[Numeric, ...]
    spot: bool = False
    device_time: str | None = None
    type: Literal["reading"] = "reading"


@dataclass(frozen=True, slots=True)
class WaveformChunk:
    """Samples of one curve: physical value = (sample + offset) × scale, in ``unit``.

    Samples are int16 (unsigned 16-bit curves are shifted, told by ``offset``). ``first_index`` counts on
    within a ``run``; what cannot be counted starts a new run. So a gap shows as a gap.
    ``start`` is the time of the first sample. ``scale`` is None where the curve has no absolute unit (pleth).
    """

    waveform: WaveformName
    start: Instant
    rate_hz: float
    run: int
    first_index: int
    samples: tuple[int, ...]
    scale: float | None = None
    offset: int = 0
    unit: Unit = Unit.ONE
    type: Literal["waveform"] = "waveform"


@dataclass(frozen=True, slots=True)
class DeviceStatus:
    """A state the device is in (``on``) or has left. Said when it changes, not with every frame.

    ``text`` is what a nurse reads. ``affects`` names the parameters that the state makes unknowable.
    """

    at: Instant
    code: StatusCode
    on: bool
    text: str
    affects: tuple[Parameter, ...] = ()
    detail: str | None = None
    type: Literal["status"] = "status"


@dataclass(frozen=True, slots=True)
class DeviceAlarm:
    """An alarm of the device itself: begun (``active``) or ended. ``code`` is stable within the device."""

    at: Instant
    code: str
    active: bool
    priority: Priority
    physiological: bool
    text: str
    type: Literal["alarm"] = "alarm"


@dataclass(frozen=True, slots=True)
class CommandReply:
    """What became of a command given to ``Decoder.command``; ``text`` says why when it was refused or timed out."""

    at: Instant
    command: str
    outcome: CommandOutcome
    text: str = ""
    type: Literal["command_reply"] = "command_reply"


@dataclass(frozen=True, slots=True)
class LinkFault:
    """Bytes that could not be understood: how they failed and how many were thrown away."""

    at: Instant
    kind: FaultKind
    discarded: int
    type: Literal["fault"] = "fault"


Observation = Reading | WaveformChunk | DeviceStatus | DeviceAlarm | CommandReply | LinkFault
