"""``vigil conformance``: tries a driver against the driver contract and prints a report. The checks run in a process of their own."""

import subprocess
import sys
import tempfile
from contextlib import ExitStack
from pathlib import Path

import typer


def conformance(
    driver: str = typer.Argument(
        ..., help="The driver's name; see `vigil drivers`. One from outside is found by its entry point."
    ),
    recording: Path | None = typer.Option(
        None, help="A capture of the real device: its bytes stand in for a simulator's, wherever bytes are enough."
    ),
    short: bool = typer.Option(False, "--short", help="The effort of the tests: seconds instead of minutes."),
    json: bool = typer.Option(False, "--json", help="The findings as JSON."),
) -> None:
    """Try a driver against the driver contract: each check, what it demanded, and what was seen.

    Exit status 1 when the contract is broken. Without a simulator and without a recording few checks can be done; the report says which.
    """
    from drivers.base.registry import driver_named
    from monitor.storage.capture import read_capture

    driver_named(driver)
    arguments = [driver, *(["--short"] if short else []), *(["--json"] if json else [])]
    with ExitStack() as stack:
        if recording is not None:
            raw = stack.enter_context(tempfile.NamedTemporaryFile(prefix="vigil-", suffix=".bytes"))
            raw.write(read_capture(recording).received)
            raw.flush()
            arguments += ["--recorded", raw.name]
        raise typer.Exit(
            subprocess.run([sys.executable, "-m", "simulators.base.report", *arguments], check=False).returncode
        )
