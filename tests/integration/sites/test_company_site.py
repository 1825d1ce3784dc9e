"""The company site, told by Adam, its admin: people, roles, invitations, settings, the log."""

import re
from datetime import timedelta

import pytest
from django.core import mail
from django.core.cache import cache
from django.db.models import Model
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from tenants import services
from tenants.context import tenant_context
from tenants.models import AuditEntry, CompanyRole, Invitation, User, uuid7
from tests.builders import PASSWORD, Firm, a_ticket, a_workflow
from tests.pages import text_of as read

pytestmark = pytest.mark.django_db

HOME = "/company/"
PEOPLE = "/company/people/"
INVITATIONS = "/company/invitations/"
ROLES = "/company/roles/"
LOG = "/company/log/"
SETTINGS = "/company/settings/"
SECRETS = "/company/secrets/"
LISTS = [PEOPLE, INVITATIONS, ROLES, SECRETS, LOG]

NELL = {"first_name": "Nell", "last_name": "New", "email": "nell@acme.example", "roles": ["user"]}


@pytest.fixture(autouse=True)
def no_mails_counted() -> None:
    cache.clear()


@pytest.fixture
def adam(acme: Firm) -> Client:
    """Adam of Acme, who has no role but that of its admin."""
    client = Client()
    client.force_login(acme.adam)
    return client


def page_of(row: Model) -> str:
    places = {User: PEOPLE, CompanyRole: ROLES, Invitation: INVITATIONS, AuditEntry: LOG}
    return f"{places[type(row)]}{row.pk}/change/"


def text_of(client: Client, path: str) -> str:
    """The words of a page that opens."""
    response = client.get(path)
    assert response.status_code == 200, path
    return read(response)


def answers_of(person: User, **changed: object) -> dict[str, object]:
    """What the form of a person sends, when nothing but `changed` is touched."""
    roles = CompanyRole.objects.filter(group__user=person).exclude(key=CompanyRole.EVERYBODY)
    sent = {
        "first_name": person.first_name,
        "last_name": person.last_name,
        "roles": sorted(person.groups.filter(company_role=None).values_list("name", flat=True)),
        "company_roles": list(roles.values_list("key", flat=True)),
        "open_task_limit": person.open_task_limit or "",
    }
    if person.is_available:
        sent["is_available"] = "on"
    return {**sent, **changed}


def latest(firm: Firm) -> AuditEntry:
    with tenant_context(firm.company):
        entry = AuditEntry.objects.order_by("-created_at", "-id").first()
    assert entry is not None
    return entry


def the_link() -> str:
    """The address in the last mail."""
    found = re.search(
        r"http://testserver(\S+/invitation/\S+|/invitation/\S+)", str(mail.outbox[-1].body)
    )
    assert found, mail.outbox[-1].body
    return found[1]


def invited(firm: Firm, **answers: object) -> tuple[Invitation, str]:
    with tenant_context(firm.company):
        wanted = {"email": "nell@acme.example", "first_name": "Nell", "last_name": "New", **answers}
        return services.invite_person(firm.adam, **wanted)  # type: ignore[arg-type]


# --- home ----------------------------------------------------------------------------------------


def test_home_says_what_needs_a_look_and_where_to_go(adam: Client, acme: Firm):
    with tenant_context(acme.company):
        services.change_person(acme.boss, acme.ann, roles=[])
        services.create_company_role(acme.boss, key="finance", title="Finance")
        services.change_person(acme.adam, acme.boss, roles=["user"])
    invitation, _ = invited(acme)
    with tenant_context(acme.company):
        Invitation.objects.filter(pk=invitation.pk).update(expires_at=timezone.now())
    invited(acme, email="nat@acme.example")

    page = text_of(adam, HOME)

    assert "One person has no role. They can sign in and find nothing." in page
    assert "One invitation ran out." in page
    assert "One invitation is open." in page
    assert "Nobody is in Finance." in page
    assert "There is only one admin." in page
    assert "3 things need a look." in page


