"""The clinic's pre-set: the numbers of its rules, its words beside an alert, its protocols. Named, versioned, signed by a physician.

A version is a row of the audit log, whole, so the store never changes one. Numbers that stand as shipped are not written
down: they follow the software. Whether they can stand together is asked of ``monitor.core``: ``limits``, ``limit_watches`` (delays)
and ``numbers`` (settings: all others).
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Any

from drivers.base.observations import Instant
from monitor.core.conditions import CONDITIONS
from monitor.core.entries import Actor, Role
from monitor.core.infusion import MAX_DOSE_MG, plan_from
from monitor.core.limit_watches import BY_LIMIT, check_delays
from monitor.core.limits import preset
from monitor.core.numbers import check_settings
from monitor.core.settings import SETTINGS
from monitor.core.words import plain
from monitor.errors import ActionNotAllowed, BadRequest, ConfigError, NotPermitted
from monitor.storage.audit import AuditLog, AuditRow

KIND = "preset"
FIRST_NAME = "Clinic pre-set"
THE_HOUSE = Actor("Vigil", Role.SERVICE)
SHIPPED_PROTOCOLS: tuple[dict[str, Any], ...] = (
    {
        "name": "Low dose by weight, 90 to 120 min",
        "order": {"kind": "rate_by_weight", "rate_mg_kg_h": None, "duration_min": 90},
        "premedication": [],
        "nibp_interval_min": 5,
        "tier": "pain",
        "recovery_min": 60,
    },
    {
        "name": "Glycopyrrolate 0.2 mg, then 60 mg/h",
        "order": {"kind": "rate", "rate_mg_h": "60", "duration_min": 90},
        "premedication": ["glycopyrrolate 0.2 mg IV"],
        "nibp_interval_min": 5,
        "tier": "pain",
        "recovery_min": 60,
    },
    {
        "name": "0.5 mg/kg over 40 min",
        "order": {"kind": "dose", "dose_mg_kg": "0.5", "duration_min": 40},
        "premedication": [],
        "nibp_interval_min": 10,
        "tier": "low",
        "recovery_min": 30,
    },
)
"""Clinical §0.1 and §1.1, intervals and recovery of §1.3. The first clinic tells no dose, the second no duration (90 min is the
lower end of both together): what is None is ordered at each admission."""
_EXAMPLE_KG, _EXAMPLE_MG_ML = "70", "2"
CHARTING_MIN = (10, 15)
"""Clinical §3.1: scales are charted so long after the start, and then so often."""
MAX_DOSE_BOUNDS = (20, 1000)
"""The clinic's maximum of a session, mg, may be a whole number within these (ours: they keep a slip of the finger out)."""
_ORDER_UNITS = {"dose_mg_kg": "mg/kg", "rate_mg_kg_h": "mg/kg/h", "rate_mg_h": "mg/h", "duration_min": "min"}
SHIPPED_DELAYS: Mapping[str, int] = {
    f"{step.passes[0][0]}.{step.priority}": step.delay_s
    for code in BY_LIMIT
    for step in CONDITIONS[code].steps
    if step.passes
}
"""The delays that can be chosen: for how many seconds a continuous value must pass its limit ("spo2_low.medium" → 15)."""


@dataclass(frozen=True, slots=True)
class Preset:
    """One version. ``version`` 0 is the shipped pre-set, which nobody signed: ``by`` and ``at`` are None.

    ``limits``: "spo2_low.high" → 84, only where they differ from the shipped ones, and so ``delays``, in seconds, and ``settings``;
    ``responses``: a rule's code → the clinic's words. ``max_dose_mg``: the most that a session may give.
    """

    version: int
    name: str
    limits: Mapping[str, Decimal]
    responses: Mapping[str, str]
    protocols: Sequence[Mapping[str, Any]]
    reason: str = ""
    by: Actor | None = None
    at: Instant | None = None
    delays: Mapping[str, int] = field(default_factory=dict)
    max_dose_mg: Decimal = MAX_DOSE_MG
    settings: Mapping[str, Decimal] = field(default_factory=dict)

    @property
    def is_signed(self) -> bool:
        """Whether a physician put a name to it."""
        return self.by is not None and self.by.role is Role.PHYSICIAN


SHIPPED = Preset(0, "Shipped pre-set", {}, {}, SHIPPED_PROTOCOLS)


@dataclass(frozen=True, slots=True)
class Wish:
    """What somebody wants the pre-set to be. ``changes`` is the version it is made from; None: that part stays as it is."""

    changes: int
    reason: str
    name: str | None = None
    limits: Mapping[str, Decimal] | None = None
    responses: Mapping[str, str] | None = None
    protocols: Sequence[Mapping[str, Any]] | None = None
    delays: Mapping[str, int] | None = None
    max_dose_mg: Decimal | None = None
    settings: Mapping[str, Decimal] | None = None


