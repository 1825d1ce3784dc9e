"""What happens next: given a workflow, the open branches and an event, a decision. Nothing else.

Pure: no Django, no clock, no database. Whoever calls locks the ticket, asks, and writes down.

**Branches.** Every open task and every arrival that waits at a join carries a branch: a short text,
"1" for a ticket that is in one place. No two of them share a branch at the same moment, so within a
ticket a branch names its place; a number that has become free is used again.

**Arrivals.** A task with join ALL does not start while another branch can still come. What arrived
early is a `Waiting(key, branch)`, to be kept as one row (ticket, task key, branch) with an order of
arrival: `Decision.waits` are the rows to add, `Start.merges` the branches whose rows a start has
used up (some may belong to arrivals of this very decision, which never had a row), and
`Decision.discards` those which end without a start. `Progress.waiting` is all rows in the order of
their arrival.
"""

from collections import Counter
from collections.abc import Hashable, Iterable, Iterator, Mapping, Set
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from itertools import count, islice
from typing import Any

from definitions.graph import JSON, MOST_VISITS, After, Edge, Join, Split, TaskNode, WorkflowGraph
from definitions.logic import LogicError
from operations import explain

#: The branch of a ticket that is in one place.
MAIN_BRANCH = "1"

#: Ways out of a task that was not done: its time ran out; its call failed and a rule leads on.
OUT_OF_TIME = After.TIMEOUT.value
CAUGHT = "catch:"

#: The same as `MOST_VISITS` for a task on a loop where nothing waits: a machine is fast.
MOST_SPINS = 100
#: How many steps one ticket may go in a row without waiting for a person, a time or an answer that
#: comes later: beyond it a machine is going in circles that no single task's limit has noticed.
MOST_AUTOMATIC_STEPS = 500
#: How many branches of one ticket may be on their way at once; stops a split that feeds itself.
MOST_BRANCHES = 200
#: How much of a condition a trace keeps, in characters.
MOST_RULE_TEXT = 20_000

#: What `Considered.error` says of a condition that gives something else.
NOT_BOOLEAN = "The condition must give yes or no."


class RoutingCode(StrEnum):
    """Why no decision could be made. The list is closed."""

    NO_START = "no_start"
    NOTHING_MATCHED = "nothing_matched"
    CONDITION_FAILED = "condition_failed"
    CONDITION_NOT_BOOLEAN = "condition_not_boolean"
    UNKNOWN_TASK = "unknown_task"
    TASK_NOT_OPEN = "task_not_open"
    LOOP_LIMIT = "loop_limit"
    BRANCH_LIMIT = "branch_limit"


class RoutingError(Exception):
    """No decision: `code` says which kind, `message` says it to a ticket admin.

    `task_key` is the task after which (or at which) it happened, None at the start. `trace` is the
    JSON form of what was considered up to the failure.
    """

    def __init__(
        self,
        code: RoutingCode,
        message: str,
        *,
        task_key: str | None = None,
        trace: Iterable["Considered"] = (),
    ) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.task_key = task_key
        self.trace: list[dict[str, JSON]] = [step.as_json() for step in trace]


@dataclass(frozen=True, slots=True)
class OpenTask:
    """A task that has started and has not been routed yet. `id` is whatever the caller uses."""

    id: Hashable
    key: str
    branch: str = MAIN_BRANCH


@dataclass(frozen=True, slots=True)
class Waiting:
    """A branch that has arrived at the join ALL of task `key` and waits for others."""

    key: str
    branch: str


@dataclass(frozen=True, slots=True)
class Progress:
    """Where a ticket is. `visits`: how often each task has started, those still open included."""

    open: tuple[OpenTask, ...] = ()
    visits: Mapping[str, int] = field(default_factory=dict)
    waiting: tuple[Waiting, ...] = ()


@dataclass(frozen=True, slots=True)
class Start:
    """A task to start. `merges`: the waiting branches (own one included) that end in this start."""

    task_key: str
    branch: str = MAIN_BRANCH
    merges: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Considered:
    """One transition that was looked at.

    `reads` maps each path the condition read to its value. `result` is None for a default and for
    a condition that failed, whose cause is in `error`. `also_matched`: it fitted, but came after
    the one taken.
    """

    target: str | None
    condition: JSON
    reads: Mapping[str, Any]
    result: JSON
    taken: bool
    also_matched: bool = False
    error: str = ""
    key: str = ""

    def as_json(self) -> dict[str, JSON]:
        """The same as plain data that can be stored; long values are shortened."""
        return {
            "target": self.target,
            "key": self.key,
            "condition": explain.storable(self.condition, MOST_RULE_TEXT),
            "reads": explain.storable_each(self.reads),
            "result": explain.storable(self.result),
            "taken": self.taken,
            "also_matched": self.also_matched,
            "error": explain.storable(self.error),
        }


