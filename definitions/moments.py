"""When something is to be, as documents say it; docs/bundle.md explains it to people.

    {"days": 2}                                          so long after the task's start
    {"hours": 8, "working": true}                        in the company's working time
    {"at": "2026-12-24"}                                 the end of that day's work
    {"at": {"$": <JsonLogic>}, "minus": {"days": 1}}     a day, or a day and a time, from the data

A reminder is {"before": <duration>} of its due time, or {"after": <duration>} of its start.

Pure: no Django, no clock, no database; the company's calendar is handed in.
"""

import math
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, date, datetime
from typing import Final, Protocol

from definitions import logic
from definitions.durations import (
    EXAMPLE,
    UNITS,
    WORKING,
    Duration,
    WorkingTime,
    check_duration,
    read_duration,
)
from definitions.logic.dates import read_datetime
from definitions.logic.transforms import LIVE
from definitions.logic.values import read_date
from definitions.nearest import did_you_mean
from definitions.schemas.problem import JSON, Path, Problem, pointer, steps
from tenants.calendar import CalendarError

AT: Final = "at"
PLUS, MINUS = SHIFTS = ("plus", "minus")
BEFORE, AFTER = REMINDERS = ("before", "after")

_WANTED = "a day such as 2026-11-30, or a day and a time such as 2026-11-30T14:00:00+01:00"
_LONGEST_QUOTED = 60


class Calendar(WorkingTime, Protocol):
    """What is needed of a company's calendar; `tenants.calendar.WorkCalendar` has it."""

    def end_of_day(self, day: date) -> datetime: ...


class MomentError(Exception):
    """The data do not give a moment.

    `message` is for a ticket admin. `path` names the value that is to blame, such as
    "ticket.needed_on"; None where no single one is.
    """

    def __init__(self, message: str, path: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.path = path


# At run time


def moment_at(
    document: JSON,
    data: Mapping[str, JSON],
    *,
    start: datetime,
    now: datetime,
    calendar: Calendar,
    is_needed: bool = False,
) -> datetime | None:
    """The moment that a checked document means, in UTC.

    None where there is no document, or where its `at` finds an empty value in the data: a date
    that nobody gave makes no deadline. With `is_needed` that is an error, or a ticket would wait
    for ever.

    Args:
        data: the ticket's `workflow_data`.
        start: from where durations count.
        now: the clock of rules; its time zone decides which day `today` is.

    Raises:
        MomentError: the data give something else than a date, or nothing where one is needed.
    """
    if not document:
        return None
    try:
        if AT not in document:
            return _duration(document).after(start, calendar).astimezone(UTC)
        return _at(document, data, now, calendar, is_needed)
    except (OverflowError, ValueError) as error:
        raise MomentError("The time lies beyond every calendar.", _path(document)) from error
    except CalendarError as error:
        raise MomentError(error.message) from error


def reminder_at(
    document: JSON, *, start: datetime, due: datetime | None, calendar: Calendar
) -> datetime | None:
    """When to remind somebody, in UTC; None without a document, or before a due time that is not.

    Raises:
        MomentError: the company's calendar gives no such time.
    """
    if not document:
        return None
    try:
        if AFTER in document:
            return _duration(document[AFTER]).after(start, calendar).astimezone(UTC)
        if due is None:
            return None
        return _duration(document[BEFORE]).before(due, calendar).astimezone(UTC)
    except (OverflowError, ValueError) as error:
        raise MomentError("The time lies beyond every calendar.") from error
    except CalendarError as error:
        raise MomentError(error.message) from error


def paths_read(document: JSON) -> tuple[str, ...]:
    """What a moment reads of the data; () where that cannot be told."""
    if not isinstance(document, dict) or AT not in document:
        return ()
    try:
        return logic.compile_transform(document[AT]).paths
    except logic.LogicError:
        return ()


def _duration(document: JSON) -> Duration:
    duration = read_duration(document)
    if duration is None:  # a definition from before the checks
        raise MomentError("The definition says no duration here. Correct it and publish it again.")
    return duration


def _at(
    document: Mapping[str, JSON],
    data: Mapping[str, JSON],
    now: datetime,
    calendar: Calendar,
    is_needed: bool,
) -> datetime | None:
    try:
        value = logic.transform(document[AT], data, now=now)
    except logic.LogicError as error:
        raise MomentError(error.message, error.path) from error
    path = _path(document)
    if value is None or value == "":
        if is_needed:
            raise MomentError(f"{_called(path)} is empty; it must give {_WANTED}.", path)
        return None
    moment = _read(value, path, calendar)
    if PLUS in document:
        moment = _duration(document[PLUS]).after(moment, calendar)
    if MINUS in document:
        moment = _duration(document[MINUS]).before(moment, calendar)
    return moment.astimezone(UTC)


def _read(value: JSON, path: str | None, calendar: Calendar) -> datetime:
    if isinstance(value, str):
        day = read_date(value)
        if day is not None:
            return calendar.end_of_day(day)
        moment = read_datetime(value)
        if moment is not None:
            return moment
    raise MomentError(f"{_called(path)} is {_shown(value)}, not {_WANTED}.", path)


def _path(document: Mapping[str, JSON]) -> str | None:
    paths = set(paths_read(document))
    return paths.pop() if len(paths) == 1 else None


def _called(path: str | None) -> str:
    return f"“{path}”" if path else "The time"


def _shown(value: JSON) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, dict | list):
        return "a list" if isinstance(value, list) else "a group"
    if isinstance(value, float) and not math.isfinite(value):
        return "no number"
    text = str(value)
    shown = text if len(text) <= _LONGEST_QUOTED else f"{text[:_LONGEST_QUOTED]}…"
    return f"“{shown}”"


