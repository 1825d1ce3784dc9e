"""Definitions edited in the browser: a draft grows by forms, and nothing typed is lost."""

import re
from collections.abc import Callable
from contextlib import AbstractContextManager
from html import unescape
from typing import Any

import pytest
from django.test import Client

from admin_site.design.addresses import StepKey
from definitions.editing import changed, task_of
from definitions.models import TicketDefinition, WorkflowDefinition
from definitions.services import (
    change_workflow,
    create_workflow,
    document_of,
    fingerprint,
    import_bundle,
    make_draft,
)
from tenants.context import tenant_context
from tenants.models import CompanySecret
from tests.builders import Firm, a_document, a_workflow, the_workflow
from tests.statements import Counted

pytestmark = pytest.mark.django_db

Statements = Callable[[], AbstractContextManager[Counted]]
FIELD = re.compile(
    r"<(input|select|textarea)\b([^>]*)>(.*?)(?=<input|<select|<textarea|</form)", re.S
)
ATTRIBUTE = re.compile(r'([\w-]+)(?:="([^"]*)")?')


@pytest.fixture
def flo(acme: Firm, client: Client) -> Client:
    """The workflow creator of Acme at her browser."""
    client.force_login(acme.flo)
    return client


@pytest.fixture
def draft(acme: Firm) -> WorkflowDefinition:
    """“Flow” v2: Ask, then Check; v1 is published."""
    with tenant_context(acme.company):
        a_workflow(acme)
        return make_draft(acme.flo, the_workflow())


def page_of(draft: Any, *rest: str) -> str:
    kind = "workflows" if isinstance(draft, WorkflowDefinition) else "ticket-types"
    return "/".join(["/design", kind, str(draft.pk), *rest, ""])


def text_of(response: Any) -> str:
    return unescape(response.content.decode())


def as_filled(response: Any) -> dict[str, Any]:
    """What a browser would send of the page's main form: every field with its value."""
    html = response.content.decode()
    form = html[html.index('id="edit"') :]
    form = re.sub(
        r"<noscript>.*?</noscript>", "", form[: form.index("</form")] + "</form", flags=re.S
    )
    sent: dict[str, Any] = {}
    for tag, attributes, rest in FIELD.findall(form):
        found = {name: unescape(value) for name, value in ATTRIBUTE.findall(attributes)}
        name = found.get("name")
        if not name or ("disabled" in found):
            continue
        if tag == "select":
            chosen = re.findall(r'<option value="([^"]*)" selected', rest)
            first = re.findall(r'<option value="([^"]*)"', rest)
            sent[name] = unescape((chosen or first or [""])[0])
        elif tag == "textarea":
            sent[name] = unescape(rest.partition("</textarea")[0].removeprefix("\n"))
        elif found.get("type") in ("checkbox", "radio"):
            if "checked" in found:
                sent.setdefault(name, []).append(found.get("value", "on"))
        else:
            sent[name] = found.get("value", "")
    return sent


def save(client: Client, address: str, **changes: Any) -> Any:
    """Open a page, change some of its fields, and send it; `follow` goes where that leads."""
    follow = changes.pop("follow", False)
    opened = client.get(address)
    assert opened.status_code == 200, opened
    return client.post(address, {**as_filled(opened), **changes}, follow=follow)


def document(draft: WorkflowDefinition) -> dict[str, Any]:
    with tenant_context(str(draft.company_id)):
        return document_of(WorkflowDefinition.objects.get(pk=draft.pk))


# A new workflow


def test_a_title_makes_a_workflow(acme: Firm, flo: Client) -> None:
    response = save(flo, "/design/workflows/add/", title="Travel approval")

    with tenant_context(acme.company):
        made = the_workflow("travel-approval")
    assert response.url == f"/design/workflows/{made.pk}/change/"
    shown = text_of(flo.get(response.url))
    assert "Travel approval v1 is a draft now." in shown
    assert "Add the first step" in shown


