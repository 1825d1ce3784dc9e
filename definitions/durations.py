"""How long something takes, as documents say it: {"days": 2}, {"hours": 4, "working": true}.

Pure: no Django, no clock, no database.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Protocol

from definitions.schemas.problem import JSON, Path, Problem, pointer

UNITS = ("weeks", "days", "hours", "minutes")
WORKING = "working"
LONGEST = timedelta(days=3650)

EXAMPLE = "{days: 2}"


class WorkingTime(Protocol):
    """Counts in a company's working time; `tenants.calendar.WorkCalendar` does."""

    def add_working(
        self,
        start: datetime,
        *,
        weeks: float = 0,
        days: float = 0,
        hours: float = 0,
        minutes: float = 0,
    ) -> datetime: ...

    def subtract_working(
        self,
        start: datetime,
        *,
        weeks: float = 0,
        days: float = 0,
        hours: float = 0,
        minutes: float = 0,
    ) -> datetime: ...


@dataclass(frozen=True, slots=True)
class Duration:
    """`amounts` by unit; `is_working`: only the company's working time counts."""

    amounts: Mapping[str, float]
    is_working: bool = False

    @property
    def length(self) -> timedelta:
        """A day has 24 hours here; of working time it is the longest that it can be."""
        return timedelta(**self.amounts)

    def after(self, start: datetime, calendar: WorkingTime) -> datetime:
        """That much later.

        Raises:
            OverflowError: beyond the calendar of this world.
            tenants.calendar.CalendarError: the company never works.
        """
        if self.is_working:
            return calendar.add_working(start, **self.amounts)
        return start + self.length

    def before(self, end: datetime, calendar: WorkingTime) -> datetime:
        """That much earlier; raises as `after` does."""
        if self.is_working:
            return calendar.subtract_working(end, **self.amounts)
        return end - self.length


def read_duration(document: JSON) -> Duration | None:
    """The duration that a document says; None where `check_duration` finds fault with it."""
    if check_duration(document):
        return None
    amounts = {unit: document[unit] for unit in UNITS if unit in document}
    return Duration(amounts, bool(document.get(WORKING)))


def check_duration(document: JSON) -> list[Problem]:
    """Everything that is wrong with it; [] for a duration."""
    return [
        Problem(pointer(path), message, keyword) for path, message, keyword in _faults(document)
    ]


def _faults(document: JSON) -> Iterator[tuple[Path, str, str]]:
    if not isinstance(document, dict):
        yield (), f"A duration is a group such as {EXAMPLE}.", "type"
        return
    is_sound = True
    for name, amount in document.items():
        if name == WORKING:
            if not isinstance(amount, bool):
                yield (name,), f"“{WORKING}” must be true or false.", "type"
        elif name not in UNITS:
            is_sound = False
            words = f"“{str(name)[:60]}” is no unit of time: use {', '.join(UNITS)}."
            yield (name,), words, "unknown"
        elif not _is_number(amount):
            is_sound = False
            yield (name,), f"“{name}” must be a number.", "type"
        elif not 0 <= amount < 1e7:
            is_sound = False
            yield (name,), f"“{name}” must be a number from 0 on.", "range"
    amounts = {unit: document[unit] for unit in UNITS if unit in document}
    if is_sound and not timedelta(0) < timedelta(**amounts) <= LONGEST:
        yield (), "A duration is longer than nothing, and ten years at most.", "range"


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
