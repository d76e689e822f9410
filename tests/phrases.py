"""Every phrase of the pages, for those who translate them: ``python -m tests.phrases > dashboard/assets/text/en.json``.

Reads the browser's modules with a small scanner that knows their literals, and the tables of the server whose words the pages show.
"""

import json
import re
from dataclasses import dataclass
from pathlib import Path

from dashboard import app

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


def catalogue() -> dict[str, str]:
    """Every phrase there is, each its own translation."""
    return {phrase: phrase for phrase in sorted(of_modules(), key=lambda one: (one.casefold(), one))}


def written(phrases: dict[str, str]) -> str:
    """A catalogue as its file has it."""
    return json.dumps(phrases, ensure_ascii=False, indent=1) + "\n"


if __name__ == "__main__":
    print(written(catalogue()), end="")
