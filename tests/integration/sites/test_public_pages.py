"""The pages in front of the sites: neutral answers, kept text, and never a 500."""

import re

import pytest
from django.contrib.auth.hashers import MD5PasswordHasher
from django.core import mail
from django.core.cache import cache
from django.test import Client
from django.urls import reverse

from admin_site import mails
from tenants import services
from tenants.context import platform_context, tenant_context
from tenants.errors import EmailTaken
from tenants.models import Company, User, uuid7
from tenants.roles import EVERY_ROLE
from tests.builders import PASSWORD, Firm
from tests.pages import text_of

pytestmark = pytest.mark.django_db

NEW = "another fine sentence"
ANSWERS = {
    "company_name": "Initech",
    "first_name": "Peter",
    "last_name": "Gibbons",
    "email": "peter@initech.example",
    "password": PASSWORD,
}
OPEN_PAGES = ["start", "sign_up", "login", "password_reset", "mail_sent"]


@pytest.fixture(autouse=True)
def no_mails_counted() -> None:
    cache.clear()


@pytest.fixture
def ann(acme: Firm) -> Client:
    """Ann of Acme, signed in; she has one role."""
    return signed_in("ann@acme.example")


def signed_in(email: str, password: str = PASSWORD) -> Client:
    client = Client()
    response = client.post(reverse("login"), {"username": email, "password": password})
    assert response.status_code == 302, response.content.decode()
    return client


def the_link() -> str:
    """The address in the last mail."""
    found = re.search(r"http://testserver(\S+)", str(mail.outbox[-1].body))
    assert found
    return found[1]


def companies_called(name: str) -> int:
    with platform_context():
        return Company.objects.filter(name=name).count()


def is_signed_in(client: Client) -> bool:
    return client.get(reverse("profile")).status_code == 200


# --- everywhere ----------------------------------------------------------------------------------


@pytest.mark.parametrize("name", OPEN_PAGES)
def test_public_pages_open_for_anybody_and_bring_no_script_of_their_own(client: Client, name: str):
    page = client.get(reverse(name)).content.decode()

    assert "<h1" in page
    assert "<title>" in page
    assert not re.search(r"<script(?![^>]*\bsrc=)", page)
    assert not re.search(r"\son\w+=|javascript:", page)


def test_what_is_missing_and_what_is_foreign_look_the_same(client: Client):
    pages = {client.get(path).content for path in ("/nothing/", f"/{'x' * 60}/", "/nothing/9/")}

    assert len(pages) == 1


def test_a_form_from_yesterday_gets_a_page_that_says_what_to_do():
    client = Client(enforce_csrf_checks=True)

    response = client.post(reverse("login"), {"username": "a@b.example", "password": "x"})

    assert response.status_code == 403
    assert "Please send it again" in response.content.decode()


def test_a_form_from_yesterday_gives_back_what_was_typed_but_no_password():
    client = Client(enforce_csrf_checks=True)
    sent = {**ANSWERS, "password": "hush hush", "_key": "k-1", "csrfmiddlewaretoken": "t-1"}

    page = client.post(reverse("sign_up"), sent)
    profile = client.post(reverse("profile"), {"part": "password", "old": "hush", "new": "hush"})

    assert "What you had typed Company name Initech First name Peter" in text_of(page)
    assert not re.search(r"hush|k-1|t-1", page.content.decode() + profile.content.decode())


def test_the_page_for_our_own_faults_asks_the_database_nothing(
    client: Client, monkeypatch, django_assert_num_queries
):
    from admin_site import error_pages

    with django_assert_num_queries(0):
        response = error_pages.broke(None)  # type: ignore[arg-type]

    assert response.status_code == 500
    assert "The fault is ours" in response.content.decode()


# --- landing and home ----------------------------------------------------------------------------


def test_strangers_see_the_promise(client: Client):
    page = client.get("/").content.decode()

    assert "Every request knows its next step" in page
    assert reverse("sign_up") in page


def test_signing_out_needs_a_post(ann: Client):
    assert ann.get(reverse("logout")).status_code == 405

    ann.post(reverse("logout"))

    assert not is_signed_in(ann)


# --- sign up -------------------------------------------------------------------------------------


def test_signing_up_opens_a_company_with_every_role(client: Client, settings):
    settings.SIGNUP_CONFIRMS_EMAIL = False

    response = client.post(reverse("sign_up"), ANSWERS)

    assert response.status_code == 302
    assert is_signed_in(client)
    with platform_context():
        company = Company.objects.get(name="Initech")
    with tenant_context(company):
        assert User.objects.get(email="peter@initech.example").roles == EVERY_ROLE


