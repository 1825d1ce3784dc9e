"""The form editor: questions, arrangement and reading of a step's form and a ticket type's."""

import json
import re
from collections.abc import Callable
from contextlib import AbstractContextManager
from html import unescape
from typing import Any

import pytest
from django.test import Client

from definitions.models import TicketDefinition, WorkflowDefinition
from definitions.services import (
    change_workflow,
    document_of,
    fingerprint,
    import_bundle,
    problems_of,
)
from tenants.context import tenant_context
from tests.builders import Firm, a_document, a_workflow, the_workflow
from tests.statements import Counted

pytestmark = pytest.mark.django_db

FORM: dict[str, Any] = {
    "type": "object",
    "required": ["item"],
    "properties": {
        "item": {"type": "string", "title": "What do you need?", "pattern": "^[A-Z]"},
        "size": {"type": "string", "title": "Size", "enum": ["S", "M"]},
        "home": {"$ref": "#/$defs/address", "title": "Home"},
    },
    "$defs": {"address": {"type": "object", "properties": {"city": {"type": "string"}}}},
}
MOST_STATEMENTS = 13
LAYOUT: dict[str, Any] = {
    "type": "VerticalLayout",
    "elements": [
        {"type": "Control", "scope": "#/properties/size"},
        {"type": "Control", "scope": "#/properties/item", "options": {"placeholder": "A saw"}},
    ],
}


@pytest.fixture
def draft(acme: Firm) -> WorkflowDefinition:
    """A draft whose step `ask` has a form, and whose step `check` reads its answers."""
    document = a_document("ask > check; ask ? size = S > end", ask={"output_schema": FORM})
    ask = document["workflows"][0]["tasks"][0]
    ask["edit_layout"] = LAYOUT
    with tenant_context(acme.company):
        import_bundle(acme.flo, document)
        return the_workflow()


@pytest.fixture
def flo(acme: Firm, client: Client) -> Client:
    client.force_login(acme.flo)
    return client


def url(row: Any, part: str = "") -> str:
    if isinstance(row, TicketDefinition):
        return f"/design/ticket-types/{row.pk}/form/{part}"
    return f"/design/workflows/{row.pk}/steps/ask/form/{part}"


def fields_of(page: str) -> dict[str, str]:
    """What the page would send if nobody changed anything."""
    form = page[page.index('id="editor"') :]
    form = form[: form.index('<aside class="fe-beside"')]
    found: dict[str, str] = {}
    for tag in re.findall(r"<input\b[^>]*>", form):
        name, value = re.search(r'name="([^"]+)"', tag), re.search(r'value="([^"]*)"', tag)
        is_off = 'type="checkbox"' in tag and "checked" not in tag
        if name and not is_off:
            found[name[1]] = unescape(value[1]) if value else "on"
    for name, text in re.findall(
        r'<textarea\b[^>]*name="([^"]+)"[^>]*>\n?(.*?)</textarea>', form, re.S
    ):
        found[name] = unescape(text)
    for name, options in re.findall(
        r'<select\b[^>]*name="([^"]+)"[^>]*>(.*?)</select>', form, re.S
    ):
        chosen = re.search(r'<option value="([^"]*)" selected', options)
        found[name] = unescape(chosen[1]) if chosen else ""
    return found


def opened(client: Client, address: str) -> dict[str, str]:
    answer = client.get(address)
    assert answer.status_code == 200, answer
    return fields_of(answer.content.decode())


def rows_in(sent: dict[str, str]) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = json.loads(sent["questions"])
    return rows


def saved(acme: Firm, key: str = "flow") -> dict[str, Any]:
    with tenant_context(acme.company):
        row = WorkflowDefinition.objects.filter(key=key).order_by("-version")[0]
        task: dict[str, Any] = document_of(row)["tasks"][0]
        return task


# Questions


def test_saving_a_form_unchanged_changes_nothing(
    acme: Firm, flo: Client, draft: WorkflowDefinition
) -> None:
    before = saved(acme)
    for part in ("", "layout/", "reading/", "before/"):
        sent = opened(flo, url(draft, part))

        answer = flo.post(url(draft, part), {**sent, "_do": "save"})

        assert answer.status_code == 302, answer.content.decode()
    assert saved(acme) == before


