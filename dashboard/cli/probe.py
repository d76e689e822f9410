"""``vigil probe``: says what device is on a port, and the lines of configuration for it."""

import asyncio
import sys
from typing import TYPE_CHECKING, Annotated

import typer

from monitor.errors import BadRequest, NotFound

if TYPE_CHECKING:
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
    import orjson

    from drivers.base.registry import all_drivers, driver_named
    from monitor.ports import described, ports_here, probe_all

    chosen = [driver_named(name) for name in driver] if driver else list(all_drivers().values())
    names = ports or [port.path for port in ports_here()]
    if not names:
        raise NotFound("this computer has no serial port now: is the adapter plugged in? `vigil probe PORT` names one")
    if sys.stderr.isatty():
        print(f"listening at {', '.join(names)} ...", file=sys.stderr)
    findings = asyncio.run(probe_all(names, chosen, may_ask=not listen))
    if len(names) == 1 and findings[0].unopened:
        raise BadRequest(findings[0].sentence)
    for finding in findings:
        typer.echo(orjson.dumps(described(finding)).decode() if json else told(finding))
    if any(finding.recognised is None for finding in findings):
        raise typer.Exit(NOT_FOUND)


def told(finding: "Finding") -> str:
    """What is printed of a port."""
    from monitor.ports import configuration

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


def _shown(sample: bytes) -> str:
    readable = "".join(chr(byte) if 32 <= byte < 127 else "." for byte in sample)
    return f"{sample[:24].hex(' ')}{' ...' if len(sample) > 24 else ''}   {readable}"