def test_home_is_quiet_when_all_is_well(adam: Client, acme: Firm):
    page = text_of(adam, HOME)

    assert "Nothing needs you now." in page
    assert "have no role" not in page


def test_home_shows_who_holds_each_role_and_the_latest_changes(adam: Client, acme: Firm):
    with tenant_context(acme.company):
        services.change_person(acme.boss, acme.will, is_active=False)

    page = text_of(adam, HOME)

    assert "Ticket admin See every ticket and repair what broke BB TO" in page
    assert "Task worker Do the tasks that come in BB " in page  # Will cannot sign in any more
    assert "Bea Boss-Acme changed will@acme.example" in page
    assert "Can sign in: yes → no" in page


# --- the list of people --------------------------------------------------------------------------


def test_the_list_shows_what_each_person_may_and_does(adam: Client, acme: Firm):
    with tenant_context(acme.company):
        offer = a_workflow(acme)
        a_ticket(acme, offer)
        services.change_person(acme.boss, acme.will, open_task_limit=3)
        services.change_person(acme.boss, acme.tara, is_available=False)

    page = text_of(adam, PEOPLE)

    assert "Will Of-Acme will@acme.example Active Task worker Managers 1 of 3 never" in page
    assert "Tara Of-Acme tara@acme.example Away Ticket admin" in page
    assert "Bea Boss-Acme boss@acme.example Away Every role" in page


@pytest.mark.parametrize(
    ("question", "found"),
    [
        ("role=task_worker", {"boss", "will"}),
        ("role=none", {"ann"}),
        ("company_role=managers", {"will"}),
        ("state=off", {"flo"}),
        ("state=away", {"boss"}),
        ("state=takes&role=ticket_admin", {"tara"}),
        ("q=tara", {"tara"}),
        ("q=TARA%40acme", {"tara"}),
        ("role=nonsense", set()),
        ("state=nonsense", {"boss", "ann", "will", "tara", "flo", "adam"}),
    ],
)  # fmt: skip
def test_people_are_found_by_role_status_and_name(adam: Client, acme: Firm, question, found):
    with tenant_context(acme.company):
        services.change_person(acme.boss, acme.ann, roles=[])
        services.change_person(acme.boss, acme.flo, is_active=False)

    page = adam.get(f"{PEOPLE}?{question}").content.decode()

    assert set(re.findall(r'tf-xs">(\w+)@acme', page)) == found


def test_the_filter_offers_the_companys_own_roles_and_no_others(
    adam: Client, acme: Firm, globex: Firm
):
    with tenant_context(globex.company):
        services.create_company_role(globex.boss, key="spies", title="Spies")

    page = text_of(adam, PEOPLE)

    assert "Managers" in page
    assert "Spies" not in page


# --- a person ------------------------------------------------------------------------------------


def test_adam_gives_ann_a_role_and_the_log_says_so(adam: Client, acme: Firm):
    with tenant_context(acme.company):
        sent = answers_of(acme.ann, roles=["user", "ticket_admin"], company_roles=["managers"])

    response = adam.post(page_of(acme.ann), {**sent, "open_task_limit": "4"})

    assert response.headers["Location"] == page_of(acme.ann)
    with tenant_context(acme.company):
        ann = User.objects.with_roles().get(pk=acme.ann.pk)
        assert ann.roles == {"user", "ticket_admin"}
        assert ann.open_task_limit == 4
        assert ann.groups.filter(company_role__key="managers").exists()
        assert ann.groups.filter(company_role__key=CompanyRole.EVERYBODY).exists()
    assert latest(acme).detail == {
        "roles": [["user"], ["ticket_admin", "user"]],
        "company_roles": [[], ["managers"]],
        "open_task_limit": [None, 4],
    }


def test_other_roles_sign_a_person_out_and_another_name_does_not(adam: Client, acme: Firm):
    ann = Client()
    ann.force_login(acme.ann)
    with tenant_context(acme.company):
        renamed = answers_of(acme.ann, first_name="Annabel")
        promoted = answers_of(acme.ann, first_name="Annabel", roles=["user", "admin"])

    adam.post(page_of(acme.ann), renamed)
    assert ann.get("/profile/").status_code == 200
    adam.post(page_of(acme.ann), promoted)
    assert ann.get("/profile/").status_code == 302


