"""What was asked for, and what steps answered, for everybody who reads it."""

from typing import Any

from admin_site.schema_forms import Finder, Told, read_answers
from definitions.graph import TaskNode
from definitions.models import TaskDefinition
from operations.models import TicketInstance


def asked_in(
    ticket: TicketInstance, files: Finder | None = None, *, everything: bool = False
) -> list[Told]:
    """What the requester filled in, in the words and the order of the form as it was then.

    A layout for reading decides what is shown, where the ticket type or its workflow has one;
    everything: the rest follows, for those who look after tickets. Asks the database nothing where
    `ticket_type__workflow` and `workflow__workflow_definition` were read with the ticket.
    """
    kind = ticket.ticket_type
    return read_answers(
        ticket.form(),
        ticket.ticket_data,
        display=kind.display_layout or _of_workflow(ticket),
        edit=kind.edit_layout,
        everything=everything,
        files=files,
    )


def _of_workflow(ticket: TicketInstance) -> Any:
    """How the workflow has its data read; not where that would be another statement."""
    if ticket.workflow is None:
        return None
    version = ticket.workflow.workflow_definition
    is_there = "display_layout" not in version.get_deferred_fields()
    return version.display_layout if is_there else None


def answered_in(
    step: TaskDefinition | TaskNode,
    value: Any,
    files: Finder | None = None,
    *,
    everything: bool = False,
) -> list[Told]:
    """What was answered in a step, as it is to be read."""
    edit, display = _layouts(step)
    return read_answers(
        step.output_schema,
        value,
        display=display,
        edit=edit,
        everything=everything,
        files=files,
    )


def _layouts(step: TaskDefinition | TaskNode) -> tuple[Any, Any]:
    if isinstance(step, TaskNode):
        return step.extra.get("edit_layout"), step.extra.get("display_layout")
    return step.edit_layout, step.display_layout
