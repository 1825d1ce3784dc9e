"""A workflow in words: its steps in the order of their ways, each with its ways onward."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from admin_site import history
from admin_site.design import wording
from admin_site.history import Names
from definitions.errors import Problem
from definitions.graph import After, TaskNode, TaskType, WorkflowGraph

START = "Start"
SYMBOLS = {
    TaskType.FORM: "edit_square",
    TaskType.SYNC_ACTION: "bolt",
    TaskType.ASYNC_ACTION: "sync_alt",
    TaskType.SUBWORKFLOW: "account_tree",
    TaskType.WAIT: "hourglass_empty",
}
OUT_OF_TIME = "when its time runs out"


@dataclass(frozen=True, slots=True)
class WayLine:
    """A way onward.

    `when`: what it follows, where that is not that the step was done. `is_back`: it leads to a step
    on whose way here the ticket was already.
    """

    target: str
    sentence: str
    when: str = ""
    is_back: bool = False
    is_otherwise: bool = False


@dataclass(frozen=True, slots=True)
class StepLine:
    """A step with its ways onward. `anchor` is the id of its row on the page."""

    key: str
    anchor: str
    title: str
    symbol: str
    what: str
    who: str
    notes: Sequence[str] = ()
    ways: Sequence[WayLine] = ()
    href: str = ""
    problems: int = 0


@dataclass(slots=True)
class Reading:
    """A workflow version, read for a page.

    `steps` stand in the order in which a ticket can pass them: every way leads down the list,
    apart from those that go back. `apart`: those no way leads to.
    """

    start: Sequence[WayLine] = ()
    steps: list[StepLine] = field(default_factory=list)
    apart: list[StepLine] = field(default_factory=list)

    @property
    def count(self) -> int:
        return len(self.steps) + len(self.apart)


def read(
    graph: WorkflowGraph,
    roles: Mapping[str, str],
    hrefs: Mapping[str, str],
    problems: Iterable[Problem] = (),
) -> Reading:
    """`roles`: titles of company roles by key; `hrefs`: addresses of the steps' pages by key."""
    wrong = _per_step(graph, problems)
    order = _in_order(graph)
    place = {key: number for number, key in enumerate(order)}
    numbers = {key: number for number, key in enumerate(graph.tasks)}
    names = Names(graph)

    def line(key: str) -> StepLine:
        node = graph.tasks[key]
        return StepLine(
            key,
            f"step-{numbers[key]}",
            node.label,
            SYMBOLS.get(TaskType(node.task_type), "help") if _is_known(node) else "help",
            what_it_is(node, names.paths),
            who_gets_it(node, roles),
            _notes(node, names.paths),
            _ways(graph, key, names, place),
            hrefs.get(key, ""),
            wrong.get(key, 0),
        )

    return Reading(
        start=_ways(graph, None, names, place),
        steps=[line(key) for key in order],
        apart=[line(key) for key in graph.tasks if key not in place],
    )


def what_it_is(node: TaskNode, labels: Mapping[str, str]) -> str:
    """ "Form, 2 questions", "Call to erp.example", "Waits 2 days"."""
    if node.task_type == TaskType.SUBWORKFLOW:
        return f"Runs the workflow “{node.extra.get('subworkflow') or '?'}”"
    if node.task_type == TaskType.WAIT:
        return wording.wait(node, labels)
    if node.task_type != TaskType.FORM:
        host = node.action_url.partition("://")[2].partition("/")[0]
        later = ", answered later" if node.task_type == TaskType.ASYNC_ACTION else ""
        return f"Call to {host}{later}" if host else "Call"
    schema = node.output_schema if isinstance(node.output_schema, dict) else {}
    count = len(schema.get("properties") or ())
    if not count:
        return "Form without questions"
    return "Form, 1 question" if count == 1 else f"Form, {count} questions"


def who_gets_it(node: TaskNode, roles: Mapping[str, str]) -> str:
    """The company role in people's words; any task worker where none is named."""
    if node.task_type != TaskType.FORM:
        return "The system"
    role = str(node.assign.get("company_role") or "")
    return roles.get(role, role) or "Any task worker"


