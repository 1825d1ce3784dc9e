"""What the page of an error shows: the cause, what is safe, and what repairs it."""

import json
from collections.abc import Mapping
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, NamedTuple

from django.http import HttpRequest
from django.urls import reverse

from admin_site import history, html, times
from admin_site.asked import answered_in, asked_in
from admin_site.desk import causes, cells, states
from admin_site.desk.advice import advice, meaning, status_of
from admin_site.desk.attempts import Calls, calls_of
from admin_site.desk.causes import Stopped
from admin_site.desk.forms import RetryForm
from admin_site.desk.given import Given, given_form
from admin_site.files import FileShelf, FilesOfTicket
from admin_site.history import Names
from admin_site.parts import Fact
from admin_site.people import person_of
from definitions.graph import ACTION_TYPES
from definitions.graphs import PinnedGraph, graph_for
from definitions.retries import ERRORS
from operations import services
from operations.files import Purpose
from operations.models import (
    ErrorStatus,
    ErrorType,
    TaskInstance,
    TicketError,
    WorkflowInstance,
    WorkflowStatus,
)

if TYPE_CHECKING:
    from admin_site.desk.errors import ErrorDesk

#: Names of the page's own fields begin with "_", so that no question of a form has the same.
REASON_PREFIX = "_repair"
MOST_ALIKE = 8

_HAPPENED = {
    ErrorType.WORKFLOW_TRANSITION: "{who} finished “{step}” ({when}). TicketFlower then looked for "
    "the next step and could not go on. The answer is safe, and nothing after it was started.",
    ErrorType.WORKFLOW_CREATION: "{asker} sent this ticket ({sent}). TicketFlower could not start "
    "it. What was sent is safe, and nobody has been asked to do anything.",
    ErrorType.TASK_CREATION: "TicketFlower could not prepare the next step after “{step}”. "
    "Everything up to there is safe, and the next step was not started.",
    ErrorType.TASK_UPDATE: "TicketFlower could not carry out “{step}”. "
    "Everything before it is safe.",
}
_HELPS = {
    "nothing_matched": "If the answer is wrong, correct it. If it is right, the workflow has no "
    "way for it: move the ticket to the step where it belongs, and tell a workflow creator.",
    "condition_failed": "A value is missing, or is not what the condition expects. Correct the "
    "answer if the value comes from it; else move the ticket to the step where it belongs.",
    "condition_not_boolean": "The condition itself is at fault. Move the ticket to the step where "
    "it belongs, and tell a workflow creator.",
    "internal": "Try again. If it stops again, move the ticket by hand and give the trace below to "
    "a developer.",
}
_ABOUT_CALLS = (*ERRORS, "internal")
#: The call itself succeeded; only its answer is of no use.
_KNOWN_TO_BE_DONE = ("schema", "callback_expired")
#: Refusals that other values would not change.
_NOT_THE_REQUEST = (401, 403, 405, 408, 425, 429)
_IN_DOUBT = (
    "Ask the other system whether it was done. If it was, skip the step with what came of it; if "
    "not, try again."
)


class Correction(NamedTuple):
    """What the page says of something that can be corrected."""

    title: str
    meta: str
    label: str


_CORRECT = {
    "answer": Correction("Correct the answer", "what came of the step", "Answer"),
    "request": Correction("Correct what is sent", "of this ticket only", "What is sent"),
    "submission": Correction("Correct what was asked", "as it was sent", "What was asked"),
}
_OR_ELSE = "Try again once the cause is gone, or move the ticket to the step where it belongs."


