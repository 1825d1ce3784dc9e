"""Tasks: two lists, the page of one, and giving them to somebody."""

from typing import Any

from django.db.models import Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from unfold.decorators import action, display

from admin_site import history, html, statuses
from admin_site.desk import cells
from admin_site.desk.bulk import Ask
from admin_site.desk.figures import TASKS
from admin_site.desk.filters import (
    ByCompleted,
    ByDue,
    ByStatus,
    ByStep,
    ByTypeOfTicket,
    ByWorker,
    Empty,
    View,
)
from admin_site.desk.forms import HandOverForm
from admin_site.desk.lists import ACTIVE, ARCHIVE, DeskList
from admin_site.history import Names
from admin_site.parts import Fact
from admin_site.schema_forms import answers
from definitions.graphs import graph_for
from operations import services
from operations.models import DOABLE_TASK, TaskInstance, TaskStatus, WorkflowEvent

GIVE = "Whoever gets it finds it in their list at once. What was typed so far stays."

_EMPTY = {
    "": Empty("No task is open", "Each ticket opens its next task by itself.", "task_alt"),
    "nobody": Empty("Somebody has every task", "Nothing waits for a free person.", "group"),
    "late": Empty("Nothing is late", "Every task is within its time.", "check_circle"),
    "archive": Empty(
        "Nothing is finished yet", "Tasks are kept here when they are over.", "archive"
    ),
}


