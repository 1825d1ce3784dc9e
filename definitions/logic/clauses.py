"""Conditions as people put them together by clicking: rows of value, comparison, value.

Reading and writing are exact: what `read` takes, `write` gives back as it was. What cannot be put
into rows (calculations, lists, deeper nesting) is None for `read`, and stays text.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final, NamedTuple

from definitions.logic.values import Kind, kind_of, read_date
from definitions.logic.writer import split

#: More rows than this nobody reads.
MOST_ROWS = 40


class Comparison(StrEnum):
    """What a row says of a value; the words of a form, and its sentence, stand elsewhere."""

    IS = "is"
    IS_NOT = "is_not"
    OVER = "over"
    AT_LEAST = "at_least"
    UNDER = "under"
    AT_MOST = "at_most"
    ONE_OF = "one_of"
    NONE_OF = "none_of"
    HOLDS = "holds"
    LACKS = "lacks"
    FILLED = "filled"
    EMPTY = "empty"
    SO = "so"
    NOT_SO = "not_so"


#: Those that say all by themselves.
ALONE: Final = frozenset({Comparison.FILLED, Comparison.EMPTY, Comparison.SO, Comparison.NOT_SO})
#: Those that compare with several values.
OF_SEVERAL: Final = frozenset({Comparison.ONE_OF, Comparison.NONE_OF})

_TWO: Final = {
    Comparison.IS: "==",
    Comparison.IS_NOT: "!=",
    Comparison.OVER: ">",
    Comparison.AT_LEAST: ">=",
    Comparison.UNDER: "<",
    Comparison.AT_MOST: "<=",
}
_BY_NAME: Final = {name: comparison for comparison, name in _TWO.items()}
_DENIED: Final = {
    Comparison.ONE_OF: Comparison.NONE_OF,
    Comparison.HOLDS: Comparison.LACKS,
    Comparison.FILLED: Comparison.EMPTY,
    Comparison.SO: Comparison.NOT_SO,
}
_AFFIRMED: Final = {denied: affirmed for affirmed, denied in _DENIED.items()}


class Day(NamedTuple):
    """A day to compare a date with, as YYYY-MM-DD; "" is the day on which it is asked."""

    text: str = ""


@dataclass(frozen=True, slots=True)
class Clause:
    """One row: the value at `path`, a comparison, and what it is compared with.

    `value`: a yes or no, number, text or `Day`; a list of them for `OF_SEVERAL`; None for `ALONE`.
    """

    path: str
    comparison: Comparison
    value: Any = None


@dataclass(frozen=True, slots=True)
class Clauses:
    """Rows that must all be true, or of which one must be; a part may be such rows again, once.

    No rows at all, of which all must be true: always.
    """

    parts: tuple[Clause | Clauses, ...] = ()
    every: bool = True

    @property
    def rows(self) -> int:
        return sum(part.rows if isinstance(part, Clauses) else 1 for part in self.parts)


def write(clauses: Clauses) -> Any:
    """The rule. One row alone is written without “all of”."""
    if not clauses.parts:
        return clauses.every
    parts = [write(part) if isinstance(part, Clauses) else _rule(part) for part in clauses.parts]
    return parts[0] if len(parts) == 1 else {"and" if clauses.every else "or": parts}


def read(rule: Any) -> Clauses | None:
    """The rows of a rule; None: rows cannot say it exactly."""
    found = _group(rule, deeper=True)
    if found is None:
        one = _clause(rule)
        found = Clauses((one,)) if one is not None else None
    if found is None or found.rows > MOST_ROWS or not _is_same(write(found), rule):
        return None
    return found


def _group(rule: Any, *, deeper: bool) -> Clauses | None:
    if rule is True:
        return Clauses()
    name, args = split(rule)
    if name not in ("and", "or"):
        return None
    parts: list[Clause | Clauses] = []
    for arg in args:
        part = _clause(arg) or (_group(arg, deeper=False) if deeper else None)
        if part is None or (isinstance(part, Clauses) and len(part.parts) < 2):
            return None
        parts.append(part)
    return Clauses(tuple(parts), name == "and") if len(parts) > 1 else None


def _rule(clause: Clause) -> Any:
    comparison = clause.comparison
    if comparison in _AFFIRMED:
        return {"!": _rule(Clause(clause.path, _AFFIRMED[comparison], clause.value))}
    var = {"var": clause.path}
    if comparison is Comparison.SO:
        return var
    if comparison is Comparison.FILLED:
        return {"exists": clause.path}
    if comparison is Comparison.ONE_OF:
        return {"in": [var, list(clause.value)]}
    if comparison is Comparison.HOLDS:
        return {"in": [clause.value, var]}
    if isinstance(clause.value, Day):
        day: dict[str, Any] = {"date": clause.value.text} if clause.value.text else {"today": []}
        return {_TWO[comparison]: [{"date": var}, day]}
    return {_TWO[comparison]: [var, clause.value]}


def _clause(rule: Any) -> Clause | None:
    name, args = split(rule)
    if name == "!":
        inner = _clause(args[0]) if len(args) == 1 else None
        denied = _DENIED.get(inner.comparison) if inner is not None else None
        return Clause(inner.path, denied, inner.value) if inner and denied else None
    if name == "var":
        path = _path(rule)
        return Clause(path, Comparison.SO) if path else None
    if name == "exists" and len(args) == 1 and isinstance(args[0], str) and args[0]:
        return Clause(args[0], Comparison.FILLED)
    if len(args) != 2:
        return None
    if name == "in":
        return _search(*args)
    return _comparison(_BY_NAME[name], *args) if name in _BY_NAME else None


def _search(needle: Any, haystack: Any) -> Clause | None:
    if (path := _path(needle)) and isinstance(haystack, list) and all(map(_is_scalar, haystack)):
        return Clause(path, Comparison.ONE_OF, tuple(haystack))
    if (path := _path(haystack)) and _is_scalar(needle):
        return Clause(path, Comparison.HOLDS, needle)
    return None


def _comparison(comparison: Comparison, left: Any, right: Any) -> Clause | None:
    if (path := _path(left)) and _is_scalar(right):
        return Clause(path, comparison, right)
    name, args = split(left)
    other, others = split(right)
    if name != "date" or len(args) != 1 or not (path := _path(args[0])):
        return None
    if other == "today":
        return Clause(path, comparison, Day())
    if other == "date" and len(others) == 1 and isinstance(others[0], str):
        return Clause(path, comparison, Day(others[0])) if read_date(others[0]) else None
    return None


def _path(rule: Any) -> str:
    """What a rule that only reads reads; "" for any other."""
    name, args = split(rule)
    is_path = name == "var" and len(args) == 1 and isinstance(args[0], str)
    return args[0] if is_path else ""


def _is_scalar(value: Any) -> bool:
    kinds: tuple[Kind, ...] = ("boolean", "number", "text")
    return kind_of(value) in kinds


def _is_same(one: Any, other: Any) -> bool:
    """Equal in every kind, too: 1 is neither true nor 1.0 here."""
    if type(one) is not type(other):
        return False
    if isinstance(one, dict):
        return list(one) == list(other) and all(_is_same(one[key], other[key]) for key in one)
    if isinstance(one, list):
        return len(one) == len(other) and all(map(_is_same, one, other))
    return bool(one == other)
