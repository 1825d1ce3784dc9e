"""Jobs: work for the workers, queued in the same transaction as the row that needs it.

A job names a company, a kind of work and a row, and nothing else: whoever can read the queue learns
nothing from it. It may be done twice, or not at all (a worker died, or was frozen and came back);
the verbs see to it that twice is once, and the sweeper that not at all is later.
"""

import logging
import time
import traceback
from datetime import datetime
from uuid import UUID

from django.db import close_old_connections
from procrastinate import JobContext
from procrastinate.contrib.django import app
from procrastinate.jobs import Job
from procrastinate.retry import BaseRetryStrategy, RetryDecision

from operations import store
from operations.outages import is_gone
from tenants.context import company_named, current_company_id

log = logging.getLogger(__name__)

#: A job that has come to a bad end more often than this stops its ticket instead.
MOST_TRIES_AGAIN = 3


def enqueue(kind: str, row_id: UUID, *, at: datetime | None = None) -> None:
    """Queue a piece of work of the company in force, in the running transaction.

    One of the same kind for the same row that waits already is enough; with an earlier `at` it is
    brought forward. One statement.
    """
    store.jobs.enqueue(current_company_id(), kind, row_id, at)


class Again(BaseRetryStrategy):
    """What fails is tried again a little later each time, and in the end left to a person."""

    def get_retry_decision(self, *, exception: BaseException, job: Job) -> RetryDecision | None:  # noqa: ARG002
        if job.attempts >= MOST_TRIES_AGAIN:
            return None
        return RetryDecision(retry_in={"seconds": 2 * 4**job.attempts})


@app.task(name=store.jobs.TASK, pass_context=True, retry=Again())
def do(context: JobContext, *, company_id: str, kind: str, row_id: str) -> None:
    """Do one piece of work. No transaction is open: the verb decides where its own begin."""
    # Here, because the verbs enqueue.
    from operations import giving_up, work

    with company_named(UUID(company_id)):
        while True:
            try:
                work.do(kind, UUID(row_id))
                return
            except Exception as error:
                if is_gone(error):
                    _wait_a_moment()
                    continue
                log.exception("A job failed", extra={"kind": kind, "row": row_id})
                if context.job.attempts >= MOST_TRIES_AGAIN:
                    giving_up.failed(kind, UUID(row_id), traceback.format_exc())
                raise


def _wait_a_moment() -> None:
    """The database restarts, which says nothing about the work."""
    time.sleep(1)
    close_old_connections()
