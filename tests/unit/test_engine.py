"""What happens next: which way is followed, and what is said when none is."""

import json
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from definitions.graph import Edge, TaskNode, WorkflowGraph
from operations import engine, explain
from operations.engine import Considered, OpenTask, Progress, RoutingCode, RoutingError, Start
from tests.unit.drawings import CALL, NOW, Ticket, drawn, submitted, when


def says(path: str, value: Any) -> dict[str, Any]:
    return {"==": [{"var": path}, value]}


def purchase() -> WorkflowGraph:
    return drawn(
        "> approve",
        Edge("approve", "order", says("approve.answer", "yes")),
        Edge("approve", None, says("approve.answer", "no"), priority=1),
        "order >",
        approve={"title": "Approve"},
        order={"title": "Place the order"},
    )


def refused(ticket: Ticket, key: str, **output: Any) -> RoutingError:
    with pytest.raises(RoutingError) as caught:
        ticket.complete(key, **output)
    return caught.value


# A ticket from its first task to its end


def test_an_approved_purchase_is_ordered_and_then_ends() -> None:
    ticket = submitted(purchase(), amount=120)

    ticket.complete("approve", answer="yes")

    assert ticket.places == ["order"]
    assert not ticket.finished

    ticket.complete("order")

    assert ticket.places == []
    assert ticket.finished


def test_a_declined_purchase_ends_at_once() -> None:
    decision = submitted(purchase()).complete("approve", answer="no")

    assert decision.finished
    assert decision.starts == ()
    assert decision.ended == ("1",)


def test_a_task_with_nothing_after_it_ends_the_ticket() -> None:
    ticket = submitted(drawn("> ask > pay"))
    ticket.complete("ask")

    assert ticket.complete("pay").finished


def test_the_submitted_form_may_choose_the_first_task() -> None:
    graph = drawn(Edge(None, "boss", {">": [{"var": "ticket.amount"}, 100]}), "> clerk >", "boss >")

    assert submitted(graph, amount=500).places == ["boss"]
    assert submitted(graph, amount=5).places == ["clerk"]


def test_a_ticket_may_end_before_its_first_task() -> None:
    graph = drawn(Edge(None, None, says("ticket.kind", "note")), "> ask >")

    assert submitted(graph, kind="note").finished
    assert not submitted(graph, kind="other").finished


# Which way


def test_the_first_condition_that_is_true_wins() -> None:
    graph = drawn(
        "> ask",
        Edge("ask", "late", True, priority=2),
        Edge("ask", "early", True, priority=1),
        Edge("ask", "never", False, priority=0),
    )

    assert [start.task_key for start in submitted(graph).complete("ask").starts] == ["early"]


def test_the_default_is_followed_only_when_no_condition_is_true() -> None:
    graph = drawn("> ask", Edge("ask", "other", None, priority=0), when("ask", "pay", "yes", 1))

    assert submitted(graph).complete("ask", answer="yes").starts == (Start("pay"),)
    assert submitted(graph).complete("ask", answer="no").starts == (Start("other"),)


def test_of_several_defaults_one_is_followed() -> None:
    graph = drawn("> ask > pay >", "ask > close >")

    assert submitted(graph).complete("ask").starts == (Start("close"),)


def test_the_trace_tells_what_was_read_and_what_else_would_have_fitted() -> None:
    graph = drawn(
        "> ask",
        when("ask", "pay", "no", 0),
        when("ask", "order", "yes", 1),
        Edge("ask", "close", {"in": [{"var": "ask.answer"}, ["yes", "perhaps"]]}, 2),
        "ask >",
    )

    trace = submitted(graph).complete("ask", answer="yes").trace

    assert [(step.target, step.result, step.taken, step.also_matched) for step in trace] == [
        ("pay", False, False, False),
        ("order", True, True, False),
        ("close", True, False, True),
        (None, None, False, False),
    ]
    assert trace[0].reads == {"ask.answer": "yes"}


def test_a_condition_that_fails_after_the_winner_is_noted_and_stops_nothing() -> None:
    graph = drawn("> ask", Edge("ask", "pay", True), Edge("ask", None, {">": [{"var": "x"}, 1]}, 1))

    decision = submitted(graph).complete("ask")

    assert decision.starts == (Start("pay"),)
    assert decision.trace[1].error
    assert not decision.trace[1].also_matched


def test_a_value_that_is_not_boolean_after_the_winner_is_noted_and_stops_nothing() -> None:
    graph = drawn("> ask", Edge("ask", "pay", True), Edge("ask", None, {"+": [1, 1]}, 1))

    decision = submitted(graph).complete("ask")

    assert decision.starts == (Start("pay"),)
    assert decision.trace[1].error == engine.NOT_BOOLEAN


