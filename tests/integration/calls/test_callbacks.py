"""Answers that come later: kept once, gone on with once, whatever order things come in."""

import json
import time
from collections.abc import Iterator
from typing import Any

import pytest
from django.db import connection
from django.test import Client

from operations import actions
from operations.actions import calling
from operations.models import CallbackToken, TaskAttempt, TicketError, TicketInstance, WorkflowEvent
from operations.outgoing import signatures
from operations.services import cancel_ticket, hold_ticket, resume_ticket
from tenants.context import tenant_context
from tenants.services import set_secret
from tests.builders import Firm, the_open_task
from tests.integration.calls.test_actions import (
    a_flow,
    let_time_pass,
    ordered,
    task_of,
    work_off,
)
from tests.targets import Target, target

GONE = 404


@pytest.fixture
def erp(settings: Any) -> Iterator[Target]:
    settings.ALLOW_LOOPBACK_CALLS = True
    settings.PUBLIC_URL = "http://testserver"
    with target() as running:
        yield running


def asked(acme: Firm, erp: Target, path: str = "/ok", **order: Any) -> tuple[TicketInstance, str]:
    """A ticket whose call has gone out; and the address for its answer."""
    with tenant_context(acme.company):
        kind = a_flow(acme, task_type="ASYNC_ACTION", action_url=erp.url(path), **order)
        ticket = ordered(acme, kind)
        work_off()
    return ticket, erp.calls(path)[-1].headers["callback-url"]


def send(address: str, answer: Any = None, **headers: str) -> Any:
    body = answer if isinstance(answer, bytes) else json.dumps(answer or {"order": 7})
    return Client().post(address, body, content_type="application/json", headers=headers)


def test_the_answer_that_comes_later_completes_the_task(acme: Firm, erp: Target):
    output = {"number": {"$": {"var": "response.order"}}}
    ticket, address = asked(acme, erp, output_transform=output)
    with tenant_context(acme.company):
        task = task_of(ticket)
        assert (task.t_status, task.wakes_at) == ("PENDING", None)
        assert task.times_out_at

    answer = send(address)

    assert (answer.status_code, answer.json()) == (200, {"status": "received"})
    with tenant_context(acme.company):
        assert task_of(ticket).output_data == {"number": 7}
        assert the_open_task(ticket).task_definition.key == "check"
        told = WorkflowEvent.objects.get(ticket=ticket, kind="ANSWERED")
        assert told.actor_kind == "API"


def test_the_same_answer_again_gets_the_same_word_and_another_one_a_refusal(
    acme: Firm, erp: Target
):
    ticket, address = asked(acme, erp)

    answers = [send(address), send(address), send(address, {"order": 8}), send(address)]

    assert [answer.status_code for answer in answers] == [200, 200, 409, 200]
    assert answers[0].content == answers[1].content
    with tenant_context(acme.company):
        assert task_of(ticket).output_data == {"order": 7}
        assert WorkflowEvent.objects.filter(ticket=ticket, kind="ANSWERED").count() == 1


def test_looking_at_the_address_does_nothing(acme: Firm, erp: Target):
    ticket, address = asked(acme, erp)

    seen = [Client().get(address), Client().head(address), Client().get("/callbacks/none/")]

    assert [answer.status_code for answer in seen] == [405] * 3
    with tenant_context(acme.company):
        assert task_of(ticket).t_status == "PENDING"


def test_unknown_revoked_and_expired_addresses_look_alike(acme: Firm, erp: Target):
    ticket, revoked = asked(acme, erp)
    with tenant_context(acme.company):
        cancel_ticket(acme.tara, ticket, reason="Not needed")
        late_ticket = ordered(acme, late_kind(ticket))
        work_off()
        late = erp.calls("/ok")[-1].headers["callback-url"]
        CallbackToken.objects.filter(task=task_of(late_ticket)).update(expires_at="2020-01-01T00Z")

    answers = [send("/callbacks/nobody-knows-this/"), send(revoked), send(late)]

    assert {(one.status_code, one.content) for one in answers} == {
        (GONE, b'{"error": "There is nothing here."}')
    }


