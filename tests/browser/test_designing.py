"""A workflow made only by clicking: steps, a form, a layout, a condition, a gap that the check
finds, a trial, and the first request."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import expect as expects

from tests.browser.arranged import a_company
from tests.browser.served import Served
from tests.browser.visitor import DESK, PHONE, Visitor
from tests.builders import PASSWORD, a_document

pytestmark = pytest.mark.browser
Opens = Callable[..., Visitor]
APPROVE, ORDER, CONFIRM = "Approve the purchase", "Place the order", "Confirm the delivery"


@pytest.mark.parametrize(
    ("width", "scheme"), [(DESK, "light"), (PHONE, "dark")], ids=["desk", "phone"]
)
def test_a_workflow_is_made_by_clicking_tried_published_and_asked_for(
    opens: Opens, site: Served, width, scheme
):
    host = a_company(site, f"Rowan-{width}", a_document("ask"))
    flo = opens(width=width, scheme=scheme)
    ann = opens(width=width, scheme=scheme)

    flo.signs_in(f"flo@{host}", PASSWORD)
    makes_the_draft(flo)
    says_what_is_asked_for(flo)
    flo.page.get_by_role("link", name=f"Edit {APPROVE}").click()
    makes_the_form(flo)
    adds_steps(flo)
    draws_a_gap_that_the_check_finds(flo)
    mends_it(flo)
    tries_it(flo)
    publishes_it(flo)

    ann.signs_in(f"ann@{host}", PASSWORD)
    ann.follows("Buy something")
    ann.sees("Buy something")
    ann.page.get_by_label("What is it?").fill("A chair")
    ann.presses("Send request")
    ann.sees("A chair", APPROVE)


def makes_the_draft(flo: Visitor) -> None:
    flo.goes_to("/design/workflows/")
    flo.follows("New workflow")
    flo.sees("New workflow")
    assert flo.what_is_hard_to_use() == []
    flo.fills("Title", "Buying things")
    flo.fills("First step", APPROVE)
    flo.field("Who gets it").select_option(label="Managers (1 person)")
    flo.presses("Make the draft")
    flo.sees("Buying things v1 is a draft now.", APPROVE)
    assert flo.what_is_hard_to_use() == []


def comes_back(flo: Visitor) -> None:
    """To the workflow, from wherever it is being changed."""
    flo.follows("Workflows")
    flo.follows("Buying things")
    flo.sees("History of this draft")


def says_what_is_asked_for(flo: Visitor) -> None:
    flo.page.get_by_role("link", name="Edit what is asked for").click()
    flo.sees("What is asked for")
    flo.page.get_by_role("button", name="Add item").click()
    flo.page.get_by_label("Question", exact=True).fill("What is it?")
    flo.page.get_by_label("Name", exact=False).first.fill("item")
    flo.page.get_by_role("checkbox", name="Must be answered").check()
    flo.looks_right()
    assert flo.what_is_hard_to_use() == []
    flo.presses("Save")
    flo.sees("Saved.", "What is it?")


def makes_the_form(flo: Visitor) -> None:
    """Of the first step, from its page: two questions, one of them in a section of its own."""
    flo.sees("Make it something else")
    assert flo.what_is_hard_to_use() == []
    flo.follows("The form")
    for question, kind in (("Approved?", "Yes or no"), ("A word about it", "Long text")):
        flo.page.get_by_role("button", name="Add a question").click()
        flo.page.get_by_label("Question", exact=True).last.fill(question)
        flo.page.get_by_label("Kind of answer").last.select_option(label=kind)
    flo.presses("Save")
    flo.sees("Saved.")
    flo.follows("Arrangement")
    flo.page.get_by_role("button", name="Section", exact=True).click()
    flo.page.get_by_placeholder("Heading of the section").fill("The decision")
    flo.page.get_by_role("button", name=re.compile("^Move .*The decision.* up|Move Section.* up"))
    flo.presses("Save")
    flo.sees("Saved.")
    comes_back(flo)


def adds_steps(flo: Visitor) -> None:
    """The second one by the keyboard alone."""
    flo.follows("Add a step")
    flo.sees("Add a step")
    assert flo.what_is_hard_to_use() == []
    flo.tabs_to(flo.field("Title"))
    flo.types(ORDER, then="Enter")
    flo.sees(f"“{ORDER}” is added.")
    flo.tabs_to(flo.page.get_by_role("link", name="Add a step after it"))
    flo.types("", then="Enter")
    flo.sees("Where it stands")
    flo.fills("Title", CONFIRM)
    flo.presses("Add the step")
    flo.sees(f"“{CONFIRM}” is added.")
    comes_back(flo)
    flo.sees(APPROVE, ORDER, CONFIRM)


def draws_a_gap_that_the_check_finds(flo: Visitor) -> None:
    """The order is placed only if it was approved; nothing says what happens otherwise."""
    flo.opens_menu(f"More about {APPROVE}")
    flo.page.get_by_role("link", name="Ways onward").filter(visible=True).click()
    flo.page.get_by_role("link", name=f"Change the way to {ORDER}").click()
    flo.page.get_by_label("If this is so").check()
    flo.page.get_by_role("button", name="Add a row").click()
    flo.page.get_by_label("Value", exact=True).select_option(label="Approved?")
    flo.page.get_by_label("Compared with").select_option(label="Yes")
    expects(flo.page.locator(".tf-sent").last).to_contain_text("Approved is yes")
    flo.looks_right()
    flo.presses("Save")
    flo.sees("Saved.")
    comes_back(flo)
    flo.sees("no way is true", "It cannot be published yet")


def mends_it(flo: Visitor) -> None:
    flo.follows("Mend it")
    flo.follows("Add a way")
    flo.field("Leads to").select_option(label="The end")
    flo.page.get_by_label("Otherwise: if no other way is true").check()
    flo.presses("Save")
    flo.sees("Saved.")
    comes_back(flo)
    flo.sees("All good")
    flo.presses("Undo")
    flo.sees("no way is true")
    flo.presses("Redo")
    flo.sees("All good")


def tries_it(flo: Visitor) -> None:
    flo.follows("Try it")
    flo.page.locator("#submission input[type=text]").first.fill("A chair")
    flo.presses("Try it")
    flo.sees("What would happen", APPROVE)
    flo.page.get_by_role("checkbox", name="Approved?").or_(
        flo.answer("Approved?", "Yes")
    ).first.check()
    flo.page.get_by_role("button", name="Answer", exact=True).click()
    flo.sees(ORDER)
    comes_back(flo)


def publishes_it(flo: Visitor) -> None:
    flo.follows("Make one")
    flo.sees("New ticket type")
    assert flo.what_is_hard_to_use() == []
    flo.fills("Title", "Buy something")
    flo.page.get_by_label("shopping cart").check(force=True)
    flo.presses("Make it")
    flo.sees("Nobody sees it until you publish it.", "Its workflow is not published")
    flo.follows("Publish Buying things first")
    flo.follows("Publish")
    flo.sees("Publish v1?")
    flo.presses("Publish")
    flo.sees("is published")
    flo.follows("Buy something")
    flo.follows("Publish")
    flo.presses("Publish")
    flo.sees("is in the catalogue")
    expects(flo.page.get_by_role("link", name="Edit", exact=True).first).to_be_visible()
