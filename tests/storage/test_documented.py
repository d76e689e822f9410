"""docs/journal.md tells the truth: its reader reads, and it names every table."""

import re
from pathlib import Path
from typing import Any

from monitor.core.entries import Bytes, BytesSent
from monitor.storage import tables
from monitor.storage.audit import AuditLog
from monitor.storage.blocks import to_json
from tests.storage.making import NURSE, Chair, opened, recorder_on
from tests.storage.test_audit import changed_by_hand

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


async def test_the_reader_of_the_page_follows_the_audit_log(tmp_path: Path) -> None:
    store = opened(tmp_path)
    audit = AuditLog(store.engine, lambda: 7)
    for text in ("ä", "\n", "“”"):
        await audit.write(NURSE, "amendment", lambda text=text: {"text": text})  # type: ignore[misc]
    page: dict[str, Any] = {}
    exec(re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)[1], page)
    assert page["broken_at"](store.path) is None
    changed_by_hand(store.path, "UPDATE audit SET body = '{}' WHERE n = 2")
    assert page["broken_at"](store.path) == 2
    store.close()
