"""What the rules look at, and what they report."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from definitions.actions.rules import NetworkRules
from definitions.graph import Edge, Split, TaskNode, WorkflowGraph
from definitions.linter.known import Form, Known
from definitions.linter.proofs import Prover


class Found(NamedTuple):
    """What a rule reports; its name and severity stand in the table."""

    place: str
    message: str
    hint: str = ""


@dataclass(frozen=True, slots=True)
class Drawing:
    """The graph, and what is known about its company and ticket types: see `linter.problems`."""

    graph: WorkflowGraph
    company_roles: Collection[str] | None = None
    ticket_fields: Collection[str] = ()
    secrets: Collection[str] | None = None
    network: NetworkRules | None = None
    forms: Sequence[Form] = ()
    _made: list[Prover] = field(default_factory=list, init=False, repr=False, compare=False)

    @property
    def prover(self) -> Prover:
        """What conditions come to; several rules ask, and share its work."""
        if not self._made:
            places = {id(edge): place for place, edge in self.edges()}
            self._made.append(Prover(Known.of(self.graph, self.forms), places))
        return self._made[0]

    @property
    def known(self) -> Known:
        """What is known of the values that are read."""
        return self.prover.known

    def tasks(self) -> Iterator[tuple[str, TaskNode]]:
        """Each task with its place."""
        for number, task in enumerate(self.graph.tasks.values()):
            yield f"/tasks/{number}", task

    def edges(self) -> Iterator[tuple[str, Edge]]:
        """Each transition with its place."""
        for number, edge in enumerate(self.graph.edges):
            yield f"/transitions/{number}", edge

    def ways(self) -> dict[tuple[str | None, str], list[tuple[str, Edge]]]:
        """Transitions that are tried together: after the same task, done or out of time."""
        groups: dict[tuple[str | None, str], list[tuple[str, Edge]]] = {}
        for place, edge in self.edges():
            groups.setdefault((edge.source, edge.after), []).append((place, edge))
        return groups

    def splits(self, source: str | None) -> bool:
        task = self.graph.tasks.get(source) if source is not None else None
        return task is not None and task.split == Split.ALL

    def called(self, key: str | None, *, end: bool = False) -> str:
        """What a sentence calls a task; None is the start, or the end."""
        if key is None:
            return "the end" if end else "the start"
        task = self.graph.tasks.get(key)
        return f"“{task.label if task else key}”"
