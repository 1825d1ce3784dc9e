"""Where each open step of a run goes in another version, and why it may not.

Pure: no Django, no clock, no database. A plan tells nobody's answers and no name of a ticket, so
that it may be shown to whoever designs the workflow.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from definitions.graph import (
    ACTION_TYPES,
    JSON,
    After,
    Join,
    TaskNode,
    TaskType,
    WorkflowGraph,
)
from definitions.listing import listed
from definitions.schemas import UnusableSchema, problems, steps
from operations import engine
from operations.engine import CAUGHT, OpenTask, Progress, RoutingError, Waiting

#: More new steps than these are counted.
MOST_NAMED = 3
_DOES: Mapping[str, str] = {
    TaskType.FORM: "is done by a person",
    TaskType.SYNC_ACTION: "calls another system",
    TaskType.ASYNC_ACTION: "calls another system that answers later",
    TaskType.SUBWORKFLOW: "runs another workflow",
    TaskType.WAIT: "waits for a time",
}


@dataclass(frozen=True, slots=True)
class OpenStep:
    """A task of a run that is not over, or that is done and has not led on yet.

    `is_being_called`: the call is on its way. `is_called`: it was made, and its answer comes later.
    `may_be_sent`: some attempt may have reached the other system. `child`: key of the workflow that
    runs inside. `runs_out`: its time is set.
    """

    id: UUID
    key: str
    status: str
    branch: str = engine.MAIN_BRANCH
    way_out: str = ""
    draft: JSON = None
    is_assigned: bool = False
    is_being_called: bool = False
    is_called: bool = False
    may_be_sent: bool = False
    child: str = ""
    runs_out: bool = False

    @property
    def is_done(self) -> bool:
        return self.status == "COMPLETED"


@dataclass(frozen=True, slots=True)
class RunState:
    """A run that is not over. `arrivals`: what waits at joins; `submission`: what was asked."""

    id: UUID
    ticket_id: UUID
    version_id: UUID
    version: int
    is_inside: bool
    steps: tuple[OpenStep, ...] = ()
    arrivals: tuple[Waiting, ...] = ()
    submission: Mapping[str, JSON] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Target:
    """The version to go to. `mapping`: key of a step -> key of the one that takes its place."""

    graph: WorkflowGraph
    version: int
    mapping: Mapping[str, str] = field(default_factory=dict)

    def key_for(self, key: str) -> str:
        return self.mapping.get(key, key)

    @property
    def name(self) -> str:
        return f"v{self.version}"


@dataclass(frozen=True, slots=True)
class StepPlan:
    """What becomes of one open step.

    `makes_input`: what it sends, or the workflow inside starts with, is to be made anew.
    `drops_end`: its time no longer runs out. `form_changed`: a page with the old form is out of
    date.
    """

    id: UUID
    from_key: str
    to_key: str
    title: str
    to_title: str
    way_out: str = ""
    makes_input: bool = False
    drops_end: bool = False
    form_changed: bool = False
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a run stays where it is. `key`: the step that has to be mapped, where that would help;
    `passes`: trying again in a moment would.
    """

    message: str
    key: str = ""
    passes: bool = False


@dataclass(frozen=True, slots=True)
class RunPlan:
    """`renamed`: steps whose data go by a new key. `starts`: joins that start with the move."""

    run: RunState
    steps: tuple[StepPlan, ...] = ()
    arrivals: Mapping[str, str] = field(default_factory=dict)
    renamed: Mapping[str, str] = field(default_factory=dict)
    starts: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    refusals: tuple[Refusal, ...] = ()

    @property
    def is_refused(self) -> bool:
        return bool(self.refusals)

    @property
    def told(self) -> tuple[str, ...]:
        """All that is worth knowing before it is moved, each thing once."""
        return tuple(
            dict.fromkeys([*(note for step in self.steps for note in step.notes), *self.notes])
        )


