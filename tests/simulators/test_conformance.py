"""The contract suite finds what it is made to find: each broken decoder here fails the check that is meant for it."""

import json
import random
import re
from dataclasses import replace
from pathlib import Path

import pytest

from drivers.base.decoder import Decoder
from drivers.base.observations import Instant, LinkFault, Numeric, Observation, Reading
from drivers.base.registry import driver_named
from drivers.base.vocabulary import Parameter
from simulators.base import conformance, report
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


class RaisesAlways(Broken):
    def feed(self, data: bytes, at: Instant) -> list[Observation]:
        raise IndexError("list index out of range")


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


FEW = (conformance.splitting_changes_nothing, conformance.nothing_raises, conformance.driver_and_simulator_agree)


@pytest.fixture
def few(monkeypatch: pytest.MonkeyPatch) -> None:
    """The report tries three of the checks."""
    monkeypatch.setattr(conformance, "CHECKS", FEW)


def outcomes(trial: Trial) -> list[str]:
    return [finding.outcome for finding in report.findings(trial)]


@pytest.mark.usefixtures("few")
def test_the_report_says_what_was_demanded_and_what_was_seen() -> None:
    trial = Trial(replace(GOOD, decoder=TenTooHigh))
    text = report.written(trial, list(report.findings(trial)))
    assert "BROKEN    driver and simulator agree" in text
    assert "demanded: Over a good wire the patient's values are shown, all that was declared" in text
    assert re.search(r"seen: spo2 10\d was shown; the patient had 9\d to 9\d", text)
    assert "times the 375 bytes/s that the device sends" in text
    assert text.endswith("3 kept, 1 broken, 0 not tried")


@pytest.mark.usefixtures("few")
def test_a_driver_that_raises_is_broken_and_the_rest_is_tried_all_the_same() -> None:
    assert outcomes(Trial(replace(GOOD, decoder=RaisesAlways))) == ["broken"] * 4


@pytest.mark.usefixtures("few")
def test_without_a_simulator_the_report_says_what_could_not_be_tried() -> None:
    alone = replace(GOOD, name="alone")
    assert outcomes(Trial(alone)) == ["not tried", "kept", "not tried", "not tried"]
    assert outcomes(Trial(alone, data=Trial(GOOD).recorded())) == ["kept", "kept", "not tried", "kept"]


@pytest.mark.usefixtures("few")
def test_the_report_ends_with_a_status(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    raw = tmp_path / "raw"
    raw.write_bytes(Trial(GOOD).recorded())
    assert report.main(["nonin", "--short", "--json", "--recorded", str(raw)]) == 0
    assert [finding["outcome"] for finding in json.loads(capsys.readouterr().out)] == ["kept"] * 4
    monkeypatch.setattr(report, "driver_named", lambda name: replace(GOOD, decoder=ForgetsBetweenPieces))
    assert report.main(["nonin", "--short", "--recorded", str(raw)]) == 1


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"short", "holds 5 bytes; 200 at least would say something"),
        (random.Random(1).randbytes(3000), "nonin finds no value in these 3000 bytes, so they say nothing"),
        (None, "cannot be read: No such file or directory"),
    ],
)
def test_a_recording_that_says_nothing_is_refused(
    content: bytes | None, sentence: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    if content is not None:
        (tmp_path / "raw").write_bytes(content)
    assert report.main(["nonin", "--recorded", str(tmp_path / "raw")]) == 2
    assert sentence in capsys.readouterr().err