def context(
    admin: "ErrorDesk",
    request: HttpRequest,
    error: TicketError,
    *,
    form: Given | None = None,
    why_form: RetryForm | None = None,
) -> dict[str, Any]:
    """Everything that desk/error.html draws; the forms are given when they were refused."""
    pinned = pinned_for(error)
    alike = others(error)
    listed = [Stopped(one, causes.address(one), causes.values(one)) for one in alike[:MOST_ALIKE]]
    is_open = error.error_status != ErrorStatus.RESOLVED
    waits, found = states.news_is_near(error), services.correctable(error)
    calls = calls_of(error.task, request)
    return {
        "title": f"#{error.ticket.number} stopped"
        if is_open
        else f"#{error.ticket.number} was repaired",
        "crumbs": [(admin.list_title, admin.list_url())],
        "error": error,
        "cause": causes.headline(error),
        "is_open": is_open,
        "where": f"{causes.where(error)} · {times.when(error.last_seen_at)}",
        "tone": "red" if is_open else "green",
        "symbol": "error" if is_open else "check_circle",
        "state_line": cells.state_line(causes.status_of([error]), _others(len(alike))),
        "happened": _happened(error, calls),
        "in_doubt": _doubt(error) if is_open else "",
        "trying": _trying(error) if states.is_being_tried(error) else "",
        "waits": waits,
        "tried": _tried(error),
        "helps": _helps(error) if is_open and not waits else "",
        "learned": _learned(error) if is_open and not waits else None,
        "why": history.conditions(error.trace, Names(pinned.graph)),
        # What is typed must not be swept away by the news that the page waits for.
        "form": form or (None if waits or found is None else form_of(request, error, found)),
        "correct": _CORRECT[found.kind] if found else None,
        "correct_meta": _whose(error, found) if found else "",
        "reason_form": why_form or reason_form(error),
        "can_skip": services.can_be_skipped(error),
        "best": "" if waits else _best(error, found),
        "calls": calls,
        "answer": _answer(error),
        "alike": listed,
        "others": len(alike),
        "developers": _for_developers(error),
        "ticket_url": reverse("desk:operations_ticketinstance_change", args=[error.ticket_id]),
        "cause_url": f"{admin.list_url()}?cause={error.fingerprint}",
    }


def pinned_for(error: TicketError) -> PinnedGraph:
    """The version of the run in which it stopped."""
    if error.task is not None:
        return graph_for(error.task.workflow_instance.workflow_definition_id)
    run = error.ticket.workflow
    return graph_for(run.workflow_definition_id if run else error.ticket.ticket_type.workflow_id)


def run_inside(error: TicketError) -> WorkflowInstance | None:
    """The run in which it stopped, if that is one inside of the ticket's own."""
    task = error.task
    is_inside = task is not None and task.workflow_instance_id != error.ticket.workflow_id
    return task.workflow_instance if task is not None and is_inside else None


def others(error: TicketError) -> list[TicketError]:
    """Open errors of other tickets with the same cause."""
    if not error.fingerprint:
        return []
    alike = TicketError.objects.unresolved().filter(fingerprint=error.fingerprint)
    rows = alike.exclude(pk=error.pk).select_related("ticket").order_by("-last_seen_at")
    return list(rows.defer("stack_trace", "ticket__ticket_data")[: causes.OF_ONE])


# --- words ----------------------------------------------------------------------------------------


def _others(number: int) -> str:
    if not number:
        return ""
    return f"{number} other ticket{'s' if number > 1 else ''} stopped for the same reason"


def _happened(error: TicketError, calls: Calls | None) -> str:
    task = error.task
    if (
        task is not None
        and task.task_definition.task_type in ACTION_TYPES
        and task.routed_at is None
    ):
        if error.error_type == ErrorType.TASK_UPDATE:
            return _called(error, task, calls)
        words = "{host} answered “{step}”. TicketFlower then looked for the next step and could "
        words += "not go on. The answer is safe, and nothing after it was started."
        return words.format(host=states.host_of(task), step=task.task_definition.title)
    words = _HAPPENED[ErrorType(error.error_type)]
    if task is None and error.error_type != ErrorType.WORKFLOW_CREATION:
        return "TicketFlower could not go on with this ticket. Everything that was entered is safe."
    return words.format(
        who=html.name_of(task.completed_by) or "The system" if task else "",
        step=task.task_definition.title if task else "",
        when=times.when(task.completed_at) if task else "",
        asker=html.name_of(error.ticket.created_by) or error.ticket.created_by_label,
        sent=times.when(error.ticket.created_at),
    )


def _called(error: TicketError, task: TaskInstance, calls: Calls | None) -> str:
    """ "TicketFlower called erp.example 3 times. The other system refused: … Nothing …"."""
    often = calls.listed[0].number if calls else 0
    tried = {0: "could not call {host}", 1: "called {host} once"}.get(
        often, "called {host} {n} times"
    )
    first = f"TicketFlower {tried.format(host=states.host_of(task), n=often)}."
    safe = "Everything before this step is safe, and nothing after it was started."
    what = causes.closer(error) or meaning(error.code)
    return " ".join(part for part in (first, what, safe) if part)


def _helps(error: TicketError) -> str:
    """What to do next."""
    if not _is_call(error):
        return _HELPS.get(error.code, _OR_ELSE)
    if error.detail.get("may_have_been_done") and error.code not in _KNOWN_TO_BE_DONE:
        return _IN_DOUBT
    return advice(error.code).do


