"""The companies, from outside: their names, whether they are on, and what was done to them."""

from collections.abc import Mapping
from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.admin import SimpleListFilter
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import URLPattern, URLResolver, reverse
from django.utils import timezone
from django.utils.safestring import SafeString
from unfold.decorators import display

from admin_site import audit_log, html
from admin_site.company.forms import time_zones, zone_input, zone_named
from admin_site.forms import ADDRESS_TAKEN, PlainForm, ReasonForm
from admin_site.invitations import send
from admin_site.own_pages import OwnPagesAdmin
from admin_site.people import person_of
from operations.outgoing import network_rules
from tenants import services
from tenants.errors import DomainError, EmailTaken
from tenants.models import AuditEntry, Company, User
from tenants.services.companies import MOST_ALLOWANCES

MOST_LINES = 8


class OpenCompanyForm(PlainForm):
    """A new company and the person who gets it going."""

    company_name = forms.CharField(
        label="Company", max_length=120, widget=forms.TextInput({"autocomplete": "off"})
    )
    time_zone = forms.CharField(
        label="Time zone",
        max_length=60,
        initial="UTC",
        help_text="Type a city. They can change it.",
        widget=zone_input(),
    )
    first_name = forms.CharField(
        label="First name", max_length=80, widget=forms.TextInput({"autocomplete": "off"})
    )
    last_name = forms.CharField(
        label="Last name", max_length=80, widget=forms.TextInput({"autocomplete": "off"})
    )
    email = forms.EmailField(
        label="E-mail",
        max_length=254,
        widget=forms.EmailInput({"autocomplete": "off", "inputmode": "email"}),
    )

    def clean_time_zone(self) -> str:
        return zone_named(self.cleaned_data["time_zone"])


class AllowancesForm(ReasonForm):
    """One entry a line; what is wrong with one is said with the entry."""

    allowances = forms.CharField(
        label="Allowed besides",
        required=False,
        max_length=20_000,
        help_text="One a line: erp.example:8443 opens that port of a public machine, "
        "10.1.2.3 or 10.1.2.3:8443 opens one address of a private network.",
        widget=forms.Textarea({"rows": 6, "spellcheck": "false", "autocomplete": "off"}),
    )
    field_order = ("allowances", "reason")

    def clean_allowances(self) -> list[str]:
        lines = [line.strip() for line in self.cleaned_data["allowances"].splitlines()]
        entries = [line for line in lines if line]
        if wrong := [words for entry in entries[:MOST_ALLOWANCES] if (words := _problem(entry))]:
            raise forms.ValidationError(wrong)
        return entries


def _problem(entry: str) -> str:
    """Why this cannot be allowed; "" where it can."""
    try:
        network_rules([entry])
    except ValueError as error:
        return str(error)
    return ""


class StateFilter(SimpleListFilter):
    title = "status"
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("on", "Active"), ("off", "Switched off")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Company]) -> QuerySet[Company]:
        if self.value() not in ("on", "off"):
            return queryset
        return queryset.filter(is_active=self.value() == "on")


