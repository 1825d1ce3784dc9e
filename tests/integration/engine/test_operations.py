"""Tickets on their way: submitting, working, routing, holding, moving, failing and repairing."""

from datetime import timedelta

import pytest
from django.utils import timezone

from definitions.models import TicketDefinition
from definitions.services import import_bundle
from operations.errors import AnswersInvalid, TaskMoved
from operations.incidents import Incident, report
from operations.models import (
    ErrorType,
    TaskInstance,
    TicketError,
    TicketInstance,
    WorkerLoad,
    WorkflowEvent,
)
from operations.services import (
    add_comment,
    cancel_ticket,
    complete_task,
    hold_ticket,
    move_ticket,
    reassign_task,
    resolve_error,
    resume_ticket,
    retry_error,
    review_error,
    save_draft,
    start_task,
    submit_ticket,
    take_task,
)
from operations.store import due_work
from operations.sweeper import sweep
from tenants.context import tenant_context
from tenants.errors import DomainError, NotAllowed, NotFound
from tenants.models import User
from tests.builders import (
    Firm,
    a_document,
    a_ticket,
    a_workflow,
    kill_before_the_engine,
    the_open_task,
)

CHOICE = {"output_schema": {"type": "object", "properties": {"answer": {"type": "string"}}}}


@pytest.fixture
def office(acme: Firm):
    """Acme, in force."""
    with tenant_context(acme.company):
        yield acme


def fresh(ticket: TicketInstance) -> TicketInstance:
    return TicketInstance.objects.select_related("workflow__current_task__task_definition").get(
        pk=ticket.pk
    )


def history(ticket: TicketInstance) -> list[str]:
    return list(
        WorkflowEvent.objects.filter(ticket=ticket)
        .order_by("sequence")
        .values_list("kind", flat=True)
    )


def a_stopped_ticket(office: Firm) -> tuple[TicketInstance, TicketError]:
    """Will answered "maybe", and no way onward fits."""
    kind = a_workflow(office, "decide ? answer = yes > pay", decide=CHOICE)
    ticket = a_ticket(office, kind)
    complete_task(office.will, the_open_task(ticket), {"answer": "maybe"})
    return fresh(ticket), TicketError.objects.get(ticket=ticket)


def test_a_submitted_ticket_starts_its_first_task_with_the_worker(office: Firm):
    ticket = a_ticket(office, a_workflow(office, "ask > check"))

    task = the_open_task(ticket)
    assert (ticket.number, ticket.title) == (1001, "A chair")
    assert (task.task_definition.key, task.assigned_to, task.t_status) == (
        "ask",
        office.will,
        "OPEN",
    )
    assert history(ticket) == ["SUBMITTED", "STARTED", "ASSIGNED"]


def test_a_ticket_goes_by_its_conditions_to_its_end(office: Firm):
    ticket = a_ticket(office, a_workflow(office, "ask > check > pay; check ? ok = false > ask"))

    for answer in (True, False, True, True, True):
        complete_task(office.will, the_open_task(ticket), {"ok": answer})

    done = fresh(ticket)
    path = ticket.tasks.order_by("sequence").values_list("task_definition__key", "visit")
    assert list(path) == [("ask", 1), ("check", 1), ("ask", 2), ("check", 2), ("pay", 1)]
    assert done.w_status == "COMPLETED" and done.closed_at is not None
    assert done.workflow.workflow_data == {
        "ticket": {"subject": "A chair"},
        "ask": {"ok": True},
        "check": {"ok": True},
        "pay": {"ok": True},
    }
    assert history(ticket)[-1] == "FINISHED"


def test_history_says_which_way_and_why(office: Firm):
    ticket = a_ticket(office, a_workflow(office, "ask > check; ask ? ok = false > end"))
    complete_task(office.will, the_open_task(ticket), {"ok": True})

    routed = WorkflowEvent.objects.get(ticket=ticket, kind="ROUTED")
    refused, taken = routed.trace
    assert (refused["result"], refused["reads"]) == (False, {"ask.ok": True})
    assert taken["taken"] and taken["target"] == "check"
    assert WorkflowEvent.objects.filter(ticket=ticket, kind="ASSIGNED")[0].reason.startswith(
        "Only Will"
    )


