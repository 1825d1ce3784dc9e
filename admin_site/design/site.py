"""The Design site: workflows, their steps, ticket types, and files in and out."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django.db.models import Count, Exists, Q
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.templatetags.static import static
from django.urls import URLPattern, path, reverse

from admin_site.base import RoleSite
from admin_site.design import exports, format_page, gallery, rows, uploads
from admin_site.design.lists import newer_versions
from admin_site.design.tasks import TaskDesign
from admin_site.design.ticket_types import TicketTypeDesign
from admin_site.design.workflows import WorkflowDesign
from admin_site.parts import Found, NavGroup, NavItem
from definitions.models import (
    DefinitionStatus,
    TaskDefinition,
    TicketDefinition,
    WorkflowDefinition,
)
from tenants.roles import WORKFLOW_CREATOR

MOST_FOUND = 6


class DesignSite(RoleSite):
    """The site of the workflow creators."""

    key = "design"
    role = WORKFLOW_CREATOR
    title = "Design"
    symbol = "account_tree"
    summary = "Decide what can be asked for and what happens then"
    position = 40
    search_hint = "Find a definition"

    short_paths: Mapping[str, str] = {
        "definitions/workflowdefinition/": "workflows/",
        "definitions/taskdefinition/": "tasks/",
        "definitions/ticketdefinition/": "ticket-types/",
    }

    def extra_urls(self) -> list[URLPattern]:
        view = self.admin_view
        return [
            path("upload/", view(self.upload), name="upload"),
            path("upload/<str:token>/", view(self.preview), name="preview"),
            path("gallery/", view(self.gallery), name="gallery"),
            path("gallery/<str:key>/", view(self.gallery_entry), name="gallery_entry"),
            path(
                "gallery/preview/<str:token>/", view(self.gallery_preview), name="gallery_preview"
            ),
            path("export/", view(self.export), name="export"),
            path("export/file/", view(self.export_file), name="export_file"),
            path("rows/", view(self.rows), name="rows"),
            path("rows/file/", view(self.rows_file), name="rows_file"),
            path("rows/<str:token>/", view(self.rows_preview), name="rows_preview"),
            path("format/", view(self.format), name="format"),
            path("format/schema.json", view(self.schema), name="schema"),
        ]

    def _get_list(self, key: str, *args: Any) -> list[Any]:
        listed = super()._get_list(key, *args)
        own = [static("admin_site/forms.css"), static("admin_site/design.css")]
        return [*listed, *own] if key == "STYLES" else listed

    # --- the frame ---

    def navigation(self, request: HttpRequest) -> Sequence[NavGroup]:
        lists = "design:definitions_{}definition_changelist"
        return [
            NavGroup(
                "",
                [
                    NavItem("Workflows", lists.format("workflow"), "account_tree"),
                    NavItem("Tasks", lists.format("task"), "task_alt"),
                    NavItem("Ticket types", lists.format("ticket"), "apps"),
                    NavItem("Gallery", "design:gallery", "auto_stories"),
                ],
            ),
            NavGroup(
                "Exchange",
                [
                    NavItem("Upload", "design:upload", "upload"),
                    NavItem("Export", "design:export", "download"),
                    NavItem("Rows", "design:rows", "table_rows"),
                ],
            ),
            NavGroup("Help", [NavItem("Format and schema", "design:format", "description")]),
        ]

    def waiting(self, request: HttpRequest) -> str:
        draft = Count("pk", filter=Q(status=DefinitionStatus.DRAFT))
        numbers = WorkflowDefinition.objects.aggregate(all=Count("pk"), drafts=draft)
        if not numbers["all"]:
            return "Nothing can be asked for yet: choose from the gallery"
        drafts = numbers["drafts"]
        if not drafts:
            return ""
        return "1 workflow is a draft" if drafts == 1 else f"{drafts} workflows are drafts"

    # --- pages without a model ---

    def upload(self, request: HttpRequest) -> HttpResponse:
        return uploads.upload(self, request)

    def preview(self, request: HttpRequest, token: str) -> HttpResponseBase:
        return uploads.preview(self, request, token)

    def gallery(self, request: HttpRequest) -> HttpResponse:
        return gallery.gallery(self, request)

    def gallery_entry(self, request: HttpRequest, key: str) -> HttpResponse:
        return gallery.entry_page(self, request, key)

    def gallery_preview(self, request: HttpRequest, token: str) -> HttpResponseBase:
        return gallery.preview(self, request, token)

    def export(self, request: HttpRequest) -> HttpResponse:
        return exports.export(self, request)

    def export_file(self, request: HttpRequest) -> HttpResponse:
        return exports.export_file(self, request)

    def rows(self, request: HttpRequest) -> HttpResponse:
        return rows.rows(self, request)

    def rows_file(self, request: HttpRequest) -> HttpResponse:
        return rows.rows_file(self, request)

    def rows_preview(self, request: HttpRequest, token: str) -> HttpResponseBase:
        return rows.preview(self, request, token)

    def format(self, request: HttpRequest) -> HttpResponse:
        return format_page.format_page(self, request)

    def schema(self, request: HttpRequest) -> HttpResponse:
        return format_page.schema_file(self, request)

    # --- the search ---

    def find(self, request: HttpRequest, term: str) -> Iterable[Found]:
        """Workflows, steps and ticket types by title or key; of each its newest version."""
        called = Q(title__icontains=term) | Q(key__icontains=term)
        workflows = WorkflowDefinition.objects.filter(called, ~Exists(newer_versions()))
        steps = TaskDefinition.objects.filter(called, ~Exists(newer_versions("workflow__")))
        types = TicketDefinition.objects.filter(called)
        yield from _found(workflows.order_by("title"), "Workflow", "account_tree")
        yield from _found(types.order_by("title"), "Ticket type", "apps")
        for step in steps.select_related("workflow").order_by("title")[:MOST_FOUND]:
            href = reverse("design:definitions_taskdefinition_change", args=[step.pk])
            yield Found(step.title, href, f"Task of {step.workflow.title}", "task_alt")


def _found(rows: Any, kind: str, symbol: str) -> Iterable[Found]:
    for row in rows[:MOST_FOUND]:
        name = f"design:definitions_{row._meta.model_name}_change"
        yield Found(row.title, reverse(name, args=[row.pk]), kind, symbol)


design_site = DesignSite()
design_site.register(WorkflowDefinition, WorkflowDesign)
design_site.register(TaskDefinition, TaskDesign)
design_site.register(TicketDefinition, TicketTypeDesign)
