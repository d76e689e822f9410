"""The Masimo driver and its simulator: real lines and the sheet's worked ones pin both."""

import random
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from drivers._masimo_words import ALARMS, EXCEPTIONS
from drivers.base.observations import DeviceAlarm, DeviceStatus, LinkFault, Observation, Reading
from drivers.base.vocabulary import FaultKind, Parameter, Priority, StatusCode
from drivers.masimo import DRIVER, MasimoDecoder
from simulators.base.conversation import START, values
from simulators.base.patient import Patient
from simulators.base.physiology import Person
from simulators.masimo import FAULTS, SIMULATOR, MasimoSimulator

S = 1_000_000

RAD_8 = b"02/22/16 22:47:45 SN=0000056661 SPO2=098% BPM=097 PI=03.60% SPCO=--.-% SPMET=--.-% DESAT=-- PIDELTA=+-- ALARM=0000 EXC=000800"
HELD = b"05/20/21 14:06:02 SN=0000182948 SPO2=098% BPM=101 PI=--.--% SPCO=--.-% SPMET=--.-% DESAT=-- PIDELTA=+-- ALARM=0010 EXC=000824"
OFF = b"11/21/26 09:30:15 SN=0000056661 SPO2=---% BPM=--- PI=--.--% SPCO=--.-% SPMET=--.-% DESAT=-- PIDELTA=+-- ALARM=0010 EXC=000820"
LOW = b"11/21/26 09:31:15 SN=0000056661 SPO2=087% BPM=112 PI=00.21% SPCO=--.-% SPMET=--.-% DESAT=-- PIDELTA=+-- ALARM=0012 EXC=000C04"
NONE = b"11/21/26 09:32:15 SN=0000056661 SPO2=---% BPM=--- PI=--.--% SPCO=--.-% SPMET=--.-% DESAT=-- PIDELTA=+-- ALARM=0000 EXC=000801"
BLUE = b"12/01/05 11:56:29 SN=0123456789 SPO2=098% BPM=240 PI=20.00% SPCO=01.0% SPMET=00.5% DESAT=01 PIDELTA=-02 PVI=027 ALARM=0000 EXC=000820"
COLOUR = (
    b"03/17/16 19:19:36 SN=---------- SPO2=098% BPM=123 PI=00.55 SPCO=--% SPMET=--.-% SPHB=--.- SPOC=-- RESVD=--- DESAT=-- "
    b"PIDELTA=+-- PVI=--- ALARM=000000 EXC=0000C00 EXC1=00000000"
)
RADICAL = b"09/15/10 15:10:29 SPO2=097% BPM=064 PI=11.82% ALARM=20 EXC=800"
TREND = b"09/21/08 09:56:08 SpO2=000 PR=000 PI=00.00 EXC=820:OffPat,SET"


def decode(*lines: bytes, end: bytes = b"\r\n", decoder: MasimoDecoder | None = None) -> list[Observation]:
    """Feed lines a second apart, then let the line be silent."""
    decoder = decoder or MasimoDecoder()
    said: list[Observation] = []
    for second, line in enumerate(lines):
        said += decoder.feed(line + end, second * S)
    return said + ([] if decoder.next_deadline() is None else decoder.wake(len(lines) * S))


def shown(said: list[Observation]) -> list[tuple[int | float | None, ...]]:
    """(SpO2, PR, PI) of each reading, as far as it has them."""
    return [tuple(numeric.value for numeric in one.numerics) for one in said if isinstance(one, Reading)]


def words(said: list[Observation]) -> set[str]:
    """Quality words of the last SpO2."""
    return {str(word) for word in [one for one in said if isinstance(one, Reading)][-1].numerics[0].quality}


def states(said: list[Observation]) -> list[tuple[StatusCode, bool]]:
    own = (StatusCode.FORMAT, StatusCode.IDENTITY)
    return [(one.code, one.on) for one in said if isinstance(one, DeviceStatus) and one.code not in own]


def texts(said: list[Observation]) -> list[str]:
    return [one.text for one in said if isinstance(one, DeviceStatus | DeviceAlarm)]


def faults(said: list[Observation]) -> list[tuple[FaultKind, int]]:
    return [(one.kind, one.discarded) for one in said if isinstance(one, LinkFault)]