# When no decision can be made


def test_an_answer_that_nobody_thought_of_is_an_error_and_not_an_end() -> None:
    ticket = submitted(purchase())

    error = refused(ticket, "approve", answer="maybe")

    assert error.code == "nothing_matched"
    assert error.message == "No way onward fits after “Approve”: answer is “maybe”."
    assert error.task_key == "approve"
    assert [step["result"] for step in error.trace] == [False, False]
    assert ticket.places == ["approve"]


def test_a_ticket_that_fits_no_first_task_is_an_error() -> None:
    graph = drawn(Edge(None, "ask", says("ticket.kind", "a")))

    with pytest.raises(RoutingError) as caught:
        submitted(graph, kind="b")

    assert caught.value.code == RoutingCode.NOTHING_MATCHED
    assert caught.value.message == "No first task fits: kind is “b”."
    assert caught.value.task_key is None


def test_a_workflow_without_a_way_in_is_an_error() -> None:
    with pytest.raises(RoutingError) as caught:
        submitted(drawn("ask >"))

    assert caught.value.code == RoutingCode.NO_START


def test_a_missing_value_is_an_error_with_the_way_it_was_on() -> None:
    graph = drawn(
        "> ask",
        when("ask", None, "never"),
        Edge("ask", "pay", {">": [{"var": "ask.amount"}, 100]}, 1),
        ask={"title": "Ask"},
        pay={"title": "Pay"},
    )

    error = refused(submitted(graph), "ask", answer="x")

    assert error.code == "condition_failed"
    assert error.message.startswith(
        "The condition from “Ask” to “Pay” cannot be decided: amount is missing"
    )
    assert [step["target"] for step in error.trace] == [None, "pay"]
    assert error.trace[1]["error"]


@pytest.mark.parametrize(
    ("value", "given"),
    [(3, "3: answer is 3"), ("yes", "“yes”: answer is “yes”"), (None, "nothing: answer is empty")],
)
def test_a_condition_must_give_yes_or_no(value: Any, given: str) -> None:
    graph = drawn("> ask", Edge("ask", None, {"var": "ask.answer"}), ask={"title": "Ask"})

    error = refused(submitted(graph), "ask", answer=value)

    assert error.code == "condition_not_boolean"
    assert error.message == (
        f"The condition from “Ask” to the end must give yes or no, but gives {given}."
    )


def test_a_condition_that_is_none_is_an_error_when_it_is_reached() -> None:
    graph = drawn("> ask", Edge("ask", None, {"no such word": [1]}))

    assert refused(submitted(graph), "ask").code == "condition_failed"


def test_a_transition_to_a_missing_task_is_an_error() -> None:
    graph = WorkflowGraph("w", {"ask": TaskNode("ask")}, (Edge(None, "ask"), Edge("ask", "gone")))

    error = refused(submitted(graph), "ask")

    assert error.code == "unknown_task"
    assert "“gone”" in error.message
    assert error.trace[0]["taken"] is True


def test_a_task_is_completed_once() -> None:
    ticket = submitted(drawn("> ask > pay >"))
    asked = ticket.progress.open[0]
    ticket.complete("ask")

    with pytest.raises(RoutingError) as caught:
        ticket.complete_task(asked, {})

    assert caught.value.code == "task_not_open"


def test_an_open_task_that_the_workflow_does_not_know_is_an_error() -> None:
    progress = Progress(open=(OpenTask(1, "gone"),))

    with pytest.raises(RoutingError) as caught:
        engine.complete(drawn("> ask >"), progress, 1, {}, now=NOW)

    assert caught.value.code == "unknown_task"


# Going round


def going_round(**task: Any) -> WorkflowGraph:
    return drawn("> ask", when("ask", "ask", "again"), "ask >", ask={"title": "Ask", **task})


def test_a_person_may_be_asked_as_often_as_in_real_logs() -> None:
    ticket = submitted(going_round())

    for _visit in range(216):
        ticket.complete("ask", answer="again")

    assert ticket.progress.visits == {"ask": 217}
    assert ticket.complete("ask", answer="done").finished


def test_going_round_for_ever_is_an_error_in_the_end() -> None:
    graph = going_round()
    progress = Progress((OpenTask(1, "ask"),), {"ask": 1000})

    with pytest.raises(RoutingError) as caught:
        engine.complete(graph, progress, 1, {"ask": {"answer": "again"}}, now=NOW)

    assert caught.value.code == "loop_limit"
    assert caught.value.message.startswith("This ticket has come to “Ask” 1000 times")
    assert caught.value.trace[0]["taken"] is True


def test_a_loop_without_a_wait_is_stopped_sooner() -> None:
    ticket = submitted(going_round(**CALL))

    for _visit in range(99):
        ticket.complete("ask", answer="again")

    assert refused(ticket, "ask", answer="again").code == "loop_limit"
    assert ticket.complete("ask", answer="done").finished


