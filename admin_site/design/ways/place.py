"""The ways after one step, of a workflow that is open for editing."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from django.http import Http404, HttpRequest, HttpResponse

from admin_site import history
from admin_site.design.editing.saving import Editing, opened
from admin_site.history import Names
from definitions import editing as change
from definitions.bundle.meaning import graph_of
from definitions.errors import Problem
from definitions.graph import After, Split, WorkflowGraph
from definitions.linter.known import Known
from definitions.models import WorkflowDefinition
from definitions.services import problems_of
from definitions.starts import start_forms

if TYPE_CHECKING:
    from admin_site.design.workflows import WorkflowDesign

Document = dict[str, Any]
HEADINGS = {After.DONE: "When it is done", After.TIMEOUT: "When its time runs out"}


@dataclass
class Place:
    """The ways after one step (None: the start), of a workflow that is open for editing."""

    editing: Editing[WorkflowDefinition]
    source: str | None

    @property
    def document(self) -> Document:
        return self.editing.document

    @cached_property
    def graph(self) -> WorkflowGraph:
        return graph_of(self.document)

    @cached_property
    def known(self) -> Known:
        return Known.of(self.graph, start_forms(self.document))

    @cached_property
    def names(self) -> Names:
        return Names(self.graph)

    @cached_property
    def problems(self) -> list[Problem]:
        return problems_of(self.editing.row)

    @property
    def title(self) -> str:
        return "the start" if self.source is None else f"“{self.graph.tasks[self.source].label}”"

    @property
    def splits(self) -> bool:
        return self.source is not None and self.graph.tasks[self.source].split == Split.ALL

    @property
    def href(self) -> str:
        admin, row = self.editing.admin, self.editing.row
        if self.source is None:
            return admin.verb_url(row, "start_ways")
        return admin.verb_url(row, "step_ways", self.source)

    def way_href(self, which: str) -> str:
        admin, row = self.editing.admin, self.editing.row
        if self.source is None:
            return admin.verb_url(row, "start_way", which)
        return admin.verb_url(row, "step_way", self.source, which)

    def ways(self, after: str) -> list[Document]:
        return change.ways_of(self.document, self.source, after)

    def afters(self) -> list[str]:
        """What ways can follow: the step was done, or its time ran out."""
        can_run_out = self.source is not None and self.graph.tasks[self.source].can_run_out
        late = [After.TIMEOUT.value]
        return [After.DONE.value, *(late if can_run_out or self.ways(late[0]) else [])]

    def number_of(self, document: Mapping[str, Any], after: str, place: int) -> int:
        """Where, among all ways of the document, this way of the step stands."""
        wanted = change.ways_of(document, self.source, after)[place]
        everything = list(document.get("transitions", ()))
        found = [
            number for number, way in enumerate(everything)
            if way.get("from") == self.source
            and way.get("after", After.DONE) == after and way == wanted
        ]  # fmt: skip
        return found[0] if found else len(everything)

    def about(self, after: str, place: int) -> list[Problem]:
        """What is wrong with one way."""
        pointer = f"/transitions/{self.number_of(self.document, after, place)}"
        return [
            one for one in self.problems
            if one.place == pointer or one.place.startswith(f"{pointer}/")
        ]  # fmt: skip

    def sentence(self, condition: Any) -> str:
        """The condition in words, its values marked."""
        if condition is True:
            return "always"
        return history.way(None, condition, self.names).sentence

    def with_ways(self, after: str, ways: Sequence[Mapping[str, Any]]) -> Document:
        return change.replace_ways(self.document, self.source, in_order(ways), after)


def in_order(ways: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """Those without a condition stand last."""
    return sorted(ways, key=lambda way: way.get("condition") is None)


def open_place(
    admin: "WorkflowDesign", request: HttpRequest, object_id: str, source: str | None, *more: str
) -> Place | HttpResponse:
    """The step's ways, opened; or the way to the draft in which they are changed."""
    verb = ("start" if source is None else "step") + ("_way" if more else "_ways")
    key = () if source is None else (source,)
    found = opened(admin, request, object_id, verb, *key, *more)
    if isinstance(found, HttpResponse):
        return found
    place = Place(found, source)
    if source is not None and source not in place.graph.tasks:
        raise Http404
    return place


def which_way(place: Place, which: str) -> tuple[str, int]:
    """ "done-2" -> the third way after it was done.

    Raises:
        Http404: there is none.
    """
    after, _, number = which.partition("-")
    if after not in set(After) or not number.isdecimal() or len(number) > 4:
        raise Http404
    if int(number) >= len(place.ways(after)):
        raise Http404
    return after, int(number)


def reopened(found: Editing[WorkflowDefinition], row: Any) -> Editing[WorkflowDefinition]:
    return Editing(found.admin, found.request, row, found.document)
