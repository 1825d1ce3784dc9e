"""Who designs a workflow sees it; who looks after a ticket sees where in it the ticket is."""

from collections.abc import Callable
from typing import Any
from uuid import UUID, uuid4
from xml.etree import ElementTree

import pytest
from django.test import Client
from django.urls import reverse

from admin_site.pictures import figure_of_run
from definitions.graphs import graph_for
from definitions.models import TaskDefinition, WorkflowDefinition
from definitions.pictures import placing
from definitions.services import import_bundle
from operations.models import TaskInstance, TicketInstance, WorkflowInstance
from operations.services import cancel_ticket, complete_task, hold_ticket, move_ticket
from tenants.context import tenant_context
from tests.builders import Firm, a_document, a_ticket, a_workflow, the_open_task
from tests.pages import text_of

SVG = "{http://www.w3.org/2000/svg}"
DECISION = {
    "type": "object",
    "required": ["decision"],
    "properties": {"decision": {"type": "string", "title": "Decision"}},
}
# "maybe" fits no way: the ticket stops there.
DRAWING = """approve ? decision = yes > order
    approve ? decision = again > ask
    ask > approve
    approve ? decision = no > end"""
TASKS: dict[str, Any] = {
    "approve": {"title": "Approve the purchase", "output_schema": DECISION},
    "order": {"title": "Place the order"},
    "ask": {"title": "Ask once more"},
}


@pytest.fixture
def offer(acme: Firm) -> Any:
    with tenant_context(acme.company):
        return a_workflow(acme, DRAWING, key="purchase", **TASKS)


@pytest.fixture
def ticket(acme: Firm, offer: Any) -> TicketInstance:
    with tenant_context(acme.company):
        return a_ticket(acme, offer)


def answer(firm: Firm, ticket: TicketInstance, **said: Any) -> None:
    with tenant_context(firm.company):
        complete_task(firm.will, the_open_task(ticket), said)


def picture_in(response: Any) -> ElementTree.Element:
    """The SVG, which has to be in good order by itself."""
    page = response.content.decode()
    assert response.status_code == 200, page[:500]
    svg = page[page.index('<svg xmlns="http://www.w3.org/2000/svg" role') :]
    depth, at = 0, 0
    while True:
        opens, closes = svg.find("<svg", at), svg.index("</svg>", at)
        inner = opens != -1 and opens < closes
        depth, at = (depth + 1, opens + 4) if inner else (depth - 1, closes + 6)
        if depth == 0:
            return ElementTree.fromstring(svg[:at])  # noqa: S314


def steps_in(picture: ElementTree.Element) -> dict[str, tuple[str, str, str]]:
    """Title of each step -> its state, what a screen reader is told, where it leads."""
    found = {}
    for group in picture.findall(f"{SVG}g"):
        kind, _, state = (group.get("class") or "").partition(" ")
        if kind != "step":
            continue
        link = group.find(f"{SVG}a")
        said = "".join(group.find(f".//{SVG}title").itertext())  # type: ignore[union-attr]
        title, _, more = said.partition(", ")
        found[title] = (state, more, link.get("href", "") if link is not None else "")
    return found


def taken_in(picture: ElementTree.Element) -> int:
    return sum(
        "done" in (g.get("class") or "").split()[1:]
        for g in picture
        if "way" in (g.get("class") or "").split()
    )


def seen(client: Client, firm: Firm, ticket: TicketInstance) -> ElementTree.Element:
    client.force_login(firm.tara)
    return picture_in(client.get(f"/desk/tickets/{ticket.pk}/change/"))


# --- a version ------------------------------------------------------------------------------------


@pytest.mark.django_db
@pytest.mark.parametrize("publish", [True, False], ids=["published", "draft"])
def test_every_step_of_a_version_leads_to_its_page(
    client: Client, acme: Firm, publish: bool
) -> None:
    with tenant_context(acme.company):
        import_bundle(acme.boss, a_document(DRAWING, key="purchase", **TASKS), publish=publish)
        version = WorkflowDefinition.objects.get(key="purchase")
        rows = {row.title: row.pk for row in TaskDefinition.objects.all()}
    client.force_login(acme.flo)

    response = client.get(f"/design/workflows/{version.pk}/change/")

    steps = steps_in(picture_in(response))
    page = "design:definitions_taskdefinition_change"
    assert {title: href for title, (_, _, href) in steps.items()} == {
        title: reverse(page, args=[pk]) for title, pk in rows.items()
    }
    text = text_of(response)
    assert "to Place the order if Decision is “yes”" in text
    assert "to the end if Decision is “no”" in text


