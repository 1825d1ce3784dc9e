"""Deadlines of answers that come later, and of what runs inside of a step."""

import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.core import mail
from django.db.models import F
from django.test import Client

from definitions.models import TicketDefinition
from definitions.services import import_bundle
from operations import store, work
from operations.models import (
    CallbackToken,
    Notice,
    TaskInstance,
    TicketError,
    TicketInstance,
    WorkflowInstance,
)
from operations.services import hold_ticket, resume_ticket, retry_error, submit_ticket
from tenants.context import company_named, tenant_context
from tests.builders import Firm, a_document
from tests.targets import Target, target

pytestmark = pytest.mark.django_db

IN_AN_HOUR = {"task_type": "ASYNC_ACTION", "timeout_seconds": 3600}
NO_REPEATS: dict[str, Any] = {"retry": []}


@pytest.fixture
def erp(settings: Any) -> Iterator[Target]:
    settings.ALLOW_LOOPBACK_CALLS = True
    settings.PUBLIC_URL = "http://testserver"
    with target() as running:
        yield running


def a_call(
    firm: Firm, erp: Target, *ways: dict[str, Any], **order: Any
) -> tuple[TicketInstance, str]:
    """A ticket that waits for an answer; and the address for it."""
    order = {**IN_AN_HOUR, "action_url": erp.url("/ok"), "action": NO_REPEATS, **order}
    document = a_document("order > check", order=order)
    flow = document["workflows"][0]
    del flow["tasks"][0]["output_schema"]
    flow["tasks"].append({"key": "late", "title": "Late", "task_type": "FORM"})
    flow["transitions"] += [{"from": "late", "to": None}, *ways]
    with tenant_context(firm.company):
        import_bundle(firm.flo, document, publish=True)
        kind = TicketDefinition.objects.get(key="flow-request")
        ticket = submit_ticket(firm.ann, kind, {"subject": "A chair"})
        come_back()
    return ticket, erp.calls("/ok")[-1].headers["callback-url"]


def send(address: str) -> int:
    answer = json.dumps({"order": 7})
    return Client().post(address, answer, content_type="application/json").status_code


def come_back() -> list[str]:
    done: list[str] = []
    while True:
        due = [one for one in store.due_work() if one.kind not in ("nobody", "notice")]
        kinds = [one.kind for one in due if work.do(one.kind, one.row_id)]
        done += kinds
        if not kinds:
            return done


def let_pass(**length: float) -> None:
    """So much time goes by for the answers that are waited for."""
    TaskInstance.objects.update(times_out_at=F("times_out_at") - timedelta(**length))
    CallbackToken.objects.update(expires_at=F("expires_at") - timedelta(**length))


def held_for(**length: float) -> None:
    """All that is on hold has been so for that much longer, and has begun before."""
    WorkflowInstance.objects.update(held_at=F("held_at") - timedelta(**length))
    TaskInstance.objects.update(created_at=F("created_at") - timedelta(**length))


def task_of(ticket: TicketInstance, key: str = "order") -> TaskInstance:
    return TaskInstance.objects.filter(ticket=ticket, task_definition__key=key).latest("sequence")


TO_LATE = {"from": "order", "to": "late", "after": "timeout"}


def test_an_answer_that_does_not_come_goes_the_way_drawn_for_it(acme: Firm, erp: Target):
    ticket, address = a_call(acme, erp, TO_LATE)
    with tenant_context(acme.company):
        let_pass(minutes=59)
        assert come_back() == []
        let_pass(minutes=1)
        assert come_back() == ["timeout"]

        assert task_of(ticket).t_status == "CANCELLED"
        assert task_of(ticket, "late").t_status == "OPEN"
        assert not TicketError.objects.exists()
    assert send(address) == 404  # it comes too late


def test_without_such_a_way_it_is_a_failure_and_the_answer_may_still_be_asked_for(
    acme: Firm, erp: Target
):
    ticket, address = a_call(acme, erp)
    with tenant_context(acme.company):
        let_pass(hours=1)
        come_back()

        error = TicketError.objects.get(ticket=ticket)
        assert (error.code, error.error_type) == ("callback_expired", "TASK_UPDATE")
        assert task_of(ticket).t_status == "ERROR"
        assert send(address) == 404
        retry_error(acme.tara, error, reason="They are awake again.")
        come_back()
    assert send(erp.calls("/ok")[-1].headers["callback-url"]) == 200
    with tenant_context(acme.company):
        assert task_of(ticket, "check").t_status == "OPEN"
        assert TicketError.objects.get(pk=error.pk).error_status == "RESOLVED"


