"""What is happening: tickets, the workflows they run, their tasks, their history, and what broke.

The rows are the outbox of the engine: a ticket without its workflow, or a completed task that has
not been routed, is work to do, found by a partial index. Nothing else remembers it.
"""

from typing import Any, ClassVar

from django.db import models
from django.db.models import Q
from django_fsm import FSMField, transition

from definitions.models import TaskDefinition, TicketDefinition, WorkflowDefinition, owned_by
from operations.querysets import (
    TaskQuerySet,
    TicketErrorQuerySet,
    TicketQuerySet,
)
from tenants.models import Company, TenantManager, TenantOwned, User, start_of_list


class TaskStatus(models.TextChoices):
    OPEN = "OPEN", "Open"
    IN_PROGRESS = "IN_PROGRESS", "In progress"
    PENDING = "PENDING", "Pending"
    COMPLETED = "COMPLETED", "Completed"
    CANCELLED = "CANCELLED", "Cancelled"
    ERROR = "ERROR", "Error"


class WorkflowStatus(models.TextChoices):
    NOT_STARTED = "NOT_STARTED", "Not started"
    IN_PROGRESS = "IN_PROGRESS", "In progress"
    COMPLETED = "COMPLETED", "Completed"
    CANCELLED = "CANCELLED", "Cancelled"
    ON_HOLD = "ON_HOLD", "On hold"


class ErrorType(models.TextChoices):
    WORKFLOW_CREATION = "WORKFLOW_CREATION", "Starting the workflow"
    TASK_CREATION = "TASK_CREATION", "Starting a task"
    TASK_UPDATE = "TASK_UPDATE", "Carrying out a task"
    WORKFLOW_TRANSITION = "WORKFLOW_TRANSITION", "Going on to the next task"


class ErrorStatus(models.TextChoices):
    NEW = "NEW", "New"
    REVIEWED = "REVIEWED", "Reviewed"
    RESOLVED = "RESOLVED", "Resolved"


# A task that still has something to wait for; the rest are over.
LIVE_TASK = (TaskStatus.OPEN, TaskStatus.IN_PROGRESS, TaskStatus.PENDING, TaskStatus.ERROR)
# A task that a person could do now.
DOABLE_TASK = (TaskStatus.OPEN, TaskStatus.IN_PROGRESS)


# Outside the classes: only then do the types know their methods.
TicketManager = TenantManager.from_queryset(TicketQuerySet)
TaskManager = TenantManager.from_queryset(TaskQuerySet)
TicketErrorManager = TenantManager.from_queryset(TicketErrorQuerySet)


class TicketCounter(models.Model):
    """The last ticket number of a company; its row is locked while the next one is taken."""

    company = models.OneToOneField(
        Company, on_delete=models.CASCADE, primary_key=True, related_name="+"
    )
    last_number = models.PositiveIntegerField(default=1000)

    objects = TenantManager["TicketCounter"]()

    class Meta:
        db_table = "ticket_counters"
        base_manager_name = "objects"

    def __str__(self) -> str:
        return f"up to #{self.last_number}"


class WorkflowInstance(TenantOwned):
    """One run of a workflow version. `workflow_data` is {"ticket": submitted values, "<task key>":
    latest
    output}. `current_task` is for display; the truth is the set of live tasks."""

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
    parent_task = owned_by("operations.TaskInstance", "children", null=True)
    depth = models.PositiveSmallIntegerField(
        default=0, help_text="How many workflows it runs inside of."
    )
    last_task_sequence = models.PositiveIntegerField(default=0)
    last_event_sequence = models.PositiveIntegerField(default=0)
    created_by = owned_by(User, "+", null=True)
    created_at = models.DateTimeField(auto_now_add=True)
    started_at = models.DateTimeField(null=True)
    completed_at = models.DateTimeField(null=True)
    held_at = models.DateTimeField(null=True)

    class Meta(TenantOwned.Meta):
        db_table = "workflow_instances"
        verbose_name = "workflow run"

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


