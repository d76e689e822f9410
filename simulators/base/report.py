"""The contract tried on one driver, written down so that a reviewer can read it: ``python -m simulators.base.report DRIVER``.

Each check stands with what it demanded and what was seen. Exit status 0: kept as far as it could be tried; 1: broken;
2: there is nothing to try. ``vigil conformance`` runs this as a process of its own.
"""

import argparse
import inspect
import json
import random
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from drivers.base.decoder import DriverError
from drivers.base.registry import driver_named
from simulators.base import conformance
from simulators.base.conformance import LONG, SUITE, ContractBroken, Trial
from simulators.base.conversation import START, converse, decode, pieces, values
from simulators.base.errors import SimulatorError

FLOOR = 50
"""A decoder must understand at least so many times what its device sends: it then takes 2 % of a core."""
_MEASURED_BYTES = 500_000
_LISTENED_S = 12.0
_SHORTEST_RECORDING = 200


@dataclass(frozen=True, slots=True)
class Finding:
    """One check: ``outcome`` is kept, broken or not tried; ``seen`` says why, or what was measured."""

    check: str
    demanded: str
    outcome: str
    seen: str
    seconds: float = 0.0


def findings(trial: Trial) -> Iterator[Finding]:
    """Try every check in turn. What cannot be tried without a device or a recording of one is said to be so."""
    for check in (*conformance.CHECKS, throughput_is_enough):
        why_not = _why_not(check, trial)
        yield Finding(_name(check), _demand(check), "not tried", why_not) if why_not else _tried(check, trial)


def throughput_is_enough(trial: Trial) -> str:
    """Bytes are understood at least fifty times as fast as the device sends them."""
    driver, data = trial.driver, trial.recorded(12.0)
    chunks = pieces(data, random.Random(12), 62) * max(
        1, _MEASURED_BYTES // len(data) // (1 if trial.effort is LONG else 10)
    )
    decoder, at, size = driver.decoder(), START, sum(map(len, chunks))
    began = time.process_time()
    for chunk in chunks:
        at += round(len(chunk) * driver.line.seconds_per_byte * 1e6)
        decoder.feed(chunk, at)
    rate, sent = size / (time.process_time() - began), _sent_per_s(trial)
    figure = f"{rate / 1000:.0f} kB/s, {rate / sent:.0f} times the {sent:.0f} bytes/s that the device sends"
    if rate < FLOOR * sent:
        raise ContractBroken(f"{figure}; at least {FLOOR} times was demanded")
    return figure


def _sent_per_s(trial: Trial) -> float:
    """What the simulated device sends while nothing is asked of it; without one, a fifth of what the line can carry."""
    if not trial.has_device:
        return 0.2 / trial.driver.line.seconds_per_byte
    return len(converse(trial.driver, _LISTENED_S).sent) / _LISTENED_S


def written(trial: Trial, found: Sequence[Finding]) -> str:
    """The report as text."""
    driver = trial.driver
    source = (
        f"{len(trial.data)} bytes recorded from a device"
        if trial.data
        else "its simulator"
        if trial.has_device
        else "random bytes alone: there is neither a simulator nor a recording"
    )
    lines = [
        f"Conformance of the driver '{driver.name}': {driver.title}",
        f"Line {driver.line}; tried with {source}; effort {'long' if trial.effort is LONG else 'short'}",
        f"Values {' '.join(driver.parameters) or 'none'}; curves {' '.join(driver.waveforms) or 'none'}; "
        f"commands {' '.join(driver.commands) or 'none'}",
        "",
    ]
    for finding in found:
        lines.append(f"{finding.outcome.upper():10}{finding.check.replace('_', ' ')}  ({finding.seconds:.1f} s)")
        lines.append(f"{'':10}demanded: {finding.demanded}")
        if finding.seen:
            lines.append(f"{'':10}seen: {finding.seen}")
    counts = {outcome: sum(f.outcome == outcome for f in found) for outcome in ("kept", "broken", "not tried")}
    lines += ["", ", ".join(f"{count} {outcome}" for outcome, count in counts.items())]
    return "\n".join(lines)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run; return the exit status."""
    options = _parser().parse_args(arguments)
    try:
        driver = driver_named(options.driver)
        data = b"" if options.recorded is None else _recording(options.recorded)
    except (DriverError, SimulatorError) as error:
        print(f"conformance: {error}", file=sys.stderr)
        return 2
    trial = Trial(driver, SUITE if options.short else LONG, data)
    if data and not values(decode(driver, [data])):
        print(
            f"conformance: {driver.name} finds no value in these {len(data)} bytes, so they say nothing",
            file=sys.stderr,
        )
        return 2
    found = []
    for finding in findings(trial):
        found.append(finding)
        if not options.json and sys.stderr.isatty():
            print(f"{finding.outcome:10}{finding.check}", file=sys.stderr)
    print(json.dumps([asdict(finding) for finding in found]) if options.json else written(trial, found))
    return int(any(finding.outcome == "broken" for finding in found))


def _tried(check: Callable[[Trial], object], trial: Trial) -> Finding:
    began = time.perf_counter()
    try:
        outcome, seen = "kept", check(trial)
    except ContractBroken as error:
        outcome, seen = "broken", str(error)
    except Exception as error:  # a driver from outside may do anything at all
        outcome, seen = "broken", f"it raised {error!r}"
    return Finding(_name(check), _demand(check), outcome, str(seen or ""), time.perf_counter() - began)


def _why_not(check: Callable[[Trial], object], trial: Trial) -> str:
    if check in conformance.ON_ANY_BYTES or trial.has_device:
        return ""
    if check in conformance.ON_A_DEVICE:
        return "there is no simulator of this device to talk with"
    return "" if trial.data else "there is neither a simulator of this device nor a recording of one"


def _name(check: Callable[[Trial], object]) -> str:
    return str(getattr(check, "__name__", check))


def _demand(check: Callable[[Trial], object]) -> str:
    return (inspect.getdoc(check) or "").splitlines()[0]


def _recording(path: Path) -> bytes:
    try:
        data = path.read_bytes()
    except OSError as error:
        raise SimulatorError(f"{path} cannot be read: {error.strerror}") from None
    if len(data) < _SHORTEST_RECORDING:
        raise SimulatorError(f"{path} holds {len(data)} bytes; {_SHORTEST_RECORDING} at least would say something")
    return data


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m simulators.base.report", description="Try a driver against the driver contract."
    )
    parser.add_argument("driver", help="the driver's name; see `vigil drivers`")
    parser.add_argument(
        "--recorded", type=Path, metavar="FILE", help="raw bytes of a real device, in the simulator's place"
    )
    parser.add_argument("--short", action="store_true", help="the effort of the tests: seconds, not minutes")
    parser.add_argument("--json", action="store_true", help="the findings as JSON")
    return parser


if __name__ == "__main__":
    sys.exit(main())
