"""One run: everything started, worked with, harmed, left in peace, and counted."""

import threading
import time
from argparse import Namespace
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from random import Random

from django.conf import settings
from django.core.management import call_command
from django.db import connection

from config import postgres
from tests.faults import checker, points, report
from tests.faults.checker import Findings
from tests.faults.fleet import a_fleet
from tests.faults.harm import Harm
from tests.faults.nest import leave_the_database_alone
from tests.faults.people import Journal, everybody, sent_home
from tests.faults.story import HASHERS, Cast, a_cast
from tests.faults.systems import Books, systems
from tests.programs import free_port

FREEZE_SECONDS = 6.0
CALM_SECONDS = 60
START_SECONDS = 60
LOOK_SECONDS = 0.5

Say = Callable[[str], None]


class Crowd:
    """How many tickets are open, as the rows say; asked for twice a second by a thread."""

    def __init__(self, cast: Cast, most: int) -> None:
        self.cast, self.most = cast, most
        self.open = self.finished = 0
        self.needs = True
        self.is_over = threading.Event()
        self._thread = threading.Thread(target=self._count, daemon=True)
        self._thread.start()

    def is_wanted(self) -> bool:
        return self.needs and self.open < self.most

    def _count(self) -> None:
        while not self.is_over.wait(LOOK_SECONDS):
            try:
                with self.cast.in_force():
                    self.open, self.finished = checker.unfinished(), checker.finished()
            except Exception:  # there is no database for a moment; which is the point
                connection.close()
        connection.close()

    def end(self) -> None:
        self.is_over.set()
        self._thread.join()


def faults(folder: Path, asked: Namespace, say: Say) -> bool:
    """Whether nothing was lost, doubled or stuck, although everything was done to make it so."""
    say(f"seed {asked.seed}, everything in {folder}")
    settings.PASSWORD_HASHERS = HASHERS
    call_command("migrate", verbosity=0)
    leave_the_database_alone()
    ports = [settings.PORT, *(free_port() for _ in range(asked.webs - 1))]
    control = folder / "control"
    points.made(control)
    journal, luck = Journal(), Random(asked.seed)
    with systems() as (running, books):
        books.ports = ports
        cast = a_cast(running.url(""), asked.askers, asked.people)
        with a_fleet(control, ports, asked.workers) as fleet:
            harm = Harm(
                fleet,
                postgres.server(settings.VAR_DIR),
                luck,
                asked.kills,
                asked.freezes,
                asked.restarts,
                asked.killers,
                FREEZE_SECONDS,
            )
            with _at_work(cast, ports, journal, asked) as crowd:
                _harm(harm, crowd, journal, asked, say)
                seconds = _peace(crowd)
        # Now that nothing goes on any more, it does not change while it is looked at.
        found = _checked(cast, journal, books)
    for line in report.lines(found, harm, fleet, journal, books, seconds):
        say(line)
    if not harm.is_done:
        say("Not all of the harm was done.")
    return found.is_well and harm.is_done


@contextmanager
def _at_work(cast: Cast, ports: list[int], journal: Journal, asked: Namespace) -> Iterator[Crowd]:
    crowd = Crowd(cast, asked.in_flight)
    people, threads = everybody(
        [person.email for person in cast.askers],
        [person.email for person in cast.workers],
        ports,
        journal,
        crowd.is_wanted,
        asked.seed,
    )
    try:
        yield crowd
    finally:
        sent_home(people, threads)
        crowd.end()


def _harm(harm: Harm, crowd: Crowd, journal: Journal, asked: Namespace, say: Say) -> None:
    """Until all of it is done, and enough tickets were sent in the meantime."""
    began = told = time.monotonic()
    while not journal.tickets:
        time.sleep(0.1)
        if time.monotonic() - began > START_SECONDS:
            raise RuntimeError(f"Nobody could send anything: {journal.oddities[-1:]}")
    doing = threading.Thread(target=harm.run, daemon=True)
    doing.start()
    while doing.is_alive() or len(journal.tickets) < asked.tickets:
        time.sleep(LOOK_SECONDS)
        if time.monotonic() - began > asked.minutes * 60:
            say("It takes too long: whatever stands now is told.")
            break
        if time.monotonic() - told > 20:
            told = time.monotonic()
            done = f"{harm.killed.total()} kills, {harm.frozen.total()} freezes"
            say(
                f"{told - began:4.0f} s: {done}, {harm.restarted} restarts; "
                f"{len(journal.tickets)} tickets, {crowd.finished} finished"
            )
    crowd.needs = False
    harm.ended.set()
    doing.join()


def _peace(crowd: Crowd) -> float:
    """Until everything is finished, but no longer than is promised; the seconds that it took."""
    began = time.monotonic()
    time.sleep(2 * LOOK_SECONDS)
    while crowd.open and time.monotonic() - began < CALM_SECONDS:
        time.sleep(LOOK_SECONDS)
    return time.monotonic() - began


def _checked(cast: Cast, journal: Journal, books: Books) -> Findings:
    connection.close()  # this thread's is older than the last restart
    with cast.in_force():
        return checker.check(journal, books)