def test_an_answer_that_waits_for_its_turn_is_never_late(acme: Firm, erp: Target):
    """It came while the ticket was on hold; what was acknowledged counts."""
    ticket, address = a_call(acme, erp, TO_LATE)
    with tenant_context(acme.company):
        hold_ticket(acme.tara, ticket, reason="Not now.")
    assert send(address) == 200
    with tenant_context(acme.company):
        let_pass(days=3)
        task = task_of(ticket)
        TaskInstance.objects.filter(pk=task.pk).update(times_out_at=task.created_at)
        assert come_back() == []
        resume_ticket(acme.tara, ticket)
        TaskInstance.objects.filter(pk=task.pk).update(times_out_at=task.created_at)

        assert not work.do("timeout", task.pk)
        assert come_back() == ["callback"]
        assert task_of(ticket, "check").t_status == "OPEN"


def test_on_hold_the_time_for_an_answer_stands_still(acme: Firm, erp: Target):
    ticket, address = a_call(acme, erp, TO_LATE)
    with tenant_context(acme.company):
        before = CallbackToken.objects.get().expires_at
        let_pass(minutes=10)
        hold_ticket(acme.tara, ticket, reason="Not now.")
        let_pass(days=2)
        held_for(days=2)
        assert come_back() == []

        resume_ticket(acme.tara, ticket)

        token = CallbackToken.objects.get()
        assert token.expires_at == before - timedelta(minutes=10)
        assert task_of(ticket).times_out_at == token.expires_at
        assert come_back() == []
    assert send(address) == 200


def test_what_runs_inside_of_a_step_that_runs_out_ends_with_it(acme: Firm):
    """And no time of it comes while the whole is on hold."""
    outer = a_document("call > check", key="outer",
                       call={"task_type": "SUBWORKFLOW", "subworkflow": "inner",
                             "due": {"days": 2}})  # fmt: skip
    flow = outer["workflows"][0]
    del flow["tasks"][0]["output_schema"]
    flow["transitions"].append({"from": "call", "to": "check", "after": "timeout"})
    inner = a_document("ask", key="inner", ask={"due": {"days": 1}})
    outer["workflows"] += inner["workflows"]
    with tenant_context(acme.company):
        import_bundle(acme.flo, outer, publish=True)
        kind = TicketDefinition.objects.get(key="outer-request")
        ticket = submit_ticket(acme.ann, kind, {"subject": "A chair"})
        come_back()
        call, ask = task_of(ticket, "call"), task_of(ticket, "ask")
        assert call.times_out_at == call.created_at + timedelta(days=2)
        hold_ticket(acme.tara, ticket, reason="Not now.")
        held_for(days=5)
        resume_ticket(acme.tara, ticket)

        moved = task_of(ticket, "ask").due_at
        assert ask.due_at is not None
        assert moved is not None
        assert moved >= ask.due_at + timedelta(days=5)
        assert come_back() == []
        let_pass(days=7, minutes=1)
        assert come_back() == ["timeout"]

        assert (task_of(ticket, "call").t_status, task_of(ticket, "ask").t_status) == (
            "CANCELLED",
            "CANCELLED",
        )
        assert task_of(ticket, "check").t_status == "OPEN"


@pytest.mark.django_db(transaction=True)
def test_each_verb_of_the_clock_opens_its_own_transactions(acme: Firm):
    """As in a worker: the company is named, and nothing is open."""
    ways = [{"from": "ask", "to": "rest", "after": "timeout"}]
    document = a_document(
        "ask > rest > check",
        ask={"timeout_seconds": 3600, "reminder": {"after": {"minutes": 1}}},
        rest={"task_type": "WAIT", "until": {"days": 1}},
    )
    flow = document["workflows"][0]
    del flow["tasks"][1]["output_schema"]
    flow["transitions"] += ways
    with tenant_context(acme.company):
        import_bundle(acme.flo, document, publish=True)
        kind = TicketDefinition.objects.get(key="flow-request")
        ticket = submit_ticket(acme.ann, kind, {"subject": "A chair"})
        ask = task_of(ticket, "ask")
        TaskInstance.objects.update(remind_at=ask.created_at)

    with company_named(acme.company.pk):
        assert work.do("remind", ask.pk)
    with tenant_context(acme.company):
        notice = Notice.objects.get()
    with company_named(acme.company.pk):
        assert work.do("notice", notice.pk)
    with tenant_context(acme.company):
        TaskInstance.objects.update(times_out_at=ask.created_at)
    with company_named(acme.company.pk):
        assert work.do("timeout", ask.pk)
    with tenant_context(acme.company):
        rest = task_of(ticket, "rest")
        TaskInstance.objects.update(wakes_at=ask.created_at)
    with company_named(acme.company.pk):
        assert work.do("wake", rest.pk)

    with tenant_context(acme.company):
        assert task_of(ticket, "check").t_status == "OPEN"
    assert [sent.to for sent in mail.outbox] == [[acme.will.email]]