def test_a_question_is_added_and_placed_where_it_is_asked(
    acme: Firm, flo: Client, draft: WorkflowDefinition
) -> None:
    sent = opened(flo, url(draft))
    rows = [*rows_in(sent), {"label": "Why so big?", "kind": "long_text", "required": True}]

    answer = flo.post(url(draft), {**sent, "questions": json.dumps(rows), "_do": "save"})

    assert answer.status_code == 302
    task = saved(acme)
    assert task["output_schema"] == {
        **FORM,
        "required": ["item", "why_so_big"],
        "properties": {
            **FORM["properties"],
            "why_so_big": {"type": "string", "x-widget": "textarea", "title": "Why so big?"},
        },
    }
    assert task["edit_layout"]["elements"][2] == {
        "type": "Control", "scope": "#/properties/why_so_big",
    }  # fmt: skip


def test_what_was_taken_out_is_named_where_it_is_read_before_it_is_saved(
    acme: Firm, flo: Client, draft: WorkflowDefinition
) -> None:
    sent = opened(flo, url(draft))
    rows = [row for row in rows_in(sent) if row["name"] != "size"]
    change = {**sent, "questions": json.dumps(rows)}

    asked = flo.post(url(draft), {**change, "_do": "save"}).content.decode()

    assert "An answer that something reads would be gone." in asked
    assert "A condition after “Ask”" in asked
    assert "size" in saved(acme)["output_schema"]["properties"]

    again = {**fields_of(asked), "_do": "sure"}
    assert flo.post(url(draft), again).status_code == 302
    task = saved(acme)
    assert list(task["output_schema"]["properties"]) == ["item", "home"]
    assert [one["scope"] for one in task["edit_layout"]["elements"]] == ["#/properties/item"]


def test_another_name_is_followed_by_layouts_and_conditions(
    acme: Firm, flo: Client, draft: WorkflowDefinition
) -> None:
    sent = opened(flo, url(draft))
    rows = rows_in(sent)
    rows[1]["name"] = "cut"

    answer = flo.post(url(draft), {**sent, "questions": json.dumps(rows), "_do": "save"})

    assert answer.status_code == 302
    with tenant_context(acme.company):
        document = document_of(the_workflow())
    assert list(document["tasks"][0]["output_schema"]["properties"]) == ["item", "cut", "home"]
    assert document["tasks"][0]["edit_layout"]["elements"][0]["scope"] == "#/properties/cut"
    conditions = [way["condition"] for way in document["transitions"] if way.get("condition")]
    assert conditions == [{"==": [{"var": "ask.cut"}, "S"]}]


def test_what_is_wrong_stands_at_its_question_and_nothing_is_lost(
    acme: Firm, flo: Client, draft: WorkflowDefinition
) -> None:
    sent = opened(flo, url(draft))
    rows = rows_in(sent)
    rows[1]["choices"] = "S\nS"
    rows[0]["label"] = "What else?"

    page = flo.post(url(draft), {**sent, "questions": json.dumps(rows), "_do": "save"})

    text = page.content.decode()
    assert page.status_code == 200
    assert "One thing needs another look." in text
    config = json.loads(unescape(re.search(r'data-django-jsonform="([^"]+)"', text)[1]))  # type: ignore[index]
    assert config["errorMap"] == {"1§choices": ["The choice “S” is there twice."]}
    assert json.loads(config["data"])[0]["label"] == "What else?"
    assert "size" in saved(acme)["output_schema"]["properties"]


def test_a_form_turns_to_text_and_back_without_losing_what_was_typed(
    acme: Firm, flo: Client, draft: WorkflowDefinition
) -> None:
    sent = opened(flo, url(draft))
    rows = rows_in(sent)
    rows[0]["label"] = "Which tool?"
    as_text = fields_of(
        flo.post(
            url(draft), {**sent, "questions": json.dumps(rows), "_do": "text"}
        ).content.decode()
    )
    assert "title: Which tool?" in as_text["text"]
    assert "pattern: ^[A-Z]" in as_text["text"]

    back = fields_of(
        flo.post(
            url(draft),
            {
                **as_text,
                "text": as_text["text"].replace("Which tool?", "Which saw?"),
                "_do": "builder",
            },
        ).content.decode()
    )

    assert rows_in(back)[0]["label"] == "Which saw?"
    assert flo.post(url(draft), {**back, "_do": "save"}).status_code == 302
    item = saved(acme)["output_schema"]["properties"]["item"]
    assert item == {"type": "string", "title": "Which saw?", "pattern": "^[A-Z]"}


