"""What rows will do, row by row; done after a yes."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse

from admin_site.design.problem_lines import Line, once
from admin_site.design.rows.telling import (
    MOST_PROBLEMS,
    ROWS_PER_PAGE,
    counted,
    in_words,
    next_page,
    page_number,
    pages,
    sections,
    shown_rows,
    tabs,
)
from admin_site.design.streaming import LARGE, Ending, growing
from admin_site.design.uploads import problems_in
from admin_site.people import person_of
from definitions.bundle import Effect, Kind
from definitions.errors import BundleInvalid, Problem
from definitions.resources import PendingRows, RowsReport, find_rows, import_rows, importing_rows
from tenants.errors import DomainError, NotFound
from tenants.models import User

if TYPE_CHECKING:
    from admin_site.design.site import DesignSite

MOST_DEFINITIONS = 50
#: Problems beside the rows; their own tab has more.
MOST_ASIDE = 10


def preview(site: "DesignSite", request: HttpRequest, token: str) -> HttpResponseBase:
    """Show what each row does; do it on POST."""
    person = person_of(request)
    try:
        pending = find_rows(person, token)
    except NotFound as error:
        messages.info(request, error.message)
        return redirect("design:rows")
    if request.method != "POST":
        return _previewed(site, request, person, pending)
    publish = request.POST.get("do") == "publish"
    if pending.count >= LARGE:
        return _done_in_view(site, request, person, pending, publish)
    return _done(site, request, person, pending, publish)


def _previewed(
    site: "DesignSite",
    request: HttpRequest,
    person: User,
    pending: PendingRows,
    refused: Sequence[Problem] = (),
) -> HttpResponse:
    report, problems = _tried(person, pending, publish=False)
    published, to_publish = _tried(person, pending, publish=True)
    wrong = refused or (problems if report is None else ())
    told = [Line(p) for p in wrong or once([*to_publish, *problems])]
    effects = report.effects if report else []
    chosen = request.GET.get("show", "")
    shown = shown_rows(effects, chosen)
    number = page_number(request, len(shown))
    at = (number - 1) * ROWS_PER_PAGE
    entries = [e for e in report.report.entries if e.effect != Effect.UNCHANGED] if report else []
    changed = sum(effect.effect != Effect.UNCHANGED for effect in effects)
    return site.page(
        request, "design/rows_preview.html",
        title="Preview", crumbs=[("Rows", reverse("design:rows"))],
        kept=pending.kept, counted=counted(pending), again_url=reverse("design:rows"),
        tabs=tabs(effects, told, chosen), chosen=chosen,
        sections=sections(shown[at : at + ROWS_PER_PAGE]),
        page_number=number, pages=pages(len(shown)), shown_count=len(shown),
        entries=entries[:MOST_DEFINITIONS], more_entries=max(0, len(entries) - MOST_DEFINITIONS),
        problems=told[: MOST_PROBLEMS if wrong or chosen else MOST_ASIDE],
        number=len(told), refused=bool(wrong), changed=changed,
        live=sum(e.kind == Kind.TICKET and e.is_published for e in entries),
        can_publish=_publishes(published, report),
    )  # fmt: skip


def _tried(
    person: User, pending: PendingRows, *, publish: bool
) -> tuple[RowsReport | None, Sequence[Problem]]:
    """What would happen and what is told, or why nothing can."""
    how: dict[str, Any] = {"dry_run": True, "remove_others": pending.remove_others}
    try:
        report = import_rows(person, pending.tables, publish=publish, **how)
    except DomainError as error:
        return None, problems_in(error)
    return report, report.problems


def _publishes(published: RowsReport | None, drafts: RowsReport | None) -> bool:
    """Whether publishing would do more than importing alone."""
    if published is None or drafts is None:
        return False
    both = zip(published.report.entries, drafts.report.entries, strict=True)
    return any(one.is_published and not other.is_published for one, other in both)


def _done(
    site: "DesignSite", request: HttpRequest, person: User, pending: PendingRows, publish: bool
) -> HttpResponse:
    try:
        report = import_rows(
            person, pending.tables, publish=publish, remove_others=pending.remove_others
        )
    except BundleInvalid as error:
        return _previewed(site, request, person, pending, error.problems)
    except DomainError as error:
        messages.error(request, error.message)
        return redirect("design:rows_preview", pending.kept.token)
    pending.kept.delete()
    messages.success(request, in_words(report, publish))
    return redirect(next_page(pending))


def _done_in_view(
    site: "DesignSite", request: HttpRequest, person: User, pending: PendingRows, publish: bool
) -> HttpResponseBase:
    """Many rows: the page shows how far it is."""
    token = pending.kept.token
    page = site.page(
        request, "design/importing.html",
        title="Import", crumbs=[("Rows", reverse("design:rows"))],
        lead=f"{pending.count:,} rows of {pending.kept}.",
    )  # fmt: skip

    def end(report: RowsReport) -> Ending:
        pending.kept.delete()
        return Ending(in_words(report, publish), next_page(pending), "Go on")

    def refused(error: DomainError) -> Ending:
        href = reverse("design:rows_preview", args=[token])
        return Ending(error.message, href, "Look again", wrong=True)

    return growing(
        request,
        page,
        lambda: importing_rows(
            person, pending.tables, publish=publish, remove_others=pending.remove_others
        ),
        end,
        refused,
    )