def test_nothing_changed_leaves_no_line_in_the_log(adam: Client, acme: Firm):
    with tenant_context(acme.company):
        sent, before = answers_of(acme.ann), AuditEntry.objects.count()

    adam.post(page_of(acme.ann), sent)

    with tenant_context(acme.company):
        assert AuditEntry.objects.count() == before


def test_a_name_that_cannot_be_keeps_what_was_typed(adam: Client, acme: Firm):
    with tenant_context(acme.company):
        sent = answers_of(acme.ann, first_name=" ", last_name="Newname", roles=["ticket_admin"])

    page = adam.post(page_of(acme.ann), sent).content.decode()

    assert 'value="Newname"' in page
    assert 'id="id_first_name_error"' in page
    assert re.search(r'value="ticket_admin"[^>]*checked', page)
    with tenant_context(acme.company):
        assert User.objects.get(pk=acme.ann.pk).last_name == "Of-Acme"


def test_the_last_admin_cannot_give_the_role_away(adam: Client, acme: Firm):
    with tenant_context(acme.company):
        services.change_person(acme.adam, acme.boss, roles=["user"])
        sent = answers_of(acme.adam, roles=["user"])

    page = read(adam.post(page_of(acme.adam), sent))

    assert "is the last admin. Give the role to somebody else first." in page
    assert adam.get(HOME).status_code == 200


def test_the_page_says_what_a_person_may_and_what_happened(adam: Client, acme: Firm):
    with tenant_context(acme.company):
        services.change_person(acme.boss, acme.ann, is_available=False)

    page = text_of(adam, page_of(acme.ann))

    assert "Send requests and follow them" in page
    assert "Last sign-in never" in page
    assert "Bea Boss-Acme changed Ann" in page
    assert "Takes new work: yes → no" in page


def test_switching_off_is_asked_and_ends_the_session_at_once(adam: Client, acme: Firm):
    ann = Client()
    ann.force_login(acme.ann)
    place = f"{PEOPLE}{acme.ann.pk}/switch-off/"

    assert "Switch off Ann Of-Acme?" in text_of(adam, place)
    assert ann.get("/profile/").status_code == 200
    adam.post(place)

    assert ann.get("/profile/").status_code == 302
    sent = {"username": "ann@acme.example", "password": PASSWORD}
    assert "is not right" in Client().post("/login/", sent).content.decode()
    assert latest(acme).detail == {"is_active": [True, False]}
    adam.post(f"{PEOPLE}{acme.ann.pk}/switch-on/")
    assert Client().post("/login/", sent).status_code == 302


def test_nobody_switches_themselves_off(adam: Client, acme: Firm):
    assert "Switch off" not in text_of(adam, page_of(acme.adam))

    page = read(adam.post(f"{PEOPLE}{acme.adam.pk}/switch-off/"))

    assert "You cannot switch yourself off." in page
    assert adam.get(HOME).status_code == 200


@pytest.mark.parametrize("below", ["change/", "switch-off/", "switch-on/"])
def test_a_person_of_another_company_is_nobody(adam: Client, globex: Firm, below: str):
    with tenant_context(globex.company):
        before = User.objects.get(pk=globex.ann.pk).updated_at
    for key in (globex.ann.pk, uuid7(), "x", "%00"):
        for ask in (adam.get, adam.post):
            assert ask(f"{PEOPLE}{key}/{below}").status_code == 404

    with tenant_context(globex.company):
        assert User.objects.get(pk=globex.ann.pk).updated_at == before


def test_a_password_that_ann_sets_meanwhile_stays_hers(acme: Firm):
    with tenant_context(acme.company):
        as_adam_saw_her = User.objects.get(pk=acme.ann.pk)
        acme.ann.set_password("another fine sentence")
        acme.ann.save()
        services.change_person(acme.adam, as_adam_saw_her, first_name="Annabel")

        assert User.objects.get(pk=acme.ann.pk).check_password("another fine sentence")