def test_what_was_typed_is_still_there_after_an_error(client: Client, settings):
    settings.SIGNUP_CONFIRMS_EMAIL = False

    page = client.post(reverse("sign_up"), {**ANSWERS, "password": "short"}).content.decode()

    assert 'value="Initech"' in page
    assert 'value="peter@initech.example"' in page
    assert "short" not in page.replace("too short", "").replace("A short sentence", "")
    assert 'id="id_password_error"' in page


def test_a_taken_address_is_refused_beside_its_field(client: Client, settings, acme: Firm):
    settings.SIGNUP_CONFIRMS_EMAIL = False

    page = client.post(
        reverse("sign_up"), {**ANSWERS, "email": "ANN@acme.example"}
    ).content.decode()

    assert 'id="id_email_error"' in page
    assert companies_called("Initech") == 0


def test_a_mailed_link_comes_first_where_addresses_are_confirmed(client: Client, settings):
    settings.SIGNUP_CONFIRMS_EMAIL = True
    answers = {name: value for name, value in ANSWERS.items() if name != "password"}

    client.post(reverse("sign_up"), answers)
    assert companies_called("Initech") == 0
    link = the_link()
    assert "Initech" in client.get(link).content.decode()
    client.post(link, {"password": PASSWORD})

    assert is_signed_in(client)
    assert companies_called("Initech") == 1


def test_the_link_opens_one_company_only(client: Client, settings):
    settings.SIGNUP_CONFIRMS_EMAIL = True
    client.post(reverse("sign_up"), ANSWERS)
    link = the_link()
    client.post(link, {"password": PASSWORD})

    page = Client().post(link, {"password": PASSWORD}).content.decode()

    assert str(EmailTaken().message) in page
    assert companies_called("Initech") == 1


def test_sign_up_says_the_same_for_a_known_and_an_unknown_address(
    client: Client, settings, acme: Firm
):
    settings.SIGNUP_CONFIRMS_EMAIL = True
    answers = [
        client.post(reverse("sign_up"), {**ANSWERS, "email": email}, follow=True)
        for email in ("ann@acme.example", "nobody@acme.example")
    ]

    assert answers[0].content == answers[1].content
    assert answers[0].redirect_chain == answers[1].redirect_chain
    assert [message.to for message in mail.outbox] == [
        ["ann@acme.example"],
        ["nobody@acme.example"],
    ]
    assert "already has an account" in str(mail.outbox[0].body)


@pytest.mark.parametrize("token", ["x", "a:b:c", "%00", "é" * 40])
def test_a_made_up_link_is_a_page_and_not_a_failure(client: Client, token: str):
    for name in ("sign_up_finish", "password_reset_finish"):
        assert client.get(reverse(name, args=[token])).status_code == 404


# --- sign in -------------------------------------------------------------------------------------


def test_signing_in_leads_on_to_the_page_that_was_wanted(client: Client, acme: Firm):
    wanted = {"username": "Ann@ACME.example", "password": PASSWORD, "next": "/profile/?a=1"}

    assert client.post(reverse("login"), wanted).headers["Location"] == "/profile/?a=1"


@pytest.mark.parametrize(
    "elsewhere", ["https://evil.example/", "//evil.example", "/\\evil", "\x00"]
)
def test_nobody_is_led_elsewhere(client: Client, acme: Firm, elsewhere: str):
    sent = {"username": "ann@acme.example", "password": PASSWORD, "next": elsewhere}

    assert client.post(reverse("login"), sent).headers["Location"] == "/"


def test_why_a_sign_in_failed_is_not_told(client: Client, acme: Firm, globex: Firm):
    with tenant_context(acme.company):
        User.objects.filter(email="tara@acme.example").update(is_active=False)
    with platform_context():
        Company.objects.filter(pk=globex.company.pk).update(is_active=False)
    tries = [
        ("nobody@acme.example", PASSWORD),
        ("ann@acme.example", "wrong"),
        ("tara@acme.example", PASSWORD),
        ("ann@globex.example", PASSWORD),
    ]

    pages = set()
    for email, password in tries:
        page = Client().post(reverse("login"), {"username": email, "password": password})
        text = page.content.decode().replace(email, "")
        pages.add(re.sub(r'name="csrfmiddlewaretoken" value="[^"]*"', "", text))

    assert len(pages) == 1


def test_an_unknown_address_costs_as_many_hashes_as_a_wrong_password(
    client: Client, acme: Firm, settings, monkeypatch
):
    settings.AXES_ENABLED = False
    hashed: list[str] = []
    encode = MD5PasswordHasher.encode

    def counted(self: MD5PasswordHasher, password: str, salt: str) -> str:
        hashed.append(password)
        return str(encode(self, password, salt))

    monkeypatch.setattr(MD5PasswordHasher, "encode", counted)

    def hashes(email: str) -> int:
        hashed.clear()
        client.post(reverse("login"), {"username": email, "password": "wrong"})
        return len(hashed)

    assert hashes("ann@acme.example") == hashes("nobody@acme.example") == 1


