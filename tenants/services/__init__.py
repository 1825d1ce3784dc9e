"""The verbs about companies and people. Each takes the acting person first and leaves a line in
the log."""

from tenants.services.companies import (
    change_company,
    open_company,
    set_call_allowances,
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
from tenants.services.secrets import (
    can_be_opened,
    delete_secret,
    secret_values,
    set_secret,
)
from tenants.services.working_time import (
    add_holidays,
    change_working_hours,
    remove_holidays,
)

__all__ = [
    "accept_invitation",
    "add_holidays",
    "add_platform_person",
    "add_user",
    "can_be_opened",
    "change_company",
    "change_company_role",
    "change_person",
    "change_working_hours",
    "create_company_role",
    "delete_company_role",
    "delete_secret",
    "end_sessions",
    "find_invitation",
    "invite_person",
    "open_company",
    "remove_holidays",
    "renew_invitation",
    "secret_values",
    "set_availability",
    "set_call_allowances",
    "set_company_active",
    "set_secret",
    "sign_up_company",
    "withdraw_invitation",
]
