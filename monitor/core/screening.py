"""What is asked before an infusion: why it is given, what speaks against it, who takes the patient home.

The questions are those of clinical §1.4 (a summary of published guidance and labels, second hand for the most part): a clinic's
physician approves them. An absolute one that is answered with yes bars the start until a physician overrides it with a reason.
Nothing is answered beforehand, and nothing here says that a patient may have the infusion.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from drivers.base.observations import Instant
from monitor.core.entries import Actor, Role
from monitor.errors import BadRequest, NotPermitted

INDICATIONS = (
    "neuropathic pain",
    "spinal cord injury pain",
    "postherpetic neuralgia",
    "phantom limb pain",
    "complex regional pain syndrome",
    "fibromyalgia",
    "ischaemic pain",
    "mood disorder",
    "other",
)
"""The clinics' own list (clinical §0.1)."""


@dataclass(frozen=True, slots=True)
class Question:
    """Asked with No and Yes; yes speaks against the infusion, and bars its start where ``absolute``."""

    code: str
    text: str
    absolute: bool


QUESTIONS = (
    Question("cardiovascular", "Poorly controlled cardiovascular disease", True),
    Question("pressure_hazard", "A rise of blood pressure would be a serious hazard (aneurysm, AVM, past bleeding in the brain)", True),
    Question("psychosis", "Active or poorly controlled psychosis", True),
    Question("hepatic_severe", "Severe liver impairment", True),
    Question("hypersensitivity", "Known hypersensitivity to ketamine", True),
    Question("intracranial", "Raised intracranial or intraocular pressure", True),
    Question("substance_misuse", "Active substance misuse", True),
    Question("hepatic_moderate", "Moderate liver disease", False),
    Question("heart", "Controlled hypertension, ischaemic heart disease or arrhythmia", False),
    Question("airway", "Sleep apnoea, airway infection or difficult airway", False),
    Question("other_disease", "Hyperthyroidism, glaucoma, porphyria or seizures in the past", False),
    Question("interaction", "Stimulants, MAO inhibitors, thyroid hormone or theophylline", False),
    Question("pregnancy", "Pregnancy or breastfeeding", False),
    Question("age", "Under 18, or over 65", False),
)  # fmt: skip
BY_CODE = {question.code: question for question in QUESTIONS}

CONFIRMATIONS = {
    "escort": "An escort takes the patient home",
    "no_driving": "No driving for 24 h",
    "fasted": "No solid food for 6 h, no clear fluid for 2 h",
}
"""What is confirmed with yes. The hours are those of a typical clinic's sheet (clinical §1.4)."""


@dataclass(frozen=True, slots=True)
class Screening:
    """The answers, by whom and when. ``speaks_against`` holds the codes answered with yes, ``unconfirmed`` those of the confirmations with no.

    ``overridden_by`` is the physician who lets the infusion start in spite of an absolute answer, with ``reason``.
    """

    at: Instant
    by: str
    indication: str
    speaks_against: tuple[str, ...]
    unconfirmed: tuple[str, ...]
    overridden_by: str = ""
    reason: str = ""

    @property
    def bars(self) -> tuple[str, ...]:
        """The sentences that bar the start."""
        return () if self.overridden_by else tuple(one.text for one in self._yes if one.absolute)

    @property
    def warnings(self) -> tuple[str, ...]:
        """The sentences that speak against the infusion without barring it, overridden ones among them."""
        known = [one.text for one in self._yes if self.overridden_by or not one.absolute]
        return (*known, *(f"Not confirmed: {CONFIRMATIONS[code]}" for code in self.unconfirmed))

    @property
    def _yes(self) -> list[Question]:
        return [BY_CODE[code] for code in self.speaks_against]


def screening_from(
    indication: object, answers: object, confirmed: object, reason: str, actor: Actor, at: Instant
) -> Screening:
    """Take the answers: ``answers`` and ``confirmed`` say true or false to every code. Raises ``BadRequest``.

    With a ``reason`` absolute answers are overridden: ``NotPermitted`` unless by a physician.
    """
    if indication not in INDICATIONS:
        raise BadRequest(f"indication must be one of {', '.join(INDICATIONS)}, not {indication!r}")
    against = _all_answered("answers", answers, BY_CODE)
    sure = _all_answered("confirmed", confirmed, CONFIRMATIONS)
    yes = tuple(code for code, answer in against.items() if answer)
    absolute = [BY_CODE[code].text for code in yes if BY_CODE[code].absolute]
    if reason and not absolute:
        raise BadRequest("reason must be empty: no answer needs to be overridden")
    if reason and actor.role is not Role.PHYSICIAN:
        raise NotPermitted(
            f"'{absolute[0]}' may be overridden by a physician; {actor.name} is signed in as {actor.role}"
        )
    return Screening(
        at,
        actor.name,
        str(indication),
        yes,
        tuple(code for code, answer in sure.items() if not answer),
        actor.name if reason else "",
        reason,
    )


def _all_answered(name: str, given: object, known: Mapping[str, object]) -> dict[str, bool]:
    if not isinstance(given, Mapping) or not all(isinstance(answer, bool) for answer in given.values()):
        raise BadRequest(f"{name} must say true or false to each of {', '.join(known)}")
    wrong = [code for code in (*given, *known) if code not in known or code not in given]
    if wrong:
        raise BadRequest(
            f"{name} must answer {', '.join(known)}; {wrong[0]!r} is {'missing' if wrong[0] in known else 'not known'}"
        )
    return {code: given[code] for code in known}
