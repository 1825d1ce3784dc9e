"""Tickets that have run, sent through another version with the answers they got then."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from definitions.graph import WorkflowGraph
from operations import explain
from operations.simulation.running import MOST_STEPS, simulate
from operations.simulation.scenario import Recorded, Scenario
from operations.simulation.story import Ending, SimStep, Simulation
from operations.task_times import CompanyCalendar


@dataclass(frozen=True, slots=True)
class PastTask:
    """One visit of a ticket to a task. `recorded` None: it is not over, or was cancelled."""

    key: str
    visit: int
    recorded: Recorded | None = None


@dataclass(frozen=True, slots=True)
class PastRun:
    """A ticket as it went; its tasks in the order in which they started."""

    submission: Mapping[str, Any]
    started_at: datetime
    tasks: Sequence[PastTask] = field(default_factory=tuple)


@dataclass(frozen=True, slots=True)
class Difference:
    """How a ticket would have gone differently.

    `where` names the task after (or at) which, `key` is its key; "" and None are the start.
    `reads`: what decided it there.
    `stops`: somebody would have had to repair it, for the reason `problem`.
    """

    where: str
    what: str
    reads: Mapping[str, Any] = field(default_factory=dict)
    key: str | None = None
    stops: bool = False
    problem: str = ""


def difference(graph: WorkflowGraph, run: PastRun, calendar: CompanyCalendar) -> Difference | None:
    """What would have been different in this workflow; None: nothing.

    Which tasks it comes to, and how often, counts; in which order branches begin does not.
    """
    recorded = {(task.key, task.visit): task.recorded for task in run.tasks if task.recorded}
    scenario = Scenario(submission=run.submission, recorded=recorded)
    limit = max(MOST_STEPS, len(run.tasks) + 1)
    story = simulate(
        graph, run.submission, scenario, start=run.started_at, calendar=calendar, limit=limit
    )
    if story.ending == Ending.STOPPED:
        return _stopped(graph, story)
    went = Counter((task.key, task.visit) for task in run.tasks)
    would = Counter((step.key, step.visit) for step in story.steps)
    if went == would:
        return None
    return _other_way(graph, run, story, went, would)


def _stopped(graph: WorkflowGraph, story: Simulation) -> Difference:
    where = explain.name(graph, story.at) if story.at else ""
    return Difference(where, "it would stop", stops=True, problem=story.problem)


def _other_way(
    graph: WorkflowGraph,
    run: PastRun,
    story: Simulation,
    went: Counter[tuple[str, int]],
    would: Counter[tuple[str, int]],
) -> Difference:
    """Told at the first decision that led elsewhere."""
    extra = next((step for step in story.steps if (step.key, step.visit) not in went), None)
    missed = next((task for task in run.tasks if (task.key, task.visit) not in would), None)
    before = _before_extra(story, extra) if extra else _before_missed(run, story, missed)
    to = f"to {explain.name(graph, extra.key)}" if extra else "on without coming"
    instead = f"to {explain.name(graph, missed.key)}" if missed else ""
    what = _words(to, instead, is_extra=extra is not None)
    if before is None:
        return Difference("", what, _read_at(story.start_trace))
    return Difference(explain.name(graph, before.key), what, _read_at(before.trace), before.key)


def _words(to: str, instead: str, *, is_extra: bool) -> str:
    if is_extra:
        return f"it would go {to} instead of {instead}" if instead else f"it would also go {to}"
    return f"it would go {to} {instead}" if instead else "it would go another way"


def _before_extra(story: Simulation, extra: SimStep) -> SimStep | None:
    came = [step for step in story.steps[: extra.number - 1] if extra.key in step.went]
    return came[-1] if came else None


def _before_missed(run: PastRun, story: Simulation, missed: PastTask | None) -> SimStep | None:
    """The task that was over last before the ticket came there, as far as it is in the story."""
    known = {(step.key, step.visit): step for step in story.steps if step.is_over}
    found: SimStep | None = None
    for task in run.tasks:
        if task is missed:
            break
        found = known.get((task.key, task.visit), found)
    return found


def _read_at(trace: Sequence[Any]) -> dict[str, Any]:
    return {path: value for seen in trace for path, value in seen.reads.items()}
