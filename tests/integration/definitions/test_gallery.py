"""The gallery: every way to every end with the real verbs, and the pages that clone an entry."""

import re
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from typing import Any

import pytest
from django.contrib.postgres.functions import TransactionNow
from django.test import Client

from definitions.bundle.canonical import EVERYBODY
from definitions.bundle.meaning import graph_of
from definitions.documents import read_text
from definitions.gallery import Entry, entries
from definitions.gallery.cloning import Wishes, clone
from definitions.models import TicketDefinition, WorkflowDefinition
from definitions.services import import_bundle
from operations import engine, outgoing, store, work
from operations.models import TaskInstance, TicketError, TicketInstance, WorkflowStatus
from operations.outgoing import Answer, CallFailed
from operations.services import complete_task, submit_ticket
from tenants.context import tenant_context
from tenants.models import CompanyRole, User
from tenants.services import create_company_role, sign_up_company
from tests.builders import PASSWORD, Firm, the_open_task
from tests.statements import Counted
from tests.ways import Step, Way, ends_of, ways_along

pytestmark = pytest.mark.django_db

GALLERY = "/design/gallery/"
ENDS = [
    pytest.param(entry, end.key, id=f"{entry.key}: {end.source} {end.label}".rstrip())
    for entry in entries()
    for end in ends_of(graph_of(entry.workflow))
]


# Stories: from submit to each end


@pytest.fixture
def eve(db: Any) -> Iterator[User]:
    """She has just signed up, and is alone in her company."""
    boss = sign_up_company(
        company_name="Alone",
        email="eve@alone.example",
        password=PASSWORD,
        first_name="Eve",
        last_name="Alone",
    )
    assert boss.company is not None
    with tenant_context(boss.company):
        yield boss


def for_everybody(person: User, entry: Entry) -> TicketDefinition:
    """Cloned and published, its work done by whoever works on tasks."""
    wishes = Wishes(entry.key, entry.title, {role.key: EVERYBODY for role in entry.roles})
    kept = clone(person, entry, wishes)
    import_bundle(person, read_text(kept.text), publish=True)
    return TicketDefinition.objects.select_related("workflow").get(key=entry.key)


def work_off() -> None:
    """Do what is due, as jobs and sweeper would."""
    for _ in range(20):
        due = [one for one in store.due_work() if one.kind != "nobody"]
        if not [one for one in due if work.do(one.kind, one.row_id)]:
            return
    raise AssertionError("There is always something to do.")


def is_due(task: TaskInstance, column: str) -> None:
    """Its time has come."""
    mine = TaskInstance.objects.filter(pk=task.pk, **{f"{column}__isnull": False})
    assert mine.update(**{column: TransactionNow()}) == 1


class Player:
    """Plays a way that the engine has found with the real verbs."""

    def __init__(self, person: User, ticket: TicketInstance, monkeypatch: Any) -> None:
        self.person, self.ticket, self.monkeypatch = person, ticket, monkeypatch

    def play(self, step: Step) -> None:
        tasks = TaskInstance.objects.select_related("task_definition", "assigned_to")
        task = tasks.filter(ticket=self.ticket, task_definition__key=step.key).latest("sequence")
        kind = task.task_definition.task_type
        if step.way_out == engine.OUT_OF_TIME:
            is_due(task, "times_out_at")
            work_off()
        elif kind == "FORM":
            complete_task(self.person, task, step.output)
        elif kind == "WAIT":
            is_due(task, "wakes_at")
            work_off()
        elif kind == "SYNC_ACTION":
            self.call(task, fails=bool(step.way_out))
        else:
            self.inside(step)

    def call(self, task: TaskInstance, *, fails: bool) -> None:
        def send(call: Any, *, rules: Any) -> Answer:
            assert call.url == "https://shop.example/api/refunds"
            if fails:
                raise CallFailed("dns", "There is no such name.")
            return Answer(200, {}, b'{"id": "R-1"}', 0.1)

        self.monkeypatch.setattr(outgoing, "send", send)
        for _ in range(5):
            work_off()
            if TaskInstance.objects.get(pk=task.pk).t_status != "PENDING":
                return
            is_due(task, "wakes_at")

    def inside(self, step: Step) -> None:
        """The workflow inside, so that it gives the output of the step."""
        work_off()
        fine = isinstance(step.output, dict) and step.output["genuine"]
        for _ in range(2 if fine else 1):
            task = the_open_task(self.ticket)
            questions: Any = task.task_definition.output_schema
            complete_task(
                self.person,
                task,
                {
                    name: fine if question["type"] == "boolean" else "Somebody"
                    for name, question in questions["properties"].items()
                },
            )
        work_off()


