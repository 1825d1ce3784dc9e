"""Tara finds a call that failed, sees what was sent and what came back, and repairs it."""

import json
from collections.abc import Callable, Iterator
from html import unescape
from typing import Any

import pytest
from django.test import Client

from operations.models import (
    CallbackToken,
    TaskAttempt,
    TaskInstance,
    TicketError,
    TicketInstance,
    WorkflowEvent,
)
from operations.services import complete_task, hold_ticket, retry_error
from tenants.context import tenant_context
from tests import pages
from tests.builders import Firm, a_ticket, a_workflow, the_open_task
from tests.integration.calls.test_actions import a_flow, let_time_pass, ordered, task_of, work_off
from tests.targets import Target, target

ERRORS = "/desk/errors/"
NO = {"type": "object", "required": ["no"], "properties": {"no": {"type": "number", "title": "No"}}}
ITEM = {
    "type": "object",
    "required": ["item"],
    "properties": {"item": {"type": "string", "title": "Item", "maxLength": 20}},
}


@pytest.fixture
def erp(settings: Any) -> Iterator[Target]:
    settings.ALLOW_LOOPBACK_CALLS = True
    settings.PUBLIC_URL = "http://testserver"
    with target() as running:
        yield running


@pytest.fixture
def tara(client: Client, acme: Firm) -> Client:
    client.force_login(acme.tara)
    return client


def stopped(firm: Firm, erp: Target, path: str = "/status/422", **order: Any) -> TicketError:
    """A ticket whose call has failed for good."""
    with tenant_context(firm.company):
        ticket = ordered(firm, a_flow(firm, action_url=erp.url(path), **order))
        work_off()
        return TicketError.objects.select_related("ticket").get(ticket=ticket)


def another(firm: Firm, error: TicketError) -> TicketError:
    """A further ticket that stops for the same cause."""
    with tenant_context(firm.company):
        kind = TicketInstance.objects.select_related("ticket_type").get(pk=error.ticket_id)
        ticket = ordered(firm, kind.ticket_type)
        work_off()
        return TicketError.objects.select_related("ticket").get(ticket=ticket)


def works_off(firm: Firm) -> None:
    with tenant_context(firm.company):
        work_off()


def fresh(firm: Firm, error: TicketError) -> TicketError:
    with tenant_context(firm.company):
        return TicketError.objects.select_related("ticket", "task").get(pk=error.pk)


def text_of(response: Any) -> str:
    """The words of a page, with the signs of the code on it."""
    return unescape(pages.text_of(response))


def page(error: TicketError, action: str = "change") -> str:
    return f"{ERRORS}{error.pk}/{action}/"


def of_cause(error: TicketError, verb: str) -> str:
    return f"{ERRORS}cause/{error.fingerprint}/{verb}/"


# --- what is seen ---------------------------------------------------------------------------------


def test_the_page_tells_the_cause_what_to_do_and_what_went_over_the_line(
    tara: Client, acme: Firm, erp: Target
):
    error = stopped(acme, erp)

    words = text_of(tara.get(page(error)))

    assert "127.0.0.1 answered with the status 422" in words
    assert "TicketFlower called 127.0.0.1 once." in words
    assert "The other system refused: it answered 422 Unprocessable Entity." in words
    assert "It refused a value: see below which one, correct it, and try again." in words
    assert "Try 1" in words
    assert f"POST {erp.url('/status/422')}" in words
    assert '"item": "A chair"' in words
    assert '"error": "as asked for"' in words
    assert "Correct what is sent" in words
    assert "Skip with an output" in words


def test_each_attempt_can_be_looked_at(tara: Client, acme: Firm, erp: Target):
    retry = [{"errors": ["http.503"], "max_attempts": 2}]
    error_of = "/busy?times=9&status=503"
    with tenant_context(acme.company):
        kind = a_flow(acme, action_url=erp.url(error_of), action={"retry": retry})
        ticket = ordered(acme, kind)
        for _ in range(3):
            work_off()
            let_time_pass()
        error = TicketError.objects.get(ticket=ticket)
        TaskAttempt.objects.filter(number=2).update(answer={"status": 503, "body": '{"n":1.0}'})

    last = text_of(tara.get(page(error)))
    second = tara.get(page(error), {"attempt": "2"})
    unknown = tara.get(page(error), {"attempt": "a\x00 2"})

    assert "TicketFlower called 127.0.0.1 3 times." in last
    assert '"n": 1.0' not in last
    assert '"n": 1.0' in text_of(second)
    assert unknown.status_code == 200


