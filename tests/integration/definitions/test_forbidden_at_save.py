"""A definition cannot even be kept with an address that no call may reach."""

from typing import Any

import pytest

from definitions.errors import BundleInvalid
from definitions.services import import_bundle
from tenants.context import tenant_context
from tests.builders import Firm, a_document
from tests.forbidden import SPELLED

AT_ONCE = 50  # of each rule, no more than a hundred findings are told


def test_every_forbidden_address_is_refused_at_its_place(acme: Firm):
    left = [url for url in SPELLED if url]
    while left:
        told = _told(acme, left[:AT_ONCE])
        assert told, left[:AT_ONCE]
        left = [url for url in left if url not in told]


def _told(firm: Firm, urls: list[str]) -> set[str]:
    """Those that are named; a text that cannot be stored is told before all others."""
    calls: dict[str, Any] = {
        f"call{number}": {"task_type": "SYNC_ACTION", "action_url": url.format(port=443)}
        for number, url in enumerate(urls)
    }
    document = a_document(" > ".join(calls), **calls)
    for task in document["workflows"][0]["tasks"]:
        del task["output_schema"]
    with tenant_context(firm.company), pytest.raises(BundleInvalid) as refused:
        import_bundle(firm.flo, document)
    told = {problem.place for problem in refused.value.problems}
    places = {f"/workflows/0/tasks/{number}/action_url": url for number, url in enumerate(urls)}
    return {url for place, url in places.items() if place in told}


def test_there_are_enough_of_them():
    assert len(SPELLED) >= 60
