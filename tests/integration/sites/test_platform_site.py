"""The platform site, told by Pat, who runs it: companies from outside, and looking into one."""

import io
import re
from datetime import timedelta
from typing import Any

import pytest
from django.core import mail
from django.core.cache import cache
from django.core.management import CommandError, call_command
from django.db import connection
from django.test import Client
from django.utils import timezone

from admin_site.base import role_sites
from definitions.models import TicketDefinition
from operations import jobs, workers
from operations.models import TicketInstance, WorkflowEvent
from tenants import impersonation, services
from tenants.checks import tenant_models
from tenants.context import platform_context, tenant_context
from tenants.errors import EmailTaken, NotAllowed
from tenants.models import AuditEntry, Company, CompanyRole, Invitation, User, uuid7
from tenants.roles import EVERY_ROLE
from tests.builders import PASSWORD, Firm, a_ticket, a_workflow
from tests.pages import text_of as read
from tests.sweep import addresses

pytestmark = pytest.mark.django_db

HOME = "/platform/"
COMPANIES = "/platform/companies/"
HEALTH = "/platform/health/"
LOG = "/platform/log/"
LIFT = "/platform/impersonation/lift/"
ONLY_READ = "/platform/impersonation/only-read/"
STOP = "/platform/impersonation/stop/"
WHY = "Case 4711: nobody gets their laptops"


@pytest.fixture(autouse=True)
def no_mails_counted() -> None:
    cache.clear()


@pytest.fixture
def pat_herself(db: Any) -> User:
    """Pat runs TicketFlower and belongs to no company."""
    return services.add_platform_person(
        email="pat@ticketflower.example", password=PASSWORD, first_name="Pat", last_name="Power"
    )


@pytest.fixture
def pat(pat_herself: User) -> Client:
    client = Client()
    client.force_login(pat_herself)
    return client


def page_of(firm: Firm) -> str:
    return f"{COMPANIES}{firm.company.pk}/change/"


def start_of(firm: Firm) -> str:
    return f"/platform/impersonation/{firm.company.pk}/start/"


def look_in(pat: Client, firm: Firm, *, to_change: bool = False) -> None:
    assert pat.post(start_of(firm), {"reason": WHY}).status_code == 302
    if to_change:
        assert pat.post(LIFT).status_code == 302


def text_of(client: Client, path: str) -> str:
    response = client.get(path)
    assert response.status_code == 200, path
    return read(response)


def log_of(firm: Firm | None) -> list[AuditEntry]:
    """Newest first; the platform's own log for None."""
    with tenant_context(firm.company) if firm else platform_context():
        return list(AuditEntry.objects.order_by("-created_at", "-id"))


def signs_in(email: str) -> bool:
    return Client().post("/login/", {"username": email, "password": PASSWORD}).status_code == 302


def banner_of(response: Any) -> str:
    found = re.search(
        r'<div class="tf-banner.*?</form></div>', response.content.decode(), re.DOTALL
    )
    return " ".join(re.sub(r"<[^>]+>", " ", found[0]).split()) if found else ""


# --- companies -----------------------------------------------------------------------------------


def test_pat_sees_companies_by_name_and_nothing_inside_them(pat: Client, acme: Firm, globex: Firm):
    pages = [text_of(pat, place) for place in (HOME, COMPANIES, page_of(acme), LOG)]

    assert "Acme acme Active" in pages[1]
    assert "Globex globex Active" in pages[1]
    for page in pages:
        assert not re.search(r"@(acme|globex)|Of-Acme|Managers", page)


@pytest.mark.parametrize(("question", "found"), [("state=off", "Globex"), ("q=acm", "Acme")])
def test_companies_are_found_by_name_and_state(
    pat: Client, acme: Firm, globex: Firm, question: str, found: str
):
    with platform_context():
        Company.objects.filter(pk=globex.company.pk).update(is_active=False)

    page = pat.get(f"{COMPANIES}?{question}").content.decode()

    assert re.findall(r'tf-two-lines"><span class="">(\w+)<', page) == [found]


