"""The page on which somebody asks for something."""

import secrets
from collections.abc import Sequence
from typing import TYPE_CHECKING

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect

from admin_site.files import FileShelf
from admin_site.parts import Step
from admin_site.people import person_of
from admin_site.portal.catalogue import PLAIN_SYMBOL
from admin_site.portal.own import own_requests
from admin_site.schema_forms import SchemaForm, form_for
from admin_site.tracker import BY_ITSELF, usual_way
from definitions.graph import TaskNode, TaskType
from definitions.graphs import graph_for
from definitions.models import TicketDefinition
from operations.errors import AnswersInvalid
from operations.files import Purpose
from operations.models import TicketInstance
from operations.services import sent_before, submit_ticket
from tenants.errors import DomainError, NotFound
from tenants.models import CompanyRole, User

if TYPE_CHECKING:
    from admin_site.portal.site import PortalSite

#: The page's own field; no question of a form can be called so (schema_forms.names).
KEY = "_key"
LONGEST_KEY = 64
#: More steps than this are only counted.
MOST_STEPS = 8


def submit(site: "PortalSite", request: HttpRequest, key: str) -> HttpResponse:
    """Ask on GET, send on POST. What is not offered to this person is not there."""
    person = person_of(request)
    definition = _offered(person, key)
    form = _form(request, person, definition)
    if form.is_bound:
        ticket = _sent(request, person, definition, form)
        if ticket is not None:
            messages.success(
                request, f"Request #{ticket.number} is sent. This page shows where it is."
            )
            return redirect("portal:request", ticket.number)
    earlier = own_requests(request).of(definition.pk)
    return site.page(
        request, "portal/submit.html",
        title=definition.title, definition=definition, form=form,
        symbol=definition.icon or PLAIN_SYMBOL, key=_key_of(request),
        steps=_next_steps(definition), under_way=earlier.active if earlier else 0,
    )  # fmt: skip


def _offered(person: User, key: str) -> TicketDefinition:
    offered = TicketDefinition.objects.submittable_by(person).select_related("workflow")
    definition = offered.filter(key=key).first()
    if definition is None:
        raise Http404
    return definition


def _form(request: HttpRequest, person: User, definition: TicketDefinition) -> SchemaForm:
    sent = (request.POST, request.FILES) if request.method == "POST" else (None, None)
    data, files = sent
    shelf = FileShelf("portal", person, Purpose(ticket_type=definition.pk))
    schema, layout = definition.submission_schema(), definition.edit_layout
    return form_for(schema, layout, data=data, files=files, shelf=shelf)


def _sent(
    request: HttpRequest, person: User, definition: TicketDefinition, form: SchemaForm
) -> TicketInstance | None:
    """The new ticket; None if it was refused, and the form says why."""
    if not form.is_valid():
        # Sent twice, the files of the first time are part of its ticket by now.
        return sent_before(person, request.POST.get(KEY, ""))
    try:
        return submit_ticket(person, definition, form.value, submission_key=_key_of(request))
    except AnswersInvalid as refused:
        form.show_problems(refused.problems)
    except NotFound as gone:
        raise Http404 from gone
    except DomainError as refused:
        form.add_error(None, refused.message)
    return None


def _key_of(request: HttpRequest) -> str:
    """Makes a double click, and a page that was sent again, one request."""
    given = request.POST.get(KEY, "")
    return given if 0 < len(given) <= LONGEST_KEY else secrets.token_urlsafe(24)


def _next_steps(definition: TicketDefinition) -> list[Step]:
    """What usually happens after sending, for the side of the page."""
    graph = graph_for(definition.workflow_id).graph
    way = [graph.tasks[key] for key in usual_way(graph, [None])]
    roles = _role_titles(way)
    steps = [Step(task.label, "todo", _by_whom(task, roles)) for task in way[:MOST_STEPS]]
    if len(way) > MOST_STEPS:
        steps.append(Step(f"and {len(way) - MOST_STEPS} more"))
    return steps


def _role_titles(way: Sequence[TaskNode]) -> dict[str, str]:
    wanted = {str(task.assign.get("company_role") or "") for task in way} - {""}
    if not wanted:
        return {}
    return dict(CompanyRole.objects.filter(key__in=wanted).values_list("key", "title"))


def _by_whom(task: TaskNode, roles: dict[str, str]) -> str:
    if task.task_type != TaskType.FORM:
        return BY_ITSELF
    return roles.get(str(task.assign.get("company_role") or ""), "")
