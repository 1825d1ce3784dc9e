"""Small pieces of a page as HTML: what list columns and template tags both draw."""

from datetime import date, datetime
from typing import Any
from zlib import crc32

from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe

from admin_site import statuses, times
from admin_site.statuses import Status, Tone

SYSTEM = "system"


def icon(name: str, css: str = "") -> SafeString:
    """A symbol of the icon font; not read out, so never the only word of a control."""
    return format_html(
        '<span class="material-symbols-outlined {}" aria-hidden="true">{}</span>', css, name
    )


def label(text: str, tone: Tone | str = Tone.GREY, symbol: str = "") -> SafeString:
    """A chip with a text of its own; `symbol` takes the place of the dot."""
    if symbol:
        return format_html(
            '<span class="tf-chip icon {}">{}{}</span>', str(tone), icon(symbol), text
        )
    return format_html('<span class="tf-chip {}">{}</span>', str(tone), text)


def chip(value: Any, kind: str = "task") -> SafeString:
    """The chip of a stored status, or of a `Status`."""
    shown = value if isinstance(value, Status) else statuses.status(kind, value)
    return label(shown.word, shown.tone)


def count(number: int | str | None, *, hot: bool = False) -> SafeString:
    """A round grey number; red when it is bad news. Nothing for None."""
    if number is None or number == "":
        return mark_safe("")  # a constant
    return format_html('<span class="tf-count{}">{}</span>', " hot" if hot else "", number)


def name_of(who: Any) -> str:
    """The name people know somebody by: full name, else e-mail, else the text itself."""
    if who is None:
        return ""
    if hasattr(who, "get_full_name"):
        return who.get_full_name() or str(getattr(who, "email", "")) or str(who)
    return str(who)


def first_name_of(who: Any) -> str:
    """The first name, where there is one."""
    return str(getattr(who, "first_name", "") or "") or name_of(who).split(" ")[0].split("@")[0]


def initials(name: str) -> str:
    """ "AW" for Ana Weber; at most two letters."""
    words = [word for word in name.split(" (")[0].replace("@", " ").split() if word[0].isalnum()]
    if not words:
        return "?"
    return (words[0][0] + (words[-1][0] if len(words) > 1 else "")).upper()


def avatar(who: Any, size: str = "") -> SafeString:
    """A round mark for a person (initials, a hue of their own), the system, or nobody.

    `who` is a person, a name, `html.SYSTEM`, or nothing for the dashed empty circle.
    """
    if who == SYSTEM:
        return format_html(
            '<span class="tf-av sys {}" aria-hidden="true">{}</span>', size, icon("bolt")
        )
    name = name_of(who)
    if not name:
        return format_html('<span class="tf-av none {}" aria-hidden="true"></span>', size)
    hue = crc32(name.encode("utf-8", "replace")) % 360
    return format_html(
        '<span class="tf-av {}" style="--h:{}" aria-hidden="true">{}</span>',
        size,
        hue,
        initials(name),
    )


def person(who: Any, *, short: bool = False) -> SafeString:
    """Avatar and name; "System" for the system, "Nobody" in orange for nobody."""
    if who == SYSTEM:
        return format_html('<span class="tf-who">{}System</span>', avatar(SYSTEM))
    if not name_of(who):
        return format_html(
            '<span class="tf-who">{}<span class="tf-orange">Nobody</span></span>', avatar(None)
        )
    shown = first_name_of(who) if short else name_of(who)
    return format_html('<span class="tf-who">{}<span>{}</span></span>', avatar(who), shown)


def moment(value: date | None, prefix: str = "") -> SafeString:
    """A `<time>` in words ("since Tue 14:10"); the exact time shows on hover."""
    if value is None:
        return mark_safe("")  # a constant
    words = f"{prefix} {times.when(value)}".strip()
    hint = times.exact(value) if isinstance(value, datetime) else times.long_day(value)
    return format_html('<time datetime="{}" title="{}">{}</time>', value.isoformat(), hint, words)


def due(value: datetime | None, *, hint: bool = True) -> SafeString:
    """When something is due: red when late, orange today, "no date" without one."""
    shown = times.due(value)
    small = format_html("<small>{}</small>", shown.hint) if hint and shown.hint else ""
    return format_html('<span class="tf-due {}">{}{}</span>', shown.tone, shown.text, small)


def two_lines(title: Any, meta: Any = "", *, strong: bool = False) -> SafeString:
    """A title over a small grey line: the main cell of a list."""
    return format_html(
        '<span class="tf-two-lines"><span class="{}">{}</span><span class="tf-xs">{}</span></span>',
        "tf-m" if strong else "", title, meta,
    )  # fmt: skip
