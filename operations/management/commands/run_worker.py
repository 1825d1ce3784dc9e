import signal
import sys
from typing import Any, NoReturn

from django.conf import settings
from django.core.management.base import BaseCommand, CommandParser

from tenants.checks import refuse_unsafe_login


class Command(BaseCommand):
    help = (
        "Does the jobs, and sweeps up what web processes and other workers left, until it is told "
        "to stop. As many as you like may run, on as many machines."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--every", type=float, default=2.0, metavar="SECONDS",
                            help="How often it looks for what was left behind.")  # fmt: skip
        parser.add_argument("--threads", type=int, default=settings.WORKER_THREADS,
                            help="How many jobs at once. Default: WORKER_THREADS.")  # fmt: skip
        parser.add_argument("--lost-after", type=float, default=settings.WORKER_IS_LOST_AFTER,
                            metavar="SECONDS", help="Without a sign of life. Default: "
                            "WORKER_IS_LOST_AFTER; the same for all workers.")  # fmt: skip
        parser.add_argument("--grace", type=float, default=settings.WORKER_GRACE, metavar="SECONDS",
                            help="For what runs when it is told to stop. "
                            "Default: WORKER_GRACE.")  # fmt: skip

    def handle(self, *args: Any, **options: Any) -> None:
        # From the first connection on: who ends without a word leaves an embedded server behind.
        for name in (signal.SIGINT, signal.SIGTERM):
            signal.signal(name, _end)
        refuse_unsafe_login()
        # Here, because procrastinate's worker takes its time to load.
        from operations.worker.program import Program

        Program(
            threads=options["threads"],
            every=options["every"],
            lost_after=options["lost_after"],
            grace=options["grace"],
        ).run()


def _end(*_: object) -> NoReturn:
    sys.exit(0)
