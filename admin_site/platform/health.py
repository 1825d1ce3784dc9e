"""Whether the product can do its work right now: database, walls, queue, workers, mail."""

import platform
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from time import perf_counter

import django
from django.conf import settings
from django.db import connection
from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from admin_site import times
from admin_site.base import RoleSite
from operations import store, sweeper, workers
from operations.store.jobs import Figures
from operations.workers import Workers
from tenants.checks import unprotected_tables, unsafe_login

#: A worker looks every few seconds; older work means that none comes round.
BEHIND_AFTER = timedelta(seconds=60)
MOST_COUNTED = 1_000
#: Title, meaning, and the kinds of due work that are counted together.
QUEUES = (
    ("Tickets to start", "sent, and not on their way yet", ("start",)),
    ("Finished steps", "whose next step has not begun", ("route", "child", "child_done")),
    ("Calls to other systems", "to make, or answered", ("call", "lost", "callback")),
    ("Times that have come", "reminders, waits and deadlines", ("wake", "timeout", "remind")),
    ("Mails", "written, and not sent yet", ("notice",)),
    ("Steps to hand out", "to whoever is free for them", ("assign",)),
    ("Steps without a person", "nobody is free; the machine is well", ("nobody",)),
)


@dataclass(frozen=True, slots=True)
class Queue:
    """Work of one kind: what it is called, how much is due, and since when the oldest is."""

    title: str
    meaning: str
    number: int
    since: datetime | None
    is_late: bool

    @property
    def shown(self) -> str:
        return f"{MOST_COUNTED:,}+" if self.number >= MOST_COUNTED else f"{self.number:,}"


@dataclass(frozen=True, slots=True)
class Database:
    version: str
    milliseconds: float
    size: str
    login_problem: str | None
    open_tables: Sequence[str]

    @property
    def is_walled(self) -> bool:
        return not self.login_problem and not self.open_tables


@dataclass(frozen=True)
class State:
    """What a short look shows: the queues, the jobs and the workers."""

    queues: Sequence[Queue]
    jobs: Figures
    workers: Workers

    @cached_property
    def is_behind(self) -> bool:
        return any(queue.is_late for queue in self.queues) or self.jobs_are_late

    @property
    def jobs_are_late(self) -> bool:
        return _is_late(self.jobs.since)

    @property
    def in_a_sentence(self) -> str:
        if self.is_behind:
            return "Work waits longer than it should."
        if not self.workers.number:
            return "No worker is running."
        return "All is well."


def look_around() -> State:
    """Three statements."""
    due = sweeper.due_by_kind(MOST_COUNTED)
    queues = []
    for title, meaning, kinds in QUEUES:
        since = [moment for kind in kinds for moment in due[kind]]
        oldest = min(since, default=None)
        late = sweeper.PATIENT.isdisjoint(kinds) and _is_late(oldest)
        queues.append(Queue(title, meaning, len(since), oldest, late))
    figures = store.jobs.figures(settings.WORKER_IS_LOST_AFTER)
    return State(queues, figures, workers.present())


def _is_late(since: datetime | None) -> bool:
    return since is not None and timezone.now() - since > BEHIND_AFTER


def page(site: RoleSite, request: HttpRequest) -> HttpResponse:
    state, database = look_around(), _database()
    return site.page(
        request, "platform/health.html",
        title="Health", state=state, database=database,
        last_seen=_ago(state.workers.last_seen_at), software=_software(),
    )  # fmt: skip


def _database() -> Database:
    before = perf_counter()
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT current_setting('server_version'), "
            "pg_size_pretty(pg_database_size(current_database()))"
        )
        version, size = cursor.fetchone()
    took = (perf_counter() - before) * 1_000
    return Database(version, took, size, unsafe_login("default"), unprotected_tables())


def _ago(moment: datetime | None) -> str:
    """A worker comes by every few seconds, so seconds count."""
    if moment is None:
        return ""
    apart = timezone.now() - moment
    seconds = int(apart.total_seconds())
    if seconds < 2:
        return "just now"
    return f"{seconds} seconds ago" if seconds < 60 else f"{times.span(apart)} ago"


def _software() -> list[tuple[str, str]]:
    host = getattr(settings, "EMAIL_HOST", "")
    backend = settings.EMAIL_BACKEND.split(".")[-2]
    mail = {"smtp": f"by {host}", "console": "printed where the program runs"}.get(backend, backend)
    by_mail = "by a mailed link" if settings.SIGNUP_CONFIRMS_EMAIL else "at once"
    return [
        ("Django", django.get_version()),
        ("Python", platform.python_version()),
        ("Mails", mail),
        ("Sign-up", by_mail),
    ]
