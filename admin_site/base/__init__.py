"""What every role site stands on: `RoleSite`, `TenantModelAdmin`, and asking before acting."""

from admin_site.base.asking import ask, wanted_next
from admin_site.base.model_admin import TenantModelAdmin
from admin_site.base.paging import CappedPaginator
from admin_site.base.sites import CALM, RoleSite, role_sites, sites_of

__all__ = [
    "CALM",
    "CappedPaginator",
    "RoleSite",
    "TenantModelAdmin",
    "ask",
    "role_sites",
    "sites_of",
    "wanted_next",
]
