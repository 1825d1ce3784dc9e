"""Several people at once, in real transactions: nobody is counted twice, nothing happens twice."""

from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from functools import partial
from threading import Barrier
from time import sleep
from typing import Any

import pytest
from django.db import connection

from admin_site.desk.bulk import each
from operations.errors import TaskMoved
from operations.models import TaskInstance, TicketError, TicketInstance, WorkerLoad
from operations.services import cancel_ticket, complete_task, reassign_task, submit_ticket
from operations.state_manager import WorkflowStateManager
from operations.sweeper import sweep
from tenants.context import tenant_context
from tenants.errors import DomainError
from tenants.models import User
from tenants.services import add_user
from tests.builders import (
    PASSWORD,
    Firm,
    a_ticket,
    a_workflow,
    kill_before_the_engine,
    the_open_task,
)

pytestmark = pytest.mark.django_db(transaction=True)


def at_once(firm: Firm, *works: Callable[[], object]) -> list[Any]:
    """Run each in its own thread and transaction, all let go together; a refusal is its outcome."""
    gate = Barrier(len(works))

    def one(work: Callable[[], object]) -> Any:
        try:
            gate.wait()
            with tenant_context(firm.company):
                return work()
        except DomainError as refused:
            return refused
        finally:
            connection.close()

    with ThreadPoolExecutor(len(works)) as pool:
        return list(pool.map(one, works))


def wait_until_somebody_waits_for_a_lock() -> None:
    for _ in range(200):
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_stat_clear_snapshot()")  # else a transaction sees it once
            cursor.execute(
                "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' "
                "AND datname = current_database()"
            )
            if cursor.fetchone() != (0,):
                return
        sleep(0.02)
    raise AssertionError("Nobody came to wait for a lock.")


def a_worker(firm: Firm, name: str) -> User:
    return add_user(
        firm.boss,
        email=f"{name}@acme.example",
        first_name=name.title(),
        last_name="Worker",
        password=PASSWORD,
        roles=["task_worker"],
    )


def test_tickets_of_the_same_instant_never_count_the_same_free_place(acme: Firm):
    with tenant_context(acme.company):
        kind = a_workflow(acme, "ask")
        User.objects.filter(pk=acme.will.pk).update(open_task_limit=2)
        for number in range(3):
            worker = a_worker(acme, f"w{number}")
            User.objects.filter(pk=worker.pk).update(open_task_limit=2)

    def submit() -> TicketInstance:
        return submit_ticket(acme.ann, kind, {"subject": "x"})

    tickets = [ticket for _ in range(3) for ticket in at_once(acme, submit, submit, submit, submit)]

    with tenant_context(acme.company):
        load = Counter(
            TaskInstance.objects.filter(t_status="OPEN").values_list("assigned_to", flat=True)
        )
        assert sorted(load.values()) == [2, 2, 2, 2]
        assert TaskInstance.objects.filter(t_status="PENDING", assigned_to=None).count() == 4
        counted = dict(WorkerLoad.objects.values_list("user", "open_tasks"))
        assert {person: n for person, n in counted.items() if n} == dict(load)
        assert len({ticket.number for ticket in tickets}) == 12


def test_a_task_completed_twice_at_once_is_completed_once(acme: Firm):
    with tenant_context(acme.company):
        kind = a_workflow(acme, "ask > check")
    for _ in range(5):
        with tenant_context(acme.company):
            ticket = a_ticket(acme, kind)
            task = the_open_task(ticket)

        def complete(task: TaskInstance = task) -> str:
            complete_task(acme.will, task, {"ok": True})
            return "completed"

        outcomes = at_once(acme, complete, complete, complete)

        with tenant_context(acme.company):
            assert outcomes.count("completed") == 1
            assert sum(isinstance(outcome, TaskMoved) for outcome in outcomes) == 2
            assert ticket.tasks.count() == 2
            assert ticket.events.filter(kind="TASK_COMPLETED").count() == 1


def test_completing_and_cancelling_at_once_leave_one_winner_and_no_open_task(acme: Firm):
    with tenant_context(acme.company):
        kind = a_workflow(acme, "ask > check")
    for _ in range(5):
        with tenant_context(acme.company):
            ticket = a_ticket(acme, kind)
            task = the_open_task(ticket)

        at_once(
            acme,
            partial(complete_task, acme.will, task, {"ok": True}),
            partial(cancel_ticket, acme.tara, ticket, reason="Not needed"),
        )

        with tenant_context(acme.company):
            assert (
                TicketInstance.objects.select_related("workflow").get(pk=ticket.pk).w_status
                == "CANCELLED"
            )
            assert not ticket.tasks.active().exists()


