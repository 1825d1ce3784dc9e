"""What was acknowledged, against what is there: what is lost, what was done twice, what stands.

Reads rows and the other system's books, and believes neither people nor processes.
"""

from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from django.db import connection

from operations.models import (
    CallbackToken,
    TaskAttempt,
    TaskInstance,
    TicketError,
    TicketInstance,
    WorkerLoad,
    WorkflowEvent,
    WorkflowInstance,
)
from tests.faults.people import Journal
from tests.faults.story import BY_CALLS, BY_PEOPLE, DONE, EXPECTED
from tests.faults.systems import Books

MOST_NAMED = 12
#: Told once about each task or run, whatever happens.
ONCE = ("TASK_COMPLETED", "ANSWERED", "ROUTED", "TIMED_OUT")


@dataclass
class Findings:
    """Violations by kind, and figures. `incidents`: tickets that stopped, and say so."""

    lost: list[str] = field(default_factory=list)
    doubled: list[str] = field(default_factory=list)
    stuck: list[str] = field(default_factory=list)
    incidents: Counter[str] = field(default_factory=Counter)
    errors: Counter[str] = field(default_factory=Counter)
    figures: dict[str, int] = field(default_factory=dict)

    @property
    def is_well(self) -> bool:
        return not (self.lost or self.doubled or self.stuck)

    def lines(self) -> Iterator[str]:
        for name in ("lost", "doubled", "stuck"):
            found = getattr(self, name)
            yield f"{name:8} {len(found)}"
            yield from (f"         {words}" for words in found[:MOST_NAMED])
            if len(found) > MOST_NAMED:
                yield f"         and {len(found) - MOST_NAMED} more"


def unfinished() -> int:
    return TicketInstance.objects.filter(closed_at=None).count()


def finished() -> int:
    return TicketInstance.objects.exclude(closed_at=None).count()


def check(journal: Journal, books: Books) -> Findings:
    """Everything; the company is in force."""
    found = Findings()
    tickets = list(TicketInstance.objects.select_related("workflow").order_by("number"))
    tasks = list(TaskInstance.objects.select_related("task_definition").order_by("ticket_id", "pk"))
    _tickets(found, journal, tickets)
    _answers(found, journal, tasks)
    _calls(found, books, tasks)
    _callbacks(found, books, tasks)
    _paths(found, tickets, tasks)
    _histories(found, tickets)
    _leftovers(found)
    _errors(found)
    found.figures = {
        "tickets": len(tickets),
        "tasks": len(tasks),
        "completions acknowledged": len(journal.notes),
        "callbacks acknowledged": sum(books.taken.values()),
        "calls": sum(len(bodies) for by_key in books.asked.values() for bodies in by_key.values()),
        "calls repeated": sum(
            len(bodies) - 1 for by_key in books.asked.values() for bodies in by_key.values()
        ),
        "attempts lost": TaskAttempt.objects.filter(error_name="lost_lease").count(),
    }
    return found


def _tickets(found: Findings, journal: Journal, tickets: list[TicketInstance]) -> None:
    by_subject: dict[str, list[int]] = defaultdict(list)
    for ticket in tickets:
        by_subject[ticket.ticket_data["subject"]].append(ticket.number)
    for subject, number in journal.tickets.items():
        if number not in by_subject[subject]:
            found.lost.append(f"ticket #{number} ({subject}) was acknowledged and is not there")
    for subject, numbers in by_subject.items():
        if len(numbers) > 1:
            found.doubled.append(f"one submission became tickets {numbers}")
        if subject not in journal.sent:
            found.doubled.append(f"nobody sent {subject}")


def _answers(found: Findings, journal: Journal, tasks: list[TaskInstance]) -> None:
    by_id = {str(task.pk): task for task in tasks}
    for task_id, note in journal.notes.items():
        task = by_id.get(task_id)
        if task is None or task.t_status != "COMPLETED" or task.output_data != {"note": note}:
            found.lost.append(f"the answer {note!r} to task {task_id} was acknowledged, not kept")
    for task in tasks:
        key = task.task_definition.key
        if key in BY_PEOPLE and task.t_status == "COMPLETED":
            given = (task.output_data or {}).get("note")
            if given not in journal.tried[str(task.pk)]:
                found.doubled.append(f"nobody answered {key} {task.pk} with {given!r}")


def _calls(found: Findings, books: Books, tasks: list[TaskInstance]) -> None:
    called = {str(task.pk): task for task in tasks if task.task_definition.key in BY_CALLS}
    for path, by_key in books.asked.items():
        for key, bodies in by_key.items():
            task = called.get(key)
            if task is None or f"/{task.task_definition.key}" != path:
                found.doubled.append(f"{path} was called for {key}, which is no such task")
            if len(set(bodies)) > 1:
                found.doubled.append(f"{path} was called for {key} with different bodies")
    for key, task in called.items():
        if task.t_status != "COMPLETED":
            continue
        answer = {"key": key, "number": books.numbers.get(key)}
        if task.output_data != answer:
            found.lost.append(f"{task.task_definition.key} {key}: {task.output_data} != {answer}")


