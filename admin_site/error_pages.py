"""What people see when a page cannot be shown. Named in `config.urls` and the settings.

None of them asks the database anything or names what was asked for: another company's thing and a
missing one look the same. Where something was sent, the page gives the typed text back.
"""

from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.http import urlencode

from admin_site import look
from admin_site.typed import typed_in, where_it_was_typed
from tenants import impersonation


def _page(request: HttpRequest, status: int, name: str, **more: Any) -> HttpResponse:
    return render(request, f"{name}.html", look.frame(request, **more), status=status)


def bad_request(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """A question that this page does not answer: a filter that is none, a host that is not ours."""
    return _page(request, 400, "400")


def forbidden(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """Also for platform people who look into a company and would change something."""
    is_reading = isinstance(exception, impersonation.OnlyReading)
    return _page(request, 403, "403_read_only" if is_reading else "403", typed=typed_in(request))


def logged_out(request: HttpRequest) -> HttpResponse:
    """Something was sent after the session had ended: leading to the door would lose it."""
    back = urlencode({"next": where_it_was_typed(request)})
    typed = typed_in(request)
    return _page(request, 403, "403_logged_out", typed=typed, door=f"{reverse('login')}?{back}")


def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return _page(request, 404, "404")


def broke(request: HttpRequest) -> HttpResponse:
    """Fixed text and nothing else: whatever broke must not break this page too."""
    return HttpResponse(render_to_string("500.html"), status=500)


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """Mostly a form that was open for a day, or cookies that are switched off."""
    return _page(request, 403, "403_csrf", typed=typed_in(request))


def too_large(request: HttpRequest) -> HttpResponse:
    """More than one form may send; none of it was read."""
    figures = {"most": settings.REQUEST_MEGABYTES, "most_of_one": settings.FILE_MEGABYTES}
    return _page(request, 413, "413", **figures)


def locked(
    request: HttpRequest,
    response: HttpResponse | None = None,
    credentials: dict[str, Any] | None = None,
) -> HttpResponse:
    """Too many failures to sign in. Says the same whether or not the address has an account."""
    return _page(request, 429, "429")
