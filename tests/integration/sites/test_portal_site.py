"""Ann asks for things on the portal, and follows them; nobody else's business is shown to her."""

import re
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from admin_site.portal import requests as pages
from definitions.models import TicketDefinition
from definitions.services import import_bundle
from operations.models import Comment, TaskInstance, TicketError, TicketInstance
from operations.services import (
    add_comment,
    cancel_ticket,
    complete_task,
    hold_ticket,
    reassign_task,
    start_task,
    submit_ticket,
)
from tenants.context import tenant_context
from tests.builders import Firm, a_document, a_ticket, a_workflow, the_open_task
from tests.pages import text_of

PORTAL, MINE, ARCHIVE = "/portal/", "/portal/requests/", "/portal/requests/archive/"
YES = {"ok": True}


@pytest.fixture
def ann(client: Client, acme: Firm) -> Client:
    client.force_login(acme.ann)
    return client


def an_offer(firm: Firm, flow: str, **more: Any) -> TicketDefinition:
    """A type of request with a workflow of its own."""
    document = a_document("ask > check", key=flow)
    document["tickets"][0] |= more
    import_bundle(firm.boss, document, publish=True)
    key = document["tickets"][0]["key"]
    return TicketDefinition.objects.select_related("workflow").get(key=key)


def send(client: Client, key: str = "flow-request", **answers: str) -> Any:
    return client.post(f"/portal/new/{key}/", {"_key": "page-1", **answers})


# --- the catalogue -------------------------------------------------------------------------------


def test_ann_sees_what_she_may_ask_for_grouped_and_nothing_else(acme: Firm, ann: Client):
    with tenant_context(acme.company):
        an_offer(acme, "laptop", title="A laptop", description="New or used.", category="IT")
        an_offer(acme, "payrise", title="A pay rise", company_role_access=["managers"])

    page = text_of(ann.get(PORTAL))

    assert "What can we do for you, Ann?" in page
    assert "IT A laptop New or used." in page
    assert "pay rise" not in page


def test_the_catalogue_is_searched_without_scripts(acme: Firm, ann: Client):
    with tenant_context(acme.company):
        an_offer(acme, "laptop", title="A laptop", description="New or used.", category="IT")
        an_offer(acme, "leave", title="Time off", category="People")

    assert "A laptop" in text_of(ann.get(f"{PORTAL}?q=used+it"))
    assert "Time off" not in text_of(ann.get(f"{PORTAL}?q=used+it"))
    assert "data-tf-nothing hidden" in ann.get(f"{PORTAL}?q=used").content.decode()
    assert "data-tf-nothing>" in ann.get(f"{PORTAL}?q=yacht").content.decode()


def test_something_else_stands_last_and_stays_when_nothing_is_found(acme: Firm, ann: Client):
    with tenant_context(acme.company):
        an_offer(acme, "laptop", title="A laptop")
        an_offer(acme, "anything", key="something-else", title="Something else")

    page = text_of(ann.get(PORTAL))

    assert page.index("A laptop") < page.index("Something else")
    assert "Ask in your own words" in text_of(ann.get(f"{PORTAL}?q=yacht"))


def test_an_empty_catalogue_says_so(ann: Client):
    assert "Nothing can be asked for yet" in text_of(ann.get(PORTAL))


def test_a_usual_time_is_told_only_from_enough_finished_requests(acme: Firm, ann: Client):
    with tenant_context(acme.company):
        offer = a_workflow(acme, "ask")
        for number in range(5):
            told = "usually" in text_of(ann.get(PORTAL))
            assert not told, f"after {number} requests"
            ticket = a_ticket(acme, offer)
            complete_task(acme.will, the_open_task(ticket), YES)
            week_ago = timezone.now() - timedelta(days=7, hours=2)
            TicketInstance.objects.filter(pk=ticket.pk).update(created_at=week_ago)

    assert "usually 7 days" in text_of(ann.get(PORTAL))


def test_what_somebody_asks_for_most_comes_first_where_there_is_much_to_choose_from(
    acme: Firm, ann: Client
):
    with tenant_context(acme.company):
        offers = [an_offer(acme, f"kind-{n}", title=f"Kind {n}") for n in range(8)]
        a_ticket(acme, offers[6])

    page = text_of(ann.get(PORTAL))

    assert page.index("Popular with you") < page.index("Kind 6") < page.index("Kind 0")
    assert page.count("Kind 6") == 1


