"""What a nurse is told of an S/5 monitor's records: values, cuff, status bits, curves, alarms."""

from collections.abc import Callable

import pytest

from drivers.base.observations import DeviceAlarm, DeviceStatus, Instant, Numeric, Observation, Reading, WaveformChunk
from drivers.base.vocabulary import Parameter, Priority, Quality, StatusCode, Unit, WaveformName
from drivers.datex_dri import DRIVER, DatexDecoder
from tests.drivers.datex_records import (
    TIME_S,
    WORKED_CURVES,
    WORKED_VALUES,
    class_part,
    curves,
    record,
    short,
    values,
)

S = 1_000_000
AT: Instant = TIME_S * S
INVALID = short(-32767)
Changes = dict[int, bytes]


def play(*frames: bytes, live: bool = False) -> list[Observation]:
    """Feed frames, a second apart."""
    decoder = DatexDecoder()
    said = decoder.opened(AT) if live else []
    for step, frame in enumerate(frames):
        said += decoder.feed(frame, AT + step * S)
    return said


def twice(changes: Changes | None = None, *others: tuple[int, bytes]) -> list[Observation]:
    """What two equal records say."""
    return play(values(0, changes, *others), values(1, changes, *others))


def shown(said: list[Observation]) -> dict[Parameter, Numeric]:
    """The newest numeric of each parameter."""
    return {n.parameter: n for one in said if isinstance(one, Reading) for n in one.numerics}


def value(said: list[Observation], parameter: Parameter) -> int | float | None:
    return shown(said)[parameter].value


def spots(said: list[Observation]) -> list[Reading]:
    return [one for one in said if isinstance(one, Reading) and one.spot]


def states(said: list[Observation]) -> dict[StatusCode, str]:
    """The states that are on at the end."""
    on: dict[StatusCode, str] = {}
    for one in said:
        if isinstance(one, DeviceStatus):
            on.pop(one.code, None)
            if one.on:
                on[one.code] = one.text
    return on


def alarms(said: list[Observation]) -> dict[str, DeviceAlarm]:
    """The alarms active at the end."""
    on: dict[str, DeviceAlarm] = {}
    for one in said:
        if isinstance(one, DeviceAlarm):
            on.pop(one.code, None)
            if one.active:
                on[one.code] = one
    return on


def test_the_worked_record_alone_is_told_as_unconfirmed() -> None:
    decoder = DatexDecoder()
    said = decoder.feed(WORKED_VALUES, AT)
    assert shown(said) == {}
    assert decoder.next_deadline() == AT + 1_500_000
    said = decoder.wake(AT + 1_500_000)
    assert {parameter: numeric.value for parameter, numeric in shown(said).items()} == {
        Parameter.HR: 72,
        Parameter.SPO2: 97,
        Parameter.PR: 71,
        Parameter.PI: 1.8,
        Parameter.RR: 14,
        Parameter.ETCO2: 38.0,
        Parameter.NIBP_SYS: 121,
        Parameter.NIBP_DIA: 78,
        Parameter.NIBP_MEAN: 92,
    }
    assert {numeric.quality for numeric in shown(said).values()} == {(Quality.UNCONFIRMED,)}
    assert [one.device_time for one in said if isinstance(one, Reading)] == ["2026-01-02T10:30:45"] * 2
    assert decoder.next_deadline() is None


def test_a_result_told_of_a_lone_record_is_not_told_again_by_those_after_it() -> None:
    decoder, said = DatexDecoder(), list[Observation]()
    for step in range(0, 20, 5):
        said += decoder.feed(values(step), AT + step * S)
        deadline = decoder.next_deadline()
        said += decoder.wake(deadline) if deadline is not None else []
    assert len(spots(said)) == 1


@pytest.mark.parametrize("label", [b"\x2b\0", b"\x0b\1"])
def test_a_lone_record_tells_no_pressure_that_is_old_or_being_measured(label: bytes) -> None:
    decoder = DatexDecoder()
    decoder.feed(values(0, {76: label}), AT)
    assert not spots(decoder.wake(AT + 2 * S))
    decoder = DatexDecoder()
    decoder.feed(values(0, {72: bytes(4), 0: bytes(4), 118: bytes(4), 132: bytes(4)}), AT)
    assert decoder.wake(AT + 2 * S) == []


