"""Everything that one decision of the engine changes, in one statement."""

from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from operations.store.asking import Row, as_json, ask


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
