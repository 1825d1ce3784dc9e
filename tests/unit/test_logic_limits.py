"""No rule and no data makes the evaluator fail in any way but its own, or run for long."""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from definitions.logic import (
    MAX_RESULT_BYTES,
    OPERATOR_NAMES,
    BudgetExceeded,
    LogicError,
    RuleError,
    check_rule,
    check_transform,
    compile_rule,
    compile_transform,
    describe,
    evaluate,
    transform,
)

NOW = datetime(2026, 11, 20, 10, tzinfo=UTC)


def attempt(call: Callable[[], Any]) -> tuple[Any, LogicError | None]:
    """What came out of it: a value, or the one kind of error there may be."""
    try:
        return call(), None
    except LogicError as error:
        return None, error


def nested(depth: int, wrap: Any) -> Any:
    value: Any = 1
    for _ in range(depth):
        value = wrap(value)
    return value


DEEP_LIST = nested(100_000, lambda inner: [inner])
DEEP_RULE = nested(100_000, lambda inner: {"!": inner})


@pytest.mark.parametrize("rule", [DEEP_LIST, DEEP_RULE, nested(33, lambda inner: {"!": [inner]})])
@pytest.mark.parametrize("strict", [True, False])
def test_a_rule_nested_too_deeply_is_refused_before_anything_recurses(
    rule: Any, strict: bool
) -> None:
    with pytest.raises(RuleError, match="nested deeper than 32 levels"):
        compile_rule(rule, strict=strict)
    with pytest.raises(RuleError, match="nested deeper"):
        compile_transform({"a": {"$": rule}})
    assert check_rule(rule)
    assert describe(rule) == "a rule that is too large to read"


def test_a_rule_of_32_levels_is_taken() -> None:
    rule = nested(31, lambda inner: {"!": [inner]})

    assert check_rule({"!": nested(31, lambda inner: {"!!": [inner]})}) != ()  # 1 is no yes
    assert evaluate({"!": json.loads(json.dumps(rule).replace("1", "true"))}, {}) is True


@pytest.mark.parametrize("data", [{"a": DEEP_LIST}, DEEP_LIST, {"a": {"b": DEEP_RULE}}])
@pytest.mark.parametrize(
    "rule",
    [{"var": ""}, {"==": [{"var": ""}, {"var": ""}]}, {"in": [{"var": "a"}, [[1], [2]]]},
     {"cat": [{"var": "a"}]}, {"merge": [{"var": "a"}]}],
)  # fmt: skip
@pytest.mark.parametrize("strict", [True, False])
def test_data_nested_too_deeply_is_refused_and_never_recursed_into(
    data: Any, rule: Any, strict: bool
) -> None:
    _, error = attempt(lambda: evaluate(rule, data, strict=strict))

    reads_nothing_deep = not isinstance(data, dict) and rule != {"var": ""}
    assert error is not None or not strict or reads_nothing_deep


def test_a_rule_with_too_many_parts_is_refused() -> None:
    with pytest.raises(RuleError, match="more than 500 parts"):
        compile_rule({"in": [1, list(range(600))]})
    with pytest.raises(RuleError, match="longer than 256 KB"):
        compile_rule({"cat": "x" * (MAX_RESULT_BYTES + 1)})
    with pytest.raises(RuleError, match="more than 5,000 parts"):
        compile_transform([0] * 5001)


def test_a_rule_that_holds_itself_is_refused() -> None:
    rule: dict[str, Any] = {"and": []}
    rule["and"].append(rule)

    assert check_rule(rule)[0].message == "The rule is nested deeper than 32 levels."


def test_a_value_shared_a_thousand_times_costs_no_more_than_the_limit() -> None:
    shared: Any = "x"
    for _ in range(30):
        shared = [shared, shared]  # a billion texts when written out

    with pytest.raises(BudgetExceeded, match="larger than 256 KB"):
        evaluate({"var": "a"}, {"a": shared})


@pytest.mark.parametrize("strict", [True, False])
@pytest.mark.parametrize(
    ("step", "start"),
    [
        ({"cat": [{"var": "accumulator"}, {"var": "accumulator"}]}, "x"),
        ({"merge": [{"var": "accumulator"}, {"var": "accumulator"}]}, ["x"]),
        ([{"var": "accumulator"}, {"var": "accumulator"}], "x"),
        ([{"var": "accumulator"}], "x"),
        ({"cat": [{"upper": {"var": "accumulator"}}, "x" * 10_000]}, "x"),
    ],
)
def test_a_value_that_doubles_with_each_row_is_stopped(step: Any, start: Any, strict: bool) -> None:
    rule = {"reduce": [list(range(60)), step, start]}

    with pytest.raises(BudgetExceeded):
        evaluate(rule, {}, strict=strict)


@pytest.mark.parametrize("strict", [True, False])
def test_loops_in_loops_are_stopped_at_ten_thousand_steps(strict: bool) -> None:
    rule: Any = {"var": ""}
    for _ in range(6):
        rule = {"map": [[0, 1, 2, 3, 4, 5, 6, 7, 8, 9], rule]}

    with pytest.raises(BudgetExceeded, match="takes more than 10,000 steps"):
        evaluate(rule, {}, strict=strict)


