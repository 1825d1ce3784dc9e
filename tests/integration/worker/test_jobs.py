"""Jobs in the queue: in whose transaction, in which line, and what they tell."""

import json
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from itertools import takewhile
from types import SimpleNamespace
from typing import Any
from uuid import UUID

import psycopg
import pytest
from django.db import OperationalError, connection
from django.utils import timezone

from operations import jobs
from operations.models import TicketError
from operations.store import DueWork
from operations.store.jobs import FIRST, held_by, put_back
from operations.sweeper import KINDS, _in_turn, sweep
from operations.work import KINDS as VERBS
from operations.worker.supervisor import Hands, Supervisor
from tenants.context import company_named, tenant_context
from tenants.errors import NoTenant
from tenants.models import uuid7
from tests.builders import Firm, a_ticket, a_workflow, the_open_task

FLOOD = 5_000


def asked(sql: str, *values: Any) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        return cursor.fetchall() if cursor.description else []


def waiting() -> list[tuple[Any, ...]]:
    return asked("SELECT id, args, priority, scheduled_at FROM procrastinate_jobs ORDER BY id")


def a_job(firm: Firm, *, row: UUID | None = None, in_minutes: float | None = None) -> UUID:
    row = row or uuid7()
    at = None if in_minutes is None else timezone.now() + timedelta(minutes=in_minutes)
    with company_named(firm.company.pk):
        jobs.enqueue("call", row, at=at)
    return row


@pytest.fixture
def worker(db: None) -> int:
    """The number of one that takes jobs, and does nothing with them."""
    return int(asked("SELECT worker_id FROM procrastinate_register_worker_v1()")[0][0])


def taken(worker: int, *queues: str) -> UUID | None:
    """The row of the next job, by procrastinate's own statement."""
    asks = "SELECT (args ->> 'row_id')::uuid FROM procrastinate_fetch_job_v2(%s, %s)"
    row: UUID | None = asked(asks, list(queues) or None, worker)[0][0]
    return row


# --- in whose transaction ------------------------------------------------------------------------


def test_a_change_that_is_undone_leaves_no_job(acme: Firm):
    def change() -> None:
        with tenant_context(acme.company):
            jobs.enqueue("call", uuid7())
            raise RuntimeError("The change failed.")

    with pytest.raises(RuntimeError):
        change()

    assert waiting() == []


def test_nobody_queues_for_no_company(db: None):
    with pytest.raises(NoTenant):
        jobs.enqueue("call", uuid7())


def test_a_job_tells_ids_and_nothing_else(acme: Firm):
    row = a_job(acme)

    ((args,),) = asked("SELECT args::text FROM procrastinate_jobs")
    assert json.loads(args) == {
        "company_id": str(acme.company.pk),
        "kind": "call",
        "row_id": str(row),
    }


def test_queueing_costs_one_statement(acme: Firm, statements):
    a_job(acme)

    with statements() as counted:
        a_job(acme)

    assert counted.total == 1, counted


# --- equal jobs ----------------------------------------------------------------------------------


def test_the_same_job_twice_is_one_and_no_error(acme: Firm):
    row = a_job(acme)
    before = waiting()

    a_job(acme, row=row)
    a_job(acme, row=row, in_minutes=5)

    assert waiting() == before


def test_a_job_for_later_is_brought_forward_and_never_put_off(acme: Firm, worker: int):
    row = a_job(acme, in_minutes=60)
    assert taken(worker) is None

    a_job(acme, row=row, in_minutes=5)
    a_job(acme, row=row, in_minutes=120)
    ((_, _, _, at),) = waiting()
    assert at < timezone.now() + timedelta(minutes=6)

    a_job(acme, row=row)
    assert taken(worker) == row


def test_a_job_for_a_time_that_has_come_waits_for_nothing(acme: Firm, worker: int):
    row = a_job(acme, in_minutes=-1)

    assert taken(worker) == row


