"""The desk of the ticket admins: see everything, and bring what stopped to go on."""

from admin_site.desk.site import desk_site

__all__ = ["desk_site"]
