"""From displayed values to readings of what is measured all the time.

A value counts when its module is there, its measurement is active and the number is one; status beats number.
"""

from dataclasses import dataclass

from drivers._datex_neighbours import Displayed, Place
from drivers._datex_nibp import clock, hundredths
from drivers._datex_wire import BreathSource, Class, Co2Status, EcgStatus, GroupStatus, Lead, RateSource
from drivers.base.observations import Instant, Numeric, Observation, Reading
from drivers.base.statuses import Statuses
from drivers.base.vocabulary import Parameter, Quality, StatusCode

CONTINUOUS = (
    Parameter.HR,
    Parameter.SPO2,
    Parameter.PR,
    Parameter.PI,
    Parameter.RR,
    Parameter.ETCO2,
    Parameter.TEMPERATURE,
)
ECG, SPO2, CO2 = 0, 118, 132
HR, IMPEDANCE_RR, HR_ECG = (Class.BASIC, 6), (Class.BASIC, 14), (Class.BASIC, 226)
AIRWAY_RR, ETCO2, AMBIENT = (Class.BASIC, 142), (Class.BASIC, 138), (Class.BASIC, 144)
OXIMETRY = {Parameter.SPO2: (Class.BASIC, 124), Parameter.PR: (Class.BASIC, 126), Parameter.PI: (Class.BASIC, 128)}
PROBES = (
    (Class.BASIC, 86),
    (Class.BASIC, 94),
    (Class.BASIC, 102),
    (Class.BASIC, 110),
    (Class.EXT1, 120),
    (Class.EXT1, 128),
)
"""Groups of T1 to T6."""
BODY_SITES = (15, 1, 2, 4, 5, 3, 6, 11, 12, 13, 14, 17, 18)
"""Labels in order of preference: core, oesophagus, nasopharynx, rectum, bladder, ear, axilla, T1 to T6; never skin or room."""
CHANNELS_OFF = {1: EcgStatus.CHANNEL_1_OFF, 2: EcgStatus.CHANNEL_2_OFF, 3: EcgStatus.CHANNEL_3_OFF}

_OF_THE_ECG = (RateSource.ECG, RateSource.ECG_MORTARA)
_NO_GAS = Co2Status.CALIBRATING | Co2Status.ZEROING | Co2Status.OCCLUSION | Co2Status.AIR_LEAK


@dataclass(frozen=True, slots=True)
class Group:
    """The six bytes that begin a group. ``exists``: its module is there; ``active``: it measures."""

    status: int
    label: int

    @property
    def exists(self) -> bool:
        return bool(self.status & GroupStatus.EXISTS)

    @property
    def active(self) -> bool:
        return self.exists and bool(self.status & GroupStatus.ACTIVE)


def group(record: Displayed, class_: int, offset: int) -> Group:
    """Return the group there; one of a class that did not come does not exist."""
    data = record.classes.get(class_)
    if data is None:
        return Group(0, 0)
    status, label = data[offset : offset + 4], data[offset + 4 : offset + 6]
    return Group(int.from_bytes(status, "little"), int.from_bytes(label, "little"))


def leads(record: Displayed) -> dict[int, Lead]:
    """Return which lead each ECG channel shows, as far as it tells."""
    ecg = group(record, Class.BASIC, ECG)
    shown = {channel: ecg.label >> 4 * (3 - channel) & 0x0F for channel in (1, 2, 3)}
    return {channel: Lead(lead) for channel, lead in shown.items() if ecg.exists and 0 < lead <= Lead.V}


@dataclass(frozen=True, slots=True)
class _Found:
    """What a record has for a parameter, and the places it stands at."""

    value: int | float | None
    why_not: Quality = Quality.INVALID
    places: tuple[Place, ...] = ()


class Numerics:
    """What the values of one monitor last said."""

    def __init__(self, statuses: Statuses) -> None:
        self._statuses = statuses
        self.forget()

    def forget(self) -> None:
        """The line begins anew."""
        self._shown: dict[Parameter, bool] = {}

    def take(self, record: Displayed, doubtful: frozenset[Place], at: Instant) -> list[Observation]:
        """Turn a record that is believed into a reading, less what stands at doubtful places."""
        everything = _all(record)
        numerics = [Numeric(gone, None, (Quality.NO_SENSOR,)) for gone in self._shown if gone not in everything]
        self._shown = {parameter: shown for parameter, shown in self._shown.items() if parameter in everything}
        for parameter, found in everything.items():
            if doubtful.isdisjoint(found.places):
                numerics.append(_numeric(parameter, found))
                self._shown[parameter] = found.value is not None
        said = self._explain(record, at)
        if numerics:
            said.append(Reading(at, tuple(numerics), device_time=clock(record.time_s)))
        return said

    def take_missing(self, record: Displayed, at: Instant) -> list[Observation]:
        """A record is not believed yet: only what it has no value for any more is told."""
        found = _all(record)
        numerics = []
        for parameter, shown in self._shown.items():
            if shown and parameter in found and found[parameter].value is None:
                numerics.append(_numeric(parameter, found[parameter]))
                self._shown[parameter] = False
        return [Reading(at, tuple(numerics), device_time=clock(record.time_s))] if numerics else []

    def alone(self, record: Displayed, at: Instant) -> list[Observation]:
        """A recording holds this record alone: its values are told, as ones that nothing confirms."""
        numerics = [_numeric(parameter, found, (Quality.UNCONFIRMED,)) for parameter, found in _all(record).items()]
        return [Reading(at, tuple(numerics), device_time=clock(record.time_s))] if numerics else []

    def _explain(self, record: Displayed, at: Instant) -> list[Observation]:
        """Say which leads and sensors are off; a value that is there nevertheless is not made unknowable by it."""
        ecg, oximeter = group(record, Class.BASIC, ECG), group(record, Class.BASIC, SPO2)
        off = [channel for channel, bit in CHANNELS_OFF.items() if ecg.exists and ecg.status & bit]
        text = f"ECG leads off (channel {', '.join(map(str, off))})"
        affects = () if self._shown.get(Parameter.HR) else (Parameter.HR,)
        said = self._statuses.set(at, StatusCode.LEADS_OFF, bool(off), text if off else "ECG leads on again", affects)
        faults = ((EcgStatus.NOISE, "ECG is noisy"), (EcgStatus.ARTIFACT, "ECG artefact"))
        told = "; ".join(words for bit, words in faults if ecg.exists and ecg.status & bit)
        said += self._statuses.set(at, StatusCode.ARTEFACT, bool(told), told or "ECG is clear again")
        is_off = oximeter.exists and not oximeter.active
        words = "SpO₂ probe off, or SpO₂ is not measured"
        said += self._statuses.set(at, StatusCode.SENSOR_OFF, is_off, words, tuple(OXIMETRY))
        return [*said]


