"""Tasks: two lists, the page of one, and giving them to somebody."""

from typing import Any

from django.contrib import messages
from django.db.models import Case, F, Q, QuerySet, When
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from unfold.decorators import action, display

from admin_site import history, html, statuses
from admin_site.asked import answered_in
from admin_site.desk import cells
from admin_site.desk.attempts import Calls, calls_of
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
from admin_site.desk.forms import AssignForm
from admin_site.desk.lists import ACTIVE, ARCHIVE, DeskList, LastWithout
from admin_site.desk.states import call_state, with_tries
from admin_site.files import FilesOfTicket
from admin_site.history import Names
from admin_site.inside import Inside, inside_of
from admin_site.parts import Fact
from admin_site.statuses import said
from admin_site.tracker import waits_until
from definitions.graph import TaskType, WorkflowGraph
from definitions.graphs import graph_for
from operations import services
from operations.engine import OUT_OF_TIME
from operations.models import (
    DOABLE_TASK,
    TaskInstance,
    TaskStatus,
    WorkflowEvent,
    WorkflowStatus,
)
from tenants.models import User

ASSIGN = "Whoever gets it finds it in their list at once. What was typed so far stays."

_EMPTY = {
    "": Empty("No task is open", "Each ticket opens its next task by itself.", "task_alt"),
    "nobody": Empty("Somebody has every task", "Nothing waits for a free person.", "group"),
    "late": Empty("Nothing is late", "Every task is within its time.", "check_circle"),
    "ran_out": Empty("Nothing ran out of time", "Each step was left in its time.", "timer"),
    "archive": Empty(
        "Nothing is finished yet", "Tasks are kept here when they are over.", "archive"
    ),
}


NOBODY_FREE = statuses.status("mark", "NOBODY").word
RAN_OUT = statuses.status("mark", "RAN_OUT").word
_HELD = Q(workflow_instance__w_status="ON_HOLD")
# As `cells.waits_for_nobody` has it: what is asked for is what the chip says.
_FOR_NOBODY = Q(
    t_status=TaskStatus.PENDING, assigned_to=None, task_definition__task_type=TaskType.FORM
)