def _notes(node: TaskNode, labels: Mapping[str, str]) -> list[str]:
    due = wording.due(node, labels)
    return [*([f"due {due}"] if due else []), *wording.branches(node)]


def ways_after(graph: WorkflowGraph, source: str) -> list[WayLine]:
    """The ways onward from a step, in the order in which they are asked."""
    return _ways(graph, source, Names(graph), {})


def ways_to(graph: WorkflowGraph, target: str) -> list[str]:
    """Titles of the steps from which a step is reached."""
    sources = [None, *graph.tasks]
    return [
        START if key is None else graph.tasks[key].label
        for key in sources
        if target in graph.leads_to(key)
    ]


def anchor_of(place: str, graph: WorkflowGraph) -> str:
    """The id, on the page of a workflow, of what a problem's place is about."""
    _, section, number, *_rest = [*place.split("/"), "", ""]
    if section == "tasks" and number.isdecimal():
        return f"step-{number}"
    return "ways" if section == "transitions" else ""


def _ways(
    graph: WorkflowGraph, source: str | None, names: Names, place: Mapping[str, int]
) -> list[WayLine]:
    """Done, out of time, and failed. `place`: where the steps stand in the list, for those that a
    ticket can come to.
    """

    def is_back(target: str | None) -> bool:
        here, there = place.get(source or "", -1), place.get(target or "")
        return there is not None and there <= here

    lines = []
    for after, when in ((After.DONE, ""), (After.TIMEOUT, OUT_OF_TIME)):
        edges = graph.outgoing(source, after.value)
        for edge in edges:
            way = history.way(edge.target, edge.condition, names)
            is_otherwise = edge.is_default and not all(other.is_default for other in edges)
            lines.append(
                WayLine(way.target, way.sentence, when, is_back(edge.target), is_otherwise)
            )
    for number, rule in enumerate(_catches(graph, source)):
        target = str(rule.get("next"))
        when = wording.after_failures(rule.get("errors"), is_first=number == 0)
        lines.append(WayLine(names.task(target), "", when, is_back(target)))
    return lines


def _catches(graph: WorkflowGraph, source: str | None) -> list[Mapping[str, Any]]:
    task = graph.tasks.get(source or "")
    if task is None or not task.catches:
        return []
    return [rule for rule in task.action["catch"] if isinstance(rule, Mapping)]


def _in_order(graph: WorkflowGraph) -> list[str]:
    """Keys from the start on, so that only what goes back leads up; what no way leads to is left
    out. The first way of a step comes right after it where that is possible.
    """
    seen: set[str | None] = {None}
    done: list[str | None] = []
    path: list[tuple[str | None, Iterator[str]]] = [(None, _onward(graph, None))]
    while path:
        source, others = path[-1]
        fresh = next((key for key in others if key not in seen), None)
        if fresh is None:
            done.append(source)
            path.pop()
        else:
            seen.add(fresh)
            path.append((fresh, _onward(graph, fresh)))
    return [key for key in reversed(done) if key is not None]


def _onward(graph: WorkflowGraph, source: str | None) -> Iterator[str]:
    """The steps after a step, the last way first: whoever is left last stands first in the list."""
    edges = [edge for after in After for edge in graph.outgoing(source, after.value)]
    caught = graph.tasks[source].catches if source is not None else ()
    targets = [*(edge.target for edge in edges), *caught]
    return iter([key for key in reversed(targets) if key is not None and key in graph.tasks])


def _per_step(graph: WorkflowGraph, problems: Iterable[Problem]) -> dict[str, int]:
    """How many problems each step has, its ways onward included."""
    keys = list(graph.tasks)
    found: dict[str, int] = {}
    for problem in problems:
        key = _key_of(problem.place, keys, graph)
        if key is not None:
            found[key] = found.get(key, 0) + 1
    return found


def _key_of(place: str, keys: list[str], graph: WorkflowGraph) -> str | None:
    _, section, number, *_rest = [*place.split("/"), "", ""]
    if not number.isdecimal():
        return None
    if section == "tasks" and int(number) < len(keys):
        return keys[int(number)]
    if section == "transitions" and int(number) < len(graph.edges):
        return graph.edges[int(number)].source
    return None


def _is_known(node: TaskNode) -> bool:
    return node.task_type in set(TaskType)
