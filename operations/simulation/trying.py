"""A scenario of a definition's document, tried: what `definitions.bundle.scenarios` asks for."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from definitions.bundle.scenarios import Trial
from definitions.graph import WorkflowGraph
from definitions.logic.dates import read_datetime
from definitions.schemas import UnusableSchema, problems, schema_from_fields
from operations.simulation.expecting import unexpected
from operations.simulation.running import simulate
from operations.simulation.scenario import Scenario
from operations.task_times import CompanyCalendar
from tenants.calendar import WorkCalendar

#: As in the format: `definitions.bundle.format`.
MOST_STEPS = 100
#: Where no company is known.
USUAL_CALENDAR = WorkCalendar(ZoneInfo("UTC"), [["09:00", "17:00"]] * 5 + [None, None], [])
_START = datetime(2026, 1, 5, 9, 0)  # noqa: DTZ001 - the zone is the company's


def usual_start(calendar: CompanyCalendar) -> datetime:
    """When a scenario begins that says nothing about it: a Monday morning, always the same."""
    return _START.replace(tzinfo=calendar.zone)


def try_out(
    graph: WorkflowGraph, document: Mapping[str, Any], calendar: WorkCalendar | None
) -> Trial:
    """Try one scenario."""
    calendar = calendar or USUAL_CALENDAR
    scenario = Scenario.of(document)
    start = usual_start(calendar)
    if document.get("start"):
        said = read_datetime(document["start"])
        if said is None:
            words = "“start” must be a date and a time with its offset."
            return Trial(0, "/start", f"{words} Such as 2026-03-02T09:00:00+01:00.")
        start = said
    if wrong := _misfits(graph, scenario.submission):
        return Trial(0, *wrong)
    story = simulate(
        graph, scenario.submission, scenario, start=start, calendar=calendar, limit=MOST_STEPS
    )
    found = unexpected(graph, story, scenario.expect)
    steps = len(story.steps)
    return Trial(steps, found.place, found.message) if found else Trial(steps)


def _misfits(graph: WorkflowGraph, submission: Mapping[str, Any]) -> tuple[str, str] | None:
    """A value that the workflow's data cannot have. What is missing is not looked for: the form of
    a ticket type may ask for less.
    """
    fields = [{**field, "required": False} for field in graph.fields]
    try:
        wrong = problems(schema_from_fields(fields, closed=False), dict(submission))
    except UnusableSchema:
        return None
    if not wrong:
        return None
    name = wrong[0].path.lstrip("/")
    return f"/submission{wrong[0].path}", f"“{name}” cannot be submitted: {wrong[0].message}"
