"""Workflows and ticket types, to look at: who triages wants to know what should have happened."""

from typing import Any

from django.core.exceptions import PermissionDenied
from django.db.models import Count, OuterRef, QuerySet, Subquery
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from unfold.decorators import display

from admin_site import history, html
from admin_site.desk.lists import ReadOnly
from admin_site.history import Names
from admin_site.moving import address_of, move_page, result_page
from admin_site.parts import Condition, Fact
from admin_site.pictures import Figure, figure, picture_file
from definitions.graph import TaskNode, WorkflowGraph
from definitions.graphs import graph_for
from definitions.models import TaskDefinition, TicketDefinition, WorkflowDefinition
from operations.models import TicketInstance
from operations.services import running_on


def _active_tickets(**of_row: Any) -> Subquery:
    """How many tickets are open of a row."""
    rows = TicketInstance.objects.active().filter(**of_row).order_by()
    by = next(iter(of_row))
    return Subquery(rows.values(by).annotate(n=Count("pk")).values("n"))


class WorkflowDesk(ReadOnly):
    """Every version that is or was in force."""

    list_title = "Workflows"
    list_display = ("workflow", "state", "step_count", "running")
    search_fields = ("title", "key")
    search_help_text = "Title"
    ordering = ("title", "-version")
    empty_title = "No workflow yet"
    empty_text = "A workflow creator draws or uploads the first one."
    empty_symbol = "account_tree"

    def get_queryset(self, request: HttpRequest) -> QuerySet[WorkflowDefinition]:
        rows: QuerySet[WorkflowDefinition] = super().get_queryset(request)
        steps = TaskDefinition.objects.filter(workflow=OuterRef("pk")).order_by()
        counted = steps.values("workflow").annotate(n=Count("pk")).values("n")
        return rows.exclude(status="DRAFT").annotate(
            step_number=Subquery(counted),
            running_tickets=_active_tickets(workflow__workflow_definition=OuterRef("pk")),
        )

    @display(description="Workflow", ordering="title")
    def workflow(self, row: WorkflowDefinition) -> SafeString:
        return html.two_lines(row.title, f"version {row.version} · {row.key}", strong=True)

    @display(description="Status", ordering="status")
    def state(self, row: WorkflowDefinition) -> SafeString:
        return html.chip(row.status, "definition")

    @display(description="Steps")
    def step_count(self, row: WorkflowDefinition) -> int:
        return row.step_number or 0  # type: ignore[attr-defined]

    @display(description="Active tickets")
    def running(self, row: WorkflowDefinition) -> int:
        return row.running_tickets or 0  # type: ignore[attr-defined]

    def get_urls(self) -> list[URLPattern]:
        """Before the page itself, which takes any path."""
        view = self.admin_site.admin_view
        here = "<str:object_id>/move/"
        return [
            path(here, view(self.move), name=self._name("move")),
            path(f"{here}<str:name>/", view(self.moved), name=self._name("moved")),
            path("<str:object_id>/picture/", view(self.picture), name=self._name("picture")),
            *super().get_urls(),
        ]

    def picture(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """The picture as a file."""
        return picture_file(request, self.get_or_404(request, object_id))

    def move(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Tickets that are under way, to this version."""
        version = self._movable(request, object_id)
        return move_page(self.admin_site, request, version, crumbs=self.crumbs_to(request, version))

    def moved(self, request: HttpRequest, object_id: str, name: str) -> HttpResponse:
        """How it went with each of them."""
        version = self._movable(request, object_id)
        return result_page(
            self.admin_site, request, version, name, crumbs=self.crumbs_to(request, version),
            again=address_of(version),
        )  # fmt: skip

    def _movable(self, request: HttpRequest, object_id: str) -> WorkflowDefinition:
        if not self.has_triage_permission(request):
            raise PermissionDenied
        version: WorkflowDefinition = self.get_or_404(request, object_id)
        return version

    def _figure(self, workflow: WorkflowDefinition, graph: WorkflowGraph) -> Figure | None:
        """Each step leads to its line below."""
        files = reverse(f"{self.admin_site.name}:{self._name('picture')}", args=[workflow.pk])
        places = {key: f"#step-{number}" for number, key in enumerate(graph.tasks, 1)}
        title = f"{workflow.title} v{workflow.version}"
        return figure(graph, title, hrefs=places, files=files)

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        if request.method != "GET":
            raise Http404
        workflow: WorkflowDefinition = self.get_or_404(request, object_id)
        graph = graph_for(workflow.pk).graph
        return self.admin_site.page(
            request, "desk/workflow.html",
            title=workflow.title, crumbs=[(self.list_title, self.list_url())], workflow=workflow,
            steps=_steps(graph), start=ways(graph, None), facts=_facts_of_workflow(workflow, graph),
            figure=self._figure(workflow, graph), move_url=address_of(workflow),
            on_others=_on_others(workflow), may_move=self.has_triage_permission(request),
            types=TicketDefinition.objects.filter(workflow=workflow).order_by("title"),
        )  # fmt: skip


def _on_others(workflow: WorkflowDefinition) -> int:
    """How many tickets under way run on other versions."""
    running = running_on(workflow.key)
    return sum(number for pk, number in running.items() if pk != workflow.pk)


def ways(graph: WorkflowGraph, source: str | None) -> list[Condition]:
    """The ways onward from a step (None: the start), as sentences."""
    return [
        history.way(each.target, each.condition, Names(graph)) for each in graph.outgoing(source)
    ]


def _steps(graph: WorkflowGraph) -> list[tuple[TaskNode, list[Condition]]]:
    return [(node, ways(graph, key)) for key, node in graph.tasks.items()]


def _facts_of_workflow(workflow: WorkflowDefinition, graph: WorkflowGraph) -> list[Fact]:
    tickets = getattr(workflow, "running_tickets", 0) or 0
    facts = [
        Fact("Status", html.chip(workflow.status, "definition")),
        Fact("Version", workflow.version, number=True),
        Fact("Key", workflow.key),
        Fact("Steps", len(graph.tasks), number=True),
        Fact("Active tickets", tickets, number=True),
        Fact("Published", html.moment(workflow.published_at)) if workflow.published_at else None,
    ]
    return [fact for fact in facts if fact]


class TicketTypeDesk(ReadOnly):
    """What can be asked for."""

    list_title = "Ticket types"
    list_display = ("ticket_type", "state", "workflow_title", "running")
    search_fields = ("title", "key")
    search_help_text = "Title"
    ordering = ("title",)
    empty_title = "No ticket type yet"
    empty_text = "A workflow creator says what can be asked for."
    empty_symbol = "grid_view"

    def get_queryset(self, request: HttpRequest) -> QuerySet[TicketDefinition]:
        rows: QuerySet[TicketDefinition] = super().get_queryset(request)
        return rows.select_related("workflow").annotate(
            running_tickets=_active_tickets(ticket_type=OuterRef("pk"))
        )

    @display(description="Ticket type", ordering="title")
    def ticket_type(self, row: TicketDefinition) -> SafeString:
        return html.two_lines(row.title, row.category or row.description, strong=True)

    @display(description="Status", ordering="status")
    def state(self, row: TicketDefinition) -> SafeString:
        return html.chip(row.status, "definition")

    @display(description="Workflow")
    def workflow_title(self, row: TicketDefinition) -> str:
        return str(row.workflow)

    @display(description="Active tickets")
    def running(self, row: TicketDefinition) -> int:
        return row.running_tickets or 0  # type: ignore[attr-defined]

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        if request.method != "GET":
            raise Http404
        kind: TicketDefinition = self.get_or_404(request, object_id)
        return self.admin_site.page(
            request, "desk/ticket_type.html",
            title=kind.title, crumbs=[(self.list_title, self.list_url())], kind=kind,
            facts=_facts_of_type(kind), questions=_questions(kind),
            tickets_url=f"{reverse('desk:operations_ticketinstance_changelist')}?type={kind.pk}",
        )  # fmt: skip


def _facts_of_type(kind: TicketDefinition) -> list[Fact]:
    href = reverse("desk:definitions_workflowdefinition_change", args=[kind.workflow_id])
    link = format_html('<a class="tf-link" href="{}">{}</a>', href, kind.workflow)
    who = ", ".join(kind.company_role_access) or "Nobody"
    return [
        Fact("Status", html.chip(kind.status, "definition")),
        Fact("Workflow", link if kind.workflow.status != "DRAFT" else kind.workflow),
        Fact("Group", kind.category or "None"),
        Fact("Key", kind.key),
        Fact("Offered to", who),
        Fact("Active tickets", getattr(kind, "running_tickets", 0) or 0, number=True),
    ]


def _questions(kind: TicketDefinition) -> list[tuple[str, str]]:
    """(question, what it takes) of the form that a person fills in."""
    schema = kind.submission_schema()
    required = set(schema.get("required") or ())
    found = schema.get("properties") or {}
    return [
        (
            str(part.get("title") or name) if isinstance(part, dict) else name,
            "has to be answered" if name in required else "may be left open",
        )
        for name, part in found.items()
    ]
