"""What a workflow asks for (`fields`): as a list of rows, and as text."""

from collections.abc import Mapping
from typing import Any

from django.http import HttpRequest

from admin_site.design.editing.links import ListForm
from admin_site.design.editing.texts import DocumentText, written
from admin_site.forms import PlainForm
from definitions.schemas.fields import TYPES

Document = dict[str, Any]

_TYPE_WORDS = {
    "string": "A line of text",
    "text": "Several lines of text",
    "number": "A number",
    "integer": "A whole number",
    "boolean": "Yes or no",
    "date": "A day",
    "datetime": "A day and a time",
    "email": "An e-mail address",
    "url": "A web address",
    "choice": "One of several choices",
    "multichoice": "Several choices",
    "file": "A file",
    "object": "A group of answers",
    "array": "A list",
}
#: What a row has a field for; whatever else a field says is kept.
_ROW_NAMES = ("name", "title", "type", "required", "description", "choices")
_ROW = {
    "type": "object",
    "required": ["name"],
    "properties": {
        "title": {"type": "string", "title": "Question", "maxLength": 200},
        "name": {
            "type": "string",
            "title": "Name",
            "description": "How conditions call it, such as amount",
            "maxLength": 80,
        },
        "type": {
            "title": "Kind of answer",
            "oneOf": [{"const": one, "title": _TYPE_WORDS.get(one, one)} for one in TYPES],
        },
        "required": {"type": "boolean", "title": "Must be answered"},
        "description": {"type": "string", "title": "Help", "maxLength": 255},
        "choices": {
            "type": "string",
            "title": "Choices",
            "description": "One per line",
            "maxLength": 65_000,
        },
    },
}
_SCHEMA = {
    "type": "object",
    "properties": {
        "fields": {"type": "array", "title": "Questions", "items": _ROW, "maxItems": 500}
    },
}


class FieldsForm(ListForm):
    """The questions as rows. `.said()` after validation; None for none."""

    part = "fields"

    def __init__(self, request: HttpRequest, document: Mapping[str, Any]) -> None:
        self.before = list(document.get("fields", ()))
        sent = request.POST if request.method == "POST" else None
        rows = [_as_row(entry) for entry in self.before]
        super().__init__(_SCHEMA, data=sent, initial={"fields": rows}, prefix="asked")

    def said(self) -> list[Document] | None:
        return merged(self.before, self.value.get("fields") or []) or None


class FieldsTextForm(PlainForm):
    """The same as text."""

    fields_text = DocumentText("Questions", rows=18)
    places: Mapping[str, str] = {"fields_text": "/fields"}

    @classmethod
    def of(cls, document: Mapping[str, Any], sent: Any) -> "FieldsTextForm":
        return cls(sent, initial={"fields_text": written(document.get("fields"))})

    def said(self) -> Any:
        return self.cleaned_data["fields_text"]


def _as_row(entry: Document) -> Document:
    row = {name: entry[name] for name in _ROW_NAMES if name in entry}
    row.setdefault("type", "string")
    if isinstance(row.get("choices"), list):
        row["choices"] = "\n".join(_choice_text(choice) for choice in row["choices"])
    return row


def _choice_text(choice: Any) -> str:
    text = choice.get("title") or choice.get("value") if isinstance(choice, dict) else choice
    return " ".join(str(text).split())


def merged(before: list[Document], rows: list[Document]) -> list[Document]:
    """The rows, with all that a field said before and no row can say.

    A row is what was called so before; or, where that name is gone, what stood in its place.
    """
    by_name = {entry["name"]: entry for entry in before}
    names = {row.get("name") for row in rows}
    found = []
    for number, row in enumerate(rows):
        old = by_name.get(row.get("name", ""))
        if old is None and number < len(before) and before[number]["name"] not in names:
            old = before[number]
        found.append(_merged(old or {}, row))
    return found


def _merged(old: Document, row: Document) -> Document:
    kept = {name: value for name, value in old.items() if name not in _ROW_NAMES}
    new = {name: value for name, value in row.items() if value not in ("", [], False)}
    if "choices" in new:
        known = {_choice_text(choice): choice for choice in old.get("choices", ())}
        lines = [" ".join(line.split()) for line in new.pop("choices").splitlines()]
        if chosen := [known.get(line, line) for line in lines if line]:
            new["choices"] = chosen
    ordered = {name: new[name] for name in ("name", *row) if name in new}
    return {**ordered, **kept}
