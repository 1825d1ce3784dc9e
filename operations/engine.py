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

from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from definitions.graph import JSON, WorkflowGraph

#: The branch of a ticket that is in one place.
MAIN_BRANCH = "1"


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
    """No decision: `code` says which kind, `message` tells a ticket admin, `trace` shows the way there.

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
    """Where a ticket is. `visits`: how often each task has started so far, those still open included."""

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
        raise NotImplementedError


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
    raise NotImplementedError


def complete(
    graph: WorkflowGraph,
    progress: Progress,
    task_id: Hashable,
    data: Mapping[str, JSON],
    *,
    now: datetime,
) -> Decision:
    """Decide what follows the open task `task_id`, which is done; `progress` still counts it as open.

    Args:
        data: the ticket's `workflow_data`, the output of this task included.

    Raises:
        RoutingError: see `RoutingCode`.
    """
    raise NotImplementedError


def move(graph: WorkflowGraph, progress: Progress, task_key: str) -> Decision:
    """Decide what happens when a person sends the ticket to `task_key`, drawn or not.

    Everything open is cancelled, everything waiting is dropped, one branch starts. No visit limit
    is asked: this is how a person gets a ticket out of one.

    Raises:
        RoutingError: UNKNOWN_TASK.
    """
    raise NotImplementedError


def after(
    progress: Progress,
    decision: Decision,
    ids: Iterable[Hashable],
    *,
    completed: Hashable | None = None,
) -> Progress:
    """The progress once `decision` has been carried out; `ids` names the started tasks in order."""
    raise NotImplementedError