@dataclass(frozen=True, slots=True)
class Decision:
    """What to write down.

    Attributes:
        starts: tasks to start now, in this order.
        trace: every transition looked at, in the order of looking.
        finished: no branch is left; the workflow is COMPLETED.
        waits: arrivals to keep until their join starts.
        ended: branches that came to an end here.
        cancels: ids of open tasks to cancel (only from `move`).
        discards: branches of waiting arrivals to drop without a start (only from `move`).
    """

    starts: tuple[Start, ...] = ()
    trace: tuple[Considered, ...] = ()
    finished: bool = False
    waits: tuple[Waiting, ...] = ()
    ended: tuple[str, ...] = ()
    cancels: tuple[Hashable, ...] = ()
    discards: tuple[str, ...] = ()


def start(graph: WorkflowGraph, data: Mapping[str, JSON], *, now: datetime) -> Decision:
    """Decide how a new ticket begins.

    Raises:
        RoutingError: no way in fits, or a condition cannot be decided.
    """
    if not graph.starts:
        raise RoutingError(
            RoutingCode.NO_START,
            "This workflow has no first task. Add a way in to the workflow and publish it again.",
        )
    trace = _consider(graph, None, data, now)
    flow = _Flow(graph, Progress(), trace)
    flow.follow(MAIN_BRANCH, _taken(trace))
    return flow.settle()


def complete(
    graph: WorkflowGraph,
    progress: Progress,
    task_id: Hashable,
    data: Mapping[str, JSON],
    *,
    now: datetime,
    way_out: str = "",
) -> Decision:
    """Decide what follows the task `task_id`, which is over; `progress` still counts it as open.

    Args:
        data: the ticket's `workflow_data`, the output of this task included.
        way_out: "" it was done, OUT_OF_TIME, or CAUGHT and the key of the task that its rules name.

    Raises:
        RoutingError: see `RoutingCode`.
    """
    done = _open_task(graph, progress, task_id)
    if way_out.startswith(CAUGHT):
        caught_by = way_out.removeprefix(CAUGHT)
        trace: tuple[Considered, ...] = (Considered(caught_by, None, {}, None, True, key="catch"),)
    else:
        trace = _consider(graph, done.key, data, now, after=way_out or After.DONE.value)
    left = tuple(task for task in progress.open if task is not done)
    flow = _Flow(graph, replace(progress, open=left), trace, source=done.key)
    flow.follow(done.branch, _taken(trace))
    return flow.settle()


def move(graph: WorkflowGraph, progress: Progress, task_key: str) -> Decision:
    """Decide what happens when a person sends the ticket to `task_key`, drawn or not.

    Everything open is cancelled, everything waiting is dropped, one branch starts. No visit limit
    is asked: this is how a person gets a ticket out of one.

    Raises:
        RoutingError: UNKNOWN_TASK.
    """
    _task(graph, task_key)
    return Decision(
        starts=(Start(task_key, MAIN_BRANCH),),
        cancels=tuple(task.id for task in progress.open),
        discards=tuple(arrival.branch for arrival in progress.waiting),
    )


def resettle(graph: WorkflowGraph, progress: Progress) -> Decision:
    """Decide which joins start because this is another drawing than the one they waited in.

    Raises:
        RoutingError: a join that would start may not.
    """
    return _Flow(graph, progress, ()).settle()


def automatic_steps(graph: WorkflowGraph, decision: Decision, so_far: int = 0) -> int:
    """How many steps in a row nothing will have waited for, once `decision` is carried out.

    Args:
        so_far: the same before it; 0 when the ticket has just waited for something.

    Raises:
        RoutingError: LOOP_LIMIT.
    """
    begun = [graph.tasks[start.task_key] for start in decision.starts]
    steps = so_far + sum(not task.waits for task in begun)
    if steps > MOST_AUTOMATIC_STEPS and steps > so_far:
        raise RoutingError(
            RoutingCode.LOOP_LIMIT,
            explain.too_many_steps(MOST_AUTOMATIC_STEPS),
            trace=decision.trace,
        )
    return steps


