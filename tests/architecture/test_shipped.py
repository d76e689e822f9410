"""What ships: nothing is loaded from the network, locks hold names, versions and hashes only, words are kept."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
ASSETS = ROOT / "dashboard" / "assets"
LOADS = re.compile(
    r"""(?:@import|url\(|src\s*=|href\s*=|import\s[^;]*from|import\(|fetch\()\s*["'(]*\s*(?:https?:)?//""",
    re.IGNORECASE,
)
COMFORT = re.compile(r"""["'`>](?:[^"'`<\n]*\s)?(?:OK|Ok|okay|all clear|is safe|safe to)\b""")


def assets(*suffixes: str) -> list[Path]:
    return sorted(path for path in ASSETS.rglob("*") if path.suffix in suffixes)


@pytest.mark.parametrize("path", assets(".js", ".css"), ids=lambda path: path.name)
def test_no_asset_loads_from_the_network(path: Path) -> None:
    assert not LOADS.search(path.read_text(encoding="utf-8"))


@pytest.mark.parametrize("path", assets(".js"), ids=lambda path: path.name)
def test_nothing_on_a_page_comforts(path: Path) -> None:
    found = COMFORT.search(path.read_text(encoding="utf-8"))
    assert not found, found


def test_no_page_of_python_loads_from_the_network_or_comforts() -> None:
    for path in [*ROOT.glob("dashboard/*.py"), *ROOT.glob("monitor/web/**/*.py")]:
        text = path.read_text(encoding="utf-8")
        assert not LOADS.search(text), path
        assert not COMFORT.search(text), path


@pytest.mark.parametrize("name", ["requirements.lock", "requirements-test.lock", "requirements-fuzz.lock"])
def test_locks_hold_names_versions_and_hashes_only(name: str) -> None:
    for line in (ROOT / name).read_text(encoding="utf-8").splitlines():
        assert re.fullmatch(r"[A-Za-z0-9._-]+==[^\s]+( ; [^\\]+)? \\|    --hash=sha256:[0-9a-f]{64}( \\)?", line), line


def test_fonts_ship_with_their_licence() -> None:
    fonts = list((ASSETS / "fonts").glob("*.woff2"))
    assert fonts
    assert any("OFL" in path.name.upper() for path in (ASSETS / "fonts").glob("*.txt"))


PAGES = [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")]


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.name)
def test_every_link_of_the_docs_leads_somewhere(path: Path) -> None:
    for link in re.findall(r"\]\(([^)#]+)", path.read_text(encoding="utf-8")):
        assert link.startswith("http") or (path.parent / link).exists(), link
