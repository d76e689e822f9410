"""THE table of alarm conditions: what calls for attention, how urgently, after what delay, and what the clinic's rule says.

Numbers are those of the clinical sheet, §2.3 for limits and R1… for §2.4, as amended by §2.7. The limits themselves stand in
``limits.py``, the other numbers that a clinic may choose in ``settings.py``: {braces} stand for them. This module holds no state:
``detection.py`` watches, ``alerts.py`` tells people.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from drivers.base.vocabulary import Priority
from monitor.core.changes import AlertKind
from monitor.core.numbers import SHIPPED, Numbers
from monitor.core.words import plain

LOW, MEDIUM, HIGH = Priority.LOW, Priority.MEDIUM, Priority.HIGH

Clause = tuple[str, ...]
"""Limits (by their codes in ``limits.TABLE``) that one value must all pass; see ``threshold.py`` for those from a baseline."""


@dataclass(frozen=True, slots=True)
class Step:
    """A priority of a condition: met for ``delay_s`` it is declared. ``when`` says what no limit can.

    ``passes``: any one of these clauses.
    """

    priority: Priority
    delay_s: int = 0
    when: str = ""
    passes: tuple[Clause, ...] = ()

    @property
    def name(self) -> str:
        """Its name by its limit, for a condition may hold steps of several: "spo2_fall.medium"; "" without one."""
        return f"{self.passes[0][0]}.{self.priority}" if self.passes else ""


@dataclass(frozen=True, slots=True)
class AlarmCondition:
    """A line of the table.

    ``hysteresis`` is how far past the limit a value must come back (of the baseline's percent, if it says so), for ``clear_s``:
    both are settings, and so are the delays of steps that pass no limit.
    ``latching``: an unacknowledged high alert stays when its condition has gone. ``harm`` and ``onset`` are why it
    has its priority. ``response`` is the clinic's rule in words; it never tells anyone to end an infusion.
    """

    number: str
    code: str
    kind: AlertKind
    title: str
    steps: tuple[Step, ...]
    harm: str
    onset: str
    response: str
    hysteresis: int = 0
    clear_s: int = 0
    latching: bool = False
    hysteresis_in_percent: bool = False


BODY, TECHNICAL, INFUSION = AlertKind.PHYSIOLOGICAL, AlertKind.TECHNICAL, AlertKind.INFUSION


def _steps(code: str, *delays_s: int) -> tuple[Step, ...]:
    """The steps of one limit, from low on."""
    return tuple(Step(priority, delay, passes=((code,),)) for priority, delay in zip(Priority, delays_s, strict=False))


_UNSEEN = "death or irreversible injury, unseen"

_TABLE = (
    AlarmCondition(
        "1", "spo2_low", BODY, "SpO₂ low, or fallen from the baseline",
        (
            *_steps("spo2_low", 30, 15, 5),
            Step(LOW, 30, "rule 2", (("spo2_fall",),)),
            Step(MEDIUM, 30, "rule 2, only with a baseline", (("spo2_fall", "spo2_fallen"),)),
        ),
        "death or irreversible injury", "prompt; immediate under 85",
        "Limit passed; clinic rule: look at the patient, check probe and airway, rouse, give oxygen, call the physician.",
        latching=True,
    ),
    AlarmCondition(
        "3", "hr_high", BODY, "Heart rate high", _steps("hr_high", 15, 15, 10),
        "reversible injury; irreversible over 140", "prompt",
        "Limit passed; clinic rule: look at the patient, ask for pain, anxiety and chest pain, compare ECG and pulse.",
        latching=True,
    ),
    AlarmCondition(
        "4", "hr_low", BODY, "Heart rate low",
        (*_steps("hr_low", 15, 10, 5), Step(HIGH, 0, "the monitor says asystole")),
        "reversible injury; death under 40", "prompt; immediate under 40",
        "Limit passed; clinic rule: look at the patient, check breathing and SpO₂, call the physician.",
        latching=True,
    ),
    AlarmCondition(
        "5", "hr_rise", BODY, "Heart rate risen from the baseline",
        (Step(LOW, 60, passes=(("hr_rise",),)), Step(MEDIUM, 60, "only with a baseline", (("hr_rise", "hr_risen"),))),
        "reversible injury", "prompt to delayed",
        "Limit passed; clinic rule: look at the patient, ask for pain and anxiety, think of the premedication.",
        hysteresis_in_percent=True,
    ),
    AlarmCondition(
        "6", "nibp_high", BODY, "Blood pressure high",
        (
            Step(LOW, 0, "one reading", (("sbp_high",), ("sbp_rise",), ("dbp_high",), ("dbp_rise",), ("map_high",))),
            Step(
                MEDIUM, 0, "mean of two readings; one reading over the high limit where the device cannot repeat",
                (("sbp_high", "sbp_rise"), ("sbp_alone",), ("dbp_high", "dbp_rise"), ("map_high", "map_rise")),
            ),
            Step(
                HIGH, 0, "mean of two readings, or one reading of ≥ {systolic_at_once} systolic or ≥ {diastolic_at_once} diastolic",
                (("sbp_high",), ("dbp_high",), ("map_high",)),
            ),
        ),
        "irreversible injury", "prompt",
        "Limit passed; clinic rule: repeat the reading, ask for headache, chest pain or visual change, call the physician.",
        latching=True,
    ),
    AlarmCondition(
        "9", "nibp_low", BODY, "Blood pressure low",
        (
            Step(LOW, 0, "one reading", (("sbp_low",), ("sbp_fall",), ("map_low",))),
            Step(MEDIUM, 0, "mean of two readings", (("sbp_low",), ("sbp_fall",), ("map_low",))),
            Step(HIGH, 0, "one reading", (("sbp_low",), ("map_low",))),
        ),
        "irreversible injury", "prompt",
        "Limit passed; clinic rule: look at the patient, repeat the reading, lay flat, call the physician.",
        latching=True,
    ),
    AlarmCondition(
        "11", "rr_low", BODY, "Breathing slow, or apnoea",
        (*_steps("rr_low", 30, 30, 20), Step(HIGH, 0, "the monitor says apnoea")),
        "death or irreversible injury", "prompt; immediate under 6",
        "Limit passed; clinic rule: look at the patient, count breaths, rouse, open the airway, call the physician.",
        latching=True,
    ),
    AlarmCondition(
        "12", "rr_high", BODY, "Breathing fast", _steps("rr_high", 30, 30),
        "reversible injury", "prompt",
        "Limit passed; clinic rule: look at the patient, count breaths, ask for pain and anxiety.",
    ),
    AlarmCondition(
        "13", "etco2_high", BODY, "EtCO₂ high", _steps("etco2_high", 30, 30),
        "reversible injury", "prompt",
        "Limit passed; clinic rule: look at the patient, rouse, open the airway.",
    ),
    AlarmCondition(
        "13b", "etco2_low", BODY, "EtCO₂ low", _steps("etco2_low", 30, 30),
        "reversible injury", "prompt",
        "Limit passed; clinic rule: look at the patient, check the sampling line, count breaths.",
    ),
    AlarmCondition(
        "13c", "etco2_missing", TECHNICAL, "No CO₂ from the breath",
        (Step(HIGH, 0, "EtCO₂ had come and is missing, from a line that lives, while the infusion runs"),),
        _UNSEEN, "immediate",
        "Clinic rule: look at the patient, count breaths, check the sampling line.",
        latching=True,
    ),
    AlarmCondition(
        "R1", "nibp_overdue", TECHNICAL, "NIBP overdue",
        (
            Step(
                LOW, 0,
                "no successful reading within the interval + {grace_short_min} min (+ {grace_long_min} min when it is over 5 min)",
            ),
            Step(MEDIUM, 0, "no successful reading within {factor} × the interval + {grace_medium_min} min"),
        ),
        "reversible injury", "delayed; prompt after two intervals",
        "Clinic rule: take a reading by hand, check cuff and hose.",
    ),
    AlarmCondition(
        "R2", "nibp_failed", TECHNICAL, "NIBP failed repeatedly",
        (
            Step(LOW, when="{times} failed readings running, before the infusion"),
            Step(
                MEDIUM,
                when="{times} failed readings running; the first is taken again after {repeat_s} s where the house times the cuff",
            ),
        ),
        "reversible injury", "prompt",
        "Clinic rule: check cuff size, place and hose, ask the patient to keep the arm still, take a reading by hand.",
    ),
    AlarmCondition(
        "R3", "sensor_off", TECHNICAL, "SpO₂ probe off or no valid SpO₂",
        (
            Step(LOW, 0, "before the infusion, once a value had come"),
            Step(MEDIUM, 0, "no valid value from a line that lives (where it is not told to be off: after {searching_s} s)"),
            Step(HIGH, 0, "the same while the infusion runs"),
        ),
        _UNSEEN, "delayed; prompt after 2 min of infusion",
        "Clinic rule: look at the patient, put the probe back, warm the hand or change the finger.",
        latching=True,
    ),
    AlarmCondition(
        "R4", "leads_off", TECHNICAL, "ECG leads off or no heart rate from the ECG",
        (
            Step(LOW, 0, "leads off (no heart rate: after {no_rate_s} s), while the pulse is good or before the infusion"),
            Step(MEDIUM, 0, "the same without a good pulse"),
        ),
        "reversible injury", "prompt",
        "Clinic rule: check the electrodes and the cable.",
    ),
    AlarmCondition(
        "R5", "device_silent", AlertKind.TECHNICAL, "Device silent or lost",
        (
            Step(LOW, 0, "before the infusion, once the device had spoken"),
            Step(MEDIUM, 0, "no byte, no port, no answer, or bytes of another device"),
        ),
        "death or irreversible injury, unseen", "delayed",
        "Clinic rule: look at the patient and at the bedside monitor, check its cable and power.",
    ),
    AlarmCondition(
        "R6", "past_end", AlertKind.INFUSION, "Infusion past its planned end or dose",
        (
            Step(LOW, 0, "planned end or whole dose reached, infusion not ended here"),
            Step(MEDIUM, 0, "the same"),
            Step(HIGH, 0, "more than {too_much_percent} % of the dose given by this clock, and {late_min} min past the end"),
        ),
        "reversible injury", "delayed; prompt with a tenth too much",
        "Clinic rule: look at the pump; record the end or the new order here.",
    ),
    AlarmCondition(
        "R7", "monitoring_fault", AlertKind.TECHNICAL, "Monitoring fault",
        (Step(LOW, 0, "no infusion session runs"), Step(MEDIUM, 0, "a session runs")),
        "reversible injury, unseen", "prompt",
        "Clinic rule: watch the bedside monitor; call whoever looks after this system.",
    ),
    AlarmCondition(
        "R8", "device_fault", AlertKind.TECHNICAL, "Device fault, or a cuff that measures no more by itself",
        (Step(LOW, 0, "the device says so, before the infusion"), Step(MEDIUM, 0, "the device says so")),
        "reversible injury", "prompt",
        "Clinic rule: check that the cuff is empty, look at hose and arm; start a reading by hand when all is in place.",
    ),
    AlarmCondition(
        "R9", "wrong_unit", AlertKind.TECHNICAL, "Another unit than the one bound here",
        (
            Step(LOW, 0, "no infusion session runs; the device tells another number or model than bound or than when the patient was admitted"),
            Step(MEDIUM, 0, "the same while a session runs"),
        ),
        "death or irreversible injury, unseen", "prompt",
        "Clinic rule: watch the bedside monitor; follow the cable to see whose values these are; plug in the right device, "
        "or accept this one for this patient.",
    ),
    AlarmCondition(
        "R10", "trend", BODY, "Sustained trend",
        (
            Step(
                LOW, 0,
                "systolic ≥ {per_reading} mmHg up with each of {readings} readings and ≥ {over_percent} % over the baseline; "
                "SpO₂ falling ≥ {spo2_per_min} % a minute for {spo2_min} min",
            ),
        ),
        "reversible injury", "delayed",
        "Clinic rule: look at the patient; expect a limit to be passed.",
    ),
    AlarmCondition(
        "R11", "hr_apart", TECHNICAL, "Heart rate and pulse disagree",
        (Step(MEDIUM, 20, "both without a flag; over 100 /min by more than 15 %", (("hr_apart",),)),),
        "reversible injury; unseen, where lines are swapped between chairs", "prompt",
        "Clinic rule: feel the pulse, look whose devices these are, check electrodes and probe.",
    ),
    AlarmCondition(
        "R12", "pulse_lost", BODY, "No pulse",
        (
            Step(
                HIGH, 0,
                "neither pulse nor SpO₂, no flag of a probe off: {with_ecg_s} s with no heart rate from an ECG whose leads are on, "
                "{without_ecg_s} s without an ECG",
            ),
        ),
        "death", "immediate",
        "Clinic rule: look at the patient, feel the pulse, call for help; check probe and leads.",
        latching=True,
    ),
    AlarmCondition(
        "R13", "over_sedation", BODY, "Deep sedation with slow breathing or low SpO₂",
        (Step(HIGH, 0, "MOAA/S ≤ {moaas} charted within {counts_min} min, and RR < {rr} or SpO₂ < {spo2}"),),
        "death or irreversible injury", "prompt",
        "Clinic rule: rouse the patient, open the airway, give oxygen, call the physician.",
        latching=True,
    ),
    AlarmCondition(
        "R14", "pressure_symptom", BODY, "High blood pressure with a symptom",
        (
            Step(
                HIGH, 0,
                "SBP ≥ {sbp} and ≥ {rise_percent} % over the baseline, or SBP ≥ {sbp_alone}; and charted within {counts_min} min: "
                "headache, chest pain, visual change (not blurred or double vision), dyspnoea or a neurological sign",
            ),
        ),
        "death or irreversible injury", "prompt",
        "Clinic rule: call the physician at once, repeat the reading, ask and look for what has changed.",
        latching=True,
    ),
    AlarmCondition(
        "R15", "distress", BODY, "Severe distress with a fast heart",
        (
            Step(
                MEDIUM, 0,
                "dissociation or anxiety charted as severe within {counts_min} min, and heart rate ≥ {rise_percent} % over the baseline",
            ),
        ),
        "reversible injury", "prompt",
        "Clinic rule: stay with the patient, speak calmly, call the physician.",
    ),
    AlarmCondition(
        "R16", "brain_pressure", BODY, "Slow heart, high blood pressure and drowsy",
        (Step(HIGH, 0, "heart rate < {hr}, SBP ≥ {sbp}, and MOAA/S ≤ {moaas} charted within {counts_min} min"),),
        "death or irreversible injury", "prompt",
        "Clinic rule: call the physician at once; look at pupils, speech and limbs.",
        latching=True,
    ),
    AlarmCondition(
        "R17", "not_recovering", BODY, "Not recovering as expected",
        (
            Step(LOW, 0, "from the end of the infusion: last SBP ≥ {rise_percent} % over the baseline, or last MOAA/S ≤ {moaas}"),
            Step(MEDIUM, 0, "the same"),
        ),
        "reversible injury", "delayed",
        "Clinic rule: look at the patient, tell the physician.",
    ),
    AlarmCondition(
        "R18", "unattended", INFUSION, "Nobody at the chair",
        (Step(LOW, 0, "nobody has done anything here while the infusion runs: charted, acknowledged, measured by hand"),),
        "reversible injury", "delayed",
        "Clinic rule: look at the patient and chart it.",
    ),
    AlarmCondition(
        "R19", "dose_rate", INFUSION, "Rate above the tier, not confirmed",
        (
            Step(
                MEDIUM, 0,
                "the infusion runs at more than {rate_mg_kg_h} mg/kg/h, or more than {low_tier_mg_kg_h} mg/kg/h by a protocol "
                "of the low tier, and no physician has confirmed it",
            ),
        ),
        "reversible injury", "prompt",
        "Clinic rule: compare the order, the weight and the pump; let a physician confirm the rate here, or change it.",
    ),
    AlarmCondition(
        "R20", "max_dose", INFUSION, "Over the clinic's maximum dose",
        (Step(HIGH, 0, "more given by this clock, boluses counted, than the clinic's maximum of a session; shipped: 200 mg"),),
        "reversible injury; irreversible with deep sedation", "prompt",
        "Clinic rule: look at the patient and at the pump, call the physician.",
    ),
)  # fmt: skip


def in_force(condition: AlarmCondition, delays: Mapping[str, int], numbers: Numbers) -> AlarmCondition:
    """Return a condition with the clinic's numbers: ``delays`` ("spo2_low.medium" → seconds) of its limits, and ``numbers``."""
    own = numbers.of(condition.code)
    said = {**numbers.of("charting"), **numbers.of("order"), **numbers.of("cuff"), **own}
    words = {setting.own: plain(value) for setting, value in said.items()}
    waits = {priority: numbers.us(setting) // 1_000_000 for setting in own for priority in setting.delays}
    back = {setting.own: int(value) for setting, value in own.items()}
    steps = tuple(
        replace(
            step,
            delay_s=delays.get(step.name, waits.get(step.priority, step.delay_s)),
            when=step.when.format(**words),
        )
        for step in condition.steps
    )
    return replace(condition, steps=steps, hysteresis=back.get("hysteresis", 0), clear_s=back.get("clear_s", 0))


def conditions_in_force(delays: Mapping[str, int], numbers: Numbers) -> dict[str, AlarmCondition]:
    """Return the whole table, by code, with the clinic's numbers."""
    return {condition.code: in_force(condition, delays, numbers) for condition in _TABLE}


CONDITIONS = conditions_in_force({}, SHIPPED)
"""The table as shipped."""

TABLE = tuple(CONDITIONS.values())
