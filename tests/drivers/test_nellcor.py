"""The Nellcor driver and its simulator: a real record and the sheet's worked lines pin both."""

import random
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from drivers._nellcor_words import CODES
from drivers.base.observations import DeviceAlarm, DeviceStatus, LinkFault, Observation, Reading
from drivers.base.vocabulary import FaultKind, Parameter, Priority, StatusCode
from drivers.nellcor import DRIVER, NellcorDecoder
from simulators.base.conversation import START, values
from simulators.base.patient import Patient
from simulators.base.physiology import Person
from simulators.nellcor import FAULTS, SIMULATOR, NellcorSimulator

S = 1_000_000

HEADING = (
    b"N-560    VERSION 1.61.00    CRC:XXXX  SpO2 Limit: 95-100%    PR Limit: 59-148BPM",
    b"                             ADULT           25SAT-S ",
    b"TIME                 %SpO2   BPM     PA     Status",
)
PLAIN = b"07-Jan-04 11:24:50   100     105      88                   AO"
MOTION = bytes.fromhex(
    "30 37 2D 4A 61 6E 2D 30 34 20 31 31 3A 32 34 3A 35 34 20 20 20 31 30 30 20 20 20 20 20 31 30 32 20 20 20 20 20 20 33 36"
    "20 20 20 20 4D 4F 20 20 20 20 20 20 20 20 20 20 20 20 20 41 4F"
)
LIMITS = b"07-Jan-04 11:25:20    84*    126*     18    SL             PH"
OFF = b"07-Jan-04 11:25:10   ---     ---     ---    SO             AO"
BARE = PLAIN[:40]


def decode(*lines: bytes, end: bytes = b"\r\n", decoder: NellcorDecoder | None = None) -> list[Observation]:
    """Feed lines two seconds apart, then let the line be silent."""
    decoder = decoder or NellcorDecoder()
    said: list[Observation] = []
    for turn, line in enumerate(lines):
        said += decoder.feed(line + end, turn * 2 * S)
    return said + ([] if decoder.next_deadline() is None else decoder.wake(len(lines) * 2 * S))


def test_a_recording_s_only_line_is_told_as_unconfirmed() -> None:
    decoder = NellcorDecoder()
    decoder.feed(MOTION + b"\r\n", 0)
    (reading,) = decoder.wake(decoder.next_deadline() or 0)
    assert shown([reading]) == [(100, 102)]
    assert isinstance(reading, Reading)
    assert [str(word) for word in reading.numerics[0].quality] == ["questionable", "artefact", "unconfirmed"]


def shown(said: list[Observation]) -> list[tuple[int | float | None, ...]]:
    """(SpO2, PR) of each reading, as far as it has them."""
    return [tuple(numeric.value for numeric in one.numerics) for one in said if isinstance(one, Reading)]


def words(said: list[Observation]) -> set[str]:
    """Quality words of the last SpO2."""
    return {str(word) for word in [one for one in said if isinstance(one, Reading)][-1].numerics[0].quality}


def states(said: list[Observation]) -> list[tuple[StatusCode, bool]]:
    own = (StatusCode.FORMAT, StatusCode.IDENTITY)
    return [(one.code, one.on) for one in said if isinstance(one, DeviceStatus) and one.code not in own]


def told(said: list[Observation], code: StatusCode) -> list[tuple[str, str | None]]:
    return [(one.text, one.detail) for one in said if isinstance(one, DeviceStatus) and one.code is code]


def faults(said: list[Observation]) -> list[tuple[FaultKind, int]]:
    return [(one.kind, one.discarded) for one in said if isinstance(one, LinkFault)]


def coded(*codes: str, spo2: int = 100, pr: int = 105) -> bytes:
    return b"07-Jan-04 11:24:50   %3d     %3d      88    " % (spo2, pr) + "            ".join(codes).encode()


# -- data lines


@pytest.mark.parametrize(
    ("text", "expected", "time"),
    [
        (PLAIN, (100, 105), "2004-01-07T11:24:50"),
        (BARE, (100, 105), "2004-01-07T11:24:50"),
        (MOTION, (100, 102), "2004-01-07T11:24:54"),
        (LIMITS, (84, 126), "2004-01-07T11:25:20"),
    ],
)
@pytest.mark.parametrize("end", [b"\r\n", b"\n"])
def test_the_worked_lines(text: bytes, expected: tuple[int, int], time: str, end: bytes) -> None:
    said = decode(text, text, end=end)
    assert (shown(said), faults(said)) == ([expected], [])
    assert [one.device_time for one in said if isinstance(one, Reading)] == [time]
    assert words(said) == ({"questionable", "artefact"} if text is MOTION else set())


