"""Rows on the pages of the Design site: uploaded, looked at, confirmed; taken out from lists."""

import json
import re
from io import BytesIO
from typing import Any

import openpyxl
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from definitions.models import PendingImport, TaskDefinition, WorkflowDefinition
from definitions.resources import FORMATS, RowKind, file_of
from definitions.services import import_bundle
from tenants.context import tenant_context
from tests.builders import Firm, a_document

pytestmark = pytest.mark.django_db

ROWS = "/design/rows/"
TASKS = "workflow,key,title\nflow,check,Look at it\nflow,ask,Ask\n"


@pytest.fixture
def flo(acme: Firm, client: Client) -> Client:
    """The workflow creator of Acme at her browser, who has a workflow in use."""
    with tenant_context(acme.company):
        import_bundle(acme.boss, a_document("ask > check"), publish=True)
    client.force_login(acme.flo)
    return client


def text_of(answer: Any) -> str:
    content = b"".join(answer) if answer.streaming else answer.content
    body = content.decode().split("<body", 1)[-1]
    return " ".join(re.sub(r"<[^>]*>", " ", body).split())


def upload(client: Client, content: bytes | str, name: str, kind: str = "all", **more: str) -> Any:
    data = content if isinstance(content, bytes) else content.encode()
    file = SimpleUploadedFile(name, data)
    return client.post(ROWS, {"file": file, "text": "", "kind": kind, **more})


def kept(client: Client, *given: Any, **more: str) -> str:
    sent = upload(client, *given, **more)
    assert sent.status_code == 302, text_of(sent)
    return str(sent["Location"])


def titles(firm: Firm) -> list[str]:
    with tenant_context(firm.company):
        newest = WorkflowDefinition.objects.order_by("-version")[0]
        return list(newest.tasks.order_by("position").values_list("title", flat=True))


def many_rows(count: int) -> str:
    return "key,title\n" + "".join(f"w{n},Number {n}\n" for n in range(count))


def test_rows_are_looked_at_row_by_row_and_then_imported(acme: Firm, flo: Client) -> None:
    page = kept(flo, TASKS, "tasks.csv", "tasks")
    looked = text_of(flo.get(page)) + text_of(flo.get(f"{page}?show=unchanged"))
    assert titles(acme) == ["Ask", "Check"]

    done = flo.post(page, {"do": "drafts"}, follow=True)

    assert "2 Look at it Flow · check Change now called “Look at it”" in looked
    assert "3 Ask Flow · ask Unchanged As it is" in looked
    assert "v2 becomes the draft" in looked
    assert "Rows imported: 1 changed, 1 as before." in text_of(done)
    assert titles(acme) == ["Ask", "Look at it"]
    with tenant_context(acme.company):
        assert not PendingImport.objects.exists()
        first = TaskDefinition.objects.filter(workflow__version=1, key="check").get()
    assert first.title == "Check"


def test_tabs_show_the_rows_of_one_effect(acme: Firm, flo: Client) -> None:
    page = kept(flo, TASKS, "tasks.csv", "tasks")

    changed = text_of(flo.get(f"{page}?show=change"))

    assert "Look at it" in changed
    assert "As it is" not in changed


def test_pasted_rows_of_a_spreadsheet_are_understood(acme: Firm, flo: Client) -> None:
    text = TASKS.replace(",", "\t")
    sent = flo.post(ROWS, {"text": text, "kind": "tasks"})

    assert sent.status_code == 302
    assert "Look at it" in text_of(flo.get(sent["Location"]))


def test_publishing_rows_puts_them_into_use(acme: Firm, flo: Client) -> None:
    page = kept(flo, TASKS, "tasks.csv", "tasks")

    flo.post(page, {"do": "publish"})

    with tenant_context(acme.company):
        assert WorkflowDefinition.objects.get(status="PUBLISHED").version == 2


def test_what_is_wrong_is_told_on_the_page_with_its_cell(acme: Firm, flo: Client) -> None:
    book = openpyxl.Workbook()
    book.active.append(["workflow", "key", "title"])
    book.active.append(["flow", "ask", "=HYPERLINK(1)"])
    content = BytesIO()
    book.save(content)

    formula = text_of(upload(flo, content.getvalue(), "tasks.xlsx", "tasks"))
    unknown = text_of(upload(flo, TASKS.replace("title", "titel"), "tasks.csv", "tasks"))
    nothing = text_of(flo.post(ROWS, {"kind": "tasks", "text": ""}))

    assert "B2" not in formula.split("Problems")[0]
    assert "C2 holds a formula. Paste its value instead." in formula
    assert "Did you mean “title”?" in unknown
    assert "Please choose a file, or paste rows below." in nothing


def test_a_preview_belongs_to_the_person_who_uploaded(
    acme: Firm, globex: Firm, flo: Client
) -> None:
    page = kept(flo, TASKS, "tasks.csv", "tasks")

    for stranger in (acme.boss, globex.flo):
        flo.force_login(stranger)
        for answer in (flo.get(page), flo.post(page, {"do": "drafts"})):
            assert answer.status_code == 302
            assert answer["Location"] == ROWS
    assert titles(acme) == ["Ask", "Check"]


def test_a_right_that_is_missing_is_told_and_keeps_the_text(acme: Firm, flo: Client) -> None:
    """A workflow creator may not add company roles, and a document may ask for one."""
    text = "format: ticketflower/1\ncompany_roles:\n- {key: pilots}\n"

    answer = flo.post("/design/upload/", {"text": text})

    assert answer.status_code == 200
    assert "Your roles do not allow this." in text_of(answer)
    assert "key: pilots" in answer.content.decode()


