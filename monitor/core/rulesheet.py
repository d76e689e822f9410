"""Writes the table of rules as a page for people (docs/rules.md), so that what is watched and what is written never differ.

``python -c 'from monitor.core.rulesheet import render; print(render(), end="")' > docs/rules.md``
"""

from collections.abc import Iterator
from types import SimpleNamespace

from drivers.base.vocabulary import Priority
from monitor.core import limits
from monitor.core.alerts import CROWD, CROWD_US, ESCALATION_US, LONGEST_PAUSE_S, REALARM_US
from monitor.core.changes import LimitView
from monitor.core.conditions import CONDITIONS, TABLE, AlarmCondition, Step
from monitor.core.detection import BY_CUFF
from monitor.core.devices import SECOND_US, STALE_AFTER_US
from monitor.core.limit_watches import BY_LIMIT, LONGEST_DELAY_S
from monitor.core.settings import PARTS, RISING, SETTINGS
from monitor.core.words import NAMES, SIGNS, plain

HEAD = """# Alarm conditions

Written from the table in `monitor/core/conditions.py` by `monitor/core/rulesheet.py`; change it there.
All numbers are starting values that a physician of the clinic must approve; each can be changed, within bounds, in the clinic's
[pre-set](configuration.md#the-clinics-pre-set). The bedside devices' own alarms stay on and are primary.

Physiological limits are watched whenever valid values come, also at a chair where nobody is admitted, until the session is closed.
Conditions about missing values are told while the infusion runs, is paused, or the patient recovers; before it as low, so that a chair
being prepared is quiet.
"""


LIFE = """## How it works

- Heart rate is the ECG's when it is valid, else the oximeter's pulse rate.
- A value is grey {stale} s after it came and blank after {device_silent.blank_s} s; a silent or lost line is an alert after
  {device_silent.after_s} s. A missing value clears nothing.
- A condition that makes a value unknowable hides the limits of that value: what was high and unacknowledged stays,
  latched; the rest ends.
- A reading that is medium or high for the first time is repeated after {cuff.repeat_s} s where the device can and has not been
  held back; readings up to {cuff.together_min} min apart confirm each other. One reading of {nibp_high.systolic_at_once} systolic or
  {nibp_high.diastolic_at_once} diastolic is high at once.
- The first reading that failed is taken again after {cuff.repeat_s} s too, where the house times the cuff; a second in a row
  waits for its time.
- Limits from the baseline count once a person has locked it. Until then the part of a pressure limit that asks for a rise counts
  as passed, and other limits from the baseline as not passed.
- A cuff that was charted as being on the probe's arm hides SpO₂ and pulse from its inflation to {cuff.refill_s} s after it is empty,
  {cuff.mask_s} s at most; never a fall that began before it. The pages show "cuff" in their place, with for how long. On different
  arms, or where nothing was charted, nothing is hidden.
- A perfusion index under {perfusion.under} for {perfusion.after_s} s flags SpO₂ and pulse as doubtful (rule 14), until it is back
  by {perfusion.hysteresis}; they are watched all the same.
- A measurement that is not connected can be said to be not monitored, with a reason: then no alert tells that it is missing, the page
  does, and the first value ends it; a restart does not. While an infusion runs or is paused this is refused for SpO₂ and the ECG;
  it is never offered for the cuff. No limit can be switched off.
- What was charted (MOAA/S, side effects) counts for {charting.counts_min} min, or until it is charted anew.
- An acknowledged alert sounds again after {high} min when high, {medium} min when medium. Low alerts are silent.
- A rise of priority is the same alert, unacknowledged anew; it ends an audio pause.
- An alert that nobody acknowledges is told to more people: high after {first} s on the screens of physicians, after {second} s on all
  screens; medium after {charge} s on the screens of nurses. There it stands over whatever page is shown, and sounds higher and more
  often. Nobody is called otherwise. A rise begins the wait anew; while the condition is gone it stands still; acknowledging ends it.
- More than {crowd} conditions of a chair that began within {within} s are told as one, "Multiple conditions (6)", with their list and one
  sound of the highest priority. Each is acknowledged by itself.
- An audio pause lasts at most {pause} s, ends by itself, and ends at once for a new medium or high alert that is as urgent
  as what was open when it began.
- An alert that has been high since anybody acknowledged it stays, latched, when its condition has gone;
  acknowledging ends it.
"""


def render() -> str:
    """Return the whole page."""
    return "\n".join([HEAD, *_table(), "", *_limits(), "", *_settings(), "", _life()])


def _table() -> Iterator[str]:
    yield "| No. | Condition | Priority | Limit or trigger | Delay | Clears | Harm; onset |"
    yield "|---|---|---|---|---|---|---|"
    for condition in TABLE:
        for step in condition.steps:
            first = step is condition.steps[0]
            cells = [
                condition.number if first else "",
                f"**{condition.title}** (`{condition.code}`, {condition.kind})" if first else "",
                step.priority.value,
                _trigger(condition, step),
                _delay(condition, step),
                _clears(condition) if first else "",
                f"{condition.harm}; {condition.onset}" if first else "",
            ]
            yield f"| {' | '.join(cells)} |"
    yield ""
    yield "What is shown with the alert:"
    yield ""
    for condition in TABLE:
        yield f"- **{condition.title}**: {condition.response}"


