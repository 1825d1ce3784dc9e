"""A workflow as plain values: tasks, transitions, and what leads where.

Pure: no Django, no clock, no database. A graph never changes once made, so one graph can be shared
by every ticket that runs on the same published version, and by every thread. What it works out
(paths, compiled conditions) it remembers.
"""

import json
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, NamedTuple

from definitions import logic
from definitions.loops import on_loops

#: Anything that JSON can say; a recursive type would need a cast at every step into it.
JSON = Any

#: Where `workflow_data` holds what the requester submitted; every other key in it is a task's.
TICKET = "ticket"
#: Where an input transform of a call finds what is known of the files that answers name: the same
#: places as in `workflow_data`, below this one.
FILES = "files"


class TaskType(StrEnum):
    """What a task does when it starts."""

    FORM = "FORM"
    SYNC_ACTION = "SYNC_ACTION"
    ASYNC_ACTION = "ASYNC_ACTION"
    SUBWORKFLOW = "SUBWORKFLOW"
    WAIT = "WAIT"


class After(StrEnum):
    """What a transition follows: the task was done, or its time ran out."""

    DONE = "done"
    TIMEOUT = "timeout"


class Split(StrEnum):
    """What is followed after a task: the first transition that fits, or each that does."""

    ONE = "ONE"
    ALL = "ALL"


class Join(StrEnum):
    """When a task starts: for each branch that arrives, or once when no other can arrive."""

    ANY = "ANY"
    ALL = "ALL"


#: How often one ticket may start one task. Real tickets have come to the same person 217 times.
MOST_VISITS = 1000

#: Task types that always wait. SUBWORKFLOW is not here: a child may consist of calls only.
WAITING_TYPES = frozenset({TaskType.FORM, TaskType.ASYNC_ACTION, TaskType.WAIT})

#: Task types that call another system.
ACTION_TYPES = frozenset({TaskType.SYNC_ACTION, TaskType.ASYNC_ACTION})


@dataclass(frozen=True, slots=True)
class TaskNode:
    """One task of a workflow.

    `split`, `join` and `task_type` are plain text because a draft may hold a wrong word. `assign`
    is as in the bundle, for example `{"company_role": "managers"}`. `max_visits` caps how often
    one ticket may come here. `extra` holds more of the task's document: see `EXTRA_WORDS`.
    """

    key: str
    title: str = ""
    task_type: str = TaskType.FORM.value
    split: str = Split.ONE.value
    join: str = Join.ANY.value
    assign: Mapping[str, JSON] = field(default_factory=dict)
    input_schema: JSON = None
    output_schema: JSON = None
    action_url: str = ""
    input_transform: JSON = None
    output_transform: JSON = None
    timeout_seconds: float | None = None
    max_visits: int | None = None
    extra: Mapping[str, JSON] = field(default_factory=dict)

    @property
    def label(self) -> str:
        """What people call the task."""
        return self.title or self.key

    @property
    def action(self) -> Mapping[str, JSON]:
        """How it calls another system; empty where it says nothing, or nothing of use."""
        action = self.extra.get("action")
        return action if isinstance(action, Mapping) else {}

    @property
    def can_run_out(self) -> bool:
        """Whether its time can run out, so that a way `after` a timeout is ever followed."""
        if self.task_type in (TaskType.FORM, TaskType.SUBWORKFLOW):
            return self.timeout_seconds is not None or bool(self.extra.get("due"))
        return self.task_type == TaskType.ASYNC_ACTION

    @property
    def waits(self) -> bool:
        """Whether a run always rests here, so that a loop through this task cannot spin."""
        return self.task_type in WAITING_TYPES

    @property
    def catches(self) -> tuple[str, ...]:
        """Keys of the tasks that follow when its call has failed for good."""
        rules = self.action.get("catch")
        if self.task_type not in ACTION_TYPES or not isinstance(rules, list):
            return ()
        keys = (rule.get("next") for rule in rules if isinstance(rule, Mapping))
        return tuple(key for key in keys if isinstance(key, str))


#: What a task's document says in `TaskNode.extra`, by the same names.
EXTRA_WORDS = (
    "edit_layout", "display_layout", "due", "reminder", "until", "action", "subworkflow",
)  # fmt: skip
#: And what it says in a place of its own.
NODE_WORDS = (
    "key", "title", "task_type", "split", "join", "assign", "input_schema", "output_schema",
    "action_url", "input_transform", "output_transform", "timeout_seconds", "max_visits",
)  # fmt: skip


