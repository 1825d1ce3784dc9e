"""Upload a bundle: read it, show what would happen, and do it after a yes."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import messages
from django.core.files.uploadedfile import UploadedFile
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse

from admin_site.design.problem_lines import Line, lines_of, once
from admin_site.design.streaming import LARGE, Ending, growing
from admin_site.forms import PlainForm
from admin_site.parts import Tab
from admin_site.people import person_of
from definitions.bundle import Effect, Entry, ImportReport, Kind
from definitions.documents import LIMITS, Document, is_no_text, read_text
from definitions.errors import BundleInvalid, HasProblems, Problem
from definitions.issue_forms import as_bundle
from definitions.models import PendingImport, WorkflowDefinition
from definitions.services import Stages, import_bundle, importing
from definitions.starters import starter_text, starters
from definitions.uploads import find_upload, keep_upload
from tenants.errors import DomainError, NotFound
from tenants.models import User

if TYPE_CHECKING:
    from admin_site.design.site import DesignSite

MOST_PROBLEMS = 200
MEGABYTES = LIMITS.bytes // 1_000_000
EXAMPLE = """\
format: ticketflower/1
workflows:
- key: purchase
  …"""
NOTHING_TO_DO = "Everything is as in the file already."
#: Effect -> what the table of statuses calls it.
CHIPS = {Effect.CREATED: "CREATE", Effect.CHANGED: "CHANGE", Effect.UNCHANGED: "UNCHANGED"}
SECTIONS = {
    Kind.COMPANY_ROLE: "Company roles",
    Kind.WORKFLOW: "Workflows",
    Kind.TICKET: "Ticket types",
}


class TextForm(PlainForm):
    """A bundle as text."""

    text = forms.CharField(
        label="Text",
        required=False,
        strip=False,
        widget=forms.Textarea(
            attrs={"rows": 24, "spellcheck": "false", "class": "ds-text", "placeholder": EXAMPLE}
        ),
    )

    def clean_text(self) -> str:
        text: str = self.cleaned_data["text"]
        if not text.strip():
            raise forms.ValidationError("Please write something here.")
        return text


class UploadForm(TextForm):
    """A file, or text; the file counts where both are given."""

    file = forms.FileField(
        label="File",
        required=False,
        help_text=f"JSON or YAML, up to {MEGABYTES} MB. A GitHub issue form becomes a ticket type.",
        widget=forms.FileInput(attrs={"accept": ".json,.yaml,.yml,application/json"}),
    )
    field_order = ("file", "text")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["text"].label = "Or paste the text"

    def clean_text(self) -> str:
        text: str = self.cleaned_data["text"]
        return text

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if not cleaned.get("file") and not (cleaned.get("text") or "").strip():
            self.add_error("file", "Please choose a file, or paste the text below.")
        return cleaned


@dataclass(frozen=True, slots=True)
class Section:
    title: str
    entries: Sequence[tuple[Entry, str]]


def upload(site: "DesignSite", request: HttpRequest) -> HttpResponse:
    """Ask for a bundle; `start` names an example to begin with, `again` an upload to change."""
    return ask_for_text(
        site, request, UploadForm, _text_to_begin_with(request),
        title="Upload", heading="Upload definitions",
        lead="One JSON or YAML file with workflows and ticket types. "
        "Nothing changes until you say so.",
        starters=starters(),
    )  # fmt: skip


def ask_for_text(
    site: "DesignSite",
    request: HttpRequest,
    form_class: type[TextForm],
    text: str = "",
    **frame: Any,
) -> HttpResponse:
    """A page with a text that is going to be imported.

    What cannot be imported comes back with its problems and its text. `frame`: what the page says.
    """
    person = person_of(request)
    begin: dict[str, Any] = {"initial": {"text": text}}
    sent = {"data": request.POST, "files": request.FILES} if request.method == "POST" else begin
    form = form_class(**sent)
    wrong: list[Line] = []
    if form.is_valid():
        content, name = _content(form.cleaned_data)
        try:
            return _kept(person, content, name)
        except DomainError as error:
            text = _readable(content)
            wrong = lines_of(problems_in(error), text)
            form = form_class(initial={"text": text})
    elif form.is_bound:
        form = _with_text_kept(form)
    return site.page(
        request, "design/upload.html", frame,
        form=form, problems=wrong[:MOST_PROBLEMS],
        more=max(0, len(wrong) - MOST_PROBLEMS), number=len(wrong),
        blocking=sum(line.problem.blocks for line in wrong),
        format_url=reverse("design:format"),
    )  # fmt: skip


def _text_to_begin_with(request: HttpRequest) -> str:
    """An example, or what the person uploaded before and wants to change."""
    try:
        if name := request.GET.get("start"):
            return starter_text(name)
        if token := request.GET.get("again"):
            return find_upload(person_of(request), token).text
    except NotFound as error:
        messages.info(request, error.message)
    return ""


def preview(site: "DesignSite", request: HttpRequest, token: str, **frame: Any) -> HttpResponseBase:
    """Show what an upload will do; do it on POST. `frame`: where the page says that it belongs."""
    person = person_of(request)
    try:
        kept = find_upload(person, token)
    except NotFound as error:
        messages.info(request, error.message)
        return redirect("design:upload")
    if request.method != "POST":
        return _previewed(site, request, person, kept, **frame)
    document = as_bundle(read_text(kept.text, kept.name))
    publish = request.POST.get("do") == "publish"
    if sum(len(_list(document.value, name)) for name in ("workflows", "tickets")) >= LARGE:
        return _done_in_view(site, request, person, kept, document, publish)
    return _done(site, request, person, kept, document, publish)


def _previewed(
    site: "DesignSite",
    request: HttpRequest,
    person: User,
    kept: PendingImport,
    refused: Sequence[Problem] = (),
    **frame: Any,
) -> HttpResponse:
    document = as_bundle(read_text(kept.text, kept.name))
    drafts, drafts_refused = _tried(person, document, publish=False)
    published, publish_refused = _tried(person, document, publish=True)
    problems = lines_of(refused or drafts_refused or _to_tell(drafts, publish_refused), kept.text)
    chosen = request.GET.get("show", "")
    report = drafts or published
    entries = report.entries if report else []
    upload_url = reverse("design:upload")
    where = {"crumbs": [("Upload", upload_url)], "cancel_url": upload_url, **frame}
    return site.page(
        request, "design/preview.html", where,
        title="Preview",
        again_url=f"{upload_url}?again={kept.token}",
        kept=kept, size=_size(kept.text), counted=_counted(document),
        tabs=_tabs(entries, problems, chosen), chosen=chosen,
        sections=_sections(entries, chosen), problems=problems[:MOST_PROBLEMS],
        refused=bool(refused or drafts_refused),
        drafts=_changes(drafts) - _live(drafts), live=_live(drafts),
        can_publish=_publishes(published, beyond=_live(drafts)),
    )  # fmt: skip


def _kept(person: User, content: bytes | str, name: str) -> HttpResponse:
    """Keep what can be imported, and go on to its preview.

    Raises:
        BundleInvalid.
    """
    document = read_text(content, name)
    import_bundle(person, document, dry_run=True)
    kept = keep_upload(person, _readable(content), name)
    return redirect("design:preview", kept.token)


def _done(
    site: "DesignSite",
    request: HttpRequest,
    person: User,
    kept: PendingImport,
    document: Document,
    publish: bool,
) -> HttpResponse:
    try:
        report = import_bundle(person, document, publish=publish, careful=True)
    except BundleInvalid as error:
        return _previewed(site, request, person, kept, error.problems)
    except DomainError as error:
        messages.error(request, error.message)
        return redirect("design:preview", kept.token)
    kept.delete()
    _tell(request, report, publish=publish)
    return redirect(_next_page(report))


def _done_in_view(
    site: "DesignSite",
    request: HttpRequest,
    person: User,
    kept: PendingImport,
    document: Document,
    publish: bool,
) -> HttpResponseBase:
    """Many definitions: the page shows how far it is."""
    page = site.page(
        request, "design/importing.html",
        title="Import", crumbs=[("Upload", reverse("design:upload"))],
        lead=f"{_counted(document)}, from {kept}.",
    )  # fmt: skip

    def end(report: ImportReport) -> Ending:
        kept.delete()
        words = " ".join(_told(report, publish=publish))
        return Ending(words, _next_page(report), "Go on")

    def refused(error: DomainError) -> Ending:
        href = reverse("design:preview", args=[kept.token])
        return Ending(error.message, href, "Look again", wrong=True)

    def stages() -> Stages[ImportReport]:
        return importing(person, document, publish=publish, careful=True)

    return growing(request, page, stages, end, refused)


def _tell(request: HttpRequest, report: ImportReport, *, publish: bool) -> None:
    if report.changes_nothing:
        messages.info(request, NOTHING_TO_DO)
        return
    done, *waiting = _told(report, publish=publish)
    messages.success(request, done)
    for words in waiting:
        messages.warning(request, words)


def _told(report: ImportReport, *, publish: bool) -> list[str]:
    """What was done; then, if something waits, what."""
    if report.changes_nothing:
        return [NOTHING_TO_DO]
    done = len(report.created) + len(report.changed)
    told = [_done_in_words(done, 0 if publish else _live(report), publish)]
    waiting = [
        entry.title
        for entry in report.entries
        if publish and entry.kind == Kind.WORKFLOW and not entry.is_published
    ]
    if waiting:
        names = ", ".join(waiting[:5])
        told.append(f"Imported, but not published yet: {names}. The page says why.")
    return told


def _done_in_words(done: int, live: int, publish: bool) -> str:
    """ "2 definitions imported as drafts. 1 ticket type changed in the catalogue." """
    drafts, told = done - live, []
    if publish:
        told.append(f"{_many(done, 'definition')} imported and published.")
    elif drafts:
        as_what = "a draft" if drafts == 1 else "drafts"
        told.append(f"{_many(drafts, 'definition')} imported as {as_what}.")
    if live:
        told.append(f"{_many(live, 'ticket type')} changed in the catalogue.")
    return " ".join(told)


def _many(number: int, word: str) -> str:
    return f"1 {word}" if number == 1 else f"{number} {word}s"


def _live(report: ImportReport | None) -> int:
    """How many ticket types change in the catalogue, drafts or not: they have no versions."""
    changed = report.changed if report else []
    return sum(entry.kind == Kind.TICKET and entry.is_published for entry in changed)


def _next_page(report: ImportReport) -> str:
    """The page of the one workflow of the file, else their list."""
    keys = [entry for entry in report.entries if entry.kind == Kind.WORKFLOW]
    if len(keys) == 1:
        versions = WorkflowDefinition.objects.filter(key=keys[0].key)
        row = versions.filter(version=keys[0].version or 0).first()
        if row is not None:
            return reverse("design:definitions_workflowdefinition_change", args=[row.pk])
    return reverse("design:definitions_workflowdefinition_changelist")


def _tried(
    person: User, document: Document, *, publish: bool
) -> tuple[ImportReport | None, Sequence[Problem]]:
    """What would happen, or why nothing can."""
    try:
        report = import_bundle(person, document, publish=publish, dry_run=True, careful=True)
    except DomainError as error:
        return None, problems_in(error)
    return report, ()


def problems_in(error: DomainError) -> Sequence[Problem]:
    """Why something is refused; a right that is missing has no place in the file."""
    if isinstance(error, HasProblems):
        return error.problems
    return (Problem(error.code, error.message),)


def _to_tell(drafts: ImportReport | None, publish_refused: Sequence[Problem]) -> list[Problem]:
    """What stops publishing first, then hints; each once."""
    return once([*publish_refused, *(drafts.problems if drafts else ())])


def _changes(report: ImportReport | None) -> int:
    return len(report.created) + len(report.changed) if report else 0


def _publishes(report: ImportReport | None, *, beyond: int) -> bool:
    """Whether publishing would do anything `beyond` the changes that show at once anyway: what
    nothing carries out yet stays a draft.
    """
    entries = report.entries if report else ()
    return sum(one.is_published and one.effect != Effect.UNCHANGED for one in entries) > beyond


def _sections(entries: Sequence[Entry], chosen: str) -> list[Section]:
    wanted = {"created": Effect.CREATED, "changed": Effect.CHANGED, "unchanged": Effect.UNCHANGED}
    shown = [e for e in entries if chosen not in wanted or e.effect == wanted[chosen]]
    if chosen == "problems":
        shown = []
    sections = [
        Section(title, [(entry, CHIPS[entry.effect]) for entry in shown if entry.kind == kind])
        for kind, title in SECTIONS.items()
    ]
    return [section for section in sections if section.entries]


def _tabs(entries: Sequence[Entry], problems: Sequence[Line], chosen: str) -> list[Tab]:
    numbers = {effect.value: sum(entry.effect == effect for entry in entries) for effect in Effect}
    is_hot = any(line.problem.blocks for line in problems)
    tabs = [
        ("", "All", len(entries)),
        ("created", "Create", numbers["created"]),
        ("changed", "Change", numbers["changed"]),
        ("unchanged", "Unchanged", numbers["unchanged"]),
        ("problems", "Problems", len(problems)),
    ]
    return [
        Tab(title, f"?show={key}", number, key == chosen, hot=key == "problems" and is_hot)
        for key, title, number in tabs
        if number or key in {"", chosen}
    ]


def _content(cleaned: dict[str, Any]) -> tuple[bytes | str, str]:
    file: UploadedFile[Any] | None = cleaned.get("file")
    if file is None:
        return cleaned["text"], ""
    return file.read(LIMITS.bytes + 1), file.name or ""


def _readable(content: bytes | str) -> str:
    """The text for the person; nothing of what is no text."""
    if isinstance(content, bytes) and is_no_text(content):
        return ""
    text = content if isinstance(content, str) else content.decode(errors="replace")
    return text.removeprefix("\ufeff").replace("\x00", "\ufffd")


def _with_text_kept(form: TextForm) -> TextForm:
    """A text box refuses a NUL before we see it; what was typed stays all the same."""
    kept = type(form)(initial={"text": _readable(form.data.get("text", ""))})
    kept._errors = form.errors  # type: ignore[attr-defined]
    return kept


def _size(text: str) -> str:
    size = len(text.encode())
    return f"{size} bytes" if size < 1_000 else f"{size / 1_000:,.0f} KB"


def _counted(document: Document) -> str:
    """ "3 workflows, 14 steps, 4 ticket types"."""
    value = document.value if isinstance(document.value, dict) else {}
    workflows, tickets = _list(value, "workflows"), _list(value, "tickets")
    steps = sum(len(_list(workflow, "tasks")) for workflow in workflows)
    counts = [(len(workflows), "workflow"), (steps, "step"), (len(tickets), "ticket type")]
    return ", ".join(f"{n} {word if n == 1 else word + 's'}" for n, word in counts if n)


def _list(value: Any, name: str) -> list[Any]:
    found = value.get(name) if isinstance(value, dict) else None
    return found if isinstance(found, list) else []