def test_a_workflow_can_begin_with_one_step_for_a_role(acme: Firm, flo: Client) -> None:
    save(flo, "/design/workflows/add/", title="Travel", first="Approve the trip", role="managers")

    with tenant_context(acme.company):
        made = document_of(the_workflow("travel"))
    (task,) = made["tasks"]
    assert (task["key"], task["assign"]) == ("approve-the-trip", {"company_role": "managers"})
    assert made["transitions"] == [
        {"to": "approve-the-trip"}, {"from": "approve-the-trip", "to": None},
    ]  # fmt: skip


def test_what_was_typed_for_a_new_workflow_stays_after_a_refusal(
    flo: Client, draft: WorkflowDefinition
) -> None:
    response = save(flo, "/design/workflows/add/", title="Another", key="flow", first="Look")

    shown = text_of(response)
    assert "The key “flow” is taken." in shown
    assert 'value="Another"' in shown
    assert 'value="Look"' in shown


def test_the_list_leads_to_a_new_workflow(flo: Client) -> None:
    assert "/design/workflows/add/" in text_of(flo.get("/design/workflows/"))


# About, and what is asked for


def test_the_name_and_the_links_are_changed(flo: Client, draft: WorkflowDefinition) -> None:
    links = '[{"label": "Handbook", "uri": "https://wiki.example/buy", "desc": ""}]'

    response = save(
        flo, page_of(draft, "about"), title="Shopping", description="All of it.",
        **{"links-ext_ref": links},
    )  # fmt: skip

    assert response.url == page_of(draft, "change")
    made = document(draft)
    assert (made["title"], made["description"]) == ("Shopping", "All of it.")
    assert made["ext_ref"] == [{"label": "Handbook", "uri": "https://wiki.example/buy"}]


def test_a_link_that_is_none_is_told_beside_the_links(
    flo: Client, draft: WorkflowDefinition
) -> None:
    links = '[{"label": "Handbook", "uri": "wiki", "desc": ""}]'

    response = save(flo, page_of(draft, "about"), title="Shopping", **{"links-ext_ref": links})

    shown = text_of(response)
    assert response.status_code == 200
    assert "A link starts with https://" in shown
    assert 'value="Shopping"' in shown
    assert "ext_ref" not in document(draft)


def test_what_is_asked_for_is_changed_in_rows(flo: Client, draft: WorkflowDefinition) -> None:
    rows = (
        '[{"title": "Subject", "name": "subject", "type": "string", "required": true},'
        ' {"title": "How", "name": "how", "type": "choice", "choices": "by rail\\n by road"}]'
    )

    save(flo, page_of(draft, "data"), **{"asked-fields": rows})

    assert document(draft)["fields"] == [
        {"name": "subject", "title": "Subject", "required": True},
        {"name": "how", "type": "choice", "title": "How", "choices": ["by rail", "by road"]},
    ]


def test_rows_keep_what_they_cannot_show(flo: Client, draft: WorkflowDefinition) -> None:
    rich = [
        {"name": "amount", "type": "number", "title": "Amount", "minimum": 1, "x-unit": "EUR"},
        {"name": "how", "type": "choice", "choices": [{"value": 1, "title": "One"}, "Two"]},
    ]
    with tenant_context(str(draft.company_id)):
        before = document_of(draft)
        row = change_workflow(None, draft, changed(before, fields=rich), seen=fingerprint(before))
    kept = document(row)["fields"]

    save(flo, page_of(draft, "data"))

    assert document(draft)["fields"] == kept


def test_what_is_asked_for_is_changed_as_text(flo: Client, draft: WorkflowDefinition) -> None:
    address = page_of(draft, "data") + "?as=text"

    wrong = save(flo, address, fields_text="- name: b\n- name: a\n  type: numbre\n")
    broken = save(flo, address, fields_text="- name: [a\n")
    save(flo, address, fields_text="- {name: amount, type: number}\n")

    assert "Line 3: “numbre” is not a type of field. Did you mean “number”?" in text_of(wrong)
    assert "numbre" in text_of(wrong)
    assert "Line " in text_of(broken)
    assert document(draft)["fields"] == [{"name": "amount", "type": "number"}]


# Steps


