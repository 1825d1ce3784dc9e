"""What people see of versions: the list, the difference, the preview of a move, and the move."""

from typing import Any
from uuid import uuid4
from xml.etree import ElementTree

import pytest
from django.test import Client
from django.urls import reverse

from definitions.models import TicketDefinition, WorkflowDefinition
from definitions.services import import_bundle, make_draft
from operations.models import TicketInstance
from operations.services import complete_task, move_to_version
from tenants.context import tenant_context
from tests.builders import Firm, a_document, a_ticket, the_open_task
from tests.pages import text_of

pytestmark = pytest.mark.django_db

WHY = "The new way is shorter"
DESIGN, DESK = "design:definitions_workflowdefinition", "desk:definitions_workflowdefinition"


def publish(firm: Firm, drawing: str, **more: Any) -> WorkflowDefinition:
    with tenant_context(firm.company):
        import_bundle(firm.flo, a_document(drawing, **more), publish=True)
        return WorkflowDefinition.objects.get(key=more.get("key", "flow"), status="PUBLISHED")


def ask(firm: Firm, subject: str = "A chair") -> TicketInstance:
    with tenant_context(firm.company):
        return a_ticket(firm, TicketDefinition.objects.get(key="flow-request"), subject)


def on_version(firm: Firm, ticket: TicketInstance) -> int:
    with tenant_context(firm.company):
        found = TicketInstance.objects.select_related("workflow__workflow_definition")
        run = found.get(pk=ticket.pk).workflow
        assert run is not None
        return int(run.workflow_definition.version)


def design(version: WorkflowDefinition, page: str = "change") -> str:
    return reverse(f"{DESIGN}_{page}", args=[version.pk])


def desk(version: WorkflowDefinition, *tickets: TicketInstance) -> str:
    named = ",".join(str(ticket.number) for ticket in tickets)
    return reverse(f"{DESK}_move", args=[version.pk]) + (f"?tickets={named}" if named else "")


def field_for(response: Any) -> str:
    """The name of the one choice that the page asks for."""
    (bound,) = response.context["form"].choices
    return str(bound.name)


# --- the list and the difference ------------------------------------------------------------------


def test_the_list_says_what_changed_and_how_many_run_on_each(acme: Firm, client: Client):
    publish(acme, "ask > check")
    ask(acme)
    ask(acme)
    new = publish(acme, "ask > weigh > check")
    ask(acme)
    client.force_login(acme.flo)

    words = text_of(client.get(design(new, "versions")))

    assert "v2 Published by Flo" in words
    assert "1 ticket under way" in words
    assert "task Weigh added" in words
    assert "v1 Archived by Flo" in words
    assert "2 tickets under way The first version" in words
    assert "Make a draft of it" in words
    assert "Move tickets here Archive" in words
    assert "Publish" not in words.replace("Published", "")


def test_a_draft_is_published_from_the_list(acme: Firm, client: Client):
    old = publish(acme, "ask > check")
    with tenant_context(acme.company):
        draft = make_draft(acme.flo, old)
    client.force_login(acme.flo)

    page = client.get(design(old, "versions"))

    assert f'href="{design(draft, "publish")}">Publish</a>' in page.content.decode()
    assert "Make a draft of it" not in text_of(page)  # there is one


def test_the_list_costs_the_same_for_many_versions(acme: Firm, client: Client, statements: Any):
    publish(acme, "ask > check")
    new = publish(acme, "ask > weigh > check")
    client.force_login(acme.flo)
    client.get(design(new, "versions"))

    with statements() as few:
        client.get(design(new, "versions"))
    for number in range(8):
        new = publish(acme, "ask > check", ask={"title": f"Ask {number}"})
    with statements() as many:
        assert "v10" in text_of(client.get(design(new, "versions")))

    assert few.total == many.total, many


def test_older_versions_are_on_a_page_of_their_own(acme: Firm, client: Client):
    for number in range(22):
        new = publish(acme, "ask > check", ask={"title": f"Ask {number}"})
    client.force_login(acme.flo)

    first = client.get(design(new, "versions"))
    assert "Older versions" in text_of(first)
    older = text_of(client.get(design(new, "versions") + first.context["older_url"]))

    assert "v2 Archived" in older
    assert "v1 Archived" in older
    assert "v3 Archived" not in older


