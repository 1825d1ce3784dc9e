"""Each transaction of an action on its own, and what happens when it fails for a reason of ours."""

import logging
import traceback
from collections.abc import Callable
from uuid import UUID

from operations import store
from operations.incidents import Incident, report
from operations.models import ErrorType, TaskInstance, TaskStatus
from operations.outages import will_pass
from operations.state_manager import OUR_FAULT, WorkflowStateManager
from tenants.context import current_company_id, tenant_context

log = logging.getLogger(__name__)


def guarded(work: Callable[[], bool], *, or_else: Callable[[str], None]) -> bool:
    """Do `work` in a transaction of its own. A failure rolls it back, and `or_else` gets the stack
    trace, unless the database is only busy or gone: then the rows still say what is to do.
    """
    try:
        with tenant_context(current_company_id()):
            return work()
    except Exception as error:
        if will_pass(error):
            log.exception("The engine will come back")
            return False
        log.exception("An action failed")
        or_else(traceback.format_exc())
        return False


def stop(task_id: UUID, stack_trace: str, attempt_id: UUID | None = None) -> None:
    """Leave an action task to a person, because we failed at it ourselves."""
    with tenant_context(current_company_id()):
        row = store.lock_task(task_id)
        if row is None or row["t_status"] not in (TaskStatus.PENDING, TaskStatus.IN_PROGRESS):
            return
        if attempt_id is not None:
            store.calls.end_attempt(attempt_id, error_name="internal", message=OUR_FAULT, sent=True)
        task = TaskInstance(pk=row["id"], t_status=row["t_status"])
        task.give_up()
        store.calls.settle(row, t_status=task.t_status)
        incident = Incident(
            ErrorType.TASK_UPDATE, task_id, "internal", OUR_FAULT, stack_trace=stack_trace
        )
        report(row["ticket_id"], incident)


def route_on(task_id: UUID) -> None:
    """Go on from a task that a call or a callback has completed."""
    with tenant_context(current_company_id()):
        task = TaskInstance.objects.only("ticket_id", "workflow_instance_id", "t_status").get(
            pk=task_id
        )
    if task.t_status == TaskStatus.COMPLETED:
        manager = WorkflowStateManager(
            ticket_id=task.ticket_id, instance_id=task.workflow_instance_id
        )
        manager.route(task_id)
