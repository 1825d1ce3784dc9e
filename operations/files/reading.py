"""Who may read a file, and its content."""

import logging
from typing import Any, BinaryIO

from django.core.files.storage import default_storage
from django.db.models import Q, QuerySet

from definitions import layouts
from definitions.schemas import UnusableSchema
from definitions.schemas.seen import seen_by_requester
from operations.models import FileUpload, TaskInstance, TaskStatus
from tenants.audit import row_id
from tenants.models import User

log = logging.getLogger(__name__)


def requester_may_read(person: User, file: FileUpload) -> bool:
    """What they sent, what was written to them, and what a task's form marks for them.

    Asks nothing where `ticket`, `comment` and `task__task_definition` were read with the file.
    """
    if file.bound_at is None:
        return file.task_id is None and file.created_by_id == row_id(person)
    if file.ticket is None or file.ticket.created_by_id != person.pk:
        return False
    if file.comment is not None:
        return not file.comment.is_internal
    return file.task is None or _is_told(file, file.task)


def worker_may_read(person: User, files: "QuerySet[FileUpload]") -> "QuerySet[FileUpload]":
    """Of tickets in which this person has, had or may take a task; a colleague's draft is not
    theirs."""
    theirs = TaskInstance.objects.open_to(person)
    is_done = Q(task=None) | Q(task__t_status=TaskStatus.COMPLETED)
    of_their_tickets = Q(ticket__in=theirs.values("ticket")) & is_done
    unsent = Q(bound_at=None, created_by_id=row_id(person))
    sent = Q(bound_at__isnull=False) & (of_their_tickets | Q(task__in=theirs.values("pk")))
    return files.filter(sent | unsent)


def open_content(file: FileUpload) -> BinaryIO | None:
    """The content for reading; None where the storage has lost it, which is logged."""
    try:
        content: Any = default_storage.open(file.place)
    except FileNotFoundError:
        log.error("The content of a file is gone", extra={"file": str(file.pk)})
        return None
    return content  # type: ignore[no-any-return]


def _is_told(file: FileUpload, task: TaskInstance) -> bool:
    """Whether an answer that the requester reads names it."""
    node, output = task.task_definition, task.output_data
    if task.t_status != TaskStatus.COMPLETED or not isinstance(output, dict):
        return False
    try:
        made = layouts.compiled(node.output_schema, node.edit_layout)
    except UnusableSchema:
        return False
    seen = seen_by_requester(made.shape)
    key = str(file.pk)
    return any(
        asked.place and asked.place[0] in seen and key in asked.given(output)
        for asked in layouts.files_asked(made)
    )