def test_two_records_show_both() -> None:
    readings = [one for one in twice() if isinstance(one, Reading) and not one.spot]
    assert [one.at for one in readings] == [AT, AT + S]
    assert readings[1].numerics == (
        Numeric(Parameter.HR, 72),
        Numeric(Parameter.SPO2, 97),
        Numeric(Parameter.PR, 71),
        Numeric(Parameter.PI, 1.8),
        Numeric(Parameter.RR, 14),
        Numeric(Parameter.ETCO2, 38.0),
    )
    assert states(twice()) == {StatusCode.IDENTITY: "GE / Datex-Ohmeda monitor, interface level 10 ('09)"}


@pytest.mark.parametrize(
    ("changes", "parameter", "expected", "quality"),
    [
        ({}, Parameter.HR, 72, ()),
        ({0: b"\x33\0\0\0", 226: short(75)}, Parameter.HR, 75, ()),  # the rate comes from the pleth
        ({0: b"\x4b\0\0\0", 226: short(75)}, Parameter.HR, 72, ()),  # ECG "Mortara"
        ({0: b"\x33\0\0\0", 226: short(0)}, Parameter.HR, None, (Quality.INVALID,)),
        ({6: INVALID}, Parameter.HR, None, (Quality.INVALID,)),
        ({6: short(-3)}, Parameter.HR, None, (Quality.INVALID,)),
        ({6: short(-32001)}, Parameter.HR, None, (Quality.INVALID,)),  # a code nobody knows
        ({0: b"\x09\0\0\0"}, Parameter.HR, None, (Quality.INVALID,)),
        ({0: b"\x09\x08\0\0"}, Parameter.HR, None, (Quality.LEADS_OFF,)),
        ({0: b"\x0b\x08\0\0", 6: INVALID}, Parameter.HR, None, (Quality.LEADS_OFF,)),
        ({124: short(9725)}, Parameter.SPO2, 97.25, ()),
        ({118: b"\x01"}, Parameter.SPO2, None, (Quality.SENSOR_OFF,)),
        ({118: b"\x01"}, Parameter.PR, None, (Quality.SENSOR_OFF,)),
        ({126: INVALID}, Parameter.SPO2, 97, ()),
        ({126: INVALID}, Parameter.PR, None, (Quality.INVALID,)),
        ({124: short(-32766)}, Parameter.SPO2, None, (Quality.INVALID,)),  # not updated
        ({124: short(-32764)}, Parameter.SPO2, None, (Quality.INVALID,)),  # under range
        ({124: short(-32763)}, Parameter.SPO2, None, (Quality.INVALID,)),  # over range
        ({124: short(-32762)}, Parameter.SPO2, None, (Quality.INVALID,)),  # not calibrated
        ({142: short(15)}, Parameter.RR, 15, ()),
        ({142: INVALID}, Parameter.RR, 14, ()),
        ({142: short(15), 136: b"\x02"}, Parameter.RR, 14, ()),  # the CO2 group's rate is the chest's
        ({142: short(15), 136: b"\x02", 14: INVALID}, Parameter.RR, 15, ()),
        ({142: INVALID, 132: b"\x07"}, Parameter.RR, None, (Quality.INVALID,)),  # apnoea: the chest does not stand in
        ({142: short(0), 132: b"\x07"}, Parameter.RR, 0, ()),
        ({142: INVALID, 14: INVALID}, Parameter.RR, None, (Quality.INVALID,)),
        ({142: INVALID, 14: INVALID, 0: b"\x0b\x08"}, Parameter.RR, None, (Quality.LEADS_OFF,)),
        ({132: b"\x23", 142: short(3)}, Parameter.RR, 14, ()),  # a blocked line breathes nothing
        ({132: b"\x01"}, Parameter.RR, 14, ()),
        ({132: b"\x01"}, Parameter.ETCO2, None, (Quality.INVALID,)),
        ({132: b"\x0b"}, Parameter.ETCO2, None, (Quality.INVALID,)),
        ({132: b"\x13"}, Parameter.ETCO2, None, (Quality.INVALID,)),
        ({132: b"\x23"}, Parameter.ETCO2, None, (Quality.INVALID,)),
        ({132: b"\x43"}, Parameter.ETCO2, None, (Quality.INVALID,)),
        ({138: INVALID}, Parameter.ETCO2, None, (Quality.INVALID,)),
        ({144: INVALID}, Parameter.ETCO2, None, (Quality.INVALID,)),
        ({144: short(0)}, Parameter.ETCO2, None, (Quality.INVALID,)),
        ({86: b"\x03\0\0\0\x0b\0" + short(3655)}, Parameter.TEMPERATURE, 36.55, ()),
        ({86: b"\x03\0\0\0\x07\0" + short(3100)}, Parameter.TEMPERATURE, None, (Quality.INVALID,)),  # skin
        ({86: b"\x01\0\0\0\x0b\0" + short(3655)}, Parameter.TEMPERATURE, None, (Quality.INVALID,)),
        (
            {86: b"\x03\0\0\0\x0b\0" + short(3655), 94: b"\x03\0\0\0\x01\0" + short(3700)},
            Parameter.TEMPERATURE,
            37,
            (),
        ),
    ],
)
def test_values(changes: Changes, parameter: Parameter, expected: float | None, quality: tuple[Quality, ...]) -> None:
    assert shown(twice(changes))[parameter] == Numeric(parameter, expected, quality)


