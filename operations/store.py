"""The hand-written SQL of the hot path: one statement to lock, one to look, one to write. No rule.

Each statement names the company although row security does so too: with a constant the planner knows
how big this company is, where the policy only lets it assume the average one.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection

from tenants.context import current_company_id

Row = dict[str, Any]


def as_json(value: Any) -> str:
    """A value for a parameter that the statement casts to jsonb."""
    return json.dumps(value, default=str, allow_nan=False)


def ask(sql: str, values: Mapping[str, Any]) -> list[Row]:
    """The rows of one statement; `company` is among its values."""
    with connection.cursor() as cursor:
        cursor.execute(sql, {"company": current_company_id(), **values})
        names = [column[0] for column in cursor.description or ()]
        return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


def clock() -> datetime:
    """What time it is in the database: the one clock that all processes share."""
    now: datetime = ask("SELECT clock_timestamp() AS now", {})[0]["now"]
    return now


# --- Submitting ------------------------------------------------------------------------------------

_NEW_TICKET = """
WITH offered AS (
  SELECT d.id FROM ticket_definitions d
  WHERE d.company_id = %(company)s AND d.id = %(ticket_type)s AND d.status = 'PUBLISHED' AND d.version = %(version)s
    AND (%(from_outside)s OR EXISTS (
      SELECT FROM ticket_definition_rights r
      JOIN auth_permission p ON p.id = r.permission_id AND p.codename = 'submit_ticketdefinition'
      JOIN users_groups m ON m.company_id = r.company_id AND m.group_id = r.group_id AND m.user_id = %(created_by)s
      WHERE r.company_id = d.company_id AND r.content_object_id = d.id))
), numbered AS (
  INSERT INTO ticket_counters AS mine (company_id, last_number) SELECT %(company)s, 1001 FROM offered
  ON CONFLICT (company_id) DO UPDATE SET last_number = mine.last_number + 1
  RETURNING last_number
), ticket AS (
  INSERT INTO ticket_instances (id, company_id, number, title, ticket_type_id, ticket_data, ext_ref, ext_key,
    created_by_id, created_by_label, submission_key, has_open_error, created_at)
  SELECT %(id)s, %(company)s, last_number, %(title)s, %(ticket_type)s, %(data)s::jsonb, '[]', %(ext_key)s,
    %(created_by)s, %(actor_label)s, %(submission_key)s, false, now() FROM numbered
  ON CONFLICT (company_id, submission_key) DO NOTHING
  RETURNING number, created_at
), told AS (
  INSERT INTO workflow_events (id, company_id, ticket_id, sequence, kind, from_key, to_key, actor_id, actor_kind,
    actor_label, reason, trace, detail, created_at)
  SELECT %(event_id)s, %(company)s, %(id)s, 1, 'SUBMITTED', '', '', %(created_by)s, 'PERSON',
    %(actor_label)s, '', '[]', '{}', now() FROM ticket
)
SELECT (SELECT count(*) FROM offered) AS offered, ticket.number, ticket.created_at
FROM (SELECT) AS always LEFT JOIN ticket ON true
"""


def insert_ticket(**values: Any) -> Row:
    """Number the ticket and write it with its first event, if it is offered to the person.

    `from_outside`: a platform person who looks in, who is in no company role and may ask for all.

    Returns {offered, number, created_at}: `offered` 0 for what this person may not ask for (or not
    any more in this version); `number` None when the same submission was written before.
    """
    return ask(_NEW_TICKET, {**values, "data": as_json(values["data"])})[0]


# --- Locking and looking ----------------------------------------------------------------------------

# The assignment lock is taken once the ticket's is held: everybody takes them in this order.
_LOCK_TICKET = """
WITH ticket AS MATERIALIZED (
  SELECT t.id, t.ticket_data, t.workflow_id, t.closed_at, t.has_open_error, t.created_by_id, t.ticket_type_id
  FROM ticket_instances t WHERE t.company_id = %(company)s AND t.id = %(ticket)s FOR NO KEY UPDATE
)
SELECT ticket.*, d.fields, d.workflow_id AS workflow_definition_id, now() AS now,
  pg_advisory_xact_lock(hashtextextended('assignment ' || %(company)s, 0))
