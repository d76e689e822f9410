"""The clinic's pre-set over HTTP: what counts and what is shipped beside it, its versions, and how a physician signs the next.

Its types stand here, beside the routes: neither the websocket nor a chair knows them.
"""

import asyncio
from dataclasses import dataclass
from decimal import Decimal
from itertools import pairwise
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Response
from pydantic import Field

from drivers.base.observations import Instant
from drivers.base.vocabulary import Parameter, Priority
from monitor.core.changes import AlertKind
from monitor.core.conditions import AlarmCondition, Step, conditions_in_force
from monitor.core.entries import Actor
from monitor.core.infusion import MAX_DOSE_MG
from monitor.core.limit_watches import LONGEST_DELAY_S
from monitor.core.limits import TABLE, preset
from monitor.core.numbers import Numbers
from monitor.core.settings import PARTS, SETTINGS, Part, Setting
from monitor.storage.presets import (
    CHARTING_MIN,
    MAX_DOSE_BOUNDS,
    SHIPPED_DELAYS,
    Preset,
    Presets,
    Wish,
    differences,
    trouble_with,
    usable,
)
from monitor.web.answers import Answer, Rooms, SignedIn, failures
from monitor.web.messages import DecimalText, FromClient

Minutes = Annotated[int, Field(gt=0, le=480)]
Sentence = Annotated[str, Field(min_length=1, max_length=400)]


class DoseTemplate(FromClient):
    """So many mg/kg over so many minutes. What is null is ordered at each admission."""

    kind: Literal["dose"]
    dose_mg_kg: DecimalText | None
    duration_min: Minutes | None


class RateByWeightTemplate(FromClient):
    """So many mg/kg/h for so many minutes. What is null is ordered at each admission."""

    kind: Literal["rate_by_weight"]
    rate_mg_kg_h: DecimalText | None
    duration_min: Minutes | None


class RateTemplate(FromClient):
    """So many mg/h for so many minutes. What is null is ordered at each admission."""

    kind: Literal["rate"]
    rate_mg_h: DecimalText | None
    duration_min: Minutes | None


class Protocol(FromClient):
    """An order kept as a template. ``tier`` is how closely the patient is watched (clinical §1.3); ``recovery_min`` at least.

    Scales are charted ``charting_first_min`` after the start, then every ``charting_every_min``; ``response`` is what the
    clinic wants to be read when the protocol is chosen.
    """

    name: Annotated[str, Field(min_length=1, max_length=80)]
    order: Annotated[DoseTemplate | RateByWeightTemplate | RateTemplate, Field(discriminator="kind")]
    premedication: Annotated[tuple[Annotated[str, Field(min_length=1, max_length=80)], ...], Field(max_length=8)] = ()
    nibp_interval_min: Annotated[int, Field(ge=1, le=60)]
    tier: Literal["low", "pain", "dissociative"]
    recovery_min: Annotated[int, Field(ge=0, le=480)]
    charting_first_min: Annotated[int, Field(ge=1, le=60)] = CHARTING_MIN[0]
    charting_every_min: Annotated[int, Field(ge=1, le=60)] = CHARTING_MIN[1]
    response: Annotated[str, Field(max_length=400)] = ""


class NextPreset(FromClient):
    """The next version. ``changes`` is the version that was looked at. What is null stays; ``limits``, ``delays`` (whole
    seconds), ``settings`` (the other numbers of the rules) and ``responses`` hold all that is to differ from what is shipped;
    ``responses`` are the clinic's own words beside an alert, by its rule's code."""

    changes: Annotated[int, Field(ge=0)]
    reason: Annotated[str, Field(min_length=1, max_length=400)]
    name: Annotated[str, Field(min_length=1, max_length=80)] | None = None
    limits: dict[str, DecimalText] | None = None
    delays: dict[str, int] | None = None
    settings: dict[str, DecimalText] | None = None
    max_dose_mg: DecimalText | None = None
    responses: dict[str, Sentence] | None = None
    protocols: Annotated[tuple[Protocol, ...], Field(max_length=20)] | None = None


@dataclass(frozen=True, slots=True)
class Version:
    """A version's name and signature; ``by`` null: the shipped one. ``signed``: by a physician."""

    version: int
    name: str
    by: Actor | None
    at: Instant | None
    reason: str
    signed: bool


@dataclass(frozen=True, slots=True)
class PresetLimit:
    """A limit of the pre-set beside the shipped one, and the bounds that hold for it."""

    code: str
    priority: Priority
    parameter: Parameter
    comparison: Literal["<", "<=", ">", ">="]
    basis: Literal["absolute", "percent", "points", "beside"]
    value: Decimal
    shipped: Decimal
    least: int
    most: int


@dataclass(frozen=True, slots=True)
class PresetDelay:
    """For how many seconds a continuous value must pass its limit, beside the shipped delay and the bounds."""

    code: str
    priority: Priority
    value: int
    shipped: int
    least: int
    most: int


@dataclass(frozen=True, slots=True)
class PresetNumber:
    """A number of the pre-set that is no limit, beside the shipped one and its bounds."""

    value: Decimal
    shipped: Decimal
    least: int
    most: int


@dataclass(frozen=True, slots=True)
class PresetSetting:
    """Another number of a rule, or of a ``Part``, beside the shipped one and its bounds: ``code`` is its ("nibp_overdue.factor"), ``rule``
    theirs. It is a multiple of ``grain``; ``meaning`` is what it is; ``wider`` which way it tells later or less."""

    code: str
    rule: str
    value: Decimal
    shipped: Decimal
    unit: str
    least: Decimal
    most: Decimal
    grain: Decimal
    meaning: str
    wider: Literal["more", "less", ""]


