"""What the linter says of conditions against every answer there is, one by one."""

from itertools import product
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from definitions.graph import Edge, TaskNode, WorkflowGraph
from definitions.linter import problems
from definitions.logic import LogicError, MissingValue, evaluate_condition
from definitions.schemas import problems as wrong_answers

COLOURS = ["red", "green", "blue"]
QUESTIONS: dict[str, dict[str, Any]] = {
    "yes": {"type": "boolean"},
    "colour": {"enum": COLOURS},
    "count": {"type": "integer", "minimum": 0, "maximum": 4},
    "note": {"type": "string"},
}
#: Every answer there is, as far as these conditions can tell them apart. "yes" is always given.
ANSWERS: dict[str, list[Any]] = {
    "yes": [True, False],
    "colour": [*COLOURS, None],
    "count": [0, 1, 2, 3, 4, None],
    "note": ["a", "b", "anything else", None],
}


def value_of(name: str) -> st.SearchStrategy[Any]:
    return {
        "yes": st.booleans(),
        "colour": st.sampled_from([*COLOURS, "grey"]),
        "count": st.integers(-1, 5),
        "note": st.sampled_from(["a", "b"]),
    }[name]


@st.composite
def claims(draw: st.DrawFn) -> Any:
    name = draw(st.sampled_from(list(QUESTIONS)))
    var = {"var": f"ask.{name}"}
    if draw(st.integers(0, 5)) == 0:
        return {"exists": f"ask.{name}"}
    if name != "yes" and draw(st.integers(0, 3)) == 0:
        return {"in": [var, draw(st.lists(value_of(name), min_size=1, max_size=3))]}
    operators = ["==", "!=", "<", ">=", ">", "<="] if name == "count" else ["==", "!="]
    return {draw(st.sampled_from(operators)): [var, draw(value_of(name))]}


def rules() -> st.SearchStrategy[Any]:
    return st.recursive(
        st.one_of(claims(), st.booleans()),
        lambda inner: st.one_of(
            st.builds(
                lambda word, parts: {word: parts},
                st.sampled_from(["and", "or"]),
                st.lists(inner, min_size=1, max_size=3),
            ),
            st.builds(lambda one: {"!": one}, inner),
        ),
        max_leaves=5,
    )


def drawn(conditions: list[Any], required: list[str]) -> WorkflowGraph:
    schema = {"type": "object", "properties": QUESTIONS, "required": required}
    tasks = {"ask": TaskNode("ask", output_schema=schema)}
    tasks |= {f"t{number}": TaskNode(f"t{number}") for number in range(len(conditions))}
    edges = [Edge(None, "ask")]
    edges += [Edge("ask", f"t{n}", condition, n) for n, condition in enumerate(conditions)]
    edges += [Edge(f"t{n}", None) for n in range(len(conditions))]
    return WorkflowGraph("w", tasks, tuple(edges))


def said(condition: Any, answers: dict[str, Any]) -> str:
    try:
        return "yes" if evaluate_condition(condition, {"ask": answers}) else "no"
    except MissingValue:
        return "empty"
    except LogicError:
        return "broken"


def every_case(conditions: list[Any], required: list[str]) -> list[list[str]]:
    schema = {"type": "object", "properties": QUESTIONS, "required": required}
    cases = []
    for values in product(*ANSWERS.values()):
        answers = {n: v for n, v in zip(ANSWERS, values, strict=True) if v is not None}
        if not wrong_answers(schema, answers):
            cases.append([said(condition, answers) for condition in conditions])
    return cases


@settings(max_examples=250, deadline=None)
@given(
    st.lists(rules(), min_size=1, max_size=3),
    st.lists(st.sampled_from(list(QUESTIONS)), unique=True),
)
def test_findings_are_what_every_single_answer_shows(
    conditions: list[Any], required: list[str]
) -> None:
    found = problems(drawn(conditions, required))
    cases = every_case(conditions, required)

    def places(rule: str) -> set[int]:
        named = [one.place.split("/")[2] for one in found if one.rule == rule]
        return {int(number) - 1 for number in named}

    if any(one.rule == "type-mismatch" for one in found):
        return
    falls_through = any(set(case) == {"no"} for case in cases)
    assert bool(places("gap")) == falls_through
    for number in range(len(conditions)):
        reached = [case for case in cases if set(case[:number]) <= {"no"}]
        stops = any(case[number] == "empty" for case in reached)
        leads = any(case[number] == "yes" for case in reached)
        if number in places("may-be-empty"):
            assert stops
        if number in places("never-taken"):
            assert not leads
        if number in places("overlap"):
            both = [case for case in reached if case[number] == "yes"]
            assert any("yes" in case[:number] and case[number] == "yes" for case in cases)
            assert both, "it is taken for some answers"
    if not falls_through and not places("may-be-empty"):
        assert all("empty" not in case or "yes" in case[: case.index("empty")] for case in cases)