FROM ticket JOIN ticket_definitions d ON d.company_id = %(company)s AND d.id = ticket.ticket_type_id
"""

# The root before the run inside of it, which PostgreSQL locks in the order of "OF": so whoever changes
# anything of a ticket holds the row of its root, and a ticket's events are counted there.
_LOCK_INSTANCE = """
SELECT w.id, w.workflow_definition_id, w.w_status, w.workflow_data, w.current_task_id, w.last_task_sequence,
  r.last_event_sequence, r.automatic_steps, w.root_id, w.parent_task_id, w.depth, w.created_by_id, w.started_at, w.completed_at,
  w.held_at, now() AS now, t.id AS ticket_id
FROM workflow_instances w
JOIN workflow_instances r ON r.company_id = w.company_id AND r.id = w.root_id
JOIN ticket_instances t ON t.company_id = r.company_id AND t.workflow_id = r.id
WHERE w.company_id = %(company)s AND w.id = %(instance)s FOR NO KEY UPDATE OF r, w
"""

# The assignment lock comes with this statement, after the run's. It stands before the pick, in a statement of its own, so that the pick sees every count that
# was committed while it waited. The ticket's mark is read here for the same reason: the statement that locks the run may have seen it before it waited.
_LOOK = """
SELECT pg_advisory_xact_lock(hashtextextended('assignment ' || %(company)s, 0)),
  (SELECT t.has_open_error FROM workflow_instances w
     JOIN ticket_instances t ON t.company_id = w.company_id AND t.workflow_id = w.root_id
    WHERE w.company_id = %(company)s AND w.id = %(instance)s) AS has_open_error,
  (SELECT coalesce(jsonb_agg(jsonb_build_object('id', id, 'definition', task_definition_id, 'branch', branch,
       'status', t_status, 'output', CASE WHEN t_status = 'COMPLETED' THEN output_data END,
       'way_out', way_out, 'assigned_to', assigned_to_id, 'sequence', sequence) ORDER BY sequence), '[]')
     FROM task_instances
    WHERE company_id = %(company)s AND workflow_instance_id = %(instance)s AND routed_at IS NULL
      AND t_status <> 'CANCELLED') AS tasks,
  (SELECT coalesce(jsonb_object_agg(task_definition_id, visits), '{}') FROM (
     SELECT task_definition_id, max(visit) AS visits FROM task_instances
      WHERE company_id = %(company)s AND workflow_instance_id = %(instance)s GROUP BY 1) v) AS visits,
  (SELECT coalesce(jsonb_agg(jsonb_build_object('key', task_key, 'branch', branch) ORDER BY id), '[]')
     FROM branch_arrivals WHERE company_id = %(company)s AND workflow_instance_id = %(instance)s) AS arrivals
"""

_LOCK_TASK = """
SELECT k.id, k.ticket_id, k.workflow_instance_id, k.task_definition_id, k.t_status, k.sequence, k.assigned_to_id,
  k.rev, k.started_at, k.branch, k.input_data, k.created_at, k.due_at, k.wakes_at, k.times_out_at, k.remind_at,
  k.way_out,
  w.w_status, w.workflow_definition_id, w.root_id, w.depth, d.key, d.title, d.task_type, d.output_schema,
  d.edit_layout, d.assign, now() AS now, a.first_name || ' ' || a.last_name AS assigned_to
FROM task_instances k
JOIN workflow_instances w ON w.company_id = k.company_id AND w.id = k.workflow_instance_id
JOIN workflow_instances r ON r.company_id = w.company_id AND r.id = w.root_id
JOIN task_definitions d ON d.company_id = k.company_id AND d.id = k.task_definition_id
LEFT JOIN users a ON a.company_id = k.company_id AND a.id = k.assigned_to_id
WHERE k.company_id = %(company)s AND k.id = %(task)s FOR NO KEY UPDATE OF r, w, k
"""


def lock_ticket(ticket_id: UUID) -> Row | None:
    """The ticket, locked against a second start; takes the company's assignment lock too."""
    rows = ask(_LOCK_TICKET, {"ticket": ticket_id})
    return _decoded(rows[0], "ticket_data", "fields") if rows else None


def lock_instance(instance_id: UUID) -> Row | None:
    """The workflow run, locked: everything that changes a ticket starts here."""
    rows = ask(_LOCK_INSTANCE, {"instance": instance_id})
    return _decoded(rows[0], "workflow_data") if rows else None


def lock_task(task_id: UUID) -> Row | None:
    """A task together with its run, both locked, and what its definition asks for."""
    rows = ask(_LOCK_TASK, {"task": task_id})
    return (
        _decoded(rows[0], "output_schema", "edit_layout", "assign", "input_data") if rows else None
    )


_LOCK_ASSIGNMENTS = (
    "SELECT pg_advisory_xact_lock(hashtextextended('assignment ' || %(company)s, 0))"
)

