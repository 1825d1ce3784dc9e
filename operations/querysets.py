"""The words that role sites are built from: `tickets.asked_by(ann).active()`."""

from typing import TYPE_CHECKING, Self

from django.db import models
from django.db.models import Case, CharField, F, Q, Value, When
from django.db.models.fields.json import KeyTextTransform
from django.db.models.functions import Cast, Coalesce
from django.utils import timezone

from definitions.graph import TaskType
from operations.engine import OUT_OF_TIME
from operations.statuses import DOABLE_TASK, LIVE_TASK, ErrorStatus, TaskStatus, WorkflowStatus
from tenants.models import CompanyRole, User

if TYPE_CHECKING:
    from operations.models import TaskInstance, TicketError, TicketInstance  # noqa: F401


class TicketQuerySet(models.QuerySet["TicketInstance"]):
    def asked_by(self, user: User) -> Self:
        return self.filter(created_by=user)

    def active(self) -> Self:
        return self.filter(closed_at=None)

    def archived(self) -> Self:
        return self.filter(closed_at__isnull=False)

    def finished(self) -> Self:
        return self.filter(closed_at__isnull=False, workflow__w_status=WorkflowStatus.COMPLETED)

    def cancelled(self) -> Self:
        """Over without being finished; one that was cancelled at once never had a workflow."""
        return self.archived().exclude(workflow__w_status=WorkflowStatus.COMPLETED)

    def stopped(self) -> Self:
        """Cannot go on before an error is repaired."""
        return self.filter(closed_at=None, has_open_error=True)

    def on_hold(self) -> Self:
        return self.filter(closed_at=None, workflow__w_status=WorkflowStatus.ON_HOLD)

    def with_nobody_free(self) -> Self:
        """Under way, with a task that waits because nobody is free."""
        waiting = self.model.objects.filter(
            tasks__t_status=TaskStatus.PENDING,
            tasks__assigned_to=None,
            tasks__task_definition__task_type=TaskType.FORM,
        )
        under_way = self.filter(closed_at=None, workflow__w_status=WorkflowStatus.IN_PROGRESS)
        return under_way.filter(pk__in=waiting.values("pk"))

    def for_lists(self) -> Self:
        """All that a row shows, in one statement, and none of the data that it does not."""
        return self.select_related(
            "ticket_type",
            "created_by",
            "workflow",
            "workflow__workflow_definition",
            "workflow__current_task",
            "workflow__current_task__task_definition",
            "workflow__current_task__assigned_to",
        ).defer(
            "ticket_data",
            "workflow__workflow_data",
            "workflow__current_task__input_data",
            "workflow__current_task__output_data",
            "workflow__current_task__draft_data",
            "ticket_type__form_schema",
            "ticket_type__edit_layout",
            "ticket_type__display_layout",
            "workflow__current_task__task_definition__output_schema",
            "workflow__current_task__task_definition__input_schema",
        )


class TaskQuerySet(models.QuerySet["TaskInstance"]):
    def assigned_to(self, user: User) -> Self:
        return self.filter(assigned_to=user)

    def doable(self) -> Self:
        """What a person could do now; nothing of a ticket that is on hold."""
        return self.filter(t_status__in=DOABLE_TASK).exclude(
            workflow_instance__w_status=WorkflowStatus.ON_HOLD
        )

    def begun_or_open(self) -> Self:
        """With somebody who has not finished it, on hold or not."""
        return self.filter(t_status__in=DOABLE_TASK)

    def on_hold(self) -> Self:
        return self.begun_or_open().filter(workflow_instance__w_status=WorkflowStatus.ON_HOLD)

    def active(self) -> Self:
        return self.filter(t_status__in=LIVE_TASK)

    def archived(self) -> Self:
        return self.exclude(t_status__in=LIVE_TASK)

    def completed(self) -> Self:
        return self.filter(t_status=TaskStatus.COMPLETED)

    def cancelled(self) -> Self:
        return self.filter(t_status=TaskStatus.CANCELLED).exclude(way_out=OUT_OF_TIME)

    def ran_out(self) -> Self:
        """Left because its time was over."""
        return self.filter(way_out=OUT_OF_TIME)

    def unassigned(self) -> Self:
        """Waits because nobody is free."""
        waits = self.filter(t_status=TaskStatus.PENDING, assigned_to=None)
        return waits.filter(task_definition__task_type=TaskType.FORM)

    def takeable_by(self, user: User) -> Self:
        """Waits because nobody is free, and this person is one of those who may do it."""
        return self._knowing_its_role().filter(_takeable_by(user))

    def open_to(self, user: User) -> Self:
        """What a worker may look at: what is theirs, what they did, and what they may take."""
        mine = Q(assigned_to=user) | Q(completed_by=user)
        return self._knowing_its_role().filter(mine | _takeable_by(user))

    def _knowing_its_role(self) -> Self:
        # As plain text: the lookups of a JSON key would compare it with quoted values.
        role = Cast(KeyTextTransform("company_role", "task_definition__assign"), CharField())
        return self.alias(wanted_role=Coalesce(role, Value("")))

    def latest_of_each_step(self) -> Self:
        """One visit per step: the one that is under way, else the last one.

        A step is the same in every version in which the ticket has come to it.
        """
        is_over = Case(When(t_status__in=LIVE_TASK, then=Value(0)), default=Value(1))
        step = ("task_definition__workflow__key", "task_definition__key")
        return self.order_by(*step, is_over, "-sequence").distinct(*step)

    def late(self) -> Self:
        """Should have been done by now; nothing of a ticket that is on hold."""
        over_time = self.active().filter(due_at__lt=timezone.now())
        return over_time.exclude(workflow_instance__w_status=WorkflowStatus.ON_HOLD)

    def done_by(self, user: User) -> Self:
        return self.filter(t_status=TaskStatus.COMPLETED, completed_by=user)

    def due_first(self) -> Self:
        return self.order_by(F("due_at").asc(nulls_last=True), "id")

    def for_lists(self) -> Self:
        """All that a row shows, in one statement, and none of the data that it does not."""
        return self.select_related(
            "ticket",
            "ticket__ticket_type",
            "ticket__created_by",
            "task_definition",
            "assigned_to",
            "workflow_instance",
        ).defer(
            "ticket__ticket_data",
            "ticket__ticket_type__form_schema",
            "input_data",
            "output_data",
            "draft_data",
            "workflow_instance__workflow_data",
            "task_definition__output_schema",
            "task_definition__input_schema",
        )


def _takeable_by(user: User) -> Q:
    roles = CompanyRole.objects.filter(group__user=user).values("key")
    for_them = Q(wanted_role="") | Q(wanted_role__in=roles)
    waits = Q(
        t_status=TaskStatus.PENDING,
        assigned_to=None,
        workflow_instance__w_status=WorkflowStatus.IN_PROGRESS,
    )
    return waits & Q(task_definition__task_type=TaskType.FORM) & for_them


class TicketErrorQuerySet(models.QuerySet["TicketError"]):
    def unresolved(self) -> Self:
        return self.filter(~Q(error_status=ErrorStatus.RESOLVED))

    def looked_at(self) -> Self:
        """Somebody looks after it."""
        return self.filter(error_status=ErrorStatus.REVIEWED)

    def repaired(self) -> Self:
        return self.filter(error_status=ErrorStatus.RESOLVED)
