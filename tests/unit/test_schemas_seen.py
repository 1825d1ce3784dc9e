"""What a requester may read of a step's answers: what is marked, and nothing by accident."""

from typing import Any

import pytest

from admin_site.tracker.outcome import told_to_requester
from definitions.graph import TaskNode
from definitions.schemas import schema_problems
from definitions.schemas.seen import REQUESTER_SEES, seen_by_requester
from definitions.schemas.shape import Shape

MARKED = {"type": "string", REQUESTER_SEES: True}
PLAIN = {"type": "string"}


def seen(schema: dict[str, Any]) -> set[str]:
    return set(seen_by_requester(Shape(schema, ((),))))


def test_only_what_is_marked_is_seen():
    schema = {"type": "object", "properties": {"note": MARKED, "margin": PLAIN}}

    assert seen(schema) == {"note"}
    assert not schema_problems(schema)


@pytest.mark.parametrize("mark", [False, None, "yes", "true", 1, [True], {}])
def test_only_a_plain_true_is_a_mark(mark: Any):
    assert not seen({"properties": {"note": {"type": "string", REQUESTER_SEES: mark}}})


def test_a_mark_is_found_behind_references_and_in_branches():
    schema = {
        "$defs": {"note": MARKED},
        "properties": {"kind": PLAIN, "note": {"$ref": "#/$defs/note"}},
        "if": {"properties": {"kind": {"const": "late"}}},
        "then": {"properties": {"why": MARKED, "cost": PLAIN}},
    }

    assert seen(schema) == {"note", "why"}


def test_a_mark_inside_a_group_or_on_the_whole_shows_nothing():
    group = {"type": "object", "properties": {"name": MARKED}}

    assert not seen({"properties": {"who": group}, REQUESTER_SEES: True})


@pytest.mark.parametrize("value", [None, [], "note", 7, {}, {"other": "x"}, {"note": ""}])
def test_an_odd_answer_tells_nothing(value: Any):
    task = TaskNode("ask", output_schema={"type": "object", "properties": {"note": MARKED}})

    assert told_to_requester(task, value) == []
    assert told_to_requester(None, {"note": "x"}) == []


def test_a_schema_that_cannot_be_used_tells_nothing():
    broken = {"type": "no such type", "properties": {"note": MARKED}}

    assert told_to_requester(TaskNode("ask", output_schema=broken), {"note": "x"}) == []
