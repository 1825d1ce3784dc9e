"""What a value is, what people call it, and how it is written down."""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import date, datetime
from decimal import Context, Decimal, DivisionByZero, InvalidOperation, Overflow
from typing import Any, Final, Literal, TypeAlias

from definitions.logic.errors import BudgetExceeded, CannotCalculate
from definitions.logic.limits import MAX_NUMBER, MAX_NUMBER_DIGITS, measure

Kind: TypeAlias = Literal[
    "boolean", "number", "text", "list", "group", "date", "datetime", "nothing", "unknown"
]
Number: TypeAlias = "int | Decimal"

KIND_WORDS: Final[dict[Kind, str]] = {
    "boolean": "yes or no",
    "number": "a number",
    "text": "text",
    "list": "a list",
    "group": "a group of fields",
    "date": "a date",
    "datetime": "a date and time",
    "nothing": "nothing",
    "unknown": "something that is not plain data",
}

# A context of our own: its precision and traps do not depend on the thread that evaluates.
EXACT: Final = Context(
    prec=34,
    Emin=-1_000,
    Emax=MAX_NUMBER_DIGITS - 1,
    traps=[InvalidOperation, DivisionByZero, Overflow],
)
MISSING: Final = object()

# Between these bounds a float and an int compare exactly; NaN is outside of every bound.
SAFE: Final = 2**53
PLAIN: Final = frozenset({int, float})

_TRACE_BYTES = 4_000
_TRACE_CHARACTERS = 1_000
_KINDS: dict[type, Kind] = {
    bool: "boolean",
    int: "number",
    float: "number",
    Decimal: "number",
    str: "text",
    list: "list",
    dict: "group",
    date: "date",
    type(None): "nothing",
}


def kind_of(value: Any) -> Kind:
    known = _KINDS.get(type(value))
    if known:
        return known
    if isinstance(value, datetime):
        return "datetime" if value.tzinfo else "unknown"
    return next((kind for base, kind in _KINDS.items() if isinstance(value, base)), "unknown")


def found_words(value: Any) -> str:
    """The value as an error names it, short enough for a sentence."""
    kind = kind_of(value)
    if kind == "boolean":
        return "yes" if value else "no"
    if kind == "number":
        return f"the number {number_words(value)}"
    if kind == "text":
        return f"the text “{shortened(value, 40)}”"
    if kind == "list":
        return f"a list of {len(value):,}"
    if kind in ("date", "datetime"):
        return f"{KIND_WORDS[kind]} ({value.isoformat()})"
    return KIND_WORDS[kind]


def number_words(value: float | Decimal) -> str:
    """5000 is 5,000; digits beyond any sensible use are left out."""
    if isinstance(value, int) and abs(value) < MAX_NUMBER:
        return f"{value:,}"
    number = exact(value)
    return "too large to write" if number is None else f"{number:,f}"


def shortened(text: str, length: int) -> str:
    return text if len(text) <= length else text[: length - 1] + "…"


def exact(value: Any) -> Number | None:
    """The number as it was written: 0.1 is one tenth. None when it is too large or not finite."""
    if isinstance(value, float):
        value = Decimal(repr(value)) if math.isfinite(value) else None
    elif isinstance(value, int):
        value = int(value)
    elif isinstance(value, Decimal) and not value.is_finite():
        value = None
    if value is None or not -MAX_NUMBER < value < MAX_NUMBER:
        return None
    return value  # type: ignore[no-any-return]


def plain_text(number: Number) -> str:
    """A number inside a text: 1E+2 is 100, 5.0 is 5."""
    storable_number = storable_scalar(number)
    return str(storable_number) if isinstance(storable_number, int) else format(number, "f")


def read_date(text: str) -> date | None:
    """YYYY-MM-DD and nothing else; Python's own reader also takes weeks and no hyphens."""
    try:
        found = date.fromisoformat(text)
    except ValueError:
        return None
    return found if found.isoformat() == text else None


def are_plain(x: Any, y: Any) -> bool:
    """Two numbers that Python itself compares exactly."""
    return type(x) in PLAIN and type(y) in PLAIN and -SAFE < x < SAFE and -SAFE < y < SAFE


def look_up(scope: Any, parts: Sequence[str]) -> Any:
    """The value at a path, or MISSING. Digits count from 0 in a list; text has no parts."""
    value = scope
    for part in parts:
        if isinstance(value, dict):
            value = value.get(part, MISSING)
        elif isinstance(value, list) and part.isascii() and part.isdigit() and len(part) < 10:
            index = int(part)
            value = value[index] if index < len(value) else MISSING
        else:
            return MISSING
        if value is MISSING:
            return MISSING
    return value


def storable_scalar(value: Any) -> Any:
    """A leaf as JSON can store it: exact numbers become plain ones, dates ISO 8601 text."""
    if type(value) in PLAIN and -SAFE < value < SAFE:
        return value
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    if isinstance(value, date):
        return value.isoformat()
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, int):
        if -MAX_NUMBER < value < MAX_NUMBER:
            return value
        raise CannotCalculate("The result is a number too large to be stored.")
    if isinstance(value, float):
        if math.isfinite(value):
            return value
        raise CannotCalculate("The result is not a finite number.")
    if isinstance(value, str):
        if "\0" in value or not (value.isascii() or _can_be_encoded(value)):
            raise CannotCalculate("The result has a character that cannot be stored.")
        return value
    raise CannotCalculate(f"The result holds {KIND_WORDS['unknown']}.")


def _can_be_encoded(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def storable(value: Any) -> Any:
    """A copy of the value that JSON can store.

    Raises:
        BudgetExceeded: it is too large or too deep.
        CannotCalculate: it holds something that JSON or the database cannot.
    """
    if value is True or value is False or value is None:
        return value
    if isinstance(value, list | dict | str):
        measure(value)  # also bounds the recursion below
    return _copied(value)


def _copied(value: Any) -> Any:
    if isinstance(value, list):
        return [_copied(item) for item in value]
    if isinstance(value, dict):
        return {storable_scalar(str(key)): _copied(item) for key, item in value.items()}
    return storable_scalar(value)


def for_trace(value: Any) -> Any:
    """The value as the history keeps it: whole when small, else the start of it or its size."""
    if value is True or value is False or value is None:
        return value
    if isinstance(value, str) and len(value) > _TRACE_CHARACTERS:
        value = shortened(value, _TRACE_CHARACTERS)
    try:
        if isinstance(value, list | dict):
            measure(value, _TRACE_BYTES)
        return _copied(value)
    except (BudgetExceeded, CannotCalculate):
        return found_words(value) if not isinstance(value, str) else "a text that cannot be stored"
