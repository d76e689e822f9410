"""What ``vigil watch`` draws: one chair's numbers with their ages, the infusion, the alerts. Says LOST when it is."""

import asyncio
from contextlib import suppress
from datetime import UTC, datetime
from decimal import Decimal

from rich.console import Group, RenderableType
from rich.live import Live
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from dashboard.cli.watch import Follower, Json, keep_following

STALE_S = 5
GONE_S = 30
_NAMES = {
    "spo2": "SpO₂",
    "pr": "PR",
    "pi": "PI",
    "hr": "HR",
    "rr": "RR",
    "nibp_sys": "NIBP sys",
    "nibp_dia": "NIBP dia",
    "nibp_mean": "NIBP mean",
    "cuff_pressure": "Cuff",
    "etco2": "EtCO₂",
    "temperature": "Temp",
}
_UNITS = {"mm[Hg]": "mmHg", "Cel": "°C", "1": ""}
_STYLES = {"high": "bold white on red", "medium": "black on yellow", "low": "cyan"}
_MARKS = {"high": "!!!", "medium": "!!", "low": "!"}
_BY_PRIORITY = ["high", "medium", "low"]


async def show(url: str, chair: str | None) -> None:
    """Draw the chair until Ctrl-C: at once when something comes, and twice a second so that ages go on."""
    follower = Follower()
    something = asyncio.Event()
    following = asyncio.create_task(keep_following(url, follower, chair, lambda _: something.set()))
    following.add_done_callback(lambda _: something.set())
    try:
        with Live(screen=True, auto_refresh=False) as live:
            while not following.done():
                live.update(screen(follower, chair, asyncio.get_running_loop().time()), refresh=True)
                something.clear()
                with suppress(TimeoutError):
                    await asyncio.wait_for(something.wait(), 0.5)
    finally:
        following.cancel()
    await following


def screen(follower: Follower, chair: str | None, now_s: float) -> RenderableType:
    """Return what is to be seen at the loop's time ``now_s``."""
    if not follower.is_live(now_s):
        return _lost(follower)
    held = follower.chairs.get(chair) if chair else next(iter(follower.chairs.values()), None)
    if held is None:
        return Text("waiting for the chair's state")
    now, state = follower.now(now_s), held.state
    parts = [_numbers(state, now), _infusion(state, now), _alerts(state)]
    if state["house"]:
        parts.append(Text("; ".join(state["house"]), style="yellow"))
    mark = "  DEMO – NOT A PATIENT" if state["demo"] else ""
    at = datetime.fromtimestamp((now + state["offset_us"]) / 1e6, UTC)
    title = f"{follower.welcome['clinic']} · {state['name']} · {at:%H:%M:%S} UTC{mark}"
    return Panel(Group(*parts), title=title, subtitle="a second look; the bedside devices' alarms stay on")


def _lost(follower: Follower) -> RenderableType:
    words = "MONITORING LOST\n\nLook at the bedside monitor.\n\n"
    return Panel(Text(words + follower.lost_why, justify="center"), style="bold white on red")


def _numbers(state: Json, now: int) -> RenderableType:
    table = Table(box=None, pad_edge=False, header_style="dim")
    for heading in ("", "value", "", "age", "remarks"):
        table.add_column(heading, justify="right" if heading == "value" else "left")
    for vital in state["vitals"]:
        age_s = (now - vital["at"]) / 1e6
        remarks = ", ".join(word.replace("_", " ") for word in (*_spot_check(vital), *vital["quality"]))
        unit = _UNITS.get(vital["unit"], vital["unit"])
        name = _NAMES.get(vital["parameter"], vital["parameter"])
        table.add_row(name, _value(vital, age_s), unit, _age(age_s), remarks)
    return table


def _value(vital: Json, age_s: float) -> Text:
    """A continuous value turns grey at 5 s and goes at 30 s; a cuff's is told with its age; a spot check is grey at once."""
    if vital["value"] is None or (not vital["spot"] and age_s >= GONE_S):
        return Text("--")
    return Text(
        str(vital["value"]), style="dim" if _spot_check(vital) or (not vital["spot"] and age_s >= STALE_S) else "bold"
    )


def _spot_check(vital: Json) -> tuple[str, ...]:
    """The word for a value measured once of what is otherwise watched."""
    return ("spot check",) if vital["spot"] and not vital["parameter"].startswith("nibp") else ()


def _age(age_s: float) -> str:
    whole = max(0, int(age_s))
    return f"{whole} s" if whole < 100 else f"{whole // 60} min"


def _infusion(state: Json, now: int) -> Text:
    session = state["session"]
    if session is None:
        return Text("\nno patient at this chair", style="dim")
    infused_us, dose = session["infused_us"], Decimal(session["dose_mg"])
    if session["phase"] == "infusing":
        passed_us = max(0, now - session["as_of"])
        infused_us += passed_us
        dose += Decimal(session["rate_mg_h"]) * passed_us / 3_600_000_000
    minutes, seconds = divmod(infused_us // 1_000_000, 60)
    return Text(
        f"\n{session['patient']['initials']} · {session['phase']} · {minutes}:{seconds:02} of "
        f"{session['duration_s'] // 60}:{session['duration_s'] % 60:02} · {dose:.1f} of {session['total_mg']} mg · "
        f"{session['rate_mg_h']} mg/h"
    )


def _alerts(state: Json) -> RenderableType:
    alerts = sorted(state["alerts"], key=lambda alert: (_BY_PRIORITY.index(alert["priority"]), -alert["began"]))
    if not alerts:
        return Text("\nno alerts", style="dim")
    return Group("", *(_alert(alert) for alert in alerts))


def _alert(alert: Json) -> Text:
    return Text(f"{_MARKS[alert['priority']]:3} {alert['text']} · {alert['state']}", style=_STYLES[alert["priority"]])
