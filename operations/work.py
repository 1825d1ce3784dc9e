"""Every kind of work that the rows remember, and the verb that does it.

The kinds are those of `app_due_work` (`store.DueWork`). The web does most of it right after the
change that caused it, jobs do the calls, and the sweeper whatever was left behind: all by these
verbs, each of which finds nothing to do when it comes second. `do` needs a company that is named
(`tenants.context`), and no open transaction where the kind makes a call.
"""

from collections.abc import Callable
from uuid import UUID

from operations import actions, notices, timing
from operations.models import TaskInstance, WorkflowInstance
from operations.state_manager import WorkflowStateManager
from tenants.context import current_company_id, tenant_context


def do(kind: str, row_id: UUID) -> bool:
    """Do one piece of work; False if there was nothing to do.

    Raises:
        KeyError: no such kind.
    """
    return KINDS[kind](row_id)


def _route(task_id: UUID) -> bool:
    with tenant_context(current_company_id()):
        task = TaskInstance.objects.only("ticket_id", "workflow_instance_id").get(pk=task_id)
    manager = WorkflowStateManager(ticket_id=task.ticket_id, instance_id=task.workflow_instance_id)
    return manager.route(task_id)


def _child_done(run_id: UUID) -> bool:
    with tenant_context(current_company_id()):
        task_id = WorkflowInstance.objects.values_list("parent_task_id", flat=True).get(pk=run_id)
    return task_id is not None and WorkflowStateManager().finish_child(task_id)


KINDS: dict[str, Callable[[UUID], bool]] = {
    "start": lambda ticket_id: WorkflowStateManager(ticket_id=ticket_id).start(),
    "route": _route,
    "assign": lambda task_id: WorkflowStateManager().assign(task_id),
    "call": actions.carry_out,
    "lost": actions.recover,
    "callback": actions.apply_callback,
    "child": lambda task_id: WorkflowStateManager().open_child(task_id),
    "child_done": _child_done,
    "wake": timing.wake,
    "timeout": timing.run_out,
    "remind": timing.remind,
    "notice": notices.send,
}
