"""A ticket and what runs inside of it, touched by many at once, in real transactions."""

from collections import Counter
from collections.abc import Callable
from functools import partial

import pytest

from definitions.models import TicketDefinition
from definitions.services import import_bundle
from operations import work
from operations.models import TaskInstance, TicketInstance, WorkerLoad, WorkflowEvent
from operations.models import WorkflowInstance as Run
from operations.services import (
    cancel_ticket,
    complete_task,
    hold_ticket,
    move_ticket,
    reassign_task,
    resume_ticket,
)
from operations.store import due_work
from tenants.context import tenant_context
from tenants.models import User
from tests.builders import Firm, a_document, a_ticket, a_workflow
from tests.integration.engine.test_at_the_same_instant import a_worker, at_once

pytestmark = pytest.mark.django_db(transaction=True)

ROUNDS = 8
INSIDE = {"task_type": "SUBWORKFLOW", "subworkflow": "checking", "output_schema": None}


@pytest.fixture
def kind(acme: Firm) -> TicketDefinition:
    """Two workflows inside and a step of its own, all at once, and a step for when all are done."""
    with tenant_context(acme.company):
        a_workflow(acme, "look > sign", key="checking")
        document = a_document("begin > left > meet", left=INSIDE, right=INSIDE)
        (flow,) = document["workflows"]
        step = {"task_type": "FORM", "output_schema": flow["tasks"][0]["output_schema"]}
        flow["tasks"] = [
            {"key": "begin", "split": "ALL", **step},
            {"key": "left", **INSIDE},
            {"key": "right", **INSIDE},
            {"key": "pay", **step},
            {"key": "meet", "join": "ALL", **step},
        ]
        ways = [("begin", "left"), ("begin", "right"), ("begin", "pay")]
        ways += [("left", "meet"), ("right", "meet"), ("pay", "meet")]
        flow["transitions"] = [{"to": "begin"}, {"from": "meet", "to": None}]
        flow["transitions"] += [{"from": source, "to": target} for source, target in ways]
        import_bundle(acme.boss, document, publish=True)
        return TicketDefinition.objects.get(key="flow-request")


def a_branched_ticket(firm: Firm, kind: TicketDefinition) -> TicketInstance:
    ticket = a_ticket(firm, kind)
    complete_task(firm.boss, ticket.tasks.get(), {"ok": True})
    return ticket


def the_run(ticket: TicketInstance, task: str) -> Run:
    return Run.objects.get(
        parent_task__ticket=ticket, parent_task__task_definition__key=task, w_status="IN_PROGRESS"
    )


def live(ticket: TicketInstance) -> list[str]:
    return sorted(ticket.tasks.active().values_list("task_definition__key", flat=True))


def do_what_is_due() -> None:
    for due in due_work():
        if due.kind != "nobody":
            work.do(due.kind, due.row_id)


def must_be_whole(ticket: TicketInstance) -> None:
    """Nothing half done: what every moment of every ticket has to look like."""
    root = Run.objects.get(tickets=ticket)
    for run in Run.objects.filter(root=root).select_related("parent_task"):
        if run.parent_task and run.w_status in ("IN_PROGRESS", "ON_HOLD"):
            assert run.parent_task.t_status == "PENDING"
            assert (run.w_status, run.held_at) == (root.w_status, root.held_at)
        if run.w_status in ("COMPLETED", "CANCELLED"):
            assert not run.tasks.active().exists()
        assert run.tasks.count() == run.last_task_sequence
    numbers = WorkflowEvent.objects.filter(ticket=ticket).order_by("sequence")
    assert list(numbers.values_list("sequence", flat=True)) == [*range(1, len(numbers) + 1)]
    open_tasks = TaskInstance.objects.filter(t_status__in=("OPEN", "IN_PROGRESS"))
    counted = Counter(open_tasks.values_list("assigned_to", flat=True))
    kept = WorkerLoad.objects.exclude(open_tasks=0).values_list("user", "open_tasks")
    assert dict(kept) == dict(counted)


