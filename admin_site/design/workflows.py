"""Workflows: one row per key, a page per version, and the verbs that put one into use."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.db.models import Count, OuterRef, QuerySet, Subquery
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.safestring import SafeString
from unfold.decorators import display

from admin_site import html
from admin_site.design.editing import step_verbs, steps
from admin_site.design.editing.history import back, do_again, history, take_back, undoing
from admin_site.design.editing.mending import mending_url
from admin_site.design.editing.workflows import about, data, new_workflow
from admin_site.design.form_editor import StepForms
from admin_site.design.lists import NewestOnly, export_url
from admin_site.design.reading import Reading, anchor_of, read
from admin_site.design.trying import replay_tickets, try_it
from admin_site.design.uploads import TextForm, ask_for_text
from admin_site.design.versions import compare, list_versions, preview_of_move
from admin_site.design.ways import WayPages
from admin_site.design.wording import secrets
from admin_site.forms import ConfirmForm
from admin_site.people import person_of
from admin_site.pictures import Figure, figure, picture_file
from admin_site.statuses import status
from definitions.documents import to_yaml
from definitions.errors import Problem
from definitions.graph import WorkflowGraph
from definitions.graphs import graph_for
from definitions.models import (
    DefinitionStatus,
    TaskDefinition,
    TicketDefinition,
    WorkflowDefinition,
)
from definitions.pictures import Mark
from definitions.resources import RowKind
from definitions.services import (
    archive,
    changes_between,
    delete_draft,
    export_bundle,
    make_draft,
    problems_of,
    publish,
)
from operations.services import running_on
from tenants.models import CompanyRole, User

MOST_PROBLEMS = 50
#: Pages and buttons that change the draft, and where they are.
EDITING = ("about", "data", "undo", "redo", "history")
#: Pages about all versions, and about two of them.
VERSIONS = ("versions", "compare", "move", "picture")
STEPS = {
    "new_step": "steps/new",
    "step": "steps/<step:key>",
    "step_copy": "steps/<step:key>/copy",
    "step_move": "steps/<step:key>/move",
    "step_remove": "steps/<step:key>/remove",
    "step_rename": "steps/<step:key>/key",
    "back": "history/<str:number>/back",
}


@dataclass(frozen=True, slots=True)
class Version:
    """One version in the bar on top of the page."""

    row: WorkflowDefinition
    href: str
    is_shown: bool
    running: int


class WorkflowDesign(WayPages, StepForms):
    """Every workflow of the company by its newest version."""

    list_title = "Workflows"
    list_display = ("workflow", "state", "in_use", "step_count", "changed")
    list_filter = ("status",)
    search_fields = ("title", "key")
    search_help_text = "Title or key"
    small_columns = ("state",)
    ordering = ("title", "key")
    empty_title = "No workflow yet"
    empty_text = "A workflow says what happens after somebody has asked for something."
    empty_symbol = "account_tree"
    row_kinds = (RowKind.WORKFLOW, RowKind.TASK, RowKind.TRANSITION)
    verbs = (
        "edit", "publish", "archive", "draft", "delete", "trying", "replay", *VERSIONS, *EDITING,
    )  # fmt: skip
    addresses: Mapping[str, str] = {
        **STEPS,
        **StepForms.form_addresses,
        **WayPages.way_addresses,
    }
    show_add_link = True
    add_words = "New workflow"

    def has_add_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("definitions.add_workflowdefinition")

    def add_view(
        self, request: HttpRequest, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        return new_workflow(self, request)

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[NewestOnly]:
        return NewestOnly

    def get_queryset(self, request: HttpRequest) -> QuerySet[WorkflowDefinition]:
        rows: QuerySet[WorkflowDefinition] = super().get_queryset(request)
        steps = TaskDefinition.objects.filter(workflow=OuterRef("pk")).order_by()
        published = WorkflowDefinition.objects.filter(
            key=OuterRef("key"), status=DefinitionStatus.PUBLISHED
        )
        return rows.select_related("created_by").annotate(
            step_number=Subquery(steps.values("workflow").annotate(n=Count("pk")).values("n")),
            published_version=Subquery(published.values("version")[:1]),
        )

    @display(description="Workflow", ordering="title")
    def workflow(self, row: WorkflowDefinition) -> SafeString:
        return html.two_lines(row.title, row.key, strong=True)

    @display(description="Newest version", ordering="status")
    def state(self, row: WorkflowDefinition) -> SafeString:
        word = DefinitionStatus(row.status).label
        return html.label(f"{word} v{row.version}", status("definition", row.status).tone)

    @display(description="In use")
    def in_use(self, row: WorkflowDefinition) -> str:
        version = row.published_version  # type: ignore[attr-defined]
        return f"v{version}" if version else "Not yet"

    @display(description="Steps")
    def step_count(self, row: WorkflowDefinition) -> int:
        return row.step_number or 0  # type: ignore[attr-defined]

    @display(description="Changed", ordering="updated_at")
    def changed(self, row: WorkflowDefinition) -> SafeString:
        return html.moment(row.updated_at)

    # --- the page of a version ---

    def row_page(self, request: HttpRequest, row: WorkflowDefinition) -> HttpResponse:
        versions = self._versions(row)
        published = next(
            (v.row for v in versions if v.row.status == DefinitionStatus.PUBLISHED), None
        )
        is_draft = row.status == DefinitionStatus.DRAFT
        has_draft = versions[0].row.status == DefinitionStatus.DRAFT
        graph = graph_for(row.pk).graph
        problems = problems_of(row)
        roles = dict(CompanyRole.objects.values_list("key", "title"))
        before = published if is_draft else None
        hrefs = _hrefs(row)
        reading = read(graph, roles, hrefs, problems)
        types = TicketDefinition.objects.filter(workflow__key=row.key).order_by("title")
        return self.admin_site.page(
            request, "design/workflow.html",
            title=row.title, crumbs=[(self.list_title, self.list_url())],
            workflow=row, versions=versions, published=published, is_draft=is_draft,
            is_newest=versions[0].is_shown, has_draft=has_draft,
            running=next((v.running for v in versions if v.row == published), 0),
            on_others=sum(version.running for version in versions if not version.is_shown),
            changes=changes_between(before, row) if before else None,
            reading=reading,
            figure=_figure(row, graph, hrefs, reading, self.verb_url(row, "picture")),
            problems=self._shown(row, problems, graph), counts=_counted(problems),
            can_edit=row.status != DefinitionStatus.ARCHIVED,
            can_publish=is_draft and not any(problem.blocks for problem in problems),
            types=types,
            can_delete=is_draft and all(kind.workflow_id != row.pk for kind in types),
            secrets=sorted({name for node in graph.tasks.values() for name in secrets(node)}),
            author=_name_of(row.created_by), export_url=export_url(row.key),
            undoing=undoing(row), editable=is_draft or (
                row.status == DefinitionStatus.PUBLISHED and not has_draft
            ),
            new_step_url=self.verb_url(row, "new_step"),
            urls={verb: self.verb_url(row, verb) for verb in self.verbs},
        )  # fmt: skip

    def _versions(self, row: WorkflowDefinition) -> list[Version]:
        rows = WorkflowDefinition.objects.filter(key=row.key).order_by("-version")
        running = running_on(row.key)
        return [
            Version(version, self.url_of(version), version == row, running.get(version.pk, 0))
            for version in rows.defer("fields", "display_layout", "ext_ref")
        ]

    def _shown(
        self, row: WorkflowDefinition, problems: Sequence[Problem], graph: WorkflowGraph
    ) -> list[tuple[Problem, str, str]]:
        """Problems, each with the part of the page it is about, and where it is mended."""
        return [
            (one, anchor_of(one.place, graph), mending_url(self, row, graph, one.place))
            for one in problems[:MOST_PROBLEMS]
        ]

    # --- the verbs ---

    def trying(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """A made-up ticket through this version; nothing comes of it."""
        return try_it(self, request, object_id)

    def replay(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """The last tickets through this version; nothing happens to them."""
        return replay_tickets(self, request, object_id)

    def about(self, request: HttpRequest, object_id: str) -> HttpResponse:
        return about(self, request, object_id)

    def data(self, request: HttpRequest, object_id: str) -> HttpResponse:
        return data(self, request, object_id)

    def new_step(self, request: HttpRequest, object_id: str) -> HttpResponse:
        return steps.new_step(self, request, object_id)

    def step(self, request: HttpRequest, object_id: str, key: str) -> HttpResponse:
        return steps.step(self, request, object_id, key)

    def step_copy(self, request: HttpRequest, object_id: str, key: str) -> HttpResponse:
        return step_verbs.copy_step(self, request, object_id, key)

    def step_move(self, request: HttpRequest, object_id: str, key: str) -> HttpResponse:
        return step_verbs.move_step(self, request, object_id, key)

    def step_remove(self, request: HttpRequest, object_id: str, key: str) -> HttpResponse:
        return step_verbs.remove_step(self, request, object_id, key)

    def step_rename(self, request: HttpRequest, object_id: str, key: str) -> HttpResponse:
        return step_verbs.rename_step(self, request, object_id, key)

    def undo(self, request: HttpRequest, object_id: str) -> HttpResponse:
        return take_back(self, request, object_id)

    def redo(self, request: HttpRequest, object_id: str) -> HttpResponse:
        return do_again(self, request, object_id)

    def history(self, request: HttpRequest, object_id: str) -> HttpResponse:
        return history(self, request, object_id)

    def back(self, request: HttpRequest, object_id: str, number: str) -> HttpResponse:
        return back(self, request, object_id, number)

    def versions(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """All of them, with what changed in each."""
        return list_versions(self, request, object_id)

    def compare(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """What is different between two of them."""
        return compare(self, request, object_id)

    def picture(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """The picture as a file."""
        return picture_file(request, self.get_or_404(request, object_id))

    def move(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """What would become of the tickets on other versions."""
        return preview_of_move(self, request, object_id)

    def edit(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """The workflow and its ticket types as text; what is sent goes the way of an upload."""
        row: WorkflowDefinition = self.get_or_404(request, object_id)
        if row.status == DefinitionStatus.ARCHIVED:
            raise Http404
        types = TicketDefinition.objects.filter(workflow__key=row.key).exclude(
            status=DefinitionStatus.ARCHIVED
        )
        keys = [row.key, *types.order_by("key").values_list("key", flat=True)]
        return ask_for_text(
            self.admin_site, request, TextForm, to_yaml(export_bundle(person_of(request), keys)),
            title="Edit as text", heading=f"Edit {row.title} as text",
            lead="The next page shows what changes, and asks. The workflow in use stays until you "
            "publish the change; ticket types change in the catalogue at once.",
            crumbs=self.crumbs_to(request, row), back_url=self.url_of(row),
        )  # fmt: skip

    def publish(self, request: HttpRequest, object_id: str) -> HttpResponse:
        row: WorkflowDefinition = self.get_or_404(request, object_id)
        return self.confirm(
            request, object_id, publish, ConfirmForm,
            title=f"Publish v{row.version}?",
            explain=_if_published(row),
            button="Publish", done=f"{row} is published.",
            permission="definitions.publish_workflowdefinition",
        )  # fmt: skip

    def archive(self, request: HttpRequest, object_id: str) -> HttpResponse:
        row: WorkflowDefinition = self.get_or_404(request, object_id)
        return self.confirm(
            request, object_id, archive, ConfirmForm,
            title=f"Archive v{row.version}?",
            explain="No new ticket starts with it. Tickets that are under way go on to their end.",
            button="Archive", done=f"{row} is archived.",
            permission="definitions.publish_workflowdefinition",
        )  # fmt: skip

    def draft(self, request: HttpRequest, object_id: str) -> HttpResponse:
        row: WorkflowDefinition = self.get_or_404(request, object_id)

        def make(person: User, workflow: WorkflowDefinition) -> str:
            draft = make_draft(person, workflow)
            messages.success(request, f"{draft} is made. It says the same as v{workflow.version}.")
            return self.url_of(draft)

        return self.confirm(
            request, object_id, make, ConfirmForm,
            title=f"Make a new draft of v{row.version}?",
            explain="The draft is the next version. Nothing changes for tickets until it is "
            "published.",
            button="Make the draft", permission="definitions.add_workflowdefinition",
        )  # fmt: skip

    def delete(self, request: HttpRequest, object_id: str) -> HttpResponse:
        row: WorkflowDefinition = self.get_or_404(request, object_id)

        def forget(person: User, workflow: WorkflowDefinition) -> str:
            delete_draft(person, workflow)
            messages.success(request, f"The draft {row} is deleted.")
            return self.list_url()

        return self.confirm(
            request, object_id, forget, ConfirmForm,
            title=f"Delete the draft v{row.version}?",
            explain="Its text is gone for good. Export it first if you may want it again. "
            "Published versions stay as they are.",
            button="Delete the draft", danger=True,
            permission="definitions.delete_workflowdefinition",
        )  # fmt: skip


def _if_published(row: WorkflowDefinition) -> str:
    running = sum(running_on(row.key).values())
    stay = f"{running} tickets that are under way stay on theirs, and can be moved afterwards. "
    if running == 1:
        stay = "The ticket that is under way stays on its version, and can be moved afterwards. "
    versions = WorkflowDefinition.objects.filter(key=row.key)
    in_use = versions.filter(status=DefinitionStatus.PUBLISHED).exists()
    archived = "The version in use until now is archived." if in_use else ""
    return f"New tickets start with this version. {stay if running else ''}{archived}".rstrip()


def _figure(
    row: WorkflowDefinition,
    graph: WorkflowGraph,
    hrefs: Mapping[str, str],
    reading: Reading,
    files: str,
) -> Figure | None:
    """The picture, each step with a link to its page; those with findings stand out."""
    steps = [step for step in (*reading.steps, *reading.apart) if step.problems]
    marks = {step.key: _marked(step.problems) for step in steps}
    return figure(graph, f"{row.title} v{row.version}", marks=marks, hrefs=hrefs, files=files)


def _marked(problems: int) -> Mark:
    words = "1 finding" if problems == 1 else f"{problems} findings"
    return Mark("warn", words, words)


def _hrefs(row: WorkflowDefinition) -> dict[str, str]:
    tasks = TaskDefinition.objects.filter(workflow=row).values_list("key", "pk")
    return {
        key: reverse("design:definitions_taskdefinition_change", args=[pk]) for key, pk in tasks
    }


def _counted(problems: Sequence[Problem]) -> Mapping[str, int]:
    errors = sum(problem.blocks for problem in problems)
    return {"errors": errors, "hints": len(problems) - errors}


def _name_of(person: Any) -> str:
    return html.first_name_of(person) if person is not None else ""
