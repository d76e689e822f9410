"""``vigil serve``: the server with its pages, on one port."""

import errno
import gc
import logging
import signal
import socket
import sys
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from monitor.errors import ConfigError

if TYPE_CHECKING:
    from dashboard.cli._firstrun import Made
    from monitor.clock import Clock
    from monitor.config import Config
    from monitor.station import Station

Begin = Callable[["Station"], Awaitable[None]]
DEFAULT_PORT = 8050


def serve(
    config: Annotated[Path, typer.Option(help="The clinic's configuration.")] = Path("vigil.toml"),
    host: Annotated[str | None, typer.Option(help="Listen here instead of [server] host.")] = None,
    port: Annotated[int | None, typer.Option(help="Listen here instead of [server] port.")] = None,
    data_dir: Annotated[Path | None, typer.Option(help="Keep the record here instead of [server] data_dir.")] = None,
    speed: Annotated[float, typer.Option(min=0.1, max=100, help="How fast the clock runs; for demonstrations.")] = 1.0,
) -> None:
    """Watch over the chairs of a configuration, until Ctrl-C. Without one, a page at this computer makes it first."""
    from dataclasses import replace

    from monitor.clock import SystemClock
    from monitor.config import load_config

    if not config.exists():
        _first_run(config, host, port, data_dir, speed)
        return
    loaded = load_config(config)
    chosen = replace(
        loaded,
        host=host or loaded.host,
        port=loaded.port if port is None else port,
        data_dir=data_dir or loaded.data_dir,
    )
    with listening(chosen.host, chosen.port) as listener:
        run(chosen, SystemClock(speed), listener, _telling(chosen.host, listener))


def _telling(host: str, listener: socket.socket) -> Begin:
    async def begin(station: "Station") -> None:
        typer.echo(f"Vigil shows {len(station.chairs)} chairs at {url_of(host, listener.getsockname()[1])}")

    return begin


def _first_run(config: Path, host: str | None, port: int | None, data_dir: Path | None, speed: float) -> None:
    """Have the configuration made at this computer, then go on with it: same process, same address."""
    from dataclasses import replace

    from dashboard.cli._firstrun import set_up
    from monitor.clock import SystemClock

    if not config.absolute().parent.is_dir():
        raise ConfigError(f"there is no folder {config.absolute().parent} for the configuration file {config.name}")
    here = host or "127.0.0.1"
    if here not in ("127.0.0.1", "::1", "localhost"):
        raise ConfigError(
            f"there is no configuration file {config}, and the first run, which makes it, is done at this computer: "
            "start without --host"
        )
    with listening(here, DEFAULT_PORT if port is None else port) as listener:
        made = set_up(config, listener, here, data_dir)
        if made is None:
            return
        number = listener.getsockname()[1]
        chosen = replace(made.config, host=here, port=number, data_dir=data_dir or made.config.data_dir)
        run(chosen, SystemClock(speed), listener, _telling(here, listener), made)


def run(config: "Config", clock: "Clock", listener: socket.socket, begin: Begin, made: "Made | None" = None) -> None:
    """Serve on ``listener`` until interrupted. ``begin`` is called with the station, before anybody is answered.

    ``made``: the configuration has just been made, and the pre-set begins. Raises ``MonitorError`` when the server cannot begin.
    """
    gc.disable()  # what is made from here to the start is there to stay
    import uvicorn

    from dashboard.app import mount
    from dashboard.cli._logging import log_to_stderr
    from dashboard.text import catalogue
    from monitor.app import build

    phrases = catalogue(config.language, config.data_dir / "text")
    log_to_stderr()
    # The writer's thread must not keep the loop waiting: it gives way after half a millisecond, not after five.
    sys.setswitchinterval(0.0005)
    app = build(config, clock)
    mount(app, phrases)
    house = app.state.server

    async def begin_frozen(station: "Station") -> None:
        await begin(station)
        gc.freeze()  # so no later collection looks through it, which would delay an alarm
        gc.enable()

    house.begin = begin_frozen
    house.is_new, house.signer = made is not None, made.signer if made else None
    # Its traceback says no more than the one sentence with which we end.
    # What uvicorn says of a stop that was asked for, once or twice, helps nobody.
    logging.getLogger("uvicorn.error").addFilter(lambda _: house.refused is None and not server.should_exit)
    server = uvicorn.Server(
        uvicorn.Config(
            app,
            loop="uvloop",
            ws="websockets-sansio",
            ws_max_size=64 * 1024,
            ws_per_message_deflate=False,
            timeout_graceful_shutdown=2,
            log_config=None,
            access_log=False,
            server_header=False,
        )
    )
    # uvicorn lets the signal that stopped it through again at the end: then both end the same way.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        server.run(sockets=[listener])
    except KeyboardInterrupt:
        pass  # Ctrl-C is how it is meant to end, and by now everything is closed
    except SystemExit:
        if not house.refused:
            raise
    if house.refused:
        raise house.refused


@contextmanager
def listening(host: str, port: int) -> Iterator[socket.socket]:
    """Hold a socket that listens at ``host``, ``port`` (0: any free one). Raises ``ConfigError`` when that cannot be."""
    listener = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET)
    with listener:
        try:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listener.bind((host, port))
            listener.listen(256)
        except OSError as error:
            raise ConfigError(_why_not(host, port, error)) from None
        yield listener


def _why_not(host: str, port: int, error: OSError) -> str:
    if error.errno == errno.EADDRINUSE:
        return f"port {port} of {host} is in use by another program: stop it, or choose another [server] port"
    if error.errno in (errno.EACCES, errno.EPERM):
        return f"this user may not listen at port {port}: choose one from 1024 on"
    return f"cannot listen at {host}, port {port}: {error.strerror or error}; choose another [server] host"


def url_of(host: str, port: int) -> str:
    """Return what to open in a browser on this machine."""
    shown = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(host, f"[{host}]" if ":" in host else host)  # noqa: S104
    return f"http://{shown}:{port}/"
