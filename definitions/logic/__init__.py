"""The language of conditions and transforms: JsonLogic, compiled once, strict by default.

Pure: no clock, no database, no conversion that guesses. docs/conditions.md is its reference.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from definitions.logic.compiler import (
    STRICT,
    Outcome,
    Rule,
    check_rule,
    compile_rule,
)
from definitions.logic.errors import (
    BadValue,
    BudgetExceeded,
    CannotCalculate,
    ClockNeeded,
    LogicError,
    MissingValue,
    NotBoolean,
    RuleError,
    RuleProblem,
    WrongKind,
)
from definitions.logic.limits import MAX_DEPTH, MAX_NODES, MAX_RESULT_BYTES, MAX_STEPS
from definitions.logic.sentences import describe, describe_parts
from definitions.logic.transforms import Transform, check_transform, compile_transform, transform
from definitions.logic.values import Kind
from definitions.logic.writer import Part

OPERATOR_NAMES = frozenset(STRICT)


def evaluate(rule: Any, data: Any, *, strict: bool = True, now: datetime | None = None) -> Any:
    """The value of a rule for this data; see `Rule.evaluate` for what it read on the way."""
    return compile_rule(rule, strict=strict).evaluate(data, now=now).value


def evaluate_condition(
    rule: Any, data: Any, *, strict: bool = True, now: datetime | None = None
) -> bool:
    """The answer of a rule that must be yes or no.

    Raises:
        NotBoolean: it gives something else.
    """
    return bool(compile_rule(rule, strict=strict).evaluate_condition(data, now=now).value)


__all__ = [
    "MAX_DEPTH",
    "MAX_NODES",
    "MAX_RESULT_BYTES",
    "MAX_STEPS",
    "OPERATOR_NAMES",
    "BadValue",
    "BudgetExceeded",
    "CannotCalculate",
    "ClockNeeded",
    "Kind",
    "LogicError",
    "MissingValue",
    "NotBoolean",
    "Outcome",
    "Part",
    "Rule",
    "RuleError",
    "RuleProblem",
    "Transform",
    "WrongKind",
    "check_rule",
    "check_transform",
    "compile_rule",
    "compile_transform",
    "describe",
    "describe_parts",
    "evaluate",
    "evaluate_condition",
    "transform",
]
