"""The strict profile: what it answers, and what it refuses to guess."""

from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from definitions.logic import (
    CannotCalculate,
    ClockNeeded,
    LogicError,
    MissingValue,
    NotBoolean,
    RuleError,
    WrongKind,
    compile_rule,
    evaluate,
    evaluate_condition,
)

BERLIN = ZoneInfo("Europe/Berlin")
NOW = datetime(2026, 11, 20, 23, 30, tzinfo=UTC).astimezone(BERLIN)  # already the 21st there

REQUEST = {
    "ticket": {
        "amount": 1180.5,
        "item": "Plunge saw",
        "tags": ["tool", "safety"],
        "needed_by": "2026-11-30",
        "asked_at": "2026-11-20T23:30:00Z",
        "note": "",
        "cost_centre": None,
        "rows": [
            {"price": 0.1, "qty": 3, "hire": False},
            {"price": 0.2, "qty": 1, "hire": True},
        ],
    },
    "approve": {"approved": True},
}


def var(path: str, *default: Any) -> Any:
    return {"var": [path, *default]}


ROWS = var("ticket.rows")


@pytest.mark.parametrize(
    ("rule", "result"),
    [
        ({">": [var("ticket.amount"), 1000]}, True),
        ({"<": [1000, var("ticket.amount"), 1180.5]}, False),
        ({"<=": [1000, var("ticket.amount"), 1180.5]}, True),
        ({"==": [1, 1.0]}, True),
        ({"!=": [var("ticket.item"), "Drill"]}, True),
        ({"==": [var("ticket.tags"), ["tool", "safety"]]}, True),
        ({"==": [var("ticket.tags"), []]}, False),
        ({"==": [var("ticket.rows.1"), var("ticket.rows.0")]}, False),
        ({"in": ["tool", var("ticket.tags")]}, True),
        ({"in": [var("ticket.item"), ["Drill", "Lathe"]]}, False),
        ({"in": [1.0, [3, 2, 1]]}, True),
        ({"in": ["saw", {"lower": var("ticket.item")}]}, True),
        ({"and": [var("approve.approved"), {"exists": "ticket.item"}]}, True),
        ({"or": [{"!": var("approve.approved")}, False]}, False),
        ({"!!": [var("approve.approved")]}, True),
        ({"if": [False, "a", True, "b", "c"]}, "b"),
        ({"if": [False, "a"]}, None),
        ({"?:": [var("approve.approved"), 1, 2]}, 1),
        ({"exists": ["ticket.item", "approve.approved"]}, True),
        ({"exists": "ticket.note"}, False),
        ({"exists": "ticket.cost_centre"}, False),
        ({"missing": ["ticket.note", "ticket.item", "ticket.nothing"]},
         ["ticket.note", "ticket.nothing"]),
        ({"missing": [["ticket.item"]]}, []),
        ({"missing_some": [1, ["ticket.note", "ticket.item"]]}, []),
        ({"missing_some": [2, ["ticket.note", "ticket.item"]]}, ["ticket.note"]),
        (var("ticket.nothing"), None),
        (var("ticket.nothing", "none"), "none"),
        (var("ticket.cost_centre", 4100), 4100),
        (var("ticket.note", "none"), ""),
        (var("ticket.nothing", var("ticket.item")), "Plunge saw"),
        (var("ticket.tags.1"), "safety"),
        (var("ticket.tags.7"), None),
        (var("ticket.item.0"), None),
        ({"get": "/ticket/tags/0"}, "tool"),
        ({"get": [{"filter": [ROWS, var("hire")]}, "/0/price"]}, 0.2),
        ({"get": [ROWS, "/9/price", 0]}, 0),
        ({"+": [0.1, 0.2]}, 0.3),
        ({"==": [{"+": [0.1, 0.2]}, 0.3]}, True),
        ({"-": [5]}, -5),
        ({"+": "12.50"}, 12.5),
        ({"+": "-7"}, -7),
        ({"*": [19.99, 3]}, 59.97),
        ({"/": [1, 4]}, 0.25),
        ({"/": [4, 2]}, 2),
        ({"%": [-7, 3]}, -1),
        ({"max": [1, 2.5, var("ticket.amount")]}, 1180.5),
        ({"min": [[3, 1, 2]]}, 1),
        ({"round": [2.675, 2]}, 2.68),
        ({"round": [-2.5]}, -3),
        ({"sum": {"map": [ROWS, {"*": [var("price"), var("qty")]}]}}, 0.5),
        ({"sum": [[]]}, 0),
        ({"count": [{"filter": [ROWS, var("hire")]}]}, 1),
        ({"all": [ROWS, {">": [var("qty"), 0]}]}, True),
        ({"all": [[], True]}, False),
        ({"some": [ROWS, {">": [var("qty"), 2]}]}, True),
        ({"none": [ROWS, {">": [var("qty"), 2]}]}, False),
        ({"none": [[], True]}, True),
        ({"map": [var("ticket.tags"), {"upper": var("")}]}, ["TOOL", "SAFETY"]),
        ({"reduce": [ROWS, {"+": [var("accumulator"), var("current.qty")]}, 0]}, 4),
        ({"merge": [var("ticket.tags"), "urgent"]}, ["tool", "safety", "urgent"]),
        ({"cat": [var("ticket.item"), ": ", var("ticket.amount")]}, "Plunge saw: 1180.5"),
        ({"cat": ["from ", {"date": var("ticket.needed_by")}]}, "from 2026-11-30"),
        ({"substr": [var("ticket.item"), -3]}, "saw"),
        ({"substr": [var("ticket.item"), 0, 6]}, "Plunge"),
        ({"today": []}, "2026-11-21"),
        ({"now": None}, "2026-11-21T00:30:00+01:00"),
        ({"<": [{"today": []}, {"date": var("ticket.needed_by")}]}, True),
        ({"date": {"datetime": var("ticket.asked_at")}}, "2026-11-21"),
        ({"<=": [{"datetime": var("ticket.asked_at")}, {"now": []}]}, True),
        ({"==": [{"datetime": "2026-01-01T10:00:00Z"},
                 {"datetime": "2026-01-01T11:00:00+01:00"}]}, True),
        ({"date_add": [{"date": "2026-01-31"}, 1, "months"]}, "2026-02-28"),
        ({"date_add": [{"date": "2024-02-29"}, 1, "years"]}, "2025-02-28"),
        ({"date_add": [{"date": "2026-11-30"}, -2, "weeks"]}, "2026-11-16"),
        ({"date_add": [{"datetime": "2026-11-30T10:00:00Z"}, 90, "minutes"]},
         "2026-11-30T11:30:00+00:00"),
        ({"date_diff": [{"today": []}, {"date": var("ticket.needed_by")}, "days"]}, 9),
        ({"date_diff": [{"date": "2026-03-01"}, {"date": "2026-01-31"}, "months"]}, -1),
        ({"date_diff": [{"date": "2026-01-31"}, {"date": "2026-02-28"}, "months"]}, 1),
        ({"date_diff": [{"datetime": "2026-01-01T00:00:00Z"}, {"now": []}, "hours"]}, 7775),
        ({"max": [{"date": "2026-01-01"}, {"today": []}]}, "2026-11-21"),
        ([1, var("ticket.item")], [1, "Plunge saw"]),
    ],
)  # fmt: skip
def test_a_strict_rule_gives(rule: Any, result: Any) -> None:
    found = evaluate(rule, REQUEST, now=NOW)

    assert (type(found), found) == (type(result), result)


