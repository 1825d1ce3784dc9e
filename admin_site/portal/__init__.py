"""The portal: ask for something, and see where it is."""

from admin_site.portal.requests import RequestAdmin
from admin_site.portal.site import PortalSite
from operations.models import TicketInstance

portal_site = PortalSite()
portal_site.register(TicketInstance, RequestAdmin)

__all__ = ["portal_site"]