def node_of(said: Mapping[str, JSON]) -> TaskNode:
    """A task from its document, or from the columns of its row by their names."""
    return TaskNode(
        **{name: said[name] for name in NODE_WORDS if name in said},
        extra={name: said[name] for name in EXTRA_WORDS if said.get(name) is not None},
    )


@dataclass(frozen=True, slots=True)
class Edge:
    """One transition. Source None: the start. Target None: the end. Condition None: the default.

    `label` is its word for people ("declined"); it decides nothing. `after` is an `After`.
    """

    source: str | None
    target: str | None
    condition: JSON = None
    priority: int = 0
    key: str = ""
    label: str = ""
    after: str = After.DONE.value

    @property
    def is_default(self) -> bool:
        return self.condition is None


@dataclass(frozen=True, slots=True)
class FieldSpec:
    """One declared field of the workflow's data, read at `ticket.<name>`."""

    name: str
    type: str = "string"
    label: str = ""


class Comers(NamedTuple):
    """From where a branch can still come to a join: from open tasks, and from waiting at joins."""

    open: frozenset[str]
    waiting: frozenset[str]


@dataclass(frozen=True, slots=True)
class WorkflowGraph:
    """A workflow: its tasks by key, its transitions, its declared data.

    The order of `edges` has no meaning for a run; only messages use it, to name a place.
    """

    key: str
    tasks: Mapping[str, TaskNode]
    edges: tuple[Edge, ...]
    fields: tuple[Mapping[str, JSON], ...] = ()
    _outgoing: dict[tuple[str | None, str], tuple[Edge, ...]] = field(
        init=False, repr=False, compare=False
    )
    _targets: dict[str | None, tuple[str | None, ...]] = field(
        init=False, repr=False, compare=False
    )
    _sources: dict[str | None, tuple[str | None, ...]] = field(
        init=False, repr=False, compare=False
    )
    _ancestors: dict[tuple[str | None, str | None], frozenset[str | None]] = field(
        init=False, repr=False, compare=False
    )
    _comers: dict[str, Comers] = field(init=False, repr=False, compare=False)
    _spinning: list[frozenset[str]] = field(init=False, repr=False, compare=False)
    _rules: dict[int, tuple[Edge, logic.Rule]] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        put = object.__setattr__  # the way into a frozen dataclass
        put(self, "tasks", dict(self.tasks))  # a copy: the caller's mapping may go on changing
        put(self, "edges", tuple(self.edges))
        put(self, "_outgoing", _grouped(self.edges))
        steps = [(edge.source, edge.target) for edge in self.edges]
        steps += [(task.key, key) for task in self.tasks.values() for key in task.catches]
        put(self, "_targets", _followers(steps))
        put(self, "_sources", _followers((target, source) for source, target in steps))
        put(self, "_ancestors", {})
        put(self, "_comers", {})
        put(self, "_spinning", [])
        put(self, "_rules", {})

    @property
    def starts(self) -> tuple[Edge, ...]:
        """The transitions that lead in."""
        return self.outgoing(None)

    def outgoing(self, source: str | None, after: str = After.DONE.value) -> tuple[Edge, ...]:
        """The transitions after `source` (None: the start) in the order in which they are tried.

        Conditions by priority, then by key; the default after all of them, whatever its priority.
        """
        return self._outgoing.get((source, after), ())

    def label_of(self, key: str) -> str:
        """What people call a task; its key where there is none (any more)."""
        return self.tasks[key].label if key in self.tasks else key

    def leads_to(self, source: str | None) -> tuple[str | None, ...]:
        """What may follow `source` in any way: done, out of time, or failed and caught."""
        return self._targets.get(source, ())

    def can_reach(
        self, source: str | None, target: str | None, avoiding: str | None = None
    ) -> bool:
        """Whether a path of one or more transitions leads from `source` to `target`.

        Source None is the start, target None the end. `avoiding` names a task that may only be the
        last of the path: a path that begins at it or passes through it does not count.
        """
        return source in self.ancestors(target, avoiding)

    def ancestors(self, target: str | None, avoiding: str | None = None) -> frozenset[str | None]:
        """All from which `target` can be reached; None in it is the start. See `can_reach`."""
        known = self._ancestors.get((target, avoiding))
        if known is None:
            known = self._ancestors[target, avoiding] = frozenset(self._walk_back(target, avoiding))
        return known

    def _walk_back(
        self,
        target: str | None,
        avoiding: str | None,
        closed: Collection[str] = (),
    ) -> set[str | None]:
        """`closed` are found, but not gone through."""
        found: set[str | None] = set()
        queue = [target]
        while queue:
            for source in self._sources.get(queue.pop(), ()):
                if source in found or (source is not None and source == avoiding):
                    continue
                found.add(source)
                # Nothing leads to the start; as a target, None would be the end.
                if source is not None and source not in closed:
                    queue.append(source)
        return found

    def _walk(self, source: str | None, *, back: bool = True) -> set[str]:
        """Tasks that are entered on the way from `source`; without `back`, in the same round."""
        found: set[str] = set()
        queue = [source]
        while queue:
            here = queue.pop()
            for key in self.leads_to(here):
                if key is None or key not in self.tasks or key in found:
                    continue
                if back or not self._goes_back(here, key):
                    found.add(key)
                    queue.append(key)
        return found

    def reachable(self) -> frozenset[str]:
        """Keys of tasks to which some path leads from the start."""
        return frozenset(self._walk(None))

    def comers(self, join: str) -> Comers:
        """From where a branch can still come to the task `join` (with join ALL) before it starts.

        Any path counts, as in BPMN's inclusive merge, but for two kinds. One that passes through
        `join` itself comes with its next start. And one that passes through a later join cannot be
        gone before `join` has started, since the later one waits for what `join` sends on: without
        this, two joins on one loop would wait for each other.
        """
        known = self._comers.get(join)
        if known is None:
            later = self._later_joins(join)
            found = self._walk_back(join, join, closed=later)
            open_tasks = frozenset(key for key in found if key is not None)
            known = self._comers[join] = Comers(open_tasks, open_tasks - later)
        return known

    def _later_joins(self, join: str) -> frozenset[str]:
        """Joins to which a branch comes after this one, in the same round of any loop."""
        return frozenset(
            key
            for key in self._walk(join, back=False)
            if key != join
            and self.tasks[key].join == Join.ALL
            and join not in self._walk(key, back=False)
        )

    def _goes_back(self, source: str | None, target: str) -> bool:
        """Whether this step begins the next round of a loop.

        It does when every path from the start to its source has passed its target: in the words
        of compilers, when the target dominates the source.
        """
        if source is None or source == target:
            return source is not None
        return None not in self._walk_back(source, target) and self.can_reach(None, source)

    def spins(self, key: str) -> bool:
        """Whether this task is on a loop where nothing waits and no visit limit is set."""
        if not self._spinning:
            self._spinning.append(on_loops(self._unbraked()))
        return key in self._spinning[0]

    def _unbraked(self) -> dict[str, list[str]]:
        """The tasks at which a run does not stop by itself, and which of them follow each."""
        running = {key for key, task in self.tasks.items() if not _brakes(task)}
        return {
            key: [target for target in self.leads_to(key) if target in running] for key in running
        }

    def rule(self, edge: Edge) -> logic.Rule:
        """The compiled condition of one of this graph's own transitions; compiled at most once.

        Raises:
            LogicError: the condition is not one.
        """
        known = self._rules.get(id(edge))
        if known is None:
            # Kept with its edge, or another edge might come to have the same id.
            known = self._rules[id(edge)] = (edge, logic.compile_rule(edge.condition))
        return known[1]

    def declared_fields(self) -> tuple[FieldSpec, ...]:
        """The workflow's declared fields, those without a name left out."""
        return tuple(
            FieldSpec(
                name=str(row["name"]),
                type=str(row.get("type") or "string"),
                label=str(row.get("title") or row.get("label") or ""),
            )
            for row in self.fields
            if row.get("name")
        )


