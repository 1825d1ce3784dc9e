"""Secrets of a company, told by Adam, its admin: entered, used, replaced, deleted, never read."""

import logging
from collections.abc import Iterator
from typing import Any

import pytest
from django.test import Client, override_settings

from definitions.models import TaskDefinition, TicketDefinition
from tenants import services
from tenants.context import tenant_context
from tenants.errors import DomainError, NotAllowed, NotFound
from tenants.models import AuditEntry, CompanySecret
from tests.builders import Firm, a_ticket, a_workflow, the_workflow
from tests.pages import text_of
from tests.statements import statements

pytestmark = pytest.mark.django_db

SECRETS = "/company/secrets/"
ADD = f"{SECRETS}add/"
VALUE = "Bearer 6f1f!not-for-eyes"


@pytest.fixture
def adam(acme: Firm) -> Client:
    client = Client()
    client.force_login(acme.adam)
    return client


@pytest.fixture
def the_firm(acme: Firm) -> Iterator[Firm]:
    """Acme, in force."""
    with tenant_context(acme.company):
        yield acme


def kept(firm: Firm, name: str = "erp_token", value: str = VALUE) -> CompanySecret:
    with tenant_context(firm.company):
        return services.set_secret(firm.adam, name=name, value=value)


def page_of(secret: CompanySecret) -> str:
    return f"{SECRETS}{secret.pk}/change/"


def remove_of(secret: CompanySecret) -> str:
    return f"{SECRETS}{secret.pk}/remove/"


def values(firm: Firm, *names: str) -> dict[str, str]:
    with tenant_context(firm.company):
        return services.secret_values(names)


def log_of(firm: Firm) -> list[tuple[str, str, Any]]:
    """Newest first: what was done to which secret, and what was said of it."""
    with tenant_context(firm.company):
        lines = AuditEntry.objects.filter(action__startswith="secret").order_by("-created_at")
        return list(lines.values_list("action", "subject", "detail"))


def uses(firm: Firm, *names: str, key: str = "flow", where: str = "headers") -> None:
    """A published workflow whose step names these secrets."""
    references: list[Any] = [{"$secret": name} for name in names]
    action = {"headers": {"Authorization": ["Bearer ", *references]}}
    with tenant_context(firm.company):
        a_workflow(firm, "ask > check", key=key)
        TaskDefinition.objects.filter(workflow=the_workflow(key), key="check").update(
            task_type="SYNC_ACTION",
            action_url="https://erp.example/orders",
            action=action if where == "headers" else {where: references[0]},
        )


# --- the verbs -----------------------------------------------------------------------------------


def test_a_secret_is_opened_for_actions_and_lies_sealed(acme: Firm):
    secret = kept(acme)

    assert values(acme, "erp_token", "no_such") == {"erp_token": VALUE}
    assert VALUE not in secret.sealed


def test_another_companys_secret_of_the_same_name_is_not_ours(acme: Firm, globex: Firm):
    kept(globex, value="globex-only")

    assert values(acme, "erp_token") == {}


def test_setting_it_again_replaces_it_and_the_log_has_no_value(acme: Firm):
    kept(acme)
    kept(acme, value="another value")

    assert values(acme, "erp_token") == {"erp_token": "another value"}
    assert log_of(acme) == [("secret replaced", "erp_token", {}), ("secret added", "erp_token", {})]


def test_blanks_and_line_breaks_from_copying_are_left_out(acme: Firm):
    kept(acme, value=f"\n  {VALUE}\r\n")

    assert values(acme, "erp_token") == {"erp_token": VALUE}


