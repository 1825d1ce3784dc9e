"""The parts every page is made of. `{% load flower %}`.

Values come from `admin_site.parts`; the look of each part is a section of ticketflower.css.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any

from django import template
from django.template import Context
from django.template.loader import render_to_string
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe

from admin_site import html, times
from admin_site.parts import Condition, Entry, Fact, Pill, Row, RowGroup, Step, Tab, Tile

register = template.Library()

PARTS = "admin_site/parts/"


# --- marks ---------------------------------------------------------------------------------------


@register.simple_tag
def icon(name: str, css: str = "") -> SafeString:
    """`{% icon "check" %}`: a symbol of the icon font (Material Symbols name)."""
    return html.icon(name, css)


@register.simple_tag
def chip(value: Any, kind: str = "task") -> SafeString:
    """`{% chip task.t_status "task" %}`: the chip of a status.

    `kind`: task, workflow, error, error_type, definition, task_type, import, mark; not asked for
    when `value` is a `Status`.
    """
    return html.chip(value, kind)


@register.simple_tag
def label(text: str, tone: str = "", symbol: str = "") -> SafeString:
    """`{% label "With Ana" "primary" %}`: a chip with its own words.

    `tone`: info (blue), success, warning (orange), danger (red), primary (violet), "" (grey).
    `symbol`: an icon in place of the dot.
    """
    return html.label(text, tone, symbol)


@register.simple_tag
def count(number: int | str | None, hot: bool = False) -> SafeString:
    """`{% count 48 %}`, `{% count 5 hot=True %}`: a round number; None draws nothing."""
    return html.count(number, hot=hot)


@register.simple_tag
def avatar(who: Any, size: str = "") -> SafeString:
    """`{% avatar person %}`, `{% avatar "system" %}`, `{% avatar None %}`; `size="l"` is larger."""
    return html.avatar(who, size)


@register.simple_tag
def person(who: Any, short: bool = False) -> SafeString:
    """`{% person task.assigned_to %}`: avatar and name, or "Nobody"; `short=True`: first name."""
    return html.person(who, short=short)


@register.filter
def first_name(who: Any) -> str:
    """`{{ person|first_name }}`."""
    return html.first_name_of(who)


@register.filter
def full_name(who: Any) -> str:
    """`{{ person|full_name }}`: the full name, or the e-mail address where there is none."""
    return html.name_of(who)


# --- times ---------------------------------------------------------------------------------------


@register.simple_tag
def when(value: date | None, prefix: str = "") -> SafeString:
    """`{% when ticket.created_at %}` → "Tue 14:10"; `{% when x "since" %}` → "since Tue 14:10"."""
    return html.moment(value, prefix)


@register.simple_tag
def due(value: datetime | None, hint: bool = True) -> SafeString:
    """`{% due task.due_at %}`: red when late, orange today; `hint=False` drops "in 5 hours"."""
    return html.due(value, hint=hint)


@register.filter
def distance(value: datetime | None) -> str:
    """`{{ value|distance }}` → "in 2 days", "5 hours ago"."""
    return times.distance(value) if value else ""


@register.filter
def age(value: datetime | None) -> str:
    """`{{ value|age }}` → "5 h"."""
    return times.age(value)


@register.filter
def span(value: timedelta | float | None, parts: int = 1) -> str:
    """`{{ duration|span }}` → "12 minutes", `|span:2` → "1 day 2 hours"; a number means seconds."""
    if value is None:
        return ""
    length = value if isinstance(value, timedelta) else timedelta(seconds=float(value))
    return times.span(length, parts)


@register.filter
def day(value: date | None) -> str:
    """`{{ value|day }}` → "tomorrow", "Mon 30 Nov"."""
    return times.day(value) if value else ""


@register.filter
def long_day(value: date | None) -> str:
    """`{{ value|long_day }}` → "Wednesday 25 November"."""
    return (
        times.long_day(times.local(value) if isinstance(value, datetime) else value)
        if value
        else ""
    )


# --- controls ------------------------------------------------------------------------------------


@register.simple_tag
def btn(
    text: str,
    href: str = "",
    variant: str = "primary",
    icon: str = "",
    after: str = "",
    size: str = "",
    name: str = "",
    value: str = "",
    form: str = "",
    css: str = "",
    title: str = "",
) -> SafeString:
    """`{% btn "Send" %}` submits its form; `{% btn "Cancel" href=url variant="ghost" %}` is a link.

    `variant`: primary (one per view), default, ghost, danger (red words, never a red block).
    `icon` stands before the words, `after` behind them; `size`: sm, lg, "". `form` is the id of a
    form elsewhere on the page. Without words `title` is required: it is what is read out.
    """
    before = html.icon(icon) if icon else ""
    behind = html.icon(after) if after else ""
    look = f"tf-btn {variant} {size} {css}"
    hint = format_html(' title="{0}" aria-label="{0}"', title) if title else ""
    if href:
        return format_html(
            '<a class="{}" href="{}"{}>{}{}{}</a>', look, href, hint, before, text, behind
        )
    extra = mark_safe("")  # a constant
    for key, given in (("name", name), ("value", value), ("form", form)):
        if given:
            extra = format_html('{} {}="{}"', extra, key, given)
    return format_html(
        '<button type="submit" class="{}"{}{}>{}{}{}</button>',
        look, extra, hint, before, text, behind,
    )  # fmt: skip


@register.inclusion_tag(PARTS + "tabs.html")
def tabs(items: Iterable[Tab]) -> dict[str, Any]:
    """`{% tabs view_tabs %}`: saved views with their counts; `items` are `parts.Tab`."""
    return {"items": items}


@register.inclusion_tag(PARTS + "pills.html")
def pills(items: Iterable[Pill]) -> dict[str, Any]:
    """`{% pills filters %}`: filters, open without JavaScript too; `items` are `parts.Pill`."""
    return {"items": items}


@register.inclusion_tag(PARTS + "search_box.html")
def search_box(
    name: str = "q",
    value: str = "",
    placeholder: str = "Search",
    big: bool = False,
    keep: Any = None,
) -> dict[str, Any]:
    """`{% search_box value=q placeholder="Number, title, person" %}`: a GET search form.

    `keep` is a mapping of further parameters to carry along.
    """
    kept = dict(keep) if isinstance(keep, Mapping) else {}
    return {"name": name, "value": value, "placeholder": placeholder, "big": big, "keep": kept}


# --- containers ----------------------------------------------------------------------------------


@register.simple_block_tag
def card(
    content: str, title: str = "", meta: str = "", href: str = "", link: str = "",
    number: int | str | None = None, flush: bool = False, css: str = "", id: str = "",
) -> SafeString:  # fmt: skip
    """`{% card title="Files" %}…{% endcard %}`: the box everything stands in.

    `meta` is small text beside the title, `number` a count, `href` and `link` a link on the right.
    `flush=True` leaves out the padding, for rows and tables.
    """
    head = mark_safe("")  # a constant
    if title:
        side = format_html('<a class="tf-sp tf-link" href="{}">{}</a>', href, link) if href else ""
        small = format_html('<span class="tf-xs">{}</span>', meta) if meta else ""
        head = format_html(
            '<header><h2 class="tf-h2">{}</h2>{}{}{}</header>',
            title,
            html.count(number),
            small,
            side,
        )
    body = content if flush else format_html('<div class="b">{}</div>', content)
    anchor = format_html(' id="{}"', id) if id else ""
    return format_html('<section class="tf-card {}"{}>{}{}</section>', css, anchor, head, body)


@register.simple_block_tag
def note(content: str, tone: str = "", symbol: str = "info", css: str = "") -> SafeString:
    """`{% note "red" "error" %}…{% endnote %}`: something to know before going on.

    `tone`: red, orange, green, primary, or "" for grey.
    """
    return format_html(
        '<div class="tf-note {} {}"{}>{}<div class="tf-note-text">{}</div></div>',
        tone, css, mark_safe(' role="alert"') if tone == "red" else "", html.icon(symbol), content,
    )  # fmt: skip


@register.simple_block_tag(takes_context=True)
def pagehead(
    context: Context, content: str, title: str = "", eyebrow: str = "", lead: str = "",
    symbol: str = "", tone: str = "", back: str = "", back_text: str = "",
) -> SafeString:  # fmt: skip
    """`{% pagehead title="Buy something" %}…buttons…{% endpagehead %}`: the big title of a page.

    `eyebrow` is the small line above, `back`/`back_text` a link before it, `lead` the grey line
    below; the content stands on the right. The title is the `<h1>` in the calm shell and an `<h2>`
    in the sidebar shell, whose header already holds the `<h1>`.
    """
    values = {
        "heading": "h2" if context.get("shell") == "sidebar" else "h1",
        "title": title,
        "eyebrow": eyebrow,
        "lead": lead,
        "symbol": symbol,
        "tone": tone,
        "back": back,
        "back_text": back_text,
        "side": content if content.strip() else "",
    }
    return SafeString(render_to_string(PARTS + "page_head.html", values))


@register.simple_block_tag
def actionbar(content: str) -> SafeString:
    """`{% actionbar %}…{% endactionbar %}` in `{% block footer %}`: buttons that stay in sight.

    On phones it takes the place of the bottom navigation.
    """
    return format_html(
        '<div class="tf-bar" role="region" aria-label="Actions"><div>{}</div></div>', content
    )


# --- content -------------------------------------------------------------------------------------


@register.inclusion_tag(PARTS + "facts.html")
def facts(items: Sequence[Any], wide: bool = False) -> dict[str, Any]:
    """`{% facts known %}`: a key-value list; `items` are `parts.Fact` or (label, value) pairs."""
    shown = [item if isinstance(item, Fact) else Fact(*item) for item in items]
    return {"items": shown, "wide": wide}


@register.inclusion_tag(PARTS + "tracker.html")
def tracker(steps: Sequence[Step], vertical: bool = False, small: bool = False) -> dict[str, Any]:
    """`{% tracker steps %}`: where a request is; `steps` are `parts.Step`.

    Lies on wide pages and stands on phones; `vertical=True` always stands, `small=True` is the
    narrow form for the side of a page.
    """
    return {"steps": steps, "vertical": vertical, "small": small}


@register.inclusion_tag(PARTS + "timeline.html", takes_context=True)
def timeline(context: Context, entries: Iterable[Entry]) -> dict[str, Any]:
    """`{% timeline entries %}`: what has happened, newest first; `entries` are `parts.Entry`.

    The reader's own name is shown as "You".
    """
    request = context.get("request")
    return {"entries": entries, "reader": getattr(request, "user", None)}


@register.inclusion_tag(PARTS + "why.html")
def why(lines: Sequence[Condition], open: bool = False) -> dict[str, Any]:
    """`{% why conditions %}`: "Why this way?": each condition, what it read, whether it held."""
    return {"lines": lines, "open": open}


@register.inclusion_tag(PARTS + "inbox.html", takes_context=True)
def inbox(context: Context, groups: Sequence[RowGroup]) -> dict[str, Any]:
    """`{% inbox groups %}` in a `{% card flush=True %}`: rows under headings, due time first."""
    return {"groups": groups, "csrf_token": context.get("csrf_token")}


@register.inclusion_tag(PARTS + "rows.html", takes_context=True)
def rows(context: Context, items: Sequence[Row]) -> dict[str, Any]:
    """`{% rows items %}` inside a `{% card flush=True %}`: short rows with an optional button."""
    return {"rows": items, "csrf_token": context.get("csrf_token")}


@register.inclusion_tag(PARTS + "tile.html")
def tile(item: Tile) -> dict[str, Any]:
    """`{% tile choice %}` inside `<div class="tf-tiles">`; `item` is a `parts.Tile`."""
    return {"item": item}


@register.simple_tag
def stat(title: str, value: Any, meta: str = "", href: str = "", tone: str = "") -> SafeString:
    """`{% stat "Overdue" 5 "since 3 days" href=url tone="red" %}` in `<div class="tf-stats">`."""
    inner = format_html(
        '<span class="tf-sub">{}</span><b class="{}">{}</b><span class="tf-xs">{}</span>',
        title, f"tf-{tone}" if tone else "", value, meta,
    )  # fmt: skip
    if href:
        return format_html('<a class="tf-card tf-stat" href="{}">{}</a>', href, inner)
    return format_html('<div class="tf-card tf-stat">{}</div>', inner)


@register.inclusion_tag(PARTS + "empty.html")
def empty(
    title: str, text: str = "", symbol: str = "local_florist", href: str = "", button: str = "",
    tone: str = "",
) -> dict[str, Any]:  # fmt: skip
    """`{% empty "All done" "Nothing waits for you." href=url button="Look at the queue" %}`.

    One good sentence and one next step; `tone`: green, orange, red, grey, "" for violet.
    """
    return {
        "title": title,
        "text": text,
        "symbol": symbol,
        "href": href,
        "button": button,
        "tone": tone,
    }


# --- forms ---------------------------------------------------------------------------------------


@register.inclusion_tag(PARTS + "field.html")
def field(bound: Any, hint: str = "") -> dict[str, Any]:
    """`{% field form.email %}`: label, control, help and errors of one field, tied together for
    screen readers. The required star is drawn here, whatever the label ends in."""
    return {"field": bound, "hint": hint or bound.help_text}


@register.inclusion_tag(PARTS + "form_errors.html")
def form_errors(form: Any) -> dict[str, Any]:
    """`{% form_errors form %}`: one red note on top that leads to each field with an error."""
    wrong = [form[name] for name in form.errors if name in form.fields]
    return {"form": form, "wrong": wrong}