def after(
    progress: Progress,
    decision: Decision,
    ids: Iterable[Hashable],
    *,
    completed: Hashable | None = None,
) -> Progress:
    """The progress once `decision` has been carried out.

    `ids` names the started tasks in their order, `completed` the task that led to the decision.
    """
    gone = {completed, *decision.cancels}
    left = tuple(task for task in progress.open if task.id not in gone)
    begun = tuple(
        OpenTask(id_, start.task_key, start.branch)
        for id_, start in zip(ids, decision.starts, strict=False)
    )
    visits = Counter(progress.visits)
    visits.update(start.task_key for start in decision.starts)
    used = {*decision.discards, *(branch for start in decision.starts for branch in start.merges)}
    waiting = tuple(arrival for arrival in progress.waiting if arrival.branch not in used)
    return Progress(left + begun, dict(visits), waiting + decision.waits)


# Which transitions are followed


def _consider(
    graph: WorkflowGraph,
    source: str | None,
    data: Mapping[str, JSON],
    now: datetime,
    after: str = After.DONE.value,
) -> tuple[Considered, ...]:
    """Look at every transition after `source`; those to follow are marked as taken.

    Split ONE takes the first condition that is true, split ALL each of them. Where none is, the
    default is taken; of several defaults, ONE takes the first and ALL takes all.
    """
    edges = graph.outgoing(source, after)
    takes_all = source is not None and graph.tasks[source].split == Split.ALL
    trace: list[Considered] = []
    for edge in edges:
        if edge.is_default:
            break  # defaults come last
        decides = takes_all or not any(step.taken for step in trace)
        step = _look_at(graph, edge, data, now)
        if not decides:
            step = replace(step, taken=False, also_matched=step.taken)
        trace.append(step)
        if decides and step.error:
            raise _undecided(graph, source, trace)
    matched = any(step.taken for step in trace)
    for place, edge in enumerate(edges[len(trace) :]):
        taken = not matched and (takes_all or place == 0)
        trace.append(Considered(edge.target, None, {}, None, taken, key=edge.key))
    if edges and not any(step.taken for step in trace):
        reads = {path: value for step in trace for path, value in step.reads.items()}
        message = explain.nothing_matched(graph, source, reads)
        raise RoutingError(RoutingCode.NOTHING_MATCHED, message, task_key=source, trace=trace)
    return tuple(trace)


def _undecided(graph: WorkflowGraph, source: str | None, trace: list[Considered]) -> RoutingError:
    """The error for the last transition of the trace."""
    step = trace[-1]
    if step.error == NOT_BOOLEAN:
        code = RoutingCode.CONDITION_NOT_BOOLEAN
        message = explain.not_boolean(graph, source, step.target, step.result, step.reads)
    else:
        code = RoutingCode.CONDITION_FAILED
        message = explain.not_decidable(graph, source, step.target, step.error)
    return RoutingError(code, message, task_key=source, trace=trace)


def _look_at(
    graph: WorkflowGraph, edge: Edge, data: Mapping[str, JSON], now: datetime
) -> Considered:
    """One condition on its own; what is wrong with it goes into `error`."""
    try:
        outcome = graph.rule(edge).evaluate(data, now=now)
    except LogicError as error:
        why = explain.cause(graph, edge.source, error)
        return Considered(
            edge.target, edge.condition, error.reads, None, False, error=why, key=edge.key
        )
    wrong = "" if isinstance(outcome.value, bool) else NOT_BOOLEAN
    return Considered(
        edge.target,
        edge.condition,
        outcome.reads,
        outcome.value,
        taken=outcome.value is True,
        error=wrong,
        key=edge.key,
    )


def _taken(trace: Iterable[Considered]) -> list[str | None]:
    return [step.target for step in trace if step.taken]


# Where the branches are then