def test_two_tasks_change_hands_crosswise_at_once(acme: Firm):
    with tenant_context(acme.company):
        kind = a_workflow(acme, "ask")
        walter = a_worker(acme, "walter")
        with_will, with_walter = (
            the_open_task(a_ticket(acme, kind)),
            the_open_task(a_ticket(acme, kind)),
        )
        assert (with_will.assigned_to, with_walter.assigned_to) == (acme.will, walter)

    for one, other in [(walter, acme.will), (acme.will, walter)] * 5:
        at_once(
            acme,
            partial(reassign_task, acme.tara, with_will, one),
            partial(reassign_task, acme.boss, with_walter, other),
        )

    with tenant_context(acme.company):
        loads = dict(WorkerLoad.objects.values_list("user", "open_tasks"))
        assert (loads[acme.will.pk], loads[walter.pk]) == (1, 1)


def test_many_tickets_are_cancelled_while_their_tasks_are_completed(acme: Firm):
    with tenant_context(acme.company):
        kind = a_workflow(acme, "ask > check")
        tickets = [a_ticket(acme, kind) for _ in range(8)]
        tasks = [the_open_task(ticket) for ticket in tickets]

    at_once(
        acme,
        lambda: each(tickets, lambda ticket: cancel_ticket(acme.tara, ticket, reason="No")),
        *(partial(complete_task, acme.will, task, {"ok": True}) for task in tasks[-4:]),
    )

    with tenant_context(acme.company):
        assert not TaskInstance.objects.active().exists()
        assert TicketInstance.objects.archived().count() == len(tickets)


def test_a_request_withdrawn_while_it_starts_is_not_closed_with_work_left_open(acme: Firm):
    with tenant_context(acme.company), pytest.MonkeyPatch.context() as killed:
        kind = a_workflow(acme, "ask")
        kill_before_the_engine(killed)
        ticket = submit_ticket(acme.ann, kind, {"subject": "x"})

    with ThreadPoolExecutor(1) as pool:
        with tenant_context(acme.company):
            WorkflowStateManager(ticket_id=ticket.pk).start()
            outcome = pool.submit(
                at_once, acme, partial(cancel_ticket, acme.ann, ticket, reason="Found one")
            )
            wait_until_somebody_waits_for_a_lock()
        (refusal,) = outcome.result()

    assert "has started just now" in refusal.message
    with tenant_context(acme.company):
        again = TicketInstance.objects.select_related("workflow").get(pk=ticket.pk)
        assert (again.closed_at, again.w_status) == (None, "IN_PROGRESS")


def test_two_tries_that_fail_at_once_are_one_error(acme: Firm):
    with tenant_context(acme.company), pytest.MonkeyPatch.context() as killed:
        kind = a_workflow(acme, "ask ? ok = true > check")
        ticket = a_ticket(acme, kind)
        kill_before_the_engine(killed)
        task = the_open_task(ticket)
        complete_task(acme.will, task, {"ok": False})

    def route() -> bool:
        return WorkflowStateManager(instance_id=ticket.workflow_id).route(task.pk)

    assert at_once(acme, route, route, route) == [False, False, False]

    with tenant_context(acme.company):
        assert TicketError.objects.get(ticket=ticket).attempts == 3


def test_two_sweepers_and_the_person_do_each_thing_once(
    acme: Firm, monkeypatch: pytest.MonkeyPatch
):
    with tenant_context(acme.company):
        kind = a_workflow(acme, "ask > check")
        with monkeypatch.context() as killed:
            kill_before_the_engine(killed)
            tickets = [submit_ticket(acme.ann, kind, {"subject": str(n)}) for n in range(6)]

    gate = Barrier(2)

    def sweep_once(_: int) -> int:
        gate.wait()
        try:
            return sweep(grace=timedelta(0))["start"]
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as pool:
        started = sum(pool.map(sweep_once, range(2)))

    with tenant_context(acme.company):
        assert started == 6
        assert [ticket.tasks.count() for ticket in tickets] == [1] * 6
