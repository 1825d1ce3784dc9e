"""Work that comes to a bad end again and again stops its ticket, and leaves it to a person."""

from dataclasses import dataclass
from uuid import UUID

from operations import store
from operations.incidents import Incident, report
from operations.models import (
    CallbackToken,
    ErrorType,
    Notice,
    TaskAttempt,
    TaskInstance,
    TaskStatus,
    TicketInstance,
    WorkflowInstance,
)
from operations.state_manager import OUR_FAULT
from tenants.context import current_company_id, tenant_context

WORKER_STOPPED = (
    "Each time TicketFlower's worker began this step, the worker itself was stopped. Nothing is "
    "lost. Try again once the machine is well; if it stops again, move the ticket by hand."
)
# As in `app_due_work`: a notice that has failed so often is not sent any more.
MOST_FAILURES_OF_A_NOTICE = 10


@dataclass(frozen=True, slots=True)
class Place:
    """Where a ticket stops. `task_id` None: at its start."""

    error_type: ErrorType
    ticket_id: UUID
    task_id: UUID | None


def stopped(kind: str, row_id: UUID) -> None:
    """Each worker that began this died of it."""
    _leave_to_a_person(kind, row_id, "worker_stopped", WORKER_STOPPED)


def failed(kind: str, row_id: UUID, stack_trace: str) -> None:
    """It failed for a reason of ours."""
    _leave_to_a_person(kind, row_id, "internal", OUR_FAULT, stack_trace)


def _leave_to_a_person(
    kind: str, row_id: UUID, code: str, message: str, stack_trace: str = ""
) -> None:
    with tenant_context(current_company_id()):
        if kind == "notice":
            notices = Notice.objects.filter(pk=row_id)
            notices.update(failures=MOST_FAILURES_OF_A_NOTICE)
            return
        place = _place(kind, row_id)
        if place is None:
            return
        if kind == "call":
            _give_up_calling(row_id)
        incident = Incident(place.error_type, place.task_id, code, message, stack_trace=stack_trace)
        report(place.ticket_id, incident)


def _place(kind: str, row_id: UUID) -> Place | None:
    """None: the row is gone."""
    if kind == "start":
        tickets = TicketInstance.objects.filter(pk=row_id)
        there = tickets.exists()
        return Place(ErrorType.WORKFLOW_CREATION, row_id, None) if there else None
    task_id = _task_of(kind, row_id)
    task = TaskInstance.objects.only("ticket_id").filter(pk=task_id).first() if task_id else None
    if task is None:
        return None
    is_way = kind in ("route", "child_done")
    error_type = ErrorType.WORKFLOW_TRANSITION if is_way else ErrorType.TASK_UPDATE
    return Place(error_type, task.ticket_id, task.pk)


def _task_of(kind: str, row_id: UUID) -> UUID | None:
    if kind == "lost":
        return TaskAttempt.objects.values_list("task", flat=True).filter(pk=row_id).first()
    if kind == "callback":
        return CallbackToken.objects.values_list("task", flat=True).filter(pk=row_id).first()
    if kind == "child_done":
        runs = WorkflowInstance.objects.values_list("parent_task", flat=True)
        return runs.filter(pk=row_id).first()
    return row_id


def _give_up_calling(task_id: UUID) -> None:
    """Into the status from which a person can ask for another try."""
    row = store.lock_task(task_id)
    if row and row["task_type"] != "FORM" and row["t_status"] == TaskStatus.PENDING:
        task = TaskInstance(pk=row["id"], t_status=row["t_status"])
        task.give_up()
        store.calls.settle(row, t_status=task.t_status)
