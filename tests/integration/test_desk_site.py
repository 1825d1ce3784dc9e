"""Tara looks after every ticket of her company: she sees all, says why she acts, and repairs."""

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.contrib.messages import get_messages
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from definitions.models import TicketDefinition
from definitions.services import import_bundle
from operations.models import (
    Comment,
    TaskInstance,
    TicketError,
    TicketInstance,
    WorkflowEvent,
    WorkflowInstance,
)
from operations.services import (
    add_comment,
    cancel_ticket,
    complete_task,
    hold_ticket,
    reassign_task,
    retry_error,
    submit_ticket,
)
from tenants.context import tenant_context
from tenants.models import User
from tenants.services import add_user
from tests.builders import Firm, a_document, a_ticket, a_workflow, the_open_task
from tests.pages import text_of

HOME, TICKETS, ARCHIVE = "/desk/", "/desk/tickets/", "/desk/tickets/archive/"
TASKS, TASK_ARCHIVE, ERRORS = "/desk/tasks/", "/desk/tasks/archive/", "/desk/errors/"
LISTS = [TICKETS, ARCHIVE, TASKS, TASK_ARCHIVE, ERRORS, "/desk/workflows/", "/desk/ticket-types/"]
DECISION = {
    "type": "object",
    "required": ["decision"],
    "properties": {
        "decision": {"type": "string", "title": "Your decision", "enum": ["yes", "no", "maybe"]},
        "price": {"type": "number", "title": "Price", "maximum": 100},
    },
}
# "maybe" fits no way: the ticket stops there.
DRAWING = "approve ? decision = yes > order; approve ? decision = no > end"


@pytest.fixture
def tara(client: Client, acme: Firm) -> Client:
    client.force_login(acme.tara)
    return client


@pytest.fixture
def offer(acme: Firm) -> Any:
    """Something to ask for: Will approves it, then places the order."""
    with tenant_context(acme.company):
        approve = {"title": "Approve the purchase", "output_schema": DECISION}
        order = {"title": "Place the order"}
        return a_workflow(acme, DRAWING, key="purchase", approve=approve, order=order)


def asked(firm: Firm, offer: Any, subject: str = "A chair") -> TicketInstance:
    with tenant_context(firm.company):
        return a_ticket(firm, offer, subject)


def answered(firm: Firm, ticket: TicketInstance, **answer: Any) -> TicketInstance:
    """Will does what is open."""
    with tenant_context(firm.company):
        complete_task(firm.will, the_open_task(ticket), answer)
        return TicketInstance.objects.select_related("workflow").get(pk=ticket.pk)


def stopped(firm: Firm, offer: Any, subject: str = "A chair") -> TicketError:
    """A ticket that could not go on, because Will said "maybe"."""
    ticket = answered(firm, asked(firm, offer, subject), decision="maybe")
    with tenant_context(firm.company):
        return TicketError.objects.select_related("ticket").get(ticket=ticket)


def fresh(firm: Firm, row: Any) -> Any:
    with tenant_context(firm.company):
        return type(row).objects.get(pk=row.pk)


def status_of(firm: Firm, ticket: TicketInstance) -> str:
    with tenant_context(firm.company):
        return TicketInstance.objects.select_related("workflow").get(pk=ticket.pk).w_status


def page(row: Any, action: str = "change") -> str:
    kind = {TicketInstance: "tickets", TaskInstance: "tasks", TicketError: "errors"}[type(row)]
    return f"/desk/{kind}/{row.pk}/{action}/"


def told(response: Any) -> list[str]:
    """The messages that the next page would show."""
    return [str(message) for message in get_messages(response.wsgi_request)]


# --- who comes in --------------------------------------------------------------------------------


def test_the_desk_opens_for_ticket_admins_only(client: Client, acme: Firm) -> None:
    assert client.get(HOME).status_code == 302

    answers = {}
    for person in (acme.ann, acme.will, acme.flo, acme.adam, acme.tara, acme.boss):
        client.force_login(person)
        answers[person.first_name] = client.get(HOME).status_code

    assert answers == {"Ann": 403, "Will": 403, "Flo": 403, "Adam": 403, "Tara": 200, "Bea": 200}


def test_nothing_is_added_changed_or_deleted_here_not_even_by_somebody_with_every_role(
    client: Client, acme: Firm, offer: Any
) -> None:
    ticket = asked(acme, offer)
    client.force_login(acme.boss)

    for address in ("/desk/workflows/add/", "/desk/tickets/add/", page(ticket, "delete")):
        assert client.get(address).status_code == 403, address
        assert client.post(address, {"post": "yes"}).status_code == 403, address
    for address in (page(ticket), f"/desk/workflows/{offer.workflow_id}/change/"):
        assert client.post(address, {"title": "Mine"}).status_code == 404, address
    assert fresh(acme, offer).title == "Ask for purchase"


@pytest.mark.parametrize("kind", ["tickets", "tasks", "errors", "workflows", "ticket-types"])
def test_a_foreign_and_an_absent_row_are_the_same_page(
    tara: Client, globex: Firm, kind: str
) -> None:
    with tenant_context(globex.company):
        theirs = a_workflow(globex, DRAWING, key="purchase", approve={"output_schema": DECISION})
    error = stopped(globex, theirs)
    foreign = {
        "tickets": error.ticket_id,
        "tasks": error.task_id,
        "errors": error.pk,
        "workflows": theirs.workflow_id,
        "ticket-types": theirs.pk,
    }[kind]
    actions = {
        "tickets": ["move", "hold", "resume", "cancel", "comment"],
        "tasks": ["assign"],
        "errors": ["retry", "correct", "review", "resolve"],
    }.get(kind, [])

    for action in ["change", *actions]:
        pages = []
        for key in (foreign, uuid4()):
            got = tara.get(f"/desk/{kind}/{key}/{action}/")
            sent = tara.post(f"/desk/{kind}/{key}/{action}/", {"reason": "Because"})
            assert (got.status_code, sent.status_code) == (404, 404), action
            pages.append(text_of(got))
        assert pages[0] == pages[1]


# --- home ----------------------------------------------------------------------------------------


def test_home_says_what_needs_her_and_every_number_leads_to_its_list(
    tara: Client, acme: Firm, offer: Any
) -> None:
    error = stopped(acme, offer)
    with tenant_context(acme.company):
        User.objects.filter(pk=acme.will.pk).update(is_available=False)
    asked(acme, offer, "A lamp")

    response = tara.get(HOME)
    words = text_of(response)

    assert "1 ticket stopped after Approve the purchase." in words
    assert "1 task has nobody." in words
    links = re.findall(r'href="(/desk/[^"]*)"', response.content.decode())
    for link in (page(error), f"{TASKS}?view=nobody", f"{TICKETS}?view=stopped", TICKETS):
        assert link in links
    for link in set(links):
        assert tara.get(link.replace("&amp;", "&")).status_code == 200, link