def _callbacks(found: Findings, books: Books, tasks: list[TaskInstance]) -> None:
    received = Counter(
        str(task)
        for task in CallbackToken.objects.filter(received_at__isnull=False).values_list(
            "task_id", flat=True
        )
    )
    done = {str(task.pk) for task in tasks if task.t_status == "COMPLETED"}
    for key, times in books.taken.items():
        if not received[key]:
            found.lost.append(f"a callback for {key} was acknowledged {times} times, not kept")
        elif key not in done:
            found.lost.append(f"a callback for {key} was acknowledged, and had no effect")
    applied = CallbackToken.objects.filter(applied_at__isnull=False)
    for task_id, times in Counter(applied.values_list("task_id", flat=True)).items():
        if times > 1:
            found.doubled.append(f"{times} callbacks took effect for {task_id}")


def _paths(found: Findings, tickets: list[TicketInstance], tasks: list[TaskInstance]) -> None:
    by_ticket: dict[Any, list[TaskInstance]] = defaultdict(list)
    for task in tasks:
        by_ticket[task.ticket_id].append(task)
    stopped = _stopped()
    for ticket in tickets:
        mine = by_ticket[ticket.pk]
        times = Counter(task.task_definition.key for task in mine)
        for key, number in times.items():
            if number > 1:
                found.doubled.append(f"#{ticket.number} came to {key} {number} times")
        if ticket.closed_at is None:
            at = ", ".join(
                f"{task.task_definition.key} {task.t_status}" for task in mine if _is_live(task)
            )
            if ticket.pk in stopped:
                found.incidents[stopped[ticket.pk]] += 1
            else:
                found.stuck.append(f"#{ticket.number} at {at or 'nothing'}")
            continue
        left = {task.task_definition.key: (task.t_status, task.way_out) for task in mine}
        if left != EXPECTED:
            odd = {key: left.get(key) for key in EXPECTED if left.get(key) != EXPECTED[key]}
            found.lost.append(f"#{ticket.number} is closed without having been through {odd}")
        if ticket.w_status != DONE[0]:
            found.lost.append(f"#{ticket.number} is closed as {ticket.w_status}")


def _is_live(task: TaskInstance) -> bool:
    return task.routed_at is None and task.t_status != "CANCELLED"


def _stopped() -> dict[Any, str]:
    """The error that each stopped ticket shows."""
    errors = TicketError.objects.exclude(error_status="RESOLVED")
    return dict(errors.values_list("ticket_id", "code"))


def _histories(found: Findings, tickets: list[TicketInstance]) -> None:
    numbers = {ticket.pk: ticket.number for ticket in tickets}
    lines: dict[Any, list[tuple[int, str, Any]]] = defaultdict(list)
    rows = WorkflowEvent.objects.order_by("ticket_id", "sequence")
    for event in rows.only("ticket_id", "sequence", "kind", "task_id"):
        lines[event.ticket_id].append((event.sequence, event.kind, event.task_id))
    for ticket, told in lines.items():
        if [sequence for sequence, _, _ in told] != list(range(1, len(told) + 1)):
            found.doubled.append(f"the history of #{numbers[ticket]} has a gap")
        once = Counter((kind, task) for _, kind, task in told if kind in ONCE)
        for (kind, task), times in once.items():
            if times > 1:
                found.doubled.append(f"#{numbers[ticket]} tells {kind} of {task} {times} times")
        ends = Counter(kind for _, kind, _ in told if kind in ("SUBMITTED", "FINISHED"))
        if ends["SUBMITTED"] != 1 or ends["FINISHED"] > 1:
            found.doubled.append(f"#{numbers[ticket]} was sent or finished twice: {dict(ends)}")


def _leftovers(found: Findings) -> None:
    """Nothing is left of what is over: no run, attempt, callback, job, or count."""
    for name, rows in (
        ("a run of a closed ticket goes on", _runs_left()),
        ("an attempt is under way", TaskAttempt.objects.filter(ended_at=None)),
        (
            "a callback waits",
            CallbackToken.objects.filter(
                received_at__isnull=False, applied_at=None, revoked_at=None
            ).exclude(task__t_status__in=("COMPLETED", "CANCELLED")),
        ),
    ):
        if number := rows.count():
            found.stuck.append(f"{name} ({number})")
    if jobs := _jobs_left():
        found.stuck.append(f"jobs are left: {jobs}")
    _loads(found)


def _runs_left() -> Any:
    runs = WorkflowInstance.objects.exclude(w_status="COMPLETED")
    return runs.filter(root__tickets__closed_at__isnull=False)


def _jobs_left() -> dict[str, int]:
    """Those that are due; one that was put off finds nothing to do when its time comes."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT status::text || ' ' || (args ->> 'kind'), count(*) FROM procrastinate_jobs "
            "WHERE status = 'doing' OR status = 'todo' AND (scheduled_at IS NULL OR "
            "scheduled_at < now()) GROUP BY 1"
        )
        return dict(cursor.fetchall())


def _loads(found: Findings) -> None:
    """What is counted for each person is what they have."""
    has = Counter(
        TaskInstance.objects.filter(t_status__in=("OPEN", "IN_PROGRESS")).values_list(
            "assigned_to_id", flat=True
        )
    )
    for person, counted in WorkerLoad.objects.values_list("user_id", "open_tasks"):
        if counted != has[person]:
            found.doubled.append(f"{counted} tasks are counted for {person}, who has {has[person]}")


def _errors(found: Findings) -> None:
    for code, attempts in TicketError.objects.values_list("code", "attempts"):
        found.errors[code or "(no code)"] += attempts
