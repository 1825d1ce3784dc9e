"""Strict arithmetic: exact decimals, so that 0.1 + 0.2 is 0.3; never text that looks like a number.

Whole numbers stay Python ints; anything else becomes a Decimal and is written back as a plain
JSON number at the end.
"""

from __future__ import annotations

from collections.abc import Callable
from decimal import ROUND_HALF_UP, Decimal, Overflow
from typing import Any

from definitions.logic.deciding import comparable
from definitions.logic.limits import MAX_NUMBER
from definitions.logic.nodes import (
    Call,
    Closure,
    Node,
    Operators,
    Run,
    list_of,
    missing_or_wrong,
    number_of,
)
from definitions.logic.values import EXACT, PLAIN, Kind, Number, are_plain, exact

OPERATORS = Operators()
_MAX_DIGITS = 10


def calculated(
    call: Call, step: Callable[[Number, Number], Number], x: Number, y: Number
) -> Number:
    """One step, refused with plain words when its result cannot be told or stored."""
    try:
        result = step(x, y)
    except Overflow:
        raise call.cannot("gives a number that is too large") from None
    except ArithmeticError:
        raise call.cannot("divides by zero" if not y else "gives no number") from None
    if type(result) is int and not -MAX_NUMBER < result < MAX_NUMBER:
        raise call.cannot("gives a number that is too large")
    return result


def _add(x: Number, y: Number) -> Number:
    return x + y if type(x) is int and type(y) is int else EXACT.add(x, y)


def _subtract(x: Number, y: Number) -> Number:
    return x - y if type(x) is int and type(y) is int else EXACT.subtract(x, y)


def _multiply(x: Number, y: Number) -> Number:
    return x * y if type(x) is int and type(y) is int else EXACT.multiply(x, y)


def _divide(x: Number, y: Number) -> Number:
    return EXACT.divide(x, y)


def _remainder(x: Number, y: Number) -> Number:
    """With the sign of the first number, as in the classic operator."""
    return EXACT.remainder(x, y)


def arithmetic(
    name: str, takes: tuple[int, int | None], purpose: str, step: Callable[[Number, Number], Number]
) -> None:
    @OPERATORS.add(name, takes=takes, gives="number")
    def build(call: Call) -> Closure:
        if len(call.args) == 1:
            return _single(call)
        for index in range(len(call.args)):
            call.expect(index, "number")
        first, *others = call.args

        def calculate(scope: Any, run: Run) -> Number:
            total = number_of(first, first.run(scope, run), scope, run, purpose)
            for node in others:
                value = number_of(node, node.run(scope, run), scope, run, purpose)
                total = calculated(call, step, total, value)
            return total

        return calculate

    def _single(call: Call) -> Closure:
        (node,) = call.args
        if name == "+":
            call.expect(0, "number", "text")
            return lambda scope, run: _as_number(call, node.run(scope, run), scope, run)
        call.expect(0, "number")
        sign = -1 if name == "-" else 1
        return lambda scope, run: sign * number_of(node, node.run(scope, run), scope, run, purpose)


arithmetic("+", (1, None), "add", _add)
arithmetic("-", (1, 2), "subtract", _subtract)
arithmetic("*", (1, None), "multiply", _multiply)
arithmetic("/", (2, 2), "divide", _divide)
arithmetic("%", (2, 2), "divide", _remainder)


def _as_number(call: Call, value: Any, scope: Any, run: Run) -> Number:
    """{"+": text} reads a number written with digits and at most one point."""
    (node,) = call.args
    if not isinstance(value, str):
        return number_of(node, value, scope, run, "add")
    unsigned = value[1:] if value[:1] in ("-", "+") else value
    whole, _, rest = unsigned.partition(".")
    if not (unsigned.isascii() and (whole + rest).isdigit() and len(value) < 40):
        raise missing_or_wrong(node, value, scope, run, "needs a number written in digits")
    number = exact(Decimal(value) if "." in value else int(value))
    if number is None:
        raise call.cannot("reads a number that is too large")
    return number


def item_node(source: Node, index: int) -> Node:
    """How an error names an item of a list: `prices.2`, or the list itself when it has no path."""
    if source.path is None:
        return source
    path = f"{source.path}.{index}" if source.path else str(index)
    parts = (*source.parts, str(index))
    return Node(source.run, source.rule, source.place, path=path, parts=parts, scope=source.scope)


def _kind_of_args(call: Call) -> Kind | None:
    kinds = {node.gives for node in call.args}
    return kinds.pop() if len(kinds) == 1 and len(call.args) > 1 else None


def extreme(name: str, purpose: str, better: Callable[[Any, Any], bool]) -> None:
    kinds: tuple[Kind, ...] = ("number", "date", "datetime")

    @OPERATORS.add(name, takes=(1, None), gives=_kind_of_args)
    def build(call: Call) -> Closure:
        for index in range(len(call.args)):
            call.expect(index, *kinds, *(("list",) if len(call.args) == 1 else ()))
        args = call.args

        def choose(scope: Any, run: Run) -> Any:
            values = [node.run(scope, run) for node in args]
            if len(values) == 1 and isinstance(values[0], list):
                run.spend(len(values[0]) // 4)
                return best(call, values[0], lambda index: item_node(args[0], index), scope, run)
            return best(call, values, args.__getitem__, scope, run)

        return choose

    def best(
        call: Call, values: list[Any], node_at: Callable[[int], Node], scope: Any, run: Run
    ) -> Any:
        if not values:
            raise call.cannot(f"looks for {purpose} of an empty list")
        chosen = 0
        for index, value in enumerate(values):
            if value is None:
                wanted = f"looks for {purpose} of numbers or dates"
                raise missing_or_wrong(node_at(index), value, scope, run, wanted)
            x, y = value, values[chosen]
            if not are_plain(x, y):
                x, y = comparable((node_at(index), node_at(chosen)), (x, y), scope, run, kinds)
            if better(x, y):
                chosen = index
        return values[chosen]


extreme("max", "the largest", lambda x, y: bool(x > y))
extreme("min", "the smallest", lambda x, y: bool(x < y))


@OPERATORS.add("sum", takes=(1, 1), gives="number")
def total(call: Call) -> Closure:
    """The numbers of one list; of an empty list, 0."""
    (node,) = call.args
    call.expect(0, "list")

    def add_up(scope: Any, run: Run) -> Number:
        items = list_of(node, node.run(scope, run), scope, run)
        run.spend(len(items) // 4)
        result: Number = 0
        for index, item in enumerate(items):
            number = exact(item) if type(item) in PLAIN else None
            if number is None:
                number = number_of(item_node(node, index), item, scope, run, "add up")
            result = calculated(call, _add, result, number)
        return result

    return add_up


@OPERATORS.add("round", takes=(1, 2), gives="number")
def rounded(call: Call) -> Closure:
    """To a number of decimals (0 when not given), halves away from zero as on a bill."""
    node = call.args[0]
    call.expect(0, "number")
    digits = call.raw[1] if len(call.raw) > 1 else 0
    if not isinstance(digits, int) or isinstance(digits, bool) or not 0 <= digits <= _MAX_DIGITS:
        call.problem(f"“round” takes a whole number of decimals, 0 to {_MAX_DIGITS}.", arg=1)
        digits = 0
    unit = Decimal(1).scaleb(-digits)

    def round_off(scope: Any, run: Run) -> Number:
        number = number_of(node, node.run(scope, run), scope, run, "round")
        if isinstance(number, int):
            return number
        return number.quantize(unit, rounding=ROUND_HALF_UP, context=EXACT)

    return round_off
