"""Tickets are moved to a new version, after a look at what will happen to them, and back."""

from collections.abc import Callable
from typing import Any

import pytest

from tests.browser.arranged import a_company, asks
from tests.browser.served import Served
from tests.browser.visitor import DESK, PHONE, Visitor
from tests.builders import PASSWORD, a_document

pytestmark = pytest.mark.browser
Opens = Callable[..., Visitor]

NOTE = {
    "type": "object",
    "required": ["ok", "note"],
    "properties": {
        "ok": {"type": "boolean", "title": "All right?"},
        "note": {"type": "string", "title": "Note"},
    },
}


def _publishes(site: Served, name: str, document: Any) -> None:
    site.run(
        "from definitions.services import import_bundle\n"
        "from tenants.context import platform_context, tenant_context\n"
        "from tenants.models import Company\n"
        "with platform_context():\n"
        f"    company = Company.objects.get(name={name!r})\n"
        "with tenant_context(company):\n"
        f"    import_bundle(None, {document!r}, publish=True)\n"
    )


@pytest.mark.parametrize(
    ("width", "scheme"), [(DESK, "light"), (PHONE, "dark")], ids=["desk", "phone"]
)
def test_tickets_are_moved_to_a_new_version_and_back(opens: Opens, site: Served, width, scheme):
    host = a_company(site, f"Juniper-{width}", a_document("ask > check", key="lend"))
    ann, bea = opens(width=width, scheme=scheme), opens(width=width, scheme=scheme)
    ann.signs_in(f"ann@{host}", PASSWORD)
    asks(ann, "lend", "A chair")
    ann.goes_to("/portal/")
    asks(ann, "lend", "A lamp")
    newer = a_document("query > weigh > check", key="lend", check={"output_schema": NOTE})
    _publishes(site, f"Juniper-{width}", newer)

    bea.signs_in(f"boss@{host}", PASSWORD)
    bea.goes_to("/design/workflows/")
    bea.follows("Lend")
    bea.sees("2 tickets", "stay on older versions")
    bea.follows("All versions")
    bea.sees("v2", "Published", "2 tickets under way", "The first version")
    assert bea.what_is_hard_to_use() == []
    bea.follows("What changed")
    bea.sees("What changed in v2", "Task “Check”", "question “Note” added (text)")
    assert bea.what_is_hard_to_use() == []
    bea.goes_to("/design/workflows/")
    bea.follows("Lend")
    bea.follows("See what moving them here would do")
    bea.sees("“Ask” is not part of v2")
    assert bea.what_is_hard_to_use() == []

    bea.follows("Move them")
    bea.sees("Move 2 tickets to v2", "Neither ticket can be moved like this.")
    bea.page.get_by_label("“Ask” goes on as").select_option(label="Query")
    bea.presses("Look again")
    bea.sees("Both tickets can be moved", "“Ask” goes on as “Query”.")
    assert bea.what_is_hard_to_use() == []
    bea.fills("Reason", "The query is shorter")
    bea.presses("Move 2 tickets")
    bea.sees("2 tickets moved to v2", "It is at Query.")
    assert bea.what_is_hard_to_use() == []
    bea.follows("The workflow")
    bea.sees("Picture", "Save as")
    assert bea.what_is_hard_to_use() == []

    bea.goes_to("/desk/tickets/1001/")
    bea.sees("moved the ticket from v1 to", "The query is shorter", "Started with")
    assert bea.what_is_hard_to_use() == []
    bea.follows("Move back to v1")
    bea.sees("Move #1001 to v1", "“Query” goes on as “Ask”.")
    bea.fills("Reason", "A mistake")
    bea.presses("Move the ticket")
    bea.sees("#1001 runs on v1 now.", "A mistake")

    ann.goes_to("/portal/requests/")
    ann.sees("A chair", "Ask")
