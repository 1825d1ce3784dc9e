"""Which steps usually come, read from the drawing alone."""

from collections import deque
from collections.abc import Collection, Iterable, Sequence

from definitions.graph import After, Split, WorkflowGraph
from definitions.listing import listed


def usual_way(
    graph: WorkflowGraph, after: Iterable[str | None], passed: Collection[str] = ()
) -> list[str]:
    """Keys of the steps that usually come after `after` (None: the start), in their order.

    An honest guess from the drawing alone: of several ways the one that leads furthest; a step that
    only leads back to another of the ways is a detour, and left out; a step that was `passed` comes
    again only if there is no other way on.
    """
    begin = list(after)
    known = {key for key in begin if key is not None}
    way: list[str] = []
    queue = deque(begin)
    while queue:
        for target in _usually_next(graph, queue.popleft(), known, passed):
            known.add(target)
            way.append(target)
            queue.append(target)
    return way


def way_when_over(graph: WorkflowGraph, key: str, whole: str = "request") -> str:
    """What happens when the time of a step runs out: "it goes on to “Escalate”"; "" for nothing.

    `whole` is what the reader calls that which goes on.
    """
    edges = graph.outgoing(key, After.TIMEOUT)
    targets = dict.fromkeys(edge.target for edge in edges)
    tasks = [graph.tasks[target] for target in targets if target and target in graph.tasks]
    names = [f"“{task.label}”" for task in tasks]
    if not names:
        return f"the {whole} ends" if edges else ""
    if graph.tasks[key].split == Split.ALL:
        return f"it goes on to {listed(names)}"
    return f"it goes on to {' or '.join(names)}"


def _usually_next(
    graph: WorkflowGraph, source: str | None, known: Collection[str], passed: Collection[str]
) -> list[str]:
    edges = graph.outgoing(source)
    targets = list(dict.fromkeys(edge.target for edge in edges))
    ahead = [key for key in targets if key in graph.tasks and key not in known]
    if source is not None and graph.tasks[source].split == "ALL":
        return [key for key in ahead if key]
    new = [key for key in ahead if key and key not in passed]
    again = [key for key in ahead if key] if None not in targets else []
    return _furthest(graph, source, new or again, known)


def _furthest(
    graph: WorkflowGraph, source: str | None, choices: Sequence[str], known: Collection[str]
) -> list[str]:
    if len(choices) < 2:
        return list(choices)
    defaults = {edge.target for edge in graph.outgoing(source) if edge.is_default}
    reach = {key: _ahead_of(graph, key, {*known, key}) for key in choices}
    main = [
        key
        for key in choices
        if not any(other in reach[key] and key not in reach[other] for other in choices)
    ]
    return [max(main or choices, key=lambda key: (len(reach[key]), key in defaults))]


def _ahead_of(graph: WorkflowGraph, key: str, known: Collection[str]) -> set[str]:
    """Steps that can still come after `key`, those of `known` apart."""
    found: set[str] = set()
    queue = [key]
    while queue:
        for edge in graph.outgoing(queue.pop()):
            if edge.target and edge.target not in found and edge.target not in known:
                found.add(edge.target)
                queue.append(edge.target)
    return found
