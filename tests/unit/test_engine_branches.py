"""Several branches at once: how they part, how they meet, and that none is left behind."""

import pytest

from definitions.graph import Edge, WorkflowGraph
from operations import engine
from operations.engine import OpenTask, Progress, RoutingError, Start, Waiting
from tests.unit.drawings import JOIN, NOW, SPLIT, Ticket, drawn, submitted, when


def hiring() -> WorkflowGraph:
    """Laptop and contract are prepared side by side; the first day comes after both."""
    return drawn(
        "> hire > laptop > first_day >",
        "hire > contract > first_day",
        hire=SPLIT,
        first_day=JOIN,
    )


def branches(ticket: Ticket) -> dict[str, str]:
    return {task.branch: task.key for task in ticket.progress.open}


def test_a_split_starts_every_branch_and_the_first_keeps_its_name() -> None:
    ticket = submitted(hiring())

    ticket.complete("hire")

    assert sorted(branches(ticket).items()) == [("1", "contract"), ("2", "laptop")]


def test_a_join_starts_once_when_the_last_branch_is_there() -> None:
    ticket = submitted(hiring())
    ticket.complete("hire")

    early = ticket.complete("laptop")

    assert early.starts == ()
    assert early.waits == (Waiting("first_day", "2"),)
    assert not early.finished

    last = ticket.complete("contract")

    assert last.starts == (Start("first_day", "1", merges=("2", "1")),)
    assert last.waits == ()
    assert ticket.complete("first_day").finished
    assert ticket.starts_of("first_day") == 1


def test_a_join_any_starts_for_each_branch() -> None:
    graph = drawn("> hire > laptop > note >", "hire > contract > note", hire=SPLIT)
    ticket = submitted(graph)
    ticket.complete("hire")

    ticket.complete("laptop")
    ticket.complete("contract")

    assert ticket.places == ["note", "note"]
    assert not ticket.complete("note").finished
    assert ticket.complete("note").finished


def test_only_true_conditions_start_branches() -> None:
    graph = drawn(
        "> ask",
        Edge("ask", "phone", {"in": ["phone", {"var": "ask.wants"}]}),
        Edge("ask", "car", {"in": ["car", {"var": "ask.wants"}]}),
        Edge("ask", "badge", True),
        ask=SPLIT,
    )
    ticket = submitted(graph)

    ticket.complete("ask", wants=["car"])

    assert sorted(ticket.places) == ["badge", "car"]


def test_a_split_takes_its_default_only_when_nothing_else_fits() -> None:
    graph = drawn("> ask", when("ask", "phone", "phone"), "ask > nothing >", ask=SPLIT)

    assert [
        start.task_key for start in submitted(graph).complete("ask", answer="phone").starts
    ] == ["phone"]
    assert [start.task_key for start in submitted(graph).complete("ask", answer="-").starts] == [
        "nothing"
    ]


def test_a_split_with_one_true_condition_goes_on_as_one_branch_through_the_join() -> None:
    graph = drawn(
        "> ask",
        when("ask", "left", "left"),
        when("ask", "right", "right", 1),
        "left > meet >",
        "right > meet",
        ask=SPLIT,
        meet=JOIN,
    )
    ticket = submitted(graph)
    ticket.complete("ask", answer="left")

    assert ticket.complete("left").starts == (Start("meet", "1", merges=("1",)),)


def test_a_condition_that_fails_stops_a_split_as_a_whole() -> None:
    graph = drawn(
        "> ask", Edge("ask", "a", True), Edge("ask", "b", {">": [{"var": "x"}, 1]}, 1), ask=SPLIT
    )
    ticket = submitted(graph)

    with pytest.raises(RoutingError) as caught:
        ticket.complete("ask")

    assert caught.value.code == "condition_failed"
    assert ticket.places == ["ask"]


def test_a_branch_that_ends_early_lets_the_others_go_on() -> None:
    graph = drawn(
        "> hire > laptop > first_day >",
        "hire > contract",
        when("contract", "first_day", "signed"),
        when("contract", None, "refused", 1),
        hire=SPLIT,
        first_day=JOIN,
    )
    ticket = submitted(graph)
    ticket.complete("hire")
    ticket.complete("laptop")

    decision = ticket.complete("contract", answer="refused")

    assert decision.ended == ("1",)
    assert decision.starts == (Start("first_day", "2", merges=("2",)),)
    assert ticket.complete("first_day").finished


