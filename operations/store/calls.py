"""The hand-written SQL of action tasks: one statement to begin a call, one to settle it. No rule."""

import hashlib
from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection

from operations.store.asking import Row, as_json, ask

_SO_FAR = """
SELECT number, error_name, counts, ended_at IS NULL AS is_under_way FROM task_attempts
WHERE company_id = %(company)s AND task_id = %(task)s ORDER BY number
"""

_BEGIN = """
WITH attempt AS (
  INSERT INTO task_attempts (id, company_id, task_id, number, counts, started_at, lease_until, ended_at, error_name,
    error_message, sent, request)
  VALUES (%(attempt)s, %(company)s, %(task)s, %(number)s, true, clock_timestamp(),
    clock_timestamp() + %(lease_seconds)s * interval '1 second', NULL, '', '', false, %(request)s::jsonb)
), token AS (
  INSERT INTO callback_tokens (id, company_id, task_id, attempt_id, token_hash, expires_at, payload_hash)
  SELECT %(token)s::uuid, %(company)s, %(task)s, %(attempt)s, %(token_hash)s, %(expires_at)s::timestamptz, ''
  WHERE %(token)s::uuid IS NOT NULL
)
UPDATE task_instances SET t_status = %(t_status)s, started_at = coalesce(started_at, clock_timestamp()),
  wakes_at = NULL, times_out_at = %(expires_at)s::timestamptz, rev = rev + 1
WHERE company_id = %(company)s AND id = %(task)s AND t_status = %(was)s
RETURNING id
"""

_ATTEMPT = """
SELECT a.id, a.task_id, a.number, a.ended_at, a.lease_until <= clock_timestamp() AS is_lost
FROM task_attempts a WHERE a.company_id = %(company)s AND a.id = %(attempt)s FOR UPDATE
"""

_END = """
UPDATE task_attempts SET ended_at = coalesce(ended_at, clock_timestamp()), error_name = %(error_name)s,
  error_message = %(error_message)s, sent = %(sent)s, answer = coalesce(%(answer)s::jsonb, answer)
WHERE company_id = %(company)s AND id = %(attempt)s
RETURNING id
"""

_SETTLE = """
WITH task AS (
  UPDATE task_instances SET t_status = %(t_status)s, way_out = %(way_out)s, wakes_at = %(wakes_at)s::timestamptz,
    times_out_at = %(times_out_at)s::timestamptz, output_data = coalesce(%(output)s::jsonb, output_data),
    completed_at = CASE WHEN %(t_status)s = 'COMPLETED' THEN clock_timestamp() ELSE completed_at END,
    completed_by_id = coalesce(%(actor)s::uuid, completed_by_id), draft_data = NULL, rev = rev + 1
  WHERE company_id = %(company)s AND id = %(task)s AND t_status = %(was)s
  RETURNING id, ticket_id, workflow_instance_id
), closed AS (
  UPDATE callback_tokens SET revoked_at = clock_timestamp()
  WHERE company_id = %(company)s AND task_id = %(task)s AND %(is_over)s AND revoked_at IS NULL
    AND applied_at IS NULL AND id IS DISTINCT FROM %(used_token)s::uuid
), used AS (
  UPDATE callback_tokens SET applied_at = clock_timestamp()
  WHERE company_id = %(company)s AND id = %(used_token)s::uuid
), run AS (
  UPDATE workflow_instances r SET last_event_sequence = r.last_event_sequence + 1
  FROM task JOIN workflow_instances w ON w.company_id = %(company)s AND w.id = task.workflow_instance_id
  WHERE r.company_id = %(company)s AND r.id = w.root_id AND %(event)s::uuid IS NOT NULL
  RETURNING r.last_event_sequence
), told AS (
  INSERT INTO workflow_events (id, company_id, workflow_instance_id, ticket_id, sequence, kind, task_id, from_key,
    to_key, actor_id, actor_kind, actor_label, reason, trace, detail, created_at)
  SELECT %(event)s, %(company)s, task.workflow_instance_id, task.ticket_id, run.last_event_sequence, %(kind)s,
    task.id, '', %(key)s, %(actor)s, %(actor_kind)s, %(actor_label)s, %(reason)s, '[]', %(detail)s::jsonb,
    clock_timestamp()
  FROM task, run
)
SELECT count(*) AS changed FROM task
"""

_CALLBACK = """
SELECT c.id, c.task_id, c.attempt_id, c.expires_at <= clock_timestamp() AS is_expired, c.revoked_at, c.received_at,
  c.applied_at, c.payload, c.payload_hash
FROM callback_tokens c WHERE c.company_id = %(company)s AND c.id = %(token)s FOR UPDATE
"""

_RECEIVE = """
UPDATE callback_tokens SET received_at = clock_timestamp(), payload = %(payload)s::jsonb, payload_hash = %(hash)s
WHERE company_id = %(company)s AND id = %(token)s RETURNING id
"""


def attempts_so_far(task_id: UUID) -> list[Row]:
    """Each attempt at a task, the first one first: {number, error_name, counts, is_under_way}."""
    return ask(_SO_FAR, {"task": task_id})


