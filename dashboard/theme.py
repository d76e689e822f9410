"""The tokens of the look, read from assets/css/tokens.css, which is their only source."""

import re
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Literal

TOKENS = Path(__file__).with_name("assets") / "css" / "tokens.css"
_BLOCK = re.compile(r":root(?P<light>\[data-theme='light'\])?\s*\{(?P<body>[^}]*)\}")
_TOKEN = re.compile(r"--(?P<name>[a-z0-9-]+):\s*(?P<value>[^;]+);")


@cache
def tokens(theme: Literal["dark", "light"] = "dark") -> MappingProxyType[str, str]:
    """Return the tokens of ``theme`` by name; the light theme changes the dark one where it says so."""
    found: dict[str, str] = {}
    for block in _BLOCK.finditer(TOKENS.read_text("utf-8")):
        if theme == "light" or not block["light"]:
            found |= {token["name"]: token["value"] for token in _TOKEN.finditer(block["body"])}
    return MappingProxyType(found)


def contrast(first: str, second: str) -> float:
    """Return the contrast ratio of two colours ``#rrggbb`` as WCAG 2 defines it, 1 to 21."""
    light, dark = sorted((_luminance(first), _luminance(second)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def _luminance(colour: str) -> float:
    channels = (int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5))
    linear = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels)
    return sum(weight * c for weight, c in zip((0.2126, 0.7152, 0.0722), linear, strict=True))
