"""Every phrase of the pages, for those who translate them: ``python -m tests.phrases > dashboard/assets/text/en.json``.

Reads the browser's modules with a small scanner that knows their literals, and the tables of the server whose words the pages show.
"""

import ast
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, fields, is_dataclass
from pathlib import Path
from types import ModuleType

from dashboard import app, firstrun
from monitor.core import alerts, conditions, criteria, infusion, patterns, settings, situations
from monitor.core.changes import AlertKind
from monitor.core.entries import Role
from monitor.web.vocabulary import vocabulary

MODULES = Path(app.__file__).parent / "assets" / "js"
CATALOGUE = Path(app.__file__).parent / "assets" / "text" / "en.json"

_TOKEN = re.compile(
    r"""(?P<nothing>\s+|//[^\n]*|/\*.*?\*/)
    |(?P<text>'(?:[^'\\\n]|\\.)*'|"(?:[^"\\\n]|\\.)*")
    |(?P<pattern>/(?:[^/\\\[\n]|\\.|\[(?:[^\]\\\n]|\\.)*\])+/[a-z]*)
    |(?P<word>[\w$]+|=>)
    |(?P<sign>.)""",
    re.VERBOSE | re.DOTALL,
)
_BEFORE_A_PATTERN = re.compile(r"[(,=:\[!&|?{};+]|=>|return|")


@dataclass(frozen=True, slots=True)
class Literal:
    """A text of a module; a template's has {0}, {1} … where its values stand. ``before`` are the two tokens before it."""

    line: int
    text: str
    before: tuple[str, str]

    @property
    def is_told(self) -> bool:
        """Whether it goes through the catalogue: t('…') or t`…`."""
        return self.before[1] == "t" or self.before == ("t", "(")


def literals(source: str) -> list[Literal]:
    """Return the literals of a module, in their order."""
    return sorted(_Scan(source).found, key=lambda one: one.line)


class _Scan:
    def __init__(self, source: str) -> None:
        self._source = source
        self.found: list[Literal] = []
        self._code(0, "")

    def _code(self, at: int, end: str) -> int:
        """Scan code from ``at`` to the brace that closes a value of a template, or to the end; return what comes then."""
        depth, before = 0, ("", "")
        while at < len(self._source):
            token = _TOKEN.match(self._source, at)
            assert token is not None
            kind, text = token.lastgroup, token[0]
            if kind == "pattern" and not _BEFORE_A_PATTERN.fullmatch(before[1]):
                kind, text = "sign", "/"
            if text == end and not depth:
                return at + 1
            depth += (text == "{") - (text == "}")
            if text == "`":
                at = self._template(at, before)
            else:
                at += len(text)
            if kind == "text":
                self._keep(token.start(), text[1:-1], before)
            if kind != "nothing":
                before = before[1], text
        return at

    def _template(self, begin: int, before: tuple[str, str]) -> int:
        at, text, values = begin + 1, "", 0
        while self._source[at] != "`":
            if self._source.startswith("${", at):
                text, values, at = f"{text}{{{values}}}", values + 1, self._code(at + 2, "}")
                continue
            size = 2 if self._source[at] == "\\" else 1
            text, at = text + self._source[at : at + size], at + size
        self._keep(begin, text, before)
        return at + 1

    def _keep(self, at: int, text: str, before: tuple[str, str]) -> None:
        self.found.append(Literal(self._source.count("\n", 0, at) + 1, re.sub(r"\\(.)", r"\1", text), before))


def of_modules() -> set[str]:
    """The phrases of the browser's modules."""
    sources = (path.read_text("utf-8") for path in MODULES.glob("*.js"))
    return {literal.text for source in sources for literal in literals(source) if literal.is_told}


# The server's


def of_server() -> set[str]:
    """The phrases that the server says and the pages show: its vocabulary, its rules, and what alerts and criteria are made of."""
    said = {phrase for module in _SAYING for phrase in _phrases_of(module)}
    codes = {one.value for kinds in (Role, AlertKind) for one in kinds}
    return {*_texts(vocabulary()), *map(_numbered, _rules()), *said, *_BESIDE, *codes}