def test_home_of_a_new_company_needs_nobody(tara: Client) -> None:
    words = text_of(tara.get(HOME))

    assert "Nothing needs you right now." in words
    assert "nothing to repair" in words


@pytest.mark.django_db(transaction=True)
def test_home_asks_few_questions_however_much_there_is(
    tara: Client, acme: Firm, offer: Any, statements: Callable[[], Any]
) -> None:
    stopped(acme, offer)
    tara.get(HOME)
    with statements() as few:
        tara.get(HOME)
    for number in range(4):
        stopped(acme, offer, f"Chair {number}")
        answered(acme, asked(acme, offer), decision="no")
    with statements() as many:
        tara.get(HOME)

    assert few.total <= 14, few
    assert many.total == few.total, many


# --- lists ---------------------------------------------------------------------------------------


def test_active_and_archived_tickets_are_two_lists(tara: Client, acme: Firm, offer: Any) -> None:
    asked(acme, offer, "An open chair")
    answered(acme, asked(acme, offer, "A declined lamp"), decision="no")

    active, archive = text_of(tara.get(TICKETS)), text_of(tara.get(ARCHIVE))

    assert "An open chair" in active
    assert "A declined lamp" not in active
    assert "A declined lamp" in archive
    assert "An open chair" not in archive


def test_a_row_says_what_it_is_who_asked_where_it_is_and_who_has_it(
    tara: Client, acme: Firm, offer: Any
) -> None:
    ticket = asked(acme, offer, "An oak table")

    words = text_of(tara.get(TICKETS))

    line = f"An oak table #{ticket.number} · Ask for purchase · Ann Of-Acme In progress"
    assert line in words
    assert "Approve the purchase since today" in words
    assert "Will Of-Acme" in words


def test_tabs_count_what_they_show(tara: Client, acme: Firm, offer: Any) -> None:
    stopped(acme, offer, "A stopped chair")
    held = asked(acme, offer, "A held lamp")
    with tenant_context(acme.company):
        hold_ticket(acme.tara, held, reason="Budget")
        User.objects.filter(pk=acme.will.pk).update(is_available=False)
    asked(acme, offer, "A lonely table")

    assert "All active 3 Stopped 1 Nobody free 1 On hold 1" in text_of(tara.get(TICKETS))
    shown = {
        view: text_of(tara.get(f"{TICKETS}?view={view}")) for view in ("stopped", "nobody", "hold")
    }
    assert "A stopped chair" in shown["stopped"]
    assert "A lonely table" in shown["nobody"]
    assert "A held lamp" in shown["hold"]
    assert "A held lamp" not in shown["stopped"] + shown["nobody"]


def test_the_numbers_in_the_menu_count_what_their_lists_show(
    tara: Client, acme: Firm, offer: Any
) -> None:
    stopped(acme, offer)
    for number in range(2):
        asked(acme, offer, f"Chair {number}")

    words = text_of(tara.get(TASKS))

    assert "Tickets Active 3 Archive Tasks Active 2 Archive Repair Stopped tickets 1" in words
    assert "All active 2 " in words


def test_a_ticket_that_stands_still_is_called_stopped_wherever_it_is_shown(
    tara: Client, acme: Firm, offer: Any
) -> None:
    error = stopped(acme, offer)
    chip = '<span class="tf-chip danger">Stopped</span>'

    for address in (TICKETS, f"{TICKETS}?status=stopped", page(error.ticket)):
        response = tara.get(address)
        assert chip in response.content.decode(), address
        assert "Failed" not in text_of(response), address
    assert "Stopped 1 1 reason" in text_of(tara.get(HOME))
    assert "1 ticket stopped, for 1 reason" in text_of(tara.get(ERRORS))


def test_an_empty_tab_says_so_kindly(tara: Client, acme: Firm, offer: Any) -> None:
    asked(acme, offer)

    assert "Nothing has stopped" in text_of(tara.get(f"{TICKETS}?view=stopped"))
    assert "Nothing fits" in text_of(tara.get(f"{TICKETS}?q=nowhere"))


@pytest.mark.parametrize(
    "term", ["{number}", "#{number}", "OAK table", "of-acme", "ann@acme", "purchase"]
)
def test_tickets_are_found_by_number_title_person_and_type(
    tara: Client, acme: Firm, offer: Any, term: str
) -> None:
    ticket = asked(acme, offer, "An oak table")

    words = text_of(tara.get(TICKETS, {"q": term.format(number=ticket.number)}))

    assert "An oak table" in words


def test_filters_narrow_the_list(tara: Client, acme: Firm, offer: Any) -> None:
    asked(acme, offer, "A chair for Ann")
    with tenant_context(acme.company):
        other = a_workflow(acme, "look", key="repair")
        submit_ticket(acme.boss, other, {"subject": "A broken lamp"})

    def listed(**query: Any) -> tuple[bool, bool]:
        words = text_of(tara.get(TICKETS, query))
        return "A chair for Ann" in words, "A broken lamp" in words

    assert listed() == (True, True)
    assert listed(type=offer.pk) == (True, False)
    assert listed(asked_by=acme.boss.pk) == (False, True)
    assert listed(**{"with": acme.will.pk}) == (True, True)
    assert listed(**{"with": "nobody"}) == (False, False)
    assert listed(opened="today") == (True, True)
    assert listed(opened="older") == (False, False)
    assert listed(opened=timezone.localdate().isoformat()) == (True, True)
    assert listed(opened="2001-01-01") == (False, False)
    assert listed(status="moving") == (True, True)
    assert listed(status="stopped") == (False, False)


def test_whoever_asked_reads_one_word_in_list_and_page_and_never_that_it_stopped(
    client: Client, acme: Firm, offer: Any
) -> None:
    stuck = stopped(acme, offer, "A stuck chair").ticket
    withdrawn, refused = asked(acme, offer, "A chair too many"), asked(acme, offer, "A throne")
    with tenant_context(acme.company):
        cancel_ticket(acme.ann, withdrawn, reason="Found one")
        cancel_ticket(acme.tara, refused, reason="Too dear")
    client.force_login(acme.ann)

    active, over = (text_of(client.get(f"/portal/requests/{part}")) for part in ("", "archive/"))

    for ticket, word, listed in (
        (stuck, "Being looked into", active), (withdrawn, "Withdrawn", over),
        (refused, "Cancelled", over),
    ):  # fmt: skip
        own = text_of(client.get(f"/portal/requests/{ticket.number}/"))
        assert word in listed and word.lower() in own.lower(), word
        assert "stopped" not in (listed + own).lower(), word