def test_a_clock_change_does_not_make_a_day_longer_or_an_hour_shorter() -> None:
    before_the_change = datetime(2026, 10, 24, 12, tzinfo=BERLIN)  # 25 October has 25 hours

    day_later = evaluate({"date_add": [{"now": []}, 1, "days"]}, {}, now=before_the_change)
    hours_later = evaluate({"date_add": [{"now": []}, 24, "hours"]}, {}, now=before_the_change)

    assert day_later == "2026-10-25T12:00:00+01:00"
    assert hours_later == "2026-10-25T11:00:00+01:00"


@pytest.mark.parametrize(
    ("rule", "error", "message"),
    [
        ({">": [var("amount"), 5]}, MissingValue,
         "amount is missing; the condition compares it with a number"),
        ({">": [var("ticket.cost_centre"), 5]}, MissingValue,
         "ticket.cost_centre is empty; the condition compares it with a number"),
        ({"<": [5, var("ticket.item")]}, WrongKind,
         "ticket.item is the text “Plunge saw”; the condition compares it with a number"),
        ({"==": [var("ticket.amount"), "1180.5"]}, WrongKind,
         "ticket.amount is the number 1,180.5; the condition compares it with text"),
        ({"==": [var("approve.approved"), 1]}, WrongKind,
         "approve.approved is yes; the condition compares it with a number"),
        ({"==": [var("a"), var("b")]}, MissingValue,
         "a is missing; the condition compares it with b"),
        ({"<": [var("ticket.item"), var("ticket.item")]}, WrongKind,
         "ticket.item is the text “Plunge saw”; the condition asks which is larger, "
         "and only numbers and dates have an order"),
        ({"<": [var("ticket.needed_by"), {"today": []}]}, WrongKind,
         "ticket.needed_by is the text “2026-11-30”; the condition compares it with a date. "
         'Read the text as a date: {"date": {"var": "path"}}.'),
        ({"and": [var("approve.approved"), var("ticket.tags")]}, NotBoolean,
         "ticket.tags is a list of 2; the condition needs yes or no here"),
        ({"or": [var("approve.aproved"), True]}, MissingValue,
         "approve.aproved is missing; the condition needs yes or no here"),
        ({"!": var("ticket.amount")}, NotBoolean,
         "ticket.amount is the number 1,180.5; the condition needs yes or no here"),
        ({"if": [var("ticket.rows.0"), 1, 2]}, NotBoolean,
         "ticket.rows.0 is a group of fields; the condition needs yes or no here"),
        ({"in": [var("ticket.nothing"), ["a", "b"]]}, MissingValue,
         "ticket.nothing is missing; the condition looks for it in a list"),
        ({"in": [var("ticket.amount"), ["a", "b"]]}, WrongKind,
         "ticket.amount is the number 1,180.5; the condition "
         "looks for it in a list that holds text"),
        ({"in": ["a", var("ticket.nothing")]}, MissingValue,
         "ticket.nothing is missing; the condition looks for a value in it"),
        ({"in": [var("ticket.amount"), var("ticket.item")]}, WrongKind,
         "ticket.amount is the number 1,180.5; the condition looks for it in text"),
        ({"+": [1, var("ticket.item")]}, WrongKind,
         "ticket.item is the text “Plunge saw”; the condition needs a number to add"),
        ({"*": [var("nothing"), 2]}, MissingValue,
         "nothing is missing; the condition needs a number to multiply"),
        ({"+": var("ticket.item")}, WrongKind,
         "ticket.item is the text “Plunge saw”; the condition needs a number written in digits"),
        ({"max": [1, var("nothing")]}, MissingValue,
         "nothing is missing; the condition looks for the largest of numbers or dates"),
        ({"max": [1, {"today": []}, 3]}, WrongKind,
         "today is a date (2026-11-21); the condition compares it with a number"),
        ({"map": [var("nothing"), 1]}, MissingValue,
         "nothing is missing; the condition needs a list here"),
        ({"count": [var("ticket.item")]}, WrongKind,
         "ticket.item is the text “Plunge saw”; the condition needs a list here"),
        ({"merge": [var("nothing")]}, MissingValue,
         "nothing is missing; the condition needs a list here"),
        ({"all": [ROWS, {">": [var("size"), 1]}]}, MissingValue,
         "ticket.rows.0.size is missing; the condition compares it with a number"),
        ({"filter": [ROWS, var("qty")]}, NotBoolean,
         "ticket.rows.0.qty is the number 3; the condition needs yes or no here"),
        ({"reduce": [ROWS, {"+": [var("accumulator"), var("current.size")]}, 0]}, MissingValue,
         "ticket.rows.0.size is missing; the condition needs a number to add"),
        ({"map": [{"filter": [ROWS, var("hire")]}, {"+": [var("size"), 1]}]}, MissingValue,
         "size of item 1 of rows where hire is yes is missing; "
         "the condition needs a number to add"),
        ({"sum": [var("ticket.tags")]}, WrongKind,
         "ticket.tags.0 is the text “tool”; the condition needs a number to add up"),
        ({"cat": ["a", var("approve.approved")]}, WrongKind,
         "approve.approved is yes; the condition needs text or a number here"),
        ({"lower": var("ticket.amount")}, WrongKind,
         "ticket.amount is the number 1,180.5; the condition needs text here"),
        ({"date": var("ticket.item")}, WrongKind,
         "ticket.item is the text “Plunge saw”; the condition needs a date such as 2026-11-30"),
        ({"datetime": var("ticket.needed_by")}, WrongKind,
         "ticket.needed_by is the text “2026-11-30”; the condition needs a date and time with its "
         "offset, such as 2026-11-30T14:00:00+01:00"),
        ({"date_add": [{"today": []}, var("ticket.rows.0.price"), "days"]}, WrongKind,
         "ticket.rows.0.price is the number 0.1; the condition needs a whole number here"),
        ({"date_diff": [{"today": []}, {"now": []}, "days"]}, WrongKind,
         "now is a date and time (2026-11-21T00:30:00+01:00); "
         "the condition needs two dates, or two with a time"),
        ({"/": [1, var("ticket.rows.0.hire", 0)]}, WrongKind,
         "hire (or 0 when empty) is no; "
         "the condition needs a number to divide"),
        ({"/": [1, 0]}, CannotCalculate, "“/” divides by zero."),
        ({"%": [1, 0.0]}, CannotCalculate, "“%” divides by zero."),
        ({"*": [10**20, 10**20]}, CannotCalculate, "“*” gives a number that is too large."),
        ({"*": [1e20, 1e20]}, CannotCalculate, "“*” gives a number that is too large."),
        ({"min": [[]]}, CannotCalculate, "“min” looks for the smallest of an empty list."),
        ({"date_add": [{"today": []}, 10**7, "years"]}, CannotCalculate,
         "“date_add” leaves the calendar."),
    ],
)  # fmt: skip
def test_a_strict_rule_refuses_to_guess(rule: Any, error: type[LogicError], message: str) -> None:
    with pytest.raises(error) as refused:
        evaluate(rule, REQUEST, now=NOW)

    assert str(refused.value) == message


