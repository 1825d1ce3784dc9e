"""Two real logs, case by case, through the verbs that every page uses."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from definitions.models import TicketDefinition
from definitions.services import import_bundle
from operations.models import TaskInstance, TicketError, TicketInstance
from operations.services import complete_task, submit_ticket
from tenants.context import tenant_context
from tests.builders import Firm
from tests.journeys.event_logs import LOGS, Log, answers_of, bundle_of, collapsed, read_log

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(params=LOGS)
def log(request: pytest.FixtureRequest, real_inputs: Path) -> Log:
    return read_log(real_inputs / "event_logs", request.param)


def replay(firm: Firm, log: Log) -> Iterator[tuple[str, TicketInstance]]:
    """Every case as a ticket, until its end or until it stops; one transaction per verb."""
    with tenant_context(firm.company):
        kind = TicketDefinition.objects.select_related("workflow").get()
    for case, activities in log.cases.items():
        with tenant_context(firm.company):
            ticket = submit_ticket(firm.ann, kind, {"case": case, "first": activities[0]})
        for answer in answers_of(activities):
            with tenant_context(firm.company):
                task = TaskInstance.objects.filter(ticket=ticket, t_status="OPEN").first()
                if task is None:
                    break
                complete_task(firm.will, task, {"next": answer})
        yield case, ticket


def completions(ticket: TicketInstance) -> list[str]:
    done = ticket.tasks.filter(t_status="COMPLETED").order_by("sequence")
    return list(done.values_list("task_definition__title", flat=True))


def test_every_case_of_a_real_log_ends_as_the_log_says(acme: Firm, log: Log):
    with tenant_context(acme.company):
        import_bundle(acme.flo, bundle_of(log, log.moves), publish=True)

    wrong = []
    for case, ticket in replay(acme, log):
        expected = log.expected[case]
        with tenant_context(acme.company):
            done = completions(ticket)
            found = (
                done[-1],
                len(done),
                collapsed(done),
                TicketInstance.objects.get(pk=ticket.pk).w_status,
            )
        if found != (
            expected["final_activity"],
            int(expected["events"]),
            expected["path_collapsed"],
            "COMPLETED",
        ):
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

    stopped = {}
    for case, ticket in replay(acme, log):
        with tenant_context(acme.company):
            error = (
                TicketError.objects.select_related("task__task_definition")
                .filter(ticket=ticket)
                .first()
            )
            if error is None:
                assert TicketInstance.objects.get(pk=ticket.pk).w_status == "COMPLETED"
                continue
            done = completions(ticket)
            # Nothing half done: the last answer is kept, it is not routed, and no further task
            # exists.
            assert error.error_type == "WORKFLOW_TRANSITION"
            assert ticket.tasks.count() == len(done) and error.task.routed_at is None
            stopped[case] = (
                len(done) + 1,
                error.task.task_definition.title,
                error.task.output_data["next"],
            )

    expected = {
        case: (int(row["first_refused_event"]), row["from"], row["to"])
        for case, row in log.refused.items()
    }
    assert stopped == expected
