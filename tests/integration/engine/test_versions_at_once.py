"""A ticket is moved to another version while it is worked on, at any point, there and back.

Each race a hundred times, in real transactions of two threads that are let go together: whoever
comes second acts on what the first one left, and nothing is lost or done twice.
"""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from threading import Barrier
from typing import Any

import pytest
from django.db import connection
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from definitions.models import TicketDefinition, WorkflowDefinition
from definitions.services import import_bundle
from operations import work
from operations.actions import receive_callback
from operations.models import EventKind, TaskInstance, TicketInstance, WorkflowEvent
from operations.services import (
    cancel_ticket,
    complete_task,
    move_to_version,
    submit_ticket,
    way_back,
)
from tenants.context import company_named, request_context, tenant_context
from tests.builders import YES_NO, Firm
from tests.targets import Target, target

ROUNDS = 100
WHY = "The new one is better"


def _bundle(*tasks: dict[str, Any], ways: list[dict[str, Any]]) -> dict[str, Any]:
    return {
        "format": "ticketflower/1",
        "workflows": [
            {"key": "flow", "title": "Flow", "fields": [{"name": "subject"}],
             "tasks": list(tasks), "transitions": ways}
        ],
        "tickets": [{"key": "ask", "title": "Ask", "workflow": "flow"}],
    }  # fmt: skip


def _publish(firm: Firm, bundle: dict[str, Any]) -> WorkflowDefinition:
    import_bundle(firm.boss, bundle, publish=True)
    return WorkflowDefinition.objects.get(key="flow", status="PUBLISHED")


def _form(key: str, **more: Any) -> dict[str, Any]:
    return {"key": key, "output_schema": YES_NO, **more}


def _submit(firm: Firm) -> TicketInstance:
    return submit_ticket(firm.ann, TicketDefinition.objects.get(key="ask"), {"subject": "A chair"})


# --- at the same instant --------------------------------------------------------------------------

Act = Callable[[Firm, TicketInstance], str]


def race(firm: Firm, tickets: list[TicketInstance], one: Act, other: Act) -> list[tuple[str, str]]:
    gate = Barrier(2)

    def all_of(act: Act) -> list[str]:
        outcomes = []
        try:
            for ticket in tickets:
                gate.wait(timeout=60)
                with request_context(str(firm.company.pk)):
                    outcomes.append(act(firm, ticket))
        finally:
            connection.close()
        return outcomes

    with ThreadPoolExecutor(2) as pool:
        first, second = pool.map(all_of, (one, other))
    return list(zip(first, second, strict=True))


def complete(firm: Firm, ticket: TicketInstance) -> str:
    task = TaskInstance.objects.get(ticket=ticket)
    complete_task(firm.will, task, {"ok": True}, rev=task.rev)
    return "done"


def move(firm: Firm, ticket: TicketInstance) -> str:
    version = WorkflowDefinition.objects.get(key="flow", status="PUBLISHED")
    (moved,) = move_to_version(firm.tara, [ticket], version, reason=WHY)
    return moved.refused.message if moved.refused else "moved"


def cancel(firm: Firm, ticket: TicketInstance) -> str:
    cancel_ticket(firm.tara, ticket, reason="Not needed")
    return "cancelled"


def _first_and(firm: Firm, *between: str) -> WorkflowDefinition:
    keys = ["first", *between, "last"]
    ways: list[dict[str, Any]] = [{"to": "first"}]
    ways += [{"from": a, "to": b} for a, b in pairwise(keys)]
    return _publish(firm, _bundle(*map(_form, keys), ways=ways))


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("order", ["completed first", "moved first"])
def test_a_person_who_finishes_and_the_move(acme: Firm, order: str):
    with tenant_context(acme.company):
        _first_and(acme)
        tickets = [_submit(acme) for _ in range(ROUNDS)]
        _first_and(acme, "middle")
    acts = (complete, move) if order == "completed first" else (move, complete)

    outcomes = race(acme, tickets, *acts)

    assert {frozenset(one) for one in outcomes} == {frozenset({"done", "moved"})}
    with tenant_context(acme.company):
        for ticket in tickets:
            _assert_it_went_one_way(ticket)


