"""A form that sends more than we read is answered before anything of it is."""

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse

from admin_site import error_pages

Responder = Callable[[HttpRequest], HttpResponse]


class RequestSizeMiddleware:
    """Stands before whatever reads the form."""

    def __init__(self, get_response: Responder) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        size = request.META.get("CONTENT_LENGTH") or "0"
        most = settings.REQUEST_MEGABYTES * 1024 * 1024
        if size.isascii() and size.isdecimal() and int(size[:18]) > most:
            return error_pages.too_large(request)
        return self.get_response(request)
