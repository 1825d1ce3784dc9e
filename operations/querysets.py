"""The words that role sites are built from: `tickets.asked_by(ann).active()`."""

from typing import TYPE_CHECKING, Self

from django.db import models
from django.db.models import F, Q

from tenants.models import User

if TYPE_CHECKING:
    from operations.models import TaskInstance, TicketError, TicketInstance

DOABLE = ("OPEN", "IN_PROGRESS")
OVER = ("COMPLETED", "CANCELLED")


class TicketQuerySet(models.QuerySet["TicketInstance"]):
    def asked_by(self, user: User) -> Self:
        return self.filter(created_by=user)

    def active(self) -> Self:
        return self.filter(closed_at=None)

    def archived(self) -> Self:
        return self.filter(closed_at__isnull=False)

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
        return self.filter(t_status__in=DOABLE).exclude(workflow_instance__w_status="ON_HOLD")

    def active(self) -> Self:
        return self.exclude(t_status__in=OVER)

    def archived(self) -> Self:
        return self.filter(t_status__in=OVER)

    def unassigned(self) -> Self:
        """Waits because nobody is free."""
        return self.filter(t_status="PENDING", assigned_to=None)

    def waiting_to_be_routed(self) -> Self:
        return self.filter(t_status="COMPLETED", routed_at=None)

    def done_by(self, user: User) -> Self:
        return self.filter(t_status="COMPLETED", completed_by=user)

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


class TicketErrorQuerySet(models.QuerySet["TicketError"]):
    def unresolved(self) -> Self:
        return self.filter(~Q(error_status="RESOLVED"))
