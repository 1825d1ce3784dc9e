"""Graphs of the versions that cannot change any more, kept in this process.

A published version never changes, so its graph, with the conditions compiled on it, can serve
every ticket of the company for as long as the process lives.
"""

from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass
from threading import Lock
from types import MappingProxyType
from uuid import UUID

from definitions.graph import WorkflowGraph
from definitions.models import DefinitionStatus, WorkflowDefinition
from tenants.context import current_company_id

#: A large company has some hundred workflows; the one used longest ago makes room.
MOST_KEPT = 512


@dataclass(frozen=True, slots=True)
class PinnedGraph:
    """A version as values. `task_ids`: key of a task -> id of its `TaskDefinition` row."""

    id: UUID
    key: str
    version: int
    title: str
    status: str
    graph: WorkflowGraph
    task_ids: Mapping[str, UUID]


_Place = tuple[UUID, UUID]
_kept: OrderedDict[_Place, PinnedGraph] = OrderedDict()
_lock = Lock()


def graph_for(workflow_definition_id: UUID) -> PinnedGraph:
    """The graph of a version of the company in force: no statement when it is kept, else three.

    A draft is read anew each time.

    Raises:
        WorkflowDefinition.DoesNotExist: no such version in this company.
        NoTenant: no company is in force.
    """
    # The company is part of the place: an id alone must not open another company's graph.
    place = (current_company_id(), workflow_definition_id)
    with _lock:
        if place in _kept:
            _kept.move_to_end(place)
            return _kept[place]
    pinned = _load(workflow_definition_id)
    if pinned.status != DefinitionStatus.DRAFT:
        _keep(place, pinned)
    return pinned


def forget(workflow_definition_id: UUID) -> None:
    """Drop what is kept of a version.

    Publishing calls it: an earlier attempt may have been kept and then rolled back.
    """
    with _lock:
        _kept.pop((current_company_id(), workflow_definition_id), None)


def _keep(place: _Place, pinned: PinnedGraph) -> None:
    with _lock:
        _kept[place] = pinned
        while len(_kept) > MOST_KEPT:
            _kept.popitem(last=False)


def _load(workflow_definition_id: UUID) -> PinnedGraph:
    versions = WorkflowDefinition.objects.prefetch_related("tasks", "transitions")
    version = versions.get(pk=workflow_definition_id)
    return PinnedGraph(
        id=version.pk,
        key=version.key,
        version=version.version,
        title=version.title,
        status=version.status,
        graph=version.to_graph(),
        task_ids=MappingProxyType({task.key: task.pk for task in version.tasks.all()}),
    )
