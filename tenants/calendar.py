"""When a company works: hours by weekday, holidays, and counting in both.

Pure: no Django, no clock, no database. Moments go in with any zone and come out in UTC, because two
moments of one zone compare by their wall clocks and forget that a clock is turned back once a year.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
MIDNIGHT = "24:00"
A_DAY = timedelta(days=1)
NOTHING = timedelta(0)
#: Where counting gives up, in days: a company that works a minute a day has few hours in a century.
FURTHEST = 36_600

_CLOCK = re.compile(r"([01][0-9]|2[0-3]):([0-5][0-9])\Z")


class CalendarError(Exception):
    """A time cannot be worked out, or hours or holidays are not what they should be.

    `place` names what is wrong where it is one of many: a weekday's number, a holiday's.
    """

    def __init__(self, message: str, place: int | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.place = place


@dataclass(frozen=True, slots=True)
class Hours:
    """From when till when on the wall clock; `end` None is midnight."""

    start: time
    end: time | None

    def as_text(self) -> tuple[str, str]:
        """As in `Company.working_hours`."""
        return f"{self.start:%H:%M}", f"{self.end:%H:%M}" if self.end else MIDNIGHT


@dataclass(frozen=True, slots=True)
class Shift:
    """The working time of one day, as moments in UTC; both ends belong to it."""

    day: date
    start: datetime
    end: datetime

    def nearest(self, moment: datetime) -> datetime:
        return min(max(moment, self.start), self.end)


class WorkCalendar:
    """The working time of one company.

    Args:
        working_hours: by weekday from Monday: `["09:00", "17:00"]`, the end up to "24:00", or None.
        holidays: `[{"date": "2026-12-25", "name": …}]`.

    Raises:
        CalendarError: they are something else.
    """

    def __init__(
        self, zone: ZoneInfo, working_hours: Sequence[Any], holidays: Sequence[Mapping[str, Any]]
    ) -> None:
        self.zone = zone
        self.week = read_week(working_hours)
        self.holidays = frozenset(read_holidays(holidays))

    def shift_of(self, day: date) -> Shift | None:
        """The working time of a day; None for a day off, a holiday, and one that a zone skips."""
        hours = self.week[day.weekday()]
        if hours is None or day in self.holidays:
            return None
        start = self._moment(day, hours.start)
        end = self._last(day, hours.end) if hours.end else self._moment(day + A_DAY, time())
        there_is = start < end and start.astimezone(self.zone).date() == day
        return Shift(day, start, end) if there_is else None

    def is_working(self, moment: datetime) -> bool:
        shift = self.shift_of(moment.astimezone(self.zone).date())
        return shift is not None and shift.start <= moment <= shift.end

    def end_of_day(self, day: date) -> datetime:
        """When work ends on that day; a minute to midnight where there is none."""
        shift = self.shift_of(day)
        return shift.end if shift else self._moment(day, time(23, 59))

    def add_working(
        self,
        start: datetime,
        *,
        weeks: float = 0,
        days: float = 0,
        hours: float = 0,
        minutes: float = 0,
    ) -> datetime:
        """The moment that much working time later; always one at which the company works.

        What starts outside working time starts when work begins next. A day is the next working
        day at the same time of day, or the nearest to it in that day's hours; a week is as many
        of them as the company's week has. Hours and minutes, counted after the days, pass while
        the company works only; a part of a day is that part of an average one.

        Raises:
            CalendarError: no day of the week is a working day, or it is a century away.
        """
        return self._count(start, 1, weeks * self._days_a_week + days, hours * 60 + minutes)

    def subtract_working(
        self,
        start: datetime,
        *,
        weeks: float = 0,
        days: float = 0,
        hours: float = 0,
        minutes: float = 0,
    ) -> datetime:
        """The same backwards: what starts outside working time starts when work ended before."""
        return self._count(start, -1, weeks * self._days_a_week + days, hours * 60 + minutes)

    @property
    def _days_a_week(self) -> int:
        return sum(1 for hours in self.week if hours)

    def _average_day(self) -> timedelta:
        some_monday = date(2001, 1, 1)
        lengths = [
            datetime.combine(some_monday + (NOTHING if hours.end else A_DAY), hours.end or time())
            - datetime.combine(some_monday, hours.start)
            for hours in self.week
            if hours
        ]
        return sum(lengths, NOTHING) / len(lengths)

    def _count(self, start: datetime, step: int, days: float, minutes: float) -> datetime:
        if not self._days_a_week:
            raise CalendarError("The company has no working days. Set its working hours first.")
        if days < 0 or minutes < 0:
            raise ValueError("Working time is counted in one direction: subtract what is negative.")
        length = timedelta(minutes=minutes) + self._average_day() * (days % 1)
        try:
            moment = self._after_days(start, step, int(days))
            return self._after_length(moment, step, length)
        except OverflowError as error:  # beyond the year 9999
            raise _too_far() from error

    def _after_days(self, start: datetime, step: int, days: int) -> datetime:
        shifts = self._shifts(start, step)
        shift = next(shifts)
        begin = shift.nearest(start.astimezone(UTC))
        if not days:
            return begin
        clock = begin.astimezone(self.zone)
        # Midnight at the end of a shift is the next day's for a clock, and this day's for people.
        from_end = clock.date() - shift.day
        for _ in range(days):
            shift = next(shifts)
        return shift.nearest(self._moment(shift.day + from_end, clock.time()))

    def _after_length(self, moment: datetime, step: int, length: timedelta) -> datetime:
        for shift in self._shifts(moment, step):
            moment = shift.nearest(moment)
            left = shift.end - moment if step > 0 else moment - shift.start
            if length <= left:
                return moment + step * length
            length -= left
        raise AssertionError("The shifts of a calendar do not end without an error.")

    def _shifts(self, start: datetime, step: int) -> Iterator[Shift]:
        """The shift at or next to `start`, then those after it; before it when `step` is -1."""
        start = start.astimezone(UTC)
        day = start.astimezone(self.zone).date() - step * A_DAY  # a shift may end at midnight
        for _ in range(FURTHEST):
            shift = self.shift_of(day)
            if shift and (start <= shift.end if step > 0 else shift.start <= start):
                yield shift
            day += step * A_DAY
        raise _too_far()

    def _last(self, day: date, clock: time) -> datetime:
        """The second of the two moments where the clock is turned back over this time."""
        return max(self._moment(day, clock), self._moment(day, clock.replace(fold=1)))

    def _moment(self, day: date, clock: time) -> datetime:
        """A wall clock time; one that is skipped in spring is as much later as the clock jumps."""
        if not date.min + A_DAY <= day <= date.max - A_DAY:
            raise OverflowError
        return datetime.combine(day, clock, self.zone).astimezone(UTC)


def read_week(document: Any) -> tuple[Hours | None, ...]:
    """The hours of the seven weekdays.

    Raises:
        CalendarError: with the number of the weekday.
    """
    if not isinstance(document, list | tuple) or len(document) != len(WEEKDAYS):
        raise CalendarError("Working hours are seven entries, from Monday to Sunday.")
    return tuple(_read_hours(place, entry) for place, entry in enumerate(document))


def _read_hours(place: int, entry: Any) -> Hours | None:
    if entry is None:
        return None
    if not isinstance(entry, list | tuple) or len(entry) != 2:
        raise CalendarError(f"{WEEKDAYS[place]} needs a beginning and an end, or neither.", place)
    start, end = (_read_clock(clock, place) for clock in entry)
    if start is None or (end is not None and end <= start):
        raise CalendarError(f"On {WEEKDAYS[place]} work must begin before it ends.", place)
    return Hours(start, end)


def _read_clock(clock: Any, place: int) -> time | None:
    """None is midnight at the end of the day."""
    if clock == MIDNIGHT:
        return None
    found = _CLOCK.match(clock) if isinstance(clock, str) else None
    if found is None:
        raise CalendarError(f"{WEEKDAYS[place]} needs times such as 09:00.", place)
    return time(int(found[1]), int(found[2]))


def read_holidays(document: Any) -> dict[date, str]:
    """Names of the holidays by their day.

    Raises:
        CalendarError: with the number of the holiday.
    """
    if not isinstance(document, list | tuple):
        raise CalendarError("Holidays are a list.")
    found: dict[date, str] = {}
    for place, entry in enumerate(document):
        day = _read_day(entry, place)
        if day in found:
            raise CalendarError("This day is in the list twice.", place)
        found[day] = str(entry.get("name") or "")
    return found


def _read_day(entry: Any, place: int) -> date:
    text = entry.get("date") if isinstance(entry, Mapping) else None
    try:
        day = date.fromisoformat(text if isinstance(text, str) else "")
    except ValueError:
        day = None
    if day is None or day.isoformat() != text:  # Python reads other spellings too
        raise CalendarError("A holiday needs a date such as 2026-12-25.", place)
    return day


def _too_far() -> CalendarError:
    return CalendarError("That much working time takes longer than a century.")
