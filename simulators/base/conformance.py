"""The driver contract: what every driver must do, tried with its own simulator, or with bytes recorded from a device.

``CHECKS`` holds one function a demand; each takes a ``Trial`` and raises ``ContractBroken`` with what was seen. The tests run
them over all drivers found with a small effort, ``vigil conformance`` with a great one and for any driver from outside.
"""

import gc
import random
import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import lru_cache
from types import FunctionType, ModuleType

from drivers.base.decoder import Command, CommandNotSupported, Decoder, Driver
from drivers.base.observations import CommandReply, DeviceStatus, LinkFault, Reading, WaveformChunk
from drivers.base.vocabulary import CommandKind, CommandOutcome, Parameter, StatusCode
from simulators.base.conversation import (
    START,
    BadWire,
    Conversation,
    converse,
    decode,
    discarded,
    joined_waves,
    pieces,
    values,
    wake_until,
    without_waves,
)
from simulators.base.registry import all_simulators
from simulators.base.waves import SECOND

TOLERANCE = {
    Parameter.SPO2: 3.0,
    Parameter.PR: 12.0,
    Parameter.HR: 12.0,
    Parameter.RR: 5.0,
    Parameter.NIBP_SYS: 20.0,
    Parameter.NIBP_DIA: 16.0,
    Parameter.NIBP_MEAN: 16.0,
}
"""How far a value may be from the patient of the last half minute: averaging, rounding and the cuff's own noise."""

RETAINED_LIMIT = 64 * 1024
"""Bytes a decoder may hold, whatever it was fed."""

SPLIT_BYTES = 100_000
"""Of a recording that is longer so many bytes are fed one by one; it may end within a frame."""

_ALARMING = {
    StatusCode.SENSOR_OFF,
    StatusCode.NO_SENSOR,
    StatusCode.LEADS_OFF,
    StatusCode.LOW_BATTERY,
    StatusCode.DEVICE_FAULT,
    StatusCode.DEMO,
    StatusCode.TEST,
}
_FINAL = {CommandOutcome.DONE, CommandOutcome.REFUSED, CommandOutcome.TIMED_OUT}
_RESULT = {Parameter.NIBP_SYS, Parameter.NIBP_DIA}
_SPOT = {Parameter.NIBP_SYS, Parameter.NIBP_DIA, Parameter.NIBP_MEAN, Parameter.CUFF_PRESSURE}


class ContractBroken(AssertionError):
    """A driver does not keep the contract; the message says what was seen."""


def demand(holds: bool, sentence: str) -> None:
    if not holds:
        raise ContractBroken(sentence)


@dataclass(frozen=True, slots=True)
class Effort:
    """How much is tried. Every number may be raised; a driver that keeps the contract keeps it at any."""

    cuts: int
    flips: int
    flipped_bytes: int
    damaged_bytes: int
    memory_bytes: int
    mangled: int
    wires: int


SUITE = Effort(cuts=12, flips=100, flipped_bytes=100_000, damaged_bytes=50_000, memory_bytes=6_000, mangled=8, wires=1)
"""For every run of the tests: a few seconds a driver."""
LONG = Effort(
    cuts=400,
    flips=20_000,
    flipped_bytes=8_000_000,
    damaged_bytes=10_000_000,
    memory_bytes=128_000,
    mangled=200,
    wires=8,
)
"""For whoever judges a driver: some minutes."""


@dataclass(frozen=True, slots=True)
class Trial:
    """A driver on trial. ``data`` are bytes of a real device, used in place of the simulator's wherever bytes are enough."""

    driver: Driver
    effort: Effort = SUITE
    data: bytes = b""

    @property
    def has_device(self) -> bool:
        """Whether there is a simulator to talk with."""
        return self.driver.name in all_simulators()

    def recorded(self, seconds: float = 12.0) -> bytes:
        """Return what a talk with the device leaves on the wire; with neither device nor recording, random bytes."""
        if self.data:
            return self.data
        if not self.has_device:
            return random.Random(4).randbytes(4096)
        conversation = talk(self.driver, seconds)
        shortened = self.effort is SUITE and self.driver.commands and self.driver.waveforms
        return _around_the_result(conversation) if shortened else bytes(conversation.sent)


