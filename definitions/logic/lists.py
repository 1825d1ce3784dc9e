"""Strict operators on lists. In the part carried out per row, `var` reads the row."""

from __future__ import annotations

from itertools import compress
from typing import Any

from definitions.logic.errors import BadValue
from definitions.logic.nodes import (
    Call,
    Closure,
    Node,
    Operators,
    Run,
    list_of,
    missing_or_wrong,
    seen_from_outside,
    truth,
)

OPERATORS = Operators()


class Rows:
    """Carries a part of a rule out for each row, and says which row an error came from."""

    def __init__(self, call: Call) -> None:
        call.expect(0, "list")
        self.source, self.body = call.args[0], call.args[1]

    def items(self, scope: Any, run: Run) -> list[Any]:
        items = list_of(self.source, self.source.run(scope, run), scope, run)
        run.spend(len(items) * max(1, self.body.cost))
        return items

    def values(self, scope: Any, run: Run) -> list[Any]:
        evaluate, values = self.body.run, []
        items = self.items(scope, run)
        try:
            for item in items:
                values.append(evaluate(item, run))
        except BadValue as error:
            seen_from_outside(error, self.source, len(values))
            raise
        return values

    def answers(self, items: list[Any], run: Run, *, until: bool | None = None) -> list[bool]:
        """Yes or no for each row, up to the first answer that settles the whole."""
        evaluate, answers = self.body.run, []
        try:
            for item in items:
                answer = truth(self.body, evaluate(item, run), item, run)
                answers.append(answer)
                if answer is until:
                    break
        except BadValue as error:
            seen_from_outside(error, self.source, len(answers))
            raise
        return answers


@OPERATORS.add("map", takes=(2, 2), gives="list", body=1)
def each(call: Call) -> Closure:
    return Rows(call).values


@OPERATORS.add("filter", takes=(2, 2), gives="list", body=1)
def only(call: Call) -> Closure:
    rows = Rows(call)
    call.expect(1, "boolean")

    def keep(scope: Any, run: Run) -> list[Any]:
        items = rows.items(scope, run)
        return list(compress(items, rows.answers(items, run)))

    return keep


def settled(name: str, *, until: bool, found: bool, empty: bool) -> None:
    """An operator that stops at the first row whose answer is `until` and then gives `found`."""

    @OPERATORS.add(name, takes=(2, 2), gives="boolean", body=1)
    def build(call: Call) -> Closure:
        rows = Rows(call)
        call.expect(1, "boolean")

        def decide(scope: Any, run: Run) -> bool:
            items = rows.items(scope, run)
            if not items:
                return empty
            is_settled = rows.answers(items, run, until=until)[-1] is until
            return found is is_settled

        return decide


# Of an empty list `all` is false, as in classic JsonLogic: nothing was there to be so.
settled("all", until=False, found=False, empty=False)
settled("some", until=True, found=True, empty=False)
settled("none", until=True, found=False, empty=True)


@OPERATORS.add("reduce", takes=(3, 3), body=1)
def fold(call: Call) -> Closure:
    """Row by row: `current` is the row, `accumulator` what came out of the row before."""
    call.expect(0, "list")
    source, body, start = call.args

    def run_fold(scope: Any, run: Run) -> Any:
        items = list_of(source, source.run(scope, run), scope, run)
        run.spend(len(items) * max(1, body.cost))
        accumulator = start.run(scope, run)
        for index, item in enumerate(items):
            pair = {"current": item, "accumulator": accumulator}
            try:
                accumulator = body.run(pair, run)
            except BadValue as error:
                _name_row(error, source, index)
                raise
        return accumulator

    return run_fold


def _name_row(error: BadValue, source: Node, index: int) -> None:
    path = error.path or ""
    if path == "current" or path.startswith("current."):
        error.path = path[len("current.") :]
        seen_from_outside(error, source, index)
    else:
        error.path = None  # the accumulator stands nowhere in the data


@OPERATORS.add("count", takes=(1, 1), gives="number")
def how_many(call: Call) -> Closure:
    (node,) = call.args
    call.expect(0, "list")
    return lambda scope, run: len(list_of(node, node.run(scope, run), scope, run))


@OPERATORS.add("merge", takes=(0, None), gives="list")
def joined(call: Call) -> Closure:
    """Several lists as one; a single value counts as a list of one."""

    def join(scope: Any, run: Run) -> list[Any]:
        result: list[Any] = []
        for node in call.args:
            value = node.run(scope, run)
            if value is None:
                raise missing_or_wrong(node, value, scope, run, "needs a list here")
            if isinstance(value, list):
                run.spend(len(value) // 16)
                result.extend(value)
            else:
                result.append(value)
        run.spend(len(result) // 16)
        return result

    return join