def test_a_step_is_added_where_it_is_wanted(flo: Client, draft: WorkflowDefinition) -> None:
    response = save(
        flo, page_of(draft, "steps", "new") + "?after=ask",
        title="Pay the bill", role="managers",
    )  # fmt: skip

    made = document(draft)
    assert response.url == page_of(draft, "steps", "pay-the-bill")
    assert [task["key"] for task in made["tasks"]] == ["ask", "pay-the-bill", "check"]
    assert [(way.get("from"), way["to"]) for way in made["transitions"]] == [
        (None, "ask"), ("ask", "pay-the-bill"), ("pay-the-bill", "check"), ("check", None),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        ("FORM", "A person fills in a form"),
        ("SYNC_ACTION", "calls nothing"),
        ("ASYNC_ACTION", "calls nothing"),
        ("SUBWORKFLOW", "runs nothing"),
        ("WAIT", "waits for nothing"),
    ],
)
def test_each_kind_of_step_has_its_page(
    flo: Client, draft: WorkflowDefinition, kind: str, words: str
) -> None:
    response = save(
        flo, page_of(draft, "steps", "new"), follow=True, title="Something", task_type=kind
    )

    shown = text_of(response)
    assert words in shown
    assert ('name="action_url"' in shown) == (kind in ("SYNC_ACTION", "ASYNC_ACTION"))
    assert ('name="verify"' in shown) == (kind == "ASYNC_ACTION")
    assert ('name="role"' in shown) == (kind == "FORM")
    assert ('name="subworkflow"' in shown) == (kind == "SUBWORKFLOW")
    assert ('name="until-how"' in shown) == (kind == "WAIT")
    assert ('name="due-how"' in shown) == (kind in ("FORM", "SUBWORKFLOW"))


def test_saving_a_page_without_a_change_changes_nothing(
    acme: Firm, flo: Client, draft: WorkflowDefinition
) -> None:
    with tenant_context(acme.company):
        CompanySecret(name="erp_token").save()
        before = document_of(draft)
        rich = changed(before, tasks=RICH_TASKS, transitions=[{"to": "form"}] + [
            {"from": task["key"], "to": None} for task in RICH_TASKS
        ])  # fmt: skip
        row = change_workflow(None, draft, rich, seen=fingerprint(before))
    kept = document(row)

    for task in kept["tasks"]:
        response = save(flo, page_of(draft, "steps", StepKey().to_url(task["key"])))
        assert response.status_code == 302, text_of(response)
    save(flo, page_of(draft, "about"))
    save(flo, page_of(draft, "data"))

    assert document(draft) == kept


RICH_TASKS: list[dict[str, Any]] = [
    {
        "key": "form", "title": "Form", "assign": {"company_role": "managers"},
        "description": "Two\nlines", "input_transform": {"day": {"$": {"var": "ticket.subject"}}},
        "due": {"days": 2, "working": True},
        "reminder": {"before": {"hours": 4}}, "timeout_seconds": 7200, "max_visits": 3,
        "split": "ALL", "join": "ALL",
        "output_schema": {
            "type": "object", "properties": {"day": {"type": "string", "format": "date"}},
        },
        "ext_ref": [{"label": "Wiki", "uri": "https://wiki.example/"}],
    },
    {
        "key": "strange", "title": "Strange times", "due": {"days": 1, "hours": 4},
        "reminder": {"after": {"days": 1, "hours": 2}}, "timeout_seconds": 61,
    },
    {
        "key": "by day", "title": "By day", "due": {
            "at": {"$": {"var": "form.day"}}, "minus": {"days": 1},
        },
    },
    {
        "key": "call", "title": "Call", "task_type": "SYNC_ACTION",
        "action_url": "https://erp.example/orders", "timeout_seconds": 20,
        "action": {
            "method": "PUT",
            "headers": {
                "Authorization": ["Bearer ", {"$secret": "erp_token"}], "X-Shop": "12",
                "X-Key": {"$secret": "erp_token"},
            },
            "sign": {"$secret": "erp_token"}, "idempotent": False,
            "retry": [{"errors": ["timeout"], "max_attempts": 2}],
            "catch": [{"errors": ["*"], "next": "form"}],
        },
        "input_transform": {"item": {"$": {"var": "ticket.subject"}}},
        "output_transform": {"id": {"$": {"var": "response.id"}}},
    },
    {
        "key": "never", "title": "Never again", "task_type": "ASYNC_ACTION",
        "action_url": "https://erp.example/later",
        "action": {"retry": [], "verify": {"$secret": "erp_token"}}, "input_transform": {},
    },
    {
        "key": "inside", "title": "Inside", "task_type": "SUBWORKFLOW", "subworkflow": "other",
        "input_transform": {"subject": "x"}, "due": {"weeks": 1},
    },
    {"key": "wait/for it", "title": "Wait", "task_type": "WAIT", "until": {"at": "2026-12-24"}},
    {"key": "new", "title": "New", "task_type": "WAIT", "until": {"hours": 1.5}},
]  # fmt: skip


