"""Pages on which tickets are moved to another version of their workflow, and how it went.

The Design site shows the same preview to whoever publishes; moving is the desk's.
"""

from admin_site.moving.page import address_of, move_page
from admin_site.moving.preview import Group, Told, told
from admin_site.moving.results import result_page

__all__ = ["Group", "Told", "address_of", "move_page", "result_page", "told"]