def test_guessing_is_locked_with_the_same_page_for_known_and_unknown(client: Client, acme: Firm):
    pages = []
    for email in ("ann@acme.example", "nobody@acme.example"):
        for _ in range(5):
            response = client.post(reverse("login"), {"username": email, "password": "wrong"})
        assert response.status_code == 429
        pages.append(response.content)
        right = client.post(reverse("login"), {"username": email, "password": PASSWORD})
        assert right.status_code == 429

    assert pages[0] == pages[1]


def test_another_spelling_of_the_address_gets_no_further_tries(client: Client, acme: Firm):
    for email in ("ann@acme.example", "Ann@acme.example", "ANN@acme.example", "ann@Acme.example"):
        client.post(reverse("login"), {"username": email, "password": "wrong"})

    response = client.post(reverse("login"), {"username": "aNN@acme.example", "password": "wrong"})

    assert response.status_code == 429


def wrong_tries(client: Client, number: int, email: str = "ann@acme.example") -> str:
    for _ in range(number):
        response = client.post(reverse("login"), {"username": email, "password": "wrong"})
    return text_of(response)


def test_a_new_password_lifts_the_lock(client: Client, acme: Firm):
    locked = wrong_tries(client, 5, "ANN@acme.example")
    client.post(reverse("password_reset"), {"email": "Ann@acme.example"})

    client.post(the_link(), {"password": NEW})

    assert "Too many tries" in locked
    signed_in("ann@acme.example", NEW)


def test_a_new_password_lifts_no_other_lock(client: Client, acme: Firm):
    wrong_tries(client, 5, "tara@acme.example")
    client.post(reverse("password_reset"), {"email": "ann@acme.example"})

    client.post(the_link(), {"password": NEW})

    assert "Too many tries" in wrong_tries(client, 1, "tara@acme.example")


def test_a_password_that_is_too_weak_lifts_no_lock(client: Client, acme: Firm):
    wrong_tries(client, 5)
    client.post(reverse("password_reset"), {"email": "ann@acme.example"})

    client.post(the_link(), {"password": "short"})

    assert "Too many tries" in wrong_tries(client, 1)


def test_the_page_of_the_lock_leads_to_a_new_password(client: Client, acme: Firm):
    for _ in range(5):
        page = client.post(
            reverse("login"), {"username": "ann@acme.example", "password": "wrong"}
        ).content.decode()

    assert f'href="{reverse("password_reset")}"' in page


@pytest.mark.parametrize("email", ["ann@acme.example", "nobody@acme.example"])
def test_the_last_tries_before_the_lock_are_told_to_everybody(
    client: Client, acme: Firm, email: str
):
    assert "left" not in wrong_tries(client, 2, email)

    assert "2 tries are left; after that, signing in is closed" in wrong_tries(client, 1, email)
    assert "One try is left; after that, signing in is closed" in wrong_tries(client, 1, email)


def test_one_persons_failures_do_not_lock_a_colleague(client: Client, acme: Firm):
    for _ in range(6):
        client.post(reverse("login"), {"username": "ann@acme.example", "password": "wrong"})

    assert signed_in("tara@acme.example").get(reverse("profile")).status_code == 200


def test_a_session_gets_a_new_key_when_somebody_signs_in(client: Client, acme: Firm):
    session = client.session
    session["before"] = 1
    session.save()
    before = session.session_key

    client.post(reverse("login"), {"username": "ann@acme.example", "password": PASSWORD})

    assert client.session.session_key != before


def test_platform_people_sign_in_at_the_same_door(client: Client):
    with platform_context():
        User.objects.create_superuser(
            "root@platform.example", PASSWORD, first_name="R", last_name="O"
        )

    response = client.post(
        reverse("login"), {"username": "root@platform.example", "password": PASSWORD}
    )

    assert response.status_code == 302
    assert is_signed_in(client)


# --- forgotten password --------------------------------------------------------------------------


def test_a_forgotten_password_is_replaced_by_a_mailed_link(client: Client, acme: Firm):
    client.post(reverse("password_reset"), {"email": "Ann@acme.example"})
    client.post(the_link(), {"password": NEW})

    assert is_signed_in(signed_in("ann@acme.example", NEW))


def test_the_link_works_once(client: Client, acme: Firm):
    client.post(reverse("password_reset"), {"email": "ann@acme.example"})
    link = the_link()
    client.post(link, {"password": NEW})

    assert client.get(link).status_code == 404
    assert client.post(link, {"password": PASSWORD}).status_code == 404


def test_a_new_password_ends_every_session(client: Client, ann: Client):
    client.post(reverse("password_reset"), {"email": "ann@acme.example"})
    client.post(the_link(), {"password": NEW})

    assert not is_signed_in(ann)


