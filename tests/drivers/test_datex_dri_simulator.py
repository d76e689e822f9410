"""The simulated S/5 monitor, asked by a client that is not ours: the sheet's requests, answers read by hand."""

import random

import pytest

from drivers.base.observations import Instant
from simulators.base.conversation import converse
from simulators.base.patient import Patient
from simulators.base.physiology import Person
from simulators.base.recording import RecordedPatient, Recording
from simulators.base.simulator import Determination
from simulators.datex_dri import SIMULATOR, DatexSimulator
from tests.drivers.datex_records import (
    CANCEL,
    ENTER_DIFFERENTIAL,
    SINGLE_SHOT,
    START_ECG1,
    START_ECG1_PLETH,
    STOP,
    TIME_S,
    TREND_60_S,
    VALUES_5_S_BASIC,
    VALUES_10_S,
    WORKED_VALUES,
)
from tests.drivers.test_datex_dri_conversation import ALARMS_ONCE, NO_ALARMS, request
from tests.drivers.test_intellivue_conversation import Still

S = 1_000_000
START: Instant = TIME_S * S


class Probe:
    """A monitor, and a client that plays the sheet's requests to it."""

    def __init__(self, level: int = 10) -> None:
        self.patient = Still()
        self.monitor = DatexSimulator(self.patient, random.Random(1), START)
        self.monitor.level = level
        self.at = START

    def say(self, *frames: bytes) -> list[bytes]:
        for frame in frames:
            self.monitor.receive(frame, self.at)
        return records(self.monitor.advance(self.at))

    def wait(self, seconds: float) -> list[tuple[float, bytes]]:
        """What it sends, with its time from now on."""
        heard, began = [], self.at
        for _ in range(round(seconds * 20)):
            self.at += S // 20
            heard += [((self.at - began) / S, one) for one in records(self.monitor.advance(self.at))]
        return heard


def records(data: bytes) -> list[bytes]:
    """Undo flags and escapes; every record must have its own two flags, its sum and its length."""
    found = []
    while data:
        assert data[0] == 0x7E
        end = data.index(0x7E, 1)
        raw = data[1:end].replace(b"\x7d\x5e", b"\x7e").replace(b"\x7d\x5d", b"\x7d")
        data = data[end + 1 :]
        assert sum(raw[:-1]) & 0xFF == raw[-1]
        assert int.from_bytes(raw[:2], "little") == len(raw) - 1
        found.append(raw[:-1])
    return found


def kind(one: bytes) -> int:
    return int.from_bytes(one[14:16], "little")


def word(one: bytes, place: int) -> int:
    return int.from_bytes(one[place : place + 2], "little", signed=True)


def descriptors(one: bytes) -> list[tuple[int, int]]:
    """Offset and type of each subrecord."""
    found = []
    for place in range(16, 40, 3):
        if one[place + 2] == 0xFF:
            break
        found.append((word(one, place), one[place + 2]))
    return found


def seconds(heard: list[tuple[float, bytes]]) -> list[float]:
    return [at for at, _ in heard]


def test_it_says_nothing_unasked() -> None:
    assert Probe().wait(20) == []


def test_values_equal_the_worked_ones() -> None:
    probe = Probe()
    probe.monitor.misbehave("capnometer", True)
    probe.monitor.measure_each(300 * S)
    probe.wait(29)
    probe.at = START
    (one,) = probe.say(request(SINGLE_SHOT, {43: 0}))
    worked = bytearray(WORKED_VALUES[1:-2])
    worked[2] = 0  # the counter begins at 0 here
    worked[40 + 276] = 0xA1  # as real monitors do
    worked[40 + 4 + 76] = 0x2B  # it measures still
    assert one == bytes(worked)


def test_an_interval_is_kept_until_it_is_told_to_stop() -> None:
    probe = Probe()
    assert probe.say(VALUES_5_S_BASIC) == []
    assert seconds(probe.wait(17)) == [0.2, 5.2, 10.2, 15.2]
    assert probe.say(CANCEL) == []
    assert probe.wait(17) == []


