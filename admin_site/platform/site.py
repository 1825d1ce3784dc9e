"""The frame of the platform site. It opens for platform people who look into no company."""

from collections.abc import Iterable, Sequence
from typing import Any

from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.templatetags.static import static
from django.urls import URLPattern, path, reverse

from admin_site.base import RoleSite
from admin_site.parts import Found, NavGroup, NavItem
from admin_site.platform import health, home, looking_in
from tenants.models import Company

MOST_FOUND = 8


class PlatformSite(RoleSite):
    """For the people who run TicketFlower. It knows companies by name and nothing inside them."""

    key = "platform"
    role = ""
    title, symbol = "Platform", "hub"
    summary = "Open companies, help from inside, and see whether all is well"
    position = 60
    search_hint = "Company or page"
    short_paths = {"tenants/company/": "companies/", "tenants/auditentry/": "log/"}

    def navigation(self, request: HttpRequest) -> Sequence[NavGroup]:
        return [
            NavGroup(
                "",
                [
                    NavItem("Home", "platform:index", "dashboard"),
                    NavItem("Companies", "platform:tenants_company_changelist", "apartment"),
                ],
            ),
            NavGroup(
                "Platform",
                [
                    NavItem("Health", "platform:health", "monitor_heart"),
                    NavItem("Log", "platform:tenants_auditentry_changelist", "history"),
                ],
            ),
        ]

    def find(self, request: HttpRequest, term: str) -> Iterable[Found]:
        named = Company.objects.filter(Q(name__icontains=term) | Q(slug__icontains=term))
        for company in named.order_by("name")[:MOST_FOUND]:
            address = reverse("platform:tenants_company_change", args=[company.pk])
            yield Found(company.name, address, company.slug, "apartment")

    def index(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        return home.page(self, request)

    def extra_urls(self) -> list[URLPattern]:
        """Lifting, its way back, and ending are asked from inside a company, where this site is
        closed: they ask themselves who may."""

        def start(request: HttpRequest, company_id: Any) -> HttpResponse:
            return looking_in.start(self, request, company_id)

        return [
            path("health/", self.admin_view(self._health), name="health"),
            path(
                "impersonation/<uuid:company_id>/start/",
                self.admin_view(start),
                name="impersonation_start",
            ),
            path("impersonation/lift/", looking_in.lift, name="impersonation_lift"),
            path("impersonation/only-read/", looking_in.only_read, name="impersonation_only_read"),
            path("impersonation/stop/", looking_in.stop, name="impersonation_stop"),
        ]

    def _health(self, request: HttpRequest) -> HttpResponse:
        return health.page(self, request)

    def _get_list(self, key: str, *args: Any) -> list[Any]:
        listed = super()._get_list(key, *args)
        return [*listed, static("admin_site/company.css")] if key == "STYLES" else listed
