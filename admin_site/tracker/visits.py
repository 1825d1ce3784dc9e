"""The visits that a tracker is made of."""

from uuid import UUID

from django.db.models import Case, Q, QuerySet, Value, When

from operations.engine import OUT_OF_TIME
from operations.models import LIVE_TASK, TaskInstance


def visits_for_journey(run_id: UUID | None) -> QuerySet[TaskInstance]:
    """Of each step the last visit that was completed or ran out, and the one that is under way.

    Both, so that a step somebody has passed stays passed when the request comes back to it; never
    more than two per step, however often it went round.
    """
    is_told = Q(t_status__in=(*LIVE_TASK, "COMPLETED")) | Q(way_out=OUT_OF_TIME)
    told = TaskInstance.objects.filter(is_told, workflow_instance=run_id)
    is_over = Case(When(t_status__in=LIVE_TASK, then=Value(0)), default=Value(1))
    return (
        told.annotate(is_over=is_over)
        # By its key: a ticket that was moved to another version comes to the same steps.
        .order_by("task_definition__key", "is_over", "-sequence")
        .distinct("task_definition__key", "is_over")
        .select_related("task_definition", "assigned_to", "completed_by")
        .defer("input_data", "draft_data", "task_definition__input_schema")
    )
