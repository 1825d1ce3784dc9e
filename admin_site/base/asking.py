"""Asking before acting."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.http import url_has_allowed_host_and_scheme

from admin_site.base.sent import NUL
from admin_site.base.sites import RoleSite
from admin_site.forms import PlainForm, ReasonForm
from tenants.errors import DomainError


def ask(
    site: RoleSite,
    request: HttpRequest,
    *,
    act: Callable[[dict[str, Any]], Any],
    title: str,
    back: str,
    form_class: type[PlainForm] = ReasonForm,
    form_kwargs: Mapping[str, Any] | None = None,
    explain: str = "",
    button: str = "Go on",
    danger: bool = False,
    done: str = "",
    subject: str = "",
    crumbs: Sequence[tuple[str, str]] = (),
) -> HttpResponse:
    """The page behind `TenantModelAdmin.confirm`, for pages without a model.

    `act` gets the cleaned answers; if it returns an address, that is where the person goes on,
    else to `next` of the request or to `back`.
    """
    back = wanted_next(request) or back
    sent = (request.POST, request.FILES) if request.method == "POST" else (None, None)
    form = form_class(*sent, **(form_kwargs or {}))
    if form.is_valid():
        outcome = _acted(act, form)
        if not form.errors:
            if done:
                messages.success(request, done)
            return HttpResponseRedirect(outcome if isinstance(outcome, str) else back)
    return site.page(
        request, "admin_site/confirm.html",
        title=title, form=form, explain=explain, button=button, danger=danger, back=back,
        subject=subject, crumbs=crumbs,
    )  # fmt: skip


def _acted(act: Callable[[dict[str, Any]], Any], form: PlainForm) -> Any:
    """Runs the verb in a savepoint, so that one that refuses half-way leaves nothing behind."""
    try:
        with transaction.atomic():
            return act(form.cleaned_data)
    except DomainError as error:
        form.refuse(error)
    return None


def wanted_next(request: HttpRequest) -> str:
    """The page the person came from, when it is one of ours."""
    wanted = request.POST.get("next") or request.GET.get("next") or ""
    ours = url_has_allowed_host_and_scheme(wanted, {request.get_host()}, request.is_secure())
    return wanted if ours and NUL not in wanted else ""