def test_temperatures_of_ext1_that_are_not_there_read_nought() -> None:
    idle = class_part(TIME_S, 1, {120: bytes(4) + b"\x11\0" + short(0)})
    assert Parameter.TEMPERATURE not in shown(play(values(0, None, (1, idle)), values(0, None, (1, idle))))
    warm = {128: b"\x03\0\0\0\x12\0" + short(3690)}
    said = play(*(values(n, None, (1, class_part(TIME_S + n, 1, warm))) for n in (0, 1)))
    assert value(said, Parameter.TEMPERATURE) == 36.9


def test_all_four_classes_are_told_apart_by_their_last_word() -> None:
    """They come in any order, all as type 1; offsets and lengths are those of a recording: r_len 1152."""
    for order in ((0, 1, 2, 3), (3, 2, 1, 0)):
        frames = []
        for step in (0, 1):
            parts = [(1, class_part(TIME_S + step, class_)) for class_ in order]
            frames.append(record(0, step, TIME_S + step, *parts))
        assert frames[0][1:3] == (1152).to_bytes(2, "little")
        assert value(play(*frames), Parameter.HR) == 72


def test_a_module_that_is_not_there_shows_nothing_and_one_that_goes_is_missing_once() -> None:
    gone = {118: bytes(4)}
    assert Parameter.SPO2 not in shown(twice(gone))
    said = play(values(0), values(1), values(2, gone), values(3, gone), values(4, gone))
    missing = [
        one.at
        for one in said
        if isinstance(one, Reading) and Numeric(Parameter.PI, None, (Quality.NO_SENSOR,)) in one.numerics
    ]
    assert missing == [AT + 3 * S]
    assert Parameter.HR not in shown(twice({0: bytes(4)}))
    assert Parameter.RR not in shown(twice({0: bytes(4), 132: bytes(4)}))


def test_records_without_the_basic_class_show_nothing() -> None:
    frames = [record(0, n, TIME_S + n, (1, class_part(TIME_S + n, 1, {0: b"\3\x80"}))) for n in (0, 1)]
    assert not shown(play(*frames))
    assert value(play(*frames, values(2), values(3)), Parameter.HR) == 72


def test_trends_are_recognised_and_not_shown() -> None:
    for kind in (2, 3):
        said = play(*(record(0, n, TIME_S + n, (kind, class_part(TIME_S))) for n in (0, 1)))
        assert not shown(said)
        assert states(said)[StatusCode.FORMAT] == "The monitor sends trend values: averages, not shown here"


def test_other_records_say_nothing() -> None:
    said = play(
        record(5, 0, TIME_S, (1, bytes(7))), record(8, 0, TIME_S, (1, bytes(7))), record(0, 0, TIME_S, (4, bytes(114)))
    )
    assert [one.code for one in said if isinstance(one, DeviceStatus)] == [StatusCode.IDENTITY]
    assert len(said) == 1


# -- status words

ECG_STATUS: Callable[[int], Changes] = lambda bits: {0: (0x0B | bits).to_bytes(4, "little")}  # noqa: E731


@pytest.mark.parametrize(
    ("changes", "code", "text"),
    [
        (ECG_STATUS(1 << 7), StatusCode.ARTEFACT, "ECG is noisy"),
        (ECG_STATUS(1 << 8), StatusCode.ARTEFACT, "ECG artefact"),
        (ECG_STATUS(3 << 7), StatusCode.ARTEFACT, "ECG is noisy; ECG artefact"),
        (ECG_STATUS(1 << 11), StatusCode.LEADS_OFF, "ECG leads off (channel 1)"),
        (ECG_STATUS(1 << 12), StatusCode.LEADS_OFF, "ECG leads off (channel 2)"),
        (ECG_STATUS(1 << 13), StatusCode.LEADS_OFF, "ECG leads off (channel 3)"),
        (ECG_STATUS(7 << 11), StatusCode.LEADS_OFF, "ECG leads off (channel 1, 2, 3)"),
        ({118: b"\x01"}, StatusCode.SENSOR_OFF, "SpO₂ probe off, or SpO₂ is not measured"),
        ({76: b"\x2b\0"}, StatusCode.MEASURING, "NIBP is measuring"),
        ({76: b"\x33\0"}, StatusCode.MEASURING, "NIBP is measuring again and again (STAT)"),
    ],
)
def test_states_in_words(changes: Changes, code: StatusCode, text: str) -> None:
    assert states(twice(changes)).get(code) == text
    said = play(values(0, changes), values(1, changes), values(2), values(3))
    assert code not in states(said)


