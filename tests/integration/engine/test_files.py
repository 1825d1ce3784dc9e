"""Files, from the moment somebody chooses one to the moment somebody else reads it."""

import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from django.conf import settings as django_settings
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import call_command
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from definitions.layouts import FilesAsked
from definitions.models import TicketDefinition, WorkflowDefinition
from definitions.services import import_bundle
from operations import files
from operations.errors import AnswersInvalid
from operations.files.sweeping import sweep_files
from operations.models import Comment, FileUpload, TaskInstance, TicketError, TicketInstance
from operations.services import (
    add_comment,
    complete_task,
    reassign_task,
    save_draft,
    submit_ticket,
)
from tenants.context import tenant_context
from tenants.models import User
from tests.builders import Firm, a_document, a_firm, the_open_task
from tests.pages import text_of

pytestmark = pytest.mark.django_db

PDF = b"%PDF-1.7 an offer\n"
PNG = b"\x89PNG\r\n\x1a\n a picture\n"
FILE = {"type": "string", "format": "uuid", "x-widget": "file"}
OFFER_FORM = {
    "type": "object",
    "required": ["item", "offer"],
    "properties": {
        "item": {"type": "string", "minLength": 1, "title": "Item"},
        "offer": {**FILE, "title": "Offer", "x-accept": ".pdf, .png"},
        "photos": {
            "type": "array",
            "title": "Photos",
            "maxItems": 2,
            "items": {**FILE, "x-accept": "image/*"},
        },
    },
}
CHECK_FORM = {
    "type": "object",
    "required": ["ok"],
    "properties": {
        "ok": {"type": "boolean", "title": "All right?"},
        "scan": {**FILE, "title": "Scan"},
        "answer": {**FILE, "title": "Our answer", "x-requester-sees": True},
    },
}
ANY = FilesAsked(("offer",))


def pdf(name: str = "offer.pdf", content: bytes = PDF) -> SimpleUploadedFile:
    return SimpleUploadedFile(name, content)


def png(name: str = "photo.png") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, PNG)


def offered(firm: Firm) -> TicketDefinition:
    """Somebody asks with an offer; Will checks it with a scan."""
    check = {"output_schema": CHECK_FORM, "assign": {"company_role": "managers"}}
    document = a_document("check > pay", check=check)
    document["tickets"][0]["form_schema"] = OFFER_FORM
    import_bundle(firm.flo, document, publish=True)
    return TicketDefinition.objects.get()


@pytest.fixture
def office(acme: Firm) -> Iterator[Firm]:
    with tenant_context(acme.company):
        offered(acme)
        yield acme


def kept(person: User, upload: Any = None, **purpose: Any) -> FileUpload:
    """A file that this person has chosen in a form."""
    purpose = purpose or {"ticket_type": TicketDefinition.objects.get().pk}
    made = files.Purpose(**purpose, is_comment=set(purpose) == {"ticket"})
    return files.keep_file(person, upload or pdf(), asked=ANY, purpose=made)


def a_request(firm: Firm, **more: Any) -> TicketInstance:
    answers = {"item": "Saw", "offer": str(kept(firm.ann).pk), **more}
    return submit_ticket(firm.ann, TicketDefinition.objects.get(), answers)


def answer_of(task: TaskInstance) -> dict[str, Any]:
    answer: dict[str, Any] = TaskInstance.objects.get(pk=task.pk).output_data or {}
    return answer


def for_task(ticket: TicketInstance) -> dict[str, Any]:
    return {"ticket": ticket.pk, "task": the_open_task(ticket).pk}


def content_of(response: Any) -> bytes:
    return b"".join(response.streaming_content)


@pytest.fixture
def ann(client: Client, office: Firm) -> Client:
    client.force_login(office.ann)
    return client


def signed_in(person: User) -> Client:
    client = Client()
    client.force_login(person)
    return client


NOT_THERE = "This file is not there any more. Please choose it again."
SUBMIT = "/portal/new/flow-request/"


# --- sending --------------------------------------------------------------------------------------


