"""Every simulator found: the same seed gives the same bytes, however finely it is asked, and unknown faults are refused."""

import random

import pytest

from simulators.base.errors import UnknownSimulator
from simulators.base.patient import Patient
from simulators.base.physiology import Person
from simulators.base.registry import all_simulators, simulator_named
from simulators.base.simulator import Kind, Simulator

START = 1_750_000_000_000_000
SECOND = 1_000_000


def device(kind: Kind, seed: int) -> Simulator:
    return kind.make(Patient(Person(), seed, START), random.Random(seed), START)


def spoken(simulator: Simulator, step_us: int) -> bytes:
    return b"".join(simulator.advance(at) for at in range(START, START + 8 * SECOND + 1, step_us))


@pytest.mark.parametrize("kind", all_simulators().values(), ids=lambda kind: kind.name)
def test_the_same_seed_gives_the_same_bytes(kind: Kind) -> None:
    coarse, fine = spoken(device(kind, 1), 500_000), spoken(device(kind, 1), 4_000)
    assert coarse == fine
    assert not coarse or coarse != spoken(device(kind, 2), 500_000)


@pytest.mark.parametrize("kind", all_simulators().values(), ids=lambda kind: kind.name)
def test_an_unknown_fault_is_refused(kind: Kind) -> None:
    with pytest.raises(ValueError, match="earthquake"):
        device(kind, 1).misbehave("earthquake", True)


def test_an_unknown_simulator_is_told_with_those_there_are() -> None:
    with pytest.raises(UnknownSimulator, match="no simulator 'toaster'; known are"):
        simulator_named("toaster")
