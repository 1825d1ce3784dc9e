"""The desk's first page: what needs somebody, four numbers, and two pictures of the work."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from django.db.models import (
    Aggregate,
    Count,
    DurationField,
    ExpressionWrapper,
    F,
    FloatField,
    Min,
    Q,
    QuerySet,
)
from django.db.models.functions import TruncDate
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone

from admin_site import statuses, times
from admin_site.desk import causes
from admin_site.desk.causes import Cause
from admin_site.desk.figures import HOME, Figures, figures_of
from operations.models import TaskInstance, TicketError, TicketInstance

DAYS, MOST_STEPS, MONTH = 14, 6, 30
#: How long a cause is news that nobody looks at, and how many stand on the page.
NEWS, MOST_NEW = timedelta(days=1), 3
_NUMBERS = ("", "One thing", "Two things", "Three things", "Four things")


class Median(Aggregate):
    """The value in the middle, in seconds: one ticket that lay for a year does not move it."""

    name = "Median"
    function = "percentile_cont"
    template = "%(function)s(0.5) WITHIN GROUP (ORDER BY extract(epoch FROM %(expressions)s))"
    output_field = FloatField()


@dataclass(frozen=True, slots=True)
class Need:
    """One sentence that needs somebody, and where it is seen to."""

    tone: str
    symbol: str
    strong: str
    rest: str
    href: str
    link: str


@dataclass(frozen=True, slots=True)
class Number:
    title: str
    value: Any
    meta: str
    href: str
    tone: str = ""


@dataclass(frozen=True, slots=True)
class Day:
    """Tickets opened and finished on one day, with the heights of their bars in percent."""

    name: str
    long_name: str
    opened: int
    finished: int
    opened_height: int
    finished_height: int
    opened_url: str
    finished_url: str


@dataclass(frozen=True, slots=True)
class Wait:
    """How long a step usually takes, with the length of its bar in percent."""

    title: str
    words: str
    width: int
    href: str


def context(request: HttpRequest) -> dict[str, Any]:
    """Everything that desk/home.html draws: six statements, whatever the company has."""
    figures = figures_of(request, HOME)
    needs = _needs(figures)
    return {
        "title": "Home",
        "greeting": f"{_greeting()}, {request.user.first_name}",  # type: ignore[union-attr]
        "lead": f"{times.long_day(timezone.localdate())}. {_how_many(needs)}",
        "needs": needs,
        "numbers": _numbers(figures),
        "days": (days := _days()),
        "has_days": any(day.opened or day.finished for day in days),
        "waits": _waits(),
    }


def _greeting() -> str:
    hour = timezone.localtime().hour
    return "Good morning" if hour < 12 else "Good afternoon" if hour < 18 else "Good evening"


def _how_many(needs: Sequence[Need]) -> str:
    if not needs:
        return "Nothing needs you right now."
    return f"{_NUMBERS[len(needs)]} need{'s' if len(needs) == 1 else ''} you first."


# --- what needs somebody --------------------------------------------------------------------------


def _needs(figures: Figures) -> list[Need]:
    found: list[Need] = []
    if figures.numbers["unrepaired"]:
        found += _stopped(figures)
    if figures.numbers["unassigned"]:
        found.append(_unassigned(figures))
    return found


def _stopped(figures: Figures) -> Iterator[Need]:
    """What stopped tickets for the first time since yesterday, each by itself, then the rest."""
    found, _ = causes.causes(TicketError.objects.unresolved(), of_each=1)
    since = timezone.now() - NEWS
    new = [cause for cause in found if cause.first > since and not cause.is_looked_at][:MOST_NEW]
    told = new or found[:1]
    rest = max(0, figures.reasons - len(told))
    for number, cause in enumerate(told):
        last = number == len(told) - 1
        more = f" And {rest} more reason{'s' if rest > 1 else ''}." if rest and last else ""
        yield _stop_of(cause, is_new=bool(new), more=more)


def _stop_of(cause: Cause, *, is_new: bool, more: str) -> Need:
    tickets = "1 ticket" if cause.count == 1 else f"{cause.count} tickets"
    words = f"{'New: ' if is_new else ''}{tickets} stopped {cause.place}."
    href = cause.stopped[0].href if cause.count == 1 else f"{_errors_url()}?cause={cause.key}"
    return Need(
        "red", "error", words, f"{cause.message}.{more}", _errors_url() if more else href, "Repair"
    )


def _unassigned(figures: Figures) -> Need:
    number = figures.numbers["unassigned"]
    words = (
        "1 task has nobody." if number == 1 else f"{figures.shown('unassigned')} tasks have nobody."
    )
    rest = "Everybody who may do it is away or has enough. Assign it, or free somebody."
    return Need("orange", "person_off", words, rest, f"{_tasks_url()}?view=nobody", "Assign")


# --- four numbers ---------------------------------------------------------------------------------


def _numbers(figures: Figures) -> list[Number]:
    flow = _flow()
    late, stopped = figures.numbers["late"], figures.numbers["stopped"]
    reasons = f"{figures.reasons} reason{'s' if figures.reasons > 1 else ''}"
    return [
        Number("Active tickets", figures.shown("active"), _trend(flow), _tickets_url()),
        Number("Late tasks", figures.shown("late"), _oldest(figures), f"{_tasks_url()}?view=late",
               "red" if late else ""),
        Number(statuses.status("mark", "STOPPED").word, figures.shown("stopped"),
               reasons if stopped else "nothing to repair",
               f"{_tickets_url()}?view=stopped", "red" if stopped else ""),
        Number("Usually done in", _usual(flow["usual"]), _compared(flow),
               f"{_archive_url()}?view=done&closed=month"),
    ]  # fmt: skip


def _flow() -> dict[str, Any]:
    """How tickets came and went: one statement over the last two months."""
    now = timezone.now()
    week, month, before = (now - timedelta(days=days) for days in (7, MONTH, 2 * MONTH))
    finished = Q(workflow__w_status="COMPLETED")
    took = ExpressionWrapper(F("closed_at") - F("created_at"), output_field=DurationField())
    lately = TicketInstance.objects.filter(Q(created_at__gte=before) | Q(closed_at__gte=before))
    return lately.aggregate(
        opened=Count("pk", filter=Q(created_at__gte=week)),
        closed=Count("pk", filter=Q(closed_at__gte=week)),
        usual=Median(took, filter=finished & Q(closed_at__gte=month)),
        usual_before=Median(took, filter=finished & Q(closed_at__lt=month)),
    )


def _trend(flow: dict[str, Any]) -> str:
    more = flow["opened"] - flow["closed"]
    if not more:
        return "no change in 7 days"
    return f"{'up' if more > 0 else 'down'} by {abs(more)} in 7 days"


def _oldest(figures: Figures) -> str:
    if figures.oldest is None:
        return "everything in time"
    return f"the oldest by {times.span(timezone.now() - figures.oldest)}"


def _usual(seconds: float | None) -> str:
    return "–" if seconds is None else times.span(timedelta(seconds=seconds))  # noqa: RUF001


def _compared(flow: dict[str, Any]) -> str:
    now, before = flow["usual"], flow["usual_before"]
    if now is None:
        return "nothing finished in 30 days"
    if before is None or abs(now - before) < 3_600:
        return "in the last 30 days"
    change = times.span(timedelta(seconds=abs(now - before)))
    return f"{change} {'slower' if now > before else 'faster'} than before"


# --- two pictures ---------------------------------------------------------------------------------


def _days() -> list[Day]:
    today = timezone.localdate()
    first = today - timedelta(days=DAYS - 1)
    opened = _per_day(TicketInstance.objects.all(), "created_at", first)
    finished = _per_day(TicketInstance.objects.finished(), "closed_at", first)
    most = max([1, *opened.values(), *finished.values()])
    return [
        Day(
            name=times.DAYS[day.weekday()],
            long_name=times.day(day),
            opened=opened.get(day, 0),
            finished=finished.get(day, 0),
            opened_height=_percent(opened.get(day, 0), most),
            finished_height=_percent(finished.get(day, 0), most),
            opened_url=f"{_tickets_url()}?opened={day.isoformat()}",
            finished_url=f"{_archive_url()}?view=done&closed={day.isoformat()}",
        )
        for day in (first + timedelta(days=number) for number in range(DAYS))
    ]


def _per_day(rows: QuerySet[TicketInstance], at: str, first: date) -> dict[date, int]:
    since = timezone.make_aware(datetime.combine(first, time.min))
    lately = rows.filter(**{f"{at}__gte": since}).order_by()
    counted = lately.annotate(day=TruncDate(at)).values("day").annotate(number=Count("pk"))
    return {row["day"]: row["number"] for row in counted}


def _waits() -> list[Wait]:
    """Where tickets wait longest: the median of each step that was done in the last 30 days."""
    since = timezone.now() - timedelta(days=MONTH)
    took = ExpressionWrapper(F("completed_at") - F("created_at"), output_field=DurationField())
    done = TaskInstance.objects.completed().filter(completed_at__gte=since).order_by()
    steps = done.values("task_definition__workflow__key", "task_definition__key").annotate(
        usual=Median(took), title=Min("task_definition__title")
    )
    found = list(steps.order_by("-usual")[:MOST_STEPS])
    most = max((row["usual"] for row in found), default=0) or 1
    return [
        Wait(
            title=row["title"],
            words=times.span(timedelta(seconds=row["usual"])),
            width=max(2, _percent(row["usual"], most)),
            href=f"{_tasks_url()}?task={row['task_definition__workflow__key']}/{row['task_definition__key']}",
        )
        for row in found
    ]


def _percent(part: float, whole: float) -> int:
    return round(100 * part / whole)


# --- addresses ------------------------------------------------------------------------------------


def _tickets_url() -> str:
    return reverse("desk:operations_ticketinstance_changelist")


def _archive_url() -> str:
    return reverse("desk:operations_ticketinstance_archive")


def _tasks_url() -> str:
    return reverse("desk:operations_taskinstance_changelist")


def _errors_url() -> str:
    return reverse("desk:operations_ticketerror_changelist")