def test_ann_sends_an_offer_and_finds_it_on_the_page_of_her_request(
    ann: Client, office: Firm
) -> None:
    sent = ann.post(SUBMIT, {"item": "Saw", "offer": pdf(), "_key": "one"})

    ticket = TicketInstance.objects.get()
    [file] = FileUpload.objects.all()
    assert sent["Location"] == reverse("portal:request", args=[ticket.number])
    assert ticket.ticket_data == {"item": "Saw", "offer": str(file.pk)}
    assert (file.name, file.file_type, file.size_bytes) == ("offer.pdf", "application/pdf", 18)
    assert (file.ticket, file.created_by) == (ticket, office.ann)
    assert file.bound_at is not None
    assert file.place.startswith(f"{office.company.pk}/")
    assert "offer" not in file.place
    with default_storage.open(file.place) as content:
        assert content.read() == PDF

    page = ann.get(sent["Location"])
    assert "offer.pdf" in text_of(page)
    assert reverse("portal:file", args=[file.pk]) in page.content.decode()


def test_an_error_elsewhere_loses_no_file(ann: Client, office: Firm) -> None:
    page = ann.post(SUBMIT, {"item": "", "offer": pdf(), "photos": [png()]})

    assert page.status_code == 200
    assert "offer.pdf" in text_of(page)
    first = FileUpload.objects.get(name="offer.pdf")
    photo = FileUpload.objects.get(name="photo.png")
    assert first.bound_at is None
    again = {"item": "Saw", "offer.~kept": str(first.pk), "photos.~kept": str(photo.pk)}
    assert ann.post(SUBMIT, {**again, "photos": [png("second.png")]}).status_code == 302

    ticket = TicketInstance.objects.get()
    second = FileUpload.objects.get(name="second.png")
    assert ticket.ticket_data["offer"] == str(first.pk)
    assert ticket.ticket_data["photos"] == [str(photo.pk), str(second.pk)]
    assert not FileUpload.objects.filter(bound_at=None).exists()


def test_a_file_can_be_removed_and_is_gone_with_its_content(ann: Client, office: Firm) -> None:
    ann.post(SUBMIT, {"item": "", "offer": pdf()})
    file = FileUpload.objects.get()

    page = ann.post(
        SUBMIT, {"item": "Saw", "offer.~kept": str(file.pk), "offer.~remove": str(file.pk)}
    )

    assert "Please fill this in" in text_of(page)
    assert not FileUpload.objects.exists()
    assert not default_storage.exists(file.place)


def test_what_is_sent_twice_is_one_request(ann: Client, office: Firm) -> None:
    ann.post(SUBMIT, {"item": "", "offer": pdf()})
    file = FileUpload.objects.get()
    data = {"item": "Saw", "offer.~kept": str(file.pk), "_key": "twice"}

    first, second = ann.post(SUBMIT, data), ann.post(SUBMIT, data)

    assert first["Location"] == second["Location"]
    assert TicketInstance.objects.count() == 1


@pytest.mark.parametrize(
    ("upload", "said"),
    [
        (pdf("offer.exe"), "“offer.exe” cannot be sent here. Send PDF or PNG."),
        (pdf("offer"), "“offer” cannot be sent here"),
        (pdf("page.html"), "“page.html” cannot be sent here"),
        (pdf("offer.pdf", b"MZ a program"), "is not what its name says"),
        (pdf("offer.png", PDF), "its content is no PNG"),
        (pdf("offer.pdf", b""), "“offer.pdf” is empty"),
        (pdf("offer.pdf", PDF + b"x" * 1024 * 1024), "at most 1 MB"),
    ],
)
def test_what_is_not_taken_is_told_with_its_name_and_nothing_is_kept(
    ann: Client, office: Firm, settings: Any, upload: Any, said: str
) -> None:
    settings.FILE_MEGABYTES = 1
    upload.seek(0)

    page = ann.post(SUBMIT, {"item": "Saw", "offer": upload})

    assert said in text_of(page).replace("&quot;", '"')
    assert 'value="Saw"' in page.content.decode()
    assert not FileUpload.objects.exists()


