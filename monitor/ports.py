"""The serial ports of this computer, and what is to be said of the devices on them.

``python -m monitor.ports PORT…`` probes these and prints a line of JSON for each as soon as it is known. That is a process of its own:
all drivers listening at once would keep the house's loop from its alarms.
"""

import asyncio
import os
import sys
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import orjson

from drivers.base.datagramport import UDP
from drivers.base.decoder import Driver, Line
from drivers.base.recognition import Recognised
from drivers.base.registry import all_drivers
from drivers.base.serialport import PortError, SerialPort, is_pseudo_terminal, lasting_link, open_port, path_of
from drivers.base.vocabulary import Parameter
from monitor.core.units import unit_of
from monitor.probe import Finding, Probe, World


@dataclass(frozen=True, slots=True)
class ListedPort:
    """A port of this computer: what it is called now, the name that lasts when cables are moved, and what its adapter says."""

    path: str
    name: str
    title: str


def ports_here() -> list[ListedPort]:
    """Return all serial ports that this computer has now."""
    from serial.tools import list_ports

    found = sorted(list_ports.comports(), key=lambda port: str(port.device))
    return [
        ListedPort(port.device, lasting_link(port.device) or port.device, _title(port.description)) for port in found
    ]


def _title(description: str | None) -> str:
    return "" if description in (None, "n/a") else str(description)


async def probe_all(
    names: Sequence[str], drivers: Sequence[Driver], may_ask: bool, tell: Callable[[Finding], None] = lambda _: None
) -> list[Finding]:
    """Probe all these ports at once; ``tell`` hears of each as soon as it is known. A port that cannot be opened says so."""

    async def opened(name: str, line: Line) -> SerialPort:
        if name.startswith(UDP):
            raise PortError(f"{name} is on the network: a probe listens to serial ports only")
        return await asyncio.to_thread(open_port, name, line)

    def is_simulated(name: str) -> bool:
        return is_pseudo_terminal(path_of(name))

    world = World(opened, is_simulated, lambda: time.monotonic_ns() // 1000, asyncio.sleep)

    async def one(name: str) -> Finding:
        try:
            finding = await Probe(name, drivers, world, may_ask=may_ask).run()
        except PortError as error:
            finding = Finding(name, None, str(error), unopened=True)
        tell(finding)
        return finding

    return list(await asyncio.gather(*map(one, names)))


def configuration(port: str, found: Recognised) -> str:
    """The lines to paste under a [[chair]]."""
    lines = ["[[chair.device]]", f'id = "{place_of(found.driver)}"', f'driver = "{found.driver.name}"']
    lines.append(f'port = "{lasting_link(port) or port}"')
    if line := _own_line(found):
        lines.append(f'line = "{line}"')
    if number := _number(found):
        lines.append(f'serial_number = "{number}"')
    return "\n".join(lines) + "\n"


def place_of(driver: Driver) -> str:
    """The usual place of such a device at a chair."""
    if Parameter.HR in driver.parameters:
        return "cardiac"
    return "nibp" if Parameter.NIBP_SYS in driver.parameters else "oximeter"


def described(finding: Finding) -> dict[str, Any]:
    """A finding as JSON: what is known of the device, else the sentence that says why nothing is."""
    found = finding.recognised
    told: dict[str, Any] = {"port": finding.port, "known": found is not None, "simulated": finding.simulated}
    if found is None:
        return told | {"sentence": finding.sentence, "sample": finding.sample.hex()}
    return told | {
        "driver": found.driver.name,
        "title": found.driver.title,
        "place": place_of(found.driver),
        "line": str(found.line),
        "own_line": _own_line(found),
        "format": found.format,
        "model": found.identity.text if found.identity else "",
        "detail": (found.identity.detail or "") if found.identity else "",
        "serial_number": _number(found),
        "confidence": found.confidence,
        "why": found.why,
        "rival": found.rival,
        "configuration": configuration(finding.port, found),
    }


def _own_line(found: Recognised) -> str:
    """The line to write, where it is not the driver's."""
    return "" if str(found.line) == str(found.driver.line) else str(found.line)


def _number(found: Recognised) -> str:
    return "" if found.identity is None else unit_of(found.identity).number


def real_paths(names: Iterable[str]) -> dict[str, str]:
    """Where these names lead now → the name; a name that leads nowhere stands for itself."""
    real = {}
    for name in names:
        try:
            real[os.path.realpath(path_of(name))] = name
        except PortError:
            real[name] = name
    return real


def _main() -> None:
    os.nice(10)

    def tell(finding: Finding) -> None:
        sys.stdout.buffer.write(orjson.dumps(described(finding)) + b"\n")
        sys.stdout.buffer.flush()

    asyncio.run(probe_all(sys.argv[1:], list(all_drivers().values()), may_ask=True, tell=tell))


if __name__ == "__main__":
    _main()