def test_the_status_filter_finds_what_the_chips_say(tara: Client, acme: Firm, offer: Any) -> None:
    stopped(acme, offer, "A stopped chair")
    asked(acme, offer, "A chair under way")
    held = asked(acme, offer, "A held chair")
    with tenant_context(acme.company):
        hold_ticket(acme.tara, held, reason="Budget")
        User.objects.filter(pk=acme.will.pk).update(is_available=False)
    asked(acme, offer, "A lonely chair")
    called = {
        "stopped": "A stopped chair", "moving": "A chair under way", "hold": "A held chair",
        "nobody": "A lonely chair",
    }  # fmt: skip

    for key, title in called.items():
        words = text_of(tara.get(TICKETS, {"status": key}))
        assert {other for other in called.values() if other in words} == {title}, key
    assert "Nobody free" in text_of(tara.get(TASKS, {"status": "nobody"}))
    assert "A lonely chair" in text_of(tara.get(TASKS, {"status": "nobody"}))
    assert "A held chair" in text_of(tara.get(TASKS, {"status": "hold"}))
    assert "A held chair" not in text_of(tara.get(TASKS, {"status": "new"}))


def test_a_held_ticket_has_no_date_among_tickets_nor_among_tasks(
    tara: Client, acme: Firm, offer: Any
) -> None:
    ticket = asked(acme, offer)
    with tenant_context(acme.company):
        TaskInstance.objects.update(due_at=timezone.now() + timedelta(days=1))
    for address in (TICKETS, TASKS):
        assert "tf-due" in tara.get(address).content.decode(), address

    with tenant_context(acme.company):
        hold_ticket(acme.tara, ticket, reason="Budget")

    for address in (TICKETS, TASKS):
        assert "tf-due" not in tara.get(address).content.decode(), address
    assert "A chair" not in text_of(tara.get(TASKS, {"due": "week"}))
    assert "A chair" in text_of(tara.get(TASKS, {"due": "none"}))


@pytest.mark.parametrize(("address", "column"), [(TICKETS, 6), (TASKS, 4)])
def test_sorted_by_due_rows_without_a_date_come_last_either_way(
    tara: Client, acme: Firm, offer: Any, address: str, column: int
) -> None:
    for title, days in (("Soon", 1), ("Never", None), ("Later", 9), ("Held", 2)):
        ticket = asked(acme, offer, title)
        with tenant_context(acme.company):
            due = timezone.now() + timedelta(days=days) if days else None
            TaskInstance.objects.filter(ticket=ticket).update(due_at=due)
            if title == "Held":
                hold_ticket(acme.tara, ticket, reason="Budget")

    def order(sort: int) -> list[str]:
        words = text_of(tara.get(address, {"o": sort}))
        return sorted(("Soon", "Never", "Later", "Held"), key=words.rindex)

    assert order(column)[:2] == ["Soon", "Later"]
    assert order(-column)[:2] == ["Later", "Soon"]


def test_the_archive_begins_with_what_was_closed_last(tara: Client, acme: Firm, offer: Any) -> None:
    first, second = asked(acme, offer, "Asked first"), asked(acme, offer, "Asked second")
    for ticket in (second, first):
        answered(acme, ticket, decision="no")
    with tenant_context(acme.company):
        before = timezone.now() - timedelta(hours=1)
        TicketInstance.objects.filter(pk=second.pk).update(closed_at=before)
        TaskInstance.objects.filter(ticket=second).update(completed_at=before)

    for address in (ARCHIVE, TASK_ARCHIVE):
        words = text_of(tara.get(address))
        assert words.index("Asked first") < words.index("Asked second"), address


def test_the_tile_says_how_the_number_has_changed(tara: Client, acme: Firm, offer: Any) -> None:
    asked(acme, offer)

    assert "Active tickets 1 up by 1 in 7 days" in text_of(tara.get(HOME))


def test_a_search_finds_words_of_the_answers(tara: Client, acme: Firm, globex: Firm) -> None:
    more = [{"key": "colour", "type": "string", "title": "Colour"}]
    with tenant_context(acme.company):
        document = a_document("look", key="paint")
        document["workflows"][0]["fields"] += more
        import_bundle(acme.boss, document, publish=True)
        kind = TicketDefinition.objects.get(workflow__key="paint", workflow__status="PUBLISHED")
        submit_ticket(acme.ann, kind, {"subject": "A wall", "colour": "ultramarine"})

    for address in (TICKETS, TASKS):
        assert "A wall" in text_of(tara.get(address, {"q": "ULTRAMARINE wall"})), address
        assert "A wall" not in text_of(tara.get(address, {"q": "vermilion"})), address


@pytest.mark.parametrize(
    "name", ["view", "status", "type", "with", "asked_by", "opened", "task", "due", "q", "p", "o"]
)
@pytest.mark.parametrize("value", ["", "nonsense", "'; --", "0001-01-01", "9" * 40, "\x00"])
def test_no_address_breaks_a_list(
    tara: Client, acme: Firm, offer: Any, name: str, value: str
) -> None:
    for address in LISTS:
        assert tara.get(address, {name: value}).status_code in (200, 302, 400), address


def test_tasks_are_listed_with_their_ticket_and_filtered(
    tara: Client, acme: Firm, offer: Any
) -> None:
    ticket = answered(acme, asked(acme, offer, "An oak table"), decision="yes")
    with tenant_context(acme.company):
        late = timezone.now() - timedelta(days=2)
        TaskInstance.objects.filter(t_status="OPEN").update(due_at=late)

    active, archive = text_of(tara.get(TASKS)), text_of(tara.get(TASK_ARCHIVE))

    assert f"Place the order #{ticket.number} An oak table" in active
    assert "Approve the purchase" in archive
    assert "Place the order" in text_of(tara.get(f"{TASKS}?view=late"))
    assert "Place the order" in text_of(tara.get(f"{TASKS}?task=purchase/order"))
    assert f"#{ticket.number}" not in text_of(tara.get(f"{TASKS}?task=purchase/approve"))
    assert f"#{ticket.number}" in text_of(tara.get(f"{TASKS}?q=%23{ticket.number}"))


