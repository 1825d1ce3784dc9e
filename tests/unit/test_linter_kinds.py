"""What the linter says of calls, waits, deadlines, and of what they leave behind."""

from typing import Any

import pytest

from definitions.actions import Allowed, NetworkRules
from definitions.graph import Edge, WorkflowGraph
from definitions.linter import Problem, Severity, problems
from tests.unit.drawings import JOIN, SPLIT, drawn, when

ERP = "https://erp.example/orders"
LATE = Edge("ask", "late", after="timeout")


def found(graph: WorkflowGraph, rule: str, **known: Any) -> list[Problem]:
    return [problem for problem in problems(graph, **known) if problem.rule == rule]


def the(graph: WorkflowGraph, rule: str, **known: Any) -> Problem:
    (problem,) = found(graph, rule, **known)
    return problem


def a_call(kind: str = "SYNC_ACTION", url: str = ERP, **extra: Any) -> dict[str, Any]:
    return {"task_type": kind, "action_url": url, "extra": extra}


# Calls


def test_a_good_call_has_no_problems() -> None:
    action = {
        "headers": {"Authorization": ["Bearer ", {"$secret": "erp"}]},
        "retry": [{"errors": ["timeout"], "max_attempts": 2}],
        "catch": [{"errors": ["http.4xx"], "next": "by_hand"}],
    }
    graph = drawn("> order > by_hand >", "order >", order=a_call(action=action))

    assert [p.rule for p in problems(graph, secrets={"erp"}) if p.blocks] == ["several-defaults"]


@pytest.mark.parametrize(
    ("action", "place"),
    [
        ({"method": "FETCH"}, "/method"),
        ({"retry": [{"errors": ["tiemout"]}]}, "/retry/0/errors/0"),
        ({"retry": [{"errors": ["timeout"], "max_attempts": 99}]}, "/retry/0/max_attempts"),
        ({"catch": [{"errors": ["*"], "next": "nowhere"}]}, "/catch/0/next"),
        ({"headers": {"Host": "x"}}, "/headers/Host"),
        ({"headers": {"A/B": {"$secret": "a b"}}}, "/headers/A~1B"),
        ({"sign": "secret"}, "/sign"),
        ({"verify": {"$secret": "callbacks"}}, "/verify"),
        ({"timeout_seconds": 3}, "/timeout_seconds"),
        ({"metod": "GET"}, "/metod"),
    ],
)
def test_a_fault_in_a_call_is_told_at_its_place(action: Any, place: str) -> None:
    graph = drawn("> order >", order=a_call(action=action))

    problem = found(graph, "bad-action")[0]

    assert problem.place == f"/tasks/0/action{place}"
    assert problem.blocks


def test_a_later_answer_may_have_to_be_signed() -> None:
    action = {"verify": {"$secret": "callbacks"}}
    graph = drawn("> order >", order=a_call("ASYNC_ACTION", action=action))

    assert found(graph, "bad-action") == []
    assert (
        the(graph, "unknown-secret", secrets=set()).place == "/tasks/0/action/verify/$secret"[:-8]
    )


def test_a_secret_that_the_company_does_not_have_is_told_where_it_is_used() -> None:
    action = {"headers": {"Authorization": ["Bearer ", {"$secret": "erp_tokn"}]}}
    graph = drawn("> order >", order=a_call(action=action))

    problem = the(graph, "unknown-secret", secrets={"erp_token"})

    assert problem.place == "/tasks/0/action/headers/Authorization/1"
    assert problem.hint == "Did you mean “erp_token”?"
    assert problem.blocks
    assert found(graph, "unknown-secret") == []  # nobody knows


@pytest.mark.parametrize(
    "url",
    [
        "http://erp.example/",
        "https://user:pass@erp.example/",
        "https://127.0.0.1/",
        "https://169.254.169.254/latest",
        "https://[::1]/",
        "https://10.1.2.3/",
        "https://erp.example:8443/",
        "https://intranet/",
        "ftp://erp.example/",
    ],
)
def test_an_address_that_may_not_be_called_is_refused(url: str) -> None:
    graph = drawn("> order >", order=a_call(url=url))

    problem = the(graph, "forbidden-address", network=NetworkRules())

    assert problem.place == "/tasks/0/action_url"
    assert problem.blocks


def test_what_a_company_is_allowed_it_may_call() -> None:
    graph = drawn("> order >", order=a_call(url="https://10.1.2.3:8443/"))
    allowed = NetworkRules(frozenset({Allowed.parse("10.1.2.3:8443")}))

    assert found(graph, "forbidden-address", network=allowed) == []
    assert found(graph, "address-to-allow", network=allowed) == []


@pytest.mark.parametrize(
    ("url", "rule"),
    [
        ("https://10.1.2.3/", "address-to-allow"),
        ("https://erp.example:8443/", "address-to-allow"),
        ("https://[fd00::1]/", "address-to-allow"),
        ("https://intranet/", "forbidden-address"),
        ("https://169.254.169.254/", "forbidden-address"),
        ("http://erp.example/", "forbidden-address"),
    ],
)
def test_without_a_company_only_what_nobody_may_call_is_refused(url: str, rule: str) -> None:
    graph = drawn("> order >", order=a_call(url=url))
    rules = {"forbidden-address", "address-to-allow"}

    (problem,) = (one for one in problems(graph) if one.rule in rules)

    assert problem.rule == rule
    assert problem.blocks is (rule == "forbidden-address")


