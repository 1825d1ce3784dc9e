"""After a failure: once more, another way, or a person."""

import random
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from definitions.retries import (
    ERRORS,
    FAMILIES,
    LONGEST_RETRY_AFTER,
    MOST_ATTEMPTS,
    Catch,
    Decision,
    GiveUp,
    RetryAt,
    Rules,
    UnusableRules,
    Why,
    caught,
    check_rules,
    decide,
    is_known_error,
    matches,
    may_have_been_done,
    parse_rules,
)

NOW = datetime(2026, 11, 20, 9, tzinfo=UTC)
NAMES = (*ERRORS, "http.400", "http.404", "http.409", "http.429", "http.500", "http.503")


def after(
    errors: Sequence[str],
    action: dict[str, Any] | None = None,
    *,
    method: str = "POST",
    sent: bool = False,
    retry_after: float | None = None,
    chance: float = 1.0,
) -> Decision:
    rules = parse_rules(action or {}, method=method)
    return decide(rules, errors, sent=sent, now=NOW, retry_after=retry_after, chance=lambda: chance)


def wait(decision: Decision) -> float:
    assert isinstance(decision, RetryAt), decision
    return (decision.at - NOW).total_seconds()


# Once more


def test_each_wait_is_longer_than_the_one_before_up_to_the_longest() -> None:
    rule = {
        "errors": ["timeout"],
        "interval_seconds": 5,
        "max_attempts": 6,
        "max_delay_seconds": 60,
    }

    waits = [wait(after(["timeout"] * count, {"retry": [rule]})) for count in range(1, 7)]

    assert waits == [5, 10, 20, 40, 60, 60]


def test_nothing_said_of_a_rule_is_one_second_doubled_three_times() -> None:
    action = {"retry": [{"errors": ["timeout"]}]}

    assert [wait(after(["timeout"] * n, action)) for n in (1, 2, 3)] == [1, 2, 4]
    assert after(["timeout"] * 4, action) == GiveUp(Why.SPENT)


def test_full_jitter_waits_anything_up_to_the_whole_wait() -> None:
    action = {"retry": [{"errors": ["timeout"], "interval_seconds": 8}]}

    assert [wait(after(["timeout"], action, chance=chance)) for chance in (0, 0.25, 0.5)] == [
        0,
        2,
        4,
    ]


def test_no_jitter_waits_the_whole_wait() -> None:
    action = {"retry": [{"errors": ["timeout"], "interval_seconds": 8, "jitter": "NONE"}]}

    assert wait(after(["timeout"], action, chance=0)) == 8


def test_chance_is_real_chance_when_nobody_says_otherwise() -> None:
    random.seed(1)
    rules = parse_rules({})

    waits = {wait(decide(rules, ["connect"], sent=False, now=NOW)) for _ in range(20)}

    assert len(waits) == 20
    assert all(0 <= one <= 5 for one in waits)


def test_what_the_other_system_asks_for_comes_on_top() -> None:
    """Ten tickets that were all told "in 30 seconds" must not all come in 30 seconds."""
    action = {"retry": [{"errors": ["http.429"], "interval_seconds": 4}]}

    assert wait(after(["http.429"], action, retry_after=30, chance=0.5)) == 32
    assert wait(after(["http.429"], action, retry_after=0)) == 4


@pytest.mark.parametrize("asked", [LONGEST_RETRY_AFTER + 1, 1e12])
def test_nobody_can_make_us_wait_for_ever(asked: float) -> None:
    assert wait(after(["http.429"], retry_after=asked, chance=0)) == LONGEST_RETRY_AFTER


def test_each_rule_counts_its_own_errors() -> None:
    action = {
        "retry": [
            {"errors": ["timeout"], "max_attempts": 1},
            {"errors": ["http.5xx"], "max_attempts": 2, "interval_seconds": 7},
        ]
    }

    assert isinstance(after(["timeout", "http.500"], action), RetryAt)
    assert isinstance(after(["timeout", "http.500", "http.503"], action), RetryAt)
    assert after(["http.500", "timeout", "http.500", "timeout"], action) == GiveUp(Why.SPENT)
    assert after(["http.500", "http.502", "http.503"], action) == GiveUp(Why.SPENT)


