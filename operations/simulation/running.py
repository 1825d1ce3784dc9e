"""One made-up ticket, from its start as far as it goes."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from definitions import retries
from definitions.graph import ACTION_TYPES, TICKET, TaskNode, TaskType, WorkflowGraph
from definitions.layouts import checked
from definitions.schemas import UnusableSchema, check_storable
from operations import engine, explain
from operations.engine import CAUGHT, OUT_OF_TIME, Decision, Progress, RoutingError
from operations.outgoing.call import CallFailed
from operations.preparing import (
    MOST_TOLD,
    ChildFailed,
    TaskCannotStart,
    callback_time,
    output_of,
    output_of_child,
    prepared_input,
    prepared_times,
)
from operations.simulation.calls import planned_call
from operations.simulation.samples import SampleFiles
from operations.simulation.scenario import UNANSWERED, Failure, Past, Scenario
from operations.simulation.story import Ending, SimStep, Simulation
from operations.task_times import CompanyCalendar

#: How many steps are told; a real ticket may take more.
MOST_STEPS = 500
TOO_LONG = "It goes on after {} steps. Nothing more was tried."
#: Failures of which the request never left: nothing can have been done over there.
_NEVER_SENT = frozenset({"connect", "dns", "tls", "forbidden_address", "secret"})
_NO_LIMIT = "“{}” never runs out of time: it has neither a time limit nor a due time, or no way "
_NO_LIMIT += "after a timeout."


class _Stop(Exception):
    """It cannot go on: a person would be asked to repair the ticket."""


def simulate(
    graph: WorkflowGraph,
    submission: Mapping[str, Any],
    scenario: Scenario,
    *,
    start: datetime,
    calendar: CompanyCalendar,
    limit: int = MOST_STEPS,
) -> Simulation:
    """Send a ticket with this submission through the workflow, as far as the scenario says.

    Whatever is said of a task happens the moment the task starts, or when its time has come: people
    are quick here, and waits take no time. Of several things, the earliest is first.

    Args:
        start: when it is submitted, by the clock on paper.
        limit: how many steps are told at most.
    """
    return _Run(graph, scenario, start, calendar, limit).through(dict(submission))


class _Run:
    """The state of one simulation. Steps are known to the engine by their numbers."""

    def __init__(
        self,
        graph: WorkflowGraph,
        scenario: Scenario,
        start: datetime,
        calendar: CompanyCalendar,
        limit: int,
    ) -> None:
        self.graph, self.scenario = graph, scenario
        self.now, self.calendar, self.limit = start, calendar, limit
        self.progress = Progress()
        self.story = Simulation()
        self.automatic = 0
        self.ways_out: dict[int, str] = {}
        self.ends: dict[int, datetime] = {}

    def through(self, submission: dict[str, Any]) -> Simulation:
        self.story.data = {TICKET: submission}
        at: str | None = None
        try:
            self._begin()
            while (step := self._next()) is not None:
                at = step.key
                self.now = max(self.now, self.ends.pop(step.number))
                self._leave(step)
        except (_Stop, RoutingError, TaskCannotStart, ChildFailed) as error:
            self._stopped(at, error)
        except OverflowError:
            self._stopped(at, _Stop("A time lies further away than a calendar goes."))
        self.story.now = self.now
        return self.story

    # From one decision to the next

    def _begin(self) -> None:
        decision = engine.start(self.graph, self.story.data, now=self.now)
        self.story.start_trace = decision.trace
        self.story.why = _facts(self.graph, None, decision)
        self.automatic = engine.automatic_steps(self.graph, decision)
        self._carry_out(decision, None)

    def _next(self) -> SimStep | None:
        """Of what is going to happen, what happens first; None: nothing more does."""
        number = min(self.ends, key=lambda number: (self.ends[number], number), default=None)
        return None if number is None else self.story.steps[number - 1]

    def _leave(self, step: SimStep) -> None:
        way_out = self.ways_out.get(step.number, "")
        step.ending = _ending(way_out)
        step.ended_at = self.now
        if way_out != OUT_OF_TIME:
            self.story.data = {**self.story.data, step.key: step.output}
        try:
            decision = engine.complete(
                self.graph,
                self.progress,
                step.number,
                self.story.data,
                now=self.now,
                way_out=way_out,
            )
            so_far = 0 if self.graph.tasks[step.key].waits else self.automatic
            self.automatic = engine.automatic_steps(self.graph, decision, so_far)
        except RoutingError as error:
            step.ending, step.why = Ending.STOPPED, error.message
            raise
        step.trace, step.why = decision.trace, _facts(self.graph, step.key, decision)
        step.went = tuple(start.task_key for start in decision.starts)
        step.joins = tuple(wait.key for wait in decision.waits)
        step.branch_ended = step.branch in decision.ended
        self._carry_out(decision, step.number)

    def _carry_out(self, decision: Decision, done: int | None) -> None:
        first = len(self.story.steps) + 1
        numbers = range(first, first + len(decision.starts))
        self.progress = engine.after(self.progress, decision, numbers, completed=done)
        if numbers and numbers[-1] > self.limit:
            raise _Stop(TOO_LONG.format(self.limit))
        begun = [
            self._step(number, start.task_key, start.branch)
            for number, start in zip(numbers, decision.starts, strict=True)
        ]
        for step in begun:
            try:
                self._start(step)
            except (_Stop, TaskCannotStart, ChildFailed) as error:
                step.ending, step.why = Ending.STOPPED, _words(error)
                self.story.at = step.key
                raise
        if decision.finished:
            self.story.ending = Ending.DONE

    def _step(self, number: int, key: str, branch: str) -> SimStep:
        node = self.graph.tasks[key]
        visit = sum(step.key == key for step in self.story.steps) + 1
        role = str(node.assign.get("company_role") or "")
        step = SimStep(
            number, key, node.label, node.task_type, branch, visit, role, started_at=self.now
        )
        self.story.steps.append(step)
        return step

    def _stopped(self, at: str | None, error: Exception) -> None:
        self.story.ending = Ending.STOPPED
        self.story.problem = _words(error)
        if self.story.at is None:
            self.story.at = at

    # One task

    def _start(self, step: SimStep) -> None:
        """Prepare a task as for a live ticket, and find out what comes of it, and when."""
        node = self.graph.tasks[step.key]
        step.given = prepared_input(node, self.story.data, self.now, SampleFiles())
        step.times = prepared_times(self.graph, node, self.story.data, self.now, self.calendar)
        if self.scenario.recorded is not None:
            self._as_recorded(step, node, self.scenario.recorded)
        elif node.task_type == TaskType.WAIT:
            self._over(step, {}, at=step.times.wakes_at)
        elif node.task_type in ACTION_TYPES:
            self._call(step, node)
        else:
            self._answer(step, node)

    def _over(
        self, step: SimStep, output: Any, *, at: datetime | None = None, way_out: str = ""
    ) -> None:
        step.output = output
        self.ends[step.number] = max(at or self.now, self.now)
        self.ways_out[step.number] = way_out

    def _as_recorded(self, step: SimStep, node: TaskNode, all_of_them: Past) -> None:
        """What a person answered must fit the form as it is here; what systems said, is said."""
        recorded = all_of_them.get((step.key, step.visit))
        if recorded is None:
            return
        output = recorded.output
        if node.task_type == TaskType.FORM and not recorded.way_out:
            output = _fitting(node, output, self.now)
        self._over(step, output, at=recorded.at, way_out=recorded.way_out)

    def _answer(self, step: SimStep, node: TaskNode) -> None:
        answer = self.scenario.answer(step.key, step.visit)
        if answer is None:
            return
        if answer == UNANSWERED:
            self._run_out(step, node, step.times.times_out_at)
        elif node.task_type == TaskType.SUBWORKFLOW:
            self._over(step, output_of_child(node, answer, now=self.now))
        else:
            self._over(step, _fitting(node, answer, self.now))

    def _run_out(self, step: SimStep, node: TaskNode, at: datetime | None) -> None:
        if at is None or not self.graph.outgoing(step.key, OUT_OF_TIME):
            raise _Stop(_NO_LIMIT.format(node.label))
        self._over(step, None, at=at, way_out=OUT_OF_TIME)

    def _call(self, step: SimStep, node: TaskNode) -> None:
        try:
            step.call = planned_call(node, step.given)
        except CallFailed as failure:
            self._failed(step, node, failure.error_name, failure.message, sent=False)
            return
        if node.task_type == TaskType.ASYNC_ACTION:
            step.times = replace(step.times, times_out_at=self.now + callback_time(node))
        said = self.scenario.response(step.key, step.visit)
        if said is None:
            return
        if isinstance(said, Failure):
            words = retries.ERRORS.get(said.name, "The other system refused or failed.")
            self._failed(step, node, said.name, words, sent=said.name not in _NEVER_SENT)
        elif said == UNANSWERED:
            self._no_answer(step, node)
        else:
            self._answered(step, node, said)

    def _answered(self, step: SimStep, node: TaskNode, said: Any) -> None:
        response = said.get("response") if isinstance(said, Mapping) else said
        step.attempts = 1
        try:
            self._over(step, output_of(node, response, now=self.now))
        except CallFailed as failure:
            self._failed(step, node, failure.error_name, failure.message, sent=failure.sent)

    def _no_answer(self, step: SimStep, node: TaskNode) -> None:
        if node.task_type != TaskType.ASYNC_ACTION:
            self._failed(step, node, "timeout", retries.ERRORS["timeout"], sent=True)
            return
        step.attempts = 1
        expires = self.now + callback_time(node)
        if self.graph.outgoing(step.key, OUT_OF_TIME):
            self._run_out(step, node, expires)
        else:
            words = retries.ERRORS["callback_expired"]
            self._failed(
                step, node, "callback_expired", words, sent=True, after=callback_time(node)
            )

    def _failed(
        self,
        step: SimStep,
        node: TaskNode,
        name: str,
        message: str,
        *,
        sent: bool,
        after: timedelta = timedelta(0),
    ) -> None:
        """The same failure at each attempt, until the rules of the action say something else."""
        rules = retries.parse_rules(node.action, method=node.action.get("method", "POST"))
        at, errors = self.now + after, [name]
        decision = retries.decide(rules, errors, sent=sent, now=at, chance=lambda: 0.5)
        while isinstance(decision, retries.RetryAt):
            at = decision.at + after
            errors.append(name)
            decision = retries.decide(rules, errors, sent=sent, now=at, chance=lambda: 0.5)
        step.attempts = len(errors)
        if isinstance(decision, retries.GiveUp):
            raise _Stop(f"“{node.label}” could not be carried out. {message}")
        error = retries.caught(name, message, sent=sent, attempts=len(errors))
        self._over(step, {decision.result_path: error}, at=at, way_out=f"{CAUGHT}{decision.next}")


def _fitting(node: TaskNode, answer: Any, now: datetime) -> Any:
    """The answer as a form would keep it: without what nobody was asked.

    Raises:
        _Stop: it is not what the form asks for.
    """
    wrong = check_storable(answer)
    if not wrong and node.output_schema is not None:
        try:
            found = checked(node.output_schema, node.extra.get("edit_layout"), answer, now=now)
        except UnusableSchema as error:
            raise _Stop(f"The form of “{node.label}” cannot be used: {error}") from error
        answer, wrong = found.value, list(found.problems)
    if wrong:
        told = " ".join(
            f"{one.path.lstrip('/') or 'the whole'}: {one.message}" for one in wrong[:MOST_TOLD]
        )
        raise _Stop(f"The answer to “{node.label}” does not fit its form. {told}")
    return answer


def _facts(graph: WorkflowGraph, source: str | None, decision: Decision) -> str:
    reads = {path: value for seen in decision.trace for path, value in seen.reads.items()}
    return explain.facts(graph, source, reads)


def _ending(way_out: str) -> Ending:
    if way_out == OUT_OF_TIME:
        return Ending.TIMEOUT
    return Ending.CAUGHT if way_out.startswith(CAUGHT) else Ending.DONE


def _words(error: Exception) -> str:
    return str(getattr(error, "message", error))
