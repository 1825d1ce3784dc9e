"""What is happening: tickets, the workflows they run, their tasks, their history, and what broke.

The rows are the outbox of the engine: a ticket without its workflow, or a completed task that has
not been routed, is work to do, found by a partial index. Nothing else remembers it.
"""

from operations.models.attachments import Comment, FileUpload
from operations.models.calls import CallbackToken, TaskAttempt
from operations.models.errors import TicketError
from operations.models.history import ActorKind, EventKind, WorkflowEvent
from operations.models.notices import Notice, NoticeKind
from operations.models.runs import BranchArrival, WorkflowInstance
from operations.models.tasks import TaskInstance, WorkerLoad
from operations.models.tickets import TicketCounter, TicketInstance
from operations.statuses import (
    DOABLE_TASK,
    LIVE_TASK,
    ErrorStatus,
    ErrorType,
    TaskStatus,
    WorkflowStatus,
)

__all__ = [
    "DOABLE_TASK",
    "LIVE_TASK",
    "ActorKind",
    "BranchArrival",
    "CallbackToken",
    "Comment",
    "ErrorStatus",
    "ErrorType",
    "EventKind",
    "FileUpload",
    "Notice",
    "NoticeKind",
    "TaskAttempt",
    "TaskInstance",
    "TaskStatus",
    "TicketCounter",
    "TicketError",
    "TicketInstance",
    "WorkerLoad",
    "WorkflowEvent",
    "WorkflowInstance",
    "WorkflowStatus",
]
