"""The hand-written SQL over all runs of one ticket: its own, and those inside of it. No rule.

Whoever calls holds the ticket's own run (the root), and with it all of them.
"""

from collections.abc import Collection
from typing import NamedTuple
from uuid import UUID

from operations.store.asking import Row, ask

_FAMILY = """
SELECT pg_advisory_xact_lock(hashtextextended('assignment ' || %(company)s, 0)),
  r.last_event_sequence, r.created_by_id, t.has_open_error, f.runs, f.opened
FROM workflow_instances r
JOIN ticket_instances t ON t.company_id = r.company_id AND t.workflow_id = r.id
CROSS JOIN LATERAL (
  SELECT count(*) AS runs, count(*) FILTER (WHERE parent_task_id = %(task)s) AS opened
  FROM workflow_instances WHERE company_id = %(company)s AND root_id = r.id
) f
WHERE r.company_id = %(company)s AND r.id = %(root)s
"""


def look_at_family(root_id: UUID, task_id: UUID) -> Row:
    """What a run that begins inside of a task has to know of those that are there: {runs, opened (how
    many inside of this task), last_event_sequence, created_by_id, has_open_error}; takes the
    company's assignment lock."""
    return ask(_FAMILY, {"root": root_id, "task": task_id})[0]


_CHANGE_RUNS = """
UPDATE workflow_instances SET w_status = %(w_status)s,
  held_at = CASE WHEN %(w_status)s = 'ON_HOLD' THEN now() END,
  completed_at = CASE WHEN %(w_status)s = 'CANCELLED' THEN now() ELSE completed_at END
WHERE company_id = %(company)s AND root_id = %(root)s AND w_status = ANY(%(was)s)
RETURNING id
"""


def change_runs(root_id: UUID, *, was: Collection[str], w_status: str) -> int:
    """Hold, resume or cancel every run of a ticket that is in one of these states; how many were."""
    return len(ask(_CHANGE_RUNS, {"root": root_id, "was": list(was), "w_status": w_status}))


_CANCEL_TASKS = """
UPDATE task_instances k SET t_status = 'CANCELLED', completed_at = now(), rev = k.rev + 1
FROM workflow_instances w
WHERE w.company_id = %(company)s AND w.root_id = %(root)s
  AND k.company_id = w.company_id AND k.workflow_instance_id = w.id AND k.t_status = ANY(%(was)s)
RETURNING k.id
"""


def cancel_tasks(root_id: UUID, *, was: Collection[str]) -> int:
    """Cancel what is under way in any run of a ticket; the caller holds the assignment lock too."""
    return len(ask(_CANCEL_TASKS, {"root": root_id, "was": list(was)}))


class DueHere(NamedTuple):
    """Something to do in one ticket: with a task of the run `run_id`, as far as that is known.

    `kind`: route, child or child_done, as in `store.DueWork`, but all of them name the task."""

    kind: str
    task_id: UUID
    run_id: UUID | None = None


_DUE = """
SELECT CASE WHEN k.t_status = 'COMPLETED' THEN 'route' WHEN k.wakes_at IS NOT NULL THEN 'child' ELSE 'child_done' END
    AS kind, k.id AS task_id, w.id AS run_id
FROM workflow_instances w
JOIN task_instances k ON k.company_id = w.company_id AND k.workflow_instance_id = w.id
JOIN task_definitions d ON d.company_id = k.company_id AND d.id = k.task_definition_id
LEFT JOIN workflow_instances c ON c.company_id = k.company_id AND c.parent_task_id = k.id
WHERE w.company_id = %(company)s AND w.root_id = %(root)s AND w.w_status = 'IN_PROGRESS'
  AND (k.t_status = 'COMPLETED' AND k.routed_at IS NULL
    OR k.t_status = 'PENDING' AND d.task_type = 'SUBWORKFLOW' AND (k.wakes_at <= now() OR c.w_status = 'COMPLETED'))
ORDER BY w.depth DESC, k.sequence
"""


def due_here(root_id: UUID) -> list[DueHere]:
    """What the engine has to do in a ticket at once, the innermost first."""
    return [DueHere(**row) for row in ask(_DUE, {"root": root_id})]
