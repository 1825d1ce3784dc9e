"""Workflows inside of workflows: what they are given, what they give back, and who stops them."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from definitions.models import TicketDefinition, WorkflowDefinition
from definitions.services import archive, import_bundle
from operations import children, work
from operations.errors import AnswersInvalid, TaskMoved
from operations.models import (
    CallbackToken,
    TaskAttempt,
    TaskInstance,
    TicketError,
    TicketInstance,
    WorkerLoad,
    WorkflowEvent,
    WorkflowInstance,
)
from operations.services import (
    cancel_ticket,
    complete_task,
    hold_ticket,
    move_ticket,
    reassign_task,
    resume_ticket,
    retry_error,
    skip_error,
    take_task,
)
from operations.store import due_work
from operations.sweeper import sweep
from tenants.context import tenant_context
from tenants.errors import DomainError, NotFound
from tests.builders import (
    Firm,
    a_document,
    a_ticket,
    a_workflow,
    kill_before_the_engine,
)

RUNS_CHECKING = {"task_type": "SUBWORKFLOW", "subworkflow": "checking", "output_schema": None}


YES = {"output_schema": {"type": "object", "properties": {"ok": {"type": "boolean"}}}}


@pytest.fixture
def office(acme: Firm) -> Iterator[Firm]:
    """Acme, in force."""
    with tenant_context(acme.company):
        yield acme


def a_parent(office: Firm, drawing: str = "inside > pay", **tasks: Any) -> TicketDefinition:
    """A workflow whose task `inside` runs the workflow `checking` (look > sign)."""
    a_workflow(office, "look > sign", key="checking")
    return a_workflow(office, drawing, **{"inside": RUNS_CHECKING, **tasks})


def the_child(ticket: TicketInstance, task: str = "inside") -> WorkflowInstance:
    """The latest run inside of the ticket's task."""
    runs = WorkflowInstance.objects.filter(parent_task__ticket=ticket)
    return runs.filter(parent_task__task_definition__key=task).latest("id")


def the_task(ticket: TicketInstance, key: str) -> TaskInstance:
    return TaskInstance.objects.filter(ticket=ticket, task_definition__key=key).latest("id")


def answer(office: Firm, ticket: TicketInstance, *keys: str, ok: bool = True) -> None:
    """Will answers the steps, which have to be open one after the other."""
    for key in keys:
        task = the_task(ticket, key)
        complete_task(office.will, task, {"ok": ok})


def fresh(ticket: TicketInstance) -> TicketInstance:
    return TicketInstance.objects.select_related("workflow").get(pk=ticket.pk)


def history(ticket: TicketInstance) -> list[str]:
    events = WorkflowEvent.objects.filter(ticket=ticket).order_by("sequence")
    return list(events.values_list("kind", flat=True))


def live(ticket: TicketInstance) -> set[str]:
    return set(ticket.tasks.active().values_list("task_definition__key", flat=True))


def the_error(ticket: TicketInstance) -> TicketError:
    return TicketError.objects.unresolved().get(ticket=ticket)


# What goes in, and what comes out


def test_a_ticket_goes_through_the_workflow_inside_and_on(office: Firm) -> None:
    ticket = a_ticket(office, a_parent(office))

    child = the_child(ticket)
    assert (child.depth, child.root_id, child.w_status) == (1, ticket.workflow_id, "IN_PROGRESS")
    assert live(ticket) == {"inside", "look"}
    assert the_task(ticket, "inside").wakes_at is None

    answer(office, ticket, "look", "sign")

    assert live(ticket) == {"pay"}
    assert the_child(ticket).w_status == "COMPLETED"
    inside = the_task(ticket, "inside")
    assert inside.t_status == "COMPLETED" and inside.routed_at is not None
    answer(office, ticket, "pay")
    done = fresh(ticket)
    assert done.w_status == "COMPLETED" and done.closed_at is not None
    assert history(ticket).count("FINISHED") == 1


def test_what_is_asked_for_goes_in_and_everything_comes_out(office: Firm) -> None:
    ticket = a_ticket(office, a_parent(office), "A chair")

    assert the_child(ticket).workflow_data == {"ticket": {"subject": "A chair"}}
    answer(office, ticket, "look", "sign")

    everything = {"ticket": {"subject": "A chair"}, "look": {"ok": True}, "sign": {"ok": True}}
    assert fresh(ticket).workflow.workflow_data["inside"] == everything


