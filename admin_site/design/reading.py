"""A workflow in words and boxes: its steps, its ways onward as sentences, and its picture."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from admin_site import history, times
from admin_site.history import Names
from admin_site.parts import Condition
from definitions.durations import duration_of
from definitions.errors import Problem
from definitions.graph import TaskNode, TaskType, WorkflowGraph

START = "Start"
SYMBOLS = {
    TaskType.FORM: "edit_square",
    TaskType.SYNC_ACTION: "bolt",
    TaskType.ASYNC_ACTION: "sync_alt",
    TaskType.SUBWORKFLOW: "account_tree",
}


@dataclass(frozen=True, slots=True)
class StepLine:
    """A step as a row of the list and as a box of the picture."""

    key: str
    title: str
    symbol: str
    what: str
    who: str
    due: str
    href: str = ""
    problems: int = 0


@dataclass(frozen=True, slots=True)
class Ways:
    """The ways onward after one step; `anchor` is the id of its heading."""

    anchor: str
    after: str
    lines: Sequence[Condition]


@dataclass(slots=True)
class Reading:
    """A workflow version, read for a page.

    `columns`: the steps by their distance from the start; `apart`: those no way leads to.
    """

    steps: list[StepLine] = field(default_factory=list)
    ways: list[Ways] = field(default_factory=list)
    columns: list[list[StepLine]] = field(default_factory=list)
    apart: list[StepLine] = field(default_factory=list)


def read(
    graph: WorkflowGraph,
    roles: Mapping[str, str],
    hrefs: Mapping[str, str],
    problems: Iterable[Problem] = (),
) -> Reading:
    """`roles`: titles of company roles by key; `hrefs`: addresses of the steps' pages by key."""
    wrong = _per_step(graph, problems)
    lines = {
        key: StepLine(
            key,
            node.label,
            SYMBOLS.get(TaskType(node.task_type), "help") if _is_known(node) else "help",
            what_it_is(node),
            who_gets_it(node, roles),
            due_in_words(node),
            hrefs.get(key, ""),
            wrong.get(key, 0),
        )
        for key, node in graph.tasks.items()
    }
    columns = [[lines[key] for key in column] for column in _columns(graph)]
    placed = {line.key for column in columns for line in column}
    return Reading(
        steps=list(lines.values()),
        ways=list(_ways(graph)),
        columns=columns,
        apart=[line for key, line in lines.items() if key not in placed],
    )


def what_it_is(node: TaskNode) -> str:
    """ "Form, 2 questions", "Call to erp.example"."""
    if node.task_type == TaskType.SUBWORKFLOW:
        return "Runs another workflow"
    if node.task_type != TaskType.FORM:
        host = node.action_url.partition("://")[2].partition("/")[0]
        return f"Call to {host}" if host else "Call"
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


def due_in_words(node: TaskNode) -> str:
    duration = duration_of(node.extra.get("due"))
    return times.span(duration) if duration else ""


def ways_after(graph: WorkflowGraph, source: str | None) -> list[Condition]:
    """The ways onward from a step (None: the start), in the order in which they are asked."""
    names = Names(graph)
    return [history.way(edge.target, edge.condition, names) for edge in graph.outgoing(source)]


def ways_to(graph: WorkflowGraph, target: str) -> list[str]:
    """Titles of the steps from which a step is reached."""
    sources = dict.fromkeys(edge.source for edge in graph.edges if edge.target == target)
    return [START if key is None else graph.tasks[key].label for key in sources]


def anchor_of(place: str, graph: WorkflowGraph) -> str:
    """The id, on the page of a workflow, of what a problem's place is about."""
    _, section, number, *_rest = [*place.split("/"), "", ""]
    if section == "tasks" and number.isdecimal():
        return f"step-{number}"
    return "ways" if section == "transitions" else ""


def _ways(graph: WorkflowGraph) -> Iterable[Ways]:
    for number, source in enumerate((None, *graph.tasks)):
        lines = ways_after(graph, source)
        if lines:
            title = graph.tasks[source].label if source is not None else START
            yield Ways(f"after-{number}", title, lines)


def _columns(graph: WorkflowGraph) -> list[list[str]]:
    """Keys by how many steps they are from the start; what cannot be reached is left out."""
    seen: set[str] = set()
    columns: list[list[str]] = []
    frontier: list[str | None] = [None]
    while frontier:
        reached = dict.fromkeys(
            edge.target
            for source in frontier
            for edge in graph.outgoing(source)
            if edge.target is not None and edge.target in graph.tasks
        )
        column = [key for key in reached if key not in seen]
        seen |= set(column)
        if column:
            columns.append(column)
        frontier = list(column)
    return columns


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
