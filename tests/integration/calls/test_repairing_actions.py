"""A ticket admin repairs a call that failed: again, corrected, skipped, or by another way."""

from collections.abc import Iterator
from typing import Any

import pytest

from operations.errors import AnswersInvalid
from operations.models import TaskAttempt, TicketError, TicketInstance, WorkflowEvent
from operations.services import correctable, move_ticket, retry_error, skip_error
from tenants.context import tenant_context
from tenants.errors import DomainError
from tests.builders import Firm, the_open_task
from tests.integration.calls.test_actions import a_flow, ordered, task_of, work_off
from tests.targets import Target, target


@pytest.fixture
def erp(settings: Any) -> Iterator[Target]:
    settings.ALLOW_LOOPBACK_CALLS = True
    with target() as running:
        yield running


@pytest.fixture(autouse=True)
def _in_acme(acme: Firm) -> Iterator[None]:
    with tenant_context(acme.company):
        yield


def stopped(acme: Firm, erp: Target, path: str = "/status/422", **order: Any) -> TicketError:
    """A ticket whose call has failed for good."""
    ordered(acme, a_flow(acme, action_url=erp.url(path), **order))
    work_off()
    return TicketError.objects.get()


def again(error: TicketError) -> TicketError:
    return TicketError.objects.get(pk=error.pk)


def where(error: TicketError) -> str:
    return str(the_open_task(TicketInstance.objects.get(pk=error.ticket_id)).task_definition.key)


def test_an_error_is_resolved_when_the_call_has_succeeded_and_not_before(acme: Firm, erp: Target):
    error = stopped(acme, erp, "/busy?times=1&status=422")

    retry_error(acme.tara, error, reason="They mended it")
    assert again(error).error_status != "RESOLVED"
    assert again(error).ticket.has_open_error
    work_off()

    assert again(error).error_status == "RESOLVED"
    assert again(error).resolved_by_label == acme.tara.label
    assert not again(error).ticket.has_open_error
    assert where(error) == "check"


def test_a_retry_that_fails_again_leaves_the_error_open_and_counts(acme: Firm, erp: Target):
    error = stopped(acme, erp)

    retry_error(acme.tara, error, reason="Perhaps now")
    work_off()

    assert (again(error).error_status, again(error).attempts) == ("NEW", 2)
    assert task_of(error.ticket).t_status == "ERROR"


def test_after_a_persons_retry_the_rules_for_repeating_start_afresh(acme: Firm, erp: Target):
    retry = [{"errors": ["http.5xx"], "max_attempts": 1, "interval_seconds": 1}]
    kind = a_flow(acme, action_url=erp.url("/status/503"), action={"retry": retry})
    ticket = ordered(acme, kind)
    for _ in range(2):
        work_off()
        wake(ticket)
    retry_error(acme.tara, TicketError.objects.get(), reason="Their system is back")
    for _ in range(2):
        work_off()
        wake(ticket)

    counted = TaskAttempt.objects.order_by("number").values_list("counts", flat=True)
    assert list(counted) == [False, False, True, True]


def wake(ticket: TicketInstance) -> None:
    """The wait before the next attempt is over."""
    task = task_of(ticket)
    if task.wakes_at:
        type(task).objects.filter(pk=task.pk).update(wakes_at=task.created_at)


def test_the_request_is_corrected_within_its_schema(acme: Firm, erp: Target):
    schema = {
        "type": "object",
        "required": ["item"],
        "properties": {"item": {"type": "string", "maxLength": 20}},
        "additionalProperties": False,
    }
    error = stopped(acme, erp, "/busy?times=1&status=422", input_schema=schema)
    found = correctable(error)
    assert found
    assert (found.kind, found.value) == ("request", {"item": "A chair"})

    with pytest.raises(AnswersInvalid):
        retry_error(acme.tara, error, reason="Typo", correction={"item": 7})
    retry_error(acme.tara, error, reason="Typo", correction={"item": "A stool"})
    work_off()

    assert erp.seen[-1].body == b'{"item":"A stool"}'
    told = WorkflowEvent.objects.get(kind="CORRECTED").detail
    assert (told["before"], told["after"]) == ({"item": "A chair"}, {"item": "A stool"})
    assert again(error).error_status == "RESOLVED"


def test_a_step_is_skipped_with_what_came_of_it(acme: Firm, erp: Target):
    schema = {"type": "object", "required": ["no"], "properties": {"no": {"type": "number"}}}
    error = stopped(acme, erp, output_schema=schema)

    with pytest.raises(AnswersInvalid):
        skip_error(acme.tara, error, output={"no": "seven"}, reason="Ordered by phone")
    with pytest.raises(DomainError, match="Say why"):
        skip_error(acme.tara, error, output={"no": 7}, reason=" ")
    skip_error(acme.tara, error, output={"no": 7}, reason="Ordered by phone")

    assert task_of(error.ticket).output_data == {"no": 7}
    assert where(error) == "check"
    assert again(error).error_status == "RESOLVED"
    assert WorkflowEvent.objects.get(kind="SKIPPED").reason == "Ordered by phone"


def test_moving_the_ticket_closes_the_error_and_ends_the_step(acme: Firm, erp: Target):
    error = stopped(acme, erp)

    move_ticket(acme.tara, error.ticket, "check", reason="Ordered by phone")

    assert task_of(error.ticket).t_status == "CANCELLED"
    assert again(error).error_status == "RESOLVED"


def test_a_retry_needs_a_reason(acme: Firm, erp: Target):
    error = stopped(acme, erp)

    with pytest.raises(DomainError, match="Say why"):
        retry_error(acme.tara, error, reason="")
