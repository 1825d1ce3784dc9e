"""The platform site: companies from outside, looking into one, the log, and the health."""

from admin_site.platform.companies import CompaniesAdmin
from admin_site.platform.log import PlatformLogAdmin
from admin_site.platform.site import PlatformSite
from tenants.models import AuditEntry, Company

platform_site = PlatformSite()
platform_site.register(Company, CompaniesAdmin)
platform_site.register(AuditEntry, PlatformLogAdmin)

__all__ = ["platform_site"]
