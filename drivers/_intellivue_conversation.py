"""The client's side of an IntelliVue association: asking for it, polling, keeping it alive, asking again when it is lost.

It says when and what is sent; what the monitor's data mean is not its business. Until ``open`` it is mute.
"""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum

from drivers._intellivue_association import (
    ABORT,
    RELEASE_REQUEST,
    RELEASE_RESPONSE,
    Granted,
    association_request,
)
from drivers._intellivue_frames import frame
from drivers._intellivue_messages import EventReport, confirmation, poll_request, wave_priorities_request
from drivers._intellivue_statuses import Statuses
from drivers._intellivue_wire import TICKS_PER_SECOND, Event, Group, ObjectClass, Option, Physio
from drivers.base.observations import Instant, Observation
from drivers.base.vocabulary import StatusCode

SECOND = 1_000_000
BETWEEN_FRAMES = 64_000
"""µs; the monitor takes four frames in 128 ms at most."""
ASK_AGAIN = 3 * SECOND
AFTER_LOSS = 2 * SECOND
"""An association is asked for again after 2 s at the earliest."""
UNCONFIRMED = 12 * SECOND
"""The monitor repeats an unconfirmed MDS create for 10 s."""
KEEP_ALIVE = 4 * SECOND
SILENCE = 5 * SECOND
ACTIVE_TICKS = 60 * TICKS_PER_SECOND
RENEW = 30 * SECOND
UNHEARD = 3 * SECOND
"""A poll that brings nothing for so long is asked anew."""
REFUSALS = 2
"""After so many a forgotten association is taken to stand in the way, and ended."""

_SCADA = 0x00020000
COMPOUND_ECG = (_SCADA | Physio.ECG,)
SINGLE_LEADS = (_SCADA | Physio.ECG_II, _SCADA | Physio.ECG_V)
OTHER_WAVES = (_SCADA | Physio.PLETH, _SCADA | Physio.RESPIRATION, _SCADA | Physio.CO2)

_PRIORITIES, _NUMERICS, _WAVES, _ALERTS, _ALIVE, _WHO = 2, 4, 5, 6, 7, 8  # invoke ids


class Phase(Enum):
    """Where the association stands."""

    CLOSED = "closed"
    ASKING = "asking"
    ACCEPTED = "accepted"
    ACTIVE = "active"


@dataclass(slots=True)
class _Poll:
    """A poll that brings results until its time expires."""

    object_class: ObjectClass
    request: bytes
    asked: Instant
    heard: Instant
    refused: bool = False

    @property
    def due(self) -> Instant:
        """When it must be asked again: before it expires, or because nothing comes."""
        renewal = self.asked + RENEW
        return renewal if self.refused else min(renewal, max(self.asked, self.heard) + UNHEARD)


_Timer = Callable[[Instant], list[Observation]]


