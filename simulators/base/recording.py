"""A recorded patient: a real person's curves behind simulated devices, read from a BIDMC CSV or a WFDB record.

Curves, beats, pulses and rates come from the recording; rates are those of the beats found in the waveform, averaged over
the last ten as monitors do. What no recording holds is made up and constant: SpO2 97 %, PI 3 %, NIBP about 121/76, and
breathing at 14 /min and a pleth drawn behind the beats where the recording has none. At its end a recording starts again
after a gap of two seconds.
"""

import random
import warnings
from array import array
from bisect import bisect_right
from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from statistics import median

import numpy as np

from drivers.base.observations import Instant
from simulators.base.beatfinder import Curve, find_beats, find_breaths, find_pulses
from simulators.base.errors import RecordingError
from simulators.base.patient import TRANSIT_US
from simulators.base.simulator import Determination
from simulators.base.waves import SECOND, TAIL_S, draw_pulses

GAP_US = 2 * SECOND
AVERAGED_BEATS = 10
SPO2, PI, RR = 97.0, 3.0, 14.0
"""Not recorded: a plausible constant stands in."""

_LOST_AFTER_US = 6 * SECOND
_PLETH_HZ = 125.0
_MIN_S = 20.0


@dataclass(frozen=True, slots=True)
class Recording:
    """Curves of one length: ``ecg`` in mV, ``pleth`` 0 to 1, ``resp`` -1 to 1; the last two may be missing."""

    name: str
    rate_hz: float
    ecg: Curve
    pleth: Curve | None = None
    resp: Curve | None = None


def read_recording(path: str) -> Recording:
    """Return the recording in this file. Raises ``RecordingError`` with what is wrong and what would be right."""
    file = Path(path)
    recording = _read_csv(file) if file.suffix.lower() == ".csv" else _read_wfdb(file)
    if len(recording.ecg) < _MIN_S * recording.rate_hz:
        raise RecordingError(f"the recording {path} is shorter than {_MIN_S:.0f} s; give a longer one")
    if not np.isfinite(recording.ecg).all():
        raise RecordingError(f"the recording {path} has no usable ECG: samples are missing; give another record")
    return recording


def _read_csv(file: Path) -> Recording:
    """Read a CSV of the BIDMC kind: a time column in seconds, then curves in normalised units; blanks in the header are usual."""
    try:
        header, *rows = file.read_text("utf-8").splitlines()
        table = np.loadtxt(rows, delimiter=",", ndmin=2) if rows else np.empty((0, 0))
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not a table of numbers under one header line"
        raise RecordingError(
            f"the recording {file} cannot be read: {reason}; a BIDMC signals CSV would be right"
        ) from None
    names = [name.strip() for name in header.split(",")]
    columns = dict(zip(names, table.T, strict=False))
    if "Time [s]" not in columns or "II" not in columns or len(table) < 2:
        raise RecordingError(f"the recording {file} has the columns {names}; it needs 'Time [s]' and 'II'")
    rate_hz = (len(table) - 1) / float(columns["Time [s]"][-1] - columns["Time [s]"][0] or np.nan)
    if not 50 <= rate_hz <= 2000:
        raise RecordingError(f"the recording {file} has {rate_hz:g} samples/s; 50 to 2000 would be right")
    return Recording(
        file.name, rate_hz, _as_millivolts(columns["II"]), _scaled(columns.get("PLETH")), _centred(columns.get("RESP"))
    )


