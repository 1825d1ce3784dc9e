"""The company's definitions as one document."""

from collections.abc import Collection, Mapping
from typing import Any
from uuid import UUID

from definitions.bundle.canonical import EVERYBODY, canonical_bundle, canonical_role
from definitions.bundle.rows import role_document
from definitions.bundle.standing import Standing, documents_of
from definitions.models import (
    DefinitionStatus,
    TaskDefinition,
    TicketDefinition,
    WorkflowDefinition,
)
from definitions.nearest import did_you_mean
from tenants.errors import NotFound


def exported(standing: Standing, keys: Collection[str] | None) -> dict[str, Any]:
    """The canonical bundle of `keys` and what they need; None: of everything that is not archived.

    Raises:
        NotFound: a key is not one of the company's.
    """
    workflows, tickets = _chosen(standing, keys)
    documents = documents_of(list(workflows.values()))
    chosen = [documents[row.pk] for row in workflows.values()]
    asked = [standing.ticket_document(row) for row in tickets.values()]
    roles = [_role(standing, key) for key in sorted(_roles_in(chosen, asked))]
    return canonical_bundle(roles, chosen, asked)


def _role(standing: Standing, key: str) -> dict[str, Any]:
    """A role may have been deleted while a task still names it; an import needs it all the same."""
    row = standing.roles.get(key)
    return role_document(row) if row else canonical_role({"key": key})


def _chosen(
    standing: Standing, keys: Collection[str] | None
) -> tuple[dict[str, WorkflowDefinition], dict[str, TicketDefinition]]:
    """Versions and ticket types to export, by key."""
    known = {key: row for key in standing.versions if (row := standing.current(key)) is not None}
    if keys is None:
        live = [row for row in standing.tickets.values() if row.status != DefinitionStatus.ARCHIVED]
        tickets = {row.key: row for row in live}
        wanted = {key for key, row in known.items() if row.status != DefinitionStatus.ARCHIVED}
    else:
        _refuse_unknown(set(keys), {*known, *standing.tickets})
        tickets = {key: standing.tickets[key] for key in keys if key in standing.tickets}
        wanted = {key for key in keys if key in known}
    wanted |= {standing.workflow_keys[row.pk] for row in tickets.values()}
    return {key: known[key] for key in sorted(_with_subworkflows(wanted, known))}, tickets


def _with_subworkflows(wanted: set[str], known: Mapping[str, WorkflowDefinition]) -> set[str]:
    found = set(wanted)
    rows = TaskDefinition.objects.exclude(subworkflow="").filter(workflow__in=known.values())
    inside: dict[UUID, set[str]] = {}
    for workflow_id, key in rows.values_list("workflow_id", "subworkflow"):
        inside.setdefault(workflow_id, set()).add(key)
    waiting = list(wanted)
    while waiting:
        more = inside.get(known[waiting.pop()].pk, set()) & known.keys() - found
        found |= more
        waiting += more
    return found


def _refuse_unknown(keys: set[str], known: set[str]) -> None:
    for key in sorted(keys - known):
        hint = did_you_mean(key, known)
        message = f"There is no workflow and no ticket type with the key “{key}”."
        raise NotFound(f"{message} {hint}".strip())


def _roles_in(workflows: list[dict[str, Any]], tickets: list[dict[str, Any]]) -> set[str]:
    """Keys of company roles that the documents name; the one that every company has left out."""
    named = {key for ticket in tickets for key in ticket.get("company_role_access", ())}
    for workflow in workflows:
        for task in workflow.get("tasks", ()):
            named.add(task.get("assign", {}).get("company_role"))
    return named - {None, EVERYBODY}