def test_a_text_that_is_wrong_says_the_line_and_stays(
    acme: Firm, flo: Client, draft: WorkflowDefinition
) -> None:
    sent = opened(flo, url(draft) + "?as=text")
    wrong = "type: object\nproperties:\n  item:\n    type: strng\n"

    page = flo.post(url(draft), {**sent, "text": wrong, "_do": "save"}).content.decode()

    assert '<b class="tf-m">Line 4:</b> “strng” is not a type.' in page
    assert fields_of(page)["text"] == wrong
    broken = flo.post(url(draft), {**sent, "text": "type: object\n a: [", "_do": "builder"})
    assert "Line 2" in broken.content.decode()
    assert "item" in saved(acme)["output_schema"]["properties"]


def test_what_no_list_can_hold_is_changed_as_text(
    acme: Firm, flo: Client, draft: WorkflowDefinition
) -> None:
    sent = opened(flo, url(draft) + "?as=text")

    page = flo.post(
        url(draft),
        {**sent, "text": "$ref: '#/$defs/a'\n$defs: {a: {type: object}}\n", "_do": "builder"},
    ).content.decode()

    assert "The builder cannot show this form." in page
    assert "All of it stands somewhere else" in page
    assert "$defs" in fields_of(page)["text"]


def test_what_the_builder_does_not_show_is_told(flo: Client, draft: WorkflowDefinition) -> None:
    page = flo.get(url(draft)).content.decode()

    assert "Kept as it is, and changed as text: parts that are used in several places." in page
    rows = rows_in(fields_of(page))
    assert rows[0]["note"] == "Also kept: a pattern that the text has to fit."
    assert rows[2]["kind"] == "kept"


def test_somebody_who_saved_meanwhile_is_named_and_not_overwritten(
    acme: Firm, flo: Client, draft: WorkflowDefinition
) -> None:
    sent = opened(flo, url(draft))
    with tenant_context(acme.company):
        document = document_of(the_workflow())
        document["tasks"][0]["output_schema"] = {"type": "object", "properties": {"new": {}}}
        seen = fingerprint(document_of(the_workflow()))
        change_workflow(acme.boss, the_workflow(), document, seen=seen)
    rows = rows_in(sent)
    rows[0]["label"] = "Mine"
    change = {**sent, "questions": json.dumps(rows)}

    # Looking at it as text, and back, is no second look at what is saved.
    looked = fields_of(flo.post(url(draft), {**change, "_do": "text"}).content.decode())
    page = flo.post(url(draft), {**looked, "_do": "save"}).content.decode()
    if "would be gone" in page:
        page = flo.post(url(draft), {**fields_of(page), "_do": "sure"}).content.decode()

    assert "Bea Boss-Acme has saved this" in page
    assert "Mine" in page
    assert list(saved(acme)["output_schema"]["properties"]) == ["new"]

    assert flo.post(url(draft), {**fields_of(page), "_do": "sure"}).status_code == 302
    assert "item" in saved(acme)["output_schema"]["properties"]


def test_a_published_version_stays_and_its_draft_is_changed(acme: Firm, flo: Client) -> None:
    with tenant_context(acme.company):
        a_workflow(acme, "ask > check", ask={"output_schema": FORM})
        row = the_workflow()
    sent = opened(flo, url(row))
    rows = rows_in(sent)
    rows[0]["label"] = "Tool"

    answer = flo.post(url(row), {**sent, "questions": json.dumps(rows), "_do": "save"})

    with tenant_context(acme.company):
        newest = the_workflow()
        assert (newest.version, newest.status) == (2, "DRAFT")
        assert answer["Location"] == url(newest)
        assert document_of(row)["tasks"][0]["output_schema"] == FORM
    assert flo.get(url(row))["Location"] == url(newest)


