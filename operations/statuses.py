"""Every status there is, and which of them mean that a task is still to be done."""

from django.db import models


class TaskStatus(models.TextChoices):
    OPEN = "OPEN", "Open"
    IN_PROGRESS = "IN_PROGRESS", "In progress"
    PENDING = "PENDING", "Pending"
    COMPLETED = "COMPLETED", "Completed"
    CANCELLED = "CANCELLED", "Cancelled"
    ERROR = "ERROR", "Error"


class WorkflowStatus(models.TextChoices):
    NOT_STARTED = "NOT_STARTED", "Not started"
    IN_PROGRESS = "IN_PROGRESS", "In progress"
    COMPLETED = "COMPLETED", "Completed"
    CANCELLED = "CANCELLED", "Cancelled"
    ON_HOLD = "ON_HOLD", "On hold"


class ErrorType(models.TextChoices):
    WORKFLOW_CREATION = "WORKFLOW_CREATION", "Starting the workflow"
    TASK_CREATION = "TASK_CREATION", "Starting a task"
    TASK_UPDATE = "TASK_UPDATE", "Carrying out a task"
    WORKFLOW_TRANSITION = "WORKFLOW_TRANSITION", "Going on to the next task"


class ErrorStatus(models.TextChoices):
    NEW = "NEW", "New"
    REVIEWED = "REVIEWED", "Reviewed"
    RESOLVED = "RESOLVED", "Resolved"


# A task that still has something to wait for; the rest are over.
LIVE_TASK = (TaskStatus.OPEN, TaskStatus.IN_PROGRESS, TaskStatus.PENDING, TaskStatus.ERROR)
# A task that a person could do now.
DOABLE_TASK = (TaskStatus.OPEN, TaskStatus.IN_PROGRESS)
