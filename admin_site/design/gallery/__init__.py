"""The gallery of ready workflows: choose one, say who does what, look at it, publish it."""

from admin_site.design.gallery.pages import entry_page, gallery, preview

__all__ = ["entry_page", "gallery", "preview"]