def test_transforms_make_what_goes_in_and_what_comes_out(office: Firm) -> None:
    inside = {
        **RUNS_CHECKING,
        "input_transform": {"subject": {"$": {"cat": ["About ", {"var": "ticket.subject"}]}}},
        "output_transform": {"ok": {"$": {"var": "child.sign.ok"}}},
        "output_schema": {"type": "object", "properties": {"ok": {"type": "boolean"}}},
    }
    kind = a_parent(office, "inside > pay; inside ? ok = false > end", inside=inside)
    ticket = a_ticket(office, kind)

    assert the_child(ticket).workflow_data == {"ticket": {"subject": "About A chair"}}
    answer(office, ticket, "look")
    answer(office, ticket, "sign", ok=False)

    done = fresh(ticket)
    assert done.workflow.workflow_data["inside"] == {"ok": False}
    assert done.w_status == "COMPLETED" and not ticket.tasks.filter(task_definition__key="pay")


def test_events_of_all_runs_are_numbered_in_one_row(office: Firm) -> None:
    ticket = a_ticket(office, a_parent(office))
    answer(office, ticket, "look", "sign", "pay")

    events = WorkflowEvent.objects.filter(ticket=ticket).order_by("sequence")
    numbers = list(events.values_list("sequence", flat=True))
    assert numbers == list(range(1, len(numbers) + 1))
    inner = events.filter(workflow_instance=the_child(ticket))
    assert list(inner.values_list("kind", flat=True)) == [
        "STARTED", "ASSIGNED", "TASK_COMPLETED", "ROUTED", "ASSIGNED", "TASK_COMPLETED", "ROUTED",
    ]  # fmt: skip


def test_the_list_of_tickets_shows_the_inner_step(office: Firm) -> None:
    ticket = a_ticket(office, a_parent(office))

    assert fresh(ticket).workflow.current_task == the_task(ticket, "look")
    answer(office, ticket, "look", "sign")
    assert fresh(ticket).workflow.current_task == the_task(ticket, "pay")


def test_a_run_stays_on_the_version_it_began_with(office: Firm) -> None:
    kind = a_parent(office)
    ticket = a_ticket(office, kind)
    pinned = the_child(ticket).workflow_definition

    import_bundle(office.boss, a_document("look > weigh", key="checking"), publish=True)
    answer(office, ticket, "look", "sign")
    later = a_ticket(office, kind)

    assert live(ticket) == {"pay"}
    assert the_child(ticket).workflow_definition == pinned
    assert the_child(later).workflow_definition.version == pinned.version + 1


def test_a_workflow_inside_that_ends_at_once_is_passed_at_once(office: Firm) -> None:
    document = a_document("look", key="checking")
    document["workflows"][0]["transitions"] = [
        {"to": None, "condition": {"==": [{"var": "ticket.subject"}, "nothing"]}, "priority": 0},
        {"to": "look", "priority": 1},
        {"from": "look", "to": None},
    ]
    import_bundle(office.boss, document, publish=True)
    kind = a_workflow(office, "inside > pay", inside=RUNS_CHECKING)

    ticket = a_ticket(office, kind, "nothing")

    assert live(ticket) == {"pay"}
    assert the_child(ticket).w_status == "COMPLETED"


def test_where_a_ticket_is_stays_known_when_nothing_had_to_be_done_inside(office: Firm) -> None:
    document = a_document("look", key="checking")
    document["workflows"][0]["transitions"] = [
        {"to": None, "condition": True, "priority": 0},
        {"to": "look", "priority": 1},
        {"from": "look", "to": None},
    ]
    import_bundle(office.boss, document, publish=True)
    number = {"type": "object", "properties": {"ticket": {"type": "number"}}}
    inside = {**RUNS_CHECKING, "output_schema": number}

    ticket = a_ticket(office, a_workflow(office, "inside > pay", inside=inside))

    assert the_error(ticket).code == "schema"
    assert fresh(ticket).workflow.current_task == the_task(ticket, "inside")


