"""The messages: their JSON, and that the written schema is theirs."""

from decimal import Decimal
from pathlib import Path

import orjson
import pytest
from pydantic import TypeAdapter, ValidationError

from drivers.base.vocabulary import Parameter
from monitor import __version__
from monitor.core import actions
from monitor.core.entries import Actor, Role
from monitor.web.asyncapi import document, printed
from monitor.web.messages import (
    ACTIONS,
    Admit,
    ChairName,
    Changes,
    Error,
    HouseBeat,
    Screens,
    ServerMessage,
    Snapshot,
    Waveforms,
    Welcome,
    client_message,
    encode,
)
from monitor.web.past_messages import Mark, Trend
from tests.web.house import START, alert, device, empty_view, session, spo2

DOCUMENT = Path(__file__).parents[2] / "docs" / "asyncapi.json"


def test_the_written_schema_is_that_of_the_messages() -> None:
    assert DOCUMENT.read_bytes() == printed(__version__), "run: python -m monitor.web.asyncapi > docs/asyncapi.json"


def test_every_message_is_in_the_schema() -> None:
    messages = document("1")["components"]["messages"]
    assert set(messages) == {
        "welcome",
        "waveforms",
        "snapshot",
        "changes",
        "beat",
        "error",
        "waves",
        "hello",
        "seen",
    }


@pytest.mark.parametrize(
    "message",
    [
        Welcome("0.1.0", "v1", "Infusion room", "UTC", START, (ChairName("1", "Chair 1", 0),), ()),
        Waveforms(()),
        Snapshot("1", 3, empty_view("1"), (alert().alert,)),
        Changes("1", 4, 3, START, (spo2(None), session(), alert(), device())),
        HouseBeat(1, START, Screens(1, 0), 1.0),
        Error("no"),
    ],
    ids=lambda message: message.type,
)
def test_what_is_sent_is_what_the_schema_says(message: object) -> None:
    """Read strictly by its own type it comes back the same: nothing is missing, nothing is more."""
    adapter: TypeAdapter[object] = TypeAdapter(ServerMessage)
    assert adapter.validate_json(encode(message)) == message


def test_a_change_as_it_travels() -> None:
    assert orjson.loads(encode(Changes("1", 124, 123, START, (session(),)))) == {
        "type": "changes",
        "chair": "1",
        "seq": 124,
        "prev": 123,
        "at": START,
        "changes": [
            {
                "type": "session",
                "at": START,
                "step": "started",
                "actor": {"name": "L. Moreno", "role": "nurse"},
                "session": {
                    "id": f"1:{START}",
                    "phase": "infusing",
                    "patient": {"initials": "A.B.", "birth_year": 1980, "id": None},
                    "weight_kg": "78",
                    "order": "0.5 mg/kg in 40 min",
                    "rate_mg_h": "58.5",
                    "rate_mg_kg_h": "0.75",
                    "rate_ml_h": None,
                    "duration_s": 2400,
                    "total_mg": "39",
                    "total_mg_kg": "0.5",
                    "concentration_mg_ml": None,
                    "admitted_at": START,
                    "began_at": START,
                    "planned_end_at": None,
                    "paused_at": None,
                    "pause_reason": "",
                    "stopped_at": None,
                    "closed_at": None,
                    "steps": [{"at": START, "rate_mg_h": "58.5"}],
                    "as_of": START,
                    "infused_us": 0,
                    "dose_mg": "0",
                    "dose_mg_kg": "0",
                    "nurse": "",
                    "baseline": None,
                    "charted": [],
                    "screening": None,
                    "asks": [],
                    "confirmed": None,
                    "boluses": [],
                    "charting_due_at": None,
                    "started": None,
                    "left": None,
                    "handover": "",
                    "returned_at": None,
                    "protocol": None,
                    "last_weight_kg": None,
                    "max_dose_mg": None,
                    "not_monitored": [],
                    "guards": None,
                },
            }
        ],
    }


def test_a_decimal_is_a_plain_number_in_a_string() -> None:
    mark = Mark(START, "started", Decimal("3E+1"), Actor("L. Moreno", Role.NURSE))
    trend = Trend(**{"from": 1}, until=2, step_s=1, parameters={}, nibp=[], alerts=[], session=None, marks=[mark])
    assert orjson.loads(encode(trend))["marks"][0]["rate_mg_h"] == "30"
    assert orjson.loads(encode(trend))["from"] == 1


def test_a_value_that_is_missing_stays_null() -> None:
    trend = Trend(
        **{"from": 1},
        until=2,
        step_s=1,
        parameters={Parameter.SPO2: [(0, 96), (1, None)]},
        nibp=[],
        alerts=[],
        session=None,
        marks=[],
    )
    assert orjson.loads(encode(trend))["parameters"] == {"spo2": [[0, 96], [1, None]]}


@pytest.mark.parametrize("weight", ["-1", "1e3", "NaN", "", "78,5", 78, 78.5, "1" * 8, None])
def test_a_dose_is_never_taken_from_anything_but_a_decimal_string(weight: object) -> None:
    order = {"kind": "rate", "rate_mg_h": "60", "duration_min": 90}
    with pytest.raises(ValidationError):
        Admit.model_validate({"initials": "A.B.", "weight_kg": weight, "order": order})


def test_the_arguments_of_an_action_reach_the_core_as_they_were_sent() -> None:
    sent = {
        "initials": "A.B.",
        "birth_year": 1980,
        "patient_id": None,
        "weight_kg": "78",
        "order": {"kind": "dose", "dose_mg_kg": "0.5", "duration_min": 40},
        "concentration_mg_ml": None,
        "screening": {"indication": "other", "answers": {"age": True}, "confirmed": {"escort": False}, "reason": ""},
        "protocol": {
            "name": "0.5 mg/kg over 40 min",
            "tier": "low",
            "nibp_interval_min": 10,
            "recovery_min": 30,
            "charting_first_min": 5,
            "charting_every_min": 20,
        },
    }
    assert ACTIONS["admit"][0].model_validate(sent).model_dump(mode="json") == sent


def test_a_hello_may_be_short() -> None:
    hello = client_message.validate_python({"type": "hello", "protocol": 1})
    assert hello.model_dump() == {"type": "hello", "protocol": 1, "chairs": None, "waves": True}


def test_the_core_knows_every_argument_that_a_client_may_send() -> None:
    for action, (arguments, _) in ACTIONS.items():
        assert set(arguments.model_fields) <= set(actions.ACTIONS[action][1]), action
