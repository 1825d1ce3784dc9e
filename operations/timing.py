"""What the clock does: it wakes what waits, ends what ran out, reminds people of what is due.

The clock is the database's. That of the machine which runs this may be wrong by hours, and two
machines never agree: so each verb compares with the time of the transaction that has the task
locked, and whoever comes too early, too late or second finds nothing to do.
"""

from datetime import datetime
from typing import Any
from uuid import UUID

from definitions.graph import After, TaskType
from definitions.graphs import graph_for
from operations import actions, engine, notices, store
from operations.history import append_event
from operations.models import (
    ErrorType,
    EventKind,
    TaskInstance,
    TaskStatus,
    TicketInstance,
    WorkflowStatus,
)
from operations.state_manager import WorkflowStateManager, write
from operations.statuses import DOABLE_TASK
from operations.steps import carry_out, progress_of
from operations.store import Row, Step
from tenants.context import current_company_id, tenant_context
from tenants.models import uuid7

#: What may run out. A task in error waits for a person, who decides what becomes of it.
MAY_RUN_OUT = (TaskStatus.OPEN, TaskStatus.IN_PROGRESS, TaskStatus.PENDING)


def wake(task_id: UUID) -> bool:
    """End a WAIT whose time has come, and go on from it; False: it has not come, or it is over."""
    with tenant_context(current_company_id()):
        row = store.lock_task(task_id)
        if row is None or not _is_to_wake(row):
            return False
        task = TaskInstance(pk=row["id"], t_status=row["t_status"])
        task.succeed({})
        told = {"kind": EventKind.TASK_COMPLETED, "reason": "The time has come."}
        store.calls.settle(row, t_status=task.t_status, output={}, event=uuid7(), told=told)
    return _manager_of(row).route(task_id)


def run_out(task_id: UUID) -> bool:
    """End a task whose time is over, and go the way that is drawn for it; False: nothing was done.

    An action without such a way fails like any other call. Where the engine cannot decide, nothing
    is changed but that a TicketError says so: whoever has the task may still do it.
    """
    with tenant_context(current_company_id()):
        row = store.lock_task(task_id)
        if row is None or not _has_run_out(row):
            return False
        is_drawn = _has_a_way_out(row)
    if is_drawn:
        return _manager_of(row).run_out(task_id)
    return row["task_type"] == TaskType.ASYNC_ACTION and actions.expire(task_id)


def remind(task_id: UUID) -> bool:
    """Remind whoever has a task; False: nobody has it (yet), or it is not time.

    What nobody has keeps its reminder for whoever gets it.
    """
    with tenant_context(current_company_id()):
        row = store.lock_task(task_id)
        if row is None or not _is_to_remind(row):
            return False
        TaskInstance.objects.filter(pk=task_id).update(remind_at=None)
        ticket = TicketInstance.objects.get(pk=row["ticket_id"])
        append_event(
            ticket,
            EventKind.REMINDED,
            task_id=task_id,
            to_key=row["key"],
            actor_label="TicketFlower",
            detail={"worker": row["assigned_to"]},
        )
        notices.remind(row["assigned_to_id"], ticket.pk, task_id)
    return True


def shift(root_id: UUID) -> None:
    """Put off the times of a ticket by as long as it was on hold, when it is about to be resumed.

    The caller holds the root. Everything is put off by the same pause: what was left of a time
    when it was held is left of it when it goes on.
    """
    store.times.shift(root_id)


class _Clockwork(WorkflowStateManager):
    """A task that ran out is left in the one transaction that decides where to."""

    def run_out(self, task_id: UUID) -> bool:
        is_done = self._guarded(
            lambda: self._run_out(task_id), ErrorType.WORKFLOW_TRANSITION, task_id=task_id
        )
        self.follow()
        return is_done

    def _run_out(self, task_id: UUID) -> bool:
        task = store.lock_task(task_id)
        if task is None or not _has_run_out(task):
            return False
        run = store.lock_instance(task["workflow_instance_id"])
        if run is None:
            return False
        seen = store.look(run["id"])
        left = next(one for one in seen["tasks"] if one["id"] == str(task_id))
        pinned = graph_for(run["workflow_definition_id"])
        decision = engine.complete(
            pinned.graph,
            progress_of(seen, pinned),
            left["id"],
            run["workflow_data"],
            now=run["now"],
            way_out=engine.OUT_OF_TIME,
        )
        TaskInstance(pk=task["id"], t_status=task["t_status"]).cancel()  # may it be?
        step = Step(run, run["ticket_id"], cancels=[task_id])
        others = {**seen, "tasks": [one for one in seen["tasks"] if one is not left]}
        carry_out(
            step, pinned, decision, EventKind.TIMED_OUT, now=run["now"], seen=others, source=left
        )
        self.due += write(step)
        TaskInstance.objects.filter(pk=task_id).update(way_out=engine.OUT_OF_TIME)
        self._went_on(seen["has_open_error"], task_id)
        return True


def _manager_of(task: Row) -> _Clockwork:
    return _Clockwork(ticket_id=task["ticket_id"], instance_id=task["workflow_instance_id"])


def _has_come(task: Row, time: str) -> bool:
    """Whether a time of a locked task has come, and the ticket goes on."""
    at: datetime | None = task[time]
    now: datetime = task["now"]
    return at is not None and at <= now and task["w_status"] == WorkflowStatus.IN_PROGRESS


def _is_to_wake(task: Row) -> bool:
    waits = task["task_type"] == TaskType.WAIT and task["t_status"] == TaskStatus.PENDING
    return waits and _has_come(task, "wakes_at")


def _is_to_remind(task: Row) -> bool:
    is_somebodys = task["t_status"] in DOABLE_TASK and task["assigned_to_id"] is not None
    return is_somebodys and _has_come(task, "remind_at")


def _has_run_out(task: Row) -> bool:
    if task["t_status"] not in MAY_RUN_OUT or not _has_come(task, "times_out_at"):
        return False
    # An answer that has come and waits for its turn is not late.
    is_action = task["task_type"] == TaskType.ASYNC_ACTION
    return not (is_action and store.calls.tokens_to_apply(task["id"]))


def _has_a_way_out(task: Row) -> bool:
    graph: Any = graph_for(task["workflow_definition_id"]).graph
    return bool(graph.outgoing(task["key"], After.TIMEOUT))