# In a document


Found = tuple[Path, str, str]


def check_moment(document: JSON) -> list[Problem]:
    """Everything that is wrong with a `due` or an `until`, with its place in it."""
    return list(_moment_problems(document))


def check_reminder(document: JSON) -> list[Problem]:
    """Everything that is wrong with a `reminder`, with its place in it."""
    words = (
        "A reminder is {before: {hours: 4}} of its due time, or {after: {days: 1}} of its start."
    )
    if not isinstance(document, dict):
        return [Problem("", words, "type")]
    found = [
        Problem(pointer((name,)), _means_nothing(name, REMINDERS), "unknown")
        for name in document
        if name not in REMINDERS
    ]
    named = [name for name in REMINDERS if name in document]
    if len(named) != 1:
        found.append(Problem("", words, "required"))
    return [*found, *(one for name in named for one in _inside(name, document[name]))]


def _moment_problems(document: JSON) -> Iterator[Problem]:
    if not isinstance(document, dict):
        words = f'A time is a group such as {EXAMPLE} or {{"at": "2026-12-24"}}.'
        yield Problem("", words, "type")
    elif AT in document:
        yield from _at_problems(document)
    elif LIVE in document:
        words = "A value from the data stands after “at”: {at: {$: {var: ticket.needed_on}}}."
        yield Problem("", words, "required")
    else:
        yield from check_duration(document)


def _at_problems(document: Mapping[str, JSON]) -> Iterator[Problem]:
    known = (AT, *SHIFTS)
    for name in document:
        if name in (*UNITS, WORKING):
            words = f"With “{AT}”, a duration stands after “{PLUS}” or “{MINUS}”."
            yield Problem(pointer((name,)), words, "unknown")
        elif name not in known:
            yield Problem(pointer((name,)), _means_nothing(name, known), "unknown")
    if PLUS in document and MINUS in document:
        yield Problem(pointer((MINUS,)), f"Either “{PLUS}” or “{MINUS}”, not both.", "order")
    for name in SHIFTS:
        if name in document:
            yield from _inside(name, document[name])
    yield from _value_problems(document[AT])


def _value_problems(value: JSON) -> Iterator[Problem]:
    if isinstance(value, str):
        if read_date(value) is None and read_datetime(value) is None:
            yield Problem(pointer((AT,)), f"This must be {_WANTED}.", "format")
    elif isinstance(value, dict) and LIVE in value:
        for wrong in logic.check_transform(value):
            yield Problem(pointer((AT, *steps(wrong.place))), wrong.words, "rule")
    else:
        words = (
            f"This must be {_WANTED}, or a value from the data: {{$: {{var: ticket.needed_on}}}}."
        )
        yield Problem(pointer((AT,)), words, "type")


def _inside(name: str, document: JSON) -> list[Problem]:
    return [
        Problem(pointer((name,)) + one.path, one.message, one.keyword)
        for one in check_duration(document)
    ]


def _means_nothing(name: str, known: tuple[str, ...]) -> str:
    hint = did_you_mean(str(name), known) or f"Possible are: {', '.join(known)}."
    return f"“{str(name)[:_LONGEST_QUOTED]}” means nothing here. {hint}"


Reader = Callable[[JSON], list[Problem]]
#: The parts of a task that say a time, and what checks each.
CHECKS: Final[Mapping[str, Reader]] = {
    "due": check_moment,
    "until": check_moment,
    "reminder": check_reminder,
}
