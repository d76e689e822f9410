"""The life of alerts as a state × event table, and the audio pause of a chair. Knows no value and no limit.

A rise of priority is the same alert, unacknowledged anew. An alert that has been high since anybody acknowledged it stays, latched,
when its condition has gone. An audio pause ends by itself, and at once for what is as urgent as what it was begun for.
What nobody acknowledges is told to more people, step by step; a crowd of alerts that came together is told as one.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from enum import Enum, auto
from typing import Literal

from drivers.base.observations import Instant
from drivers.base.vocabulary import Parameter, Priority
from monitor.core.changes import (
    AlertChanged,
    AlertGroup,
    AlertMark,
    AlertsGrouped,
    AlertState,
    AlertView,
    AudioPauseChanged,
    Change,
)
from monitor.core.devices import SECOND_US
from monitor.core.entries import Actor
from monitor.core.threshold import Declared
from monitor.core.words import RANK, Number, higher, was_now
from monitor.errors import ActionNotAllowed, NotFound

REALARM_US = {Priority.HIGH: 120 * SECOND_US, Priority.MEDIUM: 300 * SECOND_US}
"""An acknowledged alert whose condition lasts becomes active again after so long (alarms §2)."""

ESCALATION_US = {Priority.HIGH: (60 * SECOND_US, 120 * SECOND_US), Priority.MEDIUM: (180 * SECOND_US,)}
"""An alert that nobody has acknowledged for so long is told to more people: high to the physicians' screens, then to all;
medium to the nurses' (alarms §2, which says charge nurse: no role here tells one nurse from another)."""

CROWD, CROWD_US = 5, 60 * SECOND_US
"""More conditions than this that began within such a time are told as one (alarms §2, hazard H11)."""

LONGEST_PAUSE_S = 120


class Event(Enum):
    """What can happen to an alert."""

    ROSE = auto()
    FELL = auto()
    CLEARED = auto()
    CLEARED_UNSEEN = auto()
    RETURNED = auto()
    ACKNOWLEDGED = auto()
    DUE = auto()


_ACTIVE, _ACKNOWLEDGED, _LATCHED, _ENDED = AlertState

LIFE: dict[tuple[AlertState, Event], AlertState] = {
    (_ACTIVE, Event.ROSE): _ACTIVE,
    (_ACTIVE, Event.FELL): _ACTIVE,
    (_ACTIVE, Event.CLEARED): _ENDED,
    (_ACTIVE, Event.CLEARED_UNSEEN): _LATCHED,
    (_ACTIVE, Event.ACKNOWLEDGED): _ACKNOWLEDGED,
    (_ACKNOWLEDGED, Event.ROSE): _ACTIVE,
    (_ACKNOWLEDGED, Event.FELL): _ACKNOWLEDGED,
    (_ACKNOWLEDGED, Event.CLEARED): _ENDED,
    (_ACKNOWLEDGED, Event.DUE): _ACTIVE,
    (_LATCHED, Event.RETURNED): _ACTIVE,
    (_LATCHED, Event.ACKNOWLEDGED): _ENDED,
}

Told = Literal[
    "began", "rose", "fell", "updated", "acknowledged", "latched", "resumed", "realarmed", "escalated", "ended"
]

_TOLD: dict[Event, Told] = {
    Event.CLEARED_UNSEEN: "latched",
    Event.ROSE: "rose",
    Event.FELL: "fell",
    Event.RETURNED: "resumed",
    Event.ACKNOWLEDGED: "acknowledged",
    Event.DUE: "realarmed",
}


@dataclass(frozen=True, slots=True)
class Alert:
    """An open alert. ``unseen`` is the highest priority it has had since anybody acknowledged it; ``waited_us`` how long a
    latched one had waited when its condition went; ``highest`` the highest priority it has had at all."""

    key: str
    view: AlertView
    unseen: Priority | None
    waited_us: int = 0
    highest: Priority = Priority.LOW


@dataclass(frozen=True, slots=True)
class AudioPause:
    """Silence until ``until``; ``over`` is the highest priority that was open when it began."""

    until: Instant
    by: str
    over: Priority | None


