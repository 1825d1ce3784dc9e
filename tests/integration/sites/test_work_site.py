"""Will does his tasks; what is not his he neither sees nor does."""

import re
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client
from django.utils import timezone

from admin_site.work import inbox
from operations.models import TaskInstance, TicketError, TicketInstance, WorkflowEvent
from operations.services import (
    add_comment,
    complete_task,
    hold_ticket,
    move_ticket,
    reassign_task,
    save_draft,
    start_task,
)
from tenants.context import tenant_context
from tests.builders import Firm, a_ticket, a_workflow, the_open_task
from tests.pages import text_of

WORK, QUEUE, DONE, ALL = "/work/", "/work/queue/", "/work/done/", "/work/tasks/"
FORM = {
    "type": "object",
    "required": ["decision", "price"],
    "properties": {
        "decision": {
            "type": "string",
            "title": "Your decision",
            "oneOf": [{"const": "yes", "title": "Approve"}, {"const": "no", "title": "Decline"}],
        },
        "price": {"type": "number", "title": "Price", "maximum": 100},
        "note": {"type": "string", "title": "Note"},
    },
}
ANSWER: dict[str, Any] = {"decision": "yes", "price": "12.5", "note": ""}


@pytest.fixture
def will(client: Client, acme: Firm) -> Client:
    client.force_login(acme.will)
    return client


@pytest.fixture
def asked(acme: Firm) -> TicketInstance:
    """A chair, to be approved and then checked."""
    with tenant_context(acme.company):
        drawing = "ask > check > pay; ask ? decision = no > end"
        offer = a_workflow(acme, drawing, ask={"output_schema": FORM, "title": "Decide"})
        return a_ticket(acme, offer)


def task_of(firm: Firm, ticket: TicketInstance) -> TaskInstance:
    with tenant_context(firm.company):
        return the_open_task(ticket)


def page_of(client: Client, task: TaskInstance) -> str:
    return text_of(client.get(f"{ALL}{task.pk}/"))


def send(client: Client, task: TaskInstance, do: str, **typed: Any) -> Any:
    """Press a button of the page as it was when it showed `task`."""
    data = {"_do": do, "_rev": task.rev, "_seen": 3, **typed}
    return client.post(f"{ALL}{task.pk}/", data, follow=True)


# --- my tasks ------------------------------------------------------------------------------------


def due(firm: Firm, task: TaskInstance, at: Any) -> None:
    with tenant_context(firm.company):
        TaskInstance.objects.filter(pk=task.pk).update(due_at=at)


def test_tasks_stand_in_the_order_in_which_they_should_be_done(acme: Firm, will: Client):
    now = timezone.now()
    with tenant_context(acme.company):
        offer = a_workflow(acme)
        whens = {"late": -timedelta(hours=3), "far": timedelta(days=30), "none": None, "held": None}
        for subject, distance in whens.items():
            task = the_open_task(a_ticket(acme, offer, subject))
            due(acme, task, now + distance if distance else None)
        hold_ticket(acme.tara, TicketInstance.objects.get(title="held"), reason="Later")

    page = text_of(will.get(WORK))

    assert "3 tasks for you. One is late." in page
    words = ["Late 1", "· late", "Later 1", "· far", "No date 1", "· none", "On hold 1", "· held"]
    places = [page.index(word) for word in words]
    assert places == sorted(places)


@pytest.mark.parametrize(
    ("distance", "group"),
    [(timedelta(minutes=-1), "Late"), (timedelta(days=40), "Later"), (None, "No date")],
)
def test_a_due_time_decides_the_group(acme: Firm, asked: TicketInstance, distance: Any, group: str):
    due(acme, task_of(acme, asked), timezone.now() + distance if distance else None)
    with tenant_context(acme.company):
        mine = inbox.inbox_of(acme.will)

    assert [found.title for found in inbox.grouped(mine)] == [group]


