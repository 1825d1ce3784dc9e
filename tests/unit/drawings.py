"""Workflows drawn in one line, and a ticket that walks through them without a database."""

from collections.abc import Hashable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import count, pairwise
from typing import Any

from definitions.graph import Edge, TaskNode, WorkflowGraph
from operations import engine
from operations.engine import Decision, OpenTask, Progress

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


def chain(text: str) -> list[Edge]:
    """`"> ask > pay >"`: transitions without conditions, from the start and to the end."""
    stops: list[str | None] = [stop.strip() or None for stop in text.split(">")]
    return [Edge(source, target) for source, target in pairwise(stops)]


def when(source: str, target: str | None, answer: Any, priority: int = 0) -> Edge:
    """A transition that is followed when the task's own `answer` says so."""
    return Edge(source, target, {"==": [{"var": f"{source}.answer"}, answer]}, priority)


def drawn(*parts: str | Edge, **tasks: Mapping[str, Any]) -> WorkflowGraph:
    """A workflow of chains and transitions; `tasks` says more about some of them."""
    edges = [edge for part in parts for edge in (chain(part) if isinstance(part, str) else [part])]
    keys = dict.fromkeys(
        key for edge in edges for key in (edge.source, edge.target) if key is not None
    )
    nodes = {key: TaskNode(key, **tasks.get(key, {})) for key in keys}
    return WorkflowGraph("drawn", nodes, tuple(edges))


SPLIT = {"split": "ALL"}
JOIN = {"join": "ALL"}
CALL = {"task_type": "SYNC_ACTION"}


@dataclass
class Ticket:
    """A ticket on its way; the ids of its tasks count up from 1."""

    graph: WorkflowGraph
    data: dict[str, Any] = field(default_factory=lambda: {"ticket": {}})
    progress: Progress = field(default_factory=Progress)
    decisions: list[Decision] = field(default_factory=list)
    ids: Iterator[int] = field(default_factory=lambda: count(1))

    def submit(self, **answers: Any) -> Decision:
        self.data["ticket"] = answers
        return self._carry_out(engine.start(self.graph, self.data, now=NOW), None)

    def complete(self, key: str, **output: Any) -> Decision:
        """Complete the oldest open task of that key."""
        return self.complete_task(
            next(task for task in self.progress.open if task.key == key), output
        )

    def complete_task(self, task: OpenTask, output: Mapping[str, Any]) -> Decision:
        data = {**self.data, task.key: dict(output)}
        decision = engine.complete(self.graph, self.progress, task.id, data, now=NOW)
        self.data = data
        return self._carry_out(decision, task.id)

    def move(self, key: str) -> Decision:
        return self._carry_out(engine.move(self.graph, self.progress, key), None)

    @property
    def places(self) -> list[str]:
        """Keys of the open tasks, in the order in which they started."""
        return [task.key for task in self.progress.open]

    @property
    def finished(self) -> bool:
        return self.decisions[-1].finished

    def starts_of(self, key: str) -> int:
        return sum(start.task_key == key for each in self.decisions for start in each.starts)

    def _carry_out(self, decision: Decision, completed: Hashable) -> Decision:
        ids = [next(self.ids) for _start in decision.starts]
        self.progress = engine.after(self.progress, decision, ids, completed=completed)
        self.decisions.append(decision)
        return decision


def submitted(graph: WorkflowGraph, **answers: Any) -> Ticket:
    ticket = Ticket(graph)
    ticket.submit(**answers)
    return ticket