# --- asking --------------------------------------------------------------------------------------


def test_ann_asks_and_lands_on_the_page_that_shows_where_it_is(acme: Firm, ann: Client):
    with tenant_context(acme.company):
        a_workflow(acme)

    form = text_of(ann.get("/portal/new/flow-request/"))
    sent = send(ann, subject="A chair")

    assert "What happens next" in form
    assert re.search(r"1 Ask .*2 Check", form)
    page = text_of(ann.get(sent.url))
    assert "Request #1001 is sent." not in text_of(ann.get(MINE))  # said once
    assert re.search(r"A chair .*Step 1 of 2: Ask With Will", page)
    assert "Subject A chair" in page


def test_a_double_click_is_one_request_and_both_answers_lead_to_it(acme: Firm, ann: Client):
    with tenant_context(acme.company):
        a_workflow(acme)

    first, second = send(ann, subject="A chair"), send(ann, subject="A chair")

    assert first.url == second.url
    with tenant_context(acme.company):
        assert TicketInstance.objects.count() == 1


def test_the_key_of_a_page_is_worth_nothing_to_a_colleague(acme: Firm, ann: Client):
    with tenant_context(acme.company):
        a_workflow(acme)
    send(ann, subject="A chair")

    boss = Client()
    boss.force_login(acme.boss)
    sent = send(boss, subject="A table")

    assert sent.url == "/portal/requests/1002/"


def test_a_wrong_answer_is_said_once_on_top_and_beside_its_field_and_nothing_is_lost(
    acme: Firm, ann: Client
):
    schema = {
        "type": "object",
        "required": ["item", "amount"],
        "properties": {
            "item": {"type": "string", "title": "Item", "minLength": 1},
            "amount": {"type": "number", "title": "Amount", "maximum": 100},
        },
    }
    with tenant_context(acme.company):
        an_offer(acme, "buy", form_schema=schema)

    answer = send(ann, "buy-request", item="Saw & <blade>", amount="900")

    page = answer.content.decode()
    assert answer.status_code == 200
    assert "One answer needs another look." in page
    assert 'href="#id_amount"' in page
    assert 'value="Saw &amp; &lt;blade&gt;"' in page
    assert 'value="900"' in page
    with tenant_context(acme.company):
        assert not TicketInstance.objects.exists()


def test_what_is_not_offered_to_ann_is_the_same_as_nothing(acme: Firm, ann: Client):
    with tenant_context(acme.company):
        an_offer(acme, "payrise", company_role_access=["managers"])

    for ask in (ann.get, ann.post):
        hidden, nothing = ask("/portal/new/payrise-request/"), ask("/portal/new/yacht-request/")

        assert (hidden.status_code, nothing.status_code) == (404, 404)
        assert hidden.content == nothing.content


def test_the_page_mentions_what_is_under_way_already(acme: Firm, ann: Client):
    with tenant_context(acme.company):
        offer = a_workflow(acme)
        a_ticket(acme, offer)

    assert "A request of yours of this kind is under way." in text_of(
        ann.get("/portal/new/flow-request/")
    )


# --- the page of a request -----------------------------------------------------------------------


def a_request(firm: Firm, drawing: str = "ask > check", subject: str = "A chair") -> TicketInstance:
    return a_ticket(firm, a_workflow(firm, drawing), subject)


def page_of(client: Client, ticket: TicketInstance) -> str:
    return text_of(client.get(f"{MINE}{ticket.number}/"))


def done(firm: Firm, ticket: TicketInstance, **answer: Any) -> None:
    complete_task(firm.will, the_open_task(ticket), answer or YES)


def test_the_tracker_tells_what_is_done_what_is_now_and_what_usually_comes(acme: Firm, ann: Client):
    with tenant_context(acme.company):
        ticket = a_request(acme, "ask > check > pay")
        done(acme, ticket)

    page = page_of(ann, ticket)

    assert re.search(r"Step 2 of 3: Check With Will", page)
    assert re.search(r"Ask \(done\) Will · .*2 Check With Will since .*3 Pay", page)


def test_a_request_that_goes_round_says_so_and_counts_honestly(acme: Firm, ann: Client):
    with tenant_context(acme.company):
        ticket = a_request(acme, "ask > check > pay; check ? ok = false > ask")
        done(acme, ticket)
        done(acme, ticket, ok=False)

    page = page_of(ann, ticket)

    assert "Step 3 of 5: Ask" in page
    assert re.search(r"Ask \(done\) .*Check \(done\) .*3 Ask With Will .* 2nd time", page)
    assert re.search(r"4 Check once more 5 Pay", page)


