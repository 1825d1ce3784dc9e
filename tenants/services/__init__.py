"""The verbs about companies and people. Each takes the acting person first and leaves a line in
the log."""

from tenants.services.companies import (
    change_company,
    open_company,
    set_company_active,
    sign_up_company,
)
from tenants.services.company_roles import (
    change_company_role,
    create_company_role,
    delete_company_role,
)
from tenants.services.invitations import (
    accept_invitation,
    find_invitation,
    invite_person,
    renew_invitation,
    withdraw_invitation,
)
from tenants.services.people import (
    add_platform_person,
    add_user,
    change_person,
    end_sessions,
    set_availability,
)

__all__ = [
    "accept_invitation",
    "add_platform_person",
    "add_user",
    "change_company",
    "change_company_role",
    "change_person",
    "create_company_role",
    "delete_company_role",
    "end_sessions",
    "find_invitation",
    "invite_person",
    "open_company",
    "renew_invitation",
    "set_availability",
    "set_company_active",
    "sign_up_company",
    "withdraw_invitation",
]
