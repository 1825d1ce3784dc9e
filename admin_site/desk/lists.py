"""What the lists of the desk have in common: two of one model, tabs, bulk acts, no editing."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, ClassVar

from django.db.models import Case, Q, QuerySet
from django.db.models.expressions import OrderBy
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, path
from unfold.views import ChangeList

from admin_site.base import RoleSite, TenantModelAdmin
from admin_site.desk import bulk
from admin_site.desk.figures import figures_of
from admin_site.desk.filters import Empty, View, ViewFilter
from admin_site.desk.matching import matching
from admin_site.parts import Tab

ACTIVE, ARCHIVE = "active", "archive"
Rows = QuerySet[Any, Any]


class LastWithout(Case):
    """Sorted by this, rows without a value come last, whichever way round."""

    def __init__(self, wanted: Case) -> None:
        super().__init__(*wanted.cases)

    def asc(self, **kwargs: Any) -> OrderBy:
        return super().asc(nulls_last=True)

    def desc(self, **kwargs: Any) -> OrderBy:
        return super().desc(nulls_last=True)


class ReadOnly(TenantModelAdmin):
    """Nothing is typed over here: what changes, changes by a verb with a reason."""

    admin_site: RoleSite

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_triage_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return request.user.has_perm("operations.triage_ticketinstance")

    def has_resolve_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return request.user.has_perm("operations.resolve_ticketerror")


class DeskChangeList(ChangeList):
    """Does not take the tab for a filter: an empty tab is empty, not searched in vain."""

    def get_filters(self, request: HttpRequest) -> tuple[Any, ...]:
        found = list(super().get_filters(request))
        found[4] = any(
            spec.used_parameters for spec in found[0] if not isinstance(spec, ViewFilter)
        )
        return tuple(found)


class DeskList(ReadOnly):
    """The active rows at the list's address, the archive below it.

    A subclass describes tabs, filters and columns of both; `page` names its numbers in `figures`.
    """

    page: ClassVar[str]
    titles: ClassVar[Mapping[str, str]]
    tabs: ClassVar[Mapping[str, Sequence[View]]]
    columns: ClassVar[Mapping[str, Sequence[str]]]
    filters: ClassVar[Mapping[str, Sequence[Any]]]
    status_words: ClassVar[Mapping[str, Mapping[str, tuple[str, Q]]]]
    ticket_of_row: ClassVar[str] = ""  # leads from the row to its ticket, for the search

    list_before_template = "desk/list_tabs.html"
    search_fields = ("title",)  # what is asked is `matching`'s
    search_help_text = "Number, word, person"
    ordering = ("-pk",)
    over_by: ClassVar[str]  # the time by which the archive is sorted
    show_add_link = False

    # --- which of the two lists ---

    def get_urls(self) -> list[URLPattern]:
        archive = self.admin_site.admin_view(self.archive_view)
        return [path("archive/", archive, name=self._name("archive")), *super().get_urls()]

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        return self._list_view(request, ACTIVE)

    def archive_view(self, request: HttpRequest) -> HttpResponse:
        return self._list_view(request, ARCHIVE)

    def _list_view(self, request: HttpRequest, state: str) -> HttpResponse:
        request._desk_state = state  # type: ignore[attr-defined]
        figures_of(request, self.page)
        return super().changelist_view(request, {"view_tabs": self._drawn_tabs(request)})

    def state(self, request: HttpRequest) -> str:
        """Which list is shown; "" on the page of one row."""
        return getattr(request, "_desk_state", "")

    def get_queryset(self, request: HttpRequest) -> Rows:
        rows = super().get_queryset(request)
        state = self.state(request)
        if not state:
            return rows
        listed: Rows = rows.archived() if state == ARCHIVE else rows.active()  # type: ignore[attr-defined]
        return listed.for_lists()  # type: ignore[attr-defined, no-any-return]

    def get_ordering(self, request: HttpRequest) -> Sequence[str]:
        """What was over last stands first in the archive. It costs one look at each row's time."""
        if self.state(request) == ARCHIVE:
            return (f"-{self.over_by}", "-pk")
        return self.ordering

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        return DeskChangeList

    def page_of(
        self, request: HttpRequest, template: str, *, over: bool, **shown: Any
    ) -> HttpResponse:
        """The page of one row, below the list in which it stands."""
        request._desk_is_over = over  # type: ignore[attr-defined]
        listed = ARCHIVE if over else ACTIVE
        address = self.list_url() + ("archive/" if over else "")
        crumbs = [(self.titles[listed], address)]
        return self.admin_site.page(request, template, crumbs=crumbs, **shown)

    # --- tabs, columns, filters ---

    def views(self, request: HttpRequest) -> Sequence[View]:
        return self.tabs[self.state(request) or ACTIVE]

    def statuses(self, request: HttpRequest) -> Mapping[str, tuple[str, Q]]:
        return self.status_words[self.state(request) or ACTIVE]

    def _open_view(self, request: HttpRequest) -> View:
        views = self.views(request)
        wanted = request.GET.get(ViewFilter.parameter_name, "")
        return next((view for view in views if view.key == wanted), views[0])

    def _drawn_tabs(self, request: HttpRequest) -> list[Tab]:
        figures, opened = figures_of(request), self._open_view(request)
        return [
            Tab(
                title=view.title,
                href=f"?{ViewFilter.parameter_name}={view.key}" if view.key else "?",
                count=figures.shown(view.figure) if view.figure else None,
                active=view is opened,
                hot=view.hot and bool(figures.numbers[view.figure]),
            )
            for view in self.views(request)
        ]

    def get_list_display(self, request: HttpRequest) -> Sequence[str]:
        return self.columns[self.state(request) or ACTIVE]

    def get_list_filter(self, request: HttpRequest) -> Sequence[Any]:
        return (ViewFilter, *self.filters[self.state(request) or ACTIVE])

    def heading_of_list(self, request: HttpRequest) -> str:
        return self.titles[self.state(request) or ACTIVE]

    def empty_state(self, request: HttpRequest) -> dict[str, Any]:
        empty: Empty = self._open_view(request).empty
        drawn = super().empty_state(request)
        return {**drawn, "title": empty.title, "text": empty.text, "symbol": empty.symbol}

    def get_search_results(
        self, request: HttpRequest, queryset: Rows, search_term: str
    ) -> tuple[Rows, bool]:
        return matching(queryset, search_term, ticket=self.ticket_of_row), False

    def in_bulk(
        self, request: HttpRequest, chosen: Rows, verb: Callable[..., Any], ask: bulk.Ask
    ) -> HttpResponse:
        heading = self.heading_of_list(request)
        return bulk.in_bulk(self.admin_site, request, chosen, verb, ask, heading=heading)

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        """What is over is left alone, many at a time."""
        actions: dict[str, Any] = super().get_actions(request)
        return {} if self.state(request) == ARCHIVE else actions
