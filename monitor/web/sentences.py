"""Turns what pydantic found wrong into one sentence for a person."""

from collections.abc import Sequence
from typing import Any

_ASIDE = ("body", "query", "path")


def sentence_of(errors: Sequence[Any]) -> str:
    """Return the first of pydantic's errors as a sentence that names the field: "weight_kg: a decimal number is needed"."""
    error = errors[0]
    where = ".".join(str(part) for part in error["loc"] if part not in _ASIDE)
    what = _what(error)
    return f"{where}: {what}" if where else what


def _what(error: Any) -> str:
    kind, context = error["type"], error.get("ctx") or {}
    if kind == "missing":
        return "this field is missing"
    if kind == "extra_forbidden":
        return "there is no such field"
    if kind == "json_invalid":
        return "this is no JSON"
    if kind in ("model_attributes_type", "dict_type"):
        return "a message is a JSON object"
    if kind == "string_pattern_mismatch":
        return 'this must be a decimal number as a string, such as "0.5"'
    if kind == "union_tag_invalid":
        return f"'{context.get('tag')}' is not known; there are {context.get('expected_tags')}"
    if kind == "union_tag_not_found":
        return f"the field {context.get('discriminator')} is missing"
    message: str = error["msg"]
    return message[:1].lower() + message[1:]
