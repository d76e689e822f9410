"""What the outcomes of many sessions say: sounds and alerts an hour, and whether each planted event was found, how late."""

from collections import Counter
from collections.abc import Iterable
from statistics import median

from tests.bench.figures import Figure, percentile
from tests.study.run import Alarmed, Outcome
from tests.study.world import AVERAGING_S, INTERVAL_S, KINDS, Regimen

RANK = {"low": 0, "medium": 1, "high": 2}

WANTED: dict[str, tuple[frozenset[str], str]] = {
    "desaturation to medium": (frozenset({"spo2_low"}), "medium"),
    "desaturation to high": (frozenset({"spo2_low"}), "high"),
    "slow desaturation": (frozenset({"spo2_low"}), "high"),
    "hypertension": (frozenset({"nibp_high"}), "high"),
    "hypotension": (frozenset({"nibp_low"}), "high"),
    "bradycardia": (frozenset({"hr_low"}), "high"),
    "slow breathing": (frozenset({"rr_low"}), "high"),
    "apnoea": (frozenset({"rr_low"}), "high"),
    "pulse loss with ECG": (frozenset({"pulse_lost", "hr_low"}), "high"),
    "pulse loss without ECG": (frozenset({"pulse_lost"}), "high"),
    "device silent": (frozenset({"device_silent"}), "medium"),
    "NIBP failing": (frozenset({"nibp_failed", "nibp_overdue"}), "medium"),
}
"""Which alert finds an event, and at what priority at least."""

DELAYS_S = {
    "desaturation to medium": 15,
    "desaturation to high": 5,
    "slow desaturation": 5,
    "bradycardia": 5,
    "slow breathing": 20,
}
MASK_S = 60
WITHIN_S = {
    "desaturation to high": 11.0,
    "slow desaturation": 11.0,
    "bradycardia": 11.0,
    "apnoea": 22.0,
    "pulse loss with ECG": 12.0,
    "pulse loss without ECG": 22.0,
}
BY_CUFF = frozenset({"hypertension", "hypotension"})
HEARD = {
    "desaturation to medium": {"spo2"},
    "desaturation to high": {"spo2"},
    "slow desaturation": {"spo2"},
    "hypertension": {"systolic", "diastolic", "mean"},
    "hypotension": {"systolic", "diastolic", "mean"},
    "bradycardia": {"hr"},
    "slow breathing": {"rr"},
    "apnoea": {"rr", "apnoea"},
    "pulse loss with ECG": {"no signal"},
    "pulse loss without ECG": {"no signal"},
    "device silent": {"no signal"},
}
"""What finds an event at a peer; a cuff that fails is not modelled there."""


def calm(name: str, regimen: Regimen, outcomes: Iterable[Outcome], goals: bool, most: float = 0.75) -> list[Figure]:
    """What a clinic hears although nothing was planted. ``goals``: those of the plain world; else only ``most``."""
    kept = list(outcomes)
    hours = sum(outcome.hours for outcome in kept)
    sounds = sum(len(outcome.sounds) for outcome in kept) / hours
    reminders = sum(outcome.reminders for outcome in kept) / hours
    alerts = [alert for outcome in kept for alert in outcome.alerts]
    priorities = Counter(alert.priority for alert in alerts)
    loud = [alert for alert in alerts if alert.priority != "low"]
    silent = 100 * sum(not outcome.sounds for outcome in kept) / len(kept)
    peers = {peer: sum(_heard(outcome, peer) for outcome in kept) / hours for peer in ("hospital", "plain")}
    start = f"{name}, {regimen}: "
    found = [
        Figure(start + "calm infusions", len(kept), "sessions"),
        Figure(start + "medium and high alerts", len(loud) / hours, "per hour", ("<=", most)),
        Figure(
            start + "calm infusions without a sound",
            silent,
            "%",
            (">=", 60.0 if regimen == "40 min" else 35.0) if goals else None,
        ),
        Figure(start + "sounds", sounds, "per hour"),
        Figure(start + "of them reminders of what was acknowledged", reminders, "per hour"),
        Figure(start + "sounds, hospital defaults", peers["hospital"], "per hour"),
        Figure(start + "sounds, plain medium limits", peers["plain"], "per hour"),
        Figure(
            start + "sounds, share of the hospital's", sounds / peers["hospital"], "1", ("<=", 1 / 6) if goals else None
        ),
        Figure(
            start + "the same without reminders",
            (sounds - reminders) / peers["hospital"],
            "1",
            ("<=", 1 / 6) if goals else None,
        ),
    ]
    for priority in ("low", "medium", "high"):
        found.append(Figure(f"{start}{priority} alerts", priorities[priority] / hours, "per hour"))
    technical = 100 * sum(alert.technical for alert in loud) / max(1, len(loud))
    return [*found, Figure(start + "technical, of medium and high", technical, "%")]


def _heard(outcome: Outcome, peer: str) -> int:
    return len({at for at, _ in outcome.peers[peer] if at <= outcome.plan.ends_s})


