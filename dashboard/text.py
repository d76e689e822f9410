"""What people read, in the clinic's language: one file a language, ``{"English phrase": "its translation"}``.

English needs no file, for its phrases are the keys. docs/translating.md tells how a translation is made.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from monitor.errors import ConfigError

FOLDER = Path(__file__).with_name("assets") / "text"
TEMPLATE = "en"
"""The file of every phrase there is, which translators copy. It is not read: its phrases stand in the pages."""


_TAG = re.compile(r"[a-z]{2,3}(-[A-Z][a-z]{3})?(-[A-Z]{2})?")
"""What a browser takes for a language: "de", "de-AT", "zh-Hant"."""


@dataclass(frozen=True, slots=True)
class Catalogue:
    """The phrases of one language. What it lacks stays English."""

    language: str = "en"
    phrases: Mapping[str, str] = field(default_factory=dict)

    def __call__(self, phrase: str) -> str:
        """Return ``phrase`` in this language."""
        return self.phrases.get(phrase) or phrase

    def for_page(self) -> str:
        """Return the element from which ``assets/js/text.js`` has the catalogue; nothing for English."""
        if not self.phrases:
            return ""
        phrases = json.dumps(self.phrases, ensure_ascii=False).replace("<", "\\u003c")  # no phrase ends the element
        return f'<script type="application/json" id="vigil-text">{phrases}</script>'


ENGLISH = Catalogue()


def catalogue(language: str, own: Path | None = None) -> Catalogue:
    """Read the catalogue of ``language``, from the clinic's folder ``own`` if it is there, else from ours.

    Raises ``ConfigError`` when there is none, or when its file is no table of texts that keep their values.
    """
    if language == TEMPLATE:
        return ENGLISH
    files = (path for folder in (FOLDER, own) if folder for path in sorted(folder.glob("*.json")))
    found = {path.stem: path for path in files if _TAG.fullmatch(path.stem)}
    if language not in found:
        known = ", ".join(sorted({TEMPLATE, *found}))
        raise ConfigError(f"clinic.language '{language}' has no catalogue; there are: {known}")
    return Catalogue(language, _phrases(found[language]))


def preferred(asked: str) -> Catalogue:
    """Return the first catalogue of ours that ``asked``, a browser's Accept-Language, names; English where it names none."""
    known = {TEMPLATE, *(path.stem for path in FOLDER.glob("*.json") if _TAG.fullmatch(path.stem))}
    tags = [tag.split(";")[0].strip() for tag in asked.split(",")]
    return catalogue(next((one for tag in tags for one in (tag, tag.split("-")[0]) if one in known), TEMPLATE))


def _phrases(path: Path) -> dict[str, str]:
    try:
        phrases = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise ConfigError(f"the catalogue {path} cannot be read: {error}") from None
    if not isinstance(phrases, dict) or not all(isinstance(phrase, str) for phrase in phrases.values()):
        raise ConfigError(
            f'the catalogue {path} must be one table of texts: {{"English phrase": "its translation", …}}'
        )
    lost = next((phrase for phrase, said in phrases.items() if said and _holes(said) != _holes(phrase)), None)
    if lost is not None:
        raise ConfigError(
            f"the catalogue {path} must keep the values of '{lost}': each of its {{0}}, {{1}} … and no other"
        )
    return phrases


def _holes(phrase: str) -> set[str]:
    return set(re.findall(r"\{\d\}", phrase))