def line(spo2: int = 98, pr: int = 97, exc: str = "000800", alarm: str = "0000") -> bytes:
    fresh = RAD_8.replace(b"098%", b"%03d%%" % spo2).replace(b"BPM=097", b"BPM=%03d" % pr)
    return fresh.replace(b"EXC=000800", b"EXC=" + exc.encode()).replace(b"ALARM=0000", b"ALARM=" + alarm.encode())


# -- lines


def test_a_recording_s_only_line_is_told_as_unconfirmed() -> None:
    decoder = MasimoDecoder()
    assert shown(decoder.feed(RAD_8 + b"\r\n", 0)) == []
    (reading,) = decoder.wake(decoder.next_deadline() or 0)
    assert shown([reading]) == [(98, 97, 3.6)]
    assert words([reading]) == {"unconfirmed"}
    assert decoder.next_deadline() is None
    assert shown(decoder.feed(RAD_8 + b"\r\n", 2 * S)) == [(98, 97, 3.6)]
    for opened, lines in ((True, RAD_8 + b"\r\n"), (False, RAD_8 + b"\r\n" + LOW + b"\r\n"), (False, OFF + b"\r\n")):
        decoder = MasimoDecoder()
        if opened:
            decoder.opened(0)
        decoder.feed(lines, 0)
        assert decoder.next_deadline() is None


@pytest.mark.parametrize(
    ("text", "expected", "time"),
    [
        (RAD_8, (98, 97, 3.6), "2016-02-22T22:47:45"),
        (LOW, (87, 112, 0.21), "2026-11-21T09:31:15"),
        (COLOUR, (98, 123, 0.55), "2016-03-17T19:19:36"),
        (RADICAL, (97, 64, 11.82), "2010-09-15T15:10:29"),
        (RADICAL.replace(b" PI=11.82%", b""), (97, 64), "2010-09-15T15:10:29"),
        (COLOUR.replace(b"BPM=123", b"BPM=123%"), (98, 123, 0.55), "2016-03-17T19:19:36"),
        (RAD_8 + b" NEWKEY=?? ", (98, 97, 3.6), "2016-02-22T22:47:45"),
    ],
)
@pytest.mark.parametrize("end", [b"\r\n", b"\n", b"\r\r\n", b"\r\n\r\n"])
def test_lines_of_all_generations(text: bytes, expected: tuple[float, ...], time: str, end: bytes) -> None:
    said = decode(text, text, end=end)
    assert shown(said) == [expected]
    assert faults(said) == []
    assert [one.device_time for one in said if isinstance(one, Reading)] == [time]


@pytest.mark.parametrize("text", [HELD, OFF, NONE, BLUE])
def test_what_exc_says_stands_above_the_numbers(text: bytes) -> None:
    """A real line: 98 % and 101 /min printed, the sensor off."""
    said = decode(RAD_8, RAD_8, text, text)
    assert shown(said) == [(98, 97, 3.6), (None, None, None), (None, None, None)]
    assert words(said) == ({"no_sensor"} if text is NONE else {"sensor_off"})
    off = StatusCode.NO_SENSOR if text is NONE else StatusCode.SENSOR_OFF
    assert (off, True) in states(said)
    assert [one.affects for one in said if isinstance(one, DeviceStatus) and one.code is off] == [DRIVER.parameters]


def test_the_worked_line_of_a_desaturation() -> None:
    said = decode(LOW, LOW)
    assert words(said) == {"questionable", "low_perfusion"}
    assert [(one.code, one.physiological) for one in said if isinstance(one, DeviceAlarm)] == [
        ("ALARM 000002", True),
        ("ALARM 000010", False),
    ]


def test_numbers_come_back_when_two_lines_without_the_flag_agree() -> None:
    said = decode(*[RAD_8] * 2, *[HELD] * 3, *[RAD_8] * 2)
    assert shown(said) == [(98, 97, 3.6), *[(None, None, None)] * 3, (98, 97, 3.6)]
    assert states(said)[-1][1] is False


