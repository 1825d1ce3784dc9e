"""What happens after a task, told before the click: from the drawing, in words."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

from admin_site import times
from admin_site.history import Names
from definitions.graph import After, Edge, Split, TaskType, WorkflowGraph
from definitions.logic import Part, describe_parts

#: More ways than this are only counted.
MOST_WAYS = 6
PART_DONE = "this part of the request is done"


@dataclass(frozen=True, slots=True)
class Consequence:
    """`when` is "If the decision is approve", "Otherwise" or "Then"; `what` follows it."""

    when: str
    what: str


def consequences(
    graph: WorkflowGraph,
    key: str,
    runs_out_at: datetime | None = None,
    *,
    is_inside: bool = False,
) -> list[Consequence]:
    """The ways on from a task, in the order in which they are tried; last, what happens when its
    time runs out. `is_inside`: with this workflow, only a part of the request ends."""
    words = _Words(graph, is_inside=is_inside)
    told = _ways_on(words, key)
    if runs_out_at is None:
        return told
    over = f"If it is not done by {times.when(runs_out_at)}"
    for edge in graph.outgoing(key, After.TIMEOUT)[:MOST_WAYS]:
        also = f", {_inside(words.when(edge, alone=False))}" if edge.condition is not None else ""
        told.append(Consequence(f"{over}{also}", words.what(edge)))
    return told


def _ways_on(words: "_Words", key: str) -> list[Consequence]:
    edges = words.graph.outgoing(key)
    if not edges:
        return [Consequence("Then", PART_DONE)]
    told = [
        Consequence(words.when(edge, alone=len(edges) == 1), words.what(edge))
        for edge in edges[:MOST_WAYS]
    ]
    if len(edges) > MOST_WAYS:
        told.append(Consequence("", f"and {len(edges) - MOST_WAYS} more ways"))
    if words.graph.tasks[key].split == Split.ALL and len(edges) > 1:
        told.append(Consequence("", "whatever fits happens at the same time"))
    return told


class _Words:
    """What people call the values and the tasks of a workflow."""

    def __init__(self, graph: WorkflowGraph, *, is_inside: bool = False) -> None:
        self.graph = graph
        self.end = PART_DONE if is_inside else "the request ends"
        self.labels = {path: _inside(title) for path, title in Names(graph).paths.items()}
        self.choices = dict(_choices(graph))

    def when(self, edge: Edge, *, alone: bool) -> str:
        if edge.condition is None:
            return "Then" if alone else "Otherwise"
        parts = describe_parts(edge.condition, self.labels)
        return "If " + "".join(self._said(part) for part in parts)

    def _said(self, part: Part) -> str:
        """A value by the words that stand beside it in the form."""
        return self.choices.get(part.text, part.text) if part.kind == "value" else part.text

    def what(self, edge: Edge) -> str:
        task = self.graph.tasks.get(edge.target) if edge.target else None
        if task is None:
            return self.end
        by_itself = task.task_type not in (TaskType.FORM, TaskType.SUBWORKFLOW)
        return f"{task.label}, which runs by itself" if by_itself else task.label


def _inside(title: str) -> str:
    """A title inside a sentence: small, unless it is written in capitals."""
    return title[:1].lower() + title[1:] if title[1:2].islower() else title


def _choices(graph: WorkflowGraph) -> Iterator[tuple[str, str]]:
    """(value, title) of the choices of every form of the workflow."""
    for task in graph.tasks.values():
        schema = task.output_schema if isinstance(task.output_schema, Mapping) else {}
        properties = schema.get("properties")
        for part in properties.values() if isinstance(properties, Mapping) else ():
            options = part.get("oneOf") if isinstance(part, Mapping) else None
            for option in options if isinstance(options, list) else ():
                if isinstance(option, Mapping) and {"const", "title"} <= set(option):
                    yield str(option["const"]), str(option["title"])
