"""The versions of a workflow: the list, what is different, what moving tickets would do."""

from admin_site.design.versions.comparing import compare
from admin_site.design.versions.listing import list_versions
from admin_site.design.versions.moving import preview_of_move

__all__ = ["compare", "list_versions", "preview_of_move"]