def _around_the_result(conversation: Conversation, before_s: float = 5.0, after_s: float = 1.0) -> bytes:
    """Return what a device of many curves sent around its cuff's result, from the beginning of a frame on."""
    sent, seconds = bytes(conversation.sent), len(conversation.patient)
    results = [said.at for said in conversation.observations if isinstance(said, Reading) and _names(said) & _RESULT]
    result_s = (max(results, default=START) - START) / SECOND
    per_s = len(sent) / seconds
    first = sent.find(sent[:2], int(max(0.0, result_s - before_s) * per_s))
    return sent[first : first + int((before_s + after_s) * per_s)]


def _names(reading: Reading) -> set[Parameter]:
    return {numeric.parameter for numeric in reading.numerics if numeric.value is not None}


@lru_cache(maxsize=16)
def talk(driver: Driver, seconds: float = 12.0, seed: int = 3) -> Conversation:
    """Let driver and device talk over a good wire; a device that can measure pressure is told to."""
    if CommandKind.NIBP_START in driver.commands:
        return converse(driver, max(seconds, 75.0), seed=seed, commands=[(2.0, CommandKind.NIBP_START)])
    return converse(driver, seconds, seed=seed)


def splitting_changes_nothing(trial: Trial) -> None:
    """However the bytes are cut, the same is said; waves joined."""
    driver, data, rng = trial.driver, trial.recorded()[:SPLIT_BYTES], random.Random(5)
    whole = decode(driver, [data])
    cuts = [[data[i : i + 1] for i in range(len(data))], *(pieces(data, rng, longest) for longest in (3, 17, 200))]
    for cut in cuts:
        said = decode(driver, cut)
        demand(without_waves(said) == without_waves(whole), f"{len(cut)} pieces said something else than the whole")
        demand(joined_waves(said) == joined_waves(whole), f"{len(cut)} pieces gave other waves than the whole")
        demand(
            discarded(said) == discarded(whole),
            f"{len(cut)} pieces threw away {discarded(said)}, not {discarded(whole)}",
        )


def a_half_frame_at_the_end_says_nothing_wrong(trial: Trial) -> None:
    """A stream that stops anywhere shows no value the whole does not."""
    driver, data, rng = trial.driver, trial.recorded(), random.Random(6)
    whole = values(decode(driver, [data]))
    for _ in range(trial.effort.cuts):
        end = rng.randrange(1, len(data))
        _no_new_values(decode(driver, [data[:end]]), whole, f"a stream that stops after {end} bytes")


