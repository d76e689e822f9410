"""Nellcor pulse oximeters: the real-time printout of N-395, N-560, N-595, NPB-290 and NPB-295, a line every 2 s.

Follows the operator's manuals (NPB-290/295 appendix B and N-395, "Data Port Protocol") and a real record of an N-560. Heading
lines may stand anywhere between data lines. The oximeter talks, nothing is ever sent.

There is no checksum. A line must be whole in its grammar, its numbers must end in their columns (a lost digit would make 10
of 100), and a number must be borne out by a neighbouring line (``drivers.base.lines.Agreement``).
"""

import re
from dataclasses import dataclass, replace
from datetime import date

from drivers._nellcor_words import meaning
from drivers.base.decoder import Driver, Line
from drivers.base.lines import Agreement, LineDecoder, Words
from drivers.base.observations import Instant, Numeric, Observation, Reading
from drivers.base.vocabulary import Parameter, Quality, StatusCode

LINE = Line(baud=9600)
"""The N-595's; on others it can be chosen (2400, 4800, 9600 or 19200)."""

WIRE = ("LINE",)

LONGEST = 200
LINK_LOST_US = 6_000_000
COLUMNS = (23, 31, 39)
"""Where the numbers of an N-560 end, counted from 0."""
SENSOR = (Parameter.SPO2, Parameter.PR)

_MONTHS = (b"Jan", b"Feb", b"Mar", b"Apr", b"May", b"Jun", b"Jul", b"Aug", b"Sep", b"Oct", b"Nov", b"Dec")
_STAMP = rb"(\d\d)-(" + b"|".join(_MONTHS) + rb")-(\d\d) ((?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d)"
_BEGIN = re.compile(_STAMP)
_DATA = re.compile(_STAMP + 3 * rb" +(\d{1,3}|-{1,3})(\*?)" + rb"((?: +[A-Z]{2})*) *")

_MODEL = re.compile(rb"([A-Z]+-?\d+[A-Z]*) +VERSION +([\w.]+) +CRC:[\w-]+(?: +([ -~]+?))? *")
_LIMITS = re.compile(rb"SpO2 Limit: *(\d{1,3})-(\d{1,3})% +PR Limit: *(\d{1,3})-(\d{1,3})BPM")
_SETTING = rb"(?:(ADULT|NEO[A-Z]*|PED[A-Z]*)|(\d{1,3})SAT-S|SPO2 RESP MODE: *\w+)"
_ALARM_SET = re.compile(rb" *" + _SETTING + rb"(?: +" + _SETTING + rb")* *")
_SETTINGS = re.compile(_SETTING)
_TITLES = re.compile(rb"TIME +%SpO2 +BPM +PA +Status *")
_MENU = re.compile(rb" *(?:Command\?|\d{1,2}\) )[ -~]*")


@dataclass(frozen=True, slots=True)
class Heading:
    """What a heading tells of the oximeter. What it does not tell is empty."""

    model: str = ""
    version: str = ""
    limits: str = ""
    alarm_set: str = ""

    def sentence(self, agreed: bool) -> str:
        told = (
            "; ".join(part for part in (self.limits, self.alarm_set) if part)
            if agreed
            else "changed just now, look at it"
        )
        return f"Nellcor printout; own alarm limits of the {self.model}: {told or 'not told'}"


class Columns:
    """Where numbers end on this oximeter: as on an N-560, unless three lines on end have shared other columns."""

    __slots__ = ("_count", "_last", "_own")

    def __init__(self) -> None:
        self._own = self._last = COLUMNS
        self._count = 0

    def fit(self, ends: tuple[int, int, int]) -> bool:
        self._count = self._count + 1 if ends == self._last else 1
        self._last = ends
        if self._count >= 3:
            self._own = ends
        return ends == self._own