def test_a_file_far_too_large_is_thrown_away_while_it_arrives(
    ann: Client, office: Firm, settings: Any
) -> None:
    settings.FILE_MEGABYTES = 1
    large = pdf("film.pdf", PDF + b"x" * 3 * 1024 * 1024)

    page = ann.post(SUBMIT, {"item": "Saw", "offer": large})

    assert "“film.pdf” has 3 MB; at most 1 MB." in text_of(page)
    assert 'value="Saw"' in page.content.decode()


def test_more_than_a_form_may_send_gets_a_page_that_says_so(
    ann: Client, office: Firm, settings: Any
) -> None:
    settings.REQUEST_MEGABYTES = 1

    page = ann.post(SUBMIT, {"item": "Saw", "offer": pdf(content=PDF + b"x" * 1024 * 1024)})

    assert page.status_code == 413
    assert "Too much at once" in text_of(page)
    assert not FileUpload.objects.exists()


def test_more_files_than_asked_for_are_refused(ann: Client, office: Firm) -> None:
    photos = [png(f"{n}.png") for n in range(3)]

    page = ann.post(SUBMIT, {"item": "Saw", "offer": pdf(), "photos": photos})

    assert page.status_code == 200
    assert not TicketInstance.objects.exists()
    assert "0.png" in text_of(page)


def test_a_company_has_room_for_so_much(office: Firm, settings: Any) -> None:
    settings.COMPANY_FILES_MEGABYTES = 1
    kept(office.ann, pdf(content=PDF + b"x" * 1024 * 900))

    with pytest.raises(files.FileRefused, match="have 900 KB of 1 MB"):
        kept(office.ann, pdf("second.pdf", PDF + b"x" * 1024 * 200))


def test_one_person_cannot_choose_without_end(office: Firm, monkeypatch: Any) -> None:
    monkeypatch.setattr("operations.files.keeping.MOST_UNSENT", 2)
    kept(office.ann)
    kept(office.ann)

    with pytest.raises(files.FileRefused, match="forms that were not sent"):
        kept(office.ann)
    kept(office.boss)


def finds_eicar(content: Any, name: str) -> str:
    return "a virus" if b"EICAR" in content.read() else ""


def breaks(content: Any, name: str) -> str:
    raise OSError("no scanner here")


def test_what_a_scanner_finds_is_not_kept(office: Firm, settings: Any) -> None:
    settings.FILE_SCANNER = f"{__name__}.finds_eicar"

    kept(office.ann)
    with pytest.raises(files.FileRefused, match="was refused: a virus"):
        kept(office.ann, pdf(content=PDF + b"EICAR"))

    settings.FILE_SCANNER = f"{__name__}.breaks"
    with pytest.raises(files.FileRefused, match="could not be looked at"):
        kept(office.ann)


@pytest.mark.parametrize(
    ("given", "clean"),
    [
        ("../../etc/passwd.pdf", "passwd.pdf"),
        ("C:\\temp\\a.pdf", "a.pdf"),
        ("a\x00b.pdf", "ab.pdf"),
        ("gnp.\u202efdp", "gnp.fdp"),
        ("a\r\nSet-Cookie: x.pdf", "a Set-Cookie: x.pdf"),
        ("...", "file"),
        ("", "file"),
        ("Angebot für Müller.pdf", "Angebot für Müller.pdf"),
        ("见积书.pdf", "见积书.pdf"),
        ("\ud800.pdf", "pdf"),
        ("x" * 300 + ".pdf", "x" * 195 + "….pdf"),
    ],
)
def test_names_are_cleaned_and_stay_what_people_call_them(given: str, clean: str) -> None:
    assert files.clean_name(given) == clean


# --- whose it is ----------------------------------------------------------------------------------


