"""``python -m tests.study [sessions] [seed]``: run the study on two processes, print the table, write ``build/alarm-study.json`` and ``.md``.

Seed 1 is the one that the rules' author looked at; seed 2 was never tuned on. Half of the sessions are calm, half hold one planted
event. The second seed has a quarter as many, the world with three motion bursts an hour an eighth, all calm. A few sessions go
through bytes too, and must give the same alerts.
"""

import sys
import time
from collections.abc import Iterable
from multiprocessing import get_context
from pathlib import Path

from tests.bench.figures import Figure, table, write
from tests.study.judge import calm as judge_calm
from tests.study.judge import causes, events
from tests.study.run import Outcome, is_same_through_bytes, run_plan
from tests.study.world import KINDS, REGIMENS, Plan, plan

OUT = Path("build/alarm-study.json")
PAGE = Path("build/alarm-study.md")
SESSIONS = 2000
THROUGH_BYTES = 100
PROCESSES = 2


def main(arguments: list[str]) -> None:
    sessions = int(arguments[0]) if arguments else SESSIONS
    began = time.monotonic()
    figures: list[Figure] = []
    pages: list[str] = []
    with get_context("spawn").Pool(PROCESSES) as pool:
        for name, plans in worlds(sessions):
            outcomes = pool.map(run_plan, plans, chunksize=4)
            figures += judge(name, outcomes)
            pages += loudest(name, outcomes)
            print(f"{name}: {len(plans)} sessions, {time.monotonic() - began:.0f} s", file=sys.stderr)
        same = pool.map(is_same_through_bytes, through_bytes(sessions), chunksize=2)
    figures.append(
        Figure(
            "sessions through bytes with the same alerts",
            100 * sum(same) / len(same),
            f"% of {len(same)}",
            (">=", 100.0),
        )
    )
    write(figures, OUT)
    PAGE.write_text(page(figures, pages), encoding="utf-8")
    print(table(figures))


def worlds(sessions: int) -> list[tuple[str, list[Plan]]]:
    """The sessions of each world, by name."""
    return [
        ("seed 1", sessions_of("1", sessions)),
        ("seed 2", sessions_of("2", sessions // 4)),
        (
            "motion",
            [
                plan(f"1/motion/{regimen}/{i}", regimen, None, True)
                for regimen in REGIMENS
                for i in range(max(2, sessions // 16))
            ],
        ),
    ]


def sessions_of(seed: str, count: int) -> list[Plan]:
    plans = []
    for regimen in REGIMENS:
        each = count // 4
        plans += [plan(f"{seed}/calm/{regimen}/{i}", regimen, None) for i in range(each)]
        plans += [plan(f"{seed}/event/{regimen}/{i}", regimen, KINDS[i % len(KINDS)]) for i in range(each)]
    return plans


def through_bytes(sessions: int) -> list[Plan]:
    """Every so-manieth session of seed 1."""
    plans = sessions_of("1", sessions)
    wanted = min(THROUGH_BYTES, max(4, sessions // 20))
    return plans[:: max(1, len(plans) // wanted)][:wanted]


def judge(name: str, outcomes: Iterable[Outcome]) -> list[Figure]:
    kept = list(outcomes)
    figures = []
    for regimen in REGIMENS:
        these = [outcome for outcome in kept if outcome.plan.regimen == regimen]
        figures += judge_calm(
            name,
            regimen,
            [one for one in these if one.plan.planted is None],
            name != "motion",
            1.5 if name == "motion" else 0.75,
        )
        figures += events(name, regimen, [one for one in these if one.plan.planted is not None])
    return figures


def loudest(name: str, outcomes: Iterable[Outcome]) -> list[str]:
    """What sounded in the calm sessions, for the page."""
    kept = list(outcomes)
    lines = []
    for regimen in REGIMENS:
        found = causes(one for one in kept if one.plan.planted is None and one.plan.regimen == regimen)
        lines.append(f"- {name}, {regimen}: " + (", ".join(f"{cause} {count}" for cause, count in found) or "nothing"))
    return lines


def page(figures: list[Figure], loud: list[str]) -> str:
    rows = ["| Figure | Value | Unit | Goal | |", "|---|---:|---|---|---|"]
    for figure in figures:
        value = "–" if figure.value is None else f"{figure.value:.2f}"
        goal = (
            ""
            if figure.goal is None
            else f"{figure.goal[0].replace('<=', '≤').replace('>=', '≥')} {figure.goal[1]:.3g}"
        )
        met = {True: "met", False: "**missed**", None: ""}[figure.met]
        rows.append(f"| {figure.name} | {value} | {figure.unit} | {goal} | {met} |")
    return "\n".join(
        [*rows, "", "What sounded in calm infusions (condition, priority, step, how often):", "", *loud, ""]
    )


if __name__ == "__main__":
    main(sys.argv[1:])
