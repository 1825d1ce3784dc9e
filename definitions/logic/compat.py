"""The classic operators with JavaScript's conversions, as other JsonLogic engines have them.

Kept so that the public test suite can be run against this evaluator, and for rules brought from
elsewhere that are to be compared with their old behaviour. The product itself is strict.
"""

from __future__ import annotations

import math
import operator
from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import Any

from definitions.logic.javascript import (
    loosely_equal,
    parse_float,
    plain,
    strictly_equal,
    to_number,
    to_text,
    truthy,
)
from definitions.logic.nodes import Call, Closure, Operators, Run
from definitions.logic.reading import parts_of
from definitions.logic.texts import paid, substring
from definitions.logic.values import MISSING, for_trace, look_up

OPERATORS = Operators()
_ANY = (0, None)
Test = Callable[[Any, Any], bool]
Function = Callable[[Run, "Sequence[Any]"], Any]


def in_order(test: Test) -> Test:
    def compare(x: Any, y: Any) -> bool:
        if isinstance(x, str) and isinstance(y, str):
            return test(x, y)
        return test(to_number(x), to_number(y))

    return compare


def eager(*names: str, least: int = 0, most: int | None = None) -> Callable[[Function], Function]:
    """An operator that needs nothing but the values of its arguments."""

    def register(function: Function) -> Function:
        def build(call: Call) -> Closure:
            runs = [node.run for node in call.args]
            return lambda scope, run: function(run, [evaluate(scope, run) for evaluate in runs])

        OPERATORS.add(*names, takes=(least, most))(build)
        return function

    return register


def comparison(*names: str, test: Test) -> None:
    @eager(*names)
    def compare(_run: Run, values: Sequence[Any]) -> bool:
        padded = [*values, None, None][: max(2, min(3, len(values)))]
        return all(test(x, y) for x, y in pairwise(padded))


comparison("==", test=loosely_equal)
comparison("===", test=strictly_equal)
comparison("!=", test=lambda x, y: not loosely_equal(x, y))
comparison("!==", test=lambda x, y: not strictly_equal(x, y))
comparison("<", test=in_order(operator.lt))
comparison("<=", test=in_order(operator.le))
comparison(">", test=in_order(operator.gt))
comparison(">=", test=in_order(operator.ge))


def arithmetic(name: str, convert: Callable[[Any], float], start: float | None, step: Any) -> None:
    @eager(name)
    def calculate(_run: Run, values: Sequence[Any]) -> float | None:
        numbers = [convert(value) for value in values]
        if start is None and len(numbers) == 1:
            numbers.insert(0, 0.0 if name == "-" else math.nan)
        if not numbers:
            return plain(math.nan if start is None else start)
        total = numbers[0]
        for number in numbers[1:]:
            total = step(total, number)
        return plain(total)


def _divide(x: float, y: float) -> float:
    if y:
        return x / y
    return math.nan if not x or math.isnan(x) else math.copysign(math.inf, x)


def _remainder(x: float, y: float) -> float:
    return math.nan if not y or not math.isfinite(x) else math.fmod(x, y)


arithmetic("+", parse_float, 0.0, operator.add)
arithmetic("*", parse_float, 1.0, operator.mul)
arithmetic("-", to_number, None, operator.sub)
arithmetic("/", to_number, None, _divide)
arithmetic("%", to_number, None, _remainder)


@eager("max")
def largest(_run: Run, values: Sequence[Any]) -> float | None:
    return plain(max(map(to_number, values), default=-math.inf))


@eager("min")
def smallest(_run: Run, values: Sequence[Any]) -> float | None:
    return plain(min(map(to_number, values), default=math.inf))


@eager("!", most=None)
def negation(_run: Run, values: Sequence[Any]) -> bool:
    return not truthy(values[0] if values else None)


@eager("!!", most=None)
def affirmation(_run: Run, values: Sequence[Any]) -> bool:
    return truthy(values[0] if values else None)


@eager("cat")
def concatenated(run: Run, values: Sequence[Any]) -> str:
    return paid("".join(map(to_text, values)), run)


@eager("substr", least=1)
def part_of_text(run: Run, values: Sequence[Any]) -> str:
    text, start, length = (*values, None, None)[:3]
    count = None if length is None else _whole(length)
    return paid(substring(to_text(text), _whole(start), count), run)


def _whole(value: Any) -> int:
    number = to_number(value)
    return max(-(2**31), min(2**31, int(number))) if math.isfinite(number) else 0


