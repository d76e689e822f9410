"""vigil watch: the client's rules, and what it draws."""

from typing import Any

import orjson
import pytest
from rich.console import Console

from dashboard.cli.watch import Follower, Missed, WatchError, socket_url
from dashboard.cli.watch_screen import screen
from monitor.core.changes import Phase
from monitor.web.messages import (
    ChairName,
    Changes,
    Error,
    HouseBeat,
    Screens,
    Snapshot,
    VisibleChange,
    Welcome,
    encode,
)
from tests.web.house import START, alert, device, empty_view, session, spo2


def sent(message: object) -> Any:
    return orjson.loads(encode(message))


WELCOME = sent(Welcome("0.1.0", "v1", "Infusion room", "UTC", START, (ChairName("1", "Chair 1", 0),), ()))
SNAPSHOT = sent(Snapshot("1", 7, empty_view("1"), ()))


def beat(n: int, at_s: float = 0, speed: float = 1.0) -> Any:
    return sent(HouseBeat(n, START + round(at_s * 1e6), Screens(1, 0), speed))


def changes(seq: int, prev: int, *what: VisibleChange) -> Any:
    return sent(Changes("1", seq, prev, START, what))


def following(*more: Any, at_s: float = 0.0) -> Follower:
    follower = Follower()
    for message in (WELCOME, SNAPSHOT, beat(1), *more):
        follower.take(message, at_s)
    return follower


def drawn(follower: Follower, now_s: float) -> str:
    console = Console(width=100, height=30)
    with console.capture() as capture:
        console.print(screen(follower, None, now_s))
    return capture.get()


@pytest.mark.parametrize(
    ("given", "url"),
    [
        ("http://127.0.0.1:8050/", "ws://127.0.0.1:8050/ws"),
        ("127.0.0.1:8050", "ws://127.0.0.1:8050/ws"),
        ("https://vigil.example/chair/1", "wss://vigil.example/ws"),
        ("ws://[::1]:8050/ws", "ws://[::1]:8050/ws"),
    ],
)
def test_any_address_of_the_server_will_do(given: str, url: str) -> None:
    assert socket_url(given) == url


@pytest.mark.parametrize("given", ["", "ftp://x/", "http://"])
def test_what_is_no_address_gets_a_sentence(given: str) -> None:
    with pytest.raises(WatchError, match="is no address of a Vigil server"):
        socket_url(given)


def test_a_gap_is_noticed_and_nothing_is_shown_until_it_is_mended() -> None:
    follower = following(changes(8, 7, spo2(96)))
    assert follower.chairs["1"].seq == 8
    with pytest.raises(Missed):
        follower.take(changes(12, 10, spo2(90)), 0.0)
    follower.take(changes(13, 12, spo2(91)), 0.0)
    assert "96" not in drawn(follower, 0.0)
    follower.take(SNAPSHOT, 0.0)
    follower.take(changes(8, 7, spo2(92)), 0.0)
    assert "92" in drawn(follower, 0.0)


def test_a_change_of_a_newer_server_is_let_go() -> None:
    message = changes(8, 7, spo2(96))
    message["changes"].insert(0, {"type": "horoscope", "at": START})
    assert following(message).chairs["1"].state["vitals"][0]["value"] == 96


def test_three_seconds_without_a_beat_cover_the_values() -> None:
    follower = following(changes(8, 7, spo2(96)))
    assert "96" in drawn(follower, 2.9)
    lost = drawn(follower, 3.0)
    assert "MONITORING LOST" in lost
    assert "96" not in lost
    follower.take(beat(5, 3), 3.5)
    assert "96" in drawn(follower, 3.6)


def test_an_old_value_goes() -> None:
    follower = following(changes(8, 7, spo2(96)), beat(31, 29.9))
    assert "96" in drawn(follower, 0.0)
    follower.take(beat(32, 30), 0.0)
    assert "96" not in drawn(follower, 0.0)
    assert "30 s" in drawn(follower, 0.0)


def test_time_and_dose_go_on_between_beats_at_the_speed_of_the_house() -> None:
    follower = following(changes(8, 7, session(Phase.INFUSING)), beat(2, 600, speed=10.0))
    assert "10:00 of 40:00 · 9.8 of 39 mg" in drawn(follower, 0.0)
    assert "10:20 of 40:00 · 10.1 of 39 mg" in drawn(follower, 2.0)


def test_a_demonstration_says_so_and_alerts_are_drawn_by_priority() -> None:
    shown = drawn(following(changes(8, 7, device(demo=True), alert())), 0.0)
    assert "DEMO – NOT A PATIENT" in shown
    assert "!!! SpO₂ 84 < 85 · active" in shown


def test_a_refusal_ends_the_watching_with_its_sentence() -> None:
    with pytest.raises(WatchError, match="there is no chair '9'"):
        following(sent(Error("there is no chair '9'; there are 1")))
