"""What a schema asks for, as a form sees it."""

from typing import Any

import pytest

from definitions.schemas.shape import Kind, Shape, humanised, shape_of


@pytest.mark.parametrize(
    ("schema", "kind"),
    [
        ({"type": "string"}, Kind.STRING),
        ({}, Kind.STRING),
        ({"minLength": 1}, Kind.STRING),
        ({"maximum": 3}, Kind.NUMBER),
        ({"type": ["integer", "null"]}, Kind.INTEGER),
        ({"anyOf": [{"type": "number"}, {"type": "null"}]}, Kind.NUMBER),
        ({"type": "boolean"}, Kind.BOOLEAN),
        ({"const": True}, Kind.AGREE),
        ({"type": "boolean", "enum": [True]}, Kind.AGREE),
        ({"const": "v1"}, Kind.CONSTANT),
        ({"enum": ["v1"]}, Kind.CHOICE),
        ({"oneOf": [{"const": 1}, {"const": 2}]}, Kind.CHOICE),
        ({"enum": [{"a": 1}, 2]}, Kind.OTHER),
        ({"type": "array", "items": {"enum": ["a"]}}, Kind.CHOICES),
        ({"type": "array", "items": {"type": "object", "properties": {"a": {}}}}, Kind.LIST),
        ({"type": "array"}, Kind.LIST),
        ({"type": "array", "prefixItems": [{}]}, Kind.OTHER),
        ({"properties": {"a": {}}}, Kind.OBJECT),
        ({"type": "object"}, Kind.MAP),
        ({"type": "object", "required": ["a"]}, Kind.OBJECT),
        ({"type": ["object", "string"]}, Kind.OTHER),
        ({"type": ["string", "number"]}, Kind.STRING),
        ({"type": ["boolean", "number"]}, Kind.OTHER),
        ({"type": "null"}, Kind.NULL),
        (False, Kind.NEVER),
    ],
)
def test_the_kind_of_a_question(schema: Any, kind: Kind) -> None:
    assert shape_of(schema).kind is kind


def test_references_and_all_of_are_followed_and_the_outer_words_win() -> None:
    shape = shape_of(
        {
            "properties": {
                "who": {
                    "title": "Who asks",
                    "allOf": [{"$ref": "#/$defs/person"}, {"minLength": 2}],
                }
            },
            "$defs": {"person": {"type": "string", "title": "Person", "maxLength": 9}},
        }
    )

    who = shape.properties["who"]

    assert (who.title, who.kind) == ("Who asks", Kind.STRING)
    assert (who.get("maxLength"), who.get("minLength")) == (9, 2)


def test_choices_have_their_titles() -> None:
    schema = {"oneOf": [{"const": 4100, "title": "Workshop"}, {"const": True}, {"const": None}]}

    choices = shape_of(schema).choices

    assert choices is not None
    assert [choice.title for choice in choices] == ["Workshop", "Yes", "None"]


def test_a_required_property_that_nothing_describes_is_asked_for_all_the_same() -> None:
    assert shape_of({"required": ["name"]}).properties["name"].kind is Kind.STRING


@pytest.mark.parametrize(
    ("schema", "allows"),
    [
        ({}, False),
        ({"type": "string"}, False),
        ({"type": ["string", "null"]}, True),
        ({"anyOf": [{"type": "string"}, {"type": "null"}]}, True),
        ({"enum": ["a", None]}, True),
        ({"allOf": [{"type": ["string", "null"]}, {"type": "string"}]}, False),
    ],
)
def test_nothing_is_an_answer_only_where_the_schema_says_so(schema: Any, allows: bool) -> None:
    assert shape_of(schema).allows_null is allows


def test_properties_of_branches_come_with_their_occasion() -> None:
    shape = shape_of(
        {
            "properties": {"country": {}},
            "if": {"properties": {"country": {"const": "US"}}},
            "then": {"properties": {"state": {"type": "string"}}},
            "dependentSchemas": {"country": {"properties": {"city": {}}}},
        }
    )

    [(state,)] = shape.extras["state"][1]
    [(city,)] = shape.extras["city"][1]

    assert (state.place, state.accepted) == (("if",), True)
    assert (city.place, city.name) == (None, "country")


def test_a_property_that_tells_branches_apart_is_one_choice() -> None:
    def branch(name: str, extra: str) -> dict[str, Any]:
        return {"properties": {"pay": {"const": name}, extra: {"type": "string"}}}

    shape: Shape = shape_of({"oneOf": [branch("card", "number"), branch("bank", "iban")]})

    pay, occasions = shape.extras["pay"]

    assert [choice.value for choice in pay.choices or ()] == ["card", "bank"]
    assert () in occasions
    assert shape.extras["iban"][1][0][0].name == "pay"


@pytest.mark.parametrize(
    ("name", "label"),
    [
        ("first_name", "First name"),
        ("firstName", "First name"),
        ("collaborator-github", "Collaborator github"),
        ("VAT_ID", "VAT ID"),
        ("größe", "Größe"),
        ("", "Answer"),
        ("__", "__"),
    ],
)
def test_a_name_becomes_a_label(name: str, label: str) -> None:
    assert humanised(name) == label
