"""The scenarios of a workflow in the browser: how each goes, and what it expects."""

import re
from collections.abc import Callable
from contextlib import AbstractContextManager
from html import unescape
from typing import Any

import pytest
from django.test import Client

from definitions.models import WorkflowDefinition
from definitions.services import document_of, import_bundle
from tenants.context import tenant_context
from tests.builders import Firm, a_document, the_workflow
from tests.statements import Counted

pytestmark = pytest.mark.django_db

RIGHT = {
    "title": "Approved",
    "submission": {"subject": "A chair"},
    "answers": {"check": {"ok": True}, "pay": {"ok": True}},
    "expect": {"path": ["check", "pay"], "ends": True},
}
WRONG = {**RIGHT, "title": "Turned down", "answers": {"check": {"ok": False}}}


@pytest.fixture
def flo(acme: Firm, client: Client) -> Client:
    """The workflow creator of Acme at her browser."""
    client.force_login(acme.flo)
    return client


def with_scenarios(acme: Firm, *scenarios: Any) -> WorkflowDefinition:
    document = a_document("check > pay; check ? ok = false > end")
    document["workflows"][0]["scenarios"] = list(scenarios)
    with tenant_context(acme.company):
        import_bundle(acme.boss, document)
        return the_workflow()


@pytest.fixture
def draft(acme: Firm) -> WorkflowDefinition:
    return with_scenarios(acme, RIGHT, WRONG)


def at(draft: WorkflowDefinition, number: str = "") -> str:
    return f"/design/workflows/{draft.pk}/scenarios/{number + '/' if number else ''}"


def text_of(response: Any) -> str:
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", response.content.decode())).split())


def seen(response: Any) -> str:
    found = re.search(r'name="_seen" value="([^"]+)"', response.content.decode())
    assert found
    return found[1]


def kept(acme: Firm) -> list[dict[str, Any]]:
    with tenant_context(acme.company):
        found: list[dict[str, Any]] = document_of(the_workflow()).get("scenarios", [])
        return found


def press(flo: Client, draft: WorkflowDefinition, button: str) -> Any:
    return flo.post(at(draft), {"_seen": seen(flo.get(at(draft))), "do": button}, follow=True)


def save(flo: Client, draft: WorkflowDefinition, number: str, **sent: Any) -> Any:
    usual = {
        "_seen": seen(flo.get(at(draft, number))),
        "title": "Approved",
        "path": "Check\npay",
        "ends": "yes",
        "at": "",
        "given": "submission: {subject: A chair}\nanswers: {check: {ok: true}, pay: {ok: true}}",
        "left": "",
    }
    return flo.post(at(draft, number), {**usual, **sent}, follow=True)


def test_each_says_how_it_goes_and_leads_to_where_it_turns(
    flo: Client, draft: WorkflowDefinition
) -> None:
    page = flo.get(at(draft))

    told = text_of(page)
    assert "1 of 2 does not go as expected." in told
    assert "Turned down Expected “Check”, then “Pay”, then the end; it went “Check”" in told
    assert "because All right is no" in told
    ways = f"/design/workflows/{draft.pk}/steps/check/ways/"
    assert f'href="{ways}">Show the ways after “Check”' in unescape(page.content.decode())


def test_where_nothing_is_kept_yet_trying_comes_first(flo: Client, acme: Firm) -> None:
    told = text_of(flo.get(at(with_scenarios(acme))))

    assert "No scenario yet" in told
    assert "Try it" in told


def test_what_happens_now_can_be_taken_as_right(
    flo: Client, acme: Firm, draft: WorkflowDefinition
) -> None:
    told = text_of(press(flo, draft, "accept:1"))

    assert "“Turned down” now expects what happens." in told
    assert "All 2 go as expected." in told
    assert kept(acme)[1]["expect"] == {"path": ["check"], "ends": True}


def test_one_is_deleted(flo: Client, acme: Firm, draft: WorkflowDefinition) -> None:
    told = text_of(press(flo, draft, "remove:1"))

    assert "“Turned down” is deleted." in told
    assert kept(acme) == [RIGHT]


def test_the_last_one_is_deleted(flo: Client, acme: Firm) -> None:
    press(flo, with_scenarios(acme, RIGHT), "remove:0")

    assert kept(acme) == []