def test_only_own_tasks_are_listed(acme: Firm, asked: TicketInstance, will: Client):
    with tenant_context(acme.company):
        acme.boss.is_available = True
        acme.boss.save(update_fields=["is_available"])
        reassign_task(acme.will, the_open_task(asked), acme.boss, reason="Away")

    for page in (WORK, ALL, DONE, QUEUE):
        assert "A chair" not in text_of(will.get(page)), page


def test_nothing_to_do_is_good_news_with_a_next_step(acme: Firm, will: Client):
    assert "All done Nothing waits for you." in text_of(will.get(WORK))

    with tenant_context(acme.company):
        acme.will.is_available = False
        acme.will.save(update_fields=["is_available"])
        a_ticket(acme, a_workflow(acme))
    page = text_of(will.get(WORK))

    assert "1 waits in the team queue, if you have time. Look at the team queue" in page
    assert "You are away: new tasks go to others." in page


# --- the page of a task --------------------------------------------------------------------------


def test_the_page_tells_who_asked_for_what_and_what_happens_then(
    acme: Firm, asked: TicketInstance, will: Client
):
    page = page_of(will, task_of(acme, asked))

    assert "Step 1 of 3 · yours since today" in page
    assert re.search(r"Ann Of-Acme asked today .* Subject A chair", page)
    assert re.search(r"If your decision is “Decline”: the request ends Otherwise: Check", page)


def test_answers_of_earlier_tasks_are_known_on_the_next(
    acme: Firm, asked: TicketInstance, will: Client
):
    send(will, task_of(acme, asked), "complete", **ANSWER)

    page = page_of(will, task_of(acme, asked))

    assert "From “Decide”, Will Your decision Approve Price 12.5" in page


def test_what_the_requester_reads_is_said_beside_its_field_only(acme: Firm, will: Client):
    seen = {"x-requester-sees": True}
    who = {"type": "object", "properties": {"name": {"type": "string", "title": "Name"}}, **seen}
    form = {
        "type": "object",
        "properties": {
            "note": {"type": "string", "title": "Note", "description": "Be kind.", **seen},
            "margin": {"type": "string", "title": "Margin"},
            "who": who,
        },
    }
    with tenant_context(acme.company):
        ticket = a_ticket(acme, a_workflow(acme, "ask", ask={"output_schema": form}))
        page = page_of(will, the_open_task(ticket))

    assert page.count("The requester reads this.") == 2
    assert "Be kind. The requester reads this." in page
    assert re.search(r"Margin (?!The requester)", page)


def test_completing_says_what_followed_and_goes_to_the_next_task(
    acme: Firm, asked: TicketInstance, will: Client
):
    answer = send(will, task_of(acme, asked), "next", **ANSWER)

    assert "“Decide” is done. #1001 goes on to “Check”, with you." in text_of(answer)
    assert answer.redirect_chain[-1][0] == f"{ALL}{task_of(acme, asked).pk}/"


def test_completing_the_last_task_says_that_the_request_is_done(acme: Firm, will: Client):
    with tenant_context(acme.company):
        ticket = a_ticket(acme, a_workflow(acme, "ask"))

    answer = send(will, task_of(acme, ticket), "next", ok="true")

    assert "“Ask” is done. With it the whole request #1001 is." in text_of(answer)
    assert answer.redirect_chain[-1][0] == WORK


def test_a_ticket_that_cannot_go_on_is_said_plainly_and_the_answer_stays(acme: Firm, will: Client):
    with tenant_context(acme.company):
        schema = {"type": "object", "properties": {"ok": {"type": "string", "title": "Ok"}}}
        offer = a_workflow(acme, "ask ? ok = yes > check", ask={"output_schema": schema})
        ticket = a_ticket(acme, offer)

    answer = send(will, task_of(acme, ticket), "complete", ok="no")

    page = text_of(answer)
    assert "Your answer is kept, but #1001 could not go on by itself." in page
    with tenant_context(acme.company):
        assert TicketError.objects.get().message not in page


def test_a_draft_keeps_wrong_and_missing_answers_and_fills_the_form_again(
    acme: Firm, asked: TicketInstance, will: Client
):
    answer = send(will, task_of(acme, asked), "draft", price="900", note="half a tho")

    page = answer.content.decode()
    assert "The draft is saved." in page
    assert 'value="900"' in page
    assert 'value="half a tho"' in page
    with tenant_context(acme.company):
        assert the_open_task(asked).t_status == "IN_PROGRESS"
    assert "Draft saved" in text_of(will.get(WORK))


