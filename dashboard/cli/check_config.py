"""``vigil check-config``: says whether a configuration can be used, and what may not be meant in it."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from monitor.config import Config


def check_config(
    config: Annotated[Path, typer.Argument(help="The clinic's configuration.")] = Path("vigil.toml"),
) -> None:
    """Check a configuration. Exit status 2 when it cannot be used; warnings do not change the status."""
    from dashboard.text import catalogue
    from monitor.config import load_config, warnings_of

    loaded = load_config(config)
    catalogue(loaded.language, loaded.data_dir / "text")
    for sentence in [*warnings_of(loaded), *_warnings_of_store(loaded)]:
        typer.echo(f"warning: {sentence}", err=True)
    devices = sum(len(chair.devices) for chair in loaded.chairs)
    typer.echo(
        f"{config} can be used: {len(loaded.chairs)} chairs, {devices} devices, {len(loaded.users)} users, "
        f"record in {loaded.data_dir}"
    )


def _warnings_of_store(config: "Config") -> list[str]:
    """What the record says to the file: limits in it count for the first version of the pre-set only."""
    from monitor.errors import StoreError
    from monitor.storage.audit import AuditLog
    from monitor.storage.presets import Presets
    from monitor.storage.store import read_store

    if not config.chairs[0].limits:
        return []
    try:
        store = read_store(config.data_dir)
    except StoreError:
        return []  # there is none yet, or the server will say what ails it
    try:
        version = Presets(AuditLog(store.engine, lambda: 0)).current().version
    finally:
        store.close()
    if not version:
        return []
    return [
        f"[limits] no longer counts: version {version} of the clinic's pre-set is in the record; "
        "change it on the settings page, and take [limits] out of the file"
    ]
