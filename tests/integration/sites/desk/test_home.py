"""Who comes in, and what the home page of the desk says."""

import re
from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client

from tenants.context import tenant_context
from tenants.models import User
from tests.builders import Firm, a_workflow
from tests.integration.sites.desk.arranged import (
    DECISION,
    DRAWING,
    HOME,
    TASKS,
    TICKETS,
    answered,
    asked,
    fresh,
    page,
    stopped,
)
from tests.pages import text_of


def test_the_desk_opens_for_ticket_admins_only(client: Client, acme: Firm) -> None:
    assert client.get(HOME).status_code == 302

    answers = {}
    for person in (acme.ann, acme.will, acme.flo, acme.adam, acme.tara, acme.boss):
        client.force_login(person)
        answers[person.first_name] = client.get(HOME).status_code

    assert answers == {"Ann": 403, "Will": 403, "Flo": 403, "Adam": 403, "Tara": 200, "Bea": 200}


def test_nothing_is_added_changed_or_deleted_here_not_even_by_somebody_with_every_role(
    client: Client, acme: Firm, offer: Any
) -> None:
    ticket = asked(acme, offer)
    client.force_login(acme.boss)

    for address in ("/desk/workflows/add/", "/desk/tickets/add/", page(ticket, "delete")):
        assert client.get(address).status_code == 403, address
        assert client.post(address, {"post": "yes"}).status_code == 403, address
    for address in (page(ticket), f"/desk/workflows/{offer.workflow_id}/change/"):
        assert client.post(address, {"title": "Mine"}).status_code == 404, address
    assert fresh(acme, offer).title == "Ask for purchase"


@pytest.mark.parametrize("kind", ["tickets", "tasks", "errors", "workflows", "ticket-types"])
def test_a_foreign_and_an_absent_row_are_the_same_page(
    tara: Client, globex: Firm, kind: str
) -> None:
    with tenant_context(globex.company):
        theirs = a_workflow(globex, DRAWING, key="purchase", approve={"output_schema": DECISION})
    error = stopped(globex, theirs)
    foreign = {
        "tickets": error.ticket_id,
        "tasks": error.task_id,
        "errors": error.pk,
        "workflows": theirs.workflow_id,
        "ticket-types": theirs.pk,
    }[kind]
    actions = {
        "tickets": ["move", "hold", "resume", "cancel", "comment"],
        "tasks": ["assign"],
        "errors": ["retry", "correct", "review", "resolve"],
    }.get(kind, [])

    for action in ["change", *actions]:
        pages = []
        for key in (foreign, uuid4()):
            got = tara.get(f"/desk/{kind}/{key}/{action}/")
            sent = tara.post(f"/desk/{kind}/{key}/{action}/", {"reason": "Because"})
            assert (got.status_code, sent.status_code) == (404, 404), action
            pages.append(text_of(got))
        assert pages[0] == pages[1]


def test_home_says_what_needs_her_and_every_number_leads_to_its_list(
    tara: Client, acme: Firm, offer: Any
) -> None:
    error = stopped(acme, offer)
    with tenant_context(acme.company):
        User.objects.filter(pk=acme.will.pk).update(is_available=False)
    asked(acme, offer, "A lamp")

    response = tara.get(HOME)
    words = text_of(response)

    assert "1 ticket stopped after Approve the purchase." in words
    assert "1 task has nobody." in words
    links = re.findall(r'href="(/desk/[^"]*)"', response.content.decode())
    for link in (page(error), f"{TASKS}?view=nobody", f"{TICKETS}?view=stopped", TICKETS):
        assert link in links
    for link in set(links):
        assert tara.get(link.replace("&amp;", "&")).status_code == 200, link


def test_home_of_a_new_company_needs_nobody(tara: Client) -> None:
    words = text_of(tara.get(HOME))

    assert "Nothing needs you right now." in words
    assert "nothing to repair" in words


@pytest.mark.django_db(transaction=True)
def test_home_asks_few_questions_however_much_there_is(
    tara: Client, acme: Firm, offer: Any, statements: Callable[[], Any]
) -> None:
    stopped(acme, offer)
    tara.get(HOME)
    with statements() as few:
        tara.get(HOME)
    for number in range(4):
        stopped(acme, offer, f"Chair {number}")
        answered(acme, asked(acme, offer), decision="no")
    with statements() as many:
        tara.get(HOME)

    assert few.total <= 14, few
    assert many.total == few.total, many
