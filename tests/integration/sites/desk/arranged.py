"""What Tara's stories begin with, and what several of them ask."""

from typing import Any

from django.contrib.messages import get_messages

from operations.models import (
    TaskInstance,
    TicketError,
    TicketInstance,
)
from operations.services import (
    complete_task,
)
from tenants.context import tenant_context
from tenants.models import User
from tenants.services import add_user
from tests.builders import Firm, a_ticket, the_open_task

HOME, TICKETS, ARCHIVE = "/desk/", "/desk/tickets/", "/desk/tickets/archive/"
TASKS, TASK_ARCHIVE, ERRORS = "/desk/tasks/", "/desk/tasks/archive/", "/desk/errors/"
LISTS = [TICKETS, ARCHIVE, TASKS, TASK_ARCHIVE, ERRORS, "/desk/workflows/", "/desk/ticket-types/"]
DECISION = {
    "type": "object",
    "required": ["decision"],
    "properties": {
        "decision": {"type": "string", "title": "Your decision", "enum": ["yes", "no", "maybe"]},
        "price": {"type": "number", "title": "Price", "maximum": 100},
    },
}
# "maybe" fits no way: the ticket stops there.
DRAWING = "approve ? decision = yes > order; approve ? decision = no > end"


def asked(firm: Firm, offer: Any, subject: str = "A chair") -> TicketInstance:
    with tenant_context(firm.company):
        return a_ticket(firm, offer, subject)


def answered(firm: Firm, ticket: TicketInstance, **answer: Any) -> TicketInstance:
    """Will does what is open."""
    with tenant_context(firm.company):
        complete_task(firm.will, the_open_task(ticket), answer)
        return TicketInstance.objects.select_related("workflow").get(pk=ticket.pk)


def stopped(firm: Firm, offer: Any, subject: str = "A chair") -> TicketError:
    """A ticket that could not go on, because Will said "maybe"."""
    ticket = answered(firm, asked(firm, offer, subject), decision="maybe")
    with tenant_context(firm.company):
        return TicketError.objects.select_related("ticket").get(ticket=ticket)


def fresh(firm: Firm, row: Any) -> Any:
    with tenant_context(firm.company):
        return type(row).objects.get(pk=row.pk)


def status_of(firm: Firm, ticket: TicketInstance) -> str:
    with tenant_context(firm.company):
        return TicketInstance.objects.select_related("workflow").get(pk=ticket.pk).w_status


def page(row: Any, action: str = "change") -> str:
    kind = {TicketInstance: "tickets", TaskInstance: "tasks", TicketError: "errors"}[type(row)]
    return f"/desk/{kind}/{row.pk}/{action}/"


def told(response: Any) -> list[str]:
    """The messages that the next page would show."""
    return [str(message) for message in get_messages(response.wsgi_request)]


def choose(rows: list[Any], action: str, **more: Any) -> dict[str, Any]:
    """What the browser sends when rows are ticked and a button of the bar is pressed."""
    return {
        "action": action,
        "index": "0",
        "select_across": "0",
        "_selected_action": [str(row.pk) for row in rows],
        **more,
    }


def walter(firm: Firm) -> User:
    """A second worker."""
    with tenant_context(firm.company):
        return add_user(
            firm.boss, email="walter@acme.example", first_name="Walter", last_name="Second",
            password="correct horse battery staple", roles=["task_worker"],
        )  # fmt: skip
