"""Files in a form. The answer is the identifier under which a file is kept.

A form keeps no file itself. A fresh upload gets a place holder, and whoever handles the form stores
`form.uploads` and asks `form.value_with` for the value with the real identifiers.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

from django import forms
from django.core.files.uploadedfile import UploadedFile

from admin_site.schema_forms.questions import Answer, Question
from definitions.layouts import Control
from definitions.schemas import JSON

KEPT = ".~kept"
REMOVE = ".~remove"


@dataclass(frozen=True, slots=True)
class Sent:
    """What a browser sends for one file."""

    upload: "UploadedFile[Any] | None" = None
    kept: str = ""
    remove: bool = False


class FileWidget(forms.FileInput):
    """A file to choose, and the one chosen before: its name, and a box to remove it."""

    template_name = "schema_forms/widgets/file.html"
    needs_multipart_form = True

    def __init__(self, names: Mapping[str, str]) -> None:
        super().__init__()
        self.names = names

    def value_from_datadict(self, data: Any, files: Any, name: str) -> Any:
        upload = files.get(name) if files else None
        return Sent(upload, data.get(name + KEPT, ""), bool(data.get(name + REMOVE)))

    def format_value(self, value: Any) -> Any:
        return None

    def get_context(self, name: str, value: Any, attrs: dict[str, Any] | None) -> dict[str, Any]:
        context = super().get_context(name, value, attrs)
        kept = value if isinstance(value, str) else ""
        context["widget"] |= {
            "kept": kept,
            "kept_words": self.names.get(kept, "The file you chose before") if kept else "",
            "kept_name": name + KEPT,
            "remove_name": name + REMOVE,
        }
        return context


class FileQuestion(Question):
    """One file. Only identifiers that the form was given (`before`, `names`) can be kept."""

    def __init__(self, control: Control, before: JSON, names: Mapping[str, str]) -> None:
        super().__init__(control, FileWidget(names), before)
        self.names = names
        self.upload: UploadedFile[Any] | None = None

    def read(self, raw: Any) -> Answer:
        sent = raw if isinstance(raw, Sent) else Sent()
        self.upload = sent.upload
        if sent.upload is not None:
            return Answer(str(uuid4()), filled=True)
        if not sent.kept or sent.remove:
            return self.nothing()
        if sent.kept in self.names or sent.kept == self.before:
            return Answer(sent.kept, filled=True)
        return Answer(sent.kept, filled=True, remark="Please choose the file again.")

    def prepare_value(self, value: Any) -> Any:
        if isinstance(value, Sent):
            return "" if value.remove or value.upload else value.kept
        return value

    def sent(self, value: JSON) -> list[str]:
        return [value] if isinstance(value, str) and value in {*self.names, self.before} else []
