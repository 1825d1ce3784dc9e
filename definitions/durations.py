"""How long something may take, as documents say it: {"days": 2}, {"hours": 4, "minutes": 30}.

Pure: no Django, no clock, no database.
"""

from datetime import timedelta
from typing import Any

UNITS = ("weeks", "days", "hours", "minutes")
LONGEST = timedelta(days=3650)


def wrong_duration(document: Any) -> tuple[str, str] | None:
    """What is wrong with what is meant as a duration: the name it is about, and a sentence.

    None where nothing is, or where the document is no duration at all but a value from the data.
    """
    if not isinstance(document, dict) or duration_of(document):
        return None
    if not set(document) & set(UNITS) and not all(map(_is_number, document.values())):
        return None
    for unit, amount in document.items():
        if unit not in UNITS:
            return unit, f"“{str(unit)[:60]}” is no unit of time: use {', '.join(UNITS)}."
        if not _is_number(amount):
            return unit, f"“{unit}” must be a number."
    return "", "A time to do it in is longer than nothing, and ten years at most."


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def duration_of(document: Any) -> timedelta | None:
    """The duration that `document` says, or None where it says something else (a value from the
    data).
    """
    if not isinstance(document, dict) or not document or not set(document) <= set(UNITS):
        return None
    if not all(_is_number(n) and 0 <= n < 1e6 for n in document.values()):
        return None
    duration = timedelta(**document)
    return duration if timedelta(0) < duration <= LONGEST else None
