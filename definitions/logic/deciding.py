"""Strict operators that answer yes or no, and `if`.

Nothing is converted: two values are compared when they are of one kind, and only `true` is true.
"""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any

from definitions.logic.errors import BadValue
from definitions.logic.limits import measure
from definitions.logic.nodes import (
    Call,
    Closure,
    Node,
    Operators,
    Run,
    missing_or_wrong,
    number_of,
    truth,
)
from definitions.logic.values import KIND_WORDS, PLAIN, SAFE, Kind, exact, kind_of

OPERATORS = Operators()
_ORDERED: tuple[Kind, ...] = ("number", "date", "datetime")
_DATE_HINT = 'Read the text as a date: {"date": {"var": "path"}}.'


def check_kinds(call: Call, kinds: tuple[Kind, ...]) -> None:
    """Report what can be seen without data: kinds that never meet, a comparison with null."""
    first: Kind | None = None
    for index, node in enumerate(call.args):
        if node.gives == "nothing":
            hint = 'Ask whether it has a value: {"exists": "path"}.'
            return call.problem(f"“{call.name}” cannot compare with null.", hint, arg=index)
        if node.gives and node.gives not in kinds:
            return call.expect(index, *kinds)
        if first and node.gives and node.gives != first:
            words = f"“{call.name}” compares {KIND_WORDS[first]} with {KIND_WORDS[node.gives]}."
            hint = _DATE_HINT if _text_meets_date(first, node.gives) else ""
            return call.problem(words, hint, arg=index)
        first = first or node.gives
    return None


def _text_meets_date(one: Kind, other: Kind) -> bool:
    return "text" in (one, other) and not {"date", "datetime"}.isdisjoint((one, other))


def mismatch(pair: tuple[Node, Node], values: tuple[Any, Any], scope: Any, run: Run) -> BadValue:
    """The error for two values that cannot be compared, named after the one that is to blame."""
    left, right = pair
    blame_right = values[0] is not None and (values[1] is None or left.constant)
    node, other = (right, left) if blame_right else (left, right)
    value, against = (values[1], values[0]) if blame_right else values
    words = other.subject if against is None else KIND_WORDS[kind_of(against)]
    wanted = f"compares it with {words}"
    if value is not None and kind_of(value) == kind_of(against) != "unknown":
        wanted = "asks which is larger, and only numbers and dates have an order"
    elif _text_meets_date(kind_of(value), kind_of(against)):
        wanted = f"{wanted}. {_DATE_HINT}"
    return missing_or_wrong(node, value, scope, run, wanted)


def comparable(
    pair: tuple[Node, Node], values: tuple[Any, Any], scope: Any, run: Run, kinds: tuple[Kind, ...]
) -> tuple[Any, Any]:
    """Both values in a form that Python compares rightly, or the error that says why not."""
    kind = kind_of(values[0])
    if kind != kind_of(values[1]) or kind not in kinds:
        raise mismatch(pair, values, scope, run)
    if kind != "number":
        return values
    left, right = exact(values[0]), exact(values[1])
    if left is None or right is None:
        return (
            number_of(pair[0], values[0], scope, run, "compare"),
            number_of(pair[1], values[1], scope, run, "compare"),
        )
    return left, right


def ordering(name: str, most: int, holds: Callable[[Any, Any], bool]) -> None:
    @OPERATORS.add(name, takes=(2, most), gives="boolean")
    def build(call: Call) -> Closure:
        check_kinds(call, _ORDERED)
        if len(call.args) == 3:
            return _between(_compare(call.args[0], call.args[1]), _compare(*call.args[1:]))
        return _compare(*call.args)

    def _compare(left: Node, right: Node) -> Closure:
        read_left, read_right, pair = left.run, right.run, (left, right)

        def compare(scope: Any, run: Run) -> bool:
            x, y = read_left(scope, run), read_right(scope, run)
            if type(x) in PLAIN and type(y) in PLAIN and -SAFE < x < SAFE and -SAFE < y < SAFE:
                return holds(x, y)
            x, y = comparable(pair, (x, y), scope, run, _ORDERED)
            return holds(x, y)

        return compare

    def _between(low: Closure, high: Closure) -> Closure:
        return lambda scope, run: low(scope, run) and high(scope, run)


ordering("<", 3, operator.lt)
ordering("<=", 3, operator.le)
ordering(">", 2, operator.gt)
ordering(">=", 2, operator.ge)

_EQUAL_KINDS: tuple[Kind, ...] = ("boolean", "number", "text", "list", "group", "date", "datetime")
_SIMPLE = frozenset({bool, int, str})


