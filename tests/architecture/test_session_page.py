"""docs/session.md says every question, criterion, kind, level and word that the core's tables hold."""

from pathlib import Path

import pytest

from monitor.core.chartable import CHECKS, DRUGS, KINDS, PUMP, SITES
from monitor.core.charting import SEVERITIES, SIDE_EFFECTS
from monitor.core.scores import SCALES, SCORES
from monitor.core.screening import CONFIRMATIONS, INDICATIONS, QUESTIONS
from tests.timetable import Chair

PAGE = (Path(__file__).parents[2] / "docs" / "session.md").read_text("utf-8")
FLAT = " ".join(PAGE.split())


def row(code: str) -> str:
    """The rows of the page that begin with a code."""
    return "\n".join(line for line in PAGE.splitlines() if line.startswith(f"| `{code}` |"))


@pytest.mark.parametrize("question", QUESTIONS, ids=lambda question: question.code)
def test_each_question_stands_in_its_table(question: object) -> None:
    code, text, absolute = question.code, question.text, question.absolute  # type: ignore[attr-defined]
    bars, warns = PAGE.split("**A yes is a warning**")
    assert f"| `{code}` | {text} |" in (bars if absolute else warns)


def test_confirmations_and_checks_stand_in_words() -> None:
    for code, text in CONFIRMATIONS.items():
        assert f"| `{code}` | {text} |" in PAGE
    for text in CHECKS.values():
        assert text in FLAT


def test_each_kind_has_its_row_and_each_scale_its_levels() -> None:
    for kind in KINDS:
        assert row(kind), kind
    for scale in SCALES.values():
        assert f"{scale.name}, {scale.low} to {scale.high}" in row(scale.code)
        for level, words in scale.words.items():
            assert f"{level} {words}" in row(scale.code)


@pytest.mark.parametrize("code", SCORES)
def test_each_item_of_a_score_has_its_words(code: str) -> None:
    for item in SCORES[code]:
        none, one, two = item.words
        assert f"| {item.name} | {two} | {one} | {none} |" in PAGE


def test_each_word_to_choose_from_is_told() -> None:
    for word in (*INDICATIONS, *SIDE_EFFECTS, *SEVERITIES, *DRUGS, *SITES, *PUMP):
        assert word in FLAT, word


def test_each_criterion_of_both_checklists_has_its_row() -> None:
    chair = Chair("oximeter", "cuff")
    chair.admit()
    before = chair.bedside.criteria(chair.now)
    chair.act("start", reason="a test of words")
    chair.act("stop")
    after = chair.bedside.criteria(chair.now)
    ready, home = PAGE.split("## Infusing")
    assert before
    assert after
    for criteria, part in ((before, ready), (after, home.split("## Before going home")[1])):
        for criterion in criteria:
            assert f"| `{criterion.code}` |" in part, criterion.code
    assert "| `home` |" in ready  # asked once the questions are answered
