"""Rules about what conditions, templates and times read."""

from collections.abc import Collection, Iterator, Mapping
from typing import Any, NamedTuple

from definitions import logic, moments
from definitions.graph import ACTION_TYPES, FILES, TICKET, After, TaskNode, TaskType
from definitions.linter.drawing import Drawing, Found
from definitions.logic import LogicError
from definitions.logic.transforms import LITERAL, LIVE
from definitions.nearest import did_you_mean
from definitions.retries.rules import USUAL_RESULT_PATH
from definitions.schemas.problem import JSON

#: With any of these, a schema may let through more than its own `properties`.
OPEN_SCHEMA_WORDS = frozenset(
    {
        "$ref",
        "$dynamicRef",
        "allOf",
        "anyOf",
        "oneOf",
        "if",
        "patternProperties",
        "dependentSchemas",
    }
)
#: What the output of a task that is no form is made from.
RESPONSE, CHILD = "response", "child"


class Read(NamedTuple):
    """One path that is read at a task (None: the start); `is_done`: after it, not before."""

    place: str
    at: str | None
    is_done: bool
    path: str


def unknown_path(drawing: Drawing) -> Iterator[Found]:
    for read in _reads(drawing):
        message = _never_there(drawing, read.path)
        if message:
            hint = did_you_mean(read.path, _known(drawing, read))
            yield Found(read.place, message, hint)


def too_early(drawing: Drawing) -> Iterator[Found]:
    for read in _reads(drawing):
        head = read.path.partition(".")[0]
        if head not in drawing.graph.tasks or head in _before(drawing, read):
            continue
        if head == read.at:
            why = f"{drawing.called(head)} has left nothing behind yet."
        else:
            why = f"no way leads from {drawing.called(head)} to {drawing.called(read.at)}."
        yield Found(
            read.place,
            f"“{read.path}” is empty here: {why}",
            "Read a value of a task that comes before.",
        )


def unknown_answer(drawing: Drawing) -> Iterator[Found]:
    """The output of a call or of a workflow is made from what came back, and from nothing else."""
    for place, task in drawing.tasks():
        source = _source_of_output(task)
        for path in _paths_of(task.output_transform) if source else ():
            if path.partition(".")[0] != source:
                yield Found(
                    f"{place}/output_transform",
                    f"“{path}” is never there: what “{task.label}” leaves behind is made from "
                    f"“{source}” alone.",
                    f"Begin with “{source}”: {{$: {{var: {source}.{path}}}}}.",
                )


def _source_of_output(task: TaskNode) -> str:
    if task.task_type in ACTION_TYPES:
        return RESPONSE
    return CHILD if task.task_type == TaskType.SUBWORKFLOW else ""


def _reads(drawing: Drawing) -> Iterator[Read]:
    """Every path that something is written to read in the ticket's data, where it can be told."""
    for place, edge in drawing.edges():
        if edge.is_default:
            continue
        is_done = edge.after == After.DONE
        for path in _paths_of_rule(drawing, edge):
            yield Read(f"{place}/condition", edge.source, is_done, path)
    for place, task in drawing.tasks():
        for path in _paths_of(task.input_transform):
            yield Read(
                f"{place}/input_transform", task.key, False, _without_files(drawing, task, path)
            )
        for part in ("due", "until"):
            for path in sorted(set(moments.paths_read(task.extra.get(part)))):
                if path:
                    yield Read(f"{place}/{part}", task.key, False, path)


def _without_files(drawing: Drawing, task: TaskNode, path: str) -> str:
    """What a call reads of a file stands where its answer does, below `files`."""
    head, _, rest = path.partition(".")
    is_file = head == FILES and rest and task.task_type in ACTION_TYPES
    return rest if is_file and FILES not in drawing.graph.tasks else path


def _paths_of_rule(drawing: Drawing, edge: Any) -> list[str]:
    try:
        return sorted(path for path in set(drawing.graph.rule(edge).paths) if path)
    except LogicError:
        return []  # reported by `bad_condition`


def _paths_of(template: JSON) -> list[str]:
    if template is None:
        return []
    try:
        return sorted(path for path in set(logic.compile_transform(template).paths) if path)
    except LogicError:
        return []  # reported where templates are checked


def _never_there(drawing: Drawing, path: str) -> str:
    """Why nothing can be found at `path`; empty where something may be."""
    head, name, *_deeper = [*path.split("."), ""]
    if head != TICKET and head not in drawing.graph.tasks:
        return f"“{path}” is never there: “{head}” is neither “{TICKET}” nor the key of a task."
    names = _names(drawing, head)
    if names is None or not name or name in names:
        return ""
    owner = "the submitted form" if head == TICKET else drawing.called(head)
    return f"“{path}” is never there: {owner} has no field “{name}”."


def _names(drawing: Drawing, head: str) -> Collection[str] | None:
    """Names of the values below `head`; None where more may be there than is declared."""
    if head == TICKET:
        declared = {spec.name for spec in drawing.graph.declared_fields()}
        return declared.union(drawing.ticket_fields) or None
    task = drawing.graph.tasks[head]
    if task.task_type == TaskType.WAIT:
        return ()
    names = _made(task) if _source_of_output(task) else _properties(task.output_schema)
    return None if names is None else {*names, *_caught(task)}


def _made(task: TaskNode) -> Collection[str] | None:
    """Names in what a call or workflow leaves behind: its schema lets through what it does not
    name, so only the template tells them all.
    """
    template = task.output_transform
    if isinstance(template, Mapping) and not {LIVE, LITERAL} & set(template):
        return tuple(template)
    schema = task.output_schema
    if isinstance(schema, Mapping) and schema.get("additionalProperties") is False:
        return _properties(schema)
    return None


def _caught(task: TaskNode) -> set[str]:
    """Under which names a task leaves behind what went wrong with its call."""
    rules = task.action.get("catch") if task.catches else None
    return {
        str(rule.get("result_path", USUAL_RESULT_PATH))
        for rule in rules or ()
        if isinstance(rule, Mapping)
    }


def _properties(schema: Any) -> Collection[str] | None:
    if not isinstance(schema, Mapping) or OPEN_SCHEMA_WORDS & set(schema):
        return None
    listed = schema.get("properties")
    if not isinstance(listed, Mapping) or schema.get("additionalProperties"):
        return None
    return tuple(str(name) for name in listed)


def _known(drawing: Drawing, read: Read) -> list[str]:
    """Every path that may have a value when the ticket is there."""
    before = _before(drawing, read)
    heads = [TICKET, *(key for key in drawing.graph.tasks if key in before)]
    return [f"{head}.{name}" for head in heads for name in _names(drawing, head) or ()]


def _before(drawing: Drawing, read: Read) -> frozenset[str | None]:
    """Tasks that may have left something behind."""
    if read.at is None:
        return frozenset()  # nothing leads to the start, which only shares its None with the end
    before = drawing.graph.ancestors(read.at)
    return before | {read.at} if read.is_done else before