@eager("in")
def contains(run: Run, values: Sequence[Any]) -> bool:
    needle, haystack = (*values, None, None)[:2]
    if isinstance(haystack, str):
        run.spend(len(haystack) // 1024)
        return to_text(needle) in haystack
    if not isinstance(haystack, list):
        return False
    run.spend(len(haystack) // 16)
    return any(strictly_equal(needle, item) for item in haystack)


@eager("merge")
def joined(run: Run, values: Sequence[Any]) -> list[Any]:
    result: list[Any] = []
    for value in values:
        if isinstance(value, list):
            run.spend(len(value) // 16)
            result.extend(value)
        else:
            result.append(value)
    run.spend(len(result) // 16)
    return result


@OPERATORS.add("and", takes=_ANY)
def conjunction(call: Call) -> Closure:
    return _first_that(call, wanted=False)


@OPERATORS.add("or", takes=_ANY)
def disjunction(call: Call) -> Closure:
    return _first_that(call, wanted=True)


def _first_that(call: Call, *, wanted: bool) -> Closure:
    def decide(scope: Any, run: Run) -> Any:
        value = None
        for node in call.args:
            value = node.run(scope, run)
            if truthy(value) is wanted:
                return value
        return value

    return decide


@OPERATORS.add("if", "?:", takes=_ANY)
def choice(call: Call) -> Closure:
    args = call.args

    def choose(scope: Any, run: Run) -> Any:
        index = 0
        while index < len(args) - 1:
            if truthy(args[index].run(scope, run)):
                return args[index + 1].run(scope, run)
            index += 2
        return args[index].run(scope, run) if index < len(args) else None

    return choose


@OPERATORS.add("var", takes=_ANY)
def var(call: Call) -> Closure:
    """The path may be computed; a default stands in only for what is not there at all."""
    if call.args and call.args[0].constant:
        call.paths.update({_path(call.args[0].rule): None} if call.scope == "data" else {})

    def read(scope: Any, run: Run) -> Any:
        values = [node.run(scope, run) for node in call.args]
        path = _path(values[0] if values else None)
        value = look_up(scope, parts_of(path))
        if call.scope == "data":
            run.reads[for_trace(path)] = None if value is MISSING else value
        default = values[1] if len(values) > 1 else None
        return default if value is MISSING else value

    return read


def _path(value: Any) -> str:
    return "" if value is None else to_text(value)


def _absent(scope: Any, paths: Sequence[Any]) -> list[Any]:
    found = [(path, look_up(scope, parts_of(_path(path)))) for path in paths]
    return [path for path, value in found if value is MISSING or value is None or value == ""]


@OPERATORS.add("missing", takes=_ANY)
def missing(call: Call) -> Closure:
    def find(scope: Any, run: Run) -> list[Any]:
        paths = [node.run(scope, run) for node in call.args]
        if paths and isinstance(paths[0], list):
            paths = paths[0]
        run.spend(len(paths) // 4)
        return _absent(scope, paths)

    return find


@OPERATORS.add("missing_some", takes=(2, 2))
def missing_some(call: Call) -> Closure:
    enough, wanted = call.args

    def find(scope: Any, run: Run) -> list[Any]:
        paths = wanted.run(scope, run)
        if not isinstance(paths, list):
            return []
        run.spend(len(paths) // 4)
        absent = _absent(scope, paths)
        return [] if len(paths) - len(absent) >= to_number(enough.run(scope, run)) else absent

    return find


def _items(call: Call, scope: Any, run: Run) -> list[Any]:
    items = call.args[0].run(scope, run)
    if not isinstance(items, list):
        return []
    run.spend(len(items) * max(1, call.args[1].cost))
    return items


def per_row(name: str, collect: Callable[[list[Any], Callable[[Any], Any]], Any]) -> None:
    @OPERATORS.add(name, takes=(2, 2), body=1)
    def build(call: Call) -> Closure:
        body = call.args[1].run
        return lambda scope, run: collect(_items(call, scope, run), lambda item: body(item, run))


per_row("map", lambda items, body: [body(item) for item in items])
per_row("filter", lambda items, body: [item for item in items if truthy(body(item))])
per_row("all", lambda items, body: bool(items) and all(truthy(body(item)) for item in items))
per_row("some", lambda items, body: any(truthy(body(item)) for item in items))
per_row("none", lambda items, body: not any(truthy(body(item)) for item in items))


@OPERATORS.add("reduce", takes=(2, 3), body=1)
def fold(call: Call) -> Closure:
    body = call.args[1].run

    def run_fold(scope: Any, run: Run) -> Any:
        value = call.args[2].run(scope, run) if len(call.args) > 2 else None
        for item in _items(call, scope, run):
            value = body({"current": item, "accumulator": value}, run)
        return value

    return run_fold
