"""Mails that people are owed: who gets one, when, and what happens while no mail can be sent."""

import smtplib
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.core import mail
from django.db.models import F

from definitions.models import TicketDefinition
from definitions.services import import_bundle
from operations import notices, store, work
from operations.models import Notice, TicketError, TicketInstance
from operations.services import cancel_ticket, complete_task
from tenants.context import tenant_context
from tenants.models import User
from tests.builders import Firm, a_document, a_ticket, the_open_task
from tests.mail_server import MailServer, mail_server


@pytest.fixture(autouse=True)
def _in_acme(acme: Firm) -> Iterator[None]:
    with tenant_context(acme.company):
        yield


def a_dead_end(firm: Firm, key: str = "flow") -> TicketDefinition:
    """A workflow that cannot go on from a “no”."""
    document = a_document("ask > check", key=key)
    [way] = [way for way in document["workflows"][0]["transitions"] if way.get("from") == "ask"]
    way["condition"] = {"==": [{"var": "ask.ok"}, True]}
    import_bundle(firm.boss, document, publish=True)
    return TicketDefinition.objects.get(key=f"{key}-request")


def stopped(firm: Firm, kind: TicketDefinition) -> TicketInstance:
    ticket = a_ticket(firm, kind)
    complete_task(firm.will, the_open_task(ticket), {"ok": False})
    return ticket


def send_all() -> None:
    for due in store.due_work():
        if due.kind == "notice":
            work.do("notice", due.row_id)


def receivers() -> list[str]:
    return sorted(address for sent in mail.outbox for address in sent.to)


def test_the_first_error_of_its_kind_is_told_to_every_ticket_admin(acme: Firm, settings: Any):
    settings.PUBLIC_URL = "https://help.example.com"
    ticket = stopped(acme, a_dead_end(acme))

    send_all()

    error = TicketError.objects.get(ticket=ticket)
    assert receivers() == [acme.boss.email, acme.tara.email]
    told = mail.outbox[0]
    assert told.subject == f"Ticket #{ticket.number} has stopped"
    assert error.message in told.body
    assert "at “Ask”" in told.body
    assert f"https://help.example.com/desk/errors/{error.pk}/" in told.body
    assert not Notice.objects.filter(sent_at=None).exists()


def test_further_errors_of_the_same_kind_are_told_to_nobody(acme: Firm):
    kind = a_dead_end(acme)
    stopped(acme, kind)
    send_all()
    mail.outbox.clear()

    stopped(acme, kind)
    send_all()
    assert mail.outbox == []

    stopped(acme, a_dead_end(acme, "other"))
    send_all()
    assert len(mail.outbox) == 2


def test_when_all_of_a_kind_are_repaired_the_next_one_is_told_again(acme: Firm):
    kind = a_dead_end(acme)
    first = stopped(acme, kind)
    send_all()
    cancel_ticket(acme.tara, first, reason="Not needed.")
    mail.outbox.clear()

    stopped(acme, kind)
    send_all()

    assert len(mail.outbox) == 2


def test_who_cannot_sign_in_gets_no_mail(acme: Firm):
    User.objects.filter(pk=acme.tara.pk).update(is_active=False)
    stopped(acme, a_dead_end(acme))
    User.objects.filter(pk=acme.boss.pk).update(is_active=False)

    send_all()

    assert mail.outbox == []
    assert not Notice.objects.exists()  # what nobody wants any more is not owed


def test_what_was_repaired_before_its_mail_went_out_is_not_told(acme: Firm):
    cancel_ticket(acme.tara, stopped(acme, a_dead_end(acme)), reason="Not needed.")

    send_all()

    assert (mail.outbox, Notice.objects.count()) == ([], 0)


def test_another_companys_admins_hear_nothing(acme: Firm, globex: Firm):
    stopped(acme, a_dead_end(acme))
    notice = Notice.objects.all()[0]

    with tenant_context(globex.company):
        assert not notices.send(notice.pk)
        assert not Notice.objects.exists()
    assert mail.outbox == []