def test_answers_that_do_not_fit_are_refused_at_their_place_and_nothing_moves(office: Firm):
    ticket = a_ticket(office, a_workflow(office))

    with pytest.raises(AnswersInvalid) as refused:
        complete_task(office.will, the_open_task(ticket), {"ok": "perhaps"})

    assert [problem.path for problem in refused.value.problems] == ["/ok"]
    assert the_open_task(ticket).t_status == "OPEN"


def test_what_is_not_offered_to_a_person_does_not_exist_for_them(office: Firm):
    kind = a_workflow(office)
    kind.rights.all().delete()

    with pytest.raises(NotFound):
        submit_ticket(office.ann, kind, {"subject": "x"})


def test_a_double_click_is_one_ticket(office: Firm):
    kind = a_workflow(office)

    first = submit_ticket(office.ann, kind, {"subject": "x"}, submission_key="abc")
    second = submit_ticket(office.ann, kind, {"subject": "x"}, submission_key="abc")

    assert first.pk == second.pk
    assert TicketInstance.objects.count() == 1


def test_the_same_key_from_two_people_is_two_tickets(office: Firm):
    kind = a_workflow(office)

    first = submit_ticket(office.ann, kind, {"subject": "x"}, submission_key="abc")
    second = submit_ticket(office.boss, kind, {"subject": "x"}, submission_key="abc")

    assert (first.created_by, second.created_by) == (office.ann, office.boss)


def test_what_is_preset_is_not_the_requesters_to_say(office: Firm):
    document = a_document("ask")
    document["workflows"][0]["fields"].append({"name": "urgency", "type": "string"})
    # A form that lets through what it does not ask for.
    form = {"type": "object", "properties": {"subject": {"type": "string"}}}
    preset = {"fields": [{"name": "urgency", "value": "low"}], "form_schema": form}
    document["tickets"][0].update(preset)
    import_bundle(office.boss, document, publish=True)

    kind = TicketDefinition.objects.select_related("workflow").get()
    ticket = submit_ticket(office.ann, kind, {"subject": "x", "urgency": "high"})

    assert fresh(ticket).workflow.workflow_data["ticket"]["urgency"] == "low"


def test_each_company_counts_its_own_tickets(acme: Firm, globex: Firm):
    numbers = []
    for firm in (acme, globex):
        with tenant_context(firm.company):
            numbers.append(a_ticket(firm, a_workflow(firm)).number)

    assert numbers == [1001, 1001]


def test_work_goes_to_whoever_has_the_shortest_list(office: Firm):
    User.objects.filter(pk=office.boss.pk).update(is_available=True)
    kind = a_workflow(office)

    holders = [the_open_task(a_ticket(office, kind)).assigned_to for _ in range(4)]

    assert holders.count(office.will) == holders.count(office.boss) == 2
    assert holders[0] != holders[1]


def test_only_the_company_role_of_the_task_gets_it(office: Firm):
    User.objects.filter(pk=office.boss.pk).update(is_available=True)
    kind = a_workflow(office, "ask", ask={"assign": {"company_role": "managers"}})

    holders = {the_open_task(a_ticket(office, kind)).assigned_to for _ in range(3)}

    assert holders == {office.will}


def test_finished_work_does_not_count_as_load(office: Firm):
    kind = a_workflow(office, "ask")
    ticket = a_ticket(office, kind)
    assert WorkerLoad.objects.get(user=office.will).open_tasks == 1

    complete_task(office.will, the_open_task(ticket), {"ok": True})

    assert WorkerLoad.objects.get(user=office.will).open_tasks == 0


