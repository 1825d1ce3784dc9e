"""Scenarios in the document of a workflow: written, kept, tried at each check."""

from typing import Any

import pytest

from definitions.bundle.canonical import canonical_workflow, fingerprint
from definitions.bundle.differences import workflow_changes
from definitions.bundle.meaning import Surroundings, meaning
from definitions.bundle.structure import structure
from definitions.documents import from_value, read_text, to_yaml
from definitions.errors import Problem
from tests.unit.test_bundle import a_workflow_document, bundle_of

GOOD = {
    "title": "A yes",
    "submission": {"amount": 10},
    "answers": {"ask": {"ok": True}, "pay": {}},
    "expect": {"path": ["ask", "pay"], "ends": True},
}


def told(*scenarios: Any, **changes: Any) -> list[Problem]:
    document = bundle_of(a_workflow_document(scenarios=list(scenarios), **changes))
    bundle = structure(from_value(document))
    findings = meaning(bundle, Surroundings({"user"}, {}))
    assert findings.refusals == []
    return [*bundle.problems, *findings.obstacles, *findings.warnings]


def test_a_scenario_that_goes_as_expected_is_no_problem() -> None:
    assert told(GOOD) == []


def test_one_that_goes_another_way_says_where_and_why() -> None:
    (problem,) = told({**GOOD, "answers": {"ask": {"ok": False}}})

    assert problem.blocks
    assert problem.rule == "scenario"
    assert problem.place == "/workflows/0/scenarios/0/expect/path"
    assert problem.message == (
        "Scenario “A yes”: expected “ask”, then “pay”, then the end; it went “ask”, then the end, "
        "because ok is no."
    )


def test_an_answer_that_the_form_does_not_take_is_told() -> None:
    (problem,) = told({"title": "Odd", "answers": {"ask": {"ok": "perhaps"}}})

    assert problem.place == "/workflows/0/scenarios/0/expect"
    assert "does not fit its form" in problem.message


def test_a_submission_that_cannot_be_is_told() -> None:
    (problem,) = told({"title": "Odd", "submission": {"amount": "many"}})

    assert problem.place == "/workflows/0/scenarios/0/submission/amount"


def test_a_task_that_is_not_there_is_named_with_what_was_meant() -> None:
    found = told({"title": "Typo", "answers": {"aks": {}}})

    assert [(one.rule, one.place) for one in found] == [
        ("unknown-task", "/workflows/0/scenarios/0/answers/aks")
    ]
    assert "ask" in found[0].hint


@pytest.mark.parametrize(
    ("said", "place"),
    [
        ({"answers": {"ask": 5}}, "answers/ask"),
        ({"answers": {"ask": [{"ok": True}, "later"]}}, "answers/ask/1"),
        ({"calls": {"ask": {"response": 1}}}, "calls/ask"),
        ({"calls": {"order": {"id": 7}}}, "calls/order"),
        ({"calls": {"order": {"error": "oops"}}}, "calls/order"),
        ({"calls": {"order": {"error": "http.*"}}}, "calls/order"),
        ({"answers": {"order": {}}}, "answers/order"),
        ({"answers": {"pause": {}}}, "answers/pause"),
    ],
)
def test_what_is_no_answer_is_told_at_its_place(said: Any, place: str) -> None:
    url = "https://erp.example.com/orders"
    order = {"key": "order", "task_type": "SYNC_ACTION", "action_url": url}
    pause = {"key": "pause", "task_type": "WAIT", "until": {"days": 1}}
    tasks = [*a_workflow_document()["tasks"], order, pause]
    ways = [
        *a_workflow_document()["transitions"][:-1],
        {"from": "pay", "to": "order"},
        {"from": "order", "to": "pause"},
        {"from": "pause", "to": None},
    ]

    found = told({"title": "Odd", **said}, tasks=tasks, transitions=ways)

    places = [one.place for one in found if one.rule == "wrong-value"]
    assert places == [f"/workflows/0/scenarios/0/{place}"]


