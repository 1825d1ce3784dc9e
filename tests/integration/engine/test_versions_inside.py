"""Moves to another version where no person has the step: runs inside, times, calls."""

from collections.abc import Iterator
from typing import Any

import pytest

from definitions.models import TicketDefinition, WorkflowDefinition
from definitions.services import import_bundle
from operations import work
from operations.actions.calling import _begin, _made, _settled
from operations.models import TaskInstance, TicketError, TicketInstance, WorkflowInstance
from operations.services import (
    complete_task,
    move_ticket,
    move_to_version,
    preview_move,
    retry_error,
    running_on,
)
from tenants.context import tenant_context
from tenants.errors import DomainError
from tests.builders import YES_NO, Firm, a_ticket, the_open_task
from tests.targets import Target, target

pytestmark = pytest.mark.django_db

WHY = "The new one is better"
CHECK = {"key": "check", "output_schema": YES_NO}


@pytest.fixture
def firm(acme: Firm) -> Iterator[Firm]:
    with tenant_context(acme.company):
        yield acme


@pytest.fixture
def erp(settings: Any) -> Iterator[Target]:
    settings.ALLOW_LOOPBACK_CALLS = True
    with target() as running:
        yield running


def a_version(
    firm: Firm, key: str, *tasks: dict[str, Any], ways: list[dict[str, Any]]
) -> WorkflowDefinition:
    """The next version of a workflow; `flow` is what tickets start."""
    workflow = {
        "key": key, "title": key.title(), "fields": [{"name": "subject"}], "tasks": list(tasks),
        "transitions": ways,
    }  # fmt: skip
    tickets = [{"key": "flow-request", "title": "Ask", "workflow": "flow"}] if key == "flow" else []
    document = {"format": "ticketflower/1", "workflows": [workflow], "tickets": tickets}
    import_bundle(firm.boss, document, publish=True)
    return WorkflowDefinition.objects.get(key=key, status="PUBLISHED")


def chain(*keys: str) -> list[dict[str, Any]]:
    ways: list[dict[str, Any]] = [{"to": keys[0]}]
    return ways + [
        {"from": here, "to": there} for here, there in zip(keys, [*keys[1:], None], strict=True)
    ]


def ask(firm: Firm) -> TicketInstance:
    return a_ticket(firm, TicketDefinition.objects.get(key="flow-request"))


def move(
    firm: Firm, ticket: TicketInstance, version: WorkflowDefinition, **mapping: str
) -> DomainError | None:
    """What was refused, or None; the preview must have said the same."""
    (seen,) = preview_move(firm.tara, [ticket], version, mapping)
    (moved,) = move_to_version(firm.tara, [ticket], version, mapping=mapping, reason=WHY)
    assert seen.can_move == (moved.refused is None)
    if moved.refused is not None:
        assert seen.refusal == moved.refused.message
    return moved.refused


def task(ticket: TicketInstance, key: str) -> TaskInstance:
    return TaskInstance.objects.get(ticket=ticket, task_definition__key=key)


def is_over(ticket: TicketInstance) -> bool:
    return TicketInstance.objects.get(pk=ticket.pk).closed_at is not None


# --- runs inside of runs --------------------------------------------------------------------------


def a_parent(firm: Firm, **more: Any) -> WorkflowDefinition:
    runs = {"key": "runs", "task_type": "SUBWORKFLOW", "subworkflow": "inner", **more}
    return a_version(firm, "flow", runs, CHECK, ways=chain("runs", "check"))


def test_the_step_around_a_run_is_moved_and_gets_what_it_came_to(firm: Firm):
    a_version(firm, "inner", {**CHECK, "key": "look"}, ways=chain("look"))
    a_parent(firm)
    ticket = ask(firm)
    new = a_parent(firm, output_transform={"came_to": {"$": {"var": "child.look.ok"}}})

    assert move(firm, ticket, new) is None
    complete_task(firm.will, the_open_task(ticket), {"ok": True})

    assert task(ticket, "runs").output_data == {"came_to": True}
    complete_task(firm.will, the_open_task(ticket), {"ok": True})
    assert is_over(ticket)


def test_a_run_inside_is_moved_with_its_ticket_and_the_ticket_stays(firm: Firm):
    old = a_version(firm, "inner", {**CHECK, "key": "look"}, ways=chain("look"))
    outer = a_parent(firm)
    ticket = ask(firm)
    assert running_on("inner") == {old.pk: 1}

    new = a_version(
        firm, "inner", {**CHECK, "key": "look"}, {**CHECK, "key": "weigh"},
        ways=chain("look", "weigh"),
    )  # fmt: skip
    assert move(firm, ticket, new) is None

    versions = WorkflowInstance.objects.order_by("depth").values_list(
        "workflow_definition", flat=True
    )
    assert list(versions) == [outer.pk, new.pk]
    complete_task(firm.will, the_open_task(ticket), {"ok": True})
    assert the_open_task(ticket).task_definition.key == "weigh"
    sequences = list(ticket.events.order_by("sequence").values_list("sequence", flat=True))
    assert sequences == list(range(1, len(sequences) + 1))


