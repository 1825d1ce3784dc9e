"""Definitions as rows: take them out, bring them in, with a look at every row in between."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import messages
from django.core.files.uploadedfile import UploadedFile
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse

from admin_site.design.streaming import LARGE, Ending, growing
from admin_site.design.uploads import problems_in
from admin_site.forms import PlainForm
from admin_site.parts import Tab
from admin_site.people import person_of
from definitions.bundle import Effect
from definitions.errors import BundleInvalid, Problem
from definitions.resources import (
    FORMATS,
    PendingRows,
    RowEffect,
    RowKind,
    RowsReport,
    choose_tables,
    columns_of,
    file_of,
    find_rows,
    import_rows,
    importing_rows,
    keep_rows,
)
from definitions.resources.importing import Tables
from definitions.tables import LIMITS, read_tables
from tenants.errors import DomainError, NotFound
from tenants.models import User

if TYPE_CHECKING:
    from admin_site.design.site import DesignSite

MOST_PROBLEMS = 200
ROWS_PER_PAGE = 200
MOST_DEFINITIONS = 50
#: Problems beside the rows; their own tab has more.
MOST_ASIDE = 10
ALL = "all"
MEGABYTES = LIMITS.bytes // 1_000_000


class RowsForm(PlainForm):
    """A file, or pasted rows, and what they are."""

    kind = forms.ChoiceField(
        label="What the rows are",
        choices=[
            (ALL, "A sheet or section for each kind"),
            *((kind.value, kind.heading) for kind in RowKind),
        ],
    )
    file = forms.FileField(
        label="File",
        required=False,
        help_text=f"CSV, XLSX, JSON or YAML, up to {MEGABYTES} MB and {LIMITS.rows:,} rows.",
        widget=forms.FileInput(attrs={"accept": ".csv,.xlsx,.json,.yaml,.yml"}),
    )
    text = forms.CharField(
        label="Or paste the rows",
        required=False,
        strip=False,
        help_text="With their headers, as CSV or as copied from a spreadsheet.",
        widget=forms.Textarea(attrs={"rows": 8, "spellcheck": "false", "class": "ds-text short"}),
    )
    remove_others = forms.BooleanField(
        label="Remove what is not in the file",
        required=False,
        help_text="Tasks and transitions of the workflows whose tasks or transitions it has.",
    )

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if not cleaned.get("file") and not (cleaned.get("text") or "").strip():
            self.add_error("file", "Please choose a file, or paste rows below.")
        return cleaned


@dataclass(frozen=True, slots=True)
class Line:
    """A problem, as `problems.html` shows it."""

    problem: Problem
    excerpt: str = ""


@dataclass(frozen=True, slots=True)
class Section:
    title: str
    rows: Sequence[RowEffect]


# Out


def rows_file(site: "DesignSite", request: HttpRequest) -> HttpResponse:
    """The rows of one kind, or of all; `as` is the format, `key` may be given many times."""
    file_format = FORMATS.get(request.GET.get("as", "csv"))
    wanted = request.GET.get("what", ALL)
    if file_format is None or wanted not in {ALL, *RowKind}:
        raise Http404
    if wanted == ALL and not file_format.holds_many:
        raise Http404
    kinds = list(RowKind) if wanted == ALL else [RowKind(wanted)]
    keys = request.GET.getlist("key") or None
    return download(request, kinds, file_format.ending, keys)


def download(
    request: HttpRequest,
    kinds: Sequence[RowKind],
    ending: str,
    keys: Collection[str] | None = None,
    tasks: Collection[tuple[str, str]] | None = None,
) -> HttpResponse:
    """A file with the rows of these definitions; None: of all."""
    file_format = FORMATS[ending]
    by_kind = dict.fromkeys(kinds, keys) if keys is not None else None
    content = file_of(person_of(request), kinds, file_format, by_kind, tasks)
    name = "definitions" if len(kinds) > 1 else kinds[0].heading.lower().replace(" ", "-")
    return HttpResponse(
        content,
        content_type=file_format.content_type,
        headers={"Content-Disposition": f'attachment; filename="{name}.{ending}"'},
    )


# In


def rows(site: "DesignSite", request: HttpRequest) -> HttpResponse:
    """Both ways on one page; what cannot be imported comes back with its problems."""
    wrong: Sequence[Problem] = ()
    initial = {"kind": request.GET.get("what", ALL)}
    form = RowsForm(request.POST, request.FILES) if request.method == "POST" else RowsForm(
        initial=initial
    )  # fmt: skip
    name = ""
    if form.is_valid():
        content, name = _content(form.cleaned_data)
        try:
            return _kept(person_of(request), content, name, form.cleaned_data)
        except DomainError as error:
            wrong = problems_in(error)
    return site.page(
        request, "design/rows.html",
        title="Rows", form=form, name=name,
        problems=[Line(problem) for problem in wrong[:MOST_PROBLEMS]],
        more=max(0, len(wrong) - MOST_PROBLEMS), number=len(wrong),
        kinds=[(kind, columns_of(kind).values()) for kind in RowKind],
        formats=list(FORMATS.values()), file_url=reverse("design:rows_file"),
        upload_url=reverse("design:upload"),
    )  # fmt: skip


def _kept(person: User, content: bytes | str, name: str, asked: dict[str, Any]) -> HttpResponse:
    """Keep rows that can be imported, and go on to their preview.

    Raises:
        BundleInvalid.
    """
    wanted = None if asked["kind"] == ALL else RowKind(asked["kind"])
    tables: Tables = choose_tables(read_tables(content, name), wanted)
    remove = asked["remove_others"]
    import_rows(person, tables, dry_run=True, remove_others=remove)
    kept = keep_rows(person, tables, name, remove_others=remove)
    return redirect("design:rows_preview", kept.token)


def _content(asked: dict[str, Any]) -> tuple[bytes | str, str]:
    file: UploadedFile[Any] | None = asked.get("file")
    if file is None:
        return asked["text"], ""
    return file.read(LIMITS.bytes + 1), file.name or ""


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
    told = [Line(p) for p in wrong or _once([*to_publish, *problems])]
    effects = report.effects if report else []
    chosen = request.GET.get("show", "")
    shown = _shown(effects, chosen)
    page = _page_number(request, len(shown))
    at = (page - 1) * ROWS_PER_PAGE
    entries = [e for e in report.report.entries if e.effect != Effect.UNCHANGED] if report else []
    changed = sum(effect.effect != Effect.UNCHANGED for effect in effects)
    return site.page(
        request, "design/rows_preview.html",
        title="Preview", crumbs=[("Rows", reverse("design:rows"))],
        kept=pending.kept, counted=_counted(pending), again_url=reverse("design:rows"),
        tabs=_tabs(effects, told, chosen), chosen=chosen,
        sections=_sections(shown[at : at + ROWS_PER_PAGE]),
        page_number=page, pages=_pages(len(shown)), shown_count=len(shown),
        entries=entries[:MOST_DEFINITIONS], more_entries=max(0, len(entries) - MOST_DEFINITIONS),
        problems=told[: MOST_PROBLEMS if wrong or chosen else MOST_ASIDE],
        number=len(told), refused=bool(wrong), changed=changed,
        live=sum(e.kind == "ticket" and e.is_published for e in entries),
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
    messages.success(request, _in_words(report, publish))
    return redirect(_next_page(pending))


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
        return Ending(_in_words(report, publish), _next_page(pending), "Go on")

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


def _in_words(report: RowsReport, publish: bool) -> str:
    """ "40 rows: 3 created, 2 changed, 35 as before." """
    numbers = [
        (sum(effect.effect == Effect.CREATED for effect in report.effects), "created"),
        (sum(effect.effect == Effect.CHANGED for effect in report.effects), "changed"),
        (sum(effect.effect is None for effect in report.effects), "removed"),
        (sum(effect.effect == Effect.UNCHANGED for effect in report.effects), "as before"),
    ]
    told = ", ".join(f"{number:,} {word}" for number, word in numbers if number)
    waiting = [e for e in report.report.entries if e.kind == "workflow" and not e.is_published]
    after = ""
    if publish and waiting:
        after = f" Not published yet: {', '.join(e.title for e in waiting[:5])}."
    return f"Rows imported: {told}.{after}"


def _next_page(pending: PendingRows) -> str:
    kinds = {kind for kind, _ in pending.tables}
    lists = "design:definitions_{}definition_changelist"
    if kinds == {RowKind.TICKET}:
        return reverse(lists.format("ticket"))
    return reverse(lists.format("task" if kinds == {RowKind.TASK} else "workflow"))


def _once(problems: Sequence[Problem]) -> list[Problem]:
    return list({(p.rule, p.path, p.message): p for p in problems}.values())


def _shown(effects: Sequence[RowEffect], chosen: str) -> list[RowEffect]:
    """The rows of a tab; the first has those that do something."""
    if chosen:
        return [effect for effect in effects if effect.mark.lower() == chosen]
    return [effect for effect in effects if effect.effect != Effect.UNCHANGED]


def _tabs(effects: Sequence[RowEffect], told: Sequence[Line], chosen: str) -> list[Tab]:
    marks = [effect.mark.lower() for effect in effects]
    titles = {"create": "Create", "change": "Change", "remove": "Remove", "unchanged": "Unchanged"}
    tabs = [("", "What changes", len(_shown(effects, "")))]
    tabs += [(mark, title, marks.count(mark)) for mark, title in titles.items()]
    tabs.append(("problems", "Problems", len(told)))
    is_hot = any(line.problem.blocks for line in told)
    return [
        Tab(title, f"?show={key}", number, key == chosen, hot=key == "problems" and is_hot)
        for key, title, number in tabs
        if number or key in {"", chosen}
    ]


def _sections(effects: Sequence[RowEffect]) -> list[Section]:
    found = [Section(kind.heading, [e for e in effects if e.kind == kind]) for kind in RowKind]
    return [section for section in found if section.rows]


def _counted(pending: PendingRows) -> str:
    """ "3 workflows, 14 tasks"."""
    counts = [(len(table.rows), kind) for kind, table in pending.tables]
    return ", ".join(f"{n:,} {kind.one if n == 1 else kind.heading.lower()}" for n, kind in counts)


def _pages(rows: int) -> int:
    return max(1, -(-rows // ROWS_PER_PAGE))


def _page_number(request: HttpRequest, rows: int) -> int:
    given = request.GET.get("page", "1")
    return min(int(given), _pages(rows)) if given.isdecimal() and int(given[:6]) > 0 else 1
