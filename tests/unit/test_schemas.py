"""Whether an answer is right, and the words for what is not."""

import threading
from typing import Any

import pytest

from definitions.schemas import Problem, UnusableSchema, check_storable, problems
from definitions.schemas.storable import Limits

PURCHASE = {
    "type": "object",
    "required": ["item", "amount"],
    "properties": {
        "item": {"type": "string", "minLength": 1, "maxLength": 20},
        "amount": {"type": "number", "minimum": 0, "multipleOf": 0.01},
        "needed": {"type": "string", "format": "date"},
        "colour": {"enum": ["red", "green"]},
        "agreed": {"const": True},
        "tags": {"type": "array", "items": {"type": "string"}, "uniqueItems": True, "minItems": 1},
    },
    "additionalProperties": False,
}
SAW = {"item": "Saw", "amount": 649.1}


def at(path: str, found: list[Problem]) -> str:
    [message] = [problem.message for problem in found if problem.path == path]
    return message


def test_a_right_answer_has_no_problems() -> None:
    assert problems(PURCHASE, {**SAW, "needed": "2026-11-30", "tags": ["a"]}) == []


@pytest.mark.parametrize(
    ("answer", "path", "message"),
    [
        ({"amount": 1}, "/item", "Please fill this in."),
        ({**SAW, "item": ""}, "/item", "Please fill this in."),
        ({**SAW, "item": None}, "/item", "Please fill this in."),
        ({**SAW, "item": "x" * 21}, "/item", "At most 20 characters; this has 21."),
        ({**SAW, "item": 5}, "/item", "This must be text."),
        ({**SAW, "amount": "a"}, "/amount", "Please give a number, like 12.50."),
        ({**SAW, "amount": -1}, "/amount", "This must be 0 or more."),
        ({**SAW, "amount": 0.001}, "/amount", "At most 2 digits after the point."),
        (
            {**SAW, "needed": "2026-02-30"},
            "/needed",
            "Please give a day that exists, like 2026-11-30.",
        ),
        ({**SAW, "colour": "blue"}, "/colour", "Please choose one of these: “red”, “green”."),
        ({**SAW, "agreed": False}, "/agreed", "Please tick this to go on."),
        ({**SAW, "tags": []}, "/tags", "At least one entry."),
        ({**SAW, "tags": ["a", "a"]}, "/tags", "The same entry is there twice."),
        ({**SAW, "tags": ["a", 1]}, "/tags/1", "This must be text."),
        ({**SAW, "odd": 1}, "", "Nobody asked for “odd” here."),
        ([], "", "This must be a group of answers."),
    ],
)
def test_a_wrong_answer_is_named_by_place_and_in_plain_words(
    answer: Any, path: str, message: str
) -> None:
    assert at(path, problems(PURCHASE, answer)) == message


def test_money_is_no_victim_of_binary_fractions() -> None:
    for cents in range(1, 3000):
        assert problems({"multipleOf": 0.01}, cents / 100) == []


def test_what_a_condition_requires_is_named_at_its_own_place() -> None:
    schema = {
        "properties": {"country": {"type": "string"}},
        "if": {"properties": {"country": {"const": "US"}}, "required": ["country"]},
        "then": {"required": ["state"]},
        "dependentRequired": {"card": ["address"]},
    }

    assert at("/state", problems(schema, {"country": "US"})) == "Please fill this in."
    assert at("/address", problems(schema, {"card": "1"})) == "Please fill this in."
    assert problems(schema, {"country": "DE"}) == []


def test_of_several_possibilities_the_one_meant_is_explained() -> None:
    maybe = {"anyOf": [{"type": "string", "minLength": 3}, {"type": "null"}]}
    number = {"type": "number"}
    shape = {
        "oneOf": [
            {"properties": {"is": {"const": "box"}, "edge": number}, "required": ["is"]},
            {"properties": {"is": {"const": "ball"}, "size": number}, "required": ["is"]},
        ]
    }

    assert at("", problems(maybe, "ab")) == "At least 3 characters; this has 2."
    assert at("/size", problems(shape, {"is": "ball", "size": "x"})).startswith("Please give a num")


def test_titled_choices_are_a_list_of_answers() -> None:
    schema = {"oneOf": [{"const": 1, "title": "One"}, {"const": 2, "title": "Two"}]}

    [problem] = problems(schema, 3)

    assert (problem.keyword, problem.message) == ("enum", "Please choose one of these: 1, 2.")


def test_a_box_that_must_be_ticked_is_called_by_its_text() -> None:
    schema = {"properties": {"terms": {"contains": {"const": "I agree"}}}}

    assert at("/terms", problems(schema, {"terms": []})) == "“I agree” must be chosen."


def test_a_pattern_is_explained_by_its_example() -> None:
    schema = {"type": "string", "pattern": "^[A-Z]{2}-[0-9]+$", "examples": ["AB-12"]}

    assert at("", problems(schema, "x")).endswith("For example: AB-12")


def test_a_pattern_that_others_choke_on_costs_nothing() -> None:
    assert problems({"type": "string", "pattern": "^(a+)+$"}, "a" * 5000 + "b") != []


@pytest.mark.parametrize(
    ("value", "path"),
    [
        ({"a": "\0"}, "/a"),
        ({"a": ["\ud800"]}, "/a/0"),
        ({"a\0": 1}, ""),
        ({"a": float("nan")}, "/a"),
        ({"a": float("inf")}, "/a"),
        ({"a": 10**150}, "/a"),
        ({"a": -(10**150)}, "/a"),
        ({"a": object()}, "/a"),
        ({1: "a"}, ""),
        ({"a": "x" * 70_000}, "/a"),
        ({"a": ["x" * 60_000] * 20}, ""),
        ([[]] * 30_000, ""),
    ],
)
def test_what_the_database_cannot_keep_is_refused_with_its_place(value: Any, path: str) -> None:
    assert path in [problem.path for problem in check_storable(value)]
    assert path in [problem.path for problem in problems({}, value)]


def test_depth_is_refused_without_recursion() -> None:
    deep: list[Any] = []
    for _ in range(100_000):
        deep = [deep]

    [problem] = check_storable(deep)

    assert problem.message == "Nested deeper than 40 levels."


def test_a_value_that_holds_itself_is_refused() -> None:
    ring: dict[str, Any] = {}
    ring["ring"] = ring

    assert check_storable(ring) != []


def test_limits_can_be_others() -> None:
    assert check_storable(["ab"], Limits(text=1)) != []


@pytest.mark.parametrize(
    "schema", [{"type": "strng"}, {"$ref": "http://x"}, 3, {"a": float("nan")}]
)
def test_an_unusable_schema_is_an_error_that_says_why(schema: Any) -> None:
    with pytest.raises(UnusableSchema) as raised:
        problems(schema, {})

    assert raised.value.problems
    assert raised.value.problems[0].message in str(raised.value)


def test_work_is_bounded_by_the_size_of_schema_and_answer_together() -> None:
    schema = {"items": {"allOf": [{"minLength": n} for n in range(5000)]}}

    [problem] = problems(schema, ["x" * 60] * 19_000)

    assert problem.keyword == "storable"


def test_many_threads_may_check_at_once() -> None:
    wrong: list[Any] = []

    def check(number: int) -> None:
        schema = {"type": "object", "properties": {f"p{number % 7}": {"type": "string"}}}
        for _ in range(200):
            if problems(schema, {f"p{number % 7}": "x"}) or not problems(schema, 1):
                wrong.append(number)

    threads = [threading.Thread(target=check, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert wrong == []
