"""What can be known of the values that a condition reads: their schemas, kinds and names."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from definitions.graph import ACTION_TYPES, TICKET, TaskNode, TaskType, WorkflowGraph
from definitions.layouts import checked
from definitions.logic.values import MISSING, Kind, kind_of, look_up
from definitions.logic.writer import path_words
from definitions.schemas import JSON, UnusableSchema, checker, problems, schema_from_fields
from definitions.schemas.samples import sample
from definitions.schemas.shape import Kind as Asked
from definitions.schemas.shape import Shape, shape_of

_KINDS: Mapping[str, Kind] = {
    "string": "text", "number": "number", "integer": "number", "boolean": "boolean",
    "array": "list", "object": "group",
}  # fmt: skip
_SOMETIMES = "sometimes"
#: What a title ends in that no sentence needs.
_CLOSING = " ?:.!*"


class Form(NamedTuple):
    """One form whose answers start the workflow; `presets`: what it sets without asking."""

    schema: JSON
    layout: JSON = None
    presets: Mapping[str, JSON] = {}


@dataclass(slots=True)
class Known:
    """What is known of one workflow.

    `forms`: of the ticket types that start it. `declared`: the form of its fields, with which
    another workflow may start it.
    """

    graph: WorkflowGraph
    forms: Sequence[Form]
    declared: Sequence[Form] = ()
    _shapes: dict[str, tuple[Shape, ...] | None] = field(default_factory=dict)

    @classmethod
    def of(cls, graph: WorkflowGraph, forms: Sequence[Form] = ()) -> "Known":
        """Without a ticket type, the declared fields are what is asked for."""
        try:
            declared = [Form(schema_from_fields(graph.fields))]
        except UnusableSchema:
            return cls(graph, ())
        if not all(_shape(form.schema) for form in (*forms, *declared)):
            return cls(graph, ())
        return cls(graph, list(forms) or declared, declared)

    def shapes(self, path: str) -> tuple[Shape, ...] | None:
        """What the value at a path is in each form that asks for it; None: it cannot be told."""
        if path not in self._shapes:
            self._shapes[path] = self._find(path)
        return self._shapes[path]

    def _find(self, path: str) -> tuple[Shape, ...] | None:
        head, *names = path.split(".")
        if not names:
            return None
        if head == TICKET:
            found = [_within(form, names) for form in (*self.forms, *self.declared)]
            if any(one is _SOMETIMES for one in found):
                return None
            return tuple(one for one in found if isinstance(one, Shape)) or None
        task = self.graph.tasks.get(head)
        if task is None or task.task_type == TaskType.WAIT or task.output_schema is None:
            return None
        whole = _shape(task.output_schema)
        shape = _inner(whole, names) if whole is not None else None
        return (shape,) if isinstance(shape, Shape) else None

    def kind(self, path: str) -> Kind | None:
        """The kind of the value at a path wherever there is one; None: it cannot be told."""
        shapes = self.shapes(path)
        kinds = {kind_of_shape(shape) for shape in shapes or ()}
        return kinds.pop() if len(kinds) == 1 else None

    def kinds(self, paths: Sequence[str]) -> dict[str, Kind]:
        """Those of the paths that are known."""
        return {path: kind for path in paths if (kind := self.kind(path)) is not None}

    def is_always_there(self, path: str) -> bool:
        """Whether every form gives this value: it must, and no layout can hide it."""
        head, *names = path.split(".")
        task = self.graph.tasks.get(head)
        forms = (*self.forms, *self.declared) if head == TICKET else ()
        if task is not None and task.output_schema is not None:
            forms = (Form(task.output_schema, task.extra.get("edit_layout")),)
        is_asked = task is None or task.task_type == TaskType.FORM
        return bool(forms) and all(
            form.layout is None and _must_be(form, names, is_asked=is_asked) for form in forms
        )

    def choices(self, path: str) -> list[JSON] | None:
        """The only values there can be; None: there are others, or it cannot be told."""
        found: list[JSON] = []
        shapes = self.shapes(path)
        if not shapes:
            return None
        for shape in shapes:
            if not shape.choices:
                return None
            found += [one.value for one in shape.choices if one.value not in found]
        return found

    def name(self, path: str) -> str:
        """What people call the value: its title in quotation marks, or the words of its path."""
        title = self.title(path)
        return f"“{title}”" if title else path_words(path.partition(".")[2] or path)

    def title(self, path: str) -> str:
        """The title of its question, if it has one."""
        titles = [shape.title for shape in self.shapes(path) or () if shape.title]
        return titles[0].rstrip(_CLOSING) if titles else ""

    # Answers that could really be given

    def submission(self, wanted: Mapping[str, Any]) -> dict[str, Any] | None:
        """What somebody can submit so that these paths have these values; None: nothing is known.

        MISSING as a value: there is none.
        """
        for form in self.forms:
            found = _answers(form.schema, form.layout, wanted, form.presets)
            if found is not None:
                return found
        return None

    def output(self, key: str, wanted: Mapping[str, Any]) -> Any:
        """The same for what a task leaves behind."""
        task = self.graph.tasks[key]
        if task.task_type == TaskType.WAIT:
            return _if_fits({}, wanted)
        if task.output_schema is None:
            free = task.task_type in ACTION_TYPES or task.task_type == TaskType.SUBWORKFLOW
            return _put({}, wanted) if free else _if_fits({}, wanted)
        layout = task.extra.get("edit_layout") if task.task_type == TaskType.FORM else None
        return _answers(task.output_schema, layout, wanted, {}, task=task)


def kind_of_shape(shape: Shape) -> Kind | None:
    """The kind that every value of this shape has; None: it is not said, or there are several."""
    if shape.choices:
        kinds = {kind_of(one.value) for one in shape.choices if one.value is not None}
        return kinds.pop() if len(kinds) == 1 else None
    if shape.get("type") is None:
        return None
    found = {_KINDS[name] for name in shape.types - {"null"} if name in _KINDS}
    return found.pop() if len(found) == 1 else None


def _answers(
    schema: JSON,
    layout: JSON,
    wanted: Mapping[str, Any],
    presets: Mapping[str, JSON],
    task: TaskNode | None = None,
) -> dict[str, Any] | None:
    made = _put(sample(schema), {p: v for p, v in wanted.items() if p.split(".")[1] not in presets})
    try:
        if task is not None and task.task_type != TaskType.FORM:
            value, wrong = made, problems(schema, made)
        else:
            done = checked(schema, layout, made)
            value, wrong = done.value, list(done.problems)
            if _leaves_out_a_switch(schema, wanted, done.state.hidden):
                return None
    except UnusableSchema:
        return None
    if wrong or not isinstance(value, dict):
        return None
    return _if_fits({**value, **presets}, wanted)


def _must_be(form: Form, names: Sequence[str], *, is_asked: bool) -> bool:
    if names[0] in form.presets:
        return True
    shape = _shape(form.schema)
    if shape is None or len(names) != 1 or names[0] not in shape.properties:
        return False
    inner = shape.properties[names[0]]
    return names[0] in shape.required or (is_asked and inner.kind is Asked.BOOLEAN)


def _leaves_out_a_switch(
    schema: JSON, wanted: Mapping[str, Any], hidden: Collection[tuple[str, ...]]
) -> bool:
    """A page that asks for yes or no always gets one: off is no."""
    for path, value in wanted.items():
        names = tuple(path.split(".")[1:])
        if value is MISSING and names not in hidden:
            shape = _inner(shape_of(schema), names)
            if isinstance(shape, Shape) and shape.kind is Asked.BOOLEAN:
                return True
    return False


def _if_fits(value: dict[str, Any], wanted: Mapping[str, Any]) -> dict[str, Any] | None:
    for path, one in wanted.items():
        found = look_up(value, path.split(".")[1:])
        if found is not one and (found is MISSING or one is MISSING or found != one):
            return None
    return value


def _put(value: Any, wanted: Mapping[str, Any]) -> Any:
    """The value with these ones inside of it; paths begin with the head that it stands for."""
    for path, one in wanted.items():
        *way, last = path.split(".")[1:]
        place = value
        for name in way:
            inner = place.get(name) if isinstance(place, dict) else None
            if not isinstance(inner, dict):
                if one is MISSING or not isinstance(place, dict):
                    break
                inner = place[name] = {}
            place = inner
        else:
            if not isinstance(place, dict):
                continue
            if one is MISSING:
                place.pop(last, None)
            else:
                place[last] = one
    return value


def _shape(schema: JSON) -> Shape | None:
    try:
        checker(schema)
    except (UnusableSchema, TypeError, ValueError, RecursionError):
        return None
    return shape_of(schema) if isinstance(schema, dict) else None


def _within(form: Form, names: Sequence[str]) -> Shape | str | None:
    """`_SOMETIMES` where it depends on other answers what it is; None where nobody asks for it."""
    if names[0] in form.presets:
        value = look_up(dict(form.presets), names)
        return None if value is MISSING else shape_of({"const": value})
    shape = _shape(form.schema)
    return _inner(shape, names) if shape is not None else None


def _inner(shape: Shape, names: Sequence[str]) -> Shape | str | None:
    for name in names:
        if name in shape.extras:
            return _SOMETIMES
        inner = shape.properties.get(name)
        if inner is None or not inner.places:
            return None
        shape = inner
    return shape
