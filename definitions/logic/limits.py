"""How much a rule may ask for. Every check here is a loop: depth must not cost stack."""

from __future__ import annotations

import json
from datetime import date
from decimal import Decimal
from typing import Any

from definitions.logic.errors import BudgetExceeded, RuleError, RuleProblem

MAX_DEPTH = 32  # operators inside operators
MAX_NODES = 500  # operators and values of one rule
MAX_STEPS = 10_000  # operators carried out in one evaluation, rows of lists included
MAX_RESULT_BYTES = 256 * 1024  # a result as stored, and any text on the way to it
MAX_TEMPLATE_NODES = 5_000
MAX_VALUE_DEPTH = 40  # what the product stores at all
MAX_NUMBER_DIGITS = 24  # leaves ten exact decimals in 34 digits
MAX_NUMBER = 10**MAX_NUMBER_DIGITS


def check_rule_size(rule: Any, place: str = "") -> None:
    """Refuse a rule that is too deep or has too many parts, before anything recurses into it."""
    _check_size(rule, place, MAX_DEPTH, MAX_NODES, "rule")


def check_template_size(template: Any) -> None:
    """Refuse a template that is too deep or too large; the rules in it are checked on their own."""
    _check_size(template, "", MAX_VALUE_DEPTH, MAX_TEMPLATE_NODES, "template")


def _check_size(rule: Any, place: str, depth_limit: int, node_limit: int, noun: str) -> None:
    waiting: list[tuple[Any, int]] = [(rule, 1)]
    seen = 0
    while waiting:
        value, depth = waiting.pop()
        seen += 1
        if not isinstance(value, dict | list | tuple):
            continue
        if depth > depth_limit:
            raise _refusal(place, f"The {noun} is nested deeper than {depth_limit} levels.")
        parts = _parts(value)
        if seen + len(waiting) + len(parts) > node_limit:
            raise _refusal(place, f"The {noun} has more than {node_limit:,} parts.")
        waiting.extend((part, depth + 1) for part in parts)


def _parts(value: dict[str, Any] | list[Any] | tuple[Any, ...]) -> list[Any]:
    """What stands inside; the list of an operator's arguments is not a level of its own."""
    if not isinstance(value, dict):
        return list(value)
    parts: list[Any] = []
    for argument in value.values():
        if isinstance(argument, list | tuple):
            parts.extend(argument)
        else:
            parts.append(argument)
    return parts


def _refusal(place: str, message: str) -> RuleError:
    return RuleError([RuleProblem(place, message, "Split it into smaller conditions or steps.")])


def to_text(rule: Any, noun: str = "rule") -> str:
    """The rule as JSON text: a private copy to compile from, and the key of the cache.

    Call it after the size was checked. Raises RuleError for what JSON cannot say.
    """
    try:
        text = json.dumps(rule, allow_nan=False, ensure_ascii=False)
        size = len(text.encode())
    except UnicodeEncodeError:
        size = -1
    except (TypeError, ValueError):
        message = f"The {noun} holds something that is not plain data, or a number without end."
        raise RuleError([RuleProblem("", message)]) from None
    if size < 0 or "\\u0000" in text.replace("\\\\", ""):
        message = f"The {noun} has a character that cannot be stored."
        raise RuleError([RuleProblem("", message)])
    if size > MAX_RESULT_BYTES:
        raise _refusal("", f"The {noun} is longer than 256 KB.")
    return text


def measure(value: Any, limit: int = MAX_RESULT_BYTES) -> int:
    """About how many bytes the value takes as JSON.

    Stops at the limit, so that a small value which holds itself many times over costs little.

    Raises:
        BudgetExceeded: larger than the limit, or nested deeper than can be stored.
    """
    size = 0
    waiting: list[tuple[Any, int]] = [(value, 0)]
    while waiting:
        part, depth = waiting.pop()
        if isinstance(part, str):
            size += len(part.encode("utf-8", "surrogatepass")) + 2
        elif isinstance(part, dict | list):
            if depth >= MAX_VALUE_DEPTH:
                raise BudgetExceeded(f"A value is nested deeper than {MAX_VALUE_DEPTH} levels.")
            size += 2 * len(part) + 2
            if size <= limit:
                waiting.extend((inner, depth + 1) for inner in part)
                if isinstance(part, dict):
                    waiting.extend((inner, depth + 1) for inner in part.values())
        else:
            size += 8 if isinstance(part, int | float | Decimal | date) else 4
        if size > limit:
            raise BudgetExceeded(f"A value is larger than {limit // 1024} KB.")
    return size
