"""How it went for each ticket: kept with the session, told anew each time it is opened."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse

from admin_site.base import RoleSite
from admin_site.statuses import Status, status
from definitions.models import WorkflowDefinition
from operations.models import TicketInstance, WorkflowStatus
from operations.services import Moved
from tenants.context import current_company_id
from tenants.models import uuid7

KEPT = "_moved_versions"
MOST_KEPT = 3
MOVED, REFUSED = status("outcome", "MOVED"), status("outcome", "NOT_DONE")


@dataclass(frozen=True, slots=True)
class Line:
    """One ticket, and what became of it."""

    ticket: TicketInstance
    href: str
    status: Status
    words: str


def keep(
    request: HttpRequest, version: WorkflowDefinition, moved: Sequence[Moved], *, left: int
) -> str:
    """Keep how it went; returns the address of the page that tells it."""
    said: list[str] = []
    rows = []
    for one in moved:
        words = one.refused.message if one.refused else ""
        if words and words not in said:
            said.append(words)
        rows.append([str(one.ticket.pk), said.index(words) if words else None])
    name = str(uuid7())
    kept = dict(list(request.session.get(KEPT, {}).items())[1 - MOST_KEPT :])
    kept[name] = {
        "company": str(current_company_id()), "version": str(version.pk), "rows": rows,
        "said": said, "left": left,
    }  # fmt: skip
    request.session[KEPT] = kept
    return reverse("desk:definitions_workflowdefinition_moved", args=[version.pk, name])


def result_page(
    site: RoleSite,
    request: HttpRequest,
    version: WorkflowDefinition,
    name: str,
    *,
    crumbs: Sequence[tuple[str, str]],
    again: str,
) -> HttpResponse:
    """Every ticket with what became of it; `again`: where more are moved."""
    kept: dict[str, Any] | None = request.session.get(KEPT, {}).get(name)
    told = kept if kept and kept["company"] == str(current_company_id()) else None
    if told is None or told["version"] != str(version.pk):
        messages.info(request, "How this went is not known any more. This is how things are now.")
        return HttpResponseRedirect(again)
    lines = _lines(told)
    moved = sum(line.status == MOVED for line in lines)
    return site.page(
        request, "moving/result.html",
        title="How it went", crumbs=crumbs, lines=lines, stayed=len(lines) - moved,
        heading=_heading(version, moved, len(lines) - moved), left=told["left"], again=again,
        lead=f"{version.title} v{version.version}",
        workflow_url=reverse("desk:definitions_workflowdefinition_change", args=[version.pk]),
    )  # fmt: skip


def _heading(version: WorkflowDefinition, moved: int, stayed: int) -> str:
    went = f"{moved} ticket{'' if moved == 1 else 's'} moved to v{version.version}"
    return f"{went}, {stayed} stayed" if stayed else went


def _lines(kept: dict[str, Any]) -> list[Line]:
    """One statement, however many there are."""
    refused = {UUID(key): number for key, number in kept["rows"]}
    rows = TicketInstance.objects.filter(pk__in=refused).for_lists()
    return [
        _line(ticket, kept["said"][number] if number is not None else "")
        for ticket in rows.order_by("number")
        for number in [refused[ticket.pk]]
    ]


def _line(ticket: TicketInstance, words: str) -> Line:
    href = reverse("desk:operations_ticketinstance_change", args=[ticket.pk])
    if words:
        return Line(ticket, href, REFUSED, words)
    return Line(ticket, href, MOVED, _place(ticket))


def _place(ticket: TicketInstance) -> str:
    """Where it is now."""
    if ticket.closed_at is not None:
        is_done = ticket.w_status == WorkflowStatus.COMPLETED
        return "It is finished." if is_done else "It was cancelled."
    current = ticket.workflow.current_task if ticket.workflow else None
    return f"It is at {current.task_definition.title}." if current else ""