def test_the_first_rule_that_matches_is_the_one() -> None:
    action = {
        "retry": [
            {"errors": ["http.503"], "interval_seconds": 30},
            {"errors": ["http.5xx"], "interval_seconds": 2, "max_attempts": 1},
        ]
    }

    assert wait(after(["http.503"], action)) == 30
    assert wait(after(["http.500"], action)) == 2
    # A 503 is not counted against the rule for all others.
    assert wait(after(["http.503", "http.500"], action)) == 2


@pytest.mark.parametrize("rule", [[], [{"errors": ["*"], "max_attempts": 0}]])
def test_never_again_is_heard(rule: list[Any]) -> None:
    for error in NAMES:
        assert isinstance(after([error], {"retry": rule, "idempotent": True}), GiveUp)


def test_no_set_of_rules_tries_for_ever() -> None:
    rules = [
        {"errors": [name], "max_attempts": 20, "interval_seconds": 0.1, "backoff_rate": 1}
        for name in ("timeout", "connect", "dns", "tls")
    ]
    errors: list[str] = []

    while isinstance(after([*errors, NAMES[len(errors) % 4]], {"retry": rules}), RetryAt):
        errors.append(NAMES[len(errors) % 4])

    assert len(errors) < MOST_ATTEMPTS


# By default


@pytest.mark.parametrize("error", ["connect", "dns", "timeout", "http.429", "http.503"])
def test_what_passes_by_itself_is_tried_again_for_about_a_minute(error: str) -> None:
    waits = [wait(after([error] * count)) for count in range(1, 5)]

    assert waits == [5, 10, 20, 40]
    assert after([error] * 5) == GiveUp(Why.SPENT)


@pytest.mark.parametrize(
    "error",
    ["tls", "forbidden_address", "redirect", "secret", "transform", "http.400", "http.404"],
)
def test_what_does_not_pass_by_itself_goes_to_a_person_at_once(error: str) -> None:
    for method in ("GET", "POST"):
        assert after([error], method=method) == GiveUp(Why.NO_RULE)


@pytest.mark.parametrize("error", ["http.500", "http.502", "http.504"])
def test_a_failure_inside_the_other_system_is_repeated_where_that_does_no_harm(error: str) -> None:
    assert isinstance(after([error], method="GET", sent=True), RetryAt)
    assert isinstance(after([error], {"idempotent": True}, sent=True), RetryAt)
    assert after([error], method="POST", sent=True) == GiveUp(Why.NO_RULE)


# Nobody knows whether it was done


@pytest.mark.parametrize("error", ["timeout", "connect", "lost_lease"])
@pytest.mark.parametrize("method", ["POST", "PATCH"])
def test_what_may_have_been_done_is_not_done_twice(error: str, method: str) -> None:
    rule = {"retry": [{"errors": ["*"]}]}

    assert after([error], rule, method=method, sent=True) == GiveUp(Why.MAY_HAVE_BEEN_DONE)
    assert after([error], method=method, sent=True) == GiveUp(Why.MAY_HAVE_BEEN_DONE)


@pytest.mark.parametrize("error", ["timeout", "connect"])
def test_what_was_never_sent_is_sent_again(error: str) -> None:
    assert isinstance(after([error], method="POST", sent=False), RetryAt)


@pytest.mark.parametrize("error", ["timeout", "connect", "lost_lease"])
@pytest.mark.parametrize(
    ("method", "action"),
    [("GET", {}), ("PUT", {}), ("DELETE", {}), ("POST", {"idempotent": True})],
)
def test_what_does_no_harm_twice_is_repeated(error: str, method: str, action: Any) -> None:
    assert isinstance(after([error], action, method=method, sent=True), RetryAt)


def test_a_method_may_be_said_to_do_harm_twice() -> None:
    assert after(["timeout"], {"idempotent": False}, method="PUT", sent=True) == GiveUp(
        Why.MAY_HAVE_BEEN_DONE
    )


@pytest.mark.parametrize("error", ["too_large", "not_json", "schema", "transform"])
def test_an_answer_that_cannot_be_used_does_not_mean_that_nothing_was_done(error: str) -> None:
    assert after([error], {"retry": [{"errors": ["*"]}]}, sent=True) == GiveUp(
        Why.MAY_HAVE_BEEN_DONE
    )


@pytest.mark.parametrize("error", ["http.400", "http.429", "http.500", "redirect"])
def test_an_answer_that_says_no_means_that_it_was_not_done(error: str) -> None:
    assert not may_have_been_done(error, sent=True)
    assert isinstance(after([error], {"retry": [{"errors": [error]}]}, sent=True), RetryAt)


# A worker that stopped