class Conversation:
    """One association, or the attempts at one."""

    def __init__(self, statuses: Statuses) -> None:
        self._statuses = statuses
        self._phase = Phase.CLOSED
        self._queue: deque[bytes] = deque()
        self._sending = bytearray()
        self._free_at = 0
        self._due: dict[_Timer, Instant] = {}
        self._polls: dict[int, _Poll] = {}
        self._asked = 0
        self._attempts = 0
        self._refusals = 0
        self._waves_granted = True
        self._single_leads = False
        self._stranger = False

    @property
    def is_open(self) -> bool:
        """Whether the line may be written to."""
        return self._phase is not Phase.CLOSED

    @property
    def is_active(self) -> bool:
        """Whether polls run."""
        return self._phase is Phase.ACTIVE

    def bytes_to_send(self) -> bytes:
        """Return what may go out now."""
        sending = bytes(self._sending)
        self._sending.clear()
        return sending

    def next_deadline(self) -> Instant | None:
        """When ``wake`` is due."""
        return min(self._due.values(), default=None)

    def wake(self, at: Instant) -> list[Observation]:
        """Do what is due, the earliest first."""
        said: list[Observation] = []
        while self._due:
            timer = min(self._due, key=self._due.__getitem__)
            if self._due[timer] > at:
                break
            del self._due[timer]
            said += timer(at)
        return said

    def open(self, at: Instant) -> list[Observation]:
        """Begin."""
        self._reset(Phase.ASKING)
        self._attempts = self._refusals = 0
        return self._ask(at)

    def close(self) -> None:
        """Take leave; nothing is sent after it."""
        farewell = {Phase.ACTIVE: RELEASE_REQUEST, Phase.ACCEPTED: ABORT}.get(self._phase)
        self._reset(Phase.CLOSED)
        if farewell is not None:
            self._sending += frame(farewell)

    def accepted(self, at: Instant, granted: Granted | None) -> None:
        """The monitor granted an association; what it creates is still to come."""
        if self._phase is Phase.CLOSED:
            return
        self._reset(Phase.ACCEPTED)
        self._attempts = self._refusals = 0
        self._waves_granted = granted is None or bool(granted.options & Option.WAVES)
        self._due[self._unconfirmed] = at + UNCONFIRMED

    def refused(self, at: Instant) -> list[Observation]:
        """The monitor refused: it has an association already, or does not like what was asked."""
        if self._phase is not Phase.ASKING:
            return []
        self._refusals += 1
        self._due[self._ask] = at + ASK_AGAIN
        if self._refusals < REFUSALS:
            return []
        return self._not_answering(at, "The monitor refuses the connection; asking again")

    def ended(self, at: Instant, released: bool) -> list[Observation]:
        """The monitor aborted, or released, the association."""
        if self._phase in (Phase.CLOSED, Phase.ASKING):
            return []
        said = self._lose(at, "The monitor ended the connection; asking again")
        if released:
            self._send(RELEASE_RESPONSE, at)
        return said

    def event(self, report: EventReport, at: Instant) -> list[Observation]:
        """Confirm an event; the creation of the MDS, also when it is told again, opens the way to polls."""
        if self._phase is Phase.CLOSED or not report.confirmed:
            return []
        self._send(confirmation(report), at)
        created = report.event == Event.MDS_CREATE
        self._stranger = self._stranger and not created
        return self._begin(at) if created and self._phase is not Phase.ACTIVE else []

    def result(self, object_class: int, at: Instant) -> list[Observation]:
        """Polled data came. An association that was there before us is taken over once it is clear that none is granted.

        Such a monitor has told nobody here which one it is, so that is asked until it says so.
        """
        if object_class == ObjectClass.MDS:
            self._stranger = False
        if self._phase is Phase.ACTIVE:
            self._due[self._silent] = at + SILENCE
            for poll in self._polls.values():
                if poll.object_class == object_class:
                    poll.heard = at
                    poll.refused = False
        elif self._phase is Phase.ASKING and (self._refusals or at - self._asked >= SECOND):
            self._stranger = True
            return [*self._begin(at), *self._ask_who(at)]
        return []

    def failed(self, invoke_id: int) -> None:
        """The monitor would not do an operation: do not press it."""
        if invoke_id in self._polls:
            self._polls[invoke_id].refused = True

    def serves(self, labels: tuple[int, ...], at: Instant) -> None:
        """The monitor told which waves it serves: without a compound ECG, ask for single leads, once."""
        missing = COMPOUND_ECG[0] not in labels and not any(label in labels for label in SINGLE_LEADS)
        if self._phase is Phase.ACTIVE and missing and not self._single_leads:
            self._single_leads = True
            self._send(wave_priorities_request(_PRIORITIES, SINGLE_LEADS + OTHER_WAVES), at)

    def _reset(self, phase: Phase) -> None:
        self._phase = phase
        self._queue.clear()
        self._due.clear()
        self._polls.clear()
        self._single_leads = self._stranger = False

    def _ask(self, at: Instant) -> list[Observation]:
        said: list[Observation] = []
        if self._attempts and not self._refusals:
            said = self._not_answering(at, "The monitor does not answer; asking again")
        if self._refusals >= REFUSALS:
            self._refusals = 0
            self._send(ABORT, at)
        self._attempts += 1
        self._asked = at
        self._send(association_request(), at)
        self._due[self._ask] = at + ASK_AGAIN
        return said

    def _begin(self, at: Instant) -> list[Observation]:
        for timer in (self._ask, self._unconfirmed):
            self._due.pop(timer, None)
        self._phase = Phase.ACTIVE
        self._attempts = self._refusals = 0
        self._poll(at, _NUMERICS, 1, ObjectClass.NUMERIC, Group.OBSERVED_VALUES)
        self._poll(at, _ALERTS, 3, ObjectClass.ALERT_MONITOR, Group.ALERTS)
        if self._waves_granted:
            self._send(wave_priorities_request(_PRIORITIES, COMPOUND_ECG + OTHER_WAVES), at)
            self._poll(at, _WAVES, 2, ObjectClass.WAVE, Group.ALL)
        self._due[self._ask_due_polls] = min(poll.due for poll in self._polls.values())
        self._due[self._keep_alive] = at + KEEP_ALIVE
        self._due[self._silent] = at + SILENCE
        said: list[Observation] = [*self._statuses.leave(at, StatusCode.NOT_ANSWERING)]
        return [*said, *self._statuses.enter(at, StatusCode.CONNECTED, "The monitor is connected")]

    def _poll(self, at: Instant, invoke_id: int, number: int, object_class: ObjectClass, group: Group) -> None:
        request = poll_request(invoke_id, number, object_class, group, ACTIVE_TICKS)
        self._polls[invoke_id] = _Poll(object_class, request, asked=at, heard=at)
        self._send(request, at)

    def _ask_due_polls(self, at: Instant) -> list[Observation]:
        for poll in self._polls.values():
            if poll.due <= at:
                poll.asked = at
                self._send(poll.request, at)
        self._due[self._ask_due_polls] = min(poll.due for poll in self._polls.values())
        return []

    def _keep_alive(self, at: Instant) -> list[Observation]:
        self._send(poll_request(_ALIVE, 4, ObjectClass.ALERT_MONITOR, Group.STATIC_CONTEXT), at)
        self._due[self._keep_alive] = at + KEEP_ALIVE
        return []

    def _ask_who(self, at: Instant) -> list[Observation]:
        if self._stranger:
            self._send(poll_request(_WHO, 5, ObjectClass.MDS, Group.ALL), at)
            self._due[self._ask_who] = at + KEEP_ALIVE
        return []

    def _silent(self, at: Instant) -> list[Observation]:
        said = self._lose(at, "The monitor has fallen silent; asking again")
        self._send(ABORT, at)
        return said

    def _unconfirmed(self, at: Instant) -> list[Observation]:
        return self._lose(at, "The monitor did not finish connecting; asking again")

    def _lose(self, at: Instant, text: str) -> list[Observation]:
        self._reset(Phase.ASKING)
        self._attempts = 1
        self._asked = at
        self._due[self._ask] = at + AFTER_LOSS
        return self._not_answering(at, text)

    def _not_answering(self, at: Instant, text: str) -> list[Observation]:
        left = self._statuses.leave(at, StatusCode.CONNECTED)
        if self._statuses.is_on(StatusCode.NOT_ANSWERING):
            return [*left]
        return [*left, *self._statuses.enter(at, StatusCode.NOT_ANSWERING, text)]

    def _send(self, message: bytes, at: Instant) -> None:
        self._queue.append(frame(message))
        self._drain(at)

    def _drain(self, at: Instant) -> list[Observation]:
        if self._queue and at >= self._free_at:
            self._sending += self._queue.popleft()
            self._free_at = at + BETWEEN_FRAMES
        if self._queue:
            self._due[self._drain] = self._free_at
        return []