@pytest.mark.parametrize(
    "harmed",
    [
        RAD_8.replace(b"098%", b"98%"),
        RAD_8.replace(b"098%", b"0 98%"),
        RAD_8.replace(b"098%", b"09x%"),
        RAD_8.replace(b"098%", b"0-8%"),
        RAD_8.replace(b"098%", b"101%"),
        RAD_8.replace(b"BPM=097", b"BPM=301"),
        RAD_8.replace(b"BPM=097", b"BPM=97"),
        RAD_8.replace(b"03.60", b"3.60"),
        RAD_8.replace(b"SPCO=--.-%", b"SPCO=--,-%"),
        RAD_8.replace(b"BPM=097", b"SPO2=097%"),
        RAD_8.replace(b" ALARM=0000", b""),
        RAD_8.replace(b"EXC=000800", b"EXC="),
        RAD_8.replace(b"EXC=000800", b"EXC=0008G0"),
        RAD_8.replace(b"% BPM", b"%BPM"),
        RAD_8.replace(b"02/22", b"13/22"),
        RAD_8.replace(b"02/22", b"02/30"),
        RAD_8[1:],
        RAD_8 + b"\x00",
    ],
)
def test_a_damaged_line_is_dropped_whole_and_counted(harmed: bytes) -> None:
    said = decode(RAD_8, harmed, RAD_8)
    assert shown(said) == [(98, 97, 3.6)]
    assert faults(said) == [(FaultKind.SYNC, len(harmed) + 2)]


@pytest.mark.parametrize(("spo2", "pr", "expected"), [(0, 97, (None, 97)), (98, 0, (98, None)), (98, 24, (98, None))])
def test_what_the_oximeter_cannot_measure_is_missing(spo2: int, pr: int, expected: tuple[int | None, ...]) -> None:
    assert shown(decode(line(spo2, pr), line(spo2, pr)))[-1][:2] == expected


def test_a_lost_character_shows_in_the_length_until_a_new_one_persists() -> None:
    shorter = RAD_8.replace(b"SN=0000056661", b"SN=000056661")
    said = decode(*[RAD_8] * 3, shorter, RAD_8, *[shorter] * 3, RAD_8, shorter)
    assert [kind for kind, _ in faults(said)] == [FaultKind.SYNC] * 3
    assert len(shown(said)) == 2 + 1 + 3


def test_a_good_line_behind_garbage_is_kept() -> None:
    said = decode(RAD_8, b"\xff02/22/1\x00" + RAD_8)
    assert (shown(said), faults(said)) == ([(98, 97, 3.6)], [(FaultKind.SYNC, 9)])


def test_a_line_without_end_is_cleared() -> None:
    said = decode(b"x" * 500, RAD_8, end=b"")
    assert faults(said) == [(FaultKind.OVERRUN, 225), (FaultKind.SHORT, 400)]
    assert (StatusCode.NOT_THIS_DEVICE, True) in states(said)


def test_a_line_opened_anew_begins_anew() -> None:
    decoder = MasimoDecoder()
    decoder.feed(RAD_8 + b"\r\n" + RAD_8[:20], 0)
    assert decoder.opened(S) == []
    assert decoder.bytes_to_send() == b""
    assert shown(decoder.feed(RAD_8 + b"\r\n", S)) == []


def test_a_steep_fall_is_said_one_line_late_and_a_lone_number_never() -> None:
    said = decode(*(line(spo2, 97) for spo2 in (98, 96, 93, 89, 80, 89)))
    assert [
        (one.at / S, n.value)
        for one in said
        if isinstance(one, Reading)
        for n in one.numerics[:1]
        if len(one.numerics) == 1
    ] == [
        (1, 96),
        (2, 93),
        (3, 89),
    ]


def test_the_unit_tells_its_serial_number_twice() -> None:
    other = RAD_8.replace(b"56661", b"56671")
    said = decode(RAD_8, other, RAD_8, RAD_8, COLOUR)
    told = [(one.text, one.detail) for one in said if isinstance(one, DeviceStatus) and one.code is StatusCode.IDENTITY]
    assert told == [("Masimo oximeter", "serial number 0000056661")]


# -- words: EXC and ALARM, bit by bit, as the maker's manual and the open implementations have them