def _doubt(error: TicketError) -> str:
    """Why trying again might do it twice; "" where it would not."""
    if not error.detail.get("may_have_been_done"):
        return ""
    known = error.code in _KNOWN_TO_BE_DONE
    why = "The other system took the call" if known else "Nobody here knows how the call ended"
    return f"{why}. Ask there first: to try again might do it twice."


def _is_call(error: TicketError) -> bool:
    is_named = error.code in _ABOUT_CALLS or status_of(error.code) is not None
    return is_named and error.error_type == ErrorType.TASK_UPDATE


def _best(error: TicketError, found: services.Correctable | None) -> str:
    """What most likely repairs it: "correct", "skip" or "retry"."""
    if _is_call(error) and error.code in _KNOWN_TO_BE_DONE:
        return "skip"
    if found is None or not _is_call(error):
        return "correct" if found else "retry"
    status = status_of(error.code)
    is_refused = status is not None and status < HTTPStatus.INTERNAL_SERVER_ERROR
    speaks_of_it = is_refused and status not in _NOT_THE_REQUEST
    return "correct" if speaks_of_it or error.code in ("transform", "too_large") else "retry"


def _trying(error: TicketError) -> str:
    is_held = error.ticket.w_status == WorkflowStatus.ON_HOLD
    return states.trying(error, is_held=is_held)


def _tried(error: TicketError) -> str:
    """How often, and how the last try that somebody asked for went."""
    is_over = error.error_status == ErrorStatus.RESOLVED
    if is_over or error.attempts < 2 or states.is_being_tried(error):
        return ""
    again = error.retry_asked_at is not None and error.last_seen_at >= error.retry_asked_at
    last = f"Last tried {times.when(error.last_seen_at)}"
    return f"{last}: it stopped again, {error.attempts} times by now." if again else f"{last}."


def _learned(error: TicketError) -> TicketError | None:
    """How the same error was repaired the last time."""
    if not error.fingerprint:
        return None
    same = TicketError.objects.repaired().filter(fingerprint=error.fingerprint)
    noted = same.exclude(resolution_notes="").exclude(resolved_by_label="TicketFlower")
    # A cancelled ticket shows nobody how to repair the next one.
    repaired = noted.exclude(resolution_notes__startswith="Cancelled:")
    return repaired.order_by("-resolved_at").first()


def _answer(error: TicketError) -> Any:
    """What led here, for reading."""
    files = FilesOfTicket("desk", error.ticket_id)
    if error.task is None:
        return asked_in(error.ticket, files, everything=True)
    return answered_in(error.task.task_definition, error.task.output_data, files, everything=True)


def _for_developers(error: TicketError) -> Mapping[str, Any]:
    trace = json.dumps(error.trace, indent=2, ensure_ascii=False) if error.trace else ""
    facts = [
        Fact("Code", error.code or "none"),
        Fact("Place", error.get_error_type_display()),
        Fact("Fingerprint", error.fingerprint[:16] or "none"),
        Fact("Attempts", error.attempts, number=True),
        Fact("First seen", html.moment(error.created_at)),
    ]
    return {"facts": facts, "trace": trace, "stack": error.stack_trace}


# --- the correction -------------------------------------------------------------------------------


def form_of(
    request: HttpRequest, error: TicketError, found: services.Correctable, *, sent: bool = False
) -> Given:
    """The form for what can be corrected, filled in with what is there, or with what was `sent`."""
    purpose = Purpose(ticket=error.ticket_id, task=error.task_id)
    return given_form(
        found.schema,
        found.layout,
        value=found.value,
        data=request.POST if sent else None,
        files=request.FILES if sent else None,
        label=_CORRECT[found.kind].label,
        shelf=FileShelf("desk", person_of(request), purpose),
    )


def _whose(error: TicketError, found: services.Correctable) -> str:
    """ "Approve, as Will Reed gave it"."""
    task, meta = error.task, _CORRECT[found.kind].meta
    if task is None:
        return meta
    by = html.name_of(task.completed_by)
    return f"{task}, as {by} gave it" if by else f"{task}, {meta}"


def reason_form(error: TicketError, data: Any = None) -> RetryForm:
    """Why it is corrected; where it may have been done already, also that somebody asked."""
    in_doubt = bool(error.detail.get("may_have_been_done"))
    return RetryForm(data, prefix=REASON_PREFIX, in_doubt=in_doubt)
