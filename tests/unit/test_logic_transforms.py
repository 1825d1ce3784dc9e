"""Templates: plain data with live leaves, and data that is never looked at again."""

from datetime import UTC, datetime
from typing import Any

import pytest

from definitions.logic import (
    BudgetExceeded,
    LogicError,
    MissingValue,
    compile_transform,
    transform,
)

NOW = datetime(2026, 11, 20, 10, tzinfo=UTC)


def test_only_the_marked_leaves_are_live() -> None:
    template = {
        "customer": {"name": {"$": {"var": "ticket.name"}}, "source": "web"},
        "total": {"$": {"sum": {"map": [{"var": "ticket.rows"}, {"var": "price"}]}}},
        "lines": [{"$": {"var": "ticket.rows.0.price"}}, None, True, 1.5],
        "asked": {"$": {"today": []}},
    }
    data = {"ticket": {"name": "Mia", "rows": [{"price": 0.1}, {"price": 0.2}]}}

    outcome = compile_transform(template).apply(data, now=NOW)

    assert outcome.value == {
        "customer": {"name": "Mia", "source": "web"},
        "total": 0.3,
        "lines": [0.1, None, True, 1.5],
        "asked": "2026-11-20",
    }
    assert set(outcome.reads) == {"ticket.name", "ticket.rows", "ticket.rows.0.price"}
    assert compile_transform(template).paths == (
        "ticket.name",
        "ticket.rows",
        "ticket.rows.0.price",
    )


@pytest.mark.parametrize(
    "looks_live",
    [{"$": {"var": "secret"}}, {"map": "foo"}, {"var": "secret"}, {"$literal": 1}, [{"$": 1}]],
)
def test_data_that_looks_like_a_rule_stays_data(looks_live: Any) -> None:
    data = {"answer": looks_live, "secret": "s"}

    assert transform({"a": {"$": {"var": "answer"}}}, data) == {"a": looks_live}
    assert transform({"$": {"merge": [[{"var": "answer"}]]}}, data) == [looks_live]


def test_plain_data_that_looks_like_a_rule_is_plain_outside_of_a_marked_leaf() -> None:
    template = {"query": {"var": "x"}, "$schema": "a", "filter": {"map": "foo"}}

    assert transform(template, {"x": 1}) == template


def test_literal_escapes_the_marks() -> None:
    template = {"a": {"$literal": {"$": {"var": "x"}}}, "b": {"$literal": {"$literal": 1}}}

    assert transform(template, {"x": 1}) == {"a": {"$": {"var": "x"}}, "b": {"$literal": 1}}


def test_a_field_that_is_not_there_becomes_null_and_calculating_with_it_is_refused() -> None:
    assert transform({"a": {"$": {"var": "gone"}}}, {}) == {"a": None}

    with pytest.raises(MissingValue) as refused:
        transform({"a": [{"$": {"+": [{"var": "gone"}, 1]}}]}, {})

    assert str(refused.value) == "gone is missing; the template needs a number to add"
    assert refused.value.place == "/a/0/$/+/0/var"


def test_a_result_shares_nothing_with_the_template_or_the_data() -> None:
    template = {"fixed": [1], "live": {"$": {"var": "rows"}}}
    data = {"rows": [1]}
    first = transform(template, data)

    first["fixed"].append(2)
    first["live"].append(2)

    assert transform(template, data) == {"fixed": [1], "live": [1]}


def test_all_rules_of_a_template_share_one_budget() -> None:
    rows = {"rows": [1] * 4000}
    leaf = {"$": {"count": {"map": [{"var": "rows"}, {"+": [{"var": ""}, 1]}]}}}

    assert transform(leaf, rows) == 4000
    with pytest.raises(BudgetExceeded, match="The template takes more than 10,000 steps"):
        transform([leaf, leaf], rows)


def test_a_template_as_large_as_its_limits_allow_is_refused_in_words() -> None:
    deep: Any = 1
    for _ in range(100_000):
        deep = {"a": deep}

    with pytest.raises(LogicError, match="nested deeper"):
        transform(deep, {})
    with pytest.raises(LogicError, match="larger than 256 KB"):
        transform([{"$": {"var": "x"}}, {"$": {"var": "x"}}], {"x": "x" * 200_000})
