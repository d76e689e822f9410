"""``python -m tests.study [SESSIONS] [MINUTES]``: run the study on two processes, print the table, write its JSON and page to ``build``.

Seed 1 is the one that the rules' author looked at; seed 2 was never tuned on. Half of the sessions are calm, half hold one planted
event. The second seed has a quarter as many, the world with three motion bursts an hour an eighth, all calm; so has the world in
which a physician answers a standing pressure. A few sessions go through bytes too, and must give the same alerts.

After MINUTES no session is waited for any more: the order is such that what has run by then is a fair share of every world.
"""

import sys
import time
from collections.abc import Iterable, Iterator
from itertools import chain
from multiprocessing import get_context
from pathlib import Path

from tests.bench.figures import Figure, table, write
from tests.study.jobs import BYTES, WORLDS, do, jobs
from tests.study.judge import calm as judge_calm
from tests.study.judge import causes, events
from tests.study.page import page
from tests.study.run import Outcome
from tests.study.world import REGIMENS

OUT = Path("build/alarm-study.json")
PAGE = Path("build/alarm-study.md")
SESSIONS = 2000
PROCESSES = 2
TELL_EVERY = 25
GOALS = {"seed 1": 0.75, "seed 2": 0.75, "motion": 1.5, "physician": 0.75}
"""Medium and high alerts an hour of a calm infusion, at most."""

Results = dict[str, list[Outcome | bool]]


def main(arguments: list[str]) -> None:
    sessions = int(arguments[0]) if arguments else SESSIONS
    minutes = float(arguments[1]) if len(arguments) > 1 else float("inf")
    began = time.monotonic()
    results: Results = {name: [] for name in WORLDS}
    all_jobs = jobs(sessions)
    with get_context("spawn").Pool(PROCESSES) as pool:
        for done, (world, outcome) in enumerate(pool.imap_unordered(do, all_jobs, chunksize=2), 1):
            results[world].append(outcome)
            took = time.monotonic() - began
            if done % TELL_EVERY == 0:
                print(f"{done} of {len(all_jobs)} sessions, {took:.0f} s", file=sys.stderr, flush=True)
                tell(results, took)
            if took > 60 * minutes:
                break
    print(table(tell(results, time.monotonic() - began)))


def tell(results: Results, took_s: float) -> list[Figure]:
    """Write down what has run so far; return the figures."""
    figures = list(chain.from_iterable(judge(name, _outcomes(results[name])) for name in GOALS))
    same = results[BYTES]
    if same:
        share = 100 * sum(map(bool, same)) / len(same)
        figures.append(Figure("sessions through bytes with the same alerts", share, f"% of {len(same)}", (">=", 100.0)))
    counts = {name: len(found) for name, found in results.items()}
    write(figures, OUT)
    loud = list(chain.from_iterable(loudest(name, _outcomes(results[name])) for name in GOALS))
    PAGE.write_text(page(figures, counts, took_s, loud), encoding="utf-8")
    return figures


def _outcomes(found: Iterable[Outcome | bool]) -> list[Outcome]:
    return [outcome for outcome in found if isinstance(outcome, Outcome)]


def judge(name: str, outcomes: list[Outcome]) -> Iterator[Figure]:
    for regimen in REGIMENS:
        these = [outcome for outcome in outcomes if outcome.plan.regimen == regimen]
        quiet = [one for one in these if one.plan.planted is None]
        if quiet:
            yield from judge_calm(name, regimen, quiet, name != "motion", GOALS[name])
        yield from events(name, regimen, [one for one in these if one.plan.planted is not None])


def loudest(name: str, outcomes: list[Outcome]) -> Iterator[str]:
    """What sounded in the calm sessions, for the page."""
    for regimen in REGIMENS:
        found = causes(one for one in outcomes if one.plan.planted is None and one.plan.regimen == regimen)
        yield f"- {name}, {regimen}: " + (", ".join(f"{cause} {count}" for cause, count in found) or "nothing")


if __name__ == "__main__":
    main(sys.argv[1:])
