"""Errors sorted by what caused them: what is repaired once stands on the page once."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Count, F, Max, Min, Q, QuerySet, Window
from django.db.models.functions import RowNumber
from django.urls import reverse

from admin_site import html, statuses
from admin_site.desk import states
from admin_site.statuses import Status
from operations.explain import say
from operations.models import ErrorStatus, ErrorType, TicketError

#: Causes on one page, tickets shown of each, and the most that are shown of one alone.
ON_A_PAGE, OF_EACH, OF_ONE = 20, 5, 200
MOST_VALUES = 2
#: How the message about a call ends whose outcome nobody knows; the pages say it in their own way.
IN_DOUBT = (
    " It may have been done all the same: ask the other system before you try again.",
    " The request had been sent, so what it asks for may have been done.",
)

SYMBOLS = {
    ErrorType.WORKFLOW_TRANSITION: "alt_route",
    ErrorType.WORKFLOW_CREATION: "play_disabled",
    ErrorType.TASK_CREATION: "hourglass_disabled",
    ErrorType.TASK_UPDATE: "bolt",
}


@dataclass(frozen=True, slots=True)
class Stopped:
    """One ticket inside a cause. `values` says what was read when it stopped."""

    error: TicketError
    href: str
    values: str


@dataclass(frozen=True, slots=True)
class Cause:
    """Every error with one fingerprint, of those that the page is about."""

    key: str
    message: str
    closer: str
    place: str
    where: str
    symbol: str
    count: int
    first: datetime
    last: datetime
    status: Status
    stopped: Sequence[Stopped]
    is_open: bool

    @property
    def is_looked_at(self) -> bool:
        """Somebody looks at one of its tickets, or did."""
        return self.status.word != statuses.status("error", ErrorStatus.NEW).word

    @property
    def newest(self) -> TicketError:
        return self.stopped[0].error

    @property
    def more(self) -> int:
        """How many tickets are not shown."""
        return self.count - len(self.stopped)


def causes(
    errors: QuerySet[TicketError, Any], *, page: int = 1, of_each: int = OF_EACH
) -> tuple[list[Cause], bool]:
    """The causes of one page, the one seen last first, and whether more follow. Two statements."""
    groups = errors.order_by().values("fingerprint").annotate(
        count=Count("pk"), first=Min("created_at"), last=Max("last_seen_at"),
        looker=Min("reviewed_by__first_name", filter=Q(error_status=ErrorStatus.REVIEWED)),
    )  # fmt: skip
    start = (page - 1) * ON_A_PAGE
    found = list(groups.order_by("-last", "fingerprint")[start : start + ON_A_PAGE + 1])
    inside = _inside(errors, [group["fingerprint"] for group in found[:ON_A_PAGE]], of_each)
    drawn = [
        _cause(dict(group), inside[group["fingerprint"]])
        for group in found[:ON_A_PAGE]
        if inside.get(group["fingerprint"])
    ]
    return drawn, len(found) > ON_A_PAGE


def _inside(
    errors: QuerySet[TicketError, Any], fingerprints: Sequence[str], of_each: int
) -> dict[str, list[TicketError]]:
    """The newest errors of each fingerprint."""
    place = Window(RowNumber(), partition_by=F("fingerprint"), order_by=F("last_seen_at").desc())
    rows = errors.filter(fingerprint__in=fingerprints).annotate(place=place)
    newest = rows.filter(place__lte=of_each).select_related(
        "ticket__ticket_type__workflow", "task__task_definition__workflow", "reviewed_by"
    )
    sorted_out: dict[str, list[TicketError]] = {}
    for error in newest.defer("stack_trace", "ticket__ticket_data").order_by("-last_seen_at"):
        sorted_out.setdefault(error.fingerprint, []).append(error)
    return sorted_out


def _cause(group: dict[str, Any], errors: Sequence[TicketError]) -> Cause:
    newest = errors[0]
    return Cause(
        key=newest.fingerprint,
        message=headline(newest),
        closer=closer(newest),
        place=place(newest),
        where=where(newest),
        symbol=SYMBOLS.get(ErrorType(newest.error_type), "error"),
        count=group["count"],
        first=group["first"],
        last=group["last"],
        status=status_of(errors, looker=group["looker"] or ""),
        stopped=[Stopped(error, address(error), values(error)) for error in errors],
        is_open=newest.error_status != ErrorStatus.RESOLVED,
    )


def address(error: TicketError) -> str:
    return reverse("desk:operations_ticketerror_change", args=[error.pk])


def headline(error: TicketError) -> str:
    """The cause in one sentence: which step it was, and what is in doubt, is said beside it."""
    return _sentences(error)[0].rstrip(".")


def closer(error: TicketError) -> str:
    """What the message says beyond its first sentence."""
    return _sentences(error)[1]


def _sentences(error: TicketError) -> tuple[str, str]:
    words = error.message
    if error.task is not None:
        begin = f"“{error.task.task_definition.title}” could not be carried out. "
        words = words.removeprefix(begin) or words
    for doubt in IN_DOUBT:
        words = words.removesuffix(doubt)
    first, dot, rest = words.partition(". ")
    return first + dot.rstrip(), rest.strip()


def place(error: TicketError) -> str:
    """ "after Approve the purchase", "at Place the order", "at the start"."""
    if error.task is None:
        return "at the start"
    word = "after" if error.error_type == ErrorType.WORKFLOW_TRANSITION else "at"
    return f"{word} {error.task.task_definition.title}"


def where(error: TicketError) -> str:
    """ "After Approve the purchase · Purchase approval v2"."""
    task = error.task
    workflow = task.task_definition.workflow if task else error.ticket.ticket_type.workflow
    words = place(error)
    return f"{words[0].upper()}{words[1:]} · {workflow}"


def values(error: TicketError) -> str:
    """What tells one ticket from the other: how far a try has come, or the first values read."""
    if states.is_being_tried(error):
        return states.trying(error).rstrip(".")
    reads: dict[str, Any] = {}
    for looked_at in error.trace:
        reads |= looked_at.get("reads") or {}
    told = [f"{path.rpartition('.')[2]} = {say(value)}" for path, value in reads.items()]
    if not told and error.detail.get("may_have_been_done"):
        return "may have been done"
    return ", ".join(told[:MOST_VALUES])


def status_of(errors: Iterable[TicketError], *, looker: str = "") -> Status:
    """The one chip of a cause: who looks at any of its tickets ("Looked at by Ben"), else as is.

    `looker` is the first name of somebody who looks at one that may not be among `errors`.
    """
    listed = list(errors)
    looked_at = [error for error in listed if error.error_status == ErrorStatus.REVIEWED]
    who = looker or next(
        (html.first_name_of(error.reviewed_by) for error in looked_at if error.reviewed_by), ""
    )
    known = statuses.status("error", (looked_at or listed)[0].error_status)
    reviewed = statuses.status("error", ErrorStatus.REVIEWED)
    return reviewed._replace(word=f"{reviewed.word} by {who}") if who else known
