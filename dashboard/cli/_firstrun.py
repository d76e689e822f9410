"""The first run of ``vigil serve``: a page at this computer makes the configuration, then the house begins with it."""

import socket
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import typer
import uvicorn

from dashboard.cli.serve import DEFAULT_PORT, url_of
from dashboard.firstrun import mount_first_run
from drivers.base.registry import all_drivers
from monitor.config import Config
from monitor.core.entries import Actor
from monitor.ports import ports_here
from monitor.web.firstrun import SetUp, create_first_run
from monitor.worker import Worker

PROBE_LIMIT_S = 300


@dataclass(frozen=True, slots=True)
class Made:
    """What the first run made; ``signer`` signs the first pre-set."""

    config: Config
    signer: Actor | None


def set_up(path: Path, listener: socket.socket, host: str, data_dir: Path | None) -> Made | None:
    """Serve the guide on ``listener`` until the configuration is written; None when it was interrupted before."""
    made: list[Made] = []

    def written(config: Config, signer: Actor | None) -> None:
        made.append(Made(config, signer))
        server.should_exit = True

    number = listener.getsockname()[1]
    looking = Worker("monitor.ports", PROBE_LIMIT_S, "ports are being looked at: wait until that is done")
    setup = SetUp(path.absolute(), _server(number, data_dir), ports_here, looking, all_drivers(), written)
    api = create_first_run(setup)
    mount_first_run(api)
    config = uvicorn.Config(
        api, loop="uvloop", log_config=None, access_log=False, server_header=False, timeout_graceful_shutdown=2
    )
    server = uvicorn.Server(config)
    typer.echo(
        f"There is no configuration {path} yet, and nobody is watched. Make it at {url_of(host, number)}first-run",
    )
    with listener.dup() as again:  # the server closes what it listened on; the house goes on with the same socket
        try:
            server.run(sockets=[again])
        except KeyboardInterrupt:
            return None
    return made[0] if made else None


def _server(port: int, data_dir: Path | None) -> dict[str, Any]:
    """What the command line said of [server] and is to hold at the next start too."""
    told: dict[str, Any] = {} if port == DEFAULT_PORT else {"port": port}
    return told | ({"data_dir": str(data_dir.absolute())} if data_dir else {})
