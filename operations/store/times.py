"""The hand-written SQL of the clock: what time on hold does to times to come. No rule."""

from uuid import UUID

from operations.store.asking import ask

_SHIFT = """
WITH held AS (
  SELECT k.id, now() - greatest(w.held_at, k.created_at) AS pause
  FROM workflow_instances w
  JOIN task_instances k ON k.company_id = w.company_id AND k.workflow_instance_id = w.id
  WHERE w.company_id = %(company)s AND w.root_id = %(root)s AND w.held_at IS NOT NULL
    AND k.t_status IN ('OPEN', 'IN_PROGRESS', 'PENDING', 'ERROR')
), tasks AS (
  UPDATE task_instances k SET due_at = k.due_at + held.pause, remind_at = k.remind_at + held.pause,
    times_out_at = k.times_out_at + held.pause, wakes_at = k.wakes_at + held.pause
  FROM held WHERE k.company_id = %(company)s AND k.id = held.id
  RETURNING k.id, held.pause
)
UPDATE callback_tokens c SET expires_at = c.expires_at + tasks.pause
FROM tasks WHERE c.company_id = %(company)s AND c.task_id = tasks.id
  AND c.applied_at IS NULL AND c.revoked_at IS NULL
RETURNING c.id
"""


def shift(root_id: UUID) -> None:
    """Put off every time to come in a ticket, and in the runs inside of it, by as long as it has
    been on hold; of a task that began on hold, since then. The caller holds the root, and has not
    resumed it yet."""
    ask(_SHIFT, {"root": root_id})
