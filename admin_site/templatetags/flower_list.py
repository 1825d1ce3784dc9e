"""List pages: rows, columns, filters and pages of a changelist. `{% load flower_list %}`.

The theme's own row tag works out every heading again for every cell of every row; this one does
it once, and its cells carry no classes that only make sense in the theme's layout.
"""

from collections.abc import Iterator, Mapping
from datetime import date, datetime
from typing import Any, NamedTuple

from django import template
from django.contrib.admin.templatetags.admin_list import result_headers
from django.contrib.admin.templatetags.admin_urls import admin_urlname as named_url
from django.contrib.admin.utils import display_for_field, display_for_value, lookup_field
from django.contrib.admin.views.main import PAGE_VAR, SEARCH_VAR
from django.core.exceptions import ObjectDoesNotExist
from django.db import models
from django.template import Context
from django.template.loader import render_to_string
from django.urls import NoReverseMatch
from django.utils.html import format_html
from django.utils.safestring import SafeString
from unfold.utils import display_for_header, display_for_label

from admin_site import html
from admin_site.parts import Pill, Tab

register = template.Library()
register.filter("admin_urlname", named_url)

CHECKBOX = "action_checkbox"


class Heading(NamedTuple):
    """One column's head."""

    text: Any
    css: str
    href: str = ""
    sorted: str = ""
    toggle: bool = False


@register.simple_tag(takes_context=True)
def list_results(context: Context, cl: Any) -> SafeString:
    """`{% list_results cl %}`: the table of a list page, or its empty state."""
    name = (
        "admin_site/parts/results.html" if cl.result_list else "unfold/helpers/empty_results.html"
    )
    more = _table(cl) if cl.result_list else {"empty": context.get("empty") or {}}
    return SafeString(render_to_string(name, {"cl": cl, **more}, context.get("request")))


def _table(cl: Any) -> dict[str, Any]:
    heads = list(_heads(cl))
    return {"heads": heads, "rows": [list(_cells(cl, row, heads)) for row in cl.result_list]}


def _heads(cl: Any) -> Iterator[Heading]:
    keep = _kept_when_small(cl)
    for name, head in zip(cl.list_display, result_headers(cl), strict=True):
        css = f"column-{name}" + (" keep" if name in keep else "")
        if name == CHECKBOX:
            yield Heading("", "action-checkbox-column", toggle=True)
        elif head.get("sortable"):
            yield Heading(_capital(head["text"]), css, str(head["url_primary"]), _order(head))
        else:
            yield Heading(_capital(head["text"]), css)


def _order(head: Mapping[str, Any]) -> str:
    """How the list is sorted by this column, in the words of `aria-sort`."""
    if not head["sorted"]:
        return ""
    return "ascending" if head["ascending"] else "descending"


def _capital(text: Any) -> str:
    words = str(text)
    return words[:1].upper() + words[1:]


def _kept_when_small(cl: Any) -> tuple[str, ...]:
    """The columns that stay beside the main one on a phone; without a wish, the second."""
    wished = getattr(cl.model_admin, "small_columns", None)
    columns = [str(name) for name in cl.list_display if name != CHECKBOX]
    return tuple(wished) if wished is not None else tuple(columns[1:2])


def _cells(cl: Any, row: models.Model, heads: list[Heading]) -> Iterator[SafeString]:
    linked = False
    for name, head in zip(cl.list_display, heads, strict=True):
        if head.toggle:
            yield format_html(
                '<td class="action-checkbox"><input type="checkbox" class="action-select"'
                ' name="_selected_action" value="{}" aria-label="Select this row"></td>', row.pk,
            )  # fmt: skip
            continue
        shown = _shown(cl, row, name)
        if _is_link(cl, name, linked):
            linked = True
            yield format_html('<th scope="row" class="main">{}</th>', _link(cl, row, shown))
        else:
            yield format_html('<td class="{}">{}</td>', head.css, shown)


def _is_link(cl: Any, name: str, linked: bool) -> bool:
    links = cl.list_display_links
    if links is None:
        return False
    return name in links if links else not linked