class Presets:
    """The versions in the audit log. All methods but ``sign`` block."""

    def __init__(self, audit: AuditLog) -> None:
        self._audit = audit

    def current(self) -> Preset:
        """Return the version that counts for the next admission."""
        found = self._audit.rows(KIND, limit=1)
        return _read(found[0]) if found else SHIPPED

    def versions(self) -> list[Preset]:
        """Return all versions, newest first; the shipped one is the last."""
        return [*map(_read, self._audit.rows(KIND)), SHIPPED]

    async def sign(self, physician: Actor, wish: Wish) -> Preset:
        """Make the next version, signed by ``physician``; it is on disk when this returns.

        Raises ``NotPermitted`` for anybody else, ``ActionNotAllowed`` when the version that was to be changed is no longer
        the newest, ``BadRequest`` for what cannot be, ``StoreError`` when it cannot be written.
        """
        if physician.role is not Role.PHYSICIAN:
            raise NotPermitted(
                f"{physician.name} is signed in as {physician.role}; a physician changes and signs the clinic's pre-set"
            )

        def make() -> dict[str, Any]:
            return _next(self.current(), wish)

        return _read(await self._audit.write(physician, KIND, make))

    async def take_over(self, limits: Mapping[str, Decimal]) -> Preset:
        """Make the first version of the limits of the configuration's file. No physician has signed that one."""
        wish = Wish(0, "taken from [limits] of the configuration at the first start", FIRST_NAME, limits)
        return _read(await self._audit.write(THE_HOUSE, KIND, lambda: _next(self.current(), wish)))

    async def begin(self, physician: Actor | None) -> Preset:
        """Make the first version, as shipped, in a house that has just been set up; unsigned without a ``physician``."""
        reason = "as shipped, at the first run"
        wish = Wish(0, reason if physician else f"{reason}; a physician has yet to sign it", FIRST_NAME)
        return _read(await self._audit.write(physician or THE_HOUSE, KIND, lambda: _next(self.current(), wish)))


def trouble_with(limits: Mapping[str, Decimal], delays: Mapping[str, int], settings: Mapping[str, Decimal]) -> str:
    """Return why this version of the software cannot use these numbers; "" when it can."""
    try:
        preset(limits)
        check_delays(delays)
        check_settings(settings)
    except ConfigError as error:
        said = re.sub(r"^\[(\w+)\] knows", r"the table of \1 knows", str(error))
        return said.removeprefix("[limits] ").replace(" of [delays]", " (delay)")
    return ""


def usable(current: Preset) -> Preset:
    """Return a version as it counts: with the shipped numbers where this version of the software cannot use its own."""
    if trouble_with(current.limits, current.delays, current.settings):
        return replace(current, limits={}, delays={}, settings={})
    return current


def differences(before: Preset, after: Preset) -> list[tuple[str, str, str]]:
    """Return what changed: (what, before, after) in words; "" where there was nothing, or is no longer."""
    shipped = {f"{code}.{priority}": limit.value for (code, priority), limit in preset({}).items()}
    found = []
    for key in {**before.limits, **after.limits}:
        old, new = (one.limits.get(key, shipped.get(key)) for one in (before, after))
        if old != new:
            found.append((key, _word(old), _word(new)))
    for name in {**before.delays, **after.delays}:
        old_s, new_s = (one.delays.get(name, SHIPPED_DELAYS.get(name)) for one in (before, after))
        if old_s != new_s:
            found.append((f"{name} delay", _seconds(old_s), _seconds(new_s)))
    for name in {**before.settings, **after.settings}:
        old_text, new_text = (_setting(one, name) for one in (before, after))
        if old_text != new_text:
            found.append((name, old_text, new_text))
    if before.max_dose_mg != after.max_dose_mg:
        found.append(("max_dose.maximum", f"{plain(before.max_dose_mg)} mg", f"{plain(after.max_dose_mg)} mg"))
    for code in sorted({*before.responses, *after.responses}):
        old_text, new_text = (_response(one, code) for one in (before, after))
        if old_text != new_text:
            found.append((f"{code}.response", old_text, new_text))
    return [*found, *_protocol_differences(before, after)]


def _word(value: Decimal | None) -> str:
    return "" if value is None else plain(value)


def _response(version: Preset, code: str) -> str:
    shipped = CONDITIONS[code].response if code in CONDITIONS else ""
    return version.responses.get(code, shipped)


def _setting(version: Preset, name: str) -> str:
    """A number with its unit; of one that this version of the software does not know, the number alone."""
    known = SETTINGS.get(name)
    value = version.settings.get(name, known.shipped if known else None)
    return f"{_word(value)} {known.unit if known and value is not None else ''}".strip()


def _seconds(value: int | None) -> str:
    return "" if value is None else f"{value} s"


