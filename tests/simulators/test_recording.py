"""Recordings of real patients behind the simulated devices, and what is said of those that cannot be read."""

import itertools
import os
from pathlib import Path

import numpy as np
import pytest

from simulators.base.beatfinder import find_beats
from simulators.base.errors import RecordingError
from simulators.base.recording import GAP_US, RecordedPatient, Recording, read_recording

SECOND = 1_000_000
START = 1_750_000_000 * SECOND


def data(name: str) -> Path:
    """The folder of real recordings, or a skip that says why."""
    folder = Path(os.environ.get("VIGIL_DATA") or Path(__file__).parents[3] / "shared" / "data")
    if not (folder / name).exists():
        pytest.skip(f"no {name} in {folder}; VIGIL_DATA should name the folder of recordings")
    return folder / name


def write_csv(path: Path, header: str, seconds: float = 30, rate: int = 125) -> Path:
    times = np.arange(int(seconds * rate)) / rate
    ecg = np.exp(-0.5 * (((times % 0.8) - 0.4) / 0.012) ** 2)
    pleth = np.sin(2 * np.pi * times / 0.8) * 0.4 + 0.5
    rows = [header, *(f"{t:.4f},{p:.5f},{e:.5f}" for t, p, e in zip(times, pleth, ecg, strict=True))]
    path.write_text("\n".join(rows))
    return path


def test_a_csv_with_blanks_in_its_header(tmp_path: Path) -> None:
    recording = read_recording(str(write_csv(tmp_path / "made.csv", "Time [s], PLETH, II")))
    assert recording.rate_hz == pytest.approx(125)
    patient = RecordedPatient(recording, 1, START)
    patient.advance(START + 20 * SECOND)
    assert patient.hr == pytest.approx(75, abs=0.5)
    assert patient.pulse_rate == pytest.approx(75, abs=0.5)


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("missing.csv", None, "No such file"),
        ("words.csv", "Time [s], II\nred,green", "not a table of numbers"),
        ("other.csv", "Time [s], V\n0,1\n0.008,1", r"needs 'Time \[s\]' and 'II'"),
        ("empty.csv", "", "would be right|needs"),
        ("binary.csv", b"\xff\xfe\x00\x01", "not a table of numbers"),
        ("missing", None, "no such file"),
        ("bad.hea", "nonsense", "cannot be read"),
    ],
)
def test_an_unreadable_recording_gets_one_sentence(
    tmp_path: Path, name: str, content: str | bytes | None, words: str
) -> None:
    file = tmp_path / name
    if content is not None:
        file.write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(RecordingError, match=words) as caught:
        read_recording(str(file))
    assert name.removesuffix(".hea") in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_short_recording_is_refused(tmp_path: Path) -> None:
    with pytest.raises(RecordingError, match="shorter than 20 s"):
        read_recording(str(write_csv(tmp_path / "short.csv", "Time [s],PLETH,II", seconds=5)))


def test_a_recording_starts_again_after_a_gap(tmp_path: Path) -> None:
    patient = RecordedPatient(read_recording(str(write_csv(tmp_path / "a.csv", "Time [s],PLETH,II"))), 1, START)
    round_us = 30 * SECOND + GAP_US
    first = patient.beats(START, START + round_us)
    again = patient.beats(START + round_us, START + 2 * round_us)
    assert [beat + round_us for beat in first] == again
    assert patient.beats(START + 10 * SECOND, START + round_us + 10 * SECOND) == [
        b for b in first + again if START + 10 * SECOND < b <= START + round_us + 10 * SECOND
    ]
    assert patient.ecg_mv(START + 5 * SECOND) == patient.ecg_mv(START + 5 * SECOND + round_us)


def test_without_a_pleth_pulses_follow_the_beats() -> None:
    times = np.arange(0, 30, 1 / 250)
    recording = Recording("made", 250.0, np.exp(-0.5 * (((times % 1.0) - 0.5) / 0.012) ** 2))
    patient = RecordedPatient(recording, 1, START)
    beats = patient.beats(START, START + 20 * SECOND)
    assert len(beats) == 20
    for beat, pulse in zip(beats, patient.pulses(START, START + 21 * SECOND), strict=False):
        assert 150_000 < pulse - beat < 300_000
        assert patient.pleth(pulse + 150_000) > patient.pleth(pulse - 20_000) + 0.3


def test_probe_and_leads_come_off_a_recording_too(tmp_path: Path) -> None:
    patient = RecordedPatient(read_recording(str(write_csv(tmp_path / "a.csv", "Time [s],PLETH,II"))), 1, START)
    patient.begin("finger_off", None, START)
    patient.begin("desaturation", 80, START)
    patient.advance(START + 20 * SECOND)
    assert patient.finger_off
    assert patient.spo2 is None
    patient.end("finger_off", START)
    patient.advance(START + 20 * SECOND)
    assert patient.spo2 == 97


def test_bidmc_ecg_and_pleth_tell_the_same_rate() -> None:
    patient = RecordedPatient(read_recording(str(data("bidmc/bidmc_01_Signals.csv"))), 1, START)
    apart = []
    for second in range(20, 470):
        patient.advance(START + second * SECOND)
        assert patient.hr is not None
        assert patient.pulse_rate is not None
        assert patient.rr is not None
        assert 8 <= patient.rr <= 40
        apart.append(abs(patient.hr - patient.pulse_rate))
    assert sum(difference > 3 for difference in apart) < 0.05 * len(apart)  # its pleth cannot be read for some seconds
    beats = patient.beats(START, START + 480 * SECOND)
    assert all(0.4 < (b - a) / SECOND < 1.2 for a, b in itertools.pairwise(beats))


@pytest.mark.filterwarnings("ignore")
def test_record_100_agrees_with_its_annotations() -> None:
    import wfdb

    path = str(data("mitdb/100.dat").with_suffix(""))
    marks = wfdb.rdann(path, "atr")
    beats = [s / 360 for s, kind in zip(marks.sample, marks.symbol, strict=True) if kind in "NLRBAaJSVrFejnE/fQ?"]
    patient = RecordedPatient(read_recording(path), 1, START)
    for second in range(20, 1800):
        patient.advance(START + second * SECOND)
        last = [beat for beat in beats if second - 15 < beat <= second][-11:]
        annotated = 60 * (len(last) - 1) / (last[-1] - last[0])
        assert patient.hr == pytest.approx(annotated, abs=2)
    found = find_beats(patient.recording.ecg, 360.0) / 360
    missed = sum(np.abs(found - beat).min() > 0.05 for beat in beats)
    invented = sum(np.abs(np.array(beats) - beat).min() > 0.05 for beat in found)
    assert missed <= 3
    assert invented <= 3
