"""The words pages ask and chart with, and what is asked for before the next step."""

from pathlib import Path

import httpx

from monitor.core.changes import Phase
from monitor.core.chartable import CHECKS, charted_from
from monitor.core.entries import Actor, Role
from monitor.core.screening import screening_from
from tests.web.house import FakeHouse, session
from tests.web.web import client_of, web_of

NURSE = Actor("L. Moreno", Role.NURSE)


async def words(client: httpx.AsyncClient) -> dict:  # type: ignore[type-arg]
    answer = await client.get("/api/vocabulary")
    assert answer.status_code == 200
    return answer.json()  # type: ignore[no-any-return]


async def test_questions_answered_as_they_are_told_are_taken(tmp_path: Path) -> None:
    async with client_of(web_of(FakeHouse(), tmp_path)) as client:
        told = await words(client)
    answers = {one["code"]: False for one in told["questions"]} | {"age": True}
    confirmed = {one["code"]: True for one in told["confirmations"]}
    screening = screening_from(told["indications"][0], answers, confirmed, "", NURSE, 0)
    assert screening.warnings == ("Under 18, or over 65",)
    assert {one["code"]: one["absolute"] for one in told["questions"]}["psychosis"] is True


async def test_every_word_told_can_be_charted(tmp_path: Path) -> None:
    async with client_of(web_of(FakeHouse(), tmp_path)) as client:
        told = await words(client)
    for scale in told["scales"]:
        assert charted_from(scale["code"], {"level": scale["high"]}, "L. Moreno", 0).level == scale["high"]
    for score in told["scores"]:
        full = charted_from(score["code"], {"points": [2] * len(score["items"])}, "L. Moreno", 0)
        assert full.level == 10 >= score["ready"]
        assert all(len(item["words"]) == 3 for item in score["items"])
    for term in told["side_effects"]:
        charted_from("side_effect", {"term": term, "severity": told["severities"][1]}, "L. Moreno", 0)
    for kind, terms in (("line_site", told["sites"]), ("pump", told["pump"]), ("cuff_arm", told["arms"])):
        assert [charted_from(kind, {"term": term}, "L. Moreno", 0).term for term in terms] == terms
    assert [(one["code"], one["text"]) for one in told["checks"]] == list(CHECKS.items())
    assert "glycopyrrolate" in told["drugs"]


async def test_levels_have_their_words(tmp_path: Path) -> None:
    async with client_of(web_of(FakeHouse(), tmp_path)) as client:
        scales = {one["code"]: one for one in (await words(client))["scales"]}
    assert scales["moaas"]["words"]["5"] == "responds readily to name"
    assert (scales["pain"]["low"], scales["pain"]["high"]) == (0, 10)


async def test_what_is_asked_for_stands_beside_the_phase(tmp_path: Path) -> None:
    house = FakeHouse("1", "2")
    house.happen("2", session(Phase.PLANNED))
    async with client_of(web_of(house, tmp_path)) as client:
        assert (await client.get("/api/chairs/1/criteria")).json() == {"phase": "none", "criteria": []}
        assert (await client.get("/api/chairs/2/criteria")).json() == {
            "phase": "planned",
            "criteria": [{"code": "baseline", "text": "Baseline locked", "met": False, "detail": ""}],
        }
        assert (await client.get("/api/chairs/9/criteria")).status_code == 404
