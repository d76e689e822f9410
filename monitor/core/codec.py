"""Frozen values to JSON values and back, by their annotations: what a checkpoint is written with. No schema of its own."""

from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from decimal import Decimal
from enum import Enum
from functools import cache
from types import NoneType, UnionType
from typing import Any, Union, get_args, get_origin, get_type_hints


def to_json(value: Any) -> Any:
    """Return ``value`` as dict, list, string, number, bool or None: enums as their word, decimals as strings."""
    if is_dataclass(value):
        return {field.name: to_json(getattr(value, field.name)) for field in fields(value)}
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, Decimal):
        return str(value)
    if isinstance(value, Mapping):
        return {str(key): to_json(item) for key, item in value.items()}
    if isinstance(value, frozenset):
        return sorted(to_json(item) for item in value)
    if isinstance(value, tuple):
        return [to_json(item) for item in value]
    return value


def from_json(kind: Any, data: Any) -> Any:
    """Return the value of type ``kind`` that ``to_json`` wrote as ``data``; fields that are missing keep their defaults."""
    origin, arguments = get_origin(kind), get_args(kind)
    if origin in (Union, UnionType):
        kinds = [argument for argument in arguments if argument is not NoneType]
        return data if data is None or len(kinds) > 1 else from_json(kinds[0], data)
    if origin in (tuple, frozenset):
        return origin(from_json(arguments[0], item) for item in data)
    if origin is dict:
        return {from_json(arguments[0], key): from_json(arguments[1], item) for key, item in data.items()}
    if is_dataclass(kind):
        return _dataclass_from_json(kind, data)
    if isinstance(kind, type) and issubclass(kind, Enum | Decimal):
        return kind(data)
    return data


def _dataclass_from_json(kind: Any, data: dict[str, Any]) -> Any:
    hints = _hints(kind)
    return kind(**{name: from_json(hints[name], item) for name, item in data.items() if name in hints})


@cache
def _hints(kind: Any) -> dict[str, Any]:
    return get_type_hints(kind)
