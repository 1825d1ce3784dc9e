"""What the company in force has, as far as an import or export touches it."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.db.models import F, Q

from definitions.actions.allowances import network_rules
from definitions.bundle.meaning import Surroundings, question_names
from definitions.bundle.rows import ticket_document, workflow_document
from definitions.graph import TaskType
from definitions.models import (
    DefinitionStatus,
    TaskDefinition,
    TicketDefinition,
    TicketDefinitionGroupObjectPermission,
    WorkflowDefinition,
    WorkflowTransition,
)
from tenants.context import current_company_id
from tenants.models import Company, CompanyRole, CompanySecret

SUBMIT = "submit_ticketdefinition"
_OF_COMPANY = ("call_allowances", "time_zone", "working_hours", "holidays")


@dataclass(slots=True)
class Standing:
    """`versions`: by key, newest first. `access`: id of a ticket type -> keys of company roles.
    `workflow_keys`: id of a ticket type -> key of its workflow."""

    roles: dict[str, CompanyRole] = field(default_factory=dict)
    versions: dict[str, list[WorkflowDefinition]] = field(default_factory=dict)
    tickets: dict[str, TicketDefinition] = field(default_factory=dict)
    access: dict[UUID, list[str]] = field(default_factory=dict)
    workflow_keys: dict[UUID, str] = field(default_factory=dict)

    def newest(self, key: str) -> WorkflowDefinition | None:
        versions = self.versions.get(key)
        return versions[0] if versions else None

    def published(self, key: str) -> WorkflowDefinition | None:
        versions = self.versions.get(key, ())
        return next((row for row in versions if row.status == DefinitionStatus.PUBLISHED), None)

    def current(self, key: str) -> WorkflowDefinition | None:
        """The version that an import changes and an export shows.

        The draft, else the published one, else the newest.
        """
        newest = self.newest(key)
        if newest is not None and newest.status == DefinitionStatus.DRAFT:
            return newest
        return self.published(key) or newest

    def offered(self, key: str) -> WorkflowDefinition | None:
        """The version that a ticket type points at: the published one, else the newest."""
        return self.published(key) or self.newest(key)

    def ticket_document(self, row: TicketDefinition) -> dict[str, Any]:
        return ticket_document(row, self.workflow_keys[row.pk], self.access.get(row.pk, []))

    def titles(self) -> dict[str, str]:
        """What people call workflows and company roles, by key."""
        workflows = {key: rows[0].title for key, rows in self.versions.items() if rows}
        return {**workflows, **{key: role.title for key, role in self.roles.items()}}

    def surroundings(self) -> Surroundings:
        company = Company.objects.only(*_OF_COMPANY).get(pk=current_company_id())
        workflows = {key: self.offered(key) for key in self.versions}
        forms: dict[str, set[str]] = defaultdict(set)
        types: dict[str, dict[str, dict[str, Any]]] = defaultdict(dict)
        for row in self.tickets.values():
            forms[self.workflow_keys[row.pk]] |= question_names(row.form_schema)
            if row.status != DefinitionStatus.ARCHIVED:
                types[self.workflow_keys[row.pk]][row.key] = self.ticket_document(row)
        return Surroundings(
            company_roles=set(self.roles),
            workflows={key: row.fields for key, row in workflows.items() if row is not None},
            forms=forms,
            ticket_types=types,
            secrets=set(CompanySecret.objects.values_list("name", flat=True)),
            network=network_rules(company.call_allowances),
            calendar=company.calendar,
            inside=_runs_inside(),
            published={key for key in self.versions if self.published(key)},
        )


def _runs_inside() -> dict[str, set[str]]:
    """Key of a workflow -> keys of the workflows that its published version runs."""
    rows = TaskDefinition.objects.exclude(subworkflow="").filter(
        task_type=TaskType.SUBWORKFLOW, workflow__status=DefinitionStatus.PUBLISHED
    )
    inside: dict[str, set[str]] = defaultdict(set)
    for key, runs in rows.values_list("workflow__key", "subworkflow"):
        inside[key].add(runs)
    return inside


def load(
    workflow_keys: Collection[str] | None = None, ticket_keys: Collection[str] | None = None
) -> Standing:
    """Four statements, whatever there is. None: everything."""
    standing = Standing(roles={role.key: role for role in CompanyRole.objects.all()})
    workflows = WorkflowDefinition.objects.order_by("key", "-version")
    tickets = TicketDefinition.objects.order_by("key").annotate(workflow_key=F("workflow__key"))
    if workflow_keys is not None:
        workflows = workflows.filter(key__in=workflow_keys)
        tickets = tickets.filter(Q(key__in=ticket_keys or ()) | Q(workflow__key__in=workflow_keys))
    for workflow in workflows:
        standing.versions.setdefault(workflow.key, []).append(workflow)
    for ticket in tickets:
        standing.tickets[ticket.key] = ticket
        standing.workflow_keys[ticket.pk] = ticket.workflow_key  # type: ignore[attr-defined]
    standing.access = access_of(standing.tickets.values())
    return standing


def access_of(tickets: Iterable[TicketDefinition]) -> dict[UUID, list[str]]:
    """Who may submit what: keys of company roles by ticket type; one statement."""
    found: dict[UUID, list[str]] = defaultdict(list)
    rights = TicketDefinitionGroupObjectPermission.objects.filter(
        content_object__in=[ticket.pk for ticket in tickets],
        permission__codename=SUBMIT,
        group__company_role__isnull=False,
    )
    for ticket_id, key in rights.values_list("content_object_id", "group__company_role__key"):
        found[ticket_id].append(key)
    return found


def documents_of(rows: Sequence[WorkflowDefinition]) -> dict[UUID, dict[str, Any]]:
    """Canonical documents by id of the version; two statements."""
    if not rows:
        return {}
    tasks: dict[UUID, list[TaskDefinition]] = defaultdict(list)
    ways: dict[UUID, list[WorkflowTransition]] = defaultdict(list)
    for task in TaskDefinition.objects.filter(workflow__in=rows).order_by("position"):
        tasks[task.workflow_id].append(task)
    for way in WorkflowTransition.objects.filter(workflow__in=rows).order_by("position"):
        ways[way.workflow_id].append(way)
    return {row.pk: workflow_document(row, tasks[row.pk], ways[row.pk]) for row in rows}
