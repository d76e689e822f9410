"""docs/journal.md tells the truth: its reader reads, and it names every table."""

import re
from pathlib import Path
from typing import Any

from monitor.core.entries import Bytes, BytesSent
from monitor.storage import tables
from monitor.storage.blocks import to_json
from tests.storage.making import Chair, opened, recorder_on

PAGE = (Path(__file__).parents[2] / "docs" / "journal.md").read_text(encoding="utf-8")


async def test_the_reader_of_the_page_reads_the_journal(tmp_path: Path) -> None:
    store = opened(tmp_path)
    recorder = recorder_on(store)
    chair = Chair(recorder)
    chair.bytes(300)
    chair.enter(BytesSent("nibp", b"\x3a\x20"))
    chair.act()
    chair.bytes(2)
    await recorder.close()
    code = re.search(r"```python\n(.*?)```", PAGE, re.DOTALL)
    assert code
    page: dict[str, Any] = {}
    exec(code[1], page)
    kinds = {Bytes: "received", BytesSent: "sent"}
    assert list(page["entries"](store.path, "1")) == [
        (
            entry.seq,
            entry.at,
            kinds.get(type(entry.body), "json"),
            getattr(entry.body, "device", None),
            entry.body.data if isinstance(entry.body, Bytes | BytesSent) else to_json(entry.body),
        )
        for entry in chair.written
    ]
    store.close()


def test_the_page_names_every_table() -> None:
    assert {name for name in tables.metadata.tables if f"`{name}`" not in PAGE} == set()