def test_only_ones_own_file_for_this_very_form_is_an_answer(office: Firm) -> None:
    definition = TicketDefinition.objects.get()
    colleagues, bound = kept(office.boss), FileUpload.objects.get(ticket=a_request(office))
    other_form = kept(office.ann, ticket_type=another_type(office))
    globex = a_firm("Globex")
    with tenant_context(globex.company):
        offered(globex)
        foreign = kept(globex.ann)
    never = uuid4()

    for key in (colleagues.pk, other_form.pk, bound.pk, foreign.pk, never, "x"):
        with pytest.raises(AnswersInvalid) as refused:
            submit_ticket(office.ann, definition, {"item": "Saw", "offer": str(key)})
        [problem] = refused.value.problems
        is_no_key = key == "x"
        assert problem.path == "/offer"
        assert (
            is_no_key
            or problem.message == "This file is not there any more. Please choose it again."
        )


def another_type(firm: Firm) -> Any:
    """Another ticket type of the company."""
    import_bundle(firm.flo, a_document("ask", key="other"), publish=True)
    return TicketDefinition.objects.exclude(key="flow-request").get().pk


def test_a_kept_file_that_is_not_theirs_is_refused_on_the_page_too(
    ann: Client, office: Firm
) -> None:
    colleagues = kept(office.boss)

    pages = [
        text_of(ann.post(SUBMIT, {"item": "Saw", "offer.~kept": str(key)}))
        for key in (colleagues.pk, uuid4())
    ]

    assert pages[0] == pages[1]
    assert "A file is not there any more. Please choose it again." in pages[0]
    assert not TicketInstance.objects.exists()


def test_what_a_question_accepts_is_looked_at_again_when_it_is_sent(office: Firm) -> None:
    text = SimpleUploadedFile("notes.txt", b"hello")

    with pytest.raises(AnswersInvalid) as refused:
        a_request(office, offer=str(kept(office.ann, text).pk))

    assert [one.message for one in refused.value.problems] == [
        "“notes.txt” cannot be sent here. Send PDF or PNG."
    ]


# --- tasks ----------------------------------------------------------------------------------------


def test_a_draft_keeps_its_file_and_goes_along_with_the_task(office: Firm) -> None:
    ticket = a_request(office)
    task = the_open_task(ticket)
    scan = kept(office.will, pdf("scan.pdf"), **for_task(ticket))
    save_draft(office.will, task, {"scan": str(scan.pk)})
    make_old(scan)

    assert sweep_files() == 0
    reassign_task(office.tara, task, office.boss)
    complete_task(office.boss, task, {"ok": True, "scan": str(scan.pk)})

    scan.refresh_from_db()
    assert (scan.ticket, scan.task) == (ticket, task)
    assert answer_of(task)["scan"] == str(scan.pk)


def test_a_file_of_a_draft_is_nobodys_answer_but_that_tasks(office: Firm) -> None:
    ticket = a_request(office)
    task = the_open_task(ticket)
    scan = kept(office.will, pdf("scan.pdf"), **for_task(ticket))
    save_draft(office.will, task, {"scan": str(scan.pk)})

    def may_answer_with(**purpose: Any) -> bool:
        usable = files.kept_for(office.boss, files.Purpose(ticket=ticket.pk, **purpose))
        return scan in usable.select_for_update()

    beside_it, correction = {"task": uuid4()}, {"task": None}
    assert [may_answer_with(**one) for one in (beside_it, correction)] == [False, False]
    assert may_answer_with(task=task.pk)

    complete_task(office.will, task, {"ok": True, "scan": str(scan.pk)})

    assert [may_answer_with(**one) for one in (beside_it, correction)] == [True, True]


def test_what_a_draft_has_dropped_goes_after_a_day(office: Firm) -> None:
    ticket = a_request(office)
    task = the_open_task(ticket)
    first, second = (kept(office.will, pdf(f"{n}.pdf"), **for_task(ticket)) for n in (1, 2))
    save_draft(office.will, task, {"scan": str(first.pk)})
    save_draft(office.will, task, {"scan": str(second.pk)})
    make_old(first, second)

    assert sweep_files() == 1
    complete_task(office.will, task, {"ok": True})

    assert sweep_files() == 1
    assert [file.name for file in FileUpload.objects.all()] == ["offer.pdf"]