def _link(cl: Any, row: models.Model, shown: Any) -> Any:
    """By the admin's own `url_of`, since a row's page may be a page of the site."""
    try:
        address = (
            cl.model_admin.url_of(row)
            if hasattr(cl.model_admin, "url_of")
            else cl.url_for_result(row)
        )
    except NoReverseMatch:
        return shown
    return format_html('<a href="{}">{}</a>', address, shown)


def _shown(cl: Any, row: models.Model, name: str) -> Any:
    """One value as people read it: times in words, choices by their label, nothing as a dash."""
    nothing = cl.model_admin.get_empty_value_display()
    attr: Any
    try:
        field, attr, value = lookup_field(name, row, cl.model_admin)
    except ObjectDoesNotExist:
        return nothing
    if value is None or value == "":
        return getattr(attr, "empty_value_display", nothing)
    if getattr(attr, "label", None):
        return display_for_label(value, nothing, attr.label)
    if getattr(attr, "header", None):
        return display_for_header(value, nothing)
    if isinstance(value, datetime | date):
        return html.moment(value)
    if field is None or field.auto_created:
        return display_for_value(value, nothing, getattr(attr, "boolean", False))
    if isinstance(field.remote_field, models.ManyToOneRel):
        return value
    return display_for_field(value, field, nothing)


# --- around the table ----------------------------------------------------------------------------


@register.simple_tag
def list_size(cl: Any) -> str:
    """`{% list_size cl %}` → "48 tickets", "1,000+ tickets"."""
    number = getattr(cl.paginator, "shown_count", cl.result_count)
    words = (cl.opts.verbose_name, cl.opts.verbose_name_plural)
    one, many = getattr(cl.model_admin, "row_words", None) or words
    return f"{number} {one if cl.result_count == 1 else many}"


@register.simple_tag
def list_keep(cl: Any) -> dict[str, str]:
    """The filters in force, for the search box to carry along."""
    return {
        name: values[-1]
        for name, values in cl.filter_params.items()
        if name != SEARCH_VAR and isinstance(values, list) and values
    }


@register.simple_tag
def list_pills(cl: Any) -> list[Pill]:
    """The list's filters as pills; the first choice of a filter is "any"."""
    return [pill for pill in (_pill(cl, spec) for spec in cl.filter_specs) if pill.choices]


def _pill(cl: Any, spec: Any) -> Pill:
    choices = [choice for choice in spec.choices(cl) if "display" in choice]
    chosen = [str(choice["display"]) for choice in choices[1:] if choice["selected"]]
    return Pill(
        title=_capital(spec.title),
        value=", ".join(chosen),
        clear=str(choices[0]["query_string"]) if chosen else "",
        choices=[
            Tab(
                _capital(choice["display"]),
                str(choice["query_string"]),
                active=bool(choice["selected"]),
            )
            for choice in choices[1:]
        ],
    )


@register.simple_tag
def list_pages(cl: Any) -> dict[str, str]:
    """{summary: "51 to 100 of 1,000+", previous, next}: addresses, or "" where there is none."""
    number, per_page = cl.page_num, cl.list_per_page
    first = (number - 1) * per_page + 1
    last = first + len(cl.result_list) - 1
    total = getattr(cl.paginator, "shown_count", cl.result_count)
    capped = getattr(cl.paginator, "is_capped", False)
    more = len(cl.result_list) == per_page if capped else last < cl.result_count
    return {
        "summary": f"{first:,} to {last:,} of {total}",
        "previous": cl.get_query_string({PAGE_VAR: number - 1}) if number > 1 else "",
        "next": cl.get_query_string({PAGE_VAR: number + 1}) if more else "",
    }


@register.inclusion_tag("admin_site/parts/selection_bar.html", takes_context=True)
def selection_bar(context: Context, cl: Any) -> dict[str, Any]:
    """`{% selection_bar cl %}`: appears when rows are ticked; one button per action.

    An action's `icon` attribute (a symbol's name) stands before its words.
    """
    actions = cl.model_admin.get_actions(context["request"])
    return {
        "actions": [
            {"name": name, "text": _capital(text), "icon": getattr(function, "icon", "")}
            for function, name, text in actions.values()
        ],
        "more": cl.result_count > len(cl.result_list),
        "total": getattr(cl.paginator, "shown_count", cl.result_count),
    }
