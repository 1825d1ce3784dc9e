"""From a request to the company, and the person, in force."""

from collections.abc import Callable

from django.conf import settings
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from tenants import impersonation, logs
from tenants.accounts import COMPANY_IN_SESSION
from tenants.context import request_context
from tenants.models import User

Responder = Callable[[HttpRequest], HttpResponse]


class TenantMiddleware:
    """One outer transaction carries the tenant for the whole request, rendering included.

    Stands after the session and before authentication: the person is loaded inside the label.
    """

    def __init__(self, get_response: Responder) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        with request_context(request.session.get(COMPANY_IN_SESSION, "")):
            response = self.get_response(request)
            if response.status_code >= 500:
                transaction.set_rollback(True)
            return response


class PersonMiddleware:
    """Looks into a company where a platform person does so, shows times in the company's zone, and
    names both to the log.

    Stands after authentication and messages: its refusal is a page.
    """

    def __init__(self, get_response: Responder) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        user = request.user
        company = impersonation.enter(request) or (user.company if isinstance(user, User) else None)
        who = {"company": str(company.pk)} if company else {}
        if isinstance(user, User):
            who["person"] = str(user.pk)
        request.about = who  # type: ignore[attr-defined]
        zone = company.time_zone if company else settings.TIME_ZONE
        with timezone.override(zone), logs.about(**who):
            return impersonation.refusal(request) or self.get_response(request)