def test_pat_opens_a_company_and_its_first_person_comes_in_by_mail(pat: Client):
    sent = {
        "company_name": "Initech", "time_zone": "berlin", "first_name": "Peter",
        "last_name": "Gibbons", "email": "peter@initech.example",
    }  # fmt: skip
    response = pat.post(f"{COMPANIES}add/", sent)

    with platform_context():
        company = Company.objects.get(name="Initech")
    assert response.headers["Location"] == f"{COMPANIES}{company.pk}/change/"
    link = re.search(r"http://testserver(/invitation/\S+)", str(mail.outbox[-1].body))
    assert link
    peter = Client()
    peter.post(link[1], {"password": PASSWORD})
    assert peter.get("/company/").status_code == 200
    with tenant_context(company):
        person = User.objects.with_roles().get()
        assert person.roles == EVERY_ROLE
        assert company.time_zone == "Europe/Berlin"
        assert CompanyRole.objects.get().key == CompanyRole.EVERYBODY
    assert log_of(None)[0].action == "company opened"


def test_opening_says_the_same_for_a_known_and_an_unknown_address(pat: Client, acme: Firm):
    told = set()
    for number, email in enumerate(("ann@acme.example", "nobody@acme.example")):
        sent = {
            "company_name": f"Firm {number}", "time_zone": "UTC", "first_name": "A",
            "last_name": "B", "email": email,
        }  # fmt: skip
        page = text_of(pat, pat.post(f"{COMPANIES}add/", sent).headers["Location"])
        told.add(re.sub(rf"{email}|[Ff]irm.{number}", "…", page))

    assert len(told) == 1
    assert "already has an account" in str(mail.outbox[0].body)


@pytest.mark.parametrize(
    ("changed", "beside"),
    [
        ({"company_name": " "}, "company_name"),
        ({"time_zone": "Moon"}, "time_zone"),
        ({"email": "x"}, "email"),
    ],
)
def test_what_is_wrong_is_said_beside_its_field(pat: Client, changed: dict[str, str], beside: str):
    sent = {
        "company_name": "Initech", "time_zone": "UTC", "first_name": "Peter",
        "last_name": "Gibbons", "email": "peter@initech.example",
    }  # fmt: skip

    page = pat.post(f"{COMPANIES}add/", {**sent, **changed}).content.decode()

    assert f'id="id_{beside}_error"' in page
    assert 'value="Gibbons"' in page
    with platform_context():
        assert not Company.objects.filter(name="Initech").exists()


def test_switching_off_ends_every_session_and_refuses_at_the_door(pat: Client, acme: Firm):
    ann, place = Client(), f"{COMPANIES}{acme.company.pk}/switch-off/"
    ann.force_login(acme.ann)
    assert "Switch off Acme?" in text_of(pat, place)
    assert 'id="id_reason_error"' in pat.post(place, {"reason": " "}).content.decode()
    assert ann.get("/portal/").status_code == 200

    pat.post(place, {"reason": "They asked for a break."})

    assert ann.get("/portal/").headers["Location"].startswith("/login/")
    assert not signs_in("ann@acme.example")
    for lines in (log_of(None), log_of(acme)):
        assert lines[0].action == "company switched off"
        assert lines[0].detail["reason"] == "They asked for a break."
        assert lines[0].actor_label == "Pat Power (TicketFlower support)"
    pat.post(f"{COMPANIES}{acme.company.pk}/switch-on/", {"reason": "They are back."})
    assert signs_in("ann@acme.example")


def test_a_company_that_is_off_gets_no_link_for_a_new_password(pat: Client, acme: Firm):
    pat.post(f"{COMPANIES}{acme.company.pk}/switch-off/", {"reason": "A break."})

    Client().post("/password-reset/", {"email": "ann@acme.example"})

    assert "works once" not in str(mail.outbox[-1].body)


def test_only_the_platform_switches_companies(acme: Firm, pat_herself: User):
    with tenant_context(acme.company):
        for person in (acme.adam, pat_herself):  # Pat only while she does not look in
            with pytest.raises(NotAllowed):
                services.set_company_active(person, acme.company, is_active=False, reason="x")
            with pytest.raises(NotAllowed):
                services.set_call_allowances(
                    person, acme.company, allowances=["erp.example:8443"], reason="x"
                )
            with pytest.raises(NotAllowed):
                services.open_company(
                    person, company_name="X", email="x@x.example", first_name="X", last_name="Y"
                )


def calls_of(firm: Firm) -> str:
    return f"{COMPANIES}{firm.company.pk}/calls/"