def test_workflows_inside_of_workflows_inside(office: Firm) -> None:
    a_workflow(office, "deep", key="innermost")
    a_workflow(
        office, "middle", key="checking",
        middle={"task_type": "SUBWORKFLOW", "subworkflow": "innermost", "output_schema": None},
    )  # fmt: skip
    ticket = a_ticket(office, a_workflow(office, "inside > pay", inside=RUNS_CHECKING))

    assert live(ticket) == {"inside", "middle", "deep"}
    assert the_child(ticket, "middle").depth == 2
    answer(office, ticket, "deep")

    assert live(ticket) == {"pay"}


def test_two_workflows_inside_at_once_meet_at_a_join(office: Firm) -> None:
    a_workflow(office, "look > sign", key="checking")
    document = a_document("begin > left > meet; begin > right > meet", left=RUNS_CHECKING,
                          right=RUNS_CHECKING)  # fmt: skip
    flow = document["workflows"][0]
    flow["tasks"] = [
        {**task, **{"begin": {"split": "ALL"}, "meet": {"join": "ALL"}}.get(task["key"], {})}
        for task in flow["tasks"]
    ]
    flow["transitions"] = [
        {"to": "begin"},
        {"from": "begin", "to": "left"}, {"from": "begin", "to": "right"},
        {"from": "left", "to": "meet"}, {"from": "right", "to": "meet"},
        {"from": "meet", "to": None},
    ]  # fmt: skip
    import_bundle(office.boss, document, publish=True)
    ticket = a_ticket(office, TicketDefinition.objects.get(key="flow-request"))
    answer(office, ticket, "begin")
    left, right = the_child(ticket, "left"), the_child(ticket, "right")

    for key in ("look", "sign"):
        complete_task(office.will, left.tasks.get(task_definition__key=key), {"ok": True})
    assert live(ticket) == {"right", "look"}
    for key in ("look", "sign"):
        complete_task(office.will, right.tasks.get(task_definition__key=key), {"ok": True})

    assert live(ticket) == {"meet"}
    assert set(fresh(ticket).workflow.workflow_data) == {"ticket", "begin", "left", "right"}


# What goes wrong, and how it is repaired


def test_a_workflow_that_is_not_published_stops_the_ticket_until_it_is(office: Firm) -> None:
    kind = a_parent(office)
    archive(office.boss, TicketDefinition.objects.get(key="checking-request"))
    archive(office.boss, WorkflowDefinition.objects.get(key="checking"))

    ticket = a_ticket(office, kind)

    error = the_error(ticket)
    assert (error.error_type, error.code) == ("TASK_UPDATE", "no_subworkflow")
    assert error.task == the_task(ticket, "inside")
    assert error.message == (
        "“Inside” runs the workflow “checking”, and no version of it is published. "
        "Publish one and try again, or move the ticket to another task."
    )
    assert not [due for due in due_work() if due.kind == "child"]
    import_bundle(office.boss, a_document("look > weigh", key="checking"), publish=True)
    retry_error(office.tara, error, reason="It is published now.")

    assert live(ticket) == {"inside", "look"}
    assert TicketError.objects.get(pk=error.pk).error_status == "RESOLVED"
    assert not fresh(ticket).has_open_error


def test_what_does_not_fit_is_named(office: Firm) -> None:
    document = a_document("look", key="checking")
    document["workflows"][0]["fields"] = [
        {"name": "amount", "type": "number", "title": "Amount", "required": True}
    ]
    import_bundle(office.boss, document, publish=True)
    inside = {**RUNS_CHECKING, "input_transform": {"amount": "a lot"}}

    ticket = a_ticket(office, a_workflow(office, "inside > pay", inside=inside))

    error = the_error(ticket)
    assert error.code == "unfit_input"
    assert error.message.startswith(
        "“Inside” cannot start “Checking” with what it is given: “Amount”:"
    )
    assert not WorkflowInstance.objects.filter(parent_task__ticket=ticket).exists()


def test_a_workflow_that_finds_no_way_in_says_so_with_its_trace(office: Firm) -> None:
    document = a_document("look", key="checking")
    document["workflows"][0]["transitions"] = [
        {"to": "look", "condition": {"==": [{"var": "ticket.subject"}, "a table"]}},
        {"from": "look", "to": None},
    ]
    import_bundle(office.boss, document, publish=True)

    ticket = a_ticket(office, a_workflow(office, "inside > pay", inside=RUNS_CHECKING))

    error = the_error(ticket)
    assert error.code == "nothing_matched"
    assert error.message.startswith("“Inside” cannot start “Checking”: No first task fits")
    assert error.trace[0]["reads"] == {"ticket.subject": "A chair"}


