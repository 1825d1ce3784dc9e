"""Fields of a workflow, in any spelling, and the form they make."""

from typing import Any

import pytest

from definitions.schemas import (
    Problem,
    UnusableSchema,
    normalise_field,
    normalise_fields,
    problems,
    schema_from_fields,
    schema_problems,
)
from definitions.schemas.fields import TYPES


def test_the_seeds_spelling_becomes_ours() -> None:
    seed = {"FieldName": "amount", "FieldType": "Number", "Label": "Amount", "Desc": "In euros"}

    assert normalise_field(seed) == {
        "name": "amount",
        "type": "number",
        "title": "Amount",
        "description": "In euros",
    }


def test_a_field_in_our_spelling_stays_as_it_is() -> None:
    field = {
        "name": "size",
        "type": "choice",
        "title": "Size",
        "required": True,
        "choices": ["S", {"value": "L", "title": "Large"}],
        "x-note": 1,
    }

    assert normalise_field(field) == field


@pytest.mark.parametrize(
    ("given", "kind"),
    [("VARCHAR", "string"), ("Date-Time", "datetime"), ("Yes no", "boolean"), ("drop down", None)],
)
def test_types_are_known_by_other_names_too(given: str, kind: str | None) -> None:
    field = normalise_field({"name": "a", "type": given})

    assert (field["type"] if isinstance(field, dict) else None) == kind


@pytest.mark.parametrize(
    ("field", "path", "word"),
    [
        (3, "", "a group"),
        ({"type": "string"}, "/name", "needs a name"),
        ({"name": "a.b"}, "/name", "no point"),
        ({"name": "a", "type": "strng"}, "/type", "“string”"),
        ({"name": "a", "typ": "string"}, "/typ", "“type”"),
        ({"name": "a", "type": "choice"}, "/choices", "needs its choices"),
        ({"name": "a", "choices": []}, "/choices", "At least one"),
        ({"name": "a", "choices": ["x", "x"]}, "/choices/1", "twice"),
        ({"name": "a", "choices": [[]]}, "/choices/0", "a text or a number"),
        ({"name": "a", "required": "maybe"}, "/required", "true or false"),
        ({"name": "a", "title": 3}, "/title", "is a text"),
        ({"name": "a", "Label": "x", "title": "y"}, "/title", "twice"),
        ({"name": "a", "fields": []}, "/fields", "a group or a list"),
        ({"name": "a", "type": "object", "fields": [{"type": "x"}]}, "/fields/0/name", "name"),
        ({"name": "a", "description": "\0"}, "/description", "cannot be stored"),
    ],
)
def test_a_wrong_field_says_where_and_what(field: Any, path: str, word: str) -> None:
    problem = normalise_field(field)

    assert isinstance(problem, Problem)
    assert problem.path == path
    assert word in problem.message


def test_a_list_tells_all_that_is_wrong() -> None:
    fields, found = normalise_fields([{"name": "a"}, {"name": "a"}, 3, {"name": "b", "type": "q"}])

    assert [problem.path for problem in found] == ["/1/name", "/2", "/3/type"]
    assert [field["name"] for field in fields] == ["a", "a"]


def test_every_type_makes_a_usable_schema() -> None:
    fields = [
        {"name": kind, "type": kind, "required": True, "choices": ["a"]}
        if "choice" in kind
        else {"name": kind, "type": kind}
        for kind in TYPES
    ]

    schema = schema_from_fields(fields)

    assert schema_problems(schema) == []
    assert list(schema["properties"]) == list(TYPES)
    assert schema["additionalProperties"] is False


@pytest.mark.parametrize(
    ("field", "right", "wrong"),
    [
        ({"type": "string", "required": True}, "a", ""),
        ({"type": "text", "maxLength": 3}, "abc", "abcd"),
        ({"type": "number", "minimum": 1}, 1.5, 0),
        ({"type": "integer"}, 3, 3.5),
        ({"type": "boolean"}, False, "no"),
        ({"type": "date"}, "2026-11-30", "30.11.2026"),
        ({"type": "datetime"}, "2026-11-30T10:00:00Z", "2026-11-30"),
        ({"type": "email"}, "ana@example.com", "ana"),
        ({"type": "url"}, "https://example.com", "example"),
        ({"type": "choice", "choices": [1, 2]}, 2, "2"),
        ({"type": "multichoice", "choices": ["a"], "required": True}, ["a"], []),
        ({"type": "file"}, "8f14e45f-ceea-467a-9575-2f3c1f0a1b2c", "a.pdf"),
        ({"type": "object", "fields": [{"name": "b", "required": True}]}, {"b": "x"}, {}),
        ({"type": "array", "fields": [{"name": "b", "type": "int"}]}, [{"b": 1}], [{"b": "x"}]),
    ],
)
def test_the_schema_accepts_what_the_field_means(
    field: dict[str, Any], right: Any, wrong: Any
) -> None:
    schema = schema_from_fields([{"name": "a", **field}])

    assert problems(schema, {"a": right}) == []
    assert problems(schema, {"a": wrong}) != []


def test_wrong_fields_make_no_schema() -> None:
    with pytest.raises(UnusableSchema) as raised:
        schema_from_fields([{"name": "a", "type": "wat"}])

    assert raised.value.problems[0].path == "/0/type"
