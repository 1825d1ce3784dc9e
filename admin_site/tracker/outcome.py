"""What came of a step, and of the whole: words of the ways taken, answers for the requester.

Both are read from the events with the version's graph, which is kept: no statement of their own.
"""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from django.db.models import (
    Case,
    F,
    Func,
    JSONField,
    OuterRef,
    QuerySet,
    Subquery,
    UUIDField,
    Value,
    When,
)

from admin_site.asked import answered_in
from admin_site.schema_forms import Finder, Told
from definitions import layouts
from definitions.graph import TaskNode, WorkflowGraph
from definitions.listing import listed
from definitions.models import WorkflowTransition
from definitions.schemas import UnusableSchema
from definitions.schemas.seen import seen_by_requester
from operations.models import EventKind, TicketInstance, WorkflowEvent

MOVES = (EventKind.STARTED, EventKind.ROUTED, EventKind.TIMED_OUT, EventKind.MOVED)
#: What leaves an answer behind, whoever gave it.
DONE = (EventKind.TASK_COMPLETED, EventKind.ANSWERED, EventKind.SKIPPED)


class Ending(NamedTuple):
    """The word of the last way of a request ("declined"), and who did the step before it."""

    word: str = ""
    by: str = ""


class KeysTaken(Func):
    """Keys of the transitions that a move took: all that a page needs of its long trace."""

    function = "jsonb_path_query_array"
    template = "%(function)s(%(expressions)s, '$[*] ? (@.taken == true).key')"
    output_field = JSONField()


class KeyTaken(Func):
    """The first of those keys; NULL for a move by hand, which took none."""

    function = "jsonb_path_query_first"
    template = (
        "NULLIF(%(function)s(%(expressions)s, '$[*] ? (@.taken == true).key') #>> '{}', '')::uuid"
    )
    output_field = UUIDField()


def knowing_how_it_ended(rows: QuerySet[TicketInstance, Any]) -> QuerySet[TicketInstance, Any]:
    """With `ended_as`: the word of the way that was taken last. No further statement."""
    way = WorkflowTransition.objects.filter(pk=KeyTaken(OuterRef("trace")))
    moves = WorkflowEvent.objects.filter(ticket=OuterRef("pk"), kind__in=MOVES)
    told = moves.order_by("-sequence").annotate(word=Subquery(way.values("label")[:1]))
    return rows.annotate(ended_as=Subquery(told.values("word")[:1]))


def with_outcomes(events: QuerySet[WorkflowEvent]) -> QuerySet[WorkflowEvent]:
    """Events with what a requester may learn from them: `ways` and `answer`.

    `answer` holds all answers of a completed visit; only `told_to_requester` may show it.
    """
    is_done = When(kind__in=DONE, then=F("task__output_data"))
    return events.defer("trace").annotate(
        ways=KeysTaken("trace"), answer=Case(is_done, default=Value(None), output_field=JSONField())
    )


def told_to_requester(task: TaskNode | None, value: Any, files: Finder | None = None) -> list[Told]:
    """Those answers of a step that its schema marks for the requester."""
    if task is None or not isinstance(value, dict) or not task.output_schema:
        return []
    layout = task.extra.get("edit_layout")
    seen = seen_of(task.output_schema, layout)
    shown = {name: answer for name, answer in value.items() if name in seen}
    return answered_in(task, shown, files, everything=True) if shown else []


def seen_of(schema: Any, layout: Any) -> frozenset[str]:
    """Names of the answers that the requester reads; none of a schema that cannot be used."""
    try:
        return seen_by_requester(layouts.compiled(schema, layout).shape)
    except UnusableSchema:
        return frozenset()


def words_of_ways(graph: WorkflowGraph) -> dict[str, str]:
    """Key of a transition -> its word, of those that have one."""
    return {edge.key: edge.label for edge in graph.edges if edge.label and edge.key}


def word_of(event: WorkflowEvent, words: Mapping[str, str]) -> str:
    """The word for what was decided with a move; "" if its way has none."""
    taken = [words[key] for key in getattr(event, "ways", None) or () if key in words]
    return listed(list(dict.fromkeys(taken))) if taken else ""


def ending(events: Sequence[WorkflowEvent], graph: WorkflowGraph) -> Ending:
    """How a finished request ended. `events`: as `with_outcomes` has them, oldest first."""
    last = next((event for event in reversed(events) if event.kind in MOVES), None)
    if last is None or last.to_key or not (word := word_of(last, words_of_ways(graph))):
        return Ending()
    done = (EventKind.TASK_COMPLETED, last.task_id)
    who = (event.actor_label for event in events if (event.kind, event.task_id) == done)
    return Ending(word, next(who, ""))
