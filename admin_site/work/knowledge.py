"""What a worker needs to know before a step: who asked for what, and what others found out."""

from collections.abc import Sequence
from dataclasses import dataclass

from admin_site import html
from admin_site.asked import answered_in, asked_in
from admin_site.schema_forms import Finder, Told, answers
from definitions.graph import TICKET
from definitions.schemas import schema_from_fields
from operations.models import TaskInstance

#: Answers of the last steps stand open; those before are folded away.
MOST_OPEN = 3


@dataclass(frozen=True, slots=True)
class Found:
    """The answers of an earlier step, and who gave them."""

    title: str
    by: str
    told: Sequence[Told]


@dataclass(frozen=True, slots=True)
class Known:
    """`asked`: the request (in a workflow inside, what that was given); `given`: what was prepared
    for this task; `earlier` and `latest`: the answers of the tasks before, the last ones apart."""

    asked: Sequence[Told]
    given: Sequence[Told]
    earlier: Sequence[Found]
    latest: Sequence[Found]


def known_about(task: TaskInstance, visits: Sequence[TaskInstance], files: Finder) -> Known:
    """Everything that is known when `task` is done; `visits` as in `tracker.journey`."""
    found = [
        one
        for visit in sorted(visits, key=lambda visit: visit.sequence)
        if visit.t_status == "COMPLETED" and visit.pk != task.pk
        for one in [_found(visit, files)]
        if one.told
    ]
    return Known(_asked(task, files), _given(task, files), found[:-MOST_OPEN], found[-MOST_OPEN:])


def _asked(task: TaskInstance, files: Finder) -> list[Told]:
    """The request; in a workflow inside, what that was given to work on."""
    run = task.workflow_instance
    if not run.depth:
        return asked_in(task.ticket, files)
    asks_for = schema_from_fields(run.workflow_definition.fields, closed=False)
    return answers(asks_for, run.workflow_data[TICKET], files=files)


def answer_of(task: TaskInstance, files: Finder) -> list[Told]:
    """What was answered in this step."""
    return answered_in(task.task_definition, task.output_data or {}, files)


def _found(visit: TaskInstance, files: Finder) -> Found:
    return Found(
        title=str(visit.task_definition),
        by=html.first_name_of(visit.completed_by) if visit.completed_by else "",
        told=answered_in(visit.task_definition, visit.output_data or {}, files),
    )


def _given(task: TaskInstance, files: Finder) -> list[Told]:
    """Values made for this step that its own form does not ask for."""
    asked = (task.task_definition.output_schema or {}).get("properties") or {}
    rest = {name: value for name, value in (task.input_data or {}).items() if name not in asked}
    schema = task.task_definition.input_schema or {}
    return answers(schema, rest, files=files) if rest else []
