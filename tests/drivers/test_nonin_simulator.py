"""The simulated Nonin oximeter sends the sheet's worked frames and does what it is told."""

import pytest

from drivers.base.vocabulary import StatusCode
from drivers.nonin import DRIVER
from simulators.nonin import SIMULATOR
from tests.drivers.nonin_bytes import ARTF, GPRF, OOT, SNSA, SYNC, Patient, S, decode, oximeter, states


def packets_of(data: bytes) -> list[list[bytes]]:
    """Whole packets of format 2 or 7, as lists of frames; what precedes the first SYNC is left out."""
    frames = [data[start : start + 5] for start in range(0, len(data), 5)]
    while not (frames[0][1] if frames[0][0] == 1 else frames[0][0]) & SYNC:
        frames.pop(0)
    return [frames[start : start + 25] for start in range(0, len(frames) - 24, 25)]


def test_the_simulator_sends_the_worked_frames_of_format_2() -> None:
    patient = Patient()
    dark = [p for p in packets_of(oximeter(patient).advance(12 * S)) if p[0][1] == 0x81 and p[3][1] == 0x80][-1]
    assert b"".join(dark[:4]).hex(" ", 5) == "01814300c5 018043 4a0e 0180436024 0180439458".replace("43 4a0e", "434a0e")
    fast = Patient(pulse_rate=142.0)
    dark = [p for p in packets_of(oximeter(fast).advance(12 * S)) if p[0][1] == 0x81 and p[1][1] == 0x80][-1]
    assert b"".join(dark[:2]) == bytes.fromhex("01 81 43 01 C6  01 80 43 0E D2")


def test_the_simulator_lets_go_of_the_finger_as_the_sheet_says() -> None:
    for seed in range(8):
        patient = Patient()
        simulator = oximeter(patient, seed=seed)
        simulator.advance(12 * S)
        patient.finger_off = True
        off = packets_of(simulator.advance(30 * S)[-5 * 75 * 18 :])
        held, late = next(p for p in off if p[0][1] & SNSA), off[-1]
        if held[0][1] & OOT:
            continue
        assert b"".join(held[:3]) == bytes.fromhex("01 89 80 03 0D  01 88 80 7F 88  01 88 80 7F 88")
        assert (held[8], held[20]) == (bytes.fromhex("01 88 80 60 69"), bytes.fromhex("01 88 80 4A 53"))
        assert (late[8][3], late[19][3], late[20][3]) == (0x7F, 0x03, 0x7F)
        return
    pytest.fail("no seed lets go without OOT")


def test_the_simulator_sends_the_worked_frames_of_format_7() -> None:
    patient = Patient(level=33059 / 65535)
    simulator = oximeter(patient, form=7)
    dark = [p for p in packets_of(simulator.advance(12 * S)) if p[0][0] == 0x81]
    assert dark[-1][0] == bytes.fromhex("81 81 23 00 25")
    simulator.misbehave("sensor_off", True)
    assert bytes.fromhex("89 80 00 03 0C") in simulator.advance(14 * S) or simulator._off_with_oot


def test_the_simulator_sends_the_worked_frames_of_format_8() -> None:
    patient = Patient()
    simulator = oximeter(patient, form=8)
    assert simulator.advance(12 * S)[-4:] == bytes.fromhex("80 4A 60 00")
    simulator.misbehave("sensor_off", True)
    assert simulator.advance(14 * S)[-3:] == bytes.fromhex("4A 60 08")
    assert simulator.advance(24 * S)[-3:] == bytes.fromhex("7F 7F 08")
    low = oximeter(Patient(pulse_rate=142.0, spo2=93.0, pi=0.1), form=8)
    assert low.advance(12 * S)[-4:] == bytes.fromhex("91 0E 5D 00")


def test_the_simulator_sends_the_worked_frames_of_format_1() -> None:
    simulator = oximeter(Patient(), form=1)
    assert simulator.advance(12 * S)[-3:] == bytes.fromhex("80 4A 60")
    simulator.misbehave("no_sensor", True)
    last = simulator.advance(24 * S)[-3:]
    assert (last[0] & ~0x20, last[1:]) == (0xC3, bytes.fromhex("7F 7F"))  # out of track as well, or not


def test_the_simulator_sends_the_worked_messages_of_format_13() -> None:
    """The sheet's two examples, at 09:30:15 and 09:31:00 of 2026-11-21; nothing else is ever sent."""
    simulator = oximeter(Patient(pulse_rate=142.0, spo2=97.0), form=13)
    simulator.receive(bytes.fromhex("02 72 06 1A 0B 15 09 1E 03 03"), 0)
    good = "00 02 00 0D 00 0E 20 26 11 21 09 30 15 00 02 00 00 8E 00 61 B7 03"
    assert simulator.advance(100 * S) == bytes.fromhex(good)
    none = oximeter(Patient(pulse_rate=None), form=13)
    none.receive(bytes.fromhex("02 72 06 1A 0B 15 09 1E 30 03"), 0)
    none.misbehave("low_battery", True)
    without = "00 02 00 0D 00 0E 20 26 11 21 09 31 00 00 01 01 01 FF 00 7F 33 03"
    assert none.advance(100 * S) == bytes.fromhex(without)


