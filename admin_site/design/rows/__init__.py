"""Definitions as rows: take them out, bring them in, with a look at every row in between."""

from admin_site.design.rows.out import download, rows_file
from admin_site.design.rows.page import rows
from admin_site.design.rows.preview import preview

__all__ = ["download", "preview", "rows", "rows_file"]