def test_rows_and_bundles_do_not_mix_their_previews(acme: Firm, flo: Client) -> None:
    rows = kept(flo, TASKS, "tasks.csv", "tasks").rstrip("/").rpartition("/")[2]
    file = SimpleUploadedFile("a.json", json.dumps(a_document("x", key="new")).encode())
    bundle = flo.post("/design/upload/", {"file": file, "text": ""})["Location"]

    assert flo.get(f"{ROWS}{bundle.rstrip('/').rpartition('/')[2]}/").status_code == 302
    assert flo.get(f"/design/upload/{rows}/").status_code == 200


def test_whoever_is_no_workflow_creator_finds_no_rows(acme: Firm, flo: Client) -> None:
    for person in (acme.ann, acme.will, acme.tara, acme.adam):
        flo.force_login(person)
        for page in (ROWS, f"{ROWS}file/?what=tasks&as=csv"):
            assert flo.get(page).status_code == 403


def test_many_rows_show_their_progress_and_how_it_ended(acme: Firm, flo: Client) -> None:
    page = kept(flo, many_rows(250), "workflows.csv", "workflows")
    looked, rest = text_of(flo.get(page)), text_of(flo.get(f"{page}?page=2"))

    done = flo.post(page, {"do": "drafts"})
    told = text_of(done)

    assert "Page 1 of 2, 250 rows" in looked
    assert "Number 249" in rest
    assert done.streaming
    for stage in ("Read", "Compared with what is there", "Checked", "Written"):
        assert stage in told
    assert "Rows imported: 250 created." in told
    with tenant_context(acme.company):
        assert WorkflowDefinition.objects.count() == 251
        assert not PendingImport.objects.exists()


def test_a_large_document_shows_its_progress_too(acme: Firm, flo: Client) -> None:
    document = {"format": "ticketflower/1", "workflows": [{"key": f"w{n}"} for n in range(250)]}
    file = SimpleUploadedFile("a.json", json.dumps(document).encode())
    page = flo.post("/design/upload/", {"file": file, "text": ""})["Location"]

    told = text_of(flo.post(page, {"do": "drafts"}))

    assert "250 workflows, from a.json." in told
    assert "Written 250 definitions imported as drafts. Go on" in told.replace("check ", "")
    with tenant_context(acme.company):
        assert WorkflowDefinition.objects.count() == 251


def test_many_rows_that_are_refused_at_the_last_moment_say_so(acme: Firm, flo: Client) -> None:
    text = "workflow,key\n" + "".join(f"flow,t{n}\n" for n in range(250))
    page = kept(flo, text, "tasks.csv", "tasks")
    with tenant_context(acme.company):
        WorkflowDefinition.objects.update(key="gone")

    told = text_of(flo.post(page, {"do": "drafts"}))

    assert "Nothing was imported." in told
    assert "The workflow “flow” does not exist." in told


@pytest.mark.parametrize("ending", list(FORMATS))
def test_ticked_rows_are_taken_out_of_each_list(acme: Firm, flo: Client, ending: str) -> None:
    with tenant_context(acme.company):
        import_bundle(acme.boss, a_document("one", key="other"))
        workflow = WorkflowDefinition.objects.get(key="flow")
        task = TaskDefinition.objects.get(workflow=workflow, key="ask")

    def taken(page: str, row: Any) -> bytes:
        data = {"action": f"rows_as_{ending}", "_selected_action": [str(row.pk)]}
        answer = flo.post(f"/design/{page}/", data)
        assert f'.{ending}"' in answer["Content-Disposition"]
        return bytes(answer.content)

    workflows, tasks = taken("workflows", workflow), taken("tasks", task)

    with tenant_context(acme.company):
        kinds = list(RowKind)[:3] if ending != "csv" else [RowKind.WORKFLOW]
        if ending != "xlsx":  # a workbook holds the time of its making
            keys = {kind: ["flow"] for kind in kinds}
            assert workflows == file_of(acme.flo, kinds, FORMATS[ending], keys)
            assert b"other" not in workflows
            assert b"check" not in tasks.replace(b"checks", b"")


def test_everything_is_taken_out_and_brought_back(acme: Firm, flo: Client) -> None:
    content = flo.get(f"{ROWS}file/?what=all&as=xlsx").content

    page = kept(flo, content, "definitions.xlsx")

    assert "Everything is as in the file already." in text_of(flo.get(page))


@pytest.mark.parametrize("query", ["what=nothing", "as=exe", "what=all&as=csv", "what=tasks&as="])
def test_what_is_no_kind_and_no_format_is_not_there(flo: Client, query: str) -> None:
    assert flo.get(f"{ROWS}file/?{query}").status_code == 404


def test_a_file_of_keys_of_another_company_is_empty(acme: Firm, globex: Firm, flo: Client) -> None:
    with tenant_context(globex.company):
        import_bundle(globex.boss, a_document("ask", key="secret"))

    theirs = flo.get(f"{ROWS}file/?what=tasks&as=csv&key=secret").content
    nobodys = flo.get(f"{ROWS}file/?what=tasks&as=csv&key=nothing").content

    assert theirs == nobodys


def test_texts_of_rows_never_become_markup(acme: Firm, flo: Client) -> None:
    evil = "<script>alert(1)</script>"
    page = kept(flo, f"key,title\nnew,{evil}\n", f"{evil}.csv", "workflows")

    assert evil not in flo.get(page).content.decode()