@pytest.mark.parametrize(
    ("start", "said"),
    [
        ("9999-12-31T23:59:59Z", ["The time lies beyond every calendar."]),
        ("0001-01-01T00:00:00+14:00", []),
    ],
)
def test_the_ends_of_the_calendar_break_nothing(start: str, said: list[str]) -> None:
    waiting = [{"key": "ask", "task_type": "WAIT", "until": {"days": 30}}]
    ways = [{"to": "ask"}, {"from": "ask", "to": None}]

    found = told({"title": "Late", "start": start}, tasks=waiting, transitions=ways)

    assert [one.message.partition("cannot start: ")[2] for one in found] == said


def test_two_of_one_name_are_told() -> None:
    assert [one.rule for one in told(GOOD, GOOD)] == ["duplicate-key"]


def test_a_start_that_is_no_time_is_told() -> None:
    (problem,) = told({**GOOD, "start": "tomorrow"})

    assert problem.place == "/workflows/0/scenarios/0/start"


@pytest.mark.parametrize(
    ("scenario", "path"),
    [
        ({"submission": {}}, "workflows[0].scenarios[0].title"),
        ({"title": "A", "anwsers": {}}, "workflows[0].scenarios[0].anwsers"),
        ({"title": "A", "expect": {"path": "ask"}}, "workflows[0].scenarios[0].expect.path"),
        ("nothing", "workflows[0].scenarios[0]"),
    ],
)
def test_what_is_no_scenario_is_refused_at_its_place(scenario: Any, path: str) -> None:
    bundle = structure(from_value(bundle_of(a_workflow_document(scenarios=[scenario]))))

    assert path in [problem.path for problem in bundle.problems]


def test_nothing_is_tried_of_a_workflow_with_a_part_that_cannot_be_used() -> None:
    wrong = {"==": [{"vra": "ask.ok"}, True]}
    transitions = [{"to": "ask"}, {"from": "ask", "to": None, "condition": wrong}]
    document = a_workflow_document(scenarios=[GOOD], transitions=transitions)

    findings = meaning(structure(from_value(bundle_of(document))), Surroundings({"user"}, {}))

    assert "scenario" not in [problem.rule for problem in findings.obstacles]


def test_scenarios_count_in_the_fingerprint_and_come_back_as_they_were() -> None:
    with_one = canonical_workflow(a_workflow_document(scenarios=[{**GOOD, "calls": {}}]))

    assert with_one["scenarios"] == [GOOD]
    assert fingerprint(with_one) != fingerprint(canonical_workflow(a_workflow_document()))
    again = read_text(to_yaml(bundle_of(with_one)), "bundle.yaml").value
    assert canonical_workflow(again["workflows"][0]) == with_one


def test_what_changed_is_told_by_its_title() -> None:
    before = canonical_workflow(a_workflow_document(scenarios=[GOOD]))
    after = canonical_workflow(
        a_workflow_document(scenarios=[{**GOOD, "submission": {}}, {"title": "A no"}])
    )

    assert workflow_changes(before, after) == ["scenario A yes changed", "scenario A no added"]


def test_a_file_with_very_many_is_tried_as_far_as_it_goes() -> None:
    back = [{"to": "ask"}, {"from": "ask", "to": "ask", "condition": {"var": "ask.ok"}}]
    circle = {"title": "Round", "answers": {"ask": {"ok": True}}}
    flows = [
        a_workflow_document(
            key=f"flow{number}",
            transitions=[*back, {"from": "ask", "to": None}],
            scenarios=[{**circle, "title": f"Round {n}"} for n in range(50)],
        )
        for number in range(4)
    ]

    bundle = structure(from_value(bundle_of(*flows)))
    findings = meaning(bundle, Surroundings({"user"}, {}))

    assert "not-tried" in {one.rule for one in findings.warnings}
