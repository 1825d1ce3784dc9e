"""The pages: the tiles, one entry with its picture and its form, and the preview of its import."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse

from admin_site.design import uploads
from admin_site.design.gallery.forms import CloneForm, roles_there
from admin_site.people import person_of
from admin_site.pictures import Figure, figure
from definitions.bundle.meaning import graph_of
from definitions.documents import read_text
from definitions.gallery import Entry, entries, entry_of
from definitions.gallery.cloning import clone, is_new
from definitions.models import PendingImport
from definitions.services import one_at_a_time
from definitions.uploads import find_upload
from tenants.errors import DomainError, NotFound

if TYPE_CHECKING:
    from admin_site.design.site import DesignSite

NOT_NEW = (
    "In the meantime the company got something with this key, and nothing is overwritten. Choose "
    "it here again, with another key."
)

#: Pictures by key of the entry: they are always the same.
_pictures: dict[str, Figure] = {}


@dataclass(frozen=True, slots=True)
class Tile:
    entry: Entry
    href: str
    picture: Figure | None

    @property
    def steps(self) -> str:
        number = len(self.entry.workflow["tasks"])
        return "1 step" if number == 1 else f"{number} steps"

    @property
    def search_words(self) -> str:
        return _searched(self.entry)


@dataclass(frozen=True, slots=True)
class Group:
    title: str
    tiles: Sequence[Tile]


def gallery(site: "DesignSite", request: HttpRequest) -> HttpResponse:
    """Tiles in the groups of the catalogue; `q` searches."""
    query = request.GET.get("q", "").strip()[:200]
    shown = [entry for entry in entries() if _fits(entry, query)]
    titles = dict.fromkeys(entry.ticket["category"] for entry in shown)
    groups = [
        Group(title, [_tile(entry) for entry in shown if entry.ticket["category"] == title])
        for title in titles
    ]
    return site.page(
        request, "design/gallery/gallery.html",
        title="Gallery", groups=groups, query=query, upload_url=reverse("design:upload"),
    )  # fmt: skip


def entry_page(site: "DesignSite", request: HttpRequest, key: str) -> HttpResponse:
    """What an entry does, and the form that clones it."""
    entry = _entry_or_404(key)
    person = person_of(request)
    form = CloneForm(request.POST or None, entry=entry, person=person)
    if form.is_valid():
        try:
            kept = clone(person, entry, form.wishes())
            return redirect("design:gallery_preview", kept.token)
        except DomainError as error:
            form.refuse(error)
    return site.page(
        request, "design/gallery/entry.html",
        title=entry.title, crumbs=[("Gallery", reverse("design:gallery"))],
        entry=entry, form=form, figure=_picture(entry),
        gallery_url=reverse("design:gallery"),
    )  # fmt: skip


def preview(site: "DesignSite", request: HttpRequest, token: str) -> HttpResponseBase:
    """The preview of any upload, which here never changes what the company has."""
    gallery_url = reverse("design:gallery")
    frame = {"crumbs": [("Gallery", gallery_url)], "cancel_url": gallery_url, "publish_first": True}
    if request.method != "POST":
        return uploads.preview(site, request, token, **frame)
    bundle = _kept(request, token)
    if bundle is None:
        return uploads.preview(site, request, token)
    one_at_a_time()
    if not is_new(bundle):
        messages.error(request, NOT_NEW)
        return redirect("design:gallery")
    answer = uploads.preview(site, request, token)
    if not PendingImport.objects.filter(token=token).exists():
        _tell_who_is_missing(request, bundle)
    return answer


def _kept(request: HttpRequest, token: str) -> dict[str, Any] | None:
    try:
        kept = find_upload(person_of(request), token)
    except NotFound:
        return None
    value = read_text(kept.text, kept.name).value
    return value if isinstance(value, dict) else None


def _tell_who_is_missing(request: HttpRequest, bundle: dict[str, Any]) -> None:
    """A task for a role with nobody in it waits; better to know that before the first request."""
    steps = [task for workflow in bundle["workflows"] for task in workflow["tasks"]]
    used = {task["assign"]["company_role"] for task in steps if "assign" in task}
    empty = [role.title for role in roles_there() if role.key in used and not role.people]
    if empty:
        names = ", ".join(f"“{title}”" for title in empty)
        messages.warning(
            request,
            f"Nobody who works on tasks is in {names} yet: its steps wait until somebody is. "
            "A company admin puts people into company roles.",
        )


def _entry_or_404(key: str) -> Entry:
    try:
        return entry_of(key)
    except NotFound as error:
        raise Http404 from error


def _url(entry: Entry) -> str:
    return reverse("design:gallery_entry", args=[entry.key])


def _tile(entry: Entry) -> Tile:
    return Tile(entry, _url(entry), _picture(entry))


def _picture(entry: Entry) -> Figure | None:
    if entry.key not in _pictures:
        drawn = figure(graph_of(entry.workflow), entry.title, name=f"gallery-{entry.key}")
        if drawn is None or not drawn.svg:
            return drawn  # no answer in time: the next page asks again
        _pictures[entry.key] = drawn
    return _pictures[entry.key]


def _fits(entry: Entry, query: str) -> bool:
    searched = _searched(entry)
    return all(word in searched for word in query.lower().split())


def _searched(entry: Entry) -> str:
    roles = " ".join(role.title for role in entry.roles)
    told = (entry.title, entry.purpose, *entry.story, entry.words, roles, entry.workflow["title"])
    return " ".join(told).lower()
