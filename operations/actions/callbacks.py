"""Answers that come later: kept at once, gone on with when it is their turn.

What was acknowledged is never lost: it is a row before the other system gets its 200. One that
comes before the call has returned, or while the ticket is on hold, waits there.
"""

import hashlib
import json
from collections.abc import Mapping
from typing import Any
from uuid import UUID

from definitions.actions.documents import REFERENCE
from definitions.graph import TaskType
from definitions.schemas import check_storable
from operations import store
from operations.actions.guard import guarded, route_on, stop
from operations.actions.outcomes import fail, node_of, succeed
from operations.models import TaskStatus, WorkflowStatus
from operations.outgoing import CallFailed, signatures
from operations.preparing import output_of
from operations.store import Row
from tenants.context import after_the_change, current_company_id, tenant_context
from tenants.models import Company
from tenants.services.secrets import secret_values

LARGEST_CALLBACK = 256 * 1024
ACTOR = "The other system"


class CallbackRefused(Exception):
    """`status` is the one of HTTP; `message` is for whoever builds the other system."""

    def __init__(self, status: int, message: str) -> None:
        self.status = status
        self.message = message
        super().__init__(f"{status}: {message}")


UNKNOWN = CallbackRefused(404, "There is nothing here.")


def receive_callback(token: str, body: bytes, headers: Mapping[str, str]) -> None:
    """Keep what was sent to a one-time address; the engine goes on with it after the commit.

    The same again is no second answer and no error.

    Args:
        headers: with names in small letters.

    Raises:
        CallbackRefused: 404 for an address that is unknown, used up by another system's word, taken
            back or over time, all alike; 400 or 413 for what cannot be kept; 401 for a signature
            that is missing or wrong; 409 for a second, different answer.
    """
    if len(body) > LARGEST_CALLBACK:
        raise CallbackRefused(413, f"At most {LARGEST_CALLBACK // 1024} kB.")
    found = store.calls.token_by_hash(store.calls.hash_of(token))
    if found is None:
        raise UNKNOWN
    company_id, token_id = found
    with tenant_context(company_id):
        if not Company.objects.filter(pk=company_id, is_active=True).exists():
            raise UNKNOWN
        _receive(token_id, body, headers)


def _receive(token_id: UUID, body: bytes, headers: Mapping[str, str]) -> None:
    row = store.lock_task(store.calls.task_of_token(token_id))
    token = store.calls.lock_token(token_id)
    if row is None or token is None or token["revoked_at"]:
        raise UNKNOWN
    if token["is_expired"] and token["received_at"] is None:
        raise UNKNOWN
    _must_be_signed(row, body, headers)
    payload = _read(body)
    digest = hashlib.sha256(body).hexdigest()
    if token["received_at"] is not None:
        if token["payload_hash"] != digest:
            raise CallbackRefused(409, "Another answer was sent to this address before.")
        return
    store.calls.receive(token_id, payload, digest)
    after_the_change(lambda: apply_callback(token_id))


def _must_be_signed(row: Row, body: bytes, headers: Mapping[str, str]) -> None:
    secret = (node_of(row).extra.get("action") or {}).get("verify")
    if not secret:
        return
    name = secret[REFERENCE]
    value = secret_values({name}).get(name)
    if not value or not signatures.is_signed(
        signatures.key_of(value), headers, body, now=row["now"].timestamp()
    ):
        raise CallbackRefused(
            401, "Sign the callback as Standard Webhooks has it, at most five minutes ago."
        )


def _read(body: bytes) -> Any:
    try:
        payload = json.loads(body.decode("utf-8-sig")) if body.strip() else None
    except (ValueError, RecursionError) as error:
        raise CallbackRefused(400, "The answer must be JSON in UTF-8.") from error
    if unkept := check_storable(payload):
        place = unkept[0].path or "the whole"
        raise CallbackRefused(400, f"This cannot be kept: {place}: {unkept[0].message}")
    return payload


def apply_callback(token_id: UUID) -> bool:
    """Go on with an answer that has come; False: it is not its turn (yet)."""
    with tenant_context(current_company_id()):
        task_id = store.calls.task_of_token(token_id)
    done = guarded(lambda: _apply(task_id, token_id), or_else=lambda stack: stop(task_id, stack))
    if done:
        route_on(task_id)
    return done


def _apply(task_id: UUID, token_id: UUID) -> bool:
    row = store.lock_task(task_id)
    token = store.calls.lock_token(token_id)
    if row is None or token is None or not _is_its_turn(row, token):
        return False
    try:
        output = output_of(node_of(row), _payload(token), now=row["now"])
    except CallFailed as failure:
        store.calls.use_token(token_id)
        store.calls.end_attempt(
            token["attempt_id"], error_name=failure.error_name, message=failure.message, sent=True
        )
        if row["t_status"] == TaskStatus.PENDING:
            fail(row, token["attempt_id"], failure)
        return True
    succeed(row, output, actor_label=ACTOR, used_token=token_id)
    return True


def _is_its_turn(row: Row, token: Row) -> bool:
    """Also after we have given up: an answer that comes at last is better than none."""
    return (
        row["task_type"] == TaskType.ASYNC_ACTION
        and row["t_status"] in (TaskStatus.PENDING, TaskStatus.ERROR)
        and row["w_status"] == WorkflowStatus.IN_PROGRESS
        and token["received_at"] is not None
        and token["applied_at"] is None
        and token["revoked_at"] is None
    )


def _payload(token: Row) -> Any:
    payload = token["payload"]
    return json.loads(payload) if isinstance(payload, str) else payload
