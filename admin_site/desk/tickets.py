"""Tickets: two lists, the page of one, and what a ticket admin may do to it."""

from typing import Any

from django.db.models import Case, F, Q, QuerySet, When
from django.http import Http404, HttpRequest, HttpResponse
from django.utils.safestring import SafeString
from unfold.decorators import action, display

from admin_site import html, statuses
from admin_site.desk import cells, ticket_page, versions
from admin_site.desk.bulk import Ask
from admin_site.desk.figures import TICKETS
from admin_site.desk.filters import (
    ByAsker,
    ByClosed,
    ByHolder,
    ByOpened,
    ByStatus,
    ByType,
    Empty,
    View,
)
from admin_site.desk.forms import CommentForm, MoveForm, OptionalReasonForm
from admin_site.desk.lists import ACTIVE, ARCHIVE, DeskList, LastWithout
from admin_site.files import shelf_of_comments
from admin_site.forms import ReasonForm
from admin_site.inside import NOTHING, Inside, inside
from admin_site.people import person_of
from admin_site.statuses import said
from definitions.graph import TaskType
from operations import services
from operations.models import TicketInstance

CANCEL = "What is still open is cancelled, and whoever asked sees your reason."
MOVE = "What is open now is cancelled, and the ticket goes on from the step you choose."
REOPEN = "The ticket goes on from the step you choose, as if it had never been over."
MOVE_INSIDE = (
    " With a step inside of another step, only what is open inside is cancelled; the rest of the "
    "ticket stays where it is."
)
HOLD = "Nobody is asked to do anything in the meantime, and what was typed so far stays."

_EMPTY = {
    "": Empty("Nothing is open", "A new ticket shows up here as soon as somebody sends one."),
    "stopped": Empty("Nothing has stopped", "Every ticket finds its way.", "check_circle"),
    "nobody": Empty("Somebody has every task", "Nothing waits for a free person.", "group"),
    "hold": Empty("Nothing is on hold", "Held tickets wait here until they are resumed.", "pause"),
    "archive": Empty(
        "Nothing is finished yet", "What is done or cancelled is kept here.", "archive"
    ),
}


# As `cells.ticket_status` has it: what is asked for is what the chip says.
_UNDER_WAY = Q(workflow__w_status="IN_PROGRESS", has_open_error=False)
_FOR_NOBODY = Q(
    workflow__current_task__t_status="PENDING",
    workflow__current_task__assigned_to=None,
    workflow__current_task__task_definition__task_type=TaskType.FORM,
)
_DUE = Case(When(_UNDER_WAY, then=F("workflow__current_task__due_at")))


def _word(kind: str, value: str) -> str:
    return statuses.status(kind, value).word