_LOCK_RUNS = """
SELECT w.id FROM workflow_instances w
JOIN ticket_instances t ON t.company_id = w.company_id AND t.workflow_id = w.id
WHERE w.company_id = %(company)s AND t.id = ANY(%(tickets)s) ORDER BY w.id FOR NO KEY UPDATE OF w
"""


def lock_runs(ticket_ids: Sequence[UUID]) -> None:
    """The runs of several tickets, always in the same order."""
    ask(_LOCK_RUNS, {"tickets": list(ticket_ids)})


def lock_assignments() -> None:
    """The company's assignment lock, for whoever takes a task from one person and gives it to another,
    or takes several away; after the run's. `look` and `lock_ticket` take it along."""
    ask(_LOCK_ASSIGNMENTS, {})


_LOCK_KIND_OF_ERROR = (
    "SELECT pg_advisory_xact_lock(hashtextextended('error ' || %(company)s || %(fingerprint)s, 0))"
)


def lock_kind_of_error(fingerprint: str) -> None:
    """So that of two errors of a new kind at once only one is the first; after the ticket's lock."""
    ask(_LOCK_KIND_OF_ERROR, {"fingerprint": fingerprint})


def look(instance_id: UUID) -> Row:
    """What is under way in a locked run: {tasks: [...], visits: {definition id: n}, arrivals: [...],
    has_open_error}; takes the company's assignment lock."""
    return _decoded(ask(_LOOK, {"instance": instance_id})[0], "tasks", "visits", "arrivals")


def _decoded(row: Row, *columns: str) -> Row:
    """JSON columns as values; the driver hands them over as text (Django asks it to)."""
    return {
        **row,
        **{name: json.loads(row[name]) for name in columns if isinstance(row[name], str)},
    }


# --- Choosing a worker ------------------------------------------------------------------------------

# Who is free is said once more in app_due_work (migration 0003), over all companies.
_CANDIDATES = """
SELECT u.id, u.first_name || ' ' || u.last_name AS name, n.open, u.is_available, u.open_task_limit AS most,
  u.is_available AND (u.open_task_limit IS NULL OR n.open < u.open_task_limit) AS is_free
FROM users u
JOIN users_groups m ON m.company_id = u.company_id AND m.user_id = u.id
JOIN auth_group g ON g.id = m.group_id AND g.name = 'task_worker'
LEFT JOIN worker_loads l ON l.company_id = u.company_id AND l.user_id = u.id
CROSS JOIN LATERAL (SELECT coalesce((%(given)s::jsonb ->> u.id::text)::int, 0) AS now_given) j
CROSS JOIN LATERAL (SELECT coalesce(l.open_tasks, 0) + j.now_given AS open) n
WHERE u.company_id = %(company)s AND u.is_active AND (%(role)s = '' OR EXISTS (
  SELECT FROM company_roles r
  JOIN users_groups rm ON rm.company_id = r.company_id AND rm.group_id = r.group_id AND rm.user_id = u.id
  WHERE r.company_id = u.company_id AND r.key = %(role)s))
ORDER BY is_free DESC, open, j.now_given, l.last_assigned_at NULLS FIRST, u.id
LIMIT 5
"""


def candidates(company_role: str, given: Mapping[str, int]) -> list[Row]:
    """The five task workers nearest to getting a task, the one who gets it first.

    `company_role` "" means every task worker. `given`: how many tasks a person (id as text) gets by what
    is being decided and is not written yet. Rows: {id, name, open, is_available, most, is_free}.
    """
    return ask(_CANDIDATES, {"role": company_role, "given": as_json(given)})


# --- Writing ----------------------------------------------------------------------------------------


@dataclass(slots=True)
class Step:
    """Everything that one decision changes, written by one statement.

    `calls` names those of the tasks that call another system: each needs a job. `children` names
    those that run another workflow.
    `tasks`, `events` and `waits` are rows to insert; `routed`, `cancels` and `used_arrivals` name rows to
    change. `closed_at` is the ticket's: None while it goes on.
    """

    instance: Row
    ticket_id: UUID
    routed: list[UUID] = field(default_factory=list)
    cancels: list[UUID] = field(default_factory=list)
    tasks: list[Row] = field(default_factory=list)
    events: list[Row] = field(default_factory=list)
    waits: list[Row] = field(default_factory=list)
    used_arrivals: list[str] = field(default_factory=list)
    calls: list[UUID] = field(default_factory=list)
    children: list[UUID] = field(default_factory=list)
    closed_at: datetime | None = None


