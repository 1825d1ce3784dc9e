"""Tara acts on a ticket, or on many, and says why."""

from typing import Any

import pytest
from django.test import Client

from operations.models import (
    Comment,
)
from operations.services import (
    hold_ticket,
)
from tenants.context import tenant_context
from tests.builders import Firm, a_ticket, a_workflow, the_open_task
from tests.integration.sites.desk.arranged import (
    ARCHIVE,
    TICKETS,
    answered,
    asked,
    choose,
    page,
    status_of,
    told,
)
from tests.pages import text_of


def test_holding_is_asked_then_done_with_a_reason(tara: Client, acme: Firm, offer: Any) -> None:
    ticket = asked(acme, offer)

    question = tara.get(page(ticket, "hold"))
    without = tara.post(page(ticket, "hold"), {"reason": ""})
    assert "Put this ticket on hold?" in text_of(question)
    assert without.status_code == 200
    assert status_of(acme, ticket) == "IN_PROGRESS"

    tara.post(page(ticket, "hold"), {"reason": "Waits for the budget"})

    assert status_of(acme, ticket) == "ON_HOLD"
    assert "You put the ticket on hold" in text_of(tara.get(page(ticket)))
    assert "Waits for the budget" in text_of(tara.get(page(ticket)))


def test_what_is_held_goes_on_when_it_is_resumed(tara: Client, acme: Firm, offer: Any) -> None:
    ticket = asked(acme, offer)
    tara.post(page(ticket, "hold"), {"reason": "Budget"})

    tara.post(page(ticket, "resume"), {"reason": ""})
    again = tara.post(page(ticket, "resume"), {"reason": ""})

    assert status_of(acme, ticket) == "IN_PROGRESS"
    assert "nothing to resume" in text_of(again)


def test_a_cancelled_ticket_goes_to_the_archive(tara: Client, acme: Firm, offer: Any) -> None:
    ticket = asked(acme, offer, "A chair")

    tara.post(page(ticket, "cancel"), {"reason": "Asked for twice"})

    assert status_of(acme, ticket) == "CANCELLED"
    assert "A chair" in text_of(tara.get(f"{ARCHIVE}?view=cancelled"))
    assert "Archive of tickets" in text_of(tara.get(page(ticket)))


def test_a_ticket_can_be_moved_to_any_step_of_its_workflow_and_to_no_other(
    tara: Client, acme: Firm, offer: Any
) -> None:
    ticket = asked(acme, offer)

    question = tara.get(page(ticket, "move"))
    wrong = tara.post(page(ticket, "move"), {"task_key": "elsewhere", "reason": "Why not"})
    assert "Approve the purchase (it is here now)" in text_of(question)
    assert wrong.status_code == 200

    tara.post(page(ticket, "move"), {"task_key": "order", "reason": "Agreed on the phone"})

    with tenant_context(acme.company):
        assert the_open_task(ticket).task_definition.key == "order"
    words = text_of(tara.get(page(ticket)))
    assert "You moved the ticket to Place the order" in words
    assert "Agreed on the phone" in words


def test_a_closed_ticket_can_be_opened_again(tara: Client, acme: Firm, offer: Any) -> None:
    ticket = answered(acme, asked(acme, offer), decision="no")
    assert "Open it again" in text_of(tara.get(page(ticket)))

    tara.post(page(ticket, "move"), {"task_key": "approve", "reason": "Declined by mistake"})

    assert status_of(acme, ticket) == "IN_PROGRESS"


@pytest.mark.parametrize("internal", [True, False])
def test_a_comment_is_for_everybody_or_for_the_team(
    tara: Client, acme: Firm, offer: Any, internal: bool
) -> None:
    ticket = asked(acme, offer)
    typed = {"text": "It is on its way."} | ({"is_internal": "on"} if internal else {})

    response = tara.post(page(ticket, "comment"), typed)

    assert response["Location"] == page(ticket)
    with tenant_context(acme.company):
        comment = Comment.objects.get(ticket=ticket)
    assert (comment.text, comment.is_internal) == ("It is on its way.", internal)


def test_an_empty_comment_keeps_her_on_the_form(tara: Client, acme: Firm, offer: Any) -> None:
    ticket = asked(acme, offer)

    response = tara.post(page(ticket, "comment"), {"text": "  "})

    assert response.status_code == 200
    assert "Write a comment" in text_of(response)


def test_many_are_asked_about_first_and_then_told_about_honestly(
    tara: Client, acme: Firm, offer: Any
) -> None:
    tickets = [asked(acme, offer, f"Chair {number}") for number in range(3)]
    with tenant_context(acme.company):
        hold_ticket(acme.tara, tickets[0], reason="Held before")

    question = tara.post(TICKETS, choose(tickets, "hold_many"))
    assert "Put 3 tickets on hold?" in text_of(question)
    assert [status_of(acme, t) for t in tickets] == ["ON_HOLD", "IN_PROGRESS", "IN_PROGRESS"]

    without = tara.post(TICKETS, choose(tickets, "hold_many", _apply="1", reason=""))
    assert without.status_code == 200

    done = tara.post(TICKETS, choose(tickets, "hold_many", _apply="1", reason="Inventory"))

    assert {status_of(acme, ticket) for ticket in tickets} == {"ON_HOLD"}
    good, bad = told(done)
    assert good == "2 tickets put on hold."
    assert bad.startswith(f"1 skipped: Ticket #{tickets[0].number}")


def test_all_that_fit_a_filter_can_be_chosen(tara: Client, acme: Firm, offer: Any) -> None:
    chairs = [asked(acme, offer, f"Chair {number}") for number in range(3)]
    lamp = asked(acme, offer, "A lamp")
    sent = choose(chairs[:1], "cancel_many", select_across="1", _apply="1", reason="Sold out")

    response = tara.post(f"{TICKETS}?q=chair", sent)

    assert response["Location"] == f"{TICKETS}?q=chair"
    assert {status_of(acme, ticket) for ticket in chairs} == {"CANCELLED"}
    assert status_of(acme, lamp) == "IN_PROGRESS"


def test_rows_of_another_company_cannot_be_chosen(
    tara: Client, acme: Firm, globex: Firm, offer: Any
) -> None:
    with tenant_context(globex.company):
        theirs = a_ticket(globex, a_workflow(globex, "look"))

    tara.post(TICKETS, choose([theirs], "cancel_many", _apply="1", reason="Mine now"))

    assert status_of(globex, theirs) == "IN_PROGRESS"


def test_a_row_that_is_no_key_is_left_out(tara: Client, acme: Firm, offer: Any) -> None:
    sent = {**choose([], "hold_many"), "_selected_action": ["nonsense", "1"]}

    assert tara.post(TICKETS, sent).status_code == 302


def test_more_than_one_can_wait_for_are_refused(
    tara: Client, acme: Firm, offer: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("admin_site.desk.bulk.MOST_AT_ONCE", 2)
    tickets = [asked(acme, offer) for _ in range(3)]

    response = tara.post(TICKETS, choose(tickets, "hold_many", _apply="1", reason="All"))

    assert told(response) == ["Choose at most 2 at a time. Nothing was changed."]
    assert {status_of(acme, ticket) for ticket in tickets} == {"IN_PROGRESS"}