def _read_wfdb(file: Path) -> Recording:
    """Read a WFDB record by its name, its header or its data file; the ECG is lead II or what comes nearest."""
    with warnings.catch_warnings(action="ignore"):  # what wfdb itself imports warns of its own future
        import wfdb  # takes a second, and few runs play a record

    base = file.with_suffix("") if file.suffix in (".hea", ".dat", ".atr") else file
    try:
        record = wfdb.rdrecord(str(base))
    except Exception as error:
        reason = "there is no such file" if isinstance(error, FileNotFoundError) else f"{error}".split("\n")[0]
        right = "a BIDMC signals CSV or a WFDB record with its .hea and .dat would be right"
        raise RecordingError(f"the recording {file} cannot be read: {reason}; {right}") from None
    names = [name.strip().upper() for name in record.sig_name]
    ecg = next((names.index(lead) for lead in ("II", "MLII", "ECG", "I", "V5", "V") if lead in names), None)
    if ecg is None:
        raise RecordingError(f"the recording {file} has the signals {names}; one of II, MLII or ECG would be right")
    pleth = next((names.index(name) for name in ("PLETH", "PPG") if name in names), None)
    return Recording(
        base.name,
        float(record.fs),
        np.asarray(record.p_signal[:, ecg], dtype=np.float64),
        None if pleth is None else _scaled(record.p_signal[:, pleth]),
    )


def _as_millivolts(curve: Curve) -> Curve:
    """Put a curve without units on a scale where its R peaks are about 1 mV."""
    rest, crest = np.median(curve), np.percentile(curve, 99.5)
    return np.asarray((curve - rest) / ((crest - rest) or 1.0))


def _scaled(curve: Curve | None) -> Curve | None:
    """Put a curve between 0.1 and 0.9, leaving out its extremes."""
    if curve is None:
        return None
    low, high = np.nanpercentile(curve, [0.5, 99.5])
    return np.asarray(np.clip(0.1 + 0.8 * (np.nan_to_num(curve, nan=low) - low) / ((high - low) or 1.0), 0.0, 1.0))


def _centred(curve: Curve | None) -> Curve | None:
    scaled = _scaled(curve)
    return None if scaled is None else (scaled - 0.5) * 2.0