def test_a_secret_is_nowhere_on_the_page(tara: Client, acme: Firm, erp: Target):
    from tenants.services import set_secret

    with tenant_context(acme.company):
        set_secret(acme.adam, name="token", value="very-secret-word")
    headers = {"headers": {"Authorization": ["Bearer ", {"$secret": "token"}]}}
    error = stopped(acme, erp, action=headers)

    html = tara.get(page(error)).content.decode()

    assert "••••••" in html
    assert "very-secret-word" not in html


def test_what_came_back_is_text_whatever_it_holds(tara: Client, acme: Firm, erp: Target):
    error = stopped(acme, erp)
    nasty = "<script>alert(1)</script>{{ 7 }}"
    with tenant_context(acme.company):
        TaskAttempt.objects.update(
            answer={"status": 422, "headers": {nasty: nasty}, "body": nasty, "seconds": 0.4},
            request={"method": nasty, "url": nasty, "headers": {}, "body": json.dumps([nasty])},
            error_message=nasty,
        )

    html = tara.get(page(error)).content.decode()

    assert "<script>alert" not in html
    assert html.count("&lt;script&gt;alert(1)&lt;/script&gt;{{ 7 }}") >= 5


def test_a_call_that_may_have_been_done_is_not_repeated_without_having_asked(
    tara: Client, acme: Firm, erp: Target
):
    error = stopped(acme, erp, "/reset")

    assert "It may have been done already." in text_of(tara.get(page(error)))
    asked = text_of(tara.get(page(error, "retry")))
    assert "Ask the other system before you try again" in asked
    refused = tara.post(page(error, "retry"), {"reason": "They say no"})
    assert refused.status_code == 200
    assert fresh(acme, error).retry_asked_at is None

    done = tara.post(page(error, "retry"), {"reason": "They say no", "has_asked": "on"})
    assert done.status_code == 302
    assert fresh(acme, error).retry_asked_at


def test_the_answer_that_came_later_is_seen(tara: Client, acme: Firm, erp: Target):
    with tenant_context(acme.company):
        kind = a_flow(acme, task_type="ASYNC_ACTION", action_url=erp.url("/ok"), output_schema=NO)
        ticket = ordered(acme, kind)
        work_off()
    address = erp.calls("/ok")[-1].headers["callback-url"]
    Client().post(address, {"order": "seven"}, content_type="application/json")
    with tenant_context(acme.company):
        error = TicketError.objects.get(ticket=ticket)
        assert CallbackToken.objects.get().applied_at

    words = text_of(tara.get(page(error)))

    assert "The answer that comes later Came today" in words
    assert '"order": "seven"' in words
    assert "skip the step and enter the output by hand" in words


@pytest.mark.django_db(transaction=True)
def test_the_page_costs_the_same_for_one_attempt_and_for_many(
    tara: Client, acme: Firm, erp: Target, statements: Callable[[], Any]
):
    error = stopped(acme, erp)
    tara.get(page(error))
    with statements() as few:
        tara.get(page(error))
    with tenant_context(acme.company):
        row = TaskAttempt.objects.get()
        for number in range(2, 40):
            row.pk, row.number = None, number
            TaskAttempt.objects.create(
                **{
                    field.attname: getattr(row, field.attname)
                    for field in TaskAttempt._meta.concrete_fields
                    if field.name not in ("id", "company")
                }
            )
    with statements() as many:
        tara.get(page(error))

    assert few.total <= 14, few
    assert many.total == few.total, many


# --- one ticket is repaired -----------------------------------------------------------------------


def test_another_try_is_told_while_it_lasts_and_when_it_is_over(
    tara: Client, acme: Firm, erp: Target
):
    error = stopped(acme, erp, "/busy?times=1&status=422")

    waiting = tara.post(page(error, "retry"), {"reason": "They mended it"}, follow=True)
    assert waiting.redirect_chain[-1][0] == page(error)
    words, html = text_of(waiting), waiting.content.decode()
    assert "Being tried now: it is about to call 127.0.0.1 again." in words
    assert '<noscript><meta http-equiv="refresh" content="5"></noscript>' in html
    assert "data-dk-news" in html
    assert 'id="correction"' not in html
    assert "Retry as it is" not in words
    works_off(acme)

    over = tara.get(page(error))
    assert "Repaired today" in text_of(over)
    assert "They mended it" in text_of(over)
    assert "data-dk-news" not in over.content.decode()


