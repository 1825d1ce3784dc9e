"""What is the database's trouble stops no ticket: the rows still say what is to do."""

import time
from collections.abc import Iterator

import pytest
from django.db import DatabaseError, connection

from operations.actions.guard import guarded
from operations.models import ErrorType, TicketError
from operations.state_manager import WorkflowStateManager
from tenants import context
from tenants.context import company_named, request_context, tenant_context
from tests.builders import Firm, a_ticket, a_workflow

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def impatient(db: None) -> Iterator[None]:
    """A server that lets go of whoever stands still in the middle of a transaction."""
    with connection.cursor() as cursor:
        cursor.execute("SET idle_in_transaction_session_timeout = '100ms'")
    yield
    connection.close()


def frozen() -> bool:
    time.sleep(0.4)
    return True


def test_a_frozen_call_that_thaws_too_late_leaves_no_error(acme: Firm, impatient: None):
    told: list[str] = []

    with company_named(acme.company.pk):
        assert guarded(frozen, or_else=told.append) is False

    assert told == []


def test_a_frozen_decision_that_thaws_too_late_leaves_no_error(acme: Firm, impatient: None):
    with tenant_context(acme.company):
        ticket = a_ticket(acme, a_workflow(acme))
    manager = WorkflowStateManager(ticket_id=ticket.pk)

    with company_named(acme.company.pk):
        assert manager._guarded(frozen, ErrorType.WORKFLOW_CREATION, task_id=None) is False

    with tenant_context(acme.company):
        assert not TicketError.objects.exists()


def test_a_frozen_request_lets_go_of_what_it_has_locked(acme: Firm, monkeypatch):
    monkeypatch.setattr(context, "FROZEN_AFTER", "100ms")

    def request_that_freezes() -> None:
        with request_context(str(acme.company.pk)):
            frozen()
            TicketError.objects.exists()

    with pytest.raises(DatabaseError):
        request_that_freezes()
    connection.close()


def test_a_script_may_take_its_time(acme: Firm):
    with tenant_context(acme.company), connection.cursor() as cursor:
        cursor.execute("SHOW idle_in_transaction_session_timeout")
        assert cursor.fetchone() == ("0",)