def _protocol_differences(before: Preset, after: Preset) -> Iterator[tuple[str, str, str]]:
    """A protocol that came or was retired is told whole; of one that stays, what changed."""
    old_ones, new_ones = ({one["name"]: _protocol(one) for one in version.protocols} for version in (before, after))
    for name in {**old_ones, **new_ones}:
        old, new = old_ones.get(name), new_ones.get(name)
        if old is None or new is None:
            yield f"protocol {name}", _listed(old), _listed(new)
            continue
        yield from ((f"protocol {name}, {what}", old[what], new[what]) for what in old if old[what] != new[what])


def _protocol(one: Mapping[str, Any]) -> dict[str, str]:
    """A protocol in words. Versions from before charting and words were part of it had the rhythm that was shipped."""
    order = [(_ORDER_UNITS[name], value) for name, value in one["order"].items() if name != "kind"]
    first, every = one.get("charting_first_min", CHARTING_MIN[0]), one.get("charting_every_min", CHARTING_MIN[1])
    return {
        "order": ", ".join(f"{unit} open" if value is None else f"{value} {unit}" for unit, value in order),
        "premedication": ", ".join(one["premedication"]),
        "cuff": f"every {one['nibp_interval_min']} min",
        "charting": f"after {first} min, then every {every} min",
        "tier": one["tier"],
        "recovery": f"{one['recovery_min']} min",
        "words": one.get("response", ""),
    }


def _listed(words: Mapping[str, str] | None) -> str:
    if words is None:
        return ""
    rest = [f"{what} {text}" for what, text in words.items() if text and what not in ("order", "premedication")]
    return ", ".join(part for part in (words["order"], words["premedication"], *rest) if part)


def _next(current: Preset, wish: Wish) -> dict[str, Any]:
    if wish.changes != current.version:
        signed = f", signed by {current.by.name}," if current.by else ""
        raise ActionNotAllowed(
            f"version {current.version}{signed} has come since version {wish.changes}: look at it, then change that one"
        )
    delays = current.delays if wish.delays is None else wish.delays
    settings = current.settings if wish.settings is None else wish.settings
    limits = _different(current.limits if wish.limits is None else wish.limits, delays, settings)
    responses = _own_words(current.responses if wish.responses is None else wish.responses)
    protocols = current.protocols if wish.protocols is None else wish.protocols
    most = current.max_dose_mg if wish.max_dose_mg is None else wish.max_dose_mg
    if most % 1 or not MAX_DOSE_BOUNDS[0] <= most <= MAX_DOSE_BOUNDS[1]:
        low, high = MAX_DOSE_BOUNDS
        raise BadRequest(
            f"the clinic's maximum of a session must be a whole number from {low} to {high} mg, not {plain(most)}"
        )
    _check_protocols(protocols)
    return {
        "version": current.version + 1,
        "name": wish.name or (current.name if current.version else FIRST_NAME),
        "reason": wish.reason,
        "limits": limits,
        "delays": {name: seconds for name, seconds in delays.items() if seconds != SHIPPED_DELAYS[name]},
        "settings": {name: plain(value) for name, value in settings.items() if value != SETTINGS[name].shipped},
        "max_dose_mg": None if most == MAX_DOSE_MG else plain(most),
        "responses": responses,
        "protocols": list(protocols),
    }


def _different(
    limits: Mapping[str, Decimal], delays: Mapping[str, int], settings: Mapping[str, Decimal]
) -> dict[str, Decimal]:
    if trouble := trouble_with(limits, delays, settings):
        raise BadRequest(trouble)
    shipped = {f"{code}.{priority}": limit.value for (code, priority), limit in preset({}).items()}
    return {key: value for key, value in limits.items() if value != shipped[key]}


def _own_words(responses: Mapping[str, str]) -> dict[str, str]:
    for code in responses:
        if code not in CONDITIONS:
            raise BadRequest(f"there is no rule '{code}'; known are {', '.join(CONDITIONS)}")
    return {code: text for code, text in responses.items() if text != CONDITIONS[code].response}


def _check_protocols(protocols: Sequence[Mapping[str, Any]]) -> None:
    names = [one["name"] for one in protocols]
    for name in names:
        if names.count(name) > 1:
            raise BadRequest(f"two protocols are called '{name}'; give each a name of its own")
    for one in protocols:
        given = one["order"]
        # Where the amount or the time is left open, any that is possible lets the rest be judged.
        order = {
            key: ("30" if key == "duration_min" else "1") if value is None else value for key, value in given.items()
        }
        try:
            plan_from(_EXAMPLE_KG, order, _EXAMPLE_MG_ML)
        except BadRequest as error:
            raise BadRequest(f"protocol '{one['name']}': {error}") from None


def _read(row: AuditRow) -> Preset:
    body = row.body
    limits = {key: Decimal(value) for key, value in body["limits"].items()}
    return Preset(
        body["version"], body["name"], limits, body["responses"], body["protocols"], body["reason"], row.actor, row.at,
        body.get("delays", {}), Decimal(body.get("max_dose_mg") or MAX_DOSE_MG),
        {name: Decimal(value) for name, value in body.get("settings", {}).items()},
    )  # fmt: skip
