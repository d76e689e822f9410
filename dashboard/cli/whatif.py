"""``vigil whatif``: recorded sessions under other limits and delays, the alerts side by side."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from rich.table import Table

    from monitor.whatif import Comparison, Side, Told


def whatif(
    data_dir: Annotated[Path, typer.Argument(help="The server's data directory; it may be running.")],
    sessions: Annotated[
        list[str] | None, typer.Argument(help="Sessions; all that are on record when none is named.")
    ] = None,
    limits: Annotated[Path, typer.Option(help="TOML with the tables limits, delays and settings to try.")] = Path(
        "limits.toml"
    ),
) -> None:
    """Apply recorded sessions under other limits and show what would have been told. Changes no record."""
    from drivers.base.registry import all_drivers
    from monitor.errors import NotFound
    from monitor.storage.store import read_store
    from monitor.whatif import read_rules, what_if

    rules = read_rules(limits)
    store = read_store(data_dir)
    try:
        chosen = sessions or store.sessions()
        if not chosen:
            raise NotFound(f"there is no session on record in {store.path}")
        for session in chosen:
            _print(what_if(store, session, all_drivers(), rules))
    finally:
        store.close()


def _print(comparison: "Comparison") -> None:
    from rich.console import Console

    from monitor.whatif import differing

    console = Console()
    console.print(_table(comparison))
    for name, side in (("recorded limits", comparison.recorded), ("these limits", comparison.changed)):
        console.print(f"{name}: {_sums(side)}", markup=False, highlight=False)
    for sentence in differing(comparison):
        console.print(f"under these limits {sentence}", markup=False, highlight=False)
    console.print("Simulated from the record: it says what would have been told, not what people would have done.\n")


def _table(comparison: "Comparison") -> "Table":
    from rich import box
    from rich.table import Table

    table = Table(box=box.SIMPLE, title=f"session {comparison.session}, chair {comparison.chair}")
    for heading in ("minute", "recorded limits", "minute", "these limits"):
        table.add_column(heading, justify="right" if heading == "minute" else "left")
    for row in comparison.rows():
        cells = [cell for told in row for cell in (_minute(told, comparison.began), _said(told))]
        table.add_row(*cells)
    return table


def _minute(told: "Told | None", began: int) -> str:
    if told is None:
        return ""
    until = "…" if told.ended is None else f"{(told.ended - began) / 60e6:.1f}"
    return f"{(told.began - began) / 60e6:.1f} to {until}"


def _said(told: "Told | None") -> str:
    if told is None:
        return "nothing"
    times = {0: ", silent", 1: ""}.get(told.sounded, f", sounds {told.sounded} ×")
    return f"{told.priority}: {told.text}{times}"


def _sums(side: "Side") -> str:
    from drivers.base.vocabulary import Priority

    told = [f"{sum(one.priority is priority for one in side.alerts)} {priority}" for priority in reversed(Priority)]
    sounds = sum(side.sounds(priority) for priority in Priority)
    return f"{', '.join(told)} alerts; asked for sound {sounds} ×"