def test_with_nobody_free_a_task_waits_visibly_until_somebody_is(office: Firm):
    User.objects.filter(pk=office.will.pk).update(open_task_limit=1)
    kind = a_workflow(office, "ask")
    first, second = a_ticket(office, kind), a_ticket(office, kind)
    waiting = second.tasks.get()
    assert (waiting.t_status, waiting.assigned_to) == ("PENDING", None)
    reason = WorkflowEvent.objects.get(ticket=second, kind="ASSIGNED").reason
    assert "Nobody is free" in reason and "1 of 1" in reason

    complete_task(office.will, the_open_task(first), {"ok": True})
    sweep(grace=timedelta(0))

    assert the_open_task(second).assigned_to == office.will


def test_a_task_that_nobody_can_do_stands_in_nobodys_way(office: Firm):
    User.objects.filter(pk=office.will.pk).update(is_available=False)
    for_managers = a_workflow(office, "ask", ask={"assign": {"company_role": "managers"}})
    before = [a_ticket(office, for_managers) for _ in range(2)]
    ticket = a_ticket(office, a_workflow(office, "ask", key="other"))
    long_ago = timezone.now() - timedelta(days=1)
    TaskInstance.objects.filter(ticket__in=before).update(created_at=long_ago)
    User.objects.filter(pk=office.boss.pk).update(is_available=True)

    assert sweep(grace=timedelta(0), limit=2) == {"assign": 1}

    assert the_open_task(ticket).assigned_to == office.boss


def test_a_task_is_due_exactly_when_somebody_may_get_it(office: Firm):
    """What is due and who is chosen are two questions to the database; they must agree."""
    ticket = a_ticket(office, a_workflow(office, "ask"))
    reassign_task(office.tara, the_open_task(ticket), None)
    will = User.objects.filter(pk=office.will.pk)
    usual = {"is_active": True, "is_available": True, "open_task_limit": 1}
    for state in ({"open_task_limit": 0}, {"is_available": False}, {"is_active": False}):
        will.update(**{**usual, **state})
        assert {work.kind for work in due_work()} == {"nobody"}, state
        assert sweep(grace=timedelta(0)) == {}, state

    will.update(**usual)
    assert {work.kind for work in due_work()} == {"assign"}
    assert sweep(grace=timedelta(0)) == {"assign": 1}


def test_a_worker_takes_a_task_that_waits(office: Firm):
    User.objects.filter(pk=office.will.pk).update(is_available=False)
    ticket = a_ticket(office, a_workflow(office, "ask"))

    take_task(office.will, ticket.tasks.get())

    assert the_open_task(ticket).assigned_to == office.will
    with pytest.raises(TaskMoved):
        take_task(office.boss, ticket.tasks.get())


def test_somebody_elses_task_does_not_exist(office: Firm):
    User.objects.filter(pk=office.boss.pk).update(is_available=True)
    User.objects.filter(pk=office.will.pk).update(is_available=False)
    ticket = a_ticket(office, a_workflow(office))

    with pytest.raises(NotFound):
        complete_task(office.will, the_open_task(ticket), {"ok": True})


def test_a_draft_keeps_incomplete_answers(office: Firm):
    ticket = a_ticket(office, a_workflow(office))

    task = save_draft(office.will, the_open_task(ticket), {"note": "half a thought"})

    assert (task.t_status, task.draft_data) == ("IN_PROGRESS", {"note": "half a thought"})


def test_a_task_is_completed_once(office: Firm):
    ticket = a_ticket(office, a_workflow(office))
    task = the_open_task(ticket)
    complete_task(office.will, task, {"ok": True})

    with pytest.raises(TaskMoved, match="completed already"):
        complete_task(office.will, task, {"ok": False})


def test_a_stale_page_is_told_so(office: Firm):
    ticket = a_ticket(office, a_workflow(office))
    task = the_open_task(ticket)
    start_task(office.will, task)

    with pytest.raises(TaskMoved, match="changed since"):
        complete_task(office.will, task, {"ok": True}, rev=task.rev)


