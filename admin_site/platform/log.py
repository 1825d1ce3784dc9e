"""The platform's own log: the lines that belong to no company."""

from admin_site.audit_log import ACCOUNT, COMPANY, SUPPORT, AuditLogAdmin


class PlatformLogAdmin(AuditLogAdmin):
    """What platform people did."""

    groups = (COMPANY, SUPPORT, ACCOUNT)
    empty_text = "Looking into a company, switching one off or opening one is written down here."
