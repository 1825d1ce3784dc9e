"""What conditions come to: told with an example that can happen, and never where it cannot."""

from typing import Any

import pytest

from definitions.graph import Edge, TaskNode, WorkflowGraph
from definitions.linter import Form, Problem, problems

YES_NO = {
    "type": "object",
    "required": ["approved"],
    "properties": {
        "approved": {"type": "boolean", "title": "Approved?"},
        "colour": {"enum": ["red", "green"]},
        "note": {"type": "string"},
    },
}
AMOUNT = {"name": "amount", "type": "number", "required": True}
IS_APPROVED = {"==": [{"var": "approve.approved"}, True]}


def amount(operator: str, value: Any) -> dict[str, Any]:
    return {operator: [{"var": "ticket.amount"}, value]}


def asked(
    *conditions: Any,
    otherwise: bool = False,
    schema: Any = YES_NO,
    field: dict[str, Any] = AMOUNT,
    before: Any = None,
    targets: str = "abcdef",
    **task: Any,
) -> WorkflowGraph:
    """Start, then “Approve”, then a way for each condition, each to a step of its own.

    `before`: the condition of the way into “Approve”.
    """
    steps = targets[: len(conditions)]
    tasks = {"approve": TaskNode("approve", "Approve", output_schema=schema, **task)}
    tasks |= {key: TaskNode(key, key.upper()) for key in steps}
    edges = [Edge(None, "approve", before)]
    edges += [
        Edge("approve", key, one, n)
        for n, (key, one) in enumerate(zip(steps, conditions, strict=True))
    ]
    edges += [Edge("approve", None, None, 99)] if otherwise else []
    edges += [Edge(None, None, None, 9)] if before is not None else []
    edges += [Edge(key, None) for key in dict.fromkeys(steps)]
    return WorkflowGraph("w", tasks, tuple(edges), (field,))


def found(graph: WorkflowGraph, rule: str, **known: Any) -> list[Problem]:
    return [problem for problem in problems(graph, **known) if problem.rule == rule]


def the(graph: WorkflowGraph, rule: str, **known: Any) -> Problem:
    (problem,) = found(graph, rule, **known)
    return problem


# Gaps


def test_a_gap_is_told_with_answers_that_fall_into_it() -> None:
    problem = the(asked(amount(">", 1000), IS_APPROVED), "gap")

    assert problem.blocks
    assert problem.place == "/transitions/2"
    assert problem.message == (
        "After “Approve” no way is true when amount is 999 and “Approved” is no: a ticket would "
        "stop there."
    )
    assert problem.hint.startswith("Add a way without a condition")


def test_the_number_between_two_conditions_is_found() -> None:
    problem = the(asked(amount(">", 1000), amount("<", 1000)), "gap")

    assert "when amount is 1,000:" in problem.message


def test_whole_numbers_have_nothing_between_them() -> None:
    whole = {**AMOUNT, "type": "integer"}

    assert found(asked(amount(">", 4), amount("<", 5), field=whole), "gap") == []
    assert found(asked(amount(">", 4.5), amount("<", 4.5), field=whole), "gap") == []
    assert "amount is 4.5" in the(asked(amount(">=", 5), amount("<=", 4)), "gap").message


@pytest.mark.parametrize(
    "graph",
    [
        asked(amount(">", 1000), amount("<=", 1000)),
        asked(amount(">", 1000), IS_APPROVED, otherwise=True),
        asked(IS_APPROVED, {"==": [{"var": "approve.approved"}, False]}),
        asked(IS_APPROVED, {"!": IS_APPROVED}),
        asked({"var": "approve.approved"}, {"!": {"var": "approve.approved"}}),
        asked({"exists": "approve.note"}, {"!": {"exists": "approve.note"}}),
        asked(amount(">", 5), field={**AMOUNT, "minimum": 6}),
        asked({"in": [{"var": "ticket.amount"}, [1, 2]]}, field={**AMOUNT, "choices": [1, 2]}),
        asked(IS_APPROVED, schema={"type": "object", "properties": {"approved": {"const": True}}}),
    ],
)
def test_where_every_answer_has_its_way_nothing_is_told(graph: WorkflowGraph) -> None:
    assert found(graph, "gap") == []


@pytest.mark.parametrize(
    "schema",
    [
        None,
        {"type": "object"},
        {"type": "object", "properties": {"other": {"type": "boolean"}}},
        {"type": "no such type"},
    ],
)
def test_of_answers_that_nobody_describes_nothing_is_told(schema: Any) -> None:
    assert found(asked(IS_APPROVED, schema=schema), "gap") == []


