"""Files as other systems see them: what they are, never what is in them."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from definitions.graph import TaskNode
from operations.models import FileUpload
from operations.preparing import reads_files


def described_for(node: TaskNode, ticket: UUID) -> Mapping[str, dict[str, Any]]:
    """By its key, each file of a ticket as {name, type, size}: what a task may tell of them. One
    statement, and none for a task that tells nothing.
    """
    if not reads_files(node):
        return {}
    rows = FileUpload.objects.filter(ticket_id=ticket, bound_at__isnull=False)
    return {
        str(key): {"name": name, "type": file_type, "size": size}
        for key, name, file_type, size in rows.values_list("pk", "name", "file_type", "size_bytes")
    }