def test_a_try_that_stops_again_says_so(tara: Client, acme: Firm, erp: Target):
    error = stopped(acme, erp)

    tara.post(page(error, "retry"), {"reason": "Perhaps now"})
    works_off(acme)

    words = text_of(tara.get(page(error)))
    assert "it stopped again, 2 times by now" in words
    assert "TicketFlower called 127.0.0.1 2 times." in words
    assert "Being tried" not in words


def test_what_is_sent_is_corrected_in_the_form_of_its_schema(tara: Client, acme: Firm, erp: Target):
    error = stopped(acme, erp, "/busy?times=1&status=422", input_schema=ITEM)
    assert 'value="A chair"' in tara.get(page(error)).content.decode()

    sent = {"item": "A stool that is far too long", "_repair-reason": "Typo"}
    refused = tara.post(page(error, "correct"), sent)
    assert "One answer needs another look." in text_of(refused)
    assert "Typo" in refused.content.decode()
    missing = tara.post(page(error, "correct"), {"item": "A stool", "_repair-reason": ""})
    assert "Please fill this in." in text_of(missing)
    assert 'value="A stool"' in missing.content.decode()
    tara.post(page(error, "correct"), {"item": "A stool", "_repair-reason": "Typo"})
    works_off(acme)

    assert erp.seen[-1].body == b'{"item":"A stool"}'
    assert fresh(acme, error).error_status == "RESOLVED"
    history = text_of(tara.get(f"/desk/tickets/{error.ticket_id}/change/"))
    assert "You corrected what is sent by Order" in history
    assert "“A chair” “A stool”" in history


def test_without_a_schema_it_is_corrected_as_text_and_mistakes_have_a_line(
    tara: Client, acme: Firm, erp: Target
):
    error = stopped(acme, erp, "/busy?times=1&status=422")
    assert "A chair" in tara.get(page(error)).content.decode()

    typed = '{\n  "item": "A stool",\n}'
    refused = tara.post(page(error, "correct"), {"value": typed, "_repair-reason": "Typo"})
    assert "Line 2: This is not JSON" in text_of(refused) or "Line 3" in text_of(refused)
    assert "A stool" in refused.content.decode()
    empty = tara.post(page(error, "correct"), {"value": " ", "_repair-reason": "Typo"})
    assert "There is nothing in it." in text_of(empty)
    typed = '{"item": "A stool", "amount": 1.50}'
    tara.post(page(error, "correct"), {"value": typed, "_repair-reason": "Typo"})
    works_off(acme)

    assert json.loads(erp.seen[-1].body) == {"item": "A stool", "amount": 1.5}


def test_what_a_form_would_not_show_is_corrected_as_text_so_that_nothing_is_lost(
    tara: Client, acme: Firm, erp: Target
):
    more = {"item": {"$": {"var": "ticket.subject"}}, "shop": 12}
    error = stopped(acme, erp, "/busy?times=1&status=422", input_schema=ITEM, input_transform=more)
    typed = '{\n"item": 7,\n"shop": 12\n}'

    refused = text_of(tara.post(page(error, "correct"), {"value": typed, "_repair-reason": "T"}))

    assert "Line 2: item: " in refused


def test_a_step_is_skipped_with_an_output_in_its_form(tara: Client, acme: Firm, erp: Target):
    error = stopped(acme, erp, output_schema=NO)

    asked = text_of(tara.get(page(error, "skip")))
    assert f"Skip the step of #{error.ticket.number} with which output?" in asked
    refused = tara.post(page(error, "skip"), {"no": "seven", "_repair-reason": "By phone"})
    assert refused.status_code == 200
    assert "By phone" in refused.content.decode()
    assert fresh(acme, error).error_status == "NEW"
    done = tara.post(page(error, "skip"), {"no": "7", "_repair-reason": "By phone"}, follow=True)

    assert "Repaired today" in text_of(done)
    with tenant_context(acme.company):
        assert task_of(error.ticket).output_data == {"no": 7}
        assert the_open_task(error.ticket).task_definition.key == "check"
    history = text_of(tara.get(f"/desk/tickets/{error.ticket_id}/change/"))
    assert "You entered by hand what came of Order" in history