def test_an_error_names_the_value_the_place_in_the_rule_and_what_was_read_before() -> None:
    rule = compile_rule(
        {"and": [var("approve.approved"), {">": [{"+": [1, var("ticket.price")]}, 5]}]}
    )

    with pytest.raises(MissingValue) as refused:
        rule.evaluate(REQUEST)

    error = refused.value
    assert error.path == "ticket.price"
    assert error.place == "/and/1/>/0/+/1/var"
    assert error.reads == {"approve.approved": True, "ticket.price": None}


def test_a_number_of_any_size_in_the_data_is_an_answer_or_a_clear_refusal() -> None:
    with pytest.raises(WrongKind, match="n is too large or not finite"):
        evaluate({">": [var("n"), 5]}, {"n": float("nan")})
    with pytest.raises(WrongKind, match="n is too large or not finite"):
        evaluate({"+": [var("n"), 5]}, {"n": 10**6000})
    with pytest.raises(CannotCalculate, match="too large to be stored"):
        evaluate(var("n"), {"n": 10**6000})


def test_money_adds_up_where_floats_do_not() -> None:
    cents = {"prices": [0.1] * 10}

    assert sum(cents["prices"]) != 1
    assert evaluate({"==": [{"sum": var("prices")}, 1]}, cents) is True
    assert evaluate({"sum": var("prices")}, cents) == 1
    assert isinstance(evaluate({"sum": var("prices")}, cents), int)