def test_a_weak_password_is_refused_beside_the_field(client: Client, acme: Firm):
    client.post(reverse("password_reset"), {"email": "ann@acme.example"})

    page = client.post(the_link(), {"password": "12345678"}).content.decode()

    assert 'id="id_password_error"' in page


def test_reset_says_the_same_for_known_unknown_and_switched_off(client: Client, acme: Firm):
    with tenant_context(acme.company):
        User.objects.filter(email="tara@acme.example").update(is_active=False)
    emails = ["ann@acme.example", "nobody@acme.example", "tara@acme.example"]

    pages = [
        client.post(reverse("password_reset"), {"email": e}, follow=True).content for e in emails
    ]

    assert pages[0] == pages[1] == pages[2]
    assert [message.to for message in mail.outbox] == [[email] for email in emails]
    assert ["/password-reset/" in str(m.body) for m in mail.outbox] == [True, True, True]
    assert ["works once" in str(m.body) for m in mail.outbox] == [True, False, False]


def test_an_address_cannot_be_flooded_with_mails(client: Client, acme: Firm):
    pages = {
        client.post(reverse("password_reset"), {"email": "ann@acme.example"}, follow=True).content
        for _ in range(9)
    }

    assert len(pages) == 1
    assert len(mail.outbox) == 5


def test_a_mail_server_that_is_away_is_said_on_the_page(client: Client, acme: Firm, monkeypatch):
    def refuse(*args: object, **kwargs: object) -> None:
        raise ConnectionRefusedError

    monkeypatch.setattr("admin_site.mails.send_mail", refuse)

    response = client.post(reverse("password_reset"), {"email": "ann@acme.example"})

    assert response.status_code == 200
    assert "could not be sent" in response.content.decode()


# --- invitation ----------------------------------------------------------------------------------


def test_an_invited_colleague_chooses_a_password_and_is_in(client: Client, acme: Firm, rf):
    request = rf.get("/")
    request.user = acme.boss
    with tenant_context(acme.company):
        invited = services.invite_person(
            acme.boss, email="new@acme.example", first_name="Nell", last_name="New"
        )
        mails.invite(request, *invited)
    link = the_link()

    client.post(link, {"password": PASSWORD})

    assert is_signed_in(client)
    assert (
        Client().get(link).status_code == Client().post(link, {"password": NEW}).status_code == 404
    )


def test_a_made_up_invitation_says_as_much_as_one_of_another_company(acme: Firm, globex: Firm):
    made_up = [uuid7(), acme.company.pk, globex.company.pk]

    pages = {Client().get(reverse("invitation", args=[key, "secret"])).content for key in made_up}

    assert len(pages) == 1


# --- profile -------------------------------------------------------------------------------------


def test_a_profile_is_for_those_who_signed_in(client: Client):
    assert client.get(reverse("profile")).headers["Location"] == "/login/?next=/profile/"


def test_one_changes_ones_own_name(ann: Client, acme: Firm):
    ann.post(reverse("profile"), {"part": "name", "first_name": "Annabel", "last_name": "Of"})

    with tenant_context(acme.company):
        assert User.objects.get(pk=acme.ann.pk).get_full_name() == "Annabel Of"


def test_changing_ones_password_needs_the_old_one_and_keeps_the_session(ann: Client):
    other = signed_in("ann@acme.example")

    wrong = ann.post(reverse("profile"), {"part": "password", "old": "no", "new": NEW})
    assert 'id="id_old_error"' in wrong.content.decode()
    ann.post(reverse("profile"), {"part": "password", "old": PASSWORD, "new": NEW})

    assert is_signed_in(ann)
    assert not is_signed_in(other)


def test_a_worker_says_whether_new_work_may_come(acme: Firm):
    will = signed_in("will@acme.example")

    will.post(reverse("profile"), {"part": "availability"})

    with tenant_context(acme.company):
        assert not User.objects.get(pk=acme.will.pk).is_available


# --- nasty strings -------------------------------------------------------------------------------


def test_a_nasty_name_is_shown_as_it_is(settings, client: Client):
    settings.SIGNUP_CONFIRMS_EMAIL = False
    name = "<script>alert(1)</script> {{ 7|add:7 }} Robert'); DROP TABLE users;-- 田中さん"
    client.post(reverse("sign_up"), {**ANSWERS, "company_name": name, "first_name": "<b>Pete</b>"})

    page = client.get(reverse("profile")).content.decode()

    assert "&lt;script&gt;alert(1)&lt;/script&gt; {{ 7|add:7 }} Robert&#x27;); DROP" in page
    assert "田中さん" in page
    assert "<b>Pete" not in page


def test_a_query_with_a_character_that_cannot_be_stored_is_answered(client: Client):
    assert client.get("/login/?next=%00").status_code == 200
    assert client.get("/%00/").status_code == 404
