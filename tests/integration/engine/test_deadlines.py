"""Deadlines, waits and reminders: when their time comes, and whose clock says so."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.core import mail
from django.db import connection
from django.db.models import F
from django.utils import timezone

from definitions.models import TicketDefinition
from definitions.services import import_bundle
from operations import store, work
from operations.errors import TaskMoved
from operations.models import Notice, TaskInstance, TicketError, TicketInstance
from operations.services import (
    cancel_ticket,
    complete_task,
    hold_ticket,
    reassign_task,
    resume_ticket,
    retry_error,
    submit_ticket,
)
from tenants.context import tenant_context
from tenants.models import Company
from tests.builders import Firm, a_document, the_open_task

TIMES = ("due_at", "remind_at", "times_out_at", "wakes_at")


@pytest.fixture(autouse=True)
def _in_acme(acme: Firm) -> Iterator[None]:
    with tenant_context(acme.company):
        yield


def a_flow(
    firm: Firm, drawing: str = "ask > check", ways: list[dict[str, Any]] | None = None, **tasks: Any
) -> TicketDefinition:
    """A drawing with more ways; a task of another type than FORM has no form."""
    document = a_document(drawing, **tasks)
    flow = document["workflows"][0]
    for task in flow["tasks"]:
        if task["task_type"] != "FORM":
            del task["output_schema"]
    flow["transitions"] += ways or []
    flow["fields"].append({"name": "needed_on", "type": "string"})
    import_bundle(firm.flo, document, publish=True)
    return TicketDefinition.objects.get(key="flow-request")


TO_CHECK = {"from": "ask", "to": "check", "after": "timeout"}
WAIT = {"task_type": "WAIT", "until": {"days": 3}}


def a_ticket(firm: Firm, kind: TicketDefinition, **data: Any) -> TicketInstance:
    ticket = submit_ticket(firm.ann, kind, {"subject": "A chair", **data})
    return TicketInstance.objects.select_related("workflow").get(pk=ticket.pk)


def task_of(ticket: TicketInstance, key: str) -> TaskInstance:
    return TaskInstance.objects.filter(ticket=ticket, task_definition__key=key).latest("sequence")


def let_pass(length: timedelta) -> None:
    """So much time goes by: everything that was to come is that much nearer."""
    TaskInstance.objects.update(**{name: F(name) - length for name in TIMES})


def come_back() -> list[str]:
    """Do what is due now, as jobs and sweeper would; returns the kinds that had something to do."""
    done: list[str] = []
    while True:
        due = [one for one in store.due_work() if one.kind != "nobody"]
        kinds = [one.kind for one in due if work.do(one.kind, one.row_id)]
        done += kinds
        if not kinds:
            return done


def kinds_of(ticket: TicketInstance) -> list[str]:
    return list(ticket.events.order_by("sequence").values_list("kind", flat=True))


# Waiting


def test_a_wait_ends_when_its_time_has_come_and_not_before(acme: Firm):
    ticket = a_ticket(acme, a_flow(acme, "ask > rest > check", rest=WAIT))
    complete_task(acme.will, the_open_task(ticket), {"ok": True})
    rest = task_of(ticket, "rest")

    let_pass(timedelta(days=2, hours=23))
    early = come_back()
    let_pass(timedelta(hours=1))
    late = come_back()

    assert (rest.t_status, rest.wakes_at) == ("PENDING", rest.created_at + timedelta(days=3))
    assert (early, late) == ([], ["wake"])
    assert (task_of(ticket, "rest").t_status, task_of(ticket, "rest").output_data) == (
        "COMPLETED",
        {},
    )
    assert task_of(ticket, "check").t_status == "OPEN"
    assert not work.do("wake", rest.pk)  # whoever comes second finds nothing to do


def test_a_wait_until_a_day_that_somebody_gave_ends_with_its_work(acme: Firm):
    until = {"at": {"$": {"var": "ticket.needed_on"}}}
    Company.objects.filter(pk=acme.company.pk).update(time_zone="Europe/Berlin")
    kind = a_flow(acme, "rest > check", rest={"task_type": "WAIT", "until": until})

    friday = a_ticket(acme, kind, needed_on="2027-03-26")
    sunday = a_ticket(acme, kind, needed_on="2027-03-28")  # when the clock is turned

    assert task_of(friday, "rest").wakes_at == datetime(2027, 3, 26, 16, 0, tzinfo=UTC)
    assert task_of(sunday, "rest").wakes_at == datetime(2027, 3, 28, 21, 59, tzinfo=UTC)


def test_a_wait_for_no_day_at_all_is_an_error_and_not_a_wait_for_ever(acme: Firm):
    until = {"at": {"$": {"var": "ticket.needed_on"}}}
    kind = a_flow(acme, "rest > check", rest={"task_type": "WAIT", "until": until})

    empty = a_ticket(acme, kind, needed_on="")
    words = a_ticket(acme, kind, needed_on="next week")

    errors = {error.ticket_id: error for error in TicketError.objects.all()}
    assert errors[empty.pk].error_type == "TASK_CREATION"
    assert "“Rest” cannot start" in errors[empty.pk].message
    assert "“ticket.needed_on” is empty" in errors[empty.pk].message
    assert "“next week”, not a day such as" in errors[words.pk].message


# Due


def test_due_times_count_the_companys_hours_where_the_definition_says_so(acme: Firm):
    in_hours = {"due": {"hours": 8, "working": True}}
    Company.objects.filter(pk=acme.company.pk).update(
        working_hours=[["09:00", "10:00"]] * 7, time_zone="Asia/Tokyo"
    )
    ticket = a_ticket(acme, a_flow(acme, ask={"due": {"hours": 8}}, check=in_hours))
    complete_task(acme.will, the_open_task(ticket), {"ok": True})
    ask, check = task_of(ticket, "ask"), task_of(ticket, "check")

    company = Company.objects.get(pk=acme.company.pk)
    assert ask.due_at == ask.created_at + timedelta(hours=8)
    assert check.due_at == company.calendar.add_working(check.created_at, hours=8)
    assert check.due_at > check.created_at + timedelta(days=6)


def test_holidays_count_too(acme: Firm):
    today = timezone.now().date()
    off = [{"date": str(today + timedelta(days=n)), "name": "off"} for n in range(-1, 30)]
    Company.objects.filter(pk=acme.company.pk).update(
        working_hours=[["00:00", "24:00"]] * 7, holidays=off
    )

    ticket = a_ticket(acme, a_flow(acme, ask={"due": {"hours": 1, "working": True}}))

    due_at = the_open_task(ticket).due_at
    assert due_at is not None
    assert due_at.date() == today + timedelta(days=30)


def test_a_company_without_working_days_is_told_so_and_can_mend_it(acme: Firm):
    Company.objects.filter(pk=acme.company.pk).update(working_hours=[None] * 7)
    ticket = a_ticket(acme, a_flow(acme, ask={"due": {"hours": 1, "working": True}}))
    error = TicketError.objects.get(ticket=ticket)
    assert "no working days" in error.message

    Company.objects.filter(pk=acme.company.pk).update(working_hours=[["09:00", "17:00"]] * 7)
    retry_error(acme.tara, error, reason="We work now.")

    assert the_open_task(ticket).due_at is not None
    assert TicketError.objects.get(pk=error.pk).error_status == "RESOLVED"


def test_the_calendar_is_asked_for_only_where_it_is_needed(acme: Firm, statements: Any):
    plain = a_flow(acme, ask={"due": {"days": 1}})
    a_ticket(acme, plain)  # the graph is kept from here on

    with statements() as counted:
        a_ticket(acme, plain)

    assert not [line for line in counted.lines if '"companies"' in line], counted


# Running out


def test_a_step_that_runs_out_goes_the_way_drawn_for_it(acme: Firm):
    kind = a_flow(acme, "ask > pay > check", [TO_CHECK], ask={"timeout_seconds": 3600})
    ticket = a_ticket(acme, kind)
    ask = the_open_task(ticket)

    let_pass(timedelta(minutes=59))
    early = come_back()
    let_pass(timedelta(minutes=1))
    late = come_back()

    assert (early, late) == ([], ["timeout"])
    left = task_of(ticket, "ask")
    assert (left.t_status, left.way_out, left.routed_at) == ("CANCELLED", "timeout", None)
    assert task_of(ticket, "check").t_status == "OPEN"
    assert not TaskInstance.objects.filter(task_definition__key="pay").exists()
    told = ticket.events.get(kind="TIMED_OUT")
    assert (told.from_key, told.to_key, told.task_id, told.actor_kind) == (
        "ask", "check", ask.pk, "SYSTEM",
    )  # fmt: skip
    assert "ROUTED" not in kinds_of(ticket)
    ticket.refresh_from_db(fields=["workflow"])
    assert ticket.workflow is not None
    assert ticket.workflow.current_task_id == task_of(ticket, "check").pk
    assert not work.do("timeout", ask.pk)


def test_a_step_with_a_due_time_and_no_time_limit_runs_out_when_it_is_due(acme: Firm):
    ticket = a_ticket(acme, a_flow(acme, "ask > check", [TO_CHECK], ask={"due": {"days": 2}}))
    ask = the_open_task(ticket)

    assert ask.times_out_at == ask.due_at == ask.created_at + timedelta(days=2)


def test_a_due_time_alone_ends_nothing(acme: Firm):
    ticket = a_ticket(acme, a_flow(acme, ask={"due": {"days": 2}}))

    let_pass(timedelta(days=3))

    assert come_back() == []
    assert the_open_task(ticket).t_status == "OPEN"


def test_a_step_that_somebody_has_begun_runs_out_too_and_its_person_is_free_again(acme: Firm):
    kind = a_flow(acme, "ask > check", [{"from": "ask", "to": None, "after": "timeout"}],
                  ask={"timeout_seconds": 60})  # fmt: skip
    ticket = a_ticket(acme, kind)

    let_pass(timedelta(minutes=1))
    come_back()

    ticket = TicketInstance.objects.select_related("workflow").get(pk=ticket.pk)
    assert (ticket.w_status, ticket.closed_at is not None) == ("COMPLETED", True)
    assert kinds_of(ticket)[-2:] == ["TIMED_OUT", "FINISHED"]
    assert not TaskInstance.objects.doable().exists()


def test_who_comes_too_late_hears_that_the_time_ran_out(acme: Firm):
    ticket = a_ticket(acme, a_flow(acme, "ask > check", [TO_CHECK], ask={"timeout_seconds": 60}))
    ask = the_open_task(ticket)
    let_pass(timedelta(minutes=1))
    come_back()

    with pytest.raises(TaskMoved, match="ran out of time"):
        complete_task(acme.will, ask, {"ok": True})


def test_who_is_late_but_faster_than_the_clock_has_done_it(acme: Firm):
    ticket = a_ticket(acme, a_flow(acme, "ask > check", [TO_CHECK], ask={"timeout_seconds": 60}))
    ask = the_open_task(ticket)
    let_pass(timedelta(minutes=2))

    complete_task(acme.will, ask, {"ok": True})

    assert come_back() == []
    assert task_of(ticket, "ask").t_status == "COMPLETED"
    assert "TIMED_OUT" not in kinds_of(ticket)


def test_where_the_way_out_cannot_be_decided_the_step_stays_with_its_person(acme: Firm):
    way = {**TO_CHECK, "condition": {"==": [{"var": "ticket.needed_on"}, "never"]}}
    ticket = a_ticket(acme, a_flow(acme, "ask > check", [way], ask={"timeout_seconds": 60}))
    ask = the_open_task(ticket)
    let_pass(timedelta(minutes=1))

    assert come_back() == []
    assert set(come_back()) == {"notice"}  # the admins are told

    error = TicketError.objects.get(ticket=ticket)
    assert (error.error_type, error.task_id) == ("WORKFLOW_TRANSITION", ask.pk)
    assert the_open_task(ticket).assigned_to == acme.will
    assert come_back() == []  # nothing tries again until somebody says so

    retry_error(acme.tara, error, reason="Once more.")
    come_back()
    assert TicketError.objects.get(pk=error.pk).attempts == 2

    complete_task(acme.will, ask, {"ok": True})
    assert task_of(ticket, "check").t_status == "OPEN"
    assert TicketError.objects.get(pk=error.pk).error_status == "RESOLVED"


def test_a_branch_that_runs_out_leaves_the_others_alone(acme: Firm):
    """The parts join again, whichever way the one went."""
    document = a_document("ask > left > check", ask={"split": "ALL"}, check={"join": "ALL"},
                          left={"timeout_seconds": 60})  # fmt: skip
    flow = document["workflows"][0]
    flow["tasks"].append({"key": "right", "title": "Right", "task_type": "FORM"})
    flow["transitions"] += [
        {"from": "ask", "to": "right", "priority": 8},
        {"from": "right", "to": "check"},
        {"from": "left", "to": "check", "after": "timeout"},
    ]
    import_bundle(acme.flo, document, publish=True)
    ticket = a_ticket(acme, TicketDefinition.objects.get(key="flow-request"))
    complete_task(acme.will, the_open_task(ticket), {"ok": True})
    let_pass(timedelta(minutes=1))

    come_back()

    assert task_of(ticket, "left").t_status == "CANCELLED"
    assert task_of(ticket, "right").t_status == "OPEN"
    assert not ticket.tasks.filter(task_definition__key="check").exists()
    complete_task(acme.will, task_of(ticket, "right"), {})
    assert task_of(ticket, "check").t_status == "OPEN"


# The clock is the database's


@pytest.mark.parametrize("wrong", [timedelta(hours=1), timedelta(hours=-1)])
def test_a_wrong_clock_of_this_machine_changes_nothing(acme: Firm, monkeypatch: Any, wrong: Any):
    right = timezone.now
    monkeypatch.setattr(timezone, "now", lambda: right() + wrong)
    kind = a_flow(
        acme, "ask > rest > check", [TO_CHECK],
        ask={"timeout_seconds": 1800, "due": {"minutes": 30},
             "reminder": {"after": {"minutes": 9}}},
        rest={"task_type": "WAIT", "until": {"minutes": 30}},
    )  # fmt: skip
    out = a_ticket(acme, kind)
    done = a_ticket(acme, kind)
    complete_task(acme.will, the_open_task(done), {"ok": True})
    start = the_open_task(out).created_at  # written by the database

    assert abs(start - right()) < timedelta(minutes=5)
    assert the_open_task(out).due_at == start + timedelta(minutes=30)
    assert task_of(done, "rest").wakes_at == start + timedelta(minutes=30)
    assert come_back() == []
    let_pass(timedelta(minutes=29))
    assert [kind for kind in come_back() if kind != "notice"] == ["remind"]
    let_pass(timedelta(minutes=1))
    assert sorted(come_back()) == ["timeout", "wake"]


# Reminders


def test_whoever_has_a_step_is_reminded_once_by_mail(acme: Firm, settings: Any):
    settings.PUBLIC_URL = "https://help.example.com"
    ask = {"due": {"days": 2}, "reminder": {"before": {"hours": 4}}, "title": "Say yes"}
    ticket = a_ticket(acme, a_flow(acme, "ask > check", [TO_CHECK], ask=ask))
    task = the_open_task(ticket)
    assert task.due_at is not None
    assert task.remind_at == task.due_at - timedelta(hours=4)

    let_pass(timedelta(days=1, hours=19))
    assert come_back() == []
    let_pass(timedelta(hours=1))
    assert come_back() == ["remind", "notice"]

    [sent] = mail.outbox
    assert sent.to == [acme.will.email]
    assert sent.from_email.startswith('"Acme (TicketFlower)" <')
    assert sent.subject.startswith("Reminder: Say yes, due ")
    assert f"#{ticket.number}, " in sent.body
    assert f"https://help.example.com/work/tasks/{task.pk}/" in sent.body
    assert "then the request goes another way" in sent.body
    assert kinds_of(ticket)[-1] == "REMINDED"
    let_pass(timedelta(hours=1))
    assert come_back() == []


def test_a_reminder_of_a_step_that_nobody_has_waits_for_whoever_gets_it(acme: Firm):
    ask = {"due": {"days": 2}, "reminder": {"after": {"hours": 1}}}
    type(acme.will).objects.filter(pk=acme.will.pk).update(is_available=False)
    ticket = a_ticket(acme, a_flow(acme, ask=ask))
    let_pass(timedelta(hours=2))
    assert come_back() == []

    reassign_task(acme.tara, ticket.tasks.get(), acme.will)

    assert come_back() == ["remind", "notice"]
    assert [sent.to for sent in mail.outbox] == [[acme.will.email]]


def test_a_reminder_that_would_come_before_the_step_is_none(acme: Firm):
    ask = {"due": {"hours": 2}, "reminder": {"before": {"hours": 4}}}

    assert the_open_task(a_ticket(acme, a_flow(acme, ask=ask))).remind_at is None


def test_nobody_is_reminded_of_what_is_done(acme: Firm):
    ask = {"reminder": {"after": {"hours": 1}}}
    ticket = a_ticket(acme, a_flow(acme, ask=ask))
    let_pass(timedelta(hours=1))
    assert work.do("remind", the_open_task(ticket).pk)  # the mail is owed

    complete_task(acme.will, the_open_task(ticket), {"ok": True})

    assert come_back() == []
    assert (mail.outbox, Notice.objects.count()) == ([], 0)


# On hold


def test_on_hold_no_time_comes_and_what_was_left_is_left_afterwards(acme: Firm):
    ask = {"due": {"hours": 2}, "timeout_seconds": 3600, "reminder": {"after": {"minutes": 30}}}
    ticket = a_ticket(acme, a_flow(acme, "ask > check", [TO_CHECK], ask=ask))
    before = the_open_task(ticket)
    let_pass(timedelta(minutes=10))
    hold_ticket(acme.tara, ticket, reason="The shop is closed.")
    let_pass(timedelta(days=2))
    _held_longer(ticket, timedelta(days=2))
    assert come_back() == []

    resume_ticket(acme.tara, ticket)

    after = the_open_task(ticket)
    for name in ("due_at", "remind_at", "times_out_at"):
        assert getattr(after, name) == getattr(before, name) - timedelta(minutes=10), name
    assert come_back() == []
    let_pass(timedelta(minutes=50))
    assert "timeout" in come_back()


def _held_longer(ticket: TicketInstance, length: timedelta) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE workflow_instances SET held_at = held_at - %s::interval WHERE id = %s",
            [str(length), ticket.workflow_id],
        )
        cursor.execute(  # what began before the hold
            "UPDATE task_instances SET created_at = created_at - %s::interval "
            "WHERE workflow_instance_id = %s",
            [str(length), ticket.workflow_id],
        )


def test_a_wait_on_hold_waits_longer(acme: Firm):
    ticket = a_ticket(acme, a_flow(acme, "rest > check", rest=WAIT))
    hold_ticket(acme.tara, ticket, reason="Not now.")
    let_pass(timedelta(days=5))
    _held_longer(ticket, timedelta(days=5))
    assert come_back() == []

    resume_ticket(acme.tara, ticket)
    assert come_back() == []

    let_pass(timedelta(days=3))
    assert come_back() == ["wake"]


def test_a_cancelled_ticket_has_no_time_left(acme: Firm):
    ticket = a_ticket(acme, a_flow(acme, "rest > check", rest=WAIT))
    cancel_ticket(acme.tara, ticket, reason="Not needed.")
    let_pass(timedelta(days=5))

    assert come_back() == []
    assert not work.do("wake", task_of(ticket, "rest").pk)


def test_another_companys_clock_moves_nothing_here(acme: Firm, globex: Firm):
    ticket = a_ticket(acme, a_flow(acme, "rest > check", rest=WAIT))
    rest = task_of(ticket, "rest")
    let_pass(timedelta(days=5))

    with tenant_context(globex.company):
        assert not work.do("wake", rest.pk)
        assert not work.do("timeout", rest.pk)
        assert not work.do("remind", rest.pk)
    assert task_of(ticket, "rest").t_status == "PENDING"
