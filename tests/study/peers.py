"""What the same stream would have sounded elsewhere: thresholds without delays, each violating pressure.

A peer hears the values after the same four seconds of averaging. A limit that is passed again within 60 s of being passed is no new
sound, and onsets within 10 s are heard as one: both in the peer's favour. A probe that is off, or that finds no pulse, sounds once
it has for 10 s.
"""

from dataclasses import dataclass, field

from tests.study.world import Second

RETRIGGER_S = 60
ONE_SOUND_S = 10
NO_SIGNAL_S = 10

Range = tuple[float, float]
"""What is within (inclusive)."""

HOSPITAL: dict[str, Range] = {
    "spo2": (90, 101),
    "hr": (50, 120),
    "rr": (8, 30),
    "systolic": (90, 160),
    "diastolic": (50, 90),
    "mean": (60, 110),
}
"""SpO2 < 90, HR 50–120, SBP 90–160, DBP 50–90, MAP 60–110, RR 8–30 (clinical §2.1)."""

PLAIN: dict[str, Range] = {
    "spo2": (90, 101),
    "hr": (45, 120),
    "rr": (8, 30),
    "systolic": (90, 159),
    "diastolic": (0, 99),
    "mean": (65, 119),
}
"""Vigil's medium limits, absolute parts alone, without delay or confirmation."""


@dataclass(slots=True)
class Peer:
    """Listens to one session. ``sounds`` are (second, what) after its own grouping."""

    name: str
    ranges: dict[str, Range]
    sounds: list[tuple[float, str]] = field(default_factory=list)
    _last: dict[str, float] = field(default_factory=dict)
    _missing_s: int = 0

    def second(self, second: Second) -> None:
        rate = second.hr if second.hr is not None else second.pulse
        for name, value in () if second.silent else (("spo2", second.spo2), ("hr", rate), ("rr", second.rr)):
            low, high = self.ranges[name]
            if value is not None and not low <= value <= high:
                self._passed(name, second.at_s)
        lost = second.silent or second.spo2 is None
        self._missing_s = self._missing_s + 1 if lost else 0
        if self._missing_s >= NO_SIGNAL_S:
            self._passed("no signal", second.at_s)
        if second.apnoea and not second.silent:
            self._passed("apnoea", second.at_s)

    def pressure(self, at_s: float, systolic: int, diastolic: int, mean: int) -> None:
        for name, value in (("systolic", systolic), ("diastolic", diastolic), ("mean", mean)):
            low, high = self.ranges[name]
            if not low <= value <= high:
                self._passed(name, at_s)

    def _passed(self, what: str, at_s: float) -> None:
        before = self._last.get(what)
        self._last[what] = at_s
        if before is not None and at_s - before < RETRIGGER_S:
            return
        if not self.sounds or at_s - self.sounds[-1][0] > ONE_SOUND_S:
            self.sounds.append((at_s, what))
        else:
            self.sounds.append((self.sounds[-1][0], what))