def test_a_task_is_handed_over_with_the_history_saying_so(office: Firm):
    ticket = a_ticket(office, a_workflow(office))

    reassign_task(office.tara, the_open_task(ticket), office.boss, reason="Will is ill")

    assert the_open_task(ticket).assigned_to == office.boss
    event = WorkflowEvent.objects.get(ticket=ticket, kind="REASSIGNED")
    assert (event.actor, event.reason, event.detail["to"]) == (
        office.tara,
        "Will is ill",
        str(office.boss),
    )


def test_a_colleague_of_another_company_cannot_be_given_a_task(acme: Firm, globex: Firm):
    with tenant_context(acme.company):
        ticket = a_ticket(acme, a_workflow(acme))
        with pytest.raises(NotFound):
            reassign_task(acme.tara, the_open_task(ticket), globex.will)


def test_a_held_ticket_waits(office: Firm):
    ticket = a_ticket(office, a_workflow(office))
    hold_ticket(office.tara, ticket, reason="Budget")

    with pytest.raises(TaskMoved, match="on hold"):
        complete_task(office.will, the_open_task(ticket), {"ok": True})
    resume_ticket(office.tara, ticket)
    complete_task(office.will, the_open_task(ticket), {"ok": True})

    assert the_open_task(ticket).task_definition.key == "check"


def test_nobody_is_given_a_task_of_a_held_ticket(office: Firm):
    User.objects.filter(pk=office.will.pk).update(is_available=False)
    ticket = a_ticket(office, a_workflow(office, "ask"))
    hold_ticket(office.tara, ticket, reason="Budget")
    User.objects.filter(pk=office.will.pk).update(is_available=True)

    assert sweep(grace=timedelta(0)) == {}
    with pytest.raises(TaskMoved, match="on hold"):
        take_task(office.will, ticket.tasks.get())

    resume_ticket(office.tara, ticket)
    assert sweep(grace=timedelta(0)) == {"assign": 1}


def test_only_ticket_admins_triage(office: Firm):
    ticket = a_ticket(office, a_workflow(office))

    for verb in (hold_ticket, move_ticket_to_check, resume_ticket):
        with pytest.raises(NotAllowed):
            verb(office.will, ticket, reason="no")


def move_ticket_to_check(actor: User, ticket: TicketInstance, *, reason: str) -> None:
    move_ticket(actor, ticket, "check", reason=reason)


def test_an_admin_moves_a_ticket_anywhere_with_a_reason(office: Firm):
    ticket = a_ticket(office, a_workflow(office, "ask > check > pay"))
    with pytest.raises(DomainError, match="Say why"):
        move_ticket(office.tara, ticket, "pay", reason=" ")

    move_ticket(office.tara, ticket, "pay", reason="Checked by phone")

    assert the_open_task(ticket).task_definition.key == "pay"
    statuses = dict(ticket.tasks.values_list("task_definition__key", "t_status"))
    assert statuses == {"ask": "CANCELLED", "pay": "OPEN"}
    event = WorkflowEvent.objects.get(ticket=ticket, kind="MOVED")
    assert (event.actor, event.reason, event.to_key) == (office.tara, "Checked by phone", "pay")


def test_a_ticket_cannot_be_moved_to_a_task_that_needs_what_it_does_not_have(office: Firm):
    needs = {"input_transform": {"total": {"$": {"+": [{"var": "ask.number"}, 1]}}}}
    ticket = a_ticket(office, a_workflow(office, "ask > check", check=needs))

    with pytest.raises(DomainError, match=r"ask\.number is missing"):
        move_ticket(office.tara, ticket, "check", reason="Skip it")

    assert the_open_task(ticket).task_definition.key == "ask"


def test_a_finished_ticket_can_be_moved_back_into_life(office: Firm):
    ticket = a_ticket(office, a_workflow(office, "ask"))
    complete_task(office.will, the_open_task(ticket), {"ok": True})

    move_ticket(office.tara, ticket, "ask", reason="Not done after all")

    again = fresh(ticket)
    assert (again.w_status, again.closed_at) == ("IN_PROGRESS", None)
    assert the_open_task(ticket).visit == 2


