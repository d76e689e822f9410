"""All conditions that continuous values set going by a limit. Runs with each reading, so it looks only at what may matter."""

from collections.abc import Iterator, Mapping
from dataclasses import replace

from drivers.base.observations import Instant
from drivers.base.vocabulary import Parameter, Priority, Quality
from monitor.core.changes import Vital
from monitor.core.conditions import CONDITIONS, AlarmCondition
from monitor.core.limit_watch import LimitWatch
from monitor.core.present import Present
from monitor.core.threshold import Declared
from monitor.core.words import Number, number
from monitor.errors import ConfigError

BY_LIMIT = ("spo2_low", "hr_high", "hr_low", "hr_rise", "rr_low", "rr_high", "etco2_high", "etco2_low", "hr_apart")

LONGEST_DELAY_S = 120

SAYS = {"hr_low": ("asystole",), "rr_low": ("apnoea", "apnea")}
"""What a monitor's own alarm says of a condition: high at once (clinical §2.3 lines 4 and 11, §2.7.3)."""


def check_delays(delays: Mapping[str, int]) -> None:
    """Raise ``ConfigError`` for a delay of a rule that has none to choose, or one that is out of bounds."""
    known = {step.name for code in BY_LIMIT for step in CONDITIONS[code].steps if step.passes}
    for name, seconds in delays.items():
        if name not in known:
            raise ConfigError(f"[delays] knows no '{name}'; known are {', '.join(sorted(known))}")
        if isinstance(seconds, bool) or not isinstance(seconds, int) or not 0 <= seconds <= LONGEST_DELAY_S:
            raise ConfigError(f"'{name}' of [delays] must be 0 to {LONGEST_DELAY_S} whole seconds, not {seconds!r}")


class LimitWatches:
    """``declared`` is what is so as of the last look, ``due`` when a look is due although no value changes."""

    def __init__(self, conditions: Mapping[str, AlarmCondition]) -> None:
        self.declared: list[Declared] = []
        self.due: Instant | None = None
        self._watches = [LimitWatch(conditions[code]) for code in BY_LIMIT]
        self._values: tuple[object, ...] = ()
        self._covered: frozenset[Parameter] = frozenset()
        self._said: dict[str, str] = {}
        self._shade: tuple[Instant, Instant] = (0, 0)
        self._hides = False

    def look(self, present: Present, covered: frozenset[Parameter], at: Instant, seq: int) -> None:
        """See everything. ``covered``: the parameters that are known to be unknowable now."""
        self._covered = covered
        self._said = {code: said for code in SAYS if (said := _said(code, present))}
        self._look_at_shade(present.shade)
        self._values = ()
        self.look_again(present, at, seq)

    def look_again(self, present: Present, at: Instant, seq: int) -> bool:
        """See values, since the last look nothing else having changed; return whether anything is otherwise, or due otherwise."""
        known = present.vitals.known
        hides = self._hides and self._shade[0] <= at < self._shade[1]
        spo2, heart, pulse = known(Parameter.SPO2), known(Parameter.HR), known(Parameter.PR)
        values = (spo2, heart, pulse, known(Parameter.RR), known(Parameter.ETCO2), hides)
        if values == self._values and (self.due is None or at < self.due):
            return False
        self._values = values
        before = self.declared, self.due
        self.declared = list(self._look(present, hides, at, seq))
        self.due = min((watch.due for watch in self._watches if watch.due is not None), default=None)
        return (self.declared, self.due) != before

    @property
    def mask(self) -> tuple[Instant, Instant] | None:
        """From when until when the cuff hides the probe's values; None where it does not."""
        return self._shade if self._hides and self._shade[1] else None

    def resume(self, open_alerts: Mapping[str, tuple[Priority, str]]) -> None:
        """Forget running delays; keep as declared what the open alerts (code → priority, text) say was."""
        for watch in self._watches:
            kept = open_alerts.get(watch.condition.code)
            watch.resume(None if kept is None else kept[0])
        self.declared, self.due = [], None
        self._shade, self._hides = (0, 0), False

    def _look(self, present: Present, hides: bool, at: Instant, seq: int) -> Iterator[Declared]:
        found, limits, baseline = _given(present, hides), present.limits, present.baseline
        for watch in self._watches:
            code = watch.condition.code
            parameter, value = found[_OF.get(code, "rate")]
            said = self._said.get(code)
            if value is None and (watch.stirred or said) and self._is_unknowable(code, present):
                watch.resume(None)
                continue
            declared = watch.look(parameter, value, limits, baseline, at, seq)
            if said:
                yield Declared(watch.condition, "", Priority.HIGH, said, seq, parameter, value)
            elif declared is not None:
                yield _told_apart(declared, present) if code == "hr_apart" else declared

    def _look_at_shade(self, shade: tuple[Instant, Instant]) -> None:
        """A cuff on the probe's arm hides its values: never a fall that began before it (clinical §2.7.13)."""
        if shade[0] != self._shade[0]:
            self._hides = not any(watch.stirred for watch in self._watches if watch.condition.code == "spo2_low")
        self._shade = shade

    def _is_unknowable(self, code: str, present: Present) -> bool:
        """Whether every source of the value is known to be gone; two rates are compared only while both are there."""
        if code == "hr_apart":
            return not _RATE.isdisjoint(self._covered)
        return _SOURCES.get(_OF.get(code, "rate"), _RATE) & present.vitals.seen <= self._covered


