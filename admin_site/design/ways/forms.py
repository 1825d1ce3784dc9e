"""What the page of a way asks, beside the rows of its condition."""

from collections.abc import Mapping, Sequence
from typing import Any

from django import forms

from admin_site.design.editing.texts import with_line
from admin_site.forms import PlainForm
from definitions.documents import read_text
from definitions.errors import BundleInvalid
from definitions.logic import check_rule

THE_END = "$"
#: When a way is taken: if rows say so, if nothing else is true, always, if a text says so.
ROWS, OTHERWISE, ALWAYS, TEXT = "rows", "otherwise", "always", "text"


class WayForm(PlainForm):
    """Where a way leads, and how it is chosen."""

    to = forms.ChoiceField(label="Leads to")
    label = forms.CharField(
        label="A word for it",
        max_length=120,
        required=False,
        help_text="Such as “declined”. It stands at the arrow, and whoever asked reads it.",
    )
    how = forms.ChoiceField(
        label="When it is taken",
        choices=[
            (ROWS, "If this is so"),
            (OTHERWISE, "Otherwise: if no other way is true"),
            (ALWAYS, "Always"),
            (TEXT, "If a text says so"),
        ],
        widget=forms.RadioSelect,
    )
    rule = forms.CharField(
        label="The condition as text",
        required=False,
        max_length=100_000,
        strip=False,
        widget=forms.Textarea(
            attrs={"rows": 8, "spellcheck": "false", "class": "ds-text short", "wrap": "off"}
        ),
        help_text="JsonLogic, written as JSON or YAML.",
    )
    places: Mapping[str, str] = {"to": "/to", "label": "/label", "rule": "/condition"}

    def __init__(self, *args: Any, targets: Sequence[tuple[str, str]], **more: Any) -> None:
        super().__init__(*args, **more)
        fields: Any = self.fields
        fields["to"].choices = targets

    def target(self) -> str | None:
        said: str = self.cleaned_data["to"]
        return None if said == THE_END else said.removeprefix(">")


def read_rule(text: str) -> tuple[Any, list[str]]:
    """The rule of a text, and what is wrong with it, with the line."""
    if not text.strip():
        return None, ["Write a condition, or choose another way to say when."]
    try:
        document = read_text(text)
    except BundleInvalid as error:
        return None, [with_line(one.line, one.words) for one in error.problems[:5]]
    wrong = check_rule(document.value, condition=True)
    told = [with_line(document.line_of(one.place), one.words) for one in wrong[:5]]
    return document.value, told
