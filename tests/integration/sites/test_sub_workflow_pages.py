"""What people see of a workflow inside of another: requester, worker, ticket admin."""

import re
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

import pytest
from django.test import Client

from definitions.models import TicketDefinition
from definitions.services import import_bundle
from operations.models import TaskInstance, TicketError, TicketInstance, WorkflowInstance
from operations.services import complete_task, hold_ticket, move_ticket
from tenants.context import tenant_context
from tenants.models import User
from tests.builders import Firm, a_document, a_ticket, a_workflow
from tests.pages import text_of
from tests.statements import Counted

Statements = Callable[[], AbstractContextManager[Counted]]
INSIDE = {
    "task_type": "SUBWORKFLOW",
    "subworkflow": "checking",
    "title": "Check it",
    "output_schema": None,
}
CHOICE = {"output_schema": {"type": "object", "properties": {"answer": {"type": "string"}}}}


def a_kind(firm: Firm, **inside: Any) -> TicketDefinition:
    """Check it (inside: look, sign), then pay."""
    document = a_document("look ? answer = yes > sign", key="checking", look=CHOICE)
    document["workflows"][0]["fields"] = [
        {"name": "what", "type": "string", "title": "What to check"}
    ]
    import_bundle(firm.boss, document, publish=True)
    given = {"input_transform": {"what": {"$": {"cat": ["The ", {"var": "ticket.subject"}]}}}}
    return a_workflow(firm, "inside > pay", inside={**INSIDE, **given, **inside})


@pytest.fixture
def ticket(acme: Firm) -> TicketInstance:
    """Will is to look, inside of “Check it”."""
    with tenant_context(acme.company):
        return a_ticket(acme, a_kind(acme), "chair")


def as_(client: Client, person: User) -> Client:
    client.force_login(person)
    return client


def page(client: Client, address: str) -> str:
    response = client.get(address)
    assert response.status_code == 200, address
    return text_of(response).replace(" ,", ",")


def the_task(firm: Firm, ticket: TicketInstance, key: str) -> TaskInstance:
    with tenant_context(firm.company):
        return ticket.tasks.filter(task_definition__key=key).latest("id")


def answer(firm: Firm, ticket: TicketInstance, key: str, output: Any) -> None:
    task = the_task(firm, ticket, key)
    with tenant_context(firm.company):
        complete_task(firm.will, task, output)


def test_the_requester_sees_one_step_and_what_happens_inside(
    client: Client, acme: Firm, ticket: TicketInstance
) -> None:
    words = page(as_(client, acme.ann), f"/portal/requests/{ticket.number}/")

    assert "Step 1 of 2: Check it" in words
    assert re.search(r"Check it \S* ?Look: With Will since", words), words
    assert "With Will" in words
    assert "Checking started with Look, with Will" in words


def test_the_requesters_list_names_the_inner_step(
    client: Client, acme: Firm, ticket: TicketInstance
) -> None:
    words = page(as_(client, acme.ann), "/portal/requests/")

    assert "Look" in words and "with Will" in words


def test_the_requester_reads_of_the_end_inside_as_of_any_step(
    client: Client, acme: Firm, ticket: TicketInstance
) -> None:
    answer(acme, ticket, "look", {"answer": "yes"})
    answer(acme, ticket, "sign", {"ok": True})

    words = page(as_(client, acme.ann), f"/portal/requests/{ticket.number}/")

    assert "Step 2 of 2: Pay" in words
    assert "Check it is done" in words and "Moved on to Pay, with Will" in words
    assert "The request is done" not in words


def test_a_worker_inside_sees_what_the_workflow_inside_was_given(
    client: Client, acme: Firm, ticket: TicketInstance
) -> None:
    look = the_task(acme, ticket, "look")

    words = page(as_(client, acme.will), f"/work/tasks/{look.pk}/")

    assert "What to check The chair" in words
    assert "Step 1 of 2 in Checking" in words