# --- adding somebody -----------------------------------------------------------------------------


def test_on_a_machine_of_ones_own_a_first_password_lets_nell_in(adam: Client, settings):
    settings.SIGNUP_CONFIRMS_EMAIL = False

    response = adam.post(f"{PEOPLE}add/", {**NELL, "how": "password", "password": PASSWORD})

    assert response.status_code == 302
    sent = {"username": "nell@acme.example", "password": PASSWORD}
    assert Client().post("/login/", sent).status_code == 302


@pytest.mark.parametrize(
    ("changed", "beside"),
    [
        ({"password": ""}, "password"),
        ({"password": "12345678"}, "password"),
        ({"email": "ANN@acme.example"}, "email"),
        ({"email": "nonsense"}, "email"),
        ({"first_name": ""}, "first_name"),
        ({"roles": ["king"]}, "roles"),
        ({"company_roles": ["nobody-knows"]}, "company_roles"),
    ],
)
def test_what_is_wrong_is_said_beside_its_field(adam: Client, settings, changed, beside: str):
    settings.SIGNUP_CONFIRMS_EMAIL = False

    sent = {**NELL, "how": "password", "password": PASSWORD, **changed}
    page = adam.post(f"{PEOPLE}add/", sent).content.decode()

    assert f'id="id_{beside}_error"' in page
    assert 'value="New"' in page


def test_a_used_address_is_told_to_an_admin_and_not_to_its_holder(
    adam: Client, settings, globex: Firm
):
    settings.SIGNUP_CONFIRMS_EMAIL = False
    sent = {**NELL, "how": "password", "password": PASSWORD, "email": "ann@globex.example"}

    page = read(adam.post(f"{PEOPLE}add/", sent))

    assert "This address already has an account; use another one." in page
    assert "Sign in" not in page


def test_nell_can_be_invited_by_mail_there_too(adam: Client, settings):
    settings.SIGNUP_CONFIRMS_EMAIL = False

    response = adam.post(f"{PEOPLE}add/", {**NELL, "how": "mail"})

    assert response.headers["Location"] == INVITATIONS
    assert mail.outbox[-1].to == ["nell@acme.example"]


def test_where_addresses_are_confirmed_there_is_no_password_to_set(
    adam: Client, acme: Firm, settings
):
    settings.SIGNUP_CONFIRMS_EMAIL = True
    assert 'name="password"' not in adam.get(f"{PEOPLE}add/").content.decode()

    adam.post(f"{PEOPLE}add/", {**NELL, "how": "password", "password": PASSWORD})

    with tenant_context(acme.company):
        assert not User.objects.filter(email="nell@acme.example").exists()
        assert Invitation.objects.get().email == "nell@acme.example"


def test_inviting_says_the_same_for_a_known_and_an_unknown_address(
    adam: Client, globex: Firm, settings
):
    settings.SIGNUP_CONFIRMS_EMAIL = True

    pages = []
    for email in ("ann@globex.example", "nobody@globex.example"):
        response = adam.post(f"{PEOPLE}add/", {**NELL, "email": email})
        page = adam.get(response.headers["Location"]).content.decode()
        pages.append(re.sub(r"value=\"[^\"]{64}\"|/[0-9a-f-]{36}/", "", page.replace(email, "")))

    # The second list holds both invitations; what is told about each is the same.
    told = [re.search(r"The invitation is on its way[^<]*", page) for page in pages]
    assert told[0]
    assert told[1]
    assert told[0][0] == told[1][0]
    assert [message.to for message in mail.outbox] == [
        ["ann@globex.example"],
        ["nobody@globex.example"],
    ]
    assert "already has an account" in str(mail.outbox[0].body)
    assert "/invitation/" not in str(mail.outbox[0].body)
    assert "/invitation/" in str(mail.outbox[1].body)