@pytest.mark.parametrize(
    ("made", "place"),
    [
        ({"a": {"b": 1}}, "/tasks/0/input_transform/a"),
        ([1, 2], "/tasks/0/input_transform"),
        ("x", "/tasks/0/input_transform"),
    ],
)
def test_a_group_has_no_form_in_an_address(made: Any, place: str) -> None:
    get = a_call(action={"method": "GET"}) | {"input_transform": made}

    assert the(drawn("> order >", order=get), "bad-query").place == place
    post = a_call() | {"input_transform": made}
    assert found(drawn("> order >", order=post), "bad-query") == []


@pytest.mark.parametrize(
    "made", [None, {"a": [1, "b", True]}, {"$": {"var": "ticket"}}, {"a": {"$": {"var": "x"}}}]
)
def test_values_may_stand_in_an_address(made: Any) -> None:
    get = a_call(action={"method": "DELETE"}) | {"input_transform": made}

    assert found(drawn("> order >", order=get), "bad-query") == []


def test_nobody_waits_an_hour_for_the_answer_to_a_call() -> None:
    slow = {**a_call(), "timeout_seconds": 3600}

    assert "ASYNC_ACTION" in the(drawn("> order >", order=slow), "too-patient").hint
    later = {**slow, "task_type": "ASYNC_ACTION"}
    assert found(drawn("> order >", order=later), "too-patient") == []


# Times


def test_a_wait_says_what_it_waits_for() -> None:
    wait = {"task_type": "WAIT"}

    assert the(drawn("> rest >", rest=wait), "no-time-to-wait-for").place == "/tasks/0/until"
    until = {**wait, "extra": {"until": {"hours": 1}}}
    assert [one for one in problems(drawn("> rest >", rest=until)) if one.blocks] == []


@pytest.mark.parametrize(
    ("task", "part"),
    [
        ({"extra": {"until": {"hours": 1}}}, "until"),
        ({"task_type": "WAIT", "extra": {"reminder": {"after": {"hours": 1}}}}, "reminder"),
        ({"task_type": "SUBWORKFLOW", "extra": {"reminder": {"after": {"hours": 1}}}}, "reminder"),
        ({"task_type": "WAIT", "timeout_seconds": 60}, "timeout_seconds"),
    ],
)
def test_times_stand_only_where_they_mean_something(task: Any, part: str) -> None:
    problem = the(drawn("> ask >", ask=task), "out-of-place")

    assert problem.place == f"/tasks/0/{part}"
    assert problem.blocks


@pytest.mark.parametrize(
    "task",
    [
        {"action_url": ERP},
        {"extra": {"action": {"method": "GET"}}},
        {"extra": {"subworkflow": "other"}},
    ],
)
def test_what_is_never_used_is_told(task: Any) -> None:
    assert the(drawn("> ask >", ask=task), "idle-part").severity == Severity.WARNING


def test_a_reminder_before_the_due_time_needs_one() -> None:
    before = {"reminder": {"before": {"hours": 4}}}
    graph = drawn("> ask >", ask={"extra": before})

    assert the(graph, "reminder-without-due").place == "/tasks/0/reminder/before"
    due = drawn("> ask >", ask={"extra": {**before, "due": {"days": 2}}})
    assert found(due, "reminder-without-due") == []


def test_a_time_limit_leads_somewhere() -> None:
    graph = drawn("> ask >", ask={"timeout_seconds": 60})

    assert the(graph, "limit-without-way").place == "/tasks/0/timeout_seconds"
    assert found(drawn("> ask >", LATE, ask={"timeout_seconds": 60}), "limit-without-way") == []
    later = a_call("ASYNC_ACTION") | {"timeout_seconds": 60}
    assert found(drawn("> ask >", ask=later), "limit-without-way") == []  # its error is told


@pytest.mark.parametrize(
    ("task", "words"),
    [
        ({}, "no time that could run out"),
        (a_call(), "has failed"),
        ({"task_type": "WAIT", "extra": {"until": {"hours": 1}}}, "its time has come"),
    ],
)
def test_a_way_after_a_timeout_needs_a_time_that_can_run_out(task: Any, words: str) -> None:
    problem = the(drawn("> ask >", LATE, "late >", ask=task), "way-without-limit")

    assert problem.place == "/transitions/2/after"
    assert words in problem.message


@pytest.mark.parametrize(
    "task",
    [
        {"timeout_seconds": 60},
        {"extra": {"due": {"days": 1}}},
        a_call("ASYNC_ACTION"),
        {"task_type": "SUBWORKFLOW", "extra": {"due": {"days": 1}, "subworkflow": "other"}},
    ],
)
def test_what_can_run_out_may_lead_on(task: Any) -> None:
    assert found(drawn("> ask >", LATE, "late >", ask=task), "way-without-limit") == []


