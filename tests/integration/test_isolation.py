"""No page of any site ever shows, counts or tells apart another company's rows.

Nothing is listed here: sites come from their register, addresses from the resolver, models from the
apps. The sweep is run three times: with both walls, with the managers patched to return everything
(only row security left), and with a login that bypasses row security (only the managers left).
"""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.db import models
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver

from admin_site.base import RoleSite, role_sites
from tenants.checks import tenant_models
from tenants.context import tenant_context
from tenants.models import AuditManager, TenantManager, User, UserManager, UserQuerySet
from tenants.owner import as_owner
from tests.builders import Firm
from tests.world import furnish

WORD = "globex-secret"
CANARY = re.compile(r"globex", re.IGNORECASE)
# What differs between two answers to the same question, and tells nothing.
NOISE = [
    re.compile(r'name="csrfmiddlewaretoken" value="[^"]*"'),
    re.compile(r'name="(submission_key|token|initial-[a-z_]*key)"[^>]*value="[^"]*"'),
    re.compile(r"\b\d\d:\d\d(:\d\d)?\b"),
]


@dataclass(frozen=True)
class Address:
    """One address of the resolver: its path with places for values, and the names of the places."""

    template: str
    places: tuple[str, ...]

    def at(self, value: object) -> str:
        return "/" + self.template % dict.fromkeys(self.places, value)


def addresses(resolver: URLResolver | None = None, before: str = "") -> Iterator[Address]:
    """Every address of the product, as the resolver knows it."""
    for pattern in (resolver or get_resolver()).url_patterns:
        path = before + _as_template(pattern)
        if isinstance(pattern, URLResolver):
            yield from addresses(pattern, path)
        elif isinstance(pattern, URLPattern):
            yield Address(path, tuple(re.findall(r"%\((\w+)\)s", path)))


def _as_template(pattern: URLPattern | URLResolver) -> str:
    text = str(pattern.pattern).lstrip("^").replace("\\Z", "").rstrip("$")
    text = re.sub(r"\(\?P<(\w+)>[^)]*\)", r"%(\1)s", text)
    return re.sub(r"<(?:\w+:)?(\w+)>", r"%(\1)s", text)


def of_site(site: RoleSite) -> list[Address]:
    found = [address for address in addresses() if address.template.startswith(f"{site.key}/")]
    assert found, f"{site.key} is not mounted in config/urls.py"
    return found


def same_but_for(text: str, *values: object) -> str:
    for value in values:
        text = text.replace(str(value), "…")
    for noise in NOISE:
        text = noise.sub("…", text)
    return text


