"""Forms as lists of questions: exact round trips, and changes that touch nothing else."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from definitions.questions import MEANINGS, NESTED, Kind, questions_of, schema_with
from definitions.schemas import problems, schema_problems

FORM: dict[str, Any] = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "type": "object",
    "properties": {
        "item": {"type": "string", "title": "What do you need", "minLength": 1},
        "amount": {"type": "number", "multipleOf": 0.01, "minimum": 0},
        "size": {"type": "string", "enum": ["S", "M", "XL"], "x-enum-titles": ["S", "M", "Huge"]},
        "home": {"$ref": "#/$defs/address"},
        "lines": {
            "type": "array",
            "items": {"type": "object", "properties": {"what": {"type": "string"}}},
        },
    },
    "required": ["item", "size"],
    "if": {"properties": {"size": {"const": "XL"}}, "required": ["size"]},
    "then": {"required": ["amount"]},
    "$defs": {"address": {"type": "object", "properties": {"city": {"type": "string"}}}},
}


def rows(schema: Any) -> list[dict[str, Any]]:
    return [dict(row) for row in questions_of(schema).rows]


def made(schema: Any, changed: list[dict[str, Any]]) -> Any:
    written = schema_with(schema, changed)
    assert written.problems == []
    return written.schema


def same(one: Any, other: Any) -> bool:
    """Equal as text, so that the order of questions counts, and 1 is not true."""
    return json.dumps(one) == json.dumps(other)


# What is drawn for the property: schemas as people write them, and as nobody would

NAMES = st.sampled_from(["a", "b", "first name", "größe", "x.y", "§"])
SCALARS = st.one_of(st.none(), st.booleans(), st.integers(-5, 5), st.text(max_size=4))
KEYWORDS = st.dictionaries(
    st.sampled_from(
        [
            "type", "format", "enum", "const", "title", "description", "default", "examples",
            "minimum", "maximum", "minLength", "maxLength", "minItems", "maxItems", "x-widget",
            "pattern", "multipleOf", "uniqueItems", "x-enum-titles", "x-requester-sees", "oneOf",
            "anyOf", "allOf", "$ref", "readOnly", "items", "properties", "required", "if",
        ]
    ),
    st.one_of(
        SCALARS,
        st.sampled_from(["string", "number", "integer", "boolean", "array", "object", "date"]),
        st.lists(st.one_of(SCALARS, st.sampled_from(["a = b", " x", "x\ny", "a", "b"]))),
        st.lists(st.fixed_dictionaries({"const": SCALARS}, optional={"title": SCALARS})),
        st.just([{"contains": {"const": "a"}}]),
        st.dictionaries(NAMES, st.just({"type": "string"})),
    ),
    max_size=6,
)  # fmt: skip
PROPERTY = st.recursive(
    st.one_of(KEYWORDS, st.booleans()),
    lambda inner: st.one_of(
        st.fixed_dictionaries(
            {"type": st.just("object"), "properties": st.dictionaries(NAMES, inner, max_size=3)},
            optional={"required": st.lists(NAMES, max_size=2), "title": st.text(max_size=3)},
        ),
        st.fixed_dictionaries({"type": st.just("array"), "items": inner}),
    ),
    max_leaves=6,
)
SCHEMAS = st.one_of(
    SCALARS,
    KEYWORDS,
    st.fixed_dictionaries(
        {"properties": st.dictionaries(NAMES, PROPERTY, max_size=4)},
        optional={
            "type": st.just("object"),
            "required": st.lists(NAMES, max_size=3),
            "additionalProperties": st.booleans(),
            "if": KEYWORDS,
            "allOf": st.lists(KEYWORDS, max_size=2),
        },
    ),
)


@given(SCHEMAS)
def test_a_form_that_is_saved_unchanged_is_the_same_form(schema: Any) -> None:
    found = questions_of(schema)
    if found.refusal:
        return

    written = schema_with(schema, list(found.rows))

    assert same(written.schema, schema)
    assert written.renamed == {}
    assert written.removed == ()


@given(SCHEMAS, st.text(max_size=8))
def test_a_new_label_changes_the_label_and_nothing_else(schema: Any, label: str) -> None:
    found = [dict(row) for row in questions_of(schema).rows]
    if not found or not isinstance(schema["properties"][found[0]["name"]], dict):
        return
    name = found[0]["name"]
    found[0]["label"] = label

    after = schema_with(schema, found).schema

    told = {key: value for key, value in after["properties"][name].items() if key != "title"}
    before = {key: value for key, value in schema["properties"][name].items() if key != "title"}
    assert same(told, before)
    assert list(after["properties"]) == list(schema["properties"])


def test_real_forms_come_back_as_they_were(real_inputs: Path) -> None:
    count = 0
    for folder in ("issue_forms", "json_schema_forms"):
        for name, cases in json.loads((real_inputs / folder / "cases.json").read_text()).items():
            schema = cases.get("reference_schema")
            schema = schema or json.loads((real_inputs / folder / name).read_text())

            found = questions_of(schema)

            assert not found.refusal, name
            assert same(schema_with(schema, list(found.rows)).schema, schema), name
            count += len(found.rows)
    assert count > 100


@pytest.mark.parametrize("kind", [kind for kind in Kind if kind is not Kind.KEPT])
def test_every_kind_makes_a_question_that_is_read_as_that_kind(kind: Kind) -> None:
    row = {
        "label": "What?", "kind": kind.value, "required": True, "help": "Tell us",
        "choices": "red\nxl = Extra large" if kind in (Kind.CHOICE, Kind.CHOICES) else "",
        "inside": [{"label": "Inside", "kind": "short_text"}] if kind in NESTED else [],
    }  # fmt: skip

    schema = made(None, [row])

    assert schema_problems(schema) == []
    (again,) = rows(schema)
    assert again["kind"] == kind.value
    assert (again["label"], again["help"], again["required"]) == ("What?", "Tell us", True)
    assert again["name"] == "what"
    assert again["note"] == ""
    assert MEANINGS[kind].words


def test_a_name_is_made_from_the_label_and_is_free() -> None:
    schema = made(None, [{"label": "Unit price"}, {"label": "Unit price"}, {"label": "?"}])

    assert list(schema["properties"]) == ["unit_price", "unit_price_2", "question_3"]


def test_what_the_list_does_not_show_stays() -> None:
    changed = rows(FORM)
    changed[1]["label"] = "Price"

    after = made(FORM, changed)

    assert after["properties"]["amount"] == {
        "type": "number", "multipleOf": 0.01, "minimum": 0, "title": "Price",
    }  # fmt: skip
    assert after["if"] == FORM["if"]
    assert after["$defs"] == FORM["$defs"]
    assert questions_of(FORM).kept == (
        "questions or conditions that depend on answers",
        "parts that are used in several places",
    )
    assert rows(FORM)[1]["note"] == "Also kept: steps of 0.01."


def test_a_question_described_elsewhere_can_be_called_otherwise_but_not_made_another() -> None:
    changed = rows(FORM)
    assert changed[3]["kind"] == "kept"
    assert changed[3]["note"].startswith("A group of questions, described in a part")
    changed[3]["label"], changed[3]["required"] = "Where to", True

    after = made(FORM, changed)

    assert after["properties"]["home"] == {"$ref": "#/$defs/address", "title": "Where to"}
    assert after["required"] == ["item", "size", "home"]


def test_another_name_is_followed_by_the_forms_own_conditions() -> None:
    changed = rows(FORM)
    changed[1]["name"], changed[2]["name"] = "price", "cut"

    written = schema_with(FORM, changed)

    assert written.renamed == {"amount": "price", "size": "cut"}
    assert list(written.schema["properties"]) == ["item", "price", "cut", "home", "lines"]
    assert written.schema["required"] == ["item", "cut"]
    assert written.schema["if"] == {
        "properties": {"cut": {"const": "XL"}}, "required": ["cut"],
    }  # fmt: skip
    assert written.schema["then"] == {"required": ["price"]}


def test_what_was_taken_out_is_named() -> None:
    written = schema_with(FORM, rows(FORM)[1:])

    assert written.removed == ("item",)
    assert written.schema["required"] == ["size"]


def test_questions_stand_in_the_order_of_the_list() -> None:
    after = made(FORM, rows(FORM)[::-1])

    assert list(after["properties"]) == ["lines", "home", "size", "amount", "item"]
    assert after["required"] == ["item", "size"]


def test_another_kind_keeps_the_words_and_drops_what_only_the_old_kind_meant() -> None:
    changed = rows(FORM)
    changed[0] |= {"kind": "date", "least": 1}

    after = made(FORM, changed)

    assert after["properties"]["item"] == {
        "title": "What do you need", "type": "string", "format": "date",
    }  # fmt: skip


def test_choices_are_lines_of_what_is_stored_and_what_is_read() -> None:
    changed = rows(FORM)
    assert changed[2]["choices"] == "S\nM\nXL = Huge"
    changed[2]["choices"] += "\nXXL"

    after = made(FORM, changed)["properties"]["size"]

    assert after == {
        "type": "string",
        "oneOf": [
            {"const": "S"}, {"const": "M"}, {"const": "XL", "title": "Huge"}, {"const": "XXL"},
        ],
    }  # fmt: skip


def test_numbers_that_can_be_chosen_stay_numbers() -> None:
    schema = {"properties": {"floor": {"type": "integer", "enum": [0, 1, 2]}}}
    changed = rows(schema)
    changed[0]["choices"] += "\n3"

    assert made(schema, changed)["properties"]["floor"] == {
        "type": "integer", "enum": [0, 1, 2, 3],
    }  # fmt: skip


def test_boxes_that_must_be_ticked_are_lines() -> None:
    schema = made(
        None,
        [{"label": "Done", "kind": "choices", "choices": "Read\nUnderstood", "must": "Read"}],
    )

    assert problems(schema, {"done": ["Understood"]})
    assert problems(schema, {"done": ["Read"]}) == []
    assert rows(schema)[0]["must"] == "Read"


@pytest.mark.parametrize(
    ("row", "place", "words"),
    [
        ({"label": "A", "kind": "choice"}, "/0/choices", "at least one choice"),
        ({"label": "A", "kind": "choice", "choices": "x\nx"}, "/0/choices", "twice"),
        ({"label": "A", "name": "a.b"}, "/0/name", "no point"),
        ({"label": "A", "kind": "number", "prefilled": "many"}, "/0/prefilled", "not a number"),
        ({"label": "A", "kind": "yes_no", "prefilled": "maybe"}, "/0/prefilled", "yes or no"),
        ({"label": "A", "kind": "number", "least": 5, "most": 2}, "/0/most", "less than"),
        ({"label": "A", "kind": "short_text", "least": 1.5}, "/0/least", "whole number"),
        ({"label": "A", "kind": "group"}, "/0/inside", "at least one question"),
        ({"label": "A", "kind": "poem"}, "/0/kind", "choose a kind"),
        ({"label": "A", "kind": "kept"}, "/0/kind", "came with the form"),
        (
            {"label": "A", "kind": "group", "inside": [{"label": "B", "kind": "choice"}]},
            "/0/inside/0/choices",
            "at least one choice",
        ),
    ],
)
def test_what_cannot_be_is_told_at_its_question(row: Any, place: str, words: str) -> None:
    (problem,) = schema_with(None, [row]).problems

    assert problem.path == place
    assert words in problem.message


@pytest.mark.parametrize(
    ("schema", "words"),
    [
        ({"type": "array"}, "single answer"),
        (True, "not a group of keywords"),
        ({"$ref": "#/$defs/a", "$defs": {"a": {}}}, "somewhere else"),
        ({"properties": []}, "no group"),
    ],
)
def test_what_no_list_of_questions_can_be_says_why(schema: Any, words: str) -> None:
    assert words in questions_of(schema).refusal


def test_kinds_of_files_and_how_many_are_parts_of_a_question() -> None:
    schema = made(
        None, [{"label": "Photos", "kind": "files", "accepts": "image/*, .pdf", "most": 3}]
    )

    assert schema["properties"]["photos"] == {
        "type": "array",
        "uniqueItems": True,
        "items": {"type": "string", "format": "uuid", "x-widget": "file"},
        "title": "Photos",
        "x-accept": "image/*, .pdf",
        "maxItems": 3,
    }
    kept = {
        "type": "string",
        "x-widget": "file",
        "x-accept": [".pdf", ".png"],
        "x-max-megabytes": 2,
    }
    (row,) = rows({"properties": {"scan": kept}})
    assert (row["kind"], row["accepts"]) == ("file", ".pdf, .png")
    assert row["note"] == "Also kept: how large a file may be."


def test_a_name_that_many_questions_would_make_gets_numbers() -> None:
    """In one pass: counted again for each, ten thousand of them would take minutes."""
    taken = {"label": "Mine", "name": "size_3"}

    names = list(made(None, [{"label": "Size"}] * 3 + [taken])["properties"])
    many = made(None, [{"label": "Size"}] * 10_000)["properties"]

    assert names == ["size", "size_2", "size_4", "size_3"]
    assert list(many)[-1] == "size_10000"


def test_a_long_list_of_choices_is_read_in_one_pass() -> None:
    choices = [f"{number}" for number in range(10_000)]
    text = "\n".join(choices)
    row = {"label": "Place", "kind": "choices", "choices": text, "must": text, "prefilled": text}

    place = made(None, [row])["properties"]["place"]

    assert place["items"]["enum"] == place["default"] == choices
    assert [one["contains"]["const"] for one in place["allOf"]] == choices
