"""Masimo pulse oximeters: serial output "ASCII 1", a line of text each second.

Follows the Rad-8 operator's manual (serial interface, exception table, trend format) and real lines of Rad-8, Radical and
Radical-7. Fields differ with model and software, so a line is read by its keys, never by column. The oximeter talks, nothing
is ever sent. The trend download ("ASCII 2") is recognised and refused: it is memory, not the patient.

There is no checksum. A line must be whole in its grammar and as long as its kind has been; a number must be borne out by a
neighbouring line (``drivers.base.lines.Agreement``). What the oximeter says in EXC stands above the numbers it prints.
"""

import re
from collections import deque
from dataclasses import dataclass
from datetime import date

from drivers._masimo_words import meaning, names
from drivers.base.decoder import Driver, Line
from drivers.base.lines import Agreement, LineDecoder, Words
from drivers.base.observations import Instant, Numeric, Observation, Reading
from drivers.base.vocabulary import Parameter, Quality, StatusCode

LINE = Line(baud=9600)

WIRE = ("LINE",)

LONGEST = 400
LINK_LOST_US = 3_000_000
PR_RANGE = range(25, 241)
SPO2_RANGE = range(1, 101)
SENSOR = (Parameter.SPO2, Parameter.PR, Parameter.PI)

_STAMP = rb"(0[1-9]|1[0-2])/(0[1-9]|[12]\d|3[01])/(\d\d) ((?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d)"
_BEGIN = re.compile(_STAMP)
_WHOLE = re.compile(_STAMP + rb"((?: [A-Z][A-Z0-9]*=[!-<>-~]*)+) ?")
_TREND = re.compile(_STAMP + rb"[ -~]*(?: PR=| EXC=[0-9A-Fa-f]{3}:(?:[A-Z][A-Za-z]|$))")

_HEX = re.compile(rb"[0-9A-Fa-f]{1,8}")
_NUMBER = re.compile(rb"[0-9.%+-]+")
_FORMS = {
    b"SPO2": re.compile(rb"(?:\d{3}|---)%"),
    b"BPM": re.compile(rb"(?:\d{3}|---)%?"),
    b"PI": re.compile(rb"(?:\d\d\.\d\d|--\.--)%?"),
    b"ALARM": _HEX,
    b"EXC": _HEX,
    b"EXC1": _HEX,
    **dict.fromkeys((b"SPCO", b"SPMET", b"SPHB", b"SPOC", b"RESVD", b"DESAT", b"PIDELTA", b"PVI"), _NUMBER),
}
"""Known fields; a line with a field of another form is damaged. A key that is not known is no error."""
_NEEDED = frozenset((b"SPO2", b"BPM", b"ALARM", b"EXC"))


@dataclass(frozen=True, slots=True)
class Printed:
    """A line as it stands: nothing weighed yet."""

    device_time: str
    serial_number: str | None
    spo2: int | None
    pr: int | None
    pi: float | None
    has_pi: bool
    alarm: int
    exc: int


def read(text: bytes) -> Printed | None:
    """Read a whole line by its keys; None when it is not whole, or prints what no oximeter can measure."""
    whole = _WHOLE.fullmatch(text)
    if whole is None:
        return None
    month, day, year, time, rest = whole.groups()
    pairs = [(key, value) for key, _, value in (field.partition(b"=") for field in rest.split())]
    fields = dict(pairs)
    forms_fit = all(_FORMS[key].fullmatch(value) for key, value in pairs if key in _FORMS)
    if len(fields) < len(pairs) or not fields.keys() >= _NEEDED or not forms_fit:
        return None
    spo2, pr = _number(fields[b"SPO2"]), _number(fields[b"BPM"])
    if (spo2 or 0) > 100 or (pr or 0) > 300:
        return None
    try:
        day_of_device = date(2000 + int(year), int(month), int(day)).isoformat()
    except ValueError:
        return None
    serial_number = fields.get(b"SN", b"-").decode()
    return Printed(
        device_time=f"{day_of_device}T{time.decode()}",
        serial_number=None if "-" in serial_number else serial_number,
        spo2=None if spo2 is None else int(spo2),
        pr=None if pr is None else int(pr),
        pi=_number(fields.get(b"PI", b"-")),
        has_pi=b"PI" in fields,
        alarm=int(fields[b"ALARM"], 16),
        exc=int(fields[b"EXC"], 16),
    )


def _number(field: bytes) -> float | None:
    return None if b"-" in field else float(field.rstrip(b"%"))


