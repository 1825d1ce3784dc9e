"""Rules about tasks and what leads to them."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from definitions.graph import MOST_VISITS, TICKET, After, Join, Split, TaskType
from definitions.linter.drawing import Drawing, Found
from definitions.nearest import did_you_mean

#: A condition reads `<task key>.<name>`, so a key must not hold what ends a path.
KEY = re.compile(r"[^\s.\x00-\x1f](?:[^.\x00-\x1f]{0,78}[^\s.\x00-\x1f])?")
LONGEST_KEY = 80


def no_start(drawing: Drawing) -> Iterator[Found]:
    if not drawing.graph.starts:
        yield Found(
            "/transitions",
            "Nothing leads into the workflow, so a ticket could not begin.",
            "Add a transition with a “to” and without a “from”.",
        )


def bad_key(drawing: Drawing) -> Iterator[Found]:
    for place, task in drawing.tasks():
        if task.key == TICKET:
            yield Found(
                f"{place}/key",
                f"A task cannot have the key “{TICKET}”: conditions use it for the submitted form.",
                "Choose another key.",
            )
        elif not KEY.fullmatch(task.key):
            yield Found(
                f"{place}/key",
                f"“{task.key}” cannot be the key of a task.",
                f"Use up to {LONGEST_KEY} characters: no dots, line breaks, or blanks at its ends.",
            )


def unknown_word(drawing: Drawing) -> Iterator[Found]:
    for place, task in drawing.tasks():
        for part, value, known in (
            ("task_type", task.task_type, TaskType),
            ("split", task.split, Split),
            ("join", task.join, Join),
        ):
            if value not in set(known):
                yield Found(
                    f"{place}/{part}",
                    f"“{task.label}”: {part} cannot be “{value}”.",
                    f"Use one of {', '.join(known)}.",
                )
    for place, edge in drawing.edges():
        if edge.after not in set(After):
            yield Found(
                f"{place}/after",
                f"A transition cannot come after “{edge.after}”.",
                f"Use one of {', '.join(After)}.",
            )


def bad_visit_limit(drawing: Drawing) -> Iterator[Found]:
    for place, task in drawing.tasks():
        if task.max_visits is not None and not 1 <= task.max_visits <= MOST_VISITS:
            yield Found(
                f"{place}/max_visits",
                f"“{task.label}”: max_visits cannot be {task.max_visits}.",
                f"Use a number from 1 to {MOST_VISITS}.",
            )


def unknown_task(drawing: Drawing) -> Iterator[Found]:
    known = list(drawing.graph.tasks)
    for place, edge in drawing.edges():
        for part, key in (("from", edge.source), ("to", edge.target)):
            if key is not None and key not in drawing.graph.tasks:
                yield Found(
                    f"{place}/{part}",
                    f"This transition names a task “{key}”, which does not exist.",
                    did_you_mean(key, known),
                )


def unreachable_task(drawing: Drawing) -> Iterator[Found]:
    if not drawing.graph.starts:
        return  # said once already
    reached = drawing.graph.reachable()
    for place, task in drawing.tasks():
        if task.key not in reached:
            yield Found(
                place,
                f"No way leads from the start to “{task.label}”.",
                "Add a transition to it, or remove it: a ticket only comes there by hand.",
            )


def no_way_out(drawing: Drawing) -> Iterator[Found]:
    graph = drawing.graph
    ends: set[str | None] = {key for key in graph.tasks if not graph.outgoing(key)}
    # A transition to a task that does not exist is reported as such, not also as a dead end.
    ends |= {edge.target for edge in graph.edges if edge.target not in graph.tasks}
    leads_out = frozenset(ends).union(*(graph.ancestors(end) for end in ends))
    for place, task in drawing.tasks():
        if task.key not in leads_out:
            yield Found(
                place,
                f"After “{task.label}” a ticket can go round but never end.",
                'Add a transition to the end: one with no task in its "to".',
            )


def silent_end(drawing: Drawing) -> Iterator[Found]:
    """Where others say that they end, one that says nothing may have been forgotten."""
    graph = drawing.graph
    if not any(edge.target is None and edge.source is not None for edge in graph.edges):
        return
    reached = graph.reachable()
    for place, task in drawing.tasks():
        if task.key in reached and not graph.outgoing(task.key):
            yield Found(
                place,
                f"After “{task.label}” the ticket ends, because no way leads on from it.",
                "If that is meant, say it: add a transition with “to: null”.",
            )


def loop_without_wait(drawing: Drawing) -> Iterator[Found]:
    for place, task in drawing.tasks():
        if drawing.graph.spins(task.key):
            yield Found(
                place,
                f"“{task.label}” is on a loop where nothing waits: it would run without a pause.",
                "Let the loop pass a form, an action that is answered later, or a timer.",
            )


def unknown_role(drawing: Drawing) -> Iterator[Found]:
    if drawing.company_roles is None:
        return
    for place, task in drawing.tasks():
        for role in _roles(task.assign):
            if role not in drawing.company_roles:
                yield Found(
                    f"{place}/assign/company_role",
                    f"“{task.label}” is for the company role “{role}”, which does not exist.",
                    did_you_mean(role, drawing.company_roles) or "Add the company role first.",
                )


def _roles(assign: Mapping[str, Any]) -> list[str]:
    named = assign.get("company_role")
    return [str(role) for role in (named if isinstance(named, list) else [named]) if role]
