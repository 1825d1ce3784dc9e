"""Strict operators on text."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

from definitions.logic.errors import BudgetExceeded
from definitions.logic.limits import MAX_RESULT_BYTES
from definitions.logic.nodes import (
    Call,
    Closure,
    Operators,
    Run,
    constantly,
    missing_or_wrong,
    number_of,
    text_of,
)
from definitions.logic.values import kind_of, plain_text

OPERATORS = Operators()


def paid(text: str, run: Run) -> str:
    """A text just made: refused when too large, and paid for by its length."""
    if len(text) > MAX_RESULT_BYTES:
        raise BudgetExceeded(f"{run.noun.capitalize()} makes a text of more than 256 KB.")
    run.spend(len(text) // 1024)
    return text


@OPERATORS.add("cat", takes=(1, None), gives="text")
def put_together(call: Call) -> Closure:
    for index in range(len(call.args)):
        call.expect(index, "text", "number", "date", "datetime")

    def join(scope: Any, run: Run) -> str:
        pieces, length = [], 0
        for node in call.args:
            value = node.run(scope, run)
            if isinstance(value, date):
                piece = value.isoformat()
            elif kind_of(value) == "number":
                piece = plain_text(number_of(node, value, scope, run, "write"))
            elif isinstance(value, str):
                piece = value
            else:
                raise missing_or_wrong(node, value, scope, run, "needs text or a number here")
            pieces.append(piece)
            length += len(piece)
            if length > MAX_RESULT_BYTES:
                raise BudgetExceeded(f"{run.noun.capitalize()} makes a text of more than 256 KB.")
        return paid("".join(pieces), run)

    return join


@OPERATORS.add("substr", takes=(2, 3), gives="text")
def part_of_text(call: Call) -> Closure:
    """From a position (negative counts from the end), a length (negative leaves the end off)."""
    call.expect(0, "text")
    node = call.args[0]
    for index in range(1, len(call.raw)):
        if not isinstance(call.raw[index], int) or isinstance(call.raw[index], bool):
            call.problem("“substr” takes whole numbers: where to start, how many.", arg=index)
            return constantly("")
    start = call.raw[1]
    length = call.raw[2] if len(call.raw) > 2 else None

    def cut(scope: Any, run: Run) -> str:
        return paid(substring(text_of(node, node.run(scope, run), scope, run), start, length), run)

    return cut


def substring(text: str, start: int, length: int | None) -> str:
    rest = text[start:] if start < 0 or start <= len(text) else ""
    return rest if length is None else rest[:length]


def cased(name: str, change: Callable[[str], str]) -> None:
    @OPERATORS.add(name, takes=(1, 1), gives="text")
    def build(call: Call) -> Closure:
        call.expect(0, "text")
        (node,) = call.args
        return lambda scope, run: paid(change(text_of(node, node.run(scope, run), scope, run)), run)


cased("lower", str.lower)
cased("upper", str.upper)
