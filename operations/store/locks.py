"""What is locked before anything of a ticket changes, and what is under way there."""

from collections.abc import Sequence
from uuid import UUID

from operations.store.asking import Row, ask, decoded

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
  (SELECT coalesce(jsonb_object_agg(key, visits), '{}') FROM (
     SELECT d.key, max(k.visit) AS visits FROM task_instances k
       JOIN task_definitions d ON d.company_id = k.company_id AND d.id = k.task_definition_id
      WHERE k.company_id = %(company)s AND k.workflow_instance_id = %(instance)s GROUP BY 1) v) AS visits,
  (SELECT coalesce(jsonb_agg(jsonb_build_object('key', task_key, 'branch', branch) ORDER BY id), '[]')
     FROM branch_arrivals WHERE company_id = %(company)s AND workflow_instance_id = %(instance)s) AS arrivals
"""

_LOCK_TASK = """
SELECT k.id, k.ticket_id, k.workflow_instance_id, k.task_definition_id, k.t_status, k.sequence, k.assigned_to_id,
  k.rev, k.started_at, k.branch, k.input_data, k.created_at, k.due_at, k.wakes_at, k.times_out_at, k.remind_at,
  k.way_out,
  w.w_status, w.workflow_definition_id, w.root_id, w.depth, d.key, d.title, d.task_type, d.output_schema,
  d.workflow_id AS version_of_task, d.edit_layout, d.assign, now() AS now, a.first_name || ' ' || a.last_name AS assigned_to
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
    return decoded(rows[0], "ticket_data", "fields") if rows else None


def lock_instance(instance_id: UUID) -> Row | None:
    """The workflow run, locked: everything that changes a ticket starts here."""
    rows = ask(_LOCK_INSTANCE, {"instance": instance_id})
    return decoded(rows[0], "workflow_data") if rows else None


def lock_task(task_id: UUID) -> Row | None:
    """A task together with its run, both locked, and what its definition asks for.

    `version_of_task`: the version that its definition belongs to, which is that of the run unless the
    task was over when the run was moved to another.
    """
    # While this waits for the lock the task may be moved to another version. Then the row that is locked no
    # longer fits the definition that was read, and PostgreSQL gives none; asked again, it reads the new one.
    rows = ask(_LOCK_TASK, {"task": task_id}) or ask(_LOCK_TASK, {"task": task_id})
    return (
        decoded(rows[0], "output_schema", "edit_layout", "assign", "input_data") if rows else None
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
    """What is under way in a locked run: {tasks: [...], visits: {task key: n}, arrivals: [...],
    has_open_error}; takes the company's assignment lock."""
    return decoded(ask(_LOOK, {"instance": instance_id})[0], "tasks", "visits", "arrivals")
