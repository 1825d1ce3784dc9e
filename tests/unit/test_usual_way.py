"""Which steps a tracker announces: an honest guess from the drawing alone."""

from admin_site.tracker import usual_way
from definitions.graph import Edge
from tests.unit.drawings import SPLIT, drawn, when


def test_a_straight_workflow_is_announced_step_by_step():
    graph = drawn("> ask > check > pay >")

    assert usual_way(graph, [None]) == ["ask", "check", "pay"]
    assert usual_way(graph, ["check"], passed={"ask"}) == ["pay"]


def test_an_approval_is_expected_to_be_given():
    graph = drawn("> approve >", "order > receive >", when("approve", "order", "yes"))

    assert usual_way(graph, [None]) == ["approve", "order", "receive"]


def test_a_detour_that_leads_back_to_the_main_way_is_left_out():
    graph = drawn("> ask > pay >", "boss > pay", when("ask", "boss", "expensive"))

    assert usual_way(graph, [None]) == ["ask", "pay"]


def test_the_way_of_those_who_are_refused_is_not_the_usual_one():
    graph = drawn("> approve > tell >", "order > receive >", when("approve", "order", "yes"))

    assert usual_way(graph, [None]) == ["approve", "order", "receive"]


def test_a_way_back_is_not_announced_as_progress():
    graph = drawn("> ask > check > pay >", when("check", "ask", "again"))

    assert usual_way(graph, ["check"], passed={"ask"}) == ["pay"]


def test_what_was_passed_is_announced_again_when_it_lies_ahead_again():
    graph = drawn("> ask > check > pay >", when("check", "ask", "again"))

    assert usual_way(graph, ["ask"], passed={"check"}) == ["check", "pay"]


def test_branches_are_announced_before_what_joins_them():
    graph = drawn("> start > paint > pack >", Edge("start", "saw"), "saw > pack", start=SPLIT)

    assert usual_way(graph, [None]) == ["start", "paint", "saw", "pack"]


def test_a_workflow_that_goes_round_for_ever_ends_on_the_tracker():
    graph = drawn("> one > two > one")

    assert usual_way(graph, [None]) == ["one", "two"]
