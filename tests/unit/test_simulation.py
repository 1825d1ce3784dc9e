"""A workflow tried on paper: where it goes, who would get it, what would be sent, and when."""

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from definitions.graph import Edge, WorkflowGraph
from operations.simulation import Scenario, Simulation, simulate, unexpected
from operations.simulation.story import Ending
from tenants.calendar import WorkCalendar
from tests.unit.drawings import JOIN, SPLIT, drawn, when

#: A Friday.
START = datetime(2026, 3, 6, 14, 0, tzinfo=UTC)
WEEK = [["09:00", "17:00"]] * 5 + [None, None]
CALENDAR = WorkCalendar(ZoneInfo("UTC"), WEEK, [])
MANAGERS = {"assign": {"company_role": "managers"}}


def tried(
    graph: WorkflowGraph,
    answers: dict[str, Any] | None = None,
    calls: dict[str, Any] | None = None,
    *,
    limit: int = 500,
    **submission: Any,
) -> Simulation:
    scenario = Scenario("A try", submission, answers or {}, calls or {})
    return simulate(graph, submission, scenario, start=START, calendar=CALENDAR, limit=limit)


def purchase() -> WorkflowGraph:
    """Over 200 a manager is asked."""
    return drawn(
        Edge(None, "approve", {">": [{"var": "ticket.amount"}, 200]}),
        Edge(None, "pay"),
        when("approve", "pay", "yes"),
        Edge("approve", None, priority=9),
        "pay >",
        approve={"title": "Approve", **MANAGERS, "extra": {"due": {"days": 2, "working": True}}},
        pay={"title": "Pay"},
    )


# Where it goes, and why


def test_a_large_purchase_goes_to_the_managers_and_then_is_paid() -> None:
    story = tried(purchase(), {"approve": {"answer": "yes"}, "pay": {}}, amount=250)

    assert story.path == ["approve", "pay"]
    assert story.ending == Ending.DONE
    assert story.why == "amount is 250"
    assert story.steps[0].role == "managers"
    assert story.steps[0].went == ("pay",)
    assert story.steps[0].why == "answer is “yes”"
    assert story.data["approve"] == {"answer": "yes"}


def test_what_nobody_has_answered_yet_stays_open() -> None:
    story = tried(purchase(), amount=250)

    assert story.ending == Ending.OPEN
    assert [step.key for step in story.open_steps] == ["approve"]


def test_a_due_time_counts_the_working_hours_of_the_company() -> None:
    story = tried(purchase(), amount=250)

    assert story.steps[0].times.due_at == datetime(2026, 3, 10, 14, 0, tzinfo=UTC)


def test_every_visit_has_its_own_answer_where_a_list_says_so() -> None:
    graph = drawn("> ask", when("ask", "ask", "again"), Edge("ask", None, priority=9))

    story = tried(graph, {"ask": [{"answer": "again"}, {"answer": "done"}]})

    assert [(step.key, step.visit) for step in story.steps] == [("ask", 1), ("ask", 2)]
    assert story.ending == Ending.DONE


def test_an_answer_that_goes_round_for_ever_is_stopped_by_the_limit_of_the_workflow() -> None:
    graph = drawn(
        "> ask", when("ask", "ask", "again"), Edge("ask", None, priority=9), ask={"max_visits": 3}
    )

    story = tried(graph, {"ask": {"answer": "again"}})

    assert story.ending == Ending.STOPPED
    assert "3 times, which is the limit" in story.problem
    assert story.at == "ask"


def test_a_way_that_cannot_be_decided_stops_and_says_why() -> None:
    graph = drawn("> ask", when("ask", None, "yes"), ask={"title": "Ask"})

    story = tried(graph, {"ask": {"answer": "no"}})

    assert story.ending == Ending.STOPPED
    assert story.problem == "No way onward fits after “Ask”: answer is “no”."


def test_an_answer_that_does_not_fit_its_form_stops_there() -> None:
    schema = {"type": "object", "properties": {"n": {"type": "integer"}}, "required": ["n"]}
    graph = drawn("> ask >", ask={"title": "Ask", "output_schema": schema})

    story = tried(graph, {"ask": {"n": "many"}})

    assert story.steps[0].ending == Ending.STOPPED
    assert story.problem.startswith("The answer to “Ask” does not fit its form. n:")


def test_only_so_many_steps_are_told() -> None:
    graph = drawn("> ask", when("ask", "ask", "again"), Edge("ask", None, priority=9))

    story = tried(graph, {"ask": {"answer": "again"}}, limit=5)

    assert story.problem == "It goes on after 5 steps. Nothing more was tried."
    assert len(story.steps) == 5


# Branches


def test_branches_wait_for_each_other_at_a_join() -> None:
    graph = drawn(
        "> plan", "plan > badge > move", "plan > desk > move", "move >", plan=SPLIT, move=JOIN
    )

    story = tried(graph, {"plan": {}, "desk": {}, "badge": {}, "move": {}})

    assert story.path == ["plan", "badge", "desk", "move"]
    assert story.steps[1].joins == ("move",)
    assert story.steps[2].went == ("move",)
    assert story.ending == Ending.DONE


# Time


def test_a_wait_takes_no_time_but_that_on_paper() -> None:
    graph = drawn("> pause > ask >", pause={"task_type": "WAIT", "extra": {"until": {"days": 3}}})

    story = tried(graph)

    assert story.steps[0].ended_at == START + timedelta(days=3)
    assert story.steps[1].started_at == START + timedelta(days=3)