def test_a_wrong_answer_completes_nothing_and_loses_nothing(
    acme: Firm, asked: TicketInstance, will: Client
):
    answer = send(will, task_of(acme, asked), "complete", decision="yes", price="900", note="N")

    page = answer.content.decode()
    assert "One answer needs another look." in page
    assert 'value="900"' in page
    with tenant_context(acme.company):
        assert the_open_task(asked).t_status == "OPEN"


def test_starting_tells_the_others_and_keeps_what_was_typed(
    acme: Firm, asked: TicketInstance, will: Client
):
    send(will, task_of(acme, asked), "start", note="so far")

    with tenant_context(acme.company):
        task = the_open_task(asked)
    assert task.t_status == "IN_PROGRESS"
    assert task.draft_data == {"note": "so far"}
    assert "Start" not in page_of(will, task).split("What is known")[0]


def test_a_task_without_a_form_is_completed_by_one_click(acme: Firm, will: Client):
    with tenant_context(acme.company):
        ticket = a_ticket(acme, a_workflow(acme, "ask > check", ask={"output_schema": None}))

    page = page_of(will, task_of(acme, ticket))
    answer = send(will, task_of(acme, ticket), "complete")

    assert "There is nothing to fill in." in page
    assert "goes on to “Check”" in text_of(answer)


def test_what_was_prepared_for_a_task_fills_its_form_or_is_told(acme: Firm, will: Client):
    prepared = {"note": {"$": {"var": "ticket.subject"}}, "budget": 70}
    with tenant_context(acme.company):
        task = {"output_schema": FORM, "input_transform": prepared}
        ticket = a_ticket(acme, a_workflow(acme, "ask", ask=task))

    response = will.get(f"{ALL}{task_of(acme, ticket).pk}/")

    assert 'value="A chair"' in response.content.decode()
    assert "For this task Budget 70" in text_of(response)


# --- somebody else was there ---------------------------------------------------------------------


def test_a_stale_page_keeps_what_was_typed_and_tells_what_changed(
    acme: Firm, asked: TicketInstance, will: Client
):
    before = task_of(acme, asked)
    with tenant_context(acme.company):
        seen = WorkflowEvent.objects.filter(ticket=asked).count()
        start_task(acme.will, before)

    answer = send(will, before, "complete", _seen=seen, decision="yes", price="900", note="Mine")

    page = answer.content.decode()
    assert "This task was changed since you opened it." in page
    assert "You</b> began it" in page
    assert 'value="Mine"' in page
    assert 'name="_rev" value="1"' in page  # sending the shown page again works
    fresh = send(will, task_of(acme, asked), "complete", **ANSWER)
    assert "“Decide” is done." in text_of(fresh)


def test_a_task_completed_in_another_window_is_not_completed_twice(
    acme: Firm, asked: TicketInstance, will: Client
):
    before = task_of(acme, asked)
    send(will, before, "complete", **ANSWER)

    answer = send(will, before, "complete", decision="no", price="1", note="Again")

    page = text_of(answer)
    assert "Already completed by you with: Approve, 12.5." in page
    assert "send it again" not in page
    assert "What you had typed Not sent Your decision Decline Price 1 Note Again" in page
    assert "What was answered Your decision Approve Price 12.5" in page
    assert "Complete and next" not in page
    with tenant_context(acme.company):
        answer_kept = TaskInstance.objects.get(pk=before.pk).output_data
    assert answer_kept == {"decision": "yes", "price": 12.5}


def test_a_task_that_nobody_needs_any_more_gives_back_what_was_typed(
    acme: Firm, asked: TicketInstance, will: Client
):
    before = task_of(acme, asked)
    with tenant_context(acme.company):
        move_ticket(acme.tara, asked, "pay", reason="Skip")

    page = text_of(send(will, before, "complete", **{**ANSWER, "note": "For nothing"}))

    assert "Nobody needs this task any more." in page
    assert "Note For nothing" in page
    assert "Complete" not in page