def test_a_ticket_type_without_a_form_gets_one_of_its_own(acme: Firm, flo: Client) -> None:
    with tenant_context(acme.company):
        kind = a_workflow(acme, "ask > check")
    page = flo.get(url(kind)).content.decode()
    assert "asks for the fields of its workflow" in page
    sent = fields_of(page)

    assert flo.post(url(kind), {**sent, "_do": "save"}).status_code == 302
    with tenant_context(acme.company):
        assert TicketDefinition.objects.get().form_schema is None

    rows = [*rows_in(sent), {"label": "How many", "kind": "whole_number", "least": 1}]
    answer = flo.post(url(kind), {**sent, "questions": json.dumps(rows), "_do": "save"})

    assert answer.status_code == 302, answer.content.decode()
    with tenant_context(acme.company):
        form = TicketDefinition.objects.get().form_schema
    assert form["properties"]["how_many"] == {"type": "integer", "title": "How many", "minimum": 1}


def test_the_workflow_that_reads_an_answer_of_a_ticket_type_is_named(
    acme: Firm, flo: Client
) -> None:
    document = a_document("ask > check; ask > end")
    reads = {"==": [{"var": "ticket.subject"}, "x"]}
    document["workflows"][0]["transitions"][-1]["condition"] = reads
    document["tickets"][0] |= {
        "form_schema": {"type": "object", "properties": {"subject": {"type": "string"}}},
        "title_template": "About {subject}",
    }
    with tenant_context(acme.company):
        import_bundle(acme.flo, document, publish=True)
        kind = TicketDefinition.objects.get()
    sent = opened(flo, url(kind))

    gone = flo.post(
        url(kind), {**sent, "questions": json.dumps([{"label": "Else"}]), "_do": "save"}
    ).content.decode()

    assert "Flow v1: A condition after “Ask”" in gone
    assert "The name of its tickets" in gone
    rows = rows_in(sent)
    rows[0]["name"] = "topic"
    renamed = flo.post(
        url(kind), {**sent, "questions": json.dumps(rows), "_do": "save"}
    ).content.decode()
    assert "is called <code>topic</code> now" in renamed
    assert flo.post(url(kind), {**fields_of(renamed), "_do": "sure"}).status_code == 302
    with tenant_context(acme.company):
        assert TicketDefinition.objects.get().title_template == "About {topic}"


# Arrangement


def test_lines_are_moved_by_buttons_without_a_script_and_saved(
    acme: Firm, flo: Client, draft: WorkflowDefinition
) -> None:
    sent = opened(flo, url(draft, "layout/"))
    for do in ("down:0", "add:text", "up:2"):
        page = flo.post(url(draft, "layout/"), {**sent, "_do": do}).content.decode()
        sent = fields_of(page)
    sent["line-1-text"] = "Please measure first."
    sent |= {
        "line-2-effect": "SHOW", "line-2-when": "#/properties/item", "line-2-test": "is",
        "line-2-value": "Saw",
    }  # fmt: skip

    assert flo.post(url(draft, "layout/"), {**sent, "_do": "save"}).status_code == 302

    rule = {"scope": "#/properties/item", "schema": {"const": "Saw"}}
    assert saved(acme)["edit_layout"]["elements"] == [
        LAYOUT["elements"][1],
        {"type": "Label", "text": "Please measure first."},
        {**LAYOUT["elements"][0], "rule": {"effect": "SHOW", "condition": rule}},
    ]


def test_what_is_wrong_with_a_rule_stands_at_its_line(
    acme: Firm, flo: Client, draft: WorkflowDefinition
) -> None:
    sent = opened(flo, url(draft, "layout/"))
    sent |= {
        "line-1-effect": "SHOW", "line-1-when": "#/properties/size", "line-1-test": "is",
        "line-1-value": "XL",
    }  # fmt: skip

    page = flo.post(url(draft, "layout/"), {**sent, "_do": "save"}).content.decode()

    assert "“XL” is none of its answers: S, M." in page
    assert fields_of(page)["line-1-value"] == "XL"
    assert saved(acme)["edit_layout"] == LAYOUT


