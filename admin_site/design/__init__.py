"""The site of the workflow creators: what can be asked for, and what happens then."""

from admin_site.design.site import design_site

__all__ = ["design_site"]
