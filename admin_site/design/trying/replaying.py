"""The page that sends the last real tickets of a workflow through a version of it."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from django.http import HttpRequest, HttpResponse

from admin_site.parts import Tab
from admin_site.people import person_of
from definitions.graphs import graph_for
from definitions.models import WorkflowDefinition
from operations.replays import USUAL_NUMBER, Differing, replay

if TYPE_CHECKING:
    from admin_site.design.workflows import WorkflowDesign

#: How many tickets may be chosen.
NUMBERS = (50, USUAL_NUMBER, 500)
#: How many of those that differ in one way are named.
MOST_NAMED = 20


@dataclass(slots=True)
class Way:
    """Tickets that would have gone differently in the same way."""

    where: str
    what: str
    stops: bool
    tickets: list[Differing] = field(default_factory=list)

    @property
    def named(self) -> list[Differing]:
        return self.tickets[:MOST_NAMED]

    @property
    def others(self) -> int:
        return len(self.tickets) - len(self.named)


def replay_tickets(admin: "WorkflowDesign", request: HttpRequest, object_id: str) -> HttpResponse:
    """Only reads, so it may be asked for with an address."""
    workflow: WorkflowDefinition = admin.get_or_404(request, object_id)
    asked = request.GET.get("last", "")
    last = int(asked) if asked in {str(number) for number in NUMBERS} else USUAL_NUMBER
    found = replay(person_of(request), workflow, graph_for(workflow.pk).graph, last=last)
    here = admin.verb_url(workflow, "replay")
    return admin.admin_site.page(
        request, "design/trying/replay.html",
        title=f"Replay {workflow.title}",
        crumbs=[(admin.list_title, admin.list_url()), (str(workflow), admin.url_of(workflow))],
        workflow=workflow, found=found, ways=_ways(found.differing),
        tabs=[
            Tab(f"Last {number}", f"{here}?last={number}", active=number == last)
            for number in NUMBERS
        ],
    )  # fmt: skip


def _ways(differing: Iterable[Differing]) -> list[Way]:
    """What most tickets have in common first."""
    found: dict[tuple[str, str], Way] = {}
    for one in differing:
        told = one.difference
        way = found.setdefault((told.where, told.what), Way(told.where, told.what, told.stops))
        way.tickets.append(one)
    return sorted(found.values(), key=lambda way: -len(way.tickets))
