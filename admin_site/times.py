"""Times as people say them, in the time zone in force (the company's, set by the middleware).

English words come from here and not from a locale, so a page never mixes two languages.
"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.utils import timezone

from tenants.context import is_platform

DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
DAYS_LONG = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
MONTHS_LONG = (
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
)  # fmt: skip
UNITS = ((86_400, "day"), (3_600, "hour"), (60, "minute"))
A_WEEK = 7


def local(value: datetime) -> datetime:
    """The moment on the clock of the time zone in force; a naive value is taken as it is."""
    return timezone.localtime(value) if timezone.is_aware(value) else value


def day(value: date) -> str:
    """ "today", "tomorrow", "yesterday", "Mon 30 Nov", "30 Nov 2025"."""
    today = timezone.localdate()
    value = local(value).date() if isinstance(value, datetime) else value
    near = {-1: "yesterday", 0: "today", 1: "tomorrow"}.get((value - today).days)
    if near:
        return near
    if value.year == today.year:
        return f"{DAYS[value.weekday()]} {value.day} {MONTHS[value.month - 1]}"
    return f"{value.day} {MONTHS[value.month - 1]} {value.year}"


def _clock(moment: datetime) -> str:
    """ "14:10"; on pages of the platform "14:10 UTC", since its people sit anywhere."""
    zone = f" {timezone.get_current_timezone_name()}" if is_platform() else ""
    return f"{moment:%H:%M}{zone}"


def long_day(value: date) -> str:
    """ "Wednesday 25 November", for headings."""
    return f"{DAYS_LONG[value.weekday()]} {value.day} {MONTHS_LONG[value.month - 1]}"


def when(value: date | None) -> str:
    """ "today 14:10", "Tue 14:10" within a week, "16 Nov 14:10", "16 Nov 2025"; "" for None."""
    if value is None:
        return ""
    if not isinstance(value, datetime):
        return day(value)
    moment, today = local(value), timezone.localdate()
    clock = _clock(moment)
    apart = abs((moment.date() - today).days)
    if apart == 0:
        return f"today {clock}"
    if apart < A_WEEK:
        return f"{DAYS[moment.weekday()]} {clock}"
    if moment.year == today.year:
        return f"{moment.day} {MONTHS[moment.month - 1]} {clock}"
    return f"{moment.day} {MONTHS[moment.month - 1]} {moment.year}"


def exact(value: datetime) -> str:
    """ "Tue 24 November 2026, 14:10", shown when the pointer rests on a time."""
    moment = local(value)
    named = f"{DAYS[moment.weekday()]} {moment.day} {MONTHS_LONG[moment.month - 1]}"
    return f"{named} {moment.year}, {_clock(moment)}"


def span(length: timedelta, parts: int = 1) -> str:
    """ "12 minutes", "1 day"; with `parts=2` "1 day 2 hours". Under a minute: "a moment"."""
    left = int(abs(length.total_seconds()))
    words: list[str] = []
    for seconds, name in UNITS:
        number, left = divmod(left, seconds)
        if number and len(words) < parts:
            words.append(f"{number} {name}{'s' if number > 1 else ''}")
    return " ".join(words) or "a moment"


def age(value: datetime | None) -> str:
    """ "5 h", "2 d": how long ago, as short as a table column wants it."""
    if value is None:
        return ""
    seconds = max(0, int((timezone.now() - value).total_seconds()))
    if seconds < 3_600:
        return f"{seconds // 60} min"
    return f"{seconds // 3_600} h" if seconds < 86_400 else f"{seconds // 86_400} d"


def distance(value: datetime) -> str:
    """ "in 5 hours", "tomorrow", "in 2 days"; in the past "5 hours ago", "yesterday"."""
    apart = (local(value).date() - timezone.localdate()).days
    if abs(apart) == 1 and abs(value - timezone.now()) > timedelta(hours=12):
        return "tomorrow" if apart > 0 else "yesterday"
    if abs(apart) > 1:
        return f"in {apart} days" if apart > 0 else f"{-apart} days ago"
    length = value - timezone.now()
    return f"in {span(length)}" if length > timedelta(0) else f"{span(length)} ago"


@dataclass(frozen=True, slots=True)
class Due:
    """A due time as a list shows it: the time, what it means today, and how it is coloured."""

    text: str
    hint: str
    tone: str


def due(value: datetime | None) -> Due:
    """Late is red, today is orange. `None` reads "no date"."""
    if value is None:
        return Due("no date", "", "none")
    text = when(value)
    text = text[0].upper() + text[1:]
    if value < timezone.now():
        return Due(text, f"{span(timezone.now() - value)} late", "late")
    today = local(value).date() == timezone.localdate()
    return Due(text, distance(value), "soon" if today else "")
