"""The real worker, as processes: killed, frozen, told to stop, and many at once."""

import os
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from uuid import UUID

import psutil
import psycopg
import pytest
from django.db import connection
from psycopg import sql

from operations import jobs
from operations.models import TicketError, TicketInstance
from tenants.context import tenant_context
from tenants.models import uuid7
from tenants.owner import as_owner
from tests.builders import Firm, a_ticket, a_workflow, the_open_task
from tests.working import HELD, LOST_AFTER_SECONDS, SLOW_SECONDS, Nursery, Workers

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(os.name == "nt", reason="Signals as a machine sends them."),
]


@pytest.fixture(scope="module")
def nursery(django_db_setup: None) -> Iterator[Nursery]:
    nursery = Nursery(str(connection.settings_dict["NAME"]))
    yield nursery
    nursery.close()


@pytest.fixture
def workers(nursery: Nursery, transactional_db: None, tmp_path: Path) -> Iterator[Workers]:
    """None of them outlives its test."""
    workers = Workers(nursery, tmp_path)
    yield workers
    workers.end()


def queued(firm: Firm, kind: str, number: int = 1) -> set[UUID]:
    rows = {uuid7() for _ in range(number)}
    with tenant_context(firm.company):
        for row in rows:
            jobs.enqueue(kind, row)
    return rows


def wait_until(workers: Workers, is_so: Callable[[], bool], seconds: float = 30) -> None:
    give_up_at = time.monotonic() + seconds
    while not is_so():
        assert time.monotonic() < give_up_at, workers.log
        time.sleep(0.05)


def left_in_the_queue() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM procrastinate_jobs")
        return int(cursor.fetchone()[0])


def test_three_workers_at_once_do_each_job_once(workers: Workers, acme: Firm, globex: Firm):
    ours = queued(acme, "slow", 20) | queued(globex, "slow", 10) | queued(acme, "note", 60)

    for _ in range(3):
        workers.start()
    wait_until(workers, lambda: set(workers.done) == ours and not left_in_the_queue())

    assert set(workers.done.values()) == {1}
    assert len({process for _, process in workers.told("done")}) == 3


def test_what_a_killed_worker_was_doing_is_done_by_another(workers: Workers, acme: Firm):
    rows = queued(acme, "slow", 2)
    killed = workers.start()
    wait_until(workers, lambda: len(workers.told("begun")) == 2)

    os.kill(killed, signal.SIGKILL)
    began = time.monotonic()
    other = workers.start()
    wait_until(workers, lambda: set(workers.done) == rows)

    assert {process for _, process in workers.told("done")} == {other}
    assert time.monotonic() - began < LOST_AFTER_SECONDS + SLOW_SECONDS + 10


def test_a_frozen_worker_comes_back_to_work_and_ends_no_job_of_others(workers: Workers, acme: Firm):
    rows = queued(acme, "slow")
    frozen, other = workers.start(), None
    wait_until(workers, lambda: len(workers.told("begun")) == 1)
    psutil.Process(frozen).suspend()
    other = workers.start()
    wait_until(workers, lambda: (rows.copy().pop(), other) in workers.told("done"))

    psutil.Process(frozen).resume()
    os.kill(other, signal.SIGTERM)
    more = queued(acme, "note", 5)
    wait_until(workers, lambda: more <= set(workers.done))

    assert {process for row, process in workers.told("done") if row in more} <= {frozen, other}
    wait_until(workers, lambda: not left_in_the_queue())


def test_a_frozen_worker_does_not_hold_what_it_has_locked(workers: Workers, acme: Firm):
    rows = queued(acme, "hold")
    frozen = workers.start()
    wait_until(workers, lambda: len(workers.told("begun")) == 1)

    def is_free() -> bool:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [HELD])
            return bool(cursor.fetchone()[0])

    psutil.Process(frozen).suspend()
    assert not is_free()
    wait_until(workers, is_free)

    psutil.Process(frozen).resume()
    wait_until(workers, lambda: set(workers.done) == rows)


@contextmanager
def no_database() -> Iterator[None]:
    """Every session ends as in a restart, and nobody gets in while the block lasts."""
    name = connection.settings_dict["NAME"]
    with as_owner():
        owner = _connected_elsewhere()
    app = _connected_elsewhere()
    connection.close()

    def let_in(word: str) -> None:
        let = sql.SQL("ALTER DATABASE {} ALLOW_CONNECTIONS {}")
        owner.execute(let.format(sql.Identifier(name), sql.SQL(word)))

    with owner, app:
        let_in("false")
        try:
            app.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                "WHERE datname = %s AND usename = current_user",
                [name],
            )
            yield
        finally:
            let_in("true")


def _connected_elsewhere() -> psycopg.Connection[tuple[Any, ...]]:
    """To the same server by the same login, but not to this database."""
    there = {**connection.get_connection_params(), "dbname": "postgres"}
    return psycopg.connect(
        **{key: value for key, value in there.items() if key not in ("cursor_factory", "context")},
        autocommit=True,
    )


def test_a_database_that_goes_and_comes_back_needs_no_hand(workers: Workers, acme: Firm):
    rows = queued(acme, "slow", 4)
    workers.start("--threads", "2", "--lost-after", "8")
    wait_until(workers, lambda: len(workers.told("begun")) == 2)

    with no_database():
        time.sleep(SLOW_SECONDS + 1)  # what runs ends meanwhile, and cannot say so
    more = queued(acme, "note", 3)
    wait_until(workers, lambda: rows | more == set(workers.done) and not left_in_the_queue())

    assert set(workers.done.values()) == {1}
    assert "worker asks again" in workers.log
    assert "Traceback" not in workers.log


def test_a_job_that_kills_its_workers_stops_its_ticket(workers: Workers, acme: Firm):
    with tenant_context(acme.company):
        ticket = a_ticket(acme, a_workflow(acme))
        jobs.enqueue("call", the_open_task(ticket).pk)

    for _ in range(4):
        workers.start("--deadly", "--lost-after", "1")
    wait_until(workers, lambda: len(workers.ended) == 4)
    workers.start()

    def has_stopped() -> bool:
        with tenant_context(acme.company):
            return TicketInstance.objects.get(pk=ticket.pk).has_open_error

    wait_until(workers, has_stopped)
    with tenant_context(acme.company):
        error = TicketError.objects.get()
    assert error.code == "worker_stopped"
    assert "worker itself was stopped" in error.message
    assert len(workers.told("begun")) == 4


def test_a_worker_that_is_told_to_stop_finishes_what_it_does_and_begins_nothing(
    workers: Workers, acme: Firm
):
    rows = queued(acme, "slow", 5)
    number = workers.start("--threads", "2")
    wait_until(workers, lambda: len(workers.told("begun")) == 2)

    os.kill(number, signal.SIGTERM)
    wait_until(workers, lambda: workers.ended == {number: 0})

    assert len(workers.done) == 2
    assert left_in_the_queue() == 3
    assert set(workers.done) < rows


def test_what_takes_longer_than_the_grace_is_taken_over(workers: Workers, acme: Firm):
    rows = queued(acme, "slow")
    number = workers.start("--grace", "0.2")
    wait_until(workers, lambda: len(workers.told("begun")) == 1)

    os.kill(number, signal.SIGTERM)
    wait_until(workers, lambda: workers.ended == {number: 0})
    assert not workers.done
    workers.start()

    wait_until(workers, lambda: set(workers.done) == rows)
