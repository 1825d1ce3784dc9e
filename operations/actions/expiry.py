"""An answer that should come later and did not come in time."""

from uuid import UUID

from definitions.graph import TaskType
from operations import store
from operations.actions.guard import guarded, route_on, stop
from operations.actions.outcomes import fail
from operations.models import TaskStatus, WorkflowStatus
from operations.outgoing import CallFailed


def expire(task_id: UUID) -> bool:
    """Take the tokens back and do what the rules of the action say; False: it may still come."""
    done = guarded(lambda: _expire(task_id), or_else=lambda stack: stop(task_id, stack))
    if done:
        route_on(task_id)
    return done


def _expire(task_id: UUID) -> bool:
    row = store.lock_task(task_id)
    if row is None or row["task_type"] != TaskType.ASYNC_ACTION:
        return False
    if row["t_status"] != TaskStatus.PENDING or row["w_status"] != WorkflowStatus.IN_PROGRESS:
        return False
    if row["times_out_at"] is None or row["times_out_at"] > row["now"]:
        return False
    if store.calls.tokens_to_apply(task_id):
        return False  # it has come, and waits for its turn
    attempt_id = store.calls.latest_attempt(task_id)
    words = "The other system took the call, but its answer did not come in time."
    failure = CallFailed("callback_expired", words, sent=True)
    store.calls.revoke_tokens(task_id)
    store.calls.end_attempt(
        attempt_id, error_name=failure.error_name, message=failure.message, sent=True
    )
    fail(row, attempt_id, failure)
    return True
