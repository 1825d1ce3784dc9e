"""The page that moves tickets to a version: what happens to each, which steps take whose place."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django.contrib import messages
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse

from admin_site.base import RoleSite
from admin_site.moving import results
from admin_site.moving.forms import MoveVersionForm, chosen_in
from admin_site.moving.preview import told
from admin_site.parts import Tab
from admin_site.people import person_of
from definitions.graphs import graph_for
from definitions.models import TaskDefinition, WorkflowDefinition
from operations.models import TicketInstance
from operations.services import (
    Preview,
    move_to_version,
    preview_move,
    tickets_on_others,
    way_back,
)
from operations.services.versions import MOST_AT_ONCE
from tenants.errors import DomainError

LOOK = "_look"
TICKETS, BACK, SOURCE = "tickets", "back", "from"


def move_page(
    site: RoleSite,
    request: HttpRequest,
    version: WorkflowDefinition,
    *,
    crumbs: Sequence[tuple[str, str]],
) -> HttpResponse:
    """Ask, and move. `?tickets=1042,1043` names the tickets, without it all on other versions;
    `?from=3` only those of one version; `?back=1` fills in what undoes the last move of a ticket.
    """
    tickets, left = _chosen_tickets(request, version)
    graph, steps = graph_for(version.pk).graph, titles_of_steps(version.key)
    sent = request.POST if request.method == "POST" else None
    mapping = chosen_in(sent or request.GET, steps, graph)
    if not sent and not mapping:
        mapping = _way_back(request, tickets, graph)
    previews = preview_move(person_of(request), tickets, version, mapping)
    asked = to_choose(previews, mapping)
    form = MoveVersionForm(
        sent if sent and LOOK not in sent else None,
        graph=graph,
        steps={key: steps.get(key, key) for key in asked},
        chosen=mapping,
        initial={"reason": sent.get("reason", "") if sent else ""},
    )
    if form.is_valid():
        name = _moved(request, form, tickets, version, mapping, left)
        if name:
            return HttpResponseRedirect(name)
    return site.page(
        request, "moving/page.html",
        title=_title(tickets, version), crumbs=crumbs, version=version,
        told=(shown := told(previews)), button=_button(shown.can_move, len(tickets)),
        form=form, left=left, one=tickets[0] if len(tickets) == 1 else None,
        tabs=_tabs(request, version, tickets), back=_back(tickets, version),
    )  # fmt: skip


def _moved(
    request: HttpRequest,
    form: MoveVersionForm,
    tickets: Sequence[TicketInstance],
    version: WorkflowDefinition,
    mapping: Mapping[str, str],
    left: int,
) -> str:
    """Where to go on; "" where it stays on the page."""
    try:
        with transaction.atomic():
            moved = move_to_version(
                person_of(request), tickets, version, mapping=mapping,
                reason=form.cleaned_data["reason"],
            )  # fmt: skip
    except DomainError as refused:
        form.refuse(refused)
        return ""
    if len(moved) == 1:
        (only,) = moved
        if only.refused is not None:
            form.refuse(only.refused)
            return ""
        messages.success(request, f"#{only.ticket.number} runs on v{version.version} now.")
        return _address(only.ticket)
    return results.keep(request, version, moved, left=left)


# --- what is asked --------------------------------------------------------------------------------


def _chosen_tickets(
    request: HttpRequest, version: WorkflowDefinition
) -> tuple[list[TicketInstance], int]:
    """The tickets, and how many more there would be."""
    numbers = _numbers(request.GET.get(TICKETS, ""))
    rows: QuerySet[TicketInstance, Any]
    if numbers is not None:
        rows = TicketInstance.objects.filter(number__in=numbers).order_by("number")
    else:
        rows = tickets_on_others(version)
        source = request.GET.get(SOURCE, "")
        if source.isascii() and source.isdecimal() and len(source) < 10:
            rows = rows.filter(workflow__workflow_definition__version=int(source))
    found = list(rows.select_related("workflow")[: MOST_AT_ONCE + 1])
    if len(found) <= MOST_AT_ONCE:
        return found, 0
    return found[:MOST_AT_ONCE], rows.count() - MOST_AT_ONCE


def _numbers(text: str) -> list[int] | None:
    """Of "1042,1043"; None where nothing is named."""
    parts = [part for part in text.split(",") if part.isascii() and part.isdecimal()]
    if not text:
        return None
    return [int(part) for part in parts if len(part) < 10][: MOST_AT_ONCE + 1]


def titles_of_steps(key: str) -> dict[str, str]:
    """Key of each step of any version -> its latest title."""
    rows = TaskDefinition.objects.filter(workflow__key=key).order_by("workflow__version")
    return dict(rows.values_list("key", "title"))


def to_choose(previews: Iterable[Preview], mapping: Mapping[str, str]) -> list[str]:
    missing = [key for preview in previews for key in preview.unmapped]
    return list(dict.fromkeys([*mapping, *missing]))


def _way_back(
    request: HttpRequest, tickets: Sequence[TicketInstance], graph: Any
) -> dict[str, str]:
    if not request.GET.get(BACK) or len(tickets) != 1:
        return {}
    way = way_back(tickets[0])
    return {key: to for key, to in way.mapping.items() if to in graph.tasks} if way else {}


def _title(tickets: Sequence[TicketInstance], version: WorkflowDefinition) -> str:
    if len(tickets) == 1:
        return f"Move #{tickets[0].number} to v{version.version}"
    number = f"{len(tickets)} tickets" if tickets else "tickets"
    return f"Move {number} to v{version.version}"


def _button(can_move: int, number: int) -> str:
    if number == 1:
        return "Move the ticket"
    return "Move 1 ticket" if can_move == 1 else f"Move {can_move} tickets"


# --- the frame ------------------------------------------------------------------------------------


def _tabs(
    request: HttpRequest, version: WorkflowDefinition, tickets: Sequence[TicketInstance]
) -> list[Tab]:
    """The other versions, where the same tickets could go."""
    if not request.GET.get(TICKETS):
        return []
    rows = WorkflowDefinition.objects.filter(key=version.key, published_at__isnull=False)
    here = {ticket.workflow.workflow_definition_id for ticket in tickets if ticket.workflow}
    only = next(iter(here)) if len(here) == 1 else None
    query = f"?{TICKETS}={request.GET[TICKETS]}"
    return [
        Tab(
            f"v{row.version}{' (in use)' if row.status == 'PUBLISHED' else ''}",
            f"{address_of(row)}{query}",
            active=row.pk == version.pk,
        )
        for row in rows.only("version", "status", "key").order_by("-version")
        if row.pk != only
    ]


def address_of(version: WorkflowDefinition, numbers: Iterable[int] = ()) -> str:
    """Of the page that moves these tickets, or all that there are, to a version."""
    here = reverse("desk:definitions_workflowdefinition_move", args=[version.pk])
    named = ",".join(map(str, numbers))
    return f"{here}?{TICKETS}={named}" if named else here


def _address(ticket: TicketInstance) -> str:
    return reverse("desk:operations_ticketinstance_change", args=[ticket.pk])


def _back(tickets: Sequence[TicketInstance], version: WorkflowDefinition) -> str:
    if len(tickets) == 1:
        return _address(tickets[0])
    return reverse("desk:definitions_workflowdefinition_change", args=[version.pk])
