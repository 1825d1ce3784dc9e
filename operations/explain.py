"""The engine's words: why a ticket cannot go on, and values in a form that can be kept and read.

Pure: no Django, no clock, no database.
"""

import json
import math
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from definitions.graph import JSON, TICKET, TaskNode, WorkflowGraph
from definitions.listing import listed
from definitions.logic import BadValue, LogicError

#: How many values one message names.
MOST_FACTS = 5
#: How long a value may be inside a sentence, and where it is stored, in characters.
MOST_SPOKEN = 60
MOST_STORED = 300
#: How deep a stored value may be.
MOST_DEPTH = 40
#: A name in the middle of a sentence reads badly with the sign that its question ends in.
_CLOSING = " ?:.!*"


def nothing_matched(graph: WorkflowGraph, source: str | None, reads: Mapping[str, Any]) -> str:
    """Say that no transition after `source` fits, and what was read to find that out."""
    place = "No first task fits"
    if source is not None:
        place = f"No way onward fits after {name(graph, source)}"
    return f"{place}{_because(graph, source, reads)}."


def not_boolean(
    graph: WorkflowGraph,
    source: str | None,
    target: str | None,
    value: Any,
    reads: Mapping[str, Any],
) -> str:
    """Say that a condition gave `value` where it must give yes or no."""
    way = _way(graph, source, target)
    given = "nothing" if value is None else say(value)
    because = _because(graph, source, reads)
    return f"The condition {way} must give yes or no, but gives {given}{because}."


def not_decidable(graph: WorkflowGraph, source: str | None, target: str | None, why: str) -> str:
    """Say that a condition failed; `why` comes from `cause`."""
    return f"The condition {_way(graph, source, target)} cannot be decided: {why}"


def cause(graph: WorkflowGraph, source: str | None, error: LogicError) -> str:
    """The evaluator's own sentence, with the value in the way called what people call it."""
    words = error.message
    if isinstance(error, BadValue) and error.path:
        words = f"{_what(graph, source, error.path)} {error.finding}"
    return words if words.endswith((".", "?")) else f"{words}."


def too_many_visits(task: TaskNode, limit: int) -> str:
    """Say that a ticket goes round and round."""
    times = "once" if limit == 1 else f"{limit} times"
    return (
        f"This ticket has come to “{task.label}” {times}, which is the limit. "
        "It seems to go round in a circle: move it to another task, or cancel it."
    )


def too_many_steps(limit: int) -> str:
    """Say that a ticket runs on by itself."""
    return (
        f"This ticket has gone {limit} steps in a row without waiting for anybody or anything. "
        "It seems to go round in a circle: move it to another task, or cancel it."
    )


def too_many_branches(graph: WorkflowGraph, source: str | None, limit: int) -> str:
    """Say that a ticket would be in too many places at once."""
    return (
        f"After {name(graph, source)} this ticket would be in more than {limit} places at once, "
        "which is the limit. Move it to one task, or cancel it."
    )


def facts(graph: WorkflowGraph, source: str | None, reads: Mapping[str, Any]) -> str:
    """What was read to decide after `source`: "Amount is 250 and Paid is no"; "" if nothing."""
    said = [
        f"{_what(graph, source, path).rstrip(_CLOSING)} is {say(value)}"
        for path, value in reads.items()
    ]
    said[MOST_FACTS:] = ["more"] if len(said) > MOST_FACTS else []
    return listed(said) if said else ""


def names_of(graph: WorkflowGraph, source: str | None, reads: Mapping[str, Any]) -> str:
    """What was read to decide, without a value: "Amount and Paid"; "" if nothing."""
    said = [_what(graph, source, path).rstrip(_CLOSING) for path in reads]
    said[MOST_FACTS:] = ["more"] if len(said) > MOST_FACTS else []
    return listed(said) if said else ""


def unknown_task(key: str) -> str:
    """Say that a transition or a person names a task that the workflow has not."""
    return f"This workflow has no task “{key}”. Move the ticket to one of its tasks."


def name(graph: WorkflowGraph, key: str | None) -> str:
    """What a sentence calls a task; None is the start."""
    if key is None:
        return "the start"
    return f"“{graph.tasks[key].label}”" if key in graph.tasks else f"“{key}”"


def say(value: Any) -> str:
    """A value inside a sentence, as short as it takes."""
    if value is None:
        return "empty"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, Mapping):
        return "a group of fields"
    if isinstance(value, (list, tuple)):
        return _say_list(value)
    shown = storable(value, MOST_SPOKEN)
    return f"“{shown}”" if isinstance(shown, str) else str(shown)


def _say_list(values: Sequence[Any]) -> str:
    if not values:
        return "an empty list"
    if len(values) > MOST_FACTS or any(isinstance(each, (Mapping, list, tuple)) for each in values):
        return f"a list of {len(values)}"
    return listed([say(each) for each in values])


def storable(value: Any, longest: int = MOST_STORED) -> JSON:
    """`value` as a jsonb column takes it; what is longer than `longest` is cut or described."""
    clean = _clean(value, MOST_DEPTH)
    if isinstance(clean, str) and len(clean) > longest:
        return clean[: longest - 1] + "…"
    if isinstance(clean, (list, dict)) and len(json.dumps(clean)) > longest:
        kind = "list" if isinstance(clean, list) else "record"
        return f"(a {kind} with {len(clean)} entries)"
    return clean


def storable_each(values: Mapping[str, Any]) -> dict[str, JSON]:
    """The same for each of several named values."""
    return {_text(key): storable(value) for key, value in values.items()}


def _clean(value: Any, depth: int) -> JSON:
    if isinstance(value, str):
        return _text(value)
    if value is None or isinstance(value, (bool, int)):
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else str(value)
    if isinstance(value, date):  # a datetime is one too
        return value.isoformat()
    if isinstance(value, (Mapping, list, tuple)):
        return _clean_parts(value, depth - 1) if depth else "…"
    return _text(str(value))


def _clean_parts(value: Mapping[Any, Any] | list[Any] | tuple[Any, ...], depth: int) -> JSON:
    if isinstance(value, Mapping):
        return {_text(str(key)): _clean(part, depth) for key, part in value.items()}
    return [_clean(part, depth) for part in value]


def _text(value: str) -> str:
    # PostgreSQL keeps neither the null character nor half of a surrogate pair.
    return value.replace("\x00", "\ufffd").encode("utf-8", "replace").decode("utf-8")


def _because(graph: WorkflowGraph, source: str | None, reads: Mapping[str, Any]) -> str:
    facts = [f"{_what(graph, source, path)} is {say(value)}" for path, value in reads.items()]
    if len(facts) > MOST_FACTS:
        facts[MOST_FACTS:] = ["more"]
    return f": {listed(facts)}" if facts else ""


def _way(graph: WorkflowGraph, source: str | None, target: str | None) -> str:
    onward = "to the end" if target is None else f"to {name(graph, target)}"
    return f"from {name(graph, source)} {onward}"


def _what(graph: WorkflowGraph, source: str | None, path: str) -> str:
    """What a person calls the value at `path` of the workflow's data."""
    head, _, rest = path.partition(".")
    if head == TICKET and rest:
        labels = {spec.name: spec.label for spec in graph.declared_fields()}
        return labels.get(rest) or rest
    if head in graph.tasks and rest:
        title = _title(graph.tasks[head].output_schema, rest)
        return title if head == source else f"{title} of {name(graph, head)}"
    return path


def _title(schema: JSON, key: str) -> str:
    for part in ("properties", key, "title"):
        schema = schema.get(part) if isinstance(schema, Mapping) else None
    return schema if isinstance(schema, str) and schema else key
