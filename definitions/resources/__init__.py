"""Definitions as rows, out and in, by django-import-export; docs/importing.md explains them."""

from definitions.resources.columns import Column, RowKind, columns_of
from definitions.resources.files import FORMATS, choose_tables, file_of, kind_of_file
from definitions.resources.importing import RowEffect, RowsReport, import_rows, importing_rows
from definitions.resources.pending import PendingRows, find_rows, keep_rows
from definitions.resources.resources import RESOURCES, DefinitionResource, export_rows

__all__ = [
    "FORMATS",
    "RESOURCES",
    "Column",
    "DefinitionResource",
    "PendingRows",
    "RowEffect",
    "RowKind",
    "RowsReport",
    "choose_tables",
    "columns_of",
    "export_rows",
    "file_of",
    "find_rows",
    "import_rows",
    "importing_rows",
    "keep_rows",
    "kind_of_file",
]