SENTENCES = {
    0x000001: ("no_sensor", "no SpO₂ sensor connected"),
    0x000002: ("invalid", "SpO₂ sensor defective: use another"),
    0x000004: ("questionable", "SpO₂ pulse signal weak (low perfusion): warm the hand or use another finger"),
    0x000008: ("questionable", "SpO₂ sensor is searching for a pulse"),
    0x000010: ("questionable", "SpO₂ disturbed by movement or electrical noise"),
    0x000020: ("sensor_off", "SpO₂ sensor off the patient"),
    0x000040: ("questionable", "too much light on the SpO₂ sensor: cover it"),
    0x000080: ("invalid", "SpO₂ sensor not recognised by the oximeter"),
    0x000100: ("invalid", "SpO₂ sensor perhaps does not fit this oximeter (exception 100)"),
    0x000400: ("questionable", "SpO₂ signal of low quality: look at the sensor"),
    0x001000: ("no_sensor", "no SpO₂ patient cable connected"),
    0x002000: ("invalid", "SpO₂ patient cable is at the end of its life: replace it"),
    0x004000: ("invalid", "SpO₂ patient cable does not fit this oximeter"),
    0x008000: ("invalid", "SpO₂ patient cable not recognised by the oximeter"),
    0x010000: ("invalid", "SpO₂ patient cable defective: replace it"),
    0x020000: ("searching", "SpO₂ sensor is calibrating"),
    0x040000: ("invalid", "SpO₂ sensor is at the end of its life: replace it"),
    0x080000: ("invalid", "SpO₂ sensor too hot or too cold (emitter temperature)"),
    0x100000: ("invalid", "SpO₂ sensor draws too much current: use another"),
    0x800000: ("questionable", "the oximeter reports an exception that is not known here (800000)"),
}
FAULTY = {bit for bit, (word, _) in SENTENCES.items() if word == "invalid"} | {0x001000}


def test_no_bit_is_left_out() -> None:
    assert EXCEPTIONS.keys() == SENTENCES.keys() - {0x800000}
    assert ALARMS.keys() == ALARM_SENTENCES.keys() - {0x80}


@pytest.mark.parametrize("bit", SENTENCES)
def test_each_exception_has_its_sentence(bit: int) -> None:
    word, sentence = SENTENCES[bit]
    flagged = line(exc=f"{bit | 0x800:06X}")
    said = decode(RAD_8, RAD_8, flagged, flagged, RAD_8, RAD_8)
    assert texts(said)[2:] == [sentence, sentence]
    assert [on for _, on in states(said)] == [True, False]
    assert ((StatusCode.DEVICE_FAULT, True) in states(said)) == (bit in FAULTY)
    middle = decode(RAD_8, RAD_8, flagged)
    assert word in words(middle)
    assert shown(middle)[-1] == ((98, 97, 3.6) if word == "questionable" else (None, None, None))


@pytest.mark.parametrize("exc", ["000000", "000800", "000A00", "200800", "400800", "800"])
def test_healthy_exceptions_say_nothing(exc: str) -> None:
    said = decode(line(exc=exc), line(exc=exc))
    assert (states(said), words(said), shown(said)) == ([], set(), [(98, 97, 3.6)])


def test_a_turned_bit_is_no_state_but_blanks_its_line() -> None:
    said = decode(RAD_8, RAD_8, line(exc="000820"), RAD_8, RAD_8)
    assert states(said) == []
    assert shown(said) == [(98, 97, 3.6), (None, None, None), (98, 97, 3.6)]


def test_a_flag_that_is_lost_for_a_line_brings_no_held_number() -> None:
    said = decode(HELD, HELD, HELD.replace(b"824", b"804"), HELD)
    assert values(said) == set()
    assert len(shown(said)) == 4


def test_searching_without_numbers_and_dashes_without_a_reason() -> None:
    blank = OFF.replace(b"EXC=000820", b"EXC=000800")
    assert words(decode(blank)) == {"invalid"}
    assert words(decode(OFF.replace(b"EXC=000820", b"EXC=000808"))) == {"searching"}


def test_two_reasons_of_one_state_stand_side_by_side() -> None:
    said = decode(*[line(exc="000C40")] * 2)
    assert (
        texts(said)[-1] == "too much light on the SpO₂ sensor: cover it; SpO₂ signal of low quality: look at the sensor"
    )


ALARM_SENTENCES = {
    0x01: "SpO₂ above the oximeter's own high limit",
    0x02: "SpO₂ below the oximeter's own low limit",
    0x04: "pulse rate above the oximeter's own high limit",
    0x08: "pulse rate below the oximeter's own low limit",
    0x10: "the oximeter has an alarm of its own: look at it",
    0x20: "the oximeter's own alarm sound is off",
    0x40: "oximeter battery low",
    0x80: "the oximeter has an alarm that is not known here (000080)",
    0x0100: "SpCO above the oximeter's own high limit",
    0x0200: "SpCO below the oximeter's own low limit",
    0x0400: "SpMet above the oximeter's own high limit",
    0x0800: "SpMet below the oximeter's own low limit",
    0x1000: "repeated falls of SpO₂ (the oximeter's desaturation index alarm)",
    0x2000: "perfusion index changes fast (the oximeter's own alarm)",
}