def test_the_difference_is_told_part_by_part_and_the_other_way_round(acme: Firm, client: Client):
    old = publish(acme, "ask > check")
    form = {"type": "object", "required": ["ok", "note"], "properties": {
        "ok": {"type": "boolean", "title": "All right?"}, "note": {"type": "string"}}}  # fmt: skip
    new = publish(acme, "ask > check", check={"output_schema": form})
    client.force_login(acme.flo)

    words = text_of(client.get(design(new, "compare")))
    turned = text_of(client.get(design(old, "compare") + "?with=2"))

    assert "Task “Check” question “note” added (text), which must be answered" in words
    assert "Task “Check” question “note” removed" in turned
    assert "says the same as" in text_of(client.get(design(new, "compare") + "?with=2"))
    assert client.get(design(new, "compare") + "?with=99").status_code == 404
    assert client.get(design(new, "compare") + "?with=x").status_code == 404


def test_the_only_version_has_nothing_to_be_compared_with(acme: Firm, client: Client):
    new = publish(acme, "ask > check")
    client.force_login(acme.flo)

    assert "This is the only version" in text_of(client.get(design(new, "compare")))


# --- the preview on the Design site ---------------------------------------------------------------


def test_whoever_publishes_sees_how_many_stay_and_what_moving_would_do(acme: Firm, client: Client):
    publish(acme, "ask > check")
    ask(acme, "A secret wish")
    new = publish(acme, "ask > weigh > check")
    client.force_login(acme.flo)

    page = text_of(client.get(design(new)))
    preview = client.get(design(new, "move"))

    assert "1 ticket that is under way stays on an older version." in page
    assert "This ticket can be moved to v2." in text_of(preview)
    assert "A ticket admin can move them, on the desk." in text_of(preview)
    assert b"A secret wish" not in preview.content


def test_a_draft_can_be_looked_at_before_it_is_published(acme: Firm, client: Client):
    old = publish(acme, "ask > check")
    ask(acme)
    with tenant_context(acme.company):
        draft = make_draft(acme.flo, old)
    client.force_login(acme.boss)

    words = text_of(client.get(design(draft, "move")))

    assert "Tickets can be moved once v2 is published." in words
    assert "Move them" not in words


def test_what_is_chosen_in_the_preview_is_chosen_on_the_desk(acme: Firm, client: Client):
    publish(acme, "ask > check")
    ask(acme)
    new = publish(acme, "query > check")
    client.force_login(acme.boss)

    preview = client.get(design(new, "move"))
    assert "“Ask” is not part of v2." in text_of(preview)
    chosen = client.get(design(new, "move"), {field_for(preview): "query"})
    moving = client.get(chosen.context["desk_url"])

    assert "“Ask” goes on as “Query”." in text_of(chosen)
    assert "“Ask” goes on as “Query”." in text_of(moving)


# --- the move on the desk -------------------------------------------------------------------------


def test_a_ticket_is_moved_and_back_from_its_own_page(acme: Firm, client: Client):
    publish(acme, "ask > check")
    ticket = ask(acme)
    publish(acme, "query > check")
    client.force_login(acme.tara)
    page = reverse("desk:operations_ticketinstance_change", args=[ticket.pk])

    asked = client.get(reverse("desk:operations_ticketinstance_version", args=[ticket.pk]))
    move = client.get(asked["Location"])
    answer = {field_for(move): "query", "reason": WHY}
    moved = client.post(asked["Location"], answer, follow=True)

    assert "runs on v2 now." in moved.content.decode()
    words = text_of(client.get(page))
    assert "moved the ticket from v1 to v2" in words
    assert f"“Ask” goes on as “Query”. {WHY}" in words
    assert "Started with Ask" in words
    assert "Move back to v1" in words

    back = client.get(page).context["version_back"].href
    offered = client.get(back)
    assert "“Query” goes on as “Ask”." in text_of(offered)
    undone = {field_for(offered): "ask", "reason": "A mistake"}
    client.post(back, undone)

    assert on_version(acme, ticket) == 1
    words = text_of(client.get(page))
    assert "moved the ticket from v2 to v1" in words
    assert "Move back to v2" in words


def test_many_are_moved_at_once_and_each_is_told(acme: Firm, client: Client):
    publish(acme, "ask > check")
    stays, goes = ask(acme), ask(acme)
    with tenant_context(acme.company):
        complete_task(acme.will, the_open_task(goes), {"ok": True})
    new = publish(acme, "query > check")
    client.force_login(acme.tara)
    chosen = {"action": "version_many", "_selected_action": [str(stays.pk), str(goes.pk)]}

    asked = client.post(reverse("desk:operations_ticketinstance_changelist"), chosen)
    assert asked["Location"] == desk(new, stays, goes)
    assert "1 of 2 tickets can be moved to v2, 1 stays." in text_of(client.get(asked["Location"]))
    result = client.post(asked["Location"], {"reason": WHY}, follow=True)

    words = text_of(result)
    assert "1 ticket moved to v2, 1 stayed" in words
    assert f"{goes} It is at Check." in words
    assert f"{stays} “Ask” is not part of v2." in words
    assert (on_version(acme, stays), on_version(acme, goes)) == (1, 2)


