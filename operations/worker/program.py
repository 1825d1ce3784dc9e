"""The worker as a program: procrastinate's workers and our supervisor, from start to end.

Two workers share the threads. One takes every job; the other, with a quarter of the threads, only
the first of a company that has nothing else running (`store_jobs`), so that slow calls of one
company never hold up the first of another.
"""

import asyncio
import logging
import os
import signal
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.signals import connection_created
from procrastinate.contrib.django import app
from procrastinate.jobs import DeleteJobCondition
from procrastinate.worker import Worker

from operations import store
from operations.worker.connection import PatientConnector
from operations.worker.manager import FencedManager
from operations.worker.supervisor import Hands, Supervisor

log = logging.getLogger(__name__)

# A new job tells of itself; one that is due later, or was put back, is found by looking.
LOOK_FOR_JOBS_SECONDS = 1.0
SIGNS_OF_LIFE = 4  # within the time after which one counts as dead
START_AGAIN_SECONDS = 2.0
NEVER_SECONDS = 1e9
# Of the grace, what is left for saying good-bye.
GOODBYE_SECONDS = 2.0


class Program:
    """`grace`: seconds that running jobs get when it is told to stop."""

    def __init__(self, *, threads: int, every: float, lost_after: float, grace: float) -> None:
        self.threads = threads
        self.lost_after = lost_after
        self.grace = grace
        self._connector = PatientConnector(lost_after)
        self._workers: dict[str, Worker] = {}
        self._stopping = threading.Event()
        self._manager = FencedManager(self._connector)
        hands = Hands(self._worker_numbers, self._manager.in_hand.copy)
        self._supervisor = Supervisor(hands, every, lost_after, self._stopping)

    def run(self) -> None:
        """Until SIGTERM or SIGINT; blocks."""
        connection_created.connect(self._let_go_when_frozen)
        # The driver cannot work with the loop that Windows would choose.
        with asyncio.Runner(loop_factory=asyncio.SelectorEventLoop) as runner:
            try:
                runner.run(self._run())
            finally:
                self._stopping.set()  # else the supervisor would keep a broken program alive

    async def _run(self) -> None:
        loop = asyncio.get_running_loop()
        # The default pool counts processors, but a job mostly waits for others.
        loop.set_default_executor(ThreadPoolExecutor(self.threads, thread_name_prefix="job"))
        for name in (signal.SIGINT, signal.SIGTERM):
            signal.signal(name, lambda *_: loop.call_soon_threadsafe(self._stop))
        supervising = threading.Thread(target=self._supervisor.run, name="supervisor")
        supervising.start()
        with app.replace_connector(self._connector):
            app.job_manager = self._manager
            async with app.open_async():
                log.info("worker started", extra={"threads": self.threads})
                await asyncio.gather(*(self._keep(*share) for share in self._shares()))
        await asyncio.to_thread(supervising.join)
        log.info("worker stopped")

    def _shares(self) -> list[tuple[str, list[str] | None, int]]:
        """Name, queues (None: all) and threads of each of our workers."""
        kept_free = self.threads // 4 or int(self.threads > 1)
        shares: list[tuple[str, list[str] | None, int]] = [("all", None, self.threads - kept_free)]
        if kept_free:
            shares.append(("first", [store.jobs.FIRST], kept_free))
        return shares

    async def _keep(self, name: str, queues: list[str] | None, threads: int) -> None:
        """Run one of the workers, again when it ends by itself, until we are told to stop."""
        while not self._stopping.is_set():
            self._workers[name] = worker = self._worker(name, queues, threads)
            try:
                await worker.run()  # type: ignore[no-untyped-call]
            except Exception:
                if not self._stopping.is_set():
                    log.exception("A worker ended and is started again")
                    await asyncio.sleep(START_AGAIN_SECONDS)

    def _worker(self, name: str, queues: list[str] | None, threads: int) -> Worker:
        options: Any = {
            **app.worker_defaults,
            "name": name,
            "queues": queues,
            "concurrency": threads,
            "fetch_job_polling_interval": LOOK_FOR_JOBS_SECONDS,
            "abort_job_polling_interval": NEVER_SECONDS,
            "install_signal_handlers": False,
            "delete_jobs": DeleteJobCondition.SUCCESSFUL,
            "update_heartbeat_interval": self.lost_after / SIGNS_OF_LIFE,
            # The dead are the supervisor's.
            "stalled_worker_timeout": NEVER_SECONDS,
        }
        return Worker(app, **options)

    def _let_go_when_frozen(self, connection: BaseDatabaseWrapper, **_: Any) -> None:
        """No transaction of ours waits for anything but the database. One that does is of a frozen
        process, and would hold its locks against everybody for as long as that lasts."""
        with connection.cursor() as cursor:
            set_it = "SELECT set_config('idle_in_transaction_session_timeout', %s, false)"
            cursor.execute(set_it, [f"{int(self.lost_after * 1000)}ms"])

    def _worker_numbers(self) -> list[int]:
        return [worker.worker_id for worker in self._workers.values() if worker.worker_id]

    def _stop(self) -> None:
        """What runs is finished within the grace, and nothing begun."""
        if self._stopping.is_set():
            return
        log.info("worker stops", extra={"jobs": len(self._manager.in_hand)})
        self._stopping.set()
        self._connector.until = time.monotonic() + max(self.grace - GOODBYE_SECONDS, 0)
        for worker in self._workers.values():
            worker.stop()  # type: ignore[no-untyped-call]
        self._leaving = asyncio.ensure_future(self._leave())

    async def _leave(self) -> None:
        """The grace is over. Threads cannot be stopped, so the process ends under them; without a
        worker to their name, their jobs are taken over at once."""
        await asyncio.sleep(self.grace)
        log.warning("worker leaves jobs behind", extra={"jobs": len(self._manager.in_hand)})
        numbers = self._worker_numbers()
        goodbyes = (self._manager.unregister_worker(number) for number in numbers)
        await asyncio.wait(
            [asyncio.ensure_future(one) for one in goodbyes], timeout=GOODBYE_SECONDS
        )
        logging.shutdown()
        os._exit(0)