def test_will_answers_with_a_file_on_the_page(office: Firm) -> None:
    ticket = a_request(office)
    task = the_open_task(ticket)
    will, page = signed_in(office.will), reverse("work:task", args=[task.pk])

    assert "offer.pdf" in text_of(will.get(page))
    saved = will.post(page, {"scan": pdf("scan.pdf"), "_do": "draft"})
    assert saved.status_code == 302
    shown = will.get(page).content.decode()
    scan = FileUpload.objects.get(name="scan.pdf")
    assert f'name="scan.~kept" value="{scan.pk}"' in shown
    assert scan.bound_at is not None

    done = will.post(page, {"ok": "true", "scan.~kept": str(scan.pk), "_do": "complete"})
    assert done.status_code == 302
    assert TaskInstance.objects.get(pk=task.pk).output_data == {"ok": True, "scan": str(scan.pk)}


def test_a_file_chosen_before_the_start_is_in_the_draft(office: Firm) -> None:
    ticket = a_request(office)
    page = reverse("work:task", args=[the_open_task(ticket).pk])

    signed_in(office.will).post(page, {"scan": pdf("scan.pdf"), "_do": "start"})

    scan = FileUpload.objects.get(name="scan.pdf")
    assert the_open_task(ticket).draft_data == {"scan": str(scan.pk)}
    assert scan.bound_at is not None


# --- reading --------------------------------------------------------------------------------------


def test_a_file_comes_as_an_attachment_and_may_do_nothing(ann: Client, office: Firm) -> None:
    file = FileUpload.objects.get(ticket=a_request(office))
    FileUpload.objects.update(name="Angebot “für” Müller.pdf")

    response = ann.get(reverse("portal:file", args=[file.pk]))

    assert content_of(response) == PDF
    assert response["Content-Disposition"].startswith("attachment; filename*=utf-8''Angebot%20")
    assert response["Content-Type"] == "application/pdf"
    assert response["X-Content-Type-Options"] == "nosniff"
    assert response["Content-Security-Policy"].startswith("default-src 'none'; sandbox")
    assert "private" in response["Cache-Control"]
    assert "no-store" in response["Cache-Control"]
    assert response["Content-Length"] == str(len(PDF))


def test_who_has_it_already_is_told_so(ann: Client, office: Firm) -> None:
    address = reverse("portal:file", args=[FileUpload.objects.get(ticket=a_request(office)).pk])
    first = ann.get(address)
    etag = first["ETag"]
    assert content_of(first) == PDF

    again = ann.get(address, headers={"If-None-Match": etag})
    head = ann.head(address)

    assert (again.status_code, again.content) == (304, b"")
    assert content_of(head) == b""
    assert (head.status_code, head["Content-Length"]) == (200, str(len(PDF)))
    assert ann.post(address).status_code == 405


def test_everybody_reads_what_is_theirs_and_nothing_else(office: Firm) -> None:
    ticket = a_request(office)
    task = the_open_task(ticket)
    offer = FileUpload.objects.get(ticket=ticket)
    scan, answer, draft = (
        kept(office.will, pdf(f"{name}.pdf"), **for_task(ticket))
        for name in ("scan", "answer", "draft")
    )
    complete_task(office.will, task, {"ok": True, "scan": str(scan.pk), "answer": str(answer.pk)})
    note, word = (kept(office.will, pdf(f"{n}.pdf"), ticket=ticket.pk) for n in ("note", "word"))
    add_comment(office.tara, ticket, "psst", is_internal=True)
    with_files(office.will, ticket, note, is_internal=True)
    with_files(office.will, ticket, word)
    chosen = kept(office.ann, pdf("chosen.pdf"))
    all_of_them = [offer, scan, answer, draft, note, word, chosen]

    assert readable("portal", office.ann, all_of_them) == ["offer", "answer", "word", "chosen"]
    assert readable("portal", office.boss, all_of_them) == []
    assert readable("work", office.will, all_of_them) == [
        "offer", "scan", "answer", "draft", "note", "word",
    ]  # fmt: skip
    assert readable("desk", office.tara, all_of_them) == [
        "offer", "scan", "answer", "note", "word",
    ]  # fmt: skip