def test_no_reason_moves_nothing_and_keeps_what_was_chosen(acme: Firm, client: Client):
    publish(acme, "ask > check")
    ticket = ask(acme)
    new = publish(acme, "query > check")
    client.force_login(acme.tara)
    name = field_for(client.get(desk(new, ticket)))

    again = client.post(desk(new, ticket), {name: "query", "reason": " "})
    looked = client.post(desk(new, ticket), {name: "query", "reason": "Not yet", "_look": "1"})

    assert again.context["form"].errors["reason"]
    assert '<option value="query" selected>' in again.content.decode()
    assert "Not yet" in looked.content.decode()
    assert not looked.context["form"].errors
    assert on_version(acme, ticket) == 1


def test_tickets_of_several_workflows_are_not_moved_together(acme: Firm, client: Client):
    publish(acme, "ask > check")
    publish(acme, "ask > check", key="other")
    first = ask(acme)
    with tenant_context(acme.company):
        second = a_ticket(acme, TicketDefinition.objects.get(key="other-request"))
    client.force_login(acme.tara)
    chosen = {"action": "version_many", "_selected_action": [str(first.pk), str(second.pk)]}

    page = client.post(reverse("desk:operations_ticketinstance_changelist"), chosen, follow=True)

    assert "Choose tickets of one workflow. These run on “Flow”, “Other”." in page.content.decode()


def test_a_workflow_of_one_version_has_nowhere_to_go(acme: Firm, client: Client):
    publish(acme, "ask > check")
    ticket = ask(acme)
    client.force_login(acme.tara)

    asked = reverse("desk:operations_ticketinstance_version", args=[ticket.pk])
    page = client.get(asked, follow=True)

    assert "There is no other version of this workflow." in page.content.decode()


def test_the_page_costs_the_same_for_one_ticket_and_for_many(
    acme: Firm, client: Client, statements: Any
):
    publish(acme, "ask > check")
    tickets = [ask(acme) for _ in range(9)]
    new = publish(acme, "ask > weigh > check")
    client.force_login(acme.tara)
    client.get(desk(new, *tickets))

    with statements() as one:
        client.get(desk(new, tickets[0]))
    with statements() as many:
        client.get(desk(new, *tickets))

    assert one.total == many.total, many


def test_the_answers_to_a_step_that_is_no_more_are_still_shown(acme: Firm, client: Client):
    publish(acme, "ask > check")
    ticket = ask(acme)
    with tenant_context(acme.company):
        complete_task(acme.will, the_open_task(ticket), {"ok": True})
    new = publish(acme, "query > check")
    with tenant_context(acme.company):
        move_to_version(acme.tara, [ticket], new, reason=WHY)
    client.force_login(acme.tara)

    page = client.get(reverse("desk:operations_ticketinstance_change", args=[ticket.pk]))

    assert "Ask answered All right? Yes" in text_of(page)


def test_the_requester_reads_the_old_words_and_nothing_of_the_move(acme: Firm, client: Client):
    document = a_document("ask > check")
    document["workflows"][0]["transitions"][2]["label"] = "granted"
    with tenant_context(acme.company):
        import_bundle(acme.flo, document, publish=True)
    ticket = ask(acme)
    with tenant_context(acme.company):
        complete_task(acme.will, the_open_task(ticket), {"ok": True})
    new = publish(acme, "query > check")
    with tenant_context(acme.company):
        move_to_version(acme.tara, [ticket], new, reason=WHY)
    client.force_login(acme.ann)

    words = text_of(
        client.get(reverse("portal:operations_ticketinstance_change", args=[ticket.pk]))
    )

    assert "finished Ask granted" in words
    assert WHY not in words
    assert "version" not in words


# --- who may --------------------------------------------------------------------------------------


@pytest.mark.parametrize("page", ["versions", "compare", "move"])
def test_a_foreign_version_and_none_at_all_are_the_same_page(
    acme: Firm, globex: Firm, client: Client, page: str
):
    theirs = publish(globex, "ask > check")
    client.force_login(acme.boss)

    foreign = client.get(design(theirs, page))
    absent = client.get(reverse(f"{DESIGN}_{page}", args=[uuid4()]))

    assert foreign.status_code == absent.status_code == 404
    assert text_of(foreign) == text_of(absent)