def plan_run(run: RunState, old: WorkflowGraph, target: Target) -> RunPlan:
    """Decide what becomes of a run. A plan with refusals must not be carried out."""
    refusals = [*_refused_steps(run, old, target), *_refused_arrivals(run, old, target)]
    if refusals:
        return RunPlan(run, refusals=tuple(refusals))
    steps = tuple(_step(step, old, target) for step in run.steps)
    arrivals = {one.branch: target.key_for(one.key) for one in run.arrivals}
    try:
        starts = _starts(run, target)
    except RoutingError as error:
        return RunPlan(run, refusals=(Refusal(error.message),))
    renamed = renames(old, target)
    return RunPlan(
        run,
        steps,
        arrivals,
        renamed,
        starts,
        tuple(_notes(run, old, target, renamed, starts)),
    )


def renames(old: WorkflowGraph, target: Target) -> dict[str, str]:
    """Steps that only have a new key, so that what they left behind goes by it, too.

    Not what continues at a step that both versions have: that has data of its own.
    """
    found = {
        key: to
        for key, to in target.mapping.items()
        if key in old.tasks
        and key not in target.graph.tasks
        and to in target.graph.tasks
        and to not in old.tasks
    }
    taken = Counter(found.values())
    return {key: to for key, to in found.items() if taken[to] == 1}


def progress_in(run: RunState, target: Target) -> Progress:
    """Where the run is, in the words of the other version."""
    return Progress(
        open=tuple(OpenTask(one.id, target.key_for(one.key), one.branch) for one in run.steps),
        waiting=tuple(Waiting(target.key_for(one.key), one.branch) for one in run.arrivals),
    )


def _starts(run: RunState, target: Target) -> tuple[str, ...]:
    """Joins for which, in the other version, nothing is left to wait."""
    if not run.arrivals:
        return ()
    decision = engine.resettle(target.graph, progress_in(run, target))
    return tuple(start.task_key for start in decision.starts)


# --- what cannot be moved -------------------------------------------------------------------------


def _refused_steps(run: RunState, old: WorkflowGraph, target: Target) -> Iterator[Refusal]:
    for step in run.steps:
        was, to = old.tasks[step.key], target.graph.tasks.get(target.key_for(step.key))
        if to is None:
            yield Refusal(
                f"“{was.label}” is not part of {target.name}. Choose the step that takes its "
                "place.",
                key=step.key,
            )
        elif not step.is_done:
            yield from _refused_open(step, was, to, target)
        if step.way_out.startswith(CAUGHT):
            caught = step.way_out.removeprefix(CAUGHT)
            if target.key_for(caught) not in target.graph.tasks:
                yield Refusal(
                    f"After its call failed it goes on to “{old.label_of(caught)}”, which is not "
                    f"part of {target.name}. Choose the step that takes its place.",
                    key=caught,
                )


def _refused_open(step: OpenStep, was: TaskNode, to: TaskNode, target: Target) -> Iterator[Refusal]:
    if step.is_being_called:
        yield Refusal(
            f"A call is being made for “{was.label}” at this moment. Try again when it has come "
            "back.",
            passes=True,
        )
    elif was.task_type != to.task_type:
        yield Refusal(
            f"“{was.label}” {_does(was)}, and “{to.label}” of {target.name} {_does(to)}. Wait "
            "until it is done, or choose another step.",
            key=was.key,
        )
    elif step.child and step.child != to.extra.get("subworkflow"):
        yield Refusal(
            f"“{was.label}” has begun the workflow “{step.child}”, and “{to.label}” of "
            f"{target.name} runs another. Wait until it is done, or choose another step.",
            key=was.key,
        )


