"""Real tickets of a service desk and of a hospital, walked through the engine alone.

One task per activity, one transition per move that was seen; each answer names the next activity.
"""

import csv
import json
from itertools import groupby
from pathlib import Path
from typing import Any

import pytest

from definitions.graph import Edge, TaskNode, WorkflowGraph
from definitions.linter import problems
from operations.engine import RoutingError
from tests.unit.drawings import Ticket

LOGS = {
    "servicenow_incidents": ("number", "incident_state"),
    "hospital_billing_500": ("case_id", "activity"),
}
END = "the end"


@pytest.fixture(params=LOGS)
def log(request: pytest.FixtureRequest, real_inputs: Path) -> tuple[str, Path]:
    return request.param, real_inputs / "event_logs"


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def cases(name: str, folder: Path) -> dict[str, list[str]]:
    """Activities of each case in the order in which they happened."""
    case_column, activity_column = LOGS[name]
    found: dict[str, list[dict[str, str]]] = {}
    for row in rows(folder / f"{name}.csv"):
        found.setdefault(row[case_column], []).append(row)
    return {
        case: [row[activity_column] for row in sorted(events, key=_change_number)]
        for case, events in found.items()
    }


def _change_number(row: dict[str, str]) -> int:
    return int(row.get("sys_mod_count", 0))  # the hospital's rows are in their order


def observed(name: str, folder: Path, most_frequent: int | None = None) -> WorkflowGraph:
    expected = json.loads((folder / f"{name}.expected.json").read_text(encoding="utf-8"))
    moves = [(move["from"], move["to"]) for move in expected["transitions"][:most_frequent]]
    names = [activity["name"] for activity in expected["activities"]]
    # A task without any way onward would end the ticket: here each says for itself when it ends.
    moves += [(activity, END) for activity in names]
    edges = [
        Edge(None, key(first), says("ticket.first", first))
        for first in expected["start_activities"]
    ]
    edges += [
        Edge(
            key(source), None if target == END else key(target), says(f"{key(source)}.next", target)
        )
        for source, target in moves
    ]
    return WorkflowGraph(
        name, {key(each): TaskNode(key(each), each) for each in names}, tuple(edges)
    )


def key(activity: str) -> str:
    return activity.lower().replace(" ", "-")


def says(path: str, value: str) -> dict[str, Any]:
    return {"==": [{"var": path}, value]}


def replay(graph: WorkflowGraph, activities: list[str]) -> tuple[list[str], str]:
    """The activities that were completed, and how it stopped."""
    ticket, done = Ticket(graph), []
    ticket.submit(first=activities[0])
    for activity, following in zip(activities, [*activities[1:], END], strict=True):
        done.append(activity)
        try:
            ticket.complete(key(activity), next=following)
        except RoutingError as error:
            assert ticket.places == [key(activity)]
            return done, error.code
    return done, "finished" if ticket.finished else "open"


def test_every_real_ticket_goes_its_way_and_ends(log: tuple[str, Path]) -> None:
    name, folder = log
    graph, happened = observed(name, folder), cases(name, folder)

    assert [problem for problem in problems(graph) if problem.blocks] == []
    for expected in rows(folder / f"{name}.expected_cases.csv"):
        done, outcome = replay(graph, happened[expected["case_id"]])
        assert outcome == "finished"
        assert len(done) == int(expected["events"])
        assert done[-1] == expected["final_activity"]
        assert " > ".join(each for each, _run in groupby(done)) == expected["path_collapsed"]


def test_rare_moves_are_refused_where_they_happen_and_nowhere_else(log: tuple[str, Path]) -> None:
    name, folder = log
    expected = json.loads((folder / f"{name}.expected.json").read_text(encoding="utf-8"))
    graph = observed(name, folder, expected["restricted_workflow"]["allowed_transitions"])
    refused = {
        row["case_id"]: (int(row["first_refused_event"]), row["from"])
        for row in rows(folder / f"{name}.restricted.csv")
    }

    stopped = {}
    for case, activities in cases(name, folder).items():
        done, outcome = replay(graph, activities)
        if outcome != "finished":
            assert outcome == "nothing_matched"
            # The event that could not happen is the one after the last that did.
            stopped[case] = (len(done) + 1, done[-1])

    assert stopped == refused
