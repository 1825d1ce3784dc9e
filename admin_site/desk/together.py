"""What is done to every ticket that stopped for one cause, or to one of them: asked, then done."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse

from admin_site.desk import bulk, causes, error_page, results
from admin_site.desk.forms import MoveForm, RetryForm
from admin_site.desk.given import Given, given_form
from admin_site.desk.results import GOES_ON
from admin_site.forms import ConfirmForm, PlainForm, ReasonForm
from admin_site.statuses import Status, status
from operations import services
from operations.errors import AnswersInvalid
from operations.models import TicketError
from tenants.errors import DomainError

if TYPE_CHECKING:
    from admin_site.desk.errors import ErrorDesk

RETRY = (
    "TicketFlower tries once more, with everything as it is now. It counts as repaired when the "
    "ticket has gone on, not when you press the button."
)
IN_DOUBT = (
    "It may have been done already. Ask the other system before you try again, or it may be done "
    "twice."
)
SKIP = (
    "Nothing is called or started. What you enter here counts as what came of the step, and the "
    "ticket goes on from there."
)
MOVE = "What is open now is cancelled, and the ticket goes on from the step you choose."
CANCEL = "What is still open is cancelled, and whoever asked sees your reason."
REVIEW = "Your colleagues see that you look after it."
MOST_NAMED = 8

Errors = Sequence[TicketError]
Act = Callable[[TicketError], Any]


@dataclass(slots=True)
class Asked:
    """The page of one verb: what it asks, and what it does with an answer."""

    form: PlainForm
    act: Callable[[Any], Act]  # of the person, once the forms are valid
    given: Given | None = None


@dataclass(frozen=True, slots=True)
class Verb:
    """One thing that can be done. `title` and `button` are filled with "27 tickets"."""

    key: str
    title: str
    button: str
    explain: str
    done: Status
    ask: Callable[[Errors, Any], Asked]
    can: Callable[[TicketError], bool] = field(default=lambda _error: True)
    permission: str = "operations.resolve_ticketerror"
    symbol: str = ""
    danger: bool = False


# --- the verbs ------------------------------------------------------------------------------------


def is_in_doubt(errors: Errors) -> bool:
    return any(error.detail.get("may_have_been_done") for error in errors)


def _retry(errors: Errors, data: Any) -> Asked:
    form = RetryForm(data, in_doubt=is_in_doubt(errors))
    return Asked(
        form,
        lambda person: lambda error: services.retry_error(person, error, reason=form.why),
    )


def _skip(errors: Errors, data: Any) -> Asked:
    assert errors[0].task is not None  # noqa: S101 - `can_be_skipped` was asked
    node = errors[0].task.task_definition
    form = ReasonForm(data, prefix=error_page.REASON_PREFIX)
    given = given_form(node.output_schema, node.edit_layout, data=data, label="Output")

    def act(person: Any) -> Act:
        reason = form.cleaned_data["reason"]
        return lambda error: services.skip_error(person, error, output=given.value, reason=reason)

    return Asked(form, act, given)


def _move(errors: Errors, data: Any) -> Asked:
    form = MoveForm(data, graph=error_page.pinned_for(errors[0]).graph)
    return Asked(form, lambda person: once_per_ticket(lambda error: move(person, error, form)))


def move(person: Any, error: TicketError, form: PlainForm) -> None:
    """To a step of the run in which it stopped, which may be one inside of the ticket's own."""
    services.move_ticket(
        person, error.ticket, form.cleaned_data["task_key"],
        reason=form.cleaned_data["reason"], run=error_page.run_inside(error),
    )  # fmt: skip


def _cancel(_errors: Errors, data: Any) -> Asked:
    form = ReasonForm(data)

    def act(person: Any) -> Act:
        reason = form.cleaned_data["reason"]
        return once_per_ticket(
            lambda error: services.cancel_ticket(person, error.ticket, reason=reason)
        )

    return Asked(form, act)


def _review(_errors: Errors, data: Any) -> Asked:
    form = ConfirmForm(data)
    return Asked(form, lambda person: lambda error: services.review_error(person, error))


def once_per_ticket(act: Act) -> Act:
    """A ticket may have stopped in two places; what is done to the whole of it is done once."""
    done: set[Any] = set()

    def first_only(error: TicketError) -> None:
        if error.ticket_id not in done:
            act(error)
            done.add(error.ticket_id)

    return first_only


VERBS = {
    verb.key: verb
    for verb in (
        Verb("retry", "Let {rows} try again?", "Retry {rows}", RETRY, GOES_ON, _retry,
             symbol="refresh"),
        Verb("skip", "Skip the step of {rows} with which output?", "Skip it for {rows}", SKIP,
             status("outcome", "SKIPPED"), _skip, can=services.can_be_skipped,
             symbol="skip_next"),
        Verb("move", "Move {rows} to which step?", "Move {rows}", MOVE,
             status("outcome", "MOVED"), _move, can=lambda error: error.task is not None,
             permission="operations.triage_ticketinstance", symbol="redo"),
        Verb("review", "Are you looking at {rows}?", "I am looking at {rows}", REVIEW,
             status("error", "REVIEWED"), _review, symbol="visibility"),
        Verb("cancel", "Cancel {rows}?", "Cancel {rows}", CANCEL,
             status("workflow", "CANCELLED"), _cancel,
             permission="operations.triage_ticketinstance", symbol="block", danger=True),
    )
}  # fmt: skip
#: Beside the button that retries.
MORE = ("skip", "move", "review", "cancel")


def verbs_for(error: TicketError) -> list[Verb]:
    """What else than retrying can be done to tickets that stopped like this one."""
    return [VERBS[key] for key in MORE if VERBS[key].can(error)]


