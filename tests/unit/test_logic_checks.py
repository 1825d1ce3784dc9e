"""What is found in a rule before it meets any data."""

from typing import Any

import pytest

from definitions.logic import RuleError, check_rule, check_transform, compile_rule


@pytest.mark.parametrize(
    ("rule", "place", "message", "hint"),
    [
        ({"contains": ["a", {"var": "b"}]}, "/contains",
         "“contains” is not an operator.", "Did you mean “in”?"),
        ({"and": [True, {"exsits": "a"}]}, "/and/1/exsits",
         "“exsits” is not an operator.", "Did you mean “exists”?"),
        ({"quux": 1}, "/quux", "“quux” is not an operator.", ""),
        ({"match": ["a", "(a+)+$"]}, "/match", "“match” is not an operator.", ""),
        ({">": [1]}, "/>", "“>” takes 2 values; here are 1.", ""),
        ({"<": [1, 2, 3, 4]}, "/<", "“<” takes 2 to 3 values; here are 4.", ""),
        ({"and": []}, "/and", "“and” takes 1 or more values; here are 0.", ""),
        ({"today": [1]}, "/today", "“today” takes no value; here are 1.", ""),
        ({"!": [1, 2]}, "/!", "“!” takes 1 value; here are 2.", ""),
        ({}, "", "Empty braces are not a rule.", ""),
        ({"var": "a", "default": 1}, "",
         "An operator stands alone in its braces; here are var, default.", ""),
        ({"==": [{"var": "a"}, None]}, "/==/1", "“==” cannot compare with null.",
         'Ask whether it has a value: {"exists": "path"}.'),
        ({"==": [{"lower": {"var": "a"}}, 1]}, "/==/1", "“==” compares text with a number.", ""),
        ({"<": [{"today": []}, "2026-01-01"]}, "/</1",
         "“<” needs a number, a date or a date and time; this is text.", ""),
        ({"==": [{"today": []}, "2026-01-01"]}, "/==/1", "“==” compares a date with text.",
         'Read the text as a date: {"date": {"var": "path"}}.'),
        ({"and": [{"+": [1, 1]}]}, "/and/0/+", "“and” needs yes or no; this is a number.", ""),
        ({"!": "yes"}, "/!", "“!” needs yes or no; this is text.", ""),
        ({"sum": {"cat": "a"}}, "/sum/cat", "“sum” needs a list; this is text.", ""),
        ({"in": [1, ["a", "b"]]}, "/in/0", "“in” looks for a number among text.", ""),
        ({"var": {"cat": "a"}}, "/var",
         "The path is written out, as text; it cannot be computed.", ""),
        ({"exists": ["a..b"]}, "/exists/0",
         "“a..b” is not a path: a name between two dots is empty.", ""),
        ({"exists": "a..b"}, "/exists",
         "“a..b” is not a path: a name between two dots is empty.", ""),
        ({"missing": [["a", 1.5]]}, "/missing/0/1",
         "The path is written out, as text; it cannot be computed.", ""),
        ({"get": "ticket/amount"}, "/get",
         "“get” needs a pointer, such as “/ticket/amount” or “/0/price”.", ""),
        ({"reduce": [[1], {"var": "qty"}, 0]}, "/reduce/1/var",
         "Inside reduce only current and accumulator can be read.", "Perhaps “current.qty”?"),
        ({"date": "30.11.2026"}, "/date", "“30.11.2026” is not a date such as 2026-11-30.", ""),
        ({"date_add": [{"today": []}, 1, "fortnights"]}, "/date_add/2",
         "“date_add” counts in minutes, hours, days, weeks, months, years.", ""),
        ({"date_add": [{"today": []}, 1, "hours"]}, "/date_add/2",
         "A date has no hours; use a datetime.", ""),
        ({"round": [1, {"var": "n"}]}, "/round/1/var",
         "“round” takes a whole number of decimals, 0 to 10.", ""),
        ({"substr": ["a", "b"]}, "/substr/1",
         "“substr” takes whole numbers: where to start, how many.", ""),
        ({"missing_some": ["a", "b"]}, "/missing_some/0",
         "“missing_some” needs a whole number first: how many must be there.", ""),
        ({"/": [1, 10**30]}, "/~1/1", "The number is too large.", ""),
        ({"+": [1, float("inf")]}, "",
         "The rule holds something that is not plain data, or a number without end.", ""),
        ({"var": "a\0"}, "", "The rule has a character that cannot be stored.", ""),
        ({"var": "\ud800"}, "", "The rule has a character that cannot be stored.", ""),
        ({"+": [1, {1, 2}]}, "",
         "The rule holds something that is not plain data, or a number without end.", ""),
    ],
)  # fmt: skip
def test_a_wrong_rule_is_refused_with_its_place(
    rule: Any, place: str, message: str, hint: str
) -> None:
    problems = check_rule(rule)

    first = problems[0]
    assert (first.place, first.message, first.hint) == (place, message, hint)
    with pytest.raises(RuleError) as refused:
        compile_rule(rule)
    assert refused.value.place == place
    assert str(refused.value) == f"{message} {hint}".strip()


