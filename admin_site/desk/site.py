"""The desk: every ticket and task of a company, and what broke."""

from collections.abc import Iterable, Mapping, Sequence
from functools import partial
from typing import Any

from django.db.models import Q
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.templatetags.static import static
from django.urls import URLPattern, path, reverse

from admin_site import html
from admin_site.base import RoleSite
from admin_site.desk import home
from admin_site.desk.definitions import TicketTypeDesk, WorkflowDesk
from admin_site.desk.errors import ErrorDesk
from admin_site.desk.figures import figures_of
from admin_site.desk.matching import matching
from admin_site.desk.tasks import TaskDesk
from admin_site.desk.tickets import TicketDesk
from admin_site.files import hand_out
from admin_site.parts import Found, NavGroup, NavItem
from admin_site.people import person_of
from admin_site.pictures.page import page_of_run
from definitions.models import TicketDefinition, WorkflowDefinition
from operations.files import keys_in
from operations.models import FileUpload, TaskInstance, TicketError, TicketInstance
from tenants.models import User
from tenants.roles import TICKET_ADMIN

MOST_FOUND = 6


class DeskSite(RoleSite):
    """The site of the ticket admins."""

    key = "desk"
    role = TICKET_ADMIN
    title = "Desk"
    symbol = "support_agent"
    summary = "See every ticket and repair what broke"
    position = 30
    search_hint = "Number, word, person"

    short_paths: Mapping[str, str] = {
        "operations/ticketinstance/": "tickets/",
        "operations/taskinstance/": "tasks/",
        "operations/ticketerror/": "errors/",
        "definitions/ticketdefinition/": "ticket-types/",
        "definitions/workflowdefinition/": "workflows/",
    }

    def _get_list(self, key: str, *args: Any) -> list[Any]:
        listed = super()._get_list(key, *args)
        own = {"STYLES": "admin_site/desk.css", "SCRIPTS": "admin_site/desk.js"}.get(key)
        return [*listed, static(own)] if own else listed

    # --- the frame ---

    def navigation(self, request: HttpRequest) -> Sequence[NavGroup]:
        figures = figures_of(request)
        stopped = figures.numbers["unrepaired"]
        tickets, tasks = "desk:operations_ticketinstance", "desk:operations_taskinstance"
        return [
            NavGroup("", [NavItem("Home", "desk:index", "dashboard")]),
            NavGroup(
                "Tickets",
                [
                    NavItem("Active", f"{tickets}_changelist", "inbox",
                            count=figures.shown("active")),
                    NavItem("Archive", f"{tickets}_archive", "inventory_2"),
                ],
            ),
            NavGroup(
                "Tasks",
                [
                    NavItem("Active", f"{tasks}_changelist", "task_alt",
                            count=figures.shown("tasks")),
                    NavItem("Archive", f"{tasks}_archive", "inventory_2"),
                ],
            ),
            NavGroup(
                "Repair",
                [
                    NavItem("Stopped tickets", "desk:operations_ticketerror_changelist", "error",
                            count=figures.shown("unrepaired"), hot=bool(stopped)),
                ],
            ),
            NavGroup(
                "Definitions",
                [
                    NavItem("Ticket types", "desk:definitions_ticketdefinition_changelist", "apps"),
                    NavItem("Workflows", "desk:definitions_workflowdefinition_changelist",
                            "account_tree"),
                ],
            ),
        ]  # fmt: skip

    def get_sidebar_list(self, request: HttpRequest) -> list[dict[str, Any]]:
        """The page of what is over lights the archive, though its address does not say so."""
        groups = super().get_sidebar_list(request)
        if getattr(request, "_desk_is_over", False):
            for items in (group["items"] for group in groups):
                if items[0]["active"] and len(items) > 1 and items[1]["title"] == "Archive":
                    items[0]["active"], items[1]["active"] = False, True
        return groups

    def index(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        return self.page(request, "desk/home.html", home.context(request))

    def extra_urls(self) -> list[URLPattern]:
        """The picture of a run inside of a ticket, and the files of all of them."""
        page = self.admin_view(partial(page_of_run, self))
        return [
            path("pictures/<uuid:run_id>/", page, name="picture"),
            path("files/<str:key>/", self.admin_view(self.file), name="file"),
        ]

    def file(self, request: HttpRequest, key: str) -> HttpResponseBase:
        """Any file of a ticket; one that was only chosen is its person's alone."""
        theirs = Q(bound_at__isnull=False) | Q(created_by=person_of(request))
        return hand_out(request, FileUpload.objects.filter(theirs, pk__in=keys_in([key])).first())

    def waiting(self, request: HttpRequest) -> str:
        figures = figures_of(request)
        if figures.numbers["unrepaired"]:
            number = figures.shown("unrepaired")
            return f"{number} ticket{'' if number == 1 else 's'} stopped"
        return f"{figures.shown('active')} active tickets"

    # --- the search ---

    def find(self, request: HttpRequest, term: str) -> Iterable[Found]:
        """Tickets by number, title or person; people, with what they asked for."""
        rows = matching(TicketInstance.objects.all(), term)
        tickets = rows.select_related("ticket_type", "created_by").order_by("-pk")[:MOST_FOUND]
        yield from (_ticket(ticket) for ticket in tickets)
        people = User.objects.filter(_called(term)).order_by("first_name", "last_name")
        yield from (_person(person) for person in people[:MOST_FOUND])


def _ticket(ticket: TicketInstance) -> Found:
    href = reverse("desk:operations_ticketinstance_change", args=[ticket.pk])
    who = html.name_of(ticket.created_by) or ticket.created_by_label
    symbol = "inbox" if ticket.closed_at is None else "inventory_2"
    return Found(str(ticket), href, f"{ticket.ticket_type} · {who}", symbol)


def _person(person: User) -> Found:
    tickets = reverse("desk:operations_ticketinstance_changelist")
    return Found(str(person), f"{tickets}?asked_by={person.pk}", "Their active tickets", "person")


def _called(term: str) -> Q:
    fits = Q()
    for word in term.split()[:MOST_FOUND]:
        fits &= (
            Q(first_name__icontains=word) | Q(last_name__icontains=word) | Q(email__icontains=word)
        )
    return fits


desk_site = DeskSite()
desk_site.register(TicketInstance, TicketDesk)
desk_site.register(TaskInstance, TaskDesk)
desk_site.register(TicketError, ErrorDesk)
desk_site.register(TicketDefinition, TicketTypeDesk)
desk_site.register(WorkflowDefinition, WorkflowDesk)
