"""Layouts as lists of lines: exact round trips, rules in words, and layouts that follow a form."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from definitions.arrangements import (
    arrangement_of,
    asked_at,
    layout_renamed,
    layout_with,
    layout_with_new,
    layout_without,
    rules_on,
)
from definitions.layouts import compiled, layout_problems
from definitions.schemas import JSON

FORM: dict[str, Any] = {
    "type": "object",
    "required": ["amount"],
    "properties": {
        "amount": {"type": "number", "title": "Amount"},
        "size": {"type": "string", "enum": ["s", "xl"], "x-enum-titles": ["Small", "Huge"]},
        "sure": {"type": "boolean", "title": "Sure?"},
        "tags": {"type": "array", "items": {"type": "string", "enum": ["a", "b"]}},
        "who": {"type": "object", "properties": {"name": {"type": "string"}}},
        "note": {"type": "string"},
    },
}


def control(name: str, **more: Any) -> dict[str, Any]:
    return {"type": "Control", "scope": f"#/properties/{name}", **more}


def box(kind: str, *elements: Any, **more: Any) -> dict[str, Any]:
    return {"type": kind, **more, "elements": list(elements)}


def lines_of(layout: JSON) -> list[dict[str, Any]]:
    found = arrangement_of(layout, FORM)
    assert found.refusal == ""
    return [dict(line) for line in found.lines]


def arranged(layout: JSON, lines: list[dict[str, Any]]) -> JSON:
    made = layout_with(layout, lines, FORM)
    assert made.problems == []
    assert made.layout is None or layout_problems(made.layout, FORM) == []
    return made.layout


# What is drawn for the property: layouts as people write them, and as nobody would

NAMES = st.sampled_from(["amount", "size", "sure", "tags", "who/properties/name", "nowhere"])
CONDITIONS = st.one_of(
    st.builds(
        lambda name, schema: {"scope": f"#/properties/{name}", "schema": schema},
        NAMES,
        st.sampled_from(
            [
                {"const": "xl"}, {"const": 5}, {"const": True}, {"not": {"const": "s"}},
                {"enum": ["s", "xl"]}, {"type": "null"}, {"not": {"type": "null"}},
                {"type": "number", "minimum": 5}, {"minimum": 5}, {"const": None}, {},
                {"type": "array", "contains": {"const": "a"}}, {"enum": []}, {"enum": ["a, b"]},
            ]
        ),
    ),
    st.just({"logic": {">": [{"var": "amount"}, 5]}}),
    st.just({"scope": "#/properties/size", "expectedValue": "xl"}),
    st.just({"type": "AND", "conditions": []}),
    st.none(),
)  # fmt: skip
MORE = st.fixed_dictionaries(
    {},
    optional={
        "rule": st.builds(
            lambda effect, condition: {"effect": effect, "condition": condition},
            st.sampled_from(["SHOW", "HIDE", "ENABLE", "DISABLE", "OTHER"]),
            CONDITIONS,
        ),
        "options": st.sampled_from([{"widget": "money"}, {"rows": 3}, {}, 7]),
        "label": st.sampled_from(["", "A", False, 3]),
    },
)
LEAVES = st.one_of(
    st.builds(lambda name, more: control(name, **more), NAMES, MORE),
    st.builds(lambda text, more: {"type": "Label", "text": text, **more}, st.text(), MORE),
    st.sampled_from([{"type": "Other"}, 5, None, {}]),
)  # fmt: skip
KINDS = ["VerticalLayout", "HorizontalLayout", "Group", "Category", "Categorization"]
LAYOUTS = st.recursive(
    LEAVES,
    lambda inner: st.builds(
        lambda kind, elements, more: box(kind, *elements, **more),
        st.sampled_from(KINDS),
        st.lists(inner, max_size=4),
        MORE,
    ),
    max_leaves=8,
)


@given(LAYOUTS)
def test_a_layout_that_is_saved_unchanged_is_the_same_layout(layout: JSON) -> None:
    found = arrangement_of(layout, FORM)

    if layout and not found.refusal:
        made = layout_with(layout, found.lines, FORM)
        assert json.dumps(made.layout) == json.dumps(layout)


@given(LAYOUTS)
def test_most_layouts_can_be_lines(layout: JSON) -> None:
    """What is refused is no layout: the outermost element has no type that is one."""
    if arrangement_of(layout, FORM).refusal:
        root = layout.get("type") if isinstance(layout, dict) else None
        assert root in ("Categorization", "Category", None) or "elements" in layout


def test_the_layouts_of_real_forms_can_be_lines(real_inputs: Path) -> None:
    for file in (real_inputs / "json_schema_forms").glob("*.ui.json"):
        layout = json.loads(file.read_text())
        if isinstance(layout, dict) and "elements" in layout:
            assert arrangement_of(layout, FORM).refusal == "", file


def test_without_a_layout_the_questions_stand_in_their_order() -> None:
    lines = lines_of(None)

    assert [line["question"].rsplit("/", 1)[1] for line in lines] == list(FORM["properties"])
    assert arranged(None, lines) is None


def test_tabs_sections_rows_and_texts_are_lines() -> None:
    layout = box(
        "Categorization",
        box(
            "Category",
            box("HorizontalLayout", control("amount"), control("size")),
            box("Group", control("sure"), label="Sure", description="Think"),
            {"type": "Label", "text": "Thank you"},
            label="One",
        ),
        box("Category", control("note"), label="Two"),
    )

    lines = lines_of(layout)

    assert [line["what"] for line in lines] == [
        "tab", "question", "question", "section", "question", "end", "text", "tab", "question",
    ]  # fmt: skip
    assert [line["beside"] for line in lines[1:3]] == [False, True]
    assert (lines[3]["label"], lines[3]["text"]) == ("Sure", "Think")


def test_lines_can_be_moved_added_and_taken_out() -> None:
    lines = lines_of(None)
    new = [
        {"what": "tab", "label": "Money"},
        lines[0],
        {**lines[1], "beside": True},
        {"what": "tab", "label": "Rest"},
        {"what": "section", "label": "Sure", "text": ""},
        lines[2],
        {"what": "end"},
        {"what": "text", "text": "Thank you"},
    ]

    assert arranged(None, new) == box(
        "Categorization",
        box("Category", box("HorizontalLayout", control("amount"), control("size")), label="Money"),
        box(
            "Category",
            box("Group", control("sure"), label="Sure"),
            {"type": "Label", "text": "Thank you"},
            label="Rest",
        ),
    )


def test_what_lines_do_not_show_stays_with_its_line() -> None:
    layout = box(
        "VerticalLayout",
        control("amount", options={"widget": "money", "prefix": "€"}),
        box("Group", box("Group", control("note"), label="Inner"), label="Outer"),
        control("sure", label=False),
    )
    lines = lines_of(layout)
    assert lines[2]["note"] == "A section in a section: Note."

    made = arranged(layout, [lines[4], lines[3], lines[1], lines[2], {**lines[0], "label": "€"}])

    assert made["elements"][0] == control("sure", label=False)
    assert made["elements"][1]["elements"][0] == layout["elements"][1]["elements"][0]
    assert made["elements"][1]["elements"][1] == {**layout["elements"][0], "label": "€"}


@pytest.mark.parametrize(
    ("rule", "schema"),
    [
        (("size", "is", "Huge"), {"const": "xl"}),
        (("size", "is_not", "xl"), {"not": {"const": "xl"}}),
        (("size", "one_of", "Small, Huge"), {"enum": ["s", "xl"]}),
        (("size", "none_of", "Small"), {"not": {"enum": ["s"]}}),
        (("sure", "is", "yes"), {"const": True}),
        (("amount", "more", "1000"), {"type": "number", "exclusiveMinimum": 1000}),
        (("amount", "at_most", "0.5"), {"type": "number", "maximum": 0.5}),
        (("tags", "includes", "a"), {"type": "array", "contains": {"const": "a"}}),
        (("note", "filled", ""), {"not": {"type": "null"}}),
        (("note", "empty", ""), {"type": "null"}),
        (("note", "is", "urgent"), {"const": "urgent"}),
    ],
)
def test_a_rule_is_four_words(rule: tuple[str, str, str], schema: JSON) -> None:
    when, test, value = rule
    lines = lines_of(None)
    last = 4 if when == "note" else 5
    lines[last] |= {
        "effect": "SHOW", "when": f"#/properties/{when}", "test": test, "value": value,
    }  # fmt: skip

    layout = arranged(None, lines)

    assert layout["elements"][last]["rule"] == {
        "effect": "SHOW",
        "condition": {"scope": f"#/properties/{when}", "schema": schema},
    }
    again = lines_of(layout)[last]
    assert (again["when"], again["test"]) == (lines[last]["when"], test)


def test_a_rule_holds_for_the_answers_it_says() -> None:
    lines = lines_of(None)
    lines[5] |= {
        "effect": "SHOW", "when": "#/properties/amount", "test": "more", "value": "10",
    }  # fmt: skip
    layout = compiled(FORM, arranged(None, lines))

    assert layout.state({"amount": 11}).hidden == frozenset()
    assert layout.state({"amount": 10}).hidden == {("note",)}
    assert layout.state({}).hidden == {("note",)}


def test_a_condition_of_its_own_is_told_and_kept() -> None:
    rule = {"effect": "SHOW", "condition": {"logic": {">": [{"var": "amount"}, 5]}}}
    layout = box("VerticalLayout", control("amount"), control("note", rule=rule))
    lines = lines_of(layout)
    assert lines[1]["test"] == "own"
    assert lines[1]["note"] == "Ask only when Amount is over 5."

    lines[1]["effect"] = "HIDE"

    assert arranged(layout, lines)["elements"][1]["rule"] == {**rule, "effect": "HIDE"}


@pytest.mark.parametrize(
    ("line", "place", "words"),
    [
        ({"what": "question"}, "/0/question", "choose a question"),
        ({"what": "text"}, "/0/text", "Write the text"),
        ({"what": "tab"}, "/0/label", "needs a name"),
        ({"effect": "SHOW"}, "/0/when", "choose the question"),
        ({"effect": "SHOW", "when": "#/properties/size"}, "/0/test", "compared"),
        (
            {"effect": "SHOW", "when": "#/properties/size", "test": "is", "value": "L"},
            "/0/value",
            "none of its answers: Small, Huge",
        ),
        (
            {"effect": "SHOW", "when": "#/properties/size", "test": "is"},
            "/0/value",
            "which answer",
        ),
        (
            {"effect": "SHOW", "when": "#/properties/amount", "test": "more", "value": "x"},
            "/0/value",
            "not a number",
        ),
    ],
)
def test_what_cannot_be_is_told_at_its_line(line: JSON, place: str, words: str) -> None:
    usual = {"what": "question", "question": "#/properties/note"} if "what" not in line else {}

    (problem,) = layout_with(None, [{**usual, **line}], FORM).problems

    assert problem.path == place
    assert words in problem.message


def test_a_question_can_be_placed_once() -> None:
    twice = {"what": "question", "question": "#/properties/note"}

    (problem,) = layout_with(None, [twice, twice], FORM).problems

    assert problem.path == "/1/question"


def test_a_layout_follows_new_names() -> None:
    layout = box(
        "VerticalLayout",
        control("amount"),
        control(
            "note",
            rule={
                "effect": "SHOW",
                "condition": {
                    "type": "AND",
                    "conditions": [
                        {"scope": "#/properties/amount", "schema": {"const": 1}},
                        {"logic": {"==": [{"var": "amount"}, {"var": ["who.name", "amount"]}]}},
                    ],
                },
            },
        ),
    )

    text = json.dumps(layout_renamed(layout, {"amount": "a/b", "who": "person"}))

    assert "#/properties/a~1b" in text
    assert '{"var": "a/b"}' in text
    assert '["person.name"' in text


@pytest.mark.parametrize(
    ("rule", "renamed"),
    [
        ({"==": [{"var": ["size", "size"]}, "size"]}, {"==": [{"var": ["big", "size"]}, "size"]}),
        ({"==": [{"get": "/who/name"}, 1]}, {"==": [{"get": "/person/name"}, 1]}),
        ({"missing_some": [1, ["size"]]}, {"missing_some": [1, ["big"]]}),
        (
            {"some": [{"var": "tags"}, {"var": "size"}]},
            {"some": [{"var": "marks"}, {"var": "size"}]},
        ),
    ],
)
def test_only_what_a_rule_reads_of_the_form_gets_its_new_name(
    rule: dict[str, Any], renamed: dict[str, Any]
) -> None:
    layout = control("note", rule={"effect": "SHOW", "condition": {"logic": rule}})

    made = layout_renamed(layout, {"size": "big", "who": "person", "tags": "marks"})

    assert made["rule"]["condition"]["logic"] == renamed


def test_what_is_gone_leaves_the_layout() -> None:
    layout = box(
        "VerticalLayout",
        box("HorizontalLayout", control("amount"), control("size")),
        box("Group", control("note"), label="Notes"),
    )

    assert layout_without(layout, ["amount", "note"]) == box("VerticalLayout", control("size"))
    assert layout_without(layout, ["amount", "note", "size"]) is None


def test_what_is_new_is_asked_at_the_end() -> None:
    layout = box("Categorization", box("Category", control("amount"), label="One"))

    assert layout_with_new(layout, ["size"]) == box(
        "Categorization", box("Category", control("amount"), control("size"), label="One")
    )
    assert layout_with_new(None, ["size"]) is None


def test_rules_that_read_a_question_are_named() -> None:
    rule = {
        "effect": "HIDE",
        "condition": {"scope": "#/properties/sure", "schema": {"const": True}},
    }
    layout = box("VerticalLayout", control("note", rule=rule))

    assert rules_on(layout, "sure", asked_at(FORM)) == ["“Note”: Leave out when “Sure?” is Yes"]
    assert rules_on(layout, "note", asked_at(FORM)) == []
