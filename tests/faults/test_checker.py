"""The checker sees what it is there to see: each kind of loss and doubling, planted."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.db.models import F

from operations.models import (
    TaskInstance,
    TicketError,
    TicketInstance,
    WorkerLoad,
    WorkflowEvent,
)
from operations.services import complete_task, submit_ticket
from tenants.context import tenant_context
from tests.builders import Firm, a_workflow, the_open_task
from tests.faults.checker import Findings, check
from tests.faults.people import Journal
from tests.faults.story import NOTE
from tests.faults.systems import Books

SUBJECT = "Ann wants a chair"


@pytest.fixture(autouse=True)
def _in_acme(acme: Firm) -> Iterator[None]:
    with tenant_context(acme.company):
        yield


@pytest.fixture
def ticket(acme: Firm) -> TicketInstance:
    """At its second step; the first one was answered."""
    kind = a_workflow(acme, "ask > meet", ask={"output_schema": NOTE}, meet={"output_schema": NOTE})
    ticket = submit_ticket(acme.ann, kind, {"subject": SUBJECT})
    complete_task(acme.will, the_open_task(ticket), {"note": "will 1"})
    return TicketInstance.objects.get(pk=ticket.pk)


@pytest.fixture
def journal(ticket: TicketInstance) -> Journal:
    """What Ann and Will know of it."""
    journal = Journal(sent={SUBJECT}, tickets={SUBJECT: ticket.number})
    task = str(TaskInstance.objects.get(task_definition__key="ask").pk)
    journal.notes[task] = "will 1"
    journal.tried[task].add("will 1")
    return journal


def found(journal: Journal, books: Books | None = None) -> Findings:
    return check(journal, books or Books())


def one_stuck_at(findings: Findings, place: str) -> bool:
    return [place in words for words in findings.stuck] == [True]


def test_a_ticket_on_its_way_is_neither_lost_nor_doubled_but_stuck(journal: Journal):
    findings = found(journal)

    assert (findings.lost, findings.doubled) == ([], [])
    assert one_stuck_at(findings, "meet OPEN")


def test_a_ticket_that_says_why_it_stopped_is_no_violation(
    journal: Journal, ticket: TicketInstance
):
    TicketError.objects.create(
        ticket=ticket, error_type="TASK_UPDATE", code="lost_lease", message="The worker stopped."
    )

    findings = found(journal)

    assert findings.is_well
    assert findings.incidents == {"lost_lease": 1} == findings.errors


def test_an_acknowledged_ticket_that_is_not_there_is_lost(journal: Journal):
    journal.tickets["Ann wants a desk"] = 4711

    assert "#4711" in found(journal).lost[0]


def test_two_tickets_of_one_submission_are_seen(
    acme: Firm, journal: Journal, ticket: TicketInstance
):
    submit_ticket(acme.ann, ticket.ticket_type, {"subject": SUBJECT})

    assert "one submission became" in found(journal).doubled[0]


def test_an_answer_that_became_another_one_is_lost(journal: Journal):
    TaskInstance.objects.filter(task_definition__key="ask").update(output_data={"note": "other"})

    findings = found(journal)

    assert "'will 1'" in findings.lost[0]
    assert "nobody answered ask" in findings.doubled[0]


def test_a_step_that_started_twice_is_seen(journal: Journal):
    task: Any = TaskInstance.objects.get(task_definition__key="meet")
    task.pk, task.sequence = None, 9
    task._state.adding = True
    task.save()

    assert "came to meet 2 times" in found(journal).doubled[0]


def test_a_line_of_history_that_is_told_twice_is_seen(journal: Journal):
    line: Any = WorkflowEvent.objects.get(kind="ROUTED")
    line.pk, line.sequence = None, line.sequence + 100
    line._state.adding = True
    line.save()

    told = " ".join(found(journal).doubled)

    assert "tells ROUTED" in told
    assert "has a gap" in told


def test_a_wrong_count_of_tasks_is_seen(journal: Journal):
    WorkerLoad.objects.update(open_tasks=F("open_tasks") + 1)

    assert "tasks are counted" in found(journal).doubled[0]


def test_a_call_with_another_body_and_one_for_no_task_are_seen(journal: Journal):
    books = Books()
    books.asked["/order"]["some-key"] += [b"1", b"2"]

    doubled = found(journal, books).doubled

    assert "no such task" in doubled[0]
    assert "different bodies" in doubled[1]


def test_a_callback_that_was_acknowledged_and_is_not_there_is_lost(journal: Journal):
    books = Books()
    books.taken["some-key"] = 1

    assert "not kept" in found(journal, books).lost[0]
