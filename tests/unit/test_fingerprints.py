"""Errors that are repaired once are one cause, whatever values their tickets hold."""

import time
from typing import Any

import pytest

from operations.fingerprints import fingerprint, gist

SAME = [
    ("Your decision is “maybe”.", "Your decision is “later on”."),
    ("Your decision is yes.", "Your decision is no."),
    ("Price is 1,180.50 and rooms is 3.", "Price is 7 and rooms is 12."),
    ("Colours are “red”, “green” and “blue”.", "Colours are “red” and “blue”."),
    ("Ticket 0198f3b2-7c1e-7b1a-9c55-0242ac120002 is closed.", "Ticket 42 is closed."),
    ("It points to https://a.example/x?y=1.", "It points to https://b.example/z."),
    ("No answer from ann@acme.example.", "No answer from will@globex.example."),
    ("It leads to 10.0.0.1.", "It leads to [fd00::1]."),
    ("/items/0/price: This must be a number.", "/items/17/price: This must be a number."),
    ("No answer within 20 seconds.", "No answer within 2.5 seconds."),
    ("Due 2026-11-20T14:10+01:00 is over.", "Due 2027-01-02T08:00Z is over."),
    ("Key 'a' and \"one\" is taken.", "Key 'a' and \"two\" is taken."),
    ("Two   words\nhere", "Two words here"),
]
DIFFERENT = [
    ("Your decision is “maybe”.", "Your decision is empty."),
    ("Your decision is “maybe”.", "Cost centre is “maybe”."),
    ("/items/0/price: This must be a number.", "/items/0/name: This must be a number."),
    ("erp.example did not answer.", "crm.example did not answer."),
    ("The connection broke.", "The name could not be looked up."),
]


@pytest.mark.parametrize(("one", "other"), SAME)
def test_other_values_are_the_same_cause(one: str, other: str):
    assert gist(one) == gist(other)


@pytest.mark.parametrize(("one", "other"), DIFFERENT)
def test_another_question_or_another_failure_is_another_cause(one: str, other: str):
    assert gist(one) != gist(other)


def printed(**changed: Any) -> str:
    usual = {
        "workflow": "purchase",
        "step": "order",
        "error_type": "TASK_UPDATE",
        "code": "http.422",
        "message": "erp.example answered with the status 422.",
    }
    return fingerprint(**{**usual, **changed})


def test_equal_causes_have_equal_fingerprints_of_64_letters():
    assert printed() == printed()
    assert len(printed()) == 64


@pytest.mark.parametrize(
    "changed",
    [
        {"workflow": "claim"},
        {"step": "pay"},
        {"error_type": "TASK_CREATION"},
        {"code": "http.404"},
        {"message": "crm.example answered with the status 422."},
        {"stack_trace": "Traceback\n  File x\nKeyError: 'a'"},
    ],
    ids=lambda changed: next(iter(changed)),
)
def test_place_code_and_words_each_make_another_cause(changed: dict[str, str]):
    assert printed(**changed) != printed()


def test_names_that_only_look_alike_when_put_together_are_different():
    assert printed(workflow="a/b", step="c") != printed(workflow="a", step="b/c")


def test_faults_of_our_own_are_told_apart_by_what_was_thrown_and_not_by_where_it_passed():
    one = "Traceback\n  File a.py, line 7\nKeyError: “x1”"
    same = "Traceback\n  File b.py, line 9\nKeyError: “x2”"
    other = "Traceback\n  File a.py, line 7\nValueError: “x1”"

    assert printed(stack_trace=one) == printed(stack_trace=same)
    assert printed(stack_trace=one) != printed(stack_trace=other)


@pytest.mark.parametrize(
    "text",
    ["“" * 50_000, "a1" * 50_000, "a@" * 50_000, "a://" * 50_000, "a." * 50_000, "[:" * 9_999],
)
def test_no_message_takes_long(text: str):
    began = time.process_time()
    gist(text)

    assert time.process_time() - began < 0.5