class TicketInstance(TenantOwned):
    """What somebody asked for.

    `workflow` is empty until the engine has started it. `closed_at` is when its workflow ended,
    kept here so that lists of thousands need no join to sort out the archive.
    """

    number = models.PositiveIntegerField(editable=False)
    title = models.CharField(max_length=200)
    ticket_type = owned_by(TicketDefinition, "tickets")
    workflow = owned_by(WorkflowInstance, "tickets", null=True)
    ticket_data = models.JSONField(default=dict)
    ext_ref = models.JSONField(default=start_of_list, blank=True)
    ext_key = models.CharField(max_length=200, blank=True, help_text="Its key in another system.")
    created_by = owned_by(User, "tickets", null=True)
    created_by_label = models.CharField(max_length=200, blank=True)
    # NULL where nobody gave one: an empty text would be a duplicate of the next.
    submission_key = models.CharField(  # noqa: DJ001
        max_length=64,
        null=True,
        editable=False,
        help_text="Makes a double click one ticket.",
    )
    has_open_error = models.BooleanField(default=False, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)
    closed_at = models.DateTimeField(null=True, editable=False)

    objects: ClassVar["TicketManager[Any]"] = TicketManager()

    class Meta(TenantOwned.Meta):
        db_table = "ticket_instances"
        verbose_name = "ticket"
        permissions: ClassVar = [("triage_ticketinstance", "Can move, hold and cancel tickets")]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["company", "number"], name="ticket_instances_company_number"
            ),
            models.UniqueConstraint(
                fields=["company", "submission_key"], name="ticket_instances_company_submission"
            ),
        ]
        indexes: ClassVar = [
            models.Index(
                fields=["company", "-id"], condition=Q(closed_at=None), name="tickets_active"
            ),
            models.Index(
                fields=["company", "-id"],
                condition=Q(closed_at__isnull=False),
                name="tickets_archive",
            ),
            models.Index(fields=["company", "created_by", "-id"], name="tickets_asked_by"),
            models.Index(
                fields=["company", "created_at"],
                condition=Q(workflow=None),
                name="tickets_to_start",
            ),
            models.Index(fields=["company", "workflow"], name="tickets_of_workflow"),
        ]

    def __str__(self) -> str:
        return f"#{self.number} {self.title}"

    @property
    def w_status(self) -> str:
        """The status of its workflow; a ticket that waits for its workflow has not started."""
        return self.workflow.w_status if self.workflow else WorkflowStatus.NOT_STARTED