def test_a_task_that_nobody_answers_runs_out_and_goes_the_way_drawn_for_it() -> None:
    graph = drawn(
        "> ask >",
        Edge("ask", "boss", after="timeout"),
        "boss >",
        ask={"timeout_seconds": 3600},
    )

    story = tried(graph, {"ask": "timeout", "boss": {}})

    assert story.path == ["ask", "boss"]
    assert story.steps[0].ending == Ending.TIMEOUT
    assert story.steps[1].started_at == START + timedelta(hours=1)
    assert "ask" not in story.data


def test_a_task_that_cannot_run_out_says_so() -> None:
    story = tried(drawn("> ask >"), {"ask": "timeout"})

    assert "“ask” never runs out of time" in story.problem


# Calls


def an_order(**action: Any) -> WorkflowGraph:
    return drawn(
        "> order > tell >",
        "phone >",
        order={
            "title": "Order",
            "task_type": "SYNC_ACTION",
            "action_url": "https://shop.example/orders",
            "input_transform": {"item": {"$": {"var": "ticket.item"}}},
            "output_transform": {"number": {"$": {"var": "response.id"}}},
            "extra": {"action": action},
        },
    )


def test_what_would_be_called_is_told_without_a_secret() -> None:
    headers = {"X-Key": [{"$secret": "shop_key"}]}
    graph = an_order(headers=headers, sign={"$secret": "signing"})

    story = tried(graph, {"tell": {}}, {"order": {"response": {"id": 7}}}, item="Chair")

    call = story.steps[0].call
    assert call is not None
    assert (call.method, call.url) == ("POST", "https://shop.example/orders")
    assert call.body == '{"item":"Chair"}'
    assert call.headers["X-Key"] == "••••••"
    assert call.signed
    assert story.data["order"] == {"number": 7}
    assert story.path == ["order", "tell"]


def test_a_call_that_fails_is_repeated_and_then_caught() -> None:
    graph = an_order(
        retry=[{"errors": ["http.503"], "max_attempts": 2, "interval_seconds": 60}],
        catch=[{"errors": ["*"], "next": "phone"}],
    )

    story = tried(graph, {"phone": {}}, {"order": {"error": "http.503"}}, item="Chair")

    assert story.path == ["order", "phone"]
    assert story.steps[0].ending == Ending.CAUGHT
    assert story.steps[0].attempts == 3
    assert story.steps[1].started_at > START


def test_a_call_that_fails_for_good_is_left_to_a_person() -> None:
    story = tried(an_order(retry=[]), {}, {"order": {"error": "http.404"}}, item="Chair")

    assert story.ending == Ending.STOPPED
    assert story.problem.startswith("“Order” could not be carried out.")


def test_an_answer_that_should_come_later_and_does_not_runs_out() -> None:
    graph = drawn(
        "> build >",
        Edge("build", "ask", after="timeout"),
        "ask >",
        build={"task_type": "ASYNC_ACTION", "action_url": "https://ci.example/builds"},
    )

    story = tried(graph, {"ask": {}}, {"build": "timeout"})

    assert story.path == ["build", "ask"]
    assert story.steps[1].started_at == START + timedelta(days=7)
    call = story.steps[0].call
    assert call is not None
    assert "simulated" not in call.headers["Callback-Url"]


def test_a_workflow_inside_comes_to_what_is_said_of_it() -> None:
    graph = drawn(
        "> inner >",
        inner={
            "task_type": "SUBWORKFLOW",
            "output_transform": {"ok": {"$": {"var": "child.check.ok"}}},
            "extra": {"subworkflow": "vetting"},
        },
    )

    story = tried(graph, {"inner": {"check": {"ok": True}}}, name="Ann")

    assert story.steps[0].given == {"name": "Ann"}
    assert story.data["inner"] == {"ok": True}


# What is expected


def test_what_went_as_expected_is_no_news() -> None:
    story = tried(purchase(), {"approve": {"answer": "yes"}, "pay": {}}, amount=250)

    expect = {"path": ["approve", "pay"], "ends": True, "data": {"approve": {"answer": "yes"}}}
    assert unexpected(purchase(), story, expect) is None


def test_another_path_is_told_with_what_decided_it() -> None:
    story = tried(purchase(), {"approve": {"answer": "no"}}, amount=250)

    found = unexpected(purchase(), story, {"path": ["approve", "pay"], "ends": True})

    assert found is not None
    assert found.place == "/expect/path"
    assert found.message == (
        "expected “Approve”, then “Pay”, then the end; it went “Approve”, then the end, "
        "because answer is “no”."
    )


def test_where_it_should_wait_and_what_it_should_know_is_looked_at() -> None:
    story = tried(purchase(), amount=250)

    at = unexpected(purchase(), story, {"at": "pay"})
    ends = unexpected(purchase(), story, {"ends": True})
    data = unexpected(purchase(), story, {"data": {"ticket": {"amount": 1}}})

    assert at is not None
    assert at.message == "expected it to wait at “Pay”; it waits at “Approve”."
    assert ends is not None
    assert ends.place == "/expect/ends"
    assert data is not None
    assert data.place == "/expect/data/ticket"


def test_a_workflow_that_stops_is_never_as_expected() -> None:
    graph = drawn("> ask", when("ask", None, "yes"))

    found = unexpected(graph, tried(graph, {"ask": {"answer": "no"}}), {"path": ["ask"]})

    assert found is not None
    assert "it stopped" in found.message