def test_a_passed_step_never_stands_open_again_on_a_way_round(acme: Firm, ann: Client):
    drawing = "approve > order; approve ? ok = false > clarify; clarify > approve"
    with tenant_context(acme.company):
        ticket = a_request(acme, drawing)
        done(acme, ticket, ok=False)
    places = [re.search(r"Steps? (\d+) of \d+: \w+", page_of(ann, ticket))]
    first = page_of(ann, ticket)
    with tenant_context(acme.company):
        done(acme, ticket)
    places.append(re.search(r"Steps? (\d+) of \d+: \w+", page_of(ann, ticket)))

    assert re.search(r"Approve \(done\) .*2 Clarify With Will .*3 Approve once more", first)
    assert [place and place.group() for place in places] == [
        "Step 2 of 4: Clarify", "Step 3 of 4: Approve",
    ]  # fmt: skip


def test_the_tracker_says_when_somebody_works_on_it(acme: Firm, ann: Client):
    with tenant_context(acme.company):
        ticket = a_request(acme)
        start_task(acme.will, the_open_task(ticket))

    assert "Will works on it since" in page_of(ann, ticket)


def test_what_nobody_has_waits_for_somebody_free(acme: Firm, ann: Client):
    with tenant_context(acme.company):
        acme.will.is_available = False
        acme.will.save(update_fields=["is_available"])
        ticket = a_request(acme)

    assert "Step 1 of 2: Ask Waits for somebody free" in page_of(ann, ticket)


def test_the_history_tells_what_moved_and_who_wrote(acme: Firm, ann: Client):
    with tenant_context(acme.company):
        ticket = a_request(acme)
        done(acme, ticket)
        add_comment(acme.will, ticket, "Which colour?")
        add_comment(acme.ann, ticket, "Any colour")

    page = page_of(ann, ticket)

    story = ["You wrote", "Any colour", "Will Of-Acme wrote", "Which colour?"]
    story += [
        "Moved on to Check , with Will",
        "Will Of-Acme finished Ask",
        "Started with Ask , with",
    ]
    story += ["You sent this request"]
    places = [page.index(line) for line in story]
    assert places == sorted(places)


def test_what_the_team_keeps_to_itself_is_not_on_the_page(acme: Firm, ann: Client):
    with tenant_context(acme.company):
        ticket = a_request(acme, "ask > check; check ? ok = false > ask")
        task = the_open_task(ticket)
        add_comment(acme.will, ticket, "between us: she asks often", is_internal=True)
        acme.boss.is_available = True
        acme.boss.save(update_fields=["is_available"])
        reassign_task(acme.will, task, acme.boss, reason="I am drowning in work")
        complete_task(acme.boss, task, YES)
        hold_ticket(acme.tara, ticket, reason="the budget is a mess")

    page = ann.get(f"{MINE}{ticket.number}/").content.decode()

    for secret in ("between us", "drowning", "mess", "Fewest open", "is free", "ok is"):
        assert secret not in page
    assert "On hold" in page


def test_a_request_that_broke_says_that_we_look_into_it_and_not_why(acme: Firm, ann: Client):
    with tenant_context(acme.company):
        nothing_fits = {
            "output_schema": {"type": "object", "properties": {"ok": {"type": "string"}}}
        }
        drawing = "ask ? ok = yes > check"
        offer = a_workflow(acme, drawing, ask=nothing_fits)
        ticket = a_ticket(acme, offer)
        complete_task(acme.will, the_open_task(ticket), {"ok": "perhaps"})
        error = TicketError.objects.get(ticket=ticket)

    page, row = page_of(ann, ticket), text_of(ann.get(MINE))

    assert "We are looking into it" in page
    assert "We are looking into it" in row
    assert error.message not in page
    assert "perhaps" not in page


def test_a_finished_request_tells_how_long_it_took(acme: Firm, ann: Client):
    with tenant_context(acme.company):
        ticket = a_request(acme, "ask")
        done(acme, ticket)

    assert re.search(
        r"Everything is done, in a moment Completed .*Ask \(done\)", page_of(ann, ticket)
    )


