"""What a call to another system is doing right now, in words."""

from datetime import timedelta
from urllib.parse import urlsplit

from django.utils import timezone

from admin_site import times
from definitions.graph import ACTION_TYPES, TaskType
from operations.models import ErrorStatus, TaskInstance, TaskStatus, TicketError

#: How long a page waits for the news of a retry before it offers everything again.
SOON = timedelta(minutes=2)


def call_state(task: TaskInstance, *, is_held: bool = False) -> str:
    """ "is calling erp.example", "tries again today 14:10"; "" where nothing is called."""
    node = task.task_definition
    if node.task_type not in ACTION_TYPES:
        return ""
    host = host_of(task)
    if task.t_status == TaskStatus.IN_PROGRESS:
        return f"is calling {host}"
    if task.t_status != TaskStatus.PENDING:
        return ""
    if task.wakes_at is None and node.task_type == TaskType.ASYNC_ACTION:
        until = f" until {times.when(task.times_out_at)}" if task.times_out_at else ""
        return f"waits for the answer of {host}{until}"
    if is_held:
        return f"calls {host} once the ticket goes on"
    if task.wakes_at is not None and task.wakes_at > timezone.now():
        again = "tries again" if task.started_at else f"calls {host}"
        return f"{again} {_soon(task.wakes_at - timezone.now()) or times.when(task.wakes_at)}"
    return f"is about to call {host}{' again' if task.started_at else ''}"


def with_tries(doing: str, tries: int) -> str:
    """ "tries again today 14:10 · 3 tries so far"."""
    so_far = f"{tries} {'try' if tries == 1 else 'tries'} so far" if doing and tries else ""
    return " · ".join(part for part in (doing, so_far) if part)


def host_of(task: TaskInstance) -> str:
    """Whom a step calls, by the name in its address."""
    return urlsplit(task.task_definition.action_url).hostname or "the other system"


def _soon(left: timedelta) -> str:
    return f"in {int(left.total_seconds()) + 1} seconds" if left < timedelta(minutes=1) else ""


def is_being_tried(error: TicketError) -> bool:
    """A person asked for another try, and it has not ended yet."""
    asked_at = error.retry_asked_at
    is_open = error.error_status != ErrorStatus.RESOLVED
    return is_open and asked_at is not None and error.last_seen_at < asked_at


def news_is_near(error: TicketError) -> bool:
    """Whether it is worth waiting for how the try ends."""
    asked_at = error.retry_asked_at
    return is_being_tried(error) and asked_at is not None and timezone.now() - asked_at < SOON


def trying(error: TicketError, *, is_held: bool = False) -> str:
    """How far another try has come."""
    doing = call_state(error.task, is_held=is_held) if error.task else ""
    return f"Being tried now: it {doing}." if doing else "Being tried now."
