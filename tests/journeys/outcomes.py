"""What became of a case, and what its log says must have."""

from operations.models import TicketError, TicketInstance
from tests.journeys.event_logs import Log, collapsed

#: (final activity, completions, path, status)
Ending = tuple[str, int, str, str]
#: (number of the refused event, from, to)
Refusal = tuple[int, str, str]


def completions(ticket: TicketInstance) -> list[str]:
    done = ticket.tasks.filter(t_status="COMPLETED").order_by("sequence")
    return list(done.values_list("task_definition__title", flat=True))


def ending_of(ticket: TicketInstance) -> Ending:
    done = completions(ticket)
    status = TicketInstance.objects.select_related("workflow").get(pk=ticket.pk).w_status
    return done[-1], len(done), collapsed(done), status


def expected_ending(log: Log, case: str) -> Ending:
    told = log.expected[case]
    return told["final_activity"], int(told["events"]), told["path_collapsed"], "COMPLETED"


def refusal_of(ticket: TicketInstance) -> Refusal | None:
    """Where it stopped, with nothing half done; None for one that ended."""
    error = (
        TicketError.objects.select_related("task__task_definition").filter(ticket=ticket).first()
    )
    if error is None:
        assert ending_of(ticket)[-1] == "COMPLETED"
        return None
    done = completions(ticket)
    # The last answer is kept, it is not routed, and no further task exists.
    assert error.error_type == "WORKFLOW_TRANSITION"
    assert ticket.tasks.count() == len(done) and error.task.routed_at is None
    return len(done) + 1, error.task.task_definition.title, error.task.output_data["next"]


def expected_refusal(log: Log, case: str) -> Refusal | None:
    if (told := log.refused.get(case)) is None:
        return None
    return int(told["first_refused_event"]), told["from"], told["to"]