@contextmanager
def managers_that_return_everything(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The first wall is gone: whatever a manager is asked, it filters nothing."""
    with monkeypatch.context() as patched:
        patched.setattr(
            TenantManager, "get_queryset", lambda self: models.Manager.get_queryset(self)
        )
        patched.setattr(
            AuditManager, "get_queryset", lambda self: models.Manager.get_queryset(self)
        )
        patched.setattr(
            UserManager, "get_queryset", lambda self: UserQuerySet(self.model, using=self._db)
        )
        yield


@contextmanager
def both_walls(_: pytest.MonkeyPatch) -> Iterator[None]:
    yield


@contextmanager
def a_login_that_bypasses_row_security(_: pytest.MonkeyPatch) -> Iterator[None]:
    """The second wall is gone: the owner's login sees every row."""
    with as_owner():
        yield


WALLS = [both_walls, managers_that_return_everything, a_login_that_bypasses_row_security]
pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def two_companies(acme: Firm, globex: Firm) -> tuple[Firm, dict[type[models.Model], UUID]]:
    furnish(acme, "acme-own")
    return acme, furnish(globex, WORD)


def the_person(firm: Firm, site: RoleSite) -> User:
    """Who opens this site for a living; the platform's own person for the platform."""
    if site.role:
        return firm.boss
    from tenants.context import platform_context

    with platform_context():
        return User.objects.create_superuser(
            "root@platform.example", "x", first_name="R", last_name="Oot"
        )


@pytest.mark.parametrize("walls", WALLS, ids=lambda walls: walls.__name__)
@pytest.mark.parametrize("site", role_sites(), ids=lambda site: site.key)
def test_no_page_shows_another_company_and_a_foreign_id_is_an_absent_one(
    two_companies: Any, client: Client, monkeypatch: pytest.MonkeyPatch, site: RoleSite, walls: Any
):
    acme, foreign = two_companies
    client.force_login(the_person(acme, site))
    # The platform lists companies by their names; what is inside them it must not know.
    canary = (
        CANARY if site.role else re.compile(WORD + r"(?! company)|@globex|of-globex", re.IGNORECASE)
    )
    leaks, tells = [], []

    with walls(monkeypatch):
        for address in of_site(site):
            for key in set(foreign.values()) if address.places else {""}:
                for ask in (client.get, client.post):
                    absent = uuid4()
                    answer, of_nothing = ask(address.at(key)), ask(address.at(absent))
                    text, nothing = (
                        same_but_for(a.content.decode(), key, absent) for a in (answer, of_nothing)
                    )
                    place = (ask.__name__, address.at(key), answer.status_code)
                    if answer.status_code >= 500 or canary.search(text):
                        leaks.append(place)
                    if address.places and (answer.status_code, text) != (
                        of_nothing.status_code,
                        nothing,
                    ):
                        tells.append(place)

    assert leaks == []
    assert [tell for tell in tells if site.role] == []


@pytest.mark.parametrize("site", role_sites(), ids=lambda site: site.key)
def test_searching_filtering_and_sorting_find_nothing_of_another_company(
    two_companies: Any, client: Client, site: RoleSite
):
    acme, foreign = two_companies
    client.force_login(the_person(acme, site))
    keys = "&".join(
        f"{name}={next(iter(foreign.values()))}"
        for name in ("id", "pk", "ticket", "workflow", "company")
    )
    questions = [
        "?q=globex",
        "?s=globex&fragment=1",
        "?o=1.-2.3",
        "?p=9999",
        "?all=",
        f"?{keys}",
        "?q=%00",
        "?title__regex=(",
    ]
    canary = re.compile(WORD) if not site.role else CANARY
    wrong = []

    for address in of_site(site):
        if address.places:
            continue
        for question in questions:
            answer = client.get(address.at("") + question)
            text = (
                answer.content.decode()
                .replace("q=globex", "")
                .replace('value="globex"', "")
                .replace("s=globex", "")
            )
            said = re.sub(r"[^\w\s]globex[^\w\s]", "", text)
            if answer.status_code >= 500 or (canary.search(said) and site.role):
                wrong.append((address.at("") + question, answer.status_code))

    assert wrong == []


@pytest.mark.parametrize("site", role_sites(), ids=lambda site: site.key)
def test_a_site_opens_for_its_role_and_for_no_other(acme: Firm, client: Client, site: RoleSite):
    people = {
        "user": acme.ann,
        "task_worker": acme.will,
        "ticket_admin": acme.tara,
        "workflow_creator": acme.flo,
        "admin": acme.adam,
    }
    expected = {role: 200 if site.role == role else 403 for role in people}

    answers = {}
    for role, person in people.items():
        client.force_login(person)
        answers[role] = client.get(f"/{site.key}/", follow=True).status_code
    client.logout()

    assert answers == expected
    assert client.get(f"/{site.key}/").status_code == 302


def test_every_tenant_model_has_a_row_in_the_furnished_company(two_companies: Any):
    _, foreign = two_companies

    assert set(foreign) == set(tenant_models())


@pytest.mark.parametrize("model", tenant_models(), ids=lambda model: model.__name__)
def test_each_wall_alone_hides_every_row(
    two_companies: Any, monkeypatch: pytest.MonkeyPatch, model: type[models.Model]
):
    acme, foreign = two_companies

    for walls in WALLS:
        with walls(monkeypatch), tenant_context(acme.company):
            assert not model._default_manager.filter(pk=foreign[model]).exists(), walls.__name__
