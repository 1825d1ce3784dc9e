"""Steps: a list over all workflows, and a page per step with its form as a person meets it."""

from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.safestring import SafeString
from unfold.decorators import display

from admin_site import html
from admin_site.design import wording
from admin_site.design.lists import DesignAdmin, NewestOnly, link
from admin_site.design.reading import ways_after, ways_to, what_it_is, who_gets_it
from admin_site.design.rows import download
from admin_site.history import Names
from admin_site.parts import Fact
from admin_site.schema_forms import SchemaForm
from definitions.documents import to_json
from definitions.graph import TaskNode, TaskType, WorkflowGraph
from definitions.graphs import graph_for
from definitions.models import TaskDefinition
from definitions.resources import RowKind
from tenants.models import CompanyRole


class NewestSteps(NewestOnly):
    of = "workflow__"


class TaskDesign(DesignAdmin):
    """The steps of the newest version of every workflow."""

    list_title = "Tasks"
    list_display = ("task", "workflow_version", "kind", "who")
    list_filter = ("task_type",)
    search_fields = ("title", "key", "workflow__title")
    search_help_text = "Task or workflow"
    small_columns = ("kind",)
    ordering = ("workflow__title", "position")
    empty_title = "No task yet"
    empty_text = "Tasks are the steps of a workflow. They come with it."
    empty_symbol = "task_alt"

    row_kinds = (RowKind.TASK,)

    def _rows_file(
        self, request: HttpRequest, queryset: QuerySet[Any], ending: str
    ) -> HttpResponse:
        pairs = set(queryset.order_by().values_list("workflow__key", "key"))
        return download(request, self.row_kinds, ending, tasks=pairs)

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[NewestSteps]:
        return NewestSteps

    def get_queryset(self, request: HttpRequest) -> QuerySet[TaskDefinition]:
        rows: QuerySet[TaskDefinition] = super().get_queryset(request)
        return rows.select_related("workflow")

    @display(description="Task", ordering="title")
    def task(self, row: TaskDefinition) -> SafeString:
        return html.two_lines(row.title, row.key, strong=True)

    @display(description="Workflow", ordering="workflow__title")
    def workflow_version(self, row: TaskDefinition) -> str:
        return str(row.workflow)

    @display(description="Kind", ordering="task_type")
    def kind(self, row: TaskDefinition) -> SafeString:
        return html.chip(row.task_type, "task_type")

    @display(description="Company role")
    def who(self, row: TaskDefinition) -> str:
        return who_gets_it(row.to_node(), {})

    # --- the page of a step ---

    def row_page(self, request: HttpRequest, row: TaskDefinition) -> HttpResponse:
        graph = graph_for(row.workflow_id).graph
        form = None
        if row.task_type == TaskType.FORM and row.output_schema:
            form = SchemaForm(row.output_schema, row.edit_layout, scripts=False)
        return self.admin_site.page(
            request, "design/task.html",
            title=row.title, crumbs=_crumbs(row), task=row, form=form,
            facts=_facts(row, graph),
            onward=ways_after(graph, row.key), before=ways_to(graph, row.key),
            texts=_texts(row),
        )  # fmt: skip


def _crumbs(row: TaskDefinition) -> list[tuple[str, str]]:
    workflow = reverse("design:definitions_workflowdefinition_change", args=[row.workflow_id])
    workflows = reverse("design:definitions_workflowdefinition_changelist")
    return [("Workflows", workflows), (str(row.workflow), workflow)]


def _facts(row: TaskDefinition, graph: WorkflowGraph) -> list[Fact]:
    node, labels = graph.tasks[row.key], Names(graph).paths
    roles = dict(CompanyRole.objects.values_list("key", "title"))
    facts = [
        Fact("Workflow", link(row.workflow)),
        Fact("What it is", what_it_is(node, labels)),
        Fact("Who gets it", who_gets_it(node, roles)),
    ]
    told = {
        "Due": _capital(wording.due(node, labels)) or _no_limit(node),
        "Time limit": wording.time_limit(node),
        "Reminder": wording.reminder(node),
        "Branches": _capital(", ".join(wording.branches(node))),
        "Visits": f"At most {node.max_visits} in one ticket" if node.max_visits else "",
        "Address": row.action_url,
        "Secrets": ", ".join(wording.secrets(node)),
    }
    facts += [Fact(name, words) for name, words in told.items() if words]
    return [*facts, Fact("Key", row.key)]


def _capital(words: str) -> str:
    return words[:1].upper() + words[1:]


def _no_limit(node: TaskNode) -> str:
    is_free = node.task_type == TaskType.FORM and node.timeout_seconds is None
    return "No limit" if is_free else ""


def _texts(row: TaskDefinition) -> list[tuple[str, str]]:
    """What the document says where no page shows it better: (heading, text)."""
    parts = {
        "The form": row.output_schema,
        "How the form is arranged": row.edit_layout,
        "How the finished step is shown": row.display_layout,
        "What must be there before": row.input_schema,
        "What it is given": row.input_transform,
        "What it leaves behind": row.output_transform,
        "The call": row.action or None,
    }
    return [(title, to_json(value)) for title, value in parts.items() if value is not None]
