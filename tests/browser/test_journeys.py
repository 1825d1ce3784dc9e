"""What people come for, from the first page to the last, as they do it: in a browser."""

import json
import re
from collections.abc import Callable
from typing import Any
from urllib.request import urlopen

import pytest
from playwright.sync_api import FilePayload

from admin_site.statuses import WORKFLOW
from tests.browser.arranged import a_company, asks, awaits
from tests.browser.visitor import DESK, PHONE, Visitor
from tests.builders import PASSWORD, a_document
from tests.targets import Target, target

pytestmark = pytest.mark.browser
COMPLETED = WORKFLOW["COMPLETED"].word
Opens = Callable[..., Visitor]

CHAIRS = a_document(
    "approve > order; approve ? ok = false > end",
    key="chair",
    approve={
        "output_schema": {
            "type": "object",
            "required": ["ok"],
            "properties": {
                "ok": {"type": "boolean", "title": "May it be bought?"},
                "note": {"type": "string", "title": "Note"},
            },
        }
    },
)


def signs_up(visitor: Visitor, company: str) -> None:
    visitor.goes_to("/")
    visitor.sees("Every request knows its next step")
    visitor.follows("Start with your company")
    visitor.sees("Create your company")
    visitor.fills("Company", company)
    visitor.fills("First name", "Bea")
    visitor.fills("Last name", "Boss")
    visitor.fills("Work e-mail", f"bea@{company.lower().replace(' ', '-')}.example")
    visitor.fills("Password", PASSWORD)
    visitor.presses("Create company")
    visitor.sees("Hello Bea")


def uploads(visitor: Visitor, document: dict[str, Any], name: str) -> None:
    """From the first page of the design site to a draft of the workflow."""
    content = json.dumps(document).encode()
    visitor.follows("Upload")
    visitor.sees("Upload definitions")
    visitor.field("Choose a file").set_input_files(
        FilePayload(name=name, mimeType="application/json", buffer=content)
    )
    visitor.presses("Look at it")
    visitor.sees("Look before you import", name)
    visitor.presses("Import as drafts")
    visitor.sees("imported as drafts", "Draft")


def publishes(visitor: Visitor) -> None:
    """What stands on the page, a workflow or a ticket type."""
    visitor.follows("Publish")
    visitor.sees("Publish")
    visitor.presses("Publish")
    visitor.sees("Published")


@pytest.mark.parametrize(
    ("width", "scheme"), [(DESK, "light"), (PHONE, "dark")], ids=["desk", "phone"]
)
def test_from_sign_up_to_the_archive(opens: Opens, width, scheme):
    bea = opens(width=width, scheme=scheme)

    signs_up(bea, f"Quince {width}")
    bea.follows("Design")
    bea.sees("Workflows")
    uploads(bea, CHAIRS, "chairs.json")
    publishes(bea)
    bea.follows("Ask for chair")
    bea.sees("Ask for chair")
    publishes(bea)

    bea.switches_to("Portal")
    bea.sees("What can we do for you, Bea?")
    bea.follows("Ask for chair")
    bea.sees("Ask for chair", "What happens next")
    bea.fills("Subject", "A chair for the workshop")
    bea.presses("Send request")
    bea.sees("A chair for the workshop", "Approve")

    bea.switches_to("Work")
    bea.sees("1 task for you")
    bea.follows("Approve")
    bea.sees("Approve", "A chair for the workshop")
    bea.fills("Note", "Oak, not pine")
    bea.presses("Save draft")
    bea.sees("The draft is saved")
    assert bea.field("Note").input_value() == "Oak, not pine"
    bea.chooses("May it be bought?", "Yes")
    bea.presses("Complete")
    bea.sees("Order")
    bea.follows("Order")
    bea.sees("Oak, not pine")
    bea.chooses("All right?", "Yes")
    bea.presses("Complete and next")
    bea.sees("All done")

    bea.switches_to("Portal")
    bea.follows("Archive")
    bea.sees_row("A chair for the workshop", COMPLETED)
    bea.switches_to("Desk")
    bea.follows("Archive")
    bea.sees_row("A chair for the workshop", COMPLETED)