def test_a_rate_that_is_there_is_not_made_unknowable_by_a_lead() -> None:
    (off,) = [
        one for one in twice(ECG_STATUS(1 << 12)) if isinstance(one, DeviceStatus) and one.code == StatusCode.LEADS_OFF
    ]
    assert off.affects == ()
    missing = ECG_STATUS(1 << 11) | {6: INVALID, 226: INVALID}
    (off,) = [one for one in twice(missing) if isinstance(one, DeviceStatus) and one.code == StatusCode.LEADS_OFF]
    assert off.affects == (Parameter.HR,)


def _co2(bit: int) -> Changes:
    return {132: (3 | 1 << bit).to_bytes(4, "little")}


def _group(offset: int, bit: int) -> Changes:
    return {offset: (1 | 1 << bit).to_bytes(4, "little")}


LOW, MEDIUM, HIGH = Priority.LOW, Priority.MEDIUM, Priority.HIGH


@pytest.mark.parametrize(
    ("changes", "text", "priority", "physiological"),
    [
        (ECG_STATUS(1 << 2), "Asystole", HIGH, True),
        (ECG_STATUS(1 << 9), "ECG: learning the beats", LOW, False),
        (_co2(2), "Apnoea (CO₂)", HIGH, True),
        (_co2(3), "CO₂: calibrating", LOW, False),
        (_co2(4), "CO₂: zeroing", LOW, False),
        (_co2(5), "CO₂: sample line blocked", MEDIUM, False),
        (_co2(6), "CO₂: air leak in the sample line", MEDIUM, False),
        (_co2(7), "Apnoea (respiration)", HIGH, True),
        (_co2(8), "Apnoea alarm is switched off", LOW, False),
        (_co2(9), "CO₂: water in the sample line", LOW, False),
        (_group(146, 2), "O₂: calibrating", LOW, False),
        (_group(146, 3), "O₂ is switched off", LOW, False),
        (_group(156, 2), "N₂O: calibrating", LOW, False),
        (_group(156, 3), "N₂O is switched off", LOW, False),
        (_group(166, 2), "Anaesthetic gas: calibrating", LOW, False),
        (_group(166, 3), "Anaesthetic gas is switched off", LOW, False),
        (_group(232, 2), "SvO₂: calibrated more than 24 h ago", LOW, False),
        (_group(232, 3), "SvO₂: faulty cable", LOW, False),
        (_group(232, 4), "SvO₂: no cable", LOW, False),
        (_group(232, 5), "SvO₂: not calibrated", LOW, False),
        (_group(232, 7), "SvO₂: out of range", LOW, False),
        (_group(16, 2), "Pressure P1 is being zeroed", LOW, False),
        (_group(58, 2), "Pressure P4 is being zeroed", LOW, False),
        (_group(240, 2), "Pressure P5 is being zeroed", LOW, False),
        ({76: b"\x4b\0"}, "NIBP: the cuff holds its pressure (venous stasis)", LOW, False),
        ({76: b"\x8b\0"}, "NIBP: calibrating", LOW, False),
    ],
)
def test_status_bits_in_words(changes: Changes, text: str, priority: Priority, physiological: bool) -> None:
    (alarm,) = alarms(twice(changes)).values()
    assert (alarm.text, alarm.priority, alarm.physiological) == (text, priority, physiological)
    assert alarms(play(values(0, changes), values(1, changes), values(2), values(3))) == {}


@pytest.mark.parametrize("changes", [ECG_STATUS(1 << 10), _group(16, 3), {76: b"\x0f\0"}, {16: b"\2\0\0\0"}])
def test_what_is_no_trouble_is_not_said(changes: Changes) -> None:
    """Pacer detection, a zeroed pressure, unknown bits of the cuff, an absent module."""
    assert alarms(twice(changes)) == {}


