"""``vigil drivers``: what devices can be read."""

import typer


def drivers(
    names_only: bool = typer.Option(False, "--names", help="Print the names alone, one a line."),
) -> None:
    """List the device drivers: line settings, what each reads and what it can be asked to do."""
    from rich.console import Console
    from rich.table import Table

    from drivers.base.registry import all_drivers

    if names_only:
        for name in all_drivers():
            print(name)
        return
    table = Table(box=None, pad_edge=False)
    for heading in ("driver", "device", "line", "values", "curves", "commands"):
        table.add_column(heading, overflow="fold")
    for driver in all_drivers().values():
        table.add_row(
            driver.name,
            driver.title,
            str(driver.line),
            " ".join(driver.parameters),
            " ".join(driver.waveforms),
            " ".join(driver.commands) or "none",
        )
    Console().print(table)
