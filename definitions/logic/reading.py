"""Operators that read the data: var, get, exists, missing, missing_some.

Their paths are written out, never computed, so that a definition can be checked before it runs.
Inside a list (`map`, `filter`, …) they read the row, whose values the list's own reading already
recorded; only readings of the data itself go into the trace.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from definitions.logic.nodes import Call, Closure, Node, Operators, Run
from definitions.logic.values import MISSING, look_up, shortened

OPERATORS = Operators()


def _all_of_them(_index: int, _count: int) -> bool:
    return True


def parts_of(path: str) -> tuple[str, ...]:
    return tuple(path.split(".")) if path else ()


def pointer_parts(pointer: str) -> tuple[str, ...]:
    """RFC 6901: parts after each slash, ~1 is a slash and ~0 a tilde."""
    if not pointer:
        return ()
    return tuple(part.replace("~1", "/").replace("~0", "~") for part in pointer[1:].split("/"))


def path_of_pointer(pointer: str) -> str:
    """The dotted path of a pointer; the pointer itself where a name holds a dot or is empty."""
    parts = pointer_parts(pointer)
    return pointer if any("." in part or not part for part in parts) else ".".join(parts)


def written_path(call: Call, path: Any, place: str) -> str | None:
    """The path as written in the rule, noted for the linter; None after reporting a problem."""
    if path is None:
        path = ""
    if isinstance(path, int) and not isinstance(path, bool) and path >= 0:
        path = str(path)
    if not isinstance(path, str):
        call.problem("The path is written out, as text; it cannot be computed.", place=place)
        return None
    if path and not all(path.split(".")):
        words = f"“{shortened(path, 80)}” is not a path: a name between two dots is empty."
        call.problem(words, place=place)
        return None
    first = path.split(".")[0]
    if call.scope == "fold" and first not in ("", "current", "accumulator"):
        hint = f"Perhaps “current.{shortened(path, 80)}”?"
        call.problem("Inside reduce only current and accumulator can be read.", hint, place=place)
    note(call, path)
    return path


def note(call: Call, path: str) -> None:
    if call.scope == "data":
        call.paths[path] = None


def reader(parts: tuple[str, ...], path: str, *, recorded: bool) -> Closure:
    def read(scope: Any, run: Run) -> Any:
        value = scope
        try:
            for part in parts:
                value = value[part]
        except (KeyError, TypeError, IndexError):
            value = look_up(scope, parts)
            if value is MISSING:
                value = None
        run.reads[path] = value
        return value

    def read_row(scope: Any, _run: Run) -> Any:
        value = look_up(scope, parts)
        return None if value is MISSING else value

    return read if recorded else read_row


def reading_node(call: Call, path: str, parts: tuple[str, ...], default: Node | None) -> Node:
    read = reader(parts, path, recorded=call.scope == "data")
    gives = call.kinds.get(path) if call.scope == "data" else None
    if default is None:
        return Node(read, call.raw, call.place, gives, path=path, parts=parts, scope=call.scope)

    def read_or_default(scope: Any, run: Run) -> Any:
        value = read(scope, run)
        return default.run(scope, run) if value is None else value

    return Node(read_or_default, call.raw, call.place, gives if gives == default.gives else None)


@OPERATORS.add("var", takes=(0, 2), written=lambda index, _count: index == 0)
def var(call: Call) -> Node:
    path = written_path(call, call.raw[0] if call.raw else "", call.place_of(0)) or ""
    return reading_node(call, path, parts_of(path), call.args[1] if len(call.args) > 1 else None)


@OPERATORS.add("get", takes=(1, 3), written=lambda index, count: count == 1 or index == 1)
def get(call: Call) -> Closure | Node:
    """{"get": pointer} reads the data; {"get": [value, pointer, default]} reads in a value."""
    where = 0 if len(call.raw) == 1 else 1
    pointer = call.raw[where]
    if not isinstance(pointer, str) or (pointer and not pointer.startswith("/")):
        call.problem("“get” needs a pointer, such as “/ticket/amount” or “/0/price”.", arg=where)
        pointer = ""
    parts = pointer_parts(pointer)
    if where == 0:
        path = path_of_pointer(pointer)
        note(call, path)
        return reading_node(call, path, parts, None)
    source = call.args[0]
    default = call.args[2] if len(call.args) > 2 else None

    def read(scope: Any, run: Run) -> Any:
        value = look_up(source.run(scope, run), parts)
        if value is not MISSING and value is not None:
            return value
        return default.run(scope, run) if default else None

    return read


def _has_value(value: Any) -> bool:
    """As the classic `missing` sees it: nothing and empty text are no value, 0 and no are."""
    return value is not MISSING and value is not None and value != ""


def _readers(call: Call, paths: Sequence[Any], places: Iterable[str]) -> list[tuple[str, Closure]]:
    """What reads each of the paths written in the rule."""
    found = []
    for raw, place in zip(paths, places, strict=True):
        path = written_path(call, raw, place)
        if path is not None:
            found.append((path, reader(parts_of(path), path, recorded=call.scope == "data")))
    return found


def _inner_places(call: Call, arg: int, paths: Sequence[Any]) -> list[str]:
    return [f"{call.place_of(arg)}/{index}" for index in range(len(paths))]


@OPERATORS.add("exists", takes=(1, None), gives="boolean", written=_all_of_them)
def exists(call: Call) -> Closure:
    paths = _readers(call, call.raw, map(call.place_of, range(len(call.raw))))

    def run_exists(scope: Any, run: Run) -> bool:
        return all(_has_value(read(scope, run)) for _, read in paths)

    return run_exists


@OPERATORS.add("missing", takes=(0, None), gives="list", written=_all_of_them)
def missing(call: Call) -> Closure:
    if len(call.raw) == 1 and isinstance(call.raw[0], list):
        paths = _readers(call, call.raw[0], _inner_places(call, 0, call.raw[0]))
    else:
        paths = _readers(call, call.raw, map(call.place_of, range(len(call.raw))))

    def run_missing(scope: Any, run: Run) -> list[str]:
        return [path for path, read in paths if not _has_value(read(scope, run))]

    return run_missing


@OPERATORS.add("missing_some", takes=(2, 2), gives="list", written=_all_of_them)
def missing_some(call: Call) -> Closure:
    """The missing ones of a list of paths, or nothing when enough of them are there."""
    enough, raw = call.raw
    if not isinstance(enough, int) or isinstance(enough, bool):
        call.problem("“missing_some” needs a whole number first: how many must be there.", arg=0)
        enough = 0
    if not isinstance(raw, list):
        call.problem("“missing_some” needs a list of paths second.", arg=1)
        raw = []
    paths = _readers(call, raw, _inner_places(call, 1, raw))

    def run_missing_some(scope: Any, run: Run) -> list[str]:
        absent = [path for path, read in paths if not _has_value(read(scope, run))]
        return [] if len(paths) - len(absent) >= enough else absent

    return run_missing_some
