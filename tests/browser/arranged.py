"""What journeys begin with, and what several of them do on their way."""

import time
from typing import Any

from playwright.sync_api import Locator

from tests.browser.served import Served
from tests.browser.visitor import Visitor


def a_company(site: Served, name: str, document: dict[str, Any]) -> str:
    """With a person per role and the workflow in use; returns what follows the @ of everybody."""
    site.run(
        "from tests.builders import a_firm\n"
        "from definitions.services import import_bundle\n"
        "from tenants.context import tenant_context\n"
        f"firm = a_firm({name!r})\n"
        "with tenant_context(firm.company):\n"
        f"    import_bundle(firm.boss, {document!r}, publish=True)\n"
    )
    return f"{name.lower()}.example"


def asks(visitor: Visitor, kind: str, subject: str) -> None:
    """From the catalogue to the page of the new request."""
    visitor.follows(f"Ask for {kind}")
    visitor.sees(f"Ask for {kind}")
    visitor.fills("Subject", subject)
    visitor.presses("Send request")
    visitor.sees(subject)


def awaits(visitor: Visitor, path: str, words: str, *, seconds: float = 30) -> Locator:
    """Open a page again and again until it says what a worker has done meanwhile."""
    give_up_at = time.monotonic() + seconds
    while True:
        visitor.goes_to(path)
        found = visitor.page.get_by_text(words).filter(visible=True).first
        if found.is_visible():
            return found
        assert time.monotonic() < give_up_at, f"{path} never said {words!r}"
        time.sleep(0.3)
