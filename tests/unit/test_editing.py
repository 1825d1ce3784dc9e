"""Changing a workflow's document part by part: what was given stays, what is named follows."""

from copy import deepcopy
from typing import Any

import pytest

from definitions.bundle.canonical import canonical_workflow
from definitions.editing import (
    NOWHERE,
    NotThere,
    Taken,
    add_task,
    change_task,
    changed,
    consequences,
    copy_task,
    free_task_key,
    move_task,
    place_of_task,
    remove_task,
    rename_task,
    replace_ways,
    set_layout,
    set_schema,
    task_of,
    usual_next,
    ways_of,
)

APPROVED = {"==": [{"var": "ask.ok"}, True]}


@pytest.fixture
def travel():
    """ask -> book if approved, else the end; book calls, and goes back to ask when it fails."""
    return canonical_workflow(
        {
            "key": "travel",
            "title": "Travel",
            "tasks": [
                {
                    "key": "ask",
                    "title": "Ask the manager",
                    "split": "ALL",
                    "output_schema": {"type": "object", "properties": {"ok": {"type": "boolean"}}},
                },
                {
                    "key": "book",
                    "title": "Book it",
                    "task_type": "SYNC_ACTION",
                    "action_url": "https://travel.example/",
                    "action": {"catch": [{"errors": ["*"], "next": "ask"}]},
                    "input_transform": {
                        "city": {"$": {"var": ["ticket.city", {"var": "ask.city"}]}},
                        "note": {"$literal": {"$": {"var": "ask.ok"}}},
                    },
                },
                {"key": "tell", "title": "Tell them", "due": {"at": {"$": {"var": "ask.day"}}}},
            ],
            "transitions": [
                {"to": "ask"},
                {"from": "ask", "to": "book", "condition": APPROVED},
                {"from": "ask", "to": None},
                {"from": "book", "to": "tell"},
                {"from": "tell", "to": None},
            ],
            "scenarios": [
                {
                    "title": "Approved",
                    "answers": {"ask": {"ok": True}},
                    "expect": {"path": ["ask", "book", "tell"], "at": "tell"},
                }
            ],
        }
    )


def ends_of(document):
    return [(way.get("from"), way["to"]) for way in document["transitions"]]


def test_nothing_that_is_given_is_changed(travel):
    before = deepcopy(travel)

    changed(travel, title="Journeys", description="Where to")
    add_task(travel, {"key": "pay"}, after="ask")
    copy_task(travel, "book", "book-2")
    move_task(travel, "tell", -2)
    change_task(travel, "ask", title="Else")
    remove_task(travel, "book", then="tell")
    rename_task(travel, "ask", "approve")
    replace_ways(travel, "ask", [{"to": None}])

    assert travel == before


def test_a_part_that_is_taken_out_is_not_there(travel):
    assert "title" not in changed(travel, title=None)
    assert "split" not in task_of(change_task(travel, "ask", split=None), "ask")


def test_a_step_put_after_another_takes_over_its_ways(travel):
    found = add_task(travel, {"key": "pay", "title": "Pay"}, after="ask")

    assert [task["key"] for task in found["tasks"]] == ["ask", "pay", "book", "tell"]
    assert ways_of(found, "ask") == [{"from": "ask", "to": "pay"}]
    assert [way["to"] for way in ways_of(found, "pay")] == ["book", None]
    assert ways_of(found, "pay")[0]["condition"] == APPROVED
    assert task_of(found, "pay")["split"] == "ALL"
    assert task_of(found, "ask").get("split", "ONE") == "ONE"


def test_the_first_step_leads_from_the_start_to_the_end():
    found = add_task({"key": "new"}, {"key": "ask"}, after=None)

    assert ends_of(found) == [(None, "ask"), ("ask", None)]


def test_a_step_that_is_put_nowhere_has_no_ways(travel):
    found = add_task(travel, {"key": "pay"}, after=NOWHERE)

    assert ends_of(found) == ends_of(travel)
    assert place_of_task(found, "pay") == "/tasks/3"


