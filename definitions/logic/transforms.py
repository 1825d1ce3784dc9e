"""Templates: plain data with live leaves.

`{"$": <rule>}` is evaluated, `{"$literal": …}` stands for what is in it, and everything else is
itself. What comes out of the data is never looked at again, so data that looks like a rule stays
data.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any, Final

from definitions.logic.compiler import Compiler, Outcome, carry_out
from definitions.logic.errors import RuleError, RuleProblem
from definitions.logic.limits import MAX_STEPS, check_rule_size, check_template_size, to_text
from definitions.logic.nodes import Node, constantly
from definitions.logic.values import Kind

LIVE: Final = "$"
LITERAL: Final = "$literal"


@dataclass(frozen=True, slots=True)
class Transform:
    """A compiled template; `paths` is what its rules read."""

    template: Any
    paths: tuple[str, ...]
    node: Node

    def apply(self, data: Any, *, now: datetime | None = None) -> Outcome:
        """The template filled in; a field that is not there becomes null.

        Raises:
            LogicError: with what had been read in `.reads`, and `.place` within the template.
        """
        return carry_out(self.node, "the template", data, now, condition=False)


def compile_transform(template: Any) -> Transform:
    """Compile a template; the same one is compiled only once.

    Raises:
        RuleError: with everything that is wrong with it.
    """
    check_template_size(template)
    return _compiled(to_text(template, "template"))


@lru_cache(maxsize=512)
def _compiled(text: str) -> Transform:
    template = json.loads(text)
    compiler = _TemplateCompiler({})
    node = compiler.node(template, "")
    compiler.rules.refuse_problems()
    return Transform(template, tuple(compiler.rules.paths), node)


def transform(template: Any, data: Any, *, now: datetime | None = None) -> Any:
    """The template filled in with the data."""
    return compile_transform(template).apply(data, now=now).value


def check_transform(
    template: Any, *, kinds: Mapping[str, Kind] | None = None
) -> tuple[RuleProblem, ...]:
    """Everything that is wrong with a template, seen without data; see `check_rule`."""
    try:
        check_template_size(template)
        template = json.loads(to_text(template, "template"))
    except RuleError as error:
        return error.problems
    compiler = _TemplateCompiler(kinds or {})
    compiler.node(template, "")
    return tuple(compiler.rules.problems)


class _TemplateCompiler:
    def __init__(self, kinds: Mapping[str, Kind]) -> None:
        self.rules = Compiler(strict=True, kinds=kinds)

    def node(self, template: Any, place: str) -> Node:
        node = self._part(template, place)
        if node.cost > MAX_STEPS:
            self._problem("", f"The template takes more than {MAX_STEPS:,} steps.")
        return node

    def _problem(self, place: str, message: str) -> None:
        self.rules.problems.append(RuleProblem(place, message))

    def _part(self, template: Any, place: str) -> Node:
        if isinstance(template, list):
            return self._list(template, place)
        if not isinstance(template, dict):
            return _plain(template, place)
        if LIVE in template or LITERAL in template:
            return self._marked(template, place)
        return self._group(template, place)

    def _marked(self, template: dict[str, Any], place: str) -> Node:
        if len(template) > 1:
            others = ", ".join(f"“{key}”" for key in template if key not in (LIVE, LITERAL))
            words = f"“{LIVE}” and “{LITERAL}” stand alone in their braces"
            self._problem(place, f"{words}; here is also {others}." if others else f"{words}.")
            return _plain(None, place)
        if LITERAL in template:
            return _plain(template[LITERAL], place)
        rule, place = template[LIVE], f"{place}/{LIVE}"
        try:
            check_rule_size(rule, place)
        except RuleError as error:
            self.rules.problems.extend(error.problems)
            return _plain(None, place)
        return self.rules.compile(rule, place, "data")

    def _list(self, template: list[Any], place: str) -> Node:
        nodes = [self._part(item, f"{place}/{index}") for index, item in enumerate(template)]
        if all(node.constant for node in nodes):
            return _plain([node.rule for node in nodes], place)
        runs = [node.run for node in nodes]
        cost = sum(node.cost for node in nodes)
        return Node(lambda scope, run: [do(scope, run) for do in runs], template, place, cost=cost)

    def _group(self, template: dict[str, Any], place: str) -> Node:
        nodes = {
            key: self._part(item, f"{place}/{key.replace('~', '~0').replace('/', '~1')}")
            for key, item in template.items()
        }
        if all(node.constant for node in nodes.values()):
            return _plain({key: node.rule for key, node in nodes.items()}, place)
        runs = [(key, node.run) for key, node in nodes.items()]
        cost = sum(node.cost for node in nodes.values())
        return Node(
            lambda scope, run: {key: do(scope, run) for key, do in runs}, template, place, cost=cost
        )


def _plain(value: Any, place: str) -> Node:
    return Node(constantly(value), value, place, constant=True, cost=0)