def test_a_mail_that_cannot_be_sent_leaves_no_invitation(
    adam: Client, acme: Firm, settings, monkeypatch
):
    settings.SIGNUP_CONFIRMS_EMAIL = True

    def refuse(*args: object, **kwargs: object) -> None:
        raise ConnectionRefusedError

    monkeypatch.setattr("admin_site.mails.send_mail", refuse)

    page = adam.post(f"{PEOPLE}add/", NELL).content.decode()

    assert "could not be sent" in page
    assert 'value="Nell"' in page
    with tenant_context(acme.company):
        assert not Invitation.objects.exists()


# --- invitations ---------------------------------------------------------------------------------


def test_nell_follows_the_link_and_has_what_adam_chose(adam: Client, acme: Firm, settings):
    settings.SIGNUP_CONFIRMS_EMAIL = True
    wanted = {"roles": ["user", "task_worker"], "company_roles": ["managers"]}
    adam.post(f"{PEOPLE}add/", {**NELL, **wanted})
    link, nell = the_link(), Client()

    assert "Join Acme" in nell.get(link).content.decode()
    with tenant_context(acme.company):
        assert not User.objects.filter(email="nell@acme.example").exists()
    assert "too common" in nell.post(link, {"password": "password"}).content.decode()
    nell.post(link, {"password": PASSWORD})

    assert nell.get("/work/").status_code == 200
    with tenant_context(acme.company):
        person = User.objects.with_roles().get(email="nell@acme.example")
        assert person.roles == {"user", "task_worker"}
        assert person.groups.filter(company_role__key="managers").exists()
    assert "Nell New nell@acme.example Accepted" in text_of(adam, f"{INVITATIONS}?state=accepted")


def test_used_withdrawn_run_out_made_up_and_foreign_links_are_one_page(acme: Firm, globex: Firm):
    used, withdrawn, over, of_globex = (
        invited(acme, email=f"{name}@acme.example")
        for name in ("used", "withdrawn", "over", "globex")
    )
    with tenant_context(acme.company):
        Invitation.objects.filter(pk=over[0].pk).update(expires_at=timezone.now())
        services.withdraw_invitation(acme.adam, withdrawn[0])
    services.accept_invitation(acme.company.pk, used[1], password=PASSWORD)
    links = [
        *(f"/invitation/{acme.company.pk}/{secret}/" for _, secret in (used, withdrawn, over)),
        f"/invitation/{acme.company.pk}/made-up/",
        f"/invitation/{globex.company.pk}/{of_globex[1]}/",
        f"/invitation/{uuid7()}/made-up/",
    ]

    answers = {(r.status_code, r.content) for link in links for r in [Client().get(link)]}
    posted = {
        (r.status_code, r.content)
        for link in links
        for r in [Client().post(link, {"password": PASSWORD})]
    }

    assert len(answers) == len(posted) == 1
    assert {status for status, _ in answers | posted} == {404}


def test_sending_again_ends_the_earlier_link(adam: Client, acme: Firm):
    invitation, earlier = invited(acme)
    with tenant_context(acme.company):
        Invitation.objects.update(expires_at=timezone.now() - timedelta(days=1))
    assert "Ran out" in text_of(adam, page_of(invitation))

    assert "Send the invitation again?" in text_of(
        adam, f"{INVITATIONS}{invitation.pk}/send-again/"
    )
    assert not mail.outbox
    adam.post(f"{INVITATIONS}{invitation.pk}/send-again/")

    assert Client().get(f"/invitation/{acme.company.pk}/{earlier}/").status_code == 404
    assert Client().get(the_link()).status_code == 200
    assert latest(acme).action == "invitation sent again"


def test_withdrawing_is_asked_first(adam: Client, acme: Firm):
    invitation, secret = invited(acme)
    place = f"{INVITATIONS}{invitation.pk}/withdraw/"

    adam.get(place)
    assert Client().get(f"/invitation/{acme.company.pk}/{secret}/").status_code == 200
    response = adam.post(place)

    assert response.headers["Location"] == INVITATIONS
    assert Client().get(f"/invitation/{acme.company.pk}/{secret}/").status_code == 404
    assert "No invitation is open" in text_of(adam, INVITATIONS)


