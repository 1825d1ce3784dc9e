"""What a person does to one task."""

from collections.abc import Mapping
from typing import Any

from operations.store.asking import as_json, ask

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
