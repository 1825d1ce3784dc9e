"""What a workflow creator sees and does: lists, pages, upload with preview, publish, export."""

import json
import re
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from admin_site.design.format_page import EXAMPLE
from definitions.documents import read_text, to_yaml
from definitions.models import (
    PendingImport,
    TaskDefinition,
    TicketDefinition,
    WorkflowDefinition,
)
from definitions.services import delete_draft, import_bundle
from definitions.uploads import KEPT_FOR
from tenants.context import tenant_context
from tenants.errors import NotAllowed
from tenants.models import AuditEntry, CompanySecret
from tests.builders import Firm, a_document
from tests.statements import Counted

pytestmark = pytest.mark.django_db

UPLOAD = "/design/upload/"
BAD_FILE = {
    "type": "object",
    "properties": {"scan": {"type": "string", "x-widget": "file", "x-accept": ".exe"}},
}
WRONG = "format: ticketflower/1\nworkflows:\n- key: buy\n  titel: <b>Buy</b>\n"


@pytest.fixture
def flo(acme: Firm, client: Client) -> Client:
    """The workflow creator of Acme at her browser."""
    client.force_login(acme.flo)
    return client


def definitions_of(firm: Firm, document: Any, *, publish: bool = True) -> None:
    with tenant_context(firm.company):
        import_bundle(firm.boss, document, publish=publish)


def newest(firm: Firm, key: str = "flow") -> WorkflowDefinition:
    with tenant_context(firm.company):
        return WorkflowDefinition.objects.filter(key=key).order_by("-version")[0]


def the_type(firm: Firm) -> TicketDefinition:
    with tenant_context(firm.company):
        return TicketDefinition.objects.get()


def page_of(row: Any, verb: str = "change") -> str:
    return reverse(f"design:definitions_{row._meta.model_name}_{verb}", args=[row.pk])


def text_of(answer: Any) -> str:
    """What a person reads on the page, in one line."""
    body = answer.content.decode().split("<body", 1)[-1]
    return " ".join(re.sub(r"<[^>]*>", " ", body).split())


def upload(client: Client, document: Any, name: str = "bundle.yaml") -> Any:
    content = document if isinstance(document, str) else to_yaml(document)
    file = SimpleUploadedFile(name, content.encode())
    return client.post(UPLOAD, {"file": file, "text": ""})


# Lists and pages


def test_the_lists_show_one_row_per_key_with_its_newest_version(acme: Firm, flo: Client) -> None:
    definitions_of(acme, a_document("ask > check"))
    definitions_of(acme, a_document("ask > check > pay"), publish=False)

    workflows = text_of(flo.get("/design/workflows/"))
    tasks = text_of(flo.get("/design/tasks/"))

    assert ("Draft v2" in workflows, "Published v1" in workflows) == (True, False)
    assert "1 workflow" in workflows
    assert tasks.count("Flow v2") == 3
    assert "Ask for flow" in text_of(flo.get("/design/ticket-types/"))


def test_lists_cost_ten_statements_however_long(
    acme: Firm, flo: Client, statements: Callable[[], AbstractContextManager[Counted]]
) -> None:
    def totals() -> list[int]:
        found = []
        for page in ("workflows", "tasks", "ticket-types"):
            with statements() as counted:
                assert flo.get(f"/design/{page}/").status_code == 200
            found.append(counted.total)
        return found

    definitions_of(acme, a_document("ask"))
    few = totals()
    for number in range(12):
        definitions_of(acme, a_document("ask > check", key=f"w{number}"))

    assert totals() == few
    assert max(few) <= 10, few


def test_a_workflow_is_told_in_steps_and_sentences(acme: Firm, flo: Client) -> None:
    definitions_of(acme, a_document("ask > check; check ? ok = false > ask"))

    page = text_of(flo.get(page_of(newest(acme))))

    assert "back to Ask if All right is no" in page
    assert "→ the end otherwise" in page
    assert "Form, 1 question" in page
    assert "Every rule passed" in page


