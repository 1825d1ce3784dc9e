"""A run of a workflow version, and the branches of it that wait at a join."""

from typing import ClassVar

from django.db import models
from django_fsm import FSMField, transition

from definitions.models import WorkflowDefinition, owned_by
from operations.statuses import WorkflowStatus
from tenants.models import TenantOwned, User


class WorkflowInstance(TenantOwned):
    """One run of a workflow version.

    `workflow_data` is {"ticket": submitted values, "<task key>": latest output}. `current_task` is
    for display; the truth is the set of live tasks.
    """

    workflow_definition = owned_by(WorkflowDefinition, "instances")
    w_status = FSMField(
        "status",
        default=WorkflowStatus.NOT_STARTED,
        choices=WorkflowStatus.choices,
        protected=True,
        editable=False,
    )
    workflow_data = models.JSONField(default=dict)
    current_task = owned_by("operations.TaskInstance", "+", null=True)
    # The ticket's own run, itself for that one. Whoever changes any of them locks the root first.
    root = owned_by("self", "family")
    parent_task = owned_by("operations.TaskInstance", "children", null=True)
    depth = models.PositiveSmallIntegerField(
        default=0, help_text="How many workflows it runs inside of."
    )
    last_task_sequence = models.PositiveIntegerField(default=0)
    last_event_sequence = models.PositiveIntegerField(default=0)
    automatic_steps = models.PositiveIntegerField(
        default=0, help_text="Steps of the ticket in a row for which nobody and nothing waited."
    )
    created_by = owned_by(User, "+", null=True)
    created_at = models.DateTimeField(auto_now_add=True)
    started_at = models.DateTimeField(null=True)
    completed_at = models.DateTimeField(null=True)
    held_at = models.DateTimeField(null=True)

    class Meta(TenantOwned.Meta):
        db_table = "workflow_instances"
        verbose_name = "workflow run"
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["company", "parent_task"], name="workflow_instances_one_per_task"
            )
        ]
        indexes: ClassVar = [
            models.Index(fields=["company", "root"], name="runs_of_ticket"),
        ]

    def __str__(self) -> str:
        return f"{self.workflow_definition}"

    @transition(w_status, source=WorkflowStatus.NOT_STARTED, target=WorkflowStatus.IN_PROGRESS)
    def start(self) -> None:
        """Its first task starts."""

    @transition(w_status, source=WorkflowStatus.IN_PROGRESS, target=WorkflowStatus.COMPLETED)
    def finish(self) -> None:
        """No branch is left."""

    @transition(
        w_status,
        source=WorkflowStatus.IN_PROGRESS,
        target=WorkflowStatus.ON_HOLD,
        permission="operations.triage_ticketinstance",
    )
    def hold(self) -> None:
        """Nothing goes on until it is resumed."""

    @transition(
        w_status,
        source=WorkflowStatus.ON_HOLD,
        target=WorkflowStatus.IN_PROGRESS,
        permission="operations.triage_ticketinstance",
    )
    def resume(self) -> None:
        """Go on where it was held."""

    @transition(
        w_status,
        source=[WorkflowStatus.NOT_STARTED, WorkflowStatus.IN_PROGRESS, WorkflowStatus.ON_HOLD],
        target=WorkflowStatus.CANCELLED,
    )
    def cancel(self) -> None:
        """Stop for good. Who may is the service's question: an admin, or the requester."""

    @transition(
        w_status,
        source=[WorkflowStatus.COMPLETED, WorkflowStatus.CANCELLED],
        target=WorkflowStatus.IN_PROGRESS,
        permission="operations.triage_ticketinstance",
    )
    def reopen(self) -> None:
        """An admin moved a finished ticket back to a task."""


class BranchArrival(TenantOwned):
    """A branch that has come to a join and waits there for the others."""

    workflow_instance = owned_by(WorkflowInstance, "arrivals")
    task_key = models.CharField(max_length=80)
    branch = models.CharField(max_length=200)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta(TenantOwned.Meta):
        db_table = "branch_arrivals"
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["company", "workflow_instance", "branch"],
                name="branch_arrivals_company_branch",
            )
        ]

    def __str__(self) -> str:
        return f"{self.branch} at {self.task_key}"