@dataclass(frozen=True, slots=True)
class Rule:
    """A line of the table of alarm conditions (docs/rules.md). ``response`` is what is shown with the alert,
    ``shipped_response`` what is shipped."""

    number: str
    code: str
    kind: AlertKind
    title: str
    steps: tuple[Step, ...]
    harm: str
    onset: str
    response: str
    shipped_response: str
    hysteresis: int
    hysteresis_in_percent: bool
    clear_s: int
    latching: bool


@dataclass(frozen=True, slots=True)
class PresetView:
    """The pre-set that counts from the next admission on. ``parts`` are what numbers belong to that no rule has. ``trouble`` says why this
    version of the software cannot use its numbers ("": it can); then the shipped ones count."""

    version: Version
    limits: tuple[PresetLimit, ...]
    delays: tuple[PresetDelay, ...]
    settings: tuple[PresetSetting, ...]
    parts: tuple[Part, ...]
    max_dose_mg: PresetNumber
    rules: tuple[Rule, ...]
    protocols: tuple[Protocol, ...]
    trouble: str


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing that a version changed: a limit, a rule's response, a protocol; "" where there was, or is, nothing."""

    what: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class PastVersion:
    version: Version
    changes: tuple[Difference, ...]


@dataclass(frozen=True, slots=True)
class VersionList:
    versions: tuple[PastVersion, ...]


def router(rooms: Rooms) -> APIRouter:
    routes = APIRouter(prefix="/api/preset", tags=["preset"])
    presets = Presets(rooms.audit)
    one_at_a_time = asyncio.Lock()

    @routes.get("", summary="The clinic's pre-set, with what is shipped beside it", response_model=PresetView)
    async def current() -> Response:
        return Answer(view_of(await asyncio.to_thread(presets.current)))

    @routes.get("/versions", summary="All versions, newest first, and what each changed", response_model=VersionList)
    async def versions() -> Response:
        return Answer(history_of(await asyncio.to_thread(presets.versions)))

    @routes.post(
        "",
        summary="Sign the next version; it counts from the next admission on",
        response_model=PresetView,
        responses=failures(
            _401="nobody is signed in",
            _403="only a physician may do that",
            _409="another version has come since",
            _422="these values cannot stand",
        ),
    )
    async def sign(actor: SignedIn, body: NextPreset) -> Response:
        assert actor is not None  # the access layer lets no other write through
        async with one_at_a_time:  # so that the newest on disk is also the last that the chairs are told
            before = await asyncio.to_thread(presets.current)
            made = await presets.sign(actor, wish_of(body))
            rooms.house.set_preset(
                made.limits, made.responses, str(made.version), made.delays, made.max_dose_mg, made.settings
            )
            if trouble_with(before.limits, before.delays, before.settings):
                rooms.house.tell("preset", False, "the clinic's pre-set can be used")
        return Answer(view_of(made))

    return routes


def wish_of(body: NextPreset) -> Wish:
    """Return what a client wishes, as the store takes it."""
    limits, settings = (
        None if table is None else {key: Decimal(value) for key, value in table.items()}
        for table in (body.limits, body.settings)
    )
    protocols = None if body.protocols is None else [one.model_dump(mode="json") for one in body.protocols]
    most = None if body.max_dose_mg is None else Decimal(body.max_dose_mg)
    return Wish(body.changes, body.reason, body.name, limits, body.responses, protocols, body.delays, most, settings)


def view_of(current: Preset) -> PresetView:
    """Return a version with all that is shipped beside it."""
    used, trouble = usable(current), trouble_with(current.limits, current.delays, current.settings)
    limits, shipped, numbers = preset(used.limits), preset({}), Numbers(used.settings)
    delays = {**SHIPPED_DELAYS, **used.delays}
    conditions = conditions_in_force(used.delays, numbers)
    return PresetView(
        _version(current),
        tuple(
            PresetLimit(
                code, priority, limit.parameter, limit.comparison, limit.basis, limit.value,
                shipped[code, priority].value, TABLE[code].least, TABLE[code].most,
            )
            for (code, priority), limit in limits.items()
        ),
        tuple(_delay(name, seconds) for name, seconds in delays.items()),
        tuple(_setting(setting, numbers.exact(setting)) for setting in SETTINGS.values()),
        PARTS,
        PresetNumber(current.max_dose_mg, MAX_DOSE_MG, *MAX_DOSE_BOUNDS),
        tuple(_rule(one, current) for one in conditions.values()),
        tuple(Protocol.model_validate(one) for one in current.protocols),
        trouble,
    )  # fmt: skip


def _delay(name: str, seconds: int) -> PresetDelay:
    code, priority = name.split(".")
    return PresetDelay(code, Priority(priority), seconds, SHIPPED_DELAYS[name], 0, LONGEST_DELAY_S)


def _setting(one: Setting, value: Decimal) -> PresetSetting:
    return PresetSetting(
        one.name, one.rule, value, one.shipped, one.unit, one.least, one.most, one.grain, one.meaning, one.wider
    )  # fmt: skip


def _rule(one: AlarmCondition, current: Preset) -> Rule:
    return Rule(
        one.number, one.code, one.kind, one.title, one.steps, one.harm, one.onset,
        current.responses.get(one.code, one.response), one.response,
        one.hysteresis, one.hysteresis_in_percent, one.clear_s, one.latching,
    )  # fmt: skip


def _version(one: Preset) -> Version:
    return Version(one.version, one.name, one.by, one.at, one.reason, one.is_signed)


def history_of(versions: list[Preset]) -> VersionList:
    """Return versions, newest first, each with what it changed."""
    pairs: list[Any] = [*pairwise(versions), (versions[-1], versions[-1])]
    return VersionList(
        tuple(
            PastVersion(_version(after), tuple(Difference(*one) for one in differences(before, after)))
            for after, before in pairs
        )
    )
