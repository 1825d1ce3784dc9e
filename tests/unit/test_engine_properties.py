"""What holds for every workflow, not only for those that somebody thought of.

Three kinds are drawn at random: nested blocks as careful people draw them, drawings without loops,
and anything from which every task can still reach the end.
"""

from collections import Counter
from dataclasses import dataclass, field, replace
from itertools import pairwise
from random import Random
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from definitions.graph import Edge, TaskNode, WorkflowGraph
from definitions.linter import problems
from operations.engine import Decision, OpenTask
from tests.unit.drawings import Ticket

ROUNDS = 40
settings.register_profile("engine", deadline=None, max_examples=150, derandomize=True)
in_all_of_them = settings.get_profile("engine")


# Drawing


def goes(source: str, way: int) -> dict[str, Any]:
    """True when the output of `source` lists this way; works for ONE and ALL alike."""
    return {"in": [way, {"var": f"{source}.ways"}]}


@dataclass
class Pencil:
    """Draws nested blocks; a block is a list: its kind, then its parts."""

    tasks: dict[str, TaskNode] = field(default_factory=dict)
    edges: list[Edge] = field(default_factory=list)
    forks: dict[str, str] = field(default_factory=dict)

    def task(self, kind: str, split: str = "ONE", join: str = "ANY") -> str:
        key = f"{kind}{len(self.tasks)}"
        self.tasks[key] = TaskNode(key, split=split, join=join)
        return key

    def arrow(self, source: str | None, target: str | None, way: int | None = None) -> None:
        condition = None if way is None or source is None else goes(source, way)
        self.edges.append(Edge(source, target, condition, way or 0))

    def block(self, shape: list[Any]) -> tuple[str, str, int | None]:
        """Draw it; tell its first task, its last task, and the way by which it is left."""
        kind, *parts = shape
        return getattr(self, f"_{kind}")(parts)  # type: ignore[no-any-return]

    def _step(self, _parts: list[Any]) -> tuple[str, str, int | None]:
        key = self.task("step")
        return key, key, None

    def _early(self, _parts: list[Any]) -> tuple[str, str, int | None]:
        key = self.task("early")
        self.arrow(key, None, 1)
        return key, key, 0

    def _row(self, parts: list[Any]) -> tuple[str, str, int | None]:
        laid = [self.block(part) for part in parts]
        for (_first, last, way), (first, _last, _way) in pairwise(laid):
            self.arrow(last, first, way)
        return laid[0][0], laid[-1][1], laid[-1][2]

    def _choice(self, parts: list[Any]) -> tuple[str, str, int | None]:
        choose = self.task("choose")
        merge = self.task("merge")
        for number, part in enumerate(parts):
            first, last, way = self.block(part)
            self.arrow(choose, first, number)
            self.arrow(last, merge, way)
        return choose, merge, None

    def _fork(self, parts: list[Any]) -> tuple[str, str, int | None]:
        fork = self.task("fork", split="ALL")
        meet = self.task("meet", join="ALL")
        self.forks[meet] = fork
        for part in parts:
            first, last, way = self.block(part)
            self.arrow(fork, first)
            self.arrow(last, meet, way)
        return fork, meet, None

    def _loop(self, parts: list[Any]) -> tuple[str, str, int | None]:
        first, last, way = self.block(parts[0])
        decide = self.task("decide")
        self.arrow(last, decide, way)
        self.arrow(decide, first, 1)
        return first, decide, 0

    def graph(self, shape: list[Any]) -> WorkflowGraph:
        first, last, way = self.block(shape)
        self.arrow(None, first)
        self.arrow(last, None, way)
        return WorkflowGraph("drawn", self.tasks, tuple(self.edges))


def blocks(*leaves: str) -> st.SearchStrategy[list[Any]]:
    return st.recursive(
        st.sampled_from([[leaf] for leaf in leaves]),
        lambda part: st.one_of(
            several(part, "row"),
            several(part, "choice"),
            several(part, "fork"),
            part.map(lambda one: ["loop", one]),
        ),
        max_leaves=8,
    )


def several(part: st.SearchStrategy[list[Any]], kind: str) -> st.SearchStrategy[list[Any]]:
    return st.lists(part, min_size=2, max_size=3).map(lambda parts: [kind, *parts])


@st.composite
def scribbles(draw: st.DrawFn, *, loops: bool) -> WorkflowGraph:
    """Tasks with up to two ways onward each; without loops they only lead to later tasks."""
    size = draw(st.integers(2, 6))
    keys = [f"t{number}" for number in range(size)]
    tasks = {
        key: TaskNode(
            key,
            split=draw(st.sampled_from(["ONE", "ALL"])),
            join=draw(st.sampled_from(["ANY", "ALL"])),
        )
        for key in keys
    }
    edges = [Edge(None, keys[0])]
    for number, key in enumerate(keys):
        others: list[str | None] = [*(keys if loops else keys[number + 1 :]), None]
        onward = draw(st.lists(st.sampled_from(others), min_size=1, max_size=2))
        edges += [Edge(key, target, goes(key, way), way) for way, target in enumerate(onward)]
    return WorkflowGraph("scribbled", tasks, tuple(edges))


# Walking


