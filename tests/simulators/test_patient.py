"""The simulated patient: seeded, in range, and with beats that agree between its curves."""

import itertools
import statistics

import numpy as np
import pytest

from drivers.base.observations import Instant
from simulators.base.effects import PATIENT_EVENTS
from simulators.base.patient import TRANSIT_US, Patient
from simulators.base.physiology import Person, Physiology

START: Instant = 1_750_000_000_000_000
SECOND = 1_000_000


def patient(seed: int = 1, **person: float) -> Patient:
    return Patient(Person(response=1.0, **person), seed, START)  # type: ignore[arg-type]


def after(seconds: float) -> Instant:
    return START + int(seconds * SECOND)


def run(someone: Patient, until_s: float, since_s: float = 0) -> list[tuple[float | None, ...]]:
    """Values once a second."""
    values: list[tuple[float | None, ...]] = []
    for second in range(int(since_s) + 1, int(until_s) + 1):
        someone.advance(after(second))
        values.append((someone.hr, someone.spo2, someone.rr, someone.body.systolic))
    return values


def test_the_same_seed_gives_the_same_patient_however_time_is_cut() -> None:
    coarse, fine, other = patient(7), patient(7), patient(8)
    coarse.advance(after(20))
    other.advance(after(20))
    for at in range(START, after(20), 13_333):
        fine.advance(at)
    fine.advance(after(20))
    times = range(START, after(20), 4_000)
    assert [coarse.ecg_mv(at) for at in times] == [fine.ecg_mv(at) for at in times]
    assert [coarse.pleth(at) for at in times] == [fine.pleth(at) for at in times]
    assert [coarse.ecg_mv(at) for at in times] != [other.ecg_mv(at) for at in times]
    assert coarse.beats(START, after(20)) == fine.beats(START, after(20)) != other.beats(START, after(20))
    assert (coarse.hr, coarse.spo2) == (fine.hr, fine.spo2)


def test_going_back_changes_nothing() -> None:
    someone = patient()
    someone.advance(after(10))
    before = (someone.hr, someone.ecg_mv(after(5)))
    someone.advance(after(3))
    assert (someone.hr, someone.ecg_mv(after(5))) == before


def body(seed: int = 1) -> Physiology:
    return Physiology(Person(response=1.0), np.random.default_rng(seed), START)


