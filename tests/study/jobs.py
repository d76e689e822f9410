"""The sessions of the study, world by world, as jobs for a pool of processes."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from tests.study.run import Outcome, is_same_through_bytes, run_plan
from tests.study.world import KINDS, REGIMENS, Plan, plan

THROUGH_BYTES = 100
BYTES = "through bytes"
WORLDS = ("seed 1", "seed 2", "motion", "physician", BYTES)


@dataclass(frozen=True, slots=True)
class Job:
    """A session of a world."""

    world: str
    plan: Plan


def jobs(sessions: int) -> list[Job]:
    """All sessions, so ordered that any beginning of them is a fair share of every world."""
    each = max(2, sessions // 16)
    worlds = {
        "seed 1": list(sessions_of("1", sessions)),
        "seed 2": list(sessions_of("2", sessions // 4)),
        "motion": list(calm_of(each, lambda regimen, i: plan(f"1/motion/{regimen}/{i}", regimen, None, motion=True))),
        "physician": list(
            calm_of(each, lambda regimen, i: plan(f"1/calm/{regimen}/{i}", regimen, None, physician=True))
        ),
    }
    wanted = min(THROUGH_BYTES, max(4, sessions // 20))
    worlds[BYTES] = worlds["seed 1"][:: max(1, len(worlds["seed 1"]) // wanted)][:wanted]
    placed = [(i / len(plans), Job(world, one)) for world, plans in worlds.items() for i, one in enumerate(plans)]
    return [job for _, job in sorted(placed, key=lambda one: one[0])]


def sessions_of(seed: str, count: int) -> Iterator[Plan]:
    """Of each regimen in turn a calm session and one with an event."""
    for i in range(count // 4):
        for regimen in REGIMENS:
            yield plan(f"{seed}/calm/{regimen}/{i}", regimen, None)
            yield plan(f"{seed}/event/{regimen}/{i}", regimen, KINDS[i % len(KINDS)])


def calm_of(each: int, make: Callable[..., Plan]) -> Iterator[Plan]:
    return (make(regimen, i) for i in range(each) for regimen in REGIMENS)


def do(job: Job) -> tuple[str, Outcome | bool]:
    return job.world, is_same_through_bytes(job.plan) if job.world == BYTES else run_plan(job.plan)