@pytest.mark.parametrize(
    ("bit", "text", "priority"),
    [
        (0, "Asystole", HIGH),
        (1, "Ventricular fibrillation", HIGH),
        (2, "Rapid ventricular tachycardia", HIGH),
        (3, "Ventricular tachycardia", HIGH),
        (4, "Extreme bradycardia", HIGH),
        (5, "Extreme tachycardia", HIGH),
        (6, "Run of more than three ventricular beats", MEDIUM),
        (7, "Long pause between beats", MEDIUM),
        (8, "Ventricular triplet", LOW),
        (9, "Ventricular couplet", LOW),
        (10, "R on T", MEDIUM),
        (11, "Idioventricular rhythm", MEDIUM),
        (12, "Bigeminy", LOW),
        (13, "Trigeminy", LOW),
        (14, "Frequent ventricular beats", LOW),
        (15, "Multifocal ventricular beats", LOW),
        (16, "Supraventricular tachycardia", MEDIUM),
        (18, "Missed beat", LOW),
        (20, "ECG too noisy to judge the rhythm", LOW),
        (22, "ECG too small to judge the rhythm", LOW),
        (24, "Pacemaker does not pace", MEDIUM),
        (25, "Pacemaker beats are not answered", MEDIUM),
        (27, "Bradycardia", MEDIUM),
        (28, "Tachycardia", MEDIUM),
        (30, "The monitor does not watch for arrhythmias", LOW),
        (31, "ECG telemetry is lost", LOW),
    ],
)
def test_arrhythmias_in_words(bit: int, text: str, priority: Priority) -> None:
    changes = {0: b"\x03\x80\0\0", 12: (1 << bit).to_bytes(4, "little")}
    frames = [values(n, None, (1, class_part(TIME_S + n, 1, changes))) for n in (0, 1)]
    (alarm,) = alarms(play(*frames)).values()
    assert (alarm.text, alarm.priority) == (text, priority)
    assert alarm.physiological is (bit not in (20, 22, 30, 31))


def test_arrhythmia_bits_of_a_module_that_does_not_measure_say_nothing() -> None:
    changes = {0: b"\x01\x80\0\0", 12: b"\1\0\0\0", 78: b"\5\0\0\0"}
    frames = [values(n, None, (1, class_part(TIME_S + n, 1, changes))) for n in (0, 1)]
    assert [alarm.text for alarm in alarms(play(*frames)).values()] == ["Pressure P7 is being zeroed"]


# -- the cuff

IDLE, BUSY, OLD = b"\x03\0", b"\x23\0", b"\x03\1"
OLD_BUSY = b"\x23\1"


def cuff(label: bytes, sys: int | None = 121, dia: int = 78, mean: int = 92) -> Changes:
    pressures = INVALID * 3 if sys is None else b"".join(short(100 * p) for p in (sys, dia, mean))
    return {76: label, 78: pressures}


