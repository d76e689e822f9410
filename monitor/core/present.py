"""The present state of a chair, without its alerts: what conditions look at, and what says so when it changes."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from drivers.base.observations import Instant
from drivers.base.vocabulary import Parameter
from monitor.core.changes import (
    Baseline,
    Change,
    HouseTold,
    LimitsChanged,
    LimitView,
    NibpChanged,
    NibpSchedule,
    Phase,
    ReadingTaken,
    SessionChanged,
    Vital,
)
from monitor.core.charting import same_arm
from monitor.core.cuff import Cuff
from monitor.core.devices import Line
from monitor.core.entries import Actor
from monitor.core.limits import Key
from monitor.core.numbers import SHIPPED, Numbers
from monitor.core.session import RUNNING, Session, phase_of
from monitor.core.settings import MASK, REFILL
from monitor.core.vitals import Vitals
from monitor.core.words import Number

Say = Callable[[Change], None]


@dataclass(frozen=True, slots=True)
class Ailment:
    """Something of the house that ails every chair, since when, in a sentence."""

    text: str
    since: Instant


@dataclass(slots=True)
class Present:
    """Session, lines, values, cuff, limits, and what ails the house. What is frozen in it is replaced, never changed.

    ``numbers`` are those of the rules that no limit holds.
    """

    say: Say
    lines: Mapping[str, Line]
    vitals: Vitals
    cuff: Cuff
    limits: Mapping[Key, LimitView]
    session: Session | None
    house: Mapping[str, Ailment]
    offset_us: int = 0
    attended_at: Instant = 0
    mask: tuple[Instant, Instant] | None = None
    numbers: Numbers = SHIPPED

    @property
    def phase(self) -> Phase:
        return phase_of(self.session)

    @property
    def is_running(self) -> bool:
        """Whether an infusion runs, is paused, or is being recovered from."""
        return self.phase in RUNNING

    def now(self, parameter: Parameter) -> Number | None:
        """Return the present value of what a rule watches."""
        last = self.cuff.last
        if parameter is Parameter.NIBP_SYS:
            return None if last is None else last.systolic
        if parameter is Parameter.NIBP_DIA:
            return None if last is None else last.diastolic
        if parameter is Parameter.NIBP_MEAN:
            return None if last is None else last.mean
        return self.vitals.known(parameter)

    @property
    def baseline(self) -> Baseline | None:
        return None if self.session is None else self.session.baseline

    @property
    def shade(self) -> tuple[Instant, Instant]:
        """From when until when a cuff on the probe's arm may take its pulse; nothing on different arms (clinical §2.7.13)."""
        if self.session is None or not same_arm(self.session.charted):
            return 0, 0
        return self.cuff.shade(self.numbers.us(MASK), self.numbers.us(REFILL))

    def is_not_monitored(self, parameter: Parameter) -> bool:
        """Whether a person said that this value is not to be missed."""
        return self.session is not None and any(one.parameter is parameter for one in self.session.not_monitored)

    def monitor_what_came(self, at: Instant) -> None:
        """What was said to be not monitored and gives a value is monitored from now on: it will be missed when it goes."""
        session = self.session
        if session is None or not session.not_monitored:
            return
        missing = tuple(one for one in session.not_monitored if self.vitals.known(one.parameter) is None)
        if missing != session.not_monitored:
            self.step(replace(session, not_monitored=missing), "monitored", None, at)

    def measuring(self, parameter: Parameter) -> list[Line]:
        """Return the lines whose devices measure a parameter."""
        return [line for line in self.lines.values() if line.measures(parameter)]

    def sentences(self) -> tuple[str, ...]:
        """What ails the house."""
        return tuple(ailment.text for ailment in self.house.values())

    def step(self, session: Session, step: str, actor: Actor | None, at: Instant) -> None:
        """``actor`` None: what happened brought it, nobody's action."""
        self.session = session
        self.say(SessionChanged(at, session.view(at), step, actor))

    def set_limits(self, limits: Mapping[Key, LimitView], at: Instant) -> None:
        if limits != self.limits:
            self.limits = limits
            self.say(LimitsChanged(at, tuple(limits.values())))

    def set_cuff(self, cuff: Cuff, at: Instant) -> None:
        before, self.cuff = self.cuff, cuff
        if cuff.view() != before.view():
            self.say(NibpChanged(at, self.nibp_view()))

    def set_mask(self, mask: tuple[Instant, Instant] | None, at: Instant) -> None:
        """From when until when the cuff hides the probe's values from the rules; None: it hides none."""
        if mask != self.mask:
            self.mask = mask
            self.say(NibpChanged(at, self.nibp_view()))

    def nibp_view(self) -> NibpSchedule:
        """The cuff's schedule, and what it hides."""
        since, until = self.mask or (None, None)
        return replace(self.cuff.view(), masks_from=since, masks_until=until)

    def set_ailment(self, what: str, text: str | None, at: Instant) -> None:
        """Something ails the house, or no longer does (None)."""
        house = {other: ailment for other, ailment in self.house.items() if other != what}
        if text is not None:
            house[what] = Ailment(text, at)
        self.house = house
        self.tell_house(at)

    def tell_house(self, at: Instant) -> None:
        self.say(HouseTold(at, self.sentences(), self.offset_us))

    def tell_blanked(self, vitals: tuple[Vital, ...], at: Instant) -> None:
        """Values are no longer shown."""
        for vital in vitals:
            self.say(ReadingTaken(at, vital.device, None, (vital,)))