def test_an_error_inside_stops_the_ticket_and_is_repaired_inside(office: Firm) -> None:
    choice = {"output_schema": {"type": "object", "properties": {"answer": {"type": "string"}}}}
    a_workflow(office, "look ? answer = yes > sign", key="checking", look=choice)
    ticket = a_ticket(office, a_workflow(office, "inside > pay", inside=RUNS_CHECKING))

    complete_task(office.will, the_task(ticket, "look"), {"answer": "maybe"})

    error = the_error(ticket)
    assert (error.error_type, error.task) == ("WORKFLOW_TRANSITION", the_task(ticket, "look"))
    assert fresh(ticket).has_open_error
    failed = WorkflowEvent.objects.get(ticket=ticket, kind="FAILED")
    assert failed.workflow_instance == the_child(ticket)
    retry_error(office.tara, error, reason="It was a yes.", correction={"answer": "yes"})

    assert live(ticket) == {"inside", "sign"}
    assert TicketError.objects.get(pk=error.pk).error_status == "RESOLVED"
    assert not fresh(ticket).has_open_error
    answer(office, ticket, "sign", "pay")
    assert fresh(ticket).w_status == "COMPLETED"


def test_output_that_is_not_what_was_promised_stops_the_ticket(office: Firm) -> None:
    inside = {
        **RUNS_CHECKING,
        "output_transform": {"total": {"$": {"var": "child.sign.ok"}}},
        "output_schema": {"type": "object", "properties": {"total": {"type": "number"}}},
    }
    ticket = a_ticket(office, a_parent(office, inside=inside))

    answer(office, ticket, "look", "sign")

    error = the_error(ticket)
    assert (error.error_type, error.code) == ("TASK_UPDATE", "schema")
    assert error.message.startswith(
        "The output of “Inside” is not what the step promises: “total”:"
    )
    assert live(ticket) == {"inside"}
    # Going back inside is one way to repair it.
    move_ticket(office.tara, ticket, "sign", reason="Once more", run=the_child(ticket))
    assert TicketError.objects.get(pk=error.pk).error_status == "RESOLVED"
    assert live(ticket) == {"inside", "sign"}
    assert the_child(ticket).w_status == "IN_PROGRESS"


def test_workflows_inside_of_workflows_stop_at_the_depth_limit(office: Firm) -> None:
    a_workflow(office, "look", key="deep-6")
    for depth in range(5, -1, -1):
        below = {**RUNS_CHECKING, "subworkflow": f"deep-{depth + 1}"}
        kind = a_workflow(office, "inside", key=f"deep-{depth}", inside=below)

    ticket = a_ticket(office, kind)

    depths = WorkflowInstance.objects.filter(root=ticket.workflow).values_list("depth", flat=True)
    assert sorted(depths) == list(range(children.MOST_DEPTH + 1))
    error = the_error(ticket)
    assert error.code == "too_deep" and "5 is the limit" in error.message
    cancel_ticket(office.tara, ticket, reason="Wrongly drawn")
    runs = WorkflowInstance.objects.filter(root=ticket.workflow)
    assert set(runs.values_list("w_status", flat=True)) == {"CANCELLED"}
    assert not fresh(ticket).has_open_error