def test_an_accepted_invitation_can_be_neither_withdrawn_nor_sent_again(adam: Client, acme: Firm):
    invitation, secret = invited(acme)
    services.accept_invitation(acme.company.pk, secret, password=PASSWORD)

    for words in ("withdraw", "send-again"):
        page = read(adam.post(f"{INVITATIONS}{invitation.pk}/{words}/"))
        assert "is not open any more" in page
    with tenant_context(acme.company):
        assert Invitation.objects.get().accepted_at


def test_an_invitation_of_a_company_that_is_off_lets_nobody_in(acme: Firm):
    _, secret = invited(acme)
    acme.company.is_active = False
    with tenant_context(acme.company):
        acme.company.save()

    answer = Client().post(f"/invitation/{acme.company.pk}/{secret}/", {"password": PASSWORD})

    assert answer.status_code == 404


# --- company roles -------------------------------------------------------------------------------


def test_adam_makes_a_role_and_puts_people_into_it(adam: Client, acme: Firm):
    sent = {"title": "Front office", "key": "", "description": "The first face people see."}
    place = adam.post(f"{ROLES}add/", sent).headers["Location"]
    with tenant_context(acme.company):
        role = CompanyRole.objects.get(key="front-office")

    members = {"title": "Front office", "members": [str(acme.ann.pk), str(acme.tara.pk)]}
    adam.post(place, members)

    with tenant_context(acme.company):
        assert set(role.group.user_set.all()) == {acme.ann, acme.tara}
    ticked = re.findall(r'value="([^"]+)"[^>]*checked', adam.get(place).content.decode())
    assert set(ticked) == set(members["members"])
    assert latest(acme).detail == {
        "description": ["The first face people see.", ""],
        "members": [[], ["ann@acme.example", "tara@acme.example"]],
    }
    assert "Front office 2" in text_of(adam, ROLES)


def test_the_same_short_name_is_refused_beside_its_field(adam: Client):
    page = adam.post(f"{ROLES}add/", {"title": "Bosses", "key": "managers"}).content.decode()

    assert 'id="id_key_error"' in page
    assert 'value="Bosses"' in page


@pytest.mark.parametrize("title", ["!!!", "経理", "_"])
def test_a_title_that_makes_no_short_name_asks_for_one(adam: Client, title: str):
    assert 'id="id_key_error"' in adam.post(f"{ROLES}add/", {"title": title}).content.decode()


def test_a_person_of_another_company_cannot_be_made_a_member(
    adam: Client, acme: Firm, globex: Firm
):
    with tenant_context(acme.company):
        role = CompanyRole.objects.get(key="managers")

    pages = set()
    for key in (globex.ann.pk, uuid7()):
        page = adam.post(
            page_of(role), {"title": "Managers", "members": [str(key)]}
        ).content.decode()
        page = re.sub(r'name="csrfmiddlewaretoken" value="[^"]*"', "", page)
        pages.add(page.replace(str(key), "…"))

    assert len(pages) == 1
    with tenant_context(acme.company):
        assert list(role.group.user_set.all()) == [acme.will]


def test_a_role_shows_what_it_is_good_for(adam: Client, acme: Firm):
    with tenant_context(acme.company):
        a_workflow(acme, "ask > check", check={"assign": {"company_role": "managers"}})
        managers = CompanyRole.objects.get(key="managers")
        everyone = CompanyRole.objects.get(key="user")

    assert "Check Flow" in text_of(adam, page_of(managers))
    page = text_of(adam, page_of(everyone))
    assert "Ask for flow" in page
    assert "Everybody of the company has this role, 6 people now." in page
    assert "Everyone" in text_of(adam, ROLES)


def test_only_who_designs_is_led_on_to_the_ticket_type(adam: Client, acme: Firm):
    with tenant_context(acme.company):
        offer = a_workflow(acme)
        everyone = CompanyRole.objects.get(key="user")
    bea = Client()
    bea.force_login(acme.boss)
    link = f'href="{reverse("design:definitions_ticketdefinition_change", args=[offer.pk])}"'

    assert link not in adam.get(page_of(everyone)).content.decode()
    assert link in bea.get(page_of(everyone)).content.decode()