def with_files(person: User, ticket: TicketInstance, *sent: FileUpload, **more: Any) -> Comment:
    return add_comment(person, ticket, "", attached=[str(file.pk) for file in sent], **more)


def readable(site: str, person: User, some: list[FileUpload]) -> list[str]:
    client = signed_in(person)
    answers = {}
    for file in some:
        response = client.get(reverse(f"{site}:file", args=[file.pk]))
        answers[file.name] = response.status_code
        if response.streaming:
            assert content_of(response) == PDF
    assert set(answers.values()) <= {200, 404}
    return [name.removesuffix(".pdf") for name, status in answers.items() if status == 200]


@pytest.mark.parametrize("site", ["portal", "work", "desk"])
def test_a_foreign_file_and_none_at_all_are_the_same_404(office: Firm, site: str) -> None:
    globex = a_firm("Globex")
    with tenant_context(globex.company):
        offered(globex)
        foreign = FileUpload.objects.get(ticket=a_request(globex))
    client = signed_in(office.boss)

    answers = [
        client.get(reverse(f"{site}:file", args=[key])) for key in (foreign.pk, uuid4(), "x")
    ]

    assert {answer.status_code for answer in answers} == {404}
    assert len({answer.content for answer in answers}) == 1


def test_content_that_is_lost_is_not_there_and_breaks_no_page(ann: Client, office: Firm) -> None:
    ticket = a_request(office)
    file = FileUpload.objects.get(ticket=ticket)
    default_storage.delete(file.place)

    assert ann.get(reverse("portal:file", args=[file.pk])).status_code == 404
    assert ann.get(reverse("portal:request", args=[ticket.number])).status_code == 200


def test_no_address_leads_to_the_files_themselves(ann: Client, office: Firm) -> None:
    file = FileUpload.objects.get(ticket=a_request(office))

    for address in (f"/media/{file.place}", f"/files/{file.place}", f"/static/{file.place}"):
        assert ann.get(address).status_code == 404


# --- comments -------------------------------------------------------------------------------------


def test_ann_sends_a_file_with_a_comment_and_the_team_finds_it(ann: Client, office: Firm) -> None:
    ticket = a_request(office)
    here = reverse("portal:comment", args=[ticket.number])

    assert ann.post(here, {"text": "Here it is", "attached": [pdf("more.pdf")]}).status_code == 302
    assert ann.post(here, {"text": "", "attached": [png()]}).status_code == 302
    empty = ann.post(here, {"text": ""})

    assert "Please fill this in" in text_of(empty)
    page = text_of(ann.get(reverse("portal:request", args=[ticket.number])))
    assert "more.pdf" in page
    work = text_of(
        signed_in(office.will).get(reverse("work:task", args=[the_open_task(ticket).pk]))
    )
    assert "more.pdf" in work
    assert "photo.png" in work
    desk = signed_in(office.tara).get(
        reverse("desk:operations_ticketinstance_change", args=[ticket.pk])
    )
    assert "more.pdf" in text_of(desk)
    assert "offer.pdf" in text_of(desk)


def test_a_file_of_a_refused_comment_stays_on_the_page(ann: Client, office: Firm) -> None:
    ticket = a_request(office)
    here = reverse("portal:comment", args=[ticket.number])

    page = ann.post(here, {"text": "x" * 10_001, "attached": [pdf("more.pdf")]})

    file = FileUpload.objects.get(name="more.pdf")
    assert f'name="attached.~kept" value="{file.pk}"' in page.content.decode()
    assert ann.post(here, {"text": "short", "attached.~kept": str(file.pk)}).status_code == 302
    assert Comment.objects.get().files.get() == file


def test_the_desk_and_a_worker_send_files_too(office: Firm) -> None:
    ticket = a_request(office)
    desk, work = signed_in(office.tara), signed_in(office.will)
    comment = reverse("desk:operations_ticketinstance_comment", args=[ticket.pk])

    desk.post(comment, {"text": "See this", "attached": [pdf("desk.pdf")]})
    task = reverse("work:task", args=[the_open_task(ticket).pk])
    work.post(task, {"_comment": "", "_attached": [pdf("work.pdf")], "_do": "comment"})

    names = FileUpload.objects.exclude(comment=None).values_list("name", flat=True)
    assert sorted(names) == ["desk.pdf", "work.pdf"]


