"""Pictures of workflows: by eye, by keyboard, by screen reader, on any screen, and on paper."""

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import expect

from tests.browser.visitor import DESK, PHONE, Visitor
from tests.builders import PASSWORD, a_document

pytestmark = pytest.mark.browser
Opens = Callable[..., Visitor]
LOOKS = [
    pytest.param(width, scheme, id=f"{scheme}-{width}")
    for width in (DESK, PHONE)
    for scheme in ("light", "dark")
]
PREPARE = """
from definitions.services import import_bundle
from operations.models import TaskInstance
from operations.services import complete_task
from tenants.context import tenant_context
from tests.builders import a_firm, a_ticket
from definitions.models import TicketDefinition
firm = a_firm("Larch")
with tenant_context(firm.company):
    for document in {documents!r}:
        import_bundle(firm.boss, document, publish=True)
    ticket = a_ticket(firm, TicketDefinition.objects.get(key="purchase-request"), "An oak table")
    for answer in ({{"decision": "again"}}, {{"ok": True}}, {{"decision": "yes"}}):
        task = TaskInstance.objects.get(ticket=ticket, t_status__in=("OPEN", "IN_PROGRESS"))
        complete_task(firm.will, task, answer)
    stopped = a_ticket(firm, TicketDefinition.objects.get(key="purchase-request"), "A wrong table")
    complete_task(firm.will, TaskInstance.objects.get(ticket=stopped), {{"decision": "maybe"}})
"""
DECISION = {"type": "object", "properties": {"decision": {"type": "string", "title": "Decision"}}}


def documents() -> list[dict[str, Any]]:
    drawing = """approve ? decision = yes > check > order > pay > close
        approve ? decision = again > ask; ask > approve; approve ? decision = no > end"""
    tasks: dict[str, Any] = {
        "approve": {
            "title": "Approve the purchase <of> a very long name",
            "output_schema": DECISION,
        },
        "check": {"task_type": "SUBWORKFLOW", "subworkflow": "checking", "output_schema": None},
    }
    return [a_document("look > sign", key="checking"), a_document(drawing, key="purchase", **tasks)]


@pytest.fixture(scope="module")
def company(site):
    site.run(PREPARE.format(documents=documents()))
    return "larch.example"


def opens_the_picture(flo: Visitor) -> None:
    flo.goes_to("/design/workflows/")
    flo.page.get_by_role("link", name="Purchase").first.click()
    flo.sees("Picture", "Steps")


@pytest.mark.parametrize(("width", "scheme"), LOOKS)
def test_a_version_is_seen_by_everybody(opens: Opens, company, width, scheme):
    flo = opens(width=width, scheme=scheme)
    flo.signs_in(f"flo@{company}", PASSWORD)

    opens_the_picture(flo)

    expect(flo.page.locator(".tf-wf > svg")).to_be_visible()
    assert [*flo.what_is_hard_to_use(), *flo.what_is_hard_to_read()] == []
    flo.page.locator(".tf-in-words > summary").click()
    expect(flo.page.locator(".tf-in-words")).to_contain_text("to the end if Decision is “no”")


@pytest.mark.parametrize(("width", "scheme"), LOOKS)
@pytest.mark.parametrize("subject", ["An oak table", "A wrong table"])
def test_a_ticket_is_seen_by_everybody(opens: Opens, company, width, scheme, subject):
    tara = opens(width=width, scheme=scheme)
    tara.signs_in(f"tara@{company}", PASSWORD)

    tara.goes_to("/desk/tickets/")
    tara.follows(subject)
    tara.sees(subject)

    shown = tara.page.locator(".tf-wf > svg" if width == DESK else ".dk-where .tf-steps")
    expect(shown).to_be_visible()
    assert [*tara.what_is_hard_to_use(), *tara.what_is_hard_to_read()] == []


def test_the_picture_is_read_and_used_with_the_keyboard_alone(opens: Opens, company):
    flo = opens()
    flo.signs_in(f"flo@{company}", PASSWORD)
    opens_the_picture(flo)
    picture = flo.page.locator(".tf-wf > svg")
    readable = picture.bounding_box()

    flo.tabs_to(flo.page.get_by_role("radio", name="Readable"))
    flo.page.keyboard.press("ArrowLeft")
    whole, room = picture.bounding_box(), flo.page.locator(".tf-wf").bounding_box()
    assert readable and whole and room
    assert whole["width"] <= room["width"] < readable["width"]

    step = flo.page.get_by_role("link", name="Order, Form")
    flo.tabs_to(step)
    flo.page.keyboard.press("Enter")
    flo.page.wait_for_url("**/design/tasks/**")
    flo.sees("Order")


def test_a_ticket_leads_to_its_tasks_and_into_what_runs_inside(opens: Opens, company):
    tara = opens()
    tara.signs_in(f"tara@{company}", PASSWORD)
    tara.goes_to("/desk/tickets/")
    tara.follows("An oak table")

    tara.page.get_by_role("link", name="Inside of Check").click()
    tara.sees("Checking", "In words")
    assert tara.what_is_hard_to_use() == []
    tara.follows("Around it")
    tara.page.get_by_role("link", name="Ask, Form, Done").click()
    tara.page.wait_for_url("**/desk/tasks/**")


def test_the_picture_fits_on_paper(opens: Opens, company):
    flo = opens()
    flo.signs_in(f"flo@{company}", PASSWORD)
    opens_the_picture(flo)

    flo.page.emulate_media(media="print")
    flo.page.set_viewport_size({"width": 794, "height": 1123})

    picture = flo.page.locator(".tf-wf > svg").bounding_box()
    assert picture and picture["x"] >= 0 and picture["x"] + picture["width"] <= 794
    expect(flo.page.locator(".tf-zoom")).to_be_hidden()
