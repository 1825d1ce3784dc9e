import logging
import signal
import threading
from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.db import OperationalError, close_old_connections

from operations import workers
from operations.sweeper import sweep
from tenants.checks import refuse_unsafe_login

log = logging.getLogger(__name__)


class Command(BaseCommand):
    help = "Sweeps up what the web processes left, every few seconds, until it is told to stop."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--every", type=float, default=2.0, metavar="SECONDS")

    def handle(self, *args: Any, **options: Any) -> None:
        refuse_unsafe_login()
        stopping = threading.Event()
        for name in (signal.SIGINT, signal.SIGTERM):
            signal.signal(name, lambda *_: stopping.set())
        log.info("worker started")
        while not stopping.wait(options["every"]):
            self._sweep_once()
        log.info("worker stopped")

    def _sweep_once(self) -> None:
        """A database that restarts is waited for, not died of."""
        close_old_connections()
        try:
            workers.introduce()
            if done := sweep():
                log.info("swept", extra={"done": dict(done)})
        except OperationalError:
            log.warning("The database does not answer; the worker tries again.")
