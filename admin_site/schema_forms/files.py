"""Files in a form. The answer is the identifier under which a file is kept, or a list of them.

What was chosen is kept as soon as it arrives, before anything is checked: an error elsewhere in the
form loses no file. Where and whether is decided by the `Shelf` that the form is given. Without one
(a preview, a trial) nothing is kept, and a sample stands in for each file.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from django import forms
from django.core.files.uploadedfile import UploadedFile

from admin_site.schema_forms.questions import Answer, Question
from definitions.layouts import MISSING, Control, FilesAsked, files_asked_by
from definitions.schemas import JSON
from definitions.schemas.samples import sample
from tenants.errors import DomainError

KEPT = ".~kept"
REMOVE = ".~remove"
NOT_THERE = "A file is not there any more. Please choose it again."
#: More than these are not looked at.
MOST_SENT = 50
NOTHING_KEPT = "Nothing is kept here: a sample stands in for what you choose."
SAMPLE: str = sample({"type": "string", "format": "uuid"})


@dataclass(frozen=True, slots=True)
class ShownFile:
    """A kept file on a page; `href` is "" where it cannot be opened."""

    key: str
    name: str
    size: str = ""
    symbol: str = "draft"
    href: str = ""


#: Identifiers -> those of them that may be shown here.
Finder = Callable[[Iterable[str]], Mapping[str, ShownFile]]


class Shelf(Protocol):
    """Where the files of one form are kept."""

    def keep(self, upload: "UploadedFile[Any]", asked: FilesAsked) -> ShownFile:
        """Raises DomainError with the reason where it is not taken."""

    def find(self, keys: Iterable[str]) -> Mapping[str, ShownFile]:
        """Those of the files that this form may be answered with."""

    def drop(self, keys: Iterable[str]) -> None:
        """They were removed from the form."""

    def limits(self, asked: FilesAsked) -> str:
        """What may be sent, in words."""

    def most_bytes(self, asked: FilesAsked) -> int:
        """How large a file may be."""


@dataclass(frozen=True, slots=True)
class Sent:
    """What a browser sends for one question."""

    uploads: tuple["UploadedFile[Any]", ...] = ()
    kept: tuple[str, ...] = ()
    removed: frozenset[str] = frozenset()


@dataclass(slots=True)
class Taken:
    """What became of it."""

    keys: list[str] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)


class FileWidget(forms.FileInput):
    """A field to choose files, and below it those that are kept, each with a box to remove it."""

    template_name = "schema_forms/widgets/file.html"
    needs_multipart_form = True

    def __init__(self, question: "FileQuestion", attrs: Mapping[str, Any]) -> None:
        self.allow_multiple_selected = "multiple" in attrs
        super().__init__(dict(attrs))
        self.question = question

    def value_from_datadict(self, data: Any, files: Any, name: str) -> Sent:
        return Sent(
            tuple(_listed(files, name))[:MOST_SENT],
            tuple(dict.fromkeys(key for key in _listed(data, name + KEPT) if key))[:MOST_SENT],
            frozenset(_listed(data, name + REMOVE)),
        )

    def format_value(self, value: Any) -> Any:
        return None

    def get_context(self, name: str, value: Any, attrs: dict[str, Any] | None) -> dict[str, Any]:
        context = super().get_context(name, value, attrs)
        context["widget"] |= {
            "kept": self.question.shown(value if isinstance(value, list) else []),
            "kept_name": name + KEPT,
            "remove_name": name + REMOVE,
        }
        return context


class FileQuestion(Question):
    """One file, or several. Only those that the shelf finds can stay in the answer."""

    kind = "file"

    def __init__(self, control: Control, before: JSON, shelf: Shelf | None) -> None:
        self.asked = files_asked_by(control)
        self._shelf = shelf
        self._taken: Taken | None = None
        super().__init__(control, FileWidget(self, self._attrs()), before)
        self.help_text = self.help_text or (shelf.limits(self.asked) if shelf else NOTHING_KEPT)

    def _attrs(self) -> dict[str, Any]:
        attrs: dict[str, Any] = {"class": "tf-choose"}
        if self.asked.several:
            attrs["multiple"] = True
        if self.asked.accepts:
            attrs["accept"] = ",".join(f".{ending}" for ending in sorted(self.asked.accepts))
        if self._shelf is not None:
            attrs["data-tf-most-bytes"] = self._shelf.most_bytes(self.asked)
        return attrs

    # --- What was chosen -------------------------------------------------------------------------

    def take(self, sent: Sent) -> None:
        """Keep what was chosen. Once per form that was sent."""
        taken = Taken()
        kept = [key for key in sent.kept if key not in sent.removed]
        known = self._find(kept)
        if len(known) < len(kept):
            taken.remarks.append(NOT_THERE)
        sent_now = (self._kept(upload, taken) for upload in sent.uploads)
        fresh = list(dict.fromkeys(key for key in sent_now if key))
        before = [key for key in kept if key in known]
        # One file is replaced by the one that was chosen after it.
        taken.keys = [*before, *fresh] if self.asked.several else (fresh or before)[-1:]
        self._taken = taken
        if self._shelf is not None:
            self._shelf.drop({*sent.removed, *before} - set(taken.keys))

    def _kept(self, upload: "UploadedFile[Any]", taken: Taken) -> str:
        if self._shelf is None:
            return SAMPLE
        try:
            return self._shelf.keep(upload, self.asked).key
        except DomainError as refused:
            taken.remarks.append(refused.message)
            return ""

    def read(self, raw: Any) -> Answer:
        if self._taken is None:
            self.take(raw if isinstance(raw, Sent) else Sent())
        taken = self._taken or Taken()
        remark = " ".join(dict.fromkeys(taken.remarks))
        if not taken.keys:
            nothing = self.nothing()
            return Answer(nothing.value, nothing.filled or bool(remark), remark)
        value: JSON = taken.keys if self.asked.several else taken.keys[0]
        return Answer(value, filled=True, remark=remark)

    # --- What is shown ---------------------------------------------------------------------------

    def prepare_value(self, value: Any) -> list[str]:
        if isinstance(value, Sent):
            return self._taken.keys if self._taken else []
        return [key for key in (value if isinstance(value, list) else [value]) if _is_key(key)]

    def shown(self, keys: Iterable[str]) -> list[ShownFile]:
        return list(self._find(keys).values())

    def sent(self, value: JSON) -> list[str]:
        keys = [key for key in (value if isinstance(value, list) else [value]) if _is_key(key)]
        known = self._find(keys)
        return [key for key in keys if key in known]

    def _find(self, keys: Iterable[str]) -> Mapping[str, ShownFile]:
        wanted = list(dict.fromkeys(keys))
        if not wanted:
            return {}
        if self._shelf is not None:
            found = self._shelf.find(wanted)
            return {key: found[key] for key in wanted if key in found}
        before = self.prepare_value(None if self.before is MISSING else self.before)
        return {
            key: ShownFile(key, "A sample file" if key == SAMPLE else "A file")
            for key in wanted
            if key == SAMPLE or key in before
        }


def _listed(data: Any, name: str) -> list[Any]:
    """All values of a name; tests and programs may give one value in a plain dictionary."""
    if not data:
        return []
    if hasattr(data, "getlist"):
        return [one for one in data.getlist(name) if one]
    value = data.get(name)
    return [one for one in (value if isinstance(value, list | tuple) else [value]) if one]


def _is_key(key: Any) -> bool:
    return isinstance(key, str) and key != ""