class TicketDesk(DeskList):
    """Every ticket of the company, for the people who triage."""

    page = TICKETS
    titles = {ACTIVE: "Active tickets", ARCHIVE: "Archive of tickets"}
    tabs = {
        ACTIVE: (
            View("", "All active", "active", empty=_EMPTY[""]),
            View(
                "stopped",
                _word("mark", "STOPPED"),
                "stopped",
                "stopped",
                hot=True,
                empty=_EMPTY["stopped"],
            ),
            View(
                "nobody",
                _word("mark", "NOBODY"),
                "nobody",
                "with_nobody_free",
                empty=_EMPTY["nobody"],
            ),
            View("hold", _word("workflow", "ON_HOLD"), "hold", "on_hold", empty=_EMPTY["hold"]),
        ),
        ARCHIVE: (
            View("", "All", empty=_EMPTY["archive"]),
            View("done", _word("workflow", "COMPLETED"), rows="finished", empty=_EMPTY["archive"]),
            View(
                "cancelled",
                _word("workflow", "CANCELLED"),
                rows="cancelled",
                empty=_EMPTY["archive"],
            ),
        ),
    }
    columns = {
        ACTIVE: ("ticket", "status", "step", "holder", "open_for", "due"),
        ARCHIVE: ("ticket", "status", "closed", "took"),
    }
    filters = {
        ACTIVE: (ByStatus, ByType, ByHolder, ByAsker, ByOpened),
        ARCHIVE: (ByStatus, ByType, ByAsker, ByClosed, ByOpened),
    }
    status_words = {
        ACTIVE: {
            "new": (said("workflow", "NOT_STARTED"), Q(workflow=None, has_open_error=False)),
            "moving": (said("workflow", "IN_PROGRESS"), _UNDER_WAY & ~_FOR_NOBODY),
            "nobody": (said("mark", "NOBODY"), _UNDER_WAY & _FOR_NOBODY),
            "stopped": (said("mark", "STOPPED"), Q(has_open_error=True)),
            "hold": (
                said("workflow", "ON_HOLD"),
                Q(workflow__w_status="ON_HOLD", has_open_error=False),
            ),
        },
        ARCHIVE: {
            "done": (said("workflow", "COMPLETED"), Q(workflow__w_status="COMPLETED")),
            "cancelled": (
                said("workflow", "CANCELLED"),
                ~Q(workflow__w_status="COMPLETED") | Q(workflow=None),
            ),
        },
    }
    small_columns = ("status", "step", "holder", "due")
    over_by = "closed_at"
    actions = ("hold_many", "resume_many", "version_many", "cancel_many")
    actions_detail = ("move", "version", "hold", "resume", "cancel", "comment")

    # --- rows ---

    def get_queryset(self, request: HttpRequest) -> QuerySet[TicketInstance]:
        rows: QuerySet[TicketInstance] = super().get_queryset(request)
        if not self.state(request):
            return rows.select_related(*ticket_page.RELATED)
        return rows

    def get_object(
        self, request: HttpRequest, object_id: str, from_field: str | None = None
    ) -> TicketInstance | None:
        """By key, or by the number that people say: /desk/tickets/1042/."""
        if object_id.isdecimal() and len(object_id) < 10:
            return self.get_queryset(request).filter(number=int(object_id)).first()
        found: TicketInstance | None = super().get_object(request, object_id, from_field)
        return found

    @display(description="Ticket", ordering="number")
    def ticket(self, row: TicketInstance) -> SafeString:
        return cells.ticket_title(row)

    @display(description="Status")
    def status(self, row: TicketInstance) -> SafeString:
        return html.chip(cells.ticket_status(row))

    @display(description="Step")
    def step(self, row: TicketInstance) -> Any:
        return cells.step_of(row)

    @display(description="With")
    def holder(self, row: TicketInstance) -> Any:
        return cells.ticket_holder(row)

    @display(description="Open", ordering="created_at")
    def open_for(self, row: TicketInstance) -> SafeString:
        return cells.age(row.created_at)

    @display(description="Due", ordering=LastWithout(_DUE))
    def due(self, row: TicketInstance) -> SafeString | None:
        return cells.ticket_due(row)

    @display(description="Closed", ordering="closed_at")
    def closed(self, row: TicketInstance) -> Any:
        return row.closed_at

    @display(description="Took")
    def took(self, row: TicketInstance) -> str:
        return cells.took(row.created_at, row.closed_at)

    # --- many at a time ---

    @action(description="Hold", permissions=["triage"], icon="pause")
    def hold_many(self, request: HttpRequest, queryset: QuerySet[TicketInstance]) -> HttpResponse:
        return self.in_bulk(
            request, queryset, services.hold_ticket,
            Ask("ticket", "Put {rows} on hold?", "Put {rows} on hold", "{rows} put on hold.",
                ReasonForm, HOLD),
        )  # fmt: skip

    @action(description="Resume", permissions=["triage"], icon="play_arrow")
    def resume_many(self, request: HttpRequest, queryset: QuerySet[TicketInstance]) -> HttpResponse:
        return self.in_bulk(
            request, queryset, services.resume_ticket,
            Ask("ticket", "Resume {rows}?", "Resume {rows}", "{rows} resumed.", OptionalReasonForm,
                "Each goes on where it was held."),
        )  # fmt: skip

    @action(description="Move to a version", permissions=["triage"], icon="difference")
    def version_many(
        self, request: HttpRequest, queryset: QuerySet[TicketInstance]
    ) -> HttpResponse:
        return versions.of_many(request, queryset)

    @action(description="Cancel tickets", permissions=["triage"], icon="block")
    def cancel_many(self, request: HttpRequest, queryset: QuerySet[TicketInstance]) -> HttpResponse:
        return self.in_bulk(
            request, queryset, services.cancel_ticket,
            Ask("ticket", "Cancel {rows}?", "Cancel {rows}", "{rows} cancelled.", ReasonForm,
                CANCEL, danger=True),
        )  # fmt: skip

    # --- one ticket ---

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        if request.method != "GET":
            raise Http404
        ticket: TicketInstance = self.get_or_404(request, object_id)
        shown = ticket_page.context(request, ticket)
        return self.page_of(request, "desk/ticket.html", over=ticket.closed_at is not None, **shown)

    @action(description="Move to a step", permissions=["triage"], url_path="move")
    def move(self, request: HttpRequest, object_id: str) -> HttpResponse:
        ticket = self.get_or_404(request, object_id)
        if ticket.workflow is None:
            raise Http404
        graph, is_open = ticket_page.pinned_for(ticket).graph, ticket.closed_at is None
        within = inside(ticket, graph) if is_open else NOTHING
        return self.confirm(
            request, object_id, services.move_ticket, MoveForm,
            title="Move to which step?" if is_open else "Open it again at which step?",
            button="Move the ticket" if is_open else "Open it again",
            explain=_explained(within) if is_open else REOPEN, done="The ticket was moved.",
            form_kwargs={
                "graph": graph,
                "current": _place_of(ticket) if is_open else "",
                "inside": within.under_way,
            },
        )  # fmt: skip

    @action(description="Move to another version", permissions=["triage"], url_path="version")
    def version(self, request: HttpRequest, object_id: str) -> HttpResponse:
        return versions.of_one(request, self.get_or_404(request, object_id), self.url_of)

    @action(description="Put on hold", permissions=["triage"], url_path="hold")
    def hold(self, request: HttpRequest, object_id: str) -> HttpResponse:
        return self.confirm(
            request, object_id, services.hold_ticket, title="Put this ticket on hold?",
            explain=HOLD, button="Put on hold", done="The ticket is on hold.",
        )  # fmt: skip

    @action(description="Resume", permissions=["triage"], url_path="resume")
    def resume(self, request: HttpRequest, object_id: str) -> HttpResponse:
        return self.confirm(
            request, object_id, services.resume_ticket, OptionalReasonForm,
            title="Resume this ticket?", explain="It goes on where it was held.", button="Resume",
            done="The ticket goes on.",
        )  # fmt: skip

    @action(description="Cancel the ticket", permissions=["triage"], url_path="cancel")
    def cancel(self, request: HttpRequest, object_id: str) -> HttpResponse:
        return self.confirm(
            request, object_id, services.cancel_ticket, title="Cancel this ticket?",
            explain=CANCEL, button="Cancel the ticket", danger=True,
            done="The ticket was cancelled.",
        )  # fmt: skip

    @action(description="Comment", permissions=["triage"], url_path="comment")
    def comment(self, request: HttpRequest, object_id: str) -> HttpResponse:
        ticket: TicketInstance = self.get_or_404(request, object_id)
        shelf = shelf_of_comments("desk", person_of(request), ticket)
        return self.confirm(
            request, object_id, services.add_comment, CommentForm, title="Write a comment",
            button="Write", done="", form_kwargs={"shelf": shelf},
        )  # fmt: skip


def _explained(within: Inside) -> str:
    return MOVE + MOVE_INSIDE if within.under_way else MOVE


def _place_of(ticket: TicketInstance) -> str:
    """The value of `MoveForm` for the step at which it is."""
    current = ticket.workflow.current_task if ticket.workflow else None
    if current is None:
        return ""
    key: str = current.task_definition.key
    run_id = current.workflow_instance_id
    return key if run_id == ticket.workflow_id else f"{run_id}/{key}"