def test_a_spot_check_needs_a_finger_and_tells_a_poor_signal() -> None:
    patient = Patient(pi=0.1)
    simulator = oximeter(patient, form=13)
    poor = simulator.advance(100 * S)
    assert (len(poor), poor[14]) == (22, 0)
    patient.finger_off = True
    assert simulator.advance(200 * S) == b""


def test_the_memory_is_sent_oldest_first() -> None:
    simulator = oximeter(Patient(), form=13)
    simulator.misbehave("stored", True)
    sent = simulator.advance(S)
    messages = [sent[start : start + 22] for start in range(0, len(sent), 22)]
    assert len(messages) == 3
    assert all(one[15] & 0x10 for one in messages)
    assert [one[6:13] for one in messages] == sorted(one[6:13] for one in messages)
    simulator.misbehave("stored", False)
    assert simulator.advance(2 * S) == b""


def test_perfusion_is_lit_for_twelve_frames_a_beat() -> None:
    frames = [frame for p in packets_of(oximeter(Patient(pulse_rate=60.0)).advance(20 * S)) for frame in p]
    assert sum(bool(frame[1] & GPRF) for frame in frames[75:]) / (len(frames) - 75) == pytest.approx(12 / 75, abs=0.02)


def test_motion_goes_from_artefact_to_out_of_track() -> None:
    patient = Patient()
    simulator = oximeter(patient)
    simulator.advance(10 * S)
    patient.motion = True
    moving = packets_of(simulator.advance(22 * S))
    assert any(frame[1] & ARTF for p in moving for frame in p)
    assert moving[-1][0][1] & OOT
    assert moving[-1][2][3] == 127


def test_no_pulse_is_no_number() -> None:
    patient = Patient()
    simulator = oximeter(patient)
    simulator.advance(10 * S)
    patient.pulse_rate = None
    assert packets_of(simulator.advance(20 * S))[-1][2][3] == 127


@pytest.mark.parametrize(
    ("command", "form"),
    [
        ("02 70 02 02 07 03", 7),
        ("02 70 02 02 08 03", 8),
        ("02 70 04 02 07 01 7E 03", 7),
        ("02 70 04 02 08 21 9F 03", 8),
        ("02 70 02 02 02 03", 2),
    ],
)
def test_a_format_is_selected_in_the_first_seconds(command: str, form: int) -> None:
    simulator = oximeter(Patient())
    simulator.advance(2 * S)
    simulator.receive(b"\x00" + bytes.fromhex(command)[:3], 2 * S)
    simulator.receive(bytes.fromhex(command)[3:], 2 * S)
    assert simulator.advance(4 * S)[0] == 0x06
    assert simulator.data_format == form


@pytest.mark.parametrize("command", ["02 70 02 02 01 03", "02 70 04 02 07 01 7F 03", "02 70 01 07 03", "02 76 00 03"])
def test_what_it_does_not_know_is_refused(command: str) -> None:
    simulator = oximeter(Patient())
    simulator.receive(bytes.fromhex(command), S)
    assert simulator.advance(2 * S)[0] == 0x15
    assert simulator.data_format == 2


def test_a_late_selection_is_not_heard() -> None:
    simulator = oximeter(Patient())
    simulator.advance(6 * S)
    simulator.receive(bytes.fromhex("02 70 02 02 07 03"), 6 * S)
    assert simulator.advance(7 * S)[0] == 0x01
    assert simulator.data_format == 2


def test_the_clock_is_set_and_read() -> None:
    simulator = oximeter(Patient())
    simulator.receive(bytes.fromhex("02 72 06 1A 0B 15 09 1E 0F 03"), S)
    simulator.receive(bytes.fromhex("02 72 00 03"), 3 * S)
    assert simulator.advance(4 * S)[:10] == bytes.fromhex("02 F2 06 1A 0B 15 09 1E 11 03")
    simulator.receive(bytes.fromhex("02 72 06 1A 0D 15 09 1E 0F 03  02 72 00 05"), 4 * S)
    assert simulator.advance(5 * S)[:1] == b"\x15"


def test_it_can_be_told_to_misbehave() -> None:
    simulator = oximeter(Patient())
    simulator.advance(8 * S)
    simulator.misbehave("no_sensor", True)
    simulator.misbehave("low_battery", True)
    said = decode(simulator.advance(10 * S))
    assert {(StatusCode.NO_SENSOR, True), (StatusCode.LOW_BATTERY, True)} <= set(states(said))
    simulator.misbehave("no_sensor", False)
    simulator.misbehave("df7", True)
    assert simulator.data_format == 7
    simulator.misbehave("stored", True)
    assert len(simulator.advance(11 * S)) % 5 == 0
    simulator.misbehave("df7", False)
    assert simulator.data_format == 2
    with pytest.raises(ValueError, match="no fault 'leads_off'"):
        simulator.misbehave("leads_off", True)


def test_driver_and_simulator_bear_one_name() -> None:
    assert SIMULATOR.name == DRIVER.name
    assert str(DRIVER.line) == "9600 8N1"
