"""Strings that break other programs, through the pages on which people ask and answer."""

import json
from collections.abc import Callable, Iterator, Sequence
from html import escape
from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from definitions.services import import_bundle
from operations.models import TaskInstance, TicketInstance
from tenants.context import tenant_context
from tests.builders import Firm, a_document, the_open_task

AT_ONCE = 20
NAMES = [f"{kind}{n}" for n in range(AT_ONCE) for kind in ("line", "text")]
KINDS = {"line": {"type": "string"}, "text": {"type": "string", "x-widget": "textarea"}}
FORM = {"type": "object", "properties": {name: KINDS[name[:4]] for name in NAMES}}

Stored = dict[str, Any] | None


@pytest.fixture
def strings(real_inputs: Path) -> list[str]:
    found: list[str] = json.loads((real_inputs / "nasty" / "blns.json").read_text())
    return [*found, "a\0b", "\u2028", "x" * 5_000, "\x7f\x1b[31m", "{{ 7|add:7 }}{% now 'Y' %}"]


@pytest.fixture
def kind(acme: Firm) -> str:
    """The key of a ticket type whose form, and whose one task, has many fields for text."""
    document = a_document("answer", answer={"output_schema": FORM})
    document["tickets"][0]["form_schema"] = FORM
    with tenant_context(acme.company):
        import_bundle(acme.boss, document, publish=True)
    return str(document["tickets"][0]["key"])


def signed_in(person: Any) -> Client:
    client = Client()
    client.force_login(person)
    return client


def answers_with(texts: Sequence[str]) -> dict[str, str]:
    return {name: texts[number // 2] for number, name in enumerate(NAMES[: 2 * len(texts)])}


def taken(
    strings: Sequence[str], send: Callable[[dict[str, str]], Stored]
) -> Iterator[tuple[str, dict[str, Any]]]:
    """Every string that is accepted, and what was stored with it. One that is refused keeps the
    others of its page from being taken, so they are sent again in smaller heaps."""
    waiting = [strings[n : n + AT_ONCE] for n in range(0, len(strings), AT_ONCE)]
    while waiting:
        texts = waiting.pop()
        stored = send(answers_with(texts))
        if stored is not None:
            for number, text in enumerate(texts):
                yield text, {kind: stored.get(f"{kind}{number}", "") for kind in KINDS}
        elif len(texts) > 1:
            waiting += [texts[: len(texts) // 2], texts[len(texts) // 2 :]]


def wrong_in(strings: Sequence[str], send: Callable[[dict[str, str]], Stored]) -> list[str]:
    """Strings that were stored as something else; hardly any may be refused."""
    found = list(taken(strings, send))
    assert len(found) > 0.98 * len(strings)
    # Browsers send each end of a line as two characters; one is kept.
    as_typed = {text: text.replace("\r\n", "\n").replace("\r", "\n") for text, _ in found}
    return [text for text, kept in found if set(kept.values()) != {as_typed[text]}]


def must_show(page: str, sent: dict[str, str]) -> None:
    assert "<script>alert" not in page
    for text in sent.values():
        if text.isprintable() and text == " ".join(text.split()):
            assert escape(text)[:80] in page


def test_every_string_can_be_asked_for(acme: Firm, kind: str, strings: list[str]) -> None:
    ann, will = signed_in(acme.ann), signed_in(acme.will)

    def submit(answers: dict[str, str]) -> Stored:
        response = ann.post(f"/portal/new/{kind}/", answers)
        if response.status_code == 200:
            return None  # refused, with words beside the field
        assert response.status_code == 302
        with tenant_context(acme.company):
            ticket = TicketInstance.objects.latest("number")
            task = the_open_task(ticket)
        must_show(ann.get(response["Location"]).content.decode(), answers)
        must_show(will.get(f"/work/tasks/{task.pk}/").content.decode(), answers)
        assert ann.get("/portal/requests/").status_code == 200
        stored: Stored = ticket.ticket_data
        return stored

    assert wrong_in(strings, submit) == []


def test_every_string_can_be_answered(acme: Firm, kind: str, strings: list[str]) -> None:
    ann, will, tara = signed_in(acme.ann), signed_in(acme.will), signed_in(acme.tara)

    def complete(answers: dict[str, str]) -> Stored:
        ann.post(f"/portal/new/{kind}/", {"line0": "A chair"})
        with tenant_context(acme.company):
            task = the_open_task(TicketInstance.objects.latest("number"))
        drafted = will.post(f"/work/tasks/{task.pk}/", {**answers, "_do": "draft"})
        assert drafted.status_code in (200, 302)
        response = will.post(f"/work/tasks/{task.pk}/", {**answers, "_do": "list"})
        if response.status_code == 200:
            return None
        assert response.status_code == 302
        must_show(tara.get(f"/desk/tickets/{task.ticket_id}/change/").content.decode(), answers)
        with tenant_context(acme.company):
            stored: Stored = TaskInstance.objects.get(pk=task.pk).output_data
        return stored

    assert wrong_in(strings, complete) == []