def causes(outcomes: Iterable[Outcome]) -> list[tuple[str, int]]:
    """What sounded, most often first."""
    return Counter(cause for outcome in outcomes for cause in outcome.causes).most_common(12)


def events(name: str, regimen: Regimen, outcomes: Iterable[Outcome]) -> list[Figure]:
    """Whether each planted event that counts was found, and how long after it had passed its limit."""
    kept = list(outcomes)
    figures = []
    for kind in KINDS:
        these = [one for one in kept if one.plan.planted is not None and one.plan.planted.what == kind and counts(one)]
        if these:
            figures += _of_kind(f"{name}, {regimen}: {kind}", kind, regimen, these)
    return figures


def _of_kind(start: str, kind: str, regimen: Regimen, these: list[Outcome]) -> list[Figure]:
    delays = [delay(outcome) for outcome in these]
    found = [late for late in delays if late is not None]
    figures = [Figure(f"{start}, found", 100 * len(found) / len(these), f"% of {len(these)}", (">=", 100.0))]
    heard = HEARD.get(kind)
    if heard is not None:
        peer = sum(_peer_found(outcome, heard) for outcome in these)
        figures.append(Figure(f"{start}, hospital defaults", 100 * peer / len(these), "%"))
    if not found:
        return figures
    figures.append(Figure(f"{start}, delay, median", median(found), "s"))
    if kind in BY_CUFF:
        bound = INTERVAL_S[regimen] + 180
        within = 100 * sum(late <= bound for late in found) / len(found)
        figures.append(Figure(f"{start}, within an interval + 3 min", within, "%", (">=", 99.0)))
        figures.append(Figure(f"{start}, delay, longest", max(found), "s", ("<=", float(bound + 180))))
    else:
        figures.append(Figure(f"{start}, delay, 95 %", percentile(found, 0.95), "s"))
        figures += _longest(start, kind, list(zip(these, delays, strict=True)))
    return figures


def _longest(start: str, kind: str, told: list[tuple[Outcome, float | None]]) -> list[Figure]:
    """The longest delay, apart for those whose cuff is known to be on the probe's arm: it may mask for a minute."""
    figures = []
    for same_arm, words, mask_s in ((False, "", 0), (True, ", cuff on the probe's arm", MASK_S)):
        late = [delay for outcome, delay in told if delay is not None and outcome.plan.same_arm is same_arm]
        goal = ("<=", WITHIN_S[kind] + mask_s) if kind in WITHIN_S else None
        if late:
            figures.append(Figure(f"{start}, delay, longest{words}", max(late), "s", goal))
    return figures


def counts(outcome: Outcome) -> bool:
    """Whether the event passed its limit by the margin for longer than averaging plus delay, and its measurement was there."""
    planted = outcome.plan.planted
    assert planted is not None
    if planted.what in DELAYS_S or planted.what in BY_CUFF:
        if "from" not in outcome.passed:
            return False
        needed = (
            INTERVAL_S[outcome.plan.regimen] + 180 if planted.what in BY_CUFF else AVERAGING_S + DELAYS_S[planted.what]
        )
        return outcome.passed["until"] - outcome.passed["from"] > needed and not _hidden(outcome)
    return not _hidden(outcome)


def _hidden(outcome: Outcome) -> bool:
    """Whether a probe that is off, or a moving hand, leaves nothing to find it by: the artefact, not the rule, is in the way."""
    planted = outcome.plan.planted
    assert planted is not None
    if planted.what in BY_CUFF or planted.what in ("NIBP failing", "device silent", "slow breathing", "apnoea"):
        return False
    begins, ends = planted.begins, planted.begins + planted.lasts
    return any(
        span.what in ("probe off", "motion", "mild") and span.begins < ends and span.begins + span.lasts > begins - 30
        for span in outcome.plan.artefacts
    )


def delay(outcome: Outcome) -> float | None:
    """Return how long after passing its limit the event was told, s; None: it was not."""
    planted = outcome.plan.planted
    assert planted is not None
    begins, ends = outcome.passed.get("from", float(planted.begins)), planted.begins + planted.lasts
    slack = INTERVAL_S[outcome.plan.regimen] + 360 if planted.what in BY_CUFF | {"NIBP failing"} else MASK_S
    codes, least = WANTED[planted.what]
    told = [
        at
        for alert in outcome.alerts
        if alert.code in codes
        for at in _told(alert, least, planted.begins)
        if at <= ends + slack
    ]
    return None if not told else max(0.0, min(told) - begins)


def _told(alert: Alarmed, least: str, begins: float) -> list[float]:
    """When it was told at that priority or above; what was over before the event does not count."""
    at = [told for priority, told in alert.told.items() if RANK[priority] >= RANK[least]]
    return [told for told in at if told >= begins or alert.over is None or alert.over >= begins]


def _peer_found(outcome: Outcome, heard: set[str]) -> bool:
    planted = outcome.plan.planted
    assert planted is not None
    ends = planted.begins + planted.lasts + 60
    return any(what in heard and planted.begins <= at <= ends for at, what in outcome.peers["hospital"])
