"""Rules of the floor plan that import contracts cannot say."""

import ast
import importlib
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
ROOMS = ("monitor", "drivers", "dashboard", "simulators")
IMPURE = {
    "asyncio", "time", "random", "threading", "logging", "sqlite3", "sqlalchemy", "fastapi", "starlette", "serial",
    "socket", "select", "orjson", "os", "subprocess",
}  # fmt: skip
SIMULATED = sorted(path.stem for path in (ROOT / "simulators").glob("*.py") if not path.stem.startswith("_"))


def sources(*rooms: str) -> list[Path]:
    return sorted(path for room in rooms for path in (ROOT / room).rglob("*.py"))


def imports(path: Path) -> Iterator[tuple[str, tuple[str, ...]]]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from ((alias.name, ()) for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module, tuple(alias.name for alias in node.names)


def test_the_core_and_the_drivers_are_pure() -> None:
    pure = [
        path
        for path in sources("monitor/core", "drivers")
        if path.name not in ("serialport.py", "datagramport.py", "registry.py")
    ]
    assert len(pure) > 10
    for path in pure:
        for module, _ in imports(path):
            assert module.split(".")[0] not in IMPURE, f"{path.relative_to(ROOT)} imports {module}"


def test_drivers_do_not_know_each_other() -> None:
    for path in (ROOT / "drivers").glob("*.py"):
        family = path.stem.strip("_").split("_")[0]
        for module, _ in imports(path):
            if module.startswith("drivers.") and not module.startswith("drivers.base"):
                assert module.split(".")[1].strip("_").split("_")[0] == family, f"{path.name} imports {module}"


def test_nobody_but_tests_imports_simulators() -> None:
    for path in sources("monitor", "drivers", "dashboard"):
        for module, _ in imports(path):
            assert module.split(".")[0] != "simulators", f"{path.relative_to(ROOT)} imports {module}"


@pytest.mark.parametrize("name", SIMULATED)
def test_a_simulator_takes_only_wire_names_of_its_driver(name: str) -> None:
    family = [
        path for path in (ROOT / "simulators").glob("*.py") if path.stem.strip("_").split("_")[0] == name.split("_")[0]
    ]
    for path in family:
        for module, names in imports(path):
            if module.startswith("drivers.") and not module.startswith("drivers.base"):
                wire = set(importlib.import_module(module).WIRE)
                assert set(names) <= wire, f"{path.name} takes {set(names) - wire} of {module}"


@pytest.mark.parametrize("name", SIMULATED)
def test_driver_simulator_test_and_page_bear_one_name(name: str) -> None:
    assert (ROOT / "drivers" / f"{name}.py").exists()
    assert list((ROOT / "tests" / "drivers").glob(f"test_{name}*.py"))
    assert (ROOT / "docs" / "devices" / f"{name}.md").exists()


def test_no_file_and_no_function_outgrows_its_room() -> None:
    for path in sources(*ROOMS):
        text = path.read_text(encoding="utf-8")
        assert text.count("\n") <= 600, f"{path.relative_to(ROOT)} has {text.count(chr(10))} lines"
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                length = (node.end_lineno or node.lineno) - node.lineno
                assert length <= 80, f"{path.relative_to(ROOT)}: {node.name} has {length} lines"


def test_every_module_says_what_it_is_for() -> None:
    for path in sources(*ROOMS):
        text = path.read_text(encoding="utf-8")
        if text.strip():
            assert ast.get_docstring(ast.parse(text)), f"{path.relative_to(ROOT)} has no docstring"