def test_sending_a_comment_keeps_the_half_filled_form(
    acme: Firm, asked: TicketInstance, will: Client
):
    answer = send(will, task_of(acme, asked), "comment", _comment="Red?", note="half a tho")

    page = answer.content.decode()
    assert "The comment is sent, and the draft is saved." in text_of(answer)
    assert 'value="half a tho"' in page
    assert "Red?" in text_of(answer)
    with tenant_context(acme.company):
        assert the_open_task(asked).draft_data == {"note": "half a tho"}


def test_a_comment_beside_an_untouched_form_starts_nothing(
    acme: Firm, asked: TicketInstance, will: Client
):
    answer = send(will, task_of(acme, asked), "comment", _comment="Which colour?", note="")

    assert "Which colour?" in text_of(answer)
    with tenant_context(acme.company):
        assert the_open_task(asked).t_status == "OPEN"


@pytest.mark.parametrize("do", ["complete", "draft"])
def test_a_comment_that_is_not_sent_yet_is_not_lost(
    acme: Firm, asked: TicketInstance, will: Client, do: str
):
    answer = send(will, task_of(acme, asked), do, _comment="Which colour?", **ANSWER)

    page = answer.content.decode()
    assert "Your comment is not sent yet." in page
    assert re.search(r">\s*Which colour\?</textarea>", page)
    assert 'value="12.5"' in page
    with tenant_context(acme.company):
        assert the_open_task(asked).t_status == "OPEN"


def test_a_comment_from_a_stale_page_is_not_sent_and_not_lost(
    acme: Firm, asked: TicketInstance, will: Client
):
    before = task_of(acme, asked)
    with tenant_context(acme.company):
        start_task(acme.will, before)

    page = send(will, before, "comment", _comment="Which colour?", note="Mine").content.decode()

    assert "This task was changed since you opened it." in page
    assert re.search(r">\s*Which colour\?</textarea>", page)
    assert 'value="Mine"' in page


def test_a_task_that_went_to_a_colleague_gives_back_what_was_typed_and_nothing_else(
    acme: Firm, asked: TicketInstance, will: Client
):
    before = task_of(acme, asked)
    with tenant_context(acme.company):
        reassign_task(acme.tara, before, acme.boss, reason="Urgent")

    gone, absent = (
        will.post(f"{ALL}{key}/", {"_do": "complete", "note": "My long text"})
        for key in (before.pk, uuid4())
    )

    assert gone.status_code == absent.status_code == 404
    assert "My long text" in text_of(gone)
    assert text_of(gone) == text_of(absent)
    assert "A chair" not in text_of(gone)


def test_a_task_that_is_not_needed_any_more_says_so(
    acme: Firm, asked: TicketInstance, will: Client
):
    task = task_of(acme, asked)
    with tenant_context(acme.company):
        move_ticket(acme.tara, asked, "pay", reason="Skip")

    page = page_of(will, task)

    assert "This task is not needed any more" in page
    assert "Complete" not in page


def test_a_request_on_hold_is_told_and_saves_nothing(
    acme: Firm, asked: TicketInstance, will: Client
):
    task = task_of(acme, asked)
    with tenant_context(acme.company):
        hold_ticket(acme.tara, asked, reason="Budget")

    page = page_of(will, task)
    answer = send(will, task, "complete", **{**ANSWER, "note": "Kept on the page"})

    assert "The request is on hold" in page
    assert "Complete and next" not in page
    assert "on hold" in text_of(answer)
    assert 'value="Kept on the page"' in answer.content.decode()


# --- taking, handing over, writing ---------------------------------------------------------------


@pytest.fixture
def waiting(acme: Firm) -> TaskInstance:
    """A task for managers that nobody was free for."""
    with tenant_context(acme.company):
        acme.will.is_available = False
        acme.will.save(update_fields=["is_available"])
        a_ticket(acme, a_workflow(acme, "ask", ask={"assign": {"company_role": "managers"}}))
        return TaskInstance.objects.get()


