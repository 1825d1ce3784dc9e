"""Where a request is, in the words that its requester reads."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest

from admin_site.tracker import Journey, journey
from definitions.graph import Edge
from definitions.models import TaskDefinition
from operations.models import TaskInstance, TicketInstance, WorkflowInstance
from tenants.models import User
from tests.unit.drawings import SPLIT, drawn

START = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
COMPANY = uuid4()
ANN = User(company_id=COMPANY, first_name="Ann", last_name="Of-Acme")
WILL = User(company_id=COMPANY, first_name="Will", last_name="Of-Acme")


def a_ticket(status: str = "IN_PROGRESS", **more: Any) -> TicketInstance:
    run = WorkflowInstance(company_id=COMPANY, w_status=status, held_at=START)
    return TicketInstance(
        company_id=COMPANY, number=1, title="A chair", workflow=run, created_at=START,
        created_by=ANN, **more,
    )  # fmt: skip


def a_visit(number: int, key: str, status: str = "OPEN", who: User | None = WILL) -> TaskInstance:
    definition = TaskDefinition(company_id=COMPANY, key=key, title=key.title())
    done = status == "COMPLETED"
    return TaskInstance(
        company_id=COMPANY, task_definition=definition, sequence=number, t_status=status,
        created_at=START, assigned_to=who, completed_by=who if done else None,
        completed_at=START + timedelta(hours=number) if done else None,
    )  # fmt: skip


def of(ticket: TicketInstance, graph: Any, *visits: TaskInstance) -> Journey:
    return journey(ticket, graph, visits, ANN)


LINE = drawn("> a > b > c >")


def test_two_branches_are_two_places():
    graph = drawn("> a > b > d >", Edge("a", "c"), "c > d", a=SPLIT)

    found = of(a_ticket(), graph, a_visit(1, "a", "COMPLETED"), a_visit(2, "b"), a_visit(3, "c"))

    assert found.heading == "Steps 2 and 3 of 4: B and C"
    assert [step.state for step in found.steps] == ["done", "now", "now", "todo"]


def test_what_is_with_the_reader_says_you():
    found = of(a_ticket(), LINE, a_visit(1, "a", "IN_PROGRESS", ANN))

    assert found.status is not None
    assert found.status.word == "With you"
    assert found.steps[0].meta.startswith("You work on it since")


def test_a_ticket_without_its_workflow_is_on_its_way():
    ticket = a_ticket()
    ticket.workflow = None

    found = of(ticket, LINE)

    assert found.heading == "On its way"
    assert [step.title for step in found.steps] == ["a", "b", "c"]


def test_between_two_steps_nobody_is_named():
    found = of(a_ticket(), LINE, a_visit(1, "a", "COMPLETED"))

    assert found.heading == "On its way"
    assert [step.state for step in found.steps] == ["done", "todo", "todo"]


def test_on_hold_nobody_is_said_to_work_on_it():
    found = of(a_ticket("ON_HOLD"), LINE, a_visit(1, "a"))

    assert (found.heading, found.steps[0].meta) == ("Step 1 of 3: A", "On hold")


@pytest.mark.parametrize("at", [0, 1, 5, 11])
def test_a_long_way_is_folded_around_the_present_step(at: int):
    keys = [f"s{number}" for number in range(12)]
    graph = drawn("> " + " > ".join(keys) + " >")
    visits = [a_visit(n, key, "COMPLETED") for n, key in enumerate(keys[:at])]

    found = of(a_ticket(), graph, *visits, a_visit(at, keys[at]))

    assert len(found.steps) == 12
    assert len(found.shown) <= 6
    now = next(step for step in found.shown if step.state == "now")
    assert now.mark == str(at + 1)
    counted = sum(
        int(step.title.split()[0]) if "step" in step.title and step.title[0].isdigit() else 1
        for step in found.shown
    )
    assert counted == 12