def allowances_of(firm: Firm) -> list[str]:
    with platform_context():
        allowed: list[str] = Company.objects.get(pk=firm.company.pk).call_allowances
        return allowed


def test_pat_allows_a_company_more_calls_and_both_logs_tell_why(pat: Client, acme: Firm):
    typed = "erp.example:8443\r\n\r\n  10.1.2.3  \r\nerp.example:8443"

    pat.post(calls_of(acme), {"allowances": typed, "reason": "Their ERP"})

    assert allowances_of(acme) == ["erp.example:8443", "10.1.2.3"]
    assert "and besides: erp.example:8443 10.1.2.3" in text_of(pat, page_of(acme))
    for lines in (log_of(None), log_of(acme)):
        assert lines[0].action == "call allowances changed"
        assert lines[0].detail["call_allowances"] == [[], ["erp.example:8443", "10.1.2.3"]]
        assert lines[0].detail["reason"] == "Their ERP"
    assert "10.1.2.3" in pat.get(calls_of(acme)).content.decode()


@pytest.mark.parametrize(
    "entry",
    [
        "https://erp.example",
        "169.254.169.254",
        "127.0.0.1:8000",
        "erp.example:0",
        "10.0.0.0/8",
        "2130706433",
    ],
)
def test_what_can_never_be_allowed_is_refused_by_name(pat: Client, acme: Firm, entry: str):
    typed = {"allowances": f"erp.example:8443\n{entry}", "reason": "Their ERP"}

    page = pat.post(calls_of(acme), typed)

    assert f"“{entry}”" in read(page)
    assert f"erp.example:8443\n{entry}" in page.content.decode()
    assert allowances_of(acme) == []


def test_a_list_that_is_too_long_is_refused(pat: Client, acme: Firm):
    typed = "\n".join(f"10.1.2.{number}" for number in range(51))

    page = pat.post(calls_of(acme), {"allowances": typed, "reason": "Their ERP"})

    assert "at most 50 entries; these are 51" in read(page)
    assert allowances_of(acme) == []


def test_the_site_is_for_the_platform_only(acme: Firm):
    for person in (acme.boss, acme.adam):
        client = Client()
        client.force_login(person)
        for place in (
            HOME,
            COMPANIES,
            HEALTH,
            LOG,
            page_of(acme),
            start_of(acme),
            calls_of(acme),
            LIFT,
            STOP,
        ):
            assert client.post(place, {"reason": WHY}).status_code == 403, place
        assert client.get(HOME).status_code == 403
    assert Client().get(HOME).headers["Location"] == "/login/?next=/platform/"


# --- looking in ----------------------------------------------------------------------------------


def test_a_reason_is_asked_before_pat_looks_in(pat: Client, acme: Firm):
    assert "Look into Acme?" in text_of(pat, start_of(acme))
    assert 'id="id_reason_error"' in pat.post(start_of(acme), {"reason": " "}).content.decode()
    assert pat.get("/desk/").status_code == 403

    look_in(pat, acme)

    assert pat.get("/desk/").status_code == 200


def test_a_company_that_is_not_there_cannot_be_looked_into(pat: Client):
    for ask in (pat.get, pat.post):
        assert ask(f"/platform/impersonation/{uuid7()}/start/").status_code == 404


def test_the_session_gets_a_new_key_at_the_start_and_at_the_end(pat: Client, acme: Firm):
    keys = [pat.session.session_key]
    look_in(pat, acme)
    keys.append(pat.session.session_key)
    pat.post(STOP)
    keys.append(pat.session.session_key)

    assert len(set(keys)) == 3
    assert impersonation.IN_SESSION not in pat.session


def test_the_banner_stands_on_every_page_with_company_reason_and_what_is_allowed(
    pat: Client, acme: Firm
):
    look_in(pat, acme)
    places = [f"/{site.key}/" for site in role_sites() if site.role]
    places += ["/", "/profile/", "/company/people/", "/desk/tickets/", "/nothing-here/", HOME]

    for place in places:
        banner = banner_of(pat.get(place, follow=True))
        assert "You look into Acme as TicketFlower support" in banner, place
        assert "Read only" in banner
        assert WHY in banner
        assert "Allow changes" in banner


