"""The page of a run inside of a ticket: the picture alone."""

from typing import Any
from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse

from admin_site import html
from admin_site.pictures.of_tickets import figure_of_run
from definitions.graphs import graph_for
from operations.models import TicketInstance, WorkflowInstance


def page_of_run(site: Any, request: HttpRequest, run_id: UUID) -> HttpResponse:
    """A run of another company and none at all are the same page."""
    runs = WorkflowInstance.objects.select_related("parent_task__task_definition")
    run = runs.defer("workflow_data").filter(pk=run_id).first()
    ticket = TicketInstance.objects.filter(workflow=run.root_id).first() if run else None
    if run is None or ticket is None:
        raise Http404
    pinned = graph_for(run.workflow_definition_id)
    ticket_url = reverse("desk:operations_ticketinstance_change", args=[ticket.pk])
    step: Any = run.parent_task
    around = ""
    if step is not None:
        around = reverse("desk:picture", args=[step.workflow_instance_id])
    answer: HttpResponse = site.page(
        request,
        "pictures/page.html",
        title=pinned.title,
        crumbs=[(f"#{ticket.number}", ticket_url)],
        heading=pinned.title,
        eyebrow=f"#{ticket.number} · {ticket.title}",
        lead=html.chip(run.w_status, "workflow"),
        around=around,
        ticket_url=ticket_url,
        version=f"Inside of {step.task_definition.title}" if step else f"v{pinned.version}",
        figure=figure_of_run(run, pinned, f"{pinned.title}, ticket #{ticket.number}"),
    )
    return answer
