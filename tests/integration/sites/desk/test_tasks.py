"""Tasks are handed over, given back, and never to somebody who does none."""

from datetime import timedelta
from typing import Any

from django.test import Client
from django.utils import timezone

from operations.models import (
    TaskInstance,
)
from operations.services import (
    reassign_task,
)
from tenants.context import tenant_context
from tenants.models import User
from tests.builders import Firm, a_ticket, the_open_task
from tests.integration.sites.desk.arranged import (
    TASKS,
    answered,
    asked,
    choose,
    fresh,
    page,
    told,
    walter,
)
from tests.pages import text_of


def test_a_task_is_given_to_somebody_else_with_a_word_why(
    tara: Client, acme: Firm, offer: Any
) -> None:
    second = walter(acme)
    with tenant_context(acme.company):
        User.objects.filter(pk=second.pk).update(is_available=False)
        task = the_open_task(asked(acme, offer))

    question = tara.get(page(task, "assign"))
    assert "Will Of-Acme (1 open)" in text_of(question)
    assert "Walter Second (0 open, away)" in text_of(question)
    tara.post(page(task, "assign"), {"assignee": second.pk, "reason": "Will is ill"})

    assert fresh(acme, task).assigned_to_id == second.pk
    words = text_of(tara.get(page(task)))
    assert "You assigned Approve the purchase to Walter Second" in words
    assert "Will is ill" in words


def test_assigning_leads_back_to_the_ticket_and_says_who_has_it_now(
    tara: Client, acme: Firm, offer: Any
) -> None:
    second = walter(acme)
    ticket = asked(acme, offer)
    with tenant_context(acme.company):
        task = the_open_task(ticket)
        long_ago = timezone.now() - timedelta(days=200)
        TaskInstance.objects.update(created_at=long_ago, assigned_at=long_ago)

    above, _, _below = text_of(tara.get(page(ticket))).partition("Where it is")
    assert "Assign" in above and "Move to a step" in above
    assert "since today" not in above
    sent = {"assignee": second.pk, "reason": ""}
    response = tara.post(page(task, "assign"), sent, follow=True)

    assert response.redirect_chain[-1][0] == page(ticket)
    assert "Approve the purchase is with Walter Second now." in text_of(response)
    assert "step 1 of 2 · since today" in text_of(response)


def test_whoever_gives_away_their_own_task_hands_it_over(
    tara: Client, acme: Firm, offer: Any
) -> None:
    second, ticket = walter(acme), asked(acme, offer)
    with tenant_context(acme.company):
        reassign_task(acme.will, the_open_task(ticket), second, reason="Holiday")

    words = text_of(tara.get(page(ticket)))

    assert "Will Of-Acme handed Approve the purchase over to Walter Second" in words


def test_a_task_cannot_be_given_to_somebody_who_does_no_tasks(
    tara: Client, acme: Firm, globex: Firm, offer: Any
) -> None:
    with tenant_context(acme.company):
        task = the_open_task(asked(acme, offer))

    for person in (acme.ann, globex.will):
        response = tara.post(page(task, "assign"), {"assignee": person.pk, "reason": ""})
        assert response.status_code == 200
    assert fresh(acme, task).assigned_to_id == acme.will.pk


def test_many_tasks_are_handed_over_at_once(tara: Client, acme: Firm, offer: Any) -> None:
    second = walter(acme)
    with tenant_context(acme.company):
        for number in range(2):
            a_ticket(acme, offer, f"Chair {number}")
        tasks = list(TaskInstance.objects.all())

    sent = choose(tasks, "assign_many", _apply="1", assignee=second.pk, reason="Holiday")
    response = tara.post(TASKS, sent)

    assert told(response) == ["2 tasks assigned."]
    assert {fresh(acme, task).assigned_to_id for task in tasks} == {second.pk}


def test_a_task_that_is_done_cannot_be_given_away(tara: Client, acme: Firm, offer: Any) -> None:
    ticket = answered(acme, asked(acme, offer), decision="yes")
    with tenant_context(acme.company):
        task = TaskInstance.objects.get(ticket=ticket, t_status="COMPLETED")

    response = tara.post(page(task, "assign"), {"assignee": acme.will.pk, "reason": ""})

    assert "cannot be handed to anybody" in text_of(response)
    assert "../assign/" not in tara.get(page(task)).content.decode()
    assert "Your decision yes" in text_of(tara.get(page(task)))


def test_giving_back_what_nobody_has_changes_nothing_and_breaks_nothing(
    tara: Client, acme: Firm, offer: Any
) -> None:
    with tenant_context(acme.company):
        User.objects.filter(pk=acme.will.pk).update(is_available=False)
        task = TaskInstance.objects.get(ticket=asked(acme, offer))

    response = tara.post(page(task, "assign"), {"assignee": "", "reason": ""})

    assert "waits for whoever is free already" in text_of(response)
    assert fresh(acme, task).t_status == "PENDING"
