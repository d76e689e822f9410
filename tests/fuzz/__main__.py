"""``python -m tests.fuzz [DRIVER ...]``: fuzzes decoders at length, guided by their coverage where atheris is installed.

Each driver in a process of its own. What was found to matter is kept in build/fuzz and taken up by the next run; an input that breaks a
decoder is kept there too, and ``--input FILE`` tries it again.
"""

import argparse
import importlib
import importlib.util
import os
import subprocess
import sys
from pathlib import Path

FOLDER = Path("build/fuzz")
EXAMPLES_PER_S = 20
"""Without atheris: what hypothesis tries of each driver in a second, roughly."""


def main() -> int:
    """Run; return 0 when nothing was found."""
    options = _parser().parse_args()
    if options.input is not None:
        return _again(options.drivers[0], options.input)
    if options.guided:
        _fuzz(options.drivers[0], options.seconds)
    names = options.drivers or _names()
    if importlib.util.find_spec("atheris") is None:
        print("atheris is not installed: the decoders are tried without guidance by coverage")
        environment = os.environ | {"VIGIL_FUZZ_EXAMPLES": str(EXAMPLES_PER_S * options.seconds)}
        command = [sys.executable, "-m", "pytest", "-q", "tests/fuzz", "-k", " or ".join(names)]
        return subprocess.run(command, env=environment, check=False).returncode
    broken = []
    for name in names:
        print(f"-- {name}, {options.seconds} s", flush=True)
        command = [sys.executable, "-m", "tests.fuzz", name, "--guided", "--seconds", str(options.seconds)]
        if subprocess.run(command, check=False).returncode:
            broken.append(name)
    print(f"broken: {', '.join(broken)}; the inputs are in {FOLDER}" if broken else "nothing was found")
    return int(bool(broken))


def _fuzz(name: str, seconds: int) -> None:
    """Fuzz one driver; ends the process."""
    atheris = importlib.import_module("atheris")
    with atheris.instrument_imports(include=["drivers"]):
        from drivers.base.registry import driver_named

        driver = driver_named(name)
    from tests.fuzz.target import exercise, seeds

    corpus = FOLDER / name
    corpus.mkdir(parents=True, exist_ok=True)
    for number, seed in enumerate(seeds(driver)):
        (corpus / f"seed-{number}").write_bytes(seed)
    arguments = [sys.argv[0], f"-max_total_time={seconds}", "-max_len=1200", "-print_final_stats=1"]
    arguments += ["-timeout=20", f"-artifact_prefix={FOLDER}/{name}-", str(corpus)]
    atheris.Setup(arguments, lambda data: exercise(driver, data))
    atheris.Fuzz()


def _again(name: str, path: Path) -> int:
    from drivers.base.registry import driver_named
    from tests.fuzz.target import exercise

    exercise(driver_named(name), path.read_bytes())
    print("nothing was found")
    return 0


def _names() -> list[str]:
    from drivers.base.registry import all_drivers

    return list(all_drivers())


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description="Fuzz the decoders.")
    parser.add_argument("drivers", nargs="*", metavar="DRIVER", help="their names; without one, all")
    parser.add_argument("--seconds", type=int, default=60, help="how long, each driver")
    parser.add_argument("--input", type=Path, metavar="FILE", help="try this one input on the first driver named")
    parser.add_argument("--guided", action="store_true", help=argparse.SUPPRESS)
    return parser


if __name__ == "__main__":
    sys.exit(main())
