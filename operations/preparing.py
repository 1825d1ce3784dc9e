"""What a task begins with and what it leaves behind, from its definition and the ticket's data.

Pure: the shell asks here under its locks, the simulator asks the same and touches nothing.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Any

from definitions import logic
from definitions.graph import ACTION_TYPES, FILES, TICKET, TaskNode, TaskType, WorkflowGraph
from definitions.moments import MomentError
from definitions.schemas import Problem, check_storable, problems, schema_from_fields
from operations.outgoing.call import CallFailed
from operations.task_times import CompanyCalendar, Times, times_of
from tenants.calendar import CalendarError

#: How long the answer to an ASYNC_ACTION may take where its definition says nothing.
USUAL_CALLBACK_TIME = timedelta(days=7)
#: How many problems of a value one message names.
MOST_TOLD = 5


class TaskCannotStart(Exception):
    """A task's own preparation failed; `message` is for a ticket admin."""

    def __init__(self, task: TaskNode, cause: str) -> None:
        self.message = f"The task “{task.label}” cannot start: {cause}"
        super().__init__(self.message)


class ChildFailed(Exception):
    """A run inside cannot begin, or what it gave is of no use; `message` is for a ticket admin."""

    def __init__(self, code: str, message: str, trace: Sequence[Any] = ()) -> None:
        super().__init__(message)
        self.code, self.message, self.trace = code, message, trace


# What a task begins with


def reads_files(node: TaskNode) -> bool:
    """Whether what a call sends says anything of files (`files.ticket.offer.name`)."""
    if node.task_type not in ACTION_TYPES or node.input_transform is None:
        return False
    try:
        paths = logic.compile_transform(node.input_transform).paths
    except logic.LogicError:
        return False  # told when it is made
    return any(path.partition(".")[0] == FILES for path in paths)


def prepared_input(
    node: TaskNode,
    data: Mapping[str, Any],
    now: datetime,
    files: Mapping[str, Mapping[str, Any]] = MappingProxyType({}),
) -> Any:
    """What the task starts with: its input transform over the workflow's data.

    A workflow inside gets what was asked for, where nothing else is said. `files`: what may be told
    of files, by the identifiers that answers hold; looked at only where it `reads_files`.

    Raises:
        TaskCannotStart: it cannot be made, or is not what the task needs.
    """
    if reads_files(node):
        data = {FILES: _only_files(data, files), **data}
    made: Any = data[TICKET] if node.task_type == TaskType.SUBWORKFLOW else {}
    if node.input_transform is not None:
        try:
            made = logic.transform(node.input_transform, data, now=now)
        except logic.LogicError as error:
            raise TaskCannotStart(node, str(error)) from error
    wrong = check_storable(made)
    if not wrong and node.input_schema is not None:
        wrong = problems(node.input_schema, made)
    if wrong:
        raise TaskCannotStart(node, f"what it is given is not what it needs. {_by_place(wrong)}")
    return made


def _only_files(value: Any, files: Mapping[str, Mapping[str, Any]]) -> Any:
    """The same value with files in the place of their identifiers, and nothing else in it."""
    if isinstance(value, str):
        return dict(files[value]) if value in files else None
    if isinstance(value, list):
        return [found for entry in value if (found := _only_files(entry, files))]
    if isinstance(value, Mapping):
        inside = ((name, _only_files(entry, files)) for name, entry in value.items())
        return {name: found for name, found in inside if found}
    return None


def prepared_times(
    graph: WorkflowGraph,
    node: TaskNode,
    data: dict[str, Any],
    now: datetime,
    calendar: CompanyCalendar,
) -> Times:
    """`times_of`, with what is wrong told as a task that cannot start.

    Raises:
        TaskCannotStart.
    """
    try:
        return times_of(node, graph, data, now=now, calendar=calendar)
    except (MomentError, CalendarError) as error:
        raise TaskCannotStart(node, error.message) from error


def callback_time(node: TaskNode) -> timedelta:
    """How long the answer to an ASYNC_ACTION may take."""
    return timedelta(seconds=node.timeout_seconds) if node.timeout_seconds else USUAL_CALLBACK_TIME


def must_fit(node: TaskNode, inside: WorkflowGraph, title: str, given: Any) -> None:
    """Whether the workflow `inside` of a task takes what it is given.

    Raises:
        ChildFailed: it does not.
    """
    wrong = problems(schema_from_fields(inside.fields, closed=False), given)
    if wrong:
        raise ChildFailed(
            "unfit_input",
            f"“{node.label}” cannot start “{title}” with what it is given: {_told(wrong, inside)}",
        )


# What a task leaves behind


def output_of(node: TaskNode, response: Any, *, now: datetime) -> Any:
    """What a call leaves behind: the response through its output transform, checked.

    Raises:
        CallFailed: transform, schema or too_large. The call itself was made.
    """
    output = {} if response is None else response
    if node.output_transform is not None:
        try:
            output = logic.transform(node.output_transform, {"response": response}, now=now)
        except logic.LogicError as error:
            words = f"The output cannot be made from the answer: {error}"
            raise CallFailed("transform", words, sent=True) from error
    if unkept := check_storable(output):
        words = f"The output cannot be kept: {unkept[0].message}"
        raise CallFailed("too_large", words, sent=True)
    wrong = problems(node.output_schema, output) if node.output_schema is not None else []
    if wrong:
        words = f"The output is not what the step promises to leave behind. {_by_place(wrong)}"
        raise CallFailed("schema", words, sent=True)
    return output


def output_of_child(node: TaskNode, data: Any, *, now: datetime) -> Any:
    """What a workflow inside leaves behind: its data through the output transform, checked.

    Raises:
        ChildFailed: transform, schema or too_large.
    """
    output = data
    if node.output_transform is not None:
        try:
            output = logic.transform(node.output_transform, {"child": data}, now=now)
        except logic.LogicError as error:
            message = f"The output of “{node.label}” cannot be made: {error}"
            raise ChildFailed("transform", message) from error
    output = {} if output is None else output
    if wrong := check_storable(output):
        message = f"The output of “{node.label}” cannot be kept: {wrong[0].message}"
        raise ChildFailed("too_large", message)
    if node.output_schema is not None and (wrong := problems(node.output_schema, output)):
        message = f"The output of “{node.label}” is not what the step promises: {_told(wrong)}"
        raise ChildFailed("schema", message)
    return output


def _by_place(wrong: Sequence[Problem]) -> str:
    """ "/amount: Please fill this in.; the whole: …", for whoever made the transform."""
    return "; ".join(f"{one.path or 'the whole'}: {one.message}" for one in wrong[:MOST_TOLD])


def _told(wrong: Sequence[Problem], graph: WorkflowGraph | None = None) -> str:
    """ "“Amount”: Please fill this in.", where `graph` knows what its fields are called."""
    labels = {f"/{one.name}": one.label for one in graph.declared_fields()} if graph else {}
    parts = (
        f"“{labels.get(one.path) or one.path.lstrip('/') or 'the whole'}”: {one.message}"
        for one in wrong[:MOST_TOLD]
    )
    return " ".join(parts)
