"""What was asked of another system, and how it may answer later."""

from typing import ClassVar

from django.db import models
from django.db.models import Q

from definitions.models import owned_by
from operations.models.tasks import TaskInstance
from tenants.models import TenantOwned


class TaskAttempt(TenantOwned):
    """One call of an action task. The row is written before the call, so that a call whose outcome
    nobody knows can be seen; without `ended_at` it is under way, until `lease_until` at most.

    `request` and `answer` are as `outgoing.record_of_call` and `record_of_answer` make them:
    without secrets, shortened. `counts`: the rules for repeating look at it; those before a person
    asked for a fresh start no longer do.
    """

    task = owned_by(TaskInstance, "attempts")
    number = models.PositiveIntegerField()
    counts = models.BooleanField(default=True)
    started_at = models.DateTimeField()
    lease_until = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    error_name = models.CharField(max_length=40, blank=True, help_text="Empty: it succeeded.")
    error_message = models.TextField(blank=True)
    sent = models.BooleanField(default=False, help_text="It may have reached the other system.")
    request = models.JSONField(default=dict)
    answer = models.JSONField(null=True)

    class Meta(TenantOwned.Meta):
        db_table = "task_attempts"
        verbose_name = "attempt"
        ordering: ClassVar = ["task", "number"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["company", "task", "number"], name="task_attempts_company_number"
            )
        ]
        indexes: ClassVar = [
            models.Index(
                fields=["lease_until"], condition=Q(ended_at=None), name="attempts_under_way"
            )
        ]

    def __str__(self) -> str:
        return f"attempt {self.number}"


class CallbackToken(TenantOwned):
    """The right to send the answer of one attempt, once. Only the hash of the token is kept.

    `received_at` is when the answer came, `applied_at` when the engine went on with it: between
    the two it waits for its turn (the call has not returned, or the ticket is on hold).
    """

    task = owned_by(TaskInstance, "callbacks")
    attempt = owned_by(TaskAttempt, "callbacks")
    token_hash = models.CharField(max_length=64, unique=True, editable=False)
    expires_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True)
    received_at = models.DateTimeField(null=True)
    applied_at = models.DateTimeField(null=True)
    payload = models.JSONField(null=True)
    payload_hash = models.CharField(max_length=64, blank=True)

    class Meta(TenantOwned.Meta):
        db_table = "callback_tokens"
        verbose_name = "callback"
        indexes: ClassVar = [
            models.Index(
                fields=["received_at"],
                condition=Q(applied_at=None, revoked_at=None, received_at__isnull=False),
                name="callbacks_to_apply",
            ),
            models.Index(fields=["company", "task"], name="callbacks_of_task"),
        ]

    def __str__(self) -> str:
        return f"callback of {self.attempt}"
