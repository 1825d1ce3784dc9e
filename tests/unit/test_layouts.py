"""Layouts: how a form is arranged, what is hidden when, and what is wrong with a layout."""

from datetime import UTC, datetime
from typing import Any

import pytest

from definitions.layouts import (
    Control,
    Fieldset,
    Note,
    checked,
    compiled,
    generated_layout,
    layout_hints,
    layout_problems,
)

PURCHASE: dict[str, Any] = {
    "type": "object",
    "required": ["amount", "approved"],
    "properties": {
        "amount": {"type": "number"},
        "approved": {"type": "boolean"},
        "reason": {"type": "string", "minLength": 1},
        "who": {
            "type": "object",
            "required": ["name"],
            "properties": {"name": {"type": "string"}, "mail": {"type": "string"}},
        },
    },
}


def control(name: str, **more: Any) -> dict[str, Any]:
    return {"type": "Control", "scope": "#/properties/" + name.replace(".", "/properties/"), **more}


def column(*elements: Any) -> dict[str, Any]:
    return {"type": "VerticalLayout", "elements": list(elements)}


def logic(rule: Any, effect: str = "SHOW") -> dict[str, Any]:
    return {"effect": effect, "condition": {"logic": rule}}


def by_schema(scope: str, schema: Any, effect: str = "SHOW", **more: Any) -> dict[str, Any]:
    return {"effect": effect, "condition": {"scope": scope, "schema": schema, **more}}


REST = (control("approved"), control("who"))
OVER_1000 = {">": [{"var": "amount"}, 1000]}


def places(layout: Any) -> list[tuple[str, ...]]:
    return [one.place for one in layout.controls()]


# --- Arrangement ---------------------------------------------------------------------------------


def test_without_a_layout_everything_is_asked_in_the_order_of_the_schema() -> None:
    assert places(compiled(PURCHASE)) == [
        ("amount",), ("approved",), ("reason",), ("who", "name"), ("who", "mail"),
    ]  # fmt: skip
    assert compiled(PURCHASE, {}) is not None


def test_the_generated_document_means_the_same() -> None:
    made = compiled(PURCHASE, generated_layout(PURCHASE))

    assert made.problems == ()
    assert places(made) == places(compiled(PURCHASE))


def test_tabs_groups_rows_and_notes() -> None:
    layout = {
        "type": "Categorization",
        "elements": [
            {
                "type": "Category",
                "label": "Request",
                "elements": [
                    {"type": "Label", "text": "Read this"},
                    {
                        "type": "HorizontalLayout",
                        "elements": [control("amount"), control("reason")],
                    },
                    {"type": "Group", "label": "Who", "elements": [control("who.name")]},
                ],
            },
            {"type": "Category", "label": "Answer", "elements": [control("approved")]},
        ],
    }

    first, second = compiled(PURCHASE, layout).tabs
    loose, who = first.fieldsets

    assert [tab.label for tab in (first, second)] == ["Request", "Answer"]
    assert isinstance(loose.rows[0].cells[0], Note)
    assert [cell.place for cell in loose.rows[1].cells if isinstance(cell, Control)] == [
        ("amount",), ("reason",),
    ]  # fmt: skip
    assert (who.label, [one.place for one in who.controls()]) == ("Who", [("who", "name")])


def test_a_group_of_the_schema_becomes_a_fieldset_that_knows_whether_it_may_be_empty() -> None:
    [fieldset] = compiled(PURCHASE).tabs[0].fieldsets
    group = fieldset.rows[-1].cells[0]

    assert isinstance(group, Fieldset)
    assert (group.label, group.place, group.required) == ("Who", ("who",), False)


def test_a_required_question_that_the_layout_forgets_is_asked_at_the_end() -> None:
    made = compiled(PURCHASE, column(control("amount")))

    assert places(made) == [("amount",), ("approved",)]
    assert "“Approved” is required" in made.problems[0].message