def begin_call(**values: Any) -> bool:
    """Write an attempt, with its callback token (`token` None: none), and say that it is under way;
    False when the task is not in the status `was` any more."""
    return bool(ask(_BEGIN, {**values, "request": as_json(values["request"])}))


def lock_attempt(attempt_id: UUID) -> Row | None:
    """{id, task_id, number, ended_at, is_lost}; lock its task first."""
    rows = ask(_ATTEMPT, {"attempt": attempt_id})
    return rows[0] if rows else None


def end_attempt(
    attempt_id: UUID, *, error_name: str, message: str, sent: bool, answer: Any = None
) -> None:
    """Write what came of a call; what ended keeps its time when more is learned of it."""
    ask(
        _END,
        {
            "attempt": attempt_id,
            "error_name": error_name,
            "error_message": message,
            "sent": sent,
            "answer": None if answer is None else as_json(answer),
        },
    )


def settle(
    row: Row,
    *,
    t_status: str,
    output: Any = None,
    way_out: str = "",
    wakes_at: datetime | None = None,
    times_out_at: datetime | None = None,
    used_token: UUID | None = None,
    event: UUID | None = None,
    told: Mapping[str, Any] | None = None,
) -> bool:
    """Move a locked task that no person does to another status, with its times and its event.

    A task that is over takes back its callback tokens, but for the one that was used.

    Args:
        row: as `store.lock_task` gave it.
        event: key of the event to write; None writes none.
        told: columns of the event: kind, actor, actor_kind, actor_label, reason, detail.
    """
    about = {
        "kind": "",
        "actor": None,
        "actor_kind": "SYSTEM",
        "actor_label": "TicketFlower",
        "reason": "",
        "detail": {},
        **(told or {}),
    }
    values = {
        **about,
        "detail": as_json(about["detail"]),
        "task": row["id"],
        "was": row["t_status"],
        "key": row["key"],
        "t_status": t_status,
        "is_over": t_status in ("COMPLETED", "CANCELLED"),
        "output": None if output is None else as_json(output),
        "way_out": way_out,
        "wakes_at": wakes_at,
        "times_out_at": times_out_at,
        "used_token": used_token,
        "event": event,
    }
    return bool(ask(_SETTLE, values)[0]["changed"])


def lock_token(token_id: UUID) -> Row | None:
    """A callback token; lock its task first."""
    rows = ask(_CALLBACK, {"token": token_id})
    return rows[0] if rows else None


def receive(token_id: UUID, payload: Any, payload_hash: str) -> None:
    """Keep what was sent to a token, until its turn comes."""
    ask(_RECEIVE, {"token": token_id, "payload": as_json(payload), "hash": payload_hash})


def token_by_hash(token_hash: str) -> tuple[UUID, UUID] | None:
    """The company and the id of a token, before it is known which company is in force."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT company_id, token_id FROM app_callback(%s)", [token_hash])
        found: tuple[UUID, UUID] | None = cursor.fetchone()
        return found


def hash_of(token: str) -> str:
    """What is kept of a callback token."""
    return hashlib.sha256(token.encode()).hexdigest()


def task_of_token(token_id: UUID) -> UUID:
    """The task that a token is for."""
    rows = ask(
        "SELECT task_id FROM callback_tokens WHERE company_id = %(company)s AND id = %(token)s",
        {"token": token_id},
    )
    task_id: UUID = rows[0]["task_id"]
    return task_id


def tokens_to_apply(task_id: UUID) -> list[UUID]:
    """Callbacks of a task that have come and were not gone on with, the first one first."""
    rows = ask(
        "SELECT id FROM callback_tokens WHERE company_id = %(company)s AND task_id = %(task)s "
        "AND received_at IS NOT NULL AND applied_at IS NULL AND revoked_at IS NULL "
        "ORDER BY received_at",
        {"task": task_id},
    )
    return [row["id"] for row in rows]


def revoke_tokens(task_id: UUID) -> None:
    """From now on nobody may answer for this task."""
    ask(
        "UPDATE callback_tokens SET revoked_at = clock_timestamp() WHERE company_id = %(company)s "
        "AND task_id = %(task)s AND revoked_at IS NULL AND applied_at IS NULL RETURNING id",
        {"task": task_id},
    )


def use_token(token_id: UUID) -> None:
    """Say that the engine went on with what came to a token."""
    ask(
        "UPDATE callback_tokens SET applied_at = clock_timestamp() "
        "WHERE company_id = %(company)s AND id = %(token)s RETURNING id",
        {"token": token_id},
    )


def latest_attempt(task_id: UUID) -> UUID:
    """The attempt that an answer is waited for."""
    rows = ask(
        "SELECT id FROM task_attempts WHERE company_id = %(company)s AND task_id = %(task)s "
        "ORDER BY number DESC LIMIT 1",
        {"task": task_id},
    )
    attempt_id: UUID = rows[0]["id"]
    return attempt_id


def start_afresh(task_id: UUID) -> None:
    """The rules for repeating no longer look at the attempts so far: a person asked for it."""
    ask(
        "UPDATE task_attempts SET counts = false WHERE company_id = %(company)s "
        "AND task_id = %(task)s AND counts RETURNING id",
        {"task": task_id},
    )
