"""JavaScript's conversions, which the classic operators depend on (ECMA-262, chapter 7)."""

from __future__ import annotations

import math
import re
from datetime import date
from decimal import Decimal
from typing import Any

from definitions.logic.limits import measure

_NUMBER_AT_START = re.compile(r"\s*([+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]{1,4})?)")
_NUMBER = re.compile(_NUMBER_AT_START.pattern + r"\s*\Z")


def truthy(value: Any) -> bool:
    """JsonLogic's own table: empty lists are false, "0" is true."""
    return not (isinstance(value, float) and math.isnan(value)) and bool(value or value == {})


def plain(number: float) -> float | None:
    """A number as JSON has it: no fraction where there is none, nothing for NaN."""
    if not math.isfinite(number):
        return None
    return int(number) if number == int(number) and abs(number) < 2**53 else number


def as_float(value: float) -> float:
    try:
        return float(value)
    except OverflowError:
        return math.inf if value > 0 else -math.inf


def to_number(value: Any) -> float:
    """JavaScript's Number()."""
    if value is None:
        return 0.0
    if isinstance(value, Decimal):
        return float(value)
    if isinstance(value, bool | int | float):
        return as_float(value)
    if isinstance(value, list):
        value = to_text(value)
    if isinstance(value, str):
        found = _NUMBER.match(value)
        return float(found[1]) if found else math.nan if value.strip() else 0.0
    return math.nan


def parse_float(value: Any) -> float:
    """JavaScript's parseFloat(): the number that a text starts with."""
    if isinstance(value, int | float | Decimal) and not isinstance(value, bool):
        return to_number(value)
    found = _NUMBER_AT_START.match(to_text(value))
    return float(found[1]) if found else math.nan


def to_text(value: Any) -> str:
    """JavaScript's String()."""
    if isinstance(value, str):
        return value
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, int | float | Decimal):
        return _number_text(to_number(value))
    if isinstance(value, list):
        measure(value)  # bounds the recursion, and what a list that repeats itself grows to
        return ",".join("" if item is None else to_text(item) for item in value)
    return "[object Object]"


def _number_text(number: float) -> str:
    if not math.isfinite(number):
        return "NaN" if math.isnan(number) else "Infinity" if number > 0 else "-Infinity"
    return str(int(number)) if number == int(number) and abs(number) < 1e21 else repr(number)


def loosely_equal(x: Any, y: Any) -> bool:
    if x is None or y is None:
        return x is y
    if isinstance(x, str) and isinstance(y, str):
        return x == y
    if isinstance(x, list | dict) and isinstance(y, list | dict):
        return x is y
    return _as_primitive(x) == _as_primitive(y) or to_number(x) == to_number(y)


def _as_primitive(value: Any) -> Any:
    return to_text(value) if isinstance(value, list | dict) else None if value is None else value


def strictly_equal(x: Any, y: Any) -> bool:
    if isinstance(x, list | dict) or isinstance(y, list | dict):
        return x is y
    if isinstance(x, bool) or isinstance(y, bool):
        return x is y
    return isinstance(x, str) is isinstance(y, str) and (x is None) is (y is None) and x == y
