"""How long something may take, as documents say it: {"days": 2}, {"hours": 4, "minutes": 30}.

Pure: no Django, no clock, no database.
"""

from datetime import timedelta
from typing import Any

UNITS = ("weeks", "days", "hours", "minutes")
LONGEST = timedelta(days=3650)


def duration_of(document: Any) -> timedelta | None:
    """The duration that `document` says, or None where it says something else (a value from the
    data).
    """
    if not isinstance(document, dict) or not document or not set(document) <= set(UNITS):
        return None
    if not all(
        isinstance(n, int | float) and not isinstance(n, bool) and 0 <= n < 1e6
        for n in document.values()
    ):
        return None
    duration = timedelta(**document)
    return duration if timedelta(0) < duration <= LONGEST else None
