"""When the company works: its hours by weekday, and its days off."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, time, timedelta
from typing import Any

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone

from admin_site import times
from admin_site.base import RoleSite
from admin_site.company.company_settings import company_of
from admin_site.forms import PlainForm
from admin_site.parts import Row
from admin_site.people import person_of
from definitions.schemas.words import FILL_IN
from tenants import services
from tenants.calendar import MIDNIGHT, WEEKDAYS, CalendarError, read_holidays, read_week
from tenants.errors import DomainError
from tenants.models import Company
from tenants.services.working_time import LONGEST_NAME

#: What says which form was sent: a hidden field, and the days in the address.
DAY_OFF, REMOVE, TO = "day_off", "remove", "_to_"
USUAL = (time(9), time(17))
A_DAY = timedelta(days=1)


class HoursForm(PlainForm):
    """A box and two times for each weekday; midnight as an end is that of the day's end."""

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        for n, day in enumerate(WEEKDAYS):
            self.fields[f"works_{n}"] = forms.BooleanField(label=day, required=False)
            self.fields[f"from_{n}"] = _clock(f"{day}, from")
            self.fields[f"till_{n}"] = _clock(f"{day}, till")

    def week(self) -> list[Any]:
        return [self._hours(n) for n in range(len(WEEKDAYS))]

    def days(self) -> list["DayFields"]:
        """The fields of each weekday, as the page draws them."""
        return [
            DayFields(day, self[f"works_{n}"], self[f"from_{n}"], self[f"till_{n}"])
            for n, day in enumerate(WEEKDAYS)
        ]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        for n in range(len(WEEKDAYS)):
            for name in (f"from_{n}", f"till_{n}"):
                if cleaned.get(f"works_{n}") and cleaned.get(name, ...) is None:
                    self.add_error(name, FILL_IN)
            self._must_end_after_it_begins(n)
        return cleaned

    def _must_end_after_it_begins(self, n: int) -> None:
        """The verb asks this too, but says it of one day only."""
        start, end = self.cleaned_data.get(f"from_{n}"), self.cleaned_data.get(f"till_{n}")
        if self.cleaned_data.get(f"works_{n}") and start and end and time(0) != end <= start:
            words = f"On {WEEKDAYS[n]} work must begin before it ends."
            self.add_error(f"till_{n}", words)

    @staticmethod
    def of(company: Company) -> dict[str, Any]:
        """What the form starts with; a day off offers the usual hours."""
        initial: dict[str, Any] = {}
        for n, hours in enumerate(read_week(company.working_hours)):
            start, end = (hours.start, hours.end or time(0)) if hours else USUAL
            initial |= {f"works_{n}": hours is not None, f"from_{n}": start, f"till_{n}": end}
        return initial

    def _hours(self, n: int) -> list[str] | None:
        if not self.cleaned_data[f"works_{n}"]:
            return None
        start, end = self.cleaned_data[f"from_{n}"], self.cleaned_data[f"till_{n}"]
        return [f"{start:%H:%M}", f"{end:%H:%M}" if end != time(0) else MIDNIGHT]


@dataclass(frozen=True, slots=True)
class DayFields:
    """One weekday of the form."""

    title: str
    works: forms.BoundField
    start: forms.BoundField
    end: forms.BoundField

    @property
    def errors(self) -> list[str]:
        """What is wrong with either time, once."""
        found = [*self.works.errors, *self.start.errors, *self.end.errors]
        return list(dict.fromkeys(map(str, found)))


class DayOffForm(PlainForm):
    """A day without work, or several in a row."""

    first = forms.DateField(label="Day", widget=forms.DateInput({"type": "date"}))
    last = forms.DateField(
        label="Last day", required=False, help_text="Only for several days in a row.",
        widget=forms.DateInput({"type": "date"}),
    )  # fmt: skip
    name = forms.CharField(
        label="Name",
        max_length=LONGEST_NAME,
        widget=forms.TextInput({"autocomplete": "off", "placeholder": "New Year"}),
    )


