"""``vigil probe``: says what device is on a port, and the lines of configuration for it."""

import asyncio
import sys
import time
from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Any

import typer

from monitor.errors import BadRequest, NotFound

if TYPE_CHECKING:
    from drivers.base.decoder import Driver
    from drivers.base.recognition import Recognised
    from monitor.probe import Finding

NOT_FOUND = 1


def probe(
    ports: Annotated[
        list[str] | None,
        typer.Argument(metavar="[PORT]...", help="The ports; without one, all that this computer has."),
    ] = None,
    driver: Annotated[
        list[str] | None, typer.Option("--driver", "-d", help="Try these drivers alone; see `vigil drivers`.")
    ] = None,
    listen: Annotated[bool, typer.Option("--listen", help="Listen only, ask nothing.")] = False,
    json: Annotated[bool, typer.Option("--json", help="One line of JSON for each port.")] = False,
) -> None:
    """Say what devices are there: driver, format, model or serial number, and the lines for the configuration.

    Listens at the line settings of all drivers. Where nobody speaks it asks what harms nobody: it starts no cuff and sets nothing.
    Exit status 1 when a port has no known device.
    """
    from drivers.base.registry import all_drivers, driver_named

    chosen = [driver_named(name) for name in driver] if driver else list(all_drivers().values())
    names = ports or _ports_here()
    if not names:
        raise NotFound("this computer has no serial port now: is the adapter plugged in? `vigil probe PORT` names one")
    if sys.stderr.isatty():
        print(f"listening at {', '.join(names)} ...", file=sys.stderr)
    findings = asyncio.run(probe_all(names, chosen, may_ask=not listen))
    for finding in findings:
        typer.echo(_as_json(finding) if json else told(finding))
    if any(finding.recognised is None for finding in findings):
        raise typer.Exit(NOT_FOUND)


async def probe_all(names: Sequence[str], drivers: "Sequence[Driver]", may_ask: bool) -> "list[Finding]":
    from drivers.base.datagramport import UDP
    from drivers.base.decoder import Line
    from drivers.base.serialport import PortError, SerialPort, is_pseudo_terminal, open_port, path_of
    from monitor.probe import Finding, Probe, World

    async def opened(name: str, line: Line) -> SerialPort:
        if name.startswith(UDP):
            raise PortError(f"{name} is on the network: a probe listens to serial ports only")
        return await asyncio.to_thread(open_port, name, line)

    def is_simulated(name: str) -> bool:
        return is_pseudo_terminal(path_of(name))

    world = World(opened, is_simulated, lambda: time.monotonic_ns() // 1000, asyncio.sleep)

    async def one(name: str) -> Finding:
        try:
            return await Probe(name, drivers, world, may_ask=may_ask).run()
        except PortError as error:
            if len(names) == 1:
                raise BadRequest(str(error)) from None
            return Finding(name, None, str(error))

    return list(await asyncio.gather(*map(one, names)))


def _ports_here() -> list[str]:
    from serial.tools import list_ports

    return sorted(port.device for port in list_ports.comports())


def told(finding: "Finding") -> str:
    """What is printed of a port."""
    found = finding.recognised
    if found is None:
        sample = f"\n  bytes    {_shown(finding.sample)}" if finding.sample else ""
        hint = "\n  `vigil capture` records them for a report" if finding.sample else ""
        return f"{finding.port}\n  {finding.sentence}{sample}{hint}\n"
    rows = [("device", f"{found.driver.title} (driver {found.driver.name})"), ("line", str(found.line))]
    rows += [("format", found.format)] if found.format else []
    if found.identity is not None:
        rows += [("tells", "; ".join(filter(None, (found.identity.text, found.identity.detail))))]
    rows += [("sure", f"{found.confidence}: {found.why}")]
    rows += [("or", f"driver {found.rival}, which understands as much")] if found.rival else []
    rows += [("note", "a pseudo-terminal: its chair will be marked DEMO")] if finding.simulated else []
    table = "\n".join(f"  {name:8} {text}" for name, text in rows)
    return f"{finding.port}\n{table}\n\n{configuration(finding.port, found)}"


def configuration(port: str, found: "Recognised") -> str:
    """The lines to paste under a [[chair]]."""
    from drivers.base.serialport import lasting_link
    from monitor.core.units import unit_of

    lines = ["[[chair.device]]", f'id = "{_place(found.driver)}"', f'driver = "{found.driver.name}"']
    lines.append(f'port = "{lasting_link(port) or port}"')
    if str(found.line) != str(found.driver.line):
        lines.append(f'line = "{found.line}"')
    number = "" if found.identity is None else unit_of(found.identity).number
    if number:
        lines.append(f'serial_number = "{number}"')
    return "\n".join(lines) + "\n"


def _place(driver: "Driver") -> str:
    """The usual place of such a device at a chair."""
    from drivers.base.vocabulary import Parameter

    if Parameter.HR in driver.parameters:
        return "cardiac"
    return "nibp" if Parameter.NIBP_SYS in driver.parameters else "oximeter"


def _as_json(finding: "Finding") -> str:
    import orjson

    found = finding.recognised
    line: dict[str, Any] = {"port": finding.port, "known": found is not None, "simulated": finding.simulated}
    if found is None:
        line |= {"sentence": finding.sentence, "sample": finding.sample.hex()}
    else:
        line |= {
            "driver": found.driver.name,
            "line": str(found.line),
            "format": found.format,
            "model": found.identity.text if found.identity else "",
            "detail": (found.identity.detail or "") if found.identity else "",
            "confidence": found.confidence,
            "why": found.why,
            "rival": found.rival,
            "configuration": configuration(finding.port, found),
        }
    return orjson.dumps(line).decode()


def _shown(sample: bytes) -> str:
    readable = "".join(chr(byte) if 32 <= byte < 127 else "." for byte in sample)
    return f"{sample[:24].hex(' ')}{' ...' if len(sample) > 24 else ''}   {readable}"
