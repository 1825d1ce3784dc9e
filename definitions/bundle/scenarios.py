"""The scenarios of a workflow, tried at each check.

What runs them lies a layer above (the engine is `operations`'), so it is handed in once, when the
program starts. Without it nothing is tried: a part of the program that has no engine publishes
nothing either.
"""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from definitions.graph import WorkflowGraph
from definitions.nearest import did_you_mean
from definitions.problems import Problem, Severity
from definitions.schemas import pointer
from tenants.calendar import WorkCalendar

#: How many steps one check takes in all; a workflow alone never needs as many.
MOST_STEPS = 6_000


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


def doubtful(examples: Sequence[Mapping[str, Any]], tasks: Collection[str]) -> Iterator[Problem]:
    """Names that are there twice, and tasks that are not there."""
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
