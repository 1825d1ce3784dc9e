"""Files as other systems see them: what they are, never what is in them."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from definitions.file_kinds import KINDS
from operations.models import FileUpload

#: What stands in for a file where nobody has sent one: in trials, scenarios and replays.
SAMPLE = {"name": "sample.pdf", "type": KINDS["pdf"].media_type, "size": 12_345}


def described(ticket: UUID) -> Mapping[str, dict[str, Any]]:
    """By its key, each file of a ticket as {name, type, size}. One statement."""
    rows = FileUpload.objects.filter(ticket_id=ticket, bound_at__isnull=False)
    return {
        str(key): {"name": name, "type": file_type, "size": size}
        for key, name, file_type, size in rows.values_list("pk", "name", "file_type", "size_bytes")
    }
