"""A short piece of a chair's journal, found without reading what lies before: blocks are ordered by seq, and so by time.

Reads only; blocks the thread it runs in.
"""

import json
from collections.abc import Iterator

import sqlalchemy as sa

from drivers.base.observations import Instant
from monitor.core.codec import from_json
from monitor.core.entries import ChairConfig, Entry
from monitor.storage import tables
from monitor.storage.blocks import unpack

_block = tables.block.c
_COLUMNS = (_block.first_seq, _block.last_seq, _block.first_at, _block.data)


def entries_between(engine: sa.Engine, chair: str, since: Instant, until: Instant) -> Iterator[Entry]:
    """Yield the entries of ``chair`` in [since, until), in order. Raises ``StoreError`` at a block that is damaged."""
    with engine.connect() as connection:
        first = _first_block(connection, chair, since)
        if first is None:
            return
        query = sa.select(*_COLUMNS).where(_block.chair == chair, _block.first_seq >= first)
        for row in connection.execute(query.order_by(_block.first_seq)):
            if row.first_at >= until:
                return
            for entry in unpack(chair, *row):
                if since <= entry.at < until:
                    yield entry


def _first_block(connection: sa.Connection, chair: str, at: Instant) -> int | None:
    """The block that holds ``at``, or the first after it: halving over seq, a look-up each, for no index knows the time."""
    ends = connection.execute(
        sa.select(sa.func.min(_block.first_seq), sa.func.max(_block.first_seq)).where(_block.chair == chair)
    ).one()
    if ends[0] is None:
        return None
    low, high = ends
    found = low
    while low <= high:
        middle = (low + high) // 2
        row = connection.execute(
            sa.select(_block.first_seq, _block.first_at)
            .where(_block.chair == chair, _block.first_seq <= middle)
            .order_by(_block.first_seq.desc())
            .limit(1)
        ).one_or_none()
        if row is None or row.first_at <= at:
            found = row.first_seq if row else found
            low = middle + 1
        else:
            high = row.first_seq - 1
    return int(found)


def configurations(engine: sa.Engine, chair: str, since: Instant, until: Instant) -> list[tuple[Instant, ChairConfig]]:
    """Return the chair's configurations with their times: the one in force at ``since``, and those that came until ``until``."""
    b = tables.beginning.c
    query = sa.select(b.at, b.config).where(b.chair == chair, b.config.is_not(None), b.at < until).order_by(b.seq)
    with engine.connect() as connection:
        rows = connection.execute(query).all()
    before = [row for row in rows if row.at <= since]
    wanted = before[-1:] + [row for row in rows if row.at > since]
    return [(row.at, from_json(ChairConfig, json.loads(row.config))) for row in wanted]