class NellcorDecoder(LineDecoder):
    """One oximeter's printout."""

    longest = LONGEST
    begins = _BEGIN
    stranger = (
        "these bytes are no Nellcor printout; check the device, its data port and the line's speed (usually 9600 8N1)"
    )
    affects = SENSOR

    def __init__(self) -> None:
        super().__init__()
        self._columns = Columns()
        self._agreement = Agreement(LINK_LOST_US)
        self._words = Words(self.statuses, meaning, SENSOR)
        self._gathered = Heading()
        self._heading: Heading | None = None

    def line(self, text: bytes, at: Instant) -> list[Observation] | None:
        """See ``LineDecoder.line``. Headings and the menu of a terminal are no damage."""
        data = _DATA.fullmatch(text)
        if data is not None:
            return self._data(data, at)
        if _TITLES.fullmatch(text):
            return self._headed(at)
        return [] if self._gather(text) or _MENU.fullmatch(text) else None

    def only_line(self) -> list[Observation]:
        """See ``LineDecoder.only_line``."""
        return self._agreement.alone()

    def opened(self, at: Instant) -> list[Observation]:
        """See ``LineDecoder.opened``."""
        self._agreement.forget()
        return super().opened(at)

    def _data(self, data: re.Match[bytes], at: Instant) -> list[Observation] | None:
        day, month, year, time = data.group(1, 2, 3, 4)
        fields = data.group(5, 7, 9)
        spo2, pr = (int(field) if field.isdigit() else 0 for field in fields[:2])
        try:
            day_of_device = date(2000 + int(year), _MONTHS.index(month) + 1, int(day)).isoformat()
        except ValueError:
            return None
        if spo2 > 100 or pr > 300:
            return None
        is_plain = all(field.isdigit() for field in fields) and not any(data.group(6, 8, 10))
        if is_plain and not self._columns.fit((data.end(5) - 1, data.end(7) - 1, data.end(9) - 1)):
            return None
        now = frozenset(code.decode() for code in data.group(11).split())
        said = self.recognised(at, "the Nellcor printout is understood again")
        if self.statuses[StatusCode.FORMAT] is None:
            said += self.statuses.set(at, StatusCode.FORMAT, True, "Nellcor printout", detail="printout")
        said += self._words.take(at, now)
        line = Reading(at, self._numerics(spo2, pr, now), device_time=f"{day_of_device}T{time.decode()}")
        return said + self._agreement.readings(line)

    def _numerics(self, spo2: int, pr: int, now: frozenset[str]) -> tuple[Numeric, ...]:
        """The numbers with the status codes applied; nothing printed, or zero, is missing."""
        why = self._words.missing(now)
        unknown = Quality.SEARCHING if self._words.says(StatusCode.SEARCHING, now) else Quality.INVALID
        doubts = self._words.doubts(now)
        return tuple(
            Numeric(parameter, None, (why or unknown,)) if why or not value else Numeric(parameter, value, doubts)
            for parameter, value in ((Parameter.SPO2, spo2), (Parameter.PR, pr))
        )

    # -- headings

    def _gather(self, text: bytes) -> bool:
        """Take the first or second line of a heading; whether ``text`` is one."""
        model, alarm_set = _MODEL.fullmatch(text), _ALARM_SET.fullmatch(text)
        if model is not None:
            self._gathered = Heading(model[1].decode(), model[2].decode(), _limits(model[3] or b""))
        elif alarm_set is not None:
            self._gathered = replace(self._gathered, alarm_set=_settings(text))
        return model is not None or alarm_set is not None

    def _headed(self, at: Instant) -> list[Observation]:
        """The heading is whole. A digit may have been changed on the line: a new limit, or a model, counts when told twice."""
        heading, before = self._gathered, self._heading
        self._gathered = Heading()
        if not heading.model:
            return []
        self._heading = heading
        agreed = before is None or before == heading
        sentence = heading.sentence(agreed)
        said: list[Observation] = [*self.statuses.set(at, StatusCode.FORMAT, True, sentence, detail="printout")]
        if heading == before:
            detail = f"version {heading.version}"
            said += self.statuses.set(at, StatusCode.IDENTITY, True, f"Nellcor {heading.model}", detail=detail)
        return said


def _settings(text: bytes) -> str:
    """What the second line of a heading tells: whose limits they are, and how long an excess may last before it alarms."""
    found = [found.groups() for found in _SETTINGS.finditer(text)]
    whose = [f"{who.decode().lower()} limits" for who, _ in found if who]
    return ", ".join((*whose, *(f"SatSeconds {int(delay)}" for _, delay in found if delay)))


def _limits(text: bytes) -> str:
    """The limits set on the oximeter, as they stand in the first line of a heading."""
    limits = _LIMITS.fullmatch(text)
    if limits is None:
        return text.decode()
    spo2_low, spo2_high, pr_low, pr_high = map(int, limits.groups())
    return f"SpO₂ {spo2_low}–{spo2_high} %, PR {pr_low}–{pr_high} /min"


DRIVER = Driver(
    name="nellcor",
    title="Nellcor pulse oximeter (real-time printout)",
    line=LINE,
    parameters=SENSOR,
    waveforms=(),
    commands=(),
    decoder=NellcorDecoder,
    silent_after_s=6.0,
    other_lines=(Line(baud=2400), Line(baud=4800), Line(baud=19200)),
)