def _refused_arrivals(run: RunState, old: WorkflowGraph, target: Target) -> Iterator[Refusal]:
    for key in dict.fromkeys(one.key for one in run.arrivals):
        to = target.graph.tasks.get(target.key_for(key))
        if to is None:
            yield Refusal(
                f"A branch waits before “{old.label_of(key)}”, which is not part of {target.name}. "
                "Choose the step that takes its place.",
                key=key,
            )
        elif to.join != Join.ALL:
            yield Refusal(
                f"A branch waits before “{old.label_of(key)}” for the others, and in {target.name} "
                f"nothing waits before “{to.label}”. Move it when the branches have met.",
                key=key,
            )


def _does(node: TaskNode) -> str:
    return _DOES.get(node.task_type, "is of another kind")


# --- what becomes of a step -----------------------------------------------------------------------


def _step(step: OpenStep, old: WorkflowGraph, target: Target) -> StepPlan:
    was, to = old.tasks[step.key], target.graph.tasks[target.key_for(step.key)]
    way_out = step.way_out
    if way_out.startswith(CAUGHT):
        way_out = CAUGHT + target.key_for(way_out.removeprefix(CAUGHT))
    if step.is_done:
        note = f"“{was.label}” is done, and goes on by the ways of {target.name}."
        return StepPlan(step.id, was.key, to.key, was.label, to.label, way_out, notes=(note,))
    makes_input = _makes_input(step, was, to)
    drops_end = _drops_end(step, to, target.graph)
    changed = to.task_type == TaskType.FORM and _form_of(was) != _form_of(to)
    return StepPlan(
        step.id,
        was.key,
        to.key,
        was.label,
        to.label,
        way_out,
        makes_input,
        drops_end,
        changed,
        tuple(_told_of(step, was, to, target, makes_input=makes_input, drops_end=drops_end)),
    )


def _told_of(
    step: OpenStep,
    was: TaskNode,
    to: TaskNode,
    target: Target,
    *,
    makes_input: bool,
    drops_end: bool,
) -> Iterator[str]:
    if was.label != to.label:
        yield f"“{was.label}” goes on as “{to.label}”."
    if step.status == "ERROR":
        yield f"“{to.label}” has stopped; it can then be tried again as {target.name} says."
    yield from _told_of_form(step, was, to)
    if dict(was.assign) != dict(to.assign) and to.task_type == TaskType.FORM:
        whom = to.assign.get("company_role")
        now = f"people with the company role “{whom}”" if whom else "any task worker"
        if step.is_assigned:
            yield f"“{to.label}” is for {now} now; it stays with whoever has it."
        else:
            yield f"“{to.label}” is for {now} now."
    if makes_input:
        yield f"What “{to.label}” is given is made anew."
    elif was.input_transform != to.input_transform and step.may_be_sent:
        yield f"What “{to.label}” sends stays as it was: an attempt may have arrived already."
    if step.is_called and _answer_of(was) != _answer_of(to):
        yield f"When the answer to “{to.label}” comes, it is read as {target.name} says."
    if drops_end:
        yield f"Nothing follows any more when the time of “{to.label}” is over."
    elif _times_of(was) != _times_of(to):
        yield f"The times of “{to.label}” stay as they were set when it began."


def _told_of_form(step: OpenStep, was: TaskNode, to: TaskNode) -> Iterator[str]:
    """What was typed is kept; where it no longer fits, the form will say so."""
    if to.task_type != TaskType.FORM or _form_of(was) == _form_of(to):
        return
    if not isinstance(step.draft, Mapping) or not step.draft:
        yield f"The form of “{to.label}” is another one."
        return
    gone = [_question(was, name) for name in step.draft if not _asks(to, name)]
    unfit = list(dict.fromkeys(_unfit(step.draft, to)))
    if not gone and not unfit:
        yield f"The form of “{to.label}” is another one; what was typed so far still fits."
    if gone:
        yield f"“{to.label}” no longer asks for {_listed(gone)}, which has been typed already."
    if unfit:
        yield f"What was typed for {_listed(unfit)} in “{to.label}” no longer fits; it is kept."


def _form_of(node: TaskNode) -> tuple[JSON, JSON]:
    return node.output_schema, node.extra.get("edit_layout")