def test_and_stops_at_the_first_no_and_or_at_the_first_yes() -> None:
    guarded = {"and": [{"exists": "price"}, {">": [var("price"), 5]}]}
    either = {"or": [{"!": {"exists": "price"}}, {">": [var("price"), 5]}]}

    assert evaluate(guarded, {}) is False
    assert evaluate(either, {}) is True
    assert compile_rule(either).evaluate({}).reads == {"price": None}


def test_some_stops_at_the_first_row_that_settles_it() -> None:
    rows = {"rows": [{"qty": 3}, {}]}

    assert evaluate({"some": [var("rows"), {">": [var("qty"), 2]}]}, rows) is True


def test_a_condition_must_answer_yes_or_no() -> None:
    assert evaluate_condition({">": [var("n"), 1]}, {"n": 2}) is True

    with pytest.raises(NotBoolean, match="n is the number 2; the condition needs yes or no here"):
        evaluate_condition(var("n"), {"n": 2})
    with pytest.raises(MissingValue, match="n is missing; the condition needs yes or no here"):
        evaluate_condition(var("n"), {})
    with pytest.raises(NotBoolean):
        evaluate_condition({"+": [1, 1]}, {})


def test_the_clock_is_given_and_never_asked() -> None:
    with pytest.raises(ClockNeeded, match="asks for the time, and none was given"):
        evaluate({"today": []}, {})
    with pytest.raises(ClockNeeded):
        evaluate({"date": {"datetime": "2026-01-01T00:00:00Z"}}, {})
    with pytest.raises(ClockNeeded, match="no time zone"):
        evaluate({"now": []}, {}, now=datetime(2026, 1, 1))  # noqa: DTZ001 (that is the point)