class TaskInstance(TenantOwned):
    """One visit of a task.

    `sequence` counts the visits in the workflow run, so that order never depends on a clock;
    `branch` names the path it is on; `routed_at` is when the engine has gone on from it.
    """

    workflow_instance = owned_by(WorkflowInstance, "tasks")
    # Said again here, because every list of tasks shows the ticket, and a sub-workflow's run has
    # none.
    ticket = owned_by(TicketInstance, "tasks")
    task_definition = owned_by(TaskDefinition, "instances")
    t_status = FSMField(
        "status",
        default=TaskStatus.OPEN,
        choices=TaskStatus.choices,
        protected=True,
        editable=False,
    )
    sequence = models.PositiveIntegerField()
    branch = models.CharField(max_length=200, default="1")
    visit = models.PositiveIntegerField(default=1, help_text="How often this ticket has come here.")
    assigned_to = owned_by(User, "tasks", null=True, blank=True)
    assigned_at = models.DateTimeField(null=True)
    completed_by = owned_by(User, "+", null=True, blank=True)
    input_data = models.JSONField(default=dict)
    output_data = models.JSONField(null=True)
    draft_data = models.JSONField(null=True, help_text="What was typed so far.")
    draft_saved_at = models.DateTimeField(null=True)
    rev = models.PositiveIntegerField(
        default=0, help_text="Counts changes, to notice a stale page."
    )
    created_at = models.DateTimeField(auto_now_add=True)
    due_at = models.DateTimeField(null=True, blank=True)
    started_at = models.DateTimeField(null=True)
    completed_at = models.DateTimeField(null=True)
    routed_at = models.DateTimeField(null=True)

    objects: ClassVar["TaskManager[Any]"] = TaskManager()

    class Meta(TenantOwned.Meta):
        db_table = "task_instances"
        verbose_name = "task"
        permissions: ClassVar = [("work_on_taskinstance", "Can start and complete tasks")]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["company", "workflow_instance", "sequence"],
                name="task_instances_company_sequence",
            ),
        ]
        indexes: ClassVar = [
            models.Index(
                fields=["company", "assigned_to", "due_at", "id"],
                condition=Q(t_status__in=DOABLE_TASK),
                name="tasks_to_do",
            ),
            models.Index(
                fields=["company", "-id"], condition=Q(t_status__in=LIVE_TASK), name="tasks_active"
            ),
            models.Index(
                fields=["company", "-id"],
                condition=~Q(t_status__in=LIVE_TASK),
                name="tasks_archive",
            ),
            models.Index(
                fields=["company", "completed_by", "-id"],
                condition=Q(t_status=TaskStatus.COMPLETED),
                name="tasks_done_by",
            ),
            models.Index(
                fields=["company", "completed_at"],
                condition=Q(t_status=TaskStatus.COMPLETED, routed_at=None),
                name="tasks_to_route",
            ),
            models.Index(
                fields=["company", "-id"],
                condition=Q(t_status=TaskStatus.PENDING, assigned_to=None),
                name="tasks_nobody_has",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.task_definition}"

    @transition(
        t_status,
        source=TaskStatus.OPEN,
        target=TaskStatus.IN_PROGRESS,
        permission="operations.work_on_taskinstance",
    )
    def start(self) -> None:
        """A person has begun."""

    @transition(
        t_status,
        source=[TaskStatus.OPEN, TaskStatus.IN_PROGRESS],
        target=TaskStatus.COMPLETED,
        permission="operations.work_on_taskinstance",
    )
    def complete(self, output: dict[str, Any]) -> None:
        """A person has answered; the engine goes on from here."""
        self.output_data = output
        self.draft_data = None

    @transition(
        t_status,
        source=[TaskStatus.PENDING, TaskStatus.OPEN, TaskStatus.IN_PROGRESS],
        target=TaskStatus.OPEN,
        permission="operations.triage_ticketinstance",
    )
    def hand_to(self, person: User) -> None:
        """It waits for this person now."""
        self.assigned_to = person

    @transition(
        t_status,
        source=[TaskStatus.OPEN, TaskStatus.IN_PROGRESS],
        target=TaskStatus.PENDING,
        permission="operations.triage_ticketinstance",
    )
    def give_back(self) -> None:
        """It waits until somebody is free."""
        self.assigned_to = None

    @transition(t_status, source=list(LIVE_TASK), target=TaskStatus.CANCELLED)
    def cancel(self) -> None:
        """Nobody needs to do it any more."""


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


class EventKind(models.TextChoices):
    SUBMITTED = "SUBMITTED", "sent the request"
    STARTED = "STARTED", "started"
    ROUTED = "ROUTED", "moved on"
    ASSIGNED = "ASSIGNED", "given to"
    TASK_STARTED = "TASK_STARTED", "began"
    TASK_COMPLETED = "TASK_COMPLETED", "finished"
    REASSIGNED = "REASSIGNED", "handed over"
    MOVED = "MOVED", "moved by hand"
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
    to_key = models.CharField(max_length=80, blank=True)
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
    last_seen_at = models.DateTimeField(auto_now_add=True)
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


class WorkerLoad(models.Model):
    """How many doable tasks a person has. Kept by a trigger on `task_instances`, so that no writer
    can
    forget it; narrow and apart from the person, because it changes with every task."""

    user = models.OneToOneField(
        User, on_delete=models.CASCADE, primary_key=True, db_constraint=False, related_name="load"
    )
    company = models.ForeignKey(Company, on_delete=models.CASCADE, related_name="+")
    open_tasks = models.IntegerField(default=0)
    last_assigned_at = models.DateTimeField(null=True)

    objects = TenantManager["WorkerLoad"]()

    class Meta:
        db_table = "worker_loads"
        base_manager_name = "objects"

    def __str__(self) -> str:
        return f"{self.open_tasks} open"


class FileUpload(TenantOwned):
    """A file somebody attached. `ext_key` is its unguessable key in the storage."""

    file_type = models.CharField(max_length=120)
    ext_key = models.CharField(max_length=200)
    name = models.CharField(max_length=255, help_text="As it was called by the person who sent it.")
    size_bytes = models.PositiveBigIntegerField()
    ticket = owned_by(TicketInstance, "files", null=True, blank=True)
    task = owned_by(TaskInstance, "files", null=True, blank=True)
    created_by = owned_by(User, "+", null=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta(TenantOwned.Meta):
        db_table = "file_uploads"
        verbose_name = "file"
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["company", "ext_key"], name="file_uploads_company_ext_key"
            )
        ]

    def __str__(self) -> str:
        return self.name


class Comment(TenantOwned):
    """A word between the people of a ticket; an internal note is not for the requester."""

    ticket = owned_by(TicketInstance, "comments")
    text = models.TextField()
    is_internal = models.BooleanField(default=False)
    author = owned_by(User, "+", null=True)
    author_label = models.CharField(max_length=200, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta(TenantOwned.Meta):
        db_table = "comments"
        ordering: ClassVar = ["created_at"]
        indexes: ClassVar = [models.Index(fields=["company", "ticket"], name="comments_of_ticket")]

    def __str__(self) -> str:
        return self.text[:80]
