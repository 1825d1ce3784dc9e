"""Real event logs as workflows: one task per activity, one transition per observed move.

A task's answer says what came next in the log, and the condition of each transition reads that
answer; so the engine, and nothing else, decides whether the ticket can follow its case.
"""

import csv
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import accumulate, groupby
from pathlib import Path
from typing import Any

from django.utils.text import slugify

END = "(end)"


@dataclass(frozen=True)
class Columns:
    """Where a log keeps the case, the activity and the time, and what orders the events of a case.

    `written` is how it writes its times.
    """

    case: str
    activity: str
    time: str
    written: str
    order: str | None = None


LOGS = {
    "servicenow_incidents": Columns(
        "number", "incident_state", "sys_updated_at", "%d-%m-%Y %H:%M", "sys_mod_count"
    ),
    "hospital_billing_500": Columns("case_id", "activity", "timestamp", "%Y-%m-%dT%H:%M:%SZ"),
}


@dataclass(frozen=True)
class Log:
    """`cases`: case id -> its activities in order. `moves`: (from, to), most frequent first.
    `times`: case id -> when each of its activities was, in seconds since the log began.
    """

    name: str
    cases: dict[str, list[str]]
    times: dict[str, list[float]]
    starts: list[str]
    moves: list[tuple[str, str]]
    allowed_when_restricted: int
    expected: dict[str, dict[str, str]]
    refused: dict[str, dict[str, str]]


def read_log(folder: Path, name: str) -> Log:
    """The log and what its replay must come to, from `folder`."""
    told = json.loads((folder / f"{name}.expected.json").read_text())
    events = _events(folder / f"{name}.csv", LOGS[name])
    return Log(
        name=name,
        cases={case: [activity for *_, activity in rows] for case, rows in events.items()},
        times=_times(events),
        starts=list(told["start_activities"]),
        moves=[(move["from"], move["to"]) for move in told["transitions"]],
        allowed_when_restricted=told["restricted_workflow"]["allowed_transitions"],
        expected={row["case_id"]: row for row in _rows(folder / f"{name}.expected_cases.csv")},
        refused={row["case_id"]: row for row in _rows(folder / f"{name}.restricted.csv")},
    )


def _rows(path: Path) -> Iterator[dict[str, str]]:
    with path.open(newline="", encoding="utf-8") as file:
        yield from csv.DictReader(file)


def _events(path: Path, columns: Columns) -> dict[str, list[tuple[int, int, float, str]]]:
    """By case: order, place in the file, time and activity of each event, in order."""
    events: dict[str, list[tuple[int, int, float, str]]] = {}
    for place, row in enumerate(_rows(path)):
        order = int(row[columns.order]) if columns.order else 0
        when = datetime.strptime(row[columns.time], columns.written).replace(tzinfo=UTC)
        event = (order, place, when.timestamp(), row[columns.activity])
        events.setdefault(row[columns.case], []).append(event)
    return {case: sorted(rows) for case, rows in events.items()}


def _times(events: Mapping[str, list[tuple[int, int, float, str]]]) -> dict[str, list[float]]:
    """A clock that was wrong once does not change the order inside a case: no time is before the
    one of the event that it follows.
    """
    began = min(rows[0][2] for rows in events.values())
    return {
        case: list(accumulate((when - began for _, _, when, _ in rows), max))
        for case, rows in events.items()
    }


def key_of(activity: str) -> str:
    return slugify(activity)


def bundle_of(log: Log, moves: Iterable[tuple[str, str]], *, key: str = "") -> dict[str, Any]:
    """The log as a definition that allows exactly these moves."""
    allowed = list(moves)
    activities = list(dict.fromkeys([*log.starts, *(name for move in allowed for name in move)]))
    answer = {"type": "object", "required": ["next"], "properties": {"next": {"type": "string"}}}
    starts = [
        {"to": key_of(name), "condition": _says("ticket.first", name), "priority": n}
        for n, name in enumerate(log.starts)
    ]
    onward = [
        {
            "from": key_of(source),
            "to": key_of(target),
            "condition": _says(f"{key_of(source)}.next", target),
            "priority": n,
        }
        for n, (source, target) in enumerate(allowed)
    ]
    ends = [
        {
            "from": key_of(name),
            "to": None,
            "condition": _says(f"{key_of(name)}.next", END),
            "priority": 1000,
        }
        for name in activities
    ]
    workflow = key or slugify(log.name)
    return {
        "format": "ticketflower/1",
        "workflows": [
            {
                "key": workflow,
                "title": log.name,
                "fields": [{"name": "case", "type": "string"}, {"name": "first", "type": "string"}],
                "tasks": [
                    {
                        "key": key_of(name),
                        "title": name,
                        "task_type": "FORM",
                        "output_schema": answer,
                    }
                    for name in activities
                ],
                "transitions": [*starts, *onward, *ends],
            }
        ],
        "tickets": [
            {
                "key": workflow,
                "title": log.name,
                "workflow": workflow,
                "company_role_access": ["user"],
            }
        ],
    }


def _says(path: str, value: str) -> dict[str, Any]:
    return {"==": [{"var": path}, value]}


def answers_of(activities: list[str]) -> list[str]:
    """What each completion says came next; the last one, that nothing did."""
    return [*activities[1:], END]


def collapsed(activities: Iterable[str]) -> str:
    """The path with repeats folded, as the expectations write it."""
    return " > ".join(name for name, _ in groupby(activities))