def test_missing_is_said_at_once_and_numbers_come_back_in_agreement() -> None:
    said = decode(PLAIN, PLAIN, OFF, OFF, PLAIN, PLAIN)
    assert shown(said) == [(100, 105), (None, None), (None, None), (100, 105)]
    assert states(said) == [(StatusCode.SENSOR_OFF, True), (StatusCode.SENSOR_OFF, False)]


def test_the_pulse_amplitude_is_no_perfusion_index() -> None:
    assert DRIVER.parameters == (Parameter.SPO2, Parameter.PR)


@pytest.mark.parametrize(
    "harmed",
    [
        PLAIN.replace(b"  100 ", b"  10 "),
        PLAIN.replace(b"   100", b"  100"),
        PLAIN.replace(b" 105 ", b" 15 "),
        PLAIN.replace(b"  88", b"  8"),
        PLAIN.replace(b"100", b"101"),
        PLAIN.replace(b"105", b"301"),
        PLAIN.replace(b"100", b"1x0"),
        PLAIN.replace(b"AO", b"A0"),
        PLAIN.replace(b"Jan", b"Jam"),
        PLAIN.replace(b"07-Jan", b"32-Jan"),
        PLAIN.replace(b"11:24", b"11:64"),
        PLAIN[:30],
        PLAIN[1:],
        PLAIN + b" AOX",
        b"SpO2 is 95-100%",
    ],
)
def test_a_damaged_line_is_dropped_whole_and_counted(harmed: bytes) -> None:
    said = decode(PLAIN, harmed, PLAIN)
    assert shown(said) == [(100, 105)]
    assert faults(said) == [(FaultKind.SYNC, len(harmed) + 2)]


def test_another_model_has_columns_of_its_own() -> None:
    """Known from the third line on end; a digit lost after that is noticed."""
    other = PLAIN.replace(b"   100     105 ", b"    100    105  ")
    harmed = other.replace(b"100", b"10")
    said = decode(other, other, other, harmed, other, PLAIN)
    assert shown(said) == [(100, 105)]
    assert faults(said) == [(FaultKind.SYNC, size) for size in (64, 64, 63, 63)]


@pytest.mark.parametrize(
    ("spo2", "pr", "expected"), [(0, 105, (None, 105)), (100, 0, (100, None)), (0, 0, (None, None))]
)
def test_zero_is_missing(spo2: int, pr: int, expected: tuple[int | None, ...]) -> None:
    assert shown(decode(coded(spo2=spo2, pr=pr), coded(spo2=spo2, pr=pr)))[-1] == expected


def test_a_changed_digit_stands_alone() -> None:
    assert shown(decode(PLAIN, PLAIN, PLAIN.replace(b"105", b"185"), PLAIN)) == [(100, 105), (100,), (100, 105)]


def test_a_good_line_behind_garbage_is_kept() -> None:
    said = decode(PLAIN, b"\x8807-Jan-0\xff" + PLAIN)
    assert (shown(said), faults(said)) == ([(100, 105)], [(FaultKind.SYNC, 10)])


def test_two_seconds_between_lines_are_normal_and_seven_are_not() -> None:
    decoder = NellcorDecoder()
    decoder.feed(PLAIN + b"\r\n", 0)
    assert shown(decoder.feed(PLAIN + b"\r\n", 6 * S)) == [(100, 105)]
    assert shown(decoder.feed(PLAIN + b"\r\n", 13 * S)) == []
    assert DRIVER.silent_after_s == 6


def test_a_line_opened_anew_begins_anew() -> None:
    decoder = NellcorDecoder()
    decoder.feed(PLAIN + b"\r\n" + PLAIN[:9], 0)
    assert decoder.opened(S) == []
    assert decoder.bytes_to_send() == b""
    assert shown(decoder.feed(PLAIN + b"\r\n", S)) == []


# -- headings