@pytest.mark.parametrize(("entry", "end"), ENDS)
def test_whoever_signed_up_gets_to_every_end(eve: User, entry: Entry, end: str, monkeypatch: Any):
    way: Way = ways_along(graph_of(entry.workflow))[end]
    ticket = submit_ticket(eve, for_everybody(eve, entry), dict(way.submitted))
    player = Player(eve, ticket, monkeypatch)

    for step in way.steps:
        player.play(step)

    ticket = TicketInstance.objects.select_related("workflow").get(pk=ticket.pk)
    assert ticket.workflow is not None
    assert list(TicketError.objects.all()) == []
    assert ticket.workflow.w_status == WorkflowStatus.COMPLETED


# Pages


@pytest.fixture
def flo(acme: Firm, client: Client) -> Client:
    """The workflow creator of Acme at her browser."""
    client.force_login(acme.flo)
    return client


@pytest.fixture
def bea(acme: Firm, client: Client) -> Client:
    """Who may also make company roles."""
    client.force_login(acme.boss)
    return client


def text_of(answer: Any) -> str:
    """What a person reads on the page, in one line."""
    body = answer.content.decode().split("<body", 1)[-1]
    return " ".join(re.sub(r"<[^>]*>", " ", body).split())


def suggested(client: Client, entry: str, **other: str) -> dict[str, str]:
    """What the form says when nothing was touched, but for `other`."""
    form = client.get(f"{GALLERY}{entry}/").context["form"]
    return {**{name: form[name].value() for name in form.fields}, **other}


def test_the_gallery_shows_what_each_is_for_and_who_is_needed(flo: Client) -> None:
    page = flo.get(GALLERY)

    text = text_of(page)
    for entry in entries():
        assert entry.title in text and entry.story[0] in text
        assert f"{GALLERY}{entry.key}/" in page.content.decode()
    assert "7 steps · Managers, Office, IT" in text
    assert page.content.decode().count('class="tf-wf ga-thumb"') == 10


def test_the_search_finds_by_what_people_would_call_it(flo: Client) -> None:
    def found(query: str) -> list[str]:
        page = flo.get(GALLERY, {"q": query})
        return [tile.entry.key for group in page.context["groups"] for tile in group.tiles]

    assert found("Vacation") == ["leave-request"]
    assert found("bank details") == ["supplier-onboarding"]
    assert found("nothing of the kind") == []
    assert "Nothing here is called like that" in text_of(flo.get(GALLERY, {"q": "<x>"}))


def test_gallery_pages_cost_few_statements(
    flo: Client, statements: Callable[[], AbstractContextManager[Counted]]
) -> None:
    with statements() as tiles:
        flo.get(GALLERY)
    with statements() as page:
        flo.get(f"{GALLERY}contract-review/")

    assert tiles.total <= 10
    assert page.total <= 11  # the taken keys of workflows and ticket types, and the company roles


@pytest.mark.parametrize("entry", entries(), ids=lambda entry: entry.key)
def test_two_clicks_publish_it(acme: Firm, flo: Client, entry: Entry) -> None:
    first = flo.post(f"{GALLERY}{entry.key}/", suggested(flo, entry.key))
    shown = text_of(flo.get(first["Location"]))
    done = flo.post(first["Location"], {"do": "publish"}, follow=True)

    assert "Look before you import" in shown and "Create" in shown
    assert "imported and published" in text_of(done)
    with tenant_context(acme.company):
        assert TicketDefinition.objects.published().get().key == entry.key
        assert not WorkflowDefinition.objects.exclude(status="PUBLISHED").exists()


def test_a_second_clone_is_another_one(acme: Firm, flo: Client) -> None:
    for _ in range(2):
        preview = flo.post(f"{GALLERY}leave-request/", suggested(flo, "leave-request"))["Location"]
        flo.post(preview, {"do": "publish"})

    with tenant_context(acme.company):
        there = list(TicketDefinition.objects.order_by("key").values_list("key", "title"))
        versions = set(WorkflowDefinition.objects.values_list("version", flat=True))
    assert there == [("leave-request", "Leave request"), ("leave-request-2", "Leave request 2")]
    assert versions == {1}


