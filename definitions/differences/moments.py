"""Durations, days and rules as phrases: "2 days", "8 working hours", "1 day before “Needed on”"."""

from collections.abc import Mapping

from definitions.durations import UNITS, WORKING
from definitions.logic import LogicError, describe
from definitions.logic.transforms import LIVE
from definitions.moments import AFTER, AT, BEFORE, MINUS, PLUS
from definitions.schemas import JSON

Labels = Mapping[str, str]


def duration(document: JSON) -> str:
    if not isinstance(document, Mapping):
        return "an unknown time"
    working = "working " if document.get(WORKING) else ""
    amounts = [(document[unit], unit) for unit in UNITS if document.get(unit)]
    words = [
        f"{amount:g} {working}{unit.removesuffix('s') if amount == 1 else unit}"
        for amount, unit in amounts
    ]
    return " and ".join(words) or "no time"


def moment(document: JSON, labels: Labels) -> str:
    """A duration from the start, or a day."""
    if not isinstance(document, Mapping) or AT not in document:
        return duration(document)
    value = document[AT]
    day = rule(value.get(LIVE), labels) if isinstance(value, Mapping) else str(value)
    if PLUS in document:
        return f"{duration(document[PLUS])} after {day}"
    if MINUS in document:
        return f"{duration(document[MINUS])} before {day}"
    return day


def reminder(document: JSON) -> str:
    if isinstance(document, Mapping) and BEFORE in document:
        return f"{duration(document[BEFORE])} before it is due"
    after = document.get(AFTER) if isinstance(document, Mapping) else document
    return f"{duration(after)} after it started"


def rule(document: JSON, labels: Labels) -> str:
    """A JsonLogic rule as a phrase."""
    try:
        return describe(document, labels)
    except LogicError:
        return "a rule that cannot be read"
