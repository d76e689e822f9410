"""The two-letter status codes of a Nellcor printout and what a nurse reads of each.

From the operator's manuals and one open implementation; MO and AO are in a real record too.
"""

from drivers.base.lines import Word
from drivers.base.vocabulary import Priority, Quality, StatusCode

ALARM_OFF, ALARM_SILENCED = "AO", "AS"
LOW_BATTERY = "LB"
LOSS_WITH_MOTION, LOSS_OF_PULSE, MOTION, PULSE_SEARCH = "LM", "LP", "MO", "PS"
PR_HIGH, PR_LOW, SPO2_HIGH, SPO2_LOW = "PH", "PL", "SH", "SL"
NO_SENSOR, SENSOR_OFF = "SD", "SO"
LINES_BETWEEN_HEADINGS = 25

WIRE = (
    *("ALARM_OFF", "ALARM_SILENCED", "LOW_BATTERY", "LOSS_WITH_MOTION", "LOSS_OF_PULSE", "MOTION", "PULSE_SEARCH"),
    *("PR_HIGH", "PR_LOW", "SPO2_HIGH", "SPO2_LOW", "NO_SENSOR", "SENSOR_OFF", "LINES_BETWEEN_HEADINGS"),
)

_MOVED = (Quality.QUESTIONABLE, Quality.ARTEFACT)


def _limit(text: str) -> Word:
    """The line does not tell an alarm's priority."""
    return Word(text, alarm=Priority.MEDIUM, physiological=True)


CODES = {
    ALARM_OFF: Word("the oximeter's own alarm sound is off", alarm=Priority.LOW),
    ALARM_SILENCED: Word("the oximeter's own alarm is silenced", alarm=Priority.LOW),
    LOW_BATTERY: Word("oximeter battery low", StatusCode.LOW_BATTERY),
    LOSS_WITH_MOTION: Word("SpO₂ pulse lost in movement", StatusCode.ARTEFACT, doubts=_MOVED),
    LOSS_OF_PULSE: Word(
        "SpO₂ sensor finds no pulse",
        StatusCode.OUT_OF_TRACK,
        missing=Quality.OUT_OF_TRACK,
        alarm=Priority.HIGH,
        physiological=True,
    ),
    MOTION: Word("SpO₂ disturbed by movement", StatusCode.ARTEFACT, doubts=_MOVED),
    PR_HIGH: _limit("pulse rate above the oximeter's own high limit"),
    PR_LOW: _limit("pulse rate below the oximeter's own low limit"),
    PULSE_SEARCH: Word("SpO₂ sensor is searching for a pulse", StatusCode.SEARCHING, doubts=(Quality.QUESTIONABLE,)),
    NO_SENSOR: Word("SpO₂ sensor disconnected from the oximeter", StatusCode.NO_SENSOR, missing=Quality.NO_SENSOR),
    SPO2_HIGH: _limit("SpO₂ above the oximeter's own high limit"),
    SPO2_LOW: _limit("SpO₂ below the oximeter's own low limit"),
    SENSOR_OFF: Word("SpO₂ sensor off the patient", StatusCode.SENSOR_OFF, missing=Quality.SENSOR_OFF),
}


def meaning(code: str) -> Word:
    """Return what a code means. One that is not known makes values doubtful and is told by its letters."""
    return CODES.get(code) or Word(
        f'the oximeter prints a status code that is not known here: "{code}"',
        alarm=Priority.LOW,
        doubts=(Quality.QUESTIONABLE,),
    )
