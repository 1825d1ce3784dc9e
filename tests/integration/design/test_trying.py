"""Flo tries a workflow before anybody meets it; nothing comes of it but what she learns."""

import html
import json
import re
import socket
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

import pytest
from django.apps import apps
from django.core import mail
from django.test import Client

from definitions.models import WorkflowDefinition
from definitions.services import import_bundle
from tenants.context import tenant_context
from tests.builders import Firm, a_document, the_workflow
from tests.statements import Counted

pytestmark = pytest.mark.django_db

DRAWING = "check > pay; check ? ok = false > end"
MANAGERS = {"assign": {"company_role": "managers"}, "due": {"days": 2}}
A_CALL = {
    "task_type": "SYNC_ACTION",
    "output_schema": None,
    "action_url": "https://erp.example.com/orders",
    "input_transform": {"what": {"$": {"var": "ticket.subject"}}},
    "output_transform": {"number": {"$": {"var": "response.id"}}},
    "action": {"headers": {"X-Key": [{"$secret": "erp"}]}},
}
EFFECTS = re.compile(r"^\s*(insert|update|delete|merge|copy|truncate|lock|notify)\b", re.IGNORECASE)


class Page:
    """Flo at the page of a workflow."""

    def __init__(self, client: Client, workflow: WorkflowDefinition) -> None:
        self.client = client
        self.address = f"/design/workflows/{workflow.pk}/trying/"
        self.text = ""

    def open(self, query: str = "") -> str:
        response = self.client.get(self.address + query)
        assert response.status_code == 200
        self.text = response.content.decode()
        return self.words

    def press(self, do: str, **typed: Any) -> str:
        so_far = html.unescape(re.findall(r'name="_so_far" value="([^"]*)"', self.text)[0])
        sent = {"_do": do, "_so_far": so_far, **typed}
        response = self.client.post(self.address, sent, follow=True)
        assert response.status_code == 200
        self.text = response.content.decode()
        return self.words

    @property
    def words(self) -> str:
        """The page without its tags."""
        return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", self.text)).split())


@pytest.fixture
def flo(acme: Firm, client: Client) -> Client:
    client.force_login(acme.flo)
    return client


def a_draft(firm: Firm, drawing: str = DRAWING, **tasks: Any) -> WorkflowDefinition:
    with tenant_context(firm.company):
        import_bundle(firm.boss, a_document(drawing, **tasks))
        return the_workflow()


def test_a_draft_is_tried_step_by_step_to_its_end(acme: Firm, flo: Client) -> None:
    page = Page(flo, a_draft(acme, check={**MANAGERS, "output_schema": None}))
    assert "Subject" in page.open()

    at_check = page.press("submit", subject="A chair")

    assert "Check" in at_check
    assert "Waits" in at_check
    assert "managers" in at_check.lower()
    assert "· due " in at_check


def test_each_answer_shows_the_way_and_why(acme: Firm, flo: Client) -> None:
    page = Page(flo, a_draft(acme))
    page.open()
    page.press("submit", subject="A chair")

    declined = page.press("answer:1", ok="false")

    assert "Then: the end" in declined
    assert "Why this way?" in declined
    assert "All right was no" in declined
    assert "The end" in declined

    again = page.press("back:1")

    assert "Then: the end" not in again

    page.press("answer:1", ok="true")
    done = page.press("answer:2", ok="true")

    assert "Then: Pay" in done
    assert done.count("Done") >= 2


def test_an_answer_that_does_not_fit_is_asked_again_in_place(acme: Firm, flo: Client) -> None:
    number = {"type": "object", "properties": {"n": {"type": "integer"}}, "required": ["n"]}
    page = Page(flo, a_draft(acme, "check > pay", check={"output_schema": number}))
    page.open()
    page.press("submit", subject="A chair")

    refused = page.press("answer:1", n="many")

    assert "One answer needs another look" in refused
    assert 'value="many"' in page.text


def test_a_call_is_shown_and_not_made(acme: Firm, flo: Client) -> None:
    page = Page(flo, a_draft(acme, "order > pay", order=A_CALL))
    page.open()

    waiting = page.press("submit", subject="A chair")

    assert "Would call POST https://erp.example.com/orders" in waiting
    assert "X-Key: ••••••" in waiting
    assert '"what": "A chair"' in waiting

    answered = page.press("respond:1", **{"_said-response": '{"id": 7}'})

    assert "Then: Pay" in answered

    page.press("back:1")
    failed = page.press("fail:1", **{"_said-failure": "http.404"})

    assert "Here a ticket would stop" in failed


def test_what_is_no_json_is_told_and_kept(acme: Firm, flo: Client) -> None:
    page = Page(flo, a_draft(acme, "order > pay", order=A_CALL))
    page.open()
    page.press("submit", subject="A chair")

    refused = page.press("respond:1", **{"_said-response": "{id: 7"})

    assert "This is not JSON" in refused
    assert "{id: 7" in refused