def test_a_call_that_sends_nothing_has_nothing_to_correct(tara: Client, acme: Firm, erp: Target):
    error = stopped(acme, erp, input_transform=None)

    assert "Correct what is sent" not in text_of(tara.get(page(error)))
    assert tara.post(page(error, "correct"), {"value": "{}"})["Location"] == page(error)


@pytest.mark.parametrize("verb", ["move", "cancel"])
def test_moving_and_cancelling_are_asked_first_and_need_a_reason(
    tara: Client, acme: Firm, erp: Target, verb: str
):
    error = stopped(acme, erp)

    assert tara.get(page(error, verb)).status_code == 200
    refused = tara.post(page(error, verb), {"task_key": "check", "reason": ""})
    assert "Please fill this in." in text_of(refused)
    assert fresh(acme, error).error_status == "NEW"
    tara.post(page(error, verb), {"task_key": "check", "reason": "By phone"})

    assert fresh(acme, error).error_status == "RESOLVED"


def test_what_stopped_inside_of_another_workflow_is_moved_there_and_not_out_of_it(
    tara: Client, acme: Firm
):
    choice = {"type": "object", "properties": {"answer": {"type": "string", "title": "Answer"}}}
    with tenant_context(acme.company):
        a_workflow(acme, "look ? answer = yes > sign", key="inner", look={"output_schema": choice})
        inside = {"task_type": "SUBWORKFLOW", "subworkflow": "inner", "output_schema": None}
        ticket = a_ticket(acme, a_workflow(acme, "inside > pay", inside=inside))
        complete_task(acme.will, the_open_task(ticket), {"answer": "perhaps"})
        error = TicketError.objects.get(ticket=ticket)

    shown, asked = text_of(tara.get(page(error))), tara.get(page(error, "move"))
    assert "To Sign if Answer is yes Answer was “perhaps”" in shown
    assert '<option value="sign">Sign</option>' in asked.content.decode()
    assert 'value="pay"' not in asked.content.decode()
    tara.post(page(error, "move"), {"task_key": "sign", "reason": "He meant yes"})

    with tenant_context(acme.company):
        assert the_open_task(ticket).task_definition.key == "sign"
        assert task_of(ticket, "inside").t_status == "PENDING"
    assert fresh(acme, error).error_status == "RESOLVED"


# --- many tickets at once -------------------------------------------------------------------------


def test_all_of_a_cause_try_again_and_each_is_told(tara: Client, acme: Firm, erp: Target):
    first = stopped(acme, erp, "/busy?times=1&status=422")
    second = another(acme, first)
    with tenant_context(acme.company):
        TaskInstance.objects.filter(errors=second).update(input_data={"item": "Second"})

    assert "Let 2 tickets try again?" in text_of(tara.get(of_cause(first, "retry")))
    told = tara.post(of_cause(first, "retry"), {"reason": "They mended it"}, follow=True)
    address = told.redirect_chain[-1][0]
    assert "2 tickets: 2 being tried" in text_of(told)
    assert "This page shows the news by itself." in text_of(told)
    assert "http-equiv" in told.content.decode()
    works_off(acme)

    over = tara.get(address)
    assert "2 tickets: 2 go on" in text_of(over)
    assert "It is at Check now." in text_of(over)
    assert "http-equiv" not in over.content.decode()


def test_a_refusal_of_one_ticket_undoes_nothing_of_the_others(
    tara: Client, acme: Firm, erp: Target
):
    second = stopped(acme, erp, output_schema=NO)
    first = another(acme, second)
    with tenant_context(acme.company):  # somebody has brought it on in the very same moment
        TaskInstance.objects.filter(errors=second).update(t_status="COMPLETED")

    told = tara.post(
        of_cause(first, "skip"), {"no": "7", "_repair-reason": "By phone"}, follow=True
    )

    words = text_of(told)
    assert "1 skipped" in words
    assert "1 not done" in words
    assert "There is no step to skip here." in words
    assert fresh(acme, first).error_status == "RESOLVED"
    assert fresh(acme, second).error_status == "NEW"


def test_one_output_that_fits_no_ticket_is_shown_where_it_is_wrong(
    tara: Client, acme: Firm, erp: Target
):
    first = stopped(acme, erp, output_schema=NO)
    another(acme, first)

    refused = tara.post(of_cause(first, "skip"), {"no": "", "_repair-reason": "By phone"})

    assert refused.status_code == 200
    assert "One answer needs another look." in text_of(refused)
    assert "By phone" in refused.content.decode()