@dataclass(frozen=True, slots=True)
class DaysOff:
    """Holidays of one name that follow each other."""

    first: date
    last: date
    name: str


def page(site: RoleSite, request: HttpRequest) -> HttpResponse:
    """Shows hours and days off; one of its forms at a time changes something."""
    if request.method == "POST" and REMOVE in request.GET:
        return _removed(request)
    company = Company.objects.get(pk=company_of(request).pk)
    sent = request.POST if request.method == "POST" else None
    is_day_off = sent is not None and DAY_OFF in sent
    hours = HoursForm(None if is_day_off else sent, initial=HoursForm.of(company))
    day_off = DayOffForm(sent if is_day_off else None)
    if (is_day_off and _added(request, company, day_off)) or (
        not is_day_off and _changed(request, company, hours)
    ):
        return redirect("company:working_time")
    return site.page(
        request, "company/working_time.html",
        title="Working time", hours=hours, day_off=day_off, example=_example(company),
        days_off=[_row(days) for days in _in_a_row(read_holidays(company.holidays).items())],
    )  # fmt: skip


def _removed(request: HttpRequest) -> HttpResponse:
    days = _days(*request.GET[REMOVE].partition(TO)[::2])
    services.remove_holidays(person_of(request), company_of(request), days)
    messages.success(request, "Removed.")
    return redirect("company:working_time")


def _changed(request: HttpRequest, company: Company, form: HoursForm) -> bool:
    if not form.is_valid():
        return False
    try:
        services.change_working_hours(person_of(request), company, form.week())
    except DomainError as error:
        form.refuse(error, {str(n): f"till_{n}" for n in range(len(WEEKDAYS))})
        return False
    messages.success(request, "Saved. What starts from now on counts with these hours.")
    return True


def _added(request: HttpRequest, company: Company, form: DayOffForm) -> bool:
    if not form.is_valid():
        return False
    try:
        services.add_holidays(person_of(request), company, **form.cleaned_data)
    except DomainError as error:
        form.refuse(error)
        return False
    messages.success(request, "Added.")
    return True


def _clock(label: str) -> forms.TimeField:
    widget = forms.TimeInput({"type": "time", "aria-label": label}, format="%H:%M")
    return forms.TimeField(label=label, required=False, widget=widget)


def _example(company: Company) -> str:
    """What a working day means now, or that there is none."""
    try:
        due = company.calendar.add_working(timezone.now(), days=1)
    except CalendarError:
        return ""
    return times.when(due)


def _in_a_row(holidays: Iterable[tuple[date, str]]) -> Iterator[DaysOff]:
    found: DaysOff | None = None
    for day, name in sorted(holidays):
        if found and found.name == name and day - found.last == A_DAY:
            found = DaysOff(found.first, day, name)
            continue
        if found:
            yield found
        found = DaysOff(day, day, name)
    if found:
        yield found


def _row(days: DaysOff) -> Row:
    address = f"{reverse('company:working_time')}?{REMOVE}={days.first}{TO}{days.last}"
    when = f"{times.DAYS[days.first.weekday()]} {_full(days.first)}"
    if days.last != days.first:
        when = f"{_full(days.first)} to {_full(days.last)}"
    return Row(days.name or "Day off", meta=when, action="Remove", action_url=address)


def _full(day: date) -> str:
    """ "25 Dec 2026": among many years, each day says its own."""
    return f"{day.day} {times.MONTHS[day.month - 1]} {day.year}"


def _days(first: str, last: str) -> list[date]:
    try:
        start, end = date.fromisoformat(first), date.fromisoformat(last)
    except ValueError as error:
        raise Http404 from error
    if not 0 <= (end - start).days <= 1_000:
        raise Http404
    return [start + n * A_DAY for n in range((end - start).days + 1)]
