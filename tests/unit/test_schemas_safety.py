"""Which schemas may be used at all."""

from typing import Any

import pytest

from definitions.schemas import schema_problems


@pytest.mark.parametrize(
    ("schema", "path", "word"),
    [
        ({"properties": {"a": {"type": "strng"}}}, "/properties/a/type", "not a type"),
        ({"type": ["string", "nul"]}, "/type", "“nul”"),
        ({"type": [{}]}, "/type", "not a type"),
        ({"properties": {"a": {"minLength": -1}}}, "/properties/a/minLength", "0 or more"),
        ({"properties": {"a": 3}}, "/properties/a", "A schema must be here"),
        ({"items": [{"type": "string"}]}, "/items", "A schema must be here"),
        ({"required": "a"}, "/required", "array"),
        ({"$schema": "http://json-schema.org/draft-07/schema#"}, "/$schema", "understood"),
        ({"$ref": "http://example.com/schema"}, "/$ref", "inside this schema"),
        ({"$ref": "file:///etc/passwd"}, "/$ref", "inside this schema"),
        ({"items": {"$ref": "other.json"}}, "/items/$ref", "inside this schema"),
        ({"$ref": "#name", "$defs": {"a": {"$anchor": "name"}}}, "/$ref", "inside this schema"),
        ({"$ref": "#/$defs/a"}, "/$ref", "nothing at"),
        ({"$ref": "#/x", "x": [1]}, "/$ref", "no schema at"),
        ({"$ref": "#/x", "x": {"$ref": "http://y"}}, "/x/$ref", "inside this schema"),
        ({"$dynamicRef": "#a"}, "/$dynamicRef", "$ref"),
        ({"properties": {"a": {"$id": "http://other"}}}, "/properties/a/$id", "at the top"),
        ({"pattern": "(?=a)"}, "/pattern", "looks"),
        ({"pattern": "(a)\\1"}, "/pattern", "looks"),
        ({"pattern": "(?<!a)b"}, "/pattern", "looks"),
        ({"pattern": "["}, "/pattern", "wrong"),
        ({"pattern": "((a{100}){100}){100}"}, "/pattern", "too large"),
        ({"patternProperties": {"(?!a)": {}}}, "/patternProperties/(?!a)", "looks"),
        ({"enum": ["a\0"]}, "/enum/0", "cannot be stored"),
        (3, "", "group of keywords"),
        (None, "", "group of keywords"),
        ([], "", "group of keywords"),
    ],
)
def test_a_schema_that_cannot_be_used_is_named_by_place(schema: Any, path: str, word: str) -> None:
    found = {problem.path: problem.message for problem in schema_problems(schema)}

    assert word in found[path]


@pytest.mark.parametrize(
    "schema",
    [
        {"$ref": "#"},
        {"$defs": {"a": {"$ref": "#/$defs/b"}, "b": {"$ref": "#/$defs/a"}}},
        {"properties": {"children": {"items": {"$ref": "#"}}}},
    ],
)
def test_a_schema_that_refers_to_itself_is_refused(schema: Any) -> None:
    assert "refers to itself" in schema_problems(schema)[0].message


def doubling(times: int) -> dict[str, Any]:
    """A few hundred bytes that unfold to 2^times checks."""
    defs: dict[str, Any] = {
        f"a{n}": {"allOf": [{"$ref": f"#/$defs/a{n + 1}"}] * 2} for n in range(times)
    }
    return {"$defs": {**defs, f"a{times}": {}}, "$ref": "#/$defs/a0"}


@pytest.mark.parametrize("times", [15, 19, 29, 200])
def test_a_schema_that_unfolds_to_millions_is_refused_at_once(times: int) -> None:
    assert schema_problems(doubling(times)) != []


def test_a_little_repetition_is_fine() -> None:
    assert schema_problems(doubling(5)) == []


def test_thousands_of_questions_are_refused() -> None:
    [problem] = schema_problems({"properties": {f"p{n}": {} for n in range(3000)}})

    assert "3,000" in problem.message


def test_absurd_depth_is_refused() -> None:
    deep: dict[str, Any] = {}
    for _ in range(10_000):
        deep = {"not": deep}

    assert schema_problems(deep)[0].message == "Nested deeper than 40 levels."


def test_data_that_look_like_a_reference_are_data() -> None:
    assert schema_problems({"const": {"$ref": "http://x"}, "enum": [{"pattern": "(?=a)"}]}) == []


def test_everything_wrong_is_told_at_once() -> None:
    schema = {"properties": {"a": {"type": "x"}, "b": {"$ref": "http://x"}, "c": {"pattern": "["}}}

    assert {problem.path for problem in schema_problems(schema)} == {
        "/properties/a/type",
        "/properties/b/$ref",
        "/properties/c/pattern",
    }


@pytest.mark.parametrize(
    "schema",
    [
        True,
        False,
        {},
        {"$id": "urn:example:form", "$defs": {"a/b": {}}, "$ref": "#/$defs/a~1b"},
        {"$ref": "#/$defs/first%20name", "$defs": {"first name": {"type": "string"}}},
        {"x-widget": "textarea", "properties": {"a": {"format": "phone"}}},
    ],
)
def test_good_schemas_are_good(schema: Any) -> None:
    assert schema_problems(schema) == []
