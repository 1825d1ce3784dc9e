"""The verbs about tickets, tasks and errors. Each takes the acting person first.

A verb writes the person's own change and its line of history; the engine follows
(`state_manager`). Whatever is refused is a DomainError for the person who asked, and nothing has
been written. Every verb that changes a run locks the run before the task: one order, so no two
verbs wait for each other.
"""

from operations.services.comments import add_comment
from operations.services.repair import (
    Correctable,
    can_be_skipped,
    correctable,
    resolve_error,
    retry_error,
    review_error,
    skip_error,
)
from operations.services.tasks import (
    complete_task,
    reassign_task,
    save_draft,
    start_task,
    take_task,
)
from operations.services.tickets import (
    cancel_ticket,
    hold_ticket,
    lock_tickets,
    move_ticket,
    resume_ticket,
    sent_before,
    submit_ticket,
)
from operations.services.versions import (
    CannotMove,
    Moved,
    Preview,
    WayBack,
    move_to_version,
    preview_move,
    running_on,
    tickets_on_others,
    way_back,
)

__all__ = [
    "CannotMove",
    "Correctable",
    "Moved",
    "Preview",
    "WayBack",
    "add_comment",
    "can_be_skipped",
    "cancel_ticket",
    "complete_task",
    "correctable",
    "hold_ticket",
    "lock_tickets",
    "move_ticket",
    "move_to_version",
    "preview_move",
    "reassign_task",
    "resolve_error",
    "resume_ticket",
    "retry_error",
    "review_error",
    "running_on",
    "save_draft",
    "sent_before",
    "skip_error",
    "start_task",
    "submit_ticket",
    "take_task",
    "tickets_on_others",
    "way_back",
]