def test_headings_stand_anywhere_and_are_no_damage() -> None:
    stream = (PLAIN, *HEADING, PLAIN, b"", b"Command?", b"1) Dump Instrument Info", *HEADING[::2], PLAIN)
    said = decode(b"\r\n".join(stream))
    assert (shown(said), faults(said)) == ([(100, 105), (100, 105)], [])


def test_a_heading_tells_the_limits_set_on_the_oximeter() -> None:
    said = decode(*HEADING, PLAIN)
    sentence = (
        "Nellcor printout; own alarm limits of the N-560: SpO₂ 95–100 %, PR 59–148 /min; adult limits, SatSeconds 25"
    )
    assert told(said, StatusCode.FORMAT) == [(sentence, "printout")]
    assert told(said, StatusCode.IDENTITY) == []
    again = decode(*HEADING, PLAIN, *HEADING)
    assert told(again, StatusCode.IDENTITY) == [("Nellcor N-560", "version 1.61.00")]


def test_a_new_limit_or_model_counts_when_told_twice() -> None:
    other = (HEADING[0].replace(b"N-560", b"N-561").replace(b" 59-", b" 51-"), *HEADING[1:])
    said = decode(PLAIN, *HEADING, *HEADING, *other, *HEADING, *HEADING)
    assert [text[18:] for text, _ in told(said, StatusCode.FORMAT)][2:] == [
        "own alarm limits of the N-561: changed just now, look at it",
        "own alarm limits of the N-560: changed just now, look at it",
        "own alarm limits of the N-560: SpO₂ 95–100 %, PR 59–148 /min; adult limits, SatSeconds 25",
    ]
    assert told(said, StatusCode.IDENTITY) == [("Nellcor N-560", "version 1.61.00")]


@pytest.mark.parametrize(
    ("first", "second", "expected"),
    [
        (b"N-595    VERSION 2.0    CRC:ABCD", b"  NEONATE  SPO2 RESP MODE: NORMAL", "N-595: neonate limits"),
        (b"NPB-295  VERSION 1.0  CRC:1A2B  SpO2 Limit: OFF", b"  10SAT-S", "NPB-295: SpO2 Limit: OFF; SatSeconds 10"),
        (b"NPB-290  VERSION 1.0  CRC:1A2B", b"", "NPB-290: not told"),
    ],
)
def test_headings_of_other_models(first: bytes, second: bytes, expected: str) -> None:
    said = decode(first, second, HEADING[2])
    assert [text for text, _ in told(said, StatusCode.FORMAT)] == [
        f"Nellcor printout; own alarm limits of the {expected}"
    ]
    assert faults(said) == []


def test_a_heading_without_its_first_line_says_nothing() -> None:
    harmed = HEADING[0].replace(b"VERSION", b"VERS\x00ON")
    said = decode(harmed, *HEADING[1:])
    assert told(said, StatusCode.FORMAT) == []
    assert faults(said) == [(FaultKind.SYNC, len(harmed) + 2)]


# -- status codes

SENTENCES = {
    "AO": "the oximeter's own alarm sound is off",
    "AS": "the oximeter's own alarm is silenced",
    "LB": "oximeter battery low",
    "LM": "SpO₂ pulse lost in movement",
    "LP": "SpO₂ sensor finds no pulse",
    "MO": "SpO₂ disturbed by movement",
    "PH": "pulse rate above the oximeter's own high limit",
    "PL": "pulse rate below the oximeter's own low limit",
    "PS": "SpO₂ sensor is searching for a pulse",
    "SD": "SpO₂ sensor disconnected from the oximeter",
    "SH": "SpO₂ above the oximeter's own high limit",
    "SL": "SpO₂ below the oximeter's own low limit",
    "SO": "SpO₂ sensor off the patient",
    "XY": 'the oximeter prints a status code that is not known here: "XY"',
}
STATES = {
    "LB": StatusCode.LOW_BATTERY,
    "LM": StatusCode.ARTEFACT,
    "LP": StatusCode.OUT_OF_TRACK,
    "MO": StatusCode.ARTEFACT,
    "PS": StatusCode.SEARCHING,
    "SD": StatusCode.NO_SENSOR,
    "SO": StatusCode.SENSOR_OFF,
}
ALARMS = {
    **dict.fromkeys(("AO", "AS", "XY"), (Priority.LOW, False)),
    **dict.fromkeys(("PH", "PL", "SH", "SL"), (Priority.MEDIUM, True)),
    "LP": (Priority.HIGH, True),
}
MISSING = {"LP": "out_of_track", "SD": "no_sensor", "SO": "sensor_off"}
DOUBTFUL = {"LM", "MO", "PS", "XY"}


