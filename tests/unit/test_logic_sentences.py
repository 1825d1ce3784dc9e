"""Rules as people read them."""

from typing import Any

import pytest

from definitions.logic import OPERATOR_NAMES, Part, describe, describe_parts


def var(path: str, *default: Any) -> Any:
    return {"var": [path, *default] if default else path}


PRICE = var("ticket.price_for_all")
APPROVED = var("approve.approved")
ITEMS = var("ticket.items")


@pytest.mark.parametrize(
    ("rule", "sentence"),
    [
        ({"and": [{">": [PRICE, 5000]}, {"==": [APPROVED, True]}]},
         "price for all is over 5,000 and approved is yes"),
        ({"==": [APPROVED, False]}, "approved is no"),
        ({"!=": [var("department"), "IT"]}, "department is not “IT”"),
        ({"==": ["IT", var("department")]}, "department is “IT”"),
        (APPROVED, "approved"),
        ({"and": [APPROVED]}, "approved is yes"),
        ({"!": APPROVED}, "approved is not yes"),
        ({"!": {"==": [APPROVED, True]}}, "approved is not yes"),
        ({">=": [PRICE, 0.5]}, "price for all is at least 0.5"),
        ({"<": [PRICE, 1000000]}, "price for all is under 1,000,000"),
        ({"<=": [PRICE, 10]}, "price for all is at most 10"),
        ({"<": [5, PRICE]}, "price for all is over 5"),
        ({"!": {">": [PRICE, 5]}}, "price for all is not over 5"),
        ({"<=": [1, PRICE, 10]}, "price for all is at least 1 and at most 10"),
        ({"<": [{"date": var("needed_by")}, {"date_add": [{"today": []}, 14, "days"]}]},
         "needed by is before 14 days after today"),
        ({">=": [{"date": var("needed_by")}, {"date": "2026-12-01"}]},
         "needed by is on or after 1 December 2026"),
        ({"<": [{"date_diff": [{"date": var("from")}, {"today": []}, "days"]}, 3]},
         "the days from from to today is under 3"),
        ({"date_add": [{"now": []}, -1, "hours"]}, "1 hour before now"),
        ({"in": [var("department"), ["IT", "HR", "Sales"]]},
         "department is one of “IT”, “HR” or “Sales”"),
        ({"!": {"in": [var("department"), ["IT"]]}}, "department is not “IT”"),
        ({"in": ["urgent", var("title")]}, "title contains “urgent”"),
        ({"!": {"in": ["urgent", var("title")]}}, "title does not contain “urgent”"),
        ({"in": [var("a"), var("b")]}, "a is in b"),
        ({"exists": "ticket.note"}, "note has a value"),
        ({"!": {"exists": ["ticket.note"]}}, "note has no value"),
        ({"exists": ["a", "b"]}, "a and b all have a value"),
        ({"and": [{"exists": "a"}, {"or": [{"exists": "b"}, {"exists": "c"}]}]},
         "a has a value and (b has a value or c has a value)"),
        ({"!": {"or": [{"exists": "b"}, {"exists": "c"}]}},
         "not (b has a value or c has a value)"),
        ({">": [{"sum": {"map": [ITEMS, {"*": [var("price"), var("qty")]}]}}, 100]},
         "the sum of price \N{MULTIPLICATION SIGN} qty of each of items is over 100"),
        ({">": [{"count": {"filter": [ITEMS, {">": [var("qty"), 1]}]}}, 2]},
         "the number of items where qty is over 1 is over 2"),
        ({"all": [ITEMS, {">": [var("qty"), 0]}]}, "for each of items (qty is over 0)"),
        ({"some": [ITEMS, var("hire")]}, "for at least one of items (hire is yes)"),
        ({"none": [var("tags"), {"==": [var(""), "x"]}]}, "for none of tags (it is “x”)"),
        ({"*": [{"+": [1, PRICE]}, 2]}, "(1 + price for all) \N{MULTIPLICATION SIGN} 2"),
        ({"-": [PRICE]}, "minus price for all"),
        ({"if": [APPROVED, "go", "stop"]}, "“go” if approved is yes, otherwise “stop”"),
        ({"if": [APPROVED, {"exists": "a"}, False]},
         "a has a value if approved is yes, otherwise never"),
        (var("a", 0), "a (or 0 when empty)"),
        ({"round": [PRICE, 2]}, "price for all rounded to 2 decimals"),
        ({"max": [var("a"), var("b"), 3]}, "the largest of a, b and 3"),
        ({"cat": [var("a"), " x"]}, "a and “ x” put together"),
        ({"get": [ITEMS, "/0/price"]}, "price of row 1 of items"),
        ({"==": [{"missing": ["a", "b"]}, []]}, "what is empty of a and b is an empty list"),
        ({">": [var("ticket.amount"), var("check.amount")]},
         "amount of ticket is over amount of check"),
        (True, "always"),
        ({"==": [1]}, "“==” of 1"),
        ({"foo": [var("a")]}, "“foo” of a"),
        ({"a": 1, "b": 2}, "a group of fields"),
    ],
)  # fmt: skip
def test_a_rule_reads_as(rule: Any, sentence: str) -> None:
    assert describe(rule) == sentence


def test_labels_are_used_as_they_are_given() -> None:
    labels = {"ticket.price_for_all": "Price for all", "ticket.items.qty": "How many"}

    assert describe({">": [PRICE, 1]}, labels) == "Price for all is over 1"
    assert describe({"some": [ITEMS, {">": [var("qty"), 1]}]}, labels) == (
        "for at least one of items (How many is over 1)"
    )


def test_the_parts_tell_names_values_and_words_apart() -> None:
    parts = describe_parts({"and": [{">": [PRICE, 5000]}, {"==": [var("dept"), "IT"]}]})

    assert parts == [
        Part("name", "price for all"),
        Part("text", " is over "),
        Part("value", "5,000"),
        Part("text", " and "),
        Part("name", "dept"),
        Part("text", " is "),
        Part("text", "“"),
        Part("value", "IT"),
        Part("text", "”"),
    ]


@pytest.mark.parametrize("name", sorted(OPERATOR_NAMES))
def test_every_operator_has_words(name: str) -> None:
    told = [describe({name: [var("a")] * count}) for count in range(4)]

    assert any(f"“{name}”" not in sentence for sentence in told)
