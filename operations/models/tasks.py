"""One visit of a task, and how many of them each person has."""

from typing import Any, ClassVar

from django.db import models
from django.db.models import Q
from django_fsm import FSMField, transition

from definitions.models import TaskDefinition, owned_by
from operations.models.runs import WorkflowInstance
from operations.models.tickets import TicketInstance
from operations.querysets import TaskQuerySet
from operations.statuses import DOABLE_TASK, LIVE_TASK, TaskStatus
from tenants.models import Company, TenantManager, TenantOwned, User

# Outside the class: only then do the types know its methods.
TaskManager = TenantManager.from_queryset(TaskQuerySet)


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
    remind_at = models.DateTimeField(null=True)
    times_out_at = models.DateTimeField(null=True, help_text="Then it goes another way.")
    wakes_at = models.DateTimeField(
        null=True, help_text="When the engine comes back to it: to call (again), or to end a wait."
    )
    way_out = models.CharField(
        max_length=100,
        blank=True,
        help_text="How it was left where not by being done: catch:<task key>.",
    )
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
            # What falls due by itself, over all companies: the sweeper asks for nothing else.
            models.Index(
                fields=["wakes_at"], condition=Q(t_status=TaskStatus.PENDING), name="tasks_wake"
            ),
            models.Index(
                fields=["times_out_at"],
                condition=Q(t_status__in=LIVE_TASK),
                name="tasks_time_out",
            ),
            models.Index(
                fields=["remind_at"], condition=Q(t_status__in=DOABLE_TASK), name="tasks_remind"
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

    @transition(t_status, source=TaskStatus.PENDING, target=TaskStatus.IN_PROGRESS)
    def begin_call(self) -> None:
        """A worker is calling the other system."""

    @transition(
        t_status,
        source=[TaskStatus.IN_PROGRESS, TaskStatus.PENDING],
        target=TaskStatus.PENDING,
    )
    def wait(self) -> None:
        """Something that is no person has to happen first: a callback, a time, a child."""

    @transition(
        t_status,
        source=[TaskStatus.IN_PROGRESS, TaskStatus.PENDING, TaskStatus.ERROR],
        target=TaskStatus.COMPLETED,
    )
    def succeed(self, output: Any) -> None:
        """The other system, the clock or the child has answered; the engine goes on from here."""
        self.output_data = output

    @transition(
        t_status, source=[TaskStatus.IN_PROGRESS, TaskStatus.PENDING], target=TaskStatus.ERROR
    )
    def give_up(self) -> None:
        """A person has to look."""

    @transition(
        t_status,
        source=TaskStatus.ERROR,
        target=TaskStatus.PENDING,
        permission="operations.resolve_ticketerror",
    )
    def try_again(self) -> None:
        """A person has asked for it."""

    @transition(
        t_status,
        source=[TaskStatus.ERROR, TaskStatus.PENDING, TaskStatus.OPEN, TaskStatus.IN_PROGRESS],
        target=TaskStatus.COMPLETED,
        permission="operations.resolve_ticketerror",
    )
    def skip(self, output: Any) -> None:
        """A ticket admin says what came of it."""
        self.output_data = output

    @transition(t_status, source=list(LIVE_TASK), target=TaskStatus.CANCELLED)
    def cancel(self) -> None:
        """Nobody needs to do it any more."""


class WorkerLoad(models.Model):
    """How many doable tasks a person has. Kept by a trigger on `task_instances`, so that no writer
    can forget it; narrow and apart from the person, because it changes with every task."""

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