def test_a_huge_group_is_one_question_of_its_own() -> None:
    many = {"type": "object", "properties": {f"p{n}": {"type": "string"} for n in range(450)}}

    made = compiled({"properties": {"first": {"type": "string"}, "many": many}})

    assert places(made) == [("first",), ("many",)]


@pytest.mark.parametrize(
    ("schema", "expected"),
    [
        ({}, []),
        ({"type": "object"}, []),
        (True, []),
        ({"type": "array"}, [()]),
        ({"enum": [1]}, [()]),
    ],
)
def test_schemas_that_are_no_group(schema: Any, expected: list[Any]) -> None:
    assert places(compiled(schema)) == expected


# --- Rules ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("rule", "answers", "hidden"),
    [
        (logic(OVER_1000), {"amount": 5000}, False),
        (logic(OVER_1000), {"amount": 5}, True),
        (logic(OVER_1000), {}, True),
        (logic(OVER_1000, "HIDE"), {"amount": 5000}, True),
        (logic(OVER_1000, "HIDE"), {}, False),
        (by_schema("#/properties/approved", {"const": False}), {"approved": False}, False),
        (by_schema("#/properties/approved", {"const": False}), {"approved": True}, True),
        (by_schema("#/properties/approved", {"const": False}), {}, True),
        (by_schema("#/properties/amount", {"minimum": 5}), {"amount": 5}, False),
        (by_schema("#/properties/amount", {"not": {"const": 1}}), {}, False),
        (by_schema("#/properties/amount", {"not": {"const": 1}}, failWhenUndefined=True), {}, True),
        (
            by_schema("#/properties/who/properties/name", {"enum": ["Ana"]}),
            {"who": {"name": "Ana"}},
            False,
        ),
        (by_schema("#", {"required": ["amount"]}), {"amount": 1}, False),
        (
            {
                "effect": "SHOW",
                "condition": {
                    "type": "OR",
                    "conditions": [
                        {"logic": OVER_1000},
                        {"scope": "#/properties/approved", "schema": {"const": True}},
                    ],
                },
            },
            {"approved": True},
            False,
        ),
    ],
)  # fmt: skip
def test_a_rule_shows_or_hides(rule: Any, answers: Any, hidden: bool) -> None:
    layout = column(control("amount"), control("reason", rule=rule), *REST)

    made = compiled(PURCHASE, layout)

    assert made.problems == ()
    assert (("reason",) in made.state(answers).hidden) is hidden


def test_a_hidden_question_is_not_required_and_its_answer_is_dropped() -> None:
    schema = {**PURCHASE, "required": ["amount", "reason"]}
    layout = column(control("amount"), control("reason", rule=logic(OVER_1000)))

    small = checked(schema, layout, {"amount": 5, "reason": "typed before"})
    large = checked(schema, layout, {"amount": 5000})

    assert (small.value, small.problems) == ({"amount": 5}, ())
    assert [problem.path for problem in large.problems] == ["/reason"]


def test_a_hidden_answer_may_be_kept_on_purpose() -> None:
    kept = control("reason", rule=logic(OVER_1000), options={"keep_hidden": True})

    found = checked(PURCHASE, column(control("amount"), kept, *REST), {"amount": 5, "reason": "x"})

    assert found.value["reason"] == "x"


def test_the_rule_of_a_group_counts_for_everything_in_it() -> None:
    group = {"type": "Group", "elements": [control("who")], "rule": logic(OVER_1000)}

    found = checked(
        PURCHASE,
        column(control("amount"), control("approved"), group),
        {"amount": 1, "approved": True, "who": {"name": "Ana"}},
    )

    assert found.value == {"amount": 1, "approved": True}


def test_a_required_group_that_is_hidden_is_not_missed() -> None:
    schema = {**PURCHASE, "required": ["amount", "who"]}
    layout = column(control("amount"), control("who", rule=logic(OVER_1000)))

    assert checked(schema, layout, {"amount": 1}).problems == ()


