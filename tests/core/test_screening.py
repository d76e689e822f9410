"""What is asked before an infusion: absolute answers bar the start until a physician overrides them (clinical §1.4)."""

from typing import Any

import pytest

from monitor.core.entries import Actor, Role
from monitor.core.screening import BY_CODE, CONFIRMATIONS, INDICATIONS, Screening, screening_from
from monitor.errors import BadRequest, NotPermitted

NURSE, PHYSICIAN = Actor("A. Nurse", Role.NURSE), Actor("B. Physician", Role.PHYSICIAN)
NONE = dict.fromkeys(BY_CODE, False)
SURE = dict.fromkeys(CONFIRMATIONS, True)


def screened(*yes: str, actor: Actor = NURSE, reason: str = "", sure: Any = SURE) -> Screening:
    return screening_from("mood disorder", NONE | dict.fromkeys(yes, True), sure, reason, actor, 7)


def test_no_to_all_bars_nothing_and_warns_of_nothing() -> None:
    screening = screened()
    assert (screening.by, screening.at, screening.indication) == ("A. Nurse", 7, "mood disorder")
    assert screening.bars == screening.warnings == ()


@pytest.mark.parametrize("code", [code for code, question in BY_CODE.items() if question.absolute])
def test_an_absolute_answer_bars_the_start_until_a_physician_overrides_it(code: str) -> None:
    assert screened(code).bars == (BY_CODE[code].text,)
    with pytest.raises(NotPermitted, match=r"may be overridden by a physician; A\. Nurse is signed in as nurse"):
        screened(code, reason="seen by cardiology")
    overridden = screened(code, actor=PHYSICIAN, reason="seen by cardiology")
    assert overridden.bars == ()
    assert overridden.warnings == (BY_CODE[code].text,)
    assert (overridden.overridden_by, overridden.reason) == ("B. Physician", "seen by cardiology")


@pytest.mark.parametrize("code", [code for code, question in BY_CODE.items() if not question.absolute])
def test_a_relative_answer_warns(code: str) -> None:
    screening = screened(code)
    assert screening.bars == ()
    assert screening.warnings == (BY_CODE[code].text,)


def test_what_is_not_confirmed_warns() -> None:
    assert screened(sure=SURE | {"escort": False}).warnings == ("Not confirmed: An escort takes the patient home",)


def test_nothing_is_to_be_overridden_without_an_absolute_answer() -> None:
    with pytest.raises(BadRequest, match="no answer needs to be overridden"):
        screened("age", actor=PHYSICIAN, reason="why not")


@pytest.mark.parametrize(
    ("indication", "answers", "confirmed", "said"),
    [
        ("fun", NONE, SURE, "indication must be one of neuropathic pain"),
        (None, NONE, SURE, "indication must be one of"),
        (INDICATIONS[0], None, SURE, "answers must say true or false to each of cardiovascular"),
        (INDICATIONS[0], NONE | {"age": "no"}, SURE, "answers must say true or false"),
        (INDICATIONS[0], {**NONE, "luck": False}, SURE, "'luck' is not known"),
        (INDICATIONS[0], {"age": False}, SURE, "'cardiovascular' is missing"),
        (INDICATIONS[0], NONE, {}, "confirmed must answer escort.*'escort' is missing"),
    ],
)
def test_what_is_not_answered_is_named(indication: Any, answers: Any, confirmed: Any, said: str) -> None:
    with pytest.raises(BadRequest, match=said):
        screening_from(indication, answers, confirmed, "", NURSE, 7)
