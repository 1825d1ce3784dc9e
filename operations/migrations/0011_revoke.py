"""What ends with a task: the right to answer it, and the run inside of it."""

from django.db import migrations

# A trigger, because a task is cancelled in many ways (moved away from, out of time, with its ticket, with the run
# around it), and one that forgets this would leave people working for nobody. A task that somebody skips takes the
# run inside of it along, too. The company's assignment lock comes first, since several people may lose a task.
END_WITH_THE_TASK = """
CREATE FUNCTION end_with_the_task() RETURNS trigger LANGUAGE plpgsql
SET search_path = pg_catalog, public AS $$
BEGIN
  IF NEW.t_status = 'CANCELLED' THEN
    UPDATE callback_tokens SET revoked_at = clock_timestamp()
    WHERE company_id = NEW.company_id AND task_id = NEW.id AND applied_at IS NULL AND revoked_at IS NULL;
  END IF;
  UPDATE workflow_instances SET w_status = 'CANCELLED', completed_at = clock_timestamp()
  WHERE company_id = NEW.company_id AND parent_task_id = NEW.id
    AND w_status IN ('NOT_STARTED', 'IN_PROGRESS', 'ON_HOLD');
  IF FOUND THEN
    PERFORM pg_advisory_xact_lock(hashtextextended('assignment ' || NEW.company_id, 0));
    UPDATE task_instances k SET t_status = 'CANCELLED', completed_at = clock_timestamp(), rev = rev + 1
    FROM workflow_instances w
    WHERE w.company_id = NEW.company_id AND w.parent_task_id = NEW.id
      AND k.company_id = w.company_id AND k.workflow_instance_id = w.id
      AND k.t_status IN ('OPEN', 'IN_PROGRESS', 'PENDING', 'ERROR');
  END IF;
  RETURN NULL;
END $$
"""


class Migration(migrations.Migration):
    dependencies = [("operations", "0005_walls")]

    operations = [
        migrations.RunSQL(END_WITH_THE_TASK, "DROP FUNCTION end_with_the_task()"),
        # A person's answer leaves OPEN or IN_PROGRESS for COMPLETED, and pays nothing for this.
        migrations.RunSQL(
            "CREATE TRIGGER end_with_the_task AFTER UPDATE OF t_status ON task_instances FOR EACH ROW "
            "WHEN (NEW.t_status IS DISTINCT FROM OLD.t_status AND (NEW.t_status = 'CANCELLED' "
            "OR (NEW.t_status = 'COMPLETED' AND OLD.t_status IN ('PENDING', 'ERROR')))) "
            "EXECUTE FUNCTION end_with_the_task()",
            "DROP TRIGGER end_with_the_task ON task_instances",
        ),
    ]
