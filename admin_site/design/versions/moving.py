"""What would become of the tickets that run on other versions; moving them is the desk's."""

from typing import TYPE_CHECKING
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse

from admin_site.moving import address_of, told
from admin_site.moving.forms import MoveVersionForm, chosen_in, field_of
from admin_site.moving.page import titles_of_steps, to_choose
from admin_site.people import person_of
from definitions.graphs import graph_for
from definitions.models import DefinitionStatus, WorkflowDefinition
from operations.services import preview_move, tickets_on_others
from operations.services.versions import MOST_AT_ONCE

if TYPE_CHECKING:
    from admin_site.design.workflows import WorkflowDesign


def preview_of_move(admin: "WorkflowDesign", request: HttpRequest, object_id: str) -> HttpResponse:
    """Only reads, so it may be asked for with an address; of a draft, too."""
    version: WorkflowDefinition = admin.get_or_404(request, object_id)
    graph, steps = graph_for(version.pk).graph, titles_of_steps(version.key)
    rows = tickets_on_others(version)
    tickets = list(rows[: MOST_AT_ONCE + 1])
    left = rows.count() - MOST_AT_ONCE if len(tickets) > MOST_AT_ONCE else 0
    mapping = chosen_in(request.GET, steps, graph)
    previews = preview_move(person_of(request), tickets[:MOST_AT_ONCE], version, mapping)
    asked = {key: steps.get(key, key) for key in to_choose(previews, mapping)}
    form = MoveVersionForm(graph=graph, steps=asked, chosen=mapping)
    return admin.admin_site.page(
        request, "design/versions/move.html",
        title=f"Tickets on other versions than v{version.version}",
        crumbs=[
            *admin.crumbs_to(request, version), ("Versions", admin.verb_url(version, "versions"))
        ],
        workflow=version, version=version, told=told(previews), form=form, left=left,
        is_draft=version.status == DefinitionStatus.DRAFT, back=admin.url_of(version),
        desk_url=_desk_url(request, version, mapping),
    )  # fmt: skip


def _desk_url(request: HttpRequest, version: WorkflowDefinition, mapping: dict[str, str]) -> str:
    """Where they are moved, with what is chosen here; "" for whoever may not, and for a draft."""
    may = request.user.has_perm("operations.triage_ticketinstance")
    if not may or version.published_at is None:
        return ""
    chosen = urlencode({field_of(key): to for key, to in mapping.items()})
    return f"{address_of(version)}?{chosen}" if chosen else address_of(version)
