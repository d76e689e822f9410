"""The cuff of a DINAMAP as its status reads tell it: which result is new, which is old, and what a failure means.

A result stays readable for 90 minutes. It is new only when its age fell, or the device went from busy to done just now;
never when it is the one already known. Every statement is taken from two reads that agree in status and pressures, for the
checksum is additive and two changed characters can cancel.
"""

import re
from dataclasses import dataclass
from enum import Enum, auto

from drivers._dinamap_wire import (
    BUSY,
    COMPLETED,
    FAILED,
    LEAK,
    NONE_RECENT,
    NOT_USED,
    OVERPRESSURE,
    STEP_TIME_OUT,
    TOTAL_TIME_OUT,
    UNDOCUMENTED,
    UNKNOWN,
)
from drivers.base.observations import Instant

S = 1_000_000
HIGHEST_MMHG = 300  # no cuff is filled further
JUST_NOW_S = 15  # how old a result may be when busy has turned to done and its age did not fall
RECENT_S = 60  # what the first reads tell is of now when it is no older
SLACK_S = 3  # between the device's whole seconds and our clock
SPREAD_S = 120  # by how much the age of one result may grow between two overheard reads

SENTENCES = {
    FAILED: "NIBP could not measure: check the patient and the cuff, then repeat",
    LEAK: "NIBP failed: cuff or hose leaks or is loose",
    UNDOCUMENTED: "NIBP failed (status 5, not documented by the maker)",
    TOTAL_TIME_OUT: "NIBP took too long: motion or weak pulse",
    STEP_TIME_OUT: "NIBP failed: motion at one pressure step",
    OVERPRESSURE: "NIBP overpressure or too much air; the cuff was deflated: check the hose and the patient's arm",
    UNKNOWN: "NIBP failed: the device does not say why (status 9)",
}
STOPS_CYCLING = (LEAK, OVERPRESSURE)
"""The next inflation would end alike, or harm: automatic cycling waits for a person (project's rule, as for SunTech)."""

_LAYOUT = re.compile(rb" N[AF](\d)(\d)(\d)(\d{4})(\d{3})(\d{3})(\d{3})")


@dataclass(frozen=True, slots=True)
class Copy:
    """One read of the status, received at ``at``. Ages in seconds."""

    at: Instant
    status: int
    patient: int
    mode: int
    age: int
    pressures: tuple[int, int, int]

    @classmethod
    def of(cls, text: bytes, at: Instant) -> "Copy | None":
        """Read a message's text; None when its layout is another or a numeric field holds something else than digits."""
        match = _LAYOUT.fullmatch(text)
        if match is None:
            return None
        status, patient, mode, age, *pressures = (int(field) for field in match.groups())
        return cls(at, status, patient, mode, age, (pressures[0], pressures[1], pressures[2]))

    @property
    def makes_sense(self) -> bool:
        systolic, diastolic, mean = self.pressures
        return 0 < diastolic < mean < systolic <= HIGHEST_MMHG

    @property
    def determined_at(self) -> Instant:
        return self.at - self.age * S

    def bears_out(self, other: "Copy", live: bool) -> bool:
        """Whether ``other``, the read before, tells the same: status and pressures alike, and the age went on."""
        spread = (self.at - other.at) // S + SLACK_S if live else SPREAD_S
        alike = (self.status, self.patient, self.mode, self.pressures) == (
            other.status,
            other.patient,
            other.mode,
            other.pressures,
        )
        return alike and 0 <= self.age - other.age <= spread


class News(Enum):
    """What two agreeing reads say that was not known."""

    NOTHING = auto()
    RESULT = auto()
    UNCONFIRMED = auto()  # fresh, but no earlier read shows that it is new
    NO_READING = auto()  # done, yet the pressures make no sense
    FAILURE = auto()


class Cuff:
    """Follows the status reads of one device. ``live``: the reads were asked for, now."""

    def __init__(self, at: Instant, live: bool) -> None:
        self._live = live
        self._since = at
        self.forget(at)

    def forget(self, at: Instant) -> None:
        """Nothing said before counts: it may be another device by now. What it then shows as done is old."""
        self._since = at
        self._copy: Copy | None = None
        self._fell = False
        self._known: Copy | None = None
        self.said: Copy | None = None
        self.busy_since: Instant | None = None

    def doubt(self) -> None:
        """Something was damaged since the last read, which can vouch for no other one."""
        self._copy = None

    def take(self, copy: Copy) -> News | None:
        """Take a read; None while it stands alone."""
        before, self._copy = self._copy, copy
        if before is None or not copy.bears_out(before, self._live):
            return None
        last, self.said = self.said, copy
        if last is not None and before.age < last.age and copy.age < last.age:
            self._fell = True
        if copy.status != BUSY:
            self.busy_since = None
        elif self.busy_since is None:
            self.busy_since = copy.at
        if copy.status in (BUSY, NOT_USED):
            return News.NOTHING
        fell, self._fell = self._fell, False
        if copy.status == COMPLETED:
            return self._completed(copy, last, fell)
        is_new = fell or (copy.age <= RECENT_S if last is None else copy.status != last.status)
        return News.FAILURE if is_new else News.NOTHING

    def _completed(self, copy: Copy, last: Copy | None, fell: bool) -> News:
        known, self._known = self._known, copy
        if copy.age == NONE_RECENT or (known and known.pressures == copy.pressures and copy.age >= known.age):
            return News.NOTHING
        if self._live and copy.determined_at < self._since - SLACK_S * S:
            return News.NOTHING
        ended = last is not None and last.status == BUSY and copy.age <= JUST_NOW_S
        if fell or ended:
            return News.RESULT if copy.makes_sense else News.NO_READING
        overheard = not self._live and copy.age <= RECENT_S and copy.makes_sense
        return News.UNCONFIRMED if overheard else News.NOTHING
