"""A call, from being due to being settled."""

import secrets
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

from django.conf import settings

from definitions.actions.allowances import network_rules
from definitions.actions.documents import secret_names
from definitions.graph import ACTION_TYPES, TaskNode, TaskType
from operations import jobs, outgoing, store
from operations.actions.guard import guarded, route_on, stop
from operations.actions.outcomes import fail, node_of, succeed
from operations.models import TaskInstance, TaskStatus, WorkflowStatus
from operations.outgoing import Answer, Call, CallFailed
from operations.preparing import callback_time, output_of
from operations.store import Row
from tenants.context import current_company_id, tenant_context
from tenants.models import Company, uuid7
from tenants.services.secrets import secret_values

#: What a worker may take beyond the call itself, in seconds, before its attempt counts as lost.
LEASE_MARGIN = 10
CALLBACK_PATH = "/callbacks/{token}/"


@dataclass(frozen=True, slots=True)
class Begun:
    """An attempt that is written down. `call` None: it cannot be made, for the reason `refused`."""

    attempt_id: UUID
    call: Call | None
    rules: outgoing.NetworkRules
    refused: CallFailed | None = None


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a call: an answer, or why there is none that can be used."""

    answer: Answer | None = None
    failure: CallFailed | None = None
    call: Call | None = None


def carry_out(task_id: UUID) -> bool:
    """Make the call that is due for a task, and go on from its answer; False: nothing was due."""
    begun: list[Begun] = []
    if not guarded(lambda: _begin(task_id, begun), or_else=lambda stack: stop(task_id, stack)):
        return False
    return _settled(task_id, begun[0].attempt_id, _made(begun[0]))


def recover(attempt_id: UUID) -> bool:
    """Settle an attempt whose worker is gone as a failed one; False if it is not lost."""
    with tenant_context(current_company_id()):
        task_id = TaskInstance.objects.values_list("pk", flat=True).get(attempts=attempt_id)
    words = "The worker stopped in the middle of the call, or took too long."
    outcome = Outcome(failure=CallFailed("lost_lease", words, sent=True))
    return _settled(task_id, attempt_id, outcome, is_lost=True)


# Before the call


def _begin(task_id: UUID, begun: list[Begun]) -> bool:
    row = store.lock_task(task_id)
    if row is None or not _is_due(row):
        return False
    so_far = store.calls.attempts_so_far(task_id)
    if any(attempt["is_under_way"] for attempt in so_far):
        return False
    node = node_of(row)
    token = secrets.token_urlsafe(32) if node.task_type == TaskType.ASYNC_ACTION else ""
    prepared = _prepared(row, node, token)
    task = TaskInstance(pk=row["id"], t_status=row["t_status"])
    task.begin_call()
    store.calls.begin_call(
        attempt=prepared.attempt_id,
        task=task_id,
        number=len(so_far) + 1,
        lease_seconds=(prepared.call.timeout_seconds if prepared.call else 0) + LEASE_MARGIN,
        request=outgoing.record_of_call(prepared.call) if prepared.call else {},
        token=uuid7() if token else None,
        token_hash=store.calls.hash_of(token) if token else None,
        expires_at=row["now"] + callback_time(node) if token else None,
        was=row["t_status"],
        t_status=task.t_status,
    )
    begun.append(prepared)
    return True


def _is_due(row: Row) -> bool:
    return (
        row["t_status"] == TaskStatus.PENDING
        and row["task_type"] in ACTION_TYPES
        and row["w_status"] == WorkflowStatus.IN_PROGRESS
        and row["wakes_at"] is not None
        and row["wakes_at"] <= row["now"]
    )


def _prepared(row: Row, node: TaskNode, token: str) -> Begun:
    """The call, with the secrets in it; what cannot be built is an attempt that failed."""
    action = node.extra.get("action") or {}
    company = Company.objects.only("call_allowances").get(pk=current_company_id())
    rules = network_rules(company.call_allowances)
    try:
        call = outgoing.build(
            action,
            node.action_url,
            row["input_data"] if node.input_transform is not None else None,
            secret_values(secret_names(action)),
            idempotency_key=str(row["id"]),
            timeout_seconds=None if token else node.timeout_seconds,
            callback_url=settings.PUBLIC_URL + CALLBACK_PATH.format(token=token) if token else "",
        )
    except CallFailed as refused:
        return Begun(uuid7(), None, rules, refused)
    return Begun(uuid7(), call, rules)


# The call


def _made(begun: Begun) -> Outcome:
    if begun.call is None:
        return Outcome(failure=begun.refused)
    try:
        return Outcome(answer=outgoing.send(begun.call, rules=begun.rules), call=begun.call)
    except CallFailed as failure:
        return Outcome(answer=failure.answer, failure=failure, call=begun.call)


# After the call


def _settled(task_id: UUID, attempt_id: UUID, outcome: Outcome, *, is_lost: bool = False) -> bool:
    done = guarded(
        lambda: _settle(task_id, attempt_id, outcome, is_lost=is_lost),
        or_else=lambda stack: stop(task_id, stack, attempt_id),
    )
    if done:
        route_on(task_id)
    return done


def _settle(task_id: UUID, attempt_id: UUID, outcome: Outcome, *, is_lost: bool) -> bool:
    row = store.lock_task(task_id)
    attempt = store.calls.lock_attempt(attempt_id)
    if row is None or attempt is None or attempt["ended_at"]:
        return False  # somebody else has settled it: this worker comes too late
    if is_lost and not attempt["is_lost"]:
        return False
    node, output, failure = node_of(row), None, outcome.failure
    if failure is None and outcome.answer is not None and node.task_type == TaskType.SYNC_ACTION:
        try:
            output = output_of(node, outcome.answer.json(), now=row["now"])
        except CallFailed as error:
            failure = error
    _write_down(attempt_id, outcome, failure)
    if row["t_status"] != TaskStatus.IN_PROGRESS:
        return True  # cancelled or skipped meanwhile: kept, but nothing follows from it
    if failure is not None:
        fail(row, attempt_id, failure)
    elif node.task_type == TaskType.SYNC_ACTION:
        succeed(row, output, actor_label=urlsplit(node.action_url).hostname or "")
    else:
        _wait_for_callback(row, node)
    return True


def _write_down(attempt_id: UUID, outcome: Outcome, failure: CallFailed | None) -> None:
    hidden = outcome.call.secrets if outcome.call else ()
    answer: Any = None
    if outcome.answer is not None and outcome.call is not None:
        answer = outgoing.record_of_answer(outcome.answer, outcome.call)
    store.calls.end_attempt(
        attempt_id,
        error_name=failure.error_name if failure else "",
        message=outgoing.redacted(failure.message, hidden) if failure else "",
        sent=failure.sent if failure else True,
        answer=answer,
    )


def _wait_for_callback(row: Row, node: TaskNode) -> None:
    task = TaskInstance(pk=row["id"], t_status=row["t_status"])
    task.wait()
    store.calls.settle(row, t_status=task.t_status, times_out_at=row["now"] + callback_time(node))
    # One that came before the call returned has waited for this.
    for token_id in store.calls.tokens_to_apply(row["id"]):
        jobs.enqueue("callback", token_id)