def test_a_ticket_that_starts_workflows_without_end_stops(
    office: Firm, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(children, "MOST_RUNS", 3)
    kind = a_parent(office, "inside > pay; pay ? ok = false > inside")
    ticket = a_ticket(office, kind)

    answer(office, ticket, "look", "sign")
    answer(office, ticket, "pay", ok=False)
    answer(office, ticket, "look", "sign")
    answer(office, ticket, "pay", ok=False)

    assert the_error(ticket).code == "too_many_runs"


# From above: hold, resume, cancel, move


def test_hold_and_resume_go_all_the_way_down(office: Firm) -> None:
    ticket = a_ticket(office, a_parent(office))

    hold_ticket(office.tara, ticket, reason="Wait for the budget")

    runs = WorkflowInstance.objects.filter(root=ticket.workflow)
    assert set(runs.values_list("w_status", flat=True)) == {"ON_HOLD"}
    assert not runs.filter(held_at=None).exists()
    with pytest.raises(TaskMoved, match="on hold"):
        answer(office, ticket, "look")
    assert not TaskInstance.objects.assigned_to(office.will).doable().exists()
    resume_ticket(office.tara, ticket)

    assert set(runs.values_list("w_status", flat=True)) == {"IN_PROGRESS"}
    assert not runs.exclude(held_at=None).exists()
    answer(office, ticket, "look", "sign", "pay")
    assert fresh(ticket).w_status == "COMPLETED"


def test_what_was_done_inside_before_a_hold_goes_on_after_it(
    office: Firm, monkeypatch: pytest.MonkeyPatch
) -> None:
    ticket = a_ticket(office, a_parent(office))
    answer(office, ticket, "look")
    with monkeypatch.context() as patch:
        kill_before_the_engine(patch)
        answer(office, ticket, "sign")
    hold_ticket(office.tara, ticket, reason="Wait")
    assert not sweep(grace=timedelta(0))

    resume_ticket(office.tara, ticket)

    assert live(ticket) == {"pay"}


def test_a_workflow_that_should_start_on_hold_starts_when_the_ticket_goes_on(office: Firm) -> None:
    ticket = a_ticket(office, a_parent(office, "pay > inside"))
    hold_ticket(office.tara, ticket, reason="Wait")
    move_ticket(office.tara, ticket, "inside", reason="Paid already")
    assert live(ticket) == {"inside"}

    resume_ticket(office.tara, ticket)

    assert live(ticket) == {"inside", "look"}


def test_what_began_on_hold_is_put_off_by_no_more_than_it_has_waited(office: Firm) -> None:
    ticket = a_ticket(office, a_parent(office, "pay > inside"))
    hold_ticket(office.tara, ticket, reason="Wait")
    move_ticket(office.tara, ticket, "inside", reason="Paid already")
    now = timezone.now()
    WorkflowInstance.objects.filter(root=ticket.workflow).update(held_at=now - timedelta(hours=2))
    moved = now - timedelta(hours=1)
    ticket.tasks.active().update(created_at=moved, wakes_at=moved)

    resume_ticket(office.tara, ticket)

    assert live(ticket) == {"inside", "look"}


def test_cancelling_a_ticket_ends_everything_inside(office: Firm) -> None:
    a_workflow(office, "deep", key="innermost")
    a_workflow(
        office, "middle", key="checking",
        middle={"task_type": "SUBWORKFLOW", "subworkflow": "innermost", "output_schema": None},
    )  # fmt: skip
    ticket = a_ticket(office, a_workflow(office, "inside > pay", inside=RUNS_CHECKING))
    assert WorkerLoad.objects.get(user=office.will).open_tasks == 1

    cancel_ticket(office.ann, ticket, reason="Not needed any more")

    runs = WorkflowInstance.objects.filter(root=ticket.workflow)
    assert set(runs.values_list("w_status", flat=True)) == {"CANCELLED"}
    assert live(ticket) == set()
    assert WorkerLoad.objects.get(user=office.will).open_tasks == 0


def test_moving_a_ticket_ends_what_is_inside(office: Firm) -> None:
    ticket = a_ticket(office, a_parent(office))
    look = the_task(ticket, "look")

    move_ticket(office.tara, ticket, "pay", reason="Nothing to check")

    assert live(ticket) == {"pay"}
    assert the_child(ticket).w_status == "CANCELLED"
    assert WorkerLoad.objects.get(user=office.will).open_tasks == 1
    with pytest.raises(TaskMoved, match="went another way"):
        complete_task(office.will, look, {"ok": True})


def test_moving_back_starts_another_run(office: Firm) -> None:
    ticket = a_ticket(office, a_parent(office))
    first = the_child(ticket)

    move_ticket(office.tara, ticket, "inside", reason="From the beginning")

    assert the_child(ticket) != first
    assert WorkflowInstance.objects.get(pk=first.pk).w_status == "CANCELLED"
    assert live(ticket) == {"inside", "look"}
    answer(office, ticket, "look", "sign", "pay")
    assert fresh(ticket).w_status == "COMPLETED"


def test_moving_inside_leaves_what_is_around(office: Firm) -> None:
    ticket = a_ticket(office, a_parent(office))

    move_ticket(office.tara, ticket, "sign", reason="Looked at already", run=the_child(ticket))

    assert live(ticket) == {"inside", "sign"}
    answer(office, ticket, "sign")
    assert live(ticket) == {"pay"}


def test_nobody_moves_in_a_run_that_is_over_or_anothers(office: Firm) -> None:
    kind = a_parent(office)
    ticket, other = a_ticket(office, kind), a_ticket(office, kind)
    over = the_child(ticket)
    move_ticket(office.tara, ticket, "pay", reason="Nothing to check")

    with pytest.raises(DomainError, match="Checking v1” inside of ticket #1001 is over"):
        move_ticket(office.tara, ticket, "sign", reason="x", run=over)
    with pytest.raises(NotFound):
        move_ticket(office.tara, ticket, "sign", reason="x", run=the_child(other))


def test_moving_inside_resolves_the_errors_that_it_leaves_and_no_other(office: Firm) -> None:
    choice = {"output_schema": {"type": "object", "properties": {"answer": {"type": "string"}}}}
    a_workflow(office, "look ? answer = yes > sign", key="checking", look=choice)
    document = a_document("begin > left; begin > right", left=RUNS_CHECKING, right=RUNS_CHECKING)
    document["workflows"][0]["tasks"][0]["split"] = "ALL"
    document["workflows"][0]["transitions"] = [
        {"to": "begin"}, {"from": "begin", "to": "left"}, {"from": "begin", "to": "right"},
    ]  # fmt: skip
    import_bundle(office.boss, document, publish=True)
    ticket = a_ticket(office, TicketDefinition.objects.get(key="flow-request"))
    answer(office, ticket, "begin")
    left, right = the_child(ticket, "left"), the_child(ticket, "right")
    for run in (left, right):
        complete_task(office.will, run.tasks.get(), {"answer": "maybe"})
    assert TicketError.objects.unresolved().filter(ticket=ticket).count() == 2

    move_ticket(office.tara, ticket, "sign", reason="It was a yes", run=left)

    assert the_error(ticket).task == right.tasks.get()
    assert fresh(ticket).has_open_error


def test_a_finished_ticket_is_reopened_without_what_was_inside(office: Firm) -> None:
    ticket = a_ticket(office, a_parent(office))
    cancel_ticket(office.tara, ticket, reason="Not needed")

    move_ticket(office.tara, ticket, "pay", reason="Needed after all")

    assert fresh(ticket).w_status == "IN_PROGRESS"
    assert the_child(ticket).w_status == "CANCELLED"
    assert live(ticket) == {"pay"}


def test_the_right_to_answer_ends_with_the_task_however_it_is_cancelled(office: Firm) -> None:
    ticket = a_ticket(office, a_parent(office))
    tokens = []
    for number, key in enumerate(("inside", "look")):
        now, task = timezone.now(), the_task(ticket, key)
        attempt = TaskAttempt.objects.create(task=task, number=1, started_at=now, lease_until=now)
        token = CallbackToken.objects.create(
            task=task, attempt=attempt, token_hash=f"{number}", expires_at=now
        )
        tokens.append(token.pk)

    move_ticket(office.tara, ticket, "pay", reason="Nothing to check")

    assert not CallbackToken.objects.filter(pk__in=tokens, revoked_at=None).exists()


def test_a_workflow_inside_that_takes_too_long_is_left(office: Firm) -> None:
    inside = {**RUNS_CHECKING, "timeout_seconds": 3600}
    document = a_document("inside > pay", inside=inside)
    document["workflows"][0]["tasks"].append({"key": "ask", "task_type": "FORM"})
    document["workflows"][0]["transitions"] += [
        {"from": "inside", "to": "ask", "after": "timeout"},
        {"from": "ask", "to": None},
    ]
    choice = {"output_schema": {"type": "object", "properties": {"answer": {"type": "string"}}}}
    a_workflow(office, "look ? answer = yes > sign", key="checking", look=choice)
    import_bundle(office.boss, document, publish=True)
    ticket = a_ticket(office, TicketDefinition.objects.get(key="flow-request"))
    complete_task(office.will, the_task(ticket, "look"), {"answer": "maybe"})
    assert fresh(ticket).has_open_error
    over = timezone.now() - timedelta(hours=1)
    ticket.tasks.exclude(times_out_at=None).update(times_out_at=over)

    sweep(grace=timedelta(0))

    assert live(ticket) == {"ask"}
    assert the_child(ticket).w_status == "CANCELLED"
    assert not fresh(ticket).has_open_error
    answer(office, ticket, "ask")
    assert fresh(ticket).w_status == "COMPLETED"


def test_a_step_that_is_skipped_ends_what_is_inside(office: Firm) -> None:
    choice = {"output_schema": {"type": "object", "properties": {"n": {"type": "number"}}}}
    output = {"output_transform": {"ok": {"$": {"var": "child.sign.n"}}}, **YES}
    a_workflow(office, "look > sign", key="checking", sign=choice)
    kind = a_workflow(office, "inside > pay", inside={**RUNS_CHECKING, **output})
    ticket = a_ticket(office, kind)
    answer(office, ticket, "look")
    complete_task(office.will, the_task(ticket, "sign"), {"n": 7})
    error = the_error(ticket)

    skip_error(office.tara, error, output={"ok": True}, reason="Seven is yes")

    assert live(ticket) == {"pay"}
    assert fresh(ticket).workflow.workflow_data["inside"] == {"ok": True}
    assert not fresh(ticket).has_open_error


def test_skipping_ends_what_still_runs_inside(office: Firm) -> None:
    ticket = a_ticket(office, a_parent(office))
    TicketError.objects.create(
        ticket=ticket, task=the_task(ticket, "inside"), error_type="TASK_UPDATE", message="Stuck"
    )

    skip_error(office.tara, the_error(ticket), output={}, reason="Nobody waits for this")

    assert live(ticket) == {"pay"}
    assert the_child(ticket).w_status == "CANCELLED"
    assert WorkerLoad.objects.get(user=office.will).open_tasks == 1


def test_what_does_not_fit_is_corrected_and_tried_again(office: Firm) -> None:
    document = a_document("look", key="checking")
    document["workflows"][0]["fields"] = [{"name": "amount", "type": "number", "required": True}]
    import_bundle(office.boss, document, publish=True)
    inside = {**RUNS_CHECKING, "input_transform": {"amount": "a lot"}}
    ticket = a_ticket(office, a_workflow(office, "inside > pay", inside=inside))
    error = the_error(ticket)

    with pytest.raises(AnswersInvalid):
        retry_error(office.tara, error, reason="x", correction={"amount": "more"})
    retry_error(office.tara, error, reason="It was twelve.", correction={"amount": 12})

    assert the_child(ticket).workflow_data == {"ticket": {"amount": 12}}
    assert live(ticket) == {"inside", "look"}


def test_nobody_is_given_what_is_no_persons(office: Firm) -> None:
    ticket = a_ticket(office, a_parent(office))
    inside = the_task(ticket, "inside")

    with pytest.raises(TaskMoved, match="without a person"):
        take_task(office.will, inside)
    with pytest.raises(TaskMoved, match="without a person"):
        reassign_task(office.tara, inside, office.will)
    assert not TaskInstance.objects.unassigned().exists()
    assert not TicketInstance.objects.with_nobody_free().exists()


# What a crash leaves behind


def kinds_due() -> list[str]:
    return [due.kind for due in due_work() if due.kind != "nobody"]


def test_the_sweeper_begins_what_a_crash_left(
    office: Firm, monkeypatch: pytest.MonkeyPatch
) -> None:
    kind = a_parent(office)
    with monkeypatch.context() as patch:
        patch.setattr("operations.state_manager.MOST_IN_A_ROW", 0)
        ticket = a_ticket(office, kind)
    assert live(ticket) == {"inside"}
    assert kinds_due() == ["child"]

    sweep(grace=timedelta(0))

    assert live(ticket) == {"inside", "look"}
    assert kinds_due() == []


def test_the_sweeper_finishes_what_a_crash_left_between_the_inner_end_and_the_task(
    office: Firm, monkeypatch: pytest.MonkeyPatch
) -> None:
    ticket = a_ticket(office, a_parent(office))
    answer(office, ticket, "look")
    with monkeypatch.context() as patch:
        patch.setattr("operations.state_manager.MOST_IN_A_ROW", 0)
        answer(office, ticket, "sign")
    assert live(ticket) == {"inside"}
    assert the_child(ticket).w_status == "COMPLETED"
    assert kinds_due() == ["child_done"]

    for due in due_work():
        work.do(due.kind, due.row_id)
        assert not work.do(due.kind, due.row_id)  # the second one finds nothing to do

    assert live(ticket) == {"pay"}
    assert kinds_due() == []
