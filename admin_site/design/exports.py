"""Take definitions out: choose what, get one file."""

from typing import TYPE_CHECKING

from django.db.models import Exists
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse

from admin_site.design.lists import newer_versions
from admin_site.people import person_of
from definitions.documents import to_json, to_yaml
from definitions.models import DefinitionStatus, TicketDefinition, WorkflowDefinition
from definitions.services import export_bundle
from tenants.errors import NotFound

if TYPE_CHECKING:
    from admin_site.design.site import DesignSite

WRITERS = {"yaml": (to_yaml, "application/yaml"), "json": (to_json, "application/json")}


def export(site: "DesignSite", request: HttpRequest) -> HttpResponse:
    """The page on which one chooses."""
    newest = WorkflowDefinition.objects.filter(~Exists(newer_versions()))
    archived = DefinitionStatus.ARCHIVED
    return site.page(
        request, "design/export.html",
        title="Export",
        workflows=newest.exclude(status=archived).only("key", "title").order_by("title", "key"),
        types=TicketDefinition.objects.exclude(status=archived)
        .only("key", "title").order_by("title", "key"),
        file_url=reverse("design:export_file"), upload_url=reverse("design:upload"),
    )  # fmt: skip


def export_file(site: "DesignSite", request: HttpRequest) -> HttpResponse:
    """The file: `key` may be given many times, none means everything; `as` is yaml or json."""
    kind = request.GET.get("as", "yaml")
    if kind not in WRITERS:
        raise Http404
    try:
        document = export_bundle(person_of(request), request.GET.getlist("key") or None)
    except NotFound as error:
        raise Http404 from error
    write, content_type = WRITERS[kind]
    keys = request.GET.getlist("key")
    name = f"{_plain(keys[0])}" if len(keys) == 1 else "definitions"
    return HttpResponse(
        write(document),
        content_type=f"{content_type}; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{name}.{kind}"'},
    )


def _plain(key: str) -> str:
    """A key as part of a file's name: anything unusual becomes a line."""
    return "".join(c if c.isascii() and c.isalnum() else "-" for c in key).strip("-") or "export"
