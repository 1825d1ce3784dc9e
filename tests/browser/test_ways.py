"""The ways after a step: a gap is seen, closed by clicking, tried, and moved about by keys."""

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Locator
from playwright.sync_api import expect as expects

from tests.browser.arranged import a_company
from tests.browser.served import Served
from tests.browser.visitor import DESK, PHONE, Visitor
from tests.builders import PASSWORD, a_document

pytestmark = pytest.mark.browser
Opens = Callable[..., Visitor]


def a_claim() -> dict[str, Any]:
    """After “Check”, only a yes leads on: a no would stop the ticket."""
    document = a_document("check ? ok = true > pay", key="claim")
    document["workflows"][0]["fields"].append(
        {"name": "amount", "type": "number", "title": "Amount", "required": True}
    )
    return document


def opens_the_ways(flo: Visitor) -> None:
    flo.follows("Workflows")
    flo.follows("Claim")
    flo.opens_menu("More about Check")
    flo.page.get_by_role("link", name="Ways onward").filter(visible=True).first.click()
    flo.sees("Ways after “Check”")


def value(flo: Visitor, number: int) -> Locator:
    return flo.page.locator(f"#c-{number}-value")


@pytest.mark.parametrize(
    ("width", "scheme"), [(DESK, "light"), (PHONE, "dark")], ids=["desk", "phone"]
)
def test_a_gap_is_closed_by_clicking(opens: Opens, site: Served, width, scheme):
    host = a_company(site, f"Aspen-{width}", a_claim())
    flo = opens(width=width, scheme=scheme)
    flo.signs_in(f"flo@{host}", PASSWORD)
    flo.goes_to("/design/")
    opens_the_ways(flo)
    flo.sees("There is a gap.", "no way is true when “All right” is no")
    assert flo.what_is_hard_to_use() == []

    # A way is put together, and tried while it is.
    flo.follows("Add a way")
    flo.sees("New way after “Check”", "Not finished yet")
    assert flo.what_is_hard_to_use() == []
    flo.page.get_by_label("Leads to").select_option(label="The end")
    flo.page.locator("#c-0-path").select_option(label="Amount")
    flo.page.locator("#c-0-is").select_option(label="is at most")
    value(flo, 0).fill("20")
    flo.sees("Amount is at most 20", "It would go to the end")
    flo.presses("Add a row")
    expects(flo.page.locator("#c-1-path")).to_be_visible()
    flo.page.locator("#c-1-path").select_option(label="All right?")
    value(flo, 1).select_option(label="No")
    flo.sees("and All right is no")
    flo.page.get_by_label("What is known at this point").fill(
        "ticket: {amount: 99}\ncheck: {ok: false}"
    )
    flo.sees("A ticket would stop here.")
    flo.page.get_by_label("What is known at this point").fill(
        "ticket: {amount: 9}\ncheck: {ok: false}"
    )
    flo.sees("It would go to the end")
    assert flo.what_is_hard_to_use() == []
    flo.presses("Save")

    # The gap is smaller, and still there; “otherwise” closes it.
    flo.sees("Saved. 1 problem to solve", "There is a gap.", "when “All right” is no and “Amount”")
    flo.follows("Add a way")
    flo.page.get_by_label("Leads to").select_option(label="Pay")
    flo.page.get_by_label("Otherwise: if no other way is true").check()
    expects(flo.page.locator("#c-0-path")).to_be_hidden()
    flo.presses("Save")
    flo.sees("Saved.", "Otherwise")
    assert not flo.page.get_by_text("There is a gap.").is_visible()
    assert flo.what_is_hard_to_use() == []


def test_the_same_by_the_keyboard_alone(opens: Opens, site: Served):
    host = a_company(site, "Elder", a_claim())
    flo = opens()
    flo.signs_in(f"flo@{host}", PASSWORD)
    flo.goes_to("/design/")
    opens_the_ways(flo)

    flo.tabs_to(flo.page.get_by_role("link", name="Add a way"))
    flo.page.keyboard.press("Enter")
    flo.sees("New way after “Check”")
    flo.tabs_to(flo.page.locator("#c-0-path"))
    flo.types("Amount")
    expects(flo.page.locator("#c-0-is")).to_contain_text("is over")
    flo.tabs_to(flo.page.locator("#c-0-is"))
    flo.types("is under")
    expects(flo.page.locator("#c-0-is")).to_have_value("under")
    flo.tabs_to(value(flo, 0))
    flo.types("5")
    flo.sees("Amount is under 5")
    expects(value(flo, 0)).to_be_focused()
    flo.tabs_to(flo.page.get_by_role("button", name="Add a row", exact=True))
    flo.page.keyboard.press("Enter")
    expects(flo.page.locator("#c-1-path")).to_be_focused()
    flo.tabs_to(flo.page.get_by_role("button", name="Remove this row").last)
    flo.page.keyboard.press("Enter")
    expects(flo.page.locator("#c-1-path")).to_have_count(0)
    flo.tabs_to(flo.page.get_by_role("button", name="Save", exact=True).last)
    flo.page.keyboard.press("Enter")
    flo.sees("Saved.", "Ways after “Check”")

    flo.tabs_to(flo.page.get_by_role("button", name="Move up").first)
    flo.page.keyboard.press("Enter")
    expects(flo.page.locator(".ws-way").first).to_contain_text("Amount is under 5")
    flo.looks_right()


def test_a_scenario_that_turned_leads_to_the_step_and_is_put_right(opens: Opens, site: Served):
    document = a_claim()
    document["workflows"][0]["scenarios"] = [
        {
            "title": "Approved",
            "submission": {"subject": "A chair", "amount": 5},
            "answers": {"check": {"ok": True}, "pay": {"ok": True}},
            "expect": {"path": ["check", "pay"], "ends": True},
        }
    ]
    host = a_company(site, "Hazel", document)
    flo = opens()
    flo.signs_in(f"flo@{host}", PASSWORD)
    flo.goes_to("/design/")
    flo.follows("Workflows")
    flo.follows("Claim")
    flo.follows("Edit the scenarios")
    flo.sees("It goes as expected.")
    assert flo.what_is_hard_to_use() == []

    flo.follows("Change")
    flo.sees("What is expected")
    assert flo.what_is_hard_to_use() == []
    flo.fills("Steps it passes", "Check")
    flo.presses("Save")
    flo.sees("1 of 1 does not go as expected.", "Expected “Check”, then the end")
    flo.follows("Show the ways after “Check”")
    flo.sees("Ways after “Check”")
    flo.page.go_back()
    flo.page.get_by_role("button", name="Expect what happens now").click()
    flo.sees("“Approved” now expects what happens.", "It goes as expected.")
    assert flo.what_is_hard_to_use() == []
