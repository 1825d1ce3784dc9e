"""The company's own log."""

from typing import Any
from uuid import UUID

from django.contrib.admin import SimpleListFilter
from django.db.models import QuerySet
from django.http import HttpRequest

from admin_site.audit_log import AuditLogAdmin, GroupFilter
from admin_site.company.figures import figures_of
from tenants.models import AuditEntry

FROM_OUTSIDE = "support"


class WhoFilter(SimpleListFilter):
    """Who did it: a person of the company, or somebody from outside."""

    title = "who"
    parameter_name = "who"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        people = figures_of(request).choices.get("people", ())
        return [*people, (FROM_OUTSIDE, "TicketFlower support")]

    def queryset(
        self, request: HttpRequest, queryset: QuerySet[AuditEntry]
    ) -> QuerySet[AuditEntry]:
        if self.value() == FROM_OUTSIDE:
            return queryset.filter(actor=None)
        if not self.value():
            return queryset
        try:
            return queryset.filter(actor=UUID(self.value()))
        except ValueError:
            return queryset.none()


class LogAdmin(AuditLogAdmin):
    """Who changed what of the company."""

    list_filter = (WhoFilter, GroupFilter)
