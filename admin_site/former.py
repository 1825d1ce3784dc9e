"""Which version of its workflow a ticket was on when something happened to it."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from uuid import UUID

from definitions.graph import WorkflowGraph
from definitions.graphs import graph_for
from operations.models import EventKind, WorkflowEvent


@dataclass(frozen=True, slots=True)
class Former:
    """By run: (number of the event that left a version, the version), the oldest first."""

    left: dict[UUID | None, list[tuple[int, WorkflowGraph]]] = field(default_factory=dict)

    def graph_at(self, event: WorkflowEvent) -> WorkflowGraph | None:
        """The version of then; None: that of now."""
        for sequence, graph in self.left.get(event.workflow_instance_id, ()):
            if event.sequence < sequence:
                return graph
        return None

    @property
    def graphs(self) -> list[WorkflowGraph]:
        return [graph for versions in self.left.values() for _, graph in versions]


def former_versions(events: Iterable[WorkflowEvent]) -> Former:
    """As the moves to other versions tell. Whoever shows an older event shows the move after it,
    too. Versions are kept in the process, as everywhere.
    """
    left: dict[UUID | None, list[tuple[int, WorkflowGraph]]] = {}
    for event in events:
        if event.kind == EventKind.VERSION_CHANGED:
            graph = graph_for(UUID(event.detail["from_id"])).graph
            left.setdefault(event.workflow_instance_id, []).append((event.sequence, graph))
    return Former({run: sorted(versions, key=lambda one: one[0]) for run, versions in left.items()})
