"""A platform person looks into a company: with a reason, visibly, read-only unless lifted, logged
in both the platform's log and the company's."""

from datetime import datetime, timedelta
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.urls import get_resolver
from django.utils import timezone

from tenants.accounts import COMPANY_IN_SESSION
from tenants.audit import record
from tenants.context import PLATFORM, platform_context, relabel, tenant_context
from tenants.errors import DomainError, NotAllowed
from tenants.models import Company, User

IN_SESSION = "_impersonation"
LASTS = timedelta(minutes=30)
READING = frozenset({"GET", "HEAD", "OPTIONS", "TRACE"})
# What a platform person must be able to do while they may change nothing.
ALWAYS_ALLOWED = ("/platform/impersonation/", "/logout/")


class OnlyReading(PermissionDenied):
    """Something was to be changed by a person who may only look."""


def start(request: HttpRequest, company: Company, *, reason: str) -> None:
    """Look into `company` from the next request on.

    Raises:
        NotAllowed: the person does not belong to the platform, or looks into a company already.
        DomainError: no reason was given.
    """
    user = request.user
    if not isinstance(user, User) or not user.is_superuser or IN_SESSION in request.session:
        raise NotAllowed("Only platform people can look into a company, and into one at a time.")
    if not reason.strip():
        raise DomainError(
            "Say why you look into this company.", fields={"reason": "Please fill this in."}
        )
    request.session.cycle_key()
    request.session[IN_SESSION] = {
        "company": str(company.pk),
        "reason": reason.strip(),
        "may_write": False,
        "since": timezone.now().isoformat(),
    }
    _log_twice(user, company, "impersonation started", {"reason": reason.strip()})


def lift(request: HttpRequest) -> None:
    """Allow changes for the rest of this look.

    Raises:
        NotAllowed: nobody looks into a company in this session.
    """
    company = company_of(request)
    if company is None or not isinstance(request.user, User):
        raise NotAllowed("Look into a company first.")
    running = request.session[IN_SESSION]
    request.session[IN_SESSION] = {**running, "may_write": True}
    _log_twice(request.user, company, "impersonation may write", {"reason": running["reason"]})


def only_read(request: HttpRequest) -> None:
    """Take the right to change back, for the rest of this look or until it is lifted again.

    Raises:
        NotAllowed: nobody looks into a company in this session.
    """
    company = company_of(request)
    if company is None or not isinstance(request.user, User):
        raise NotAllowed("Look into a company first.")
    running = request.session[IN_SESSION]
    request.session[IN_SESSION] = {**running, "may_write": False}
    if running["may_write"]:
        _log_twice(request.user, company, "impersonation only reads", {})


def stop(request: HttpRequest) -> None:
    """Back to the platform. Nothing of the company stays in the session."""
    company = company_of(request)
    request.session.pop(IN_SESSION, None)
    request.session.cycle_key()
    if company and isinstance(request.user, User):
        _log_twice(request.user, company, "impersonation ended", {})


def enter(request: HttpRequest) -> Company | None:
    """Switch the rest of the request to the company that is looked into, if any.

    The platform person has been loaded by then, in the platform's label, where they live.
    """
    running = request.session.get(IN_SESSION)
    user = request.user
    if not running or request.session.get(COMPANY_IN_SESSION) != PLATFORM:
        return None
    company = Company.objects.filter(pk=running["company"]).first()
    if company is None or not isinstance(user, User) or not user.is_superuser:
        _forget(request)
        return None
    if _is_over(running["since"]):
        _forget(request)
        _log_twice(user, company, "impersonation ended", {"reason": "The time was over."})
        return None
    request.impersonated_company = company  # type: ignore[attr-defined]
    relabel(str(company.pk))
    return company


def company_of(request: HttpRequest) -> Company | None:
    """The company that a platform person looks into with this request, if any."""
    return getattr(request, "impersonated_company", None)


def may_write(request: HttpRequest) -> bool:
    """False for a platform person who may only look; whatever else stops a change is not asked."""
    return company_of(request) is None or bool(request.session[IN_SESSION]["may_write"])


def banner(request: HttpRequest) -> dict[str, Any] | None:
    """{company, reason, may_write, since, until}; None when nobody looks in."""
    company = company_of(request)
    if company is None or not (running := request.session.get(IN_SESSION)):
        return None
    since = datetime.fromisoformat(running["since"])
    return {**running, "company": company, "since": since, "until": since + LASTS}


def refusal(request: HttpRequest) -> HttpResponse | None:
    """A page that refuses a change while only reading is allowed: the handler of 403 draws it."""
    reads = request.method in READING or request.path.startswith(ALWAYS_ALLOWED)
    if reads or may_write(request):
        return None
    draw: Any = get_resolver().resolve_error_handler(403)
    answer: HttpResponse = draw(request, OnlyReading())
    return answer


def ended_by_signing_out(request: HttpRequest, user: object) -> None:
    """The session is about to go, and the look with it; the logs say so."""
    if isinstance(user, User) and (company := company_of(request)):
        _log_twice(user, company, "impersonation ended", {"reason": "Signed out."})


def _forget(request: HttpRequest) -> None:
    del request.session[IN_SESSION]
    request.session.cycle_key()


def _is_over(since: str) -> bool:
    return timezone.now() - datetime.fromisoformat(since) > LASTS


def _log_twice(user: User, company: Company, action: str, detail: dict[str, Any]) -> None:
    """The platform's line also names the company by what two of the same name do not share."""
    with platform_context():
        record(user, action, company.name, {"company": company.slug, **detail})
    with tenant_context(company):
        record(user, action, company.name, detail)