def test_foreign_tickets_and_versions_are_not_there_on_the_desk(
    acme: Firm, globex: Firm, client: Client
):
    publish(globex, "ask > check")
    theirs = ask(globex, "Their secret")
    foreign = publish(globex, "ask > weigh > check")
    publish(acme, "ask > check")
    ours = publish(acme, "ask > weigh > check")
    client.force_login(acme.boss)

    assert client.get(desk(foreign)).status_code == 404
    answer = client.get(desk(ours, theirs))

    assert "No ticket to move" in text_of(answer)
    assert b"Their secret" not in answer.content


def test_only_a_ticket_admin_comes_to_the_page_that_moves(acme: Firm, client: Client):
    new = publish(acme, "ask > check")
    for person in (acme.flo, acme.will, acme.ann, acme.adam):
        client.force_login(person)
        assert client.get(desk(new)).status_code == 403


def test_a_draft_is_no_place_to_move_to(acme: Firm, client: Client):
    old = publish(acme, "ask > check")
    with tenant_context(acme.company):
        draft = make_draft(acme.flo, old)
    client.force_login(acme.boss)

    assert client.get(desk(draft)).status_code == 404


@pytest.mark.parametrize("tickets", ["x", "1,,2", "99999999999999999999", "-1", "²", "%00", ","])
def test_numbers_that_are_none_are_no_tickets(acme: Firm, client: Client, tickets: str):
    new = publish(acme, "ask > check")
    client.force_login(acme.tara)

    answer = client.get(f"{desk(new)}?tickets={tickets}&from={tickets}&back={tickets}")

    assert answer.status_code == 200
    assert "No ticket to move" in text_of(answer)


def test_a_result_that_nobody_keeps_leads_back(acme: Firm, client: Client):
    new = publish(acme, "ask > check")
    client.force_login(acme.tara)

    answer = client.get(reverse(f"{DESK}_moved", args=[new.pk, "nothing"]))

    assert answer.status_code == 302


# --- pictures -------------------------------------------------------------------------------------


def test_the_picture_of_a_moved_ticket_shows_what_was_done_under_another_name(
    acme: Firm, client: Client
):
    publish(acme, "ask > check")
    ticket = ask(acme)
    with tenant_context(acme.company):
        complete_task(acme.will, the_open_task(ticket), {"ok": True})
    new = publish(acme, "query > check")
    with tenant_context(acme.company):
        move_to_version(acme.tara, [ticket], new, mapping={"ask": "query"}, reason=WHY)
    client.force_login(acme.tara)

    page = client.get(reverse("desk:operations_ticketinstance_change", args=[ticket.pk]))

    steps = {step.key: step.state for step in page.context["figure"].steps}
    assert steps["query"].startswith("Done")
    assert steps["check"].startswith("Open")
    assert page.content.decode().count('class="way done"') == 2


@pytest.mark.parametrize("site", [DESIGN, DESK])
def test_the_picture_can_be_saved(acme: Firm, client: Client, site: str):
    new = publish(acme, "ask > check")
    client.force_login(acme.boss)
    address = reverse(f"{site}_picture", args=[new.pk])

    light, dark = (client.get(address, {"as": theme}) for theme in ("light", "dark"))
    text = client.get(address, {"as": "text"})

    for answer, ground in ((light, "#ffffff"), (dark, "#18181b")):
        assert answer["Content-Type"] == "image/svg+xml"
        assert answer["Content-Disposition"] == 'attachment; filename="flow-v1.svg"'
        picture = ElementTree.fromstring(answer.content)  # noqa: S314 - our own
        assert picture.get("role") == "img"
        assert f".ground,.labbg{{fill:{ground}}}" in answer.content.decode()
        assert "$" not in answer.content.decode()
    assert text.content.decode() == (
        "Flow v1\n\nStart\n  - to Ask\nAsk (Form)\n  - to Check\nCheck (Form)\n  - to the end\n"
    )
    assert client.get(address, {"as": "exe"}).status_code == 404


def test_the_picture_of_another_company_is_none(acme: Firm, globex: Firm, client: Client):
    theirs = publish(globex, "ask > check")
    client.force_login(acme.boss)

    for site in (DESIGN, DESK):
        assert client.get(reverse(f"{site}_picture", args=[theirs.pk])).status_code == 404


def test_the_desk_sees_the_picture_of_a_workflow(acme: Firm, client: Client):
    new = publish(acme, "ask > check")
    client.force_login(acme.tara)

    page = client.get(reverse(f"{DESK}_change", args=[new.pk])).content.decode()

    assert "<svg" in page
    assert 'href="#step-1"' in page
    assert 'id="step-1"' in page