def test_a_draft_says_what_it_changes_and_what_is_wrong(acme: Firm, flo: Client) -> None:
    definitions_of(acme, a_document("ask > check"))
    definitions_of(
        acme, a_document("ask > check > pay", pay={"output_schema": BAD_FILE}), publish=False
    )

    page = text_of(flo.get(page_of(newest(acme))))

    assert "changes since v1" in page
    assert "task Pay added" in page
    assert "“Scan” accepts no kind of file" in page
    assert "It cannot be published yet" in page


def test_a_task_and_a_ticket_type_show_their_form(acme: Firm, flo: Client) -> None:
    definitions_of(acme, a_document("ask > check"))
    workflow = newest(acme)
    with tenant_context(acme.company):
        task = workflow.tasks.get(key="ask")

    task_page = flo.get(page_of(task))
    type_page = flo.get(page_of(the_type(acme)))

    assert "All right?" in text_of(task_page)
    assert "to Check" in text_of(task_page)
    assert "Subject" in text_of(type_page)
    assert "Everyone" in text_of(type_page)
    for page in (task_page, type_page):
        assert re.search(r"<fieldset[^>]*disabled", page.content.decode())


def test_texts_of_definitions_never_become_markup(acme: Firm, flo: Client) -> None:
    evil = '"><script>alert(1)</script>'
    document = a_document("ask > check", ask={"title": evil, "description": evil})
    document["workflows"][0] |= {"title": evil, "description": evil}
    document["tickets"][0] |= {"title": evil, "category": evil, "description": evil}
    definitions_of(acme, document)
    with tenant_context(acme.company):
        task = newest(acme).tasks.get(key="ask")

    pages = ["/design/workflows/", "/design/tasks/", "/design/ticket-types/", "/design/export/"]
    pages += [page_of(newest(acme)), page_of(task), page_of(the_type(acme))]

    for page in pages:
        assert "<script>alert" not in flo.get(page).content.decode(), page


# Verbs


def test_publishing_is_asked_on_get_and_done_on_post(acme: Firm, flo: Client) -> None:
    definitions_of(acme, a_document("ask"), publish=False)
    address = page_of(newest(acme), "publish")

    asked = flo.get(address)
    assert "Publish v1?" in text_of(asked)
    assert newest(acme).status == "DRAFT"

    assert flo.post(address).status_code == 302
    assert newest(acme).status == "PUBLISHED"


def test_what_a_verb_refuses_is_shown(acme: Firm, flo: Client) -> None:
    definitions_of(acme, a_document("ask", ask={"output_schema": BAD_FILE}), publish=False)

    answer = flo.post(page_of(newest(acme), "publish"))

    assert "cannot be published: it has a problem" in text_of(answer)
    assert newest(acme).status == "DRAFT"


def test_a_new_draft_leads_to_its_page(acme: Firm, flo: Client) -> None:
    definitions_of(acme, a_document("ask"))

    answer = flo.post(page_of(newest(acme), "draft"))

    assert newest(acme).version == 2
    assert answer["Location"] == page_of(newest(acme), "change")


def test_a_ticket_type_goes_into_the_catalogue_and_out_of_it(acme: Firm, flo: Client) -> None:
    definitions_of(acme, a_document("ask"))

    flo.post(page_of(the_type(acme), "archive"))
    assert the_type(acme).status == "ARCHIVED"

    flo.post(page_of(the_type(acme), "publish"))
    assert the_type(acme).status == "PUBLISHED"


def test_another_companys_definitions_are_as_absent_as_any(
    acme: Firm, globex: Firm, flo: Client
) -> None:
    definitions_of(globex, a_document("ask"))

    for row in (newest(globex), the_type(globex)):
        for verb in ("change", "publish", "archive"):
            assert flo.get(page_of(row, verb)).status_code == 404
            assert flo.post(page_of(row, verb)).status_code == 404
    assert flo.get("/design/export/file/?key=flow").status_code == 404


# Upload


def test_a_good_file_is_previewed_and_imported_after_a_yes(acme: Firm, flo: Client) -> None:
    answer = upload(flo, a_document("ask > check"))
    preview = flo.get(answer["Location"])

    page = text_of(preview)
    assert "1 workflow, 2 steps, 1 ticket type" in page
    assert "new, v1 with 2 steps" in page
    assert "for everyone, starts Flow" in page
    with tenant_context(acme.company):
        assert not WorkflowDefinition.objects.exists()

    done = flo.post(answer["Location"], {"do": "drafts"})

    assert newest(acme).status == "DRAFT"
    assert done["Location"] == page_of(newest(acme))
    with tenant_context(acme.company):
        assert not PendingImport.objects.exists()