def test_a_task_is_taken_by_a_button_never_by_a_link(
    acme: Firm, waiting: TaskInstance, will: Client
):
    assert "Take it" in text_of(will.get(QUEUE))
    will.get(f"{ALL}{waiting.pk}/take/")
    with tenant_context(acme.company):
        assert TaskInstance.objects.get().assigned_to is None

    answer = will.post(f"{ALL}{waiting.pk}/take/", follow=True)

    assert "“Ask” is yours now." in text_of(answer)
    with tenant_context(acme.company):
        assert TaskInstance.objects.get().assigned_to == acme.will


def test_a_task_for_another_company_role_is_neither_seen_nor_taken(
    acme: Firm, waiting: TaskInstance, client: Client
):
    client.force_login(acme.boss)  # a task worker, but no manager

    assert "A chair" not in text_of(client.get(QUEUE))
    for key in (waiting.pk, uuid4()):
        assert client.get(f"{ALL}{key}/").status_code == 404
        refused = text_of(client.post(f"{ALL}{key}/take/", follow=True))
        assert refused.startswith("This task is not free any more")
    with tenant_context(acme.company):
        assert TaskInstance.objects.get().assigned_to is None


def test_whoever_is_slower_is_told_that_it_is_taken(
    acme: Firm, waiting: TaskInstance, will: Client
):
    with tenant_context(acme.company):
        reassign_task(acme.tara, waiting, acme.boss, reason="Hers")

    answer = will.post(f"{ALL}{waiting.pk}/take/", follow=True)

    assert "This task is not free any more" in text_of(answer)
    assert answer.redirect_chain[-1][0] == QUEUE


def test_a_comment_on_a_task_that_went_away_is_given_back(
    acme: Firm, asked: TicketInstance, will: Client
):
    task = task_of(acme, asked)
    with tenant_context(acme.company):
        reassign_task(acme.tara, task, acme.boss, reason="Hers")

    answer = will.post(f"{ALL}{task.pk}/comment/", {"_comment": "A long thought"})

    assert answer.status_code == 404
    assert "A long thought" in text_of(answer)


def test_a_task_that_waits_can_be_read_but_not_done(
    acme: Firm, waiting: TaskInstance, will: Client
):
    page = page_of(will, waiting)
    answer = send(will, waiting, "complete", ok="true")

    assert "Nobody has this task." in page
    assert "Complete and next" not in page
    assert answer.status_code == 404
    with tenant_context(acme.company):
        assert TaskInstance.objects.get().t_status == "PENDING"


def test_a_task_is_handed_over_with_a_reason_to_a_worker(
    acme: Firm, asked: TicketInstance, will: Client
):
    task = task_of(acme, asked)
    address = f"{ALL}{task.pk}/hand-over/"
    with tenant_context(acme.company):
        save_draft(acme.will, task, {"note": "so far"})

    page = text_of(will.get(address))
    refused = text_of(will.post(address, {"person": acme.boss.pk, "reason": ""}))
    to_ann = text_of(will.post(address, {"person": acme.ann.pk, "reason": "Her turn"}))
    done = will.post(address, {"person": acme.boss.pk, "reason": "Her turn"}, follow=True)

    assert "Bea Boss-Acme (away)" in page
    assert "Will Of-Acme" not in page
    assert "Please fill this in." in refused
    assert "Select a valid choice" in to_ann
    assert "“Decide” is with Bea Boss-Acme now." in text_of(done)
    with tenant_context(acme.company):
        handed = the_open_task(asked)
    assert (handed.assigned_to, handed.draft_data) == (acme.boss, {"note": "so far"})
    boss = Client()
    boss.force_login(acme.boss)
    assert re.search(r"Will Of-Acme handed this over to you .*: Her turn", page_of(boss, handed))
    assert will.get(address).status_code == 404


