"""Answers as a layout for reading shows them: its order, its labels, its headings, its choice."""

from collections.abc import Iterator, Mapping

from admin_site.schema_forms.answers import Told, answers, told_value
from admin_site.schema_forms.files import Finder
from definitions import layouts
from definitions.layouts import MISSING, Control, Fieldset, Note, Row, value_at, without
from definitions.schemas import JSON, UnusableSchema

#: Kinds of `Told` that only a layout for reading makes: a heading with what stands below it, and a
#: text of its own.
SECTION, NOTE = "section", "note"


def read_answers(
    schema: JSON,
    value: JSON,
    *,
    display: JSON = None,
    edit: JSON = None,
    everything: bool = False,
    files: Finder | None = None,
) -> list[Told]:
    """What was answered, as `display` shows it; without one, in the order in which it was asked.

    `display` decides what is read: what it does not place is left out. everything: for those who
    look after tickets, that follows at the end.
    """
    read = _read(schema, value, display, files) if display and isinstance(value, dict) else None
    if read is None:
        return answers(schema, value, edit, files=files)
    told, placed = read
    rest = without(value, placed) if everything else {}
    left = {name: inner for name, inner in rest.items() if inner != {}}
    return [*told, *(answers(schema, left, edit, files=files) if left else ())]


def _read(
    schema: JSON, value: Mapping[str, JSON], display: JSON, files: Finder | None
) -> tuple[list[Told], set[layouts.Place]] | None:
    """None where the layout fits the form nowhere, or the form cannot be used."""
    try:
        made = layouts.compiled(schema, display, asks=False)
    except UnusableSchema:
        return None
    placed = {control.place for control in made.controls()}
    if not placed:
        return None
    hidden = made.state(value).hidden
    return list(_Reader(value, hidden, files).tabs(made)), placed - hidden


class _Reader:
    def __init__(
        self, value: Mapping[str, JSON], hidden: frozenset[layouts.Place], files: Finder | None
    ) -> None:
        self._value = value
        self._hidden = hidden
        self._files = files

    def tabs(self, made: layouts.Layout) -> Iterator[Told]:
        for tab in made.tabs:
            told = [one for fieldset in tab.fieldsets for one in self._fieldset(fieldset)]
            yield from _under(tab.label, told)

    def _fieldset(self, fieldset: Fieldset) -> Iterator[Told]:
        told = [one for row in fieldset.rows for one in self._row(row)]
        kind = SECTION if fieldset.place is None else "group"
        yield from _under(fieldset.label, told, fieldset.description, kind)

    def _row(self, row: Row) -> Iterator[Told]:
        for cell in row.cells:
            if isinstance(cell, Fieldset):
                yield from self._fieldset(cell)
            elif isinstance(cell, Note):
                if not any(rule.hides(self._value, None) for rule in cell.rules):
                    yield Told("", cell.text, NOTE)
            elif cell.place not in self._hidden:
                yield from self._answer(cell)

    def _answer(self, control: Control) -> Iterator[Told]:
        value = value_at(self._value, control.place)
        if value is MISSING:
            return
        label = "" if control.label_is_hidden else control.title
        told = told_value(label, value, control, self._files)
        if told.kind != "nothing":
            yield told


def _under(label: str, told: list[Told], text: str = "", kind: str = SECTION) -> Iterator[Told]:
    """Below a heading, where there is one; a heading with nothing below it is left out."""
    if not any(one.kind != NOTE for one in told):
        return
    if not label:
        yield from told
        return
    words = (Told("", text, NOTE),) if text else ()
    yield Told(label, kind=kind, inside=(*words, *told))