def test_a_required_question_that_a_rule_can_hide_is_told_at_its_line_and_saved(
    acme: Firm, flo: Client, draft: WorkflowDefinition
) -> None:
    sent = opened(flo, url(draft, "layout/"))
    sent |= {
        "line-1-effect": "SHOW", "line-1-when": "#/properties/size", "line-1-test": "is",
        "line-1-value": "S",
    }  # fmt: skip

    page = flo.post(url(draft, "layout/"), {**sent, "_do": "preview"}).content.decode()

    assert "is required, and a rule can hide it" in page
    assert flo.post(url(draft, "layout/"), {**sent, "_do": "save"}).status_code == 302
    assert "rule" in saved(acme)["edit_layout"]["elements"][1]


def test_questions_that_stand_nowhere_are_offered(flo: Client, draft: WorkflowDefinition) -> None:
    page = flo.get(url(draft, "layout/")).content.decode()

    assert "Not asked, because they stand nowhere" in page
    sent = fields_of(page)
    sent = fields_of(
        flo.post(url(draft, "layout/"), {**sent, "_do": "place:#/properties/home"}).content.decode()
    )
    assert sent["line-2-question"] == "#/properties/home"


def test_the_order_of_the_questions_comes_back(
    acme: Firm, flo: Client, draft: WorkflowDefinition
) -> None:
    sent = opened(flo, url(draft, "layout/"))
    cleared = fields_of(flo.post(url(draft, "layout/"), {**sent, "_do": "clear"}).content.decode())

    assert flo.post(url(draft, "layout/"), {**cleared, "_do": "save"}).status_code == 302
    assert "edit_layout" not in saved(acme)


def test_a_layout_as_text_is_told_with_its_lines_and_can_be_saved(
    acme: Firm, flo: Client, draft: WorkflowDefinition
) -> None:
    sent = opened(flo, url(draft, "layout/") + "?as=text")
    text = sent["text"].replace("/size", "/sise")

    page = flo.post(url(draft, "layout/"), {**sent, "text": text, "_do": "preview"})

    told = page.content.decode()
    assert "Did you mean “#/properties/size”?" in told
    assert "Line 4:" in told
    refused = flo.post(url(draft, "layout/"), {**sent, "text": "- a\n", "_do": "save"})
    assert "A layout is an element" in refused.content.decode()


# Preview


def test_the_preview_keeps_what_was_typed_into_it_and_follows_the_form(
    flo: Client, draft: WorkflowDefinition
) -> None:
    sent = opened(flo, url(draft))
    rows = rows_in(sent)
    rows[0]["label"] = "Which tool?"

    piece = flo.post(
        url(draft),
        {
            **sent,
            "questions": json.dumps(rows),
            "_do": "preview",
            "_fragment": "1",
            "try-item": "Drill",
        },
    ).content.decode()

    assert piece.startswith("\n") or piece.lstrip().startswith('<div class="fe-preview"')
    assert "Which tool?" in piece
    assert 'value="Drill"' in piece
    assert "<dd" in piece
    assert "<html" not in piece


def test_how_it_is_read_follows_its_own_layout(
    acme: Firm, flo: Client, draft: WorkflowDefinition
) -> None:
    sent = opened(flo, url(draft, "reading/"))
    sent = fields_of(flo.post(url(draft, "reading/"), {**sent, "_do": "remove:2"}).content.decode())

    assert flo.post(url(draft, "reading/"), {**sent, "_do": "save"}).status_code == 302
    assert [one["scope"] for one in saved(acme)["display_layout"]["elements"]] == [
        "#/properties/item", "#/properties/size",
    ]  # fmt: skip


def test_the_check_tells_of_a_layout_that_hides_a_required_question(acme: Firm) -> None:
    decides = {"scope": "#/properties/size", "schema": {"const": "S"}}
    never = {"scope": "#/properties/size", "schema": {"const": "XXL"}}
    with tenant_context(acme.company):
        for condition, rule, blocks in (
            (decides, "hidden-required", False),
            (never, "bad-layout", True),
        ):
            why = {**LAYOUT["elements"][1], "rule": {"effect": "SHOW", "condition": condition}}
            form = {"output_schema": FORM, "edit_layout": {**LAYOUT, "elements": [why]}}
            import_bundle(acme.flo, a_document("ask > check", ask=form))

            (problem,) = [one for one in problems_of(the_workflow()) if one.rule == rule]

            assert problem.blocks is blocks
            assert problem.place == "/tasks/0/edit_layout/elements/0"


