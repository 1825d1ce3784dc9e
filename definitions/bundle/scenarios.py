"""The scenarios of a workflow, tried at each check.

What runs them lies a layer above (the engine is `operations`'), so it is handed in once, when the
program starts. Without it nothing is tried: a part of the program that has no engine publishes
nothing either.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from definitions.graph import ACTION_TYPES, TaskNode, TaskType, WorkflowGraph
from definitions.nearest import did_you_mean
from definitions.problems import Problem, Severity
from definitions.retries import FAMILIES, is_known_error
from definitions.schemas import pointer
from tenants.calendar import WorkCalendar

#: How many steps one check takes in all; a workflow alone never needs as many.
MOST_STEPS = 6_000
#: In place of an answer: none is given, so that the task runs out of time.
UNANSWERED = "timeout"


class Trial(NamedTuple):
    """What came of one scenario. `place`: in the scenario; None with `message` "": as expected."""

    steps: int
    place: str = ""
    message: str = ""


Runner = Callable[[WorkflowGraph, Mapping[str, Any], WorkCalendar | None], Trial]
_runners: list[Runner] = []


def run_with(runner: Runner) -> None:
    """Hand in what tries a scenario."""
    _runners[:] = [runner]


class Trials:
    """The scenarios of one check, and what is left of its patience."""

    def __init__(self) -> None:
        self._left = MOST_STEPS

    def problems(
        self,
        graph: WorkflowGraph,
        examples: Sequence[Mapping[str, Any]],
        calendar: WorkCalendar | None,
    ) -> Iterator[Problem]:
        """What does not go as expected; places are in the workflow's document."""
        for number, example in enumerate(examples if _runners else ()):
            title = example["title"]
            if self._left <= 0:
                words = f"Scenario “{title}” was not tried: there are too many in this file."
                hint = "It is tried when the workflow is published."
                yield _warning("not-tried", words, f"/scenarios/{number}", hint)
                return
            trial = _runners[0](graph, example, calendar)
            self._left -= trial.steps + 1
            if trial.message:
                words = f"Scenario “{title}”: {trial.message}"
                yield Problem("scenario", words, f"/scenarios/{number}{trial.place}")


def doubtful(
    examples: Sequence[Mapping[str, Any]], tasks: Mapping[str, TaskNode]
) -> Iterator[Problem]:
    """Names that are there twice, tasks that are not there, and what is no answer at all."""
    seen: set[str] = set()
    for number, example in enumerate(examples):
        place, title = f"/scenarios/{number}", example["title"]
        if title in seen:
            words = f"Two scenarios are called “{title}”."
            yield Problem("duplicate-key", words, f"{place}/title", "Give one another name.")
        seen.add(title)
        for where, key in _named(example):
            if key not in tasks:
                words = f"Scenario “{title}”: the workflow has no task “{key}”."
                yield Problem("unknown-task", words, place + where, did_you_mean(key, tasks))
        for where, words, hint in _no_answers(example, tasks):
            yield Problem("wrong-value", f"Scenario “{title}”: {words}", place + where, hint)


def _no_answers(
    example: Mapping[str, Any], tasks: Mapping[str, TaskNode]
) -> Iterator[tuple[str, str, str]]:
    """(place, what is wrong, hint)."""
    for part, is_one, hint in (
        ("answers", _is_answer, "Write the answers by their names, or timeout."),
        ("calls", _is_response, "Write {response: …}, {error: http.503} or timeout."),
    ):
        for key, said in (example.get(part) or {}).items():
            where, node = f"/{part}{pointer((key,))}", tasks.get(key)
            if node is not None and _place_of(node) != part:
                words = f"“{node.label}” is not answered under {part}."
                yield where, words, _ELSEWHERE[_place_of(node)]
            for number, one in enumerate(said if isinstance(said, list) else [said]):
                if one is not None and not is_one(one):
                    at = f"{where}/{number}" if isinstance(said, list) else where
                    yield at, f"this is nothing that “{key}” could come to.", hint


_ELSEWHERE = {
    "answers": "Say under answers what it comes to.",
    "calls": "Say under calls what comes back.",
    "": "It goes on by itself: leave it out.",
}


def _place_of(node: TaskNode) -> str:
    if node.task_type in ACTION_TYPES:
        return "calls"
    return "" if node.task_type == TaskType.WAIT else "answers"


def _is_answer(said: Any) -> bool:
    return isinstance(said, dict) or said == UNANSWERED


def _is_response(said: Any) -> bool:
    if not isinstance(said, dict):
        return bool(said == UNANSWERED)
    if said.keys() == {"error"}:
        return is_known_error(said["error"]) and said["error"] not in FAMILIES
    return said.keys() == {"response"}


def _named(example: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for part in ("answers", "calls"):
        for key in example.get(part) or ():
            yield f"/{part}{pointer((key,))}", key
    expect = example.get("expect") or {}
    for number, key in enumerate(expect.get("path") or ()):
        yield f"/expect/path/{number}", key
    if expect.get("at") is not None:
        yield "/expect/at", expect["at"]


def _warning(rule: str, message: str, place: str, hint: str) -> Problem:
    return Problem(rule, message, place, hint, severity=Severity.WARNING)
