"""No page of any site ever shows, counts or tells apart another company's rows.

Nothing is listed here: sites come from their register, addresses from the resolver, models from the
apps, fields from the forms, questions from the links. Everything is asked of each wall alone: with
managers that return everything (only row security left), and with a login that bypasses row
security (only the managers left); by `make thorough` of both together besides. Whatever writes a
row of the other company is heard.
"""

import json
import logging
from collections.abc import Iterator
from dataclasses import replace
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
from _pytest.mark import ParameterSet
from django.db import transaction
from django.db.models import Model
from django.test import override_settings
from django.urls import resolve
from pytest_django import DjangoDbBlocker

import config.urls  # noqa: F401  (mounting the sites registers them)
from admin_site.base import role_sites
from definitions.models import TicketDefinition, WorkflowDefinition
from operations.models import TicketInstance
from tenants.checks import tenant_models
from tenants.context import tenant_context
from tenants.models import Company, CompanyRole, Invitation, User
from tests.builders import a_document
from tests.sweep import Answer, Form, Sent, Visitor, addresses, route_of, same_but_for
from tests.thorough import THOROUGH, some
from tests.visits import NAME, Visit, is_closed, variants
from tests.walls import (
    WALLS,
    Wall,
    only_managers,
    only_row_security,
    watched,
    wire_laid,
)
from tests.world import BY_ROLE, THEIR_WORD, World, a_world, furnish_more