@pytest.mark.parametrize(
    ("name", "value", "field"),
    [
        ("", "x", "name"),
        ("with blank", "x", "name"),
        ("ümlaut", "x", "name"),
        ("n" * 81, "x", "name"),
        ("nul\x00", "x", "name"),
        ("fine", "", "value"),
        ("fine", " \n ", "value"),
        ("fine", "two\nlines", "value"),
        ("fine", "a\x00b", "value"),
        ("fine", "sécret", "value"),
        ("fine", "v" * 4097, "value"),
    ],
)
def test_what_no_call_could_use_is_refused_without_saying_it(
    the_firm: Firm, name: str, value: str, field: str
):
    with pytest.raises(DomainError) as refused:
        services.set_secret(the_firm.adam, name=name, value=value)

    assert list(refused.value.fields) == [field]
    assert len(value.strip()) < 2 or value.strip() not in refused.value.message
    assert not CompanySecret.objects.exists()


def test_a_new_one_never_replaces_by_mistake(the_firm: Firm):
    services.set_secret(the_firm.adam, name="erp_token", value=VALUE)

    with pytest.raises(DomainError, match="There is a secret with this name"):
        services.set_secret(the_firm.adam, name="erp_token", value="other", is_new=True)

    assert services.secret_values(["erp_token"]) == {"erp_token": VALUE}


@pytest.mark.parametrize("who", ["ann", "will", "tara", "flo"])
def test_only_admins_enter_and_delete(the_firm: Firm, who: str):
    services.set_secret(the_firm.adam, name="erp_token", value=VALUE)
    person = getattr(the_firm, who)

    with pytest.raises(NotAllowed):
        services.set_secret(person, name="erp_token", value="mine")
    with pytest.raises(NotAllowed):
        services.delete_secret(person, "erp_token")

    assert services.secret_values(["erp_token"]) == {"erp_token": VALUE}


def test_deleting_what_is_gone_is_said(the_firm: Firm):
    with pytest.raises(NotFound):
        services.delete_secret(the_firm.adam, "erp_token")


def test_one_that_cannot_be_opened_is_left_out_and_the_log_tells_which(
    acme: Firm, caplog: pytest.LogCaptureFixture
):
    secret = kept(acme)
    kept(acme, name="other")
    with tenant_context(acme.company):
        CompanySecret.objects.filter(pk=secret.pk).update(sealed="gAAAA-broken")

    with caplog.at_level(logging.ERROR):
        found = values(acme, "erp_token", "other")

    assert found == {"other": VALUE}
    assert vars(caplog.records[-1])["secret"] == "erp_token"
    assert VALUE not in caplog.text


def test_naming_none_asks_the_database_nothing(the_firm: Firm):
    with statements() as counted:
        assert services.secret_values([]) == {}

    assert counted.total == 0, counted


# --- the pages -----------------------------------------------------------------------------------


def test_adam_enters_a_secret_and_nobody_reads_it_again(adam: Client, acme: Firm):
    answer = adam.post(ADD, {"name": "erp_token", "secret_value": VALUE}, follow=True)

    pages = [answer, *(adam.get(page) for page in (SECRETS, answer.request["PATH_INFO"]))]
    pages.append(adam.get("/company/log/"))
    with tenant_context(acme.company):
        sealed = CompanySecret.objects.get().sealed
    for page in pages:
        assert "erp_token" in text_of(page)
        assert VALUE not in page.content.decode()
        assert sealed not in page.content.decode()
    assert values(acme, "erp_token") == {"erp_token": VALUE}


def test_what_is_refused_comes_back_without_the_value(adam: Client, acme: Firm):
    kept(acme, value="first")

    for sent in ({"name": "erp_token"}, {"name": "no good"}, {"name": ""}):
        page = adam.post(ADD, {**sent, "secret_value": VALUE})

        assert page.status_code == 200
        assert VALUE not in page.content.decode()
        assert sent["name"] in page.content.decode()
        assert "Enter the value again" in text_of(page)
    assert values(acme, "erp_token") == {"erp_token": "first"}