@pytest.mark.django_db(transaction=True)
def test_lists_cost_ten_statements_however_long_they_are(
    tara: Client, acme: Firm, offer: Any, statements: Callable[[], Any]
) -> None:
    def crowd() -> None:
        for number in range(3):
            stopped(acme, offer, f"Chair {number}")
            answered(acme, asked(acme, offer), decision="no")
            asked(acme, offer)

    def cost(address: str) -> Any:
        with statements() as counted:
            assert tara.get(address).status_code == 200
        return counted

    crowd()
    before = {address: cost(address) for address in LISTS}
    crowd()
    after = {address: cost(address) for address in LISTS}

    for address in LISTS:
        assert before[address].total <= 10, f"{address} {before[address]}"
        assert after[address].total == before[address].total, f"{address} {after[address]}"


# --- the page of a ticket ------------------------------------------------------------------------


def test_the_history_tells_who_did_what_and_why_this_way(
    tara: Client, acme: Firm, offer: Any
) -> None:
    ticket = answered(acme, asked(acme, offer), decision="yes", price=12)
    with tenant_context(acme.company):
        add_comment(acme.ann, ticket, "When will it come?")
        add_comment(acme.tara, ticket, "The supplier is slow.", is_internal=True)

    response = tara.get(page(ticket))
    words = text_of(response)

    assert "Ann Of-Acme sent the ticket" in words
    assert "Will Of-Acme finished Approve the purchase" in words
    assert "Your decision: yes · Price: 12" in words
    assert "Went on from Approve the purchase to Place the order" in words
    assert "To Place the order if Your decision is yes Your decision was “yes” taken" in words
    assert "To the end if Your decision is no" in words
    assert "Assigned Place the order to Will Of-Acme" in words
    assert "Why Will?" in words
    assert "You wrote a note for the team" in words
    assert re.search(r'class="bub note">The supplier is slow', response.content.decode())
    assert re.search(r'class="bub">When will it come', response.content.decode())


def test_the_page_shows_where_it_is_and_what_is_known(tara: Client, acme: Firm, offer: Any) -> None:
    ticket = answered(acme, asked(acme, offer, "An oak table"), decision="yes", price=12)

    words = text_of(tara.get(page(ticket)))

    assert "Place the order · step 2 of 2 · since today" in words
    assert "What was asked Subject An oak table" in words
    assert "Approve the purchase answered" in words
    assert "Price 12" in words


def test_what_was_asked_is_told_in_the_words_of_its_own_version(
    tara: Client, acme: Firm, offer: Any
) -> None:
    ticket = asked(acme, offer)
    document = a_document(DRAWING, key="purchase", approve={"output_schema": DECISION})
    document["workflows"][0]["fields"][0]["title"] = "In one word"
    with tenant_context(acme.company):
        import_bundle(acme.boss, document, publish=True)

    shown = text_of(tara.get(page(ticket)))

    assert "Subject A chair" in shown and "In one word" not in shown


def test_a_stopped_ticket_leads_to_its_repair(tara: Client, acme: Firm, offer: Any) -> None:
    error = stopped(acme, offer)
    stopped(acme, offer, "A lamp")

    response = tara.get(page(error.ticket))

    assert "No way onward fits after “Approve the purchase”" in text_of(response)
    assert "1 other ticket stopped for the same reason" in text_of(response)
    assert page(error) in response.content.decode()


def test_comments_can_be_read_alone(tara: Client, acme: Firm, offer: Any) -> None:
    ticket = asked(acme, offer)
    with tenant_context(acme.company):
        add_comment(acme.ann, ticket, "When will it come?")

    words = text_of(tara.get(f"{page(ticket)}?show=comments"))

    assert "When will it come?" in words
    assert "sent the ticket" not in words


