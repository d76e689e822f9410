"""The example package of the docs, as its reader would use it: built, installed elsewhere, found by its entry points."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from drivers.base.registry import all_drivers

EXAMPLE = Path(__file__).parents[2] / "docs" / "example-driver"


def run(*command: str | Path, path: Path | None = None, status: int = 0) -> str:
    environment = os.environ | {"PIP_NO_INDEX": "1", "PIP_DISABLE_PIP_VERSION_CHECK": "1"}
    environment["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"
    if path is not None:
        environment["PYTHONPATH"] = str(path)
    done = subprocess.run(
        [sys.executable, "-m", *map(str, command)],
        capture_output=True,
        text=True,
        env=environment,
        cwd=EXAMPLE.parents[1],
        check=False,
        timeout=300,
    )
    assert done.returncode == status, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the package in it, and nothing else."""
    folder = tmp_path_factory.mktemp("example")
    shutil.copytree(EXAMPLE, folder / "source", ignore=shutil.ignore_patterns("__pycache__", "*.egg-info", "build"))
    run("pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation", "--wheel-dir", folder, folder / "source")
    (wheel,) = folder.glob("*.whl")
    run("pip", "install", "--quiet", "--no-deps", "--target", folder / "site", wheel)
    return folder / "site"


def test_it_is_found_by_its_entry_point_and_keeps_the_contract(installed: Path) -> None:
    assert "exemplar" in run("dashboard", "drivers", "--names", path=installed).split()
    assert "exemplar" not in all_drivers()
    report = run("dashboard", "conformance", "exemplar", "--short", path=installed)
    assert "Conformance of the driver 'exemplar': Exemplar 1 pulse oximeter (made up)" in report
    assert "13 kept, 0 broken, 0 not tried" in report


def test_its_own_tests_pass(installed: Path) -> None:
    arguments = ("-q", "-p", "no:cacheprovider", "-c", os.devnull)
    assert "6 passed" in run("pytest", *arguments, EXAMPLE / "tests", path=installed)