def test_a_choice_that_has_no_way_is_named() -> None:
    schema = {
        "type": "object",
        "required": ["colour"],
        "properties": {
            "colour": {"oneOf": [{"const": "r", "title": "Red"}, {"const": "g", "title": "Green"}]}
        },
    }

    problem = the(asked({"==": [{"var": "approve.colour"}, "r"]}, schema=schema), "gap")

    assert "colour is “Green”" in problem.message


def test_a_ticket_that_never_comes_there_leaves_no_gap() -> None:
    """Only amounts over 100 come to “Approve”, so that 50 has no way there matters to nobody."""
    graph = asked(amount(">", 500), amount(">", 100), before=amount(">", 100))

    assert found(graph, "gap") == []


def test_a_gap_behind_a_condition_is_found_all_the_same() -> None:
    graph = asked(amount(">", 500), amount(">", 200), before=amount(">", 100))

    assert "amount is" in the(graph, "gap").message


def test_what_a_ticket_type_presets_is_all_there_is() -> None:
    graph = asked(amount(">", 1000))
    form = {"type": "object", "properties": {}}

    assert found(graph, "gap", forms=[Form(form, None, {"amount": 2000})]) == []
    assert found(graph, "gap", forms=[Form(form, None, {"amount": 20})])


def test_the_form_of_a_ticket_type_decides_what_can_be_answered() -> None:
    graph = asked(amount(">", 1000))
    narrow = {
        "type": "object",
        "required": ["amount"],
        "properties": {"amount": {"type": "number", "minimum": 1001}},
    }

    assert found(graph, "gap", forms=[Form(narrow)]) == []


def test_answers_that_a_layout_hides_are_not_answers() -> None:
    """The colour is only asked where it was approved: a green “no” cannot be."""
    layout = {
        "type": "VerticalLayout",
        "elements": [
            {"type": "Control", "scope": "#/properties/approved"},
            {
                "type": "Control",
                "scope": "#/properties/colour",
                "rule": {
                    "effect": "SHOW",
                    "condition": {"scope": "#/properties/approved", "schema": {"const": True}},
                },
            },
        ],
    }
    green = {"==": [{"var": ["approve.colour", "none"]}, "green"]}
    conditions = (IS_APPROVED, {"!": green})
    schema = {**YES_NO, "required": ["approved", "colour"]}

    hidden = asked(*conditions, schema=schema, extra={"edit_layout": layout})

    assert "colour is “green”" in the(asked(*conditions, schema=schema), "gap").message
    assert found(hidden, "gap") == []


def test_parallel_branches_can_have_a_gap_too() -> None:
    graph = asked(IS_APPROVED, amount(">", 10), split="ALL")

    assert found(graph, "gap")


def test_the_start_can_have_a_gap() -> None:
    graph = WorkflowGraph("w", {"a": TaskNode("a")}, (Edge(None, "a", amount(">", 10)),), (AMOUNT,))

    assert the(graph, "gap").message.startswith("At the start no way is true when amount is")


def test_many_values_cost_little_and_nothing_is_told_of_them() -> None:
    names = [f"n{number}" for number in range(30)]
    schema = {
        "type": "object",
        "required": names,
        "properties": {name: {"type": "number"} for name in names},
    }
    rule = {"or": [{">": [{"var": f"approve.{name}"}, 1]} for name in names]}

    assert found(asked(rule, {"!": rule}, schema=schema), "gap") == []


# What may be empty


def test_a_value_that_may_be_left_out_is_told_where_it_is_compared() -> None:
    problem = the(asked({"==": [{"var": "approve.note"}, "x"]}, otherwise=True), "may-be-empty")

    assert not problem.blocks
    assert problem.place == "/transitions/1/condition"
    assert problem.message.startswith("note may be empty here, and the condition “note is “x””")
    assert '{"exists": "approve.note"}' in problem.hint


@pytest.mark.parametrize(
    "condition",
    [
        {"and": [{"exists": "approve.note"}, {"==": [{"var": "approve.note"}, "x"]}]},
        {"==": [{"var": ["approve.note", ""]}, "x"]},
        {"exists": "approve.note"},
        IS_APPROVED,
    ],
)
def test_whoever_asks_first_is_left_alone(condition: Any) -> None:
    assert found(asked(condition, otherwise=True), "may-be-empty") == []


