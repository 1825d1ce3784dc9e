"""From a rule to closures: once per rule, then evaluated many times."""

from __future__ import annotations

import difflib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any, Final, NamedTuple

from definitions.logic import arithmetic, compat, dates, deciding, lists, reading, texts
from definitions.logic.errors import (
    ClockNeeded,
    LogicError,
    RuleError,
    RuleProblem,
)
from definitions.logic.limits import check_rule_size, to_text
from definitions.logic.nodes import Call, Node, Operator, Operators, Run, Scope, constantly, truth
from definitions.logic.values import (
    KIND_WORDS,
    Kind,
    exact,
    for_trace,
    kind_of,
    shortened,
    storable,
)

STRICT: Final = Operators(
    reading.OPERATORS
    | deciding.OPERATORS
    | arithmetic.OPERATORS
    | lists.OPERATORS
    | texts.OPERATORS
    | dates.OPERATORS
)
COMPAT: Final = Operators(STRICT | compat.OPERATORS)

_OTHER_NAMES: Final = {
    "=": "==", "<>": "!=", "&&": "and", "||": "or", "not": "!", "eq": "==", "ne": "!=",
    "greater": ">", "less": "<", "gt": ">", "gte": ">=", "lt": "<", "lte": "<=",
    "contains": "in", "includes": "in",
    "length": "count", "len": "count", "concat": "cat", "any": "some", "every": "all",
    "avg": "sum", "mod": "%", "val": "var", "path": "var", "field": "var", "else": "if",
    "toLowerCase": "lower", "toUpperCase": "upper", "empty": "exists", "is_empty": "exists",
}  # fmt: skip


class Outcome(NamedTuple):
    """What a rule gave, and what it looked at.

    reads: every path read from the data with the value it had (None when it was not there),
        ready to be stored; large values are cut short.
    """

    value: Any
    reads: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Rule:
    """A compiled rule. Keep it as long as the definition; it holds no data.

    paths: what it reads from the data, in the order of writing.
    gives: the kind of its value where that is certain ("boolean" for a proper condition).
    """

    rule: Any
    strict: bool
    paths: tuple[str, ...]
    node: Node
    noun: str = "the condition"

    @property
    def gives(self) -> Kind | None:
        return self.node.gives

    def evaluate(self, data: Any, *, now: datetime | None = None) -> Outcome:
        """The value of the rule for this data.

        now: the time it is, with its time zone; `now` and `today` are refused without it.

        Raises:
            LogicError: with what had been read in `.reads`.
        """
        return carry_out(self.node, self.noun, data, now, condition=False)

    def evaluate_condition(self, data: Any, *, now: datetime | None = None) -> Outcome:
        """As `evaluate`, for a rule that must answer yes or no.

        Raises:
            NotBoolean, MissingValue: the value is something else, or nothing.
        """
        return carry_out(self.node, self.noun, data, now, condition=True)


def carry_out(
    node: Node, noun: str, data: Any, now: datetime | None, *, condition: bool
) -> Outcome:
    run = Run(noun, now, node.cost)
    try:
        if now is not None and now.utcoffset() is None:
            raise ClockNeeded("The time given has no time zone.")
        value = node.run(data, run)
        value = truth(node, value, data, run) if condition else storable(value)
    except LogicError as error:
        error.reads = {path: for_trace(read) for path, read in run.reads.items()}
        raise
    return Outcome(value, {path: for_trace(read) for path, read in run.reads.items()})


def compile_rule(rule: Any, *, strict: bool = True) -> Rule:
    """Compile a rule; the same rule is compiled only once.

    Raises:
        RuleError: with everything that is wrong with it.
    """
    check_rule_size(rule)
    return _compiled(to_text(rule), strict)


@lru_cache(maxsize=1024)
def _compiled(text: str, strict: bool) -> Rule:
    rule = json.loads(text)
    compiler = Compiler(strict=strict)
    node = compiler.compile(rule, "", "data")
    compiler.refuse_problems()
    return Rule(rule, strict, tuple(compiler.paths), node)


def check_rule(
    rule: Any,
    *,
    strict: bool = True,
    condition: bool = False,
    kinds: Mapping[str, Kind] | None = None,
) -> tuple[RuleProblem, ...]:
    """Everything that is wrong with a rule, seen without data; empty when nothing is.

    condition: it must answer yes or no.
    kinds: what is known about the data (path -> kind), to find comparisons that cannot work.
    """
    try:
        check_rule_size(rule)
        rule = json.loads(to_text(rule))
    except RuleError as error:
        return error.problems
    compiler = Compiler(strict=strict, kinds=kinds or {})
    node = compiler.compile(rule, "", "data")
    if condition and not compiler.problems and node.gives not in (None, "boolean"):
        words = f"The condition gives {KIND_WORDS[node.gives]}; it must give yes or no."
        compiler.problems.append(RuleProblem("", words))
    return tuple(compiler.problems)


def kind_given(rule: Any, kinds: Mapping[str, Kind]) -> Kind | None:
    """The kind of what a rule gives, where that is certain from what is known about the data."""
    try:
        check_rule_size(rule)
        rule = json.loads(to_text(rule))
    except RuleError:
        return None
    compiler = Compiler(strict=True, kinds=kinds)
    node = compiler.compile(rule, "", "data")
    return None if compiler.problems else node.gives