def test_what_was_tried_is_kept_as_a_scenario_of_the_draft(acme: Firm, flo: Client) -> None:
    draft = a_draft(acme)
    page = Page(flo, draft)
    page.open()
    page.press("submit", subject="A chair")
    page.press("answer:1", ok="false")

    kept = page.press("keep", **{"_keep-title": "Declined"})

    assert "“Declined” is kept as a scenario of Flow v1." in kept
    with tenant_context(acme.company):
        (scenario,) = the_workflow().scenarios
    assert scenario["answers"] == {"check": {"ok": False}}
    assert scenario["expect"] == {"path": ["check"], "ends": True}
    assert "goes as expected" in Page(flo, draft).open("?scenario=0")


def test_two_scenarios_do_not_have_one_name(acme: Firm, flo: Client) -> None:
    page = Page(flo, a_draft(acme))
    for _ in range(2):
        page.open()
        page.press("submit", subject="A chair")
        told = page.press("keep", **{"_keep-title": "Beginning"})

    assert "There is a scenario “Beginning” already" in told


def test_a_scenario_that_goes_another_way_says_so(acme: Firm, flo: Client) -> None:
    draft = a_draft(acme)
    document = a_document(DRAWING)
    document["workflows"][0]["scenarios"] = [
        {
            "title": "Wrong",
            "answers": {"check": {"ok": False}},
            "expect": {"path": ["check", "pay"]},
        }
    ]
    with tenant_context(acme.company):
        import_bundle(acme.boss, document)

    told = Page(flo, draft).open("?scenario=0")

    assert "Wrong does not go as expected: expected “Check”, then “Pay”" in told


@pytest.mark.parametrize("text", ["", "nonsense", "[]", '{"start": 1}', "{" * 5000])
def test_a_page_that_was_tampered_with_begins_again(acme: Firm, flo: Client, text: str) -> None:
    page = Page(flo, a_draft(acme))
    page.open()
    page.press("submit", subject="A chair")

    told = page.press("answer:1", _so_far=text, ok="true")

    assert "it begins again" in told


def test_trying_has_no_effect_at_all(
    acme: Firm,
    flo: Client,
    statements: Callable[[], AbstractContextManager[Counted]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Only SELECTs reach the server, no connection is opened, no mail is sent, no row changes."""
    page = Page(flo, a_draft(acme, "order > check > pay", order=A_CALL, check=MANAGERS))
    page.open()
    before = _rows(acme)

    def no_connection(*_args: Any, **_more: Any) -> None:
        raise AssertionError("Trying opened a connection.")

    monkeypatch.setattr(socket.socket, "connect", no_connection)
    monkeypatch.setattr(socket, "create_connection", no_connection)
    with statements() as counted:
        page.open()
        page.press("submit", subject="A chair")
        page.press("respond:1", **{"_said-response": json.dumps({"id": 7})})
        page.press("answer:2", ok="true")
        done = page.press("answer:3", ok="true")

    assert "The end" in done
    assert any("workflow_definitions" in line for line in counted.lines)
    assert [line for line in counted.lines if EFFECTS.match(line)] == []
    assert "FOR UPDATE" not in str(counted).upper()
    assert _rows(acme) == before
    assert mail.outbox == []


def test_the_page_costs_a_few_statements_however_long_the_story(
    acme: Firm, flo: Client, statements: Callable[[], AbstractContextManager[Counted]]
) -> None:
    drawing = " > ".join(f"step{number}" for number in range(12))
    page = Page(flo, a_draft(acme, drawing))
    page.open()
    page.press("submit", subject="A chair")
    counts = []
    for number in range(1, 13):
        with statements() as counted:
            page.press(f"answer:{number}", ok="true")
        counts.append(counted.total)

    assert len(set(counts)) == 1
    assert counts[0] <= 20, counted


def test_another_companys_workflow_is_not_there(acme: Firm, globex: Firm, flo: Client) -> None:
    theirs = a_draft(globex)

    assert flo.get(f"/design/workflows/{theirs.pk}/trying/").status_code == 404


def test_whoever_designs_nothing_does_not_try_either(acme: Firm, client: Client) -> None:
    draft = a_draft(acme)
    client.force_login(acme.ann)

    assert client.get(f"/design/workflows/{draft.pk}/trying/").status_code in (302, 403, 404)


def _rows(firm: Firm) -> dict[str, Any]:
    """Every row of every table of ours, by its text."""
    ours = [
        model
        for app in ("operations", "definitions", "tenants")
        for model in apps.get_app_config(app).get_models()
        if hasattr(model, "company_id") and hasattr(model, "objects")
    ]
    with tenant_context(firm.company):
        return {model._meta.label: sorted(map(_text, model.objects.values())) for model in ours}


def _text(row: dict[str, Any]) -> str:
    return str(sorted(row.items(), key=str))
