"""What definitions said before, kept so that it can be taken back."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db.models import Max, Q

from definitions.models import Revision, TicketDefinition, WorkflowDefinition

#: Of each definition; whoever changes it more often loses the oldest.
MOST_KEPT = 50


@dataclass(frozen=True, slots=True)
class Before:
    """What a row said before a change, and the change in words. `is_first`: it has no revision."""

    row: WorkflowDefinition | TicketDefinition
    document: dict[str, Any]
    changes: list[str]
    is_first: bool = False


def keep_revisions(
    entries: Sequence[Before], author_id: UUID | None, undoes: int | None = None
) -> None:
    """Two statements for any number of definitions, three when the oldest have to go."""
    if not entries:
        return
    numbers = _last_numbers([entry.row for entry in entries if not entry.is_first])
    rows = []
    for entry in entries:
        is_workflow = isinstance(entry.row, WorkflowDefinition)
        rows.append(
            Revision(
                workflow_id=entry.row.pk if is_workflow else None,
                ticket_type_id=None if is_workflow else entry.row.pk,
                number=numbers.get(entry.row.pk, 0) + 1,
                document=entry.document,
                changes=entry.changes,
                undoes=undoes,
                created_by_id=author_id,
            )
        )
    Revision.objects.bulk_create(rows)
    _forget_oldest([row for row in rows if row.number > MOST_KEPT])


def _last_numbers(
    rows: Iterable[WorkflowDefinition | TicketDefinition],
) -> dict[UUID, int]:
    ids = [row.pk for row in rows]
    if not ids:
        return {}
    found = Revision.objects.filter(Q(workflow__in=ids) | Q(ticket_type__in=ids)).order_by()
    by_row = found.values("workflow_id", "ticket_type_id").annotate(last=Max("number"))
    return {one["workflow_id"] or one["ticket_type_id"]: one["last"] for one in by_row}


def _forget_oldest(newest: Sequence[Revision]) -> None:
    for row in newest:
        Revision.objects.filter(
            workflow_id=row.workflow_id,
            ticket_type_id=row.ticket_type_id,
            number__lte=row.number - MOST_KEPT,
        ).delete()