def test_a_lost_lease_counts_as_an_attempt() -> None:
    """Or a call that kills its worker would do so for ever."""
    found = [after(["lost_lease"] * count, method="GET", sent=True) for count in range(1, 5)]

    assert [isinstance(one, RetryAt) for one in found] == [True, True, True, False]
    assert found[3] == GiveUp(Why.SPENT)


def test_a_lost_lease_is_repeated_though_no_rule_speaks_of_it() -> None:
    action = {"retry": [{"errors": ["http.429"]}], "idempotent": True}

    assert isinstance(after(["lost_lease"], action, sent=True), RetryAt)


def test_a_rule_may_speak_of_a_lost_lease() -> None:
    action = {"retry": [{"errors": ["lost_lease"], "max_attempts": 0}], "idempotent": True}

    assert after(["lost_lease"], action, sent=True) == GiveUp(Why.SPENT)


# Another way


def test_what_is_caught_goes_another_way() -> None:
    action = {"catch": [{"errors": ["http.404"], "next": "ask"}, {"errors": ["*"], "next": "desk"}]}

    assert after(["http.404"], action) == Catch("ask", "error")
    assert after(["tls"], action) == Catch("desk", "error")


def test_it_is_caught_only_when_the_repetitions_are_spent() -> None:
    action = {
        "retry": [{"errors": ["timeout"], "max_attempts": 1}],
        "catch": [{"errors": ["timeout"], "next": "desk", "result_path": "problem"}],
    }

    assert isinstance(after(["timeout"], action), RetryAt)
    assert after(["timeout"] * 2, action) == Catch("desk", "problem")


def test_the_other_way_is_taken_in_doubt_too_and_knows_of_the_doubt() -> None:
    action = {"catch": [{"errors": ["timeout"], "next": "desk"}]}

    assert after(["timeout"], action, sent=True) == Catch("desk", "error")
    assert caught("timeout", "No answer.", sent=True, attempts=1) == {
        "name": "timeout",
        "message": "No answer.",
        "attempts": 1,
        "may_have_been_done": True,
    }


# Names


@pytest.mark.parametrize(
    ("pattern", "error", "is_meant"),
    [
        ("timeout", "timeout", True),
        ("timeout", "connect", False),
        ("http.404", "http.404", True),
        ("http.404", "http.4040", False),
        ("http.4xx", "http.404", True),
        ("http.4xx", "http.429", True),
        ("http.4xx", "http.500", False),
        ("http.4xx", "http.4", False),
        ("http.5xx", "http.599", True),
        ("http.*", "http.404", True),
        ("http.*", "timeout", False),
        ("*", "http.404", True),
        ("*", "lost_lease", True),
    ],
)
def test_a_family_means_its_members(pattern: str, error: str, is_meant: bool) -> None:
    assert matches(pattern, error) is is_meant


@pytest.mark.parametrize(
    "name", ["http.200", "http.302", "http.6xx", "http.", "http.4XX", "Timeout", "", " ", 4, None]
)
def test_a_name_that_means_nothing_is_not_known(name: Any) -> None:
    assert not is_known_error(name)


# From JSON


GOOD: dict[str, Any] = {
    "retry": [
        {
            "errors": ["timeout", "connect", "http.5xx", "http.429"],
            "interval_seconds": 5,
            "backoff_rate": 2.0,
            "max_attempts": 4,
            "max_delay_seconds": 600,
            "jitter": "FULL",
        }
    ],
    "catch": [{"errors": ["http.4xx"], "next": "manual_review", "result_path": "error"}],
}


def test_good_rules_have_no_problems() -> None:
    assert check_rules(GOOD, tasks=["manual_review"]) == []
    assert parse_rules(GOOD).retry[0].max_attempts == 4


def changed(**changes: Any) -> dict[str, Any]:
    return {"retry": [{**GOOD["retry"][0], **changes}]}


