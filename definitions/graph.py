"""A workflow as plain values: tasks, transitions, and what leads where.

Pure: no Django, no clock, no database. A graph never changes once made, so one graph can be shared
by every ticket that runs on the same published version, and by every thread. What it works out
(paths, compiled conditions) it remembers.
"""

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from definitions import logic

#: Anything that JSON can say; a recursive type would need a cast at every step into it.
JSON = Any

#: Where `workflow_data` holds what the requester submitted; every other key in it is a task's.
TICKET = "ticket"


class TaskType(StrEnum):
    """What a task does when it starts."""

    FORM = "FORM"
    SYNC_ACTION = "SYNC_ACTION"
    ASYNC_ACTION = "ASYNC_ACTION"
    SUBWORKFLOW = "SUBWORKFLOW"


class Split(StrEnum):
    """What is followed after a task: the first transition that fits, or each that does."""

    ONE = "ONE"
    ALL = "ALL"


class Join(StrEnum):
    """When a task starts: for each branch that arrives, or once when no other can arrive."""

    ANY = "ANY"
    ALL = "ALL"


#: Task types that always wait. SUBWORKFLOW is not here: a child may consist of calls only.
WAITING_TYPES = frozenset({TaskType.FORM, TaskType.ASYNC_ACTION})

#: Keys of `TaskNode.extra` that make a task wait for a time.
TIMER_KEYS = ("due", "timer", "reminder")


@dataclass(frozen=True, slots=True)
class TaskNode:
    """One task of a workflow.

    `split`, `join` and `task_type` are plain text because a draft may hold a wrong word. `assign`
    is as in the bundle, for example `{"company_role": "managers"}`. `max_visits` caps how often
    one ticket may come here. `extra` holds the rest of the task's document (layouts, due, retry…).
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
    def timers(self) -> tuple[str, ...]:
        """Parts of the task's document that make it depend on a time."""
        return tuple(key for key in TIMER_KEYS if self.extra.get(key))

    @property
    def waits(self) -> bool:
        """Whether a run always rests here, so that a loop through this task cannot spin."""
        return self.task_type in WAITING_TYPES or bool(self.extra.get("timer"))


@dataclass(frozen=True, slots=True)
class Edge:
    """One transition. Source None: the start. Target None: the end. Condition None: the default."""

    source: str | None
    target: str | None
    condition: JSON = None
    priority: int = 0
    key: str = ""

    @property
    def is_default(self) -> bool:
        return self.condition is None


@dataclass(frozen=True, slots=True)
class FieldSpec:
    """One declared field of the workflow's data, read at `ticket.<name>`."""

    name: str
    type: str = "string"
    label: str = ""


@dataclass(frozen=True, slots=True)
class WorkflowGraph:
    """A workflow: its tasks by key, its transitions, its declared data.

    The order of `edges` has no meaning for a run; only messages use it, to name a place.
    """

    key: str
    tasks: Mapping[str, TaskNode]
    edges: tuple[Edge, ...]
    fields: tuple[Mapping[str, JSON], ...] = ()
    _outgoing: dict[str | None, tuple[Edge, ...]] = field(init=False, repr=False, compare=False)
    _sources: dict[str | None, tuple[str | None, ...]] = field(
        init=False, repr=False, compare=False
    )
    _ancestors: dict[tuple[str | None, str | None], frozenset[str | None]] = field(
        init=False, repr=False, compare=False
    )
    _spins: dict[str, bool] = field(init=False, repr=False, compare=False)
    _rules: dict[int, logic.Rule] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        put = object.__setattr__  # the way into a frozen dataclass
        put(self, "tasks", dict(self.tasks))  # a copy: the caller's mapping may go on changing
        put(self, "edges", tuple(self.edges))
        put(self, "_outgoing", _grouped(self.edges))
        put(self, "_sources", _sources(self.edges))
        put(self, "_ancestors", {})
        put(self, "_spins", {})
        put(self, "_rules", {})

    @property
    def starts(self) -> tuple[Edge, ...]:
        """The transitions that lead in."""
        return self.outgoing(None)

    def outgoing(self, source: str | None) -> tuple[Edge, ...]:
        """The transitions after `source` (None: the start) in the order in which they are tried.

        Conditions by priority, then by key; the default after all of them, whatever its priority.
        """
        return self._outgoing.get(source, ())

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

    def _walk_back(self, target: str | None, avoiding: str | None) -> set[str | None]:
        found: set[str | None] = set()
        queue = [target]
        while queue:
            for source in self._sources.get(queue.pop(), ()):
                if source in found or (source is not None and source == avoiding):
                    continue
                found.add(source)
                if source is not None:  # nothing leads to the start; None as a target is the end
                    queue.append(source)
        return found

    def reachable(self) -> frozenset[str]:
        """Keys of tasks to which some path leads from the start."""
        return frozenset(_walk(self, [None], lambda _task: True))

    def spins(self, key: str) -> bool:
        """Whether this task is on a loop where nothing waits and no visit limit is set."""
        known = self._spins.get(key)
        if known is None:
            task = self.tasks.get(key)
            known = task is not None and not _brakes(task) and key in _walk(self, [key], _runs_on)
            self._spins[key] = known
        return known

    def rule(self, edge: Edge) -> logic.Rule:
        """The compiled condition of one of this graph's own transitions; compiled at most once.

        Raises:
            LogicError: the condition is not one.
        """
        known = self._rules.get(id(edge))
        if known is None:
            known = logic.compile_rule(edge.condition)
            self._rules[id(edge)] = known
        return known

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


def _grouped(edges: Iterable[Edge]) -> dict[str | None, tuple[Edge, ...]]:
    groups: dict[str | None, list[Edge]] = {}
    for edge in edges:
        groups.setdefault(edge.source, []).append(edge)
    return {source: tuple(sorted(group, key=_order)) for source, group in groups.items()}


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


def _sources(edges: Iterable[Edge]) -> dict[str | None, tuple[str | None, ...]]:
    found: dict[str | None, dict[str | None, None]] = {}
    for edge in edges:
        found.setdefault(edge.target, {})[edge.source] = None
    return {target: tuple(sources) for target, sources in found.items()}


def _walk(
    graph: WorkflowGraph, begin: list[str | None], goes_on: Callable[[TaskNode], bool]
) -> set[str]:
    """Tasks entered on the way from `begin`, walking on only from those that `goes_on` accepts."""
    found: set[str] = set()
    queue = list(begin)
    while queue:
        for edge in graph.outgoing(queue.pop()):
            task = graph.tasks.get(edge.target) if edge.target is not None else None
            if task is None or task.key in found:
                continue
            found.add(task.key)
            if goes_on(task):
                queue.append(task.key)
    return found


def _brakes(task: TaskNode) -> bool:
    return task.waits or task.max_visits is not None


def _runs_on(task: TaskNode) -> bool:
    return not _brakes(task)
