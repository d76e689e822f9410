"""A recorded session under other limits: what would have been told, side by side; and no record changes."""

import re
from decimal import Decimal
from pathlib import Path

import pytest
from typer.testing import CliRunner

from dashboard.cli import app
from drivers.base.vocabulary import Priority
from monitor.clock import ManualClock
from monitor.errors import ConfigError, MonitorError
from monitor.storage.store import read_store
from monitor.whatif import Comparison, Rules, Told, differing, read_rules, what_if
from tests.shells.making import DRIVERS, NURSE
from tests.storage.test_replay import GOOD, recorded

DROPPING = b"\x58"  # SpO2 88


async def a_dip(directory: Path, acknowledge: bool = False) -> str:
    """Record SpO2 88 for 40 s; return the session."""
    clock = ManualClock()
    async with recorded(directory, clock) as chair:
        await chair.begin()
        await chair.say(GOOD, 10)
        await chair.say(DROPPING, 40)
        if acknowledge:
            await chair.station.act("1", NURSE, "acknowledge", {"alert": chair.alerts()[0]})
        await chair.say(GOOD, 30)
        session = chair.station.view("1")[1].session
        assert session is not None
        return session.id


def compared(directory: Path, session: str, **rules: dict[str, int]) -> Comparison:
    limits = {name: Decimal(value) for name, value in rules.get("limits", {}).items()}
    store = read_store(directory)
    try:
        settings = {name: Decimal(value) for name, value in rules.get("settings", {}).items()}
        return what_if(store, session, DRIVERS, Rules(limits, rules.get("delays", {}), settings))
    finally:
        store.close()


def spo2(comparison: Comparison) -> list[tuple[str | None, str | None]]:
    rows = [row for row in comparison.rows() if any(told and told.code == "spo2_low" for told in row)]
    return [(_said(one), _said(other)) for one, other in rows]


def _said(told: Told | None) -> str | None:
    return None if told is None else f"{told.priority} {told.text}"


async def test_other_limits_tell_other_alerts_of_the_same_bytes(tmp_path: Path) -> None:
    session = await a_dip(tmp_path)
    assert spo2(compared(tmp_path, session, limits={"spo2_low.medium": 87})) == [
        ("medium SpO₂ 88 < 90", "low SpO₂ 88 ≤ 93")
    ]
    assert spo2(
        compared(tmp_path, session, limits={"spo2_low.low": 85, "spo2_low.medium": 83, "spo2_low.high": 81})
    ) == [("medium SpO₂ 88 < 90", None)]


async def test_other_delays_move_the_beginning(tmp_path: Path) -> None:
    session = await a_dip(tmp_path)
    comparison = compared(tmp_path, session, delays={"spo2_low.medium": 25})
    [(recorded_, changed)] = [row for row in comparison.rows() if row[0] and row[0].code == "spo2_low"]
    assert recorded_
    assert changed
    assert changed.began - recorded_.began == 10_000_000
    assert changed.ended == recorded_.ended
    assert comparison.recorded.sounds(Priority.MEDIUM) >= 1


async def test_other_numbers_of_a_rule_move_the_end(tmp_path: Path) -> None:
    session = await a_dip(tmp_path)
    comparison = compared(tmp_path, session, settings={"spo2_low.clear_s": 20})
    [(recorded_, changed)] = [row for row in comparison.rows() if row[0] and row[0].code == "spo2_low"]
    assert recorded_
    assert changed
    assert changed.began == recorded_.began
    assert recorded_.ended
    assert changed.ended == recorded_.ended + 10_000_000


async def test_the_same_limits_tell_the_same(tmp_path: Path) -> None:
    session = await a_dip(tmp_path, acknowledge=True)
    comparison = compared(tmp_path, session)
    assert comparison.recorded == comparison.changed
    assert all(one == other for one, other in comparison.rows())


async def test_what_people_did_and_could_not_have_done_is_told(tmp_path: Path) -> None:
    session = await a_dip(tmp_path, acknowledge=True)
    comparison = compared(tmp_path, session, limits={"spo2_low.low": 85, "spo2_low.medium": 83, "spo2_low.high": 81})
    [sentence] = differing(comparison)
    assert sentence.startswith(f"'acknowledge' by {NURSE.name} was not possible")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[limits]\n'spo2_low.medium' = 'low'", "'spo2_low.medium' of .limits. is 'low'; write a number"),
        ("[limits]\n'spo2_low.mid' = 88", "knows no 'spo2_low.mid'"),
        ("[limits]\n'spo2_low.medium' = 70", "spo2_low must be a whole number from 80"),
        ("[delays]\n'spo2_low.medium' = 600", "must be 0 to 120 whole seconds"),
        ("[settings]\n'spo2_low.clear_s' = 61", "'spo2_low.clear_s' must be a whole number from 5 to 60 s, not 61"),
        ("[settings]\n'spo2_low.clear_s' = 'x'", "'spo2_low.clear_s' of .settings. is 'x'; write a number"),
        ("[colours]\nred = 1", r"may hold the tables \[limits\], \[delays\] and \[settings\]"),
        ("limits = 5", "may hold the tables"),
        ("", "there is nothing to try"),
        ("[limits", "is not TOML"),
    ],
)
def test_a_file_that_cannot_be_used_gets_a_sentence(tmp_path: Path, text: str, said: str) -> None:
    file = tmp_path / "limits.toml"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(ConfigError, match=said):
        read_rules(file)
    with pytest.raises(ConfigError, match="cannot be read: No such file"):
        read_rules(tmp_path / "none.toml")


async def test_the_command_shows_both_sides_and_says_what_is_missing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    await a_dip(tmp_path)
    monkeypatch.setattr("drivers.base.registry.all_drivers", lambda: DRIVERS)
    file = tmp_path / "limits.toml"
    file.write_text("[limits]\n'spo2_low.medium' = 87", encoding="utf-8")
    shown = CliRunner().invoke(app, ["whatif", str(tmp_path), "--limits", str(file)], env={"COLUMNS": "160"})
    assert shown.exit_code == 0
    assert "medium: SpO₂ 88 < 90" in shown.stdout
    assert "low: SpO₂ 88 ≤ 93" in shown.stdout
    minutes = [float(word) for word in re.findall(r"(\d+\.\d) to", shown.stdout)]
    assert minutes
    assert max(minutes) < 2
    refused = CliRunner().invoke(app, ["whatif", str(tmp_path / "none"), "--limits", str(file)])
    assert isinstance(refused.exception, MonitorError)
    assert "there is no record in" in str(refused.exception)
