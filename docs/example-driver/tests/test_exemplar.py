"""Frames computed by hand from the description, byte for byte: they pin driver and simulator alike."""

import random

from vigil_exemplar.driver import DRIVER
from vigil_exemplar.simulator import SIMULATOR

from drivers.base.observations import DeviceStatus, LinkFault, Numeric, Observation, Reading
from drivers.base.vocabulary import FaultKind, Parameter, Quality
from simulators.base.patient import Patient
from simulators.base.physiology import Person

SPO2_97_PR_72 = bytes.fromhex("A5 5A 00 61 48 F4 78")
FINGER_OUT = bytes.fromhex("A5 5A 01 61 48 C3 48")
NO_NUMBERS = bytes.fromhex("A5 5A 00 FF FF 18 A0")


def decode(data: bytes) -> list[Observation]:
    return DRIVER.decoder().feed(data, 1)


def missing(why: Quality) -> Reading:
    return Reading(1, (Numeric(Parameter.SPO2, None, (why,)), Numeric(Parameter.PR, None, (why,))))


def test_a_frame_is_a_reading() -> None:
    assert decode(SPO2_97_PR_72) == [Reading(1, (Numeric(Parameter.SPO2, 97), Numeric(Parameter.PR, 72)))]


def test_with_the_finger_out_the_old_numbers_are_none() -> None:
    state, reading = decode(FINGER_OUT)
    assert isinstance(state, DeviceStatus)
    assert (state.on, state.text) == (True, "SpO₂ sensor off the finger")
    assert reading == missing(Quality.SENSOR_OFF)


def test_ff_is_no_number() -> None:
    assert decode(NO_NUMBERS) == [missing(Quality.SEARCHING)]


def test_a_damaged_frame_is_counted_and_costs_no_other() -> None:
    damaged = SPO2_97_PR_72.replace(b"\x61", b"\x60")
    fault, reading = decode(damaged + SPO2_97_PR_72)
    assert fault == LinkFault(1, FaultKind.CHECKSUM, 7)
    assert isinstance(reading, Reading)


def test_bytes_of_another_device_are_said_to_be_so() -> None:
    said = decode(bytes(250))
    assert any(isinstance(each, DeviceStatus) and "not an Exemplar's" in each.text for each in said)


def test_the_simulator_makes_the_frames_of_the_description() -> None:
    patient = Patient(Person(), 1, 0)
    patient.spo2, patient.pulse_rate = 97.2, 71.8
    device = SIMULATOR.make(patient, random.Random(1), 0)
    assert device.advance(0) == SPO2_97_PR_72
    patient.finger_off = True
    patient.spo2 = patient.pulse_rate = None
    assert device.advance(250_000)[2:5] == b"\x01\xff\xff"