def test_a_colleagues_request_is_the_same_as_none(acme: Firm, ann: Client):
    with tenant_context(acme.company):
        ticket = a_request(acme)
    boss = Client()
    boss.force_login(acme.boss)

    for way in ("", "withdraw/", "comment/", "change/"):
        for ask in (boss.get, boss.post):
            theirs = ask(f"{MINE}{ticket.pk}/{way}")
            nothing = ask(f"{MINE}01a1f7fe-1550-718f-a0ba-2ed513ebb82d/{way}")
            by_number = ask(f"{MINE}{ticket.number}/{way}")

            assert {theirs.status_code, nothing.status_code, by_number.status_code} == {404}
            assert theirs.content == nothing.content == by_number.content


@pytest.mark.parametrize("odd", ["0", "99999999999", "x", "1042x", "%00", "-1"])
def test_an_odd_address_is_no_request_and_no_crash(ann: Client, odd: str):
    assert ann.get(f"{MINE}{odd}/").status_code == 404


def test_ann_writes_to_the_people_who_work_on_it(acme: Firm, ann: Client):
    with tenant_context(acme.company):
        ticket = a_request(acme)

    answer = ann.post(
        f"{MINE}{ticket.number}/comment/", {"text": "<b>Soon</b>\nplease"}, follow=True
    )

    assert "&lt;b&gt;Soon&lt;/b&gt;<br>please" in answer.content.decode()


def test_an_empty_comment_is_refused_beside_its_field(acme: Firm, ann: Client):
    with tenant_context(acme.company):
        ticket = a_request(acme)

    answer = ann.post(f"{MINE}{ticket.number}/comment/", {"text": "  "})

    assert "Please fill this in." in text_of(answer)
    with tenant_context(acme.company):
        assert not Comment.objects.exists()


def test_withdrawing_asks_first_and_goes_to_the_archive(acme: Firm, ann: Client):
    with tenant_context(acme.company):
        ticket = a_request(acme)

    asked = text_of(ann.get(f"{MINE}{ticket.number}/withdraw/"))
    with tenant_context(acme.company):
        assert TicketInstance.objects.get().closed_at is None  # a link changes nothing
    answer = ann.post(f"{MINE}{ticket.number}/withdraw/", {"reason": "Found one"}, follow=True)

    assert "Withdraw this request?" in asked
    page = text_of(answer)
    assert "This request was withdrawn" in page
    assert "You withdrew this request" in page
    assert "Found one" in page
    assert "A chair" in text_of(ann.get(ARCHIVE))
    assert "A chair" not in text_of(ann.get(MINE))


def test_withdrawing_needs_a_reason(acme: Firm, ann: Client):
    with tenant_context(acme.company):
        ticket = a_request(acme)

    answer = ann.post(f"{MINE}{ticket.number}/withdraw/", {"reason": " "})

    assert "Please fill this in." in text_of(answer)


def test_what_is_over_cannot_be_withdrawn_and_says_so_at_once(acme: Firm, ann: Client):
    with tenant_context(acme.company):
        ticket = a_request(acme)
        cancel_ticket(acme.tara, ticket, reason="Too dear")

    for ask in (ann.get, ann.post):
        answer = ask(f"{MINE}{ticket.number}/withdraw/", {"reason": "Late"}, follow=True)

        assert "Request #1001 is over" in answer.content.decode()
        assert "Withdraw" not in text_of(answer)
        assert "Too dear" in text_of(answer)  # who asked may know why it was stopped


# --- what came of it -----------------------------------------------------------------------------

SEEN = {"x-requester-sees": True}
DECISION = {
    "type": "object",
    "required": ["ok"],
    "properties": {
        "ok": {"type": "boolean", "title": "All right?"},
        "note": {"type": "string", "title": "Note to you", **SEEN},
        "margin": {"type": "string", "title": "Margin"},
        "guess": {"type": "string", "title": "Guess", "x-requester-sees": "yes"},
        "who": {
            "type": "object", "title": "Supplier", **SEEN,
            "properties": {"name": {"type": "string", "title": "Name"}},
        },
    },
}  # fmt: skip