def test_pat_sees_the_five_sites_as_its_people_do_and_not_her_own(pat: Client, acme: Firm):
    with tenant_context(acme.company):
        offer = a_workflow(acme)
        a_ticket(acme, offer)
    look_in(pat, acme)

    start = text_of(pat, "/")

    assert [site.title for site in role_sites() if site.title in start] == [
        "Portal", "Work", "Desk", "Design", "Company",
    ]  # fmt: skip
    assert "Acme" in start
    assert "Ask for flow" in text_of(pat, "/portal/")
    assert "A chair" in text_of(pat, "/desk/tickets/")
    assert "ann@acme.example" in text_of(pat, "/company/people/")
    assert pat.get(HOME).status_code == pat.get(COMPANIES).status_code == 403


def test_every_list_of_every_site_opens_while_looking_in(pat: Client, acme: Firm):
    with tenant_context(acme.company):
        a_ticket(acme, a_workflow(acme))
    look_in(pat, acme)

    opened = []
    for address in addresses():
        site = address.template.partition("/")[0]
        if address.places or site not in {site.key for site in role_sites() if site.role}:
            continue
        answer = pat.get("/" + address.template)
        assert answer.status_code in (200, 302, 403, 404), address
        if answer.status_code == 200:
            opened.append(address.template)
            if "text/html" in answer.headers["Content-Type"] and "<html" in answer.content.decode():
                assert banner_of(answer), address

    assert len(opened) >= 20


def test_while_only_reading_nothing_can_be_sent_anywhere(pat: Client, acme: Firm):
    with tenant_context(acme.company):
        ticket = a_ticket(acme, a_workflow(acme))
        role = CompanyRole.objects.get(key="managers")
        keys = [acme.ann.pk, ticket.pk, role.pk, "flow-request", ticket.number]
    look_in(pat, acme)
    before = _counted(acme)
    allowed = {"/logout/", LIFT, STOP}

    refused = 0
    for address in addresses():
        for key in keys if address.places else [""]:
            path = address.at(dict.fromkeys(address.places, str(key)))
            if path in allowed or path.startswith("/platform/impersonation/"):
                continue
            answer = pat.post(path, {"reason": "x", "title": "x", "name": "x"})
            assert answer.status_code == 403, path
            assert "Nothing can be changed now" in answer.content.decode(), path
            refused += 1

    assert refused > 100
    assert _counted(acme) == before


def _counted(firm: Firm) -> dict[str, int]:
    with tenant_context(firm.company):
        return {model.__name__: model._default_manager.count() for model in tenant_models()}


@pytest.mark.parametrize("method", ["put", "patch", "delete"])
def test_other_ways_to_write_are_refused_too(pat: Client, acme: Firm, method: str):
    look_in(pat, acme)

    assert getattr(pat, method)("/company/settings/").status_code == 403


def test_allowing_changes_is_asked_first(pat: Client, acme: Firm):
    look_in(pat, acme)

    assert "Every change carries your name" in text_of(pat, LIFT)
    refused = pat.post("/company/settings/", {"name": "Acme & Sons", "time_zone": "UTC"})
    assert refused.status_code == 403
    assert "What you had typed Name Acme &amp; Sons" in read(refused)
    pat.post(LIFT)

    banner = banner_of(pat.get("/company/"))
    assert "You may change things" in banner
    assert "Allow changes" not in banner
    assert pat.post("/company/settings/", {"name": "Acme 2", "time_zone": "UTC"}).status_code == 302


def test_allowing_changes_leads_back_to_where_pat_was(pat: Client, acme: Firm):
    look_in(pat, acme)
    here = "/company/people/?q=ann&state=on"

    link = re.search(rf'href="({LIFT}[^"]*)"', pat.get(here).content.decode())
    assert link
    question = pat.get(link[1]).content.decode()

    assert f'name="next" value="{here}"'.replace("&", "&amp;") in question
    assert pat.post(LIFT, {"next": here}).headers["Location"] == here
    assert pat.post(LIFT, {"next": "https://evil.example/"}).headers["Location"] == "/"


def test_pat_goes_back_to_reading_only_without_leaving(pat: Client, acme: Firm):
    look_in(pat, acme, to_change=True)
    assert "Only read again" in banner_of(pat.get("/company/"))

    answer = pat.post(ONLY_READ, {"next": "/company/roles/"})

    assert answer.headers["Location"] == "/company/roles/"
    assert "Read only" in banner_of(pat.get("/company/roles/"))
    assert pat.post("/company/settings/", {"name": "X", "time_zone": "UTC"}).status_code == 403
    assert log_of(None)[0].action == log_of(acme)[0].action == "impersonation only reads"
    assert "Went back to reading only in Acme" in read(pat.get("/company/log/"))


