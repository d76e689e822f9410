"""The worked tables of the clinical fact sheet §4.2 and §4.4, to their printed rounding."""

import math

import numpy as np
import pytest

from simulators.base.pharmacology import (
    KAMP,
    MODELS,
    Kinetics,
    heart_rate_rise,
    matrix_exponential,
    pressure_rise,
)

MINUTES_A = (5, 10, 20, 30, 40, 45, 50, 55, 70, 100, 160)
TABLE_A = {
    "kamp": (109, 155, 198, 228, 253, 155, 120, 105, 83, 60, 38),
    "domino": (155, 182, 210, 226, 240, 91, 71, 61, 49, 40, 28),
    "clements": (33, 62, 109, 147, 177, 157, 141, 127, 98, 68, 48),
    "hijazi": (52, 95, 157, 198, 225, 183, 149, 122, 67, 23, 7),
}
MINUTES_B = (10, 30, 60, 90, 120, 125, 130, 135, 150, 180, 240)
TABLE_B = {
    "kamp": (177, 261, 336, 390, 431, 312, 266, 242, 203, 156, 108),
    "domino": (208, 259, 303, 338, 368, 195, 169, 155, 134, 111, 77),
    "clements": (71, 168, 257, 318, 367, 336, 310, 289, 241, 188, 140),
    "hijazi": (108, 226, 293, 315, 325, 267, 219, 181, 105, 43, 19),
}


def course(
    model: str, rate_mg_min: float, stop_min: int, minutes: tuple[int, ...], weight_kg: float = 70.0
) -> list[tuple[float, float]]:
    """Plasma and effect-site levels at the given minutes of one infusion."""
    kinetics = Kinetics(MODELS[model].scaled(weight_kg))
    levels, now = [], 0
    for minute in minutes:
        for boundary in (min(max(stop_min, now), minute), minute):
            kinetics.advance(rate_mg_min if boundary <= stop_min else 0.0, boundary - now)
            now = boundary
        levels.append((kinetics.plasma_ng_ml, kinetics.effect_ng_ml))
    return levels


@pytest.mark.parametrize("model", TABLE_A)
def test_half_a_milligram_per_kilogram_over_40_minutes(model: str) -> None:
    levels = [plasma for plasma, _ in course(model, 35 / 40, 40, MINUTES_A)]
    assert levels == pytest.approx(TABLE_A[model], abs=2)


@pytest.mark.parametrize("model", TABLE_B)
def test_60_milligrams_per_hour_for_two_hours(model: str) -> None:
    levels = [plasma for plasma, _ in course(model, 1.0, 120, MINUTES_B)]
    assert levels == pytest.approx(TABLE_B[model], abs=2)


@pytest.mark.parametrize(("model", "steady"), [("kamp", 714), ("domino", 518), ("clements", 748), ("hijazi", 397)])
def test_steady_state_at_60_milligrams_per_hour(model: str, steady: float) -> None:
    assert course(model, 1.0, 100_000, (100_000,))[0][0] == pytest.approx(steady, abs=2)


@pytest.mark.parametrize(("model", "end"), [("kamp", 220), ("domino", 182), ("clements", 207)])
def test_the_pain_trial_regimen(model: str, end: float) -> None:
    assert course(model, 0.35 * 70 / 60, 240, (240,))[0][0] == pytest.approx(end, abs=2)


REGIMEN_A = {
    10: (155, 79, 5, 3, 1),
    20: (198, 152, 10, 7, 2),
    30: (228, 197, 13, 9, 3),
    40: (253, 229, 15, 10, 4),
    50: (120, 176, 12, 8, 3),
    60: (96, 126, 8, 6, 2),
    90: (66, 74, 4, 3, 1),
    130: (46, 50, 2, 2, 1),
}
REGIMEN_B = {
    10: (177, 90, 5, 4, 1),
    30: (261, 225, 15, 10, 3),
    60: (336, 317, 19, 13, 5),
    90: (390, 376, 21, 15, 5),
    120: (431, 420, 22, 15, 6),
    130: (266, 342, 20, 14, 5),
    150: (203, 230, 15, 10, 4),
    180: (156, 168, 11, 8, 3),
    240: (108, 113, 7, 5, 2),
}


@pytest.mark.parametrize(("rate", "stop", "table"), [(35 / 40, 40, REGIMEN_A), (1.0, 120, REGIMEN_B)])
def test_mean_haemodynamic_course(rate: float, stop: int, table: dict[int, tuple[int, ...]]) -> None:
    for (plasma, effect), expected in zip(course("kamp", rate, stop, tuple(table)), table.values(), strict=True):
        rise = pressure_rise(effect, 92)
        assert (plasma, effect) == pytest.approx(expected[:2], abs=2)
        assert (rise.systolic, rise.diastolic, heart_rate_rise(effect, 72)) == pytest.approx(expected[2:], abs=0.75)


def test_any_step_gives_the_same_course() -> None:
    """Domino's fastest half-life is 0.4 min; exact steps of any length agree all the same."""
    one, many = Kinetics(MODELS["domino"]), Kinetics(MODELS["domino"])
    one.advance(0.875, 40)
    for _ in range(2400):
        many.advance(0.875, 1 / 60)
    assert many.plasma_ng_ml == pytest.approx(one.plasma_ng_ml, rel=1e-9)


def test_allometry() -> None:
    heavy = KAMP.scaled(140)
    assert (heavy.v1, heavy.cl) == pytest.approx((50, 1.40 * 2**0.75))
    assert MODELS["domino"].scaled(140).cl == pytest.approx(MODELS["domino"].cl * 2)


def test_matrix_exponential() -> None:
    assert matrix_exponential(np.array([[0.0, -math.pi], [math.pi, 0.0]])) == pytest.approx(-np.eye(2), abs=1e-9)
    assert matrix_exponential(np.zeros((2, 2))) == pytest.approx(np.eye(2))
