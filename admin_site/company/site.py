"""The frame of the company site: its navigation, its numbers, its search."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.templatetags.static import static
from django.urls import URLPattern, path, reverse

from admin_site.base import RoleSite
from admin_site.company import company_settings, home, working_time
from admin_site.company.figures import figures_of
from admin_site.parts import Found, NavGroup, NavItem
from tenants.models import CompanyRole, CompanySecret, User
from tenants.roles import ADMIN

MOST_FOUND = 8


class CompanySite(RoleSite):
    """For admins of a company: its people, who may do what, and what was changed by whom."""

    key = "company"
    role = ADMIN
    title, symbol = "Company", "apartment"
    summary = "Look after the company, its people and their roles"
    position = 50
    search_hint = "Person, role or page"
    short_paths = {
        "tenants/user/": "people/",
        "tenants/invitation/": "invitations/",
        "tenants/companyrole/": "roles/",
        "tenants/companysecret/": "secrets/",
        "tenants/auditentry/": "log/",
    }

    def badges(self, request: HttpRequest) -> Mapping[str, int]:
        return figures_of(request).numbers

    def navigation(self, request: HttpRequest) -> Sequence[NavGroup]:
        numbers = self.counts(request)
        invited = numbers["invitations"] + numbers["invitations_over"]
        return [
            NavGroup("", [NavItem("Home", "company:index", "dashboard")]),
            NavGroup(
                "People",
                [
                    NavItem("People", "company:tenants_user_changelist", "group"),
                    NavItem(
                        "Invitations",
                        "company:tenants_invitation_changelist",
                        "mail",
                        count=invited,
                    ),
                    NavItem("Company roles", "company:tenants_companyrole_changelist", "badge"),
                ],
            ),
            NavGroup(
                "Company",
                [
                    NavItem("Settings", "company:settings", "tune"),
                    NavItem("Working time", "company:working_time", "schedule"),
                    NavItem("Secrets", "company:tenants_companysecret_changelist", "key"),
                    NavItem("Log", "company:tenants_auditentry_changelist", "history"),
                ],
            ),
        ]

    def find(self, request: HttpRequest, term: str) -> Iterable[Found]:
        people = User.objects.filter(
            Q(first_name__icontains=term) | Q(last_name__icontains=term) | Q(email__icontains=term)
        )
        for person in people.order_by("first_name", "last_name")[:MOST_FOUND]:
            address = reverse("company:tenants_user_change", args=[person.pk])
            yield Found(str(person), address, person.email, "person")
        for role in CompanyRole.objects.filter(title__icontains=term)[:MOST_FOUND]:
            address = reverse("company:tenants_companyrole_change", args=[role.pk])
            yield Found(role.title, address, "Company role", "badge")
        for secret in CompanySecret.objects.filter(name__icontains=term)[:MOST_FOUND]:
            address = reverse("company:tenants_companysecret_change", args=[secret.pk])
            yield Found(secret.name, address, "Secret", "key")

    def waiting(self, request: HttpRequest) -> str:
        people = figures_of(request).numbers["without_role"]
        if not people:
            return ""
        return "One person has no role yet" if people == 1 else f"{people} people have no role yet"

    def index(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        return home.page(self, request)

    def extra_urls(self) -> list[URLPattern]:
        settings = self.admin_view(lambda request: company_settings.page(self, request))
        hours = self.admin_view(lambda request: working_time.page(self, request))
        return [
            path("settings/", settings, name="settings"),
            path("working-time/", hours, name="working_time"),
        ]

    def _get_list(self, key: str, *args: Any) -> list[Any]:
        more = [static("admin_site/company.css")] if key == "STYLES" else []
        return [*super()._get_list(key, *args), *more]