@pytest.mark.parametrize("button", ["remove:7", "remove:x", "accept:", "burn:0", ""])
def test_a_button_for_nothing_is_not_found(
    flo: Client, acme: Firm, draft: WorkflowDefinition, button: str
) -> None:
    sent = {"_seen": seen(flo.get(at(draft))), "do": button}

    assert flo.post(at(draft), sent).status_code == 404
    assert len(kept(acme)) == 2


def test_whoever_changed_them_meanwhile_is_not_overruled(
    flo: Client, acme: Firm, draft: WorkflowDefinition
) -> None:
    stamp = seen(flo.get(at(draft)))
    press(flo, draft, "remove:0")

    told = text_of(flo.post(at(draft), {"_seen": stamp, "do": "remove:0"}, follow=True))

    assert "Something was changed meanwhile" in told
    assert [one["title"] for one in kept(acme)] == ["Turned down"]


def test_title_and_expectation_are_changed(
    flo: Client, acme: Firm, draft: WorkflowDefinition
) -> None:
    save(
        flo, draft, "0", title="Waits for the payment", path="check\nPAY", ends="no", at="pay",
        given="submission: {subject: A chair}\nanswers: {check: {ok: true}}",
        left="check: {ok: true}",
    )  # fmt: skip

    assert kept(acme)[0] == {
        "title": "Waits for the payment",
        "submission": {"subject": "A chair"},
        "answers": {"check": {"ok": True}},
        "expect": {
            "path": ["check", "pay"],
            "ends": False,
            "at": "pay",
            "data": {"check": {"ok": True}},
        },
    }


def test_saving_without_a_change_changes_nothing(
    flo: Client, acme: Firm, draft: WorkflowDefinition
) -> None:
    save(flo, draft, "0")

    assert kept(acme) == [RIGHT, WRONG]


@pytest.mark.parametrize(
    ("sent", "words"),
    [
        ({"title": ""}, "Please fill this in."),
        ({"title": "Turned down"}, "Another scenario is called so."),
        ({"path": "check\npayy"}, "Line 2: there is no step “payy”. Did you mean “Pay”?"),
        ({"given": "submission: {"}, "Line 2"),
        ({"given": "submision: {}"}, "Did you mean “submission”?"),
        ({"given": "- 1"}, "Write groups"),
        ({"given": "answers: 7"}, "answers"),
        ({"left": "x: ["}, "Line"),
    ],
)
def test_what_is_wrong_is_told_and_what_was_typed_stays(
    flo: Client, acme: Firm, draft: WorkflowDefinition, sent: dict[str, str], words: str
) -> None:
    response = save(flo, draft, "0", **sent)

    assert words in text_of(response)
    (typed,) = sent.values()
    if "title" not in sent:
        assert typed in unescape(response.content.decode())
        assert kept(acme) == [RIGHT, WRONG]


def test_a_scenario_that_is_not_there_is_not_found(flo: Client, draft: WorkflowDefinition) -> None:
    for number in ("2", "x", "-1", "99999"):
        assert flo.get(at(draft, number)).status_code == 404


def test_another_companys_scenarios_are_not_there(
    client: Client, globex: Firm, draft: WorkflowDefinition
) -> None:
    client.force_login(globex.flo)

    assert client.get(at(draft)).status_code == 404
    assert client.get(at(draft, "0")).status_code == 404
    assert client.post(at(draft), {"do": "remove:0"}).status_code == 404


def test_a_finding_leads_to_its_scenario(flo: Client, draft: WorkflowDefinition) -> None:
    html = flo.get(f"/design/workflows/{draft.pk}/", follow=True).content.decode()

    assert f'href="{at(draft)}#scenario-1"' in html


def test_many_cost_no_more_statements_than_one(
    flo: Client, acme: Firm, statements: Callable[[], AbstractContextManager[Counted]]
) -> None:
    def cost(draft: WorkflowDefinition) -> int:
        flo.get(at(draft))  # whatever is remembered is remembered now
        with statements() as counted:
            flo.get(at(draft))
        return counted.total

    few = cost(with_scenarios(acme, RIGHT))
    many = cost(with_scenarios(acme, *({**RIGHT, "title": f"No. {n}"} for n in range(30))))

    assert few == many