def test_a_yes_or_no_is_always_given() -> None:
    schema = {"type": "object", "properties": {"approved": {"type": "boolean"}}}

    assert found(asked(IS_APPROVED, schema=schema, otherwise=True), "may-be-empty") == []


def test_an_answer_of_a_step_that_may_be_passed_by_may_be_empty() -> None:
    tasks = {"a": TaskNode("a", output_schema=YES_NO), "b": TaskNode("b"), "c": TaskNode("c")}
    edges = (
        Edge(None, "a", amount(">", 10)),
        Edge(None, "b", None, 1),
        Edge("a", "b"),
        Edge("b", "c", {"==": [{"var": "a.approved"}, True]}),
        Edge("b", None, None, 1),
        Edge("c", None),
    )

    problem = the(WorkflowGraph("w", tasks, edges, (AMOUNT,)), "may-be-empty")

    assert problem.message.startswith("“Approved” may be empty here")


# Overlaps


def test_two_ways_that_are_true_together_are_told_with_an_example() -> None:
    problem = the(asked(amount("<", 1000), amount(">", 500), otherwise=True), "overlap")

    assert not problem.blocks
    assert problem.place == "/transitions/2/condition"
    assert "when amount is 501: “amount is under 1,000” and “amount is over 500”" in problem.message
    assert problem.message.endswith("The one that is asked first leads to “A”.")


@pytest.mark.parametrize(
    "graph",
    [
        asked(amount(">", 1000), amount(">", 500), otherwise=True),  # the special case first
        asked({"!": IS_APPROVED}, amount(">", 500), otherwise=True),  # a “no” first
        asked(amount(">", 500), amount("<", 500), otherwise=True),
        asked(amount("<", 1000), amount(">", 500), otherwise=True, targets="aa"),
        asked(amount("<", 1000), amount(">", 500), otherwise=True, split="ALL"),
    ],
)
def test_an_order_that_is_meant_is_no_overlap(graph: WorkflowGraph) -> None:
    assert found(graph, "overlap") == []


def test_without_an_order_any_overlap_counts() -> None:
    tasks = {key: TaskNode(key) for key in "ab"}
    edges = (
        Edge(None, "a", amount(">", 10), 1),
        Edge(None, "b", amount(">", 5), 1),
        Edge(None, None, None, 2),
        Edge("a", None),
        Edge("b", None),
    )

    assert found(WorkflowGraph("w", tasks, edges, (AMOUNT,)), "overlap")


# Ways that nobody goes


def test_a_way_behind_one_that_is_always_taken_is_told() -> None:
    graph = asked(amount(">", 500), amount(">", 1000), otherwise=True)

    problem = the(graph, "never-taken")

    assert (problem.place, problem.blocks) == ("/transitions/2", False)
    assert "whenever “amount is over 1,000” is true" in problem.message


def test_a_condition_that_can_never_be_true_is_told() -> None:
    impossible = {"and": [amount(">", 10), amount("<", 5)]}

    problem = the(asked(impossible, otherwise=True), "never-taken")

    assert "“amount is over 10 and amount is under 5” can never be true" in problem.message


def test_where_not_every_case_was_looked_at_nothing_is_called_impossible() -> None:
    compared = {"==": [{"var": "approve.note"}, {"var": "approve.colour"}]}

    assert found(asked(compared, compared, otherwise=True), "never-taken") == []


# Kinds


@pytest.mark.parametrize(
    ("condition", "place", "message", "hint"),
    [
        (
            {"==": [{"var": "approve.approved"}, "yes"]},
            "/==/1",
            "“Approved” is yes or no, and is compared with the text “yes” here.",
            "Did you mean true, without quotation marks?",
        ),
        (
            {"==": [{"var": "ticket.amount"}, "1000"]},
            "/==/1",
            "amount is a number, and is compared with the text “1000” here.",
            "Write the number without quotation marks: 1000.",
        ),
        (
            {">": [{"var": "approve.note"}, 5]},
            "/>/0",
            "note is text, and only numbers and dates have an order.",
            "Ask for a number, or ask whether it is a certain value.",
        ),
        (
            {"and": [IS_APPROVED, {"==": [{"var": "approve.note"}, 7]}]},
            "/and/1/==/1",
            "note is text, and is compared with the number 7 here.",
            "Write it in quotation marks: “7”. Or let “approve.note” be a number.",
        ),
        (
            {"var": "ticket.amount"},
            "",
            "amount is a number. The condition gives a number; it must give yes or no.",
            "",
        ),
    ],
)
def test_values_that_never_meet_are_told_at_their_place(
    condition: Any, place: str, message: str, hint: str
) -> None:
    problem = the(asked(condition, otherwise=True), "type-mismatch")

    assert problem.blocks
    assert problem.place == f"/transitions/1/condition{place}"
    assert (problem.message, problem.hint) == (message, hint)


