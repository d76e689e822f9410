"""The hub: hands every change on to every viewer at once, waves gathered for 40 ms, and a beat each second.

Each message is encoded once, whoever sees it. The hub knows from what screens say they show which of them could sound
an alarm, and tells the station when none can while somebody is infusing. It never waits for a viewer and decides nothing clinical.
"""

import asyncio
from collections import deque
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import structlog

from drivers.base.observations import Instant
from monitor.core.changes import AlertChanged, AlertState, AlertView, ChairView, Change, Phase, SessionChanged
from monitor.core.entries import Configured, Entry, Resumed
from monitor.errors import BadRequest
from monitor.web.messages import (
    PROTOCOL,
    ChairName,
    Changes,
    Hello,
    HouseBeat,
    Screens,
    Seen,
    Snapshot,
    Waveforms,
    Welcome,
    encode,
)
from monitor.web.screens import Watch, count, why_close
from monitor.web.viewer import Viewer
from monitor.web.waves import Gathering, WaveformNumbers

GATHER_S = 0.04
REMEMBERED_US = 3_600_000_000
MOST_VIEWERS = 256

_WATCHED = (Phase.INFUSING, Phase.PAUSED)
_log = structlog.get_logger("hub")


class Watched(Protocol):
    """What the hub needs of the station."""

    @property
    def chairs(self) -> Mapping[str, Any]: ...
    def view(self, chair: str) -> tuple[int, ChairView]: ...
    def tell(self, what: str, ailing: bool, text: str) -> None: ...


@dataclass(frozen=True, slots=True)
class Clinic:
    """What ``welcome`` says of the house."""

    name: str
    zone: str
    version: str
    speed: float = 1.0


