"""From the gallery to a request that somebody has sent: in a browser, without writing a line."""

from collections.abc import Callable

import pytest

from tests.browser.arranged import a_company
from tests.browser.served import Served
from tests.browser.visitor import DESK, PHONE, Visitor
from tests.builders import PASSWORD, a_document

pytestmark = pytest.mark.browser
Opens = Callable[..., Visitor]


@pytest.mark.parametrize(
    ("width", "scheme"), [(DESK, "light"), (PHONE, "dark")], ids=["desk", "phone"]
)
def test_a_ready_workflow_is_cloned_published_and_asked_for(
    opens: Opens, site: Served, width, scheme
):
    host = a_company(site, f"Larch-{width}", a_document("ask"))
    flo = opens(width=width, scheme=scheme)
    ann = opens(width=width, scheme=scheme)

    flo.signs_in(f"flo@{host}", PASSWORD)
    flo.follows("Gallery")
    flo.sees("Ready to use", "Leave request")
    assert flo.what_is_hard_to_use() == []
    flo.fills("Search the gallery", "vacation")
    flo.sees("Leave request")
    assert not flo.page.get_by_role("link", name="Somebody leaves").is_visible()
    flo.follows("Leave request")
    flo.sees("What happens", "Who does what?", "Managers")
    assert flo.what_is_hard_to_use() == []
    flo.presses("Use this")
    flo.sees("Look before you import", "Leave request")
    flo.presses("Import and publish")
    flo.sees("imported and published", "Published")

    ann.signs_in(f"ann@{host}", PASSWORD)
    ann.follows("Leave request")
    ann.sees("Leave request", "While you are away")
    ann.page.get_by_label("First day away").fill("2030-07-01")
    ann.page.get_by_label("Last day away").fill("2030-07-12")
    ann.page.get_by_label("Who covers for you?").fill("Will")
    ann.presses("Send request")
    ann.sees("Holiday from 2030-07-01 to 2030-07-12", "Decide about the leave")
