"""The page of a ticket: where it is, what is known, and what happened."""

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from definitions.services import import_bundle
from operations.models import (
    TaskInstance,
    TicketError,
    WorkflowEvent,
)
from operations.services import (
    add_comment,
    cancel_ticket,
    hold_ticket,
    reassign_task,
)
from tenants.context import tenant_context
from tenants.models import User
from tests.builders import Firm, a_document, the_open_task
from tests.integration.sites.desk.arranged import (
    DECISION,
    DRAWING,
    ERRORS,
    HOME,
    TASKS,
    TICKETS,
    answered,
    asked,
    page,
    stopped,
)
from tests.pages import text_of


def test_the_history_tells_who_did_what_and_why_this_way(
    tara: Client, acme: Firm, offer: Any
) -> None:
    ticket = answered(acme, asked(acme, offer), decision="yes", price=12)
    with tenant_context(acme.company):
        add_comment(acme.ann, ticket, "When will it come?")
        add_comment(acme.tara, ticket, "The supplier is slow.", is_internal=True)

    response = tara.get(page(ticket))
    words = text_of(response)

    assert "Ann Of-Acme sent the ticket" in words
    assert "Will Of-Acme finished Approve the purchase" in words
    assert "Your decision: yes · Price: 12" in words
    assert "Went on from Approve the purchase to Place the order" in words
    assert "To Place the order if Your decision is yes Your decision was “yes” taken" in words
    assert "To the end if Your decision is no" in words
    assert "Assigned Place the order to Will Of-Acme" in words
    assert "Why Will?" in words
    assert "You wrote a note for the team" in words
    assert re.search(r'class="bub note">The supplier is slow', response.content.decode())
    assert re.search(r'class="bub">When will it come', response.content.decode())


def test_the_page_shows_where_it_is_and_what_is_known(tara: Client, acme: Firm, offer: Any) -> None:
    ticket = answered(acme, asked(acme, offer, "An oak table"), decision="yes", price=12)

    words = text_of(tara.get(page(ticket)))

    assert "Place the order · step 2 of 2 · since today" in words
    assert "What was asked Subject An oak table" in words
    assert "Approve the purchase answered" in words
    assert "Price 12" in words


def test_what_was_asked_is_told_in_the_words_of_its_own_version(
    tara: Client, acme: Firm, offer: Any
) -> None:
    ticket = asked(acme, offer)
    document = a_document(DRAWING, key="purchase", approve={"output_schema": DECISION})
    document["workflows"][0]["fields"][0]["title"] = "In one word"
    with tenant_context(acme.company):
        import_bundle(acme.boss, document, publish=True)

    shown = text_of(tara.get(page(ticket)))

    assert "Subject A chair" in shown and "In one word" not in shown


def test_a_stopped_ticket_leads_to_its_repair(tara: Client, acme: Firm, offer: Any) -> None:
    error = stopped(acme, offer)
    stopped(acme, offer, "A lamp")

    response = tara.get(page(error.ticket))

    assert "No way onward fits after “Approve the purchase”" in text_of(response)
    assert "1 other ticket stopped for the same reason" in text_of(response)
    assert page(error) in response.content.decode()


def test_comments_can_be_read_alone(tara: Client, acme: Firm, offer: Any) -> None:
    ticket = asked(acme, offer)
    with tenant_context(acme.company):
        add_comment(acme.ann, ticket, "When will it come?")

    words = text_of(tara.get(f"{page(ticket)}?show=comments"))

    assert "When will it come?" in words
    assert "sent the ticket" not in words


