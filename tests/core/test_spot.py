"""A spot check of SpO₂ is shown with its age and is never taken for monitoring: neither live, nor watched, nor a comfort."""

from drivers.base.observations import Numeric, Reading
from drivers.base.vocabulary import Parameter, Quality
from monitor.core import entries
from monitor.core.bedside import Bedside
from monitor.core.changes import ReadingTaken, Vital
from tests.standin import DRIVERS
from tests.timetable import SECOND, START, Chair, clock, instant


def spot_check(chair: Chair, spo2: int | None, *quality: Quality, device: str = "oximeter") -> ReadingTaken:
    numerics = (Numeric(Parameter.SPO2, spo2, quality), Numeric(Parameter.PR, 80, quality))
    reading = Reading(chair.now, numerics, spot=True, device_time="2026-11-21T09:30:15")
    changes = chair.take(entries.Observed(device, (reading,)))
    return next(change for change in changes if isinstance(change, ReadingTaken))


def shown(chair: Chair, parameter: Parameter = Parameter.SPO2) -> Vital | None:
    return next((vital for vital in chair.bedside.view(chair.now).vitals if vital.parameter is parameter), None)


def test_a_spot_check_keeps_its_value_and_its_time() -> None:
    chair = Chair("oximeter")
    spot_check(chair, 97)
    chair.until("20:00")
    vital = shown(chair)
    assert vital is not None
    assert (vital.value, vital.spot, vital.at) == (97, True, START)


def test_no_limit_is_watched_on_a_spot_check() -> None:
    chair = Chair("oximeter")
    chair.infuse()
    chair.until("00:10")
    spot_check(chair, 70)
    chair.until("05:00")
    assert "spo2_low" not in [alert.code for alert in chair.open.values()]
    assert chair.bedside.present.now(Parameter.SPO2) is None


def test_a_spot_check_does_not_quiet_the_alert_that_spo2_is_not_there() -> None:
    chair = Chair("oximeter", "ecg")
    chair.infuse()
    chair.measure(hr=75)
    for second in range(5, 180, 5):  # checks on end: the line is never silent
        chair.until(f"00:{second}")
        spot_check(chair, 97)
    assert chair.steps() == ["00:30 sensor_off began medium", "02:00 sensor_off rose high"]
    assert chair.open["sensor_off"].text == "SpO₂ only spot-checked, not monitored live, last 97"


def test_a_spot_check_does_not_hide_a_live_value_nor_a_probe_that_is_off() -> None:
    chair = Chair("oximeter", "monitor")
    chair.says("oximeter", "spo2=96")
    spot_check(chair, 99)
    spot_check(chair, 99, device="monitor")
    vital = shown(chair)
    assert vital is not None
    assert (vital.value, vital.spot) == (96, False)
    chair.says("oximeter", "spo2=-?sensor_off")
    spot_check(chair, 99, device="monitor")
    vital = shown(chair)
    assert vital is not None
    assert (vital.value, vital.spot) == (None, False)


def test_a_live_value_takes_the_place_of_a_spot_check() -> None:
    chair = Chair("oximeter")
    spot_check(chair, 99)
    chair.says("oximeter", "spo2=96")
    vital = shown(chair)
    assert vital is not None
    assert (vital.value, vital.spot) == (96, False)


def test_an_oximeter_that_goes_over_to_spot_checks_shows_them_once_its_live_value_has_gone_stale() -> None:
    chair = Chair("oximeter")
    chair.infuse()
    chair.measure(spo2=96)
    chair.until("01:00")
    chair.values["oximeter"] = {}
    chair.until("01:03")
    spot_check(chair, 95)
    vital = shown(chair)
    assert vital is not None
    assert (vital.value, vital.spot) == (96, False)
    chair.until("01:10")
    spot_check(chair, 94)
    chair.until("02:00")  # past the moment at which the live value would have gone blank
    vital = shown(chair)
    assert vital is not None
    assert (vital.value, vital.spot, clock(vital.at)) == (94, True, "01:10")
    assert chair.bedside.present.vitals.unknown_since(Parameter.SPO2) == instant("01:00")


def test_a_measurement_from_memory_is_on_record_and_not_shown() -> None:
    chair = Chair("oximeter")
    told = spot_check(chair, 97, Quality.HELD)
    assert shown(chair) is None
    assert told.reading is not None
    assert told.reading.numerics[0].value == 97
    assert told.vitals == ()


def test_spot_checks_survive_a_restart_and_not_a_new_patient() -> None:
    chair = Chair("oximeter")
    chair.infuse()
    spot_check(chair, 97)
    chair.bedside = Bedside.restore("1", DRIVERS, chair.bedside.checkpoint())
    chair.take(entries.Resumed(SECOND, "restart"))
    vital = shown(chair)
    assert vital is not None
    assert vital.spot
    chair.act("stop")
    chair.act("close")
    chair.take(entries.Configured(chair.config, "0.1.0"))
    assert shown(chair) is None