@pytest.mark.django_db
def test_a_step_with_findings_stands_out_in_the_picture(client: Client, acme: Firm) -> None:
    document = a_document("ask > check", key="flow")
    document["workflows"][0]["tasks"].append({"key": "island", "title": "Island"})
    with tenant_context(acme.company):
        import_bundle(acme.boss, document)
        version = WorkflowDefinition.objects.get(key="flow")
    client.force_login(acme.flo)

    steps = steps_in(picture_in(client.get(f"/design/workflows/{version.pk}/change/")))

    assert steps["Island"][0] == "warn"
    assert "finding" in steps["Island"][1]
    assert steps["Ask"][0] == ""


@pytest.mark.django_db
@pytest.mark.parametrize(
    "title",
    ["</title></svg><script>alert(1)</script>", "\"' onload='alert(1)", "é漢👩‍👩‍👧 \u202eevil"],
)
def test_titles_are_only_ever_text(client: Client, acme: Firm, title: str) -> None:
    with tenant_context(acme.company):
        import_bundle(acme.boss, a_document("ask > check", ask={"title": title}))
        version = WorkflowDefinition.objects.get(key="flow")
    client.force_login(acme.flo)

    response = client.get(f"/design/workflows/{version.pk}/change/")

    assert len(steps_in(picture_in(response))) == 2
    assert "<script>alert" not in response.content.decode()


