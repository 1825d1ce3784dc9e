"""When a company works: hours by weekday, and days off. Deadlines count in it where a definition
says so.

Whatever was given a time before keeps it.
"""

from collections.abc import Callable, Iterable, Mapping
from datetime import date, timedelta
from typing import Any

from django.db import transaction

from tenants.audit import record
from tenants.calendar import WEEKDAYS, CalendarError, Hours, read_holidays, read_week
from tenants.errors import DomainError
from tenants.models import Company, User
from tenants.services.checking import must

MOST_HOLIDAYS = 500
MOST_AT_ONCE = 100
LONGEST_NAME = 80
Holidays = dict[date, str]


def change_working_hours(actor: User, company: Company, week: list[Any]) -> Company:
    """Say when the company works.

    Args:
        week: seven entries from Monday: `["09:00", "17:00"]`, or None for a day off.

    Raises:
        NotAllowed; DomainError, with `fields` {number of the weekday: message}.
    """
    must(actor, "tenants.change_company")
    try:
        new = read_week(week)
    except CalendarError as error:
        raise DomainError(error.message, fields=_at(error)) from error
    with transaction.atomic():
        locked = _locked(company)
        old = read_week(locked.working_hours)
        changed = {
            day: [_in_words(before), _in_words(after)]
            for day, before, after in zip(WEEKDAYS, old, new, strict=True)
            if before != after
        }
        locked.working_hours = [_as_json(hours) for hours in new]
        locked.save(update_fields=["working_hours"])
        if changed:
            record(actor, "working hours changed", locked.name, changed)
    return locked


def add_holidays(
    actor: User, company: Company, *, first: date, last: date | None = None, name: str
) -> Company:
    """Add a day without work, or all from `first` to `last`. A day that was there gets the name.

    Raises:
        NotAllowed; DomainError with the field.
    """
    must(actor, "tenants.change_company")
    name = " ".join(name.split())
    days = _days(first, last or first)
    if not name or len(name) > LONGEST_NAME:
        words = "Please fill this in." if not name else f"At most {LONGEST_NAME} characters."
        raise DomainError(words, fields={"name": words})
    return _change_holidays(actor, company, lambda known: {**known, **dict.fromkeys(days, name)})


def remove_holidays(actor: User, company: Company, days: Iterable[date]) -> Company:
    """Work on these days again; one that is no holiday (any more) is none afterwards either.

    Raises:
        NotAllowed.
    """
    must(actor, "tenants.change_company")
    gone = set(days)
    return _change_holidays(
        actor,
        company,
        lambda known: {day: name for day, name in known.items() if day not in gone},
    )


def _change_holidays(
    actor: User, company: Company, change: Callable[[Holidays], Holidays]
) -> Company:
    with transaction.atomic():
        locked = _locked(company)
        old = read_holidays(locked.holidays)
        new = change(old)
        if len(new) > MOST_HOLIDAYS:
            raise DomainError(
                f"At most {MOST_HOLIDAYS} days are kept. Remove some that are over first."
            )
        locked.holidays = [{"date": str(day), "name": new[day]} for day in sorted(new)]
        locked.save(update_fields=["holidays"])
        if old != new:
            changed = {"holidays": [_lines(old), _lines(new)]}
            record(actor, "holidays changed", locked.name, changed)
    return locked


def _days(first: date, last: date) -> list[date]:
    number = (last - first).days + 1
    if number < 1:
        words = "The last day is before the first."
    elif number > MOST_AT_ONCE:
        words = f"At most {MOST_AT_ONCE} days at once."
    else:
        return [first + timedelta(days=n) for n in range(number)]
    raise DomainError(words, fields={"last": words})


def _locked(company: Company) -> Company:
    """Two admins may change it at once: each sees what the other has done."""
    return Company.objects.select_for_update(no_key=True).get(pk=company.pk)


def _at(error: CalendarError) -> dict[str, str]:
    return {} if error.place is None else {str(error.place): error.message}


def _as_json(hours: Hours | None) -> list[str] | None:
    return list(hours.as_text()) if hours else None


def _in_words(hours: Hours | None) -> str:
    return " to ".join(hours.as_text()) if hours else "day off"


def _lines(holidays: Mapping[date, str]) -> list[str]:
    return [f"{day} {name}" for day, name in sorted(holidays.items())]
