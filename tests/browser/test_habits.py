"""What people do that nobody planned: twice, again, in two windows, at a wrong address."""

from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from fixtures.load import demo_logins
from tests.browser.arranged import a_company, asks
from tests.browser.visitor import DESK, PHONE, Visitor
from tests.builders import PASSWORD, a_document

pytestmark = pytest.mark.browser
Opens = Callable[..., Visitor]
DEMO = {login.role: login for login in demo_logins()}


@pytest.fixture(scope="module")
def company(site):
    return a_company(site, "Bramble", a_document("check > pay", key="claim"))


def test_a_request_is_sent_once_however_often_the_button_is_pressed(opens: Opens, company):
    ann = opens()
    ann.signs_in(f"ann@{company}", PASSWORD)

    ann.follows("Ask for claim")
    ann.fills("Subject", "Twice in a hurry")
    ann.page.get_by_role("button", name="Send request").dblclick()
    ann.sees("Twice in a hurry", "Check")
    ann.follows("My requests")

    ann.sees_row("Twice in a hurry")
    assert ann.page.locator("tbody tr").filter(has_text="Twice in a hurry").count() == 1


def test_what_was_typed_for_a_task_that_is_already_done_is_not_lost(opens: Opens, company):
    ann, will = opens(), opens()
    ann.signs_in(f"ann@{company}", PASSWORD)
    asks(ann, "claim", "In two windows")
    will.signs_in(f"will@{company}", PASSWORD)
    also_will = opens(storage_state=will.context.storage_state())
    for window in (will, also_will):
        window.goes_to("/work/tasks/?q=two+windows")
        window.follows("Check")
        window.sees("In two windows")

    will.chooses("All right?", "Yes")
    will.presses("Complete")
    will.sees("Pay")
    also_will.chooses("All right?", "No")
    also_will.presses("Complete")

    expect(also_will.page.locator("main")).to_contain_text("All right?")
    assert "No" in also_will.reads()
    assert [one for one in also_will.troubles if " answered 5" in one] == []


@pytest.mark.parametrize(
    ("width", "scheme"), [(DESK, "light"), (PHONE, "dark")], ids=["desk", "phone"]
)
def test_a_wrong_address_says_so_and_leads_back(opens: Opens, width, scheme):
    mia = opens(width=width, scheme=scheme)
    mia.signs_in(DEMO["User"].email, DEMO["User"].password)

    for path, status in (("/nowhere/", 404), ("/portal/requests/999999/", 404), ("/desk/", 403)):
        mia.goes_to(path)
        assert all(str(status) in one for one in mia.troubles), mia.troubles
        mia.troubles.clear()
        mia.looks_right()
        assert mia.what_is_hard_to_use() == []
        mia.page.locator("main").get_by_role("link").first.click()
        mia.sees("What can we do for you, Mia?")


def test_dark_once_chosen_stays_dark_on_every_site(opens: Opens):
    lea = opens()
    lea.signs_in(DEMO["Every role"].email, DEMO["Every role"].password)
    lea.goes_to("/desk/")
    lea.page.locator("summary[title='You and your settings']").click()

    lea.presses("Dark")

    for path in ("/desk/", "/portal/", "/profile/", "/"):
        lea.goes_to(path)
        expect(lea.page.locator("html.dark")).to_be_attached()
        lea.looks_right()


def test_support_looks_in_with_a_reason_and_changes_nothing(opens: Opens, company):
    pat = opens()
    pat.signs_in(DEMO["Platform"].email, DEMO["Platform"].password)

    pat.follows("Companies")
    pat.sees("Bramble")
    pat.follows("Bramble")
    pat.follows("Look in")
    pat.sees("Look into Bramble?")
    pat.fills("Why", "Case 4711")
    pat.presses("Look in")
    pat.sees("You look into Bramble as TicketFlower support", "Case 4711")
    for site in ("portal", "work", "desk", "design", "company"):
        pat.goes_to(f"/{site}/")
        pat.sees("You look into Bramble as TicketFlower support")
    pat.goes_to("/portal/new/claim-request/")
    pat.fills("Subject", "Not mine to ask")
    pat.presses("Send request")
    expect(pat.page.get_by_role("heading", name="Nothing can be changed now")).to_be_visible()
    pat.troubles.clear()  # the refusal
    pat.presses("End")
    pat.sees("Bramble", "Case 4711")
