"""The calls of one step: how often it was tried, and all that is kept of one of them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from django.db.models.fields.json import KT
from django.http import HttpRequest
from django.utils import timezone

from admin_site import times
from admin_site.desk import exchanges
from admin_site.desk.advice import advice, status_words
from admin_site.desk.exchanges import Message
from admin_site.statuses import Tone
from definitions.graph import ACTION_TYPES, TaskType
from operations.models import CallbackToken, TaskAttempt, TaskInstance

#: The address names the attempt that is looked at: ?attempt=3.
ASKED_BY = "attempt"
#: The newest are listed; no rule repeats more often than this, only people do.
MOST_LISTED = 60
SHORT_LIST = 6


@dataclass(frozen=True, slots=True)
class Attempt:
    """One line of the list."""

    number: int
    at: datetime
    took: str
    outcome: str
    tone: Tone
    href: str
    chosen: bool


@dataclass(frozen=True, slots=True)
class Calls:
    """Everything about the calls of a step; `listed` has the newest first.

    `callback` is what was sent later, as text; `callback_words` say when and what became of it.
    """

    listed: Sequence[Attempt]
    more: int
    number: int
    at: datetime
    sent: Message | None
    came: Message | None
    nothing: str
    callback: str | None
    callback_words: str

    @property
    def shown(self) -> Sequence[Attempt]:
        """Those that stand on the page at once; the one that is looked at is among them."""
        return [one for place, one in enumerate(self.listed) if place < SHORT_LIST or one.chosen]

    @property
    def folded(self) -> Sequence[Attempt]:
        shown = {one.number for one in self.shown}
        return [one for one in self.listed if one.number not in shown]


def calls_of(task: TaskInstance | None, request: HttpRequest) -> Calls | None:
    """Three statements, however often it was called; None for a step that calls nobody."""
    if task is None or task.task_definition.task_type not in ACTION_TYPES:
        return None
    rows = TaskAttempt.objects.filter(task=task).order_by("-number")
    brief = rows.annotate(status=KT("answer__status"), seconds=KT("answer__seconds"))
    found = list(brief.defer("request", "answer")[: MOST_LISTED + 1])
    if not found:
        return None
    wanted = _wanted(request, found)
    chosen = rows.get(pk=wanted.pk)
    is_async = task.task_definition.task_type == TaskType.ASYNC_ACTION
    token = CallbackToken.objects.filter(attempt=chosen).first() if is_async else None
    return Calls(
        listed=[_line(row, request, chosen, is_async) for row in found[:MOST_LISTED]],
        more=max(0, found[0].number - MOST_LISTED),
        number=chosen.number,
        at=chosen.started_at,
        sent=exchanges.request_of(chosen.request),
        came=exchanges.answer_of(chosen.answer),
        nothing=_nothing(chosen),
        callback=_payload(token),
        callback_words=_callback(token),
    )


def _wanted(request: HttpRequest, found: Sequence[TaskAttempt]) -> TaskAttempt:
    asked = request.GET.get(ASKED_BY, "")
    return next((row for row in found if str(row.number) == asked), found[0])


def _line(row: Any, request: HttpRequest, chosen: TaskAttempt, is_async: bool) -> Attempt:
    words, tone = _outcome(row, is_async)
    return Attempt(
        number=row.number,
        at=row.started_at,
        took=_took(row),
        outcome=words,
        tone=tone,
        href=f"?{urlencode({ASKED_BY: row.number})}#calls",
        chosen=row.number == chosen.number,
    )


def _outcome(row: Any, is_async: bool) -> tuple[str, Tone]:
    if row.error_name:
        return advice(row.error_name).short, Tone.RED
    if row.ended_at is None:
        is_over = row.lease_until < timezone.now()
        return ("worker stopped", Tone.ORANGE) if is_over else ("under way", Tone.BLUE)
    status = status_words(int(row.status)) if str(row.status or "").isdecimal() else "done"
    return (f"taken, {status}" if is_async else f"answered {status}"), Tone.GREEN


def _took(row: Any) -> str:
    """The time of the answer where there is one: "0.4 s"."""
    if row.seconds is not None:
        return _seconds(float(row.seconds))
    if row.ended_at is None:
        return ""
    length: timedelta = row.ended_at - row.started_at
    return _seconds(length.total_seconds()) if length < timedelta(minutes=10) else ""


def _seconds(number: float) -> str:
    return f"{number:.1f} s" if number >= 0.05 else "at once"


def _nothing(row: TaskAttempt) -> str:
    """What stands in place of an answer that did not come."""
    if row.ended_at is None:
        return "Nothing has come back yet."
    if row.error_name and not row.sent:
        return f"Nothing was sent. {row.error_message}"
    return row.error_message or "Nothing came back."


def _payload(token: CallbackToken | None) -> str | None:
    if token is None or token.received_at is None:
        return None
    return exchanges.value_as_text(token.payload)


def _callback(token: CallbackToken | None) -> str:
    if token is None:
        return ""
    if token.received_at is None:
        over = token.revoked_at or (token.expires_at < timezone.now())
        until = f"No answer came later; it could until {times.when(token.expires_at)}."
        return until if over else f"May come until {times.when(token.expires_at)}."
    came = f"Came {times.when(token.received_at)}"
    if token.applied_at is None:
        waits = "; it was not used" if token.revoked_at else "; it waits for its turn"
        return f"{came}{waits}."
    return f"{came}."
