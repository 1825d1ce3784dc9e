"""The upload format `ticketflower/1`: one document of workflows and ticket types, in and out.

A bundle is read in two looks (`structure`, `meaning`), compared with what the company has
(`standing`), planned (`planning`) and carried out (`writing`). `definitions.services` holds the
verbs; docs/bundle.md explains the format.
"""

from definitions.bundle.format import FORMAT, bundle_schema
from definitions.bundle.report import Effect, Entry, ImportReport, Kind

__all__ = ["FORMAT", "Effect", "Entry", "ImportReport", "Kind", "bundle_schema"]