def a_decision(firm: Firm, *labels: str, flow: str = "flow") -> TicketDefinition:
    """ "decide > order", refused to the end; `labels` of the ways: to order, refused, ordered."""
    document = a_document(
        "decide > order; decide ? ok = false > end", key=flow, decide={"output_schema": DECISION}
    )
    ways = {"order": 0, "end": 1, "": 2}
    for way in document["workflows"][0]["transitions"]:
        refused = way.get("condition") and way["to"] is None
        place = "end" if refused else way["to"] or ""
        if way.get("from") and place in ways and labels[ways[place]]:
            way["label"] = labels[ways[place]]
    import_bundle(firm.boss, document, publish=True)
    return TicketDefinition.objects.select_related("workflow").get(key=f"{flow}-request")


def test_who_asked_reads_the_marked_answers_and_no_others(acme: Firm, ann: Client):
    with tenant_context(acme.company):
        ticket = a_ticket(acme, a_decision(acme, "approved", "declined", ""))
        secret = {"margin": "40 percent", "guess": "She will forget it"}
        answer = {"ok": True, "note": "Until <May>", "who": {"name": "Miller"}, **secret}
        done(acme, ticket, **answer)

    page = page_of(ann, ticket)

    assert re.search(r"finished Decide approved .*Note to you Until &lt;May&gt; Supplier", page)
    assert re.search(r"Decide · Will Of-Acme Note to you Until", page)  # beside the tracker as well
    for word in ("40 percent", "Margin", "forget", "Guess", "All right"):
        assert word not in page


def test_every_visit_of_a_loop_keeps_its_own_answer(acme: Firm, ann: Client):
    with tenant_context(acme.company):
        drawing = "ask > check; check ? ok = false > ask"
        offer = a_workflow(acme, drawing, check={"output_schema": DECISION})
        ticket = a_ticket(acme, offer)
        for note in ("Too short", "Still too short"):
            done(acme, ticket)
            done(acme, ticket, ok=False, note=note)

    story = page_of(ann, ticket).partition("What has happened")[2]

    assert story.index("Still too short") < story.index("Too short")


def test_a_refusal_does_not_look_like_success(acme: Firm, ann: Client):
    with tenant_context(acme.company):
        ticket = a_ticket(acme, a_decision(acme, "approved", "declined", ""))
        done(acme, ticket, ok=False)

    answer = ann.get(f"{MINE}{ticket.number}/")
    page, archive = text_of(answer), ann.get(ARCHIVE)

    assert "Ended: declined" in page
    assert "by Will Of-Acme, after a moment" in page
    assert "The request ended: declined" in page
    assert "Everything is done" not in page
    assert "tf-chip success" not in answer.content.decode()
    assert '<li class="done">' not in answer.content.decode()
    assert "Declined" in text_of(archive)
    assert "tf-chip success" not in archive.content.decode()


def test_what_ends_on_a_way_without_a_word_is_done(acme: Firm, ann: Client):
    with tenant_context(acme.company):
        ticket = a_ticket(acme, a_decision(acme, "approved", "declined", ""))
        done(acme, ticket)
        done(acme, ticket)

    page = page_of(ann, ticket)

    assert "Everything is done" in page
    assert "finished Decide approved" in page
    assert "Ended" not in page
    assert "Completed" in text_of(ann.get(ARCHIVE))


def test_a_finished_request_takes_no_comment_and_leads_to_a_new_one(acme: Firm, ann: Client):
    with tenant_context(acme.company):
        ticket = a_request(acme, "ask")
        done(acme, ticket)

    page = ann.get(f"{MINE}{ticket.number}/")
    sent = ann.post(f"{MINE}{ticket.number}/comment/", {"text": "It <b>broke</b> again"})

    assert "Write to the people" not in page.content.decode()
    assert re.search(r'href="/portal/new/flow-request/"[^>]*>\s*Ask again', page.content.decode())
    assert "This was not sent" in text_of(sent)
    assert "It &lt;b&gt;broke&lt;/b&gt; again" in text_of(sent)
    with tenant_context(acme.company):
        assert not Comment.objects.exists()


def test_what_is_not_offered_any_more_leads_to_something_else_or_nowhere(acme: Firm, ann: Client):
    with tenant_context(acme.company):
        offer = a_workflow(acme, "ask")
        ticket = a_ticket(acme, offer)
        done(acme, ticket)
        TicketDefinition.objects.filter(pk=offer.pk).update(status="ARCHIVED")
    nowhere = ann.get(f"{MINE}{ticket.number}/").content.decode()
    with tenant_context(acme.company):
        an_offer(acme, "anything", key="something-else", title="Something else")
    elsewhere = ann.get(f"{MINE}{ticket.number}/").content.decode()

    assert "/portal/new/" not in nowhere
    assert 'href="/portal/new/something-else/"' in elsewhere


