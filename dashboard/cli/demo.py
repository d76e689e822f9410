"""``vigil demo``: simulated chairs in a process of their own, the server and the pages, and one URL to open.

The devices speak over pseudo-terminals in their own bytes, so everything behind the wire is what a clinic would run.
"""

import json
import subprocess
import sys
import tempfile
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

if TYPE_CHECKING:
    from monitor.config import Config
    from monitor.station import Station

READY_S = 30.0
"""Simulators that have not opened their ports by then never will."""
NIBP_INTERVAL_S = 120
"""Shorter than a clinic's, so that a pressure on its way up is seen while one looks."""
USERS = (("L. Moreno", "nurse"), ("S. Okafor", "nurse"), ("Dr. Haddad", "physician"), ("Visitor", "observer"))


def demo(
    chairs: int = typer.Option(4, help="How many chairs.", min=1, max=64),
    scenario: str = typer.Option("demo", help="A scenario's name (`vigil simulate --list`), or a TOML file."),
    recording: Path | None = typer.Option(
        None, help="A BIDMC CSV or a WFDB record: chair 1 plays this real patient. Or a capture: it plays this device."
    ),
    seed: int = typer.Option(1, help="The same seed tells the same stories."),
    speed: float = typer.Option(1.0, help="How many times faster than real time.", min=0.1, max=100),
    host: str = typer.Option("127.0.0.1", help="The address to listen on."),
    port: int = typer.Option(8050, help="The port to listen on.", min=0, max=65535),
    data_dir: Path | None = typer.Option(None, help="Keep the record here; without it, it goes when the demo ends."),
) -> None:
    """Show Vigil with simulated patients. Prints one URL and who to sign in as; Ctrl-C stops everything."""
    from dashboard.cli.serve import listening, run
    from monitor.clock import SystemClock

    with ExitStack() as stack:
        listener = stack.enter_context(listening(host, port))
        folder = data_dir or Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="vigil-demo-")))
        arguments = ["--scenario", scenario, "--chairs", str(chairs), "--seed", str(seed), "--speed", str(speed)]
        if recording is not None:
            arguments += ["--recording", str(recording)]
        stories = stack.enter_context(Simulators([*arguments, "--links", str(folder / "ports")])).chairs
        config = _config(stories, folder, host, listener.getsockname()[1])

        async def begin(station: "Station") -> None:
            await _start_sessions(station, stories)
            _tell(config)

        run(config, SystemClock(speed), listener, begin)


class Simulators:
    """The simulators' process, while the ``with`` lasts. Raises ``typer.Exit`` with its status if it does not come up."""

    def __init__(self, arguments: list[str]) -> None:
        self._arguments = arguments
        self.chairs: list[dict[str, Any]] = []

    def __enter__(self) -> "Simulators":
        # A session of its own, so that Ctrl-C reaches the server alone, which then says farewell to its devices.
        self._process = subprocess.Popen(
            [sys.executable, "-m", "simulators", *self._arguments],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            start_new_session=True,
        )
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            raise typer.Exit(self._process.wait(READY_S) or 2)
        self.chairs = json.loads(line)["chairs"]
        return self

    def __exit__(self, *_: object) -> None:
        assert self._process.stdin is not None
        self._process.stdin.close()
        try:
            self._process.wait(3)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()


def _config(stories: list[dict[str, Any]], folder: Path, host: str, port: int) -> "Config":
    from monitor.config import Config, User
    from monitor.core.entries import ChairConfig, DeviceConfig, Role

    def device(told: dict[str, str]) -> DeviceConfig:
        return DeviceConfig(told["id"], told["driver"], told["port"])

    return Config(
        clinic="Demonstration",
        zone="UTC",
        host=host,
        port=port,
        data_dir=folder,
        users=tuple(User(name, Role(role)) for name, role in USERS),
        chairs=tuple(
            ChairConfig(
                story["id"],
                f"Chair {story['id']}",
                tuple(map(device, story["devices"])),
                nibp_interval_s=NIBP_INTERVAL_S,
            )
            for story in stories
        ),
    )


async def _start_sessions(station: "Station", stories: list[dict[str, Any]]) -> None:
    """Admit the stories' patients where no session goes on yet (a record that was kept may hold some)."""
    from monitor.core.changes import Phase
    from monitor.core.entries import Actor, Role

    actor = Actor("Demonstration", Role.SERVICE)
    for story in stories:
        session = station.view(story["id"])[1].session
        if story["session"] is None or (session is not None and session.phase is not Phase.CLOSED):
            continue
        arguments = dict(story["session"])
        start = arguments.pop("start", True)
        await station.act(story["id"], actor, "admit", arguments)
        if start:
            await station.act(story["id"], actor, "start", {})


def _tell(config: "Config") -> None:
    host = "127.0.0.1" if config.host in ("0.0.0.0", "::") else config.host  # noqa: S104
    names = ", ".join(f"{name} ({role})" for name, role in USERS)
    print(
        f"\n  Vigil, a demonstration: simulated patients only.\n\n"
        f"  Open     http://{host}:{config.port}/\n"
        f"  Sign in  {names}\n"
        f"  Stop     Ctrl-C\n",
        flush=True,
    )
