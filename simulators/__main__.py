"""``python -m simulators``: simulated devices on pseudo-terminals, in a process of their own.

Prints one line of JSON when the ports are ready: the chairs with their devices, ports and sessions. Ends when its standard
input closes, or on SIGTERM or SIGINT, and takes its links away. What cannot be used ends it with one sentence and status 2.
"""

import argparse
import asyncio
import json
import os
import signal
import sys
import tempfile
import threading
from collections.abc import Sequence
from pathlib import Path

from drivers.base.decoder import DriverError
from simulators.base.errors import SimulatorError
from simulators.base.house import SimulatedHouse
from simulators.base.playback import Captured, is_capture, read_captured
from simulators.base.recording import Recording, read_recording
from simulators.base.scenario import load, scenario_names


def main(arguments: Sequence[str] | None = None) -> int:
    """Run; return the exit status."""
    options = _parser().parse_args(arguments)
    try:
        if options.list:
            for name, title in scenario_names().items():
                print(f"{name:24} {title}")
            return 0
        asyncio.run(_run(options))
    except (SimulatorError, DriverError) as error:
        print(f"simulators: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        return 130
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m simulators", description="Simulated bedside devices on pseudo-terminals."
    )
    parser.add_argument("--scenario", default="demo", metavar="NAME|FILE", help="a scenario's name or a .toml file")
    parser.add_argument(
        "--chairs", type=_number(int, 1, 256), metavar="N", help="chairs; stories repeat when there are fewer"
    )
    parser.add_argument("--seed", type=int, default=1, metavar="N", help="all chance comes from it")
    parser.add_argument("--speed", type=_number(float, 0.01, 1000), default=1.0, metavar="X", help="times real time")
    parser.add_argument("--links", type=Path, metavar="DIR", help="folder of the links to the ports; default a new one")
    parser.add_argument(
        "--recording", metavar="FILE", help="a BIDMC signals CSV, a WFDB record or a capture to play at one chair"
    )
    parser.add_argument("--chair-of-recording", type=_number(int, 1, 256), default=1, metavar="N", help="that chair")
    parser.add_argument("--list", action="store_true", help="list the scenarios and end")
    return parser


def _number(kind: type[int] | type[float], low: float, high: float) -> "argparse._ActionType":
    def read(text: str) -> int | float:
        try:
            value = kind(text)
        except ValueError:
            value = kind(low - 1)
        if not low <= value <= high:
            raise argparse.ArgumentTypeError(f"{text!r} is not a number from {low:g} to {high:g}")
        return value

    return read


async def _run(options: argparse.Namespace) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    recording = None if options.recording is None else _recording(options.recording)
    house = SimulatedHouse(
        load(options.scenario),
        chairs=options.chairs,
        seed=options.seed,
        speed=options.speed,
        recording=recording,
        recorded_chair=options.chair_of_recording,
    )
    with tempfile.TemporaryDirectory(prefix="vigil-") as folder:
        links = _folder(options.links or Path(folder))
        try:
            house.open(links)
            print(json.dumps(house.description()), flush=True)
            threading.Thread(target=_wait_for_end_of_input, args=(loop, stop), daemon=True).start()
            await stop.wait()
        finally:
            house.close()


def _recording(file: str) -> Recording | Captured:
    return read_captured(Path(file)) if is_capture(Path(file)) else read_recording(file)


def _folder(links: Path) -> Path:
    try:
        links.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise SimulatorError(f"the folder {links} for the links cannot be made: {error.strerror}") from None
    return links.absolute()


def _wait_for_end_of_input(loop: asyncio.AbstractEventLoop, stop: asyncio.Event) -> None:
    """Wait in a thread, for not every kind of input can be watched by the loop."""
    try:
        while os.read(0, 4096):
            pass
    except OSError:
        pass
    if not loop.is_closed():
        loop.call_soon_threadsafe(stop.set)


if __name__ == "__main__":
    sys.exit(main())