def test_deleting_a_role_says_what_is_lost_and_asks(adam: Client, acme: Firm):
    with tenant_context(acme.company):
        a_workflow(acme, "ask > check", check={"assign": {"company_role": "managers"}})
        role = CompanyRole.objects.get(key="managers")
    place = f"{ROLES}{role.pk}/remove/"

    assert "One step is handed to it, and will find nobody." in text_of(adam, place)
    adam.post(place)

    with tenant_context(acme.company):
        assert not CompanyRole.objects.filter(key="managers").exists()
        assert User.objects.filter(pk=acme.will.pk).exists()


def test_the_role_that_everyone_has_stays(adam: Client, acme: Firm):
    with tenant_context(acme.company):
        everyone = CompanyRole.objects.get(key="user")

    page = read(adam.post(f"{ROLES}{everyone.pk}/remove/"))

    assert "cannot be removed" in page
    assert "Delete" not in text_of(adam, page_of(everyone))


# --- settings ------------------------------------------------------------------------------------


@pytest.mark.parametrize("typed", ["Europe/Berlin", "berlin", "EUROPE/BERLIN", " Berlin "])
def test_a_city_is_enough_for_a_time_zone(adam: Client, acme: Firm, typed: str):
    adam.post(SETTINGS, {"name": "Acme", "time_zone": typed})

    with tenant_context(acme.company):
        acme.company.refresh_from_db()
    assert acme.company.time_zone == "Europe/Berlin"


def test_the_clock_beside_a_refused_zone_stays_the_companys(adam: Client, acme: Firm):
    page = read(adam.post(SETTINGS, {"name": "Acme", "time_zone": "Auckl"}))

    assert re.search(r"It is now \d\d:\d\d in UTC", page)


def test_what_is_missing_is_asked_for_in_our_words(adam: Client):
    page = read(adam.post(SETTINGS, {"name": "", "time_zone": ""}))

    assert page.count("Please fill this in.") == 2
    assert "is required" not in page


def test_an_unknown_zone_is_refused_and_the_name_is_still_there(adam: Client, acme: Firm):
    page = adam.post(SETTINGS, {"name": "New Acme", "time_zone": "Middle/Earth"}).content.decode()

    assert 'value="New Acme"' in page
    assert 'id="id_time_zone_error"' in page
    with tenant_context(acme.company):
        acme.company.refresh_from_db()
    assert acme.company.name == "Acme"


def test_the_settings_are_logged_with_before_and_after(adam: Client, acme: Firm):
    adam.post(SETTINGS, {"name": "Acme & Sons", "time_zone": "UTC"})

    page = adam.get(page_of(latest(acme))).content.decode()

    assert "<del>Acme</del> <ins>Acme &amp; Sons</ins>" in page


# --- the log -------------------------------------------------------------------------------------


def test_the_log_is_newest_first_and_shows_what_went_and_what_came(adam: Client, acme: Firm):
    with tenant_context(acme.company):
        services.change_person(acme.boss, acme.ann, roles=["ticket_admin"], open_task_limit=5)
        services.change_person(acme.boss, acme.tara, is_available=False)

    page = adam.get(LOG).content.decode()

    assert page.index("tara@acme.example") < page.index("ann@acme.example")
    assert "<del>User</del> <ins>Ticket admin</ins>" in page
    assert "<del>no limit</del> <ins>5</ins>" in page
    assert "<del>yes</del> <ins>no</ins>" in page


def test_the_log_is_filtered_by_who_and_by_what(adam: Client, acme: Firm):
    with tenant_context(acme.company):
        services.change_person(acme.adam, acme.ann, is_available=False)
        services.create_company_role(acme.boss, key="finance", title="Finance")

    by_adam = text_of(adam, f"{LOG}?who={acme.adam.pk}")
    about_roles = text_of(adam, f"{LOG}?what=Company+roles")

    assert "Changed ann@acme.example" in by_adam
    assert "finance" not in by_adam
    assert "Created the role finance" in about_roles
    assert "ann@acme.example" not in about_roles
    assert "Nothing fits" in text_of(adam, f"{LOG}?who=support")
    assert "Nothing fits" in text_of(adam, f"{LOG}?who=nonsense")