def test_a_file_chosen_for_a_comment_is_not_lost_by_completing(office: Firm) -> None:
    ticket = a_request(office)
    task = reverse("work:task", args=[the_open_task(ticket).pk])

    page = signed_in(office.will).post(
        task, {"ok": "true", "_attached": [pdf("work.pdf")], "_do": "complete"}
    )

    assert "Your comment is not sent yet" in text_of(page)
    assert "work.pdf" in text_of(page)


# --- calls ----------------------------------------------------------------------------------------


def test_a_call_tells_what_a_file_is_and_never_what_is_in_it(acme: Firm) -> None:
    send = {
        "task_type": "SYNC_ACTION",
        "action_url": "https://erp.example/orders",
        "input_transform": {
            "name": {"$": {"var": "files.ticket.offer.name"}},
            "size": {"$": {"var": "files.ticket.offer.size"}},
            "photos": {"$": {"map": [{"var": "files.ticket.photos"}, {"var": "type"}]}},
            "item": {"$": {"var": "ticket.item"}},
        },
    }
    document = a_document("send", send=send)
    document["tickets"][0]["form_schema"] = OFFER_FORM
    with tenant_context(acme.company):
        report = import_bundle(acme.flo, document, publish=True)
        ticket = a_request(acme, photos=[str(kept(acme.ann, png()).pk)])

        [task] = TaskInstance.objects.filter(ticket=ticket)

    assert [problem.message for problem in report.problems] == []
    assert task.input_data == {
        "name": "offer.pdf",
        "size": len(PDF),
        "photos": ["image/png"],
        "item": "Saw",
    }


def test_a_file_that_was_not_sent_is_nothing_to_a_call(acme: Firm) -> None:
    send = {
        "task_type": "SYNC_ACTION",
        "action_url": "https://erp.example/orders",
        "input_transform": {"scan": {"$": {"var": "files.check.scan"}}},
    }
    check = {"output_schema": CHECK_FORM}
    with tenant_context(acme.company):
        import_bundle(acme.flo, a_document("check > send", check=check, send=send), publish=True)
        definition = TicketDefinition.objects.get()
        ticket = submit_ticket(acme.ann, definition, {"subject": "x"})
        complete_task(acme.will, the_open_task(ticket), {"ok": True})

        task = TaskInstance.objects.get(ticket=ticket, task_definition__key="send")

    assert task.input_data == {"scan": None}


def test_a_file_that_ann_may_not_read_cannot_be_had_by_attaching_it(
    ann: Client, office: Firm
) -> None:
    """It would be on her page by its name."""
    ticket = a_request(office)
    note = kept(office.will, pdf("secret note.pdf"), ticket=ticket.pk)
    add_comment(office.will, ticket, "", attached=[str(note.pk)], is_internal=True)
    here = reverse("portal:comment", args=[ticket.number])

    pages = [
        text_of(ann.post(here, {"text": "Hello", "attached.~kept": str(key)}))
        for key in (note.pk, uuid4())
    ]

    assert pages[0] == pages[1]
    assert "A file is not there any more" in pages[0]
    with pytest.raises(AnswersInvalid):
        with_files(office.ann, ticket, note)


# --- sweeping -------------------------------------------------------------------------------------


def make_old(*some: FileUpload, days: float = 2) -> None:
    before = timezone.now() - timedelta(days=days)
    FileUpload.objects.filter(pk__in=[file.pk for file in some]).update(created_at=before)


def test_what_was_never_sent_goes_after_a_day_and_the_rest_stays(office: Firm) -> None:
    a_request(office)
    old, young = kept(office.ann), kept(office.ann)
    make_old(old)

    assert sweep_files() == 1

    assert not FileUpload.objects.filter(pk=old.pk).exists()
    assert not default_storage.exists(old.place)
    assert default_storage.exists(young.place)
    assert sweep_files() == 0