def _numeric(parameter: Parameter, found: _Found, marks: tuple[Quality, ...] = ()) -> Numeric:
    if found.value is None:
        return Numeric(parameter, None, (found.why_not, *marks))
    return Numeric(parameter, found.value, marks)


def _all(record: Displayed) -> dict[Parameter, _Found]:
    """Return what the record has for every parameter whose module is there."""
    ecg, oximeter, gas = (group(record, Class.BASIC, offset) for offset in (ECG, SPO2, CO2))
    found: dict[Parameter, _Found] = {}
    if ecg.exists:
        found[Parameter.HR] = _heart_rate(record, ecg)
    if oximeter.exists:
        why_not = Quality.INVALID if oximeter.active else Quality.SENSOR_OFF
        for parameter, place in OXIMETRY.items():
            raw = _present(record, place) if oximeter.active else None
            value = raw if parameter is Parameter.PR else hundredths(raw)
            found[parameter] = _Found(value, why_not, (place,))
    if ecg.exists or gas.exists:
        found[Parameter.RR] = _breath_rate(record, ecg, gas)
    if gas.exists:
        found[Parameter.ETCO2] = _end_tidal(record, gas)
    if any(group(record, *probe).exists for probe in PROBES):
        found[Parameter.TEMPERATURE] = _temperature(record)
    return found


def _present(record: Displayed, place: Place) -> int | None:
    """Return the value there; a negative one is none of ours."""
    raw = record.raw(place)
    return None if raw is None or raw < 0 else raw


def _heart_rate(record: Displayed, ecg: Group) -> _Found:
    """The ECG's own rate: ``hr`` may come from a pressure or the pleth, its source tells."""
    value = None
    if ecg.active:
        of_the_ecg = ecg.status >> 3 & 0x0F in _OF_THE_ECG
        value = _present(record, HR) if of_the_ecg else _present(record, HR_ECG) or None
    why_not = Quality.LEADS_OFF if ecg.status & EcgStatus.CHANNEL_1_OFF else Quality.INVALID
    return _Found(value, why_not, (HR, HR_ECG))


def _breath_rate(record: Displayed, ecg: Group, gas: Group) -> _Found:
    """The airway's where it measures, else that of the chest's impedance. In an apnoea of the airway nothing stands in for it."""
    blocked = bool(gas.status & _NO_GAS)
    airway = _present(record, AIRWAY_RR) if gas.active and not blocked else None
    if airway is not None and gas.label & 0x07 != BreathSource.IMPEDANCE:
        return _Found(airway, places=(AIRWAY_RR,))
    if gas.active and gas.status & Co2Status.APNEA:
        return _Found(None, places=(AIRWAY_RR,))
    chest = _present(record, IMPEDANCE_RR) if ecg.active else None
    off = ecg.exists and ecg.status & EcgStatus.CHANNEL_1_OFF
    if chest is None:
        return _Found(airway, Quality.LEADS_OFF if off else Quality.INVALID, (AIRWAY_RR, IMPEDANCE_RR))
    return _Found(chest, places=(IMPEDANCE_RR,))


def _end_tidal(record: Displayed, gas: Group) -> _Found:
    """Partial pressure, mmHg: the fraction of the ambient pressure, which must be known."""
    fraction, ambient = _present(record, ETCO2), _present(record, AMBIENT)
    places = (ETCO2, AMBIENT)
    if not gas.active or gas.status & _NO_GAS or fraction is None or not ambient:
        return _Found(None, places=places)
    return _Found(round(fraction * ambient / 100_000, 1), places=places)


def _temperature(record: Displayed) -> _Found:
    """The temperature nearest to the core's."""
    found: dict[int, _Found] = {}
    for class_, offset in PROBES:
        probe, place = group(record, class_, offset), (class_, offset + 6)
        value = _present(record, place) if probe.active else None
        if value and probe.label in BODY_SITES:
            found.setdefault(BODY_SITES.index(probe.label), _Found(hundredths(value), places=(place,)))
    return found[min(found)] if found else _Found(None)