WATCHED = frozenset(
    {
        Parameter.SPO2,
        Parameter.HR,
        Parameter.PR,
        Parameter.RR,
        Parameter.ETCO2,
        Parameter.NIBP_SYS,
    }
)
"""The parameters that conditions look at."""

_OF = {
    "spo2_low": "spo2",
    "rr_low": "rr",
    "rr_high": "rr",
    "etco2_high": "etco2",
    "etco2_low": "etco2",
    "hr_apart": "apart",
}
_RATE = frozenset({Parameter.HR, Parameter.PR})
_SOURCES = {
    "spo2": frozenset({Parameter.SPO2}),
    "rr": frozenset({Parameter.RR}),
    "etco2": frozenset({Parameter.ETCO2}),
}
"""What each condition by limit looks at, else the heart rate; and where that may come from."""


def _given(present: Present, hides: bool) -> dict[str, tuple[Parameter, Number | None]]:
    """What there is to look at now: each value and where it comes from."""
    known = present.vitals.known
    source, rate = present.vitals.heart_rate()
    return {
        "spo2": (Parameter.SPO2, None if hides else known(Parameter.SPO2)),
        "rate": (source, None if hides and source is Parameter.PR else rate),
        "rr": (Parameter.RR, known(Parameter.RR)),
        "etco2": (Parameter.ETCO2, known(Parameter.ETCO2)),
        "apart": (Parameter.HR, None if hides else _apart(present)),
    }


def _apart(present: Present) -> Number | None:
    """How far heart rate and pulse are apart, both clean; over 100 /min in shares of it, so that 15 is 15 %."""
    vitals = present.vitals
    heart, pulse = vitals.known(Parameter.HR), vitals.known(Parameter.PR)
    if heart is None or pulse is None or not all(_is_clean(vitals.values[parameter]) for parameter in _RATE):
        return None
    return abs(heart - pulse) * min(1.0, 100 / heart)


_MADE_UP = frozenset({Quality.DEMO, Quality.TEST})


def _is_clean(vital: Vital) -> bool:
    return not vital.quality or _MADE_UP.issuperset(vital.quality)


def _told_apart(declared: Declared, present: Present) -> Declared:
    heart, pulse = present.vitals.known(Parameter.HR), present.vitals.known(Parameter.PR)
    text = "HR and PR disagreed"
    if heart is not None and pulse is not None:
        text = f"HR {number(heart)} and PR {number(pulse)} disagree"
    return replace(declared, text=text, parameter=None, value=None, limit=None)


def _said(code: str, present: Present) -> str:
    """What an alarm of a device says of a condition."""
    for line in present.lines.values():
        for alarm in line.alarms.values():
            if alarm.physiological and any(word in alarm.text.lower() for word in SAYS[code]):
                return f"{line.label} says: {alarm.text}"
    return ""