class Alerts:
    """The open alerts of a chair by key, in the order in which they began."""

    def __init__(self, chair: str, say: Callable[[Change], None], responses: Mapping[str, str]) -> None:
        self._chair = chair
        self._say = say
        self._responses = responses
        self.open: dict[str, Alert] = {}
        self.pause: AudioPause | None = None
        self.group: AlertGroup | None = None
        self._stirred = False

    def resume(self, alerts: Iterable[Alert], pause: AudioPause | None) -> None:
        """Stand as a checkpoint says."""
        self.open = {alert.key: alert for alert in alerts}
        self.pause = pause
        self.group = crowd(alert.view for alert in self.open.values())

    def settle(self, declared: Mapping[str, Declared], now: Callable[[Parameter], Number | None], at: Instant) -> None:
        """Bring the alerts in line with what is declared; ``now`` tells present values, for the words of what is over."""
        for key in [key for key in self.open if key not in declared]:
            self._gone(self.open[key], now, at)
        for key, condition in declared.items():
            alert = self.open.get(key)
            if alert is None:
                self._begin(key, condition, at)
            else:
                self._go_on(alert, condition, at)
        self._regroup(at)

    def find(self, id: str) -> Alert:
        """Return the open alert with this id; raises ``NotFound``."""
        for alert in self.open.values():
            if alert.view.id == id:
                return alert
        raise NotFound(f"chair {self._chair} has no open alert '{id}'; it may have ended")

    def check_acknowledge(self, alert: Alert) -> None:
        """Raise ``ActionNotAllowed`` for one that is acknowledged already."""
        by = alert.view.acknowledged_by
        if by is not None:
            raise ActionNotAllowed(f"'{alert.view.text}' was already acknowledged by {by.name}")

    def acknowledge(self, alert: Alert, actor: Actor, at: Instant) -> None:
        """A person has taken notice; a latched alert ends with it."""
        again = REALARM_US.get(alert.view.priority)
        view = replace(
            alert.view,
            acknowledged_by=actor,
            acknowledged_at=at,
            sounds_again_at=at + again if again else None,
            waiting_since=None,
            escalation=0,
            life=(*alert.view.life, AlertMark(at, "acknowledged", by=actor.name)),
        )
        self._move(replace(alert, view=view, unseen=None), Event.ACKNOWLEDGED, at)
        self._regroup(at)

    def pause_audio(self, seconds: int, by: str, at: Instant) -> None:
        over = None
        for alert in self.open.values():
            over = higher(over, alert.view.priority)
        self.pause = AudioPause(at + seconds * SECOND_US, by, over)
        self._say(AudioPauseChanged(at, self.pause.until, by))

    def end_pause(self, at: Instant) -> None:
        if self.pause is not None:
            self.pause = None
            self._say(AudioPauseChanged(at, None, ""))

    def end_all(self, at: Instant) -> None:
        """The session closes, or the bedside is made anew: nothing of it stays open."""
        for alert in list(self.open.values()):
            self._finish(alert, at)
        self.end_pause(at)
        self._regroup(at)

    def next_deadline(self) -> Instant | None:
        due = [alert.view.sounds_again_at for alert in self.open.values()]
        due += [escalates_at(alert.view) for alert in self.open.values()]
        due.append(None if self.pause is None else self.pause.until)
        return min((instant for instant in due if instant is not None), default=None)

    def wake(self, at: Instant) -> None:
        """Let acknowledged alerts that are due sound again, others escalate, and a pause end."""
        for alert in list(self.open.values()):
            again = alert.view.sounds_again_at
            if again is not None and again <= at:
                self._move(_marked(_unacknowledged(alert, at), AlertMark(at, "realarmed")), Event.DUE, at)
            self._escalate(alert.key, at)
        if self.pause is not None and self.pause.until <= at:
            self.end_pause(at)
        self._regroup(at)

    def _escalate(self, key: str, at: Instant) -> None:
        while (due := escalates_at(self.open[key].view)) is not None and due <= at:
            alert = self.open[key]
            view = replace(alert.view, escalation=alert.view.escalation + 1, changed=at)
            alert = self.open[key] = _marked(replace(alert, view=view), AlertMark(at, "escalated", _told_to(view)))
            self._tell(alert.view, "escalated", at)

    def _tell(self, view: AlertView, event: Told, at: Instant) -> None:
        self._say(AlertChanged(at, view, event))
        self._stirred = True

    def _regroup(self, at: Instant) -> None:
        """Say so where the crowd has become another."""
        if not self._stirred:
            return
        self._stirred = False
        group = crowd(alert.view for alert in self.open.values())
        if group != self.group:
            self.group = group
            self._mark_grouped(() if group is None else group.alerts, at)
            self._say(AlertsGrouped(at, group))

    def _mark_grouped(self, ids: tuple[str, ...], at: Instant) -> None:
        """Write down with each alert that it was told as one with others, once."""
        for key, alert in list(self.open.items()):
            if alert.view.id in ids and not any(mark.what == "grouped" for mark in alert.view.life):
                marked = _marked(replace(alert, view=replace(alert.view, changed=at)), AlertMark(at, "grouped"))
                self.open[key] = marked
                self._say(AlertChanged(at, marked.view, "updated"))

    def _begin(self, key: str, found: Declared, at: Instant) -> None:
        condition = found.condition
        view = AlertView(
            id=f"{self._chair}:{key}:{at}",
            chair=self._chair,
            number=condition.number,
            code=condition.code,
            kind=condition.kind,
            priority=found.priority,
            state=AlertState.ACTIVE,
            text=found.text,
            began=at,
            changed=at,
            parameter=found.parameter,
            value=found.value,
            limit=found.limit,
            worst=found.value,
            sounding=_sounds(found.priority),
            latching=condition.latching,
            cause=found.cause,
            response=self._responses.get(condition.code, condition.response),
            waiting_since=at,
        )
        self.open[key] = Alert(key, view, found.priority, highest=found.priority)
        self._tell(view, "began", at)
        self._break_pause(found.priority, at)

    def _go_on(self, alert: Alert, found: Declared, at: Instant) -> None:
        was = alert.view
        worst = _worse(was.worst if found.parameter is was.parameter else None, found)
        text = _text(found, worst) or was.text
        told = (text, found.parameter, found.value, found.limit, worst)
        if told != (was.text, was.parameter, was.value, was.limit, was.worst):
            view = replace(was, text=text, parameter=found.parameter, value=found.value, limit=found.limit, worst=worst)
            alert = replace(alert, view=view)
        rank, old = RANK[found.priority], RANK[was.priority]
        if was.state is AlertState.LATCHED:
            self._return(alert, found.priority, at)
        elif rank > old:
            since = _waits_since(alert, found.priority, at)
            risen = _unacknowledged(_at_priority(alert, found.priority), since)
            self._move(_with_wider_circle(risen, at), Event.ROSE, at)
        elif rank < old:
            self._move(_at_priority(alert, found.priority), Event.FELL, at)
        else:
            self._update(alert, at)

    def _return(self, alert: Alert, priority: Priority, at: Instant) -> None:
        """The condition of a latched alert is back; as low it is silent, so the latched one stays in sight."""
        if priority is Priority.LOW:
            self._update(alert, at)
        else:
            view = replace(alert.view, waiting_since=at - alert.waited_us)
            self._move(_at_priority(replace(alert, view=view), priority), Event.RETURNED, at)

    def _gone(self, alert: Alert, now: Callable[[Parameter], Number | None], at: Instant) -> None:
        was = alert.view
        value = None if was.parameter is None else now(was.parameter)
        text = _over(was, value)
        if (text, value) != (was.text, was.value):
            alert = replace(alert, view=replace(was, text=text, value=value))
        if was.state is AlertState.LATCHED:
            self._update(alert, at)
        elif was.latching and alert.unseen is Priority.HIGH:
            waited = at - (was.waiting_since or at)
            view = replace(alert.view, priority=Priority.HIGH)
            self._move(replace(alert, view=view, waited_us=waited), Event.CLEARED_UNSEEN, at)
        else:
            self._move(alert, Event.CLEARED, at)

    def _finish(self, alert: Alert, at: Instant) -> None:
        """It is kept as what it was at its worst: one that fell before it ended is no lesser event."""
        view = replace(
            alert.view,
            priority=_highest(alert, alert.view.priority),
            state=AlertState.ENDED,
            changed=at,
            ended_at=at,
            sounding=False,
            sounds_again_at=None,
        )
        del self.open[alert.key]
        self._tell(view, "ended", at)

    def _move(self, alert: Alert, event: Event, at: Instant) -> None:
        state = LIFE[alert.view.state, event]
        view = replace(
            alert.view, state=state, changed=at, sounding=state is AlertState.ACTIVE and _sounds(alert.view.priority)
        )
        alert = replace(alert, view=view)
        if state is AlertState.ENDED:
            self._finish(alert, at)
            return
        self.open[alert.key] = alert
        self._tell(view, _TOLD[event], at)
        if event is Event.ROSE:
            self._break_pause(view.priority, at, rose=True)
        elif event is Event.RETURNED:
            self._break_pause(view.priority, at)

    def _update(self, alert: Alert, at: Instant) -> None:
        if alert is not self.open[alert.key]:
            view = replace(alert.view, changed=at)
            self.open[alert.key] = replace(alert, view=view)
            self._tell(view, "updated", at)

    def _break_pause(self, priority: Priority, at: Instant, rose: bool = False) -> None:
        if self.pause is None or not _sounds(priority):
            return
        over = self.pause.over
        if rose or over is None or RANK[priority] >= RANK[over]:
            self.end_pause(at)