def _assert_it_went_one_way(ticket: TicketInstance) -> None:
    """In the version in which it was when it went on; and now all of it is on the new one."""
    rows = list(
        TaskInstance.objects.filter(ticket=ticket)
        .order_by("sequence")
        .values_list("task_definition__key", "t_status", "task_definition__workflow__version")
    )
    (_, _, version_of_first), second = rows
    assert second == ("middle" if version_of_first == 2 else "last", "OPEN", 2)
    events = WorkflowEvent.objects.filter(ticket=ticket)
    kinds = list(events.order_by("sequence").values_list("kind", flat=True))
    assert kinds.count(EventKind.ROUTED) == 1
    assert kinds.count(EventKind.VERSION_CHANGED) == 1
    assert sorted(events.values_list("sequence", flat=True)) == list(range(1, len(kinds) + 1))


@pytest.mark.django_db(transaction=True)
def test_the_cancellation_and_the_move(acme: Firm):
    with tenant_context(acme.company):
        _first_and(acme)
        tickets = [_submit(acme) for _ in range(ROUNDS)]
        _first_and(acme, "middle")

    outcomes = race(acme, tickets, cancel, move)

    assert {first for first, _ in outcomes} == {"cancelled"}
    over = "It is over: what is finished stays on the version in which it happened."
    assert {second for _, second in outcomes} <= {"moved", over}
    with tenant_context(acme.company):
        assert not TaskInstance.objects.exclude(t_status="CANCELLED").exists()


@pytest.mark.django_db(transaction=True)
def test_two_moves_at_once(acme: Firm):
    with tenant_context(acme.company):
        _first_and(acme)
        tickets = [_submit(acme) for _ in range(ROUNDS)]
        _first_and(acme, "middle")

    outcomes = race(acme, tickets, move, move)

    stays = "No other version of “Flow” is under way in it."
    assert {tuple(sorted(one)) for one in outcomes} == {(stays, "moved")}


@pytest.mark.django_db(transaction=True)
def test_an_answer_and_the_move(acme: Firm, settings: Any):
    """What was acknowledged counts, whichever was first."""
    settings.ALLOW_LOOPBACK_CALLS = True
    with target() as erp:
        tokens = _waiting_for_answers(acme, erp)

        def call_back(firm: Firm, ticket: TicketInstance) -> str:
            receive_callback(tokens[ticket.pk], b'{"order": 7}', {})
            return "answered"

        with tenant_context(acme.company):
            tickets = list(TicketInstance.objects.order_by("number"))
        outcomes = race(acme, tickets, call_back, move)

    assert set(outcomes) == {("answered", "moved")}
    with tenant_context(acme.company):
        first = TaskInstance.objects.filter(task_definition__key="order")
        assert set(first.values_list("t_status", flat=True)) == {"COMPLETED"}
        last = TaskInstance.objects.filter(task_definition__key="last", t_status="OPEN")
        assert last.count() == ROUNDS


def _waiting_for_answers(firm: Firm, erp: Target) -> dict[Any, str]:
    """The token of each ticket."""
    order = {"key": "order", "task_type": "ASYNC_ACTION", "action_url": erp.url("/ok"),
             "action": {"retry": []}}  # fmt: skip
    ways = [{"to": "order"}, {"from": "order", "to": "last"}]
    with tenant_context(firm.company):
        _publish(firm, _bundle(order, _form("last"), ways=ways))
        for _ in range(ROUNDS):
            _submit(firm)
        tasks = {str(task.pk): task for task in TaskInstance.objects.all()}
    for task in tasks.values():
        with company_named(firm.company.pk):  # no transaction is open, as in a worker
            assert work.do("call", task.pk)
    with tenant_context(firm.company):
        _publish(firm, _bundle(order, _form("last", title="The last"), ways=ways))
    return {
        tasks[seen.key].ticket_id: seen.headers["callback-url"].rstrip("/").rpartition("/")[2]
        for seen in erp.seen
    }


# --- there and back, at any point -----------------------------------------------------------------

# Two drawings that decide alike: in the second, steps have other keys and other words.
KEYS = {"check": "examine", "right": "rechts", "meet": "gather"}


