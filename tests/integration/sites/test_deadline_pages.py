"""What pages say of times: due, running out, waiting; to workers, requesters and admins."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import timedelta
from typing import Any

import pytest
from django.db.models import F
from django.test import Client
from django.urls import reverse

from definitions.models import TicketDefinition
from definitions.services import import_bundle
from operations import work
from operations.models import TaskInstance, TicketInstance
from operations.services import complete_task, hold_ticket, submit_ticket
from tenants.context import tenant_context
from tenants.models import User
from tests.builders import Firm, a_document, the_open_task
from tests.pages import text_of

pytestmark = pytest.mark.django_db

WAYS = [
    {"from": "ask", "to": "boss", "after": "timeout"},
    {"from": "boss", "to": "rest"},
    {"from": "boss", "to": None, "after": "timeout", "label": "nobody decided"},
]


def a_kind(firm: Firm) -> TicketDefinition:
    """Ask, two days, else the boss, one more; then a rest of three days, then check."""
    document = a_document(
        "ask > rest > check",
        ask={"due": {"days": 2}, "reminder": {"before": {"hours": 4}}},
        rest={"task_type": "WAIT", "until": {"days": 3}},
    )
    flow = document["workflows"][0]
    [rest] = [task for task in flow["tasks"] if task["key"] == "rest"]
    del rest["output_schema"]
    boss = {"key": "boss", "title": "Boss decides", "task_type": "FORM"}
    flow["tasks"].append({**boss, "due": {"days": 1}, "timeout_seconds": 2 * 86_400})
    flow["transitions"] += WAYS
    import_bundle(firm.flo, document, publish=True)
    return TicketDefinition.objects.get(key="flow-request")


@pytest.fixture
def ticket(acme: Firm) -> TicketInstance:
    with tenant_context(acme.company):
        return submit_ticket(acme.ann, a_kind(acme), {"subject": "A chair"})


def seen_by(person: User, path: str) -> str:
    client = Client()
    client.force_login(person)
    response = client.get(path)
    assert response.status_code == 200
    return text_of(response).replace(" ,", ",")


def open_task(firm: Firm, ticket: TicketInstance) -> TaskInstance:
    with tenant_context(firm.company):
        return the_open_task(ticket)


def task_of(firm: Firm, ticket: TicketInstance, key: str) -> TaskInstance:
    with tenant_context(firm.company):
        return TaskInstance.objects.get(ticket=ticket, task_definition__key=key)


def run_out(firm: Firm, ticket: TicketInstance) -> TaskInstance:
    """The open step runs out; returns it."""
    task = open_task(firm, ticket)
    with tenant_context(firm.company):
        TaskInstance.objects.filter(pk=task.pk).update(
            times_out_at=F("times_out_at") - timedelta(days=3),
            due_at=F("due_at") - timedelta(days=3),
        )
        assert work.do("timeout", task.pk)
    return task


def work_page(task: TaskInstance) -> str:
    return reverse("work:task", args=[task.pk])


def portal_page(ticket: TicketInstance) -> str:
    return reverse("portal:operations_ticketinstance_change", args=[ticket.pk])


def desk_page(row: TaskInstance | TicketInstance) -> str:
    return reverse(f"desk:operations_{type(row)._meta.model_name}_change", args=[row.pk])


def test_a_worker_reads_when_it_is_due_and_what_happens_if_it_is_not_done(
    acme: Firm, ticket: TicketInstance
):
    page = seen_by(acme.will, work_page(open_task(acme, ticket)))

    assert "Due " in page
    assert "Runs out" not in page  # that is when it is due
    assert "reminder by mail " in page
    assert "If it is not done by" in page
    assert "Boss decides" in page


def test_what_runs_out_later_than_it_is_due_says_both(acme: Firm, ticket: TicketInstance):
    run_out(acme, ticket)

    page = seen_by(acme.will, work_page(open_task(acme, ticket)))

    assert "Due " in page
    assert "Runs out " in page
    assert "the request ends" in page


def test_whoever_comes_too_late_reads_that_the_time_ran_out(acme: Firm, ticket: TicketInstance):
    task = run_out(acme, ticket)
    client = Client()
    client.force_login(acme.will)

    page = text_of(client.get(work_page(task)))
    sent = text_of(client.post(work_page(task), {"_do": "complete", "ok": "true", "_rev": "0"}))

    assert "This task ran out of time" in page
    assert "The time for this task ran out" in sent
    assert "What you had typed" in sent


def test_on_hold_no_time_is_shown(acme: Firm, ticket: TicketInstance):
    with tenant_context(acme.company):
        hold_ticket(acme.tara, ticket, reason="Not now.")
    task = open_task(acme, ticket)

    worker, inbox = seen_by(acme.will, work_page(task)), seen_by(acme.will, "/work/")
    desk = seen_by(acme.tara, desk_page(task))

    assert "Due " not in worker
    assert "If it is not done by" not in worker
    assert "reminder" not in worker
    assert "no date" not in inbox
    assert "Runs out" not in desk
    assert "Reminder" not in desk


def test_the_requester_reads_the_same_on_the_tracker(acme: Firm, ticket: TicketInstance):
    page = seen_by(acme.ann, portal_page(ticket))
    assert "it goes on to “Boss decides”." in page
    assert ", due " in page

    run_out(acme, ticket)
    page = seen_by(acme.ann, portal_page(ticket))
    assert "Ran out of time" in page
    assert "Time was over for Ask, moved on to Boss decides" in page

    run_out(acme, ticket)
    page = seen_by(acme.ann, portal_page(ticket))
    assert "Ended: nobody decided" in page
    assert "Time was over for Boss decides" in page


def test_a_step_that_is_late_says_when_it_was_due(acme: Firm, ticket: TicketInstance):
    with tenant_context(acme.company):
        TaskInstance.objects.update(due_at=F("due_at") - timedelta(days=3))

    assert ", was due " in seen_by(acme.ann, portal_page(ticket))


def test_a_wait_says_until_when(acme: Firm, ticket: TicketInstance):
    with tenant_context(acme.company):
        complete_task(acme.will, the_open_task(ticket), {"ok": True})
    rest = task_of(acme, ticket, "rest")

    portal, desk = seen_by(acme.ann, portal_page(ticket)), seen_by(acme.tara, desk_page(ticket))
    task, tasks = seen_by(acme.tara, desk_page(rest)), seen_by(acme.tara, "/desk/tasks/")

    assert "Step 2 of 3: Rest Waiting" in portal
    assert "Waits until " in portal
    assert "waits until " in desk
    assert "Waits until " in task
    assert " until " in tasks
    with tenant_context(acme.company):
        TaskInstance.objects.update(wakes_at=F("wakes_at") - timedelta(days=4))
        assert work.do("wake", rest.pk)
    assert "Rest is done" in seen_by(acme.ann, portal_page(ticket))
    assert "Finished Rest" in seen_by(acme.tara, desk_page(ticket))


def test_the_desk_tells_times_and_what_ran_out(acme: Firm, ticket: TicketInstance):
    ask = open_task(acme, ticket)
    assert "then it goes on to “Boss decides”" in seen_by(acme.tara, desk_page(ask))
    assert "then it goes on to “Boss decides”" in seen_by(acme.tara, desk_page(ticket))
    assert "Reminder " in seen_by(acme.tara, desk_page(ask))

    run_out(acme, ticket)

    page = seen_by(acme.tara, desk_page(ticket))
    assert "ran out of time" in page
    assert "then the ticket ends" in page
    assert "Ran out of time" in seen_by(acme.tara, desk_page(ask))
    assert "A chair" in seen_by(acme.tara, "/desk/tasks/archive/?view=ran_out")
    assert "A chair" not in seen_by(acme.tara, "/desk/tasks/archive/?view=cancelled")


def test_late_tasks_have_a_list_of_their_own(acme: Firm, ticket: TicketInstance):
    assert "Nothing is late" in seen_by(acme.tara, "/desk/tasks/?view=late")

    with tenant_context(acme.company):
        TaskInstance.objects.update(due_at=F("due_at") - timedelta(days=3))

    assert "A chair" in seen_by(acme.tara, "/desk/tasks/?view=late")
    assert "A chair" in seen_by(acme.tara, "/desk/tasks/?due=late")


def test_times_cost_no_statement(
    acme: Firm,
    ticket: TicketInstance,
    statements: Callable[[], AbstractContextManager[Any]],
):
    pages = {acme.will: work_page(open_task(acme, ticket)), acme.tara: "/desk/tasks/"}
    for person, page in pages.items():
        client = Client()
        client.force_login(person)
        client.get(page)
        counts = []
        for times in ({"due_at": None, "times_out_at": None}, {"due_at": F("created_at")}):
            with tenant_context(acme.company):
                TaskInstance.objects.update(**times)
            with statements() as counted:
                assert client.get(page).status_code == 200
            counts.append(counted.total)
        assert counts[0] == counts[1]
