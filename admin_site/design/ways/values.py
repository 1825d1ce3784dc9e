"""What can be known where a way is chosen, in people's words."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import groupby
from typing import Any

from definitions.graph import ACTION_TYPES, TICKET, After, TaskNode, WorkflowGraph
from definitions.linter.known import Known
from definitions.logic.clauses import Comparison
from definitions.logic.transforms import LITERAL, LIVE
from definitions.schemas.samples import sample
from definitions.schemas.shape import Kind, Shape, humanised

THE_REQUEST = "The request"
NOT_KNOWN = "Not known here"
_DEEPEST = 2


class Sort(StrEnum):
    """How a value is compared and asked for."""

    YES_NO = "yes_no"
    CHOICE = "choice"
    CHOICES = "choices"
    NUMBER = "number"
    DAY = "day"
    TEXT = "text"
    LIST = "list"
    ANY = "any"


_FILLED = (Comparison.FILLED, Comparison.EMPTY)
_SAME = (Comparison.IS, Comparison.IS_NOT)
_ONE = (Comparison.ONE_OF, Comparison.NONE_OF)
_ORDER = (Comparison.OVER, Comparison.AT_LEAST, Comparison.UNDER, Comparison.AT_MOST)
_INSIDE = (Comparison.HOLDS, Comparison.LACKS)

COMPARISONS: Mapping[Sort, Sequence[Comparison]] = {
    Sort.YES_NO: (Comparison.IS, *_FILLED),
    Sort.CHOICE: (*_SAME, *_ONE, *_FILLED),
    Sort.CHOICES: (*_INSIDE, *_FILLED),
    Sort.NUMBER: (*_ORDER, *_SAME, *_ONE, *_FILLED),
    Sort.DAY: (Comparison.UNDER, Comparison.OVER, Comparison.AT_MOST, Comparison.AT_LEAST,
               *_SAME, *_FILLED),
    Sort.TEXT: (*_SAME, *_ONE, *_INSIDE, *_FILLED),
    Sort.LIST: _FILLED,
    Sort.ANY: (*_SAME, *_ORDER, *_ONE, *_INSIDE, *_FILLED),
}  # fmt: skip

WORDS: Mapping[Comparison, str] = {
    Comparison.IS: "is",
    Comparison.IS_NOT: "is not",
    Comparison.OVER: "is over",
    Comparison.AT_LEAST: "is at least",
    Comparison.UNDER: "is under",
    Comparison.AT_MOST: "is at most",
    Comparison.ONE_OF: "is one of",
    Comparison.NONE_OF: "is none of",
    Comparison.HOLDS: "contains",
    Comparison.LACKS: "does not contain",
    Comparison.FILLED: "is filled in",
    Comparison.EMPTY: "is empty",
}
_OF_DAYS: Mapping[Comparison, str] = {
    Comparison.OVER: "is after",
    Comparison.AT_LEAST: "is on or after",
    Comparison.UNDER: "is before",
    Comparison.AT_MOST: "is on or before",
}


@dataclass(frozen=True, slots=True)
class Offered:
    """One value that a condition can ask for. `whose` names the form or step it comes from."""

    path: str
    title: str
    whose: str
    sort: Sort = Sort.ANY
    choices: Sequence[tuple[str, str]] = ()

    def words(self, comparison: Comparison) -> str:
        """What the comparison is called for this sort of value."""
        of_days = _OF_DAYS.get(comparison) if self.sort is Sort.DAY else None
        return of_days or WORDS.get(comparison, "is")


def offered(
    graph: WorkflowGraph, known: Known, source: str | None, after: str
) -> dict[str, Offered]:
    """Values by path: of the step itself, of the request, then of the steps before it."""
    found: list[Offered] = []
    if source is not None and after == After.DONE:
        found += _of_task(graph.tasks[source])
    found += _of_request(known)
    before = graph.ancestors(source) if source is not None else frozenset()
    for key, task in graph.tasks.items():
        if key in before and not (key == source and after == After.DONE):
            found += _of_task(task)
    return {one.path: one for one in found}


def grouped(values: Mapping[str, Offered]) -> list[tuple[str, list[Offered]]]:
    """For a list with headings."""
    return [(whose, list(some)) for whose, some in groupby(values.values(), lambda v: v.whose)]


def not_known(path: str) -> Offered:
    """A value that a condition reads all the same."""
    return Offered(path, path, NOT_KNOWN)


def samples(graph: WorkflowGraph, known: Known, source: str | None, after: str) -> dict[str, Any]:
    """Made-up data as it may be at this point, every question answered."""
    data: dict[str, Any] = {TICKET: {}}
    if known.forms:
        form = known.forms[0]
        data[TICKET] = {**_sampled(form.schema), **form.presets}
    before = graph.ancestors(source) if source is not None else frozenset()
    for key, task in graph.tasks.items():
        is_done = key in before or (key == source and after == After.DONE)
        if is_done and isinstance(task.output_schema, dict):
            data[key] = _sampled(task.output_schema)
    return data


def _sampled(schema: Any) -> dict[str, Any]:
    try:
        found = sample(schema, whole=True)
    except (LookupError, TypeError, ValueError, RecursionError):
        return {}  # a schema that is none, in a draft
    return found if isinstance(found, dict) else {}


def _of_request(known: Known) -> Iterator[Offered]:
    seen: set[str] = set()
    for form in (*known.forms, *known.declared):
        preset = {name: {"const": value} for name, value in form.presets.items()}
        schema = form.schema if isinstance(form.schema, dict) else {}
        for one in _of_schema(TICKET, schema, THE_REQUEST):
            if one.path not in seen:
                seen.add(one.path)
                yield one
        for name in preset:
            if (path := f"{TICKET}.{name}") not in seen:
                seen.add(path)
                declared = known.shapes(path)
                shape = declared[-1] if declared else None
                yield from _offer(path, humanised(name), THE_REQUEST, shape)


def _of_task(task: TaskNode) -> Iterator[Offered]:
    if isinstance(task.output_schema, dict):
        yield from _of_schema(task.key, task.output_schema, task.label)
    made = task.output_transform
    if (
        task.task_type in ACTION_TYPES
        and isinstance(made, dict)
        and not {LIVE, LITERAL} & set(made)
    ):
        described = set((task.output_schema or {}).get("properties", ()))
        for name in made:
            if name not in described:
                yield Offered(f"{task.key}.{name}", humanised(name), task.label)


def _of_schema(head: str, schema: Mapping[str, Any], whose: str) -> Iterator[Offered]:
    try:
        yield from _inside(Shape(dict(schema), ((),)), head, "", whose, 0)
    except (LookupError, TypeError, ValueError, RecursionError):
        return  # told as a bad schema


def _inside(shape: Shape, path: str, before: str, whose: str, depth: int) -> Iterator[Offered]:
    found = {**{name: one for name, (one, _) in shape.extras.items()}, **shape.properties}
    for name, inner in found.items():
        title = before + ((inner.title if inner.places else "") or humanised(name)).rstrip(" :")
        here = f"{path}.{name}"
        if "." in name:
            continue
        if inner.kind is Kind.OBJECT and depth < _DEEPEST:
            yield from _inside(inner, here, f"{title}: ", whose, depth + 1)
        else:
            yield from _offer(here, title, whose, inner)


def _offer(path: str, title: str, whose: str, shape: Shape | None) -> Iterator[Offered]:
    sort = sort_of(shape) if shape is not None else Sort.ANY
    if sort is not None:
        yield Offered(path, title, whose, sort, _choices(shape) if shape is not None else ())


def sort_of(shape: Shape) -> Sort | None:
    """None: nothing can be asked of it."""
    kind = shape.kind
    if kind in {Kind.BOOLEAN, Kind.AGREE}:
        return Sort.YES_NO
    if kind in {Kind.CHOICE, Kind.CONSTANT}:
        return Sort.CHOICE
    if kind is Kind.CHOICES:
        return Sort.CHOICES
    if kind in {Kind.NUMBER, Kind.INTEGER}:
        return Sort.NUMBER
    if kind is Kind.STRING:
        return Sort.DAY if shape.format == "date" else Sort.TEXT
    if kind in {Kind.LIST, Kind.MAP, Kind.OBJECT}:
        return Sort.LIST
    return None if kind in {Kind.NEVER, Kind.NULL} else Sort.ANY


def _choices(shape: Shape) -> Sequence[tuple[str, str]]:
    choices = shape.choices
    if shape.kind is Kind.CHOICES and shape.items is not None:
        choices = shape.items.choices
    return [(json.dumps(one.value), one.title) for one in choices or () if one.value is not None]