class TaskDesk(DeskList):
    """Every task of the company: who has what, since when, until when."""

    page = TASKS
    titles = {ACTIVE: "Active tasks", ARCHIVE: "Archive of tasks"}
    tabs = {
        ACTIVE: (
            View("", "All active", "tasks", empty=_EMPTY[""]),
            View("nobody", NOBODY_FREE, "unassigned", "unassigned", empty=_EMPTY["nobody"]),
            View("late", "Late", "late", "late", hot=True, empty=_EMPTY["late"]),
        ),
        ARCHIVE: (
            View("", "All", empty=_EMPTY["archive"]),
            View(
                "done",
                statuses.status("task", "COMPLETED").word,
                rows="completed",
                empty=_EMPTY["archive"],
            ),
            View(
                "cancelled",
                statuses.status("task", "CANCELLED").word,
                rows="cancelled",
                empty=_EMPTY["archive"],
            ),
            View("ran_out", RAN_OUT, rows="ran_out", empty=_EMPTY["ran_out"]),
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
            "new": (said("task", "OPEN"), Q(t_status=TaskStatus.OPEN) & ~_HELD),
            "started": (said("task", "IN_PROGRESS"), Q(t_status=TaskStatus.IN_PROGRESS) & ~_HELD),
            "waiting": (said("task", "PENDING"), Q(t_status=TaskStatus.PENDING) & ~_FOR_NOBODY),
            "nobody": (said("mark", "NOBODY"), _FOR_NOBODY),
            "hold": (said("workflow", "ON_HOLD"), Q(t_status__in=DOABLE_TASK) & _HELD),
            "stopped": (said("task", "ERROR"), Q(t_status=TaskStatus.ERROR)),
        },
        ARCHIVE: {
            "done": (said("task", "COMPLETED"), Q(t_status=TaskStatus.COMPLETED)),
            "cancelled": (
                said("task", "CANCELLED"),
                Q(t_status=TaskStatus.CANCELLED) & ~Q(way_out=OUT_OF_TIME),
            ),
            "ran_out": (said("mark", "RAN_OUT"), Q(way_out=OUT_OF_TIME)),
        },
    }
    ticket_of_row = "ticket__"
    small_columns = ("status", "assignee", "due")
    over_by = "completed_at"
    actions = ("assign_many",)
    actions_detail = ("assign",)

    # --- rows ---

    def get_queryset(self, request: HttpRequest) -> QuerySet[TaskInstance]:
        rows: QuerySet[TaskInstance] = super().get_queryset(request)
        people = ("assigned_to", "completed_by")
        if self.state(request):
            return rows.select_related(*people)
        return rows.select_related(
            *people, "ticket__ticket_type", "ticket__created_by", "task_definition",
            "workflow_instance__workflow_definition",
        ).defer("workflow_instance__workflow_data", "ticket__ticket_data")  # fmt: skip

    @display(description="Task", ordering="task_definition__title")
    def task(self, row: TaskInstance) -> SafeString:
        about = f"#{row.ticket.number} {row.ticket.title} · {row.ticket.ticket_type}"
        inner = f" · {inner}" if (inner := _inner_workflow(row)) else ""
        return html.two_lines(row.task_definition.title, f"{about}{inner}", strong=True)

    @display(description="Status")
    def status(self, row: TaskInstance) -> SafeString:
        return html.chip(cells.task_status(row, row.workflow_instance.w_status))

    @display(description="Assigned to")
    def assignee(self, row: TaskInstance) -> Any:
        return cells.holder(row)

    @display(description="Done by")
    def doer(self, row: TaskInstance) -> Any:
        return html.person(row.completed_by) if row.completed_by else None

    @display(description="Due", ordering=LastWithout(Case(When(~_HELD, then=F("due_at")))))
    def due(self, row: TaskInstance) -> SafeString | None:
        return cells.task_due(row, row.workflow_instance.w_status)

    @display(description="Open", ordering="created_at")
    def open_for(self, row: TaskInstance) -> SafeString:
        return cells.age(row.created_at)

    @display(description="Over", ordering="completed_at")
    def completed(self, row: TaskInstance) -> Any:
        return row.completed_at

    @display(description="Took")
    def took(self, row: TaskInstance) -> str:
        return cells.took(row.created_at, row.completed_at)

    # --- assigning ---

    @action(description="Assign", permissions=["triage"], icon="person_add")
    def assign_many(self, request: HttpRequest, queryset: QuerySet[TaskInstance]) -> HttpResponse:
        return self.in_bulk(
            request, queryset, services.reassign_task,
            Ask("task", "Assign {rows} to whom?", "Assign {rows}", "{rows} assigned.",
                AssignForm, ASSIGN),
        )  # fmt: skip

    @action(description="Assign", permissions=["triage"], url_path="assign")
    def assign(self, request: HttpRequest, object_id: str) -> HttpResponse:
        task = self.get_or_404(request, object_id)

        def verb(person: User, row: TaskInstance, *, assignee: User | None, reason: str) -> None:
            services.reassign_task(person, row, assignee, reason=reason)
            whom = f"is with {assignee} now" if assignee else "waits for whoever is free next"
            messages.success(request, f"{row.task_definition.title} {whom}.")

        return self.confirm(
            request, object_id, verb, AssignForm,
            title="Assign this task to whom?", explain=ASSIGN, button="Assign",
            success_url=_ticket_url(task),
        )  # fmt: skip

    # --- one task ---

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        if request.method != "GET":
            raise Http404
        task: TaskInstance = self.get_or_404(request, object_id)
        files = FilesOfTicket("desk", task.ticket_id)
        names = Names(graph_for(task.workflow_instance.workflow_definition_id).graph, files)
        within = inside_of(task)
        events = WorkflowEvent.objects.filter(task=task).select_related("actor")
        node, calls = task.task_definition, calls_of(task, request)
        return self.page_of(
            request, "desk/task.html",
            over=task.t_status in (TaskStatus.COMPLETED, TaskStatus.CANCELLED),
            title=node.title, task=task,
            eyebrow=f"#{task.ticket.number} {task.ticket.title}",
            state_line=cells.state_line(
                cells.task_status(task, task.workflow_instance.w_status), _doing(task, calls)
            ),
            calls=calls, repair_url=_repair_url(task),
            facts=[*_facts(task, names.graph), *_facts_inside(task, within)],
            answer=answered_in(node, task.output_data, files, everything=True),
            draft=answered_in(node, task.draft_data, files, everything=True),
            lines=history.timeline(
                events.order_by("-sequence")[:200], (), {task.pk: task}, names, within
            ),
            can_assign=task.t_status in DOABLE_TASK or cells.waits_for_nobody(task),
            ticket_url=_ticket_url(task),
        )  # fmt: skip


