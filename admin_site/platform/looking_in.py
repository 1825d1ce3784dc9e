"""A platform person looks into a company: the pages around `tenants.impersonation`."""

from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_protect
from django.views.decorators.http import require_http_methods, require_POST

from admin_site import look
from admin_site.base import RoleSite, ask, wanted_next
from admin_site.forms import LONGEST_REASON, ConfirmForm, PlainForm
from tenants import impersonation
from tenants.models import Company

EXPLAIN = (
    "You then see what its people see, in all their sites, for half an hour. Nothing can be "
    "changed before you allow it yourself. The company reads in its log that you were there, "
    "and why."
)


class WhyForm(PlainForm):
    reason = forms.CharField(
        label="Why",
        max_length=LONGEST_REASON,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text="For example the number of the support case. The company can read it.",
    )


def start(site: RoleSite, request: HttpRequest, company_id: UUID) -> HttpResponse:
    """Asks for the reason on GET; a POST leads to the company's sites."""
    company = Company.objects.filter(pk=company_id).first()
    if company is None:
        raise Http404

    def act(answers: dict[str, Any]) -> str:
        impersonation.start(request, company, **answers)
        _forget_messages(request)
        return reverse("start")

    companies = reverse("platform:tenants_company_changelist")
    page = reverse("platform:tenants_company_change", args=[company.pk])
    return ask(
        site, request, act=act, form_class=WhyForm, title=f"Look into {company}?", explain=EXPLAIN,
        button="Look in", back=page, subject=company.slug,
        crumbs=[("Companies", companies), (company.name, page)],
    )  # fmt: skip


@never_cache
@csrf_protect
@require_http_methods(["GET", "HEAD", "POST"])
def lift(request: HttpRequest) -> HttpResponse:
    """Asks before changes are allowed."""
    if impersonation.company_of(request) is None:
        raise PermissionDenied
    back = wanted_next(request) or reverse("start")
    form = ConfirmForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        impersonation.lift(request)
        return HttpResponseRedirect(back)
    return render(
        request,
        "platform/lift.html",
        look.frame(request, title="Allow changes?", form=form, back=back),
    )


@never_cache
@csrf_protect
@require_POST
def only_read(request: HttpRequest) -> HttpResponse:
    """The way back from `lift`, to the page one is on."""
    if impersonation.company_of(request) is None:
        raise PermissionDenied
    impersonation.only_read(request)
    return HttpResponseRedirect(wanted_next(request) or reverse("start"))


@never_cache
@csrf_protect
@require_POST
def stop(request: HttpRequest) -> HttpResponse:
    """Back to the platform; nothing of the company goes along."""
    if not getattr(request.user, "is_superuser", False):
        raise PermissionDenied
    company = impersonation.company_of(request)
    impersonation.stop(request)
    _forget_messages(request)
    if company is None:
        return redirect("start")
    return redirect("platform:tenants_company_change", company.pk)


def _forget_messages(request: HttpRequest) -> None:
    """What was said on one side of the wall is not shown on the other."""
    for _ in messages.get_messages(request):
        pass
