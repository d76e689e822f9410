"""``vigil capture``: records what passes on a port, with its times, for a report or to be played again."""

import asyncio
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, BinaryIO

import typer

from monitor.errors import BadRequest

if TYPE_CHECKING:
    from drivers.base.decoder import Driver, Line


def capture(
    port: Annotated[str, typer.Argument(help="The port the device is on.")],
    file: Annotated[Path, typer.Argument(help="The capture to write.")],
    driver: Annotated[
        str | None,
        typer.Option("--driver", "-d", help="The device's driver; without it, finds out as `vigil probe` does."),
    ] = None,
    line: Annotated[
        str | None,
        typer.Option(
            help="Other line settings than the driver's, such as '19200 8O1'; without a driver, for a device that none knows."
        ),
    ] = None,
    seconds: Annotated[float | None, typer.Option(min=0.1, help="Stop after so long; without it, at Ctrl-C.")] = None,
    listen: Annotated[bool, typer.Option("--listen", help="Listen only, ask nothing.")] = False,
    ask: Annotated[
        bool, typer.Option("--ask", help="Speak as the server would, even where that may change the device's settings.")
    ] = False,
    force: Annotated[bool, typer.Option("--force", help="Write over a file that exists.")] = False,
) -> None:
    """Record the raw bytes of a device with their times until Ctrl-C. `vigil decode` reads the file, `vigil demo --recording` plays it.

    A device that must be asked for its values is asked, where that is harmless. No command is given.
    """
    from dataclasses import replace

    from dashboard.cli._recorder import Recorder, unknown_device
    from drivers.base.registry import driver_named
    from drivers.base.serialport import PortError

    given = None if line is None else _line(line)
    if driver is not None:
        chosen = driver_named(driver)
        wanted = replace(given or chosen.line, rts_cts=chosen.line.rts_cts)
    elif given is not None:
        chosen, wanted = unknown_device(given), given
    else:
        chosen, wanted = _found(port)
    asking = ask or (chosen.harmless_to_open and not listen)
    with _created(file, force) as out:
        recorder = Recorder(out, chosen, port, wanted)
        try:
            why = asyncio.run(recorder.run(seconds, asking))
        except PortError as error:
            if not recorder.count:
                file.unlink()
            raise BadRequest(str(error)) from None
        except OSError as error:
            raise BadRequest(f"{file} cannot be written: {error.strerror}") from None
    print(
        f"vigil capture: {recorder.count} bytes of {chosen.name or chosen.title} in {recorder.seconds:.1f} s, in {file}",
        file=sys.stderr,
    )
    if why:
        raise BadRequest(why)


def _line(text: str) -> "Line":
    from drivers.base.decoder import Line

    try:
        return Line.parse(text)
    except ValueError as error:
        raise BadRequest(str(error)) from None


def _found(port: str) -> "tuple[Driver, Line]":
    from drivers.base.datagramport import UDP
    from drivers.base.registry import all_drivers
    from monitor.ports import probe_all

    if port.startswith(UDP):
        raise BadRequest(f"what is at {port} cannot be found out by listening; name the device with --driver")
    finding = asyncio.run(probe_all([port], list(all_drivers().values()), may_ask=True))[0]
    if finding.unopened:
        raise BadRequest(finding.sentence)
    if finding.recognised is None:
        raise BadRequest(
            f"{port}: {finding.sentence}; to record it all the same, say --line '9600 8N1' or so, or --driver"
        )
    print(f"vigil capture: {finding.recognised.driver.title}, {finding.recognised.line}", file=sys.stderr)
    return finding.recognised.driver, finding.recognised.line


def _created(file: Path, force: bool) -> BinaryIO:
    try:
        return file.open("wb" if force else "xb")
    except FileExistsError:
        raise BadRequest(f"{file} exists: choose another name, or say --force to write over it") from None
    except OSError as error:
        raise BadRequest(f"{file} cannot be written: {error.strerror}") from None
