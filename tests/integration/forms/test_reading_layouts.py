"""Layouts for reading: what they place is read, in their order, under their headings."""

from typing import Any

import pytest
from django.test import Client

from admin_site.schema_forms import Told, read_answers
from definitions.models import TicketDefinition
from definitions.services import import_bundle
from operations.models import TaskInstance
from operations.services import complete_task, submit_ticket
from tenants.context import tenant_context
from tests.builders import Firm, a_document, the_open_task

FORM: dict[str, Any] = {
    "type": "object",
    "required": ["amount", "reason"],
    "properties": {
        "amount": {"type": "number", "title": "Amount"},
        "reason": {"type": "string", "title": "Reason"},
        "secret": {"type": "string", "title": "Cost centre"},
        "who": {
            "type": "object",
            "title": "Deliver to",
            "properties": {
                "name": {"type": "string", "title": "Name"},
                "mail": {"type": "string", "title": "E-mail"},
            },
        },
    },
}


def control(name: str, **more: Any) -> dict[str, Any]:
    return {"type": "Control", "scope": f"#/properties/{name}", **more}


READS: dict[str, Any] = {
    "type": "VerticalLayout",
    "elements": [
        control("reason", label="Because"),
        {"type": "Label", "text": "All prices without tax."},
        {"type": "Group", "label": "Money", "elements": [control("amount")]},
    ],
}
ANSWER = {"amount": 12.5, "reason": "Broken", "secret": "K-77", "who": {"name": "Ann", "mail": "a"}}


def labels(told: list[Told]) -> list[str]:
    return [one.label or one.text for one in told]


def test_a_layout_for_reading_decides_what_is_read_and_how() -> None:
    told = read_answers(FORM, ANSWER, display=READS)

    assert labels(told) == ["Because", "All prices without tax.", "Money"]
    assert told[2].kind == "section"
    assert [(one.label, one.text) for one in told[2].inside] == [("Amount", "12.5")]


def test_who_looks_after_tickets_reads_the_rest_at_the_end() -> None:
    told = read_answers(FORM, ANSWER, display=READS, everything=True)

    assert labels(told)[3:] == ["Cost centre", "Deliver to"]


def test_of_a_group_what_was_not_placed_follows_too() -> None:
    reads = {"type": "VerticalLayout", "elements": [control("who/properties/name")]}

    told = read_answers(FORM, {"who": ANSWER["who"]}, display=reads, everything=True)

    assert labels(told) == ["Name", "Deliver to"]
    assert labels(list(told[1].inside)) == ["E-mail"]


def test_a_heading_with_nothing_below_it_is_not_read() -> None:
    assert labels(read_answers(FORM, {"reason": "x"}, display=READS)) == [
        "Because", "All prices without tax.",
    ]  # fmt: skip


def test_a_rule_of_a_layout_for_reading_hides() -> None:
    rule = {
        "effect": "SHOW",
        "condition": {"scope": "#/properties/amount", "schema": {"minimum": 100}},
    }
    reads = {
        "type": "VerticalLayout",
        "elements": [control("reason", rule=rule), control("amount")],
    }

    assert labels(read_answers(FORM, ANSWER, display=reads)) == ["Amount"]
    assert labels(read_answers(FORM, {**ANSWER, "amount": 500}, display=reads)) == [
        "Reason", "Amount",
    ]  # fmt: skip


def test_a_layout_that_fits_nowhere_leaves_the_answers_as_they_were_asked() -> None:
    reads = {"type": "VerticalLayout", "elements": [control("nowhere")]}

    assert labels(read_answers(FORM, ANSWER, display=reads))[:2] == ["Amount", "Reason"]


@pytest.mark.django_db
def test_every_page_reads_answers_by_the_layout_for_reading(acme: Firm, client: Client) -> None:
    seen = {**FORM["properties"]["reason"], "x-requester-sees": True}
    form = {**FORM, "properties": {**FORM["properties"], "reason": seen}}
    step = {"output_schema": form, "display_layout": READS}
    document = a_document("ask > check > pay", ask=step)
    document["tickets"][0] |= {"form_schema": FORM, "display_layout": READS}
    with tenant_context(acme.company):
        import_bundle(acme.boss, document, publish=True)
        ticket = submit_ticket(acme.ann, TicketDefinition.objects.get(), ANSWER)
        complete_task(acme.will, the_open_task(ticket), ANSWER)
        done = TaskInstance.objects.get(task_definition__key="ask")
        check = the_open_task(ticket)
    pages = {
        acme.ann: [f"/portal/requests/{ticket.number}/"],
        acme.will: [f"/work/tasks/{done.pk}/", f"/work/tasks/{check.pk}/"],
    }

    for person, addresses in pages.items():
        client.force_login(person)
        for address in addresses:
            page = client.get(address)
            text = page.content.decode()
            assert page.status_code == 200, address
            assert "Because" in text, address
            assert "K-77" not in text, address
    client.force_login(acme.tara)
    for address in (f"/desk/tickets/{ticket.pk}/", f"/desk/tasks/{done.pk}/"):
        text = client.get(address, follow=True).content.decode()
        assert "Because" in text[: text.rindex("K-77")], address
