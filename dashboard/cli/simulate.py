"""``vigil simulate``: simulated devices alone, on pseudo-terminals, for whoever develops against them."""

import subprocess
import sys
from pathlib import Path

import typer


def simulate(
    scenario: str = typer.Argument("demo", help="A scenario's name, or a TOML file."),
    chairs: int = typer.Option(4, help="How many chairs.", min=1, max=64),
    seed: int = typer.Option(1, help="The same seed gives the same bytes."),
    speed: float = typer.Option(1.0, help="How many times faster than real time.", min=0.1, max=100),
    links: Path = typer.Option(Path("build/ports"), help="Where the ports appear, as links with stable names."),
    recording: Path | None = typer.Option(
        None, help="A BIDMC CSV, a WFDB record or a capture that the first chair's devices play."
    ),
    list_: bool = typer.Option(False, "--list", help="List the scenarios and end."),
) -> None:
    """Run simulated devices on pseudo-terminals until Ctrl-C. Prints where each port is, as one line of JSON."""
    arguments = ["--scenario", scenario, "--chairs", str(chairs), "--seed", str(seed), "--speed", str(speed)]
    arguments += ["--links", str(links)]
    if recording is not None:
        arguments += ["--recording", str(recording)]
    if list_:
        arguments = ["--list"]
    process = subprocess.Popen([sys.executable, "-m", "simulators", *arguments], stdin=subprocess.PIPE)
    try:
        status = process.wait()
    except KeyboardInterrupt:
        process.terminate()
        status = process.wait()
        status = 0 if status < 0 else status
    raise typer.Exit(status)
