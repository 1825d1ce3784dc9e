"""Mails that people are owed: written down with what they tell of, sent afterwards.

A row is written in the transaction that has a reason for it, so no crash loses a mail; sending
comes after, outside of any transaction. A mail may come twice, if a worker ends between the mail
server's yes and our writing it down: that is better than not at all.
"""

import logging
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.utils import formataddr, parseaddr
from uuid import UUID

from django.conf import settings
from django.core.mail import EmailMessage
from django.db.models import Q
from django.db.models.functions import Now
from django.template.loader import render_to_string
from django.urls import reverse

from operations import jobs
from operations.models import DOABLE_TASK, ErrorStatus, Notice, NoticeKind, TicketError
from tenants.context import current_company_id, tenant_context
from tenants.models import User
from tenants.roles import TICKET_ADMIN

log = logging.getLogger(__name__)

#: As in `app_due_work`: with a wait that doubles from a minute on, the last try is 17 hours later.
MOST_FAILURES = 10
LONGEST_CAUSE = 2_000


@dataclass(frozen=True, slots=True)
class _Claimed:
    """A mail that is this worker's to send, for a minute at least."""

    mail: EmailMessage
    failures: int


# What is owed


def remind(person_id: UUID, ticket_id: UUID, task_id: UUID) -> None:
    """Owe whoever has a task a reminder, once in its life."""
    reminder = Notice(
        person_id=person_id,
        kind=NoticeKind.REMINDER,
        about=f"task:{task_id}",
        ticket_id=ticket_id,
        task_id=task_id,
    )
    _owe([reminder])


def tell_of_first(error: TicketError) -> None:
    """Owe every ticket admin the news that something stops tickets which has stopped none yet."""
    admins = User.objects.active().holding(TICKET_ADMIN)
    _owe(
        [
            Notice(
                person_id=person_id,
                kind=NoticeKind.FIRST_ERROR,
                about=f"error:{error.pk}:{error.fingerprint}",
                ticket_id=error.ticket_id,
                task_id=error.task_id,
                error=error,
            )
            for person_id in admins.values_list("pk", flat=True)
        ]
    )


def _owe(notices: list[Notice]) -> None:
    Notice.objects.bulk_create(notices, ignore_conflicts=True)
    for notice in notices:
        jobs.enqueue("notice", notice.pk)


# Sending


def send(notice_id: UUID) -> bool:
    """Send a mail that is owed; False: it was sent, is no longer wanted, or could not be sent."""
    with tenant_context(current_company_id()):
        claimed = _claim(notice_id)
    if claimed is None:
        return False
    try:
        claimed.mail.send()
    except Exception:  # whatever is wrong with one mail counts, or it would be tried for ever
        log.exception("Mail not sent", extra={"notice": str(notice_id)})
        with tenant_context(current_company_id()):
            Notice.objects.filter(pk=notice_id).update(failures=claimed.failures + 1)
        return False
    with tenant_context(current_company_id()):
        Notice.objects.filter(pk=notice_id).update(sent_at=Now())
    return True


def _claim(notice_id: UUID) -> _Claimed | None:
    is_time = Q(next_try_at=None) | Q(next_try_at__lte=Now())
    notice = (
        Notice.objects.select_for_update(of=("self",), skip_locked=True)
        .select_related("company", "person", "ticket", "task__task_definition", "error")
        .filter(is_time, pk=notice_id, sent_at=None, failures__lt=MOST_FAILURES)
        .first()
    )
    if notice is None:
        return None
    if not _is_wanted(notice):
        notice.delete()
        return None
    pause = timedelta(minutes=2**notice.failures)
    Notice.objects.filter(pk=notice_id).update(next_try_at=Now() + pause)
    return _Claimed(_mail(notice), notice.failures)


def _is_wanted(notice: Notice) -> bool:
    """A mail may have waited long: what it tells of may be over, or somebody else's now."""
    task, error = notice.task, notice.error
    if not notice.person.is_active:
        return False
    if notice.kind == NoticeKind.FIRST_ERROR:
        return error is not None and error.error_status != ErrorStatus.RESOLVED
    return (
        task is not None
        and task.t_status in DOABLE_TASK
        and task.assigned_to_id == notice.person_id
    )


def _mail(notice: Notice) -> EmailMessage:
    task = notice.task
    told = {
        "first_name": notice.person.first_name,
        "company": notice.company.name,
        "number": notice.ticket.number,
        "title": notice.ticket.title,
        "task": str(task.task_definition) if task else "",
        "due": _when(notice, task.due_at if task else None),
        "runs_out": _when(notice, task.times_out_at if task else None),
        "message": notice.error.message[:LONGEST_CAUSE] if notice.error else "",
        "link": settings.PUBLIC_URL + _address(notice),
    }
    text = render_to_string(f"operations/mails/{notice.kind.lower()}.txt", told)
    subject, _, body = text.strip().partition("\n")
    _, address = parseaddr(settings.DEFAULT_FROM_EMAIL)
    sender = formataddr((_in_one_line(f"{notice.company.name} (TicketFlower)"), address))
    return EmailMessage(_in_one_line(subject), body.strip() + "\n", sender, [notice.person.email])


def _address(notice: Notice) -> str:
    """Pages are known here by their name only."""
    if notice.kind == NoticeKind.FIRST_ERROR:
        return reverse("desk:operations_ticketerror_change", args=[notice.error_id])
    return reverse("work:task", args=[notice.task_id])


def _when(notice: Notice, moment: datetime | None) -> str:
    """ "Friday 20 November 2026, 14:00 (Europe/Berlin)": a mail is read on any clock."""
    if moment is None:
        return ""
    local = moment.astimezone(notice.company.zone)
    return f"{local:%A} {local.day} {local:%B} {local.year}, {local:%H:%M} ({local.tzinfo})"


def _in_one_line(text: str) -> str:
    return " ".join(text.split())
