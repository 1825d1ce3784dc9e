"""Mails that are owed to people: written with what they tell of, sent by the worker."""

from typing import ClassVar

from django.db import models
from django.db.models import Q

from definitions.models import owned_by
from operations.models.errors import TicketError
from operations.models.tasks import TaskInstance
from operations.models.tickets import TicketInstance
from tenants.models import TenantOwned, User


class NoticeKind(models.TextChoices):
    REMINDER = "REMINDER", "A task is due soon"
    FIRST_ERROR = "FIRST_ERROR", "Something new went wrong"


class Notice(TenantOwned):
    """One mail to one person. `about` makes it one: the same twice is written once.

    Whoever sends it moves `next_try_at` first: until then nobody else tries, whatever becomes of
    the first.
    """

    person = owned_by(User, "notices")
    kind = models.CharField(max_length=20, choices=NoticeKind.choices)
    about = models.CharField(max_length=120)
    ticket = owned_by(TicketInstance, "notices")
    task = owned_by(TaskInstance, "notices", null=True)
    error = owned_by(TicketError, "notices", null=True)
    created_at = models.DateTimeField(auto_now_add=True)
    sent_at = models.DateTimeField(null=True)
    failures = models.PositiveSmallIntegerField(default=0)
    next_try_at = models.DateTimeField(null=True)

    class Meta(TenantOwned.Meta):
        db_table = "notices"
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["company", "person", "kind", "about"], name="notices_once"
            )
        ]
        indexes: ClassVar = [
            models.Index(fields=["created_at"], condition=Q(sent_at=None), name="notices_to_send")
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} for {self.person}"