def _grouped(edges: Iterable[Edge]) -> dict[tuple[str | None, str], tuple[Edge, ...]]:
    groups: dict[tuple[str | None, str], list[Edge]] = {}
    for edge in edges:
        groups.setdefault((edge.source, edge.after), []).append(edge)
    return {place: tuple(sorted(group, key=_order)) for place, group in groups.items()}


def _order(edge: Edge) -> tuple[bool, int, str, bool, str, str]:
    """A total order, so that the order of rows or lines in a document never decides anything."""
    return (
        edge.is_default,
        edge.priority,
        edge.key,
        edge.target is None,
        edge.target or "",
        _text(edge.condition),
    )


def _text(condition: JSON) -> str:
    try:
        return json.dumps(condition, sort_keys=True, default=str)
    except (RecursionError, TypeError, ValueError):
        return ""  # never compiles, so its place among equals decides nothing


def _followers(
    steps: Iterable[tuple[str | None, str | None]],
) -> dict[str | None, tuple[str | None, ...]]:
    """What comes after each, once, in order."""
    found: dict[str | None, dict[str | None, None]] = {}
    for first, second in steps:
        found.setdefault(first, {})[second] = None
    return {first: tuple(seconds) for first, seconds in found.items()}


def _brakes(task: TaskNode) -> bool:
    return task.waits or task.max_visits is not None
