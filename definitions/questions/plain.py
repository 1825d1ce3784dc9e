"""Plain values as people type them, and small changes of a schema."""

from collections.abc import Mapping
from typing import Any

from definitions.schemas.problem import JSON
from definitions.schemas.words import number as number_words

Part = dict[str, Any]


class Unreadable(ValueError):
    """What was typed for an aspect cannot be meant; the text says why."""


def number_in(text: str) -> int | float:
    try:
        return int(text)
    except ValueError:
        pass
    try:
        value = float(text.replace(",", "."))
    except ValueError:
        raise Unreadable(f"“{text}” is not a number.") from None
    if value != value or value in (float("inf"), float("-inf")):
        raise Unreadable(f"“{text}” is not a number.")
    return value


def as_text(value: JSON) -> str:
    if isinstance(value, int | float) and not isinstance(value, bool):
        return number_words(value)
    return str(value)


def is_scalar(value: JSON) -> bool:
    return isinstance(value, str | int | float) and not isinstance(value, bool)


def put(schema: Part, keyword: str, value: JSON) -> None:
    if value is None:
        schema.pop(keyword, None)
    else:
        schema[keyword] = value


def replace_all(schema: Part, made: Mapping[str, JSON]) -> None:
    schema.clear()
    schema.update(made)
