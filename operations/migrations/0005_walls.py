"""The second wall around calls, callbacks and notices; what is due, with times; whose a token is."""

import django.db.models.deletion
from django.db import migrations, models

from tenants.rls import definer_function, isolate, same_company

# A run is its own root unless it runs inside of another; there were none of those before.
EACH_IS_ITS_OWN_ROOT = [
    "ALTER TABLE workflow_instances NO FORCE ROW LEVEL SECURITY",
    "UPDATE workflow_instances SET root_id = id WHERE root_id IS NULL",
    "ALTER TABLE workflow_instances FORCE ROW LEVEL SECURITY",
]

# Whose token it is, before it is known which company is in force. The token has 256 bits, so nobody asks
# for one by chance; one of another company and one that does not exist both give no row to that company.
CALLBACK = """
CREATE FUNCTION app_callback(p_hash text) RETURNS TABLE(company_id uuid, token_id uuid)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public AS $$
  SELECT t.company_id, t.id FROM public.callback_tokens t WHERE t.token_hash = p_hash
$$
"""

# What is due, over all companies; ids only. Nothing of a run on hold is ever due; what stopped is due
# again when a person asked for it. Each branch reads one partial index.
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
  (SELECT k.company_id, CASE d.task_type WHEN 'WAIT' THEN 'wake' WHEN 'SUBWORKFLOW' THEN 'child' ELSE 'call' END,
     k.id, k.wakes_at FROM public.task_instances k
   JOIN public.workflow_instances w ON w.company_id = k.company_id AND w.id = k.workflow_instance_id
   JOIN public.task_definitions d ON d.company_id = k.company_id AND d.id = k.task_definition_id
   WHERE k.t_status = 'PENDING' AND k.wakes_at <= now() AND w.w_status = 'IN_PROGRESS'
     AND NOT EXISTS (SELECT FROM public.ticket_errors e
                     WHERE e.company_id = k.company_id AND e.task_id = k.id AND e.error_status <> 'RESOLVED'
                       AND (e.retry_asked_at IS NULL OR e.retry_asked_at < e.last_seen_at))
   ORDER BY k.wakes_at LIMIT p_limit)
  UNION ALL
  (SELECT k.company_id, 'timeout', k.id, k.times_out_at FROM public.task_instances k
   JOIN public.workflow_instances w ON w.company_id = k.company_id AND w.id = k.workflow_instance_id
   WHERE k.t_status IN ('OPEN', 'IN_PROGRESS', 'PENDING') AND k.times_out_at <= now() AND w.w_status = 'IN_PROGRESS'
     AND NOT EXISTS (SELECT FROM public.ticket_errors e
                     WHERE e.company_id = k.company_id AND e.task_id = k.id AND e.error_status <> 'RESOLVED'
                       AND (e.retry_asked_at IS NULL OR e.retry_asked_at < e.last_seen_at))
   ORDER BY k.times_out_at LIMIT p_limit)
  UNION ALL
  (SELECT k.company_id, 'remind', k.id, k.remind_at FROM public.task_instances k
   JOIN public.workflow_instances w ON w.company_id = k.company_id AND w.id = k.workflow_instance_id
   WHERE k.t_status IN ('OPEN', 'IN_PROGRESS') AND k.remind_at <= now() AND w.w_status = 'IN_PROGRESS'
   ORDER BY k.remind_at LIMIT p_limit)
  UNION ALL
  (SELECT a.company_id, 'lost', a.id, a.lease_until FROM public.task_attempts a
   WHERE a.ended_at IS NULL AND a.lease_until <= now() ORDER BY a.lease_until LIMIT p_limit)
  UNION ALL
  (SELECT c.company_id, 'callback', c.id, c.received_at FROM public.callback_tokens c
   JOIN public.task_instances k ON k.company_id = c.company_id AND k.id = c.task_id
   JOIN public.workflow_instances w ON w.company_id = k.company_id AND w.id = k.workflow_instance_id
   WHERE c.received_at IS NOT NULL AND c.applied_at IS NULL AND c.revoked_at IS NULL
     AND k.t_status IN ('PENDING', 'ERROR') AND w.w_status = 'IN_PROGRESS'
   ORDER BY c.received_at LIMIT p_limit)
  UNION ALL
  (SELECT w.company_id, 'child_done', w.id, w.completed_at FROM public.workflow_instances w
   JOIN public.task_instances k ON k.company_id = w.company_id AND k.id = w.parent_task_id
   JOIN public.workflow_instances p ON p.company_id = k.company_id AND p.id = k.workflow_instance_id
   WHERE w.w_status = 'COMPLETED' AND w.parent_task_id IS NOT NULL
     AND k.t_status = 'PENDING' AND p.w_status = 'IN_PROGRESS'
     AND NOT EXISTS (SELECT FROM public.ticket_errors e
                     WHERE e.company_id = k.company_id AND e.task_id = k.id AND e.error_status <> 'RESOLVED'
                       AND (e.retry_asked_at IS NULL OR e.retry_asked_at < e.last_seen_at))
   ORDER BY w.completed_at LIMIT p_limit)
  UNION ALL
  (SELECT n.company_id, 'notice', n.id, n.created_at FROM public.notices n
   WHERE n.sent_at IS NULL AND n.failures < 10 AND (n.next_try_at IS NULL OR n.next_try_at <= now())
   ORDER BY n.created_at LIMIT p_limit)
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
    dependencies = [
        ("operations", "0004_calls_and_times"),
        ("definitions", "0004_calls_and_times"),
        ("tenants", "0004_walls"),
    ]

    operations = [
        migrations.RunSQL(EACH_IS_ITS_OWN_ROOT, migrations.RunSQL.noop),
        migrations.AlterField(
            model_name="workflowinstance",
            name="root",
            field=models.ForeignKey(
                db_constraint=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="family",
                to="operations.workflowinstance",
            ),
        ),
        isolate("task_attempts"),
        isolate("callback_tokens"),
        isolate("notices"),
        same_company("workflow_instances", "root_id", "workflow_instances"),
        same_company("task_attempts", "task_id", "task_instances"),
        same_company("callback_tokens", "task_id", "task_instances"),
        same_company("callback_tokens", "attempt_id", "task_attempts"),
        same_company("notices", "person_id", "users"),
        same_company("notices", "ticket_id", "ticket_instances"),
        same_company("notices", "task_id", "task_instances"),
        same_company("notices", "error_id", "ticket_errors"),
        definer_function("app_callback(text)", CALLBACK),
        migrations.RunSQL(DUE_WORK, migrations.RunSQL.noop),
    ]
