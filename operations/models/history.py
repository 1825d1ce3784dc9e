"""What happened to a ticket: written once, never changed."""

from typing import ClassVar

from django.db import models

from definitions.models import owned_by
from operations.models.runs import WorkflowInstance
from operations.models.tasks import TaskInstance
from operations.models.tickets import TicketInstance
from tenants.models import TenantOwned, User, start_of_list


class EventKind(models.TextChoices):
    SUBMITTED = "SUBMITTED", "sent the request"
    STARTED = "STARTED", "started"
    ROUTED = "ROUTED", "moved on"
    ASSIGNED = "ASSIGNED", "given to"
    TASK_STARTED = "TASK_STARTED", "began"
    TASK_COMPLETED = "TASK_COMPLETED", "finished"
    REASSIGNED = "REASSIGNED", "handed over"
    CALL_FAILED = "CALL_FAILED", "could not call"
    ANSWERED = "ANSWERED", "got the answer of another system"
    TIMED_OUT = "TIMED_OUT", "ran out of time"
    REMINDED = "REMINDED", "reminded"
    SKIPPED = "SKIPPED", "skipped"
    CORRECTED = "CORRECTED", "corrected"
    MOVED = "MOVED", "moved by hand"
    VERSION_CHANGED = "VERSION_CHANGED", "moved to another version"
    HELD = "HELD", "put on hold"
    RESUMED = "RESUMED", "resumed"
    CANCELLED = "CANCELLED", "cancelled"
    FINISHED = "FINISHED", "finished the request"
    FAILED = "FAILED", "stopped"
    RETRIED = "RETRIED", "tried again"
    RESOLVED = "RESOLVED", "repaired"


class ActorKind(models.TextChoices):
    PERSON = "PERSON", "a person"
    SYSTEM = "SYSTEM", "TicketFlower"
    API = "API", "another system"


class WorkflowEvent(TenantOwned):
    """One line of a ticket's history: written once, in order of `sequence`, never changed.

    `trace` of a ROUTED event lists every transition looked at, as `engine.Considered.as_json` has
    it. `detail` of an ASSIGNED event tells who was considered: {worker, considered: [{id, name,
    open, why_not}]}.
    """

    workflow_instance = owned_by(WorkflowInstance, "events", null=True)
    ticket = owned_by(TicketInstance, "events")
    sequence = models.PositiveIntegerField()
    kind = models.CharField(max_length=20, choices=EventKind.choices)
    task = owned_by(TaskInstance, "events", null=True)
    from_key = models.CharField(max_length=80, blank=True)
    to_key = models.TextField(blank=True, help_text="Key of a task, or keys, “, ” between them.")
    actor = owned_by(User, "+", null=True)
    actor_kind = models.CharField(
        max_length=10, choices=ActorKind.choices, default=ActorKind.SYSTEM
    )
    actor_label = models.CharField(max_length=200, blank=True)
    reason = models.TextField(blank=True)
    trace = models.JSONField(default=start_of_list)
    detail = models.JSONField(default=dict)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta(TenantOwned.Meta):
        db_table = "workflow_events"
        verbose_name = "event"
        ordering: ClassVar = ["ticket", "sequence"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["company", "ticket", "sequence"], name="workflow_events_company_sequence"
            )
        ]

    def __str__(self) -> str:
        return f"{self.actor_label} {self.get_kind_display()} {self.to_key}".strip()