def test_no_code_is_left_out() -> None:
    assert CODES.keys() == SENTENCES.keys() - {"XY"}


@pytest.mark.parametrize("code", SENTENCES)
def test_each_status_code_has_its_sentence(code: str) -> None:
    """It is on, and off again, when two lines on end say so; with numbers printed all the same."""
    said = decode(BARE, BARE, coded(code), coded(code), BARE, BARE)
    state, alarm = STATES.get(code), ALARMS.get(code)
    assert states(said) == ([(state, True), (state, False)] if state else [])
    alarms = [(one.code, one.active, one.priority, one.physiological) for one in said if isinstance(one, DeviceAlarm)]
    assert alarms == ([(code, True, *alarm), (code, False, *alarm)] if alarm else [])
    sentences = {one.text for one in said[1:] if isinstance(one, DeviceStatus | DeviceAlarm)} - {"Nellcor printout"}
    assert sentences == {SENTENCES[code]}
    middle = decode(BARE, BARE, coded(code))
    assert shown(middle)[-1] == ((None, None) if code in MISSING else (100, 105))
    assert ("questionable" in words(middle)) == (code in DOUBTFUL)
    assert words(middle) >= ({MISSING[code]} if code in MISSING else set())


def test_several_codes_on_one_line() -> None:
    said = decode(*[LIMITS] * 2, *[coded("MO", "LB", "SH", "AS")] * 2)
    alarms = [(one.code, one.active) for one in said if isinstance(one, DeviceAlarm)]
    assert alarms == [("PH", True), ("SL", True), ("AS", True), ("PH", False), ("SH", True), ("SL", False)]
    assert set(states(said)) == {(StatusCode.LOW_BATTERY, True), (StatusCode.ARTEFACT, True)}


def test_a_code_on_one_line_alone_is_no_state() -> None:
    said = decode(BARE, BARE, coded("SO"), BARE, BARE)
    assert (states(said), shown(said)) == ([], [(100, 105), (None, None), (100, 105)])


def test_dashes_while_searching_and_without_a_reason() -> None:
    assert words(decode(OFF.replace(b"SO", b"PS"))) == {"searching"}
    assert words(decode(OFF.replace(b"SO", b"  "))) == {"invalid"}


# -- what is not for this driver


def test_bytes_of_another_device_are_told_until_ours_come() -> None:
    said = decode(*[b"$GPGSA,A,3,10,07,05,02,29,04,08,13,,,,,1.72,1.03,1.38*0A"] * 5, PLAIN, PLAIN)
    assert shown(said) == [(100, 105)]
    assert states(said) == [(StatusCode.NOT_THIS_DEVICE, True), (StatusCode.NOT_THIS_DEVICE, False)]


# -- properties


@pytest.fixture(scope="module")
def recorded() -> bytes:
    patient = Patient(Person(response=1.0), 4, START)
    oximeter = NellcorSimulator(patient, random.Random(4), START)
    data = bytearray()
    for second in range(150):
        if second == 20:
            patient.begin("desaturation", None, START + second * S)
        if second == 90:
            patient.begin("finger_off", None, START + second * S)
        if second == 102:
            patient.end("finger_off", START + second * S)
        data += oximeter.advance(START + second * S)
    return bytes(data)


@given(before=st.binary(max_size=150), after=st.binary(max_size=150))
@settings(deadline=None, max_examples=40)
def test_garbage_around_lines_costs_no_good_line(before: bytes, after: bytes) -> None:
    said = decode(before.replace(b"-", b"=") + PLAIN, PLAIN, after.replace(b"-", b"=") + PLAIN)
    assert values(said) == {(Parameter.SPO2, 100), (Parameter.PR, 105)}
    assert len(shown(said)) == 2


