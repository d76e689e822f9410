"""The words that people answer with and chart with, for every page: questions, scales, scores, drugs, checks.

They are those of ``monitor.core``, which checks what comes back; nothing else states them.
"""

from dataclasses import dataclass
from functools import cache

from monitor.core.chartable import ARMS, CHECKS, DRUGS, PUMP, SITES
from monitor.core.charting import SEVERITIES, SIDE_EFFECTS
from monitor.core.scores import READY, SCALES, SCORES, Item, Scale
from monitor.core.screening import CONFIRMATIONS, INDICATIONS, QUESTIONS, Question

_SCORES = {"aldrete": "Aldrete, modified", "padss": "PADSS"}


@dataclass(frozen=True, slots=True)
class Wording:
    """A code and its sentence."""

    code: str
    text: str


@dataclass(frozen=True, slots=True)
class Score:
    """A sheet of items with 0, 1 or 2 points each; ``ready`` is the sum asked for."""

    code: str
    name: str
    ready: int
    items: tuple[Item, ...]


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """All lists, in the order in which they are shown. The pump's states and the cuff's arms are the terms of a charting."""

    indications: tuple[str, ...]
    questions: tuple[Question, ...]
    confirmations: tuple[Wording, ...]
    scales: tuple[Scale, ...]
    scores: tuple[Score, ...]
    side_effects: tuple[str, ...]
    severities: tuple[str, ...]
    drugs: tuple[str, ...]
    sites: tuple[str, ...]
    pump: tuple[str, ...]
    arms: tuple[str, ...]
    checks: tuple[Wording, ...]


@cache
def vocabulary() -> Vocabulary:
    """Return the words of this house."""
    return Vocabulary(
        indications=INDICATIONS,
        questions=QUESTIONS,
        confirmations=tuple(Wording(code, text) for code, text in CONFIRMATIONS.items()),
        scales=tuple(SCALES.values()),
        scores=tuple(Score(code, _SCORES[code], READY, tuple(items)) for code, items in SCORES.items()),
        side_effects=SIDE_EFFECTS,
        severities=SEVERITIES,
        drugs=DRUGS,
        sites=SITES,
        pump=PUMP,
        arms=ARMS,
        checks=tuple(Wording(code, text) for code, text in CHECKS.items()),
    )