def test_an_answer_that_fits_no_way_is_corrected_and_the_request_goes_on(opens: Opens, site):
    company = a_company(site, "Medlar", a_document("check ? ok = true > pay", key="claim"))
    ann, will, tara = opens(width=PHONE), opens(), opens()
    for visitor, name in ((ann, "ann"), (will, "will"), (tara, "tara")):
        visitor.signs_in(f"{name}@{company}", PASSWORD)
    asks(ann, "claim", "Train to Bremen")

    will.goes_to("/work/")
    will.follows("Check")
    will.sees("Train to Bremen")
    will.chooses("All right?", "No")
    will.presses("Complete")
    will.sees("All done")
    ann.goes_to("/portal/requests/")
    ann.follows("Train to Bremen")
    ann.sees("Train to Bremen")
    told_meanwhile = ann.reads()

    tara.goes_to("/desk/")
    tara.follows("Stopped tickets")
    tara.sees("No way onward fits after “Check”")
    tara.follows("Train to Bremen")
    tara.sees("No way onward fits after “Check”", "Correct the answer")
    tara.chooses("All right?", "Yes")
    tara.fills("Reason", "The receipt was there all along")
    tara.presses("Correct and retry")
    tara.sees("Repaired")

    will.goes_to("/work/")
    will.follows("Pay")
    will.sees("Train to Bremen")
    will.chooses("All right?", "Yes")
    will.presses("Complete")
    will.sees("All done")
    ann.page.reload()
    ann.sees(COMPLETED)
    for text in (told_meanwhile, ann.reads()):
        assert not re.search("no way onward|error|retry|corrected|fail", text, re.IGNORECASE), text


def orders(erp: Target, path: str, key: str) -> dict[str, Any]:
    """Approve it, then another system orders it, then check what came."""
    return a_document(
        "approve > order > check",
        key=key,
        order={
            "title": "Place the order",
            "task_type": "SYNC_ACTION",
            "action_url": erp.url(path),
            "output_schema": {"type": "object"},
            "input_transform": {
                "item": {"$": {"var": "ticket.subject"}},
                "cost_centre": "4100-A",
            },
            "input_schema": {
                "type": "object",
                "properties": {
                    "item": {"type": "string", "title": "Item"},
                    "cost_centre": {"type": "string", "title": "Cost centre"},
                },
            },
        },
    )


@pytest.mark.parametrize(
    ("width", "scheme"), [(DESK, "light"), (PHONE, "dark")], ids=["desk", "phone"]
)
def test_a_call_that_another_system_refused_is_corrected_and_the_request_ends(
    opens: Opens, site, width, scheme
):
    with target() as erp:
        path = "/picky?field=cost_centre&value=4100"
        name = "Tansy" if width == DESK else "Costmary"
        company = a_company(site, name, orders(erp, path, "stool"))
        ann, will, tara = opens(width=PHONE), opens(), opens(width=width, scheme=scheme)
        for visitor, name in ((ann, "ann"), (will, "will"), (tara, "tara")):
            visitor.signs_in(f"{name}@{company}", PASSWORD)
        asks(ann, "stool", "A stool for the workshop")
        will.goes_to("/work/")
        will.follows("Approve")
        will.chooses("All right?", "Yes")
        will.presses("Complete")
        will.sees("All done")

        awaits(tara, "/desk/", "answered with the status 422").click()
        tara.sees("127.0.0.1 answered with the status 422", "TicketFlower called 127.0.0.1 once.")
        tara.sees("422 Unprocessable Entity", "unknown value", "4100-A")
        ann.goes_to("/portal/requests/")
        ann.follows("A stool for the workshop")
        ann.sees("We are looking into it")
        told_meanwhile = ann.reads()
        tara.fills("Cost centre", "4100")
        tara.presses("Correct and retry")
        tara.sees("Please fill this in.")
        assert tara.field("Cost centre").input_value() == "4100"
        tara.fills("Reason", "The cost centre was renamed")
        tara.presses("Correct and retry")
        tara.sees("Repaired", "The cost centre was renamed")
        tara.follows("Open the ticket")
        tara.sees("corrected what is sent by Place the order", "answered Place the order")

        awaits(will, "/work/", "Check").click()
        will.chooses("All right?", "Yes")
        will.presses("Complete")
        will.sees("All done")
        ann.page.reload()
        ann.sees(COMPLETED, "Place the order is done")
        assert [len(erp.orders), len(erp.seen)] == [1, 2]
    for text in (told_meanwhile, ann.reads()):
        technical = "127.0.0.1|422|4100|cost centre|error|retry|corrected|fail"
        assert not re.search(technical, text, re.IGNORECASE), text


@pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "no scripts"])
def test_all_that_stopped_for_one_cause_try_again_and_the_page_tells_how_each_went(
    opens: Opens, site, scripts
):
    with target() as erp:
        name = "Burdock" if scripts else "Chicory"
        company = a_company(site, name, orders(erp, "/mended?status=422", "lamp"))
        ann, will = opens(), opens()
        tara = opens(java_script_enabled=scripts)
        for visitor, who in ((ann, "ann"), (will, "will"), (tara, "tara")):
            visitor.signs_in(f"{who}@{company}", PASSWORD)
        for subject in ("A lamp for the hall", "A lamp for the yard"):
            ann.goes_to("/portal/")
            asks(ann, "lamp", subject)
            will.goes_to("/work/")
            will.follows("Approve")
            will.chooses("All right?", "Yes")
            will.presses("Complete")
            will.sees("All done")

        awaits(tara, "/desk/errors/", "Retry all 2").click()
        tara.sees("Let 2 tickets try again?")
        tara.fills("Reason", "They mended it")
        urlopen(erp.url("/mend")).close()
        tara.presses("Retry 2 tickets")
        tara.sees("2 tickets: 2 go on", "It is at Check now.")
        assert len(erp.orders) == 2


def test_everything_can_be_done_without_a_mouse(opens: Opens, site):
    company = a_company(site, "Sorrel", a_document("check > pay", key="claim"))
    ann, will = opens(), opens()

    for visitor, name in ((ann, "ann"), (will, "will")):
        visitor.goes_to("/login/")
        visitor.tabs_to(visitor.field("E-mail"))
        visitor.types(f"{name}@{company}")
        visitor.tabs_to(visitor.field("Password"))
        visitor.types(PASSWORD, then="Enter")
    ann.sees("What can we do for you, Ann?")
    ann.tabs_to(ann.page.get_by_role("link", name="Ask for claim"))
    ann.types("", then="Enter")
    ann.sees("Ask for claim")
    ann.tabs_to(ann.field("Subject"))
    ann.types("Train to Bremen")
    ann.tabs_to(ann.page.get_by_role("button", name="Send request"))
    ann.types("", then="Enter")
    ann.sees("Train to Bremen", "Check")

    will.page.reload()
    for task in ("Check", "Pay"):
        will.sees(task)
        if task == "Check":
            will.tabs_to(will.page.get_by_role("link", name=task))
            will.types("", then="Enter")
            will.sees("Train to Bremen")
        will.tabs_to(will.answer("All right?", "Yes"))
        will.types("", then="Space")
        will.types("", then="Control+Enter")
    will.sees("All done")
    ann.page.reload()
    assert COMPLETED in ann.page.inner_text("main")


def test_everything_can_be_done_without_scripts(opens: Opens, site):
    company = a_company(site, "Yarrow", a_document("check > pay", key="claim"))
    ann = opens(width=PHONE, java_script_enabled=False)
    will = opens(java_script_enabled=False)

    ann.signs_in(f"ann@{company}", PASSWORD)
    ann.sees("What can we do for you, Ann?")
    asks(ann, "claim", "Train to Bremen")
    will.signs_in(f"will@{company}", PASSWORD)
    will.follows("Check")
    for _ in ("Check", "Pay"):
        will.sees("Train to Bremen")
        will.chooses("All right?", "Yes")
        will.presses("Complete and next")
    will.sees("All done")
    ann.page.reload()

    ann.sees("Train to Bremen")
    assert COMPLETED in ann.page.inner_text("main")


def test_a_colleague_is_invited_and_gets_in_again_without_the_password(opens: Opens, site):
    bea, ann = opens(), opens(width=PHONE)
    signs_up(bea, "Comfrey")

    bea.follows("Company")
    bea.follows("People")
    bea.sees("People", "Bea Boss")
    bea.follows("Add a person")
    bea.sees("Add a person")
    bea.fills("First name", "Ann")
    bea.fills("Last name", "Reed")
    bea.fills("E-mail", "ann@comfrey.example")
    bea.chooses("How they come in", "Send an invitation by mail")
    bea.presses("Add")
    bea.sees("ann@comfrey.example")
    ann.page.goto(site.mailed_link("Ann", to="ann@comfrey.example"))
    ann.sees("Join Comfrey")
    ann.fills("New password", PASSWORD)
    ann.presses("Log in")
    ann.sees("What can we do for you, Ann?")

    ann.opens_menu("You and your settings")
    ann.presses("Log out")
    ann.goes_to("/login/")
    ann.follows("Forgot your password?")
    ann.fills("E-mail", "ann@comfrey.example")
    ann.page.locator("main button[type=submit]").click()
    ann.looks_right()
    ann.page.goto(site.mailed_link("password", to="ann@comfrey.example"))
    ann.fills("New password", f"{PASSWORD} again")
    ann.page.locator("main button[type=submit]").click()
    ann.looks_right()
    ann.signs_in("ann@comfrey.example", f"{PASSWORD} again")
    ann.sees("What can we do for you, Ann?")
    bea.goes_to("/company/people/")
    bea.sees_row("Ann Reed", "Active")
    assert "ann@comfrey.example" in bea.page.inner_text("main")