@pytest.mark.django_db(transaction=True)
def test_no_worker_takes_a_job_before_the_change_that_asks_for_it_again_is_safe(
    acme: Firm, worker: int
):
    row = a_job(acme)

    def from_elsewhere() -> UUID | None:
        try:
            return taken(worker)
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as elsewhere:
        with tenant_context(acme.company):
            jobs.enqueue("call", row)
            assert elsewhere.submit(from_elsewhere).result(5) is None
        assert elsewhere.submit(from_elsewhere).result(5) == row


# --- whose turn it is ----------------------------------------------------------------------------


@pytest.mark.django_db
def test_a_flood_of_one_company_is_one_job_long_for_another(acme: Firm, globex: Firm, worker: int):
    with connection.connection.pipeline():  # one by one, but without waiting for each answer
        for _ in range(FLOOD):
            a_job(acme)
    for _ in range(100):
        taken(worker)

    first = a_job(globex)

    in_between = list(takewhile(lambda row: row != first, iter(lambda: taken(worker), None)))
    assert len(in_between) <= 1


def test_some_threads_are_kept_for_the_first_of_each_company(acme: Firm, globex: Firm, worker: int):
    a_job(acme)
    assert taken(worker, FIRST) is not None
    for _ in range(3):
        a_job(acme)  # while the first one runs

    assert taken(worker, FIRST) is None
    first = a_job(globex)
    a_job(globex)
    assert taken(worker, FIRST) == first
    assert taken(worker, FIRST) is None


def test_each_company_is_served_in_its_own_order_and_in_turn(acme: Firm, globex: Firm, worker: int):
    ours = [a_job(acme) for _ in range(6)]
    theirs = [a_job(globex) for _ in range(3)]

    order = [taken(worker) for _ in range(9)]

    assert [row for row in order if row in ours] == ours
    assert [row for row in order if row in theirs] == theirs
    assert set(order[:6]) == {*ours[:3], *theirs}


def test_nobody_in_line_is_overtaken_for_ever(acme: Firm, globex: Firm, worker: int):
    line = [a_job(acme) for _ in range(10)]
    order = []
    for _ in range(20):
        a_job(globex)  # as fast as one worker works
        order.append(taken(worker))

    assert set(line) <= set(order)


def test_what_is_due_later_holds_up_nobody(acme: Firm, globex: Firm, worker: int):
    a_job(acme, in_minutes=60)
    line = [a_job(globex) for _ in range(3)]

    assert [taken(worker) for _ in range(4)] == [*line, None]


# --- what the sweeper takes up -------------------------------------------------------------------


def test_the_sweeper_knows_every_kind_of_work():
    assert set(KINDS) - {"nobody"} == set(VERBS)


def test_the_sweeper_takes_companies_in_turn():
    now = timezone.now()
    heap, other = uuid7(), uuid7()
    due = [DueWork(heap, "route", uuid7(), now - timedelta(hours=1)) for _ in range(50)]
    due.append(DueWork(other, "route", uuid7(), now))

    assert [one.company_id for one in _in_turn(due)][:3] == [heap, other, heap]


@pytest.fixture
def due_calls(acme: Firm, monkeypatch: pytest.MonkeyPatch) -> list[DueWork]:
    """Two calls that nobody makes, and a reminder."""
    since = timezone.now() - timedelta(hours=1)
    kinds = ("call", "call", "remind")
    due = [DueWork(acme.company.pk, kind, uuid7(), since) for kind in kinds]
    monkeypatch.setattr("operations.store.due_work", lambda limit: due)
    monkeypatch.setitem(VERBS, "remind", lambda row: True)
    monkeypatch.setitem(VERBS, "call", lambda row: pytest.fail("Made by the sweeper itself."))
    return due


def test_the_sweeper_queues_calls_and_does_the_rest(due_calls: list[DueWork]):
    assert sweep() == {"call": 2, "remind": 1}

    assert len(waiting()) == 2


def test_the_sweeper_queues_nothing_that_waits_or_runs(due_calls: list[DueWork], worker: int):
    sweep()
    taken(worker)

    assert sweep() == {"remind": 1}
    assert len(waiting()) == 2


