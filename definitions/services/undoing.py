"""Taking changes of a draft or a ticket type back, one by one, and doing them again."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.db import transaction

from definitions.models import DefinitionStatus, Revision, WorkflowDefinition
from definitions.services.acting import Row, fresh, must, one_at_a_time
from definitions.services.changing import change_definition
from tenants.errors import DomainError, NotFound
from tenants.models import User


def revisions_of(definition: Row) -> list[Revision]:
    """What was changed in it, the newest first; one statement."""
    kind = "workflow" if isinstance(definition, WorkflowDefinition) else "ticket_type"
    rows = Revision.objects.filter(**{kind: definition}).select_related("created_by")
    return list(rows.order_by("-number"))


def undoable(revisions: Sequence[Revision]) -> tuple[Revision | None, Revision | None]:
    """What “undo” and what “redo” would take back, of revisions with the newest first."""
    done: list[Revision] = []
    undone: list[Revision] = []
    for revision in reversed(revisions):
        if done and revision.undoes == done[-1].number:
            done.pop()
            undone.append(revision)
        elif undone and revision.undoes == undone[-1].number:
            undone.pop()
            done.append(revision)
        else:
            done.append(revision)
            undone.clear()
    return (done[-1] if done else None), (undone[-1] if undone else None)


def undo(actor: User | None, definition: Row, *, seen: str) -> Row:
    """Take the last change back that was not taken back yet.

    Raises:
        DomainError: there is none; or the workflow is no draft any more.
        NotSaved, ChangedMeanwhile, NotFound, NotAllowed: as `change_workflow`.
    """
    return _take_back(actor, definition, seen, which=0)


def redo(actor: User | None, definition: Row, *, seen: str) -> Row:
    """Do again what was taken back last; raises as `undo`."""
    return _take_back(actor, definition, seen, which=1)


def go_back(actor: User | None, definition: Row, number: int, *, seen: str) -> Row:
    """As it was before the revision of this number; that is a change like any other.

    Raises:
        NotFound: the revision is not kept any more.
        DomainError, NotSaved, ChangedMeanwhile, NotAllowed: as `undo`.
    """
    with transaction.atomic():
        one_at_a_time()
        row = _open(actor, definition)
        found = [one for one in revisions_of(row) if one.number == number]
        if not found:
            raise NotFound("This change is not kept any more.")
        return change_definition(actor, row, found[0].document, seen=seen)


def _take_back(actor: User | None, definition: Row, seen: str, *, which: int) -> Row:
    with transaction.atomic():
        one_at_a_time()
        row = _open(actor, definition)
        revision = undoable(revisions_of(row))[which]
        if revision is None:
            raise DomainError(f"There is nothing to {('undo', 'redo')[which]}.")
        document: Mapping[str, Any] = revision.document
        return change_definition(actor, row, document, seen=seen, undoes=revision.number)


def _open(actor: User | None, definition: Row) -> Row:
    must(actor, f"definitions.change_{definition._meta.model_name}")
    row = fresh(definition)
    if isinstance(row, WorkflowDefinition) and row.status != DefinitionStatus.DRAFT:
        raise DomainError(f"{row} is not a draft, so it stays as it is.")
    return row
