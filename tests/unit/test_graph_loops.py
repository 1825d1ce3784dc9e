"""Loops are found in drawings of any shape and length."""

from hypothesis import given
from hypothesis import strategies as st

from definitions.graph import Edge, TaskNode, WorkflowGraph
from definitions.linter import MOST_PER_RULE, problems
from definitions.loops import on_loops
from tests.unit.drawings import JOIN, SPLIT, drawn, when

NODES = "abcdef"


@given(st.fixed_dictionaries({node: st.lists(st.sampled_from(NODES)) for node in NODES}))
def test_a_node_is_on_a_loop_when_a_path_leads_back_to_it(onward: dict[str, list[str]]) -> None:
    graph = drawn(*(Edge(node, other) for node, others in onward.items() for other in others))

    assert on_loops(onward) == {node for node in NODES if graph.can_reach(node, node)}


def test_a_drawing_of_any_length_is_searched() -> None:
    size = 20_000
    row = {str(number): [str(number + 1)] for number in range(size)}

    assert on_loops({**row, str(size): []}) == frozenset()
    assert len(on_loops({**row, str(size): ["0"]})) == size + 1


def test_a_large_drawing_is_checked_quickly_enough_to_wait_for() -> None:
    size = 400
    edges = [Edge(None, "t0")] + [
        Edge(f"t{number}", f"t{other}" if other < size else None, True, other)
        for number in range(size)
        for other in (number + 1, number + 2, max(number - 3, 0))
    ]
    tasks = {f"t{n}": TaskNode(f"t{n}", task_type="SYNC_ACTION") for n in range(size)}

    found = problems(WorkflowGraph("large", tasks, tuple(edges)))

    assert {problem.rule for problem in found if problem.blocks} == {"loop-without-wait"}
    told = sum(problem.rule == "loop-without-wait" for problem in found)
    assert told == MOST_PER_RULE < size


def test_a_later_join_holds_back_what_would_have_to_pass_it() -> None:
    graph = drawn(
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

    assert graph.comers("inner_meet").open == {"a", "b", "inner", "outer", "outer_meet"}
    assert graph.comers("inner_meet").waiting == {"a", "b", "inner", "outer"}
    assert graph.comers("outer_meet").open == {"a", "b", "c", "inner", "outer", "inner_meet"}
    assert graph.comers("outer_meet").waiting >= {"inner_meet"}


def test_comers_are_known_in_a_part_that_no_way_leads_to() -> None:
    graph = drawn("> ask >", "a > meet > a", "b > meet", meet=JOIN)

    assert graph.comers("meet").open == {"a", "b"}
