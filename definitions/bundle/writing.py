"""Carries a plan out: a few statements per table, however many definitions there are."""

from collections.abc import Sequence
from uuid import UUID

from django.contrib.auth.models import Group, Permission
from django.db.models import Model, prefetch_related_objects
from django.utils import timezone

from definitions import graphs
from definitions.bundle.canonical import fingerprint
from definitions.bundle.planning import Plan, TicketStep, WorkflowStep
from definitions.bundle.revisions import Before, keep_revisions
from definitions.bundle.rows import (
    TICKET_COLUMNS,
    WORKFLOW_COLUMNS,
    fill_ticket,
    fill_workflow,
    task_rows,
    transition_rows,
)
from definitions.bundle.standing import SUBMIT, Standing
from definitions.models import (
    TaskDefinition,
    TicketDefinition,
    TicketDefinitionGroupObjectPermission,
    WorkflowDefinition,
    WorkflowTransition,
)
from tenants.models import CompanyRole


def carry_out(
    plan: Plan, standing: Standing, author_id: UUID | None, undoes: int | None = None
) -> None:
    """Write everything; the caller's transaction makes it all or nothing.

    `undoes`: the number of the revision that this takes back.
    """
    _make_roles(plan, standing)
    write_workflows([step for step in plan.workflows if step.is_written], author_id)
    publish_versions([step.row for step in plan.workflows if step.is_published], standing)
    _write_tickets([step for step in plan.tickets if step.is_written], author_id)
    _write_access(plan.tickets, standing)
    written: list[WorkflowStep | TicketStep] = [*plan.workflows, *plan.tickets]
    changes = [
        Before(step.row, step.before, step.changes, is_first=step.is_new)
        for step in written
        if step.is_written and step.before is not None
    ]
    keep_revisions(changes, author_id, undoes)


def _make_roles(plan: Plan, standing: Standing) -> None:
    rows = [
        CompanyRole(
            key=role["key"],
            title=role.get("title", role["key"]),
            description=role.get("description", ""),
        )
        for role in plan.new_roles
    ]
    # The group's name tells nothing: groups are shared by all companies.
    groups = Group.objects.bulk_create([Group(name=f"company-role:{row.pk}") for row in rows])
    for row, group in zip(rows, groups, strict=True):
        row.group = group
    CompanyRole.objects.bulk_create(rows)
    standing.roles.update({row.key: row for row in rows})


def write_workflows(steps: Sequence[WorkflowStep], author_id: UUID | None) -> None:
    if not steps:
        return
    for step in steps:
        fill_workflow(step.row, step.document)
        step.row.content_hash = step.content_hash
        step.row.created_by_id = author_id
    replaced = [step.row for step in steps if not step.is_new]
    WorkflowDefinition.objects.bulk_create([step.row for step in steps if step.is_new])
    _empty_drafts(replaced)
    tasks = {step.row.pk: task_rows(step.row, step.document, author_id) for step in steps}
    TaskDefinition.objects.bulk_create([row for rows in tasks.values() for row in rows.values()])
    WorkflowTransition.objects.bulk_create(
        [
            row
            for step in steps
            for row in transition_rows(step.row, step.document, tasks[step.row.pk], author_id)
        ]
    )


def _empty_drafts(rows: Sequence[WorkflowDefinition]) -> None:
    """New contents for drafts; nothing runs on a draft, so nothing points at its tasks."""
    if not rows:
        return
    _save_all(rows, WORKFLOW_COLUMNS)
    # Deleting through the ORM would fetch every row first, a hundred at a time.
    for model in (WorkflowTransition, TaskDefinition):
        inside = model.objects.filter(workflow__in=rows)
        inside._raw_delete(inside.db)


def publish_versions(rows: Sequence[WorkflowDefinition], standing: Standing) -> None:
    """Publish drafts: the version before is archived, and its ticket types move along."""
    if not rows:
        return
    now = timezone.now()
    before = [old for row in rows if (old := standing.published(row.key)) is not None]
    for old in before:
        old.archive()
        old.archived_at = now
    # First, because a company has at most one published version of a key.
    _save_all(before, ["status", "archived_at"])
    prefetch_related_objects(rows, "transitions")
    for row in rows:
        row.publish()
        row.published_at = now
        graphs.forget(row.pk)
    _save_all(rows, ["status", "published_at"])
    _move_tickets({row.key: row for row in rows}, standing)


def _move_tickets(published: dict[str, WorkflowDefinition], standing: Standing) -> None:
    moved = []
    for ticket in standing.tickets.values():
        workflow = published.get(standing.workflow_keys[ticket.pk])
        if workflow is not None and ticket.workflow_id != workflow.pk:
            ticket.workflow = workflow
            moved.append(ticket)
    _save_all(moved, ["workflow"])


def _write_tickets(steps: Sequence[TicketStep], author_id: UUID | None) -> None:
    for step in steps:
        row = step.row
        if step.is_new:
            row.created_by_id = author_id
        elif step.is_changed:
            row.version += 1
        fill_ticket(row, step.document)
        row.workflow = step.workflow
        row.content_hash = fingerprint(step.document)
        if step.is_published:
            row.publish()
    TicketDefinition.objects.bulk_create([step.row for step in steps if step.is_new])
    _save_all([step.row for step in steps if not step.is_new], TICKET_COLUMNS)


def _save_all(rows: Sequence[Model], columns: Sequence[str]) -> None:
    """Rows that exist, in one statement; `bulk_update` is many times slower for a thousand."""
    if rows:
        type(rows[0])._default_manager.bulk_create(
            rows, update_conflicts=True, unique_fields=["id"], update_fields=columns
        )


def _write_access(steps: Sequence[TicketStep], standing: Standing) -> None:
    wanted = {
        step.row.pk: set(step.document.get("company_role_access", [CompanyRole.EVERYBODY]))
        for step in steps
        if step.is_new or step.is_changed
    }
    if not wanted:
        return
    permission = Permission.objects.get(codename=SUBMIT, content_type__app_label="definitions")
    missing = [
        TicketDefinitionGroupObjectPermission(
            content_object_id=ticket_id,
            group_id=standing.roles[key].group_id,
            permission=permission,
        )
        for ticket_id, keys in wanted.items()
        for key in sorted(keys - set(standing.access.get(ticket_id, ())))
    ]
    TicketDefinitionGroupObjectPermission.objects.bulk_create(missing)
    _take_away(wanted, standing)


def _take_away(wanted: dict[UUID, set[str]], standing: Standing) -> None:
    losing = [pk for pk, keys in wanted.items() if set(standing.access.get(pk, ())) - keys]
    if not losing:
        return
    rights = TicketDefinitionGroupObjectPermission.objects.filter(
        content_object__in=losing, permission__codename=SUBMIT
    )
    held = rights.values_list("pk", "content_object_id", "group__company_role__key")
    gone = [pk for pk, ticket_id, key in held if key not in wanted[ticket_id]]
    TicketDefinitionGroupObjectPermission.objects.filter(pk__in=gone).delete()
