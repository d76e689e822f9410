"""What may be charted: each kind with what it needs. Raises ``BadRequest`` in words a nurse can act on.

Side effects and drugs are those of clinical §3.2 and §1.5; a drug may also be named freely. Amounts are a person's words: they
take no part in any arithmetic.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, get_args

from drivers.base.observations import Instant
from monitor.core.changes import Charted, ChartKind
from monitor.core.charting import SEVERITIES, SIDE_EFFECTS
from monitor.core.scores import SCALES, SCORES, level_of, points_of
from monitor.errors import BadRequest

KINDS: tuple[ChartKind, ...] = get_args(ChartKind)

DRUGS = (
    "glycopyrrolate",
    "midazolam",
    "ondansetron",
    "clonidine",
    "labetalol",
    "hydralazine",
    "nitroglycerin",
    "haloperidol",
    "oxygen",
    "fluids",
)
SITES = ("clean", "painful", "swollen", "leaking")
PUMP = ("running", "stopped", "alarm", "not seen")
ARMS = ("same", "other")
CHECKS = {
    "limits_seen": "Alarm limits seen",
    "sound_heard": "Alarm sounds heard",
    "no_premedication": "No premedication",
    "oriented": "Oriented in person, place and time",
    "steady_gait": "Steady gait",
    "escort_here": "Escort is here",
    "handout_given": "Written: no driving, alcohol, important decisions or hazards for 24 h",
}
"""What a person confirms with a tap, or takes back."""

LONGEST_TEXT = 500


def charted_from(kind: str, given: Mapping[str, Any], by: str, at: Instant) -> Charted:
    """Take a charting. ``given``: level, term, severity, text, points, as far as the kind needs them. Raises ``BadRequest``."""
    if kind not in _READERS:
        raise BadRequest(f"kind must be one of {', '.join(KINDS)}, not '{kind}'")
    fields = _READERS[kind](kind, given)
    known = {"text", *fields}
    extra = [name for name in ("level", "term", "severity", "points") if given.get(name) and name not in known]
    if extra:
        raise BadRequest(f"'{kind}' has no {extra[0]}")
    return Charted(at, by, kind, **({"text": _text(given, needed=False)} | fields))  # type: ignore[arg-type]


def _scale(kind: str, given: Mapping[str, Any]) -> dict[str, Any]:
    return {"level": level_of(kind, given.get("level"))}


def _score(kind: str, given: Mapping[str, Any]) -> dict[str, Any]:
    points = points_of(kind, given.get("points"))
    return {"points": points, "level": sum(points)}


def _side_effect(kind: str, given: Mapping[str, Any]) -> dict[str, Any]:
    return {"term": _one_of("term", given, SIDE_EFFECTS), "severity": _one_of("severity", given, SEVERITIES)}


def _drug(kind: str, given: Mapping[str, Any]) -> dict[str, Any]:
    term = given.get("term")
    if not isinstance(term, str) or not 1 <= len(term.strip()) <= 60:
        raise BadRequest("term must name the drug, in 1 to 60 characters")
    return {"term": term.strip(), "text": _text(given, needed=True)}


def _state(states: Sequence[str]) -> Callable[[str, Mapping[str, Any]], dict[str, Any]]:
    return lambda kind, given: {"term": _one_of("term", given, states)}


def _check(kind: str, given: Mapping[str, Any]) -> dict[str, Any]:
    level = given.get("level")
    if level not in (None, 0, 1):
        raise BadRequest(f"level of a check is 1 (made) or 0 (taken back), not {level!r}")
    return {"term": _one_of("term", given, tuple(CHECKS)), "level": 1 if level is None else int(level)}


def _note(kind: str, given: Mapping[str, Any]) -> dict[str, Any]:
    return {"text": _text(given, needed=True)}


def _emergency(kind: str, given: Mapping[str, Any]) -> dict[str, Any]:
    return {}


_READERS: Mapping[str, Callable[[str, Mapping[str, Any]], dict[str, Any]]] = {
    **dict.fromkeys(SCALES, _scale),
    **dict.fromkeys(SCORES, _score),
    "side_effect": _side_effect,
    "drug": _drug,
    "line_site": _state(SITES),
    "pump": _state(PUMP),
    "cuff_arm": _state(ARMS),
    "check": _check,
    "note": _note,
    "emergency": _emergency,
}


def _one_of(name: str, given: Mapping[str, Any], words: Sequence[str]) -> str:
    value = given.get(name)
    if value not in words:
        raise BadRequest(f"{name} must be one of: {', '.join(words)}")
    return str(value)


def _text(given: Mapping[str, Any], needed: bool) -> str:
    value = given.get("text") or ""
    if not isinstance(value, str) or len(value.strip()) > LONGEST_TEXT or (needed and not value.strip()):
        raise BadRequest(f"text must have {'1' if needed else '0'} to {LONGEST_TEXT} characters")
    return value.strip()
