"""What becomes of a run in another version, decided without a database."""

from typing import Any
from uuid import uuid4

from hypothesis import given
from hypothesis import strategies as st

from definitions.graph import Edge, TaskNode, WorkflowGraph
from operations.engine import OpenTask, Progress, Waiting, resettle
from operations.versions.planning import OpenStep, RunState, Target, plan_run, renames

FORM = {"type": "object", "properties": {"ok": {"type": "boolean", "title": "All right?"}}}


def a_graph(*keys: str, **tasks: dict[str, Any]) -> WorkflowGraph:
    """A chain of forms."""
    nodes = {
        key: TaskNode(key, key.title(), **{"output_schema": FORM, **tasks.get(key, {})})
        for key in keys
    }
    ends: list[str | None] = [*keys[1:], None]
    edges = [Edge(None, keys[0]), *map(Edge, keys, ends)]
    return WorkflowGraph("flow", nodes, tuple(edges))


def a_run(*steps: OpenStep, waiting: tuple[Waiting, ...] = ()) -> RunState:
    return RunState(uuid4(), uuid4(), uuid4(), 1, False, steps, waiting)


def at(key: str, status: str = "OPEN", **more: Any) -> OpenStep:
    return OpenStep(uuid4(), key, status, **more)


@given(
    st.lists(st.sampled_from("abc"), max_size=4),
    st.sampled_from(["OPEN", "IN_PROGRESS", "PENDING", "ERROR", "COMPLETED"]),
)
def test_in_a_version_that_says_the_same_everything_stays(keys: list[str], status: str):
    graph = a_graph("a", "b", "c")
    run = a_run(*(at(key, status, branch=str(n)) for n, key in enumerate(keys, 1)))

    plan = plan_run(run, graph, Target(graph, 2))

    assert not plan.is_refused
    assert [(one.from_key, one.to_key) for one in plan.steps] == [(key, key) for key in keys]
    assert plan.renamed == {}
    assert not any(one.makes_input or one.drops_end or one.form_changed for one in plan.steps)
    told = {"ERROR": "has stopped", "COMPLETED": "is done"}.get(status)
    assert all(told is not None and told in note for note in plan.told)


def test_only_a_key_that_neither_version_shares_is_renamed():
    old = a_graph("a", "b", "gone")
    target = Target(a_graph("a", "b", "new"), 2, {"gone": "new", "a": "b"})

    assert renames(old, target) == {"gone": "new"}


def test_two_steps_that_become_one_keep_their_data_apart():
    old = a_graph("x", "y")
    target = Target(a_graph("new"), 2, {"x": "new", "y": "new"})

    assert renames(old, target) == {}


def test_a_caught_failure_leads_to_the_step_that_took_the_place():
    old, new = a_graph("a", "late"), a_graph("a", "later")
    run = a_run(at("a", "COMPLETED", way_out="catch:late"))

    refused = plan_run(run, old, Target(new, 2))
    plan = plan_run(run, old, Target(new, 2, {"late": "later"}))

    assert refused.refusals[0].key == "late"
    assert plan.steps[0].way_out == "catch:later"


def test_a_call_under_way_passes_and_can_be_tried_again():
    node = {"task_type": "SYNC_ACTION", "action_url": "https://erp.example/"}
    graph = a_graph("a", a=node)

    (refusal,) = plan_run(
        a_run(at("a", "IN_PROGRESS", is_being_called=True)), graph, Target(graph, 2)
    ).refusals

    assert refusal.passes
    assert refusal.key == ""


def test_a_form_that_is_none_is_no_reason_to_fail():
    """A draft may hold any; the preview of it is asked for before it can be published."""
    broken: Any = {"type": "object", "properties": {"ok": {"$ref": "https://else.example/"}}}
    old, new = a_graph("a"), a_graph("a", a={"output_schema": broken})

    plan = plan_run(a_run(at("a", draft={"ok": True})), old, Target(new, 2))

    assert not plan.is_refused


def test_a_kind_that_there_is_not_is_told_as_another():
    old, new = a_graph("a"), a_graph("a", a={"task_type": "DANCE"})

    (refusal,) = plan_run(a_run(at("a")), old, Target(new, 2)).refusals

    assert "“A” of v2 is of another kind" in refusal.message


def test_nothing_starts_anew_where_the_join_still_waits():
    graph = WorkflowGraph(
        "flow",
        {
            "left": TaskNode("left"),
            "right": TaskNode("right"),
            "meet": TaskNode("meet", join="ALL"),
        },
        (Edge("left", "meet"), Edge("right", "meet")),
    )
    run = a_run(at("right", branch="2"), waiting=(Waiting("meet", "1"),))
    alone = WorkflowGraph("flow", dict(graph.tasks), (Edge("left", "meet"),))

    assert plan_run(run, graph, Target(graph, 2)).starts == ()
    plan = plan_run(run, graph, Target(alone, 2))
    assert plan.starts == ("meet",)
    assert plan.arrivals == {"1": "meet"}


def test_settling_again_decides_nothing_by_itself():
    graph = a_graph("a", "b")

    decision = resettle(graph, Progress(open=(OpenTask(1, "a"),)))

    assert not decision.starts
    assert not decision.finished