@pytest.mark.parametrize("bit", ALARM_SENTENCES)
def test_each_alarm_has_its_sentence(bit: int) -> None:
    flagged = line(alarm=f"{bit:04x}")
    said = decode(RAD_8, flagged, flagged, RAD_8, RAD_8)
    assert texts(said)[2:] == [ALARM_SENTENCES[bit]] * 2
    assert (states(said) == [(StatusCode.LOW_BATTERY, True), (StatusCode.LOW_BATTERY, False)]) == (bit == 0x40)
    assert len(shown(said)) == 4


def test_alarm_is_a_field_of_bits_in_lower_or_upper_case() -> None:
    """0038: muted, active and pulse low at once, as a home record has it."""
    said = decode(line(alarm="003a"), line(alarm="003A"))
    alarms = [one for one in said if isinstance(one, DeviceAlarm)]
    assert [one.code[-2:] for one in alarms] == ["02", "08", "10", "20"]
    assert [one.priority for one in alarms] == [Priority.MEDIUM] * 3 + [Priority.LOW]


# -- what is refused


@pytest.mark.parametrize(
    "text",
    [
        TREND,
        b"09/21/08 09:56:10 SpO2=097 PR=064 PI=03.20 EXC=800:SET",
        b"09/21/08 09:56:10 SpO2=000 PI=00.00 EXC=800:SET",
        b"09/21/08 09:56:10 SpO2=000 PI=00.00 EXC=000:",
    ],
)
def test_the_trend_download_is_refused(text: bytes) -> None:
    said = decode(RAD_8, RAD_8, text, text, RAD_8, RAD_8)
    assert shown(said) == [(98, 97, 3.6), (98, 97, 3.6)]
    assert states(said) == [(StatusCode.NOT_THIS_DEVICE, True), (StatusCode.NOT_THIS_DEVICE, False)]
    assert (
        'the oximeter sends its memory (ASCII 2), no live values: set its serial output to ASCII 1 ("SEr" to "AS1")'
        in texts(said)
    )
    assert [one.detail for one in said if isinstance(one, DeviceStatus) and one.code is StatusCode.FORMAT] == [
        "ASCII 1",
        "ASCII 2",
        "ASCII 1",
    ]
    assert faults(said) == []


def test_no_turned_bit_makes_a_trend_line_of_a_live_one() -> None:
    for text in (LOW, RADICAL):
        for place in range(len(text)):
            for bit in range(8):
                harmed = bytearray(text)
                harmed[place] ^= 1 << bit
                assert (StatusCode.NOT_THIS_DEVICE, True) not in states(decode(bytes(harmed)))


def test_bytes_of_another_device_are_told() -> None:
    said = decode(
        b"$GPGGA,092750.000,5321.6802,N,00630.3372,W,1,8,1.03,61.7,M,55.2,M,,*76",
        b"",
        *[b"$GPGSA,A,3,10,07,05*33"] * 20,
    )
    assert shown(said) == []
    assert texts(said) == ["these bytes are not Masimo ASCII 1; check the device, its serial output and 9600 8N1"]


# -- properties


def recording(seconds: int = 90, model: str = "rad8") -> bytes:
    patient = Patient(Person(response=1.0), 4, START)
    oximeter = MasimoSimulator(patient, random.Random(4), START, model)
    data = bytearray()
    for second in range(seconds):
        if second == 20:
            patient.begin("desaturation", None, START + second * S)
        if second == 50:
            patient.begin("finger_off", None, START + second * S)
        if second == 62:
            patient.end("finger_off", START + second * S)
        data += oximeter.advance(START + second * S)
    return bytes(data)


@pytest.fixture(scope="module")
def recorded() -> bytes:
    return recording()


@given(before=st.binary(max_size=300), after=st.binary(max_size=300))
@settings(deadline=None, max_examples=40)
def test_garbage_around_lines_costs_no_good_line(before: bytes, after: bytes) -> None:
    said = decode(before.replace(b"=", b"-") + b"\n" + RAD_8, RAD_8, after + RAD_8)
    assert values(said) == {(Parameter.SPO2, 98), (Parameter.PR, 97), (Parameter.PI, 3.6)}
    assert len(shown(said)) >= 2