def test_a_call_that_waits_for_later_and_is_due_now_is_brought_forward(
    acme: Firm, due_calls: list[DueWork], worker: int
):
    a_job(acme, row=due_calls[0].row_id, in_minutes=5)

    assert sweep() == {"call": 2, "remind": 1}
    assert {taken(worker), taken(worker)} == {one.row_id for one in due_calls[:2]}


def test_after_a_death_the_sweeper_does_nothing_itself(due_calls: list[DueWork]):
    assert sweep(as_jobs=True) == {"call": 2, "remind": 1}

    assert len(waiting()) == 3


# --- jobs that fail ------------------------------------------------------------------------------


def tried(firm: Firm, task_id: UUID, *, before: int) -> None:
    """What a worker does with a job that failed so often before."""
    context: Any = SimpleNamespace(job=SimpleNamespace(attempts=before))
    told = {"company_id": str(firm.company.pk), "kind": "call", "row_id": str(task_id)}
    jobs.do(context, **told)


def test_a_job_that_fails_again_and_again_stops_its_ticket(
    acme: Firm, monkeypatch: pytest.MonkeyPatch
):
    def fail(task_id: UUID) -> bool:
        raise RuntimeError("A slip of ours")

    monkeypatch.setitem(VERBS, "call", fail)
    with tenant_context(acme.company):
        task = the_open_task(a_ticket(acme, a_workflow(acme)))

    for before in range(jobs.MOST_TRIES_AGAIN + 1):
        with tenant_context(acme.company):
            assert not TicketError.objects.exists()
        with pytest.raises(RuntimeError):
            tried(acme, task.pk, before=before)

    with tenant_context(acme.company):
        error = TicketError.objects.get()
    assert error.code == "internal"
    assert "A slip of ours" in error.stack_trace


def test_a_database_that_restarts_is_no_failure(acme: Firm, monkeypatch: pytest.MonkeyPatch):
    tries = []

    def gone_once(task_id: UUID) -> bool:
        tries.append(task_id)
        if len(tries) == 1:
            raise OperationalError("gone") from psycopg.OperationalError("gone")
        return True

    monkeypatch.setitem(VERBS, "call", gone_once)
    monkeypatch.setattr(jobs, "_wait_a_moment", lambda: None)

    tried(acme, uuid7(), before=jobs.MOST_TRIES_AGAIN)

    assert len(tries) == 2
    with tenant_context(acme.company):
        assert not TicketError.objects.exists()


# --- supervisors ---------------------------------------------------------------------------------


@pytest.mark.parametrize(("silent_for", "is_careful"), [(0, False), (60, True)])
def test_after_a_death_what_is_due_goes_through_the_queue(
    worker: int, silent_for: int, is_careful: bool, monkeypatch: pytest.MonkeyPatch
):
    seen = []

    def swept(*, as_jobs: bool, most_seconds: float) -> Counter[str]:
        seen.append(as_jobs)
        return Counter()

    monkeypatch.setattr("operations.worker.supervisor.sweep", swept)
    monkeypatch.setattr("operations.workers.introduce", lambda lock_seconds: None)
    asked(
        "UPDATE procrastinate_workers SET last_heartbeat = now() - %s * interval '1 second'",
        silent_for,
    )

    Supervisor(Hands(list, list), every=2, lost_after=1)._look()

    assert seen == [is_careful]


def test_a_job_that_was_taken_but_never_arrived_is_put_back(acme: Firm, worker: int):
    row = a_job(acme)
    taken(worker)
    supervisor = Supervisor(Hands(lambda: [worker], list), every=2, lost_after=60)

    supervisor._pick_up_dropped()
    assert taken(worker) is None
    supervisor._pick_up_dropped()

    assert taken(worker) == row


def test_a_job_that_is_put_back_beside_an_equal_one_becomes_that_one(acme: Firm, worker: int):
    row = a_job(acme)
    taken(worker)
    a_job(acme, row=row)

    for held in held_by([worker]):
        assert put_back(held, counts=True)

    assert asked("SELECT status::text, attempts FROM procrastinate_jobs") == [("todo", 1)]
