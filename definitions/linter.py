"""What is wrong with a workflow, in words for the person who draws it.

Pure: no Django, no clock, no database. Each check is one function in `RULES`; a new check is a new
function there. Errors block publishing: a ticket would certainly stop there. Warnings do not.
"""

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from enum import StrEnum
from itertools import islice
from typing import Any, NamedTuple

from definitions.durations import duration_of
from definitions.graph import (
    MOST_VISITS,
    TICKET,
    Edge,
    Join,
    Split,
    TaskNode,
    TaskType,
    WorkflowGraph,
)
from definitions.logic import LogicError, check_rule

#: A condition reads `<task key>.<name>`, so a key must not hold what ends a path.
KEY = re.compile(r"[^\s.\x00-\x1f](?:[^.\x00-\x1f]{0,78}[^\s.\x00-\x1f])?")
LONGEST_KEY = 80
#: A longer list helps nobody, and looking for what was meant takes its time.
MOST_PER_RULE = 100
MOST_COMPARED = 300

#: With any of these, a schema may let through more than its own `properties`.
OPEN_SCHEMA_WORDS = frozenset(
    {
        "$ref",
        "$dynamicRef",
        "allOf",
        "anyOf",
        "oneOf",
        "if",
        "patternProperties",
        "dependentSchemas",
    }
)


class Severity(StrEnum):
    ERROR = "error"
    WARNING = "warning"


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong. `place`: JSON pointer (RFC 6901) into the workflow's document."""

    rule: str
    severity: Severity
    place: str
    message: str
    hint: str = ""

    @property
    def blocks(self) -> bool:
        """Whether the workflow must not be published like this."""
        return self.severity == Severity.ERROR


class Found(NamedTuple):
    """What a rule reports; its name and severity stand in the table."""

    place: str
    message: str
    hint: str = ""


@dataclass(frozen=True, slots=True)
class Drawing:
    """What the rules look at: the graph, and what is known about its company and ticket types."""

    graph: WorkflowGraph
    company_roles: Collection[str] | None
    ticket_fields: Collection[str]

    def tasks(self) -> Iterator[tuple[str, TaskNode]]:
        """Each task with its place."""
        for number, task in enumerate(self.graph.tasks.values()):
            yield f"/tasks/{number}", task

    def edges(self) -> Iterator[tuple[str, Edge]]:
        """Each transition with its place."""
        for number, edge in enumerate(self.graph.edges):
            yield f"/transitions/{number}", edge

    def edges_by_source(self) -> dict[str | None, list[tuple[str, Edge]]]:
        groups: dict[str | None, list[tuple[str, Edge]]] = {}
        for place, edge in self.edges():
            groups.setdefault(edge.source, []).append((place, edge))
        return groups

    def splits(self, source: str | None) -> bool:
        task = self.graph.tasks.get(source) if source is not None else None
        return task is not None and task.split == Split.ALL

    def called(self, key: str | None) -> str:
        """What a sentence calls a task; None is the start."""
        if key is None:
            return "the start"
        task = self.graph.tasks.get(key)
        return f"“{task.label if task else key}”"


def problems(
    graph: WorkflowGraph,
    *,
    company_roles: Collection[str] | None = None,
    ticket_fields: Collection[str] = (),
) -> list[Problem]:
    """What is known to be wrong, errors first; of each rule the first hundred findings.

    Args:
        company_roles: keys of the company's roles; None leaves `assign` unchecked.
        ticket_fields: names that forms of ticket types ask for beyond the workflow's own fields.
    """
    drawing = Drawing(graph, company_roles, ticket_fields)
    return [
        Problem(name, severity, *report)
        for name, severity, rule in RULES
        for report in islice(rule(drawing), MOST_PER_RULE)
    ]


