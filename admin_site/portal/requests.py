"""My requests: the lists, and the page of one request."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.admin import SimpleListFilter
from django.core.exceptions import ValidationError
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from unfold.decorators import display

from admin_site import html, times
from admin_site.asked import asked_in
from admin_site.base import RoleSite, TenantModelAdmin
from admin_site.files import (
    CommentBaseForm,
    FileShelf,
    FilesOfTicket,
    knowing_files,
    shelf_of_comments,
)
from admin_site.forms import LONGEST_REASON, ReasonForm
from admin_site.inside import inside, live_inside
from admin_site.people import person_of
from admin_site.portal.catalogue import SOMETHING_ELSE
from admin_site.portal.own import in_archive, own_requests
from admin_site.statuses import REQUEST as WORDS
from admin_site.tracker import (
    PUBLIC_EVENTS,
    ending,
    history,
    journey,
    knowing_how_it_ended,
    knowing_who_cancelled,
    public_status,
    visits_for_journey,
    with_outcomes,
)
from admin_site.tracker.outcome import Ending
from definitions.graph import TaskType, WorkflowGraph
from definitions.graphs import graph_for
from definitions.models import TicketDefinition
from operations.models import Comment, TaskInstance, TicketInstance, WorkflowEvent
from operations.services import add_comment, cancel_ticket
from tenants.errors import DomainError
from tenants.models import User

ARCHIVE = "archive"
#: More lines than this nobody reads; the newest are shown.
MOST_LINES = 200
NOBODY_READS = "This was not sent: the request is over, and nobody works on it any more."


class TypeFilter(SimpleListFilter):
    """By what was asked for; offers only what this person has asked for."""

    title, parameter_name = "Type", "type"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(one.key, one.title) for one in own_requests(request).types]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset.filter(ticket_type__key=self.value()) if self.value() else queryset


_CANCELLED = Q(workflow=None) | Q(workflow__w_status="CANCELLED")


class StatusFilter(SimpleListFilter):
    """By the word that the list shows."""

    title, parameter_name = "Status", "status"
    active = (
        ("moving", WORDS["IN_PROGRESS"].word),
        ("hold", WORDS["ON_HOLD"].word),
        ("looked-into", WORDS["STOPPED"].word),
    )
    over = (
        ("done", WORDS["COMPLETED"].word),
        ("withdrawn", WORDS["WITHDRAWN"].word),
        ("cancelled", WORDS["CANCELLED"].word),
    )

    def lookups(self, request: HttpRequest, model_admin: Any) -> Any:
        return self.over if is_archive(request) else self.active

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        if self.value() is None:
            return queryset
        meaning = {
            "moving": Q(has_open_error=False, workflow__w_status="IN_PROGRESS"),
            "hold": Q(has_open_error=False, workflow__w_status="ON_HOLD"),
            "looked-into": Q(has_open_error=True),
            "done": Q(workflow__w_status="COMPLETED"),
            "withdrawn": _CANCELLED & Q(was_withdrawn=True),
            "cancelled": _CANCELLED & Q(was_withdrawn=False),
        }
        wanted = meaning.get(self.value() or "")
        return queryset.filter(wanted) if wanted else queryset.none()


class CommentForm(CommentBaseForm):
    text = forms.CharField(
        label="Comment",
        max_length=10_000,
        widget=forms.Textarea(attrs={"rows": 2, "class": "tf-ta"}),
    )


class WithdrawForm(ReasonForm):
    """Asks why, in the words of somebody who asks for something."""

    reason = forms.CharField(
        label="Why do you not need it any more?",
        max_length=LONGEST_REASON,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text="Those who work on it can read this.",
    )


def is_archive(request: HttpRequest) -> bool:
    return request.resolver_match is not None and request.resolver_match.url_name == ARCHIVE


class RequestAdmin(TenantModelAdmin):
    """What this person has asked for. A colleague's request is the same as none."""

    list_filter = (TypeFilter, StatusFilter)
    search_fields = ("title", "number")
    search_help_text = "Title or number"
    ordering = ("-pk",)
    sortable_by = ()
    list_per_page = 25
    small_columns = ("status",)
    change_list_template = "portal/requests.html"

    # --- whose rows -------------------------------------------------------------------------------

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False  # asking starts in the catalogue

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def get_queryset(self, request: HttpRequest) -> QuerySet[TicketInstance]:
        rows = TicketInstance.objects.asked_by(person_of(request)).for_lists().order_by("-pk")
        mine: Any = knowing_who_cancelled(rows)
        return knowing_how_it_ended(mine.archived()) if is_archive(request) else mine.active()

    def get_object(
        self, request: HttpRequest, object_id: str, from_field: str | None = None
    ) -> TicketInstance | None:
        """By number, as people say it, or by key."""
        by = "number" if object_id.isascii() and object_id.isdecimal() else "pk"
        mine = TicketInstance.objects.asked_by(person_of(request)).select_related(
            "ticket_type__workflow", "workflow__workflow_definition"
        )
        try:
            return knowing_who_cancelled(mine).filter(**{by: object_id}).first()
        except (ValidationError, ValueError):
            return None

    def url_of(self, row: Any) -> str:
        return reverse("portal:request", args=[row.number])

    # --- the lists --------------------------------------------------------------------------------

    def get_list_display(self, request: HttpRequest) -> Sequence[str]:
        if is_archive(request):
            return ("what", "status", "ended")
        return ("what", "where", "status", "asked")

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        found: tuple[QuerySet[Any], bool] = super().get_search_results(
            request, queryset, search_term.replace("#", " ")
        )
        return found

    def heading_of_list(self, request: HttpRequest) -> str:
        return "Archive" if is_archive(request) else "My requests"

    def empty_state(self, request: HttpRequest) -> dict[str, Any]:
        index = reverse("portal:index")
        if is_archive(request):
            text = "What is done, withdrawn or cancelled is kept here."
            active = reverse("portal:operations_ticketinstance_changelist")
            return {"title": "The archive is empty", "text": text, "symbol": "inventory_2",
                    "href": active, "button": "Look at my requests"}  # fmt: skip
        text = "Whatever you ask for, you can follow it here step by step."
        return {"title": "Nothing is under way", "text": text, "symbol": "local_florist",
                "href": index, "button": "Ask for something"}  # fmt: skip

    @display(description="Request")
    def what(self, row: TicketInstance) -> SafeString:
        shown = html.two_lines(row.title, f"#{row.number} · {row.ticket_type}", strong=True)
        step, whom, _ = self._place(row)
        on_phones = " · ".join(part for part in (step, whom) if part)
        return format_html('{}<span class="tf-xs tf-only-phone b">{}</span>', shown, on_phones)

    @display(description="Where it is")
    def where(self, row: TicketInstance) -> SafeString:
        step, whom, since = self._place(row)
        return html.two_lines(step, f"{whom} {since}".strip())

    @display(description="Status")
    def status(self, row: TicketInstance) -> SafeString:
        return html.chip(public_status(row, getattr(row, "ended_as", None) or ""))

    @display(description="Asked")
    def asked(self, row: TicketInstance) -> Any:
        return row.created_at

    @display(description="Ended")
    def ended(self, row: TicketInstance) -> SafeString | str:
        if row.closed_at is None:
            return ""
        after = f"after {times.span(row.closed_at - row.created_at)}"
        return html.two_lines(html.moment(row.closed_at), after)

    def _place(self, row: TicketInstance) -> tuple[str, str, str]:
        """The step it is at, with whom, and since when, in short."""
        task = row.workflow.current_task if row.workflow else None
        if row.closed_at is not None:
            return ("", "", "")
        if row.has_open_error:
            return ("We are looking into it", "nothing is lost", "")
        if task is None:
            return ("On its way", "", "")
        step, me = str(task.task_definition), row.created_by
        if task.t_status == "COMPLETED":
            return (step, "is done", "")
        if task.task_definition.task_type != TaskType.FORM:
            return (step, "goes on by itself", "")
        if task.assigned_to is None:
            return (step, "waits for somebody free", "")
        who = "you" if task.assigned_to == me else html.first_name_of(task.assigned_to)
        return (step, f"with {who}", f"since {times.when(task.assigned_at or task.created_at)}")

    # --- the page of one request ------------------------------------------------------------------

    def get_urls(self) -> list[URLPattern]:
        guarded = self.admin_site.admin_view
        own = [
            path("archive/", guarded(self.changelist_view), name=ARCHIVE),
            path("<str:object_id>/withdraw/", guarded(self.withdraw), name="withdraw"),
            path("<str:object_id>/comment/", guarded(self.comment), name="comment"),
            path("<str:object_id>/", guarded(self.change_view), name="request"),
        ]
        urls: list[URLPattern] = super().get_urls()
        return [*own, *urls]

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        ticket = self.get_or_404(request, object_id)
        return self._page(request, ticket, CommentForm(shelf=_shelf(request, ticket)))

    def _page(
        self, request: HttpRequest, ticket: TicketInstance, form: CommentForm
    ) -> HttpResponse:
        reader = person_of(request)
        graph, events, visits = _graph_of(ticket), _events(ticket), _visits(ticket)
        within = inside(ticket, graph)
        inner = within.now(live_inside(ticket, visits))
        is_over = ticket.closed_at is not None
        files = FilesOfTicket("portal", ticket.pk)
        lines = history(events, _comments(ticket), graph, reader, within, files)
        ended = ending(events, graph) if is_over else Ending()
        site: RoleSite = self.admin_site
        if is_over:
            in_archive(request)
        return site.page(
            request, "portal/request.html",
            title=f"#{ticket.number} {ticket.title}", ticket=ticket, form=form,
            eyebrow=f"#{ticket.number} · {ticket.ticket_type}",
            journey=journey(ticket, graph, visits, reader, ended, inner), history=lines,
            learnt=next((line for line in lines if line.told), None),
            asked=asked_in(ticket, files), is_over=is_over,
            again=_where_to_ask_again(reader, ticket) if is_over else None,
        )  # fmt: skip

    def comment(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Write to the people who work on it."""
        ticket = self.get_or_404(request, object_id)
        here = f"{self.url_of(ticket)}#history"
        if request.method != "POST":
            return redirect(here)
        shelf = _shelf(request, ticket) if ticket.closed_at is None else None
        form = CommentForm(request.POST, request.FILES, shelf=shelf)
        if ticket.closed_at is not None:
            form.add_error(None, NOBODY_READS)  # the page keeps what was typed, for a new request
        elif form.is_valid():
            try:
                add_comment(person_of(request), ticket, **form.cleaned_data)
            except DomainError as refused:
                form.refuse(refused)
            else:
                messages.success(request, "Your comment is sent.")
                return redirect(here)
        return self._page(request, ticket, form)

    def withdraw(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Stop it for good, with a reason."""
        ticket = self.get_or_404(request, object_id)
        if ticket.closed_at is not None:
            messages.info(
                request, f"Request #{ticket.number} is over: nothing is left to withdraw."
            )
            return redirect(self.url_of(ticket))
        return self.confirm(
            request, object_id, cancel_ticket, WithdrawForm,
            title="Withdraw this request?", button="Withdraw the request", danger=True,
            explain="It stops for good, and nobody works on it any more. You can ask again.",
            done="The request is withdrawn.",
        )  # fmt: skip


def _shelf(request: HttpRequest, ticket: TicketInstance) -> FileShelf:
    return shelf_of_comments("portal", person_of(request), ticket)


def _graph_of(ticket: TicketInstance) -> WorkflowGraph:
    run = ticket.workflow
    version = run.workflow_definition_id if run else ticket.ticket_type.workflow_id
    return graph_for(version).graph


def _visits(ticket: TicketInstance) -> Sequence[TaskInstance]:
    if ticket.workflow_id is None:
        return ()
    unread = ("output_data", "task_definition__output_schema")
    return list(visits_for_journey(ticket.workflow_id).defer(*unread))


def _events(ticket: TicketInstance) -> Sequence[WorkflowEvent]:
    """Oldest first; of very many the newest."""
    told = WorkflowEvent.objects.filter(ticket=ticket, kind__in=PUBLIC_EVENTS)
    return list(with_outcomes(told).order_by("-sequence")[:MOST_LINES])[::-1]


def _where_to_ask_again(reader: User, ticket: TicketInstance) -> TicketDefinition | None:
    """The same type if it is still offered, else the one for everything."""
    same = ticket.ticket_type.key
    offered = TicketDefinition.objects.submittable_by(reader).filter(key__in={same, SOMETHING_ELSE})
    return min(offered.only("key", "title"), key=lambda one: one.key != same, default=None)


def _comments(ticket: TicketInstance) -> Sequence[Comment]:
    said = Comment.objects.filter(ticket=ticket, is_internal=False)
    return list(knowing_files(said).order_by("-created_at")[:MOST_LINES])[::-1]