@pytest.fixture(scope="module")
def wire(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    logging.disable(logging.CRITICAL)  # some lines for each of ten thousand refusals
    with django_db_blocker.unblock(), wire_laid():
        yield
    logging.disable(logging.NOTSET)


ROUNDS = WALLS if THOROUGH else [only_row_security, only_managers]


def _round(walls: Wall) -> ParameterSet:
    """One process does a round, so that it opens each page once."""
    name = walls.__name__
    return pytest.param(walls, id=name, marks=pytest.mark.xdist_group(name))


@pytest.fixture(scope="module", params=[_round(walls) for walls in ROUNDS])
def world(request: pytest.FixtureRequest, wire: None) -> Iterator[World]:
    """Acme and Globex behind the walls of this round, in a transaction that is undone."""
    walls: Wall = request.param
    # Where nobody confirms an address, adding a person with a password tells whether it is known.
    as_on_a_server = override_settings(SIGNUP_CONFIRMS_EMAIL=True)
    with as_on_a_server, walls(), transaction.atomic():
        furnished = a_world()
        with watched(furnished.globex.company) as touched:
            yield replace(furnished, touched=touched)
        transaction.set_rollback(True)


@pytest.fixture(scope="module")
def visits(world: World) -> dict[str, Visit]:
    """What was found once serves every test of the round."""
    return {site.key: Visit(site, world) for site in role_sites()}


@pytest.fixture(params=[site.key for site in role_sites()])
def visit(request: pytest.FixtureRequest, visits: dict[str, Visit]) -> Visit:
    """A person of Acme (or of the platform) on the site they work with."""
    return visits[request.param]


def only_behind(*walls: Wall) -> pytest.MarkDecorator:
    """For what does not hang on each wall."""
    rounds = [_round(these) for these in walls]
    return pytest.mark.parametrize("world", rounds, indirect=True, scope="module")


# --- rows ----------------------------------------------------------------------------------------


def test_the_walls_of_this_round_hide_every_row(world: World):
    with tenant_context(world.acme.company):
        seen = [
            model.__name__
            for model in tenant_models()
            if model._default_manager.filter(pk__in=world.foreign[model][:1]).exists()
        ]

    assert seen == []


# --- pages and addresses -------------------------------------------------------------------------


def test_no_page_shows_anything_of_another_company(visit: Visit):
    assert [leak for page in visit.pages.values() if (leak := visit.leak(page))] == []


@only_behind(only_row_security, only_managers)
def test_no_page_counts_what_another_company_has(visit: Visit, world: World):
    plain = [page for path, page in visit.pages.items() if "?" not in path]

    with transaction.atomic():
        furnish_more(world.globex, THEIR_WORD)
        changed = [
            p.path for p in plain if same_but_for(visit.visitor.get(p.path)) != same_but_for(p)
        ]
        transaction.set_rollback(True)
    world.touched.clear()

    assert [path for path in changed if visit.site.role] == []


def test_no_link_leads_nowhere(visit: Visit):
    assert [page.path for page in visit.pages.values() if page.status >= 400] == []


def test_every_address_opens_for_something_of_ours(visit: Visit):
    """Otherwise what is asked below would prove nothing: everything is refused."""
    places = [address for address in visit.addresses if address.places and not is_closed(address)]

    assert [address.route for address in places if address.route not in visit.opened] == []


def test_a_foreign_name_in_an_address_is_an_absent_one(visit: Visit):
    forms = {route_of(form.action): form.filled() for form in visit.forms}
    wrong: list[str] = []

    for address in visit.addresses:
        ours = visit.places_of(address)
        names = visit.like(*ours.values()) or visit.foreign(User, TicketInstance)
        for place in address.places:
            path = address.at({**dict.fromkeys(address.places, "x"), **ours, place: NAME})
            wrong += visit.wrong(path, names)
            wrong += visit.wrong(path, names, forms.get(address.route, {"reason": ["x"]}))

    assert wrong == []


@only_behind(only_managers)
def test_nor_does_the_name_of_any_other_thing_open_an_address(visit: Visit):
    wrong: list[str] = []

    for address in visit.addresses:
        if address.places and not is_closed(address):
            path = address.at(dict.fromkeys(address.places, NAME))
            wrong += visit.wrong(path, visit.foreign())

    assert wrong == []


# --- forms ---------------------------------------------------------------------------------------


def test_a_foreign_name_in_a_form_is_an_absent_one(visit: Visit):
    wrong: list[str] = []

    for form, sent, field in _fields_to_try(visit.forms):
        names = _names_for(visit, form, field)
        wrong += visit.wrong(form.action, names, {**sent, field: [NAME]})

    assert wrong == []


def _fields_to_try(forms: list[Form]) -> Iterator[tuple[Form, Sent, str]]:
    """Each field of each address once, with its buttons by turns; when thorough, each field of
    each form with each button.
    """
    tried: set[tuple[str, str]] = set()
    for form in forms:
        for number, field in enumerate(form.kinds):
            place = route_of(form.action), field
            if place not in tried or THOROUGH:
                tried.add(place)
                yield from ((form, sent, field) for sent in _one_of(variants(form), number))


def _one_of(sent: list[Sent], number: int) -> list[Sent]:
    return some(sent, one_in=len(sent), start=number)


def _names_for(visit: Visit, form: Form, field: str) -> list[str]:
    """Where our own names are offered, foreign ones of the same; elsewhere any."""
    if field == "csrfmiddlewaretoken":
        return []
    ours = visit.like(*form.choices[field], *form.sent[field])
    typed = form.kinds[field] in ("text", "email", "search", "textarea")
    return ours or visit.foreign(User, kind="address" if typed else "key")


# What Django's own pages listen to.
MAGIC = {"action": ["delete_selected"], "post": ["yes"], "_saveasnew": ["1"], "_popup": ["1"]}


def test_what_no_form_asks_for_is_not_taken_from_it(visit: Visit):
    fields = [field for model in tenant_models() for field in model._meta.concrete_fields]
    columns = {name for field in fields for name in (field.name, field.attname)}
    smuggled = {name: [NAME] for name in (*columns, "pk", "_selected_action")} | MAGIC
    names = visit.foreign(User, Company, kind="key")
    wrong: list[str] = []

    for form, sent in _buttons_to_press(visit.forms):
        wrong += visit.wrong(form.action, names, {**smuggled, **sent})

    assert wrong == []


def _buttons_to_press(forms: list[Form]) -> Iterator[tuple[Form, Sent]]:
    """Each button of each address once; when thorough, each button of each form."""
    pressed: set[tuple[str, int]] = set()
    for form in forms:
        for number, sent in enumerate(variants(form)):
            button = route_of(form.action), number
            if button not in pressed or THOROUGH:
                pressed.add(button)
                yield form, sent


@only_behind(only_managers)
def test_a_bundle_that_names_what_is_foreign_hears_that_it_does_not_exist(
    visits: dict[str, Visit], world: World
):
    flo, wrong = visits["design"], list[str]()
    changes: list[tuple[type[Model], str, dict[str, Any]]] = [
        (CompanyRole, "tickets", {"company_role_access": [NAME]}),
        (CompanyRole, "tasks", {"assign": {"company_role": NAME}}),
        (User, "tasks", {"assign": {"person": NAME}}),
        (WorkflowDefinition, "tickets", {"workflow": NAME}),
        (WorkflowDefinition, "workflows", {"key": NAME}),
        (WorkflowDefinition, "tasks", {"subworkflow": NAME}),
        (TicketDefinition, "tickets", {"key": NAME}),
    ]

    for model, part, change in changes:
        bundle = a_document("ask > check")
        places = {**bundle, "tasks": bundle["workflows"][0]["tasks"]}
        places[part][0].update(change)
        wrong += flo.wrong("/design/upload/", flo.foreign(model), {"text": [json.dumps(bundle)]})

    assert wrong == []


# --- questions -----------------------------------------------------------------------------------

NASTY_QUESTIONS = [
    "o=1.-2.3", "o=%00", "p=9999", "p=-1", "p=x", "all=", "q=%00", "q=%F0%28", "q=" + "x" * 3000,
    "title__regex=(", "company__name__startswith=g", "created_by__password__startswith=m",
    "id__in=a,b", "_changelist_filters=x%3D1", "_popup=1", "_to_field=company", "%00=1", "e=1",
    "number=1e999", "type=%00&status=%00&with=%00&asked_by=%00",
]  # fmt: skip


def test_a_foreign_name_in_a_question_is_an_absent_one(visit: Visit):
    anything = visit.foreign(User, kind="key") + visit.foreign(TicketInstance, kind="number")
    wrong: list[str] = []

    for path, asked in _questions(visit).items():
        for key, ours in asked.items():
            wrong += visit.wrong(f"{path}?{key}={NAME}", visit.like(*ours) or anything)

    assert wrong == []


@only_behind(only_managers)
def test_no_question_breaks_a_page(visit: Visit):
    asked = [f"{path}?{question}" for path in _questions(visit) for question in NASTY_QUESTIONS]

    found = [visit.leak(visit.visitor.get(question)) for question in asked]

    assert [leak for leak in found if leak] == []


def _questions(visit: Visit) -> dict[str, dict[str, set[str]]]:
    """Pages without a place -> what links and forms ask of them: {name: our own values}."""
    found: dict[str, dict[str, set[str]]] = {}
    for path, page in visit.pages.items():
        here = urlsplit(path).path
        if not page.is_page or resolve(here).kwargs:
            continue
        asked = found.setdefault(here, {"id": set(), "company": set()})
        for form in page.forms:
            if form.method == "get" and urlsplit(form.action).path == here:
                asked |= {name: set() for name, kind in form.kinds.items() if kind != "hidden"}
        for link in page.links:
            if urlsplit(link).path == here:
                for name, values in parse_qs(urlsplit(link).query).items():
                    if ours := {value for value in values if visit.knows(value)}:
                        asked.setdefault(name, set()).update(ours)
    return found


@only_behind(only_managers)
def test_a_forged_question_of_a_select_finds_nothing(visit: Visit):
    wrong = []

    for model in tenant_models():
        for field in model._meta.concrete_fields:
            if field.is_relation:
                asked = {
                    "app_label": model._meta.app_label,
                    "model_name": model._meta.model_name,
                    "field_name": field.name,
                }
                for term in ("", "\x00"):
                    query = urlencode({**asked, "term": term})
                    answer = visit.visitor.get(f"/{visit.site.key}/autocomplete/?{query}")
                    wrong += [leak] if (leak := visit.leak(answer)) else []

    assert wrong == []


# --- other people --------------------------------------------------------------------------------


@only_behind(only_managers)
@pytest.mark.parametrize("role", [*BY_ROLE, ""], ids=lambda role: role or "platform")
def test_a_site_is_closed_to_whoever_has_another_role(visit: Visit, world: World, role: str):
    if role == visit.site.role:
        pytest.skip("This is their site.")
    somebody = Visitor(world.person(role))
    answers = [
        ask(path) for path in _ours_and_theirs(visit) for ask in (somebody.get, somebody.post)
    ]

    assert [a.path for a in answers if not _is_refused(visit, a)] == []


@only_behind(only_managers)
def test_a_site_leads_whoever_is_not_signed_in_to_the_door(visit: Visit):
    nobody = Visitor()
    answers = [ask(path) for path in _ours_and_theirs(visit) for ask in (nobody.get, nobody.post)]

    assert [a.path for a in answers if not _is_refused(visit, a)] == []
    pages = [a for a in answers if a.path in visit.pages]
    assert {a.text.partition("?")[0] for a in pages if a.status == 302} == {"/login/"}
    assert {a.status for a in pages} <= {302, 403}  # what was sent is given back, not led away


def _is_refused(visit: Visit, answer: Answer) -> bool:
    """Forbidden, or led away (405: an address that only takes what is posted)."""
    leads_away = answer.status == 302 and not answer.text.startswith(f"/{visit.site.key}/")
    return leads_away or answer.status in (403, 405)


def _ours_and_theirs(visit: Visit) -> list[str]:
    """Every address, with something of ours in it, and with something of theirs."""
    ours = {urlsplit(page.path).path for page in visit.opened.values()}
    (theirs, *_) = visit.foreign(TicketInstance, kind="key")
    return sorted(ours | {a.at(dict.fromkeys(a.places, theirs)) for a in visit.addresses})


@only_behind(only_managers)
def test_a_platform_person_who_looks_into_one_company_sees_no_other(visit: Visit, world: World):
    if not visit.site.role:
        pytest.skip("There one looks at companies from outside.")
    looking_in = Visit(visit.site, world, world.root)
    looking_in.visitor.look_into(world.acme.company)

    leaks = [leak for page in looking_in.pages.values() if (leak := looking_in.leak(page))]
    posted = {looking_in.visitor.post(f.action, f.filled()).status for f in visit.forms}

    assert leaks == []
    assert {page.status for page in looking_in.pages.values()} <= {200, 302}
    assert posted == {403}


@only_behind(only_managers)
@pytest.mark.parametrize("person", ["ann", None])
def test_the_pages_in_front_tell_nothing_of_a_foreign_name(
    visits: dict[str, Visit], world: World, person: str | None
):
    visit = Visit(visits["portal"].site, world)
    visit.visitor = Visitor(world.acme.ann if person else None)
    names = visit.foreign(Company, User, Invitation, kind="key")
    behind = {address for visit in visits.values() for address in visit.addresses}
    wrong: list[str] = []

    for address in {*addresses()} - behind:
        for place in address.places:
            ours = {**dict.fromkeys(address.places, "x"), "company_id": str(world.acme.company.pk)}
            path = address.at({**ours, place: NAME})
            wrong += visit.wrong(path, names)
            wrong += visit.wrong(path, names, {"password": ["x"]})

    assert wrong == []
