"""The platform at a glance: is all well, which companies came last, what was done last."""

from django.db.models import Count, Q
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone

from admin_site import audit_log, html, times
from admin_site.base import RoleSite
from admin_site.parts import Row
from admin_site.platform.health import look_around
from admin_site.statuses import status
from tenants.models import AuditEntry, Company

MOST_LINES = 6
MOST_COMPANIES = 6


def page(site: RoleSite, request: HttpRequest) -> HttpResponse:
    numbers = Company.objects.aggregate(
        on=Count("pk", filter=Q(is_active=True)), off=Count("pk", filter=Q(is_active=False))
    )
    state = look_around()
    return site.page(
        request, "platform/home.html",
        title="Home", numbers=numbers, state=state,
        lead=f"{times.long_day(timezone.localdate())}. {state.in_a_sentence}",
        companies=[_row(company) for company in Company.objects.order_by("-id")[:MOST_COMPANIES]],
        lines=audit_log.newest(AuditEntry.objects.all(), MOST_LINES),
    )  # fmt: skip


def _row(company: Company) -> Row:
    chip = None if company.is_active else status("mark", "INACTIVE")
    since = html.moment(company.created_at, f"{company.slug} · since")
    address = reverse("platform:tenants_company_change", args=[company.pk])
    return Row(company.name, address, since, chip=chip)
