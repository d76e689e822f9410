"""The contract suite finds what it is made to find: each broken decoder here fails the check that is meant for it."""

from dataclasses import replace

import pytest

from drivers.base.decoder import Decoder
from drivers.base.observations import Instant, LinkFault, Numeric, Observation, Reading
from drivers.base.registry import driver_named
from drivers.base.vocabulary import Parameter
from simulators.base import conformance
from simulators.base.conformance import Check, ContractBroken, Trial, retained

GOOD = driver_named("nonin")


class Broken(Decoder):
    """The oximeter's decoder behind one mistake."""

    def __init__(self) -> None:
        self.inner = GOOD.decoder()

    def feed(self, data: bytes, at: Instant) -> list[Observation]:
        return self.inner.feed(data, at)

    def opened(self, at: Instant) -> list[Observation]:
        return self.inner.opened(at)

    def bytes_to_send(self) -> bytes:
        return self.inner.bytes_to_send()

    def next_deadline(self) -> Instant | None:
        return self.inner.next_deadline()

    def wake(self, at: Instant) -> list[Observation]:
        return self.inner.wake(at)


class ForgetsBetweenPieces(Broken):
    def feed(self, data: bytes, at: Instant) -> list[Observation]:
        self.inner = GOOD.decoder()
        return self.inner.feed(data, at)


class BelievesAnyByte(Broken):
    def feed(self, data: bytes, at: Instant) -> list[Observation]:
        return [*super().feed(data, at), Reading(at, (Numeric(Parameter.SPO2, sum(data) % 101),))]


class KeepsEverything(Broken):
    def __init__(self) -> None:
        super().__init__()
        self.kept = bytearray()

    def feed(self, data: bytes, at: Instant) -> list[Observation]:
        self.kept += data
        return super().feed(data, at)


class Raises(Broken):
    def feed(self, data: bytes, at: Instant) -> list[Observation]:
        if len(data) > 150 and data[-1] % 16 == 5:
            raise IndexError("list index out of range")
        return super().feed(data, at)


class CountsNothing(Broken):
    def feed(self, data: bytes, at: Instant) -> list[Observation]:
        return [said for said in super().feed(data, at) if not isinstance(said, LinkFault)]


class NeverRecovers(Broken):
    has_failed = False

    def feed(self, data: bytes, at: Instant) -> list[Observation]:
        said = super().feed(data, at)
        self.has_failed |= any(isinstance(observation, LinkFault) for observation in said)
        return [] if self.has_failed else said


class TenTooHigh(Broken):
    def feed(self, data: bytes, at: Instant) -> list[Observation]:
        return [_raised(said) if isinstance(said, Reading) else said for said in super().feed(data, at)]


def _raised(reading: Reading) -> Reading:
    numerics = (replace(n, value=n.value and n.value + 10) for n in reading.numerics)
    return replace(reading, numerics=tuple(numerics))


class Chatters(Broken):
    def bytes_to_send(self) -> bytes:
        return b"?"


@pytest.mark.parametrize(
    ("decoder", "check"),
    [
        (ForgetsBetweenPieces, conformance.splitting_changes_nothing),
        (BelievesAnyByte, conformance.a_half_frame_at_the_end_says_nothing_wrong),
        (BelievesAnyByte, conformance.a_flipped_bit_shows_no_other_value),
        (BelievesAnyByte, conformance.damage_shows_no_other_value),
        (KeepsEverything, conformance.memory_is_bounded),
        (Raises, conformance.nothing_raises),
        (CountsNothing, conformance.garbage_is_survived_and_counted),
        (NeverRecovers, conformance.a_lost_piece_is_got_over),
        (NeverRecovers, conformance.a_bad_wire_tells_no_lies),
        (TenTooHigh, conformance.driver_and_simulator_agree),
        (Chatters, conformance.nothing_is_sent_unopened),
    ],
    ids=lambda value: value.__name__,
)
def test_a_mistake_is_found(decoder: type[Decoder], check: Check) -> None:
    with pytest.raises(ContractBroken):
        check(Trial(replace(GOOD, decoder=decoder)))


def test_what_was_not_declared_is_found() -> None:
    with pytest.raises(ContractBroken, match="undeclared parameters"):
        conformance.what_is_said_was_declared(Trial(replace(GOOD, parameters=(Parameter.PR,))))
    with pytest.raises(ContractBroken, match="undeclared waveform"):
        conformance.what_is_said_was_declared(Trial(replace(GOOD, waveforms=())))


def test_retained_counts_what_a_decoder_holds() -> None:
    decoder = KeepsEverything()
    before = retained(decoder)
    decoder.kept += bytes(100_000)
    assert 100_000 <= retained(decoder) - before < 130_000