def test_a_new_request_takes_the_place_of_the_one_before() -> None:
    probe = Probe()
    probe.say(VALUES_5_S_BASIC, VALUES_10_S)
    heard = probe.wait(22)
    assert seconds(heard) == [0.2, 10.2, 20.2]
    assert {len(one) for _, one in heard} == {1152}
    assert descriptors(heard[0][1]) == [(0, 1), (278, 1), (556, 1), (834, 1)]
    assert [heard[0][1][40 + offset + 277] for offset in (0, 278, 556, 834)] == [0, 1, 2, 3]
    assert [one[2] for _, one in heard] == [0, 1, 2]


def test_classes_are_those_asked_for() -> None:
    for mask, classes in ((0x00, [0]), (0x02, [0, 1]), (0x05, [2]), (0x09, [3]), (0x0F, [1, 2, 3])):
        (one,) = Probe().say(request(SINGLE_SHOT, {43: mask}))
        assert [one[40 + offset + 277] & 0x0F for offset, _ in descriptors(one)] == classes
    assert Probe().say(request(SINGLE_SHOT, {43: 1})) == []


def test_single_shots_closer_than_5_s_are_ignored() -> None:
    probe = Probe()
    assert len(probe.say(SINGLE_SHOT)) == 1
    probe.wait(4.9)
    assert probe.say(SINGLE_SHOT) == []
    probe.wait(0.1)
    assert len(probe.say(SINGLE_SHOT)) == 1


@pytest.mark.parametrize(("level", "count"), [(10, 10), (9, 0)])
def test_values_each_second_come_from_a_carescape_alone(level: int, count: int) -> None:
    probe = Probe(level)
    probe.say(request(VALUES_5_S_BASIC, {41: 1}))
    heard = probe.wait(10)
    assert len(heard) == count
    assert {one[3] for _, one in heard} <= {level}


def test_trends_come_only_beside_displayed_values() -> None:
    probe = Probe()
    probe.say(TREND_60_S, request(VALUES_10_S, {40: 2}))
    assert probe.wait(70) == []
    probe.say(VALUES_10_S)
    types = dict.fromkeys((1, 2, 3), 0)
    for _, one in probe.wait(121):
        types[descriptors(one)[0][1]] += 1
    assert types == {1: 13, 2: 12, 3: 2}
    probe.say(request(CANCEL, {40: 2}), request(SINGLE_SHOT, {40: 3}), request(SINGLE_SHOT, {40: 9}))
    assert {descriptors(one)[0][1] for _, one in probe.wait(59)} == {1, 3}


@pytest.mark.parametrize(
    "frame",
    [
        VALUES_5_S_BASIC[:-2] + b"\x37\x7e",  # the sum
        VALUES_5_S_BASIC[:-2] + b"\x7d\x7e",
        VALUES_5_S_BASIC.replace(b"\x31\0", b"\x32\0", 1)[:-2] + b"\x37\x7e",  # the length
        request(VALUES_5_S_BASIC, {16: 1}),
        request(VALUES_5_S_BASIC, {21: 0}),
        request(VALUES_5_S_BASIC, {14: 1}),
        request(VALUES_5_S_BASIC, {14: 7}),
        request(START_ECG1, {40: 2}),
        request(START_ECG1, {44: 99}),
        request(ENTER_DIFFERENTIAL, {40: 1}),
        b"\x7e\x31\x7e",
        bytes(500),
    ],
)
def test_what_is_no_request_is_ignored(frame: bytes) -> None:
    probe = Probe()
    assert probe.say(frame) == []
    assert probe.wait(11) == []
    assert len(probe.say(b"\x7e" + SINGLE_SHOT)) == 1


def test_curves_at_their_rates_with_the_gap_bit_first() -> None:
    probe = Probe()
    assert probe.say(START_ECG1_PLETH) == []
    heard = probe.wait(10)
    assert 0 < heard[0][0] <= 1
    assert {kind(one) for _, one in heard} == {1}
    counts = {1: 0, 8: 0}
    for number, (_, one) in enumerate(heard):
        listed = descriptors(one)
        assert [type_ for _, type_ in listed] == [1, 8]
        for offset, type_ in listed:
            count, status = word(one, 40 + offset), word(one, 42 + offset)
            counts[type_] += count
            assert status & 0x0F == (3 if number == 0 else 2)
            assert status >> 4 == number
        assert len(one) == 40 + sum(6 + 2 * word(one, 40 + offset) for offset, _ in listed)
    assert counts[1] in (2999, 3000)
    assert counts[8] in (999, 1000)
    assert probe.say(STOP) == []
    assert probe.wait(5) == []


