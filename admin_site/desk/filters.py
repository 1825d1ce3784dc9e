"""The filters of the desk's lists. What they offer comes with the numbers: no further statement."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Any, ClassVar

from django.contrib.admin import SimpleListFilter
from django.contrib.admin.views.main import ChangeList
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils import timezone

from admin_site import times
from admin_site.desk.figures import Choices, figures_of
from admin_site.keys import uuid_or_none

Rows = QuerySet[Any, Any]
NOBODY = "nobody"


@dataclass(frozen=True, slots=True)
class Empty:
    """What a list says while it has no row."""

    title: str
    text: str = ""
    symbol: str = "local_florist"


@dataclass(frozen=True, slots=True)
class View:
    """A saved view of a list: a tab. `key` "" is the whole list.

    `rows` is the name of the queryset's method that narrows it, `figure` that of its number; what
    is over is not counted, since nobody has to see to it and there is no end of it.
    """

    key: str
    title: str
    figure: str = ""
    rows: str = ""
    hot: bool = False
    empty: Empty = field(default_factory=lambda: Empty("Nothing here yet"))


class ViewFilter(SimpleListFilter):
    """The tab that is open. Draws no pill: the tabs stand above the list."""

    title = "view"
    parameter_name = "view"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Choices:
        self._views: dict[str, View] = {view.key: view for view in model_admin.views(request)}
        return [(view.key, view.title) for view in self._views.values()]

    def queryset(self, request: HttpRequest, queryset: Rows) -> Rows:
        view = self._views.get(self.value() or "")
        return getattr(queryset, view.rows)() if view and view.rows else queryset

    def choices(self, changelist: ChangeList) -> Iterator[Any]:
        return iter(())


class ByStatus(SimpleListFilter):
    """By what the chip of a row says."""

    title = "status"
    parameter_name = "status"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Choices:
        self._statuses = model_admin.statuses(request)
        return [(key, title) for key, (title, _) in self._statuses.items()]

    def queryset(self, request: HttpRequest, queryset: Rows) -> Rows:
        wanted = self._statuses.get(self.value() or "")
        return queryset.filter(wanted[1]) if wanted else queryset


class ByOffer(SimpleListFilter):
    """By one of the choices that `figures` brings along with the numbers."""

    offer: ClassVar[str]
    lookup: ClassVar[str]

    def lookups(self, request: HttpRequest, model_admin: Any) -> Choices:
        return figures_of(request).choices.get(self.offer, [])

    def queryset(self, request: HttpRequest, queryset: Rows) -> Rows:
        if not self.value():
            return queryset
        key = uuid_or_none(self.value())
        return queryset.filter(**{self.lookup: key}) if key else queryset.none()


class ByType(ByOffer):
    title = "type"
    parameter_name = "type"
    offer = "types"
    lookup = "ticket_type"


class ByTypeOfTicket(ByType):
    lookup = "ticket__ticket_type"


class ByAsker(ByOffer):
    title = "asked by"
    parameter_name = "asked_by"
    offer = "people"
    lookup = "created_by"


class ByHolder(ByOffer):
    """By the person who holds the open task; "nobody" where nobody is free."""

    title = "with"
    parameter_name = "with"
    offer = "workers"
    lookup = "tasks__assigned_to"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Choices:
        return [*super().lookups(request, model_admin), (NOBODY, "Nobody")]

    def queryset(self, request: HttpRequest, queryset: Rows) -> Rows:
        if self.value() == NOBODY:
            return self.nobody(queryset)
        return self.somebody(queryset) if self.value() else queryset

    def nobody(self, rows: Rows) -> Rows:
        narrowed: Rows = rows.with_nobody_free()  # type: ignore[attr-defined]
        return narrowed

    def somebody(self, rows: Rows) -> Rows:
        # By key, since a ticket may have several tasks with the same person.
        holds = Q(tasks__assigned_to=uuid_or_none(self.value()))
        live = Q(tasks__t_status__in=("OPEN", "IN_PROGRESS"))
        mine = rows.model._default_manager.filter(holds & live)
        return rows.filter(pk__in=mine.order_by().values("pk"))


class ByWorker(ByHolder):
    title = "assigned to"

    def nobody(self, rows: Rows) -> Rows:
        return rows.filter(assigned_to=None)

    def somebody(self, rows: Rows) -> Rows:
        key = uuid_or_none(self.value())
        return rows.filter(assigned_to=key) if key else rows.none()


class ByStep(ByOffer):
    """By the step of any version of a workflow: "purchase/approve"."""

    title = "task"
    parameter_name = "task"
    offer = "steps"

    def queryset(self, request: HttpRequest, queryset: Rows) -> Rows:
        if not self.value():
            return queryset
        workflow, _, key = str(self.value()).partition("/")
        return queryset.filter(task_definition__key=key, task_definition__workflow__key=workflow)


class ByDay(SimpleListFilter):
    """By a time: today, the last days, or one day that a chart links to ("2026-11-20")."""

    lookup: ClassVar[str]
    spans: ClassVar[Sequence[tuple[str, str, int]]] = (
        ("today", "today", 1),
        ("week", "the last 7 days", 7),
        ("month", "the last 30 days", 30),
    )
    OLDER = "older"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Choices:
        one_day = self._one_day()
        extra = [(one_day.isoformat(), times.day(one_day))] if one_day else []
        known = [(key, title) for key, title, _ in self.spans]
        return [*known, (self.OLDER, "more than 30 days ago"), *extra]

    def queryset(self, request: HttpRequest, queryset: Rows) -> Rows:
        today = timezone.localdate()
        if self.value() == self.OLDER:
            return queryset.filter(**{f"{self.lookup}__lt": _midnight(today, -29)})
        for key, _, days in self.spans:
            if self.value() == key:
                return queryset.filter(**{f"{self.lookup}__gte": _midnight(today, 1 - days)})
        if one_day := self._one_day():
            between = {"gte": _midnight(one_day), "lt": _midnight(one_day, 1)}
            return queryset.filter(**{f"{self.lookup}__{end}": at for end, at in between.items()})
        return queryset.none() if self.value() else queryset

    def _one_day(self) -> date | None:
        try:
            found = date.fromisoformat(str(self.value() or ""))
        except ValueError:
            return None
        return found if 1 < found.year < date.max.year else None


def _midnight(day: date, later: int = 0) -> datetime:
    return timezone.make_aware(datetime.combine(day + timedelta(days=later), time.min))


class ByOpened(ByDay):
    title = "opened"
    parameter_name = "opened"
    lookup = "created_at"


class ByClosed(ByDay):
    title = "closed"
    parameter_name = "closed"
    lookup = "closed_at"


class ByCompleted(ByDay):
    title = "done"
    parameter_name = "done"
    lookup = "completed_at"


class ByDue(SimpleListFilter):
    """By when a task should be done."""

    title = "due"
    parameter_name = "due"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Choices:
        return [
            ("late", "late"),
            ("today", "today"),
            ("week", "in the next 7 days"),
            ("none", "no date"),
        ]

    def queryset(self, request: HttpRequest, queryset: Rows) -> Rows:
        today = timezone.localdate()
        held = Q(workflow_instance__w_status="ON_HOLD")  # its list shows no date for these
        wanted = {
            "late": ~held & Q(due_at__lt=timezone.now()),
            "today": ~held & Q(due_at__gte=_midnight(today), due_at__lt=_midnight(today, 1)),
            "week": ~held & Q(due_at__gte=timezone.now(), due_at__lt=_midnight(today, 7)),
            "none": held | Q(due_at=None),
        }.get(self.value() or "")
        return queryset.filter(wanted) if wanted is not None else queryset
