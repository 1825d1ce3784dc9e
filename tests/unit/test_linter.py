"""What is wrong with a drawing, said in words and at its place."""

from typing import Any

import pytest

from definitions.graph import Edge, TaskNode, WorkflowGraph
from definitions.linter import RULES, Problem, Severity, problems
from tests.unit.drawings import CALL, SPLIT, drawn, when


def found(graph: WorkflowGraph, rule: str, **known: Any) -> list[Problem]:
    return [problem for problem in problems(graph, **known) if problem.rule == rule]


def the(graph: WorkflowGraph, rule: str, **known: Any) -> Problem:
    (problem,) = found(graph, rule, **known)
    return problem


def purchase(**changes: Any) -> WorkflowGraph:
    """Nothing is wrong with this one."""
    tasks = {
        "approve": TaskNode(
            "approve",
            "Approve",
            assign={"company_role": "managers"},
            output_schema={
                "type": "object",
                "properties": {"approved": {"type": "boolean"}, "note": {"type": "string"}},
            },
        ),
        "order": TaskNode("order", "Order"),
    }
    edges = (
        Edge(None, "approve"),
        Edge("approve", "order", changes.get("condition", {"var": "approve.approved"})),
        Edge("approve", None, None, 1),
        Edge("order", None),
    )
    return WorkflowGraph("purchase", tasks, edges, ({"name": "amount", "type": "number"},))


def test_a_good_drawing_has_no_problems() -> None:
    assert problems(purchase(), company_roles={"managers"}) == []


def test_a_workflow_needs_a_way_in() -> None:
    problem = the(drawn("ask >"), "no-start")

    assert problem.blocks
    assert problem.place == "/transitions"
    assert found(drawn("ask >"), "unreachable-task") == []


def test_a_task_that_nothing_leads_to_is_named_with_its_place() -> None:
    problem = the(drawn("> ask >", "lost >", lost={"title": "Lost"}), "unreachable-task")

    assert problem.place == "/tasks/1"
    assert not problem.blocks
    assert problem.message == "No way leads from the start to “Lost”."


def test_an_end_that_says_nothing_is_asked_about_where_others_say_it() -> None:
    spoken, order = Edge("ask", None), TaskNode("order", "Order")
    edges = (Edge(None, "ask"), Edge("ask", "order", {"var": "ask.ok"}))
    tasks = {"ask": TaskNode("ask"), "order": order}

    problem = the(WorkflowGraph("w", tasks, (*edges, spoken)), "silent-end")

    assert (problem.place, problem.blocks) == ("/tasks/1", False)
    assert problem.message.startswith("After “Order” the ticket ends")
    assert found(WorkflowGraph("w", tasks, edges), "silent-end") == []


def test_two_tasks_that_only_lead_to_each_other_are_both_unreachable() -> None:
    assert len(found(drawn("> ask >", "a > b > a", "b >"), "unreachable-task")) == 2


def test_a_transition_to_a_missing_task_says_which_was_meant() -> None:
    graph = WorkflowGraph(
        "w",
        {"approve": TaskNode("approve")},
        (Edge(None, "approve"), Edge("approve", "aprove"), Edge("gone", None)),
    )

    to, from_ = found(graph, "unknown-task")

    assert (to.place, to.hint) == ("/transitions/1/to", "Did you mean “approve”?")
    assert (from_.place, from_.hint) == ("/transitions/2/from", "")
    assert found(graph, "no-way-out") == []


def test_a_ticket_must_be_able_to_end() -> None:
    graph = drawn("> ask > check > ask", check={"title": "Check"})

    assert [problem.place for problem in found(graph, "no-way-out")] == ["/tasks/0", "/tasks/1"]
    assert found(drawn("> ask > check > ask", "check >"), "no-way-out") == []
    assert found(drawn("> ask > check"), "no-way-out") == []


def test_a_loop_must_pause_somewhere() -> None:
    spinning = drawn("> call > call", "call >", call=CALL)
    resting = drawn("> call > ask > call", "call >", call=CALL)

    assert the(spinning, "loop-without-wait").blocks
    assert found(resting, "loop-without-wait") == []


def test_only_one_default_can_be_followed() -> None:
    problem = the(drawn("> ask >", "ask > pay >"), "several-defaults")

    assert problem.place == "/transitions/2"
    assert found(drawn("> ask > pay >", "ask > tell >", ask=SPLIT), "several-defaults") == []


def test_two_ways_in_without_a_condition_are_one_too_many() -> None:
    assert "the start" in the(drawn("> ask >", "> pay >"), "several-defaults").message


def test_conditions_of_one_task_should_have_their_own_priority() -> None:
    graph = drawn("> ask", when("ask", "pay", "a"), when("ask", "tell", "b"), "ask >")

    problem = the(graph, "same-priority")

    assert problem.severity == Severity.WARNING
    assert problem.place == "/transitions/2/priority"


def test_a_default_beside_branches_is_pointed_out() -> None:
    graph = drawn("> ask", when("ask", "pay", "a"), "ask > tell >", ask=SPLIT)

    assert the(graph, "default-beside-branches").severity == Severity.WARNING


@pytest.mark.parametrize("roles", [{"manager", "user"}, set()])
def test_a_role_that_the_company_has_not_is_named(roles: set[str]) -> None:
    problem = the(purchase(), "unknown-role", company_roles=roles)

    assert problem.blocks
    assert problem.place == "/tasks/0/assign/company_role"
    assert "“managers”" in problem.message