def test_sample_counts_jitter_by_one() -> None:
    probe = Probe()
    probe.say(request(START_ECG1, {44: 8}))
    counts = {word(one, 40) for _, one in probe.wait(30)}
    assert counts == {99, 100, 101}


def test_a_new_set_of_curves_replaces_the_old_one_and_begins_with_a_gap() -> None:
    probe = Probe()
    probe.say(START_ECG1)
    probe.wait(3)
    probe.say(request(START_ECG1, {44: 15}))
    heard = probe.wait(3)
    assert {tuple(type_ for _, type_ in descriptors(one)) for _, one in heard} == {(15,)}
    assert [word(one, 42) & 1 for _, one in heard] == [1, 0, 0]


def test_600_samples_a_second_in_the_order_asked() -> None:
    probe = Probe()
    probe.monitor.misbehave("capnometer", True)
    probe.say(request(START_ECG1, {44: 1, 45: 1, 46: 9, 47: 15, 48: 8, 49: 0xFF}))
    assert [type_ for _, type_ in descriptors(probe.wait(2)[0][1])] == [1, 9, 15, 8]
    from simulators._datex_patient import served

    assert served(probe.monitor.bedside, [1, 8, 9], 320) == (1,)
    assert served(probe.monitor.bedside, [8, 1, 9], 320) == (8, 9)
    assert served(probe.monitor.bedside, [1, 8, 9], None) == (1, 8, 9)


def test_the_further_types_count_when_all_eight_are_named() -> None:
    wanted = {44 + n: 90 + n for n in range(8)} | {52: 8, 53: 0}
    probe = Probe()
    probe.say(request(START_ECG1, wanted))
    assert [type_ for _, type_ in descriptors(probe.wait(1)[0][1])] == [8]
    older = Probe(9)
    older.say(request(START_ECG1, wanted))
    assert older.wait(2) == []


def test_alarms_once_and_on_each_change() -> None:
    probe = Probe()
    (one,) = probe.say(ALARMS_ONCE)
    assert (kind(one), len(one), descriptors(one)) == (4, 550, [(0, 1)])
    assert one[50:] == bytes(500)
    assert len(probe.say(ENTER_DIFFERENTIAL)) == 1
    assert probe.wait(10) == []
    probe.patient.hr = 45
    (_, changed), *_ = probe.wait(3)
    assert changed[50:57] == b"HR low\0"
    assert word(changed, 50 + 82) == 2
    probe.patient.hr, probe.patient.spo2, probe.patient.rr = None, 78, 0
    ((_, changed),) = probe.wait(3)
    texts = [changed[place : place + 80].rstrip(b"\0") for place in range(50, 540, 98)]
    assert texts == [b"Asystole", b"SpO2 low", b"Apnea", b"", b""]
    probe.monitor.misbehave("silenced", True)
    ((_, changed),) = probe.wait(3)
    assert word(changed, 48) == 5
    probe.say(NO_ALARMS)
    probe.patient.hr = 130
    assert probe.wait(5) == []
    older = Probe(9)
    assert older.say(ALARMS_ONCE, ENTER_DIFFERENTIAL) == []
    assert older.wait(5) == []


def shot(probe: Probe) -> bytes:
    """The classes basic and ext1 as they are now."""
    probe.wait(5)
    (one,) = probe.say(SINGLE_SHOT)
    return one


def test_leads_and_probe_that_are_off() -> None:
    probe = Probe()
    for what in ("leads_off", "sensor_off"):
        probe.monitor.misbehave(what, True)
    one = shot(probe)
    assert (word(one, 44) & 0xFFFF, word(one, 50)) == (0x0803, -32767)
    assert (word(one, 44 + 118), word(one, 44 + 124)) == (1, -32767)
    assert one[44 + 278 + 12 : 44 + 278 + 16] == b"\0\0\0\x40"  # arrhythmia detection is off
    probe.say(START_ECG1_PLETH)
    curves = probe.wait(1)[0][1]
    assert word(curves, 42) & 0x08
    assert word(curves, 46) == -32767
    (alarm,) = probe.say(ALARMS_ONCE)
    assert alarm[50:63] == b"ECG leads off"
    assert alarm[148:162] == b"SpO2 probe off"