def test_what_depends_on_something_hidden_sees_it_as_missing() -> None:
    schema = {"properties": {name: {"type": "string"} for name in "abc"}}
    layout = column(
        control("a"),
        control("b", rule=by_schema("#/properties/a", {"const": "yes"})),
        control("c", rule=by_schema("#/properties/b", {"const": "yes"})),
    )

    found = checked(schema, layout, {"a": "no", "b": "yes", "c": "typed"})

    assert found.value == {"a": "no"}


def test_rules_may_ask_for_the_day() -> None:
    schema = {"properties": {"day": {"type": "string"}, "why": {"type": "string"}}}
    rule = logic({">": [{"date": {"var": "day"}}, {"today": []}]})
    made = compiled(schema, column(control("day"), control("why", rule=rule)))
    noon = datetime(2026, 11, 20, 12, tzinfo=UTC)

    assert made.problems == ()
    assert ("why",) in made.state({"day": "2026-11-01"}, now=noon).hidden
    assert ("why",) not in made.state({"day": "2026-12-01"}, now=noon).hidden


def test_a_question_can_be_locked() -> None:
    rule = by_schema("#/properties/approved", {"const": True}, "DISABLE")
    layout = column(control("amount"), control("reason", rule=rule), *REST)

    made = compiled(PURCHASE, layout)

    assert made.state({"approved": True}).locked == {("reason",)}
    assert made.state({"approved": False}).locked == frozenset()


def test_the_schema_itself_decides_about_the_questions_of_its_branches() -> None:
    schema = {
        "properties": {"country": {"type": "string"}},
        "if": {"properties": {"country": {"const": "US"}}, "required": ["country"]},
        "then": {"properties": {"state": {"type": "string"}}, "required": ["state"]},
    }

    assert checked(schema, None, {"country": "DE", "state": "x"}).value == {"country": "DE"}
    assert [p.path for p in checked(schema, None, {"country": "US"}).problems] == ["/state"]


# --- What is wrong with a layout -----------------------------------------------------------------


@pytest.mark.parametrize(
    ("layout", "path", "word"),
    [
        (column({"type": "Contrl"}), "/elements/0/type", "“Control”"),
        (column({"type": ["Control"]}), "/elements/0/type", "not a type"),
        (column(3), "/elements/0", "a group with a type"),
        (column(control("amout")), "/elements/0/scope", "“#/properties/amount”"),
        (column({"type": "Control"}), "/elements/0/scope", "needs a scope"),
        (column({"type": "Control", "scope": "#/items"}), "/elements/0/scope", "needs a scope"),
        (column(control("amount"), control("amount")), "/elements/1/scope", "twice"),
        (column({"type": "Group"}), "/elements/0/elements", "needs its elements"),
        (column({"type": "Label"}), "/elements/0/text", "needs its text"),
        (column({"type": "Category"}), "/elements/0/type", "outermost"),
        (
            {"type": "Categorization", "elements": [control("amount")]},
            "/elements/0/type",
            "Only a Category",
        ),
        (
            column(control("amount", options={"widget": "javascript"})),
            "/elements/0/options/widget",
            "No widget",
        ),
        (column(control("amount", options=3)), "/elements/0/options", "group"),
        (column(control("amount", rule=3)), "/elements/0/rule", "a group"),
        (column(control("amount", rule={"effect": "JUMP"})), "/elements/0/rule/effect", "SHOW"),
        (
            column(control("amount", rule={"effect": "SHOW"})),
            "/elements/0/rule/condition",
            "needs a condition",
        ),
        (
            column(control("amount", rule=logic({"eval": ["1"]}))),
            "/elements/0/rule/condition/logic/eval",
            "not an operator",
        ),
        (
            column(control("amount", rule=by_schema("#/properties/x", {}))),
            "/elements/0/rule/condition/scope",
            "no “#/properties/x”",
        ),
        (
            column(control("amount", rule=by_schema("#/properties/reason", {"type": "x"}))),
            "/elements/0/rule/condition/schema/type",
            "not a type",
        ),
        ([], "", "a group with a type"),
        ("<script>", "", "a group with a type"),
        ({"type": float("nan")}, "/type", "finite"),
    ],
)
def test_what_is_wrong_is_named_by_place(layout: Any, path: str, word: str) -> None:
    if layout == []:
        layout = [control("amount")]

    found = layout_problems(layout, PURCHASE)

    assert any(p.path == path and word in p.message for p in found), found


