"""A device's line at a chair: its decoder, what it says of itself, and whether it still speaks. Decides no alarm."""

from dataclasses import dataclass, field

from drivers.base.decoder import Decoder, Driver
from drivers.base.observations import DeviceAlarm, DeviceStatus, Instant
from drivers.base.vocabulary import CommandKind, Parameter, StatusCode
from monitor.core.changes import DeviceView, LineState, StatusView
from monitor.core.entries import DeviceConfig
from monitor.core.numbers import SHIPPED
from monitor.core.settings import SILENT
from monitor.core.units import Bond

SECOND_US = 1_000_000
STALE_AFTER_US = 5 * SECOND_US
"""Clinical §2.7.9: grey at 5 s; an alert follows after the setting of R5."""
UNDERSTOOD_FOR_US = 2 * SECOND_US
"""So long a line that spoke as another device must be understood again: among strange bytes a frame may fit by chance."""

_LABELS = {"nibp": "NIBP", "ecg": "ECG", "cardiac": "Cardiac monitor"}


@dataclass(slots=True)
class Line:
    """State of one line. It is closed until its port is opened, and again once that is lost."""

    config: DeviceConfig
    driver: Driver
    closed_at: Instant
    bond: Bond
    silent_us: int = SHIPPED.us(SILENT)
    state: LineState = LineState.CLOSED
    decoder: Decoder | None = None
    wake_at: Instant | None = None
    heard_at: Instant = 0
    spoke: bool = False
    last_byte_at: Instant | None = None
    armed: Instant | None = None
    why: str = "not opened yet"
    simulated: bool = False
    statuses: dict[StatusCode, StatusView] = field(default_factory=dict)
    alarms: dict[str, DeviceAlarm] = field(default_factory=dict)
    faults: int = 0
    discarded: int = 0
    told_at: Instant = 0
    ever_live: bool = False
    ailing_until: Instant | None = None
    believed_from: Instant = 0

    @property
    def label(self) -> str:
        """What the device is called in a sentence: "Oximeter"."""
        return self.config.title or _LABELS.get(self.config.id, self.config.id.capitalize())

    @property
    def fresh_us(self) -> int:
        """How long a continuous value of this device, or its silence, counts as present."""
        return max(STALE_AFTER_US, int((self.driver.silent_after_s or 0) * SECOND_US))

    @property
    def lost_after_us(self) -> int:
        """After how long without a byte the device counts as lost: ``silent_us``, longer for one that speaks rarely."""
        return self.fresh_us + self.silent_us - STALE_AFTER_US

    def measures(self, parameter: Parameter) -> bool:
        return parameter in self.driver.parameters

    def can(self, kind: CommandKind) -> bool:
        return kind in self.driver.commands

    def is_believed(self, at: Instant) -> bool:
        """Whether what the line says now is said by the device bound here: not by another unit, nor by another kind of device."""
        strange = StatusCode.NOT_THIS_DEVICE in self.statuses or at < self.believed_from
        return self.bond.refused is None and not strange

    def open(self, at: Instant, decoder: Decoder, simulated: bool) -> None:
        self.close(at, "")
        self.decoder, self.state, self.simulated = decoder, LineState.OPEN, simulated
        self.heard_at, self.spoke, self.believed_from = at, False, 0
        self._arm(at)

    def close(self, at: Instant, why: str) -> None:
        """The port is gone: what the device said of itself no longer counts."""
        if self.state is not LineState.CLOSED:
            self.closed_at = at
        self.state, self.why, self.decoder = LineState.CLOSED, why, None
        self.wake_at = self.armed = None
        self.statuses, self.alarms = {}, {}

    def heard(self, at: Instant) -> bool:
        """A sign of life; true when it changed the line's state. Cheap: silence is looked for when its time comes."""
        self.heard_at = self.last_byte_at = at
        if self.state is LineState.LIVE:
            return False
        self.state, self.spoke, self.ever_live = LineState.LIVE, True, True
        self._arm(at)
        return True

    def wake(self, at: Instant) -> bool:
        """See whether the line has gone silent; true when it has just done so."""
        if self.armed is None or self.armed > at:
            return False
        self._arm(self.heard_at)
        if self.armed > at:
            return False
        self.state, self.armed = LineState.SILENT, None
        return True

    def _arm(self, since: Instant) -> None:
        self.armed = None if self.driver.silent_after_s is None else since + self.fresh_us

    def set_status(self, status: DeviceStatus, at: Instant) -> None:
        if status.on:
            old = self.statuses.get(status.code)
            self.statuses[status.code] = StatusView(status.code, status.text, at if old is None else old.since)
        elif self.statuses.pop(status.code, None) and status.code is StatusCode.NOT_THIS_DEVICE:
            self.believed_from = at + UNDERSTOOD_FOR_US

    def set_alarm(self, alarm: DeviceAlarm) -> None:
        if alarm.active:
            self.alarms[alarm.code] = alarm
        else:
            self.alarms.pop(alarm.code, None)

    def down_since(self) -> Instant | None:
        """Since when nothing has come from the device: port closed, line silent, no answer, or bytes of something else.

        A port that opens is no sign of life yet: the device must speak, if it is one that does so unasked.
        """
        if self.state is LineState.CLOSED:
            return self.closed_at
        if self.state is LineState.OPEN and self.driver.silent_after_s is not None:
            return self.closed_at
        if self.state is LineState.SILENT:
            return self.heard_at if self.spoke else self.closed_at
        told = self.statuses.get(StatusCode.NOT_ANSWERING) or self.statuses.get(StatusCode.NOT_THIS_DEVICE)
        return None if told is None else told.since

    def is_lost(self, at: Instant) -> bool:
        """Whether nothing that could be shown comes from the device."""
        if self.bond.refused is not None:
            return True
        since = self.down_since()
        return since is not None and at >= since + self.lost_after_us

    def next_deadline(self) -> Instant | None:
        return min((due for due in (self.armed, self.wake_at, self.ailing_until) if due is not None), default=None)

    def view(self) -> DeviceView:
        return DeviceView(
            id=self.config.id,
            driver=self.driver.name,
            title=self.label,
            port=self.config.port,
            line=self.state,
            last_byte_at=self.last_byte_at,
            why=self.why,
            statuses=tuple(self.statuses.values()),
            alarms=tuple(self.alarms.values()) if self.bond.refused is None else (),
            faults=self.faults,
            discarded=self.discarded,
            simulated=self.simulated,
            can=self.driver.commands,
            unit=str(self.bond.known or ""),
            refused=str(self.bond.refused or ""),
            accepted_by=self.bond.accepted_by,
        )