def test_asystole_apnoea_and_motion() -> None:
    probe = Probe()
    probe.monitor.misbehave("capnometer", True)
    probe.patient.hr = probe.patient.rr = 0
    probe.patient.motion = True
    one = shot(probe)
    assert (word(one, 44), word(one, 50)) == (0x8F, 0)
    assert (word(one, 44 + 132), word(one, 44 + 142)) == (7, 0)
    assert one[44 + 278 + 12] == 1
    assert word(one, 44 + 278 + 8) == -32767


def test_t5_and_t6_read_nought_as_at_level_10() -> None:
    one = shot(Probe())
    assert one[44 + 278 + 120 : 44 + 278 + 136] == b"\0\0\0\0\x11\0\0\0" + b"\0\0\0\0\x12\0\0\0"


def test_the_cuff_measures_tells_early_and_grows_old() -> None:
    probe = Probe()
    probe.say(request(VALUES_5_S_BASIC, {41: 1}))
    probe.monitor.misbehave("own_cuff", True)
    labels, results = [], []
    for _, one in probe.wait(130):
        labels.append(word(one, 44 + 76))
        results.append((word(one, 44 + 78), word(one, 44 + 80), word(one, 44 + 82)))
    assert results[27] == (-32767, -32767, -32767)
    assert results[28] == (12100, 7800, 9200)
    assert [label & 0x20 for label in labels[:32]] == [0x20] * 30 + [0, 0]
    assert labels.index(0x10B) == 88
    probe.patient.pressures = Determination(133, 81, 98, 72)
    probe.wait(230)
    assert word(shot(probe), 44 + 78) == 13300
    probe.patient.pressures = None
    probe.monitor.misbehave("own_cuff", False)
    probe.monitor.measure_each(60 * S)
    probe.wait(60)
    assert word(shot(probe), 44 + 78) == 13300  # it failed: the old result stays
    assert word(shot(probe), 44 + 76) & 0x128 == 0x108


def test_the_first_record_may_be_left_over_from_an_earlier_client() -> None:
    probe = Probe()
    probe.monitor.misbehave("left_over", True)
    (old,) = probe.say(VALUES_5_S_BASIC)
    (_, fresh), *_ = probe.wait(1)
    assert int.from_bytes(fresh[6:10], "little") - int.from_bytes(old[6:10], "little") == 33


def test_a_deaf_monitor_is_silent_until_it_is_asked_again() -> None:
    probe = Probe()
    probe.say(VALUES_5_S_BASIC, START_ECG1, ENTER_DIFFERENTIAL)
    assert probe.wait(1)
    probe.monitor.misbehave("deaf", True)
    assert probe.say(VALUES_5_S_BASIC) == []
    assert probe.wait(10) == []
    probe.monitor.misbehave("deaf", False)
    probe.say(VALUES_5_S_BASIC)
    assert probe.wait(1)
    with pytest.raises(ValueError, match="no fault 'nonsense'"):
        probe.monitor.misbehave("nonsense", True)


def test_it_plays_a_recording() -> None:
    """As ``vigil demo --recording`` does: curve and rate are the recorded ones."""
    import numpy as np

    times = np.arange(30 * 250) / 250
    curve = sum(np.exp(-((times - beat) ** 2) / 0.0002) for beat in np.arange(0.5, 30, 0.8))
    patient = RecordedPatient(Recording("made", 250.0, np.asarray(curve)), 1, START)
    monitor = SIMULATOR.make(patient, random.Random(1), START)
    monitor.receive(START_ECG1 + request(VALUES_5_S_BASIC, {41: 1}), START)
    heard = records(monitor.advance(START + 20 * S))
    values = [one for one in heard if kind(one) == 0]
    assert word(values[-1], 50) == 75
    samples = [word(one, 46 + 2 * n) for one in heard if kind(one) == 1 for n in range(word(one, 40))]
    assert max(samples) > 900


def test_same_seed_same_bytes() -> None:
    from drivers.datex_dri import DRIVER

    assert converse(DRIVER, 3, seed=5).sent == converse(DRIVER, 3, seed=5).sent
    assert Patient(Person(response=1.0), 5, START).hr == 72
