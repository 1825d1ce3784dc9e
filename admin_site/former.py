"""What steps were called that a ticket has left behind with a version of its workflow."""

from collections.abc import Iterable
from uuid import UUID

from operations.models import EventKind, WorkflowEvent


def former_titles(events: Iterable[WorkflowEvent]) -> dict[UUID | None, dict[str, str]]:
    """By run: key of a step that is no more -> its title, as the moves to other versions tell.

    Whoever shows an older event shows the move after it, too.
    """
    found: dict[UUID | None, dict[str, str]] = {}
    for event in events:
        if event.kind == EventKind.VERSION_CHANGED:
            found.setdefault(event.workflow_instance_id, {}).update(event.detail.get("titles", {}))
    return found