def test_content_without_a_row_goes_when_it_is_old(office: Firm) -> None:
    import os

    lost, fresh = (
        default_storage.save(f"{office.company.pk}/{name}", pdf()) for name in ("lost", "fresh")
    )
    before = timezone.now().timestamp() - 2 * 24 * 60 * 60
    os.utime(Path(django_settings.MEDIA_ROOT, lost), (before, before))

    assert sweep_files() == 1

    assert not default_storage.exists(lost)
    assert default_storage.exists(fresh)


# --- repairing and trying -------------------------------------------------------------------------


def test_a_ticket_admin_corrects_an_answer_with_another_file(acme: Firm) -> None:
    check = {"output_schema": CHECK_FORM, "assign": {"company_role": "managers"}}
    with tenant_context(acme.company):
        document = a_document("check ? ok = true > pay", check=check)
        import_bundle(acme.flo, document, publish=True)
        ticket = submit_ticket(acme.ann, TicketDefinition.objects.get(), {"subject": "x"})
        task = the_open_task(ticket)
        scan = kept(acme.will, pdf("scan.pdf"), **for_task(ticket))
        complete_task(acme.will, task, {"ok": False, "scan": str(scan.pk)})
        error = TicketError.objects.get()
        tara = signed_in(acme.tara)
        page = reverse("desk:operations_ticketerror_change", args=[error.pk])
        assert "scan.pdf" in text_of(tara.get(page))

        data = {
            "ok": "true",
            "scan.~kept": str(scan.pk),
            "answer": pdf("answer.pdf"),
            "_repair-reason": "The wrong file",
        }
        done = tara.post(reverse("desk:operations_ticketerror_correct", args=[error.pk]), data)
        assert done.status_code == 302, text_of(done)

        history = text_of(
            tara.get(reverse("desk:operations_ticketinstance_change", args=[ticket.pk]))
        )
        assert "answer.pdf" in history
        assert str(scan.pk) not in history
        answer = FileUpload.objects.get(name="answer.pdf")
        assert answer_of(task) == {"ok": True, "scan": str(scan.pk), "answer": str(answer.pk)}
        assert (answer.ticket, answer.task) == (ticket, task)


def test_a_trial_keeps_no_file(office: Firm) -> None:
    flo = signed_in(office.flo)
    workflow = WorkflowDefinition.objects.get()
    address = f"/design/workflows/{workflow.pk}/trying/"

    page = flo.post(address, {"_do": "submit", "_so_far": "", "item": "Saw", "offer": pdf()})

    assert "What would happen" in text_of(page)
    assert not FileUpload.objects.exists()


# --- names that break programs --------------------------------------------------------------------


def test_no_name_breaks_a_header_or_a_page(office: Firm, real_inputs: Path) -> None:
    """Names go into a header of their own when a file is handed out."""
    listed = json.loads((real_inputs / "nasty" / "blns.json").read_text("utf-8"))
    ticket = a_request(office)
    file = FileUpload.objects.get(ticket=ticket)
    ann = signed_in(office.ann)
    address = reverse("portal:file", args=[file.pk])

    for name in dict.fromkeys([*listed, "a\x00b", "\ud800", "x" * 5000, 'a"; filename="b.exe']):
        clean = files.clean_name(f"{name}.pdf")
        FileUpload.objects.filter(pk=file.pk).update(name=clean)
        response = ann.get(address)
        assert content_of(response) == PDF
        header = response["Content-Disposition"]
        assert header.startswith("attachment")
        assert not {"\r", "\n", "\x00"} & set(header)

    page = ann.post(SUBMIT, {"item": "Saw", "photos": [png("<script>alert(1)</script>.png")]})
    assert "<script>alert(1)" not in page.content.decode()
    assert "script&gt;.png" in page.content.decode()


def test_the_command_that_sweeps_lets_files_go_too(office: Firm, capsys: Any) -> None:
    make_old(kept(office.ann))

    call_command("sweep")

    assert "1 unsent file gone" in capsys.readouterr().out
