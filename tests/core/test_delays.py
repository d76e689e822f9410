"""The delays of limits and the words beside alerts: those of the table, or the clinic's."""

from typing import Any

import pytest

from monitor.core.limit_watches import check_delays
from monitor.errors import ConfigError
from tests.timetable import play

TIMETABLE = """
    at 01:00 spo2 88
    expect {} spo2_low began medium
"""


def test_a_limit_is_declared_after_the_delay_of_the_table_or_the_clinics() -> None:
    play(TIMETABLE.format("01:15"))
    play(TIMETABLE.format("01:20"), delays={"spo2_low.medium": 20})
    play(TIMETABLE.format("01:00"), delays={"spo2_low.medium": 0, "spo2_fall.medium": 60})


def test_an_alert_shows_the_clinics_words_in_the_place_of_the_shipped() -> None:
    chair = play(TIMETABLE.format("01:15"), responses={"spo2_low": "Rouse, give oxygen, call Dr. B."})
    assert chair.open["spo2_low"].response == "Rouse, give oxygen, call Dr. B."
    assert play(TIMETABLE.format("01:15")).open["spo2_low"].response.startswith("Limit passed; clinic rule:")


@pytest.mark.parametrize(
    ("delays", "said"),
    [
        ({"nibp_high.medium": 5}, r"knows no 'nibp_high.medium'; known are etco2_high.low,"),
        ({"spo2_low.medium": 121}, "must be 0 to 120 whole seconds, not 121"),
        ({"spo2_low.medium": -1}, "must be 0 to 120 whole seconds"),
        ({"spo2_low.medium": 1.5}, "must be 0 to 120 whole seconds"),
        ({"spo2_low.medium": True}, "must be 0 to 120 whole seconds"),
    ],
)
def test_a_delay_that_is_none_is_refused(delays: dict[str, Any], said: str) -> None:
    check_delays({"spo2_fall.low": 120, "hr_apart.medium": 0})
    with pytest.raises(ConfigError, match=said):
        check_delays(delays)
