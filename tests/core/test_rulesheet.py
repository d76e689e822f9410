"""The page of rules is written from the table, and is current; no word of it comforts."""

import re
from pathlib import Path

from monitor.core.conditions import TABLE
from monitor.core.rulesheet import render

PAGE = Path(__file__).parents[2] / "docs" / "rules.md"


def test_the_page_is_current() -> None:
    written = PAGE.read_text("utf-8")
    assert written == render(), "write it anew as monitor/core/rulesheet.py says"


def test_the_page_names_every_condition() -> None:
    page = render()
    assert all(f"`{condition.code}`" in page and condition.response in page for condition in TABLE)


def test_no_response_comforts_or_tells_to_end_an_infusion() -> None:
    for condition in TABLE:
        words = f"{condition.title} {condition.response} {' '.join(step.when for step in condition.steps)}"
        assert not re.search(r"\b(OK|safe|normal|stop)\b", words, re.IGNORECASE), condition.code
