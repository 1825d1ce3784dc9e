"""The company site: its people, their roles, its settings, and the log of what was changed."""

from admin_site.company.invitations import InvitationsAdmin
from admin_site.company.log import LogAdmin
from admin_site.company.people import PeopleAdmin
from admin_site.company.roles import CompanyRolesAdmin
from admin_site.company.secrets import SecretsAdmin
from admin_site.company.site import CompanySite
from tenants.models import AuditEntry, CompanyRole, CompanySecret, Invitation, User

company_site = CompanySite()
company_site.register(User, PeopleAdmin)
company_site.register(Invitation, InvitationsAdmin)
company_site.register(CompanyRole, CompanyRolesAdmin)
company_site.register(CompanySecret, SecretsAdmin)
company_site.register(AuditEntry, LogAdmin)

__all__ = ["company_site"]
