"""`/healthz`: whether this product can do its work right now.

A middleware before all others, because those who ask are machines: they come by IP address and
over plain http, and they need an answer also when the database, and with it every page, is gone.
"""

import logging
from collections.abc import Callable

from django.db import DatabaseError
from django.http import HttpRequest, HttpResponse, JsonResponse

from operations.store.jobs import oldest_waiting_seconds
from operations.sweeper import oldest_due_seconds

log = logging.getLogger(__name__)

Responder = Callable[[HttpRequest], HttpResponse]

# The worker sweeps every few seconds; work that is older than this means that none is running.
QUEUE_IS_BEHIND_AFTER_SECONDS = 60


class HealthMiddleware:
    def __init__(self, get_response: Responder) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.path == "/healthz":
            return health()
        return self.get_response(request)


def health() -> HttpResponse:
    """200 when pages can be served, 503 otherwise; names the part, and nothing of use to strangers.

    A queue that is behind is told but is no reason to take the pages away.
    """
    try:
        waiting = max(oldest_due_seconds(), oldest_waiting_seconds())
    except DatabaseError:
        log.exception("The database does not answer.")
        return JsonResponse({"database": "down", "queue": "unknown"}, status=503)
    queue = "behind" if waiting > QUEUE_IS_BEHIND_AFTER_SECONDS else "ok"
    return JsonResponse({"database": "ok", "queue": queue})