def test_a_date_is_read_before_it_is_compared() -> None:
    day = {"name": "day", "type": "date", "required": True}
    text = {"<": [{"var": "ticket.day"}, {"date": "2026-01-01"}]}
    read = {"<": [{"date": {"var": "ticket.day"}}, {"date": "2026-01-01"}]}

    assert (
        '{"date": {"var": "ticket.day"}}'
        in the(asked(text, otherwise=True, field=day), "type-mismatch").hint
    )
    assert found(asked(read, otherwise=True, field=day), "type-mismatch") == []


@pytest.mark.parametrize("schema", [None, {}, {"properties": {"approved": {}}}, {"type": "x"}])
def test_a_value_of_any_kind_may_be_compared_with_anything(schema: Any) -> None:
    condition = {"==": [{"var": "approve.approved"}, "yes"]}

    assert found(asked(condition, otherwise=True, schema=schema), "type-mismatch") == []


def test_forms_that_disagree_prove_nothing() -> None:
    forms = [
        Form({"type": "object", "properties": {"amount": {"type": kind}}})
        for kind in ("number", "string")
    ]

    graph = asked({"==": [{"var": "ticket.amount"}, "x"]}, otherwise=True)

    assert found(graph, "type-mismatch", forms=forms) == []


def test_what_a_task_is_given_has_the_kinds_that_it_needs() -> None:
    needs = {"type": "object", "properties": {"sum": {"type": "number"}, "by": {"type": "string"}}}
    given = {"sum": {"$": {"var": "approve.note"}}, "by": {"$": {"var": "approve.note"}}}
    tasks = {
        "approve": TaskNode("approve", output_schema=YES_NO),
        "pay": TaskNode("pay", "Pay", input_schema=needs, input_transform=given),
    }
    graph = WorkflowGraph("w", tasks, (Edge(None, "approve"), Edge("approve", "pay")))

    problem = the(graph, "type-mismatch")

    assert problem.place == "/tasks/1/input_transform/sum"
    assert problem.message == "“Pay” needs a number as “sum”, and is given text."


def test_a_template_that_calculates_with_text_is_told() -> None:
    made = {"total": {"$": {"*": [{"var": "approve.note"}, 2]}}}
    tasks = {
        "approve": TaskNode("approve", output_schema=YES_NO),
        "pay": TaskNode("pay", "Pay", input_transform=made),
    }
    graph = WorkflowGraph("w", tasks, (Edge(None, "approve"), Edge("approve", "pay")))

    problem = the(graph, "type-mismatch")

    assert problem.place == "/tasks/1/input_transform/total/$/*/0"
    assert problem.message.startswith("note is text.")


@pytest.mark.parametrize(
    ("condition", "place"),
    [
        ({"==": [{"var": "approve.colour"}, "grean"]}, "/==/1"),
        ({"in": [{"var": "approve.colour"}, ["red", "grean"]]}, "/in/1/1"),
        ({"!": {"!=": ["grean", {"var": "approve.colour"}]}}, "/!/!=/0"),
    ],
)
def test_a_choice_that_is_not_offered_says_which_was_meant(condition: Any, place: str) -> None:
    problem = the(asked(condition, otherwise=True), "unknown-choice")

    assert not problem.blocks
    assert problem.place == f"/transitions/1/condition{place}"
    assert problem.message == "colour is never the text “grean”: it can be red or green."
    assert problem.hint == "Did you mean “green”?"
    assert found(asked(condition, otherwise=True), "never-taken") == []


def test_what_is_chosen_from_a_list_is_looked_at_too() -> None:
    schema = {
        "type": "object",
        "properties": {"sizes": {"type": "array", "items": {"enum": ["s", "m"]}}},
    }
    condition = {"in": ["xl", {"var": "approve.sizes"}]}

    assert found(asked(condition, otherwise=True, schema=schema), "unknown-choice")