@pytest.mark.parametrize("harm", ["flip", "drop", "double", "noise"])
def test_a_damaged_stream_shows_no_number_of_its_own(recorded: bytes, harm: str) -> None:
    """One spot of damage, of seeds stated: SpO2 and PR are those of good lines."""
    printed = {int(number) for number in re.findall(rb"(?:SPO2|BPM)=(\d{3})", recorded)}
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
        numbers = {value for name, value in values(said) if name is not Parameter.PI}
        assert numbers <= printed
        assert len(shown(said)) >= usual - 4


# -- the simulator


def oximeter(model: str = "rad8", **events: float | None) -> tuple[Patient, MasimoSimulator]:
    patient = Patient(Person(response=1.0), 1, START)
    for what, size in events.items():
        patient.begin(what, size, START)
    return patient, MasimoSimulator(patient, random.Random(1), START, model)


def shape(text: bytes) -> str:
    return re.sub(r"\d", "9", re.sub(r"[0-9A-Fa-f]{2,8}(?= |$)", lambda field: "9" * len(field[0]), text.decode()))


@pytest.mark.parametrize(
    ("model", "text"), [("rad8", RAD_8), ("radical_v5", RADICAL), ("radical7_colour", COLOUR), ("radical7_blue", BLUE)]
)
def test_the_simulator_prints_the_lines_of_its_model(model: str, text: bytes) -> None:
    device = oximeter(model)[1]
    lines = device.advance(START + 10 * S).split(b"\r\n")
    assert (len(lines), lines[-1]) == (11, b"")
    own = re.sub(r"SPCO=.*?PVI=[-\d]+", "", lines[8].decode())
    assert shape(own.encode()) == shape(re.sub(rb"SPCO=.*?PVI=[-\d]+", b"", text))
    if model != "radical7_blue":
        assert len(lines[8]) == len(text)
    assert lines[8].startswith(b"06/15/25 15:06:49 ")


def test_the_simulator_holds_its_numbers_when_the_finger_goes() -> None:
    patient, device = oximeter()
    device.advance(START + 10 * S)
    patient.begin("finger_off", None, START + 10 * S)
    lines = device.advance(START + 20 * S).split(b"\r\n")
    assert all(word in lines[2] for word in (b"SPO2=09", b"PI=--.--%", b"ALARM=0010", b"EXC=000820"))
    assert all(word in lines[-2] for word in (b"SPO2=---%", b"BPM=---", b"EXC=000820"))


@pytest.mark.parametrize("fault", FAULTS)
def test_the_simulator_can_be_told_to_misbehave(fault: str) -> None:
    device = oximeter()[1]
    good = device.advance(START + 8 * S)
    device.misbehave(fault, True)
    odd = device.advance(START + 16 * S)
    device.misbehave(fault, False)
    said = decode(good, odd, device.advance(START + 24 * S), end=b"")
    assert (b" PR=" in odd) == (fault == "ascii2")
    told = {state.value for state, on in states(said) if on}
    told |= {one.code for one in said if isinstance(one, DeviceAlarm)}
    expected = {
        "defective_sensor": "device_fault",
        "ambient_light": "artefact",
        "low_signal": "artefact",
        "calibrating": "searching",
        "ascii2": "not_this_device",
        "muted": "ALARM 000020",
    }
    if not fault.startswith("rad"):
        assert expected.get(fault, fault) in told
    assert shown(said)[-1][:2] == shown(decode(good, end=b""))[-1][:2]


def test_the_simulator_alarms_as_its_limits_say() -> None:
    patient, device = oximeter(desaturation=80.0, motion=None)
    lines = device.advance(START + 40 * S).split(b"\r\n")
    assert b"ALARM=0012 EXC=000810" in lines[-2]
    slow = oximeter(bradycardia=38.0)[1].advance(START + 40 * S).split(b"\r\n")
    assert b"ALARM=0018" in slow[-2]
    low = oximeter(low_perfusion=0.2)[1].advance(START + 20 * S).split(b"\r\n")
    assert b"EXC=000804" in low[-2]
    device.misbehave("ascii2", True)
    patient.begin("finger_off", None, START + 40 * S)
    assert b"SpO2=000 PR=000 PI=00.00 EXC=830:OffPat,SET" in device.advance(START + 60 * S)


def test_a_fault_it_does_not_have_is_refused() -> None:
    with pytest.raises(ValueError, match="no fault 'leads_off'"):
        oximeter()[1].misbehave("leads_off", True)


def test_driver_and_simulator_bear_one_name() -> None:
    assert SIMULATOR.name == DRIVER.name
    assert str(DRIVER.line) == "9600 8N1"
