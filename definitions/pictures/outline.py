"""What a picture has to show of a workflow: boxes, and ways between them with their words."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from definitions.graph import After, Edge, Join, Split, TaskNode, TaskType, WorkflowGraph
from definitions.logic import describe
from definitions.pictures.texts import plain

START, END, MISSING = "START", "END", "MISSING"
CAUGHT = "caught"

#: What a step is, by its type.
WHAT = {
    TaskType.FORM: "Form",
    TaskType.SYNC_ACTION: "Call",
    TaskType.ASYNC_ACTION: "Call with a later answer",
    TaskType.SUBWORKFLOW: "Another workflow",
    TaskType.WAIT: "Wait",
}


@dataclass(frozen=True, slots=True)
class Box:
    """A place in the picture. `key` is empty for the start and the end; `kind` is a task type,
    START, END, or MISSING for a step that a way leads to and that is not there.
    """

    number: int
    key: str
    title: str
    kind: str
    what: str = ""
    splits: bool = False
    joins: bool = False

    @property
    def is_step(self) -> bool:
        return self.kind not in (START, END)


@dataclass(frozen=True, slots=True)
class Way:
    """An arrow from one box to another, by their numbers.

    `label` stands beside it in the picture, `sentence` says it in full ("if approved is yes").
    `follows` is an `After`, or CAUGHT for where a failed call goes.
    """

    number: int
    source: int
    target: int
    label: str = ""
    sentence: str = ""
    follows: str = After.DONE.value


@dataclass(frozen=True, slots=True)
class Outline:
    """Box 0 is the start, box 1 the end; steps follow in the order of the document, then those that
    are missing. `ways` go by their sources, each in the order in which they are tried. `order`:
    what a ticket can come to, so that only ways that go back lead up; without the end.
    """

    boxes: tuple[Box, ...]
    ways: tuple[Way, ...]
    _onward: dict[int, list[Way]] = field(init=False, repr=False, compare=False)
    order: tuple[int, ...] = field(init=False, repr=False, compare=False)
    _places: dict[int, int] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        found: dict[int, list[Way]] = {}
        for way in self.ways:
            found.setdefault(way.source, []).append(way)
        object.__setattr__(self, "_onward", found)
        object.__setattr__(self, "order", tuple(self._walk()))
        places = {number: place for place, number in enumerate(self.order)}
        object.__setattr__(self, "_places", places)

    @property
    def steps(self) -> tuple[Box, ...]:
        return self.boxes[2:]

    def goes_back(self, way: Way) -> bool:
        """Whether it leads to where a ticket was already on its way here."""
        here, there = self._places.get(way.source), self._places.get(way.target)
        return here is not None and there is not None and there <= here

    def _walk(self) -> list[int]:
        seen, done = {0, 1}, []
        path = [(0, self._targets(0))]
        while path:
            here, others = path[-1]
            fresh = next((number for number in others if number not in seen), None)
            if fresh is None:
                done.append(here)
                path.pop()
            else:
                seen.add(fresh)
                path.append((fresh, self._targets(fresh)))
        return done[::-1]

    def _targets(self, number: int) -> Iterator[int]:
        """The last way first: what is finished last stands first in the order."""
        return iter([way.target for way in reversed(self._onward.get(number, ()))])

    def after(self, box: Box) -> Sequence[Way]:
        """The ways onward, in the order in which they are asked."""
        return self._onward.get(box.number, ())


def outline(graph: WorkflowGraph, labels: Mapping[str, str] | None = None) -> Outline:
    """`labels`: what people call the values that conditions read, by dotted path."""
    boxes = [Box(0, "", "Start", START), Box(1, "", "End", END)]
    boxes += [_box(number, task) for number, task in enumerate(graph.tasks.values(), 2)]
    missing = sorted(_named(graph) - graph.tasks.keys())
    boxes += [
        Box(number, key, plain(key) or "Without a name", MISSING, "There is no such step")
        for number, key in enumerate(missing, len(boxes))
    ]
    numbers = {box.key: box.number for box in boxes[2:]}
    ways = _ways(graph, numbers, labels or {})
    return Outline(tuple(boxes), tuple(ways))


def _box(number: int, task: TaskNode) -> Box:
    return Box(
        number,
        task.key,
        plain(task.label) or plain(task.key) or "Without a name",
        task.task_type,
        WHAT.get(task.task_type, "Step"),  # type: ignore[call-overload]
        splits=task.split == Split.ALL,
        joins=task.join == Join.ALL,
    )


def _named(graph: WorkflowGraph) -> set[str]:
    """Keys that the ways speak of."""
    ends = {key for edge in graph.edges for key in (edge.source, edge.target) if key is not None}
    return ends | {key for task in graph.tasks.values() for key in task.catches}


def _ways(
    graph: WorkflowGraph, numbers: Mapping[str, int], labels: Mapping[str, str]
) -> Iterator[Way]:
    """By their sources, each in the order in which they are tried."""
    number = 0
    for source in (None, *numbers):
        here = 0 if source is None else numbers[source]
        for after in dict.fromkeys([*After, *(e.after for e in graph.edges if e.source == source)]):
            edges = graph.outgoing(source, after)
            for edge in edges:
                there = 1 if edge.target is None else numbers[edge.target]
                label, sentence = _said(edge, labels, _is_one_of(graph, edges))
                yield Way(number, here, there, label, sentence, edge.after)
                number += 1
        task = graph.tasks.get(source) if source is not None else None
        for key in dict.fromkeys(task.catches if task else ()):
            yield Way(number, here, numbers[key], "call failed", "if the call fails", CAUGHT)
            number += 1


def _is_one_of(graph: WorkflowGraph, edges: Sequence[Edge]) -> bool:
    """Whether the last of these ways is taken only where no other is."""
    source = graph.tasks.get(edges[0].source or "")
    return len(edges) > 1 and (source is None or source.split != Split.ALL)


def _said(edge: Edge, labels: Mapping[str, str], is_one_of: bool) -> tuple[str, str]:
    """What stands beside a way, and the whole of it."""
    condition = plain(describe(edge.condition, labels)) if edge.condition is not None else ""
    otherwise = "otherwise" if edge.is_default and is_one_of else ""
    label = plain(edge.label) or condition or otherwise
    if edge.after == After.TIMEOUT:
        late = "when its time has run out"
        return (
            f"time ran out: {label}" if condition or edge.label else "time ran out",
            f"{late}, if {condition}" if condition else late,
        )
    return label, f"if {condition}" if condition else otherwise