def test_eight_hands_on_a_ticket_and_inside_of_it_never_wait_for_each_other_in_a_circle(
    acme: Firm, kind: TicketDefinition, caplog: pytest.LogCaptureFixture
) -> None:
    walter = a_worker_in(acme)
    for number in range(ROUNDS):
        with tenant_context(acme.company):
            ticket = a_branched_ticket(acme, kind)
            ticket = TicketInstance.objects.select_related("workflow").get(pk=ticket.pk)
            left, right = the_run(ticket, "left"), the_run(ticket, "right")
            in_left, in_right = left.tasks.get(), right.tasks.get()
            pay = ticket.tasks.get(task_definition__key="pay")
        last: Callable[[], object] = [
            partial(cancel_ticket, acme.tara, ticket, reason="Not needed"),
            partial(move_ticket, acme.tara, ticket, "left", reason="Once more"),
        ][number % 2]

        outcomes = at_once(
            acme,
            partial(complete_task, acme.boss, in_left, {"ok": True}),
            partial(complete_task, acme.boss, in_right, {"ok": True}),
            partial(complete_task, acme.boss, pay, {"ok": True}),
            partial(reassign_task, acme.tara, in_left, walter),
            partial(move_ticket, acme.tara, ticket, "sign", reason="Seen", run=right),
            partial(hold_ticket, acme.tara, ticket, reason="Wait"),
            partial(resume_ticket, acme.tara, ticket),
            last,
        )

        assert len(outcomes) == 8
        with tenant_context(acme.company):
            do_what_is_due()
            must_be_whole(ticket)
    assert "deadlock" not in caplog.text and "come back" not in caplog.text


def a_worker_in(firm: Firm) -> User:
    with tenant_context(firm.company):
        return a_worker(firm, "walter")


def test_the_last_steps_of_two_workflows_inside_at_once_meet_once(
    acme: Firm, kind: TicketDefinition
) -> None:
    for _ in range(ROUNDS):
        with tenant_context(acme.company):
            ticket = a_branched_ticket(acme, kind)
            complete_task(acme.boss, ticket.tasks.get(task_definition__key="pay"), {"ok": True})
            runs = [the_run(ticket, "left"), the_run(ticket, "right")]
            for run in runs:
                complete_task(acme.boss, run.tasks.get(), {"ok": True})
            last = [run.tasks.active().get() for run in runs]

        at_once(acme, *(partial(complete_task, acme.boss, task, {"ok": True}) for task in last))

        with tenant_context(acme.company):
            assert live(ticket) == ["meet"]
            assert ticket.tasks.filter(task_definition__key="meet").count() == 1
            must_be_whole(TicketInstance.objects.select_related("workflow").get(pk=ticket.pk))


def test_whoever_comes_second_begins_nothing_and_finishes_nothing(
    acme: Firm, kind: TicketDefinition, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("operations.state_manager.MOST_IN_A_ROW", 0)
    for _ in range(ROUNDS):
        with tenant_context(acme.company):
            ticket = a_branched_ticket(acme, kind)
            assert live(ticket) == ["left", "pay", "right"]

        at_once(acme, *[do_what_is_due] * 4)

        with tenant_context(acme.company):
            assert live(ticket) == ["left", "look", "look", "pay", "right"]
            for key in ("look", "sign"):
                for task in ticket.tasks.active().filter(task_definition__key=key):
                    complete_task(acme.boss, task, {"ok": True})
            assert live(ticket) == ["left", "pay", "right"]

        at_once(acme, *[do_what_is_due] * 4)
        at_once(acme, *[do_what_is_due] * 4)

        with tenant_context(acme.company):
            assert live(ticket) == ["pay"]
            done = ticket.events.filter(kind="TASK_COMPLETED", to_key__in=("left", "right"))
            assert done.count() == 2
            must_be_whole(TicketInstance.objects.select_related("workflow").get(pk=ticket.pk))
