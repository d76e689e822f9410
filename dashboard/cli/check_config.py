"""``vigil check-config``: says whether a configuration can be used, and what may not be meant in it."""

from pathlib import Path
from typing import Annotated

import typer


def check_config(
    config: Annotated[Path, typer.Argument(help="The clinic's configuration.")] = Path("vigil.toml"),
) -> None:
    """Check a configuration. Exit status 2 when it cannot be used; warnings do not change the status."""
    from monitor.config import load_config, warnings_of

    loaded = load_config(config)
    for sentence in warnings_of(loaded):
        typer.echo(f"warning: {sentence}", err=True)
    devices = sum(len(chair.devices) for chair in loaded.chairs)
    typer.echo(
        f"{config} can be used: {len(loaded.chairs)} chairs, {devices} devices, {len(loaded.users)} users, "
        f"record in {loaded.data_dir}"
    )