@pytest.fixture(autouse=True)
def _another_workflow(request: pytest.FixtureRequest) -> None:
    if "acme" in request.fixturenames and "draft" in request.fixturenames:
        acme = request.getfixturevalue("acme")
        with tenant_context(acme.company):
            create_workflow(acme.flo, title="Other", key="other")


def test_everything_about_a_form_step_is_said_in_plain_fields(
    flo: Client, draft: WorkflowDefinition
) -> None:
    save(
        flo, page_of(draft, "steps", "check"),
        title="Look at it", description="Twice.", role="managers",
        **{
            "due-how": "start", "due-amount": "2", "due-unit": "days", "due-working": "on",
            "reminder-how": "before", "reminder-amount": "4", "reminder-unit": "hours",
            "max_visits": "5", "split": "ALL", "join": "ALL",
        },
    )  # fmt: skip

    task = task_of(document(draft), "check")
    assert (task["title"], task["description"]) == ("Look at it", "Twice.")
    assert task["due"] == {"days": 2, "working": True}
    assert task["reminder"] == {"before": {"hours": 4}}
    assert (task["split"], task["join"], task["max_visits"]) == ("ALL", "ALL", 5)
    assert task["assign"] == {"company_role": "managers"}


def test_problems_stand_at_their_fields_and_nothing_typed_is_lost(
    flo: Client, draft: WorkflowDefinition
) -> None:
    save(flo, page_of(draft, "steps", "new"), title="Order", task_type="SYNC_ACTION")

    response = save(
        flo, page_of(draft, "steps", "order"),
        title="Order it", action_url="ftp://erp.example", headers="X-Shop 12",
        input_transform="a: {$: {vaar: ticket.subject}}", retry="- errors: [timeot]",
        output_transform="a: [b\n",
    )  # fmt: skip

    shown = text_of(response)
    assert response.status_code == 200
    assert "Line 1: write a name, a colon and a value." in shown
    assert "Line " in shown
    for typed in ("Order it", "ftp://erp.example", "X-Shop 12", "vaar", "timeot", "a: [b"):
        assert typed in shown

    response = save(
        flo, page_of(draft, "steps", "order"),
        title="Order it", action_url="ftp://erp.example", headers="X-Shop: 12",
        input_transform="a: {$: {vaar: ticket.subject}}", retry="- errors: [timeot]",
    )  # fmt: skip

    shown = text_of(response)
    assert "answers need another look" in shown
    at_url = shown[shown.index('id="id_action_url"') : shown.index('id="id_method"')]
    assert "An action calls an address" in at_url
    assert task_of(document(draft), "order")["title"] == "Order"


def test_a_role_that_was_deleted_meanwhile_is_told_at_its_field(
    acme: Firm, flo: Client, draft: WorkflowDefinition
) -> None:
    opened = flo.get(page_of(draft, "steps", "check"))

    response = flo.post(
        page_of(draft, "steps", "check"), {**as_filled(opened), "role": "gone", "title": "Mine"}
    )

    assert response.status_code == 200
    assert 'value="Mine"' in text_of(response)