def walk(graph: WorkflowGraph, seed: int) -> Ticket:
    """Random tasks with random answers for some rounds, then home by the shortest way."""
    random = Random(seed)
    ticket = Ticket(graph)
    check(ticket, ticket.submit())
    for step in range(5000):
        if ticket.finished:
            return ticket
        task = random.choice(ticket.progress.open)
        ways = answer(graph, task.key, random) if step < ROUNDS else homeward(graph, task.key)
        before = ticket.progress
        decision = ticket.complete_task(task, {"ways": ways})
        check(ticket, decision)
        check_merges(before.waiting, task, decision)
    raise AssertionError(f"still open: {ticket.places}")


def answer(graph: WorkflowGraph, key: str, random: Random) -> list[int]:
    ways = [edge.priority for edge in graph.outgoing(key)]
    return random.sample(ways, random.randint(1, len(ways)))


def homeward(graph: WorkflowGraph, key: str) -> list[int]:
    """The one way from which the end is nearest."""
    distances = {key: distance(graph, key) for key in graph.tasks}
    nearest = min(
        graph.outgoing(key), key=lambda edge: -1 if edge.target is None else distances[edge.target]
    )
    return [nearest.priority]


def distance(graph: WorkflowGraph, key: str) -> int:
    ring, steps, seen = {key}, 0, {key}
    while ring:
        targets = {edge.target for source in ring for edge in graph.outgoing(source)}
        if None in targets:
            return steps
        ring = {target for target in targets if target is not None} - seen
        seen |= ring
        steps += 1
    return 10**6


def check(ticket: Ticket, decision: Decision) -> None:
    """What holds after every decision."""
    progress, graph = ticket.progress, ticket.graph
    names = [task.branch for task in progress.open] + [place.branch for place in progress.waiting]
    assert len(names) == len(set(names)), "two places share a branch"
    assert decision.finished == (not progress.open and not progress.waiting)
    assert progress.open or not progress.waiting, "only waiting is left: nobody could go on"
    for place in progress.waiting:
        assert graph.tasks[place.key].join == "ALL"
        assert held_up(ticket, place.key), "a join waits for nobody"
    for start in decision.starts:
        assert bool(start.merges) == (graph.tasks[start.task_key].join == "ALL")


def held_up(ticket: Ticket, join: str) -> bool:
    """Whether some other branch has a path to the join that does not pass through it."""
    places = {task.key for task in ticket.progress.open}
    places |= {place.key for place in ticket.progress.waiting}
    return any(ticket.graph.can_reach(place, join, avoiding=join) for place in places)


def check_merges(waiting: tuple[Any, ...], done: OpenTask, decision: Decision) -> None:
    """Every branch that waited before waits on, or is used up by one start; none is both."""
    merged = Counter(branch for start in decision.starts for branch in start.merges)
    assert all(times == 1 for times in merged.values())
    early = {place.branch for place in waiting}
    fresh = {place.branch for place in decision.waits}
    assert not fresh & (early | set(merged))
    assert done.branch not in early


# What holds


@given(shape=blocks("step"), seed=st.integers(0, 10**6))
@in_all_of_them
def test_in_nested_blocks_every_join_starts_as_often_as_its_split(
    shape: list[Any], seed: int
) -> None:
    pencil = Pencil()

    ticket = walk(pencil.graph(shape), seed)

    for meet, fork in pencil.forks.items():
        assert ticket.starts_of(meet) == ticket.starts_of(fork)


@given(shape=blocks("step", "early"), seed=st.integers(0, 10**6))
@in_all_of_them
def test_with_early_ends_no_join_starts_more_often_than_its_split(
    shape: list[Any], seed: int
) -> None:
    pencil = Pencil()

    ticket = walk(pencil.graph(shape), seed)

    for meet, fork in pencil.forks.items():
        assert ticket.starts_of(meet) <= ticket.starts_of(fork)


@given(shape=blocks("step", "early"))
@in_all_of_them
def test_nested_blocks_of_forms_have_no_problems(shape: list[Any]) -> None:
    graph = Pencil().graph(shape)

    assert [problem for problem in problems(graph) if problem.blocks] == []


@given(graph=scribbles(loops=False), seed=st.integers(0, 10**6))
@in_all_of_them
def test_without_loops_no_join_starts_twice(graph: WorkflowGraph, seed: int) -> None:
    ticket = walk(graph, seed)

    for key, task in graph.tasks.items():
        assert task.join == "ANY" or ticket.starts_of(key) <= 1


@given(graph=scribbles(loops=True), seed=st.integers(0, 10**6))
@in_all_of_them
def test_whatever_can_reach_its_end_does_end(graph: WorkflowGraph, seed: int) -> None:
    trapped = [p for p in problems(graph) if p.rule == "no-way-out"]

    if not trapped:
        assert walk(graph, seed).finished


@given(graph=scribbles(loops=True), seed=st.integers(0, 10**6), order=st.randoms())
@in_all_of_them
def test_the_order_of_lines_in_a_document_changes_no_decision(
    graph: WorkflowGraph, seed: int, order: Random
) -> None:
    if any(problem.rule == "no-way-out" for problem in problems(graph)):
        return
    edges, tasks = list(graph.edges), list(graph.tasks.items())
    order.shuffle(edges)
    order.shuffle(tasks)
    shuffled = replace(graph, edges=tuple(edges), tasks=dict(tasks))

    assert walk(graph, seed).decisions == walk(shuffled, seed).decisions


@given(graph=scribbles(loops=True), seed=st.integers(0, 10**6))
@in_all_of_them
def test_the_same_ticket_goes_the_same_way_twice(graph: WorkflowGraph, seed: int) -> None:
    if any(problem.rule == "no-way-out" for problem in problems(graph)):
        return

    assert walk(graph, seed).decisions == walk(graph, seed).decisions