def test_a_requester_withdraws_their_own_ticket_and_no_other(office: Firm):
    ticket = a_ticket(office, a_workflow(office))
    with pytest.raises(NotFound):
        cancel_ticket(office.will, ticket, reason="not mine")

    cancel_ticket(office.ann, ticket, reason="Found one")

    done = fresh(ticket)
    assert done.w_status == "CANCELLED" and done.closed_at is not None
    assert list(ticket.tasks.values_list("t_status", flat=True)) == ["CANCELLED"]
    assert WorkerLoad.objects.get(user=office.will).open_tasks == 0


def test_no_fitting_way_is_an_error_and_the_answer_stays(office: Firm):
    ticket, error = a_stopped_ticket(office)

    task = ticket.tasks.get()
    assert (task.t_status, task.output_data, task.routed_at) == (
        "COMPLETED",
        {"answer": "maybe"},
        None,
    )
    assert (error.error_type, error.error_status, error.code) == (
        "WORKFLOW_TRANSITION",
        "NEW",
        "nothing_matched",
    )
    assert "maybe" in error.message and error.trace[0]["reads"] == {"decide.answer": "maybe"}
    assert ticket.has_open_error and history(ticket)[-1] == "FAILED"


def test_an_error_is_resolved_by_the_ticket_going_on_and_not_by_a_button(office: Firm):
    ticket, error = a_stopped_ticket(office)
    review_error(office.tara, error)
    with pytest.raises(DomainError, match="still stands still"):
        resolve_error(office.tara, error, notes="done")
    assert retry_error(office.tara, error, reason="Once more").error_status == "REVIEWED"

    mended = retry_error(office.tara, error, reason="Meant yes", correction={"answer": "yes"})

    assert (mended.error_status, mended.resolution_notes) == ("RESOLVED", "Meant yes")
    assert the_open_task(ticket).task_definition.key == "pay"
    assert not fresh(ticket).has_open_error


def test_the_same_place_failing_again_is_one_error_with_two_attempts(office: Firm):
    ticket, error = a_stopped_ticket(office)

    retry_error(office.tara, error, reason="Once more")

    assert TicketError.objects.get(ticket=ticket).attempts == 2


def test_moving_a_stopped_ticket_resolves_its_error(office: Firm):
    ticket, error = a_stopped_ticket(office)

    move_ticket(office.tara, ticket, "pay", reason="Agreed by phone")

    assert TicketError.objects.get(pk=error.pk).error_status == "RESOLVED"
    assert the_open_task(ticket).task_definition.key == "pay"


def test_an_error_is_told_as_repaired_by_whoever_repaired_it(office: Firm):
    ticket, error = a_stopped_ticket(office)
    retry_error(office.tara, error, reason="Perhaps now")

    move_ticket(office.boss, ticket, "pay", reason="Agreed by phone")

    repaired = TicketError.objects.get(pk=error.pk)
    assert repaired.resolved_by_label == str(office.boss)
    assert repaired.resolution_notes == "Moved: Agreed by phone"


def test_a_retry_on_hold_is_done_when_the_ticket_goes_on(office: Firm):
    ticket, error = a_stopped_ticket(office)
    hold_ticket(office.tara, ticket, reason="Budget")

    still = retry_error(office.tara, error, reason="Meant yes", correction={"answer": "yes"})
    assert still.error_status == "NEW"
    resume_ticket(office.tara, ticket)

    assert TicketError.objects.get(pk=error.pk).resolution_notes == "Meant yes"
    assert the_open_task(ticket).task_definition.key == "pay"


def test_a_cancelled_ticket_that_had_stopped_can_be_opened_again(office: Firm):
    ticket, _ = a_stopped_ticket(office)
    cancel_ticket(office.tara, ticket, reason="Not needed")
    assert not fresh(ticket).has_open_error

    move_ticket(office.tara, ticket, "pay", reason="Needed after all")
    complete_task(office.will, the_open_task(ticket), {"ok": True})

    assert fresh(ticket).w_status == "COMPLETED"


