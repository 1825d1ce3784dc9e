"""What a bundle says of calls, times and branches: its schema, its one spelling, its changes."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from django.conf import settings

from definitions.actions import check_action
from definitions.bundle import bundle_schema
from definitions.bundle.canonical import canonical_workflow, fingerprint, priorities
from definitions.bundle.differences import workflow_changes
from definitions.bundle.meaning import Surroundings, graph_of, meaning, way_back
from definitions.bundle.spelling import respell
from definitions.bundle.structure import structure
from definitions.documents import from_value
from definitions.errors import Problem
from definitions.graph import After
from definitions.moments import check_moment, check_reminder
from definitions.schemas import problems

PAGE = (Path(settings.BASE_DIR) / "docs" / "bundle.md").read_text(encoding="utf-8")

ACTIONS: list[Any] = [
    {},
    {"method": "PUT", "idempotent": False, "retry": [], "catch": []},
    {"headers": {"Authorization": ["Bearer ", {"$secret": "erp"}], "X-Shop": "12"}},
    {"sign": {"$secret": "erp"}, "verify": {"$secret": "erp"}},
    {"retry": [{"errors": ["http.429", "http.5xx"], "interval_seconds": 0.5, "jitter": "NONE"}]},
    {"catch": [{"errors": ["*"], "next": "help", "result_path": "problem"}]},
    {"retry": [{"errors": ["http.404"], "backoff_rate": 1, "max_attempts": 0}]},
]
BAD_ACTIONS: list[Any] = [
    {"method": "FETCH"},
    {"metod": "PUT"},
    {"idempotent": "yes"},
    {"sign": "erp"},
    {"headers": {"X": 12}},
    {"headers": {"X": []}},
    {"retry": [{"errors": []}]},
    {"retry": [{"errors": ["tiemout"]}]},
    {"retry": [{"errors": ["timeout"], "max_attempts": 21}]},
    {"catch": [{"errors": ["*"]}]},
    {"catch": [{"errors": ["*"], "next": "help", "result_path": "a.b"}]},
]
MOMENTS: list[Any] = [
    {"days": 2},
    {"weeks": 1, "hours": 2.5, "working": True},
    {"at": "2026-12-24"},
    {"at": {"$": {"var": "ticket.on"}}, "minus": {"days": 3, "working": True}},
    {"at": "2026-12-24T10:00:00+01:00", "plus": {"minutes": 30}},
]
BAD_MOMENTS: list[Any] = [
    "2 days",
    {},
    {"days": -1},
    {"dayz": 1},
    {"days": "2"},
    {"working": "yes"},
    {"at": 12},
    {"at": "2026-12-24", "days": 1},
    {"at": "2026-12-24", "plus": 3},
]


def accepts(name: str, value: Any) -> bool:
    """Whether an editor would."""
    schema = bundle_schema()
    return not problems({"$defs": schema["$defs"], "$ref": f"#/$defs/{name}"}, value)


def blocks(kind: str) -> list[str]:
    """The examples of that kind in the documentation."""
    return re.findall(rf"```yaml {kind}\n(.*?)```", PAGE, re.DOTALL)


def bundle_of(*workflows: dict[str, Any]) -> dict[str, Any]:
    return {"format": "ticketflower/1", "workflows": list(workflows)}


def found_in(*workflows: dict[str, Any], around: Surroundings | None = None) -> list[Problem]:
    bundle = structure(from_value(bundle_of(*workflows)))
    findings = meaning(bundle, around or Surroundings({"user"}, {}))
    return [*bundle.problems, *findings.refusals, *findings.obstacles]


def a_workflow(*ways: dict[str, Any], key: str = "buy", **task: Any) -> dict[str, Any]:
    tasks = [{"key": "ask", **task}, {"key": "late"}]
    usual = [{"to": "ask"}, {"from": "ask", "to": None}, {"from": "late", "to": None}]
    return {"key": key, "tasks": tasks, "transitions": [*usual, *ways]}


@pytest.mark.parametrize("action", ACTIONS)
def test_editors_and_imports_accept_the_same_calls(action: Any) -> None:
    assert check_action(action) == []
    assert accepts("action", action)


@pytest.mark.parametrize("action", BAD_ACTIONS)
def test_editors_and_imports_refuse_the_same_calls(action: Any) -> None:
    assert check_action(action)
    assert not accepts("action", action)


@pytest.mark.parametrize("document", MOMENTS)
def test_editors_and_imports_accept_the_same_times(document: Any) -> None:
    assert check_moment(document) == []
    assert accepts("moment", document)


@pytest.mark.parametrize("document", BAD_MOMENTS)
def test_editors_and_imports_refuse_the_same_times(document: Any) -> None:
    assert check_moment(document)
    assert not accepts("moment", document)


def test_editors_know_reminders() -> None:
    for good in ({"before": {"hours": 4}}, {"after": {"days": 1}}):
        assert check_reminder(good) == []
        assert accepts("reminder", good)
    for bad in ({}, {"before": {"hours": 4}, "after": {"days": 1}}, {"befor": {"hours": 4}}):
        assert check_reminder(bad)
        assert not accepts("reminder", bad)


def test_the_times_of_the_documentation_are_times() -> None:
    lines = [line for block in blocks("moment") for line in block.splitlines()]

    assert len(lines) >= 5
    for line in lines:
        # The product reads dates as text; this reader does where they are in quotes.
        assert check_moment(yaml.safe_load(line)) == [], line


def test_the_ways_of_the_documentation_are_ways() -> None:
    (block,) = blocks("transitions")
    ways = yaml.safe_load(block)
    tasks = [{"key": "approve", "due": {"days": 2}}, {"key": "order"}, {"key": "escalate"}]
    document = {"key": "w", "tasks": tasks, "transitions": [{"to": "approve"}, *ways]}

    assert found_in(document) == []


@pytest.mark.parametrize(
    ("task", "rule", "place"),
    [
        ({"due": {"dayz": 2}}, "wrong-time", "tasks[0].due.dayz"),
        ({"due": {"at": {"$": {"vra": "x"}}}}, "wrong-time", "tasks[0].due.at.$.vra"),
        ({"reminder": {"before": {"hours": "4"}}}, "wrong-time", "tasks[0].reminder.before.hours"),
        ({"task_type": "WAIT", "until": "soon"}, "wrong-time", "tasks[0].until"),
        ({"max_visits": 0}, "wrong-value", "tasks[0].max_visits"),
        ({"max_visits": 1001}, "wrong-value", "tasks[0].max_visits"),
        ({"task_type": "SLEEP"}, "unknown-word", "tasks[0].task_type"),
    ],
)
def test_a_fault_is_told_once_at_its_place(task: Any, rule: str, place: str) -> None:
    found = {(one.rule, one.path) for one in found_in(a_workflow(**task))}

    assert (rule, f"workflows[0].{place}") in found
    assert not [one for one in found if one[1] == f"workflows[0].{place}" and one[0] != rule]


def test_words_are_understood_however_they_are_written() -> None:
    written = {
        "workflows": [
            {
                "key": "buy",
                "tasks": [{"key": "ask", "taskType": "wait", "maxVisits": 3}],
                "transitions": [{"from": "ask", "to": None, "After": "Timeout"}],
            }
        ]
    }

    (workflow,) = respell(written).value["workflows"]

    assert workflow["tasks"] == [{"key": "ask", "task_type": "WAIT", "max_visits": 3}]
    assert workflow["transitions"] == [{"from": "ask", "to": None, "after": "timeout"}]


def test_ways_after_a_timeout_are_counted_by_themselves() -> None:
    rule = {"==": [{"var": "ask.ok"}, True]}
    ways: list[dict[str, Any]] = [
        {"from": "ask", "to": "a", "condition": rule},
        {"from": "ask", "to": "b", "after": "timeout"},
        {"from": "ask", "to": None},
    ]

    assert priorities(ways) == [0, 0, 1]


def test_the_order_of_lines_with_a_timeout_means_nothing() -> None:
    late = {"from": "ask", "to": "late", "after": "timeout"}
    one = a_workflow(late, due={"days": 1})
    other = {**one, "transitions": one["transitions"][::-1]}

    assert fingerprint(canonical_workflow(one)) == fingerprint(canonical_workflow(other))
    assert canonical_workflow(canonical_workflow(one)) == canonical_workflow(one)
    assert [way.get("after") for way in canonical_workflow(other)["transitions"]] == [
        None, None, "timeout", None,
    ]  # fmt: skip
    assert canonical_workflow(one)["transitions"][2] == late


def test_what_a_document_says_is_in_its_graph() -> None:
    late = {"from": "ask", "to": "late", "after": "timeout", "label": "too late"}
    graph = graph_of(a_workflow(late, due={"days": 1}, reminder={"before": {"hours": 1}}))

    (edge,) = graph.outgoing("ask", After.TIMEOUT.value)
    assert (edge.target, edge.label) == ("late", "too late")
    assert graph.tasks["ask"].extra == {"due": {"days": 1}, "reminder": {"before": {"hours": 1}}}


def test_changes_are_told_in_words() -> None:
    before = a_workflow(task_type="WAIT", until={"days": 1})
    late = {"from": "ask", "to": "late", "after": "timeout"}
    after = a_workflow(late, due={"days": 1}, max_visits=3, split="ALL", join="ALL")

    told = workflow_changes(canonical_workflow(before), canonical_workflow(after))

    assert told[0] == (
        "task ask: due time added, which branches it waits for changed, limit of visits added, "
        "which ways it takes changed, kind of task changed, what it waits for removed"
    )
    assert told[1:] == ["1 way onward added"]


def test_ways_are_told_apart_by_what_they_follow() -> None:
    done = {"from": "ask", "to": "late", "condition": {"var": "ask.ok"}}
    late = {"from": "ask", "to": "late", "after": "timeout"}

    told = workflow_changes(a_workflow(done, late), a_workflow(late))

    assert told == ["1 way onward removed"]


# Workflows inside of workflows


def runs(key: str, *inside: str) -> dict[str, Any]:
    tasks = [
        {"key": f"t{n}", "task_type": "SUBWORKFLOW", "subworkflow": other}
        for n, other in enumerate(inside)
    ] or [{"key": "t0"}]
    ways = [{"to": "t0"}, *({"from": f"t{n}", "to": None} for n in range(len(tasks)))]
    return {"key": key, "tasks": tasks, "transitions": ways}


def test_a_circle_is_told_in_each_of_its_workflows() -> None:
    found = found_in(runs("a", "b"), runs("b", "c"), runs("c", "a"), runs("d", "a"))

    circles = [one for one in found if one.rule == "runs-itself"]
    assert [one.place for one in circles] == [
        f"/workflows/{n}/tasks/0/subworkflow" for n in range(3)
    ]
    assert circles[0].message == (
        "“t0” runs “b”, which runs “c”, which runs “a”: it would never end."
    )


def test_a_circle_may_go_through_what_the_company_has() -> None:
    around = Surroundings({"user"}, {"b": [], "c": []}, inside={"b": ["c"], "c": ["a"]})

    assert [one.rule for one in found_in(runs("a", "b"), around=around)] == ["runs-itself"]
    broken = [runs("a", "b"), runs("c")]  # the file says something else of c
    assert found_in(*broken, around=around) == []


def test_two_ways_to_the_same_workflow_are_no_circle() -> None:
    assert found_in(runs("a", "b", "c"), runs("b", "d"), runs("c", "d"), runs("d")) == []


@pytest.mark.parametrize(
    ("parent", "is_missing"),
    [
        ({"fields": [{"name": "person"}]}, False),
        ({"fields": [{"name": "persona"}]}, True),
        ({"input": {"person": {"$": {"var": "ticket.who"}}}}, False),
        ({"input": {"persn": "Ben"}}, True),
        ({"input": {"$": {"var": "ticket"}}}, False),  # nobody knows
    ],
)
def test_a_workflow_inside_gets_what_it_must_have(parent: Any, is_missing: bool) -> None:
    outer, inner = runs("a", "b"), runs("b")
    inner["fields"] = [{"name": "person", "required": True}, {"name": "room"}]
    outer["fields"] = parent.get("fields", [])
    if "input" in parent:
        outer["tasks"][0]["input_transform"] = parent["input"]

    bundle = structure(from_value(bundle_of(outer, inner)))
    told = meaning(bundle, Surroundings({"user"}, {})).warnings

    expected = ["/workflows/0/tasks/0/input_transform"] if is_missing else []
    assert [one.place for one in told if one.rule == "missing-input"] == expected


def test_the_way_back_is_the_shortest() -> None:
    inside = {"b": ["c", "x"], "x": ["y"], "y": ["a"], "c": ["a"], "a": ["b"]}

    assert way_back("a", "b", inside) == ["b", "c", "a"]
    assert way_back("a", "a", inside) == ["a"]
    assert way_back("z", "b", inside) == []
