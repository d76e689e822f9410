"""What ketamine does: compartment kinetics with an effect site, and the rise of pressure and rate that follows it.

For simulated patients alone. Nothing here is dosing advice, and no modelled concentration may be shown as patient data.
Concentrations are ng/mL, rates mg/min, volumes L, clearances L/min, times minutes.

Sources are those of the clinical fact sheet §4.1 (parameter sets) and §4.4 (haemodynamics). Marks there: [S] read in a
secondary source, [D] derived or chosen for this project.
"""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

KE0_PER_MIN = 0.12
"""Rate of the effect site, half-life 5.8 min (§4.4, [D])."""

REFERENCE_WEIGHT_KG = 70.0
NG_ML_PER_MG_L = 1000.0

Matrix = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Model:
    """A parameter set for 70 kg: volumes in L, clearances in L/min.

    ``clearance_exponent`` tells how clearances follow weight; volumes are always linear in it.
    """

    name: str
    v1: float
    v2: float
    cl: float
    q2: float
    v3: float = 1.0
    q3: float = 0.0
    clearance_exponent: float = 0.75

    def scaled(self, weight_kg: float, *, volume: float = 1.0, clearance: float = 1.0) -> "Model":
        """Return the set for this weight; ``volume`` and ``clearance`` are a person's own factors on V1 and CL."""
        size = weight_kg / REFERENCE_WEIGHT_KG
        flow = size**self.clearance_exponent
        return replace(
            self,
            v1=self.v1 * size * volume,
            v2=self.v2 * size,
            v3=self.v3 * size,
            cl=self.cl * flow * clearance,
            q2=self.q2 * flow,
            q3=self.q3 * flow,
        )


def _from_rates(name: str, v1: float, k10: float, k12: float, k21: float, k13: float = 0.0, k31: float = 1.0) -> Model:
    """Build a set that was published as rate constants (1/min), linear in weight."""
    return Model(
        name,
        v1=v1,
        v2=v1 * k12 / k21,
        cl=v1 * k10,
        q2=v1 * k12,
        v3=v1 * k13 / k31 if k13 else 1.0,
        q3=v1 * k13,
        clearance_exponent=1.0,
    )


KAMP = Model("kamp", v1=25.0, v2=56.0, v3=157.0, cl=1.40, q2=2.68, q3=1.32)
"""Kamp 2020, racemic, arterial, pooled from 14 data sets; the default. §4.1 [S]; volume and clearance agree with the abstract [V]."""

DOMINO = _from_rates("domino", 0.063 * 70, k10=0.438, k12=0.592, k21=0.247, k13=0.590, k31=0.0146)
"""Domino 1982/84, racemic, three compartments. §4.1 [S]: two open implementations agree to four digits."""

CLEMENTS = _from_rates("clements", 1.7522 * 70, k10=0.0109, k12=0.0186, k21=0.0137)
"""Clements 1981 (250 µg/kg), racemic, two compartments, venous sampling. §4.1 [S]."""

HIJAZI = _from_rates("hijazi", 1.08 * 70, k10=0.0333, k12=0.0088, k21=0.0030)
"""Hijazi 2003, intensive-care patients, two compartments. §4.1 [S]: clearance looks very high; never a default."""

MODELS = {model.name: model for model in (KAMP, DOMINO, CLEMENTS, HIJAZI)}


def matrix_exponential(matrix: Matrix) -> Matrix:
    """Return e^matrix by scaling, a Taylor series and squaring; exact to rounding for the small matrices used here."""
    halvings = max(0, int(np.ceil(np.log2(max(np.abs(matrix).sum(axis=1).max(), 1e-12)))) + 3)
    small = matrix / 2.0**halvings
    total = term = np.eye(len(matrix))
    for n in range(1, 13):
        term = term @ small / n
        total = total + term
    for _ in range(halvings):
        total = total @ total
    return total


class Kinetics:
    """Amounts in one body. ``advance`` is exact for any step, since the rate is constant within it."""

    def __init__(self, model: Model) -> None:
        """``model`` is already scaled to the body."""
        self.model = model
        self._state: Matrix = np.array([0.0, 0.0, 0.0, 0.0, 1.0])  # mg in 1, 2, 3; effect site mg/L; the input's 1
        self._steps: dict[tuple[float, float], Matrix] = {}

    def _system(self, rate_mg_min: float) -> Matrix:
        m = self.model
        k12, k13, k21, k31 = m.q2 / m.v1, m.q3 / m.v1, m.q2 / m.v2, m.q3 / m.v3
        return np.array(
            [
                [-(m.cl / m.v1 + k12 + k13), k21, k31, 0.0, rate_mg_min],
                [k12, -k21, 0.0, 0.0, 0.0],
                [k13, 0.0, -k31, 0.0, 0.0],
                [KE0_PER_MIN / m.v1, 0.0, 0.0, -KE0_PER_MIN, 0.0],
                [0.0, 0.0, 0.0, 0.0, 0.0],
            ]
        )

    def advance(self, rate_mg_min: float, minutes: float) -> None:
        """Infuse at this rate for so long."""
        key = (rate_mg_min, minutes)
        step = self._steps.get(key)
        if step is None:
            if len(self._steps) > 16:
                self._steps.clear()
            step = self._steps[key] = matrix_exponential(self._system(rate_mg_min) * minutes)
        self._state = step @ self._state

    @property
    def plasma_ng_ml(self) -> float:
        return float(self._state[0] / self.model.v1 * NG_ML_PER_MG_L)

    @property
    def effect_ng_ml(self) -> float:
        return float(self._state[3] * NG_ML_PER_MG_L)


@dataclass(frozen=True, slots=True)
class PressureRise:
    """Rise over the person's own baseline, mmHg."""

    systolic: float
    diastolic: float
    mean: float


def pressure_rise(effect_ng_ml: float, mean_at_rest: float, person_factor: float = 1.0) -> PressureRise:
    """Return the pressure rise at this effect-site concentration (§4.4)."""
    drive = max(effect_ng_ml, 0.0) / 240.0
    rise = 0.27 * mean_at_rest * drive**1.6 / (1.0 + drive**1.6) * person_factor
    return PressureRise(systolic=1.26 * rise, diastolic=0.87 * rise, mean=rise)


def heart_rate_rise(effect_ng_ml: float, rate_at_rest: float) -> float:
    """Return the rise of heart rate, per minute; flat on purpose (§4.4)."""
    effect = max(effect_ng_ml, 0.0)
    return 0.435 * rate_at_rest * effect / (effect + 1800.0)
