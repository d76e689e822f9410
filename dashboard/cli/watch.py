"""``vigil watch``: shows a chair live in a terminal; also the reference for whoever writes a client.

The rules a client keeps are all here: docs/websocket.md tells them in words.

1. Say hello first. A welcome comes, then one snapshot for each chair.
2. A snapshot replaces all you hold of its chair. ``changes`` replace parts of it: each view by its id.
3. ``changes`` whose ``prev`` is not the seq you hold mean that something was missed: say hello again.
4. Three seconds without a beat: nothing you hold may be shown as live.
5. Each second, say which beat you drew, and whether this screen could sound an alarm.
"""

import asyncio
import sys
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import orjson
import typer
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake

from monitor.errors import MonitorError
from monitor.web.messages import PROTOCOL

LOST_AFTER_S = 3.0
"""So long without a beat, and the screen covers what it holds."""
RETRY_S = (0.5, 1.0, 2.0)
BROKEN = (OSError, TimeoutError, InvalidHandshake, ConnectionClosed)
"""What a line that is broken, or was never opened, raises."""

Json = dict[str, Any]


class WatchError(MonitorError):
    """The server cannot be watched."""


class Missed(Exception):
    """Changes were missed; a new hello brings a snapshot, which mends everything."""


class Chair:
    """What a client holds of one chair: ``state`` is the ChairView of the last snapshot, kept up by changes."""

    def __init__(self, snapshot: Json) -> None:
        self.seq: int = snapshot["seq"]
        self.state: Json = snapshot["state"]
        self.ended: list[Json] = snapshot["ended"]

    def take(self, message: Json) -> None:
        """Take a ``changes`` message. Raises ``Missed`` when one before it never came."""
        if message["prev"] != self.seq:
            raise Missed(f"chair {message['chair']}: {message['prev']} follows {self.seq}")
        self.seq = message["seq"]
        for change in message["changes"]:
            self._take_change(change)

    def _take_change(self, change: Json) -> None:
        state = self.state
        match change["type"]:
            case "reading":
                for vital in change["vitals"]:
                    _replace(state["vitals"], vital, "parameter")
            case "device":
                _replace(state["devices"], change["device"], "id")
                state["demo"] = change["demo"]
            case "session":
                state["session"] = change["session"]
            case "alert":
                self._take_alert(change["alert"])
            case "audio_pause":
                state["audio_paused_until"], state["audio_paused_by"] = change["until"], change["by"]
            case "limits" | "nibp" | "group" as what:
                state[what] = change[what]
            case "command":
                _replace(state["commands"], change["command"], "id")
            case "house":
                state["house"], state["offset_us"] = change["house"], change["offset_us"]
            case _:
                pass  # a newer server may say more; what is not known is let go

    def _take_alert(self, alert: Json) -> None:
        if alert["state"] == "ended":
            self.state["alerts"] = [one for one in self.state["alerts"] if one["id"] != alert["id"]]
            self.ended.append(alert)
        else:
            _replace(self.state["alerts"], alert, "id")


def _replace(views: list[Json], view: Json, key: str) -> None:
    for position, one in enumerate(views):
        if one[key] == view[key]:
            views[position] = view
            return
    views.append(view)


class Follower:
    """Follows the chairs of a server: what it holds, and when it last heard a beat.

    ``heard`` is the loop's time of the last beat; ``now`` counts the house's time on from there, since a demonstration
    may run faster than life and no two clocks agree.
    """

    def __init__(self) -> None:
        self.welcome: Json = {}
        self.chairs: dict[str, Chair] = {}
        self.beat = 0
        self.heard: float | None = None
        self.lost_why = "connecting"
        self._at = 0
        self._speed = 1.0

    def take(self, message: Json, now_s: float) -> None:
        """Take one message of the server at the loop's time ``now_s``. Raises ``Missed``."""
        match message["type"]:
            case "welcome":
                self.welcome = message
                self.chairs = {}
                self._at = message["now"]
            case "snapshot":
                self.chairs[message["chair"]] = Chair(message)
            case "changes":
                self._take_changes(message)
            case "beat":
                self.beat, self._at, self._speed = message["n"], message["at"], message["speed"]
                self.heard = now_s
            case "error":
                raise WatchError(message["sentence"])

    def _take_changes(self, message: Json) -> None:
        chair = self.chairs.get(message["chair"])
        if chair is None:
            return  # a hello is on its way; the snapshot that it brings will hold this
        try:
            chair.take(message)
        except Missed:
            self.chairs.clear()
            raise

    def is_live(self, now_s: float) -> bool:
        """Whether what is held may be shown as live."""
        return self.heard is not None and now_s - self.heard < LOST_AFTER_S

    def now(self, now_s: float) -> int:
        """The house's time, µs."""
        passed_s = 0.0 if self.heard is None else now_s - self.heard
        return self._at + round(passed_s * 1e6 * self._speed)


