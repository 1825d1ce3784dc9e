"""The hand-written SQL of the queue. The tables are procrastinate's; ids only, of all companies.

A company's jobs stand in a line of its own: `priority` counts downwards in it, and starts where the
queue has got to (start-time fair queueing). So whoever comes into a flood of others waits for one job
of each, and nobody's line is overtaken for ever. `LATER` is outside of all lines: for what is not due.

A job whose company has none waiting or running goes into the queue FIRST, for which each worker keeps
some threads; everything else into MORE. So slow calls of one company never take all threads.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection

FIRST, MORE = "first", "more"
TASK = "operations.do"
LATER = -(2**31)


def _ask(sql: str, values: dict[str, Any]) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql, {"later": LATER, "task": TASK, **values})
        return cursor.fetchall() if cursor.description else []


# --- Enqueueing --------------------------------------------------------------------------------------

# The row of an equal job is locked although nothing is written: so no worker takes it, and does it with what it was like
# before, until this transaction has come to its end.
_ENQUEUE = """
WITH head AS (
  SELECT priority FROM procrastinate_jobs WHERE status = 'todo' AND priority > %(later)s
  ORDER BY priority DESC, id LIMIT 1
), mine AS (
  SELECT (SELECT min(priority) FROM procrastinate_jobs
           WHERE args ->> 'company_id' = %(company)s AND status = 'todo' AND priority > %(later)s) AS last,
    EXISTS (SELECT FROM procrastinate_jobs
             WHERE args ->> 'company_id' = %(company)s AND status = 'doing') AS runs
)
INSERT INTO procrastinate_jobs AS known (queue_name, task_name, priority, queueing_lock, args, scheduled_at)
SELECT CASE WHEN mine.last IS NULL AND NOT mine.runs THEN %(first)s ELSE %(more)s END, %(task)s,
  CASE WHEN %(at)s::timestamptz > now() THEN %(later)s
       ELSE greatest(least(coalesce((SELECT priority FROM head), 0), mine.last - 1), %(later)s + 1) END,
  %(key)s, jsonb_build_object('company_id', %(company)s, 'kind', %(kind)s, 'row_id', %(row)s),
  CASE WHEN %(at)s::timestamptz > now() THEN %(at)s::timestamptz END
FROM mine
ON CONFLICT (queueing_lock) WHERE status = 'todo' DO UPDATE
SET queue_name = EXCLUDED.queue_name, priority = EXCLUDED.priority, scheduled_at = EXCLUDED.scheduled_at
WHERE known.scheduled_at > coalesce(EXCLUDED.scheduled_at, '-infinity')
"""


def key_of(kind: str, row_id: UUID) -> str:
    """What makes two jobs equal."""
    return f"{kind}:{row_id}"


def enqueue(company_id: UUID, kind: str, row_id: UUID, at: datetime | None) -> None:
    """One job, unless an equal one waits; one that waits for a later time is brought forward."""
    values = {"company": str(company_id), "kind": kind, "row": str(row_id), "at": at}
    queues = {"first": FIRST, "more": MORE}
    _ask(_ENQUEUE, {**values, **queues, "key": key_of(kind, row_id)})


_KNOWN = """
SELECT queueing_lock FROM procrastinate_jobs
WHERE queueing_lock = ANY(%(keys)s) AND status = 'todo' AND priority > %(later)s
UNION ALL
SELECT queueing_lock FROM procrastinate_jobs
WHERE args ->> 'company_id' = ANY(%(companies)s) AND status = 'doing'
"""


def on_their_way(companies: Iterable[UUID], keys: Iterable[str]) -> set[str]:
    """Which of these jobs wait in line already, or are being done."""
    known = {"keys": list(keys), "companies": [str(company) for company in companies]}
    return {key for (key,) in _ask(_KNOWN, known)}


# --- Doing: what the worker's own connection asks ----------------------------------------------------

# A worker that was frozen comes back to find its row taken away: it goes on under its number.
SIGN_OF_LIFE = """
INSERT INTO procrastinate_workers (id, last_heartbeat) OVERRIDING SYSTEM VALUE VALUES (%(worker)s, now())
ON CONFLICT (id) DO UPDATE SET last_heartbeat = now()
"""
# Only the job of the worker that says so: another may have taken it over meanwhile.
FINISH = """
UPDATE procrastinate_jobs SET status = %(status)s, attempts = attempts + 1, abort_requested = false
WHERE id = %(job)s AND status = 'doing' AND worker_id = %(worker)s
"""
DELETE = "DELETE FROM procrastinate_jobs WHERE id = %(job)s AND status = 'doing' AND worker_id = %(worker)s"

# An equal job may wait meanwhile; only one of a kind may, so that one takes over, and inherits the count.
PUT_BACK = """
WITH lost AS (
  SELECT id, queueing_lock, attempts + %(counts)s AS attempts FROM procrastinate_jobs
  WHERE id = %(job)s AND status = 'doing' AND worker_id IS NOT DISTINCT FROM %(worker)s FOR UPDATE SKIP LOCKED
), equal AS (
  UPDATE procrastinate_jobs e SET attempts = greatest(e.attempts, lost.attempts) FROM lost
  WHERE e.queueing_lock = lost.queueing_lock AND e.status = 'todo' RETURNING e.id
), gone AS (
  DELETE FROM procrastinate_jobs j USING lost WHERE j.id = lost.id AND EXISTS (SELECT FROM equal)
), again AS (
  UPDATE procrastinate_jobs j SET status = 'todo', attempts = lost.attempts, worker_id = NULL,
    scheduled_at = %(at)s::timestamptz
  FROM lost WHERE j.id = lost.id AND NOT EXISTS (SELECT FROM equal)
)
SELECT 1 FROM lost
"""

# --- What a dead worker left behind ------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Held:
    """A job that some worker took. `tries`: how often it has come to a bad end so far."""

    job: int
    worker: int | None
    company_id: UUID
    kind: str
    row_id: UUID
    tries: int


# After a restart of the database everybody gets time to give a sign of life; it could not while there was none.
_IS_DEAD = "w.last_heartbeat < now() - %(seconds)s * interval '1 second' AND pg_postmaster_start_time() < now() - %(seconds)s * interval '1 second'"
_HELD = """
SELECT j.id, j.worker_id, (j.args ->> 'company_id')::uuid, j.args ->> 'kind', (j.args ->> 'row_id')::uuid, j.attempts
FROM procrastinate_jobs j LEFT JOIN procrastinate_workers w ON w.id = j.worker_id
WHERE j.status = 'doing' AND j.task_name = %(task)s
"""
_BY_THE_DEAD = (
    f"{_HELD} AND (w.id IS NULL OR w.last_heartbeat < now() - %(seconds)s * interval '1 second')"
)
_BY_THESE = f"{_HELD} AND w.id = ANY(%(workers)s)"


def held_by_the_dead(after_seconds: float) -> list[Held]:
    """What workers took who have given no sign of life for so long."""
    return [Held(*row) for row in _ask(_BY_THE_DEAD, {"seconds": after_seconds})]


def held_by(workers: Sequence[int]) -> list[Held]:
    """What these workers took."""
    return [Held(*row) for row in _ask(_BY_THESE, {"workers": list(workers)})]


def put_back(held: Held, *, counts: bool) -> bool:
    """Into the line again, at its old place; False: somebody else saw to it.

    `counts`: as one more bad end.
    """
    values = {"job": held.job, "worker": held.worker, "counts": int(counts), "at": None}
    return bool(_ask(PUT_BACK, values))


_END = """
WITH held AS (
  UPDATE procrastinate_jobs SET status = 'failed', attempts = attempts + 1
  WHERE id = %(job)s AND status = 'doing' AND worker_id IS NOT DISTINCT FROM %(worker)s RETURNING queueing_lock
), equal AS (
  DELETE FROM procrastinate_jobs e USING held WHERE e.queueing_lock = held.queueing_lock AND e.status = 'todo'
)
SELECT 1 FROM held
"""


def end(held: Held) -> bool:
    """No more tries, for an equal one that waits neither; False: somebody else saw to it."""
    return bool(_ask(_END, {"job": held.job, "worker": held.worker}))


_HAS_DIED = f"SELECT 1 FROM procrastinate_workers w WHERE {_IS_DEAD} LIMIT 1"  # noqa: S608
_FORGET_DEAD = """
DELETE FROM procrastinate_workers WHERE last_heartbeat < now() - %(seconds)s * interval '1 second'
"""
_FORGET_FAILED = """
DELETE FROM procrastinate_jobs j WHERE j.status NOT IN ('todo', 'doing') AND NOT EXISTS (
  SELECT FROM procrastinate_events e WHERE e.job_id = j.id AND e.at > now() - %(days)s * interval '1 day')