# --- the page -------------------------------------------------------------------------------------


def of_cause(admin: "ErrorDesk", request: HttpRequest, cause: str, verb: Verb) -> HttpResponse:
    """Ask, then do it to every ticket that stopped for one cause, and tell of each."""
    alike = TicketError.objects.unresolved().filter(fingerprint=cause[:64])
    rows = alike.select_related(*RELATED).defer("ticket__ticket_data").order_by("-last_seen_at")
    errors = list(rows[: bulk.MOST_AT_ONCE])
    if not errors:
        raise Http404
    if not verb.can(errors[0]):
        messages.info(request, "There is no step here that this could be done to.")
        return HttpResponseRedirect(f"{admin.list_url()}?cause={errors[0].fingerprint}")
    left = alike.count() - len(errors) if len(errors) == bulk.MOST_AT_ONCE else 0
    asked = verb.ask(errors, request.POST if request.method == "POST" else None)
    if _is_valid(asked):
        result = bulk.each(errors, asked.act(request.user))
        if not _none_fits(result, asked):
            name = results.keep(request, verb.done, result, left=left)
            return HttpResponseRedirect(admin.result_url(name))
    return _page(admin, request, verb, errors, asked, back=admin.list_url(), left=left)


RELATED = (
    "ticket__ticket_type__workflow",
    "ticket__workflow",
    "task__task_definition__workflow",
    "task__workflow_instance",
)


def of_one(
    admin: "ErrorDesk", request: HttpRequest, error: TicketError, verb: Verb
) -> HttpResponse:
    """The same for one ticket; what is refused stays on the page, with all that was typed."""
    if not verb.can(error):
        return HttpResponseRedirect(admin.url_of(error))
    asked = verb.ask([error], request.POST if request.method == "POST" else None)
    if _is_valid(asked) and _is_done(asked, error, request):
        return HttpResponseRedirect(admin.url_of(error))
    return _page(admin, request, verb, [error], asked, back=admin.url_of(error))


def _is_valid(asked: Asked) -> bool:
    """Both are asked, so that everything that is wrong is told at once."""
    is_valid = asked.form.is_valid()
    return (asked.given is None or asked.given.is_valid()) and is_valid


def _is_done(asked: Asked, error: TicketError, request: HttpRequest) -> bool:
    try:
        bulk.lock_tickets_of([error])
        with transaction.atomic():
            asked.act(request.user)(error)
    except AnswersInvalid as refused:
        show_refusal(refused, asked.given, asked.form)
        return False
    except DomainError as refused:
        asked.form.refuse(refused)
        return False
    return True


def show_refusal(refused: AnswersInvalid, given: Given | None, form: PlainForm) -> None:
    """Beside what was given; a refusal of the reason beside the reason."""
    if given is None or set(refused.fields) & set(form.fields):
        form.refuse(refused)
    else:
        given.show_problems(refused.problems)


def _none_fits(result: bulk.Result, asked: Asked) -> bool:
    """One output that fits no ticket at all is a mistake in the output: say where."""
    refusals = [refused for _, refused in result.rows]
    first = refusals[0]
    if isinstance(first, AnswersInvalid) and all(isinstance(r, AnswersInvalid) for r in refusals):
        show_refusal(first, asked.given, asked.form)
        return True
    return False


def _page(
    admin: "ErrorDesk",
    request: HttpRequest,
    verb: Verb,
    errors: Errors,
    asked: Asked,
    *,
    back: str,
    left: int = 0,
) -> HttpResponse:
    one = len(errors) == 1
    rows = f"#{errors[0].ticket.number}" if one else bulk.counted(len(errors), "ticket")
    return admin.admin_site.page(
        request, "desk/together.html",
        title=verb.title.format(rows=rows), button=verb.button.format(rows=rows),
        explain=verb.explain, danger=verb.danger,
        subject=causes.headline(errors[0]), where=causes.where(errors[0]),
        warning=IN_DOUBT if verb.key == "retry" and is_in_doubt(errors) else "",
        named=[error.ticket for error in errors[:MOST_NAMED]], more=len(errors) - MOST_NAMED,
        left=left, form=asked.form, given=asked.given, back=back,
        crumbs=[(admin.list_title, admin.list_url())],
    )  # fmt: skip


# --- how it went ----------------------------------------------------------------------------------


def result_page(admin: "ErrorDesk", request: HttpRequest, name: str) -> HttpResponse:
    """Every ticket with what became of it; told anew each time it is opened."""
    told = results.told(request, name)
    if told is None:
        messages.info(request, "How this went is not known any more. This is how things are now.")
        return HttpResponseRedirect(admin.list_url())
    return admin.admin_site.page(
        request, "desk/result.html",
        title="How it went", told=told, again_url=request.path,
        crumbs=[(admin.list_title, admin.list_url())], list_url=admin.list_url(),
    )  # fmt: skip


def address(key: str, cause: str) -> str:
    """Where a verb is asked for a whole cause."""
    return reverse(f"desk:operations_ticketerror_{key}_all", args=[cause])


def offers(error: TicketError) -> Sequence[Mapping[str, Any]]:
    """The menu of a cause: {title, href, symbol, danger}."""
    words = {"skip": "Skip with an output", "move": "Move to another step",
             "review": "I am looking at them", "cancel": "Cancel the tickets"}  # fmt: skip
    return [
        {"title": words[verb.key], "href": address(verb.key, error.fingerprint),
         "symbol": verb.symbol, "danger": verb.danger}
        for verb in verbs_for(error)
    ]  # fmt: skip