@pytest.mark.parametrize("harm", ["flip", "drop", "double", "noise"])
def test_a_damaged_stream_shows_no_number_of_its_own(recorded: bytes, harm: str) -> None:
    """One spot of damage, of seeds stated: SpO2 and PR are those of good lines."""
    printed = {int(number) for pair in re.findall(rb":\d\d +(\d+)\*? +(\d+)\*? ", recorded) for number in pair}
    usual = len(shown(decode(recorded, end=b"")))
    for seed in range(15):
        rng = random.Random(f"{harm} {seed}")
        place, harmed = rng.randrange(len(recorded)), bytearray(recorded)
        if harm == "flip":
            harmed[place] ^= 1 << rng.randrange(8)
        elif harm == "drop":
            del harmed[place : place + rng.randint(1, 30)]
        elif harm == "double":
            harmed[place:place] = harmed[place : place + rng.randint(1, 30)]
        else:
            harmed[place:place] = rng.randbytes(rng.randint(1, 60))
        said = decode(bytes(harmed), end=b"")
        assert {value for _, value in values(said)} <= printed
        assert len(shown(said)) >= usual - 4


# -- the simulator


def oximeter(**events: float | None) -> tuple[Patient, NellcorSimulator]:
    patient = Patient(Person(response=1.0), 1, START)
    for what, size in events.items():
        patient.begin(what, size, START)
    return patient, NellcorSimulator(patient, random.Random(1), START)


def test_the_simulator_prints_as_the_record_does() -> None:
    lines = oximeter()[1].advance(START + 60 * S).split(b"\r\n")
    assert lines[0] == HEADING[0].replace(b"95-100%", b"90-100%").replace(b"59-148", b"50-140")
    assert (lines[1], lines[2]) == HEADING[1:]
    assert lines[3] == b"15-Jun-25 15:06:42   ---     ---     ---    PS             AO"
    numbers = re.compile(rb"(15-Jun-25 15:06:\d\d) {4}(9\d) {5} ([67]\d) {6}(\d\d) {19}AO")
    assert all(numbers.fullmatch(line) and len(line) == len(PLAIN) for line in lines[5:12])
    assert [number for number, line in enumerate(lines) if line == HEADING[2]] == [2, 30]


def test_the_simulator_marks_what_is_beyond_its_limits() -> None:
    lines = oximeter(desaturation=80.0, tachycardia=150.0)[1].advance(START + 60 * S).split(b"\r\n")
    assert re.fullmatch(rb"15-Jun-25 15:07:\d\d    8\d\*    1[45]\d\* {5} ?\d\d    SL   PH        AO", lines[-4])
    slow = oximeter(bradycardia=38.0)[1].advance(START + 60 * S).split(b"\r\n")
    assert b"* " in slow[-4]
    assert b"PL" in slow[-4]


def test_a_new_limit_brings_a_heading_at_once() -> None:
    device = oximeter()[1]
    device.advance(START + 10 * S)
    device.misbehave("new_limits", True)
    assert b"SpO2 Limit: 85- 98%    PR Limit: 40-120BPM" in device.advance(START + 12 * S)
    device.misbehave("new_limits", False)
    assert b"SpO2 Limit: 90-100%" in device.advance(START + 14 * S)


@pytest.mark.parametrize(
    ("event", "code"), [("finger_off", b"SO"), ("asystole", b"LP"), ("motion", b"LM"), ("desaturation", b"SL")]
)
def test_what_happens_to_the_patient_has_its_code(event: str, code: bytes) -> None:
    device = oximeter(**{event: None})[1]
    assert code in device.advance(START + 60 * S).split(b"\r\n")[-4]


@pytest.mark.parametrize("fault", FAULTS)
def test_the_simulator_can_be_told_to_misbehave(fault: str) -> None:
    device = oximeter()[1]
    device.misbehave("alarm_off", False)
    device.advance(START + 10 * S)
    device.misbehave(fault, True)
    assert FAULTS[fault].encode() in device.advance(START + 12 * S)
    device.misbehave(fault, False)
    assert FAULTS[fault].encode() not in device.advance(START + 20 * S)


def test_a_fault_it_does_not_have_is_refused() -> None:
    with pytest.raises(ValueError, match="no fault 'leads_off'"):
        oximeter()[1].misbehave("leads_off", True)


def test_driver_and_simulator_bear_one_name() -> None:
    assert SIMULATOR.name == DRIVER.name
    assert str(DRIVER.line) == "9600 8N1"
    assert [str(line) for line in DRIVER.other_lines] == ["2400 8N1", "4800 8N1", "19200 8N1"]
