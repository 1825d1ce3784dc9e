"""Answers for reading: "What you asked for", "What is known so far"."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.utils import dateformat, timezone
from django.utils.safestring import SafeString

from admin_site.schema_forms.files import Finder, ShownFile
from admin_site.schema_forms.texts import is_web_address, link_html
from definitions import layouts
from definitions.layouts import Control, asks_for_file
from definitions.schemas import JSON, UnusableSchema
from definitions.schemas.shape import Kind, Shape, humanised
from definitions.schemas.words import number

#: More than this is cut, with a word that it was.
MOST_ENTRIES = 200
DEEPEST = 8


@dataclass(frozen=True, slots=True)
class Told:
    """One answer.

    kind: "text", "long" (several lines), "number", "date", "moment", "yes", "no", "choice",
        "link", "email", "file", "files", "list", "group" or "nothing"; and of a layout for reading
        "section" or "note".
    text: the words for a page, not escaped. `link` is an http(s) or mailto address, or "".
    inside: entries of a list (label "") and answers of a group.
    file: what is known of a kept file; None where it is not for this page's reader.
    """

    label: str
    text: str = ""
    kind: str = "text"
    link: str = ""
    inside: tuple["Told", ...] = ()
    file: ShownFile | None = None

    @property
    def html(self) -> SafeString | str:
        """The words, as a link where there is one; templates escape the rest."""
        if self.kind == "link" and self.link:
            return link_html(self.link, self.text)
        return self.text


def answers(
    schema: JSON, value: JSON, layout: JSON = None, *, files: Finder | None = None
) -> list[Told]:
    """What was answered, in the order of the form. What was not answered is left out.

    Shows any value, also one that the schema does not accept (any more). `files` is asked only
    where there are some.
    """
    teller = _Teller(files)
    if not isinstance(value, dict):
        return [teller.told("", value, None)] if value not in (None, []) else []
    try:
        made = layouts.compiled(schema, layout)
    except UnusableSchema:
        return list(teller.plain_group(value))
    told = [*_asked_for(made, value, teller), *_others(made, value, teller)]
    return [one for one in told if one.kind != "nothing"]


def told_value(label: str, value: JSON, control: Control, files: Finder | None = None) -> Told:
    """One answer; its kind is "nothing" where there is none."""
    return _Teller(files).told(label, value, control.shape, control)


def _asked_for(
    made: layouts.Layout, value: Mapping[str, JSON], teller: "_Teller"
) -> Iterator[Told]:
    """Answers of the first level in the order of their questions, nested groups as one answer."""
    first: dict[str, Control] = {}
    for control in made.controls():
        if control.place:
            first.setdefault(control.place[0], control)
    for name, control in first.items():
        if name not in value:
            continue
        if len(control.place) == 1:
            yield teller.told(control.title, value[name], control.shape, control)
        else:
            shape = _shape(made.shape, name)
            label = (shape.title if shape else "") or humanised(name)
            yield teller.told(label, value[name], shape)


def _others(made: layouts.Layout, value: Mapping[str, JSON], teller: "_Teller") -> Iterator[Told]:
    """Answers that the layout does not ask for: those the schema knows, then the rest."""
    asked = {control.place[0] for control in made.controls() if control.place}
    names = [name for name in (*made.shape.properties, *value) if name in value]
    for name in dict.fromkeys(names):
        if name not in asked:
            shape = _shape(made.shape, name)
            label = (shape.title if shape else "") or humanised(name)
            yield teller.told(label, value[name], shape)


def _shape(around: Shape, name: str) -> Shape | None:
    if name in around.properties:
        return around.properties[name]
    return around.extras[name][0] if name in around.extras else None


class _Teller:
    def __init__(self, files: Finder | None) -> None:
        self._files = files

    def told(
        self,
        label: str,
        value: JSON,
        shape: Shape | None,
        control: Control | None = None,
        depth: int = 0,
    ) -> Told:
        if value is None or value == "" or value == [] or value == {}:
            return Told(label, kind="nothing")
        if depth > DEEPEST:
            return Told(label, "…")
        if control is not None and asks_for_file(control) and isinstance(value, str):
            return self._file(label, value)
        choice = _choice_title(shape, value)
        if choice is not None:
            return Told(label, choice, _yes_or_no(value) or "choice")
        if isinstance(value, bool):
            return Told(label, "Yes" if value else "No", _yes_or_no(value))
        if isinstance(value, int | float):
            return Told(label, _number_words(value, control), "number")
        if isinstance(value, list):
            return self._list(label, value, shape, depth)
        if isinstance(value, dict):
            return Told(label, kind="group", inside=tuple(self._group(value, shape, depth)))
        return self._text(label, str(value), shape)

    def plain_group(self, value: Mapping[str, JSON]) -> Iterator[Told]:
        """Answers that no schema describes."""
        for name, entry in value.items():
            yield self.told(humanised(name), entry, None)

    def _list(self, label: str, value: list[JSON], shape: Shape | None, depth: int) -> Told:
        items = shape.items if shape else None
        entries = [self.told("", e, items, depth=depth + 1) for e in value[:MOST_ENTRIES]]
        if len(value) > MOST_ENTRIES:
            entries.append(Told("", f"and {len(value) - MOST_ENTRIES:,} more"))
        if entries and all(entry.kind == "file" for entry in entries):
            names = ", ".join(entry.text for entry in entries)
            return Told(label, names, "files", inside=tuple(entries))
        plain = all(entry.kind in {"text", "number", "choice", "yes", "no"} for entry in entries)
        text = ", ".join(entry.text for entry in entries) if plain else ""
        return Told(label, text, "list", inside=tuple(entries))

    def _group(self, value: Mapping[str, JSON], shape: Shape | None, depth: int) -> Iterator[Told]:
        names = [n for n in (shape.properties if shape else ()) if n in value]
        for name in dict.fromkeys([*names, *value]):
            inner = _shape(shape, name) if shape else None
            label = (inner.title if inner else "") or humanised(name)
            told = self.told(label, value[name], inner, depth=depth + 1)
            if told.kind != "nothing":
                yield told

    def _file(self, label: str, key: str) -> Told:
        found = self._files([key]).get(key) if self._files else None
        return Told(label, found.name if found else "A file", "file", file=found)

    def _text(self, label: str, text: str, shape: Shape | None) -> Told:
        form = shape.format if shape else ""
        if shape is not None and shape.widget == "file":
            return self._file(label, text)
        if form == "date" and (day := _day(text)):
            return Told(label, dateformat.format(day, "D j F Y"), "date")
        if form == "date-time" and (moment := _moment(text)):
            return Told(label, dateformat.format(moment, "D j F Y, H:i"), "moment")
        if form in {"uri", "iri"} or (shape is None and is_web_address(text)):
            return Told(label, text, "link", text if is_web_address(text) else "")
        if form in {"email", "idn-email"}:
            return Told(label, text, "email")
        return Told(label, text, "long" if "\n" in text or len(text) > 120 else "text")


def _choice_title(shape: Shape | None, value: JSON) -> str | None:
    if shape is None or shape.kind not in {Kind.CHOICE, Kind.CONSTANT, Kind.AGREE}:
        return None
    for choice in shape.choices or ():
        if choice.value == value and isinstance(choice.value, bool) is isinstance(value, bool):
            return choice.title
    return None


def _yes_or_no(value: Any) -> str:
    return ("yes" if value else "no") if isinstance(value, bool) else ""


def _number_words(value: int | float, control: Control | None) -> str:
    options = control.options if control else {}
    unit = options.get("prefix") or options.get("currency") or ""
    after = options.get("suffix") or ""
    is_money = options.get("widget") == "money"
    words = f"{Decimal(str(value)):,.2f}" if is_money else number(value)
    return " ".join(str(part) for part in (unit, words, after) if part)


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def _moment(text: str) -> datetime | None:
    try:
        moment = datetime.fromisoformat(text)
        return timezone.localtime(moment) if moment.tzinfo else moment
    except (ValueError, OverflowError):
        return None