def test_a_layout_for_reading_may_leave_out_a_required_question(acme: Firm) -> None:
    reads = {"type": "VerticalLayout", "elements": [LAYOUT["elements"][0]]}
    with tenant_context(acme.company):
        document = a_document("ask > check", ask={"output_schema": FORM, "display_layout": reads})
        import_bundle(acme.flo, document)

        assert problems_of(the_workflow()) == []


# Who may


@pytest.mark.parametrize("part", ["", "layout/", "reading/", "before/"])
def test_another_companys_form_is_not_there(
    acme: Firm, globex: Firm, client: Client, draft: WorkflowDefinition, part: str
) -> None:
    client.force_login(globex.flo)

    assert client.get(url(draft, part)).status_code == 404
    assert client.post(url(draft, part), {"_do": "save"}).status_code == 404


@pytest.mark.parametrize("part", ["", "layout/", "reading/", "before/"])
@pytest.mark.parametrize(
    "sent",
    [
        {},
        {"_do": "save"},
        {"_do": "save", "questions": "["},
        {"_do": "save", "questions": '[{"label": {"a": 1}, "inside": 5, "least": "x"}]'},
        {"_do": "move:99999999999999999999:x", "_lines": "99999999999999999999"},
        {"_do": "up:x", "_lines": "2", "line-0-what": "poem", "line-1-what": "question"},
        {"_do": "save", "_mode": "text", "text": "a" * 700_000},
        {"_do": "save", "_mode": "text", "text": "a\x00b"},
        {"_do": "save", "_base": '{"type": "array"}', "questions": "[]"},
        {"_do": "save", "_lines": "1", "line-0-what": "kept", "line-0-was": "#/no/such"},
    ],
)
def test_whatever_is_sent_there_is_an_answer(
    flo: Client, draft: WorkflowDefinition, part: str, sent: dict[str, str]
) -> None:
    assert flo.post(url(draft, part), sent).status_code in (200, 302)


# Statements


def test_no_page_asks_more_of_the_server_for_a_larger_form(
    acme: Firm, flo: Client, statements: Callable[[], AbstractContextManager[Counted]]
) -> None:
    large = {f"q{n}": {"type": "string", "title": f"Question {n}"} for n in range(60)}
    forms = {"small": FORM, "large": {"type": "object", "properties": large}}
    asked: dict[str, list[int]] = {}
    for key, form in forms.items():
        with tenant_context(acme.company):
            steps = "ask > check" if key == "small" else "ask > check > b > c > d > e > f"
            import_bundle(acme.flo, a_document(steps, key=key, ask={"output_schema": form}))
            rows = [the_workflow(key), TicketDefinition.objects.get(workflow__key=key)]
        for row in rows:
            for part in ("", "layout/", "reading/"):
                flo.get(url(row, part))
                with statements() as counted:
                    assert flo.get(url(row, part)).status_code == 200
                asked.setdefault(f"{type(row).__name__} {part}", []).append(counted.total)

    assert all(small == large <= MOST_STATEMENTS for small, large in asked.values()), asked


def test_a_layout_is_never_emptied_by_a_form_that_brought_no_lines(
    acme: Firm, flo: Client, draft: WorkflowDefinition
) -> None:
    answer = flo.post(url(draft, "layout/"), {"_do": "save"})

    assert "The lines did not arrive." in answer.content.decode()
    assert saved(acme)["edit_layout"] == LAYOUT


# What no browser sends


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        ('[{"label": "Size", "kind": "short_text", "least": 1e999, "most": NaN}]', "Size"),
        ('[{"label": "Half \\ud800", "help": "\\udfff"}]', "Half ?"),
        ('[{"inside": ' * 450 + "[]" + "}]" * 450, "could not be read"),
        ("[" * 100_000, "could not be read"),
    ],
)
def test_rows_that_no_browser_sends_break_no_page(
    draft: WorkflowDefinition, flo: Client, rows: str, words: str
) -> None:
    sent = {**opened(flo, url(draft)), "questions": rows}

    piece = flo.post(url(draft), {**sent, "_fragment": "1", "_do": "look"})
    page = flo.post(url(draft), sent, follow=True)

    assert (piece.status_code, page.status_code) == (200, 200)
    assert words in page.content.decode()