@pytest.mark.parametrize(
    ("action", "place", "word"),
    [
        ({"retry": {}}, "/retry", "list"),
        ({"retry": [[]]}, "/retry/0", "group"),
        ({"retry": [{}]}, "/retry/0/errors", "List"),
        ({"retry": [{"errors": ["tls"]}] * 11}, "/retry", "At most"),
        (changed(errors=[]), "/retry/0/errors", "List"),
        (changed(errors="timeout"), "/retry/0/errors", "List"),
        (changed(errors=["timeot"]), "/retry/0/errors/0", "Did you mean “timeout”?"),
        (changed(errors=["tls", 5]), "/retry/0/errors/1", "no name"),
        (changed(errors=[["tls"]]), "/retry/0/errors/0", "no name"),
        (changed(errors=["tls"] * 31), "/retry/0/errors", "At most"),
        (changed(errors=["*", "tls"]), "/retry/0/errors", "alone"),
        (changed(interval=5), "/retry/0/interval", "Did you mean “interval_seconds”?"),
        (changed(interval_seconds=0), "/retry/0/interval_seconds", "from 0.1 to 86,400"),
        (changed(interval_seconds=True), "/retry/0/interval_seconds", "number"),
        (changed(interval_seconds="5"), "/retry/0/interval_seconds", "number"),
        (changed(interval_seconds=float("nan")), "/retry/0/interval_seconds", "number"),
        (changed(backoff_rate=0.5), "/retry/0/backoff_rate", "from 1 to 10"),
        (changed(max_attempts=2.5), "/retry/0/max_attempts", "whole"),
        (changed(max_attempts=-1), "/retry/0/max_attempts", "from 0"),
        (changed(max_attempts=21), "/retry/0/max_attempts", "to 20"),
        (changed(max_delay_seconds=1e9), "/retry/0/max_delay_seconds", "86,400"),
        (changed(jitter="SOME"), "/retry/0/jitter", "FULL or NONE"),
        (changed(jitter=[]), "/retry/0/jitter", "FULL or NONE"),
        ({"catch": [{"errors": ["tls"]}]}, "/catch/0/next", "Name the task"),
        ({"catch": [{"errors": ["tls"], "next": "asc"}]}, "/catch/0/next", "“ask”"),
        (
            {"catch": [{"errors": ["tls"], "next": "ask", "result_path": "a.b"}]},
            "/catch/0/result_path",
            "letters",
        ),
        (
            {"catch": [{"errors": ["*"], "next": "ask"}, {"errors": ["tls"], "next": "ask"}]},
            "/catch/0/errors",
            "last",
        ),
        ({"idempotent": "yes"}, "/idempotent", "true or false"),
    ],
)
def test_what_is_wrong_is_said_with_its_place(action: Any, place: str, word: str) -> None:
    (problem,) = check_rules(action, tasks=["ask", "pay"])

    assert problem.path == place
    assert word in problem.message


def test_bad_rules_are_never_used() -> None:
    with pytest.raises(UnusableRules) as raised:
        parse_rules({"retry": [{"errors": ["timeot"], "jitter": 1}]})

    assert [problem.path for problem in raised.value.problems] == [
        "/retry/0/errors/0",
        "/retry/0/jitter",
    ]


JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.sampled_from([*NAMES, *FAMILIES]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["errors", "next", "interval_seconds", "max_attempts", "jitter", "x"]),
            inner,
            max_size=4,
        )
    ),
    max_leaves=20,
)


@given(st.dictionaries(st.sampled_from(["retry", "catch", "idempotent"]), JSON_VALUES))
def test_any_document_is_good_or_has_problems_and_never_breaks_the_reader(document: Any) -> None:
    if not check_rules(document):
        assert isinstance(parse_rules(document), Rules)


@given(
    st.lists(st.sampled_from(NAMES), min_size=1, max_size=60),
    st.booleans(),
    st.booleans(),
    st.floats(-10, 1e7) | st.none(),
    st.floats(0, 1, exclude_max=True),
)
def test_no_wait_is_negative_or_longer_than_the_rules_allow(
    errors: list[str], sent: bool, is_idempotent: bool, asked: float | None, chance: float
) -> None:
    found = after(
        errors, {"idempotent": is_idempotent}, sent=sent, retry_after=asked, chance=chance
    )

    if isinstance(found, RetryAt):
        assert timedelta() <= found.at - NOW <= timedelta(seconds=600 + LONGEST_RETRY_AFTER)
        assert is_idempotent or not may_have_been_done(errors[-1], sent)


@given(st.sampled_from(NAMES), st.booleans(), st.booleans())
def test_every_series_of_failures_ends(error: str, sent: bool, is_idempotent: bool) -> None:
    errors = [error]
    while isinstance(after(errors, {"idempotent": is_idempotent}, sent=sent), RetryAt):
        errors.append(error)

    assert len(errors) <= 6


def test_waits_grow_between_repetitions() -> None:
    waits = [wait(after(["connect"] * count)) for count in range(1, 5)]

    assert all(earlier < later for earlier, later in pairwise(waits))
