"""What stopped: its cause, what is safe to do, and what came of it."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from operations.models import (
    TaskInstance,
    TicketError,
    WorkflowInstance,
)
from operations.services import (
    retry_error,
)
from tenants.context import tenant_context
from tests.builders import Firm, a_workflow, the_open_task
from tests.integration.sites.desk.arranged import ERRORS, HOME, asked, fresh, page, stopped, told
from tests.pages import text_of


def test_errors_with_one_cause_stand_on_one_card(tara: Client, acme: Firm, offer: Any) -> None:
    for number in range(2):
        stopped(acme, offer, f"Chair {number}")

    response = tara.get(ERRORS)
    words = text_of(response)

    assert "2 tickets stopped, for 1 reason" in words
    assert words.count("No way onward fits after “Approve the purchase”") == 1
    assert "After Approve the purchase · Purchase v1" in words
    assert "Retry all 2" in words
    assert "decision = “maybe”" in words
    assert "Open 2 Looked at 0 Repaired 0" in words


def test_a_cause_with_many_tickets_shows_a_few_and_the_rest_on_demand(
    tara: Client, acme: Firm, offer: Any
) -> None:
    errors = [stopped(acme, offer, f"Chair {number}") for number in range(7)]

    assert "And 2 more" in text_of(tara.get(ERRORS))
    everything = text_of(tara.get(f"{ERRORS}?cause={errors[0].fingerprint}"))

    assert all(f"Chair {number}" in everything for number in range(7))


def test_the_error_page_says_what_happened_what_is_safe_and_why(
    tara: Client, acme: Firm, offer: Any
) -> None:
    error = stopped(acme, offer)

    words = text_of(tara.get(page(error)))

    assert "Will Of-Acme finished “Approve the purchase”" in words
    assert "The answer is safe, and nothing after it was started." in words
    assert "To Place the order if Your decision is yes Your decision was “maybe” not true" in words
    assert "Correct and retry" in words
    assert "Move to another step" in words
    assert "For developers nothing_matched" in words


def test_a_corrected_answer_lets_the_ticket_go_on(tara: Client, acme: Firm, offer: Any) -> None:
    error = stopped(acme, offer)

    sent = {"decision": "yes", "price": "12", "_repair-reason": "He meant yes"}
    response = tara.post(page(error, "correct"), sent, follow=True)

    assert response.redirect_chain[-1][0] == page(error)
    assert "1 ticket goes on now." in text_of(response)
    assert fresh(acme, error).error_status == "RESOLVED"
    with tenant_context(acme.company):
        assert the_open_task(error.ticket).task_definition.key == "order"
    history = text_of(tara.get(page(error.ticket)))
    assert "You corrected the answer to Approve the purchase" in history
    assert "Your decision “maybe” “yes”" in history
    assert "Repaired today" in text_of(tara.get(page(error)))
    assert "He meant yes" in text_of(tara.get(f"{ERRORS}?state=repaired"))


def test_a_wrong_correction_is_shown_beside_its_question_and_nothing_typed_is_lost(
    tara: Client, acme: Firm, offer: Any
) -> None:
    error = stopped(acme, offer)

    sent = {"decision": "yes", "price": "500", "_repair-reason": "He meant yes"}
    response = tara.post(page(error, "correct"), sent)

    assert response.status_code == 200
    assert "One answer needs another look." in text_of(response)
    assert 'value="500"' in response.content.decode()
    assert "He meant yes" in response.content.decode()
    assert fresh(acme, error).error_status == "NEW"


def test_retrying_as_it_is_is_asked_first_and_may_stop_again(
    tara: Client, acme: Firm, offer: Any
) -> None:
    error = stopped(acme, offer)

    assert "Try again as it is?" in text_of(tara.get(page(error, "retry")))
    assert fresh(acme, error).attempts == 1
    assert "Please fill this in." in text_of(tara.post(page(error, "retry"), {"reason": ""}))
    tara.post(page(error, "retry"), {"reason": "Perhaps now"})

    now = fresh(acme, error)
    assert (now.error_status, now.attempts) == ("NEW", 2)
    assert "it stopped again, 2 times by now" in text_of(tara.get(page(error)))


def test_all_of_one_cause_try_again_together(tara: Client, acme: Firm, offer: Any) -> None:
    errors = [stopped(acme, offer, f"Chair {number}") for number in range(3)]
    with tenant_context(acme.company):  # the answers were corrected behind the scenes
        TaskInstance.objects.filter(t_status="COMPLETED").update(output_data={"decision": "yes"})
    address = f"{ERRORS}cause/{errors[0].fingerprint}/retry/"

    assert "Let 3 tickets try again?" in text_of(tara.get(address))
    response = tara.post(address, {"reason": "Corrected"}, follow=True)

    assert "3 tickets: 3 go on" in text_of(response)
    assert {fresh(acme, error).error_status for error in errors} == {"RESOLVED"}
    assert tara.get(address).status_code == 404


@pytest.mark.django_db(transaction=True)
def test_after_a_useless_retry_the_page_says_that_it_stopped_again(
    tara: Client, acme: Firm, offer: Any
) -> None:
    errors = [stopped(acme, offer, f"Chair {number}") for number in range(3)]
    with tenant_context(acme.company):  # one of the three was corrected behind the scenes
        assert errors[0].task_id
        TaskInstance.objects.filter(pk=errors[0].task_id).update(output_data={"decision": "yes"})
    address = f"{ERRORS}cause/{errors[0].fingerprint}/retry/"

    response = tara.post(address, {"reason": "Perhaps now"}, follow=True)

    assert response.redirect_chain[-1][0].startswith(f"{ERRORS}result/")
    words = text_of(response)
    assert "3 tickets: 1 goes on, 2 stopped again" in words
    assert "#1001 Chair 0 It is at Place the order now. Goes on" in words
    assert "#1002 Chair 1 No way onward fits after “Approve the purchase”" in words
    again = tara.post(page(errors[1], "retry"), {"reason": "Once more"}, follow=True)
    assert again.redirect_chain[-1][0] == page(errors[1])
    assert "1 ticket stopped again at the same place." in text_of(again)


@pytest.mark.parametrize("since", ["0", "1", "9" * 40])
def test_an_old_address_of_an_outcome_tells_nothing(
    tara: Client, acme: Firm, offer: Any, since: str
) -> None:
    stopped(acme, offer)

    response = tara.get(f"{ERRORS}tried/{since}/", {"next": "https://evil.example/"})

    assert response["Location"] == ERRORS
    assert told(response) == []


def test_one_retry_can_take_the_others_along(tara: Client, acme: Firm, offer: Any) -> None:
    errors = [stopped(acme, offer, f"Chair {number}") for number in range(2)]

    assert "Also the other ticket" in text_of(tara.get(page(errors[0], "retry")))
    tara.post(page(errors[0], "retry"), {"reason": "Perhaps now", "others": "on"})

    assert [fresh(acme, error).attempts for error in errors] == [2, 2]


def test_whoever_looks_at_an_error_is_named(tara: Client, acme: Firm, offer: Any) -> None:
    error = stopped(acme, offer)

    assert tara.get(page(error, "review")).status_code == 200
    assert fresh(acme, error).error_status == "NEW"
    tara.post(page(error, "review"))

    assert fresh(acme, error).error_status == "REVIEWED"
    assert "Looked at by Tara" in text_of(tara.get(f"{ERRORS}?state=looked"))
    assert "I am looking at it" not in text_of(tara.get(page(error)))


def test_a_card_names_who_looks_at_any_of_its_tickets(tara: Client, acme: Firm, offer: Any) -> None:
    first = stopped(acme, offer, "The first")
    for number in range(6):  # more than a card shows
        stopped(acme, offer, f"Chair {number}")

    tara.post(page(first, "review"))

    words = text_of(tara.get(ERRORS))
    assert "The first" not in words
    assert "Looked at by Tara" in words


def test_each_tab_of_stopped_tickets_has_a_heading_of_its_own(
    tara: Client, acme: Firm, offer: Any
) -> None:
    error = stopped(acme, offer)
    assert "Nothing had to be repaired yet" in text_of(tara.get(f"{ERRORS}?state=repaired"))
    with tenant_context(acme.company):
        retry_error(acme.tara, error, reason="Meant yes", correction={"decision": "yes"})

    words = text_of(tara.get(f"{ERRORS}?state=repaired"))

    assert "1 repair so far" in words
    assert "tries again together" not in words
    assert "stopped, for" not in words


def test_an_error_is_not_closed_while_its_ticket_stands_still(
    tara: Client, acme: Firm, offer: Any
) -> None:
    error = stopped(acme, offer)

    response = tara.post(page(error, "resolve"), {"notes": "It is fine"})

    assert response.status_code == 200
    assert "still stands still" in text_of(response)
    assert "It is fine" in response.content.decode()
    assert fresh(acme, error).error_status == "NEW"


def test_the_next_person_learns_how_it_was_repaired_the_last_time(
    tara: Client, acme: Firm, offer: Any
) -> None:
    first = stopped(acme, offer)
    sent = {"decision": "yes", "_repair-reason": "Maybe means yes here"}
    tara.post(page(first, "correct"), sent)

    words = text_of(tara.get(page(stopped(acme, offer, "A lamp"))))

    assert "The last time: Tara Of-Acme repaired the same error" in words
    assert "Maybe means yes here" in words


def test_a_ticket_that_could_not_start_has_an_error_page_too(tara: Client, acme: Firm) -> None:
    with tenant_context(acme.company):
        offer = a_workflow(acme, "ask > check", key="flow")
        WorkflowInstance.objects.all()
        offer.workflow.transitions.filter(from_task=None).update(
            condition={"==": [{"var": "ticket.subject"}, "Only this"]}
        )
    error_of = asked(acme, offer)
    with tenant_context(acme.company):
        error = TicketError.objects.get(ticket=error_of)

    words = text_of(tara.get(page(error)))

    assert "TicketFlower could not start it" in words
    assert "Correct what was asked" in words
    assert "at the start" in text_of(tara.get(HOME))
    assert "Move to another step" not in words
    sent = {"subject": "Only this", "_repair-reason": "Ann meant this"}
    tara.post(page(error, "correct"), sent)
    assert fresh(acme, error).error_status == "RESOLVED"


@pytest.mark.django_db(transaction=True)
def test_the_error_page_costs_the_same_for_one_ticket_and_for_many(
    tara: Client, acme: Firm, offer: Any, statements: Callable[[], Any]
) -> None:
    error = stopped(acme, offer)
    tara.get(page(error))
    with statements() as few:
        tara.get(page(error))
    for number in range(4):
        stopped(acme, offer, f"Chair {number}")
    with statements() as many:
        tara.get(page(error))

    assert few.total <= 12, few
    assert many.total == few.total, many


def test_retried_by_somebody_else_in_between_is_told_and_not_done_twice(
    tara: Client, acme: Firm, offer: Any
) -> None:
    error = stopped(acme, offer)
    with tenant_context(acme.company):
        retry_error(acme.tara, error, reason="Meant yes", correction={"decision": "yes"})

    response = tara.post(page(error, "retry"), {"reason": "Perhaps now"})

    assert "resolved already" in text_of(response)