def test_reading_only_again_is_for_who_looks_in(pat: Client, client: Client, acme: Firm):
    client.force_login(acme.boss)

    assert pat.post(ONLY_READ).status_code == client.post(ONLY_READ).status_code == 403
    assert pat.get(ONLY_READ).status_code == 405


def test_times_of_the_platform_name_their_zone(pat: Client, acme: Firm):
    assert re.search(r"\d\d:\d\d UTC", text_of(pat, COMPANIES) + text_of(pat, HOME))

    look_in(pat, acme)

    assert not re.search(r"\d\d:\d\d UTC", text_of(pat, "/company/people/"))


def test_history_names_pat_where_she_changed_something(pat: Client, acme: Firm):
    with tenant_context(acme.company):
        offer = a_workflow(acme)
        ticket = a_ticket(acme, offer)
    look_in(pat, acme, to_change=True)

    role = pat.post("/company/roles/add/", {"title": "Finance"}).headers["Location"]
    pat.post(role, {"title": "Finance", "members": [str(acme.ann.pk)]})
    pat.post(f"/company/people/{acme.tara.pk}/switch-off/")
    pat.post(f"/desk/tickets/{ticket.pk}/hold/", {"reason": "Wait for the supplier"})

    support = "Pat Power (TicketFlower support)"
    lines = [line for line in log_of(acme) if not line.action.startswith("impersonation")]
    assert [line.action for line in lines[:3]] == [
        "person changed", "company role changed", "company role created",
    ]  # fmt: skip
    assert {line.actor_label for line in lines[:3]} == {support}
    assert {line.actor_id for line in lines[:3]} == {None}
    with tenant_context(acme.company):
        event = WorkflowEvent.objects.filter(ticket=ticket).order_by("-sequence")[0]
        assert event.reason == "Wait for the supplier"
        assert event.actor_label == support
    tara = Client()
    tara.force_login(acme.boss)
    assert support in text_of(tara, "/company/log/?who=support")


def test_pat_can_send_a_ticket_for_them(pat: Client, acme: Firm):
    with tenant_context(acme.company):
        offer: TicketDefinition = a_workflow(acme)
    look_in(pat, acme, to_change=True)
    place = f"/portal/new/{offer.key}/"
    form = pat.get(place).content.decode()
    key = re.search(r'name="(submission_key|_key|token)" value="([^"]+)"', form)
    sent = {key[1]: key[2]} if key else {}
    name = re.search(r'name="([^"]*subject[^"]*)"', form)
    assert name

    pat.post(place, {**sent, name[1]: "A desk"})

    with tenant_context(acme.company):
        ticket = TicketInstance.objects.get()
        assert ticket.created_by_id is None
        assert ticket.created_by_label == "Pat Power (TicketFlower support)"


def test_an_invitation_from_inside_says_who_sent_it(pat: Client, acme: Firm):
    look_in(pat, acme, to_change=True)

    pat.post("/company/people/add/", {
        "first_name": "Nell", "last_name": "New", "email": "nell@acme.example", "how": "mail",
    })  # fmt: skip

    with tenant_context(acme.company):
        invitation = Invitation.objects.get()
        assert invitation.invited_by_id is None
    assert "Pat Power (TicketFlower support) invites you to Acme" in mail.outbox[-1].subject
    assert "TicketFlower support" in text_of(pat, "/company/invitations/")


def test_both_logs_tell_when_pat_came_what_she_allowed_and_when_she_went(pat: Client, acme: Firm):
    look_in(pat, acme, to_change=True)
    pat.post(STOP)

    for lines in (log_of(None), log_of(acme)):
        looked = [line for line in lines if line.action.startswith("impersonation")]
        assert [line.action for line in looked] == [
            "impersonation ended", "impersonation may write", "impersonation started",
        ]  # fmt: skip
        assert looked[2].detail["reason"] == WHY
    assert "Looked into Acme" in text_of(pat, LOG)
    assert WHY in text_of(pat, page_of(acme))


