"""What came with a request, made fit to be asked for."""

from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.http import HttpRequest

from admin_site.keys import uuid_or_none

NUL, UNREADABLE = "\x00", "\ufffd"


def make_readable(request: HttpRequest) -> None:
    """PostgreSQL stores no NUL, so a text with one can match nothing; asking with it would fail."""
    if NUL not in "".join(
        value for values in request.GET.lists() for value in (values[0], *values[1])
    ):
        return
    readable = request.GET.copy()
    readable.clear()
    for name, values in request.GET.lists():
        readable.setlist(
            name.replace(NUL, UNREADABLE), [v.replace(NUL, UNREADABLE) for v in values]
        )
    request.GET = readable  # type: ignore[assignment]


def drop_unreadable_keys(request: HttpRequest) -> None:
    """Rows are chosen by key; Django would fail on a text that is none."""
    if request.method != "POST":
        return
    sent = request.POST.copy()
    chosen = [key for key in sent.getlist(ACTION_CHECKBOX_NAME) if uuid_or_none(key)]
    sent.setlist(ACTION_CHECKBOX_NAME, chosen)
    request.POST = sent  # type: ignore[assignment]