def test_a_key_is_given_only_once(travel):
    with pytest.raises(Taken):
        add_task(travel, {"key": "ask"})
    with pytest.raises(Taken):
        copy_task(travel, "ask", "book")
    with pytest.raises(Taken):
        rename_task(travel, "ask", "tell")
    with pytest.raises(Taken):
        rename_task(travel, "ask", "ticket")
    assert free_task_key(travel, "ask") == "ask-2"
    assert free_task_key(travel, "ticket") == "ticket-2"


@pytest.mark.parametrize(
    "act",
    [
        lambda d: task_of(d, "gone"),
        lambda d: place_of_task(d, "gone"),
        lambda d: add_task(d, {"key": "x"}, after="gone"),
        lambda d: copy_task(d, "gone", "x"),
        lambda d: move_task(d, "gone", 1),
        lambda d: change_task(d, "gone", title="x"),
        lambda d: set_schema(d, "gone", None),
        lambda d: set_schema(d, "ask", None, "title"),
        lambda d: set_layout(d, "ask", None, "title"),
        lambda d: ways_of(d, "gone"),
        lambda d: replace_ways(d, "gone", []),
        lambda d: replace_ways(d, "ask", [{"to": "gone"}]),
        lambda d: remove_task(d, "gone"),
        lambda d: remove_task(d, "ask", then="gone"),
        lambda d: consequences(d, "gone"),
        lambda d: usual_next(d, "gone"),
        lambda d: rename_task(d, "gone", "x"),
    ],
)
def test_what_is_not_there_is_refused(travel, act):
    with pytest.raises(NotThere):
        act(travel)


def test_a_copy_stands_right_behind_and_has_no_ways(travel):
    found = copy_task(travel, "book", "book-2", "Book another")

    assert [task["key"] for task in found["tasks"]] == ["ask", "book", "book-2", "tell"]
    assert task_of(found, "book-2") == {
        **task_of(travel, "book"), "key": "book-2", "title": "Book another",
    }  # fmt: skip
    assert ends_of(found) == ends_of(travel)


@pytest.mark.parametrize(
    ("key", "by", "order"),
    [
        ("tell", -1, ["ask", "tell", "book"]),
        ("tell", 5, ["ask", "book", "tell"]),
        ("ask", -1, ["ask", "book", "tell"]),
        ("ask", 1, ["book", "ask", "tell"]),
    ],
)
def test_a_step_is_moved_within_the_list(travel, key, by, order):
    assert [task["key"] for task in move_task(travel, key, by)["tasks"]] == order


def test_the_ways_of_one_source_are_replaced_in_their_order(travel):
    new: list[Any] = [
        {"to": "tell", "condition": APPROVED, "priority": 7},
        {"to": "book", "from": "tell"},
    ]

    found = replace_ways(travel, "ask", new)

    assert ways_of(found, "ask") == [
        {"from": "ask", "to": "tell", "condition": APPROVED},
        {"from": "ask", "to": "book"},
    ]
    assert ends_of(found) == [
        (None, "ask"), ("ask", "tell"), ("ask", "book"), ("book", "tell"), ("tell", None),
    ]  # fmt: skip


def test_ways_after_a_timeout_are_apart_from_the_others(travel):
    found = replace_ways(travel, "ask", [{"to": "tell"}], "timeout")

    assert ways_of(found, "ask", "timeout") == [{"from": "ask", "to": "tell", "after": "timeout"}]
    assert ways_of(found, "ask") == ways_of(travel, "ask")


def test_the_way_without_a_condition_is_told_last(travel):
    turned = {**travel, "transitions": travel["transitions"][::-1]}

    assert [way["to"] for way in ways_of(turned, "ask")] == ["book", None]


def test_a_removed_step_takes_its_ways_with_it(travel):
    found = remove_task(travel, "book")

    assert ends_of(found) == [(None, "ask"), ("ask", None), ("tell", None)]
    assert found["scenarios"][0]["expect"]["path"] == ["ask", "tell"]


def test_the_ways_to_a_removed_step_may_lead_on(travel):
    then = usual_next(travel, "book")
    found = remove_task(travel, "book", then=then)

    assert then == "tell"
    assert ends_of(found) == [(None, "ask"), ("ask", "tell"), ("ask", None), ("tell", None)]
    assert consequences(travel, "book", then=then) == [
        "The way from “Ask the manager” leads to “Tell them”.",
        "Its own way onward goes.",
        "Scenarios that pass it may fail: “Approved”.",
    ]