@pytest.mark.parametrize(
    ("verb", "answer", "word"),
    [
        ("skip", {"value": "{}", "_repair-reason": "By phone"}, "2 skipped"),
        ("move", {"task_key": "check", "reason": "By phone"}, "2 moved"),
        ("cancel", {"reason": "By phone"}, "2 cancelled"),
        ("review", {}, "2 looked at"),
    ],
)
def test_whatever_can_be_done_to_one_can_be_done_to_all(
    tara: Client, acme: Firm, erp: Target, verb: str, answer: dict[str, str], word: str
):
    first = stopped(acme, erp)
    second = another(acme, first)

    assert tara.get(of_cause(first, verb)).status_code == 200
    if answer:
        refused = tara.post(of_cause(first, verb), dict.fromkeys(answer, ""))
        assert refused.status_code == 200
        assert fresh(acme, first).error_status == "NEW"
    told = tara.post(of_cause(first, verb), answer, follow=True)

    assert f"2 tickets: {word}" in text_of(told)
    is_open = verb == "review"
    for error in (first, second):
        assert fresh(acme, error).error_status == ("REVIEWED" if is_open else "RESOLVED")


def test_a_retry_in_doubt_of_many_asks_too(tara: Client, acme: Firm, erp: Target):
    first = stopped(acme, erp, "/reset")
    another(acme, first)

    assert "it may be done twice" in text_of(tara.get(of_cause(first, "retry")))
    assert tara.post(of_cause(first, "retry"), {"reason": "Now"}).status_code == 200
    assert fresh(acme, first).retry_asked_at is None


def test_a_result_is_told_to_nobody_else(
    tara: Client, acme: Firm, globex: Firm, erp: Target, client: Client
):
    error = stopped(acme, erp)
    address = tara.post(of_cause(error, "review"), {})["Location"]
    assert tara.get(address).status_code == 200

    other = Client()
    other.force_login(globex.tara)
    assert other.get(address)["Location"] == ERRORS
    other.force_login(acme.will)
    assert other.get(address).status_code == 403


def test_of_a_cause_that_nobody_has_and_of_another_company_there_is_nothing(
    tara: Client, globex: Firm, erp: Target
):
    theirs = stopped(globex, erp)

    for verb in ("retry", "skip", "move", "cancel", "review"):
        assert tara.get(of_cause(theirs, verb)).status_code == 404
        assert tara.post(of_cause(theirs, verb), {"reason": "x"}).status_code == 404
        assert tara.get(f"{ERRORS}cause/none/{verb}/").status_code == 404


def test_the_card_of_a_cause_offers_everything(tara: Client, acme: Firm, erp: Target):
    first = stopped(acme, erp)
    another(acme, first)

    words = text_of(tara.get(ERRORS))

    assert words.count("127.0.0.1 answered with the status 422") == 1
    for offer in (
        "Retry all 2",
        "Skip with an output",
        "Move to another step",
        "Cancel the tickets",
    ):
        assert offer in words


def test_the_first_page_tells_what_is_new_and_what_nobody_looks_at(
    tara: Client, acme: Firm, erp: Target
):
    first = stopped(acme, erp)
    another(acme, first)
    stopped(acme, erp, "/status/409")
    old = stopped(acme, erp, "/status/410")
    with tenant_context(acme.company):
        TicketError.objects.filter(pk=old.pk).update(created_at="2020-01-01T00:00Z")

    words = text_of(tara.get("/desk/"))
    assert "Two things need you first." in words
    assert "New: 1 ticket stopped at Order. 127.0.0.1 answered with the status 409." in words
    assert "New: 2 tickets stopped at Order. 127.0.0.1 answered with the status 422." in words
    assert "And 1 more reason." in words

    for error in (first, old):
        tara.post(of_cause(error, "review"), {})
    words = text_of(tara.get("/desk/"))
    assert "One thing needs you first." in words
    assert "New: 1 ticket stopped at Order. 127.0.0.1 answered with the status 409." in words
    assert "And 2 more reasons." in words


# --- the faces of action tasks --------------------------------------------------------------------


