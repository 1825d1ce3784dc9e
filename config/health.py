"""`/healthz`: whether this product can do its work right now.

A middleware before all others, because those who ask are machines: they come by IP address and
over plain http, and they need an answer also when the database, and with it every page, is gone.
"""

import logging
from collections.abc import Callable

from django.db import DatabaseError, connection
from django.http import HttpRequest, HttpResponse, JsonResponse

log = logging.getLogger(__name__)

Responder = Callable[[HttpRequest], HttpResponse]


class HealthMiddleware:
    def __init__(self, get_response: Responder) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.path == "/healthz":
            return health()
        return self.get_response(request)


def health() -> HttpResponse:
    """200 when all is well, 503 otherwise; says which part, and nothing a stranger could use."""
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except DatabaseError:
        log.exception("The database does not answer.")
        return JsonResponse({"database": "down"}, status=503)
    return JsonResponse({"database": "ok"})
