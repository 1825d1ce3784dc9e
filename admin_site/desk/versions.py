"""From tickets to the page on which they are moved to another version: which one is meant."""

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect

from admin_site.moving import address_of
from definitions.models import DefinitionStatus, WorkflowDefinition
from operations.models import TicketInstance
from operations.services.versions import MOST_AT_ONCE

ONLY_ONE = "There is no other version of this workflow."


def of_one(
    request: HttpRequest, ticket: TicketInstance, address: Callable[[TicketInstance], str]
) -> HttpResponse:
    """To the version in use, or from there to the one before."""
    if ticket.workflow is None or ticket.closed_at is not None:
        raise Http404
    current: WorkflowDefinition = ticket.workflow.workflow_definition
    version = _likely(current.key, but=current)
    if version is None:
        messages.info(request, ONLY_ONE)
        return HttpResponseRedirect(address(ticket))
    return HttpResponseRedirect(address_of(version, [ticket.number]))


def of_many(request: HttpRequest, chosen: QuerySet[TicketInstance, Any]) -> HttpResponse:
    """The same for tickets of one workflow."""
    here = request.get_full_path()
    rows = chosen.order_by("number").values_list(
        "number", "workflow__workflow_definition__key", "workflow__workflow_definition__title"
    )
    found = list(rows[: MOST_AT_ONCE + 1])
    titles = {key: title for _, key, title in found if key}
    refusal = ""
    if len(found) > MOST_AT_ONCE:
        refusal = f"Choose at most {MOST_AT_ONCE} at a time. Nothing was changed."
    elif not titles:
        refusal = "These tickets have not started yet."
    elif len(titles) > 1:
        named = ", ".join(f"“{title}”" for title in sorted(titles.values()))
        refusal = f"Choose tickets of one workflow. These run on {named}."
    version = None if refusal else _likely(next(iter(titles)))
    if version is None:
        messages.warning(request, refusal or ONLY_ONE)
        return HttpResponseRedirect(here)
    return HttpResponseRedirect(address_of(version, [number for number, _, _ in found]))


def _likely(key: str, but: WorkflowDefinition | None = None) -> WorkflowDefinition | None:
    """The version in use; where that is meant not to be, or there is none, the latest one."""
    rows = WorkflowDefinition.objects.filter(key=key, published_at__isnull=False)
    rows = rows.exclude(pk=but.pk) if but else rows
    found = list(rows.only("key", "version", "status").order_by("-version"))
    in_use = (row for row in found if row.status == DefinitionStatus.PUBLISHED)
    return next(in_use, None) or next(iter(found), None)