def test_a_failure_that_is_told_too_late_stops_nothing(office: Firm):
    """Before the engine could say that it failed, the ticket had gone on, or was cancelled."""
    ticket = a_ticket(office, a_workflow(office, "ask > check"))
    task = the_open_task(ticket)
    late = Incident(ErrorType.WORKFLOW_TRANSITION, task.pk, "internal", "It broke.")
    complete_task(office.will, task, {"ok": True})
    report(ticket.pk, late)
    cancel_ticket(office.tara, ticket, reason="Not needed")
    report(ticket.pk, late)

    assert not TicketError.objects.filter(ticket=ticket).exists()
    assert not fresh(ticket).has_open_error


def test_a_workflow_that_cannot_start_keeps_the_ticket_and_says_so(office: Firm):
    kind = a_workflow(office)
    first = kind.workflow.transitions.get(from_task=None)
    first.condition = {"==": [{"var": "ticket.subject"}, "nothing"]}
    first.save()

    ticket = submit_ticket(office.ann, kind, {"subject": "A chair"})

    error = TicketError.objects.get(ticket=ticket)
    assert error.error_type == "WORKFLOW_CREATION"
    assert fresh(ticket).workflow is None


def test_an_internal_failure_keeps_the_answer_and_becomes_an_error(office: Firm, monkeypatch):
    ticket = a_ticket(office, a_workflow(office))

    def broken(*args, **kwargs):
        raise ZeroDivisionError("a bug")

    monkeypatch.setattr("operations.engine.complete", broken)
    complete_task(office.will, the_open_task(ticket), {"ok": True})
    monkeypatch.undo()

    error = TicketError.objects.get(ticket=ticket)
    assert error.code == "internal" and "ZeroDivisionError" in error.stack_trace
    assert retry_error(office.tara, error, reason="Mended").error_status == "RESOLVED"
    assert the_open_task(ticket).task_definition.key == "check"


def test_what_the_log_says_of_a_failure_names_the_ticket(office: Firm, monkeypatch, caplog):
    ticket = a_ticket(office, a_workflow(office))
    monkeypatch.setattr("operations.engine.complete", None)

    complete_task(office.will, the_open_task(ticket), {"ok": True})

    assert [vars(record).get("ticket") for record in caplog.records] == [ticket.pk]


def test_the_sweeper_finds_what_a_crash_left(office: Firm, monkeypatch):
    kind = a_workflow(office)
    kill_before_the_engine(monkeypatch)
    ticket = submit_ticket(office.ann, kind, {"subject": "A chair"})
    assert fresh(ticket).workflow is None
    assert sweep(grace=timedelta(0)) == {"start": 1}
    complete_task(office.will, the_open_task(ticket), {"ok": True})
    assert not ticket.tasks.filter(t_status="OPEN").exists()

    assert sweep(grace=timedelta(0)) == {"route": 1}
    assert the_open_task(ticket).task_definition.key == "check"
    assert sweep(grace=timedelta(0)) == {}


def test_the_sweeper_leaves_errors_to_people(office: Firm):
    a_stopped_ticket(office)

    assert sweep(grace=timedelta(0)) == {}


def test_comments_reach_those_on_the_ticket_and_nobody_else(office: Firm):
    ticket = a_ticket(office, a_workflow(office))

    add_comment(office.ann, ticket, "Is it here yet?")
    add_comment(office.will, ticket, "Supplier is slow", is_internal=True)

    with pytest.raises(NotFound):
        add_comment(office.ann, ticket, "psst", is_internal=True)
    with pytest.raises(DomainError, match="Write something"):
        add_comment(office.ann, ticket, "  ")


def test_a_running_ticket_stays_on_its_version(office: Firm):
    kind = a_workflow(office, "ask > check")
    ticket = a_ticket(office, kind)
    a_workflow(office, "ask > pay")

    complete_task(office.will, the_open_task(ticket), {"ok": True})

    assert the_open_task(ticket).task_definition.key == "check"
    assert TaskInstance.objects.filter(ticket=ticket).count() == 2