def test_a_mail_that_cannot_be_sent_is_tried_again_later_and_later(
    acme: Firm, monkeypatch: Any, caplog: Any
):
    stopped(acme, a_dead_end(acme))
    notice = Notice.objects.get(person=acme.tara)
    Notice.objects.exclude(pk=notice.pk).delete()

    def refuse(self: Any, *_: Any, **__: Any) -> int:
        raise smtplib.SMTPServerDisconnected("Connection unexpectedly closed")

    with monkeypatch.context() as broken:
        broken.setattr(mail.EmailMessage, "send", refuse)
        for failures in range(10):
            assert [due.kind for due in store.due_work()] == ["notice"], failures
            send_all()
            notice.refresh_from_db()
            assert notice.failures == failures + 1
            assert not [due for due in store.due_work() if due.kind == "notice"]
            assert not notices.send(notice.pk)  # not before its time, whoever asks
            assert _minutes_to_wait(notice) == 2**failures
            passed = timedelta(minutes=2**failures, seconds=30)
            Notice.objects.update(next_try_at=F("next_try_at") - passed)

    assert notice.sent_at is None
    assert not [due for due in store.due_work() if due.kind == "notice"]  # ten times is enough
    assert not notices.send(notice.pk)
    assert mail.outbox == []
    assert "Mail not sent" in caplog.text


def _minutes_to_wait(notice: Notice) -> int:
    assert notice.next_try_at is not None
    return round((notice.next_try_at - store.clock()).total_seconds() / 60)


def test_a_mail_that_is_being_sent_is_sent_by_nobody_else(acme: Firm, monkeypatch: Any):
    stopped(acme, a_dead_end(acme))
    notice = Notice.objects.get(person=acme.tara)
    seen: list[Any] = []

    def while_sending(self: Any, *_: Any, **__: Any) -> int:
        seen.append(notices.send(notice.pk))
        return 1

    monkeypatch.setattr(mail.EmailMessage, "send", while_sending)

    assert notices.send(notice.pk)
    assert seen == [False]
    assert not notices.send(notice.pk)


def test_a_name_in_two_lines_cannot_write_a_header(acme: Firm):
    type(acme.company).objects.filter(pk=acme.company.pk).update(name="Acme\nBcc: all@example.com")
    stopped(acme, a_dead_end(acme))

    send_all()

    assert len(mail.outbox) == 2
    assert mail.outbox[0].message()["Bcc"] is None


# Through a real mail server


@pytest.fixture
def post(settings: Any) -> Iterator[MailServer]:
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_TIMEOUT = "127.0.0.1", 1
    with mail_server() as server:
        settings.EMAIL_PORT = server.port
        yield server


def test_a_mail_arrives_as_it_was_written(acme: Firm, post: MailServer, settings: Any):
    settings.DEFAULT_FROM_EMAIL = "TicketFlower <flower@help.example.com>"
    type(acme.company).objects.filter(pk=acme.company.pk).update(name="Bäckerei Öhler")
    ticket = stopped(acme, a_dead_end(acme))

    send_all()

    assert sorted(got.to for got in post.received) == [[acme.boss.email], [acme.tara.email]]
    got = post.received[0]
    assert got.sender == "flower@help.example.com"
    assert got.message["From"] == '"Bäckerei Öhler (TicketFlower)" <flower@help.example.com>'
    assert got.message["Subject"] == f"Ticket #{ticket.number} has stopped"
    assert "has stopped at “Ask”" in got.text
    assert got.text.rstrip().endswith("Bäckerei Öhler")


@pytest.mark.parametrize("wrong", ["refuses", "hangs"])
def test_a_server_that_takes_nothing_is_asked_again_later(acme: Firm, post: MailServer, wrong: str):
    stopped(acme, a_dead_end(acme))
    setattr(post, wrong, True)

    send_all()

    assert post.received == []
    assert set(Notice.objects.values_list("failures", flat=True)) == {1}
    setattr(post, wrong, False)
    Notice.objects.update(next_try_at=None)
    send_all()
    assert len(post.received) == 2
    assert not Notice.objects.filter(sent_at=None).exists()


def test_where_no_server_is_nothing_is_lost(acme: Firm, settings: Any):
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 1
    stopped(acme, a_dead_end(acme))

    send_all()

    assert set(Notice.objects.values_list("failures", "sent_at")) == {(1, None)}
