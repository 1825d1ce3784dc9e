"""The working time of the company in force."""

from datetime import date, datetime
from functools import cached_property
from zoneinfo import ZoneInfo

from tenants.calendar import WorkCalendar
from tenants.context import current_company_id
from tenants.models import Company


class CalendarInForce:
    """The calendar of the company in force, read from the database when somebody first asks."""

    @cached_property
    def _calendar(self) -> WorkCalendar:
        companies = Company.objects.only("time_zone", "working_hours", "holidays")
        return companies.get(pk=current_company_id()).calendar

    @property
    def zone(self) -> ZoneInfo:
        return self._calendar.zone

    def end_of_day(self, day: date) -> datetime:
        return self._calendar.end_of_day(day)

    def add_working(self, start: datetime, **amounts: float) -> datetime:
        return self._calendar.add_working(start, **amounts)

    def subtract_working(self, start: datetime, **amounts: float) -> datetime:
        return self._calendar.subtract_working(start, **amounts)
