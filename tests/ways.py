"""Every way through a workflow: found by asking the engine, with answers that the forms accept."""

from collections import deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from itertools import product
from typing import Any

from definitions.graph import JSON, After, Edge, WorkflowGraph
from definitions.logic import compile_rule
from definitions.schemas import problems, schema_from_fields
from operations import engine

NOW = datetime.now(UTC)
SOON = (NOW.date() + timedelta(days=30)).isoformat()
PLAIN = {
    "string": "Something",
    "email": "somebody@acme.example",
    "uri": "https://acme.example/",
    "date": SOON,
}
# On both sides of every amount that a condition of the gallery asks for.
NUMBERS = (50, 5_000)
ABSENT = object()
MOST_VISITS = 2


@dataclass(frozen=True)
class Step:
    """A task that is over: with what it leaves, or by another way out."""

    key: str
    output: JSON = None
    way_out: str = ""


@dataclass(frozen=True)
class Way:
    """What was submitted, what happened then, and the keys of the edges that were taken."""

    submitted: Mapping[str, JSON]
    steps: tuple[Step, ...] = ()
    edges: tuple[str, ...] = ()


@dataclass(frozen=True)
class _Place:
    way: Way
    progress: engine.Progress
    data: Mapping[str, JSON]


def ways_along(graph: WorkflowGraph) -> dict[str, Way]:
    """For each edge that can be taken at all, by its key (or "catch:from>to"), a shortest way to
    the end that takes it."""
    found: dict[str, Way] = {}
    for place, is_over in _places(graph):
        if is_over:
            for key in place.way.edges:
                found.setdefault(key, place.way)
    return found


def edges_of(graph: WorkflowGraph) -> dict[str, str]:
    """All edges, ways after failures included, with words for whoever reads a failed test."""
    drawn = {edge.key: f"{edge.source} -> {edge.target} {edge.label}" for edge in graph.edges}
    caught = {
        f"catch:{task.key}>{target}": f"{task.key} failed -> {target}"
        for task in graph.tasks.values()
        for target in task.catches
    }
    return {**drawn, **caught}


def ends_of(graph: WorkflowGraph) -> list[Edge]:
    return [edge for edge in graph.edges if edge.target is None]


def _places(graph: WorkflowGraph) -> Iterator[tuple[_Place, bool]]:
    decisive = _decisive(graph)
    waiting: deque[_Place] = deque()
    seen: set[str] = set()

    def arrived(place: _Place, decision: engine.Decision) -> Iterator[tuple[_Place, bool]]:
        if decision.finished:
            yield place, True
        state = repr((place.progress, place.data, sorted(set(place.way.edges))))
        if not decision.finished and state not in seen:
            seen.add(state)
            waiting.append(place)

    form = schema_from_fields([dict(field) for field in graph.fields])
    for submitted in variants(form, decisive.get("ticket", set())):
        data: dict[str, JSON] = {"ticket": submitted}
        decision = engine.start(graph, data, now=NOW)
        progress = engine.after(engine.Progress(), decision, _ids(engine.Progress(), decision))
        place = _Place(Way(submitted, edges=_taken(decision)), progress, data)
        yield from arrived(place, decision)
    while waiting:
        place = waiting.popleft()
        for task, step in _next_steps(graph, place, decisive):
            data = {**place.data}
            if not step.way_out:
                data[step.key] = step.output
            decision = engine.complete(
                graph, place.progress, task.id, data, now=NOW, way_out=step.way_out
            )
            progress = engine.after(
                place.progress, decision, _ids(place.progress, decision), completed=task.id
            )
            if max(progress.visits.values()) > MOST_VISITS:
                continue
            edges = (*place.way.edges, *_taken(decision, step))
            way = replace(place.way, steps=(*place.way.steps, step), edges=edges)
            yield from arrived(_Place(way, progress, data), decision)


def _next_steps(
    graph: WorkflowGraph, place: _Place, decisive: Mapping[str, set[str]]
) -> Iterator[tuple[engine.OpenTask, Step]]:
    """Branches do not read each other here, so one after the other is as good as any order."""
    task = place.progress.open[0]
    node = graph.tasks[task.key]
    schema: Any = node.output_schema
    for output in variants(schema, decisive.get(task.key, set())) if schema else [{}]:
        yield task, Step(task.key, output)
    if graph.outgoing(task.key, After.TIMEOUT.value):
        yield task, Step(task.key, way_out=engine.OUT_OF_TIME)
    for target in node.catches:
        yield task, Step(task.key, way_out=f"{engine.CAUGHT}{target}")


def _ids(progress: engine.Progress, decision: engine.Decision) -> list[str]:
    """Names of the tasks that start: their key, and the how many-th time it is."""
    return [f"{s.task_key} {progress.visits.get(s.task_key, 0) + 1}" for s in decision.starts]


def _taken(decision: engine.Decision, step: Step | None = None) -> tuple[str, ...]:
    if step is not None and step.way_out.startswith(engine.CAUGHT):
        return (f"catch:{step.key}>{step.way_out.removeprefix(engine.CAUGHT)}",)
    return tuple(one.key for one in decision.trace if one.taken)


# Answers


def variants(schema: Mapping[str, Any], decisive: set[str]) -> Iterator[dict[str, Any]]:
    """Answers that the form accepts, with every choice of what decides the way; fullest first."""
    further = schema.get("then", {}).get("properties", {})
    questions = {**schema.get("properties", {}), **further}
    always = set(schema.get("required", ()))
    names = list(questions)
    choices = []
    for name in names:
        values = list(_values(questions[name]))
        values = values if name in decisive else values[:1]
        may_lack = not values or (name not in always and (name in decisive or name in further))
        choices.append([*values, ABSENT] if may_lack else values)
    for picked in product(*choices):
        pairs = zip(names, picked, strict=True)
        answer = {name: value for name, value in pairs if value is not ABSENT}
        if not problems(schema, answer):
            yield answer


def _values(question: Mapping[str, Any]) -> Iterator[Any]:
    """What could be answered to a question; nothing to one for a file, which nobody has here."""
    if "file" in {question.get("x-widget"), question.get("items", {}).get("x-widget")}:
        return
    if "const" in question:
        yield question["const"]
    elif "enum" in question or "oneOf" in question:
        yield from question.get("enum") or [one["const"] for one in question["oneOf"]]
    elif question.get("type") == "boolean":
        yield from (True, False)
    elif question.get("type") in {"number", "integer"}:
        yield from NUMBERS
    elif question.get("type") == "array":
        yield [next(_values(question["items"]))]
    elif "pattern" in question:
        yield from ("DE02120300000000202051", "W-20417")
    else:
        yield PLAIN[question.get("format", "string")]


def _decisive(graph: WorkflowGraph) -> dict[str, set[str]]:
    """By task (or "ticket"): the answers that conditions read."""
    found: dict[str, set[str]] = {}
    for edge in graph.edges:
        if edge.condition is None:
            continue
        for path in compile_rule(edge.condition).paths:
            source, _, name = path.partition(".")
            found.setdefault(source, set()).add(name.partition(".")[0])
    return found
