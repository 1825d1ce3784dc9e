"""Parts of a document as text: written for people, read with the line of what is wrong."""

from collections.abc import Mapping
from typing import Any

from django import forms

from definitions.documents import Document, read_text, to_yaml
from definitions.errors import BundleInvalid

LONGEST = 100_000


class DocumentText(forms.CharField):
    """YAML or JSON; nothing is None. Once read, it knows the line of each place in it."""

    read: Document | None = None

    def __init__(self, label: str, *, rows: int = 6, example: str = "", **more: Any) -> None:
        attrs = {"rows": rows, "spellcheck": "false", "class": "ds-text short"}
        if example:
            attrs["placeholder"] = example
        super().__init__(
            label=label,
            required=False,
            strip=False,
            max_length=LONGEST,
            widget=forms.Textarea(attrs=attrs),
            **more,
        )

    def clean(self, value: Any) -> Any:
        text = super().clean(value)
        if not text.strip():
            return None
        try:
            self.read = read_text(text)
        except BundleInvalid as error:
            problem = error.problems[0]
            raise forms.ValidationError(with_line(problem.line, problem.words)) from error
        return self.read.value

    def line_of(self, place: str) -> int | None:
        """The line of a JSON pointer into what was read."""
        return self.read.line_of(place) if self.read is not None else None


def with_line(line: int | None, words: str) -> str:
    """ "Line 3: …", where the line is known."""
    return f"Line {line}: {words}" if line else words


def written(value: Any) -> str:
    """The text of a part; nothing for nothing."""
    return "" if value is None or value == [] or value == {} else to_yaml(value).rstrip("\n")


def template_text(task: Mapping[str, Any], name: str) -> str:
    """The text of a transform, in which an empty group is not nothing."""
    value = task.get(name)
    return "{}" if value == {} else "[]" if value == [] else written(value)