def _trigger(condition: AlarmCondition, step: Step) -> str:
    preset = limits.preset({})
    words = " or ".join(" and ".join(_limit(preset[code, step.priority]) for code in clause) for clause in step.passes)
    return ": ".join(part for part in (words, step.when) if part)


def _limit(limit: LimitView) -> str:
    """A limit in words: "SBP ≥ 160", "SBP ≥ 20 % over the baseline"."""
    name, sign = NAMES[limit.parameter], SIGNS[limit.comparison]
    if limit.code == "hr_apart":
        return f"HR and PR more than {limit.value} /min apart"
    if limit.basis in ("absolute", "beside"):
        return f"{name} {sign} {limit.value}"
    unit = "%" if limit.basis == "percent" else "points"
    return f"{name} ≥ {limit.value} {unit} {'under' if sign == '≤' else 'over'} the baseline"


def _delay(condition: AlarmCondition, step: Step) -> str:
    if condition.code in BY_CUFF or condition.code == "nibp_overdue":
        return ""
    return f"{step.delay_s} s" if step.delay_s else "at once"


def _clears(condition: AlarmCondition) -> str:
    latches = "; high latches" if condition.latching else ""
    if condition.code in BY_LIMIT:
        percent = " %" if condition.hysteresis_in_percent else ""
        return f"{condition.hysteresis}{percent} back from the limit for {condition.clear_s} s{latches}"
    if condition.code in BY_CUFF:
        return f"two readings {condition.hysteresis} back from the limit{latches}"
    return f"when it is no longer so{latches}"


def _limits() -> Iterator[str]:
    yield "## Limits and their bounds"
    yield ""
    yield "A limit can be changed for one session, with a reason; the next session begins with the clinic's pre-set."
    yield "None can be switched off. Those in % or points are distances from the patient's locked baseline."
    yield ""
    yield "| Limit | Low | Medium | High | Bounds |"
    yield "|---|---|---|---|---|"
    for code, row in limits.TABLE.items():
        unit = {"percent": " %", "points": " points"}.get(row.basis, "")
        cells = [row.steps.get(priority) for priority in Priority]
        steps = " | ".join("" if cell is None else f"{SIGNS[cell[0]]} {cell[1]}{unit}" for cell in cells)
        yield f"| `{code}` | {steps} | {row.least} to {row.most}{unit} |"
    for low, high, apart in limits.APART:
        yield ""
        yield f"The low limits of `{low}` and `{high}` stay {apart} apart."


def _settings() -> Iterator[str]:
    yield "## Other numbers and their bounds"
    yield ""
    yield "They are the clinic's, not a session's: a session keeps those that it began with. Delays of limits may be 0 to"
    yield f"{LONGEST_DELAY_S} s. The bounds are such that no rule falls silent; an SpO₂ of 100 has always come back."
    yield ""
    yield "| Rule | Number | What it is | Shipped | Bounds |"
    yield "|---|---|---|---|---|"
    titles = {code: f"{condition.number} {condition.title}" for code, condition in CONDITIONS.items()}
    titles |= {part.code: f"{part.number} {part.title}".strip() for part in PARTS}
    for setting in SETTINGS.values():
        unit = f" {setting.unit}" if setting.unit else ""
        steps = "" if setting.grain == 1 else f", in steps of {setting.grain}"
        bounds = f"{plain(setting.least)} to {plain(setting.most)}{unit}{steps}"
        title = titles.pop(setting.rule, "")
        yield f"| {title} | `{setting.name}` | {setting.meaning} | {plain(setting.shipped)}{unit} | {bounds} |"
    for lower, upper in RISING:
        yield ""
        yield f"`{lower}` is not more than `{upper}`."


def _life() -> str:
    parts = {setting.rule: SimpleNamespace() for setting in SETTINGS.values()}
    for setting in SETTINGS.values():
        setattr(parts[setting.rule], setting.own, plain(setting.shipped))
    return LIFE.format(
        **parts,
        stale=STALE_AFTER_US // SECOND_US,
        high=REALARM_US[Priority.HIGH] // SECOND_US // 60,
        medium=REALARM_US[Priority.MEDIUM] // SECOND_US // 60,
        first=ESCALATION_US[Priority.HIGH][0] // SECOND_US,
        second=ESCALATION_US[Priority.HIGH][1] // SECOND_US,
        charge=ESCALATION_US[Priority.MEDIUM][0] // SECOND_US,
        crowd=CROWD,
        within=CROWD_US // SECOND_US,
        pause=LONGEST_PAUSE_S,
    )