@pytest.mark.django_db
def test_what_is_too_large_for_a_picture_is_told_in_words(
    client: Client, acme: Firm, offer: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(placing, "MOST_STEPS", 2)
    client.force_login(acme.flo)

    response = client.get(f"/design/workflows/{offer.workflow_id}/change/")

    assert "<svg xmlns" not in response.content.decode()
    text = text_of(response)
    assert "It has 3 steps. A picture shows 2 at most." in text
    assert "to Place the order if Decision is “yes”" in text


@pytest.mark.django_db
def test_pages_do_without_graphviz(
    client: Client, acme: Firm, ticket: TicketInstance, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(placing, "PROGRAM", placing.PROGRAM.with_name("is_not_there.py"))
    placing._kept.clear()
    client.force_login(acme.tara)

    response = client.get(f"/desk/tickets/{ticket.pk}/change/")
    placing._kept.clear()

    text = text_of(response)
    assert "The picture could not be drawn. This says the same in words." in text
    assert "Approve the purchase Form · Open a moment, Will" in text


# --- a ticket -------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_a_ticket_shows_where_it_is_and_each_visited_step_leads_to_its_task(
    client: Client, acme: Firm, ticket: TicketInstance
) -> None:
    answer(acme, ticket, decision="yes")

    picture = seen(client, acme, ticket)

    steps = steps_in(picture)
    with tenant_context(acme.company):
        done, now = TaskInstance.objects.filter(ticket=ticket).order_by("sequence")
    task_page = "desk:operations_taskinstance_change"
    state, said, href = steps["Approve the purchase"]
    assert (state, href) == ("done", reverse(task_page, args=[done.pk]))
    assert said.startswith("Form, Done today") and said.endswith("by Will")
    state, said, href = steps["Place the order"]
    assert (state, href) == ("now", reverse(task_page, args=[now.pk]))
    assert said == "Form, Open a moment, Will"
    assert steps["Ask once more"] == ("", "Form", "")
    assert taken_in(picture) == 2


@pytest.mark.django_db
def test_visits_are_counted(client: Client, acme: Firm, ticket: TicketInstance) -> None:
    for _ in range(2):
        answer(acme, ticket, decision="again")
        answer(acme, ticket, ok=True)

    picture = seen(client, acme, ticket)

    steps = steps_in(picture)
    assert steps["Approve the purchase"][0] == "now"
    assert steps["Approve the purchase"][1].endswith("Will, 3 times")
    assert steps["Ask once more"][1].endswith("by Will, 2 times")
    badges = ["".join(text.itertext()) for text in picture.findall(f".//{SVG}g[@class='times']")]
    assert sorted(badges) == ["2\N{MULTIPLICATION SIGN}", "3\N{MULTIPLICATION SIGN}"]
    assert taken_in(picture) == 3


@pytest.mark.django_db
def test_where_it_stopped_is_marked(client: Client, acme: Firm, ticket: TicketInstance) -> None:
    answer(acme, ticket, decision="maybe")

    state, said, _ = steps_in(seen(client, acme, ticket))["Approve the purchase"]

    assert state == "failed"
    assert said.startswith("Form, Stopped today")


@pytest.mark.django_db
def test_what_was_cancelled_and_what_is_on_hold_is_said(
    client: Client, acme: Firm, ticket: TicketInstance
) -> None:
    with tenant_context(acme.company):
        move_ticket(acme.tara, ticket, "order", reason="Go on")
        hold_ticket(acme.tara, ticket, reason="Wait")

    picture = seen(client, acme, ticket)

    steps = steps_in(picture)
    assert steps["Approve the purchase"][0] == "skip"
    assert steps["Approve the purchase"][1].startswith("Form, Cancelled today")
    assert steps["Place the order"][:2] == ("now", "Form, On hold, Will")
    assert taken_in(picture) == 1  # by hand is no way


@pytest.mark.django_db
def test_an_ended_ticket_shows_the_way_to_the_end(
    client: Client, acme: Firm, ticket: TicketInstance
) -> None:
    answer(acme, ticket, decision="no")

    picture = seen(client, acme, ticket)

    assert taken_in(picture) == 2
    assert {state for state, _, _ in steps_in(picture).values()} == {"done", ""}


@pytest.mark.django_db
def test_a_ticket_cancelled_before_it_started_has_its_picture_too(
    client: Client, acme: Firm, ticket: TicketInstance
) -> None:
    with tenant_context(acme.company):
        cancel_ticket(acme.tara, ticket, reason="No")

    assert steps_in(seen(client, acme, ticket))["Approve the purchase"][0] == "skip"


@pytest.mark.django_db(transaction=True)
def test_the_picture_costs_one_statement_however_often_a_ticket_went_round(
    acme: Firm, ticket: TicketInstance, statements: Callable[[], Any]
) -> None:
    def cost() -> int:
        with tenant_context(acme.company):
            run = WorkflowInstance.objects.get(root=ticket.workflow, depth=0)
            pinned = graph_for(run.workflow_definition_id)
            with statements() as counted:
                figure_of_run(run, pinned, "Purchase")
        return int(counted.total)

    once = cost()
    for _ in range(5):
        answer(acme, ticket, decision="again")
        answer(acme, ticket, ok=True)

    assert once == cost() == 1


# --- a workflow inside of it ----------------------------------------------------------------------


@pytest.fixture
def inner(acme: Firm) -> TicketInstance:
    with tenant_context(acme.company):
        a_workflow(acme, "look > sign", key="checking")
        inside = {"task_type": "SUBWORKFLOW", "subworkflow": "checking", "output_schema": None}
        return a_ticket(acme, a_workflow(acme, "inside > pay", inside=inside))


def the_run(firm: Firm, ticket: TicketInstance) -> UUID:
    with tenant_context(firm.company):
        return WorkflowInstance.objects.get(parent_task__ticket=ticket).pk


@pytest.mark.django_db
def test_a_step_that_runs_a_workflow_leads_into_its_picture_and_back(
    client: Client, acme: Firm, inner: TicketInstance
) -> None:
    run = the_run(acme, inner)

    outer = seen(client, acme, inner)
    way_in = outer.find(f".//{SVG}a[@class='inside']")
    assert way_in is not None and way_in.get("href") == f"/desk/pictures/{run}/"
    response = client.get(f"/desk/pictures/{run}/")

    assert set(steps_in(outer)) == {"Inside", "Pay"}
    assert {title: state for title, (state, _, _) in steps_in(picture_in(response)).items()} == {
        "Look": "now",
        "Sign": "",
    }
    assert f"/desk/pictures/{inner.workflow_id}/" in response.content.decode()
    assert f"/desk/tickets/{inner.pk}/change/" in response.content.decode()
    assert client.get(f"/desk/pictures/{inner.workflow_id}/").status_code == 200


@pytest.mark.django_db
def test_a_foreign_and_an_absent_run_are_the_same_page_and_only_the_desk_sees_one(
    client: Client, acme: Firm, globex: Firm, inner: TicketInstance
) -> None:
    run = the_run(acme, inner)

    client.force_login(globex.tara)
    foreign, absent = (client.get(f"/desk/pictures/{pk}/") for pk in (run, uuid4()))
    assert (foreign.status_code, absent.status_code) == (404, 404)
    assert text_of(foreign) == text_of(absent)

    for person in (acme.ann, acme.will, acme.flo, acme.adam):
        client.force_login(person)
        assert client.get(f"/desk/pictures/{run}/").status_code == 403