def _inner_workflow(task: TaskInstance) -> str:
    """The workflow inside of the ticket's own that it belongs to, or ""."""
    run = task.workflow_instance
    return str(run.workflow_definition.title) if run.depth else ""


def _facts_inside(task: TaskInstance, within: Inside) -> list[Fact]:
    """The step around it, and the workflow inside of it."""
    facts = [Fact("Runs", one.run.workflow_definition) for one in within.runs.values()]
    if around := task.workflow_instance.parent_task_id:
        step = TaskInstance.objects.select_related("task_definition").get(pk=around)
        href = reverse("desk:operations_taskinstance_change", args=[step.pk])
        link = format_html('<a class="tf-link" href="{}">{}</a>', href, step.task_definition.title)
        words = (Fact("Inside of", link), Fact("Workflow", task.workflow_instance))
        facts += words
    return facts


def _doing(task: TaskInstance, calls: Calls | None) -> SafeString | str:
    """What a call is doing; of anything else, by when it should be done."""
    is_held = task.workflow_instance.w_status == WorkflowStatus.ON_HOLD
    doing = call_state(task, is_held=is_held)
    return with_tries(doing, calls.listed[0].number if calls else 0) or _due(task)


def _repair_url(task: TaskInstance) -> str:
    """Where a step that stopped is repaired."""
    if task.t_status != TaskStatus.ERROR:
        return ""
    error = task.errors.unresolved().only("pk").first()
    return reverse("desk:operations_ticketerror_change", args=[error.pk]) if error else ""


def _due(task: TaskInstance) -> SafeString | str:
    due = cells.task_due(task, task.workflow_instance.w_status)
    if due is None or task.completed_at is not None:
        return ""
    return format_html("{} {}", "waits" if waits_until(task) else "due", due)


def _reminds(task: TaskInstance) -> bool:
    """Whether a reminder is still to come."""
    is_held = task.workflow_instance.w_status == "ON_HOLD"
    return task.remind_at is not None and task.completed_at is None and not is_held


def _ticket_url(task: TaskInstance) -> str:
    return reverse("desk:operations_ticketinstance_change", args=[task.ticket_id])


def _facts(task: TaskInstance, graph: WorkflowGraph | None) -> list[Fact]:
    ticket = format_html('<a class="tf-link" href="{}">{}</a>', _ticket_url(task), task.ticket)
    kind = statuses.status("task_type", task.task_definition.task_type).word
    run_status = task.workflow_instance.w_status
    due = cells.task_due(task, run_status)
    runs_out = cells.task_runs_out(task, run_status, graph) if graph else None
    facts = [
        Fact("Ticket", ticket),
        Fact("Asked by", html.person(task.ticket.created_by or task.ticket.created_by_label)),
        Fact("Assigned to", cells.holder(task)) if task.completed_at is None else None,
        Fact("Done by", html.person(task.completed_by)) if task.completed_by else None,
        Fact("Waits" if waits_until(task) else "Due", due) if due else None,
        Fact("Runs out", runs_out) if runs_out else None,
        Fact("Reminder", html.moment(task.remind_at)) if _reminds(task) else None,
        Fact("Opened", html.moment(task.created_at)),
        Fact("Started", html.moment(task.started_at)) if task.started_at else None,
        Fact("Over", html.moment(task.completed_at)) if task.completed_at else None,
        Fact("Kind", kind),
        Fact("Visit", f"{task.visit}. time here") if task.visit > 1 else None,
    ]
    return [fact for fact in facts if fact]