def test_a_step_becomes_something_else_and_drops_what_that_has_no_use_for(
    flo: Client, draft: WorkflowDefinition
) -> None:
    save(flo, page_of(draft, "steps", "check"), role="managers")

    save(flo, page_of(draft, "steps", "check"), task_type="WAIT")

    task = task_of(document(draft), "check")
    assert task["task_type"] == "WAIT"
    assert "assign" not in task


def test_a_step_is_copied_moved_and_deleted(flo: Client, draft: WorkflowDefinition) -> None:
    def keys() -> list[str]:
        return [task["key"] for task in document(draft)["tasks"]]

    save(flo, page_of(draft, "steps", "ask", "copy"), title="Ask again")
    assert keys() == ["ask", "ask-again", "check"]

    flo.post(page_of(draft, "steps", "check", "move"), {"by": "up"})
    assert keys() == ["ask", "check", "ask-again"]

    asked = text_of(flo.get(page_of(draft, "steps", "check", "remove")))
    assert "Its own way onward goes." in asked
    response = save(flo, page_of(draft, "steps", "check", "remove"))
    assert keys() == ["ask", "ask-again"]
    assert response.url == page_of(draft, "change")
    assert [(way.get("from"), way["to"]) for way in document(draft)["transitions"]] == [
        (None, "ask"), ("ask", None),
    ]  # fmt: skip


def test_a_key_is_changed_wherever_it_is_named(flo: Client, draft: WorkflowDefinition) -> None:
    taken = save(flo, page_of(draft, "steps", "check", "key"), key="ask")
    bad = save(flo, page_of(draft, "steps", "check", "key"), key="a.b")
    response = save(flo, page_of(draft, "steps", "check", "key"), key="look")

    assert "Another step is called “ask” already." in text_of(taken)
    assert "no dots" in text_of(bad)
    assert response.url == page_of(draft, "steps", "look")
    assert [way.get("from") for way in document(draft)["transitions"]] == [None, "ask", "look"]


def test_a_step_that_is_not_there_is_a_missing_page(flo: Client, draft: WorkflowDefinition) -> None:
    for rest in ((), ("copy",), ("remove",), ("key",)):
        assert flo.get(page_of(draft, "steps", "gone", *rest)).status_code == 404


# Drafts and published versions


def test_editing_a_published_version_makes_its_next_draft(acme: Firm, flo: Client) -> None:
    with tenant_context(acme.company):
        published = a_workflow(acme).workflow

    response = save(flo, page_of(published, "about"), title="Shopping")

    with tenant_context(acme.company):
        made = the_workflow()
        assert (made.version, made.status) == (2, "DRAFT")
    assert response.url == page_of(made, "change")


def test_pages_of_a_published_version_lead_to_its_draft(
    acme: Firm, flo: Client, draft: WorkflowDefinition
) -> None:
    with tenant_context(acme.company):
        published = WorkflowDefinition.objects.get(key="flow", version=1)

    response: Any = flo.get(page_of(published, "steps", "check"))

    assert response.url == page_of(draft, "steps", "check")


def test_what_was_typed_before_there_was_a_draft_counts_for_the_draft(
    acme: Firm, flo: Client
) -> None:
    with tenant_context(acme.company):
        published = a_workflow(acme).workflow
    opened = flo.get(page_of(published, "steps", "ask"))
    boss = Client()
    boss.force_login(acme.boss)
    save(boss, page_of(published, "steps", "check"), title="Boss's check")

    flo.post(page_of(published, "steps", "ask"), {**as_filled(opened), "title": "Flo's question"})

    with tenant_context(acme.company):
        titles = [task["title"] for task in document_of(the_workflow())["tasks"]]
    assert titles == ["Flo's question", "Boss's check"]


# Others


def test_two_people_may_change_different_steps_at_once(
    acme: Firm, flo: Client, draft: WorkflowDefinition
) -> None:
    opened = flo.get(page_of(draft, "steps", "ask"))
    boss = Client()
    boss.force_login(acme.boss)
    save(boss, page_of(draft, "steps", "check"), title="Boss's check")

    flo.post(page_of(draft, "steps", "ask"), {**as_filled(opened), "title": "Flo's question"})

    assert [task["title"] for task in document(draft)["tasks"]] == [
        "Flo's question",
        "Boss's check",
    ]


