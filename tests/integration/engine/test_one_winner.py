"""A person, a callback, a deadline and a cancellation at the same instant: one of them wins.

Each pair a hundred times, in real transactions of two threads that are let go together. Whoever
loses is told so in plain words, or finds nothing to do; the ticket never goes two ways.
"""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from threading import Barrier
from typing import Any
from uuid import UUID

import pytest
from django.db import connection

from definitions.models import TicketDefinition
from definitions.services import import_bundle
from operations import work
from operations.actions import CallbackRefused, receive_callback
from operations.actions.guard import stop
from operations.errors import TaskMoved
from operations.models import TaskInstance, TicketError, TicketInstance, WorkflowEvent
from operations.services import cancel_ticket, complete_task, skip_error, submit_ticket
from tenants.context import company_named, request_context, tenant_context
from tenants.errors import DomainError
from tests.builders import YES_NO, Firm
from tests.targets import Target, target

pytestmark = pytest.mark.django_db(transaction=True)

ROUNDS = 100
ANSWER = b'{"order": 7}'
ORDER = {
    "key": "order", "task_type": "ASYNC_ACTION", "timeout_seconds": 3600,
    "action": {"idempotent": True, "retry": [],
               "catch": [{"errors": ["callback_expired"], "next": "late"}]},
}  # fmt: skip


def _form(key: str, **more: Any) -> dict[str, Any]:
    return {"key": key, "task_type": "FORM", "output_schema": YES_NO, **more}


def _flow(first: dict[str, Any], *more_ways: dict[str, Any]) -> dict[str, Any]:
    """`first`, then the form `next`; out of time, the form `late`."""
    ways = [{"to": first["key"]}, {"from": first["key"], "to": "next"}, *more_ways]
    ends = [{"from": "next", "to": None}, {"from": "late", "to": None}]
    return {
        "format": "ticketflower/1",
        "workflows": [
            {"key": "flow", "title": "Flow", "fields": [{"name": "subject"}],
             "tasks": [first, _form("next"), _form("late")], "transitions": [*ways, *ends]}
        ],
        "tickets": [{"key": "ask", "title": "Ask", "workflow": "flow"}],
    }  # fmt: skip


@pytest.fixture
def erp(settings: Any) -> Iterator[Target]:
    settings.ALLOW_LOOPBACK_CALLS = True
    with target() as running:
        yield running


@dataclass(frozen=True)
class Round:
    """One ticket at its first task; `token` answers for it."""

    ticket: TicketInstance
    task: TaskInstance
    token: str = ""


Act = Callable[[Firm, Round], str]


def complete(firm: Firm, at: Round) -> str:
    try:
        complete_task(firm.will, at.task, {"ok": True})
    except TaskMoved as lost:
        return "told" if lost.message else "not told"
    return "won"


def cancel(firm: Firm, at: Round) -> str:
    cancel_ticket(firm.tara, at.ticket, reason="Not needed")
    return "won"


def run_out(firm: Firm, at: Round) -> str:
    return "won" if work.do("timeout", at.task.pk) else "nothing to do"


def call_back(firm: Firm, at: Round) -> str:
    try:
        receive_callback(at.token, ANSWER, {})
    except CallbackRefused as lost:
        return "told" if lost.status == 404 else lost.message
    return "won"


def skip(firm: Firm, at: Round) -> str:
    try:
        error = TicketError.objects.get(task=at.task)
        skip_error(firm.tara, error, output={"order": 0}, reason="By phone")
    except DomainError as lost:
        return "told" if lost.message else "not told"
    return "won"


def race(firm: Firm, rounds: list[Round], one: Act, other: Act) -> list[tuple[str, str]]:
    """What came of each round: the outcomes of `one` and of `other`."""
    gate = Barrier(2)
    # A deadline is nobody's request: nothing is open when it fires.
    in_a_request = {complete: str(firm.company.pk), cancel: str(firm.company.pk), skip: str(
        firm.company.pk), call_back: ""}  # fmt: skip

    def all_of(act: Act) -> list[str]:
        outcomes = []
        try:
            for at in rounds:
                gate.wait(timeout=60)
                if act in in_a_request:
                    with request_context(in_a_request[act]):
                        outcomes.append(act(firm, at))
                else:
                    with tenant_context(firm.company):
                        outcomes.append(act(firm, at))
        finally:
            connection.close()
        return outcomes

    with ThreadPoolExecutor(2) as pool:
        first, second = pool.map(all_of, (one, other))
    return list(zip(first, second, strict=True))


def _tickets(firm: Firm) -> list[TicketInstance]:
    kind = TicketDefinition.objects.get(key="ask")
    return [submit_ticket(firm.ann, kind, {"subject": "A chair"}) for _ in range(ROUNDS)]


