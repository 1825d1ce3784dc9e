"""Errors: one card per cause, and the page on which one is repaired."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any
from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import URLPattern, path, reverse
from django.utils.http import url_has_allowed_host_and_scheme, urlencode
from unfold.decorators import action

from admin_site.desk import bulk, causes, error_page, outcome, results, together
from admin_site.desk.figures import ERRORS, Figures, figures_of
from admin_site.desk.filters import Empty
from admin_site.desk.forms import NotesForm, RetryForm
from admin_site.desk.given import Given
from admin_site.desk.lists import ReadOnly
from admin_site.forms import ConfirmForm
from admin_site.parts import Tab
from admin_site.statuses import status
from operations import services
from operations.errors import AnswersInvalid
from operations.models import TicketError
from tenants.errors import DomainError
from tenants.models import User

RELATED = (
    "reviewed_by",
    "ticket__ticket_type__workflow",
    "ticket__created_by",
    "ticket__workflow",
    "task__task_definition__workflow",
    "task__workflow_instance",
    "task__completed_by",
)


@dataclass(frozen=True, slots=True)
class Sort:
    """One tab of the errors. `rows` is the queryset's word for it."""

    key: str
    title: str
    figure: str
    rows: str
    empty: Empty


SORTS = (
    Sort(
        "", "Open", "unrepaired", "unresolved",
        Empty("Nothing has stopped", "Every ticket finds its way. What stops shows up here.",
              "check_circle"),
    ),
    Sort(
        "looked", status("error", "REVIEWED").word, "looked_at", "looked_at",
        Empty("Nobody is looking at a stopped ticket",
              "Whoever says “I am looking at it” is shown here with what they look at.",
              "visibility"),
    ),
    Sort(
        "repaired", status("error", "RESOLVED").word, "repaired", "repaired",
        Empty("Nothing had to be repaired yet", "What was done about each is kept here.",
              "build"),
    ),
)  # fmt: skip