def test_rules_in_a_circle_are_found() -> None:
    layout = column(
        control("amount", rule=by_schema("#/properties/reason", {"const": "x"})),
        control("reason", rule=logic({"==": [{"var": "amount"}, 1]})),
        control("approved"),
    )

    found = layout_problems(layout, PURCHASE)

    assert {problem.path for problem in found} == {"/elements/0", "/elements/1"}
    assert "depends on itself" in found[0].message
    assert compiled(PURCHASE, layout).state({"amount": 1}) is not None


def test_a_layout_too_deep_is_refused() -> None:
    deep: dict[str, Any] = control("amount")
    for _ in range(5000):
        deep = column(deep)

    assert "Nested deeper" in layout_problems(deep, PURCHASE)[0].message
    assert places(compiled(PURCHASE, deep)) == places(compiled(PURCHASE))


@pytest.mark.parametrize("bad", ["\ud800", float("nan"), "\0", object()])
def test_answers_that_cannot_be_stored_break_no_rule(bad: Any) -> None:
    rule = by_schema("#/properties/amount", {"const": 1})
    layout = column(control("amount"), control("reason", rule=rule), *REST)

    found = checked(PURCHASE, layout, {"amount": bad})

    assert [problem.path for problem in found.problems] == ["/amount"]


# Required questions that are not always asked

SIZES: dict[str, Any] = {
    "type": "object",
    "required": ["reason"],
    "properties": {
        "size": {"type": "string", "enum": ["S", "M"]},
        "price": {"type": "number"},
        "reason": {"type": "string"},
    },
}


def layout_that_asks_why(effect: str, name: str, schema: Any, **options: Any) -> Any:
    condition = {"scope": f"#/properties/{name}", "schema": schema}
    rule = {"effect": effect, "condition": condition}
    why: dict[str, Any] = {"type": "Control", "scope": "#/properties/reason", "options": options}
    return {"type": "VerticalLayout", "elements": [{**why, "rule": rule}]}


def test_a_required_question_that_a_rule_can_hide_is_told_and_stops_nothing() -> None:
    layout = layout_that_asks_why("HIDE", "price", {"type": "number", "minimum": 5})

    (hint,) = layout_hints(layout, SIZES)

    assert hint.path == "/elements/0"
    assert "its answer is missing in what comes after" in hint.message
    assert layout_problems(layout, SIZES) == []


def test_a_required_question_whose_rule_can_never_hold_is_a_problem() -> None:
    layout = layout_that_asks_why("SHOW", "size", {"const": "XXL"})

    (problem,) = layout_problems(layout, SIZES)

    assert problem.path == "/elements/0"
    assert "it is never asked" in problem.message
    assert layout_hints(layout, SIZES) == []


def test_a_required_question_that_nobody_can_fill_in_is_told() -> None:
    layout = layout_that_asks_why("ENABLE", "size", {"const": "S"}, readonly=True)

    (hint,) = layout_hints(layout, SIZES)

    assert "nobody can fill it in" in hint.message


def test_what_the_form_itself_asks_only_at_times_is_meant() -> None:
    schema = {
        **SIZES,
        "required": [],
        "if": {"properties": {"size": {"const": "M"}}, "required": ["size"]},
        "then": {"required": ["why"], "properties": {"why": {"type": "string"}}},
    }
    why = {"type": "Control", "scope": "#/properties/why"}
    layout = {"type": "VerticalLayout", "elements": [why]}

    assert layout_hints(layout, schema) == []
