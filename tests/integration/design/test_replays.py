"""Before Flo publishes a change she sees which tickets would have gone differently."""

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from typing import Any

import pytest
from django.test import Client

from definitions.graphs import graph_for
from definitions.models import TicketDefinition
from definitions.services import import_bundle
from operations.models import TicketInstance
from operations.replays import Replay, replay
from operations.services import complete_task, move_ticket
from tenants.context import tenant_context
from tenants.errors import NotAllowed
from tenants.models import User
from tenants.services import change_person
from tests.builders import Firm, a_document, a_ticket, a_workflow, the_open_task, the_workflow
from tests.statements import Counted

pytestmark = pytest.mark.django_db

DRAWING = "check > pay; check ? ok = false > end"


def asked_and_answered(firm: Firm, kind: TicketDefinition, *answers: bool) -> TicketInstance:
    """Ann asks, Will answers each task in turn."""
    ticket = a_ticket(firm, kind, f"Chair {answers}")
    for answer in answers:
        complete_task(firm.will, the_open_task(ticket), {"ok": answer})
    return ticket


def changed(firm: Firm, drawing: str, **tasks: Any) -> None:
    import_bundle(firm.boss, a_document(drawing, **tasks))


def replayed(firm: Firm, person: str = "boss", **more: Any) -> Replay:
    draft, actor = the_workflow(), User.objects.get(pk=getattr(firm, person).pk)
    return replay(actor, draft, graph_for(draft.pk).graph, **more)


@pytest.fixture
def kind(acme: Firm) -> TicketDefinition:
    with tenant_context(acme.company):
        return a_workflow(acme, DRAWING)


def test_a_draft_that_says_the_same_changes_nothing(acme: Firm, kind: TicketDefinition) -> None:
    with tenant_context(acme.company):
        asked_and_answered(acme, kind, True, True)
        asked_and_answered(acme, kind, False)
        asked_and_answered(acme, kind)  # under way
        changed(acme, DRAWING, pay={"title": "Pay it"})

        found = replayed(acme)

    assert (found.tried, found.same, found.by_hand) == (3, 3, 0)


def test_a_changed_condition_names_the_tickets_and_what_decided(
    acme: Firm, kind: TicketDefinition
) -> None:
    with tenant_context(acme.company):
        asked_and_answered(acme, kind, True, True)
        declined = asked_and_answered(acme, kind, False)
        changed(acme, "check > pay; check ? ok = false > pay")

        found = replayed(acme)

    (one,) = found.differing
    assert one.number == declined.number
    assert one.title == declined.title
    assert one.difference.where == "“Check”"
    assert one.difference.what == "it would also go to “Pay”"
    assert one.because == "All right is no"


def test_a_task_put_in_between_is_told_with_what_it_stands_before(
    acme: Firm, kind: TicketDefinition
) -> None:
    with tenant_context(acme.company):
        asked_and_answered(acme, kind, True, True)
        changed(acme, "check > vet > pay; check ? ok = false > end")

        (one,) = replayed(acme).differing

    assert one.difference.what == "it would go to “Vet” instead of to “Pay”"


def test_a_task_taken_away_is_told(acme: Firm, kind: TicketDefinition) -> None:
    with tenant_context(acme.company):
        asked_and_answered(acme, kind, True, True)
        changed(acme, "check")

        (one,) = replayed(acme).differing

    assert one.difference.where == "“Check”"
    assert one.difference.what == "it would go on without coming to “pay”"


def test_an_answer_that_the_new_form_refuses_would_stop_there(
    acme: Firm, kind: TicketDefinition
) -> None:
    form = {
        "type": "object",
        "required": ["ok", "note"],
        "properties": {"ok": {"type": "boolean"}, "note": {"type": "string", "title": "Note"}},
    }
    with tenant_context(acme.company):
        asked_and_answered(acme, kind, False)
        changed(acme, DRAWING, check={"output_schema": form})

        (one,) = replayed(acme).differing

    assert one.difference.stops
    assert one.difference.where == "“Check”"
    assert "does not fit its form" in one.because


def test_a_ticket_that_was_moved_by_hand_is_counted_apart(
    acme: Firm, kind: TicketDefinition
) -> None:
    with tenant_context(acme.company):
        ticket = asked_and_answered(acme, kind)
        move_ticket(acme.tara, ticket, "pay", reason="In a hurry.")
        changed(acme, "check")

        found = replayed(acme)

    assert (found.tried, found.by_hand, found.differing) == (0, 1, [])


@pytest.mark.parametrize("others", [(), ("user",), ("user", "task_worker")])
def test_whoever_does_not_see_every_ticket_reads_no_name_and_no_value(
    acme: Firm, kind: TicketDefinition, others: Sequence[str]
) -> None:
    with tenant_context(acme.company):
        change_person(acme.boss, acme.flo, roles=["workflow_creator", *others])
        asked_and_answered(acme, kind, False)
        changed(acme, "check > pay; check ? ok = false > pay")

        (one,) = replayed(acme, "flo").differing

    assert one.title == ""
    assert one.because == "All right"


def test_only_the_last_are_asked_for(acme: Firm, kind: TicketDefinition) -> None:
    with tenant_context(acme.company):
        for _ in range(3):
            asked_and_answered(acme, kind, True)

        assert replayed(acme, last=2).tried == 2


def test_whoever_designs_nothing_replays_nothing(acme: Firm, kind: TicketDefinition) -> None:
    with tenant_context(acme.company), pytest.raises(NotAllowed):
        replayed(acme, "ann")


def test_replaying_reads_as_often_for_many_tickets_and_writes_nothing(
    acme: Firm,
    kind: TicketDefinition,
    client: Client,
    statements: Callable[[], AbstractContextManager[Counted]],
) -> None:
    with tenant_context(acme.company):
        asked_and_answered(acme, kind, False)
        changed(acme, "check > pay; check ? ok = false > pay")
        address = f"/design/workflows/{the_workflow().pk}/replay/"
    client.force_login(acme.flo)
    client.get(address)
    with statements() as few:
        client.get(address)
    with tenant_context(acme.company):
        for number in range(8):
            asked_and_answered(acme, kind, number % 2 == 0)

    with statements() as many:
        page = client.get(address).content.decode()

    assert few.total == many.total, many
    assert many.total <= 17, many
    assert not [line for line in many.lines if line.upper().startswith(("INSERT", "UPDATE", "DEL"))]
    assert "5 of 9 tickets" in page
    assert "would have gone differently" in page
    assert "Chair (" not in page


def test_another_companys_tickets_are_not_replayed(
    acme: Firm, globex: Firm, kind: TicketDefinition
) -> None:
    with tenant_context(globex.company):
        theirs = a_workflow(globex, DRAWING)
        asked_and_answered(globex, theirs, True)
    with tenant_context(acme.company):
        assert replayed(acme).tried == 0
