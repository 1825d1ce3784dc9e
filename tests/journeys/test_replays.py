"""Two real logs, case by case, through the verbs that every page uses.

`make test` plays every eighth case; `make replay` all of them.
"""

from collections.abc import Iterator
from pathlib import Path

import pytest

from definitions.models import TicketDefinition
from definitions.services import import_bundle
from operations.models import TaskInstance, TicketInstance
from operations.services import complete_task, submit_ticket
from tenants.context import tenant_context
from tests.builders import Firm
from tests.journeys.event_logs import LOGS, Log, answers_of, bundle_of, read_log
from tests.journeys.outcomes import ending_of, expected_ending, expected_refusal, refusal_of
from tests.thorough import some

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(params=LOGS)
def log(request: pytest.FixtureRequest, real_inputs: Path) -> Log:
    return read_log(real_inputs / "event_logs", request.param)


def replay(firm: Firm, log: Log) -> Iterator[tuple[str, TicketInstance]]:
    """Every case as a ticket, until its end or until it stops; one transaction per verb."""
    with tenant_context(firm.company):
        kind = TicketDefinition.objects.select_related("workflow").get()
    for case, activities in some(log.cases.items(), one_in=8):
        with tenant_context(firm.company):
            ticket = submit_ticket(firm.ann, kind, {"case": case, "first": activities[0]})
        for answer in answers_of(activities):
            with tenant_context(firm.company):
                task = TaskInstance.objects.filter(ticket=ticket, t_status="OPEN").first()
                if task is None:
                    break
                complete_task(firm.will, task, {"next": answer})
        yield case, ticket


def test_every_case_of_a_real_log_ends_as_the_log_says(acme: Firm, log: Log):
    with tenant_context(acme.company):
        import_bundle(acme.flo, bundle_of(log, log.moves), publish=True)

    wrong = []
    for case, ticket in replay(acme, log):
        with tenant_context(acme.company):
            found, expected = ending_of(ticket), expected_ending(log, case)
        if found != expected:
            wrong.append((case, found, expected))

    assert wrong == []
    assert len(log.cases) == len(log.expected)


def test_a_restricted_workflow_stops_exactly_the_listed_cases_at_the_listed_event(
    acme: Firm, log: Log
):
    with tenant_context(acme.company):
        import_bundle(
            acme.flo, bundle_of(log, log.moves[: log.allowed_when_restricted]), publish=True
        )

    stopped, played = {}, set()
    for case, ticket in replay(acme, log):
        played.add(case)
        with tenant_context(acme.company):
            if refusal := refusal_of(ticket):
                stopped[case] = refusal

    expected = {case: expected_refusal(log, case) for case in log.refused if case in played}
    assert stopped == expected
    assert expected