def test_ticket_and_task_say_what_a_call_is_doing(tara: Client, acme: Firm, erp: Target):
    with tenant_context(acme.company):
        retry = [{"errors": ["http.503"], "interval_seconds": 3600, "max_attempts": 2}]
        kind = a_flow(acme, action_url=erp.url("/status/503"), action={"retry": retry})
        ticket = ordered(acme, kind)
        task = task_of(ticket)
    pages = [f"/desk/tickets/{ticket.pk}/change/", f"/desk/tasks/{task.pk}/change/"]
    for address in pages:
        assert "is about to call 127.0.0.1" in text_of(tara.get(address)), address
    with tenant_context(acme.company):
        work_off()
        TaskInstance.objects.filter(pk=task.pk).update(wakes_at="2099-01-01T12:00Z")

    for address in pages:
        words = text_of(tara.get(address))
        assert "tries again 1 Jan 2099" in words, address
        assert "1 try so far" in words, address
    assert "answered 503 Service Unavailable" in text_of(tara.get(pages[1]))
    with tenant_context(acme.company):
        hold_ticket(acme.tara, ticket, reason="Stocktaking")
    assert "calls 127.0.0.1 once the ticket goes on" in text_of(tara.get(pages[1]))


def test_an_answer_that_comes_later_is_waited_for_by_name(tara: Client, acme: Firm, erp: Target):
    with tenant_context(acme.company):
        kind = a_flow(acme, task_type="ASYNC_ACTION", action_url=erp.url("/ok"))
        ticket = ordered(acme, kind)
        work_off()

    words = text_of(tara.get(f"/desk/tickets/{ticket.pk}/change/"))

    assert "waits for the answer of 127.0.0.1 until" in words


def test_whoever_asked_reads_that_it_is_done_and_nothing_technical(
    client: Client, acme: Firm, erp: Target
):
    schema = {
        "type": "object",
        "properties": {
            "number": {"type": "number", "title": "Order number", "x-requester-sees": True},
        },
    }
    with tenant_context(acme.company):
        kind = a_flow(acme, action_url=erp.url("/busy?times=1&status=422"), output_schema=schema)
        ticket = ordered(acme, kind)
        work_off()
    client.force_login(acme.ann)
    address, listed = f"/portal/requests/{ticket.number}/", "/portal/requests/"
    stopped_words = text_of(client.get(address)) + text_of(client.get(listed))
    with tenant_context(acme.company):
        error = TicketError.objects.get()
        retry_error(acme.tara, error, reason="They mended their 422")
        before = text_of(client.get(listed))
        work_off()
    words = text_of(client.get(address))

    assert "Order is done" in words
    assert "Order number 1" in words
    assert "Done by itself" in words
    assert "We are looking into it" in stopped_words
    for told in (stopped_words, before, words):
        for technical in ("127.0.0.1", "422", "status", "http", "call", "mended", "retry"):
            assert technical not in told.split("My requests", 1)[-1].replace("Status", ""), (
                technical
            )


def test_every_kind_of_event_is_told_on_the_desk(tara: Client, acme: Firm, erp: Target):
    error = stopped(acme, erp)
    with tenant_context(acme.company):
        event = WorkflowEvent.objects.filter(task=error.task_id)[0]
        wanted = {
            "CALL_FAILED": "Could not carry out Order and took the way for that",
            "ANSWERED": "erp.example answered Order",
            "TIMED_OUT": "Time was over for Ask , went on to Order",
            "REMINDED": "Reminded Will of Order",
            "SKIPPED": "erp.example entered by hand what came of Order",
            "CORRECTED": "erp.example corrected what is sent by Order",
        }
    for kind, words in wanted.items():
        by_system = kind in ("CALL_FAILED", "TIMED_OUT", "REMINDED")
        with tenant_context(acme.company):
            WorkflowEvent.objects.filter(pk=event.pk).update(
                kind=kind,
                actor_kind="SYSTEM" if by_system else "API",
                actor_label="TicketFlower" if by_system else "erp.example",
                from_key="ask",
                to_key="order",
                detail={"worker": "Will", "what": "request", "before": {"a": 1}, "after": {"a": 2}},
            )

        assert words in text_of(tara.get(f"/desk/tickets/{error.ticket_id}/change/")), kind


def test_every_name_of_an_error_has_words_of_its_own():
    from admin_site.desk.advice import advice, meaning
    from definitions.retries import ERRORS as NAMES

    names = [*NAMES, "internal", "http.400", "http.404", "http.409", "http.429", "http.503"]
    told = [advice(name) for name in names]

    assert len({one.do for one in told}) == len(names)
    assert all(one.do.endswith(".") and not one.short.endswith(".") for one in told)
    assert all(meaning(name) for name in names if name != "internal")
    assert advice("http.799").short == "answered 799"
    assert advice("nobody.knows").do