def socket_url(url: str) -> str:
    """Return the websocket's address for a page's: http://host:port/ → ws://host:port/ws. Raises ``WatchError``."""
    parts = urlsplit(url if "//" in url else f"//{url}")
    scheme = {"": "ws", "http": "ws", "ws": "ws", "https": "wss", "wss": "wss"}.get(parts.scheme)
    if scheme is None or not parts.hostname:
        raise WatchError(f"'{url}' is no address of a Vigil server; one looks like http://127.0.0.1:8050/")
    return urlunsplit((scheme, parts.netloc, "/ws", "", ""))


async def hello(line: ClientConnection, chair: str | None) -> None:
    """Say what is wanted. A terminal draws no curves, so it asks for none."""
    chairs = None if chair is None else [chair]
    await line.send(orjson.dumps({"type": "hello", "protocol": PROTOCOL, "chairs": chairs, "waves": False}).decode())


async def seen(line: ClientConnection, follower: Follower) -> None:
    """Each second: the last beat that was drawn. A terminal is no screen that could sound an alarm, and says so."""
    while True:
        message = {"type": "seen", "beat": follower.beat, "sound": False, "visible": True}
        await line.send(orjson.dumps(message).decode())
        await asyncio.sleep(1.0)


async def follow(line: ClientConnection, follower: Follower, chair: str | None, told: Callable[[Json], None]) -> None:
    """Keep ``follower`` up with the server until the line breaks; ``told`` sees every message after it was taken."""
    loop = asyncio.get_running_loop()
    telling: asyncio.Task[None] | None = None
    await hello(line, chair)
    try:
        async for text in line:
            message = orjson.loads(text)
            try:
                follower.take(message, loop.time())
            except Missed:
                await hello(line, chair)
                continue
            told(message)
            if telling is None and message["type"] == "beat":
                telling = asyncio.create_task(seen(line, follower))
    finally:
        if telling:
            telling.cancel()
            await asyncio.gather(telling, return_exceptions=True)


async def keep_following(url: str, follower: Follower, chair: str | None, told: Callable[[Json], None]) -> None:
    """Follow for ever: a line that breaks, or on which no beat comes any more, is opened again."""
    tries = 0
    while True:
        try:
            async with connect(url, max_size=None, open_timeout=5, ping_interval=2, ping_timeout=3) as line:
                tries, follower.lost_why = 0, "the server is silent"
                await follow(line, follower, chair, told)
            follower.lost_why = "the server closed the line"
        except BROKEN as error:
            follower.lost_why = str(error) or "the server does not answer"
        await asyncio.sleep(RETRY_S[min(tries, len(RETRY_S) - 1)])
        tries += 1


def watch(
    url: str = typer.Argument(
        "http://127.0.0.1:8050/", help="The server: the address of its page, or of its websocket."
    ),
    chair: str | None = typer.Option(None, help="The chair's id; without it the first."),
    once: bool = typer.Option(False, "--once", help="Print the chair's present state as JSON and end."),
    json: bool = typer.Option(False, "--json", help="Print every message as a line of JSON."),
) -> None:
    """Show a chair live in the terminal. Looks only; the bedside devices' own alarms stay on."""
    try:
        if once:
            asyncio.run(_print_once(socket_url(url), chair))
        elif json:
            asyncio.run(_print_messages(socket_url(url), chair))
        else:
            from dashboard.cli.watch_screen import show

            asyncio.run(show(socket_url(url), chair))
    except BROKEN as error:
        raise WatchError(f"{url} cannot be watched: {error}") from None


async def _print_once(url: str, chair: str | None) -> None:
    async with connect(url, max_size=None) as line:
        await hello(line, chair)
        async for text in line:
            message = orjson.loads(text)
            if message["type"] == "error":
                raise WatchError(message["sentence"])
            if message["type"] == "snapshot":
                _print(message)
                return


async def _print_messages(url: str, chair: str | None) -> None:
    async with connect(url, max_size=None) as line:
        await follow(line, Follower(), chair, _print)


def _print(message: Json) -> None:
    sys.stdout.buffer.write(orjson.dumps(message) + b"\n")
    sys.stdout.buffer.flush()
