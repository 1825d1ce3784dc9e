"""A form as its templates draw it: tabs, fieldsets, rows and cells with their bound fields."""

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.forms import BoundField
from django.utils.safestring import SafeString

from admin_site.schema_forms.names import name_of
from admin_site.schema_forms.questions import Question
from admin_site.schema_forms.texts import help_html
from definitions.layouts import Control, Fieldset, Note, Row, Rule

if TYPE_CHECKING:
    from admin_site.schema_forms.form import SchemaForm


@dataclass(frozen=True)
class Cell:
    """One place in a row: a field, a note, or fields in a group of their own."""

    field: BoundField | None = None
    stands: str = ""
    label_is_hidden: bool = False
    note: str = ""
    part: "Part | None" = None
    #: For forms.js, as JSON: where its answer belongs, what its data mean, when it is asked.
    place: str = ""
    kind: str = ""
    meanings: str = ""
    rules: str = ""


@dataclass(frozen=True)
class Part:
    """A fieldset. `optional` marks a nested group that may be left empty as a whole."""

    id: str
    label: str
    help: SafeString
    rows: list[list[Cell]]
    errors: list[str]
    optional: bool = False

    @property
    def wrong(self) -> int:
        """How many of its fields have something wrong."""
        cells = [cell for row in self.rows for cell in row]
        inside = sum(cell.part.wrong for cell in cells if cell.part)
        return inside + sum(1 for cell in cells if cell.field is not None and cell.field.errors)


@dataclass(frozen=True)
class Section:
    """A tab."""

    id: str
    label: str
    parts: list[Part]

    @property
    def wrong(self) -> int:
        return sum(part.wrong for part in self.parts)


def sections(form: "SchemaForm") -> list[Section]:
    drawing = _Drawing(form)
    tabs = form.layout.tabs if form.layout else ()
    return [
        Section(
            form.add_prefix(f"tab_{number}"), tab.label, [drawing.part(f) for f in tab.fieldsets]
        )
        for number, tab in enumerate(tabs, start=1)
    ]


class _Drawing:
    def __init__(self, form: "SchemaForm") -> None:
        self._form = form
        self._count = 0

    def part(self, fieldset: Fieldset) -> Part:
        self._count += 1
        place = fieldset.place
        return Part(
            id=self._form.add_prefix(f"part_{self._count}"),
            label=fieldset.label,
            help=help_html(fieldset.description),
            rows=[self._row(row) for row in fieldset.rows],
            errors=self._form.group_errors.get(place, []) if place is not None else [],
            optional=place is not None and not fieldset.required,
        )

    def _row(self, row: Row) -> list[Cell]:
        return [self._cell(cell) for cell in row.cells]

    def _cell(self, cell: Control | Note | Fieldset) -> Cell:
        if isinstance(cell, Fieldset):
            return Cell(part=self.part(cell))
        if isinstance(cell, Note):
            return Cell(note=help_html(cell.text), rules=_rules(cell.rules))
        bound = self._form[name_of(cell.place)]
        question = bound.field
        assert isinstance(question, Question)  # noqa: S101 - every field of the form is one
        return Cell(
            field=bound,
            stands=question.label_stands,
            label_is_hidden=cell.label_is_hidden,
            place=json.dumps(cell.place),
            kind=question.kind,
            meanings=json.dumps(meanings) if (meanings := question.meanings()) else "",
            rules=_rules(cell.rules),
        )


def _rules(rules: tuple[Rule, ...]) -> str:
    return json.dumps([rule.as_data() for rule in rules]) if rules else ""