def test_a_branch_that_ends_leaves_the_ticket_running_until_the_last_one_does() -> None:
    ticket = submitted(drawn("> hire > laptop >", "hire > contract >", hire=SPLIT))
    ticket.complete("hire")

    assert not ticket.complete("laptop").finished
    assert ticket.complete("contract").finished


def test_a_join_waits_for_a_branch_that_may_still_turn_towards_it() -> None:
    graph = drawn(
        "> fork > left > meet >",
        "fork > right",
        when("right", "meet", "join"),
        when("right", "far", "other", 1),
        "far >",
        fork=SPLIT,
        meet=JOIN,
    )
    ticket = submitted(graph)
    ticket.complete("fork")

    assert ticket.complete("left").starts == ()

    decision = ticket.complete("right", answer="other")

    assert {start.task_key for start in decision.starts} == {"far", "meet"}
    assert {start.branch for start in decision.starts} == {"1", "2"}


def test_a_loop_inside_one_branch_holds_the_join_until_it_is_left() -> None:
    graph = drawn(
        "> fork > left > meet >",
        "fork > right",
        when("right", "right", "again"),
        when("right", "meet", "done", 1),
        fork=SPLIT,
        meet=JOIN,
    )
    ticket = submitted(graph)
    ticket.complete("fork")
    ticket.complete("left")

    for _round in range(5):
        assert ticket.complete("right", answer="again").starts[0].task_key == "right"
    ticket.complete("right", answer="done")

    assert ticket.places == ["meet"]


def test_split_and_join_inside_a_loop_meet_once_in_each_round() -> None:
    graph = drawn(
        "> fork > left > meet",
        "fork > right > meet",
        when("meet", "fork", "again"),
        when("meet", None, "done", 1),
        fork=SPLIT,
        meet=JOIN,
    )
    ticket = submitted(graph)

    for _round in range(20):
        ticket.complete("fork")
        ticket.complete("left")
        ticket.complete("right")
        ticket.complete("meet", answer="again")

    assert ticket.starts_of("meet") == 20
    assert branches(ticket) == {"1": "fork"}


def test_a_branch_that_goes_back_before_the_split_is_waited_for() -> None:
    graph = drawn(
        "> fork > left > meet >",
        "fork > right",
        when("right", "fork", "back"),
        when("right", "meet", "done", 1),
        fork=SPLIT,
        meet=JOIN,
    )
    ticket = submitted(graph)
    ticket.complete("fork")
    ticket.complete("left")
    ticket.complete("right", answer="back")
    ticket.complete("fork")
    ticket.complete("left")

    last = ticket.complete("right", answer="done")

    assert len(last.starts[0].merges) == 3
    assert ticket.complete("meet").finished


def test_joins_inside_joins_meet_from_the_inside_out() -> None:
    graph = drawn(
        "> outer > inner > a > inner_meet > outer_meet >",
        "inner > b > inner_meet",
        "outer > c > outer_meet",
        outer=SPLIT,
        inner=SPLIT,
        inner_meet=JOIN,
        outer_meet=JOIN,
    )
    ticket = submitted(graph)
    ticket.complete("outer")
    ticket.complete("c")
    ticket.complete("inner")
    ticket.complete("a")
    ticket.complete("b")

    assert ticket.places == ["inner_meet"]

    ticket.complete("inner_meet")

    assert ticket.places == ["outer_meet"]
    assert ticket.complete("outer_meet").finished


def rounds_of_two_joins() -> WorkflowGraph:
    """A join inside a join, and all of it inside a loop: each task can reach each other."""
    return drawn(
        "> outer > inner > a > inner_meet > outer_meet",
        "inner > b > inner_meet",
        "outer > c > outer_meet",
        when("outer_meet", "outer", "again"),
        when("outer_meet", None, "done", 1),
        outer=SPLIT,
        inner=SPLIT,
        inner_meet=JOIN,
        outer_meet=JOIN,
    )