def test_a_file_can_be_imported_and_published_at_once(acme: Firm, flo: Client) -> None:
    answer = upload(flo, a_document("ask > check"))

    flo.post(answer["Location"], {"do": "publish"})

    assert (newest(acme).status, the_type(acme).status) == ("PUBLISHED", "PUBLISHED")


def test_the_preview_sorts_by_what_will_happen(acme: Firm, flo: Client) -> None:
    definitions_of(acme, a_document("ask", key="same"))
    definitions_of(acme, a_document("ask", key="other"))
    bundle = {"format": "ticketflower/1", "workflows": []}
    for key, drawing in {"same": "ask", "other": "ask > check", "new": "ask"}.items():
        bundle["workflows"] += a_document(drawing, key=key)["workflows"]
    address = upload(flo, bundle)["Location"]

    def rows(tab: str) -> list[str]:
        page = flo.get(f"{address}?show={tab}").content.decode()
        return re.findall(r'tf-xs tf-mono">([\w-]+)<', page)

    assert rows("created") == ["new"]
    assert rows("changed") == ["other"]
    assert rows("unchanged") == ["same"]
    assert sorted(rows("")) == ["new", "other", "same"]


def test_a_wrong_file_comes_back_with_its_problems_and_its_text(acme: Firm, flo: Client) -> None:
    answer = upload(flo, WRONG)

    page = text_of(answer)
    assert answer.status_code == 200
    assert "Line 4:" in page
    assert "“titel” means nothing here. Did you mean “title”?" in page
    assert "workflows[0].titel" in page
    assert "titel: &lt;b&gt;Buy&lt;/b&gt;\n</textarea>" in answer.content.decode()
    with tenant_context(acme.company):
        assert not PendingImport.objects.exists()


def test_pasted_text_is_read_like_a_file(acme: Firm, flo: Client) -> None:
    answer = flo.post(UPLOAD, {"text": json.dumps(a_document("ask"))})
    assert answer.status_code == 302

    flo.post(answer["Location"], {"do": "drafts"})

    assert newest(acme).status == "DRAFT"


@pytest.mark.parametrize(
    ("sent", "words"),
    [
        ({}, "Please choose a file, or paste the text below"),
        ({"text": "  "}, "Please choose a file, or paste the text below"),
        ({"text": "a: \x00"}, "Null characters are not allowed"),
        ({"text": "{"}, "This is not"),
        ({"file": SimpleUploadedFile("a.yaml", b"a: \xff")}, "This is not UTF-8"),
        ({"file": SimpleUploadedFile("a.yaml", b"a: \x00")}, "cannot be stored"),
        ({"file": SimpleUploadedFile("a.yaml", b"x" * 2_000_001)}, "Larger than 2 MB"),
        ({"file": SimpleUploadedFile("a.json", b"[" * 100_000)}, "Nested deeper than 40 levels"),
        ({"file": SimpleUploadedFile("a.yaml", b"a: &a [*a, *a]")}, "Aliases are not allowed"),
    ],
)
def test_what_cannot_be_read_is_said_on_the_page(
    flo: Client, sent: dict[str, Any], words: str
) -> None:
    answer = flo.post(UPLOAD, sent)

    assert answer.status_code == 200
    assert words in text_of(answer)


def test_a_dead_end_can_be_imported_and_not_published(acme: Firm, flo: Client) -> None:
    document = a_document("ask")
    document["workflows"][0]["transitions"] = [{"to": "ask"}, {"from": "ask", "to": "ask"}]
    address = upload(flo, document)["Location"]

    page = flo.get(address).content.decode()
    assert "a ticket can go round but never end" in page
    assert 'value="drafts"' in page
    assert 'value="publish"' not in page

    refused = flo.post(address, {"do": "publish"})
    assert "These problems have to be solved first" in text_of(refused)
    with tenant_context(acme.company):
        assert not WorkflowDefinition.objects.exists()