def test_the_start_does_not_run_out() -> None:
    graph = drawn("> ask >", Edge(None, "ask", after="timeout"))

    assert "start" in the(graph, "way-without-limit").message


def test_nothing_comes_after_another_word() -> None:
    assert the(drawn("> ask >", Edge("ask", None, after="lunch")), "unknown-word").blocks


def test_ways_after_a_timeout_are_counted_apart() -> None:
    late = {"timeout_seconds": 60}
    one_each = drawn("> ask >", LATE, "late >", ask=late)
    two = drawn("> ask >", LATE, Edge("ask", None, after="timeout"), "late >", ask=late)

    assert found(one_each, "several-defaults") == []
    assert "after “ask” ran out of time" in the(two, "several-defaults").message

    done = when("ask", "late", "a")
    out = Edge("ask", "late", {"==": [{"var": "ticket.x"}, 1]}, 0, after="timeout")
    assert found(drawn("> ask >", done, out, ask=late), "same-priority") == []


def test_a_loop_through_a_timeout_or_a_catch_must_pause_too() -> None:
    back = {"catch": [{"errors": ["*"], "next": "order"}]}
    caught = drawn("> order >", order=a_call(action=back))

    assert the(caught, "loop-without-wait").place == "/tasks/0"


def test_branches_that_go_round_must_pause() -> None:
    graph = drawn(
        "> fork > a > meet > fork", "fork > b > meet >",
        fork=a_call() | SPLIT, a=a_call(), b=a_call(), meet=a_call() | JOIN,
    )  # fmt: skip

    assert len(found(graph, "loop-without-wait")) == 4


# What is left behind


def test_what_went_wrong_can_be_read_after_a_catch() -> None:
    action = {"catch": [{"errors": ["*"], "next": "help", "result_path": "problem"}]}
    order = a_call(action=action) | {"output_transform": {"no": {"$": {"var": "response.no"}}}}

    def reads(path: str) -> WorkflowGraph:
        after = Edge("help", None, {"==": [{"var": path}, "timeout"]})
        return drawn("> order >", after, "help > order", order=order)

    assert found(reads("order.problem.name"), "unknown-path") == []
    assert found(reads("order.no"), "unknown-path") == []
    assert "no field “error”" in the(reads("order.error.name"), "unknown-path").message


def test_a_wait_leaves_nothing_behind() -> None:
    rest = {"task_type": "WAIT", "extra": {"until": {"hours": 1}}}
    graph = drawn("> rest", when("rest", None, "x"), "rest > ask >", rest=rest)

    assert "no field “answer”" in the(graph, "unknown-path").message


def test_an_output_is_made_from_the_answer_alone() -> None:
    order = a_call() | {"output_transform": {"no": {"$": {"var": "ticket.no"}}}}
    child = {
        "task_type": "SUBWORKFLOW",
        "output_transform": {"ok": {"$": {"var": "child.check.ok"}}},
        "extra": {"subworkflow": "other"},
    }
    graph = drawn("> order > inside >", order=order, inside=child)

    problem = the(graph, "unknown-answer")

    assert problem.place == "/tasks/0/output_transform"
    assert "“response” alone" in problem.message


@pytest.mark.parametrize(
    ("part", "said"),
    [
        ("input_transform", {"x": {"$": {"var": "later.no"}}}),
        ("due", {"at": {"$": {"var": "later.no"}}}),
        ("until", {"at": {"$": {"var": "later.no"}}}),
    ],
)
def test_what_a_task_is_given_comes_from_before(part: str, said: Any) -> None:
    task = {part: said} if part == "input_transform" else {"extra": {part: said}}
    later = {"output_schema": {"properties": {"no": {}}, "type": "object"}}
    graph = drawn("> ask > later >", ask=task, later=later)

    assert the(graph, "too-early").place == f"/tasks/0/{part}"
    after = drawn("> later > ask >", ask=task, later=later)
    assert found(after, "too-early") == []


def test_nothing_is_there_of_a_task_whose_time_ran_out() -> None:
    escalate = Edge("ask", "late", {"==": [{"var": "ask.answer"}, "a"]}, after="timeout")
    graph = drawn("> ask >", escalate, "late >", ask={"timeout_seconds": 60})

    assert "left nothing behind" in the(graph, "too-early").message


@pytest.mark.parametrize(
    "odd", [[1], "x", 3, {"a": None}, {"catch": 1}, {"method": {"a": 1}}, True]
)
@pytest.mark.parametrize("kind", ["FORM", "ASYNC_ACTION", "SUBWORKFLOW", "WAIT"])
def test_rows_that_say_nonsense_are_told_and_nothing_fails(kind: str, odd: Any) -> None:
    extra = dict.fromkeys(["action", "due", "until", "reminder", "subworkflow"], odd)
    task = {"task_type": kind, "action_url": "x", "extra": extra, "output_transform": odd}

    found = problems(drawn("> ask >", LATE, "late >", ask=task), secrets={"a"})

    assert "bad-action" in {problem.rule for problem in found}