def test_joins_on_one_loop_still_meet_from_the_inside_out() -> None:
    ticket = submitted(rounds_of_two_joins())

    for _round in range(3):
        ticket.complete("outer")
        ticket.complete("c")  # arrives first at the outer join
        ticket.complete("inner")
        ticket.complete("b")
        assert [start.task_key for start in ticket.complete("a").starts] == ["inner_meet"]
        ticket.complete("inner_meet")
        ticket.complete("outer_meet", answer="again")

    assert ticket.starts_of("inner_meet") == ticket.starts_of("outer_meet") == 3


def test_a_join_does_not_wait_for_a_branch_that_cannot_come_before_it_starts() -> None:
    ticket = submitted(rounds_of_two_joins())
    ticket.complete("outer")
    ticket.complete("inner")
    ticket.complete("a")

    ticket.complete("b")

    assert sorted(ticket.places) == ["c", "inner_meet"]


def test_an_early_end_inside_one_loop_with_two_joins_lets_the_inner_one_go_on() -> None:
    graph = drawn(
        "> outer > inner > a > inner_meet > outer_meet",
        "inner > b",
        when("b", "inner_meet", "done"),
        when("b", None, "gave up", 1),
        "outer > c > outer_meet",
        when("outer_meet", "outer", "again"),
        when("outer_meet", None, "done", 1),
        outer=SPLIT,
        inner=SPLIT,
        inner_meet=JOIN,
        outer_meet=JOIN,
    )
    ticket = submitted(graph)
    ticket.complete("outer")
    ticket.complete("c")
    ticket.complete("inner")
    ticket.complete("a")

    ticket.complete("b", answer="gave up")

    assert ticket.places == ["inner_meet"]
    ticket.complete("inner_meet")
    assert ticket.places == ["outer_meet"]


def test_a_branch_outside_that_may_begin_again_is_waited_for() -> None:
    graph = drawn(
        "> fork > left > meet >",
        "fork > right > meet",
        "fork > check",
        when("check", "fork", "back"),
        when("check", None, "good", 1),
        fork=SPLIT,
        meet=JOIN,
    )
    ticket = submitted(graph)
    ticket.complete("fork")
    ticket.complete("left")

    assert ticket.complete("right").starts == ()
    assert ticket.complete("check", answer="good").starts[0].task_key == "meet"


def test_two_joins_that_wait_for_each_other_go_on_with_the_earlier_arrival() -> None:
    graph = drawn(
        "> fork > left > p",
        "fork > right > q",
        when("p", "q", "over"),
        when("p", None, "end", 1),
        when("q", "p", "over"),
        when("q", None, "end", 1),
        fork=SPLIT,
        p=JOIN,
        q=JOIN,
    )
    ticket = submitted(graph)
    ticket.complete("fork")
    ticket.complete("right")

    decision = ticket.complete("left")

    assert [start.task_key for start in decision.starts] == ["q"]
    ticket.complete("q", answer="over")
    assert ticket.places == ["p"]
    assert ticket.complete("p", answer="end").finished


def test_a_join_that_is_open_does_not_wait_for_its_own_next_round() -> None:
    graph = drawn("> fork > meet > fork", "fork > side > meet", "meet >", meet=JOIN)
    progress = Progress((OpenTask(1, "meet", "1"), OpenTask(2, "side", "2")))

    decision = engine.complete(graph, progress, 2, {}, now=NOW)

    assert decision.starts == (Start("meet", "2", merges=("2",)),)


def test_free_names_of_branches_are_used_again() -> None:
    graph = drawn(
        "> work",
        Edge("work", "side", True),
        Edge("work", "work", {"==": [{"var": "work.answer"}, "again"]}, 1),
        "side >",
        work=SPLIT,
    )
    ticket = submitted(graph)

    for _round in range(50):
        ticket.complete("work", answer="again")
        ticket.complete("side")

    assert set(branches(ticket)) <= {"1", "2"}


def test_a_split_that_feeds_itself_is_stopped() -> None:
    graph = drawn("> work", Edge("work", "work", True), Edge("work", "work", True, 1), work=SPLIT)
    ticket = submitted(graph)
    for _round in range(199):
        ticket.complete("work")

    with pytest.raises(RoutingError) as caught:
        ticket.complete("work")

    assert caught.value.code == "branch_limit"
    assert len(ticket.progress.open) == 200