def test_a_role_that_is_nearly_right_is_suggested() -> None:
    problem = the(purchase(), "unknown-role", company_roles=["manager"])

    assert problem.hint == "Did you mean “manager”?"


def test_roles_are_left_alone_where_the_company_is_not_known() -> None:
    assert found(purchase(), "unknown-role") == []


def test_a_condition_that_is_none_is_shown_at_its_place() -> None:
    problem = found(purchase(condition={"and": [True, {"nonsense": 1}]}), "bad-condition")[0]

    assert problem.blocks
    assert problem.place.startswith("/transitions/1/condition")
    assert "nonsense" in problem.message


def test_a_condition_that_can_never_be_yes_or_no_is_shown() -> None:
    problem = the(purchase(condition={"+": [1, {"var": "ticket.amount"}]}), "bad-condition")

    assert "yes or no" in problem.message


def test_a_path_to_a_missing_answer_says_which_was_meant() -> None:
    problem = the(purchase(condition={"var": "approve.aproved"}), "unknown-path")

    assert problem.severity == Severity.WARNING
    assert problem.place == "/transitions/1/condition"
    assert problem.hint == "Did you mean “approve.approved”?"


@pytest.mark.parametrize("path", ["aprove.approved", "amount", "form.amount"])
def test_a_path_that_begins_with_no_task_is_never_there(path: str) -> None:
    assert "“ticket”" in the(purchase(condition={"var": path}), "unknown-path").message


def test_a_field_that_the_workflow_does_not_declare_may_be_known_from_a_ticket_type() -> None:
    graph = purchase(condition={"==": [{"var": "ticket.urgent"}, True]})

    assert the(graph, "unknown-path").message.endswith("the submitted form has no field “urgent”.")
    assert found(graph, "unknown-path", ticket_fields=["urgent"]) == []


@pytest.mark.parametrize("path", ["ticket.amount", "approve.note", "approve", "ticket"])
def test_paths_that_may_be_there_are_fine(path: str) -> None:
    assert found(purchase(condition={"==": [{"var": path}, "x"]}), "unknown-path") == []


@pytest.mark.parametrize(
    "schema",
    [None, True, {"$ref": "#/$defs/x"}, {"properties": {}, "additionalProperties": True}],
)
def test_nothing_is_said_of_answers_whose_form_is_open(schema: Any) -> None:
    graph = drawn("> ask", when("ask", None, "x"), ask={"output_schema": schema})

    assert found(graph, "unknown-path") == []


def test_a_value_of_a_later_task_is_read_too_early() -> None:
    graph = drawn("> ask", Edge("ask", None, {"var": "pay.done"}), "ask > pay >")

    problem = the(graph, "too-early")

    assert problem.severity == Severity.WARNING
    assert problem.message == "“pay.done” is empty here: no way leads from “pay” to “ask”."


def test_a_value_of_an_earlier_round_is_not_read_too_early() -> None:
    graph = drawn("> ask", Edge("ask", None, {"var": "pay.done"}), "ask > pay > ask")

    assert found(graph, "too-early") == []


def test_the_way_in_can_read_only_the_submitted_form() -> None:
    graph = drawn(Edge(None, "ask", {"var": "ask.ok"}), "ask >")

    assert "to the start" in the(graph, "too-early").message


@pytest.mark.parametrize("key", ["ticket", "", "a.b", "a\nb", " a", "a ", "x" * 81])
def test_some_words_cannot_be_keys(key: str) -> None:
    graph = WorkflowGraph("w", {key: TaskNode(key)}, (Edge(None, key),))

    assert the(graph, "bad-key").place == "/tasks/0/key"


@pytest.mark.parametrize("key", ["approve", "Approve_2", "on-hold", "7", "x" * 80, "In Progress"])
def test_usual_words_can_be_keys(key: str) -> None:
    assert found(WorkflowGraph("w", {key: TaskNode(key)}, (Edge(None, key),)), "bad-key") == []


@pytest.mark.parametrize("part", ["task_type", "split", "join"])
def test_words_that_the_engine_does_not_know_are_refused(part: str) -> None:
    problem = the(drawn("> ask >", ask={part: "SOME"}), "unknown-word")

    assert problem.place == f"/tasks/0/{part}"
    assert "“SOME”" in problem.message


@pytest.mark.parametrize("limit", [0, -1, 1001])
def test_a_visit_limit_must_be_possible(limit: int) -> None:
    assert found(drawn("> ask >", ask={"max_visits": limit}), "bad-visit-limit")


def test_errors_come_before_warnings_and_every_rule_has_its_own_name() -> None:
    graph = drawn("> ask", when("ask", "pay", "a"), when("ask", "gone", "b"), "lost > lost")

    severities = [problem.severity for problem in problems(graph)]

    assert severities == sorted(severities)
    assert set(severities) == {Severity.ERROR, Severity.WARNING}
    assert len({name for name, _severity, _rule in RULES}) == len(RULES)


def test_everything_wrong_at_once_is_reported_and_nothing_fails() -> None:
    graph = WorkflowGraph(
        "w",
        {"": TaskNode("", task_type="", split="", join="", assign={"company_role": [{}, 3]})},
        (Edge("", "", {"?": 1}), Edge("x", "y", {"var": ["", None]}), Edge("", None, [])),
        ({}, {"name": None}),
    )

    assert {p.rule for p in problems(graph, company_roles=[])} >= {
        "no-start",
        "bad-key",
        "unknown-word",
        "unknown-task",
        "unknown-role",
        "bad-condition",
    }
