"""The paths that rules and templates read, and other paths in their place. Pure.

Works on documents as they are written, right or wrong, so it compiles nothing. A path is dotted
(`approve.amount`) or a JSON pointer (`/approve/amount`).
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from definitions.logic.transforms import LITERAL, LIVE

#: Operators whose second argument looks at one row after another: its paths begin in the row.
_ROWS = frozenset({"map", "filter", "all", "some", "none", "reduce"})
#: Operators that read paths which are written out.
_READERS = frozenset({"var", "get", "exists", "missing", "missing_some"})

#: The new path for one that is read.
PathOf = Callable[[str], str]


def paths_in(rule: Any) -> list[str]:
    """What a rule reads, in the order in which it is written; not what it reads of single rows."""
    found: list[str] = []

    def note(path: str) -> str:
        found.append(path)
        return path

    rule_with(rule, note)
    return found


def rules_in(template: Any) -> Iterator[Any]:
    """The live values of a template: each a rule."""
    if isinstance(template, list):
        for inner in template:
            yield from rules_in(inner)
    elif isinstance(template, Mapping):
        if LIVE in template:
            yield template[LIVE]
        elif LITERAL not in template:
            for inner in template.values():
                yield from rules_in(inner)


def template_with(template: Any, path: PathOf) -> Any:
    """A template whose rules read other paths: `path` gives the new one for each."""
    if isinstance(template, list):
        return [template_with(inner, path) for inner in template]
    if not isinstance(template, dict) or LITERAL in template:
        return template
    if LIVE in template:
        return {**template, LIVE: rule_with(template[LIVE], path)}
    return {name: template_with(inner, path) for name, inner in template.items()}


def rule_with(rule: Any, path: PathOf) -> Any:
    """A rule that reads other paths: `path` gives the new one for each."""
    if isinstance(rule, list):
        return [rule_with(inner, path) for inner in rule]
    if not isinstance(rule, dict) or len(rule) != 1:
        return rule
    ((operator, said),) = rule.items()
    if operator in _READERS:
        return {operator: _reading(operator, said, path)}
    if operator in _ROWS and isinstance(said, list):
        return {
            operator: [part if at == 1 else rule_with(part, path) for at, part in enumerate(said)]
        }
    return {operator: rule_with(said, path)}


def _reading(operator: str, said: Any, path: PathOf) -> Any:
    """The arguments of an operator that reads: which of them are paths is its own affair."""
    if isinstance(said, str):
        return path(said)
    if not isinstance(said, list):
        return said
    if operator == "var":
        return [*map(_path_or(path), said[:1]), *(rule_with(one, path) for one in said[1:])]
    if operator == "get" and len(said) > 1:  # in a value, not in the data
        return [rule_with(one, path) for one in said]
    if operator == "missing_some":
        return [said[0], [_path_or(path)(one) for one in said[1]]] if _is_some(said) else said
    return [
        [_path_or(path)(inner) for inner in one] if isinstance(one, list) else _path_or(path)(one)
        for one in said
    ]


def _is_some(said: list[Any]) -> bool:
    return len(said) == 2 and isinstance(said[1], list)


def _path_or(path: PathOf) -> Callable[[Any], Any]:
    return lambda said: path(said) if isinstance(said, str) else said
