"""The controls of a form: the theme's widgets, with the types and attributes that browsers know."""

from collections.abc import Mapping
from datetime import date, datetime, time
from typing import Any

from django import forms
from django.forms.widgets import ChoiceWidget
from django.utils.html import format_html_join
from django.utils.safestring import mark_safe
from unfold.widgets import (
    UnfoldAdminCheckboxSelectMultipleWidget,
    UnfoldAdminRadioSelectWidget,
    UnfoldAdminSelectWidget,
    UnfoldAdminTextareaWidget,
    UnfoldAdminTextInputWidget,
    UnfoldBooleanSwitchWidget,
    UnfoldBooleanWidget,
)

from admin_site.schema_forms.numbers import is_number

SELECTED = mark_safe(" selected")


class Line(UnfoldAdminTextInputWidget):
    """One line of a type that browsers know: text, number, date, email, …

    A browser shows nothing in a date field whose value is no date. Nothing typed may be lost, so
    such a value is shown in a plain text field.
    """

    template_name = "schema_forms/widgets/line.html"

    def __init__(
        self,
        kind: str = "text",
        *,
        attrs: Mapping[str, Any] | None = None,
        prefix: str = "",
        suffix: str = "",
    ) -> None:
        super().__init__(dict(attrs or {}))
        self.input_type = kind
        self.affixes = {"prefix": prefix, "suffix": suffix}

    def get_context(self, name: str, value: Any, attrs: dict[str, Any] | None) -> dict[str, Any]:
        context: dict[str, Any] = super().get_context(name, value, attrs)
        widget = context["widget"]
        widget.update(self.affixes)
        if widget["value"] and not _fits(self.input_type, str(widget["value"])):
            widget["type"] = "text"
        return context


class Paragraph(UnfoldAdminTextareaWidget):
    """Long text. The theme's template would lose a line break at the very beginning."""

    template_name = "django/forms/widgets/textarea.html"


class Picker(UnfoldAdminSelectWidget):
    """One of many. The options are drawn at once: Django draws each by a template of its own, which
    is felt in lists of countries."""

    template_name = "schema_forms/widgets/picker.html"

    def optgroups(self, name: str, value: list[str], attrs: Any = None) -> list[Any]:
        return []

    def get_context(self, name: str, value: Any, attrs: dict[str, Any] | None) -> dict[str, Any]:
        context: dict[str, Any] = super().get_context(name, value, attrs)
        chosen = set(context["widget"]["value"])
        context["widget"]["options"] = format_html_join(
            "",
            '<option value="{}"{}>{}</option>',
            ((key, SELECTED if key in chosen else "", title) for key, title in self.choices),
        )
        return context


class _Choices(ChoiceWidget):
    """Choices that all stand on the page; `look` is their class in the style sheet."""

    look = "boxes"

    def get_context(self, name: str, value: Any, attrs: dict[str, Any] | None) -> dict[str, Any]:
        context: dict[str, Any] = super().get_context(name, value, attrs)
        context["widget"]["look"] = self.look
        return context


class Cards(_Choices, UnfoldAdminRadioSelectWidget):
    """One of a few, each a card of its own."""

    template_name = "schema_forms/widgets/choices.html"
    option_template_name = "schema_forms/widgets/choice.html"
    look = "cards"

    def __init__(self, *, choices: Any, attrs: Mapping[str, Any] | None = None) -> None:
        super().__init__(choices=choices, attrs=dict(attrs or {}))

    def id_for_label(self, id_: str, index: str | None = None) -> str:
        # Links in the summary of errors go to the first card, not to a group nobody can focus.
        return str(super().id_for_label(id_, index or "0"))


class Checkboxes(_Choices, UnfoldAdminCheckboxSelectMultipleWidget):
    """Several of a few."""

    template_name = "schema_forms/widgets/choices.html"
    option_template_name = "schema_forms/widgets/choice.html"

    def __init__(self, *, choices: Any) -> None:
        super().__init__(choices=choices)

    def id_for_label(self, id_: str, index: str | None = None) -> str:
        return str(super().id_for_label(id_, index or "0"))


class Switch(UnfoldBooleanSwitchWidget):
    """Yes or no, where not touching it means no."""

    def __init__(self) -> None:
        super().__init__({"class": "sf-switch"})

    def value_from_datadict(self, data: Any, files: Any, name: str) -> Any:
        return data.get(name)


class Tick(UnfoldBooleanWidget):
    """A box to agree to something."""

    def value_from_datadict(self, data: Any, files: Any, name: str) -> Any:
        return data.get(name)


class Said(forms.Widget):
    """Something that is as it is: shown, and not asked."""

    template_name = "schema_forms/widgets/said.html"

    def value_from_datadict(self, data: Any, files: Any, name: str) -> Any:
        return None


def _fits(kind: str, value: str) -> bool:
    """Whether a browser shows the value in a field of this kind."""
    try:
        if kind == "date":
            return len(value) == 10 and bool(date.fromisoformat(value))
        if kind == "datetime-local":
            return value[10:11] == "T" and datetime.fromisoformat(value).tzinfo is None
        if kind == "time":
            return bool(value) and time.fromisoformat(value).tzinfo is None
    except ValueError:
        return False
    return kind != "number" or is_number(value)