class Hub:
    """All viewers. Subscribe ``take`` to the station; keep ``run`` going for the beats."""

    def __init__(self, house: Watched, now: Callable[[], Instant], clinic: Clinic) -> None:
        self._house = house
        self._now = now
        self._clinic = clinic
        self._viewers: dict[str, Viewer] = {}
        self._joined = 0
        self._beat = 0
        self._numbers = WaveformNumbers()
        self._gatherings = {chair: Gathering(index) for index, chair in enumerate(house.chairs)}
        self._flushing = False
        self._last: dict[str, int] = {}
        self._ended: dict[str, deque[AlertView]] = {chair: deque(maxlen=200) for chair in house.chairs}
        self._phases: dict[str, Phase] = {}
        self._watch = Watch()

    # Viewers

    def join(self) -> Viewer:
        """Take in a new viewer, who sees nothing yet. Raises ``BadRequest`` when there are too many."""
        if len(self._viewers) >= MOST_VIEWERS:
            raise BadRequest(f"there are {MOST_VIEWERS} screens connected, and no more may be: close one of them")
        self._joined += 1
        viewer = Viewer(f"v{self._joined}", self._beat)
        self._viewers[viewer.name] = viewer
        return viewer

    def leave(self, viewer: Viewer) -> None:
        """Forget a viewer whose connection is gone."""
        self._viewers.pop(viewer.name, None)

    @property
    def viewers(self) -> Collection[Viewer]:
        """Those who are connected."""
        return self._viewers.values()

    def hello(self, viewer: Viewer, hello: Hello) -> None:
        """Begin (again) to show what the viewer wants. Raises ``BadRequest`` for another protocol or an unknown chair."""
        if hello.protocol != PROTOCOL:
            raise BadRequest(
                f"this server speaks protocol {PROTOCOL}, not {hello.protocol}: use a client for {PROTOCOL}"
            )
        known = list(self._house.chairs)
        wanted = known if hello.chairs is None else hello.chairs
        for chair in wanted:
            if chair not in self._gatherings:
                raise BadRequest(f"there is no chair '{chair}'; there are {', '.join(known)}")
        viewer.greeted = True
        viewer.chairs = frozenset(wanted)
        viewer.waves = hello.waves
        viewer.start_over()
        viewer.put(_text(self._welcome(viewer)))
        self._owe_all(viewer)

    def seen(self, viewer: Viewer, seen: Seen) -> None:
        """Note what a screen says it shows. Raises ``BadRequest`` for a beat that has not been."""
        if seen.beat > self._beat:
            raise BadRequest(f"beat {seen.beat} has not been yet; the newest is {self._beat}")
        viewer.seen_beat = seen.beat
        viewer.sound = seen.sound
        viewer.visible = seen.visible

    def screens(self) -> Screens:
        """How many screens there are, and how many could sound an alarm now."""
        return count(self._viewers.values(), self._beat)

    def snapshot(self, chair: str) -> Snapshot:
        """Return the whole present state of a chair, with the alerts that ended in the last hour of this session."""
        seq, state = self._house.view(chair)
        admitted_at = state.session.admitted_at if state.session else 0
        since = max(self._now() - REMEMBERED_US, admitted_at)
        ended = tuple(alert for alert in self._ended[chair] if (alert.ended_at or 0) >= since)
        return Snapshot(chair, self._last.setdefault(chair, seq), state, ended)

    def remember(self, alerts: Iterable[AlertView]) -> None:
        """Take in alerts that ended before this server began, oldest first."""
        for alert in alerts:
            if alert.chair in self._ended:
                self._ended[alert.chair].append(alert)

    # What happens

    def take(self, entry: Entry, changes: Sequence[Change]) -> None:
        """Hand on what an entry changed. Called by the station for every entry; must be quick."""
        visible = []
        for change in changes:
            if change.type == "waveform":
                self._gather(entry.chair, change.device, change.chunk)
            elif change.type != "send":
                visible.append(change)
        if visible:
            self._note(entry.chair, visible)
            self._send_changes(entry, tuple(visible))
        if isinstance(entry.body, (Configured, Resumed)):
            self._made_anew(entry)

    def beat(self) -> None:
        """A second has passed: tell every viewer, close those that show the past, and see who could sound."""
        self._beat += 1
        self._watch_screens()
        text = _text(HouseBeat(self._beat, self._now(), self.screens(), self._clinic.speed))
        for viewer in self._viewers.values():
            viewer.said = 0
            if why := why_close(viewer, self._beat):
                _log.info("screen closed", viewer=viewer.name, why=why)
                viewer.end(1008, why)
        for viewer in self._greeted():
            viewer.put(text)
            self._relieve(viewer)

    async def run(self) -> None:
        """Beat each second, for as long as the server runs."""
        loop = asyncio.get_running_loop()
        due = loop.time()
        while True:
            self.beat()
            due = max(due + 1.0, loop.time())
            await asyncio.sleep(due - loop.time())

    def sending(self, viewer: Viewer, under_way: bool) -> None:
        """Note that a send to this viewer has begun or ended, so that one that hangs is seen."""
        viewer.sending_since_beat = self._beat if under_way else None

    # Inside

    def _welcome(self, viewer: Viewer) -> Welcome:
        return Welcome(
            version=self._clinic.version,
            viewer=viewer.name,
            clinic=self._clinic.name,
            zone=self._clinic.zone,
            now=self._now(),
            chairs=self.chair_names(),
            waveforms=self._numbers.waveforms,
        )

    def chair_names(self) -> tuple[ChairName, ...]:
        """The chairs in the order of the configuration."""
        return tuple(
            ChairName(chair, self._house.view(chair)[1].name, index) for index, chair in enumerate(self._house.chairs)
        )

    def _owe_all(self, viewer: Viewer) -> None:
        for chair in self._gatherings:
            viewer.owe(chair)

    def _greeted(self) -> list[Viewer]:
        return [viewer for viewer in self._viewers.values() if viewer.greeted]

    def _relieve(self, viewer: Viewer) -> None:
        if viewer.is_behind():
            _log.info("screen behind: starts over from snapshots", viewer=viewer.name)
            viewer.start_over()
            viewer.put(_text(Waveforms(self._numbers.waveforms)))
            self._owe_all(viewer)

    def _send_changes(self, entry: Entry, changes: tuple[Any, ...]) -> None:
        prev = self._last.get(entry.chair, entry.seq - 1)
        self._last[entry.chair] = entry.seq
        if not self._viewers:
            return
        text = _text(Changes(entry.chair, entry.seq, prev, entry.at, changes))
        for viewer in self._viewers.values():
            viewer.put_changes(entry.chair, text)
            self._relieve(viewer)

    def _note(self, chair: str, changes: Sequence[Change]) -> None:
        for change in changes:
            if isinstance(change, SessionChanged):
                self._phases[chair] = change.session.phase if change.session else Phase.NONE
            elif isinstance(change, AlertChanged) and change.alert.state is AlertState.ENDED:
                self._ended[chair].append(change.alert)

    def _made_anew(self, entry: Entry) -> None:
        """The bedside was replaced whole: no list of changes says so, hence a snapshot. Nothing of the patient before stays."""
        self._phases.pop(entry.chair, None)
        if isinstance(entry.body, Configured) or self._phase(entry.chair) is Phase.NONE:
            self._ended[entry.chair].clear()
        self._last[entry.chair] = entry.seq
        for viewer in self._viewers.values():
            viewer.owe(entry.chair)

    def _gather(self, chair: str, device: str, chunk: Any) -> None:
        known = len(self._numbers.waveforms)
        number = self._numbers.number(device, chunk)
        if len(self._numbers.waveforms) != known:
            text = _text(Waveforms(self._numbers.waveforms))
            for viewer in self._greeted():
                viewer.put(text)
        if not any(viewer.waves for viewer in self._viewers.values()):
            return
        self._gatherings[chair].add(number, chunk)
        if not self._flushing:
            self._flushing = True
            asyncio.get_running_loop().call_later(GATHER_S, self.flush)

    def flush(self) -> None:
        """Send what was gathered of all chairs' waves: together, so that the line is written to once."""
        self._flushing = False
        for chair, gathering in self._gatherings.items():
            for frame in gathering.frames():
                for viewer in self._viewers.values():
                    viewer.put_waves(chair, frame)

    def _watch_screens(self) -> None:
        told = self._watch.beat(self._somebody_is_watched() and self.screens().sounding == 0)
        if told is not None:
            self._house.tell("screens", told, "No screen can sound an alarm: tap Start shift on one" if told else "")

    def _somebody_is_watched(self) -> bool:
        return any(self._phase(chair) in _WATCHED for chair in self._house.chairs)

    def _phase(self, chair: str) -> Phase:
        if chair not in self._phases:
            session = self._house.view(chair)[1].session
            self._phases[chair] = session.phase if session else Phase.NONE
        return self._phases[chair]


def _text(message: Any) -> str:
    return encode(message).decode()
