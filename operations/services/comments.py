"""Words between the people of a ticket."""

from collections.abc import Sequence

from django.db import transaction

from operations import files
from operations.models import Comment, TicketInstance
from operations.services.checking import must_be_storable
from tenants.audit import row_id
from tenants.errors import DomainError, NotFound
from tenants.models import User
from tenants.services.checking import must

#: What may be sent along with a comment, as a form that asks for it.
ATTACHED = "files"
ATTACHMENTS = {
    "type": "object",
    "properties": {
        ATTACHED: {
            "type": "array",
            "title": "Files",
            "maxItems": 5,
            "items": {"type": "string", "x-widget": "file"},
        }
    },
}


def add_comment(
    actor: User,
    ticket: TicketInstance,
    text: str,
    *,
    is_internal: bool = False,
    attached: Sequence[str] = (),
) -> Comment:
    """Write to the people of a ticket; an internal note stays among those who work on it.

    `attached`: keys of files that were kept for this ticket. With any, the text may be empty.

    Raises:
        NotFound: not the person's ticket and not their work; DomainError: empty, or a file is not
        the person's to send.
    """
    must(actor, "operations.add_comment")
    works_here = (
        actor.has_perm("operations.triage_ticketinstance")
        or ticket.tasks.assigned_to(actor).exists()
    )
    if not works_here and (is_internal or ticket.created_by_id != actor.pk):
        raise NotFound("This ticket does not exist, or you cannot see it.")
    text = text.strip()
    if not text and not attached:
        raise DomainError("Write something first.", fields={"text": "Please fill this in."})
    must_be_storable({"text": text})
    answers = {ATTACHED: list(attached)}
    purpose = files.Purpose(ticket=ticket.pk, is_comment=True)
    sent = files.files_in(actor, purpose, ATTACHMENTS, None, answers)
    with transaction.atomic():
        comment = Comment.objects.create(
            ticket=ticket,
            text=text,
            is_internal=is_internal,
            author_id=row_id(actor),
            author_label=actor.label,
        )
        files.bind(sent, ticket=ticket.pk, comment=comment)
    return comment
