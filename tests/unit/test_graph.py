"""A workflow as values: what comes first, what leads where, what never pauses."""

from dataclasses import FrozenInstanceError

import pytest

from definitions.graph import Edge, FieldSpec, TaskNode, WorkflowGraph
from tests.unit.drawings import CALL, drawn


def targets(graph: WorkflowGraph, source: str | None) -> list[str | None]:
    return [edge.target for edge in graph.outgoing(source)]


def test_conditions_are_asked_by_priority_then_by_key() -> None:
    graph = drawn(
        "> ask",
        Edge("ask", "late", True, priority=2, key="a"),
        Edge("ask", "second", True, priority=1, key="b"),
        Edge("ask", "first", True, priority=1, key="a"),
    )

    assert targets(graph, "ask") == ["first", "second", "late"]


def test_the_default_comes_last_whatever_its_priority() -> None:
    graph = drawn(
        "> ask", Edge("ask", None, None, priority=-5), Edge("ask", "pay", True, priority=9)
    )

    assert targets(graph, "ask") == ["pay", None]


def test_order_of_lines_in_a_document_decides_nothing() -> None:
    edges = [
        Edge("ask", "pay", {"var": "ask.a"}),
        Edge("ask", "pay", {"var": "ask.b"}),
        Edge("ask", "close", {"var": "ask.b"}),
        Edge("ask", None, {"var": "ask.b"}),
    ]

    assert drawn(*edges).outgoing("ask") == drawn(*reversed(edges)).outgoing("ask")


def test_false_and_zero_are_conditions_and_not_the_default() -> None:
    assert not Edge("ask", "pay", False).is_default
    assert not Edge("ask", "pay", 0).is_default
    assert Edge("ask", "pay").is_default


def test_starts_are_the_transitions_from_nowhere() -> None:
    graph = drawn("> ask > pay >")

    assert graph.starts == (Edge(None, "ask"),)


def test_paths_lead_forward_only() -> None:
    graph = drawn("> ask > check > pay >")

    assert graph.can_reach("ask", "pay")
    assert graph.can_reach(None, "pay")
    assert graph.can_reach("ask", None)
    assert not graph.can_reach("pay", "ask")


def test_a_task_reaches_itself_only_round_a_loop() -> None:
    graph = drawn("> ask > check > ask", "check > pay >")

    assert graph.can_reach("ask", "ask")
    assert not graph.can_reach("pay", "pay")


def test_a_path_through_the_avoided_task_does_not_count() -> None:
    graph = drawn("> ask > check > pay >", "ask > pay")

    assert graph.can_reach("ask", "pay", avoiding="check")
    assert not graph.can_reach("ask", "check", avoiding="ask")
    assert not drawn("> ask > check > pay >").can_reach("ask", "pay", avoiding="check")


def test_the_avoided_task_may_be_where_the_path_ends() -> None:
    graph = drawn("> ask > meet > ask", "meet >")

    assert graph.can_reach("ask", "meet", avoiding="meet")
    assert not graph.can_reach("meet", "meet", avoiding="meet")


def test_the_end_leads_nowhere_though_it_is_written_like_the_start() -> None:
    graph = drawn("> ask >", "stray > ask")

    assert not graph.can_reach("ask", "ask")
    assert graph.reachable() == {"ask"}


def test_a_transition_to_a_task_that_is_missing_breaks_nothing() -> None:
    graph = WorkflowGraph("w", {"ask": TaskNode("ask")}, (Edge(None, "ask"), Edge("ask", "gone")))

    assert graph.reachable() == {"ask"}
    assert graph.can_reach("ask", "gone")


def test_a_loop_of_calls_spins_and_a_loop_with_a_form_does_not() -> None:
    spinning = drawn("> call > again > call", "again >", call=CALL, again=CALL)
    resting = drawn("> call > ask > call", "ask >", call=CALL)

    assert spinning.spins("call")
    assert spinning.spins("again")
    assert not resting.spins("call")
    assert not resting.spins("ask")


def test_a_call_on_two_loops_spins_when_one_of_them_never_waits() -> None:
    graph = drawn("> call > ask > call", "call > again > call", "ask >", call=CALL, again=CALL)

    assert graph.spins("call")


def test_a_visit_limit_ends_a_loop_as_well_as_a_wait_does() -> None:
    graph = drawn("> call > again > call", "again >", call={**CALL, "max_visits": 3}, again=CALL)

    assert not graph.spins("call")
    assert not graph.spins("again")


def test_a_timer_is_a_wait() -> None:
    graph = drawn("> call > call", call={"task_type": "WAIT"})

    assert not graph.spins("call")


def test_a_graph_stays_as_it_was_made() -> None:
    tasks = {"ask": TaskNode("ask")}
    graph = WorkflowGraph("w", tasks, (Edge(None, "ask"),))

    tasks["late"] = TaskNode("late")

    assert set(graph.tasks) == {"ask"}
    with pytest.raises(FrozenInstanceError):
        graph.key = "other"  # type: ignore[misc]


def test_graphs_with_the_same_parts_are_equal_whatever_they_remember() -> None:
    one, other = drawn("> ask >"), drawn("> ask >")

    one.can_reach("ask", None)

    assert one == other


def test_a_condition_is_compiled_once() -> None:
    graph = drawn("> ask", Edge("ask", None, {"==": [{"var": "ask.answer"}, 1]}))
    edge = graph.outgoing("ask")[0]

    assert graph.rule(edge) is graph.rule(edge)


def test_a_bottomless_condition_does_not_stop_the_graph_from_being_made() -> None:
    deep: object = True
    for _level in range(50_000):
        deep = {"!": deep}

    graph = drawn("> ask", Edge("ask", None, deep), Edge("ask", "pay", deep))

    assert len(graph.outgoing("ask")) == 2


def test_declared_fields_are_read_with_what_people_call_them() -> None:
    rows = (
        {"name": "amount", "type": "number", "title": "Amount"},
        {"name": "item"},
        {"title": "?"},
    )
    graph = WorkflowGraph("w", {}, (), rows)

    assert graph.declared_fields() == (
        FieldSpec("amount", "number", "Amount"),
        FieldSpec("item", "string", ""),
    )