def test_a_step_that_has_begun_a_workflow_cannot_run_another(firm: Firm):
    a_version(firm, "inner", {**CHECK, "key": "look"}, ways=chain("look"))
    a_version(firm, "other", {**CHECK, "key": "look"}, ways=chain("look"))
    a_parent(firm)
    ticket = ask(firm)
    new = a_parent(firm, subworkflow="other")

    refused = move(firm, ticket, new)

    assert refused is not None
    assert "has begun the workflow “inner”" in refused.message


# --- times ----------------------------------------------------------------------------------------


def late(*, drawn: bool) -> list[dict[str, Any]]:
    ways = chain("first", "check")
    return [*ways, {"from": "first", "to": "check", "after": "timeout"}] if drawn else ways


FIRST = {"key": "first", "output_schema": YES_NO, "timeout_seconds": 3600}


def test_a_time_runs_out_in_the_new_version_when_it_was_set(firm: Firm):
    a_version(firm, "flow", FIRST, CHECK, ways=late(drawn=True))
    ticket = ask(firm)
    before = task(ticket, "first").times_out_at
    longer = {**FIRST, "timeout_seconds": 9999}
    new = a_version(firm, "flow", longer, CHECK, ways=late(drawn=True))

    assert move(firm, ticket, new) is None

    assert before is not None
    assert task(ticket, "first").times_out_at == before
    TaskInstance.objects.update(times_out_at="2020-01-01T00:00Z")
    assert work.do("timeout", task(ticket, "first").pk)
    assert the_open_task(ticket).task_definition.key == "check"


def test_a_time_after_which_nothing_would_follow_does_not_run_out(firm: Firm):
    a_version(firm, "flow", FIRST, CHECK, ways=late(drawn=True))
    ticket = ask(firm)
    plain = {"key": "first", "output_schema": YES_NO}
    new = a_version(firm, "flow", plain, CHECK, ways=late(drawn=False))

    (seen,) = preview_move(firm.tara, [ticket], new)
    assert move(firm, ticket, new) is None

    assert seen.notes == ("Nothing follows any more when the time of “first” is over.",)
    assert task(ticket, "first").times_out_at is None


def test_a_wait_ends_when_it_was_to_end(firm: Firm):
    rest = {"key": "rest", "task_type": "WAIT", "until": {"days": 1}}
    a_version(firm, "flow", rest, CHECK, ways=chain("rest", "check"))
    ticket = ask(firm)
    before = task(ticket, "rest").wakes_at
    longer = {**rest, "until": {"days": 9}}
    new = a_version(firm, "flow", longer, CHECK, ways=chain("rest", "check"))

    assert move(firm, ticket, new) is None

    assert task(ticket, "rest").wakes_at == before
    TaskInstance.objects.update(wakes_at="2020-01-01T00:00Z")
    assert work.do("wake", task(ticket, "rest").pk)
    assert the_open_task(ticket).task_definition.key == "check"


# --- calls ----------------------------------------------------------------------------------------


def test_a_call_that_stopped_is_tried_again_at_the_address_of_the_new_version(
    firm: Firm, erp: Target
):
    def order(path: str) -> dict[str, Any]:
        return {
            "key": "order", "task_type": "SYNC_ACTION", "action_url": erp.url(path),
            "action": {"retry": []},
        }  # fmt: skip

    a_version(firm, "flow", order("/status/500"), CHECK, ways=chain("order", "check"))
    ticket = ask(firm)
    work.do("call", task(ticket, "order").pk)
    error = TicketError.objects.get(task=task(ticket, "order"))
    new = a_version(firm, "flow", order("/ok"), CHECK, ways=chain("order", "check"))

    assert move(firm, ticket, new) is None
    retry_error(firm.tara, error, reason="The address was wrong")
    work.do("call", task(ticket, "order").pk)

    assert erp.seen[-1].path == "/ok"
    assert erp.seen[-1].key == str(task(ticket, "order").pk)
    assert the_open_task(ticket).task_definition.key == "check"
    assert not TicketError.objects.unresolved().exists()


def test_a_call_that_comes_back_after_its_ticket_was_moved_away_is_written_down(
    firm: Firm, erp: Target
):
    """Its step is cancelled, the ticket on another version, and the worker knows nothing of it."""
    order = {"key": "order", "task_type": "SYNC_ACTION", "action_url": erp.url("/ok")}
    a_version(firm, "flow", order, CHECK, ways=chain("order", "check"))
    ticket = ask(firm)
    calling = task(ticket, "order")
    begun: list[Any] = []
    assert _begin(calling.pk, begun)
    move_ticket(firm.tara, ticket, "check", reason="By phone")
    new = a_version(firm, "flow", CHECK, ways=chain("check"))

    assert move(firm, ticket, new) is None
    assert _settled(calling.pk, begun[0].attempt_id, _made(begun[0]))

    assert calling.attempts.get().ended_at is not None
    assert task(ticket, "order").t_status == "CANCELLED"