def test_a_step_may_be_added_while_somebody_changes_another(
    acme: Firm, flo: Client, draft: WorkflowDefinition
) -> None:
    opened = flo.get(page_of(draft, "steps", "new"))
    boss = Client()
    boss.force_login(acme.boss)
    save(boss, page_of(draft, "steps", "check"), title="Boss's check")

    flo.post(page_of(draft, "steps", "new"), {**as_filled(opened), "title": "Pay"})

    titles = [task["title"] for task in document(draft)["tasks"]]
    assert titles == ["Ask", "Boss's check", "Pay"]


def test_a_step_that_somebody_is_changing_is_not_deleted_unseen(
    acme: Firm, flo: Client, draft: WorkflowDefinition
) -> None:
    opened = flo.get(page_of(draft, "steps", "ask", "remove"))
    boss = Client()
    boss.force_login(acme.boss)
    save(boss, page_of(draft, "steps", "ask"), title="Boss's question")

    response = flo.post(page_of(draft, "steps", "ask", "remove"), as_filled(opened))

    assert "Bea Boss-Acme has saved this" in text_of(response)
    assert [task["key"] for task in document(draft)["tasks"]] == ["ask", "check"]


def test_whoever_saved_the_same_step_meanwhile_is_named_and_both_texts_are_there(
    acme: Firm, flo: Client, draft: WorkflowDefinition
) -> None:
    opened = flo.get(page_of(draft, "steps", "ask"))
    boss = Client()
    boss.force_login(acme.boss)
    save(boss, page_of(draft, "steps", "ask"), title="Boss's question")

    response = flo.post(
        page_of(draft, "steps", "ask"), {**as_filled(opened), "title": "Flo's question"}
    )

    shown = text_of(response)
    assert "Bea Boss-Acme has saved this" in shown
    assert "task “Ask” is now called “Boss's question”" in shown
    assert "title: Boss's question" in shown
    assert 'value="Flo\'s question"' in shown
    assert task_of(document(draft), "ask")["title"] == "Boss's question"

    flo.post(page_of(draft, "steps", "ask"), as_filled(response))
    assert task_of(document(draft), "ask")["title"] == "Flo's question"


# Undo


def test_the_page_takes_changes_back_and_does_them_again(
    flo: Client, draft: WorkflowDefinition
) -> None:
    before = document(draft)
    save(flo, page_of(draft, "about"), title="Shopping")

    def press(what: str) -> str:
        page = flo.get(page_of(draft, "change"))
        seen = re.findall(r'name="_seen" value="(\w+)"', page.content.decode())[0]
        response = flo.post(page_of(draft, what), {"_seen": seen}, follow=True)
        return text_of(response)

    assert "Undone." in press("undo")
    assert document(draft) == before
    assert "Done again." in press("redo")
    assert document(draft)["title"] == "Shopping"


def test_the_history_tells_who_changed_what_and_leads_back(
    flo: Client, draft: WorkflowDefinition
) -> None:
    before = document(draft)
    save(flo, page_of(draft, "about"), title="Shopping")
    save(flo, page_of(draft, "steps", "ask"), title="Ask first")

    page = flo.get(page_of(draft, "history"))
    shown = text_of(page)
    seen = re.findall(r'name="_seen" value="(\w+)"', shown)[0]
    flo.post(page_of(draft, "history", "1", "back"), {"_seen": seen})

    assert "now called “Shopping”" in shown
    assert "task “Ask” is now called “Ask first”" in shown
    assert "Flo" in shown
    assert document(draft) == before


def test_undoing_asks_for_a_button(flo: Client, draft: WorkflowDefinition) -> None:
    save(flo, page_of(draft, "about"), title="Shopping")

    for address in (page_of(draft, "undo"), page_of(draft, "history", "1", "back")):
        assert flo.get(address).status_code == 302
    assert document(draft)["title"] == "Shopping"


# Ticket types


