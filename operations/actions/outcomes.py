"""What follows a call or a callback: the task is done, or once more, another way, a person."""

from typing import Any
from uuid import UUID

from definitions.graph import TaskNode
from definitions.graphs import graph_for
from definitions.retries import Catch, GiveUp, RetryAt, Why, caught, decide, parse_rules
from operations import jobs, store
from operations.engine import CAUGHT
from operations.incidents import Incident, report
from operations.models import ErrorType, EventKind, TaskInstance
from operations.outgoing import CallFailed
from operations.store import Row
from tenants.models import uuid7


def node_of(row: Row) -> TaskNode:
    """The definition of a locked task, in the version that it was last under way in: a call may
    come back to a run that has been moved to another.
    """
    return graph_for(row["version_of_task"]).graph.tasks[row["key"]]


def succeed(row: Row, output: Any, *, actor_label: str, used_token: UUID | None = None) -> None:
    """Complete a locked task. The engine goes on from it, and closes its error if it had one."""
    task = TaskInstance(pk=row["id"], t_status=row["t_status"])
    task.succeed(output)
    store.calls.settle(
        row,
        t_status=task.t_status,
        output=output,
        used_token=used_token,
        event=uuid7(),
        told={"kind": EventKind.ANSWERED, "actor_kind": "API", "actor_label": actor_label},
    )


def fail(row: Row, attempt_id: UUID, failure: CallFailed) -> None:
    """What the rules of an action say to a failure that is written down at its attempt already."""
    node = node_of(row)
    action = node.extra.get("action") or {}
    counted = [one for one in store.calls.attempts_so_far(row["id"]) if one["counts"]]
    decision = decide(
        parse_rules(action, method=action.get("method", "POST")),
        [one["error_name"] for one in counted if one["error_name"]],
        sent=failure.sent,
        now=row["now"],
        retry_after=failure.retry_after,
    )
    task = TaskInstance(pk=row["id"], t_status=row["t_status"])
    if isinstance(decision, RetryAt):
        task.wait()
        store.calls.settle(row, t_status=task.t_status, wakes_at=decision.at)
        jobs.enqueue("call", row["id"], at=decision.at)
    elif isinstance(decision, Catch):
        _go_another_way(row, task, decision, failure, len(counted))
    else:
        task.give_up()
        store.calls.settle(row, t_status=task.t_status)
        report(row["ticket_id"], _incident(row, node, attempt_id, failure, decision))


def _go_another_way(
    row: Row, task: TaskInstance, decision: Catch, failure: CallFailed, attempts: int
) -> None:
    error = caught(failure.error_name, failure.message, sent=failure.sent, attempts=attempts)
    output = {decision.result_path: error}
    task.succeed(output)
    store.calls.settle(
        row,
        t_status=task.t_status,
        output=output,
        way_out=f"{CAUGHT}{decision.next}",
        event=uuid7(),
        told={"kind": EventKind.CALL_FAILED, "reason": failure.message},
    )


def _incident(
    row: Row, node: TaskNode, attempt_id: UUID, failure: CallFailed, decision: GiveUp
) -> Incident:
    in_doubt = decision.why == Why.MAY_HAVE_BEEN_DONE
    doubt = " It may have been done all the same: ask the other system before you try again."
    return Incident(
        ErrorType.TASK_UPDATE,
        row["id"],
        failure.error_name,
        f"“{node.label}” could not be carried out. {failure.message}{doubt if in_doubt else ''}",
        detail={
            "attempt": str(attempt_id),
            "why": str(decision.why),
            "may_have_been_done": in_doubt,
        },
    )
