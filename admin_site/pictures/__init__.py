"""Pictures of workflows on pages: of a version, and of a ticket on its way through one."""

from admin_site.pictures.figure import Figure, figure
from admin_site.pictures.handing_out import picture_file
from admin_site.pictures.of_tickets import figure_of_run, figure_of_ticket

__all__ = ["Figure", "figure", "figure_of_run", "figure_of_ticket", "picture_file"]