class _Flow:
    """The branches of one ticket while one decision is being made."""

    def __init__(
        self,
        graph: WorkflowGraph,
        progress: Progress,
        trace: tuple[Considered, ...],
        source: str | None = None,
    ) -> None:
        self.graph = graph
        self.open = progress.open
        self.visits = Counter(progress.visits)
        self.waiting = list(progress.waiting)
        self.early = frozenset(progress.waiting)
        self.trace = trace
        self.source = source
        self.starts: list[Start] = []
        self.ended: list[str] = []

    def follow(self, branch: str, targets: list[str | None]) -> None:
        """Send `branch` on to `targets`: the first keeps its name, each other gets a free one."""
        onward = [target for target in targets if target is not None]
        if not onward:
            self.ended.append(branch)
            return
        free = islice(self._free_branches(branch), len(onward) - 1)
        for target, name in zip(onward, [branch, *free], strict=True):
            self._arrive(target, name)

    def settle(self) -> Decision:
        """Start every join that nothing can reach any more, and close the decision."""
        while (key := self._complete_join()) is not None:
            merges = tuple(arrival.branch for arrival in self.waiting if arrival.key == key)
            self.waiting = [arrival for arrival in self.waiting if arrival.key != key]
            self._begin(Start(key, min(merges, key=_branch_order), merges))
        if len(self.open) + len(self.starts) + len(self.waiting) > MOST_BRANCHES:
            raise self._refused(
                RoutingCode.BRANCH_LIMIT,
                explain.too_many_branches(self.graph, self.source, MOST_BRANCHES),
            )
        return Decision(
            starts=tuple(self.starts),
            trace=self.trace,
            finished=not (self.open or self.starts or self.waiting),
            waits=tuple(arrival for arrival in self.waiting if arrival not in self.early),
            ended=tuple(self.ended),
        )

    def _free_branches(self, own: str) -> Iterator[str]:
        used = {
            own,
            *(task.branch for task in self.open),
            *(other.branch for other in self.waiting),
        }
        return (name for name in map(str, count(1)) if name not in used)

    def _arrive(self, key: str, branch: str) -> None:
        if _task(self.graph, key, source=self.source, trace=self.trace).join == Join.ALL:
            self.waiting.append(Waiting(key, branch))
        else:
            self._begin(Start(key, branch))

    def _begin(self, start: Start) -> None:
        task = self.graph.tasks[start.task_key]
        limit = _most_visits(self.graph, task)
        if self.visits[task.key] >= limit:
            raise self._refused(RoutingCode.LOOP_LIMIT, explain.too_many_visits(task, limit))
        self.visits[task.key] += 1
        self.starts.append(start)

    def _complete_join(self) -> str | None:
        """The next join to start: no other branch can come to it, or to one that holds it up.

        Where joins hold up each other in a circle, none would ever start; there the earliest
        arrival goes first.
        """
        under_way = {task.key for task in self.open} | {start.task_key for start in self.starts}
        arrived = dict.fromkeys(arrival.key for arrival in self.waiting)
        held_by = {key: self.graph.comers(key).waiting & arrived.keys() for key in arrived}
        for key in arrived:
            behind = _all_behind(key, held_by)
            in_a_circle = all(key in _all_behind(other, held_by) for other in behind)
            if in_a_circle and not any(
                self.graph.comers(each).open & under_way for each in {key, *behind}
            ):
                return key
        return None

    def _refused(self, code: RoutingCode, message: str) -> RoutingError:
        return RoutingError(code, message, task_key=self.source, trace=self.trace)


def _all_behind(key: str, held_by: Mapping[str, Set[str]]) -> set[str]:
    """The joins that hold up `key`, and those that hold up these, and so on."""
    found: set[str] = set()
    queue = [key]
    while queue:
        fresh = held_by[queue.pop()] - found
        found |= fresh
        queue += fresh
    return found


def _branch_order(branch: str) -> tuple[int, str]:
    return len(branch), branch


def _most_visits(graph: WorkflowGraph, task: TaskNode) -> int:
    if task.max_visits is not None:
        return min(task.max_visits, MOST_VISITS)
    return MOST_SPINS if graph.spins(task.key) else MOST_VISITS


def _task(
    graph: WorkflowGraph,
    key: str,
    *,
    source: str | None = None,
    trace: Iterable[Considered] = (),
) -> TaskNode:
    task = graph.tasks.get(key)
    if task is None:
        raise RoutingError(
            RoutingCode.UNKNOWN_TASK,
            explain.unknown_task(key),
            task_key=source,
            trace=trace,
        )
    return task


def _open_task(graph: WorkflowGraph, progress: Progress, task_id: Hashable) -> OpenTask:
    for task in progress.open:
        if task.id == task_id:
            _task(graph, task.key, source=task.key)
            return task
    raise RoutingError(
        RoutingCode.TASK_NOT_OPEN,
        "This task is not open any more. Reload the ticket to see where it is now.",
    )
