"""One act on many rows: asked on a page, carried out one by one, and told honestly."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.db import transaction
from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect

from admin_site.base import RoleSite
from admin_site.desk.given import place_in_words
from admin_site.forms import PlainForm
from operations.errors import AnswersInvalid
from operations.models import TicketInstance
from operations.services import lock_tickets
from tenants.errors import DomainError

#: At most so many at a time: they are one transaction, and somebody waits for the page.
MOST_AT_ONCE = 500
MOST_REASONS = 4
APPLY = "_apply"


@dataclass(frozen=True, slots=True)
class Ask:
    """What the page asks; "{rows}" in `title`, `button` and `done` becomes "27 tickets"."""

    noun: str
    title: str
    button: str
    done: str
    form_class: type[PlainForm]
    explain: str = ""
    danger: bool = False


@dataclass(slots=True)
class Result:
    """How it went, row by row: what the verb refused, or None where it did its work."""

    rows: list[tuple[Any, DomainError | None]] = field(default_factory=list)

    @property
    def changed(self) -> int:
        return sum(refused is None for _, refused in self.rows)

    @property
    def skipped(self) -> list[str]:
        return [words_of(refused) for _, refused in self.rows if refused is not None]

    def tell(self, request: HttpRequest, done: str) -> None:
        """ "27 tickets put on hold." and "3 skipped: …", in as few words as will do."""
        if self.changed:
            messages.success(request, done)
        if self.skipped:
            reasons = list(dict.fromkeys(self.skipped))
            rest = len(reasons) - MOST_REASONS
            more = f" And {rest} more like these." if rest > 0 else ""
            said = " ".join(reasons[:MOST_REASONS])
            messages.warning(request, f"{len(self.skipped)} skipped: {said}{more}")


def each(rows: Sequence[Model], act: Callable[[Any], Any]) -> Result:
    """Acts on each row in a savepoint of its own, so that one refusal undoes nothing else."""
    lock_tickets_of(rows)
    result = Result()
    for row in sorted(rows, key=_ticket_id):
        refused = None
        try:
            with transaction.atomic():
                act(row)
        except DomainError as error:
            refused = error
        result.rows.append((row, refused))
    return result


def words_of(refused: DomainError) -> str:
    """What a verb said; of answers that do not fit also the first that is wrong."""
    if isinstance(refused, AnswersInvalid) and refused.problems:
        first = refused.problems[0]
        return f"{refused.message} {place_in_words(first.path)}{first.message}"
    return refused.message


def in_bulk(
    site: RoleSite,
    request: HttpRequest,
    chosen: QuerySet[Any, Any],
    verb: Callable[..., Any],
    ask: Ask,
    *,
    heading: str,
) -> HttpResponse:
    """Ask what shall happen to the rows; when it is sent, do `verb(person, row, **answers)`.

    `heading` is that of the list from which they were chosen.
    """
    here = request.get_full_path()
    rows = list(chosen[: MOST_AT_ONCE + 1])
    if len(rows) > MOST_AT_ONCE:
        messages.warning(request, f"Choose at most {MOST_AT_ONCE} at a time. Nothing was changed.")
        return HttpResponseRedirect(here)
    form = ask.form_class(request.POST if APPLY in request.POST else None)
    if form.is_valid():
        result = each(rows, lambda row: verb(request.user, row, **form.cleaned_data))
        result.tell(request, ask.done.format(rows=counted(result.changed, ask.noun)))
        return HttpResponseRedirect(here)
    number = counted(len(rows), ask.noun)
    return site.page(
        request, "desk/bulk.html",
        title=ask.title.format(rows=number), button=ask.button.format(rows=number),
        explain=ask.explain, danger=ask.danger, form=form, rows=rows[:8], more=len(rows) - 8,
        hidden=_carried(request), back=here, crumbs=[(heading, here)],
    )  # fmt: skip


def lock_tickets_of(rows: Sequence[Model]) -> None:
    """All of them first: the acts are one transaction, and others work on the same tickets."""
    lock_tickets([_ticket_id(row) for row in rows])


def _ticket_id(row: Any) -> UUID:
    key: UUID = row.pk if isinstance(row, TicketInstance) else row.ticket_id
    return key


def _carried(request: HttpRequest) -> list[tuple[str, str]]:
    """What says which rows and which act, for the second time of sending."""
    names = ("action", "index", "select_across", "_selected_action")
    return [(name, value) for name in names for value in request.POST.getlist(name)]


def counted(number: int, noun: str) -> str:
    return f"1 {noun}" if number == 1 else f"{number:,} {noun}s"
