"""Scales and scores that people chart: what each number means, and how the scores of recovery add up.

Levels and their words are those of clinical §3.1 and §3.3, with the caution they have there: most were read in reviews,
not in the first papers. A score is a person's judgement written down; it decides nothing.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from monitor.errors import BadRequest


@dataclass(frozen=True, slots=True)
class Scale:
    """A scale with whole levels from ``low`` to ``high``; ``words`` say what levels mean, where they have words."""

    code: str
    name: str
    low: int
    high: int
    words: Mapping[int, str]


SCALES = {
    scale.code: scale
    for scale in (
        Scale("pain", "Pain (NRS)", 0, 10, {0: "none", 10: "worst imaginable"}),
        Scale(
            "moaas",
            "MOAA/S",
            0,
            5,
            {
                5: "responds readily to name",
                4: "lethargic response to name",
                3: "responds to loud or repeated name",
                2: "responds to mild prodding or shaking",
                1: "responds to trapezius squeeze",
                0: "no response",
            },
        ),
        Scale("dissociation", "Dissociation", 0, 3, {0: "none", 1: "mild", 2: "moderate", 3: "severe, distressing"}),
        Scale("cadss6", "CADSS-6", 0, 24, {}),
        Scale("nausea", "Nausea", 0, 3, {0: "none", 1: "mild", 2: "needs a drug", 3: "vomiting"}),
        Scale("anxiety", "Anxiety", 0, 10, {0: "none", 10: "worst imaginable"}),
    )
}


@dataclass(frozen=True, slots=True)
class Item:
    """One item of a score; ``words`` for 0, 1 and 2 points."""

    name: str
    words: tuple[str, str, str]


ALDRETE = (
    Item("Activity", ("moves no limb", "moves two limbs", "moves four limbs")),
    Item("Respiration", ("apnoea", "dyspnoea or limited", "breathes deeply, coughs")),
    Item("Circulation", ("pressure ±50 % or more of before", "±20 to 49 % of before", "within ±20 % of before")),
    Item("Consciousness", ("no response", "rousable on calling", "fully awake")),
    Item("SpO₂", ("below 90 % even with oxygen", "needs oxygen to stay above 90 %", "above 92 % on room air")),
)
"""Modified Aldrete (1995); ready from 9 on (clinical §3.3)."""

PADSS = (
    Item("Vital signs", ("over 40 % off before", "20 to 40 % off before", "within 20 % of before")),
    Item("Activity and mind", ("neither oriented nor steady", "oriented or steady gait", "oriented and steady gait")),
    Item("Pain, nausea, vomiting", ("severe", "moderate, treated", "minimal")),
    Item("IV site", ("severe bleeding", "moderate bleeding", "minimal bleeding")),
    Item("Intake and output", ("neither", "drank or voided", "drank and voided")),
)
"""PADSS (Chung), the IV site in place of the surgical one; fit from 9 on (clinical §3.3)."""

SCORES: Mapping[str, Sequence[Item]] = {"aldrete": ALDRETE, "padss": PADSS}
READY = 9


def level_of(code: str, level: object) -> int:
    """Return the level of a scale; raises ``BadRequest`` for one that the scale does not have."""
    scale = SCALES[code]
    if isinstance(level, bool) or not isinstance(level, int) or not scale.low <= level <= scale.high:
        raise BadRequest(f"{scale.name} goes from {scale.low} to {scale.high} in whole steps, not {level!r}")
    return level


def points_of(code: str, points: object) -> tuple[int, ...]:
    """Return the points of a score, item by item; raises ``BadRequest`` unless each has 0, 1 or 2."""
    items = SCORES[code]
    if not isinstance(points, list | tuple) or len(points) != len(items):
        raise BadRequest(f"{code} has {len(items)} items: {', '.join(item.name for item in items)}")
    for item, given in zip(items, points, strict=True):
        if isinstance(given, bool) or not isinstance(given, int) or not 0 <= given <= 2:
            raise BadRequest(f"'{item.name}' of {code} gets 0, 1 or 2 points, not {given!r}")
    return tuple(points)