def test_a_worker_is_told_that_the_request_goes_on_after_the_last_step_inside(
    client: Client, acme: Firm, ticket: TicketInstance
) -> None:
    will = as_(client, acme.will)
    answer(acme, ticket, "look", {"answer": "yes"})
    sign = the_task(acme, ticket, "sign")
    assert "this part of the request is done" in page(will, f"/work/tasks/{sign.pk}/")

    sent = {"_do": "complete", "_rev": sign.rev, "ok": "true"}
    response = will.post(f"/work/tasks/{sign.pk}/", sent, follow=True)

    assert "goes on to “Pay”, with you" in text_of(response)


def test_the_desk_shows_inner_tasks_with_the_name_of_their_workflow(
    client: Client, acme: Firm, ticket: TicketInstance
) -> None:
    answer(acme, ticket, "look", {"answer": "yes"})

    words = page(as_(client, acme.tara), f"/desk/tickets/{ticket.number}/change/")

    assert re.search(r"Check it \S* ?Sign: with Will since", words), words
    assert "step 1 of 2" in words
    assert re.search(r"Went on from Look to Sign [^.]*· Checking", words), words
    assert "Sign Checking · Will, since" in words
    assert "Checking · Look answered" in words


def test_the_desk_says_where_inside_a_ticket_stopped(
    client: Client, acme: Firm, ticket: TicketInstance
) -> None:
    answer(acme, ticket, "look", {"answer": "maybe"})
    tara = as_(client, acme.tara)
    with tenant_context(acme.company):
        error = TicketError.objects.get(ticket=ticket)

    words = page(tara, f"/desk/tickets/{ticket.number}/change/")
    assert re.search(r"Check it \S* ?at Look, stopped", words), words
    words = page(tara, f"/desk/errors/{error.pk}/change/")
    assert "Checking v1" in words


def test_a_ticket_admin_moves_a_ticket_inside(
    client: Client, acme: Firm, ticket: TicketInstance
) -> None:
    tara = as_(client, acme.tara)
    with tenant_context(acme.company):
        run = WorkflowInstance.objects.get(parent_task__ticket=ticket)
    words = page(tara, f"/desk/tickets/{ticket.pk}/move/")
    assert "Look (it is here now)" in words and "Sign" in words

    sent = {"task_key": f"{run.pk}/sign", "reason": "Looked at already"}
    response = tara.post(f"/desk/tickets/{ticket.pk}/move/", sent, follow=True)

    assert "The ticket was moved." in text_of(response)
    with tenant_context(acme.company):
        live = ticket.tasks.active().values_list("task_definition__key", flat=True)
        assert set(live) == {"inside", "sign"}
        assert WorkflowInstance.objects.get(pk=run.pk).w_status == "IN_PROGRESS"


def test_on_hold_everybody_sees_that(client: Client, acme: Firm, ticket: TicketInstance) -> None:
    with tenant_context(acme.company):
        hold_ticket(acme.tara, ticket, reason="Wait")
    look = the_task(acme, ticket, "look")

    assert "On hold" in page(as_(client, acme.ann), f"/portal/requests/{ticket.number}/")
    assert "The request is on hold" in page(as_(client, acme.will), f"/work/tasks/{look.pk}/")


def test_pages_cost_the_same_however_much_has_happened_inside(
    client: Client, acme: Firm, ticket: TicketInstance, statements: Statements
) -> None:
    places = {
        f"/portal/requests/{ticket.number}/": acme.ann,
        f"/desk/tickets/{ticket.number}/change/": acme.tara,
    }

    def cost() -> dict[str, int]:
        found = {}
        for place, person in places.items():
            as_(client, person).get(place)
            with statements() as counted:
                client.get(place)
            found[place] = counted.total
        return found

    before = cost()
    with tenant_context(acme.company):
        for number in range(5):
            move_ticket(acme.tara, ticket, "inside", reason=f"Once more {number}")
    assert cost() == before
