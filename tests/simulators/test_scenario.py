"""Scenarios: what they make, when things happen, and what is said of mistakes."""

import random

import pytest

from simulators.base.errors import ScenarioError
from simulators.base.registry import all_simulators
from simulators.base.scenario import Event, Timeline, load, parse, scenario_names

CHAIR = '[[chair]]\nname = "A"\n'


def test_a_device_met_over_the_network_has_a_port() -> None:
    own = 'devices = { cardiac = "intellivue" }\n'
    assert parse("x", CHAIR + own + "udp = { cardiac = 24105 }").stories[0].udp == {"cardiac": 24105}
    assert parse("x", CHAIR + own).stories[0].udp == {}
    for wrong in ("24105", "{ oximeter = 1 }", "{ cardiac = 70000 }", "{ cardiac = true }", '{ cardiac = "0" }'):
        with pytest.raises(ScenarioError, match=r"udp is .*; it should be a table such as \{ cardiac = 24105 \}"):
            parse("x", CHAIR + own + f"udp = {wrong}")


def test_the_demo_tells_four_stories() -> None:
    demo = load("demo")
    assert len(demo.stories) == 4
    assert [story.session["start"] if story.session else None for story in demo.stories] == [True, True, False, True]
    assert all(
        dict(s.devices) == {"oximeter": "nonin", "nibp": "suntech", "cardiac": "intellivue"} for s in demo.stories
    )
    session = demo.stories[0].session
    assert session == {
        "initials": "AM",
        "birth_year": 1984,
        "patient_id": None,
        "weight_kg": "78",
        "order": {"kind": "dose", "dose_mg_kg": "0.5", "duration_min": 40},
        "concentration_mg_ml": "2",
        "start": True,
    }


@pytest.mark.parametrize("name", scenario_names())
def test_every_scenario_that_comes_with_vigil_can_be_read(name: str) -> None:
    scenario = load(name)
    assert scenario.stories
    assert scenario.title != name


def test_every_device_is_on_the_demonstrations_one_wall() -> None:
    """Four chairs are what `vigil demo` shows unless told otherwise."""
    stories = load("every-device").stories
    named = [driver for story in stories for driver in story.devices.values()]
    assert len(stories) == 4
    assert len(named) == len(set(named))
    assert set(named) == set(all_simulators())
    assert all(story.session is not None and story.session["start"] for story in stories)


def test_a_started_session_brings_its_infusion() -> None:
    infusions = [e for story in load("demo").stories for e in story.events if e.what == "infusion"]
    assert [(e.size, e.for_s) for e in infusions] == [(58.5, 2400), (60, 5400), (53.25, 2400)]


def test_more_chairs_repeat_the_stories_with_other_people() -> None:
    cast = load("demo").cast(10, random.Random(1))
    assert [story.name for story in cast[:4]] == [story.name for story in cast[4:8]]
    initials = [story.session["initials"] for story in cast if story.session]
    assert len(set(initials)) > 7
    assert cast == load("demo").cast(10, random.Random(1))
    assert len(load("demo").cast(2, random.Random(1))) == 2
    assert len(load("demo").cast(None, random.Random(1))) == 4


def test_events_come_in_their_order_and_again() -> None:
    once = Event(5, "motion", for_s=2)
    again = Event(1, "finger_off", for_s=4, every_s=10)
    timeline = Timeline((once, again))
    assert timeline.next_s == 1
    assert timeline.due(0.5) == []
    assert timeline.due(5) == [(1, True, again), (5, False, again), (5, True, once)]
    assert timeline.due(15) == [(7, False, once), (11, True, again), (15, False, again)]
    assert timeline.next_s == 21


def test_a_lasting_event_never_ends() -> None:
    timeline = Timeline((Event(0, "leads_off"),))
    assert [begins for _, begins, _ in timeline.due(1e6)] == [True]
    assert timeline.next_s is None


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", r"no \[\[chair\]\]"),
        ("chair = 3", "chair is 3; it should be a list"),
        ("not toml", "is not TOML"),
        ("colour = 1\n" + CHAIR, "unknown key 'colour'; known are: title, chair"),
        ("[[chair]]", "chair #1.name is missing"),
        (CHAIR + "devices = { oximeter = 3 }", "chair #1.devices is .*; it should be a table such as"),
        (CHAIR + "[chair.patient]\nhr = 900", "chair #1.patient.hr is 900; it should be a number from 35 to 150"),
        (CHAIR + "[chair.patient]\nweight_kg = 'heavy'", "weight_kg is 'heavy'; it should be a number above 0"),
        (CHAIR + "[chair.patient]\nhypertensive = 1", "hypertensive is 1; it should be true or false"),
        (CHAIR + "[chair.session]", "has no order; it should have one such as"),
        (CHAIR + "[chair.session]\norder = { kind = 'much' }", "kind is 'much'; it should be one of dose"),
        (CHAIR + "[chair.session]\norder = { kind = 'dose', dose_mg_kg = '0.5' }", "duration_min is missing"),
        (CHAIR + "[[chair.event]]\nwhat = 'earthquake'", "what is 'earthquake'; it should be one of infusion"),
        (CHAIR + "[[chair.event]]\nwhat = 'unplug'", "with a device"),
        (CHAIR + "[[chair.event]]\nwhat = 'unplug'\ndevice = 'toaster'", "devices: oximeter, nibp, cardiac"),
        (CHAIR + "[[chair.event]]\nwhat = 'motion'\nevery_s = 5", "every_s is 5.0; it should be longer than for_s"),
        (CHAIR + "[[chair.event]]\nwhat = 'motion'\nsice = 5", "unknown key 'sice'"),
    ],
)
def test_a_mistake_gets_one_sentence(text: str, words: str) -> None:
    with pytest.raises(ScenarioError, match=words) as caught:
        parse("own.toml", text)
    assert "own.toml" in str(caught.value)
    assert "\n" not in str(caught.value)


def test_an_unknown_scenario_gets_the_names_there_are() -> None:
    with pytest.raises(ScenarioError, match=r"known are: .*demo"):
        load("nothing")
    with pytest.raises(ScenarioError, match="No such file"):
        load("nothing.toml")