def garbage_is_survived_and_counted(trial: Trial) -> None:
    """Garbage before, between and after frames costs at most what it hit, and is told."""
    driver, data, rng = trial.driver, trial.recorded(), random.Random(7)
    whole = decode(driver, [data])
    usual = sum(isinstance(said, Reading) for said in whole)
    for length in (1, 3, 20, 200):
        garbage, middle = rng.randbytes(length), rng.randrange(len(data) // 4, len(data) // 2)
        for name, harmed in (
            ("before", garbage + data),
            ("between", data[:middle] + garbage + data[middle:]),
            ("after", data + garbage),
        ):
            said = decode(driver, [harmed])
            _no_new_values(said, values(whole), f"{length} bytes of garbage {name}")
            if name == "before" or usual >= 20:
                readings = sum(isinstance(observation, Reading) for observation in said)
                demand(readings >= 0.7 * usual, f"{length} bytes of garbage {name} left {readings} of {usual} readings")
            if name == "before" and length >= 20:
                told = discarded(said) - discarded(whole)
                demand(told >= length * 0.5, f"of {length} bytes of garbage {told} were told")


def a_lost_piece_is_got_over(trial: Trial) -> None:
    """After a loss the decoder finds its step again: most of what follows is said."""
    driver, data, rng = trial.driver, trial.recorded(), random.Random(8)
    if driver.commands and len(data) < 100_000:
        data *= 4  # one determination each: the loss may cost one of them
    usual = sum(isinstance(said, Reading) for said in decode(driver, [data]))
    for _ in range(trial.effort.cuts):
        first = rng.randrange(len(data) // 8, len(data) // 4)
        harmed = data[:first] + data[first + rng.randint(1, 40) :]
        readings = sum(isinstance(said, Reading) for said in decode(driver, [harmed]))
        demand(readings >= 0.6 * usual, f"a loss at byte {first} left {readings} of {usual} readings")


def a_flipped_bit_shows_no_other_value(trial: Trial) -> None:
    """One flipped bit anywhere: no value, and no alarming state, that the intact stream does not show."""
    driver, data, rng = trial.driver, trial.recorded(6.0), random.Random(9)
    whole = decode(driver, [data])
    states = {said.code for said in whole if isinstance(said, DeviceStatus) and said.on}
    for _ in range(max(20, min(trial.effort.flips, trial.effort.flipped_bytes // len(data)))):
        place, bit = rng.randrange(len(data)), rng.randrange(8)
        harmed = bytearray(data)
        harmed[place] ^= 1 << bit
        said = decode(driver, [bytes(harmed)])
        _no_new_values(said, values(whole), f"bit {bit} of byte {place} turned")
        shown = {s.code for s in said if isinstance(s, DeviceStatus) and s.on and s.code in _ALARMING}
        demand(shown <= states, f"bit {bit} of byte {place} turned made up the state {sorted(shown - states)}")


def damage_shows_no_other_value(trial: Trial) -> None:
    """A byte in 200 turned, lost, doubled or made up: no value that the intact stream does not show."""
    driver, data = trial.driver, trial.recorded(6.0)
    whole = values(decode(driver, [data]))
    for seed in range(max(3, trial.effort.damaged_bytes // len(data))):
        _no_new_values(decode(driver, [damaged(data, random.Random(seed))]), whole, f"damage of seed {seed}")


def memory_is_bounded(trial: Trial) -> None:
    """Any amount of anything leaves the decoder as small as before."""
    driver, data, rng = trial.driver, trial.recorded(6.0), random.Random(10)
    first, piece = data[:1] or b"\x00", 1500
    feeds: dict[str, Callable[[], bytes]] = {
        "random bytes": lambda: rng.randbytes(piece),
        "one byte over and over": lambda: first * piece,
        "starts of frames": lambda: (data[:6] * piece)[:piece],
        "good frames": lambda: data[:piece],
        "cut frames": lambda: b"".join(pieces(data[: 2 * piece], rng, 60)[::2]),
    }
    for name, feed in feeds.items():
        decoder = driver.decoder()
        decoder.opened(START)
        sizes = []
        for number in range(2 * trial.effort.memory_bytes // piece):
            decoder.feed(feed(), START + number * SECOND)
            decoder.bytes_to_send()
            sizes.append(retained(decoder) if number % 4 == 3 else 0)
        half = len(sizes) // 2
        before, after = max(sizes[:half]), max(sizes[half:])
        fed = piece * len(sizes)
        demand(after <= RETAINED_LIMIT, f"after {fed} bytes of {name} the decoder holds {after} bytes")
        demand(
            after - before <= trial.effort.memory_bytes * 3 // 4,
            f"{fed} bytes of {name} let the decoder grow from {before} to {after} bytes",
        )


def nothing_raises(trial: Trial) -> None:
    """No bytes, in no order with calls, raise."""
    driver = trial.driver
    try:
        data, rng = trial.recorded(6.0), random.Random(11)
    except Exception as error:
        raise ContractBroken(f"a plain talk with the device raised {error!r}") from error
    data = (data * (4096 // len(data) + 1))[:4096]
    for seed in range(trial.effort.mangled):
        decoder, at = driver.decoder(), START
        if seed % 2:
            decoder.opened(at)
        for chunk in pieces(_mangled(data, rng), rng, 300):
            at += rng.choice((0, 1_000, 40_000, 3 * SECOND))
            try:
                wake_until(decoder, at)
                decoder.feed(chunk, at)
                decoder.bytes_to_send()
            except Exception as error:
                raise ContractBroken(f"mangled bytes (seed {seed}) raised {error!r}") from error


def nothing_is_sent_unopened(trial: Trial) -> None:
    """A decoder that was only fed never has bytes to send."""
    decoder = trial.driver.decoder()
    decoder.feed(trial.recorded(6.0), START)
    wake_until(decoder, START + 2 * SECOND)
    demand(decoder.bytes_to_send() == b"", "a decoder that was never opened has bytes to send")


def what_is_said_was_declared(trial: Trial) -> None:
    """Parameters, waveforms and commands are those the driver lists; others are refused."""
    driver = trial.driver
    for said in talk(driver, 20.0).observations if trial.has_device else decode(driver, [trial.recorded()]):
        if isinstance(said, Reading):
            extra = {numeric.parameter for numeric in said.numerics} - set(driver.parameters)
            demand(not extra, f"undeclared parameters: {sorted(extra)}")
        elif isinstance(said, WaveformChunk):
            demand(said.waveform in driver.waveforms, f"undeclared waveform: {said.waveform}")
            demand(all(-32768 <= sample <= 32767 for sample in said.samples), "samples do not fit 16 bits")
    for kind in set(CommandKind) - set(driver.commands):
        try:
            driver.decoder().command(Command("c", kind), START)
        except CommandNotSupported:
            continue
        raise ContractBroken(f"{kind} is not among the driver's commands, yet was taken")


def driver_and_simulator_agree(trial: Trial) -> None:
    """Over a good wire the patient's values are shown, all that was declared and nothing thrown away."""
    driver = trial.driver
    conversation = talk(driver, 45.0)
    _values_are_true(conversation)
    seen = {parameter for parameter, _ in values(conversation.observations)}
    missing = set(driver.parameters) & set(TOLERANCE) - seen - (set() if driver.commands else _SPOT)
    demand(not missing, f"never shown: {sorted(missing)}")
    lost = discarded(conversation.observations)
    demand(lost == 0, f"{lost} bytes of a good wire were thrown away")
    waves = {said.waveform for said in conversation.observations if isinstance(said, WaveformChunk)}
    demand(not driver.waveforms or bool(waves), "no waveform was shown")
    _commands_end(driver, conversation)


def a_bad_wire_tells_no_lies(trial: Trial) -> None:
    """Over a wire that splits, drops, flips and is cut for 4 s, values stay true; once it is mended they come again."""
    driver = trial.driver
    # what streams by itself shows soon enough whether it has come back
    again_s, end_s = (60.0, 100) if driver.waveforms and trial.effort is SUITE else (110.0, 190)
    commands = [(second, CommandKind.NIBP_START) for second in (2.0, again_s) if driver.commands]
    for seed in range(1, 1 + trial.effort.wires):
        wire = BadWire(seed, mended_at=START + 45 * SECOND, cut=(START + 20 * SECOND, START + 24 * SECOND))
        conversation = converse(driver, end_s if commands else 75, seed=seed, wire=wire, commands=commands)
        _values_are_true(conversation)
        late = [s for s in conversation.observations if isinstance(s, Reading) and s.at >= START + 55 * SECOND]
        demand(bool(values(late)), "no value came in the time after the wire was mended")
        told = any(isinstance(said, LinkFault) for said in conversation.observations)
        demand(told or len(conversation.sent) < 2000, "a bad wire was never told")


Check = Callable[[Trial], None]

ON_ANY_BYTES: tuple[Check, ...] = (memory_is_bounded, nothing_raises, nothing_is_sent_unopened)
"""Checks that need neither a device nor a recording of one."""

ON_A_RECORDING: tuple[Check, ...] = (
    splitting_changes_nothing,
    a_half_frame_at_the_end_says_nothing_wrong,
    garbage_is_survived_and_counted,
    a_lost_piece_is_got_over,
    a_flipped_bit_shows_no_other_value,
    damage_shows_no_other_value,
    what_is_said_was_declared,
)
"""Checks that need bytes of the device, simulated or real."""

ON_A_DEVICE: tuple[Check, ...] = (driver_and_simulator_agree, a_bad_wire_tells_no_lies)
"""Checks that need a device to talk with, and to know its patient."""

CHECKS = ON_A_RECORDING + ON_ANY_BYTES + ON_A_DEVICE


def retained(decoder: Decoder) -> int:
    """Return the bytes of everything that only this decoder holds, code and classes left out."""
    seen: set[int] = set()
    size, waiting = 0, [decoder]
    while waiting:
        thing = waiting.pop()
        if id(thing) not in seen and not isinstance(thing, type | ModuleType | FunctionType):
            seen.add(id(thing))
            size += sys.getsizeof(thing)
            waiting += gc.get_referents(thing)
    return size


def _no_new_values(said: Iterable[object], known: set[tuple[Parameter, int | float]], when: str) -> None:
    new = values(s for s in said if isinstance(s, Reading)) - known
    demand(not new, f"{when}: shown, but not in the intact stream: {sorted(new)[:5]}")


def _values_are_true(conversation: Conversation) -> None:
    """Demand that each value is near the patient of the half minute before it."""
    for reading in conversation.observations:
        if not isinstance(reading, Reading):
            continue
        around = [told for at, told in conversation.patient if reading.at - 60 * SECOND <= at <= reading.at + SECOND]
        for numeric in reading.numerics:
            near = [value for told in around if (value := told.get(numeric.parameter)) is not None]
            if numeric.value is not None and near and numeric.parameter in TOLERANCE:
                slack = TOLERANCE[numeric.parameter]
                demand(
                    min(near) - slack <= numeric.value <= max(near) + slack,
                    f"{numeric.parameter} {numeric.value} was shown; the patient had {min(near):.0f} to {max(near):.0f}",
                )


def _commands_end(driver: Driver, conversation: Conversation) -> None:
    if CommandKind.NIBP_START in driver.commands:
        replies = [said.outcome for said in conversation.observations if isinstance(said, CommandReply)]
        demand(bool(replies) and replies[-1] in _FINAL, f"the command ended with {replies or 'no reply at all'}")


def _mangled(data: bytes, rng: random.Random) -> bytes:
    """Return a stream with about a tenth of it flipped, lost, doubled or made up."""
    out = bytearray()
    for piece in pieces(data, rng, 60):
        fate = rng.random()
        if fate < 0.1:
            piece = rng.randbytes(rng.randint(0, 80))
        elif fate < 0.3:
            harmed = bytearray(piece)
            harmed[rng.randrange(len(harmed))] = rng.randrange(256)
            piece = bytes(harmed)
        elif fate < 0.4:
            piece = piece + piece
        elif fate < 0.5:
            piece = piece[1:]
        out += piece
    return bytes(out)


def damaged(data: bytes, rng: random.Random, every: int = 200) -> bytes:
    """Return the stream with about one byte in ``every`` turned, lost, doubled or made up."""
    harmed = bytearray(data)
    for place in sorted({rng.randrange(len(data)) for _ in range(max(1, len(data) // every))}, reverse=True):
        fate = rng.randrange(4)
        if fate == 0:
            harmed[place] ^= 1 << rng.randrange(8)
        elif fate == 1:
            del harmed[place]
        elif fate == 2:
            harmed[place:place] = harmed[place : place + 1]
        else:
            harmed[place] = rng.randrange(256)
    return bytes(harmed)
