"""The second wall around operations, the counter of open tasks, and the sweeper's question."""

from django.db import migrations

from tenants.rls import definer_function, isolate, isolate_row, same_company

# A trigger, because a counter that every writer has to remember is wrong one day.
COUNT_OPEN_TASKS = """
CREATE FUNCTION count_open_tasks() RETURNS trigger LANGUAGE plpgsql
SET search_path = pg_catalog, public AS $$
DECLARE
  was uuid := CASE WHEN TG_OP <> 'INSERT' AND OLD.t_status IN ('OPEN', 'IN_PROGRESS') THEN OLD.assigned_to_id END;
  is_now uuid := CASE WHEN TG_OP <> 'DELETE' AND NEW.t_status IN ('OPEN', 'IN_PROGRESS') THEN NEW.assigned_to_id END;
BEGIN
  IF was IS NOT DISTINCT FROM is_now THEN RETURN NULL; END IF;
  IF was IS NOT NULL THEN
    UPDATE worker_loads SET open_tasks = open_tasks - 1 WHERE user_id = was;
  END IF;
  IF is_now IS NOT NULL THEN
    INSERT INTO worker_loads AS mine (user_id, company_id, open_tasks, last_assigned_at)
    VALUES (is_now, NEW.company_id, 1, clock_timestamp())
    ON CONFLICT (user_id) DO UPDATE
      SET open_tasks = mine.open_tasks + 1, last_assigned_at = clock_timestamp();
  END IF;
  RETURN NULL;
END $$
"""

# What the engine still has to do, over all companies; the sweeper opens each company by itself. Ids only.
DUE_WORK = """
CREATE FUNCTION app_due_work(p_limit int) RETURNS TABLE(company_id uuid, kind text, row_id uuid, since timestamptz)
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
  (SELECT k.company_id, 'assign', k.id, k.created_at FROM public.task_instances k
   WHERE k.t_status = 'PENDING' AND k.assigned_to_id IS NULL
   ORDER BY k.created_at LIMIT p_limit)
$$
"""


class Migration(migrations.Migration):
    dependencies = [("operations", "0001_initial"), ("definitions", "0002_walls")]

    operations = [
        isolate_row("ticket_counters"),
        isolate_row("worker_loads"),
        isolate("workflow_instances"),
        isolate("ticket_instances"),
        isolate("task_instances"),
        isolate("workflow_events"),
        isolate("ticket_errors"),
        isolate("file_uploads"),
        isolate("comments"),
        isolate("branch_arrivals"),
        same_company("branch_arrivals", "workflow_instance_id", "workflow_instances"),
        same_company("worker_loads", "user_id", "users"),
        same_company("workflow_instances", "workflow_definition_id", "workflow_definitions"),
        same_company("workflow_instances", "current_task_id", "task_instances"),
        same_company("workflow_instances", "parent_task_id", "task_instances"),
        same_company("workflow_instances", "created_by_id", "users"),
        same_company("ticket_instances", "ticket_type_id", "ticket_definitions"),
        same_company("ticket_instances", "workflow_id", "workflow_instances"),
        same_company("ticket_instances", "created_by_id", "users"),
        same_company("task_instances", "workflow_instance_id", "workflow_instances"),
        same_company("task_instances", "ticket_id", "ticket_instances"),
        same_company("task_instances", "task_definition_id", "task_definitions"),
        same_company("task_instances", "assigned_to_id", "users"),
        same_company("task_instances", "completed_by_id", "users"),
        same_company("workflow_events", "workflow_instance_id", "workflow_instances"),
        same_company("workflow_events", "ticket_id", "ticket_instances"),
        same_company("workflow_events", "task_id", "task_instances"),
        same_company("workflow_events", "actor_id", "users"),
        same_company("ticket_errors", "ticket_id", "ticket_instances"),
        same_company("ticket_errors", "task_id", "task_instances"),
        same_company("ticket_errors", "reviewed_by_id", "users"),
        same_company("file_uploads", "ticket_id", "ticket_instances"),
        same_company("file_uploads", "task_id", "task_instances"),
        same_company("file_uploads", "created_by_id", "users"),
        same_company("comments", "ticket_id", "ticket_instances"),
        same_company("comments", "author_id", "users"),
        migrations.RunSQL(COUNT_OPEN_TASKS, "DROP FUNCTION count_open_tasks()"),
        migrations.RunSQL(
            "CREATE TRIGGER count_open_tasks AFTER INSERT OR DELETE OR UPDATE OF assigned_to_id, t_status "
            "ON task_instances FOR EACH ROW EXECUTE FUNCTION count_open_tasks()",
            "DROP TRIGGER count_open_tasks ON task_instances",
        ),
        # Rows that change with every task stay on their page, so that no index has to follow.
        migrations.RunSQL(
            [
                "ALTER TABLE worker_loads SET (fillfactor = 50)",
                "ALTER TABLE ticket_counters SET (fillfactor = 50)",
            ],
            migrations.RunSQL.noop,
        ),
        definer_function("app_due_work(int)", DUE_WORK),
    ]