def same(pair: tuple[Node, Node], values: tuple[Any, Any], scope: Any, run: Run) -> bool:
    x, y = values
    if type(x) is type(y) and type(x) in _SIMPLE:
        return bool(x == y)
    x, y = comparable(pair, values, scope, run, _EQUAL_KINDS)
    if isinstance(x, list | dict):
        run.spend((measure(x) + measure(y)) // 64)
        return alike(x, y)
    return bool(x == y)


def alike(x: Any, y: Any) -> bool:
    """Deep equality without conversions, of values whose depth was measured before."""
    if isinstance(x, list) and isinstance(y, list):
        return len(x) == len(y) and all(map(alike, x, y))
    if isinstance(x, dict) and isinstance(y, dict):
        return x.keys() == y.keys() and all(alike(x[key], y[key]) for key in x)
    kind = kind_of(x)
    if kind != kind_of(y):
        return False
    if kind == "number":
        left, right = exact(x), exact(y)
        return bool(left == right) if left is not None and right is not None else bool(x == y)
    return bool(x == y)


def equality(names: tuple[str, ...], *, wanted: bool) -> None:
    @OPERATORS.add(*names, takes=(2, 2), gives="boolean")
    def build(call: Call) -> Closure:
        check_kinds(call, _EQUAL_KINDS)
        left, right = pair = call.args[0], call.args[1]
        read_left, read_right = left.run, right.run

        def compare(scope: Any, run: Run) -> bool:
            values = read_left(scope, run), read_right(scope, run)
            return same(pair, values, scope, run) is wanted

        return compare


equality(("==", "==="), wanted=True)
equality(("!=", "!=="), wanted=False)


def all_or_any(name: str, *, goes_on: bool) -> None:
    """`and` goes on while yes, `or` while no: what comes after the other is not looked at."""

    @OPERATORS.add(name, takes=(1, None), gives="boolean")
    def build(call: Call) -> Closure:
        for index in range(len(call.args)):
            call.expect(index, "boolean")
        nodes = tuple((node.run, node) for node in call.args)

        def decide(scope: Any, run: Run) -> bool:
            for evaluate, node in nodes:
                value = evaluate(scope, run)
                if value is not goes_on:
                    return truth(node, value, scope, run)
            return goes_on

        return decide


all_or_any("and", goes_on=True)
all_or_any("or", goes_on=False)


@OPERATORS.add("!", takes=(1, 1), gives="boolean")
def negation(call: Call) -> Closure:
    call.expect(0, "boolean")
    (node,) = call.args
    return lambda scope, run: not truth(node, node.run(scope, run), scope, run)


@OPERATORS.add("!!", takes=(1, 1), gives="boolean")
def affirmation(call: Call) -> Closure:
    call.expect(0, "boolean")
    (node,) = call.args
    return lambda scope, run: truth(node, node.run(scope, run), scope, run)


def _kind_of_branches(call: Call) -> Kind | None:
    branches = [*call.args[1::2], *(call.args[-1:] if len(call.args) % 2 else ())]
    kinds = {node.gives for node in branches}
    return kinds.pop() if len(kinds) == 1 and len(call.args) % 2 else None


@OPERATORS.add("if", takes=(2, None), gives=_kind_of_branches)
@OPERATORS.add("?:", takes=(3, 3), gives=_kind_of_branches)
def choice(call: Call) -> Closure:
    """Pairs of test and value, then the value otherwise; without one, nothing."""
    args = call.args
    pairs = tuple(zip(args[0::2], args[1::2], strict=False))
    otherwise = args[-1] if len(args) % 2 else None
    for index in range(0, len(args) - 1, 2):
        call.expect(index, "boolean")

    def choose(scope: Any, run: Run) -> Any:
        for test, value in pairs:
            if truth(test, test.run(scope, run), scope, run):
                return value.run(scope, run)
        return otherwise.run(scope, run) if otherwise else None

    return choose


def _check_needle(call: Call, needle: Node, haystack: Node) -> None:
    """Report a search that can never be made, seen without data."""
    if not needle.gives or not haystack.constant:
        return
    items = haystack.rule if isinstance(haystack.rule, list) else [haystack.rule]
    other = next((kind_of(item) for item in items if kind_of(item) != needle.gives), None)
    if other:
        words = f"“in” looks for {KIND_WORDS[needle.gives]} among {KIND_WORDS[other]}."
        call.problem(words, arg=0)


def _plain_texts(node: Node) -> frozenset[str] | None:
    """The texts of a list written in the rule, for a search that does not go through it."""
    if not node.constant or not isinstance(node.rule, list):
        return None
    texts = [item for item in node.rule if isinstance(item, str)]
    return frozenset(texts) if texts and len(texts) == len(node.rule) else None


@OPERATORS.add("in", takes=(2, 2), gives="boolean")
def contains(call: Call) -> Closure:
    """A value in a list of its kind, or a text in a text."""
    needle, haystack = call.args
    call.expect(1, "list", "text")
    _check_needle(call, needle, haystack)
    texts = _plain_texts(haystack)

    def look(scope: Any, run: Run) -> bool:
        value = needle.run(scope, run)
        if texts is not None and type(value) is str:
            return value in texts
        within = haystack.run(scope, run)
        if isinstance(within, list):
            return _in_list(value, within, scope, run)
        if not isinstance(within, str):
            raise missing_or_wrong(haystack, within, scope, run, "looks for a value in it")
        if not isinstance(value, str):
            raise missing_or_wrong(needle, value, scope, run, "looks for it in text")
        run.spend(len(within) // 1024)
        return value in within

    def _in_list(value: Any, items: list[Any], scope: Any, run: Run) -> bool:
        run.spend(len(items) // 16)
        kind = kind_of(value)
        if kind not in _EQUAL_KINDS:
            raise missing_or_wrong(needle, value, scope, run, "looks for it in a list")
        for item in items:
            if kind_of(item) != kind:
                words = KIND_WORDS[kind_of(item)]
                wanted = f"looks for it in a list that holds {words}"
                raise missing_or_wrong(needle, value, scope, run, wanted)
        if kind in ("list", "group"):
            run.spend((measure(items) + measure(value)) // 64)
        return any(alike(value, item) for item in items)

    return look