def test_a_task_may_set_its_own_limit() -> None:
    ticket = submitted(going_round(max_visits=2))
    ticket.complete("ask", answer="again")

    error = refused(ticket, "ask", answer="again")

    assert error.code == "loop_limit"
    assert "2 times" in error.message


# Moved by a person


def test_a_moved_ticket_is_in_one_place_only() -> None:
    graph = drawn(
        "> fork > left > meet >", "fork > right > meet", fork={"split": "ALL"}, meet={"join": "ALL"}
    )
    ticket = submitted(graph)
    ticket.complete("fork")
    ticket.complete("left")

    decision = ticket.move("fork")

    assert decision.starts == (Start("fork", "1"),)
    assert decision.cancels == (3,)
    assert decision.discards == ("1",)
    assert ticket.places == ["fork"]
    assert ticket.progress.waiting == ()
    assert ticket.progress.visits["fork"] == 2


def test_a_ticket_is_moved_out_of_its_limit() -> None:
    progress = Progress((OpenTask(1, "ask"),), {"ask": 1000})

    assert engine.move(going_round(), progress, "ask").starts == (Start("ask"),)


def test_a_ticket_is_not_moved_to_a_task_that_is_missing() -> None:
    with pytest.raises(RoutingError) as caught:
        submitted(purchase()).move("nowhere")

    assert caught.value.code == "unknown_task"
    assert caught.value.message == (
        "This workflow has no task “nowhere”. Move the ticket to one of its tasks."
    )


# Words and stored traces


def test_values_are_named_as_people_see_them() -> None:
    graph = WorkflowGraph(
        "w",
        {
            "ask": TaskNode("ask", "Ask"),
            "check": TaskNode(
                "check", "Check", output_schema={"properties": {"ok": {"title": "All in order"}}}
            ),
        },
        (
            Edge(None, "ask"),
            Edge("ask", "check"),
            Edge(
                "check",
                None,
                {
                    "and": [
                        says("ticket.amount", 1),
                        says("ask.answer", 1),
                        says("check.ok", 1),
                    ]
                },
            ),
        ),
        ({"name": "amount", "title": "Amount in euro"},),
    )
    reads = {"ticket.amount": 5, "ask.answer": "x", "check.ok": False, "odd": None}

    assert explain.nothing_matched(graph, "check", reads) == (
        "No way onward fits after “Check”: Amount in euro is 5, answer of “Ask” is “x”, "
        "All in order is no and odd is empty."
    )


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (True, "yes"),
        (12.5, "12.5"),
        ("a “b”", "“a “b””"),
        (["a", 1, False], "“a”, 1 and no"),
        ([], "an empty list"),
        ([{"a": 1}], "a list of 1"),
        (list(range(9)), "a list of 9"),
        ({"a": 1}, "a group of fields"),
    ],
)
def test_a_value_is_said_shortly(value: Any, words: str) -> None:
    assert explain.say(value) == words


def test_a_message_names_a_few_values_and_shortens_long_ones() -> None:
    reads = {f"ask.v{number}": "long " * 100 for number in range(9)}

    message = explain.nothing_matched(drawn("> ask >"), "ask", reads)

    assert len(message) < 500
    assert message.endswith(" and more.")


def test_a_stored_trace_is_plain_and_short() -> None:
    step = Considered(
        target="pay",
        condition={"==": [{"var": "a"}, 1]},
        reads={
            "money": Decimal("1.10"),
            "when": datetime(2026, 3, 2, tzinfo=UTC),
            "endless": float("inf"),
            "text": "x" * 5000,
            "rows": [{"n": number} for number in range(5000)],
            "nul": "a\x00b\ud800c",
        },
        result=None,
        taken=False,
        error="It failed.",
    )

    stored = step.as_json()

    text = json.dumps(stored, allow_nan=False)
    assert len(text) < 2000
    assert "\\u0000" not in text
    assert "\\ud800" not in text
    assert stored["reads"]["money"] == "1.10"
    assert stored["reads"]["rows"] == "(a list with 5000 entries)"
    assert stored["condition"] == {"==": [{"var": "a"}, 1]}


def test_a_bottomless_value_can_be_stored() -> None:
    value: Any = 1
    for _level in range(5000):
        value = [value]

    assert len(json.dumps(explain.storable(value))) < 2000


def test_every_code_has_its_words() -> None:
    assert {code.value for code in RoutingCode} == {
        "no_start",
        "nothing_matched",
        "condition_failed",
        "condition_not_boolean",
        "unknown_task",
        "task_not_open",
        "loop_limit",
        "branch_limit",
    }