class RecordedPatient:
    """``Signals`` of a recording. Of a scenario's events it knows those that are no physiology: probe, leads and motion."""

    EVENTS = ("finger_off", "leads_off", "motion")

    def __init__(self, recording: Recording, seed: int, start: Instant) -> None:
        self.recording = recording
        self.motion = self.finger_off = self.leads_off = False
        self.pi = PI
        self.hr: float | None = None
        self.pulse_rate: float | None = None
        self.spo2: float | None = None
        self.rr: float | None = None
        self._start = self._now = start
        self._rng = random.Random(seed)
        beats = _instants(find_beats(recording.ecg, recording.rate_hz), recording.rate_hz)
        self._beats, self._rate = beats, _Rate(beats)
        self._length = int(len(recording.ecg) / recording.rate_hz * SECOND)
        self._ecg = _player(recording.ecg, recording.rate_hz)
        self._find_pulses(recording)
        self._find_breathing(recording)
        self.advance(start)

    def _find_pulses(self, recording: Recording) -> None:
        if recording.pleth is None:
            self._pulses = [beat + TRANSIT_US for beat in self._beats]
            self._pleth = _player(_pleth_behind(self._pulses, self._length), _PLETH_HZ)
        else:
            self._pulses = _instants(find_pulses(recording.pleth, recording.rate_hz), recording.rate_hz)
            self._pleth = _player(recording.pleth, recording.rate_hz)
        self._pulse_rate = _Rate(self._pulses)

    def _find_breathing(self, recording: Recording) -> None:
        if recording.resp is None:
            seconds = np.arange(self._length * 25 // SECOND) / 25
            self._resp, self._breath_rate = _player(np.sin(2 * np.pi * RR / 60 * seconds), 25.0), None
        else:
            self._resp = _player(recording.resp, recording.rate_hz)
            breaths = _instants(find_breaths(recording.resp, recording.rate_hz), recording.rate_hz)
            self._breath_rate = _Rate(breaths, lost_after_us=60 * SECOND)

    def begin(self, what: str, size: float | None, at: Instant) -> None:
        """Begin an event of ``EVENTS``; others cannot happen to a recording and are passed over."""
        if what in self.EVENTS:
            setattr(self, what, True)

    def end(self, what: str, at: Instant) -> None:
        if what in self.EVENTS:
            setattr(self, what, False)

    def advance(self, at: Instant) -> None:
        self._now = max(self._now, at)
        place = self._place(self._now)
        self.hr = self._rate.at(place)
        self.pulse_rate = None if self.finger_off else self._pulse_rate.at(place)
        self.spo2 = None if self.pulse_rate is None else SPO2
        self.rr = RR if self._breath_rate is None else self._breath_rate.at(place)

    def beats(self, after: Instant, until: Instant) -> list[Instant]:
        return self._between(self._beats, after, until)

    def pulses(self, after: Instant, until: Instant) -> list[Instant]:
        return self._between(self._pulses, after, until)

    def ecg_mv(self, at: Instant) -> float:
        return 0.0 if self.leads_off else self._ecg(self._place(at))

    def pleth(self, at: Instant) -> float:
        return 0.0 if self.finger_off else self._pleth(self._place(at))

    def resp(self, at: Instant) -> float:
        return self._resp(self._place(at))

    def determine(self, at: Instant) -> Determination | None:
        """Make up a determination about 121/76: recordings hold none."""
        self.advance(at)
        if self.hr is None or self._rng.random() < 0.03:
            return None
        systolic, diastolic = round(self._rng.gauss(121, 4)), round(self._rng.gauss(76, 3))
        return Determination(systolic, diastolic, round(diastolic + (systolic - diastolic) / 3), round(self.hr))

    def _place(self, at: Instant) -> int:
        """Return where in the recording ``at`` is, µs; past its length in the gap between two rounds."""
        return (at - self._start) % (self._length + GAP_US)

    def _between(self, marks: list[int], after: Instant, until: Instant) -> list[Instant]:
        """Return the marks in (after, until], which may lie in several rounds."""
        period = self._length + GAP_US
        found: list[Instant] = []
        for number in range(max(0, (after - self._start) // period), (until - self._start) // period + 1):
            began = self._start + number * period
            found += [began + m for m in marks[bisect_right(marks, after - began) : bisect_right(marks, until - began)]]
        return found


class _Rate:
    """The rate at any place of a recording: that of the last ten beats, None when none came for a while."""

    def __init__(self, marks: list[int], lost_after_us: int = _LOST_AFTER_US) -> None:
        self._marks = marks
        self._lost_after_us = lost_after_us

    def at(self, place: int) -> float | None:
        last = bisect_right(self._marks, place) - 1
        first = max(0, last - AVERAGED_BEATS)
        if last <= 1 or place - self._marks[last] > self._lost_after_us:
            return None
        intervals = [after - before for before, after in pairwise(self._marks[first : last + 1])]
        longest = 1.8 * median(intervals)  # a longer one is a stretch in which the curve could not be read
        read = [interval for interval in intervals if interval <= longest]
        return 60 * SECOND * len(read) / sum(read)


def _instants(indices: "np.ndarray[tuple[int], np.dtype[np.int64]]", rate_hz: float) -> list[int]:
    return [int(index) for index in np.round(indices / rate_hz * SECOND)]


def _player(curve: Curve, rate_hz: float) -> Callable[[int], float]:
    """Return a function from a place in µs to the curve there; beyond its end the last sample stands."""
    samples, last = array("f", np.asarray(curve, dtype=np.float32).tobytes()), len(curve) - 1
    per_us = rate_hz / SECOND
    return lambda place: samples[min(int(place * per_us), last)]


def _pleth_behind(pulses: list[int], length_us: int) -> Curve:
    """Draw a pleth for pulses at these places."""
    curve = np.full(int(length_us / SECOND * _PLETH_HZ), 0.12)
    reach, interval = int((TAIL_S + 0.1) * _PLETH_HZ), 0.8
    for number, pulse in enumerate(pulses):
        if number:
            interval = (pulse - pulses[number - 1]) / SECOND
        first = max(0, int((pulse / SECOND - 0.1) * _PLETH_HZ))
        part = curve[first : first + reach]
        times = (first + np.arange(len(part))) / _PLETH_HZ
        part += 0.6 * draw_pulses(times, np.array([pulse / SECOND]), np.array([interval]))
    return np.asarray(np.clip(curve, 0.0, 1.0))