def test_after_the_end_nothing_of_the_company_is_left(pat: Client, acme: Firm):
    look_in(pat, acme, to_change=True)
    pat.post(
        "/company/settings/", {"name": "Acme", "time_zone": "Europe/Berlin"}
    )  # leaves "Saved."

    response = pat.post(STOP)

    assert response.headers["Location"] == page_of(acme)
    page = pat.get(response.headers["Location"])
    assert "Saved." not in page.content.decode()
    assert not banner_of(page)
    for site in role_sites():
        assert pat.get(f"/{site.key}/").status_code == (200 if not site.role else 403)
    assert pat.get(f"/company/people/{acme.ann.pk}/change/").status_code == 403
    assert "Ann" not in text_of(pat, "/platform/search/?s=ann")


def test_one_company_at_a_time(pat: Client, acme: Firm, globex: Firm):
    look_in(pat, acme)

    assert pat.post(start_of(globex), {"reason": WHY}).status_code == 403

    assert "Globex" not in banner_of(pat.get("/company/"))


def test_half_an_hour_later_the_look_is_over_and_both_logs_say_so(pat: Client, acme: Firm):
    look_in(pat, acme, to_change=True)
    session, before = pat.session, pat.session.session_key
    running = session[impersonation.IN_SESSION]
    ago = timezone.now() - impersonation.LASTS - timedelta(seconds=1)
    session[impersonation.IN_SESSION] = {**running, "since": ago.isoformat()}
    session.save()

    assert pat.post("/company/settings/", {"name": "X", "time_zone": "UTC"}).status_code == 403
    assert pat.get(HOME).status_code == 200

    assert pat.session.session_key != before
    for lines in (log_of(None), log_of(acme)):
        assert lines[0].action == "impersonation ended"
        assert lines[0].detail["reason"] == "The time was over."
    with tenant_context(acme.company):
        acme.company.refresh_from_db()
    assert acme.company.name == "Acme"


def test_signing_out_ends_the_look_too(pat: Client, acme: Firm):
    look_in(pat, acme)

    pat.post("/logout/")

    assert log_of(acme)[0].action == "impersonation ended"
    assert pat.get("/company/").status_code == 302


def test_ending_needs_a_post(pat: Client, acme: Firm):
    look_in(pat, acme)

    assert pat.get(STOP).status_code == 405
    assert pat.get("/desk/").status_code == 200


def test_a_company_that_is_off_can_still_be_looked_into(pat: Client, acme: Firm):
    pat.post(f"{COMPANIES}{acme.company.pk}/switch-off/", {"reason": "A break."})

    look_in(pat, acme)

    assert "ann@acme.example" in text_of(pat, "/company/people/")


def test_pats_own_account_cannot_be_changed_from_inside(pat: Client, acme: Firm):
    look_in(pat, acme, to_change=True)

    pat.post("/profile/", {"part": "password", "old": PASSWORD, "new": "another fine sentence"})
    pat.post(STOP)

    assert signs_in("pat@ticketflower.example")


def test_times_are_those_of_the_company(pat: Client, acme: Firm):
    with tenant_context(acme.company):
        services.change_company(acme.adam, acme.company, name="Acme", time_zone="Asia/Tokyo")
    look_in(pat, acme)

    assert timezone.now().astimezone(acme.company.zone).strftime("%H:") in text_of(
        pat, "/company/settings/"
    )


# --- health --------------------------------------------------------------------------------------


def test_health_tells_the_database_the_walls_and_what_waits(pat: Client, acme: Firm):
    with tenant_context(acme.company):
        services.change_person(acme.boss, acme.will, is_available=False)
        a_ticket(acme, a_workflow(acme))

    page = text_of(pat, HEALTH)

    assert "Steps without a person nobody is free; the machine is well · oldest since" in page
    assert "Every table" in page
    assert "PostgreSQL" in page
    assert "No worker is running." in page


def test_a_worker_that_looks_for_work_is_seen(pat: Client):
    with connection.cursor() as cursor:
        cursor.execute("SHOW application_name")
        (before,) = cursor.fetchone()
        workers.introduce()
        try:
            page = text_of(pat, HEALTH)
        finally:
            cursor.execute("SELECT set_config('application_name', %s, false)", [before])

    assert re.search(r"Workers last looked (just now|\d+ seconds ago) 1", page)
    assert "All is well." in page


