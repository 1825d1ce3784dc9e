"""Ticket types: what can be asked for, by whom, and the form as a person meets it."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.contrib.postgres.aggregates import ArrayAgg
from django.db.models import Count, OuterRef, Q, QuerySet, Subquery
from django.http import HttpRequest, HttpResponse
from django.utils.safestring import SafeString
from unfold.decorators import display

from admin_site import html
from admin_site.design.editing.history import back, do_again, history, take_back, undoing
from admin_site.design.editing.ticket_types import about_ticket_type, new_ticket_type
from admin_site.design.form_editor import TypeForms
from admin_site.design.lists import export_url, link
from admin_site.forms import ConfirmForm
from admin_site.parts import Fact
from admin_site.schema_forms import SchemaForm
from definitions.models import DefinitionStatus, TicketDefinition
from definitions.resources import RowKind
from definitions.schemas import UnusableSchema
from definitions.services import archive, publish
from operations.models import TicketInstance

EVERYONE = "Everyone"


class TicketTypeDesign(TypeForms):
    """What the catalogue offers, and what it will."""

    list_title = "Ticket types"
    row_kinds = (RowKind.TICKET,)
    list_display = ("ticket_type", "state", "workflow_title", "offered_to")
    list_filter = ("status",)
    search_fields = ("title", "key", "category")
    search_help_text = "Title, key or group"
    small_columns = ("state",)
    ordering = ("category", "position", "title")
    empty_title = "No ticket type yet"
    empty_text = "A ticket type is what people can ask for."
    empty_symbol = "grid_view"
    verbs = ("publish", "archive", "about", "undo", "redo", "history")
    addresses: Mapping[str, str] = {
        "back": "history/<str:number>/back",
        **TypeForms.form_addresses,
    }
    show_add_link = True
    add_words = "New ticket type"

    def has_add_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("definitions.add_ticketdefinition")

    def add_view(
        self, request: HttpRequest, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        return new_ticket_type(self, request)

    def get_queryset(self, request: HttpRequest) -> QuerySet[TicketDefinition]:
        rows: QuerySet[TicketDefinition] = super().get_queryset(request)
        submit = Q(rights__permission__codename="submit_ticketdefinition")
        titles = ArrayAgg(
            "rights__group__company_role__title",
            filter=submit & Q(rights__group__company_role__isnull=False),
            default=[],
        )
        tickets = TicketInstance.objects.active().filter(ticket_type=OuterRef("pk")).order_by()
        running = tickets.values("ticket_type").annotate(n=Count("pk")).values("n")
        return rows.select_related("workflow").annotate(
            role_titles=titles, running_tickets=Subquery(running)
        )

    @display(description="Ticket type", ordering="title")
    def ticket_type(self, row: TicketDefinition) -> SafeString:
        return html.two_lines(row.title, row.category or row.description, strong=True)

    @display(description="Status", ordering="status")
    def state(self, row: TicketDefinition) -> SafeString:
        return html.chip(row.status, "definition")

    @display(description="Starts", ordering="workflow__title")
    def workflow_title(self, row: TicketDefinition) -> str:
        return str(row.workflow)

    @display(description="Offered to")
    def offered_to(self, row: TicketDefinition) -> str:
        return offered_to(row.role_titles)  # type: ignore[attr-defined]

    # --- the page of a ticket type ---

    def row_page(self, request: HttpRequest, row: TicketDefinition) -> HttpResponse:
        return self.admin_site.page(
            request, "design/ticket_type.html",
            title=row.title, crumbs=[(self.list_title, self.list_url())],
            kind=row, form=_form(row), facts=_facts(row), presets=_presets(row),
            is_offered=row.status == DefinitionStatus.PUBLISHED,
            is_archived=row.status == DefinitionStatus.ARCHIVED,
            workflow_is_published=row.workflow.status == DefinitionStatus.PUBLISHED,
            export_url=export_url(row.key), undoing=undoing(row),
            urls={verb: self.verb_url(row, verb) for verb in self.verbs},
        )  # fmt: skip

    # --- the verbs ---

    def about(self, request: HttpRequest, object_id: str) -> HttpResponse:
        return about_ticket_type(self, request, object_id)

    def undo(self, request: HttpRequest, object_id: str) -> HttpResponse:
        return take_back(self, request, object_id)

    def redo(self, request: HttpRequest, object_id: str) -> HttpResponse:
        return do_again(self, request, object_id)

    def history(self, request: HttpRequest, object_id: str) -> HttpResponse:
        return history(self, request, object_id)

    def back(self, request: HttpRequest, object_id: str, number: str) -> HttpResponse:
        return back(self, request, object_id, number)

    def publish(self, request: HttpRequest, object_id: str) -> HttpResponse:
        row: TicketDefinition = self.get_or_404(request, object_id)
        people = offered_to(row.role_titles)  # type: ignore[attr-defined]
        return self.confirm(
            request, object_id, publish, ConfirmForm,
            title="Publish this ticket type?",
            explain=f"It appears in the catalogue. Offered to: {people}.",
            button="Publish", done=f"{row} is in the catalogue.",
            permission="definitions.publish_ticketdefinition",
        )  # fmt: skip

    def archive(self, request: HttpRequest, object_id: str) -> HttpResponse:
        row: TicketDefinition = self.get_or_404(request, object_id)
        return self.confirm(
            request, object_id, archive, ConfirmForm,
            title="Take this ticket type out of the catalogue?",
            explain="Nobody can ask for it any more. Tickets that are under way go on.",
            button="Take it out", done=f"{row} is out of the catalogue.",
            permission="definitions.publish_ticketdefinition",
        )  # fmt: skip


def offered_to(titles: Sequence[str]) -> str:
    if EVERYONE in titles:
        return EVERYONE
    return ", ".join(sorted(titles)) or "Nobody"


def _form(row: TicketDefinition) -> SchemaForm | None:
    """The form that asks; None where nothing is asked, or the fields make no form."""
    try:
        schema = row.submission_schema()
    except UnusableSchema:
        return None
    if not schema.get("properties"):
        return None
    return SchemaForm(schema, row.edit_layout, scripts=False)


def _facts(row: TicketDefinition) -> list[Fact]:
    number = getattr(row, "running_tickets", 0) or 0
    facts = [
        Fact("Status", html.chip(row.status, "definition")),
        Fact("Starts", link(row.workflow)),
        Fact("Offered to", offered_to(row.role_titles)),  # type: ignore[attr-defined]
        Fact("Group", row.category or "None"),
        Fact("Tickets under way", number, number=True),
        Fact("Key", row.key),
    ]
    if row.title_template:
        facts.append(Fact("Tickets are called", row.title_template))
    return facts


def _presets(row: TicketDefinition) -> list[tuple[str, Any]]:
    """Values that are not asked for, by what people call them."""
    titles = {field["name"]: field.get("title") or field["name"] for field in row.workflow.fields}
    return [(titles.get(name, name), value) for name, value in row.presets.items()]
