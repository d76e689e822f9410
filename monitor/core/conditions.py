"""THE table of alarm conditions: what calls for attention, how urgently, after what delay, and what the clinic's rule says.

Numbers are those of the clinical sheet, §2.3 for limits and R1… for §2.4, as amended by §2.7. The limits themselves stand in
``limits.py``. This module holds no state: ``detection.py`` watches, ``alerts.py`` tells people.
"""

from dataclasses import dataclass

from drivers.base.vocabulary import Priority
from monitor.core.changes import AlertKind

LOW, MEDIUM, HIGH = Priority.LOW, Priority.MEDIUM, Priority.HIGH


@dataclass(frozen=True, slots=True)
class Step:
    """A priority of a condition: met for ``delay_s`` it is declared. ``when`` says what no limit can."""

    priority: Priority
    delay_s: int = 0
    when: str = ""


@dataclass(frozen=True, slots=True)
class AlarmCondition:
    """A line of the table.

    ``limits`` are its rows in ``limits.TABLE``; ``hysteresis`` is how far past the limit a value must come back, for
    ``clear_s``. ``latching``: an unacknowledged high alert stays when its condition has gone. ``harm`` and ``onset`` are why it
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
    limits: tuple[str, ...] = ()
    hysteresis: int = 0
    clear_s: int = 0
    latching: bool = False

    def delay_us(self, priority: Priority) -> int:
        """Return the delay of the step of this priority, µs."""
        return next(step.delay_s for step in self.steps if step.priority is priority) * 1_000_000


def _by_limit(
    number: str,
    code: str,
    title: str,
    delays_s: tuple[int, int, int],
    hysteresis: int,
    clear_s: int,
    harm: str,
    onset: str,
    response: str,
) -> AlarmCondition:
    steps = tuple(Step(priority, delay) for priority, delay in zip(Priority, delays_s, strict=True))
    kind = AlertKind.PHYSIOLOGICAL
    return AlarmCondition(
        number, code, kind, title, steps, harm, onset, response, (code,), hysteresis, clear_s, latching=True
    )


TABLE = (
    _by_limit(
        "1", "spo2_low", "SpO₂ low", (30, 15, 5), 2, 10,
        "death or irreversible injury", "prompt; immediate under 85",
        "Limit passed; clinic rule: look at the patient, check probe and airway, rouse, give oxygen, call the physician.",
    ),
    _by_limit(
        "3", "hr_high", "Heart rate high", (15, 15, 10), 5, 15,
        "reversible injury; irreversible over 140", "prompt",
        "Limit passed; clinic rule: look at the patient, ask for pain, anxiety and chest pain, compare ECG and pulse.",
    ),
    _by_limit(
        "4", "hr_low", "Heart rate low", (15, 10, 5), 5, 15,
        "reversible injury; death under 40", "prompt; immediate under 40",
        "Limit passed; clinic rule: look at the patient, check breathing and SpO₂, call the physician.",
    ),
    AlarmCondition(
        "6", "nibp_high", AlertKind.PHYSIOLOGICAL, "Blood pressure high",
        (
            Step(LOW, when="one reading"),
            Step(MEDIUM, when="mean of two readings; one reading over the high limit where the device cannot repeat"),
            Step(HIGH, when="mean of two readings, or one reading of ≥ 200 systolic or ≥ 120 diastolic"),
        ),
        "irreversible injury", "prompt",
        "Limit passed; clinic rule: repeat the reading, ask for headache, chest pain or visual change, call the physician.",
        limits=("sbp_high", "dbp_high"), hysteresis=5, latching=True,
    ),
    AlarmCondition(
        "9", "nibp_low", AlertKind.PHYSIOLOGICAL, "Blood pressure low",
        (Step(LOW, when="one reading"), Step(MEDIUM, when="mean of two readings"), Step(HIGH, when="one reading")),
        "irreversible injury", "prompt",
        "Limit passed; clinic rule: look at the patient, repeat the reading, lay flat, call the physician.",
        limits=("sbp_low",), hysteresis=5, latching=True,
    ),
    AlarmCondition(
        "R1", "nibp_overdue", AlertKind.TECHNICAL, "NIBP overdue",
        (
            Step(LOW, 120, "no successful reading within the interval + 2 min (+ 3 min when it is over 5 min)"),
            Step(MEDIUM, 120, "no successful reading within 2 × the interval + 2 min"),
        ),
        "reversible injury", "delayed; prompt after two intervals",
        "Clinic rule: take a reading by hand, check cuff and hose.",
    ),
    AlarmCondition(
        "R2", "nibp_failed", AlertKind.TECHNICAL, "NIBP failed twice",
        (Step(LOW, when="two failed readings running, before the infusion"), Step(MEDIUM, when="two failed readings running")),
        "reversible injury", "prompt",
        "Clinic rule: check cuff size, place and hose, ask the patient to keep the arm still, take a reading by hand.",
    ),
    AlarmCondition(
        "R3", "sensor_off", AlertKind.TECHNICAL, "SpO₂ probe off or no valid SpO₂",
        (
            Step(LOW, 30, "before the infusion, once a value had come"),
            Step(MEDIUM, 30, "no valid value from a line that lives"),
            Step(HIGH, 120, "the same while the infusion runs"),
        ),
        "death or irreversible injury, unseen", "delayed; prompt after 2 min of infusion",
        "Clinic rule: look at the patient, put the probe back, warm the hand or change the finger.",
        latching=True,
    ),
    AlarmCondition(
        "R4", "leads_off", AlertKind.TECHNICAL, "ECG leads off or no heart rate from the ECG",
        (
            Step(LOW, 15, "leads off (no heart rate: after 30 s), while the pulse is good or before the infusion"),
            Step(MEDIUM, 15, "the same without a good pulse"),
        ),
        "reversible injury", "prompt",
        "Clinic rule: check the electrodes and the cable.",
    ),
    AlarmCondition(
        "R5", "device_silent", AlertKind.TECHNICAL, "Device silent or lost",
        (
            Step(LOW, 10, "before the infusion, once the device had spoken"),
            Step(MEDIUM, 10, "no byte, no port, no answer, or bytes of another device"),
        ),
        "death or irreversible injury, unseen", "delayed",
        "Clinic rule: look at the patient and at the bedside monitor, check its cable and power.",
    ),
    AlarmCondition(
        "R6", "past_end", AlertKind.INFUSION, "Infusion past its planned end",
        (Step(LOW, 0, "planned end reached, infusion not ended here"), Step(MEDIUM, 300, "the same")),
        "reversible injury", "delayed",
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
            Step(LOW, 0, "no infusion session runs; the device tells another number or model than bound, or than when the patient was admitted"),
            Step(MEDIUM, 0, "the same while a session runs"),
        ),
        "death or irreversible injury, unseen", "prompt",
        "Clinic rule: watch the bedside monitor; follow the cable to see whose values these are; plug in the right device, "
        "or accept this one for this patient.",
    ),
)  # fmt: skip

CONDITIONS = {condition.code: condition for condition in TABLE}
