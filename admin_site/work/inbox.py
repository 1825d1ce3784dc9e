"""My tasks, in the order in which they should be done."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta

from django.urls import reverse
from django.utils import timezone

from admin_site import html, statuses, times
from admin_site.parts import Row, RowGroup
from admin_site.statuses import Status
from definitions.listing import listed
from operations.models import TaskInstance
from tenants.models import User

#: More than this nobody reads at once; the list has them all, with search.
MOST_SHOWN = 100
MOST_IN_ASIDE = 5

LATE, TODAY, WEEK, LATER, NO_DATE, HELD = (
    "Late", "Due today", "This week", "Later", "No date", "On hold",
)  # fmt: skip
_SMALL = ("No", "One", "Two", "Three", "Four", "Five", "Six", "Seven", "Eight", "Nine")


def inbox_of(person: User) -> list[TaskInstance]:
    """What waits for this person, late first; what is on hold as well, to be told so."""
    mine = TaskInstance.objects.assigned_to(person).begun_or_open()
    return list(mine.for_lists().due_first()[: MOST_SHOWN + 1])


def queue_of(person: User, most: int) -> list[TaskInstance]:
    """What this person may take, the one that waits longest first."""
    return list(TaskInstance.objects.takeable_by(person).for_lists().order_by("pk")[:most])


def grouped(tasks: Iterable[TaskInstance]) -> list[RowGroup]:
    """Late, Due today, This week, Later, No date, On hold; empty groups are left out."""
    groups: dict[str, list[Row]] = {name: [] for name in (LATE, TODAY, WEEK, LATER, NO_DATE, HELD)}
    for task in tasks:
        groups[_group_of(task)].append(row_of(task))
    return [RowGroup(name, rows, hot=name == LATE) for name, rows in groups.items() if rows]


def _group_of(task: TaskInstance) -> str:
    if task.workflow_instance.w_status == "ON_HOLD":
        return HELD
    if task.due_at is None:
        return NO_DATE
    if task.due_at < timezone.now():
        return LATE
    day, today = times.local(task.due_at).date(), timezone.localdate()
    if day == today:
        return TODAY
    sunday = today + timedelta(days=6 - today.weekday())
    return WEEK if day <= sunday else LATER


def row_of(task: TaskInstance) -> Row:
    is_held = task.workflow_instance.w_status == "ON_HOLD"  # no time runs then
    return Row(
        title=str(task.task_definition),
        href=reverse("work:task", args=[task.pk]),
        meta=f"#{task.ticket.number} · {task.ticket.title}",
        due=None if is_held else task.due_at,
        show_due=not is_held,
        who=f"for {asker_of(task)}",
        chip=status_of(task),
    )


def row_to_take(task: TaskInstance, *, tells_more: bool = False) -> Row:
    """A row of the team queue, with its button; `tells_more` where there is room for it."""
    waits = times.span(timezone.now() - task.created_at)
    more = f" · for {asker_of(task)} · waits for {waits}" if tells_more else ""
    return Row(
        title=str(task.task_definition),
        href=reverse("work:task", args=[task.pk]),
        meta=f"#{task.ticket.number} · {task.ticket.title}{more}",
        action="Take it",
        action_url=reverse("work:take", args=[task.pk]),
    )


def asker_of(task: TaskInstance) -> str:
    """The name of whoever asked; kept by the ticket for those who are no row of the company."""
    return html.name_of(task.ticket.created_by) or task.ticket.created_by_label


def status_of(task: TaskInstance) -> Status:
    """What a worker wants to know of it: a draft is more than "started"."""
    if task.t_status in ("OPEN", "IN_PROGRESS"):
        if task.workflow_instance.w_status == "ON_HOLD":
            return statuses.status("workflow", "ON_HOLD")
        if task.draft_saved_at is not None:
            return statuses.status("mark", "DRAFT_SAVED")
    return statuses.status("task", task.t_status)


# --- in words ------------------------------------------------------------------------------------


def greeting(person: User) -> str:
    hour = timezone.localtime().hour
    part = "morning" if 4 <= hour < 12 else "afternoon" if hour < 18 else "evening"
    return f"Good {part}, {html.first_name_of(person)}"


def summary(numbers: Mapping[str, int], groups: Sequence[RowGroup]) -> str:
    """ "7 tasks for you. One is late, two are due today."."""
    mine = numbers["mine"]
    if not mine:
        return ""
    today = next((len(group.rows) for group in groups if group.title == TODAY), 0)
    parts = [_are(numbers["late"], "late"), _are(today, "due today")]
    told = listed([part for part in parts if part] or ["Nothing is due today"])
    return f"{mine} task{'' if mine == 1 else 's'} for you. {told[0].upper()}{told[1:]}."


def _are(number: int, what: str) -> str:
    if not number:
        return ""
    word = _SMALL[number].lower() if number < len(_SMALL) else str(number)
    return f"{word} {'is' if number == 1 else 'are'} {what}"


def start_of_week() -> datetime:
    """Monday, 0:00, in the company's time zone."""
    now = timezone.localtime()
    midnight = now.replace(hour=0, minute=0, second=0, microsecond=0)
    return midnight - timedelta(days=now.weekday())


def done_in_words(person: User, queue: int) -> str:
    """For somebody with nothing left to do."""
    finished = done_this_week(person)
    tasks = "1 task" if finished == 1 else f"{finished} tasks"
    said = [f"You finished {tasks} this week."] if finished else []
    if queue:
        said.append(f"{queue} wait{'s' if queue == 1 else ''} in the team queue, if you have time.")
    return "\n".join(said) or "Nothing waits for you."


def done_this_week(person: User) -> int:
    """How many tasks the person has finished since Monday, of the latest 200."""
    latest = TaskInstance.objects.done_by(person).order_by("-pk")[:200]
    monday = start_of_week()
    finished = latest.values_list("completed_at", flat=True)
    return sum(1 for at in finished if at is not None and at >= monday)
