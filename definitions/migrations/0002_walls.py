"""The second wall around definitions."""

from django.db import migrations

from tenants.rls import isolate, same_company


class Migration(migrations.Migration):
    dependencies = [("definitions", "0001_initial"), ("tenants", "0002_walls")]

    operations = [
        isolate("workflow_definitions"),
        isolate("task_definitions"),
        isolate("workflow_transitions"),
        isolate("ticket_definitions"),
        isolate("ticket_definition_rights"),
        same_company("workflow_definitions", "created_by_id", "users"),
        same_company("task_definitions", "workflow_id", "workflow_definitions"),
        same_company("task_definitions", "created_by_id", "users"),
        same_company("workflow_transitions", "workflow_id", "workflow_definitions"),
        same_company("workflow_transitions", "from_task_id", "task_definitions"),
        same_company("workflow_transitions", "to_task_id", "task_definitions"),
        same_company("workflow_transitions", "created_by_id", "users"),
        same_company("ticket_definitions", "workflow_id", "workflow_definitions"),
        same_company("ticket_definitions", "created_by_id", "users"),
        same_company("ticket_definition_rights", "content_object_id", "ticket_definitions"),
    ]