def _rules() -> Iterator[str]:
    """What the settings show of the table of conditions and of its numbers."""
    for rule in conditions.CONDITIONS.values():
        yield from (rule.title, rule.harm, rule.onset, rule.response)
        yield from (step.when for step in rule.steps if step.when)
    for part in settings.PARTS:
        yield from (part.title, part.text)
    for setting in settings.SETTINGS.values():
        yield from (
            setting.meaning,
            *([setting.unit] if setting.unit.isalpha() and len(setting.unit) > len("mmHg") else ()),
        )


_SAYING = (alerts, criteria, infusion, patterns, situations)
_UNITS = ("mg/kg", "mg/kg/h", "mg/h", "mL/h")
_BESIDE = (
    "was {0}",
    "now {0}",
    "now missing",
    "Shipped pre-set",
    *(f"{name} {{0}} or {{1}}" for name in ("Nausea", "Dissociation")),
    *(f"{{0}} {unit} over {{1}} min" for unit in _UNITS),
)
"""What the server puts together of more than numbers."""
_CODES = ("code", "low", "high", "ready", "absolute")
_JOINTS = re.compile(r"[:;,] |\b(?:SpO₂|HR|PR|SBP|DBP|MAP|NIBP|RR|EtCO₂) ")
"""Where ``text.js`` takes a sentence of the server apart."""


def _texts(told: object) -> Iterator[str]:
    """The texts of a vocabulary, not its codes."""
    if isinstance(told, str):
        yield told
    elif is_dataclass(told):
        for one in fields(told):
            if one.name not in _CODES:
                yield from _texts(getattr(told, one.name))
    elif isinstance(told, dict):
        yield from (text for value in told.values() for text in _texts(value))
    elif isinstance(told, tuple | list):
        yield from (text for value in told for text in _texts(value))


def _phrases_of(module: ModuleType) -> Iterator[str]:
    """The sentences that a module of the core puts together, in the pieces that can be translated; refusals are none of them."""
    tree = ast.parse(Path(str(module.__file__)).read_text("utf-8"))
    skipped = {child for node in ast.walk(tree) if _is_no_phrase(node) for child in ast.walk(node)}
    for node in ast.walk(tree):
        if node in skipped:
            continue
        if isinstance(node, ast.JoinedStr):
            skipped.update(ast.walk(node))
            yield from filter(_is_phrase, _pieces(node))
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and " " in node.value.strip():
            yield node.value


def _is_no_phrase(node: ast.AST) -> bool:
    """A refusal, or a docstring."""
    return isinstance(node, ast.Raise) or (isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant))


def _pieces(told: ast.JoinedStr) -> Iterator[str]:
    """The whole where all its values are numbers, else those pieces of it of which that is true."""
    values = [part for part in told.values if isinstance(part, ast.FormattedValue)]
    text = "".join(str(part.value) if isinstance(part, ast.Constant) else "\0" for part in told.values)
    for piece in [text] if all(map(_is_number, values)) else _JOINTS.split(text):
        mine, values = values[: piece.count("\0")], values[piece.count("\0") :]
        if all(map(_is_number, mine)):
            yield _numbered(piece).strip(" ,")


def _numbered(text: str) -> str:
    """The key of a sentence with numbers, as ``text.js`` makes it."""
    places = iter(range(len(text)))
    return re.sub(r"\0|\d+(?:[.:]\d+)*", lambda _: f"{{{next(places)}}}", text)


def _is_number(part: ast.FormattedValue) -> bool:
    value = part.value.func if isinstance(part.value, ast.Call) else part.value
    name = value.attr if isinstance(value, ast.Attribute) else getattr(value, "id", "")
    return part.format_spec is not None or name.isupper() or name in _NUMBERS


_NUMBERS = ("number", "plain", "_two", "len", "words", "whole", "minutes", "gone", "level")
"""What the core calls its numbers, and what writes them."""


def _is_phrase(piece: str) -> bool:
    return bool(re.search(r"[a-z]{2}", piece))


OF_PAGES = {app.NO_SCRIPT, firstrun.TITLE, firstrun.NO_SCRIPT}
"""What Python writes into a page by itself."""


def catalogue() -> dict[str, str]:
    """Every phrase there is, each its own translation."""
    return {
        phrase: phrase
        for phrase in sorted(OF_PAGES | of_modules() | of_server(), key=lambda one: (one.casefold(), one))
    }


def written(phrases: dict[str, str]) -> str:
    """A catalogue as its file has it."""
    return json.dumps(phrases, ensure_ascii=False, indent=1) + "\n"


if __name__ == "__main__":
    print(written(catalogue()), end="")
