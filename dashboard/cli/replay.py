"""``vigil replay``: applies a record again and says whether the alerts agree, exactly."""

import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from monitor.replay import Outcome


def replay(
    data_dir: Annotated[Path, typer.Argument(help="The server's data directory; it may be running.")],
    chair: Annotated[str | None, typer.Option(help="Only this chair.")] = None,
    session: Annotated[str | None, typer.Option(help="Only this session.")] = None,
) -> None:
    """Replay a record, and follow the chain of its audit log.

    Exit status 1 when an alert differs or the chain is broken, 2 when the record cannot be used.
    """
    from drivers.base.registry import all_drivers
    from monitor import __version__
    from monitor.errors import NotFound
    from monitor.replay import replay as replay_chair
    from monitor.storage.audit import AuditLog
    from monitor.storage.store import read_store

    store = read_store(data_dir)
    try:
        chain = AuditLog(store.engine, lambda: 0).check()
        spans: list[tuple[str, int, int | None]]
        if session is not None:
            spans = [store.session_span(session)]
        else:
            known = store.chairs()
            if chair is not None and chair not in known:
                raise NotFound(f"there is no chair '{chair}' in {store.path}; there are {', '.join(known)}")
            spans = [(one, 1, None) for one in known if chair in (None, one)]
        outcomes = []
        for name, first_seq, last_seq in spans:
            begun = time.perf_counter()
            outcome = replay_chair(store, name, all_drivers(), __version__, first_seq, last_seq)
            outcomes.append((outcome, time.perf_counter() - begun))
    finally:
        store.close()
    _print(outcomes)
    typer.echo(chain.broken or f"audit log: {chain.rows} rows, the chain holds, newest hash {chain.newest}")
    if chain.broken or not all(outcome.agrees for outcome, _ in outcomes):
        raise typer.Exit(1)


def _print(outcomes: "list[tuple[Outcome, float]]") -> None:
    from rich import box
    from rich.console import Console
    from rich.table import Table

    table = Table(box=box.SIMPLE)
    for heading in ("chair", "entries", "recorded", "replayed in", "× real time", "alert steps", "differing"):
        table.add_column(heading, justify="right")
    for outcome, seconds in outcomes:
        table.add_row(
            outcome.chair,
            str(outcome.entries),
            f"{outcome.recorded_s:.1f} s",
            f"{seconds:.2f} s",
            f"{outcome.recorded_s / seconds:.0f}",
            str(outcome.alert_steps),
            str(outcome.differing),
        )
    console = Console()
    console.print(table)
    for outcome, _ in outcomes:
        for sentence in (*outcome.notes, *outcome.differences):
            console.print(f"chair {outcome.chair}: {sentence}", markup=False, highlight=False)
    if not outcomes:
        console.print("the record is empty")
    elif all(outcome.agrees for outcome, _ in outcomes):
        console.print("alerts agree exactly")
    else:
        console.print("alerts differ")
