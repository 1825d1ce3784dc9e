"""What happens after a step, told before the click: from the drawing, in words."""

from collections.abc import Mapping
from dataclasses import dataclass

from admin_site.history import Names
from definitions.graph import Edge, Split, TaskType, WorkflowGraph
from definitions.logic import describe

#: More ways than this are only counted.
MOST_WAYS = 6


@dataclass(frozen=True, slots=True)
class Consequence:
    """`when` is "If the decision is approve", "Otherwise" or "Then"; `what` follows it."""

    when: str
    what: str


def consequences(
    graph: WorkflowGraph, key: str, roles: Mapping[str, str] | None = None
) -> list[Consequence]:
    """The ways on from a step, in the order in which they are tried.

    `roles`: key of a company role -> its title.
    """
    edges = graph.outgoing(key)
    if not edges:
        return [Consequence("Then", "this part of the request is done")]
    labels = {
        path: title[:1].lower() + title[1:] if title[1:2].islower() else title
        for path, title in Names(graph).paths.items()
    }
    told = [
        Consequence(_when(edge, labels, alone=len(edges) == 1), _what(graph, edge, roles or {}))
        for edge in edges[:MOST_WAYS]
    ]
    if len(edges) > MOST_WAYS:
        told.append(Consequence("", f"and {len(edges) - MOST_WAYS} more ways"))
    if graph.tasks[key].split == Split.ALL and len(edges) > 1:
        told.append(Consequence("", "Everything that fits happens at the same time"))
    return told


def _when(edge: Edge, labels: Mapping[str, str], *, alone: bool) -> str:
    if edge.condition is not None:
        return f"If {describe(edge.condition, labels)}"
    return "Then" if alone else "Otherwise"


def _what(graph: WorkflowGraph, edge: Edge, roles: Mapping[str, str]) -> str:
    task = graph.tasks.get(edge.target) if edge.target else None
    if task is None:
        return "the request is done"
    if task.task_type != TaskType.FORM:
        return f"“{task.label}” runs by itself"
    role = roles.get(str(task.assign.get("company_role") or ""), "")
    return f"“{task.label}” follows, with {role}" if role else f"“{task.label}” follows"