def late_kind(ticket: TicketInstance) -> Any:
    return TicketInstance.objects.get(pk=ticket.pk).ticket_type


def test_an_answer_during_a_hold_waits_for_its_turn(acme: Firm, erp: Target):
    ticket, address = asked(acme, erp)
    with tenant_context(acme.company):
        hold_ticket(acme.tara, ticket, reason="Stocktaking")

    assert send(address).status_code == 200
    with tenant_context(acme.company):
        assert task_of(ticket).t_status == "PENDING"
        resume_ticket(acme.tara, ticket)
        work_off()
        assert task_of(ticket).t_status == "COMPLETED"


def test_an_answer_before_the_call_has_returned_waits_for_it(acme: Firm, erp: Target):
    with tenant_context(acme.company):
        kind = a_flow(acme, task_type="ASYNC_ACTION", action_url=erp.url("/ok"))
        ticket = ordered(acme, kind)
        task = task_of(ticket)
        begun: list[Any] = []
        calling._begin(task.pk, begun)
        outcome = calling._made(begun[0])
    address = erp.calls("/ok")[-1].headers["callback-url"]

    assert send(address).status_code == 200

    with tenant_context(acme.company):
        assert task_of(ticket).t_status == "IN_PROGRESS"
        calling._settled(task.pk, begun[0].attempt_id, outcome)
        work_off()
        assert task_of(ticket).t_status == "COMPLETED"


def test_no_answer_in_time_is_an_error_like_any_other(acme: Firm, erp: Target):
    ticket, address = asked(acme, erp, timeout_seconds=3600)
    with tenant_context(acme.company):
        let_time_pass()
        actions.expire(task_of(ticket).pk)
        error = TicketError.objects.get(ticket=ticket)
        assert error.code == "callback_expired"
        assert task_of(ticket).t_status == "ERROR"
        names = TaskAttempt.objects.filter(task=task_of(ticket)).values_list("error_name")
        assert list(names) == [("callback_expired",)]

    assert send(address).status_code == GONE


def test_an_answer_that_cannot_be_used_stops_the_ticket_for_a_person(acme: Firm, erp: Target):
    schema = {"type": "object", "required": ["total"], "properties": {"total": {"type": "number"}}}
    ticket, address = asked(acme, erp, output_schema=schema)

    assert send(address).status_code == 200

    with tenant_context(acme.company):
        assert TicketError.objects.get(ticket=ticket).code == "schema"
        assert CallbackToken.objects.get().payload == {"order": 7}


@pytest.mark.parametrize(
    ("body", "status"),
    [(b"{", 400), (b'{"a": NaN}', 400), (b'"\\u0000"', 400), (b"\xff", 400), (b" " * 300_000, 413)],
    ids=["no JSON", "no number", "NUL", "no UTF-8", "too large"],
)
def test_what_cannot_be_kept_is_refused_and_may_be_sent_again(
    acme: Firm, erp: Target, body: bytes, status: int
):
    _, address = asked(acme, erp)

    assert send(address, body).status_code == status
    assert send(address).status_code == 200


def test_where_a_signature_is_asked_for_only_a_fresh_and_right_one_counts(acme: Firm, erp: Target):
    with tenant_context(acme.company):
        set_secret(acme.adam, name="hook", value="whsec_c2VjcmV0")
    _, address = asked(acme, erp, action={"verify": {"$secret": "hook"}})
    key, body, now = signatures.key_of("whsec_c2VjcmV0"), b'{"order": 7}', int(time.time())

    def signed(key: bytes, at: int) -> int:
        headers = signatures.signed_headers(key, "m1", body, at)
        return int(send(address, body, **headers).status_code)

    assert send(address, body).status_code == 401
    assert signed(b"other", now) == 401
    assert signed(key, now - 3600) == 401
    assert signed(key, now) == 200


def test_another_companys_token_opens_nothing_of_ours(acme: Firm, globex: Firm, erp: Target):
    ticket, address = asked(acme, erp)
    with tenant_context(globex.company), connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM callback_tokens")
        assert cursor.fetchone() == (0,)

    assert send(address).status_code == 200
    with tenant_context(acme.company):
        assert task_of(ticket).t_status == "COMPLETED"
