"""What every verb about definitions begins with."""

from typing import TypeVar

from definitions.models import TicketDefinition, WorkflowDefinition
from tenants.context import current_company_id
from tenants.errors import NotAllowed, NotFound
from tenants.models import Company, User

Definition = WorkflowDefinition | TicketDefinition
Row = TypeVar("Row", WorkflowDefinition, TicketDefinition)


def must(actor: User | None, *permissions: str) -> None:
    if actor is not None and not all(actor.has_perm(name) for name in permissions):
        raise NotAllowed("Your roles do not allow this. Ask an admin of your company.")


def one_at_a_time() -> None:
    """Two imports at once would both make version 4. Whoever only reads is not held up."""
    Company.objects.select_for_update(no_key=True).get(pk=current_company_id())


def fresh(definition: Row) -> Row:
    """The row as it is now: a transition must not start from what a page saw a minute ago.

    Raises:
        NotFound: it is gone, or another company's.
    """
    row: Row | None = type(definition)._default_manager.filter(pk=definition.pk).first()
    if row is None:
        raise NotFound("This definition is not there any more.")
    return row