def test_a_long_list_is_stopped_before_it_is_gone_through() -> None:
    rows = {"rows": [{"n": 1}] * 100_000}

    with pytest.raises(BudgetExceeded):
        evaluate({"all": [{"var": "rows"}, {">": [{"var": "n"}, 0]}]}, rows)


def test_a_long_list_searched_again_and_again_is_stopped() -> None:
    data = {"long": list(range(100_000)), "rows": [1] * 1000}
    search = {"in": [5, {"var": "long"}]}

    assert evaluate(search, data) is True
    with pytest.raises(BudgetExceeded):
        evaluate({"reduce": [{"var": "rows"}, {"in": [-1, list(range(400))]}, 0]},
                 {"rows": [1] * 5000})  # fmt: skip


def test_numbers_that_square_themselves_are_stopped() -> None:
    rule = {"reduce": [list(range(60)), {"*": [{"var": "accumulator"}, {"var": "accumulator"}]}, 3]}

    with pytest.raises(LogicError, match="too large"):
        evaluate(rule, {})
    assert evaluate(rule, {}, strict=False) is None  # infinite, as JavaScript has it


SCALARS = (
    st.none()
    | st.booleans()
    | st.integers(-10, 10)
    | st.integers()
    | st.floats()
    | st.sampled_from(["a", "b.a", "", "1", "days", "hours", "months", "current.a", "accumulator"])
    | st.sampled_from(
        ["2026-11-30", "0001-01-01", "9999-12-31T23:59:59-14:00", "/a/0", "\0", "\ud800"]
    )
    | st.text(max_size=4)
)
DATA = st.recursive(
    SCALARS,
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.sampled_from(["a", "b", "current", "$", "var"]), inner, max_size=4)
    ),
    max_leaves=12,
)
RULES = st.recursive(
    SCALARS | st.sampled_from(["a", "b", "", "current", "accumulator"]).map(lambda p: {"var": p}),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.builds(
            lambda name, arguments: {name: arguments},
            st.sampled_from(sorted(OPERATOR_NAMES)),
            st.lists(inner, max_size=4) | inner,
        )
        | st.dictionaries(st.text(max_size=3), inner, max_size=2)
    ),
    max_leaves=25,
)


@settings(max_examples=400, deadline=None)
@given(rule=RULES, data=DATA, strict=st.booleans())
def test_a_random_rule_gives_something_storable_or_a_logic_error(
    rule: Any, data: Any, strict: bool
) -> None:
    known = {"a": data, "b": 2}

    outcome, error = attempt(lambda: compile_rule(rule, strict=strict).evaluate(known, now=NOW))

    kept = error.reads if error else [outcome.value, outcome.reads]
    written = json.dumps(kept, allow_nan=False, ensure_ascii=False)
    assert len(written.encode()) <= 3 * MAX_RESULT_BYTES
    assert "\\u0000" not in written
    assert error is None or str(error)


@settings(max_examples=300, deadline=None)
@given(rule=RULES)
def test_any_rule_can_be_checked_and_told(rule: Any) -> None:
    problems = check_rule(rule, condition=True)
    sentence = describe(rule)

    assert all(problem.message for problem in problems)
    assert sentence
    assert all(_leads_somewhere(rule, problem.place) for problem in problems)


def _leads_somewhere(rule: Any, pointer: str) -> bool:
    """The pointer's parent exists; its last part may be the argument that is missing."""
    value = rule
    for part in pointer.split("/")[1:-1]:
        name = part.replace("~1", "/").replace("~0", "~")
        value = value[int(name)] if isinstance(value, list | tuple) else value[name]
    return True


@settings(max_examples=200, deadline=None)
@given(rule=RULES, data=DATA)
def test_a_template_gives_something_storable_or_a_logic_error(rule: Any, data: Any) -> None:
    template = {"live": {"$": rule}, "plain": {"x": [1, {"$": {"var": "a"}}]}}

    value, error = attempt(lambda: transform(template, {"a": data}, now=NOW))

    assert json.dumps(value, allow_nan=False, ensure_ascii=False).encode()
    if check_transform(template):
        assert isinstance(error, RuleError)


@settings(max_examples=200, deadline=None)
@given(data=DATA)
def test_data_comes_through_a_template_as_it_is_whatever_it_looks_like(data: Any) -> None:
    template = {"x": {"$": {"var": "a"}}, "y": {"$literal": {"$": 1}}}

    found, error = attempt(lambda: transform(template, {"a": data}))

    if error is None:
        assert found == {"x": data, "y": {"$": 1}}
    else:
        assert "stored" in str(error) or "finite" in str(error)


@settings(max_examples=200)
@given(x=st.decimals(-(10**9), 10**9, places=4), y=st.decimals(-(10**9), 10**9, places=4))
def test_comparing_and_adding_agree_with_exact_decimals(x: Any, y: Any) -> None:
    numbers = {"x": float(x), "y": float(y)}
    both = [{"var": "x"}, {"var": "y"}]

    assert evaluate({"<": both}, numbers) is (x < y)
    assert evaluate({"==": both}, numbers) is (x == y)
    assert evaluate({"+": both}, numbers) == float(x + y)
    assert evaluate({"==": [{"+": both}, float(x + y)]}, numbers) is True