class Lengths:
    """The lengths a line of this oximeter has; known once three lines on end had it. Another is a lost or added character."""

    __slots__ = ("_count", "_known", "_last")

    def __init__(self) -> None:
        self._known: deque[int] = deque(maxlen=4)  # some models print a % after dashes only
        self._last = self._count = 0

    def fit(self, length: int) -> bool:
        self._count = self._count + 1 if length == self._last else 1
        self._last = length
        if self._count >= 3 and length not in self._known:
            self._known.append(length)
        return not self._known or length in self._known


class MasimoDecoder(LineDecoder):
    """One oximeter's lines."""

    longest = LONGEST
    begins = _BEGIN
    stranger = "these bytes are not Masimo ASCII 1; check the device, its serial output and 9600 8N1"
    affects = SENSOR

    def __init__(self) -> None:
        super().__init__()
        self._lengths = Lengths()
        self._agreement = Agreement(LINK_LOST_US)
        self._words = Words(self.statuses, meaning, SENSOR)
        self._serial_number: str | None = None

    def line(self, text: bytes, at: Instant) -> list[Observation] | None:
        """See ``LineDecoder.line``. A good line is a reading, except for numbers that its neighbours do not bear out."""
        if _TREND.match(text):
            return self._refuse(at)
        printed = read(text)
        if printed is None or not self._lengths.fit(len(text)):
            return None
        said = self.recognised(at, "Masimo ASCII 1 is understood again")
        said += self.statuses.set(at, StatusCode.FORMAT, True, "Masimo ASCII 1", detail="ASCII 1")
        said += self._identity(printed.serial_number, at)
        now = names(printed.exc, printed.alarm)
        said += self._words.take(at, now)
        return said + self._agreement.readings(self._reading(printed, now, at))

    def only_line(self) -> list[Observation]:
        """See ``LineDecoder.only_line``."""
        return self._agreement.alone()

    def opened(self, at: Instant) -> list[Observation]:
        """See ``LineDecoder.opened``."""
        self._agreement.forget()
        return super().opened(at)

    def _refuse(self, at: Instant) -> list[Observation]:
        """A line of memory. Nothing of it is shown, and nothing before it vouches for what comes after."""
        self._agreement.forget()
        text = (
            'the oximeter sends its memory (ASCII 2), no live values: set its serial output to ASCII 1 ("SEr" to "AS1")'
        )
        said: list[Observation] = [*self.statuses.set(at, StatusCode.NOT_THIS_DEVICE, True, text, SENSOR)]
        return said + self.statuses.set(at, StatusCode.FORMAT, True, "Masimo ASCII 2, refused", detail="ASCII 2")

    def _identity(self, serial_number: str | None, at: Instant) -> list[Observation]:
        """A unit is another one when two lines on end say so."""
        before, self._serial_number = self._serial_number, serial_number
        if serial_number is None or serial_number != before:
            return []
        detail = f"serial number {serial_number}"
        return [*self.statuses.set(at, StatusCode.IDENTITY, True, "Masimo oximeter", detail=detail)]

    def _reading(self, printed: Printed, now: frozenset[str], at: Instant) -> Reading:
        """The line with EXC applied: what is none is missing, what is doubtful is marked."""
        doubts = self._words.doubts(now)
        why = self._words.missing(now)
        unknown = Quality.SEARCHING if self._words.says(StatusCode.SEARCHING, now) else Quality.INVALID
        absent = why or (unknown if printed.spo2 not in SPO2_RANGE else None)

        def numeric(parameter: Parameter, value: int | float | None, missing: Quality | None) -> Numeric:
            return Numeric(parameter, None, (missing,)) if missing else Numeric(parameter, value, doubts)

        numerics = [
            numeric(Parameter.SPO2, printed.spo2, absent),
            numeric(Parameter.PR, printed.pr, why or (unknown if printed.pr not in PR_RANGE else None)),
        ]
        if printed.has_pi:
            numerics.append(numeric(Parameter.PI, printed.pi, absent or (unknown if printed.pi is None else None)))
        return Reading(at, tuple(numerics), device_time=printed.device_time)


DRIVER = Driver(
    name="masimo",
    title="Masimo pulse oximeter (ASCII 1)",
    line=LINE,
    parameters=SENSOR,
    waveforms=(),
    commands=(),
    decoder=MasimoDecoder,
    silent_after_s=3.0,
    numbered=True,
)