class TaskDesk(DeskList):
    """Every task of the company: who has what, since when, until when."""

    page = TASKS
    titles = {ACTIVE: "Active tasks", ARCHIVE: "Archive of tasks"}
    tabs = {
        ACTIVE: (
            View("", "All active", "tasks", empty=_EMPTY[""]),
            View("nobody", "Nobody free", "unassigned", "unassigned", empty=_EMPTY["nobody"]),
            View("late", "Late", "late", "late", hot=True, empty=_EMPTY["late"]),
        ),
        ARCHIVE: (
            View("", "All", empty=_EMPTY["archive"]),
            View("done", "Done", rows="completed", empty=_EMPTY["archive"]),
            View("cancelled", "Cancelled", rows="cancelled", empty=_EMPTY["archive"]),
        ),
    }
    columns = {
        ACTIVE: ("task", "status", "assignee", "due", "open_for"),
        ARCHIVE: ("task", "status", "doer", "completed", "took"),
    }
    filters = {
        ACTIVE: (ByStatus, ByStep, ByWorker, ByDue, ByTypeOfTicket),
        ARCHIVE: (ByStatus, ByStep, ByWorker, ByCompleted, ByTypeOfTicket),
    }
    status_words = {
        ACTIVE: {
            "new": ("new", Q(t_status=TaskStatus.OPEN)),
            "started": ("started", Q(t_status=TaskStatus.IN_PROGRESS)),
            "waiting": ("waiting", Q(t_status=TaskStatus.PENDING)),
            "failed": ("failed", Q(t_status=TaskStatus.ERROR)),
        },
        ARCHIVE: {
            "done": ("done", Q(t_status=TaskStatus.COMPLETED)),
            "cancelled": ("cancelled", Q(t_status=TaskStatus.CANCELLED)),
        },
    }
    ticket_of_row = "ticket__"
    actions = ("give_many",)
    actions_detail = ("give",)

    # --- rows ---

    def get_queryset(self, request: HttpRequest) -> QuerySet[TaskInstance]:
        rows: QuerySet[TaskInstance] = super().get_queryset(request)
        people = ("assigned_to", "completed_by")
        if self.state(request):
            return rows.select_related(*people)
        return rows.select_related(
            *people, "ticket__ticket_type", "ticket__created_by", "task_definition",
            "workflow_instance",
        ).defer("workflow_instance__workflow_data", "ticket__ticket_data")  # fmt: skip

    @display(description="Task", ordering="task_definition__title")
    def task(self, row: TaskInstance) -> SafeString:
        about = f"#{row.ticket.number} {row.ticket.title} · {row.ticket.ticket_type}"
        return html.two_lines(row.task_definition.title, about, strong=True)

    @display(description="Status")
    def status(self, row: TaskInstance) -> SafeString:
        return html.chip(cells.task_status(row, row.workflow_instance.w_status))

    @display(description="Assigned to")
    def assignee(self, row: TaskInstance) -> Any:
        return cells.holder(row)

    @display(description="Done by")
    def doer(self, row: TaskInstance) -> Any:
        return html.person(row.completed_by) if row.completed_by else None

    @display(description="Due", ordering="due_at")
    def due(self, row: TaskInstance) -> SafeString:
        return html.due(row.due_at, hint=False)

    @display(description="Open", ordering="created_at")
    def open_for(self, row: TaskInstance) -> SafeString:
        return cells.age(row.created_at)

    @display(description="Over", ordering="completed_at")
    def completed(self, row: TaskInstance) -> Any:
        return row.completed_at

    @display(description="Took")
    def took(self, row: TaskInstance) -> str:
        return cells.took(row.created_at, row.completed_at)

    # --- giving ---

    @action(description="Give to somebody", permissions=["triage"], icon="person_add")
    def give_many(self, request: HttpRequest, queryset: QuerySet[TaskInstance]) -> HttpResponse:
        return self.in_bulk(
            request, queryset, services.reassign_task,
            Ask("task", "Give {rows} to whom?", "Give {rows}", "{rows} handed over.",
                HandOverForm, GIVE),
        )  # fmt: skip

    @action(description="Give to somebody", permissions=["triage"], url_path="give")
    def give(self, request: HttpRequest, object_id: str) -> HttpResponse:
        return self.confirm(
            request, object_id, services.reassign_task, HandOverForm,
            title="Give this task to whom?", explain=GIVE, button="Give it",
            done="The task was handed over.",
        )  # fmt: skip

    # --- one task ---

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        if request.method != "GET":
            raise Http404
        task: TaskInstance = self.get_or_404(request, object_id)
        names = Names(graph_for(task.workflow_instance.workflow_definition_id).graph)
        events = WorkflowEvent.objects.filter(task=task).select_related("actor")
        node = task.task_definition
        return self.page_of(
            request, "desk/task.html",
            over=task.t_status in (TaskStatus.COMPLETED, TaskStatus.CANCELLED),
            title=node.title, task=task,
            eyebrow=f"#{task.ticket.number} {task.ticket.title}",
            state_line=cells.state_line(
                cells.task_status(task, task.workflow_instance.w_status), _due(task)
            ),
            facts=_facts(task),
            answer=answers(node.output_schema, task.output_data, node.edit_layout),
            draft=answers(node.output_schema, task.draft_data, node.edit_layout),
            lines=history.timeline(events.order_by("-sequence")[:200], (), {task.pk: task}, names),
            can_give=task.t_status in DOABLE_TASK or cells.waits_for_nobody(task),
            ticket_url=_ticket_url(task),
        )  # fmt: skip


def _due(task: TaskInstance) -> SafeString | str:
    if task.due_at is None or task.completed_at is not None:
        return ""
    return format_html("due {}", html.due(task.due_at, hint=False))


def _ticket_url(task: TaskInstance) -> str:
    return reverse("desk:operations_ticketinstance_change", args=[task.ticket_id])


def _facts(task: TaskInstance) -> list[Fact]:
    ticket = format_html('<a class="tf-link" href="{}">{}</a>', _ticket_url(task), task.ticket)
    kind = statuses.status("task_type", task.task_definition.task_type).word
    facts = [
        Fact("Ticket", ticket),
        Fact("Asked by", html.person(task.ticket.created_by or task.ticket.created_by_label)),
        Fact("Assigned to", cells.holder(task)) if task.completed_at is None else None,
        Fact("Done by", html.person(task.completed_by)) if task.completed_by else None,
        Fact("Due", html.due(task.due_at, hint=False)) if task.due_at else None,
        Fact("Opened", html.moment(task.created_at)),
        Fact("Started", html.moment(task.started_at)) if task.started_at else None,
        Fact("Over", html.moment(task.completed_at)) if task.completed_at else None,
        Fact("Kind", kind),
        Fact("Visit", f"{task.visit}. time here") if task.visit > 1 else None,
    ]
    return [fact for fact in facts if fact]
