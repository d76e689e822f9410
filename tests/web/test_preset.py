"""The clinic's pre-set: shipped, signed, versioned, and never overwritten by who looked at an older one."""

import asyncio
from collections.abc import AsyncIterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from monitor.core.limits import preset
from monitor.core.settings import SETTINGS
from tests.web.house import NURSE, PHYSICIAN, START, FakeHouse
from tests.web.web import client_of, web_of

WISH: dict[str, Any] = {"changes": 0, "reason": "our patients are on oxygen", "limits": {"spo2_low.high": "86"}}


@pytest.fixture
def house() -> FakeHouse:
    return FakeHouse("1")


@pytest.fixture
def app(house: FakeHouse, tmp_path: Path) -> FastAPI:
    return web_of(house, tmp_path)


@pytest.fixture
async def physician(app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    async with client_of(app) as client:
        await client.post("/api/sign-in", json={"name": PHYSICIAN.name})
        yield client


def limit(view: Any, code: str, priority: str) -> tuple[str, str]:
    (found,) = [one for one in view["limits"] if (one["code"], one["priority"]) == (code, priority)]
    return found["value"], found["shipped"]


async def test_nobody_has_signed_what_is_shipped(physician: httpx.AsyncClient) -> None:
    view = (await physician.get("/api/preset")).json()
    assert view["version"] == {
        "version": 0, "name": "Shipped pre-set", "by": None, "at": None, "reason": "", "signed": False,
    }  # fmt: skip
    assert len(view["limits"]) == len(preset({}))
    assert all(one["value"] == one["shipped"] for one in view["limits"])
    assert limit(view, "spo2_low", "high") == ("85", "85")
    assert {rule["code"]: rule["number"] for rule in view["rules"]}["nibp_high"] == "6"
    assert [one["name"] for one in view["protocols"]] == [
        "Low dose by weight, 90 to 120 min",
        "Glycopyrrolate 0.2 mg, then 60 mg/h",
        "0.5 mg/kg over 40 min",
    ]
    assert view["protocols"][2]["order"] == {"kind": "dose", "dose_mg_kg": "0.5", "duration_min": 40}
    assert view["trouble"] == ""
    delays = {f"{one['code']}.{one['priority']}": (one["value"], one["shipped"]) for one in view["delays"]}
    assert delays["spo2_low.high"] == (5, 5)
    assert delays["hr_rise.medium"] == (60, 60)
    assert not any(name.startswith("sbp") for name in delays)  # the cuff counts readings, not seconds


async def test_a_physician_signs_the_next_version_and_the_chairs_get_it(
    physician: httpx.AsyncClient, house: FakeHouse
) -> None:
    answer = await physician.post("/api/preset", json=WISH | {"name": "Our own"})
    assert answer.status_code == 200
    view = answer.json()
    assert view == (await physician.get("/api/preset")).json()
    assert view["version"] == {
        "version": 1, "name": "Our own", "by": {"name": "Dr. Haas", "role": "physician"}, "at": START,
        "reason": "our patients are on oxygen", "signed": True,
    }  # fmt: skip
    assert limit(view, "spo2_low", "high") == ("86", "85")
    assert house.presets == [({"spo2_low.high": Decimal(86)}, "1")]


async def test_what_is_not_named_stays_and_what_is_as_shipped_is_not_written_down(
    physician: httpx.AsyncClient, house: FakeHouse
) -> None:
    await physician.post("/api/preset", json=WISH)
    words = {"spo2_low": "Look at the patient."}
    view = (await physician.post("/api/preset", json={"changes": 1, "reason": "words", "responses": words})).json()
    assert limit(view, "spo2_low", "high") == ("86", "85")
    (rule,) = [one for one in view["rules"] if one["code"] == "spo2_low"]
    assert rule["response"] == "Look at the patient."
    assert rule["shipped_response"].startswith("Limit passed; clinic rule:")
    back = {"changes": 2, "reason": "back", "limits": {"spo2_low.high": "85"}, "responses": {}}
    view = (await physician.post("/api/preset", json=back)).json()
    assert limit(view, "spo2_low", "high") == ("85", "85")
    assert house.presets[-1] == ({}, "3")


async def test_delays_are_signed_with_the_limits_and_stand_in_the_rules(
    physician: httpx.AsyncClient, house: FakeHouse
) -> None:
    await physician.post("/api/preset", json=WISH)
    wish = {"changes": 1, "reason": "probes slip", "delays": {"spo2_low.medium": 20, "spo2_low.low": 30}}
    view = (await physician.post("/api/preset", json=wish)).json()
    (found,) = [one for one in view["delays"] if (one["code"], one["priority"]) == ("spo2_low", "medium")]
    assert found == {
        "code": "spo2_low", "priority": "medium", "value": 20, "shipped": 15, "least": 0, "most": 120,
    }  # fmt: skip
    (rule,) = [one for one in view["rules"] if one["code"] == "spo2_low"]
    assert [step["delay_s"] for step in rule["steps"]] == [30, 20, 5, 30, 30]
    assert house.delays[-1] == {"spo2_low.medium": 20}
    assert house.presets[-1] == ({"spo2_low.high": Decimal(86)}, "2")
    newest, *_ = (await physician.get("/api/preset/versions")).json()["versions"]
    assert newest["changes"] == [{"what": "spo2_low.medium delay", "before": "15 s", "after": "20 s"}]


async def test_the_other_numbers_of_the_rules_are_signed_too(
    physician: httpx.AsyncClient, house: FakeHouse, app: FastAPI
) -> None:
    wish = {
        "changes": 0,
        "reason": "cuffs here are old",
        "settings": {"nibp_failed.times": "3", "nibp_overdue.factor": "1.50", "cuff.repeat_s": "60"},
    }
    view = (await physician.post("/api/preset", json=wish)).json()
    found = {one["code"]: one for one in view["settings"]}
    assert len(found) == len(SETTINGS)
    assert found["nibp_overdue.factor"] == {
        "code": "nibp_overdue.factor", "rule": "nibp_overdue", "value": "1.5", "shipped": "2", "unit": "×",
        "least": "1.5", "most": "3", "grain": "0.5", "meaning": "medium after so many intervals",
        "wider": "more",
    }  # fmt: skip
    rules = {rule["code"]: rule for rule in view["rules"]}
    assert rules["nibp_failed"]["steps"][1]["when"].startswith("3 failed readings running")
    assert {part["code"]: part["title"] for part in view["parts"]}["cuff"] == "The cuff's readings"
    chosen = {"nibp_failed.times": Decimal(3), "nibp_overdue.factor": Decimal("1.5")}
    kept = app.state.rooms.audit.rows("preset", limit=1)[0].body["settings"]
    assert kept == {"nibp_failed.times": "3", "nibp_overdue.factor": "1.5"}  # what is as shipped is not written down
    newest, *_ = (await physician.get("/api/preset/versions")).json()["versions"]
    assert newest["changes"] == [
        {"what": "nibp_failed.times", "before": "2", "after": "3"},
        {"what": "nibp_overdue.factor", "before": "2 ×", "after": "1.5 ×"},
    ]
    await physician.post("/api/preset", json={"changes": 1, "reason": "words", "responses": {}})
    assert house.settings == [chosen, chosen]


async def test_the_clinics_maximum_of_a_session_is_signed_too(physician: httpx.AsyncClient, house: FakeHouse) -> None:
    wish = {"changes": 0, "reason": "we give less", "max_dose_mg": "150"}
    view = (await physician.post("/api/preset", json=wish)).json()
    assert view["max_dose_mg"] == {"value": "150", "shipped": "200", "least": 20, "most": 1000}
    assert house.max_dose_mg == 150
    newest, *_ = (await physician.get("/api/preset/versions")).json()["versions"]
    assert newest["changes"] == [{"what": "max_dose.maximum", "before": "200 mg", "after": "150 mg"}]
    view = (await physician.post("/api/preset", json={"changes": 1, "reason": "w", "responses": {}})).json()
    assert view["max_dose_mg"]["value"] == "150"


async def test_only_a_physician_may(app: FastAPI, house: FakeHouse) -> None:
    async with client_of(app) as client:
        assert (await client.post("/api/preset", json=WISH)).status_code == 401
        await client.post("/api/sign-in", json={"name": NURSE.name})
        answer = await client.post("/api/preset", json=WISH)
    assert answer.status_code == 403
    assert answer.json() == {
        "detail": "L. Moreno is signed in as nurse; a physician changes and signs the clinic's pre-set"
    }
    assert house.presets == []


REFUSED: list[tuple[dict[str, Any], str]] = [
    ({"limits": {"spo2_low.high": "79"}}, "spo2_low must be a whole number from 80 to 98, not 79"),
    ({"limits": {"spo2_low.high": "91"}}, "the steps of spo2_low must grow more urgent"),
    ({"limits": {"spo2_high.high": "99"}}, "the table of limits knows no 'spo2_high.high'"),
    ({"limits": {"spo2_low.high": "x"}}, "limits.spo2_low.high: this must be a decimal number"),
    ({"delays": {"nibp_high.low": 5}}, "the table of delays knows no 'nibp_high.low'"),
    ({"delays": {"spo2_low.low": 600}}, "'spo2_low.low' (delay) must be 0 to 120 whole seconds, not 600"),
    ({"delays": {"spo2_low.low": 2.5}}, "delays.spo2_low.low: "),
    (
        {"settings": {"nibp_failed.often": "2"}},
        "the table of settings knows no 'nibp_failed.often'; known are nibp_failed.t",
    ),
    (
        {"settings": {"sensor_off.high_s": "600"}},
        "'sensor_off.high_s' must be a whole number from 60 to 300 s, not 600",
    ),
    ({"max_dose_mg": "19"}, "the clinic's maximum of a session must be a whole number from 20 to 1000 mg, not 19"),
    ({"responses": {"spo2": "Look."}}, "there is no rule 'spo2'; known are spo2_low"),
    ({"responses": {"spo2_low": ""}}, "responses.spo2_low: "),
    ({"reason": ""}, "reason: "),
]


async def test_what_cannot_stand_is_refused_and_leaves_no_version(
    physician: httpx.AsyncClient, house: FakeHouse
) -> None:
    for wish, said in REFUSED:
        answer = await physician.post("/api/preset", json=WISH | wish)
        assert answer.status_code == 422
        assert answer.json()["detail"].startswith(said)
        assert (await physician.get("/api/preset")).json()["version"]["version"] == 0
        assert house.presets == []


async def test_two_who_edit_at_once_do_not_overwrite_each_other(physician: httpx.AsyncClient, house: FakeHouse) -> None:
    answers = await asyncio.gather(*(physician.post("/api/preset", json=WISH) for _ in range(2)))
    refused, made = sorted(answers, key=lambda answer: -answer.status_code)
    assert (refused.status_code, made.status_code) == (409, 200)
    assert refused.json()["detail"] == (
        "version 1, signed by Dr. Haas, has come since version 0: look at it, then change that one"
    )
    assert len(house.presets) == 1


PROTOCOL: dict[str, Any] = {
    "name": "CRPS, four hours",
    "order": {"kind": "rate_by_weight", "rate_mg_kg_h": "0.35", "duration_min": 240},
    "premedication": ["midazolam 2 mg IV"],
    "nibp_interval_min": 5,
    "tier": "pain",
    "recovery_min": 60,
    "charting_first_min": 10,
    "charting_every_min": 10,
    "response": "Ask for pain before each change of rate.",
}


async def test_protocols_are_part_of_the_version(physician: httpx.AsyncClient) -> None:
    left_open = PROTOCOL | {
        "name": "By weight",
        "order": PROTOCOL["order"] | {"rate_mg_kg_h": None, "duration_min": None},
    }
    wish = {"changes": 0, "reason": "ours", "protocols": [PROTOCOL, left_open]}
    view = (await physician.post("/api/preset", json=wish)).json()
    assert view["protocols"] == [PROTOCOL, left_open]


NOT_ORDERABLE: list[tuple[list[dict[str, Any]], str]] = [
    ([PROTOCOL, PROTOCOL], "two protocols are called 'CRPS, four hours'"),
    (
        [PROTOCOL | {"order": {"kind": "rate", "rate_mg_h": "600", "duration_min": 60}}],
        "protocol 'CRPS, four hours': rate_mg_h must be 0.5 to 500 mg/h",
    ),
    ([PROTOCOL | {"order": {"kind": "rate", "rate_mg_kg_h": "1", "duration_min": 60}}], "protocols.0.order.rate"),
    ([PROTOCOL | {"tier": "none"}], "protocols.0.tier"),
]


async def test_a_protocol_that_cannot_be_ordered_is_refused(physician: httpx.AsyncClient) -> None:
    for protocols, said in NOT_ORDERABLE:
        answer = await physician.post("/api/preset", json={"changes": 0, "reason": "ours", "protocols": protocols})
        assert answer.status_code == 422
        assert answer.json()["detail"].startswith(said)


async def test_the_history_tells_who_changed_what_and_why(physician: httpx.AsyncClient) -> None:
    await physician.post("/api/preset", json=WISH)
    shipped = (await physician.get("/api/preset")).json()["protocols"]
    second = {
        "changes": 1,
        "reason": "after the audit",
        "limits": {"hr_low.low": "48"},
        "responses": {"nibp_overdue": "Take it by hand."},
        "protocols": [shipped[0], shipped[1] | {"nibp_interval_min": 4, "response": "Slow down."}, PROTOCOL],
    }
    assert (await physician.post("/api/preset", json=second)).status_code == 200
    newest, first, nothing = (await physician.get("/api/preset/versions")).json()["versions"]
    assert nothing["version"]["version"] == 0
    assert nothing["changes"] == []
    assert first["version"]["reason"] == "our patients are on oxygen"
    assert first["changes"] == [{"what": "spo2_low.high", "before": "85", "after": "86"}]
    assert newest["version"]["by"]["name"] == "Dr. Haas"
    assert newest["changes"] == [
        {"what": "spo2_low.high", "before": "86", "after": "85"},
        {"what": "hr_low.low", "before": "50", "after": "48"},
        {
            "what": "nibp_overdue.response",
            "before": "Clinic rule: take a reading by hand, check cuff and hose.",
            "after": "Take it by hand.",
        },
        {"what": "protocol Glycopyrrolate 0.2 mg, then 60 mg/h, cuff", "before": "every 5 min", "after": "every 4 min"},
        {"what": "protocol Glycopyrrolate 0.2 mg, then 60 mg/h, words", "before": "", "after": "Slow down."},
        {
            "what": "protocol 0.5 mg/kg over 40 min",
            "before": "0.5 mg/kg, 40 min, cuff every 10 min, charting after 10 min, then every 15 min, tier low, recovery 30 min",
            "after": "",
        },
        {
            "what": "protocol CRPS, four hours",
            "before": "",
            "after": "0.35 mg/kg/h, 240 min, midazolam 2 mg IV, cuff every 5 min, charting after 10 min, then every 10 min, "
            "tier pain, recovery 60 min, words Ask for pain before each change of rate.",
        },
    ]


async def test_limits_that_this_software_cannot_use_are_told_until_a_physician_signs_others(
    physician: httpx.AsyncClient, app: FastAPI, house: FakeHouse
) -> None:
    body = {"version": 1, "name": "Old", "reason": "", "limits": {"gone.low": "1"}, "responses": {}, "protocols": []}
    await app.state.rooms.audit.write(PHYSICIAN, "preset", lambda: body)
    view = (await physician.get("/api/preset")).json()
    assert view["trouble"].startswith("the table of limits knows no 'gone.low'")
    assert all(one["value"] == one["shipped"] for one in view["limits"])
    assert (
        await physician.post("/api/preset", json={"changes": 1, "reason": "new", "limits": {}, "settings": {}})
    ).status_code == 200
    assert house.told == [("preset", False, "the clinic's pre-set can be used")]
