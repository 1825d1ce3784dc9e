"""The visits that a tracker is made of."""

from uuid import UUID

from django.db.models import Case, QuerySet, Value, When

from operations.models import LIVE_TASK, TaskInstance


def visits_for_journey(run_id: UUID | None) -> QuerySet[TaskInstance]:
    """Of each step the last visit that was completed, and the one that is under way.

    Both, so that a step somebody has passed stays passed when the request comes back to it; never
    more than two per step, however often it went round.
    """
    told = TaskInstance.objects.filter(
        workflow_instance=run_id, t_status__in=(*LIVE_TASK, "COMPLETED")
    )
    is_over = Case(When(t_status="COMPLETED", then=Value(1)), default=Value(0))
    return (
        told.annotate(is_over=is_over)
        .order_by("task_definition_id", "is_over", "-sequence")
        .distinct("task_definition_id", "is_over")
        .select_related("task_definition", "assigned_to", "completed_by")
        .defer("input_data", "draft_data", "task_definition__input_schema")
    )
