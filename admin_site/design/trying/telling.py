"""A simulation as the page tells it."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from admin_site.design.reading import SYMBOLS, what_it_is, who_gets_it
from admin_site.history import Names, conditions
from admin_site.parts import Condition
from admin_site.schema_forms import Told, answers
from definitions.graph import ACTION_TYPES, TaskType, WorkflowGraph
from operations.simulation import SimStep, Simulation
from operations.simulation.story import Ending

#: How a step ended, and the tone of its label.
_ENDINGS: Mapping[Ending, tuple[str, str]] = {
    Ending.DONE: ("Done", "success"),
    Ending.TIMEOUT: ("Ran out of time", "warning"),
    Ending.CAUGHT: ("Stopped, another way", "warning"),
    Ending.OPEN: ("Waits", "info"),
    Ending.STOPPED: ("Stopped", "danger"),
}


@dataclass(frozen=True, slots=True)
class StepTold:
    """One step of the story. `then`: where it went; `times`: (what, when); `again`: its number, if
    it can be answered otherwise.
    """

    number: int
    title: str
    symbol: str
    what: str
    who: str
    started_at: datetime
    ending: str
    tone: str
    is_over: bool
    visit: int
    times: Sequence[tuple[str, datetime]]
    given: Sequence[Told]
    told: Sequence[Told]
    why: Sequence[Condition]
    then: str
    call: str = ""
    call_line: str = ""
    attempts: int = 0
    problem: str = ""
    can_be_changed: bool = False


def steps_told(graph: WorkflowGraph, story: Simulation, roles: Mapping[str, str]) -> list[StepTold]:
    """`roles`: titles of company roles by key."""
    names = Names(graph)
    return [_step(graph, step, names, roles) for step in story.steps]


def start_told(graph: WorkflowGraph, story: Simulation) -> Sequence[Condition]:
    """Why it began where it did."""
    return conditions([seen.as_json() for seen in story.start_trace], Names(graph))


def _step(graph: WorkflowGraph, step: SimStep, names: Names, roles: Mapping[str, str]) -> StepTold:
    node = graph.tasks[step.key]
    ending, tone = _ENDINGS[step.ending]
    is_form = node.task_type == TaskType.FORM
    return StepTold(
        number=step.number,
        title=step.title,
        symbol=SYMBOLS.get(TaskType(step.task_type), "help"),
        what=what_it_is(node, names.paths),
        who=who_gets_it(node, roles) if is_form else "",
        started_at=step.started_at,
        ending=ending,
        tone=tone,
        is_over=step.is_over,
        visit=step.visit,
        times=list(_times(step)),
        given=answers(node.input_schema, step.given) if step.given else (),
        told=answers(node.output_schema, step.output) if step.output else (),
        why=conditions([seen.as_json() for seen in step.trace], names) if step.trace else (),
        then=_then(step, names),
        call=_call(step),
        call_line=f"{step.call.method} {step.call.url}" if step.call else "",
        attempts=step.attempts,
        problem=step.why if step.ending == Ending.STOPPED else "",
        can_be_changed=node.task_type != TaskType.WAIT and step.ending != Ending.OPEN,
    )


def _times(step: SimStep) -> Iterator[tuple[str, datetime]]:
    named = {
        "due": step.times.due_at,
        "reminder": step.times.remind_at,
        "runs out": step.times.times_out_at,
        "goes on": step.times.wakes_at if step.task_type == TaskType.WAIT else None,
    }
    for name, at in named.items():
        if at is not None:
            yield name, at


def _then(step: SimStep, names: Names) -> str:
    if not step.is_over:
        return ""
    parts = [names.task(key) for key in step.went]
    parts += [f"waits at {names.task(key)} for the other branches" for key in step.joins]
    return " and ".join(parts) or "the end"


def _call(step: SimStep) -> str:
    """What would be sent, as text."""
    if step.call is None:
        return ""
    lines = [f"{step.call.method} {step.call.url}"]
    lines += [f"{name}: {value}" for name, value in step.call.headers.items()]
    if step.call.signed:
        lines.append("webhook-signature: ••••••")
    return "\n".join([*lines, "", _pretty(step.call.body)]).rstrip()


def _pretty(body: str) -> str:
    try:
        return json.dumps(json.loads(body), ensure_ascii=False, indent=2)
    except ValueError:
        return body


def kind_of(graph: WorkflowGraph, key: str) -> str:
    """How an open step is answered: "form", "call" or "outcome"."""
    node = graph.tasks[key]
    if node.task_type in ACTION_TYPES:
        return "call"
    return "outcome" if node.task_type == TaskType.SUBWORKFLOW else "form"


def sample_of(graph: WorkflowGraph, key: str) -> Any:
    """What an answer of another system may look like: what the output transform reads of it."""
    paths = _read_by(graph.tasks[key].output_transform)
    sample: dict[str, Any] = {}
    for path in paths:
        head, *rest = path.split(".")
        if head not in ("response", "child") or not rest:
            continue
        place = sample
        for name in rest[:-1]:
            inner = place.setdefault(name, {})
            if not isinstance(inner, dict):
                break
            place = inner
        place.setdefault(rest[-1], "")
    return sample


def _read_by(template: Any) -> Iterator[str]:
    if isinstance(template, dict):
        for name, inner in template.items():
            if name == "var" and isinstance(inner, str):
                yield inner
            else:
                yield from _read_by(inner)
    elif isinstance(template, list):
        for inner in template:
            yield from _read_by(inner)
