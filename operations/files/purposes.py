"""What a file is sent for, and which files can still be used for it."""

from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from django.db.models import Q, QuerySet

from operations.models import FileUpload, TaskInstance, TaskStatus
from tenants.audit import row_id
from tenants.models import User


@dataclass(frozen=True, slots=True)
class Purpose:
    """The form that a file was chosen in: that of a ticket type, of a task, with a ticket alone its
    own (to correct it), or what is written to its people (`is_comment`).
    """

    ticket_type: UUID | None = None
    ticket: UUID | None = None
    task: UUID | None = None
    is_comment: bool = False


def keys_in(texts: Iterable[object]) -> list[UUID]:
    """Those of the texts that are identifiers, written as we write them."""
    found = []
    for text in texts:
        try:
            key = UUID(text) if isinstance(text, str) else None
        except ValueError:
            continue
        if key is not None and str(key) == text:
            found.append(key)
    return found


def kept_for(actor: User, purpose: Purpose) -> "QuerySet[FileUpload]":
    """What this person may answer with: what they sent for this very form and have not used yet,
    and what is part of the ticket already. What a task that is not done holds is its own.
    """
    mine = Q(created_by_id=row_id(actor), bound_at=None, ticket=None, task=None)
    if purpose.ticket is None:
        return FileUpload.objects.filter(mine, ticket_type_id=purpose.ticket_type)
    unsent = Q(created_by_id=row_id(actor), bound_at=None, ticket_id=purpose.ticket)
    of_this_form = unsent & Q(task_id=purpose.task)
    if purpose.is_comment:  # not everybody who may write may read all of the ticket
        return FileUpload.objects.filter(of_this_form)
    # Keys and not a join, so that the rows found can be locked.
    done = TaskInstance.objects.filter(ticket=purpose.ticket, t_status=TaskStatus.COMPLETED)
    is_free = Q(task=None) | Q(task_id=purpose.task) | Q(task__in=done.values("pk"))
    of_the_ticket = Q(ticket_id=purpose.ticket, bound_at__isnull=False) & is_free
    return FileUpload.objects.filter(of_this_form | of_the_ticket)
