"""Conditions as rows: read and written exactly, or left as text."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from definitions.logic import check_rule
from definitions.logic.clauses import (
    ALONE,
    OF_SEVERAL,
    Clause,
    Clauses,
    Comparison,
    Day,
    read,
    write,
)

AMOUNT = {"var": "ticket.amount"}
OVER = {">": [AMOUNT, 5000]}
YES = {"==": [{"var": "approve.approved"}, True]}


@pytest.mark.parametrize(
    ("rule", "clauses"),
    [
        (True, Clauses()),
        (OVER, Clauses((Clause("ticket.amount", Comparison.OVER, 5000),))),
        (
            {"and": [OVER, YES]},
            Clauses(
                (
                    Clause("ticket.amount", Comparison.OVER, 5000),
                    Clause("approve.approved", Comparison.IS, True),
                )
            ),
        ),
        (
            {"or": [YES, {"and": [OVER, {"exists": "ask.note"}]}]},
            Clauses(
                (
                    Clause("approve.approved", Comparison.IS, True),
                    Clauses(
                        (
                            Clause("ticket.amount", Comparison.OVER, 5000),
                            Clause("ask.note", Comparison.FILLED),
                        )
                    ),
                ),
                every=False,
            ),
        ),
        (
            {"!": {"in": [{"var": "a.b"}, ["x", "y"]]}},
            Clauses((Clause("a.b", Comparison.NONE_OF, ("x", "y")),)),
        ),
        ({"in": ["x", {"var": "a.b"}]}, Clauses((Clause("a.b", Comparison.HOLDS, "x"),))),
        (
            {"<": [{"date": {"var": "a.day"}}, {"date": "2026-03-01"}]},
            Clauses((Clause("a.day", Comparison.UNDER, Day("2026-03-01")),)),
        ),
        (
            {">=": [{"date": {"var": "a.day"}}, {"today": []}]},
            Clauses((Clause("a.day", Comparison.AT_LEAST, Day()),)),
        ),
        ({"var": "a.b"}, Clauses((Clause("a.b", Comparison.SO),))),
        ({"!": {"var": "a.b"}}, Clauses((Clause("a.b", Comparison.NOT_SO),))),
    ],
)
def test_rows_say_what_the_rule_says(rule: Any, clauses: Clauses) -> None:
    assert read(rule) == clauses
    assert write(clauses) == rule


@pytest.mark.parametrize(
    "rule",
    [
        False,
        None,
        "text",
        [],
        {},
        {"and": [YES]},
        {"and": []},
        {"and": [YES, {"or": [YES, {"and": [YES, OVER]}]}]},
        {"and": [YES, True]},
        {"==": [True, {"var": "approve.approved"}]},
        {"==": [AMOUNT, {"var": "a.b"}]},
        {"==": [AMOUNT, None]},
        {"===": [AMOUNT, 5]},
        {"<": [1, AMOUNT, 5]},
        {">": [{"+": [AMOUNT, 1]}, 5]},
        {"==": [{"var": ["ticket.amount", 0]}, 5]},
        {"exists": ["a.b", "a.c"]},
        {"var": ""},
        {"!": YES},
        {"!!": YES},
        {"<": [{"date": {"var": "a.day"}}, {"date": "soon"}]},
        {"today": None},
        {"or": [YES] * 41},
        {"==": {"var": "a.b"}},
    ],
)
def test_what_rows_cannot_say_exactly_stays_text(rule: Any) -> None:
    assert read(rule) is None


paths = st.sampled_from(["ticket.amount", "approve.approved", "a b.c", "ticket.x.y"])
values = st.one_of(
    st.booleans(), st.integers(), st.floats(allow_nan=False, allow_infinity=False), st.text()
)
days = st.one_of(st.just(Day()), st.dates().map(lambda day: Day(day.isoformat())))
PAIRS = [one for one in Comparison if one not in ALONE | OF_SEVERAL]
IN_ORDER = [one for one in PAIRS if one not in (Comparison.HOLDS, Comparison.LACKS)]
rows = st.one_of(
    st.builds(Clause, paths, st.sampled_from(sorted(ALONE))),
    st.builds(Clause, paths, st.sampled_from(sorted(OF_SEVERAL)), st.lists(values).map(tuple)),
    st.builds(Clause, paths, st.sampled_from(PAIRS), values),
    st.builds(Clause, paths, st.sampled_from(IN_ORDER), days),
)
inner = st.builds(Clauses, st.lists(rows, min_size=2, max_size=4).map(tuple), st.booleans())
outer = st.builds(
    Clauses, st.lists(st.one_of(rows, inner), min_size=2, max_size=5).map(tuple), st.booleans()
)


@given(outer)
def test_whatever_is_clicked_together_is_read_back(clauses: Clauses) -> None:
    assert read(write(clauses)) == clauses


json = st.recursive(
    st.one_of(st.none(), values),
    lambda part: st.one_of(
        st.lists(part, max_size=3),
        st.dictionaries(
            st.sampled_from(["and", "or", "!", "==", ">", "in", "var", "exists", "date", "today"]),
            part,
            max_size=2,
        ),
    ),
    max_leaves=12,
)


@given(json)
def test_whatever_is_read_is_written_back_as_it_was(rule: Any) -> None:
    found = read(rule)

    if found is not None:
        assert write(found) == rule


@given(outer)
def test_what_is_written_is_a_rule(clauses: Clauses) -> None:
    """Kinds that never meet are told by the check, not here."""
    told = [one.message for one in check_rule(write(clauses))]

    assert not [words for words in told if "operator" in words or "path" in words]