"""


def somebody_died(after_seconds: float) -> bool:
    """Whether a worker ended without a good-bye, and has not been forgotten yet."""
    return bool(_ask(_HAS_DIED, {"seconds": after_seconds}))


def forget_the_dead(after_seconds: float) -> None:
    _ask(_FORGET_DEAD, {"seconds": after_seconds})


def forget_what_failed(after_days: float) -> None:
    """What succeeds is deleted at once; the rest is kept so long for whoever wants to look."""
    _ask(_FORGET_FAILED, {"days": after_days})


# --- Looking ---------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Figures:
    """`waiting` and `since`: due and not begun; `stalled`: taken by workers who died."""

    waiting: int
    since: datetime | None
    running: int
    stalled: int
    failed: int


_FIGURES = f"""
WITH due AS (
  SELECT count(*) AS waiting, min(id) AS oldest FROM procrastinate_jobs
  WHERE status = 'todo' AND (scheduled_at IS NULL OR scheduled_at <= now())
), taken AS (
  SELECT count(*) AS running,
    count(*) FILTER (WHERE w.id IS NULL OR ({_IS_DEAD})) AS stalled
  FROM procrastinate_jobs j LEFT JOIN procrastinate_workers w ON w.id = j.worker_id WHERE j.status = 'doing'
)
SELECT waiting, (SELECT max(at) FROM procrastinate_events e WHERE e.job_id = due.oldest AND e.at <= now()),
  running - stalled, stalled, (SELECT count(*) FROM procrastinate_jobs WHERE status = 'failed')
FROM due, taken
"""  # noqa: S608


def figures(dead_after_seconds: float) -> Figures:
    """The queue in numbers, over all companies."""
    return Figures(*_ask(_FIGURES, {"seconds": dead_after_seconds})[0])


_OLDEST = """
SELECT extract(epoch FROM now() - max(e.at)) FROM procrastinate_events e WHERE e.at <= now() AND e.job_id = (
  SELECT min(id) FROM procrastinate_jobs WHERE status = 'todo' AND (scheduled_at IS NULL OR scheduled_at <= now()))
"""


def oldest_waiting_seconds() -> float:
    """How long the oldest job has been due and not begun; 0 when none is."""
    return float(_ask(_OLDEST, {})[0][0] or 0)


def moment(seconds_ago: float) -> datetime:
    """By the clock of the database, which everything that is due was written by."""
    found: datetime = _ask("SELECT now() - %(ago)s * interval '1 second'", {"ago": seconds_ago})[0][
        0
    ]
    return found
