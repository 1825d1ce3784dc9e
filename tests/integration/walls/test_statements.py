"""How many statements the server gets: pinned here, and flat whatever grows."""

import pytest

from definitions.models import TicketDefinition
from operations.models import TicketInstance
from operations.services import complete_task, submit_ticket
from tenants.context import tenant_context
from tenants.models import User
from tenants.services import add_user
from tests.builders import PASSWORD, Firm, a_ticket, a_workflow, the_open_task

MOST = 12

# Real transactions: BEGIN and COMMIT count, as they do in production.
pytestmark = pytest.mark.django_db(transaction=True)


def as_signed_in(person: User) -> User:
    """As a request has the person: roles in hand."""
    assert person.company_id
    with tenant_context(person.company_id):
        return User.objects.with_roles().get(pk=person.pk)


def counted_submit(firm: Firm, kind: TicketDefinition, statements) -> int:
    ann = as_signed_in(firm.ann)
    with statements() as counted, tenant_context(firm.company):
        submit_ticket(ann, kind, {"subject": "A chair"})
    assert counted.total <= MOST, counted
    return int(counted.total)


def counted_complete(firm: Firm, ticket: TicketInstance, statements) -> int:
    with tenant_context(firm.company):
        task = the_open_task(ticket)
    will = as_signed_in(firm.will)
    with statements() as counted, tenant_context(firm.company):
        complete_task(will, task, {"ok": True})
    assert counted.total <= MOST, counted
    return int(counted.total)


@pytest.fixture
def kind(acme: Firm) -> TicketDefinition:
    with tenant_context(acme.company):
        kind = a_workflow(acme, "ask > check > ask2 > check2")
        a_ticket(acme, kind)  # the graph of the version is read once per process
        return kind


def test_submit_and_complete_keep_to_their_budget(acme: Firm, kind, statements):
    submitted = counted_submit(acme, kind, statements)
    with tenant_context(acme.company):
        ticket = a_ticket(acme, kind)
    completed = [counted_complete(acme, ticket, statements) for _ in range(4)]

    assert max(submitted, *completed) <= MOST


def test_statements_do_not_grow_with_workers_tickets_or_history(acme: Firm, kind, statements):
    with tenant_context(acme.company):
        ticket = a_ticket(acme, kind)
    before = counted_submit(acme, kind, statements), counted_complete(acme, ticket, statements)

    with tenant_context(acme.company):
        for number in range(5):
            add_user(
                acme.boss,
                email=f"w{number}@acme.example",
                first_name="W",
                last_name=str(number),
                password=PASSWORD,
                roles=["task_worker"],
            )
        for _ in range(10):
            a_ticket(acme, kind)

    assert (
        counted_submit(acme, kind, statements),
        counted_complete(acme, ticket, statements),
    ) == before


def test_statements_do_not_grow_with_fields_or_tasks(acme: Firm, kind, statements):
    before = counted_submit(acme, kind, statements)
    with tenant_context(acme.company):
        fields = {f"field{n}": {"type": "string"} for n in range(60)}
        schema = {
            "type": "object",
            "required": ["ok"],
            "properties": {"ok": {"type": "boolean"}, **fields},
        }
        long = a_workflow(
            acme, " > ".join(f"t{n}" for n in range(30)), key="long", t0={"output_schema": schema}
        )
        ticket = a_ticket(acme, long)

    assert counted_submit(acme, long, statements) == before
    assert counted_complete(acme, ticket, statements) <= MOST