def test_a_ticket_type_is_made_edited_published_and_taken_back(acme: Firm, flo: Client) -> None:
    with tenant_context(acme.company):
        a_workflow(acme)

    made = save(
        flo, "/design/ticket-types/add/?workflow=flow", title="A desk", category="Furniture",
        icon="inventory_2", company_role_access=["managers"],
    )  # fmt: skip
    with tenant_context(acme.company):
        row = TicketDefinition.objects.get(key="a-desk")
        assert (row.icon, row.category, row.status) == ("inventory_2", "Furniture", "DRAFT")
        assert row.company_role_access == ["managers"]
    assert made.url == page_of(row, "change")
    assert "Publish" in text_of(flo.get(made.url))

    saved = save(
        flo, page_of(row, "about"), follow=True, title="A desk or a chair",
        presets="subject: Furniture", title_template="{subject}", position="3",
        other_icon="chair", company_role_access=["user"],
    )  # fmt: skip
    assert saved.redirect_chain[0][0] == page_of(row, "change")
    with tenant_context(acme.company):
        made_of = document_of(TicketDefinition.objects.get(pk=row.pk))
    assert made_of["fields"] == [{"name": "subject", "value": "Furniture"}]
    assert (made_of["icon"], made_of["position"]) == ("chair", 3)


def test_what_is_wrong_with_a_ticket_type_stands_at_its_field(acme: Firm, flo: Client) -> None:
    with tenant_context(acme.company):
        kind = a_workflow(acme)

    response = save(
        flo, page_of(kind, "about"), title="Kept", presets="amuont: 3", other_icon="No Symbol"
    )

    shown = text_of(response)
    assert response.status_code == 200
    assert "has no field “amuont”" in shown or "An icon is the name" in shown
    assert 'value="Kept"' in shown


def test_a_ticket_type_in_the_catalogue_says_that_it_changes_at_once(
    acme: Firm, flo: Client
) -> None:
    with tenant_context(acme.company):
        kind = a_workflow(acme)

    assert "shows there at once" in text_of(flo.get(page_of(kind, "about")))
    assert "in the catalogue now" in text_of(
        save(flo, page_of(kind, "about"), follow=True, title="New name")
    )


# Who, and how much


def test_only_workflow_creators_edit(
    acme: Firm, globex: Firm, client: Client, draft: WorkflowDefinition
) -> None:
    pages = ["about", "data", "history", "steps/new", "steps/ask", "steps/ask/remove"]
    for person, answer in ((acme.ann, 403), (acme.tara, 403), (globex.flo, 404)):
        client.force_login(person)
        for page in pages:
            assert client.get(page_of(draft, page)).status_code == answer
            assert client.post(page_of(draft, page), {"title": "x"}).status_code == answer


def test_pages_cost_the_same_for_a_small_and_a_large_workflow(
    acme: Firm, flo: Client, statements: Statements
) -> None:
    costs = []
    for count in (2, 40):
        key = f"flow-{count}"
        steps = " > ".join(f"step{number}" for number in range(count))
        with tenant_context(acme.company):
            a_workflow(acme, steps, key=key)
            row = make_draft(acme.flo, the_workflow(key))
        cost = []
        for page in ("change", "about", "data", "steps/new", "steps/step1", "history"):
            with statements() as counted:
                assert flo.get(page_of(row, page)).status_code == 200
            cost.append(counted.total)
        costs.append(cost)

    assert costs[0] == costs[1]
    assert max(costs[0]) <= 40, costs


def test_a_document_of_every_kind_of_step_can_be_opened(acme: Firm, flo: Client) -> None:
    bundle = a_document("ask > check")
    bundle["workflows"][0]["tasks"] += [{"key": "tilde~/0", "title": "Odd"}]
    with tenant_context(acme.company):
        import_bundle(acme.boss, bundle)
        row = the_workflow()

    shown = flo.get(page_of(row, "change"))
    links = re.findall(r'href="(/design/workflows/[^"]*/steps/[^"]*)"', shown.content.decode())

    assert links
    for link in links:
        assert flo.get(unescape(link)).status_code == 200, link
