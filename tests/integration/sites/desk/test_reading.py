"""What the desk reads and does not change: definitions, the search, its addresses."""

import re
from typing import Any

from django.test import Client
from django.urls import reverse

from operations.models import (
    TaskInstance,
)
from tenants.context import tenant_context
from tests.builders import Firm, a_ticket, a_workflow
from tests.integration.sites.desk.arranged import (
    ARCHIVE,
    ERRORS,
    HOME,
    LISTS,
    TICKETS,
    answered,
    asked,
    page,
    stopped,
)
from tests.pages import text_of


def test_workflows_and_types_can_be_read(tara: Client, acme: Firm, offer: Any) -> None:
    asked(acme, offer)

    workflow = text_of(tara.get(f"/desk/workflows/{offer.workflow_id}/change/"))
    kind = text_of(tara.get(f"/desk/ticket-types/{offer.pk}/change/"))

    assert "To Place the order if Your decision is yes" in workflow
    assert "Active tickets 1" in workflow
    assert "Subject" in kind
    assert "Offered to user" in kind


def test_the_search_finds_tickets_and_people_of_this_company_only(
    tara: Client, acme: Firm, globex: Firm, offer: Any
) -> None:
    ticket = asked(acme, offer, "An oak table")
    with tenant_context(globex.company):
        a_ticket(globex, a_workflow(globex, "look"), "An oak secret")

    def found(term: str) -> str:
        return text_of(tara.get("/desk/search/", {"s": term}))

    assert f"#{ticket.number} An oak table" in found("oak")
    assert "secret" not in found("oak")
    assert f"#{ticket.number} An oak table" in found(f"#{ticket.number}")
    assert "Ann Of-Acme" in found("ann")
    assert "Of-Globex" not in found("will")
    assert "Stopped tickets" in found("stopped")


def test_every_page_has_a_title_and_lights_one_entry(tara: Client, acme: Firm, offer: Any) -> None:
    error = stopped(acme, offer)
    closed = answered(acme, asked(acme, offer), decision="no")
    with tenant_context(acme.company):
        task = TaskInstance.objects.get(ticket=closed)
    pages = [HOME, *LISTS, page(error), page(error.ticket), page(closed), page(task)]

    for address in pages:
        html = tara.get(address).content.decode()
        assert re.search(r"<title>\s*\S+", html), address
        assert len(re.findall(r"<h1", html)) == 1, address
    sidebar = tara.get(page(closed)).content.decode().partition('id="nav-sidebar-apps"')[2]
    lit = re.findall(r'<a href="([^"]+)"[^>]*class="[^"]*\bactive\b', sidebar)
    assert lit == [ARCHIVE]


def test_the_line_on_the_home_page_of_somebody_with_several_roles(
    client: Client, acme: Firm, offer: Any
) -> None:
    from admin_site.desk import desk_site

    stopped(acme, offer)
    client.force_login(acme.boss)
    request: Any = client.get(HOME).wsgi_request
    del request._desk_figures

    with tenant_context(acme.company):
        assert desk_site.waiting(request) == "1 ticket stopped"


def test_addresses_are_those_that_people_can_read_out() -> None:
    assert reverse("desk:operations_ticketinstance_changelist") == TICKETS
    assert reverse("desk:operations_ticketinstance_archive") == ARCHIVE
    assert reverse("desk:operations_ticketerror_changelist") == ERRORS
