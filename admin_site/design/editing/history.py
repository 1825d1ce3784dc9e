"""What was changed in a draft or a ticket type, and the way back."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect

from admin_site.design.editing.saving import SEEN, opened, refused_elsewhere
from admin_site.design.lists import DesignAdmin
from admin_site.people import person_of
from definitions.bundle.differences import in_one_line
from definitions.models import DefinitionStatus, Revision, WorkflowDefinition
from definitions.services import (
    document_of,
    fingerprint,
    go_back,
    redo,
    revisions_of,
    undo,
    undoable,
)
from tenants.errors import DomainError


@dataclass(frozen=True, slots=True)
class Undoing:
    """What the buttons of a page take back; "" where there is nothing."""

    seen: str
    undo: str
    redo: str
    count: int


def undoing(row: Any) -> Undoing | None:
    """None: nothing can be taken back in it."""
    if isinstance(row, WorkflowDefinition) and row.status != DefinitionStatus.DRAFT:
        return None
    revisions = revisions_of(row)
    last, next_one = undoable(revisions)
    by_number = {one.number: one for one in revisions}
    return Undoing(
        row.content_hash or fingerprint(document_of(row)),
        _told(last, by_number),
        _told(next_one, by_number),
        len(revisions),
    )


def _told(revision: Revision | None, by_number: dict[int, Revision]) -> str:
    """What was done, in words: of an undoing, what it took back."""
    seen = 0
    while revision is not None and revision.undoes in by_number and seen < len(by_number):
        revision, seen = by_number[revision.undoes], seen + 1
    return in_one_line(revision.changes) if revision is not None else ""


def take_back(admin: DesignAdmin, request: HttpRequest, object_id: str) -> HttpResponse:
    return _act(admin, request, object_id, undo, "Undone.")


def do_again(admin: DesignAdmin, request: HttpRequest, object_id: str) -> HttpResponse:
    return _act(admin, request, object_id, redo, "Done again.")


def _act(
    admin: DesignAdmin,
    request: HttpRequest,
    object_id: str,
    verb: Callable[..., Any],
    words: str,
    *more: int,
) -> HttpResponse:
    """A button; whoever comes by a link only sees the definition."""
    row = admin.get_or_404(request, object_id)
    if request.method == "POST":
        try:
            with transaction.atomic():
                verb(person_of(request), row, *more, seen=request.POST.get(SEEN, ""))
            messages.success(request, words)
        except DomainError as error:
            refused_elsewhere(request, error)
    return redirect(admin.url_of(row))


@dataclass(frozen=True, slots=True)
class Line:
    """One change as the page tells it. `undone`: it undid or redid another."""

    revision: Revision
    changes: Sequence[str]
    mark: str
    back_url: str


def history(admin: DesignAdmin, request: HttpRequest, object_id: str) -> HttpResponse:
    """Who changed what, the newest first; and the way back to before each."""
    found = opened(admin, request, object_id, "history")
    if isinstance(found, HttpResponse):
        return found
    revisions = revisions_of(found.row)
    by_number = {one.number: one for one in revisions}
    can_go_back = undoing(found.row) is not None
    lines = [
        Line(
            one,
            one.changes,
            _mark(one, by_number),
            admin.verb_url(found.row, "back", str(one.number)) if can_go_back else "",
        )
        for one in revisions
    ]
    return admin.admin_site.page(
        request, "design/editing/history.html", found.frame(None),
        title="What was changed", lines=lines, seen=fingerprint(found.document),
    )  # fmt: skip


def _mark(revision: Revision, by_number: dict[int, Revision]) -> str:
    if revision.undoes is None:
        return ""
    earlier = by_number.get(revision.undoes)
    return "Done again" if earlier is not None and earlier.undoes is not None else "Undone"


def back(admin: DesignAdmin, request: HttpRequest, object_id: str, number: str) -> HttpResponse:
    """As it was before one change."""
    if request.method != "POST":
        return redirect(admin.url_of(admin.get_or_404(request, object_id)))
    if not number.isdecimal() or len(number) > 9:
        raise Http404
    return _act(admin, request, object_id, go_back, "It is as it was before.", int(number))
