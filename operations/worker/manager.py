"""procrastinate's book-keeping, behind a fence.

A worker that was frozen, and taken for dead, comes back with jobs that others have taken over. Here
it can neither end nor repeat what is not its own any more, and goes on under its old number.
"""

import logging
from collections.abc import Iterable
from datetime import datetime
from typing import Any

import psycopg
from procrastinate.connector import BaseConnector
from procrastinate.exceptions import ConnectorException
from procrastinate.jobs import Job, Status
from procrastinate.manager import JobManager

from operations import store

log = logging.getLogger(__name__)


class FencedManager(JobManager):
    """`in_hand`: the jobs that were taken, and not ended in the database's eyes."""

    def __init__(self, connector: BaseConnector) -> None:
        super().__init__(connector)
        self.in_hand: set[int | None] = set()

    async def fetch_job(self, queues: Iterable[str] | None, worker_id: int) -> Job | None:
        try:
            job = await super().fetch_job(queues, worker_id)
        except ConnectorException as error:
            if not isinstance(error.__cause__, psycopg.errors.ForeignKeyViolation):
                raise
            # Others took this worker for dead.
            await self.update_heartbeat(worker_id)
            job = await super().fetch_job(queues, worker_id)
        if job:
            self.in_hand.add(job.id)
        return job

    async def finish_job(self, job: Job, status: Status, delete_job: bool) -> None:
        query = store.jobs.DELETE if delete_job else store.jobs.FINISH
        await self._let_go(job, query, status=status.value)

    async def retry_job(
        self,
        job: Job,
        retry_at: datetime | None = None,
        priority: int | None = None,  # noqa: ARG002
        queue: str | None = None,  # noqa: ARG002
        lock: str | None = None,  # noqa: ARG002
    ) -> None:
        """At its old place in the line, whatever the last three say: our jobs never change it."""
        await self._let_go(job, store.jobs.PUT_BACK, counts=1, at=retry_at)

    async def _let_go(self, job: Job, query: Any, **values: Any) -> None:
        try:
            await self.connector.execute_query_async(
                query, job=job.id, worker=job.worker_id, **values
            )
        finally:
            self.in_hand.discard(job.id)

    async def update_heartbeat(self, worker_id: int) -> None:
        try:
            await self.connector.execute_query_async(store.jobs.SIGN_OF_LIFE, worker=worker_id)
        except ConnectorException:
            # Must not end the loop that calls this: it would stay dead, and the worker seem so.
            log.exception("The worker could not give a sign of life")