def test_a_text_that_spells_out_an_escape_is_a_text_as_any_other() -> None:
    assert check_rule({"==": [{"var": "a"}, "\\u0000"]}) == ()


def test_all_problems_of_a_rule_are_told_at_once_and_each_only_once() -> None:
    rule = {"and": [{"foo": 1}, {">": [{"var": "a"}, "x"]}, {"or": [{"bar": []}, {"<": [1]}]}]}

    problems = check_rule(rule)

    assert [problem.place for problem in problems] == [
        "/and/0/foo",
        "/and/1/>/1",
        "/and/2/or/0/bar",
        "/and/2/or/1/<",
    ]


@pytest.mark.parametrize("rule", [{"+": [1, 2]}, "yes", {"missing": ["a"]}, None])
def test_a_condition_that_never_answers_yes_or_no_is_found(rule: Any) -> None:
    (problem,) = check_rule(rule, condition=True)

    assert problem.message.endswith("it must give yes or no.")
    assert check_rule(rule) == ()


@pytest.mark.parametrize(
    "rule", [True, {"var": "a"}, {"exists": "a"}, {"if": [True, False, {"exists": "a"}]}]
)
def test_a_condition_that_may_answer_yes_or_no_is_let_through(rule: Any) -> None:
    assert check_rule(rule, condition=True) == ()


def test_what_is_known_of_the_data_finds_comparisons_that_cannot_work() -> None:
    rule = {"and": [{">": [{"var": "ticket.item"}, 5]}, {"var": "ticket.amount"}]}

    problems = check_rule(rule, kinds={"ticket.item": "text", "ticket.amount": "number"})

    assert [problem.place for problem in problems] == ["/and/0/>/0/var", "/and/1/var"]
    assert check_rule(rule) == ()


def test_a_rule_knows_which_paths_it_reads() -> None:
    rule = compile_rule(
        {"and": [
            {">": [{"var": ["ticket.amount", {"var": "limits.low"}]}, 5]},
            {"exists": ["ticket.note"]},
            {"==": [{"missing": ["a.b"]}, []]},
            {"some": [{"var": "ticket.rows"}, {">": [{"var": "qty"}, {"var": "max"}]}]},
            {"==": [{"get": "/ticket/a.b"}, {"get": "/ticket/item"}]},
        ]}
    )  # fmt: skip

    assert rule.paths == (
        "limits.low",
        "ticket.amount",
        "ticket.note",
        "a.b",
        "ticket.rows",
        "/ticket/a.b",
        "ticket.item",
    )
    assert rule.gives == "boolean"


def test_problems_of_a_template_have_their_place_in_it() -> None:
    template = {
        "a": {"$": {"foo": 1}},
        "b": [{"$": {"var": "x"}, "also": 1}, {"$literal": 1, "$": 2}],
        "c/d": {"e": {"$": {">": [1]}}},
    }

    problems = check_transform(template)

    assert [(problem.place, problem.message) for problem in problems] == [
        ("/a/$/foo", "“foo” is not an operator."),
        ("/b/0", "“$” and “$literal” stand alone in their braces; here is also “also”."),
        ("/b/1", "“$” and “$literal” stand alone in their braces."),
        ("/c~1d/e/$/>", "“>” takes 2 values; here are 1."),
    ]