def with_people(firm: Firm) -> list[Round]:
    """Tickets that wait for Will, and whose time is up."""
    first = _form("first", timeout_seconds=3600)
    late = {"from": "first", "to": "late", "after": "timeout"}
    with tenant_context(firm.company):
        import_bundle(firm.flo, _flow(first, late), publish=True)
        tickets = _tickets(firm)
        TaskInstance.objects.update(times_out_at="2020-01-01T00:00Z")
        tasks = {task.ticket_id: task for task in TaskInstance.objects.all()}
        return [Round(ticket, tasks[ticket.pk]) for ticket in tickets]


def with_calls(firm: Firm, erp: Target, path: str = "/ok") -> list[Round]:
    """Tickets that wait for an answer, and whose time is up."""
    with tenant_context(firm.company):
        order = {**ORDER, "action_url": erp.url(path)}
        import_bundle(firm.flo, _flow(order), publish=True)
        tickets = _tickets(firm)
        tasks = {task.ticket_id: task for task in TaskInstance.objects.all()}
    for task in tasks.values():
        with company_named(firm.company.pk):  # no transaction is open, as in a worker
            assert work.do("call", task.pk)
    token = {
        seen.key: seen.headers["callback-url"].rstrip("/").rpartition("/")[2] for seen in erp.seen
    }
    with tenant_context(firm.company):
        TaskInstance.objects.update(times_out_at="2020-01-01T00:00Z")
    return [Round(one, tasks[one.pk], token[str(tasks[one.pk].pk)]) for one in tickets]


def open_keys(firm: Firm) -> dict[UUID, list[str]]:
    """By ticket: the tasks that were started after the first one."""
    started: dict[UUID, list[str]] = {}
    with tenant_context(firm.company):
        rows = TaskInstance.objects.order_by("sequence").values_list(
            "ticket", "task_definition__key"
        )
        for ticket, key in rows:
            started.setdefault(ticket, []).append(key)
    return {ticket: keys[1:] for ticket, keys in started.items()}


def test_a_person_or_the_deadline(acme: Firm):
    rounds = with_people(acme)

    outcomes = race(acme, rounds, complete, run_out)

    assert set(outcomes) <= {("won", "nothing to do"), ("told", "won")}
    keys = open_keys(acme)
    for at, (person, _) in zip(rounds, outcomes, strict=True):
        assert keys[at.ticket.pk] == (["next"] if person == "won" else ["late"])


def test_a_person_or_the_cancellation(acme: Firm):
    rounds = with_people(acme)

    outcomes = race(acme, rounds, complete, cancel)

    assert {second for _, second in outcomes} == {"won"}  # after a person there is more to cancel
    _assert_all_is_over(acme)


def test_the_deadline_or_the_cancellation(acme: Firm):
    rounds = with_people(acme)

    outcomes = race(acme, rounds, run_out, cancel)

    assert {second for _, second in outcomes} == {"won"}
    _assert_all_is_over(acme)


def test_a_callback_or_its_deadline(acme: Firm, erp: Target):
    rounds = with_calls(acme, erp)

    outcomes = race(acme, rounds, call_back, run_out)

    keys = open_keys(acme)
    for at, (callback, deadline) in zip(rounds, outcomes, strict=True):
        assert (callback, deadline) in {("won", "nothing to do"), ("told", "won")}
        # What was acknowledged counts: the ticket went the way of the answer.
        assert keys[at.ticket.pk] == (["next"] if callback == "won" else ["late"])


def test_a_callback_or_the_cancellation(acme: Firm, erp: Target):
    rounds = with_calls(acme, erp)

    outcomes = race(acme, rounds, call_back, cancel)

    assert {second for _, second in outcomes} == {"won"}
    _assert_all_is_over(acme)


def test_a_callback_or_a_person_who_skips_the_step(acme: Firm, erp: Target):
    """The step has stopped, a person says what came of it, and then the answer comes at last."""
    rounds = with_calls(acme, erp)
    with tenant_context(acme.company):
        for at in rounds:
            _give_up(at.task)

    outcomes = race(acme, rounds, call_back, skip)

    keys = open_keys(acme)
    with tenant_context(acme.company):
        for at, (callback, person) in zip(rounds, outcomes, strict=True):
            assert "won" in (callback, person)
            assert keys[at.ticket.pk] == ["next"]
            told = WorkflowEvent.objects.filter(task=at.task, kind__in=["ANSWERED", "SKIPPED"])
            assert told.count() == 1


def _give_up(task: TaskInstance) -> None:
    stop(task.pk, "")


def _assert_all_is_over(firm: Firm) -> None:
    with tenant_context(firm.company):
        assert set(TicketInstance.objects.values_list("workflow__w_status", flat=True)) == {
            "CANCELLED"
        }
        assert not TaskInstance.objects.filter(
            t_status__in=["OPEN", "IN_PROGRESS", "PENDING"]
        ).exists()
        events = WorkflowEvent.objects.values_list("ticket", "sequence")
        assert len(set(events)) == len(events)