def not_yet_supported(graph: WorkflowGraph) -> list[Problem]:
    """What may be imported and edited but not yet published, because nothing runs it yet."""
    return [
        Problem(
            "not-yet-supported",
            Severity.ERROR,
            f"{place}/{part}",
            f"“{task.label}” {uses}. This can be imported and edited, but not yet published.",
        )
        for place, task in Drawing(graph, None, ()).tasks()
        for part, uses in _unsupported(task)
    ]


def _unsupported(task: TaskNode) -> Iterator[tuple[str, str]]:
    """Part of the task's document, and what a sentence says of it."""
    if task.task_type == TaskType.SUBWORKFLOW:
        yield "task_type", "runs another workflow"
    if task.task_type == TaskType.WAIT:
        yield "task_type", "waits for a time"
    if task.split == Split.ALL:
        yield "split", "starts several branches at once"
    if task.join == Join.ALL:
        yield "join", "waits for several branches"
    if task.task_type == TaskType.FORM and task.timeout_seconds is not None:
        yield "timeout_seconds", "has a time limit"
    if task.extra.get("reminder"):
        yield "reminder", "reminds somebody"
    if task.extra.get("due") and not duration_of(task.extra["due"]):
        yield "due", "is due at a time that the data say"


# The rules


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
                    _did_you_mean(key, known),
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


def several_defaults(drawing: Drawing) -> Iterator[Found]:
    for source, edges in drawing.edges_by_source().items():
        defaults = [place for place, edge in edges if edge.is_default]
        if drawing.splits(source):
            continue  # there, all transitions without condition are followed together
        for place in defaults[1:]:
            yield Found(
                place,
                f"More than one transition from {drawing.called(source)} has no condition; "
                "only one of them could ever be followed.",
                "Give all but one a condition.",
            )


def same_priority(drawing: Drawing) -> Iterator[Found]:
    for source, edges in drawing.edges_by_source().items():
        taken: set[int] = set()
        for place, edge in edges:
            if edge.is_default or drawing.splits(source):
                continue
            if edge.priority in taken:
                yield Found(
                    f"{place}/priority",
                    f"Two conditions after {drawing.called(source)} have priority {edge.priority}, "
                    "so it is not clear which one is asked first.",
                    "Give each its own priority; the smallest is asked first.",
                )
            taken.add(edge.priority)


def default_beside_branches(drawing: Drawing) -> Iterator[Found]:
    for source, edges in drawing.edges_by_source().items():
        if not drawing.splits(source) or all(edge.is_default for _place, edge in edges):
            continue
        for place, edge in edges:
            if edge.is_default:
                yield Found(
                    place,
                    f"This transition from {drawing.called(source)} has no condition, so it is "
                    "followed only when no condition beside it is true.",
                    "Give it the condition true if it should always be followed.",
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
                    _did_you_mean(role, drawing.company_roles) or "Add the company role first.",
                )


def bad_condition(drawing: Drawing) -> Iterator[Found]:
    for place, edge in drawing.edges():
        if edge.is_default:
            continue
        for problem in check_rule(edge.condition, condition=True):
            yield Found(f"{place}/condition{problem.place}", problem.message, problem.hint)


def unknown_path(drawing: Drawing) -> Iterator[Found]:
    for place, edge, path in _reads(drawing):
        message = _never_there(drawing, path)
        if message:
            yield Found(f"{place}/condition", message, _did_you_mean(path, _known(drawing, edge)))


def too_early(drawing: Drawing) -> Iterator[Found]:
    graph = drawing.graph
    for place, edge, path in _reads(drawing):
        head = path.partition(".")[0]
        before = {edge.source} | _before(graph, edge.source)
        if head not in graph.tasks or head in before:
            continue
        yield Found(
            f"{place}/condition",
            f"“{path}” is empty here: no way leads from {drawing.called(head)} "
            f"to {drawing.called(edge.source)}.",
            "Read a value of a task that comes before.",
        )


