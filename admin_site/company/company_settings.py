"""The company's name and time zone."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone

from admin_site.base import RoleSite
from admin_site.company.forms import CompanyForm, time_zones
from admin_site.people import person_of
from tenants import impersonation, services
from tenants.errors import DomainError
from tenants.models import Company


def company_of(request: HttpRequest) -> Company:
    """The company whose pages these are."""
    company = impersonation.company_of(request) or person_of(request).company
    if company is None:
        raise TypeError("The site of a company opens for its people only.")
    return company


def page(site: RoleSite, request: HttpRequest) -> HttpResponse:
    """Shows the settings on GET, changes them on POST."""
    company = Company.objects.get(pk=company_of(request).pk)
    sent = request.POST if request.method == "POST" else None
    form = CompanyForm(sent, initial=CompanyForm.of(company))
    if form.is_valid():
        try:
            services.change_company(person_of(request), company, **form.cleaned_data)
        except DomainError as error:
            form.refuse(error)
        else:
            messages.success(request, "Saved.")
            return redirect("company:settings")
    return site.page(
        request, "company/settings.html",
        title="Settings", form=form, company=company, zones=time_zones(),
        clock=timezone.localtime().strftime("%H:%M"), zone=timezone.get_current_timezone_name(),
    )  # fmt: skip
