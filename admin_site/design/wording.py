"""What a step's document says about times, calls and branches, in words."""

from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import Any

from admin_site import times
from definitions.actions import secret_names
from definitions.durations import UNITS, Duration, read_duration
from definitions.graph import ACTION_TYPES, Join, Split, TaskNode, TaskType
from definitions.logic import LogicError, describe
from definitions.logic.dates import read_datetime
from definitions.logic.transforms import LIVE
from definitions.logic.values import read_date
from definitions.moments import AFTER, AT, BEFORE, MINUS, PLUS
from definitions.retries.errors import EVERYTHING

Labels = Mapping[str, str]


def due(node: TaskNode, labels: Labels) -> str:
    """ "within 2 working days", "by “Needed on”", "1 day before “Needed on”"; "" for none."""
    document = node.extra.get("due")
    if not isinstance(document, dict):
        return ""
    if AT in document:
        return _day(document, labels, "by")
    return f"within {length(document)}"


def wait(node: TaskNode, labels: Labels) -> str:
    """ "Waits 2 days", "Waits until “First day”"."""
    document = node.extra.get("until")
    if not isinstance(document, dict):
        return "Waits"
    if AT in document:
        return f"Waits until {_day(document, labels)}"
    return f"Waits {length(document)}"


def reminder(node: TaskNode) -> str:
    """ "4 hours before it is due", "1 day after it started"; "" for none."""
    document = node.extra.get("reminder")
    if not isinstance(document, dict):
        return ""
    if BEFORE in document:
        return f"{length(document[BEFORE])} before it is due"
    return f"{length(document.get(AFTER))} after it started"


def time_limit(node: TaskNode) -> str:
    """What its `timeout_seconds` means for this kind of step; "" for none."""
    if node.timeout_seconds is None:
        return ""
    limit = times.span(timedelta(seconds=node.timeout_seconds), parts=2)
    if node.timeout_seconds < 60:
        limit = f"{node.timeout_seconds:g} seconds"
    if node.task_type == TaskType.SYNC_ACTION:
        return f"{limit} for each call"
    return f"{limit} for the answer" if node.task_type == TaskType.ASYNC_ACTION else limit


def branches(node: TaskNode) -> Iterator[str]:
    """How it splits and joins, where it does."""
    if node.join == Join.ALL:
        yield "waits for every branch"
    if node.split == Split.ALL:
        yield "every true way is taken"


def secrets(node: TaskNode) -> list[str]:
    """Names of the secrets that its call needs."""
    return sorted(secret_names(node.action)) if node.task_type in ACTION_TYPES else []


def after_failures(errors: Any, *, is_first: bool) -> str:
    """When a way of `catch` is taken: "when the call fails", "when the call fails: http.4xx"."""
    names = [str(name) for name in errors] if isinstance(errors, list) else []
    if EVERYTHING in names or not names:
        return "when the call fails" if is_first else "when the call fails otherwise"
    return f"when the call fails: {', '.join(names)}"


def length(document: Any) -> str:
    """ "2 days", "8 working hours", "1 day and 4 hours of working time"."""
    duration = read_duration(document)
    return _in_units(duration) if duration else "an unknown time"


def _in_units(duration: Duration) -> str:
    amounts = [(duration.amounts[unit], unit) for unit in UNITS if duration.amounts.get(unit)]
    if len(amounts) == 1 and duration.is_working:
        ((amount, unit),) = amounts
        return f"{amount:g} working {_plural(unit, amount)}"
    words = " and ".join(f"{amount:g} {_plural(unit, amount)}" for amount, unit in amounts)
    return f"{words} of working time" if duration.is_working else words


def _plural(unit: str, amount: float) -> str:
    return unit.removesuffix("s") if amount == 1 else unit


def _day(document: Mapping[str, Any], labels: Labels, word: str = "") -> str:
    """`word` stands before a day or time, and not before “3 days after” one."""
    value = document[AT]
    is_live = isinstance(value, dict)
    day = _described(value.get(LIVE), labels) if is_live else _written(str(value))
    if PLUS in document:
        return f"{length(document[PLUS])} after {day}"
    if MINUS in document:
        return f"{length(document[MINUS])} before {day}"
    return f"{word} {day}".strip()


def _described(rule: Any, labels: Labels) -> str:
    try:
        words = describe(rule, labels)
    except LogicError:
        return "a time from the data"
    return f"“{words}”" if isinstance(rule, dict) and set(rule) == {"var"} else words


def _written(text: str) -> str:
    if (day := read_date(text)) is not None:
        return f"{day.day} {day:%B %Y}"
    moment = read_datetime(text)
    return f"{moment.day} {moment:%B %Y, %H:%M}" if moment else text