def test_nothing_that_is_there_is_overwritten(acme: Firm, flo: Client) -> None:
    asked = suggested(flo, "refund")
    previews = [flo.post(f"{GALLERY}refund/", asked)["Location"] for _ in range(2)]
    flo.post(previews[0], {"do": "publish"})

    late = flo.post(previews[1], {"do": "publish"}, follow=True)
    typed = flo.post(f"{GALLERY}refund/", {**asked, "title": "My refund"})

    assert "nothing is overwritten" in text_of(late)
    assert "The company has something with this key already" in text_of(typed)
    assert 'value="My refund"' in typed.content.decode()
    with tenant_context(acme.company):
        assert WorkflowDefinition.objects.count() == 1


@pytest.mark.parametrize("key", ["a.b", " ", "x" * 81, "", "a\x00b"])
def test_a_key_that_is_none_is_refused_beside_its_field(flo: Client, key: str) -> None:
    answer = flo.post(f"{GALLERY}refund/", suggested(flo, "refund", key=key))

    assert answer.status_code == 200
    assert answer.context["form"].errors["key"]


def test_the_companys_roles_do_the_work(acme: Firm, bea: Client) -> None:
    with tenant_context(acme.company):
        create_company_role(acme.boss, key="front-desk", title="Office")
    asked = suggested(bea, "leaver")
    assert asked["role-managers"] == "managers"  # the same key
    assert asked["role-office"] == "front-desk"  # the same title
    assert asked["role-it"] == EVERYBODY

    preview = bea.post(f"{GALLERY}leaver/", {**asked, "role-it": "+"})["Location"]
    done = text_of(bea.post(preview, {"do": "publish"}, follow=True))

    assert "Nobody who works on tasks is in “IT”, “Office” yet" in done
    with tenant_context(acme.company):
        assert CompanyRole.objects.filter(key="it", title="IT").exists()
        tasks = WorkflowDefinition.objects.get().tasks
        given = {task.key: task.assign.get("company_role") for task in tasks.all()}
    assert (given["plan"], given["papers"], given["accounts"]) == ("managers", "front-desk", "it")


def test_only_who_may_make_company_roles_is_offered_it(acme: Firm, flo: Client) -> None:
    page = flo.get(f"{GALLERY}leaver/").content.decode()
    forged = flo.post(f"{GALLERY}leaver/", suggested(flo, "leaver", **{"role-it": "+"}))

    assert "Make the company role" not in page
    assert forged.context["form"].errors["role-it"]


def test_roles_of_another_company_are_not_offered(acme: Firm, globex: Firm, flo: Client) -> None:
    with tenant_context(globex.company):
        create_company_role(globex.boss, key="secret-role", title="Globex secret")

    page = flo.get(f"{GALLERY}leaver/").content.decode()
    forged = flo.post(f"{GALLERY}leaver/", suggested(flo, "leaver", **{"role-it": "secret-role"}))

    assert "secret" not in page.lower()
    assert forged.context["form"].errors["role-it"]


def test_what_has_to_be_filled_in_is_said_first(flo: Client) -> None:
    assert "https://shop.example/api/refunds" in text_of(flo.get(f"{GALLERY}refund/"))
    assert "Yours to fill in" not in text_of(flo.get(f"{GALLERY}leaver/"))


def test_what_is_not_in_the_gallery_is_not_found(flo: Client) -> None:
    assert flo.get(f"{GALLERY}nothing/").status_code == 404
    gone = flo.get(f"{GALLERY}preview/abc/", follow=True)
    assert "This upload is not there any more" in text_of(gone)


def test_only_workflow_creators_open_the_gallery(acme: Firm, client: Client) -> None:
    client.force_login(acme.ann)

    assert client.get(GALLERY).status_code == 403
    assert client.post(f"{GALLERY}refund/", {}).status_code == 403


def test_an_empty_company_is_led_to_the_gallery(acme: Firm, bea: Client) -> None:
    home = bea.get("/design/", follow=True).content.decode()
    portal = bea.get("/portal/").content.decode()

    assert f'href="{GALLERY}"' in home and "Choose from the gallery" in home
    assert f'href="{GALLERY}"' in portal
    assert "choose from the gallery" in text_of(bea.get("/"))