def test_what_caught_a_failure_with_a_removed_step_catches_no_more(travel):
    found = remove_task(travel, "ask")

    assert "catch" not in task_of(found, "book")["action"]
    assert found["scenarios"][0]["answers"] == {}
    told = consequences(travel, "ask")
    assert "“Book it” reads its answers, and has to be changed." in told
    assert "“Tell them” reads its answers, and has to be changed." in told
    assert "Its form goes." in told


def test_nothing_tells_where_several_ways_lead(travel):
    several = replace_ways(travel, "ask", [{"to": "book", "condition": APPROVED},
                                           {"to": "tell", "condition": APPROVED}])  # fmt: skip

    assert usual_next(several, "ask") is NOWHERE
    assert usual_next(travel, "ask") is None
    assert usual_next(travel, "tell") is None


def test_a_renamed_step_is_renamed_wherever_it_is_named(travel):
    found = rename_task(travel, "ask", "approve")

    assert ends_of(found)[:3] == [(None, "approve"), ("approve", "book"), ("approve", None)]
    assert found["transitions"][1]["condition"] == {"==": [{"var": "approve.ok"}, True]}
    book = task_of(found, "book")
    assert book["action"]["catch"][0]["next"] == "approve"
    assert book["input_transform"] == {
        "city": {"$": {"var": ["ticket.city", {"var": "approve.city"}]}},
        "note": {"$literal": {"$": {"var": "ask.ok"}}},
    }
    assert task_of(found, "tell")["due"] == {"at": {"$": {"var": "approve.day"}}}
    scenario = found["scenarios"][0]
    assert scenario["answers"] == {"approve": {"ok": True}}
    assert scenario["expect"]["path"] == ["approve", "book", "tell"]


def test_what_reads_an_answer_is_left_alone():
    kept = {"id": {"$": {"var": "response.id"}}}
    document = {"key": "k", "tasks": [{"key": "response", "output_transform": kept}]}

    assert task_of(rename_task(document, "response", "new"), "new")["output_transform"] == kept


@pytest.mark.parametrize(
    ("rule", "renamed"),
    [
        ({"var": "ask"}, {"var": "new"}),
        ({"var": "asking.ok"}, {"var": "asking.ok"}),
        ({"var": "ticket.ask"}, {"var": "ticket.ask"}),
        ({"var": ["ask.n", 0]}, {"var": ["new.n", 0]}),
        ({"get": "/ask/n"}, {"get": "/new/n"}),
        ({"get": [{"var": "ask"}, "/ask"]}, {"get": [{"var": "new"}, "/ask"]}),
        ({"var": "files.ask.scan.name"}, {"var": "files.new.scan.name"}),
        ({"var": "files.ticket.ask.name"}, {"var": "files.ticket.ask.name"}),
        ({"exists": ["ask.a", "ask.b"]}, {"exists": ["new.a", "new.b"]}),
        ({"missing": [["ask.a"]]}, {"missing": [["new.a"]]}),
        ({"missing_some": [1, ["ask.a"]]}, {"missing_some": [1, ["new.a"]]}),
        (
            {"some": [{"var": "ask.rows"}, {"==": [{"var": "ask"}, 1]}]},
            {"some": [{"var": "new.rows"}, {"==": [{"var": "ask"}, 1]}]},
        ),
        ({"in": ["ask", ["ask.ok"]]}, {"in": ["ask", ["ask.ok"]]}),
        ({"and": [{"!": {"var": "ask.ok"}}, True]}, {"and": [{"!": {"var": "new.ok"}}, True]}),
    ],
)
def test_only_what_reads_the_step_is_renamed_in_a_rule(rule, renamed):
    document = {
        "key": "k",
        "tasks": [{"key": "ask"}],
        "transitions": [{"from": "ask", "to": None, "condition": rule}],
    }

    assert rename_task(document, "ask", "new")["transitions"][0]["condition"] == renamed
