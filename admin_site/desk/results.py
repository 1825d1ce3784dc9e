"""What became of each ticket that a person acted on together with others: kept, and told anew.

The session keeps whom the act was for and what was refused; how the others went is read when the
page is drawn, because calls are made by a worker some seconds later.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.http import HttpRequest

from admin_site.desk import causes, states
from admin_site.desk.bulk import Result, counted, words_of
from admin_site.statuses import Status, Tone, status
from operations.models import ErrorStatus, TicketError, TicketInstance, WorkflowStatus
from tenants.context import current_company_id
from tenants.models import uuid7

KEPT = "_desk_results"
MOST_KEPT = 3

GOES_ON = status("outcome", "GOES_ON")
BEING_TRIED = status("outcome", "BEING_TRIED")
AGAIN = status("outcome", "AGAIN")
REFUSED = status("outcome", "NOT_DONE")


@dataclass(frozen=True, slots=True)
class Line:
    """One ticket, and what became of it."""

    ticket: TicketInstance
    href: str
    status: Status
    words: str


@dataclass(frozen=True, slots=True)
class Told:
    """All of them. `waits`: the page is worth looking at again in a moment."""

    summary: str
    lines: Sequence[Line]
    left: int
    waits: bool


def keep(request: HttpRequest, done: Status, result: Result, *, left: int = 0) -> str:
    """Keep how it went; returns the name of the result. `done` is the word for what succeeded,
    `left` how many of the same cause were not among them.
    """
    said: list[str] = []
    rows = []
    for row, refused in result.rows:
        words = words_of(refused) if refused is not None else ""
        if words and words not in said:
            said.append(words)
        rows.append([str(row.pk), said.index(words) if words else None])
    name = str(uuid7())
    kept = dict(list(request.session.get(KEPT, {}).items())[1 - MOST_KEPT :])
    company = str(current_company_id())
    kept[name] = {
        "company": company, "word": done.word, "tone": str(done.tone), "rows": rows,
        "said": said, "left": left,
    }  # fmt: skip
    request.session[KEPT] = kept
    return name


def told(request: HttpRequest, name: str) -> Told | None:
    """How it went by now; None when nobody knows (any more). One statement."""
    kept: dict[str, Any] | None = request.session.get(KEPT, {}).get(name)
    if kept is None or kept["company"] != str(current_company_id()):
        return None
    refused = {UUID(key): number for key, number in kept["rows"]}
    rows = TicketError.objects.select_related(
        "ticket__workflow__current_task__task_definition", "task__task_definition"
    ).defer("ticket__ticket_data", "ticket__workflow__workflow_data", "stack_trace", "trace")
    found = {error.pk: error for error in rows.filter(pk__in=refused)}
    done = Status(kept["word"], Tone(kept["tone"]))
    lines = [
        _refused(found[key], kept["said"][number])
        if number is not None
        else _line(found[key], done)
        for key, number in refused.items()
        if key in found
    ]
    waits = any(
        number is None and key in found and states.news_is_near(found[key])
        for key, number in refused.items()
    )
    return Told(_summary(lines), lines, kept["left"], waits)


def _refused(error: TicketError, words: str) -> Line:
    return Line(error.ticket, causes.address(error), REFUSED, words)


def _line(error: TicketError, done: Status) -> Line:
    became, words = done, ""
    if error.error_status == ErrorStatus.RESOLVED:
        words = _place(error.ticket)
    elif states.is_being_tried(error):
        is_held = error.ticket.w_status == WorkflowStatus.ON_HOLD
        became, words = BEING_TRIED, states.trying(error, is_held=is_held)
    elif error.retry_asked_at is not None:
        became, words = AGAIN, " ".join([f"{causes.headline(error)}.", causes.closer(error)])
    return Line(error.ticket, causes.address(error), became, words)


def _place(ticket: TicketInstance) -> str:
    """Where it is now."""
    if ticket.closed_at is not None:
        is_done = ticket.w_status == WorkflowStatus.COMPLETED
        return "It is finished." if is_done else "It was cancelled."
    current = ticket.workflow.current_task if ticket.workflow else None
    return f"It is at {current.task_definition.title} now." if current else ""


def _summary(lines: Sequence[Line]) -> str:
    """ "3 tickets: 1 goes on, 2 stopped again"."""
    counts = Counter(line.status for line in lines)
    told = ", ".join(f"{number} {_of(became, number)}" for became, number in counts.items())
    return f"{counted(len(lines), 'ticket')}: {told}" if lines else "Nothing was done"


def _of(became: Status, number: int) -> str:
    return "go on" if became == GOES_ON and number > 1 else became.word.lower()