def test_jobs_are_counted_and_a_worker_that_died_is_told(pat: Client, acme: Firm):
    with tenant_context(acme.company):
        for _ in range(3):
            jobs.enqueue("call", uuid7())
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT procrastinate_fetch_job_v2(NULL, procrastinate_register_worker_v1())"
        )
        cursor.execute("UPDATE procrastinate_workers SET last_heartbeat = '2020-01-01'")

    page = text_of(pat, HEALTH)

    assert re.search(r"Jobs that wait for a free worker · oldest since .+? 2 Jobs", page)
    assert "Stalled jobs of workers who are gone; others take over 1" in page


@pytest.mark.django_db(transaction=True)
def test_work_that_waits_too_long_is_told(pat: Client, acme: Firm):
    with tenant_context(acme.company):
        ticket = a_ticket(acme, a_workflow(acme))
        TicketInstance.objects.filter(pk=ticket.pk).update(
            workflow=None, created_at=timezone.now() - timedelta(hours=1)
        )

    assert "Work waits longer than it should." in text_of(pat, HEALTH)
    assert "Work waits longer than it should." in text_of(pat, HOME)


# --- what it costs -------------------------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
def test_pages_cost_the_same_however_many_companies(pat: Client, pat_herself: User, statements):
    places = [COMPANIES, LOG, f"{COMPANIES}?q=firm&state=on", f"{LOG}?what=Company"]

    def opened(number: int) -> None:
        with platform_context():
            services.open_company(
                pat_herself, company_name=f"Firm {number}", email=f"p@{number}.example",
                first_name="P", last_name="Q",
            )  # fmt: skip

    def cost() -> dict[str, int]:
        found = {}
        for place in [*places, HOME, HEALTH]:
            pat.get(place)
            with statements() as counted:
                assert pat.get(place).status_code == 200
            found[place] = counted.total
        return found

    opened(0)
    before = cost()
    for number in range(1, 25):
        opened(number)

    assert cost() == before
    assert max(before[place] for place in places) <= 10, before
    assert max(before.values()) <= 16, before


# --- the command ---------------------------------------------------------------------------------


def test_a_platform_person_is_made_on_the_server(db, monkeypatch):
    monkeypatch.setattr("sys.stdin", io.StringIO(f"{PASSWORD}\n"))
    said = io.StringIO()

    call_command(
        "create_platform_user", "rosa@ticketflower.example", "--first-name=Rosa",
        "--last-name=Root", "--password-stdin", stdout=said,
    )  # fmt: skip

    assert "Rosa Root can sign in now as rosa@ticketflower.example." in said.getvalue()
    assert signs_in("rosa@ticketflower.example")
    assert log_of(None)[0].subject == "rosa@ticketflower.example"


def test_the_password_may_come_from_the_environment_or_is_asked_for(db, settings, monkeypatch):
    names = ["--first-name=Rosa", "--last-name=Root"]
    settings.PLATFORM_USER_PASSWORD = PASSWORD
    call_command("create_platform_user", "a@ticketflower.example", *names, stdout=io.StringIO())
    settings.PLATFORM_USER_PASSWORD = ""
    monkeypatch.setattr(
        "tenants.management.commands.create_platform_user.getpass", lambda words: PASSWORD
    )
    monkeypatch.setattr("builtins.input", lambda words: "Rosa")
    call_command("create_platform_user", "b@ticketflower.example", stdout=io.StringIO())

    assert signs_in("a@ticketflower.example")
    assert signs_in("b@ticketflower.example")


@pytest.mark.parametrize("typed", ["short", "12345678", "password"])
def test_a_weak_password_is_refused_there_too(db, monkeypatch, typed: str):
    monkeypatch.setattr("sys.stdin", io.StringIO(f"{typed}\n"))

    with pytest.raises(CommandError):
        call_command(
            "create_platform_user", "rosa@ticketflower.example", "--first-name=Rosa",
            "--last-name=Root", "--password-stdin",
        )  # fmt: skip

    with platform_context():
        assert not User.objects.exists()


def test_an_address_of_a_company_cannot_become_the_platforms(acme: Firm):
    with pytest.raises(EmailTaken):
        services.add_platform_person(
            email="Ann@acme.example", password=PASSWORD, first_name="A", last_name="B"
        )