def test_a_line_of_another_company_is_no_line(adam: Client, acme: Firm, globex: Firm):
    for key in (latest(globex).pk, uuid7()):
        assert adam.get(f"{LOG}{key}/change/").status_code == 404


def test_nobody_changes_the_log(adam: Client, acme: Firm):
    entry = latest(acme)

    adam.post(page_of(entry), {"action": "nothing happened", "subject": "x"})

    assert adam.post(f"{LOG}add/").status_code == 403
    assert adam.post(f"{LOG}{entry.pk}/delete/").status_code == 403
    assert latest(acme).action == entry.action


# --- everywhere ----------------------------------------------------------------------------------


def test_the_search_finds_people_and_roles_of_this_company_only(adam: Client, globex: Firm):
    found = text_of(adam, "/company/search/?s=an")

    assert "Ann Of-Acme" in found
    assert "Managers" in found
    assert "Globex" not in found


@pytest.mark.parametrize(
    "text",
    [
        "<script>alert(1)</script>", "{{ 7|add:7 }}", "'; DROP TABLE users;--", "\u202eabc",
        "田中さん 🌸", "a\x00b",
    ],
)  # fmt: skip
def test_every_text_is_shown_as_it_is_or_refused(adam: Client, acme: Firm, text: str):
    with tenant_context(acme.company):
        role = CompanyRole.objects.get(key="managers")
        person = answers_of(acme.ann, first_name=text)
    sent = {
        page_of(acme.ann): person,
        page_of(role): {"title": text, "description": text, "members": []},
        SETTINGS: {"name": text, "time_zone": text},
        f"{ROLES}add/": {"title": text, "key": text, "description": text},
        f"{PEOPLE}add/": {**NELL, "first_name": text, "last_name": text, "how": "mail"},
    }

    for place, answers in sent.items():
        assert adam.post(place, answers).status_code in (200, 302), place
    for place in (HOME, *LISTS, page_of(acme.ann), page_of(role), SETTINGS):
        page = adam.get(place)
        assert page.status_code == 200, place
        assert "<script>alert" not in page.content.decode(), place
    assert adam.get(PEOPLE, {"q": text}).status_code == 200


def test_the_site_is_for_admins_only(acme: Firm):
    for person in (acme.ann, acme.will, acme.tara, acme.flo):
        client = Client()
        client.force_login(person)
        for place in (HOME, *LISTS, SETTINGS, f"{PEOPLE}add/", page_of(acme.ann)):
            assert client.get(place).status_code == client.post(place).status_code == 403


@pytest.mark.django_db(transaction=True)
def test_pages_cost_the_same_however_many_there_are(adam: Client, acme: Firm, statements):
    with tenant_context(acme.company):
        role = CompanyRole.objects.get(key="managers")
    places = [*LISTS, f"{LOG}?who={acme.adam.pk}", f"{PEOPLE}?company_role=managers&q=a"]
    pages = [HOME, page_of(acme.ann), page_of(role), SETTINGS]

    def cost() -> dict[str, int]:
        found = {}
        for place in [*places, *pages]:
            adam.get(place)
            with statements() as counted:
                assert adam.get(place).status_code == 200
            found[place] = counted.total
        return found

    before = cost()
    with tenant_context(acme.company):
        for number in range(25):
            services.create_company_role(acme.boss, key=f"r{number}", title=f"Role {number}")
            services.add_user(
                acme.boss, email=f"p{number}@acme.example", first_name="P", last_name=str(number),
                company_roles=["managers", f"r{number}"],
            )  # fmt: skip
    for number in range(25):
        invited(acme, email=f"i{number}@acme.example")

    assert cost() == before
    assert max(before[place] for place in places) <= 10, before
    assert max(before.values()) <= 14, before