class ErrorDesk(ReadOnly):
    """What stopped tickets, and how each is brought to go on."""

    list_title = "Stopped tickets"
    actions_detail = ("retry", "correct", "skip", "move", "cancel", "review", "resolve")

    def get_queryset(self, request: HttpRequest) -> QuerySet[TicketError]:
        rows: QuerySet[TicketError] = super().get_queryset(request)
        return rows.select_related(*RELATED).defer(
            "ticket__workflow__workflow_data", "task__workflow_instance__workflow_data"
        )

    def get_urls(self) -> list[URLPattern]:
        guarded = self.admin_site.admin_view
        together_urls = [
            path(
                f"cause/<str:cause>/{key}/",
                guarded(partial(self.together, key=key)),
                name=self._name(f"{key}_all"),
            )
            for key in together.VERBS
        ]
        return [
            *together_urls,
            path("result/<uuid:name>/", guarded(self.result), name=self._name("result")),
            path("tried/<int:since>/", guarded(self.outcome), name=self._name("outcome")),
            *super().get_urls(),
        ]

    # --- the list ---

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        if request.method != "GET":
            raise Http404
        figures = figures_of(request, ERRORS)
        wanted = request.GET.get("state", "")
        sort = next((sort for sort in SORTS if sort.key == wanted), SORTS[0])
        page, one = _page_number(request), request.GET.get("cause", "")[:64]
        errors = getattr(TicketError.objects, sort.rows)()
        if one:
            errors = errors.filter(fingerprint=one)
        found, more = causes.causes(
            errors, page=page, of_each=causes.OF_ONE if one else causes.OF_EACH
        )
        return self.admin_site.page(
            request, "desk/errors.html",
            title=self.list_title, heading=_heading(figures, sort),
            lead=_LEADS[sort.key], tabs=_tabs(figures, sort),
            causes=[(cause, together.offers(cause.newest)) for cause in found],
            empty=sort.empty, one=one, state=sort.key,
            newer=f"?state={sort.key}&p={page - 1}" if page > 1 else "",
            older=f"?state={sort.key}&p={page + 1}" if more else "",
        )  # fmt: skip

    def together(self, request: HttpRequest, cause: str, *, key: str) -> HttpResponse:
        """Ask, then act on every ticket that stopped for one cause."""
        verb = together.VERBS[key]
        if not request.user.has_perm(verb.permission):
            raise PermissionDenied
        return together.of_cause(self, request, cause, verb)

    def result(self, request: HttpRequest, name: UUID) -> HttpResponse:
        if not self.has_resolve_permission(request):
            raise PermissionDenied
        return together.result_page(self, request, str(name))

    def result_url(self, name: str) -> str:
        return reverse(f"{self.admin_site.name}:{self._name('result')}", args=[name])

    def outcome(self, request: HttpRequest, since: int) -> HttpResponse:
        """Say how it went with what this person let try again since then, and go on to the list.

        The engine tries when the answer to the click is on its way: only the next page can tell.
        """
        if not self.has_resolve_permission(request):
            raise PermissionDenied
        outcome.tell(request, since)
        wanted = request.GET.get("next", "")
        is_ours = url_has_allowed_host_and_scheme(wanted, {request.get_host()}, request.is_secure())
        return HttpResponseRedirect(wanted if is_ours else self.list_url())

    # --- one error ---

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        if request.method != "GET":
            raise Http404
        return self._error_page(request, self.get_or_404(request, object_id))

    def _error_page(self, request: HttpRequest, error: TicketError, **forms: Any) -> HttpResponse:
        shown = error_page.context(self, request, error, **forms)
        return self.admin_site.page(request, "desk/error.html", shown)

    @action(description="Retry as it is", permissions=["resolve"], url_path="retry")
    def retry(self, request: HttpRequest, object_id: str) -> HttpResponse:
        error = self.get_or_404(request, object_id)
        alike = error_page.others(error)

        def verb(
            person: User, row: TicketError, *, reason: str, others: bool = False, **_: Any
        ) -> str:
            if others:
                return self._retry([row, *alike], person, reason, request)
            bulk.lock_tickets_of([row])
            since = outcome.now()
            services.retry_error(person, row, reason=reason)
            return self._outcome_url(since, self.url_of(row))

        in_doubt = together.is_in_doubt([error, *alike])
        return self.confirm(
            request, object_id, verb, RetryForm, title="Try again as it is?",
            explain=f"{together.IN_DOUBT} {together.RETRY}" if in_doubt else together.RETRY,
            button="Retry", form_kwargs={"other_tickets": len(alike), "in_doubt": in_doubt},
        )  # fmt: skip

    def _retry(
        self, errors: Sequence[TicketError], person: User, reason: str, request: HttpRequest
    ) -> str:
        """Let each try again; the address that tells how it went."""
        result = bulk.each(errors, lambda one: services.retry_error(person, one, reason=reason))
        return self.result_url(results.keep(request, together.VERBS["retry"].done, result))

    def _outcome_url(self, since: int, then: str) -> str:
        address = reverse(f"{self.admin_site.name}:{self._name('outcome')}", args=[since])
        return f"{address}?{urlencode({'next': then})}"

    @action(description="Correct and retry", permissions=["resolve"], url_path="correct")
    def correct(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """What it stopped at, corrected; asked on the error's own page."""
        error = self.get_or_404(request, object_id)
        found = services.correctable(error)
        if request.method != "POST" or found is None:
            return HttpResponseRedirect(self.url_of(error))
        since, form = outcome.now(), error_page.form_of(request, error, found, sent=True)
        why_form = error_page.reason_form(error, request.POST)
        is_valid = why_form.is_valid()
        if form.is_valid() and is_valid and self._corrected(request, error, form, why_form):
            return HttpResponseRedirect(self._outcome_url(since, self.url_of(error)))
        return self._error_page(request, error, form=form, why_form=why_form)

    def _corrected(
        self, request: HttpRequest, error: TicketError, form: Given, why_form: RetryForm
    ) -> bool:
        person: Any = request.user
        try:
            with transaction.atomic():
                services.retry_error(person, error, reason=why_form.why, correction=form.value)
        except AnswersInvalid as refused:
            together.show_refusal(refused, form, why_form)
            return False
        except DomainError as refused:
            why_form.refuse(refused)
            return False
        return True

    @action(description="Skip with an output", permissions=["resolve"], url_path="skip")
    def skip(self, request: HttpRequest, object_id: str) -> HttpResponse:
        error = self.get_or_404(request, object_id)
        return together.of_one(self, request, error, together.VERBS["skip"])

    @action(description="Move to another step", permissions=["triage"], url_path="move")
    def move(self, request: HttpRequest, object_id: str) -> HttpResponse:
        error = self.get_or_404(request, object_id)
        return together.of_one(self, request, error, together.VERBS["move"])

    @action(description="Cancel the ticket", permissions=["triage"], url_path="cancel")
    def cancel(self, request: HttpRequest, object_id: str) -> HttpResponse:
        error = self.get_or_404(request, object_id)
        return together.of_one(self, request, error, together.VERBS["cancel"])

    @action(description="I am looking at it", permissions=["resolve"], url_path="review")
    def review(self, request: HttpRequest, object_id: str) -> HttpResponse:
        return self.confirm(
            request, object_id, services.review_error, ConfirmForm,
            title="Are you looking at this ticket?", button="I am looking at it",
            explain="Your colleagues see that you look after it.", done="",
        )  # fmt: skip

    @action(description="Note what was done", permissions=["resolve"], url_path="resolve")
    def resolve(self, request: HttpRequest, object_id: str) -> HttpResponse:
        error = self.get_or_404(request, object_id)
        return self.confirm(
            request, object_id, services.resolve_error, NotesForm,
            title="What was done about it?", button="Keep the note", done="The note was kept.",
            explain="It counts as repaired once the ticket has gone on.",
            form_kwargs={"initial": {"notes": error.resolution_notes}},
        )  # fmt: skip


def _page_number(request: HttpRequest) -> int:
    wanted = request.GET.get("p", "")
    return min(max(int(wanted), 1), 1_000) if wanted.isdecimal() and len(wanted) < 5 else 1


_LEADS = {
    "": "What stopped for one reason is repaired once, and tries again together.",
    "looked": "Somebody looks after each of these.",
    "repaired": "What was done about each, for whoever meets the same again.",
}


def _heading(figures: Figures, sort: Sort) -> str:
    """What stands on the open tab, in one line."""
    shown, many = figures.shown(sort.figure), figures.numbers[sort.figure] != 1
    if sort.key == "looked" and figures.numbers[sort.figure]:
        return f"{shown} stopped ticket{'s are' if many else ' is'} looked at"
    if sort.key == "repaired" and figures.numbers[sort.figure]:
        return f"{shown} repair{'s' if many else ''} so far"
    if sort.key:
        return sort.empty.title
    number = figures.numbers["unrepaired"]
    if not number:
        return "Nothing has stopped"
    tickets = f"{figures.shown('unrepaired')} ticket{'s' if number > 1 else ''} stopped"
    reasons = figures.reasons
    return f"{tickets}, for {reasons} reason{'s' if reasons > 1 else ''}"


def _tabs(figures: Figures, chosen: Sort) -> list[Tab]:
    return [
        Tab(
            title=sort.title,
            href=f"?state={sort.key}" if sort.key else "?",
            count=figures.shown(sort.figure),
            active=sort is chosen,
            hot=sort is SORTS[0] and bool(figures.numbers[sort.figure]),
        )
        for sort in SORTS
    ]
