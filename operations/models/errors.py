"""What stopped a ticket, until it has gone on."""

from typing import Any, ClassVar

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django_fsm import FSMField, transition

from definitions.models import owned_by
from operations.models.tasks import TaskInstance
from operations.models.tickets import TicketInstance
from operations.querysets import TicketErrorQuerySet
from operations.statuses import ErrorStatus, ErrorType
from tenants.models import TenantManager, TenantOwned, User, start_of_list

# Outside the class: only then do the types know its methods.
TicketErrorManager = TenantManager.from_queryset(TicketErrorQuerySet)


def its_rerun_succeeded(error: Any) -> bool:
    """Nothing is repaired because a button was pressed: the engine says when it went on."""
    return error.rerun_succeeded_at is not None


class TicketError(TenantOwned):
    """What stopped a ticket, for the person who repairs it.

    `message` is the cause in plain words; `trace` is as in WorkflowEvent; `fingerprint` is equal
    for equal causes; `stack_trace` is for developers.
    """

    ticket = owned_by(TicketInstance, "errors")
    task = owned_by(TaskInstance, "errors", null=True)
    error_type = models.CharField(max_length=30, choices=ErrorType.choices)
    error_status = FSMField(
        "status",
        default=ErrorStatus.NEW,
        choices=ErrorStatus.choices,
        protected=True,
        editable=False,
    )
    code = models.CharField(max_length=60, blank=True, help_text="Name of the cause, for programs.")
    message = models.TextField()
    trace = models.JSONField(default=start_of_list)
    detail = models.JSONField(default=dict)
    stack_trace = models.TextField(blank=True)
    fingerprint = models.CharField(max_length=64, blank=True)
    attempts = models.PositiveIntegerField(default=1)
    resolution_notes = models.TextField(blank=True)
    reviewed_by = owned_by(User, "+", null=True)
    resolved_by_label = models.CharField(max_length=200, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    last_seen_at = models.DateTimeField(default=timezone.now)
    reviewed_at = models.DateTimeField(null=True)
    retry_asked_at = models.DateTimeField(null=True)
    rerun_succeeded_at = models.DateTimeField(null=True)
    resolved_at = models.DateTimeField(null=True)

    objects: ClassVar["TicketErrorManager[Any]"] = TicketErrorManager()

    class Meta(TenantOwned.Meta):
        db_table = "ticket_errors"
        verbose_name = "ticket error"
        permissions: ClassVar = [("resolve_ticketerror", "Can review and resolve ticket errors")]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["company", "ticket", "task", "error_type"],
                condition=~Q(error_status=ErrorStatus.RESOLVED),
                nulls_distinct=False,
                name="ticket_errors_one_open_per_cause",
            )
        ]
        indexes: ClassVar = [
            models.Index(
                fields=["company", "-id"],
                condition=~Q(error_status=ErrorStatus.RESOLVED),
                name="ticket_errors_open",
            ),
            models.Index(fields=["company", "fingerprint"], name="ticket_errors_same_cause"),
        ]

    def __str__(self) -> str:
        return self.message

    @transition(
        error_status,
        source=ErrorStatus.NEW,
        target=ErrorStatus.REVIEWED,
        permission="operations.resolve_ticketerror",
    )
    def review(self) -> None:
        """Somebody looks after it."""

    @transition(
        error_status,
        source=[ErrorStatus.NEW, ErrorStatus.REVIEWED],
        target=ErrorStatus.RESOLVED,
        conditions=[its_rerun_succeeded],
        permission="operations.resolve_ticketerror",
    )
    def resolve(self, notes: str) -> None:
        """The ticket goes on. `notes` say what was done."""
        self.resolution_notes = notes
