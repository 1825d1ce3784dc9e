"""Rows as a file to download."""

from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING

from django.http import Http404, HttpRequest, HttpResponse

from admin_site.design.rows.forms import ALL
from admin_site.people import person_of
from definitions.resources import FORMATS, RowKind, file_of

if TYPE_CHECKING:
    from admin_site.design.site import DesignSite


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
