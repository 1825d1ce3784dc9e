"""Words between the people of a ticket."""

from operations.models import Comment, TicketInstance
from operations.services.checking import must_be_storable
from tenants.audit import row_id
from tenants.errors import DomainError, NotFound
from tenants.models import User
from tenants.services.checking import must


def add_comment(
    actor: User, ticket: TicketInstance, text: str, *, is_internal: bool = False
) -> Comment:
    """Write to the people of a ticket; an internal note stays among those who work on it.

    Raises:
        NotFound: not the person's ticket and not their work; DomainError: empty.
    """
    must(actor, "operations.add_comment")
    works_here = (
        actor.has_perm("operations.triage_ticketinstance")
        or ticket.tasks.assigned_to(actor).exists()
    )
    if not works_here and (is_internal or ticket.created_by_id != actor.pk):
        raise NotFound("This ticket does not exist, or you cannot see it.")
    text = text.strip()
    if not text:
        raise DomainError("Write something first.", fields={"text": "Please fill this in."})
    must_be_storable({"text": text})
    return Comment.objects.create(
        ticket=ticket,
        text=text,
        is_internal=is_internal,
        author_id=row_id(actor),
        author_label=actor.label,
    )