_WRITE = """
WITH routed AS (
  UPDATE task_instances SET routed_at = now()
  WHERE company_id = %(company)s AND id = ANY(%(routed)s) AND routed_at IS NULL RETURNING id
), cancelled AS (
  UPDATE task_instances SET t_status = 'CANCELLED', completed_at = now(), rev = rev + 1
  WHERE company_id = %(company)s AND id = ANY(%(cancels)s) AND t_status <> 'COMPLETED' RETURNING id
), used AS (
  DELETE FROM branch_arrivals WHERE company_id = %(company)s AND workflow_instance_id = %(instance)s
    AND branch = ANY(%(used_arrivals)s)
), waits AS (
  INSERT INTO branch_arrivals (id, company_id, workflow_instance_id, task_key, branch, created_at)
  SELECT x.id, %(company)s, %(instance)s, x.task_key, x.branch, now()
  FROM jsonb_to_recordset(%(waits)s::jsonb) AS x(id uuid, task_key text, branch text)
), started AS (
  INSERT INTO task_instances (id, company_id, workflow_instance_id, ticket_id, task_definition_id, t_status, sequence,
    branch, visit, assigned_to_id, assigned_at, input_data, rev, created_at, due_at, remind_at, times_out_at, wakes_at,
    way_out)
  SELECT x.id, %(company)s, %(instance)s, %(ticket)s, x.task_definition_id, x.t_status, x.sequence, x.branch, x.visit,
    x.assigned_to_id, CASE WHEN x.assigned_to_id IS NOT NULL THEN now() END, x.input_data, 0, now(), x.due_at,
    x.remind_at, x.times_out_at, x.wakes_at, ''
  FROM jsonb_to_recordset(%(tasks)s::jsonb) AS x(id uuid, task_definition_id uuid, t_status text, sequence int,
    branch text, visit int, assigned_to_id uuid, input_data jsonb, due_at timestamptz, remind_at timestamptz,
    times_out_at timestamptz, wakes_at timestamptz)
), told AS (
  INSERT INTO workflow_events (id, company_id, workflow_instance_id, ticket_id, sequence, kind, task_id, from_key,
    to_key, actor_id, actor_kind, actor_label, reason, trace, detail, created_at)
  SELECT x.id, %(company)s, %(instance)s, %(ticket)s, x.sequence, x.kind, x.task_id, x.from_key, x.to_key, x.actor_id,
    x.actor_kind, x.actor_label, x.reason, x.trace, x.detail, clock_timestamp()
  FROM jsonb_to_recordset(%(events)s::jsonb) AS x(id uuid, sequence int, kind text, task_id uuid, from_key text,
    to_key text, actor_id uuid, actor_kind text, actor_label text, reason text, trace jsonb, detail jsonb)
), run AS (
  INSERT INTO workflow_instances AS mine (id, company_id, workflow_definition_id, w_status, workflow_data,
    current_task_id, root_id, parent_task_id, depth, last_task_sequence, last_event_sequence, automatic_steps,
    created_by_id, created_at, started_at, completed_at, held_at)
  VALUES (%(instance)s, %(company)s, %(workflow_definition_id)s, %(w_status)s, %(workflow_data)s::jsonb,
    %(current_task_id)s, %(root_id)s, %(parent_task_id)s, %(depth)s, %(last_task_sequence)s,
    CASE WHEN %(root_id)s = %(instance)s THEN %(last_event_sequence)s ELSE 0 END,
    CASE WHEN %(root_id)s = %(instance)s THEN coalesce(%(automatic_steps)s, 0) ELSE 0 END, %(created_by_id)s, now(),
    %(started_at)s, %(completed_at)s, %(held_at)s)
  ON CONFLICT (id) DO UPDATE SET automatic_steps = CASE WHEN mine.id = mine.root_id
      THEN EXCLUDED.automatic_steps ELSE mine.automatic_steps END,
    w_status = EXCLUDED.w_status, workflow_data = EXCLUDED.workflow_data,
    current_task_id = EXCLUDED.current_task_id, last_task_sequence = EXCLUDED.last_task_sequence,
    last_event_sequence = EXCLUDED.last_event_sequence, started_at = EXCLUDED.started_at,
    completed_at = EXCLUDED.completed_at, held_at = EXCLUDED.held_at
), counted AS (
  UPDATE workflow_instances SET last_event_sequence = %(last_event_sequence)s,
    current_task_id = coalesce(%(current_task_id)s, current_task_id),
    automatic_steps = coalesce(%(automatic_steps)s, automatic_steps)
  WHERE company_id = %(company)s AND id = %(root_id)s AND id <> %(instance)s
), ticket AS (
  UPDATE ticket_instances SET workflow_id = %(instance)s, closed_at = %(closed_at)s
  WHERE company_id = %(company)s AND id = %(ticket)s AND %(root_id)s = %(instance)s
    AND (workflow_id IS NULL OR closed_at IS DISTINCT FROM %(closed_at)s)
)
SELECT (SELECT count(*) FROM routed) AS routed, (SELECT count(*) FROM cancelled) AS cancelled
"""