class CompaniesAdmin(OwnPagesAdmin):
    """Every company there is. How many people it has is its own business."""

    list_display = ("company", "status", "since")
    list_filter = (StateFilter,)
    search_fields = ("name", "slug")
    search_help_text = "Name or short name"
    ordering = ("name", "slug")
    list_title = "Companies"
    show_add_link = True
    add_words = "Open a company"
    empty_title = "No company yet"
    empty_text = "Whoever signs up makes one, or you open one and invite its first person."
    empty_symbol = "apartment"
    empty_next = ("platform:tenants_company_add", "Open a company")

    @display(description="Company", ordering="name")
    def company(self, row: Company) -> SafeString:
        return html.two_lines(row.name, row.slug)

    @display(description="Status", ordering="is_active")
    def status(self, row: Company) -> SafeString:
        return html.chip("ACTIVE" if row.is_active else "INACTIVE", "mark")

    @display(description="Since", ordering="created_at")
    def since(self, row: Company) -> SafeString:
        return html.moment(row.created_at)

    def get_urls(self) -> list[URLPattern | URLResolver]:
        return [
            self.at("switch-off", self.switch_off, "company_switch_off"),
            self.at("switch-on", self.switch_on, "company_switch_on"),
            self.at("calls", self.calls, "company_calls"),
            *super().get_urls(),
        ]

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: Mapping[str, Any] | None = None,
    ) -> HttpResponse:
        """One company: nothing from inside, only what the platform did."""
        company: Company = self.get_or_404(request, object_id)
        about = AuditEntry.objects.filter(detail__company=company.slug)
        with timezone.override(company.zone):
            clock = timezone.localtime().strftime("%H:%M")
        return self.page(
            request, "platform/company.html",
            title=company.name,
            company=company, status="ACTIVE" if company.is_active else "INACTIVE",
            facts=[
                ("Short name", company.slug),
                ("Since", html.moment(company.created_at)),
                ("Time zone", f"{company.time_zone}, now {clock}"),
            ],
            allowances=company.call_allowances,
            lines=audit_log.newest(about, MOST_LINES),
        )  # fmt: skip

    def add_view(
        self,
        request: HttpRequest,
        form_url: str = "",
        extra_context: Mapping[str, Any] | None = None,
    ) -> HttpResponse:
        """A company whose first person is invited by mail."""
        if not self.has_add_permission(request):
            raise PermissionDenied
        form = OpenCompanyForm(request.POST if request.method == "POST" else None)
        if form.is_valid():
            try:
                with transaction.atomic():
                    return HttpResponseRedirect(self._opened(request, form.cleaned_data))
            except EmailTaken:
                form.add_error("email", ADDRESS_TAKEN)
            except DomainError as error:
                form.refuse(error, {"name": "company_name"})
        return self.page(
            request, "platform/company_add.html",
            title="Open a company",
            form=form, zones=time_zones(),
        )  # fmt: skip

    def _opened(self, request: HttpRequest, answers: Mapping[str, Any]) -> str:
        invitation, secret = services.open_company(person_of(request), **answers)
        messages.success(request, send(request, invitation, secret))
        return reverse("platform:tenants_company_change", args=[invitation.company_id])

    def switch_off(self, request: HttpRequest, object_id: str) -> HttpResponse:
        return self.confirm(
            request, object_id, _switch_off,
            title=f"Switch off {self.get_or_404(request, object_id)}?", danger=True,
            explain="Its people are signed out at once and cannot sign in. Nothing is deleted, and "
            "tickets that run go on. The reason goes into both logs, yours and theirs.",
            button="Switch off", done="The company is switched off.",
        )  # fmt: skip

    def switch_on(self, request: HttpRequest, object_id: str) -> HttpResponse:
        return self.confirm(
            request, object_id, _switch_on,
            title=f"Switch on {self.get_or_404(request, object_id)}?",
            explain="Its people can sign in again. The reason goes into both logs, "
            "yours and theirs.",
            button="Switch on", done="The company is switched on.",
        )  # fmt: skip

    def calls(self, request: HttpRequest, object_id: str) -> HttpResponse:
        company: Company = self.get_or_404(request, object_id)
        return self.confirm(
            request, object_id, services.set_call_allowances, AllowancesForm,
            form_kwargs={"initial": {"allowances": "\n".join(company.call_allowances)}},
            title=f"What may {company} call?",
            explain="Its workflows may call every public address by https on port 443. What stands "
            "here is allowed besides. The reason goes into both logs, yours and theirs.",
            button="Save", done="Saved. It holds from the next call on.",
        )  # fmt: skip


def _switch_off(actor: User, company: Company, reason: str) -> None:
    services.set_company_active(actor, company, is_active=False, reason=reason)


def _switch_on(actor: User, company: Company, reason: str) -> None:
    services.set_company_active(actor, company, is_active=True, reason=reason)
