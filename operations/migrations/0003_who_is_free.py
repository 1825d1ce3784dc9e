"""What is due, again: a task that nobody could be given must not stand in the way of the others."""

from django.db import migrations

# A task that nobody has is due once somebody is free; until then it only waits ('nobody'), and comes after
# all that can be done. Otherwise the oldest ones, for whom nobody is free, would fill every answer for good.
# Who is free is what store._CANDIDATES says; asked once per company and role, not once per task.
DUE_WORK = """
CREATE OR REPLACE FUNCTION app_due_work(p_limit int)
RETURNS TABLE(company_id uuid, kind text, row_id uuid, since timestamptz)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public AS $$
  (SELECT t.company_id, 'start', t.id, t.created_at FROM public.ticket_instances t
   WHERE t.workflow_id IS NULL AND t.closed_at IS NULL
     AND NOT EXISTS (SELECT FROM public.ticket_errors e
                     WHERE e.company_id = t.company_id AND e.ticket_id = t.id AND e.error_status <> 'RESOLVED'
                       AND (e.retry_asked_at IS NULL OR e.retry_asked_at < e.last_seen_at))
   ORDER BY t.created_at LIMIT p_limit)
  UNION ALL
  (SELECT k.company_id, 'route', k.id, k.completed_at FROM public.task_instances k
   JOIN public.workflow_instances w ON w.company_id = k.company_id AND w.id = k.workflow_instance_id
   WHERE k.t_status = 'COMPLETED' AND k.routed_at IS NULL AND w.w_status = 'IN_PROGRESS'
     AND NOT EXISTS (SELECT FROM public.ticket_errors e
                     WHERE e.company_id = k.company_id AND e.task_id = k.id AND e.error_status <> 'RESOLVED'
                       AND (e.retry_asked_at IS NULL OR e.retry_asked_at < e.last_seen_at))
   ORDER BY k.completed_at LIMIT p_limit)
  UNION ALL
  (WITH waiting AS MATERIALIZED (
     SELECT k.company_id AS company, k.id, k.created_at, coalesce(d.assign ->> 'company_role', '') AS role
     FROM public.task_instances k
     JOIN public.workflow_instances w ON w.company_id = k.company_id AND w.id = k.workflow_instance_id
     JOIN public.task_definitions d ON d.company_id = k.company_id AND d.id = k.task_definition_id
     WHERE k.t_status = 'PENDING' AND k.assigned_to_id IS NULL
       AND w.w_status = 'IN_PROGRESS' AND d.task_type = 'FORM'
   ), wanted AS MATERIALIZED (
     SELECT DISTINCT company, role FROM waiting
   ), found AS (
     SELECT wanted.company, wanted.role FROM wanted WHERE EXISTS (
       SELECT FROM public.users u
       JOIN public.users_groups m ON m.company_id = u.company_id AND m.user_id = u.id
       JOIN public.auth_group g ON g.id = m.group_id AND g.name = 'task_worker'
       LEFT JOIN public.worker_loads l ON l.company_id = u.company_id AND l.user_id = u.id
       WHERE u.company_id = wanted.company AND u.is_active AND u.is_available
         AND (u.open_task_limit IS NULL OR coalesce(l.open_tasks, 0) < u.open_task_limit)
         AND (wanted.role = '' OR EXISTS (
           SELECT FROM public.company_roles r
           JOIN public.users_groups rm
             ON rm.company_id = r.company_id AND rm.group_id = r.group_id AND rm.user_id = u.id
           WHERE r.company_id = u.company_id AND r.key = wanted.role)))
   )
   SELECT waiting.company, CASE WHEN found.company IS NULL THEN 'nobody' ELSE 'assign' END, waiting.id,
     waiting.created_at
   FROM waiting LEFT JOIN found ON found.company = waiting.company AND found.role = waiting.role
   ORDER BY found.company IS NULL, waiting.created_at LIMIT p_limit)
$$
"""


class Migration(migrations.Migration):
    dependencies = [("operations", "0002_walls")]

    operations = [migrations.RunSQL(DUE_WORK, migrations.RunSQL.noop)]