def test_an_upload_is_its_persons_alone(
    acme: Firm, globex: Firm, flo: Client, client: Client
) -> None:
    address = upload(flo, a_document("ask"))["Location"]

    for other in (acme.boss, globex.boss):
        client.force_login(other)
        for answer in (client.get(address), client.post(address, {"do": "drafts"})):
            assert (answer.status_code, answer["Location"]) == (302, UPLOAD)
    with tenant_context(acme.company):
        assert not WorkflowDefinition.objects.exists()


def test_an_upload_is_forgotten_after_a_day(acme: Firm, flo: Client) -> None:
    address = upload(flo, a_document("ask"))["Location"]
    with tenant_context(acme.company):
        PendingImport.objects.update(created_at=timezone.now() - KEPT_FOR)

    assert flo.get(address)["Location"] == UPLOAD

    upload(flo, a_document("ask"))
    with tenant_context(acme.company):
        assert PendingImport.objects.count() == 1


def test_nobody_else_uploads(acme: Firm, client: Client) -> None:
    for person in (acme.ann, acme.will, acme.tara, acme.adam):
        client.force_login(person)
        for page in (UPLOAD, "/design/", "/design/export/file/", "/design/format/"):
            assert client.get(page, follow=True).status_code == 403


# Export and help


@pytest.mark.parametrize("kind", ["yaml", "json"])
def test_an_export_can_be_uploaded_again_unchanged(acme: Firm, flo: Client, kind: str) -> None:
    definitions_of(acme, a_document("ask > check"))

    answer = flo.get(f"/design/export/file/?as={kind}")

    assert answer["Content-Disposition"] == f'attachment; filename="definitions.{kind}"'
    preview = flo.get(upload(flo, answer.content.decode(), f"a.{kind}")["Location"])
    assert "Everything is as in the file already" in text_of(preview)


def test_an_export_of_one_key_is_called_after_it(acme: Firm, flo: Client) -> None:
    definitions_of(acme, a_document("ask", key="flow"))
    definitions_of(acme, a_document("ask", key="other"))

    answer = flo.get("/design/export/file/?key=flow-request&as=yaml")

    document = read_text(answer.content.decode()).value
    assert answer["Content-Disposition"] == 'attachment; filename="flow-request.yaml"'
    assert [workflow["key"] for workflow in document["workflows"]] == ["flow"]


def test_the_format_is_explained_and_its_schema_given(flo: Client) -> None:
    page = text_of(flo.get("/design/format/"))
    schema = json.loads(flo.get("/design/format/schema.json").content)

    assert "company_role_access" in page
    assert schema["$defs"]["workflow"]


def test_the_example_on_the_page_can_be_imported(acme: Firm, flo: Client) -> None:
    assert upload(flo, EXAMPLE).status_code == 302


def test_the_search_finds_definitions(acme: Firm, flo: Client) -> None:
    definitions_of(acme, a_document("ask > check"))

    found = text_of(flo.get("/design/search/?s=flow&fragment=1"))

    assert "Flow" in found
    assert "Ask for flow" in found


# Edit as text, delete, begin with an example


def edited(client: Client, firm: Firm, before: str, after: str) -> Any:
    """What comes of changing the newest version's text in the browser."""
    address = page_of(newest(firm), "edit")
    text = client.get(address).context["form"].initial["text"]
    return client.post(address, {"text": text.replace(before, after)})


@pytest.mark.parametrize("publish", [True, False])
def test_a_version_is_edited_as_text(acme: Firm, flo: Client, publish: bool) -> None:
    definitions_of(acme, a_document("ask > check"), publish=publish)
    page = page_of(newest(acme))
    assert page_of(newest(acme), "edit") in flo.get(page).content.decode()

    preview = edited(flo, acme, "title: Check", "title: Look")["Location"]
    assert "task “Check” is now called “Look”" in text_of(flo.get(preview))
    flo.post(preview, {"do": "drafts"})

    assert newest(acme).version == 1 + publish
    assert newest(acme).status == "DRAFT"
    assert "Look" in text_of(flo.get(page_of(newest(acme))))