@pytest.mark.parametrize("reason", ["the form is old", "nobody is signed in", "not an admin"])
def test_no_page_that_gives_typed_text_back_gives_the_value(acme: Firm, reason: str):
    client = Client(enforce_csrf_checks=reason == "the form is old")
    if reason != "nobody is signed in":
        client.force_login(acme.adam if reason == "the form is old" else acme.ann)

    page = client.post(ADD, {"name": "erp_token", "secret_value": VALUE}, follow=True)

    assert VALUE not in page.content.decode()
    assert values(acme, "erp_token") == {}


@override_settings(DEBUG=False)
def test_a_page_that_breaks_tells_no_value(adam: Client, monkeypatch: Any, caplog: Any):
    def breaks(*args: Any, **kwargs: Any) -> None:
        raise RuntimeError("disk is full")

    monkeypatch.setattr("tenants.services.secrets.record", breaks)
    adam.raise_request_exception = False

    page = adam.post(ADD, {"name": "erp_token", "secret_value": VALUE})

    assert page.status_code == 500
    assert VALUE not in page.content.decode() + caplog.text


def test_adam_replaces_it_by_its_page(adam: Client, acme: Firm):
    secret = kept(acme)

    page = adam.post(page_of(secret), {"secret_value": "the new one"}, follow=True)

    assert "erp_token is replaced" in text_of(page)
    assert values(acme, "erp_token") == {"erp_token": "the new one"}


def test_the_list_says_who_set_it_and_what_uses_it(adam: Client, acme: Firm):
    kept(acme)
    kept(acme, name="spare")
    uses(acme, "erp_token", key="order-a-chair")
    uses(acme, "erp_token", key="order-a-desk", where="sign")
    uses(acme, "erp_token", key="order-a-lamp", where="verify")

    text = text_of(adam.get(SECRETS))

    assert "erp_token Order A Chair, Order A Desk and 1 more" in text
    assert "spare No workflow" in text
    assert "Adam Of-Acme" in text


def test_its_name_in_a_text_is_no_use_of_it(adam: Client, acme: Firm):
    kept(acme)
    uses(acme, "erp_token_2")

    assert "No workflow uses it" in text_of(adam.get(page_of(kept(acme))))


def test_an_old_version_counts_while_tickets_are_on_their_way(adam: Client, acme: Firm):
    secret = kept(acme)
    uses(acme, "erp_token")
    with tenant_context(acme.company):
        a_ticket(acme, TicketDefinition.objects.get(key="flow-request"))
        a_workflow(acme, "ask > check > pay")

    assert "Flow Version 1" in text_of(adam.get(page_of(secret)))


def test_deleting_says_which_workflows_stop_and_asks_first(adam: Client, acme: Firm):
    secret = kept(acme)
    uses(acme, "erp_token", key="order-a-chair")

    question = text_of(adam.get(remove_of(secret)))
    assert "Calls of Order A Chair need it" in question
    assert values(acme, "erp_token")

    answer = adam.post(remove_of(secret), follow=True)
    assert "erp_token is deleted" in text_of(answer)
    assert values(acme, "erp_token") == {}
    assert log_of(acme)[0][:2] == ("secret deleted", "erp_token")


def test_one_that_cannot_be_opened_asks_to_be_entered_again(adam: Client, acme: Firm):
    secret = kept(acme)

    with override_settings(SECRET_KEY="another key altogether", SECRET_KEY_FALLBACKS=[]):
        client = Client()
        client.force_login(acme.adam)
        assert "Enter it again" in text_of(client.get(SECRETS))
        assert "cannot be opened any more" in text_of(client.get(page_of(secret)))
    assert "Enter it again" not in text_of(adam.get(SECRETS))


@pytest.mark.django_db(transaction=True)
def test_the_list_costs_the_same_for_many(adam: Client, acme: Firm):
    for number in range(3):
        kept(acme, name=f"token_{number}")
        uses(acme, f"token_{number}", key=f"flow-{number}")
    with statements() as few:
        adam.get(SECRETS)
    for number in range(3, 12):
        kept(acme, name=f"token_{number}")
    with statements() as many:
        adam.get(SECRETS)

    assert few.total == many.total <= 10, many