def test_comments_go_to_the_requester_or_only_to_the_team(
    acme: Firm, asked: TicketInstance, will: Client
):
    address = f"{ALL}{task_of(acme, asked).pk}/comment/"

    will.post(address, {"_comment": "Which colour?"})
    page = text_of(will.post(address, {"_comment": "Odd wish", "_is_internal": "on"}, follow=True))

    assert re.search(r"You noted for the team .*Odd wish .*You wrote .*Which colour", page)
    ann = Client()
    ann.force_login(acme.ann)
    read = text_of(ann.get("/portal/requests/1001/"))
    assert "Which colour?" in read
    assert "Odd wish" not in read


def test_an_empty_comment_is_refused_beside_its_field(
    acme: Firm, asked: TicketInstance, will: Client
):
    answer = will.post(f"{ALL}{task_of(acme, asked).pk}/comment/", {"_comment": " "})

    assert "Please fill this in." in text_of(answer)


# --- whose it is ---------------------------------------------------------------------------------


def test_a_colleagues_task_is_the_same_as_none(acme: Firm, asked: TicketInstance, client: Client):
    task = task_of(acme, asked)
    client.force_login(acme.boss)

    for way in ("", "take/", "hand-over/", "comment/", "change/"):
        for ask in (client.get, client.post):
            theirs, nothing = ask(f"{ALL}{task.pk}/{way}"), ask(f"{ALL}{uuid4()}/{way}")

            assert theirs.status_code == nothing.status_code
            assert theirs.status_code in (302, 404)  # asking for it is answered in words
            assert theirs.content == nothing.content
    assert client.get(f"/work/onward/{task.pk}/").status_code == 404


def test_what_was_done_can_be_read_again_by_whoever_did_it(
    acme: Firm, asked: TicketInstance, will: Client
):
    task = task_of(acme, asked)
    send(will, task, "complete", **ANSWER)

    page = page_of(will, task)

    assert "What was answered Your decision Approve" in page
    assert "Done by you today" in page
    assert "Decide" in text_of(will.get(DONE))
    assert "Decide" not in text_of(will.get(f"{DONE}?q=yacht"))


@pytest.mark.parametrize("odd", ["x", "1042", "%00", "x/take", "x/hand-over", "x/comment"])
def test_an_odd_address_is_no_task_and_no_crash(will: Client, odd: str):
    assert will.get(f"{ALL}{odd}/").status_code == 404
    assert will.get(f"/work/onward/{odd.partition('/')[0]}/").status_code == 404


def test_the_search_of_the_site_finds_own_tasks(acme: Firm, asked: TicketInstance, will: Client):
    for term in ("decide", "chair", "%231001"):
        assert "A chair" in will.get(f"/work/search/?s={term}&fragment=1").content.decode(), term


# --- what it costs -------------------------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
def test_pages_cost_the_same_however_much_there_is(acme: Firm, will: Client, statements):
    with tenant_context(acme.company):
        offer = a_workflow(acme, "ask > check; check ? ok = false > ask")
        ticket = a_ticket(acme, offer)
        start_task(acme.will, the_open_task(ticket))
        acme.will.is_available = False
        acme.will.save(update_fields=["is_available"])
        a_ticket(acme, offer, "In the queue")
    places = [WORK, QUEUE, DONE, ALL]

    def cost() -> dict[str, int]:
        found = {}
        page = f"{ALL}{task_of(acme, ticket).pk}/"
        for place in [*places, page]:
            will.get(place)
            with statements() as counted:
                will.get(place)
            found["task" if place == page else place] = counted.total
        return found

    before = cost()
    with tenant_context(acme.company):
        for number in range(20):
            a_ticket(acme, offer, f"Queued {number}")
        for task in TaskInstance.objects.filter(t_status="PENDING")[:10]:
            reassign_task(acme.tara, task, acme.will)
        for number in range(10):
            for answer in (True, False):
                complete_task(acme.will, the_open_task(ticket), {"ok": answer})
                waits = TaskInstance.objects.get(ticket=ticket, t_status="PENDING")
                reassign_task(acme.tara, waits, acme.will)
            add_comment(acme.ann, ticket, f"Comment {number}")
    after = cost()

    assert after == before
    assert max(before[place] for place in places) <= 10, before
    assert before["task"] <= 13, before
