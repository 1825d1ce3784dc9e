"""The page of both ways: rows out, and rows in."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from django.core.files.uploadedfile import UploadedFile
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse

from admin_site.design.problem_lines import Line
from admin_site.design.rows.forms import ALL, RowsForm
from admin_site.design.rows.telling import MOST_PROBLEMS
from admin_site.design.uploads import problems_in
from admin_site.people import person_of
from definitions.errors import Problem
from definitions.resources import (
    FORMATS,
    RowKind,
    choose_tables,
    columns_of,
    import_rows,
    keep_rows,
    kind_of_file,
)
from definitions.resources.importing import Tables
from definitions.tables import LIMITS, read_tables
from tenants.errors import DomainError
from tenants.models import User

if TYPE_CHECKING:
    from admin_site.design.site import DesignSite


def rows(site: "DesignSite", request: HttpRequest) -> HttpResponse:
    """Both ways on one page; what cannot be imported comes back with its problems."""
    wrong: Sequence[Problem] = ()
    form = RowsForm(initial={"kind": request.GET.get("what", ALL)})
    if request.method == "POST":
        form = RowsForm(request.POST, request.FILES)
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
    found = read_tables(content, name)
    if wanted is None and [table.name for table in found] == [""]:
        wanted = kind_of_file(name)
    tables: Tables = choose_tables(found, wanted)
    remove = asked["remove_others"]
    import_rows(person, tables, dry_run=True, remove_others=remove)
    kept = keep_rows(person, tables, name, remove_others=remove)
    return redirect("design:rows_preview", kept.token)


def _content(asked: dict[str, Any]) -> tuple[bytes | str, str]:
    file: UploadedFile[Any] | None = asked.get("file")
    if file is None:
        return asked["text"], ""
    return file.read(LIMITS.bytes + 1), file.name or ""
