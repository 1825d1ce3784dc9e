"""The log of what people did to people, roles, settings and access."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from tenants.context import company_in_force
from tenants.models import AuditEntry, User


def row_id(actor: User | None) -> UUID | None:
    """The actor's key where the key may be stored: a platform person is no row of the company."""
    return (
        actor.pk if actor and actor.company_id and actor.company_id == company_in_force() else None
    )


def record(
    actor: User | None, action: str, subject: str, detail: Mapping[str, Any] | None = None
) -> None:
    """Write one line. `detail` is {field: [before, after]} or other plain values, no secret."""
    AuditEntry.objects.create(
        actor_id=row_id(actor),
        actor_label=actor.label if actor else "TicketFlower",
        action=action,
        subject=subject[:200],
        detail=dict(detail or {}),
    )