def test_a_mistake_in_the_text_is_told_with_its_line_and_the_text_stays(
    acme: Firm, flo: Client
) -> None:
    definitions_of(acme, a_document("ask > check"))

    answer = edited(flo, acme, "title: Check", "titel: Mine")

    assert re.search(r"Line \d+: “titel” means nothing here", text_of(answer))
    assert "titel: Mine" in answer.content.decode()
    assert "One problem has to be solved first" in text_of(answer)


def test_a_preview_leads_back_to_its_text(acme: Firm, flo: Client) -> None:
    preview = upload(flo, a_document("ask > check"))["Location"]

    back = re.search(r'href="([^"]*\?again=[^"]*)"', flo.get(preview).content.decode())

    assert back is not None
    assert "title: Check" in flo.get(back[1]).content.decode()


def test_a_draft_is_deleted_after_a_yes_and_written_down(acme: Firm, flo: Client) -> None:
    definitions_of(acme, a_document("ask"))
    definitions_of(acme, a_document("ask > check"), publish=False)
    address = page_of(newest(acme), "delete")

    assert "Delete the draft v2?" in text_of(flo.get(address))
    assert newest(acme).version == 2
    assert flo.post(address).status_code == 302

    assert newest(acme).version == 1
    with tenant_context(acme.company):
        assert AuditEntry.objects.filter(action="workflow draft deleted").count() == 1


def test_only_a_draft_that_nothing_starts_is_deleted(acme: Firm, flo: Client) -> None:
    definitions_of(acme, a_document("ask"), publish=False)
    with_type = text_of(flo.post(page_of(newest(acme), "delete")))
    definitions_of(acme, a_document("ask"))
    published = text_of(flo.post(page_of(newest(acme), "delete")))

    assert "the ticket type “Ask for flow” starts it" in with_type
    assert "is not a draft" in published
    assert newest(acme).version == 1
    with tenant_context(acme.company), pytest.raises(NotAllowed):
        delete_draft(acme.ann, newest(acme))


def test_an_example_is_something_to_use_after_three_clicks(acme: Firm, flo: Client) -> None:
    assert "?start=small-office" in flo.get(UPLOAD).content.decode()

    text = flo.get(f"{UPLOAD}?start=small-office").context["form"].initial["text"]
    preview = flo.post(UPLOAD, {"text": text})["Location"]
    flo.post(preview, {"do": "publish"})

    with tenant_context(acme.company):
        offered = TicketDefinition.objects.published().values_list("key", flat=True)
        assert set(offered) == {"buy-something", "time-off", "something-else"}


def test_an_unknown_example_is_told(flo: Client) -> None:
    assert "There is no such example" in text_of(flo.get(f"{UPLOAD}?start=../secrets"))


# What the pages say of ways, and of the catalogue


def test_a_loop_shows_no_arrow_that_is_not_there(acme: Firm, flo: Client) -> None:
    drawing = "approve > order > hand; approve ? ok = false > clarify; clarify > approve"
    definitions_of(acme, a_document(drawing))

    reading = flo.get(page_of(newest(acme))).context["reading"]

    told = {
        step.title: [("back to " if way.is_back else "") + way.target for way in step.ways]
        for step in reading.steps
    }
    assert told == {
        "Approve": ["Clarify", "Order"],
        "Clarify": ["back to Approve"],
        "Order": ["Hand"],
        "Hand": ["the end"],
    }


def test_a_change_to_the_catalogue_is_said_before_and_after(acme: Firm, flo: Client) -> None:
    document = a_document("ask")
    definitions_of(acme, document)
    document["tickets"][0]["title"] = "Order a flow"
    preview = upload(flo, document)["Location"]

    page = text_of(flo.get(preview))
    done = text_of(flo.post(preview, {"do": "drafts"}, follow=True))

    assert "now called “Order a flow”; shows in the catalogue at once" in page
    assert "its change shows there at once, also when you import as drafts" in page
    assert "1 ticket type changed in the catalogue." in done
    assert "as a draft" not in done


def test_only_problems_that_have_to_be_solved_are_counted(flo: Client) -> None:
    document = a_document("ask", ask={"title": 7})
    document["workflows"][0]["tasks"].append({"key": "lost"})

    page = text_of(upload(flo, document))

    assert "One problem has to be solved first" in page