class Compiler:
    """Walks one rule and collects its problems; the size was checked before."""

    def __init__(self, *, strict: bool, kinds: Mapping[str, Kind] | None = None) -> None:
        self.strict = strict
        self.operators = STRICT if strict else COMPAT
        self.kinds: Mapping[str, Kind] = kinds or {}
        self.paths: dict[str, None] = {}
        self.problems: list[RuleProblem] = []

    def refuse_problems(self) -> None:
        if self.problems:
            raise RuleError(self.problems)

    def compile(self, rule: Any, place: str, scope: Scope) -> Node:
        if isinstance(rule, list):
            return self._list(rule, place, scope)
        if not isinstance(rule, dict):
            return self._literal(rule, place)
        if len(rule) == 1:
            ((name, arguments),) = rule.items()
            return self._operator(name, arguments, place, scope)
        if not self.strict:
            return _constant(rule, place)
        message = "Empty braces are not a rule."
        if rule:
            names = shortened(", ".join(rule), 80)
            message = f"An operator stands alone in its braces; here are {names}."
        return self._problem(place, message)

    def _problem(self, place: str, message: str, hint: str = "") -> Node:
        self.problems.append(RuleProblem(place, message, hint))
        return Node(constantly(None), None, place)

    def _literal(self, value: Any, place: str) -> Node:
        is_number = kind_of(value) == "number"
        if self.strict and is_number and exact(value) is None:
            return self._problem(place, "The number is too large.")
        return _constant(value, place)

    def _list(self, items: list[Any], place: str, scope: Scope) -> Node:
        nodes = [self.compile(item, f"{place}/{i}", scope) for i, item in enumerate(items)]
        if all(node.constant for node in nodes):
            return _constant(items, place)
        runs = [node.run for node in nodes]
        cost = 1 + sum(node.cost for node in nodes)
        return Node(
            lambda scope, run: [evaluate(scope, run) for evaluate in runs],
            items,
            place,
            "list",
            cost=cost,
        )

    def _operator(self, name: str, arguments: Any, place: str, scope: Scope) -> Node:
        rule = {name: arguments}
        escaped = name.replace("~", "~0").replace("/", "~1")
        place = f"{place}/{escaped}"
        operator = self.operators.get(name)
        if operator is None:
            return self._unknown(name, place)
        raw = arguments if isinstance(arguments, list) else [arguments]
        if operator.most == 0 and raw == [None]:
            rule, raw = {name: []}, []
        if len(raw) < operator.least or (operator.most is not None and len(raw) > operator.most):
            return self._problem(place, _arity_words(name, operator, len(raw)))
        return self._call(operator, rule, tuple(raw), place, scope)

    def _call(
        self,
        operator: Operator,
        rule: dict[str, Any],
        raw: tuple[Any, ...],
        place: str,
        scope: Scope,
    ) -> Node:
        args = self._arguments(operator, rule, place, scope)
        found = len(self.problems)
        (name,) = rule
        call = Call(name, raw, args, place, scope, self.paths, self.problems, self.kinds)
        built = operator.build(call)
        cost = 1 + sum(arg.cost for arg in args)
        if isinstance(built, Node):
            return _replaced(built, rule, cost)
        gives = operator.gives(call) if callable(operator.gives) else operator.gives
        if len(self.problems) > found:
            gives = None  # one problem is told once, not again by everything around it
        return Node(built, rule, place, gives, cost=cost)

    def _arguments(
        self, operator: Operator, rule: dict[str, Any], place: str, scope: Scope
    ) -> tuple[Node, ...]:
        ((name, arguments),) = rule.items()
        if not isinstance(arguments, list):
            places, arguments = [place], [arguments]
        else:
            places = [f"{place}/{index}" for index in range(len(arguments))]
        inner: Scope = "fold" if name == "reduce" else "row"
        nodes = []
        for index, (argument, at) in enumerate(zip(arguments, places, strict=True)):
            if operator.written and operator.written(index, len(arguments)):
                nodes.append(_constant(argument, at))
            else:
                nodes.append(self.compile(argument, at, inner if index == operator.body else scope))
        return tuple(nodes)

    def _unknown(self, name: str, place: str) -> Node:
        close = difflib.get_close_matches(name[:40], self.operators, n=1, cutoff=0.7)
        meant = _OTHER_NAMES.get(name) or (close[0] if close else "")
        words = f"“{name[:40]}” is not an operator."
        return self._problem(place, words, f"Did you mean “{meant}”?" if meant else "")


def _constant(value: Any, place: str) -> Node:
    kind = kind_of(value)
    return Node(constantly(value), value, place, kind, constant=True, cost=0)


def _replaced(node: Node, rule: Any, cost: int) -> Node:
    return Node(
        node.run, rule, node.place, node.gives, path=node.path, parts=node.parts,
        scope=node.scope, cost=cost,
    )  # fmt: skip


def _arity_words(name: str, operator: Operator, found: int) -> str:
    least, most = operator.least, operator.most
    if most is None:
        wanted = f"{least} or more values"
    elif least == most:
        wanted = "no value" if not most else "1 value" if most == 1 else f"{most} values"
    else:
        wanted = f"{least} to {most} values"
    return f"“{name}” takes {wanted}; here are {found}."
