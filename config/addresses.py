"""Addresses that can name nothing: PostgreSQL keeps no NUL in a text, so no name has one."""

from collections.abc import Callable

from django.http import Http404, HttpRequest, HttpResponse


class AddressMiddleware:
    """Says "no such page" before a view asks the database for a thing with a NUL in its name.

    Stands last: its refusal is a page.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if "\x00" in request.path_info:
            raise Http404
        return self.get_response(request)