def test_a_picture_is_told_as_no_text(flo: Client) -> None:
    picture = SimpleUploadedFile("a.png", b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\xff")

    answer = flo.post(UPLOAD, {"file": picture, "text": ""})

    assert "This is not a text file." in text_of(answer)
    assert "IHDR" not in answer.content.decode()


def a_rich_document() -> dict[str, Any]:
    """A call, a wait, branches, a workflow inside, and ways after a timeout and a failure."""
    call = {
        "task_type": "ASYNC_ACTION",
        "action_url": "https://erp.example/orders",
        "timeout_seconds": 172800,
        "action": {
            "sign": {"$secret": "erp_signing"},
            "catch": [
                {"errors": ["http.4xx"], "next": "meet"},
                {"errors": ["*"], "next": "ask"},
            ],
        },
    }
    first_day = {"at": {"$": {"var": "ticket.first_day"}}}
    document = a_document(
        "ask > order > meet > rest; ask > room > meet",
        ask={
            "due": {"days": 2, "working": True},
            "reminder": {"before": {"hours": 4}},
            "split": "ALL",
            "max_visits": 3,
        },
        order=call,
        room={"task_type": "SUBWORKFLOW", "subworkflow": "look"},
        meet={"join": "ALL", "due": {**first_day, "minus": {"days": 1}}},
        rest={"task_type": "WAIT", "until": first_day},
    )
    workflow = document["workflows"][0]
    workflow["fields"].append({"name": "first_day", "type": "date", "title": "First day"})
    workflow["transitions"].append({"from": "ask", "to": "meet", "after": "timeout"})
    document["workflows"] += a_document("see", key="look")["workflows"]
    return document


def test_a_workflow_says_what_its_steps_do_and_when(acme: Firm, flo: Client) -> None:
    with tenant_context(acme.company):
        CompanySecret.objects.create(name="erp_signing", sealed="x")
    definitions_of(acme, a_rich_document())

    page = text_of(flo.get(page_of(newest(acme))))

    assert "due within 2 working days · every true way is taken" in page
    assert "Call to erp.example, answered later" in page
    assert "Runs the workflow “look”" in page
    assert "waits for every branch" in page
    assert "due 1 day before “First day”" in page
    assert "Waits until “First day”" in page
    assert "Meet when its time runs out" in page
    assert "Meet when the call fails: http.4xx" in page
    assert "back to Ask when the call fails otherwise" in page
    assert "Secrets it uses 1 erp_signing" in page
    assert "Every rule passed" in page


@pytest.mark.parametrize(
    ("key", "told"),
    [
        ("ask", ["Due Within 2 working days", "Reminder 4 hours before it is due"]),
        ("ask", ["Branches Every true way is taken", "Visits At most 3 in one ticket"]),
        ("order", ["Time limit 2 days for the answer", "Secrets erp_signing", "The system"]),
        ("room", ["Runs the workflow “look”"]),
        ("meet", ["Branches Waits for every branch"]),
        ("rest", ["Waits until “First day”", "the end"]),
    ],
)
def test_a_step_says_what_it_does_and_when(
    acme: Firm, flo: Client, key: str, told: list[str]
) -> None:
    with tenant_context(acme.company):
        CompanySecret.objects.create(name="erp_signing", sealed="x")
    definitions_of(acme, a_rich_document())
    with tenant_context(acme.company):
        task = TaskDefinition.objects.get(workflow__key="flow", key=key)

    page = text_of(flo.get(f"/design/tasks/{task.pk}/change/"))

    assert [words for words in told if words not in page] == []


def test_a_missing_secret_is_told_before_and_after_the_import(acme: Firm, flo: Client) -> None:
    sent = upload(flo, a_rich_document())
    preview = text_of(flo.get(sent.url))

    assert "The company has no secret “erp_signing”." in preview

    definitions_of(acme, a_rich_document(), publish=False)
    page = text_of(flo.get(page_of(newest(acme))))
    assert "The company has no secret “erp_signing”. An admin of the company can add it." in page
    assert "It cannot be published yet" in page
