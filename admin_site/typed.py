"""What somebody had typed, for pages that come in the place of the one it was typed for."""

import re
from urllib.parse import urlsplit

from django.http import HttpRequest
from django.urls import reverse

# Named so in forms of ours; a name that contains one of the words is a secret wherever it stands.
_SECRETS = re.compile(r"passw|secret|token|credential|api_?key", re.IGNORECASE)
_NOT_TYPED = frozenset({"action", "index", "select_across", "next"})
COMMENT = "_comment"  # stands in another form, hence the underscore of the page's own fields
_LINES = ".~lines"  # a list that is typed one line each; other names with .~ are the form's own


def typed_in(request: HttpRequest) -> list[tuple[str, str]]:
    """(name, text) of everything that somebody filled in; no secret, and nothing of the page's own.

    Nothing either of what another site sent in their name: our pages do not show its words.
    """
    asks_for_passwords = request.path == reverse("profile")
    if request.method != "POST" or asks_for_passwords or not _came_from_us(request):
        return []
    return [
        (_in_words(name), value)
        for name, values in request.POST.lists()
        for value in values
        if value.strip() and _is_typed(name)
    ]


def where_it_was_typed(request: HttpRequest) -> str:
    """The path of the page that held the form: an address that takes a POST may open no page."""
    referer = urlsplit(request.headers.get("Referer", ""))
    if referer.netloc == request.get_host() and referer.path.startswith("/"):
        return f"{referer.path}?{referer.query}" if referer.query else referer.path
    return request.get_full_path()


def _came_from_us(request: HttpRequest) -> bool:
    """Browsers say with every POST from where it comes; what says nothing is no browser."""
    origin = request.headers.get("Origin")
    return origin is None or urlsplit(origin).netloc == request.get_host()


def _is_typed(name: str) -> bool:
    if name == COMMENT:
        return True
    if name.startswith("_") or name in _NOT_TYPED or _SECRETS.search(name):
        return False
    return ".~" not in name or name.endswith(_LINES)


def _in_words(name: str) -> str:
    return name.removesuffix(_LINES).replace("_", " ").strip().capitalize()
