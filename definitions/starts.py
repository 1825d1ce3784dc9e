"""With what a workflow is started: the forms of the ticket types that offer it."""

from collections.abc import Mapping
from typing import Any

from definitions.bundle.meaning import form_of
from definitions.bundle.rows import ticket_document
from definitions.linter import Form
from definitions.models import DefinitionStatus, TicketDefinition


def start_forms(document: Mapping[str, Any]) -> list[Form]:
    """Of every ticket type that starts the workflow of this document; one statement."""
    types = TicketDefinition.objects.filter(workflow__key=document["key"])
    in_use = types.exclude(status=DefinitionStatus.ARCHIVED).order_by("position", "title")
    fields = document.get("fields", ())
    return [form_of(ticket_document(row, document["key"], []), fields) for row in in_use]
