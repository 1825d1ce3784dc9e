"""Tara's lists: what they show, count, find and cost."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from definitions.models import TicketDefinition
from definitions.services import import_bundle
from operations.models import (
    TaskInstance,
    TicketInstance,
)
from operations.services import (
    cancel_ticket,
    hold_ticket,
    submit_ticket,
)
from tenants.context import tenant_context
from tenants.models import User
from tests.builders import Firm, a_document, a_workflow
from tests.integration.sites.desk.arranged import (
    ARCHIVE,
    ERRORS,
    HOME,
    LISTS,
    TASK_ARCHIVE,
    TASKS,
    TICKETS,
    answered,
    asked,
    page,
    stopped,
)
from tests.pages import text_of


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
