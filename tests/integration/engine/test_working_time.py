"""The page on which Adam says when his company works, and what the log keeps of it."""

from datetime import date, timedelta
from typing import Any

import pytest
from django.test import Client

from tenants import services
from tenants.context import tenant_context
from tenants.errors import DomainError, NotAllowed
from tenants.models import AuditEntry, Company
from tests.builders import Firm
from tests.pages import text_of

pytestmark = pytest.mark.django_db

PAGE = "/company/working-time/"
NINE_TO_FIVE = {
    f"{name}_{n}": value
    for n in range(5)
    for name, value in {"works": "on", "from": "09:00", "till": "17:00"}.items()
}


@pytest.fixture
def adam(acme: Firm) -> Client:
    client = Client()
    client.force_login(acme.adam)
    return client


def now(firm: Firm) -> Company:
    with tenant_context(firm.company):
        return Company.objects.get(pk=firm.company.pk)


def latest(firm: Firm) -> AuditEntry:
    with tenant_context(firm.company):
        return AuditEntry.objects.latest("created_at", "id")


def say(adam: Client, **changed: Any) -> str:
    return text_of(adam.post(PAGE, {**NINE_TO_FIVE, **changed}, follow=True))


def test_adam_changes_the_hours_and_the_log_says_how(adam: Client, acme: Firm):
    page = say(adam, till_4="13:00", works_5="on", from_5="10:00", till_5="12:30")

    assert "Saved." in page
    assert now(acme).working_hours[3:] == [
        ["09:00", "17:00"], ["09:00", "13:00"], ["10:00", "12:30"], None,
    ]  # fmt: skip
    assert latest(acme).detail == {
        "Friday": ["09:00 to 17:00", "09:00 to 13:00"],
        "Saturday": ["day off", "10:00 to 12:30"],
    }
    assert "changed the working hours of Acme" in text_of(adam.get("/company/log/")).replace(
        "Changed", "changed"
    )


def test_midnight_as_an_end_is_the_end_of_that_day(adam: Client, acme: Firm):
    say(adam, from_0="00:00", till_0="00:00")

    assert now(acme).working_hours[0] == ["00:00", "24:00"]
    assert 'name="till_0" value="00:00"' in adam.get(PAGE).content.decode()


def test_what_is_wrong_is_said_at_its_day_and_what_was_typed_is_still_there(
    adam: Client, acme: Firm
):
    typed = {"till_2": "08:00", "till_3": "09:00", "from_0": "08:15"}
    page = adam.post(PAGE, {**NINE_TO_FIVE, **typed})

    assert "On Wednesday work must begin before it ends." in text_of(page)
    assert "On Thursday work must begin before it ends." in text_of(page)
    assert 'value="08:15"' in page.content.decode()
    assert now(acme).working_hours[0] == ["09:00", "17:00"]


def test_a_ticked_day_needs_both_times(adam: Client, acme: Firm):
    assert text_of(adam.post(PAGE, {**NINE_TO_FIVE, "from_1": ""})).count("fill this in") == 1
    assert now(acme).working_hours[1] == ["09:00", "17:00"]


def test_a_week_without_work_is_possible_and_said(adam: Client, acme: Firm):
    page = text_of(adam.post(PAGE, {}, follow=True))

    assert now(acme).working_hours == [None] * 7
    assert "No day is a working day" in page


def test_days_off_come_in_a_row_and_go_in_a_row(adam: Client, acme: Firm):
    sent = {"day_off": "1", "first": "2026-12-24", "last": "2027-01-01", "name": " Closed  here "}
    page = text_of(adam.post(PAGE, sent, follow=True))

    assert "Closed here" in page
    assert "24 Dec 2026 to 1 Jan 2027" in page
    assert [day["date"] for day in now(acme).holidays][::8] == ["2026-12-24", "2027-01-01"]
    assert latest(acme).detail["holidays"][1][0] == "2026-12-24 Closed here"

    page = text_of(adam.post(f"{PAGE}?remove=2026-12-24_to_2027-01-01", follow=True))

    assert "None yet." in page
    assert now(acme).holidays == []


def test_a_day_that_is_there_already_gets_the_new_name(adam: Client, acme: Firm):
    for name in ("Off", "Christmas"):
        adam.post(PAGE, {"day_off": "1", "first": "2026-12-25", "last": "", "name": name})

    assert now(acme).holidays == [{"date": "2026-12-25", "name": "Christmas"}]


@pytest.mark.parametrize(
    ("sent", "words"),
    [
        ({"first": "2026-12-25", "last": "2026-12-24", "name": "X"}, "before the first"),
        ({"first": "2026-01-01", "last": "2026-12-31", "name": "X"}, "At most 100 days"),
        ({"first": "2026-12-25", "name": "  "}, "Please fill this in."),
        ({"first": "someday", "name": "X"}, "valid date"),
    ],
)
def test_days_off_that_are_none_are_refused(adam: Client, acme: Firm, sent: Any, words: str):
    assert words in text_of(adam.post(PAGE, {"day_off": "1", **sent}))
    assert now(acme).holidays == []


def test_the_last_day_there_is_can_be_a_day_off(adam: Client, acme: Firm):
    for day in ("9999-12-31", "0001-01-01"):
        adam.post(PAGE, {"day_off": "1", "first": day, "last": "", "name": "End"})

    assert "Fri 31 Dec 9999" in text_of(adam.get(PAGE))
    assert len(now(acme).holidays) == 2


def test_a_link_removes_nothing(adam: Client, acme: Firm):
    with tenant_context(acme.company):
        services.add_holidays(acme.adam, acme.company, first=date(2026, 12, 25), name="Christmas")

    assert "Christmas" in text_of(adam.get(f"{PAGE}?remove=2026-12-25_to_2026-12-25"))
    for nonsense in ("yesterday_to_today", "2026-12-25", "2026-12-26_to_2026-12-25", ""):
        assert adam.post(f"{PAGE}?remove={nonsense}").status_code == 404
    assert len(now(acme).holidays) == 1


def test_only_admins_may(acme: Firm):
    client = Client()
    client.force_login(acme.tara)

    assert client.get(PAGE).status_code == 403
    with tenant_context(acme.company), pytest.raises(NotAllowed):
        services.change_working_hours(acme.tara, acme.company, [None] * 7)
    with tenant_context(acme.company), pytest.raises(NotAllowed):
        services.add_holidays(acme.tara, acme.company, first=date(2026, 1, 1), name="x")
    with tenant_context(acme.company), pytest.raises(NotAllowed):
        services.remove_holidays(acme.tara, acme.company, [date(2026, 1, 1)])


def test_the_list_of_days_off_ends_somewhere(acme: Firm):
    first = date(2026, 1, 1)
    with tenant_context(acme.company):
        for n in range(5):
            start = first + timedelta(days=n * 100)
            services.add_holidays(
                acme.adam, acme.company, first=start, last=start + timedelta(days=99), name="x"
            )
        with pytest.raises(DomainError, match="At most 500"):
            services.add_holidays(acme.adam, acme.company, first=date(2030, 1, 1), name="x")


def test_the_other_company_keeps_its_hours(adam: Client, globex: Firm):
    say(adam, till_0="12:00")

    assert now(globex).working_hours[0] == ["09:00", "17:00"]