def _answer_of(node: TaskNode) -> tuple[JSON, JSON]:
    return node.output_schema, node.output_transform


def _times_of(node: TaskNode) -> tuple[JSON, ...]:
    return (node.timeout_seconds, *(node.extra.get(name) for name in ("due", "reminder", "until")))


def _makes_input(step: OpenStep, was: TaskNode, to: TaskNode) -> bool:
    """Only where nothing has gone out with it yet."""
    if was.input_transform == to.input_transform or step.may_be_sent or step.child:
        return False
    return to.task_type in (*ACTION_TYPES, TaskType.SUBWORKFLOW)


def _drops_end(step: OpenStep, to: TaskNode, graph: WorkflowGraph) -> bool:
    """The time of an answer runs out by itself; any other only where a way is drawn for it."""
    is_drawn = bool(graph.outgoing(to.key, After.TIMEOUT))
    return step.runs_out and to.task_type != TaskType.ASYNC_ACTION and not is_drawn


def _properties(node: TaskNode) -> Mapping[str, Any]:
    schema = node.output_schema
    found = schema.get("properties") if isinstance(schema, Mapping) else None
    return found if isinstance(found, Mapping) else {}


def _asks(node: TaskNode, name: str) -> bool:
    return name in _properties(node)


def _question(node: TaskNode, name: str) -> str:
    part = _properties(node).get(name)
    title = part.get("title") if isinstance(part, Mapping) else None
    return f"“{title or name}”"


def _unfit(draft: Mapping[str, JSON], to: TaskNode) -> Iterator[str]:
    """Questions whose drafted answers the new form would refuse."""
    try:
        found = problems(to.output_schema, dict(draft))
    except UnusableSchema:  # a draft may hold any; it cannot be published
        return
    for problem in found:
        name = (*steps(problem.path), "")[0]
        if name in draft and _asks(to, name):  # what is missing may still be typed
            yield _question(to, name)


# --- what becomes of the rest ---------------------------------------------------------------------


def _notes(
    run: RunState,
    old: WorkflowGraph,
    target: Target,
    renamed: Mapping[str, str],
    starts: Iterable[str],
) -> Iterator[str]:
    for key in starts:
        label = target.graph.label_of(key)
        yield f"“{label}” starts at once: in {target.name} no branch is left to wait for."
    if behind := list(_new_and_passed(run, old, target, renamed)):
        lie = "are new in {} and lie behind the ticket: they are left out."
        lies = "is new in {} and lies behind the ticket: it is left out."
        yield f"{_listed(behind)} {(lie if len(behind) > 1 else lies).format(target.name)}"
    if not run.is_inside and (missing := list(_never_asked(run, old, target.graph))):
        yield f"{target.name} also wants to know {_listed(missing)}, which was never asked."


def _new_and_passed(
    run: RunState, old: WorkflowGraph, target: Target, renamed: Mapping[str, str]
) -> Iterator[str]:
    """Steps that only the new version has, and that lie behind all that is open."""
    here = [target.key_for(step.key) for step in run.steps]
    graph = target.graph
    for key, node in graph.tasks.items():
        if key in old.tasks or key in renamed.values() or key in here:
            continue
        leads_here = any(graph.can_reach(key, at) for at in here)
        if leads_here and not any(graph.can_reach(at, key) for at in here):
            yield f"“{node.label}”"


def _never_asked(run: RunState, old: WorkflowGraph, new: WorkflowGraph) -> Iterator[str]:
    known = {field.get("name") for field in old.fields}
    for one in new.fields:
        name = one.get("name")
        if name not in known and one.get("required") and name not in run.submission:
            yield f"“{one.get('title') or name}”"


def _listed(names: list[str]) -> str:
    shown = names[:MOST_NAMED]
    if len(names) > MOST_NAMED:
        return f"{', '.join(shown)} and {len(names) - MOST_NAMED} more"
    return listed(shown)