def test_a_ticket_that_has_not_started_has_a_page_too(
    tara: Client, acme: Firm, offer: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("operations.state_manager.WorkflowStateManager.start", lambda self: False)
    ticket = asked(acme, offer, "Just sent")

    assert "waits to be started" in text_of(tara.get(page(ticket)))
    assert "Just sent" in text_of(tara.get(TICKETS))
    assert tara.get(page(ticket, "move")).status_code == 404


def test_people_know_tickets_by_their_number(
    tara: Client, acme: Firm, globex: Firm, offer: Any
) -> None:
    ticket = asked(acme, offer, "An oak table")

    response = tara.get(f"/desk/tickets/{ticket.number}/", follow=True)

    assert "An oak table" in text_of(response)
    assert tara.get("/desk/tickets/999999/change/").status_code == 404


@pytest.mark.django_db(transaction=True)
def test_the_page_costs_the_same_for_one_event_and_for_many(
    tara: Client, acme: Firm, offer: Any, statements: Callable[[], Any]
) -> None:
    ticket = asked(acme, offer)
    tara.get(page(ticket))
    with statements() as few:
        tara.get(page(ticket))
    with tenant_context(acme.company):
        for number in range(8):
            reassign_task(acme.tara, the_open_task(ticket), [acme.will, acme.boss][number % 2])
            add_comment(acme.tara, ticket, f"Comment {number}")
    answered_by_boss = tara.post(page(ticket, "move"), {"task_key": "order", "reason": "Go on"})
    assert answered_by_boss.status_code == 302
    tara.get(page(ticket))
    with statements() as many:
        tara.get(page(ticket))

    assert few.total <= 15, few
    assert many.total == few.total, many


# --- acting on a ticket --------------------------------------------------------------------------


def test_holding_is_asked_then_done_with_a_reason(tara: Client, acme: Firm, offer: Any) -> None:
    ticket = asked(acme, offer)

    question = tara.get(page(ticket, "hold"))
    without = tara.post(page(ticket, "hold"), {"reason": ""})
    assert "Put this ticket on hold?" in text_of(question)
    assert without.status_code == 200
    assert status_of(acme, ticket) == "IN_PROGRESS"

    tara.post(page(ticket, "hold"), {"reason": "Waits for the budget"})

    assert status_of(acme, ticket) == "ON_HOLD"
    assert "You put the ticket on hold" in text_of(tara.get(page(ticket)))
    assert "Waits for the budget" in text_of(tara.get(page(ticket)))


def test_what_is_held_goes_on_when_it_is_resumed(tara: Client, acme: Firm, offer: Any) -> None:
    ticket = asked(acme, offer)
    tara.post(page(ticket, "hold"), {"reason": "Budget"})

    tara.post(page(ticket, "resume"), {"reason": ""})
    again = tara.post(page(ticket, "resume"), {"reason": ""})

    assert status_of(acme, ticket) == "IN_PROGRESS"
    assert "nothing to resume" in text_of(again)


def test_a_cancelled_ticket_goes_to_the_archive(tara: Client, acme: Firm, offer: Any) -> None:
    ticket = asked(acme, offer, "A chair")

    tara.post(page(ticket, "cancel"), {"reason": "Asked for twice"})

    assert status_of(acme, ticket) == "CANCELLED"
    assert "A chair" in text_of(tara.get(f"{ARCHIVE}?view=cancelled"))
    assert "Archive of tickets" in text_of(tara.get(page(ticket)))


def test_a_ticket_can_be_moved_to_any_step_of_its_workflow_and_to_no_other(
    tara: Client, acme: Firm, offer: Any
) -> None:
    ticket = asked(acme, offer)

    question = tara.get(page(ticket, "move"))
    wrong = tara.post(page(ticket, "move"), {"task_key": "elsewhere", "reason": "Why not"})
    assert "Approve the purchase (it is here now)" in text_of(question)
    assert wrong.status_code == 200

    tara.post(page(ticket, "move"), {"task_key": "order", "reason": "Agreed on the phone"})

    with tenant_context(acme.company):
        assert the_open_task(ticket).task_definition.key == "order"
    words = text_of(tara.get(page(ticket)))
    assert "You moved the ticket to Place the order" in words
    assert "Agreed on the phone" in words


def test_a_closed_ticket_can_be_opened_again(tara: Client, acme: Firm, offer: Any) -> None:
    ticket = answered(acme, asked(acme, offer), decision="no")
    assert "Open it again" in text_of(tara.get(page(ticket)))

    tara.post(page(ticket, "move"), {"task_key": "approve", "reason": "Declined by mistake"})

    assert status_of(acme, ticket) == "IN_PROGRESS"


@pytest.mark.parametrize("internal", [True, False])
def test_a_comment_is_for_everybody_or_for_the_team(
    tara: Client, acme: Firm, offer: Any, internal: bool
) -> None:
    ticket = asked(acme, offer)
    typed = {"text": "It is on its way."} | ({"is_internal": "on"} if internal else {})

    response = tara.post(page(ticket, "comment"), typed)

    assert response["Location"] == page(ticket)
    with tenant_context(acme.company):
        comment = Comment.objects.get(ticket=ticket)
    assert (comment.text, comment.is_internal) == ("It is on its way.", internal)


def test_an_empty_comment_keeps_her_on_the_form(tara: Client, acme: Firm, offer: Any) -> None:
    ticket = asked(acme, offer)

    response = tara.post(page(ticket, "comment"), {"text": "  "})

    assert response.status_code == 200
    assert "Write a comment" in text_of(response)


# --- many at a time ------------------------------------------------------------------------------


def choose(rows: list[Any], action: str, **more: Any) -> dict[str, Any]:
    """What the browser sends when rows are ticked and a button of the bar is pressed."""
    return {
        "action": action,
        "index": "0",
        "select_across": "0",
        "_selected_action": [str(row.pk) for row in rows],
        **more,
    }


def test_many_are_asked_about_first_and_then_told_about_honestly(
    tara: Client, acme: Firm, offer: Any
) -> None:
    tickets = [asked(acme, offer, f"Chair {number}") for number in range(3)]
    with tenant_context(acme.company):
        hold_ticket(acme.tara, tickets[0], reason="Held before")

    question = tara.post(TICKETS, choose(tickets, "hold_many"))
    assert "Put 3 tickets on hold?" in text_of(question)
    assert [status_of(acme, t) for t in tickets] == ["ON_HOLD", "IN_PROGRESS", "IN_PROGRESS"]

    without = tara.post(TICKETS, choose(tickets, "hold_many", _apply="1", reason=""))
    assert without.status_code == 200

    done = tara.post(TICKETS, choose(tickets, "hold_many", _apply="1", reason="Inventory"))

    assert {status_of(acme, ticket) for ticket in tickets} == {"ON_HOLD"}
    good, bad = told(done)
    assert good == "2 tickets put on hold."
    assert bad.startswith(f"1 skipped: Ticket #{tickets[0].number}")


def test_all_that_fit_a_filter_can_be_chosen(tara: Client, acme: Firm, offer: Any) -> None:
    chairs = [asked(acme, offer, f"Chair {number}") for number in range(3)]
    lamp = asked(acme, offer, "A lamp")
    sent = choose(chairs[:1], "cancel_many", select_across="1", _apply="1", reason="Sold out")

    response = tara.post(f"{TICKETS}?q=chair", sent)

    assert response["Location"] == f"{TICKETS}?q=chair"
    assert {status_of(acme, ticket) for ticket in chairs} == {"CANCELLED"}
    assert status_of(acme, lamp) == "IN_PROGRESS"


def test_rows_of_another_company_cannot_be_chosen(
    tara: Client, acme: Firm, globex: Firm, offer: Any
) -> None:
    with tenant_context(globex.company):
        theirs = a_ticket(globex, a_workflow(globex, "look"))

    tara.post(TICKETS, choose([theirs], "cancel_many", _apply="1", reason="Mine now"))

    assert status_of(globex, theirs) == "IN_PROGRESS"


def test_a_row_that_is_no_key_is_left_out(tara: Client, acme: Firm, offer: Any) -> None:
    sent = {**choose([], "hold_many"), "_selected_action": ["nonsense", "1"]}

    assert tara.post(TICKETS, sent).status_code == 302


def test_more_than_one_can_wait_for_are_refused(
    tara: Client, acme: Firm, offer: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("admin_site.desk.bulk.MOST_AT_ONCE", 2)
    tickets = [asked(acme, offer) for _ in range(3)]

    response = tara.post(TICKETS, choose(tickets, "hold_many", _apply="1", reason="All"))

    assert told(response) == ["Choose at most 2 at a time. Nothing was changed."]
    assert {status_of(acme, ticket) for ticket in tickets} == {"IN_PROGRESS"}


# --- tasks ---------------------------------------------------------------------------------------


def walter(firm: Firm) -> User:
    """A second worker."""
    with tenant_context(firm.company):
        return add_user(
            firm.boss, email="walter@acme.example", first_name="Walter", last_name="Second",
            password="correct horse battery staple", roles=["task_worker"],
        )  # fmt: skip


def test_a_task_is_given_to_somebody_else_with_a_word_why(
    tara: Client, acme: Firm, offer: Any
) -> None:
    second = walter(acme)
    with tenant_context(acme.company):
        User.objects.filter(pk=second.pk).update(is_available=False)
        task = the_open_task(asked(acme, offer))

    question = tara.get(page(task, "assign"))
    assert "Will Of-Acme (1 open)" in text_of(question)
    assert "Walter Second (0 open, away)" in text_of(question)
    tara.post(page(task, "assign"), {"assignee": second.pk, "reason": "Will is ill"})

    assert fresh(acme, task).assigned_to_id == second.pk
    words = text_of(tara.get(page(task)))
    assert "You assigned Approve the purchase to Walter Second" in words
    assert "Will is ill" in words


def test_assigning_leads_back_to_the_ticket_and_says_who_has_it_now(
    tara: Client, acme: Firm, offer: Any
) -> None:
    second = walter(acme)
    ticket = asked(acme, offer)
    with tenant_context(acme.company):
        task = the_open_task(ticket)
        long_ago = timezone.now() - timedelta(days=200)
        TaskInstance.objects.update(created_at=long_ago, assigned_at=long_ago)

    above, _, _below = text_of(tara.get(page(ticket))).partition("Where it is")
    assert "Assign" in above and "Move to a step" in above
    assert "since today" not in above
    sent = {"assignee": second.pk, "reason": ""}
    response = tara.post(page(task, "assign"), sent, follow=True)

    assert response.redirect_chain[-1][0] == page(ticket)
    assert "Approve the purchase is with Walter Second now." in text_of(response)
    assert "step 1 of 2 · since today" in text_of(response)


def test_whoever_gives_away_their_own_task_hands_it_over(
    tara: Client, acme: Firm, offer: Any
) -> None:
    second, ticket = walter(acme), asked(acme, offer)
    with tenant_context(acme.company):
        reassign_task(acme.will, the_open_task(ticket), second, reason="Holiday")

    words = text_of(tara.get(page(ticket)))

    assert "Will Of-Acme handed Approve the purchase over to Walter Second" in words


def test_a_task_cannot_be_given_to_somebody_who_does_no_tasks(
    tara: Client, acme: Firm, globex: Firm, offer: Any
) -> None:
    with tenant_context(acme.company):
        task = the_open_task(asked(acme, offer))

    for person in (acme.ann, globex.will):
        response = tara.post(page(task, "assign"), {"assignee": person.pk, "reason": ""})
        assert response.status_code == 200
    assert fresh(acme, task).assigned_to_id == acme.will.pk


def test_many_tasks_are_handed_over_at_once(tara: Client, acme: Firm, offer: Any) -> None:
    second = walter(acme)
    with tenant_context(acme.company):
        for number in range(2):
            a_ticket(acme, offer, f"Chair {number}")
        tasks = list(TaskInstance.objects.all())

    sent = choose(tasks, "assign_many", _apply="1", assignee=second.pk, reason="Holiday")
    response = tara.post(TASKS, sent)

    assert told(response) == ["2 tasks assigned."]
    assert {fresh(acme, task).assigned_to_id for task in tasks} == {second.pk}


def test_a_task_that_is_done_cannot_be_given_away(tara: Client, acme: Firm, offer: Any) -> None:
    ticket = answered(acme, asked(acme, offer), decision="yes")
    with tenant_context(acme.company):
        task = TaskInstance.objects.get(ticket=ticket, t_status="COMPLETED")

    response = tara.post(page(task, "assign"), {"assignee": acme.will.pk, "reason": ""})

    assert "cannot be handed to anybody" in text_of(response)
    assert "../assign/" not in tara.get(page(task)).content.decode()
    assert "Your decision yes" in text_of(tara.get(page(task)))


def test_giving_back_what_nobody_has_changes_nothing_and_breaks_nothing(
    tara: Client, acme: Firm, offer: Any
) -> None:
    with tenant_context(acme.company):
        User.objects.filter(pk=acme.will.pk).update(is_available=False)
        task = TaskInstance.objects.get(ticket=asked(acme, offer))

    response = tara.post(page(task, "assign"), {"assignee": "", "reason": ""})

    assert "waits for whoever is free already" in text_of(response)
    assert fresh(acme, task).t_status == "PENDING"


# --- errors --------------------------------------------------------------------------------------


def test_errors_with_one_cause_stand_on_one_card(tara: Client, acme: Firm, offer: Any) -> None:
    for number in range(2):
        stopped(acme, offer, f"Chair {number}")

    response = tara.get(ERRORS)
    words = text_of(response)

    assert "2 tickets stopped, for 1 reason" in words
    assert words.count("No way onward fits after “Approve the purchase”") == 1
    assert "After Approve the purchase · Purchase v1" in words
    assert "Retry all 2" in words
    assert "decision = “maybe”" in words
    assert "Open 2 Looked at 0 Repaired 0" in words


def test_a_cause_with_many_tickets_shows_a_few_and_the_rest_on_demand(
    tara: Client, acme: Firm, offer: Any
) -> None:
    errors = [stopped(acme, offer, f"Chair {number}") for number in range(7)]

    assert "And 2 more" in text_of(tara.get(ERRORS))
    everything = text_of(tara.get(f"{ERRORS}?cause={errors[0].fingerprint}"))

    assert all(f"Chair {number}" in everything for number in range(7))


def test_the_error_page_says_what_happened_what_is_safe_and_why(
    tara: Client, acme: Firm, offer: Any
) -> None:
    error = stopped(acme, offer)

    words = text_of(tara.get(page(error)))

    assert "Will Of-Acme finished “Approve the purchase”" in words
    assert "The answer is safe, and nothing after it was started." in words
    assert "To Place the order if Your decision is yes Your decision was “maybe” not true" in words
    assert "Correct and retry" in words
    assert "Move to another step" in words
    assert "For developers nothing_matched" in words


def test_a_corrected_answer_lets_the_ticket_go_on(tara: Client, acme: Firm, offer: Any) -> None:
    error = stopped(acme, offer)

    sent = {"decision": "yes", "price": "12", "_repair-reason": "He meant yes"}
    response = tara.post(page(error, "correct"), sent, follow=True)

    assert response.redirect_chain[-1][0] == page(error)
    assert "1 ticket goes on now." in text_of(response)
    assert fresh(acme, error).error_status == "RESOLVED"
    with tenant_context(acme.company):
        assert the_open_task(error.ticket).task_definition.key == "order"
    history = text_of(tara.get(page(error.ticket)))
    assert "You corrected the answer to Approve the purchase" in history
    assert "Your decision “maybe” “yes”" in history
    assert "Repaired today" in text_of(tara.get(page(error)))
    assert "He meant yes" in text_of(tara.get(f"{ERRORS}?state=repaired"))


def test_a_wrong_correction_is_shown_beside_its_question_and_nothing_typed_is_lost(
    tara: Client, acme: Firm, offer: Any
) -> None:
    error = stopped(acme, offer)

    sent = {"decision": "yes", "price": "500", "_repair-reason": "He meant yes"}
    response = tara.post(page(error, "correct"), sent)

    assert response.status_code == 200
    assert "One answer needs another look." in text_of(response)
    assert 'value="500"' in response.content.decode()
    assert "He meant yes" in response.content.decode()
    assert fresh(acme, error).error_status == "NEW"


def test_retrying_as_it_is_is_asked_first_and_may_stop_again(
    tara: Client, acme: Firm, offer: Any
) -> None:
    error = stopped(acme, offer)

    assert "Try again as it is?" in text_of(tara.get(page(error, "retry")))
    assert fresh(acme, error).attempts == 1
    assert "Please fill this in." in text_of(tara.post(page(error, "retry"), {"reason": ""}))
    tara.post(page(error, "retry"), {"reason": "Perhaps now"})

    now = fresh(acme, error)
    assert (now.error_status, now.attempts) == ("NEW", 2)
    assert "it stopped again, 2 times by now" in text_of(tara.get(page(error)))


def test_all_of_one_cause_try_again_together(tara: Client, acme: Firm, offer: Any) -> None:
    errors = [stopped(acme, offer, f"Chair {number}") for number in range(3)]
    with tenant_context(acme.company):  # the answers were corrected behind the scenes
        TaskInstance.objects.filter(t_status="COMPLETED").update(output_data={"decision": "yes"})
    address = f"{ERRORS}cause/{errors[0].fingerprint}/retry/"

    assert "Let 3 tickets try again?" in text_of(tara.get(address))
    response = tara.post(address, {"reason": "Corrected"}, follow=True)

    assert "3 tickets: 3 go on" in text_of(response)
    assert {fresh(acme, error).error_status for error in errors} == {"RESOLVED"}
    assert tara.get(address).status_code == 404


@pytest.mark.django_db(transaction=True)
def test_after_a_useless_retry_the_page_says_that_it_stopped_again(
    tara: Client, acme: Firm, offer: Any
) -> None:
    errors = [stopped(acme, offer, f"Chair {number}") for number in range(3)]
    with tenant_context(acme.company):  # one of the three was corrected behind the scenes
        assert errors[0].task_id
        TaskInstance.objects.filter(pk=errors[0].task_id).update(output_data={"decision": "yes"})
    address = f"{ERRORS}cause/{errors[0].fingerprint}/retry/"

    response = tara.post(address, {"reason": "Perhaps now"}, follow=True)

    assert response.redirect_chain[-1][0].startswith(f"{ERRORS}result/")
    words = text_of(response)
    assert "3 tickets: 1 goes on, 2 stopped again" in words
    assert "#1001 Chair 0 It is at Place the order now. Goes on" in words
    assert "#1002 Chair 1 No way onward fits after “Approve the purchase”" in words
    again = tara.post(page(errors[1], "retry"), {"reason": "Once more"}, follow=True)
    assert again.redirect_chain[-1][0] == page(errors[1])
    assert "1 ticket stopped again at the same place." in text_of(again)


@pytest.mark.parametrize("since", ["0", "1", "9" * 40])
def test_an_old_address_of_an_outcome_tells_nothing(
    tara: Client, acme: Firm, offer: Any, since: str
) -> None:
    stopped(acme, offer)

    response = tara.get(f"{ERRORS}tried/{since}/", {"next": "https://evil.example/"})

    assert response["Location"] == ERRORS
    assert told(response) == []


def test_one_retry_can_take_the_others_along(tara: Client, acme: Firm, offer: Any) -> None:
    errors = [stopped(acme, offer, f"Chair {number}") for number in range(2)]

    assert "Also the other ticket" in text_of(tara.get(page(errors[0], "retry")))
    tara.post(page(errors[0], "retry"), {"reason": "Perhaps now", "others": "on"})

    assert [fresh(acme, error).attempts for error in errors] == [2, 2]


def test_whoever_looks_at_an_error_is_named(tara: Client, acme: Firm, offer: Any) -> None:
    error = stopped(acme, offer)

    assert tara.get(page(error, "review")).status_code == 200
    assert fresh(acme, error).error_status == "NEW"
    tara.post(page(error, "review"))

    assert fresh(acme, error).error_status == "REVIEWED"
    assert "Looked at by Tara" in text_of(tara.get(f"{ERRORS}?state=looked"))
    assert "I am looking at it" not in text_of(tara.get(page(error)))


def test_a_card_names_who_looks_at_any_of_its_tickets(tara: Client, acme: Firm, offer: Any) -> None:
    first = stopped(acme, offer, "The first")
    for number in range(6):  # more than a card shows
        stopped(acme, offer, f"Chair {number}")

    tara.post(page(first, "review"))

    words = text_of(tara.get(ERRORS))
    assert "The first" not in words
    assert "Looked at by Tara" in words


def test_each_tab_of_stopped_tickets_has_a_heading_of_its_own(
    tara: Client, acme: Firm, offer: Any
) -> None:
    error = stopped(acme, offer)
    assert "Nothing had to be repaired yet" in text_of(tara.get(f"{ERRORS}?state=repaired"))
    with tenant_context(acme.company):
        retry_error(acme.tara, error, reason="Meant yes", correction={"decision": "yes"})

    words = text_of(tara.get(f"{ERRORS}?state=repaired"))

    assert "1 repair so far" in words
    assert "tries again together" not in words
    assert "stopped, for" not in words


def test_an_error_is_not_closed_while_its_ticket_stands_still(
    tara: Client, acme: Firm, offer: Any
) -> None:
    error = stopped(acme, offer)

    response = tara.post(page(error, "resolve"), {"notes": "It is fine"})

    assert response.status_code == 200
    assert "still stands still" in text_of(response)
    assert "It is fine" in response.content.decode()
    assert fresh(acme, error).error_status == "NEW"


def test_the_next_person_learns_how_it_was_repaired_the_last_time(
    tara: Client, acme: Firm, offer: Any
) -> None:
    first = stopped(acme, offer)
    sent = {"decision": "yes", "_repair-reason": "Maybe means yes here"}
    tara.post(page(first, "correct"), sent)

    words = text_of(tara.get(page(stopped(acme, offer, "A lamp"))))

    assert "The last time: Tara Of-Acme repaired the same error" in words
    assert "Maybe means yes here" in words


def test_a_ticket_that_could_not_start_has_an_error_page_too(tara: Client, acme: Firm) -> None:
    with tenant_context(acme.company):
        offer = a_workflow(acme, "ask > check", key="flow")
        WorkflowInstance.objects.all()
        offer.workflow.transitions.filter(from_task=None).update(
            condition={"==": [{"var": "ticket.subject"}, "Only this"]}
        )
    error_of = asked(acme, offer)
    with tenant_context(acme.company):
        error = TicketError.objects.get(ticket=error_of)

    words = text_of(tara.get(page(error)))

    assert "TicketFlower could not start it" in words
    assert "Correct what was asked" in words
    assert "at the start" in text_of(tara.get(HOME))
    assert "Move to another step" not in words
    sent = {"subject": "Only this", "_repair-reason": "Ann meant this"}
    tara.post(page(error, "correct"), sent)
    assert fresh(acme, error).error_status == "RESOLVED"


@pytest.mark.django_db(transaction=True)
def test_the_error_page_costs_the_same_for_one_ticket_and_for_many(
    tara: Client, acme: Firm, offer: Any, statements: Callable[[], Any]
) -> None:
    error = stopped(acme, offer)
    tara.get(page(error))
    with statements() as few:
        tara.get(page(error))
    for number in range(4):
        stopped(acme, offer, f"Chair {number}")
    with statements() as many:
        tara.get(page(error))

    assert few.total <= 12, few
    assert many.total == few.total, many


# --- definitions and search ----------------------------------------------------------------------


def test_workflows_and_types_can_be_read(tara: Client, acme: Firm, offer: Any) -> None:
    asked(acme, offer)

    workflow = text_of(tara.get(f"/desk/workflows/{offer.workflow_id}/change/"))
    kind = text_of(tara.get(f"/desk/ticket-types/{offer.pk}/change/"))

    assert "To Place the order if Your decision is yes" in workflow
    assert "Active tickets 1" in workflow
    assert "Subject" in kind
    assert "Offered to user" in kind


def test_the_search_finds_tickets_and_people_of_this_company_only(
    tara: Client, acme: Firm, globex: Firm, offer: Any
) -> None:
    ticket = asked(acme, offer, "An oak table")
    with tenant_context(globex.company):
        a_ticket(globex, a_workflow(globex, "look"), "An oak secret")

    def found(term: str) -> str:
        return text_of(tara.get("/desk/search/", {"s": term}))

    assert f"#{ticket.number} An oak table" in found("oak")
    assert "secret" not in found("oak")
    assert f"#{ticket.number} An oak table" in found(f"#{ticket.number}")
    assert "Ann Of-Acme" in found("ann")
    assert "Of-Globex" not in found("will")
    assert "Stopped tickets" in found("stopped")


def test_every_page_has_a_title_and_lights_one_entry(tara: Client, acme: Firm, offer: Any) -> None:
    error = stopped(acme, offer)
    closed = answered(acme, asked(acme, offer), decision="no")
    with tenant_context(acme.company):
        task = TaskInstance.objects.get(ticket=closed)
    pages = [HOME, *LISTS, page(error), page(error.ticket), page(closed), page(task)]

    for address in pages:
        html = tara.get(address).content.decode()
        assert re.search(r"<title>\s*\S+", html), address
        assert len(re.findall(r"<h1", html)) == 1, address
    sidebar = tara.get(page(closed)).content.decode().partition('id="nav-sidebar-apps"')[2]
    lit = re.findall(r'<a href="([^"]+)"[^>]*class="[^"]*\bactive\b', sidebar)
    assert lit == [ARCHIVE]


def test_the_line_on_the_home_page_of_somebody_with_several_roles(
    client: Client, acme: Firm, offer: Any
) -> None:
    from admin_site.desk import desk_site

    stopped(acme, offer)
    client.force_login(acme.boss)
    request: Any = client.get(HOME).wsgi_request
    del request._desk_figures

    with tenant_context(acme.company):
        assert desk_site.waiting(request) == "1 ticket stopped"


def test_addresses_are_those_that_people_can_read_out() -> None:
    assert reverse("desk:operations_ticketinstance_changelist") == TICKETS
    assert reverse("desk:operations_ticketinstance_archive") == ARCHIVE
    assert reverse("desk:operations_ticketerror_changelist") == ERRORS


def test_events_of_kinds_to_come_are_told_somehow(tara: Client, acme: Firm, offer: Any) -> None:
    ticket = asked(acme, offer)
    with tenant_context(acme.company):
        WorkflowEvent.objects.filter(ticket=ticket, kind="STARTED").update(kind="CALLED")
        cancel_ticket(acme.tara, ticket, reason="Enough")

    assert "cancelled the ticket" in text_of(tara.get(page(ticket)))


def test_retried_by_somebody_else_in_between_is_told_and_not_done_twice(
    tara: Client, acme: Firm, offer: Any
) -> None:
    error = stopped(acme, offer)
    with tenant_context(acme.company):
        retry_error(acme.tara, error, reason="Meant yes", correction={"decision": "yes"})

    response = tara.post(page(error, "retry"), {"reason": "Perhaps now"})

    assert "resolved already" in text_of(response)


def test_what_people_type_is_shown_as_they_typed_it(tara: Client, acme: Firm, offer: Any) -> None:
    nasty = "<script>alert('x')</script> & \"{{ 7 }}\" {% now %}"
    ticket = asked(acme, offer, nasty)
    with tenant_context(acme.company):
        add_comment(acme.ann, ticket, nasty)
        hold_ticket(acme.tara, ticket, reason=nasty)
        User.objects.filter(pk=acme.will.pk).update(last_name=nasty)
    error = stopped(acme, offer, nasty)
    with tenant_context(acme.company):
        task = TaskInstance.objects.filter(ticket=ticket)[0]
        TicketError.objects.update(message=nasty, stack_trace=nasty)

    for address in (TICKETS, TASKS, ERRORS, HOME, page(ticket), page(task), page(error)):
        html = tara.get(address).content.decode()
        assert "<script>alert" not in html, address
        assert "&lt;script&gt;alert" in html, address


def test_events_are_told_in_the_order_in_which_they_were_written(
    tara: Client, acme: Firm, offer: Any
) -> None:
    ticket = answered(acme, asked(acme, offer), decision="yes")
    with tenant_context(acme.company):  # a clock that goes back
        before = timezone.now() - timedelta(days=3)
        WorkflowEvent.objects.filter(ticket=ticket, kind="ROUTED").update(created_at=before)

    words = text_of(tara.get(page(ticket)))

    assert words.index("Went on from") < words.index("finished Approve the purchase")


def test_a_long_history_shows_its_newest_lines_and_the_rest_on_demand(
    tara: Client, acme: Firm, offer: Any
) -> None:
    ticket = asked(acme, offer)
    with tenant_context(acme.company):
        for number in range(45):
            add_comment(acme.ann, ticket, f"Comment {number:02}.")

    newest = text_of(tara.get(page(ticket)))
    everything = text_of(tara.get(f"{page(ticket)}?show=all"))

    assert "Comment 44." in newest
    assert "Comment 00." not in newest
    assert "Show everything" in newest
    assert "Comment 00." in everything
    assert "sent the ticket" in everything
