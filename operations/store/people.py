"""Who could get a task, the one who gets it first."""

from collections.abc import Mapping

from operations.store.asking import Row, as_json, ask

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
