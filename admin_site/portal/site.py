"""The frame of the portal: its entries, its numbers, its search."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django.db.models import Q
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.urls import URLPattern, URLResolver, include, path, reverse

from admin_site.base import CALM, RoleSite
from admin_site.files import hand_out
from admin_site.parts import Found, NavGroup, NavItem
from admin_site.people import person_of
from admin_site.portal.catalogue import PLAIN_SYMBOL, catalogue
from admin_site.portal.own import is_in_archive, own_requests
from admin_site.portal.submission import submit
from definitions.models import TicketDefinition
from operations.files import keys_in, requester_may_read
from operations.models import FileUpload, TicketInstance
from tenants.roles import USER, WORKFLOW_CREATOR

MOST_FOUND = 8


class PortalSite(RoleSite):
    """For the people who ask."""

    key = "portal"
    role = USER
    title, symbol = "Portal", "confirmation_number"
    summary = "Ask for something and see where it is"
    shell = CALM
    position = 10
    search_hint = "Search your requests"

    def navigation(self, request: HttpRequest) -> Sequence[NavGroup]:
        requests = "portal:operations_ticketinstance_changelist"
        active = self.counts(request)["active"]
        archived = [request.path] if is_in_archive(request) else []
        entries = [
            NavItem(
                "New request",
                "portal:index",
                "add_circle",
                covers=[reverse("portal:index") + "new/"],
            ),
            NavItem("My requests", requests, "list_alt", count=active),
            NavItem("Archive", "portal:archive", "inventory_2", covers=archived),
        ]
        return [NavGroup("", entries)]

    def badges(self, request: HttpRequest) -> Mapping[str, int]:
        return {"active": own_requests(request).active}

    def waiting(self, request: HttpRequest) -> str:
        number = self.counts(request)["active"]
        if not number:
            return "Nothing of yours is under way"
        return "1 request under way" if number == 1 else f"{number} requests under way"

    def find(self, request: HttpRequest, term: str) -> Iterable[Found]:
        me = person_of(request)
        number = term.lstrip("#")
        words = Q(title__icontains=term) | Q(ticket_type__title__icontains=term)
        if number.isascii() and number.isdecimal():
            words |= Q(number=number)
        mine = TicketInstance.objects.asked_by(me).filter(words)
        for ticket in mine.select_related("ticket_type").order_by("-pk")[:MOST_FOUND]:
            address = reverse("portal:request", args=[ticket.number])
            meta = f"#{ticket.number} · {ticket.ticket_type}"
            yield Found(ticket.title, address, meta, "confirmation_number")
        offered = TicketDefinition.objects.submittable_by(me).filter(title__icontains=term)
        for one in offered[:MOST_FOUND]:
            address = reverse("portal:submit", args=[one.key])
            yield Found(one.title, address, "New request", one.icon or PLAIN_SYMBOL)

    def index(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        shown = catalogue(request)
        person = person_of(request)
        return self.page(
            request, "portal/catalogue.html",
            title="New request", catalogue=shown, me=person,
            may_design=WORKFLOW_CREATOR in person.roles,
        )  # fmt: skip

    def submit(self, request: HttpRequest, key: str) -> HttpResponse:
        return submit(self, request, key)

    def file(self, request: HttpRequest, key: str) -> HttpResponseBase:
        """A file of one's own requests, of those that a requester reads."""
        related = ("ticket", "comment", "task__task_definition")
        found = FileUpload.objects.select_related(*related).filter(pk__in=keys_in([key])).first()
        is_theirs = found is not None and requester_may_read(person_of(request), found)
        return hand_out(request, found if is_theirs else None)

    def extra_urls(self) -> list[URLPattern]:
        # A key may hold anything but dots and line breaks: slashes too.
        return [
            path("new/<path:key>/", self.admin_view(self.submit), name="submit"),
            path("files/<str:key>/", self.admin_view(self.file), name="file"),
        ]

    def get_urls(self) -> list[URLPattern | URLResolver]:
        """With the requests at /requests/: what a table is called is nobody's business here."""
        admin = self.get_model_admin(TicketInstance)
        requests = path("requests/", include(admin.urls))
        named_by_table = "operations/ticketinstance/"
        others = [url for url in super().get_urls() if str(url.pattern) != named_by_table]
        return [requests, *others]