def test_the_trace_keeps_what_was_read_in_a_form_that_can_be_stored() -> None:
    data = {"long": "x" * 5000, "many": list(range(5000)), "rows": [{"a": 1}], "zero": "\0"}
    rule = [var("long"), {"count": [var("many")]}, {"map": [var("rows"), var("a")]},
            {"!=": [var("zero"), ""]}, var("gone", 1)]  # fmt: skip

    outcome = compile_rule(rule).evaluate(data)

    assert outcome.value[1:] == [5000, [1], True, 1]
    assert outcome.reads["long"] == "x" * 999 + "…"
    assert outcome.reads["many"] == "a list of 5,000"
    assert outcome.reads["rows"] == [{"a": 1}]
    assert outcome.reads["zero"] == "a text that cannot be stored"
    assert outcome.reads["gone"] is None
    assert "a" not in outcome.reads


def test_a_result_is_a_copy_that_shares_nothing_with_the_data() -> None:
    data = {"rows": [{"a": 1}]}

    outcome = compile_rule(var("rows")).evaluate(data)
    outcome.value[0]["a"] = 2

    assert data == {"rows": [{"a": 1}]}
    assert outcome.reads == {"rows": [{"a": 1}]}


def test_a_rule_changed_after_compiling_stays_what_it_was() -> None:
    written = {"in": [var("x"), ["a"]]}
    rule = compile_rule(written)

    written["in"][1].append("b")

    assert rule.evaluate({"x": "b"}).value is False
    assert compile_rule(written).evaluate({"x": "b"}).value is True


@pytest.mark.parametrize("text", ["2026-W01-1", "20260101", "2026-1-1", "2026-02-30", "tomorrow"])
def test_a_date_is_written_in_one_way(text: str) -> None:
    with pytest.raises(WrongKind):
        evaluate({"date": var("d")}, {"d": text})
    with pytest.raises(RuleError):
        evaluate({"date": text}, {})


@pytest.mark.parametrize("text", ["2026-01-01T10:00:00", "2026-01-01", "10:00", "x" * 99])
def test_a_time_needs_its_day_and_its_offset(text: str) -> None:
    with pytest.raises(WrongKind):
        evaluate({"datetime": var("d")}, {"d": text})