#: Name, severity and function of each rule, in the order in which they report: errors first.
RULES = (
    ("no-start", Severity.ERROR, no_start),
    ("bad-key", Severity.ERROR, bad_key),
    ("unknown-word", Severity.ERROR, unknown_word),
    ("bad-visit-limit", Severity.ERROR, bad_visit_limit),
    ("unknown-task", Severity.ERROR, unknown_task),
    ("no-way-out", Severity.ERROR, no_way_out),
    ("loop-without-wait", Severity.ERROR, loop_without_wait),
    ("several-defaults", Severity.ERROR, several_defaults),
    ("unknown-role", Severity.ERROR, unknown_role),
    ("bad-condition", Severity.ERROR, bad_condition),
    # A warning, because nothing stops there, and a person may still move a ticket to it.
    ("unreachable-task", Severity.WARNING, unreachable_task),
    ("silent-end", Severity.WARNING, silent_end),
    ("same-priority", Severity.WARNING, same_priority),
    ("default-beside-branches", Severity.WARNING, default_beside_branches),
    ("unknown-path", Severity.WARNING, unknown_path),
    ("too-early", Severity.WARNING, too_early),
)


# What the rules share


def _roles(assign: Mapping[str, Any]) -> list[str]:
    named = assign.get("company_role")
    return [str(role) for role in (named if isinstance(named, list) else [named]) if role]


def _reads(drawing: Drawing) -> Iterator[tuple[str, Edge, str]]:
    """Every path that a condition is written to read, where that can be told."""
    for place, edge in drawing.edges():
        if edge.is_default:
            continue
        try:
            paths = drawing.graph.rule(edge).paths
        except LogicError:
            continue  # reported by `bad_condition`
        for path in sorted(set(paths)):
            if path:
                yield place, edge, path


def _never_there(drawing: Drawing, path: str) -> str:
    """Why nothing can be found at `path`; empty where something may be."""
    head, name, *_deeper = [*path.split("."), ""]
    if head != TICKET and head not in drawing.graph.tasks:
        return f"“{path}” is never there: “{head}” is neither “{TICKET}” nor the key of a task."
    names = _names(drawing, head)
    if names is None or not name or name in names:
        return ""
    owner = "the submitted form" if head == TICKET else drawing.called(head)
    return f"“{path}” is never there: {owner} has no field “{name}”."


def _names(drawing: Drawing, head: str) -> Collection[str] | None:
    """Names of the values below `head`; None where more may be there than is declared."""
    if head == TICKET:
        declared = {spec.name for spec in drawing.graph.declared_fields()}
        return declared.union(drawing.ticket_fields) or None
    return _properties(drawing.graph.tasks[head].output_schema)


def _properties(schema: Any) -> Collection[str] | None:
    if not isinstance(schema, Mapping) or OPEN_SCHEMA_WORDS & set(schema):
        return None
    listed = schema.get("properties")
    if not isinstance(listed, Mapping) or schema.get("additionalProperties"):
        return None
    return tuple(str(name) for name in listed)


def _known(drawing: Drawing, edge: Edge) -> list[str]:
    """Every path that may have a value when the ticket is at this transition."""
    before = {edge.source} | _before(drawing.graph, edge.source)
    heads = [TICKET, *(key for key in drawing.graph.tasks if key in before)]
    return [f"{head}.{name}" for head in heads for name in _names(drawing, head) or ()]


def _before(graph: WorkflowGraph, source: str | None) -> frozenset[str | None]:
    """What leads to a task. Nothing leads to the start, which only shares its None with the end."""
    return frozenset() if source is None else graph.ancestors(source)


def _did_you_mean(word: str, known: Collection[str]) -> str:
    if len(known) > MOST_COMPARED:  # then only what begins or ends alike
        head, tail = word[:2], word.rpartition(".")[2]
        known = [one for one in known if one.startswith(head) or one.endswith(tail)]
    close = get_close_matches(word, sorted(known)[:MOST_COMPARED], n=1)
    return f"Did you mean “{close[0]}”?" if close else ""
