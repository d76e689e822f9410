"""The commands about configuration and record: what is wrong is one sentence on stderr and status 2."""

import asyncio
import sqlite3
from decimal import Decimal
from pathlib import Path

import pytest

from dashboard.cli import main
from monitor.clock import ManualClock
from monitor.storage.audit import AuditLog
from monitor.storage.presets import Presets
from monitor.storage.store import FILE, Store
from tests.shells.making import ADMISSION, NURSE
from tests.shells.test_app import config_in

GOOD = """
[server]
data_dir = "{data}"
[[user]]
name = "L. Moreno"
role = "nurse"
[[chair]]
id = "1"
[[chair.device]]
id = "oximeter"
driver = "nonin"
port = "/dev/no-such-port"
"""


def vigil(monkeypatch: pytest.MonkeyPatch, *arguments: str) -> int:
    monkeypatch.setattr("sys.argv", ["vigil", *arguments])
    with pytest.raises(SystemExit) as ended:
        main()
    return int(ended.value.code or 0)


@pytest.fixture
def record(tmp_path: Path) -> Path:
    """A record with a session, as a server left it."""
    from monitor.app import build

    async def make() -> None:
        app = build(config_in(tmp_path), clock := ManualClock())
        async with app.router.lifespan_context(app):
            await app.state.server.station.act("1", NURSE, "admit", ADMISSION)
            await clock.advance(30)

    asyncio.run(make())
    return tmp_path


def test_a_good_configuration_and_its_warnings(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    file = tmp_path / "vigil.toml"
    file.write_text(GOOD.format(data=tmp_path))
    assert vigil(monkeypatch, "check-config", str(file)) == 0
    out, err = capsys.readouterr()
    assert "can be used: 1 chairs, 1 devices, 1 users" in out
    assert "warning: the port /dev/no-such-port of oximeter at chair '1' does not exist now" in err


@pytest.mark.parametrize("command", [("check-config",), ("serve", "--config")])
def test_a_configuration_that_cannot_be_used(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path, command: tuple[str, ...]
) -> None:
    file = tmp_path / "vigil.toml"
    file.write_text(GOOD.format(data=tmp_path).replace("nonin", "nonnin"))
    assert vigil(monkeypatch, *command, str(file)) == 2
    err = capsys.readouterr().err
    assert err.count("\n") == 1
    assert "has the unknown driver 'nonnin'; known are: " in err


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--config", "none/vigil.toml"), "there is no folder "),
        (("--config", "vigil.toml", "--host", "0.0.0.0"), "the first run, which makes it, is done at this computer"),
    ],
)
def test_a_first_run_that_cannot_be(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
    arguments: tuple[str, ...],
    said: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    assert vigil(monkeypatch, "serve", *arguments) == 2
    assert said in capsys.readouterr().err


def test_limits_in_the_file_that_no_longer_count(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], record: Path
) -> None:
    file = record / "vigil.toml"
    file.write_text(GOOD.format(data=record) + '[limits]\n"spo2_low.high" = 86\n')
    assert vigil(monkeypatch, "check-config", str(file)) == 0
    assert "[limits]" not in capsys.readouterr().err
    store = Store(record)
    asyncio.run(Presets(AuditLog(store.engine, lambda: 0)).take_over({"spo2_low.high": Decimal(86)}))
    store.close()
    assert vigil(monkeypatch, "check-config", str(file)) == 0
    assert "[limits] no longer counts: version 1 of the clinic's pre-set is in the record" in capsys.readouterr().err


def test_a_replay_that_agrees(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], record: Path
) -> None:
    assert vigil(monkeypatch, "replay", str(record), "--chair", "1") == 0
    out = capsys.readouterr().out
    assert "alerts agree exactly" in out
    assert "30.0 s" in out
    assert "audit log: 0 rows, the chain holds" in out


def test_a_replay_tells_where_the_audit_log_is_broken(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], record: Path
) -> None:
    with sqlite3.connect(record / FILE) as connection:
        connection.execute("INSERT INTO audit VALUES (1, 0, 'Dr. Nobody', 'physician', 'preset', '{}', 'made up')")
    connection.close()
    assert vigil(monkeypatch, "replay", str(record), "--chair", "1") == 1
    out = capsys.readouterr().out
    assert "alerts agree exactly" in out
    assert "the audit log is broken at row 1 (preset, 1970-01-01 00:00 UTC): it is not what was written" in out


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("--chair", "9"), "there is no chair '9'"),
        (("--session", "x"), "there is no session 'x'"),
    ],
)
def test_a_replay_of_what_is_not_there(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    record: Path,
    arguments: tuple[str, ...],
    sentence: str,
) -> None:
    assert vigil(monkeypatch, "replay", str(record), *arguments) == 2
    assert sentence in capsys.readouterr().err


def test_a_replay_of_nothing(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    assert vigil(monkeypatch, "replay", str(tmp_path)) == 2
    assert "there is no record in" in capsys.readouterr().err