def write(step: Step) -> None:
    """Carry out a decision; the run is locked by the caller, so nothing has moved since it looked.

    Raises:
        RuntimeError: a task that should be routed was not there; the transaction must roll back.
    """
    values = {
        "automatic_steps": None,
        **step.instance,
        "workflow_data": as_json(step.instance["workflow_data"]),
        "instance": step.instance["id"],
        "ticket": step.ticket_id,
        "routed": step.routed,
        "cancels": step.cancels,
        "used_arrivals": step.used_arrivals,
        "waits": as_json(step.waits),
        "tasks": as_json(step.tasks),
        "events": as_json(step.events),
        "closed_at": step.closed_at,
    }
    counts = ask(_WRITE, values)[0]
    if counts["routed"] != len(step.routed):
        raise RuntimeError(f"Expected to route {step.routed}, but only {counts['routed']} waited.")


_CHANGE_TASK = """
WITH task AS (
  UPDATE task_instances SET t_status = %(t_status)s, assigned_to_id = %(assigned_to)s,
    assigned_at = CASE WHEN assigned_to_id IS DISTINCT FROM %(assigned_to)s THEN now() ELSE assigned_at END,
    completed_by_id = CASE WHEN %(t_status)s = 'COMPLETED' THEN %(actor)s::uuid ELSE completed_by_id END,
    output_data = coalesce(%(output)s::jsonb, output_data),
    draft_data = CASE WHEN %(t_status)s = 'COMPLETED' THEN NULL ELSE draft_data END,
    started_at = CASE WHEN %(t_status)s IN ('IN_PROGRESS', 'COMPLETED') THEN coalesce(started_at, now())
                      ELSE started_at END,
    completed_at = CASE WHEN %(t_status)s = 'COMPLETED' THEN now() ELSE completed_at END,
    rev = rev + 1
  WHERE company_id = %(company)s AND id = %(task)s AND t_status = %(was)s
  RETURNING id, ticket_id, workflow_instance_id
), run AS (
  UPDATE workflow_instances r SET last_event_sequence = r.last_event_sequence + 1
  FROM task JOIN workflow_instances w ON w.company_id = %(company)s AND w.id = task.workflow_instance_id
  WHERE r.company_id = %(company)s AND r.id = w.root_id
  RETURNING r.last_event_sequence
), told AS (
  INSERT INTO workflow_events (id, company_id, workflow_instance_id, ticket_id, sequence, kind, task_id, from_key,
    to_key, actor_id, actor_kind, actor_label, reason, trace, detail, created_at)
  SELECT %(event_id)s, %(company)s, task.workflow_instance_id, task.ticket_id, run.last_event_sequence, %(kind)s,
    task.id, '', %(key)s, %(actor)s, %(actor_kind)s, %(actor_label)s, %(reason)s, '[]', %(detail)s::jsonb, now()
  FROM task, run
)
SELECT count(*) AS changed FROM task
"""


def change_task(*, output: Any = None, detail: Mapping[str, Any], **values: Any) -> bool:
    """Move one task to another status or person, with its event; False when its status is not `was`."""
    written = None if output is None else as_json(output)
    rows = ask(_CHANGE_TASK, {**values, "output": written, "detail": as_json(detail)})
    return bool(rows[0]["changed"])


# --- Sweeping ---------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class DueWork:
    """Something the engine still has to do; `since` is when it fell due.

    `kind`: start (a ticket), route (a completed task), assign (a task for which somebody is free; nobody:
    it waits for that), call (an action), wake (a WAIT), child (a SUBWORKFLOW to start), child_done (its run),
    timeout, remind (a task), lost (an attempt), callback (a token), notice.
    """

    company_id: UUID
    kind: str
    row_id: UUID
    since: datetime


def due_work(limit: int = 200) -> Sequence[DueWork]:
    """What a crash left behind, over all companies: ids only, each to be opened in its own company."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT company_id, kind, row_id, since FROM app_due_work(%s)", [limit])
        return [DueWork(*row) for row in cursor.fetchall()]