def escalates_at(view: AlertView) -> Instant | None:
    """Return when more people are told of an alert; None while somebody has acknowledged it, its condition is gone, or all know."""
    steps = ESCALATION_US.get(view.priority, ())
    if view.state is not AlertState.ACTIVE or view.waiting_since is None or view.escalation >= len(steps):
        return None
    return view.waiting_since + steps[view.escalation]


def crowd(views: Iterable[AlertView]) -> AlertGroup | None:
    """Return what waits to be acknowledged as a group, where so many of it began together; else None."""
    waiting = [view for view in views if view.state is not AlertState.ACKNOWLEDGED]
    began = sorted(view.began for view in waiting)
    if not any(later - first <= CROWD_US for first, later in zip(began, began[CROWD:], strict=False)):
        return None
    waiting.sort(key=lambda view: (-RANK[view.priority], view.began))
    text = f"Multiple conditions ({len(waiting)})"
    return AlertGroup(text, waiting[0].priority, began[0], tuple(view.id for view in waiting))


def _sounds(priority: Priority) -> bool:
    return priority is not Priority.LOW


def _at_priority(alert: Alert, priority: Priority) -> Alert:
    """The alert at another priority; one that stays acknowledged sounds again after that priority's time."""
    since, again = alert.view.acknowledged_at, REALARM_US.get(priority)
    again_at = None if since is None or again is None else since + again
    unseen = alert.unseen if since is not None else higher(alert.unseen, priority)
    view = replace(alert.view, priority=priority, sounds_again_at=again_at)
    return replace(alert, view=view, unseen=unseen, highest=_highest(alert, priority))