def determinations(
    *states: Changes, live: bool = True
) -> list[tuple[int, tuple[float | None, ...], tuple[Quality, ...]]]:
    """Second, pressures and quality of what is told when the cuff goes through these states, each in two records."""
    frames = [values(n, changes) for n, changes in enumerate(state for state in states for _ in (0, 1))]
    said = play(*frames, live=live)
    return [((one.at - AT) // S, tuple(n.value for n in one.numerics), one.numerics[0].quality) for one in spots(said)]


def test_a_determination_is_told_once_with_the_time_at_which_measuring_ended() -> None:
    """The new result appears while the cuff still measures."""
    new = (133, 81, 98)
    states = [cuff(OLD), cuff(OLD_BUSY), cuff(BUSY, *new), cuff(IDLE, *new), cuff(IDLE, *new), cuff(OLD, *new)]
    assert determinations(*states) == [(6, new, ())]


def test_one_that_appears_as_measuring_ends_or_without_it() -> None:
    new = (133, 81, 98)
    assert determinations(cuff(OLD), cuff(OLD_BUSY), cuff(IDLE, *new)) == [(4, new, ())]
    assert determinations(cuff(OLD), cuff(IDLE, *new), cuff(OLD, *new)) == [(2, new, ())]


def test_order_is_systolic_diastolic_mean_in_hundredths() -> None:
    (reading,) = spots(play(*(values(n, {76: IDLE, 78: short(12150) + short(7800) + INVALID}) for n in (0, 1))))
    assert reading.numerics == (
        Numeric(Parameter.NIBP_SYS, 121.5),
        Numeric(Parameter.NIBP_DIA, 78),
        Numeric(Parameter.NIBP_MEAN, None, (Quality.INVALID,)),
    )
    assert reading.device_time == "2026-01-02T10:30:45"


def test_what_was_there_before_us_is_held_or_not_told_at_all() -> None:
    assert determinations(cuff(IDLE)) == [(0, (121, 78, 92), (Quality.HELD,))]
    assert determinations(cuff(IDLE), live=False) == [(0, (121, 78, 92), ())]
    assert determinations(cuff(OLD)) == []
    assert determinations(cuff(OLD), live=False) == []
    assert determinations(cuff(BUSY)) == []
    assert determinations(cuff(IDLE, None)) == []


def test_the_same_three_numbers_again_are_new_when_the_old_ones_were_old() -> None:
    assert determinations(cuff(OLD), cuff(OLD_BUSY), cuff(BUSY), cuff(IDLE)) == [(6, (121, 78, 92), ())]
    assert determinations(cuff(OLD), cuff(OLD_BUSY), cuff(OLD)) == []


def test_a_determination_that_fails() -> None:
    for last in (cuff(OLD), cuff(IDLE, None)):
        said = play(*(values(n, state) for n, state in enumerate([cuff(OLD)] * 2 + [cuff(OLD_BUSY)] * 2 + [last] * 2)))
        assert states(said)[StatusCode.MEASUREMENT_FAILED] == "NIBP ended without a new result"
        assert StatusCode.MEASURING not in states(said)
        assert not spots(said)
    failed = [cuff(OLD)] * 2 + [cuff(OLD_BUSY)] * 2 + [cuff(OLD)] * 2
    said = play(*(values(n, state) for n, state in enumerate(failed + [cuff(OLD_BUSY)] * 2)))
    assert StatusCode.MEASUREMENT_FAILED not in states(said)
    new = [cuff(BUSY)] * 2 + [cuff(IDLE, 130)] * 2
    said = play(*(values(n, state) for n, state in enumerate([cuff(OLD_BUSY)] * 2 + [cuff(OLD)] * 2 + new)))
    assert StatusCode.MEASUREMENT_FAILED not in states(said)
    assert len(spots(said)) == 1


def test_a_result_of_one_record_alone_is_not_charted() -> None:
    said = play(values(0, cuff(OLD)), values(1, cuff(OLD)), values(2, cuff(IDLE, 250)), values(3, cuff(OLD)))
    assert not spots(said)


def test_a_result_that_turns_up_old_is_not_charted() -> None:
    """It ended while nothing was heard."""
    assert determinations(cuff(OLD), cuff(OLD, 140), cuff(OLD, 140)) == []


def test_a_cuff_that_lost_its_result_tells_the_next_one() -> None:
    assert determinations(cuff(OLD), cuff(IDLE, None), cuff(IDLE))[-1] == (4, (121, 78, 92), ())


def test_the_auxiliary_record_tells_the_time_of_a_determination() -> None:
    def aux(time_s: int) -> tuple[int, bytes]:
        return 4, time_s.to_bytes(4, "little") + bytes(110)

    frames = [values(n, cuff(IDLE), aux(TIME_S - 20)) for n in (0, 1)]
    frames += [values(n, cuff(BUSY), aux(TIME_S - 20)) for n in (2, 3)]
    frames += [values(n, cuff(IDLE), aux(TIME_S + 3)) for n in (4, 5)]  # the same numbers, a new time
    first, second = spots(play(*frames))
    assert (first.device_time, second.device_time) == ("2026-01-02T10:30:25", "2026-01-02T10:30:48")
    assert second.at == AT + 4 * S
    nought = [values(n, cuff(IDLE), aux(0)) for n in (0, 1)]
    assert spots(play(*nought))[0].device_time == "2026-01-02T10:30:45"
    short_one = [values(n, cuff(IDLE), (4, (TIME_S - 20).to_bytes(4, "little"))) for n in (0, 1)]
    assert spots(play(*short_one))[0].device_time == "2026-01-02T10:30:45"


def test_a_module_that_does_not_measure_has_no_pressure() -> None:
    assert not spots(twice({72: b"\1\0\0\0"}))
    assert not spots(twice({72: bytes(4)}))


def test_the_same_result_is_not_told_again_when_the_line_is_opened_anew() -> None:
    decoder = DatexDecoder()
    said = [one for n in (0, 1) for one in decoder.feed(values(n), AT + n * S)]
    assert len(spots(said)) == 1
    decoder.opened(AT + 5 * S)
    said = [one for n in (6, 7) for one in decoder.feed(values(n), AT + n * S)]
    assert not spots(said)
    assert value(said, Parameter.HR) == 72
    decoder.opened(AT + 9 * S)  # a new one ended in between
    said = [one for n in (10, 11) for one in decoder.feed(values(n, cuff(IDLE, 130)), AT + n * S)]
    assert [one.numerics[0] for one in spots(said)] == [Numeric(Parameter.NIBP_SYS, 130)]


# -- curves


def chunks(said: list[Observation]) -> list[WaveformChunk]:
    return [one for one in said if isinstance(one, WaveformChunk)]


def test_the_worked_curves() -> None:
    pleth, ecg = chunks(play(WORKED_CURVES))
    assert (pleth.waveform, pleth.rate_hz, pleth.scale) == (WaveformName.PLETH, 100, None)
    assert pleth.samples == (0, 12, 25, 37, 48, 60, 70, 80, 88, 95)
    assert (ecg.waveform, ecg.rate_hz, ecg.scale, ecg.unit) == (WaveformName.ECG_II, 300, 0.001, Unit.MILLIVOLT)
    assert ecg.samples == (0,) * 10 + (100, 300, 900, 400, -200) + (0,) * 15
    assert {chunk.start for chunk in (pleth, ecg)} == {AT - 100_000}


def test_curves_go_on_by_the_record_number_and_begin_anew_at_a_gap() -> None:
    part = (8, 2, tuple(range(99)))
    said = play(
        curves(0, part),
        curves(1, (8, 0x12, tuple(range(101)))),
        curves(3, part),  # one was lost
        curves(4, (8, 0x33, (1, 2))),  # the monitor says so
        curves(4, part, number=5),
        curves(5, (15, 2, (5,)), number=6),
        curves(6, part, number=7),  # not in the record before
    )
    placed = [(chunk.run, chunk.first_index) for chunk in chunks(said) if chunk.waveform == WaveformName.PLETH]
    assert placed == [(0, 0), (0, 99), (1, 0), (2, 0), (2, 2), (3, 0)]


def test_the_counter_of_records_runs_over() -> None:
    part = (8, 2, (1, 2, 3))
    said = play(curves(0, part, number=255), curves(1, part, number=0))
    assert [(chunk.run, chunk.first_index) for chunk in chunks(said)] == [(0, 0), (0, 3)]


def test_control_codes_and_an_ecg_whose_lead_is_off_are_no_curve() -> None:
    samples = (1, 2, -32767, -32000, 5, -31999)
    first, second = chunks(play(curves(0, (8, 2, samples))))
    assert (first.first_index, first.samples) == (0, (1, 2))
    assert (second.first_index, second.samples) == (4, (5, -31999))
    assert second.start - first.start == 40_000
    off = play(curves(0, (1, 0x000A, (1, 2, 3))), curves(1, (1, 0x0006, (4, 5, 6))))
    assert [(chunk.first_index, chunk.samples) for chunk in chunks(off)] == [(3, (4, 5, 6))]
    assert chunks(play(curves(0, (8, 2, ())))) == []


def test_other_curves() -> None:
    kinds = [
        (9, WaveformName.CO2, 25, 0.01, Unit.PERCENT),
        (15, WaveformName.RESP, 25, None, Unit.ONE),
        (39, WaveformName.RESP, 100, None, Unit.ONE),
    ]
    for type_, name, rate_hz, scale, unit in kinds:
        (chunk,) = chunks(play(curves(0, (type_, 2, (500,)))))
        assert (chunk.waveform, chunk.rate_hz, chunk.scale, chunk.unit) == (name, rate_hz, scale, unit)
    for type_ in (2, 3, 4, 10, 13, 18, 22, 32, 38, 99):
        assert chunks(play(curves(0, (type_, 2, (500,))))) == []


def test_channels_bear_the_name_of_their_lead() -> None:
    three = ((1, 2, (1,)), (2, 2, (2,)), (3, 2, (3,)))
    said = play(values(0, {4: short(0x0157)}), curves(0, *three))  # I, aVL, V
    assert {chunk.waveform: chunk.samples for chunk in chunks(said)} == {
        WaveformName.ECG_I: (1,),
        WaveformName.ECG_AVL: (2,),
        WaveformName.ECG_V: (3,),
    }
    twice_ii = play(values(0, {4: short(0x0220)}), curves(0, *three))
    assert [(chunk.waveform, chunk.samples) for chunk in chunks(twice_ii)] == [(WaveformName.ECG_II, (1,))]
    unknown = play(values(0, {4: short(0x0F0F)}), curves(0, *three))
    assert [chunk.waveform for chunk in chunks(unknown)] == [WaveformName.ECG_II]


def test_a_curve_that_changes_its_channel_begins_anew() -> None:
    said = play(
        values(0, {4: short(0x0210)}),
        curves(0, (1, 2, (1,)), (2, 2, (2,)), number=0),
        values(1, {4: short(0x0120)}),
        values(2, {4: short(0x0120)}),
        curves(1, (1, 2, (1,)), (2, 2, (2,)), number=1),
    )
    placed = [(chunk.waveform, chunk.run) for chunk in chunks(said)]
    assert placed == [
        (WaveformName.ECG_II, 0),
        (WaveformName.ECG_I, 0),
        (WaveformName.ECG_I, 1),
        (WaveformName.ECG_II, 1),
    ]


@pytest.mark.parametrize(
    ("label", "is_arterial"), [(1, True), (8, True), (16, True), (17, True), (2, False), (7, False)]
)
def test_an_arterial_pressure_is_known_by_its_label(label: int, is_arterial: bool) -> None:
    said = play(values(0, {30: b"\3\0\0\0" + short(label)}), curves(0, (4, 2, (9000,)), (5, 2, (8000,))))
    assert [chunk.samples for chunk in chunks(said)] == ([(8000,)] if is_arterial else [])
    if is_arterial:
        assert chunks(said)[0].unit == Unit.MMHG
        assert chunks(said)[0].scale == 0.01


# -- alarms


def alarm_part(*texts: tuple[str, int], sound: int = 1, silence: int = 0) -> tuple[int, bytes]:
    entries = b""
    for text, colour in texts:
        entries += text.encode("latin-1").ljust(80, b"\0") + b"\1\0" + short(colour) + bytes(14)
    return 1, b"\0\0" + short(sound) + bytes(4) + short(silence) + entries.ljust(490, b"\0") + bytes(10)


def alarm_records(*parts: tuple[int, bytes]) -> list[bytes]:
    return [record(4, n, TIME_S + n, part) for n, part in enumerate(parts)]


def test_the_monitors_own_alarms_are_handed_on() -> None:
    said = play(*alarm_records(alarm_part(("Asystolie", 3), ("SpO2 niedrig", 2), ("Kabel prüfen", 1), ("Hinweis", 0))))
    assert [(a.text, a.priority, a.physiological) for a in alarms(said).values()] == [
        ("Asystolie", HIGH, True),
        ("SpO2 niedrig", MEDIUM, True),
        ("Kabel prüfen", LOW, False),
        ("Hinweis", LOW, False),
    ]


def test_alarms_begin_change_and_end() -> None:
    said = play(
        *alarm_records(
            alarm_part(("HR low", 2), ("HR low", 1)),
            alarm_part(("HR low", 2)),
            alarm_part(("HR low", 3)),
            alarm_part(("\x01\x02", 3)),
        )
    )
    told = [(a.active, a.priority) for a in said if isinstance(a, DeviceAlarm)]
    assert told == [(True, MEDIUM), (True, HIGH), (False, HIGH)]


@pytest.mark.parametrize(
    ("silence", "text"),
    [
        (1, "The monitor's apnoea alarm is silenced"),
        (2, "The monitor's asystole alarm is silenced"),
        (3, "The monitor's apnoea and asystole alarms are silenced"),
        (4, "All alarms of the monitor are silenced"),
        (5, "The monitor's alarms are silenced for 2 minutes"),
        (6, "The monitor's alarms are silenced for 5 minutes"),
        (7, "The monitor's alarms are silenced for 20 seconds"),
        (99, "Alarms of the monitor are silenced"),
    ],
)
def test_silence_in_words(silence: int, text: str) -> None:
    (alarm,) = alarms(play(*alarm_records(alarm_part(silence=silence)))).values()
    assert (alarm.text, alarm.priority, alarm.physiological) == (text, LOW, False)


def test_sound_that_is_off() -> None:
    said = play(*alarm_records(alarm_part(sound=0)))
    assert [alarm.text for alarm in alarms(said).values()] == ["The monitor's alarm sound is off"]
    assert not alarms(play(*alarm_records(alarm_part(sound=0), alarm_part())))


def test_the_driver_as_it_is_listed() -> None:
    assert str(DRIVER.line) == "19200 8E1"
    assert DRIVER.line.rts_cts
    assert [(line.baud, line.parity, line.rts_cts) for line in DRIVER.other_lines] == [(115200, "E", True)]
    assert DRIVER.harmless_to_open
    assert not DRIVER.commands