def test_a_ticket_that_has_not_started_has_a_page_too(
    tara: Client, acme: Firm, offer: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("operations.state_manager.WorkflowStateManager.start", lambda self: False)
    ticket = asked(acme, offer, "Just sent")

    assert "waits to be started" in text_of(tara.get(page(ticket)))
    assert "Just sent" in text_of(tara.get(TICKETS))
    assert tara.get(page(ticket, "move")).status_code == 404


def test_people_know_tickets_by_their_number(
    tara: Client, acme: Firm, globex: Firm, offer: Any
) -> None:
    ticket = asked(acme, offer, "An oak table")

    response = tara.get(f"/desk/tickets/{ticket.number}/", follow=True)

    assert "An oak table" in text_of(response)
    assert tara.get("/desk/tickets/999999/change/").status_code == 404


@pytest.mark.django_db(transaction=True)
def test_the_page_costs_the_same_for_one_event_and_for_many(
    tara: Client, acme: Firm, offer: Any, statements: Callable[[], Any]
) -> None:
    ticket = asked(acme, offer)
    tara.get(page(ticket))
    with statements() as few:
        tara.get(page(ticket))
    with tenant_context(acme.company):
        for number in range(8):
            reassign_task(acme.tara, the_open_task(ticket), [acme.will, acme.boss][number % 2])
            add_comment(acme.tara, ticket, f"Comment {number}")
    answered_by_boss = tara.post(page(ticket, "move"), {"task_key": "order", "reason": "Go on"})
    assert answered_by_boss.status_code == 302
    tara.get(page(ticket))
    with statements() as many:
        tara.get(page(ticket))

    assert few.total <= 15, few
    assert many.total == few.total, many


def test_events_of_kinds_to_come_are_told_somehow(tara: Client, acme: Firm, offer: Any) -> None:
    ticket = asked(acme, offer)
    with tenant_context(acme.company):
        WorkflowEvent.objects.filter(ticket=ticket, kind="STARTED").update(kind="CALLED")
        cancel_ticket(acme.tara, ticket, reason="Enough")

    assert "cancelled the ticket" in text_of(tara.get(page(ticket)))


def test_what_people_type_is_shown_as_they_typed_it(tara: Client, acme: Firm, offer: Any) -> None:
    nasty = "<script>alert('x')</script> & \"{{ 7 }}\" {% now %}"
    ticket = asked(acme, offer, nasty)
    with tenant_context(acme.company):
        add_comment(acme.ann, ticket, nasty)
        hold_ticket(acme.tara, ticket, reason=nasty)
        User.objects.filter(pk=acme.will.pk).update(last_name=nasty)
    error = stopped(acme, offer, nasty)
    with tenant_context(acme.company):
        task = TaskInstance.objects.filter(ticket=ticket)[0]
        TicketError.objects.update(message=nasty, stack_trace=nasty)

    for address in (TICKETS, TASKS, ERRORS, HOME, page(ticket), page(task), page(error)):
        html = tara.get(address).content.decode()
        assert "<script>alert" not in html, address
        assert "&lt;script&gt;alert" in html, address


def test_events_are_told_in_the_order_in_which_they_were_written(
    tara: Client, acme: Firm, offer: Any
) -> None:
    ticket = answered(acme, asked(acme, offer), decision="yes")
    with tenant_context(acme.company):  # a clock that goes back
        before = timezone.now() - timedelta(days=3)
        WorkflowEvent.objects.filter(ticket=ticket, kind="ROUTED").update(created_at=before)

    words = text_of(tara.get(page(ticket)))

    assert words.index("Went on from") < words.index("finished Approve the purchase")


def test_a_long_history_shows_its_newest_lines_and_the_rest_on_demand(
    tara: Client, acme: Firm, offer: Any
) -> None:
    ticket = asked(acme, offer)
    with tenant_context(acme.company):
        for number in range(45):
            add_comment(acme.ann, ticket, f"Comment {number:02}.")

    newest = text_of(tara.get(page(ticket)))
    everything = text_of(tara.get(f"{page(ticket)}?show=all"))

    assert "Comment 44." in newest
    assert "Comment 00." not in newest
    assert "Show everything" in newest
    assert "Comment 00." in everything
    assert "sent the ticket" in everything