def live(someone: Physiology, until_s: int) -> None:
    for second in range((someone.at - START) // SECOND + 1, until_s + 1):
        someone.step(after(second))


@pytest.mark.parametrize("seed", range(4))
def test_a_calm_hour_stays_in_range(seed: int) -> None:
    someone = body(seed)
    someone.begin("infusion", 58.5, START)
    for second in range(1, 3601):
        live(someone, second)
        assert someone.hr is not None
        assert 50 <= someone.hr <= 115
        assert 93 <= someone.spo2 <= 100
        assert 6 <= someone.rr <= 24
        assert 118 <= someone.systolic <= 165


def test_ketamine_raises_pressure_and_it_comes_back() -> None:
    someone = body()
    someone.begin("infusion", 52.5, START)
    live(someone, 2400)
    at_the_end = someone.systolic
    someone.end("infusion", after(2400))
    live(someone, 9000)
    assert 8 <= at_the_end - 122 <= 25
    assert someone.systolic - 122 < 5


def test_responses_differ_between_people_as_published() -> None:
    """§4.4: log-normal with a CV of 70 %; a third more from fifty years on."""

    def responses(birth_year: int) -> list[float]:
        person = Person(birth_year=birth_year)
        return [Physiology(person, np.random.default_rng(seed), START).response for seed in range(400)]

    young, old = responses(1995), responses(1955)
    assert statistics.mean(young) == pytest.approx(1.0, abs=0.1)
    assert 0.5 < statistics.stdev(young) / statistics.mean(young) < 0.8
    assert statistics.median(old) == pytest.approx(1.3 * statistics.median(young), rel=0.01)


def test_glycopyrrolate_raises_the_rate() -> None:
    plain, dry = body(3), Physiology(Person(glycopyrrolate=True, response=1.0), np.random.default_rng(3), START)
    rates: dict[Physiology, list[float]] = {plain: [], dry: []}
    for second in range(1, 1200):
        for someone, hrs in rates.items():
            live(someone, second)
            hrs.append(someone.hr or 0.0)
    assert 2 < statistics.mean(rates[dry][600:]) - statistics.mean(rates[plain][600:]) < 20


def test_beats_follow_the_rate_and_breathe() -> None:
    someone = patient()
    run(someone, 60)
    beats = someone.beats(after(10), after(60))
    intervals = [b - a for a, b in itertools.pairwise(beats)]
    rate = 60 * SECOND / statistics.mean(intervals)
    assert rate == pytest.approx(someone.hr, abs=8)
    assert statistics.stdev(intervals) / statistics.mean(intervals) > 0.01


def test_each_beat_stands_in_the_ecg_and_arrives_in_the_pleth() -> None:
    someone = patient()
    someone.advance(after(30))
    beats = someone.beats(after(2), after(28))
    assert someone.pulses(after(2) + TRANSIT_US, after(28) + TRANSIT_US) == [beat + TRANSIT_US for beat in beats]
    for beat in beats:
        window = range(beat - 150_000, beat + 150_000, 2_000)
        peak = max(window, key=someone.ecg_mv)
        assert abs(peak - beat) <= 6_000
        assert 0.8 < someone.ecg_mv(peak) < 1.5
        foot = beat + TRANSIT_US
        crest = max(range(foot, foot + 350_000, 2_000), key=someone.pleth)
        assert 80_000 < crest - foot < 250_000
        assert someone.pleth(crest) - someone.pleth(foot - 20_000) > 0.3


def test_the_pleth_has_a_dicrotic_wave() -> None:
    someone = patient(hr=60)
    someone.advance(after(30))
    notched = 0
    pulses = someone.pulses(after(5), after(25))
    for foot in pulses:
        curve = [
            statistics.mean(someone.pleth(foot + at + d * 2_000) for d in range(-8, 9))
            for at in range(200_000, 600_000, 8_000)
        ]
        falls = [b - a for a, b in itertools.pairwise(curve)]
        flattest = max(falls[10:35])
        notched += flattest > min(falls) * 0.2
    assert notched > 0.8 * len(pulses)


def test_desaturation_falls_holds_and_recovers() -> None:
    someone = patient()
    someone.begin("desaturation", 81, after(30))
    course = [spo2 for _, spo2, _, _ in run(someone, 60)]
    assert course[25] is not None
    assert course[25] > 94
    assert course[45] == pytest.approx(81, abs=0.5)
    someone.end("desaturation", after(60))
    assert run(someone, 90, 60)[-1][1] > 94  # type: ignore[operator]


def test_the_other_events_do_what_they_say() -> None:
    someone = patient()
    for what in ("hypertension", "bradycardia", "low_perfusion"):
        someone.begin(what, None, START)
    run(someone, 90)
    assert someone.body.systolic == pytest.approx(PATIENT_EVENTS["hypertension"].size, abs=0.5)
    assert someone.hr == pytest.approx(PATIENT_EVENTS["bradycardia"].size, abs=0.5)
    assert someone.pi == pytest.approx(0.3)


def test_probe_and_leads_come_off_at_once_and_go_back() -> None:
    someone = patient()
    someone.advance(after(5))
    someone.begin("finger_off", None, after(5))
    someone.begin("leads_off", None, after(5))
    assert (someone.finger_off, someone.leads_off, someone.spo2, someone.pulse_rate) == (True, True, None, None)
    assert someone.pleth(after(4)) == someone.ecg_mv(after(4)) == 0
    someone.end("finger_off", after(6))
    someone.end("leads_off", after(6))
    assert not someone.finger_off
    assert someone.spo2 is not None


def test_asystole_and_apnoea() -> None:
    someone = patient()
    someone.begin("asystole", None, after(10))
    someone.begin("apnoea", None, after(10))
    run(someone, 60)
    assert someone.hr is None
    assert someone.pulse_rate is None
    assert someone.rr == 0
    assert someone.beats(after(12), after(60)) == []
    assert max(abs(someone.ecg_mv(at)) for at in range(after(20), after(60), 10_000)) < 0.2
    someone.end("asystole", after(60))
    run(someone, 70, 60)
    assert len(someone.beats(after(61), after(70))) >= 8


def test_apnoea_costs_saturation() -> None:
    someone = patient()
    someone.begin("apnoea", None, START)
    run(someone, 60)
    assert someone.spo2 is not None
    assert someone.spo2 < 88


def test_motion_shakes_the_curves() -> None:
    def roughness(someone: Patient) -> float:
        return statistics.stdev(someone.pleth(at) for at in range(after(11), after(19), 2_000))

    still, moving = patient(hr=60, pi=0.2), patient(hr=60, pi=0.2)
    moving.begin("motion", None, after(10))
    still.advance(after(20))
    moving.advance(after(20))
    assert roughness(moving) > 1.3 * roughness(still)


def test_determinations() -> None:
    someone = patient()
    someone.advance(after(10))
    made = [someone.determine(after(10)) for _ in range(1000)]
    good = [d for d in made if d is not None]
    assert 10 <= made.count(None) <= 60
    assert statistics.mean(d.systolic for d in good) == pytest.approx(122, abs=2)
    assert statistics.stdev(d.systolic for d in good) == pytest.approx(4, abs=0.6)
    assert all(d.diastolic < d.mean < d.systolic for d in good)
