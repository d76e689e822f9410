"""What people chart that rules look at: MOAA/S, side effects with their severity, and on which arm the cuff is.

The words are the clinics' own first (clinical §3.2). What was charted counts for half an hour, as shipped: a person looks every quarter.
"""

from collections.abc import Iterable

from drivers.base.observations import Instant
from monitor.core.changes import Charted

SIDE_EFFECTS = (
    "sedation", "feeling of drunkenness", "dizziness", "out-of-body sensation", "paresthesia", "nausea", "drowsiness",
    "behaviour change", "altered mental clarity", "mood change", "hallucination", "dysphoria", "dissociation", "anxiety",
    "floating", "time distortion", "derealisation", "depersonalisation", "auditory or visual hallucination", "vivid dreams",
    "sound or colour intensity", "euphoria", "blurred or double vision", "visual change", "nystagmus", "headache", "ataxia",
    "slurred speech", "muscle twitch", "myoclonus", "restlessness", "emergence agitation", "crying", "neurological sign",
    "palpitations", "flushing", "chest pain", "arrhythmia", "dyspnoea", "hypersalivation", "cough", "hiccup",
    "shallow breathing", "apnoea", "laryngospasm", "vomiting", "dry mouth", "itching", "rash", "urinary urgency",
    "infiltration", "line pain",
)  # fmt: skip
SEVERITIES = ("none", "mild", "moderate", "severe")

PRESSURE_SYMPTOMS = frozenset({"headache", "chest pain", "visual change", "dyspnoea", "neurological sign"})
"""With a high pressure an emergency. Blurred or double vision is the drug's own effect (clinical §2.7.4)."""

DISTRESS = frozenset({"dissociation", "anxiety", "dysphoria"})

SEVERE_FROM = {"dissociation": 3, "anxiety": 7}
"""From these levels on a scale says what the side effect of its name says as severe (clinical §3.1)."""

AWAKE = 5
"""MOAA/S of somebody who answers readily."""


def moaas(charted: Iterable[Charted], at: Instant, counts_us: int) -> int | None:
    """Return the MOAA/S charted last, if that still counts: for ``counts_us``."""
    last = last_moaas(charted)
    return None if last is None or at - last.at >= counts_us else last.level


def last_moaas(charted: Iterable[Charted]) -> Charted | None:
    """Return the newest MOAA/S, however old."""
    return next((entry for entry in reversed(tuple(charted)) if entry.kind == "moaas"), None)


def side_effects(charted: Iterable[Charted], at: Instant, counts_us: int) -> dict[str, str]:
    """Return the side effects that count now, for ``counts_us``, by term with their severity. The newest word counts; after "none" it
    is over."""
    newest: dict[str, str] = {}
    for entry in charted:
        if at - entry.at >= counts_us:
            continue
        if entry.kind == "side_effect":
            newest[entry.term] = entry.severity
        elif entry.level is not None and entry.kind in SEVERE_FROM:
            newest[entry.kind] = "severe" if entry.level >= SEVERE_FROM[entry.kind] else "none"
    return {term: severity for term, severity in newest.items() if severity != "none"}


def same_arm(charted: Iterable[Charted]) -> bool:
    """Whether the cuff is on the probe's arm; on different arms until somebody says otherwise."""
    last = next((entry for entry in reversed(tuple(charted)) if entry.kind == "cuff_arm"), None)
    return last is not None and last.term == "same"


def is_compared(charted: Iterable[Charted]) -> bool:
    """Whether anything charted is compared with measured values, so that each new value matters to it."""
    return any(
        (entry.kind == "moaas" and (entry.level or 0) < AWAKE) or entry.term in PRESSURE_SYMPTOMS | DISTRESS
        for entry in charted
    )
