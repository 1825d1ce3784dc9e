"""Several people at once, in real transactions: nobody is counted twice, nothing happens twice."""

from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from functools import partial
from threading import Barrier
from typing import Any

import pytest
from django.db import connection

from operations.errors import TaskMoved
from operations.models import TaskInstance, TicketInstance, WorkerLoad
from operations.services import cancel_ticket, complete_task, submit_ticket
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


def test_tickets_of_the_same_instant_never_count_the_same_free_place(acme: Firm):
    with tenant_context(acme.company):
        kind = a_workflow(acme, "ask")
        User.objects.filter(pk=acme.will.pk).update(open_task_limit=2)
        for number in range(3):
            worker = add_user(
                acme.boss,
                email=f"w{number}@acme.example",
                first_name="W",
                last_name=str(number),
                password=PASSWORD,
                roles=["task_worker"],
            )
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