def test_a_request_that_is_over_lights_up_the_archive(acme: Firm, ann: Client):
    with tenant_context(acme.company):
        over, active = a_request(acme, "ask"), a_ticket(acme, a_workflow(acme, key="other"))
        done(acme, over)

    def lit(ticket: TicketInstance) -> list[str]:
        page = ann.get(f"{MINE}{ticket.number}/").content.decode()
        return re.findall(r'<a [^>]*href="([^"]+)"[^>]*aria-current="page"', page)

    assert set(lit(over)) == {ARCHIVE}
    assert set(lit(active)) == {MINE}


# --- the lists -----------------------------------------------------------------------------------


def test_my_requests_show_only_mine_with_place_and_status(acme: Firm, ann: Client):
    with tenant_context(acme.company):
        offer = a_workflow(acme)
        a_ticket(acme, offer, "A chair")
        submit_ticket(acme.boss, offer, {"subject": "A yacht"})

    page = text_of(ann.get(MINE))

    assert re.search(r"A chair #1001 · Ask for flow .*Ask with Will since", page)
    assert "In progress" in page
    assert "yacht" not in page


@pytest.mark.parametrize(
    ("question", "found"),
    [("q=chair", "1"), ("q=%231001", "1"), ("q=yacht", ""), ("type=flow-request", "1"),
     ("type=none", ""), ("status=moving", "1"), ("status=hold", ""), ("status=odd", "")],
)  # fmt: skip
def test_the_list_is_searched_and_filtered(acme: Firm, ann: Client, question: str, found: str):
    with tenant_context(acme.company):
        a_request(acme)

    page = text_of(ann.get(f"{MINE}?{question}"))

    assert ("A chair" in page) is bool(found)


def test_both_lists_have_a_next_step_while_they_are_empty(ann: Client):
    assert "Ask for something" in text_of(ann.get(MINE))
    assert "Look at my requests" in text_of(ann.get(ARCHIVE))


def test_the_search_of_the_site_finds_own_requests_by_number_and_offers_by_name(
    acme: Firm, ann: Client
):
    with tenant_context(acme.company):
        a_request(acme)

    assert "A chair" in ann.get("/portal/search/?s=%231001&fragment=1").content.decode()
    assert "Ask for flow" in ann.get("/portal/search/?s=flow&fragment=1").content.decode()


# --- what it costs -------------------------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
def test_pages_cost_the_same_however_much_there_is(acme: Firm, ann: Client, statements):
    with tenant_context(acme.company):
        offer = a_workflow(acme, "ask > check; check ? ok = false > ask")
        ticket = a_ticket(acme, offer)
        refused = a_ticket(acme, a_decision(acme, "approved", "declined", "", flow="decision"))
        done(acme, refused, ok=False, note="No")
    places = [PORTAL, MINE, ARCHIVE, "/portal/new/flow-request/", f"{MINE}{ticket.number}/"]
    places.append(f"{MINE}{refused.number}/")

    def cost() -> dict[str, int]:
        found = {}
        for place in places:
            ann.get(place)
            with statements() as counted:
                ann.get(place)
            found[place] = counted.total
        return found

    before = cost()
    with tenant_context(acme.company):
        for number in range(30):
            a_ticket(acme, offer, f"Chair {number}")
            add_comment(acme.ann, ticket, f"Comment {number}")
        for _ in range(10):
            done(acme, ticket)
            done(acme, ticket, ok=False)
    after = cost()

    assert after == before
    assert max(before[place] for place in (PORTAL, MINE, ARCHIVE)) <= 10, before
    assert before["/portal/new/flow-request/"] <= 10, before
    assert before[f"{MINE}{ticket.number}/"] <= 12, before
    assert before[f"{MINE}{refused.number}/"] <= 13, before


def test_a_ticket_with_very_many_events_shows_the_newest(acme: Firm, ann: Client, monkeypatch):
    monkeypatch.setattr(pages, "MOST_LINES", 3)
    with tenant_context(acme.company):
        ticket = a_request(acme, "ask > check > pay")
        done(acme, ticket)
        assert TaskInstance.objects.count() == 2

    page = page_of(ann, ticket)

    assert "Will Of-Acme finished Ask" in page
    assert "You sent this request" not in page
