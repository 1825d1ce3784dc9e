"""Values that a ticket admin gives by hand: in the form of their schema, or else as text."""

from collections.abc import Iterable, Mapping
from typing import Any

from django import forms

from admin_site.schema_forms import SchemaForm, Shelf, form_for
from definitions.documents import Document, Limits, read_text, to_json
from definitions.errors import BundleInvalid
from definitions.schemas import JSON, Problem

LIMITS = Limits(bytes=256 * 1024)
WRITTEN = "value"
HELP = 'JSON: names and texts in double quotes, such as {"order": "A-17", "amount": 12.5}.'
MOST_TOLD = 10


class WrittenForm(forms.Form):
    """A value as text. Used like a `SchemaForm`; whatever is wrong is told with its line."""

    use_required_attribute = False
    template_name = "desk/written.html"

    def __init__(self, *, data: Any = None, value: JSON = None, label: str = "Value") -> None:
        super().__init__(data)
        text = "" if value is None else to_json(value)
        rows = min(max(text.count("\n") + 2, 4), 20)
        self.fields[WRITTEN] = forms.CharField(
            label=label,
            required=False,  # that it is empty is said in the words of the reader below
            strip=False,
            help_text=HELP,
            initial=text,
            widget=forms.Textarea(
                attrs={"rows": rows, "spellcheck": "false", "class": "dk-written"}
            ),
        )
        self._document = Document(None)

    @property
    def value(self) -> JSON:
        """Only after `is_valid()` said yes."""
        return self._document.value

    @property
    def wrong(self) -> list[forms.BoundField]:
        return [self[WRITTEN]] if WRITTEN in self.errors else []

    def clean(self) -> dict[str, Any]:
        try:
            self._document = read_text(self.cleaned_data.get(WRITTEN, ""), "value.json", LIMITS)
        except BundleInvalid as refused:
            self._tell((one.message, one.hint, one.line) for one in refused.problems)
        return self.cleaned_data

    def show_problems(self, problems: list[Problem]) -> None:
        """What the schema refused, at the lines where it stands."""
        self._tell(
            (f"{place_in_words(one.path)}{one.message}", "", self._document.line_of(one.path))
            for one in problems
        )

    def _tell(self, found: Iterable[tuple[str, str, int | None]]) -> None:
        for words, hint, line in list(found)[:MOST_TOLD]:
            where = f"Line {line}: " if line else ""
            self.add_error(WRITTEN, f"{where}{words} {hint}".strip())


Given = SchemaForm | WrittenForm


def given_form(
    schema: JSON,
    layout: JSON = None,
    *,
    value: JSON = None,
    data: Any = None,
    label: str = "Value",
    files: Any = None,
    shelf: Shelf | None = None,
) -> Given:
    """A form that starts with `value`: that of the schema where it shows all of the value, so that
    nothing is lost that nobody sees; else its text.
    """
    if schema is None:
        return WrittenForm(data=data, value=value, label=label)
    unchanged = form_for(schema, layout, initial=value, shelf=shelf)
    has_questions = bool(unchanged.fields) and not unchanged.refusal
    if not has_questions or (value is not None and not _holds(unchanged.as_typed(), value)):
        return WrittenForm(data=data, value=value, label=label)
    if data is None:
        return unchanged
    return form_for(schema, layout, data=data, files=files, initial=value, shelf=shelf)


def _holds(shown: JSON, value: JSON) -> bool:
    """Whether everything of `value` is in what a form shows; it may show more, such as defaults."""
    if isinstance(value, Mapping):
        return isinstance(shown, Mapping) and all(
            name in shown and _holds(shown[name], part) for name, part in value.items()
        )
    return type(shown) is type(value) and bool(shown == value)


def place_in_words(path: str) -> str:
    """ "/items/0/price" -> "items, 1, price: "; "" for the whole."""
    steps = [int(step) + 1 if step.isdecimal() else step for step in path.split("/")[1:]]
    return f"{', '.join(map(str, steps))}: " if steps else ""
