"""What was asked for, for everybody who reads it: requester, worker, ticket admin."""

from admin_site.schema_forms import Finder, Told, answers
from operations.models import TicketInstance


def asked_in(ticket: TicketInstance, files: Finder | None = None) -> list[Told]:
    """What the requester filled in, in the words and the order of the form as it was then.

    Asks the database nothing where `ticket_type__workflow` and `workflow__workflow_definition`
    were read with the ticket.
    """
    kind = ticket.ticket_type
    layout = kind.display_layout or kind.edit_layout
    return answers(ticket.form(), ticket.ticket_data, layout, files=files)