def _drawing(rename: dict[str, str]) -> dict[str, Any]:
    def key(name: str) -> str:
        return rename.get(name, name)

    no = {"==": [{"var": f"{key('check')}.ok"}, False]}
    return _bundle(
        _form("ask"),
        _form(key("check"), split="ALL"),
        _form("left"),
        _form(key("right")),
        _form(key("meet"), join="ALL"),
        _form("close"),
        ways=[
            {"to": "ask"},
            {"from": "ask", "to": key("check")},
            {"from": key("check"), "to": "ask", "condition": no},
            {"from": key("check"), "to": "left", "condition": {"!": [no]}},
            {"from": key("check"), "to": key("right"), "condition": {"!": [no]}},
            {"from": "left", "to": key("meet")},
            {"from": key("right"), "to": key("meet")},
            {"from": key("meet"), "to": "close"},
            {"from": "close", "to": None},
        ],
    )


def _old_key(key: str) -> str:
    return {new: old for old, new in KEYS.items()}.get(key, key)


@pytest.mark.django_db
@settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(
    answers=st.lists(st.booleans(), max_size=4),
    picks=st.lists(st.integers(0, 5), max_size=20),
    moves=st.sets(st.integers(0, 14), max_size=6),
)
def test_a_ticket_that_is_moved_there_and_back_ends_as_if_it_never_was(
    two_versions: tuple[Firm, WorkflowDefinition, WorkflowDefinition],
    answers: list[bool],
    picks: list[int],
    moves: set[int],
):
    firm, old, new = two_versions
    with tenant_context(firm.company):
        plain = _play(firm, answers, picks, set(), (old, new))
        moved = _play(firm, answers, picks, moves, (old, new))

    assert moved == plain


def _play(
    firm: Firm,
    answers: list[bool],
    picks: list[int],
    moves: set[int],
    versions: tuple[WorkflowDefinition, WorkflowDefinition],
) -> list[Any]:
    """Finish a ticket; before the steps in `moves` it goes to the other version, or back."""
    ticket = submit_ticket(
        firm.ann, TicketDefinition.objects.get(key="ask"), {"subject": "A chair"}
    )
    given, chosen, there = iter(answers), iter(picks), False
    for number in range(40):
        if number in moves:
            there = _move_there_or_back(firm, ticket, versions, there=there)
        live = list(ticket.tasks.active().select_related("task_definition").order_by("branch"))
        if not live:
            break
        task = live[next(chosen, 0) % len(live)]
        complete_task(firm.will, task, {"ok": next(given, True)}, rev=task.rev)
    return _told(ticket)


def _move_there_or_back(
    firm: Firm,
    ticket: TicketInstance,
    versions: tuple[WorkflowDefinition, WorkflowDefinition],
    *,
    there: bool,
) -> bool:
    fresh = TicketInstance.objects.select_related("workflow").get(pk=ticket.pk)
    if fresh.closed_at is not None:
        return there
    back = way_back(fresh) if there else None
    version, mapping = (back.version, back.mapping) if back else (versions[1], KEYS)
    (moved,) = move_to_version(firm.tara, [fresh], version, mapping=mapping, reason=WHY)
    assert moved.refused is None, moved.refused
    return not there


def _told(ticket: TicketInstance) -> list[Any]:
    """All that a ticket came to, by the keys of the first version."""
    fresh = TicketInstance.objects.select_related("workflow").get(pk=ticket.pk)
    steps = [
        (_old_key(key), sequence, branch, status, output)
        for key, sequence, branch, status, output in TaskInstance.objects.filter(ticket=ticket)
        .order_by("sequence")
        .values_list("task_definition__key", "sequence", "branch", "t_status", "output_data")
    ]
    run = fresh.workflow
    assert run is not None
    data = {_old_key(key): value for key, value in run.workflow_data.items()}
    return [run.w_status, fresh.closed_at is not None, steps, sorted(data.items())]


@pytest.fixture
def two_versions(acme: Firm) -> tuple[Firm, WorkflowDefinition, WorkflowDefinition]:
    """The first is in use again, so that new tickets start with it."""
    with tenant_context(acme.company):
        old = _publish(acme, _drawing({}))
        new = _publish(acme, _drawing(KEYS))
        TicketDefinition.objects.update(workflow=old)
    return acme, old, new
