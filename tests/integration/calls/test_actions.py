"""What an action task does: calls, answers, repeats, other ways, and what a person finds."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.db import connection

from definitions import graphs
from definitions.models import TicketDefinition
from definitions.services import import_bundle
from operations import engine, store, work
from operations.actions import calling
from operations.models import TaskAttempt, TaskInstance, TicketError, TicketInstance
from operations.services import cancel_ticket, complete_task, retry_error, submit_ticket
from tenants.context import tenant_context
from tenants.services import delete_secret, set_secret
from tests.builders import Firm, a_document, the_open_task
from tests.targets import Target, target

ORDER_NO = {"order_no": {"$": {"var": "response.number"}}}


@pytest.fixture
def erp(settings: Any) -> Iterator[Target]:
    settings.ALLOW_LOOPBACK_CALLS = True
    with target() as running:
        yield running


@pytest.fixture(autouse=True)
def _in_acme(acme: Firm) -> Iterator[None]:
    with tenant_context(acme.company):
        yield


def a_flow(acme: Firm, drawing: str = "ask > order > check", **order: Any) -> TicketDefinition:
    """Ask (a form), order (an action), check (a form); arguments change the action."""
    action = {
        "task_type": "SYNC_ACTION",
        "output_schema": None,
        "input_transform": {"item": {"$": {"var": "ticket.subject"}}},
        **order,
    }
    document = a_document(drawing, order={k: v for k, v in action.items() if v is not None})
    for task in document["workflows"][0]["tasks"]:
        if task["key"] == "order" and order.get("output_schema") is None:
            del task["output_schema"]
    import_bundle(acme.flo, document, publish=True)
    return TicketDefinition.objects.get(key="flow-request")


def ordered(acme: Firm, kind: TicketDefinition) -> TicketInstance:
    """A ticket whose person has answered, so that the call is due."""
    ticket = submit_ticket(acme.ann, kind, {"subject": "A chair"})
    complete_task(acme.will, the_open_task(ticket), {"ok": True})
    return ticket


def work_off() -> list[str]:
    """Do everything that is due now, as sweepers and jobs would; returns the kinds."""
    done: list[str] = []
    while True:
        due = [one for one in store.due_work() if one.kind != "nobody"]
        kinds = [one.kind for one in due if work.do(one.kind, one.row_id)]
        done += kinds
        if not kinds:
            return done


def let_time_pass() -> None:
    """Whatever waits for a time is due now."""
    with connection.cursor() as cursor:
        cursor.execute("UPDATE task_instances SET wakes_at = now() WHERE wakes_at IS NOT NULL")
        cursor.execute(
            "UPDATE task_instances SET times_out_at = now() WHERE times_out_at IS NOT NULL"
        )


def task_of(ticket: TicketInstance, key: str = "order") -> TaskInstance:
    return TaskInstance.objects.filter(ticket=ticket, task_definition__key=key).latest("sequence")


def test_the_answer_becomes_the_output_and_the_ticket_goes_on(acme: Firm, erp: Target):
    kind = a_flow(acme, action_url=erp.url("/orders"), output_transform=ORDER_NO)
    ticket = ordered(acme, kind)
    assert task_of(ticket).t_status == "PENDING"

    work_off()

    task = task_of(ticket)
    assert (task.t_status, task.output_data) == (
        "COMPLETED",
        {"order_no": erp.orders[str(task.pk)]},
    )
    assert erp.calls("/orders")[0].body == b'{"item":"A chair"}'
    assert the_open_task(ticket).task_definition.key == "check"
    attempt: Any = TaskAttempt.objects.get(task=task)
    assert (attempt.number, attempt.error_name, attempt.answer["status"]) == (1, "", 201)


def test_a_busy_system_is_asked_again_with_the_same_key(acme: Firm, erp: Target):
    kind = a_flow(acme, action_url=erp.url("/busy?times=2&status=503"))
    ticket = ordered(acme, kind)

    for _ in range(3):
        work_off()
        let_time_pass()

    task = task_of(ticket)
    assert task.t_status == "COMPLETED"
    assert [seen.key for seen in erp.seen] == [str(task.pk)] * 3
    names = TaskAttempt.objects.filter(task=task).values_list("error_name", flat=True)
    assert list(names) == ["http.503", "http.503", ""]


def test_what_fails_for_good_waits_for_a_person_with_request_and_answer(acme: Firm, erp: Target):
    ticket = ordered(acme, a_flow(acme, action_url=erp.url("/status/422")))

    work_off()

    task, error = task_of(ticket), TicketError.objects.get(ticket=ticket)
    assert (task.t_status, error.error_type, error.code) == ("ERROR", "TASK_UPDATE", "http.422")
    assert "could not be carried out" in error.message
    attempt: Any = TaskAttempt.objects.get(pk=error.detail["attempt"])
    assert attempt.request["body"] == '{"item":"A chair"}'
    assert attempt.answer["status"] == 422
    assert work_off() == []


def test_an_outcome_that_nobody_knows_is_not_repeated(acme: Firm, erp: Target):
    ticket = ordered(acme, a_flow(acme, action_url=erp.url("/reset")))

    work_off()
    let_time_pass()
    work_off()

    error = TicketError.objects.get(ticket=ticket)
    assert error.detail["may_have_been_done"]
    assert "ask the other system" in error.message
    assert erp.times_called("/reset") == 1


def test_an_error_that_is_caught_leads_another_way(acme: Firm, erp: Target):
    kind = a_flow(
        acme,
        "ask > order > check; by-hand > end",
        action_url=erp.url("/status/409"),
        action={"catch": [{"errors": ["http.4xx"], "next": "by-hand", "result_path": "problem"}]},
    )
    ticket = ordered(acme, kind)

    work_off()

    assert the_open_task(ticket).task_definition.key == "by-hand"
    left: Any = task_of(ticket).output_data
    assert left["problem"]["name"] == "http.409"
    assert not TicketError.objects.exists()


def test_an_answer_that_breaks_its_promise_is_an_error(acme: Firm, erp: Target):
    schema = {"type": "object", "required": ["total"], "properties": {"total": {"type": "number"}}}
    ticket = ordered(acme, a_flow(acme, action_url=erp.url("/orders"), output_schema=schema))

    work_off()

    error = TicketError.objects.get(ticket=ticket)
    assert error.code == "schema"
    assert "total" in error.message


def test_a_secret_goes_out_and_stays_out_of_what_is_kept(acme: Firm, erp: Target):
    set_secret(acme.adam, name="erp", value="s3cret-token")
    headers = {"Authorization": ["Bearer ", {"$secret": "erp"}]}
    kind = a_flow(acme, action_url=erp.url("/echo"), action={"headers": headers})
    ticket = ordered(acme, kind)

    work_off()

    assert erp.seen[0].headers["authorization"] == "Bearer s3cret-token"
    attempt: Any = TaskAttempt.objects.get(task=task_of(ticket))
    assert "s3cret-token" not in str(attempt.request) + str(attempt.answer)


def test_a_missing_secret_is_told_and_nothing_is_sent(acme: Firm, erp: Target):
    set_secret(acme.adam, name="erp", value="s3cret-token")
    headers = {"Authorization": {"$secret": "erp"}}
    kind = a_flow(acme, action_url=erp.url("/ok"), action={"headers": headers})
    delete_secret(acme.adam, "erp")
    ticket = ordered(acme, kind)

    work_off()

    assert TicketError.objects.get(ticket=ticket).code == "secret"
    assert erp.connections == 0


def test_a_worker_that_is_gone_costs_one_attempt(acme: Firm, erp: Target):
    kind = a_flow(acme, action_url=erp.url("/orders"), action={"idempotent": True})
    ticket = ordered(acme, kind)
    task = task_of(ticket)
    _killed_after_the_call(task)

    with connection.cursor() as cursor:
        cursor.execute("UPDATE task_attempts SET lease_until = now() - interval '1 second'")
    work_off()
    let_time_pass()
    work_off()

    task = task_of(ticket)
    assert task.t_status == "COMPLETED"
    names = TaskAttempt.objects.filter(task=task).values_list("error_name", flat=True)
    assert list(names) == ["lost_lease", ""]
    assert len(erp.orders) == 1


def _killed_after_the_call(task: TaskInstance) -> None:
    begun: list[Any] = []
    assert calling._begin(task.pk, begun)
    calling._made(begun[0])


def test_a_worker_that_comes_back_too_late_changes_nothing(acme: Firm, erp: Target):
    kind = a_flow(acme, action_url=erp.url("/orders"), action={"idempotent": True})
    ticket = ordered(acme, kind)
    task = task_of(ticket)
    begun: list[Any] = []
    calling._begin(task.pk, begun)
    outcome = calling._made(begun[0])
    with connection.cursor() as cursor:
        cursor.execute("UPDATE task_attempts SET lease_until = now() - interval '1 second'")
    work_off()  # another one takes it for lost, and is to call again

    assert not calling._settled(task.pk, begun[0].attempt_id, outcome)

    assert task_of(ticket).t_status == "PENDING"


def test_an_answer_for_a_cancelled_ticket_is_kept_and_moves_nothing(acme: Firm, erp: Target):
    ticket = ordered(acme, a_flow(acme, action_url=erp.url("/orders")))
    task = task_of(ticket)
    begun: list[Any] = []
    calling._begin(task.pk, begun)
    cancel_ticket(acme.tara, ticket, reason="Not needed")
    calling._settled(task.pk, begun[0].attempt_id, calling._made(begun[0]))

    assert task_of(ticket).t_status == "CANCELLED"
    attempt: Any = TaskAttempt.objects.get(task=task)
    assert attempt.answer["status"] == 201


def test_a_loop_of_calls_stops_as_an_error_and_a_persons_retry_gives_it_another_round(
    acme: Firm, erp: Target, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(engine, "MOST_AUTOMATIC_STEPS", 5)
    kind = a_flow(
        acme,
        "ask > order > check; order ? number = 999 > end",
        action_url=erp.url("/orders"),
        max_visits=900,
    )
    _always_again(kind)
    ticket = ordered(acme, kind)

    work_off()

    error = TicketError.objects.get(ticket=ticket)
    assert error.code == "loop_limit"
    assert "without waiting for anybody" in error.message
    assert erp.times_called("/orders") == 5
    retry_error(acme.tara, error, reason="Let it go on")
    work_off()
    assert erp.times_called("/orders") == 10


def _always_again(kind: TicketDefinition) -> None:
    """The way onward leads back to the call; publishing would allow it, as it has a limit."""
    ways = kind.workflow.transitions.filter(from_task__key="order")
    ways.update(to_task=kind.workflow.tasks.get(key="order"), condition=None)
    graphs.forget(kind.workflow_id)
