"""Scales and scores: their bounds and the words of their levels (clinical §3.1, §3.3)."""

from typing import Any

import pytest

from monitor.core.scores import ALDRETE, PADSS, SCALES, level_of, points_of
from monitor.errors import BadRequest


@pytest.mark.parametrize(
    ("code", "low", "high"),
    [("pain", 0, 10), ("moaas", 0, 5), ("dissociation", 0, 3), ("cadss6", 0, 24), ("nausea", 0, 3), ("anxiety", 0, 10)],
)
def test_a_scale_takes_its_levels_and_no_other(code: str, low: int, high: int) -> None:
    assert [level_of(code, level) for level in (low, high)] == [low, high]
    wrong: list[Any] = [low - 1, high + 1, None, True, "3", 1.0]
    for level in wrong:
        with pytest.raises(BadRequest, match=f"goes from {low} to {high} in whole steps"):
            level_of(code, level)


def test_the_words_of_a_scale_lie_on_it() -> None:
    for scale in SCALES.values():
        assert all(scale.low <= level <= scale.high for level in scale.words)


@pytest.mark.parametrize(("code", "items"), [("aldrete", ALDRETE), ("padss", PADSS)])
def test_a_score_has_five_items_of_two_points(code: str, items: Any) -> None:
    assert len(items) == 5
    assert points_of(code, [2, 1, 0, 2, 2]) == (2, 1, 0, 2, 2)
    with pytest.raises(BadRequest, match=f"{code} has 5 items: {items[0].name}"):
        points_of(code, [2, 2])
    with pytest.raises(BadRequest, match="has 5 items"):
        points_of(code, None)
    wrong: list[Any] = [3, -1, None, True, "2"]
    for given in wrong:
        with pytest.raises(BadRequest, match=f"'{items[1].name}' of {code} gets 0, 1 or 2 points"):
            points_of(code, [2, given, 2, 2, 2])