def _highest(alert: Alert, priority: Priority) -> Priority:
    return max(alert.highest, priority, key=RANK.__getitem__)


def _worse(worst: Number | None, found: Declared) -> Number | None:
    if worst is None or found.value is None:
        return found.value if worst is None else worst
    return min(worst, found.value) if found.condition.code.endswith("_low") else max(worst, found.value)


def _waits_since(alert: Alert, priority: Priority, at: Instant) -> Instant:
    """Since when it waits at a priority to which it rises: a value that swings about its limit begins no new wait."""
    since, unseen = alert.view.waiting_since, alert.unseen
    return at if since is None or unseen is None or RANK[unseen] < RANK[priority] else since


def _unacknowledged(alert: Alert, since: Instant) -> Alert:
    view = replace(alert.view, acknowledged_by=None, acknowledged_at=None, sounds_again_at=None, waiting_since=since)
    return replace(alert, view=view, unseen=higher(alert.unseen, view.priority))


def _marked(alert: Alert, mark: AlertMark) -> Alert:
    return replace(alert, view=replace(alert.view, life=(*alert.view.life, mark)))


def _told_to(view: AlertView) -> Literal["nurses", "physicians", "all"]:
    """To whose screens an alert is escalated."""
    if view.escalation > 1:
        return "all"
    return "physicians" if view.priority is Priority.HIGH else "nurses"


def _with_wider_circle(alert: Alert, at: Instant) -> Alert:
    """One that was escalated already and rises is told to others at once; that is written down as well."""
    circle = _told_to(alert.view)
    told = [mark.to for mark in alert.view.life if mark.what == "escalated"]
    if not alert.view.escalation or circle in told[-1:]:
        return alert
    return _marked(alert, AlertMark(at, "escalated", circle))


def _text(found: Declared, worst: Number | None) -> str:
    """What is so now; a value that has left its limit but not cleared is told with its worst."""
    if found.text or found.parameter is None or worst is None:
        return found.text
    return was_now(found.parameter, worst, found.value)


def _over(view: AlertView, value: Number | None) -> str:
    if view.parameter is not None and view.worst is not None:
        return was_now(view.parameter, view.worst, value)
    return view.text if view.state is AlertState.LATCHED else f"{view.text}; over"
